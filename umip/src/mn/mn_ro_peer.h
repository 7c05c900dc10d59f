/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a mobile node knows of one correspondent, and what is to be done next: RFC 6275 11.6, 11.7.2, 11.8 as a function of
 * time. Pure: no socket, no kernel, no event loop; times are seconds of one clock.
 */
#ifndef MN_MN_RO_PEER_H
#define MN_MN_RO_PEER_H

#include <math.h>

#include "core/rr.h"

#define MN_RO_PEERS_MAX	  1024
#define MN_RO_TIMEOUT	  1.0 /* INITIAL_BINDACK_TIMEOUT; it doubles */
#define MN_RO_TRIES	  5 /* of a test or an update; the timeout after the last of a test ends 31 s after the first */
#define MN_RO_RATE	  3 /* MAX_UPDATE_RATE, of each kind of message */
#define MN_RO_UNABLE	  600.0 /* seconds that a correspondent without Mobile IPv6 is left alone */
#define MN_RO_SILENT	  120.0 /* and one that did not answer */
/*
 * Seconds from an update for which no acknowledgement was asked to the first packet behind it that goes directly: as long as the
 * care-of test took, within these limits, so that it does not arrive before its binding.
 */
#define MN_RO_SWITCH_MIN  0.02
#define MN_RO_SWITCH_MAX  0.1
#define MN_RO_SETBACK_MAX 64.0 /* the longest pause after optimization was taken back */
#define MN_RO_CALM	  60.0 /* and so long after its end, it is forgotten */
#define MN_RO_IDLE	  60.0 /* seconds without a packet: the binding is not refreshed */
#define MN_RO_REFRESH_MAX 180.0 /* a binding in use is refreshed so soon that the home token never ends: a move finds it valid */
#define MN_RO_LINGER	  3.0 /* seconds that the peer's routing header is accepted after every binding that it may hold has ended */
#define MN_RO_TOKEN_LIFE  (RR_MAX_TOKEN_LIFETIME - 5.0)
#define MN_RO_UNASKED	  10.0 /* an acknowledgement that was not asked for counts so long after the update */

enum mn_ro_want {
	MN_RO_NOTHING,
	MN_RO_BINDING, /* a new one, a refreshed one, one with another care-of address */
	MN_RO_RELEASE, /* at home: the one there is has to go */
};

enum mn_ro_why {
	MN_RO_FINE,
	MN_RO_NO_ANSWER,
	MN_RO_NO_MH,   /* the peer does not know the Mobility Header */
	MN_RO_NO_HAO,  /* nor the Home Address option */
	MN_RO_REFUSED, /* by a Binding Acknowledgement */
	MN_RO_LOST,    /* the peer said that it has no binding */
	MN_RO_UNWANTED, /* the configuration says so now */
};

enum { MN_RO_HOTI, MN_RO_COTI, MN_RO_BU, MN_RO_KINDS };

/* The last MN_RO_RATE times that something was done. */
struct mn_ro_rate {
	double at[MN_RO_RATE];
	unsigned int next;
};

/* The home test and the care-of test, indexed by enum rr_kind. */
struct mn_ro_test {
	bool waiting;
	uint64_t cookie;
	struct in6_addr addr; /* the source of the test: the home address, a care-of address */
	unsigned int tries;
	double timeout, next_at;
	double rtt; /* of the last one that was answered */

	bool have; /* a token, for addr */
	uint8_t token[RR_TOKEN_LEN];
	uint16_t index; /* of the nonce */
	double got_at;
};

struct mn_ro_peer {
	struct in6_addr addr;
	enum mn_ro_want want;
	struct mn_ro_test test[2];
	struct mn_ro_rate rate[MN_RO_KINDS];
	double used; /* when we last knew of a packet, whatever its way */
	double heard_at; /* when the last one came, whatever its way, from what the kernel tells */
	double tunnelled_at; /* when one came through the tunnel */

	/* the update at work or the last one */
	struct in6_addr coa;
	uint16_t seq;
	uint32_t asked; /* s */
	double sent_at;
	bool sent, waiting; /* waiting: for an acknowledgement */
	bool must_ack; /* the next one asks for an acknowledgement, whatever the configuration says */
	uint8_t kbm[RR_KBM_LEN]; /* that it was authenticated with */
	uint8_t auth[MH_AUTH_LEN];
	unsigned int tries;
	double timeout, next_at;
	int last_status; /* -1: none yet */

	bool bound; /* the peer has bound_coa, as far as we know */
	bool confirmed; /* it has said so */
	struct in6_addr bound_coa;
	uint32_t granted;
	double expires, refresh_at;
	double switch_at; /* what we send to the peer goes directly then; INFINITY: not by itself */
	double maybe_until; /* until then the peer may hold a binding, whatever we have heard since */
	double linger; /* the kernel's pair goes then, if there is no binding */

	enum mn_ro_why why;
	double hold_until; /* nothing is tried before */
	unsigned int setbacks;
	double setback_at, doubted_at, no_mh_until, no_hao_until;

	/* what the kernel holds: ro.h */
	int stage;
	struct in6_addr stage_coa;
};

/* The mobile node around it. */
struct mn_ro_env {
	double now;
	struct in6_addr hoa, coa;
	bool has_coa; /* packets may leave with it */
	bool registered; /* the home agent has coa */
	bool home; /* at home, and the home agent has let our address go */
};

/* What is due */
#define MN_RO_DO_HOTI	 0x01
#define MN_RO_DO_COTI	 0x02
#define MN_RO_DO_BU	 0x04
#define MN_RO_DO_GIVE_UP 0x08 /* there was no answer */
#define MN_RO_DO_EXPIRE	 0x10 /* the binding ends */
#define MN_RO_DO_REFRESH 0x20 /* is it worth to refresh the binding? */
#define MN_RO_DO_FORGET	 0x40 /* the kernel's pair has lingered long enough */
#define MN_RO_DO_SWITCH	 0x80 /* the peer should have the binding by now: send directly */

struct mn_ro_step {
	unsigned int todo;
	double next; /* if nothing is due: when to ask again; INFINITY: something has to happen first */
};

void mn_ro_peer_init(struct mn_ro_peer *p, const struct in6_addr *addr, uint16_t seq, double now);
struct mn_ro_step mn_ro_step(const struct mn_ro_peer *p, const struct mn_ro_env *env);

/* Begins (or begins again) to work for what is wanted: counts of tries start afresh. */
void mn_ro_begin(struct mn_ro_peer *p, enum mn_ro_want want);
/* A message of that kind has left. */
void mn_ro_sent_test(struct mn_ro_peer *p, enum rr_kind kind, const struct in6_addr *src, double now);
/* Our care-of address is another one: nothing of the old one is waited for. */
void mn_ro_moved(struct mn_ro_peer *p);

bool mn_ro_token_ok(const struct mn_ro_peer *p, enum rr_kind kind, const struct in6_addr *addr, double now);
/* The answer to a test: true if it is one that we wait for, and the token is taken. */
bool mn_ro_answer(struct mn_ro_peer *p, enum rr_kind kind, uint64_t cookie, uint16_t index, uint64_t token, double now);
void mn_ro_drop_token(struct mn_ro_peer *p, enum rr_kind kind);

/* The peer may send by a binding: we believe that it has one, or it may have one in spite of what we believe. */
bool mn_ro_maybe_bound(const struct mn_ro_peer *p, double now);
/* The peer has (or will have in a moment) a binding of so many seconds, for the update that was sent last. */
void mn_ro_bind(struct mn_ro_peer *p, uint32_t lifetime, bool confirmed, double now);
/* Nobody will tell when the peer has it: in a moment it will. */
void mn_ro_switch_soon(struct mn_ro_peer *p, double now);
/* No binding to rely on; but the peer may go on using one unless gone says that it cannot. */
void mn_ro_unbind(struct mn_ro_peer *p, bool gone, double now);
/* Optimization was taken back: begins again, the more often it was the later. */
void mn_ro_setback(struct mn_ro_peer *p, enum mn_ro_why why, double now);

/* One of that kind has left. */
void mn_ro_rate_note(struct mn_ro_rate *r, double now);

enum mn_ro_ba { MN_RO_BA_ACCEPTED, MN_RO_BA_RETEST, MN_RO_BA_RESEQ, MN_RO_BA_REFUSED };

/* What an acknowledgement's status means; a retest drops the tokens that *home and *care_of say. */
enum mn_ro_ba mn_ro_ba(uint8_t status, bool *home, bool *care_of);
/* Statuses that come without an authenticator: the peer has no key to compute one with (9.5.4). */
bool mn_ro_ba_unauthenticated(uint8_t status);

const char *mn_ro_state_name(const struct mn_ro_peer *p, double now);
const char *mn_ro_why_name(const struct mn_ro_peer *p, double now);

/* ---- all of them, sorted by address ---- */

struct mn_ro_table {
	unsigned int n, max;
	struct mn_ro_peer **at;
};

int mn_ro_table_init(struct mn_ro_table *t, unsigned int max);
void mn_ro_table_free(struct mn_ro_table *t);
struct mn_ro_peer *mn_ro_find(const struct mn_ro_table *t, const struct in6_addr *addr);
/*
 * A new one. A full table loses the one without a binding, and without anything in the kernel, whose last packet is
 * the longest ago; among those that were told to be unable or are not at work first. NULL: there is none.
 */
struct mn_ro_peer *mn_ro_add(struct mn_ro_table *t, const struct in6_addr *addr, uint16_t seq, double now);

#endif
