// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Pairs of addresses and what the kernel has for them.
 *
 * A pair has a face: what both halves ask for. A change goes from one face to the next in one netlink batch whose order
 * leaves no moment in which a policy demands a header that no state can make: the policy out goes before a state of its own is
 * replaced, and comes back after it; in between packets travel plainly, through the home agent. Where the kernel lets sockets
 * follow an updated state (the project's series), the state is updated in place and the policies stay.
 *
 * Templates are in the order in which the kernel wants them: out, the routing header first; in, the last one is that
 * of the header met first, which is the routing header again. All templates in are optional, since the peer may send through
 * the home agent at any time.
 */
#include "ro/pair.h"

#include <errno.h>
#include <linux/xfrm.h>
#include <stdlib.h>

unsigned int ro_objects(const struct ro_face *f)
{
	return (f->peer ? PEER_HAO | PEER_RT2 | POLICY_IN | POLICY_OUT : 0u) |
	       (f->own >= RO_OWN_ACCEPT ? OWN_HAO | OWN_RT2 | POLICY_IN : 0u) |
	       (f->own == RO_OWN_DATA ? (unsigned int)POLICY_OUT : 0u);
}

struct kern_ro_state ro_state(const struct ro_pair *p, const struct ro_face *f, enum ro_object o)
{
	const bool in = o == PEER_HAO || o == OWN_RT2;
	struct kern_ro_state s = {
		.kind = o == PEER_HAO || o == OWN_HAO ? KERN_HAO : KERN_RT2,
		.src = in ? p->peer : p->ours,
		.dst = in ? p->ours : p->peer,
	};

	/* A routing header may come by any of our addresses: right after a move, by the last one. */
	if (o == PEER_HAO || o == PEER_RT2)
		s.coa = f->peer_coa;
	else if (o == OWN_HAO)
		s.coa = f->own_coa;
	return s;
}

static void add_template(struct kern_ro_policy *pol, enum kern_ro kind)
{
	const bool in = pol->dir == XFRM_POLICY_IN;

	pol->tmpl[pol->n_tmpl].kind = kind;
	/*
	 * From another mobile node the routing header is met while the source is still a care-of address, so that the wild-card
	 * state takes it: any source will do. The policy looks for the home address, after the option.
	 */
	if (!in || kind == KERN_HAO)
		pol->tmpl[pol->n_tmpl].src = pol->src;
	pol->tmpl[pol->n_tmpl].dst = pol->dst;
	pol->tmpl[pol->n_tmpl++].optional = in;
}

struct kern_ro_policy ro_policy(const struct ro_pair *p, const struct ro_face *f, enum ro_object o)
{
	const bool in = o == POLICY_IN;
	struct kern_ro_policy pol = {
		.dir = in ? XFRM_POLICY_IN : XFRM_POLICY_OUT,
		.priority = RO_PRIORITY_DATA,
		.src = in ? p->peer : p->ours,
		.dst = in ? p->ours : p->peer,
		.src_len = 128,
		.dst_len = 128,
		.mh_type = -1,
	};

	if (in) {
		if (f->peer)
			add_template(&pol, KERN_HAO);
		if (f->own >= RO_OWN_ACCEPT)
			add_template(&pol, KERN_RT2);
	} else {
		if (f->peer)
			add_template(&pol, KERN_RT2);
		if (f->own == RO_OWN_DATA)
			add_template(&pol, KERN_HAO);
	}
	return pol;
}

static bool same_coa(const struct ro_face *a, const struct ro_face *b, enum ro_object o)
{
	if (o == PEER_HAO || o == PEER_RT2)
		return IN6_ARE_ADDR_EQUAL(&a->peer_coa, &b->peer_coa);
	return o != OWN_HAO || IN6_ARE_ADDR_EQUAL(&a->own_coa, &b->own_coa);
}

static bool same_templates(const struct ro_face *a, const struct ro_face *b, enum ro_object o)
{
	if (a->peer != b->peer)
		return false;
	return o == POLICY_IN ? (a->own >= RO_OWN_ACCEPT) == (b->own >= RO_OWN_ACCEPT) :
				(a->own == RO_OWN_DATA) == (b->own == RO_OWN_DATA);
}

static const enum ro_object states[] = { PEER_HAO, PEER_RT2, OWN_HAO, OWN_RT2 };
#define N_STATES (sizeof(states) / sizeof(*states))

static void append(const struct ro *ro, struct kern_batch *b, const struct ro_pair *p, const struct ro_face *to)
{
	const struct ro_face *from = &p->face;
	unsigned int had = ro_objects(from), want = ro_objects(to);
	struct kern_ro_policy in = ro_policy(p, to, POLICY_IN), out = ro_policy(p, to, POLICY_OUT);

	if (!ro->update)
		for (unsigned int i = 0; i < N_STATES; i++)
			if (states[i] & (PEER_RT2 | OWN_HAO) && states[i] & had & want && !same_coa(from, to, states[i]) &&
			    had & POLICY_OUT) {
				kern_ro_policy_del(b, &out, KERN_OK_ABSENT);
				had &= ~(unsigned int)POLICY_OUT;
			}
	if (had & ~want & POLICY_OUT)
		kern_ro_policy_del(b, &out, KERN_OK_ABSENT);
	if (had & ~want & POLICY_IN)
		kern_ro_policy_del(b, &in, KERN_OK_ABSENT);
	for (unsigned int i = 0; i < N_STATES; i++) {
		const struct kern_ro_state s = ro_state(p, to, states[i]);

		if (!(states[i] & want) || (states[i] & had && same_coa(from, to, states[i])))
			continue;
		if (states[i] & had && ro->update)
			kern_ro_state_update(b, &s);
		else
			kern_ro_state_set(b, &s);
	}
	if (want & POLICY_IN && !(had & POLICY_IN && same_templates(from, to, POLICY_IN)))
		kern_ro_policy_set(b, &in);
	if (want & POLICY_OUT && !(had & POLICY_OUT && same_templates(from, to, POLICY_OUT)))
		kern_ro_policy_set(b, &out);
	for (unsigned int i = 0; i < N_STATES; i++) {
		const struct kern_ro_state s = ro_state(p, from, states[i]);

		if (states[i] & had & ~want)
			kern_ro_state_del(b, &s, KERN_OK_ABSENT);
	}
}

void ro_wipe(const struct ro_pair *p)
{
	const struct ro_face none = { 0 };
	struct kern_batch *b = kern_batch_new(KERN_XFRM);
	struct kern_ro_policy in = ro_policy(p, &none, POLICY_IN), out = ro_policy(p, &none, POLICY_OUT);

	if (!b)
		return;
	kern_ro_policy_del(b, &out, KERN_OK_ABSENT);
	kern_ro_policy_del(b, &in, KERN_OK_ABSENT);
	for (unsigned int i = 0; i < N_STATES; i++) {
		const struct kern_ro_state s = ro_state(p, &none, states[i]);

		kern_ro_state_del(b, &s, KERN_OK_ABSENT);
	}
	kern_batch_commit(b);
}

int ro_change(struct ro *ro, struct ro_pair *p, const struct ro_face *to)
{
	struct kern_batch *b = kern_batch_new(KERN_XFRM);
	int err;

	if (b)
		append(ro, b, p, to);
	err = kern_batch_commit(b);
	if (err) {
		ro_wipe(p);
		ro_drop(ro, p);
		return err;
	}
	p->face = *to;
	if (!ro_objects(to))
		ro_drop(ro, p);
	return 0;
}

static bool same_face(const struct ro_face *a, const struct ro_face *b)
{
	return a->peer == b->peer && a->own == b->own && same_coa(a, b, PEER_HAO) && same_coa(a, b, OWN_HAO);
}

int ro_peer_set(struct ro *ro, const struct in6_addr *ours, const struct in6_addr *peer, const struct in6_addr *coa)
{
	struct ro_pair *p = ro_find(ro, ours, peer);
	struct ro_face to;

	if (!p && !coa)
		return 0;
	if (!p)
		p = ro_add(ro, ours, peer);
	if (!p)
		return -ENOMEM;
	to = p->face;
	to.peer = coa;
	to.peer_coa = coa ? *coa : in6addr_any;
	return same_face(&to, &p->face) ? 0 : ro_change(ro, p, &to);
}

int ro_own_set(struct ro *ro, const struct in6_addr *hoa, const struct in6_addr *peer, const struct in6_addr *coa,
	       enum ro_own stage)
{
	struct ro_pair *p = ro_find(ro, hoa, peer);
	struct ro_face to;

	if (!p && stage == RO_OWN_NONE)
		return 0;
	if (!p)
		p = ro_add(ro, hoa, peer);
	if (!p)
		return -ENOMEM;
	to = p->face;
	to.own = stage;
	to.own_coa = stage == RO_OWN_NONE ? in6addr_any : *coa;
	return same_face(&to, &p->face) ? 0 : ro_change(ro, p, &to);
}

/* ---- a move ---- */

struct suspension {
	const struct in6_addr *hoa;
	struct kern_batch *batch;
	int err;
};

static bool affected(const struct ro_pair *p, const struct in6_addr *hoa)
{
	return p->face.own == RO_OWN_DATA && IN6_ARE_ADDR_EQUAL(&p->ours, hoa);
}

static struct ro_face suspended(const struct ro_pair *p)
{
	struct ro_face to = p->face;

	to.own = RO_OWN_ACCEPT;
	return to;
}

static void suspend_all(struct ro *ro, struct ro_pair *p, void *arg)
{
	struct suspension *s = arg;
	const struct ro_face to = suspended(p);

	if (affected(p, s->hoa))
		append(ro, s->batch, p, &to);
}

static void all_suspended(struct ro *ro, struct ro_pair *p, void *arg)
{
	struct suspension *s = arg;

	(void)ro;
	if (affected(p, s->hoa))
		p->face = suspended(p);
}

/* The batch was refused somewhere: one by one, so that only the culprit is lost. */
static void suspend_each(struct ro *ro, struct ro_pair *p, void *arg)
{
	struct suspension *s = arg;
	const struct ro_face to = suspended(p);
	int err;

	if (!affected(p, s->hoa))
		return;
	err = ro_change(ro, p, &to);
	if (err)
		s->err = err;
}

int ro_own_suspend(struct ro *ro, const struct in6_addr *hoa)
{
	struct suspension s = { .hoa = hoa, .batch = kern_batch_new(KERN_XFRM) };

	if (s.batch)
		ro_each(ro, suspend_all, &s);
	if (!kern_batch_commit(s.batch))
		ro_each(ro, all_suspended, &s);
	else
		ro_each(ro, suspend_each, &s);
	return s.err;
}
