// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a role needs of the kernel, and the line that the administrator reads when it is not there.
 */
#include <stdio.h>

#include "kern/probe.h"

struct need {
	bool there;
	const char *words;
};

static const char *missing(char *text, size_t size, const struct need *need, unsigned int n)
{
	size_t at = 0;

	text[0] = '\0';
	for (unsigned int i = 0; i < n; i++)
		if (!need[i].there && at < size)
			at += (size_t)snprintf(text + at, size - at, "%s%s",
					       at ? "; " : "the kernel lacks: ", need[i].words);
	return at ? text : NULL;
}

#define NEED_MIP6 "Mobile IPv6 extension headers (CONFIG_IPV6_MIP6, module mip6)"
#define NEED_SUB  "sub-policies (CONFIG_XFRM_SUB_POLICY)"

const char *kern_probe_missing_cn(const struct kern_abilities *a)
{
	static char text[256];
	const struct need need[] = {
		{ a->mip6, NEED_MIP6 },
		{ a->sub_policy, NEED_SUB },
	};

	return missing(text, sizeof(text), need, sizeof(need) / sizeof(need[0]));
}

const char *kern_probe_missing_ha(const struct kern_abilities *a)
{
	static char text[512];
	const struct need need[] = {
		{ a->mip6, NEED_MIP6 },
		{ a->sub_policy, NEED_SUB },
		{ a->ip6tnl_external, "external IPv6 tunnels (CONFIG_IPV6_TUNNEL, module ip6_tunnel)" },
		{ a->encap_route, "routes with encapsulation (CONFIG_LWTUNNEL)" },
		{ a->guard, "BPF on tunnel ingress (CONFIG_BPF_SYSCALL, CONFIG_NET_SCH_INGRESS, CONFIG_NET_CLS_BPF)" },
	};

	return missing(text, sizeof(text), need, sizeof(need) / sizeof(need[0]));
}

const char *kern_probe_missing_mn(const struct kern_abilities *a)
{
	static char text[512];
	const struct need need[] = {
		{ a->mip6, NEED_MIP6 },
		{ a->sub_policy, NEED_SUB },
		{ a->ip6tnl, "IPv6 tunnels (CONFIG_IPV6_TUNNEL, module ip6_tunnel)" },
		{ a->rule_find_saddr, "source rules that choose the source address (CONFIG_IPV6_MULTIPLE_TABLES)" },
	};

	return missing(text, sizeof(text), need, sizeof(need) / sizeof(need[0]));
}

/* What is missing of MIGRATE is nothing without MIGRATE: of what builds on another, the first is named. */
const char *kern_probe_missing_ipsec(const struct kern_abilities *a, const struct kern_ipsec_wants *w)
{
	static char text[768];
	const bool migrate = w->migrate || w->migrate_typed || w->pf_key_migrate;
	const bool esp = w->esp || migrate;
	const struct need need[] = {
		{ a->esp || !esp,
		  "ESP with AES (CONFIG_INET6_ESP, module esp6; CONFIG_CRYPTO_AES, CONFIG_CRYPTO_CBC, CONFIG_CRYPTO_SHA256)" },
		{ a->mh_type_in || !w->mh_type_in,
		  "incoming IPsec policies for one mobility message type (kernel/mip6-xfrm/0007-xfrm-decode-the-mobility-header-type-on-input-and-fo.patch)" },
		{ a->migrate || !migrate || !a->esp, "MIGRATE (CONFIG_XFRM_MIGRATE)" },
		{ a->migrate_typed || !w->migrate_typed || !a->migrate,
		  "MIGRATE of policies for one message type and of all their associations (kernel/migrate/0001-xfrm-migrate-find-the-policy-by-its-selector.patch, kernel/migrate/0002-xfrm-migrate-move-all-states-with-the-old-addresses-.patch)" },
		{ a->pf_key_migrate || !w->pf_key_migrate || !a->migrate,
		  "MIGRATE by PF_KEY (CONFIG_NET_KEY, module af_key, CONFIG_NET_KEY_MIGRATE)" },
	};

	return missing(text, sizeof(text), need, sizeof(need) / sizeof(need[0]));
}
