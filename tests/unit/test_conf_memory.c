// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * No memory while a configuration is read: at each place where it can run out, the reading fails and says so, what was in effect is what it
 * was, and what had been taken is given back.
 *
 * The linker brings the reader's calls of malloc() and its kin here (--wrap); the C library's own are not among them.
 */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "conf/parse.h"

#include "suite.h"

#define LOST_MOST 1024 /* bytes: what was in nobody's list yet */

/* It is counted here. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}

static long left = -1; /* allocations until the one that fails, and all after it do, too; -1: none does */
static size_t taken;   /* bytes */

static bool fails(void)
{
	if (left < 0)
		return false;
	if (left)
		left--;
	return !left;
}

static void *count(void *mem)
{
	taken += mem ? malloc_usable_size(mem) : 0;
	return mem;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *mem, size_t size);
void __real_free(void *mem);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *mem, size_t size);
char *__wrap_strdup(const char *s);
void __wrap_free(void *mem);

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : count(__real_malloc(size));
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : count(__real_calloc(n, size));
}

void *__wrap_realloc(void *mem, size_t size)
{
	if (fails())
		return NULL;
	taken -= mem ? malloc_usable_size(mem) : 0;
	return count(__real_realloc(mem, size));
}

char *__wrap_strdup(const char *s)
{
	char *copy = __wrap_malloc(strlen(s) + 1);

	return copy ? strcpy(copy, s) : NULL;
}

void __wrap_free(void *mem)
{
	taken -= mem ? malloc_usable_size(mem) : 0;
	__real_free(mem);
}

/* As long as it takes, which the result says; then it is a good one. */
static void exhaust(const char *file, bool good)
{
	bool failed = true;

	for (long n = 1; failed; n++) {
		size_t before = taken, size;
		char *said = NULL;
		FILE *err = open_memstream(&said, &size);
		struct conf c;
		int rc;

		left = n;
		rc = conf_load(file, -1, &c, err);
		failed = !left;
		left = -1;
		fclose(err);
		ck_assert_msg(n < 100000, "%s", said);
		if (failed) {
			ck_assert_int_ne(rc, 0);
			ck_assert_msg(strstr(said, "emory"), "%ld: %s", n, said);
		} else {
			ck_assert_int_eq(!rc, good);
		}
		conf_free(&c);
		ck_assert_msg(taken - before <= (failed ? LOST_MOST : 0), "%ld: %zu bytes, %s", n, taken - before, said);
		__real_free(said);
	}
}

START_TEST(loads)
{
	exhaust(SAMPLES "/ha-full.conf", true);
	exhaust(SAMPLES "/mn-full.conf", true);
}
END_TEST

/* Files of their own, and errors in them. */
START_TEST(includes)
{
	char dir[] = "/tmp/conf-memory-XXXXXX", one[64], two[64];
	FILE *f;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(one, sizeof(one), "%s/one", dir);
	snprintf(two, sizeof(two), "%s/two", dir);
	f = fopen(one, "w");
	fprintf(f, "NodeConfig HA; include \"two\"; include \"none\"; Interface \"eth0\"; UseMnHaIPsec disabled;\n");
	fclose(f);
	f = fopen(two, "w");
	fprintf(f, "HaMaxBindingLife 8;\n");
	for (int i = 0; i < 300; i++)
		fprintf(f, "BindingAclPolicy 2001:db8:1::%x (2001:db8:%x::/48) allow;\n", i + 2, i + 0x100);
	fclose(f);
	exhaust(one, false);
	remove(one);
	remove(two);
	remove(dir);
}
END_TEST

static void say(const char *keyword, bool was_taken, void *arg)
{
	(void)keyword;
	(void)was_taken;
	++*(unsigned int *)arg;
}

START_TEST(reload)
{
	static const char a[] = "NodeConfig HA; Interface \"eth0\"; UseMnHaIPsec disabled; HaMaxBindingLife 8;\n";
	static const char b[] = "NodeConfig HA; Interface \"eth0\"; UseMnHaIPsec disabled; HaMaxBindingLife 12; DebugLevel 3;\n";
	int rc = -1;

	for (long n = 1; rc; n++) {
		size_t before = taken;
		unsigned int changed = 0;
		struct conf now, next;

		ck_assert(!conf_parse("a", a, strlen(a), -1, &now, stderr) && !conf_parse("b", b, strlen(b), -1, &next, stderr));
		left = n;
		rc = conf_reload(&now, &next, say, &changed);
		left = -1;
		ck_assert_int_le(rc, 0);
		ck_assert_uint_eq(now.ha_max_binding_life, rc ? 8 : 12);
		ck_assert_uint_eq(next.ha_max_binding_life, rc ? 12 : 8);
		ck_assert_uint_eq(changed, rc ? 0 : 2);
		conf_free(&now);
		conf_free(&next);
		/* less: the C library's own stream made some of what is freed */
		ck_assert((long)(taken - before) <= 0);
		ck_assert_int_lt(n, 1000);
	}
}
END_TEST

SUITE("memory", .timeout = 120, .tests = {
	{ loads },
	{ includes },
	{ reload },
})
