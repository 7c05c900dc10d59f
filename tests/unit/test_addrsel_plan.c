// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Plans against a model of the stock kernel's table: its order, its replacement that reaches the first of a length only,
 * its duplicates. Random tables; after each step every address has its old label or its new one.
 */
#include <string.h>

#include "plan.h"
#include "suite.h"

#define ROUNDS 500
#define PROBES 24

static struct prefixes kernel;
static int n_whole;

static void insert(size_t at, const struct prefix_value *v)
{
	ck_assert_int_eq(prefixes_add(&kernel, &v->prefix, v->len, v->ifindex, v->value), 0);
	memmove(&kernel.v[at + 1], &kernel.v[at], (kernel.n - 1 - at) * sizeof(*v));
	kernel.v[at] = *v;
}

/* net/ipv6/addrlabel.c of 6.12: __ip6addrlbl_add() and _del(). false: EEXIST, ESRCH */
static bool model(enum plan_op op, const struct prefix_value *v)
{
	for (size_t i = 0; i < kernel.n; i++) {
		struct prefix_value *p = &kernel.v[i];

		if (!prefix_cmp(p, v)) {
			if (op == PLAN_ADD)
				return false;
			if (op == PLAN_REPLACE) {
				*p = *v;
			} else {
				memmove(p, p + 1, (kernel.n - i - 1) * sizeof(*p));
				kernel.n--;
			}
			return true;
		}
		if (op != PLAN_DELETE && ((p->len == v->len && !p->ifindex) || p->len < v->len)) {
			insert(i, v);
			return true;
		}
	}
	if (op == PLAN_DELETE)
		return false;
	insert(kernel.n, v);
	return true;
}

static uint32_t label(const struct prefixes *t, const struct in6_addr *a, unsigned int ifindex)
{
	const struct prefix_value *v = prefixes_match_kernel(t, a, ifindex);

	return v ? v->value : PREFIX_NO_LABEL;
}

static struct in6_addr random_addr(void)
{
	struct in6_addr a = { 0 };

	/* few different bits: prefixes nest and repeat */
	a.s6_addr[0] = 0x20;
	a.s6_addr[1] = (uint8_t)(rand() & 0xc1);
	a.s6_addr[2] = (uint8_t)(rand() & 0x81);
	a.s6_addr[15] = (uint8_t)(rand() & 1);
	return a;
}

static struct prefix_value random_entry(void)
{
	static const uint8_t lens[] = { 0, 1, 8, 9, 10, 15, 16, 17, 18, 24, 127, 128 };
	struct prefix_value v = { .prefix = random_addr(),
				  .len = lens[(size_t)rand() % sizeof(lens)],
				  .ifindex = rand() % 4 ? 0 : 1 + (unsigned int)rand() % 2,
				  .value = (uint32_t)rand() % 5 };

	prefix_mask(&v.prefix, v.len);
	return v;
}

static void random_table(struct prefixes *t, int n)
{
	*t = (struct prefixes){ 0 };
	while (n--) {
		struct prefix_value v = random_entry();
		bool there = false;

		for (size_t i = 0; i < t->n; i++)
			there = there || !prefix_cmp(&t->v[i], &v);
		if (!there)
			prefixes_add(t, &v.prefix, v.len, v.ifindex, v.value);
	}
	prefixes_sort(t);
}

static void clone(const struct prefixes *from, struct prefixes *to)
{
	*to = (struct prefixes){ 0 };
	for (size_t i = 0; i < from->n; i++)
		prefixes_add(to, &from->v[i].prefix, from->v[i].len, from->v[i].ifindex, from->v[i].value);
}

static void random_plan(void)
{
	struct prefixes old, want;
	struct plan plan;

	/* additions and replacements in random order make the kernel's order, with duplicates */
	for (int n = rand() % 20; n > 0; n--) {
		struct prefix_value v = random_entry();

		model(rand() % 3 ? PLAN_ADD : PLAN_REPLACE, &v);
	}
	clone(&kernel, &old);
	random_table(&want, rand() % 20);
	/* half of the new table is the old one */
	for (size_t i = 0; i < kernel.n; i++)
		if (rand() % 2 && !prefixes_find(&want, &kernel.v[i])) {
			prefixes_add(&want, &kernel.v[i].prefix, kernel.v[i].len, kernel.v[i].ifindex,
				     rand() % 3 ? kernel.v[i].value : 9);
			prefixes_sort(&want);
		}
	ck_assert_int_eq(plan_make(&old, &want, &plan), 0);
	for (size_t s = 0; s < plan.n; s++) {
		ck_assert_msg(model(plan.step[s].op, &plan.step[s].entry), "step %zu: the kernel refuses", s);
		for (int i = 0; !plan.gaps && i < PROBES; i++) {
			struct in6_addr a = random_addr();
			unsigned int dev = (unsigned int)rand() % 3;
			uint32_t now = label(&kernel, &a, dev);

			ck_assert_msg(now == label(&old, &a, dev) || now == label(&want, &a, dev),
				      "step %zu of %zu: label %u, was %u, will be %u", s, plan.n, now,
				      label(&old, &a, dev), label(&want, &a, dev));
		}
	}
	n_whole += !plan.gaps && plan.n;
	ck_assert_uint_eq(kernel.n, want.n);
	prefixes_sort(&kernel);
	for (size_t i = 0; i < want.n; i++) {
		ck_assert(!prefix_cmp(&kernel.v[i], &want.v[i]));
		ck_assert_uint_eq(kernel.v[i].value, want.v[i].value);
	}
	plan_free(&plan);
	prefixes_free(&old);
	prefixes_free(&want);
	prefixes_free(&kernel);
}

START_TEST(random_plans)
{
	srand(1);
	for (int i = 0; i < ROUNDS; i++)
		random_plan();
	/* most of them promise no gap, and were looked at */
	ck_assert_int_ge(n_whole, ROUNDS / 3);
}
END_TEST

START_TEST(no_more_than_needed)
{
	struct prefixes want;
	struct plan plan;

	srand(7);
	random_table(&want, 15);
	clone(&want, &kernel);
	ck_assert_int_eq(plan_make(&kernel, &want, &plan), 0);
	ck_assert_uint_eq(plan.n, 0);
	plan_free(&plan);
	/* the first of its length: one request */
	want.v[0].value = 77;
	ck_assert_int_eq(plan_make(&kernel, &want, &plan), 0);
	ck_assert_uint_eq(plan.n, 1);
	ck_assert_int_eq(plan.step[0].op, PLAN_REPLACE);
	plan_free(&plan);
	prefixes_free(&want);
	prefixes_free(&kernel);
}
END_TEST

SUITE("addrsel plan", .timeout = 60, .tests = { { random_plans }, { no_more_than_needed } })
