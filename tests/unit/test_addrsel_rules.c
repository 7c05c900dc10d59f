// SPDX-License-Identifier: GPL-2.0-or-later
/* Each rule of RFC 6724, for sources (section 5) and destinations (section 6), by the examples of its section 10. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "rules.h"
#include "suite.h"

static struct prefixes labels, precedences, scopes;

static void add(struct prefixes *p, const char *prefix, unsigned int len, unsigned int ifindex, uint32_t value)
{
	struct in6_addr a;

	ck_assert_int_eq(inet_pton(AF_INET6, prefix, &a), 1);
	prefixes_add(p, &a, len, ifindex, value);
	prefixes_sort(p);
}

/* RFC 6724 2.1 */
static void setup(void)
{
	static const struct {
		const char *prefix;
		unsigned int len;
		uint32_t precedence, label;
	} t[] = { { "::1", 128, 50, 0 },   { "::", 0, 40, 1 },	    { "::ffff:0:0", 96, 35, 4 },
		  { "2002::", 16, 30, 2 }, { "2001::", 32, 5, 5 },  { "fc00::", 7, 3, 13 },
		  { "::", 96, 1, 3 },	   { "fec0::", 10, 1, 11 }, { "3ffe::", 16, 1, 12 } };

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		add(&labels, t[i].prefix, t[i].len, 0, t[i].label);
		add(&precedences, t[i].prefix, t[i].len, 0, t[i].precedence);
	}
	add(&scopes, "::ffff:169.254.0.0", 112, 0, 2);
	add(&scopes, "::ffff:127.0.0.0", 104, 0, 2);
	add(&scopes, "::ffff:0.0.0.0", 96, 0, 14);
}

static void teardown(void)
{
	prefixes_free(&labels);
	prefixes_free(&precedences);
	prefixes_free(&scopes);
}

/* "2001:db8::1,d" with d deprecated, t temporary, h home, o optimistic, 2 on interface 2, T prefers temporary, x a tunnel */
static struct rule_address source(const char *text)
{
	struct rule_address a = { .plen = 64, .ifindex = 1, .native = true };
	char addr[64];
	const char *flags = strchr(text, ',');

	snprintf(addr, sizeof(addr), "%.*s", flags ? (int)(flags - text) : 60, text);
	if (strchr(addr, '.')) {
		memmove(addr + 7, addr, strlen(addr) + 1);
		memcpy(addr, "::ffff:", 7);
		a.plen = 24;
	}
	ck_assert_msg(inet_pton(AF_INET6, addr, &a.addr) == 1, "%s", addr);
	for (; flags && *flags; flags++) {
		a.deprecated |= *flags == 'd';
		a.temporary |= *flags == 't';
		a.home |= *flags == 'h';
		a.optimistic |= *flags == 'o';
		a.prefer_temporary |= *flags == 'T';
		a.native &= *flags != 'x';
		a.ifindex = *flags == '2' ? 2 : a.ifindex;
	}
	return a;
}

static const struct {
	const char *dst, *better, *worse;
	enum source_rule rule;
} sources[] = {
	/* RFC 6724 10.1 */
	{ "2001:db8:1::1", "2001:db8:3::1", "fe80::1", SRC_SCOPE },
	{ "ff05::1", "2001:db8:3::1", "fe80::1", SRC_SCOPE },
	{ "2001:db8:1::1", "2001:db8:1::1,d", "2001:db8:2::1", SRC_SAME },
	{ "fe80::1", "fe80::2,d", "2001:db8:1::1", SRC_SCOPE },
	{ "2001:db8:1::1", "2001:db8:1::2", "2001:db8:3::2", SRC_PREFIX },
	{ "2001:db8:1::1", "2001:db8:3::2,h", "2001:db8:1::2", SRC_HOME },
	{ "2002:c633:6401::1", "2002:c633:6401::d5e3:7953:13eb:22e8,tT", "2001:db8:1::2,T", SRC_LABEL },
	{ "2001:db8:1::d5e3:0:0:1", "2001:db8:1::2,tT", "2001:db8:1::d5e3:7953:13eb:22e8,T", SRC_TEMPORARY },
	/* and the others */
	{ "2001:db8:1::1", "2001:db8:9::1", "2001:db8:1::2,d", SRC_PREFERRED },
	{ "2001:db8:1::1", "2001:db8:9::1", "2001:db8:1::2,o", SRC_PREFERRED },
	{ "2001:db8:1::1", "2002::1", "2001:db8:1::2,2", SRC_INTERFACE },
	{ "2001:db8:1::1", "2001:db8:1::2", "2001:db8:1::3,t", SRC_TEMPORARY },
	{ "2001:10::1", "2001:11::1", "2001:db8::2", SRC_ORCHID },
	{ "fd00::1", "fd00:1::1", "2001:db8:1::2", SRC_LABEL },
	{ "2001:db8:1::1", "2001:db8:1::2", "2001:db8:1::3", SRC_FIRST },
};

START_TEST(source_rules)
{
	struct rule_address a = source(sources[_i].better), b = source(sources[_i].worse);
	struct rule_address list[2] = { b, a };
	enum source_rule rule;
	struct in6_addr dst;
	int c;

	inet_pton(AF_INET6, sources[_i].dst, &dst);
	c = rule_compare_sources(&labels, &dst, 1, &a, &b, &rule);
	ck_assert_str_eq(rule_source_name(rule), rule_source_name(sources[_i].rule));
	ck_assert_int_eq(c, sources[_i].rule == SRC_FIRST ? 0 : -1);
	ck_assert_int_eq(rule_compare_sources(&labels, &dst, 1, &b, &a, &rule), -c);
	ck_assert_int_eq(rule_pick_source(&labels, &dst, 1, list, 2), sources[_i].rule == SRC_FIRST   ? 0 :
								      !rule_is_candidate(&dst, 1, &a) ? 0 :
													1);
}
END_TEST

START_TEST(labels_of_interfaces)
{
	struct in6_addr dst;
	struct rule_address list[2] = { source("2001:db8:1::2"), source("2001:db8:9::1,2") };
	enum source_rule rule;

	/* by interface 2 this destination has the label of the address there */
	add(&labels, "2001:db8:1::", 48, 2, 77);
	add(&labels, "2001:db8:9::", 48, 2, 77);
	inet_pton(AF_INET6, "2001:db8:1::1", &dst);
	ck_assert_int_eq(rule_pick_source(&labels, &dst, 2, list, 2), 1);
	ck_assert_int_eq(rule_pick_source(&labels, &dst, 1, list, 2), 0);
	list[0].ifindex = 2;
	ck_assert_int_eq(rule_compare_sources(&labels, &dst, 2, &list[0], &list[1], &rule), -1);
	ck_assert_int_eq(rule, SRC_PREFIX);
}
END_TEST

START_TEST(candidates)
{
	struct rule_address a = source("fe80::1,2"), global = source("2001:db8::1,2");
	struct in6_addr link, multicast, far;

	inet_pton(AF_INET6, "fe80::9", &link);
	inet_pton(AF_INET6, "ff0e::9", &multicast);
	inet_pton(AF_INET6, "2001:db8::9", &far);
	ck_assert(!rule_is_candidate(&link, 1, &a) && rule_is_candidate(&link, 2, &a));
	ck_assert(!rule_is_candidate(&multicast, 1, &global) && rule_is_candidate(&far, 1, &global));
	ck_assert_int_eq(rule_pick_source(&labels, &link, 1, &a, 1), -1);
	/* ::/96 is of IPv4-compatible addresses, not of ::1 */
	ck_assert_uint_eq(rule_label(&labels, &(struct in6_addr)IN6ADDR_LOOPBACK_INIT, 0), 0);
	labels.v[0].len = 127;
	prefixes_sort(&labels);
	ck_assert_uint_eq(rule_label(&labels, &(struct in6_addr)IN6ADDR_LOOPBACK_INIT, 0), 0);
}
END_TEST

/* A destination and its source; no source: not usable. The first comes before the second. */
static const struct {
	const char *dst[2], *src[2];
	enum dst_rule rule;
} dsts[] = {
	/* RFC 6724 10.2 */
	{ { "2001:db8:1::1", "::ffff:198.51.100.121" }, { "2001:db8:1::2", "169.254.13.78" }, DST_SCOPE },
	{ { "::ffff:198.51.100.121", "2001:db8:1::1" }, { "198.51.100.117", "fe80::1" }, DST_SCOPE },
	{ { "2001:db8:1::1", "::ffff:10.1.2.3" }, { "2001:db8:1::2", "10.1.2.4" }, DST_PRECEDENCE },
	{ { "fe80::1", "2001:db8:1::1" }, { "fe80::2", "2001:db8:1::2" }, DST_SMALLER_SCOPE },
	{ { "2001:db8:1::1", "2002:c633:6401::1" }, { "2001:db8:1::2", "2002:c633:6401::2" }, DST_PRECEDENCE },
	{ { "2001:db8:1::1", "2001:db8:3ffe::1" }, { "2001:db8:1::2,h", "2001:db8:3f44::2" }, DST_HOME },
	{ { "fe80::1", "2001:db8:1::1" }, { "fe80::2", "2001:db8:1::2,d" }, DST_DEPRECATED },
	{ { "2001:db8:1::1", "2001:db8:3ffe::1" }, { "2001:db8:1::2", "2001:db8:3f44::2" }, DST_PREFIX },
	{ { "2002:c633:6401::1", "2001:db8:1::1" }, { "2002:c633:6401::2", "2002:c633:6401::2" }, DST_LABEL },
	/* and the others */
	{ { "2001:db8:1::1", "2001:db8:1::5" }, { "2001:db8:1::2", NULL }, DST_USABLE },
	{ { "2001:db8:1::1", "2001:db8:2::1" }, { "2001:db8:9::1", "2001:db8:2::2,2x" }, DST_NATIVE },
	{ { "2001:db8:1::6", "2001:db8:1::1" }, { "2001:db8:1::7", "2001:db8:1::7" }, DST_PREFIX },
	{ { "::ffff:192.0.2.9", "::ffff:198.51.100.1" }, { "192.0.2.8", "192.0.2.8" }, DST_PREFIX },
	{ { "::ffff:203.0.113.9", "::ffff:198.51.100.1" }, { "192.0.2.8", "192.0.2.8" }, DST_ORDER },
	{ { "2001:db8:1::1", "2001:db8:1::1" }, { NULL, NULL }, DST_ORDER },
};

START_TEST(dst_rules)
{
	const struct rule_tables t = { &labels, &precedences, &scopes };
	struct rule_dst d[2] = { { .index = 0 }, { .index = 1 } };
	enum dst_rule rule;

	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(inet_pton(AF_INET6, dsts[_i].dst[i], &d[i].addr), 1);
		d[i].usable = dsts[_i].src[i];
		if (d[i].usable)
			d[i].source = source(dsts[_i].src[i]);
	}
	ck_assert_int_lt(rule_compare_dsts(&t, &d[0], &d[1], &rule), 0);
	ck_assert_str_eq(rule_dst_name(rule), rule_dst_name(dsts[_i].rule));
	ck_assert_int_gt(rule_compare_dsts(&t, &d[1], &d[0], &rule), 0);
	/* the order in which they came does not matter, unless it is the rule */
	if (rule != DST_ORDER) {
		d[0].index = 1;
		d[1].index = 0;
		rule_sort_dsts(&t, d, 2);
		ck_assert_uint_eq(d[0].index, 1);
	}
}
END_TEST

SUITE("addrsel rules", .setup = setup, .teardown = teardown,
      .tests = { { source_rules, sizeof(sources) / sizeof(*sources) },
		 { labels_of_interfaces },
		 { candidates },
		 { dst_rules, sizeof(dsts) / sizeof(*dsts) } })
