// SPDX-License-Identifier: GPL-2.0-or-later
/* Updates that wait for the administrator's program, which this file plays, at a home agent on a kernel made of paper. */
#include <string.h>

#include "core/hook.h"

#include "paper_ha.h"
#include "suite.h"

/* ---- the program ---- */

static unsigned int asked; /* how often */
static char about[INET6_ADDRSTRLEN], before[INET6_ADDRSTRLEN];
static void (*pending)(void *arg, uint8_t status);
static void *pending_arg;
static bool deaf;

static void text_of(struct json_object *o, const char *name, char *out)
{
	struct json_object *v = NULL;

	json_object_object_get_ex(o, name, &v);
	snprintf(out, INET6_ADDRSTRLEN, "%s", v ? json_object_get_string(v) : "");
}

uint64_t hook_ask(struct hook *h, const char *question, struct json_object *fields, void (*answer)(void *arg, uint8_t status), void *arg)
{
	ck_assert_ptr_nonnull(h);
	ck_assert_str_eq(question, "registration");
	text_of(fields, "care_of_address", about);
	text_of(fields, "previous_care_of_address", before);
	json_object_put(fields);
	if (deaf)
		return 0;
	ck_assert_ptr_null(pending);
	pending = answer;
	pending_arg = arg;
	return ++asked;
}

void hook_forget(struct hook *h, uint64_t id)
{
	ck_assert_ptr_nonnull(h);
	ck_assert_uint_eq(id, asked);
	pending = NULL;
}

static void answer(uint8_t status)
{
	void (*cb)(void *arg, uint8_t s) = pending;

	ck_assert_ptr_nonnull(cb);
	pending = NULL;
	cb(pending_arg, status);
}

/* ---- the home agent ---- */

static struct conf_prefix network = { .len = 48 };
static struct conf_acl router = { .mnps = { .n = 1, .at = &network } };

static void setup(void)
{
	ha_world_make();
	router.hoa = ip(HOA);
	network.addr = ip("2001:db8:a::");
	conf.ha_accept_routers = true;
	conf.acl = &router;
	d.hook = (struct hook *)&d; /* never looked into */
	asked = 0;
	pending = NULL;
	deaf = false;
	ha_start();
}

static void teardown(void)
{
	ha_world_down();
	ck_assert_ptr_null(pending);
}

static void update(const char *hoa, const char *coa, uint16_t seq, uint16_t lifetime)
{
	send_bu(BU(hoa, coa, seq, lifetime));
	pass(0.05);
}

/* The same of a mobile router, with a network that it names. */
static void update_router(const char *coa, uint16_t seq, const char *net)
{
	send_bu(BU(HOA, coa, seq, 100, .flags = AH | MH_BU_R, .mnp = { net }));
	pass(0.05);
}

static void expect(unsigned int n, uint8_t status, uint16_t seq)
{
	pass(0.05);
	expect_ba(n, status, seq);
}

/* Registered at COA1, with the first question. */
static void bound(void)
{
	update(HOA, COA1, 1, 100);
	answer(0);
	pass(1.1);
	expect_ba(1, BA_ACCEPTED, 1);
}

START_TEST(allowed)
{
	update(HOA, COA1, 1, 100);
	ck_assert_uint_eq(asked, 1);
	ck_assert_str_eq(about, COA1);
	ck_assert_str_eq(before, "");
	ck_assert_uint_eq(k.n_ns, 0); /* not even detection of duplicates */
	answer(0);
	pass(1.1);
	expect(1, BA_ACCEPTED, 1);
	/* not about what it has allowed, and not about an end */
	update(HOA, COA1, 2, 100);
	ck_assert_uint_eq(asked, 1);
	expect(2, BA_ACCEPTED, 2);
	update(HOA, COA2, 3, 100);
	ck_assert_uint_eq(asked, 2);
	ck_assert_str_eq(about, COA2);
	ck_assert_str_eq(before, COA1);
	ck_assert_uint_eq(k.n_mh, 2);
	answer(0);
	expect(3, BA_ACCEPTED, 3);
	update(HOA, COA2, 4, 0);
	ck_assert_uint_eq(asked, 2);
	expect(4, BA_ACCEPTED, 4);
}
END_TEST

START_TEST(refused)
{
	update(HOA, COA1, 1, 100);
	answer(BA_PROHIBITED);
	expect(1, BA_PROHIBITED, 1);
	ck_assert_uint_eq(d.stats[STAT_REG_REJECTED], 1);
	deaf = true;
	update(HOA, COA1, 2, 100);
	expect(2, BA_NO_RESOURCES, 2);
	/* what we refuse ourselves is no question */
	asked = 0;
	deaf = false;
	update("2001:db8:99::1", COA1, 3, 100);
	ck_assert_uint_eq(asked, 0);
	expect(3, BA_NOT_HOME_SUBNET, 3);
}
END_TEST

/* A move that is refused leaves the binding where it is. */
START_TEST(move_refused)
{
	bound();
	update(HOA, COA2, 2, 100);
	answer(140);
	expect(2, 140, 2);
	ck_assert_uint_eq(k.guards.n, 1);
	ck_assert(is(&k.guards.at[0].coa, COA1));
}
END_TEST

START_TEST(repeated_meanwhile)
{
	update(HOA, COA1, 1, 100);
	update(HOA, COA1, 2, 100);
	update(HOA, COA1, 3, 100);
	ck_assert_uint_eq(asked, 1);
	answer(0);
	pass(1.1);
	expect(1, BA_ACCEPTED, 3);
	ck_assert_uint_eq(d.stats[STAT_BU_RX], 3);
}
END_TEST

/* It was asked about one care-of address, and is asked again about the other. */
START_TEST(moved_meanwhile)
{
	update(HOA, COA1, 1, 100);
	update(HOA, COA2, 2, 100);
	ck_assert_uint_eq(asked, 1);
	answer(0);
	ck_assert_uint_eq(k.guards.n, 0);
	ck_assert_uint_eq(asked, 2);
	ck_assert_str_eq(about, COA2);
	answer(0);
	pass(1.1);
	expect(1, BA_ACCEPTED, 2);
	ck_assert(is(&k.guards.at[0].coa, COA2));
}
END_TEST

/* What was allowed to a host is not allowed to a network, neither by a refresh nor while the answer is waited for. */
START_TEST(network_is_another_matter)
{
	update(HOA, COA1, 1, 100);
	update_router(COA1, 2, "2001:db8:a:1::/64");
	ck_assert_uint_eq(asked, 1);
	answer(0);
	ck_assert_uint_eq(asked, 2);
	answer(0);
	pass(1.1);
	expect(1, BA_ACCEPTED, 2);
	update_router(COA1, 3, "2001:db8:a:1::/64");
	ck_assert_uint_eq(asked, 2);
	expect(2, BA_ACCEPTED, 3);
	update_router(COA1, 4, "2001:db8:a:2::/64");
	ck_assert_uint_eq(asked, 3);
	answer(BA_PROHIBITED);
	expect(3, BA_PROHIBITED, 4);
}
END_TEST

/* A home address that is given up is not registered by what came before. */
START_TEST(deregistered_meanwhile)
{
	bound();
	update(HOA, COA2, 2, 100);
	ck_assert_ptr_nonnull(pending);
	update(HOA, COA1, 3, 0);
	ck_assert_ptr_null(pending);
	expect(2, BA_ACCEPTED, 3);
	ck_assert_uint_eq(k.guards.n, 0);
	/* also if there was nothing yet */
	update(HOA, COA1, 4, 100);
	ck_assert_ptr_nonnull(pending);
	update(HOA, COA1, 5, 0);
	ck_assert_ptr_null(pending);
	expect(3, BA_NOT_HOME_AGENT, 5);
}
END_TEST

/* Back where it is registered, before there was an answer: the question is out of date. */
START_TEST(back_meanwhile)
{
	bound();
	update(HOA, COA2, 2, 100);
	update(HOA, COA1, 3, 100);
	ck_assert_ptr_null(pending);
	expect(2, BA_ACCEPTED, 3);
}
END_TEST

START_TEST(overtaken)
{
	update(HOA, COA1, 2, 100);
	update(HOA, COA2, 1, 100); /* was on its way for longer */
	answer(0);
	pass(1.1);
	expect(1, BA_ACCEPTED, 2);
	ck_assert(is(&k.guards.at[0].coa, COA1));
}
END_TEST

/* Half of the questions are for who is registered. */
START_TEST(strangers)
{
	struct ha *ha = d.role;

	ha->n_questions = HOOK_QUESTIONS_MAX / 2;
	update(HOA, COA1, 1, 100);
	ck_assert_uint_eq(asked, 0);
	expect(1, BA_NO_RESOURCES, 1);
	ha->n_questions = 0;
	update(HOA, COA1, 2, 100);
	answer(0);
	pass(1.1);
	ha->n_questions = HOOK_QUESTIONS_MAX / 2;
	update(HOA, COA2, 3, 100);
	ck_assert_uint_eq(asked, 2);
	ha->n_questions = 1;
	answer(0);
	expect(3, BA_ACCEPTED, 3);
}
END_TEST

START_TEST(stopped_meanwhile)
{
	update(HOA, COA1, 1, 100);
	ck_assert_ptr_nonnull(pending);
}
END_TEST

SUITE("ha hook", .timeout = 20, .setup = setup, .teardown = teardown, .tests = {
	{ allowed },
	{ refused },
	{ move_refused },
	{ repeated_meanwhile },
	{ moved_meanwhile },
	{ network_is_another_matter },
	{ deregistered_meanwhile },
	{ back_meanwhile },
	{ overtaken },
	{ strangers },
	{ stopped_meanwhile },
})
