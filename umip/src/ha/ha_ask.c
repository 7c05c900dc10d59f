// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Questions to mobile nodes that listen to groups (RFC 3810: queries), and the end of what nobody confirms.
 *
 * General ones: at once to who is new or has moved, as far as a token bucket goes; all others take their turn, at a steady rate. If that rate
 * does not suffice for all bindings in HaMulticastQueryInterval, the interval is longer, in what is asked and in what lasts.
 *
 * A leave is anybody's word who can forge a care-of address, and may be one of several listeners' behind it. So whoever is left is asked for that
 * group, through the tunnel that its packets take, and it ends when there is no answer (7.6.3, RFC 2710 4).
 */
#include <errno.h>
#include <math.h> /* INFINITY */
#include <string.h>

#include "ha/ha_multicast.h"
#include "wire/mld.h"

#define AGAIN	    2.0	 /* s, from the first question to the second */
#define FRESH_BURST 400
#define LOAD_RATE   160	 /* of them in the long run, so that nobody waits for his turn */
#define LAST_WAIT   1.0	 /* s, between two questions for one group, and from the last one to its end */
#define LEAVE_RATE  100	 /* leaves a second, of all mobile nodes; those above wait for the next general question */
#define LEAVE_BURST 200

void ha_ask_init(struct ha_multicast *m)
{
	double now = clock_now();

	limit_init(&m->fresh, HA_ASK_RATE, FRESH_BURST, now);
	limit_init(&m->leaves, LEAVE_RATE, LEAVE_BURST, now);
	m->free_at = now;
}

unsigned int ha_ask_interval(const struct ha *ha)
{
	unsigned int least = (ha->multicast->n_listeners + LOAD_RATE - 1) / LOAD_RATE;
	unsigned int wish = ha->d->conf->ha_multicast_query;

	if (wish < least)
		wish = least;
	return wish < MLD_MAX_QQI ? wish : MLD_MAX_QQI;
}

double ha_ask_lasts(const struct ha *ha)
{
	return MULTICAST_ROBUSTNESS * (double)ha_ask_interval(ha) + MULTICAST_RESPONSE_MS / 1000.0;
}

/* One that goes nowhere is one that was lost, and the next one follows. */
static void send_query(struct ha *ha, struct ha_listener *l, const struct in6_addr *group)
{
	const struct ha_link *link = ha_link_by_index(ha, l->ifindex);
	const struct binding *b = l->b;
	uint8_t buf[MLD_QUERY_LEN];
	ssize_t len;
	int err;

	if (!link || IN6_IS_ADDR_UNSPECIFIED(&link->link_local))
		return;
	len = mld_build_query(buf, sizeof(buf), &link->link_local, group, MULTICAST_RESPONSE_MS, MULTICAST_ROBUSTNESS, ha_ask_interval(ha));
	err = kern_multicast_send(ha->multicast->kern, &b->ha, &b->coa, buf, (size_t)len);
	if (!err)
		ha->d->stats[STAT_MLD_TX]++;
	else if (log_allow(&ha->log[HA_LOG_GROUP], "query-not-sent"))
		log_info("query-not-sent", "home_address=%s error=\"%s\"", log_addr(&b->hoa), strerror(-err));
}

/* Its next question comes so much later: that is not the listener's fault. */
static void postpone(struct ha_listener *l, double seconds)
{
	struct membership *m;

	TAILQ_FOREACH(m, &l->groups, next)
		m->expires += seconds;
}

static double turn(struct ha_multicast *m, bool fresh, double now)
{
	double at = m->free_at > now ? m->free_at : now;

	if (fresh && limit_take(&m->fresh, now))
		return now;
	m->free_at = at + 1.0 / HA_ASK_RATE;
	return at;
}

static void question(struct ha *ha, struct ha_listener *l, double now)
{
	unsigned int interval = ha_ask_interval(ha);
	double at;

	if (l->b->state != BC_BOUND) {
		l->next_question = now + AGAIN;
		return;
	}
	at = l->has_turn ? now : turn(ha->multicast, !l->asked, now);
	l->has_turn = at > now;
	if (l->has_turn) {
		postpone(l, at - now);
		l->next_question = at;
		return;
	}
	if (interval > l->interval)
		postpone(l, MULTICAST_ROBUSTNESS * (double)(interval - l->interval));
	l->interval = interval;
	send_query(ha, l, NULL);
	l->asked++;
	l->next_question = now + (l->asked == 1 ? AGAIN : interval);
}

static void on_timer(struct ev_loop *loop, struct ev_timer *w, int revents)
{
	struct ha_listener *l = w->data;
	struct ha *ha = l->b->owner;
	double now = clock_now();
	struct membership *m, *next;

	(void)loop;
	(void)revents;
	for (m = TAILQ_FIRST(&l->groups); m; m = next) {
		next = TAILQ_NEXT(m, next);
		if (m->questions && m->next_question <= now) {
			m->questions--;
			m->next_question += LAST_WAIT;
			send_query(ha, l, &m->group->addr);
		}
		if (m->ends <= now)
			ha_group_lost(ha, m, "done");
		else if (m->expires <= now)
			ha_group_lost(ha, m, "expired");
	}
	if (l->next_question <= now)
		question(ha, l, now);
	ha_ask_schedule(ha, l);
}

void ha_ask_begin(struct ha *ha, struct ha_listener *l)
{
	l->interval = ha_ask_interval(ha);
	ev_timer_init(&l->timer, on_timer, 0, 0);
	l->timer.data = l;
}

static double earlier(double a, double b)
{
	return a < b ? a : b;
}

void ha_ask_schedule(struct ha *ha, struct ha_listener *l)
{
	double at = l->next_question;
	struct membership *m;

	TAILQ_FOREACH(m, &l->groups, next) {
		at = earlier(at, earlier(m->expires, m->ends));
		if (m->questions)
			at = earlier(at, m->next_question);
	}
	ev_timer_stop(ha->d->loop, &l->timer);
	ev_now_update(ha->d->loop);
	at -= clock_now();
	ev_timer_set(&l->timer, at > 0 ? at : 0, 0);
	ev_timer_start(ha->d->loop, &l->timer);
}

void ha_ask_soon(struct ha *ha, struct ha_listener *l)
{
	l->asked = 0;
	/* Its turn among all is taken already. Another one would be at the cost of everybody. */
	if (l->has_turn)
		return;
	l->next_question = clock_now();
	ha_ask_schedule(ha, l);
}

void ha_ask_again(struct ha *ha, struct ha_listener *l)
{
	double at = clock_now() + AGAIN;

	if (l->has_turn || l->next_question <= at)
		return;
	l->next_question = at;
	ha_ask_schedule(ha, l);
}

void ha_ask_who_is_left(struct ha *ha, struct membership *m)
{
	double now = clock_now();

	if (m->ends < INFINITY)
		return;
	/* One's own first: nobody's are to be at the cost of all others'. */
	if (!limit_take(&m->of->leaves, now) || !limit_take(&ha->multicast->leaves, now)) {
		ha->d->stats[STAT_MLD_LIMITED]++;
		return;
	}
	m->questions = MULTICAST_ROBUSTNESS;
	m->next_question = now;
	m->ends = now + MULTICAST_ROBUSTNESS * LAST_WAIT;
	ha_ask_schedule(ha, m->of);
}
