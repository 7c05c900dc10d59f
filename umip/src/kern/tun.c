// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tunnel devices of kind ip6tnl: the home agent's external one and the mobile node's plain ones.
 *
 * Both are made without a generated link-local address (nothing solicits routers or does DAD on them), without the
 * encapsulation limit option (so the MTU is the link's less 40), and come down: the plain one is raised with its
 * endpoints, the external one with its guard.
 */
#include "kern/tun.h"

#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h> /* before linux/if.h, which then leaves out what both define */

#include <linux/if_tunnel.h>
#include <linux/ip6_tunnel.h>
#include <linux/rtnetlink.h>
#include <stdio.h>

#include "kern/msg.h"

#define TUN_KIND     "ip6tnl"
#define TUN_HOPLIMIT 64

struct tun_info {
	int ifindex;
	char name[IFNAMSIZ];
	bool is_ip6tnl, external;
};

static bool tun_read(struct nlmsghdr *nlh, struct tun_info *t)
{
	struct nlattr *tb[IFLA_MAX + 1], *info[IFLA_INFO_MAX + 1], *data[IFLA_IPTUN_MAX + 1];
	struct ifinfomsg *ifi = nlmsg_data(nlh);

	*t = (struct tun_info){ 0 };
	if (nlh->nlmsg_type != RTM_NEWLINK || nlmsg_parse(nlh, sizeof(*ifi), tb, IFLA_MAX, NULL) < 0)
		return false;
	t->ifindex = ifi->ifi_index;
	if (tb[IFLA_IFNAME])
		nla_strlcpy(t->name, tb[IFLA_IFNAME], sizeof(t->name));
	if (!tb[IFLA_LINKINFO] || nla_parse_nested(info, IFLA_INFO_MAX, tb[IFLA_LINKINFO], NULL) < 0 ||
	    !info[IFLA_INFO_KIND])
		return true;
	t->is_ip6tnl = nla_strcmp(info[IFLA_INFO_KIND], TUN_KIND) == 0;
	if (t->is_ip6tnl && info[IFLA_INFO_DATA] &&
	    nla_parse_nested(data, IFLA_IPTUN_MAX, info[IFLA_INFO_DATA], NULL) == 0)
		t->external = data[IFLA_IPTUN_COLLECT_METADATA];
	return true;
}

static void tun_take(struct nlmsghdr *nlh, void *arg)
{
	tun_read(nlh, arg);
}

/* 0, -ENODEV. */
static int tun_find(const char *name, struct tun_info *t)
{
	struct ifinfomsg ifi = { .ifi_family = AF_UNSPEC };
	struct nl_msg *m = kern_msg(RTM_GETLINK, 0, &ifi, sizeof(ifi));
	int err;

	if (m)
		nla_put_string(m, IFLA_IFNAME, name);
	t->ifindex = 0;
	err = kern_get(KERN_ROUTE, m, tun_take, t);
	if (err)
		return err;
	return t->ifindex ? 0 : -ENODEV;
}

static void tun_take_external(struct nlmsghdr *nlh, void *arg)
{
	struct tun_info t, *found = arg;

	if (tun_read(nlh, &t) && t.external)
		*found = t;
}

struct tun_parms {
	bool external;
	int link; /* 0: none */
	struct in6_addr local, remote;
};

/*
 * All parameters each time: the kernel takes an absent one as zero. Only proto 41 for a plain one; the external one
 * takes every inner protocol, so that the guard sees and counts what is wrong.
 */
static void put_parms(struct nl_msg *m, const struct tun_parms *p)
{
	struct nlattr *link, *data;

	link = nla_nest_start(m, IFLA_LINKINFO);
	if (!link)
		return;
	nla_put_string(m, IFLA_INFO_KIND, TUN_KIND);
	data = nla_nest_start(m, IFLA_INFO_DATA);
	if (data) {
		if (p->external) {
			nla_put_flag(m, IFLA_IPTUN_COLLECT_METADATA);
		} else {
			kern_put_ip(m, IFLA_IPTUN_LOCAL, &p->local);
			kern_put_ip(m, IFLA_IPTUN_REMOTE, &p->remote);
			nla_put_u8(m, IFLA_IPTUN_PROTO, IPPROTO_IPV6);
			if (p->link)
				nla_put_u32(m, IFLA_IPTUN_LINK, (uint32_t)p->link);
		}
		nla_put_u8(m, IFLA_IPTUN_TTL, TUN_HOPLIMIT);
		nla_put_u32(m, IFLA_IPTUN_FLAGS, IP6_TNL_F_IGN_ENCAP_LIMIT);
		nla_nest_end(m, data);
	}
	nla_nest_end(m, link);
}

static int tun_create(const char *name, const struct tun_parms *p)
{
	struct ifinfomsg ifi = { .ifi_family = AF_UNSPEC };
	struct kern_batch *b = kern_batch_new(KERN_ROUTE);
	struct nl_msg *m = kern_msg(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &ifi, sizeof(ifi));

	if (m) {
		nla_put_string(m, IFLA_IFNAME, name);
		put_parms(m, p);
	}
	kern_batch_add(b, m, 0, "tunnel add %s", name);
	return kern_batch_commit(b);
}

static void put_no_addresses(struct kern_batch *b, int ifindex, const char *name)
{
	struct ifinfomsg ifi = { .ifi_family = AF_UNSPEC, .ifi_index = ifindex };
	struct nl_msg *m = kern_msg(RTM_NEWLINK, 0, &ifi, sizeof(ifi));
	struct nlattr *spec, *inet6;

	if (m) {
		spec = nla_nest_start(m, IFLA_AF_SPEC);
		inet6 = spec ? nla_nest_start(m, AF_INET6) : NULL;
		if (inet6) {
			nla_put_u8(m, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
			nla_nest_end(m, inet6);
			nla_nest_end(m, spec);
		}
	}
	kern_batch_add(b, m, 0, "tunnel %s addrgenmode none", name);
}

static void name_the_other(const char *name)
{
	struct ifinfomsg ifi = { .ifi_family = AF_UNSPEC };
	struct tun_info other = { 0 };

	kern_dump(KERN_ROUTE, kern_msg(RTM_GETLINK, 0, &ifi, sizeof(ifi)), tun_take_external, &other);
	kern_set_error("tunnel add %s: %s is an external ip6tnl too, and there can be one per network namespace", name,
		       other.ifindex ? other.name : "another device");
}

int kern_tun_open_external(const char *name)
{
	const struct tun_parms p = { .external = true };
	struct tun_info t;
	struct kern_batch *b;
	int err = tun_find(name, &t);

	if (err == -ENODEV) {
		err = tun_create(name, &p);
		if (err == -EEXIST)
			name_the_other(name);
		if (!err)
			err = tun_find(name, &t);
	}
	if (err)
		return err;
	if (!t.external) {
		kern_set_error("tunnel add %s: a device of this name exists and is not an external ip6tnl", name);
		return -EEXIST;
	}
	b = kern_batch_new(KERN_ROUTE);
	put_no_addresses(b, t.ifindex, name);
	err = kern_batch_commit(b);
	return err ? err : t.ifindex;
}

/*
 * Two plain tunnels cannot have the same endpoints, so one without a care-of address yet gets its own in the discard
 * prefix (RFC 6666).
 */
static void placeholder(const char *name, struct in6_addr *addr)
{
	uint64_t h = 0xcbf29ce484222325u; /* FNV-1a */

	for (const char *c = name; *c; c++)
		h = (h ^ (uint8_t)*c) * 0x100000001b3u;
	*addr = (struct in6_addr){ .s6_addr = { 0x01, 0x00 } };
	memcpy(addr->s6_addr + 8, &h, sizeof(h));
}

static int open_plain(const char *name, bool lower)
{
	struct tun_parms p = { .external = false };
	struct kern_batch *b;
	struct tun_info t;
	int err = tun_find(name, &t);

	if (err == -ENODEV) {
		placeholder(name, &p.remote);
		err = tun_create(name, &p);
		if (!err)
			err = tun_find(name, &t);
	}
	if (err)
		return err;
	if (!t.is_ip6tnl || t.external) {
		kern_set_error("tunnel add %s: a device of this name exists and is not a plain ip6tnl", name);
		return -EEXIST;
	}
	b = kern_batch_new(KERN_ROUTE);
	if (lower)
		kern_link_updown(b, t.ifindex, false);
	put_no_addresses(b, t.ifindex, name);
	err = kern_batch_commit(b);
	return err ? err : t.ifindex;
}

int kern_tun_open(const char *name)
{
	return open_plain(name, true);
}

int kern_tun_open_silent(const char *name)
{
	return open_plain(name, false);
}

/*
 * The kernel tells tunnels with the same endpoints apart by their link. That binds none of them to it, since their packets have a source
 * when they are routed: so any number will do that no other tunnel has. One of a device would have the kernel take that device's MTU when there is no route.
 */
#define NO_DEVICE 0x40000000u

int kern_tun_set(int ifindex, const char *name, const struct in6_addr *local, const struct in6_addr *remote, bool apart)
{
	const struct tun_parms p = { .local = *local, .remote = *remote, .link = apart ? (int)(NO_DEVICE | (unsigned int)ifindex) : 0 };
	struct ifinfomsg ifi = {
		.ifi_family = AF_UNSPEC,
		.ifi_index = ifindex,
		.ifi_flags = IFF_UP,
		.ifi_change = IFF_UP,
	};
	struct kern_batch *b = kern_batch_new(KERN_ROUTE);
	struct nl_msg *m = kern_msg(RTM_NEWLINK, 0, &ifi, sizeof(ifi));

	if (m)
		put_parms(m, &p);
	kern_batch_add(b, m, 0, "tunnel set %s %s -> %s", name, kern_ip(local), kern_ip(remote));
	return kern_batch_commit(b);
}

int kern_tun_close(int ifindex)
{
	struct ifinfomsg ifi = { .ifi_family = AF_UNSPEC, .ifi_index = ifindex };
	struct kern_batch *b = kern_batch_new(KERN_ROUTE);

	kern_batch_add(b, kern_msg(RTM_DELLINK, 0, &ifi, sizeof(ifi)), KERN_OK_ABSENT, "tunnel del %d", ifindex);
	return kern_batch_commit(b);
}
