// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The binding cache's table: chains from a power-of-two array, doubled when there is an entry a bucket. Home addresses of one prefix differ in
 * a few low bits or are chosen by an attacker, so the hash is SipHash-1-3 with a random key.
 */
#include "core/bcache.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define MIN_BUCKETS 64

struct bcache {
	struct binding **buckets;
	uint32_t n_buckets, count, max;
	uint64_t key[2];
};

static inline uint64_t rotl(uint64_t v, int n)
{
	return (v << n) | (v >> (64 - n));
}

static inline void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = rotl(v[1], 13) ^ v[0];
	v[3] = rotl(v[3], 16) ^ v[2];
	v[0] = rotl(v[0], 32);
	v[2] += v[1];
	v[0] += v[3];
	v[1] = rotl(v[1], 17) ^ v[2];
	v[3] = rotl(v[3], 21) ^ v[0];
	v[2] = rotl(v[2], 32);
}

static uint64_t hash(const struct bcache *c, const struct in6_addr *a)
{
	uint64_t v[4] = { c->key[0] ^ 0x736f6d6570736575u, c->key[1] ^ 0x646f72616e646f6du, c->key[0] ^ 0x6c7967656e657261u,
			  c->key[1] ^ 0x7465646279746573u };
	uint64_t words[3];

	memcpy(words, a, 16);
	words[2] = 16ull << 56;
	for (int i = 0; i < 3; i++) {
		v[3] ^= words[i];
		sip_round(v);
		v[0] ^= words[i];
	}
	v[2] ^= 0xff;
	for (int i = 0; i < 3; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static struct binding **bucket(const struct bcache *c, const struct in6_addr *hoa)
{
	return &c->buckets[hash(c, hoa) & (c->n_buckets - 1)];
}

struct bcache *bcache_new(uint32_t max)
{
	struct bcache *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->max = max;
	c->n_buckets = MIN_BUCKETS;
	c->buckets = calloc(c->n_buckets, sizeof(*c->buckets));
	if (!c->buckets || getrandom(c->key, sizeof(c->key), 0) != (ssize_t)sizeof(c->key)) {
		bcache_free(c);
		return NULL;
	}
	return c;
}

void bcache_free(struct bcache *c)
{
	if (!c)
		return;
	for (uint32_t i = 0; c->buckets && i < c->n_buckets; i++) {
		struct binding *next;

		for (struct binding *b = c->buckets[i]; b; b = next) {
			next = b->chain;
			free(b);
		}
	}
	free(c->buckets);
	free(c);
}

struct binding *bcache_find(const struct bcache *c, const struct in6_addr *hoa)
{
	struct binding *b;

	for (b = *bucket(c, hoa); b; b = b->chain)
		if (IN6_ARE_ADDR_EQUAL(&b->hoa, hoa))
			break;
	return b;
}

/* A failure to grow is no error: the chains get longer. */
static void grow(struct bcache *c)
{
	struct bcache bigger = *c;

	bigger.n_buckets = c->n_buckets * 2;
	bigger.buckets = calloc(bigger.n_buckets, sizeof(*bigger.buckets));
	if (!bigger.buckets)
		return;
	for (uint32_t i = 0; i < c->n_buckets; i++) {
		struct binding *next;

		for (struct binding *b = c->buckets[i]; b; b = next) {
			struct binding **to = bucket(&bigger, &b->hoa);

			next = b->chain;
			b->chain = *to;
			*to = b;
		}
	}
	free(c->buckets);
	*c = bigger;
}

struct binding *bcache_add(struct bcache *c, const struct in6_addr *hoa)
{
	struct binding **to, *b;

	if (c->count >= c->max)
		return NULL;
	if (c->count >= c->n_buckets)
		grow(c);
	b = calloc(1, sizeof(*b));
	if (!b)
		return NULL;
	b->hoa = *hoa;
	to = bucket(c, hoa);
	b->chain = *to;
	*to = b;
	c->count++;
	return b;
}

void bcache_remove(struct bcache *c, struct binding *b)
{
	struct binding **at = bucket(c, &b->hoa);

	while (*at != b)
		at = &(*at)->chain;
	*at = b->chain;
	c->count--;
	free(b);
}

uint32_t bcache_count(const struct bcache *c)
{
	return c->count;
}

uint32_t bcache_max(const struct bcache *c)
{
	return c->max;
}

void bcache_each(struct bcache *c, void (*fn)(struct binding *b, void *arg), void *arg)
{
	for (uint32_t i = 0; i < c->n_buckets; i++) {
		struct binding *next;

		for (struct binding *b = c->buckets[i]; b; b = next) {
			next = b->chain;
			fn(b, arg);
		}
	}
}
