// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The table of routers. A router belongs to a link by number: moving to another link takes the next number, so that
 * everything known about the old one stops counting at once, and stays known for as long as there is room, to be
 * cleaned up behind us.
 *
 * An advertisement need not carry every prefix (RFC 4861 6.2.3), so that of one router add up until they run out.
 */
#include "mn/mn_router.h"

#include <math.h>
#include <string.h>

#include "core/addr.h"

struct mn_router *mn_routers_find(struct mn_routers *t, const struct in6_addr *addr)
{
	for (unsigned int i = 0; i < MN_ROUTERS_MAX; i++)
		if (t->r[i].used && IN6_ARE_ADDR_EQUAL(&t->r[i].addr, addr))
			return &t->r[i];
	return NULL;
}

/* Routers of our link go too if there is nothing else: whoever fills the table with them may not make us deaf for the next link. */
static struct mn_router *free_entry(struct mn_routers *t, const struct mn_router *keep)
{
	struct mn_router *oldest = NULL;
	bool oldest_here = true;

	for (unsigned int i = 0; i < MN_ROUTERS_MAX; i++) {
		struct mn_router *r = &t->r[i];
		bool here = mn_router_here(t, r);

		if (!r->used)
			return r;
		if (r == keep || (here && !oldest_here))
			continue;
		if (!oldest || (!here && oldest_here) || r->heard < oldest->heard) {
			oldest = r;
			oldest_here = here;
		}
	}
	return oldest;
}

static void put_prefix(struct mn_router *r, const struct nd_prefix *p, double now)
{
	unsigned int i = 0;

	while (i < r->n_prefixes &&
	       (r->prefixes[i].len != p->len || !addr_in_prefix(&p->prefix, &r->prefixes[i].addr, p->len)))
		i++;
	if (!p->valid) {
		if (i < r->n_prefixes)
			r->prefixes[i] = r->prefixes[--r->n_prefixes];
		return;
	}
	if (i == ND_MAX_PREFIXES)
		return;
	if (i == r->n_prefixes)
		r->n_prefixes++;
	r->prefixes[i].addr = p->prefix;
	r->prefixes[i].len = p->len;
	r->prefixes[i].autonomous = p->autonomous;
	r->prefixes[i].valid_until = p->valid == UINT32_MAX ? INFINITY : now + p->valid;
}

static void drop_ended(struct mn_router *r, double now)
{
	for (unsigned int i = 0; i < r->n_prefixes;)
		if (r->prefixes[i].valid_until <= now)
			r->prefixes[i] = r->prefixes[--r->n_prefixes];
		else
			i++;
}

/*
 * Link-local and multicast prefixes are not for us, and one shorter than a few bits would make everything "on our
 * link".
 */
static bool sane_prefix(const struct nd_prefix *p)
{
	return p->len >= 3 && p->len <= 128 && addr_routable(&p->prefix);
}

static bool other_lladdr(const struct mn_router *r, const struct nd_ra *ra)
{
	return r->lladdr.len && ra->sll.len &&
	       (r->lladdr.len != ra->sll.len || memcmp(r->lladdr.addr, ra->sll.addr, ra->sll.len));
}

struct mn_router *mn_routers_heard(struct mn_routers *t, const struct in6_addr *addr, const struct nd_ra *ra,
				   const struct mn_router *keep, double now)
{
	struct mn_router *r = mn_routers_find(t, addr);

	if (!r || other_lladdr(r, ra)) {
		if (!r)
			r = free_entry(t, keep);
		if (!r)
			return NULL;
		memset(r, 0, sizeof(*r));
		r->used = true;
		r->addr = *addr;
	}
	if (ra->sll.len)
		r->lladdr = ra->sll;
	r->heard = now;
	r->interval = ra->adv_interval / 1000.0;
	drop_ended(r, now);
	for (unsigned int i = 0; i < ra->n_prefixes; i++) {
		if (!sane_prefix(&ra->prefixes[i]))
			continue;
		if (ra->prefixes[i].router)
			r->global = ra->prefixes[i].prefix;
		put_prefix(r, &ra->prefixes[i], now);
	}
	return r;
}

void mn_routers_forget(struct mn_routers *t, const struct in6_addr *addr, double before)
{
	struct mn_router *r = mn_routers_find(t, addr);

	if (!r || r->heard >= before)
		return;
	r->n_prefixes = 0;
	r->link = 0;
}

void mn_routers_join(struct mn_routers *t, struct mn_router *r)
{
	r->link = t->link;
}

void mn_routers_move(struct mn_routers *t, struct mn_router *r, double since)
{
	t->link++;
	mn_routers_join(t, r);
	for (unsigned int i = 0; i < MN_ROUTERS_MAX; i++)
		if (t->r[i].used && t->r[i].heard >= since)
			mn_routers_join(t, &t->r[i]);
}

struct mn_router *mn_routers_latest(struct mn_routers *t, const struct mn_router * not, double since)
{
	struct mn_router *best = NULL;

	for (unsigned int i = 0; i < MN_ROUTERS_MAX; i++) {
		struct mn_router *r = &t->r[i];

		if (r->used && r != not &&r->heard >= since && (!best || r->heard > best->heard))
			best = r;
	}
	return best;
}

double mn_router_prefix_end(const struct mn_router *r, const struct in6_addr *addr, double now)
{
	double end = 0;

	for (unsigned int i = 0; i < r->n_prefixes; i++) {
		const struct mn_prefix *p = &r->prefixes[i];

		if (p->valid_until > now && p->valid_until > end && addr_in_prefix(addr, &p->addr, p->len))
			end = p->valid_until;
	}
	return end;
}

double mn_routers_prefix_end(const struct mn_routers *t, const struct in6_addr *addr, double now)
{
	double end = 0;

	for (unsigned int i = 0; i < MN_ROUTERS_MAX; i++) {
		double e;

		if (!t->r[i].used || !mn_router_here(t, &t->r[i]))
			continue;
		e = mn_router_prefix_end(&t->r[i], addr, now);
		if (e > end)
			end = e;
	}
	return end;
}

bool mn_routers_left_behind(const struct mn_routers *t, const struct in6_addr *prefix, uint8_t len, double now)
{
	if (mn_routers_prefix_end(t, prefix, now) > 0)
		return false;
	for (unsigned int i = 0; i < MN_ROUTERS_MAX; i++) {
		const struct mn_router *r = &t->r[i];

		if (!r->used || mn_router_here(t, r))
			continue;
		for (unsigned int j = 0; j < r->n_prefixes; j++)
			if (r->prefixes[j].len == len && addr_in_prefix(prefix, &r->prefixes[j].addr, len))
				return true;
	}
	return false;
}

bool mn_routers_autonomous(const struct mn_routers *t, double now)
{
	for (unsigned int i = 0; i < MN_ROUTERS_MAX; i++) {
		const struct mn_router *r = &t->r[i];

		for (unsigned int j = 0; r->used && mn_router_here(t, r) && j < r->n_prefixes; j++)
			if (r->prefixes[j].autonomous && r->prefixes[j].valid_until > now)
				return true;
	}
	return false;
}

bool mn_routers_elsewhere(const struct mn_routers *t, const struct in6_addr *addr, double now)
{
	for (unsigned int i = 0; i < MN_ROUTERS_MAX; i++)
		if (t->r[i].used && !mn_router_here(t, &t->r[i]) && mn_router_prefix_end(&t->r[i], addr, now) > now)
			return true;
	return false;
}

bool mn_ra_has(const struct nd_ra *ra, const struct in6_addr *addr)
{
	for (unsigned int i = 0; i < ra->n_prefixes; i++) {
		const struct nd_prefix *p = &ra->prefixes[i];

		if (p->valid && sane_prefix(p) && addr_in_prefix(addr, &p->prefix, p->len))
			return true;
	}
	return false;
}
