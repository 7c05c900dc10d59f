// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a correspondent node does with a Binding Update: RFC 6275 9.5.1 to 9.5.4.
 *
 * First what anybody can write: addresses, options, nonce indices. Only an unknown nonce is answered (136 to 138), by necessity without proof
 * of who asks, so within limits. Then the authenticator, whose failure is silent. What comes after it is said to the mobile
 * node itself, with an authenticator of ours.
 */
#include <errno.h>
#include <string.h>

#include "cn/cn_impl.h"
#include "core/addr.h"
#include "kern/nl.h"
#include "ro/ro.h"

struct update {
	const struct mh_packet *p;
	const struct mh_msg *m;
	struct in6_addr hoa;
	struct in6_addr from; /* source on the wire, where the answer goes */
	struct in6_addr coa;
	bool deregister;
	double authorized;    /* birth of the older one of its nonces */
	uint8_t kbm[RR_KBM_LEN];
};

/* The address that is authenticated: 6.2.7, for the acknowledgement the same as for the update. */
static const struct in6_addr *authenticated_coa(const struct update *u)
{
	return u->deregister ? &u->hoa : &u->coa;
}

/* kbm: of the update, or NULL for an answer that nobody can check. */
static void acknowledge(struct cn *cn, const struct update *u, uint8_t status, uint16_t seq, uint32_t lifetime, const uint8_t *kbm)
{
	struct mh_msg m = {
		.type = MH_BA,
		.ba = { .status = status, .seq = seq, .lifetime = mh_lifetime_from_sec(lifetime) },
		.opts = { .has_auth = kbm != NULL },
	};
	const struct in6_addr *rt2 = u->p->has_coa ? &u->from : NULL;
	uint8_t buf[64];
	size_t at = 0;
	ssize_t len = mh_build(buf, sizeof(buf), &m, &at);

	if (len > 0 && kbm && rr_authenticator(kbm, authenticated_coa(u), &u->p->dst, buf, (size_t)len, at, buf + at))
		return;
	if (!cn_send(cn, STAT_BA_TX, &u->p->dst, &u->hoa, rt2, buf, len))
		log_debug("acknowledgement-sent", "home_address=%s to=%s status=%u sequence=%u", log_addr(&u->hoa), log_addr(&u->from),
			  status, seq);
}

static void log_rejected(struct cn *cn, const struct update *u, uint8_t status)
{
	cn->d->stats[STAT_REG_REJECTED]++;
	if (log_allow(&cn->log[CN_LOG_REJECT], "registration-rejected"))
		log_info("registration-rejected", "type=correspondent home_address=%s care_of_address=%s status=%u reason=\"%s\" sequence=%u",
			 log_addr(&u->hoa), log_addr(&u->coa), status, mh_status_name(status), u->m->bu.seq);
}

/* To somebody who may be anybody. */
static void reject_unknown(struct cn *cn, const struct update *u, uint8_t status)
{
	double now = clock_now();

	log_rejected(cn, u, status);
	if (!peer_limit_take(&cn->reject_peer, &u->from, now) || !limit_take(&cn->rejects, now)) {
		cn->d->stats[STAT_MH_LIMITED]++;
		return;
	}
	acknowledge(cn, u, status, u->m->bu.seq, 0, NULL);
}

/* 9.5.4: these are told in any case, the others if the mobile node wants to know. */
static bool always_told(uint8_t status)
{
	return status == BA_SEQ_OUT_OF_WINDOW || status == BA_NO_RESOURCES || status == BA_REG_TYPE_CHANGE;
}

static void reject(struct cn *cn, const struct update *u, uint8_t status, uint16_t seq)
{
	log_rejected(cn, u, status);
	if (u->m->bu.flags & MH_BU_A || always_told(status))
		acknowledge(cn, u, status, seq, 0, u->kbm);
}

/* ---- authentication ---- */

static void unauthenticated(struct cn *cn, const struct update *u, const char *why)
{
	cn->d->stats[STAT_BU_UNAUTH]++;
	if (log_allow(&cn->log[CN_LOG_UNAUTH], "update-unauthenticated"))
		log_info("update-unauthenticated", "home_address=%s care_of_address=%s from=%s reason=%s", log_addr(&u->hoa),
			 log_addr(&u->coa), log_addr(&u->from), why);
}

/* The key of this update, made again from its nonces: 5.2.5. 0 or -EIO. */
static int make_kbm(struct cn *cn, struct update *u, const struct cn_nonce *home, const struct cn_nonce *care_of)
{
	uint8_t home_token[RR_TOKEN_LEN], coa_token[RR_TOKEN_LEN];
	int err = rr_token(cn->nonces.kcn, &u->hoa, home->value, RR_HOME, home_token);

	if (!err && !u->deregister)
		err = rr_token(cn->nonces.kcn, &u->coa, care_of->value, RR_CARE_OF, coa_token);
	if (!err)
		err = rr_kbm(home_token, u->deregister ? NULL : coa_token, u->kbm);
	rr_wipe(home_token, sizeof(home_token));
	rr_wipe(coa_token, sizeof(coa_token));
	return err;
}

/* True: it comes from who has the home address, and, unless it de-registers, the care-of address. Otherwise all is said. */
static bool authenticate(struct cn *cn, struct update *u)
{
	const struct mh_opts *o = &u->m->opts;
	const struct cn_nonce *home, *care_of;
	uint8_t auth[MH_AUTH_LEN];
	double now = clock_now();

	if (!o->has_nonce || !o->has_auth || o->auth_offset + MH_AUTH_LEN != u->p->len) {
		unauthenticated(cn, u, "no-authenticator");
		return false;
	}
	home = cn_nonce_find(&cn->nonces, o->home_nonce, now);
	care_of = u->deregister ? home : cn_nonce_find(&cn->nonces, o->coa_nonce, now);
	if (!home || !care_of) {
		cn->d->stats[STAT_BU_NONCE]++;
		reject_unknown(cn, u, home ? BA_COA_NONCE_EXPIRED : care_of || u->deregister ? BA_HOME_NONCE_EXPIRED : BA_NONCES_EXPIRED);
		return false;
	}
	u->authorized = home->born < care_of->born ? home->born : care_of->born;
	if (make_kbm(cn, u, home, care_of) ||
	    rr_authenticator(u->kbm, authenticated_coa(u), &u->p->dst, u->p->data, u->p->len, o->auth_offset, auth) ||
	    !rr_equal(auth, o->auth, sizeof(auth))) {
		unauthenticated(cn, u, "wrong-authenticator");
		return false;
	}
	return true;
}

/* ---- what it asks for ---- */

static void granted(struct cn *cn, struct cn_binding *b, const struct update *u, const char *event)
{
	cn->d->stats[STAT_REG_ACCEPTED]++;
	log_info(event, "type=correspondent home_address=%s care_of_address=%s sequence=%u lifetime_s=%u", log_addr(&b->hoa),
		 log_addr(&b->coa), b->seq, b->lifetime);
	if (strcmp(event, "binding-refreshed") != 0)
		cn_notify(cn, event, b);
	cn_age_start(cn, b);
	if (u->m->bu.flags & MH_BU_A)
		acknowledge(cn, u, BA_ACCEPTED, b->seq, b->lifetime, u->kbm);
}

static void evict(struct cn *cn, struct cn_binding *b)
{
	cn->d->stats[STAT_BC_EVICTED]++;
	if (log_allow(&cn->log[CN_LOG_EVICT], "binding-evicted"))
		log_notice("binding-evicted", "type=correspondent home_address=%s care_of_address=%s", log_addr(&b->hoa),
			   log_addr(&b->coa));
	if (b->live)
		cn_notify(cn, "binding-evicted", b);
	cn_nonce_forget(&cn->nonces, b->authorized);
	cn_drop(cn, b);
}

static struct cn_binding *make_room(struct cn *cn, const struct update *u)
{
	struct cn_binding *victim, *b;
	double now = clock_now();

	if (!cn_cache_room(&cn->cache, &u->coa, now, &victim))
		return NULL;
	if (victim)
		evict(cn, victim);
	b = cn_cache_add(&cn->cache, &u->hoa, &u->p->dst, &u->coa);
	if (b) {
		b->cn = cn;
		limit_init(&b->rate, CN_UPDATE_RATE, CN_UPDATE_BURST, now);
	}
	return b;
}

/* The kernel first, the answer after it. */
static void take(struct cn *cn, struct cn_binding *b, const struct update *u)
{
	const bool live = b && b->live, moved = live && !IN6_ARE_ADDR_EQUAL(&b->coa, &u->coa);
	uint32_t lifetime = mh_lifetime_to_sec(u->m->bu.lifetime);

	if (!b)
		b = make_room(cn, u);
	else if (cn_cache_move(&cn->cache, b, &u->coa)) {
		/* It is not where it was: better no binding than a false one. */
		b->seq = u->m->bu.seq;
		cn_end(cn, b);
		b = NULL;
	}
	if (!b) {
		reject(cn, u, BA_NO_RESOURCES, u->m->bu.seq);
		return;
	}
	b->seq = u->m->bu.seq;
	if (u->authorized > b->authorized)
		b->authorized = u->authorized;
	if (ro_peer_set(cn->ro, &b->ours, &b->hoa, &b->coa)) {
		cn->d->stats[STAT_KERNEL_ERRORS]++;
		if (log_allow(&cn->log[CN_LOG_KERNEL], "kernel-refused"))
			log_error("kernel-refused", "home_address=%s care_of_address=%s error=\"%s\"", log_addr(&b->hoa),
				  log_addr(&b->coa), kern_error());
		cn_end(cn, b);
		reject(cn, u, BA_NO_RESOURCES, u->m->bu.seq);
		return;
	}
	b->lifetime = lifetime < RR_MAX_BINDING_LIFETIME ? lifetime : RR_MAX_BINDING_LIFETIME;
	b->expires = clock_now() + b->lifetime;
	if (!live)
		b->registered = clock_now();
	cn_cache_set_live(&cn->cache, b, true);
	granted(cn, b, u, !live ? "binding-registered" : moved ? "binding-moved" : "binding-refreshed");
}

static void give_up(struct cn *cn, struct cn_binding *b, const struct update *u)
{
	if (b) {
		b->seq = u->m->bu.seq;
		if (b->live) {
			cn->d->stats[STAT_DEREG]++;
			log_info("binding-deregistered", "type=correspondent home_address=%s care_of_address=%s sequence=%u at_home=%s",
				 log_addr(&b->hoa), log_addr(&b->coa), b->seq, u->p->has_coa ? "no" : "yes");
			cn_notify(cn, "binding-deregistered", b);
			cn_end(cn, b);
		}
	}
	if (u->m->bu.flags & MH_BU_A)
		acknowledge(cn, u, BA_ACCEPTED, u->m->bu.seq, 0, u->kbm);
}

/* The status that refuses an authenticated update, or 0. */
static uint8_t judge(struct cn *cn, const struct cn_binding *b, const struct update *u, uint16_t *seq)
{
	uint8_t status = cn->veto ? cn->veto(cn->d, &u->p->dst, &u->hoa) : 0;

	*seq = u->m->bu.seq;
	if (status)
		return status;
	if (b && !mh_seq_newer(u->m->bu.seq, b->seq)) {
		*seq = b->seq;
		return BA_SEQ_OUT_OF_WINDOW;
	}
	if (u->deregister)
		return 0;
	/* Our own address, or one that is somebody's home: packets would come back, or go around. */
	if (!addr_routable(&u->coa) || cn_is_ours(cn, &u->coa) || cn_cache_has_home(&cn->cache, &u->coa) ||
	    (cn->veto && cn->veto(cn->d, &u->p->dst, &u->coa) == BA_REG_TYPE_CHANGE))
		return BA_INVALID_COA;
	return 0;
}

static void authenticated(struct cn *cn, const struct update *u)
{
	struct cn_binding *b = cn_cache_find(&cn->cache, &u->hoa, &u->p->dst);
	uint16_t seq;
	uint8_t status;

	if (b && !limit_take(&b->rate, clock_now())) {
		cn->d->stats[STAT_MH_LIMITED]++;
		return;
	}
	status = judge(cn, b, u, &seq);
	if (status)
		reject(cn, u, status, seq);
	else if (u->deregister)
		give_up(cn, b, u);
	else
		take(cn, b, u);
}

void cn_binding_update(struct cn *cn, const struct mh_packet *p, const struct mh_msg *m)
{
	struct update u = { .p = p, .m = m, .hoa = p->src };

	cn->d->stats[STAT_BU_RX]++;
	u.from = p->has_coa ? p->coa : p->src;
	u.coa = m->opts.has_alt_coa ? m->opts.alt_coa : u.from;
	u.deregister = !m->bu.lifetime || IN6_ARE_ADDR_EQUAL(&u.coa, &u.hoa);
	if (!addr_routable(&u.hoa) || !addr_routable(&u.from) || cn_is_ours(cn, &u.hoa) || cn_is_ours(cn, &u.from) ||
	    !cn_is_ours(cn, &p->dst) || !addr_routable(&p->dst)) {
		cn->d->stats[STAT_MH_MALFORMED]++;
		return;
	}
	if (m->bu.flags & MH_BU_H)
		reject_unknown(cn, &u, BA_HOME_REG_UNSUPPORTED);
	else if (authenticate(cn, &u))
		authenticated(cn, &u);
	rr_wipe(u.kbm, sizeof(u.kbm));
}
