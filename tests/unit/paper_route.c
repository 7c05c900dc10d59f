// SPDX-License-Identifier: GPL-2.0-or-later
/* Routes, rules, addresses and neighbours of the kernel made of paper: what umip/src/kern/route.h offers. */
#include "paper_kernel.h"

/* ---- routes and rules ---- */

static const uint32_t main_table = 254;

static struct kern_route route_as_found(const struct kern_route *r)
{
	struct kern_route out = *r;

	if (!out.table)
		out.table = main_table;
	if (!out.protocol)
		out.protocol = KERN_RTPROT;
	return out;
}

static bool same_route(const struct kern_route *a, const struct kern_route *b)
{
	return a->table == b->table && a->dst_len == b->dst_len && a->metric == b->metric &&
	       a->unreachable == b->unreachable && same_ip(&a->dst, &b->dst) && same_ip(&a->gateway, &b->gateway);
}

static int route_put(const struct op *op)
{
	struct kern_route r = route_as_found(&op->route);

	if (k.route_error)
		return k.route_error;
	PUT(k.routes, FIND(k.routes, e, same_route(e, &r)), r);
	return 0;
}

static int route_drop(const struct op *op)
{
	struct kern_route r = route_as_found(&op->route);

	return DROP_ALL(k.routes, e, same_route(e, &r)) ? 0 : -ENOENT;
}

void kern_route_replace(struct kern_batch *b, const struct kern_route *r)
{
	add_op(b, route_put, 0)->route = *r;
}

void kern_route_del(struct kern_batch *b, const struct kern_route *r, unsigned int forgive)
{
	add_op(b, route_drop, forgive)->route = *r;
}

int kern_route_dump(uint32_t table, uint8_t protocol, void (*cb)(const struct kern_route *r, void *arg), void *arg)
{
	for (unsigned int i = 0; !k.dump_error && i < k.routes.n; i++)
		if ((!table || k.routes.at[i].table == table) && (!protocol || k.routes.at[i].protocol == protocol))
			cb(&k.routes.at[i], arg);
	return k.dump_error;
}

bool paper_has_default(uint32_t table, int ifindex)
{
	return FIND(k.routes, e,
		    e->table == table && !e->dst_len && e->ifindex == ifindex && e->unreachable == !ifindex) <
	       k.routes.n;
}

static bool same_rule(const struct kern_rule *a, const struct kern_rule *b)
{
	return a->priority == b->priority && same_ip(&a->src, &b->src) && same_ip(&a->dst, &b->dst) && !strcmp(a->iif, b->iif) && a->table == b->table;
}

static int rule_put(const struct op *op)
{
	PUT(k.rules, FIND(k.rules, e, same_rule(e, &op->rule)), op->rule);
	return 0;
}

static int rule_drop(const struct op *op)
{
	return DROP_ALL(k.rules, e, same_rule(e, &op->rule)) ? 0 : -ENOENT;
}

void kern_rule_add(struct kern_batch *b, const struct kern_rule *r, unsigned int forgive)
{
	add_op(b, rule_put, forgive)->rule = *r;
}

void kern_rule_del(struct kern_batch *b, const struct kern_rule *r, unsigned int forgive)
{
	add_op(b, rule_drop, forgive)->rule = *r;
}

int kern_rule_dump(void (*cb)(const struct kern_rule *r, void *arg), void *arg)
{
	for (unsigned int i = 0; !k.dump_error && i < k.rules.n; i++)
		cb(&k.rules.at[i], arg);
	return k.dump_error;
}

/* ---- addresses ---- */

static int addr_put(const struct op *op)
{
	PUT(k.addrs, FIND(k.addrs, e, e->ifindex == op->addr.ifindex && same_ip(&e->addr, &op->addr.addr)), op->addr);
	return 0;
}

static int addr_drop(const struct op *op)
{
	return DROP_ALL(k.addrs, e, e->ifindex == op->addr.ifindex && same_ip(&e->addr, &op->addr.addr)) ? 0 : -ENOENT;
}

void kern_addr_replace(struct kern_batch *b, const struct kern_addr *a)
{
	add_op(b, addr_put, 0)->addr = *a;
}

void kern_addr_del(struct kern_batch *b, const struct kern_addr *a, unsigned int forgive)
{
	add_op(b, addr_drop, forgive)->addr = *a;
}

/* One that fails has told something before, as one that is interrupted does. */
int kern_addr_dump(int ifindex, void (*cb)(const struct kern_addr *a, void *arg), void *arg)
{
	for (unsigned int i = 0; i < k.addrs.n; i++) {
		if (ifindex && k.addrs.at[i].ifindex != ifindex)
			continue;
		cb(&k.addrs.at[i], arg);
		if (k.dump_error)
			break;
	}
	return k.dump_error;
}

void paper_addr(const char *addr, uint8_t plen, int ifindex, uint32_t valid)
{
	struct kern_addr a = { .addr = ip(addr), .plen = plen, .ifindex = ifindex, .valid = valid, .preferred = valid };

	addr_put(&(struct op){ .addr = a });
}

bool paper_has_addr(int ifindex, const char *addr)
{
	return FIND(k.addrs, e, e->ifindex == ifindex && is(&e->addr, addr)) < k.addrs.n;
}

/* ---- neighbours ---- */

static bool same_neigh(const struct paper_neigh *a, const struct paper_neigh *b)
{
	return a->ifindex == b->ifindex && same_ip(&a->addr, &b->addr);
}

static int proxy_put(const struct op *op)
{
	PUT(k.proxies, FIND(k.proxies, e, same_neigh(e, &op->neigh)), op->neigh);
	return 0;
}

static int proxy_drop(const struct op *op)
{
	return DROP_ALL(k.proxies, e, same_neigh(e, &op->neigh)) ? 0 : -ENOENT;
}

static int neigh_put(const struct op *op)
{
	PUT(k.neighs, FIND(k.neighs, e, same_neigh(e, &op->neigh)), op->neigh);
	return 0;
}

static int neigh_drop(const struct op *op)
{
	return DROP_ALL(k.neighs, e, same_neigh(e, &op->neigh)) ? 0 : -ENOENT;
}

void kern_proxy_add(struct kern_batch *b, int ifindex, const struct in6_addr *addr, bool router)
{
	add_op(b, proxy_put, 0)->neigh = (struct paper_neigh){ .ifindex = ifindex, .addr = *addr, .router = router };
}

void kern_proxy_del(struct kern_batch *b, int ifindex, const struct in6_addr *addr, unsigned int forgive)
{
	add_op(b, proxy_drop, forgive)->neigh = (struct paper_neigh){ .ifindex = ifindex, .addr = *addr };
}

int kern_proxy_dump(void (*cb)(int ifindex, const struct in6_addr *addr, void *arg), void *arg)
{
	for (unsigned int i = 0; !k.dump_error && i < k.proxies.n; i++)
		cb(k.proxies.at[i].ifindex, &k.proxies.at[i].addr, arg);
	return k.dump_error;
}

void kern_neigh_set(struct kern_batch *b, int ifindex, const struct in6_addr *addr, const uint8_t *lladdr,
		    unsigned int lladdr_len)
{
	struct paper_neigh n = { .ifindex = ifindex, .addr = *addr, .lladdr = { .len = (uint8_t)lladdr_len } };

	memcpy(n.lladdr.addr, lladdr, lladdr_len);
	add_op(b, neigh_put, 0)->neigh = n;
}

void kern_neigh_del(struct kern_batch *b, int ifindex, const struct in6_addr *addr, unsigned int forgive)
{
	add_op(b, neigh_drop, forgive)->neigh = (struct paper_neigh){ .ifindex = ifindex, .addr = *addr };
}

int kern_neigh_dump(int ifindex, void (*cb)(const struct in6_addr *addr, void *arg), void *arg)
{
	for (unsigned int i = 0; !k.dump_error && i < k.neighs.n; i++)
		if (k.neighs.at[i].ifindex == ifindex)
			cb(&k.neighs.at[i].addr, arg);
	return k.dump_error;
}
