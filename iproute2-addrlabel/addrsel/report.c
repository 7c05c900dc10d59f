// SPDX-License-Identifier: GPL-2.0-or-later
/* What commands say; see report.h. */
#include "report.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void complain(const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	fputs("addrselctl: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

void print_json(struct json_object *o)
{
	puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(o);
}

void print_rows(bool json, const struct table_field *fields, struct json_object *rows, const char *empty)
{
	if (json) {
		print_json(rows);
		return;
	}
	if (json_object_array_length(rows))
		table_print(stdout, fields, rows);
	else
		puts(empty);
	json_object_put(rows);
}

void add_string(struct json_object *o, const char *name, const char *value)
{
	json_object_object_add(o, name, json_object_new_string(value));
}

void add_double(struct json_object *o, const char *name, double value, int decimals)
{
	char text[64];

	snprintf(text, sizeof(text), "%.*f", decimals, value);
	json_object_object_add(o, name, json_object_new_double_s(value, text));
}

void add_int(struct json_object *o, const char *name, long long value)
{
	json_object_object_add(o, name, json_object_new_int64(value));
}

int finish(int status)
{
	if (!fflush(stdout) && !ferror(stdout))
		return status;
	if (errno != EPIPE)
		complain("cannot write: %s", strerror(errno));
	return 2;
}
