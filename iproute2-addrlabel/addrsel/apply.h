/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The policy goes to the kernel and, right after, to gai.conf. The caller holds the lock of state.h. What goes wrong is
 * said on standard error.
 */
#ifndef ADDRSEL_APPLY_H
#define ADDRSEL_APPLY_H

#include "effective.h"
#include "gaiconf.h"
#include "labels.h"

struct options {
	const char *file; /* addrsel.conf */
	const char *gaiconf;
	const char *state_dir;
	bool json;
	bool adopt; /* take over a gai.conf that somebody else wrote */
	bool kernel_only; /* leave gai.conf alone */
	bool edit_only; /* change the policy's file, and apply nothing */
};

struct applied {
	struct labels_change kernel;
	bool kernel_changed, gaiconf_changed;
	double renamed; /* clock_now() when the new gai.conf was there; 0: none was written */
	char *saved; /* where the old gai.conf is kept, if it was somebody else's; malloc'ed */
	unsigned int absent; /* rows of interfaces that do not exist */
};

/* 0 or -1. */
int apply_policy(const struct options *o, const struct effective *e, struct applied *a);
/* Replaces the kernel's labels by these, and gai.conf to match: labels from the kernel, precedences from the policy. */
int apply_labels(const struct options *o, const struct effective *e, const struct prefixes *labels, struct applied *a);
/* gai.conf alone follows these labels, which the kernel has. 0 or -1. */
int apply_gaiconf(const struct options *o, const struct effective *e, const struct prefixes *labels, struct applied *a);
void applied_free(struct applied *a);
/* What was done, for people or as JSON. */
void applied_print(const struct options *o, const struct effective *e, const struct applied *a);

/* The file and what glibc makes of it; absent is no error. 0 or -1. */
int gaiconf_load(const struct options *o, struct gaiconf *g, char **text, size_t *len);

#endif
