/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ICMPv6 beyond Neighbour Discovery: errors (RFC 4443), and the four messages of RFC 6275 6.5 to 6.8 (home agent
 * address discovery, mobile prefix discovery). Pure codec.
 */
#ifndef WIRE_ICMP6_H
#define WIRE_ICMP6_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "wire/exthdr.h"
#include "wire/nd.h"

#define ICMP6_UNREACH	    1
#define ICMP6_TOO_BIG	    2
#define ICMP6_TIME_EXCEEDED 3
#define ICMP6_PARAM_PROBLEM 4
#define ICMP6_DHAAD_REQUEST 144
#define ICMP6_DHAAD_REPLY   145
#define ICMP6_MP_SOLICIT    146
#define ICMP6_MP_ADVERT	    147

#define DHAAD_MAX_AGENTS 64

struct icmp6_error {
	uint8_t type, code;
	uint32_t param; /* MTU or pointer */
	struct ip6_view quoted;
	bool quoted_ok; /* false if the quoted packet was too short or odd to be walked */
};

struct icmp6_dhaad {
	bool reply, mobile_router; /* R, RFC 3963 */
	uint16_t id;
	unsigned int n_agents; /* reply only */
	struct in6_addr agents[DHAAD_MAX_AGENTS];
};

struct icmp6_mpd {
	bool advert, managed, other;
	uint16_t id;
	unsigned int n_prefixes;
	struct nd_prefix prefixes[ND_MAX_PREFIXES];
};

/* 0 or -EBADMSG. */
int icmp6_parse_error(const uint8_t *buf, size_t len, struct icmp6_error *out);
int icmp6_parse_dhaad(const uint8_t *buf, size_t len, struct icmp6_dhaad *out);
int icmp6_parse_mpd(const uint8_t *buf, size_t len, struct icmp6_mpd *out);
/* Length or -ENOSPC. Checksum zero. */
ssize_t icmp6_build_dhaad(uint8_t *buf, size_t cap, const struct icmp6_dhaad *msg);
ssize_t icmp6_build_mpd(uint8_t *buf, size_t cap, const struct icmp6_mpd *msg);

#endif
