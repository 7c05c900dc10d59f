/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside core/ipsec*.c only: the peers, and which policies they have. */
#ifndef CORE_IPSEC_IMPL_H
#define CORE_IPSEC_IMPL_H

#include <ev.h>

#include "core/ipsec.h"
#include "core/log.h"
#include "kern/ipsec.h"

#define IPSEC_REASONS_MAX 16

/* One home address with its home agent. */
struct ipsec_peer {
	struct in6_addr hoa;
	const struct conf_ipsec_set *set;
	bool standing; /* the transport policies are in the kernel */
	bool tunnel;   /* so are those of the tunnel */
	unsigned int seen; /* scratch of a look: policies that are as they should be */
	bool claimed;  /* the role has said where the mobile node is */
	struct in6_addr told; /* where the key manager was told that the mobile node is; ::, nothing yet */
	struct in6_addr end; /* the mobile node's end of tunnel associations: a care-of address, or the home address */
};

struct ipsec {
	struct daemon *d;
	bool mobile_node; /* a home agent otherwise */
	bool typed; /* the kernel tells Mobility Header types apart in what arrives */
	bool broken; /* policies are missing, or were a moment ago */
	bool mended; /* they are back, and `look` ends that moment */
	struct ipsec_peer *peers; /* in the order of their home addresses */
	size_t n;
	char words[160]; /* the kernel's, of the last move that failed */
	int fd;
	ev_io io;
	ev_timer look, count;
	uint64_t counted[IPSEC_REASONS_MAX]; /* ipsec_count.c */
	struct log_limit log_acquire, log_kernel, log_sa;
	/* mip6ctl's: the associations a moment ago */
	struct kern_sa *sas;
	size_t n_sas, cap_sas;
	double sas_at;
};

struct ipsec_peer *ipsec_peer(const struct ipsec *ip, const struct in6_addr *hoa);
/* Whose an association is; NULL: nobody's. */
struct ipsec_peer *ipsec_peer_of_sa(const struct ipsec *ip, const struct in6_addr *src, const struct in6_addr *dst, bool tunnel,
				    uint32_t reqid);

/* ipsec_count.c */
void ipsec_count_start(struct ipsec *ip);

/* ipsec_policy.c */
#define IPSEC_POLICIES_MAX 24

enum ipsec_half { IPSEC_TRANSPORT, IPSEC_TUNNEL };
/* The policies of a peer, with tunnels that end at p->end. How many. */
unsigned int ipsec_policies(const struct ipsec *ip, const struct ipsec_peer *p, enum ipsec_half half, struct kern_sp *out);
bool ipsec_same_policy(const struct kern_sp *a, const struct kern_sp *b);
/* The mobile node's end of a tunnel policy. */
const struct in6_addr *ipsec_end_of(const struct ipsec_peer *p, const struct kern_sp *sp);

/* ipsec_km.c: km's ends are where the key manager's own association with this peer ends from now on. */
void ipsec_tell_key_manager(const struct ipsec *ip, const struct ipsec_peer *p, const struct kern_km *km);

#endif
