// SPDX-License-Identifier: GPL-2.0-or-later
/* Which groups of the home link mobile nodes listen to, on the kernel made of paper. */
#include <errno.h>
#include <string.h>

#include "core/ipsec.h"
#include "ha/ha_multicast.h"
#include "wire/mld.h"

#include "paper_ha.h"
#include "paper_multicast.h"
#include "suite.h"

#define HOA2   "2001:db8:1::101"
#define LL     "fe80::5"
#define GROUP  "ff05::4444"
#define GROUP2 "ff0e::5555"

static uint16_t seq;

static void setup(void)
{
	ha_world_make();
	paper_multicast_reset();
	conf.ha_multicast = true;
	conf.ha_max_groups = 6;
	conf.ha_max_groups_per_binding = 4;
	conf.ha_multicast_query = 100;
	conf.ha_max_group_rate = 1000;
	ha_start();
}

static void teardown(void)
{
	ha_world_down();
	ck_assert_uint_eq(pm.members.n + pm.counts.n + pm.homes.n + pm.senders.n, 0);
	for (unsigned int i = 0; i < pm.groups.n; i++)
		ck_assert(!pm.groups.at[i].ours);
}

static void update(const char *hoa, const char *coa, uint32_t lifetime)
{
	ck_assert_uint_eq(answer_to(BU(hoa, coa, ++seq, mh_lifetime_from_sec(lifetime))), BA_ACCEPTED);
}

static void report(const char *coa, const char *ha, const char *src, uint8_t type, const char *group, uint16_t n_sources)
{
	static const uint8_t sources[32] = { 0x20, 1 };
	struct mld_report r = { .type = MLD_REPORT_V2, .src = ip(src), .n = 1,
				.at = { { .type = type, .group = ip(group), .n_sources = n_sources, .sources = sources } } };
	uint8_t buf[256];

	paper_mld(coa, ha, buf, (size_t)mld_build_report(buf, sizeof(buf), &r));
}

/* The n groups ff05::1, ff05::2, ... are joined, and left again if it is for a moment only. */
static void join(const char *coa, int n, bool moment)
{
	char group[32];

	for (int i = 1; i <= n; i++) {
		snprintf(group, sizeof(group), "ff05::%x", i);
		report(coa, HA, LL, MLD_TO_EX, group, 0);
		if (moment)
			report(coa, HA, LL, MLD_TO_IN, group, 0);
	}
}

static bool members(const char *group, const char *who)
{
	return !strcmp(paper_members(HOME_LINK, group), who) && paper_joined(HOME_LINK, group) == !!*who;
}

START_TEST(asked)
{
	unsigned int n;

	update(HOA, COA1, 400);
	pass(0.02);
	ck_assert_uint_eq(pm.n_queries, 1);
	ck_assert(is(&pm.query_ha, HA) && is(&pm.query_coa, COA1));
	ck_assert_uint_eq(pm.query[48], MLD_QUERY);
	ck_assert_uint_eq(d.stats[STAT_MLD_TX], 1);
	ck_assert_uint_eq(pm.homes.n, 1);
	ck_assert_int_eq(pm.homes.at[0].ifindex, HOME_LINK);
	pass(2.1);
	ck_assert_uint_eq(pm.n_queries, 2);
	/* a refresh asks nothing, a movement does */
	n = pm.n_queries;
	update(HOA, COA1, 400);
	pass(0.02);
	ck_assert_uint_eq(pm.n_queries, n);
	update(HOA, COA2, 400);
	pass(0.02);
	ck_assert_uint_eq(pm.n_queries, n + 1);
	ck_assert(is(&pm.query_coa, COA2));
	ck_assert_uint_eq(pm.senders.n, 1);
	ck_assert(is(&pm.senders.at[0], COA2));
}
END_TEST

START_TEST(joined_and_left)
{
	update(HOA, COA1, 400);
	update(HOA2, COA2, 400);
	report(COA1, HA, LL, MLD_TO_EX, GROUP, 0);
	ck_assert(members(GROUP, HOA));
	report(COA2, HA, HOA2, MLD_IS_EX, GROUP, 0);
	ck_assert(members(GROUP, HOA " " HOA2));
	report(COA1, HA, "::", MLD_ALLOW, GROUP2, 1);
	ck_assert(members(GROUP2, HOA));
	/* fewer sources say nothing, nor does a type that nobody knows */
	report(COA1, HA, LL, MLD_BLOCK, GROUP2, 1);
	report(COA1, HA, LL, 77, "ff05::1", 0);
	ck_assert(members(GROUP2, HOA) && members("ff05::1", ""));
	report(COA1, HA, LL, MLD_TO_IN, GROUP, 0);
	report(COA1, HA, LL, MLD_TO_IN, GROUP, 0);
	pass(2.2);
	ck_assert(members(GROUP, HOA2));
	/* one that is not there */
	report(COA1, HA, LL, MLD_TO_IN, GROUP, 0);
	report(COA2, HA, LL, MLD_TO_IN, GROUP, 0);
	pass(2.2);
	ck_assert(members(GROUP, ""));
	ck_assert_uint_eq(d.stats[STAT_MLD_RX], 9);
	ck_assert_uint_eq(d.stats[STAT_MLD_IGNORED], 0);
}
END_TEST

static unsigned int asked_for(const char *group)
{
	struct in6_addr a = ip(group);

	return !memcmp(pm.query + 24, &a, 16) && !memcmp(pm.query + 56, &a, 16) ? pm.n_queries : 0;
}

/* A leave is a question, twice, to the one tunnel that it came from; an answer to either keeps the group. */
START_TEST(left_by_one)
{
	unsigned int n;

	update(HOA, COA1, 400);
	update(HOA2, COA2, 400);
	report(COA1, HA, LL, MLD_TO_EX, GROUP, 0);
	report(COA2, HA, LL, MLD_TO_EX, GROUP, 0);
	pass(2.2); /* beyond the general ones */
	n = pm.n_queries;
	report(COA1, HA, LL, MLD_TO_IN, GROUP, 0);
	pass(0.1);
	ck_assert_uint_eq(asked_for(GROUP), n + 1);
	ck_assert(is(&pm.query_coa, COA1) && is(&pm.query_ha, HA));
	ck_assert_uint_eq(pm.query[52] << 8 | pm.query[53], 1000);
	ck_assert(members(GROUP, HOA " " HOA2));
	/* again is no more questions and no more time */
	report(COA1, HA, LL, MLD_TO_IN, GROUP, 0);
	pass(1);
	ck_assert_uint_eq(asked_for(GROUP), n + 2);
	report(COA1, HA, LL, MLD_IS_EX, GROUP, 0);
	pass(2.2);
	ck_assert_uint_eq(pm.n_queries, n + 2);
	ck_assert(members(GROUP, HOA " " HOA2));
	report(COA1, HA, LL, MLD_TO_IN, GROUP, 0);
	pass(1.8);
	ck_assert(members(GROUP, HOA " " HOA2));
	pass(0.4);
	ck_assert(members(GROUP, HOA2));
}
END_TEST

/* Too many leaves at once are not asked about, and so change nothing. */
START_TEST(leaves_have_a_limit)
{
	unsigned int n;

	conf.ha_max_groups = conf.ha_max_groups_per_binding = 4;
	update(HOA, COA1, 400);
	pass(2.2);
	for (int i = 0; i < 220; i++) {
		report(COA1, HA, LL, MLD_TO_EX, GROUP, 0);
		report(COA1, HA, LL, MLD_TO_IN, GROUP, 0);
	}
	ck_assert_uint_eq(d.stats[STAT_MLD_LIMITED], 156);
	n = pm.n_queries;
	pass(2.3);
	ck_assert_uint_le(pm.n_queries, n + 2);
	ck_assert(members(GROUP, HOA));
}
END_TEST

/* A movement changes nothing of it, the end of the binding everything. */
START_TEST(binding)
{
	update(HOA, COA1, 400);
	report(COA1, HA, LL, MLD_TO_EX, GROUP, 0);
	report(COA1, HA, LL, MLD_TO_EX, GROUP2, 0);
	update(HOA, COA2, 400);
	ck_assert(members(GROUP, HOA));
	report(COA1, HA, LL, MLD_TO_EX, "ff05::9", 0);
	ck_assert(members("ff05::9", ""));
	ck_assert_uint_eq(d.stats[STAT_MLD_IGNORED], 1);
	update(HOA, HOA, 0);
	pass(0.02);
	ck_assert(members(GROUP, "") && members(GROUP2, ""));
	ck_assert_uint_eq(pm.homes.n + pm.senders.n, 0);
}
END_TEST

START_TEST(not_theirs)
{
	uint8_t junk[90] = { 0x60 };

	update(HOA, COA1, 400);
	update(HOA2, COA2, 400);
	report(COA1, HA, HOA2, MLD_TO_EX, GROUP, 0);		  /* another's home address */
	report(COA1, "2001:db8:1::2", LL, MLD_TO_EX, GROUP, 0); /* another home agent's address */
	report("2001:db8:bad::1", HA, LL, MLD_TO_EX, GROUP, 0);
	paper_mld(COA1, HA, junk, sizeof(junk));
	ck_assert(members(GROUP, ""));
	ck_assert_uint_eq(d.stats[STAT_MLD_IGNORED], 4);
	/* groups that are of one link, or no groups */
	report(COA1, HA, LL, MLD_TO_EX, "ff02::fb", 0);
	report(COA1, HA, LL, MLD_TO_EX, "ff01::1", 0);
	report(COA1, HA, LL, MLD_TO_EX, "ff0f::1", 0);
	report(COA1, HA, LL, MLD_TO_EX, "2001:db8::1", 0);
	ck_assert_uint_eq(pm.members.n, 0);
}
END_TEST

START_TEST(limits)
{
	update(HOA, COA1, 400);
	update(HOA2, COA2, 400);
	join(COA1, 10, false);
	ck_assert_uint_eq(pm.members.n, 4);
	ck_assert_uint_eq(d.stats[STAT_MLD_LIMITED], 6);
	/* again is not one more */
	report(COA1, HA, LL, MLD_TO_EX, "ff05::1", 0);
	ck_assert_uint_eq(d.stats[STAT_MLD_LIMITED], 6);
	join(COA2, 4, false);
	ck_assert_uint_eq(pm.members.n, 6);
	ck_assert_uint_eq(d.stats[STAT_MLD_LIMITED], 8);
	report(COA1, HA, LL, MLD_TO_IN, "ff05::1", 0);
	pass(2.2);
	report(COA2, HA, LL, MLD_TO_EX, "ff05::3", 0);
	ck_assert(members("ff05::3", HOA " " HOA2) && members("ff05::1", HOA2));
}
END_TEST

/* Each costs the home link reports: of one mobile node's new groups only so many are taken in a second, of all of them as well. */
START_TEST(restless)
{
	conf.ha_max_groups = conf.ha_max_groups_per_binding = 60;
	update(HOA, COA1, 400);
	join(COA1, 60, true);
	ck_assert_uint_eq(d.stats[STAT_MLD_LIMITED], 0);
	pass(2.15);
	ck_assert_uint_eq(pm.members.n, 0);
	join(COA1, 60, false);
	/* 64 at first, and 10 a second */
	ck_assert_uint_eq(pm.members.n, 25);
	ck_assert_uint_eq(d.stats[STAT_MLD_LIMITED] + pm.members.n, 60);
}
END_TEST

START_TEST(restless_all)
{
	ha_role.free(&d);
	conf.ha_max_group_rate = 3;
	ha_start();
	update(HOA, COA1, 400);
	update(HOA2, COA2, 400);
	report(COA1, HA, LL, MLD_TO_EX, "ff05::1", 0);
	report(COA1, HA, LL, MLD_TO_EX, "ff05::2", 0);
	report(COA2, HA, LL, MLD_TO_EX, "ff05::1", 0);
	report(COA2, HA, LL, MLD_TO_EX, "ff05::2", 0);
	ck_assert_uint_eq(pm.members.n, 3);
	ck_assert_uint_eq(d.stats[STAT_MLD_LIMITED], 1);
	/* to confirm is not to join */
	report(COA1, HA, LL, MLD_IS_EX, "ff05::1", 0);
	ck_assert_uint_eq(d.stats[STAT_MLD_LIMITED], 1);
	pass(0.4);
	report(COA2, HA, LL, MLD_TO_EX, "ff05::2", 0);
	ck_assert_uint_eq(pm.members.n, 4);
}
END_TEST

/* Two home addresses in one place: a link-local source speaks for the first, and when that goes, the other is asked. */
START_TEST(one_place)
{
	unsigned int n;

	update(HOA, COA1, 400);
	update(HOA2, COA1, 400);
	report(COA1, HA, LL, MLD_TO_EX, GROUP, 0);
	ck_assert(members(GROUP, HOA));
	report(COA1, HA, HOA2, MLD_TO_EX, GROUP2, 0);
	ck_assert(members(GROUP2, HOA2));
	ck_assert_uint_eq(pm.senders.n, 1);
	pass(2.2);
	n = pm.n_queries;
	update(HOA, HOA, 0);
	pass(0.02);
	ck_assert(members(GROUP, "") && members(GROUP2, HOA2));
	ck_assert_uint_eq(pm.n_queries, n + 1);
	ck_assert_uint_eq(pm.senders.n, 1);
}
END_TEST

/* They are one mobile node's, and it gets each packet once: whichever of them says it listens, and when they come together. */
START_TEST(no_doubles)
{
	unsigned int n;

	update(HOA, COA1, 400);
	update(HOA2, COA2, 400);
	report(COA1, HA, LL, MLD_TO_EX, GROUP, 0);
	report(COA2, HA, LL, MLD_TO_EX, GROUP, 0);
	ck_assert(members(GROUP, HOA " " HOA2));
	update(HOA2, COA1, 400);
	pass(0.02);
	ck_assert(members(GROUP, HOA));
	report(COA1, HA, HOA2, MLD_TO_EX, GROUP, 0);
	ck_assert(members(GROUP, HOA));
	/* one leaves, the other one does not: who has it is asked, and then who has not */
	pass(2.2);
	n = pm.n_queries;
	report(COA1, HA, HOA2, MLD_TO_IN, GROUP, 0);
	pass(1.2);
	ck_assert_uint_eq(asked_for(GROUP), n + 2);
	pass(1);
	ck_assert(members(GROUP, ""));
	ck_assert_uint_eq(pm.n_queries, n + 3);
	report(COA1, HA, HOA2, MLD_IS_EX, GROUP, 0);
	ck_assert(members(GROUP, HOA2));
}
END_TEST

START_TEST(unconfirmed)
{
	conf.ha_multicast_query = 1;
	update(HOA, COA1, 400);
	report(COA1, HA, LL, MLD_TO_EX, GROUP, 0);
	report(COA1, HA, LL, MLD_TO_EX, GROUP2, 0);
	pass(2);
	report(COA1, HA, LL, MLD_IS_EX, GROUP2, 0);
	pass(1.2);
	ck_assert(members(GROUP, "") && members(GROUP2, HOA));
	pass(2.2);
	ck_assert(members(GROUP2, ""));
}
END_TEST

START_TEST(refused_by_the_kernel)
{
	update(HOA, COA1, 400);
	pm.join_error = -ENOBUFS;
	report(COA1, HA, LL, MLD_TO_EX, GROUP, 0);
	ck_assert(members(GROUP, ""));
	pm.join_error = 0;
	pm.member_error = -E2BIG;
	report(COA1, HA, LL, MLD_TO_EX, GROUP, 0);
	ck_assert(members(GROUP, ""));
	ck_assert_uint_eq(d.stats[STAT_KERNEL_ERRORS], 2);
	pm.member_error = 0;
	report(COA1, HA, LL, MLD_TO_EX, GROUP, 0);
	ck_assert(members(GROUP, HOA));
}
END_TEST

static struct binding *binding_of(const char *hoa)
{
	struct in6_addr a = ip(hoa);

	return bcache_find(ha_of(&d)->cache, &a);
}

/* More than can be asked in the interval: each is asked less often, and told so; what they have said lasts as long as that. */
START_TEST(many)
{
	struct ha *ha = ha_of(&d);
	const struct ha_listener *l;
	double before;

	conf.ha_multicast_query = 10;
	update(HOA, COA1, 400);
	pass(0.02);
	report(COA1, HA, LL, MLD_TO_EX, GROUP, 0);
	l = binding_of(HOA)->listener;
	ck_assert_uint_eq(ha_ask_interval(ha), 10);
	before = TAILQ_FIRST(&l->groups)->expires;
	ha->multicast->n_listeners += 2999;
	pass(2.2);
	ck_assert_uint_eq(pm.query[73], 19);
	ck_assert(l->next_question > clock_now() + 18);
	ck_assert(TAILQ_FIRST(&l->groups)->expires > before + 17);
	ck_assert(ha_ask_lasts(ha) > 38);
	ha->multicast->n_listeners -= 2999;
	ck_assert_uint_eq(ha_ask_interval(ha), 10);
}
END_TEST

/* When many begin at once, the rest takes its turn, and nobody twice. */
START_TEST(turns)
{
	struct ha_multicast *m = ha_of(&d)->multicast;
	double free_at;
	unsigned int n;

	update(HOA, COA1, 400);
	update(HOA2, COA2, 400);
	report(COA1, HA, LL, MLD_TO_EX, GROUP, 0);
	pass(2.2);
	n = pm.n_queries;
	m->fresh.tokens = m->fresh.rate = 0;
	m->free_at = clock_now() + 0.5;
	ha_ask_soon(ha_of(&d), binding_of(HOA)->listener);
	ha_ask_soon(ha_of(&d), binding_of(HOA2)->listener);
	pass(0.1);
	free_at = m->free_at;
	/* who has a turn gets no other one */
	ha_ask_soon(ha_of(&d), binding_of(HOA)->listener);
	pass(0.1);
	ck_assert_double_eq(m->free_at, free_at);
	ck_assert_uint_eq(pm.n_queries, n);
	pass(0.5);
	ck_assert_uint_eq(pm.n_queries, n + 2);
}
END_TEST

/* What has a protected tunnel is not asked, and what comes in clear beside it changes nothing. */
START_TEST(protected)
{
	struct conf_prefix home = { .addr = ip(HOA), .len = 64 };
	struct conf_ipsec_set set = { .ha = ip(HA), .n_homes = 1, .homes = &home };
	struct conf_ipsec_home index = { home.addr, &set };
	struct ha *ha = ha_of(&d);
	char err[256] = "";
	unsigned int n;

	update(HOA, COA1, 400);
	update(HOA2, COA2, 400);
	pass(2.2);
	set.policy[IPSEC_HOME_REG_BINDING] = (struct conf_ipsec_policy){ .line = 1, .reqid = { 1, 2 } };
	set.policy[IPSEC_TUNNEL_PAYLOAD] = (struct conf_ipsec_policy){ .line = 2, .reqid = { 3, 4 } };
	conf.ipsec = &set;
	conf.ipsec_index = &index;
	conf.n_ipsec_homes = 1;
	d.able = (struct kern_abilities){ .esp = true, .mh_type_in = true, .migrate = true, .migrate_typed = true, .pf_key_migrate = true };
	d.ipsec = ipsec_open(&d, err, sizeof(err));
	ck_assert_msg(d.ipsec != NULL, "%s", err);
	ha_multicast_forget(ha, binding_of(HOA));
	ha_multicast_registered(ha, binding_of(HOA));
	ha_multicast_forget(ha, binding_of(HOA2));
	n = pm.n_queries;
	ha_multicast_registered(ha, binding_of(HOA2));
	report(COA1, HA, LL, MLD_TO_EX, GROUP, 0);
	report(COA2, HA, LL, MLD_TO_EX, GROUP, 0);
	pass(0.1);
	ck_assert(members(GROUP, HOA2));
	ck_assert_uint_eq(pm.n_queries, n + 1);
	ck_assert(is(&pm.query_coa, COA2));
	ck_assert_uint_eq(d.stats[STAT_MLD_IGNORED], 1);
	ipsec_close(d.ipsec, false);
	d.ipsec = NULL;
	conf.ipsec = NULL;
	conf.n_ipsec_homes = 0;
}
END_TEST

/* A home link that is made anew has another number, and its groups with it. */
START_TEST(another_link)
{
	struct kern_link l = home_link;

	update(HOA, COA1, 400);
	report(COA1, HA, LL, MLD_TO_EX, GROUP, 0);
	l.ifindex = HOME_LINK + 1;
	k.proxies.n = 0; /* it went with the old one */
	ha_role.link(&d, &l);
	ck_assert(members(GROUP, ""));
	ck_assert_int_eq(pm.homes.at[0].ifindex, HOME_LINK + 1);
	report(COA1, HA, LL, MLD_IS_EX, GROUP, 0);
	ck_assert_str_eq(paper_members(HOME_LINK + 1, GROUP), HOA);
}
END_TEST

START_TEST(shown)
{
	struct json_object *rows = json_object_new_array(), *groups;
	uint64_t at = 0;

	update(HOA, COA1, 400);
	report(COA1, HA, LL, MLD_TO_EX, GROUP, 0);
	ha_role.bc(&d, &at, 10, rows);
	ck_assert(json_object_object_get_ex(json_object_array_get_idx(rows, 0), "groups", &groups));
	ck_assert_str_eq(json_object_get_string(json_object_array_get_idx(groups, 0)), GROUP);
	json_object_put(rows);
}
END_TEST

SUITE("ha multicast", .timeout = 60, .setup = setup, .teardown = teardown,
      .tests = { { asked },
		 { joined_and_left },
		 { left_by_one },
		 { leaves_have_a_limit },
		 { binding },
		 { not_theirs },
		 { limits },
		 { restless },
		 { restless_all },
		 { one_place },
		 { no_doubles },
		 { unconfirmed },
		 { many },
		 { turns },
		 { refused_by_the_kernel },
		 { protected },
		 { another_link },
		 { shown } })
