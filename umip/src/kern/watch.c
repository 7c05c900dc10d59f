// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Notifications of the kernel: one rtnetlink socket with the groups that the user has a callback for.
 */
#include "kern/watch.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <unistd.h>

#include "kern/mcast.h"
#include "kern/msg.h"

#define RECEIVE_BUFFER (4 << 20)
#define READS_A_TURN \
	64 /* datagrams per call, so that a storm does not hold up the event loop; the descriptor stays readable */

static struct kern_watch_ops ops;
static void *ops_arg;
static int watch_fd = -1;

int kern_watch_open(const struct kern_watch_ops *user, void *arg)
{
	int group[4], fd;
	unsigned int n = 0;

	if (watch_fd >= 0)
		return -EBUSY;
	if (user->link)
		group[n++] = RTNLGRP_LINK;
	if (user->addr)
		group[n++] = RTNLGRP_IPV6_IFADDR;
	if (user->neigh_failed)
		group[n++] = RTNLGRP_NEIGH;
	if (user->route)
		group[n++] = RTNLGRP_IPV6_ROUTE;
	fd = kern_mcast_open(NETLINK_ROUTE, group, n, RECEIVE_BUFFER, NULL);
	if (fd < 0)
		return fd;
	ops = *user;
	ops_arg = arg;
	watch_fd = fd;
	return fd;
}

static void on_neigh(struct nlmsghdr *nlh)
{
	struct ndmsg *ndm = nlmsg_data(nlh);
	struct nlattr *tb[NDA_MAX + 1];
	struct in6_addr addr;

	if (nlmsg_parse(nlh, sizeof(*ndm), tb, NDA_MAX, NULL) < 0 || ndm->ndm_family != AF_INET6)
		return;
	if (ndm->ndm_flags & NTF_PROXY || !(ndm->ndm_state & NUD_FAILED) || !kern_get_ip(tb[NDA_DST], &addr))
		return;
	ops.neigh_failed(ndm->ndm_ifindex, &addr, ops_arg);
}

static void on_hop(const struct kern_route *r, void *arg)
{
	const struct nlmsghdr *nlh = arg;

	if (r->table != RT_TABLE_MAIN)
		return;
	/* A home agent makes one route a binding: their echo is no news. */
	if (r->protocol == KERN_RTPROT && nlh->nlmsg_pid && nlh->nlmsg_pid == kern_nl_port(KERN_ROUTE))
		return;
	if (!r->dst_len || !r->has_gateway)
		ops.route(r, nlh->nlmsg_type == RTM_DELROUTE, ops_arg);
}

static void on_message(struct nlmsghdr *nlh)
{
	struct kern_link l;
	struct kern_addr a;

	switch (nlh->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		if (ops.link && kern_link_read(nlh, &l))
			ops.link(&l, ops_arg);
		return;
	case RTM_NEWADDR:
	case RTM_DELADDR:
		if (ops.addr && kern_addr_read(nlh, &a))
			ops.addr(&a, nlh->nlmsg_type == RTM_DELADDR, ops_arg);
		return;
	case RTM_NEWNEIGH:
	case RTM_DELNEIGH:
		if (ops.neigh_failed)
			on_neigh(nlh);
		return;
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		if (ops.route)
			kern_route_each(nlh, on_hop, nlh);
		return;
	}
}

void kern_watch_read(void)
{
	static uint8_t buf[1 << 16] __attribute__((aligned(NLMSG_ALIGNTO)));
	bool lost = false;

	for (int turn = 0; turn < READS_A_TURN && watch_fd >= 0; turn++) {
		ssize_t n = kern_mcast_read(watch_fd, buf, sizeof(buf));
		int len = (int)n;

		if (n == -ENOBUFS) {
			lost = true;
			continue;
		}
		if (n < 0)
			break;
		/* A callback may close the watch. */
		for (struct nlmsghdr *h = (struct nlmsghdr *)buf; nlmsg_ok(h, len) && watch_fd >= 0;
		     h = nlmsg_next(h, &len))
			on_message(h);
	}
	if (lost && watch_fd >= 0 && ops.resync)
		ops.resync(ops_arg);
}

void kern_watch_close(void)
{
	if (watch_fd >= 0)
		close(watch_fd);
	watch_fd = -1;
}
