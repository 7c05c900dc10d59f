// SPDX-License-Identifier: GPL-2.0-or-later
/* A mobile node without a home agent in its configuration, on a kernel made of paper. */
#include <errno.h>
#include <string.h>

#include "core/hal.h"
#include "mn/mn.h"
#include "wire/icmp6.h"

#include "paper_mn.h"
#include "suite.h"

#define ANYCAST "2001:db8:1:0:fdff:ffff:ffff:fffe"
#define HA2	"2001:db8:1::2"
#define HA3	"2001:db8:1::3"

static void setup(void)
{
	conf.optimistic_handoff = conf.ro_mn = false;
	mn_world_up_discovering();
}

static void teardown(void)
{
	mn_world_down();
	ck_assert(!k.plug && !k.rules.n);
}

static uint16_t identifier(void)
{
	struct icmp6_dhaad m;

	ck_assert_int_eq(icmp6_parse_dhaad(k.icmp.data, k.icmp.len, &m), 0);
	ck_assert(!m.reply && !m.mobile_router);
	return m.id;
}

/* From anybody, with up to three agents. */
static void reply_to(const char *coa, uint16_t id, const char *a, const char *b, const char *c)
{
	struct icmp6_dhaad m = { .reply = true, .id = id };
	uint8_t buf[128];
	ssize_t len;

	if (a)
		m.agents[m.n_agents++] = ip(a);
	if (b)
		m.agents[m.n_agents++] = ip(b);
	if (c)
		m.agents[m.n_agents++] = ip(c);
	len = icmp6_build_dhaad(buf, sizeof(buf), &m);
	paper_icmp(HA3, coa, buf, (size_t)len);
	run(0.01);
}

static void reply(const char *a, const char *b)
{
	reply_to(F1_COA, identifier(), a, b, NULL);
}

static void arrive(void)
{
	F1_RA();
	address(F1_COA, OPTIMISTIC, false);
	ck_assert_uint_eq(k.n_icmp, 1);
	ck_assert_uint_eq(k.n_mh, 0);
}

static const struct kern_ro_state *hao(void)
{
	ck_assert_uint_eq(k.states.n, 1);
	return &k.states.at[0];
}

/* The last message is an update to this home agent, and everything in the kernel is for it. */
static void expect_update(unsigned int n, const char *ha)
{
	ck_assert_uint_eq(k.n_mh, n);
	ck_assert_uint_eq(k.mh.msg.type, MH_BU);
	ck_assert(is(&k.mh.dst, ha));
	ck_assert(is(&hao()->dst, ha) && is(&hao()->coa, F1_COA));
	ck_assert(is(&k.tunnel_remote, ha) && is(&k.tunnel_local, F1_COA));
	for (unsigned int i = 0; i < k.policies.n; i++)
		if (k.policies.at[i].n_tmpl && !IN6_IS_ADDR_UNSPECIFIED(&k.policies.at[i].dst))
			ck_assert(is(&k.policies.at[i].dst, ha));
}

static bool through(void)
{
	return paper_has_default(MN_TABLE, TUNNEL) && !k.plug;
}

START_TEST(found_and_registered)
{
	arrive();
	ck_assert(is(&k.icmp.src, F1_COA) && is(&k.icmp.dst, ANYCAST));
	ck_assert_int_eq(k.icmp_ifindex, LINK);
	ck_assert_uint_eq(k.states.n, 0);
	reply(HA2, HA);
	expect_update(1, HA2);
	ck_assert(!through());
	/* Not the one in use. */
	acknowledge_from(HA, 0, k.mh.msg.bu.seq, 400);
	ck_assert(!through());
	acknowledge_from(HA2, 0, k.mh.msg.bu.seq, 400);
	ck_assert(through());
	ck_assert_uint_eq(d.stats[STAT_DHAAD_TX], 1);
	ck_assert_uint_eq(d.stats[STAT_DHAAD_RX], 1);
}
END_TEST

START_TEST(forged_replies)
{
	const uint8_t junk[] = { 145, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3 };
	uint16_t id;

	/* Nothing was asked. */
	reply_to(F1_COA, 0, HA2, NULL, NULL);
	arrive();
	id = identifier();
	reply_to(F1_COA, id + 1, HA2, NULL, NULL);
	reply_to(F2_COA, id, HA2, NULL, NULL);
	paper_icmp(HA2, F1_COA, junk, sizeof(junk));
	run(0.01);
	/* None in the home prefix, ourselves, the anycast address. */
	reply_to(F1_COA, id, "2001:db8:f1::1", HOA, ANYCAST);
	reply_to(F1_COA, id, "::", "ff02::1", "fe80::1");
	ck_assert_uint_eq(k.n_mh, 0);
	ck_assert_uint_eq(d.stats[STAT_DHAAD_MALFORMED], 6);
	/* What is good of a list counts, once. */
	reply_to(F1_COA, id, "2001:db8:f1::1", HA2, HA2);
	expect_update(1, HA2);
	/* A second answer is none any more. */
	reply_to(F1_COA, id, HA3, NULL, NULL);
	expect_update(1, HA2);
	ck_assert_uint_eq(d.stats[STAT_DHAAD_MALFORMED], 7);
}
END_TEST

START_TEST(empty_reply)
{
	arrive();
	reply(NULL, NULL);
	expect_update(1, HA3); /* who answered */
}
END_TEST

START_TEST(list_is_limited)
{
	struct icmp6_dhaad m = { .reply = true, .n_agents = DHAAD_MAX_AGENTS };
	struct json_object *rows = json_object_new_array();
	uint8_t buf[8 + 16 * DHAAD_MAX_AGENTS];
	uint64_t at = 0;

	arrive();
	m.id = identifier();
	for (unsigned int i = 0; i < m.n_agents; i++) {
		m.agents[i] = ip(HA);
		m.agents[i].s6_addr[14] = (uint8_t)i;
	}
	paper_icmp(HA3, F1_COA, buf, (size_t)icmp6_build_dhaad(buf, sizeof(buf), &m));
	run(0.01);
	expect_update(1, HA);
	ck_assert(!mn_role.hal(&d, &at, 100, rows));
	ck_assert_uint_eq(json_object_array_length(rows), 16);
	json_object_put(rows);
}
END_TEST

START_TEST(repeated)
{
	uint16_t id;

	arrive();
	id = identifier();
	run(2.8);
	ck_assert_uint_eq(k.n_icmp, 1);
	run(0.5);
	ck_assert_uint_eq(k.n_icmp, 2);
	ck_assert_uint_eq(identifier(), id);
	run(3.2); /* the next one after six seconds */
	ck_assert_uint_eq(k.n_icmp, 2);
	reply(HA2, NULL);
	expect_update(1, HA2);
}
END_TEST

/* Each care-of address asks for itself, and not more often than once a second. */
START_TEST(moved_while_asking)
{
	uint16_t id;

	arrive();
	id = identifier();
	carrier(false);
	carrier(true);
	F2_RA();
	address(F1_COA, 0, true);
	address(F2_COA, OPTIMISTIC, false);
	ck_assert_uint_eq(k.n_icmp, 1);
	reply_to(F1_COA, id, HA2, NULL, NULL);
	ck_assert_uint_eq(k.n_mh, 0);
	paper_until(d.loop, &k.n_icmp, 2, 2);
	ck_assert(is(&k.icmp.src, F2_COA));
	reply_to(F2_COA, identifier(), HA2, NULL, NULL);
	ck_assert_uint_eq(k.n_mh, 1);
	ck_assert(is(&k.mh.dst, HA2) && is(&hao()->coa, F2_COA));
}
END_TEST

START_TEST(dead_agent)
{
	arrive();
	reply(HA2, HA);
	/* Three updates without an answer, and it is the next one's turn. */
	paper_until(d.loop, &k.n_mh, 4, 2);
	expect_update(4, HA);
	ck_assert_uint_eq(k.n_icmp, 1);
	/* Too late. */
	acknowledge_from(HA2, 0, k.mh.msg.bu.seq, 400);
	ck_assert(!through());
	acknowledge_from(HA, 0, k.mh.msg.bu.seq, 400);
	ck_assert(through());
}
END_TEST

/* Silence without a link is not the home agent's, and when the link is back registration goes on. */
START_TEST(link_lost_meanwhile)
{
	unsigned int n;

	arrive();
	reply(HA2, HA);
	carrier(false);
	paper_run(d.loop, 3);
	ck_assert(is(&k.mh.dst, HA2));
	n = k.n_mh;
	carrier(true);
	F1_RA();
	paper_until(d.loop, &k.n_mh, n + 1, 2);
	ck_assert(is(&k.mh.dst, HA2));
	acknowledge_from(HA2, 0, k.mh.msg.bu.seq, 400);
	ck_assert(through());
}
END_TEST

/* It dies while we are registered with it: what there was with it goes. */
START_TEST(dies_later)
{
	arrive();
	reply(HA2, HA);
	acknowledge_from(HA2, 0, k.mh.msg.bu.seq, 12);
	ck_assert(through());
	paper_until(d.loop, &k.n_mh, 4, 15); /* the refresh and its repetitions */
	ck_assert(is(&k.mh.dst, HA2));
	paper_until(d.loop, &k.n_mh, 5, 2);
	expect_update(5, HA);
	ck_assert(!through() && k.plug); /* packets wait */
	acknowledge_from(HA, 0, k.mh.msg.bu.seq, 400);
	ck_assert(through());

	/* At home again both are told: the first one may have come back with our binding. */
	carrier(false);
	carrier(true);
	HOME_RA();
	neighbour(HA, 0xaa);
	paper_until(d.loop, &k.n_mh, 6, 2); /* no more than three updates a second leave */
	ck_assert(is(&k.mh.dst, HA));
	acknowledge_from(HA, 0, k.mh.msg.bu.seq, 0);
	ck_assert_uint_eq(k.n_mh, 7);
	ck_assert(is(&k.mh.dst, HA2));
	ck_assert_uint_eq(k.mh.msg.bu.lifetime, 0);
}
END_TEST

START_TEST(not_our_home_agent)
{
	arrive();
	reply(HA2, HA);
	acknowledge_from(HA2, BA_NOT_HOME_AGENT, k.mh.msg.bu.seq, 0);
	expect_update(2, HA);
	/* Nor is the other: the link is asked again, and nothing is registered in a loop. */
	acknowledge_from(HA, BA_NOT_HOME_AGENT, k.mh.msg.bu.seq, 0);
	ck_assert_uint_eq(k.n_mh, 2);
	paper_until(d.loop, &k.n_icmp, 2, 2);
	reply(HA2, HA);
	run(0.5);
	ck_assert_uint_eq(k.n_mh, 2);
	ck_assert(!through());
}
END_TEST

START_TEST(another_one_appears)
{
	arrive();
	reply(HA2, NULL);
	acknowledge_from(HA2, BA_NOT_HOME_AGENT, k.mh.msg.bu.seq, 0);
	paper_until(d.loop, &k.n_icmp, 2, 2);
	reply(HA2, HA3);
	expect_update(2, HA3);
}
END_TEST

/* The only one is silent: it goes on being tried while others are asked for. */
START_TEST(only_one)
{
	unsigned int asked;

	arrive();
	reply(HA2, NULL);
	run(1.3); /* 60 + 120 + 240 + 480 ms */
	ck_assert_uint_ge(k.n_mh, 4);
	ck_assert(is(&k.mh.dst, HA2));
	asked = k.n_icmp;
	ck_assert_uint_eq(asked, 2);
	acknowledge_from(HA2, 0, k.mh.msg.bu.seq, 400);
	ck_assert(through());
	run(3.2);
	ck_assert_uint_eq(k.n_icmp, asked);
}
END_TEST

/* One of two refuses the home address as a duplicate: the other one may have our binding. */
START_TEST(duplicate_at_one)
{
	arrive();
	reply(HA2, HA);
	acknowledge_from(HA2, BA_DAD_FAILED, k.mh.msg.bu.seq, 0);
	expect_update(2, HA);
	acknowledge_from(HA, BA_DAD_FAILED, k.mh.msg.bu.seq, 0);
	ck_assert_uint_eq(k.n_fatal, 0);
}
END_TEST

static void home_agent(const char *router, uint8_t mac, const char *addr, uint16_t preference)
{
	struct nd_packet p = { .ifindex = ifindex, .src = ip(router), .hoplimit = 255, .type = ND_RA, .ll_len = 6 };
	struct nd_ra ra = { .home_agent = true, .lifetime = 300, .n_prefixes = 1, .sll = { .len = 6, .addr = { 2, 0, 0, 0, 0, mac } },
			    .has_ha_info = true, .ha_preference = preference, .ha_lifetime = 1800 };

	ra.prefixes[0] = (struct nd_prefix){ .prefix = ip(addr), .len = 64, .onlink = true, .router = true, .valid = 600 };
	p.len = (size_t)nd_build_ra(p.data, sizeof(p.data), &ra);
	mn_role.nd(&d, &p);
}

START_TEST(advertised_at_home)
{
	home_agent("fe80::1", 0xaa, HA, 10);
	home_agent("fe80::2", 0xab, HA2, 20);
	run(1.5);
	/* On another link its routers say nothing of ours, even with our routers' addresses. */
	carrier(false);
	carrier(true);
	home_agent("fe80::1", 0xf1, "2001:db8:f1::1", 99);
	address(F1_COA, OPTIMISTIC, false);
	ck_assert_uint_eq(k.n_icmp, 0);
	expect_update(1, HA2);
	acknowledge_from(HA2, BA_NOT_HOME_AGENT, k.mh.msg.bu.seq, 0);
	expect_update(2, HA);
	acknowledge_from(HA, 0, k.mh.msg.bu.seq, 400);
	ck_assert(through());
	/* Home again: the one that has the binding lets it go. */
	carrier(false);
	carrier(true);
	home_agent("fe80::1", 0xaa, HA, 10);
	ck_assert_uint_eq(k.n_mh, 3);
	ck_assert(is(&k.mh.dst, HA));
	ck_assert_uint_eq(k.mh.msg.bu.lifetime, 0);
}
END_TEST

/* Started at home with a binding of an earlier life: who answers for our address is the home agent that has it. */
START_TEST(binding_left_at_one_of_two)
{
	home_agent("fe80::2", 0xab, HA2, 20);
	home_agent("fe80::1", 0xaa, HA, 10);
	neighbour(HOA, 0xaa);
	neighbour(HA2, 0xab);
	ck_assert_uint_eq(k.n_fatal, 0);
	ck_assert_uint_eq(k.n_mh, 1);
	ck_assert(is(&k.mh.dst, HA));
	ck_assert_uint_eq(k.mh.msg.bu.lifetime, 0);
}
END_TEST

START_TEST(shown)
{
	struct json_object *o, *v = NULL, *rows = json_object_new_array();
	uint64_t at = 0;

	o = mn_role.status(&d);
	ck_assert(json_object_object_get_ex(o, "home_agent_address", &v) && !v);
	json_object_put(o);
	arrive();
	reply(HA2, HA);
	acknowledge_from(HA2, BA_NOT_HOME_AGENT, k.mh.msg.bu.seq, 0);
	ck_assert(!mn_role.hal(&d, &at, 10, rows));
	ck_assert_uint_eq(json_object_array_length(rows), 2);
	ck_assert_str_eq(row_text(rows, 0, "home_agent_address"), HA2);
	ck_assert_str_eq(row_text(rows, 0, "in_use"), "false");
	ck_assert_str_eq(row_text(rows, 0, "state"), mh_status_name(BA_NOT_HOME_AGENT));
	ck_assert_str_eq(row_text(rows, 1, "home_agent_address"), HA);
	ck_assert_str_eq(row_text(rows, 1, "in_use"), "true");
	ck_assert_str_eq(row_text(rows, 1, "source"), "discovery");
	json_object_put(rows);
}
END_TEST

/* Every home agent of our list is none to be optimized with. */
START_TEST(no_route_optimization_with_agents)
{
	unsigned int n;

	mn_role.free(&d);
	conf.ro_mn = true;
	ev_loop_destroy(d.loop);
	mn_world_up_discovering();
	arrive();
	reply(HA, HA2);
	acknowledge_from(HA, 0, k.mh.msg.bu.seq, 400);
	n = k.n_mh;
	paper_seen(HA2, false);
	paper_seen(HA, false);
	run(0.05);
	ck_assert_uint_eq(k.n_mh, n);
	paper_seen("2001:db8:c::2", false);
	run(0.05);
	ck_assert_uint_gt(k.n_mh, n);
}
END_TEST

START_TEST(stopped_while_asking)
{
	arrive();
	mn_role.stop(&d, (void (*)(struct daemon *))mn_role.stats);
	reply(HA2, HA);
	ck_assert_uint_eq(k.n_mh, 0);
}
END_TEST

SUITE("mn dhaad", .timeout = 30, .setup = setup, .teardown = teardown,
	.tests = {
		{ found_and_registered },
		{ forged_replies },
		{ empty_reply },
		{ list_is_limited },
		{ repeated },
		{ moved_while_asking },
		{ dead_agent },
		{ link_lost_meanwhile },
		{ dies_later },
		{ not_our_home_agent },
		{ another_one_appears },
		{ only_one },
		{ duplicate_at_one },
		{ advertised_at_home },
		{ binding_left_at_one_of_two },
		{ shown },
		{ no_route_optimization_with_agents },
		{ stopped_while_asking },
	})
