// SPDX-License-Identifier: GPL-2.0-or-later
/* Whose an association is, on a home agent with many mobile nodes. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/ipsec_impl.h"

#include "suite.h"

#define NODES 1000

static struct conf_ipsec_set sets[NODES];
static struct conf_ipsec_home homes[NODES];
static struct conf conf;
static struct daemon d;
static struct ipsec ip;
static struct in6_addr ha, coa;

static struct in6_addr addr(const char *prefix, unsigned int n)
{
	struct in6_addr a;

	ck_assert_int_eq(inet_pton(AF_INET6, prefix, &a), 1);
	a.s6_addr[14] = (uint8_t)(n >> 8);
	a.s6_addr[15] = (uint8_t)n;
	return a;
}

static struct in6_addr home(unsigned int n)
{
	return addr("2001:db8:1::", 2 * n + 2); /* the odd ones are nobody's */
}

/* Node i has the numbers 10 * i + 1 ... 4: of its registration and of its tunnel, to the home agent and from there. */
static void nodes(unsigned int n)
{
	ha = addr("2001:db8:1::", 1);
	coa = addr("2001:db8:f::", 5);
	memset(sets, 0, sizeof(sets));
	for (unsigned int i = 0; i < n; i++) {
		sets[i].ha = ha;
		sets[i].policy[IPSEC_HOME_REG_BINDING] = (struct conf_ipsec_policy){ .line = 1, .reqid = { 10 * i + 1, 10 * i + 2 } };
		sets[i].policy[IPSEC_TUNNEL_PAYLOAD] = (struct conf_ipsec_policy){ .line = 2, .reqid = { 10 * i + 3, 10 * i + 4 } };
		homes[i] = (struct conf_ipsec_home){ home(i), &sets[i] };
	}
	conf = (struct conf){ .role = ROLE_HA, .use_mn_ha_ipsec = true, .ipsec_index = homes, .n_ipsec_homes = n };
	d = (struct daemon){ .conf = &conf };
	ip = (struct ipsec){ .d = &d };
}

static void collect(void)
{
	ck_assert_int_eq(ipsec_collect_peers(&ip), 0);
	ck_assert_int_eq(ipsec_index_reqids(&ip), 0);
}

static void away(unsigned int n, struct in6_addr to)
{
	ip.peers[n].tunnel = true;
	ip.peers[n].end = to;
}

/* Of an association between the home agent and another address, in both directions. -1: nobody. */
static void is_of(int node, bool tunnel, struct in6_addr other, uint32_t reqid)
{
	struct ipsec_peer *want = node < 0 ? NULL : &ip.peers[node];

	ck_assert_ptr_eq(ipsec_peer_of_sa(&ip, &other, &ha, tunnel, reqid), want);
	ck_assert_ptr_eq(ipsec_peer_of_sa(&ip, &ha, &other, tunnel, reqid), want);
}

static void teardown(void)
{
	free(ip.peers);
	free(ip.reqids);
}

START_TEST(by_home_address)
{
	struct in6_addr a;

	for (unsigned int n = 0; n <= NODES; n = n ? 10 * n : 1) {
		nodes(n);
		collect();
		for (unsigned int i = 0; i < n; i++) {
			a = home(i);
			ck_assert_ptr_eq(ipsec_peer(&ip, &a), &ip.peers[i]);
			ck_assert_mem_eq(&ip.peers[i].hoa, &a, sizeof(a));
			is_of((int)i, false, a, 10 * i + 1);
			is_of((int)i, false, a, 10 * i + 2);
			is_of((int)i, true, a, 10 * i + 3);
			is_of(-1, false, a, 10 * i + 3);
			is_of(-1, true, a, 10 * i + 1);
			is_of(-1, true, a, 10 * i + 13);
		}
		for (unsigned int i = 0; i <= n; i++) {
			a = addr("2001:db8:1::", 2 * i + 1);
			ck_assert_ptr_null(ipsec_peer(&ip, &a));
			is_of(-1, false, a, 10 * i + 1);
			is_of(-1, true, a, 10 * i + 3);
		}
		teardown();
	}
	nodes(0);
}
END_TEST

START_TEST(by_care_of_address)
{
	nodes(NODES);
	collect();
	for (unsigned int i = 0; i < NODES; i++)
		is_of(-1, true, addr("2001:db8:f::", i), 10 * i + 3);
	for (unsigned int i = 0; i < NODES; i++)
		away(i, addr("2001:db8:f::", i));
	for (unsigned int i = 0; i < NODES; i++) {
		is_of((int)i, true, addr("2001:db8:f::", i), 10 * i + 3);
		is_of((int)i, true, addr("2001:db8:f::", i), 10 * i + 4);
		is_of(-1, true, addr("2001:db8:f::", i), 10 * i + 1);
		is_of(-1, true, addr("2001:db8:f::", i), 10 * i + 13);
		is_of(-1, true, addr("2001:db8:f::", i), 0);
		is_of(-1, false, addr("2001:db8:f::", i), 10 * i + 1);
		is_of(-1, true, addr("2001:db8:e::", i), 10 * i + 3);
	}
	ip.peers[7].tunnel = false;
	is_of(-1, true, addr("2001:db8:f::", 7), 73);
}
END_TEST

/* A mobile node has more than one home address, or is behind a mobile router with others. */
START_TEST(all_at_one_place)
{
	nodes(NODES);
	collect();
	for (unsigned int i = 0; i < NODES; i++)
		away(i, coa);
	for (unsigned int i = 0; i < NODES; i++)
		is_of((int)i, true, coa, 10 * i + 3);
	is_of(-1, true, coa, 10 * NODES + 3);
}
END_TEST

/* The same number for what one sends and for what another gets. */
START_TEST(number_of_both_directions)
{
	nodes(2);
	sets[0].policy[IPSEC_TUNNEL_PAYLOAD].reqid[0] = sets[1].policy[IPSEC_TUNNEL_PAYLOAD].reqid[1] = 7;
	collect();
	away(0, coa);
	away(1, addr("2001:db8:f::", 6));
	is_of(0, true, coa, 7);
	is_of(1, true, addr("2001:db8:f::", 6), 7);
	is_of(-1, true, addr("2001:db8:f::", 7), 7);
}
END_TEST

START_TEST(any_number)
{
	struct in6_addr end;

	nodes(1);
	memset(sets[0].policy[IPSEC_TUNNEL_PAYLOAD].reqid, 0, sizeof(sets[0].policy[0].reqid));
	collect();
	is_of(-1, true, coa, 9);
	away(0, coa);
	is_of(0, true, coa, 9);
	is_of(0, true, coa, 0);
	is_of(-1, true, addr("2001:db8:f::", 6), 9);
	/* Elsewhere it could be anybody's. */
	end = addr("2001:db8:f::", 6);
	ck_assert_ptr_null(ipsec_peer_of_tunnel(&ip, &end, &ha, 9, &end));
	ck_assert_ptr_null(ipsec_peer_of_tunnel(&ip, &end, &ha, 0, &end));
}
END_TEST

/* A number that only what arrives has. */
START_TEST(half_a_number)
{
	nodes(1);
	sets[0].policy[IPSEC_TUNNEL_PAYLOAD].reqid[1] = 0;
	collect();
	away(0, coa);
	is_of(0, true, coa, 3);
	is_of(0, true, coa, 0);
	is_of(-1, true, coa, 9);
}
END_TEST

/* What is blocked has no associations. */
START_TEST(blocked)
{
	nodes(2);
	for (unsigned int i = 0; i < 2; i++)
		sets[i].policy[IPSEC_TUNNEL_MH] = (struct conf_ipsec_policy){ .line = 3, .block = true };
	collect();
	away(0, coa);
	away(1, coa);
	is_of(0, true, coa, 3);
	is_of(1, true, coa, 13);
	is_of(-1, true, coa, 99);
}
END_TEST

/* A mobile node at one care-of address has the same numbers at two home agents. */
START_TEST(two_agents)
{
	struct in6_addr first, end;

	nodes(2);
	first = ha;
	sets[1].ha = addr("2001:db8:2::", 1);
	memcpy(sets[1].policy, sets[0].policy, sizeof(sets[1].policy));
	collect();
	away(0, coa);
	away(1, coa);
	is_of(0, true, coa, 3);
	ck_assert_ptr_eq(ipsec_peer_of_tunnel(&ip, &coa, &ha, 3, &end), &ip.peers[0]);
	ha = sets[1].ha;
	is_of(1, true, coa, 3);
	ck_assert_ptr_eq(ipsec_peer_of_tunnel(&ip, &coa, &ha, 3, &end), &ip.peers[1]);
	ck_assert_mem_eq(&end, &coa, sizeof(end));
	ha = addr("2001:db8:3::", 1);
	is_of(-1, true, coa, 3);
	ck_assert_ptr_null(ipsec_peer_of_tunnel(&ip, &coa, &ha, 3, &end));
	ha = first;
}
END_TEST

SUITE("ipsec_peer", .teardown = teardown,
	.tests = {
		{ by_home_address },
		{ by_care_of_address },
		{ all_at_one_place },
		{ number_of_both_directions },
		{ any_number },
		{ half_a_number },
		{ blocked },
		{ two_agents },
	})
