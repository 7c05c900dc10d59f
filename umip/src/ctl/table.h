/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON for people: an array of objects as an aligned table, an object as aligned lines, an event as one line. */
#ifndef CTL_TABLE_H
#define CTL_TABLE_H

#include <json-c/json.h>
#include <stdio.h>

/* How a field is shown. A list of these ends with a NULL field. */
struct table_field {
	const char *field; /* in the JSON */
	const char *title;
	const char *unit; /* NULL: none */
};

/*
 * A header, then a line for each object of rows. Columns that no row has are left out; fields that the list does not
 * name are not shown. Columns are as wide as their widest value; a column of numbers is right-aligned.
 */
void table_print(FILE *out, const struct table_field *fields, struct json_object *rows);
/* "Title  value unit", a line a field: those of the list in its order, then what else obj has under its own name. */
void table_print_object(FILE *out, const struct table_field *fields, struct json_object *obj);
/* "HH:MM:SS.mmm event key=value ...", local time, from "time" (seconds since 1970) and "event". */
void table_print_event(FILE *out, struct json_object *event);

#endif
