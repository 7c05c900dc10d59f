/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Multicast Listener Discovery, both versions (RFC 2710, RFC 3810), as a home agent and its mobile nodes exchange it through
 * the tunnel (RFC 6275 10.4.3). A message of version 1 reads like one of version 2 with one record. Pure codec, whole IPv6
 * packets: an MLD message is none without its hop limit and its router alert.
 */
#ifndef WIRE_MLD_H
#define WIRE_MLD_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define MLD_QUERY     130
#define MLD_REPORT_V1 131
#define MLD_DONE      132
#define MLD_REPORT_V2 143

#define MLD_MAX_RECORDS 72   /* as many as 1500 bytes hold; further ones are ignored */
#define MLD_QUERY_LEN	76   /* IPv6 header, router alert, query without sources */
#define MLD_MAX_DELAY	32767 /* ms: what the field says without an exponent */
#define MLD_MAX_QQI	31744 /* s: the greatest that a query can name */
#define MLD_ROBUSTNESS	2    /* RFC 3810 9.1 */
#define MLD_INTERVAL	125  /* s: 9.2 */

/* RFC 3810 5.2.12 */
enum mld_record_type { MLD_IS_IN = 1, MLD_IS_EX, MLD_TO_IN, MLD_TO_EX, MLD_ALLOW, MLD_BLOCK };

struct mld_record {
	uint8_t type; /* enum mld_record_type, or one of a later standard */
	uint16_t n_sources;
	struct in6_addr group;
	const uint8_t *sources; /* n_sources addresses, inside the packet */
};

struct mld_report {
	uint8_t type; /* MLD_REPORT_V1, MLD_DONE or MLD_REPORT_V2 */
	struct in6_addr src;
	unsigned int n;
	struct mld_record at[MLD_MAX_RECORDS];
};

/*
 * A report or a done: 0, or -EBADMSG for anything else, a hop limit that is not 1, no router alert, a wrong checksum, or
 * records that do not fit.
 */
int mld_parse_report(const uint8_t *pkt, size_t len, struct mld_report *out);
/*
 * A query for one group, or with group NULL a general one: who is a listener answers within max_delay_ms; robustness and interval_s are
 * the querier's (QRV, QQIC; a long interval is rounded down). Length or -ENOSPC.
 */
ssize_t mld_build_query(uint8_t *buf, size_t cap, const struct in6_addr *src, const struct in6_addr *group, unsigned int max_delay_ms,
			unsigned int robustness, unsigned int interval_s);

/* What a listener learns from a query of either version. */
struct mld_query {
	struct in6_addr group; /* ::, it is a general one */
	unsigned int max_delay_ms;
	unsigned int robustness, interval_s; /* the querier's; version 1 and 0 in the packet: the RFCs' defaults */
};

/* From the ICMPv6 type on, of a packet whose checksum the kernel has seen. 0, or -EBADMSG. */
int mld_parse_query(const uint8_t *msg, size_t len, struct mld_query *out);
/* A report of either version, for tests and generators; src and type of r, version 1 with one record. Length or -ENOSPC. */
ssize_t mld_build_report(uint8_t *buf, size_t cap, const struct mld_report *r);

#endif
