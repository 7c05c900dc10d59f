// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The raw socket for Mobility Header messages. The kernel computes and verifies the checksum and answers malformed
 * headers with Parameter Problem; what the two extension headers said comes as ancillary data, after the kernel has
 * swapped addresses: the option then holds the care-of address, the routing header the destination on the wire.
 */
#include <errno.h>
#include <linux/sock_diag.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kern/nl.h"
#include "kern/sock.h"
#include "wire/exthdr.h"

#ifndef SO_MEMINFO
#define SO_MEMINFO 55
#endif

#define SKIP_MAX 32 /* messages passed over in one call */
#define RECEIVE_BUFFER (4 << 20)

static int set_int(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) < 0 ? -errno : 0;
}

int mh_sock_open(void)
{
	static const struct {
		int level, option, value;
	} options[] = {
		{ SOL_SOCKET, SO_MARK, (int)KERN_FWMARK }, { IPPROTO_IPV6, IPV6_RECVPKTINFO, 1 },
		{ IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1 },	   { IPPROTO_IPV6, IPV6_RECVDSTOPTS, 1 },
		{ IPPROTO_IPV6, IPV6_RECVRTHDR, 1 },	   { IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 0 },
	};
	int fd = socket(AF_INET6, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_MH);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (set_int(fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER))
		set_int(fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER);
	for (unsigned int i = 0; !err && i < sizeof(options) / sizeof(options[0]); i++)
		err = set_int(fd, options[i].level, options[i].option, options[i].value);
	if (err) {
		close(fd);
		return err;
	}
	return fd;
}

static void read_cmsg(struct cmsghdr *c, struct mh_packet *out)
{
	size_t len = c->cmsg_len - CMSG_LEN(0);
	struct in6_pktinfo pktinfo;
	int hoplimit;

	if (c->cmsg_level != IPPROTO_IPV6)
		return;
	switch (c->cmsg_type) {
	case IPV6_PKTINFO:
		if (len < sizeof(pktinfo))
			return;
		memcpy(&pktinfo, CMSG_DATA(c), sizeof(pktinfo));
		out->dst = pktinfo.ipi6_addr;
		out->ifindex = (int)pktinfo.ipi6_ifindex;
		return;
	case IPV6_HOPLIMIT:
		if (len < sizeof(hoplimit))
			return;
		memcpy(&hoplimit, CMSG_DATA(c), sizeof(hoplimit));
		out->hoplimit = (uint8_t)hoplimit;
		return;
	case IPV6_DSTOPTS:
		if (hao_find(CMSG_DATA(c), len, &out->coa) == 0)
			out->has_coa = true;
		return;
	case IPV6_RTHDR:
		if (rt2_parse(CMSG_DATA(c), len, &out->rt2, NULL) == 0)
			out->has_rt2 = true;
		return;
	}
}

int mh_sock_recv(int fd, struct mh_packet *out)
{
	/*
	 * Two destination options headers of the greatest length may come with a message; what does not fit is cut by
	 * the kernel.
	 */
	char control[5120] __attribute__((aligned(__alignof__(struct cmsghdr))));
	struct sockaddr_in6 from;
	struct iovec iov = { .iov_base = out->data, .iov_len = sizeof(out->data) };
	struct msghdr mh;
	int skipped = 0;
	ssize_t n;

	/* A flood of messages that are too long may not keep the caller here. */
	do {
		if (skipped++ == SKIP_MAX)
			return 0;
		mh = (struct msghdr){ .msg_name = &from,
				      .msg_namelen = sizeof(from),
				      .msg_iov = &iov,
				      .msg_iovlen = 1,
				      .msg_control = control,
				      .msg_controllen = sizeof(control) };
		n = recvmsg(fd, &mh, 0);
		if (n < 0 && errno != EINTR)
			return -errno;
	} while (n < 0 || mh.msg_flags & (MSG_TRUNC | MSG_CTRUNC));
	out->src = from.sin6_addr;
	out->dst = in6addr_any;
	out->ifindex = 0;
	out->hoplimit = 0;
	out->has_coa = out->has_rt2 = false;
	out->len = (size_t)n;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&mh); c; c = CMSG_NXTHDR(&mh, c))
		read_cmsg(c, out);
	return 1;
}

static struct cmsghdr *put_cmsg(struct msghdr *mh, struct cmsghdr *last, int type, const void *data, size_t len)
{
	struct cmsghdr *c;

	mh->msg_controllen += CMSG_SPACE(len);
	c = last ? CMSG_NXTHDR(mh, last) : CMSG_FIRSTHDR(mh);
	c->cmsg_level = IPPROTO_IPV6;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(c), data, len);
	return c;
}

/*
 * A device named for one packet is a preference only, and a tunnel's more specific route would win over it; a socket that is bound to the
 * device gets the link's own route. It is needed for the few messages that cross the home link, so a socket that lives for one will do.
 */
static int bound_socket(int ifindex)
{
	int fd = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_MH);
	int err;

	if (fd < 0)
		return -errno;
	err = set_int(fd, SOL_SOCKET, SO_MARK, (int)KERN_FWMARK);
	if (!err)
		err = set_int(fd, SOL_SOCKET, SO_BINDTOIFINDEX, ifindex);
	if (err) {
		close(fd);
		return err;
	}
	return fd;
}

static int send_one(int fd, const struct msghdr *mh)
{
	while (sendmsg(fd, mh, MSG_DONTWAIT) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

int mh_sock_send(int fd, const struct in6_addr *src, const struct in6_addr *dst, const struct in6_addr *rt2,
		 int ifindex, const uint8_t *data, size_t len)
{
	char control[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(RT2_HDR_LEN)]
		__attribute__((aligned(__alignof__(struct cmsghdr)))) = { 0 };
	struct in6_pktinfo pktinfo = { .ipi6_addr = *src, .ipi6_ifindex = (unsigned int)ifindex };
	struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_addr = *dst };
	struct iovec iov = { .iov_base = (void *)data, .iov_len = len };
	struct msghdr mh = {
		.msg_name = &to, .msg_namelen = sizeof(to), .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control
	};
	struct cmsghdr *last = NULL;
	uint8_t rthdr[RT2_HDR_LEN];
	int bound, err;

	if (IN6_IS_ADDR_LINKLOCAL(dst) || IN6_IS_ADDR_MULTICAST(dst))
		to.sin6_scope_id = (uint32_t)ifindex;
	if (ifindex || !IN6_IS_ADDR_UNSPECIFIED(src))
		last = put_cmsg(&mh, last, IPV6_PKTINFO, &pktinfo, sizeof(pktinfo));
	if (rt2) {
		rt2_build(rthdr, 0, rt2);
		put_cmsg(&mh, last, IPV6_RTHDR, rthdr, sizeof(rthdr));
	}
	if (!mh.msg_controllen)
		mh.msg_control = NULL;
	if (!ifindex)
		return send_one(fd, &mh);
	bound = bound_socket(ifindex);
	if (bound < 0)
		return bound;
	err = send_one(bound, &mh);
	close(bound);
	return err;
}

/*
 * The socket's own counter, which SO_RXQ_OVFL would report with the next packet only. It also has those with a bad
 * checksum or refused by a policy.
 */
uint64_t mh_sock_overruns(int fd)
{
	uint32_t mem[SK_MEMINFO_VARS] = { 0 };
	socklen_t len = sizeof(mem);

	return getsockopt(fd, SOL_SOCKET, SO_MEMINFO, mem, &len) < 0 ? 0 : mem[SK_MEMINFO_DROPS];
}
