/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Route optimization at the mobile node, RFC 6275 11.6 and 11.7.2.
 *
 *   mn_ro_peer.c    (pure) one correspondent over time, and the table of them
 *   mn_ro.c         does what is due; what the rest of the role tells: moves, registrations, the return home
 *   mn_ro_rr.c      the messages: tests and updates out, their answers in
 *   mn_ro_show.c    what mip6ctl shows
 *   mn_ro_trigger.c what makes us begin (traffic in the tunnel) or stop (errors)
 *
 * The first part is what the rest of the mobile node calls; everything there may be called without route optimization
 * (mn->ro is NULL then). The second is shared by mn_ro*.c.
 */
#ifndef MN_MN_RO_H
#define MN_MN_RO_H

#include "kern/peers.h"
#include "mn/mn.h"
#include "mn/mn_ro_peer.h"
#include "wire/icmp6.h"

/* After mn_kernel_open(), with d->ro. 0, or -1 after saying on err why not. */
int mn_ro_open(struct mn *mn, char *err, size_t err_len);
void mn_ro_close(struct mn *mn);
/* The tunnel is another device. */
void mn_ro_tunnel(struct mn *mn);

/* It is not known where we are, or the home agent does not know: optimized traffic takes the tunnel. */
void mn_ro_suspend(struct mn *mn);
/* On another foreign link; the care-of address comes later. */
void mn_ro_away(struct mn *mn);
/* There is a care-of address: the care-of tests leave while the home registration is on its way. */
void mn_ro_care_of(struct mn *mn);
/* The home agent has it: anew, or still. */
void mn_ro_registered(struct mn *mn);
/* On the home link: packets use plain addresses from now on. */
void mn_ro_home(struct mn *mn);
/* The home agent has let our address go: correspondents are told. */
void mn_ro_home_done(struct mn *mn);
/* No correspondent may have a binding beyond this time: those that do are told. */
void mn_ro_limit(struct mn *mn, double until);
/* Whether an answer that came to no home address is for this one's correspondents. */
bool mn_ro_awaits(const struct mn *mn, const struct mh_packet *p, const struct mh_msg *m);
/* A last word to the correspondents, abroad, without waiting for answers. */
void mn_ro_leave(struct mn *mn);

/* The policy may have changed: who is not to be optimized any more is told, as far as that can be done without a new test. */
void mn_ro_reloaded(struct mn *mn);

/* A Parameter Problem: what it quotes has len bytes, and is what we could have sent. */
void mn_ro_parameter_problem(struct mn *mn, const struct icmp6_error *e, const uint8_t *quoted, size_t len);
/* True: the message was ours to take. */
bool mn_ro_mh(struct mn *mn, const struct mh_packet *p, const struct mh_msg *m);

/* mn_ro_show.c */
/* Rows from the *at-th on, at most max; false: no more. */
bool mn_ro_json(struct mn *mn, uint64_t *at, unsigned int max, struct json_object *rows);
void mn_ro_status(const struct mn *mn, struct json_object *o);

/* ---- inside ---- */

struct ro;

struct mn_ro {
	struct mn *mn;
	struct ro *ro; /* the kernel's half, borrowed */
	struct mn_ro_table table;
	struct ev_timer timer;
	double timer_at; /* when it ends */
	double looked_at; /* when ro_each_used() was asked last */

	/* mn_ro_trigger.c */
	struct kern_peers *peers;
	struct ev_io peers_io;
	struct limit starts;
	struct log_limit log, log_full;
};

/* mn_ro.c */
struct mn_ro_env mn_ro_env(const struct mn_ro *ro);
/* Does what is due with p, and sets the timer. */
void mn_ro_kick(struct mn_ro *ro, struct mn_ro_peer *p);
/* Brings the kernel's pair to this stage, for this care-of address. False: the kernel refused. */
bool mn_ro_stage(struct mn_ro *ro, struct mn_ro_peer *p, int stage, const struct in6_addr *coa);
/* Asks the kernel when pairs were used, at most once a second. */
void mn_ro_look(struct mn_ro *ro);
/* Whether a packet came directly from p since the last update left; the kernel is asked at most once a second. */
bool mn_ro_heard_directly(struct mn_ro *ro, struct mn_ro_peer *p);
/* The peer cannot, or will not, for so long. */
void mn_ro_stop_with(struct mn_ro *ro, struct mn_ro_peer *p, enum mn_ro_why why, double seconds);
void mn_ro_notify(struct mn_ro *ro, const struct mn_ro_peer *p, const char *event);

/* mn_ro_rr.c: false: nothing has left */
bool mn_ro_send_test(struct mn_ro *ro, struct mn_ro_peer *p, enum rr_kind kind);
bool mn_ro_send_update(struct mn_ro *ro, struct mn_ro_peer *p, bool release);
/* libcrypto looks for its algorithms at the first use, which takes longer than a whole handoff: now, not then. */
void mn_ro_rr_warm(void);

/* mn_ro_trigger.c */
void mn_ro_trigger_open(struct mn_ro *ro);
void mn_ro_trigger_close(struct mn_ro *ro);
void mn_ro_binding_error(struct mn_ro *ro, const struct mh_packet *p, const struct mh_msg *m);

#endif
