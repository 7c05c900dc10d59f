/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What this kernel can do, found by doing it in a private network namespace (a child process), never by its version.
 */
#ifndef KERN_PROBE_H
#define KERN_PROBE_H

#include <stdbool.h>

struct kern_abilities {
	bool mip6; /* CONFIG_IPV6_MIP6: HAO and RT2 states can be added */
	bool sub_policy; /* CONFIG_XFRM_SUB_POLICY */
	bool ip6tnl; /* plain ip6tnl devices */
	bool ip6tnl_external;
	bool encap_route; /* `encap ip6` routes */
	bool guard; /* BPF on clsact with tunnel metadata */
	bool plug; /* sch_plug */
	bool optimistic_dad;
	bool mh_type_in; /* inbound MH types are decoded (the project's series) */
	bool state_update; /* an updated care-of address takes effect on established sockets (the project's series) */
	bool rule_find_saddr; /* source-address rules that choose the source */
	/* what was asked for with ipsec only */
	bool esp; /* ESP associations, AES-CBC with HMAC-SHA-256 or AES-GCM */
	bool migrate; /* MIGRATE of a tunnel policy for a whole protocol, with one association */
	bool migrate_typed; /* of a policy for one message type, with all associations (the project's series) */
	bool pf_key_migrate; /* the former by PF_KEY */
};

/*
 * 0 or -errno; takes well under a second. Loads modules as a side effect of asking, those of IPsec (esp6, af_key and what they need)
 * if they are asked for.
 */
int kern_probe(struct kern_abilities *out, bool ipsec);
/* One line for what is missing for the role, with the Kconfig symbol or module to look for; NULL when all is there. */
const char *kern_probe_missing_cn(const struct kern_abilities *a);
const char *kern_probe_missing_ha(const struct kern_abilities *a);
const char *kern_probe_missing_mn(const struct kern_abilities *a);

/* What a configuration has that takes an ability of IPsec's. */
struct kern_ipsec_wants {
	bool esp; /* associations at all */
	bool mh_type_in; /* policies in for one message type */
	bool migrate; /* tunnel policies whose ends move */
	bool migrate_typed; /* for one message type, or while two associations overlap */
	bool pf_key_migrate;
};
/* The same for those; what was fixed by the series is named by its patch. */
const char *kern_probe_missing_ipsec(const struct kern_abilities *a, const struct kern_ipsec_wants *w);

#endif
