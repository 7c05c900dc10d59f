// SPDX-License-Identifier: GPL-2.0-or-later
/* The correspondent node as its role sees it: open, close, a message, a changed address, what mip6ctl shows. */
#include "cn/cn.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cn/cn_impl.h"
#include "kern/route.h"

#define LOOK_AGAIN 1.0 /* seconds after addresses could not be read */

/* ---- our addresses ---- */

struct addresses {
	struct in6_addr *a;
	unsigned int n, cap;
	bool no_memory;
};

static void see_addr(const struct kern_addr *k, void *arg)
{
	struct addresses *s = arg;
	struct in6_addr *more;

	if (s->n == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 16;
		more = realloc(s->a, s->cap * sizeof(*more));
		if (!more) {
			s->no_memory = true;
			s->cap = s->n;
			return;
		}
		s->a = more;
	}
	s->a[s->n++] = k->addr;
}

/* 0 or -errno, and the old ones go on to count. */
static int read_addresses(struct cn *cn)
{
	struct addresses s = { 0 };
	int err = kern_addr_dump(0, see_addr, &s);

	if (!err && s.no_memory)
		err = -ENOMEM;
	if (err) {
		free(s.a);
		return err;
	}
	free(cn->ours);
	cn->ours = s.a;
	cn->n_ours = s.n;
	return 0;
}

bool cn_is_ours(const struct cn *cn, const struct in6_addr *addr)
{
	for (unsigned int i = 0; i < cn->n_ours; i++)
		if (IN6_ARE_ADDR_EQUAL(&cn->ours[i], addr))
			return true;
	return false;
}

/* What was bound to an address that is gone. */
static void end_orphan(struct cn_binding *b, void *arg)
{
	struct cn *cn = arg;

	if (b->live && !cn_is_ours(cn, &b->ours)) {
		log_info("binding-orphaned", "type=correspondent home_address=%s our_address=%s", log_addr(&b->hoa), log_addr(&b->ours));
		cn_notify(cn, "binding-orphaned", b);
		cn_end(cn, b);
	}
}

static void on_look(struct ev_loop *loop, struct ev_timer *w, int revents)
{
	struct cn *cn = w->data;
	uint64_t at = 0;
	int err = read_addresses(cn);

	(void)revents;
	if (err) {
		log_error("addresses-unreadable", "error=\"%s\"", strerror(-err));
		ev_timer_set(w, LOOK_AGAIN, 0);
		ev_timer_start(loop, w);
		return;
	}
	cn_cache_walk(&cn->cache, &at, UINT32_MAX, end_orphan, cn);
}

/* Many changes are one look. */
void cn_addr_changed(struct cn *cn)
{
	if (!cn || ev_is_active(&cn->look))
		return;
	ev_timer_set(&cn->look, 0, 0);
	ev_timer_start(cn->d->loop, &cn->look);
}

/* ---- open and close ---- */

/* libcrypto looks for its algorithms when they are used first, which takes longer than the rest of an answer. */
static void warm_up(const struct cn *cn)
{
	uint8_t token[RR_TOKEN_LEN], kbm[RR_KBM_LEN];

	if (!rr_token(cn->nonces.kcn, &in6addr_any, cn->nonces.ring[cn->nonces.newest].value, RR_HOME, token))
		rr_kbm(token, NULL, kbm);
	rr_wipe(token, sizeof(token));
	rr_wipe(kbm, sizeof(kbm));
}

struct cn *cn_open(struct daemon *d, struct ro *ro, char *err, size_t err_len)
{
	struct cn *cn = calloc(1, sizeof(*cn));
	const struct log_limit quiet = { .burst = 10 };
	double now = clock_now();
	int rc = cn ? cn_cache_init(&cn->cache, d->conf->cn_max_bindings, d->conf->cn_max_bindings_per_source) : -ENOMEM;

	if (rc) {
		free(cn);
		snprintf(err, err_len, "%s", strerror(-rc));
		return NULL;
	}
	cn->d = d;
	cn->ro = ro;
	for (unsigned int i = 0; i < CN_LOG_MAX; i++)
		cn->log[i] = quiet;
	limit_init(&cn->tests, CN_TEST_RATE, CN_TEST_BURST, now);
	limit_init(&cn->rejects, CN_REJECT_RATE, CN_REJECT_BURST, now);
	peer_limit_init(&cn->test_source, CN_TEST_SOURCE_RATE, CN_TEST_SOURCE_BURST, now);
	peer_limit_init(&cn->reject_peer, CN_REJECT_PEER_RATE, CN_REJECT_PEER_BURST, now);
	ev_timer_init(&cn->look, on_look, 0, 0);
	cn->look.data = cn;
	cn_age_init(cn);
	rc = cn_nonce_init(&cn->nonces, now);
	if (rc) {
		snprintf(err, err_len, "no random numbers for nonces: %s", strerror(-rc));
		cn_close(cn);
		return NULL;
	}
	warm_up(cn);
	rc = read_addresses(cn);
	if (rc) {
		snprintf(err, err_len, "cannot read our addresses: %s", strerror(-rc));
		cn_close(cn);
		return NULL;
	}
	return cn;
}

static void drop(struct cn_binding *b, void *arg)
{
	cn_drop(arg, b);
}

void cn_close(struct cn *cn)
{
	uint64_t at = 0;

	if (!cn)
		return;
	ev_timer_stop(cn->d->loop, &cn->look);
	cn_age_stop(cn);
	cn_cache_walk(&cn->cache, &at, UINT32_MAX, drop, cn);
	cn_cache_free(&cn->cache);
	cn_nonce_wipe(&cn->nonces);
	free(cn->ours);
	free(cn);
}

void cn_set_veto(struct cn *cn, cn_veto veto)
{
	if (cn)
		cn->veto = veto;
}

/* ---- messages ---- */

bool cn_mh(struct cn *cn, const struct mh_packet *p, const struct mh_msg *m)
{
	if (!cn)
		return false;
	switch (m->type) {
	case MH_HOTI:
	case MH_COTI:
		cn_test_init(cn, p, m);
		return true;
	case MH_BU:
		if (m->bu.flags & MH_BU_H && cn->d->conf->role == ROLE_HA)
			return false;
		cn_binding_update(cn, p, m);
		return true;
	default:
		return false;
	}
}

int cn_send(struct cn *cn, enum stat_id counter, const struct in6_addr *ours, const struct in6_addr *to,
	    const struct in6_addr *rt2, const uint8_t *buf, ssize_t len)
{
	int err = len < 0 ? (int)len : cn->d->mh_send(cn->d, ours, to, rt2, 0, buf, (size_t)len);

	if (!err)
		cn->d->stats[counter]++;
	else if (log_allow(&cn->log[CN_LOG_SEND], "answer-not-sent"))
		log_info("answer-not-sent", "to=%s type=%u error=\"%s\"", log_addr(to), len > 2 ? buf[2] : 0, strerror(-err));
	return err;
}

bool cn_bound(const struct cn *cn, const struct in6_addr *hoa)
{
	return cn && cn_cache_has_home(&cn->cache, hoa);
}

/* ---- mip6ctl ---- */

static struct json_object *binding_json(const struct cn_binding *b)
{
	struct json_object *o = json_object_new_object();
	double now = clock_now();

	json_object_object_add(o, "home_address", json_object_new_string(log_addr(&b->hoa)));
	json_object_object_add(o, "care_of_address", json_object_new_string(log_addr(&b->coa)));
	json_object_object_add(o, "type", json_object_new_string("correspondent"));
	json_object_object_add(o, "correspondent_address", json_object_new_string(log_addr(&b->ours)));
	json_object_object_add(o, "state", json_object_new_string(b->live ? "bound" : "remembered"));
	json_object_object_add(o, "sequence", json_object_new_int(b->seq));
	json_object_object_add(o, "lifetime_s", json_object_new_int64(b->lifetime));
	json_object_object_add(o, "remaining_s", json_object_new_int64(b->live && b->expires > now ? (int64_t)(b->expires - now) : 0));
	json_object_object_add(o, "registered_ago_s", json_object_new_int64((int64_t)(now - b->registered)));
	return o;
}

void cn_notify(struct cn *cn, const char *event, const struct cn_binding *b)
{
	cn->d->notify(cn->d, event, binding_json(b));
}

static void add_row(struct cn_binding *b, void *arg)
{
	if (b->live)
		json_object_array_add(arg, binding_json(b));
}

bool cn_rows(struct cn *cn, uint64_t *at, unsigned int max, struct json_object *rows)
{
	return cn && cn_cache_walk(&cn->cache, at, max, add_row, rows);
}

void cn_status(struct cn *cn, struct json_object *fields)
{
	if (!cn)
		return;
	json_object_object_add(fields, "correspondent_bindings", json_object_new_int64(cn->cache.live));
	json_object_object_add(fields, "correspondent_remembered", json_object_new_int64(cn->cache.count - cn->cache.live));
	json_object_object_add(fields, "max_correspondent_bindings", json_object_new_int64(cn->cache.max));
	json_object_object_add(fields, "nonces", cn_nonce_rows(&cn->nonces, clock_now()));
}
