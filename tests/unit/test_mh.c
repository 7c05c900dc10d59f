// SPDX-License-Identifier: GPL-2.0-or-later
/* The Mobility Header codec: properties on random messages, and one example for every rule that refuses something. */
#include "suite.h"
#include "wire_test.h"

#include "wire/exthdr.h"
#include "wire/mh.h"

#define ROUNDS 20000

static const struct in6_addr here = { { { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } } };
static const struct in6_addr there = { { { 0x20, 0x01, 0x0d, 0xb8, [15] = 2 } } };

static void random_bu(struct mh_msg *m)
{
	m->bu.seq = (uint16_t)rnd();
	m->bu.flags = rnd() & (MH_BU_A | MH_BU_H | MH_BU_L | MH_BU_K | MH_BU_R);
	m->bu.lifetime = (uint16_t)rnd();
	m->opts.has_alt_coa = rnd_bool();
	if (m->opts.has_alt_coa)
		rnd_bytes(&m->opts.alt_coa, 16);
	m->opts.has_nonce = rnd_bool();
	if (m->opts.has_nonce) {
		m->opts.home_nonce = (uint16_t)rnd();
		m->opts.coa_nonce = (uint16_t)rnd();
	}
	m->opts.n_mnp = rnd_bool() ? 0 : rnd_below(MH_MAX_MNP + 1);
	for (unsigned int i = 0; i < m->opts.n_mnp; i++) {
		rnd_bytes(&m->opts.mnp[i].addr, 16);
		m->opts.mnp[i].len = (uint8_t)rnd_below(129);
	}
}

static void random_ba(struct mh_msg *m)
{
	m->ba.status = (uint8_t)rnd();
	m->ba.flags = rnd() & (MH_BA_K | MH_BA_R);
	m->ba.seq = (uint16_t)rnd();
	m->ba.lifetime = (uint16_t)rnd();
	m->opts.has_refresh_advice = rnd_bool();
	if (m->opts.has_refresh_advice)
		m->opts.refresh_advice = (uint16_t)rnd();
}

static void random_message(struct mh_msg *m)
{
	memset(m, 0, sizeof(*m));
	m->type = (uint8_t)rnd_below(MH_BE + 1);
	switch (m->type) {
	case MH_HOTI:
	case MH_COTI:
		rnd_bytes(&m->test_init.cookie, 8);
		break;
	case MH_HOT:
	case MH_COT:
		m->test.nonce_index = (uint16_t)rnd();
		rnd_bytes(&m->test.cookie, 8);
		rnd_bytes(&m->test.keygen_token, 8);
		break;
	case MH_BU:
		random_bu(m);
		break;
	case MH_BA:
		random_ba(m);
		break;
	case MH_BE:
		m->be.status = (uint8_t)rnd();
		rnd_bytes(&m->be.hoa, 16);
		break;
	}
	if ((m->type == MH_BU || m->type == MH_BA) && rnd_bool()) {
		m->opts.has_auth = true;
		rnd_bytes(m->opts.auth, MH_AUTH_LEN);
	}
}

static int parse(const uint8_t *buf, size_t len, struct mh_msg *m, size_t *bad)
{
	uint8_t *copy = exact(buf, len);
	int ret = mh_parse(copy, len, m, bad);

	exact_free(copy, len);
	return ret;
}

START_TEST(build_parse_equal)
{
	uint8_t buf[MH_MAX_LEN];
	struct mh_msg in, out;
	size_t auth;
	ssize_t len;

	for (int i = 0; i < ROUNDS; i++) {
		random_message(&in);
		auth = 0;
		len = mh_build(buf, sizeof(buf), &in, &auth);
		ck_assert_int_gt(len, 0);
		ck_assert_int_eq(len % 8, 0);
		ck_assert_int_eq(buf[1], len / 8 - 1);
		ck_assert_int_eq(parse(buf, (size_t)len, &out, NULL), 0);
		ck_assert_uint_eq(out.opts.auth_offset, auth);
		if (in.opts.has_auth)
			ck_assert_int_eq((ssize_t)auth + MH_AUTH_LEN, len);
		in.opts.auth_offset = auth;
		ck_assert_mem_eq(&in, &out, sizeof(in));
	}
}
END_TEST

/* Each option stands where section 6.2 wants it. The bytes are walked here once more, by hand. */
START_TEST(options_are_aligned)
{
	static const struct {
		unsigned int mod, rem;
	} want[] = { [MHO_REFRESH_ADVICE] = { 2, 0 },
		     [MHO_ALT_COA] = { 8, 6 },
		     [MHO_NONCE] = { 2, 0 },
		     [MHO_AUTH] = { 8, 2 },
		     [MHO_MNP] = { 8, 4 } };
	uint8_t buf[MH_MAX_LEN];
	struct mh_msg m;
	ssize_t len;

	for (int i = 0; i < ROUNDS; i++) {
		random_message(&m);
		if (m.type != MH_BU && m.type != MH_BA)
			continue;
		len = mh_build(buf, sizeof(buf), &m, NULL);
		for (ssize_t at = 12; at < len; at += buf[at] == MHO_PAD1 ? 1 : 2 + buf[at + 1]) {
			if (buf[at] <= MHO_PADN)
				continue;
			ck_assert_uint_eq((size_t)at % want[buf[at]].mod, want[buf[at]].rem);
		}
	}
}
END_TEST

START_TEST(build_needs_room)
{
	uint8_t buf[MH_MAX_LEN];
	struct mh_msg m;
	ssize_t len;

	for (int i = 0; i < 500; i++) {
		random_message(&m);
		len = mh_build(buf, sizeof(buf), &m, NULL);
		for (ssize_t cap = 0; cap < len; cap++) {
			uint8_t *small = exact(buf, (size_t)cap);

			ck_assert_int_eq(mh_build(small, (size_t)cap, &m, NULL), -ENOSPC);
			exact_free(small, (size_t)cap);
		}
		ck_assert_int_eq(mh_build(buf, (size_t)len, &m, NULL), len);
	}
}
END_TEST

START_TEST(build_refuses)
{
	uint8_t buf[MH_MAX_LEN];
	struct mh_msg m;

	memset(&m, 0, sizeof(m));
	m.type = MH_BE + 1;
	ck_assert_int_eq(mh_build(buf, sizeof(buf), &m, NULL), -EINVAL);
	m.type = MH_BA;
	m.opts.has_alt_coa = true;
	ck_assert_int_eq(mh_build(buf, sizeof(buf), &m, NULL), -EINVAL);
	m.type = MH_BU;
	ck_assert_int_gt(mh_build(buf, sizeof(buf), &m, NULL), 0);
	m.opts.has_refresh_advice = true;
	ck_assert_int_eq(mh_build(buf, sizeof(buf), &m, NULL), -EINVAL);
	m.opts.has_refresh_advice = false;
	m.opts.n_mnp = MH_MAX_MNP + 1;
	ck_assert_int_eq(mh_build(buf, sizeof(buf), &m, NULL), -EINVAL);
	m.opts.n_mnp = 1;
	m.opts.mnp[0].len = 129;
	ck_assert_int_eq(mh_build(buf, sizeof(buf), &m, NULL), -EINVAL);
	memset(&m, 0, sizeof(m));
	m.type = MH_HOT;
	m.opts.has_auth = true;
	ck_assert_int_eq(mh_build(buf, sizeof(buf), &m, NULL), -EINVAL);
}
END_TEST

/* Whatever parses says the same thing after it was built again. */
static void check_reparse(const struct mh_msg *m)
{
	struct mh_msg want = *m, out;
	uint8_t buf[MH_MAX_LEN];
	ssize_t len = mh_build(buf, sizeof(buf), m, NULL);

	ck_assert_int_gt(len, 0);
	ck_assert_int_eq(parse(buf, (size_t)len, &out, NULL), 0);
	want.opts.auth_offset = out.opts.auth_offset;
	want.opts.n_unknown = 0;
	ck_assert_mem_eq(&want, &out, sizeof(out));
}

START_TEST(hostile_bytes)
{
	uint8_t buf[MH_MAX_LEN];
	struct mh_msg m;
	size_t len, bad;
	int ret, good = 0;

	for (int i = 0; i < ROUNDS; i++) {
		if (i % 4) {
			random_message(&m);
			len = (size_t)mh_build(buf, sizeof(buf), &m, NULL);
			len = mutate(buf, len);
		} else {
			len = rnd_below(128);
			rnd_bytes(buf, len);
			if (len > 2) {
				buf[0] = IPPROTO_NONE;
				buf[1] = (uint8_t)(len / 8 - 1);
				buf[2] &= 7;
			}
		}
		bad = 12345;
		ret = parse(buf, len, &m, &bad);
		ck_assert(ret == 0 || ret == -EBADMSG || ret == -EPROTONOSUPPORT);
		if (ret == -EBADMSG)
			ck_assert_uint_le(bad, len);
		if (ret == 0) {
			check_reparse(&m);
			good++;
		}
	}
	ck_assert_int_gt(good, ROUNDS / 100);
}
END_TEST

START_TEST(header_rules)
{
	static const size_t least[] = { 8, 16, 16, 24, 24, 16, 16, 24 };
	uint8_t buf[64] = { IPPROTO_NONE };
	struct mh_msg m;
	size_t bad;

	for (uint8_t type = 0; type <= MH_BE; type++) {
		for (size_t len = 8; len <= 40; len += 8) {
			buf[1] = (uint8_t)(len / 8 - 1);
			buf[2] = type;
			ck_assert_int_eq(parse(buf, len, &m, &bad), len < least[type] ? -EBADMSG : 0);
			ck_assert_uint_eq(m.type, type);
			if (len < least[type])
				ck_assert_uint_eq(bad, 1);
			/* bytes missing or left over */
			ck_assert_int_eq(parse(buf, len - 1, &m, &bad), -EBADMSG);
			ck_assert_int_eq(parse(buf, len + 1, &m, &bad), -EBADMSG);
			ck_assert_uint_le(bad, 1);
			buf[0] = IPPROTO_TCP;
			ck_assert_int_eq(parse(buf, len, &m, &bad), -EBADMSG);
			ck_assert_uint_eq(bad, 0);
			buf[0] = IPPROTO_NONE;
		}
	}
	buf[1] = 0;
	buf[2] = MH_BE + 1;
	ck_assert_int_eq(parse(buf, 8, &m, NULL), -EPROTONOSUPPORT);
	ck_assert_uint_eq(m.type, MH_BE + 1);
	/* Binding Error status 2 goes before a Parameter Problem */
	buf[0] = IPPROTO_TCP;
	ck_assert_int_eq(parse(buf, 8, &m, NULL), -EPROTONOSUPPORT);
	ck_assert_int_eq(parse(buf, 0, &m, NULL), -EBADMSG);
}
END_TEST

/* A Binding Update of 12 + n bytes with these option bytes. */
static int parse_options(const uint8_t *opts, size_t n, struct mh_msg *m, size_t *bad)
{
	uint8_t buf[MH_MAX_LEN] = { IPPROTO_NONE, (uint8_t)((12 + n) / 8 - 1), MH_BU };

	ck_assert_uint_eq((12 + n) % 8, 0);
	memcpy(buf + 12, opts, n);
	return parse(buf, 12 + n, m, bad);
}

START_TEST(option_lengths)
{
	static const uint8_t right[] = { [MHO_ALT_COA] = 16, [MHO_NONCE] = 4, [MHO_AUTH] = 12, [MHO_MNP] = 18 };
	struct mh_msg m;
	size_t bad;

	for (uint8_t type = MHO_ALT_COA; type <= MHO_MNP; type++) {
		for (unsigned int l = 0; l < 26; l++) {
			uint8_t opts[28] = { type, (uint8_t)l };
			bool ok = l == right[type] && type != MHO_AUTH; /* here padding follows */

			ck_assert_int_eq(parse_options(opts, sizeof(opts), &m, &bad), ok ? 0 : -EBADMSG);
			if (!ok)
				ck_assert_uint_eq(bad, type == MHO_AUTH && l == 12 ? 26 : 13);
		}
	}
}
END_TEST

START_TEST(option_rules)
{
	const uint8_t over[4] = { MHO_PADN, 3 };
	const uint8_t cut[4] = { 0, 0, 0, MHO_NONCE };
	const uint8_t unknown[12] = { 200, 3, 1, 2, 3, 0, 7, 2, 1, 2, MHO_PADN, 0 };
	const uint8_t stranger[4] = { MHO_REFRESH_ADVICE, 2, 0, 1 };
	const uint8_t strange_length[4] = { MHO_REFRESH_ADVICE, 1, 0 };
	const uint8_t twice[12] = { MHO_NONCE, 4, 0, 1, 0, 2, MHO_NONCE, 4, 0, 3, 0, 4 };
	struct mh_msg m;
	size_t bad;

	ck_assert_int_eq(parse_options(over, sizeof(over), &m, &bad), -EBADMSG);
	ck_assert_uint_eq(bad, 13);
	ck_assert_int_eq(parse_options(cut, sizeof(cut), &m, &bad), -EBADMSG);
	ck_assert_uint_eq(bad, 15);
	ck_assert_int_eq(parse_options(unknown, sizeof(unknown), &m, NULL), 0);
	ck_assert_uint_eq(m.opts.n_unknown, 2);
	ck_assert_int_eq(parse_options(stranger, sizeof(stranger), &m, NULL), 0);
	ck_assert(!m.opts.has_refresh_advice);
	ck_assert_uint_eq(m.opts.n_unknown, 1);
	ck_assert_int_eq(parse_options(strange_length, sizeof(strange_length), &m, NULL), 0);
	ck_assert_int_eq(parse_options(twice, sizeof(twice), &m, NULL), 0);
	ck_assert_uint_eq(m.opts.home_nonce, 1);
	ck_assert_uint_eq(m.opts.coa_nonce, 2);
}
END_TEST

START_TEST(prefix_rules)
{
	uint8_t opts[20 * (MH_MAX_MNP + 2)] = { 0 };
	struct mh_msg m;
	size_t bad;

	for (unsigned int i = 0; i < MH_MAX_MNP + 1; i++) {
		opts[20 * i] = MHO_MNP;
		opts[20 * i + 1] = 18;
		opts[20 * i + 3] = 128;
	}
	ck_assert_int_eq(parse_options(opts, 20 * (MH_MAX_MNP + 1), &m, NULL), 0);
	ck_assert_uint_eq(m.opts.n_mnp, MH_MAX_MNP);
	ck_assert_uint_eq(m.opts.n_mnp_more, 1);
	opts[3] = 129;
	ck_assert_int_eq(parse_options(opts, 20, &m, &bad), -EBADMSG);
	ck_assert_uint_eq(bad, 15);
	opts[3] = 128;
	opts[20 * MH_MAX_MNP] = MHO_PADN;
	ck_assert_int_eq(parse_options(opts, 20 * (MH_MAX_MNP + 1), &m, NULL), 0);
	ck_assert_uint_eq(m.opts.n_mnp, MH_MAX_MNP);
}
END_TEST

START_TEST(reserved_is_ignored)
{
	uint8_t buf[16] = { IPPROTO_NONE, 1, MH_BU, 0xff, 0, 0, 0, 1, 0xff, 0xff, 0, 2, MHO_PADN, 2, 0xff, 0xff };
	struct mh_msg m;
	ssize_t len;

	ck_assert_int_eq(parse(buf, sizeof(buf), &m, NULL), 0);
	ck_assert_uint_eq(m.bu.flags, 0xf4);
	m.bu.flags = 0xff;
	len = mh_build(buf, sizeof(buf), &m, NULL);
	ck_assert_int_eq(len, 16);
	ck_assert_uint_eq(buf[3], 0);
	ck_assert_uint_eq(buf[8], 0xf4);
	ck_assert_uint_eq(buf[9], 0);
}
END_TEST

START_TEST(checksum)
{
	uint8_t buf[MH_MAX_LEN];
	struct mh_msg m;
	ssize_t len;

	for (int i = 0; i < 1000; i++) {
		uint8_t bit = (uint8_t)(1 << rnd_below(8));

		random_message(&m);
		len = mh_build(buf, sizeof(buf), &m, NULL);
		mh_set_checksum(buf, (size_t)len, &here, &there);
		ck_assert_uint_eq(mh_checksum(&here, &there, buf, (size_t)len), 0);
		/* either way round: the sum does not know which address is which */
		ck_assert_uint_eq(mh_checksum(&there, &here, buf, (size_t)len), 0);
		buf[rnd_below((uint32_t)len)] ^= bit;
		ck_assert_uint_ne(mh_checksum(&here, &there, buf, (size_t)len), 0);
	}
}
END_TEST

START_TEST(sequence_numbers)
{
	/* For any a: 32767 numbers are newer than it, 32767 older, and two are neither: itself and the one opposite. */
	for (unsigned int round = 0; round < 16; round++) {
		uint16_t a = (uint16_t)(round < 4 ? (const uint16_t[]){ 0, 1, 0x7fff, 0xffff }[round] : rnd());
		unsigned int newer = 0, older = 0;

		for (unsigned int b = 0; b < 65536; b++) {
			bool n = mh_seq_newer((uint16_t)b, a), o = mh_seq_newer(a, (uint16_t)b);

			ck_assert(!(n && o));
			ck_assert(n || o || b == a || (uint16_t)(b - a) == 32768);
			newer += n;
			older += o;
		}
		ck_assert_uint_eq(newer, 32767);
		ck_assert_uint_eq(older, 32767);
		ck_assert(mh_seq_newer((uint16_t)(a + 1), a));
		ck_assert(!mh_seq_newer(a, a));
	}
	/* only the distance counts */
	for (int i = 0; i < ROUNDS; i++) {
		uint16_t a = (uint16_t)rnd(), b = (uint16_t)rnd(), shift = (uint16_t)rnd();

		ck_assert_int_eq(mh_seq_newer(a, b), mh_seq_newer((uint16_t)(a + shift), (uint16_t)(b + shift)));
	}
}
END_TEST

START_TEST(lifetimes)
{
	for (unsigned int units = 0; units < 65536; units++)
		ck_assert_uint_eq(mh_lifetime_from_sec(mh_lifetime_to_sec((uint16_t)units)), units);
	for (int i = 0; i < ROUNDS; i++) {
		uint32_t sec = rnd() >> rnd_below(32), back = mh_lifetime_to_sec(mh_lifetime_from_sec(sec));

		ck_assert_uint_le(back, sec);
		if (sec < 4 * 65536)
			ck_assert_uint_lt(sec - back, 4);
	}
	ck_assert_uint_eq(mh_lifetime_from_sec(UINT32_MAX), 0xffff);
	ck_assert_uint_eq(mh_lifetime_from_sec(3), 0);
}
END_TEST

START_TEST(names)
{
	ck_assert_str_eq(mh_status_name(BA_ACCEPTED), "accepted");
	ck_assert_str_eq(mh_status_name(BA_SEQ_OUT_OF_WINDOW), "sequence number out of window");
	for (unsigned int i = 0; i < 256; i++)
		ck_assert_ptr_nonnull(mh_status_name((uint8_t)i));
}
END_TEST

SUITE("mh", .timeout = 60, .begin = rnd_seed,
	.tests = {
		{ build_parse_equal },
		{ options_are_aligned },
		{ build_needs_room },
		{ build_refuses },
		{ hostile_bytes },
		{ header_rules },
		{ option_lengths },
		{ option_rules },
		{ prefix_rules },
		{ reserved_is_ignored },
		{ checksum },
		{ sequence_numbers },
		{ lifetimes },
		{ names },
	})
