// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Multicast for mobile nodes (RFC 6275 10.4.3): which groups of the home link each of them listens to.
 *
 * A mobile node is asked when its binding begins, once more soon after, when its care-of address changes, and then every
 * HaMulticastQueryInterval (ha_ask.c). What it answers, and what it says unasked, is its list of groups; what it has not confirmed for two
 * intervals ends, and what it leaves ends when a question for that group has no answer.
 *
 * Sources of a report may be link-local, and the same for several mobile nodes: what counts is the care-of address that the
 * packet came from, and a global source must be the binding's home address besides. So a report, forged or not, says something about the
 * bindings of that care-of address only. Several home addresses there are one mobile node's, which gets each group by one of them.
 * Packets do not pass here: see kern/multicast.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/ipsec.h"
#include "ha/ha_multicast.h"
#include "wire/mld.h"

#define JOIN_RATE      10 /* new groups a second of one mobile node, and ends of them; what is refused comes again with its next answer */
#define JOIN_BURST     64 /* or HaMaxGroupsPerBinding, if that is more */
#define PLACE_LOOK     8 /* home addresses in one place that are taken for one mobile node's */
#define SCOPE_LINK     2
#define SCOPE_GLOBAL   14

static int by_coa(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct in6_addr));
}

/* ---- bindings ---- */

static void unplace(struct ha *ha, struct ha_listener *l)
{
	struct place *p = l->place;

	if (!p)
		return;
	l->place = NULL;
	TAILQ_REMOVE(&p->listeners, l, beside);
	if (!TAILQ_EMPTY(&p->listeners)) {
		/* It has spoken for the other ones there. */
		ha_ask_soon(ha, TAILQ_FIRST(&p->listeners));
		return;
	}
	kern_multicast_sender(ha->multicast->kern, &p->coa, false);
	tdelete(p, &ha->multicast->places, by_coa);
	free(p);
}

static int place(struct ha *ha, struct ha_listener *l)
{
	struct place *p = tree_lookup(&ha->multicast->places, &l->b->coa, by_coa);

	if (!p) {
		p = calloc(1, sizeof(*p));
		if (!p)
			return -ENOMEM;
		p->coa = l->b->coa;
		TAILQ_INIT(&p->listeners);
		if (!tsearch(p, &ha->multicast->places, by_coa)) {
			free(p);
			return -ENOMEM;
		}
		kern_multicast_sender(ha->multicast->kern, &p->coa, true);
	}
	TAILQ_INSERT_TAIL(&p->listeners, l, beside);
	l->place = p;
	return 0;
}

/* Two addresses of ours are two tunnels to one care-of address. */
static bool by_one_tunnel(const struct ha_listener *a, const struct ha_listener *b)
{
	return a->ifindex == b->ifindex && IN6_ARE_ADDR_EQUAL(&a->b->ha, &b->b->ha);
}

/* By another of the home addresses there. */
static struct membership *heard_beside(const struct ha_listener *l, const struct in6_addr *group)
{
	struct membership *m = NULL;
	const struct ha_listener *o;
	unsigned int n = 0;

	TAILQ_FOREACH(o, &l->place->listeners, beside) {
		if (m || n++ == PLACE_LOOK)
			break;
		if (o != l && by_one_tunnel(o, l))
			m = ha_group_find(o, group);
	}
	return m;
}

/* They were apart until now. */
static void leave_doubles(struct ha *ha, struct ha_listener *l)
{
	struct membership *m, *next;

	for (m = TAILQ_FIRST(&l->groups); m; m = next) {
		next = TAILQ_NEXT(m, next);
		if (heard_beside(l, &m->group->addr))
			ha_group_leave(ha, m, "double");
	}
}

static void leave_all(struct ha *ha, struct ha_listener *l, const char *why)
{
	while (!TAILQ_EMPTY(&l->groups))
		ha_group_leave(ha, TAILQ_FIRST(&l->groups), why);
}

void ha_multicast_registered(struct ha *ha, struct binding *b)
{
	uint32_t burst = ha->d->conf->ha_max_groups_per_binding;
	struct ha_listener *l = b->listener;
	bool fresh = !l;

	/* What TunnelPayload protects has another tunnel, and nothing may come by this one. */
	if (!ha->multicast || ipsec_covers_payload(ha->d, &b->hoa))
		return;
	if (fresh) {
		l = calloc(1, sizeof(*l));
		if (!l)
			return;
		l->b = b;
		TAILQ_INIT(&l->groups);
		limit_init(&l->joins, JOIN_RATE, burst > JOIN_BURST ? burst : JOIN_BURST, clock_now());
		limit_init(&l->leaves, JOIN_RATE, burst > JOIN_BURST ? burst : JOIN_BURST, clock_now());
		ha->multicast->n_listeners++;
		ha_ask_begin(ha, l);
		b->listener = l;
	}
	if (l->ifindex != b->ifindex) {
		leave_all(ha, l, "link");
		l->ifindex = b->ifindex;
		kern_multicast_home(ha->multicast->kern, &b->hoa, b->ifindex);
		fresh = true;
	}
	if (!l->place || !IN6_ARE_ADDR_EQUAL(&l->place->coa, &b->coa)) {
		unplace(ha, l);
		if (place(ha, l)) {
			ha_multicast_forget(ha, b);
			return;
		}
		leave_doubles(ha, l);
		fresh = true;
	}
	if (fresh)
		ha_ask_soon(ha, l);
}

void ha_multicast_forget(struct ha *ha, struct binding *b)
{
	struct ha_listener *l = b->listener;

	if (!l)
		return;
	kern_multicast_home(ha->multicast->kern, &b->hoa, 0);
	leave_all(ha, l, "binding");
	unplace(ha, l);
	ev_timer_stop(ha->d->loop, &l->timer);
	ha->multicast->n_listeners--;
	free(l);
	b->listener = NULL;
}

struct json_object *ha_multicast_json(const struct binding *b)
{
	struct json_object *o = json_object_new_array();
	const struct membership *m;

	TAILQ_FOREACH(m, &b->listener->groups, next)
		json_object_array_add(o, json_object_new_string(log_addr(&m->group->addr)));
	return o;
}

bool ha_multicast_listens(const struct binding *b)
{
	return b->listener && b->listener->n;
}

/* ---- reports ---- */

void ha_group_lost(struct ha *ha, struct membership *m, const char *why)
{
	struct ha_listener *l = m->of, *o;
	unsigned int n = 0;

	ha_group_leave(ha, m, why);
	TAILQ_FOREACH(o, &l->place->listeners, beside) {
		if (n++ == PLACE_LOOK)
			break;
		if (o != l && by_one_tunnel(o, l))
			ha_ask_soon(ha, o);
	}
}

static void take_record(struct ha *ha, struct ha_listener *l, const struct mld_record *r)
{
	const struct in6_addr *a = &r->group;
	unsigned int scope = a->s6_addr[1] & 0xf;
	struct membership *m;
	bool listens;

	/* Those of the link are the foreign link's, or nobody's. */
	if (!IN6_IS_ADDR_MULTICAST(a) || scope <= SCOPE_LINK || scope > SCOPE_GLOBAL)
		return;
	switch (r->type) {
	case MLD_IS_IN:
	case MLD_TO_IN:
		listens = r->n_sources;
		break;
	case MLD_ALLOW:
		if (!r->n_sources)
			return;
		listens = true;
		break;
	case MLD_IS_EX:
	case MLD_TO_EX:
		listens = true;
		break;
	default: /* MLD_BLOCK: fewer sources, or a later standard */
		return;
	}
	m = ha_group_find(l, a);
	if (!m)
		m = heard_beside(l, a);
	if (!listens && m) {
		ha_ask_who_is_left(ha, m);
	} else if (listens && m) {
		ha_group_confirm(ha, m);
		ha_ask_schedule(ha, m->of);
	} else if (listens) {
		ha_group_join(ha, l, a);
	}
}

/* The first one there, if the source does not say which. */
static struct ha_listener *speaker(struct ha *ha, const struct in6_addr *coa, const struct in6_addr *to, const struct in6_addr *src)
{
	const struct place *p = tree_lookup(&ha->multicast->places, coa, by_coa);
	struct ha_listener *l;

	if (!p)
		return NULL;
	TAILQ_FOREACH(l, &p->listeners, beside)
		if (l->b->state == BC_BOUND && IN6_ARE_ADDR_EQUAL(&l->b->ha, to) &&
		    (IN6_IS_ADDR_LINKLOCAL(src) || IN6_IS_ADDR_UNSPECIFIED(src) || IN6_ARE_ADDR_EQUAL(&l->b->hoa, src)))
			return l;
	return NULL;
}

static void heard(const struct in6_addr *coa, const struct in6_addr *to, const uint8_t *packet, size_t len, void *arg)
{
	struct ha *ha = arg;
	struct ha_listener *l = NULL;
	struct mld_report r;

	if (!mld_parse_report(packet, len, &r))
		l = speaker(ha, coa, to, &r.src);
	if (!l) {
		ha->d->stats[STAT_MLD_IGNORED]++;
		if (log_allow(&ha->log[HA_LOG_GROUP], "report-ignored"))
			log_info("report-ignored", "care_of_address=%s", log_addr(coa));
		return;
	}
	ha->d->stats[STAT_MLD_RX]++;
	for (unsigned int i = 0; i < r.n; i++)
		take_record(ha, l, &r.at[i]);
	ha_ask_schedule(ha, l);
}

static void on_readable(struct ev_loop *loop, ev_io *w, int revents)
{
	struct ha *ha = w->data;

	(void)loop;
	(void)revents;
	kern_multicast_read(ha->multicast->kern);
}

/* ---- start and end ---- */

static int take_link(struct ha *ha, const struct ha_link *l, char *err, size_t err_len)
{
	char why[200] = "";

	if (!kern_multicast_link(ha->multicast->kern, l->ifindex, l->lladdr.addr, l->lladdr.len, why, sizeof(why)))
		return 0;
	snprintf(err, err_len, "no multicast for mobile nodes of interface \"%s\": %s", l->name, why);
	return -1;
}

static void begin(struct binding *b, void *arg)
{
	if (b->state == BC_BOUND)
		ha_multicast_registered(arg, b);
}

int ha_multicast_open(struct ha *ha, char *err, size_t err_len)
{
	int links[HA_MAX_LINKS];
	struct ha_multicast *m;

	/* On those that are still ours new programs take the old ones' place, without a gap. */
	for (unsigned int i = 0; i < ha->n_links; i++)
		links[i] = ha->links[i].ifindex;
	kern_multicast_sweep(links, ha->d->conf->ha_multicast ? ha->n_links : 0);
	if (!ha->d->conf->ha_multicast)
		return 0;
	m = calloc(1, sizeof(*m));
	if (!m) {
		snprintf(err, err_len, "%s", strerror(ENOMEM));
		return -1;
	}
	m->kern = kern_multicast_open(ha->guard, heard, ha, err, err_len);
	if (!m->kern) {
		free(m);
		return -1;
	}
	ha_ask_init(m);
	limit_init(&m->joins, ha->d->conf->ha_max_group_rate, ha->d->conf->ha_max_group_rate, clock_now());
	ev_io_init(&m->io, on_readable, kern_multicast_fd(m->kern), EV_READ);
	m->io.data = ha;
	ev_io_start(ha->d->loop, &m->io);
	ha->multicast = m;
	for (unsigned int i = 0; i < ha->n_links; i++)
		if (take_link(ha, &ha->links[i], err, err_len))
			return -1;
	bcache_each(ha->cache, begin, ha);
	return 0;
}

void ha_multicast_link(struct ha *ha, const struct ha_link *l, int old_ifindex)
{
	char why[300];

	if (!ha->multicast)
		return;
	if (old_ifindex != l->ifindex)
		kern_multicast_unlink(ha->multicast->kern, old_ifindex);
	if (take_link(ha, l, why, sizeof(why)))
		log_error("multicast-failed", "error=\"%s\"", why);
	if (old_ifindex != l->ifindex)
		bcache_each(ha->cache, begin, ha);
}

/* The bindings have ended, or been forgotten, by now. */
void ha_multicast_close(struct ha *ha)
{
	struct ha_multicast *m = ha->multicast;

	if (!m)
		return;
	ev_io_stop(ha->d->loop, &m->io);
	kern_multicast_close(m->kern, ha->d->leave);
	free(m);
	ha->multicast = NULL;
}

void ha_multicast_status(const struct ha *ha, struct json_object *o)
{
	if (!ha->multicast)
		return;
	json_object_object_add(o, "group_memberships", json_object_new_int64(ha->multicast->n));
	json_object_object_add(o, "max_group_memberships", json_object_new_int64(ha->d->conf->ha_max_groups));
}
