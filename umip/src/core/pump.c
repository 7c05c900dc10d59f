// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sockets are drained in bounded turns: so many packets, or so many milliseconds of the role's work, then the loop
 * looks at its timers and the other descriptors again. Mobility Header messages are parsed first, which costs nothing
 * worth protecting, and what the role would have to answer passes two token buckets: one for its sender, one for all.
 */
#include "core/pump.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/berror.h"
#include "core/clock.h"
#include "core/limit.h"
#include "core/log.h"
#include "core/peer_limit.h"

#define TURN_PACKETS 64
#define TURN_SECONDS 0.004

#define MH_RATE	     5000 /* messages a second to the role, from all */
#define MH_BURST     10000
#define PEER_RATE    200 /* from one address on the wire */
#define PEER_BURST   1000
#define ND_RATE	     5000
#define ND_BURST     5000

struct pump {
	struct daemon *d;
	const struct role_ops *role;
	ev_io mh_io, nd_io, watch_io;
	int watch_fd;
	struct limit mh_all, nd_all;
	struct peer_limit peer;
	struct berror *berror;
	uint64_t overruns;
	struct log_limit log_malformed, log_unknown, log_limited, log_nd_limited, log_overrun, log_error;
	struct mh_packet mh;
	struct nd_packet nd;
};

static int send_by_route(struct daemon *d, const struct in6_addr *src, const struct in6_addr *dst, const struct in6_addr *rt2,
			 int ifindex, const uint8_t *data, size_t len)
{
	return mh_sock_send(d->mh_fd, src, dst, rt2, ifindex, data, len);
}

static const struct in6_addr *wire_source(const struct mh_packet *p)
{
	return p->has_coa ? &p->coa : &p->src;
}

static bool mh_within_limits(struct pump *p)
{
	double now = clock_now();

	if (peer_limit_take(&p->peer, wire_source(&p->mh), now) && limit_take(&p->mh_all, now))
		return true;
	p->d->stats[STAT_MH_LIMITED]++;
	if (log_allow(&p->log_limited, "mh-limited"))
		log_notice("mh-limited", "from=%s", log_addr(wire_source(&p->mh)));
	return false;
}

static void unknown_type(struct pump *p, uint8_t type)
{
	static const struct in6_addr none;

	p->d->stats[STAT_MH_UNKNOWN]++;
	if (log_allow(&p->log_unknown, "mh-unknown"))
		log_info("mh-unknown", "from=%s type=%u", log_addr(wire_source(&p->mh)), type);
	berror_send(p->berror, BE_UNKNOWN_MH_TYPE, &p->mh.dst, wire_source(&p->mh), p->mh.has_coa ? &p->mh.src : &none, p->mh.ifindex);
}

static void mh_packet(struct pump *p)
{
	struct daemon *d = p->d;
	struct mh_msg msg;
	size_t bad = 0;
	int r;

	d->stats[STAT_MH_RX]++;
	r = mh_parse(p->mh.data, p->mh.len, &msg, &bad);
	if (r == -EPROTONOSUPPORT) {
		unknown_type(p, msg.type);
	} else if (r) {
		d->stats[STAT_MH_MALFORMED]++;
		if (log_allow(&p->log_malformed, "mh-malformed"))
			log_info("mh-malformed", "from=%s len=%zu offset=%zu", log_addr(wire_source(&p->mh)), p->mh.len,
				 bad);
	} else if (mh_within_limits(p)) {
		p->role->mh(d, &p->mh, &msg);
	}
}

static void nd_packet(struct pump *p)
{
	struct daemon *d = p->d;

	d->stats[STAT_ND_RX]++;
	if (limit_take(&p->nd_all, clock_now())) {
		p->role->nd(d, &p->nd);
		return;
	}
	d->stats[STAT_ND_LIMITED]++;
	if (log_allow(&p->log_nd_limited, "nd-limited"))
		log_notice("nd-limited", "ifindex=%d from=%s", p->nd.ifindex, log_addr(&p->nd.src));
}

/* Whether a receive call that returned r leaves more to do in this turn. */
static bool more(struct pump *p, const char *what, int r)
{
	if (r == -EAGAIN)
		return false;
	if (r < 0 && r != -EINTR && log_allow(&p->log_error, "receive-failed"))
		log_warn("receive-failed", "socket=%s error=\"%s\"", what, strerror(-r));
	return true;
}

static void mh_readable(struct ev_loop *loop, ev_io *w, int revents)
{
	struct pump *p = w->data;
	double begin = clock_now();
	uint64_t overruns;

	(void)loop;
	(void)revents;
	for (int i = 0; i < TURN_PACKETS; i++) {
		int r = mh_sock_recv(p->d->mh_fd, &p->mh);

		if (!more(p, "mh", r))
			break;
		if (r > 0)
			mh_packet(p);
		if (clock_now() - begin > TURN_SECONDS)
			break;
	}
	overruns = mh_sock_overruns(p->d->mh_fd);
	if (overruns == p->overruns)
		return;
	p->d->stats[STAT_MH_OVERRUN] += overruns - p->overruns;
	if (log_allow(&p->log_overrun, "mh-overrun"))
		log_warn("mh-overrun", "lost=%llu", (unsigned long long)(overruns - p->overruns));
	p->overruns = overruns;
}

static void nd_readable(struct ev_loop *loop, ev_io *w, int revents)
{
	struct pump *p = w->data;
	double begin = clock_now();

	(void)loop;
	(void)revents;
	for (int i = 0; i < TURN_PACKETS; i++) {
		int r = nd_sock_recv(p->d->nd_fd, &p->nd);

		if (!more(p, "nd", r))
			break;
		if (r > 0)
			nd_packet(p);
		if (clock_now() - begin > TURN_SECONDS)
			break;
	}
}

static void watch_readable(struct ev_loop *loop, ev_io *w, int revents)
{
	(void)loop;
	(void)w;
	(void)revents;
	kern_watch_read();
}

static void on_link(const struct kern_link *l, void *arg)
{
	struct pump *p = arg;

	p->role->link(p->d, l);
}

static void on_addr(const struct kern_addr *a, bool deleted, void *arg)
{
	struct pump *p = arg;

	p->role->addr(p->d, a, deleted);
}

static void on_route(const struct kern_route *r, bool deleted, void *arg)
{
	struct pump *p = arg;

	p->role->route(p->d, r, deleted);
}

static void on_neigh_failed(int ifindex, const struct in6_addr *addr, void *arg)
{
	struct pump *p = arg;

	p->role->neigh_failed(p->d, ifindex, addr);
}

static void on_resync(void *arg)
{
	struct pump *p = arg;

	log_notice("kernel-resync", "reason=notifications-lost");
	if (p->role->resync)
		p->role->resync(p->d);
}

static int open_watch(struct pump *p)
{
	const struct kern_watch_ops ops = {
		.link = p->role->link ? on_link : NULL,
		.addr = p->role->addr ? on_addr : NULL,
		.neigh_failed = p->role->neigh_failed ? on_neigh_failed : NULL,
		.route = p->role->route ? on_route : NULL,
		.resync = on_resync,
	};

	return kern_watch_open(&ops, p);
}

static void start_io(struct pump *p, ev_io *w, void (*cb)(struct ev_loop *, ev_io *, int), int fd)
{
	ev_io_init(w, cb, fd, EV_READ);
	w->data = p;
	ev_io_start(p->d->loop, w);
}

struct pump *pump_open(struct daemon *d, const struct role_ops *role, char *err, size_t err_len)
{
	struct pump *p = calloc(1, sizeof(*p));
	double now = clock_now();
	const struct log_limit quiet = { .burst = 5 };
	const char *what;
	int r;

	d->mh_fd = d->nd_fd = -1;
	d->mh_send = send_by_route;
	if (!p) {
		snprintf(err, err_len, "out of memory");
		return NULL;
	}
	p->d = d;
	p->role = role;
	p->watch_fd = -1;
	limit_init(&p->mh_all, MH_RATE, MH_BURST, now);
	limit_init(&p->nd_all, ND_RATE, ND_BURST, now);
	peer_limit_init(&p->peer, PEER_RATE, PEER_BURST, now);
	p->log_malformed = p->log_unknown = p->log_limited = p->log_nd_limited = p->log_overrun = p->log_error = quiet;

	what = "Mobility Header socket";
	r = d->mh_fd = mh_sock_open();
	if (r >= 0) {
		what = "Neighbour Discovery socket";
		r = d->nd_fd = nd_sock_open();
	}
	if (r >= 0) {
		what = "kernel notifications";
		r = p->watch_fd = open_watch(p);
	}
	if (r < 0) {
		snprintf(err, err_len, "cannot open the %s: %s", what, strerror(-r));
		pump_close(p);
		return NULL;
	}
	p->berror = berror_open(d, err, err_len);
	if (!p->berror) {
		pump_close(p);
		return NULL;
	}
	start_io(p, &p->mh_io, mh_readable, d->mh_fd);
	start_io(p, &p->nd_io, nd_readable, d->nd_fd);
	start_io(p, &p->watch_io, watch_readable, p->watch_fd);
	return p;
}

void pump_close(struct pump *p)
{
	struct daemon *d;

	if (!p)
		return;
	d = p->d;
	/* A watcher that was never started may be stopped */
	ev_io_stop(d->loop, &p->mh_io);
	ev_io_stop(d->loop, &p->nd_io);
	ev_io_stop(d->loop, &p->watch_io);
	berror_close(p->berror);
	if (p->watch_fd >= 0)
		kern_watch_close();
	if (d->nd_fd >= 0)
		close(d->nd_fd);
	if (d->mh_fd >= 0)
		close(d->mh_fd);
	d->mh_fd = d->nd_fd = -1;
	free(p);
}
