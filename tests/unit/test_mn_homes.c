// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Two home addresses of a mobile node that has several interfaces, or a network behind it, on a kernel made of paper: neither takes
 * from the other what both need.
 */
#include <net/if.h> /* before linux/if.h, which then leaves out what both define */

#include <linux/if_arp.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "mn/mn.h"

#include "paper_mn.h"
#include "suite.h"

#define NEW_HA	"2001:db8:2::1"
#define NEW_HOA "2001:db8:2::100"
#define NET	"2001:db8:a::"

static struct conf_home at_eth1 = { .ifname = "eth1", .plen = 64, .alt_coa = true };
static struct conf_prefix net = { .len = 64 };

static void setup(void)
{
	conf.optimistic_handoff = conf.ro_mn = conf.send_mob_pfx_sols = false;
	conf.homes->mobile_router = false;
	conf.homes->mnps.n = 0;
	conf.homes->next = NULL;
	mn_world_up_two(2);
}

/* Two sections, with an interface each. */
static void as_sections(uint8_t preference)
{
	mn_world_down();
	at_eth1.hoa = ip(NEW_HOA);
	at_eth1.ha = ip(NEW_HA);
	conf.homes->next = &at_eth1;
	mn_world_up_two(preference);
}

/* With a network behind it, and one interface. */
static void as_router(void)
{
	mn_world_down();
	conf.ifaces = NULL;
	net.addr = ip(NET);
	conf.mr_explicit = conf.homes->mobile_router = true;
	conf.homes->mnps = (struct conf_mnps){ 1, &net };
	mn_world_up();
}

static void teardown(void)
{
	mn_world_down();
	ck_assert(!k.plug && !k.rules.n && !paper_has_addr(LINK, HOA) && !paper_has_addr(LINK, NEW_HOA));
	for (unsigned int i = 0; i < k.routes.n; i++)
		ck_assert_uint_ne(k.routes.at[i].protocol, KERN_RTPROT);
}

static unsigned int rules(uint32_t priority, const char *src)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < k.rules.n; i++)
		n += k.rules.at[i].priority == priority && (!src || is(&k.rules.at[i].src, src));
	return n;
}

/* The interface that this home address's rule for the care-of address leads to; 0: there is none. */
static int way_of(const struct mn *mn, const char *coa)
{
	for (unsigned int i = 0; i < k.rules.n; i++) {
		uint32_t table = k.rules.at[i].table;

		if (k.rules.at[i].priority != MN_RULE_COA || !is(&k.rules.at[i].src, coa) || table < mn_table_if(mn) || table >= mn_table_if(mn) + MN_IFS_MAX)
			continue;
		for (unsigned int j = 0; j < k.routes.n; j++)
			if (k.routes.at[j].table == table && !k.routes.at[j].dst_len)
				return k.routes.at[j].ifindex;
	}
	return 0;
}

static bool blocked(const char *hoa, int index)
{
	for (unsigned int i = 0; i < k.policies.n; i++)
		if (k.policies.at[i].block && k.policies.at[i].ifindex == index && is(&k.policies.at[i].src, hoa))
			return true;
	return false;
}

static struct mn *old(void)
{
	const struct in6_addr hoa = ip(HOA);

	return mn_home_of(&d, &hoa);
}

static struct mn *new(void)
{
	const struct in6_addr hoa = ip(NEW_HOA);

	return mn_home_of(&d, &hoa);
}

static void answer_new(void)
{
	struct mh_packet p = { .src = ip(NEW_HA), .dst = ip(NEW_HOA), .ifindex = ifindex };
	struct mh_msg m = { .type = MH_BA, .ba = { .seq = k.mh.msg.bu.seq, .lifetime = mh_lifetime_from_sec(400) } };

	ck_assert(is(&k.mh.src, NEW_HOA) && is(&k.mh.dst, NEW_HA));
	mn_role.mh(&d, &p, &m);
}

static void add(const char *hoa, const char *ha)
{
	const struct in6_addr h = ip(hoa), a = ip(ha);

	mn_home_add(mn_of(&d), &h, 64, &a);
}

static void add_new(void)
{
	add(NEW_HOA, NEW_HA);
	ck_assert_ptr_nonnull(new());
	F1_RA();
	run(0.01);
	answer_new();
	ck_assert(mn_bul_bound(old()) && mn_bul_bound(new()));
}

/* Both home addresses are registered from eth0, and eth1 is ready. */
static void both(void)
{
	if (conf.homes->mobile_router) {
		struct mh_packet p = { .src = ip(HA), .dst = ip(HOA), .ifindex = LINK };
		struct mh_msg m = { .type = MH_BA, .ba = { .flags = MH_BA_R, .lifetime = 100 } };

		F1_RA();
		address(F1_COA, 0, false);
		m.ba.seq = k.mh.msg.bu.seq;
		mn_role.mh(&d, &p, &m);
	} else {
		bound_at(F1_COA);
	}
	add_new();
	if (mn_of(&d)->several) {
		ifindex = ETH1;
		F2_RA();
		address(F2_COA, 0, false);
		ifindex = LINK;
		run(0.05);
	}
}

static void end_old(void)
{
	mn_home_retire(old());
	run(0.01);
	ck_assert(!old() && mn_of(&d) == new());
}

START_TEST(own_ways)
{
	both();
	ck_assert_int_eq(way_of(old(), F1_COA), LINK);
	ck_assert_int_eq(way_of(new(), F1_COA), LINK);
	ck_assert_uint_eq(rules(MN_RULE_COA, F1_COA), 2);
	ck_assert(blocked(HOA, LINK) && blocked(HOA, ETH1) && blocked(NEW_HOA, LINK) && blocked(NEW_HOA, ETH1));
	ck_assert_str_eq(old()->spare_name, "mip6mn0r");
	ck_assert_str_eq(new()->spare_name, "mip6mn1r");
	/* Somebody's deletion of one is not taken for the other's. */
	mn_role.resync(&d);
	ck_assert_uint_eq(rules(MN_RULE_COA, F1_COA), 2);
}
END_TEST

START_TEST(both_change)
{
	struct kern_link l = link_of(LINK);

	both();
	k.n_mh = 0;
	l.carrier = false;
	mn_role.link(&d, &l);
	run(0.01);
	ck_assert_uint_eq(k.n_mh, 2);
	ck_assert(is(&paper_sent(0)->src, HOA) && is(&paper_sent(1)->src, NEW_HOA));
	ck_assert(is(&paper_sent(0)->msg.opts.alt_coa, F2_COA) && is(&paper_sent(1)->msg.opts.alt_coa, F2_COA));
	ifindex = ETH1;
	acknowledge(0, paper_sent(0)->msg.bu.seq, 400);
	answer_new();
	ck_assert_int_eq(way_of(old(), F2_COA), ETH1);
	ck_assert_int_eq(way_of(new(), F2_COA), ETH1);
	ck_assert_uint_eq(rules(MN_RULE_COA, F1_COA), 0);
}
END_TEST

START_TEST(the_old_one_goes)
{
	both();
	end_old();
	ck_assert_int_eq(way_of(new(), F1_COA), LINK);
	ck_assert_uint_eq(rules(MN_RULE_COA, NULL), 1);
	ck_assert_uint_eq(rules(MN_RULE_MARK, NULL), 1);
	ck_assert_uint_eq(rules(MN_RULE_HOA, HOA), 0);
	ck_assert_uint_eq(rules(mn_rule_hoa(new()), NEW_HOA), 1);
	ck_assert(!paper_has_default(MN_TABLE, TUNNEL) && paper_has_default(MN_TABLE - 1, TUNNEL + 1));
	ck_assert(!blocked(HOA, LINK) && !blocked(HOA, ETH1));
	ck_assert(blocked(NEW_HOA, LINK) && blocked(NEW_HOA, ETH1));
	/* And the next one takes its place without harm to this one. */
	add("2001:db8:3::100", "2001:db8:3::1");
	ck_assert_uint_eq(mn_of(&d)->next->index, 0);
	ck_assert(paper_has_default(MN_TABLE - 1, TUNNEL + 1) && paper_has_addr(TUNNEL + 1, NEW_HOA));
	ck_assert_int_eq(way_of(new(), F1_COA), LINK);
}
END_TEST

/* An address that we have made is the first home address's to keep, and then the next one's. */
START_TEST(own_address)
{
	struct in6_addr made;

	ifindex = ETH1;
	F2_RA();
	address(F2_COA, 0, false);
	ifindex = LINK;
	F1_RA();
	run(0.05);
	add(NEW_HOA, NEW_HA);
	F1_RA();
	address(F1_COA, IFA_F_DADFAILED | IFA_F_TENTATIVE, false);
	ck_assert(mn_of(&d)->ifs[0]->has_own && !new()->ifs[0]->has_own);
	made = mn_of(&d)->ifs[0]->own;
	end_old();
	ck_assert(new()->ifs[0]->has_own && IN6_ARE_ADDR_EQUAL(&new()->ifs[0]->own, &made));
	ck_assert(paper_has_addr(LINK, log_addr(&made)));
}
END_TEST

START_TEST(reload)
{
	struct conf_ro_policy policy = { .enabled = false };

	both();
	conf.homes->alt_coa = false;
	conf.homes->ro_policies = &policy;
	mn_role.reloaded(&d);
	conf.homes->ro_policies = NULL;
	ck_assert(!new()->home->alt_coa && new()->home->ro_policies == &policy);
	conf.homes->alt_coa = true;
	mn_role.reloaded(&d);
	ck_assert(new()->home->alt_coa && !new()->home->ro_policies);
}
END_TEST

/* No tunnel of the home addresses is a way further, but for the network. */
static void expect_network(unsigned int homes)
{
	ck_assert_uint_eq(rules(MN_RULE_TO_NETWORK, NULL), 1);
	ck_assert_uint_eq(rules(MN_RULE_FROM_NETWORK, NULL), 1);
	ck_assert_uint_eq(rules(MN_RULE_FOREIGN, NULL), 1);
	ck_assert_uint_eq(rules(MN_RULE_STRAY, NULL), homes);
	ck_assert(blocked(NET, LINK));
}

START_TEST(mobile_network)
{
	as_router();
	both();
	ck_assert_uint_eq(k.mh.msg.bu.flags & MH_BU_R, 0); /* the new one's */
	ck_assert_uint_eq(k.mh.msg.opts.n_mnp, 0);
	expect_network(2);
	mn_role.resync(&d);
	expect_network(2);
	mn_home_retire(new());
	run(0.01);
	ck_assert(old() && !new());
	expect_network(1);
}
END_TEST

START_TEST(mobile_network_stays)
{
	as_router();
	both();
	old()->valid_until = clock_now() + 0.05;
	mn_mpd_registered(old(), false);
	run(0.1);
	ck_assert(old() && new() && !mn_bul_bound(old()) && mn_bul_bound(new()));
	ck_assert(!paper_has_default(MN_TABLE, TUNNEL) && paper_has_default(MN_TABLE - 1, TUNNEL + 1));
	expect_network(2);
}
END_TEST

static void carrier_of(int index, bool up)
{
	struct kern_link l = link_of(index);

	l.carrier = up;
	mn_role.link(&d, &l);
	run(0.01);
}

/* Each is on its own home link. */
static void at_two_links(void)
{
	HOME_RA();
	address("2001:db8:1::64", 0, false);
	ifindex = ETH1;
	advertise("fe80::2", 0xbb, "2001:db8:2::", false);
	address("2001:db8:2::64", 0, false);
	ifindex = LINK;
	run(0.05);
}

START_TEST(own_interfaces)
{
	as_sections(1);
	at_two_links();
	ck_assert(old()->cur->ifindex == LINK && old()->location == MN_HOME);
	ck_assert(new()->cur->ifindex == ETH1 && new()->location == MN_HOME);
	/* without its own, the other's; with it, its own again, when that has lasted */
	carrier_of(ETH1, false);
	ck_assert(old()->cur->ifindex == LINK && old()->location == MN_HOME);
	ck_assert(new()->cur->ifindex == LINK && new()->location == MN_AWAY);
	ck_assert(is(&new()->coa, "2001:db8:1::64"));
	answer_new();
	carrier_of(ETH1, true);
	ifindex = ETH1;
	advertise("fe80::2", 0xbb, "2001:db8:2::", false);
	address("2001:db8:2::64", 0, false);
	ifindex = LINK;
	run(0.5);
	ck_assert_int_eq(new()->cur->ifindex, LINK);
	run(3);
	ck_assert(new()->cur->ifindex == ETH1 && new()->location == MN_HOME);
	ck_assert(old()->cur->ifindex == LINK && old()->location == MN_HOME);
}
END_TEST

/* Being at home says more than where the section is. */
START_TEST(home_by_the_other)
{
	as_sections(1);
	F1_RA();
	address(F1_COA, 0, false);
	ifindex = ETH1;
	HOME_RA();
	address("2001:db8:1::164", 0, false);
	ifindex = LINK;
	run(5);
	ck_assert(old()->cur->ifindex == ETH1 && old()->location == MN_HOME);
}
END_TEST

/* What succeeds a home address is where that was. */
START_TEST(successor)
{
	const struct in6_addr hoa = ip("2001:db8:3::100"), ha = ip("2001:db8:3::1");
	const struct mn *mn;

	as_sections(1);
	at_two_links();
	mn_home_add(new(), &hoa, 64, &ha);
	for (mn = mn_of(&d); mn && !IN6_ARE_ADDR_EQUAL(mn_hoa(mn), &hoa);)
		mn = mn->next;
	ck_assert_ptr_nonnull(mn);
	ck_assert_int_eq(mn->cur->ifindex, ETH1);
}
END_TEST

/* A preference says more than where the section is. */
START_TEST(preferred_interface)
{
	as_sections(2);
	at_two_links();
	answer_new();
	run(1.5);
	ck_assert(old()->cur->ifindex == LINK && old()->location == MN_HOME);
	ck_assert(new()->cur->ifindex == LINK && new()->location == MN_AWAY);
}
END_TEST

SUITE("mn homes", .timeout = 30, .setup = setup, .teardown = teardown,
	.tests = {
		{ own_ways },
		{ both_change },
		{ the_old_one_goes },
		{ own_address },
		{ reload },
		{ mobile_network },
		{ mobile_network_stays },
		{ own_interfaces },
		{ preferred_interface },
		{ home_by_the_other },
		{ successor },
	})
