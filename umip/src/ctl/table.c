// SPDX-License-Identifier: GPL-2.0-or-later
/* See table.h. */
#include "ctl/table.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define COLUMNS_MAX 24
#define CELL_MAX    256

static bool is_number(struct json_object *v)
{
	return json_object_is_type(v, json_type_int) || json_object_is_type(v, json_type_double);
}

static void append(char *buf, size_t cap, const char *text)
{
	size_t len = strlen(buf);

	if (len + 1 < cap)
		snprintf(buf + len, cap - len, "%s", text);
}

static void cell(struct json_object *v, char *buf, size_t cap);

static void cell_array(struct json_object *v, char *buf, size_t cap)
{
	char one[CELL_MAX];

	for (size_t i = 0; i < json_object_array_length(v); i++) {
		cell(json_object_array_get_idx(v, i), one, sizeof(one));
		append(buf, cap, i ? ", " : "");
		append(buf, cap, one);
	}
}

/*
 * A set of things that are so or not: the names of those that are, then of those that are not. False if v is no such
 * object.
 */
static bool cell_set(struct json_object *v, char *buf, size_t cap)
{
	json_object_object_foreach(v, name, member) {
		(void)name;
		if (!json_object_is_type(member, json_type_boolean))
			return false;
	}
	for (int want = 1; want >= 0; want--) {
		bool first = true;

		json_object_object_foreach(v, key, value) {
			if (json_object_get_boolean(value) != want)
				continue;
			append(buf, cap, first && !want ? "; not " : buf[0] ? " " : "");
			append(buf, cap, key);
			first = false;
		}
	}
	return true;
}

static void cell_object(struct json_object *v, char *buf, size_t cap)
{
	char one[CELL_MAX];

	if (cell_set(v, buf, cap))
		return;
	json_object_object_foreach(v, key, value) {
		cell(value, one, sizeof(one));
		append(buf, cap, buf[0] ? " " : "");
		append(buf, cap, key);
		append(buf, cap, "=");
		append(buf, cap, one);
	}
}

/* The text of a value, cut to cap, with nothing in it that would drive a terminal. */
static void cell(struct json_object *v, char *buf, size_t cap)
{
	buf[0] = 0;
	switch (json_object_get_type(v)) {
	case json_type_null:
		append(buf, cap, "-");
		break;
	case json_type_boolean:
		append(buf, cap, json_object_get_boolean(v) ? "yes" : "no");
		break;
	case json_type_double:
		snprintf(buf, cap, "%.1f", json_object_get_double(v));
		break;
	case json_type_array:
		cell_array(v, buf, cap);
		break;
	case json_type_object:
		cell_object(v, buf, cap);
		break;
	default:
		append(buf, cap, json_object_get_string(v));
	}
	for (char *c = buf; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
}

struct column {
	const char *field;
	char title[64];
	int width;
	bool number;
};

static struct json_object *field_of(struct json_object *row, const char *field)
{
	struct json_object *v = NULL;

	json_object_object_get_ex(row, field, &v);
	return v;
}

/* Fills c from the rows; false if none has the field. */
static bool measure(struct column *c, const struct table_field *f, struct json_object *rows)
{
	bool found = false;

	c->field = f->field;
	c->number = true;
	if (f->unit)
		snprintf(c->title, sizeof(c->title), "%s (%s)", f->title, f->unit);
	else
		snprintf(c->title, sizeof(c->title), "%s", f->title);
	c->width = (int)strlen(c->title);
	for (size_t i = 0; i < json_object_array_length(rows); i++) {
		struct json_object *v = field_of(json_object_array_get_idx(rows, i), f->field);
		char text[CELL_MAX];

		if (!v)
			continue;
		found = true;
		c->number = c->number && is_number(v);
		cell(v, text, sizeof(text));
		if ((int)strlen(text) > c->width)
			c->width = (int)strlen(text);
	}
	return found;
}

static void put_cell(FILE *out, const struct column *c, const char *text, bool last)
{
	if (c->number)
		fprintf(out, "%*s", c->width, text);
	else if (last)
		fputs(text, out); /* no trailing blanks */
	else
		fprintf(out, "%-*s", c->width, text);
	fputs(last ? "\n" : "  ", out);
}

void table_print(FILE *out, const struct table_field *fields, struct json_object *rows)
{
	struct column columns[COLUMNS_MAX];
	char text[CELL_MAX];
	size_t n = 0;

	for (; fields->field && n < COLUMNS_MAX; fields++)
		if (measure(&columns[n], fields, rows))
			n++;
	for (size_t c = 0; c < n; c++)
		put_cell(out, &columns[c], columns[c].title, c == n - 1);
	for (size_t i = 0; i < json_object_array_length(rows); i++)
		for (size_t c = 0; c < n; c++) {
			cell(field_of(json_object_array_get_idx(rows, i), columns[c].field), text, sizeof(text));
			put_cell(out, &columns[c], text, c == n - 1);
		}
}

static const struct table_field *known(const struct table_field *fields, const char *field)
{
	for (; fields->field; fields++)
		if (!strcmp(fields->field, field))
			return fields;
	return NULL;
}

/* An array of objects takes a line for each of them. */
static void put_line(FILE *out, int width, const char *title, const char *unit, struct json_object *v)
{
	char text[4 * CELL_MAX];

	if (json_object_is_type(v, json_type_array) &&
	    json_object_is_type(json_object_array_get_idx(v, 0), json_type_object)) {
		for (size_t i = 0; i < json_object_array_length(v); i++)
			put_line(out, width, i ? "" : title, unit, json_object_array_get_idx(v, i));
		return;
	}
	cell(v, text, sizeof(text));
	if (!text[0] || json_object_is_type(v, json_type_null))
		fprintf(out, "%-*s  -\n", width, title);
	else
		fprintf(out, "%-*s  %s%s%s\n", width, title, text, unit ? " " : "", unit ? unit : "");
}

void table_print_object(FILE *out, const struct table_field *fields, struct json_object *obj)
{
	int width = 0;

	json_object_object_foreach(obj, name, unused) {
		const struct table_field *f = known(fields, name);
		int len = (int)strlen(f ? f->title : name);

		(void)unused;
		width = len > width ? len : width;
	}
	for (const struct table_field *f = fields; f->field; f++) {
		struct json_object *v;

		if (json_object_object_get_ex(obj, f->field, &v))
			put_line(out, width, f->title, f->unit, v);
	}
	json_object_object_foreach(obj, key, value)
		if (!known(fields, key))
			put_line(out, width, key, NULL, value);
}

void table_print_event(FILE *out, struct json_object *event)
{
	double when = json_object_get_double(field_of(event, "time"));
	const char *name = json_object_get_string(field_of(event, "event"));
	long long ms = (long long)(when * 1000 + 0.5);
	time_t sec = (time_t)(ms / 1000);
	struct tm tm;
	char text[CELL_MAX];

	localtime_r(&sec, &tm);
	fprintf(out, "%02d:%02d:%02d.%03d %s", tm.tm_hour, tm.tm_min, tm.tm_sec, (int)(ms % 1000), name ? name : "-");
	json_object_object_foreach(event, key, value) {
		if (!strcmp(key, "time") || !strcmp(key, "event"))
			continue;
		cell(value, text, sizeof(text));
		fprintf(out, strchr(text, ' ') ? " %s=\"%s\"" : " %s=%s", key, text);
	}
	fputc('\n', out);
}
