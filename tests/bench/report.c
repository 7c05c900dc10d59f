/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reports: `phase=register n=100 ok=95 ...` or the same as one JSON object a line. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "gen.h"

static bool as_json;

void report_begin(bool json, const char *phase)
{
	as_json = json;
	printf(json ? "{\"phase\":\"%s\"" : "phase=%s", phase);
}

static void key_is(const char *key)
{
	printf(as_json ? ",\"%s\":" : " %s=", key);
}

void report_u64(const char *key, uint64_t v)
{
	key_is(key);
	printf("%" PRIu64, v);
}

void report_f(const char *key, double v)
{
	key_is(key);
	printf("%.3f", v);
}

void report_ms(const char *key, uint64_t ns)
{
	report_f(key, (double)ns / NS_PER_MS);
}

void report_str(const char *key, const char *v)
{
	key_is(key);
	printf(as_json ? "\"%s\"" : "%s", v);
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

void report_times(uint64_t *ns, size_t n)
{
	if (!n)
		return;
	qsort(ns, n, sizeof(*ns), by_value);
	report_ms("min_ms", ns[0]);
	report_ms("median_ms", ns[n / 2]);
	report_ms("p99_ms", ns[(n - 1) * 99 / 100]);
	report_ms("max_ms", ns[n - 1]);
}

void report_end(void)
{
	puts(as_json ? "}" : "");
	fflush(stdout);
}
