// SPDX-License-Identifier: GPL-2.0-or-later
/* One netlink socket in the group XFRMNLGRP_REPORT. */
#include "kern/report.h"

#include <linux/xfrm.h>

#include "kern/mcast.h"
#include "kern/msg.h"

/* A report lives on a page of kernel memory. A flood of them may be lost: the answers are limited anyway. */
#define RECEIVE_BUFFER (256 << 10)

int kern_report_open(void)
{
	const int group = XFRMNLGRP_REPORT;

	return kern_mcast_open(NETLINK_XFRM, &group, 1, RECEIVE_BUFFER, NULL);
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
	ssize_t n = kern_mcast_read(fd, buf, sizeof(buf));

	if (n <= 0)
		return (int)n;
	return nlmsg_ok(nlh, (int)n) ? parse(nlh, out) : 0;
}
