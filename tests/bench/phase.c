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

#include "gen.h"
#include "wire/mh.h"

#define TIMEOUT_FIRST_MS 1500
#define TIMEOUT_REREG_MS 1000
#define TIMEOUT_MAX_MS 32000
#define MAX_RESYNCS 3
#define MAX_NAMED 16

static const char *const kind_name[] = { "register", "refresh", "move", "deregister" };

struct phase {
	struct window w; /* first */
	char refused[MAX_NAMED * (INET6_ADDRSTRLEN + 5)];
	uint32_t n_refused;
};

static void send_update(struct window *w, struct mn *mn)
{
	uint8_t pkt[PKT_MAX];
	size_t len;

	mn->seq++;
	len = pkt_build_bu(pkt, sizeof(pkt), &w->g->opt, mn, w->kind == REG_DEREGISTER ? 0 : w->g->opt.lifetime);
	window_err(w, len ? pkt_send(w->g->tx, pkt, len) : -1);
	mn->resend = now_ns() + mn->timeout_ms * NS_PER_MS;
}

static void start(struct window *w, struct mn *mn)
{
	mn->seq_first = (uint16_t)(mn->seq + 1);
	mn->timeout_ms = w->kind == REG_REGISTER ? TIMEOUT_FIRST_MS : TIMEOUT_REREG_MS;
	if (w->g->opt.retransmit_ms)
		mn->timeout_ms = w->g->opt.retransmit_ms;
	send_update(w, mn);
}

static void retransmit(struct window *w, struct mn *mn, uint64_t now)
{
	(void)now;
	mn->timeout_ms = mn->timeout_ms * 2 < TIMEOUT_MAX_MS ? mn->timeout_ms * 2 : TIMEOUT_MAX_MS;
	w->retransmitted++;
	send_update(w, mn);
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

static void finish(struct window *w, struct mn *mn, const struct pkt_in *in)
{
	uint16_t asked = w->kind == REG_DEREGISTER ? 0 : mh_lifetime_from_sec(w->g->opt.lifetime);

	window_done(w, mn, in->status);
	if (in->status >= 128)
		name_refused((struct phase *)w, mn, in->status);
	else if (!in->has_rt2 || in->lifetime > asked || (asked && !in->lifetime))
		w->bad++;
}

static void receive(struct window *w, const struct pkt_in *in)
{
	const struct options *o = &w->g->opt;
	int64_t i = in->kind == PKT_BA ? addr_index(&o->hoa, &in->hoa, o->n) : -1;
	struct mn *mn = i >= 0 ? &w->g->mn[i] : NULL;

	/* another generator's, or an answer to an earlier care-of address */
	if (!mn || !IN6_ARE_ADDR_EQUAL(&in->dst, &mn->coa))
		return;
	if (in->bad || !IN6_ARE_ADDR_EQUAL(&in->src, &o->ha)) {
		w->bad++;
	} else if (mn->waiting && in->status == BA_SEQ_OUT_OF_WINDOW && mn->resyncs < MAX_RESYNCS) {
		mn->resyncs++;
		w->resynced++;
		mn->seq = in->seq;
		mn->seq_first = (uint16_t)(mn->seq + 1);
		send_update(w, mn);
	} else if (!mn->waiting || (uint16_t)(in->seq - mn->seq_first) > (uint16_t)(mn->seq - mn->seq_first)) {
		w->unmatched++;
	} else {
		finish(w, mn, in);
	}
}

int phase_run(struct gen *g, enum reg_kind kind)
{
	struct phase p = { .w = { .g = g, .kind = kind, .start = start, .repeat = retransmit, .receive = receive } };

	window_run(&p.w);
	window_begin_report(&p.w, kind_name[kind]);
	if (p.n_refused)
		report_str("refused", p.refused);
	return window_end_report(&p.w);
}
