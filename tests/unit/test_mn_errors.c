// SPDX-License-Identifier: GPL-2.0-or-later
/* A host in the home agent's place that lacks Mobile IPv6 and says so, and those who only claim it. */
#include <netinet/icmp6.h>
#include <string.h>

#include "mn/mn.h"
#include "wire/exthdr.h"
#include "wire/icmp6.h"

#include "paper_mn.h"
#include "suite.h"

#define HA2 "2001:db8:1::2"

/* Discovery has found two home agents, and the first was sent an update. */
static void setup(void)
{
	struct icmp6_dhaad m = { .reply = true, .n_agents = 2, .agents = { ip(HA2), ip(HA) } };
	struct icmp6_dhaad asked;
	uint8_t buf[128];

	conf.ro_mn = conf.mn_discard_ha_param_prob = false;
	mn_world_up_discovering();
	F1_RA();
	address(F1_COA, OPTIMISTIC, false);
	ck_assert_int_eq(icmp6_parse_dhaad(k.icmp.data, k.icmp.len, &asked), 0);
	m.id = asked.id;
	paper_icmp(HA2, F1_COA, buf, (size_t)icmp6_build_dhaad(buf, sizeof(buf), &m));
	run(0.01);
	ck_assert_uint_eq(k.n_mh, 1);
	ck_assert(is(&k.mh.dst, HA2));
}

static void teardown(void)
{
	mn_world_down();
}

/* The last update as it was on the wire, with another sequence number, quoted by a Parameter Problem. */
static void problem(uint8_t code, size_t pointer, uint16_t seq, const char *hoa)
{
	uint8_t buf[512] = { ICMP6_PARAM_PROBLEM, code }, *q = buf + 8;
	const struct in6_addr coa = ip(F1_COA), home = ip(hoa);

	ip6_build(q, IPPROTO_DSTOPTS, 64, (uint16_t)(HAO_HDR_LEN + k.mh.len), &coa, &k.mh.dst);
	hao_build(q + 40, IPPROTO_MH, &home);
	memcpy(q + 40 + HAO_HDR_LEN, k.mh.data, k.mh.len);
	q[40 + HAO_HDR_LEN + 6] = (uint8_t)(seq >> 8);
	q[40 + HAO_HDR_LEN + 7] = (uint8_t)seq;
	buf[7] = (uint8_t)pointer;
	paper_icmp(HA, F1_COA, buf, 8 + 40 + HAO_HDR_LEN + k.mh.len);
	run(0.02);
}

static bool left(void)
{
	return is(&k.mh.dst, HA);
}

/* The other one is tried. When that says the same there is no third: it is asked who there is, and the updates go on to the last one. */
START_TEST(no_mobility_header)
{
	struct icmp6_dhaad asked;
	unsigned int n, n_icmp;

	problem(ICMP6_PARAMPROB_NEXTHEADER, 40, k.mh.msg.bu.seq, HOA);
	ck_assert(left());
	n_icmp = k.n_icmp;
	problem(ICMP6_PARAMPROB_NEXTHEADER, 40, k.mh.msg.bu.seq, HOA);
	ck_assert(left());
	paper_until(d.loop, &k.n_icmp, n_icmp + 1, 3);
	ck_assert_int_eq(icmp6_parse_dhaad(k.icmp.data, k.icmp.len, &asked), 0);
	ck_assert(!asked.reply);
	n = k.n_mh;
	run(1);
	ck_assert_uint_gt(k.n_mh, n);
	ck_assert(left());
	/* who was left has nothing to say */
	acknowledge_from(HA2, 0, k.mh.msg.bu.seq, 400);
	ck_assert_uint_eq(d.stats[STAT_REG_ACCEPTED], 0);
	ck_assert(!mn_bul_bound(mn_of(&d)));
	acknowledge_from(HA, 0, k.mh.msg.bu.seq, 400);
	ck_assert_uint_eq(d.stats[STAT_REG_ACCEPTED], 1);
	ck_assert(mn_bul_bound(mn_of(&d)));
}
END_TEST

START_TEST(no_home_address_option)
{
	problem(ICMP6_PARAMPROB_OPTION, 46, k.mh.msg.bu.seq, HOA);
	ck_assert(left());
}
END_TEST

START_TEST(discarded)
{
	conf.mn_discard_ha_param_prob = true;
	problem(ICMP6_PARAMPROB_NEXTHEADER, 40, k.mh.msg.bu.seq, HOA);
	ck_assert(!left());
	acknowledge_from(HA2, 0, k.mh.msg.bu.seq, 400);
	ck_assert_uint_eq(d.stats[STAT_REG_ACCEPTED], 1);
}
END_TEST

START_TEST(forged)
{
	problem(ICMP6_PARAMPROB_NEXTHEADER, 40, (uint16_t)(k.mh.msg.bu.seq + 1), HOA); /* none of ours */
	problem(ICMP6_PARAMPROB_NEXTHEADER, 40, k.mh.msg.bu.seq, "2001:db8:1::101"); /* somebody else's */
	problem(ICMP6_PARAMPROB_HEADER, 40, k.mh.msg.bu.seq, HOA); /* says something else */
	problem(ICMP6_PARAMPROB_NEXTHEADER, 41, k.mh.msg.bu.seq, HOA); /* points at something else */
	problem(ICMP6_PARAMPROB_NEXTHEADER, 255, k.mh.msg.bu.seq, HOA); /* points behind the packet */
	ck_assert(!left());
}
END_TEST

/* What is answered is not waited for: a late error says nothing. */
START_TEST(too_late)
{
	acknowledge_from(HA2, 0, k.mh.msg.bu.seq, 400);
	problem(ICMP6_PARAMPROB_NEXTHEADER, 40, k.mh.msg.bu.seq, HOA);
	ck_assert(!left());
	ck_assert(paper_has_default(MN_TABLE, TUNNEL));
}
END_TEST

/* At home, or at a stop, the binding may outlive a daemon that is being started again: it is asked for its end until it answers. */
START_TEST(deregistration)
{
	unsigned int before;

	acknowledge_from(HA2, 0, k.mh.msg.bu.seq, 400);
	mn_role.stop(&d, NULL);
	before = k.n_mh;
	ck_assert_uint_eq(k.mh.msg.bu.lifetime, 0);
	problem(ICMP6_PARAMPROB_NEXTHEADER, 40, k.mh.msg.bu.seq, HOA);
	run(0.7);
	ck_assert_uint_gt(k.n_mh, before);
	ck_assert_uint_eq(k.mh.msg.bu.lifetime, 0);
}
END_TEST

/* The only one is asked again as ever: it may be in the middle of a restart. */
START_TEST(only_one)
{
	unsigned int before;

	mn_world_down();
	mn_world_up();
	F1_RA();
	address(F1_COA, OPTIMISTIC, false);
	before = k.n_mh;
	problem(ICMP6_PARAMPROB_NEXTHEADER, 40, k.mh.msg.bu.seq, HOA);
	run(0.1);
	ck_assert_uint_gt(k.n_mh, before);
	acknowledge(0, k.mh.msg.bu.seq, 400);
	ck_assert_uint_eq(d.stats[STAT_REG_ACCEPTED], 1);
}
END_TEST

SUITE("mn errors", .timeout = 20, .setup = setup, .teardown = teardown, .tests = {
	{ no_mobility_header },
	{ no_home_address_option },
	{ discarded },
	{ forged },
	{ too_late },
	{ deregistration },
	{ only_one },
})
