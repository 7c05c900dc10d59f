/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The binding cache (RFC 6275 9.1): one entry a home address, found through a hash keyed with a random secret (home addresses come from
 * outside). It grows with its content and knows no kernel and no protocol: the roles put their state into the entries and own the timers.
 */
#ifndef CORE_BCACHE_H
#define CORE_BCACHE_H

#include <ev.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "core/limit.h"
#include "wire/mh.h"

enum bc_state {
	BC_DAD,	     /* accepted, the home address is being checked for duplicates */
	BC_BOUND,    /* accepted; in the kernel unless a sync is queued */
	BC_REMOVING, /* leaves the kernel, then the cache */
};

/* The mobile network prefixes of a mobile router (RFC 3963), in the order in which it named them. */
struct bc_mnps {
	unsigned int n;
	struct mh_prefix at[MH_MAX_MNP];
};

/* The same, as they belong to a binding; never changed, only replaced. */
struct bc_network {
	unsigned int n;
	struct bc_prefix {
		struct mh_prefix prefix;
		struct binding *of;
	} at[];
};

/* A Binding Acknowledgement that waits until the kernel holds what it promises. */
struct bc_reply {
	bool pending;
	bool direct;	      /* without routing header: the update had no Home Address option */
	uint8_t status;
	uint8_t flags;	      /* MH_BA_* if the status accepts */
	uint16_t seq;
	uint16_t lifetime;    /* units of 4 s */
	struct in6_addr dst;  /* the update's source on the wire, whatever care-of address it named: RFC 6275 9.5.4 */
	uint32_t refresh;     /* seconds, 0: no advice */
};

/* What a mobile node knows of the home link's prefixes (RFC 6275 10.6.2). */
struct bc_advert {
	struct ev_timer timer;  /* of the next unsolicited advertisement */
	bool changed;		/* something that it was not told of, or has not confirmed */
	uint8_t sent;		/* unsolicited ones that it has not confirmed, of this row */
	struct limit solicited; /* answers to its solicitations */
};

struct ha_listener;

struct binding {
	struct in6_addr hoa;
	struct in6_addr coa;
	struct in6_addr ha;	      /* our address that the update came to: the tunnel's source */
	struct in6_addr link_local;   /* also defended, with the L flag; set by bcache_set_link_local() */
	int ifindex;		      /* home link */
	uint8_t flags;		      /* MH_BU_* of the last accepted update */
	uint16_t seq;		      /* last accepted */
	uint32_t lifetime;	      /* seconds granted */
	double registered, expires;   /* the first registration, and the end: core/clock.h */
	struct bc_network *network;   /* of a mobile router; NULL: a host */
	enum bc_state state;
	struct bc_reply reply;
	struct limit rate;	      /* updates from this home address */
	struct bc_advert advert;      /* ha_mpd.c */
	struct ha_listener *listener; /* ha_multicast.c; NULL: not a listener of groups */
	struct ev_timer timer;	      /* DAD's end, then expiry */
	/* What the kernel holds now; the difference to the above is what a sync does. */
	bool installed;
	bool in_groups;		      /* we listen to the solicited-node groups ourselves, for DAD */
	bool announced;		      /* the neighbours were told that we take the home address's packets */
	uint8_t seen, seen_prefixes;  /* scratch for comparing with the kernel */
	bool installed_router;	      /* the proxy entries say so */
	struct in6_addr installed_coa, installed_ha;
	struct bc_network *installed_network;
	/* Place in the owner's work queue. */
	unsigned int queued; /* 0: no; else 1 + the queue */
	TAILQ_ENTRY(binding) work;
	struct binding *chain, *link_local_chain;
	void *owner;
};

struct bcache;

/* NULL with errno. max entries: the one limit that an outsider meets. */
struct bcache *bcache_new(uint32_t max);
/* Frees all entries; timers must be stopped by the owner before. */
void bcache_free(struct bcache *c);
struct binding *bcache_find(const struct bcache *c, const struct in6_addr *hoa);
/* A zeroed entry for a home address that is not there yet. NULL: full or no memory. */
struct binding *bcache_add(struct bcache *c, const struct in6_addr *hoa);
void bcache_remove(struct bcache *c, struct binding *b);
uint32_t bcache_count(const struct bcache *c);
uint32_t bcache_max(const struct bcache *c);
/* Calls fn for each entry; fn may remove the entry that it is given, no other. */
void bcache_each(struct bcache *c, void (*fn)(struct binding *b, void *arg), void *arg);
/*
 * The same in pieces: about max entries, from *at on, which begins at 0 and is moved, to even numbers until the end. False at the end. Between two
 * calls entries may come and go: one that is there all the time is met exactly once.
 */
bool bcache_walk(struct bcache *c, uint64_t *at, unsigned int max, void (*fn)(struct binding *b, void *arg), void *arg);
/* Entries can be found by a second address, once for each; several may share one. */
void bcache_set_link_local(struct bcache *c, struct binding *b, const struct in6_addr *addr);
/* Calls fn for each entry with this link-local address; fn may remove the entry that it is given, no other. */
void bcache_each_link_local(struct bcache *c, const struct in6_addr *addr, void (*fn)(struct binding *b, void *arg),
			    void *arg);

#endif
