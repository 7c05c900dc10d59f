// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The correspondent's binding cache: chains from arrays that are as long as the cache may become, hashed with a random key
 * because all addresses come from outside. Bindings of one home address share a bucket, so that it can be asked for alone. A source knows its
 * bindings by age, and sources are ranked by how many they have: who has to go is found without a search.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cn/cn_impl.h"
#include "core/addr.h"

#define MIN_BITS 6

static uint32_t bucket(const struct cn_cache *c, const struct in6_addr *a)
{
	const struct in6_addr *const one[] = { a };

	return (uint32_t)(hash_addrs(c->key, one, 1) >> (64 - c->bits));
}

int cn_cache_init(struct cn_cache *c, uint32_t max, uint32_t max_per_source)
{
	memset(c, 0, sizeof(*c));
	c->max = max;
	c->max_per_source = max_per_source < max ? max_per_source : max;
	for (c->bits = MIN_BITS; c->bits < 31 && 1u << c->bits < max; c->bits++)
		;
	c->by_home = calloc(1u << c->bits, sizeof(*c->by_home));
	c->by_prefix = calloc(1u << c->bits, sizeof(*c->by_prefix));
	c->rank = calloc((size_t)c->max_per_source + 1, sizeof(*c->rank));
	if (!c->by_home || !c->by_prefix || !c->rank || getrandom(c->key, sizeof(c->key), 0) != (ssize_t)sizeof(c->key)) {
		cn_cache_free(c);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i <= c->max_per_source; i++)
		TAILQ_INIT(&c->rank[i]);
	return 0;
}

void cn_cache_free(struct cn_cache *c)
{
	for (uint64_t i = 0; c->by_home && i < 1u << c->bits; i++)
		while (c->by_home[i])
			cn_cache_remove(c, c->by_home[i]);
	free(c->by_home);
	free(c->by_prefix);
	free(c->rank);
	memset(c, 0, sizeof(*c));
}

/* ---- sources ---- */

static struct cn_source *find_source(const struct cn_cache *c, const struct in6_addr *coa)
{
	struct in6_addr prefix = addr_source(coa);
	struct cn_source *s;

	for (s = c->by_prefix[bucket(c, &prefix)]; s; s = s->chain)
		if (IN6_ARE_ADDR_EQUAL(&s->prefix, &prefix))
			break;
	return s;
}

static void set_rank(struct cn_cache *c, struct cn_source *s, uint32_t n)
{
	if (s->n)
		TAILQ_REMOVE(&c->rank[s->n], s, rank);
	s->n = n;
	if (n)
		TAILQ_INSERT_TAIL(&c->rank[n], s, rank);
	if (n > c->most)
		c->most = n;
	/* It went down by one, so the next rank is where it is now. */
	while (c->most && TAILQ_EMPTY(&c->rank[c->most]))
		c->most--;
}

static struct cn_source *need_source(struct cn_cache *c, const struct in6_addr *coa)
{
	struct cn_source *s = find_source(c, coa), **at;

	if (s)
		return s;
	s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->prefix = addr_source(coa);
	TAILQ_INIT(&s->bindings);
	at = &c->by_prefix[bucket(c, &s->prefix)];
	s->chain = *at;
	*at = s;
	return s;
}

static void enter(struct cn_cache *c, struct cn_source *s, struct cn_binding *b)
{
	b->source = s;
	TAILQ_INSERT_TAIL(&s->bindings, b, age);
	set_rank(c, s, s->n + 1);
}

static void leave(struct cn_cache *c, struct cn_binding *b)
{
	struct cn_source *s = b->source, **at;

	TAILQ_REMOVE(&s->bindings, b, age);
	set_rank(c, s, s->n - 1);
	if (s->n)
		return;
	for (at = &c->by_prefix[bucket(c, &s->prefix)]; *at != s; at = &(*at)->chain)
		;
	*at = s->chain;
	free(s);
}

/* ---- bindings ---- */

struct cn_binding *cn_cache_find(const struct cn_cache *c, const struct in6_addr *hoa, const struct in6_addr *ours)
{
	struct cn_binding *b;

	for (b = c->by_home[bucket(c, hoa)]; b; b = b->chain)
		if (IN6_ARE_ADDR_EQUAL(&b->hoa, hoa) && IN6_ARE_ADDR_EQUAL(&b->ours, ours))
			break;
	return b;
}

bool cn_cache_has_home(const struct cn_cache *c, const struct in6_addr *hoa)
{
	for (const struct cn_binding *b = c->by_home[bucket(c, hoa)]; b; b = b->chain)
		if (b->live && IN6_ARE_ADDR_EQUAL(&b->hoa, hoa))
			return true;
	return false;
}

bool cn_cache_room(const struct cn_cache *c, const struct in6_addr *coa, double now, struct cn_binding **victim)
{
	const struct cn_source *s = find_source(c, coa);
	uint32_t n = s ? s->n : 0;

	*victim = NULL;
	if (n >= c->max_per_source)
		return false;
	if (c->count < c->max)
		return true;
	if (c->most < n + 2)
		return false;
	*victim = TAILQ_FIRST(&TAILQ_FIRST(&c->rank[c->most])->bindings);
	return now - (*victim)->authorized >= CN_KEEP;
}

struct cn_binding *cn_cache_add(struct cn_cache *c, const struct in6_addr *hoa, const struct in6_addr *ours,
				const struct in6_addr *coa)
{
	struct cn_binding *b = calloc(1, sizeof(*b)), **at;
	struct cn_source *s = b ? need_source(c, coa) : NULL;

	if (!s) {
		free(b);
		return NULL;
	}
	b->hoa = *hoa;
	b->ours = *ours;
	b->coa = *coa;
	enter(c, s, b);
	at = &c->by_home[bucket(c, hoa)];
	b->chain = *at;
	*at = b;
	c->count++;
	return b;
}

int cn_cache_move(struct cn_cache *c, struct cn_binding *b, const struct in6_addr *coa)
{
	struct cn_source *s = need_source(c, coa);

	if (!s)
		return -ENOMEM;
	if (s != b->source && s->n >= c->max_per_source)
		return -ENOSPC;
	/* Not leave() first: that may free the very source that it enters again. */
	if (s == b->source) {
		TAILQ_REMOVE(&s->bindings, b, age);
		TAILQ_INSERT_TAIL(&s->bindings, b, age);
	} else {
		leave(c, b);
		enter(c, s, b);
	}
	b->coa = *coa;
	return 0;
}

void cn_cache_set_live(struct cn_cache *c, struct cn_binding *b, bool live)
{
	c->live += live;
	c->live -= b->live;
	b->live = live;
}

void cn_cache_remove(struct cn_cache *c, struct cn_binding *b)
{
	struct cn_binding **at;

	for (at = &c->by_home[bucket(c, &b->hoa)]; *at != b; at = &(*at)->chain)
		;
	*at = b->chain;
	leave(c, b);
	cn_cache_set_live(c, b, false);
	c->count--;
	free(b);
}

bool cn_cache_walk(struct cn_cache *c, uint64_t *at, unsigned int max, void (*fn)(struct cn_binding *b, void *arg), void *arg)
{
	struct cn_binding *next;

	for (unsigned int n = 0; *at < 1ull << c->bits && n < max; ++*at)
		for (struct cn_binding *b = c->by_home[*at]; b; b = next, n++) {
			next = b->chain;
			fn(b, arg);
		}
	return *at < 1ull << c->bits;
}
