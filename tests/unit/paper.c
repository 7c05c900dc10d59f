// SPDX-License-Identifier: GPL-2.0-or-later
/* See paper.h. What a batch holds is done when it is committed, one operation after the other, as the kernel does. */
#include "paper.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "kern/sysctl.h"

struct paper k;

static const uint32_t main_table = 254;

void paper_reset(void)
{
	memset(&k, 0, sizeof(k));
}

struct in6_addr ip(const char *text)
{
	struct in6_addr a;

	ck_assert_int_eq(inet_pton(AF_INET6, text, &a), 1);
	return a;
}

bool is(const struct in6_addr *a, const char *text)
{
	struct in6_addr b = ip(text);

	return IN6_ARE_ADDR_EQUAL(a, &b);
}

static bool same_ip(const struct in6_addr *a, const struct in6_addr *b)
{
	return IN6_ARE_ADDR_EQUAL(a, b);
}

/* ---- lists: FIND gives the place of the first for which the test holds, or n ---- */

#define FIND(list, e, test)                                               \
	({                                                                \
		unsigned int found_ = 0;                                  \
		for (; found_ < (list).n; found_++) {                     \
			__typeof__(&(list).at[0]) e = &(list).at[found_]; \
			if (test)                                         \
				break;                                    \
		}                                                         \
		found_;                                                   \
	})
#define PUT(list, i, value)                        \
	do {                                       \
		unsigned int at_ = (i);            \
		ck_assert_uint_lt(at_, PAPER_MAX); \
		(list).n += at_ == (list).n;       \
		(list).at[at_] = (value);          \
	} while (0)
#define DROP(list, i) ((list).at[i] = (list).at[--(list).n])
/* Takes out all for which the test holds: how many. */
#define DROP_ALL(list, e, test)                                                    \
	({                                                                         \
		unsigned int n_ = 0;                                               \
		for (unsigned int i_; (i_ = FIND(list, e, test)) < (list).n; n_++) \
			DROP(list, i_);                                            \
		n_;                                                                \
	})

/* ---- batches ---- */

struct op {
	int (*run)(const struct op *op);
	unsigned int forgive;
	union {
		struct {
			int (*run)(const void *arg);
			void *arg;
		} other;
		struct kern_route route;
		struct kern_rule rule;
		struct kern_addr addr;
		struct paper_neigh neigh;
		struct kern_ro_state state;
		struct kern_ro_policy policy;
	};
};

struct kern_batch {
	struct op *ops;
	unsigned int n;
};

struct kern_batch *kern_batch_new(enum kern_proto proto)
{
	(void)proto;
	return calloc(1, sizeof(struct kern_batch));
}

static struct op *add_op(struct kern_batch *b, int (*run)(const struct op *op), unsigned int forgive)
{
	struct op *op;

	b->ops = realloc(b->ops, (b->n + 1) * sizeof(*b->ops));
	ck_assert_ptr_nonnull(b->ops);
	op = &b->ops[b->n++];
	*op = (struct op){ .run = run, .forgive = forgive };
	return op;
}

static int run_other(const struct op *op)
{
	return op->other.run(op->other.arg);
}

void paper_op(struct kern_batch *b, int (*run)(const void *arg), const void *arg, size_t len, unsigned int forgive)
{
	struct op *op = add_op(b, run_other, forgive);

	op->other.run = run;
	op->other.arg = malloc(len);
	ck_assert_ptr_nonnull(op->other.arg);
	memcpy(op->other.arg, arg, len);
}

void kern_batch_cancel(struct kern_batch *b)
{
	for (unsigned int i = 0; i < b->n; i++)
		if (b->ops[i].run == run_other)
			free(b->ops[i].other.arg);
	free(b->ops);
	free(b);
}

int kern_batch_commit(struct kern_batch *b)
{
	int err = 0;

	k.commits++;
	for (unsigned int i = 0; i < b->n; i++) {
		int e = b->ops[i].run(&b->ops[i]);

		if (e == -ENOENT && b->ops[i].forgive & KERN_OK_ABSENT)
			e = 0;
		if (e && !err)
			err = e;
	}
	kern_batch_cancel(b);
	return err;
}

const char *kern_error(void)
{
	return "of paper";
}

/* ---- routes and rules ---- */

static struct kern_route route_as_found(const struct kern_route *r)
{
	struct kern_route out = *r;

	if (!out.table)
		out.table = main_table;
	if (!out.protocol)
		out.protocol = KERN_RTPROT;
	return out;
}

static bool same_route(const struct kern_route *a, const struct kern_route *b)
{
	return a->table == b->table && a->dst_len == b->dst_len && a->metric == b->metric &&
	       a->unreachable == b->unreachable && same_ip(&a->dst, &b->dst) && same_ip(&a->gateway, &b->gateway);
}

static int route_put(const struct op *op)
{
	struct kern_route r = route_as_found(&op->route);

	if (k.route_error)
		return k.route_error;
	PUT(k.routes, FIND(k.routes, e, same_route(e, &r)), r);
	return 0;
}

static int route_drop(const struct op *op)
{
	struct kern_route r = route_as_found(&op->route);

	return DROP_ALL(k.routes, e, same_route(e, &r)) ? 0 : -ENOENT;
}

void kern_route_replace(struct kern_batch *b, const struct kern_route *r)
{
	add_op(b, route_put, 0)->route = *r;
}

void kern_route_del(struct kern_batch *b, const struct kern_route *r, unsigned int forgive)
{
	add_op(b, route_drop, forgive)->route = *r;
}

int kern_route_dump(uint32_t table, uint8_t protocol, void (*cb)(const struct kern_route *r, void *arg), void *arg)
{
	for (unsigned int i = 0; !k.dump_error && i < k.routes.n; i++)
		if ((!table || k.routes.at[i].table == table) && (!protocol || k.routes.at[i].protocol == protocol))
			cb(&k.routes.at[i], arg);
	return k.dump_error;
}

bool paper_has_default(uint32_t table, int ifindex)
{
	return FIND(k.routes, e,
		    e->table == table && !e->dst_len && e->ifindex == ifindex && e->unreachable == !ifindex) <
	       k.routes.n;
}

static bool same_rule(const struct kern_rule *a, const struct kern_rule *b)
{
	return a->priority == b->priority && same_ip(&a->src, &b->src) && same_ip(&a->dst, &b->dst) && !strcmp(a->iif, b->iif) && a->table == b->table;
}

static int rule_put(const struct op *op)
{
	PUT(k.rules, FIND(k.rules, e, same_rule(e, &op->rule)), op->rule);
	return 0;
}

static int rule_drop(const struct op *op)
{
	return DROP_ALL(k.rules, e, same_rule(e, &op->rule)) ? 0 : -ENOENT;
}

void kern_rule_add(struct kern_batch *b, const struct kern_rule *r, unsigned int forgive)
{
	add_op(b, rule_put, forgive)->rule = *r;
}

void kern_rule_del(struct kern_batch *b, const struct kern_rule *r, unsigned int forgive)
{
	add_op(b, rule_drop, forgive)->rule = *r;
}

int kern_rule_dump(void (*cb)(const struct kern_rule *r, void *arg), void *arg)
{
	for (unsigned int i = 0; !k.dump_error && i < k.rules.n; i++)
		cb(&k.rules.at[i], arg);
	return k.dump_error;
}

/* ---- addresses ---- */

static int addr_put(const struct op *op)
{
	PUT(k.addrs, FIND(k.addrs, e, e->ifindex == op->addr.ifindex && same_ip(&e->addr, &op->addr.addr)), op->addr);
	return 0;
}

static int addr_drop(const struct op *op)
{
	return DROP_ALL(k.addrs, e, e->ifindex == op->addr.ifindex && same_ip(&e->addr, &op->addr.addr)) ? 0 : -ENOENT;
}

void kern_addr_replace(struct kern_batch *b, const struct kern_addr *a)
{
	add_op(b, addr_put, 0)->addr = *a;
}

void kern_addr_del(struct kern_batch *b, const struct kern_addr *a, unsigned int forgive)
{
	add_op(b, addr_drop, forgive)->addr = *a;
}

/* One that fails has told something before, as one that is interrupted does. */
int kern_addr_dump(int ifindex, void (*cb)(const struct kern_addr *a, void *arg), void *arg)
{
	for (unsigned int i = 0; i < k.addrs.n; i++) {
		if (ifindex && k.addrs.at[i].ifindex != ifindex)
			continue;
		cb(&k.addrs.at[i], arg);
		if (k.dump_error)
			break;
	}
	return k.dump_error;
}

void paper_addr(const char *addr, uint8_t plen, int ifindex, uint32_t valid)
{
	struct kern_addr a = { .addr = ip(addr), .plen = plen, .ifindex = ifindex, .valid = valid, .preferred = valid };

	addr_put(&(struct op){ .addr = a });
}

bool paper_has_addr(int ifindex, const char *addr)
{
	return FIND(k.addrs, e, e->ifindex == ifindex && is(&e->addr, addr)) < k.addrs.n;
}

/* ---- neighbours ---- */

static bool same_neigh(const struct paper_neigh *a, const struct paper_neigh *b)
{
	return a->ifindex == b->ifindex && same_ip(&a->addr, &b->addr);
}

static int proxy_put(const struct op *op)
{
	PUT(k.proxies, FIND(k.proxies, e, same_neigh(e, &op->neigh)), op->neigh);
	return 0;
}

static int proxy_drop(const struct op *op)
{
	return DROP_ALL(k.proxies, e, same_neigh(e, &op->neigh)) ? 0 : -ENOENT;
}

static int neigh_put(const struct op *op)
{
	PUT(k.neighs, FIND(k.neighs, e, same_neigh(e, &op->neigh)), op->neigh);
	return 0;
}

static int neigh_drop(const struct op *op)
{
	return DROP_ALL(k.neighs, e, same_neigh(e, &op->neigh)) ? 0 : -ENOENT;
}

void kern_proxy_add(struct kern_batch *b, int ifindex, const struct in6_addr *addr, bool router)
{
	add_op(b, proxy_put, 0)->neigh = (struct paper_neigh){ .ifindex = ifindex, .addr = *addr, .router = router };
}

void kern_proxy_del(struct kern_batch *b, int ifindex, const struct in6_addr *addr, unsigned int forgive)
{
	add_op(b, proxy_drop, forgive)->neigh = (struct paper_neigh){ .ifindex = ifindex, .addr = *addr };
}

int kern_proxy_dump(void (*cb)(int ifindex, const struct in6_addr *addr, void *arg), void *arg)
{
	for (unsigned int i = 0; !k.dump_error && i < k.proxies.n; i++)
		cb(k.proxies.at[i].ifindex, &k.proxies.at[i].addr, arg);
	return k.dump_error;
}

void kern_neigh_set(struct kern_batch *b, int ifindex, const struct in6_addr *addr, const uint8_t *lladdr,
		    unsigned int lladdr_len)
{
	struct paper_neigh n = { .ifindex = ifindex, .addr = *addr, .lladdr = { .len = (uint8_t)lladdr_len } };

	memcpy(n.lladdr.addr, lladdr, lladdr_len);
	add_op(b, neigh_put, 0)->neigh = n;
}

void kern_neigh_del(struct kern_batch *b, int ifindex, const struct in6_addr *addr, unsigned int forgive)
{
	add_op(b, neigh_drop, forgive)->neigh = (struct paper_neigh){ .ifindex = ifindex, .addr = *addr };
}

int kern_neigh_dump(int ifindex, void (*cb)(const struct in6_addr *addr, void *arg), void *arg)
{
	for (unsigned int i = 0; !k.dump_error && i < k.neighs.n; i++)
		if (k.neighs.at[i].ifindex == ifindex)
			cb(&k.neighs.at[i].addr, arg);
	return k.dump_error;
}

/* ---- links and devices ---- */

void paper_link(const struct kern_link *l)
{
	PUT(k.links, FIND(k.links, e, e->ifindex == l->ifindex), *l);
}

int kern_link_get(const char *name, struct kern_link *out)
{
	unsigned int i = FIND(k.links, e, !strcmp(e->name, name));

	if (i == k.links.n)
		return -ENODEV;
	*out = k.links.at[i];
	return 0;
}

int kern_link_dump(void (*cb)(const struct kern_link *l, void *arg), void *arg)
{
	for (unsigned int i = 0; !k.dump_error && i < k.links.n; i++)
		cb(&k.links.at[i], arg);
	return k.dump_error;
}

int kern_link_traffic(int ifindex, struct kern_link_traffic *out)
{
	(void)ifindex;
	*out = k.traffic;
	return 0;
}

int kern_tun_open_external(const char *name)
{
	(void)name;
	return PAPER_TUNNEL;
}

/* A mobile node's n-th is PAPER_TUNNEL + n. */
int kern_tun_open(const char *name)
{
	unsigned int n = 0;

	sscanf(name, KERN_TUN_MN_NAME, &n);
	return (name[strlen(name) - 1] == 'r' ? PAPER_SPARE : PAPER_TUNNEL) + (int)n;
}

int kern_tun_open_silent(const char *name)
{
	(void)name;
	return PAPER_NETWORKS;
}

int kern_tun_set(int ifindex, const char *name, const struct in6_addr *local, const struct in6_addr *remote, bool apart)
{
	(void)name;
	(void)apart;
	if (ifindex >= PAPER_SPARE) {
		ck_assert(IN6_IS_ADDR_UNSPECIFIED(local));
		k.spare_remote = *remote;
		return 0;
	}
	ck_assert_int_ge(ifindex, PAPER_TUNNEL);
	k.tunnel_local = *local;
	k.tunnel_remote = *remote;
	return 0;
}

int kern_tun_close(int ifindex)
{
	ck_assert_int_ge(ifindex, PAPER_TUNNEL);
	DROP_ALL(k.addrs, e, e->ifindex == ifindex);
	DROP_ALL(k.routes, e, e->ifindex == ifindex);
	return 0;
}

int kern_plug_hold(int ifindex, uint32_t limit_bytes)
{
	(void)limit_bytes;
	ck_assert_int_ge(ifindex, PAPER_TUNNEL);
	if (k.plug_error)
		return k.plug_error;
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

struct kern_guard {
	int dummy;
};

struct kern_guard *kern_guard_open(int ifindex, uint32_t max_bindings, uint32_t max_prefixes, uint32_t max_members, char *err, size_t err_len)
{
	static struct kern_guard g;

	(void)max_bindings;
	(void)max_prefixes;
	(void)max_members;
	(void)err;
	(void)err_len;
	ck_assert_int_eq(ifindex, PAPER_TUNNEL);
	return &g;
}

int kern_guard_raise(struct kern_guard *g, char *err, size_t err_len)
{
	(void)g;
	(void)err;
	(void)err_len;
	return 0;
}

int kern_guard_networks(struct kern_guard *g, int ifindex, char *err, size_t err_len)
{
	(void)g;
	(void)err;
	(void)err_len;
	ck_assert_int_eq(ifindex, PAPER_NETWORKS);
	return 0;
}

void kern_guard_leave(struct kern_guard *g)
{
	(void)g;
}

void kern_guard_close(struct kern_guard *g)
{
	(void)g;
	k.guards.n = 0;
}

int kern_guard_set(struct kern_guard *g, const struct in6_addr *hoa, const struct in6_addr *coa,
		   const struct in6_addr *ha)
{
	const struct paper_guard n = { .hoa = *hoa, .coa = *coa, .ha = *ha };

	(void)g;
	PUT(k.guards, FIND(k.guards, e, !e->len && same_ip(&e->hoa, hoa)), n);
	return 0;
}

int kern_guard_set_prefix(struct kern_guard *g, const struct in6_addr *prefix, uint8_t len, const struct in6_addr *coa,
			  const struct in6_addr *ha)
{
	const struct paper_guard n = { .hoa = *prefix, .len = len, .coa = *coa, .ha = *ha };

	(void)g;
	PUT(k.guards, FIND(k.guards, e, e->len == len && same_ip(&e->hoa, prefix)), n);
	return 0;
}

int kern_guard_del_prefix(struct kern_guard *g, const struct in6_addr *prefix, uint8_t len)
{
	(void)g;
	return DROP_ALL(k.guards, e, e->len == len && same_ip(&e->hoa, prefix)) ? 0 : -ENOENT;
}

int kern_guard_del(struct kern_guard *g, const struct in6_addr *hoa)
{
	(void)g;
	return DROP_ALL(k.guards, e, !e->len && same_ip(&e->hoa, hoa)) ? 0 : -ENOENT;
}

int kern_guard_stats(struct kern_guard *g, struct guard_stats *out)
{
	(void)g;
	memset(out, 0, sizeof(*out));
	return 0;
}

/* ---- XFRM ---- */

static bool same_state(const struct kern_ro_state *a, const struct kern_ro_state *b)
{
	return a->kind == b->kind && a->wildrecv == b->wildrecv && same_ip(&a->src, &b->src) &&
	       same_ip(&a->dst, &b->dst);
}

static bool same_policy(const struct kern_ro_policy *a, const struct kern_ro_policy *b)
{
	return a->dir == b->dir && a->src_len == b->src_len && a->dst_len == b->dst_len && a->proto == b->proto &&
	       a->mh_type == b->mh_type && a->ifindex == b->ifindex && same_ip(&a->src, &b->src) &&
	       same_ip(&a->dst, &b->dst);
}

static int state_put(const struct op *op)
{
	PUT(k.states, FIND(k.states, e, same_state(e, &op->state)), op->state);
	return 0;
}

static int state_drop(const struct op *op)
{
	return DROP_ALL(k.states, e, same_state(e, &op->state)) ? 0 : -ENOENT;
}

static int policy_put(const struct op *op)
{
	PUT(k.policies, FIND(k.policies, e, same_policy(e, &op->policy)), op->policy);
	return 0;
}

static int policy_drop(const struct op *op)
{
	return DROP_ALL(k.policies, e, same_policy(e, &op->policy)) ? 0 : -ENOENT;
}

void kern_ro_state_set(struct kern_batch *b, const struct kern_ro_state *s)
{
	add_op(b, state_put, 0)->state = *s;
}

void kern_ro_state_del(struct kern_batch *b, const struct kern_ro_state *s, unsigned int forgive)
{
	add_op(b, state_drop, forgive)->state = *s;
}

void kern_ro_policy_set(struct kern_batch *b, const struct kern_ro_policy *p)
{
	add_op(b, policy_put, 0)->policy = *p;
}

void kern_ro_policy_del(struct kern_batch *b, const struct kern_ro_policy *p, unsigned int forgive)
{
	add_op(b, policy_drop, forgive)->policy = *p;
}

int kern_ro_flush(void)
{
	k.states.n = k.policies.n = 0;
	return 0;
}

/* ---- sysctls ---- */

static unsigned int find_sysctl(const char *path)
{
	return FIND(k.sysctls, e, !strcmp(e->path, path));
}

int kern_sysctl_set(const char *path, const char *value)
{
	struct paper_sysctl s;

	ck_assert_uint_lt(strlen(path), sizeof(s.path));
	ck_assert_uint_lt(strlen(value), sizeof(s.value));
	strcpy(s.path, path);
	strcpy(s.value, value);
	PUT(k.sysctls, find_sysctl(path), s);
	return 0;
}

const char *paper_sysctl(const char *path)
{
	unsigned int i = find_sysctl(path);

	return i < k.sysctls.n ? k.sysctls.at[i].value : NULL;
}

int kern_sysctl_get(const char *path, long *value)
{
	const char *set = paper_sysctl(path);

	*value = set ? atol(set) : strstr(path, "/accept_ra") ? 1 : 0;
	return 0;
}

/* ---- sockets ---- */

int nd_sock_watch(int fd, int ifindex, bool on)
{
	unsigned int i = FIND(k.watched, e, *e == ifindex);

	(void)fd;
	if (on)
		PUT(k.watched, i, ifindex);
	else if (i < k.watched.n)
		DROP(k.watched, i);
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

int nd_sock_send(int fd, int ifindex, const struct in6_addr *src, const struct in6_addr *dst, const uint8_t *ll_dst,
		 uint8_t *icmp, size_t len)
{
	(void)fd;
	(void)dst;
	(void)ll_dst;
	if (k.nd_error)
		return k.nd_error;
	if (icmp[0] == ND_NS)
		ck_assert_int_eq(nd_parse_ns(icmp, len, &k.ns), 0);
	else if (icmp[0] == ND_NA)
		ck_assert_int_eq(nd_parse_na(icmp, len, &k.na), 0);
	else
		ck_assert_uint_eq(icmp[0], ND_RS);
	k.n_rs += icmp[0] == ND_RS;
	k.n_ns += icmp[0] == ND_NS;
	k.n_na += icmp[0] == ND_NA;
	if (k.on_nd)
		k.on_nd(ifindex, src, icmp[0]);
	return 0;
}

int mh_sock_send(int fd, const struct in6_addr *src, const struct in6_addr *dst, const struct in6_addr *rt2,
		 int ifindex, const uint8_t *data, size_t len)
{
	(void)fd;
	if (k.mh_error)
		return k.mh_error;
	k.mh = (struct paper_mh){ .at = clock_now(), .src = *src, .dst = *dst, .has_rt2 = rt2, .ifindex = ifindex };
	if (rt2)
		k.mh.rt2 = *rt2;
	ck_assert_int_eq(mh_parse(data, len, &k.mh.msg, NULL), 0);
	ck_assert_uint_le(len, sizeof(k.mh.data));
	memcpy(k.mh.data, data, len);
	k.mh.len = len;
	k.all[k.n_mh++ % PAPER_MAX] = k.mh;
	return 0;
}

const struct paper_mh *paper_sent(unsigned int n)
{
	ck_assert(n < k.n_mh && n + PAPER_MAX >= k.n_mh);
	return &k.all[n % PAPER_MAX];
}

/* ---- the daemon around the role ---- */

void daemon_fatal(struct daemon *d, const char *fmt, ...)
{
	va_list ap;

	(void)d;
	va_start(ap, fmt);
	vsnprintf(k.fatal, sizeof(k.fatal), fmt, ap);
	va_end(ap);
	k.n_fatal++;
}

void paper_notify(struct daemon *d, const char *event, struct json_object *fields)
{
	(void)d;
	(void)event;
	json_object_put(fields);
}

const char *row_text(struct json_object *rows, size_t i, const char *field)
{
	struct json_object *v = NULL;

	ck_assert_uint_lt(i, json_object_array_length(rows));
	json_object_object_get_ex(json_object_array_get_idx(rows, i), field, &v);
	return v ? json_object_get_string(v) : "-";
}

static void stop_loop(struct ev_loop *loop, struct ev_timer *w, int revents)
{
	(void)w;
	(void)revents;
	ev_break(loop, EVBREAK_ALL);
}

void paper_run(struct ev_loop *loop, double seconds)
{
	struct ev_timer t;

	ev_now_update(loop);
	ev_timer_init(&t, stop_loop, seconds, 0);
	ev_timer_start(loop, &t);
	ev_run(loop, 0);
	/* what was due at the same moment, and what that has put off */
	for (int i = 0; i < 4; i++)
		ev_run(loop, EVRUN_NOWAIT);
}

void paper_until(struct ev_loop *loop, const unsigned int *count, unsigned int n, double at_most)
{
	for (double end = clock_now() + at_most; *count < n && clock_now() < end;)
		paper_run(loop, 0.005);
	ck_assert_uint_eq(*count, n);
}
