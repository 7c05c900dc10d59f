/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Groups of the home link and who listens to them: for ha_multicast.c, which knows why, and ha_group.c, which keeps them. */
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
	double expires;
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
	struct limit joins;
	unsigned int asked;  /* questions since the beginning, or the last movement */
	double next_question;
	struct ev_timer timer; /* that, or the first expiry */
};

struct ha_multicast {
	struct kern_multicast *kern;
	ev_io io;
	void *groups, *places; /* trees */
	unsigned int n;	       /* memberships of all */
	struct limit questions;
};

/* In a tree of tsearch(3). */
static inline void *tree_lookup(void *const *tree, const void *key, int (*cmp)(const void *, const void *))
{
	void *const *node = tfind(key, tree, cmp);

	return node ? *node : NULL;
}

/* ha_group.c */
struct membership *ha_group_find(const struct ha_listener *l, const struct in6_addr *group);
/* It listens, or goes on to: until it has not confirmed that for some time. Refused with a line in the log if there are too many. */
void ha_group_join(struct ha *ha, struct ha_listener *l, const struct in6_addr *group);
void ha_group_leave(struct ha *ha, struct membership *m, const char *why);

#endif
