/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Return routability and correspondent registration, RFC 6275 5.2, 11.6 and 11.7.2, for all mobile nodes at once with a window of those under
 * way. Home Test Init leaves from the home address itself: what the home agent would do is not what is tested. Everything is
 * repeated after a second without an answer.
 */
#include "core/rr.h"
#include "gen.h"
#include "wire/mh.h"

#define REPEAT (1000 * NS_PER_MS)
#define MAX_RESYNCS 3

static uint64_t fresh(void)
{
	static uint64_t state;
	uint64_t z = state += 0x9e3779b97f4a7c15ULL ^ now_ns();

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	return z ^ (z >> 27);
}

static int send_test_init(struct gen *g, uint8_t type, const struct in6_addr *src, uint64_t cookie)
{
	struct mh_msg m = { .type = type, .test_init = { .cookie = cookie } };
	uint8_t mh[32], pkt[PKT_MAX];
	ssize_t len = mh_build(mh, sizeof(mh), &m, NULL);

	return pkt_send(g->tx, pkt, pkt_build_mh(pkt, sizeof(pkt), src, &g->opt.cn, NULL, mh, (size_t)len));
}

int route_ask(struct gen *g, struct mn *mn, bool home, bool care_of)
{
	int err = 0;

	if (home) {
		mn->home_cookie = fresh();
		mn->has_home = false;
		err = send_test_init(g, MH_HOTI, &mn->hoa, mn->home_cookie);
	}
	if (care_of && !err) {
		mn->coa_cookie = fresh();
		mn->has_care_of = false;
		err = send_test_init(g, MH_COTI, &mn->coa, mn->coa_cookie);
	}
	return err;
}

bool route_learn(struct mn *mn, const struct pkt_in *in)
{
	if (in->bad || in->has_rt2)
		return false;
	if (in->kind == PKT_HOT && in->cookie == mn->home_cookie && IN6_ARE_ADDR_EQUAL(&in->dst, &mn->hoa)) {
		mn->has_home = true;
		mn->home_index = in->nonce_index;
		memcpy(mn->home_token, &in->token, sizeof(mn->home_token));
		return true;
	}
	if (in->kind == PKT_COT && in->cookie == mn->coa_cookie && IN6_ARE_ADDR_EQUAL(&in->dst, &mn->coa)) {
		mn->has_care_of = true;
		mn->coa_index = in->nonce_index;
		memcpy(mn->coa_token, &in->token, sizeof(mn->coa_token));
		return true;
	}
	return false;
}

bool route_tokens(struct gen *g, struct mn *mn)
{
	uint64_t end = now_ns() + 3 * NS_PER_S;
	struct pkt_in in;

	if (route_ask(g, mn, true, true))
		return false;
	while (!(mn->has_home && mn->has_care_of) && now_ns() < end) {
		pkt_wait(g->rx, end);
		while (pkt_recv(g->rx, &in) > 0)
			route_learn(mn, &in);
	}
	return mn->has_home && mn->has_care_of;
}

size_t route_build_update(uint8_t *buf, size_t cap, const struct gen *g, const struct mn *mn, const struct update_tweak *t)
{
	const bool gone = !t->lifetime;
	struct mh_msg m = {
		.type = MH_BU,
		.bu = { .seq = mn->seq, .flags = t->flags ? t->flags : MH_BU_A, .lifetime = mh_lifetime_from_sec(t->lifetime) },
		.opts = {
			.has_nonce = !t->no_nonces,
			.home_nonce = (uint16_t)(mn->home_index + t->home_shift),
			.coa_nonce = gone ? 0 : (uint16_t)(mn->coa_index + t->coa_shift),
			.has_auth = !t->no_auth,
		},
	};
	const struct in6_addr *from = t->from ? t->from : &mn->coa;
	uint8_t mh[256], kbm[RR_KBM_LEN];
	size_t at = 0;
	ssize_t len = mh_build(mh, sizeof(mh), &m, &at);

	if (len < 0)
		return 0;
	if (!t->no_auth) {
		rr_kbm(mn->home_token, gone ? NULL : mn->coa_token, kbm);
		rr_authenticator(kbm, gone ? &mn->hoa : from, &g->opt.cn, mh, (size_t)len, at, mh + at);
		mh[at + 5] ^= t->flip;
	}
	return pkt_build_mh(buf, cap, from, &g->opt.cn, &mn->hoa, mh, (size_t)len);
}

bool route_check(const struct gen *g, const struct mn *mn, const struct pkt_in *in, bool deregister)
{
	uint8_t kbm[RR_KBM_LEN], auth[MH_AUTH_LEN];

	if (!in->has_auth || !in->mh_len)
		return false;
	rr_kbm(mn->home_token, deregister ? NULL : mn->coa_token, kbm);
	rr_authenticator(kbm, deregister ? &mn->hoa : &mn->coa, &g->opt.cn, in->mh, in->mh_len, in->auth_offset, auth);
	return !memcmp(auth, in->mh + in->auth_offset, sizeof(auth));
}

/* ---- phases ---- */

static bool ready(const struct window *w, const struct mn *mn)
{
	return mn->has_home && (mn->has_care_of || w->kind == REG_DEREGISTER);
}

static void update(struct window *w, struct mn *mn)
{
	const struct update_tweak t = { .lifetime = w->kind == REG_DEREGISTER ? 0 : w->g->opt.lifetime };
	uint8_t pkt[PKT_MAX];

	mn->seq++;
	window_err(w, pkt_send(w->g->tx, pkt, route_build_update(pkt, sizeof(pkt), w->g, mn, &t)));
	mn->resend = now_ns() + REPEAT;
}

static void start(struct window *w, struct mn *mn)
{
	mn->has_home = mn->has_care_of = false;
	mn->resend = mn->sent + REPEAT;
	window_err(w, route_ask(w->g, mn, true, w->kind != REG_DEREGISTER));
}

static void repeat(struct window *w, struct mn *mn, uint64_t now)
{
	w->retransmitted++;
	if (ready(w, mn)) {
		update(w, mn);
		return;
	}
	mn->resend = now + REPEAT;
	window_err(w, route_ask(w->g, mn, !mn->has_home, !mn->has_care_of && w->kind != REG_DEREGISTER));
}

static void finish(struct window *w, struct mn *mn, const struct pkt_in *in)
{
	uint32_t asked = mh_lifetime_from_sec(w->g->opt.lifetime), most = mh_lifetime_from_sec(RR_MAX_BINDING_LIFETIME);

	window_done(w, mn, in->status);
	if (in->status >= 128)
		return;
	if (mn->bound ? !in->lifetime || in->lifetime > asked || in->lifetime > most : in->lifetime != 0)
		w->bad++;
}

static void receive(struct window *w, const struct pkt_in *in)
{
	const struct options *o = &w->g->opt;
	int64_t i = in->kind == PKT_COT ? addr_index(&o->coa, &in->dst, o->n) : addr_index(&o->hoa, &in->hoa, o->n);
	struct mn *mn;

	if (in->kind == PKT_COT && i < 0)
		i = addr_index(&o->coa2, &in->dst, o->n);
	if (i < 0 || (in->kind != PKT_HOT && in->kind != PKT_COT && in->kind != PKT_BA))
		return;
	mn = &w->g->mn[i];
	if (in->kind != PKT_BA) {
		if (mn->waiting && !ready(w, mn) && route_learn(mn, in) && ready(w, mn))
			update(w, mn);
	} else if (in->bad || !in->has_rt2 || !IN6_ARE_ADDR_EQUAL(&in->dst, &mn->coa) || !IN6_ARE_ADDR_EQUAL(&in->src, &o->cn) ||
		   !route_check(w->g, mn, in, w->kind == REG_DEREGISTER)) {
		w->bad++;
	} else if (mn->waiting && in->status == BA_SEQ_OUT_OF_WINDOW && mn->resyncs < MAX_RESYNCS) {
		mn->resyncs++;
		w->resynced++;
		mn->seq = in->seq;
		update(w, mn);
	} else if (mn->waiting && in->seq == mn->seq) {
		finish(w, mn, in);
	} else {
		w->unmatched++;
	}
}

int route_run(struct gen *g, enum reg_kind kind)
{
	static const char *const names[] = { "optimize", "reoptimize", "reroute", "unoptimize" };
	struct window w = { .g = g, .kind = kind, .start = start, .repeat = repeat, .receive = receive };

	window_run(&w);
	window_begin_report(&w, names[kind]);
	return window_end_report(&w);
}
