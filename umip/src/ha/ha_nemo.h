/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside ha_nemo*.c only: prefixes, and whose they are. */
#ifndef HA_HA_NEMO_H
#define HA_HA_NEMO_H

#include "ha/ha.h"

static inline bool nemo_same(const struct mh_prefix *a, const struct mh_prefix *b)
{
	return a->len == b->len && IN6_ARE_ADDR_EQUAL(&a->addr, &b->addr);
}

/* ha_nemo.c: the prefix of a binding that overlaps this one, or NULL. */
struct bc_prefix *nemo_find(const struct ha *ha, const struct mh_prefix *p);

/* ha_nemo_judge.c: whether the prefix overlaps a home prefix, or an address of this host is in it. */
bool nemo_overlaps_home(const struct ha *ha, const struct mh_prefix *p);

#endif
