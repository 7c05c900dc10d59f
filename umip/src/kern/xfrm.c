// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Home Address option and routing header type 2 as XFRM states of mode route-optimization, with the sub-policies that
 * lead to them.
 */
#include "kern/xfrm.h"

#include <errno.h>
#include <linux/xfrm.h>
#include <stdio.h>

#include "kern/msg.h"

#define EVERY_ALGORITHM 0xffffffffu

static void put_address(xfrm_address_t *to, const struct in6_addr *from)
{
	memcpy(to, from, sizeof(*from));
}

static const struct xfrm_lifetime_cfg forever = {
	.soft_byte_limit = XFRM_INF,
	.hard_byte_limit = XFRM_INF,
	.soft_packet_limit = XFRM_INF,
	.hard_packet_limit = XFRM_INF,
};

static const char *kind_name(enum kern_ro kind)
{
	return kind == KERN_HAO ? "hao" : "route2";
}

/* ---- states ---- */

void kern_ro_state_del(struct kern_batch *b, const struct kern_ro_state *s, unsigned int forgive)
{
	struct xfrm_usersa_id id = { .family = AF_INET6, .proto = s->kind };
	struct nl_msg *m;

	put_address(&id.daddr, &s->dst);
	m = kern_msg(XFRM_MSG_DELSA, 0, &id, sizeof(id));
	kern_put_ip(m, XFRMA_SRCADDR, &s->src);
	kern_batch_add(b, m, forgive, "state del %s %s -> %s", kind_name(s->kind), kern_ip(&s->src), kern_ip(&s->dst));
}

static void state_put(struct kern_batch *b, uint16_t type, uint16_t flags, const struct kern_ro_state *s)
{
	struct xfrm_usersa_info sa = {
		.id.proto = s->kind,
		.lft = forever,
		.family = AF_INET6,
		.mode = XFRM_MODE_ROUTEOPTIMIZATION,
		.flags = s->wildrecv ? XFRM_STATE_WILDRECV : 0,
	};
	struct nl_msg *m;

	put_address(&sa.saddr, &s->src);
	put_address(&sa.id.daddr, &s->dst);
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

static bool has_type(const struct kern_ro_policy *p)
{
	return (p->proto == IPPROTO_MH || p->proto == IPPROTO_ICMPV6) && p->mh_type >= 0;
}

static void selector(struct xfrm_selector *sel, const struct kern_ro_policy *p)
{
	put_address(&sel->saddr, &p->src);
	put_address(&sel->daddr, &p->dst);
	sel->prefixlen_s = p->src_len;
	sel->prefixlen_d = p->dst_len;
	sel->family = AF_INET6;
	sel->proto = p->proto;
	sel->ifindex = p->ifindex;
	/* The type of a mobility header or an ICMPv6 message is where ports would have the source port. */
	if (has_type(p)) {
		sel->sport = htons((uint16_t)p->mh_type);
		sel->sport_mask = 0xffff;
	}
}

static void put_sub(struct nl_msg *m)
{
	struct xfrm_userpolicy_type sub = { .type = XFRM_POLICY_TYPE_SUB };

	if (m)
		nla_put(m, XFRMA_POLICY_TYPE, sizeof(sub), &sub);
}

static void policy_add(struct kern_batch *b, struct nl_msg *m, unsigned int forgive, const char *what,
		       const struct kern_ro_policy *p)
{
	static const char *const dir[] = {
		[XFRM_POLICY_IN] = "in", [XFRM_POLICY_OUT] = "out", [XFRM_POLICY_FWD] = "fwd"
	};

	char proto[32] = "";

	if (has_type(p))
		snprintf(proto, sizeof(proto), " proto %s type %d", p->proto == IPPROTO_MH ? "mh" : "icmpv6", p->mh_type);
	else if (p->proto)
		snprintf(proto, sizeof(proto), " proto %u", p->proto);
	kern_batch_add(b, m, forgive, "policy %s %s %s/%u -> %s/%u%s", what, dir[p->dir % 3], kern_ip(&p->src),
		       p->src_len, kern_ip(&p->dst), p->dst_len, proto);
}

void kern_ro_policy_set(struct kern_batch *b, const struct kern_ro_policy *p)
{
	struct xfrm_userpolicy_info info = {
		.lft = forever,
		.priority = p->priority,
		.dir = (uint8_t)p->dir,
		.action = p->block ? XFRM_POLICY_BLOCK : XFRM_POLICY_ALLOW,
		.share = XFRM_SHARE_ANY,
	};
	struct xfrm_user_tmpl tmpl[2] = { 0 };
	struct nl_msg *m;

	selector(&info.sel, p);
	m = kern_msg(XFRM_MSG_UPDPOLICY, 0, &info, sizeof(info));
	for (unsigned int i = 0; i < p->n_tmpl && i < 2; i++) {
		struct xfrm_user_tmpl *t = &tmpl[i];

		put_address(&t->id.daddr, &p->tmpl[i].dst);
		put_address(&t->saddr, &p->tmpl[i].src);
		t->id.proto = p->tmpl[i].kind;
		t->family = AF_INET6;
		t->mode = XFRM_MODE_ROUTEOPTIMIZATION;
		t->share = XFRM_SHARE_ANY;
		t->optional = p->tmpl[i].optional;
		t->aalgos = t->ealgos = t->calgos = EVERY_ALGORITHM;
	}
	if (m && p->n_tmpl)
		nla_put(m, XFRMA_TMPL, (int)((p->n_tmpl < 2 ? 1 : 2) * sizeof(tmpl[0])), tmpl);
	put_sub(m);
	policy_add(b, m, 0, "add", p);
}

void kern_ro_policy_del(struct kern_batch *b, const struct kern_ro_policy *p, unsigned int forgive)
{
	struct xfrm_userpolicy_id id = { .dir = (uint8_t)p->dir };
	struct nl_msg *m;

	selector(&id.sel, p);
	m = kern_msg(XFRM_MSG_DELPOLICY, 0, &id, sizeof(id));
	put_sub(m);
	policy_add(b, m, forgive, "del", p);
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
