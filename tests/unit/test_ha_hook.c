// SPDX-License-Identifier: GPL-2.0-or-later
/* Updates that wait for the administrator's program, which this file plays, at a home agent on a kernel made of paper. */
#include <string.h>

#include "core/hook.h"
#include "ha/ha.h"

#include "paper.h"
#include "suite.h"

#define HOME_LINK 7
#define HOA	  "2001:db8:1::100"
#define COA1	  "2001:db8:f1::5"
#define COA2	  "2001:db8:f2::5"

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

static struct conf_iface iface = { .name = "eth0", .type = ROLE_HA };
static struct conf_prefix network = { .len = 48 };
static struct conf_acl router = { .mnps = { .n = 1, .at = &network } };
static struct conf conf = { .role = ROLE_HA, .ha_accept_routers = true, .acl = &router, .ifaces = &iface, .ha_max_binding_life = 1000, .ha_max_bindings = 3 };
static struct daemon d;
static const struct kern_link home_link = {
	.ifindex = HOME_LINK, .name = "eth0", .up = true, .carrier = true, .lladdr = { 6, { 2, 0, 0, 0, 0, 0xaa } },
};

static void setup(void)
{
	char err[256] = "";

	router.hoa = ip(HOA);
	network.addr = ip("2001:db8:a::");
	paper_reset();
	paper_link(&home_link);
	paper_addr("2001:db8:1::1", 64, HOME_LINK, UINT32_MAX);
	memset(&d, 0, sizeof(d));
	d.loop = ev_loop_new(EVBACKEND_POLL);
	d.conf = &conf;
	d.notify = paper_notify;
	d.hook = (struct hook *)&d; /* never looked into */
	asked = 0;
	pending = NULL;
	deaf = false;
	log_open("/dev/null", 5);
	ck_assert_msg(ha_role.start(&d, err, sizeof(err)) == 0, "%s", err);
}

static void teardown(void)
{
	ha_role.free(&d);
	ck_assert_ptr_null(pending);
	ck_assert_uint_eq(k.routes.n + k.proxies.n + k.guards.n, 0);
	ev_loop_destroy(d.loop);
	log_close();
}

static void update(const char *hoa, const char *coa, uint16_t seq, uint16_t lifetime)
{
	struct mh_packet p = { .src = ip(hoa), .dst = ip("2001:db8:1::1"), .ifindex = HOME_LINK, .has_coa = true, .coa = ip(coa) };
	struct mh_msg m = { .type = MH_BU, .bu = { .seq = seq, .lifetime = lifetime, .flags = MH_BU_A | MH_BU_H } };

	ev_now_update(d.loop);
	ha_role.mh(&d, &p, &m);
	paper_run(d.loop, 0.05);
}

/* The same of a mobile router, with a network that it names. */
static void update_router(const char *coa, uint16_t seq, const char *net)
{
	struct mh_packet p = { .src = ip(HOA), .dst = ip("2001:db8:1::1"), .ifindex = HOME_LINK, .has_coa = true, .coa = ip(coa) };
	struct mh_msg m = { .type = MH_BU, .bu = { .seq = seq, .lifetime = 100, .flags = MH_BU_A | MH_BU_H | MH_BU_R } };

	m.opts.n_mnp = 1;
	m.opts.mnp[0] = (struct mh_prefix){ .addr = ip(net), .len = 64 };
	ev_now_update(d.loop);
	ha_role.mh(&d, &p, &m);
	paper_run(d.loop, 0.05);
}

static void expect(unsigned int n, uint8_t status, uint16_t seq)
{
	paper_run(d.loop, 0.05);
	ck_assert_uint_eq(k.n_mh, n);
	ck_assert_uint_eq(k.mh.msg.ba.status, status);
	ck_assert_uint_eq(k.mh.msg.ba.seq, seq);
}

START_TEST(allowed)
{
	update(HOA, COA1, 1, 100);
	ck_assert_uint_eq(asked, 1);
	ck_assert_str_eq(about, COA1);
	ck_assert_str_eq(before, "");
	ck_assert_uint_eq(k.n_ns, 0); /* not even detection of duplicates */
	answer(0);
	paper_run(d.loop, 1.1);
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
	update(HOA, COA1, 1, 100);
	answer(0);
	paper_run(d.loop, 1.1);
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
	paper_run(d.loop, 1.1);
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
	paper_run(d.loop, 1.1);
	expect(1, BA_ACCEPTED, 2);
	ck_assert(is(&k.guards.at[0].coa, COA2));
}
END_TEST

/* What was allowed to a host is not allowed to a network, neither by a refresh nor while the answer is waited for. */
START_TEST(network_is_another_matter)
{
	update(HOA, COA1, 1, 100);
	update_router(COA1, 2, "2001:db8:a:1::");
	ck_assert_uint_eq(asked, 1);
	answer(0);
	ck_assert_uint_eq(asked, 2);
	answer(0);
	paper_run(d.loop, 1.1);
	expect(1, BA_ACCEPTED, 2);
	update_router(COA1, 3, "2001:db8:a:1::");
	ck_assert_uint_eq(asked, 2);
	expect(2, BA_ACCEPTED, 3);
	update_router(COA1, 4, "2001:db8:a:2::");
	ck_assert_uint_eq(asked, 3);
	answer(BA_PROHIBITED);
	expect(3, BA_PROHIBITED, 4);
}
END_TEST

/* A home address that is given up is not registered by what came before. */
START_TEST(deregistered_meanwhile)
{
	update(HOA, COA1, 1, 100);
	answer(0);
	paper_run(d.loop, 1.1);
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
	update(HOA, COA1, 1, 100);
	answer(0);
	paper_run(d.loop, 1.1);
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
	paper_run(d.loop, 1.1);
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
	paper_run(d.loop, 1.1);
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
