// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * core/ipsec on a kernel made of paper: which policies each side has, where their tunnels end, what is left after a kernel that says no,
 * and what counts as protected.
 */
#include <netinet/in.h>

#include <errno.h>
#include <linux/xfrm.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/ipsec.h"
#include "core/log.h"
#include "wire/mh.h"
#include "wire/nd.h"

#include "paper_ipsec.h"
#include "suite.h"

#define HA   "2001:db8:1::1"
#define HOA  "2001:db8:1::100"
#define HOA2 "2001:db8:1::200"
#define COA1 "2001:db8:f1::5"
#define COA2 "2001:db8:f2::5"

static struct conf_prefix homes[2];
static struct conf_ipsec_set set;
static struct conf_ipsec_home index_of[2];
static struct conf_home home;
static struct conf conf;
static struct daemon d;
static unsigned int n_associated;

static void associated(struct daemon *of, const struct in6_addr *hoa)
{
	ck_assert_ptr_eq(of, &d);
	ck_assert(is(hoa, HOA));
	n_associated++;
}

static void setup(void)
{
	paper_reset();
	paper_ipsec_reset();
	n_associated = 0;
	homes[0] = (struct conf_prefix){ .addr = ip(HOA), .len = 64 };
	homes[1] = (struct conf_prefix){ .addr = ip(HOA2), .len = 64 };
	set = (struct conf_ipsec_set){ .ha = ip(HA), .n_homes = 2, .homes = homes };
	for (int i = 0; i < 2; i++)
		index_of[i] = (struct conf_ipsec_home){ homes[i].addr, &set };
	home = (struct conf_home){ .hoa = ip(HOA), .ha = ip(HA) };
	conf = (struct conf){ .role = ROLE_HA, .use_mn_ha_ipsec = true, .ipsec = &set, .ipsec_index = index_of, .n_ipsec_homes = 2 };
	memset(&d, 0, sizeof(d));
	d.mh_fd = -1;
	d.conf = &conf;
	d.loop = ev_loop_new(EVBACKEND_POLL);
	d.notify = paper_notify;
	d.associated = associated;
	d.able = (struct kern_abilities){ .esp = true, .mh_type_in = true, .migrate = true, .migrate_typed = true, .pf_key_migrate = true };
	log_open("/dev/null", 5);
}

static void teardown(void)
{
	ipsec_close(d.ipsec, false);
	ev_loop_destroy(d.loop);
	log_close();
}

static void want(enum conf_ipsec_type t, uint32_t to_ha, uint32_t to_mn)
{
	set.policy[t] = (struct conf_ipsec_policy){ .line = 1, .reqid = { to_ha, to_mn } };
}

static void as_mobile_node(void)
{
	conf.role = ROLE_MN;
	conf.homes = &home;
}

static void start(void)
{
	char err[256] = "";

	d.ipsec = ipsec_open(&d, err, sizeof(err));
	ck_assert_msg(d.ipsec != NULL, "%s", err);
}

/* The one policy of this direction from the one to the other ("" is anybody), with this message type; NULL: none. */
static const struct kern_sp *policy(int dir, const char *src, const char *dst, uint8_t proto, int type)
{
	const struct kern_sp *found = NULL;

	for (unsigned int i = 0; i < ki.policies.n; i++) {
		const struct kern_sp *p = &ki.policies.at[i];

		if (p->dir != dir || p->proto != proto || p->type != type || !is(&p->src, *src ? src : "::") || !is(&p->dst, *dst ? dst : "::"))
			continue;
		ck_assert_int_eq(p->src_len, *src ? 128 : 0);
		ck_assert_int_eq(p->dst_len, *dst ? 128 : 0);
		ck_assert_ptr_null(found);
		found = p;
	}
	return found;
}

static void esp(const struct kern_sp *p, const char *from, const char *to, uint32_t reqid, bool tunnel)
{
	ck_assert_ptr_nonnull(p);
	ck_assert_int_eq(p->action, KERN_SP_ESP);
	ck_assert(is(&p->from, from));
	ck_assert(is(&p->to, to));
	ck_assert_uint_eq(p->reqid, reqid);
	ck_assert(p->tunnel == tunnel);
}

/* ---- which policies ---- */

START_TEST(home_agent)
{
	want(IPSEC_HOME_REG_BINDING, 1, 2);
	start();
	ck_assert_uint_eq(ki.policies.n, 4); /* of two home addresses */
	esp(policy(XFRM_POLICY_IN, HOA, HA, IPPROTO_MH, MH_BU), HOA, HA, 1, false);
	esp(policy(XFRM_POLICY_OUT, HA, HOA, IPPROTO_MH, MH_BA), HA, HOA, 2, false);
	ck_assert(ipsec_protects(d.ipsec, &homes[0].addr, &set.ha));
	ck_assert(!ipsec_lacks(&d, &homes[0].addr, &set.ha));
	ck_assert(!ipsec_protects(d.ipsec, &homes[0].addr, &homes[1].addr));
	ck_assert(!ipsec_protects(d.ipsec, &set.ha, &set.ha));
	ck_assert(ipsec_lacks(&d, &set.ha, &set.ha));
	ipsec_close(d.ipsec, false);
	d.ipsec = NULL;
	ck_assert_uint_eq(ki.policies.n, 0);
	ck_assert(ipsec_lacks(&d, &homes[0].addr, &set.ha));
}
END_TEST

START_TEST(mobile_node)
{
	as_mobile_node();
	want(IPSEC_HOME_REG_BINDING, 1, 2);
	want(IPSEC_MOB_PFX_DISC, 3, 4);
	start();
	ck_assert_uint_eq(ki.policies.n, 4); /* of its own home address only */
	esp(policy(XFRM_POLICY_OUT, HOA, HA, IPPROTO_MH, MH_BU), HOA, HA, 1, false);
	esp(policy(XFRM_POLICY_IN, HA, HOA, IPPROTO_MH, MH_BA), HA, HOA, 2, false);
	esp(policy(XFRM_POLICY_OUT, HOA, HA, IPPROTO_ICMPV6, 146), HOA, HA, 3, false);
	esp(policy(XFRM_POLICY_IN, HA, HOA, IPPROTO_ICMPV6, 147), HA, HOA, 4, false);
}
END_TEST

/* A kernel that does not read types in: the whole protocol, so that nothing gets past. */
START_TEST(without_types)
{
	d.able.mh_type_in = false;
	want(IPSEC_HOME_REG_BINDING, 1, 2);
	want(IPSEC_MH, 3, 4);
	start();
	ck_assert_uint_eq(ki.policies.n, 4);
	esp(policy(XFRM_POLICY_IN, HOA, HA, IPPROTO_MH, -1), HOA, HA, 1, false);
	esp(policy(XFRM_POLICY_OUT, HA, HOA, IPPROTO_MH, -1), HA, HOA, 2, false);
}
END_TEST

START_TEST(home_tests_need_types)
{
	const bool typed = _i;
	char err[256] = "";

	d.able.mh_type_in = typed;
	d.able.migrate_typed = !typed;
	want(IPSEC_HOME_REG_BINDING, 1, 2);
	want(IPSEC_TUNNEL_HOME_TESTING, 3, 4);
	d.ipsec = ipsec_open(&d, err, sizeof(err));
	ck_assert_ptr_null(d.ipsec);
	ck_assert_msg(strstr(err, ".patch") != NULL, "%s", err);
	ck_assert_uint_eq(ki.policies.n, 0);
}
END_TEST

/* Before anything of the home agent's could be asked for, the neighbours have to find each other. */
START_TEST(neighbours_are_excepted)
{
	const struct kern_sp *any, *ns;

	want(_i ? IPSEC_ICMP : IPSEC_ANY, 1, 2);
	start();
	any = policy(XFRM_POLICY_IN, HOA, HA, _i ? IPPROTO_ICMPV6 : 0, -1);
	esp(any, HOA, HA, 1, false);
	for (int dir = XFRM_POLICY_IN; dir <= XFRM_POLICY_OUT; dir++)
		for (int type = ND_NS; type <= ND_NA; type++) {
			ns = policy(dir, dir == XFRM_POLICY_IN ? HOA : HA, dir == XFRM_POLICY_IN ? HA : HOA, IPPROTO_ICMPV6, type);
			ck_assert_ptr_nonnull(ns);
			ck_assert_int_eq(ns->action, KERN_SP_ALLOW);
			ck_assert_uint_lt(ns->priority, any->priority);
		}
}
END_TEST

/* What is between mobile node and home agent is never let through for the sake of correspondents. */
START_TEST(correspondents_are_excepted)
{
	const struct kern_sp *updates, *home_updates, *tunnel;
	const struct in6_addr coa = ip(COA1);

	as_mobile_node();
	want(IPSEC_HOME_REG_BINDING, 1, 2);
	want(IPSEC_TUNNEL_MH, 3, 4);
	start();
	ck_assert_int_eq(ipsec_move(d.ipsec, &home.hoa, &coa, false), 0);
	updates = policy(XFRM_POLICY_OUT, HOA, "", IPPROTO_MH, MH_BU);
	home_updates = policy(XFRM_POLICY_OUT, HOA, HA, IPPROTO_MH, MH_BU);
	tunnel = policy(XFRM_POLICY_OUT, HOA, "", IPPROTO_MH, -1);
	esp(home_updates, HOA, HA, 1, false);
	esp(tunnel, COA1, HA, 3, true);
	ck_assert_int_eq(updates->action, KERN_SP_ALLOW);
	ck_assert_uint_lt(home_updates->priority, updates->priority);
	ck_assert_uint_lt(updates->priority, tunnel->priority);
}
END_TEST

START_TEST(block)
{
	want(IPSEC_HOME_REG_BINDING, 1, 2);
	want(IPSEC_ICMP, 0, 0);
	set.policy[IPSEC_ICMP].block = true;
	start();
	ck_assert_int_eq(policy(XFRM_POLICY_IN, HOA, HA, IPPROTO_ICMPV6, -1)->action, KERN_SP_BLOCK);
	ck_assert_int_eq(policy(XFRM_POLICY_OUT, HA, HOA, IPPROTO_ICMPV6, -1)->action, KERN_SP_BLOCK);
}
END_TEST

/* ---- the tunnel ---- */

static void payload(void)
{
	want(IPSEC_HOME_REG_BINDING, 1, 2);
	want(IPSEC_TUNNEL_PAYLOAD, 3, 4);
	paper_association(HOA, HA, 3, true);
	paper_association(HA, HOA, 4, true);
	start();
}

static void tunnel_is_at(const char *end)
{
	esp(policy(XFRM_POLICY_IN, HOA, "", 0, -1), end, HA, 3, true);
	esp(policy(XFRM_POLICY_FWD, HOA, "", 0, -1), end, HA, 3, true);
	esp(policy(XFRM_POLICY_OUT, "", HOA, 0, -1), HA, end, 4, true);
	ck_assert(is(&ki.associations.at[0].src, end));
	ck_assert(is(&ki.associations.at[1].dst, end));
}

static void no_tunnel(void)
{
	ck_assert_ptr_null(policy(XFRM_POLICY_IN, HOA, "", 0, -1));
	ck_assert_ptr_null(policy(XFRM_POLICY_OUT, "", HOA, 0, -1));
	ck_assert(is(&ki.associations.at[0].src, HOA));
	ck_assert(is(&ki.associations.at[1].dst, HOA));
}

START_TEST(moves)
{
	const struct in6_addr hoa = ip(HOA), coa1 = ip(COA1), coa2 = ip(COA2);
	unsigned int n;

	conf.ipsec_pf_key = _i;
	payload();
	n = ki.policies.n;
	no_tunnel();
	ck_assert_int_eq(ipsec_move(d.ipsec, &hoa, &coa1, true), 0);
	tunnel_is_at(COA1);
	/* not by the tunnel's policies */
	ck_assert_uint_eq(ki.n_km, 1);
	ck_assert_int_eq(ipsec_move(d.ipsec, &hoa, &coa1, true), 0); /* nothing new for anybody */
	ck_assert_uint_eq(ki.n_km, 1);
	ck_assert_uint_eq(ki.n_told, 1);
	ck_assert(is(&ki.km.from, HA) && is(&ki.km.to, COA1));
	ck_assert_int_eq(ipsec_move(d.ipsec, &hoa, &coa2, false), 0);
	tunnel_is_at(COA2);
	ck_assert_uint_eq(ki.n_km, 1);
	ck_assert_uint_eq(ki.n_told, 1);
	ck_assert_uint_eq(ki.n_migrated, 6);
	ck_assert_int_eq(ipsec_move(d.ipsec, &hoa, &coa2, false), 0); /* nothing new */
	ck_assert_uint_eq(ki.n_migrated, 6);
	ck_assert_int_eq(ipsec_move(d.ipsec, &hoa, NULL, false), 0);
	no_tunnel();
	ck_assert_uint_eq(ki.n_migrated, 9);
	ck_assert_uint_eq(ki.n_pf_key, _i ? 10 : 0);
	ck_assert_uint_eq(ki.policies.n, n);
	ck_assert_int_eq(ipsec_move(d.ipsec, &hoa, NULL, false), 0);
}
END_TEST

/* Without a tunnel, or an association for it, the key manager hears of the move all the same; nothing is moved by that. */
START_TEST(key_manager_told)
{
	const struct in6_addr hoa = ip(HOA), coa1 = ip(COA1);

	conf.ipsec_pf_key = _i;
	want(IPSEC_MOB_PFX_DISC, 5, 6);
	want(IPSEC_MH, 1, 2);
	paper_association(HOA, HA, 1, false);
	start();
	ck_assert_int_eq(ipsec_move(d.ipsec, &hoa, &coa1, false), 0);
	ck_assert_uint_eq(ki.n_told, 0);
	ck_assert_int_eq(ipsec_move(d.ipsec, &hoa, &coa1, true), 0);
	ck_assert_uint_eq(ki.n_told, 1);
	ck_assert(is(&ki.km.from, HA) && is(&ki.km.to, COA1));
	ck_assert(is(&ki.associations.at[0].src, HOA));
	ck_assert_int_eq(ipsec_move(d.ipsec, &hoa, NULL, true), 0);
	ck_assert(is(&ki.km.to, HOA));
	/* one that cannot be told is no reason not to move */
	ki.migrate_error = -ENOENT;
	ck_assert_int_eq(ipsec_move(d.ipsec, &hoa, &coa1, true), 0);
	ck_assert_uint_eq(ki.n_told, 2);
	ck_assert_uint_eq(ki.n_migrated, 0);
}
END_TEST

/* A mobile node that has lost the association of its registration is known to the key manager by those of its tunnel alone. */
START_TEST(key_manager_told_by_the_tunnel)
{
	const struct in6_addr hoa = ip(HOA), coa1 = ip(COA1), coa2 = ip(COA2);

	conf.ipsec_pf_key = _i;
	as_mobile_node();
	payload();
	paper_association(HOA, HA, 1, false);
	ck_assert_int_eq(ipsec_move(d.ipsec, &hoa, &coa1, true), 0);
	ck_assert_uint_eq(ki.n_km, 1);
	ki.associations.n--;
	ck_assert_int_eq(ipsec_move(d.ipsec, &hoa, &coa2, true), 0);
	ck_assert_uint_eq(ki.n_km, 3);
	ck_assert(is(&ki.km.from, COA2) && is(&ki.km.to, HA));
	ck_assert(is(&ki.associations.at[0].src, COA2));
}
END_TEST

/* The kernel says no to the n-th request: all is as before. */
START_TEST(move_refused)
{
	const struct in6_addr hoa = ip(HOA), coa1 = ip(COA1), coa2 = ip(COA2);

	payload();
	ki.migrate_error = -EPERM;
	ki.migrate_after = _i;
	ck_assert_int_eq(ipsec_move(d.ipsec, &hoa, &coa1, false), -EPERM);
	ki.migrate_error = 0;
	ck_assert_ptr_null(policy(XFRM_POLICY_IN, HOA, "", 0, -1));
	ck_assert_ptr_null(policy(XFRM_POLICY_FWD, HOA, "", 0, -1));
	ck_assert_ptr_null(policy(XFRM_POLICY_OUT, "", HOA, 0, -1));
	ck_assert_int_eq(ipsec_move(d.ipsec, &hoa, &coa1, false), 0);
	ki.migrate_error = -EPERM;
	ki.migrate_after = ki.n_migrated + _i;
	ck_assert_int_eq(ipsec_move(d.ipsec, &hoa, &coa2, false), -EPERM);
	ki.migrate_error = 0;
	esp(policy(XFRM_POLICY_IN, HOA, "", 0, -1), COA1, HA, 3, true);
	esp(policy(XFRM_POLICY_OUT, "", HOA, 0, -1), HA, COA1, 4, true);
	ck_assert(ipsec_protects(d.ipsec, &hoa, &set.ha));
}
END_TEST

/* A daemon that was killed has left policies and associations abroad. */
START_TEST(found_abroad)
{
	const struct in6_addr hoa = ip(HOA), coa1 = ip(COA1), coa2 = ip(COA2);
	const bool claimed = _i;
	struct ipsec *killed;

	payload();
	ck_assert_int_eq(ipsec_move(d.ipsec, &hoa, &coa1, false), 0);
	killed = d.ipsec;
	start();
	tunnel_is_at(COA1);
	if (claimed)
		ck_assert_int_eq(ipsec_move(d.ipsec, &hoa, &coa2, false), 0);
	ipsec_settled(d.ipsec);
	if (claimed)
		tunnel_is_at(COA2);
	else
		no_tunnel();
	ipsec_close(killed, true);
}
END_TEST

/*
 * ... by PF_KEY, between two requests of a move: some policies are at the new place, with or without the association that goes by them. Whichever end is
 * taken, all is at one, and moves on from there.
 */
START_TEST(found_between)
{
	const struct in6_addr hoa = ip(HOA), coa1 = ip(COA1), coa2 = ip(COA2), coa3 = ip("2001:db8:f3::5");
	unsigned int bits = (unsigned int)_i / 2, n = 0;
	const bool claimed = _i % 2;
	struct ipsec *killed;

	conf.ipsec_pf_key = true;
	conf.n_ipsec_homes = 1; /* so that nobody else's associations have these numbers */
	payload();
	ck_assert_int_eq(ipsec_move(d.ipsec, &hoa, &coa1, false), 0);
	killed = d.ipsec;
	for (unsigned int i = 0; i < ki.policies.n; i++) {
		struct kern_sp *p = &ki.policies.at[i];

		if (p->action != KERN_SP_ESP || !p->tunnel || !(bits >> n++ & 1))
			continue;
		*(is(&p->to, HA) ? &p->from : &p->to) = coa2;
	}
	ck_assert_uint_eq(n, 3);
	if (bits & 8)
		ki.associations.at[0].src = coa2;
	if (bits & 16)
		ki.associations.at[1].dst = coa2;
	start();
	if (claimed)
		ck_assert_int_eq(ipsec_move(d.ipsec, &hoa, &coa3, false), 0);
	ipsec_settled(d.ipsec);
	if (claimed)
		tunnel_is_at("2001:db8:f3::5");
	else
		no_tunnel();
	ipsec_close(killed, true);
}
END_TEST

/* Only the associations are left, and they say by their selectors whose they are. */
START_TEST(associations_found_abroad)
{
	const struct in6_addr hoa = ip(HOA), coa2 = ip(COA2);

	want(IPSEC_HOME_REG_BINDING, 1, 2);
	want(IPSEC_TUNNEL_PAYLOAD, 3, 4);
	paper_association(COA1, HA, 3, true);
	paper_association(HA, COA1, 4, true);
	ki.associations.at[0].sel_src = hoa;
	ki.associations.at[0].sel_src_len = 128;
	ki.associations.at[1].sel_dst = hoa;
	ki.associations.at[1].sel_dst_len = 128;
	start();
	ck_assert_int_eq(ipsec_move(d.ipsec, &hoa, &coa2, false), 0);
	tunnel_is_at(COA2);
}
END_TEST

/* ---- what others do ---- */

START_TEST(strangers_go)
{
	want(IPSEC_HOME_REG_BINDING, 1, 2);
	ki.policies.at[0] = (struct kern_sp){ .dir = XFRM_POLICY_IN, .priority = KERN_SP_PRIORITY + 3, .src = ip(HOA), .src_len = 128,
					      .dst = ip(HA), .dst_len = 128, .proto = 17, .type = -1 };
	ki.policies.at[1] = (struct kern_sp){ .dir = XFRM_POLICY_IN, .priority = KERN_SP_PRIORITY, .src = ip("2001:db8:9::1"), .src_len = 128,
					      .dst = ip(HA), .dst_len = 128, .proto = IPPROTO_MH, .type = -1 };
	ki.policies.n = 2;
	start();
	ck_assert_uint_eq(ki.policies.n, 4);
	ck_assert_ptr_null(policy(XFRM_POLICY_IN, HOA, HA, 17, -1));
}
END_TEST

START_TEST(deleted_policies_come_back)
{
	const struct kern_ipsec_event gone = { .kind = KERN_IPSEC_POLICY_GONE };
	const struct in6_addr hoa = ip(HOA), coa1 = ip(COA1);

	payload();
	ck_assert_int_eq(ipsec_move(d.ipsec, &hoa, &coa1, false), 0);
	ki.policies.n = 0;
	paper_ipsec_event(&gone);
	ipsec_catch_up(d.ipsec);
	ck_assert(!ipsec_protects(d.ipsec, &hoa, &set.ha));
	paper_run(d.loop, 0.1);
	tunnel_is_at(COA1);
	esp(policy(XFRM_POLICY_IN, HOA, HA, IPPROTO_MH, MH_BU), HOA, HA, 1, false);
	ck_assert(ipsec_protects(d.ipsec, &hoa, &set.ha));
}
END_TEST

/* ---- the fence ---- */

static bool guarded(uint8_t proto, int type)
{
	return ipsec_guarded(d.ipsec, &homes[0].addr, &set.ha, proto, type);
}

static struct kern_sp *paper_policy(int dir, const char *src, const char *dst, uint8_t proto, int type)
{
	return (struct kern_sp *)policy(dir, src, dst, proto, type);
}

static void delete_policy(struct kern_sp *p)
{
	ck_assert_ptr_nonnull(p);
	*p = ki.policies.at[--ki.policies.n];
}

/* Which message asks for which policy, and that each is asked for. */
START_TEST(guards)
{
	as_mobile_node();
	want(IPSEC_HOME_REG_BINDING, 1, 2);
	if (_i)
		want(IPSEC_MH, 3, 4);
	want(IPSEC_MOB_PFX_DISC, 5, 6);
	start();
	ck_assert(guarded(IPPROTO_MH, MH_BA));
	ck_assert(guarded(IPPROTO_ICMPV6, 147));
	ck_assert_uint_eq(ki.n_got, 2);
	/* there is one for the others only if the set says so */
	ck_assert(guarded(IPPROTO_MH, MH_BE));
	ck_assert_uint_eq(ki.n_got, _i ? 3 : 2);
	ck_assert(guarded(IPPROTO_ICMPV6, 1));
	ck_assert(ipsec_guarded(d.ipsec, &homes[1].addr, &set.ha, IPPROTO_MH, MH_BA));
	ck_assert(ipsec_guarded(d.ipsec, &homes[0].addr, &homes[1].addr, IPPROTO_MH, MH_BA));
	ck_assert(ipsec_guarded(NULL, &homes[0].addr, &set.ha, IPPROTO_MH, MH_BA));
	ck_assert_uint_eq(ki.n_got, _i ? 3 : 2);
	delete_policy(paper_policy(XFRM_POLICY_IN, HA, HOA, IPPROTO_ICMPV6, 147));
	ck_assert(guarded(IPPROTO_MH, MH_BA));
	ck_assert(!guarded(IPPROTO_ICMPV6, 147));
	ck_assert(!guarded(IPPROTO_MH, MH_BA)); /* until they are back it is all or nothing */
	ck_assert(guarded(IPPROTO_ICMPV6, 1));
	ck_assert_uint_eq(d.stats[STAT_IPSEC_UNGUARDED], 2);
}
END_TEST

/* Somebody does something of which nothing is told yet. */
START_TEST(not_told)
{
	struct kern_sp *p;

	want(IPSEC_HOME_REG_BINDING, 1, 2);
	start();
	ck_assert(guarded(IPPROTO_MH, MH_BU));
	p = paper_policy(XFRM_POLICY_IN, HOA, HA, IPPROTO_MH, MH_BU);
	switch (_i) {
	case 0: /* a flush, of which this was the first */
		delete_policy(p);
		break;
	case 1: /* deleted and put back */
		p->index = 1000;
		break;
	case 2: /* replaced by one that asks for nothing, or for something else, or comes too late */
		p->action = KERN_SP_ALLOW;
		break;
	case 3:
		p->reqid = 9;
		break;
	case 4:
		p->priority++;
		break;
	case 5: /* the kernel does not say */
		delete_policy(p);
		ki.get_error = -ENOBUFS;
		break;
	}
	ck_assert(!guarded(IPPROTO_MH, MH_BU));
	ck_assert(!ipsec_protects(d.ipsec, &homes[0].addr, &set.ha));
	ck_assert_uint_eq(d.stats[STAT_IPSEC_UNGUARDED], 1);
	/* it is put right without a word from the kernel, and what comes then is believed */
	paper_run(d.loop, 0.1);
	esp(policy(XFRM_POLICY_IN, HOA, HA, IPPROTO_MH, MH_BU), HOA, HA, 1, false);
	ki.get_error = 0;
	ck_assert(guarded(IPPROTO_MH, MH_BU));
	ck_assert_uint_eq(d.stats[STAT_IPSEC_UNGUARDED], 1);
}
END_TEST

/* Replaced and put right again: the index is the same, but of the first the kernel has told. */
START_TEST(as_it_was)
{
	const struct kern_ipsec_event replaced = { .kind = KERN_IPSEC_POLICY_GONE, .src = ip(HOA), .dst = ip(HA) };

	want(IPSEC_HOME_REG_BINDING, 1, 2);
	start();
	paper_ipsec_event(&replaced);
	ck_assert(!guarded(IPPROTO_MH, MH_BU));
	paper_run(d.loop, 0.1);
	ck_assert(guarded(IPPROTO_MH, MH_BU));
}
END_TEST

static int waiting(int fd)
{
	int n = 0;

	ck_assert_int_eq(ioctl(fd, FIONREAD, &n), 0);
	return n;
}

/* What came while there was no policy may not be read once there is one, which knows nothing of it. */
START_TEST(what_waited)
{
	int mh[2], icmp[2];
	struct ipsec_socket s;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM, 0, mh), 0);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM, 0, icmp), 0);
	want(IPSEC_HOME_REG_BINDING, 1, 2);
	start();
	d.mh_fd = mh[0];
	ipsec_socket_add(d.ipsec, &s, icmp[0]);
	delete_policy(paper_policy(XFRM_POLICY_IN, HOA, HA, IPPROTO_MH, MH_BU));
	for (int i = 0; i < 5; i++) {
		ck_assert_int_eq(send(mh[1], "update", 6, 0), 6);
		ck_assert_int_eq(send(icmp[1], "solicitation", 12, 0), 12);
	}
	ck_assert(!guarded(IPPROTO_MH, MH_BU));
	ck_assert_int_ne(waiting(mh[0]), 0);
	paper_run(d.loop, 0.1);
	ck_assert(guarded(IPPROTO_MH, MH_BU));
	ck_assert_int_eq(waiting(mh[0]), 0);
	ck_assert_int_eq(waiting(icmp[0]), 0);
	ck_assert_uint_eq(d.stats[STAT_IPSEC_UNGUARDED], 11);
	/* later ones are the role's to read */
	ck_assert_int_eq(send(icmp[1], "solicitation", 12, 0), 12);
	ck_assert(guarded(IPPROTO_MH, MH_BU));
	ck_assert_int_ne(waiting(icmp[0]), 0);
	ipsec_socket_del(d.ipsec, &s);
	for (int i = 0; i < 2; i++) {
		close(mh[i]);
		close(icmp[i]);
	}
	d.mh_fd = -1;
}
END_TEST

/* They are gone again before their indexes could be read. */
START_TEST(gone_again)
{
	want(IPSEC_HOME_REG_BINDING, 1, 2);
	start();
	delete_policy(paper_policy(XFRM_POLICY_IN, HOA, HA, IPPROTO_MH, MH_BU));
	ck_assert(!guarded(IPPROTO_MH, MH_BU));
	ki.lose_set = 1000;
	paper_run(d.loop, 0.1);
	ck_assert_uint_lt(ki.lose_set, 1000);
	ck_assert(!guarded(IPPROTO_MH, MH_BU));
	ki.lose_set = 0;
	paper_run(d.loop, 0.2);
	ck_assert(guarded(IPPROTO_MH, MH_BU));
	ck_assert_uint_eq(d.stats[STAT_KERNEL_ERRORS], 0);
}
END_TEST

START_TEST(they_cannot_come_back)
{
	const struct kern_ipsec_event gone = { .kind = KERN_IPSEC_POLICY_GONE };
	const struct in6_addr hoa = ip(HOA);

	payload();
	ki.policies.n = 0;
	ki.set_error = -EPERM;
	paper_ipsec_event(&gone);
	paper_run(d.loop, 0.4);
	ck_assert(!ipsec_protects(d.ipsec, &hoa, &set.ha));
	ck_assert_uint_gt(d.stats[STAT_KERNEL_ERRORS], 0);
	ki.set_error = 0;
	paper_run(d.loop, 1.5);
	ck_assert(ipsec_protects(d.ipsec, &hoa, &set.ha));
}
END_TEST

START_TEST(start_refused)
{
	char err[256] = "";

	want(IPSEC_HOME_REG_BINDING, 1, 2);
	ki.set_error = -EPERM;
	ki.set_after = _i;
	d.ipsec = ipsec_open(&d, err, sizeof(err));
	ck_assert_ptr_null(d.ipsec);
	ck_assert_str_ne(err, "");
	ck_assert_uint_eq(ki.policies.n, 0);
}
END_TEST

START_TEST(an_association_comes)
{
	struct kern_ipsec_event e = { .kind = KERN_IPSEC_SA_NEW, .src = ip(HOA), .dst = ip(HA), .spi = 7, .reqid = 1 };

	want(IPSEC_HOME_REG_BINDING, 1, 2);
	start();
	e.reqid = 9; /* somebody else's */
	paper_ipsec_event(&e);
	paper_run(d.loop, 0.01);
	ck_assert_uint_eq(n_associated, 0);
	/* with the one for what arrives nothing can leave yet */
	e = (struct kern_ipsec_event){ .kind = KERN_IPSEC_SA_NEW, .src = ip(HA), .dst = ip(HOA), .spi = 6, .reqid = 2 };
	paper_ipsec_event(&e);
	paper_run(d.loop, 0.01);
	ck_assert_uint_eq(n_associated, 0);
	e = (struct kern_ipsec_event){ .kind = KERN_IPSEC_SA_NEW, .src = ip(HOA), .dst = ip(HA), .spi = 7, .reqid = 1 };
	paper_ipsec_event(&e);
	paper_run(d.loop, 0.01);
	ck_assert_uint_eq(n_associated, 1);
	e.kind = KERN_IPSEC_SA_GONE;
	paper_ipsec_event(&e);
	paper_run(d.loop, 0.01);
	ck_assert_uint_eq(n_associated, 1);
}
END_TEST

/* ---- mip6ctl ---- */

static const char *field(struct json_object *row, const char *name)
{
	struct json_object *v = NULL;

	ck_assert_msg(json_object_object_get_ex(row, name, &v), "no %s", name);
	return v ? json_object_get_string(v) : NULL;
}

START_TEST(rows)
{
	struct json_object *all, *row;
	uint64_t at = 0;

	want(IPSEC_MOB_PFX_DISC, 5, 6);
	payload();
	paper_association(HOA, HA, 1, false);
	all = json_object_new_array();
	ck_assert(ipsec_rows(&d, &at, 1, all)); /* the first home address, and there is another one */
	ck_assert_uint_eq(json_object_array_length(all), 3);
	row = json_object_array_get_idx(all, 0);
	ck_assert_str_eq(field(row, "home_address"), HOA);
	ck_assert_str_eq(field(row, "type"), "HomeRegBinding");
	ck_assert_str_eq(field(row, "state"), "no association");
	ck_assert_str_eq(field(row, "spi_in"), "0x00001002");
	ck_assert_ptr_null(field(row, "spi_out"));
	ck_assert_str_eq(field(row, "remark"), "no association for reqid 2 out: what is sent will be dropped");
	ck_assert_str_eq(field(row, "usable"), "false");
	row = json_object_array_get_idx(all, 2);
	ck_assert_str_eq(field(row, "type"), "TunnelPayload");
	ck_assert_str_eq(field(row, "state"), "at home");
	ck_assert_ptr_null(field(row, "remark"));
	json_object_put(all);
	all = json_object_new_array();
	ck_assert(!ipsec_rows(&d, &at, 100, all));
	ck_assert_str_eq(field(json_object_array_get_idx(all, 0), "home_address"), HOA2);
	json_object_put(all);
	ck_assert_int_eq(ipsec_move(d.ipsec, &homes[0].addr, &(struct in6_addr){ { { 0x20, 1 } } }, false), 0);
	paper_association(HA, HOA, 2, false);
	paper_run(d.loop, 1.1); /* the list is kept for a moment */
	all = json_object_new_array();
	at = 0;
	ipsec_rows(&d, &at, 1, all);
	row = json_object_array_get_idx(all, 0);
	ck_assert_str_eq(field(row, "state"), "protected");
	ck_assert_str_eq(field(row, "algorithms"), "cbc(aes) hmac(sha256)");
	ck_assert_str_eq(field(row, "remark"), "no replay protection (manual keys, or no replay window)");
	ck_assert_str_eq(field(row, "usable"), "true");
	ki.associations.at[2].forged = 3;
	paper_run(d.loop, 1.1);
	json_object_put(all);
	all = json_object_new_array();
	at = 0;
	ipsec_rows(&d, &at, 1, all);
	row = json_object_array_get_idx(all, 0);
	ck_assert_str_eq(field(row, "state"), "wrong keys");
	ck_assert_str_eq(field(row, "remark"), "3 packets in were not authentic, 0 were: the two sides' keys differ, or somebody makes packets up");
	ck_assert_str_eq(field(row, "usable"), "false");
	row = json_object_array_get_idx(all, 2);
	ck_assert_str_eq(field(row, "state"), "protected");
	ck_assert_str_eq(field(row, "care_of_address"), "2001::");
	json_object_put(all);
}
END_TEST

/* Without a policy for it there is no prefix discovery, and who asks is told; unless it is not wanted anyway. */
START_TEST(prefixes)
{
	const bool covered = _i >= 3;
	const enum conf_ipsec_type by[] = { IPSEC_MOB_PFX_DISC, IPSEC_ICMP, IPSEC_ANY };
	struct json_object *all = json_object_new_array(), *row;
	uint64_t at = 0;

	want(IPSEC_HOME_REG_BINDING, 1, 2);
	if (covered)
		want(by[_i - 3], 3, 4);
	if (_i == 1)
		as_mobile_node();
	conf.send_mob_pfx_sols = _i == 1;
	conf.send_mob_pfx_advs = _i != 1 && _i != 2;
	start();
	ck_assert(ipsec_lacks_prefixes(&d, &homes[0].addr) == !covered);
	ck_assert(!ipsec_lacks_prefixes(&d, &set.ha));
	ipsec_rows(&d, &at, 1, all);
	row = json_object_array_get_idx(all, 0);
	ck_assert(!strstr(field(row, "remark"), "no mobile prefix discovery") == (covered || _i == 2));
	json_object_put(all);
}
END_TEST

SUITE("ipsec", .setup = setup, .teardown = teardown, .timeout = 20,
      .tests = { { home_agent }, { mobile_node }, { without_types }, { home_tests_need_types, 2 }, { neighbours_are_excepted, 2 },
		 { correspondents_are_excepted }, { block }, { moves, 2 }, { key_manager_told, 2 }, { key_manager_told_by_the_tunnel, 2 },
		 { move_refused, 3 }, { found_abroad, 2 }, { found_between, 64 },
		 { associations_found_abroad }, { strangers_go }, { deleted_policies_come_back }, { guards, 2 }, { not_told, 6 }, { as_it_was }, { what_waited }, { gone_again }, { they_cannot_come_back },
		 { start_refused, 4 }, { an_association_comes }, { rows }, { prefixes, 6 } })
