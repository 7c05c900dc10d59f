// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of pairs: chains from a power-of-two array, doubled when there is an entry a bucket. */
#include "ro/pair.h"

#include <stdlib.h>
#include <sys/random.h>

#include "core/hash.h"

#define MIN_BITS 6

bool ro_table_new(struct ro *ro)
{
	ro->bits = MIN_BITS;
	ro->table = calloc(1u << ro->bits, sizeof(*ro->table));
	return ro->table && getrandom(ro->key, sizeof(ro->key), 0) == (ssize_t)sizeof(ro->key);
}

static struct ro_pair **bucket(struct ro *ro, const struct in6_addr *ours, const struct in6_addr *peer)
{
	const struct in6_addr *both[] = { ours, peer };

	return &ro->table[hash_addrs(ro->key, both, 2) >> (64 - ro->bits)];
}

struct ro_pair *ro_find(struct ro *ro, const struct in6_addr *ours, const struct in6_addr *peer)
{
	struct ro_pair *p = *bucket(ro, ours, peer);

	while (p && !(IN6_ARE_ADDR_EQUAL(&p->peer, peer) && IN6_ARE_ADDR_EQUAL(&p->ours, ours)))
		p = p->chain;
	return p;
}

static void grow(struct ro *ro)
{
	unsigned int old = 1u << ro->bits;
	struct ro_pair **from = ro->table, **table = calloc(2 * (size_t)old, sizeof(*table));

	if (!table)
		return; /* longer chains, no more */
	ro->table = table;
	ro->bits++;
	for (unsigned int i = 0; i < old; i++) {
		struct ro_pair *p = from[i], *next;

		for (; p; p = next) {
			struct ro_pair **to = bucket(ro, &p->ours, &p->peer);

			next = p->chain;
			p->chain = *to;
			*to = p;
		}
	}
	free(from);
}

struct ro_pair *ro_add(struct ro *ro, const struct in6_addr *ours, const struct in6_addr *peer)
{
	struct ro_pair *p = calloc(1, sizeof(*p)), **to;

	if (!p)
		return NULL;
	if (ro->count >= 1u << ro->bits)
		grow(ro);
	p->ours = *ours;
	p->peer = *peer;
	to = bucket(ro, ours, peer);
	p->chain = *to;
	*to = p;
	ro->count++;
	return p;
}

void ro_drop(struct ro *ro, struct ro_pair *gone)
{
	struct ro_pair **at = bucket(ro, &gone->ours, &gone->peer);

	while (*at != gone)
		at = &(*at)->chain;
	*at = gone->chain;
	ro->count--;
	free(gone);
}

void ro_each(struct ro *ro, void (*fn)(struct ro *ro, struct ro_pair *p, void *arg), void *arg)
{
	for (unsigned int i = 0; i < 1u << ro->bits; i++) {
		struct ro_pair *p = ro->table[i], *next;

		for (; p; p = next) {
			next = p->chain;
			fn(ro, p, arg);
		}
	}
}

static void free_pair(struct ro *ro, struct ro_pair *p, void *arg)
{
	(void)arg;
	ro_drop(ro, p);
}

void ro_table_free(struct ro *ro)
{
	if (!ro->table)
		return;
	ro_each(ro, free_pair, NULL);
	free(ro->table);
}
