/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A list of prefixes with a value each, looked up by longest match: the kernel's labels, and gai.conf's labels and
 * precedences, are such lists. Pure.
 */
#ifndef ADDRSEL_PREFIXES_H
#define ADDRSEL_PREFIXES_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The kernel's label of an address that no prefix matches (IPV6_ADDR_LABEL_DEFAULT) */
#define PREFIX_NO_LABEL 0xffffffffu

#define PREFIX_TEXT 50 /* a prefix as text, with its length and the final 0 */

struct prefix_value {
	struct in6_addr prefix; /* no bits behind len */
	uint8_t len; /* 0..128 */
	unsigned int ifindex; /* 0: any interface */
	uint32_t value;
	uint32_t turn; /* of adding: sorting keeps the order of equal keys */
};

struct prefixes {
	struct prefix_value *v;
	size_t n, cap;
};

/* Appends. 0 or -ENOMEM. */
int prefixes_add(struct prefixes *p, const struct in6_addr *prefix, unsigned int len, unsigned int ifindex,
		 uint32_t value);
void prefixes_free(struct prefixes *p);

/* By length, longest first, then those of an interface, then by prefix: the order in which lookups want them. */
void prefixes_sort(struct prefixes *p);
int prefix_cmp(const struct prefix_value *a, const struct prefix_value *b);
/* The entry with exactly this key in a sorted list; NULL. */
struct prefix_value *prefixes_find(const struct prefixes *p, const struct prefix_value *key);

/*
 * The first match in a list in lookup order. By the kernel's rules an entry of ::/96 is for IPv4-compatible addresses
 * only, so not for :: and ::1 (net/ipv6/addrlabel.c); glibc knows no such exception and no interfaces. NULL: none.
 */
const struct prefix_value *prefixes_match_kernel(const struct prefixes *p, const struct in6_addr *addr,
						 unsigned int ifindex);
const struct prefix_value *prefixes_match_libc(const struct prefixes *p, const struct in6_addr *addr);

/* Clears the bits behind len; whether there were any. */
bool prefix_mask(struct in6_addr *prefix, unsigned int len);
/* "2001:db8::/32". Returns text. */
const char *prefix_text(const struct in6_addr *prefix, unsigned int len, char text[PREFIX_TEXT]);

#endif
