/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IPsec's half of XFRM (table rows 1.10, 1.11, 2.5): main policies with at most one ESP template, the security associations
 * that somebody else (ip xfrm, an IKE daemon) has put there, and MIGRATE, which moves both to another address.
 *
 * Policies of ours are told from others' by their priorities, KERN_SP_PRIORITY and the KERN_SP_PRIORITIES - 1 behind it:
 * lower, and so stronger, than those of an IKE daemon. Keys are never read out of the kernel's answers.
 */
#ifndef KERN_IPSEC_H
#define KERN_IPSEC_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "kern/nl.h"

#define KERN_SP_PRIORITY   6275
#define KERN_SP_PRIORITIES 32

enum kern_sp_action {
	KERN_SP_ALLOW, /* as it is */
	KERN_SP_BLOCK,
	KERN_SP_ESP, /* required, in both directions */
};

struct kern_sp {
	int dir; /* XFRM_POLICY_IN, OUT, FWD */
	uint32_t priority;
	struct in6_addr src, dst;
	uint8_t src_len, dst_len;
	uint8_t proto; /* 0: any */
	int type; /* -1: any; of IPPROTO_MH or IPPROTO_ICMPV6 */
	enum kern_sp_action action;
	/* KERN_SP_ESP */
	bool tunnel; /* transport mode otherwise, with from and to = src and dst */
	struct in6_addr from, to; /* ends of the security association */
	uint32_t reqid; /* 0: any */
	uint32_t index; /* the kernel's name for it, in what was read; of no meaning in what is set */
};

/* Replaces one of the same selector and direction. */
void kern_sp_set(struct kern_batch *b, const struct kern_sp *p);
void kern_sp_del(struct kern_batch *b, const struct kern_sp *p, unsigned int forgive);
/*
 * Every main policy of IPv6 that is ours by its priority, and has nothing that struct kern_sp cannot say (an optional template, a
 * mark, ...: such a one is nobody's work here, and whoever sets what should be there replaces it). 0 or -errno.
 */
int kern_sp_dump(void (*fn)(const struct kern_sp *p, void *arg), void *arg);

/*
 * The policy with this index. One that is replaced leaves its index to the next of the same selector; one that is put back after it was
 * deleted has another. 1; 0: there is none, or it is nothing that struct kern_sp could say and we would set; -errno. It costs the same
 * with any number of policies.
 */
int kern_sp_get(int dir, uint32_t index, struct kern_sp *out);

/*
 * MIGRATE (RFC 4877 6.1, XFRM_MSG_MIGRATE): p's template, and each association with its ends, mode and reqid, get new ends.
 * km: ends of the key manager's own association, old and new as the IKE daemon is to know them now (from: ours); NULL: it is not
 * told. Both interfaces ask the kernel for the same. There must be such a policy; it is success if there is no association.
 */
struct kern_km {
	struct in6_addr from, to;
};
void kern_sp_migrate(struct kern_batch *b, const struct kern_sp *p, const struct in6_addr *from, const struct in6_addr *to,
		     const struct kern_km *km);
/*
 * The same by PF_KEY's SADB_X_MIGRATE, at once. 0 or -errno with kern_error(): -EAFNOSUPPORT without af_key, -ENOPROTOOPT without
 * CONFIG_NET_KEY_MIGRATE; -EINVAL for type 0 (Binding Refresh Request), which PF_KEY cannot tell from any type.
 */
int kern_pfkey_migrate(const struct kern_sp *p, const struct in6_addr *from, const struct in6_addr *to, const struct kern_km *km);
/* Its socket, opened by the first call. */
void kern_pfkey_close(void);

struct kern_sa {
	struct in6_addr src, dst;
	uint32_t spi, reqid;
	bool tunnel;
	bool dying; /* past its soft limit */
	/* It ends by itself, soft or hard, so that somebody has another one ready by then. One that an administrator has put there does not. */
	bool negotiated;
	/* Its own selector: what it may carry; lengths 0 and proto 0: anything. */
	struct in6_addr sel_src, sel_dst;
	uint8_t sel_src_len, sel_dst_len, sel_proto;
	char cipher[32], auth[32]; /* "cbc(aes)", "hmac(sha256)"; "" if there is none; an AEAD is a cipher */
	uint32_t replay_window;	   /* packets; 0: replays are not seen (a manual association, most often) */
	uint64_t packets, bytes;
	uint32_t forged, replayed; /* packets in that were refused: not authentic; seen before */
	uint64_t added, used; /* seconds since 1970; used 0: never, or the kernel does not keep it */
};

/* Every ESP state of IPv6, without larval ones. 0 or -errno. */
int kern_sa_dump(void (*fn)(const struct kern_sa *s, void *arg), void *arg);
/* Takes one association away, and says so to the key manager, as if it had expired. */
void kern_sa_expire(struct kern_batch *b, const struct kern_sa *s, unsigned int forgive);

enum kern_ipsec_event_kind {
	KERN_IPSEC_ACQUIRE,	 /* something would leave, and there is no association for it */
	KERN_IPSEC_SA_NEW,	 /* also updated */
	KERN_IPSEC_SA_GONE,	 /* deleted, or expired for good; by kern_sa_expire() too */
	KERN_IPSEC_SA_EXPIRING,	 /* soft limit */
	KERN_IPSEC_SA_FLUSH,	 /* all of them */
	KERN_IPSEC_MIGRATED,	 /* somebody has asked for MIGRATE, ourselves included; moved SAs are in no other event */
	/*
	 * A policy of ours was deleted by somebody else, or expired; all were (addresses ::/0 then, as any policy of ours cannot have both); or
	 * somebody else has set a policy in a way that replaces what has the same selector, whatever that was.
	 */
	KERN_IPSEC_POLICY_GONE,
};

struct kern_ipsec_event {
	enum kern_ipsec_event_kind kind;
	/* Ends of the association; ACQUIRE: what it should have; MIGRATED: the new ones; POLICY_GONE: the selector's addresses. */
	struct in6_addr src, dst;
	uint32_t spi, reqid; /* 0 where the kernel does not say */
	bool tunnel;
};

/*
 * fd for the event loop, non-blocking, or -errno. What our own requests do to policies is not told, from the request socket that is open
 * now (kern_nl_open()).
 */
int kern_ipsec_watch_open(void);
/* 1: an event; 0: a message of no use; -EAGAIN; -ENOBUFS: some were lost, look at everything; other -errno. */
int kern_ipsec_watch_read(int fd, struct kern_ipsec_event *out);
/* What the latter makes of one datagram of len bytes; its length says nothing about its content. 1 or 0. Aligned as a netlink header. */
int kern_ipsec_watch_parse(void *data, size_t len, struct kern_ipsec_event *out);

#endif
