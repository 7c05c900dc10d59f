/* SPDX-License-Identifier: GPL-2.0-or-later */
/* This host's addresses and routes, as RFC 6724's rules ask for them. Uses the request socket of kern/nl.h. */
#ifndef ADDRSEL_HOST_H
#define ADDRSEL_HOST_H

#include "rules.h"

struct host {
	struct rule_address *addr; /* IPv6 in the kernel's order, then IPv4 */
	size_t n, cap;
	size_t n6; /* how many are IPv6 */
};

/* Those that can be used: not tentative ones. 0 or -errno. */
int host_read(struct host *h);
void host_free(struct host *h);
const struct rule_address *host_find(const struct host *h, const struct in6_addr *addr, unsigned int ifindex);

struct host_route {
	unsigned int oif; /* 0: none */
	bool only_oif; /* the interface's use_oif_addrs_only */
	bool fixed; /* the route names its source, and no rule is asked */
	struct in6_addr fixed_source;
	bool has_source; /* what the kernel says it would take (IPv4: decided by the routing alone) */
	struct in6_addr source;
};

/* The way to dst (IPv4 is mapped); oif 0: any. 0, -ENETUNREACH or another -errno: there is none. */
int host_route(const struct in6_addr *dst, unsigned int oif, struct host_route *r);

#endif
