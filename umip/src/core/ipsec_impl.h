/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside core/ipsec*.c only: the peers, and which policies they have. */
#ifndef CORE_IPSEC_IMPL_H
#define CORE_IPSEC_IMPL_H

#include <ev.h>

#include "core/ipsec.h"
#include "core/log.h"
#include "kern/ipsec.h"

#define IPSEC_REASONS_MAX 16

enum ipsec_half { IPSEC_TRANSPORT, IPSEC_TUNNEL };

/* One home address with its home agent. */
struct ipsec_peer {
	struct in6_addr hoa; /* first: addr_find() */
	const struct conf_ipsec_set *set;
	bool standing; /* the transport policies are in the kernel */
	bool tunnel;   /* so are those of the tunnel */
	uint32_t guard[IPSEC_TUNNEL_HOME_TESTING]; /* indexes of the transport policies for what arrives, by their type */
	uint64_t unguarded; /* messages that came without them */
	unsigned int seen; /* scratch of a look: policies that are as they should be */
	bool claimed;  /* the role has said where the mobile node is */
	bool found, mixed; /* at the start: an end of the tunnel; another one beside it */
	struct in6_addr other; /* ... this */
	struct in6_addr told; /* where the key manager was told that the mobile node is; ::, nothing yet */
	struct in6_addr end; /* the mobile node's end of tunnel associations: a care-of address, or the home address */
	/* ipsec_renew.c; times by the clock of core/clock.h (0: never) when somebody looks ... */
	double gather_at, reap_at, renew_at;
	unsigned char looked; /* ... and for what now is one of them */
	bool astray; /* an association came that ends elsewhere */
	uint64_t carried, left; /* associations were moved last; the mobile node left the last link: seconds since 1970, as associations are dated */
	struct in6_addr at;	/* where the mobile node was registered last; ::, nowhere yet */
	bool asked; /* for new ones, since the home agent did not answer, and it has not answered yet */
	uint32_t renewed[IPSEC_TYPES], reaped[IPSEC_TYPES]; /* associations */
};

/* A number of a tunnel policy, and whose it is; 0: the policy takes any number. */
struct ipsec_reqid {
	uint32_t reqid;
	uint32_t peer;
};

struct ipsec {
	struct daemon *d;
	bool mobile_node; /* a home agent otherwise */
	bool typed; /* the kernel tells Mobility Header types apart in what arrives */
	bool broken; /* policies are missing, or were a moment ago */
	bool mended; /* they are back, and `look` ends that moment */
	struct ipsec_socket *sockets; /* what else could wait for a policy to come back */
	struct ipsec_peer *peers; /* in the order of their home addresses */
	size_t n;
	char words[160]; /* the kernel's, of the last move that failed */
	int fd;
	ev_io io;
	ev_timer look, count, renew;
	struct ipsec_reqid *reqids; /* in their order */
	size_t n_reqids;
	double looks_after; /* seconds between two looks at associations */
	uint64_t counted[IPSEC_REASONS_MAX]; /* ipsec_count.c */
	struct log_limit log_acquire, log_kernel, log_sa, log_unguarded;
	/* mip6ctl's: the associations a moment ago */
	struct kern_sa *sas;
	size_t n_sas, cap_sas;
	double sas_at;
};

/* ipsec_peer.c */
/* ip->peers, of the configuration: a home agent has all home addresses of the sets, a mobile node its own. 0, or -1 without memory. */
int ipsec_collect_peers(struct ipsec *ip);
int ipsec_index_reqids(struct ipsec *ip); /* then; the same */
struct ipsec_peer *ipsec_peer(const struct ipsec *ip, const struct in6_addr *hoa);
/* Whether one of its policies of this mode asks for this number. */
bool ipsec_has_reqid(const struct ipsec_peer *p, bool tunnel, uint32_t reqid);
/* Whose an association is that ends where the peer's policies do; NULL: nobody's. */
struct ipsec_peer *ipsec_peer_of_sa(const struct ipsec *ip, const struct in6_addr *src, const struct in6_addr *dst, bool tunnel,
				    uint32_t reqid);
/*
 * Whose a tunnel association is, wherever it ends: by the home address, or by a number that no other peer has. *end: the mobile node's
 * end. NULL: nobody's, or it cannot be told.
 */
struct ipsec_peer *ipsec_peer_of_tunnel(const struct ipsec *ip, const struct in6_addr *src, const struct in6_addr *dst, uint32_t reqid,
					struct in6_addr *end);

/* ipsec_move.c */
/* The policies of one half of p are in the kernel, or not, from now on. 0 or -errno. */
int ipsec_put(const struct ipsec *ip, const struct ipsec_peer *p, enum ipsec_half half);
int ipsec_take_out(const struct ipsec *ip, const struct ipsec_peer *p, enum ipsec_half half);
/* p's tunnel policies, which end at p->end, and their associations, to another end; p->end is as before. 0 or -errno. */
int ipsec_carry(const struct ipsec *ip, const struct ipsec_peer *p, const struct in6_addr *to);
bool ipsec_has_tunnel(const struct ipsec_peer *p);
/* At home the tunnel has no use, but its associations wait where the next move will look for them. 0 or -errno. */
int ipsec_come_home(struct ipsec *ip, struct ipsec_peer *p);

/* ipsec_reconcile.c */
void ipsec_reconcile_init(struct ipsec *ip);
/* At the start: takes out those of ours that nobody wants, learns where tunnels end. 0 or -errno. */
int ipsec_learn(struct ipsec *ip);
/* Policies are not where they should be: nothing counts until they are back. */
void ipsec_policies_gone(struct ipsec *ip);

/* No policy of the peer's is for mobile prefix discovery. */
static inline bool ipsec_prefixes_in_clear(const struct ipsec_peer *p)
{
	const struct conf_ipsec_policy *c = p->set->policy;

	return !c[IPSEC_MOB_PFX_DISC].line && !c[IPSEC_ICMP].line && !c[IPSEC_ANY].line;
}

/* ipsec_count.c */
void ipsec_count_start(struct ipsec *ip);

/* ipsec_policy.c */
#define IPSEC_POLICIES_MAX 24

/* The policies of a peer, with tunnels that end at p->end. How many. */
unsigned int ipsec_policies(const struct ipsec *ip, const struct ipsec_peer *p, enum ipsec_half half, struct kern_sp *out);
bool ipsec_same_policy(const struct kern_sp *a, const struct kern_sp *b);
/* Of one in transport mode that is not an exception for neighbours. */
enum conf_ipsec_type ipsec_type_of(const struct kern_sp *sp);
/* The mobile node's end of a tunnel policy. */
const struct in6_addr *ipsec_end_of(const struct ipsec_peer *p, const struct kern_sp *sp);

/* ipsec_fence.c */
/* Reads the indexes of what was just put into the kernel. 0, -ENOENT: something is missing again, other -errno. */
int ipsec_learn_guards(struct ipsec *ip);
/*
 * Waits until no packet is on its way any more that was looked at before the last change of policies. False: this kernel cannot say, some time
 * has to pass.
 */
bool ipsec_settle_kernel(void);
/* From now on what is read has come since the indexes were read; then the fence holds. */
void ipsec_start_fence(struct ipsec *ip);

/* ipsec_km.c: km's ends are where the key manager's own association with this peer ends from now on. */
void ipsec_tell_key_manager(const struct ipsec *ip, const struct ipsec_peer *p, const struct kern_km *km);

/* ipsec_astray.c */
/* Tunnel policies and associations that end at `from` end where the others do, at p->end. 0 or -errno. */
int ipsec_gather(struct ipsec *ip, const struct ipsec_peer *p, const struct in6_addr *from);

/* At the start: something of p's tunnel ends there. */
void ipsec_found_at(struct ipsec_peer *p, const struct in6_addr *end);
/* When all is found: what was at two ends is at one. 0 or -errno. */
int ipsec_settle_ends(struct ipsec *ip);

/* ipsec_renew.c */
void ipsec_renew_init(struct ipsec *ip);
void ipsec_renew_start(struct ipsec *ip);
void ipsec_renew_stop(struct ipsec *ip);
/* Nobody will be there to reap what is left behind by now. */
void ipsec_renew_last(struct ipsec *ip);
/* An association has come or gone; some of that may be lost (NULL). */
void ipsec_renew_event(struct ipsec *ip, const struct kern_ipsec_event *e);
/* The tunnel stands; moved: it was carried here from another end just now. */
void ipsec_renew_carried(struct ipsec *ip, struct ipsec_peer *p, bool moved);

#endif
