/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a correspondent node has to refuse, RFC 6275 9.3 to 9.5: each case sends its message and counts the answers of a second. All that is not
 * wrong on purpose is right, with tokens that were asked for just before.
 */
#include <arpa/inet.h>
#include <netinet/icmp6.h>
#include <stdio.h>
#include <stdlib.h>

#include "gen.h"
#include "hostile.h"
#include "wire/mh.h"

#define LISTEN NS_PER_S

const char *const false_names[FALSE_MAX] = {
	"authenticator", "coa", "no-auth", "no-nonces", "home-nonce", "coa-nonce", "nonces", "replay", "home-registration", "test-with-hao",
	"data", "data-coa", "type", "flood",
};

struct tally {
	uint64_t sent, ba, be, hot, cot, other, authenticated;
	uint8_t ba_status, be_status;
	uint16_t ba_seq;
	struct in6_addr from; /* where errors belong */
	bool wrong; /* an answer to the wrong place, or of bad form */
};

static void listen_for(struct gen *g, struct mn *mn, uint64_t until, struct tally *t)
{
	struct pkt_in in;

	while (now_ns() < until) {
		pkt_wait(g->rx, until);
		while (pkt_recv(g->rx, &in) > 0) {
			t->wrong |= in.bad;
			switch (in.kind) {
			case PKT_BA:
				t->ba++;
				t->ba_status = in.status;
				t->ba_seq = in.seq;
				t->authenticated += route_check(g, mn, &in, false);
				t->wrong |= !in.has_rt2 || !IN6_ARE_ADDR_EQUAL(&in.hoa, &mn->hoa);
				break;
			case PKT_BE:
				t->be++;
				t->be_status = in.status;
				t->wrong |= in.has_rt2 || !IN6_ARE_ADDR_EQUAL(&in.dst, &t->from) || !IN6_ARE_ADDR_EQUAL(&in.hoa, &mn->hoa);
				break;
			case PKT_HOT:
				t->hot++;
				break;
			case PKT_COT:
				t->cot++;
				break;
			default:
				t->other += in.kind != PKT_OTHER;
			}
		}
	}
}

/* Not where the tokens or the binding say. */
static struct in6_addr elsewhere_of(const struct mn *mn)
{
	return addr_add(&mn->coa, 0x8000);
}

static int update(struct gen *g, struct mn *mn, enum false_case what)
{
	const struct in6_addr elsewhere = elsewhere_of(mn);
	struct update_tweak t = { .lifetime = g->opt.lifetime };
	uint8_t pkt[PKT_MAX];

	switch (what) {
	case FALSE_AUTHENTICATOR: t.flip = true; break;
	case FALSE_COA: t.from = &elsewhere; break;
	case FALSE_NO_AUTH: t.no_auth = true; break;
	case FALSE_NO_NONCES: t.no_nonces = true; break;
	case FALSE_HOME_NONCE: t.home_shift = -100; break;
	case FALSE_COA_NONCE: t.coa_shift = 100; break;
	case FALSE_NONCES: t.home_shift = t.coa_shift = -9; break;
	case FALSE_HOME_REGISTRATION:
		t.flags = MH_BU_A | MH_BU_H;
		t.no_nonces = t.no_auth = true;
		break;
	default: break; /* a replay: the sequence number is not the next */
	}
	if (what != FALSE_REPLAY)
		mn->seq++;
	return pkt_send(g->tx, pkt, route_build_update(pkt, sizeof(pkt), g, mn, &t));
}

static int message(struct gen *g, struct mn *mn, enum false_case what, struct rng *rng)
{
	struct mh_msg m = { .type = rng_below(rng, 2) ? MH_HOTI : MH_COTI, .test_init = { .cookie = rng_next(rng) } };
	struct in6_addr src = mn->coa;
	const struct in6_addr *hoa = what == FALSE_FLOOD ? NULL : &mn->hoa;
	uint8_t mh[64], pkt[PKT_MAX];
	ssize_t len = mh_build(mh, sizeof(mh), &m, NULL);

	if (what == FALSE_TYPE)
		mh[2] = 77;
	if (what == FALSE_FLOOD) {
		uint64_t low = rng_next(rng);

		memcpy(src.s6_addr + 8, &low, 8);
		src.s6_addr[6] = (uint8_t)(low >> 7);
		src.s6_addr[7] = (uint8_t)(low >> 23);
	}
	return pkt_send(g->tx, pkt, pkt_build_mh(pkt, sizeof(pkt), &src, &g->opt.cn, hoa, mh, (size_t)len));
}

static int send_one(struct gen *g, struct mn *mn, enum false_case what, struct rng *rng, uint32_t k)
{
	struct mn moved = *mn;
	uint8_t pkt[PKT_MAX];

	switch (what) {
	case FALSE_DATA_COA:
		moved.coa = elsewhere_of(mn);
		/* fall through */
	case FALSE_DATA:
		return pkt_send(g->tx, pkt, pkt_build_echo_direct(pkt, sizeof(pkt), &g->opt, &moved, 1, (uint16_t)k));
	case FALSE_TEST_WITH_HAO:
	case FALSE_TYPE:
	case FALSE_FLOOD:
		return message(g, mn, what, rng);
	default:
		return update(g, mn, what);
	}
}

int false_run(struct gen *g, enum false_case what, uint32_t count)
{
	struct mn *mn = &g->mn[0];
	struct rng rng = { .state = now_ns() };
	struct tally t = { .from = what == FALSE_DATA_COA ? elsewhere_of(mn) : mn->coa };
	uint64_t begin;
	int err = 0;

	/* For a replay the tokens are those of the last update. */
	if (what <= FALSE_NONCES && !route_tokens(g, mn)) {
		fprintf(stderr, "mngen: no tokens\n");
		err = 1;
	}
	begin = now_ns();
	for (; t.sent < count && !err; t.sent++) {
		err = send_one(g, mn, what, &rng, (uint32_t)t.sent);
		if (t.sent % 32 == 31)
			listen_for(g, mn, now_ns() + 1, &t);
	}
	listen_for(g, mn, now_ns() + LISTEN, &t);
	report_begin(g->opt.json, "false");
	report_str("case", false_names[what]);
	report_u64("sent", t.sent);
	report_u64("ba", t.ba);
	report_u64("ba_status", t.ba_status);
	report_u64("ba_seq", t.ba_seq);
	report_u64("authenticated", t.authenticated);
	report_u64("be", t.be);
	report_u64("be_status", t.be_status);
	report_u64("hot", t.hot);
	report_u64("cot", t.cot);
	report_u64("other", t.other);
	report_u64("wrong", t.wrong);
	report_f("total_s", (double)(now_ns() - begin) / NS_PER_S);
	report_end();
	return err != 0;
}
