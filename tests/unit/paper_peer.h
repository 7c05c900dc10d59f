/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The correspondent's half of ro/ro.h made of paper: what ro_peer_set() was told, and what ro_each_used() tells. */
#ifndef PAPER_PEER_H
#define PAPER_PEER_H

#include "paper.h"

#define PAPER_PEERS 1024

struct paper_peer {
	struct in6_addr ours, peer, coa;
	double in, out; /* seconds since it was used */
};

struct paper_peers {
	unsigned int n, calls, looks, checks;
	struct paper_peer at[PAPER_PEERS];
	int error; /* of the next calls that bind; -errno */
};

extern struct paper_peers peers;

struct paper_peer *paper_peer(const char *ours, const char *peer);
/* For struct daemon. */
int paper_mh_send(struct daemon *d, const struct in6_addr *src, const struct in6_addr *dst, const struct in6_addr *rt2,
		  int ifindex, const uint8_t *data, size_t len);

#endif
