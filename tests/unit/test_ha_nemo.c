// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Mobile routers at the home agent (RFC 3963 section 6), on a kernel made of paper: which prefixes an update gets, the status that refuses it, and
 * what of them is in the kernel.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "paper_ha.h"
#include "suite.h"

#define HOA2 "2001:db8:1::200"
#define HOST "2001:db8:1::300" /* one without prefixes */

static struct conf_prefix nets1[] = { { .len = 64 }, { .len = 48 } }, nets2[] = { { .len = 64 } };
static struct conf_served served = { .prefix = { .len = 32 } };
static struct conf_acl acl2 = { .mnps = { 1, nets2 } };
static struct conf_acl acl1 = { .next = &acl2, .mnps = { 2, nets1 } };
static void setup(void)
{
	ha_world_make();
	acl1.hoa = ip(HOA);
	acl2.hoa = ip(HOA2);
	nets1[0].addr = ip("2001:db8:a::");
	nets1[1].addr = ip("2001:db8:b::");
	nets2[0].addr = ip("2001:db8:c::");
	served.prefix.addr = ip("2001:db8::");
	conf.acl = &acl1;
	conf.ha_accept_routers = true;
	ha_start();
}

/* A mobile router's update, with the networks that it names. */
#define MR(hoa, coa, seq, lifetime, ...) BU(hoa, coa, seq, lifetime, .flags = AH | MH_BU_R, .mnp = { __VA_ARGS__ })

/* The last acknowledgement. */
static void expect(uint8_t status, bool router)
{
	ck_assert_uint_eq(k.mh.msg.type, MH_BA);
	ck_assert_uint_eq(k.mh.msg.ba.status, status);
	ck_assert_uint_eq(k.mh.msg.ba.flags, router ? MH_BA_R : 0);
}

/* An update that has its answer at once: of a binding that is there, or one that is refused. */
static void answered(struct bu u, uint8_t status, bool router)
{
	unsigned int n = k.n_mh;

	send_bu(u);
	pass(0.05);
	ck_assert_uint_eq(k.n_mh, n + 1);
	expect(status, router);
}

static void bound(struct bu u)
{
	send_bu(u);
	pass(1.1);
	expect(BA_ACCEPTED, u.flags & MH_BU_R);
}

static const struct kern_route *tunnelled(const char *prefix, uint8_t len)
{
	for (unsigned int i = 0; i < k.routes.n; i++)
		if (k.routes.at[i].ifindex == PAPER_NETWORKS && is(&k.routes.at[i].dst, prefix) && k.routes.at[i].dst_len == len)
			return &k.routes.at[i];
	return NULL;
}

static bool at_home(const char *prefix, const char *hoa)
{
	for (unsigned int i = 0; i < k.routes.n; i++)
		if (k.routes.at[i].ifindex == HOME_LINK && is(&k.routes.at[i].dst, prefix) && is(&k.routes.at[i].gateway, hoa))
			return true;
	return false;
}

static const struct paper_guard *guarded(const char *prefix, uint8_t len)
{
	for (unsigned int i = 0; i < k.guards.n; i++)
		if (k.guards.at[i].len == len && is(&k.guards.at[i].hoa, prefix))
			return &k.guards.at[i];
	return NULL;
}

static void has_network(const char *prefix, uint8_t len, const char *coa)
{
	const struct kern_route *r = tunnelled(prefix, len);
	const struct paper_guard *g = guarded(prefix, len);

	ck_assert(r && r->has_encap && is(&r->encap_dst, coa));
	ck_assert(g && is(&g->coa, coa));
}

static void has_no_network(const char *prefix, uint8_t len)
{
	ck_assert(!tunnelled(prefix, len) && !guarded(prefix, len));
}

static unsigned int networks(void)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < k.routes.n; i++)
		n += k.routes.at[i].ifindex == PAPER_NETWORKS;
	return n;
}

/* ---- tests ---- */

START_TEST(explicit_mode)
{
	ck_assert(at_home("2001:db8:a::", HOA) && at_home("2001:db8:c::", HOA2));
	bound(MR(HOA, COA1, 1, 100, "2001:db8:a::/64"));
	has_network("2001:db8:a::", 64, COA1);
	ck_assert_uint_eq(networks(), 1);
	ck_assert(k.proxies.at[0].router && k.na.router);
	/* A part of what it may have, bits after the length, the same twice. */
	answered(MR(HOA, COA1, 2, 100, "2001:db8:b:7::5/64", "2001:db8:a::/64", "2001:db8:b:7::/64"), 0, true);
	has_network("2001:db8:a::", 64, COA1);
	has_network("2001:db8:b:7::", 64, COA1);
	ck_assert_uint_eq(networks(), 2);
	/* A move takes all along. */
	answered(MR(HOA, COA2, 3, 100, "2001:db8:a::/64", "2001:db8:b:7::/64"), 0, true);
	has_network("2001:db8:a::", 64, COA2);
	has_network("2001:db8:b:7::", 64, COA2);
	/* What is not named any more goes. */
	answered(MR(HOA, COA2, 4, 100, "2001:db8:b::/48"), 0, true);
	has_network("2001:db8:b::", 48, COA2);
	has_no_network("2001:db8:a::", 64);
	ck_assert_uint_eq(networks(), 1);
	answered(MR(HOA, COA2, 5, 0), 0, true);
	ck_assert_uint_eq(networks() + k.guards.n, 0);
	ck_assert(at_home("2001:db8:a::", HOA));
}
END_TEST

START_TEST(implicit_mode)
{
	bound(MR(HOA, COA1, 1, 100));
	has_network("2001:db8:a::", 64, COA1);
	has_network("2001:db8:b::", 48, COA1);
	answered(MR(HOST, COA2, 1, 100), BA_FORWARDING_FAILED, false);
	/* Configured, and of our own link. */
	nets2[0].addr = ip("2001:db8:1::8000");
	nets2[0].len = 113;
	answered(MR(HOA2, COA2, 1, 100), BA_FORWARDING_FAILED, false);
	nets2[0].len = 64;
}
END_TEST

START_TEST(a_host_and_a_router)
{
	bound(BU(HOA, COA1, 1, 100));
	ck_assert_uint_eq(networks(), 0);
	ck_assert(!k.proxies.at[0].router);
	answered(MR(HOA, COA1, 2, 100), 0, true);
	ck_assert_uint_eq(networks(), 2);
	ck_assert(k.proxies.at[0].router);
	answered(BU(HOA, COA1, 3, 100), 0, false);
	ck_assert_uint_eq(networks(), 0);
	ck_assert_uint_eq(k.guards.n, 1);
	ck_assert(!k.proxies.at[0].router);
	/* Options of a host mean nothing. */
	answered(BU(HOA, COA1, 4, 100, .mnp = { "2001:db8:a::/64" }), 0, false);
	ck_assert_uint_eq(networks(), 0);
}
END_TEST

static const struct wrong {
	uint8_t status;
	const char *prefix;
} wrong[] = {
	{ BA_INVALID_PREFIX, "::/0" },
	{ BA_INVALID_PREFIX, "ff0e::/64" },
	{ BA_INVALID_PREFIX, "fe80::/64" },
	{ BA_INVALID_PREFIX, "2001:db8:1::/64" },        /* the home link */
	{ BA_INVALID_PREFIX, "2001:db8::/32" },          /* contains it */
	{ BA_INVALID_PREFIX, "2001:db8:1:0:8000::/65" }, /* is a part of it */
	{ BA_INVALID_PREFIX, "2001:db9::/64" },          /* not served */
	{ BA_UNAUTHORIZED_PREFIX, "2001:db8:c::/64" },   /* another one's */
	{ BA_UNAUTHORIZED_PREFIX, "2001:db8:d::/64" },   /* nobody's */
	{ BA_UNAUTHORIZED_PREFIX, "2001:db8:a::/63" },   /* more than its own */
};

START_TEST(wrong_prefixes)
{
	const struct wrong *w = &wrong[_i];

	conf.served = &served;
	answered(MR(HOA, COA1, 1, 100, "2001:db8:a::/64", w->prefix), w->status, false);
	ck_assert_uint_eq(networks() + k.guards.n + k.proxies.n, 0);
	/* What there was stays as it was. */
	bound(MR(HOA, COA1, 2, 100, "2001:db8:a::/64"));
	answered(MR(HOA, COA2, 3, 100, w->prefix), w->status, false);
	has_network("2001:db8:a::", 64, COA1);
}
END_TEST

START_TEST(overlapping_options)
{
	answered(MR(HOA, COA1, 1, 100, "2001:db8:b::/48", "2001:db8:b:1::/64"), BA_INVALID_PREFIX, false);
}
END_TEST

/* The codec keeps eight. */
START_TEST(too_many)
{
	send_bu(MR(HOA, COA1, 1, 100, "2001:db8:a::/64", "2001:db8:b:1::/64", "2001:db8:b:2::/64", "2001:db8:b:3::/64", "2001:db8:b:4::/64",
		   "2001:db8:b:5::/64", "2001:db8:b:6::/64", "2001:db8:b:7::/64", "2001:db8:b:8::/64"));
	expect(BA_NO_RESOURCES, false);
}
END_TEST

START_TEST(not_permitted)
{
	conf.ha_accept_routers = false;
	ha_restart();
	answered(MR(HOA, COA1, 1, 100, "2001:db8:a::/64"), BA_MR_NOT_PERMITTED, false);
	bound(BU(HOA, COA1, 2, 100));
	answered(MR(HOA, COA1, 3, 100), BA_MR_NOT_PERMITTED, false);
	answered(MR(HOA, COA1, 4, 0), 0, false);
}
END_TEST

START_TEST(behind_itself)
{
	answered(MR(HOA, "2001:db8:a::5", 1, 100, "2001:db8:a::/64"), BA_INVALID_COA, false);
	bound(MR(HOA, COA1, 2, 100));
	answered(MR(HOA, "2001:db8:b:77::5", 3, 100), BA_INVALID_COA, false);
	has_network("2001:db8:a::", 64, COA1);
	/* In what it had, and has not any more. */
	answered(MR(HOA, "2001:db8:b:77::5", 4, 100, "2001:db8:a::/64"), 0, true);
}
END_TEST

START_TEST(behind_each_other)
{
	bound(MR(HOA, COA1, 1, 100));
	/* The second one visits the first one: fine. */
	bound(MR(HOA2, "2001:db8:a::5", 1, 100));
	has_network("2001:db8:c::", 64, "2001:db8:a::5");
	/* And the first one the second one: they would be nowhere. */
	answered(MR(HOA, "2001:db8:c::5", 2, 100), BA_INVALID_COA, false);
	has_network("2001:db8:a::", 64, COA1);
	/* A host behind both is fine, and one of these behind that host is not. */
	bound(BU(HOST, "2001:db8:c::7", 1, 100));
	answered(MR(HOA, HOST, 3, 100), BA_INVALID_COA, false);
}
END_TEST

START_TEST(loop_that_a_host_closes)
{
	/* A care-of address that nobody has as home address yet. */
	bound(MR(HOA, HOST, 1, 100));
	answered(BU(HOST, "2001:db8:a::7", 1, 100), BA_INVALID_COA, false);
}
END_TEST

START_TEST(both_in_detection)
{
	send_bu(MR(HOA, "2001:db8:c::5", 1, 100));
	answered(MR(HOA2, "2001:db8:a::5", 1, 100), BA_INVALID_COA, false);
	pass(1.1);
	expect(BA_ACCEPTED, true);
}
END_TEST

START_TEST(deep_nesting)
{
	static struct conf_acl more[10];
	static struct conf_prefix nets[10];
	char hoa[40], coa[40] = COA1;

	for (unsigned int i = 0; i < 10; i++) {
		snprintf(hoa, sizeof(hoa), "2001:db8:1::a%u", i);
		more[i] = (struct conf_acl){ .next = i ? &more[i - 1] : &acl1, .hoa = ip(hoa), .mnps = { 1, &nets[i] } };
		nets[i] = (struct conf_prefix){ .addr = ip("2001:db8:e::"), .len = 64 };
		nets[i].addr.s6_addr[7] = (uint8_t)i;
	}
	conf.acl = &more[9];
	conf.ha_max_bindings = 20;
	ha_restart();
	for (unsigned int i = 0; i < 8; i++) {
		snprintf(hoa, sizeof(hoa), "2001:db8:1::a%u", i);
		bound(MR(hoa, coa, 1, 100));
		snprintf(coa, sizeof(coa), "2001:db8:e:%u::5", i);
	}
	answered(MR("2001:db8:1::a8", coa, 1, 100), BA_INVALID_COA, false);
}
END_TEST

START_TEST(the_kernel_refuses)
{
	bound(MR(HOA, COA1, 1, 100));
	k.route_error = -ENOSPC;
	answered(MR(HOA, COA2, 2, 100), BA_FORWARDING_FAILED, false);
	ck_assert_uint_eq(networks() + k.guards.n + k.proxies.n, 0);
	k.route_error = 0;
	bound(MR(HOA, COA2, 3, 100));
	has_network("2001:db8:a::", 64, COA2);
}
END_TEST

START_TEST(routes_come_back)
{
	struct kern_route gone;

	bound(MR(HOA, COA1, 1, 100));
	gone = *tunnelled("2001:db8:b::", 48);
	for (unsigned int i = 0; i < k.routes.n; i++)
		if (k.routes.at[i].ifindex != PAPER_TUNNEL) {
			k.routes.at[i--] = k.routes.at[k.routes.n - 1];
			k.routes.n--;
		}
	ha_role.route(&d, &gone, true);
	pass(0.3);
	has_network("2001:db8:a::", 64, COA1);
	has_network("2001:db8:b::", 48, COA1);
	/* Those to mobile routers at home, too, but for the one that is not: the kernel would not take it. */
	ck_assert(at_home("2001:db8:c::", HOA2) && !at_home("2001:db8:a::", HOA));
	answered(MR(HOA, COA1, 2, 0), 0, true);
	ck_assert(at_home("2001:db8:a::", HOA));
}
END_TEST

START_TEST(strangers_go)
{
	const struct kern_route left = { .dst = ip("2001:db8:a:5::"), .dst_len = 64, .table = 254, .ifindex = PAPER_NETWORKS, .metric = 512,
					 .protocol = KERN_RTPROT, .has_encap = true, .encap_dst = ip(COA1) };

	bound(MR(HOA, COA1, 1, 100));
	k.routes.at[k.routes.n++] = left;
	ha_role.resync(&d);
	pass(0.3);
	has_no_network("2001:db8:a:5::", 64);
	has_network("2001:db8:a::", 64, COA1);
}
END_TEST

START_TEST(refused_by_the_access_list)
{
	acl2.status = BA_PROHIBITED;
	ha_restart();
	ck_assert(at_home("2001:db8:a::", HOA) && !at_home("2001:db8:c::", HOA2));
	answered(MR(HOA2, COA1, 1, 100), BA_PROHIBITED, false);
	acl2.status = 0;
	ha_role.resync(&d);
	pass(0.3);
	ck_assert(at_home("2001:db8:c::", HOA2));
	acl2.status = BA_PROHIBITED;
	ha_role.resync(&d);
	pass(0.3);
	ck_assert(!at_home("2001:db8:c::", HOA2));
}
END_TEST

/* The prefix is given to another mobile router while the first one still has it. */
START_TEST(configuration_changes)
{
	bound(MR(HOA, COA1, 1, 100));
	nets2[0].addr = ip("2001:db8:a::");
	acl1.mnps = (struct conf_mnps){ 1, nets1 + 1 };
	answered(MR(HOA2, COA2, 1, 100, "2001:db8:a::/64"), BA_UNAUTHORIZED_PREFIX, false);
	answered(MR(HOA2, COA2, 2, 100), BA_FORWARDING_FAILED, false);
	/* At its next refresh it loses it; in the same turn the other one asks again. */
	send_bu(MR(HOA, COA1, 2, 100));
	send_bu(MR(HOA2, COA2, 3, 100));
	pass(1.2);
	expect(BA_ACCEPTED, true);
	has_network("2001:db8:a::", 64, COA2);
	has_network("2001:db8:b::", 48, COA1);
	acl1.mnps = (struct conf_mnps){ 2, nets1 };
}
END_TEST

START_TEST(reload)
{
	bound(MR(HOA, COA1, 1, 100, "2001:db8:a::/64"));
	bound(MR(HOA2, COA2, 1, 100));
	/* The first one is given another network than the one it has. */
	acl1.mnps = (struct conf_mnps){ 1, nets1 + 1 };
	ha_role.reloaded(&d);
	pass(0.3);
	has_no_network("2001:db8:a::", 64);
	has_network("2001:db8:c::", 64, COA2);
	ck_assert(at_home("2001:db8:b::", HOA) && !at_home("2001:db8:a::", HOA));
	acl1.mnps = (struct conf_mnps){ 2, nets1 };
}
END_TEST

START_TEST(expiry)
{
	bound(MR(HOA, COA1, 1, 1));
	pass(4.1);
	ck_assert_uint_eq(networks() + k.guards.n, 0);
}
END_TEST

START_TEST(stored)
{
	char dir[] = "/tmp/mip6-nemo-XXXXXX", path[64], command[96];

	ha_role.free(&d);
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/bindings.db", dir);
	conf.ha_keep = true;
	conf.binding_cache_file = path;
	ha_start();
	bound(MR(HOA, COA1, 1, 100, "2001:db8:a::/64"));
	bound(MR(HOA2, COA2, 1, 100));
	d.leave = true;
	ha_role.free(&d);
	d.leave = false;
	k.guards.n = 0; /* a new daemon's map */
	nets2[0].addr = ip("2001:db8:ee::"); /* and a new configuration: the second one is not what it was */
	ha_start();
	pass(0.3);
	has_network("2001:db8:a::", 64, COA1);
	ck_assert(!tunnelled("2001:db8:b::", 48));
	has_no_network("2001:db8:c::", 64);
	answered(MR(HOA, COA2, 2, 100, "2001:db8:a::/64"), 0, true);
	has_network("2001:db8:a::", 64, COA2);
	d.clean = true;
	ha_role.free(&d);
	d.clean = false;
	snprintf(command, sizeof(command), "rm -r %s", dir);
	ck_assert_int_eq(system(command), 0);
	conf.ha_keep = false;
	ha_start();
}
END_TEST

SUITE("ha nemo", .timeout = 60, .setup = setup, .teardown = ha_world_down,
	.tests = {
		{ explicit_mode },
		{ implicit_mode },
		{ a_host_and_a_router },
		{ wrong_prefixes, sizeof(wrong) / sizeof(wrong[0]) },
		{ overlapping_options },
		{ too_many },
		{ not_permitted },
		{ behind_itself },
		{ behind_each_other },
		{ loop_that_a_host_closes },
		{ both_in_detection },
		{ deep_nesting },
		{ the_kernel_refuses },
		{ routes_come_back },
		{ strangers_go },
		{ refused_by_the_access_list },
		{ configuration_changes },
		{ reload },
		{ expiry },
		{ stored },
	})
