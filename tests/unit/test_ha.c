// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The home agent on a kernel made of paper: the real role, binding cache, event loop and codecs. An update goes in as
 * a parsed packet, the acknowledgement comes out as bytes.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cn/cn.h"
#include "core/log.h"

#include "paper_ha.h"
#include "paper_peer.h"
#include "suite.h"

/* ---- the world of a test ---- */

static struct conf_acl denied = { .status = BA_PROHIBITED };

static void check_nd(int ifindex, const struct in6_addr *src, uint8_t type)
{
	ck_assert_int_eq(ifindex, HOME_LINK);
	ck_assert(type != ND_NS || IN6_IS_ADDR_UNSPECIFIED(src));
}

static void setup(void)
{
	ha_world_make();
	paper_addr("fe80::2", 64, HOME_LINK, UINT32_MAX);
	k.on_nd = check_nd;
	conf.ha_max_bindings = 3;
	conf.acl = &denied;
	denied.hoa = ip("2001:db8:1::dead");
	ha_start();
}

/* The nth message was the last; rt2: where its routing header leads, NULL: it has none. */
static void expect_sent(unsigned int n, uint8_t status, uint16_t seq, const char *rt2)
{
	expect_ba(n, status, seq);
	ck_assert(is(&k.mh.src, HA));
	ck_assert_int_eq(k.mh.has_rt2, rt2 != NULL);
	ck_assert_int_eq(k.mh.ifindex, rt2 ? 0 : HOME_LINK);
	if (rt2)
		ck_assert(is(&k.mh.rt2, rt2));
}

static void bind_one(void)
{
	send_bu(BU(HOA, COA1, 100, 100));
	pass(1.1);
	expect_sent(1, BA_ACCEPTED, 100, COA1);
}

/* ---- tests ---- */

START_TEST(first_registration_waits_for_dad)
{
	send_bu(BU(HOA, COA1, 5, 100));
	ck_assert_uint_eq(k.n_ns, 1);
	pass(0.5);
	ck_assert_uint_eq(k.n_mh, 0);
	ck_assert_uint_eq(k.routes.n, 0);
	/* The retransmission is not a second detection, and the answer is to the last one. */
	send_bu(BU(HOA, COA1, 6, 100));
	pass(0.7);
	expect_sent(1, BA_ACCEPTED, 6, COA1);
	ck_assert_uint_eq(k.mh.msg.ba.lifetime, 100);
	ck_assert_uint_eq(k.n_ns, 1);
	ck_assert_uint_eq(k.routes.n, 1);
	ck_assert_int_eq(k.routes.at[0].ifindex, PAPER_TUNNEL);
	ck_assert_uint_eq(k.routes.at[0].dst_len, 128);
	ck_assert_uint_eq(k.proxies.n, 1);
	ck_assert_int_eq(k.proxies.at[0].ifindex, HOME_LINK);
	ck_assert_uint_eq(k.guards.n, 1);
	ck_assert_uint_eq(k.n_na, 1);
	ck_assert(k.na.override && !k.na.solicited && !k.na.router);
}
END_TEST

START_TEST(refresh_move_deregister)
{
	bind_one();
	send_bu(BU(HOA, COA1, 101, 50));
	pass(0.05);
	expect_sent(2, BA_ACCEPTED, 101, COA1);
	ck_assert_uint_eq(k.mh.msg.ba.lifetime, 50);
	send_bu(BU(HOA, COA2, 102, 50));
	pass(0.05);
	expect_sent(3, BA_ACCEPTED, 102, COA2);
	ck_assert(is(&k.routes.at[0].encap_dst, COA2) && is(&k.guards.at[0].coa, COA2));
	ck_assert_uint_eq(k.n_ns, 1);
	send_bu(BU(HOA, COA2, 103, 0));
	pass(0.05);
	expect_sent(4, BA_ACCEPTED, 103, COA2);
	ck_assert_uint_eq(installed(), 0);
}
END_TEST

START_TEST(return_home_is_answered_directly)
{
	bind_one();
	send_bu(BU(HOA, NULL, 101, 0));
	pass(0.05);
	expect_sent(2, BA_ACCEPTED, 101, NULL);
	ck_assert_uint_eq(installed(), 0);
}
END_TEST

START_TEST(alternate_care_of_address)
{
	/* Packets go where the option says, acknowledgements to the source on the wire: 9.5.4. */
	send_bu(BU(HOA, COA1, 1, 10, .alt = COA2));
	pass(1.1);
	expect_sent(1, BA_ACCEPTED, 1, COA1);
	ck_assert(is(&k.routes.at[0].encap_dst, COA2));
	/* What the option may not name. */
	static const char *const bad[] = { "ff02::1", "fe80::5", "::1", "::", "::ffff:192.0.2.1", "2001:db8:1::1" };

	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		send_bu(BU(HOA, COA1, (uint16_t)(2 + i), 10, .alt = bad[i]));
		pass(0.01);
		expect_sent(2 + i, BA_INVALID_COA, (uint16_t)(2 + i), COA1);
	}
	ck_assert_uint_eq(k.routes.n, 1);
}
END_TEST

/* From the home address itself nobody registers a care-of address; he can only come home. */
START_TEST(no_home_address_option)
{
	send_bu(BU(HOA, NULL, 1, 10, .alt = COA1));
	expect_sent(1, BA_UNSPECIFIED, 1, NULL);
	pass(1.1);
	ck_assert_uint_eq(installed() + k.n_ns, 0);
	send_bu(BU(HOA, COA1, 1, 10));
	pass(1.1);
	expect_sent(2, BA_ACCEPTED, 1, COA1);
	send_bu(BU(HOA, NULL, 2, 10, .alt = COA2));
	expect_sent(3, BA_UNSPECIFIED, 2, NULL);
	ck_assert(is(&k.routes.at[0].encap_dst, COA1));
	/* The home address as care-of address says the same as lifetime 0. */
	send_bu(BU(HOA, NULL, 3, 10, .alt = HOA));
	pass(0.05);
	expect_sent(4, BA_ACCEPTED, 3, NULL);
	ck_assert_uint_eq(k.mh.msg.ba.lifetime, 0);
	ck_assert_uint_eq(installed(), 0);
}
END_TEST

/* A home agent acknowledges "regardless of the setting of the Acknowledge (A) bit": 10.3.1, 10.3.2. */
START_TEST(without_acknowledge_flag)
{
	send_bu(BU(HOA, COA1, 1, 10, .flags = MH_BU_H));
	pass(1.1);
	expect_sent(1, BA_ACCEPTED, 1, COA1);
	send_bu(BU(HOA, COA1, 1, 10, .flags = MH_BU_H));
	expect_sent(2, BA_SEQ_OUT_OF_WINDOW, 1, COA1);
	send_bu(BU(HOA, COA1, 2, 0, .flags = MH_BU_H));
	pass(0.05);
	expect_sent(3, BA_ACCEPTED, 2, COA1);
	ck_assert_uint_eq(installed(), 0);
}
END_TEST

START_TEST(sequence_numbers)
{
	bind_one(); /* 100 */
	static const struct {
		uint16_t seq;
		bool newer;
	} t[] = { { 100, false }, { 99, false }, { 101, true }, { 101, false }, { (uint16_t)(101 + 32768), false },
		  { (uint16_t)(101 + 32767), true } };

	for (unsigned int i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		uint16_t last = i <= 2 ? 100 : 101;

		send_bu(BU(HOA, COA1, t[i].seq, 100));
		pass(0.01);
		if (t[i].newer)
			expect_sent(2 + i, BA_ACCEPTED, t[i].seq, COA1);
		else
			expect_sent(2 + i, BA_SEQ_OUT_OF_WINDOW, last, COA1);
	}
}
END_TEST

START_TEST(refusals)
{
	send_bu(BU("2001:db8:99::1", COA1, 1, 10));
	expect_sent(1, BA_NOT_HOME_SUBNET, 1, COA1);
	send_bu(BU("2001:db8:1::dead", COA1, 2, 10));
	expect_sent(2, BA_PROHIBITED, 2, COA1);
	send_bu(BU(HOA, COA1, 3, 0));
	expect_sent(3, BA_NOT_HOME_AGENT, 3, COA1);
	send_bu(BU(HA, COA1, 4, 10));
	expect_sent(4, BA_DAD_FAILED, 4, COA1);
	/* L: the link-local address that goes with this home address is the home agent's own. */
	send_bu(BU("2001:db8:1::2", COA1, 5, 10, .flags = AH | MH_BU_L));
	expect_sent(5, BA_DAD_FAILED, 5, COA1);
	ck_assert_uint_eq(k.n_ns, 0);
	/* Not a home registration, and nothing known: not for us. */
	send_bu(BU(HOA, COA1, 6, 10, .flags = MH_BU_A));
	ck_assert_uint_eq(k.n_mh, 5);
	send_bu(BU(HOA, COA1, 7, 10));
	pass(1.1);
	expect_sent(6, BA_ACCEPTED, 7, COA1);
	send_bu(BU(HOA, COA1, 8, 10, .flags = MH_BU_A));
	expect_sent(7, BA_REG_TYPE_CHANGE, 8, COA1);
	/* Addresses of all routers and of all home agents of the link. */
	send_bu(BU("2001:db8:1::", COA1, 9, 10));
	expect_sent(8, BA_NOT_HOME_SUBNET, 9, COA1);
	send_bu(BU("2001:db8:1:0:fdff:ffff:ffff:fffe", COA1, 9, 10));
	expect_sent(9, BA_NOT_HOME_SUBNET, 9, COA1);
	/* Home addresses that nobody can answer. */
	send_bu(BU("fe80::9", COA1, 9, 10));
	send_bu(BU("::1", COA1, 9, 10));
	ck_assert_uint_eq(k.n_mh, 9);
}
END_TEST

/* What the configuration forbids from now on ends now; the mobile node is asked for an update, and its answer is the status. */
START_TEST(access_taken_away)
{
	bind_one();
	send_bu(BU("2001:db8:1::101", COA2, 1, 100));
	ha_role.reloaded(&d); /* nothing has changed */
	pass(0.1);
	ck_assert_uint_eq(k.n_mh, 1);

	conf.default_acl = BA_PROHIBITED;
	ha_role.reloaded(&d);
	pass(0.1);
	ck_assert_uint_eq(installed(), 0);
	ck_assert_uint_eq(k.n_mh, 3);
	ck_assert_uint_eq(d.stats[STAT_BRR_TX], 1);
	for (unsigned int i = 1; i < 3; i++) {
		const struct paper_mh *m = paper_sent(i);
		bool refresh = m->msg.type == MH_BRR;

		ck_assert(is(&m->dst, refresh ? HOA : "2001:db8:1::101"));
		ck_assert(m->has_rt2 && is(&m->rt2, refresh ? COA1 : COA2));
		ck_assert(refresh || (m->msg.type == MH_BA && m->msg.ba.status == BA_PROHIBITED && !m->msg.ba.lifetime));
	}
	send_bu(BU(HOA, COA1, 101, 100));
	expect_sent(4, BA_PROHIBITED, 101, COA1);
	conf.default_acl = 0;
	ha_role.reloaded(&d);
	send_bu(BU(HOA, COA1, 102, 100));
	pass(1.1);
	expect_sent(5, BA_ACCEPTED, 102, COA1);
}
END_TEST

START_TEST(no_tunnel_loop)
{
	bind_one();
	send_bu(BU("2001:db8:1::101", HOA, 1, 10));
	expect_sent(2, BA_INVALID_COA, 1, HOA);
}
END_TEST

START_TEST(link_local_address_too)
{
	uint8_t ahl = AH | MH_BU_L;
	struct nd_na na = { .target = ip("fe80::100"), .tll = { .len = 6 } };
	struct nd_packet p = { .ifindex = HOME_LINK, .type = ND_NA, .src = ip("fe80::77") };

	send_bu(BU(HOA, COA1, 1, 10, .flags = ahl));
	ck_assert_uint_eq(k.n_ns, 2);
	pass(1.1);
	expect_sent(1, BA_ACCEPTED, 1, COA1);
	ck_assert_uint_eq(k.proxies.n, 2);
	ck_assert_uint_eq(k.n_na, 2);
	/* A refresh without the flag changes nothing of that. */
	send_bu(BU(HOA, COA1, 2, 10));
	pass(0.05);
	ck_assert_uint_eq(k.proxies.n, 2);
	send_bu(BU(HOA, COA1, 3, 0));
	pass(0.05);
	expect_sent(3, BA_ACCEPTED, 3, COA1);

	/* Somebody has the link-local address. */
	send_bu(BU(HOA, COA1, 4, 10, .flags = ahl));
	p.len = (size_t)nd_build_na(p.data, sizeof(p.data), &na);
	ha_role.nd(&d, &p);
	expect_sent(4, BA_DAD_FAILED, 4, COA1);
}
END_TEST

START_TEST(duplicate_address)
{
	struct nd_na na = { .target = ip(HOA), .tll = { .len = 6 } };
	struct nd_packet p = { .ifindex = HOME_LINK, .type = ND_NA, .src = ip("fe80::77") };

	send_bu(BU(HOA, COA1, 5, 100));
	p.len = (size_t)nd_build_na(p.data, sizeof(p.data), &na);
	ha_role.nd(&d, &p);
	expect_sent(1, BA_DAD_FAILED, 5, COA1);
	pass(1.1);
	ck_assert_uint_eq(k.n_mh, 1);
	ck_assert_uint_eq(k.routes.n, 0);

	/* Somebody else's detection of the same address counts as well; a solicitation with a source is only a question. */
	struct nd_ns ns = { .target = ip(HOA) };

	send_bu(BU(HOA, COA1, 6, 100));
	p.type = ND_NS;
	p.len = (size_t)nd_build_ns(p.data, sizeof(p.data), &ns);
	ha_role.nd(&d, &p);
	ck_assert_uint_eq(k.n_mh, 1);
	p.src = in6addr_any;
	ha_role.nd(&d, &p);
	expect_sent(2, BA_DAD_FAILED, 6, COA1);
}
END_TEST

START_TEST(lifetimes)
{
	conf.ha_refresh_advice = 200;
	send_bu(BU(HOA, COA1, 1, 0xffff));
	pass(1.1);
	expect_sent(1, BA_ACCEPTED, 1, COA1);
	ck_assert_uint_eq(k.mh.msg.ba.lifetime, 250); /* 1000 s */
	ck_assert(k.mh.msg.opts.has_refresh_advice);
	ck_assert_uint_eq(k.mh.msg.opts.refresh_advice, 50);

	/* The prefix lives shorter than the binding would. */
	paper_addr(HA, 64, HOME_LINK, 401);
	ha_role.addr(&d, NULL, false);
	send_bu(BU(HOA, COA1, 2, 0xffff));
	pass(0.05);
	expect_sent(2, BA_PREFIX_DISCOVERY_NEEDED, 2, COA1);
	ck_assert_uint_eq(k.mh.msg.ba.lifetime, 100);
}
END_TEST

START_TEST(expiry)
{
	send_bu(BU(HOA, COA1, 1, 1));
	pass(1.1);
	ck_assert_uint_eq(k.routes.n, 1);
	pass(4.2);
	ck_assert_uint_eq(k.n_mh, 1);
	ck_assert_uint_eq(installed(), 0);
	ck_assert_uint_eq(d.stats[STAT_EXPIRED], 1);
}
END_TEST

START_TEST(table_full)
{
	static const char *const homes[] = { "2001:db8:1::a1", "2001:db8:1::a2", "2001:db8:1::a3", "2001:db8:1::a4" };

	for (unsigned int i = 0; i < 4; i++)
		send_bu(BU(homes[i], COA1, 1, 10));
	expect_sent(1, BA_NO_RESOURCES, 1, COA1);
}
END_TEST

START_TEST(kernel_says_no)
{
	k.route_error = -EINVAL;
	send_bu(BU(HOA, COA1, 1, 10));
	pass(1.1);
	expect_sent(1, BA_NO_RESOURCES, 1, COA1);
	ck_assert_uint_eq(installed(), 0);
	ck_assert_uint_eq(d.stats[STAT_KERNEL_ERRORS], 1);
	/* The next attempt finds a clean table. */
	k.route_error = 0;
	send_bu(BU(HOA, COA1, 1, 10));
	pass(1.1);
	expect_sent(2, BA_ACCEPTED, 1, COA1);
}
END_TEST

START_TEST(tunnel_removed)
{
	struct kern_link l = { .ifindex = PAPER_TUNNEL, .name = "mip6ha", .up = true };

	ha_role.link(&d, &l);
	ck_assert_uint_eq(k.n_fatal, 0);
	l.gone = true;
	ha_role.link(&d, &l);
	ck_assert_uint_eq(k.n_fatal, 1);
}
END_TEST

START_TEST(update_rate)
{
	bind_one();
	for (unsigned int i = 0; i < 100; i++)
		send_bu(BU(HOA, COA1, (uint16_t)(101 + i), 10));
	ck_assert_uint_eq(d.stats[STAT_MH_LIMITED], 80);
}
END_TEST

/* Addresses that cannot be read are the old ones. */
START_TEST(addresses_unreadable)
{
	struct json_object *status, *links, *list;

	k.dump_error = -EIO;
	ha_role.addr(&d, NULL, false);
	pass(0.2); /* nor the second time */
	send_bu(BU(HOA, COA1, 1, 10));
	send_bu(BU(HA, COA1, 1, 10));
	expect_sent(1, BA_DAD_FAILED, 1, COA1);
	pass(1.1);
	expect_sent(2, BA_ACCEPTED, 1, COA1);
	paper_addr("2001:db8:2::1", 64, HOME_LINK, UINT32_MAX);
	ha_role.addr(&d, NULL, false);
	k.dump_error = 0;
	pass(0.2);
	status = ha_role.status(&d);
	ck_assert(json_object_object_get_ex(status, "interfaces", &links));
	ck_assert(json_object_object_get_ex(json_object_array_get_idx(links, 0), "addresses", &list));
	ck_assert_uint_eq(json_object_array_length(list), 2);
	json_object_put(status);
}
END_TEST

/* Somebody deletes what we have put in, and puts in what we have not. */
START_TEST(reconciliation)
{
	const uint8_t ahl = AH | MH_BU_L;
	struct kern_batch *b = kern_batch_new(KERN_ROUTE);
	struct in6_addr stray = ip("2001:db8:1::bad"), stray_ll = ip("fe80::bad");
	struct kern_route r;

	send_bu(BU(HOA, COA1, 1, 10, .flags = ahl));
	send_bu(BU("2001:db8:1::101", COA2, 1, 10, .flags = ahl));
	pass(1.2);
	ck_assert_uint_eq(k.routes.n, 2);
	ck_assert_uint_eq(k.proxies.n, 4);
	ck_assert_uint_eq(k.n_na, 4);

	r = k.routes.at[0];
	kern_route_del(b, &r, 0);
	for (unsigned int i = 0; i < k.proxies.n; i++)
		if (is(&k.proxies.at[i].addr, "fe80::101"))
			kern_proxy_del(b, HOME_LINK, &k.proxies.at[i].addr, 0);
	kern_proxy_add(b, HOME_LINK, &stray, false);
	kern_proxy_add(b, HOME_LINK, &stray_ll, false);
	ck_assert_int_eq(kern_batch_commit(b), 0);
	ha_role.route(&d, &r, true);
	pass(0.2);
	ck_assert_uint_eq(k.routes.n, 2);
	ck_assert_uint_eq(k.proxies.n, 4);
	for (unsigned int i = 0; i < k.proxies.n; i++)
		ck_assert(!is(&k.proxies.at[i].addr, "2001:db8:1::bad") && !is(&k.proxies.at[i].addr, "fe80::bad"));
	ck_assert_uint_eq(k.n_mh, 2);
}
END_TEST

/* Lines of the log with this event, since log_open(). */
static unsigned int logged(const char *path, const char *event)
{
	char line[1024];
	unsigned int n = 0;
	FILE *f = fopen(path, "r");

	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f))
		n += strstr(line, event) != NULL;
	fclose(f);
	return n;
}

/* What a flood of updates makes us say again and again is said a few times. */
START_TEST(log_is_limited)
{
	char path[] = "/tmp/mip6d-test-ha-XXXXXX";
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	log_open(path, 0);
	k.mh_error = -ENETUNREACH;
	k.nd_error = -ENETDOWN;
	for (unsigned int i = 0; i < 200; i++)
		send_bu(BU(HOA, COA1, (uint16_t)i, 10));
	ck_assert_uint_ge(logged(path, "warn dad-send-failed"), 10);
	ck_assert_uint_le(logged(path, "warn dad-send-failed"), 20); /* a second may begin meanwhile */
	ck_assert_uint_ge(logged(path, "warn acknowledgement-not-sent"), 10);
	ck_assert_uint_le(logged(path, "warn acknowledgement-not-sent"), 20);
	close(fd);
	unlink(path);
}
END_TEST

START_TEST(shown)
{
	static const char *const homes[] = { HOA, "2001:db8:1::101", "2001:db8:1::102" };
	struct json_object *rows = json_object_new_array();
	uint64_t at = 0;

	for (unsigned int i = 0; i < 3; i++)
		send_bu(BU(homes[i], COA1, 7, 100));
	pass(1.1);
	while (ha_role.bc(&d, &at, 1, rows))
		;
	ck_assert_uint_eq(json_object_array_length(rows), 3);
	ck_assert_str_eq(row_text(rows, 0, "state"), "bound");
	ck_assert_str_eq(row_text(rows, 0, "care_of_address"), COA1);
	ck_assert_str_eq(row_text(rows, 0, "sequence"), "7");
	ck_assert_str_eq(row_text(rows, 0, "lifetime_s"), "400");
	json_object_put(rows);
}
END_TEST

/* ---- a correspondent node, too ---- */

static void give_bu(const char *src, const char *dst, uint8_t flags)
{
	struct mh_packet p = { .src = ip(src), .dst = ip(dst), .ifindex = HOME_LINK, .has_coa = true, .coa = ip(COA1) };
	struct mh_msg m = { .type = MH_BU, .bu = { .seq = 500, .lifetime = 10, .flags = flags } };

	p.len = (size_t)mh_build(p.data, sizeof(p.data), &m, NULL);
	ev_now_update(d.loop);
	ha_role.mh(&d, &p, &m);
}

static void give_test(const char *src, const char *dst)
{
	struct mh_packet p = { .src = ip(src), .dst = ip(dst), .ifindex = HOME_LINK };
	struct mh_msg m = { .type = MH_HOTI };

	ha_role.mh(&d, &p, &m);
}

static void restart(bool with_cn)
{
	char err[256] = "";

	ha_role.free(&d);
	cn_close(d.cn);
	d.cn = with_cn ? cn_open(&d, NULL, err, sizeof(err)) : NULL;
	ck_assert_msg(d.cn || !with_cn, "%s", err);
	ha_start();
}

START_TEST(correspondent_node)
{
	struct json_object *rows = json_object_new_array();
	uint64_t at = 0;

	conf.cn_max_bindings = conf.cn_max_bindings_per_source = 4;
	d.mh_send = paper_mh_send;
	paper_addr("2001:db8:e::1", 64, HOME_LINK + 1, UINT32_MAX);
	restart(true);
	/* A foreign mobile node may optimize with an address of ours that is no home agent's. */
	give_test("2001:db8:99::1", "2001:db8:e::1");
	ck_assert_uint_eq(k.n_mh, 1);
	ck_assert_uint_eq(k.mh.msg.type, MH_HOT);
	give_test("2001:db8:99::1", HA);
	give_test(HOA, "2001:db8:e::1");
	ck_assert_uint_eq(k.n_mh, 1);
	/* Home registrations are as ever, and change their kind for nobody. */
	send_bu(BU(HOA, COA1, 1, 10));
	pass(1.1);
	expect_sent(2, BA_ACCEPTED, 1, COA1);
	give_bu(HOA, HA, MH_BU_A);
	expect_sent(3, BA_REG_TYPE_CHANGE, 500, COA1);
	/* Without an authenticator nobody else is answered. */
	give_bu("2001:db8:1::200", HA, MH_BU_A);
	give_bu("2001:db8:99::1", "2001:db8:e::1", MH_BU_A);
	ck_assert_uint_eq(k.n_mh, 3);
	ck_assert_uint_eq(d.stats[STAT_BU_UNAUTH], 2);
	while (ha_role.bc(&d, &at, 1, rows))
		;
	ck_assert_uint_eq(json_object_array_length(rows), 1);
	json_object_put(rows);
	restart(false);
}
END_TEST

SUITE("ha", .timeout = 30, .setup = setup, .teardown = ha_world_down,
	.tests = {
		{ first_registration_waits_for_dad },
		{ refresh_move_deregister },
		{ return_home_is_answered_directly },
		{ alternate_care_of_address },
		{ sequence_numbers },
		{ refusals },
		{ access_taken_away },
		{ no_tunnel_loop },
		{ link_local_address_too },
		{ duplicate_address },
		{ lifetimes },
		{ expiry },
		{ table_full },
		{ kernel_says_no },
		{ tunnel_removed },
		{ update_rate },
		{ no_home_address_option },
		{ without_acknowledge_flag },
		{ addresses_unreadable },
		{ reconciliation },
		{ log_is_limited },
		{ shown },
		{ correspondent_node },
	})
