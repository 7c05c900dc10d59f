// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * core/ipsec_renew.c and ipsec_astray.c on a kernel made of paper: which associations are ended and which never are, and which are brought to where
 * the policies are. The Makefile has the grace of them as a part of a second.
 */
#include <errno.h>
#include <linux/xfrm.h>
#include <string.h>
#include <time.h>

#include "core/clock.h"
#include "core/ipsec.h"
#include "core/log.h"

#include "paper_ipsec.h"
#include "suite.h"

#define HA   "2001:db8:1::1"
#define HOA  "2001:db8:1::100"
#define COA1 "2001:db8:f1::5"
#define COA2 "2001:db8:f2::5"
#define LOOK 1.6 /* seconds: the grace, the pause between two looks, and some */

static struct conf_prefix addr;
static struct conf_ipsec_set set;
static struct conf_ipsec_home index_of;
static struct conf_home home;
static struct conf conf;
static struct daemon d;
static struct in6_addr hoa, coa1, coa2;

static void setup(void)
{
	paper_reset();
	paper_ipsec_reset();
	hoa = ip(HOA);
	coa1 = ip(COA1);
	coa2 = ip(COA2);
	addr = (struct conf_prefix){ .addr = hoa, .len = 64 };
	set = (struct conf_ipsec_set){ .ha = ip(HA), .n_homes = 1, .homes = &addr };
	set.policy[IPSEC_HOME_REG_BINDING] = (struct conf_ipsec_policy){ .line = 1, .reqid = { 1, 1 } };
	set.policy[IPSEC_TUNNEL_PAYLOAD] = (struct conf_ipsec_policy){ .line = 1, .reqid = { 8, 8 } };
	index_of = (struct conf_ipsec_home){ hoa, &set };
	home = (struct conf_home){ .hoa = hoa, .ha = ip(HA) };
	conf = (struct conf){ .role = ROLE_MN, .homes = &home, .use_mn_ha_ipsec = true, .ipsec = &set, .ipsec_index = &index_of, .n_ipsec_homes = 1 };
	memset(&d, 0, sizeof(d));
	d.mh_fd = -1;
	d.conf = &conf;
	d.loop = ev_loop_new(EVBACKEND_POLL);
	d.notify = paper_notify;
	d.able = (struct kern_abilities){ .esp = true, .mh_type_in = true, .migrate = true, .migrate_typed = true };
	log_open("/dev/null", 5);
}

static void teardown(void)
{
	ipsec_close(d.ipsec, false);
	ev_loop_destroy(d.loop);
	log_close();
}

static void start(void)
{
	char err[256] = "";

	d.ipsec = ipsec_open(&d, err, sizeof(err));
	ck_assert_msg(d.ipsec != NULL, "%s", err);
}

/* A pair of the tunnel, or of the registration, negotiated so many seconds ago; its SPIs are first and first + 1, the latter to the mobile node. */
static uint32_t pair(const char *end, bool tunnel, unsigned int ago)
{
	uint64_t added = (uint64_t)time(NULL) - ago;
	uint32_t first = 0x1000 + ki.n_spis;

	paper_association(end, HA, tunnel ? 8 : 1, tunnel);
	paper_negotiated(ki.associations.n - 1, added);
	paper_association(HA, end, tunnel ? 8 : 1, tunnel);
	paper_negotiated(ki.associations.n - 1, added);
	return first;
}

static const struct kern_sa *sa(uint32_t spi)
{
	for (unsigned int i = 0; i < ki.associations.n; i++)
		if (ki.associations.at[i].spi == spi)
			return &ki.associations.at[i];
	return NULL;
}

/* The key manager deletes it, as strongSwan does, and the kernel tells. */
static void deleted(uint32_t spi)
{
	const struct kern_sa *s = sa(spi);
	struct kern_ipsec_event e = { .kind = KERN_IPSEC_SA_GONE };

	ck_assert_ptr_nonnull(s);
	e.src = s->src;
	e.dst = s->dst;
	e.spi = s->spi;
	e.reqid = s->reqid;
	e.tunnel = s->tunnel;
	ki.associations.at[s - ki.associations.at] = ki.associations.at[ki.associations.n - 1];
	ki.associations.n--;
	paper_ipsec_event(&e);
}

static void came(const char *src, const char *dst, uint32_t reqid)
{
	const struct kern_ipsec_event e = { .kind = KERN_IPSEC_SA_NEW, .src = ip(src), .dst = ip(dst), .spi = 9, .reqid = reqid, .tunnel = true };

	paper_ipsec_event(&e);
}

static int64_t number(enum conf_ipsec_type t, const char *name)
{
	struct json_object *all = json_object_new_array(), *v;
	uint64_t at = 0;
	int64_t n;

	ipsec_rows(&d, &at, 100, all);
	for (size_t i = 0; i < json_object_array_length(all); i++) {
		struct json_object *row = json_object_array_get_idx(all, i);

		json_object_object_get_ex(row, "type", &v);
		if (strcmp(json_object_get_string(v), conf_ipsec_type_name[t]))
			continue;
		ck_assert(json_object_object_get_ex(row, name, &v));
		n = json_object_get_int64(v);
		json_object_put(all);
		return n;
	}
	ck_abort_msg("no row");
	return -1;
}

/* ---- what the key manager cannot find ---- */

/* After a rekey it deletes both of the old pair, and finds the one to the home agent. From either end. */
START_TEST(left_behind)
{
	uint32_t old, new;

	conf.role = _i ? ROLE_HA : ROLE_MN;
	old = pair(HOA, true, 100);
	start();
	ck_assert_int_eq(ipsec_move(d.ipsec, &hoa, &coa1, true), 0);
	new = pair(COA1, true, 0);
	came(COA1, HA, 8);
	paper_run(d.loop, LOOK);
	ck_assert_uint_eq(ki.n_expired, 0);
	deleted(old);
	paper_run(d.loop, LOOK);
	ck_assert_uint_eq(ki.n_expired, 1);
	ck_assert_ptr_null(sa(old + 1));
	ck_assert_ptr_nonnull(sa(new));
	ck_assert_ptr_nonnull(sa(new + 1));
	ck_assert_int_eq(number(IPSEC_TUNNEL_PAYLOAD, "reaped"), 1);
	ck_assert_int_eq(number(IPSEC_TUNNEL_PAYLOAD, "renewed"), 0);
	/* an end by the administrator leaves nothing */
	ck_assert_int_eq(ipsec_move(d.ipsec, &hoa, &coa2, true), 0);
	deleted(new);
	paper_run(d.loop, LOOK);
	ck_assert_ptr_null(sa(new + 1));
}
END_TEST

/* Nor does an end of mip6d a moment later. */
START_TEST(left_behind_at_the_end)
{
	uint32_t old = pair(HOA, true, 100);

	start();
	ck_assert_int_eq(ipsec_move(d.ipsec, &hoa, &coa1, true), 0);
	deleted(old);
	ipsec_close(d.ipsec, _i);
	d.ipsec = NULL;
	ck_assert_uint_eq(ki.associations.n, _i ? 1 : 0);
}
END_TEST

/* What was not moved since it was negotiated, the key manager finds; and what has a pair, and what an administrator has put there, is left alone. */
START_TEST(not_left_behind)
{
	uint32_t old;

	old = pair(HOA, true, 100);
	start();
	if (_i == 0) {
		/* never moved */
		deleted(old);
	} else if (_i == 1) {
		ck_assert_int_eq(ipsec_move(d.ipsec, &hoa, &coa1, true), 0);
		pair(COA1, true, 0);
		old = pair(COA1, true, 0);
		for (unsigned int i = 0; i < ki.associations.n; i++)
			ki.associations.at[i].added = (uint64_t)time(NULL) + 5; /* after the move */
		deleted(old);
	} else if (_i == 2) {
		ck_assert_int_eq(ipsec_move(d.ipsec, &hoa, &coa1, true), 0);
		ki.associations.at[0].negotiated = ki.associations.at[1].negotiated = false;
		deleted(old);
	} else {
		ck_assert_int_eq(ipsec_move(d.ipsec, &hoa, &coa1, true), 0);
		deleted(old + 1); /* the other one of the pair is the key manager's to find */
	}
	paper_run(d.loop, LOOK);
	ck_assert_uint_eq(ki.n_expired, 0);
}
END_TEST

/* What a kernel that is busy has not told is looked for. */
START_TEST(the_kernel_is_asked_again)
{
	uint32_t old = pair(HOA, true, 100);

	start();
	ck_assert_int_eq(ipsec_move(d.ipsec, &hoa, &coa1, true), 0);
	k.dump_error = -ENOBUFS;
	deleted(old);
	paper_run(d.loop, LOOK);
	ck_assert_uint_eq(ki.n_expired, 0);
	k.dump_error = 0;
	paper_run(d.loop, LOOK);
	ck_assert_uint_eq(ki.n_expired, 1);
}
END_TEST

/* ---- what ends elsewhere ---- */

/* Negotiated from a care-of address that was the right one a moment ago; or put there by hand with the home address, while away. */
START_TEST(astray)
{
	uint32_t spi;

	start();
	ck_assert_int_eq(ipsec_move(d.ipsec, &hoa, &coa2, true), 0);
	spi = pair(_i ? HOA : COA1, true, 0);
	if (_i)
		ki.associations.at[0].negotiated = ki.associations.at[1].negotiated = false;
	came(_i ? HOA : COA1, HA, 8);
	paper_run(d.loop, LOOK);
	ck_assert(is(&sa(spi)->src, COA2));
	ck_assert(is(&sa(spi + 1)->dst, COA2));
	for (unsigned int i = 0; i < ki.policies.n; i++)
		if (ki.policies.at[i].tunnel)
			ck_assert(is(&ki.policies.at[i].from, COA2) || is(&ki.policies.at[i].to, COA2));
	ck_assert_uint_eq(ki.n_expired, 0);
}
END_TEST

/* It came before the registration: where it ends the tunnel will. */
START_TEST(not_astray_for_long)
{
	uint32_t spi;

	start();
	spi = pair(COA1, true, 0);
	came(COA1, HA, 8);
	paper_run(d.loop, LOOK);
	ck_assert(is(&sa(spi)->src, COA1));
	ck_assert_int_eq(ipsec_move(d.ipsec, &hoa, &coa1, true), 0);
	paper_run(d.loop, LOOK);
	ck_assert(is(&sa(spi)->src, COA1));
	/* others' numbers are nobody's */
	spi = pair(COA2, true, 0);
	sa(spi); /* with the same number it would be ours */
	ki.associations.at[ki.associations.n - 1].reqid = ki.associations.at[ki.associations.n - 2].reqid = 9;
	came(COA2, HA, 9);
	paper_run(d.loop, LOOK);
	ck_assert(is(&sa(spi)->src, COA2));
}
END_TEST

/* ---- without the K bit ---- */

START_TEST(renewed)
{
	uint32_t reg = pair(HOA, false, 100), tunnel = pair(HOA, true, 100), manual, new;
	double now = clock_now();

	start();
	paper_association(HOA, HA, 1, false);
	manual = ki.associations.at[ki.associations.n - 1].spi;
	ki.associations.at[ki.associations.n - 1].added = 1;
	ck_assert_int_eq(ipsec_move(d.ipsec, &hoa, &coa1, false), 0);
	ipsec_registered(&d, &hoa, &coa1, false, now);
	paper_run(d.loop, LOOK);
	ck_assert_uint_eq(ki.n_expired, 0); /* the first place is no move */
	new = pair(HOA, false, 0); /* the key manager was quick with this one */
	ck_assert_int_eq(ipsec_move(d.ipsec, &hoa, &coa2, false), 0);
	ipsec_registered(&d, &hoa, &coa2, false, clock_now());
	paper_run(d.loop, 0.1);
	ck_assert_uint_eq(ki.n_expired, 0);
	paper_run(d.loop, LOOK);
	ck_assert_ptr_null(sa(reg));
	ck_assert_ptr_null(sa(reg + 1));
	ck_assert_ptr_null(sa(tunnel));
	ck_assert_ptr_null(sa(tunnel + 1));
	ck_assert_ptr_nonnull(sa(manual));
	ck_assert_ptr_nonnull(sa(new));
	ck_assert_ptr_nonnull(sa(new + 1));
	ck_assert_uint_eq(ki.n_expired, 4);
	ck_assert_int_eq(number(IPSEC_HOME_REG_BINDING, "renewed"), 2);
	/* a refresh is no move */
	ki.associations.at[0].added = 1;
	ipsec_registered(&d, &hoa, &coa2, false, clock_now());
	paper_run(d.loop, LOOK);
	ck_assert_uint_eq(ki.n_expired, 4);
}
END_TEST

START_TEST(not_renewed_with_k)
{
	pair(HOA, false, 100);
	start();
	ipsec_registered(&d, &hoa, &coa1, true, clock_now());
	ipsec_registered(&d, &hoa, &coa2, true, clock_now());
	paper_run(d.loop, LOOK);
	ck_assert_uint_eq(ki.n_expired, 0);
}
END_TEST

/* ---- a home agent that does not answer ---- */

START_TEST(unanswered)
{
	start();
	ck_assert(!ipsec_unanswered(&d, &hoa)); /* there is nothing */
	pair(HOA, true, 0);
	ck_assert(!ipsec_unanswered(&d, &hoa)); /* nothing that protects the registration */
	ki.associations.n = 0;
	paper_association(HOA, HA, 1, false);
	ck_assert(!ipsec_unanswered(&d, &hoa)); /* keys by hand */
	pair(HOA, false, 100);
	pair(HOA, true, 0);
	ck_assert(ipsec_unanswered(&d, &hoa));
	ck_assert_uint_eq(ki.n_expired, 4);
	ck_assert_uint_eq(ki.associations.n, 1);
	/* what was negotiated since has no better chance */
	pair(HOA, false, 0);
	ck_assert(!ipsec_unanswered(&d, &hoa));
	ck_assert_uint_eq(ki.n_expired, 4);
	/* until it has answered */
	ipsec_registered(&d, &hoa, &coa1, true, clock_now());
	ck_assert(ipsec_unanswered(&d, &hoa));
	ck_assert_uint_eq(ki.n_expired, 6);
	ck_assert(!ipsec_unanswered(&d, &coa1));
}
END_TEST

SUITE("ipsec_renew", .setup = setup, .teardown = teardown, .timeout = 20,
      .tests = { { left_behind, 2 }, { left_behind_at_the_end, 2 }, { not_left_behind, 4 }, { the_kernel_is_asked_again }, { astray, 2 }, { not_astray_for_long }, { renewed },
		 { not_renewed_with_k }, { unanswered } })
