// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A raw ICMPv6 socket for errors. It gets all that come to this host, also those that the kernel cannot match to a socket
 * because the packet they quote was changed on its way out by a Home Address option or a routing header.
 */
#include <errno.h>
#include <netinet/icmp6.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kern/sock.h"

int icmp_sock_open(void)
{
	int fd = socket(AF_INET6, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_ICMPV6), on = 1, err;
	struct icmp6_filter f;

	if (fd < 0)
		return -errno;
	ICMP6_FILTER_SETBLOCKALL(&f);
	ICMP6_FILTER_SETPASS(ICMP6_DST_UNREACH, &f);
	ICMP6_FILTER_SETPASS(ICMP6_PARAM_PROB, &f);
	if (!setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &f, sizeof(f)) &&
	    !setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on)))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

int icmp_sock_recv(int fd, struct icmp_packet *out)
{
	char control[CMSG_SPACE(sizeof(struct in6_pktinfo))] __attribute__((aligned(__alignof__(struct cmsghdr))));
	struct sockaddr_in6 from;
	struct iovec iov = { .iov_base = out->data, .iov_len = sizeof(out->data) };
	struct msghdr mh = {
		.msg_name = &from,
		.msg_namelen = sizeof(from),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct in6_pktinfo to;
	ssize_t n = recvmsg(fd, &mh, 0); /* of one that is too long the end is lost: a quotation may be cut */

	if (n < 0)
		return -errno;
	out->src = from.sin6_addr;
	out->dst = in6addr_any;
	out->len = (size_t)n;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&mh); c; c = CMSG_NXTHDR(&mh, c)) {
		if (c->cmsg_level != IPPROTO_IPV6 || c->cmsg_type != IPV6_PKTINFO || c->cmsg_len < CMSG_LEN(sizeof(to)))
			continue;
		memcpy(&to, CMSG_DATA(c), sizeof(to));
		out->dst = to.ipi6_addr;
	}
	return 1;
}
