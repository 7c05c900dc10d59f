/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tunnel's BPF program and peers.c have in common. Included from both sides. */
#ifndef KERN_PEERS_MAP_H
#define KERN_PEERS_MAP_H

#include <linux/types.h>

struct peers_addr {
	__u32 word[4]; /* network order */
};

/* Of the ring buffer, and the key of the table. */
/* Whose packets count; only 0: all. */
struct peers_ours {
	__u32 only;
	struct peers_addr addr;
};

struct peers_seen {
	struct peers_addr peer;
	__u32 out; /* it left; else it came */
};

#endif
