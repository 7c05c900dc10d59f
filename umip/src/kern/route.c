// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * IPv6 routes, with or without `encap ip6`: the builders, and the reader that dumps and notifications share.
 */
#include "kern/route.h"

#include <errno.h>
#include <linux/lwtunnel.h>
#include <linux/rtnetlink.h>

#include "kern/msg.h"

#define ENCAP_HOPLIMIT 64

static struct nl_msg *route_msg(uint16_t type, uint16_t flags, const struct kern_route *r)
{
	struct rtmsg rtm = {
		.rtm_family = AF_INET6,
		.rtm_dst_len = r->dst_len,
		.rtm_protocol = r->protocol ? r->protocol : KERN_RTPROT,
		.rtm_scope = RT_SCOPE_UNIVERSE,
		.rtm_type = r->unreachable ? RTN_UNREACHABLE : RTN_UNICAST,
	};
	struct nl_msg *m = kern_msg(type, flags, &rtm, sizeof(rtm));

	if (!m)
		return NULL;
	if (r->dst_len)
		kern_put_ip(m, RTA_DST, &r->dst);
	nla_put_u32(m, RTA_TABLE, r->table ? r->table : RT_TABLE_MAIN);
	if (r->metric)
		nla_put_u32(m, RTA_PRIORITY, r->metric);
	if (r->ifindex && !r->unreachable)
		nla_put_u32(m, RTA_OIF, (uint32_t)r->ifindex);
	if (r->has_gateway)
		kern_put_ip(m, RTA_GATEWAY, &r->gateway);
	return m;
}

static void route_name(const struct kern_route *r, char *name, size_t size)
{
	if (r->table && r->table != RT_TABLE_MAIN)
		snprintf(name, size, "%s/%u table %u", kern_ip(&r->dst), r->dst_len, r->table);
	else
		snprintf(name, size, "%s/%u", kern_ip(&r->dst), r->dst_len);
}

void kern_route_replace(struct kern_batch *b, const struct kern_route *r)
{
	struct nl_msg *m = route_msg(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, r);
	struct nlattr *nest;
	char name[80];

	if (m && r->has_encap) {
		nla_put_u16(m, RTA_ENCAP_TYPE, LWTUNNEL_ENCAP_IP6);
		nest = nla_nest_start(m, RTA_ENCAP);
		if (nest) {
			kern_put_ip(m, LWTUNNEL_IP6_SRC, &r->encap_src);
			kern_put_ip(m, LWTUNNEL_IP6_DST, &r->encap_dst);
			nla_put_u8(m, LWTUNNEL_IP6_HOPLIMIT, ENCAP_HOPLIMIT);
			nla_nest_end(m, nest);
		}
	}
	route_name(r, name, sizeof(name));
	kern_batch_add(b, m, 0, "route add %s", name);
}

void kern_route_del(struct kern_batch *b, const struct kern_route *r, unsigned int forgive)
{
	char name[80];

	route_name(r, name, sizeof(name));
	kern_batch_add(b, route_msg(RTM_DELROUTE, 0, r), forgive, "route del %s", name);
}

static void read_encap(struct nlattr *encap, struct nlattr *type, struct kern_route *r)
{
	struct nlattr *tb[LWTUNNEL_IP6_MAX + 1];

	if (!encap || !type || nla_len(type) < 2 || nla_get_u16(type) != LWTUNNEL_ENCAP_IP6)
		return;
	if (nla_parse_nested(tb, LWTUNNEL_IP6_MAX, encap, NULL) < 0)
		return;
	r->has_encap = kern_get_ip(tb[LWTUNNEL_IP6_DST], &r->encap_dst);
	kern_get_ip(tb[LWTUNNEL_IP6_SRC], &r->encap_src);
}

static bool read_whole(struct nlmsghdr *nlh, struct nlattr **tb, struct kern_route *r)
{
	struct rtmsg *rtm = nlmsg_data(nlh);

	if (nlmsg_parse(nlh, sizeof(*rtm), tb, RTA_MAX, NULL) < 0 || rtm->rtm_family != AF_INET6)
		return false;
	if (rtm->rtm_flags & RTM_F_CLONED || (rtm->rtm_type != RTN_UNICAST && rtm->rtm_type != RTN_UNREACHABLE))
		return false;
	*r = (struct kern_route){
		.dst_len = rtm->rtm_dst_len,
		.table = tb[RTA_TABLE] ? kern_get_u32(tb[RTA_TABLE]) : rtm->rtm_table,
		.metric = kern_get_u32(tb[RTA_PRIORITY]),
		.unreachable = rtm->rtm_type == RTN_UNREACHABLE,
		.protocol = rtm->rtm_protocol,
	};
	kern_get_ip(tb[RTA_DST], &r->dst);
	if (!r->unreachable)
		r->ifindex = (int)kern_get_u32(tb[RTA_OIF]);
	r->has_gateway = kern_get_ip(tb[RTA_GATEWAY], &r->gateway);
	read_encap(tb[RTA_ENCAP], tb[RTA_ENCAP_TYPE], r);
	return true;
}

static void read_hop(struct rtnexthop *nh, struct kern_route *r)
{
	struct nlattr *first = (struct nlattr *)RTNH_DATA(nh);
	int len = nh->rtnh_len - (int)RTNH_LENGTH(0);

	r->ifindex = nh->rtnh_ifindex;
	r->has_gateway = kern_get_ip(nla_find(first, len, RTA_GATEWAY), &r->gateway);
	read_encap(nla_find(first, len, RTA_ENCAP), nla_find(first, len, RTA_ENCAP_TYPE), r);
}

void kern_route_each(struct nlmsghdr *nlh, void (*cb)(const struct kern_route *r, void *arg), void *arg)
{
	struct nlattr *tb[RTA_MAX + 1];
	struct kern_route r, hop;
	struct rtnexthop *nh;
	int left;

	if (!read_whole(nlh, tb, &r))
		return;
	if (!tb[RTA_MULTIPATH]) {
		cb(&r, arg);
		return;
	}
	nh = nla_data(tb[RTA_MULTIPATH]);
	left = nla_len(tb[RTA_MULTIPATH]);
	while (left >= (int)sizeof(*nh) && nh->rtnh_len >= sizeof(*nh) && nh->rtnh_len <= left) {
		hop = r;
		read_hop(nh, &hop);
		cb(&hop, arg);
		left -= (int)NLMSG_ALIGN(nh->rtnh_len);
		nh = RTNH_NEXT(nh);
	}
}

struct route_walk {
	uint32_t table;
	uint8_t protocol;
	void (*cb)(const struct kern_route *r, void *arg);
	void *arg;
};

static void walk_hop(const struct kern_route *r, void *arg)
{
	struct route_walk *w = arg;

	if ((!w->table || r->table == w->table) && (!w->protocol || r->protocol == w->protocol))
		w->cb(r, w->arg);
}

static void route_walk(struct nlmsghdr *nlh, void *arg)
{
	if (nlh->nlmsg_type == RTM_NEWROUTE)
		kern_route_each(nlh, walk_hop, arg);
}

int kern_route_dump(uint32_t table, uint8_t protocol, void (*cb)(const struct kern_route *r, void *arg), void *arg)
{
	struct route_walk w = { .table = table, .protocol = protocol, .cb = cb, .arg = arg };
	struct rtmsg rtm = { .rtm_family = AF_INET6, .rtm_protocol = protocol };
	struct nl_msg *m = kern_msg(RTM_GETROUTE, 0, &rtm, sizeof(rtm));
	int err;

	if (m && table)
		nla_put_u32(m, RTA_TABLE, table);
	err = kern_dump(KERN_ROUTE, m, route_walk, &w);
	return err == -ENOENT ? 0 : err; /* a table that nobody has used does not exist, and so is empty */
}
