// SPDX-License-Identifier: GPL-2.0-or-later
/* The binding cache against a plain list, over random adds, removes and look-ups. */
#include <stdlib.h>
#include <string.h>

#include "core/addr.h"
#include "core/bcache.h"

#include "suite.h"

static struct in6_addr home(unsigned int i)
{
	struct in6_addr a = { { { 0x20, 0x01, 0x0d, 0xb8 } } };

	a.s6_addr[14] = (uint8_t)(i >> 8);
	a.s6_addr[15] = (uint8_t)i;
	return a;
}

START_TEST(random_operations)
{
	enum { N = 3000 };
	struct bcache *c = bcache_new(N);
	struct binding *have[N] = { NULL };
	unsigned int count = 0;

	srandom(7);
	for (int step = 0; step < 60000; step++) {
		unsigned int i = (unsigned int)random() % N;
		struct in6_addr a = home(i);

		ck_assert_ptr_eq(bcache_find(c, &a), have[i]);
		if (!have[i]) {
			have[i] = bcache_add(c, &a);
			ck_assert_ptr_nonnull(have[i]);
			ck_assert(IN6_ARE_ADDR_EQUAL(&have[i]->hoa, &a));
			count++;
		} else if (random() % 3 == 0) {
			bcache_remove(c, have[i]);
			have[i] = NULL;
			count--;
		}
		ck_assert_uint_eq(bcache_count(c), count);
	}
	bcache_free(c);
}
END_TEST

START_TEST(limit_is_kept)
{
	struct bcache *c = bcache_new(10);
	struct in6_addr a;

	for (unsigned int i = 0; i < 10; i++) {
		a = home(i);
		ck_assert_ptr_nonnull(bcache_add(c, &a));
	}
	a = home(10);
	ck_assert_ptr_null(bcache_add(c, &a));
	ck_assert_uint_eq(bcache_count(c), 10);
	bcache_free(c);
}
END_TEST

struct visit {
	struct bcache *c;
	unsigned int seen;
};

static void remove_odd(struct binding *b, void *arg)
{
	struct visit *v = arg;

	v->seen++;
	if (b->hoa.s6_addr[15] & 1)
		bcache_remove(v->c, b);
}

START_TEST(each_may_remove_what_it_is_given)
{
	struct visit v = { .c = bcache_new(1000) };

	for (unsigned int i = 0; i < 1000; i++) {
		struct in6_addr a = home(i);

		bcache_add(v.c, &a);
	}
	bcache_each(v.c, remove_odd, &v);
	ck_assert_uint_eq(v.seen, 1000);
	ck_assert_uint_eq(bcache_count(v.c), 500);
	bcache_free(v.c);
}
END_TEST

static void count_visit(struct binding *b, void *arg)
{
	(void)arg;
	b->seq++;
}

/* Between two pieces the table grows by half, and loses some: what was there all the time is met once. */
START_TEST(walk_in_pieces)
{
	enum { N = 4000 };
	struct bcache *c = bcache_new(4 * N);
	unsigned int pieces = 0, added = N;
	uint64_t at = 0;
	struct in6_addr a;
	bool more;

	for (unsigned int i = 0; i < N; i++) {
		a = home(i);
		bcache_add(c, &a);
	}
	do {
		more = bcache_walk(c, &at, 100, count_visit, NULL);
		pieces++;
		for (unsigned int i = 0; i < 100; i++, added++) {
			a = home(added);
			bcache_add(c, &a);
		}
		a = home(pieces); /* met or not, it is gone */
		bcache_remove(c, bcache_find(c, &a));
	} while (more);
	ck_assert_uint_ge(pieces, 40);
	ck_assert_uint_le(pieces, 90);
	for (unsigned int i = pieces + 1; i < N; i++) {
		a = home(i);
		ck_assert_uint_eq(bcache_find(c, &a)->seq, 1);
	}
	for (unsigned int i = N; i < added; i++) {
		a = home(i);
		ck_assert_uint_le(bcache_find(c, &a)->seq, 1);
	}
	bcache_free(c);
}
END_TEST

static struct in6_addr link_local(unsigned int i)
{
	struct in6_addr a = { { { 0xfe, 0x80 } } };

	a.s6_addr[14] = (uint8_t)(i >> 8);
	a.s6_addr[15] = (uint8_t)i;
	return a;
}

/* Every third entry has one, and two share it. */
START_TEST(link_local_addresses)
{
	enum { N = 3000 };
	struct visit v = { .c = bcache_new(N) };
	struct in6_addr a, ll;

	for (unsigned int i = 0; i < N; i++) {
		struct binding *b;

		a = home(i);
		b = bcache_add(v.c, &a);
		ll = link_local(i / 3 / 2);
		if (i % 3 == 0)
			bcache_set_link_local(v.c, b, &ll);
	}
	for (unsigned int i = 0; i < N / 3 / 2; i++) {
		ll = link_local(i);
		v.seen = 0;
		bcache_each_link_local(v.c, &ll, remove_odd, &v);
		ck_assert_uint_eq(v.seen, 2);
		v.seen = 0;
		bcache_each_link_local(v.c, &ll, remove_odd, &v);
		ck_assert_uint_eq(v.seen, 1); /* one of the two had an odd home address */
	}
	ll = link_local(N);
	v.seen = 0;
	bcache_each_link_local(v.c, &ll, remove_odd, &v);
	ck_assert_uint_eq(v.seen, 0);
	ck_assert_uint_eq(bcache_count(v.c), N - N / 3 / 2);
	bcache_free(v.c);
}
END_TEST

START_TEST(prefixes)
{
	struct in6_addr a = home(0x1234), b = a;

	for (unsigned int len = 0; len <= 128; len++) {
		b = a;
		ck_assert(addr_in_prefix(&a, &b, len));
		for (unsigned int bit = 0; bit < 128; bit++) {
			b = a;
			b.s6_addr[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
			ck_assert_int_eq(addr_in_prefix(&a, &b, len), bit >= len);
		}
	}
}
END_TEST

SUITE("bcache",
	.tests = {
		{ random_operations },
		{ limit_is_kept },
		{ each_may_remove_what_it_is_given },
		{ walk_in_pieces },
		{ link_local_addresses },
		{ prefixes },
	})
