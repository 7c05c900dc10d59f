// SPDX-License-Identifier: GPL-2.0-or-later
/* Route optimization's states and policies in the kernel made of paper: what umip/src/kern/xfrm.h offers. */
#include "paper_kernel.h"

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
