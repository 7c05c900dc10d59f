// SPDX-License-Identifier: GPL-2.0-or-later
/* What of the correspondent node needs no kernel: nonces with a clock of the test's, and the cache against plain counting. */
#include <errno.h>
#include <string.h>

#include "cn/cn_impl.h"
#include "suite.h"

/* ---- nonces ---- */

START_TEST(nonces_have_an_age)
{
	struct cn_nonces n;
	const struct cn_nonce *a, *b;
	uint16_t first;

	ck_assert_int_eq(cn_nonce_init(&n, 1000), 0);
	a = cn_nonce_current(&n, 1000);
	first = a->index;
	ck_assert_ptr_eq(cn_nonce_current(&n, 1029.9), a);
	b = cn_nonce_current(&n, 1030);
	ck_assert_uint_eq(b->index, (uint16_t)(first + 1));
	ck_assert_mem_ne(a->value, b->value, sizeof(a->value));
	ck_assert_ptr_eq(cn_nonce_find(&n, first, 1239.9), a);
	ck_assert_ptr_null(cn_nonce_find(&n, first, 1240));
	ck_assert_ptr_eq(cn_nonce_find(&n, b->index, 1240), b);
	ck_assert_ptr_null(cn_nonce_find(&n, (uint16_t)(first + 2), 1240));
	ck_assert_ptr_null(cn_nonce_find(&n, (uint16_t)(first - 1), 1000));
}
END_TEST

/* However often tokens are asked for, what was given is good for 210 s. */
START_TEST(nonces_outlive_their_tokens)
{
	struct cn_nonces n;
	struct {
		uint16_t index;
		double at;
	} given[2000];
	unsigned int n_given = 0, oldest = 0;

	ck_assert_int_eq(cn_nonce_init(&n, 0), 0);
	for (double now = 0; n_given < 2000; now += 0.7) {
		given[n_given].index = cn_nonce_current(&n, now)->index;
		given[n_given++].at = now;
		while (given[oldest].at + RR_MAX_TOKEN_LIFETIME < now)
			oldest++;
		for (unsigned int i = oldest; i < n_given; i++)
			ck_assert_ptr_nonnull(cn_nonce_find(&n, given[i].index, now));
	}
}
END_TEST

START_TEST(nonce_indices_wrap)
{
	struct cn_nonces n;

	ck_assert_int_eq(cn_nonce_init(&n, 0), 0);
	for (unsigned int i = 0; i < 70000; i++) {
		double now = 30.0 * i;
		uint16_t index = cn_nonce_current(&n, now)->index;

		for (unsigned int back = 0; back < 12; back++)
			ck_assert_int_eq(cn_nonce_find(&n, (uint16_t)(index - back), now) != NULL, back < 8 && back <= i);
		ck_assert_ptr_null(cn_nonce_find(&n, (uint16_t)(index + 1), now));
	}
}
END_TEST

START_TEST(nonces_that_are_forgotten)
{
	struct cn_nonces n;
	uint16_t first, second;

	ck_assert_int_eq(cn_nonce_init(&n, 0), 0);
	first = cn_nonce_current(&n, 0)->index;
	second = cn_nonce_current(&n, 30)->index;
	cn_nonce_forget(&n, 0);
	ck_assert_ptr_null(cn_nonce_find(&n, first, 31));
	ck_assert_ptr_nonnull(cn_nonce_find(&n, second, 31));
	cn_nonce_forget(&n, 30);
	ck_assert_ptr_null(cn_nonce_find(&n, second, 31));
	/* No token comes from a nonce that is not honoured. */
	ck_assert_uint_eq(cn_nonce_current(&n, 31)->index, (uint16_t)(second + 1));
}
END_TEST

/* ---- the cache ---- */

static struct in6_addr numbered(uint32_t prefix, uint32_t host)
{
	struct in6_addr a = { .s6_addr = { 0x20, 0x01, 0x0d, 0xb8 } };

	a.s6_addr[6] = (uint8_t)(prefix >> 8);
	a.s6_addr[7] = (uint8_t)prefix;
	a.s6_addr[13] = (uint8_t)(host >> 16);
	a.s6_addr[14] = (uint8_t)(host >> 8);
	a.s6_addr[15] = (uint8_t)host;
	return a;
}

static struct cn_binding *put(struct cn_cache *c, uint32_t home, uint32_t prefix, double authorized)
{
	const struct in6_addr hoa = numbered(0x4000, home), us = numbered(0xd, 1), coa = numbered(prefix, home);
	struct cn_binding *b = cn_cache_add(c, &hoa, &us, &coa);

	ck_assert_ptr_nonnull(b);
	b->authorized = authorized;
	cn_cache_set_live(c, b, true);
	return b;
}

START_TEST(room_is_shared)
{
	struct cn_cache c;
	struct cn_binding *victim, *first;
	struct in6_addr one = numbered(1, 99), two = numbered(2, 99), three = numbered(3, 99);

	ck_assert_int_eq(cn_cache_init(&c, 6, 4), 0);
	first = put(&c, 0, 1, 0);
	for (uint32_t i = 1; i < 4; i++)
		put(&c, i, 1, 0);
	/* a source's own limit */
	ck_assert(!cn_cache_room(&c, &one, 1000, &victim));
	ck_assert(cn_cache_room(&c, &two, 1000, &victim) && !victim);
	put(&c, 10, 2, 0);
	put(&c, 11, 2, 0);
	/* full: the least recently updated of who has most goes for who has two fewer */
	ck_assert(cn_cache_room(&c, &two, 1000, &victim));
	ck_assert_ptr_eq(victim, first);
	ck_assert_int_eq(cn_cache_move(&c, first, &first->coa), 0);
	ck_assert(cn_cache_room(&c, &three, 1000, &victim));
	ck_assert_ptr_ne(victim, first);
	/* but not before its nonces are old */
	ck_assert(!cn_cache_room(&c, &three, CN_KEEP - 1, &victim));
	/* 3 and 3: nobody is driven out by an equal */
	cn_cache_remove(&c, first);
	put(&c, 12, 2, 0);
	ck_assert(!cn_cache_room(&c, &one, 1000, &victim));
	ck_assert(!cn_cache_room(&c, &two, 1000, &victim));
	ck_assert(cn_cache_room(&c, &three, 1000, &victim));
	ck_assert_uint_eq(c.most, 3);
	cn_cache_free(&c);
}
END_TEST

/* Random changes against plain counting. */
START_TEST(cache_counts)
{
	enum { HOMES = 300, PREFIXES = 7 };
	static uint8_t where[HOMES]; /* 1 + prefix */
	struct cn_cache c;
	unsigned int seed = 7;

	ck_assert_int_eq(cn_cache_init(&c, 200, 60), 0);
	memset(where, 0, sizeof(where));
	for (unsigned int step = 0; step < 20000; step++) {
		const uint32_t home = (seed = seed * 1103515245 + 12345) / 65536 % HOMES;
		const uint32_t prefix = (seed = seed * 1103515245 + 12345) / 65536 % PREFIXES;
		const struct in6_addr hoa = numbered(0x4000, home), us = numbered(0xd, 1), coa = numbered(prefix, home);
		struct cn_binding *b = cn_cache_find(&c, &hoa, &us), *victim;
		unsigned int n[PREFIXES] = { 0 }, total = 0, most = 0;

		ck_assert_int_eq(b != NULL, where[home] != 0);
		ck_assert_int_eq(cn_cache_has_home(&c, &hoa), where[home] != 0);
		for (unsigned int i = 0; i < HOMES; i++)
			if (where[i])
				n[where[i] - 1]++;
		for (unsigned int i = 0; i < PREFIXES; i++) {
			total += n[i];
			most = n[i] > most ? n[i] : most;
		}
		ck_assert_uint_eq(c.count, total);
		ck_assert_uint_eq(c.live, total);
		ck_assert_uint_eq(c.most, most);
		if (b && step % 3 == 0) {
			cn_cache_remove(&c, b);
			where[home] = 0;
		} else if (b) {
			int err = cn_cache_move(&c, b, &coa);

			ck_assert_int_eq(err, where[home] != 1 + prefix && n[prefix] == 60 ? -ENOSPC : 0);
			if (!err)
				where[home] = (uint8_t)(1 + prefix);
		} else if (cn_cache_room(&c, &coa, 1000, &victim)) {
			if (victim) {
				uint32_t gone = (uint32_t)victim->hoa.s6_addr[14] << 8 | victim->hoa.s6_addr[15];

				ck_assert_uint_eq(total, 200);
				ck_assert_uint_ge(n[where[gone] - 1], n[prefix] + 2);
				cn_cache_remove(&c, victim);
				where[gone] = 0;
			}
			put(&c, home, prefix, 0);
			where[home] = (uint8_t)(1 + prefix);
		} else {
			ck_assert(n[prefix] == 60 || total == 200);
		}
	}
	cn_cache_free(&c);
}
END_TEST

SUITE("cn cache", .timeout = 60, .tests = {
	{ nonces_have_an_age },
	{ nonces_outlive_their_tokens },
	{ nonce_indices_wrap },
	{ nonces_that_are_forgotten },
	{ room_is_shared },
	{ cache_counts },
})
