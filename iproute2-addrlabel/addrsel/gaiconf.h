/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /etc/gai.conf as glibc reads it (gai.conf(5), and by experiment with 2.36), and as we write it. Pure.
 *
 * Once a file has one label line, glibc's own label table is gone, and the same for precedence and scopev4; what is
 * written is therefore always whole. A process looks at the file again only if "reload yes" was in what it read last, and
 * only when the modification time is another one.
 */
#ifndef ADDRSEL_GAICONF_H
#define ADDRSEL_GAICONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "prefixes.h"

enum gaiconf_owner {
	GAICONF_ABSENT, /* there is no file */
	GAICONF_OURS, /* we wrote it, and nobody changed it since */
	GAICONF_EDITED, /* our mark, but not our content */
	GAICONF_FOREIGN,
};

struct gaiconf {
	struct prefixes label, precedence, scopev4; /* in the order of lookups; without interfaces */
	bool builtin_label, builtin_precedence, builtin_scopev4; /* the file says nothing: glibc's own */
	bool reload;
	enum gaiconf_owner owner;
};

/* text may be NULL: no file. 0 or -ENOMEM. Lines that glibc ignores are ignored. */
int gaiconf_parse(const char *text, size_t len, struct gaiconf *g);
void gaiconf_free(struct gaiconf *g);
/*
 * The file's whole text, our mark first, "reload yes" in it, labels and precedences in the order given. from: the policy
 * that it is made of, for the mark. malloc'ed; NULL: no memory.
 */
char *gaiconf_text(const struct prefixes *label, const struct prefixes *precedence, const char *from, size_t *len);

#endif
