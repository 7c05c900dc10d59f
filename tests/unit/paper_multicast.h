/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Groups, of the kernel made of paper: what umip/src/kern/multicast.h offers, and this host's own memberships. */
#ifndef PAPER_MULTICAST_H
#define PAPER_MULTICAST_H

#include "kern/multicast.h"
#include "paper.h"

struct paper_group {
	int ifindex;
	struct in6_addr group;
	unsigned int users; /* of others */
	bool ours;
};

struct paper_member {
	int ifindex;
	struct in6_addr group, hoa;
	uint32_t number;
};

struct paper_multicast {
	PAPER_LIST(struct paper_group) groups; /* of this host */
	PAPER_LIST(struct paper_member) members;
	PAPER_LIST(struct paper_member) counts; /* number: how many */
	PAPER_LIST(struct paper_member) homes;	/* hoa, ifindex */
	PAPER_LIST(struct in6_addr) senders;
	unsigned int n_queries;
	struct in6_addr query_ha, query_coa; /* of the last one */
	uint8_t query[128];
	size_t query_len;
	int join_error, member_error;
};

extern struct paper_multicast pm;

void paper_multicast_reset(void);
/* How many others are in the group there from now on. */
void paper_group(int ifindex, const char *group, unsigned int users);
/* Whether we are. */
bool paper_joined(int ifindex, const char *group);
/* What comes out of the tunnel. */
void paper_mld(const char *coa, const char *ha, const uint8_t *packet, size_t len);
/* The home addresses that the group reaches, in the order of their numbers, " " between two. */
const char *paper_members(int ifindex, const char *group);

#endif
