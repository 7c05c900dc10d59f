/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * RFC 6724's rules as they are applied here: for sources (section 5) those of the kernel (ipv6_dev_get_saddr() in
 * net/ipv6/addrconf.c), for destinations (section 6) those of glibc (rfc3484_sort() in sysdeps/posix/getaddrinfo.c). Both
 * deviate from the text, and what counts is what the host does. Pure. IPv4 addresses are mapped.
 */
#ifndef ADDRSEL_RULES_H
#define ADDRSEL_RULES_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "prefixes.h"

/* The kernel's order. A rule's number and words: rule_source_name(). */
enum source_rule {
	SRC_SAME, /* 1 */
	SRC_SCOPE, /* 2 */
	SRC_PREFERRED, /* 3 */
	SRC_HOME, /* 4 */
	SRC_INTERFACE, /* 5; 5.5 (the next hop's prefix) Linux has not */
	SRC_LABEL, /* 6 */
	SRC_TEMPORARY, /* 7 */
	SRC_ORCHID, /* Linux's own: an ORCHID (2001:10::/28) for an ORCHID */
	SRC_PREFIX, /* 8 */
	SRC_OPTIMISTIC, /* Linux's own: not one whose DAD is not over */
	SRC_FIRST, /* none: the first in the kernel's list stays */
};

/* glibc's order */
enum dst_rule {
	DST_USABLE = 1,
	DST_SCOPE,
	DST_DEPRECATED,
	DST_HOME,
	DST_LABEL,
	DST_PRECEDENCE,
	DST_NATIVE,
	DST_SMALLER_SCOPE,
	DST_PREFIX,
	DST_ORDER,
};

const char *rule_source_name(enum source_rule rule);
const char *rule_dst_name(enum dst_rule rule);

/* An address of the host: a candidate for a source */
struct rule_address {
	struct in6_addr addr;
	uint8_t plen; /* of IPv4: 0..32 */
	unsigned int ifindex; /* 0: not known */
	bool deprecated, home, temporary;
	bool optimistic; /* duplicate address detection is not over, and it may be used nevertheless */
	bool use_optimistic; /* the interface's sysctl of that name: counts as preferred */
	bool prefer_temporary; /* the interface's use_tempaddr is 2 */
	bool native; /* the interface is no tunnel */
};

/*
 * Which of two sources is the better for a destination that leaves through oif (0: not known). < 0: a. 0: neither, *rule
 * is SRC_FIRST. labels: the kernel's, in lookup order.
 */
int rule_compare_sources(const struct prefixes *labels, const struct in6_addr *dst, unsigned int oif,
			 const struct rule_address *a, const struct rule_address *b, enum source_rule *rule);
/*
 * Whether an address is a candidate at all (section 4, and the kernel's limits): a unicast address; for a multicast or
 * link-local destination one of the outgoing interface.
 */
bool rule_is_candidate(const struct in6_addr *dst, unsigned int oif, const struct rule_address *a);
/* The best of n candidates in the kernel's order; -1: there is none. */
int rule_pick_source(const struct prefixes *labels, const struct in6_addr *dst, unsigned int oif,
		     const struct rule_address *a, size_t n);

struct rule_dst {
	struct in6_addr addr;
	bool usable; /* there is a route, and source is what the kernel would take */
	struct rule_address source;
	size_t index; /* in the order in which they came */
};

/* glibc's tables, in lookup order */
struct rule_tables {
	const struct prefixes *label, *precedence, *scopev4;
};

/* < 0: a comes first. Never 0, unless they are the same. */
int rule_compare_dsts(const struct rule_tables *t, const struct rule_dst *a, const struct rule_dst *b,
		      enum dst_rule *rule);
/*
 * Sorts as getaddrinfo does: by the C library's own qsort_r, since the comparison is not transitive (rule 9 is for
 * addresses of one family only), and the order then depends on the algorithm.
 */
void rule_sort_dsts(const struct rule_tables *t, struct rule_dst *d, size_t n);

uint32_t rule_label(const struct prefixes *labels, const struct in6_addr *a, unsigned int ifindex);

#endif
