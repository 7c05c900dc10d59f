// SPDX-License-Identifier: GPL-2.0-or-later
/* Groups that follow a mobile node, on the kernel made of paper. */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "mn/mn.h"
#include "wire/mld.h"

#include "paper_mn.h"
#include "paper_multicast.h"
#include "suite.h"

#define GROUP  "ff05::4444"
#define GROUP2 "ff0e::5555"

static uint8_t interval; /* of queries, s */

static void setup(void)
{
	conf.mn_multicast = true;
	interval = 125;
	paper_multicast_reset();
	mn_world_up();
}

static void teardown(void)
{
	mn_world_down();
	for (unsigned int i = 0; i < pm.groups.n; i++)
		ck_assert(!pm.groups.at[i].ours);
}

static void query_by(int from, const char *src, uint8_t hoplimit)
{
	struct icmp_packet p = { .src = ip(src), .dst = ip("ff02::1"), .ifindex = from, .hoplimit = hoplimit, .len = 28,
				 .data = { MLD_QUERY, [5] = 100, [24] = 2, [25] = interval } };

	paper_icmp_packet(&p);
	run(0.02);
}

static void query(void)
{
	query_by(TUNNEL, "fe80::1", 1);
}

/* The routes of groups lead there. */
static bool routed(int to)
{
	unsigned int n = 0, wrong = 0;

	for (unsigned int i = 0; i < k.routes.n; i++) {
		const struct kern_route *r = &k.routes.at[i];

		if (r->dst.s6_addr[0] != 0xff)
			continue;
		ck_assert_uint_eq(r->table, RT_TABLE_LOCAL);
		ck_assert_uint_gt(r->dst.s6_addr[1] & 0xf, 2);
		n++;
		wrong += r->ifindex != to;
	}
	return !wrong && n == (to ? 16 : 0);
}

START_TEST(nothing_before_it_is_offered)
{
	paper_group(LINK, GROUP, 1);
	bound_at(F1_COA);
	run(1.2);
	ck_assert(!paper_joined(TUNNEL, GROUP));
	ck_assert(routed(0));
	/* not of the tunnel, not of a link's host, not as a query has to be */
	query_by(LINK, "fe80::1", 1);
	query_by(TUNNEL, HA, 1);
	query_by(TUNNEL, "fe80::1", 64);
	ck_assert_uint_eq(d.stats[STAT_MLD_RX], 0);
	ck_assert(!paper_joined(TUNNEL, GROUP));
	query();
	ck_assert_uint_eq(d.stats[STAT_MLD_RX], 1);
	ck_assert(paper_joined(TUNNEL, GROUP));
	ck_assert(!paper_joined(LINK, GROUP));
	ck_assert(routed(TUNNEL));
	ck_assert(paper_has_addr(TUNNEL, "fe80::100"));
}
END_TEST

START_TEST(come_and_go)
{
	bound_at(F1_COA);
	query();
	paper_group(LINK, GROUP, 1);
	paper_group(LINK, "ff02::fb", 1); /* the link's own */
	paper_group(LINK, "ff05::2", 1);  /* a router's kernel */
	paper_group(8, GROUP2, 1);	  /* of an interface that is none of ours */
	run(1.2);
	ck_assert(paper_joined(TUNNEL, GROUP));
	ck_assert(!paper_joined(TUNNEL, "ff02::fb") && !paper_joined(TUNNEL, "ff05::2") && !paper_joined(TUNNEL, GROUP2));
	paper_group(LINK, GROUP, 0);
	run(1.2);
	ck_assert(!paper_joined(TUNNEL, GROUP));
}
END_TEST

START_TEST(moves)
{
	paper_group(LINK, GROUP, 1);
	bound_at(F1_COA);
	query();
	paper_group(TUNNEL, GROUP2, 1); /* a program that was away when it began */
	carrier(false);
	run(0.1);
	ck_assert(paper_joined(TUNNEL, GROUP)); /* between two links nothing changes */
	ck_assert(routed(TUNNEL));
	carrier(true);
	F2_RA();
	address(F1_COA, 0, true);
	address(F2_COA, OPTIMISTIC, false);
	run(0.1);
	acknowledge(0, k.mh.msg.bu.seq, 400);
	run(1.2);
	ck_assert(paper_joined(TUNNEL, GROUP) && paper_joined(TUNNEL, GROUP2));
	ck_assert(routed(TUNNEL));
	carrier(false);
	carrier(true);
	HOME_RA();
	run(0.1);
	ck_assert(!paper_joined(TUNNEL, GROUP) && !paper_joined(TUNNEL, GROUP2));
	ck_assert(paper_joined(LINK, GROUP2));
	ck_assert(!paper_joined(LINK, GROUP)); /* it is there already */
	ck_assert(routed(LINK));
	paper_group(TUNNEL, GROUP2, 0);
	run(1.2);
	ck_assert(!paper_joined(LINK, GROUP2));
}
END_TEST

/* A link that goes down takes routes and addresses with it, and nobody tells. */
START_TEST(link_down)
{
	bound_at(F1_COA);
	query();
	ck_assert(routed(TUNNEL) && paper_has_addr(TUNNEL, "fe80::100"));
	for (unsigned int i = 0; i < k.routes.n;)
		if (k.routes.at[i].dst.s6_addr[0] == 0xff)
			k.routes.at[i] = k.routes.at[--k.routes.n];
		else
			i++;
	for (unsigned int i = 0; i < k.addrs.n;)
		if (k.addrs.at[i].ifindex == TUNNEL && IN6_IS_ADDR_LINKLOCAL(&k.addrs.at[i].addr))
			k.addrs.at[i] = k.addrs.at[--k.addrs.n];
		else
			i++;
	ck_assert(!routed(TUNNEL));
	mn_kernel_sync(mn_of(&d));
	run(1.2);
	ck_assert(routed(TUNNEL) && paper_has_addr(TUNNEL, "fe80::100"));
	/* and what leads elsewhere, of a daemon that died, goes */
	k.routes.at[k.routes.n++] = (struct kern_route){ .dst = { .s6_addr = { 0xff, 0x05 } }, .dst_len = 16, .table = RT_TABLE_LOCAL,
							 .metric = 1, .ifindex = 77, .protocol = KERN_RTPROT };
	ck_assert(!routed(TUNNEL));
	mn_kernel_sync(mn_of(&d));
	run(1.2);
	ck_assert(routed(TUNNEL));
}
END_TEST

/* A kernel that takes no route now is asked again. */
START_TEST(refused_at_first)
{
	bound_at(F1_COA);
	k.route_error = -ENETDOWN;
	query();
	ck_assert(!routed(TUNNEL));
	run(1.2);
	k.route_error = 0;
	run(1.2);
	ck_assert(routed(TUNNEL));
}
END_TEST

/* A home agent that asks no more has ended it. */
START_TEST(not_offered_any_more)
{
	interval = 1;
	bound_at(F1_COA);
	paper_group(LINK, GROUP, 1);
	query();
	ck_assert(paper_joined(TUNNEL, GROUP));
	run(3);
	query();
	run(3);
	ck_assert(paper_joined(TUNNEL, GROUP) && routed(TUNNEL));
	run(2.5);
	ck_assert(!paper_joined(TUNNEL, GROUP) && routed(0));
	query();
	ck_assert(paper_joined(TUNNEL, GROUP) && routed(TUNNEL));
}
END_TEST

/* A forged query may promise less than the home agent's: that takes nothing back. */
START_TEST(not_shortened)
{
	interval = 100;
	bound_at(F1_COA);
	paper_group(LINK, GROUP, 1);
	query();
	interval = 1;
	query();
	run(5);
	ck_assert(paper_joined(TUNNEL, GROUP) && routed(TUNNEL));
}
END_TEST

/* With another home address its home agent's groups would come twice: the first one serves, the other when that does not. */
START_TEST(two_homes)
{
	const struct in6_addr hoa = ip("2001:db8:2::100"), ha = ip("2001:db8:2::1");
	struct mh_packet p = { .src = ha, .dst = hoa, .ifindex = LINK };
	struct mh_msg m = { .type = MH_BA, .ba = { .lifetime = mh_lifetime_from_sec(400) } };
	struct mn *first, *second;

	bound_at(F1_COA);
	first = mn_of(&d);
	paper_group(LINK, GROUP, 1);
	mn_home_add(first, &hoa, 64, &ha);
	second = mn_home_of(&d, &hoa);
	ck_assert_ptr_nonnull(second);
	F1_RA();
	run(0.01);
	m.ba.seq = k.mh.msg.bu.seq;
	mn_role.mh(&d, &p, &m);
	ck_assert(mn_bul_bound(second) && second->tunnel != first->tunnel);
	query_by(second->tunnel, "fe80::1", 1);
	run(1.2);
	ck_assert(paper_joined(second->tunnel, GROUP) && !paper_joined(first->tunnel, GROUP));
	query_by(first->tunnel, "fe80::1", 1);
	run(1.2);
	ck_assert(paper_joined(first->tunnel, GROUP) && !paper_joined(second->tunnel, GROUP));
	ck_assert(routed(first->tunnel));
}
END_TEST

START_TEST(switched_off)
{
	mn_world_down();
	conf.mn_multicast = false;
	mn_world_up();
	paper_group(LINK, GROUP, 1);
	bound_at(F1_COA);
	query();
	ck_assert(!paper_joined(TUNNEL, GROUP));
	ck_assert(routed(0));
}
END_TEST

START_TEST(too_many)
{
	char group[32];

	bound_at(F1_COA);
	query();
	for (int i = 0; i < PAPER_MAX / 2; i++) {
		snprintf(group, sizeof(group), "ff05::1:%x", i);
		paper_group(LINK, group, 1);
	}
	run(1.2);
	ck_assert(paper_joined(TUNNEL, "ff05::1:0") && paper_joined(TUNNEL, "ff05::1:1f"));
	for (int i = 0; i < PAPER_MAX / 2; i++) {
		snprintf(group, sizeof(group), "ff05::1:%x", i);
		paper_group(LINK, group, 0);
	}
	run(1.2);
	ck_assert(!paper_joined(TUNNEL, "ff05::1:0"));
}
END_TEST

SUITE("mn multicast", .timeout = 30, .setup = setup, .teardown = teardown,
      .tests = { { nothing_before_it_is_offered }, { come_and_go }, { moves }, { link_down }, { refused_at_first }, { not_offered_any_more }, { not_shortened }, { two_homes }, { switched_off }, { too_many } })
