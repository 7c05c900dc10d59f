// SPDX-License-Identifier: GPL-2.0-or-later
/* What there is of route optimization in the kernel, and when it was used. */
#include "kern/xfrm.h"

#include "kern/xfrm_msg.h"

struct state_reader {
	void (*fn)(const struct kern_ro_state *s, uint64_t used, void *arg);
	void *arg;
};

struct policy_reader {
	void (*fn)(const struct kern_ro_policy *p, uint64_t used, void *arg);
	void *arg;
};

static void read_state(struct nlmsghdr *nlh, void *arg)
{
	const struct state_reader *r = arg;
	struct xfrm_usersa_info sa; /* a copy: netlink aligns to 4 bytes, and it has counters of 8 */
	struct nlattr *tb[XFRMA_MAX + 1];
	struct kern_ro_state s = { 0 };

	if (nlh->nlmsg_type != XFRM_MSG_NEWSA || nlmsg_parse(nlh, sizeof(sa), tb, XFRMA_MAX, NULL) < 0)
		return;
	memcpy(&sa, nlmsg_data(nlh), sizeof(sa));
	if (sa.family != AF_INET6 || sa.mode != XFRM_MODE_ROUTEOPTIMIZATION)
		return;
	s.kind = sa.id.proto == IPPROTO_ROUTING ? KERN_RT2 : KERN_HAO;
	kern_get_xfrm_ip(&s.src, &sa.saddr);
	kern_get_xfrm_ip(&s.dst, &sa.id.daddr);
	s.wildrecv = sa.flags & XFRM_STATE_WILDRECV;
	kern_get_ip(tb[XFRMA_COADDR], &s.coa);
	r->fn(&s, kern_get_u64(tb[XFRMA_LASTUSED]), r->arg);
}

int kern_ro_state_dump(void (*fn)(const struct kern_ro_state *s, uint64_t used, void *arg), void *arg)
{
	struct state_reader r = { fn, arg };

	return kern_dump(KERN_XFRM, kern_msg(XFRM_MSG_GETSA, 0, "", 0), read_state, &r);
}

static void read_template(struct kern_ro_policy *p, const struct xfrm_user_tmpl *t)
{
	if (t->mode != XFRM_MODE_ROUTEOPTIMIZATION || p->n_tmpl == 2)
		return;
	p->tmpl[p->n_tmpl].kind = t->id.proto == IPPROTO_ROUTING ? KERN_RT2 : KERN_HAO;
	kern_get_xfrm_ip(&p->tmpl[p->n_tmpl].src, &t->saddr);
	kern_get_xfrm_ip(&p->tmpl[p->n_tmpl].dst, &t->id.daddr);
	p->tmpl[p->n_tmpl++].optional = t->optional;
}

static void read_policy(struct nlmsghdr *nlh, void *arg)
{
	const struct policy_reader *r = arg;
	struct xfrm_userpolicy_info info;
	struct nlattr *tb[XFRMA_MAX + 1];
	struct kern_ro_policy p = { 0 };

	if (nlh->nlmsg_type != XFRM_MSG_NEWPOLICY || nlmsg_parse(nlh, sizeof(info), tb, XFRMA_MAX, NULL) < 0)
		return;
	memcpy(&info, nlmsg_data(nlh), sizeof(info));
	if (kern_get_policy_type(tb[XFRMA_POLICY_TYPE]) != XFRM_POLICY_TYPE_SUB || info.sel.family != AF_INET6 ||
	    info.sel.prefixlen_s != 128 || info.sel.prefixlen_d != 128)
		return;
	p.dir = info.dir;
	p.priority = info.priority;
	kern_get_xfrm_ip(&p.src, &info.sel.saddr);
	kern_get_xfrm_ip(&p.dst, &info.sel.daddr);
	p.src_len = p.dst_len = 128;
	p.proto = info.sel.proto;
	p.mh_type = -1;
	if (tb[XFRMA_TMPL])
		for (int i = 0; i < nla_len(tb[XFRMA_TMPL]) / (int)sizeof(struct xfrm_user_tmpl); i++)
			read_template(&p, (const struct xfrm_user_tmpl *)nla_data(tb[XFRMA_TMPL]) + i);
	r->fn(&p, info.curlft.use_time, r->arg);
}

int kern_ro_policy_dump(void (*fn)(const struct kern_ro_policy *p, uint64_t used, void *arg), void *arg)
{
	struct policy_reader r = { fn, arg };

	return kern_dump(KERN_XFRM, kern_msg(XFRM_MSG_GETPOLICY, 0, "", 0), read_policy, &r);
}
