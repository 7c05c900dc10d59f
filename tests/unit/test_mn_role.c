// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The mobile node against a kernel made of paper: the real role, event loop and codecs; below them, stand-ins that
 * remember what is installed and what was sent. Packets and notifications go in through the role's operations, as the
 * daemon hands them over. Time is real, and short.
 */
#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/xfrm.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "core/daemon.h"
#include "core/log.h"
#include "kern/route.h"
#include "kern/sysctl.h"
#include "kern/tun.h"
#include "kern/xfrm.h"
#include "wire/nd.h"

#define LINK   3
#define TUNNEL 8

static const char *const HOA = "2001:db8:1::100", *const HA = "2001:db8:1::1";

/* ---- the kernel of paper ---- */

static struct {
	bool hoa_rule, mark_rule, tunnel_route, refuse_route, hoa_on_link, hoa_on_tunnel, plug, hao, blocked;
	struct in6_addr hao_coa, tunnel_local;
	unsigned int released, dropped, neighbours, neighbours_gone, retired, fatal;
	bool f2_known;
	struct mh_msg bu; /* the last one */
	unsigned int n_bu, n_rs, n_ns, n_na;
	int bu_error;
	struct nd_ns ns;
	struct nd_na na;
	struct kern_addr addrs[8]; /* of the link, for the dump */
	unsigned int n_addrs;
	struct kern_route routes[8];
	unsigned int n_routes;
} k;

const char *const stat_name[STAT_MAX];

struct kern_batch {
	int dummy;
};

static struct in6_addr ip(const char *text)
{
	struct in6_addr a;

	ck_assert_int_eq(inet_pton(AF_INET6, text, &a), 1);
	return a;
}

static bool is(const struct in6_addr *a, const char *text)
{
	struct in6_addr b = ip(text);

	return IN6_ARE_ADDR_EQUAL(a, &b);
}

struct kern_batch *kern_batch_new(enum kern_proto proto)
{
	(void)proto;
	return calloc(1, sizeof(struct kern_batch));
}

int kern_batch_commit(struct kern_batch *b)
{
	free(b);
	return 0;
}

const char *kern_error(void)
{
	return "paper";
}

void kern_route_replace(struct kern_batch *b, const struct kern_route *r)
{
	(void)b;
	ck_assert_uint_eq(r->table, 252);
	if (r->unreachable)
		k.refuse_route = true;
	else
		k.tunnel_route = r->ifindex == TUNNEL;
}

void kern_route_del(struct kern_batch *b, const struct kern_route *r, unsigned int forgive)
{
	(void)b;
	(void)forgive;
	if (r->table != 252)
		k.retired++;
	else if (r->unreachable)
		k.refuse_route = false;
	else
		k.tunnel_route = false;
}

int kern_route_dump(uint32_t table, uint8_t protocol, void (*cb)(const struct kern_route *r, void *arg), void *arg)
{
	(void)protocol;
	for (unsigned int i = 0; table != 252 && i < k.n_routes; i++)
		cb(&k.routes[i], arg);
	return 0;
}

void kern_rule_add(struct kern_batch *b, const struct kern_rule *r, unsigned int forgive)
{
	(void)b;
	(void)forgive;
	*(r->fwmark ? &k.mark_rule : &k.hoa_rule) = true;
}

void kern_rule_del(struct kern_batch *b, const struct kern_rule *r, unsigned int forgive)
{
	(void)b;
	(void)forgive;
	*(r->fwmark ? &k.mark_rule : &k.hoa_rule) = false;
}

int kern_rule_dump(void (*cb)(const struct kern_rule *r, void *arg), void *arg)
{
	(void)cb;
	(void)arg;
	return 0;
}

static void set_addr(const struct kern_addr *a, bool on)
{
	if (is(&a->addr, HOA))
		*(a->ifindex == TUNNEL ? &k.hoa_on_tunnel : &k.hoa_on_link) = on;
	else
		k.retired += !on;
}

void kern_addr_replace(struct kern_batch *b, const struct kern_addr *a)
{
	(void)b;
	ck_assert(a->flags & IFA_F_NODAD);
	set_addr(a, true);
}

void kern_addr_del(struct kern_batch *b, const struct kern_addr *a, unsigned int forgive)
{
	(void)b;
	(void)forgive;
	set_addr(a, false);
}

int kern_addr_dump(int ifindex, void (*cb)(const struct kern_addr *a, void *arg), void *arg)
{
	for (unsigned int i = 0; ifindex == LINK && i < k.n_addrs; i++)
		cb(&k.addrs[i], arg);
	return 0;
}

void kern_neigh_set(struct kern_batch *b, int ifindex, const struct in6_addr *addr, const uint8_t *lladdr,
		    unsigned int lladdr_len)
{
	(void)b;
	ck_assert_int_eq(ifindex, LINK);
	ck_assert(is(addr, HA));
	ck_assert_uint_eq(lladdr_len, 6);
	ck_assert_uint_eq(lladdr[5], 0xaa);
	k.neighbours++;
}

void kern_neigh_del(struct kern_batch *b, int ifindex, const struct in6_addr *addr, unsigned int forgive)
{
	(void)b;
	(void)forgive;
	ck_assert_int_eq(ifindex, LINK);
	ck_assert(is(addr, "fe80::f1"));
	k.neighbours_gone++;
}

/* The router that we had, and the one that we have. */
int kern_neigh_dump(int ifindex, void (*cb)(const struct in6_addr *addr, void *arg), void *arg)
{
	struct in6_addr f1 = ip("fe80::f1"), f2 = ip("fe80::f2");

	ck_assert_int_eq(ifindex, LINK);
	cb(&f1, arg);
	if (k.f2_known)
		cb(&f2, arg);
	return 0;
}

void kern_ro_state_set(struct kern_batch *b, const struct kern_ro_state *s)
{
	(void)b;
	if (s->kind != KERN_HAO)
		return;
	k.hao = true;
	k.hao_coa = s->coa;
}

void kern_ro_state_del(struct kern_batch *b, const struct kern_ro_state *s, unsigned int forgive)
{
	(void)b;
	(void)forgive;
	if (s->kind == KERN_HAO)
		k.hao = false;
}

void kern_ro_policy_set(struct kern_batch *b, const struct kern_ro_policy *p)
{
	(void)b;
	if (p->block)
		k.blocked = true;
}

void kern_ro_policy_del(struct kern_batch *b, const struct kern_ro_policy *p, unsigned int forgive)
{
	(void)b;
	(void)forgive;
	if (p->block)
		k.blocked = false;
}

int kern_ro_flush(void)
{
	k.hao = k.blocked = false;
	return 0;
}

int kern_tun_open(const char *name)
{
	ck_assert_str_eq(name, "mip6mn0");
	return TUNNEL;
}

int kern_tun_set(int ifindex, const char *name, const struct in6_addr *local, const struct in6_addr *remote)
{
	(void)name;
	ck_assert_int_eq(ifindex, TUNNEL);
	ck_assert(is(remote, HA));
	k.tunnel_local = *local;
	return 0;
}

int kern_tun_close(int ifindex)
{
	(void)ifindex;
	k.hoa_on_tunnel = k.tunnel_route = false;
	return 0;
}

int kern_plug_hold(int ifindex, uint32_t limit_bytes)
{
	(void)ifindex;
	(void)limit_bytes;
	k.plug = true;
	return 0;
}

int kern_plug_release(int ifindex)
{
	(void)ifindex;
	k.plug = false;
	k.released++;
	return 0;
}

int kern_plug_drop(int ifindex)
{
	(void)ifindex;
	k.dropped += k.plug;
	k.plug = false;
	return 0;
}

static const struct kern_link the_link = {
	.ifindex = LINK,
	.name = "eth0",
	.up = true,
	.carrier = true,
	.mtu = 1500,
	.lladdr = { 6, { 2, 0, 0, 0, 0, 0x64 } },
};

int kern_link_get(const char *name, struct kern_link *out)
{
	if (strcmp(name, "eth0"))
		return -ENODEV;
	*out = the_link;
	return 0;
}

int kern_sysctl_set(const char *path, const char *value)
{
	(void)path;
	(void)value;
	return 0;
}

int kern_sysctl_get(const char *path, long *value)
{
	*value = strstr(path, "accept_ra") ? 1 : 0;
	return 0;
}

int mh_sock_send(int fd, const struct in6_addr *src, const struct in6_addr *dst, const struct in6_addr *rt2,
		 int ifindex, const uint8_t *data, size_t len)
{
	(void)fd;
	ck_assert(is(src, HOA) && is(dst, HA) && !rt2);
	ck_assert_int_eq(ifindex, LINK);
	if (k.bu_error)
		return k.bu_error;
	ck_assert_int_eq(mh_parse(data, len, &k.bu, NULL), 0);
	ck_assert_uint_eq(k.bu.type, MH_BU);
	ck_assert_uint_eq(k.bu.bu.flags, MH_BU_A | MH_BU_H);
	k.n_bu++;
	return 0;
}

int nd_sock_send(int fd, int ifindex, const struct in6_addr *src, const struct in6_addr *dst, const uint8_t *ll_dst,
		 uint8_t *icmp, size_t len)
{
	(void)fd;
	(void)src;
	(void)dst;
	(void)ll_dst;
	ck_assert_int_eq(ifindex, LINK);
	if (icmp[0] == ND_RS)
		k.n_rs++;
	if (icmp[0] == ND_NS && ++k.n_ns)
		ck_assert_int_eq(nd_parse_ns(icmp, len, &k.ns), 0);
	if (icmp[0] == ND_NA && ++k.n_na)
		ck_assert_int_eq(nd_parse_na(icmp, len, &k.na), 0);
	return 0;
}

int nd_sock_watch(int fd, int ifindex, bool on)
{
	(void)fd;
	(void)ifindex;
	(void)on;
	return 0;
}

void daemon_fatal(struct daemon *d, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	(void)d;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	ck_assert_str_eq(text, "home address 2001:db8:1::100 already in use on eth0 by 02:00:00:00:00:bb");
	k.fatal++;
}

/* ---- the daemon ---- */

static struct conf_home home = { .ifname = "eth0", .plen = 64 };
static struct conf conf = {
	.file = "mip6d.conf",
	.role = ROLE_MN,
	.homes = &home,
	.mn_max_ha_binding_life = 1000,
	.init_timeout_first_ms = 60,
	.init_timeout_rereg_ms = 40,
};
static struct daemon d;

static void no_notify(struct daemon *dd, const char *event, struct json_object *fields)
{
	(void)dd;
	(void)event;
	json_object_put(fields);
}

static void timeout(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)w;
	(void)revents;
	ev_break(loop, EVBREAK_ALL);
}

static void run(double seconds)
{
	ev_timer t;

	ev_now_update(d.loop);
	ev_timer_init(&t, timeout, seconds, 0);
	ev_timer_start(d.loop, &t);
	ev_run(d.loop, 0);
}

static void advertise(const char *router, uint8_t mac, const char *prefix, bool is_ha)
{
	struct nd_packet p = { .ifindex = LINK, .src = ip(router), .hoplimit = 255, .type = ND_RA, .ll_len = 6 };
	struct nd_ra ra = { .lifetime = 300, .n_prefixes = 1, .sll = { .len = 6, .addr = { 2, 0, 0, 0, 0, mac } } };

	ra.prefixes[0] = (struct nd_prefix){
		.prefix = ip(prefix), .len = 64, .onlink = true, .autonomous = true, .valid = 600, .preferred = 300
	};
	if (is_ha) {
		ra.prefixes[0].router = true;
		ra.prefixes[0].prefix = ip(HA);
	}
	p.len = (size_t)nd_build_ra(p.data, sizeof(p.data), &ra);
	mn_role.nd(&d, &p);
}

static void neighbour(const char *target, uint8_t mac)
{
	struct nd_packet p = { .ifindex = LINK, .src = ip(target), .hoplimit = 255, .type = ND_NA, .ll_len = 6 };
	struct nd_na na = { .target = ip(target),
			    .override = true,
			    .tll = { .len = 6, .addr = { 2, 0, 0, 0, 0, mac } } };

	p.len = (size_t)nd_build_na(p.data, sizeof(p.data), &na);
	mn_role.nd(&d, &p);
}

static void address(const char *addr, uint32_t flags, bool deleted)
{
	struct kern_addr a = {
		.addr = ip(addr), .plen = 64, .ifindex = LINK, .flags = flags, .valid = 600, .preferred = 300
	};

	mn_role.addr(&d, &a, deleted);
}

static void acknowledge(uint8_t status, uint16_t seq, uint32_t seconds)
{
	struct mh_packet p = { .src = ip(HA), .dst = ip(HOA), .ifindex = LINK };
	struct mh_msg m = { .type = MH_BA };

	m.ba.status = status;
	m.ba.seq = seq;
	m.ba.lifetime = mh_lifetime_from_sec(seconds);
	mn_role.mh(&d, &p, &m);
}

static void carrier(bool up)
{
	struct kern_link l = the_link;

	l.carrier = up;
	mn_role.link(&d, &l);
}

#define HOME_RA()  advertise("fe80::1", 0xaa, "2001:db8:1::", true)
#define F1_RA()	   advertise("fe80::f1", 0xf1, "2001:db8:f1::", false)
#define F2_RA()	   advertise("fe80::f2", 0xf2, "2001:db8:f2::", false)
#define F1_COA	   "2001:db8:f1::64"
#define F2_COA	   "2001:db8:f2::64"
#define OPTIMISTIC (IFA_F_TENTATIVE | IFA_F_OPTIMISTIC)

static void setup(void)
{
	char err[256] = "";

	memset(&k, 0, sizeof(k));
	home.hoa = ip(HOA);
	home.ha = ip(HA);
	conf.optimistic_handoff = false;
	memset(&d, 0, sizeof(d));
	d.loop = ev_loop_new(EVFLAG_AUTO);
	d.conf = &conf;
	d.able.optimistic_dad = true;
	d.notify = no_notify;
	log_open("/dev/null", 5);
	ck_assert_msg(mn_role.start(&d, err, sizeof(err)) == 0, "%s", err);
	address("fe80::64", IFA_F_PERMANENT, false);
}

static void teardown(void)
{
	mn_role.free(&d);
	ck_assert(!k.plug && !k.hao && !k.blocked && !k.hoa_on_tunnel && !k.hoa_on_link);
	ev_loop_destroy(d.loop);
	log_close();
}

static void bound_at_f1(void)
{
	F1_RA();
	address(F1_COA, OPTIMISTIC, false);
	ck_assert_uint_eq(k.n_bu, 1);
	acknowledge(0, k.bu.bu.seq, 400);
	ck_assert(k.tunnel_route && !k.plug);
}

/* ---- tests ---- */

START_TEST(unknown_is_refused)
{
	ck_assert(k.hoa_rule && k.mark_rule && k.refuse_route && !k.tunnel_route && k.hoa_on_tunnel && !k.hoa_on_link &&
		  k.blocked);
	ck_assert_uint_eq(k.n_rs, 1);
	run(0.25);
	ck_assert_uint_ge(k.n_rs, 2);
}
END_TEST

START_TEST(start_at_home)
{
	HOME_RA();
	ck_assert_uint_ge(k.n_ns, 1);
	ck_assert(!k.hoa_on_link);
	run(1.2);
	ck_assert(k.hoa_on_link && !k.hoa_rule && !k.tunnel_route && !k.refuse_route && !k.blocked);
	ck_assert_uint_eq(k.n_bu, 0);
	ck_assert_uint_eq(k.n_na, 0);
}
END_TEST

START_TEST(home_address_taken)
{
	HOME_RA();
	neighbour(HOA, 0xbb);
	neighbour(HA, 0xaa);
	ck_assert_uint_ge(k.fatal, 1);
	ck_assert(!k.hoa_on_link);
}
END_TEST

START_TEST(binding_of_an_earlier_life)
{
	HOME_RA();
	neighbour(HOA, 0xaa);
	ck_assert_uint_eq(k.fatal, 0);
	ck_assert_uint_eq(k.n_bu, 1);
	ck_assert_uint_eq(k.bu.bu.lifetime, 0);
	ck_assert_uint_eq(k.neighbours, 1);
	/* the home agent remembers another number */
	acknowledge(BA_SEQ_OUT_OF_WINDOW, 777, 0);
	ck_assert_uint_eq(k.n_bu, 2);
	ck_assert_uint_eq(k.bu.bu.seq, 778);
	acknowledge(0, 778, 0);
	ck_assert_uint_eq(k.n_na, 1);
	ck_assert(k.hoa_on_link && !k.hoa_rule);
}
END_TEST

START_TEST(registration)
{
	F1_RA();
	ck_assert_uint_eq(k.n_bu, 0);
	ck_assert(k.plug && k.tunnel_route && k.hoa_rule);
	address(F2_COA, 0, false); /* not of this link */
	address(F1_COA, IFA_F_TENTATIVE, false); /* not to be used yet */
	ck_assert_uint_eq(k.n_bu, 0);
	address(F1_COA, OPTIMISTIC, false);
	ck_assert_uint_eq(k.n_bu, 1);
	ck_assert(k.hao && is(&k.hao_coa, F1_COA) && is(&k.tunnel_local, F1_COA) && k.plug);
	ck_assert(k.bu.opts.has_alt_coa && is(&k.bu.opts.alt_coa, F1_COA));
	/* the prefix's lifetime, not the configured 1000 */
	ck_assert_uint_ge(k.bu.bu.lifetime * 4, 592);
	ck_assert_uint_le(k.bu.bu.lifetime * 4, 600);
	acknowledge(0, (uint16_t)(k.bu.bu.seq + 1), 400);
	ck_assert(k.plug);
	acknowledge(0, k.bu.bu.seq, 400);
	ck_assert(!k.plug && k.tunnel_route);
	ck_assert_uint_eq(k.released, 1);
	ck_assert_uint_eq(d.stats[STAT_REG_ACCEPTED], 1);
}
END_TEST

START_TEST(lost_acknowledgements)
{
	uint16_t first;

	F1_RA();
	address(F1_COA, OPTIMISTIC, false);
	first = k.bu.bu.seq;
	run(0.1); /* 60 ms, then 120 */
	ck_assert_uint_eq(k.n_bu, 2);
	ck_assert_uint_eq(k.bu.bu.seq, (uint16_t)(first + 1));
	run(0.12);
	ck_assert_uint_eq(k.n_bu, 3);
	/* three a second, whatever the timeout */
	run(0.3);
	ck_assert_uint_le(k.n_bu, 4);
	/* the first one was only slow */
	acknowledge(0, first, 400);
	ck_assert(!k.plug && k.tunnel_route);
}
END_TEST

START_TEST(no_answer_at_all)
{
	F1_RA();
	address(F1_COA, OPTIMISTIC, false);
	run(3.1);
	ck_assert(!k.plug && !k.tunnel_route && k.refuse_route && k.hoa_rule);
	ck_assert_uint_eq(k.dropped, 1);
}
END_TEST

START_TEST(unsendable)
{
	F1_RA();
	k.bu_error = -ENETUNREACH;
	address(F1_COA, OPTIMISTIC, false);
	ck_assert_uint_eq(k.n_bu, 0);
	k.bu_error = 0;
	run(0.03);
	ck_assert_uint_eq(k.n_bu, 1);
}
END_TEST

START_TEST(refusals)
{
	F1_RA();
	address(F1_COA, OPTIMISTIC, false);
	acknowledge(BA_PROHIBITED, k.bu.bu.seq, 0);
	ck_assert(!k.plug && !k.tunnel_route && k.refuse_route);
	run(0.3);
	ck_assert_uint_eq(k.n_bu, 1);
	ck_assert_uint_eq(d.stats[STAT_REG_REJECTED], 1);
}
END_TEST

START_TEST(refused_care_of_address)
{
	F1_RA();
	address(F1_COA, 0, false);
	acknowledge(BA_INVALID_COA, k.bu.bu.seq, 0);
	ck_assert_uint_eq(k.n_bu, 1);
	address("2001:db8:f1::65", 0, false);
	ck_assert_uint_eq(k.n_bu, 2);
	ck_assert(is(&k.bu.opts.alt_coa, "2001:db8:f1::65"));
}
END_TEST

START_TEST(duplicate_care_of_address)
{
	bound_at_f1();
	address(F1_COA, OPTIMISTIC, true);
	ck_assert(!k.tunnel_route && k.refuse_route && !k.hao);
	ck_assert_uint_eq(d.stats[STAT_DAD_FAILED], 1);
	address("2001:db8:f1::65", OPTIMISTIC, false);
	ck_assert_uint_eq(k.n_bu, 2);
}
END_TEST

START_TEST(move_with_carrier)
{
	struct kern_route old = {
		.ifindex = LINK, .has_gateway = true, .gateway = ip("fe80::f1"), .protocol = 9, .table = 254
	};

	bound_at_f1();
	k.routes[k.n_routes++] = old;
	old.gateway = ip("fe80::f2");
	k.routes[k.n_routes++] = old;
	carrier(false);
	ck_assert(k.plug && k.tunnel_route);
	carrier(true);
	ck_assert_uint_eq(k.n_rs, 2);
	k.f2_known = true;
	F2_RA();
	ck_assert_uint_eq(k.retired, 2); /* the route through f1, and the address */
	ck_assert_uint_eq(k.neighbours_gone, 1);
	address(F2_COA, OPTIMISTIC, false);
	ck_assert_uint_eq(k.n_bu, 2);
	ck_assert(k.plug && is(&k.hao_coa, F2_COA));
	acknowledge(0, k.bu.bu.seq, 400);
	ck_assert(!k.plug && k.tunnel_route && is(&k.tunnel_local, F2_COA));
	ck_assert_uint_eq(d.stats[STAT_MOVES], 1);
}
END_TEST

START_TEST(carrier_and_back)
{
	bound_at_f1();
	carrier(false);
	carrier(true);
	F1_RA();
	ck_assert(!k.plug && k.tunnel_route);
	ck_assert_uint_eq(k.n_bu, 1);
	ck_assert_uint_eq(d.stats[STAT_MOVES], 0);
}
END_TEST

START_TEST(two_routers_of_a_link)
{
	bound_at_f1();
	F2_RA();
	ck_assert_uint_eq(k.n_ns, 1);
	ck_assert(is(&k.ns.target, "fe80::f1"));
	neighbour("fe80::f1", 0xf1);
	run(0.3);
	F2_RA();
	ck_assert_uint_eq(k.n_ns, 1); /* known by now */
	ck_assert_uint_eq(d.stats[STAT_MOVES], 0);
	ck_assert(k.tunnel_route);
}
END_TEST

START_TEST(move_without_carrier)
{
	bound_at_f1();
	F2_RA();
	address(F2_COA, OPTIMISTIC, false);
	ck_assert_uint_eq(k.n_bu, 1);
	run(0.3);
	ck_assert_uint_eq(k.n_ns, 2);
	ck_assert_uint_ge(k.n_bu, 2);
	ck_assert(is(&k.bu.opts.alt_coa, F2_COA));
}
END_TEST

START_TEST(return_home)
{
	bound_at_f1();
	carrier(false);
	carrier(true);
	HOME_RA();
	ck_assert(k.hoa_on_link && !k.hoa_rule && !k.tunnel_route && !k.plug && !k.hao && !k.blocked);
	ck_assert_uint_eq(k.neighbours, 1);
	ck_assert_uint_eq(k.n_bu, 2);
	ck_assert_uint_eq(k.bu.bu.lifetime, 0);
	ck_assert(!k.bu.opts.has_alt_coa);
	ck_assert_uint_eq(k.n_na, 0);
	acknowledge(0, k.bu.bu.seq, 0);
	ck_assert_uint_eq(k.n_na, 1);
	ck_assert(is(&k.na.target, HOA) && k.na.override && !k.na.solicited && !k.na.router);
	run(1.1);
	ck_assert_uint_eq(k.n_na, 2);
}
END_TEST

START_TEST(optimistic_handoff)
{
	conf.optimistic_handoff = true;
	bound_at_f1(); /* the first registration waits */
	carrier(false);
	carrier(true);
	F2_RA();
	ck_assert(k.plug);
	address(F2_COA, OPTIMISTIC, false);
	ck_assert_uint_eq(k.n_bu, 2);
	ck_assert(!k.plug && k.tunnel_route && is(&k.tunnel_local, F2_COA));
}
END_TEST

static unsigned int stopped;

static void on_stopped(struct daemon *dd)
{
	(void)dd;
	stopped++;
}

START_TEST(stop_abroad)
{
	bound_at_f1();
	stopped = 0;
	mn_role.stop(&d, on_stopped);
	ck_assert_uint_eq(k.n_bu, 2);
	ck_assert_uint_eq(k.bu.bu.lifetime, 0);
	ck_assert(k.bu.opts.has_alt_coa);
	ck_assert_uint_eq(stopped, 0);
	acknowledge(0, k.bu.bu.seq, 0);
	run(0.02);
	ck_assert_uint_eq(stopped, 1);
}
END_TEST

START_TEST(stop_without_answer)
{
	bound_at_f1();
	stopped = 0;
	mn_role.stop(&d, on_stopped);
	run(2.1);
	ck_assert_uint_eq(stopped, 1);
}
END_TEST

START_TEST(hostile_neighbourhood)
{
	struct nd_packet p = { .ifindex = LINK, .hoplimit = 255, .type = ND_RA, .ll_len = 6 };
	struct in6_addr r = ip("fe80::bad:0");

	bound_at_f1();
	srandom(1);
	for (unsigned int i = 0; i < 5000; i++) {
		p.len = (size_t)random() % 200;
		for (size_t j = 0; j < p.len; j++)
			p.data[j] = (uint8_t)random();
		p.data[0] = ND_RA;
		r.s6_addr[15] = (uint8_t)i;
		p.src = r;
		mn_role.nd(&d, &p);
		p.type = ND_NA;
		mn_role.nd(&d, &p);
		p.type = ND_RA;
	}
	neighbour("fe80::f1", 0xf1);
	run(0.3);
	ck_assert(k.tunnel_route);
	ck_assert_uint_eq(d.stats[STAT_MOVES], 0);
}
END_TEST

START_TEST(shown)
{
	struct json_object *list, *o;

	bound_at_f1();
	list = mn_role.bul(&d);
	ck_assert_uint_eq(json_object_array_length(list), 1);
	o = json_object_array_get_idx(list, 0);
	ck_assert_str_eq(json_object_get_string(json_object_object_get(o, "state")), "registered");
	ck_assert_int_eq(json_object_get_int(json_object_object_get(o, "lifetime_s")), 400);
	json_object_put(list);
	o = mn_role.status(&d);
	ck_assert_str_eq(json_object_get_string(json_object_object_get(o, "location")), "away");
	json_object_put(o);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("mn role");
	TCase *c = tcase_create("all");
	SRunner *sr;
	int failed;

	tcase_set_timeout(c, 20);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, unknown_is_refused);
	tcase_add_test(c, start_at_home);
	tcase_add_test(c, home_address_taken);
	tcase_add_test(c, binding_of_an_earlier_life);
	tcase_add_test(c, registration);
	tcase_add_test(c, lost_acknowledgements);
	tcase_add_test(c, no_answer_at_all);
	tcase_add_test(c, unsendable);
	tcase_add_test(c, refusals);
	tcase_add_test(c, refused_care_of_address);
	tcase_add_test(c, duplicate_care_of_address);
	tcase_add_test(c, move_with_carrier);
	tcase_add_test(c, carrier_and_back);
	tcase_add_test(c, two_routers_of_a_link);
	tcase_add_test(c, move_without_carrier);
	tcase_add_test(c, return_home);
	tcase_add_test(c, optimistic_handoff);
	tcase_add_test(c, stop_abroad);
	tcase_add_test(c, stop_without_answer);
	tcase_add_test(c, hostile_neighbourhood);
	tcase_add_test(c, shown);
	suite_add_tcase(s, c);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? 1 : 0;
}
