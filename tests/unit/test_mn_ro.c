// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Route optimization of the mobile node on a kernel made of paper, against a correspondent that this file plays with the real
 * arithmetic. Time is real, and short.
 */
#include <errno.h>
#include <netinet/icmp6.h>
#include <string.h>

#include "core/clock.h"
#include "core/rr.h"
#include "mn/mn_ro.h"
#include "ro/ro.h"
#include "wire/exthdr.h"
#include "wire/icmp6.h"

#include "paper_mn.h"
#include "suite.h"

#define CN "2001:db8:c::2"
#define HOME_INDEX 11
#define COA_INDEX  22

static const uint64_t home_token = 0x1122334455667788, care_of_token = 0x99aabbccddeeff00;

/* ---- the correspondent ---- */

/* The newest message of that type to the peer; NULL: none since the message number from. */
static const struct paper_mh *last(uint8_t type, const char *peer, unsigned int from)
{
	for (unsigned int i = k.n_mh; i-- > from;)
		if (paper_sent(i)->msg.type == type && is(&paper_sent(i)->dst, peer))
			return paper_sent(i);
	return NULL;
}

static unsigned int count(uint8_t type, const char *peer, unsigned int from)
{
	unsigned int n = 0;

	for (unsigned int i = from; i < k.n_mh; i++)
		n += paper_sent(i)->msg.type == type && is(&paper_sent(i)->dst, peer);
	return n;
}

static void message(const char *src, const struct in6_addr *dst, int ifi, const struct mh_msg *m)
{
	struct mh_packet p = { .src = ip(src), .dst = *dst, .ifindex = ifi };

	mn_role.mh(&d, &p, m);
}

static void answer(const char *peer, enum rr_kind kind)
{
	const struct paper_mh *t = last(kind == RR_HOME ? MH_HOTI : MH_COTI, peer, 0);
	struct mh_msg m = { .type = kind == RR_HOME ? MH_HOT : MH_COT };

	ck_assert_ptr_nonnull(t);
	m.test.cookie = t->msg.test_init.cookie;
	m.test.nonce_index = kind == RR_HOME ? HOME_INDEX : COA_INDEX;
	m.test.keygen_token = kind == RR_HOME ? home_token : care_of_token;
	message(peer, &t->src, t->ifindex, &m);
}

static void hot(const char *peer)
{
	answer(peer, RR_HOME);
}

static void cot(const char *peer)
{
	answer(peer, RR_CARE_OF);
}

static void key(uint8_t kbm[RR_KBM_LEN], bool release)
{
	rr_kbm((const uint8_t *)&home_token, release ? NULL : (const uint8_t *)&care_of_token, kbm);
}

/* The update is what a correspondent would accept. */
static void check_update(const struct paper_mh *u, const char *coa, bool ack, bool release)
{
	const struct in6_addr a = ip(coa);
	uint8_t kbm[RR_KBM_LEN], auth[MH_AUTH_LEN];
	struct mh_msg m;

	ck_assert_ptr_nonnull(u);
	ck_assert(is(&u->src, HOA));
	ck_assert_int_eq(u->ifindex, LINK);
	ck_assert_uint_eq(u->msg.bu.flags, ack ? MH_BU_A : 0);
	ck_assert(u->msg.opts.has_nonce && u->msg.opts.has_auth);
	ck_assert_uint_eq(u->msg.opts.home_nonce, HOME_INDEX);
	ck_assert_uint_eq(u->msg.opts.coa_nonce, release ? 0 : COA_INDEX);
	if (release)
		ck_assert_uint_eq(u->msg.bu.lifetime, 0);
	else
		ck_assert_uint_ne(u->msg.bu.lifetime, 0);
	ck_assert_int_eq(mh_parse(u->data, u->len, &m, NULL), 0);
	key(kbm, release);
	ck_assert_int_eq(rr_authenticator(kbm, &a, &u->dst, u->data, u->len, m.opts.auth_offset, auth), 0);
	ck_assert_mem_eq(auth, m.opts.auth, sizeof(auth));
}

/* An acknowledgement of the newest update, with or without an authenticator. */
static void ba(const char *peer, uint8_t status, uint16_t seq, uint32_t seconds, const char *coa, bool auth)
{
	struct mh_packet p = { .src = ip(peer), .dst = ip(HOA), .ifindex = LINK, .has_rt2 = true };
	struct mh_msg m = { .type = MH_BA }, parsed;
	const struct in6_addr a = ip(coa);
	uint8_t kbm[RR_KBM_LEN];
	size_t at = 0;

	p.rt2 = a;
	m.ba.status = status;
	m.ba.seq = seq;
	m.ba.lifetime = mh_lifetime_from_sec(seconds);
	m.opts.has_auth = auth;
	p.len = (size_t)mh_build(p.data, sizeof(p.data), &m, &at);
	if (auth) {
		key(kbm, !strcmp(coa, HOA));
		ck_assert_int_eq(rr_authenticator(kbm, &a, &p.src, p.data, p.len, at, p.data + at), 0);
	}
	ck_assert_int_eq(mh_parse(p.data, p.len, &parsed, NULL), 0);
	mn_role.mh(&d, &p, &parsed);
}

static void binding_error_for(const char *from, uint8_t status, const char *hoa)
{
	struct mh_msg m = { .type = MH_BE };
	const struct in6_addr dst = ip(F1_COA);

	m.be.status = status;
	m.be.hoa = ip(hoa);
	message(from, &dst, LINK, &m);
}

static void binding_error(const char *from, uint8_t status)
{
	binding_error_for(from, status, HOA);
}

static int stage(const char *peer)
{
	return paper_pair(peer) ? paper_pair(peer)->own : RO_OWN_NONE;
}

static const char *state(const char *peer)
{
	struct json_object *rows = json_object_new_array();
	static char name[32];
	uint64_t at = 0;

	name[0] = '\0';
	mn_role.bul(&d, &at, 100, rows);
	for (size_t i = 0; i < json_object_array_length(rows); i++) {
		struct json_object *o = json_object_array_get_idx(rows, i);

		if (!strcmp(json_object_get_string(json_object_object_get(o, "peer_address")), peer))
			snprintf(name, sizeof(name), "%s", json_object_get_string(json_object_object_get(o, "state")));
	}
	json_object_put(rows);
	return name;
}

/* ---- the mobile node ---- */

static void setup(void)
{
	conf.ro_mn = true;
	conf.cn_bu_ack = false;
	conf.mn_max_cn_binding_life = 420;
	mn_world_up();
}

static void teardown(void)
{
	mn_world_down();
}

static void optimized(const char *peer)
{
	unsigned int before = k.n_mh;

	paper_seen(peer, true);
	ck_assert_ptr_nonnull(last(MH_HOTI, peer, before));
	ck_assert_ptr_nonnull(last(MH_COTI, peer, before));
	hot(peer);
	cot(peer);
	ck_assert_ptr_nonnull(last(MH_BU, peer, before));
	run(0.05);
	ck_assert_int_eq(stage(peer), RO_OWN_DATA);
}

/* ---- tests ---- */

/* One packet in one direction is enough; both tests leave at once, each on its own way. */
START_TEST(outgoing)
{
	const struct paper_mh *hoti, *coti;

	bound_at(F1_COA);
	paper_seen(CN, true);
	hoti = last(MH_HOTI, CN, 0);
	coti = last(MH_COTI, CN, 0);
	ck_assert(hoti && is(&hoti->src, HOA) && hoti->ifindex == TUNNEL);
	ck_assert(coti && is(&coti->src, F1_COA) && coti->ifindex == LINK);
	ck_assert(hoti->msg.test_init.cookie != coti->msg.test_init.cookie);
	ck_assert_int_eq(stage(CN), RO_OWN_NONE);
	hot(CN);
	ck_assert_ptr_null(last(MH_BU, CN, 0));
	cot(CN);
	check_update(last(MH_BU, CN, 0), F1_COA, false, false);
	ck_assert_int_eq(stage(CN), RO_OWN_ACCEPT); /* data does not overtake the update */
	run(0.05);
	ck_assert_int_eq(stage(CN), RO_OWN_DATA);
	ck_assert(is(&paper_pair(CN)->coa, F1_COA));
	ck_assert_str_eq(state(CN), "optimized");
}
END_TEST

START_TEST(incoming)
{
	bound_at(F1_COA);
	paper_seen(CN, false);
	ck_assert_uint_eq(count(MH_HOTI, CN, 0), 1);
	ck_assert_uint_eq(count(MH_COTI, CN, 0), 1);
}
END_TEST

START_TEST(not_with_these)
{
	static const char *const peers[] = { "2001:db8:1::1", "2001:db8:1::100", "fe80::1", "ff02::1", "ff0e::1", "::1", F1_COA, UNWANTED };
	unsigned int before;

	bound_at(F1_COA);
	before = k.n_mh;
	for (unsigned int i = 0; i < sizeof(peers) / sizeof(*peers); i++) {
		paper_seen(peers[i], true);
		paper_seen(peers[i], false);
	}
	ck_assert_uint_eq(k.n_mh, before);
}
END_TEST

START_TEST(not_at_home)
{
	HOME_RA();
	run(1.2);
	paper_seen(CN, true);
	ck_assert_uint_eq(k.n_mh, 0);
}
END_TEST

START_TEST(acknowledged)
{
	uint16_t seq;

	conf.cn_bu_ack = true;
	bound_at(F1_COA);
	paper_seen(CN, true);
	hot(CN);
	cot(CN);
	check_update(last(MH_BU, CN, 0), F1_COA, true, false);
	seq = last(MH_BU, CN, 0)->msg.bu.seq;
	ck_assert_int_eq(stage(CN), RO_OWN_ACCEPT);
	ba(CN, 0, seq, 420, F1_COA, false); /* anybody */
	ba(CN, 0, (uint16_t)(seq + 1), 420, F1_COA, true);
	ba("2001:db8:c::3", 0, seq, 420, F1_COA, true);
	ck_assert_int_eq(stage(CN), RO_OWN_ACCEPT);
	ba(CN, 0, seq, 420, F1_COA, true);
	ck_assert_int_eq(stage(CN), RO_OWN_DATA);
	ck_assert_str_eq(state(CN), "optimized");
}
END_TEST

START_TEST(lost_update)
{
	conf.cn_bu_ack = true;
	bound_at(F1_COA);
	paper_seen(CN, true);
	hot(CN);
	cot(CN);
	run(1.1);
	ck_assert_uint_eq(count(MH_BU, CN, 0), 2);
	/* of the first of them */
	ba(CN, 0, (uint16_t)(last(MH_BU, CN, 0)->msg.bu.seq - 1), 420, F1_COA, true);
	ck_assert_int_eq(stage(CN), RO_OWN_DATA);
}
END_TEST

/* An answer counts only if it came the way of the test. */
START_TEST(wrong_way)
{
	const struct paper_mh *t;
	struct in6_addr coa = ip(F1_COA), hoa = ip(HOA);
	struct mh_packet rt2 = { .src = ip(CN), .dst = hoa, .ifindex = TUNNEL, .has_rt2 = true };
	struct mh_msg m = { .type = MH_HOT };

	bound_at(F1_COA);
	paper_seen(CN, true);
	t = last(MH_HOTI, CN, 0);
	m.test.cookie = t->msg.test_init.cookie;
	message(CN, &hoa, LINK, &m);
	message(CN, &coa, TUNNEL, &m);
	message("2001:db8:c::3", &hoa, TUNNEL, &m);
	mn_role.mh(&d, &rt2, &m);
	m.type = MH_COT;
	m.test.cookie = last(MH_COTI, CN, 0)->msg.test_init.cookie;
	message(CN, &hoa, TUNNEL, &m);
	message(CN, &coa, TUNNEL, &m);
	ck_assert_ptr_null(last(MH_BU, CN, 0));
	ck_assert_uint_eq(d.stats[STAT_MH_UNEXPECTED], 6);
	hot(CN);
	cot(CN);
	ck_assert_ptr_nonnull(last(MH_BU, CN, 0));
}
END_TEST

START_TEST(move)
{
	const struct paper_mh *home_bu, *u;
	unsigned int before;

	bound_at(F1_COA);
	optimized(CN);
	carrier(false);
	ck_assert_int_eq(stage(CN), RO_OWN_ACCEPT); /* into the tunnel, where it waits */
	carrier(true);
	before = k.n_mh;
	F2_RA();
	address(F2_COA, OPTIMISTIC, false);
	/* the care-of test goes out with the home registration, the home token is good still */
	home_bu = last(MH_BU, HA, before);
	ck_assert_ptr_nonnull(home_bu);
	ck_assert_uint_eq(count(MH_COTI, CN, before), 1);
	ck_assert_uint_eq(count(MH_HOTI, CN, before), 0);
	ck_assert(is(&last(MH_COTI, CN, before)->src, F2_COA));
	cot(CN);
	ck_assert_ptr_null(last(MH_BU, CN, before)); /* the home agent first */
	acknowledge(0, home_bu->msg.bu.seq, 400);
	u = last(MH_BU, CN, before);
	check_update(u, F2_COA, true, false); /* it would go on to send to the old one if this was lost */
	ck_assert_int_eq(stage(CN), RO_OWN_ACCEPT);
	ba(CN, 0, u->msg.bu.seq, 420, F2_COA, true);
	ck_assert_int_eq(stage(CN), RO_OWN_DATA);
	ck_assert(is(&paper_pair(CN)->coa, F2_COA));
}
END_TEST

START_TEST(carrier_and_back)
{
	unsigned int before;

	bound_at(F1_COA);
	optimized(CN);
	carrier(false);
	ck_assert_int_eq(stage(CN), RO_OWN_ACCEPT);
	carrier(true);
	before = k.n_mh;
	F1_RA();
	ck_assert_int_eq(stage(CN), RO_OWN_DATA);
	ck_assert_uint_eq(k.n_mh, before);
}
END_TEST

START_TEST(return_home)
{
	const struct paper_mh *u;
	unsigned int before;

	bound_at(F1_COA);
	optimized(CN);
	carrier(false);
	carrier(true);
	before = k.n_mh;
	HOME_RA();
	neighbour(HA, 0xaa);
	ck_assert_int_eq(stage(CN), RO_OWN_NONE);
	ck_assert_uint_eq(count(MH_BU, CN, before), 0);
	ck_assert_ptr_nonnull(last(MH_BU, HA, before));
	acknowledge(0, last(MH_BU, HA, before)->msg.bu.seq, 0);
	u = last(MH_BU, CN, before);
	check_update(u, HOA, true, true);
	ba(CN, 0, u->msg.bu.seq, 0, HOA, true);
	run(1.2);
	ck_assert_uint_eq(count(MH_BU, CN, before), 1);
	ck_assert_uint_eq(k.pairs.n, 0);
}
END_TEST

/* It says that it has no binding: back into the tunnel at once, and once more from the start. */
START_TEST(no_binding)
{
	unsigned int before;

	bound_at(F1_COA);
	optimized(CN);
	before = k.n_mh;
	binding_error("2001:db8:c::3", 1);
	ck_assert_int_eq(stage(CN), RO_OWN_DATA);
	binding_error(CN, 1);
	binding_error(CN, 1);
	binding_error(CN, 1);
	/* the tokens are good still, the acknowledgement is asked for this time */
	ck_assert_uint_eq(count(MH_BU, CN, before), 1);
	check_update(last(MH_BU, CN, before), F1_COA, true, false);
	ck_assert_int_eq(stage(CN), RO_OWN_ACCEPT);
	ba(CN, 0, last(MH_BU, CN, before)->msg.bu.seq, 420, F1_COA, true);
	ck_assert_int_eq(stage(CN), RO_OWN_DATA);
	/* the next one waits */
	before = k.n_mh;
	binding_error(CN, 1);
	ck_assert_uint_eq(k.n_mh, before);
	ck_assert_int_eq(stage(CN), RO_OWN_ACCEPT);
}
END_TEST

/* RFC 6275 11.3.6: packets come directly, so there is a binding, whoever says what. */
START_TEST(progress)
{
	bound_at(F1_COA);
	optimized(CN);
	run(2.2);
	paper_pair(CN)->in = 0;
	binding_error(CN, 1);
	ck_assert_int_eq(stage(CN), RO_OWN_DATA);
	/* not if they come through the tunnel */
	paper_seen(CN, false);
	run(1.1);
	binding_error(CN, 1);
	ck_assert_int_eq(stage(CN), RO_OWN_ACCEPT);
}
END_TEST

/* Somebody sends unauthenticated refusals, as fast as he can. */
START_TEST(forged_refusals)
{
	unsigned int before;

	conf.cn_bu_ack = true;
	bound_at(F1_COA);
	paper_seen(CN, true);
	hot(CN);
	cot(CN);
	before = k.n_mh;
	for (double end = clock_now() + 2.5; clock_now() < end;) {
		const struct paper_mh *u = last(MH_BU, CN, 0);

		for (uint8_t status = 136; status <= 138; status++)
			ba(CN, status, u->msg.bu.seq, 0, F1_COA, false);
		if (last(MH_HOTI, CN, before))
			hot(CN);
		if (last(MH_COTI, CN, before))
			cot(CN);
		run(0.005);
	}
	ck_assert_uint_le(k.n_mh - before, 12);
	ck_assert_uint_ge(k.n_mh - before, 3);
	ck_assert_int_ne(stage(CN), RO_OWN_DATA);
}
END_TEST

START_TEST(refusals)
{
	unsigned int before;
	uint16_t seq;

	bound_at(F1_COA);
	optimized(CN);
	before = k.n_mh;
	seq = last(MH_BU, CN, 0)->msg.bu.seq;
	ba(CN, BA_SEQ_OUT_OF_WINDOW, 999, 0, F1_COA, false); /* not authentic */
	ck_assert_uint_eq(k.n_mh, before);
	ba(CN, BA_SEQ_OUT_OF_WINDOW, 999, 0, F1_COA, true);
	ck_assert_uint_eq(last(MH_BU, CN, before)->msg.bu.seq, 1000);
	ck_assert_uint_ne(seq, 1000);
	ck_assert_int_eq(stage(CN), RO_OWN_ACCEPT);
	ba(CN, BA_PROHIBITED, 1000, 0, F1_COA, true);
	ck_assert_str_eq(state(CN), "unable");
	before = k.n_mh;
	paper_seen(CN, true);
	ck_assert_uint_eq(k.n_mh, before);
}
END_TEST

/* A packet still comes through the tunnel. */
START_TEST(doubt)
{
	unsigned int before;

	bound_at(F1_COA);
	optimized(CN);
	before = k.n_mh;
	paper_seen(CN, false); /* it was on its way */
	ck_assert_uint_eq(k.n_mh, before);
	run(2.1);
	paper_seen(CN, false);
	check_update(last(MH_BU, CN, before), F1_COA, true, false);
	ck_assert_int_eq(stage(CN), RO_OWN_ACCEPT);
	ba(CN, 0, last(MH_BU, CN, before)->msg.bu.seq, 420, F1_COA, true);
	before = k.n_mh;
	run(2.1);
	paper_seen(CN, false); /* a forger's, maybe */
	ck_assert_uint_eq(k.n_mh, before);
	ck_assert_int_eq(stage(CN), RO_OWN_DATA);
}
END_TEST

START_TEST(refresh_request)
{
	struct in6_addr hoa = ip(HOA);
	unsigned int before;

	conf.mn_max_cn_binding_life = 8;
	bound_at(F1_COA);
	optimized(CN);
	before = k.n_mh;
	message(CN, &hoa, LINK, &(struct mh_msg){ .type = MH_BRR });
	ck_assert_uint_eq(k.n_mh, before);
	run(2.2);
	message(CN, &hoa, LINK, &(struct mh_msg){ .type = MH_BRR });
	ck_assert_uint_eq(count(MH_BU, CN, before), 1);
	ck_assert_int_eq(stage(CN), RO_OWN_DATA);
}
END_TEST

START_TEST(used_and_unused)
{
	unsigned int before;

	conf.mn_max_cn_binding_life = 4;
	bound_at(F1_COA);
	optimized(CN);
	before = k.n_mh;
	for (int i = 0; i < 10; i++) {
		paper_pair(CN)->out = 0;
		run(0.5);
	}
	ck_assert_uint_ge(count(MH_BU, CN, before), 1);
	ck_assert_int_eq(stage(CN), RO_OWN_DATA);
	before = k.n_mh;
	for (int i = 0; i < 24; i++) {
		paper_pair(CN)->out = 1 + i * 0.5;
		run(0.5);
		if (!paper_pair(CN))
			break;
	}
	ck_assert_uint_le(count(MH_BU, CN, before), 1);
	ck_assert_uint_eq(k.pairs.n, 0);
	ck_assert_str_eq(state(CN), "idle");
}
END_TEST

/* ---- errors ---- */

/* An ICMPv6 error that quotes this message as it is on the wire. */
static void error(uint8_t code, const struct paper_mh *m, bool hao, bool genuine)
{
	uint8_t buf[512] = { ICMP6_PARAM_PROBLEM, code }, *q = buf + 8;
	size_t at = 40, pointer = 6;
	const struct in6_addr coa = ip(F1_COA);

	ip6_build(q, hao ? IPPROTO_DSTOPTS : IPPROTO_MH, 64, (uint16_t)((hao ? HAO_HDR_LEN : 0) + m->len), hao ? &coa : &m->src, &m->dst);
	if (hao) {
		hao_build(q + at, IPPROTO_MH, &m->src);
		pointer = code == ICMP6_PARAMPROB_OPTION ? at + 6 : at;
		at += HAO_HDR_LEN;
	}
	memcpy(q + at, m->data, m->len);
	if (!genuine)
		q[at + 8] ^= 1;
	buf[7] = (uint8_t)pointer;
	paper_icmp(CN, HOA, buf, 8 + at + m->len);
	run(0.02);
}

START_TEST(no_mobility_header)
{
	unsigned int before;

	bound_at(F1_COA);
	paper_seen(CN, true);
	error(ICMP6_PARAMPROB_NEXTHEADER, last(MH_COTI, CN, 0), false, false);
	ck_assert_str_eq(state(CN), "testing");
	error(ICMP6_PARAMPROB_HEADER, last(MH_COTI, CN, 0), false, true);
	ck_assert_str_eq(state(CN), "testing");
	error(ICMP6_PARAMPROB_NEXTHEADER, last(MH_COTI, CN, 0), false, true);
	ck_assert_str_eq(state(CN), "unable");
	before = k.n_mh;
	paper_seen(CN, true);
	run(1.1);
	ck_assert_uint_eq(k.n_mh, before);
}
END_TEST

START_TEST(no_home_address_option)
{
	bound_at(F1_COA);
	optimized(CN);
	error(ICMP6_PARAMPROB_OPTION, last(MH_BU, CN, 0), true, true);
	ck_assert_str_eq(state(CN), "unable");
	ck_assert_int_eq(stage(CN), RO_OWN_ACCEPT);
	run(3.1);
	ck_assert_int_eq(stage(CN), RO_OWN_NONE);
}
END_TEST

/* It answered a test: it cannot be ignorant of the Mobility Header. */
START_TEST(unknown_type)
{
	bound_at(F1_COA);
	paper_seen(CN, true);
	hot(CN);
	binding_error(CN, 2);
	ck_assert_str_eq(state(CN), "testing");
	paper_seen("2001:db8:c::3", true);
	binding_error("2001:db8:c::3", 2);
	ck_assert_str_eq(state("2001:db8:c::3"), "unable");
	/* The answer to a message without a Home Address option names none. */
	paper_seen("2001:db8:c::4", true);
	binding_error_for("2001:db8:c::4", 1, "::");
	ck_assert_str_eq(state("2001:db8:c::4"), "testing");
	binding_error_for("2001:db8:c::4", 2, "::");
	ck_assert_str_eq(state("2001:db8:c::4"), "unable");
}
END_TEST

START_TEST(kernel_refuses)
{
	bound_at(F1_COA);
	k.pair_error = -ENOMEM;
	paper_seen(CN, true);
	hot(CN);
	cot(CN);
	ck_assert_ptr_null(last(MH_BU, CN, 0));
	ck_assert_uint_ge(d.stats[STAT_KERNEL_ERRORS], 1);
	run(0.1);
	ck_assert_uint_eq(d.stats[STAT_KERNEL_ERRORS], 1);
}
END_TEST

/* Names without end: a few are tried each second. */
START_TEST(flood)
{
	unsigned int before, after;
	char peer[64];

	bound_at(F1_COA);
	before = k.n_mh;
	for (unsigned int i = 0; i < 5000; i++) {
		snprintf(peer, sizeof(peer), "2001:db8:dead::%x", i + 1);
		paper_seen(peer, false);
	}
	after = k.n_mh;
	ck_assert_uint_le(after - before, 2 * 70);
	run(1.3); /* and once only, as long as nothing more comes */
	ck_assert_uint_eq(k.n_mh, after);
	optimized(CN);
}
END_TEST

START_TEST(leave)
{
	unsigned int before;

	bound_at(F1_COA);
	optimized(CN);
	before = k.n_mh;
	mn_role.stop(&d, NULL);
	check_update(last(MH_BU, CN, before), HOA, true, true);
}
END_TEST

/* The policy says no from now on: the peer is told, and nothing begins anew. */
START_TEST(not_wanted_any_more)
{
	struct conf_ro_policy *saved = conf.homes->ro_policies, no = { .peer = ip(CN), .next = saved };
	unsigned int before;

	bound_at(F1_COA);
	optimized(CN);
	before = k.n_mh;
	mn_role.reloaded(&d);
	ck_assert_uint_eq(k.n_mh, before);
	conf.homes->ro_policies = &no;
	mn_role.reloaded(&d);
	check_update(last(MH_BU, CN, before), HOA, true, true);
	ck_assert_int_eq(stage(CN), RO_OWN_ACCEPT);
	before = k.n_mh;
	mn_role.reloaded(&d);
	paper_seen(CN, true);
	paper_seen(CN, false);
	run(1.2);
	ck_assert_uint_eq(k.n_mh, before);
	run(2.2); /* what was on its way has come */
	ck_assert_int_eq(stage(CN), RO_OWN_NONE);
	conf.homes->ro_policies = saved;
	mn_role.reloaded(&d);
	paper_seen(CN, true); /* its tokens are good yet */
	check_update(last(MH_BU, CN, before), F1_COA, false, false);
}
END_TEST

START_TEST(registration_lost)
{
	unsigned int before;

	bound_at(F1_COA);
	optimized(CN);
	before = k.n_mh;
	mn_role.mh(&d, &(struct mh_packet){ .src = ip(HA), .dst = ip(HOA) }, &(struct mh_msg){ .type = MH_BRR });
	ck_assert_uint_eq(count(MH_BU, HA, before), 1);
	acknowledge(BA_PROHIBITED, last(MH_BU, HA, before)->msg.bu.seq, 0);
	ck_assert_int_eq(stage(CN), RO_OWN_ACCEPT);
}
END_TEST

/* Noise that claims to be of the correspondent. */
START_TEST(hostile)
{
	struct mh_packet p = { .src = ip(CN), .dst = ip(HOA), .ifindex = TUNNEL };
	struct mh_msg m;
	uint8_t junk[200];

	bound_at(F1_COA);
	optimized(CN);
	srandom(1);
	for (unsigned int i = 0; i < 20000; i++) {
		p.len = (size_t)(8 * (1 + random() % 12));
		for (size_t j = 0; j < p.len; j++)
			p.data[j] = (uint8_t)random();
		p.data[0] = IPPROTO_NONE;
		p.data[1] = (uint8_t)(p.len / 8 - 1);
		p.data[2] = (uint8_t)(random() % 8);
		if (!mh_parse(p.data, p.len, &m, NULL) && m.type != MH_BE && m.type != MH_BRR)
			mn_role.mh(&d, &p, &m);
		for (size_t j = 0; j < sizeof(junk); j++)
			junk[j] = (uint8_t)random();
		junk[0] = ICMP6_PARAM_PROBLEM;
		junk[1] = 1;
		if (i % 50 == 0) {
			paper_icmp(CN, HOA, junk, (size_t)(random() % 200));
			run(0);
		}
	}
	ck_assert_int_eq(stage(CN), RO_OWN_DATA);
}
END_TEST

SUITE("mn ro", .timeout = 20, .setup = setup, .teardown = teardown,
	.tests = {
		{ outgoing },
		{ incoming },
		{ not_with_these },
		{ not_at_home },
		{ acknowledged },
		{ lost_update },
		{ wrong_way },
		{ move },
		{ carrier_and_back },
		{ return_home },
		{ no_binding },
		{ progress },
		{ forged_refusals },
		{ refusals },
		{ doubt },
		{ refresh_request },
		{ used_and_unused },
		{ no_mobility_header },
		{ no_home_address_option },
		{ unknown_type },
		{ kernel_refuses },
		{ flood },
		{ leave },
		{ not_wanted_any_more },
		{ registration_lost },
		{ hostile },
	})
