/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The interfaces of a mobile node. Each one has its own addresses, routers and movement detection, whether it is used
 * or not; the one that is carries the binding (mn->cur), and the others are ready to take over.
 *
 *   mn_if.c       which interfaces there are; what happens to them
 *   mn_select.c   which one is used
 *   mn_if_route.c what has a care-of address as source leaves by its interface
 *   mn_block.c    what has the home address as source does not leave by any other
 *   mn_gateway.c  links without advertisements
 *   mn_own.c      an address instead of one that is a duplicate
 */
#ifndef MN_MN_IF_H
#define MN_MN_IF_H

#include <ev.h>
#include <net/if.h>

#include "core/limit.h"
#include "kern/watch.h"
#include "mn/mn_router.h"

#define MN_IFS_MAX 16
#define MN_ADDRS_MAX 64
#define MN_LEFTOVERS_MAX 8
#define MN_GATEWAYS_MAX 4

struct mn;

enum mn_location { MN_UNKNOWN, MN_HOME, MN_AWAY };

enum mn_lost {
	MN_LINK_OK,
	MN_LOST_CARRIER, /* the carrier went (and may be back): we may be anywhere */
	MN_LOST_ROUTER,	 /* our router does not answer */
};

struct mn_if {
	struct mn *mn;
	char name[IFNAMSIZ];
	bool configured;	 /* by name; otherwise it is one of MnUseAllInterfaces, and forgotten when it goes */
	unsigned int slot;	 /* from 0; its routing table's number */
	unsigned int preference; /* 1 is the best */

	int ifindex;  /* 0: there was none of that name yet */
	bool link_up; /* up and with carrier */
	bool link_gone; /* the interface was deleted, or never there; one of its name may come */
	uint32_t carrier_changes;
	struct nd_lladdr lladdr;

	/* mn_addr.c */
	struct kern_addr addrs[MN_ADDRS_MAX];
	struct mn_addr_age {
		double noted; /* when the kernel said so: what its lifetimes count from */
		double since; /* when somebody put it there or gave it a new lifetime; -INFINITY: before we began */
	} ages[MN_ADDRS_MAX];
	unsigned int n_addrs;
	struct in6_addr suspect; /* a care-of address not to be used ... */
	double suspect_until;

	/* mn_move.c */
	enum mn_location location; /* of this interface */
	struct mn_routers routers;
	struct mn_router *router; /* ours, of our link; NULL: none yet */
	enum mn_lost lost;
	double hint_at;		  /* when the movement at work was first suspected */
	double ra_at;		  /* when the advertisement came that decided it */
	double link_since;	  /* when we came to this link, at the earliest; -INFINITY: before we began */
	unsigned int rs_sent, probes_sent;
	bool probing, silent; /* silent: because of mn_move_silence() */
	struct ev_timer rs, probe, ra_missed;
	struct limit probe_rate;

	/* mn_gateway.c */
	struct in6_addr gateways[MN_GATEWAYS_MAX]; /* asked, and no answer yet */
	unsigned int n_gateways;

	/* mn_own.c */
	bool has_own;
	unsigned int own_tries;
	struct in6_addr own; /* an address that we have made */

	/* mn_traffic.c */
	struct mn_traffic {
		struct kern_link_traffic last; /* as looked at last ... */
		bool known; /* ... if at all */
		uint64_t unanswered; /* packets sent since one was received ... */
		double since; /* ... and since when */
		double looked; /* when that was */
		double flow; /* packets received in the last STREAM_SPAN, about */
		double stream; /* the same when one was received last, ... */
		double stream_at; /* ... and when that was */
		double gap; /* the longest time without one of late, s */
		bool asked; /* about the end of a stream, of which none has come since */
		uint64_t heard; /* packets received since the last question */
		double pause, next; /* until the next question, and when it may be */
		double rate; /* packets received in a second, before the silence that was noticed last */
		struct kern_link_traffic mark; /* mn_traffic_mark(), ... */
		double mark_at; /* ... and when that was */
		bool marked;
		struct ev_timer timer;
	} traffic;

	/* mn_retire.c */
	enum mn_dirt { MN_CLEAN, MN_MOVED, MN_STARTED } dirt; /* what the kernel may have of other links */
	struct mn_leftover {
		struct in6_addr gateway;
		bool answered;
	} leftovers[MN_LEFTOVERS_MAX];
	unsigned int n_leftovers, leftover_tries;
	bool way_out;
	struct ev_timer leftover_timer;

	/* mn_select.c */
	bool usable;		/* as judged last, and since when */
	double usable_since;
	double settle;		/* s that it has to be usable before it takes over from one that works */
	double avoid_until;	/* nobody answered there */
	struct in6_addr candidate; /* the care-of address it would have, judged last; :: at home, or without one */

	/* mn_block.c */
	int blocked; /* the ifindex that the home address is kept off; 0: none */
	bool no_forward; /* mn_nemo.c: nothing that comes in there is forwarded */
	bool has_table; /* mn_if_route.c: its table has a default route by ... */
	struct in6_addr table_gateway;
};

/* mn_if.c */
/* From the configuration and what there is. 0, or -1 after saying on err why not. */
int mn_ifs_open(struct mn *mn, char *err, size_t err_len);
void mn_ifs_close(struct mn *mn);
void mn_ifs_stop(struct mn *mn);
/* NULL: not one of ours. */
struct mn_if *mn_if_by_index(const struct mn *mn, int ifindex);
/* What the kernel tells of a link: a new one may be ours. */
void mn_if_link(struct mn *mn, const struct kern_link *l);
/* The same for all of them, from a dump. */
void mn_ifs_reread(struct mn *mn);
/* nif->router's link is nif's now. */
void mn_if_arrived(struct mn_if *nif, bool home);
/* Its link or its router is lost. */
void mn_if_lost(struct mn_if *nif);
/* One that is gone, and not in use. */
void mn_if_forget(struct mn_if *nif);
/* What there is of earlier links on it goes: once on each link. */
void mn_if_clean(struct mn_if *nif);
void mn_if_timer_init(struct mn_if *nif, struct ev_timer *w, void (*cb)(struct ev_loop *loop, struct ev_timer *w, int revents));

/* mn_select.c */
void mn_select_init(struct mn *mn);
void mn_select_stop(struct mn *mn);
/* Something has changed: which interface is the best? Decided in the loop's next turn. */
void mn_select_soon(struct mn *mn);
/* Whether the binding at the old care-of address carries packets while the new one is being registered. */
bool mn_select_covered(const struct mn *mn);
/* The care-of address that is on its way is registered: the old one is not needed any more. */
void mn_select_done(struct mn *mn);
/* The end: cur becomes the interface by which the home agent is told. */
void mn_select_last(struct mn *mn);
/* Whether another interface than that in use could take over at once. */
bool mn_select_ready(const struct mn *mn);
/* The home agent does not answer by this interface. True: another one is tried. */
bool mn_select_failed(struct mn *mn);
const char *mn_location_name(enum mn_location l);
struct json_object *mn_ifs_json(const struct mn *mn);

/* mn_block.c: parts of mn_kernel_sync(). away: nothing may leave directly; otherwise by no other than the interface in use. */
bool mn_blocks_right(const struct mn *mn, bool away);
void mn_blocks_sync(struct mn *mn, struct kern_batch *b, bool away);
/* All that there is goes, with the home address. */
void mn_blocks_drop(struct mn *mn, struct kern_batch *b);
/* What the kernel has may be something else than we believe: the next call sets all of it. */
void mn_blocks_forget(struct mn *mn, bool away);

/* mn_if_route.c: what has this as source goes by the table of that interface */
struct mn_coa_rule {
	struct in6_addr coa;
	unsigned int slot;
};

/* Part of mn_kernel_sync(). */
int mn_if_routes_sync(struct mn *mn);
/* What rules the kernel has, whatever we believed; routes are set anew. At most 2. near: that of MN_RULE_NEAR, too. */
void mn_if_routes_found(struct mn *mn, const struct mn_coa_rule *rules, unsigned int n, bool near);

/* mn_move.c */
void mn_move_start(struct mn_if *nif);
void mn_move_stop(struct mn_if *nif);
/* The carrier went or came, or (bounced) both. */
void mn_move_link(struct mn_if *nif);
void mn_move_ra(struct mn_if *nif, const struct nd_packet *p);
/* A sign of life of a neighbour. */
void mn_move_heard(struct mn_if *nif, const struct in6_addr *addr);
void mn_move_router_failed(struct mn_if *nif, const struct in6_addr *addr);
/* A Neighbour Solicitation for a router; to NULL or empty: to its group. */
void mn_ask_router(struct mn_if *nif, const struct in6_addr *router, const struct nd_lladdr *to);
/* Solicits routers at once, and again until one answers. */
void mn_solicit(struct mn_if *nif);
/* Packets leave and none comes, or they came and do not any more. */
void mn_move_silence(struct mn_if *nif);

/* The gateway of a link without advertisements is here. */
void mn_move_gateway(struct mn_if *nif, const struct nd_packet *p, const struct nd_na *na);

/* mn_gateway.c */
/* The gateways of default routes that no advertisement has made are asked whether they are here. */
void mn_gateways_ask(struct mn_if *nif);
/* Whether this is one's answer: then *ra is what it would advertise. */
bool mn_gateway_answered(struct mn_if *nif, const struct nd_packet *p, const struct nd_na *na, struct nd_ra *ra);

/* mn_own.c */
/* The address is another host's. If there is no other on the interface, one is made in its prefix. */
void mn_own_make(struct mn_if *nif, const struct in6_addr *failed);
/* An advertisement came: the address that we made lives as long as its prefix. */
void mn_own_refresh(struct mn_if *nif);
/* Another link: what was made is retired like all that was there. */
void mn_own_forget(struct mn_if *nif);
/* This home address takes over what one that goes has made. */
void mn_own_inherit(struct mn *mn, const struct mn *from);
/* All that we, or a daemon before us, have made goes with the batch. */
void mn_own_remove(struct mn_if *nif, struct kern_batch *b);

/* mn_traffic.c */
void mn_traffic_start(struct mn_if *nif);
void mn_traffic_stop(struct mn_if *nif);
/* We are on another link: what has happened on the old one says nothing about this one. */
void mn_traffic_forget(struct mn_if *nif);
/* From here on; and whether since then packets have left and not one has come. */
void mn_traffic_mark(struct mn_if *nif);
bool mn_traffic_silent(const struct mn_if *nif);
/* Whether since then next to nothing has come; and whether packets have. */
bool mn_traffic_stopped(const struct mn_if *nif);
bool mn_traffic_comes(const struct mn_if *nif);

/* mn_addr.c */
void mn_addr_note(struct mn_if *nif, const struct kern_addr *a, bool deleted);
/* From the kernel, anew. -errno: what was known before stays. */
int mn_addr_read(struct mn_if *nif);
const struct kern_addr *mn_addr_find(const struct mn_if *nif, const struct in6_addr *addr);
bool mn_addr_usable(const struct kern_addr *a);
/*
 * Our link-local address, if packets may leave with it as source; *optimistic: without a source link-layer address
 * option.
 */
const struct in6_addr *mn_link_local(const struct mn_if *nif, bool *optimistic);
/* The best address of our link that can be a care-of address, or NULL. */
const struct in6_addr *mn_addr_choose(const struct mn_if *nif);
/* Whether it can stay one for longer than a moment: it is preferred, and does not end soon. */
bool mn_addr_lasting(const struct mn_if *nif, const struct in6_addr *addr);
/* Whether the address belongs to the link that we are on, as far as we can know. */
bool mn_addr_here(const struct mn_if *nif, const struct kern_addr *a, double now);
/* When an address of ours and its prefix end; INFINITY: never. */
double mn_addr_end(const struct mn_if *nif, const struct in6_addr *addr);
/* When the address should be given up for another one: before it ends. */
double mn_addr_leave_at(const struct mn_if *nif, const struct in6_addr *addr);
void mn_addr_suspect(struct mn_if *nif, const struct in6_addr *addr);

/* mn_retire.c */
/* It has moved: what is of the old link goes. */
void mn_retire(struct mn_if *nif);
/* The first link after the start: what the kernel has of links before it goes if its routers do not answer. */
void mn_leftovers(struct mn_if *nif);
void mn_leftover_heard(struct mn_if *nif, const struct in6_addr *addr);
void mn_leftovers_init(struct mn_if *nif);
void mn_leftovers_stop(struct mn_if *nif);

#endif
