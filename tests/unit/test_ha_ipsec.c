// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A home agent whose registrations IPsec has to protect, on a kernel made of paper: what it refuses, what its acknowledgements say, and
 * where the tunnel goes.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/ipsec.h"
#include "ha/ha.h"

#include "paper_ipsec.h"
#include "paper_peer.h"
#include "suite.h"

#define HOME_LINK 7
#define HA	  "2001:db8:1::1"
#define HOA	  "2001:db8:1::100"
#define STRANGER  "2001:db8:1::200" /* a home address without policies */
#define COA1	  "2001:db8:f1::5"
#define COA2	  "2001:db8:f2::5"
#define AH	  (MH_BU_A | MH_BU_H)

static struct conf_iface iface = { .name = "eth0", .type = ROLE_HA };
static struct conf_prefix home = { .len = 64 };
static struct conf_ipsec_set set;
static struct conf_ipsec_home index_of[1];
static struct conf conf;
static struct daemon d;
static char dir[32], file[64];

static void start(void)
{
	char err[256] = "";

	d.ipsec = ipsec_open(&d, err, sizeof(err));
	ck_assert_msg(d.ipsec != NULL, "%s", err);
	ck_assert_msg(ha_role.start(&d, err, sizeof(err)) == 0, "%s", err);
	ipsec_settled(d.ipsec);
}

static void setup(void)
{
	const struct kern_link link = { .ifindex = HOME_LINK, .name = "eth0", .up = true, .carrier = true,
					.lladdr = { 6, { 2, 0, 0, 0, 0, 0xaa } } };

	paper_reset();
	paper_ipsec_reset();
	paper_link(&link);
	paper_addr(HA, 64, HOME_LINK, UINT32_MAX);
	home.addr = ip(HOA);
	set = (struct conf_ipsec_set){ .ha = ip(HA), .n_homes = 1, .homes = &home };
	set.policy[IPSEC_HOME_REG_BINDING] = (struct conf_ipsec_policy){ .line = 1, .reqid = { 1, 2 } };
	index_of[0] = (struct conf_ipsec_home){ home.addr, &set };
	memset(&d, 0, sizeof(d));
	d.mh_fd = -1;
	conf = (struct conf){ .role = ROLE_HA, .ifaces = &iface, .ha_max_binding_life = 1000, .ha_max_bindings = 8, .ha_accept_routers = true,
			      .use_mn_ha_ipsec = true, .ipsec = &set, .ipsec_index = index_of, .n_ipsec_homes = 1 };
	strcpy(dir, "/tmp/mip6-ha-ipsec-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(file, sizeof(file), "%s/bindings.db", dir);
	conf.binding_cache_file = file;
	d.able = (struct kern_abilities){ .esp = true, .mh_type_in = true, .migrate = true, .migrate_typed = true, .pf_key_migrate = true };
	d.loop = ev_loop_new(EVBACKEND_POLL);
	d.conf = &conf;
	d.notify = paper_notify;
	log_open("/dev/null", 5);
}

static void teardown(void)
{
	ha_role.free(&d);
	ipsec_close(d.ipsec, false);
	ck_assert_uint_eq(k.routes.n + k.proxies.n + k.guards.n + ki.policies.n, 0);
	unlink(file);
	rmdir(dir);
	ev_loop_destroy(d.loop);
	log_close();
}

struct bu {
	const char *hoa, *coa; /* coa NULL: at home */
	uint16_t seq, lifetime; /* units */
	uint8_t flags;
};

static bool without_option; /* that names the care-of address */

static void send_bu(struct bu u)
{
	struct mh_packet p = { .src = ip(u.hoa), .dst = ip(HA), .ifindex = HOME_LINK };
	struct mh_msg m = { .type = MH_BU, .bu = { .seq = u.seq, .lifetime = u.lifetime, .flags = u.flags } };

	ev_now_update(d.loop);
	if (u.coa) {
		p.has_coa = true;
		p.coa = ip(u.coa);
		m.opts.has_alt_coa = !without_option;
		m.opts.alt_coa = p.coa;
	}
	ha_role.mh(&d, &p, &m);
}

static void expect(struct bu u, uint8_t status, uint8_t flags)
{
	unsigned int n = k.n_mh;

	send_bu(u);
	for (int i = 0; i < 30 && k.n_mh == n; i++)
		paper_run(d.loop, 0.05); /* a second if the address is looked for */
	ck_assert_uint_eq(k.n_mh, n + 1);
	ck_assert_uint_eq(k.mh.msg.type, MH_BA);
	ck_assert_uint_eq(k.mh.msg.ba.status, status);
	ck_assert_uint_eq(k.mh.msg.ba.flags, flags);
}

START_TEST(refuses)
{
	start();
	expect((struct bu){ STRANGER, COA1, 1, 100, AH }, BA_PROHIBITED, 0);
	ck_assert_uint_eq(d.stats[STAT_BU_UNPROTECTED], 1);
	/* the packet's source is not protected */
	without_option = true;
	expect((struct bu){ HOA, COA1, 1, 100, AH }, BA_UNSPECIFIED, 0);
	without_option = false;
	ck_assert_uint_eq(k.routes.n, 0);
	expect((struct bu){ HOA, COA1, 2, 100, AH }, BA_ACCEPTED, 0);
	ck_assert_uint_eq(k.routes.n, 1);
	ck_assert(k.routes.at[0].has_encap);
}
END_TEST

/* Somebody has deleted the policies: what comes until they are back has no effect. */
START_TEST(refuses_without_policies)
{
	const struct kern_ipsec_event gone = { .kind = KERN_IPSEC_POLICY_GONE };

	start();
	ki.policies.n = 0;
	paper_ipsec_event(&gone);
	send_bu((struct bu){ HOA, COA1, 1, 100, AH });
	paper_run(d.loop, 0.05);
	ck_assert_uint_eq(k.n_mh, 0); /* nor is the mobile node told that it may not */
	ck_assert_uint_eq(d.stats[STAT_BU_UNPROTECTED], 1);
	paper_run(d.loop, 0.5);
	expect((struct bu){ HOA, COA1, 1, 100, AH }, BA_ACCEPTED, 0);
}
END_TEST

/* The same before the kernel has told of it: nothing that comes changes a binding, or ends it. */
START_TEST(refuses_what_nothing_guards)
{
	start();
	if (_i)
		expect((struct bu){ HOA, COA1, 1, 100, AH }, BA_ACCEPTED, 0);
	ki.policies.n = 0;
	paper_run(d.loop, 0.01);
	send_bu((struct bu){ HOA, COA2, 2, 100, AH });
	send_bu((struct bu){ HOA, COA2, 3, 0, AH });
	send_bu((struct bu){ HOA, NULL, 4, 0, AH });
	send_bu((struct bu){ HOA, COA2, 5, 100, MH_BU_A });
	ck_assert_uint_eq(d.stats[STAT_BU_UNPROTECTED], 4);
	ck_assert_uint_eq(d.stats[STAT_IPSEC_UNGUARDED], 4);
	ck_assert_uint_eq(d.stats[STAT_REG_ACCEPTED], _i);
	ck_assert_uint_eq(k.n_mh, _i);
	ck_assert_uint_eq(k.routes.n, _i);
	paper_run(d.loop, 0.1);
	ck_assert_uint_eq(ki.policies.n, 2);
	expect((struct bu){ HOA, COA2, 2, 100, AH }, BA_ACCEPTED, 0);
}
END_TEST

START_TEST(key_mobility)
{
	conf.key_mng_mob = _i;
	start();
	expect((struct bu){ HOA, COA1, 1, 100, AH }, BA_ACCEPTED, 0);
	expect((struct bu){ HOA, COA1, 2, 100, AH | MH_BU_K }, BA_ACCEPTED, _i ? MH_BA_K : 0);
}
END_TEST

START_TEST(payload)
{
	set.policy[IPSEC_TUNNEL_PAYLOAD] = (struct conf_ipsec_policy){ .line = 1, .reqid = { 3, 4 } };
	paper_association(HOA, HA, 3, true);
	paper_association(HA, HOA, 4, true);
	start();
	/* its networks would not be protected */
	expect((struct bu){ HOA, COA1, 1, 100, AH | MH_BU_R }, BA_MR_NOT_PERMITTED, 0);
	expect((struct bu){ HOA, COA1, 2, 100, AH }, BA_ACCEPTED, 0);
	ck_assert_uint_eq(k.routes.n, 1);
	ck_assert(!k.routes.at[0].has_encap); /* past the policies it leads nowhere */
	ck_assert_uint_eq(k.guards.n, 0); /* nor does a plain tunnel lead in */
	ck_assert(is(&ki.associations.at[0].src, COA1));
	expect((struct bu){ HOA, COA2, 3, 100, AH }, BA_ACCEPTED, 0);
	ck_assert(is(&ki.associations.at[1].dst, COA2));
	expect((struct bu){ HOA, NULL, 4, 0, AH }, BA_ACCEPTED, 0);
	ck_assert(is(&ki.associations.at[0].src, HOA));
	ck_assert_uint_eq(k.routes.n, 0);
}
END_TEST

START_TEST(tunnel_cannot_move)
{
	set.policy[IPSEC_TUNNEL_PAYLOAD] = (struct conf_ipsec_policy){ .line = 1, .reqid = { 3, 4 } };
	start();
	ki.migrate_error = -EPERM;
	expect((struct bu){ HOA, COA1, 1, 100, AH }, BA_NO_RESOURCES, 0);
	ck_assert_uint_eq(k.routes.n + k.guards.n, 0);
	ck_assert_uint_eq(ki.policies.n, 2); /* the registration's */
	ki.migrate_error = 0;
	expect((struct bu){ HOA, COA1, 2, 100, AH }, BA_ACCEPTED, 0);
}
END_TEST

/* An update that was heard before may not bring an old care-of address back once there is no binding. */
START_TEST(restarted)
{
	start();
	expect((struct bu){ HOA, COA1, 7, 100, AH }, BA_ACCEPTED, 0);
	expect((struct bu){ HOA, NULL, 8, 0, AH }, BA_ACCEPTED, 0);
	expect((struct bu){ HOA, NULL, 9, 0, AH }, BA_NOT_HOME_AGENT, 0); /* and one that finds no binding */
	ha_role.free(&d);
	ipsec_close(d.ipsec, false);
	d.role = NULL;
	start();
	expect((struct bu){ HOA, COA1, 9, 100, AH }, BA_SEQ_OUT_OF_WINDOW, 0);
	ck_assert_uint_eq(k.mh.msg.ba.seq, 9);
	expect((struct bu){ HOA, COA1, 10, 100, AH }, BA_ACCEPTED, 0);
}
END_TEST

START_TEST(replayed)
{
	start();
	expect((struct bu){ HOA, COA1, 7, 100, AH }, BA_ACCEPTED, 0);
	expect((struct bu){ HOA, NULL, 8, 0, AH }, BA_ACCEPTED, 0);
	ck_assert_uint_eq(k.routes.n, 0);
	expect((struct bu){ HOA, COA1, 7, 100, AH }, BA_SEQ_OUT_OF_WINDOW, 0);
	ck_assert_uint_eq(k.mh.msg.ba.seq, 8);
	ck_assert_uint_eq(k.routes.n, 0);
	expect((struct bu){ HOA, COA1, 9, 100, AH }, BA_ACCEPTED, 0);
}
END_TEST

SUITE("ha_ipsec", .setup = setup, .teardown = teardown, .timeout = 20,
      .tests = { { refuses }, { refuses_without_policies }, { refuses_what_nothing_guards, 2 }, { key_mobility, 2 }, { payload }, { tunnel_cannot_move }, { replayed }, { restarted } })
