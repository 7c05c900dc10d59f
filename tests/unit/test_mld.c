// SPDX-License-Identifier: GPL-2.0-or-later
/* Multicast Listener Discovery: whole packets. */
#include <arpa/inet.h>

#include "suite.h"
#include "wire_test.h"

#include "wire/exthdr.h"
#include "wire/mld.h"

#define ROUNDS 20000

static struct in6_addr addr(const char *text)
{
	struct in6_addr a;

	ck_assert_int_eq(inet_pton(AF_INET6, text, &a), 1);
	return a;
}

static unsigned int sum;

/* Pointers of *out lead nowhere afterwards. */
static int parse(const uint8_t *buf, size_t len, struct mld_report *out)
{
	uint8_t *copy = exact(buf, len);
	int ret = mld_parse_report(copy, len, out);

	/* every source can be read */
	for (unsigned int i = 0; !ret && i < out->n; i++)
		for (unsigned int j = 0; j < 16u * out->at[i].n_sources; j++)
			sum += out->at[i].sources[j];
	exact_free(copy, len);
	return ret;
}

static uint8_t sources[32];

static void random_report(struct mld_report *r)
{
	memset(r, 0, sizeof(*r));
	r->type = (uint8_t[]){ MLD_REPORT_V1, MLD_DONE, MLD_REPORT_V2 }[rnd_below(3)];
	rnd_bytes(&r->src, 16);
	r->n = r->type == MLD_REPORT_V2 ? rnd_below(MLD_MAX_RECORDS + 1) : 1;
	for (unsigned int i = 0; i < r->n; i++) {
		rnd_bytes(&r->at[i].group, 16);
		r->at[i].type = r->type == MLD_DONE ? MLD_TO_IN : r->type == MLD_REPORT_V1 ? MLD_IS_EX : (uint8_t)(1 + rnd_below(6));
		r->at[i].n_sources = r->type == MLD_REPORT_V2 ? (uint16_t)rnd_below(3) : 0;
		r->at[i].sources = sources;
	}
}

START_TEST(there_and_back)
{
	struct mld_report in, out;
	uint8_t buf[8192];

	rnd_bytes(sources, sizeof(sources));
	for (unsigned int n = 0; n < ROUNDS; n++) {
		ssize_t len;

		random_report(&in);
		len = mld_build_report(buf, sizeof(buf), &in);
		ck_assert_int_gt(len, 0);
		ck_assert_int_eq(parse(buf, (size_t)len, &out), 0);
		ck_assert_uint_eq(in.type, out.type);
		ck_assert_uint_eq(in.n, out.n);
		ck_assert_int_eq(memcmp(&in.src, &out.src, 16), 0);
		for (unsigned int i = 0; i < in.n; i++) {
			ck_assert_uint_eq(in.at[i].type, out.at[i].type);
			ck_assert_uint_eq(in.at[i].n_sources, out.at[i].n_sources);
			ck_assert_int_eq(memcmp(&in.at[i].group, &out.at[i].group, 16), 0);
		}
		/* one byte less, and it is none */
		ck_assert_int_eq(parse(buf, (size_t)len - 1, &out), -EBADMSG);
		ck_assert_int_eq(mld_build_report(buf, (size_t)len - 1, &in), -ENOSPC);
	}
}
END_TEST

START_TEST(garbage)
{
	struct mld_report in, out;
	uint8_t buf[8192];

	for (unsigned int n = 0; n < ROUNDS; n++) {
		random_report(&in);
		parse(buf, mutate(buf, (size_t)mld_build_report(buf, sizeof(buf), &in)), &out);
	}
}
END_TEST

/* As Linux sends it: two groups, one left and one joined with a source. */
static const uint8_t wire[] = {
	0x60, 0, 0, 0, 0, 72, 0, 1, 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x16,
	0x3a, 0, 5, 2, 0, 0, 1, 0,
	143, 0, 0, 0, 0, 0, 0, 2,
	3, 0, 0, 0, 0xff, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x44, 0x44,
	5, 0, 0, 1, 0xff, 0x3e, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9,
};

static int with(size_t at, uint8_t value)
{
	struct in6_addr src, dst;
	uint8_t buf[sizeof(wire)];
	struct mld_report r;
	uint16_t check;

	memcpy(buf, wire, sizeof(buf));
	memcpy(&src, buf + 8, 16);
	memcpy(&dst, buf + 24, 16);
	if (at)
		buf[at] = value;
	if (at != 50) {
		buf[50] = buf[51] = 0;
		check = ip6_checksum(&src, &dst, IPPROTO_ICMPV6, buf + 48, sizeof(buf) - 48);
		buf[50] = (uint8_t)(check >> 8);
		buf[51] = (uint8_t)check;
	}
	return parse(buf, sizeof(buf), &r);
}

START_TEST(known)
{
	ck_assert_int_eq(with(0, 0), 0);
	ck_assert_int_eq(with(0, 0x40), 0); /* at 0 nothing is changed */
	ck_assert_int_eq(with(7, 2), -EBADMSG); /* hop limit */
	ck_assert_int_eq(with(7, 255), -EBADMSG);
	ck_assert_int_eq(with(6, 58), -EBADMSG); /* no options */
	ck_assert_int_eq(with(42, 6), -EBADMSG); /* no alert */
	ck_assert_int_eq(with(43, 4), -EBADMSG); /* an alert of another length */
	ck_assert_int_eq(with(45, 1), -EBADMSG); /* an alert that means something else */
	ck_assert_int_eq(with(41, 1), -EBADMSG); /* options longer than they are */
	ck_assert_int_eq(with(41, 255), -EBADMSG); /* than the packet is */
	ck_assert_int_eq(with(40, 17), -EBADMSG); /* not ICMPv6 */
	ck_assert_int_eq(with(48, MLD_QUERY), -EBADMSG);
	ck_assert_int_eq(with(50, 0xff), -EBADMSG); /* checksum */
	ck_assert_int_eq(with(55, 3), -EBADMSG); /* more records than there are */
	ck_assert_int_eq(with(54, 0xff), -EBADMSG);
	ck_assert_int_eq(with(55, 1), 0); /* what follows is of a later standard */
	ck_assert_int_eq(with(57, 255), -EBADMSG); /* auxiliary data that is not there */
	ck_assert_int_eq(with(58, 0xff), -EBADMSG); /* sources, too */
	ck_assert_int_eq(with(79, 2), -EBADMSG);
	ck_assert_int_eq(with(76, 77), 0); /* a record type of a later standard */
}
END_TEST

START_TEST(records)
{
	struct mld_report r;
	uint8_t buf[sizeof(wire)];
	struct in6_addr src = addr("fe80::100"), group = addr("ff05::4444");
	struct mld_report v1 = { .type = MLD_REPORT_V1, .src = src, .n = 1, .at = { { .group = group } } };
	ssize_t len;

	memcpy(buf, wire, sizeof(buf));
	buf[50] = buf[51] = 0;
	{
		struct in6_addr dst = addr("ff02::16");
		uint16_t check = ip6_checksum(&src, &dst, IPPROTO_ICMPV6, buf + 48, sizeof(buf) - 48);

		buf[50] = (uint8_t)(check >> 8);
		buf[51] = (uint8_t)check;
	}
	ck_assert_int_eq(mld_parse_report(buf, sizeof(buf), &r), 0);
	ck_assert_uint_eq(r.n, 2);
	ck_assert_uint_eq(r.at[0].type, MLD_TO_IN);
	ck_assert_uint_eq(r.at[0].n_sources, 0);
	ck_assert_int_eq(memcmp(&r.at[0].group, &group, 16), 0);
	ck_assert_uint_eq(r.at[1].type, MLD_ALLOW);
	ck_assert_uint_eq(r.at[1].n_sources, 1);
	ck_assert_ptr_eq(r.at[1].sources, buf + sizeof(buf) - 16);

	len = mld_build_report(buf, sizeof(buf), &v1);
	ck_assert_int_eq(len, 72);
	ck_assert_int_eq(memcmp(buf + 24, &group, 16), 0); /* to the group itself */
	ck_assert_int_eq(mld_parse_report(buf, (size_t)len, &r), 0);
	ck_assert_uint_eq(r.at[0].type, MLD_IS_EX);
	v1.type = MLD_DONE;
	ck_assert_int_eq(mld_parse_report(buf, (size_t)mld_build_report(buf, sizeof(buf), &v1), &r), 0);
	ck_assert_uint_eq(r.at[0].type, MLD_TO_IN);
	ck_assert_uint_eq(buf[39], 2); /* to all routers */
}
END_TEST

/* RFC 3810 5.1.9: what the code means in seconds. */
static unsigned int seconds(uint8_t code)
{
	return code < 128 ? code : ((code & 15u) | 16) << ((code >> 4 & 7) + 3);
}

START_TEST(query)
{
	struct in6_addr src = addr("fe80::1"), dst = addr("ff02::1");
	uint8_t buf[MLD_QUERY_LEN];
	unsigned int before = 0;

	ck_assert_int_eq(mld_build_query(buf, sizeof(buf) - 1, &src, NULL, 1000, 2, 125), -ENOSPC);
	ck_assert_int_eq(mld_build_query(buf, sizeof(buf), &src, NULL, 1000, 2, 125), MLD_QUERY_LEN);
	ck_assert_uint_eq(buf[7], 1);
	ck_assert_int_eq(memcmp(buf + 8, &src, 16), 0);
	ck_assert_int_eq(memcmp(buf + 24, &dst, 16), 0);
	ck_assert_uint_eq(buf[48], MLD_QUERY);
	ck_assert_uint_eq(buf[52] << 8 | buf[53], 1000);
	ck_assert_uint_eq(buf[72] & 7, 2);
	ck_assert_uint_eq(buf[73], 125);
	ck_assert_uint_eq(ip6_checksum(&src, &dst, IPPROTO_ICMPV6, buf + 48, sizeof(buf) - 48), 0);
	for (unsigned int s = 1; s < 40000; s += 1 + s / 100) {
		unsigned int means;

		mld_build_query(buf, sizeof(buf), &src, NULL, 99999, 9, s);
		means = seconds(buf[73]);
		ck_assert_uint_le(means, s);
		ck_assert_uint_ge(means + means / 16, s < MLD_MAX_QQI ? s - s / 16 : MLD_MAX_QQI);
		ck_assert_uint_ge(means, before);
		before = means;
		ck_assert_uint_eq(buf[52] << 8 | buf[53], MLD_MAX_DELAY);
		ck_assert_uint_eq(buf[72] & 7, 0); /* more than fits: the default */
	}
}
END_TEST

static int parse_query(const uint8_t *msg, size_t len, struct mld_query *q)
{
	uint8_t *copy = exact(msg, len);
	int ret = mld_parse_query(copy, len, q);

	exact_free(copy, len);
	return ret;
}

/* For one group: to that group, and what a listener reads in it. */
START_TEST(query_of_a_group)
{
	struct in6_addr src = addr("fe80::1"), group = addr("ff05::4444");
	uint8_t buf[MLD_QUERY_LEN], *msg = buf + 48;
	struct mld_query q;

	ck_assert_int_eq(mld_build_query(buf, sizeof(buf), &src, &group, 1000, 2, 125), MLD_QUERY_LEN);
	ck_assert_int_eq(memcmp(buf + 24, &group, 16), 0);
	ck_assert_int_eq(memcmp(msg + 8, &group, 16), 0);
	ck_assert_uint_eq(ip6_checksum(&src, &group, IPPROTO_ICMPV6, msg, sizeof(buf) - 48), 0);
	ck_assert_int_eq(parse_query(msg, 28, &q), 0);
	ck_assert(IN6_ARE_ADDR_EQUAL(&q.group, &group));
	ck_assert_uint_eq(q.max_delay_ms, 1000);
	ck_assert_uint_eq(q.robustness, 2);
	ck_assert_uint_eq(q.interval_s, 125);
	/* codes, and nothing said */
	msg[4] = 0x80;
	msg[5] = 1;
	msg[24] = 8;
	msg[25] = 0x8f;
	ck_assert_int_eq(parse_query(msg, 28, &q), 0);
	ck_assert_uint_eq(q.max_delay_ms, 0x1001 << 3);
	ck_assert_uint_eq(q.robustness, MLD_ROBUSTNESS);
	ck_assert_uint_eq(q.interval_s, 31 << 3);
	msg[25] = 0;
	ck_assert_int_eq(parse_query(msg, 28, &q), 0);
	ck_assert_uint_eq(q.interval_s, MLD_INTERVAL);
	/* version 1, whose delay is a number, and what is neither */
	ck_assert_int_eq(parse_query(msg, 24, &q), 0);
	ck_assert_uint_eq(q.max_delay_ms, 0x8001);
	ck_assert_uint_eq(q.interval_s, MLD_INTERVAL);
	for (size_t len = 1; len < 28; len++)
		ck_assert_int_eq(parse_query(msg, len, &q), len == 24 ? 0 : -EBADMSG);
	msg[0] = MLD_DONE;
	ck_assert_int_eq(parse_query(msg, 28, &q), -EBADMSG);
}
END_TEST

SUITE("mld", .timeout = 60, .begin = rnd_seed, .tests = { { there_and_back }, { garbage }, { known }, { records }, { query }, { query_of_a_group } })
