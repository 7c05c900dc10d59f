// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A mobile node with several interfaces on a kernel made of paper: which one carries the binding, and which addresses can
 * be care-of addresses.
 */
#include <net/if.h> /* before linux/if.h, which then leaves out what both define */

#include <arpa/inet.h>
#include <linux/if_arp.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "mn/mn.h"

#include "paper_mn.h"
#include "suite.h"

#define ETH2 5

/* What the interface's carrier does, from here on the one that advertise() and address() mean. */
static void on(int index)
{
	ifindex = index;
}

static void carrier_of(int index, bool up)
{
	struct kern_link l = link_of(index);

	l.carrier = up;
	mn_role.link(&d, &l);
	run(0.01);
}

static void setup(void)
{
	conf.optimistic_handoff = conf.ro_mn = false;
	mn_world_up_two(2);
}

static void teardown(void)
{
	mn_world_down();
	conf.ifaces = NULL;
	conf.mn_use_all_ifaces = false;
	ck_assert(!k.rules.n && !paper_has_addr(LINK, HOA) && !paper_has_addr(ETH1, HOA));
	for (unsigned int i = 0; i < k.routes.n; i++)
		ck_assert_uint_ne(k.routes.at[i].protocol, KERN_RTPROT);
}

/* The table that this source's rule leads to, or 0; its default route's interface is checked. */
static int way_of(const char *coa)
{
	for (unsigned int i = 0; i < k.rules.n; i++)
		if (k.rules.at[i].priority == MN_RULE_COA && is(&k.rules.at[i].src, coa))
			for (unsigned int j = 0; j < k.routes.n; j++)
				if (k.routes.at[j].table == k.rules.at[i].table && !k.routes.at[j].dst_len)
					return k.routes.at[j].ifindex;
	return 0;
}

/* The rule for what the main table knows better than by a default route. */
static bool near(void)
{
	for (unsigned int i = 0; i < k.rules.n; i++)
		if (k.rules.at[i].priority == MN_RULE_NEAR && is(&k.rules.at[i].src, HOA) && k.rules.at[i].no_default)
			return true;
	return false;
}

static bool blocked(int index)
{
	for (unsigned int i = 0; i < k.policies.n; i++)
		if (k.policies.at[i].block && k.policies.at[i].ifindex == index)
			return true;
	return false;
}

static bool through(void)
{
	return paper_has_default(MN_TABLE, TUNNEL) && !k.plug;
}

static void acknowledged(void)
{
	acknowledge(0, k.mh.msg.bu.seq, 400);
	ck_assert(through());
}

static bool registers(int index, const char *coa)
{
	return k.mh.ifindex == index && is(&k.mh.msg.opts.alt_coa, coa);
}

/* Both are abroad, eth0 at f1 and eth1 at f2; eth0 has the binding. */
static void both(void)
{
	bound_at(F1_COA);
	on(ETH1);
	F2_RA();
	address(F2_COA, 0, false);
	on(LINK);
	run(0.05);
	ck_assert_uint_eq(k.n_mh, 1);
	ck_assert(registers(LINK, F1_COA) && through());
	ck_assert_int_eq(way_of(F1_COA), LINK);
	ck_assert_int_eq(way_of(F2_COA), 0);
	ck_assert(is(&k.tunnel_local, F1_COA) && is(&k.spare_remote, HA));
	ck_assert(blocked(LINK) && blocked(ETH1));
}

START_TEST(preferred_is_used)
{
	both();
}
END_TEST

/* The other one was first, and had to wait. */
START_TEST(start_waits)
{
	on(ETH1);
	F2_RA();
	address(F2_COA, 0, false);
	run(0.2);
	ck_assert_uint_eq(k.n_mh, 0);
	on(LINK);
	F1_RA();
	address(F1_COA, 0, false);
	paper_until(d.loop, &k.n_mh, 1, 1);
	ck_assert(registers(LINK, F1_COA));
}
END_TEST

START_TEST(start_without_the_preferred)
{
	on(ETH1);
	F2_RA();
	address(F2_COA, 0, false);
	paper_until(d.loop, &k.n_mh, 1, 1.5);
	ck_assert(registers(ETH1, F2_COA));
	ck_assert_int_eq(way_of(F2_COA), ETH1);
}
END_TEST

START_TEST(carrier_lost)
{
	both();
	carrier_of(LINK, false);
	ck_assert_uint_eq(k.n_mh, 2);
	ck_assert(registers(ETH1, F2_COA) && k.plug);
	ck_assert_int_eq(way_of(F2_COA), ETH1);
	ck_assert_int_eq(way_of(F1_COA), 0); /* nothing goes there any more */
	acknowledged();
	ck_assert(is(&k.tunnel_local, F2_COA));
}
END_TEST

/* Make before break. */
START_TEST(comes_back)
{
	both();
	carrier_of(LINK, false);
	acknowledged();
	carrier_of(LINK, true);
	F1_RA();
	run(0.5);
	ck_assert_uint_eq(k.n_mh, 2); /* let it prove itself */
	paper_until(d.loop, &k.n_mh, 3, 3);
	ck_assert(registers(LINK, F1_COA));
	ck_assert(k.plug); /* what leaves waits ... */
	ck_assert_int_eq(way_of(F2_COA), ETH1); /* ... and both care-of addresses have their ways */
	ck_assert_int_eq(way_of(F1_COA), LINK);
	acknowledged();
	ck_assert_uint_eq(k.released, 3);
	ck_assert_uint_eq(k.dropped, 0);
	ck_assert_int_eq(way_of(F2_COA), 0);
	ck_assert(is(&k.tunnel_local, F1_COA));
}
END_TEST

static unsigned int stopped;

static void on_stopped(struct daemon *dd)
{
	(void)dd;
	stopped++;
}

/* A stop: the home agent is told, once, by this interface and from this address. Answered or not, it ends, and soon. */
static void stops_by(int index, const char *coa, bool answered)
{
	unsigned int n = k.n_mh;
	double began = clock_now();

	stopped = 0;
	mn_role.stop(&d, on_stopped);
	paper_until(d.loop, &k.n_mh, n + 1, 1.5); /* MAX_UPDATE_RATE may be in its way */
	ck_assert_int_eq(k.mh.ifindex, index);
	ck_assert_uint_eq(k.mh.msg.bu.lifetime, 0);
	if (coa)
		ck_assert(is(&k.mh.msg.opts.alt_coa, coa));
	else
		ck_assert(!k.mh.msg.opts.has_alt_coa);
	if (coa)
		ck_assert_int_eq(way_of(coa), index);
	if (answered)
		acknowledge(0, k.mh.msg.bu.seq, 0);
	paper_until(d.loop, &stopped, 1, began + (answered ? 1.8 : 2.8) - clock_now());
	mn_world_down();
	ck_assert(!k.plug && !k.rules.n);
	mn_world_up_two(2); /* for the teardown */
}

/* In the middle of the change back to the preferred one, with an answer from the old one only. */
START_TEST(stop_in_a_change)
{
	both();
	carrier_of(LINK, false);
	acknowledged();
	carrier_of(LINK, true);
	F1_RA();
	conf.init_timeout_rereg_ms = 400;
	paper_until(d.loop, &k.n_mh, 3, 3);
	ck_assert(registers(LINK, F1_COA) && k.plug);
	conf.init_timeout_rereg_ms = 40;
	stops_by(ETH1, F2_COA, _i);
}
END_TEST

/* The one in use is lost, and nothing has been done about it yet. */
START_TEST(stop_before_a_change)
{
	struct kern_link l = link_of(LINK);

	both();
	l.carrier = false;
	mn_role.link(&d, &l);
	ck_assert_uint_eq(k.n_mh, 1);
	stops_by(ETH1, F2_COA, _i);
}
END_TEST

/* After a loss the old one does not answer any more: the new one is tried. */
START_TEST(stop_after_a_loss)
{
	both();
	carrier_of(LINK, false);
	ck_assert(registers(ETH1, F2_COA) && k.plug);
	stops_by(ETH1, F2_COA, _i);
}
END_TEST

/* At home by the preferred one, and the home agent has not been told. */
START_TEST(stop_on_the_way_home)
{
	both();
	carrier_of(LINK, false);
	acknowledged();
	carrier_of(LINK, true);
	advertise("fe80::2", 0xbb, "2001:db8:1::", false); /* not the home agent: it is asked for first */
	PAPER_UNTIL(d.loop, mn_of(&d)->location == MN_HOME, 3.0);
	ck_assert_int_eq(mn_of(&d)->step, MN_HOME_ASK);
	stops_by(LINK, NULL, _i);
}
END_TEST

/* At home the spare tunnel has its end already. */
START_TEST(spare_at_home)
{
	HOME_RA();
	paper_until(d.loop, &k.n_ns, 3, 1);
	PAPER_UNTIL(d.loop, mn_of(&d)->step == MN_HOME_DONE, 3.0);
	ck_assert(is(&k.spare_remote, HA));
}
END_TEST

/* The new way does not answer: the old one carries on, and is taken again. */
START_TEST(comes_back_in_vain)
{
	both();
	carrier_of(LINK, false);
	acknowledged();
	carrier_of(LINK, true);
	F1_RA();
	conf.init_timeout_rereg_ms = 400;
	paper_until(d.loop, &k.n_mh, 3, 3);
	run(1.1);
	ck_assert(through() && is(&k.tunnel_local, F2_COA));
	ck_assert_int_eq(way_of(F2_COA), ETH1);
	conf.init_timeout_rereg_ms = 40;
	run(2.5);
	ck_assert(registers(ETH1, F2_COA));
	acknowledged();
	ck_assert(is(&k.tunnel_local, F2_COA));
	/* and it is left alone for a time */
	run(1.5);
	ck_assert(registers(ETH1, F2_COA));
}
END_TEST

/* A bad contact: each time it takes longer until it is trusted. */
START_TEST(flapping)
{
	both();
	for (int i = 0; i < 20; i++) {
		carrier_of(LINK, false);
		if (k.plug)
			acknowledged();
		run(0.05);
		carrier_of(LINK, true);
		F1_RA();
		run(0.1);
		ck_assert(registers(ETH1, F2_COA) && through());
	}
	ck_assert_uint_eq(d.stats[STAT_MOVES], 1); /* there and not back */
	run(2);
	ck_assert_uint_eq(d.stats[STAT_MOVES], 1);
	ck_assert(registers(ETH1, F2_COA) && through());
}
END_TEST

START_TEST(router_dies)
{
	struct in6_addr f1 = ip("fe80::f1");

	both();
	mn_role.neigh_failed(&d, LINK, &f1);
	run(0.01);
	ck_assert(registers(ETH1, F2_COA));
	acknowledged();
}
END_TEST

/* Packets leave and none comes; with another interface ready, the router is asked up to five times a second, and told to be gone soon. */
START_TEST(router_dies_unheard)
{
	unsigned int n = 0;
	double began;

	both();
	run(0.6); /* the counters are looked at */
	began = clock_now();
	while (clock_now() < began + 3) {
		k.traffic.sent++;
		run(0.02);
		if (k.n_ns == n)
			continue;
		n = k.n_ns;
		ck_assert(is(&k.ns.target, "fe80::f1"));
		neighbour("fe80::f1", 0xf1);
		k.traffic.received++;
	}
	ck_assert_uint_ge(n, 4);
	ck_assert_uint_le(n, 16);
	ck_assert_uint_eq(k.n_mh, 1);
	began = clock_now();
	while (k.n_mh == 1 && clock_now() < began + 2) {
		k.traffic.sent++;
		run(0.02);
	}
	ck_assert(registers(ETH1, F2_COA));
}
END_TEST

START_TEST(address_goes)
{
	both();
	address(F1_COA, 0, true);
	run(0.01);
	ck_assert(registers(ETH1, F2_COA));
	acknowledged();
	ck_assert(is(&k.tunnel_local, F2_COA));
}
END_TEST

/* Deprecated is a warning: the other interface has an address that stays. Nothing is lost. */
START_TEST(address_ends)
{
	both();
	address(F1_COA, IFA_F_DEPRECATED, false);
	run(0.01);
	ck_assert_uint_eq(k.n_mh, 1);
	run(1.1);
	ck_assert(registers(ETH1, F2_COA));
	ck_assert_int_eq(way_of(F1_COA), LINK);
	acknowledged();
}
END_TEST

/* One interface, and a second address on it. */
START_TEST(next_address)
{
	both();
	carrier_of(ETH1, false);
	address("2001:db8:f1::65", 0, false);
	run(0.05);
	ck_assert_uint_eq(k.n_mh, 1);
	address(F1_COA, IFA_F_DEPRECATED, false);
	run(0.05);
	ck_assert(registers(LINK, "2001:db8:f1::65"));
	ck_assert_int_eq(way_of(F1_COA), LINK);
	ck_assert_int_eq(way_of("2001:db8:f1::65"), LINK);
	acknowledged();
	ck_assert_int_eq(way_of(F1_COA), 0);
}
END_TEST

START_TEST(interface_pulled_out)
{
	struct kern_link l = link_of(LINK);

	both();
	l.gone = true;
	l.up = l.carrier = false;
	address(F1_COA, 0, true);
	mn_role.link(&d, &l);
	run(0.01);
	ck_assert(registers(ETH1, F2_COA));
	acknowledged();
	/* it comes again, as another one */
	l = link_of(LINK);
	l.ifindex = 17;
	k.links.n = 0;
	paper_link(&l);
	mn_role.link(&d, &l);
	ck_assert_str_eq(paper_sysctl("net/ipv6/conf/eth0/optimistic_dad"), "1");
	on(17);
	address("fe80::64", IFA_F_PERMANENT, false);
	F1_RA();
	address(F1_COA, 0, false);
	paper_until(d.loop, &k.n_mh, 3, 3);
	ck_assert(registers(17, F1_COA));
	acknowledged();
	on(LINK);
}
END_TEST

/* Home is where its prefix is, on whatever interface. */
START_TEST(home_by_the_other_one)
{
	both();
	carrier_of(ETH1, false);
	carrier_of(ETH1, true);
	on(ETH1);
	HOME_RA();
	run(0.05);
	ck_assert(registers(LINK, F1_COA)); /* the preferred one is preferred */
	carrier_of(LINK, false);
	ck_assert(paper_has_addr(ETH1, HOA) && !paper_has_addr(LINK, HOA));
	ck_assert_uint_eq(k.mh.msg.bu.lifetime, 0);
	ck_assert_int_eq(k.mh.ifindex, ETH1);
	acknowledge(0, k.mh.msg.bu.seq, 0);
	ck_assert(!blocked(ETH1) && blocked(LINK));
	/* what is not for the link leaves by it all the same, whoever has the default route */
	ck_assert_int_eq(way_of(HOA), ETH1);
	ck_assert(near());
	k.rules.n = 0;
	mn_role.resync(&d);
	ck_assert_int_eq(way_of(HOA), ETH1);
	ck_assert(near());
	/* and away again */
	on(LINK);
	carrier_of(LINK, true);
	F1_RA();
	address(F1_COA, 0, false);
	run(2.2);
	ck_assert(registers(LINK, F1_COA));
	ck_assert(!paper_has_addr(ETH1, HOA));
	acknowledged();
	ck_assert_int_eq(way_of(HOA), 0);
	ck_assert(!near());
}
END_TEST

/* ---- which addresses ---- */

static void put(const char *addr, uint8_t plen, uint32_t flags, uint32_t valid)
{
	struct kern_addr a = { .addr = ip(addr), .plen = plen, .ifindex = ifindex, .flags = flags, .valid = valid, .preferred = valid };

	mn_role.addr(&d, &a, false);
	run(0.01);
}

static void advertise_no_prefix(const char *router)
{
	struct nd_packet p = { .ifindex = ifindex, .src = ip(router), .hoplimit = 255, .type = ND_RA, .ll_len = 6 };
	struct nd_ra ra = { .lifetime = 300, .managed = true, .sll = { .len = 6, .addr = { 2, 0, 0, 0, 0, 0xf3 } } };

	p.len = (size_t)nd_build_ra(p.data, sizeof(p.data), &ra);
	mn_role.nd(&d, &p);
}

#define DHCP_COA "2001:db8:f3::1234"

/* DHCPv6: no advertisement has the prefix. */
START_TEST(managed)
{
	advertise_no_prefix("fe80::f3");
	put(DHCP_COA, 128, IFA_F_TENTATIVE, 60);
	ck_assert_uint_eq(k.n_mh, 0);
	put(DHCP_COA, 128, 0, 60);
	ck_assert(registers(LINK, DHCP_COA));
	ck_assert_uint_le(k.mh.msg.bu.lifetime * 4, 60); /* not longer than the address */
	ck_assert_uint_ge(k.mh.msg.bu.lifetime * 4, 52);
	acknowledged();
	/* the same router behind a carrier that bounced: the same link */
	carrier_of(LINK, false);
	carrier_of(LINK, true);
	advertise_no_prefix("fe80::f3");
	ck_assert(through());
	ck_assert_uint_eq(d.stats[STAT_MOVES], 0);
	/* somewhere else, what is left of there does not count, but is not ours to remove */
	carrier_of(LINK, false);
	carrier_of(LINK, true);
	F1_RA();
	run(0.05);
	ck_assert(registers(LINK, DHCP_COA));
	address(F1_COA, 0, false);
	ck_assert(registers(LINK, F1_COA));
}
END_TEST

START_TEST(given_anew)
{
	advertise_no_prefix("fe80::f3");
	put(DHCP_COA, 128, 0, 600);
	acknowledged();
	carrier_of(LINK, false);
	carrier_of(LINK, true);
	F1_RA();
	run(0.05);
	ck_assert_uint_eq(k.n_mh, 1);
	/* its server has confirmed it here */
	put(DHCP_COA, 128, 0, 4000);
	ck_assert_uint_eq(k.n_mh, 2);
	ck_assert(registers(LINK, DHCP_COA));
}
END_TEST

START_TEST(fixed)
{
	put("2001:db8:f4::1", 64, IFA_F_PERMANENT, UINT32_MAX);
	advertise_no_prefix("fe80::f4");
	run(0.01);
	ck_assert(registers(LINK, "2001:db8:f4::1"));
	ck_assert_uint_eq(k.mh.msg.bu.lifetime * 4, 1000);
}
END_TEST

/* A temporary address only where there is no other, and never as the home address. */
START_TEST(temporary)
{
	F1_RA();
	address("2001:db8:f1::aaaa", IFA_F_TEMPORARY | IFA_F_TENTATIVE, false);
	address(F1_COA, 0, false);
	address("2001:db8:f1::aaaa", IFA_F_TEMPORARY, false);
	run(0.01);
	ck_assert_uint_eq(k.n_mh, 1);
	ck_assert(registers(LINK, F1_COA));
	acknowledged();
	address(F1_COA, 0, true);
	run(0.01);
	ck_assert(registers(LINK, "2001:db8:f1::aaaa"));
}
END_TEST

/* Somebody else has it, and there is no other: another one is made. */
START_TEST(duplicate)
{
	const struct kern_addr *made = NULL;
	char text[INET6_ADDRSTRLEN];

	both();
	carrier_of(ETH1, false);
	address(F1_COA, IFA_F_TENTATIVE | IFA_F_DADFAILED, true);
	for (unsigned int i = 0; i < k.addrs.n; i++)
		if (k.addrs.at[i].proto == KERN_RTPROT && k.addrs.at[i].ifindex == LINK)
			made = &k.addrs.at[i];
	ck_assert_ptr_nonnull(made);
	ck_assert(made->flags & IFA_F_OPTIMISTIC && made->valid <= 600 && made->valid >= 598);
	mn_role.addr(&d, &(struct kern_addr){ .addr = made->addr, .plen = 64, .ifindex = LINK, .flags = OPTIMISTIC, .valid = 600, .preferred = 600, .proto = KERN_RTPROT }, false);
	inet_ntop(AF_INET6, &made->addr, text, sizeof(text));
	ck_assert_int_eq(strncmp(text, "2001:db8:f1:", 12), 0);
	ck_assert(registers(LINK, text));
	acknowledged();
	/* the kernel tries again, and again in vain: no further one */
	address(F1_COA, IFA_F_TENTATIVE | IFA_F_DADFAILED, true);
	run(0.01);
	ck_assert_uint_eq(k.n_mh, 2);
	/* it goes with the link */
	carrier_of(LINK, false);
	carrier_of(LINK, true);
	F2_RA();
	ck_assert(!paper_has_addr(LINK, text));
}
END_TEST

/* Somebody answers to everything. */
START_TEST(duplicates_without_end)
{
	struct in6_addr last = ip(F1_COA);
	unsigned int n = 0;

	both();
	carrier_of(ETH1, false);
	for (int i = 0; i < 10; i++) {
		struct kern_addr a = { .addr = last, .plen = 64, .ifindex = LINK, .flags = IFA_F_TENTATIVE | IFA_F_DADFAILED };

		k.addrs.n = 0;
		mn_role.addr(&d, &a, true);
		for (unsigned int j = 0; j < k.addrs.n; j++)
			if (k.addrs.at[j].proto == KERN_RTPROT && k.addrs.at[j].ifindex == LINK) {
				last = k.addrs.at[j].addr;
				n++;
			}
	}
	ck_assert_uint_eq(n, 3);
}
END_TEST

/* No advertisements at all: a default route that an administrator has set. */
START_TEST(no_advertisements)
{
	struct kern_batch *b = kern_batch_new(KERN_ROUTE);
	struct kern_route r = { .ifindex = LINK, .has_gateway = true, .gateway = ip("2001:db8:f4::99"), .protocol = RTPROT_STATIC, .table = RT_TABLE_MAIN };

	kern_route_replace(b, &r);
	kern_batch_commit(b);
	put("2001:db8:f4::1", 64, IFA_F_PERMANENT, UINT32_MAX);
	neighbour("2001:db8:f4::99", 0xf4); /* not asked */
	ck_assert_uint_eq(k.n_mh, 0);
	paper_until(d.loop, &k.n_ns, 1, 3);
	ck_assert(is(&k.ns.target, "2001:db8:f4::99"));
	neighbour("2001:db8:f4::98", 0xf5);
	ck_assert_uint_eq(k.n_mh, 0);
	neighbour("2001:db8:f4::99", 0xf4);
	run(0.01);
	ck_assert_uint_ge(k.n_mh, 1);
	ck_assert(registers(LINK, "2001:db8:f4::1"));
	acknowledged();
	ck_assert_int_eq(way_of("2001:db8:f4::1"), LINK);
	/* a bad contact */
	carrier_of(LINK, false);
	carrier_of(LINK, true);
	paper_until(d.loop, &k.n_ns, 2, 3);
	neighbour("2001:db8:f4::99", 0xf4);
	ck_assert(through());
	ck_assert_uint_eq(d.stats[STAT_MOVES], 0);
}
END_TEST

/* ---- all that there are ---- */

START_TEST(all_interfaces)
{
	struct kern_link l = link_of(ETH2), port = link_of(ETH2 + 1), tun = link_of(ETH2 + 2);

	conf.mn_use_all_ifaces = true;
	port.enslaved = true;
	tun.type = ARPHRD_TUNNEL6;
	mn_role.link(&d, &port);
	mn_role.link(&d, &tun);
	ck_assert_uint_eq(k.watched.n, 2);
	paper_link(&l);
	mn_role.link(&d, &l);
	ck_assert_uint_eq(k.watched.n, 3);
	on(ETH2);
	F2_RA();
	address(F2_COA, 0, false);
	paper_until(d.loop, &k.n_mh, 1, 1.5);
	ck_assert(registers(ETH2, F2_COA));
	acknowledged();
	/* it goes, and is forgotten */
	carrier_of(ETH1, true);
	on(ETH1);
	F1_RA();
	address(F1_COA, 0, false);
	run(0.05);
	l.gone = true;
	l.up = l.carrier = false;
	mn_role.link(&d, &l);
	run(0.05);
	ck_assert(registers(ETH1, F1_COA));
	ck_assert_uint_eq(k.watched.n, 2);
	ck_assert(!blocked(ETH2));
	acknowledged();
	on(LINK);
}
END_TEST

/* More interfaces than there is room for. */
START_TEST(too_many)
{
	conf.mn_use_all_ifaces = true;
	for (int i = 0; i < 100; i++) {
		struct kern_link l = link_of(ETH1);

		l.ifindex = 100 + i;
		snprintf(l.name, sizeof(l.name), "veth%d", i);
		mn_role.link(&d, &l);
	}
	ck_assert_uint_eq(k.watched.n, MN_IFS_MAX);
	both();
}
END_TEST

START_TEST(shown)
{
	struct json_object *o, *list;

	both();
	o = mn_role.status(&d);
	list = json_object_object_get(o, "interfaces");
	ck_assert_uint_eq(json_object_array_length(list), 2);
	ck_assert_str_eq(row_text(list, 0, "state"), "used");
	ck_assert_str_eq(row_text(list, 1, "state"), "ready");
	ck_assert_str_eq(row_text(list, 1, "care_of_address"), F2_COA);
	json_object_put(o);
}
END_TEST

SUITE("mn ifs", .timeout = 20, .setup = setup, .teardown = teardown,
	.tests = {
		{ preferred_is_used },
		{ start_waits },
		{ start_without_the_preferred },
		{ carrier_lost },
		{ comes_back },
		{ comes_back_in_vain },
		{ stop_in_a_change, 2 },
		{ stop_before_a_change, 2 },
		{ stop_after_a_loss, 2 },
		{ stop_on_the_way_home, 2 },
		{ spare_at_home },
		{ flapping },
		{ router_dies },
		{ router_dies_unheard },
		{ address_goes },
		{ address_ends },
		{ next_address },
		{ interface_pulled_out },
		{ home_by_the_other_one },
		{ managed },
		{ given_anew },
		{ fixed },
		{ temporary },
		{ duplicate },
		{ duplicates_without_end },
		{ no_advertisements },
		{ all_interfaces },
		{ too_many },
		{ shown },
	})
