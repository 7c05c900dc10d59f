// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Links without Router Advertisements: an administrator, or a network manager by other means, has set a default route. Solicitations
 * stay unanswered there, so after some of them the gateway itself is asked whether it is here. If it is, that counts as an
 * advertisement without a prefix, from which movement detection goes on as with any other router.
 *
 * What was learned from advertisements is no sign of such a link: that router will advertise again.
 */
#include "mn/mn.h"

#include <linux/rtnetlink.h>
#include <string.h>

#define LIFETIME 1800 /* seconds: of a default router; not zero is all that counts */

static void see_route(const struct kern_route *r, void *arg)
{
	struct mn_if *nif = arg;

	if (r->dst_len || !r->has_gateway || r->ifindex != nif->ifindex || r->protocol == RTPROT_RA || r->protocol == KERN_RTPROT ||
	    nif->n_gateways == MN_GATEWAYS_MAX)
		return;
	nif->gateways[nif->n_gateways++] = r->gateway;
}

void mn_gateways_ask(struct mn_if *nif)
{
	nif->n_gateways = 0;
	if (kern_route_dump(RT_TABLE_MAIN, 0, see_route, nif))
		mn_kernel_failed(nif->mn, "default routes");
	for (unsigned int i = 0; i < nif->n_gateways; i++)
		mn_ask_router(nif, &nif->gateways[i], NULL);
}

bool mn_gateway_answered(struct mn_if *nif, const struct nd_packet *p, const struct nd_na *na, struct nd_ra *ra)
{
	for (unsigned int i = 0; i < nif->n_gateways; i++) {
		if (!IN6_ARE_ADDR_EQUAL(&nif->gateways[i], &na->target))
			continue;
		*ra = (struct nd_ra){ .lifetime = LIFETIME, .sll = na->tll };
		if (!ra->sll.len) {
			ra->sll.len = p->ll_len;
			memcpy(ra->sll.addr, p->ll_src, sizeof(ra->sll.addr));
		}
		nif->n_gateways = 0;
		return true;
	}
	return false;
}
