/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From one label table to another in single requests, for a kernel that cannot replace the table as a whole. Pure.
 *
 * The order is such that each address has its old label until it has its new one, and changes once: what is new comes
 * first, the longest prefix before the shorter, then what changes, then what goes, the shortest prefix first.
 *
 * A kernel without the series inserts before the first entry of the same length (net/ipv6/addrlabel.c), and so replaces
 * only the first of a length and those of interfaces; others it adds a second time, and deletes the second first. Their
 * label is changed by deletion and addition, while two entries that are one bit longer hold the new label for them.
 */
#ifndef ADDRSEL_PLAN_H
#define ADDRSEL_PLAN_H

#include <stddef.h>

#include "prefixes.h"

enum plan_op { PLAN_ADD, PLAN_REPLACE, PLAN_DELETE };

struct plan_step {
	enum plan_op op;
	struct prefix_value entry;
};

struct plan {
	struct plan_step *step;
	size_t n, cap;
	size_t gaps; /* labels for which that cannot be done: for a moment addresses have neither the old nor the new one */
};

/* have: as the kernel dumps it, duplicates included. want: sorted, without duplicates. 0 or -ENOMEM. */
int plan_make(const struct prefixes *have, const struct prefixes *want, struct plan *p);
void plan_free(struct plan *p);

#endif
