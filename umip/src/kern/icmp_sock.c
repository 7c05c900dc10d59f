// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A raw ICMPv6 socket for messages of some types. It gets all of them that come to this host, also errors that the
 * kernel cannot match to a socket because the packet they quote was changed on its way out by a Home Address option or a
 * routing header.
 */
#include <errno.h>
#include <netinet/icmp6.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kern/nl.h"
#include "kern/sock.h"

int icmp_sock_open(const uint8_t *types, unsigned int n)
{
	int fd = socket(AF_INET6, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_ICMPV6), on = 1, err;
	const uint32_t mark = KERN_FWMARK;
	struct icmp6_filter f;

	if (fd < 0)
		return -errno;
	ICMP6_FILTER_SETBLOCKALL(&f);
	for (unsigned int i = 0; i < n; i++)
		ICMP6_FILTER_SETPASS(types[i], &f);
	if (!setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &f, sizeof(f)) &&
	    !setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark)) &&
	    !setsockopt(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, &on, sizeof(on)) &&
	    !setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on)))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

static void read_cmsg(struct cmsghdr *c, struct icmp_packet *out)
{
	struct in6_pktinfo to;
	int hoplimit;

	if (c->cmsg_level != IPPROTO_IPV6)
		return;
	if (c->cmsg_type == IPV6_PKTINFO && c->cmsg_len >= CMSG_LEN(sizeof(to))) {
		memcpy(&to, CMSG_DATA(c), sizeof(to));
		out->dst = to.ipi6_addr;
		out->ifindex = (int)to.ipi6_ifindex;
	} else if (c->cmsg_type == IPV6_HOPLIMIT && c->cmsg_len >= CMSG_LEN(sizeof(hoplimit))) {
		memcpy(&hoplimit, CMSG_DATA(c), sizeof(hoplimit));
		out->hoplimit = (uint8_t)hoplimit;
	}
}

int icmp_sock_recv(int fd, struct icmp_packet *out)
{
	char control[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(int))]
		__attribute__((aligned(__alignof__(struct cmsghdr))));
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
	ssize_t n = recvmsg(fd, &mh, 0); /* of one that is too long the end is lost: a quotation may be cut */

	if (n < 0)
		return -errno;
	out->src = from.sin6_addr;
	out->dst = in6addr_any;
	out->ifindex = out->hoplimit = 0;
	out->len = (size_t)n;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&mh); c; c = CMSG_NXTHDR(&mh, c))
		read_cmsg(c, out);
	return 1;
}

int icmp_sock_send(int fd, const struct in6_addr *src, const struct in6_addr *dst, int ifindex, const uint8_t *data, size_t len)
{
	char control[CMSG_SPACE(sizeof(struct in6_pktinfo))] __attribute__((aligned(__alignof__(struct cmsghdr)))) = { 0 };
	struct in6_pktinfo from = { .ipi6_addr = *src, .ipi6_ifindex = (unsigned int)ifindex };
	struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_addr = *dst };
	struct iovec iov = { .iov_base = (void *)data, .iov_len = len };
	struct msghdr mh = {
		.msg_name = &to,
		.msg_namelen = sizeof(to),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&mh);

	c->cmsg_level = IPPROTO_IPV6;
	c->cmsg_type = IPV6_PKTINFO;
	c->cmsg_len = CMSG_LEN(sizeof(from));
	memcpy(CMSG_DATA(c), &from, sizeof(from));
	while (sendmsg(fd, &mh, MSG_DONTWAIT) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

static int set_anycast(int fd, int option, int ifindex, const struct in6_addr *addr)
{
	struct ipv6_mreq req = { .ipv6mr_multiaddr = *addr, .ipv6mr_interface = (unsigned int)ifindex };

	return setsockopt(fd, IPPROTO_IPV6, option, &req, sizeof(req)) < 0 ? -errno : 0;
}

/* A socket keeps its membership when the link goes down, but the route for the address is lost with it. */
int icmp_sock_join_anycast(int fd, int ifindex, const struct in6_addr *addr)
{
	icmp_sock_leave_anycast(fd, ifindex, addr);
	return set_anycast(fd, IPV6_JOIN_ANYCAST, ifindex, addr);
}

void icmp_sock_leave_anycast(int fd, int ifindex, const struct in6_addr *addr)
{
	set_anycast(fd, IPV6_LEAVE_ANYCAST, ifindex, addr);
}
