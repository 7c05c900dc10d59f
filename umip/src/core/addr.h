/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small questions about addresses that every role asks. */
#ifndef CORE_ADDR_H
#define CORE_ADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* A unicast address that packets on the Internet can carry: not ::, ::1, multicast, link-local, IPv4-mapped or -compatible. */
static inline bool addr_routable(const struct in6_addr *a)
{
	return !IN6_IS_ADDR_UNSPECIFIED(a) && !IN6_IS_ADDR_LOOPBACK(a) && !IN6_IS_ADDR_MULTICAST(a) && !IN6_IS_ADDR_LINKLOCAL(a) &&
	       !IN6_IS_ADDR_V4MAPPED(a) && !IN6_IS_ADDR_V4COMPAT(a);
}

static inline bool addr_in_prefix(const struct in6_addr *a, const struct in6_addr *prefix, unsigned int len)
{
	unsigned int bytes = len / 8, bits = len % 8;

	if (memcmp(a, prefix, bytes))
		return false;
	return !bits || !((a->s6_addr[bytes] ^ prefix->s6_addr[bytes]) >> (8 - bits));
}

/* Everything after the prefix becomes zero. */
static inline void addr_mask(struct in6_addr *a, unsigned int len)
{
	if (len >= 128)
		return;
	a->s6_addr[len / 8] &= (uint8_t)(0xff00 >> len % 8);
	for (unsigned int i = len / 8 + 1; i < 16; i++)
		a->s6_addr[i] = 0;
}

/* RFC 4291 2.6.1: the address with nothing after the prefix is that of all routers. RFC 6164: not with a /127. */
static inline bool addr_is_router_anycast(const struct in6_addr *addr, unsigned int plen)
{
	if (plen >= 127)
		return false;
	if (plen % 8 && addr->s6_addr[plen / 8] & (0xff >> plen % 8))
		return false;
	for (unsigned int i = (plen + 7) / 8; i < 16; i++)
		if (addr->s6_addr[i])
			return false;
	return true;
}

/* For qsort(): things that begin with an address, in the order of these. */
static inline int addr_order(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct in6_addr));
}

/* The one that begins with this address, of n things of that size in this order; NULL: none. */
static inline void *addr_find(const struct in6_addr *addr, const void *at, size_t n, size_t size)
{
	return n ? bsearch(addr, at, n, size, addr_order) : NULL; /* without things there may be no array */
}

/* The /64 of an address: what stands for one sender where limits are counted. */
static inline struct in6_addr addr_source(const struct in6_addr *a)
{
	struct in6_addr s = { 0 };

	memcpy(&s, a, 8);
	return s;
}

#endif
