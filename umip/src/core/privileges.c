// SPDX-License-Identifier: GPL-2.0-or-later
/* See privileges.h. */
#include "core/privileges.h"

#include <cap-ng.h>
#include <errno.h>
#include <sys/prctl.h>

static const unsigned int kept[] = { CAP_NET_ADMIN, CAP_NET_RAW, CAP_BPF, CAP_PERFMON };

bool privileges_enough(void)
{
	return capng_have_capability(CAPNG_EFFECTIVE, CAP_NET_ADMIN) && capng_have_capability(CAPNG_EFFECTIVE, CAP_NET_RAW);
}

int privileges_drop(void)
{
	capng_select_t sets = CAPNG_SELECT_CAPS;
	bool have[sizeof(kept) / sizeof(*kept)];

	if (capng_get_caps_process())
		return -EPERM;
	for (unsigned int i = 0; i < sizeof(kept) / sizeof(*kept); i++)
		have[i] = capng_have_capability(CAPNG_PERMITTED, kept[i]);
	/* What we start gets at most what we have. That takes a capability, which a service manager may have taken away before, with all others. */
	if (capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP))
		sets = CAPNG_SELECT_BOTH;
	capng_clear(CAPNG_SELECT_BOTH);
	for (unsigned int i = 0; i < sizeof(kept) / sizeof(*kept); i++)
		if (have[i])
			capng_update(CAPNG_ADD, (capng_type_t)(CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_BOUNDING_SET), kept[i]);
	if (capng_apply(sets))
		return -EPERM;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? -errno : 0;
}
