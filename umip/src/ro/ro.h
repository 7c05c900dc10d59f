/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Route optimization in the kernel, for both halves: one entry a pair of addresses (ours, the peer's), as upper layers see
 * them.
 *
 * The correspondent half (cn/) knows where the peer is: packets to it leave with a type 2 routing header, and its Home
 * Address option is accepted from there. The mobile half (mn/) knows that the peer has our care-of address: packets to it
 * leave with a Home Address option, and its routing header is accepted. Two mobile nodes have both. A pair's policies
 * combine what the halves ask for, so that neither has to know of the other.
 *
 * In the kernel a pair is at most one state for each header and direction, one policy out, one policy in (ptype sub, mode
 * ro). Policies by priority, of which the lower number wins:
 *
 *	RO_PRIORITY_SIGNAL   Mobility Headers that must leave without a pair's headers, by type
 *	8		     a mobile node's Binding Updates, with the Home Address option
 *	RO_PRIORITY_MH_IN    Mobility Headers in, with the headers that ro_open() was told of; mobile prefix discovery likewise
 *	RO_PRIORITY_DATA     pairs
 *	RO_PRIORITY_STRAY    data in with a routing header, of correspondents that only an earlier daemon knew
 *	19, 20		     the mobile node's block, and what it lets through
 *
 * Every call changes the kernel before it returns: what is acknowledged afterwards is true. After an error the kernel's words
 * are in kern_error(), the pair is as it was or absent, never half.
 */
#ifndef RO_RO_H
#define RO_RO_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#define RO_PRIORITY_SIGNAL 5
#define RO_PRIORITY_MH_IN  9
#define RO_PRIORITY_DATA   12
#define RO_PRIORITY_STRAY  18

struct ro;

/* Which headers signalling may have before there is a pair. */
#define RO_ACCEPT_HAO 1u /* Binding Updates: home agents and correspondent nodes */
#define RO_ACCEPT_RT2 2u /* acknowledgements: mobile nodes */
#define RO_ACCEPT_MPS 4u /* with RO_ACCEPT_HAO: Mobile Prefix Solicitations, too */
#define RO_ACCEPT_MPA 8u /* with RO_ACCEPT_RT2: Mobile Prefix Advertisements, too */

/*
 * Once per daemon; what an earlier one left goes first (kern_ro_flush()). update: states can be updated in place
 * (kern_abilities.state_update). NULL with errno and kern_error().
 */
struct ro *ro_open(unsigned int accept, bool update);
/*
 * Takes all states and policies of mobility out of the kernel, those of roles as well, and frees. NULL is allowed. 0 or -errno,
 * with kern_error().
 */
int ro_close(struct ro *ro);

/* Correspondent half: peer is at coa; coa NULL: it is not bound any more (absent is success). 0 or -errno. */
int ro_peer_set(struct ro *ro, const struct in6_addr *ours, const struct in6_addr *peer, const struct in6_addr *coa);

/* Mobile half, in rising order. */
enum ro_own {
	RO_OWN_NONE,
	RO_OWN_ACCEPT, /* a Binding Update may leave: the state for its Home Address option is there, the peer's routing header accepted */
	RO_OWN_DATA,   /* and what we send to the peer has the option */
};
/* hoa: our home address. coa: ours, not read for RO_OWN_NONE. 0 or -errno. */
int ro_own_set(struct ro *ro, const struct in6_addr *hoa, const struct in6_addr *peer, const struct in6_addr *coa,
	       enum ro_own stage);
/* We have moved: every pair at RO_OWN_DATA falls back to RO_OWN_ACCEPT (and to the tunnel), in as few requests as can be. */
int ro_own_suspend(struct ro *ro, const struct in6_addr *hoa);

/*
 * Asks the kernel when pairs were used last, in one dump, and calls fn for each pair: seconds since a packet came from the peer and
 * since one left to it, with the headers; INFINITY: never, or the kernel does not keep it. fn may change that pair. 0
 * or -errno.
 */
int ro_each_used(struct ro *ro,
		 void (*fn)(const struct in6_addr *ours, const struct in6_addr *peer, double in, double out, void *arg),
		 void *arg);
/* Pairs of which at least one half is there. */
unsigned int ro_count(const struct ro *ro);
/* Compares with the kernel and repairs; says how many objects were missing or false. -errno if the kernel cannot be read. */
int ro_reconcile(struct ro *ro);

#endif
