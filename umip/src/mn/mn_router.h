/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The routers that were heard on the mobile interface, and which of them serve the link we are on. Pure:
 * advertisements in, answers out; times are seconds of one clock. The table has a fixed size, because anybody on a
 * link can advertise.
 */
#ifndef MN_MN_ROUTER_H
#define MN_MN_ROUTER_H

#include <netinet/in.h>
#include <stdbool.h>

#include "wire/nd.h"

#define MN_ROUTERS_MAX 16

struct mn_prefix {
	struct in6_addr addr;
	uint8_t len;
	bool autonomous; /* hosts form addresses in it */
	double valid_until;
};

struct mn_router {
	bool used;
	struct in6_addr addr;	  /* link-local */
	struct nd_lladdr lladdr;  /* len 0: never told */
	struct in6_addr global;	  /* its own address, if it advertises it (R of a prefix option); or :: */
	unsigned int link;	  /* the table's link number when it was found there; 0: not known to be on any */
	double heard;		  /* the last advertisement */
	double interval;	  /* seconds within which it promises the next one; 0: does not say */
	unsigned int n_prefixes;
	struct mn_prefix prefixes[ND_MAX_PREFIXES];
};

struct mn_routers {
	unsigned int link; /* the number of the link we are on; 0 before the first */
	struct mn_router r[MN_ROUTERS_MAX];
};

struct mn_router *mn_routers_find(struct mn_routers *t, const struct in6_addr *addr);
/*
 * An advertisement from addr. Takes in what it says and returns the router. A full table loses the one that was not heard
 * for the longest time, routers of other links first, never keep (may be NULL). A router that comes with another link-layer address than before is another router that uses the same
 * address: its entry starts afresh.
 */
struct mn_router *mn_routers_heard(struct mn_routers *t, const struct in6_addr *addr, const struct nd_ra *ra,
				   const struct mn_router *keep, double now);
/* What the router said before that time does not count any more: neither its prefixes nor that it is of our link. */
void mn_routers_forget(struct mn_routers *t, const struct in6_addr *addr, double before);
/* We are on another link now: r's, and that of all routers heard since. */
void mn_routers_move(struct mn_routers *t, struct mn_router *r, double since);
/* r serves the link that we are on. */
void mn_routers_join(struct mn_routers *t, struct mn_router *r);
static inline bool mn_router_here(const struct mn_routers *t, const struct mn_router *r)
{
	return t->link && r->link == t->link;
}
/* The router other than not that was heard last, if that was at since or later. */
struct mn_router *mn_routers_latest(struct mn_routers *t, const struct mn_router *not, double since);

/* When the prefix that r advertises and that addr is in ends; 0 if there is none (any more). INFINITY: never. */
double mn_router_prefix_end(const struct mn_router *r, const struct in6_addr *addr, double now);
/* The same over all routers of our link. */
double mn_routers_prefix_end(const struct mn_routers *t, const struct in6_addr *addr, double now);
/* Whether a router that is not on our link advertised this prefix, and none on our link does. */
bool mn_routers_left_behind(const struct mn_routers *t, const struct in6_addr *prefix, uint8_t len, double now);

/* Whether a router of our link advertises a prefix that hosts form addresses in. */
bool mn_routers_autonomous(const struct mn_routers *t, double now);
/* Whether a router that is not on our link advertised a living prefix that addr is in. */
bool mn_routers_elsewhere(const struct mn_routers *t, const struct in6_addr *addr, double now);

/* Whether the advertisement itself carries a living prefix that addr is in. */
bool mn_ra_has(const struct nd_ra *ra, const struct in6_addr *addr);

#endif
