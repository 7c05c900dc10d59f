// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A mobile node whose configuration has several home addresses, on a kernel made of paper: two with one home agent, and one of another
 * home link.
 */
#include <net/if.h> /* before linux/if.h, which then leaves out what both define */

#include <linux/rtnetlink.h>
#include <string.h>

#include "mn/mn.h"

#include "paper_mn.h"
#include "suite.h"

#define HOA_B	"2001:db8:1::101" /* HA's, like HOA */
#define HOA_C	"2001:db8:2::100"
#define HA_C	"2001:db8:2::1"
#define C_RA()	advertise("fe80::2", 0xbb, "2001:db8:2::", false)
#define NET_A	"2001:db8:a::"
#define NET_C	"2001:db8:c::"

static struct conf_home c = { .ifname = "eth0", .plen = 64, .alt_coa = true };
static struct conf_home b = { .next = &c, .ifname = "eth0", .plen = 64, .alt_coa = true };
static struct conf_prefix net_a = { .len = 64 }, net_c = { .len = 64 };

static void hosts(void)
{
	conf.homes->mobile_router = c.mobile_router = false;
	conf.homes->mnps.n = c.mnps.n = 0;
}

static void setup(void)
{
	conf.optimistic_handoff = conf.ro_mn = false;
	conf.send_mob_pfx_sols = true;
	b.hoa = ip(HOA_B);
	b.ha = ip(HA);
	c.hoa = ip(HOA_C);
	c.ha = ip(HA_C);
	conf.homes->next = &b;
	conf.ifaces = NULL;
	hosts();
	mn_world_up();
}

static void teardown(void)
{
	mn_world_down();
	conf.homes->next = NULL;
	hosts();
	ck_assert(!k.plug && !k.rules.n && !paper_has_addr(LINK, HOA) && !paper_has_addr(LINK, HOA_B) && !paper_has_addr(LINK, HOA_C));
	for (unsigned int i = 0; i < k.routes.n; i++)
		ck_assert_uint_ne(k.routes.at[i].protocol, KERN_RTPROT);
}

static struct mn *home(const char *hoa)
{
	const struct in6_addr a = ip(hoa);
	struct mn *mn = mn_home_of(&d, &a);

	ck_assert_ptr_nonnull(mn);
	return mn;
}

/* The number of the last update with this home address. */
static const struct mh_msg *update_of(const char *hoa)
{
	for (unsigned int n = k.n_mh; n--;)
		if (is(&paper_sent(n)->src, hoa) && paper_sent(n)->msg.type == MH_BU)
			return &paper_sent(n)->msg;
	ck_abort_msg("no update of %s", hoa);
}

static void answer(const char *hoa, const char *ha, uint8_t flags)
{
	struct mh_packet p = { .src = ip(ha), .dst = ip(hoa), .ifindex = LINK };
	const struct mh_msg *u = update_of(hoa);
	struct mh_msg m = { .type = MH_BA, .ba = { .seq = u->bu.seq, .flags = flags, .lifetime = u->bu.lifetime } };

	mn_role.mh(&d, &p, &m);
}

static void all_at_f1(void)
{
	F1_RA();
	address(F1_COA, 0, false);
	answer(HOA, HA, conf.homes->mobile_router ? MH_BA_R : 0);
	answer(HOA_B, HA, 0);
	answer(HOA_C, HA_C, c.mobile_router ? MH_BA_R : 0);
	ck_assert(mn_bul_bound(home(HOA)) && mn_bul_bound(home(HOA_B)) && mn_bul_bound(home(HOA_C)));
}

static unsigned int rules(uint32_t priority, const char *src)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < k.rules.n; i++)
		n += k.rules.at[i].priority == priority && (!src || is(&k.rules.at[i].src, src));
	return n;
}

START_TEST(apart)
{
	all_at_f1();
	ck_assert(mn_of(&d) == home(HOA) && home(HOA)->next == home(HOA_B) && home(HOA_B)->next == home(HOA_C));
	/* in the configuration's order, whenever they have come */
	ck_assert_uint_eq(rules(MN_RULE_HOA, HOA), 1);
	ck_assert_uint_eq(rules(MN_RULE_HOA_MORE + 1, HOA_B), 1);
	ck_assert_uint_eq(rules(MN_RULE_HOA_MORE + 2, HOA_C), 1);
	for (unsigned int i = 0; i < 3; i++)
		ck_assert(paper_has_default(MN_TABLE - i, TUNNEL + (int)i));
	mn_role.resync(&d);
	ck_assert(rules(MN_RULE_HOA, HOA) == 1 && rules(MN_RULE_HOA_MORE + 2, HOA_C) == 1);
}
END_TEST

/* On the third's home link. */
START_TEST(home_for_one)
{
	all_at_f1();
	carrier(false);
	carrier(true);
	C_RA();
	address("2001:db8:2::64", 0, false);
	neighbour(HA_C, 0xbb);
	answer(HOA_C, HA_C, 0);
	ck_assert(home(HOA_C)->location == MN_HOME && home(HOA)->location == MN_AWAY && home(HOA_B)->location == MN_AWAY);
	ck_assert_uint_eq(update_of(HOA_C)->bu.lifetime, 0);
	ck_assert(is(&update_of(HOA)->opts.alt_coa, "2001:db8:2::64") && is(&update_of(HOA_B)->opts.alt_coa, "2001:db8:2::64"));
	ck_assert(paper_has_addr(LINK, HOA_C) && !paper_has_addr(LINK, HOA));
	/* who has no source gets the one that is at home */
	ck_assert(rules(MN_RULE_COA, HOA_C) == 1 && rules(MN_RULE_NEAR, HOA_C) == 1 && rules(MN_RULE_HOA_MORE + 2, HOA_C) == 0);
	answer(HOA, HA, 0);
	answer(HOA_B, HA, 0);
	ck_assert(mn_bul_bound(home(HOA)) && mn_bul_bound(home(HOA_B)));
	carrier(false);
	carrier(true);
	F2_RA();
	address(F2_COA, 0, false);
	ck_assert(rules(MN_RULE_COA, HOA_C) == 0 && rules(MN_RULE_NEAR, HOA_C) == 0 && rules(MN_RULE_HOA_MORE + 2, HOA_C) == 1);
	ck_assert(is(&update_of(HOA_C)->opts.alt_coa, F2_COA) && !paper_has_addr(LINK, HOA_C));
}
END_TEST

/* Another home address on the interface is no care-of address, even if an administrator has put it there. */
START_TEST(no_care_of_address)
{
	F1_RA();
	address(HOA_C, IFA_F_PERMANENT, false);
	C_RA();
	run(0.01);
	ck_assert(!home(HOA)->has_coa);
	address(F1_COA, 0, false);
	ck_assert(is(&home(HOA)->coa, F1_COA));
}
END_TEST

/* Each is renumbered with its own home link, though another one of the same prefix was already. */
START_TEST(renumbered)
{
	struct nd_packet p = { .ifindex = LINK, .src = ip("fe80::1"), .hoplimit = 255, .type = ND_RA, .ll_len = 6 };
	struct nd_ra ra = { .lifetime = 300, .n_prefixes = 2, .sll = { .len = 6, .addr = { 2, 0, 0, 0, 0, 0xaa } } };
	unsigned int n = 0;

	HOME_RA();
	run(1.5); /* nobody has the addresses */
	ck_assert(home(HOA)->step == MN_HOME_DONE && home(HOA_B)->step == MN_HOME_DONE);
	ra.prefixes[0] = (struct nd_prefix){ .prefix = ip("2001:db8:1::"), .len = 64, .onlink = true, .autonomous = true, .valid = 600 };
	ra.prefixes[1] = (struct nd_prefix){ .prefix = ip("2001:db8:9::"), .len = 64, .onlink = true, .autonomous = true, .valid = 600, .preferred = 300 };
	p.len = (size_t)nd_build_ra(p.data, sizeof(p.data), &ra);
	mn_role.nd(&d, &p);
	run(0.05);
	ck_assert(mn_is_formed(home("2001:db8:9::100")) && mn_is_formed(home("2001:db8:9::101")));
	for (const struct mn *mn = mn_of(&d); mn; mn = mn->next)
		n++;
	ck_assert_uint_eq(n, 5); /* none for the other link's */
	ck_assert_ptr_eq(home(HOA)->next, home("2001:db8:9::100"));
	/* what ends is gone only if it has a successor */
	mn_home_retire(home(HOA));
	run(0.02);
	ck_assert_ptr_eq(mn_of(&d), home("2001:db8:9::100"));
	ck_assert(!mn_no_successor(home(HOA_B)) && mn_no_successor(home(HOA_C)));
	home(HOA_C)->valid_until = clock_now() + 0.02;
	mn_mpd_registered(home(HOA_C), false);
	run(0.1);
	ck_assert_ptr_nonnull(home(HOA_C));
}
END_TEST

/* A reload is of the one that it names. */
START_TEST(reloaded)
{
	struct conf_ro_policy policy = { .enabled = false };

	all_at_f1();
	c.ro_policies = &policy;
	c.alt_coa = false;
	mn_role.reloaded(&d);
	ck_assert(home(HOA)->home->alt_coa && !home(HOA_C)->home->alt_coa);
	ck_assert(!home(HOA)->home->ro_policies && home(HOA_C)->home->ro_policies == &policy);
	c.ro_policies = NULL;
	c.alt_coa = true;
	mn_role.reloaded(&d);
}
END_TEST

/* Somebody has the address of one: the others can do without it. */
START_TEST(duplicate)
{
	HOME_RA();
	neighbour(HOA_B, 0x99);
	run(1.5);
	ck_assert_uint_eq(k.n_fatal, 0);
	ck_assert(home(HOA)->step == MN_HOME_DONE && home(HOA)->verified);
	ck_assert(!home(HOA_B)->verified && !paper_has_addr(LINK, HOA_B));
}
END_TEST

START_TEST(status)
{
	struct json_object *o, *homes = NULL, *v = NULL, *rows = json_object_new_array();
	uint64_t at = 0;

	all_at_f1();
	o = mn_role.status(&d);
	ck_assert(json_object_object_get_ex(o, "home_address", &v) && !strcmp(json_object_get_string(v), HOA));
	ck_assert(json_object_object_get_ex(o, "homes", &homes));
	ck_assert_uint_eq(json_object_array_length(homes), 3);
	ck_assert(json_object_object_get_ex(json_object_array_get_idx(homes, 2), "home_agent_address", &v));
	ck_assert_str_eq(json_object_get_string(v), HA_C);
	json_object_put(o);
	while (mn_role.hal(&d, &at, 10, rows))
		;
	ck_assert_uint_eq(json_object_array_length(rows), 3);
	json_object_put(rows);
}
END_TEST

/* Two of them have networks. */
static void as_routers(void)
{
	mn_world_down();
	net_a.addr = ip(NET_A);
	net_c.addr = ip(NET_C);
	conf.mr_explicit = conf.homes->mobile_router = c.mobile_router = true;
	conf.homes->mnps = (struct conf_mnps){ 1, &net_a };
	c.mnps = (struct conf_mnps){ 1, &net_c };
	mn_world_up();
}

static uint32_t table_from(const char *net)
{
	for (unsigned int i = 0; i < k.rules.n; i++)
		if (k.rules.at[i].priority == MN_RULE_FROM_NETWORK && is(&k.rules.at[i].src, net))
			return k.rules.at[i].table;
	return 0;
}

START_TEST(mobile_networks)
{
	as_routers();
	all_at_f1();
	ck_assert(is(&update_of(HOA)->opts.mnp[0].addr, NET_A) && is(&update_of(HOA_C)->opts.mnp[0].addr, NET_C));
	ck_assert_uint_eq(update_of(HOA)->opts.n_mnp, 1);
	ck_assert(!(update_of(HOA_B)->bu.flags & MH_BU_R));
	ck_assert_uint_eq(table_from(NET_A), MN_TABLE);
	ck_assert_uint_eq(table_from(NET_C), MN_TABLE - 2);
	ck_assert_uint_eq(rules(MN_RULE_FOREIGN, NULL), 1);
	/* the host's own tunnel is not a way into a network */
	ck_assert_uint_eq(rules(MN_RULE_STRAY, NULL), 3);
	mn_role.resync(&d);
	ck_assert_uint_eq(rules(MN_RULE_FROM_NETWORK, NULL), 2);
	ck_assert_uint_eq(rules(MN_RULE_STRAY, NULL), 3);
	/* the third's home link is foreign for the first, and forwards for the third */
	carrier(false);
	carrier(true);
	C_RA();
	address("2001:db8:2::64", 0, false);
	neighbour(HA_C, 0xbb);
	answer(HOA_C, HA_C, MH_BA_R);
	answer(HOA, HA, MH_BA_R);
	ck_assert_uint_eq(rules(MN_RULE_FOREIGN, NULL), 0);
	ck_assert_uint_eq(table_from(NET_C), 0);
	ck_assert_uint_eq(table_from(NET_A), MN_TABLE);
	/* and what comes from the first's network is not led away from it again */
	ck_assert_uint_eq(rules(MN_RULE_TO_NETWORK, NULL), 2);
	mn_role.resync(&d);
	ck_assert_uint_eq(rules(MN_RULE_FOREIGN, NULL), 0);
	ck_assert_uint_eq(rules(MN_RULE_TO_NETWORK, NULL), 2);
	carrier(false);
	carrier(true);
	F2_RA();
	address(F2_COA, 0, false);
	ck_assert_uint_eq(rules(MN_RULE_FOREIGN, NULL), 1);
	ck_assert_uint_eq(table_from(NET_C), MN_TABLE - 2);
}
END_TEST

SUITE("mn several", .timeout = 30, .setup = setup, .teardown = teardown,
	.tests = {
		{ apart },
		{ home_for_one },
		{ no_care_of_address },
		{ renumbered },
		{ reloaded },
		{ duplicate },
		{ status },
		{ mobile_networks },
	})
