/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The prefixes of the home link with their lifetimes, for mobile prefix discovery (RFC 6275 10.6, 11.4.3). The home agent
 * fills it from advertisements that it hears and from its own addresses, the mobile node from Mobile Prefix Advertisements,
 * and at home from the link's own. Facts in, changes out; times are seconds of core/clock.h, INFINITY is for ever. Its
 * size is fixed, because anybody on the link can advertise.
 */
#ifndef CORE_PFX_H
#define CORE_PFX_H

#include <json-c/json.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "wire/nd.h"

#define PFX_MAX ND_MAX_PREFIXES /* more do not fit into one advertisement */

/* Who says so. A source does not change what a better one has said, as long as that goes on saying it. */
enum pfx_source {
	PFX_ADDRESS,	/* an address of ours, with the kernel's lifetimes */
	PFX_ADVERTISED, /* a router on the link; shortens no lifetime at once (RFC 4862 5.5.3 e) */
	PFX_TRUSTED,	/* this host's own advertisements; at a mobile node, what its home agent answers */
};

struct pfx {
	struct in6_addr prefix; /* the bits behind len are zero */
	uint8_t len;
	bool onlink, autonomous;
	struct in6_addr router; /* a home agent's address in it, from the R flag; or :: */
	enum pfx_source source;
	uint32_t told_valid, told_preferred; /* seconds, as told last; UINT32_MAX is infinity */
	double valid_until, preferred_until; /* in the past: it is known to have ended */
};

struct pfx_list {
	unsigned int n;
	struct pfx at[PFX_MAX];
};

enum pfx_news {
	PFX_SAME,    /* nothing but time has changed */
	PFX_NEW,
	PFX_CHANGED, /* its lifetimes or flags */
	PFX_FULL,    /* not taken: the list is full, or it is no prefix for addresses of hosts */
};

/* What a prefix information option (or an address, in the same form) says. */
enum pfx_news pfx_heard(struct pfx_list *l, const struct nd_prefix *p, enum pfx_source source, double now);
/* The prefix that holds addr, ended or not; the longest, or NULL. */
struct pfx *pfx_find(struct pfx_list *l, const struct in6_addr *addr);
/* Forgets it. */
void pfx_drop(struct pfx_list *l, struct pfx *p);
static inline bool pfx_valid(const struct pfx *p, double now)
{
	return p->valid_until > now;
}
static inline bool pfx_preferred(const struct pfx *p, double now)
{
	return pfx_valid(p, now) && p->preferred_until > now;
}
/* addr without the bits behind len. */
void pfx_of(const struct in6_addr *addr, unsigned int len, struct in6_addr *out);
/* Seconds left, as an option tells them. */
uint32_t pfx_left(double until, double now);
/* For mip6ctl: prefix, lifetimes (null: infinite), flags. */
struct json_object *pfx_json(const struct pfx *p, double now);

#endif
