// SPDX-License-Identifier: GPL-2.0-or-later
/* The binding cache against a plain list, over random adds, removes and look-ups. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/addr.h"
#include "core/bcache.h"

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

int main(void)
{
	Suite *s = suite_create("bcache");
	TCase *t = tcase_create("core");
	SRunner *r;
	int failed;

	tcase_add_test(t, random_operations);
	tcase_add_test(t, limit_is_kept);
	tcase_add_test(t, each_may_remove_what_it_is_given);
	tcase_add_test(t, prefixes);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
