/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Neighbour Discovery as Mobile IPv6 uses it: RFC 4861 section 4, with the Home Agent Information, Advertisement
 * Interval and modified Prefix Information options of RFC 6275 section 7. Messages start at the ICMPv6 type byte.
 * The parsers check what the message itself shows. What needs the IPv6 header is the caller's (RFC 4861 6.1, 7.1):
 * hop limit 255, checksum, a link-local source of an advertisement, no source link-layer address from ::, no S
 * flag to a multicast destination.
 */
#ifndef WIRE_ND_H
#define WIRE_ND_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define ND_RS 133
#define ND_RA 134
#define ND_NS 135
#define ND_NA 136

#define ND_LLADDR_MAX	  8 /* bytes of a link-layer address that we keep; Ethernet has 6 */
#define ND_MAX_PREFIXES	  16
#define ND_PREFIX_OPT_LEN 32

struct nd_lladdr {
	uint8_t len; /* 0: no option; parsing gives 6 or 8, by the option's 8-byte units, and ignores longer ones */
	uint8_t addr[ND_LLADDR_MAX];
};

struct nd_prefix {
	struct in6_addr prefix; /* with R the whole router address is here (RFC 6275 7.2) */
	uint8_t len;
	bool onlink, autonomous, router;
	uint32_t valid, preferred; /* seconds, 0xffffffff is infinity */
};

struct nd_ra {
	uint8_t hoplimit;
	bool managed, other, home_agent;
	uint16_t lifetime; /* seconds */
	uint32_t reachable; /* ms */
	uint32_t retrans; /* ms */
	struct nd_lladdr sll;
	uint32_t mtu; /* 0: none */
	uint32_t adv_interval; /* ms, 0: none */
	bool has_ha_info, mobile_router; /* R flag of RFC 3963 in the home agent information option */
	uint16_t ha_preference, ha_lifetime;
	unsigned int n_prefixes; /* further ones are ignored */
	struct nd_prefix prefixes[ND_MAX_PREFIXES];
};

struct nd_na {
	bool router, solicited, override;
	struct in6_addr target;
	struct nd_lladdr tll;
};

struct nd_ns {
	struct in6_addr target;
	struct nd_lladdr sll;
};

/* 0, or -EBADMSG. */
int nd_parse_ra(const uint8_t *buf, size_t len, struct nd_ra *out);
int nd_parse_ns(const uint8_t *buf, size_t len, struct nd_ns *out);
int nd_parse_na(const uint8_t *buf, size_t len, struct nd_na *out);

/* Length, or -ENOSPC. Checksum zero. */
ssize_t nd_build_rs(uint8_t *buf, size_t cap, const struct nd_lladdr *sll); /* sll may be NULL */
ssize_t nd_build_ra(uint8_t *buf, size_t cap, const struct nd_ra *ra); /* for tests and generators */
ssize_t nd_build_ns(uint8_t *buf, size_t cap, const struct nd_ns *ns);
ssize_t nd_build_na(uint8_t *buf, size_t cap, const struct nd_na *na);

/*
 * For messages that carry the same options (RFC 6275 6.8). nd_next_option() gives the option at *at and moves
 * behind it: 1, 0 at the end, -EBADMSG for a length of zero or over the end. nd_get_prefix() is false if the
 * option is not a valid prefix information.
 */
int nd_next_option(const uint8_t *buf, size_t len, size_t *at, const uint8_t **opt, size_t *size);
bool nd_get_prefix(const uint8_t *opt, size_t size, struct nd_prefix *out);
void nd_put_prefix(uint8_t opt[ND_PREFIX_OPT_LEN], const struct nd_prefix *p);

void nd_solicited_node(const struct in6_addr *addr, struct in6_addr *group);

#endif
