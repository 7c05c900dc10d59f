// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Route optimization, the part that acts. What is due with a correspondent is mn_ro_peer.c's to say; here it is done, when a timer ends,
 * a message comes, or the rest of the mobile node tells of a move.
 *
 * A pair in the kernel goes up by steps (ro.h): it accepts the peer's routing header before the update leaves, and sends with the Home Address
 * option after the acknowledgement, or soon after the update if none was asked for. When anything is in doubt it goes down at once: the tunnel
 * always works.
 */
#include "mn/mn_ro.h"

#include <stdlib.h>
#include <string.h>

#include "ro/ro.h"

#define PASS_MAX   64    /* messages that leave in one go, before other events are looked at */
#define PASS_PAUSE 0.001
#define RECENT	   10.0  /* who was talked to so recently comes first after a move */
#define LOOK_EVERY 1.0
#define ANSWER_DUE 0.2   /* what was sent on a new link and not answered since is sent again when the home agent has answered */

struct mn_ro_env mn_ro_env(const struct mn_ro *ro)
{
	const struct mn *mn = ro->mn;
	bool away = mn->location == MN_AWAY && mn->cur->lost == MN_LINK_OK && !mn->stopping;

	return (struct mn_ro_env){
		.now = clock_now(),
		.hoa = *mn_hoa(mn),
		.coa = mn->coa,
		.has_coa = away && mn->has_coa,
		.registered = away && mn_bul_bound(mn),
		.home = mn->location == MN_HOME && mn->step == MN_HOME_DONE && mn->cur->lost == MN_LINK_OK && !mn->stopping,
	};
}

void mn_ro_notify(struct mn_ro *ro, const struct mn_ro_peer *p, const char *event)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "home_address", mn_json_addr(mn_hoa(ro->mn)));
	json_object_object_add(o, "peer_address", mn_json_addr(&p->addr));
	json_object_object_add(o, "care_of_address", mn_json_addr(&p->coa));
	ro->mn->d->notify(ro->mn->d, event, o);
}

bool mn_ro_stage(struct mn_ro *ro, struct mn_ro_peer *p, int stage, const struct in6_addr *coa)
{
	int err;

	if (p->stage == stage && (!stage || IN6_ARE_ADDR_EQUAL(&p->stage_coa, coa)))
		return true;
	err = ro_own_set(ro->ro, mn_hoa(ro->mn), &p->addr, coa, (enum ro_own)stage);
	if (err) {
		mn_kernel_failed(ro->mn, "route optimization");
		mn_ro_stop_with(ro, p, MN_RO_FINE, MN_RO_SETBACK_MAX);
		return false;
	}
	p->stage = stage;
	p->stage_coa = *coa;
	p->switch_at = INFINITY;
	return true;
}

void mn_ro_stop_with(struct mn_ro *ro, struct mn_ro_peer *p, enum mn_ro_why why, double seconds)
{
	double now = clock_now();
	bool was = p->bound;

	mn_ro_unbind(p, why == MN_RO_NO_MH || why == MN_RO_NO_HAO || why == MN_RO_UNWANTED, now);
	mn_ro_begin(p, MN_RO_NOTHING);
	p->why = why;
	p->hold_until = now + seconds;
	/* Down only, so that a kernel that refuses does not come here again. */
	if (p->stage == RO_OWN_DATA && !ro_own_set(ro->ro, mn_hoa(ro->mn), &p->addr, &p->stage_coa, RO_OWN_ACCEPT))
		p->stage = RO_OWN_ACCEPT;
	log_msg(was ? LOG_NOTICE : LOG_INFO, "correspondent-stopped", "peer=%s reason=\"%s\" for_s=%.0f", log_addr(&p->addr),
		mn_ro_why_name(p, now) ? mn_ro_why_name(p, now) : "kernel", seconds);
	if (was)
		mn_ro_notify(ro, p, "deoptimized");
}

/* ---- use ---- */

static void see_use(const struct in6_addr *ours, const struct in6_addr *peer, double in, double out, void *arg)
{
	struct mn_ro *ro = arg;
	struct mn_ro_peer *p = mn_ro_find(&ro->table, peer);
	double last = in < out ? in : out, now = clock_now();

	if (!p || !IN6_ARE_ADDR_EQUAL(ours, mn_hoa(ro->mn)))
		return;
	if (now - last > p->used)
		p->used = now - last;
	p->heard_at = now - in;
}

void mn_ro_look(struct mn_ro *ro)
{
	double now = clock_now();

	if (now - ro->looked_at < LOOK_EVERY)
		return;
	ro->looked_at = now;
	if (ro_each_used(ro->ro, see_use, ro))
		mn_kernel_failed(ro->mn, "when pairs were used");
}

bool mn_ro_heard_directly(struct mn_ro *ro, struct mn_ro_peer *p)
{
	mn_ro_look(ro);
	/* The kernel counts in whole seconds, and a packet in the tunnel is told within one. */
	return ro->looked_at - p->heard_at <= 1 && p->heard_at > p->sent_at + 1 && p->tunnelled_at < p->heard_at - 2;
}

/* ---- what is due ---- */

static void expire(struct mn_ro *ro, struct mn_ro_peer *p)
{
	mn_ro_unbind(p, false, clock_now());
	if (p->want == MN_RO_RELEASE)
		mn_ro_begin(p, MN_RO_NOTHING);
	if (p->stage == RO_OWN_DATA)
		mn_ro_stage(ro, p, RO_OWN_ACCEPT, &p->stage_coa);
	ro->mn->d->stats[STAT_EXPIRED]++;
	log_info("correspondent-expired", "peer=%s care_of=%s", log_addr(&p->addr), log_addr(&p->bound_coa));
	mn_ro_notify(ro, p, "deoptimized");
}

static void refresh(struct mn_ro *ro, struct mn_ro_peer *p)
{
	double now = clock_now(), idle = p->granted * 0.8 < MN_RO_IDLE ? p->granted * 0.8 : MN_RO_IDLE;

	mn_ro_look(ro);
	if (now - p->used < idle)
		mn_ro_begin(p, MN_RO_BINDING);
	else /* it may be used again before it ends */
		p->refresh_at = now + (p->granted > 32 ? p->granted / 16.0 : 2);
}

/* How many messages have left. */
static unsigned int serve(struct mn_ro *ro, struct mn_ro_peer *p, double *next)
{
	unsigned int sent = 0;

	for (int i = 0; i < 4; i++) {
		struct mn_ro_env env = mn_ro_env(ro);
		struct mn_ro_step s = mn_ro_step(p, &env);

		if (!s.todo) {
			if (s.next < *next)
				*next = s.next;
			return sent;
		}
		if (s.todo & MN_RO_DO_EXPIRE) {
			expire(ro, p);
		} else if (s.todo & MN_RO_DO_FORGET) {
			p->linger = INFINITY;
			mn_ro_stage(ro, p, RO_OWN_NONE, &p->stage_coa);
		} else if (s.todo & MN_RO_DO_SWITCH) {
			p->switch_at = INFINITY;
			if (mn_ro_stage(ro, p, RO_OWN_DATA, &p->bound_coa))
				mn_ro_notify(ro, p, "optimized");
		} else if (s.todo & MN_RO_DO_REFRESH) {
			refresh(ro, p);
		} else if (s.todo & MN_RO_DO_GIVE_UP && p->want == MN_RO_RELEASE) {
			log_notice("correspondent-silent", "peer=%s", log_addr(&p->addr));
			mn_ro_unbind(p, true, env.now); /* nothing that we could still do about it */
			mn_ro_begin(p, MN_RO_NOTHING);
		} else if (s.todo & MN_RO_DO_GIVE_UP) {
			mn_ro_stop_with(ro, p, MN_RO_NO_ANSWER, MN_RO_SILENT);
		} else {
			if (s.todo & MN_RO_DO_HOTI)
				sent += mn_ro_send_test(ro, p, RR_HOME);
			if (s.todo & MN_RO_DO_COTI)
				sent += mn_ro_send_test(ro, p, RR_CARE_OF);
			if (s.todo & MN_RO_DO_BU)
				sent += mn_ro_send_update(ro, p, p->want == MN_RO_RELEASE);
		}
	}
	*next = 0; /* more to do, after others */
	return sent;
}

static void wake(struct mn_ro *ro, double next)
{
	double now = clock_now();

	if (next == INFINITY)
		return;
	if (ev_is_active(&ro->timer) && ro->timer_at <= next)
		return;
	ro->timer_at = next > now + PASS_PAUSE ? next : now + PASS_PAUSE;
	mn_timer_start(ro->mn, &ro->timer, ro->timer_at - now);
}

void mn_ro_kick(struct mn_ro *ro, struct mn_ro_peer *p)
{
	double next = INFINITY;

	serve(ro, p, &next);
	wake(ro, next);
}

static void serve_all(struct mn_ro *ro)
{
	double next = INFINITY, now = clock_now();
	unsigned int sent = 0;

	mn_timer_stop(ro->mn, &ro->timer);
	for (int recent = 1; recent >= 0; recent--) {
		for (unsigned int i = 0; i < ro->table.n; i++) {
			struct mn_ro_peer *p = ro->table.at[i];

			if ((now - p->used < RECENT) != recent)
				continue;
			if (sent >= PASS_MAX) {
				wake(ro, 0);
				return;
			}
			sent += serve(ro, p, &next);
		}
	}
	wake(ro, next);
}

static void on_timer(struct ev_loop *loop, struct ev_timer *w, int revents)
{
	struct mn *mn = w->data;

	(void)loop;
	(void)revents;
	serve_all(mn->ro);
}

/* ---- what the rest of the mobile node tells ---- */

void mn_ro_suspend(struct mn *mn)
{
	struct mn_ro *ro = mn->ro;
	bool any = false;

	for (unsigned int i = 0; ro && i < ro->table.n; i++) {
		any = any || ro->table.at[i]->stage == RO_OWN_DATA;
		if (ro->table.at[i]->stage == RO_OWN_DATA)
			ro->table.at[i]->stage = RO_OWN_ACCEPT;
		ro->table.at[i]->switch_at = INFINITY;
	}
	if (any && ro_own_suspend(ro->ro, mn_hoa(mn)))
		mn_kernel_failed(mn, "route optimization");
}

void mn_ro_away(struct mn *mn)
{
	struct mn_ro *ro = mn->ro;

	for (unsigned int i = 0; ro && i < ro->table.n; i++) {
		struct mn_ro_peer *p = ro->table.at[i];

		mn_ro_moved(p);
		if (p->want == MN_RO_RELEASE)
			mn_ro_begin(p, MN_RO_NOTHING);
	}
}

/* Whoever may send to a care-of address that is not ours any more has to know; and who may send to ours again, from whom we had parted. */
static void follow(struct mn_ro *ro)
{
	double now = clock_now();

	for (unsigned int i = 0; i < ro->table.n; i++) {
		struct mn_ro_peer *p = ro->table.at[i];

		if (!mn_ro_maybe_bound(p, now) || (p->stage != RO_OWN_NONE && IN6_ARE_ADDR_EQUAL(&p->coa, &ro->mn->coa)))
			continue;
		p->must_ack = true;
		p->hold_until = now;
		if (p->want == MN_RO_NOTHING)
			mn_ro_begin(p, MN_RO_BINDING);
	}
}

void mn_ro_care_of(struct mn *mn)
{
	if (!mn->ro)
		return;
	follow(mn->ro);
	serve_all(mn->ro);
}

void mn_ro_registered(struct mn *mn)
{
	struct mn_ro *ro = mn->ro;
	double now = clock_now();

	if (!ro || !mn_ro_env(ro).registered)
		return;
	follow(ro);
	for (unsigned int i = 0; i < ro->table.n; i++) {
		struct mn_ro_peer *p = ro->table.at[i];
		struct mn_ro_test *t = &p->test[RR_CARE_OF];

		/* Held for a moment, and we are where we were. */
		if (p->bound && p->stage == RO_OWN_ACCEPT && IN6_ARE_ADDR_EQUAL(&p->bound_coa, &mn->coa) &&
		    IN6_ARE_ADDR_EQUAL(&p->stage_coa, &mn->coa))
			mn_ro_stage(ro, p, RO_OWN_DATA, &mn->coa);
		if (t->waiting && t->next_at - t->timeout + ANSWER_DUE < now)
			t->next_at = now;
	}
	serve_all(ro);
}

void mn_ro_home(struct mn *mn)
{
	struct mn_ro *ro = mn->ro;

	for (unsigned int i = 0; ro && i < ro->table.n; i++) {
		struct mn_ro_peer *p = ro->table.at[i];

		mn_ro_stage(ro, p, RO_OWN_NONE, &p->stage_coa);
		mn_ro_moved(p);
		mn_ro_begin(p, mn_ro_maybe_bound(p, clock_now()) ? MN_RO_RELEASE : MN_RO_NOTHING);
		p->hold_until = 0;
		p->why = MN_RO_FINE;
	}
}

void mn_ro_home_done(struct mn *mn)
{
	if (mn->ro)
		serve_all(mn->ro);
}

static void release(struct mn_ro *ro, struct mn_ro_peer *p)
{
	if (!mn_ro_maybe_bound(p, clock_now()) || !mn_ro_token_ok(p, RR_HOME, mn_hoa(ro->mn), clock_now()))
		return;
	mn_ro_begin(p, MN_RO_RELEASE);
	mn_ro_send_update(ro, p, true);
}

void mn_ro_leave(struct mn *mn)
{
	struct mn_ro *ro = mn->ro;

	if (!ro || mn->location != MN_AWAY || !mn_bul_bound(mn))
		return;
	for (unsigned int i = 0; i < ro->table.n; i++)
		release(ro, ro->table.at[i]);
}

void mn_ro_reloaded(struct mn *mn)
{
	struct mn_ro *ro = mn->ro;

	/* At home there is nothing but releases at work. */
	if (!ro || mn->location != MN_AWAY)
		return;
	for (unsigned int i = 0; i < ro->table.n; i++) {
		struct mn_ro_peer *p = ro->table.at[i];

		if (conf_ro_wanted(mn->d->conf, mn->home, &p->addr)) {
			if (p->why == MN_RO_UNWANTED)
				p->why = MN_RO_FINE;
			continue;
		}
		if (p->why == MN_RO_UNWANTED)
			continue;
		release(ro, p);
		mn_ro_stop_with(ro, p, MN_RO_UNWANTED, 0);
		mn_ro_kick(ro, p);
	}
}

void mn_ro_limit(struct mn *mn, double until)
{
	struct mn_ro *ro = mn->ro;

	for (unsigned int i = 0; ro && i < ro->table.n; i++) {
		struct mn_ro_peer *p = ro->table.at[i];

		if (p->bound && p->expires > until && p->want == MN_RO_NOTHING)
			mn_ro_begin(p, MN_RO_BINDING);
	}
	if (ro && until < INFINITY)
		serve_all(ro);
}

/* ---- start and end ---- */

int mn_ro_open(struct mn *mn, char *err, size_t err_len)
{
	struct mn_ro *ro;

	if (!mn->d->conf->ro_mn)
		return 0;
	ro = calloc(1, sizeof(*ro));
	if (!ro || mn_ro_table_init(&ro->table, MN_RO_PEERS_MAX)) {
		free(ro);
		snprintf(err, err_len, "out of memory");
		return -1;
	}
	ro->mn = mn;
	ro->ro = mn->d->ro;
	ro->looked_at = -INFINITY;
	ro->log.burst = ro->log_full.burst = 5;
	mn->ro = ro;
	mn_timer_init(mn, &ro->timer, on_timer);
	mn_ro_rr_warm();
	mn_ro_trigger_open(ro);
	return 0;
}

void mn_ro_tunnel(struct mn *mn)
{
	if (!mn->ro)
		return;
	mn_ro_trigger_close(mn->ro);
	mn_ro_trigger_open(mn->ro);
}

void mn_ro_close(struct mn *mn)
{
	struct mn_ro *ro = mn->ro;

	if (!ro)
		return;
	mn_timer_stop(mn, &ro->timer);
	mn_ro_trigger_close(ro);
	mn_ro_table_free(&ro->table);
	free(ro);
	mn->ro = NULL;
}
