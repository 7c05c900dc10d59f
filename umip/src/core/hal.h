/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The home agents list (RFC 6275 10.1) of one link, as its advertisements tell it: who is home agent there, under which
 * addresses, how much preferred, and for how long. Both roles keep one. Advertisements in, answers out; times are
 * seconds of core/clock.h. Its size is fixed, because anybody on the link can advertise.
 */
#ifndef CORE_HAL_H
#define CORE_HAL_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "wire/nd.h"

#define HAL_AGENTS_MAX 32
#define HAL_ADDRS_MAX  ND_MAX_PREFIXES /* of one agent; further ones are ignored */

struct hal_agent {
	struct in6_addr link_local; /* who advertises; :: is ourselves */
	struct nd_lladdr lladdr;    /* len 0: never told */
	bool mobile_router;	    /* R of RFC 3963: serves mobile routers too */
	uint16_t preference;	    /* higher is better, 0 if it does not say */
	double expires;
	unsigned int n_addrs;
	struct {
		struct in6_addr addr;
		double valid_until;
	} addrs[HAL_ADDRS_MAX];
};

struct hal {
	unsigned int n;
	struct hal_agent at[HAL_AGENTS_MAX];
};

enum hal_news {
	HAL_OLD,  /* nothing to tell: not a home agent's, or one known already */
	HAL_NEW,  /* another home agent */
	HAL_GONE, /* it is none any more */
	HAL_FULL, /* no room for another one */
};

/*
 * An advertisement that came from src (RFC 6275 10.5.1). Lifetime and preference are those of the home agent
 * information option; without one, the router's lifetime and 0.
 */
enum hal_news hal_heard(struct hal *hal, const struct in6_addr *src, const struct nd_ra *ra, double now);
/* Adds or renews an address of an agent. */
void hal_add_addr(struct hal_agent *a, const struct in6_addr *addr, double valid_until);
/* What has run out goes. */
void hal_expire(struct hal *hal, double now);
/* The agent with this address, or NULL. */
const struct hal_agent *hal_find(const struct hal *hal, const struct in6_addr *addr);
/*
 * The addresses in this prefix of all agents, the most preferred first and those of one preference shuffled; self, which
 * may be NULL, counts as one of the list. With mobile_router only of agents that serve mobile routers. Each address is
 * there once. How many, max at most.
 */
unsigned int hal_order(const struct hal *hal, const struct hal_agent *self, const struct in6_addr *prefix, unsigned int len,
		       bool mobile_router, struct in6_addr *out, unsigned int max);
/* The home agents' anycast address of a prefix (RFC 2526); false if the prefix leaves no room for it. */
bool hal_anycast(const struct in6_addr *prefix, unsigned int len, struct in6_addr *out);
bool hal_is_anycast(const struct in6_addr *addr, unsigned int len);

#endif
