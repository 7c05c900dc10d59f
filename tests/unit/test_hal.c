// SPDX-License-Identifier: GPL-2.0-or-later
/* The home agents list: what advertisements put in and take out, the order, the anycast address. */
#include "core/hal.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "suite.h"

static struct hal hal;
static struct in6_addr prefix;

static struct in6_addr ip(const char *text)
{
	struct in6_addr a;

	ck_assert_int_eq(inet_pton(AF_INET6, text, &a), 1);
	return a;
}

static void setup(void)
{
	memset(&hal, 0, sizeof(hal));
	prefix = ip("2001:db8:1::");
}

static struct nd_ra ra_of(const char *addr, uint16_t preference, uint16_t lifetime)
{
	struct nd_ra ra = { .home_agent = true, .lifetime = 300, .has_ha_info = true, .ha_preference = preference, .ha_lifetime = lifetime,
			    .n_prefixes = 1 };

	ra.prefixes[0] = (struct nd_prefix){ .prefix = ip(addr), .len = 64, .router = true, .valid = 600 };
	return ra;
}

static enum hal_news hear(const char *router, const struct nd_ra *ra, double now)
{
	const struct in6_addr src = ip(router);

	return hal_heard(&hal, &src, ra, now);
}

static enum hal_news agent(const char *router, const char *addr, uint16_t preference)
{
	struct nd_ra ra = ra_of(addr, preference, 1800);

	return hear(router, &ra, 100);
}

/* The order as text. */
static const char *order(const struct hal_agent *self, bool mobile_router)
{
	static char text[HAL_AGENTS_MAX * HAL_ADDRS_MAX * INET6_ADDRSTRLEN];
	struct in6_addr out[64];
	unsigned int n = hal_order(&hal, self, &prefix, 64, mobile_router, out, 64);

	text[0] = 0;
	for (unsigned int i = 0; i < n; i++) {
		char one[INET6_ADDRSTRLEN];

		inet_ntop(AF_INET6, &out[i], one, sizeof(one));
		if (i)
			strcat(text, " ");
		strcat(text, one);
	}
	return text;
}

START_TEST(comes_and_goes)
{
	struct nd_ra ra = ra_of("2001:db8:1::1", 7, 50);

	ck_assert_int_eq(hear("fe80::1", &ra, 100), HAL_NEW);
	ck_assert_int_eq(hear("fe80::1", &ra, 120), HAL_OLD);
	ck_assert_uint_eq(hal.n, 1);
	ck_assert_uint_eq(hal.at[0].preference, 7);
	hal_expire(&hal, 169);
	ck_assert_uint_eq(hal.n, 1);
	hal_expire(&hal, 170);
	ck_assert_uint_eq(hal.n, 0);

	/* It says that it is none any more: by the flag, by a lifetime of zero. */
	hear("fe80::1", &ra, 200);
	ra.home_agent = false;
	ck_assert_int_eq(hear("fe80::1", &ra, 201), HAL_GONE);
	ck_assert_int_eq(hear("fe80::1", &ra, 202), HAL_OLD);
	ra.home_agent = true;
	hear("fe80::1", &ra, 203);
	ra.ha_lifetime = 0;
	ck_assert_int_eq(hear("fe80::1", &ra, 204), HAL_GONE);
	ck_assert_uint_eq(hal.n, 0);
}
END_TEST

START_TEST(without_the_option)
{
	struct nd_ra ra = ra_of("2001:db8:1::1", 7, 50);

	ra.has_ha_info = false;
	hear("fe80::1", &ra, 100);
	ck_assert_uint_eq(hal.at[0].preference, 0);
	hal_expire(&hal, 399);
	ck_assert_uint_eq(hal.n, 1); /* the router's lifetime */
	ra.lifetime = 0;
	ck_assert_int_eq(hear("fe80::1", &ra, 399), HAL_GONE);
}
END_TEST

/* No default router, and a home agent all the same. */
START_TEST(router_lifetime_is_not_the_agents)
{
	struct nd_ra ra = ra_of("2001:db8:1::1", 7, 50);

	ra.lifetime = 0;
	ck_assert_int_eq(hear("fe80::1", &ra, 100), HAL_NEW);
}
END_TEST

START_TEST(addresses)
{
	struct nd_ra ra = ra_of("2001:db8:1::1", 0, 5000);
	const struct in6_addr second = ip("2001:db8:2::1"), unknown = ip("2001:db8:1::2");

	ra.prefixes[0].valid = 10;
	hear("fe80::1", &ra, 100);
	/* Another advertisement with another prefix: both count. */
	ra.prefixes[0] = (struct nd_prefix){ .prefix = second, .len = 64, .router = true, .valid = UINT32_MAX };
	/* Not its own address; not one that a packet can have. */
	ra.n_prefixes = 3;
	ra.prefixes[1] = (struct nd_prefix){ .prefix = unknown, .len = 64, .valid = 600 };
	ra.prefixes[2] = (struct nd_prefix){ .prefix = ip("fe80::1"), .len = 64, .router = true, .valid = 600 };
	hear("fe80::1", &ra, 105);
	ck_assert_uint_eq(hal.at[0].n_addrs, 2);
	ck_assert_ptr_nonnull(hal_find(&hal, &second));
	ck_assert_ptr_null(hal_find(&hal, &unknown));
	ck_assert_str_eq(order(NULL, false), "2001:db8:1::1"); /* only what is in the prefix */
	hal_expire(&hal, 111);
	ck_assert_str_eq(order(NULL, false), "");
	/* Taken back. */
	ra.prefixes[0].valid = 0;
	hear("fe80::1", &ra, 112);
	ck_assert_uint_eq(hal.at[0].n_addrs, 0);
}
END_TEST

START_TEST(by_preference)
{
	struct hal_agent self = { .preference = 20 };
	struct in6_addr own = ip("2001:db8:1::5");

	hal_add_addr(&self, &own, 1e9);
	agent("fe80::1", "2001:db8:1::1", 10);
	agent("fe80::2", "2001:db8:1::2", 65535);
	agent("fe80::3", "2001:db8:1::3", 0);
	ck_assert_str_eq(order(&self, false), "2001:db8:1::2 2001:db8:1::5 2001:db8:1::1 2001:db8:1::3");
	/* Somebody claims an address of ours: it is there once. */
	agent("fe80::4", "2001:db8:1::5", 1);
	ck_assert_str_eq(order(&self, false), "2001:db8:1::2 2001:db8:1::5 2001:db8:1::1 2001:db8:1::3");
}
END_TEST

START_TEST(equals_are_shuffled)
{
	unsigned int first[3] = { 0 };

	agent("fe80::1", "2001:db8:1::1", 5);
	agent("fe80::2", "2001:db8:1::2", 5);
	agent("fe80::3", "2001:db8:1::3", 5);
	agent("fe80::9", "2001:db8:1::9", 4);
	for (int i = 0; i < 300; i++) {
		const char *s = order(NULL, false);

		first[s[strlen("2001:db8:1::")] - '1']++;
		ck_assert(strstr(s, "2001:db8:1::9") + strlen("2001:db8:1::9") == s + strlen(s));
	}
	for (int i = 0; i < 3; i++)
		ck_assert_uint_gt(first[i], 50);
}
END_TEST

START_TEST(for_mobile_routers)
{
	struct nd_ra ra = ra_of("2001:db8:1::2", 1, 1800);

	agent("fe80::1", "2001:db8:1::1", 10);
	ck_assert_str_eq(order(NULL, true), "");
	ra.mobile_router = true;
	hear("fe80::2", &ra, 100);
	ck_assert_str_eq(order(NULL, true), "2001:db8:1::2");
	ck_assert_str_eq(order(NULL, false), "2001:db8:1::1 2001:db8:1::2");
}
END_TEST

/* Whoever floods the list puts nobody out, and room is made only by what has run out. */
START_TEST(limited)
{
	char router[32], addr[32];

	agent("fe80::1", "2001:db8:1::1", 3);
	for (unsigned int i = 2; i <= HAL_AGENTS_MAX; i++) {
		snprintf(router, sizeof(router), "fe80::%x", i);
		snprintf(addr, sizeof(addr), "2001:db8:1::%x", i);
		ck_assert_int_eq(agent(router, addr, 1), HAL_NEW);
	}
	ck_assert_int_eq(agent("fe80::f:1", "2001:db8:1::f:1", 9), HAL_FULL);
	ck_assert_int_eq(agent("fe80::1", "2001:db8:1::1", 3), HAL_OLD);
	ck_assert_ptr_eq(strstr(order(NULL, false), "2001:db8:1::1 "), order(NULL, false));
	for (unsigned int i = 0; i < 2 * HAL_ADDRS_MAX; i++) {
		snprintf(addr, sizeof(addr), "2001:db8:1::f:%x", i);
		agent("fe80::1", addr, 3);
	}
	ck_assert_uint_eq(hal.at[0].n_addrs, HAL_ADDRS_MAX);
}
END_TEST

START_TEST(anycast)
{
	static const struct {
		const char *prefix;
		unsigned int len;
		const char *addr;
	} t[] = {
		{ "2001:db8:1::1", 64, "2001:db8:1:0:fdff:ffff:ffff:fffe" },
		{ "2001:db8:1:2::1", 48, "2001:db8:1:ffff:ffff:ffff:ffff:fffe" },
		{ "2001:db8::1:8001", 113, "2001:db8::1:fffe" },
		{ "2001:db8::1:8001", 116, "2001:db8::1:8ffe" },
		{ "2001:db8::1:8001", 121, "2001:db8::1:807e" },
		{ "2001:db8::1:8001", 122, NULL },
		{ "2001:db8::1:8001", 128, NULL },
	};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct in6_addr out, of = ip(t[i].prefix), want;

		ck_assert_int_eq(hal_anycast(&of, t[i].len, &out), t[i].addr != NULL);
		if (!t[i].addr)
			continue;
		want = ip(t[i].addr);
		ck_assert_mem_eq(&out, &want, sizeof(out));
	}
}
END_TEST

SUITE("hal", .setup = setup,
	.tests = {
		{ comes_and_goes },
		{ without_the_option },
		{ router_lifetime_is_not_the_agents },
		{ addresses },
		{ by_preference },
		{ equals_are_shuffled },
		{ for_mobile_routers },
		{ limited },
		{ anycast },
	})
