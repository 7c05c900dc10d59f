// SPDX-License-Identifier: GPL-2.0-or-later
/* The words for the types of IPsecPolicy: of the language, and of what is shown. */
#include "conf/conf.h"

const char *const conf_ipsec_type_name[IPSEC_TYPES] = {
	[IPSEC_HOME_REG_BINDING] = "HomeRegBinding",
	[IPSEC_MH] = "Mh",
	[IPSEC_MOB_PFX_DISC] = "MobPfxDisc",
	[IPSEC_ICMP] = "ICMP",
	[IPSEC_ANY] = "any",
	[IPSEC_TUNNEL_HOME_TESTING] = "TunnelHomeTesting",
	[IPSEC_TUNNEL_MH] = "TunnelMh",
	[IPSEC_TUNNEL_PAYLOAD] = "TunnelPayload",
};
