// SPDX-License-Identifier: GPL-2.0-or-later
/* The prefix list of a home link: what counts as a change, who may say what, and what does not fit. */
#include <arpa/inet.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/pfx.h"

#include "suite.h"

static struct pfx_list l;

static struct in6_addr ip(const char *text)
{
	struct in6_addr a;

	ck_assert_int_eq(inet_pton(AF_INET6, text, &a), 1);
	return a;
}

static enum pfx_news tell(const char *prefix, uint32_t valid, uint32_t preferred, enum pfx_source source, double now)
{
	struct nd_prefix p = { .prefix = ip(prefix), .len = 64, .onlink = true, .autonomous = true, .valid = valid, .preferred = preferred };

	return pfx_heard(&l, &p, source, now);
}

static struct pfx *the(const char *addr)
{
	struct in6_addr a = ip(addr);

	return pfx_find(&l, &a);
}

static void fresh(void)
{
	memset(&l, 0, sizeof(l));
}

START_TEST(changes)
{
	fresh();
	ck_assert_int_eq(tell("2001:db8:1::5", 600, 300, PFX_TRUSTED, 100), PFX_NEW);
	ck_assert_uint_eq(l.n, 1);
	ck_assert(the("2001:db8:1::77") == &l.at[0]);
	ck_assert_ptr_null(the("2001:db8:2::77"));
	/* The same number again and again; or what is left of a fixed end: only time goes by. */
	ck_assert_int_eq(tell("2001:db8:1::", 600, 300, PFX_TRUSTED, 150), PFX_SAME);
	ck_assert(l.at[0].valid_until == 750 && l.at[0].preferred_until == 450);
	ck_assert_int_eq(tell("2001:db8:1::", 590, 290, PFX_TRUSTED, 160), PFX_SAME);
	ck_assert_int_eq(tell("2001:db8:1::", 579, 279, PFX_TRUSTED, 170), PFX_SAME);
	ck_assert_int_eq(tell("2001:db8:1::", 579, 100, PFX_TRUSTED, 170), PFX_CHANGED);
	ck_assert_int_eq(tell("2001:db8:1::", 30, 0, PFX_TRUSTED, 170), PFX_CHANGED);
	ck_assert(pfx_valid(&l.at[0], 199) && !pfx_preferred(&l.at[0], 171) && !pfx_valid(&l.at[0], 200));
	/* Down to the end, and back from there. */
	ck_assert_int_eq(tell("2001:db8:1::", 0, 0, PFX_TRUSTED, 200), PFX_SAME);
	ck_assert_int_eq(tell("2001:db8:1::", 0, 0, PFX_TRUSTED, 300), PFX_SAME);
	ck_assert_int_eq(tell("2001:db8:1::", UINT32_MAX, UINT32_MAX, PFX_TRUSTED, 300), PFX_CHANGED);
	ck_assert(l.at[0].valid_until == INFINITY);
	ck_assert_int_eq(tell("2001:db8:1::", UINT32_MAX, UINT32_MAX, PFX_TRUSTED, 400), PFX_SAME);
	ck_assert_int_eq(tell("2001:db8:1::", 0, 0, PFX_TRUSTED, 400), PFX_CHANGED);
}
END_TEST

START_TEST(ranks)
{
	fresh();
	ck_assert_int_eq(tell("2001:db8:1::1", UINT32_MAX, UINT32_MAX, PFX_ADDRESS, 0), PFX_NEW);
	/* A router on the link ends nothing within two hours, however often it says so. */
	ck_assert_int_eq(tell("2001:db8:1::", 30, 30, PFX_ADVERTISED, 10), PFX_SAME);
	ck_assert(l.at[0].valid_until == 10 + 7200);
	ck_assert_int_eq(tell("2001:db8:1::", 30, 30, PFX_ADVERTISED, 20), PFX_SAME);
	ck_assert(l.at[0].valid_until == 10 + 7200);
	tell("2001:db8:1::", 0, 0, PFX_ADVERTISED, 30);
	ck_assert(l.at[0].valid_until == 10 + 7200);
	tell("2001:db8:1::", 9000, 30, PFX_ADVERTISED, 30);
	ck_assert(l.at[0].valid_until == 9030);
	/* We ourselves may; and then neither others nor an address have anything to say. */
	ck_assert_int_eq(tell("2001:db8:1::", 30, 0, PFX_TRUSTED, 40), PFX_CHANGED);
	ck_assert(l.at[0].valid_until == 70);
	ck_assert_int_eq(tell("2001:db8:1::", 9000, 9000, PFX_ADVERTISED, 41), PFX_SAME);
	ck_assert_int_eq(tell("2001:db8:1::1", UINT32_MAX, UINT32_MAX, PFX_ADDRESS, 41), PFX_SAME);
	ck_assert(l.at[0].valid_until == 70);
	/* Unless it is heard no more. */
	ck_assert_int_eq(tell("2001:db8:1::", 20, 0, PFX_TRUSTED, 41), PFX_CHANGED);
	tell("2001:db8:1::", 600, 300, PFX_ADVERTISED, 50);
	ck_assert(l.at[0].valid_until == 61 && l.at[0].source == PFX_TRUSTED);
	tell("2001:db8:1::", 600, 300, PFX_ADVERTISED, 52);
	ck_assert(l.at[0].valid_until == 652 && l.at[0].source == PFX_ADVERTISED);
	tell("2001:db8:1::", 20, 0, PFX_TRUSTED, 55);
	/* After its end an address does not bring it back, a router does. */
	ck_assert_int_eq(tell("2001:db8:1::1", UINT32_MAX, UINT32_MAX, PFX_ADDRESS, 80), PFX_SAME);
	ck_assert(!pfx_valid(&l.at[0], 80));
	tell("2001:db8:1::", 600, 300, PFX_ADVERTISED, 90);
	ck_assert(pfx_valid(&l.at[0], 91));
}
END_TEST

START_TEST(not_taken)
{
	struct nd_prefix p = { .prefix = ip("2001:db8::"), .len = 64, .valid = 10, .preferred = 11 };
	char text[64];

	fresh();
	ck_assert_int_eq(pfx_heard(&l, &p, PFX_TRUSTED, 0), PFX_FULL);
	p.preferred = 10;
	p.len = 2;
	ck_assert_int_eq(pfx_heard(&l, &p, PFX_TRUSTED, 0), PFX_FULL);
	p.len = 128;
	ck_assert_int_eq(pfx_heard(&l, &p, PFX_TRUSTED, 0), PFX_FULL);
	ck_assert_int_eq(tell("fe80::", 10, 10, PFX_TRUSTED, 0), PFX_FULL);
	ck_assert_int_eq(tell("ff02::", 10, 10, PFX_TRUSTED, 0), PFX_FULL);
	ck_assert_int_eq(tell("2001:db8:9::", 0, 0, PFX_TRUSTED, 0), PFX_SAME);
	ck_assert_uint_eq(l.n, 0);
	for (unsigned int i = 0; i < PFX_MAX; i++) {
		snprintf(text, sizeof(text), "2001:db8:%x::", i + 1);
		ck_assert_int_eq(tell(text, i == 3 ? 10 : 100, 10, PFX_TRUSTED, 0), PFX_NEW);
	}
	ck_assert_int_eq(tell("2001:db8:ff::", 100, 10, PFX_TRUSTED, 1), PFX_FULL);
	/* One that has ended makes room. */
	ck_assert_int_eq(tell("2001:db8:ff::", 100, 10, PFX_TRUSTED, 11), PFX_NEW);
	ck_assert_uint_eq(l.n, PFX_MAX);
	ck_assert_ptr_null(the("2001:db8:4::1"));
	ck_assert_ptr_nonnull(the("2001:db8:ff::1"));
}
END_TEST

START_TEST(numbers)
{
	ck_assert_uint_eq(pfx_left(INFINITY, 5), UINT32_MAX);
	ck_assert_uint_eq(pfx_left(5, 5), 0);
	ck_assert_uint_eq(pfx_left(4, 5), 0);
	ck_assert_uint_eq(pfx_left(15.9, 5), 10);
	ck_assert_uint_eq(pfx_left(1e18, 5), UINT32_MAX - 1);
}
END_TEST

SUITE("pfx", .tests = { { changes }, { ranks }, { not_taken }, { numbers } })
