// SPDX-License-Identifier: GPL-2.0-or-later
/* What the kernel says of our pairs: when they were used, and whether they are still there. */
#include "ro/pair.h"

#include <linux/xfrm.h>
#include <math.h>
#include <string.h>
#include <time.h>

struct use {
	struct ro *ro;
	double now;
	void (*fn)(const struct in6_addr *ours, const struct in6_addr *peer, double in, double out, void *arg);
	void *arg;
};

static void unused(struct ro *ro, struct ro_pair *p, void *arg)
{
	(void)ro;
	(void)arg;
	p->in = p->out = 0;
}

static void see_state_use(const struct kern_ro_state *s, uint64_t used, void *arg)
{
	struct use *u = arg;
	struct ro_pair *p = ro_find(u->ro, &s->src, &s->dst);

	if (p && !s->wildrecv && (double)used > p->out)
		p->out = (double)used;
}

static void see_policy_use(const struct kern_ro_policy *pol, uint64_t used, void *arg)
{
	struct use *u = arg;
	struct ro_pair *p;

	if (pol->priority != RO_PRIORITY_DATA || pol->dir != XFRM_POLICY_IN)
		return;
	p = ro_find(u->ro, &pol->dst, &pol->src);
	if (p)
		p->in = (double)used;
}

static double since(const struct use *u, double then)
{
	if (then <= 0)
		return INFINITY;
	return then < u->now ? u->now - then : 0;
}

static void tell_use(struct ro *ro, struct ro_pair *p, void *arg)
{
	const struct use *u = arg;
	const struct in6_addr ours = p->ours, peer = p->peer;

	(void)ro;
	u->fn(&ours, &peer, since(u, p->in), since(u, p->out), u->arg);
}

int ro_each_used(struct ro *ro,
		 void (*fn)(const struct in6_addr *ours, const struct in6_addr *peer, double in, double out, void *arg),
		 void *arg)
{
	struct use u = { .ro = ro, .now = (double)time(NULL), .fn = fn, .arg = arg };
	int err;

	if (!ro->count)
		return 0;
	ro_each(ro, unused, NULL);
	err = kern_ro_state_dump(see_state_use, &u);
	if (!err)
		err = kern_ro_policy_dump(see_policy_use, &u);
	if (!err)
		ro_each(ro, tell_use, &u);
	return err;
}

unsigned int ro_count(const struct ro *ro)
{
	return ro->count;
}

static void unseen(struct ro *ro, struct ro_pair *p, void *arg)
{
	(void)ro;
	(void)arg;
	p->seen = 0;
}

static void see_state(const struct kern_ro_state *s, uint64_t used, void *arg)
{
	const bool hao = s->kind == KERN_HAO;
	struct ro *ro = arg;
	struct ro_pair *p;
	enum ro_object o;

	(void)used;
	if (s->wildrecv)
		return;
	for (int in = 0; in < 2; in++) {
		p = in ? ro_find(ro, &s->dst, &s->src) : ro_find(ro, &s->src, &s->dst);
		o = in ? (hao ? PEER_HAO : OWN_RT2) : (hao ? OWN_HAO : PEER_RT2);
		if (p) {
			const struct kern_ro_state want = ro_state(p, &p->face, o);

			if (IN6_ARE_ADDR_EQUAL(&want.coa, &s->coa))
				p->seen |= o;
		}
	}
}

static void see_policy(const struct kern_ro_policy *pol, uint64_t used, void *arg)
{
	const bool in = pol->dir == XFRM_POLICY_IN;
	struct ro *ro = arg;
	struct kern_ro_policy want;
	struct ro_pair *p;

	(void)used;
	if (pol->priority != RO_PRIORITY_DATA)
		return;
	p = in ? ro_find(ro, &pol->dst, &pol->src) : ro_find(ro, &pol->src, &pol->dst);
	if (!p)
		return;
	want = ro_policy(p, &p->face, in ? POLICY_IN : POLICY_OUT);
	if (want.n_tmpl != pol->n_tmpl)
		return;
	for (unsigned int i = 0; i < want.n_tmpl; i++)
		if (want.tmpl[i].kind != pol->tmpl[i].kind)
			return;
	p->seen |= in ? POLICY_IN : POLICY_OUT;
}

static void repair(struct ro *ro, struct ro_pair *p, void *arg)
{
	unsigned int missing = ro_objects(&p->face) & ~p->seen;
	const struct ro_face to = p->face;
	int *n = arg;

	if (!missing)
		return;
	*n += __builtin_popcount(missing);
	ro_wipe(p);
	memset(&p->face, 0, sizeof(p->face));
	ro_change(ro, p, &to);
}

int ro_reconcile(struct ro *ro)
{
	int err, n = 0;

	if (!ro->count)
		return 0;
	ro_each(ro, unseen, NULL);
	err = kern_ro_state_dump(see_state, ro);
	if (!err)
		err = kern_ro_policy_dump(see_policy, ro);
	if (err)
		return err;
	ro_each(ro, repair, &n);
	return n;
}
