/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A token bucket for each peer, in a table of fixed size: no flood makes it grow. The bucket is found by a keyed hash, so
 * nobody chooses with whom he shares one.
 */
#ifndef CORE_PEER_LIMIT_H
#define CORE_PEER_LIMIT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/random.h>

#include "core/hash.h"
#include "core/limit.h"

#define PEER_LIMIT_BITS 11

struct peer_limit {
	uint64_t key[2];
	struct limit bucket[1 << PEER_LIMIT_BITS];
};

static inline void peer_limit_init(struct peer_limit *t, double rate, double burst, double now)
{
	if (getrandom(t->key, sizeof(t->key), 0) != (ssize_t)sizeof(t->key))
		t->key[0] = (uint64_t)(now * 1e6) ^ (uintptr_t)t;
	for (unsigned int i = 0; i < 1u << PEER_LIMIT_BITS; i++)
		limit_init(&t->bucket[i], rate, burst, now);
}

static inline bool peer_limit_take(struct peer_limit *t, const struct in6_addr *peer, double now)
{
	const struct in6_addr *const a[] = { peer };

	return limit_take(&t->bucket[hash_addrs(t->key, a, 1) >> (64 - PEER_LIMIT_BITS)], now);
}

#endif
