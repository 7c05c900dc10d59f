/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What all phases have in common: who takes part, so many at once, repetitions, and the time that it took. */
#include <stdio.h>
#include <stdlib.h>

#include "gen.h"

#define TICK (10 * NS_PER_MS)

void window_err(struct window *w, int err)
{
	if (err && !w->err)
		w->err = err;
}

static void repeat(struct window *w, uint64_t now)
{
	for (uint32_t k = 0; k < w->next; k++) {
		struct mn *mn = &w->g->mn[w->todo[k]];

		if (mn->waiting && mn->resend <= now)
			w->repeat(w, mn, now);
	}
}

static void start(struct window *w, uint32_t i)
{
	const struct options *o = &w->g->opt;
	struct mn *mn = &w->g->mn[i];

	if (w->kind == REG_MOVE) {
		struct in6_addr first = addr_add(&o->coa, i);

		mn->coa = IN6_ARE_ADDR_EQUAL(&mn->coa, &first) ? addr_add(&o->coa2, i) : first;
	}
	mn->waiting = true;
	mn->resyncs = 0;
	w->waiting++;
	w->last_start = mn->sent = now_ns();
	w->start(w, mn);
}

static void run(struct window *w)
{
	const struct options *o = &w->g->opt;
	uint64_t tick, deadline;
	struct pkt_in in;
	int ret = 0;

	w->begin = now_ns();
	tick = w->begin + TICK;
	deadline = w->begin + o->timeout * NS_PER_S;
	while (w->next < w->n || w->waiting) {
		uint64_t now = now_ns();

		if (now >= deadline || w->err)
			break;
		if (now >= tick) {
			repeat(w, now);
			tick = now + TICK;
		}
		/* no more than a few at a time, so that answers are read and times are true */
		for (int k = 0; k < 16 && w->next < w->n && w->waiting < o->window; k++)
			start(w, w->todo[w->next++]);
		if (w->next == w->n || w->waiting >= o->window)
			pkt_wait(w->g->rx, tick);
		for (int k = 0; k < 64 && (ret = pkt_recv(w->g->rx, &in)) > 0; k++)
			w->receive(w, &in);
		window_err(w, ret < 0 ? ret : 0);
	}
}

void window_done(struct window *w, struct mn *mn, uint8_t status)
{
	w->last_answer = now_ns();
	w->latency[w->done++] = w->last_answer - mn->sent;
	w->by_status[status]++;
	mn->waiting = false;
	w->waiting--;
	if (status >= 128) {
		w->failed++;
		return;
	}
	w->ok++;
	mn->bound = w->kind != REG_DEREGISTER;
}

void window_run(struct window *w)
{
	struct pkt_in in;

	w->todo = calloc(w->g->opt.n, sizeof(*w->todo));
	w->latency = calloc(w->g->opt.n, sizeof(*w->latency));
	if (!w->todo || !w->latency) {
		perror("mngen");
		exit(1);
	}
	for (uint32_t i = 0; i < w->g->opt.n; i++) {
		w->g->mn[i].waiting = false;
		if (w->g->mn[i].bound == (w->kind != REG_REGISTER))
			w->todo[w->n++] = i;
	}
	while (pkt_recv(w->g->rx, &in) > 0)
		;
	run(w);
}

void window_begin_report(const struct window *w, const char *name)
{
	report_begin(w->g->opt.json, name);
	report_u64("n", w->n);
	report_u64("ok", w->ok);
	report_u64("failed", w->failed);
	report_u64("timeout", w->n - w->done);
	report_u64("retransmitted", w->retransmitted);
	report_u64("resynced", w->resynced);
	report_u64("unmatched", w->unmatched);
	report_u64("bad", w->bad);
	for (int s = 0; s < 256; s++) {
		char key[16];

		if (!w->by_status[s])
			continue;
		snprintf(key, sizeof(key), "status_%d", s);
		report_u64(key, w->by_status[s]);
	}
}

int window_end_report(struct window *w)
{
	double total = w->last_answer > w->begin ? (double)(w->last_answer - w->begin) / NS_PER_S : 0;

	if (w->last_start)
		report_ms("burst_ms", w->last_start - w->begin);
	report_times(w->latency, w->done);
	report_f("total_s", total);
	report_f("rate", total > 0 ? w->done / total : 0);
	report_f("each_ms", w->done ? total * 1000 / w->done : 0);
	report_end();
	if (w->err)
		fprintf(stderr, "mngen: %s\n", strerror(-w->err));
	free(w->todo);
	free(w->latency);
	return w->err || w->done < w->n || w->bad;
}
