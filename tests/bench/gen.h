/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mngen plays N mobile nodes from one interface. Mobile node i has home address HOA+i and, by turns, care-of address COA+i or COA2+i. What it
 * sends are whole IPv6 packets through a raw socket; what it receives comes from a packet socket on the interface, so that the care-of
 * addresses need to exist nowhere: a route to them ends at this interface. One thread, poll(), no state but struct gen.
 *
 *   mngen.c   options, the list of commands    phase.c    register, refresh, move, deregister
 *   pkt.c     sockets, building and reading    data.c     pings through the reverse tunnel
 *   report.c  key=value or JSON lines          hostile.c  malformed and forbidden messages, hostile_build.c makes them
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

enum pkt_kind { PKT_OTHER, PKT_BA, PKT_BE, PKT_ICMP_ERROR, PKT_ECHO_REPLY };

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

int phase_run(struct gen *g, enum reg_kind kind);
int data_run(struct gen *g, bool bound, uint32_t seconds, uint32_t interval_ms);
int hostile_run(struct gen *g, uint64_t seed, uint32_t count);

#endif
