// SPDX-License-Identifier: GPL-2.0-or-later
/* What the messages about policies of ptype sub and of ptype main have in common. */
#include "kern/xfrm_msg.h"

#include <stdio.h>

#define EVERY_ALGORITHM 0xffffffffu

const struct xfrm_lifetime_cfg kern_forever = {
	.soft_byte_limit = XFRM_INF,
	.hard_byte_limit = XFRM_INF,
	.soft_packet_limit = XFRM_INF,
	.hard_packet_limit = XFRM_INF,
};

bool kern_has_type(const struct kern_selector *s)
{
	return (s->proto == IPPROTO_MH || s->proto == IPPROTO_ICMPV6) && s->type >= 0;
}

void kern_put_selector(struct xfrm_selector *to, const struct kern_selector *s)
{
	kern_put_xfrm_ip(&to->saddr, s->src);
	kern_put_xfrm_ip(&to->daddr, s->dst);
	to->prefixlen_s = s->src_len;
	to->prefixlen_d = s->dst_len;
	to->family = AF_INET6;
	to->proto = s->proto;
	to->ifindex = s->ifindex;
	/* The type of a mobility header or an ICMPv6 message is where ports would have the source port. */
	if (kern_has_type(s)) {
		to->sport = htons((uint16_t)s->type);
		to->sport_mask = 0xffff;
	}
}

void kern_put_policy(struct xfrm_userpolicy_info *to, const struct kern_selector *s, int dir, uint32_t priority,
		     bool block)
{
	*to = (struct xfrm_userpolicy_info){
		.lft = kern_forever,
		.priority = priority,
		.dir = (uint8_t)dir,
		.action = block ? XFRM_POLICY_BLOCK : XFRM_POLICY_ALLOW,
		.share = XFRM_SHARE_ANY,
	};
	kern_put_selector(&to->sel, s);
}

void kern_put_template(struct xfrm_user_tmpl *to, const struct in6_addr *src, const struct in6_addr *dst, uint8_t proto,
		       uint8_t mode)
{
	*to = (struct xfrm_user_tmpl){
		.id.proto = proto,
		.family = AF_INET6,
		.mode = mode,
		.share = XFRM_SHARE_ANY,
		.aalgos = EVERY_ALGORITHM,
		.ealgos = EVERY_ALGORITHM,
		.calgos = EVERY_ALGORITHM,
	};
	kern_put_xfrm_ip(&to->saddr, src);
	kern_put_xfrm_ip(&to->id.daddr, dst);
}

uint8_t kern_get_policy_type(struct nlattr *attr)
{
	struct xfrm_userpolicy_type type = { .type = XFRM_POLICY_TYPE_MAIN };

	if (attr && nla_len(attr) >= (int)sizeof(type))
		memcpy(&type, nla_data(attr), sizeof(type));
	return type.type;
}

const char *kern_policy_name(const char *what, int dir, const struct kern_selector *s)
{
	static const char *const dirs[] = {
		[XFRM_POLICY_IN] = "in", [XFRM_POLICY_OUT] = "out", [XFRM_POLICY_FWD] = "fwd"
	};
	static char text[160];
	char proto[32] = "";

	if (kern_has_type(s))
		snprintf(proto, sizeof(proto), " proto %s type %d", s->proto == IPPROTO_MH ? "mh" : "icmpv6", s->type);
	else if (s->proto)
		snprintf(proto, sizeof(proto), " proto %u", s->proto);
	snprintf(text, sizeof(text), "%s %s %s/%u -> %s/%u%s", what, dirs[(unsigned int)dir % 3], kern_ip(s->src),
		 s->src_len, kern_ip(s->dst), s->dst_len, proto);
	return text;
}

void kern_policy_add(struct kern_batch *b, struct nl_msg *m, unsigned int forgive, const char *what, int dir,
		     const struct kern_selector *s)
{
	kern_batch_add(b, m, forgive, "policy %s", kern_policy_name(what, dir, s));
}
