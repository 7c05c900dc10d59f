// SPDX-License-Identifier: GPL-2.0-or-later
/* See paper.h. What a batch holds is done when it is committed, one operation after the other, as the kernel does. */
#include <arpa/inet.h>
#include <stdarg.h>
#include <stdlib.h>

#include "kern/sysctl.h"

#include "paper_kernel.h"

struct paper k;

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

/* ---- batches ---- */

struct kern_batch {
	struct op *ops;
	unsigned int n;
};

struct kern_batch *kern_batch_new(enum kern_proto proto)
{
	(void)proto;
	return calloc(1, sizeof(struct kern_batch));
}

struct op *add_op(struct kern_batch *b, int (*run)(const struct op *op), unsigned int forgive)
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
