/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What mip6d.c hands to a role, and what a role gives back. One daemon plays one role; roles do not call each other.
 * mip6d.c owns the event loop, the Mobility Header socket, the Neighbour Discovery socket and the kernel's
 * notifications, and calls the role with what arrives.
 */
#ifndef CORE_DAEMON_H
#define CORE_DAEMON_H

#include <ev.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "conf/conf.h"
#include "kern/probe.h"
#include "kern/sock.h"
#include "kern/watch.h"
#include "wire/mh.h"

/* Counters every role shows in `mip6ctl stats`; one array, so that tools name them from one table (daemon.c). */
enum stat_id { /* not "stat": ev.h brings in struct stat */
	STAT_MH_RX,	   /* Mobility Header messages received */
	STAT_MH_MALFORMED, /* dropped by the parser */
	STAT_MH_UNKNOWN,   /* unknown MH type */
	STAT_MH_UNEXPECTED, /* a type this role does not serve */
	STAT_MH_LIMITED,   /* dropped by a rate limit */
	STAT_MH_OVERRUN,   /* lost before us: the socket's receive queue was full */
	STAT_BU_RX,
	STAT_BU_TX,
	STAT_BA_RX,
	STAT_BA_TX,
	STAT_BE_RX,
	STAT_BE_TX,
	STAT_BRR_RX,
	STAT_BRR_TX,
	STAT_HOTI_RX,
	STAT_HOTI_TX,
	STAT_COTI_RX,
	STAT_COTI_TX,
	STAT_HOT_RX,
	STAT_HOT_TX,
	STAT_COT_RX,
	STAT_COT_TX,
	STAT_BU_UNAUTH,	   /* correspondent node: Binding Updates without a right authenticator, ignored */
	STAT_BU_NONCE,	   /* and those with an expired nonce: status 136 to 138 */
	STAT_BC_EVICTED,   /* bindings with correspondents that made room for others */
	STAT_HAO_UNBOUND,  /* reports of packets with a Home Address option and no binding */
	STAT_REG_ACCEPTED, /* home agent, correspondent node: accepted; mobile node: acknowledged */
	STAT_REG_REJECTED,
	STAT_DEREG,
	STAT_EXPIRED,
	STAT_DAD_STARTED,
	STAT_DAD_FAILED,
	STAT_KERNEL_ERRORS, /* transactions the kernel refused */
	STAT_STORE_ERRORS,  /* home agent: the binding cache could not be written to its file */
	STAT_BU_UNPROTECTED, /* home agent: home registrations that IPsec does not protect, refused */
	STAT_IPSEC_UNGUARDED, /* messages that came while IPsec policies were missing, ignored */
	STAT_IPSEC_REFUSED, /* packets of this network namespace that IPsec policies refused on their way in, since the kernel started */
	STAT_HOOK_LOST,	   /* messages to the administrator's program that it did not take */
	STAT_HOOK_LATE,	   /* questions that it did not answer in time */
	STAT_MOVES,	   /* mobile node: care-of address changes */
	STAT_ND_RX,	   /* Neighbour Discovery packets overheard */
	STAT_ND_LIMITED,   /* of them, dropped by a rate limit */
	STAT_RA_RX,
	STAT_ND_MALFORMED,
	STAT_DHAAD_RX,	   /* home agent address discovery: requests of mobile nodes, or replies to ours */
	STAT_DHAAD_TX,
	STAT_DHAAD_MALFORMED, /* ignored: malformed, or a reply that nothing asked for */
	STAT_DHAAD_LIMITED, /* requests that a rate limit kept from being answered */
	STAT_MPS_RX,	   /* mobile prefix discovery: solicitations of mobile nodes that have a binding */
	STAT_MPS_TX,
	STAT_MPA_RX,	   /* advertisements that answer us, or tell us to ask */
	STAT_MPA_TX,
	STAT_MPD_IGNORED,  /* of either, those that are malformed or not from whom they should be */
	STAT_MPD_LIMITED,  /* and those that a rate limit kept from being answered */
	STAT_MLD_RX,	   /* home agent: reports of mobile nodes through the tunnel; mobile node: queries through it */
	STAT_MLD_TX,	   /* home agent: queries */
	STAT_MLD_IGNORED,  /* malformed, or not of a binding */
	STAT_MLD_LIMITED,  /* groups refused, because there are too many of a binding or of all */
	STAT_MLD_DROPPED,  /* in the kernel: not from the care-of address of a binding, or too many */
	STAT_MULTICAST_OUT, /* packets of groups to mobile nodes, one for each of them */
	STAT_MULTICAST_LOST, /* that could not be sent */
	STAT_MULTICAST_IN, /* and from them to the home link */
	STAT_GUARD_PASSED, STAT_GUARD_NO_BINDING, STAT_GUARD_WRONG_COA, STAT_GUARD_WRONG_DST, STAT_GUARD_NOT_IPV6,
	STAT_MAX
};
extern const char *const stat_name[STAT_MAX]; /* "mh_rx" ... */

struct cn;
struct ctl;
struct hook;
struct ipsec;
struct ro;

struct daemon {
	struct ev_loop *loop;
	const struct conf *conf;
	struct kern_abilities able;
	int mh_fd;
	int nd_fd;
	/*
	 * Sends a Mobility Header message as mh_sock_send() does, but with regard to where we are: a role may set it, so that what
	 * leaves from an address of its own takes the way that is right for that. Never NULL once the sockets are open.
	 */
	int (*mh_send)(struct daemon *d, const struct in6_addr *src, const struct in6_addr *dst, const struct in6_addr *rt2,
		       int ifindex, const uint8_t *data, size_t len);
	struct ipsec *ipsec; /* NULL: UseMnHaIPsec says no, or there is no home address to protect */
	/* A security association for this home address has come. A role may set it; else NULL. */
	void (*associated)(struct daemon *d, const struct in6_addr *hoa);
	struct ro *ro; /* there before the role starts, and after it ended */
	struct cn *cn; /* so is the correspondent node's part; NULL if DoRouteOptimizationCN says no */
	/*
	 * At the end: leave the kernel as it is, for the next daemon, if role_ops.keeps says that one can take over; and what to do
	 * away with otherwise includes what is on disk.
	 */
	bool leave, clean;
	uint64_t stats[STAT_MAX];
	void *role; /* the role's own state */
	struct ctl *ctl; /* ctl's own state */
	struct hook *hook; /* the administrator's program; NULL: there is none */
	/*
	 * Tells `mip6ctl monitor` and the administrator's program: takes ownership of fields (may be NULL); event as in the log.
	 * Never NULL.
	 */
	void (*notify)(struct daemon *d, const char *event, struct json_object *fields);
};

/*
 * A list in pieces, because it may be long and its reader slow: adds about max objects to the array rows, from *at on,
 * which begins at 0 and is the role's to move. False when there are no more.
 */
typedef bool (*role_rows)(struct daemon *d, uint64_t *at, unsigned int max, struct json_object *rows);

struct role_ops {
	const char *name; /* "home agent" */
	/*
	 * Brings kernel state up, reconciling what an earlier daemon left. 0, or -1 after saying on err, in one line,
	 * why not; if d->role is set then, free() is called.
	 */
	int (*start)(struct daemon *d, char *err, size_t err_len);
	/* A parsed Mobility Header message. */
	void (*mh)(struct daemon *d, const struct mh_packet *p, const struct mh_msg *m);
	/* A Neighbour Discovery packet on a watched link; payload not yet parsed. */
	void (*nd)(struct daemon *d, const struct nd_packet *p);
	void (*link)(struct daemon *d, const struct kern_link *l);
	void (*addr)(struct daemon *d, const struct kern_addr *a, bool deleted);
	void (*route)(struct daemon *d, const struct kern_route *r, bool deleted);
	void (*neigh_failed)(struct daemon *d, int ifindex, const struct in6_addr *addr);
	/* Notifications were lost: look at everything again. */
	void (*resync)(struct daemon *d);
	/*
	 * Asks the role to leave in good order (a mobile node deregisters); it calls done(d) when it has, at once or
	 * within 2 s. Then free() removes everything from the kernel.
	 */
	void (*stop)(struct daemon *d, void (*done)(struct daemon *d));
	void (*free)(struct daemon *d);
	/* The configuration has changed: what is in effect now may forbid what there is. NULL: nothing follows from that. */
	void (*reloaded)(struct daemon *d);
	/* Whether the next daemon could go on with the kernel as it is. NULL: never. */
	bool (*keeps)(struct daemon *d);
	/* For mip6ctl; NULL where a role has none. Plain fields, units in the names (lifetime_s). */
	role_rows bc;  /* binding cache */
	role_rows bul; /* binding update list */
	role_rows hal; /* home agents list */
	role_rows pl;  /* prefixes of the home link */
	struct json_object *(*status)(struct daemon *d);
	/* Refreshes the counters that live elsewhere (the guard's). */
	void (*stats)(struct daemon *d);
};

/*
 * For a role that cannot go on: says why in one line like an error of the start, leaves the loop; the exit status
 * will be 1.
 */
void daemon_fatal(struct daemon *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

extern const struct role_ops cn_role, ha_role, mn_role;

#endif
