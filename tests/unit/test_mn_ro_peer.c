// SPDX-License-Identifier: GPL-2.0-or-later
/* One correspondent and the table of them: what is due when. The clock is a variable. */
#include "mn/mn_ro_peer.h"

#include <arpa/inet.h>
#include <string.h>

#include "suite.h"

static struct mn_ro_peer p;
static struct mn_ro_env env;

static struct in6_addr ip(const char *text)
{
	struct in6_addr a;

	ck_assert_int_eq(inet_pton(AF_INET6, text, &a), 1);
	return a;
}

static void setup(void)
{
	struct in6_addr a = ip("2001:db8:c::2");

	env = (struct mn_ro_env){ .now = 1000, .hoa = ip("2001:db8:1::100"), .coa = ip("2001:db8:f1::64"), .has_coa = true, .registered = true };
	mn_ro_peer_init(&p, &a, 7, env.now);
}

static unsigned int todo(void)
{
	return mn_ro_step(&p, &env).todo;
}

static double next(void)
{
	ck_assert_uint_eq(todo(), 0);
	return mn_ro_step(&p, &env).next;
}

static void test_sent(enum rr_kind kind, uint64_t cookie)
{
	p.test[kind].cookie = cookie;
	mn_ro_sent_test(&p, kind, kind == RR_HOME ? &env.hoa : &env.coa, env.now);
}

static void tokens(void)
{
	test_sent(RR_HOME, 1);
	test_sent(RR_CARE_OF, 2);
	ck_assert(mn_ro_answer(&p, RR_HOME, 1, 10, 0x1111, env.now));
	ck_assert(mn_ro_answer(&p, RR_CARE_OF, 2, 11, 0x2222, env.now));
}

static void update_sent(bool ack, uint32_t lifetime)
{
	p.coa = env.coa;
	p.sent_at = env.now;
	p.sent = true;
	p.asked = lifetime;
	p.waiting = ack;
	p.tries++;
	p.next_at = env.now + MN_RO_TIMEOUT;
	mn_ro_rate_note(&p.rate[MN_RO_BU], env.now);
	if (!ack)
		mn_ro_bind(&p, lifetime, false, env.now);
}

START_TEST(nothing_wanted)
{
	ck_assert(isinf(next()));
}
END_TEST

START_TEST(both_tests_at_once)
{
	mn_ro_begin(&p, MN_RO_BINDING);
	ck_assert_uint_eq(todo(), MN_RO_DO_HOTI | MN_RO_DO_COTI);
	test_sent(RR_HOME, 1);
	ck_assert_uint_eq(todo(), MN_RO_DO_COTI);
	test_sent(RR_CARE_OF, 2);
	ck_assert_double_eq(next(), 1001);
	/* a wrong cookie, and each answer once */
	ck_assert(!mn_ro_answer(&p, RR_HOME, 2, 1, 1, env.now));
	ck_assert(mn_ro_answer(&p, RR_HOME, 1, 1, 1, env.now));
	ck_assert(!mn_ro_answer(&p, RR_HOME, 1, 1, 1, env.now));
	ck_assert_double_eq(next(), 1001);
	ck_assert(mn_ro_answer(&p, RR_CARE_OF, 2, 1, 1, env.now));
	ck_assert_uint_eq(todo(), MN_RO_DO_BU);
}
END_TEST

START_TEST(backoff)
{
	double at[] = { 1001, 1003, 1007, 1015, 1031 };

	mn_ro_begin(&p, MN_RO_BINDING);
	p.used = 1000;
	for (unsigned int i = 0; i < 5; i++) {
		ck_assert_uint_eq(todo(), MN_RO_DO_HOTI | MN_RO_DO_COTI);
		test_sent(RR_HOME, 1);
		test_sent(RR_CARE_OF, 2);
		ck_assert_double_eq(next(), at[i]);
		env.now = at[i];
		if (i == 1) /* there is nothing more to be optimized */
			ck_assert(isinf(next()));
		p.used = env.now;
	}
	ck_assert_uint_eq(todo(), MN_RO_DO_GIVE_UP);
}
END_TEST

/* RFC 6275 11.8: whatever happens, three of a kind in a second. */
START_TEST(rate)
{
	for (unsigned int i = 0; i < 3; i++, env.now += 0.1) {
		mn_ro_begin(&p, MN_RO_BINDING);
		ck_assert(todo() & MN_RO_DO_HOTI);
		test_sent(RR_HOME, 1);
		test_sent(RR_CARE_OF, 1);
	}
	mn_ro_begin(&p, MN_RO_BINDING);
	ck_assert_double_eq(next(), 1001);
	env.now = 1001;
	ck_assert(todo() & MN_RO_DO_HOTI);
}
END_TEST

START_TEST(waits_for_the_home_agent)
{
	env.registered = false;
	mn_ro_begin(&p, MN_RO_BINDING);
	ck_assert_uint_eq(todo(), MN_RO_DO_COTI);
	test_sent(RR_CARE_OF, 2);
	ck_assert(mn_ro_answer(&p, RR_CARE_OF, 2, 1, 1, env.now));
	ck_assert(isinf(next()));
	env.registered = true;
	ck_assert_uint_eq(todo(), MN_RO_DO_HOTI);
}
END_TEST

START_TEST(move_reuses_the_home_token)
{
	mn_ro_begin(&p, MN_RO_BINDING);
	tokens();
	update_sent(false, 420);
	env.now += 200;
	env.coa = ip("2001:db8:f2::64");
	env.registered = false;
	mn_ro_moved(&p);
	mn_ro_begin(&p, MN_RO_BINDING);
	ck_assert_uint_eq(todo(), MN_RO_DO_COTI);
	test_sent(RR_CARE_OF, 3);
	ck_assert(mn_ro_answer(&p, RR_CARE_OF, 3, 1, 1, env.now));
	env.registered = true;
	ck_assert_uint_eq(todo(), MN_RO_DO_BU);
	/* but not for ever */
	env.now += 6;
	ck_assert_uint_eq(todo(), MN_RO_DO_HOTI);
}
END_TEST

START_TEST(token_of_another_address)
{
	struct in6_addr old = env.coa;

	mn_ro_begin(&p, MN_RO_BINDING);
	tokens();
	ck_assert(mn_ro_token_ok(&p, RR_CARE_OF, &old, env.now));
	env.coa = ip("2001:db8:f2::64");
	ck_assert(!mn_ro_token_ok(&p, RR_CARE_OF, &env.coa, env.now));
	ck_assert_uint_eq(todo(), MN_RO_DO_COTI);
}
END_TEST

START_TEST(binding_lives_and_ends)
{
	mn_ro_begin(&p, MN_RO_BINDING);
	tokens();
	update_sent(false, 420);
	ck_assert_str_eq(mn_ro_state_name(&p, env.now), "optimized");
	ck_assert_double_eq(next(), 1180);
	env.now = 1180;
	ck_assert_uint_eq(todo(), MN_RO_DO_REFRESH);
	p.refresh_at = 1300; /* nobody uses it */
	ck_assert_double_eq(next(), 1300);
	p.refresh_at = INFINITY;
	ck_assert_double_eq(next(), 1419);
	env.now = 1419;
	ck_assert_uint_eq(todo(), MN_RO_DO_EXPIRE);
	p.stage = 1;
	mn_ro_unbind(&p, false, env.now);
	ck_assert_double_eq(next(), 1423);
	env.now = 1423;
	ck_assert_uint_eq(todo(), MN_RO_DO_FORGET);
}
END_TEST

START_TEST(short_lifetime)
{
	mn_ro_begin(&p, MN_RO_BINDING);
	tokens();
	update_sent(false, 4);
	ck_assert_double_eq_tol(next(), 1003.2, 1e-6);
	env.now = 1004;
	ck_assert_uint_eq(todo(), MN_RO_DO_EXPIRE);
}
END_TEST

START_TEST(acknowledged)
{
	mn_ro_begin(&p, MN_RO_BINDING);
	tokens();
	update_sent(true, 420);
	ck_assert(!p.bound);
	ck_assert_str_eq(mn_ro_state_name(&p, env.now), "updating");
	ck_assert_double_eq(next(), 1001);
	mn_ro_bind(&p, 100, true, env.now);
	ck_assert(p.bound && p.confirmed && !p.waiting && p.want == MN_RO_NOTHING);
	ck_assert_double_eq(next(), 1080);
}
END_TEST

START_TEST(release)
{
	mn_ro_begin(&p, MN_RO_BINDING);
	tokens();
	update_sent(false, 420);
	env.registered = env.has_coa = false;
	mn_ro_begin(&p, MN_RO_RELEASE);
	ck_assert_double_eq(next(), 1419); /* the home agent first */
	env.home = true;
	ck_assert_uint_eq(todo(), MN_RO_DO_BU);
	env.now += 206;
	ck_assert_uint_eq(todo(), MN_RO_DO_HOTI);
}
END_TEST

/* A forger says again and again that there is no binding. */
START_TEST(setbacks_slow_down)
{
	double begun = env.now;
	unsigned int n = 0;

	for (; env.now < begun + 600; n++) {
		mn_ro_setback(&p, MN_RO_LOST, env.now);
		if (env.now < p.hold_until) {
			ck_assert_uint_eq(todo(), 0);
			env.now = p.hold_until;
		}
		ck_assert_uint_ne(todo(), 0);
		env.now += 0.01;
	}
	ck_assert_uint_le(n, 17); /* at once, after 1, 2, 4, ... 64, 64 ... s */
	env.now += 200;
	mn_ro_setback(&p, MN_RO_LOST, env.now);
	ck_assert_double_le(p.hold_until, env.now);
}
END_TEST

START_TEST(statuses)
{
	bool home, care_of;

	ck_assert_int_eq(mn_ro_ba(0, &home, &care_of), MN_RO_BA_ACCEPTED);
	ck_assert_int_eq(mn_ro_ba(1, &home, &care_of), MN_RO_BA_ACCEPTED);
	ck_assert_int_eq(mn_ro_ba(BA_HOME_NONCE_EXPIRED, &home, &care_of), MN_RO_BA_RETEST);
	ck_assert(home && !care_of);
	ck_assert_int_eq(mn_ro_ba(BA_COA_NONCE_EXPIRED, &home, &care_of), MN_RO_BA_RETEST);
	ck_assert(!home && care_of);
	ck_assert_int_eq(mn_ro_ba(BA_NONCES_EXPIRED, &home, &care_of), MN_RO_BA_RETEST);
	ck_assert(home && care_of);
	ck_assert_int_eq(mn_ro_ba(BA_SEQ_OUT_OF_WINDOW, &home, &care_of), MN_RO_BA_RESEQ);
	ck_assert_int_eq(mn_ro_ba(BA_UNSPECIFIED, &home, &care_of), MN_RO_BA_REFUSED);
	ck_assert_int_eq(mn_ro_ba(BA_HOME_REG_UNSUPPORTED, &home, &care_of), MN_RO_BA_REFUSED);
	for (unsigned int s = 0; s < 256; s++)
		ck_assert_int_eq(mn_ro_ba_unauthenticated((uint8_t)s), s >= 136 && s <= 138);
}
END_TEST

/* ---- the table ---- */

static struct in6_addr nth(unsigned int i)
{
	struct in6_addr a = ip("2001:db8:c::");

	a.s6_addr[4] = (uint8_t)(i * 37); /* in no order */
	a.s6_addr[14] = (uint8_t)(i >> 8);
	a.s6_addr[15] = (uint8_t)i;
	return a;
}

START_TEST(table)
{
	struct mn_ro_table t;
	struct in6_addr a;

	ck_assert_int_eq(mn_ro_table_init(&t, 300), 0);
	for (unsigned int i = 0; i < 300; i++) {
		a = nth(i);
		ck_assert_ptr_null(mn_ro_find(&t, &a));
		ck_assert_ptr_nonnull(mn_ro_add(&t, &a, 1, i));
	}
	for (unsigned int i = 0; i < 300; i++) {
		a = nth(i);
		ck_assert(IN6_ARE_ADDR_EQUAL(&mn_ro_find(&t, &a)->addr, &a));
	}
	for (unsigned int i = 1; i < t.n; i++)
		ck_assert_int_lt(memcmp(&t.at[i - 1]->addr, &t.at[i]->addr, 16), 0);
	mn_ro_table_free(&t);
}
END_TEST

START_TEST(eviction)
{
	struct mn_ro_table t;
	struct in6_addr a;

	ck_assert_int_eq(mn_ro_table_init(&t, 4), 0);
	for (unsigned int i = 0; i < 4; i++) {
		a = nth(i);
		mn_ro_add(&t, &a, 1, i);
	}
	a = nth(0);
	mn_ro_find(&t, &a)->bound = true;
	a = nth(1);
	mn_ro_find(&t, &a)->want = MN_RO_BINDING;
	/* the oldest that is neither bound nor at work */
	a = nth(10);
	ck_assert_ptr_nonnull(mn_ro_add(&t, &a, 1, 10));
	a = nth(2);
	ck_assert_ptr_null(mn_ro_find(&t, &a));
	/* then one at work */
	for (unsigned int i = 0; i < t.n; i++)
		t.at[i]->want = MN_RO_BINDING;
	a = nth(11);
	ck_assert_ptr_nonnull(mn_ro_add(&t, &a, 1, 11));
	a = nth(1);
	ck_assert_ptr_null(mn_ro_find(&t, &a));
	/* never one that the peer, or our kernel, still knows */
	for (unsigned int i = 0; i < t.n; i++)
		t.at[i]->stage = 1;
	a = nth(12);
	ck_assert_ptr_null(mn_ro_add(&t, &a, 1, 12));
	ck_assert_uint_eq(t.n, 4);
	mn_ro_table_free(&t);
}
END_TEST

SUITE("mn ro peer", .setup = setup,
	.tests = {
		{ nothing_wanted },
		{ both_tests_at_once },
		{ backoff },
		{ rate },
		{ waits_for_the_home_agent },
		{ move_reuses_the_home_token },
		{ token_of_another_address },
		{ binding_lives_and_ends },
		{ short_lifetime },
		{ acknowledged },
		{ release },
		{ setbacks_slow_down },
		{ statuses },
		{ table },
		{ eviction },
	})
