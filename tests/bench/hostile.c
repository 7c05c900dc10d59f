/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sends hostile messages at a steady rate, and holds each answer against the table. The seed determines every byte. */
#include <arpa/inet.h>
#include <netinet/ip6.h>
#include <stdio.h>
#include <stdlib.h>

#include "hostile.h"
#include "wire/bytes.h"
#include "wire/exthdr.h"
#include "wire/mh.h"

#define PROTO_MH 135
#define GRACE (2 * NS_PER_S)
#define FRAGMENT 1024
#define MAX_CATEGORIES 64
#define MAX_NAMED 8

struct tally {
	uint64_t sent, ba, be, icmp, wrong;
	uint32_t by_status[256];
};

struct hostile {
	struct gen *g;
	struct rng rng;
	struct tally tally[MAX_CATEGORIES];
	uint32_t total_weight, fragment_id, named;
	int err;
};

/* splitmix64 */
uint64_t rng_next(struct rng *r)
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

/* ---- sending ---- */

static bool usable(const struct hostile *h, const struct hostile_category *c)
{
	return (!c->needs_victims || h->g->opt.n_victims) && (!c->needs_own || h->g->mn[0].bound);
}

static size_t pick(struct hostile *h)
{
	uint32_t at = rng_below(&h->rng, h->total_weight);

	for (size_t i = 0; i < hostile_n_categories; i++) {
		if (!usable(h, &hostile_categories[i]))
			continue;
		if (at < hostile_categories[i].weight)
			return i;
		at -= hostile_categories[i].weight;
	}
	return 0;
}

static void send_fragments(struct hostile *h, const struct in6_addr *src, uint8_t next, const uint8_t *payload, size_t len)
{
	uint8_t pkt[40 + 8 + FRAGMENT];

	h->fragment_id++;
	for (size_t at = 0; at < len && !h->err; at += FRAGMENT) {
		size_t n = len - at < FRAGMENT ? len - at : FRAGMENT;

		ip6_build(pkt, IPPROTO_FRAGMENT, 64, (uint16_t)(8 + n), src, &h->g->opt.ha);
		pkt[40] = next;
		pkt[41] = 0;
		put16(pkt + 42, (uint16_t)(at | (at + n < len)));
		put32(pkt + 44, h->fragment_id);
		memcpy(pkt + 48, payload + at, n);
		h->err = pkt_send(h->g->tx, pkt, 48 + n);
	}
}

static void send_message(struct hostile *h, struct hostile_msg *m)
{
	const struct in6_addr *ha = &h->g->opt.ha;
	uint8_t pkt[PKT_MAX], next = PROTO_MH, *payload = pkt + 40;
	size_t len = 0;

	if (m->opts_len) {
		memcpy(payload, m->opts, m->opts_len);
		len = m->opts_len;
		next = IPPROTO_DSTOPTS;
	} else if (m->has_hao) {
		hao_build(payload, PROTO_MH, &m->hoa);
		len = HAO_HDR_LEN;
		next = IPPROTO_DSTOPTS;
	}
	mh_set_checksum(m->mh, m->len, m->has_hao ? &m->hoa : &m->src, ha);
	memcpy(payload + len, m->mh, m->len);
	len += m->len;
	/* a packet of one fragment is not what the kernel's policy check looks for behind a Home Address option */
	if ((m->fragments && len > FRAGMENT) || len > 1400) {
		send_fragments(h, &m->src, next, payload, len);
		return;
	}
	ip6_build(pkt, next, 64, (uint16_t)len, &m->src, ha);
	h->err = pkt_send(h->g->tx, pkt, 40 + len);
}

static void send_one(struct hostile *h)
{
	struct hostile_msg m = { .has_hao = true };
	size_t c = pick(h);

	m.src = addr_add(&h->g->opt.coa, (uint64_t)c << 16 | rng_below(&h->rng, 1 << 16));
	hostile_categories[c].make(h->g, &h->rng, &m);
	send_message(h, &m);
	h->tally[c].sent++;
}

/* ---- answers ---- */

static bool allowed(const struct hostile *h, const struct hostile_category *c, const struct pkt_in *in)
{
	if (in->kind == PKT_ICMP_ERROR)
		return true;
	if (in->bad || !IN6_ARE_ADDR_EQUAL(&in->src, &h->g->opt.ha))
		return false;
	if (in->kind == PKT_BE)
		return c->error;
	if (c->last_seq && in->seq != h->g->opt.victim_seq)
		return false;
	for (int i = 0; i < c->n_answers; i++)
		if (c->answers[i] == in->status || (c->answers[i] == ANY_REFUSAL && in->status >= 128))
			return true;
	return false;
}

static void name_wrong(struct hostile *h, const struct hostile_category *c, const struct pkt_in *in)
{
	char hoa[INET6_ADDRSTRLEN], dst[INET6_ADDRSTRLEN];

	if (h->named++ >= MAX_NAMED)
		return;
	inet_ntop(AF_INET6, &in->hoa, hoa, sizeof(hoa));
	inet_ntop(AF_INET6, &in->dst, dst, sizeof(dst));
	fprintf(stderr, "mngen: wrong answer to %s: %s status=%u sequence=%u home_address=%s to=%s%s\n", c->name,
		in->kind == PKT_BE ? "BE" : "BA", in->status, in->seq, hoa, dst, in->bad ? " malformed" : "");
}

static void receive(struct hostile *h, const struct pkt_in *in)
{
	int64_t i = addr_index(&h->g->opt.coa, &in->dst, (uint64_t)hostile_n_categories << 16);
	struct tally *t;

	if (i < 0 || (in->kind != PKT_BA && in->kind != PKT_BE && in->kind != PKT_ICMP_ERROR))
		return;
	i >>= 16;
	t = &h->tally[i];
	if (in->kind == PKT_BA) {
		t->ba++;
		t->by_status[in->status]++;
	} else if (in->kind == PKT_BE) {
		t->be++;
	} else {
		t->icmp++;
	}
	if (!allowed(h, &hostile_categories[i], in)) {
		t->wrong++;
		name_wrong(h, &hostile_categories[i], in);
	}
}

static void drain_until(struct hostile *h, uint64_t until)
{
	struct pkt_in in;
	int ret;

	do {
		pkt_wait(h->g->rx, until);
		while ((ret = pkt_recv(h->g->rx, &in)) > 0)
			receive(h, &in);
		if (ret < 0)
			h->err = ret;
	} while (now_ns() < until && !h->err);
}

/* ---- report ---- */

static void report_category(const struct hostile_category *c, const struct tally *t)
{
	char text[256];
	int n = snprintf(text, sizeof(text), "sent:%llu", (unsigned long long)t->sent);

	for (int s = 0; s < 256; s++)
		if (t->by_status[s] && n < (int)sizeof(text) - 24)
			n += snprintf(text + n, sizeof(text) - (size_t)n, ",%d:%u", s, t->by_status[s]);
	if (t->be)
		n += snprintf(text + n, sizeof(text) - (size_t)n, ",be:%llu", (unsigned long long)t->be);
	if (t->icmp)
		snprintf(text + n, sizeof(text) - (size_t)n, ",icmp:%llu", (unsigned long long)t->icmp);
	report_str(c->name, text);
}

static uint64_t report(const struct hostile *h, uint64_t seed, uint64_t took)
{
	struct tally sum = { 0 };
	uint64_t for_kernel = 0, due = 0, unanswered = 0;

	for (size_t i = 0; i < hostile_n_categories; i++) {
		const struct hostile_category *c = &hostile_categories[i];
		const struct tally *t = &h->tally[i];

		sum.sent += t->sent;
		sum.ba += t->ba;
		sum.be += t->be;
		sum.icmp += t->icmp;
		sum.wrong += t->wrong;
		if (c->for_kernel)
			for_kernel += t->sent;
		if (c->must_answer) {
			due += t->sent;
			unanswered += t->ba + t->be < t->sent ? t->sent - t->ba - t->be : 0;
		}
	}
	report_begin(h->g->opt.json, "hostile");
	report_u64("seed", seed);
	report_u64("sent", sum.sent);
	report_u64("for_kernel", for_kernel);
	report_u64("ba", sum.ba);
	report_u64("be", sum.be);
	report_u64("icmp", sum.icmp);
	report_u64("wrong", sum.wrong);
	report_u64("due", due);
	report_u64("unanswered", unanswered);
	report_ms("total_ms", took);
	for (size_t i = 0; i < hostile_n_categories; i++)
		if (h->tally[i].sent)
			report_category(&hostile_categories[i], &h->tally[i]);
	report_end();
	return sum.wrong;
}

int hostile_run(struct gen *g, uint64_t seed, uint32_t count)
{
	struct hostile h = { .g = g, .rng = { seed } };
	uint64_t begin = now_ns(), wrong;

	for (size_t i = 0; i < hostile_n_categories; i++)
		if (usable(&h, &hostile_categories[i]))
			h.total_weight += hostile_categories[i].weight;
	for (uint32_t k = 0; k < count && !h.err; k++) {
		send_one(&h);
		drain_until(&h, begin + (k + 1) * NS_PER_S / g->opt.rate);
	}
	drain_until(&h, now_ns() + GRACE);
	wrong = report(&h, seed, now_ns() - begin);
	if (h.err)
		fprintf(stderr, "mngen: %s\n", strerror(-h.err));
	return h.err || wrong;
}
