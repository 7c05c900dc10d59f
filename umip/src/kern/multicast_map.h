/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the guard's programs for multicast and multicast.c have in common: the layout of their maps. Included from both sides.
 */
#ifndef KERN_MULTICAST_MAP_H
#define KERN_MULTICAST_MAP_H

#include "kern/guard_map.h"

#define MULTICAST_MLD_MAX 1460 /* bytes of a message that comes through the tunnel; longer ones are dropped */

struct multicast_group {
	__u32 link; /* ifindex of the home link */
	struct guard_addr addr;
};

/* The members of a group have the numbers from 0 on. */
struct multicast_slot {
	struct multicast_group group;
	__u32 number;
};

/* A home link; the Ethernet address that what we send there has. */
struct multicast_link {
	__u8 mac[6], unused[2];
};

/* What there was of something in the present second: MLD of a care-of address that may send it, for instance. */
struct multicast_rated {
	__u64 since;
	__u32 n, unused;
};

/* A message of the ring; packet is the inner one. */
struct multicast_heard {
	struct guard_addr coa, ha; /* of the outer header */
	__u32 len;
	__u8 packet[MULTICAST_MLD_MAX];
};

#endif
