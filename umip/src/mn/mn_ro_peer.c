// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One correspondent over time. mn_ro_step() looks at what is there and says what is due; whoever does it tells by the other
 * functions. There is no order of states to keep: tokens, the binding and the home registration come and go each for itself, and
 * what is missing for the wanted binding is what is worked for.
 */
#include "mn/mn_ro_peer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const double never = -1e9;

void mn_ro_peer_init(struct mn_ro_peer *p, const struct in6_addr *addr, uint16_t seq, double now)
{
	memset(p, 0, sizeof(*p));
	p->addr = *addr;
	p->seq = seq;
	p->used = now;
	p->last_status = -1;
	p->linger = p->switch_at = INFINITY;
	p->maybe_until = p->heard_at = p->tunnelled_at = p->setback_at = p->doubted_at = p->no_mh_until = p->no_hao_until = p->hold_until = p->sent_at = never;
	for (unsigned int i = 0; i < MN_RO_KINDS; i++)
		for (unsigned int j = 0; j < MN_RO_RATE; j++)
			p->rate[i].at[j] = never;
}

/* When the next of that kind may leave; not later than now: at once. */
static double rate_next(const struct mn_ro_rate *r)
{
	return r->at[r->next] + 1;
}

void mn_ro_rate_note(struct mn_ro_rate *r, double now)
{
	r->at[r->next] = now;
	r->next = (r->next + 1) % MN_RO_RATE;
}

/* ---- what is due ---- */

static void later(struct mn_ro_step *s, double at)
{
	if (at < s->next)
		s->next = at;
}

static void rated(struct mn_ro_step *s, const struct mn_ro_rate *r, double now, unsigned int todo)
{
	if (rate_next(r) > now)
		later(s, rate_next(r));
	else
		s->todo |= todo;
}

/* The token of this test is missing. can: a message can leave now. */
static void test_step(struct mn_ro_step *s, const struct mn_ro_peer *p, enum rr_kind kind, const struct in6_addr *addr,
		      bool can, double now)
{
	const struct mn_ro_test *t = &p->test[kind];
	bool waiting = t->waiting && IN6_ARE_ADDR_EQUAL(&t->addr, addr);

	if (!can)
		return;
	if (waiting && now < t->next_at)
		later(s, t->next_at);
	else if (waiting && t->tries >= MN_RO_TRIES)
		s->todo |= MN_RO_DO_GIVE_UP;
	else if (waiting && !mn_ro_maybe_bound(p, now) && p->used <= t->next_at - t->timeout)
		return; /* one packet, from whomever, is worth one try: another follows with the next packet */
	else
		rated(s, &p->rate[kind == RR_HOME ? MN_RO_HOTI : MN_RO_COTI], now,
		      kind == RR_HOME ? MN_RO_DO_HOTI : MN_RO_DO_COTI);
}

static void work(struct mn_ro_step *s, const struct mn_ro_peer *p, const struct mn_ro_env *env)
{
	bool release = p->want == MN_RO_RELEASE, ready = true;
	bool through = release ? env->home : env->registered; /* the home agent is reached, and the BU may leave */

	if (!mn_ro_token_ok(p, RR_HOME, &env->hoa, env->now)) {
		ready = false;
		test_step(s, p, RR_HOME, &env->hoa, through, env->now);
	}
	if (!release && !mn_ro_token_ok(p, RR_CARE_OF, &env->coa, env->now)) {
		ready = false;
		test_step(s, p, RR_CARE_OF, &env->coa, env->has_coa, env->now);
	}
	if (!ready || !through)
		return;
	if (p->waiting && env->now < p->next_at)
		later(s, p->next_at);
	else if (p->tries >= MN_RO_TRIES)
		s->todo |= MN_RO_DO_GIVE_UP;
	else
		rated(s, &p->rate[MN_RO_BU], env->now, MN_RO_DO_BU);
}

static void due(struct mn_ro_step *s, double at, double now, unsigned int todo)
{
	if (now >= at)
		s->todo |= todo;
	else
		later(s, at);
}

struct mn_ro_step mn_ro_step(const struct mn_ro_peer *p, const struct mn_ro_env *env)
{
	struct mn_ro_step s = { .next = INFINITY };

	if (p->bound)
		due(&s, p->expires, env->now, MN_RO_DO_EXPIRE);
	else if (p->stage)
		due(&s, p->linger, env->now, MN_RO_DO_FORGET);
	if (p->bound && env->registered)
		due(&s, p->switch_at, env->now, MN_RO_DO_SWITCH);
	if (s.todo)
		return s;
	if (p->want == MN_RO_NOTHING) {
		if (p->bound && env->registered)
			due(&s, p->refresh_at, env->now, MN_RO_DO_REFRESH);
	} else if (env->now < p->hold_until) {
		later(&s, p->hold_until);
	} else {
		work(&s, p, env);
	}
	return s;
}

/* ---- what has happened ---- */

static void rest(struct mn_ro_test *t)
{
	t->waiting = false;
	t->tries = 0;
}

void mn_ro_begin(struct mn_ro_peer *p, enum mn_ro_want want)
{
	p->want = want;
	p->waiting = false;
	p->tries = 0;
	rest(&p->test[RR_HOME]);
	rest(&p->test[RR_CARE_OF]);
}

void mn_ro_moved(struct mn_ro_peer *p)
{
	p->switch_at = INFINITY;
	p->waiting = p->sent = false;
	p->tries = 0;
	rest(&p->test[RR_HOME]);
	rest(&p->test[RR_CARE_OF]);
}

void mn_ro_sent_test(struct mn_ro_peer *p, enum rr_kind kind, const struct in6_addr *src, double now)
{
	struct mn_ro_test *t = &p->test[kind];

	t->timeout = t->waiting ? t->timeout * 2 : MN_RO_TIMEOUT;
	t->waiting = true;
	t->tries++;
	t->addr = *src;
	t->next_at = now + t->timeout;
	mn_ro_rate_note(&p->rate[kind == RR_HOME ? MN_RO_HOTI : MN_RO_COTI], now);
}

bool mn_ro_token_ok(const struct mn_ro_peer *p, enum rr_kind kind, const struct in6_addr *addr, double now)
{
	const struct mn_ro_test *t = &p->test[kind];

	return t->have && now - t->got_at < MN_RO_TOKEN_LIFE && IN6_ARE_ADDR_EQUAL(&t->addr, addr);
}

void mn_ro_drop_token(struct mn_ro_peer *p, enum rr_kind kind)
{
	struct mn_ro_test *t = &p->test[kind];

	t->have = false;
	rr_wipe(t->token, sizeof(t->token));
}

bool mn_ro_answer(struct mn_ro_peer *p, enum rr_kind kind, uint64_t cookie, uint16_t index, uint64_t token, double now)
{
	struct mn_ro_test *t = &p->test[kind];

	if (!t->waiting || !rr_equal(&cookie, &t->cookie, sizeof(cookie)))
		return false;
	t->rtt = now - (t->next_at - t->timeout);
	rest(t);
	t->have = true;
	memcpy(t->token, &token, sizeof(t->token));
	t->index = index;
	t->got_at = now;
	return true;
}

static double refresh_after(uint32_t lifetime)
{
	double share = lifetime * 0.8;

	return share < MN_RO_REFRESH_MAX ? share : MN_RO_REFRESH_MAX;
}

void mn_ro_bind(struct mn_ro_peer *p, uint32_t lifetime, bool confirmed, double now)
{
	p->bound = true;
	p->confirmed = confirmed;
	p->bound_coa = p->coa;
	p->granted = lifetime;
	p->expires = p->sent_at + lifetime - (lifetime > 8 ? 1 : 0);
	p->refresh_at = p->sent_at + refresh_after(lifetime);
	p->maybe_until = p->sent_at + lifetime;
	p->why = MN_RO_FINE;
	if (!p->waiting || confirmed) {
		p->want = MN_RO_NOTHING;
		p->waiting = p->must_ack = false;
		p->tries = 0;
	}
	if (now - p->setback_at > MN_RO_SETBACK_MAX + MN_RO_CALM)
		p->setbacks = 0;
}

bool mn_ro_maybe_bound(const struct mn_ro_peer *p, double now)
{
	return p->bound || now < p->maybe_until;
}

void mn_ro_switch_soon(struct mn_ro_peer *p, double now)
{
	double wait = p->test[RR_CARE_OF].rtt;

	if (wait < MN_RO_SWITCH_MIN)
		wait = MN_RO_SWITCH_MIN;
	p->switch_at = now + (wait < MN_RO_SWITCH_MAX ? wait : MN_RO_SWITCH_MAX);
}

void mn_ro_unbind(struct mn_ro_peer *p, bool gone, double now)
{
	if (gone)
		p->maybe_until = never;
	p->switch_at = INFINITY;
	p->linger = (now < p->maybe_until ? p->maybe_until : now) + MN_RO_LINGER;
	p->bound = p->confirmed = p->waiting = false;
}

void mn_ro_setback(struct mn_ro_peer *p, enum mn_ro_why why, double now)
{
	double pause;

	if (now - p->setback_at > MN_RO_SETBACK_MAX + MN_RO_CALM)
		p->setbacks = 0;
	/* At once for the first time: a peer that was started anew. */
	pause = p->setbacks ? ldexp(1, p->setbacks < 8 ? (int)p->setbacks - 1 : 7) : 0;
	p->hold_until = now + (pause < MN_RO_SETBACK_MAX ? pause : MN_RO_SETBACK_MAX);
	p->setbacks++;
	p->setback_at = now;
	p->why = why;
	mn_ro_begin(p, MN_RO_BINDING);
}

/* ---- Binding Acknowledgements ---- */

enum mn_ro_ba mn_ro_ba(uint8_t status, bool *home, bool *care_of)
{
	*home = status == BA_HOME_NONCE_EXPIRED || status == BA_NONCES_EXPIRED;
	*care_of = status == BA_COA_NONCE_EXPIRED || status == BA_NONCES_EXPIRED;
	if (status < BA_UNSPECIFIED)
		return MN_RO_BA_ACCEPTED;
	if (*home || *care_of)
		return MN_RO_BA_RETEST;
	return status == BA_SEQ_OUT_OF_WINDOW ? MN_RO_BA_RESEQ : MN_RO_BA_REFUSED;
}

bool mn_ro_ba_unauthenticated(uint8_t status)
{
	return status >= BA_HOME_NONCE_EXPIRED && status <= BA_NONCES_EXPIRED;
}

/* ---- for people ---- */

static bool unable(const struct mn_ro_peer *p, double now)
{
	return now < p->no_mh_until || now < p->no_hao_until;
}

const char *mn_ro_state_name(const struct mn_ro_peer *p, double now)
{
	if (unable(p, now) || (p->want == MN_RO_NOTHING && !p->bound && p->why && now < p->hold_until))
		return "unable";
	if (p->want == MN_RO_RELEASE)
		return "releasing";
	if (p->want == MN_RO_BINDING && p->waiting)
		return "updating";
	if (p->want == MN_RO_BINDING && now < p->hold_until)
		return "paused";
	if (p->want == MN_RO_BINDING)
		return p->bound ? "refreshing" : "testing";
	return p->bound ? "optimized" : "idle";
}

const char *mn_ro_why_name(const struct mn_ro_peer *p, double now)
{
	static const char *const name[] = {
		[MN_RO_FINE] = NULL,
		[MN_RO_NO_ANSWER] = "no answer",
		[MN_RO_NO_MH] = "no mobility header",
		[MN_RO_NO_HAO] = "no home address option",
		[MN_RO_REFUSED] = "refused",
		[MN_RO_LOST] = "binding lost",
		[MN_RO_UNWANTED] = "not wanted",
	};

	if (now < p->no_mh_until)
		return name[MN_RO_NO_MH];
	return name[now < p->no_hao_until ? MN_RO_NO_HAO : p->why];
}

/* ---- the table ---- */

int mn_ro_table_init(struct mn_ro_table *t, unsigned int max)
{
	t->n = 0;
	t->max = max;
	t->at = calloc(max, sizeof(struct mn_ro_peer *));
	return t->at ? 0 : -ENOMEM;
}

static void erase(struct mn_ro_peer *p)
{
	rr_wipe(p, sizeof(*p));
	free(p);
}

void mn_ro_table_free(struct mn_ro_table *t)
{
	while (t->n)
		erase(t->at[--t->n]);
	free(t->at);
	t->at = NULL;
}

/* Where it is, or where it belongs. */
static unsigned int place(const struct mn_ro_table *t, const struct in6_addr *addr)
{
	unsigned int low = 0, high = t->n;

	while (low < high) {
		unsigned int middle = (low + high) / 2;

		if (memcmp(&t->at[middle]->addr, addr, sizeof(*addr)) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct mn_ro_peer *mn_ro_find(const struct mn_ro_table *t, const struct in6_addr *addr)
{
	unsigned int i = place(t, addr);

	return i < t->n && IN6_ARE_ADDR_EQUAL(&t->at[i]->addr, addr) ? t->at[i] : NULL;
}

static bool evict(struct mn_ro_table *t, double now)
{
	unsigned int victim = t->n;

	for (unsigned int i = 0; i < t->n; i++) {
		const struct mn_ro_peer *p = t->at[i], *v = victim < t->n ? t->at[victim] : NULL;

		if (mn_ro_maybe_bound(p, now) || p->stage)
			continue;
		if (!v || (p->want == v->want ? p->used < v->used : !p->want))
			victim = i;
	}
	if (victim == t->n)
		return false;
	erase(t->at[victim]);
	t->n--;
	memmove(t->at + victim, t->at + victim + 1, (t->n - victim) * sizeof(*t->at));
	return true;
}

struct mn_ro_peer *mn_ro_add(struct mn_ro_table *t, const struct in6_addr *addr, uint16_t seq, double now)
{
	struct mn_ro_peer *p;
	unsigned int i;

	if (t->n == t->max && !evict(t, now))
		return NULL;
	p = malloc(sizeof(*p));
	if (!p)
		return NULL;
	mn_ro_peer_init(p, addr, seq, now);
	i = place(t, addr);
	memmove(t->at + i + 1, t->at + i, (t->n - i) * sizeof(*t->at));
	t->at[i] = p;
	t->n++;
	return p;
}
