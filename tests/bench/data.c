/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pings from every bound mobile node through the reverse tunnel to the correspondent, one in each interval, evenly spread. A reply
 * counts when it comes back through the tunnel to the care-of address, once. `stray' is the opposite: those without a binding send, and no
 * reply may come. `direct' has a Home Address option in place of the tunnel, and the reply a type 2 routing header.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "gen.h"

#define GRACE (2 * NS_PER_S)

struct data {
	struct gen *g;
	enum data_kind kind;
	uint32_t *mns, n, rounds;
	uint16_t id;
	uint8_t *seen; /* round by mobile node: 1 answered */
	uint64_t *rtt;
	uint64_t sent, received, duplicated, wrong;
	int err;
};

static void receive(struct data *d, const struct pkt_in *in)
{
	const struct options *o = &d->g->opt;
	const bool direct = d->kind == DATA_DIRECT;
	int64_t i = in->kind == PKT_ECHO_REPLY || in->kind == PKT_ECHO_DIRECT ? addr_index(&o->hoa, &in->hoa, o->n) : -1;
	uint8_t *seen;

	if (i < 0 || in->id != d->id)
		return;
	if (in->bad || in->seq >= d->rounds || (in->kind == PKT_ECHO_DIRECT) != direct || in->has_rt2 != direct ||
	    !IN6_ARE_ADDR_EQUAL(&in->src, direct ? &o->cn : &o->ha) ||
	    !IN6_ARE_ADDR_EQUAL(&in->cn, &o->cn) || !IN6_ARE_ADDR_EQUAL(&in->dst, &d->g->mn[i].coa)) {
		d->wrong++;
		return;
	}
	seen = &d->seen[(size_t)in->seq * o->n + (size_t)i];
	if (*seen) {
		d->duplicated++;
		return;
	}
	*seen = 1;
	d->rtt[d->received++] = now_ns() - in->stamp;
}

static void drain(struct data *d)
{
	struct pkt_in in;
	int ret;

	while ((ret = pkt_recv(d->g->rx, &in)) > 0)
		receive(d, &in);
	if (ret < 0)
		d->err = ret;
}

static void run(struct data *d, uint64_t interval)
{
	uint64_t total = (uint64_t)d->n * d->rounds, begin = now_ns(), end;
	uint8_t pkt[PKT_MAX];

	while (d->sent < total && !d->err) {
		const struct mn *mn = &d->g->mn[d->mns[d->sent % d->n]];
		uint64_t due = begin + d->sent * interval / d->n;
		size_t len;

		drain(d);
		if (now_ns() < due) {
			pkt_wait(d->g->rx, due);
			continue;
		}
		len = (d->kind == DATA_DIRECT ? pkt_build_echo_direct : pkt_build_echo)(pkt, sizeof(pkt), &d->g->opt, mn, d->id,
											 (uint16_t)(d->sent / d->n));
		d->err = pkt_send(d->g->tx, pkt, len);
		d->sent++;
	}
	end = now_ns() + GRACE;
	while (d->received < d->sent && now_ns() < end && !d->err) {
		pkt_wait(d->g->rx, end);
		drain(d);
	}
}

int data_run(struct gen *g, enum data_kind kind, uint32_t seconds, uint32_t interval_ms)
{
	static const char *const names[] = { "data", "stray", "direct" };
	const bool bound = kind != DATA_STRAY;
	struct data d = { .g = g, .kind = kind, .id = (uint16_t)getpid(), .rounds = 1 };

	if (interval_ms && seconds * 1000 > interval_ms)
		d.rounds = seconds * 1000 / interval_ms;
	if (d.rounds > UINT16_MAX)
		d.rounds = UINT16_MAX;
	d.mns = calloc(g->opt.n, sizeof(*d.mns));
	d.seen = calloc(g->opt.n, d.rounds);
	d.rtt = calloc((size_t)g->opt.n * d.rounds, sizeof(*d.rtt));
	if (!d.mns || !d.seen || !d.rtt) {
		perror("mngen");
		exit(1);
	}
	for (uint32_t i = 0; i < g->opt.n; i++)
		if (g->mn[i].bound == bound)
			d.mns[d.n++] = i;
	if (d.n)
		run(&d, interval_ms * NS_PER_MS);

	report_begin(g->opt.json, names[kind]);
	report_u64("n", d.n);
	report_u64("sent", d.sent);
	report_u64("received", d.received);
	report_u64("lost", d.sent - d.received);
	report_u64("duplicated", d.duplicated);
	report_u64("wrong", d.wrong);
	report_times(d.rtt, d.received);
	report_end();
	if (d.err)
		fprintf(stderr, "mngen: %s\n", strerror(-d.err));
	free(d.mns);
	free(d.seen);
	free(d.rtt);
	return d.err || d.wrong || (bound ? d.received < d.sent : d.received > 0);
}
