// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The mobile node on a kernel made of paper: the real role, event loop and codecs. Time is real, and short.
 */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "mn/mn.h"

#include "paper_mn.h"
#include "suite.h"

/* ---- what the kernel holds ---- */

static bool has_rule(uint32_t priority)
{
	for (unsigned int i = 0; i < k.rules.n; i++)
		if (k.rules.at[i].priority == priority)
			return true;
	return false;
}

/* The state that adds the Home Address option, or NULL. */
static const struct kern_ro_state *hao(void)
{
	for (unsigned int i = 0; i < k.states.n; i++)
		if (k.states.at[i].kind == KERN_HAO)
			return &k.states.at[i];
	return NULL;
}

/* Policies that keep the home address off a foreign link. */
static unsigned int n_blocks(void)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < k.policies.n; i++)
		n += k.policies.at[i].block;
	return n;
}

static bool through(void)
{
	return paper_has_default(MN_TABLE, TUNNEL);
}

static bool refused(void)
{
	return paper_has_default(MN_TABLE, 0);
}

static bool hoa_on_link(void)
{
	return paper_has_addr(ifindex, HOA);
}

/* Nothing is different from an ordinary host at home. */
static bool plain(void)
{
	return hoa_on_link() && !has_rule(MN_RULE_HOA) && !through() && !refused() && !k.plug && !hao() && !n_blocks();
}

static void setup(void)
{
	conf.optimistic_handoff = conf.ro_mn = false;
	mn_world_up();
}

static void teardown(void)
{
	mn_world_down();
	ck_assert(!k.plug && !k.rules.n && !hoa_on_link() && !paper_has_addr(TUNNEL, HOA));
	ck_assert(!through() && !refused());
}

/* What the kernel makes of an advertisement. */
static void default_router(const char *addr)
{
	struct kern_batch *b = kern_batch_new(KERN_ROUTE);
	struct kern_route r = {
		.ifindex = LINK, .has_gateway = true, .gateway = ip(addr), .protocol = RTPROT_RA, .table = RT_TABLE_MAIN
	};

	kern_route_replace(b, &r);
	kern_neigh_set(b, LINK, &r.gateway, the_link.lladdr.addr, 6);
	ck_assert_int_eq(kern_batch_commit(b), 0);
}

static bool routed_by(const char *router)
{
	for (unsigned int i = 0; i < k.routes.n; i++)
		if (k.routes.at[i].table == RT_TABLE_MAIN && is(&k.routes.at[i].gateway, router))
			return true;
	return false;
}

/* The home agent's link-layer address was given to the kernel. */
static bool knows_ha(void)
{
	for (unsigned int i = 0; i < k.neighs.n; i++)
		if (is(&k.neighs.at[i].addr, HA))
			return k.neighs.at[i].ifindex == LINK && k.neighs.at[i].lladdr.addr[5] == 0xaa;
	return false;
}

static void bound_at_f1(void)
{
	F1_RA();
	address(F1_COA, OPTIMISTIC, false);
	ck_assert_uint_eq(k.n_mh, 1);
	ck_assert(is(&k.mh.src, HOA) && is(&k.mh.dst, HA) && !k.mh.has_rt2);
	ck_assert_int_eq(k.mh.ifindex, LINK);
	ck_assert_uint_eq(k.mh.msg.bu.flags, MH_BU_A | MH_BU_H);
	acknowledge(0, k.mh.msg.bu.seq, 400);
	ck_assert(through() && !k.plug);
}

/* ---- tests ---- */

START_TEST(unknown_is_refused)
{
	ck_assert(has_rule(MN_RULE_HOA) && has_rule(MN_RULE_MARK) && refused() && !through());
	ck_assert(paper_has_addr(TUNNEL, HOA) && !hoa_on_link());
	ck_assert_uint_eq(n_blocks(), 2);
	ck_assert_uint_eq(k.n_rs, 1);
	run(0.25);
	ck_assert_uint_ge(k.n_rs, 2);
}
END_TEST

START_TEST(start_at_home)
{
	HOME_RA();
	ck_assert_uint_ge(k.n_ns, 1);
	ck_assert(!hoa_on_link());
	run(1.2);
	ck_assert(plain());
	ck_assert_uint_eq(k.n_mh, 0);
	ck_assert_uint_eq(k.n_na, 0);
}
END_TEST

START_TEST(home_address_taken)
{
	HOME_RA();
	neighbour(HOA, 0xbb);
	neighbour(HA, 0xaa);
	ck_assert_uint_ge(k.n_fatal, 1);
	ck_assert_str_eq(k.fatal, "home address 2001:db8:1::100 already in use on eth0 by 02:00:00:00:00:bb");
	ck_assert(!hoa_on_link());
}
END_TEST

START_TEST(binding_of_an_earlier_life)
{
	HOME_RA();
	neighbour(HOA, 0xaa);
	ck_assert_uint_eq(k.n_fatal, 0);
	ck_assert_uint_eq(k.n_mh, 1);
	ck_assert_uint_eq(k.mh.msg.bu.lifetime, 0);
	ck_assert(knows_ha());
	/* the home agent remembers another number */
	acknowledge(BA_SEQ_OUT_OF_WINDOW, 777, 0);
	ck_assert_uint_eq(k.n_mh, 2);
	ck_assert_uint_eq(k.mh.msg.bu.seq, 778);
	acknowledge(0, 778, 0);
	ck_assert_uint_eq(k.n_na, 1);
	ck_assert(plain());
}
END_TEST

START_TEST(registration)
{
	F1_RA();
	ck_assert_uint_eq(k.n_mh, 0);
	ck_assert(k.plug && through() && has_rule(MN_RULE_HOA));
	address(F2_COA, 0, false); /* not of this link */
	address(F1_COA, IFA_F_TENTATIVE, false); /* not to be used yet */
	ck_assert_uint_eq(k.n_mh, 0);
	address(F1_COA, OPTIMISTIC, false);
	ck_assert_uint_eq(k.n_mh, 1);
	ck_assert(hao() && is(&hao()->coa, F1_COA) && is(&k.tunnel_local, F1_COA) && k.plug);
	ck_assert(k.mh.msg.opts.has_alt_coa && is(&k.mh.msg.opts.alt_coa, F1_COA));
	/* the prefix's lifetime, not the configured 1000 */
	ck_assert_uint_ge(k.mh.msg.bu.lifetime * 4, 592);
	ck_assert_uint_le(k.mh.msg.bu.lifetime * 4, 600);
	acknowledge(0, (uint16_t)(k.mh.msg.bu.seq + 1), 400);
	ck_assert(k.plug);
	acknowledge(0, k.mh.msg.bu.seq, 400);
	ck_assert(!k.plug && through());
	ck_assert_uint_eq(k.released, 1);
	ck_assert_uint_eq(d.stats[STAT_REG_ACCEPTED], 1);
}
END_TEST

START_TEST(lost_acknowledgements)
{
	uint16_t first;
	double at;

	F1_RA();
	address(F1_COA, OPTIMISTIC, false);
	first = k.mh.msg.bu.seq;
	at = k.mh.at;
	paper_until(d.loop, &k.n_mh, 2, 1);
	ck_assert_uint_eq(k.mh.msg.bu.seq, (uint16_t)(first + 1));
	ck_assert_double_ge(k.mh.at - at, 0.055);
	at = k.mh.at;
	paper_until(d.loop, &k.n_mh, 3, 1);
	ck_assert_double_ge(k.mh.at - at, 0.11);
	/* three a second, whatever the timeout */
	run(0.3);
	ck_assert_uint_le(k.n_mh, 4);
	/* the first one was only slow */
	acknowledge(0, first, 400);
	ck_assert(!k.plug && through());
}
END_TEST

START_TEST(no_answer_at_all)
{
	F1_RA();
	address(F1_COA, OPTIMISTIC, false);
	run(3.1);
	ck_assert(!k.plug && !through() && refused() && has_rule(MN_RULE_HOA));
	ck_assert_uint_eq(k.dropped, 1);
}
END_TEST

START_TEST(unsendable)
{
	F1_RA();
	k.mh_error = -ENETUNREACH;
	address(F1_COA, OPTIMISTIC, false);
	ck_assert_uint_eq(k.n_mh, 0);
	k.mh_error = 0;
	paper_until(d.loop, &k.n_mh, 1, 0.05);
}
END_TEST

START_TEST(refusals)
{
	F1_RA();
	address(F1_COA, OPTIMISTIC, false);
	acknowledge(BA_PROHIBITED, k.mh.msg.bu.seq, 0);
	ck_assert(!k.plug && !through() && refused());
	run(0.3);
	ck_assert_uint_eq(k.n_mh, 1);
	ck_assert_uint_eq(d.stats[STAT_REG_REJECTED], 1);
}
END_TEST

START_TEST(refused_care_of_address)
{
	F1_RA();
	address(F1_COA, 0, false);
	acknowledge(BA_INVALID_COA, k.mh.msg.bu.seq, 0);
	ck_assert_uint_eq(k.n_mh, 1);
	address("2001:db8:f1::65", 0, false);
	ck_assert_uint_eq(k.n_mh, 2);
	ck_assert(is(&k.mh.msg.opts.alt_coa, "2001:db8:f1::65"));
}
END_TEST

START_TEST(duplicate_care_of_address)
{
	bound_at_f1();
	address(F1_COA, OPTIMISTIC, true);
	ck_assert(!through() && refused() && !hao());
	ck_assert_uint_eq(d.stats[STAT_DAD_FAILED], 1);
	address("2001:db8:f1::65", OPTIMISTIC, false);
	ck_assert_uint_eq(k.n_mh, 2);
}
END_TEST

START_TEST(move_with_carrier)
{
	bound_at_f1();
	default_router("fe80::f1");
	default_router("fe80::f2");
	ck_assert_uint_eq(k.neighs.n, 2);
	carrier(false);
	ck_assert(k.plug && through());
	carrier(true);
	ck_assert_uint_eq(k.n_rs, 2);
	F2_RA();
	/* the route through f1, the address and the neighbour are gone */
	ck_assert(!paper_has_addr(LINK, F1_COA) && !routed_by("fe80::f1") && routed_by("fe80::f2"));
	ck_assert_uint_eq(k.neighs.n, 1);
	ck_assert(is(&k.neighs.at[0].addr, "fe80::f2"));
	address(F2_COA, OPTIMISTIC, false);
	ck_assert_uint_eq(k.n_mh, 2);
	ck_assert(k.plug && is(&hao()->coa, F2_COA));
	acknowledge(0, k.mh.msg.bu.seq, 400);
	ck_assert(!k.plug && through() && is(&k.tunnel_local, F2_COA));
	ck_assert_uint_eq(d.stats[STAT_MOVES], 1);
}
END_TEST

START_TEST(carrier_and_back)
{
	bound_at_f1();
	carrier(false);
	carrier(true);
	F1_RA();
	ck_assert(!k.plug && through());
	ck_assert_uint_eq(k.n_mh, 1);
	ck_assert_uint_eq(d.stats[STAT_MOVES], 0);
}
END_TEST

START_TEST(two_routers_of_a_link)
{
	bound_at_f1();
	F2_RA();
	ck_assert_uint_eq(k.n_ns, 1);
	ck_assert(is(&k.ns.target, "fe80::f1"));
	neighbour("fe80::f1", 0xf1);
	run(0.3);
	F2_RA();
	ck_assert_uint_eq(k.n_ns, 1); /* known by now */
	ck_assert_uint_eq(d.stats[STAT_MOVES], 0);
	ck_assert(through());
}
END_TEST

/* The administrator's numbers: another router's advertisement waits for all of them. */
START_TEST(probes_of_the_configuration)
{
	conf.mn_router_probes = 4;
	conf.mn_router_probe_ms = 50;
	bound_at_f1();
	F2_RA();
	address(F2_COA, OPTIMISTIC, false);
	run(0.12);
	F2_RA();
	ck_assert_uint_eq(k.n_ns, 3);
	ck_assert_uint_eq(k.n_mh, 1);
	run(0.13);
	ck_assert_uint_eq(k.n_ns, 4);
	ck_assert_uint_ge(k.n_mh, 2);
	ck_assert(is(&k.mh.msg.opts.alt_coa, F2_COA));
	conf.mn_router_probes = conf.mn_router_probe_ms = 0;
}
END_TEST

START_TEST(no_alternate_care_of_address)
{
	conf.homes->alt_coa = false;
	F1_RA();
	address(F1_COA, OPTIMISTIC, false);
	ck_assert_uint_eq(k.n_mh, 1);
	ck_assert(!k.mh.msg.opts.has_alt_coa);
	conf.homes->alt_coa = true;
}
END_TEST

START_TEST(move_without_carrier)
{
	bound_at_f1();
	F2_RA();
	address(F2_COA, OPTIMISTIC, false);
	ck_assert_uint_eq(k.n_mh, 1);
	paper_until(d.loop, &k.n_mh, 2, 2);
	ck_assert_uint_eq(k.n_ns, 5);
	ck_assert(is(&k.mh.msg.opts.alt_coa, F2_COA));
}
END_TEST

START_TEST(return_home)
{
	bound_at_f1();
	carrier(false);
	carrier(true);
	HOME_RA();
	ck_assert(plain());
	ck_assert(knows_ha());
	ck_assert_uint_eq(k.n_mh, 2);
	ck_assert_uint_eq(k.mh.msg.bu.lifetime, 0);
	ck_assert(!k.mh.msg.opts.has_alt_coa);
	ck_assert_uint_eq(k.n_na, 0);
	acknowledge(0, k.mh.msg.bu.seq, 0);
	ck_assert_uint_eq(k.n_na, 1);
	ck_assert(is(&k.na.target, HOA) && k.na.override && !k.na.solicited && !k.na.router);
	run(1.1);
	ck_assert_uint_eq(k.n_na, 2);
}
END_TEST

START_TEST(optimistic_handoff)
{
	conf.optimistic_handoff = true;
	bound_at_f1(); /* the first registration waits */
	carrier(false);
	carrier(true);
	F2_RA();
	ck_assert(k.plug);
	address(F2_COA, OPTIMISTIC, false);
	ck_assert_uint_eq(k.n_mh, 2);
	ck_assert(!k.plug && through() && is(&k.tunnel_local, F2_COA));
}
END_TEST

static unsigned int stopped;

static void on_stopped(struct daemon *dd)
{
	(void)dd;
	stopped++;
}

START_TEST(stop_abroad)
{
	bound_at_f1();
	stopped = 0;
	mn_role.stop(&d, on_stopped);
	ck_assert_uint_eq(k.n_mh, 2);
	ck_assert_uint_eq(k.mh.msg.bu.lifetime, 0);
	ck_assert(k.mh.msg.opts.has_alt_coa);
	ck_assert_uint_eq(stopped, 0);
	acknowledge(0, k.mh.msg.bu.seq, 0);
	run(0.02);
	ck_assert_uint_eq(stopped, 1);
}
END_TEST

START_TEST(stop_without_answer)
{
	bound_at_f1();
	stopped = 0;
	mn_role.stop(&d, on_stopped);
	run(2.1);
	ck_assert_uint_eq(stopped, 1);
}
END_TEST

START_TEST(hostile_neighbourhood)
{
	struct nd_packet p = { .ifindex = LINK, .hoplimit = 255, .type = ND_RA, .ll_len = 6 };
	struct in6_addr r = ip("fe80::bad:0");

	bound_at_f1();
	srandom(1);
	for (unsigned int i = 0; i < 5000; i++) {
		p.len = (size_t)random() % 200;
		for (size_t j = 0; j < p.len; j++)
			p.data[j] = (uint8_t)random();
		p.data[0] = ND_RA;
		r.s6_addr[15] = (uint8_t)i;
		p.src = r;
		mn_role.nd(&d, &p);
		p.type = ND_NA;
		mn_role.nd(&d, &p);
		p.type = ND_RA;
	}
	neighbour("fe80::f1", 0xf1);
	run(0.3);
	ck_assert(through());
	ck_assert_uint_eq(d.stats[STAT_MOVES], 0);
}
END_TEST

START_TEST(shown)
{
	struct json_object *list = json_object_new_array(), *o;
	uint64_t at = 0;

	ck_assert(!mn_role.bul(&d, &at, 10, list));
	ck_assert_uint_eq(json_object_array_length(list), 0);
	bound_at_f1();
	at = 0;
	ck_assert(!mn_role.bul(&d, &at, 10, list));
	ck_assert_uint_eq(json_object_array_length(list), 1);
	o = json_object_array_get_idx(list, 0);
	ck_assert_str_eq(json_object_get_string(json_object_object_get(o, "state")), "registered");
	ck_assert_int_eq(json_object_get_int(json_object_object_get(o, "lifetime_s")), 400);
	json_object_put(list);
	o = mn_role.status(&d);
	ck_assert_str_eq(json_object_get_string(json_object_object_get(o, "location")), "away");
	json_object_put(o);
}
END_TEST

#define SYSCTL "net/ipv6/conf/eth0/"

/* A USB adapter that is pulled out and put in elsewhere is another interface of the same name. */
START_TEST(interface_replaced)
{
	struct kern_link l = the_link;

	bound_at_f1();
	ck_assert_uint_eq(n_blocks(), 2);
	ck_assert_str_eq(paper_sysctl(SYSCTL "optimistic_dad"), "1");
	l.gone = true;
	l.up = l.carrier = false;
	address(F1_COA, OPTIMISTIC, true);
	address("fe80::64", IFA_F_PERMANENT, true);
	k.addrs.n = 0;
	mn_role.link(&d, &l);
	k.sysctls.n = 0;

	l = the_link;
	l.ifindex = ifindex = 5;
	k.links.n = 0;
	paper_link(&l);
	l.up = l.carrier = false;
	mn_role.link(&d, &l);
	ck_assert_str_eq(paper_sysctl(SYSCTL "optimistic_dad"), "1");
	ck_assert_str_eq(paper_sysctl(SYSCTL "use_optimistic"), "1");
	ck_assert_uint_eq(k.watched.n, 1);
	ck_assert_int_eq(k.watched.at[0], 5);
	ck_assert_uint_eq(n_blocks(), 2);
	for (unsigned int i = 0; i < k.policies.n; i++)
		ck_assert(!k.policies.at[i].block || !k.policies.at[i].ifindex || k.policies.at[i].ifindex == 5);

	l.up = l.carrier = true;
	mn_role.link(&d, &l);
	ck_assert_uint_eq(k.n_rs, 2);
	address("fe80::65", IFA_F_PERMANENT, false);
	F2_RA();
	address(F2_COA, OPTIMISTIC, false);
	ck_assert_uint_eq(k.n_mh, 2);
	ck_assert_int_eq(k.mh.ifindex, 5);
	acknowledge(0, k.mh.msg.bu.seq, 400);
	ck_assert(through() && !k.plug);
}
END_TEST

/* The home address is not put on an interface that is not there. */
START_TEST(interface_gone_at_home)
{
	struct kern_link l = the_link;

	HOME_RA();
	run(1.2);
	ck_assert(plain());
	l.gone = true;
	l.up = l.carrier = false;
	mn_role.link(&d, &l);
	k.addrs.n = 0;
	address(HOA, 0, true);
	ck_assert(!hoa_on_link());
	run(1.1); /* nor with the next try */
	ck_assert(!hoa_on_link());
	ck_assert_uint_eq(d.stats[STAT_KERNEL_ERRORS], 0);
}
END_TEST

/* The administrator's own queue is in the way of the plug; the next handoff finds it gone. */
START_TEST(plug_in_use)
{
	bound_at_f1();
	k.plug_error = -EBUSY;
	carrier(false);
	ck_assert(!k.plug && !through() && refused());
	carrier(true);
	F2_RA();
	address(F2_COA, OPTIMISTIC, false);
	acknowledge(0, k.mh.msg.bu.seq, 400);
	ck_assert(!k.plug && through());
	k.plug_error = 0;
	carrier(false);
	ck_assert(k.plug && through());
}
END_TEST

/* Notifications were lost, and what was to be read instead cannot be read. */
START_TEST(resync_fails)
{
	bound_at_f1();
	k.dump_error = -EIO;
	mn_role.resync(&d);
	ck_assert_uint_eq(k.n_mh, 1);
	ck_assert(through() && hao() && is(&hao()->coa, F1_COA));
	k.dump_error = 0;
	k.rules.n = 0;
	run(1.1); /* it is tried again */
	ck_assert(has_rule(MN_RULE_HOA) && has_rule(MN_RULE_MARK) && through());
	ck_assert_uint_eq(k.n_mh, 1);
}
END_TEST

/* The kernel's neighbour unreachability detection gives our router up. */
START_TEST(router_unreachable)
{
	struct in6_addr f1 = ip("fe80::f1"), other = ip("fe80::99");

	bound_at_f1();
	mn_role.neigh_failed(&d, LINK, &other);
	mn_role.neigh_failed(&d, LINK + 1, &f1);
	ck_assert(!k.plug);
	ck_assert_uint_eq(k.n_rs, 1);
	mn_role.neigh_failed(&d, LINK, &f1);
	ck_assert(k.plug);
	ck_assert_uint_eq(k.n_rs, 2);
	run(0.25);
	ck_assert_uint_ge(k.n_rs, 3);
	/* it was only a moment */
	F1_RA();
	ck_assert(!k.plug && through());
	ck_assert_uint_eq(k.n_mh, 1);
	mn_role.neigh_failed(&d, LINK, &f1);
	F2_RA();
	address(F2_COA, OPTIMISTIC, false);
	ck_assert_uint_eq(k.n_mh, 2);
	ck_assert_uint_eq(d.stats[STAT_MOVES], 1);
}
END_TEST

/* Packets leave, n each time, and as many come back or not. */
static void talk(double seconds, unsigned int n, unsigned int answers)
{
	for (double end = clock_now() + seconds; clock_now() < end;) {
		k.traffic.sent += n;
		k.traffic.received += answers;
		run(0.01);
	}
}

/* Nobody answers: until *count is n, or it is too late for that. Enough leaves to notice it. */
static void unanswered(double seconds, const unsigned int *count, unsigned int n)
{
	for (double end = clock_now() + seconds; clock_now() < end && *count < n;)
		talk(0.01, 5, 0);
	ck_assert_uint_eq(*count, n);
}

/* Our link has gone and nobody tells: nothing comes back any more. Then our router is asked, and then others. */
START_TEST(silence)
{
	bound_at_f1();
	talk(1, 1, 1);
	ck_assert_uint_eq(k.n_ns, 0);
	unanswered(0.2, &k.n_ns, 1);
	ck_assert(is(&k.ns.target, "fe80::f1"));
	ck_assert_uint_eq(k.n_rs, 1);
	unanswered(0.2, &k.n_rs, 2);
	ck_assert_uint_eq(k.n_ns, 2);
	ck_assert(!k.plug);
	F2_RA();
	ck_assert(k.plug);
	address(F2_COA, OPTIMISTIC, false);
	ck_assert_uint_eq(k.n_mh, 2);
	ck_assert_uint_eq(d.stats[STAT_MOVES], 1);
}
END_TEST

/* The other link's router advertises before the silence is noticed. */
START_TEST(advertised_into_silence)
{
	bound_at_f1();
	talk(0.6, 1, 1);
	F2_RA();
	address(F2_COA, OPTIMISTIC, false);
	ck_assert_uint_eq(k.n_ns, 1);
	unanswered(0.2, &k.n_mh, 2);
	ck_assert_uint_eq(k.n_ns, 1); /* there is no second question */
	ck_assert_uint_eq(d.stats[STAT_MOVES], 1);
}
END_TEST

/* A stream that nobody answers: the router does, and is asked more and more rarely. */
START_TEST(one_way_traffic)
{
	unsigned int n = 0;
	double first = 0, last = 0;

	bound_at_f1();
	for (double end = clock_now() + 6; clock_now() < end;) {
		talk(0.02, 1, 0);
		if (k.n_ns == n)
			continue;
		n = k.n_ns;
		last = clock_now();
		first = first ? first : last;
		neighbour("fe80::f1", 0xf1);
		k.traffic.received++;
	}
	ck_assert_uint_ge(n, 3); /* after 0, 0.5, 1.5, 3.5 s */
	ck_assert_uint_le(n, 4);
	ck_assert_double_ge(last - first, 1.4);
	ck_assert_uint_eq(k.n_rs, 1);
	ck_assert(through() && !k.plug);
	/* with traffic in both directions it is forgotten */
	talk(1, 1, 1);
	ck_assert_uint_eq(k.n_ns, n);
}
END_TEST

/* Packets come, n each time, until `seconds` are over. */
static void listen_to(double seconds, unsigned int n)
{
	talk(seconds, 0, n);
}

/* A stream comes and stops: our router is asked, once, whether it is there. */
START_TEST(stream_stops)
{
	unsigned int n;

	bound_at_f1();
	listen_to(1.5, 1);
	ck_assert_uint_eq(k.n_ns, 0);
	neighbour("fe80::f1", 0xf1);
	listen_to(0.6, 1);
	n = k.n_ns;
	paper_until(d.loop, &k.n_ns, n + 1, 1);
	ck_assert(is(&k.ns.target, "fe80::f1"));
	neighbour("fe80::f1", 0xf1);
	k.traffic.received++;
	n = k.n_ns;
	run(1);
	ck_assert_uint_eq(k.n_ns, n);
	ck_assert(through() && !k.plug);
}
END_TEST

/* And if it does not answer, five times are enough. */
START_TEST(stream_stops_with_the_router)
{
	unsigned int n;

	bound_at_f1();
	listen_to(1.2, 1);
	n = k.n_ns;
	neighbour("fe80::f1", 0xf1);
	listen_to(0.2, 1);
	run(1);
	ck_assert_uint_le(k.n_ns - n, 5);
	ck_assert(k.plug);
}
END_TEST

/* The pauses of a stream that comes in bursts are not its end. */
START_TEST(bursts)
{
	static const double pauses[] = { 0.1, 0.13, 0.16 };
	unsigned int n = 0, answered = 0;

	bound_at_f1();
	for (int i = 0; i < 24; i++) {
		if (i == 12)
			n = k.n_ns; /* it was to be learned first */
		listen_to(0.05, 3);
		for (double end = clock_now() + pauses[_i]; clock_now() < end; run(0.01))
			for (; answered < k.n_ns; answered++) {
				neighbour("fe80::f1", 0xf1);
				k.traffic.received++;
			}
	}
	ck_assert_uint_le(n, 10);
	ck_assert_uint_eq(k.n_ns, n);
	ck_assert(through() && !k.plug);
}
END_TEST

/* Unanswered questions alone, while packets come as before, do not make a router dead soon. */
START_TEST(busy_and_overdue)
{
	struct nd_packet p = { .ifindex = LINK, .src = ip("fe80::f1"), .hoplimit = 255, .type = ND_RA, .ll_len = 6 };
	struct nd_ra ra = { .lifetime = 300, .n_prefixes = 1, .sll = { .len = 6, .addr = { 2, 0, 0, 0, 0, 0xf1 } }, .adv_interval = 200 };

	bound_at_f1();
	ra.prefixes[0] = (struct nd_prefix){ .prefix = ip("2001:db8:f1::"), .len = 64, .onlink = true, .autonomous = true, .valid = 600, .preferred = 300 };
	p.len = (size_t)nd_build_ra(p.data, sizeof(p.data), &ra);
	mn_role.nd(&d, &p);
	talk(0.7, 1, 1);
	ck_assert_uint_ge(k.n_ns, 3);
	ck_assert(!k.plug && through());
	talk(0.6, 1, 1);
	ck_assert_uint_ge(k.n_ns, 8);
	ck_assert(!k.plug && through());
	neighbour("fe80::f1", 0xf1);
	ck_assert(!k.plug && through());
}
END_TEST

/* Without traffic nothing is asked. */
START_TEST(no_traffic)
{
	bound_at_f1();
	run(1);
	ck_assert_uint_eq(k.n_ns, 0);
	k.traffic.sent++; /* a question to somebody far away */
	run(0.15);
	k.traffic.received++;
	run(0.6);
	ck_assert_uint_eq(k.n_ns, 0);
}
END_TEST

/* MAX_UPDATE_RATE: whatever is asked for, in no second do more than three updates leave. */
START_TEST(update_rate)
{
	enum { MANY = 64 };
	double at[MANY], end;
	unsigned int n = 0;

	bound_at_f1();
	at[n++] = k.mh.at;
	for (end = at[0] + 2.5; clock_now() < end;) {
		unsigned int before = k.n_mh;

		/* the home agent asks for another one as soon as it has one */
		acknowledge(0, k.mh.msg.bu.seq, 400);
		mn_role.mh(&d, &(struct mh_packet){ .src = ip(HA), .dst = ip(HOA) }, &(struct mh_msg){ .type = MH_BRR });
		if (k.n_mh == before)
			run(0.01);
		ck_assert_uint_le(k.n_mh, before + 1);
		ck_assert_uint_lt(n, MANY);
		if (k.n_mh > before)
			at[n++] = k.mh.at;
	}
	ck_assert_uint_ge(n, 7); /* and so many do, if they are wanted */
	for (unsigned int i = 3; i < n; i++)
		ck_assert_double_gt(at[i] - at[i - 3], 0.98);
}
END_TEST

SUITE("mn role", .timeout = 20, .setup = setup, .teardown = teardown,
	.tests = {
		{ unknown_is_refused },
		{ start_at_home },
		{ home_address_taken },
		{ binding_of_an_earlier_life },
		{ registration },
		{ lost_acknowledgements },
		{ no_answer_at_all },
		{ unsendable },
		{ refusals },
		{ refused_care_of_address },
		{ duplicate_care_of_address },
		{ move_with_carrier },
		{ carrier_and_back },
		{ two_routers_of_a_link },
		{ probes_of_the_configuration },
		{ no_alternate_care_of_address },
		{ move_without_carrier },
		{ return_home },
		{ optimistic_handoff },
		{ stop_abroad },
		{ stop_without_answer },
		{ hostile_neighbourhood },
		{ shown },
		{ interface_replaced },
		{ interface_gone_at_home },
		{ plug_in_use },
		{ resync_fails },
		{ router_unreachable },
		{ silence },
		{ advertised_into_silence },
		{ one_way_traffic },
		{ stream_stops },
		{ stream_stops_with_the_router },
		{ bursts, 3 },
		{ busy_and_overdue },
		{ no_traffic },
		{ update_rate },
	})
