/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside ro/ only: pairs, their faces (what both halves ask for), and the kernel objects of a face. */
#ifndef RO_PAIR_H
#define RO_PAIR_H

#include <stdbool.h>
#include <stdint.h>

#include "kern/xfrm.h"
#include "ro/ro.h"

enum ro_object {
	PEER_HAO = 1, /* state in: the peer's option is accepted */
	PEER_RT2 = 2, /* state out: ours to the peer has the routing header */
	OWN_HAO = 4, /* state out: ours to the peer has the option */
	OWN_RT2 = 8, /* state in: the peer's routing header is accepted */
	POLICY_IN = 16,
	POLICY_OUT = 32,
};

struct ro_face {
	bool peer;
	struct in6_addr peer_coa;
	enum ro_own own;
	struct in6_addr own_coa;
};

struct ro_pair {
	struct in6_addr ours, peer;
	struct ro_face face;
	double in, out; /* scratch of ro_each_used(): seconds since 1970 */
	unsigned int seen; /* scratch of ro_reconcile() */
	struct ro_pair *chain;
};

struct ro {
	bool update; /* states can be updated in place */
	struct ro_pair **table;
	unsigned int bits, count;
	uint64_t key[2];
};

/* pair.c: the table */
struct ro_pair *ro_find(struct ro *ro, const struct in6_addr *ours, const struct in6_addr *peer);
struct ro_pair *ro_add(struct ro *ro, const struct in6_addr *ours, const struct in6_addr *peer);
void ro_drop(struct ro *ro, struct ro_pair *gone);
/* fn may drop the pair that it is given, no other. */
void ro_each(struct ro *ro, void (*fn)(struct ro *ro, struct ro_pair *p, void *arg), void *arg);
bool ro_table_new(struct ro *ro);
/* The pairs in it, too. */
void ro_table_free(struct ro *ro);

/* ro.c: a face in the kernel */
unsigned int ro_objects(const struct ro_face *f); /* a set of enum ro_object */
struct kern_ro_state ro_state(const struct ro_pair *p, const struct ro_face *f, enum ro_object o);
struct kern_ro_policy ro_policy(const struct ro_pair *p, const struct ro_face *f, enum ro_object o);
/* Takes out all that a pair can have, whether it is there or not. */
void ro_wipe(const struct ro_pair *p);
/* To this face, in a batch of its own. The pair is dropped if nothing of it is left, or the kernel refuses. 0 or -errno. */
int ro_change(struct ro *ro, struct ro_pair *p, const struct ro_face *to);

#endif
