// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The Home Address option of our own signalling (RFC 6275 6.3, 11.3.1) while we are abroad: an XFRM state with the care-of address puts it
 * into what the home agent gets, and policies say what that is: Mobility Headers and Mobile Prefix Solicitations.
 */
#include "mn/mn.h"

#include <linux/xfrm.h>

#include "kern/xfrm.h"
#include "wire/icmp6.h"

static struct kern_ro_state hao_state(const struct mn *mn, const struct in6_addr *ha, const struct in6_addr *coa)
{
	return (struct kern_ro_state){ .kind = KERN_HAO, .src = *mn_hoa(mn), .dst = *ha, .coa = *coa };
}

static struct kern_ro_policy hao_policy(const struct mn *mn, const struct in6_addr *ha)
{
	return (struct kern_ro_policy){
		.dir = XFRM_POLICY_OUT,
		.priority = 8,
		.src = *mn_hoa(mn),
		.src_len = 128,
		.dst = *ha,
		.dst_len = 128,
		.proto = IPPROTO_MH,
		.mh_type = -1,
		.n_tmpl = 1,
		.tmpl = { { .kind = KERN_HAO, .src = *mn_hoa(mn), .dst = *ha } },
	};
}

/* And for Mobile Prefix Solicitations. */
static struct kern_ro_policy solicit_policy(const struct mn *mn, const struct in6_addr *ha)
{
	struct kern_ro_policy p = hao_policy(mn, ha);

	p.proto = IPPROTO_ICMPV6;
	p.mh_type = ICMP6_MP_SOLICIT;
	return p;
}

/* The same for Binding Updates to correspondents; ro/ has the state for each. */
static struct kern_ro_policy update_policy(const struct mn *mn)
{
	return (struct kern_ro_policy){
		.dir = XFRM_POLICY_OUT,
		.priority = 8,
		.src = *mn_hoa(mn),
		.src_len = 128,
		.proto = IPPROTO_MH,
		.mh_type = MH_BU,
		.n_tmpl = 1,
		.tmpl = { { .kind = KERN_HAO, .src = *mn_hoa(mn) } },
	};
}

bool mn_hao_right(const struct mn *mn, const struct mn_held *w)
{
	const struct mn_held *h = &mn->held;

	return w->hao == h->hao && (!w->hao || (IN6_ARE_ADDR_EQUAL(&w->hao_ha, &h->hao_ha) && IN6_ARE_ADDR_EQUAL(&w->hao_coa, &h->hao_coa)));
}

void mn_hao_sync(const struct mn *mn, struct kern_batch *b, const struct mn_held *w)
{
	const struct mn_held *h = &mn->held;
	struct kern_ro_state s = hao_state(mn, &w->hao_ha, &w->hao_coa), old_s = hao_state(mn, &h->hao_ha, &h->hao_coa);
	struct kern_ro_policy p = hao_policy(mn, &w->hao_ha), old_p = hao_policy(mn, &h->hao_ha), updates = update_policy(mn);
	struct kern_ro_policy ask = solicit_policy(mn, &w->hao_ha), old_ask = solicit_policy(mn, &h->hao_ha);
	bool other_ha = w->hao && h->hao && !IN6_ARE_ADDR_EQUAL(&w->hao_ha, &h->hao_ha);

	if (mn_hao_right(mn, w))
		return;
	if (w->hao) {
		kern_ro_state_set(b, &s);
		if (!h->hao || other_ha) {
			kern_ro_policy_set(b, &p);
			kern_ro_policy_set(b, &ask);
		}
		if (!h->hao)
			kern_ro_policy_set(b, &updates);
	} else {
		kern_ro_policy_del(b, &updates, KERN_OK_ABSENT);
	}
	if (!w->hao || other_ha) {
		kern_ro_policy_del(b, &old_ask, KERN_OK_ABSENT);
		kern_ro_policy_del(b, &old_p, KERN_OK_ABSENT);
		kern_ro_state_del(b, &old_s, KERN_OK_ABSENT);
	}
}
