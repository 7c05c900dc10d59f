// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * IPv6 addresses of our interfaces.
 */
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "kern/msg.h"
#include "kern/route.h"

#define INFINITE 0xffffffffu

static struct nl_msg *addr_msg(uint16_t type, uint16_t flags, const struct kern_addr *a)
{
	struct ifaddrmsg ifa = {
		.ifa_family = AF_INET6,
		.ifa_prefixlen = a->plen,
		.ifa_index = (uint32_t)a->ifindex,
	};
	struct nl_msg *m = kern_msg(type, flags, &ifa, sizeof(ifa));

	kern_put_ip(m, IFA_LOCAL, &a->addr);
	kern_put_ip(m, IFA_ADDRESS, &a->addr);
	return m;
}

void kern_addr_replace(struct kern_batch *b, const struct kern_addr *a)
{
	struct nl_msg *m = addr_msg(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, a);
	struct ifa_cacheinfo life = { .ifa_valid = a->valid, .ifa_prefered = a->preferred };

	if (m) {
		if (!a->valid && !a->preferred)
			life.ifa_valid = life.ifa_prefered = INFINITE;
		nla_put_u32(m, IFA_FLAGS, a->flags);
		nla_put(m, IFA_CACHEINFO, sizeof(life), &life);
		if (a->proto)
			nla_put_u8(m, IFA_PROTO, a->proto);
	}
	kern_batch_add(b, m, 0, "address add %s/%u", kern_ip(&a->addr), a->plen);
}

void kern_addr_del(struct kern_batch *b, const struct kern_addr *a, unsigned int forgive)
{
	kern_batch_add(b, addr_msg(RTM_DELADDR, 0, a), forgive, "address del %s/%u", kern_ip(&a->addr), a->plen);
}

bool kern_addr_read(struct nlmsghdr *nlh, struct kern_addr *a)
{
	struct ifaddrmsg *ifa = nlmsg_data(nlh);
	struct nlattr *tb[IFA_MAX + 1];
	struct ifa_cacheinfo life;

	if (nlmsg_parse(nlh, sizeof(*ifa), tb, IFA_MAX, NULL) < 0 || ifa->ifa_family != AF_INET6)
		return false;
	*a = (struct kern_addr){
		.plen = ifa->ifa_prefixlen,
		.ifindex = (int)ifa->ifa_index,
		.flags = tb[IFA_FLAGS] ? kern_get_u32(tb[IFA_FLAGS]) : ifa->ifa_flags,
		.valid = INFINITE,
		.preferred = INFINITE,
		.proto = tb[IFA_PROTO] ? nla_get_u8(tb[IFA_PROTO]) : 0,
	};
	if (!kern_get_ip(tb[IFA_LOCAL], &a->addr) && !kern_get_ip(tb[IFA_ADDRESS], &a->addr))
		return false;
	if (tb[IFA_CACHEINFO] && nla_len(tb[IFA_CACHEINFO]) >= (int)sizeof(life)) {
		memcpy(&life, nla_data(tb[IFA_CACHEINFO]), sizeof(life));
		a->valid = life.ifa_valid;
		a->preferred = life.ifa_prefered;
	}
	return true;
}

struct addr_walk {
	int ifindex;
	void (*cb)(const struct kern_addr *a, void *arg);
	void *arg;
};

static void addr_walk(struct nlmsghdr *nlh, void *arg)
{
	struct addr_walk *w = arg;
	struct kern_addr a;

	if (nlh->nlmsg_type == RTM_NEWADDR && kern_addr_read(nlh, &a) && (!w->ifindex || a.ifindex == w->ifindex))
		w->cb(&a, w->arg);
}

int kern_addr_dump(int ifindex, void (*cb)(const struct kern_addr *a, void *arg), void *arg)
{
	struct addr_walk w = { .ifindex = ifindex, .cb = cb, .arg = arg };
	struct ifaddrmsg ifa = { .ifa_family = AF_INET6, .ifa_index = (uint32_t)ifindex };

	return kern_dump(KERN_ROUTE, kern_msg(RTM_GETADDR, 0, &ifa, sizeof(ifa)), addr_walk, &w);
}
