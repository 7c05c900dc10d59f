// SPDX-License-Identifier: GPL-2.0-or-later
/* ICMPv6 errors with what they quote, home agent address discovery, mobile prefix discovery. */
#include "suite.h"
#include "wire_test.h"

#include "wire/icmp6.h"

#define ROUNDS 20000

static int parse_error(const uint8_t *buf, size_t len, struct icmp6_error *out)
{
	uint8_t *copy = exact(buf, len);
	int ret = icmp6_parse_error(copy, len, out);

	exact_free(copy, len);
	return ret;
}

static int parse_dhaad(const uint8_t *buf, size_t len, struct icmp6_dhaad *out)
{
	uint8_t *copy = exact(buf, len);
	int ret = icmp6_parse_dhaad(copy, len, out);

	exact_free(copy, len);
	return ret;
}

static int parse_mpd(const uint8_t *buf, size_t len, struct icmp6_mpd *out)
{
	uint8_t *copy = exact(buf, len);
	int ret = icmp6_parse_mpd(copy, len, out);

	exact_free(copy, len);
	return ret;
}

static void random_dhaad(struct icmp6_dhaad *m)
{
	memset(m, 0, sizeof(*m));
	m->reply = rnd_bool();
	m->mobile_router = rnd_bool();
	m->id = (uint16_t)rnd();
	if (!m->reply)
		return;
	m->n_agents = rnd_below(DHAAD_MAX_AGENTS + 1);
	rnd_bytes(m->agents, 16 * m->n_agents);
}

static void random_mpd(struct icmp6_mpd *m)
{
	memset(m, 0, sizeof(*m));
	m->advert = rnd_bool();
	m->id = (uint16_t)rnd();
	if (!m->advert)
		return;
	m->managed = rnd_bool();
	m->other = rnd_bool();
	m->n_prefixes = rnd_below(ND_MAX_PREFIXES + 1);
	for (unsigned int i = 0; i < m->n_prefixes; i++) {
		rnd_bytes(&m->prefixes[i].prefix, 16);
		m->prefixes[i].len = (uint8_t)rnd_below(129);
		m->prefixes[i].router = rnd_bool();
		m->prefixes[i].valid = rnd();
		m->prefixes[i].preferred = rnd();
	}
}

START_TEST(dhaad_there_and_back)
{
	uint8_t buf[8 + 16 * DHAAD_MAX_AGENTS];
	struct icmp6_dhaad in, out;
	ssize_t len;

	for (int i = 0; i < ROUNDS / 10; i++) {
		random_dhaad(&in);
		len = icmp6_build_dhaad(buf, sizeof(buf), &in);
		ck_assert_int_ge(len, 8);
		ck_assert_int_eq(parse_dhaad(buf, (size_t)len, &out), 0);
		ck_assert_mem_eq(&in, &out, sizeof(in));
		ck_assert_int_eq(icmp6_build_dhaad(buf, (size_t)len - 1, &in), -ENOSPC);
		for (size_t n = 0; n < (size_t)len; n++)
			ck_assert_int_eq(parse_dhaad(buf, n, &out), n >= 8 && n % 16 == 8 ? 0 : -EBADMSG);
	}
}
END_TEST

START_TEST(mpd_there_and_back)
{
	uint8_t buf[8 + 32 * ND_MAX_PREFIXES];
	struct icmp6_mpd in, out;
	ssize_t len;

	for (int i = 0; i < ROUNDS / 10; i++) {
		random_mpd(&in);
		len = icmp6_build_mpd(buf, sizeof(buf), &in);
		ck_assert_int_ge(len, 8);
		ck_assert_int_eq(parse_mpd(buf, (size_t)len, &out), 0);
		ck_assert_mem_eq(&in, &out, sizeof(in));
		ck_assert_int_eq(icmp6_build_mpd(buf, (size_t)len - 1, &in), -ENOSPC);
		for (size_t n = 0; n < (size_t)len; n++)
			ck_assert_int_eq(parse_mpd(buf, n, &out), n >= 8 && n % 32 == 8 ? 0 : -EBADMSG);
	}
}
END_TEST

START_TEST(hostile_bytes)
{
	uint8_t buf[8 + 16 * DHAAD_MAX_AGENTS], back[sizeof(buf)];
	struct icmp6_dhaad dhaad, dhaad2;
	struct icmp6_mpd mpd, mpd2;
	struct icmp6_error error;
	size_t len;

	for (int i = 0; i < ROUNDS; i++) {
		random_dhaad(&dhaad);
		len = mutate(buf, (size_t)icmp6_build_dhaad(buf, sizeof(buf), &dhaad));
		if (parse_dhaad(buf, len, &dhaad) == 0) {
			len = (size_t)icmp6_build_dhaad(back, sizeof(back), &dhaad);
			ck_assert_int_eq(parse_dhaad(back, len, &dhaad2), 0);
			ck_assert_mem_eq(&dhaad, &dhaad2, sizeof(dhaad));
		}
		random_mpd(&mpd);
		len = mutate(buf, (size_t)icmp6_build_mpd(buf, sizeof(buf), &mpd));
		if (parse_mpd(buf, len, &mpd) == 0) {
			len = (size_t)icmp6_build_mpd(back, sizeof(back), &mpd);
			ck_assert_int_eq(parse_mpd(back, len, &mpd2), 0);
			ck_assert_mem_eq(&mpd, &mpd2, sizeof(mpd));
		}
		len = rnd_below(200);
		rnd_bytes(buf, len);
		if (len > 8)
			buf[8] = 0x60;
		if (parse_error(buf, len, &error) == 0 && error.quoted_ok)
			ck_assert_uint_le(error.quoted.upper, len - 8);
	}
}
END_TEST

START_TEST(too_many_agents)
{
	uint8_t buf[8 + 16 * (DHAAD_MAX_AGENTS + 5)] = { ICMP6_DHAAD_REPLY };
	struct icmp6_dhaad out;

	ck_assert_int_eq(parse_dhaad(buf, sizeof(buf), &out), 0);
	ck_assert_uint_eq(out.n_agents, DHAAD_MAX_AGENTS);
}
END_TEST

START_TEST(header_rules)
{
	uint8_t buf[8] = { ICMP6_DHAAD_REQUEST };
	struct icmp6_dhaad dhaad;
	struct icmp6_mpd mpd;
	struct icmp6_error error;

	ck_assert_int_eq(parse_dhaad(buf, 8, &dhaad), 0);
	ck_assert_int_eq(parse_mpd(buf, 8, &mpd), -EBADMSG);
	ck_assert_int_eq(parse_error(buf, 8, &error), -EBADMSG);
	buf[1] = 1;
	ck_assert_int_eq(parse_dhaad(buf, 8, &dhaad), -EBADMSG);
	buf[0] = ICMP6_MP_SOLICIT;
	ck_assert_int_eq(parse_mpd(buf, 8, &mpd), -EBADMSG);
	buf[1] = 0;
	ck_assert_int_eq(parse_mpd(buf, 8, &mpd), 0);
	ck_assert_int_eq(parse_dhaad(buf, 8, &dhaad), -EBADMSG);
}
END_TEST

/* The number in the header, and the quoted packet through its Home Address option. */
START_TEST(errors)
{
	const struct in6_addr src = { { { 0x20, [15] = 1 } } }, dst = { { { 0x20, [15] = 2 } } };
	const struct in6_addr hoa = { { { 0x20, [15] = 3 } } };
	uint8_t buf[8 + 40 + HAO_HDR_LEN + 16] = { ICMP6_TOO_BIG, 0, 0, 0, 0, 0, 0x05, 0x00 };
	struct icmp6_error e;

	ip6_build(buf + 8, IPPROTO_DSTOPTS, 64, 1400, &src, &dst);
	hao_build(buf + 48, IPPROTO_MH, &hoa);
	ck_assert_int_eq(parse_error(buf, sizeof(buf), &e), 0);
	ck_assert(e.quoted_ok);
	ck_assert_uint_eq(e.param, 1280);
	ck_assert_uint_eq(e.quoted.proto, IPPROTO_MH);
	ck_assert_uint_eq(e.quoted.upper, 40 + HAO_HDR_LEN);
	ck_assert_uint_eq(e.quoted.end, 1440);
	ck_assert_mem_eq(&e.quoted.src, &src, 16);
	ck_assert_mem_eq(&e.quoted.dst, &dst, 16);
	ck_assert_mem_eq(&e.quoted.hao, &hoa, 16);

	buf[0] = ICMP6_UNREACH; /* here the word is unused */
	buf[1] = 3;
	ck_assert_int_eq(parse_error(buf, sizeof(buf), &e), 0);
	ck_assert_uint_eq(e.param, 0);
	ck_assert_uint_eq(e.code, 3);
	ck_assert_int_eq(parse_error(buf, 60, &e), 0);
	ck_assert(!e.quoted_ok);
	ck_assert_int_eq(parse_error(buf, 8, &e), 0);
	ck_assert(!e.quoted_ok);
	ck_assert_int_eq(parse_error(buf, 7, &e), -EBADMSG);
}
END_TEST

SUITE("icmp6", .timeout = 60, .begin = rnd_seed,
	.tests = {
		{ dhaad_there_and_back },
		{ mpd_there_and_back },
		{ hostile_bytes },
		{ too_many_agents },
		{ header_rules },
		{ errors },
	})
