/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SipHash-1-3 of IPv6 addresses, for tables whose keys come from outside: addresses of one prefix differ in a few low
 * bits or are chosen by an attacker, so the key has to be random.
 */
#ifndef CORE_HASH_H
#define CORE_HASH_H

#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t hash_rotl(uint64_t v, int n)
{
	return (v << n) | (v >> (64 - n));
}

static inline void hash_round(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = hash_rotl(v[1], 13) ^ v[0];
	v[3] = hash_rotl(v[3], 16) ^ v[2];
	v[0] = hash_rotl(v[0], 32);
	v[2] += v[1];
	v[0] += v[3];
	v[1] = hash_rotl(v[1], 17) ^ v[2];
	v[3] = hash_rotl(v[3], 21) ^ v[0];
	v[2] = hash_rotl(v[2], 32);
}

static inline void hash_word(uint64_t v[4], uint64_t w)
{
	v[3] ^= w;
	hash_round(v);
	v[0] ^= w;
}

/* Of n addresses, n < 16. */
static inline uint64_t hash_addrs(const uint64_t key[2], const struct in6_addr *const a[], unsigned int n)
{
	uint64_t v[4] = { key[0] ^ 0x736f6d6570736575u, key[1] ^ 0x646f72616e646f6du, key[0] ^ 0x6c7967656e657261u,
			  key[1] ^ 0x7465646279746573u };
	uint64_t half[2];

	for (unsigned int i = 0; i < n; i++) {
		memcpy(half, a[i], sizeof(half));
		hash_word(v, half[0]);
		hash_word(v, half[1]);
	}
	hash_word(v, (uint64_t)(16 * n) << 56);
	v[2] ^= 0xff;
	for (int i = 0; i < 3; i++)
		hash_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

#endif
