// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the kernel has learned on the link that we left: default routes through its routers, its on-link prefixes, the
 * addresses formed there. The kernel alone keeps them until they time out, and goes on sending to the old router
 * until neighbour unreachability detection gives up, seconds later. So they are deleted. What is of the present link
 * (a router or prefix heard here) stays, and so does all that an administrator has set: only routes learned from
 * advertisements and addresses with a lifetime are touched. Coming back to the old link, its advertisements bring
 * everything again.
 *
 * At the start we do not know which link each of the kernel's default routers is on: they are asked, and those that
 * do not answer are of another link. One thing is known even then: abroad, the home prefix is not on-link, or the
 * home agent could not be reached.
 *
 * The old link's neighbours go too. One that is still being looked for holds packets for three seconds, and TCP does
 * not repeat a segment that a queue of this host still holds: every connection would stand still for so long after
 * the move.
 */
#include "mn/mn.h"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>

#define RETIRE_MAX     64 /* routes looked at, in one go; as many neighbours */
#define LEFTOVER_WAIT  0.15 /* seconds for the answers of the start's routers, each time */
#define LEFTOVER_TRIES 2

struct retire {
	struct mn_if *nif;
	double now;
	bool gateways, addresses; /* what may go, besides the home prefix */
	struct kern_route routes[RETIRE_MAX];
	unsigned int n_routes;
	struct in6_addr neighs[RETIRE_MAX];
	unsigned int n_neighs;
};

static bool old_addr(const struct retire *t, const struct kern_addr *a)
{
	struct mn_if *nif = t->nif;

	if (!t->addresses || a->flags & (IFA_F_PERMANENT | IFA_F_HOMEADDRESS) || !addr_routable(&a->addr) || IN6_ARE_ADDR_EQUAL(&a->addr, mn_hoa(nif->mn)) ||
	    mn_routers_prefix_end(&nif->routers, &a->addr, t->now) > t->now)
		return false;
	/* What a DHCPv6 client or a network manager has put there is left to it, unless we know better. */
	return a->proto == IFAPROT_KERNEL_RA || a->proto == KERN_RTPROT || a->flags & IFA_F_TEMPORARY || mn_routers_elsewhere(&nif->routers, &a->addr, t->now);
}

static bool leftover_answered(const struct mn_if *nif, const struct in6_addr *gateway)
{
	for (unsigned int i = 0; i < nif->n_leftovers; i++)
		if (nif->leftovers[i].answered && IN6_ARE_ADDR_EQUAL(&nif->leftovers[i].gateway, gateway))
			return true;
	return false;
}

static bool old_gateway(const struct retire *t, const struct kern_route *r)
{
	struct mn_if *nif = t->nif;
	const struct mn_router *gw = mn_routers_find(&nif->routers, &r->gateway);

	if (!t->gateways || r->protocol != RTPROT_RA || (gw && mn_router_here(&nif->routers, gw)))
		return false;
	return !leftover_answered(nif, &r->gateway);
}

static bool old_prefix(const struct retire *t, const struct kern_route *r)
{
	struct mn_if *nif = t->nif;

	if (!r->dst_len || !addr_routable(&r->dst) || (r->protocol != RTPROT_KERNEL && r->protocol != RTPROT_RA))
		return false;
	if (nif->location == MN_AWAY && r->dst_len == nif->mn->home->plen && addr_in_prefix(mn_hoa(nif->mn), &r->dst, r->dst_len))
		return true;
	if (t->addresses && mn_routers_left_behind(&nif->routers, &r->dst, r->dst_len, t->now))
		return true;
	for (unsigned int i = 0; i < nif->n_addrs; i++)
		if (nif->addrs[i].plen == r->dst_len && addr_in_prefix(&nif->addrs[i].addr, &r->dst, r->dst_len) &&
		    old_addr(t, &nif->addrs[i]))
			return true;
	return false;
}

static void see_route(const struct kern_route *r, void *arg)
{
	struct retire *t = arg;

	if (r->ifindex != t->nif->ifindex || r->unreachable || r->dst_len == 128 || t->n_routes == RETIRE_MAX)
		return;
	if (r->has_gateway ? old_gateway(t, r) : old_prefix(t, r))
		t->routes[t->n_routes++] = *r;
}

static void see_neigh(const struct in6_addr *addr, void *arg)
{
	struct retire *t = arg;
	const struct mn_router *r = mn_routers_find(&t->nif->routers, addr);

	if (t->n_neighs < RETIRE_MAX && !(r && mn_router_here(&t->nif->routers, r)) && !leftover_answered(t->nif, addr))
		t->neighs[t->n_neighs++] = *addr;
}

static bool retire(struct mn_if *nif, bool gateways, bool addresses)
{
	struct retire t = { .nif = nif, .now = clock_now(), .gateways = gateways, .addresses = addresses };
	struct kern_batch *b;
	unsigned int addrs = 0;

	if (kern_route_dump(RT_TABLE_MAIN, 0, see_route, &t))
		mn_kernel_failed(nif->mn, "routes of the old link");
	if (gateways && kern_neigh_dump(nif->ifindex, see_neigh, &t))
		mn_kernel_failed(nif->mn, "neighbours of the old link");
	b = kern_batch_new(KERN_ROUTE);
	if (!b)
		return false;
	for (unsigned int i = 0; i < t.n_routes; i++)
		kern_route_del(b, &t.routes[i], KERN_OK_ABSENT);
	for (unsigned int i = 0; i < nif->n_addrs;) {
		struct kern_addr a = nif->addrs[i];

		if (!old_addr(&t, &a)) {
			i++;
			continue;
		}
		kern_addr_del(b, &a, KERN_OK_ABSENT);
		mn_addr_note(nif, &a, true);
		addrs++;
	}
	/* after the routes, so that nothing looks for them again */
	for (unsigned int i = 0; i < t.n_neighs; i++)
		kern_neigh_del(b, nif->ifindex, &t.neighs[i], KERN_OK_ABSENT);
	if (kern_batch_commit(b))
		mn_kernel_failed(nif->mn, "retire the old link");
	if (t.n_routes || addrs)
		log_info("link-retired", "routes=%u addresses=%u neighbours=%u", t.n_routes, addrs, t.n_neighs);
	return t.n_routes || addrs;
}

void mn_retire(struct mn_if *nif)
{
	mn_leftovers_stop(nif);
	nif->n_leftovers = 0;
	retire(nif, true, true);
}

/* ---- the start ---- */

static void see_gateway(const struct kern_route *r, void *arg)
{
	struct mn_if *nif = arg;
	const struct mn_router *known;

	if (r->dst_len || r->ifindex != nif->ifindex || !r->has_gateway || nif->n_leftovers == MN_LEFTOVERS_MAX)
		return;
	known = mn_routers_find(&nif->routers, &r->gateway);
	if (!known || !mn_router_here(&nif->routers, known))
		nif->leftovers[nif->n_leftovers++] = (struct mn_leftover){ .gateway = r->gateway };
}

static void ask_leftovers(struct mn_if *nif)
{
	for (unsigned int i = 0; i < nif->n_leftovers; i++)
		if (!nif->leftovers[i].answered)
			mn_ask_router(nif, &nif->leftovers[i].gateway, NULL);
	nif->leftover_tries++;
	mn_timer_start(nif->mn, &nif->leftover_timer, LEFTOVER_WAIT);
}

void mn_leftovers(struct mn_if *nif)
{
	nif->n_leftovers = nif->leftover_tries = 0;
	retire(nif, false, false);
	if (kern_route_dump(RT_TABLE_MAIN, RTPROT_RA, see_gateway, nif))
		mn_kernel_failed(nif->mn, "default routers");
	if (nif->n_leftovers)
		ask_leftovers(nif);
}

void mn_leftover_heard(struct mn_if *nif, const struct in6_addr *addr)
{
	for (unsigned int i = 0; i < nif->n_leftovers; i++)
		if (IN6_ARE_ADDR_EQUAL(&nif->leftovers[i].gateway, addr))
			nif->leftovers[i].answered = true;
}

static void see_way_out(const struct kern_route *r, void *arg)
{
	struct mn_if *nif = arg;
	const struct mn_router *gw = mn_routers_find(&nif->routers, &r->gateway);

	if (r->dst_len || r->unreachable)
		return;
	if (r->ifindex != nif->ifindex || !r->has_gateway || (gw && mn_router_here(&nif->routers, gw)) ||
	    leftover_answered(nif, &r->gateway))
		nif->way_out = true;
}

static void on_leftovers(struct ev_loop *loop, struct ev_timer *w, int revents)
{
	struct mn_if *nif = w->data;
	bool alone = true;

	(void)loop;
	(void)revents;
	if (nif->leftover_tries < LEFTOVER_TRIES) {
		ask_leftovers(nif);
		return;
	}
	for (unsigned int i = 0; i < nif->n_leftovers; i++)
		alone = alone && !nif->leftovers[i].answered;
	nif->way_out = false;
	kern_route_dump(RT_TABLE_MAIN, 0, see_way_out, nif);
	/*
	 * The last default route stays, answer or not. With a second router here, an address that we know no
	 * router of may be its.
	 */
	if (nif->way_out && retire(nif, true, alone) && nif == nif->mn->cur)
		mn_bul_again(nif->mn);
	nif->n_leftovers = 0;
}

void mn_leftovers_init(struct mn_if *nif)
{
	mn_if_timer_init(nif, &nif->leftover_timer, on_leftovers);
}

void mn_leftovers_stop(struct mn_if *nif)
{
	mn_timer_stop(nif->mn, &nif->leftover_timer);
}
