// SPDX-License-Identifier: GPL-2.0-or-later
/* Groups that follow a mobile node, on the kernel made of paper. */
#include <linux/rtnetlink.h>
#include <string.h>

#include "mn/mn.h"
#include "wire/mld.h"

#include "paper_mn.h"
#include "paper_multicast.h"
#include "suite.h"

#define GROUP  "ff05::4444"
#define GROUP2 "ff0e::5555"

static void setup(void)
{
	conf.mn_multicast = true;
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
	struct icmp_packet p = { .src = ip(src), .dst = ip("ff02::1"), .ifindex = from, .hoplimit = hoplimit, .len = 28, .data = { MLD_QUERY } };

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
      .tests = { { nothing_before_it_is_offered }, { come_and_go }, { moves }, { switched_off }, { too_many } })
