/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The four things a mobile node asks of its home agent, for all of them at once with a window of outstanding updates.
 *
 * A mobile node retransmits as RFC 6275 11.8 says: with a new sequence number, after InitialBindackTimeoutFirstReg (1.5 s) or ReReg (1 s), doubled
 * up to 32 s. An acknowledgement counts when it comes to the current care-of address with the home address in its routing header and the sequence
 * number of an update that is outstanding (11.7.3). Status 135 makes the mobile node go on from the sequence number that it names.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "gen.h"
#include "wire/mh.h"

#define TIMEOUT_FIRST_MS 1500
#define TIMEOUT_REREG_MS 1000
#define TIMEOUT_MAX_MS 32000
#define TICK (10 * NS_PER_MS)
#define MAX_RESYNCS 3
#define MAX_NAMED 16

static const char *const kind_name[] = { "register", "refresh", "move", "deregister" };

struct phase {
	struct gen *g;
	enum reg_kind kind;
	uint32_t *todo, n, next; /* mobile nodes that take part; the first that was not started */
	uint32_t waiting, done;
	uint32_t ok, failed, retransmitted, resynced, unmatched, bad;
	uint32_t by_status[256];
	uint64_t *latency; /* of those that were answered */
	uint64_t begin, last_start, last_answer;
	char refused[MAX_NAMED * (INET6_ADDRSTRLEN + 5)];
	uint32_t n_refused;
	int err;
};

static void send_update(struct phase *p, struct mn *mn)
{
	uint8_t pkt[PKT_MAX];
	size_t len;
	int err;

	mn->seq++;
	len = pkt_build_bu(pkt, sizeof(pkt), &p->g->opt, mn, p->kind == REG_DEREGISTER ? 0 : p->g->opt.lifetime);
	err = len ? pkt_send(p->g->tx, pkt, len) : -1;
	if (err && !p->err)
		p->err = err;
	mn->resend = now_ns() + mn->timeout_ms * NS_PER_MS;
}

static void start(struct phase *p, uint32_t i)
{
	const struct options *o = &p->g->opt;
	struct mn *mn = &p->g->mn[i];

	if (p->kind == REG_MOVE) {
		struct in6_addr first = addr_add(&o->coa, i);

		mn->coa = IN6_ARE_ADDR_EQUAL(&mn->coa, &first) ? addr_add(&o->coa2, i) : first;
	}
	mn->waiting = true;
	mn->seq_first = (uint16_t)(mn->seq + 1);
	mn->resyncs = 0;
	mn->timeout_ms = p->kind == REG_REGISTER ? TIMEOUT_FIRST_MS : TIMEOUT_REREG_MS;
	if (o->retransmit_ms)
		mn->timeout_ms = o->retransmit_ms;
	p->waiting++;
	p->last_start = mn->sent = now_ns();
	send_update(p, mn);
}

static void retransmit(struct phase *p, uint64_t now)
{
	for (uint32_t k = 0; k < p->next; k++) {
		struct mn *mn = &p->g->mn[p->todo[k]];

		if (!mn->waiting || mn->resend > now)
			continue;
		mn->timeout_ms = mn->timeout_ms * 2 < TIMEOUT_MAX_MS ? mn->timeout_ms * 2 : TIMEOUT_MAX_MS;
		p->retransmitted++;
		send_update(p, mn);
	}
}

static void name_refused(struct phase *p, const struct mn *mn, uint8_t status)
{
	char text[INET6_ADDRSTRLEN];
	size_t used = strlen(p->refused);

	if (p->n_refused++ >= MAX_NAMED)
		return;
	inet_ntop(AF_INET6, &mn->hoa, text, sizeof(text));
	snprintf(p->refused + used, sizeof(p->refused) - used, "%s%s/%u", used ? "," : "", text, status);
}

static void finish(struct phase *p, struct mn *mn, const struct pkt_in *in)
{
	uint16_t asked = p->kind == REG_DEREGISTER ? 0 : mh_lifetime_from_sec(p->g->opt.lifetime);

	p->last_answer = now_ns();
	p->latency[p->done++] = p->last_answer - mn->sent;
	p->by_status[in->status]++;
	mn->waiting = false;
	p->waiting--;
	if (in->status >= 128) {
		p->failed++;
		name_refused(p, mn, in->status);
		return;
	}
	p->ok++;
	mn->bound = p->kind != REG_DEREGISTER;
	if (!in->has_rt2 || in->lifetime > asked || (asked && !in->lifetime))
		p->bad++;
}

static void receive(struct phase *p, const struct pkt_in *in)
{
	const struct options *o = &p->g->opt;
	int64_t i = in->kind == PKT_BA ? addr_index(&o->hoa, &in->hoa, o->n) : -1;
	struct mn *mn = i >= 0 ? &p->g->mn[i] : NULL;

	/* another generator's, or an answer to an earlier care-of address */
	if (!mn || !IN6_ARE_ADDR_EQUAL(&in->dst, &mn->coa))
		return;
	if (in->bad || !IN6_ARE_ADDR_EQUAL(&in->src, &o->ha)) {
		p->bad++;
	} else if (mn->waiting && in->status == BA_SEQ_OUT_OF_WINDOW && mn->resyncs < MAX_RESYNCS) {
		mn->resyncs++;
		p->resynced++;
		mn->seq = in->seq;
		mn->seq_first = (uint16_t)(mn->seq + 1);
		send_update(p, mn);
	} else if (!mn->waiting || (uint16_t)(in->seq - mn->seq_first) > (uint16_t)(mn->seq - mn->seq_first)) {
		p->unmatched++;
	} else {
		finish(p, mn, in);
	}
}

static void run(struct phase *p)
{
	const struct options *o = &p->g->opt;
	uint64_t tick, deadline;
	struct pkt_in in;
	int ret = 0;

	p->begin = now_ns();
	tick = p->begin + TICK;
	deadline = p->begin + o->timeout * NS_PER_S;
	while (p->next < p->n || p->waiting) {
		uint64_t now = now_ns();

		if (now >= deadline || p->err)
			break;
		if (now >= tick) {
			retransmit(p, now);
			tick = now + TICK;
		}
		/* no more than a few at a time, so that answers are read and times are true */
		for (int k = 0; k < 16 && p->next < p->n && p->waiting < o->window; k++)
			start(p, p->todo[p->next++]);
		if (p->next == p->n || p->waiting >= o->window)
			pkt_wait(p->g->rx, tick);
		for (int k = 0; k < 64 && (ret = pkt_recv(p->g->rx, &in)) > 0; k++)
			receive(p, &in);
		if (ret < 0)
			p->err = ret;
	}
}

static void report(struct phase *p)
{
	double total = p->last_answer > p->begin ? (double)(p->last_answer - p->begin) / NS_PER_S : 0;
	char key[16];

	report_begin(p->g->opt.json, kind_name[p->kind]);
	report_u64("n", p->n);
	report_u64("ok", p->ok);
	report_u64("failed", p->failed);
	report_u64("timeout", p->n - p->done);
	report_u64("retransmitted", p->retransmitted);
	report_u64("resynced", p->resynced);
	report_u64("unmatched", p->unmatched);
	report_u64("bad", p->bad);
	for (int s = 0; s < 256; s++) {
		if (!p->by_status[s])
			continue;
		snprintf(key, sizeof(key), "status_%d", s);
		report_u64(key, p->by_status[s]);
	}
	if (p->n_refused)
		report_str("refused", p->refused);
	if (p->last_start)
		report_ms("burst_ms", p->last_start - p->begin);
	report_times(p->latency, p->done);
	report_f("total_s", total);
	report_f("rate", total > 0 ? p->done / total : 0);
	report_end();
}

int phase_run(struct gen *g, enum reg_kind kind)
{
	struct phase p = { .g = g, .kind = kind };
	struct pkt_in in;

	p.todo = calloc(g->opt.n, sizeof(*p.todo));
	p.latency = calloc(g->opt.n, sizeof(*p.latency));
	if (!p.todo || !p.latency) {
		perror("mngen");
		exit(1);
	}
	for (uint32_t i = 0; i < g->opt.n; i++) {
		g->mn[i].waiting = false;
		if (g->mn[i].bound == (kind != REG_REGISTER))
			p.todo[p.n++] = i;
	}
	while (pkt_recv(g->rx, &in) > 0)
		;
	run(&p);
	report(&p);
	if (p.err)
		fprintf(stderr, "mngen: %s\n", strerror(-p.err));
	free(p.todo);
	free(p.latency);
	return p.err || p.done < p.n || p.bad;
}
