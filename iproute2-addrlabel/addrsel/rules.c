// SPDX-License-Identifier: GPL-2.0-or-later
/* RFC 6724's rules as kernel and glibc apply them; see rules.h. */
#include "rules.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define SCOPE_LINK   2
#define SCOPE_SITE   5
#define SCOPE_GLOBAL 14

const char *rule_source_name(enum source_rule rule)
{
	static const char *const names[] = {
		[SRC_SAME] = "rule 1: it is the destination",
		[SRC_SCOPE] = "rule 2: appropriate scope",
		[SRC_PREFERRED] = "rule 3: not deprecated",
		[SRC_HOME] = "rule 4: home address",
		[SRC_INTERFACE] = "rule 5: outgoing interface",
		[SRC_LABEL] = "rule 6: matching label",
		[SRC_TEMPORARY] = "rule 7: temporary or public",
		[SRC_ORCHID] = "Linux: ORCHID for an ORCHID",
		[SRC_PREFIX] = "rule 8: longest matching prefix",
		[SRC_OPTIMISTIC] = "Linux: not optimistic",
		[SRC_FIRST] = "no rule: the first in the kernel's list",
	};

	return names[rule];
}

const char *rule_dst_name(enum dst_rule rule)
{
	static const char *const names[] = {
		[DST_USABLE] = "rule 1: usable",
		[DST_SCOPE] = "rule 2: matching scope",
		[DST_DEPRECATED] = "rule 3: source not deprecated",
		[DST_HOME] = "rule 4: source is a home address",
		[DST_LABEL] = "rule 5: matching label",
		[DST_PRECEDENCE] = "rule 6: higher precedence",
		[DST_NATIVE] = "rule 7: native transport",
		[DST_SMALLER_SCOPE] = "rule 8: smaller scope",
		[DST_PREFIX] = "rule 9: longest matching prefix",
		[DST_ORDER] = "rule 10: order unchanged",
	};

	return names[rule];
}

uint32_t rule_label(const struct prefixes *labels, const struct in6_addr *a, unsigned int ifindex)
{
	const struct prefix_value *v = prefixes_match_kernel(labels, a, ifindex);

	return v ? v->value : PREFIX_NO_LABEL;
}

static int scope6(const struct in6_addr *a)
{
	if (IN6_IS_ADDR_MULTICAST(a))
		return a->s6_addr[1] & 0xf;
	if (IN6_IS_ADDR_LINKLOCAL(a) || IN6_IS_ADDR_LOOPBACK(a))
		return SCOPE_LINK;
	return IN6_IS_ADDR_SITELOCAL(a) ? SCOPE_SITE : SCOPE_GLOBAL;
}

/* Bits that two addresses have in common from the front */
static unsigned int common_bits(const uint8_t *a, const uint8_t *b, unsigned int bytes)
{
	for (unsigned int i = 0; i < bytes; i++)
		if (a[i] != b[i])
			return i * 8 + (unsigned int)__builtin_clz((unsigned int)(a[i] ^ b[i])) - 24;
	return bytes * 8;
}

/* ---- sources ---- */

static bool orchid(const struct in6_addr *a)
{
	return a->s6_addr[0] == 0x20 && a->s6_addr[1] == 0x01 && !a->s6_addr[2] && (a->s6_addr[3] & 0xf0) == 0x10;
}

/* What a rule makes of a candidate: the larger is the better. */
static int source_score(enum source_rule rule, const struct prefixes *labels, const struct in6_addr *dst,
			unsigned int oif, const struct rule_address *a)
{
	unsigned int bits;
	int s;

	switch (rule) {
	case SRC_SAME:
		return IN6_ARE_ADDR_EQUAL(&a->addr, dst);
	case SRC_SCOPE:
		/* large enough is better than too small; then the nearest to the destination's */
		s = scope6(&a->addr);
		return s >= scope6(dst) ? -s : s - 128;
	case SRC_PREFERRED:
		return !a->deprecated && (!a->optimistic || a->use_optimistic);
	case SRC_HOME:
		return a->home;
	case SRC_INTERFACE:
		return !oif || oif == a->ifindex;
	case SRC_LABEL:
		return rule_label(labels, &a->addr, a->ifindex) == rule_label(labels, dst, oif);
	case SRC_TEMPORARY:
		return a->temporary == a->prefer_temporary;
	case SRC_ORCHID:
		return orchid(&a->addr) == orchid(dst);
	case SRC_PREFIX:
		bits = common_bits(a->addr.s6_addr, dst->s6_addr, 16);
		return (int)(bits > a->plen ? a->plen : bits);
	case SRC_OPTIMISTIC:
		return !a->optimistic;
	case SRC_FIRST:
		break;
	}
	return 0;
}

int rule_compare_sources(const struct prefixes *labels, const struct in6_addr *dst, unsigned int oif,
			 const struct rule_address *a, const struct rule_address *b, enum source_rule *rule)
{
	for (enum source_rule r = SRC_SAME; r < SRC_FIRST; r++) {
		int sa = source_score(r, labels, dst, oif, a), sb = source_score(r, labels, dst, oif, b);

		*rule = r;
		if (sa != sb)
			return sa > sb ? -1 : 1;
	}
	*rule = SRC_FIRST;
	return 0;
}

bool rule_is_candidate(const struct in6_addr *dst, unsigned int oif, const struct rule_address *a)
{
	bool strict = IN6_IS_ADDR_MULTICAST(dst) || scope6(dst) <= SCOPE_LINK;

	if (IN6_IS_ADDR_MULTICAST(&a->addr) || IN6_IS_ADDR_UNSPECIFIED(&a->addr) || IN6_IS_ADDR_V4MAPPED(&a->addr))
		return false;
	return !strict || !oif || a->ifindex == oif;
}

int rule_pick_source(const struct prefixes *labels, const struct in6_addr *dst, unsigned int oif,
		     const struct rule_address *a, size_t n)
{
	enum source_rule rule;
	int best = -1;

	for (size_t i = 0; i < n; i++)
		if (rule_is_candidate(dst, oif, &a[i]) &&
		    (best < 0 || rule_compare_sources(labels, dst, oif, &a[i], &a[best], &rule) < 0))
			best = (int)i;
	return best;
}

/* ---- destinations ---- */

static int scope(const struct rule_tables *t, const struct in6_addr *a)
{
	const struct prefix_value *v;

	if (!IN6_IS_ADDR_V4MAPPED(a))
		return scope6(a);
	v = prefixes_match_libc(t->scopev4, a);
	return v ? (int)v->value : 15;
}

static int64_t value_of(const struct prefixes *table, const struct in6_addr *a)
{
	const struct prefix_value *v = prefixes_match_libc(table, a);

	return v ? (int64_t)v->value : -1;
}

/* glibc compares IPv4 addresses only inside a subnet; and IPv6 ones by the first word in which either pair differs. */
static void matching_bits(const struct rule_dst *a, const struct rule_dst *b, unsigned int *bits_a,
			  unsigned int *bits_b)
{
	const struct rule_dst *d[2] = { a, b };
	unsigned int bits[2];

	for (int i = 0; i < 2; i++) {
		const uint8_t *to = d[i]->addr.s6_addr, *from = d[i]->source.addr.s6_addr;
		bool v4 = IN6_IS_ADDR_V4MAPPED(&d[i]->addr);

		bits[i] = common_bits(to + (v4 ? 12 : 0), from + (v4 ? 12 : 0), v4 ? 4 : 16);
		if (v4 && bits[i] < d[i]->source.plen)
			bits[i] = 0;
	}
	*bits_a = bits[0];
	*bits_b = bits[1];
}

static int prefer(bool a, bool b)
{
	return (int)b - (int)a;
}

/* What a rule says: < 0 a, > 0 b, 0 nothing. */
static int dst_verdict(enum dst_rule rule, const struct rule_tables *t, const struct rule_dst *a,
		       const struct rule_dst *b)
{
	const struct rule_address *sa = &a->source, *sb = &b->source;
	unsigned int bits_a, bits_b;
	int64_t va, vb;

	switch (rule) {
	case DST_USABLE:
		return prefer(a->usable, b->usable);
	case DST_SCOPE:
		return prefer(scope(t, &a->addr) == scope(t, &sa->addr), scope(t, &b->addr) == scope(t, &sb->addr));
	case DST_DEPRECATED:
		/* glibc reads an optimistic address as deprecated */
		return prefer(!sa->deprecated && !sa->optimistic, !sb->deprecated && !sb->optimistic);
	case DST_HOME:
		return prefer(sa->home, sb->home);
	case DST_LABEL:
		return prefer(value_of(t->label, &a->addr) == value_of(t->label, &sa->addr),
			      value_of(t->label, &b->addr) == value_of(t->label, &sb->addr));
	case DST_PRECEDENCE:
		va = value_of(t->precedence, &a->addr);
		vb = value_of(t->precedence, &b->addr);
		return (va < vb) - (va > vb);
	case DST_NATIVE:
		return sa->ifindex == sb->ifindex ? 0 : prefer(sa->native, sb->native);
	case DST_SMALLER_SCOPE:
		return scope(t, &a->addr) - scope(t, &b->addr);
	case DST_PREFIX:
		if (IN6_IS_ADDR_V4MAPPED(&a->addr) != IN6_IS_ADDR_V4MAPPED(&b->addr))
			return 0;
		matching_bits(a, b, &bits_a, &bits_b);
		return (int)bits_b - (int)bits_a;
	case DST_ORDER:
		break;
	}
	return (a->index > b->index) - (a->index < b->index);
}

/* These ask about the source, which an unusable destination has not. */
static bool wants_source(enum dst_rule rule)
{
	return rule != DST_USABLE && rule != DST_PRECEDENCE && rule != DST_SMALLER_SCOPE && rule != DST_ORDER;
}

int rule_compare_dsts(const struct rule_tables *t, const struct rule_dst *a, const struct rule_dst *b,
		      enum dst_rule *rule)
{
	for (enum dst_rule r = DST_USABLE; r <= DST_ORDER; r++) {
		int v = wants_source(r) && !a->usable ? 0 : dst_verdict(r, t, a, b);

		*rule = r;
		if (v)
			return v;
	}
	return 0;
}

static int compare(const void *a, const void *b, void *tables)
{
	enum dst_rule rule;

	return rule_compare_dsts(tables, a, b, &rule);
}

void rule_sort_dsts(const struct rule_tables *t, struct rule_dst *d, size_t n)
{
	if (n)
		qsort_r(d, n, sizeof(*d), compare, (void *)t);
}
