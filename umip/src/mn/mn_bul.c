// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The binding update list (RFC 6275 11.1, 11.7.1, 11.8): one entry, for the home agent. Here updates leave; their acknowledgements come in
 * mn_bul_ack.c.
 *
 * A registration is a row of updates that differ in their sequence numbers only; the acknowledgement of any of them
 * ends it. The timeout doubles up to MN_BACKOFF_MAX and stays there: a mobile node without its home agent has nothing
 * better to do. No more than MN_UPDATE_RATE updates leave in any second, whatever happens.
 *
 * "bound" is what the home agent has confirmed, and outlives a move: until the new care-of address is acknowledged,
 * packets still arrive at the old one. "maybe_bound" is what we cannot exclude, and decides whether a return home has
 * to deregister.
 */
#include "mn/mn.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "core/ipsec.h"
#include "mn/mn_ba.h"
#include "mn/mn_ro.h"

#define SEND_RETRY_QUICK 0.01 /* the route of a new link may be a moment behind its advertisement */
#define SEND_RETRY	 0.1
#define SEND_QUICK_TRIES 5
#define DEREG_TRIES	 10 /* at home, then the binding is left to expire */
#define DEREG_SILENT	 2 /* retransmissions until the home agent counts as dead and neighbours are told without it */
#define STOP_TIMEOUT	 0.5

void mn_bul_finish_dereg(struct mn *mn, bool acknowledged)
{
	struct mn_bul *b = &mn->bul;

	b->used = b->dereg = false;
	mn_bul_forget(mn);
	if (acknowledged) {
		mn->d->stats[STAT_DEREG]++;
		ipsec_registered(mn->d, mn_hoa(mn), &b->coa, mn_bul_key_mobility(mn), b->since);
	}
	if (mn->stopping) {
		mn_timer_start(mn, &mn->stop_timer, 0);
		return;
	}
	mn_notify(mn, "deregistered");
	mn_home_deregistered(mn);
}

static uint32_t lifetime_to_ask(const struct mn *mn)
{
	double now = clock_now(), left = mn_addr_end(mn->cur, &mn->bul.coa) - now;
	uint32_t most = mn->d->conf->mn_max_ha_binding_life;

	if (mn->bul.dereg)
		return 0;
	if (mn->valid_until - now < left)
		left = mn->valid_until - now;
	if (left < MH_LIFETIME_UNIT)
		left = MH_LIFETIME_UNIT;
	return left < most ? (uint32_t)left : most;
}

static void defer(struct mn *mn, double after)
{
	mn->bul.deferred = true;
	mn_timer_start(mn, &mn->bul.retry, after);
}

static void send_failed(struct mn *mn, int err)
{
	struct mn_bul *b = &mn->bul;

	b->seq--;
	if (b->send_errors++ == SEND_QUICK_TRIES)
		log_warn("binding-update-unsendable", "home_agent=%s care_of=%s error=\"%s\"", log_addr(&mn->ha),
			 log_addr(&b->coa), strerror(-err));
	if (b->send_errors <= SEND_QUICK_TRIES)
		defer(mn, SEND_RETRY_QUICK);
	else
		defer(mn, b->send_errors <= 4 * SEND_QUICK_TRIES ? SEND_RETRY : b->timeout);
}

void mn_bul_send(struct mn *mn)
{
	struct mn_bul *b = &mn->bul;
	struct mh_msg m = { .type = MH_BU };
	double now = clock_now(), allowed = b->recent[b->next_recent] + 1;
	uint8_t buf[320];
	ssize_t len;
	int err;

	if (now < allowed) {
		defer(mn, allowed - now);
		return;
	}
	/* Without its policies it would leave in clear. */
	if (ipsec_lacks(mn->d, mn_hoa(mn), &mn->ha)) {
		defer(mn, SEND_RETRY);
		return;
	}
	b->deferred = false;
	b->asked = mh_lifetime_to_sec(mh_lifetime_from_sec(lifetime_to_ask(mn)));
	m.bu.seq = ++b->seq;
	m.bu.flags = MH_BU_A | MH_BU_H | (mn->d->ipsec && mn->d->conf->key_mng_mob ? MH_BU_K : 0);
	m.bu.lifetime = mh_lifetime_from_sec(b->asked);
	if (mn->home->alt_coa && !IN6_ARE_ADDR_EQUAL(&b->coa, mn_hoa(mn))) {
		m.opts.has_alt_coa = true;
		m.opts.alt_coa = b->coa;
	}
	mn_nemo_update(mn, &m);
	len = mh_build(buf, sizeof(buf), &m, NULL);
	err = len < 0 ? (int)len :
			mh_sock_send(mn->d->mh_fd, mn_hoa(mn), &mn->ha, NULL, mn->cur->ifindex, buf, (size_t)len);
	if (err) {
		send_failed(mn, err);
		return;
	}
	b->send_errors = 0;
	b->recent[b->next_recent] = now;
	b->next_recent = (b->next_recent + 1) % MN_UPDATE_RATE;
	if (!b->sent) {
		b->sent = true;
		b->first_seq = b->seq;
		b->first_sent = now;
	}
	if (!b->dereg)
		b->maybe_bound = true;
	mn->d->stats[STAT_BU_TX]++;
	log_info("binding-update", "home_agent=%s care_of=%s sequence=%u lifetime_s=%u retransmission=%u",
		 log_addr(&mn->ha), log_addr(&b->coa), b->seq, b->asked, b->retransmissions);
	mn_timer_start(mn, &b->retry, b->timeout);
}

static double initial_timeout(const struct mn *mn)
{
	const struct conf *conf = mn->d->conf;

	if (mn->stopping)
		return STOP_TIMEOUT;
	return (mn->bul.bound ? conf->init_timeout_rereg_ms : conf->init_timeout_first_ms) / 1000.0;
}

/* A new row of updates. */
static void begin(struct mn *mn)
{
	struct mn_bul *b = &mn->bul;

	b->used = b->waiting = true;
	b->sent = b->deferred = b->associated = false;
	b->retransmissions = b->send_errors = 0;
	b->timeout = initial_timeout(mn);
	mn_timer_stop(mn, &b->refresh);
	mn_bul_send(mn);
}

static void set_care_of(struct mn_bul *b, const struct in6_addr *coa)
{
	if (!IN6_ARE_ADDR_EQUAL(&b->coa, coa))
		b->since = clock_now();
	b->coa = *coa;
}

void mn_bul_register(struct mn *mn)
{
	mn->bul.dereg = false;
	set_care_of(&mn->bul, &mn->coa);
	mn->bul.reseqs = 0;
	begin(mn);
}

void mn_bul_forget(struct mn *mn)
{
	struct mn_bul *b = &mn->bul;

	b->bound = b->maybe_bound = b->waiting = false;
	mn_timer_stop(mn, &b->retry);
	mn_timer_stop(mn, &b->refresh);
	mn_timer_stop(mn, &b->expiry);
}

void mn_bul_release(struct mn *mn, const struct in6_addr *ha)
{
	struct mh_msg m = { .type = MH_BU, .bu = { .seq = ++mn->bul.seq, .flags = MH_BU_A | MH_BU_H } };
	uint8_t buf[32];
	ssize_t len;
	int err;

	if (ipsec_lacks(mn->d, mn_hoa(mn), ha))
		return;
	mn_nemo_update(mn, &m);
	len = mh_build(buf, sizeof(buf), &m, NULL);
	err = len < 0 ? (int)len : mh_sock_send(mn->d->mh_fd, mn_hoa(mn), ha, NULL, mn->cur->ifindex, buf, (size_t)len);

	mn->d->stats[STAT_BU_TX] += !err;
	log_info("binding-released", "home_agent=%s sequence=%u error=\"%s\"", log_addr(ha), mn->bul.seq, err ? strerror(-err) : "none");
}

void mn_bul_deregister(struct mn *mn)
{
	mn->bul.dereg = true;
	set_care_of(&mn->bul, mn->location == MN_HOME ? mn_hoa(mn) : &mn->coa);
	mn->bul.reseqs = 0;
	begin(mn);
}

void mn_bul_refresh_now(struct mn *mn)
{
	if (mn->bul.used && !mn->bul.waiting && mn_bul_bound(mn) && !mn->stopping)
		begin(mn);
}

void mn_bul_again(struct mn *mn)
{
	struct mn_bul *b = &mn->bul;

	if (!b->waiting)
		return;
	b->timeout = initial_timeout(mn);
	b->retransmissions = 0;
	b->deferred = true; /* the same try again, not a further one */
	mn_timer_start(mn, &b->retry, 0);
}

/* Once: an association that comes and goes may not make a flood of it. The kernel drops what waits for one without a word. */
void mn_bul_associated(struct mn *mn)
{
	if (mn->bul.associated)
		return;
	mn->bul.associated = mn->bul.waiting;
	mn_bul_again(mn);
}

static void on_retry(struct ev_loop *loop, struct ev_timer *w, int revents)
{
	struct mn *mn = w->data;
	struct mn_bul *b = &mn->bul;

	(void)loop;
	(void)revents;
	if (!b->waiting)
		return;
	if (!b->dereg && !mn->has_coa) {
		/* Nothing to register; a new care-of address begins anew. */
		b->waiting = false;
		mn_care_of_address(mn);
		return;
	}
	if (!b->sent || b->deferred) {
		mn_bul_send(mn);
		return;
	}
	if (b->dereg && b->retransmissions == DEREG_TRIES) {
		log_warn("deregistration-given-up", "home_agent=%s", log_addr(&mn->ha));
		mn_bul_finish_dereg(mn, false);
		return;
	}
	/* The next association is worth an update at once. */
	if (!mn->stopping && mn->cur->lost == MN_LINK_OK && b->retransmissions + 1 >= MN_AGENT_TRIES && ipsec_unanswered(mn->d, mn_hoa(mn)))
		b->associated = false;
	/* Silence without a link says nothing of the home agent; and with another link, that one is tried first. */
	if (!b->dereg && mn->cur->lost == MN_LINK_OK && b->retransmissions + 1 >= MN_AGENT_TRIES) {
		if (mn_select_failed(mn)) {
			defer(mn, b->timeout); /* if nothing comes of it */
			return;
		}
		if (mn_dhaad_next(mn, "no answer"))
			return;
	}
	b->retransmissions++;
	if (!mn->stopping)
		b->timeout = mn_backoff_next(b->timeout);
	if (b->dereg && b->retransmissions == DEREG_SILENT && mn->location == MN_HOME)
		mn_home_announce(mn);
	mn_bul_send(mn);
}

static void on_refresh(struct ev_loop *loop, struct ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	mn_bul_refresh_now(w->data);
}

static void on_expiry(struct ev_loop *loop, struct ev_timer *w, int revents)
{
	struct mn *mn = w->data;
	struct mn_bul *b = &mn->bul;

	(void)loop;
	(void)revents;
	b->bound = b->maybe_bound = false;
	mn->d->stats[STAT_EXPIRED]++;
	log_warn("binding-expired", "home_agent=%s care_of=%s", log_addr(&mn->ha), log_addr(&b->bound_coa));
	mn_notify(mn, "expired");
	mn_kernel_sync(mn);
	mn_ro_suspend(mn);
	if (b->dereg)
		mn_bul_finish_dereg(mn, false);
	else if (!b->waiting && mn->has_coa && !mn->stopping)
		begin(mn);
}

void mn_bul_limit(struct mn *mn, double until)
{
	struct mn_bul *b = &mn->bul;
	double now = clock_now();

	if (!b->bound || b->expires <= until)
		return;
	b->expires = until;
	mn_timer_start(mn, &b->expiry, until > now ? until - now : 0);
	if (b->refresh_at > until)
		mn_timer_stop(mn, &b->refresh);
}

bool mn_bul_bound(const struct mn *mn)
{
	return mn->bul.bound && mn->has_coa && IN6_ARE_ADDR_EQUAL(&mn->bul.bound_coa, &mn->coa);
}

bool mn_bul_key_mobility(const struct mn *mn)
{
	return mn->d->conf->key_mng_mob && !mn->bul.no_key_mobility;
}

bool mn_bul_optimistic(const struct mn *mn)
{
	const struct mn_bul *b = &mn->bul;

	return mn->d->conf->optimistic_handoff && mn->hold && mn->has_coa && b->bound && b->waiting && b->sent &&
	       !b->dereg && IN6_ARE_ADDR_EQUAL(&b->coa, &mn->coa);
}

void mn_bul_init(struct mn *mn)
{
	struct mn_bul *b = &mn->bul;

	if (getrandom(&b->seq, sizeof(b->seq), 0) != sizeof(b->seq))
		b->seq = (uint16_t)(clock_now() * 1000);
	b->last_status = -1;
	for (unsigned int i = 0; i < MN_UPDATE_RATE; i++)
		b->recent[i] = -INFINITY;
	mn_timer_init(mn, &b->retry, on_retry);
	mn_timer_init(mn, &b->refresh, on_refresh);
	mn_timer_init(mn, &b->expiry, on_expiry);
}

void mn_bul_stop(struct mn *mn)
{
	mn_timer_stop(mn, &mn->bul.retry);
	mn_timer_stop(mn, &mn->bul.refresh);
	mn_timer_stop(mn, &mn->bul.expiry);
}

static const char *state_name(const struct mn *mn)
{
	const struct mn_bul *b = &mn->bul;

	if (b->dereg)
		return "deregistering";
	if (b->waiting && mn_bul_bound(mn))
		return "refreshing";
	if (b->waiting)
		return b->sent ? "registering" : "refused";
	return mn_bul_bound(mn) ? "registered" : "unregistered";
}

void mn_bul_json(struct mn *mn, struct json_object *rows)
{
	const struct mn_bul *b = &mn->bul;
	struct json_object *o;
	double now = clock_now();

	if (!b->used)
		return;
	o = json_object_new_object();
	json_object_object_add(o, "home_address", mn_json_addr(mn_hoa(mn)));
	json_object_object_add(o, "care_of_address", mn_json_addr(&b->coa));
	json_object_object_add(o, "peer_address", mn_json_addr(&mn->ha));
	json_object_object_add(o, "home_agent_address", mn_json_addr(&mn->ha));
	json_object_object_add(o, "state", json_object_new_string(state_name(mn)));
	json_object_object_add(o, "sequence", json_object_new_int(b->seq));
	json_object_object_add(o, "lifetime_s", json_object_new_int64(b->bound ? b->granted : 0));
	json_object_object_add(o, "remaining_s",
			       json_object_new_int64(b->bound && b->expires > now ? (int64_t)(b->expires - now) : 0));
	json_object_object_add(o, "refresh_in_s",
			       json_object_new_int64(ev_is_active(&b->refresh) && b->refresh_at > now ?
							     (int64_t)(b->refresh_at - now) :
							     0));
	json_object_object_add(o, "retransmissions", json_object_new_int64(b->retransmissions));
	mn_nemo_json(mn, o);
	json_object_object_add(o, "last_status", b->last_status < 0 ? NULL : json_object_new_int(b->last_status));
	json_object_array_add(rows, o);
}
