/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The packet sockets: Mobility Header (raw IPv6), and Neighbour Discovery on a link (raw ICMPv6 to receive, packet
 * socket to send and to overhear). Each gives a file descriptor for the event loop and a receive call to repeat until
 * -EAGAIN.
 */
#ifndef KERN_SOCK_H
#define KERN_SOCK_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "wire/nd.h"

/*
 * A Mobility Header message with what the kernel says of its way. src and dst are as the upper layer sees them (home
 * addresses).
 */
struct mh_packet {
	struct in6_addr src, dst;
	int ifindex;
	uint8_t hoplimit;
	bool has_coa; /* a Home Address option was there: coa is the source on the wire */
	struct in6_addr coa;
	bool has_rt2; /* a type 2 routing header was there: rt2 is the destination on the wire */
	struct in6_addr rt2;
	uint8_t data[2048];
	size_t len;
};

/*
 * Raw socket for IPPROTO_MH with all the ancillary data, mark KERN_FWMARK. fd or -errno. The kernel verifies and
 * computes checksums.
 */
int mh_sock_open(void);
/* 1: a packet; 0: only truncated ones so far, call again; -EAGAIN; other -errno. */
int mh_sock_recv(int fd, struct mh_packet *out);
/*
 * Sends. src must be ours (or ::); with rt2 the packet goes to *rt2 on the wire with dst in a type 2 routing header;
 * ifindex 0: by route; otherwise out of that link, whatever more specific routes lead elsewhere. 0 or -errno.
 */
int mh_sock_send(int fd, const struct in6_addr *src, const struct in6_addr *dst, const struct in6_addr *rt2,
		 int ifindex, const uint8_t *data, size_t len);
/*
 * Datagrams that the socket dropped since open, because the receive queue was full, or for a bad checksum or a policy.
 * Modulo 2^32.
 */
uint64_t mh_sock_overruns(int fd);

/* ---- ICMPv6: errors, home agent address discovery, mobile prefix discovery ---- */

/* src and dst as the upper layer sees them, and the way as in struct mh_packet. */
struct icmp_packet {
	struct in6_addr src, dst;
	int ifindex;
	uint8_t hoplimit;
	bool has_coa;
	struct in6_addr coa;
	bool has_rt2;
	struct in6_addr rt2;
	uint8_t data[1280]; /* from the type; checksum verified */
	size_t len;
};

/*
 * Raw socket for these ICMPv6 types, errors whatever they quote; mark KERN_FWMARK. Unlike the one below it gets what this
 * host itself sends to a group. fd or -errno.
 */
int icmp_sock_open(const uint8_t *types, unsigned int n);
int icmp_sock_recv(int fd, struct icmp_packet *out); /* 1, -EAGAIN, other -errno */
/* Sends; the kernel computes the checksum. ifindex 0: by route. 0 or -errno. */
int icmp_sock_send(int fd, const struct in6_addr *src, const struct in6_addr *dst, int ifindex, const uint8_t *data, size_t len);
/* The same by route, to *rt2 on the wire with dst in a type 2 routing header. */
int icmp_sock_send_rt2(int fd, const struct in6_addr *src, const struct in6_addr *dst, const struct in6_addr *rt2, const uint8_t *data,
		       size_t len);
/*
 * The host answers to an anycast address on this link, as long as the socket is open and the link is up; joining again
 * puts it back after the link was down. 0 or -errno.
 */
int icmp_sock_join_anycast(int fd, int ifindex, const struct in6_addr *addr);
void icmp_sock_leave_anycast(int fd, int ifindex, const struct in6_addr *addr);

/* ---- Neighbour Discovery on one link ---- */

struct nd_packet {
	int ifindex;
	struct in6_addr src, dst;
	uint8_t hoplimit;
	uint8_t type; /* ND_* */
	uint8_t ll_src[ND_LLADDR_MAX]; /* the frame's source */
	uint8_t ll_len;
	uint8_t data[2048]; /* from the ICMPv6 type; checksum verified, hop limit 255 verified */
	size_t len;
};

/*
 * One packet socket per process that overhears RA, NS and NA (a kernel filter drops the rest and our own) on the links
 * that were joined: also those not addressed to the host, as DAD on behalf of a mobile node and return home need.
 */
int nd_sock_open(void); /* fd or -errno */
/* Frames of other links are dropped, in the kernel. 0, -ENOSPC beyond 64 links, -errno. */
int nd_sock_watch(int fd, int ifindex, bool on);
int nd_sock_recv(int fd, struct nd_packet *out); /* 1, 0: nothing of use so far, -EAGAIN, -errno */
/*
 * Sends an ICMPv6 message (checksum filled here) with hop limit 255; the frame goes to the multicast group's address,
 * or to ll_dst if given.
 */
int nd_sock_send(int fd, int ifindex, const struct in6_addr *src, const struct in6_addr *dst, const uint8_t *ll_dst,
		 uint8_t *icmp, size_t len);
/*
 * Joins or leaves the solicited-node group of addr, reference-counted, so that snooping switches let its frames
 * through. 0 or -errno.
 */
int nd_group_join(int ifindex, const struct in6_addr *addr);
int nd_group_leave(int ifindex, const struct in6_addr *addr);
/* The same for any group. */
int group_join(int ifindex, const struct in6_addr *group);
int group_leave(int ifindex, const struct in6_addr *group);
/* Every group that an interface is in, with how many users (sockets, this process's among them) have joined it. 0 or -errno. */
int group_dump(void (*cb)(int ifindex, const struct in6_addr *group, unsigned int users, void *arg), void *arg);

#endif
