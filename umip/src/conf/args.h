/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Taking the values of a statement, one after the other. Every function reports what it does not find and then gives
 * false or NULL; the statement is given up at that.
 */
#ifndef CONF_ARGS_H
#define CONF_ARGS_H

#include "conf/parse.h"

struct args {
	struct parser *p;
	const struct stmt *s;
	const struct val *next; /* NULL: no more */
};

/* "expected WHAT", here; always false. */
bool args_expected(struct args *a, const char *what);
const struct val *args_take(struct args *a, enum val_kind kind, const char *what);
/* One of the words, a list that NULL ends. */
const struct val *args_word(struct args *a, const char *what, const char *const *words);
/* Nothing more may follow, except a section where the keyword has one. */
bool args_end(struct args *a, bool section);
bool args_bool(struct args *a, bool *out);
bool args_number(struct args *a, uint32_t min, uint32_t max, uint32_t *out);
/* Seconds with up to three digits after the point, to milliseconds like min and max. No floating point: 0.1 is 100. */
bool args_seconds(struct args *a, uint32_t min, uint32_t max, uint32_t *out);
/* The name of an interface, by the kernel's rules for it. */
const struct val *args_ifname(struct args *a);
/* allow, deny or a status of RFC 6275 6.1.8. */
bool args_acl(struct args *a, uint8_t *status);
/* An address taken before is what a packet of the Internet can carry. */
bool args_routable(struct args *a, const struct val *v);

#endif
