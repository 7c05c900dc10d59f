// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Home Address option and routing header type 2 as XFRM states of mode route-optimization, with the sub-policies that
 * lead to them.
 */
#include "kern/xfrm.h"

#include <errno.h>

#include "kern/xfrm_msg.h"

static const char *kind_name(enum kern_ro kind)
{
	return kind == KERN_HAO ? "hao" : "route2";
}

/* ---- states ---- */

void kern_ro_state_del(struct kern_batch *b, const struct kern_ro_state *s, unsigned int forgive)
{
	struct xfrm_usersa_id id = { .family = AF_INET6, .proto = s->kind };
	struct nl_msg *m;

	kern_put_xfrm_ip(&id.daddr, &s->dst);
	m = kern_msg(XFRM_MSG_DELSA, 0, &id, sizeof(id));
	kern_put_ip(m, XFRMA_SRCADDR, &s->src);
	kern_batch_add(b, m, forgive, "state del %s %s -> %s", kind_name(s->kind), kern_ip(&s->src), kern_ip(&s->dst));
}

static void state_put(struct kern_batch *b, uint16_t type, uint16_t flags, const struct kern_ro_state *s)
{
	struct xfrm_usersa_info sa = {
		.id.proto = s->kind,
		.lft = kern_forever,
		.family = AF_INET6,
		.mode = XFRM_MODE_ROUTEOPTIMIZATION,
		.flags = s->wildrecv ? XFRM_STATE_WILDRECV : 0,
	};
	struct nl_msg *m;

	kern_put_xfrm_ip(&sa.saddr, &s->src);
	kern_put_xfrm_ip(&sa.id.daddr, &s->dst);
	m = kern_msg(type, flags, &sa, sizeof(sa));
	kern_put_ip(m, XFRMA_COADDR, &s->coa);
	kern_batch_add(b, m, 0, "state %s %s %s -> %s", flags ? "add" : "update", kind_name(s->kind), kern_ip(&s->src),
		       kern_ip(&s->dst));
}

void kern_ro_state_set(struct kern_batch *b, const struct kern_ro_state *s)
{
	kern_ro_state_del(b, s, KERN_OK_ABSENT);
	state_put(b, XFRM_MSG_NEWSA, NLM_F_CREATE | NLM_F_EXCL, s);
}

void kern_ro_state_update(struct kern_batch *b, const struct kern_ro_state *s)
{
	state_put(b, XFRM_MSG_UPDSA, 0, s);
}

/* ---- policies ---- */

static struct kern_selector selector(const struct kern_ro_policy *p)
{
	return (struct kern_selector){
		.src = &p->src,
		.dst = &p->dst,
		.src_len = p->src_len,
		.dst_len = p->dst_len,
		.proto = p->proto,
		.type = p->mh_type,
		.ifindex = p->ifindex,
	};
}

static void put_sub(struct nl_msg *m)
{
	struct xfrm_userpolicy_type sub = { .type = XFRM_POLICY_TYPE_SUB };

	if (m)
		nla_put(m, XFRMA_POLICY_TYPE, sizeof(sub), &sub);
}

void kern_ro_policy_set(struct kern_batch *b, const struct kern_ro_policy *p)
{
	const struct kern_selector s = selector(p);
	struct xfrm_userpolicy_info info;
	struct xfrm_user_tmpl tmpl[2];
	struct nl_msg *m;

	kern_put_policy(&info, &s, p->dir, p->priority, p->block);
	m = kern_msg(XFRM_MSG_UPDPOLICY, 0, &info, sizeof(info));
	for (unsigned int i = 0; i < p->n_tmpl && i < 2; i++) {
		kern_put_template(&tmpl[i], &p->tmpl[i].src, &p->tmpl[i].dst, p->tmpl[i].kind,
				  XFRM_MODE_ROUTEOPTIMIZATION);
		tmpl[i].optional = p->tmpl[i].optional;
	}
	if (m && p->n_tmpl)
		nla_put(m, XFRMA_TMPL, (int)((p->n_tmpl < 2 ? 1 : 2) * sizeof(tmpl[0])), tmpl);
	put_sub(m);
	kern_policy_add(b, m, 0, "add", p->dir, &s);
}

void kern_ro_policy_del(struct kern_batch *b, const struct kern_ro_policy *p, unsigned int forgive)
{
	const struct kern_selector s = selector(p);
	struct xfrm_userpolicy_id id = { .dir = (uint8_t)p->dir };
	struct nl_msg *m;

	kern_put_selector(&id.sel, &s);
	m = kern_msg(XFRM_MSG_DELPOLICY, 0, &id, sizeof(id));
	put_sub(m);
	kern_policy_add(b, m, forgive, "del", p->dir, &s);
}

int kern_ro_flush(void)
{
	static const uint8_t kinds[] = { KERN_HAO, KERN_RT2 };
	struct kern_batch *b = kern_batch_new(KERN_XFRM);
	struct nl_msg *m = kern_msg(XFRM_MSG_FLUSHPOLICY, 0, "", 0);

	put_sub(m);
	kern_batch_add(b, m, KERN_OK_ABSENT, "policy flush sub");
	for (unsigned int i = 0; i < 2; i++) {
		struct xfrm_usersa_flush flush = { .proto = kinds[i] };

		kern_batch_add(b, kern_msg(XFRM_MSG_FLUSHSA, 0, &flush, sizeof(flush)), KERN_OK_ABSENT,
			       "state flush %s", kind_name(kinds[i]));
	}
	return kern_batch_commit(b);
}
