/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The arithmetic of the return routability procedure, RFC 6275 5.2 and 6.2.7. Pure; libcrypto computes. What is
 * handed in and out is secret except for the authenticator: nothing of it may reach a log or a control socket.
 */
#ifndef CORE_RR_H
#define CORE_RR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/mh.h"

#define RR_KCN_LEN   20
#define RR_NONCE_LEN 16 /* RFC 6275 5.2.2 recommends 64 bits or more */
#define RR_TOKEN_LEN 8
#define RR_KBM_LEN   20

#define RR_MAX_TOKEN_LIFETIME 210 /* seconds that a mobile node may use a token, RFC 6275 12 */
#define RR_MAX_NONCE_LIFETIME 240 /* seconds that a correspondent node honours a nonce */
#define RR_MAX_BINDING_LIFETIME 420 /* MAX_RR_BINDING_LIFETIME */

enum rr_kind { RR_HOME = 0, RR_CARE_OF = 1 }; /* the last byte of what a token is computed from */

/* A keygen token: 0, or -EIO if libcrypto will not. */
int rr_token(const uint8_t kcn[RR_KCN_LEN], const struct in6_addr *addr, const uint8_t nonce[RR_NONCE_LEN],
	     enum rr_kind kind, uint8_t token[RR_TOKEN_LEN]);
/* Kbm from both tokens; care_of NULL: for a deregistration, from the home token alone (5.2.5). 0 or -EIO. */
int rr_kbm(const uint8_t home[RR_TOKEN_LEN], const uint8_t care_of[RR_TOKEN_LEN], uint8_t kbm[RR_KBM_LEN]);
/*
 * The authenticator of a whole message as mh_build() makes it or mh_parse() reads it: msg of len bytes, whose
 * MH_AUTH_LEN bytes at auth_offset and checksum do not count. cn is the correspondent's (home) address. 0, -EINVAL if
 * auth_offset lies outside, -EIO.
 */
int rr_authenticator(const uint8_t kbm[RR_KBM_LEN], const struct in6_addr *coa, const struct in6_addr *cn,
		     const uint8_t *msg, size_t len, size_t auth_offset, uint8_t auth[MH_AUTH_LEN]);
/* Compares in constant time. */
bool rr_equal(const void *a, const void *b, size_t len);
/* Forgets a secret, so that the compiler cannot leave it out. */
void rr_wipe(void *secret, size_t len);

#endif
