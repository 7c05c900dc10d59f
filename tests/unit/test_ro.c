// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Pairs against a kernel of two lists, which looks at itself after every single operation: never may a policy out demand a
 * header that no state can make, and never may the kernel hold anything after a call that its arguments do not account for.
 */
#include "ro/ro.h"

#include <errno.h>
#include <linux/xfrm.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kern/xfrm.h"
#include "suite.h"

#define MOST 64
#define OPS  64

struct op {
	enum { STATE_SET, STATE_UPDATE, STATE_DEL, POLICY_SET, POLICY_DEL } what;
	struct kern_ro_state s;
	struct kern_ro_policy p;
	unsigned int forgive;
};

struct kern_batch {
	struct op op[OPS];
	unsigned int n;
};

static struct {
	struct kern_ro_state s[MOST];
	uint64_t s_used[MOST];
	struct kern_ro_policy p[MOST];
	uint64_t p_used[MOST];
	unsigned int n_s, n_p, ops, commits;
	unsigned int fail_at; /* this many operations from now one is refused; 0: none */
	bool flushed;
	bool broken; /* refused, or damaged by the test: until the next call is over there is nothing to look at */
} k;

static struct ro *ro;

static bool eq(const struct in6_addr *a, const struct in6_addr *b)
{
	return IN6_ARE_ADDR_EQUAL(a, b);
}

static int find_state(enum kern_ro kind, const struct in6_addr *src, const struct in6_addr *dst)
{
	for (unsigned int i = 0; i < k.n_s; i++)
		if (k.s[i].kind == kind && eq(&k.s[i].src, src) && eq(&k.s[i].dst, dst))
			return (int)i;
	return -1;
}

static int find_policy(const struct kern_ro_policy *p)
{
	for (unsigned int i = 0; i < k.n_p; i++)
		if (k.p[i].dir == p->dir && eq(&k.p[i].src, &p->src) && eq(&k.p[i].dst, &p->dst) && k.p[i].mh_type == p->mh_type &&
		    k.p[i].proto == p->proto)
			return (int)i;
	return -1;
}

/* What a packet would meet now. */
static void look(void)
{
	if (k.broken)
		return;
	for (unsigned int i = 0; i < k.n_p; i++)
		for (unsigned int t = 0; k.p[i].dir == XFRM_POLICY_OUT && t < k.p[i].n_tmpl; t++) {
			ck_assert(!k.p[i].tmpl[t].optional);
			ck_assert_msg(find_state(k.p[i].tmpl[t].kind, &k.p[i].src, &k.p[i].dst) >= 0,
				      "a policy demands what no state makes");
		}
}

static int run(const struct op *o)
{
	int at;

	if (k.fail_at && !--k.fail_at)
		return -ENOBUFS;
	k.ops++;
	switch (o->what) {
	case STATE_SET:
	case STATE_UPDATE:
		at = find_state(o->s.kind, &o->s.src, &o->s.dst);
		if (o->what == STATE_UPDATE && at < 0)
			return -ESRCH;
		/* replaced means: gone for a moment */
		if (o->what == STATE_SET && at >= 0) {
			k.s[at] = k.s[--k.n_s];
			look();
			at = -1;
		}
		ck_assert_uint_lt(k.n_s, MOST);
		k.s[at < 0 ? (int)k.n_s++ : at] = o->s;
		break;
	case STATE_DEL:
		at = find_state(o->s.kind, &o->s.src, &o->s.dst);
		if (at < 0)
			return o->forgive & KERN_OK_ABSENT ? 0 : -ESRCH;
		k.s[at] = k.s[--k.n_s];
		break;
	case POLICY_SET:
		at = find_policy(&o->p);
		ck_assert_uint_lt(k.n_p, MOST);
		k.p[at < 0 ? (int)k.n_p++ : at] = o->p;
		break;
	case POLICY_DEL:
		at = find_policy(&o->p);
		if (at < 0)
			return o->forgive & KERN_OK_ABSENT ? 0 : -ENOENT;
		k.p[at] = k.p[--k.n_p];
		break;
	}
	return 0;
}

/* ---- the kernel's interface ---- */

struct kern_batch *kern_batch_new(enum kern_proto proto)
{
	ck_assert_int_eq(proto, KERN_XFRM);
	return calloc(1, sizeof(struct kern_batch));
}

int kern_batch_commit(struct kern_batch *b)
{
	int err = 0, r;

	k.commits++;
	for (unsigned int i = 0; i < b->n; i++) {
		r = run(&b->op[i]);
		err = err ? err : r;
		k.broken |= r != 0;
		look();
	}
	free(b);
	return err;
}

static struct op *append(struct kern_batch *b, int what)
{
	ck_assert_uint_lt(b->n, OPS);
	b->op[b->n].what = what;
	return &b->op[b->n++];
}

void kern_ro_state_set(struct kern_batch *b, const struct kern_ro_state *s)
{
	append(b, STATE_SET)->s = *s;
}

void kern_ro_state_update(struct kern_batch *b, const struct kern_ro_state *s)
{
	append(b, STATE_UPDATE)->s = *s;
}

void kern_ro_state_del(struct kern_batch *b, const struct kern_ro_state *s, unsigned int forgive)
{
	struct op *o = append(b, STATE_DEL);

	o->s = *s;
	o->forgive = forgive;
}

void kern_ro_policy_set(struct kern_batch *b, const struct kern_ro_policy *p)
{
	append(b, POLICY_SET)->p = *p;
}

void kern_ro_policy_del(struct kern_batch *b, const struct kern_ro_policy *p, unsigned int forgive)
{
	struct op *o = append(b, POLICY_DEL);

	o->p = *p;
	o->forgive = forgive;
}

int kern_ro_state_dump(void (*fn)(const struct kern_ro_state *s, uint64_t used, void *arg), void *arg)
{
	for (unsigned int i = 0; i < k.n_s; i++)
		fn(&k.s[i], k.s_used[i], arg);
	return 0;
}

int kern_ro_policy_dump(void (*fn)(const struct kern_ro_policy *p, uint64_t used, void *arg), void *arg)
{
	for (unsigned int i = 0; i < k.n_p; i++)
		if (k.p[i].src_len == 128 && k.p[i].dst_len == 128)
			fn(&k.p[i], k.p_used[i], arg);
	return 0;
}

int kern_ro_flush(void)
{
	k.n_s = k.n_p = 0;
	k.flushed = true;
	return 0;
}

/* ---- what there should be ---- */

static struct in6_addr addr(unsigned int subnet, unsigned int host)
{
	return (struct in6_addr){ .s6_addr = { 0x20, 0x01, 0x0d, 0xb8, 0, (uint8_t)subnet, [15] = (uint8_t)host } };
}

struct want {
	struct in6_addr peer_coa, own_coa; /* peer_coa ::: not bound */
	enum ro_own own;
};

#define N_PEERS 3
static struct want wants[N_PEERS];
static unsigned int base_s, base_p; /* what ro_open() made */

static struct in6_addr hoa(void)
{
	return addr(1, 1);
}

static struct in6_addr peer(unsigned int i)
{
	return addr(2, 1 + i);
}

static void expect_state(bool there, enum kern_ro kind, const struct in6_addr *src, const struct in6_addr *dst,
			 const struct in6_addr *coa)
{
	int at = find_state(kind, src, dst);

	ck_assert_int_eq(at >= 0, there);
	if (there)
		ck_assert(eq(&k.s[at].coa, coa));
}

static void expect_policy(int dir, unsigned int n, enum kern_ro first, enum kern_ro second, const struct in6_addr *src,
			  const struct in6_addr *dst, bool there)
{
	struct kern_ro_policy key = { .dir = dir, .src = *src, .dst = *dst, .mh_type = -1 };
	int at = find_policy(&key);

	ck_assert_int_eq(at >= 0, there);
	if (!there)
		return;
	ck_assert_uint_eq(k.p[at].priority, RO_PRIORITY_DATA);
	ck_assert_uint_eq(k.p[at].n_tmpl, n);
	ck_assert_int_eq(k.p[at].tmpl[0].kind, first);
	if (n == 2)
		ck_assert_int_eq(k.p[at].tmpl[1].kind, second);
	for (unsigned int i = 0; i < n; i++)
		ck_assert(k.p[at].tmpl[i].optional == (dir == XFRM_POLICY_IN));
}

static void expect_all(void)
{
	const struct in6_addr us = hoa();
	unsigned int n_s = base_s, n_p = base_p, pairs = 0;

	k.broken = false;
	look();
	for (unsigned int i = 0; i < N_PEERS; i++) {
		const struct want *w = &wants[i];
		const struct in6_addr p = peer(i);
		bool bound = !IN6_IS_ADDR_UNSPECIFIED(&w->peer_coa), own = w->own >= RO_OWN_ACCEPT, data = w->own == RO_OWN_DATA;

		expect_state(bound, KERN_HAO, &p, &us, &w->peer_coa);
		expect_state(bound, KERN_RT2, &us, &p, &w->peer_coa);
		expect_state(own, KERN_HAO, &us, &p, &w->own_coa);
		expect_state(own, KERN_RT2, &p, &us, &in6addr_any);
		expect_policy(XFRM_POLICY_OUT, (unsigned int)bound + data, bound ? KERN_RT2 : KERN_HAO, KERN_HAO, &us, &p, bound || data);
		expect_policy(XFRM_POLICY_IN, (unsigned int)bound + own, bound ? KERN_HAO : KERN_RT2, KERN_RT2, &p, &us, bound || own);
		n_s += 2 * (unsigned int)bound + 2 * (unsigned int)own;
		n_p += (unsigned int)(bound || data) + (bound || own);
		pairs += bound || own;
	}
	ck_assert_uint_eq(k.n_s, n_s);
	ck_assert_uint_eq(k.n_p, n_p);
	ck_assert_uint_eq(ro_count(ro), pairs);
}

static void begin(bool update)
{
	memset(&k, 0, sizeof(k));
	memset(wants, 0, sizeof(wants));
	ro = ro_open(RO_ACCEPT_HAO | RO_ACCEPT_RT2, update);
	ck_assert(ro && k.flushed);
	base_s = k.n_s;
	base_p = k.n_p;
	ck_assert_uint_eq(base_s, 2);
}

static void end(void)
{
	k.flushed = false;
	ck_assert_int_eq(ro_close(ro), 0);
	ck_assert(k.flushed);
}

/* One change of one half of one pair, as a role would make it. */
static int step(struct want *w, unsigned int i)
{
	const struct in6_addr us = hoa(), p = peer(i);
	const struct in6_addr coa = addr(3 + (unsigned int)rand() % 2, 9);
	struct want next = *w;
	int err;

	if (rand() % 2) {
		next.peer_coa = rand() % 3 ? coa : in6addr_any;
		err = ro_peer_set(ro, &us, &p, IN6_IS_ADDR_UNSPECIFIED(&next.peer_coa) ? NULL : &next.peer_coa);
	} else {
		next.own = (enum ro_own)(rand() % 3);
		next.own_coa = coa;
		err = ro_own_set(ro, &us, &p, &coa, next.own);
	}
	if (err)
		memset(w, 0, sizeof(*w)); /* absent, never half */
	else
		*w = next;
	return err;
}

START_TEST(any_order)
{
	begin(_i & 1);
	srand((unsigned int)_i);
	for (int n = 0; n < 3000; n++) {
		unsigned int i = (unsigned int)rand() % N_PEERS;

		if (rand() % 20) {
			ck_assert_int_eq(step(&wants[i], i), 0);
		} else {
			const struct in6_addr us = hoa();

			ck_assert_int_eq(ro_own_suspend(ro, &us), 0);
			for (i = 0; i < N_PEERS; i++)
				if (wants[i].own == RO_OWN_DATA)
					wants[i].own = RO_OWN_ACCEPT;
		}
		expect_all();
	}
	end();
}
END_TEST

START_TEST(refusals)
{
	unsigned int refused = 0;

	begin(_i & 1);
	srand((unsigned int)_i);
	for (int n = 0; n < 3000; n++) {
		unsigned int i = (unsigned int)rand() % N_PEERS;

		k.fail_at = rand() % 3 ? 0 : 1 + (unsigned int)rand() % 4;
		if (step(&wants[i], i))
			refused++;
		k.fail_at = 0;
		expect_all();
	}
	ck_assert_uint_gt(refused, 100);
	end();
}
END_TEST

START_TEST(nothing_to_do)
{
	const struct in6_addr us = hoa(), p = peer(0), coa = addr(3, 9);
	unsigned int commits;

	begin(false);
	ck_assert_int_eq(ro_peer_set(ro, &us, &p, &coa), 0);
	commits = k.commits;
	ck_assert_int_eq(ro_peer_set(ro, &us, &p, &coa), 0);
	ck_assert_int_eq(ro_own_set(ro, &us, &p, &coa, RO_OWN_NONE), 0);
	ck_assert_uint_eq(k.commits, commits);
	ck_assert_uint_eq(ro_count(ro), 1);
	end();
}
END_TEST

START_TEST(suspended_at_once)
{
	const struct in6_addr us = hoa(), coa = addr(3, 9);
	unsigned int commits;

	begin(false);
	for (unsigned int i = 0; i < N_PEERS; i++) {
		const struct in6_addr p = peer(i);

		ck_assert_int_eq(ro_own_set(ro, &us, &p, &coa, RO_OWN_DATA), 0);
		wants[i] = (struct want){ .own = RO_OWN_ACCEPT, .own_coa = coa };
	}
	commits = k.commits;
	ck_assert_int_eq(ro_own_suspend(ro, &us), 0);
	ck_assert_uint_eq(k.commits, commits + 1);
	expect_all();
	end();
}
END_TEST

START_TEST(repair)
{
	begin(_i & 1);
	srand((unsigned int)_i);
	for (int n = 0; n < 500; n++) {
		unsigned int i = (unsigned int)rand() % N_PEERS;
		int lost = 0;

		ck_assert_int_eq(step(&wants[i], i), 0);
		while (k.n_s > base_s && rand() % 2) {
			unsigned int at = base_s + (unsigned int)rand() % (k.n_s - base_s);

			if (rand() % 2 && !IN6_IS_ADDR_UNSPECIFIED(&k.s[at].coa))
				k.s[at].coa = addr(7, 7);
			else if (k.s[at].wildrecv)
				continue;
			else
				k.s[at] = k.s[--k.n_s];
			lost++;
			k.broken = true;
		}
		if (lost)
			ck_assert_int_ge(ro_reconcile(ro), 1);
		expect_all();
		ck_assert_int_eq(ro_reconcile(ro), 0);
	}
	end();
}
END_TEST

struct used {
	unsigned int n;
	double in, out;
};

static void note(const struct in6_addr *ours, const struct in6_addr *p, double in, double out, void *arg)
{
	struct used *u = arg;
	const struct in6_addr us = hoa(), first = peer(0);

	ck_assert(eq(ours, &us) && eq(p, &first));
	u->n++;
	u->in = in;
	u->out = out;
}

START_TEST(last_use)
{
	const struct in6_addr us = hoa(), p = peer(0), coa = addr(3, 9);
	struct kern_ro_policy in = { .dir = XFRM_POLICY_IN, .src = p, .dst = us, .mh_type = -1 };
	struct used u = { 0 };

	begin(false);
	ck_assert_int_eq(ro_peer_set(ro, &us, &p, &coa), 0);
	ck_assert_int_eq(ro_each_used(ro, note, &u), 0);
	ck_assert_uint_eq(u.n, 1);
	ck_assert(isinf(u.in) && isinf(u.out));
	k.s_used[find_state(KERN_RT2, &us, &p)] = (uint64_t)time(NULL) - 7;
	k.s_used[find_state(KERN_HAO, &p, &us)] = (uint64_t)time(NULL); /* in: not what is asked for */
	k.p_used[find_policy(&in)] = (uint64_t)time(NULL) - 3;
	ck_assert_int_eq(ro_each_used(ro, note, &u), 0);
	ck_assert_uint_eq(u.n, 2);
	ck_assert(u.in >= 3 && u.in < 5);
	ck_assert(u.out >= 7 && u.out < 9);
	end();
}
END_TEST

SUITE("ro", .timeout = 60, .tests = { { any_order, 6 }, { refusals, 6 }, { nothing_to_do }, { suspended_at_once }, { repair, 4 }, { last_use } })
