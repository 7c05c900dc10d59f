/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What commands say: tables and JSON on standard output, complaints on standard error. */
#ifndef ADDRSEL_REPORT_H
#define ADDRSEL_REPORT_H

#include <json-c/json.h>
#include <stdbool.h>

#include "ctl/table.h"

/* "addrselctl: ...", a line */
void complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* One line; takes the object. */
void print_json(struct json_object *o);
/* An array as JSON or as a table (empty: what to say then); takes the object. */
void print_rows(bool json, const struct table_field *fields, struct json_object *rows, const char *empty);
void add_string(struct json_object *o, const char *name, const char *value);
void add_double(struct json_object *o, const char *name, double value, int decimals);
void add_int(struct json_object *o, const char *name, long long value);
/* The exit status: status, or 2 if what was written is lost. */
int finish(int status);

#endif
