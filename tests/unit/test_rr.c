// SPDX-License-Identifier: GPL-2.0-or-later
/* Return routability's arithmetic against values that Python's hmac and hashlib computed. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "core/rr.h"
#include "suite.h"

static const uint8_t home_token[] = { 0x76, 0xe9, 0x55, 0x38, 0x6b, 0x80, 0xc8, 0x39 };
static const uint8_t coa_token[] = { 0x73, 0x97, 0xf3, 0xa3, 0x69, 0x74, 0x55, 0x03 };
static const uint8_t kbm[] = { 0x6a, 0xd9, 0x8b, 0xf9, 0x8b, 0xfc, 0x7e, 0x14, 0x5e, 0x7d, 0x37, 0x7b, 0x0f, 0x26, 0x84, 0xca, 0x2c, 0x09, 0x27, 0x0e };
static const uint8_t kbm_dereg[] = { 0x77, 0x6d, 0x0f, 0xcd, 0x60, 0x97, 0x12, 0x67, 0xd2, 0x7b, 0xe3, 0x30, 0x55, 0x2e, 0xb8, 0x38, 0xbc, 0x3a, 0x82, 0xff };
static const uint8_t authenticator[] = { 0x82, 0x53, 0x61, 0xd7, 0x1b, 0xc4, 0xc4, 0xc4, 0x99, 0xe8, 0x5e, 0x74 };
/* A Binding Update whose checksum and authenticator are filled with what must not count. */
static const uint8_t update[] = { 0x3b, 0x04, 0x05, 0x00, 0xab, 0xcd, 0x12, 0x34, 0x80, 0x00, 0x00, 0x69, 0x04, 0x04, 0x00, 0x07, 0x00, 0x09, 0x01, 0x02, 0x00, 0x00, 0x05, 0x0c, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00 };
#define AUTH_OFFSET 24

static struct in6_addr ip(const char *text)
{
	struct in6_addr a;

	ck_assert_int_eq(inet_pton(AF_INET6, text, &a), 1);
	return a;
}

START_TEST(tokens)
{
	const struct in6_addr hoa = ip("2001:db8:1::64"), coa = ip("2001:db8:2::99");
	uint8_t kcn[RR_KCN_LEN], nonce[RR_NONCE_LEN], token[RR_TOKEN_LEN];

	for (int i = 0; i < RR_KCN_LEN; i++)
		kcn[i] = (uint8_t)i;
	for (int i = 0; i < RR_NONCE_LEN; i++)
		nonce[i] = (uint8_t)(100 + i);
	ck_assert_int_eq(rr_token(kcn, &hoa, nonce, RR_HOME, token), 0);
	ck_assert_mem_eq(token, home_token, sizeof(token));
	ck_assert_int_eq(rr_token(kcn, &coa, nonce, RR_CARE_OF, token), 0);
	ck_assert_mem_eq(token, coa_token, sizeof(token));
}
END_TEST

START_TEST(binding_key)
{
	uint8_t key[RR_KBM_LEN];

	ck_assert_int_eq(rr_kbm(home_token, coa_token, key), 0);
	ck_assert_mem_eq(key, kbm, sizeof(key));
	ck_assert_int_eq(rr_kbm(home_token, NULL, key), 0);
	ck_assert_mem_eq(key, kbm_dereg, sizeof(key));
}
END_TEST

START_TEST(authenticators)
{
	const struct in6_addr coa = ip("2001:db8:2::99"), cn = ip("2001:db8:c::1");
	uint8_t auth[MH_AUTH_LEN], msg[sizeof(update)];

	ck_assert_int_eq(rr_authenticator(kbm, &coa, &cn, update, sizeof(update), AUTH_OFFSET, auth), 0);
	ck_assert_mem_eq(auth, authenticator, sizeof(auth));
	ck_assert(rr_equal(auth, authenticator, sizeof(auth)));
	for (size_t i = 0; i < sizeof(msg); i++) {
		const bool counts = i != 4 && i != 5 && (i < AUTH_OFFSET || i >= AUTH_OFFSET + MH_AUTH_LEN);

		memcpy(msg, update, sizeof(msg));
		msg[i] ^= 1;
		ck_assert_int_eq(rr_authenticator(kbm, &coa, &cn, msg, sizeof(msg), AUTH_OFFSET, auth), 0);
		ck_assert_msg(rr_equal(auth, authenticator, sizeof(auth)) == !counts, "byte %zu", i);
	}
}
END_TEST

START_TEST(outside)
{
	const struct in6_addr a = in6addr_any;
	uint8_t auth[MH_AUTH_LEN];

	ck_assert_int_eq(rr_authenticator(kbm, &a, &a, update, sizeof(update), sizeof(update) - MH_AUTH_LEN + 1, auth), -EINVAL);
	ck_assert_int_eq(rr_authenticator(kbm, &a, &a, update, sizeof(update), (size_t)-4, auth), -EINVAL);
	ck_assert_int_eq(rr_authenticator(kbm, &a, &a, update, 5, 0, auth), -EINVAL);
	ck_assert_int_eq(rr_authenticator(kbm, &a, &a, update, sizeof(update), sizeof(update) - MH_AUTH_LEN, auth), 0);
}
END_TEST

SUITE("return routability", .tests = { { tokens }, { binding_key }, { authenticators }, { outside } })
