// SPDX-License-Identifier: GPL-2.0-or-later
/* The IPsec policies that are ours, and everybody's ESP associations, as the kernel has them. */
#include <errno.h>
#include <time.h>

#include "kern/ipsec_msg.h"

struct sp_reader {
	void (*fn)(const struct kern_sp *p, void *arg);
	void *arg;
};

struct sa_reader {
	void (*fn)(const struct kern_sa *s, void *arg);
	void *arg;
	uint64_t now;
};

/* ---- policies ---- */

/* The type that a selector asks for, -1: any, -2: what struct kern_sp cannot say. */
static int selector_type(const struct xfrm_selector *sel)
{
	if (sel->dport_mask || sel->ifindex || sel->user)
		return -2;
	if (!sel->sport_mask)
		return -1;
	if ((sel->proto != IPPROTO_MH && sel->proto != IPPROTO_ICMPV6) || sel->sport_mask != 0xffff ||
	    ntohs(sel->sport) > 255)
		return -2;
	return ntohs(sel->sport);
}

/* One required ESP template that kern_sp_set() would write. */
static bool read_template(struct kern_sp *p, struct nlattr *attr)
{
	struct xfrm_user_tmpl t;

	if (nla_len(attr) != (int)sizeof(t))
		return false;
	memcpy(&t, nla_data(attr), sizeof(t));
	if (t.id.proto != IPPROTO_ESP || t.optional || t.id.spi || t.family != AF_INET6)
		return false;
	if (t.mode != XFRM_MODE_TUNNEL && t.mode != XFRM_MODE_TRANSPORT)
		return false;
	p->action = KERN_SP_ESP;
	p->tunnel = t.mode == XFRM_MODE_TUNNEL;
	p->reqid = t.reqid;
	if (p->tunnel) {
		kern_get_xfrm_ip(&p->from, &t.saddr);
		kern_get_xfrm_ip(&p->to, &t.id.daddr);
	} else {
		p->from = p->src;
		p->to = p->dst;
	}
	return true;
}

/*
 * What struct kern_sp cannot say exactly is none of ours, whatever its priority: a policy with our selector and an optional
 * template must not be taken for the required one.
 */
static void read_policy(struct nlmsghdr *nlh, void *arg)
{
	const struct sp_reader *r = arg;
	struct xfrm_userpolicy_info info;
	struct nlattr *tb[XFRMA_MAX + 1];
	struct kern_sp p = { 0 };

	if (nlh->nlmsg_type != XFRM_MSG_NEWPOLICY || !kern_get_header(nlh, &info, sizeof(info)) ||
	    nlmsg_parse(nlh, sizeof(info), tb, XFRMA_MAX, NULL) < 0)
		return;
	if (kern_get_policy_type(tb[XFRMA_POLICY_TYPE]) != XFRM_POLICY_TYPE_MAIN || info.sel.family != AF_INET6 ||
	    !kern_sp_is_ours(info.priority) || info.dir > XFRM_POLICY_FWD || info.flags || tb[XFRMA_MARK] ||
	    tb[XFRMA_IF_ID])
		return;
	p.dir = info.dir;
	p.index = info.index;
	p.priority = info.priority;
	kern_get_xfrm_ip(&p.src, &info.sel.saddr);
	kern_get_xfrm_ip(&p.dst, &info.sel.daddr);
	p.src_len = info.sel.prefixlen_s;
	p.dst_len = info.sel.prefixlen_d;
	p.proto = info.sel.proto;
	p.type = selector_type(&info.sel);
	p.action = info.action == XFRM_POLICY_BLOCK ? KERN_SP_BLOCK : KERN_SP_ALLOW;
	if (p.type < -1 || (tb[XFRMA_TMPL] && (p.action == KERN_SP_BLOCK || !read_template(&p, tb[XFRMA_TMPL]))))
		return;
	r->fn(&p, r->arg);
}

int kern_sp_dump(void (*fn)(const struct kern_sp *p, void *arg), void *arg)
{
	struct sp_reader r = { fn, arg };

	return kern_dump(KERN_XFRM, kern_msg(XFRM_MSG_GETPOLICY, 0, "", 0), read_policy, &r);
}

struct found {
	struct kern_sp *out;
	bool found;
};

static void take_policy(const struct kern_sp *p, void *arg)
{
	struct found *f = arg;

	*f->out = *p;
	f->found = true;
}

int kern_sp_get(int dir, uint32_t index, struct kern_sp *out)
{
	const struct xfrm_userpolicy_id id = { .index = index, .dir = (uint8_t)dir };
	struct found f = { .out = out };
	struct sp_reader r = { take_policy, &f };
	int err = kern_get(KERN_XFRM, kern_msg(XFRM_MSG_GETPOLICY, 0, &id, sizeof(id)), read_policy, &r);

	if (err)
		return err == -ENOENT ? 0 : err;
	return f.found && out->index == index && out->dir == dir;
}

/* ---- associations ---- */

/* An algorithm's name is a string of 64 in front of whatever the attribute has of lengths and the key. */
static bool read_name(char *out, size_t len, struct nlattr *attr)
{
	const size_t room = sizeof(((struct xfrm_algo *)NULL)->alg_name);
	size_t n;

	if (!attr || nla_len(attr) < (int)room)
		return false;
	n = strnlen(nla_data(attr), room);
	if (n >= len)
		n = len - 1;
	memcpy(out, nla_data(attr), n);
	out[n] = '\0';
	return true;
}

static bool past_soft_limit(const struct xfrm_lifetime_cfg *limit, const struct xfrm_lifetime_cur *cur, uint64_t now)
{
	return cur->bytes >= limit->soft_byte_limit || cur->packets >= limit->soft_packet_limit ||
	       (limit->soft_add_expires_seconds && now >= cur->add_time + limit->soft_add_expires_seconds) ||
	       (limit->soft_use_expires_seconds && cur->use_time &&
		now >= cur->use_time + limit->soft_use_expires_seconds);
}

static bool has_a_limit(const struct xfrm_lifetime_cfg *l)
{
	return l->soft_byte_limit != XFRM_INF || l->hard_byte_limit != XFRM_INF || l->soft_packet_limit != XFRM_INF ||
	       l->hard_packet_limit != XFRM_INF || l->soft_add_expires_seconds || l->hard_add_expires_seconds ||
	       l->soft_use_expires_seconds || l->hard_use_expires_seconds;
}

static void read_state(struct nlmsghdr *nlh, void *arg)
{
	const struct sa_reader *r = arg;
	struct xfrm_usersa_info sa;
	struct nlattr *tb[XFRMA_MAX + 1];
	struct xfrm_replay_state_esn esn;
	struct kern_sa s = { 0 };

	if (nlh->nlmsg_type != XFRM_MSG_NEWSA || !kern_get_header(nlh, &sa, sizeof(sa)) ||
	    nlmsg_parse(nlh, sizeof(sa), tb, XFRMA_MAX, NULL) < 0)
		return;
	if (sa.family != AF_INET6 || sa.id.proto != IPPROTO_ESP)
		return;
	/* A larval state, which is what an acquire leaves, has no algorithm yet; no other ESP state can be without a cipher. */
	if (!read_name(s.cipher, sizeof(s.cipher), tb[XFRMA_ALG_AEAD]) &&
	    !read_name(s.cipher, sizeof(s.cipher), tb[XFRMA_ALG_CRYPT]))
		return;
	if (!read_name(s.auth, sizeof(s.auth), tb[XFRMA_ALG_AUTH_TRUNC]))
		read_name(s.auth, sizeof(s.auth), tb[XFRMA_ALG_AUTH]);
	kern_get_xfrm_ip(&s.src, &sa.saddr);
	kern_get_xfrm_ip(&s.dst, &sa.id.daddr);
	s.spi = ntohl(sa.id.spi);
	s.reqid = sa.reqid;
	s.tunnel = sa.mode == XFRM_MODE_TUNNEL;
	s.dying = past_soft_limit(&sa.lft, &sa.curlft, r->now);
	s.negotiated = has_a_limit(&sa.lft);
	if (sa.sel.family == AF_INET6) {
		kern_get_xfrm_ip(&s.sel_src, &sa.sel.saddr);
		kern_get_xfrm_ip(&s.sel_dst, &sa.sel.daddr);
		s.sel_src_len = sa.sel.prefixlen_s;
		s.sel_dst_len = sa.sel.prefixlen_d;
		s.sel_proto = sa.sel.proto;
	}
	s.replay_window = sa.replay_window;
	s.forged = sa.stats.integrity_failed;
	s.replayed = sa.stats.replay;
	if (tb[XFRMA_REPLAY_ESN_VAL] && nla_len(tb[XFRMA_REPLAY_ESN_VAL]) >= (int)sizeof(esn)) {
		memcpy(&esn, nla_data(tb[XFRMA_REPLAY_ESN_VAL]), sizeof(esn));
		s.replay_window = esn.replay_window;
	}
	s.packets = sa.curlft.packets;
	s.bytes = sa.curlft.bytes;
	s.added = sa.curlft.add_time;
	s.used = kern_get_u64(tb[XFRMA_LASTUSED]);
	r->fn(&s, r->arg);
}

int kern_sa_dump(void (*fn)(const struct kern_sa *s, void *arg), void *arg)
{
	struct sa_reader r = { fn, arg, (uint64_t)time(NULL) };
	struct nl_msg *m = kern_msg(XFRM_MSG_GETSA, 0, "", 0);
	const uint8_t esp = IPPROTO_ESP;

	if (m)
		nla_put(m, XFRMA_PROTO, sizeof(esp), &esp);
	return kern_dump(KERN_XFRM, m, read_state, &r);
}
