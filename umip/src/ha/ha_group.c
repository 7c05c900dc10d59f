// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Groups of the home link with their members. The first member of a group makes this host join it, so that switches and routers send
 * it here, and the last one makes it leave; the kernel's programs have the same list, by numbers without a gap.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ha/ha_multicast.h"

static int by_link_and_addr(const void *a, const void *b)
{
	const struct group *x = a, *y = b;

	return x->ifindex != y->ifindex ? (x->ifindex < y->ifindex ? -1 : 1) : memcmp(&x->addr, &y->addr, sizeof(x->addr));
}

static void refused(struct ha *ha, const struct binding *b, const struct in6_addr *group, const char *why)
{
	if (log_allow(&ha->log[HA_LOG_GROUP], "group-refused"))
		log_warn("group-refused", "home_address=%s group=%s reason=\"%s\"", log_addr(&b->hoa), log_addr(group), why);
}

static void end_group(struct ha *ha, struct group *g)
{
	kern_multicast_count(ha->multicast->kern, g->ifindex, &g->addr, 0);
	group_leave(g->ifindex, &g->addr);
	tdelete(g, &ha->multicast->groups, by_link_and_addr);
	free(g->members);
	free(g);
}

static struct group *begin_group(struct ha *ha, int ifindex, const struct in6_addr *addr, const char **why)
{
	struct group *g = calloc(1, sizeof(*g));
	int err;

	*why = strerror(ENOMEM);
	if (!g)
		return NULL;
	g->ifindex = ifindex;
	g->addr = *addr;
	if (!tsearch(g, &ha->multicast->groups, by_link_and_addr)) {
		free(g);
		return NULL;
	}
	err = group_join(ifindex, addr);
	if (!err)
		return g;
	*why = strerror(-err);
	tdelete(g, &ha->multicast->groups, by_link_and_addr);
	free(g);
	return NULL;
}

/* The last one takes the number of the one that goes: a packet at this very moment may miss it. */
void ha_group_leave(struct ha *ha, struct membership *m, const char *why)
{
	struct kern_multicast *k = ha->multicast->kern;
	struct group *g = m->group;
	struct membership *last = g->members[--g->n];

	if (log_allow(&ha->log[HA_LOG_MEMBER], "group-left"))
		log_info("group-left", "home_address=%s group=%s reason=%s", log_addr(&m->of->b->hoa), log_addr(&g->addr), why);
	if (g->n)
		kern_multicast_count(k, g->ifindex, &g->addr, g->n);
	if (last != m) {
		last->number = m->number;
		g->members[m->number] = last;
		kern_multicast_member(k, g->ifindex, &g->addr, last->number, &last->of->b->hoa);
	}
	kern_multicast_member(k, g->ifindex, &g->addr, g->n, NULL);
	TAILQ_REMOVE(&m->of->groups, m, next);
	m->of->n--;
	ha->multicast->n--;
	if (!g->n)
		end_group(ha, g);
	free(m);
}

static bool room_in(struct group *g)
{
	uint32_t room = g->room ? 2 * g->room : 4;
	struct membership **more;

	if (g->n < g->room)
		return true;
	more = reallocarray(g->members, room, sizeof(struct membership *));
	if (!more)
		return false;
	g->members = more;
	g->room = room;
	return true;
}

static const char *enter(struct ha *ha, struct ha_listener *l, struct group *g)
{
	struct kern_multicast *k = ha->multicast->kern;
	struct membership *m = room_in(g) ? calloc(1, sizeof(*m)) : NULL;
	int err;

	if (!m)
		return strerror(ENOMEM);
	err = kern_multicast_member(k, g->ifindex, &g->addr, g->n, &l->b->hoa);
	if (!err) {
		err = kern_multicast_count(k, g->ifindex, &g->addr, g->n + 1);
		if (err)
			kern_multicast_member(k, g->ifindex, &g->addr, g->n, NULL);
	}
	if (err) {
		free(m);
		return strerror(-err);
	}
	*m = (struct membership){ .of = l, .group = g, .number = g->n };
	ha_group_confirm(ha, m);
	g->members[g->n++] = m;
	TAILQ_INSERT_TAIL(&l->groups, m, next);
	l->n++;
	ha->multicast->n++;
	return NULL;
}

struct membership *ha_group_find(const struct ha_listener *l, const struct in6_addr *group)
{
	struct membership *m;

	TAILQ_FOREACH(m, &l->groups, next)
		if (IN6_ARE_ADDR_EQUAL(&m->group->addr, group))
			return m;
	return NULL;
}

void ha_group_confirm(const struct ha *ha, struct membership *m)
{
	m->expires = clock_now() + ha_ask_lasts(ha);
	m->ends = INFINITY;
	m->questions = 0;
}

void ha_group_join(struct ha *ha, struct ha_listener *l, const struct in6_addr *addr)
{
	struct group key = { .ifindex = l->ifindex, .addr = *addr }, *g;
	const char *why = NULL;
	double now = clock_now();

	if (l->n >= ha->d->conf->ha_max_groups_per_binding)
		why = "it has too many (HaMaxGroupsPerBinding)";
	else if (ha->multicast->n >= ha->d->conf->ha_max_groups)
		why = "there are too many of all (HaMaxGroups)";
	else if (!limit_take(&l->joins, now))
		why = "it joins too many in a short time";
	else if (!limit_take(&ha->multicast->joins, now)) {
		why = "all join too many in a short time (HaMaxGroupRate)";
		/* After a restart all of them come at once. */
		ha_ask_again(ha, l);
	}
	if (why) {
		ha->d->stats[STAT_MLD_LIMITED]++;
		refused(ha, l->b, addr, why);
		return;
	}
	g = tree_lookup(&ha->multicast->groups, &key, by_link_and_addr);
	if (!g)
		g = begin_group(ha, l->ifindex, addr, &why);
	if (g)
		why = enter(ha, l, g);
	if (g && why && !g->n)
		end_group(ha, g);
	if (why) {
		ha->d->stats[STAT_KERNEL_ERRORS]++;
		refused(ha, l->b, addr, why);
	} else if (log_allow(&ha->log[HA_LOG_MEMBER], "group-joined")) {
		log_info("group-joined", "home_address=%s group=%s", log_addr(&l->b->hoa), log_addr(addr));
	}
}
