// SPDX-License-Identifier: GPL-2.0-or-later
/* The home agent's list and its answers to home agent address discovery, on the kernel made of paper. */
#include <string.h>

#include "wire/icmp6.h"

#include "paper_ha.h"
#include "suite.h"

#define ANYCAST	  "2001:db8:1:0:fdff:ffff:ffff:fffe"
#define ANYCAST2  "2001:db8:2:0:fdff:ffff:ffff:fffe"

static struct icmp6_dhaad reply; /* the last one */

struct adv {
	const char *router, *addr;
	uint16_t preference;
	bool not_ha, mobile_router, own;
};

static void advertise(struct adv a)
{
	struct nd_ra ra = { .home_agent = !a.not_ha, .lifetime = 300, .has_ha_info = true, .ha_preference = a.preference,
			    .ha_lifetime = 1800, .mobile_router = a.mobile_router, .n_prefixes = 1 };

	ra.prefixes[0] = (struct nd_prefix){ .prefix = ip(a.addr), .len = 64, .router = true, .valid = 600, .preferred = 300 };
	home_ra(a.router, &ra, a.own);
}

/* How many answers there are; the last one is in reply. */
static unsigned int ask(const char *from, const char *to, uint16_t id, bool mobile_router)
{
	struct icmp6_dhaad request = { .id = id, .mobile_router = mobile_router };
	uint8_t buf[8];
	unsigned int before = k.n_icmp;

	ck_assert_int_eq(icmp6_build_dhaad(buf, sizeof(buf), &request), 8);
	paper_icmp(from, to, buf, sizeof(buf));
	pass(0.01);
	if (k.n_icmp != before)
		ck_assert_int_eq(icmp6_parse_dhaad(k.icmp.data, k.icmp.len, &reply), 0);
	return k.n_icmp - before;
}

START_TEST(alone)
{
	ck_assert_uint_eq(ask(COA1, ANYCAST, 0x1234, false), 1);
	ck_assert(is(&k.icmp.src, HA));
	ck_assert(is(&k.icmp.dst, COA1));
	ck_assert(reply.reply && !reply.mobile_router);
	ck_assert_uint_eq(reply.id, 0x1234);
	ck_assert_uint_eq(reply.n_agents, 1);
	ck_assert(is(&reply.agents[0], HA));
	ck_assert_uint_eq(d.stats[STAT_DHAAD_RX], 1);
	ck_assert_uint_eq(d.stats[STAT_DHAAD_TX], 1);
}
END_TEST

START_TEST(others_by_preference)
{
	advertise((struct adv){ "fe80::2", "2001:db8:1::2", .preference = 10 });
	advertise((struct adv){ "fe80::3", "2001:db8:1::3", .preference = 30 });
	advertise((struct adv){ "fe80::4", "2001:db8:1::4", .preference = 40, .not_ha = true });
	/* Our preference is what our own advertisement says. */
	k.icmp_from = HOME_LINK;
	advertise((struct adv){ "fe80::1", HA, .preference = 20, .own = true });
	/* Not what others say, nor what we say elsewhere, nor who uses our name. */
	advertise((struct adv){ "fe80::2", "2001:db8:1::2", .preference = 99, .own = true });
	advertise((struct adv){ "fe80::1", "2001:db8:1::f", .preference = 99 });
	k.icmp_from = HOME_LINK + 1;
	advertise((struct adv){ "fe80::1", HA, .preference = 99, .own = true });
	ask(COA1, ANYCAST, 1, false);
	ck_assert_uint_eq(reply.n_agents, 3);
	ck_assert(is(&reply.agents[0], "2001:db8:1::3"));
	ck_assert(is(&reply.agents[1], HA));
	ck_assert(is(&reply.agents[2], "2001:db8:1::2"));
	advertise((struct adv){ "fe80::3", "2001:db8:1::3", .not_ha = true });
	ask(COA1, ANYCAST, 2, false);
	ck_assert_uint_eq(reply.n_agents, 2);
	ck_assert(is(&reply.agents[0], HA));
}
END_TEST

START_TEST(mobile_routers)
{
	advertise((struct adv){ "fe80::2", "2001:db8:1::2", .preference = 10 });
	/* None serves them: the list of the others, and the flag says so. */
	ask(COA1, ANYCAST, 1, true);
	ck_assert(!reply.mobile_router);
	ck_assert_uint_eq(reply.n_agents, 2);
	advertise((struct adv){ "fe80::3", "2001:db8:1::3", .mobile_router = true });
	ask(COA1, ANYCAST, 2, true);
	ck_assert(reply.mobile_router);
	ck_assert_uint_eq(reply.n_agents, 1);
	ck_assert(is(&reply.agents[0], "2001:db8:1::3"));
}
END_TEST

START_TEST(not_answered)
{
	const uint8_t junk[] = { 144, 0, 0, 0, 1, 2 }, code[8] = { 144, 1 };

	ck_assert_uint_eq(ask(COA1, HA, 1, false), 0);
	ck_assert_uint_eq(ask(COA1, ANYCAST2, 1, false), 0);
	ck_assert_uint_eq(ask("fe80::5", ANYCAST, 1, false), 0);
	ck_assert_uint_eq(ask("::", ANYCAST, 1, false), 0);
	paper_icmp(COA1, ANYCAST, junk, sizeof(junk));
	paper_icmp(COA1, ANYCAST, code, sizeof(code));
	pass(0.01);
	ck_assert_uint_eq(k.n_icmp, 0);
	ck_assert_uint_eq(d.stats[STAT_DHAAD_MALFORMED], 6);
}
END_TEST

START_TEST(rate)
{
	for (int i = 0; i < 50; i++)
		ask(i % 2 ? COA1 : "2001:db8:f1::6", ANYCAST, (uint16_t)i, false);
	ck_assert_uint_eq(k.n_icmp, 5);
	ck_assert_uint_eq(d.stats[STAT_DHAAD_LIMITED], 50 - k.n_icmp);
	/* Somebody else is served. */
	ck_assert_uint_eq(ask("2001:db8:f2::5", ANYCAST, 1, false), 1);
}
END_TEST

static bool joined(const char *addr)
{
	for (unsigned int i = 0; i < k.anycasts.n; i++)
		if (is(&k.anycasts.at[i].addr, addr) && k.anycasts.at[i].ifindex == HOME_LINK)
			return true;
	return false;
}

START_TEST(anycast_follows_prefixes)
{
	struct kern_addr a = { .addr = ip("2001:db8:2::1"), .plen = 64, .ifindex = HOME_LINK };

	ck_assert(joined(ANYCAST));
	ck_assert_uint_eq(k.anycasts.n, 1);
	paper_addr("2001:db8:2::1", 64, HOME_LINK, 600);
	paper_addr("2001:db8:2::2", 64, HOME_LINK, 600);
	ha_role.addr(&d, &a, false);
	ck_assert(joined(ANYCAST) && joined(ANYCAST2));
	ck_assert_uint_eq(k.anycasts.n, 2);
	ck_assert_uint_eq(k.n_joins, 2); /* what was there stays */
	ask(COA1, ANYCAST2, 1, false);
	ck_assert_uint_eq(reply.n_agents, 2);
	ck_assert(is(&k.icmp.src, "2001:db8:2::1"));

	k.addrs.n = 2; /* the two are gone again */
	ha_role.addr(&d, &a, true);
	ck_assert(joined(ANYCAST) && !joined(ANYCAST2));
	ck_assert_uint_eq(ask(COA1, ANYCAST2, 2, false), 0);
}
END_TEST

START_TEST(anycast_follows_the_link)
{
	struct kern_link l = home_link;

	l.carrier = false;
	ha_role.link(&d, &l);
	l.carrier = true;
	ha_role.link(&d, &l);
	ck_assert_uint_eq(k.n_joins, 2);
	ck_assert_uint_eq(k.anycasts.n, 1);
}
END_TEST

START_TEST(shown)
{
	struct json_object *rows = json_object_new_array();
	uint64_t at = 0;

	advertise((struct adv){ "fe80::2", "2001:db8:1::2", .preference = 10 });
	while (ha_role.hal(&d, &at, 10, rows))
		;
	ck_assert_uint_eq(json_object_array_length(rows), 2);
	ck_assert_str_eq(row_text(rows, 0, "home_agent_address"), HA);
	ck_assert_str_eq(row_text(rows, 0, "source"), "self");
	ck_assert_str_eq(row_text(rows, 1, "home_agent_address"), "2001:db8:1::2");
	ck_assert_str_eq(row_text(rows, 1, "preference"), "10");
	ck_assert_str_eq(row_text(rows, 1, "router"), "fe80::2");
	ck_assert_str_eq(row_text(rows, 1, "interface"), "eth0");
	json_object_put(rows);
}
END_TEST

START_TEST(malformed_advertisements)
{
	struct nd_packet p = { .ifindex = HOME_LINK, .src = ip("2001:db8:1::9"), .hoplimit = 255, .type = ND_RA, .len = 16 };

	p.data[0] = ND_RA;
	ha_role.nd(&d, &p);
	p.src = ip("fe80::9");
	p.len = 12;
	ha_role.nd(&d, &p);
	ck_assert_uint_eq(d.stats[STAT_ND_MALFORMED], 2);
}
END_TEST

SUITE("ha_list", .timeout = 30, .setup = ha_world_up, .teardown = ha_world_down,
	.tests = {
		{ alone },
		{ others_by_preference },
		{ mobile_routers },
		{ not_answered },
		{ rate },
		{ anycast_follows_prefixes },
		{ anycast_follows_the_link },
		{ shown },
		{ malformed_advertisements },
	})
