/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The main() of a test program: SUITE("name", .tests = { { one_test }, { a_loop_test, 10 } }). */
#ifndef SUITE_H
#define SUITE_H

#include <check.h>
#include <stdlib.h>

#define SUITE_MAX 64

#ifdef __clang__
/* A test that leaves out n is meant so. */
#pragma clang diagnostic ignored "-Wmissing-field-initializers"
#endif

struct suite_test {
	const TTest *test;
	int n; /* a loop test: _i goes from 0 to n - 1; 0: an ordinary one */
};

struct suite {
	const char *name;
	double timeout; /* seconds for one test; 0: check's own */
	void (*begin)(void); /* once, before all; may be NULL */
	void (*setup)(void), (*teardown)(void); /* around each; may be NULL */
	struct suite_test tests[SUITE_MAX];
};

static inline int suite_run(const struct suite *def)
{
	Suite *s = suite_create(def->name);
	TCase *t = tcase_create(def->name);
	SRunner *r = srunner_create(s);
	int failed;

	if (def->timeout > 0)
		tcase_set_timeout(t, def->timeout);
	tcase_add_unchecked_fixture(t, def->begin, NULL);
	tcase_add_checked_fixture(t, def->setup, def->teardown);
	for (const struct suite_test *i = def->tests; i < def->tests + SUITE_MAX && i->test; i++) {
		if (i->n)
			tcase_add_loop_test(t, i->test, 0, i->n);
		else
			tcase_add_test(t, i->test);
	}
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#define SUITE(title, ...)                                                              \
	int main(void)                                                                 \
	{                                                                              \
		return suite_run(&(const struct suite){ .name = title, __VA_ARGS__ }); \
	}

#endif
