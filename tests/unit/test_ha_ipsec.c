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

#include "paper_ha.h"
#include "paper_ipsec.h"
#include "suite.h"

#define STRANGER "2001:db8:1::200" /* a home address without policies */

static struct conf_prefix home = { .len = 64 };
static struct conf_ipsec_set set;
static struct conf_ipsec_home index_of[1];
static char dir[32], file[64];

static void start(void)
{
	char err[256] = "";

	d.ipsec = ipsec_open(&d, err, sizeof(err));
	ck_assert_msg(d.ipsec != NULL, "%s", err);
	ha_start();
	ipsec_settled(d.ipsec);
}

static void setup(void)
{
	ha_world_make();
	paper_ipsec_reset();
	home.addr = ip(HOA);
	set = (struct conf_ipsec_set){ .ha = ip(HA), .n_homes = 1, .homes = &home };
	set.policy[IPSEC_HOME_REG_BINDING] = (struct conf_ipsec_policy){ .line = 1, .reqid = { 1, 2 } };
	index_of[0] = (struct conf_ipsec_home){ home.addr, &set };
	conf.ha_accept_routers = conf.use_mn_ha_ipsec = true;
	conf.ipsec = &set;
	conf.ipsec_index = index_of;
	conf.n_ipsec_homes = 1;
	strcpy(dir, "/tmp/mip6-ha-ipsec-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(file, sizeof(file), "%s/bindings.db", dir);
	conf.binding_cache_file = file;
	d.able = (struct kern_abilities){ .esp = true, .mh_type_in = true, .migrate = true, .migrate_typed = true, .pf_key_migrate = true };
}

static void teardown(void)
{
	ha_role.free(&d);
	ipsec_close(d.ipsec, false);
	ck_assert_uint_eq(ki.policies.n, 0);
	unlink(file);
	rmdir(dir);
	ha_world_down();
}

/* An update names its care-of address in an option, which is protected. */
#define BU_ALT(hoa, coa, seq, lifetime, ...) BU(hoa, coa, seq, lifetime, .alt = (coa), ##__VA_ARGS__)

static void expect(struct bu u, uint8_t status, uint8_t flags)
{
	ck_assert_uint_eq(answer_to(u), status);
	ck_assert_uint_eq(k.mh.msg.ba.flags, flags);
}

START_TEST(refuses)
{
	start();
	expect(BU_ALT(STRANGER, COA1, 1, 100), BA_PROHIBITED, 0);
	ck_assert_uint_eq(d.stats[STAT_BU_UNPROTECTED], 1);
	/* the packet's source is not protected */
	expect(BU(HOA, COA1, 1, 100), BA_UNSPECIFIED, 0);
	ck_assert_uint_eq(k.routes.n, 0);
	expect(BU_ALT(HOA, COA1, 2, 100), BA_ACCEPTED, 0);
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
	send_bu(BU_ALT(HOA, COA1, 1, 100));
	pass(0.05);
	ck_assert_uint_eq(k.n_mh, 0); /* nor is the mobile node told that it may not */
	ck_assert_uint_eq(d.stats[STAT_BU_UNPROTECTED], 1);
	pass(0.5);
	expect(BU_ALT(HOA, COA1, 1, 100), BA_ACCEPTED, 0);
}
END_TEST

/* The same before the kernel has told of it: nothing that comes changes a binding, or ends it. */
START_TEST(refuses_what_nothing_guards)
{
	start();
	if (_i)
		expect(BU_ALT(HOA, COA1, 1, 100), BA_ACCEPTED, 0);
	ki.policies.n = 0;
	pass(0.01);
	send_bu(BU_ALT(HOA, COA2, 2, 100));
	send_bu(BU_ALT(HOA, COA2, 3, 0));
	send_bu(BU(HOA, NULL, 4, 0));
	send_bu(BU_ALT(HOA, COA2, 5, 100, .flags = MH_BU_A));
	ck_assert_uint_eq(d.stats[STAT_BU_UNPROTECTED], 4);
	ck_assert_uint_eq(d.stats[STAT_IPSEC_UNGUARDED], 4);
	ck_assert_uint_eq(d.stats[STAT_REG_ACCEPTED], _i);
	ck_assert_uint_eq(k.n_mh, _i);
	ck_assert_uint_eq(k.routes.n, _i);
	pass(0.1);
	ck_assert_uint_eq(ki.policies.n, 2);
	expect(BU_ALT(HOA, COA2, 2, 100), BA_ACCEPTED, 0);
}
END_TEST

START_TEST(key_mobility)
{
	conf.key_mng_mob = _i;
	start();
	expect(BU_ALT(HOA, COA1, 1, 100), BA_ACCEPTED, 0);
	expect(BU_ALT(HOA, COA1, 2, 100, .flags = AH | MH_BU_K), BA_ACCEPTED, _i ? MH_BA_K : 0);
}
END_TEST

START_TEST(payload)
{
	set.policy[IPSEC_TUNNEL_PAYLOAD] = (struct conf_ipsec_policy){ .line = 1, .reqid = { 3, 4 } };
	paper_association(HOA, HA, 3, true);
	paper_association(HA, HOA, 4, true);
	start();
	/* its networks would not be protected */
	expect(BU_ALT(HOA, COA1, 1, 100, .flags = AH | MH_BU_R), BA_MR_NOT_PERMITTED, 0);
	expect(BU_ALT(HOA, COA1, 2, 100), BA_ACCEPTED, 0);
	ck_assert_uint_eq(k.routes.n, 1);
	ck_assert(!k.routes.at[0].has_encap); /* past the policies it leads nowhere */
	ck_assert_uint_eq(k.guards.n, 0); /* nor does a plain tunnel lead in */
	ck_assert(is(&ki.associations.at[0].src, COA1));
	expect(BU_ALT(HOA, COA2, 3, 100), BA_ACCEPTED, 0);
	ck_assert(is(&ki.associations.at[1].dst, COA2));
	expect(BU(HOA, NULL, 4, 0), BA_ACCEPTED, 0);
	ck_assert(is(&ki.associations.at[0].src, HOA));
	ck_assert_uint_eq(k.routes.n, 0);
}
END_TEST

START_TEST(tunnel_cannot_move)
{
	set.policy[IPSEC_TUNNEL_PAYLOAD] = (struct conf_ipsec_policy){ .line = 1, .reqid = { 3, 4 } };
	start();
	ki.migrate_error = -EPERM;
	expect(BU_ALT(HOA, COA1, 1, 100), BA_NO_RESOURCES, 0);
	ck_assert_uint_eq(k.routes.n + k.guards.n, 0);
	ck_assert_uint_eq(ki.policies.n, 2); /* the registration's */
	ki.migrate_error = 0;
	expect(BU_ALT(HOA, COA1, 2, 100), BA_ACCEPTED, 0);
}
END_TEST

/* An update that was heard before may not bring an old care-of address back once there is no binding. */
START_TEST(restarted)
{
	start();
	expect(BU_ALT(HOA, COA1, 7, 100), BA_ACCEPTED, 0);
	expect(BU(HOA, NULL, 8, 0), BA_ACCEPTED, 0);
	expect(BU(HOA, NULL, 9, 0), BA_NOT_HOME_AGENT, 0); /* and one that finds no binding */
	ha_role.free(&d);
	ipsec_close(d.ipsec, false);
	start();
	expect(BU_ALT(HOA, COA1, 9, 100), BA_SEQ_OUT_OF_WINDOW, 0);
	ck_assert_uint_eq(k.mh.msg.ba.seq, 9);
	expect(BU_ALT(HOA, COA1, 10, 100), BA_ACCEPTED, 0);
}
END_TEST

START_TEST(replayed)
{
	start();
	expect(BU_ALT(HOA, COA1, 7, 100), BA_ACCEPTED, 0);
	expect(BU(HOA, NULL, 8, 0), BA_ACCEPTED, 0);
	ck_assert_uint_eq(k.routes.n, 0);
	expect(BU_ALT(HOA, COA1, 7, 100), BA_SEQ_OUT_OF_WINDOW, 0);
	ck_assert_uint_eq(k.mh.msg.ba.seq, 8);
	ck_assert_uint_eq(k.routes.n, 0);
	expect(BU_ALT(HOA, COA1, 9, 100), BA_ACCEPTED, 0);
}
END_TEST

SUITE("ha_ipsec", .setup = setup, .teardown = teardown, .timeout = 20,
      .tests = { { refuses }, { refuses_without_policies }, { refuses_what_nothing_guards, 2 }, { key_mobility, 2 }, { payload }, { tunnel_cannot_move }, { replayed }, { restarted } })
