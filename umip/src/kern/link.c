// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Links: reading them, raising them.
 */
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "kern/msg.h"
#include "kern/watch.h"

#define OPER_UNKNOWN 0 /* RFC 2863 states as in the kernel's uAPI, whose header fights with net/if.h */
#define OPER_UP	     6
#ifndef IFF_LOWER_UP
#define IFF_LOWER_UP (1 << 16)
#endif

bool kern_link_read(struct nlmsghdr *nlh, struct kern_link *l)
{
	struct ifinfomsg *ifi = nlmsg_data(nlh);
	struct nlattr *tb[IFLA_MAX + 1];
	uint8_t oper = OPER_UNKNOWN;

	if (nlmsg_parse(nlh, sizeof(*ifi), tb, IFLA_MAX, NULL) < 0 || ifi->ifi_family != AF_UNSPEC)
		return false; /* also a bridge's words about its ports */
	if (tb[IFLA_OPERSTATE])
		oper = nla_get_u8(tb[IFLA_OPERSTATE]);
	*l = (struct kern_link){
		.ifindex = ifi->ifi_index,
		.up = ifi->ifi_flags & IFF_UP,
		.carrier = ifi->ifi_flags & IFF_LOWER_UP && (oper == OPER_UP || oper == OPER_UNKNOWN),
		.gone = nlh->nlmsg_type == RTM_DELLINK,
		.type = ifi->ifi_type,
		.enslaved = tb[IFLA_MASTER],
		.carrier_changes = kern_get_u32(tb[IFLA_CARRIER_CHANGES]),
	};
	if (tb[IFLA_IFNAME])
		nla_strlcpy(l->name, tb[IFLA_IFNAME], sizeof(l->name));
	if (tb[IFLA_ADDRESS] && nla_len(tb[IFLA_ADDRESS]) <= (int)sizeof(l->lladdr.addr)) {
		l->lladdr.len = (uint8_t)nla_len(tb[IFLA_ADDRESS]);
		memcpy(l->lladdr.addr, nla_data(tb[IFLA_ADDRESS]), l->lladdr.len);
	}
	return true;
}

static void take_link(struct nlmsghdr *nlh, void *arg)
{
	struct kern_link l;

	if (nlh->nlmsg_type == RTM_NEWLINK && kern_link_read(nlh, &l))
		*(struct kern_link *)arg = l;
}

int kern_link_get(const char *name, struct kern_link *out)
{
	struct ifinfomsg ifi = { .ifi_family = AF_UNSPEC };
	struct nl_msg *m;
	int err;

	if (!*name || strlen(name) >= IFNAMSIZ)
		return -ENODEV;
	m = kern_msg(RTM_GETLINK, 0, &ifi, sizeof(ifi));
	if (m)
		nla_put_string(m, IFLA_IFNAME, name);
	out->ifindex = 0;
	err = kern_get(KERN_ROUTE, m, take_link, out);
	if (err)
		return err;
	return out->ifindex ? 0 : -ENODEV;
}

struct link_walk {
	void (*cb)(const struct kern_link *l, void *arg);
	void *arg;
};

static void walk_link(struct nlmsghdr *nlh, void *arg)
{
	struct link_walk *w = arg;
	struct kern_link l;

	if (nlh->nlmsg_type == RTM_NEWLINK && kern_link_read(nlh, &l))
		w->cb(&l, w->arg);
}

int kern_link_dump(void (*cb)(const struct kern_link *l, void *arg), void *arg)
{
	struct link_walk w = { .cb = cb, .arg = arg };
	struct ifinfomsg ifi = { .ifi_family = AF_UNSPEC };

	return kern_dump(KERN_ROUTE, kern_msg(RTM_GETLINK, 0, &ifi, sizeof(ifi)), walk_link, &w);
}

static void take_traffic(struct nlmsghdr *nlh, void *arg)
{
	struct kern_link_traffic *t = arg;
	struct rtnl_link_stats64 s = { 0 };
	struct nlattr *attr;
	int len;

	if (nlh->nlmsg_type != RTM_NEWSTATS)
		return;
	attr = nlmsg_find_attr(nlh, sizeof(struct if_stats_msg), IFLA_STATS_LINK_64);
	if (!attr)
		return;
	len = nla_len(attr);
	memcpy(&s, nla_data(attr), (size_t)len < sizeof(s) ? (size_t)len : sizeof(s));
	t->sent = s.tx_packets;
	t->received = s.rx_packets - s.multicast; /* which not every driver counts */
}

int kern_link_traffic(int ifindex, struct kern_link_traffic *out)
{
	struct if_stats_msg ism = {
		.family = AF_UNSPEC,
		.ifindex = (uint32_t)ifindex,
		.filter_mask = IFLA_STATS_FILTER_BIT(IFLA_STATS_LINK_64),
	};

	*out = (struct kern_link_traffic){ 0 };
	return kern_get(KERN_ROUTE, kern_msg(RTM_GETSTATS, 0, &ism, sizeof(ism)), take_traffic, out);
}

void kern_link_updown(struct kern_batch *b, int ifindex, bool up)
{
	struct ifinfomsg ifi = {
		.ifi_family = AF_UNSPEC,
		.ifi_index = ifindex,
		.ifi_flags = up ? IFF_UP : 0,
		.ifi_change = IFF_UP,
	};

	kern_batch_add(b, kern_msg(RTM_NEWLINK, 0, &ifi, sizeof(ifi)), 0, "link %d %s", ifindex, up ? "up" : "down");
}
