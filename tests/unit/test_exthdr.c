// SPDX-License-Identifier: GPL-2.0-or-later
/* Destination options, routing header type 2, the header walk and the checksum. */
#include "suite.h"
#include "wire_test.h"

#include "wire/exthdr.h"

#define ROUNDS 20000

static int walk(const uint8_t *pkt, size_t len, int quoted, struct ip6_view *v)
{
	uint8_t *copy = exact(pkt, len);
	int ret = ip6_walk(copy, len, quoted, v);

	exact_free(copy, len);
	return ret;
}

static int find(const uint8_t *hdr, size_t len, struct in6_addr *addr)
{
	uint8_t *copy = exact(hdr, len);
	int ret = hao_find(copy, len, addr);

	exact_free(copy, len);
	return ret;
}

START_TEST(hao_there_and_back)
{
	uint8_t hdr[HAO_HDR_LEN];
	struct in6_addr in, out;

	for (int i = 0; i < 1000; i++) {
		rnd_bytes(&in, 16);
		hao_build(hdr, (uint8_t)i, &in);
		ck_assert_uint_eq(hdr[0], (uint8_t)i);
		ck_assert_uint_eq(hdr[6], HAO_OPT_TYPE); /* 8n+6 */
		ck_assert_int_eq(find(hdr, sizeof(hdr), &out), 0);
		ck_assert_mem_eq(&in, &out, 16);
		for (size_t len = 0; len < sizeof(hdr); len++)
			ck_assert_int_eq(find(hdr, len, &out), -EBADMSG);
	}
}
END_TEST

START_TEST(hao_rules)
{
	uint8_t none[8] = { 0, 0, 1, 4 };
	uint8_t pad1[8] = { 0, 0 };
	uint8_t over[8] = { 0, 0, 1, 5 };
	uint8_t cut[8] = { 0, 0, 0, 0, 0, 0, 0, HAO_OPT_TYPE };
	uint8_t shorter[24] = { 0, 2, 1, 2, 0, 0, HAO_OPT_TYPE, 15 };
	uint8_t other_first[32] = { 0, 3, 0x1e, 8, [12] = 1, [13] = 0, [14] = HAO_OPT_TYPE, [15] = 16, [31] = 9 };
	uint8_t twice[48] = { 0, 4, 1, 2, 0, 0, HAO_OPT_TYPE, 16 };
	struct in6_addr addr;

	ck_assert_int_eq(find(none, 8, &addr), -ENOENT);
	ck_assert_int_eq(find(pad1, 8, &addr), -ENOENT);
	ck_assert_int_eq(find(over, 8, &addr), -EBADMSG);
	ck_assert_int_eq(find(cut, 8, &addr), -EBADMSG);
	ck_assert_int_eq(find(shorter, 24, &addr), -EBADMSG);
	ck_assert_int_eq(find(other_first, 32, &addr), 0);
	ck_assert_uint_eq(addr.s6_addr[15], 9);
	twice[1] = 5;
	twice[24] = 1;
	twice[25] = 4;
	ck_assert_int_eq(find(twice, 48, &addr), 0);
	twice[25] = 0;
	twice[26] = HAO_OPT_TYPE;
	twice[27] = 16;
	ck_assert_int_eq(find(twice, 48, &addr), -EBADMSG);
}
END_TEST

START_TEST(rt2_there_and_back)
{
	uint8_t hdr[RT2_HDR_LEN];
	struct in6_addr in, out;
	uint8_t left;

	rnd_bytes(&in, 16);
	rt2_build(hdr, IPPROTO_MH, &in);
	ck_assert_int_eq(rt2_parse(hdr, sizeof(hdr), &out, &left), 0);
	ck_assert_mem_eq(&in, &out, 16);
	ck_assert_uint_eq(left, 1);
	for (size_t len = 0; len < sizeof(hdr); len++) {
		uint8_t *copy = exact(hdr, len);

		ck_assert_int_eq(rt2_parse(copy, len, &out, NULL), -EBADMSG);
		exact_free(copy, len);
	}
	hdr[3] = 0; /* the kernel has been here */
	ck_assert_int_eq(rt2_parse(hdr, sizeof(hdr), &out, &left), 0);
	ck_assert_uint_eq(left, 0);
	hdr[3] = 2;
	ck_assert_int_eq(rt2_parse(hdr, sizeof(hdr), &out, NULL), -EBADMSG);
	hdr[3] = 1;
	hdr[1] = 4;
	ck_assert_int_eq(rt2_parse(hdr, sizeof(hdr), &out, NULL), -EBADMSG);
	hdr[2] = 4;
	ck_assert_int_eq(rt2_parse(hdr, sizeof(hdr), &out, NULL), -ENOENT);
}
END_TEST

/* What a random packet is made of, next to its bytes. */
struct sample {
	uint8_t pkt[512];
	size_t len, upper;
	struct ip6_view want;
};

static uint8_t *add(struct sample *s, uint8_t **next, uint8_t proto, size_t len)
{
	uint8_t *hdr = s->pkt + s->len;

	**next = proto;
	*next = hdr;
	memset(hdr, 0, len);
	hdr[1] = (uint8_t)(len / 8 - 1);
	s->len += len;
	return hdr;
}

static void random_packet(struct sample *s)
{
	static const uint8_t protos[] = { IPPROTO_MH, IPPROTO_ICMPV6, IPPROTO_TCP, IPPROTO_IPV6, IPPROTO_NONE };
	uint8_t *next = s->pkt + 6, *hdr;
	size_t payload;

	memset(s, 0, sizeof(*s));
	s->len = 40;
	rnd_bytes(&s->want.src, 16);
	rnd_bytes(&s->want.dst, 16);
	s->want.hoplimit = (uint8_t)rnd();
	if (rnd_bool())
		add(s, &next, IPPROTO_HOPOPTS, 8 * (1 + rnd_below(3)));
	if (rnd_bool())
		add(s, &next, IPPROTO_DSTOPTS, 16);
	if (rnd_bool()) {
		s->want.has_rt2 = 1;
		rnd_bytes(&s->want.rt2, 16);
		hdr = add(s, &next, IPPROTO_ROUTING, RT2_HDR_LEN);
		rt2_build(hdr, 0, &s->want.rt2);
	} else if (rnd_bool()) {
		hdr = add(s, &next, IPPROTO_ROUTING, 24);
		hdr[2] = 4;
	}
	if (rnd_bool()) {
		s->want.has_hao = 1;
		rnd_bytes(&s->want.hao, 16);
		hdr = add(s, &next, IPPROTO_DSTOPTS, HAO_HDR_LEN);
		hao_build(hdr, 0, &s->want.hao);
	}
	if (rnd_bool()) {
		hdr = add(s, &next, IPPROTO_FRAGMENT, 8);
		hdr[3] = 1; /* the first of several */
	}
	if (rnd_bool()) {
		hdr = add(s, &next, IPPROTO_AH, 24);
		hdr[1] = 4; /* in units of 4 bytes, less 2 */
	}
	s->upper = s->len;
	s->want.proto = protos[rnd_below(5)];
	*next = s->want.proto;
	payload = rnd_below(40);
	rnd_bytes(s->pkt + s->len, payload);
	s->len += payload;
	s->want.end = s->len;
	s->want.upper = s->want.proto == IPPROTO_NONE ? s->len : s->upper;
	ip6_build(s->pkt, s->pkt[6], s->want.hoplimit, (uint16_t)(s->len - 40), &s->want.src, &s->want.dst);
}

START_TEST(walk_whole)
{
	struct ip6_view v;
	struct sample s;

	for (int i = 0; i < ROUNDS; i++) {
		random_packet(&s);
		ck_assert_int_eq(walk(s.pkt, s.len, 0, &v), 0);
		ck_assert_mem_eq(&v, &s.want, sizeof(v));
		/* bytes of the link layer behind the packet are not part of it */
		ck_assert_int_eq(walk(s.pkt, s.len + 6, 0, &v), 0);
		ck_assert_mem_eq(&v, &s.want, sizeof(v));
	}
}
END_TEST

/* A quoted packet may end anywhere behind its extension headers, a whole one nowhere before its end. */
START_TEST(walk_truncated)
{
	struct ip6_view v;
	struct sample s;

	for (int i = 0; i < 500; i++) {
		random_packet(&s);
		for (size_t len = 0; len < s.len; len++) {
			ck_assert_int_eq(walk(s.pkt, len, 0, &v), -EBADMSG);
			ck_assert_int_eq(walk(s.pkt, len, 1, &v), len < s.upper ? -EBADMSG : 0);
			if (len < s.upper)
				continue;
			ck_assert_uint_le(v.upper, len);
			ck_assert_uint_eq(v.end, s.len);
			ck_assert_int_eq(v.has_hao, s.want.has_hao);
			ck_assert_mem_eq(&v.hao, &s.want.hao, 16);
			ck_assert_mem_eq(&v.rt2, &s.want.rt2, 16);
		}
	}
}
END_TEST

START_TEST(walk_hostile)
{
	struct ip6_view v;
	struct sample s;
	size_t len;
	int ret, good = 0;

	for (int i = 0; i < 4 * ROUNDS; i++) {
		int quoted = (int)rnd_bool();

		random_packet(&s);
		len = mutate(s.pkt, s.len);
		ret = walk(s.pkt, len, quoted, &v);
		ck_assert(ret == 0 || ret == -EBADMSG || ret == -EPROTONOSUPPORT);
		if (ret)
			continue;
		good++;
		ck_assert_uint_le(v.upper, len);
		ck_assert_uint_le(v.upper, v.end);
		if (!quoted)
			ck_assert_uint_le(v.end, len);
	}
	ck_assert_int_gt(good, ROUNDS / 10);
}
END_TEST

/* One of each thing that RFC 6275 allows once, and headers that end the walk. */
START_TEST(walk_rules)
{
	static const struct in6_addr any;
	struct ip6_view v;
	uint8_t pkt[40 + 48] = { 0 };

	ip6_build(pkt, IPPROTO_DSTOPTS, 1, 48, &any, &any);
	hao_build(pkt + 40, IPPROTO_DSTOPTS, &any);
	hao_build(pkt + 64, IPPROTO_NONE, &any);
	ck_assert_int_eq(walk(pkt, sizeof(pkt), 0, &v), -EBADMSG);
	ip6_build(pkt, IPPROTO_ROUTING, 1, 48, &any, &any);
	rt2_build(pkt + 40, IPPROTO_ROUTING, &any);
	rt2_build(pkt + 64, IPPROTO_NONE, &any);
	ck_assert_int_eq(walk(pkt, sizeof(pkt), 0, &v), -EBADMSG);
	rt2_build(pkt + 40, IPPROTO_DSTOPTS, &any);
	hao_build(pkt + 64, IPPROTO_NONE, &any);
	ck_assert_int_eq(walk(pkt, sizeof(pkt), 0, &v), 0);
	ck_assert_uint_eq(v.upper, sizeof(pkt));
	pkt[64] = IPPROTO_HOPOPTS;
	ck_assert_int_eq(walk(pkt, sizeof(pkt), 0, &v), -EBADMSG);
	pkt[64] = IPPROTO_NONE;
	pkt[40] = IPPROTO_HOPOPTS;
	ck_assert_int_eq(walk(pkt, sizeof(pkt), 0, &v), -EBADMSG);
	pkt[40] = IPPROTO_ESP;
	ck_assert_int_eq(walk(pkt, sizeof(pkt), 0, &v), -EPROTONOSUPPORT);
	pkt[40] = IPPROTO_FRAGMENT;
	pkt[64] = IPPROTO_NONE;
	pkt[64 + 3] = 8;
	ck_assert_int_eq(walk(pkt, sizeof(pkt), 0, &v), -EPROTONOSUPPORT);
	pkt[0] = 0x45;
	ck_assert_int_eq(walk(pkt, sizeof(pkt), 0, &v), -EBADMSG);
}
END_TEST

START_TEST(traffic_class)
{
	uint8_t pkt[40] = { 0x6a, 0xbf, 0xff, 0xff, [6] = IPPROTO_NONE, [7] = 3 };
	struct ip6_view v;

	ck_assert_int_eq(walk(pkt, sizeof(pkt), 0, &v), 0);
	ck_assert_uint_eq(v.tclass, 0xab);
	ck_assert_uint_eq(v.hoplimit, 3);
}
END_TEST

/* Verifying what was computed gives zero, for odd lengths too; the bytes may stand at odd addresses. */
START_TEST(checksum)
{
	struct in6_addr src, dst;
	uint8_t block[301], *data = block + 1;

	for (int i = 0; i < ROUNDS; i++) {
		size_t len = 6 + rnd_below(sizeof(block) - 7);
		uint16_t sum;

		rnd_bytes(&src, 16);
		rnd_bytes(&dst, 16);
		rnd_bytes(block, sizeof(block));
		data[2] = data[3] = 0;
		sum = ip6_checksum(&src, &dst, IPPROTO_ICMPV6, data, len);
		data[2] = (uint8_t)(sum >> 8);
		data[3] = (uint8_t)sum;
		ck_assert_uint_eq(ip6_checksum(&src, &dst, IPPROTO_ICMPV6, data, len), 0);
		ck_assert_uint_ne(ip6_checksum(&src, &dst, IPPROTO_MH, data, len), 0);
		data[rnd_below((uint32_t)len)] ^= 0x10;
		ck_assert_uint_ne(ip6_checksum(&src, &dst, IPPROTO_ICMPV6, data, len), 0);
	}
}
END_TEST

SUITE("exthdr", .timeout = 60, .begin = rnd_seed,
	.tests = {
		{ hao_there_and_back },
		{ hao_rules },
		{ rt2_there_and_back },
		{ walk_whole },
		{ walk_truncated },
		{ walk_hostile },
		{ walk_rules },
		{ traffic_class },
		{ checksum },
	})
