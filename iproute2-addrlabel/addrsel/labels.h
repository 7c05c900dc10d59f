/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's label table: read, replaced, and what it tells of changes. Uses the request socket of kern/nl.h, which is
 * open; errors' words are in kern_error().
 *
 * A kernel with the series replaces the table in one request that lookups see whole, and notifies. Debian's 6.12 does
 * neither: there the difference is sent (plan.h), and who wants to follow compares tables.
 */
#ifndef ADDRSEL_LABELS_H
#define ADDRSEL_LABELS_H

#include <stdbool.h>

#include "prefixes.h"

/* In the kernel's order, duplicates of a stock kernel included. 0 or -errno. seq (may be NULL): the table's sequence. */
int labels_dump(struct prefixes *out, uint32_t *seq);

/* What lookups see of such a dump: sorted, of equal keys the first. 0 or -ENOMEM. */
int labels_without_duplicates(const struct prefixes *have, struct prefixes *out);

struct labels_change {
	bool atomic; /* in one request, whole */
	size_t requests; /* messages sent, if not atomic */
	size_t gaps; /* see plan.h */
	double from, to; /* clock_now(): before the first request, after the last answer */
};

/*
 * Makes the table what want (sorted, without duplicates) says, and calls ready (if not NULL) as soon as the kernel has
 * taken it. A table that is so already is not touched. When a single request fails, the old table is put back. 0 or
 * -errno; -EAGAIN: somebody else changes the table, too.
 */
int labels_replace(const struct prefixes *want, struct labels_change *how, int (*ready)(void *arg), void *arg);

/* ---- notifications ---- */

/* A socket that becomes readable when a label may have changed. -EOPNOTSUPP: the kernel has no notifications. */
int labels_watch(void);
/* Reads what is there. 0: nothing about labels, 1: changes, or some were lost: dump. -errno. */
int labels_watch_read(int fd);

#endif
