// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The end of bindings, and before it the question whether they are in use: then a Binding Refresh Request (RFC 6275 9.5.5) lets the mobile
 * node renew a binding that would end under its traffic. Two looks at most, half a minute before the end and a quarter of
 * one. A look asks the kernel about all pairs at once, so bindings that are due at about the same time share it.
 */
#include <string.h>

#include "cn/cn_impl.h"
#include "kern/nl.h"
#include "ro/ro.h"

#define LOOKS 2
#define NEVER 1e300
#define SHARED 1.0 /* seconds: what is due so soon is looked at now */

static void out_of_kernel(struct cn *cn, const struct cn_binding *b)
{
	if (!ro_peer_set(cn->ro, &b->ours, &b->hoa, NULL))
		return;
	cn->d->stats[STAT_KERNEL_ERRORS]++;
	if (log_allow(&cn->log[CN_LOG_KERNEL], "kernel-refused"))
		log_error("kernel-refused", "home_address=%s care_of_address=%s error=\"%s\"", log_addr(&b->hoa), log_addr(&b->coa),
			  kern_error());
}

void cn_drop(struct cn *cn, struct cn_binding *b)
{
	if (b->live)
		out_of_kernel(cn, b);
	ev_timer_stop(cn->d->loop, &b->timer);
	cn_cache_remove(&cn->cache, b);
}

static void on_timer(struct ev_loop *loop, struct ev_timer *w, int revents);

static void set_timer(struct cn *cn, struct cn_binding *b, double at)
{
	double in = at - clock_now();

	ev_timer_stop(cn->d->loop, &b->timer);
	ev_timer_init(&b->timer, on_timer, in > 0 ? in : 0, 0);
	b->timer.data = b;
	ev_timer_start(cn->d->loop, &b->timer);
}

void cn_end(struct cn *cn, struct cn_binding *b)
{
	double oblivion = b->authorized + RR_MAX_NONCE_LIFETIME;

	if (oblivion <= clock_now() || b->authorized <= cn->nonces.floor) {
		cn_drop(cn, b);
		return;
	}
	if (b->live)
		out_of_kernel(cn, b);
	cn_cache_set_live(&cn->cache, b, false);
	set_timer(cn, b, oblivion);
}

static void on_timer(struct ev_loop *loop, struct ev_timer *w, int revents)
{
	struct cn_binding *b = w->data;
	struct cn *cn = b->cn;

	(void)loop;
	(void)revents;
	if (!b->live) {
		cn_drop(cn, b);
		return;
	}
	cn->d->stats[STAT_EXPIRED]++;
	log_info("binding-expired", "type=correspondent home_address=%s care_of_address=%s", log_addr(&b->hoa), log_addr(&b->coa));
	cn_notify(cn, "binding-expired", b);
	cn_end(cn, b);
}

/* ---- Binding Refresh Requests ---- */

/* When to look at its use next. */
static double due(const struct cn_binding *b)
{
	double lead = b->lifetime / 4.0 < CN_REFRESH_LEAD ? b->lifetime / 4.0 : CN_REFRESH_LEAD;

	if (!b->live || b->asked >= LOOKS)
		return NEVER;
	return b->expires - (b->asked ? lead / 2 : lead);
}

static void look_at(struct cn *cn, double when)
{
	double in = when - clock_now();

	if (in < CN_REFRESH_GAP)
		in = CN_REFRESH_GAP;
	if (ev_is_active(&cn->refresh) && ev_timer_remaining(cn->d->loop, &cn->refresh) <= in)
		return;
	ev_timer_stop(cn->d->loop, &cn->refresh);
	ev_timer_set(&cn->refresh, in, 0);
	ev_timer_start(cn->d->loop, &cn->refresh);
}

struct look {
	struct cn *cn;
	double now, next;
	unsigned int n;
};

static void count_due(struct cn_binding *b, void *arg)
{
	struct look *l = arg;

	l->n += due(b) <= l->now;
}

static void ask(const struct in6_addr *ours, const struct in6_addr *peer, double in, double out, void *arg)
{
	const struct mh_msg m = { .type = MH_BRR };
	struct look *l = arg;
	struct cn_binding *b = cn_cache_find(&l->cn->cache, peer, ours);
	uint8_t buf[16];

	if (!b || due(b) > l->now || (in > CN_REFRESH_IDLE && out > CN_REFRESH_IDLE))
		return;
	log_debug("refresh-requested", "home_address=%s care_of_address=%s", log_addr(&b->hoa), log_addr(&b->coa));
	cn_send(l->cn, STAT_BRR_TX, ours, peer, &b->coa, buf, mh_build(buf, sizeof(buf), &m, NULL));
}

static void looked(struct cn_binding *b, void *arg)
{
	struct look *l = arg;

	if (due(b) <= l->now)
		b->asked++;
	if (due(b) < l->next)
		l->next = due(b);
}

static void on_refresh(struct ev_loop *loop, struct ev_timer *w, int revents)
{
	struct cn *cn = w->data;
	struct look l = { .cn = cn, .now = clock_now() + SHARED, .next = NEVER };
	uint64_t at = 0;
	int err;

	(void)loop;
	(void)revents;
	cn_cache_walk(&cn->cache, &at, UINT32_MAX, count_due, &l);
	err = l.n ? ro_each_used(cn->ro, ask, &l) : 0;
	if (err && log_allow(&cn->log[CN_LOG_KERNEL], "use-unknown"))
		log_warn("use-unknown", "error=\"%s\"", strerror(-err));
	at = 0;
	cn_cache_walk(&cn->cache, &at, UINT32_MAX, looked, &l);
	if (l.next < NEVER)
		look_at(cn, l.next);
}

/* ---- the kernel ---- */

static void on_check(struct ev_loop *loop, struct ev_timer *w, int revents)
{
	struct cn *cn = w->data;
	int n;

	(void)revents;
	if (!cn->cache.live) {
		ev_timer_stop(loop, w);
		return;
	}
	n = ro_reconcile(cn->ro);
	if (n > 0)
		log_warn("kernel-repaired", "objects=%d", n);
	else if (n < 0 && log_allow(&cn->log[CN_LOG_KERNEL], "kernel-unreadable"))
		log_warn("kernel-unreadable", "error=\"%s\"", strerror(-n));
}

void cn_age_start(struct cn *cn, struct cn_binding *b)
{
	b->asked = 0;
	set_timer(cn, b, b->expires);
	look_at(cn, due(b));
	if (!ev_is_active(&cn->check)) {
		ev_timer_set(&cn->check, CN_CHECK, CN_CHECK);
		ev_timer_start(cn->d->loop, &cn->check);
	}
}

void cn_age_init(struct cn *cn)
{
	ev_timer_init(&cn->refresh, on_refresh, 0, 0);
	cn->refresh.data = cn;
	ev_timer_init(&cn->check, on_check, 0, 0);
	cn->check.data = cn;
}

void cn_age_stop(struct cn *cn)
{
	ev_timer_stop(cn->d->loop, &cn->refresh);
	ev_timer_stop(cn->d->loop, &cn->check);
}
