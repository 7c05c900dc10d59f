// SPDX-License-Identifier: GPL-2.0-or-later
/* Exercises umip/src/kern from a script, kern.sh: see commands.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/xfrm.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kern/guard.h"
#include "kern/nl.h"
#include "kern/probe.h"
#include "kern/route.h"
#include "kern/sock.h"
#include "kern/sysctl.h"
#include "kern/tun.h"
#include "kern/watch.h"
#include "kern/xfrm.h"
#include "wire/mh.h"
#include "wire/nd.h"

#include "commands.h"

static struct kern_guard *guard;
static int mh_fd = -1, nd_fd = -1, watch_fd = -1;

/* The nth address of a block of test addresses. */
static struct in6_addr nth(unsigned int block, unsigned int n)
{
	return (struct in6_addr){ .s6_addr = { 0x20, 0x01, 0x0d, 0xb8, 0xff, (uint8_t)block, [12] = (uint8_t)(n >> 24),
					       (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n } };
}

/* ---- netlink ---- */

static void cmd_batch(void) /* UPDEV DOWNDEV: the middle one fails */
{
	struct kern_route r = { .dst_len = 128 };
	struct kern_batch *b = kern_batch_new(KERN_ROUTE);

	for (unsigned int i = 1; i <= 5; i++) {
		r.dst = nth(1, i);
		r.ifindex = dev(i == 3);
		kern_route_replace(b, &r);
	}
	result(kern_batch_commit(b));
}

static void count_route(const struct kern_route *r, void *n)
{
	(void)r;
	(*(unsigned int *)n)++;
}

static void cmd_many(void) /* DEV N: routes in one batch, and a dump */
{
	struct kern_route r = { .dst_len = 128, .ifindex = dev(0), .table = 77 };
	struct kern_batch *b = kern_batch_new(KERN_ROUTE);
	unsigned int found = 0, n = num(1);
	double t0 = now_us(), t1, t2;
	int err;

	for (unsigned int i = 1; i <= n; i++) {
		r.dst = nth(2, i);
		kern_route_replace(b, &r);
	}
	err = kern_batch_commit(b);
	t1 = now_us();
	if (!err)
		err = kern_route_dump(77, KERN_RTPROT, count_route, &found);
	t2 = now_us();
	if (err)
		result(err);
	else
		printf("found=%u add_us=%.1f dump_us=%.1f\n", found, (t1 - t0) / n, (t2 - t1) / n);
}

static void cmd_encap(void) /* DEV HOA SRC COA */
{
	const struct kern_route r = { .dst = ip(1),
				      .dst_len = 128,
				      .ifindex = dev(0),
				      .has_encap = true,
				      .encap_src = ip(2),
				      .encap_dst = ip(3) };
	struct kern_batch *b = kern_batch_new(KERN_ROUTE);

	kern_route_replace(b, &r);
	result(kern_batch_commit(b));
}

static void cmd_route(void) /* DEV|unreachable DST LEN TABLE METRIC GATEWAY|- */
{
	struct kern_route r = { .dst = ip(1), .dst_len = (uint8_t)num(2), .table = num(3), .metric = num(4) };
	struct kern_batch *b = kern_batch_new(KERN_ROUTE);

	r.unreachable = !strcmp(arg[0], "unreachable");
	r.ifindex = dev(0);
	if (arg[5] && strcmp(arg[5], "-")) {
		r.has_gateway = true;
		r.gateway = ip(5);
	}
	kern_route_replace(b, &r);
	result(kern_batch_commit(b));
}

static void cmd_route_del(void) /* DST LEN TABLE [forgive] */
{
	const struct kern_route r = { .dst = ip(0), .dst_len = (uint8_t)num(1), .table = num(2) };
	struct kern_batch *b = kern_batch_new(KERN_ROUTE);

	kern_route_del(b, &r, arg[3] ? KERN_OK_ABSENT : 0);
	result(kern_batch_commit(b));
}

static void show_route(const struct kern_route *r, void *unused)
{
	char name[IF_NAMESIZE] = "-";

	(void)unused;
	if_indextoname((unsigned int)r->ifindex, name);
	printf("[%s%s/%u table %u metric %u dev %s", r->unreachable ? "unreachable " : "", text(&r->dst), r->dst_len,
	       r->table, r->metric, name);
	if (r->has_gateway)
		printf(" via %s", text(&r->gateway));
	if (r->has_encap)
		printf(" encap %s -> %s", text(&r->encap_src), text(&r->encap_dst));
	printf("]");
}

static void cmd_route_dump(void) /* TABLE PROTOCOL */
{
	int err = kern_route_dump(num(0), (uint8_t)num(1), show_route, NULL);

	result(err);
}

static struct kern_rule rule_args(void) /* PRIORITY SRC|- LEN TABLE|unreachable [find] [FWMARK] */
{
	struct kern_rule r = { .priority = num(0) };

	if (strcmp(arg[1], "-")) {
		r.has_src = true;
		r.src = ip(1);
		r.src_len = (uint8_t)num(2);
	}
	r.unreachable = !strcmp(arg[3], "unreachable");
	r.table = r.unreachable ? 0 : num(3);
	r.find_saddr = arg[4] && !strcmp(arg[4], "find");
	r.fwmark = arg[4] && !r.find_saddr ? num(4) : 0;
	return r;
}

static void cmd_rule(void)
{
	const struct kern_rule r = rule_args();
	struct kern_batch *b = kern_batch_new(KERN_ROUTE);

	kern_rule_add(b, &r, 0);
	result(kern_batch_commit(b));
}

static void cmd_rule_del(void)
{
	const struct kern_rule r = rule_args();
	struct kern_batch *b = kern_batch_new(KERN_ROUTE);

	kern_rule_del(b, &r, 0);
	result(kern_batch_commit(b));
}

static void show_rule(const struct kern_rule *r, void *unused)
{
	(void)unused;
	printf("[%u from %s/%u table %u%s%s mark %#x]", r->priority, text(&r->src), r->src_len, r->table,
	       r->find_saddr ? " find" : "", r->unreachable ? " unreachable" : "", r->fwmark);
}

static void cmd_rule_dump(void)
{
	result(kern_rule_dump(show_rule, NULL));
}

static void cmd_addr(void) /* DEV ADDR LEN FLAGS VALID PREFERRED */
{
	const struct kern_addr a = { .ifindex = dev(0),
				     .addr = ip(1),
				     .plen = (uint8_t)num(2),
				     .flags = num(3),
				     .valid = num(4),
				     .preferred = num(5),
				     .proto = KERN_RTPROT };
	struct kern_batch *b = kern_batch_new(KERN_ROUTE);

	kern_addr_replace(b, &a);
	result(kern_batch_commit(b));
}

static void cmd_addr_del(void) /* DEV ADDR LEN [forgive] */
{
	const struct kern_addr a = { .ifindex = dev(0), .addr = ip(1), .plen = (uint8_t)num(2) };
	struct kern_batch *b = kern_batch_new(KERN_ROUTE);

	kern_addr_del(b, &a, arg[3] ? KERN_OK_ABSENT : 0);
	result(kern_batch_commit(b));
}

static void show_addr(const struct kern_addr *a, void *unused)
{
	(void)unused;
	printf("[%s/%u flags %#x valid %u preferred %u proto %u]", text(&a->addr), a->plen, a->flags, a->valid,
	       a->preferred, a->proto);
}

static void cmd_addr_dump(void) /* DEV */
{
	result(kern_addr_dump(dev(0), show_addr, NULL));
}

static void cmd_proxy(void) /* DEV ADDR add|router|del */
{
	struct kern_batch *b = kern_batch_new(KERN_ROUTE);
	const struct in6_addr a = ip(1);

	if (!strcmp(arg[2], "del"))
		kern_proxy_del(b, dev(0), &a, 0);
	else
		kern_proxy_add(b, dev(0), &a, !strcmp(arg[2], "router"));
	result(kern_batch_commit(b));
}

static void show_proxy(int ifindex, const struct in6_addr *a, void *unused)
{
	char name[IF_NAMESIZE] = "-";

	(void)unused;
	printf("[%s %s]", if_indextoname((unsigned int)ifindex, name), text(a));
}

static void cmd_proxy_dump(void)
{
	result(kern_proxy_dump(show_proxy, NULL));
}

static void cmd_neigh(void) /* DEV ADDR set|del */
{
	const uint8_t mac[6] = { 2, 0, 0, 0, 0, 0x77 };
	struct kern_batch *b = kern_batch_new(KERN_ROUTE);
	const struct in6_addr a = ip(1);

	if (!strcmp(arg[2], "set"))
		kern_neigh_set(b, dev(0), &a, mac, sizeof(mac));
	else
		kern_neigh_del(b, dev(0), &a, 0);
	result(kern_batch_commit(b));
}

/* ---- tunnels ---- */

static void cmd_external(void) /* NAME */
{
	result(kern_tun_open_external(arg[0]));
}

static void cmd_tun(void) /* NAME */
{
	result(kern_tun_open(arg[0]));
}

static void cmd_tun_set(void) /* NAME LOCAL REMOTE */
{
	const struct in6_addr local = ip(1), remote = ip(2);
	double t0 = now_us();
	int err = kern_tun_set(dev(0), arg[0], &local, &remote, false);

	if (err)
		result(err);
	else
		printf("ok us=%.0f\n", now_us() - t0);
}

static void cmd_tun_close(void) /* NAME */
{
	result(kern_tun_close(dev(0)));
}

static void cmd_hold(void) /* DEV BYTES */
{
	result(kern_plug_hold(dev(0), num(1)));
}

static void cmd_release(void)
{
	double t0 = now_us();
	int err = kern_plug_release(dev(0));

	if (err)
		result(err);
	else
		printf("ok us=%.0f\n", now_us() - t0);
}

static void cmd_drop(void)
{
	result(kern_plug_drop(dev(0)));
}

/* ---- guard ---- */

static void cmd_guard(void) /* DEV MAX */
{
	char err[300];

	guard = kern_guard_open(dev(0), num(1), num(1), 0, err, sizeof(err));
	if (guard && kern_guard_raise(guard, err, sizeof(err))) {
		kern_guard_close(guard);
		guard = NULL;
	}
	printf("%s\n", guard ? "ok" : err);
}

static void cmd_guard_set(void) /* HOA COA HA */
{
	const struct in6_addr hoa = ip(0), coa = ip(1), ha = ip(2);

	simple(kern_guard_set(guard, &hoa, &coa, &ha));
}

static void cmd_guard_del(void)
{
	const struct in6_addr hoa = ip(0);

	simple(kern_guard_del(guard, &hoa));
}

static void cmd_guard_stats(void)
{
	struct guard_stats s;

	if (kern_guard_stats(guard, &s))
		printf("error\n");
	else
		printf("passed=%llu no_binding=%llu wrong_coa=%llu wrong_dst=%llu not_ipv6=%llu\n",
		       (unsigned long long)s.passed, (unsigned long long)s.no_binding, (unsigned long long)s.wrong_coa,
		       (unsigned long long)s.wrong_dst, (unsigned long long)s.not_ipv6);
}

static void cmd_guard_fill(void) /* N: inserts, replaces and deletes them */
{
	unsigned int n = num(0);
	double t[4] = { now_us() };
	int err = 0;

	for (unsigned int turn = 0; turn < 3; turn++) {
		for (unsigned int i = 0; !err && i < n; i++) {
			const struct in6_addr hoa = nth(3, i), coa = nth(4 + turn, i);

			err = turn < 2 ? kern_guard_set(guard, &hoa, &coa, &coa) : kern_guard_del(guard, &hoa);
		}
		t[turn + 1] = now_us();
	}
	if (err)
		printf("%s\n", strerrorname_np(-err));
	else
		printf("insert_us=%.2f replace_us=%.2f delete_us=%.2f\n", (t[1] - t[0]) / n, (t[2] - t[1]) / n,
		       (t[3] - t[2]) / n);
}

static void cmd_guard_close(void)
{
	kern_guard_close(guard);
	guard = NULL;
	printf("ok\n");
}

/* ---- xfrm and the sockets ---- */

static enum kern_ro kind(unsigned int i)
{
	return !strcmp(arg[i], "hao") ? KERN_HAO : KERN_RT2;
}

static void cmd_state(void) /* hao|rt2 SRC DST COA [wild] */
{
	const struct kern_ro_state s = {
		.kind = kind(0), .src = ip(1), .dst = ip(2), .coa = ip(3), .wildrecv = arg[4]
	};
	struct kern_batch *b = kern_batch_new(KERN_XFRM);

	kern_ro_state_set(b, &s);
	result(kern_batch_commit(b));
}

static void cmd_state_del(void) /* hao|rt2 SRC DST */
{
	const struct kern_ro_state s = { .kind = kind(0), .src = ip(1), .dst = ip(2) };
	struct kern_batch *b = kern_batch_new(KERN_XFRM);

	kern_ro_state_del(b, &s, 0);
	result(kern_batch_commit(b));
}

static void cmd_policy(void) /* in|out SRC LEN DST LEN PROTO MHTYPE|-1 block|none|hao|rt2 [use|del] */
{
	struct kern_ro_policy p = { .dir = !strcmp(arg[0], "in") ? XFRM_POLICY_IN : XFRM_POLICY_OUT,
				    .priority = 10,
				    .src = ip(1),
				    .src_len = (uint8_t)num(2),
				    .dst = ip(3),
				    .dst_len = (uint8_t)num(4),
				    .proto = (uint8_t)num(5),
				    .mh_type = atoi(arg[6]) };
	struct kern_batch *b = kern_batch_new(KERN_XFRM);

	if (!strcmp(arg[7], "block")) {
		p.block = true;
	} else if (strcmp(arg[7], "none")) {
		p.n_tmpl = 1;
		p.tmpl[0].kind = kind(7);
		p.tmpl[0].src = p.src_len == 128 ? p.src : in6addr_any;
		p.tmpl[0].dst = p.dst_len == 128 ? p.dst : in6addr_any;
		p.tmpl[0].optional = arg[8] && !strcmp(arg[8], "use");
	}
	if (arg[8] && !strcmp(arg[8], "del"))
		kern_ro_policy_del(b, &p, 0);
	else
		kern_ro_policy_set(b, &p);
	result(kern_batch_commit(b));
}

static void cmd_flush(void)
{
	result(kern_ro_flush());
}

static void cmd_mh_open(void)
{
	mh_fd = mh_sock_open();
	simple(mh_fd);
}

static void cmd_mh_send(void) /* SRC DST RT2|- TYPE [COUNT] */
{
	struct mh_msg m = { .type = (uint8_t)num(3) };
	const struct in6_addr src = ip(0), dst = ip(1), rt2 = strcmp(arg[2], "-") ? ip(2) : in6addr_any;
	unsigned int count = arg[4] ? num(4) : 1;
	uint8_t buf[256];
	ssize_t len;
	int err = 0;

	if (m.type == MH_BU)
		m.bu.seq = 4711;
	if (m.type == MH_BA)
		m.ba.seq = 4711;
	len = mh_build(buf, sizeof(buf), &m, NULL);
	if (len < 0)
		err = (int)len;
	while (!err && count--)
		err = mh_sock_send(mh_fd, &src, &dst, strcmp(arg[2], "-") ? &rt2 : NULL, 0, buf, (size_t)len);
	simple(err);
}

static void cmd_mh_recv(void) /* MS */
{
	static struct mh_packet p;
	int err = readable(mh_fd, (int)num(0)) ? mh_sock_recv(mh_fd, &p) : -EAGAIN;

	if (err != 1) {
		simple(err);
		return;
	}
	printf("type=%u src=%s dst=%s coa=%s rt2=%s hoplimit=%u len=%zu dev=%d\n", p.data[2], text(&p.src),
	       text(&p.dst), p.has_coa ? text(&p.coa) : "-", p.has_rt2 ? text(&p.rt2) : "-", p.hoplimit, p.len,
	       p.ifindex);
}

static void cmd_mh_overruns(void)
{
	unsigned long n = 0;
	static struct mh_packet p;

	while (mh_sock_recv(mh_fd, &p) == 1)
		n++;
	printf("overruns=%llu received=%lu\n", (unsigned long long)mh_sock_overruns(mh_fd), n);
}

static void cmd_nd_open(void) /* DEV */
{
	nd_fd = nd_sock_open();
	simple(nd_fd < 0 ? nd_fd : nd_sock_watch(nd_fd, dev(0), true));
}

static void cmd_nd_watch(void) /* DEV on|off */
{
	simple(nd_sock_watch(nd_fd, dev(0), !strcmp(arg[1], "on")));
}

static void cmd_nd_dad(void) /* DEV ADDR: a solicitation from :: */
{
	const struct nd_ns ns = { .target = ip(1) };
	struct in6_addr group;
	uint8_t buf[128];
	ssize_t len = nd_build_ns(buf, sizeof(buf), &ns);

	nd_solicited_node(&ns.target, &group);
	simple(len < 0 ? (int)len : nd_sock_send(nd_fd, dev(0), &in6addr_any, &group, NULL, buf, (size_t)len));
}

static void cmd_nd_unicast(void) /* DEV SRC DST MAC|-: a solicitation of DST */
{
	const struct in6_addr src = ip(1), dst = ip(2);
	const struct nd_ns ns = { .target = dst };
	uint8_t buf[128], mac[6];
	ssize_t len = nd_build_ns(buf, sizeof(buf), &ns);
	bool has_mac =
		sscanf(arg[3], "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", mac, mac + 1, mac + 2, mac + 3, mac + 4, mac + 5) == 6;

	simple(len < 0 ? (int)len : nd_sock_send(nd_fd, dev(0), &src, &dst, has_mac ? mac : NULL, buf, (size_t)len));
}

static void cmd_nd_recv(void) /* MS [TYPE [SRC]]: the first of this type and source */
{
	const struct in6_addr src = arg[1] && arg[2] ? ip(2) : in6addr_any;
	static struct nd_packet p;
	int err;

	do
		err = readable(nd_fd, (int)num(0)) ? nd_sock_recv(nd_fd, &p) : -EAGAIN;
	while (err == 1 && arg[1] && (p.type != num(1) || (arg[2] && !IN6_ARE_ADDR_EQUAL(&p.src, &src))));
	if (err != 1) {
		simple(err);
		return;
	}
	printf("type=%u src=%s dst=%s len=%zu mac=%02x:%02x:%02x:%02x:%02x:%02x", p.type, text(&p.src), text(&p.dst),
	       p.len, p.ll_src[0], p.ll_src[1], p.ll_src[2], p.ll_src[3], p.ll_src[4], p.ll_src[5]);
	if (p.type != ND_RA && p.len >= 24) {
		struct in6_addr target;

		memcpy(&target, p.data + 8, 16);
		printf(" target=%s", text(&target));
	}
	printf("\n");
}

static void cmd_groups(void) /* DEV N join|leave */
{
	unsigned int n = num(1);
	double t0 = now_us();
	int err = 0;

	for (unsigned int i = 1; !err && i <= n; i++) {
		const struct in6_addr a = nth(9, 0x550000 + i);

		err = !strcmp(arg[2], "join") ? nd_group_join(dev(0), &a) : nd_group_leave(dev(0), &a);
	}
	if (err)
		simple(err);
	else
		printf("ok us=%.1f\n", (now_us() - t0) / n);
}

/* ---- sysctl, probe, watch ---- */

static void cmd_sysctl_open(void) /* DIR */
{
	simple(kern_sysctl_open(arg[0]));
}

static void cmd_sysctl_set(void) /* PATH VALUE */
{
	simple(kern_sysctl_set(arg[0], arg[1]));
}

static void cmd_sysctl_get(void)
{
	long v = 0;
	int err = kern_sysctl_get(arg[0], &v);

	if (err)
		simple(err);
	else
		printf("%ld\n", v);
}

static void cmd_sysctl_close(void)
{
	kern_sysctl_close();
	printf("ok\n");
}

static void cmd_probe(void)
{
	struct kern_abilities a;
	double t0 = now_us();
	int err = kern_probe(&a, true);
	const char *ha, *mn;

	if (err) {
		simple(err);
		return;
	}
	ha = kern_probe_missing_ha(&a);
	mn = kern_probe_missing_mn(&a);
	printf("mip6=%d sub_policy=%d ip6tnl=%d ip6tnl_external=%d encap_route=%d guard=%d plug=%d optimistic_dad=%d "
	       "mh_type_in=%d state_update=%d rule_find_saddr=%d esp=%d migrate=%d migrate_typed=%d pf_key_migrate=%d ms=%.0f "
	       "ha: %s mn: %s\n",
	       a.mip6, a.sub_policy, a.ip6tnl, a.ip6tnl_external, a.encap_route, a.guard, a.plug, a.optimistic_dad,
	       a.mh_type_in, a.state_update, a.rule_find_saddr, a.esp, a.migrate, a.migrate_typed, a.pf_key_migrate, (now_us() - t0) / 1000, ha ? ha : "-", mn ? mn : "-");
}

static void on_link(const struct kern_link *l, void *unused)
{
	(void)unused;
	printf("[link %s up %d carrier %d gone %d ll %u]", l->name, l->up, l->carrier, l->gone, l->lladdr.len);
}

static void on_addr(const struct kern_addr *a, bool deleted, void *unused)
{
	(void)unused;
	printf("[addr %s%s%s]", text(&a->addr), deleted ? " deleted" : "",
	       a->flags & IFA_F_TENTATIVE ? " tentative" : "");
}

static void on_neigh(int ifindex, const struct in6_addr *a, void *unused)
{
	(void)ifindex;
	(void)unused;
	printf("[failed %s]", text(a));
}

static void on_route(const struct kern_route *r, bool deleted, void *unused)
{
	(void)unused;
	printf("[route %s/%u%s%s%s]", text(&r->dst), r->dst_len, r->has_gateway ? " via " : "",
	       r->has_gateway ? text(&r->gateway) : "", deleted ? " deleted" : "");
}

static void on_resync(void *unused)
{
	(void)unused;
	printf("[resync]");
}

static void cmd_watch(void)
{
	const struct kern_watch_ops ops = {
		.link = on_link, .addr = on_addr, .neigh_failed = on_neigh, .route = on_route, .resync = on_resync
	};

	watch_fd = kern_watch_open(&ops, NULL);
	simple(watch_fd);
}

static void cmd_watched(void) /* MS: what came, until it is quiet for so long */
{
	while (readable(watch_fd, (int)num(0)))
		kern_watch_read();
	printf("\n");
}

static void cmd_link(void) /* NAME */
{
	struct kern_link l;
	int err = kern_link_get(arg[0], &l);

	if (err)
		simple(err);
	else
		on_link(&l, NULL), printf("\n");
}

static const struct command commands[] = {
	{ "batch", cmd_batch, 2 },
	{ "many", cmd_many, 2 },
	{ "encap", cmd_encap, 4 },
	{ "route", cmd_route, 5 },
	{ "route-del", cmd_route_del, 3 },
	{ "route-dump", cmd_route_dump, 2 },
	{ "rule", cmd_rule, 4 },
	{ "rule-del", cmd_rule_del, 4 },
	{ "rule-dump", cmd_rule_dump, 0 },
	{ "addr", cmd_addr, 6 },
	{ "addr-del", cmd_addr_del, 3 },
	{ "addr-dump", cmd_addr_dump, 1 },
	{ "proxy", cmd_proxy, 3 },
	{ "proxy-dump", cmd_proxy_dump, 0 },
	{ "neigh", cmd_neigh, 3 },
	{ "external", cmd_external, 1 },
	{ "tun", cmd_tun, 1 },
	{ "tun-set", cmd_tun_set, 3 },
	{ "tun-close", cmd_tun_close, 1 },
	{ "hold", cmd_hold, 2 },
	{ "release", cmd_release, 1 },
	{ "drop", cmd_drop, 1 },
	{ "guard", cmd_guard, 2 },
	{ "guard-set", cmd_guard_set, 3 },
	{ "guard-del", cmd_guard_del, 1 },
	{ "guard-stats", cmd_guard_stats, 0 },
	{ "guard-fill", cmd_guard_fill, 1 },
	{ "guard-close", cmd_guard_close, 0 },
	{ "state", cmd_state, 4 },
	{ "state-del", cmd_state_del, 3 },
	{ "policy", cmd_policy, 8 },
	{ "flush", cmd_flush, 0 },
	{ "mh-open", cmd_mh_open, 0 },
	{ "mh-send", cmd_mh_send, 4 },
	{ "mh-recv", cmd_mh_recv, 1 },
	{ "mh-overruns", cmd_mh_overruns, 0 },
	{ "nd-open", cmd_nd_open, 1 },
	{ "nd-watch", cmd_nd_watch, 2 },
	{ "nd-dad", cmd_nd_dad, 2 },
	{ "nd-unicast", cmd_nd_unicast, 4 },
	{ "nd-recv", cmd_nd_recv, 1 },
	{ "groups", cmd_groups, 3 },
	{ "sysctl-open", cmd_sysctl_open, 1 },
	{ "sysctl-set", cmd_sysctl_set, 2 },
	{ "sysctl-get", cmd_sysctl_get, 1 },
	{ "sysctl-close", cmd_sysctl_close, 0 },
	{ "probe", cmd_probe, 0 },
	{ "watch", cmd_watch, 0 },
	{ "watched", cmd_watched, 1 },
	{ "link", cmd_link, 1 },
};

int main(void)
{
	return run_commands(commands, sizeof(commands) / sizeof(commands[0]));
}
