/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Routes, rules, addresses and neighbours: appended to a batch of KERN_ROUTE. Every route carries KERN_RTPROT.
 */
#ifndef KERN_ROUTE_H
#define KERN_ROUTE_H

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "kern/nl.h"

struct kern_route {
	struct in6_addr dst;
	uint8_t dst_len;
	uint32_t table; /* 0: main */
	uint32_t metric; /* 0: the kernel's default */
	int ifindex; /* 0 with unreachable */
	bool unreachable; /* RTN_UNREACHABLE instead of unicast */
	bool has_gateway;
	struct in6_addr gateway;
	bool has_encap; /* lwtunnel `encap ip6`, with hop limit 64 */
	struct in6_addr encap_src, encap_dst;
	uint8_t protocol; /* 0: KERN_RTPROT; for deletes and dumps: RTPROT_RA, RTPROT_KERNEL ... as found */
};

void kern_route_replace(struct kern_batch *b, const struct kern_route *r);
void kern_route_del(struct kern_batch *b, const struct kern_route *r, unsigned int forgive);
/*
 * All IPv6 unicast and unreachable routes of a table (0: every table) with this protocol (0: any); fields as found. One with several next
 * hops is told once for each of them, and each can be deleted like a route of its own.
 */
int kern_route_dump(uint32_t table, uint8_t protocol, void (*cb)(const struct kern_route *r, void *arg), void *arg);

struct kern_rule {
	uint32_t priority;
	bool has_src;
	struct in6_addr src;
	uint8_t src_len;
	bool has_dst;
	struct in6_addr dst;
	uint8_t dst_len;
	char iif[IFNAMSIZ]; /* only packets that came in there and are not for us; "": all */
	bool find_saddr; /* FIB_RULE_FIND_SADDR: also matches when the source that would be chosen is in src */
	uint32_t fwmark; /* 0: none */
	uint32_t table;
	bool unreachable;
	bool no_default; /* a default route of the table does not count */
};

void kern_rule_add(struct kern_batch *b, const struct kern_rule *r, unsigned int forgive);
void kern_rule_del(struct kern_batch *b, const struct kern_rule *r, unsigned int forgive);
/* Rules that carry KERN_RTPROT (FRA_PROTOCOL). */
int kern_rule_dump(void (*cb)(const struct kern_rule *r, void *arg), void *arg);

struct kern_addr {
	struct in6_addr addr;
	uint8_t plen;
	int ifindex;
	uint32_t flags; /* IFA_F_HOMEADDRESS, IFA_F_NODAD, IFA_F_NOPREFIXROUTE ... */
	uint32_t valid, preferred; /* seconds; 0xffffffff is infinity; both 0 on add: infinity */
	uint8_t proto; /* IFA_PROTO: KERN_RTPROT for ours (kernel keeps it since 5.18) */
};

void kern_addr_replace(struct kern_batch *b, const struct kern_addr *a);
void kern_addr_del(struct kern_batch *b, const struct kern_addr *a, unsigned int forgive);
int kern_addr_dump(int ifindex, void (*cb)(const struct kern_addr *a, void *arg), void *arg); /* 0: all */

/*
 * Proxy neighbour entry (table row 4.1.1): the kernel answers solicitations for addr on the link. router sets R in the
 * answers.
 */
void kern_proxy_add(struct kern_batch *b, int ifindex, const struct in6_addr *addr, bool router);
void kern_proxy_del(struct kern_batch *b, int ifindex, const struct in6_addr *addr, unsigned int forgive);
/* Proxy entries that carry our protocol (NDA_PROTOCOL = KERN_RTPROT). */
int kern_proxy_dump(void (*cb)(int ifindex, const struct in6_addr *addr, void *arg), void *arg);

/* A reachable neighbour as just heard of (NUD_REACHABLE, replaces), and the removal of one. */
void kern_neigh_set(struct kern_batch *b, int ifindex, const struct in6_addr *addr, const uint8_t *lladdr,
		    unsigned int lladdr_len);
void kern_neigh_del(struct kern_batch *b, int ifindex, const struct in6_addr *addr, unsigned int forgive);
/* The neighbours of a link that the kernel has found or is looking for; not what an administrator has set. */
int kern_neigh_dump(int ifindex, void (*cb)(const struct in6_addr *addr, void *arg), void *arg);

#endif
