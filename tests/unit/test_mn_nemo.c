// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A mobile router (RFC 3963 section 5), on a kernel made of paper: what its updates say, which acknowledgements it takes, and the way of its
 * network's packets.
 */
#include <string.h>

#include "mn/mn.h"

#include <linux/rtnetlink.h>
#include <linux/xfrm.h>

#include "wire/icmp6.h"

#include "paper_mn.h"
#include "suite.h"

#define NET1 "2001:db8:a::"
#define NET2 "2001:db8:b::"

static struct conf_prefix nets[] = { { .len = 64 }, { .len = 48 } };

static void configure(void)
{
	nets[0].addr = ip(NET1);
	nets[1].addr = ip(NET2);
	conf.mr_explicit = true;
	conf.homes->mobile_router = true;
	conf.homes->mnps = (struct conf_mnps){ 2, nets };
}

static void setup(void)
{
	configure();
	mn_world_up();
}

static void setup_discovering(void)
{
	mn_role.free(&d);
	ev_loop_destroy(d.loop);
	log_close();
	configure();
	mn_world_up_discovering();
}

static void ack(uint8_t status, uint8_t flags)
{
	struct mh_packet p = { .src = k.mh.dst, .dst = ip(HOA), .ifindex = ifindex };
	struct mh_msg m = { .type = MH_BA, .ba = { .status = status, .flags = flags, .seq = k.mh.msg.bu.seq, .lifetime = 100 } };

	mn_role.mh(&d, &p, &m);
}

/* Abroad at f1, with an update out. */
static void at_f1(void)
{
	F1_RA();
	address(F1_COA, 0, false);
	ck_assert_uint_eq(k.mh.msg.type, MH_BU);
}

static unsigned int rules(uint32_t priority)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < k.rules.n; i++)
		n += k.rules.at[i].priority == priority;
	return n;
}

/* Exactly one is like that. */
static bool has_rule(const struct kern_rule *want)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < k.rules.n; i++) {
		const struct kern_rule *r = &k.rules.at[i];

		n += r->priority == want->priority && r->has_src == want->has_src && IN6_ARE_ADDR_EQUAL(&r->src, &want->src) &&
		     r->src_len == want->src_len && r->has_dst == want->has_dst && IN6_ARE_ADDR_EQUAL(&r->dst, &want->dst) &&
		     r->dst_len == want->dst_len && !strcmp(r->iif, want->iif) && !r->fwmark && r->table == want->table &&
		     r->unreachable == want->unreachable;
	}
	return n == 1;
}

static void expect_rules(void)
{
	for (unsigned int i = 0; i < 2; i++) {
		ck_assert(has_rule(&(struct kern_rule){ .priority = MN_RULE_TO_NETWORK, .has_dst = true, .dst = nets[i].addr,
							.dst_len = nets[i].len, .table = RT_TABLE_MAIN }));
		ck_assert(has_rule(&(struct kern_rule){ .priority = MN_RULE_FROM_NETWORK, .has_src = true, .src = nets[i].addr,
							.src_len = nets[i].len, .table = MN_TABLE }));
	}
	ck_assert(has_rule(&(struct kern_rule){ .priority = MN_RULE_FOREIGN, .iif = "eth0", .unreachable = true }));
	ck_assert(has_rule(&(struct kern_rule){ .priority = MN_RULE_STRAY, .iif = "mip6mn0", .unreachable = true }));
}

static unsigned int blocks(void)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < k.policies.n; i++) {
		const struct kern_ro_policy *p = &k.policies.at[i];

		n += p->block && p->ifindex == LINK && p->dir == XFRM_POLICY_OUT && (is(&p->src, NET1) || is(&p->src, NET2)) &&
		     (p->src_len == 64 || p->src_len == 48);
	}
	return n;
}

static unsigned int refused(void)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < k.routes.n; i++)
		n += k.routes.at[i].unreachable && k.routes.at[i].table == RT_TABLE_MAIN && (is(&k.routes.at[i].dst, NET1) || is(&k.routes.at[i].dst, NET2));
	return n;
}

/* Whether packets of the mobile network are kept to the tunnel. */
static void expect_away(bool away)
{
	ck_assert_uint_eq(rules(MN_RULE_TO_NETWORK), away ? 2 : 0);
	ck_assert_uint_eq(rules(MN_RULE_FROM_NETWORK), away ? 2 : 0);
	ck_assert_uint_eq(rules(MN_RULE_FOREIGN), away);
	ck_assert_uint_eq(rules(MN_RULE_STRAY), away);
	if (away)
		expect_rules();
	ck_assert_uint_eq(blocks(), away ? 2 : 0);
	ck_assert_uint_eq(refused(), 2);
}

START_TEST(explicit_mode)
{
	at_f1();
	ck_assert_uint_eq(k.mh.msg.bu.flags, MH_BU_A | MH_BU_H | MH_BU_R);
	ck_assert_uint_eq(k.mh.msg.opts.n_mnp, 2);
	ck_assert(is(&k.mh.msg.opts.mnp[0].addr, NET1) && k.mh.msg.opts.mnp[0].len == 64);
	ck_assert(is(&k.mh.msg.opts.mnp[1].addr, NET2) && k.mh.msg.opts.mnp[1].len == 48);
	expect_away(true);
	ack(BA_ACCEPTED, MH_BA_R);
	ck_assert(paper_has_default(MN_TABLE, TUNNEL));
	expect_away(true);
}
END_TEST

START_TEST(implicit_mode)
{
	conf.mr_explicit = false;
	at_f1();
	ck_assert_uint_eq(k.mh.msg.bu.flags, MH_BU_A | MH_BU_H | MH_BU_R);
	ck_assert_uint_eq(k.mh.msg.opts.n_mnp, 0);
	ack(BA_ACCEPTED, MH_BA_R);
	ck_assert(paper_has_default(MN_TABLE, TUNNEL));
}
END_TEST

START_TEST(home_and_back)
{
	at_f1();
	ack(BA_ACCEPTED, MH_BA_R);
	HOME_RA();
	neighbour(HA, 0xaa);
	run(1.0);
	/* The way home: no prefix in what lets the binding go. */
	ck_assert_uint_eq(k.mh.msg.bu.lifetime, 0);
	ck_assert(k.mh.msg.bu.flags & MH_BU_R);
	ck_assert_uint_eq(k.mh.msg.opts.n_mnp, 0);
	ack(BA_ACCEPTED, 0);
	expect_away(false);
}
END_TEST

START_TEST(taken_for_a_host)
{
	unsigned int n;

	at_f1();
	n = k.n_mh;
	ack(BA_ACCEPTED, 0);
	/* What it has made of us is given back, and nothing of the mobile network goes anywhere. */
	ck_assert_uint_eq(k.n_mh, n + 1);
	ck_assert_uint_eq(k.mh.msg.bu.lifetime, 0);
	ck_assert(!paper_has_default(MN_TABLE, TUNNEL));
	expect_away(true);
	ack(BA_ACCEPTED, 0);
	ck_assert(!paper_has_default(MN_TABLE, TUNNEL));
}
END_TEST

static const uint8_t statuses[] = { BA_MR_NOT_PERMITTED, BA_INVALID_PREFIX, BA_UNAUTHORIZED_PREFIX, BA_FORWARDING_FAILED };

START_TEST(refusals)
{
	unsigned int n;

	at_f1();
	ack(BA_ACCEPTED, MH_BA_R);
	F2_RA();
	carrier(false);
	carrier(true);
	F2_RA();
	address(F2_COA, 0, false);
	ck_assert(is(&k.mh.msg.opts.alt_coa, F2_COA));
	ack(statuses[_i], 0);
	ck_assert(!paper_has_default(MN_TABLE, TUNNEL));
	expect_away(true);
	/* Asking again and again would not help. */
	n = k.n_mh;
	run(0.3);
	ck_assert_uint_eq(k.n_mh, n);
}
END_TEST

START_TEST(behind_itself)
{
	unsigned int n = k.n_mh;

	advertise("fe80::77", 0x77, NET1, false);
	address("2001:db8:a::77", 0, false);
	run(0.2);
	ck_assert_uint_eq(k.n_mh, n);
}
END_TEST

START_TEST(sysctls)
{
	ck_assert_str_eq(paper_sysctl("net/ipv6/conf/all/forwarding"), "1");
	ck_assert_str_eq(paper_sysctl("net/ipv6/conf/eth0/forwarding"), "0");
	ck_assert_str_eq(paper_sysctl("net/ipv6/conf/eth0/accept_ra"), "2");
}
END_TEST

START_TEST(repaired)
{
	at_f1();
	ack(BA_ACCEPTED, MH_BA_R);
	/* One rule of several is gone. */
	for (unsigned int i = 0; i < k.rules.n; i++)
		if (k.rules.at[i].priority == MN_RULE_FROM_NETWORK) {
			k.rules.at[i] = k.rules.at[--k.rules.n];
			break;
		}
	k.routes.n = 0;
	k.policies.n = 0;
	mn_role.resync(&d);
	expect_away(true);
	ck_assert(paper_has_default(MN_TABLE, TUNNEL));
}
END_TEST

START_TEST(left_by_an_earlier_one)
{
	const struct kern_route left = { .dst = ip("2001:db8:e::"), .dst_len = 64, .table = RT_TABLE_MAIN, .metric = MN_METRIC_REFUSE,
					 .unreachable = true, .protocol = KERN_RTPROT };
	char err[256];

	k.routes.at[k.routes.n++] = left;
	mn_role.free(&d);
	ck_assert_uint_eq(k.routes.n + k.rules.n, 0);
	ck_assert_int_eq(mn_role.start(&d, err, sizeof(err)), 0);
	ck_assert_uint_eq(refused(), 2);
}
END_TEST

START_TEST(discovery)
{
	struct icmp6_dhaad reply = { .reply = true, .n_agents = 1, .agents = { ip(HA) } }, request;
	uint8_t buf[64];

	setup_discovering();
	F1_RA();
	address(F1_COA, 0, false);
	ck_assert_int_eq(icmp6_parse_dhaad(k.icmp.data, k.icmp.len, &request), 0);
	ck_assert(request.mobile_router);
	/* None of these is said to serve us; they are asked all the same. */
	reply.id = request.id;
	paper_icmp(HA, F1_COA, buf, (size_t)icmp6_build_dhaad(buf, sizeof(buf), &reply));
	run(0.05);
	ck_assert_uint_eq(k.mh.msg.type, MH_BU);
	ck_assert(is(&k.mh.dst, HA));
}
END_TEST

START_TEST(host)
{
	mn_role.free(&d);
	conf.homes->mobile_router = false;
	conf.homes->mnps.n = 0;
	ev_loop_destroy(d.loop);
	log_close();
	mn_world_up();
	at_f1();
	ck_assert_uint_eq(k.mh.msg.bu.flags, MH_BU_A | MH_BU_H);
	ck_assert_uint_eq(refused() + blocks() + rules(MN_RULE_FOREIGN) + rules(MN_RULE_FROM_NETWORK), 0);
	ck_assert_ptr_null(paper_sysctl("net/ipv6/conf/all/forwarding"));
	/* A flag that it has not asked for does no harm. */
	ack(BA_ACCEPTED, MH_BA_R);
	ck_assert(paper_has_default(MN_TABLE, TUNNEL));
}
END_TEST

SUITE("mn nemo", .timeout = 30, .setup = setup, .teardown = mn_world_down,
	.tests = {
		{ explicit_mode },
		{ implicit_mode },
		{ home_and_back },
		{ taken_for_a_host },
		{ refusals, sizeof(statuses) },
		{ behind_itself },
		{ sysctls },
		{ repaired },
		{ left_by_an_earlier_one },
		{ discovery },
		{ host },
	})
