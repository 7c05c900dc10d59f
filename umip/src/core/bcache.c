// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The binding cache's tables: chains from power-of-two arrays, doubled when there is an entry a bucket; the hash has a
 * random key (core/hash.h).
 *
 * A bucket is the first bits of the hash, so that doubling splits each bucket into two neighbours: who walks through
 * the table in pieces has, whatever happens meanwhile, all entries with a smaller hash behind him and no other.
 */
#include "core/bcache.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "core/hash.h"

#define MIN_BITS 6

struct bcache {
	struct binding **by_home, **by_link_local; /* both 1 << bits */
	unsigned int bits;
	uint32_t count, max;
	uint64_t key[2];
};

static uint64_t hash(const struct bcache *c, const struct in6_addr *a)
{
	return hash_addrs(c->key, &a, 1);
}

static uint32_t n_buckets(const struct bcache *c)
{
	return 1u << c->bits;
}

static uint32_t bucket(const struct bcache *c, const struct in6_addr *addr)
{
	return (uint32_t)(hash(c, addr) >> (64 - c->bits));
}

static void insert(struct bcache *c, struct binding *b)
{
	struct binding **home = &c->by_home[bucket(c, &b->hoa)], **link_local;

	b->chain = *home;
	*home = b;
	if (IN6_IS_ADDR_UNSPECIFIED(&b->link_local))
		return;
	link_local = &c->by_link_local[bucket(c, &b->link_local)];
	b->link_local_chain = *link_local;
	*link_local = b;
}

struct bcache *bcache_new(uint32_t max)
{
	struct bcache *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->max = max;
	c->bits = MIN_BITS;
	c->by_home = calloc(n_buckets(c), sizeof(*c->by_home));
	c->by_link_local = calloc(n_buckets(c), sizeof(*c->by_link_local));
	if (!c->by_home || !c->by_link_local || getrandom(c->key, sizeof(c->key), 0) != (ssize_t)sizeof(c->key)) {
		bcache_free(c);
		return NULL;
	}
	return c;
}

static void free_tables(struct bcache *c)
{
	free(c->by_home);
	free(c->by_link_local);
}

void bcache_free(struct bcache *c)
{
	if (!c)
		return;
	for (uint32_t i = 0; c->by_home && i < n_buckets(c); i++) {
		struct binding *next;

		for (struct binding *b = c->by_home[i]; b; b = next) {
			next = b->chain;
			free(b);
		}
	}
	free_tables(c);
	free(c);
}

struct binding *bcache_find(const struct bcache *c, const struct in6_addr *hoa)
{
	struct binding *b;

	for (b = c->by_home[bucket(c, hoa)]; b; b = b->chain)
		if (IN6_ARE_ADDR_EQUAL(&b->hoa, hoa))
			break;
	return b;
}

/* A failure to grow is no error: the chains get longer. */
static void grow(struct bcache *c)
{
	struct bcache bigger = *c;

	bigger.bits++;
	bigger.by_home = calloc(n_buckets(&bigger), sizeof(*bigger.by_home));
	bigger.by_link_local = calloc(n_buckets(&bigger), sizeof(*bigger.by_link_local));
	if (!bigger.by_home || !bigger.by_link_local) {
		free_tables(&bigger);
		return;
	}
	for (uint32_t i = 0; i < n_buckets(c); i++) {
		struct binding *next;

		for (struct binding *b = c->by_home[i]; b; b = next) {
			next = b->chain;
			insert(&bigger, b);
		}
	}
	free_tables(c);
	*c = bigger;
}

struct binding *bcache_add(struct bcache *c, const struct in6_addr *hoa)
{
	struct binding *b;

	if (c->count >= c->max)
		return NULL;
	if (c->count >= n_buckets(c))
		grow(c);
	b = calloc(1, sizeof(*b));
	if (!b)
		return NULL;
	b->hoa = *hoa;
	insert(c, b);
	c->count++;
	return b;
}

void bcache_set_link_local(struct bcache *c, struct binding *b, const struct in6_addr *addr)
{
	struct binding **to = &c->by_link_local[bucket(c, addr)];

	b->link_local = *addr;
	b->link_local_chain = *to;
	*to = b;
}

void bcache_remove(struct bcache *c, struct binding *b)
{
	struct binding **at = &c->by_home[bucket(c, &b->hoa)];

	while (*at != b)
		at = &(*at)->chain;
	*at = b->chain;
	if (!IN6_IS_ADDR_UNSPECIFIED(&b->link_local)) {
		at = &c->by_link_local[bucket(c, &b->link_local)];
		while (*at != b)
			at = &(*at)->link_local_chain;
		*at = b->link_local_chain;
	}
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
	uint64_t at = 0;

	bcache_walk(c, &at, UINT_MAX, fn, arg);
}

bool bcache_walk(struct bcache *c, uint64_t *at, unsigned int max, void (*fn)(struct binding *b, void *arg), void *arg)
{
	unsigned int met = 0;

	for (uint64_t i = *at >> (64 - c->bits); i < n_buckets(c); i++) {
		struct binding *next;

		if (met >= max) {
			*at = i << (64 - c->bits);
			return true;
		}
		for (struct binding *b = c->by_home[i]; b; b = next, met++) {
			next = b->chain;
			fn(b, arg);
		}
	}
	*at = UINT64_MAX;
	return false;
}

void bcache_each_link_local(struct bcache *c, const struct in6_addr *addr, void (*fn)(struct binding *b, void *arg),
			    void *arg)
{
	struct binding *next;

	for (struct binding *b = c->by_link_local[bucket(c, addr)]; b; b = next) {
		next = b->link_local_chain;
		if (IN6_ARE_ADDR_EQUAL(&b->link_local, addr))
			fn(b, arg);
	}
}
