// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The return routability procedure and the updates that it authenticates: RFC 6275 5.2, 11.6.1 to 11.6.3, 11.7.2, 11.7.3.
 *
 * The home test crosses the tunnel, the care-of test does not, and each answer counts only if it came the same way. Tokens,
 * keys and cookies never reach a log.
 */
#include "core/ipsec.h"
#include "mn/mn_ro.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "mn/mn_ba.h"
#include "ro/ro.h"

bool mn_ro_send_test(struct mn_ro *ro, struct mn_ro_peer *p, enum rr_kind kind)
{
	struct mn *mn = ro->mn;
	struct mn_ro_test *t = &p->test[kind];
	struct mh_msg m = { .type = kind == RR_HOME ? MH_HOTI : MH_COTI };
	const struct in6_addr *src = kind == RR_HOME ? mn_hoa(mn) : &mn->coa;
	int ifindex = kind == RR_HOME && mn->location == MN_AWAY ? mn->tunnel : mn->cur->ifindex, err;
	uint8_t buf[64];
	ssize_t len;

	/* What the protected tunnel is for does not go beside it. */
	if (kind == RR_HOME && mn->location == MN_AWAY && ipsec_covers_home_test(mn->d, src) && !ipsec_tunnelled(mn->d, src, &mn->coa))
		return false;
	/* One cookie for all tries: a late answer counts. Another address is another test. */
	if (!t->waiting || !IN6_ARE_ADDR_EQUAL(&t->addr, src)) {
		t->waiting = false;
		t->tries = 0;
		if (getrandom(&t->cookie, sizeof(t->cookie), 0) != sizeof(t->cookie))
			return false;
	}
	m.test_init.cookie = t->cookie;
	len = mh_build(buf, sizeof(buf), &m, NULL);
	err = len < 0 ? (int)len : mh_sock_send(mn->d->mh_fd, src, &p->addr, NULL, ifindex, buf, (size_t)len);
	mn_ro_drop_token(p, kind);
	mn_ro_sent_test(p, kind, src, clock_now());
	if (err) {
		log_debug("test-failed", "kind=%s peer=%s errno=%d", kind == RR_HOME ? "home" : "care-of", log_addr(&p->addr), -err);
		return false;
	}
	mn->d->stats[kind == RR_HOME ? STAT_HOTI_TX : STAT_COTI_TX]++;
	log_debug("test", "kind=%s peer=%s from=%s try=%u", kind == RR_HOME ? "home" : "care-of", log_addr(&p->addr), log_addr(src), t->tries);
	return true;
}

/* ---- updates ---- */

static uint32_t lifetime(const struct mn_ro *ro)
{
	const struct mn *mn = ro->mn;
	double home = mn->bul.expires - clock_now();
	uint32_t most = mn->d->conf->mn_max_cn_binding_life;

	if (most > RR_MAX_BINDING_LIFETIME)
		most = RR_MAX_BINDING_LIFETIME;
	/* Never longer than the home registration. */
	if (home < most)
		most = home > MH_LIFETIME_UNIT ? (uint32_t)home : MH_LIFETIME_UNIT;
	return mh_lifetime_to_sec(mh_lifetime_from_sec(most));
}

static void sent(struct mn_ro_peer *p, const struct mh_msg *m, const struct in6_addr *coa)
{
	double now = clock_now();
	bool ack = m->bu.flags & MH_BU_A;

	p->coa = *coa;
	p->asked = mh_lifetime_to_sec(m->bu.lifetime);
	p->sent_at = now;
	p->sent = true;
	p->timeout = p->waiting ? p->timeout * 2 : MN_RO_TIMEOUT;
	p->next_at = now + p->timeout;
	p->waiting = ack;
	if (p->asked && p->maybe_until < now + p->asked)
		p->maybe_until = now + p->asked;
	p->tries++;
	mn_ro_rate_note(&p->rate[MN_RO_BU], now);
	log_info("correspondent-update", "peer=%s care_of=%s sequence=%u lifetime_s=%u acknowledge=%s", log_addr(&p->addr), log_addr(coa), p->seq,
		 p->asked, ack ? "yes" : "no");
	if (ack || !p->asked)
		return;
	mn_ro_bind(p, p->asked, false, now);
	if (p->stage != RO_OWN_DATA)
		mn_ro_switch_soon(p, now);
}

bool mn_ro_send_update(struct mn_ro *ro, struct mn_ro_peer *p, bool release)
{
	struct mn *mn = ro->mn;
	const struct in6_addr *coa = release ? mn_hoa(mn) : &mn->coa; /* of a release the home address, wherever it leaves */
	/*
	 * Where a lost update would leave the peer sending to an address that we do not have any more, it is asked for an
	 * answer, configured or not.
	 */
	bool ack = mn->d->conf->cn_bu_ack || release || p->must_ack;
	struct mh_msg m = { .type = MH_BU };
	size_t auth_at = 0;
	uint8_t buf[128];
	ssize_t len;
	int err;

	if (!release && (p->stage == RO_OWN_NONE || !IN6_ARE_ADDR_EQUAL(&p->stage_coa, coa)) && !mn_ro_stage(ro, p, RO_OWN_ACCEPT, coa))
		return false;
	p->linger = INFINITY;
	m.bu.seq = ++p->seq;
	m.bu.flags = ack ? MH_BU_A : 0;
	m.bu.lifetime = release ? 0 : mh_lifetime_from_sec(lifetime(ro));
	m.opts.has_nonce = true;
	m.opts.home_nonce = p->test[RR_HOME].index;
	m.opts.coa_nonce = release ? 0 : p->test[RR_CARE_OF].index;
	m.opts.has_auth = true;
	len = mh_build(buf, sizeof(buf), &m, &auth_at);
	err = len < 0 ? (int)len : rr_kbm(p->test[RR_HOME].token, release ? NULL : p->test[RR_CARE_OF].token, p->kbm);
	if (!err)
		err = rr_authenticator(p->kbm, coa, &p->addr, buf, (size_t)len, auth_at, p->auth);
	if (!err) {
		memcpy(buf + auth_at, p->auth, sizeof(p->auth));
		err = mh_sock_send(mn->d->mh_fd, mn_hoa(mn), &p->addr, NULL, mn->cur->ifindex, buf, (size_t)len);
	}
	if (err) {
		p->tries++;
		p->hold_until = clock_now() + 0.2;
		log_debug("correspondent-update-failed", "peer=%s errno=%d", log_addr(&p->addr), -err);
		return false;
	}
	mn->d->stats[STAT_BU_TX]++;
	sent(p, &m, coa);
	return true;
}

void mn_ro_rr_warm(void)
{
	const uint8_t nothing[RR_TOKEN_LEN + MH_AUTH_LEN] = { 0 };
	uint8_t kbm[RR_KBM_LEN], auth[MH_AUTH_LEN];

	if (rr_kbm(nothing, NULL, kbm) || rr_authenticator(kbm, &in6addr_any, &in6addr_any, nothing, sizeof(nothing), RR_TOKEN_LEN, auth))
		log_error("crypto-failed", "algorithm=HMAC_SHA1");
}

/* ---- answers ---- */

static bool unexpected(struct mn_ro *ro, const struct mh_packet *p, const char *what)
{
	ro->mn->d->stats[STAT_MH_UNEXPECTED]++;
	if (log_allow(&ro->log, "message-ignored"))
		log_info("message-ignored", "kind=%s from=%s to=%s", what, log_addr(&p->src), log_addr(&p->dst));
	return true;
}

/* By the way that the test went, without any of the headers of mobility. */
static bool came_right(const struct mn_ro *ro, const struct mh_packet *p, enum rr_kind kind)
{
	const struct mn *mn = ro->mn;

	if (p->has_coa || p->has_rt2)
		return false;
	if (kind == RR_CARE_OF)
		return mn->has_coa && p->ifindex == mn->cur->ifindex && IN6_ARE_ADDR_EQUAL(&p->dst, &mn->coa);
	if (!IN6_ARE_ADDR_EQUAL(&p->dst, mn_hoa(mn)))
		return false;
	if (mn->location != MN_AWAY)
		return p->ifindex == mn->cur->ifindex;
	/* The kernel has let nothing pass that did not come out of the protected tunnel, and that has no device. */
	if (ipsec_covers_home_test(mn->d, mn_hoa(mn)))
		return mn->has_coa && ipsec_tunnelled(mn->d, mn_hoa(mn), &mn->coa);
	return mn_from_agent(mn, p->ifindex);
}

static bool test_answer(struct mn_ro *ro, const struct mh_packet *p, const struct mh_msg *m)
{
	enum rr_kind kind = m->type == MH_HOT ? RR_HOME : RR_CARE_OF;
	struct mn_ro_peer *peer = mn_ro_find(&ro->table, &p->src);

	ro->mn->d->stats[kind == RR_HOME ? STAT_HOT_RX : STAT_COT_RX]++;
	if (!peer || !came_right(ro, p, kind) ||
	    !mn_ro_answer(peer, kind, m->test.cookie, m->test.nonce_index, m->test.keygen_token, clock_now()))
		return unexpected(ro, p, kind == RR_HOME ? "home-test" : "care-of-test");
	log_debug("test-answered", "kind=%s peer=%s nonce_index=%u", kind == RR_HOME ? "home" : "care-of", log_addr(&p->src), m->test.nonce_index);
	mn_ro_kick(ro, peer);
	return true;
}

static bool authentic(const struct mn_ro_peer *peer, const struct mh_packet *p, const struct mh_msg *m)
{
	uint8_t auth[MH_AUTH_LEN];

	return m->opts.has_auth && !rr_authenticator(peer->kbm, &peer->coa, &peer->addr, p->data, p->len, m->opts.auth_offset, auth) &&
	       rr_equal(auth, m->opts.auth, sizeof(auth));
}

static void accepted(struct mn_ro *ro, struct mn_ro_peer *p, uint32_t granted)
{
	bool refresh = p->bound && p->stage == RO_OWN_DATA && IN6_ARE_ADDR_EQUAL(&p->stage_coa, &p->coa);

	mn_ro_bind(p, granted < p->asked ? granted : p->asked, true, clock_now());
	ro->mn->d->stats[STAT_REG_ACCEPTED]++;
	if (mn_ro_env(ro).registered && IN6_ARE_ADDR_EQUAL(&p->coa, &ro->mn->coa))
		mn_ro_stage(ro, p, RO_OWN_DATA, &p->coa);
	log_info("correspondent-registered", "peer=%s care_of=%s lifetime_s=%u", log_addr(&p->addr), log_addr(&p->coa), p->granted);
	if (!refresh)
		mn_ro_notify(ro, p, "optimized");
}

static void released(struct mn_ro *ro, struct mn_ro_peer *p)
{
	mn_ro_unbind(p, true, clock_now());
	mn_ro_begin(p, MN_RO_NOTHING);
	ro->mn->d->stats[STAT_DEREG]++;
	log_info("correspondent-deregistered", "peer=%s", log_addr(&p->addr));
	mn_ro_notify(ro, p, "deoptimized");
}

/* There is no binding as we want it; what was switched already goes back to the tunnel. */
static void not_bound(struct mn_ro *ro, struct mn_ro_peer *p)
{
	mn_ro_unbind(p, false, clock_now());
	if (p->stage == RO_OWN_DATA)
		mn_ro_stage(ro, p, RO_OWN_ACCEPT, &p->stage_coa);
	p->must_ack = true;
}

static void rejected(struct mn_ro *ro, struct mn_ro_peer *p, const struct mh_msg *m, enum mn_ro_ba what, bool home, bool care_of)
{
	bool release = p->want == MN_RO_RELEASE;

	ro->mn->d->stats[STAT_REG_REJECTED]++;
	log_notice("correspondent-refused", "peer=%s sequence=%u status=%u reason=\"%s\"", log_addr(&p->addr), m->ba.seq, m->ba.status,
		   mh_status_name(m->ba.status));
	if (what == MN_RO_BA_RESEQ && p->tries < MN_RO_TRIES) {
		if (!release)
			not_bound(ro, p);
		p->seq = m->ba.seq;
		p->waiting = false;
		p->want = release ? MN_RO_RELEASE : MN_RO_BINDING;
		return;
	}
	if (what == MN_RO_BA_RETEST) {
		if (home)
			mn_ro_drop_token(p, RR_HOME);
		if (care_of)
			mn_ro_drop_token(p, RR_CARE_OF);
		if (!release)
			not_bound(ro, p);
		/* Anybody can have sent this: it counts once for an update, and the more often, the slower we are. */
		p->sent = false;
		mn_ro_setback(p, MN_RO_REFUSED, clock_now());
		p->want = release ? MN_RO_RELEASE : MN_RO_BINDING;
		return;
	}
	if (release)
		released(ro, p);
	else
		mn_ro_stop_with(ro, p, MN_RO_REFUSED, MN_RO_SILENT);
}

static bool acknowledgement(struct mn_ro *ro, const struct mh_packet *p, const struct mh_msg *m)
{
	struct mn_ro_peer *peer = mn_ro_find(&ro->table, &p->src);
	bool home, care_of;
	enum mn_ro_ba what = mn_ro_ba(m->ba.status, &home, &care_of);

	ro->mn->d->stats[STAT_BA_RX]++;
	/* An answer that nobody asked for tells what went wrong, and comes soon. */
	if (!peer || !peer->sent || !IN6_ARE_ADDR_EQUAL(&p->dst, mn_hoa(ro->mn)) ||
	    (!peer->waiting && (what == MN_RO_BA_ACCEPTED || clock_now() - peer->sent_at > MN_RO_UNASKED)) ||
	    (what != MN_RO_BA_RESEQ && !mn_seq_outstanding(m->ba.seq, (uint16_t)(peer->seq - peer->tries + (peer->tries > 0)), peer->seq)) ||
	    (!mn_ro_ba_unauthenticated(m->ba.status) && !authentic(peer, p, m)))
		return unexpected(ro, p, "acknowledgement");
	peer->last_status = m->ba.status;
	if (peer->want == MN_RO_RELEASE && what == MN_RO_BA_ACCEPTED)
		released(ro, peer);
	else if (what == MN_RO_BA_ACCEPTED && m->ba.lifetime)
		accepted(ro, peer, mh_lifetime_to_sec(m->ba.lifetime));
	else
		rejected(ro, peer, m, what, home, care_of);
	mn_ro_kick(ro, peer);
	return true;
}

/* RFC 6275 11.7.4: the peer would like to keep its binding. Whoever says so, it is asked for at most now and then. */
static bool refresh_request(struct mn_ro *ro, const struct mh_packet *p)
{
	struct mn_ro_peer *peer = mn_ro_find(&ro->table, &p->src);
	double now = clock_now();

	ro->mn->d->stats[STAT_BRR_RX]++;
	if (!peer || !peer->bound || peer->want != MN_RO_NOTHING || now - peer->sent_at < peer->granted / 4.0)
		return unexpected(ro, p, "refresh-request");
	peer->used = now;
	mn_ro_begin(peer, MN_RO_BINDING);
	mn_ro_kick(ro, peer);
	return true;
}

bool mn_ro_awaits(const struct mn *mn, const struct mh_packet *p, const struct mh_msg *m)
{
	const struct mn_ro_peer *peer = mn->ro && m->type == MH_COT ? mn_ro_find(&mn->ro->table, &p->src) : NULL;

	return peer && peer->test[RR_CARE_OF].waiting && peer->test[RR_CARE_OF].cookie == m->test.cookie;
}

bool mn_ro_mh(struct mn *mn, const struct mh_packet *p, const struct mh_msg *m)
{
	struct mn_ro *ro = mn->ro;

	if (!ro || IN6_ARE_ADDR_EQUAL(&p->src, &mn->ha))
		return false;
	switch (m->type) {
	case MH_HOT:
	case MH_COT:
		return test_answer(ro, p, m);
	case MH_BA:
		return acknowledgement(ro, p, m);
	case MH_BRR:
		return refresh_request(ro, p);
	case MH_BE:
		mn->d->stats[STAT_BE_RX]++;
		mn_ro_binding_error(ro, p, m);
		return true;
	default:
		return false;
	}
}
