// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Policy routing rules of IPv6. Ours are marked with FRA_PROTOCOL, so that they are found again.
 */
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

#include "kern/msg.h"
#include "kern/route.h"

static struct nl_msg *rule_msg(uint16_t type, uint16_t flags, const struct kern_rule *r)
{
	struct fib_rule_hdr frh = {
		.family = AF_INET6,
		.src_len = r->has_src ? r->src_len : 0,
		.dst_len = r->has_dst ? r->dst_len : 0,
		.table = RT_TABLE_UNSPEC,
		.action = r->unreachable ? FR_ACT_UNREACHABLE : FR_ACT_TO_TBL,
		.flags = r->find_saddr ? FIB_RULE_FIND_SADDR : 0,
	};
	struct nl_msg *m = kern_msg(type, flags, &frh, sizeof(frh));

	if (!m)
		return NULL;
	nla_put_u32(m, FRA_PRIORITY, r->priority);
	if (frh.src_len)
		kern_put_ip(m, FRA_SRC, &r->src);
	if (frh.dst_len)
		kern_put_ip(m, FRA_DST, &r->dst);
	if (r->iif[0])
		nla_put_string(m, FRA_IIFNAME, r->iif);
	if (r->fwmark)
		nla_put_u32(m, FRA_FWMARK, r->fwmark);
	if (!r->unreachable)
		nla_put_u32(m, FRA_TABLE, r->table ? r->table : RT_TABLE_MAIN);
	if (r->no_default)
		nla_put_u32(m, FRA_SUPPRESS_PREFIXLEN, 0);
	nla_put_u8(m, FRA_PROTOCOL, KERN_RTPROT);
	return m;
}

void kern_rule_add(struct kern_batch *b, const struct kern_rule *r, unsigned int forgive)
{
	kern_batch_add(b, rule_msg(RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, r), forgive, "rule add %u", r->priority);
}

void kern_rule_del(struct kern_batch *b, const struct kern_rule *r, unsigned int forgive)
{
	kern_batch_add(b, rule_msg(RTM_DELRULE, 0, r), forgive, "rule del %u", r->priority);
}

struct rule_walk {
	void (*cb)(const struct kern_rule *r, void *arg);
	void *arg;
};

static void rule_walk(struct nlmsghdr *nlh, void *arg)
{
	struct fib_rule_hdr *frh = nlmsg_data(nlh);
	struct nlattr *tb[FRA_MAX + 1];
	struct rule_walk *w = arg;
	struct kern_rule r;

	if (nlh->nlmsg_type != RTM_NEWRULE || nlmsg_parse(nlh, sizeof(*frh), tb, FRA_MAX, NULL) < 0)
		return;
	if (frh->family != AF_INET6 || !tb[FRA_PROTOCOL] || nla_get_u8(tb[FRA_PROTOCOL]) != KERN_RTPROT)
		return;
	r = (struct kern_rule){
		.priority = kern_get_u32(tb[FRA_PRIORITY]),
		.src_len = frh->src_len,
		.dst_len = frh->dst_len,
		.find_saddr = frh->flags & FIB_RULE_FIND_SADDR,
		.fwmark = kern_get_u32(tb[FRA_FWMARK]),
		.unreachable = frh->action == FR_ACT_UNREACHABLE,
		.no_default = tb[FRA_SUPPRESS_PREFIXLEN] && kern_get_u32(tb[FRA_SUPPRESS_PREFIXLEN]) == 0,
	};
	if (!r.unreachable)
		r.table = tb[FRA_TABLE] ? kern_get_u32(tb[FRA_TABLE]) : frh->table;
	r.has_src = kern_get_ip(tb[FRA_SRC], &r.src);
	r.has_dst = kern_get_ip(tb[FRA_DST], &r.dst);
	if (tb[FRA_IIFNAME])
		nla_strlcpy(r.iif, tb[FRA_IIFNAME], sizeof(r.iif));
	w->cb(&r, w->arg);
}

int kern_rule_dump(void (*cb)(const struct kern_rule *r, void *arg), void *arg)
{
	struct rule_walk w = { .cb = cb, .arg = arg };
	struct fib_rule_hdr frh = { .family = AF_INET6 };

	return kern_dump(KERN_ROUTE, kern_msg(RTM_GETRULE, 0, &frh, sizeof(frh)), rule_walk, &w);
}
