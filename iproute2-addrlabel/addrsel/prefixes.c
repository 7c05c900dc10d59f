// SPDX-License-Identifier: GPL-2.0-or-later
/* Lists of prefixes with values; see prefixes.h. */
#include "prefixes.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/addr.h"

int prefixes_add(struct prefixes *p, const struct in6_addr *prefix, unsigned int len, unsigned int ifindex,
		 uint32_t value)
{
	if (p->n == p->cap) {
		size_t cap = p->cap ? p->cap * 2 : 16;
		struct prefix_value *v = realloc(p->v, cap * sizeof(*v));

		if (!v)
			return -ENOMEM;
		p->v = v;
		p->cap = cap;
	}
	p->v[p->n] = (struct prefix_value){
		.prefix = *prefix,
		.len = (uint8_t)len,
		.ifindex = ifindex,
		.value = value,
		.turn = (uint32_t)p->n,
	};
	p->n++;
	return 0;
}

void prefixes_free(struct prefixes *p)
{
	free(p->v);
	*p = (struct prefixes){ 0 };
}

int prefix_cmp(const struct prefix_value *a, const struct prefix_value *b)
{
	if (a->len != b->len)
		return a->len > b->len ? -1 : 1;
	if (!a->ifindex != !b->ifindex)
		return a->ifindex ? -1 : 1;
	if (a->ifindex != b->ifindex)
		return a->ifindex < b->ifindex ? -1 : 1;
	return memcmp(&a->prefix, &b->prefix, sizeof(a->prefix));
}

static int by_key(const void *a, const void *b)
{
	return prefix_cmp(a, b);
}

static int by_key_and_turn(const void *va, const void *vb)
{
	const struct prefix_value *a = va, *b = vb;
	int c = prefix_cmp(a, b);

	return c ? c : (a->turn > b->turn) - (a->turn < b->turn);
}

void prefixes_sort(struct prefixes *p)
{
	if (p->n)
		qsort(p->v, p->n, sizeof(*p->v), by_key_and_turn);
}

struct prefix_value *prefixes_find(const struct prefixes *p, const struct prefix_value *key)
{
	return p->n ? bsearch(key, p->v, p->n, sizeof(*p->v), by_key) : NULL;
}

const struct prefix_value *prefixes_match_kernel(const struct prefixes *p, const struct in6_addr *addr,
						 unsigned int ifindex)
{
	bool compatible = IN6_IS_ADDR_V4COMPAT(addr);

	for (const struct prefix_value *v = p->v; v && v < p->v + p->n; v++) {
		if (v->ifindex && v->ifindex != ifindex)
			continue;
		if (v->len == 96 && IN6_IS_ADDR_UNSPECIFIED(&v->prefix) && !compatible)
			continue;
		if (addr_in_prefix(addr, &v->prefix, v->len))
			return v;
	}
	return NULL;
}

const struct prefix_value *prefixes_match_libc(const struct prefixes *p, const struct in6_addr *addr)
{
	for (const struct prefix_value *v = p->v; v && v < p->v + p->n; v++)
		if (addr_in_prefix(addr, &v->prefix, v->len))
			return v;
	return NULL;
}

bool prefix_mask(struct in6_addr *prefix, unsigned int len)
{
	bool had = false;

	for (unsigned int i = len / 8; i < 16; i++) {
		uint8_t keep = i == len / 8 ? (uint8_t)(0xff00u >> (len % 8)) : 0;

		had = had || (prefix->s6_addr[i] & (uint8_t)~keep);
		prefix->s6_addr[i] &= keep;
	}
	return had;
}

const char *prefix_text(const struct in6_addr *prefix, unsigned int len, char text[PREFIX_TEXT])
{
	char addr[INET6_ADDRSTRLEN];

	inet_ntop(AF_INET6, prefix, addr, sizeof(addr));
	snprintf(text, PREFIX_TEXT, "%s/%u", addr, len);
	return text;
}
