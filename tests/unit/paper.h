/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel made of paper, for the tests of the roles: what umip/src/kern offers, done on lists in memory. A test looks
 * at the lists, at the counters, and at the last message of each kind that was sent; and it chooses what fails.
 */
#ifndef PAPER_H
#define PAPER_H

#include <check.h>

#include "core/clock.h"
#include "core/daemon.h"
#include "kern/guard.h"
#include "kern/route.h"
#include "kern/tun.h"
#include "kern/xfrm.h"
#include "wire/mh.h"
#include "wire/nd.h"

#define PAPER_MAX    64
#define PAPER_TUNNEL 9 /* the ifindex of the tunnel device; of a further home address: the next one */
#define PAPER_SPARE  40 /* and of that which only receives, the same */
#define PAPER_NETWORKS 11 /* of the home agent's device for mobile networks */

#define PAPER_LIST(type)            \
	struct {                    \
		unsigned int n;     \
		type at[PAPER_MAX]; \
	}

struct paper_neigh {
	int ifindex;
	struct in6_addr addr;
	struct nd_lladdr lladdr;
	bool router; /* a proxy's */
};

struct paper_guard {
	struct in6_addr hoa, coa, ha;
	uint8_t len; /* 0: a home address; else of a prefix */
};

struct paper_sysctl {
	char path[96], value[16];
};

struct paper_pair { /* see ro/ro.h */
	struct in6_addr ours, peer, coa;
	int own;
	double in, out; /* as ro_each_used() tells */
};

struct paper_mh { /* a Mobility Header message that was sent */
	double at; /* clock_now() */
	struct in6_addr src, dst, rt2;
	bool has_rt2;
	int ifindex;
	struct mh_msg msg;
	uint8_t data[256]; /* as it left */
	size_t len;
};

struct paper {
	/* what is there */
	PAPER_LIST(struct kern_link) links;
	PAPER_LIST(struct kern_route) routes;
	PAPER_LIST(struct kern_rule) rules;
	PAPER_LIST(struct kern_addr) addrs;
	PAPER_LIST(struct paper_neigh) neighs;
	PAPER_LIST(struct paper_neigh) proxies;
	PAPER_LIST(struct kern_ro_state) states;
	PAPER_LIST(struct kern_ro_policy) policies;
	PAPER_LIST(struct paper_guard) guards;
	PAPER_LIST(struct paper_pair) pairs;
	PAPER_LIST(struct paper_sysctl) sysctls; /* as they were set last */
	PAPER_LIST(int) watched; /* links */
	PAPER_LIST(struct paper_neigh) anycasts;
	struct in6_addr tunnel_local, tunnel_remote, spare_remote;
	bool plug; /* packets are being held */
	struct kern_link_traffic traffic; /* of every link */

	/* what has happened */
	unsigned int commits, released, dropped, n_fatal;
	char fatal[256];

	/* what was sent */
	unsigned int n_mh, n_rs, n_ns, n_na;
	struct paper_mh all[PAPER_MAX]; /* paper_sent() */
	struct paper_mh mh; /* the last one ... */
	struct nd_ns ns;
	struct nd_na na;
	unsigned int n_icmp, n_joins;
	struct icmp_packet icmp; /* the last one, and the link it was sent to */
	int icmp_ifindex;
	int icmp_from; /* the link that paper_icmp() comes from */
	void (*on_nd)(int ifindex, const struct in6_addr *src, uint8_t type); /* each, if a test wants to look */

	/* what fails, with this -errno */
	int route_error, dump_error, mh_error, nd_error, plug_error, pair_error, icmp_error;
};

extern struct paper k;

void paper_reset(void);
void paper_link(const struct kern_link *l);
void paper_addr(const char *addr, uint8_t plen, int ifindex, uint32_t valid);
/* What was set, or NULL. */
const char *paper_sysctl(const char *path);
bool paper_has_addr(int ifindex, const char *addr);
/* A default route of this table through this device; ifindex 0: the one that refuses. */
bool paper_has_default(uint32_t table, int ifindex);

struct in6_addr ip(const char *text);
bool is(const struct in6_addr *a, const char *text);

/* The n-th message since the reset, from 0 on; of the last PAPER_MAX. */
const struct paper_mh *paper_sent(unsigned int n);

/* paper_ro.c: a pair, or NULL; a packet in the tunnel. */
struct paper_pair *paper_pair(const char *peer);
void paper_seen(const char *peer, bool out);
/* paper_icmp.c: an ICMPv6 message comes; and one with mobility's headers. */
void paper_icmp_packet(const struct icmp_packet *p);
void paper_icmp(const char *src, const char *dst, const uint8_t *data, size_t len);

/* A field of the i-th row that a role shows, as text; "-" if it is not there, or null. Until the rows are freed. */
const char *row_text(struct json_object *rows, size_t i, const char *field);

/* Runs the loop for so long. */
void paper_run(struct ev_loop *loop, double seconds);
/* Runs it until the counter is n, which it has to be in time; until the condition holds, which it has to in time. */
void paper_until(struct ev_loop *loop, const unsigned int *count, unsigned int n, double at_most);
#define PAPER_UNTIL(loop, condition, at_most)                                                       \
	do {                                                                                        \
		for (double end_ = clock_now() + (at_most); !(condition); paper_run(loop, 0.005))   \
			ck_assert_msg(clock_now() < end_, "not in %g s: %s", at_most, #condition); \
	} while (0)
/* For other files of paper: one more operation of a batch, with a copy of its argument. */
struct kern_batch;
void paper_op(struct kern_batch *b, int (*run)(const void *arg), const void *arg, size_t len, unsigned int forgive);
/* For struct daemon. */
void paper_notify(struct daemon *d, const char *event, struct json_object *fields);

#endif
