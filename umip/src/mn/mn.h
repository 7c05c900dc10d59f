/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The mobile node role, RFC 6275 section 11: what its files share.
 *
 *   mn_role.c    the home addresses, one struct mn each; the role's operations for all of them
 *   mn.c         one of them: its start and stop, events, the steps of a handoff
 *   mn_if.h      the interfaces: which there are, and which is used
 *   mn_move.c    movement detection: hints, router solicitations, the probe of the router we had; decides which link
 *                we are on
 *   mn_traffic.c a hint from the interface's counters: nothing comes back
 *   mn_router.c  (pure) the routers that were heard, and which serve our link
 *   mn_addr.c    the interface's addresses; the choice of a care-of address
 *   mn_retire.c  what the kernel still has of the link we left goes
 *   mn_bul.c     the binding update list: sends updates, repeats them, refreshes
 *   mn_bul_ack.c the acknowledgements of these
 *   mn_dhaad.c   which home agent: found by discovery, or by advertisements at home; another one if it is dead
 *   mn_mpd.c     mobile prefix discovery: the prefixes of the home link
 *   mn_mpd_life.c how long the home address lives by these, and what takes its place
 *   mn_ba.c      (pure) what each acknowledgement's status means
 *   mn_errors.c  ICMPv6 errors about what we have sent
 *   mn_home.c    arriving at home: is the home address free, deregistration, telling the neighbours
 *   mn_setup.c   what the kernel holds from the start to the end
 *   mn_kernel.c  what the kernel should hold in the state that we are in, and the difference to what it holds
 *   mn_kernel_look.c what it really holds, read back
 *   mn_hao.c     the Home Address option of what we say to the home agent
 *   mn_nemo.c    a mobile router: its prefixes in updates and in the kernel
 *   mn_multicast.c groups that were joined at home are received through the tunnel
 *   mn_ro.h      route optimization: the correspondents
 *
 * Movement detection says "we are on the link of this router now": mn_arrived(). That becomes a care-of address, a
 * Binding Update, and with its acknowledgement the end of the handoff. At each step mn_kernel_sync() computes the
 * kernel's state anew; no other place adds or removes rules, tunnel routes, the home address or XFRM objects.
 *
 * While the daemon does not know where packets with the home address as source may leave, they are held for a moment
 * (a plug on the tunnel device), then refused: they never go out on a foreign link.
 */
#ifndef MN_MN_H
#define MN_MN_H

#include <ev.h>
#include <math.h>
#include <stdio.h>

#include "core/addr.h"
#include "core/clock.h"
#include "core/daemon.h"
#include "core/limit.h"
#include "core/log.h"
#include "mn/mn_if.h"

#define MN_HOMES_MAX (2 * CONF_MAX_HOMES) /* home addresses: those of the configuration, and successors */
#define MN_TABLE 252	     /* routes of the home address while it is not at home; of further ones: the tables below that */
#define MN_TABLE_IF 25200    /* and so on, MN_IFS_MAX for each home address: of care-of addresses, one for each of several interfaces */
#define MN_RULE_NEAR 996     /* from the home address, at home, several interfaces: what is not behind a default route */
#define MN_RULE_FOREIGN 997  /* a mobile router: what a foreign link wants to be forwarded is not */
#define MN_RULE_TO_NETWORK 998 /* the mobile network is where the main table says */
#define MN_RULE_COA 999	     /* from a care-of address, or at home the home address: into that of its interface */
#define MN_RULE_MARK 1000    /* our own signalling goes around the home address's table */
#define MN_RULE_HOA 1001     /* from the home address: into that table */
#define MN_RULE_FROM_NETWORK 1002 /* from the mobile network: into that table, too */
#define MN_RULE_STRAY 1003   /* out of the tunnel, and not for the mobile network: no further */
#define MN_RULE_HOA_MORE 1010 /* and the index: like MN_RULE_HOA, of further home addresses, so that their order is the configuration's */
#define MN_METRIC_TUNNEL 1024
#define MN_METRIC_REFUSE 4096 /* always below the tunnel's route, so that packets are refused if that goes */
/*
 * The protocol number of the home address on the tunnel device, if the administrator had put it on the home link's
 * interface: there it is again after the stop, even if the daemon that removed it was killed.
 */
#define MN_ADDRPROTO_HAD 63

#define MN_HOLD_SECONDS 3.0  /* packets are held so long at most during a handoff */
#define MN_HOLD_COVERED 1.0  /* ... and so long if they could go through the old care-of address */
#define MN_HOLD_BYTES (256 * 1024)
#define MN_UPDATE_RATE 3     /* MAX_UPDATE_RATE, in any second: RFC 6275 11.8 */
#define MN_STOP_SECONDS 2.0  /* a stop waits so long for the acknowledgement of its deregistration */
#define MN_AGENT_TRIES 3     /* updates without an answer, and another home agent is tried if there is one */
#define MN_SUSPECT_SECONDS 60.0 /* a care-of address that was refused or is a duplicate is not used so long */

/* Steps of being at home */
enum mn_home_step {
	MN_HOME_NONE,
	MN_HOME_CHECK, /* just started: has another host our address? */
	MN_HOME_ASK,   /* the home agent's link-layer address is asked for */
	MN_HOME_DEREG, /* deregistration is on its way */
	MN_HOME_DONE,
};

struct mn_bul {
	bool used;		/* there is something to show and to do */
	bool dereg;		/* the update at work takes the binding away */
	bool waiting;		/* for an acknowledgement, or for the time to send again */
	bool sent;		/* an update of this registration is out */
	bool associated;	/* it was repeated because a security association came */
	bool deferred;		/* the timer runs for an update that could not leave, not for its acknowledgement */
	struct in6_addr coa;	/* of the update */
	double since;		/* it is this one */
	uint16_t first_seq, seq; /* of the updates that are out */
	double first_sent;	/* the oldest of these */
	uint32_t asked;		/* lifetime in the update, s */
	double timeout;		/* the current one, s */
	unsigned int retransmissions, send_errors, reseqs;

	bool bound;		/* the home agent accepted ... */
	struct in6_addr bound_coa; /* ... this */
	uint32_t granted;	/* s */
	double expires, refresh_at;

	bool maybe_bound;	/* the home agent may hold a binding for us */
	int last_status;	/* -1: none yet */
	bool no_key_mobility;	/* the home agent's acknowledgement lacked the K bit that our update had */
	double recent[MN_UPDATE_RATE]; /* when the last updates left */
	unsigned int next_recent; /* the oldest of them */
	struct ev_timer retry, refresh, expiry;
};

struct mn_dhaad;
struct mn_mpd;
struct mn_multicast;
struct mn_ro;

/* One home address. */
struct mn {
	struct daemon *d;
	struct mn *next;    /* mn_of() is the first: the configuration's first, as long as that is valid */
	unsigned int index; /* below MN_HOMES_MAX; names its tunnel device and its table */
	struct conf_home formed; /* of a home address that is not in the configuration */
	const struct conf_home *home;
	const struct conf_home *origin; /* of the configuration: itself, or what it is the successor of */
	struct in6_addr ha; /* the home agent in use; ::, none is known yet */
	enum mn_location location;
	bool stopping, left; /* left: with nothing to wait for any more */
	struct ev_timer retire;

	/* mn_if.c, mn_select.c */
	struct mn_if *ifs[MN_IFS_MAX];
	unsigned int n_ifs;
	bool several;	    /* there may be more than one */
	struct mn_if *own;  /* of equal preferences this one's is the best, its section's; NULL: all sections name the same */
	struct mn_if *cur;  /* the one that is used, or was last; never NULL */
	struct mn_if *prev; /* it has the registered care-of address yet, and cur gets the binding; NULL: no such change is at work */
	double select_from; /* at the start: when one that is not the best is good enough */
	struct ev_timer select_timer;

	uint64_t moves;
	double last_handoff; /* seconds from hint to acknowledgement; < 0: none yet */
	bool moving;	     /* between mn_arrived() and the end of this handoff */

	/* mn_addr.c */
	bool has_coa;
	struct in6_addr coa;

	/* mn_home.c */
	enum mn_home_step step;
	unsigned int asks_sent, announcements_left;
	bool has_ha_lladdr, has_user;
	struct nd_lladdr ha_lladdr, user; /* user: who answers for the home address */
	struct ev_timer ask, announce;

	struct mn_bul bul;
	struct mn_dhaad *dhaad;
	struct mn_mpd *mpd;
	double valid_until, preferred_until; /* the home address; INFINITY: for ever, or nobody has said */
	bool relife; /* the kernel does not know these yet */
	struct mn_multicast *multicast; /* NULL: MnMulticast says no */
	struct mn_ro *ro; /* NULL: no route optimization */
	int errors_fd; /* -1: none */
	struct ev_io errors_io;

	/* mn_kernel.c */
	int tunnel;
	char tunnel_name[IFNAMSIZ];
	/*
	 * With several interfaces: takes what the home agent sends to any other care-of address than the tunnel's, so that
	 * nothing is lost while that changes. Nothing leaves by it. 0: none.
	 */
	int spare_tunnel;
	char spare_name[IFNAMSIZ];
	bool hold; /* packets of the home address wait for the end of a handoff */
	bool had_hoa;	     /* the administrator's own home address on the interface, to be put back */
	struct kern_addr admin_hoa;
	bool start_at_home; /* the home address was on the interface at the start: as at home, until we know better */
	bool verified;	    /* at home or abroad, a registration or a check has shown that the home address is ours */
	struct mn_held { /* what the kernel holds */
		bool network_rules, network_near, network_refused; /* mn_nemo.c */
		bool mark_rule, hoa_rule, tunnel_route, refuse_route, hoa_on_tunnel, usable, plug, hao;
		bool block; /* our own signalling with the home address as source is; interfaces: mn_if */
		struct in6_addr hao_coa, hao_ha, tunnel_local, tunnel_remote, spare_remote;
	} held;
	struct mn_coa_rule coa_rules[2];
	unsigned int n_coa_rules;
	bool no_plug; /* this handoff goes without */
	struct ev_timer hold_timer, kernel_retry, kernel_look;

	struct ev_timer stop_timer;
	struct log_limit log_nd, log_ba, log_kernel;
};

static inline struct mn *mn_of(struct daemon *d)
{
	return d->role;
}

static inline const struct in6_addr *mn_hoa(const struct mn *mn)
{
	return &mn->home->hoa;
}

/* It came with a new prefix, and is not in the configuration. */
static inline bool mn_is_formed(const struct mn *mn)
{
	return mn->home == &mn->formed;
}

static inline uint32_t mn_rule_hoa(const struct mn *mn)
{
	return mn->index ? MN_RULE_HOA_MORE + mn->index : MN_RULE_HOA;
}

static inline uint32_t mn_table(const struct mn *mn)
{
	return MN_TABLE - mn->index;
}

static inline uint32_t mn_table_if(const struct mn *mn)
{
	return MN_TABLE_IF + mn->index * MN_IFS_MAX;
}

/* It came out of the tunnel. */
static inline bool mn_tunnelled(const struct mn *mn, int ifindex)
{
	return ifindex == mn->tunnel || (mn->spare_tunnel && ifindex == mn->spare_tunnel);
}

/* Another home address may have the same home agent and care-of address, and then tunnels with the same ends. */
static inline bool mn_apart(const struct mn *mn)
{
	return mn->index;
}

static inline bool mn_has_ha(const struct mn *mn)
{
	return !IN6_IS_ADDR_UNSPECIFIED(&mn->ha);
}

/* mn_role.c */
/* There is no other home address at all; none that is for the same one of the configuration. */
bool mn_only_home(const struct mn *mn);
bool mn_no_successor(const struct mn *mn);
/* What it is the successor of, or its own successor; NULL: neither. */
const struct mn *mn_of_same_origin(const struct mn *mn);
/* It came out of the tunnel that this home address's home agent sends to: of home addresses with one, the kernel takes any. */
bool mn_from_agent(const struct mn *mn, int ifindex);
/* The home with this address, or NULL. */
struct mn *mn_home_of(struct daemon *d, const struct in6_addr *hoa);
/* One in this prefix: of mn's own line (itself, what it succeeds, its successors), or if there is none, and any, one of the configuration; or NULL. */
struct mn *mn_home_in(const struct mn *mn, const struct in6_addr *prefix, unsigned int len, bool any);
/* One of our home addresses is a mobile router's. */
bool mn_any_router(const struct daemon *d);
/* Another home address beside this one, on the same link; ha may be ::. What is in its way is logged. */
void mn_home_add(struct mn *beside, const struct in6_addr *hoa, uint8_t plen, const struct in6_addr *ha);
/* This home address is not valid any more, and there is another one. It goes in a moment; no timer of it runs until then. */
void mn_home_retire(struct mn *mn);
/* It has left: see mn_leave(). */
void mn_home_left(struct mn *mn);

/* mn.c */
/* 0, or -1 after saying on err why not; mn_end() is due in both cases. */
int mn_begin(struct mn *mn, char *err, size_t err_len);
/* In good order: mn_home_left() follows, at once or within MN_STOP_SECONDS. */
void mn_leave(struct mn *mn);
/* Takes all of it out of the kernel, and frees. */
void mn_end(struct mn *mn);
void mn_on_mh(struct mn *mn, const struct mh_packet *p, const struct mh_msg *m);
void mn_on_nd(struct mn *mn, const struct nd_packet *p);
void mn_on_link(struct mn *mn, const struct kern_link *l);
void mn_on_addr(struct mn *mn, const struct kern_addr *a, bool deleted);
void mn_on_neigh_failed(struct mn *mn, int at_ifindex, const struct in6_addr *addr);
void mn_on_resync(struct mn *mn);
struct json_object *mn_status_json(const struct mn *mn);
void mn_timer_init(struct mn *mn, struct ev_timer *w,
		   void (*cb)(struct ev_loop *loop, struct ev_timer *w, int revents));
void mn_timer_start(struct mn *mn, struct ev_timer *w, double after);
void mn_timer_stop(struct mn *mn, struct ev_timer *w);
/* mn->cur->router's link is ours now. */
void mn_arrived(struct mn *mn, bool home);
/* Chooses a care-of address if there is none, or a lasting one if that one ends soon, and registers it. */
void mn_care_of_address(struct mn *mn);
/* Registers the care-of address with the home agent in use, and all that goes with it. */
void mn_register(struct mn *mn);
/* The handoff is over: acknowledged, or at home. */
void mn_handoff_done(struct mn *mn);
/* Packets are held from now on, for a moment. */
void mn_hold(struct mn *mn);
struct json_object *mn_json_addr(const struct in6_addr *a);
void mn_notify(struct mn *mn, const char *event);

/* mn_bul.c */
void mn_bul_init(struct mn *mn);
void mn_bul_stop(struct mn *mn);
/* Registers mn->coa, at once. */
void mn_bul_register(struct mn *mn);
/* Takes the binding away: at home, or abroad at a stop. */
void mn_bul_deregister(struct mn *mn);
/* Another home agent is in use: what there was with the old one does not count. */
void mn_bul_forget(struct mn *mn);
/* At home: a home agent that we left may have a binding yet. It is asked once to let it go, and nothing waits for its answer. */
void mn_bul_release(struct mn *mn, const struct in6_addr *ha);
void mn_bul_refresh_now(struct mn *mn);
/* The home address is valid until then only, and so is its binding. */
void mn_bul_limit(struct mn *mn, double until);
/* What is outstanding may have gone astray: send it again. */
void mn_bul_again(struct mn *mn);
/* A security association has come: what is outstanding and went nowhere without it is sent again, once for each try. */
void mn_bul_associated(struct mn *mn);
/* Whether the home agent has our current care-of address. */
bool mn_bul_bound(const struct mn *mn);
/* Whether the key managers' own associations follow the care-of address: both sides can, as far as we know (K bit). */
bool mn_bul_key_mobility(const struct mn *mn);
/* Whether packets may go out before the acknowledgement: OptimisticHandoff, and the home agent knows us already. */
bool mn_bul_optimistic(const struct mn *mn);
/* What there is to show is added to the array rows. */
void mn_bul_json(struct mn *mn, struct json_object *rows);
/* For mn_bul_ack.c: the next update of the row that is at work; and the end of a deregistration, by its acknowledgement or given up. */
void mn_bul_send(struct mn *mn);
void mn_bul_finish_dereg(struct mn *mn, bool acknowledged);

/* mn_bul_ack.c */
void mn_bul_ack(struct mn *mn, const struct mh_packet *p, const struct mh_msg *m);
/* What should be our home agent says that it is none. */
void mn_bul_unable(struct mn *mn, const char *why);
/* The home address has ended, and the binding with it. It is tried again now and then. */
void mn_bul_ended(struct mn *mn);

/* mn_errors.c */
void mn_errors_open(struct mn *mn);
void mn_errors_close(struct mn *mn);

/* mn_dhaad.c */
/* 0, or -1 after saying on err why not. */
int mn_dhaad_open(struct mn *mn, char *err, size_t err_len);
void mn_dhaad_stop(struct mn *mn);
void mn_dhaad_close(struct mn *mn);
/* Whether there is a home agent to register with. If not, it is asked for one, and mn_register() follows when it is found. */
bool mn_dhaad_ready(struct mn *mn);
/*
 * The home agent in use does not answer, or will not have us. True: another one took its place, and is being registered
 * with. False: there is none (others are asked for), or the configuration names one.
 */
bool mn_dhaad_next(struct mn *mn, const char *why);
/* Whether discovery has found more than one: then another one may have a binding of ours. */
bool mn_dhaad_several(const struct mn *mn);
/* It accepted. */
void mn_dhaad_good(struct mn *mn);
/* At home, deregistered: those that we left because they were silent may have bindings yet. */
void mn_dhaad_release(struct mn *mn);
/* Somebody on the home link has the home address: most likely the home agent that we left, which lives then. */
void mn_dhaad_defended(struct mn *mn);
void mn_dhaad_heard(struct mn *mn, const struct in6_addr *router, const struct nd_ra *ra);
/* Whether this is the address of a home agent of our home link. */
bool mn_dhaad_is_agent(const struct mn *mn, const struct in6_addr *addr);
/* If a home agent of our list has this link-layer address, it is the one in use from now on. Not while one is configured. */
bool mn_dhaad_take(struct mn *mn, const struct nd_lladdr *lladdr);
bool mn_dhaad_rows(struct daemon *d, uint64_t *at, unsigned int max, struct json_object *rows);

/* mn_nemo.c: of a mobile router, and nothing at all for a host */
struct mn_nemo_look { /* what was found */
	const struct mn *mn;
	unsigned int rules, near, routes, n_foreign;
	char foreign[MN_IFS_MAX][IFNAMSIZ];
};

/* What the R flag brings with it into a Binding Update. */
void mn_nemo_update(const struct mn *mn, struct mh_msg *m);
/* An address of our own mobile network. */
bool mn_nemo_ours(const struct mn *mn, const struct in6_addr *addr);
/* Why no registration comes of a status, for who can repair it. */
void mn_nemo_refused(const struct mn *mn, uint8_t status);
void mn_nemo_sysctls(struct mn_if *nif);
/* Whether mn needs rules while it is away: a mobile router's, and all others beside one, since this host forwards. */
bool mn_nemo_has_rules(const struct mn *mn);
/* Whether the mobile network needs a rule to be near: abroad, and at home beside another home address, whose rules would take it away. */
bool mn_nemo_wants_near(const struct mn *mn, bool away);
/* Adds to the batch the difference in rules and routes; first what is to come, later what is to go. */
void mn_nemo_add(struct mn *mn, struct kern_batch *b, const struct mn_held *to);
void mn_nemo_remove(struct mn *mn, struct kern_batch *b, const struct mn_held *to);
/* Nothing from the mobile network leaves by the interface `to` any more, and by `from` it may; 0: none. */
void mn_nemo_block(const struct mn *mn, struct kern_batch *b, int from, int to);
void mn_nemo_see_rule(const struct mn *mn, const struct kern_rule *r, struct mn_nemo_look *l);
void mn_nemo_see_route(const struct kern_route *r, void *look);
/* What was found, as compared with what should be there. */
void mn_nemo_seen(struct mn *mn, const struct mn_nemo_look *l, struct mn_held *held, bool away);
/* Another name is about to be known of the interface: what names the old one goes. */
void mn_nemo_renamed(struct mn_if *nif);
void mn_nemo_json(const struct mn *mn, struct json_object *o);
/* mn_mpd.c */
/* 0, or -1 after saying on err why not. */
int mn_mpd_open(struct mn *mn, char *err, size_t err_len);
void mn_mpd_stop(struct mn *mn);
void mn_mpd_close(struct mn *mn);
/* The home agent has our care-of address; news: and says that there is something to ask for (status 1). */
void mn_mpd_registered(struct mn *mn, bool news);
/* What is known of the link is known to its new home address, too. */
void mn_mpd_inherit(struct mn *mn, const struct mn *from);
/* An advertisement; it counts at home. */
void mn_mpd_heard(struct mn *mn, const struct nd_ra *ra);
bool mn_mpd_rows(struct daemon *d, uint64_t *at, unsigned int max, struct json_object *rows);

/* mn_multicast.c; with MnMulticast disabled all of it does nothing */
void mn_multicast_open(struct mn *mn);
void mn_multicast_close(struct mn *mn);
/* Where we are may have changed, and with it which interface memberships and routes of groups belong on. */
void mn_multicast_sync(struct mn *mn);
void mn_multicast_json(const struct mn *mn, struct json_object *o);

/* mn_home.c */
void mn_home_init(struct mn *mn);
void mn_home_stop(struct mn *mn);
/* On the home link, for the first time or again. */
void mn_home_arrive(struct mn *mn);
/* The home agent is to let our address go, whether its link-layer address is known or not. */
void mn_home_deregister(struct mn *mn);
/* Neighbours learn that the home address is here. */
void mn_home_announce(struct mn *mn);
void mn_home_leave(struct mn *mn);
void mn_home_na(struct mn *mn, const struct nd_packet *p, const struct nd_na *na);
/* The home agent has let our address go (or does not answer and we stop waiting): tell the neighbours. */
void mn_home_deregistered(struct mn *mn);

/* mn_setup.c */
int mn_kernel_open(struct mn *mn, char *err, size_t err_len);
/* The sysctls of an interface: at the start, and for one that has come. */
void mn_kernel_sysctls(struct mn_if *nif);
/* The spare tunnel, made or made again. 0, or -1. */
int mn_kernel_spare(struct mn *mn);
/* Of net/ipv6/conf; a failure is logged. */
void mn_kernel_sysctl(const char *ifname, const char *name, const char *value);
void mn_kernel_close(struct mn *mn);

/* mn_kernel.c */
void mn_kernel_sync(struct mn *mn);
/* What the kernel should hold. */
struct mn_held mn_kernel_wanted(const struct mn *mn);
/*
 * The tunnel's other end at the start. Itself: nothing leaves, which it stays with TunnelPayload, whose policies take packets on their way
 * to the device.
 */
const struct in6_addr *mn_tunnel_start(const struct mn *mn);
/* The tunnel's end follows the care-of address: after the update is out, because the kernel takes its time for it. */
void mn_kernel_tunnel(struct mn *mn);
/* States and policies of this home address go. */
void mn_kernel_leave(struct mn *mn);
/* Whether the home address is used like any other address of the link. */
bool mn_kernel_plain(const struct mn *mn);
void mn_kernel_failed(struct mn *mn, const char *what);

/* mn_kernel_look.c */
/* From now on, what others delete is put back. */
void mn_kernel_watch(struct mn *mn);
/* Forget what we believe, look what is there, repair. */
void mn_kernel_reread(struct mn *mn);
/* The same in a moment: the kernel has refused something. */
void mn_kernel_retry(struct mn *mn);

/* mn_hao.c: parts of mn_kernel_sync() */
/* Whether the kernel has what to says. */
bool mn_hao_right(const struct mn *mn, const struct mn_held *to);
void mn_hao_sync(const struct mn *mn, struct kern_batch *b, const struct mn_held *to);

#endif
