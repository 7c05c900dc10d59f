// SPDX-License-Identifier: GPL-2.0-or-later
/* Reports are read in bounded turns, like the other sockets. One that is lost in a flood is a Binding Error less. */
#include "core/berror.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/addr.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/peer_limit.h"
#include "kern/report.h"

/* The limits of ICMPv6 errors (RFC 4443 2.4 f), a tenth of them in all. */
#define PEER_RATE  1
#define PEER_BURST 3
#define ALL_RATE   100
#define ALL_BURST  200

#define TURN_REPORTS 64

struct berror {
	struct daemon *d;
	ev_io io;
	struct limit all;
	struct peer_limit peer;
	struct log_limit log_unbound, log_error;
};

void berror_send(struct berror *b, uint8_t status, const struct in6_addr *us, const struct in6_addr *to,
		 const struct in6_addr *hoa, int ifindex)
{
	struct mh_msg m = { .type = MH_BE, .be = { .status = status, .hoa = *hoa } };
	double now = clock_now();
	uint8_t buf[64];
	ssize_t len;
	int err;

	if (IN6_IS_ADDR_UNSPECIFIED(to) || IN6_IS_ADDR_LOOPBACK(to) || IN6_IS_ADDR_MULTICAST(to) || IN6_IS_ADDR_MULTICAST(us))
		return;
	if (!peer_limit_take(&b->peer, to, now) || !limit_take(&b->all, now)) {
		b->d->stats[STAT_MH_LIMITED]++;
		return;
	}
	len = mh_build(buf, sizeof(buf), &m, NULL);
	err = len < 0 ? (int)len :
			b->d->mh_send(b->d, us, to, NULL, IN6_IS_ADDR_LINKLOCAL(to) ? ifindex : 0, buf, (size_t)len);
	if (!err)
		b->d->stats[STAT_BE_TX]++;
	else if (log_allow(&b->log_error, "binding-error-not-sent"))
		log_info("binding-error-not-sent", "to=%s error=\"%s\"", log_addr(to), strerror(-err));
}

static void on_report(struct berror *b, const struct kern_report *r)
{
	b->d->stats[STAT_HAO_UNBOUND]++;
	if (log_allow(&b->log_unbound, "home-address-unbound"))
		log_info("home-address-unbound", "home_address=%s care_of_address=%s to=%s protocol=%u", log_addr(&r->hoa),
			 log_addr(&r->coa), log_addr(&r->dst), r->proto);
	if (addr_routable(&r->coa) && addr_routable(&r->dst))
		berror_send(b, BE_UNKNOWN_HOA, &r->dst, &r->coa, &r->hoa, 0);
}

static void readable(struct ev_loop *loop, ev_io *w, int revents)
{
	struct berror *b = w->data;
	struct kern_report report;

	(void)loop;
	(void)revents;
	for (int i = 0; i < TURN_REPORTS; i++) {
		int r = kern_report_read(w->fd, &report);

		if (r == -EAGAIN)
			return;
		if (r > 0)
			on_report(b, &report);
		else if (r < 0 && r != -ENOBUFS && log_allow(&b->log_error, "receive-failed"))
			log_warn("receive-failed", "socket=report error=\"%s\"", strerror(-r));
	}
}

struct berror *berror_open(struct daemon *d, char *err, size_t err_len)
{
	struct berror *b = calloc(1, sizeof(*b));
	const struct log_limit quiet = { .burst = 5 };
	double now = clock_now();
	int fd;

	if (!b) {
		snprintf(err, err_len, "out of memory");
		return NULL;
	}
	fd = kern_report_open();
	if (fd < 0) {
		snprintf(err, err_len, "cannot listen for the kernel's reports: %s", strerror(-fd));
		free(b);
		return NULL;
	}
	b->d = d;
	b->log_unbound = b->log_error = quiet;
	limit_init(&b->all, ALL_RATE, ALL_BURST, now);
	peer_limit_init(&b->peer, PEER_RATE, PEER_BURST, now);
	ev_io_init(&b->io, readable, fd, EV_READ);
	b->io.data = b;
	ev_io_start(d->loop, &b->io);
	return b;
}

void berror_close(struct berror *b)
{
	if (!b)
		return;
	ev_io_stop(b->d->loop, &b->io);
	close(b->io.fd);
	free(b);
}
