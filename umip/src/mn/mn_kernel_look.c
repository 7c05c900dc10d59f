// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the kernel really has of what mn_kernel.c made: rules, routes and addresses are read back, a second after the kernel refused
 * something, when messages of it were lost, and now and then, since others may have deleted them. What is missing is made again.
 */
#include "mn/mn.h"

#include <linux/rtnetlink.h>
#include <string.h>

#define KERNEL_RETRY 1.0
#define KERNEL_LOOK  20.0 /* nobody tells when a rule or a route of another table is deleted: look now and then */

void mn_kernel_retry(struct mn *mn)
{
	if (!ev_is_active(&mn->kernel_retry))
		mn_timer_start(mn, &mn->kernel_retry, KERNEL_RETRY);
}

struct look {
	const struct mn *mn;
	struct mn_held held;
	struct mn_coa_rule coa_rules[2];
	unsigned int n_coa_rules;
	bool near;
	struct mn_nemo_look nemo;
};

static void see_rule(const struct kern_rule *r, void *arg)
{
	struct look *l = arg;
	uint32_t table_if = mn_table_if(l->mn);

	if (r->priority == MN_RULE_MARK && r->fwmark == KERN_FWMARK)
		l->held.mark_rule = true;
	if (r->priority == mn_rule_hoa(l->mn) && r->has_src && IN6_ARE_ADDR_EQUAL(&r->src, mn_hoa(l->mn)))
		l->held.hoa_rule = true;
	if (r->priority == MN_RULE_COA && r->has_src && r->table >= table_if && r->table < table_if + MN_IFS_MAX && l->n_coa_rules < 2)
		l->coa_rules[l->n_coa_rules++] = (struct mn_coa_rule){ .coa = r->src, .slot = r->table - table_if };
	if (r->priority == MN_RULE_NEAR && r->has_src && IN6_ARE_ADDR_EQUAL(&r->src, mn_hoa(l->mn)))
		l->near = true;
	mn_nemo_see_rule(l->mn, r, &l->nemo);
}

static void see_route(const struct kern_route *r, void *arg)
{
	struct look *l = arg;

	if (r->dst_len)
		return;
	if (r->unreachable)
		l->held.refuse_route = true;
	else if (r->ifindex == l->mn->tunnel)
		l->held.tunnel_route = true;
}

static void see_tunnel_addr(const struct kern_addr *a, void *arg)
{
	struct look *l = arg;

	if (IN6_ARE_ADDR_EQUAL(&a->addr, mn_hoa(l->mn)))
		l->held.hoa_on_tunnel = true;
}

static int read_addrs(struct mn *mn)
{
	int err = 0;

	for (unsigned int i = 0; !err && i < mn->n_ifs; i++)
		err = mn_addr_read(mn->ifs[i]);
	return err;
}

/* Rules, routes and addresses; the rest of what we believe to be there stays, and all of it if they cannot be read. */
static bool read_routes(struct mn *mn)
{
	struct look l = { .mn = mn, .held = mn->held, .nemo.mn = mn };
	struct mn_held *h = &l.held;

	h->mark_rule = h->hoa_rule = h->tunnel_route = h->refuse_route = h->hoa_on_tunnel = false;
	if (read_addrs(mn) || kern_rule_dump(see_rule, &l) ||
	    kern_route_dump(mn_table(mn), KERN_RTPROT, see_route, &l) || kern_addr_dump(mn->tunnel, see_tunnel_addr, &l) ||
	    (mn->home->mobile_router && kern_route_dump(RT_TABLE_MAIN, KERN_RTPROT, mn_nemo_see_route, &l.nemo))) {
		mn_kernel_failed(mn, "read back");
		mn_kernel_retry(mn);
		return false;
	}
	mn_nemo_seen(mn, &l.nemo, h, !mn_kernel_plain(mn));
	mn->held = l.held;
	mn_if_routes_found(mn, l.coa_rules, l.n_coa_rules, l.near);
	return true;
}

void mn_kernel_reread(struct mn *mn)
{
	struct mn_held w;

	if (!read_routes(mn))
		return;
	/* States and policies are not worth a dump: what should be is set anew, what should not be is deleted. */
	w = mn_kernel_wanted(mn);
	mn->held.hao = !w.hao;
	mn->held.block = !w.block;
	mn_blocks_forget(mn, w.block);
	memset(&mn->held.tunnel_local, 0, sizeof(mn->held.tunnel_local));
	memset(&mn->held.spare_remote, 0, sizeof(mn->held.spare_remote));
	mn_kernel_tunnel(mn);
	mn_kernel_sync(mn);
}

static void on_retry(struct ev_loop *loop, struct ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	mn_kernel_reread(w->data);
}

static void on_look(struct ev_loop *loop, struct ev_timer *w, int revents)
{
	struct mn *mn = w->data;
	const struct mn_held had = mn->held, *h = &mn->held;

	(void)loop;
	(void)revents;
	mn_timer_start(mn, &mn->kernel_look, KERNEL_LOOK);
	if (mn->stopping || !read_routes(mn))
		return;
	if (had.mark_rule != h->mark_rule || had.hoa_rule != h->hoa_rule || had.tunnel_route != h->tunnel_route ||
	    had.network_rules != h->network_rules || had.network_near != h->network_near ||
	    had.network_refused != h->network_refused || had.refuse_route != h->refuse_route || had.hoa_on_tunnel != h->hoa_on_tunnel)
		log_warn("kernel-state-changed", "action=repair");
	mn_kernel_sync(mn);
}

void mn_kernel_watch(struct mn *mn)
{
	mn_timer_init(mn, &mn->kernel_retry, on_retry);
	mn_timer_init(mn, &mn->kernel_look, on_look);
	mn_timer_start(mn, &mn->kernel_look, KERNEL_LOOK);
}
