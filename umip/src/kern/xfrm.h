/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * XFRM for the mobility headers: Home Address option and routing header type 2 as states (table
 * rows 1.1, 1.5, 2.1, 2.2) and the sub-policies (row 1.13) that lead to them. Appended to a batch of KERN_XFRM.
 * Deleting is by key; nothing of others' policies is touched, because ptype sub and mode route-optimization are ours
 * alone.
 */
#ifndef KERN_XFRM_H
#define KERN_XFRM_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "kern/nl.h"

enum kern_ro { KERN_HAO = IPPROTO_DSTOPTS, KERN_RT2 = IPPROTO_ROUTING };

struct kern_ro_state {
	enum kern_ro kind;
	struct in6_addr src, dst; /* as the upper layer sees them; both :: with wildrecv */
	struct in6_addr coa; /* :: accepts any on input */
	bool wildrecv; /* XFRM_STATE_WILDRECV: receives for all that has no state of its own */
};

/*
 * Replaces an old state by delete and add: an updated care-of address leaves stale routes on kernels without the
 * series.
 */
void kern_ro_state_set(struct kern_batch *b, const struct kern_ro_state *s);
/*
 * The same in place, if the state is there: established sockets follow at once on kernels with the series
 * (kern_abilities.state_update).
 */
void kern_ro_state_update(struct kern_batch *b, const struct kern_ro_state *s);
void kern_ro_state_del(struct kern_batch *b, const struct kern_ro_state *s, unsigned int forgive);

struct kern_ro_template {
	enum kern_ro kind;
	struct in6_addr src, dst; /* :: is any */
	bool optional; /* "level use" */
};

struct kern_ro_policy {
	int dir; /* XFRM_POLICY_IN, OUT, FWD */
	uint32_t priority; /* lower wins */
	struct in6_addr src, dst;
	uint8_t src_len, dst_len;
	uint8_t proto; /* 0: any */
	int mh_type; /* -1: any; with proto IPPROTO_MH (or IPPROTO_ICMPV6: its type) only, and on stock 6.12 only for OUT (input is not decoded) */
	int ifindex; /* 0: any; else only what a socket bound to this interface sends */
	bool block;
	unsigned int n_tmpl; /* 0: bare allow */
	struct kern_ro_template tmpl[2];
};

void kern_ro_policy_set(struct kern_batch *b, const struct kern_ro_policy *p);
void kern_ro_policy_del(struct kern_batch *b, const struct kern_ro_policy *p, unsigned int forgive);

/*
 * All states of mode route-optimization, and all policies of ptype sub that have an address pair of /128. used: when a packet
 * last went through it, in seconds since 1970, 0: never. For policies out it is when a route was last looked up, which
 * an established socket does not do; a state out is exact; a state in is never used on kernels without the series, a policy
 * in is exact. Only what the parameters say is filled in. 0 or -errno.
 */
int kern_ro_state_dump(void (*fn)(const struct kern_ro_state *s, uint64_t used, void *arg), void *arg);
int kern_ro_policy_dump(void (*fn)(const struct kern_ro_policy *p, uint64_t used, void *arg), void *arg);

/*
 * Removes every state of mode route-optimization and every policy of ptype sub: what an earlier daemon left. 0 or
 * -errno.
 */
int kern_ro_flush(void);

#endif
