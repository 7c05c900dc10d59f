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
#include "wire/exthdr.h"

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
	    !setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on)) &&
	    !setsockopt(fd, IPPROTO_IPV6, IPV6_RECVDSTOPTS, &on, sizeof(on)) &&
	    !setsockopt(fd, IPPROTO_IPV6, IPV6_RECVRTHDR, &on, sizeof(on)))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

static void read_cmsg(struct cmsghdr *c, struct icmp_packet *out)
{
	size_t len = c->cmsg_len - CMSG_LEN(0);
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
	} else if (c->cmsg_type == IPV6_DSTOPTS && !hao_find(CMSG_DATA(c), len, &out->coa)) {
		out->has_coa = true;
	} else if (c->cmsg_type == IPV6_RTHDR && !rt2_parse(CMSG_DATA(c), len, &out->rt2, NULL)) {
		out->has_rt2 = true;
	}
}

int icmp_sock_recv(int fd, struct icmp_packet *out)
{
	/* A long destination options header is cut by the kernel, and what it says does not count then. */
	char control[1024] __attribute__((aligned(__alignof__(struct cmsghdr))));
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
	out->has_coa = out->has_rt2 = false;
	out->len = (size_t)n;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&mh); c; c = CMSG_NXTHDR(&mh, c))
		read_cmsg(c, out);
	return 1;
}

static struct cmsghdr *put(struct cmsghdr *c, int type, const void *data, size_t len)
{
	c->cmsg_level = IPPROTO_IPV6;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(c), data, len);
	return c;
}

static int send_message(int fd, const struct in6_addr *src, const struct in6_addr *dst, const struct in6_addr *rt2, int ifindex,
			const uint8_t *data, size_t len)
{
	char control[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(RT2_HDR_LEN)]
		__attribute__((aligned(__alignof__(struct cmsghdr)))) = { 0 };
	struct in6_pktinfo from = { .ipi6_addr = *src, .ipi6_ifindex = (unsigned int)ifindex };
	struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_addr = *dst };
	struct iovec iov = { .iov_base = (void *)data, .iov_len = len };
	struct msghdr mh = {
		.msg_name = &to,
		.msg_namelen = sizeof(to),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = rt2 ? sizeof(control) : CMSG_SPACE(sizeof(from)),
	};
	struct cmsghdr *c = put(CMSG_FIRSTHDR(&mh), IPV6_PKTINFO, &from, sizeof(from));
	uint8_t header[RT2_HDR_LEN];

	if (rt2) {
		rt2_build(header, 0, rt2);
		put(CMSG_NXTHDR(&mh, c), IPV6_RTHDR, header, sizeof(header));
	}
	while (sendmsg(fd, &mh, MSG_DONTWAIT) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

int icmp_sock_send(int fd, const struct in6_addr *src, const struct in6_addr *dst, int ifindex, const uint8_t *data, size_t len)
{
	return send_message(fd, src, dst, NULL, ifindex, data, len);
}

int icmp_sock_send_rt2(int fd, const struct in6_addr *src, const struct in6_addr *dst, const struct in6_addr *rt2, const uint8_t *data,
		       size_t len)
{
	return send_message(fd, src, dst, rt2, 0, data, len);
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
