// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Neighbours: the proxy entries by which the kernel defends a home address on the home link (table row 4.1), and single
 * neighbour cache entries.
 */
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include "kern/msg.h"
#include "kern/route.h"

static struct nl_msg *neigh_msg(uint16_t type, uint16_t flags, int ifindex, const struct in6_addr *addr, uint16_t state,
				uint8_t ntf)
{
	struct ndmsg ndm = {
		.ndm_family = AF_INET6,
		.ndm_ifindex = ifindex,
		.ndm_state = state,
		.ndm_flags = ntf,
	};
	struct nl_msg *m = kern_msg(type, flags, &ndm, sizeof(ndm));

	kern_put_ip(m, NDA_DST, addr);
	return m;
}

/* Permanent, so that the entry lives through a loss of carrier. */
void kern_proxy_add(struct kern_batch *b, int ifindex, const struct in6_addr *addr, bool router)
{
	struct nl_msg *m = neigh_msg(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, ifindex, addr, NUD_PERMANENT,
				     NTF_PROXY | (router ? NTF_ROUTER : 0));

	if (m)
		nla_put_u8(m, NDA_PROTOCOL, KERN_RTPROT);
	kern_batch_add(b, m, 0, "proxy add %s", kern_ip(addr));
}

void kern_proxy_del(struct kern_batch *b, int ifindex, const struct in6_addr *addr, unsigned int forgive)
{
	kern_batch_add(b, neigh_msg(RTM_DELNEIGH, 0, ifindex, addr, 0, NTF_PROXY), forgive, "proxy del %s",
		       kern_ip(addr));
}

struct proxy_walk {
	void (*cb)(int ifindex, const struct in6_addr *addr, void *arg);
	void *arg;
};

static void proxy_walk(struct nlmsghdr *nlh, void *arg)
{
	struct ndmsg *ndm = nlmsg_data(nlh);
	struct nlattr *tb[NDA_MAX + 1];
	struct proxy_walk *w = arg;
	struct in6_addr addr;

	if (nlh->nlmsg_type != RTM_NEWNEIGH || nlmsg_parse(nlh, sizeof(*ndm), tb, NDA_MAX, NULL) < 0)
		return;
	if (ndm->ndm_family != AF_INET6 || !(ndm->ndm_flags & NTF_PROXY))
		return;
	if (!tb[NDA_PROTOCOL] || nla_get_u8(tb[NDA_PROTOCOL]) != KERN_RTPROT || !kern_get_ip(tb[NDA_DST], &addr))
		return;
	w->cb(ndm->ndm_ifindex, &addr, w->arg);
}

int kern_proxy_dump(void (*cb)(int ifindex, const struct in6_addr *addr, void *arg), void *arg)
{
	struct proxy_walk w = { .cb = cb, .arg = arg };
	struct ndmsg ndm = { .ndm_family = AF_INET6, .ndm_flags = NTF_PROXY };

	return kern_dump(KERN_ROUTE, kern_msg(RTM_GETNEIGH, 0, &ndm, sizeof(ndm)), proxy_walk, &w);
}

void kern_neigh_set(struct kern_batch *b, int ifindex, const struct in6_addr *addr, const uint8_t *lladdr,
		    unsigned int lladdr_len)
{
	struct nl_msg *m = neigh_msg(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, ifindex, addr, NUD_REACHABLE, 0);

	if (m && lladdr_len)
		nla_put(m, NDA_LLADDR, (int)lladdr_len, lladdr);
	kern_batch_add(b, m, 0, "neighbour set %s", kern_ip(addr));
}

void kern_neigh_del(struct kern_batch *b, int ifindex, const struct in6_addr *addr, unsigned int forgive)
{
	kern_batch_add(b, neigh_msg(RTM_DELNEIGH, 0, ifindex, addr, 0, 0), forgive, "neighbour del %s", kern_ip(addr));
}

struct neigh_walk {
	int ifindex;
	void (*cb)(const struct in6_addr *addr, void *arg);
	void *arg;
};

static void neigh_walk(struct nlmsghdr *nlh, void *arg)
{
	struct ndmsg *ndm = nlmsg_data(nlh);
	struct nlattr *tb[NDA_MAX + 1];
	struct neigh_walk *w = arg;
	struct in6_addr addr;

	if (nlh->nlmsg_type != RTM_NEWNEIGH || nlmsg_parse(nlh, sizeof(*ndm), tb, NDA_MAX, NULL) < 0)
		return;
	if (ndm->ndm_family != AF_INET6 || ndm->ndm_ifindex != w->ifindex || ndm->ndm_flags & NTF_PROXY ||
	    ndm->ndm_state & (NUD_PERMANENT | NUD_NOARP) || !kern_get_ip(tb[NDA_DST], &addr))
		return;
	w->cb(&addr, w->arg);
}

int kern_neigh_dump(int ifindex, void (*cb)(const struct in6_addr *addr, void *arg), void *arg)
{
	struct neigh_walk w = { .ifindex = ifindex, .cb = cb, .arg = arg };
	struct ndmsg ndm = { .ndm_family = AF_INET6 };

	return kern_dump(KERN_ROUTE, kern_msg(RTM_GETNEIGH, 0, &ndm, sizeof(ndm)), neigh_walk, &w);
}
