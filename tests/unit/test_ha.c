// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The home agent against a kernel made of paper: the real role, binding cache, event loop and codecs; below them, stand-ins that remember what they were
 * asked for. An update goes in as a parsed packet, the acknowledgement comes out as bytes.
 */
#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ha/ha.h"
#include "kern/route.h"
#include "kern/sysctl.h"
#include "kern/tun.h"
#include "kern/xfrm.h"

#define HOME_LINK 7
#define TUNNEL 9

/* ---- the kernel of paper ---- */

static struct {
	unsigned int routes, proxies, guards; /* present now */
	unsigned int commits;
	bool refuse_route;		      /* the next batches with a route fail */
	struct in6_addr last_encap;
	struct mh_msg ba;
	struct in6_addr ba_to, ba_rt2;
	bool ba_has_rt2;
	unsigned int n_ba, n_ns, n_na;
	struct nd_na na;
	bool fatal;
} k;

struct kern_batch {
	int routes, proxies;
	bool has_route;
	struct in6_addr encap;
};

struct kern_guard {
	int dummy;
};

static struct in6_addr ip(const char *text)
{
	struct in6_addr a;

	ck_assert_int_eq(inet_pton(AF_INET6, text, &a), 1);
	return a;
}

struct kern_batch *kern_batch_new(enum kern_proto proto)
{
	(void)proto;
	return calloc(1, sizeof(struct kern_batch));
}

int kern_batch_commit(struct kern_batch *b)
{
	int err = k.refuse_route && b->has_route ? -EINVAL : 0;

	k.commits++;
	if (!err) {
		k.routes += (unsigned int)b->routes;
		k.proxies += (unsigned int)b->proxies;
		if (b->has_route)
			k.last_encap = b->encap;
	}
	free(b);
	return err;
}

void kern_batch_cancel(struct kern_batch *b)
{
	free(b);
}

const char *kern_error(void)
{
	return "refused for the test";
}

/* Counting is exact for one binding at a time: the tests look at one. */
void kern_route_replace(struct kern_batch *b, const struct kern_route *r)
{
	b->has_route = true;
	b->encap = r->encap_dst;
	b->routes += k.routes ? 0 : 1;
	ck_assert_int_eq(r->ifindex, TUNNEL);
	ck_assert_int_eq(r->dst_len, 128);
}

void kern_route_del(struct kern_batch *b, const struct kern_route *r, unsigned int forgive)
{
	(void)r;
	(void)forgive;
	b->routes -= k.routes ? 1 : 0;
}

void kern_proxy_add(struct kern_batch *b, int ifindex, const struct in6_addr *addr, bool router)
{
	(void)addr;
	ck_assert_int_eq(ifindex, HOME_LINK);
	ck_assert(!router);
	b->proxies++;
}

void kern_proxy_del(struct kern_batch *b, int ifindex, const struct in6_addr *addr, unsigned int forgive)
{
	(void)ifindex;
	(void)addr;
	(void)forgive;
	b->proxies -= (int)k.proxies > -b->proxies ? 1 : 0;
}

int kern_route_dump(uint32_t table, uint8_t protocol, void (*cb)(const struct kern_route *r, void *arg), void *arg)
{
	(void)table;
	(void)protocol;
	(void)cb;
	(void)arg;
	return 0;
}

int kern_proxy_dump(void (*cb)(int ifindex, const struct in6_addr *addr, void *arg), void *arg)
{
	(void)cb;
	(void)arg;
	return 0;
}

static uint32_t prefix_valid = UINT32_MAX;

int kern_addr_dump(int ifindex, void (*cb)(const struct kern_addr *a, void *arg), void *arg)
{
	struct kern_addr a = { .addr = ip("2001:db8:1::1"), .plen = 64, .ifindex = HOME_LINK, .valid = prefix_valid };

	(void)ifindex;
	cb(&a, arg);
	a.addr = ip("fe80::2");
	a.valid = UINT32_MAX;
	cb(&a, arg);
	return 0;
}

int kern_link_get(const char *name, struct kern_link *out)
{
	memset(out, 0, sizeof(*out));
	out->ifindex = HOME_LINK;
	strcpy(out->name, name);
	out->up = out->carrier = true;
	out->lladdr.len = 6;
	return 0;
}

int kern_sysctl_set(const char *path, const char *value)
{
	(void)path;
	(void)value;
	return 0;
}

int kern_tun_open_external(const char *name)
{
	(void)name;
	return TUNNEL;
}

int kern_tun_close(int ifindex)
{
	(void)ifindex;
	return 0;
}

struct kern_guard *kern_guard_open(int ifindex, uint32_t max_bindings, char *err, size_t err_len)
{
	static struct kern_guard g;

	(void)ifindex;
	(void)max_bindings;
	(void)err;
	(void)err_len;
	return &g;
}

void kern_guard_close(struct kern_guard *g)
{
	(void)g;
}

int kern_guard_set(struct kern_guard *g, const struct in6_addr *hoa, const struct in6_addr *coa, const struct in6_addr *ha)
{
	(void)g;
	(void)hoa;
	(void)coa;
	(void)ha;
	k.guards = 1;
	return 0;
}

int kern_guard_del(struct kern_guard *g, const struct in6_addr *hoa)
{
	(void)g;
	(void)hoa;
	k.guards = 0;
	return 0;
}

int kern_guard_stats(struct kern_guard *g, struct guard_stats *out)
{
	(void)g;
	memset(out, 0, sizeof(*out));
	return 0;
}

void kern_ro_state_set(struct kern_batch *b, const struct kern_ro_state *s)
{
	(void)b;
	(void)s;
}

void kern_ro_state_del(struct kern_batch *b, const struct kern_ro_state *s, unsigned int forgive)
{
	(void)b;
	(void)s;
	(void)forgive;
}

void kern_ro_policy_set(struct kern_batch *b, const struct kern_ro_policy *p)
{
	(void)b;
	(void)p;
}

void kern_ro_policy_del(struct kern_batch *b, const struct kern_ro_policy *p, unsigned int forgive)
{
	(void)b;
	(void)p;
	(void)forgive;
}

int kern_ro_flush(void)
{
	return 0;
}

int nd_sock_watch(int fd, int ifindex, bool on)
{
	(void)fd;
	(void)ifindex;
	(void)on;
	return 0;
}

int nd_group_join(int ifindex, const struct in6_addr *addr)
{
	(void)ifindex;
	(void)addr;
	return 0;
}

int nd_group_leave(int ifindex, const struct in6_addr *addr)
{
	(void)ifindex;
	(void)addr;
	return 0;
}

int nd_sock_send(int fd, int ifindex, const struct in6_addr *src, const struct in6_addr *dst, const uint8_t *ll_dst, uint8_t *icmp, size_t len)
{
	(void)fd;
	(void)dst;
	(void)ll_dst;
	ck_assert_int_eq(ifindex, HOME_LINK);
	if (icmp[0] == ND_NS) {
		ck_assert(IN6_IS_ADDR_UNSPECIFIED(src));
		k.n_ns++;
	} else {
		ck_assert_int_eq(nd_parse_na(icmp, len, &k.na), 0);
		k.n_na++;
	}
	return 0;
}

int mh_sock_send(int fd, const struct in6_addr *src, const struct in6_addr *dst, const struct in6_addr *rt2, int ifindex,
		 const uint8_t *data, size_t len)
{
	struct in6_addr ours = ip("2001:db8:1::1");

	(void)fd;
	(void)ifindex;
	ck_assert_int_eq(mh_parse(data, len, &k.ba, NULL), 0);
	ck_assert_int_eq(k.ba.type, MH_BA);
	ck_assert(IN6_ARE_ADDR_EQUAL(src, &ours));
	k.ba_to = *dst;
	k.ba_has_rt2 = rt2;
	if (rt2)
		k.ba_rt2 = *rt2;
	k.n_ba++;
	return 0;
}

uint8_t conf_acl_status(const struct conf *c, const struct in6_addr *hoa)
{
	for (const struct conf_acl *a = c->acl; a; a = a->next)
		if (IN6_ARE_ADDR_EQUAL(&a->hoa, hoa))
			return a->status;
	return c->default_acl;
}

void log_msg(enum log_level level, const char *event, const char *fmt, ...)
{
	(void)level;
	(void)event;
	(void)fmt;
}

void daemon_fatal(struct daemon *daemon, const char *fmt, ...)
{
	(void)daemon;
	(void)fmt;
	k.fatal = true;
}

const char *log_addr(const struct in6_addr *a)
{
	static char text[INET6_ADDRSTRLEN];

	return inet_ntop(AF_INET6, a, text, sizeof(text));
}

bool log_allow(struct log_limit *l, const char *event)
{
	(void)l;
	(void)event;
	return true;
}

/* ---- the world of a test ---- */

static struct conf_acl denied = { .status = BA_PROHIBITED };
static struct conf_iface iface = { .name = "eth0", .type = ROLE_HA };
static struct conf conf = { .role = ROLE_HA, .ifaces = &iface, .acl = &denied, .ha_max_binding_life = 1000, .ha_max_bindings = 3 };
static struct daemon d;

static void no_notify(struct daemon *daemon, const char *event, struct json_object *fields)
{
	(void)daemon;
	(void)event;
	json_object_put(fields);
}

static void setup(void)
{
	char err[256] = "";

	memset(&k, 0, sizeof(k));
	memset(&d, 0, sizeof(d));
	prefix_valid = UINT32_MAX;
	conf.ha_refresh_advice = 0;
	denied.hoa = ip("2001:db8:1::dead");
	d.loop = ev_loop_new(EVBACKEND_POLL);
	d.conf = &conf;
	d.notify = no_notify;
	ck_assert_int_eq(ha_role.start(&d, err, sizeof(err)), 0);
}

static void teardown(void)
{
	ha_role.free(&d);
	ck_assert_uint_eq(k.routes + k.proxies + k.guards, 0);
	ev_loop_destroy(d.loop);
}

static void stop_loop(struct ev_loop *loop, struct ev_timer *w, int revents)
{
	(void)w;
	(void)revents;
	ev_break(loop, EVBREAK_ONE);
}

static void pass(double seconds)
{
	struct ev_timer t;

	ev_now_update(d.loop);
	ev_timer_init(&t, stop_loop, seconds, 0);
	ev_timer_start(d.loop, &t);
	ev_run(d.loop, 0);
}

struct bu {
	const char *hoa, *coa, *alt;
	uint16_t seq;
	uint16_t lifetime; /* units */
	uint8_t flags;	   /* 0: A|H */
};

static void send_bu(struct bu u)
{
	struct mh_packet p = { .src = ip(u.hoa), .dst = ip("2001:db8:1::1"), .ifindex = HOME_LINK };
	struct mh_msg m = { .type = MH_BU, .bu = { .seq = u.seq, .lifetime = u.lifetime, .flags = u.flags ? u.flags : MH_BU_A | MH_BU_H } };

	ev_now_update(d.loop); /* as at the begin of a turn of the loop */
	if (u.coa) {
		p.has_coa = true;
		p.coa = ip(u.coa);
	}
	if (u.alt) {
		m.opts.has_alt_coa = true;
		m.opts.alt_coa = ip(u.alt);
	}
	ha_role.mh(&d, &p, &m);
}

static void expect_ba(unsigned int n, uint8_t status, uint16_t seq, const char *rt2)
{
	struct in6_addr a;

	ck_assert_uint_eq(k.n_ba, n);
	ck_assert_uint_eq(k.ba.ba.status, status);
	ck_assert_uint_eq(k.ba.ba.seq, seq);
	ck_assert_int_eq(k.ba_has_rt2, rt2 != NULL);
	if (rt2) {
		a = ip(rt2);
		ck_assert(IN6_ARE_ADDR_EQUAL(&k.ba_rt2, &a));
	}
}

#define HOA "2001:db8:1::100"
#define COA1 "2001:db8:f1::5"
#define COA2 "2001:db8:f2::5"

static void bind_one(void)
{
	send_bu((struct bu){ .hoa = HOA, .coa = COA1, .seq = 100, .lifetime = 100 });
	pass(1.1);
	expect_ba(1, BA_ACCEPTED, 100, COA1);
}

/* ---- tests ---- */

START_TEST(first_registration_waits_for_dad)
{
	send_bu((struct bu){ .hoa = HOA, .coa = COA1, .seq = 5, .lifetime = 100 });
	ck_assert_uint_eq(k.n_ns, 1);
	pass(0.5);
	ck_assert_uint_eq(k.n_ba, 0);
	ck_assert_uint_eq(k.routes, 0);
	/* The retransmission is not a second detection, and the answer is to the last one. */
	send_bu((struct bu){ .hoa = HOA, .coa = COA1, .seq = 6, .lifetime = 100 });
	pass(0.7);
	expect_ba(1, BA_ACCEPTED, 6, COA1);
	ck_assert_uint_eq(k.ba.ba.lifetime, 100);
	ck_assert_uint_eq(k.n_ns, 1);
	ck_assert_uint_eq(k.routes, 1);
	ck_assert_uint_eq(k.proxies, 1);
	ck_assert_uint_eq(k.guards, 1);
	ck_assert_uint_eq(k.n_na, 1);
	ck_assert(k.na.override && !k.na.solicited && !k.na.router);
}
END_TEST

START_TEST(refresh_move_deregister)
{
	struct in6_addr coa2 = ip(COA2);

	bind_one();
	send_bu((struct bu){ .hoa = HOA, .coa = COA1, .seq = 101, .lifetime = 50 });
	pass(0.05);
	expect_ba(2, BA_ACCEPTED, 101, COA1);
	ck_assert_uint_eq(k.ba.ba.lifetime, 50);
	send_bu((struct bu){ .hoa = HOA, .coa = COA2, .seq = 102, .lifetime = 50 });
	pass(0.05);
	expect_ba(3, BA_ACCEPTED, 102, COA2);
	ck_assert(IN6_ARE_ADDR_EQUAL(&k.last_encap, &coa2));
	ck_assert_uint_eq(k.n_ns, 1);
	send_bu((struct bu){ .hoa = HOA, .coa = COA2, .seq = 103 });
	pass(0.05);
	expect_ba(4, BA_ACCEPTED, 103, COA2);
	ck_assert_uint_eq(k.routes + k.proxies + k.guards, 0);
}
END_TEST

START_TEST(return_home_is_answered_directly)
{
	bind_one();
	send_bu((struct bu){ .hoa = HOA, .seq = 101 });
	pass(0.05);
	expect_ba(2, BA_ACCEPTED, 101, NULL);
	ck_assert_uint_eq(k.routes + k.proxies + k.guards, 0);
}
END_TEST

START_TEST(alternate_care_of_address)
{
	send_bu((struct bu){ .hoa = HOA, .coa = COA1, .alt = COA2, .seq = 1, .lifetime = 10 });
	pass(1.1);
	expect_ba(1, BA_ACCEPTED, 1, COA2);
	/* What the option may not name; the refusal goes to the source on the wire. */
	static const char *const bad[] = { "ff02::1", "fe80::5", "::1", "::", "::ffff:192.0.2.1", "2001:db8:1::1" };

	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		send_bu((struct bu){ .hoa = HOA, .coa = COA1, .alt = bad[i], .seq = (uint16_t)(2 + i), .lifetime = 10 });
		pass(0.01);
		expect_ba(2 + i, BA_INVALID_COA, (uint16_t)(2 + i), COA1);
	}
	ck_assert_uint_eq(k.routes, 1);
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

		send_bu((struct bu){ .hoa = HOA, .coa = COA1, .seq = t[i].seq, .lifetime = 100 });
		pass(0.01);
		if (t[i].newer)
			expect_ba(2 + i, BA_ACCEPTED, t[i].seq, COA1);
		else
			expect_ba(2 + i, BA_SEQ_OUT_OF_WINDOW, last, COA1);
	}
}
END_TEST

START_TEST(refusals)
{
	send_bu((struct bu){ .hoa = "2001:db8:99::1", .coa = COA1, .seq = 1, .lifetime = 10 });
	expect_ba(1, BA_NOT_HOME_SUBNET, 1, COA1);
	send_bu((struct bu){ .hoa = "2001:db8:1::dead", .coa = COA1, .seq = 2, .lifetime = 10 });
	expect_ba(2, BA_PROHIBITED, 2, COA1);
	send_bu((struct bu){ .hoa = HOA, .coa = COA1, .seq = 3 });
	expect_ba(3, BA_NOT_HOME_AGENT, 3, COA1);
	send_bu((struct bu){ .hoa = "2001:db8:1::1", .coa = COA1, .seq = 4, .lifetime = 10 });
	expect_ba(4, BA_DAD_FAILED, 4, COA1);
	/* L: the link-local address that goes with this home address is the home agent's own. */
	send_bu((struct bu){ .hoa = "2001:db8:1::2", .coa = COA1, .seq = 5, .lifetime = 10, .flags = MH_BU_A | MH_BU_H | MH_BU_L });
	expect_ba(5, BA_DAD_FAILED, 5, COA1);
	ck_assert_uint_eq(k.n_ns, 0);
	/* Not a home registration, and nothing known: not for us. */
	send_bu((struct bu){ .hoa = HOA, .coa = COA1, .seq = 6, .lifetime = 10, .flags = MH_BU_A });
	ck_assert_uint_eq(k.n_ba, 5);
	send_bu((struct bu){ .hoa = HOA, .coa = COA1, .seq = 7, .lifetime = 10 });
	pass(1.1);
	expect_ba(6, BA_ACCEPTED, 7, COA1);
	send_bu((struct bu){ .hoa = HOA, .coa = COA1, .seq = 8, .lifetime = 10, .flags = MH_BU_A });
	expect_ba(7, BA_REG_TYPE_CHANGE, 8, COA1);
	/* Home addresses that nobody can answer. */
	send_bu((struct bu){ .hoa = "fe80::9", .coa = COA1, .seq = 9, .lifetime = 10 });
	send_bu((struct bu){ .hoa = "::1", .coa = COA1, .seq = 9, .lifetime = 10 });
	ck_assert_uint_eq(k.n_ba, 7);
}
END_TEST

START_TEST(no_tunnel_loop)
{
	bind_one();
	send_bu((struct bu){ .hoa = "2001:db8:1::101", .coa = HOA, .seq = 1, .lifetime = 10 });
	expect_ba(2, BA_INVALID_COA, 1, HOA);
}
END_TEST

START_TEST(link_local_address_too)
{
	uint8_t ahl = MH_BU_A | MH_BU_H | MH_BU_L;
	struct nd_na na = { .target = ip("fe80::100"), .tll = { .len = 6 } };
	struct nd_packet p = { .ifindex = HOME_LINK, .type = ND_NA, .src = ip("fe80::77") };

	send_bu((struct bu){ .hoa = HOA, .coa = COA1, .seq = 1, .lifetime = 10, .flags = ahl });
	ck_assert_uint_eq(k.n_ns, 2);
	pass(1.1);
	expect_ba(1, BA_ACCEPTED, 1, COA1);
	ck_assert_uint_eq(k.proxies, 2);
	ck_assert_uint_eq(k.n_na, 2);
	/* A refresh without the flag changes nothing of that. */
	send_bu((struct bu){ .hoa = HOA, .coa = COA1, .seq = 2, .lifetime = 10 });
	pass(0.05);
	ck_assert_uint_eq(k.proxies, 2);
	send_bu((struct bu){ .hoa = HOA, .coa = COA1, .seq = 3 });
	pass(0.05);
	expect_ba(3, BA_ACCEPTED, 3, COA1);

	/* Somebody has the link-local address. */
	send_bu((struct bu){ .hoa = HOA, .coa = COA1, .seq = 4, .lifetime = 10, .flags = ahl });
	p.len = (size_t)nd_build_na(p.data, sizeof(p.data), &na);
	ha_role.nd(&d, &p);
	expect_ba(4, BA_DAD_FAILED, 4, COA1);
}
END_TEST

START_TEST(duplicate_address)
{
	struct nd_na na = { .target = ip(HOA), .tll = { .len = 6 } };
	struct nd_packet p = { .ifindex = HOME_LINK, .type = ND_NA, .src = ip("fe80::77") };

	send_bu((struct bu){ .hoa = HOA, .coa = COA1, .seq = 5, .lifetime = 100 });
	p.len = (size_t)nd_build_na(p.data, sizeof(p.data), &na);
	ha_role.nd(&d, &p);
	expect_ba(1, BA_DAD_FAILED, 5, COA1);
	pass(1.1);
	ck_assert_uint_eq(k.n_ba, 1);
	ck_assert_uint_eq(k.routes, 0);

	/* Somebody else's detection of the same address counts as well; a solicitation with a source is only a question. */
	struct nd_ns ns = { .target = ip(HOA) };

	send_bu((struct bu){ .hoa = HOA, .coa = COA1, .seq = 6, .lifetime = 100 });
	p.type = ND_NS;
	p.len = (size_t)nd_build_ns(p.data, sizeof(p.data), &ns);
	ha_role.nd(&d, &p);
	ck_assert_uint_eq(k.n_ba, 1);
	p.src = in6addr_any;
	ha_role.nd(&d, &p);
	expect_ba(2, BA_DAD_FAILED, 6, COA1);
}
END_TEST

START_TEST(lifetimes)
{
	conf.ha_refresh_advice = 200;
	send_bu((struct bu){ .hoa = HOA, .coa = COA1, .seq = 1, .lifetime = 0xffff });
	pass(1.1);
	expect_ba(1, BA_ACCEPTED, 1, COA1);
	ck_assert_uint_eq(k.ba.ba.lifetime, 250); /* 1000 s */
	ck_assert(k.ba.opts.has_refresh_advice);
	ck_assert_uint_eq(k.ba.opts.refresh_advice, 50);

	/* The prefix lives shorter than the binding would. */
	prefix_valid = 401;
	ha_role.addr(&d, NULL, false);
	send_bu((struct bu){ .hoa = HOA, .coa = COA1, .seq = 2, .lifetime = 0xffff });
	pass(0.05);
	expect_ba(2, BA_PREFIX_DISCOVERY_NEEDED, 2, COA1);
	ck_assert_uint_eq(k.ba.ba.lifetime, 100);
}
END_TEST

START_TEST(expiry)
{
	send_bu((struct bu){ .hoa = HOA, .coa = COA1, .seq = 1, .lifetime = 1 });
	pass(1.1);
	ck_assert_uint_eq(k.routes, 1);
	pass(4.2);
	ck_assert_uint_eq(k.n_ba, 1);
	ck_assert_uint_eq(k.routes + k.proxies + k.guards, 0);
	ck_assert_uint_eq(d.stats[STAT_EXPIRED], 1);
}
END_TEST

START_TEST(table_full)
{
	static const char *const homes[] = { "2001:db8:1::a1", "2001:db8:1::a2", "2001:db8:1::a3", "2001:db8:1::a4" };

	for (unsigned int i = 0; i < 4; i++)
		send_bu((struct bu){ .hoa = homes[i], .coa = COA1, .seq = 1, .lifetime = 10 });
	expect_ba(1, BA_NO_RESOURCES, 1, COA1);
}
END_TEST

START_TEST(kernel_says_no)
{
	k.refuse_route = true;
	send_bu((struct bu){ .hoa = HOA, .coa = COA1, .seq = 1, .lifetime = 10 });
	pass(1.1);
	expect_ba(1, BA_NO_RESOURCES, 1, COA1);
	ck_assert_uint_eq(k.routes + k.guards, 0);
	ck_assert_uint_eq(d.stats[STAT_KERNEL_ERRORS], 1);
	/* The next attempt finds a clean table. */
	k.refuse_route = false;
	send_bu((struct bu){ .hoa = HOA, .coa = COA1, .seq = 1, .lifetime = 10 });
	pass(1.1);
	expect_ba(2, BA_ACCEPTED, 1, COA1);
}
END_TEST

START_TEST(tunnel_removed)
{
	struct kern_link l = { .ifindex = TUNNEL, .name = "mip6ha", .up = true };

	ha_role.link(&d, &l);
	ck_assert(!k.fatal);
	l.gone = true;
	ha_role.link(&d, &l);
	ck_assert(k.fatal);
}
END_TEST

START_TEST(update_rate)
{
	bind_one();
	for (unsigned int i = 0; i < 100; i++)
		send_bu((struct bu){ .hoa = HOA, .coa = COA1, .seq = (uint16_t)(101 + i), .lifetime = 10 });
	ck_assert_uint_ge(d.stats[STAT_MH_LIMITED], 75);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		first_registration_waits_for_dad, refresh_move_deregister, return_home_is_answered_directly, alternate_care_of_address,
		sequence_numbers, refusals, no_tunnel_loop, link_local_address_too, duplicate_address, lifetimes, expiry, table_full, kernel_says_no, tunnel_removed,
		update_rate,
	};
	Suite *s = suite_create("ha");
	TCase *t = tcase_create("registration");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 30);
	for (unsigned int i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		tcase_add_test(t, tests[i]);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
