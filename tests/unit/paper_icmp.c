// SPDX-License-Identifier: GPL-2.0-or-later
/* The raw ICMPv6 sockets of the kernel made of paper: a message goes to those that listen for its type. */
#include <check.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "paper.h"

#define SOCKETS 32

static struct {
	uint8_t type;
	int in, out; /* in: the test's end */
} sockets[SOCKETS];
static unsigned int n_sockets;

int icmp_sock_open(const uint8_t *types, unsigned int n)
{
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, fds), 0);
	for (unsigned int i = 0; i < n; i++) {
		sockets[n_sockets % SOCKETS].type = types[i];
		sockets[n_sockets % SOCKETS].in = fds[1];
		sockets[n_sockets++ % SOCKETS].out = fds[0];
	}
	return fds[0];
}

int icmp_sock_recv(int fd, struct icmp_packet *out)
{
	return recv(fd, out, sizeof(*out), 0) < 0 ? -errno : 1;
}

int icmp_sock_send_rt2(int fd, const struct in6_addr *src, const struct in6_addr *dst, const struct in6_addr *rt2, const uint8_t *data,
		       size_t len)
{
	int err = icmp_sock_send(fd, src, dst, 0, data, len);

	k.icmp.has_rt2 = true;
	k.icmp.rt2 = *rt2;
	return err;
}

int icmp_sock_send(int fd, const struct in6_addr *src, const struct in6_addr *dst, int ifindex, const uint8_t *data, size_t len)
{
	ck_assert_int_ge(fd, 0);
	if (k.icmp_error)
		return k.icmp_error;
	ck_assert_uint_le(len, sizeof(k.icmp.data));
	k.icmp = (struct icmp_packet){ .src = *src, .dst = *dst, .len = len };
	memcpy(k.icmp.data, data, len);
	k.icmp_ifindex = ifindex;
	k.n_icmp++;
	return 0;
}

static unsigned int find(int ifindex, const struct in6_addr *addr)
{
	unsigned int i = 0;

	while (i < k.anycasts.n && (k.anycasts.at[i].ifindex != ifindex || !IN6_ARE_ADDR_EQUAL(&k.anycasts.at[i].addr, addr)))
		i++;
	return i;
}

int icmp_sock_join_anycast(int fd, int ifindex, const struct in6_addr *addr)
{
	unsigned int i = find(ifindex, addr);

	ck_assert_int_ge(fd, 0);
	ck_assert_uint_lt(i, PAPER_MAX);
	k.n_joins++;
	k.anycasts.n += i == k.anycasts.n;
	k.anycasts.at[i] = (struct paper_neigh){ .ifindex = ifindex, .addr = *addr };
	return 0;
}

void icmp_sock_leave_anycast(int fd, int ifindex, const struct in6_addr *addr)
{
	unsigned int i = find(ifindex, addr);

	ck_assert_int_ge(fd, 0);
	if (i < k.anycasts.n)
		k.anycasts.at[i] = k.anycasts.at[--k.anycasts.n];
}

/* To each that is open: the kernel gives every raw socket its own. */
void paper_icmp_packet(const struct icmp_packet *p)
{
	for (unsigned int i = n_sockets; i-- > 0 && n_sockets - i <= SOCKETS;)
		if (sockets[i % SOCKETS].type == p->data[0])
			ck_assert_int_ge(send(sockets[i % SOCKETS].in, p, sizeof(*p), MSG_NOSIGNAL) == (int)sizeof(*p) || errno == EPIPE ||
						 errno == ECONNREFUSED || errno == ENOTCONN, 1);
}

void paper_icmp(const char *src, const char *dst, const uint8_t *data, size_t len)
{
	struct icmp_packet p = { .src = ip(src), .dst = ip(dst), .ifindex = k.icmp_from, .hoplimit = 255, .len = len };

	ck_assert_uint_le(len, sizeof(p.data));
	memcpy(p.data, data, len);
	paper_icmp_packet(&p);
}
