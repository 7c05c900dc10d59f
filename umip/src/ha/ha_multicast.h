/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Groups of the home link and who listens to them: for ha_multicast.c, which knows why, ha_ask.c, which asks, and ha_group.c, which keeps
 * them.
 */
#ifndef HA_HA_MULTICAST_H
#define HA_HA_MULTICAST_H

#include <search.h>

#include "ha/ha.h"
#include "kern/multicast.h"

#define MULTICAST_ROBUSTNESS  2
#define MULTICAST_RESPONSE_MS 1000 /* what a mobile node waits at most; there is nobody whose answer could make its own needless */

/* One group on one home link. */
struct group {
	int ifindex;
	struct in6_addr addr;
	struct membership **members; /* as numbered in the kernel */
	uint32_t n, room;
};

struct membership {
	TAILQ_ENTRY(membership) next;
	struct ha_listener *of;
	struct group *group;
	uint32_t number;
	double expires; /* unless it is confirmed */
	/* After a leave: how many questions are to come, and when it ends; INFINITY: nobody has left. */
	unsigned int questions;
	double next_question, ends;
};

/* A care-of address. A mobile node with several home addresses has several bindings there. */
struct place {
	struct in6_addr coa;
	TAILQ_HEAD(, ha_listener) listeners;
};

struct ha_listener {
	TAILQ_ENTRY(ha_listener) beside;
	struct binding *b;
	struct place *place;
	int ifindex;
	TAILQ_HEAD(, membership) groups;
	unsigned int n;
	struct limit joins, leaves;
	unsigned int asked;  /* questions since the beginning, or the last movement */
	unsigned int interval; /* s, as of the last question */
	bool has_turn;	     /* next_question is its turn among all */
	double next_question;
	struct ev_timer timer; /* that, a question for one group, or the first end */
};

struct ha_multicast {
	struct kern_multicast *kern;
	ev_io io;
	void *groups, *places; /* trees */
	unsigned int n;	       /* memberships of all */
	unsigned int n_listeners;
	struct limit joins, fresh, leaves;
	double free_at; /* when the next general question may leave */
};

/* In a tree of tsearch(3). */
static inline void *tree_lookup(void *const *tree, const void *key, int (*cmp)(const void *, const void *))
{
	void *const *node = tfind(key, tree, cmp);

	return node ? *node : NULL;
}

/* ha_ask.c */
#define HA_ASK_RATE 200 /* general questions a second, to all mobile nodes */

void ha_ask_init(struct ha_multicast *m);
/* Seconds between two general questions to one of them: HaMulticastQueryInterval, or what all of them take. */
unsigned int ha_ask_interval(const struct ha *ha);
/* Seconds that a membership lasts without being confirmed. */
double ha_ask_lasts(const struct ha *ha);
void ha_ask_begin(struct ha *ha, struct ha_listener *l);
/* Starts the timer anew, after any change of what it waits for. */
void ha_ask_schedule(struct ha *ha, struct ha_listener *l);
void ha_ask_soon(struct ha *ha, struct ha_listener *l);
/* Not as soon as that, but before its time: it has said what could not be taken. */
void ha_ask_again(struct ha *ha, struct ha_listener *l);
/* Somebody has left: it ends in a moment unless somebody confirms it. */
void ha_ask_who_is_left(struct ha *ha, struct membership *m);

/* ha_group.c */
struct membership *ha_group_find(const struct ha_listener *l, const struct in6_addr *group);
/* It listens, until it has not confirmed that for some time. Refused with a line in the log if there are too many. */
void ha_group_join(struct ha *ha, struct ha_listener *l, const struct in6_addr *group);
void ha_group_confirm(const struct ha *ha, struct membership *m);
void ha_group_leave(struct ha *ha, struct membership *m, const char *why);

/* ha_multicast.c: the same, and others in its place are asked whether they listen. */
void ha_group_lost(struct ha *ha, struct membership *m, const char *why);

#endif
