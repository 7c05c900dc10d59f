/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of mip6d.conf look at: the errors of a text, and what is printed of it. */
#ifndef CONF_EXPECT_H
#define CONF_EXPECT_H

#include <stddef.h>

#include "conf/parse.h"

/* What conf_parse() writes, and what conf_print() does; to be freed. */
char *errors_of(const char *text, size_t len, int role, int *rc, struct conf *c);
char *printed(const struct conf *c);
/* A text that is right. */
struct conf parsed(const char *text);
/* What is printed is read again, gives the same struct and is printed the same. */
void round_trip(const struct conf *c);
/*
 * want: every line that is written, with "F:" taken off; "" for a file that is right, which then makes the round trip.
 */
void expect(const char *text, size_t len, int role, const char *want);

/*
 * conf_reload() with this text, which is right: how many keywords wait for a restart. said: each that has changed, "+" before one that is
 * taken and "-" before one that waits, " " behind.
 */
extern char said[4096];
int reload_into(struct conf *now, const char *text);
/* Reloads b over a: what is said, and what is printed then, as of `result`. */
void reload(const char *a, const char *b, const char *want, const char *result);

#endif
