// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the kernel has learned on the link that we left: default routes through its routers, its on-link prefixes, the addresses formed there. The
 * kernel alone keeps them until they time out, and goes on sending to the old router until neighbour unreachability detection gives up, seconds later. So
 * they are deleted. What is of the present link (a router or prefix heard here) stays, and so does all that an administrator has set: only routes
 * learned from advertisements and addresses with a lifetime are touched. Coming back to the old link, its advertisements bring everything again.
 */
#include "mn/mn.h"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>

#define RETIRE_MAX 64 /* routes looked at, in one go */

struct retire {
	struct mn *mn;
	double now;
	struct kern_route routes[RETIRE_MAX];
	unsigned int n_routes;
};

static bool old_route(const struct retire *t, const struct kern_route *r)
{
	struct mn *mn = t->mn;
	const struct mn_router *gw;

	if (r->ifindex != mn->ifindex || r->unreachable || r->dst_len == 128)
		return false;
	if (r->has_gateway) {
		if (r->protocol != RTPROT_RA)
			return false;
		gw = mn_routers_find(&mn->routers, &r->gateway);
		return !gw || !mn_router_here(&mn->routers, gw);
	}
	if (!r->dst_len || !addr_routable(&r->dst) || (r->protocol != RTPROT_KERNEL && r->protocol != RTPROT_RA))
		return false;
	return mn_routers_left_behind(&mn->routers, &r->dst, r->dst_len, t->now);
}

static void see_route(const struct kern_route *r, void *arg)
{
	struct retire *t = arg;

	if (t->n_routes < RETIRE_MAX && old_route(t, r))
		t->routes[t->n_routes++] = *r;
}

static bool old_addr(const struct retire *t, const struct kern_addr *a)
{
	struct mn *mn = t->mn;

	return !(a->flags & IFA_F_PERMANENT) && addr_routable(&a->addr) && !IN6_ARE_ADDR_EQUAL(&a->addr, mn_hoa(mn)) &&
	       mn_routers_prefix_end(&mn->routers, &a->addr, t->now) <= t->now;
}

void mn_retire(struct mn *mn)
{
	struct retire t = { .mn = mn, .now = mn_now() };
	struct kern_batch *b;
	unsigned int addrs = 0;

	if (kern_route_dump(RT_TABLE_MAIN, 0, see_route, &t))
		mn_kernel_failed(mn, "routes of the old link");
	b = kern_batch_new(KERN_ROUTE);
	if (!b)
		return;
	for (unsigned int i = 0; i < t.n_routes; i++)
		kern_route_del(b, &t.routes[i], KERN_OK_ABSENT);
	for (unsigned int i = 0; i < mn->n_addrs;) {
		struct kern_addr a = mn->addrs[i];

		if (!old_addr(&t, &a)) {
			i++;
			continue;
		}
		kern_addr_del(b, &a, KERN_OK_ABSENT);
		mn_addr_note(mn, &a, true);
		addrs++;
	}
	if (kern_batch_commit(b))
		mn_kernel_failed(mn, "retire the old link");
	log_info("link-retired", "routes=%u addresses=%u", t.n_routes, addrs);
}
