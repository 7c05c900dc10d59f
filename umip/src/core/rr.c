// SPDX-License-Identifier: GPL-2.0-or-later
/* Return routability's arithmetic on libcrypto: HMAC_SHA1 and SHA1 are RFC 6275's choice, both ends have to agree. */
#include "core/rr.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <string.h>

#define MH_CHECKSUM_OFFSET 4

static int hmac_sha1(const uint8_t key[20], const uint8_t *data, size_t len, uint8_t out[SHA_DIGEST_LENGTH])
{
	unsigned int n = 0;

	return HMAC(EVP_sha1(), key, 20, data, len, out, &n) && n == SHA_DIGEST_LENGTH ? 0 : -EIO;
}

int rr_token(const uint8_t kcn[RR_KCN_LEN], const struct in6_addr *addr, const uint8_t nonce[RR_NONCE_LEN],
	     enum rr_kind kind, uint8_t token[RR_TOKEN_LEN])
{
	uint8_t data[sizeof(*addr) + RR_NONCE_LEN + 1], mac[SHA_DIGEST_LENGTH];
	int err;

	memcpy(data, addr, sizeof(*addr));
	memcpy(data + sizeof(*addr), nonce, RR_NONCE_LEN);
	data[sizeof(data) - 1] = (uint8_t)kind;
	err = hmac_sha1(kcn, data, sizeof(data), mac);
	if (!err)
		memcpy(token, mac, RR_TOKEN_LEN);
	rr_wipe(data, sizeof(data));
	rr_wipe(mac, sizeof(mac));
	return err;
}

int rr_kbm(const uint8_t home[RR_TOKEN_LEN], const uint8_t care_of[RR_TOKEN_LEN], uint8_t kbm[RR_KBM_LEN])
{
	uint8_t data[2 * RR_TOKEN_LEN];
	size_t len = RR_TOKEN_LEN;
	unsigned int n = 0;
	int ok;

	memcpy(data, home, RR_TOKEN_LEN);
	if (care_of) {
		memcpy(data + RR_TOKEN_LEN, care_of, RR_TOKEN_LEN);
		len += RR_TOKEN_LEN;
	}
	ok = EVP_Digest(data, len, kbm, &n, EVP_sha1(), NULL) && n == RR_KBM_LEN;
	rr_wipe(data, sizeof(data));
	return ok ? 0 : -EIO;
}

int rr_authenticator(const uint8_t kbm[RR_KBM_LEN], const struct in6_addr *coa, const struct in6_addr *cn,
		     const uint8_t *msg, size_t len, size_t auth_offset, uint8_t auth[MH_AUTH_LEN])
{
	uint8_t data[2 * sizeof(*coa) + MH_MAX_LEN], mac[SHA_DIGEST_LENGTH];
	uint8_t *at = data + 2 * sizeof(*coa);
	size_t after = auth_offset + MH_AUTH_LEN;
	int err;

	if (len > MH_MAX_LEN || len < MH_CHECKSUM_OFFSET + 2 || auth_offset > len || len - auth_offset < MH_AUTH_LEN)
		return -EINVAL;
	memcpy(data, coa, sizeof(*coa));
	memcpy(data + sizeof(*coa), cn, sizeof(*cn));
	memcpy(at, msg, auth_offset);
	memset(at + MH_CHECKSUM_OFFSET, 0, 2);
	memcpy(at + auth_offset, msg + after, len - after);
	err = hmac_sha1(kbm, data, 2 * sizeof(*coa) + len - MH_AUTH_LEN, mac);
	if (!err)
		memcpy(auth, mac, MH_AUTH_LEN);
	return err;
}

bool rr_equal(const void *a, const void *b, size_t len)
{
	return !CRYPTO_memcmp(a, b, len);
}

void rr_wipe(void *secret, size_t len)
{
	OPENSSL_cleanse(secret, len);
}
