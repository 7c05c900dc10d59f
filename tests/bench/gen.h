/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mngen plays N mobile nodes from one interface. Mobile node i has home address HOA+i and, by turns, care-of address COA+i or COA2+i. What it
 * sends are whole IPv6 packets through a raw socket; what it receives comes from a packet socket on the interface, so that the care-of
 * addresses need to exist nowhere: a route to them ends at this interface. One thread, poll(), no state but struct gen.
 *
 *   mngen.c   options, the list of commands    phase.c    register, refresh, move, deregister
 *   pkt.c     sockets, building and reading    data.c     pings through the reverse tunnel, or route optimized
 *   report.c  key=value or JSON lines          hostile.c  malformed and forbidden messages, hostile_build.c makes them
 *   route.c   the same four with a correspondent: return routability and what follows; it owns home addresses, too, so their
 *             packets end at this interface as well
 *   false.c   what a correspondent has to refuse, one case a command
 *   window.c  what both have in common
 */
#ifndef BENCH_GEN_H
#define BENCH_GEN_H

#include <endian.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define NS_PER_MS 1000000ULL
#define NS_PER_S 1000000000ULL

struct options {
	const char *ifname;
	struct in6_addr ha, hoa, coa, coa2, cn;
	uint32_t n, window;
	uint32_t lifetime; /* seconds */
	uint16_t seq;	   /* the first sequence number */
	bool alt_coa, link_local, json;
	uint32_t timeout; /* seconds, for one phase */
	uint32_t retransmit_ms; /* 0: as the RFC says */

	/* hostile */
	struct in6_addr victims, foreign;
	uint32_t n_victims;
	uint16_t victim_seq; /* the last accepted of every victim */
	uint32_t rate;	     /* packets a second */
	uint32_t plen;	     /* of the home subnet */
};

struct mn {
	struct in6_addr hoa, coa;
	uint16_t seq; /* the last one sent */
	bool bound;

	/* return routability: what the correspondent gave */
	bool has_home, has_care_of;
	uint16_t home_index, coa_index;
	uint64_t home_cookie, coa_cookie;
	uint8_t home_token[8], coa_token[8];

	/* within a phase */
	bool waiting;
	uint16_t seq_first;
	uint8_t resyncs;
	uint32_t timeout_ms;
	uint64_t sent, resend; /* ns: first transmission, next retransmission */
};

struct gen {
	struct options opt;
	int tx, rx;
	struct mn *mn;
};

uint64_t now_ns(void);

/* ---- addresses ---- */

static inline uint64_t addr_low(const struct in6_addr *a)
{
	uint64_t v;

	memcpy(&v, a->s6_addr + 8, sizeof(v));
	return be64toh(v);
}

static inline struct in6_addr addr_add(const struct in6_addr *base, uint64_t i)
{
	struct in6_addr a = *base;
	uint64_t v = htobe64(addr_low(base) + i);

	memcpy(a.s6_addr + 8, &v, sizeof(v));
	return a;
}

/* i with a == base + i, or -1 if that is not below n. */
static inline int64_t addr_index(const struct in6_addr *base, const struct in6_addr *a, uint64_t n)
{
	uint64_t i = addr_low(a) - addr_low(base);

	return memcmp(base, a, 8) == 0 && i < n ? (int64_t)i : -1;
}

/* ---- packets (pkt.c) ---- */

#define PKT_MAX 4096

enum pkt_kind { PKT_OTHER, PKT_BA, PKT_BE, PKT_BRR, PKT_HOT, PKT_COT, PKT_ICMP_ERROR, PKT_ECHO_REPLY, PKT_ECHO_DIRECT };

struct pkt_in {
	enum pkt_kind kind;
	struct in6_addr src, dst; /* on the wire; of the outer header */
	struct in6_addr hoa;	  /* BA: of the routing header, or dst; BE: the message's; echo: inner destination */
	struct in6_addr cn;	  /* echo: inner source */
	bool has_rt2;
	bool bad; /* checksum or structure */
	uint8_t status;
	uint8_t icmp_type;
	uint16_t seq, id;
	uint16_t lifetime; /* BA, units of 4 s */
	uint64_t stamp;	   /* echo: when it was sent, ns */
	uint16_t nonce_index; /* HoT, CoT ... */
	uint64_t cookie, token;
	bool has_auth;	   /* BA */
	size_t auth_offset, mh_len;
	uint8_t mh[256];   /* the message, if it is no longer than this */
};

int pkt_open_tx(void);
int pkt_open_rx(const char *ifname);
/* 1: a packet; 0: none; -errno. */
int pkt_recv(int fd, struct pkt_in *out);
/* Waits for the receive socket until the time, at least for one poll. */
void pkt_wait(int fd, uint64_t until);
/* A whole IPv6 packet. 0 or -errno; a full queue is waited for. */
int pkt_send(int fd, const uint8_t *pkt, size_t len);
size_t pkt_build_bu(uint8_t *buf, size_t cap, const struct options *o, const struct mn *mn, uint32_t lifetime_s);
/* A message without or with a Home Address option; hoa NULL: none. The checksum is made here. */
size_t pkt_build_mh(uint8_t *buf, size_t cap, const struct in6_addr *src, const struct in6_addr *dst, const struct in6_addr *hoa,
		    const uint8_t *mh, size_t len);
/* From the care-of address with a Home Address option. */
size_t pkt_build_echo_direct(uint8_t *buf, size_t cap, const struct options *o, const struct mn *mn, uint16_t id, uint16_t seq);
size_t pkt_build_echo(uint8_t *buf, size_t cap, const struct options *o, const struct mn *mn, uint16_t id, uint16_t seq);

/* ---- reports (report.c): one line a phase ---- */

void report_begin(bool json, const char *phase);
void report_u64(const char *key, uint64_t v);
void report_ms(const char *key, uint64_t ns); /* milliseconds with three digits */
void report_f(const char *key, double v);
void report_str(const char *key, const char *v);
/* min, median, p99 and max of times in ns; sorts them. Nothing for n == 0. */
void report_times(uint64_t *ns, size_t n);
void report_end(void);

/* ---- commands: 0, or 1 if something stayed without its answer ---- */

enum reg_kind { REG_REGISTER, REG_REFRESH, REG_MOVE, REG_DEREGISTER };

/* ---- phases (window.c): those who take part, so many at once ---- */

struct window {
	struct gen *g;
	enum reg_kind kind;
	uint32_t *todo, n, next; /* mobile nodes that take part; the first that was not started */
	uint32_t waiting, done;
	uint32_t ok, failed, retransmitted, resynced, unmatched, bad;
	uint32_t by_status[256];
	uint64_t *latency; /* of those that were answered */
	uint64_t begin, last_start, last_answer;
	int err;
	/* A mobile node begins; it has waited until mn->resend; something arrived. */
	void (*start)(struct window *w, struct mn *mn);
	void (*repeat)(struct window *w, struct mn *mn, uint64_t now);
	void (*receive)(struct window *w, const struct pkt_in *in);
};

void window_run(struct window *w);
/* The first error ends the phase. */
void window_err(struct window *w, int err);
/* An acknowledgement that is the answer. */
void window_done(struct window *w, struct mn *mn, uint8_t status);
void window_begin_report(const struct window *w, const char *name);
/* Frees what the window has: what the command returns. */
int window_end_report(struct window *w);

int phase_run(struct gen *g, enum reg_kind kind);
enum data_kind { DATA_BOUND, DATA_STRAY, DATA_DIRECT };
int data_run(struct gen *g, enum data_kind kind, uint32_t seconds, uint32_t interval_ms);
int route_run(struct gen *g, enum reg_kind kind);

enum false_case {
	FALSE_AUTHENTICATOR, FALSE_COA, FALSE_NO_AUTH, FALSE_NO_NONCES, FALSE_HOME_NONCE, FALSE_COA_NONCE, FALSE_NONCES, FALSE_REPLAY,
	FALSE_HOME_REGISTRATION, FALSE_TEST_WITH_HAO, FALSE_DATA, FALSE_DATA_COA, FALSE_TYPE, FALSE_FLOOD, FALSE_MAX
};
extern const char *const false_names[FALSE_MAX];
int false_run(struct gen *g, enum false_case what, uint32_t count);

/* ---- return routability (route.c) ---- */

/* Asks for tokens, for one mobile node; home, care_of: which. */
int route_ask(struct gen *g, struct mn *mn, bool home, bool care_of);
/* Takes a test's answer; false: it is none for this mobile node. */
bool route_learn(struct mn *mn, const struct pkt_in *in);
/* Both tokens, waited for. False: they did not come. */
bool route_tokens(struct gen *g, struct mn *mn);
struct update_tweak {
	uint8_t flags; /* 0: A */
	uint32_t lifetime; /* seconds */
	int home_shift, coa_shift; /* added to the nonce indices */
	bool no_auth, no_nonces, flip; /* flip: one bit of the authenticator */
	const struct in6_addr *from; /* another source on the wire */
};
size_t route_build_update(uint8_t *buf, size_t cap, const struct gen *g, const struct mn *mn, const struct update_tweak *t);
/* Whether the authenticator of an acknowledgement is right; deregister: it answers a de-registration. */
bool route_check(const struct gen *g, const struct mn *mn, const struct pkt_in *in, bool deregister);
int hostile_run(struct gen *g, uint64_t seed, uint32_t count);

#endif
