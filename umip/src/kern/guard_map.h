/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the guard's BPF program and guard.c have in common: the layout of its maps. Included from both sides.
 */
#ifndef KERN_GUARD_MAP_H
#define KERN_GUARD_MAP_H

#include <linux/types.h>

struct guard_addr {
	__u32 word[4]; /* network order */
};

struct guard_prefix {
	__u32 len; /* as BPF_MAP_TYPE_LPM_TRIE wants its key: bits, then the address */
	struct guard_addr addr;
};

struct guard_binding {
	struct guard_addr coa, ha;
};

enum guard_counter {
	GUARD_PASSED,
	GUARD_NO_BINDING,
	GUARD_WRONG_COA,
	GUARD_WRONG_DST,
	GUARD_NOT_IPV6,
	GUARD_MLD,	     /* handed to mip6d */
	GUARD_MLD_DROPPED,   /* of no binding's care-of address, too many, too long */
	GUARD_MULTICAST_OUT, /* packets into the tunnel, one for each member */
	GUARD_MULTICAST_LOST,
	GUARD_MULTICAST_IN,  /* packets to a home link */
	GUARD_COUNTERS
};

#endif
