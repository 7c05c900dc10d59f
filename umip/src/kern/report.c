// SPDX-License-Identifier: GPL-2.0-or-later
/* One netlink socket in the group XFRMNLGRP_REPORT. */
#include "kern/report.h"

#include <errno.h>
#include <linux/xfrm.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kern/msg.h"

/* A report lives on a page of kernel memory. A flood of them may be lost: the answers are limited anyway. */
#define RECEIVE_BUFFER (256 << 10)

int kern_report_open(void)
{
	const int size = RECEIVE_BUFFER, group = XFRMNLGRP_REPORT;
	struct sockaddr_nl self = { .nl_family = AF_NETLINK };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_XFRM);
	int err;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (bind(fd, (struct sockaddr *)&self, sizeof(self)) < 0 ||
	    setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) < 0) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

static int parse(struct nlmsghdr *nlh, struct kern_report *out)
{
	struct nlattr *tb[XFRMA_MAX + 1];
	struct xfrm_user_report *r = nlmsg_data(nlh);

	if (nlh->nlmsg_type != XFRM_MSG_REPORT || nlmsg_parse(nlh, sizeof(*r), tb, XFRMA_MAX, NULL) < 0)
		return 0;
	if (r->proto != IPPROTO_DSTOPTS || r->sel.family != AF_INET6 || !kern_get_ip(tb[XFRMA_COADDR], &out->coa))
		return 0;
	memcpy(&out->hoa, &r->sel.saddr, sizeof(out->hoa));
	memcpy(&out->dst, &r->sel.daddr, sizeof(out->dst));
	out->proto = r->sel.proto;
	return 1;
}

/* The kernel sends one report a datagram. */
int kern_report_read(int fd, struct kern_report *out)
{
	uint8_t buf[1024] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *nlh = (struct nlmsghdr *)buf;
	struct sockaddr_nl from = { 0 };
	socklen_t from_len = sizeof(from);
	ssize_t n = recvfrom(fd, buf, sizeof(buf), 0, (struct sockaddr *)&from, &from_len);

	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	if (from.nl_pid || !nlmsg_ok(nlh, (int)n))
		return 0;
	return parse(nlh, out);
}
