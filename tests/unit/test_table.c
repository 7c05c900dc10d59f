// SPDX-License-Identifier: GPL-2.0-or-later
/* What mip6ctl prints for people. */
#include <stdlib.h>
#include <string.h>

#include "ctl/table.h"

#include "suite.h"

static const struct table_field fields[] = {
	{ "name", "NAME", NULL },
	{ "life_s", "LIFE", "s" },
	{ "absent", "ABSENT", NULL },
	{ "note", "NOTE", NULL },
	{ 0 },
};

static char *text;
static size_t len;
static struct json_object *obj;

static FILE *begin(const char *json)
{
	obj = json_tokener_parse(json);
	ck_assert_ptr_nonnull(obj);
	return open_memstream(&text, &len);
}

static void expect(FILE *f, const char *want)
{
	fclose(f);
	ck_assert_str_eq(text, want);
	free(text);
	json_object_put(obj);
}

START_TEST(columns)
{
	FILE *f =
		begin("[{\"note\":\"x\",\"name\":\"a\",\"life_s\":7,\"extra\":1},"
		      "{\"name\":\"a-longer-name\",\"life_s\":262140,\"note\":null},{\"name\":\"b\",\"life_s\":1.25}]");

	table_print(f, fields, obj);
	expect(f, "NAME           LIFE (s)  NOTE\n"
		  "a                     7  x\n"
		  "a-longer-name    262140  -\n"
		  "b                   1.2  -\n");
}
END_TEST

START_TEST(no_rows)
{
	FILE *f = begin("[]");

	table_print(f, fields, obj);
	expect(f, "");
}
END_TEST

/* Rows of the wrong shape come from a daemon of another version: shown somehow, never a crash. */
START_TEST(odd_rows)
{
	FILE *f = begin("[7,null,\"x\",{\"name\":{\"a\":[1,{\"b\":true}]}},[],{\"name\":\"e\\u001b[2J\\n\"}]");

	table_print(f, fields, obj);
	expect(f, "NAME\n-\n-\n-\na=1, b\n-\ne?[2J?\n");
}
END_TEST

START_TEST(long_values)
{
	char json[3000] = "[{\"name\":\"";
	size_t n = strlen(json);
	FILE *f;

	memset(json + n, 'y', 2000);
	strcpy(json + n + 2000, "\"}]");
	f = begin(json);
	table_print(f, fields, obj);
	fclose(f);
	ck_assert_uint_eq(len, strlen("NAME\n") + 255 + 1);
	free(text);
	json_object_put(obj);
}
END_TEST

START_TEST(object)
{
	FILE *f = begin(
		"{\"more\":true,\"life_s\":5,\"name\":\"n\",\"list\":[\"a\",\"b\"],"
			"\"note\":[{\"k\":1},{\"k\":2}],\"none\":[]}");

	table_print_object(f, fields, obj);
	expect(f, "NAME  n\n"
		  "LIFE  5 s\n"
		  "NOTE  k=1\n"
		  "      k=2\n"
		  "more  yes\n"
		  "list  a, b\n"
		  "none  -\n");
}
END_TEST

START_TEST(set)
{
	FILE *f = begin("{\"life_s\":null,\"name\":{\"a\":true,\"b\":false,\"c\":true,\"d\":false}}");

	table_print_object(f, fields, obj);
	expect(f, "NAME  a c; not b d\n"
		  "LIFE  -\n");
}
END_TEST

START_TEST(event)
{
	FILE *f;

	setenv("TZ", "UTC0", 1);
	f = begin(
		"{\"time\":1000000000.0125,\"event\":\"binding-registered\",\"lifetime_s\":60,\"why\":\"two words\"}");
	table_print_event(f, obj);
	expect(f, "01:46:40.013 binding-registered lifetime_s=60 why=\"two words\"\n");
	f = begin("{}");
	table_print_event(f, obj);
	expect(f, "00:00:00.000 -\n");
}
END_TEST

SUITE("table",
	.tests = {
		{ columns },
		{ no_rows },
		{ odd_rows },
		{ long_values },
		{ object },
		{ set },
		{ event },
	})
