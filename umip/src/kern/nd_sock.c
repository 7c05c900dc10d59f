// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Neighbour Discovery on the watched links: one packet socket that overhears advertisements and solicitations, also
 * those not for this host, and that sends what the kernel would not send for us (DAD and advertisements on behalf of a
 * mobile node).
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/pkt_sched.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kern/sock.h"
#include "wire/exthdr.h"

#define RECEIVE_BUFFER (1 << 20)
#define MAX_LINKS      64
#define SKIP_MAX 32 /* frames passed over in one call */
#define IP6_LEN	       40
#define HOP_LIMIT      255
#define ETHER_LEN      6

static int links[MAX_LINKS];
static unsigned int n_links;

static bool watched(int ifindex)
{
	for (unsigned int i = 0; i < n_links; i++)
		if (links[i] == ifindex)
			return true;
	return false;
}

/* ---- the kernel filter ---- */

struct program {
	struct sock_filter code[16 + MAX_LINKS];
	unsigned int n;
};

static void load(struct program *p, uint16_t size, int offset)
{
	p->code[p->n++] = (struct sock_filter){ .code = BPF_LD | BPF_ABS | size, .k = (uint32_t)offset };
}

/* Where to go on, as indices into the program. */
static void branch(struct program *p, uint16_t test, uint32_t value, unsigned int yes, unsigned int no)
{
	unsigned int next = p->n + 1;

	p->code[p->n++] = (struct sock_filter){
		.code = BPF_JMP | BPF_K | test, .jt = (uint8_t)(yes - next), .jf = (uint8_t)(no - next), .k = value
	};
}

static void ret(struct program *p, uint32_t bytes)
{
	p->code[p->n++] = (struct sock_filter){ .code = BPF_RET | BPF_K, .k = bytes };
}

/*
 * Not our own, ICMPv6 directly after the IPv6 header, hop limit 255, router or neighbour message, on one of the links.
 */
static int set_filter(int fd)
{
	const unsigned int head = 10, drop = head + n_links, accept = drop + 1;
	struct sock_fprog prog;
	struct program p = { .n = 0 };

	load(&p, BPF_W, SKF_AD_OFF + SKF_AD_PKTTYPE);
	branch(&p, BPF_JGE, PACKET_OUTGOING, drop, p.n + 1);
	load(&p, BPF_B, 6);
	branch(&p, BPF_JEQ, IPPROTO_ICMPV6, p.n + 1, drop);
	load(&p, BPF_B, 7);
	branch(&p, BPF_JEQ, HOP_LIMIT, p.n + 1, drop);
	load(&p, BPF_B, IP6_LEN);
	branch(&p, BPF_JGE, ND_RA, p.n + 1, drop);
	branch(&p, BPF_JGT, ND_NA, drop, p.n + 1);
	load(&p, BPF_W, SKF_AD_OFF + SKF_AD_IFINDEX);
	for (unsigned int i = 0; i < n_links; i++)
		branch(&p, BPF_JEQ, (uint32_t)links[i], accept, p.n + 1);
	ret(&p, 0);
	ret(&p, UINT32_MAX);
	prog = (struct sock_fprog){ .len = (unsigned short)p.n, .filter = p.code };
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) < 0 ? -errno : 0;
}

/* ---- the socket ---- */

int nd_sock_open(void)
{
	struct sockaddr_ll any = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IPV6) };
	const int size = RECEIVE_BUFFER, priority = TC_PRIO_CONTROL;
	/* Protocol 0: nothing is queued before the filter is there. */
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int err;

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	/* Whether a router answers is asked on a busy link, too: ahead of what waits in this host's own queues. Without it, behind. */
	setsockopt(fd, SOL_SOCKET, SO_PRIORITY, &priority, sizeof(priority));
	n_links = 0;
	err = set_filter(fd);
	if (!err && bind(fd, (struct sockaddr *)&any, sizeof(any)) < 0)
		err = -errno;
	if (err) {
		close(fd);
		return err;
	}
	return fd;
}

int nd_sock_watch(int fd, int ifindex, bool on)
{
	if (watched(ifindex) == on)
		return 0;
	if (on) {
		if (n_links == MAX_LINKS)
			return -ENOSPC;
		links[n_links++] = ifindex;
	} else {
		for (unsigned int i = 0; i < n_links; i++)
			if (links[i] == ifindex)
				links[i--] = links[--n_links];
	}
	return set_filter(fd);
}

/* True when buf is what struct nd_packet promises. */
static bool take_packet(const uint8_t *buf, size_t got, struct nd_packet *out)
{
	size_t len;

	if (got < IP6_LEN + 4 || buf[0] >> 4 != 6 || buf[6] != IPPROTO_ICMPV6 || buf[7] != HOP_LIMIT)
		return false;
	len = (size_t)buf[4] << 8 | buf[5];
	if (len < 4 || len > got - IP6_LEN || len > sizeof(out->data)) /* less than got: the frame was padded */
		return false;
	memcpy(&out->src, buf + 8, 16);
	memcpy(&out->dst, buf + 24, 16);
	if (ip6_checksum(&out->src, &out->dst, IPPROTO_ICMPV6, buf + IP6_LEN, len))
		return false;
	memcpy(out->data, buf + IP6_LEN, len);
	out->len = len;
	out->hoplimit = buf[7];
	out->type = out->data[0];
	return true;
}

int nd_sock_recv(int fd, struct nd_packet *out)
{
	uint8_t buf[IP6_LEN + sizeof(out->data)];
	struct sockaddr_ll from;
	socklen_t from_len;
	ssize_t n;

	/* A flood of frames that are worth nothing may not keep the caller here. */
	for (int i = 0; i < SKIP_MAX; i++) {
		from_len = sizeof(from);
		n = recvfrom(fd, buf, sizeof(buf), MSG_TRUNC, (struct sockaddr *)&from, &from_len);
		if (n < 0) {
			/*
			 * ENETDOWN tells that some watched link went down: no frame, and nothing wrong with the socket.
			 */
			if (errno == EINTR || errno == ENETDOWN)
				continue;
			return -errno;
		}
		/* The links may have changed since the frame was queued. */
		if ((size_t)n > sizeof(buf) || !watched(from.sll_ifindex) || !take_packet(buf, (size_t)n, out))
			continue;
		out->ifindex = from.sll_ifindex;
		out->ll_len = from.sll_halen <= sizeof(out->ll_src) ? from.sll_halen : 0;
		memcpy(out->ll_src, from.sll_addr, out->ll_len);
		return 1;
	}
	return 0;
}

int nd_sock_send(int fd, int ifindex, const struct in6_addr *src, const struct in6_addr *dst, const uint8_t *ll_dst,
		 uint8_t *icmp, size_t len)
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IPV6),
		.sll_ifindex = ifindex,
		.sll_halen = ETHER_LEN,
	};
	uint8_t header[IP6_LEN];
	struct iovec iov[2] = { { .iov_base = header, .iov_len = sizeof(header) },
				{ .iov_base = icmp, .iov_len = len } };
	struct msghdr mh = { .msg_name = &to, .msg_namelen = sizeof(to), .msg_iov = iov, .msg_iovlen = 2 };
	uint16_t sum;

	if (len < 4 || len > UINT16_MAX)
		return -EINVAL;
	if (ll_dst) {
		memcpy(to.sll_addr, ll_dst, ETHER_LEN);
	} else if (IN6_IS_ADDR_MULTICAST(dst)) { /* RFC 2464 7 */
		to.sll_addr[0] = to.sll_addr[1] = 0x33;
		memcpy(to.sll_addr + 2, dst->s6_addr + 12, 4);
	} else {
		return -EDESTADDRREQ;
	}
	icmp[2] = icmp[3] = 0;
	sum = ip6_checksum(src, dst, IPPROTO_ICMPV6, icmp, len);
	icmp[2] = (uint8_t)(sum >> 8);
	icmp[3] = (uint8_t)sum;
	ip6_build(header, IPPROTO_ICMPV6, HOP_LIMIT, (uint16_t)len, src, dst);
	while (sendmsg(fd, &mh, MSG_DONTWAIT) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}
