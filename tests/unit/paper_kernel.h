/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files that make up the kernel of paper share: its lists, and the operations of a batch. Tests have no use for it. */
#ifndef PAPER_KERNEL_H
#define PAPER_KERNEL_H

#include <check.h>
#include <errno.h>
#include <string.h>

#include "paper.h"

static inline bool same_ip(const struct in6_addr *a, const struct in6_addr *b)
{
	return IN6_ARE_ADDR_EQUAL(a, b);
}

/* ---- lists: FIND gives the place of the first for which the test holds, or n ---- */

#define FIND(list, e, test)                                               \
	({                                                                \
		unsigned int found_ = 0;                                  \
		for (; found_ < (list).n; found_++) {                     \
			__typeof__(&(list).at[0]) e = &(list).at[found_]; \
			if (test)                                         \
				break;                                    \
		}                                                         \
		found_;                                                   \
	})
#define PUT(list, i, value)                        \
	do {                                       \
		unsigned int at_ = (i);            \
		ck_assert_uint_lt(at_, PAPER_MAX); \
		(list).n += at_ == (list).n;       \
		(list).at[at_] = (value);          \
	} while (0)
#define DROP(list, i) ((list).at[i] = (list).at[--(list).n])
/* Takes out all for which the test holds: how many. */
#define DROP_ALL(list, e, test)                                                    \
	({                                                                         \
		unsigned int n_ = 0;                                               \
		for (unsigned int i_; (i_ = FIND(list, e, test)) < (list).n; n_++) \
			DROP(list, i_);                                            \
		n_;                                                                \
	})

/* ---- batches ---- */

struct op {
	int (*run)(const struct op *op);
	unsigned int forgive;
	union {
		struct {
			int (*run)(const void *arg);
			void *arg;
		} other;
		struct kern_route route;
		struct kern_rule rule;
		struct kern_addr addr;
		struct paper_neigh neigh;
		struct kern_ro_state state;
		struct kern_ro_policy policy;
	};
};

/* One more operation, whose argument the caller sets. */
struct op *add_op(struct kern_batch *b, int (*run)(const struct op *op), unsigned int forgive);

#endif
