/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two sockets, and the packets of a well-behaved mobile node. */
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "gen.h"
#include "wire/exthdr.h"
#include "wire/mh.h"

#define PROTO_MH 135
#define QUEUE_BYTES (64 << 20)
#define ECHO_LEN (sizeof(struct icmp6_hdr) + sizeof(uint64_t))

uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

int pkt_open_tx(void)
{
	int fd = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	int size = QUEUE_BYTES;

	if (fd < 0)
		return -errno;
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	return fd;
}

int pkt_open_rx(const char *ifname)
{
	struct sockaddr_ll ll = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IPV6),
		.sll_ifindex = (int)if_nametoindex(ifname),
	};
	int size = QUEUE_BYTES;
	int fd;

	if (!ll.sll_ifindex)
		return -errno;
	fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0 || bind(fd, (struct sockaddr *)&ll, sizeof(ll)) < 0) {
		int err = -errno;

		close(fd);
		return err;
	}
	return fd;
}

void pkt_wait(int fd, uint64_t until)
{
	uint64_t now = now_ns(), left = until > now ? until - now : 0;
	struct timespec ts = { .tv_sec = (time_t)(left / NS_PER_S), .tv_nsec = (long)(left % NS_PER_S) };
	struct pollfd p = { .fd = fd, .events = POLLIN };

	(void)ppoll(&p, 1, &ts, NULL);
}

int pkt_send(int fd, const uint8_t *pkt, size_t len)
{
	struct sockaddr_in6 to = { .sin6_family = AF_INET6 };

	memcpy(&to.sin6_addr, pkt + 24, 16);
	while (sendto(fd, pkt, len, 0, (struct sockaddr *)&to, sizeof(to)) < 0) {
		if (errno != ENOBUFS && errno != EAGAIN && errno != EINTR)
			return -errno;
		(void)poll(NULL, 0, 1);
	}
	return 0;
}

/* ---- reading ---- */

static void read_mh(const uint8_t *p, size_t len, struct pkt_in *out)
{
	struct mh_msg m;

	if (mh_parse(p, len, &m, NULL) < 0) {
		out->bad = true;
		return;
	}
	if (mh_checksum(&out->src, &out->hoa, p, len))
		out->bad = true;
	if (m.type == MH_BA) {
		out->kind = PKT_BA;
		out->status = m.ba.status;
		out->seq = m.ba.seq;
		out->lifetime = m.ba.lifetime;
	} else if (m.type == MH_BE) {
		out->kind = PKT_BE;
		out->status = m.be.status;
		out->hoa = m.be.hoa;
	} else if (m.type == MH_BRR) {
		out->kind = PKT_BRR;
	} else if (m.type == MH_HOT || m.type == MH_COT) {
		out->kind = m.type == MH_HOT ? PKT_HOT : PKT_COT;
		out->nonce_index = m.test.nonce_index;
		out->cookie = m.test.cookie;
		out->token = m.test.keygen_token;
	}
	out->has_auth = m.opts.has_auth;
	out->auth_offset = m.opts.auth_offset;
	if (len <= sizeof(out->mh)) {
		out->mh_len = len;
		memcpy(out->mh, p, len);
	}
}

static void read_reply(const uint8_t *p, struct pkt_in *out)
{
	struct icmp6_hdr h;

	memcpy(&h, p, sizeof(h));
	out->id = ntohs(h.icmp6_id);
	out->seq = ntohs(h.icmp6_seq);
	memcpy(&out->stamp, p + sizeof(h), sizeof(out->stamp));
}

static void read_tunnelled(const uint8_t *p, size_t len, struct pkt_in *out)
{
	struct ip6_view in;

	if (ip6_walk(p, len, 0, &in) < 0 || in.proto != IPPROTO_ICMPV6 || in.end - in.upper < ECHO_LEN ||
	    p[in.upper] != ICMP6_ECHO_REPLY)
		return;
	out->kind = PKT_ECHO_REPLY;
	out->bad = ip6_checksum(&in.src, &in.dst, IPPROTO_ICMPV6, p + in.upper, in.end - in.upper) != 0;
	out->hoa = in.dst;
	out->cn = in.src;
	read_reply(p + in.upper, out);
}

/* Not through a tunnel; the routing header's address is what the checksum is about. */
static void read_direct(const uint8_t *p, const struct ip6_view *v, struct pkt_in *out)
{
	out->kind = PKT_ECHO_DIRECT;
	out->bad = ip6_checksum(&v->src, &out->hoa, IPPROTO_ICMPV6, p + v->upper, v->end - v->upper) != 0;
	out->cn = v->src;
	read_reply(p + v->upper, out);
}

int pkt_recv(int fd, struct pkt_in *out)
{
	uint8_t buf[PKT_MAX];
	struct sockaddr_ll from;
	socklen_t from_len = sizeof(from);
	struct ip6_view v;
	ssize_t len = recvfrom(fd, buf, sizeof(buf), 0, (struct sockaddr *)&from, &from_len);

	if (len < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	memset(out, 0, sizeof(*out));
	if (from.sll_pkttype == PACKET_OUTGOING || ip6_walk(buf, (size_t)len, 0, &v) < 0)
		return 1;
	out->src = v.src;
	out->dst = v.dst;
	out->has_rt2 = v.has_rt2;
	out->hoa = v.has_rt2 ? v.rt2 : v.dst;
	if (v.proto == PROTO_MH) {
		read_mh(buf + v.upper, v.end - v.upper, out);
	} else if (v.proto == IPPROTO_IPV6) {
		read_tunnelled(buf + v.upper, v.end - v.upper, out);
	} else if (v.proto == IPPROTO_ICMPV6 && v.end - v.upper >= ECHO_LEN && buf[v.upper] == ICMP6_ECHO_REPLY) {
		read_direct(buf, &v, out);
	} else if (v.proto == IPPROTO_ICMPV6 && v.end > v.upper && buf[v.upper] < 128) {
		out->kind = PKT_ICMP_ERROR;
		out->icmp_type = buf[v.upper];
	}
	return 1;
}

/* ---- building ---- */

size_t pkt_build_mh(uint8_t *buf, size_t cap, const struct in6_addr *src, const struct in6_addr *dst, const struct in6_addr *hoa,
		    const uint8_t *mh, size_t len)
{
	size_t before = hoa ? HAO_HDR_LEN : 0;

	if (40 + before + len > cap)
		return 0;
	memcpy(buf + 40 + before, mh, len);
	mh_set_checksum(buf + 40 + before, len, hoa ? hoa : src, dst);
	if (hoa)
		hao_build(buf + 40, PROTO_MH, hoa);
	ip6_build(buf, hoa ? IPPROTO_DSTOPTS : PROTO_MH, 64, (uint16_t)(before + len), src, dst);
	return 40 + before + len;
}

size_t pkt_build_bu(uint8_t *buf, size_t cap, const struct options *o, const struct mn *mn, uint32_t lifetime_s)
{
	struct mh_msg m = {
		.type = MH_BU,
		.bu = {
			.seq = mn->seq,
			.flags = MH_BU_A | MH_BU_H | (o->link_local ? MH_BU_L : 0),
			.lifetime = mh_lifetime_from_sec(lifetime_s),
		},
		.opts = { .has_alt_coa = o->alt_coa, .alt_coa = mn->coa },
	};
	uint8_t mh[256];
	ssize_t len = mh_build(mh, sizeof(mh), &m, NULL);

	return len < 0 ? 0 : pkt_build_mh(buf, cap, &mn->coa, &o->ha, &mn->hoa, mh, (size_t)len);
}

/* The checksum is the same for both: the option holds the home address. */
static void build_request(uint8_t *icmp, const struct options *o, const struct mn *mn, uint16_t id, uint16_t seq)
{
	struct icmp6_hdr h = { .icmp6_type = ICMP6_ECHO_REQUEST };
	uint64_t stamp = now_ns();

	h.icmp6_id = htons(id);
	h.icmp6_seq = htons(seq);
	memcpy(icmp, &h, sizeof(h));
	memcpy(icmp + sizeof(h), &stamp, sizeof(stamp));
	h.icmp6_cksum = htons(ip6_checksum(&mn->hoa, &o->cn, IPPROTO_ICMPV6, icmp, ECHO_LEN));
	memcpy(icmp, &h, sizeof(h));
}

size_t pkt_build_echo(uint8_t *buf, size_t cap, const struct options *o, const struct mn *mn, uint16_t id, uint16_t seq)
{
	if (cap < 80 + ECHO_LEN)
		return 0;
	build_request(buf + 80, o, mn, id, seq);
	ip6_build(buf + 40, IPPROTO_ICMPV6, 64, ECHO_LEN, &mn->hoa, &o->cn);
	ip6_build(buf, IPPROTO_IPV6, 64, 40 + ECHO_LEN, &mn->coa, &o->ha);
	return 80 + ECHO_LEN;
}

size_t pkt_build_echo_direct(uint8_t *buf, size_t cap, const struct options *o, const struct mn *mn, uint16_t id, uint16_t seq)
{
	if (cap < 40 + HAO_HDR_LEN + ECHO_LEN)
		return 0;
	build_request(buf + 40 + HAO_HDR_LEN, o, mn, id, seq);
	hao_build(buf + 40, IPPROTO_ICMPV6, &mn->hoa);
	ip6_build(buf, IPPROTO_DSTOPTS, 64, HAO_HDR_LEN + ECHO_LEN, &mn->coa, &o->cn);
	return 40 + HAO_HDR_LEN + ECHO_LEN;
}
