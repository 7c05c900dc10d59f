// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The correspondent node on a kernel made of paper. A mobile node is played with the arithmetic that test_rr.c has checked
 * against another one.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cn/cn_impl.h"
#include "paper_peer.h"
#include "suite.h"

#define US   "2001:db8:d::1"
#define US2  "2001:db8:d::2"
#define HOA  "2001:db8:40::100"
#define COA1 "2001:db8:f1::5"
#define COA2 "2001:db8:f2::5"

static struct conf conf;
static struct daemon d;

static void setup(void)
{
	char err[256] = "";

	paper_reset();
	memset(&peers, 0, sizeof(peers));
	memset(&d, 0, sizeof(d));
	conf = (struct conf){ .role = ROLE_CN, .ro_cn = true, .cn_max_bindings = 8, .cn_max_bindings_per_source = 4 };
	paper_addr(US, 64, 7, UINT32_MAX);
	paper_addr(US2, 64, 7, UINT32_MAX);
	paper_addr("fe80::2", 64, 7, UINT32_MAX);
	d.loop = ev_loop_new(EVBACKEND_POLL);
	d.conf = &conf;
	d.notify = paper_notify;
	d.mh_send = paper_mh_send;
	log_open("/dev/null", 5);
	d.cn = cn_open(&d, NULL, err, sizeof(err));
	ck_assert_msg(d.cn != NULL, "%s", err);
}

static void teardown(void)
{
	cn_close(d.cn);
	ck_assert_uint_eq(peers.n, 0);
	ev_loop_destroy(d.loop);
	log_close();
}

static uint32_t live(void)
{
	ck_assert_uint_eq(d.cn->cache.live, peers.n);
	return d.cn->cache.live;
}

/* ---- a mobile node ---- */

struct mobile {
	const char *hoa, *coa, *us;
	uint16_t seq;
	uint8_t home[RR_TOKEN_LEN], care_of[RR_TOKEN_LEN];
	uint16_t home_index, coa_index;
};

static void give(const struct mh_packet *p)
{
	struct mh_msg m;

	ck_assert_int_eq(mh_parse(p->data, p->len, &m, NULL), 0);
	ev_now_update(d.loop);
	cn_role.mh(&d, p, &m);
}

static void send_test(const char *src, const char *us, uint8_t type)
{
	struct mh_packet p = { .src = ip(src), .dst = ip(us), .ifindex = 7 };
	struct mh_msg m = { .type = type, .test_init = { .cookie = 0x1122334455667788 } };

	p.len = (size_t)mh_build(p.data, sizeof(p.data), &m, NULL);
	give(&p);
}

/* Both tests, which have to be answered. */
static void tests(struct mobile *mn)
{
	unsigned int n = k.n_mh;

	send_test(mn->hoa, mn->us, MH_HOTI);
	ck_assert_uint_eq(k.n_mh, n + 1);
	ck_assert_uint_eq(k.mh.msg.type, MH_HOT);
	ck_assert_uint_eq(k.mh.msg.test.cookie, 0x1122334455667788);
	ck_assert(is(&k.mh.src, mn->us) && is(&k.mh.dst, mn->hoa) && !k.mh.has_rt2);
	memcpy(mn->home, &k.mh.msg.test.keygen_token, sizeof(mn->home));
	mn->home_index = k.mh.msg.test.nonce_index;
	send_test(mn->coa, mn->us, MH_COTI);
	ck_assert_uint_eq(k.n_mh, n + 2);
	ck_assert_uint_eq(k.mh.msg.type, MH_COT);
	ck_assert(is(&k.mh.src, mn->us) && is(&k.mh.dst, mn->coa) && !k.mh.has_rt2);
	memcpy(mn->care_of, &k.mh.msg.test.keygen_token, sizeof(mn->care_of));
	mn->coa_index = k.mh.msg.test.nonce_index;
}

struct bu {
	uint16_t lifetime; /* units */
	uint8_t flags;
	const char *from;  /* on the wire; NULL: the care-of address */
	bool at_home;	   /* no Home Address option */
	const char *alt;
	bool no_auth, no_nonces, forged;
	int home_shift, coa_shift;
};

static void auth_key(const struct mobile *mn, bool gone, uint8_t kbm[RR_KBM_LEN])
{
	ck_assert_int_eq(rr_kbm(mn->home, gone ? NULL : mn->care_of, kbm), 0);
}

static void send_bu(const struct mobile *mn, struct bu u)
{
	struct mh_packet p = { .src = ip(mn->hoa), .dst = ip(mn->us), .ifindex = 7, .has_coa = !u.at_home };
	const bool gone = !u.lifetime || (u.alt && !strcmp(u.alt, mn->hoa)) || (u.at_home && !u.alt);
	struct mh_msg m = {
		.type = MH_BU,
		.bu = { .seq = mn->seq, .flags = u.flags, .lifetime = u.lifetime },
		.opts = {
			.has_nonce = !u.no_nonces,
			.home_nonce = (uint16_t)(mn->home_index + u.home_shift),
			.coa_nonce = (uint16_t)(mn->coa_index + u.coa_shift),
			.has_auth = !u.no_auth,
		},
	};
	struct in6_addr coa;
	uint8_t kbm[RR_KBM_LEN];
	size_t at = 0;

	p.coa = ip(u.from ? u.from : mn->coa);
	coa = gone ? p.src : p.coa;
	if (u.alt) {
		m.opts.has_alt_coa = true;
		m.opts.alt_coa = ip(u.alt);
		if (!gone)
			coa = m.opts.alt_coa;
	}
	p.len = (size_t)mh_build(p.data, sizeof(p.data), &m, &at);
	auth_key(mn, gone, kbm);
	if (!u.no_auth)
		ck_assert_int_eq(rr_authenticator(kbm, &coa, &p.dst, p.data, p.len, at, p.data + at), 0);
	if (u.forged)
		p.data[at + 3] ^= 0x10;
	/* the kernel leaves the checksum in */
	mh_set_checksum(p.data, p.len, &p.src, &p.dst);
	give(&p);
}

/* The nth message was the acknowledgement; gone: it answers a de-registration. */
static void expect_ba(const struct mobile *mn, unsigned int n, uint8_t status, uint16_t seq, const char *rt2, bool has_auth, bool gone)
{
	uint8_t kbm[RR_KBM_LEN], auth[MH_AUTH_LEN];
	struct in6_addr us = ip(mn->us), coa = ip(gone ? mn->hoa : mn->coa);

	ck_assert_uint_eq(k.n_mh, n);
	ck_assert_uint_eq(k.mh.msg.type, MH_BA);
	ck_assert_uint_eq(k.mh.msg.ba.status, status);
	ck_assert_uint_eq(k.mh.msg.ba.seq, seq);
	ck_assert(is(&k.mh.src, mn->us) && is(&k.mh.dst, mn->hoa));
	ck_assert_int_eq(k.mh.has_rt2, rt2 != NULL);
	if (rt2)
		ck_assert(is(&k.mh.rt2, rt2));
	ck_assert_int_eq(k.mh.msg.opts.has_auth, has_auth);
	if (!has_auth)
		return;
	auth_key(mn, gone, kbm);
	ck_assert_int_eq(rr_authenticator(kbm, &coa, &us, k.mh.data, k.mh.len, k.mh.msg.opts.auth_offset, auth), 0);
	ck_assert_mem_eq(auth, k.mh.msg.opts.auth, sizeof(auth));
}

#define A MH_BU_A

static struct mobile bound(void)
{
	struct mobile mn = { .hoa = HOA, .coa = COA1, .us = US, .seq = 100 };

	tests(&mn);
	send_bu(&mn, (struct bu){ .lifetime = 50, .flags = A });
	expect_ba(&mn, 3, BA_ACCEPTED, 100, COA1, true, false);
	ck_assert_uint_eq(live(), 1);
	return mn;
}

/* ---- tests ---- */

START_TEST(register_move_renew_deregister)
{
	struct mobile mn = bound();

	ck_assert(is(&paper_peer(US, HOA)->coa, COA1));
	mn.seq = 101;
	send_bu(&mn, (struct bu){ .lifetime = 50, .flags = A });
	expect_ba(&mn, 4, BA_ACCEPTED, 101, COA1, true, false);
	mn.coa = COA2;
	mn.seq = 102;
	tests(&mn);
	send_bu(&mn, (struct bu){ .lifetime = 50, .flags = A });
	expect_ba(&mn, 7, BA_ACCEPTED, 102, COA2, true, false);
	ck_assert(is(&paper_peer(US, HOA)->coa, COA2));
	ck_assert_uint_eq(live(), 1);
	mn.seq = 103;
	send_bu(&mn, (struct bu){ .flags = A });
	expect_ba(&mn, 8, BA_ACCEPTED, 103, COA2, true, true);
	ck_assert_uint_eq(k.mh.msg.ba.lifetime, 0);
	ck_assert_uint_eq(live(), 0);
	ck_assert_uint_eq(d.stats[STAT_REG_ACCEPTED], 3);
	ck_assert_uint_eq(d.stats[STAT_DEREG], 1);
}
END_TEST

/* Without the A flag only errors are told, and not all of them. */
START_TEST(without_acknowledge_flag)
{
	struct mobile mn = { .hoa = HOA, .coa = COA1, .us = US, .seq = 1 };

	tests(&mn);
	send_bu(&mn, (struct bu){ .lifetime = 50 });
	ck_assert_uint_eq(k.n_mh, 2);
	ck_assert_uint_eq(live(), 1);
	send_bu(&mn, (struct bu){ .lifetime = 50 });
	expect_ba(&mn, 3, BA_SEQ_OUT_OF_WINDOW, 1, COA1, true, false);
	mn.seq = 2;
	send_bu(&mn, (struct bu){ 0 });
	ck_assert_uint_eq(k.n_mh, 3);
	ck_assert_uint_eq(live(), 0);
}
END_TEST

START_TEST(lifetime_is_short)
{
	struct mobile mn = { .hoa = HOA, .coa = COA1, .us = US, .seq = 1 };

	tests(&mn);
	send_bu(&mn, (struct bu){ .lifetime = 0xffff, .flags = A });
	expect_ba(&mn, 3, BA_ACCEPTED, 1, COA1, true, false);
	ck_assert_uint_eq(k.mh.msg.ba.lifetime, 105);
	mn.seq++;
	send_bu(&mn, (struct bu){ .lifetime = 1, .flags = A });
	expect_ba(&mn, 4, BA_ACCEPTED, 2, COA1, true, false);
	ck_assert_uint_eq(k.mh.msg.ba.lifetime, 1);
	paper_run(d.loop, 4.1);
	ck_assert_uint_eq(live(), 0);
	ck_assert_uint_eq(d.stats[STAT_EXPIRED], 1);
}
END_TEST

/* From home, without the option: no routing header, the home token alone. */
START_TEST(return_home)
{
	struct mobile mn = bound();

	mn.seq++;
	send_bu(&mn, (struct bu){ .lifetime = 0, .flags = A, .at_home = true, .coa_shift = 1000 });
	expect_ba(&mn, 4, BA_ACCEPTED, 101, NULL, true, true);
	ck_assert_uint_eq(live(), 0);
	/* The home address as care-of address says the same as lifetime 0, and again is no error. */
	mn.seq++;
	send_bu(&mn, (struct bu){ .lifetime = 50, .flags = A, .at_home = true });
	expect_ba(&mn, 5, BA_ACCEPTED, 102, NULL, true, true);
	ck_assert_uint_eq(k.mh.msg.ba.lifetime, 0);
	ck_assert_uint_eq(live(), 0);
}
END_TEST

START_TEST(unauthenticated_is_silent)
{
	struct mobile mn = { .hoa = HOA, .coa = COA1, .us = US, .seq = 1 };
	static const struct bu bad[] = {
		{ .lifetime = 50, .flags = A, .forged = true },
		{ .lifetime = 50, .flags = A, .no_auth = true },
		{ .lifetime = 50, .flags = A, .no_nonces = true },
		{ .flags = A, .forged = true },
		{ .lifetime = 50, .flags = A, .alt = COA2 }, /* tokens of another care-of address */
	};

	tests(&mn);
	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		send_bu(&mn, bad[i]);
		ck_assert_uint_eq(k.n_mh, 2);
		ck_assert_uint_eq(d.stats[STAT_BU_UNAUTH], i + 1);
	}
	/* De-registration takes another key, and a registration's key is not good for it. */
	memset(mn.home, 0, sizeof(mn.home));
	send_bu(&mn, (struct bu){ .flags = A });
	ck_assert_uint_eq(k.n_mh, 2);
	ck_assert_uint_eq(live(), 0);
	ck_assert_uint_eq(peers.calls, 0);
}
END_TEST

START_TEST(nonces_that_are_unknown)
{
	struct mobile mn = { .hoa = HOA, .coa = COA1, .us = US, .seq = 1 };

	tests(&mn);
	send_bu(&mn, (struct bu){ .lifetime = 50, .home_shift = 1 });
	expect_ba(&mn, 3, BA_HOME_NONCE_EXPIRED, 1, COA1, false, false);
	send_bu(&mn, (struct bu){ .lifetime = 50, .coa_shift = -1 });
	expect_ba(&mn, 4, BA_COA_NONCE_EXPIRED, 1, COA1, false, false);
	send_bu(&mn, (struct bu){ .lifetime = 50, .home_shift = 500, .coa_shift = 500 });
	expect_ba(&mn, 5, BA_NONCES_EXPIRED, 1, COA1, false, false);
	/* A de-registration has no care-of nonce. */
	send_bu(&mn, (struct bu){ .flags = A, .home_shift = 500, .coa_shift = 500 });
	expect_ba(&mn, 6, BA_HOME_NONCE_EXPIRED, 1, COA1, false, false);
	ck_assert_uint_eq(d.stats[STAT_BU_NONCE], 4);
	ck_assert_uint_eq(live(), 0);
	/* Whoever it is, he is not told for ever. */
	for (unsigned int i = 0; i < 100; i++)
		send_bu(&mn, (struct bu){ .lifetime = 50, .home_shift = 500 });
	ck_assert_uint_le(k.n_mh, 6 + CN_REJECT_PEER_BURST);
	ck_assert_uint_ge(d.stats[STAT_MH_LIMITED], 90);
}
END_TEST

START_TEST(sequence_numbers)
{
	struct mobile mn = bound(); /* 100 */
	static const struct {
		uint16_t seq;
		bool newer;
	} t[] = { { 100, false }, { 99, false }, { 101, true }, { (uint16_t)(101 + 32768), false }, { (uint16_t)(101 + 32767), true } };
	uint16_t last = 100;

	for (unsigned int i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		mn.seq = t[i].seq;
		send_bu(&mn, (struct bu){ .lifetime = 50, .flags = A });
		if (t[i].newer)
			last = t[i].seq;
		expect_ba(&mn, 4 + i, t[i].newer ? BA_ACCEPTED : BA_SEQ_OUT_OF_WINDOW, last, COA1, true, false);
	}
	/* Nobody learns the number without an authenticator. */
	send_bu(&mn, (struct bu){ .lifetime = 50, .flags = A, .forged = true });
	ck_assert_uint_eq(k.n_mh, 8);
}
END_TEST

/* 5.2.8: what was said before the end of a binding is not good after it. */
START_TEST(replay_after_the_end)
{
	struct mobile mn = bound();

	mn.seq = 101;
	send_bu(&mn, (struct bu){ .flags = A });
	expect_ba(&mn, 4, BA_ACCEPTED, 101, COA1, true, true);
	mn.seq = 100;
	send_bu(&mn, (struct bu){ .lifetime = 50, .flags = A });
	expect_ba(&mn, 5, BA_SEQ_OUT_OF_WINDOW, 101, COA1, true, false);
	ck_assert_uint_eq(live(), 0);
	ck_assert_uint_eq(d.cn->cache.count, 1);
	mn.seq = 102;
	send_bu(&mn, (struct bu){ .lifetime = 50, .flags = A });
	expect_ba(&mn, 6, BA_ACCEPTED, 102, COA1, true, false);
	ck_assert_uint_eq(live(), 1);
	ck_assert_uint_eq(d.cn->cache.count, 1);
}
END_TEST

/* It is forgotten when its nonces are. */
START_TEST(oblivion)
{
	struct mobile mn = bound();
	struct cn_binding *b = TAILQ_FIRST(&TAILQ_FIRST(&d.cn->cache.rank[1])->bindings);

	b->authorized -= RR_MAX_NONCE_LIFETIME - 0.2;
	mn.seq = 101;
	send_bu(&mn, (struct bu){ .flags = A });
	ck_assert_uint_eq(d.cn->cache.count, 1);
	paper_run(d.loop, 0.4);
	ck_assert_uint_eq(d.cn->cache.count, 0);
}
END_TEST

START_TEST(home_registration)
{
	struct mobile mn = { .hoa = HOA, .coa = COA1, .us = US, .seq = 9 };

	send_bu(&mn, (struct bu){ .lifetime = 50, .flags = A | MH_BU_H, .no_auth = true, .no_nonces = true });
	expect_ba(&mn, 1, BA_HOME_REG_UNSUPPORTED, 9, COA1, false, false);
	ck_assert_uint_eq(live(), 0);
	conf.role = ROLE_HA; /* there it is somebody else's */
	send_bu(&mn, (struct bu){ .lifetime = 50, .flags = A | MH_BU_H, .no_auth = true, .no_nonces = true });
	ck_assert_uint_eq(k.n_mh, 1);
	ck_assert_uint_eq(d.stats[STAT_MH_UNEXPECTED], 1);
	conf.role = ROLE_CN;
}
END_TEST

START_TEST(alternate_care_of_address)
{
	struct mobile mn = { .hoa = HOA, .coa = COA2, .us = US, .seq = 1 };
	static const char *const bad[] = { US, US2, HOA };

	/* The tests are of the address that the option names; the answer goes to the source. */
	tests(&mn);
	send_bu(&mn, (struct bu){ .lifetime = 50, .flags = A, .from = COA1, .alt = COA2 });
	expect_ba(&mn, 3, BA_ACCEPTED, 1, COA1, true, false);
	ck_assert(is(&paper_peer(US, HOA)->coa, COA2));
	/* No test of ours answers these, so the token is made here. */
	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct mobile other = { .hoa = "2001:db8:40::200", .coa = COA1, .us = US, .seq = 1 };
		const struct in6_addr coa = ip(bad[i]);
		unsigned int n;

		tests(&other);
		rr_token(d.cn->nonces.kcn, &coa, cn_nonce_current(&d.cn->nonces, clock_now())->value, RR_CARE_OF, other.care_of);
		n = k.n_mh;
		other.coa = bad[i];
		send_bu(&other, (struct bu){ .lifetime = 50, .flags = A, .from = COA1, .alt = bad[i] });
		expect_ba(&other, n + 1, BA_INVALID_COA, 1, COA1, true, false);
	}
	ck_assert_uint_eq(live(), 1);
}
END_TEST

START_TEST(tests_without_answer)
{
	static const struct {
		const char *src, *dst;
	} t[] = {
		{ "fe80::5", US }, { "ff02::1", US }, { "::", US }, { "::1", US }, { "::ffff:192.0.2.1", US },
		{ HOA, "ff02::1" }, { HOA, "fe80::2" }, { HOA, "2001:db8:d::99" }, { US2, US },
	};
	struct mh_packet p = { .src = ip(HOA), .dst = ip(US), .has_coa = true, .coa = ip(COA1) };
	struct mh_msg m = { .type = MH_HOTI };

	for (unsigned int i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		send_test(t[i].src, t[i].dst, i % 2 ? MH_HOTI : MH_COTI);
		ck_assert_uint_eq(k.n_mh, 0);
	}
	p.len = (size_t)mh_build(p.data, sizeof(p.data), &m, NULL);
	give(&p);
	ck_assert_uint_eq(k.n_mh, 0);
	ck_assert_uint_eq(d.stats[STAT_MH_MALFORMED], sizeof(t) / sizeof(t[0]) + 1);
}
END_TEST

START_TEST(tests_are_limited)
{
	for (unsigned int i = 0; i < 3 * CN_TEST_SOURCE_BURST; i++) {
		char src[64];

		snprintf(src, sizeof(src), "2001:db8:f1::%x", i + 1);
		send_test(src, US, MH_COTI);
	}
	/* one /64, and the clock goes on while this runs */
	ck_assert_uint_lt(k.n_mh, CN_TEST_SOURCE_BURST + 2 * CN_TEST_SOURCE_RATE);
	ck_assert_uint_gt(d.stats[STAT_MH_LIMITED], 0);
	send_test(HOA, US, MH_HOTI);
	ck_assert_uint_eq(k.mh.msg.type, MH_HOT);
	ck_assert_uint_eq(d.cn->cache.count, 0);
}
END_TEST

START_TEST(two_addresses_of_ours)
{
	struct mobile mn = bound(), other = mn;
	const struct in6_addr hoa = ip(HOA), coa = ip(COA1);

	other.us = US2;
	other.seq = 7;
	tests(&other);
	send_bu(&other, (struct bu){ .lifetime = 50, .flags = A });
	expect_ba(&other, 6, BA_ACCEPTED, 7, COA1, true, false);
	ck_assert_uint_eq(live(), 2);
	ck_assert(cn_bound(d.cn, &hoa) && !cn_bound(d.cn, &coa));
	/* One of them goes. */
	k.addrs.n = 1;
	cn_addr_changed(d.cn);
	paper_run(d.loop, 0.05);
	ck_assert_uint_eq(live(), 1);
	ck_assert_ptr_nonnull(paper_peer(US, HOA));
}
END_TEST

static void register_one(unsigned int n, const char *coa, uint8_t status)
{
	unsigned int before = k.n_mh;
	char hoa[64];
	struct mobile mn = { .hoa = hoa, .coa = coa, .us = US, .seq = 1 };

	snprintf(hoa, sizeof(hoa), "2001:db8:40::%x", 0x100 + n);
	tests(&mn);
	send_bu(&mn, (struct bu){ .lifetime = 50, .flags = A });
	expect_ba(&mn, before + 3, status, 1, coa, true, false);
}

START_TEST(too_many)
{
	for (unsigned int i = 0; i < 5; i++)
		register_one(i, COA1, i < 4 ? BA_ACCEPTED : BA_NO_RESOURCES);
	ck_assert_uint_eq(live(), 4);
}
END_TEST

START_TEST(newcomer_in_a_full_cache)
{
	struct cn_binding *oldest;
	double born;

	for (unsigned int i = 0; i < 8; i++)
		register_one(i, i < 4 ? COA1 : COA2, BA_ACCEPTED);
	/* all are too young to go */
	register_one(8, "2001:db8:f3::5", BA_NO_RESOURCES);
	oldest = TAILQ_FIRST(&TAILQ_FIRST(&d.cn->cache.rank[4])->bindings);
	oldest->authorized -= CN_KEEP + 1;
	born = oldest->authorized;
	register_one(8, "2001:db8:f3::5", BA_ACCEPTED);
	ck_assert_uint_eq(live(), 8);
	ck_assert_uint_eq(d.stats[STAT_BC_EVICTED], 1);
	ck_assert_ptr_null(paper_peer(US, "2001:db8:40::100"));
	ck_assert_ptr_nonnull(paper_peer(US, "2001:db8:40::108"));
	/* What authorized the one that went is not honoured any more. */
	ck_assert_double_eq(d.cn->nonces.floor, born);
	ck_assert_uint_eq(d.cn->cache.most, 4);
}
END_TEST

/* A binding that cannot follow is better gone. */
START_TEST(no_room_where_it_goes)
{
	struct mobile mn = { .hoa = "2001:db8:40::104", .coa = COA1, .us = US, .seq = 2 };

	for (unsigned int i = 0; i < 5; i++)
		register_one(i, i < 4 ? COA1 : COA2, BA_ACCEPTED);
	tests(&mn);
	send_bu(&mn, (struct bu){ .lifetime = 50, .flags = A });
	expect_ba(&mn, 18, BA_NO_RESOURCES, 2, COA1, true, false);
	ck_assert_uint_eq(live(), 4);
	ck_assert_ptr_null(paper_peer(US, mn.hoa));
}
END_TEST

START_TEST(kernel_refuses)
{
	struct mobile mn = { .hoa = HOA, .coa = COA1, .us = US, .seq = 1 };

	peers.error = -ENOBUFS;
	tests(&mn);
	send_bu(&mn, (struct bu){ .lifetime = 50 }); /* told in any case */
	expect_ba(&mn, 3, BA_NO_RESOURCES, 1, COA1, true, false);
	ck_assert_uint_eq(live(), 0);
	peers.error = 0;
	mn.seq++;
	send_bu(&mn, (struct bu){ .lifetime = 50, .flags = A });
	expect_ba(&mn, 4, BA_ACCEPTED, 2, COA1, true, false);
	/* And when it moves: nothing is left of it. */
	peers.error = -ENOBUFS;
	mn.coa = COA2;
	mn.seq++;
	tests(&mn);
	send_bu(&mn, (struct bu){ .lifetime = 50, .flags = A });
	expect_ba(&mn, 7, BA_NO_RESOURCES, 3, COA2, true, false);
	ck_assert_uint_eq(live(), 0);
	ck_assert_uint_eq(d.stats[STAT_KERNEL_ERRORS], 2);
}
END_TEST

static uint8_t forbids(struct daemon *dd, const struct in6_addr *ours, const struct in6_addr *hoa)
{
	(void)dd;
	if (hoa && is(hoa, COA2))
		return BA_REG_TYPE_CHANGE;
	return is(ours, US2) ? BA_PROHIBITED : 0;
}

START_TEST(role_says_no)
{
	struct mobile mn = { .hoa = HOA, .coa = COA1, .us = US2, .seq = 1 };

	tests(&mn);
	cn_set_veto(d.cn, forbids);
	send_bu(&mn, (struct bu){ .lifetime = 50, .flags = A });
	expect_ba(&mn, 3, BA_PROHIBITED, 1, COA1, true, false);
	send_test(HOA, US2, MH_HOTI);
	send_test(COA2, US, MH_HOTI);
	ck_assert_uint_eq(k.n_mh, 3);
	/* What is against a home address is nothing against a care-of address, unless it is registered. */
	send_test(COA2, US, MH_COTI);
	ck_assert_uint_eq(k.n_mh, 4);
	mn.us = US;
	cn_set_veto(d.cn, NULL);
	mn.coa = COA2;
	tests(&mn);
	cn_set_veto(d.cn, forbids);
	send_bu(&mn, (struct bu){ .lifetime = 50, .flags = A });
	expect_ba(&mn, 7, BA_INVALID_COA, 1, COA2, true, false);
	ck_assert_uint_eq(live(), 0);
}
END_TEST

/* Many updates of one binding: the kernel is spared. */
START_TEST(updates_are_limited)
{
	struct mobile mn = bound();

	for (unsigned int i = 0; i < 200; i++) {
		mn.seq++;
		send_bu(&mn, (struct bu){ .lifetime = 50, .flags = A });
	}
	ck_assert_uint_le(peers.calls, 1 + CN_UPDATE_BURST + 2 * CN_UPDATE_RATE);
	ck_assert_uint_gt(d.stats[STAT_MH_LIMITED], 0);
	ck_assert_uint_eq(live(), 1);
}
END_TEST

/* Two bindings half a minute before their end, one of them used three seconds ago. */
START_TEST(refresh_is_asked_for_what_is_used)
{
	struct mobile idle = { .hoa = "2001:db8:40::200", .coa = COA1, .us = US, .seq = 1 };
	struct json_object *rows = json_object_new_array();
	struct cn_binding *b;
	unsigned int n;
	uint64_t at = 0;

	bound();
	tests(&idle);
	send_bu(&idle, (struct bu){ .lifetime = 50, .flags = A });
	paper_peer(US, HOA)->in = 3;
	n = k.n_mh;
	TAILQ_FOREACH(b, &TAILQ_FIRST(&d.cn->cache.rank[2])->bindings, age)
		b->expires = clock_now() + CN_REFRESH_LEAD - 1;
	ev_timer_stop(d.loop, &d.cn->refresh);
	ev_timer_set(&d.cn->refresh, 0.01, 0);
	ev_timer_start(d.loop, &d.cn->refresh);
	paper_run(d.loop, 0.1);
	ck_assert_uint_eq(peers.looks, 1);
	ck_assert_uint_eq(k.n_mh, n + 1);
	ck_assert_uint_eq(k.mh.msg.type, MH_BRR);
	ck_assert(is(&k.mh.dst, HOA) && k.mh.has_rt2 && is(&k.mh.rt2, COA1) && is(&k.mh.src, US));
	/* the next look is when half of the time is over */
	ck_assert_double_gt(ev_timer_remaining(d.loop, &d.cn->refresh), 10);
	ck_assert_double_lt(ev_timer_remaining(d.loop, &d.cn->refresh), 15);
	while (cn_rows(d.cn, &at, 1, rows))
		;
	ck_assert_uint_eq(json_object_array_length(rows), 2);
	json_object_put(rows);
}
END_TEST

START_TEST(the_kernel_is_compared_while_there_are_bindings)
{
	struct mobile mn;

	ck_assert(!ev_is_active(&d.cn->check));
	mn = bound();
	ck_assert(ev_is_active(&d.cn->check));
	ev_feed_event(d.loop, &d.cn->check, EV_TIMER);
	paper_run(d.loop, 0.01);
	ck_assert_uint_eq(peers.checks, 1);
	mn.seq++;
	send_bu(&mn, (struct bu){ .flags = A });
	ev_feed_event(d.loop, &d.cn->check, EV_TIMER);
	paper_run(d.loop, 0.01);
	ck_assert_uint_eq(peers.checks, 1);
	ck_assert(!ev_is_active(&d.cn->check));
}
END_TEST

START_TEST(secrets_are_not_told)
{
	struct json_object *o = json_object_new_object();
	const char *text;
	char hex[2 * RR_NONCE_LEN + 1];

	bound();
	cn_status(d.cn, o);
	text = json_object_to_json_string(o);
	ck_assert_ptr_nonnull(strstr(text, "\"age_s\""));
	for (unsigned int i = 0; i < RR_NONCE_LEN; i++)
		snprintf(hex + 2 * i, 3, "%02x", d.cn->nonces.ring[d.cn->nonces.newest].value[i]);
	hex[8] = 0;
	ck_assert_ptr_null(strstr(text, hex));
	json_object_put(o);
}
END_TEST

SUITE("cn", .timeout = 60, .setup = setup, .teardown = teardown,
      .tests = {
	      { register_move_renew_deregister },
	      { without_acknowledge_flag },
	      { lifetime_is_short },
	      { return_home },
	      { unauthenticated_is_silent },
	      { nonces_that_are_unknown },
	      { sequence_numbers },
	      { replay_after_the_end },
	      { oblivion },
	      { home_registration },
	      { alternate_care_of_address },
	      { tests_without_answer },
	      { tests_are_limited },
	      { two_addresses_of_ours },
	      { too_many },
	      { newcomer_in_a_full_cache },
	      { no_room_where_it_goes },
	      { kernel_refuses },
	      { role_says_no },
	      { updates_are_limited },
	      { refresh_is_asked_for_what_is_used },
	      { the_kernel_is_compared_while_there_are_bindings },
	      { secrets_are_not_told },
      })
