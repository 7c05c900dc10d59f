// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * See hal.h. An agent need not put all its addresses into every advertisement, so they add up until each runs out.
 */
#include "core/hal.h"

#include <math.h>
#include <string.h>
#include <sys/random.h>

#include "core/addr.h"

#define ANYCAST_ID 0x7e /* Mobile IPv6 home agents, of RFC 2526's table */

static struct hal_agent *by_link_local(struct hal *hal, const struct in6_addr *src)
{
	for (unsigned int i = 0; i < hal->n; i++)
		if (IN6_ARE_ADDR_EQUAL(&hal->at[i].link_local, src))
			return &hal->at[i];
	return NULL;
}

static void drop(struct hal *hal, struct hal_agent *a)
{
	*a = hal->at[--hal->n];
}

void hal_add_addr(struct hal_agent *a, const struct in6_addr *addr, double valid_until)
{
	unsigned int i = 0;

	while (i < a->n_addrs && !IN6_ARE_ADDR_EQUAL(&a->addrs[i].addr, addr))
		i++;
	if (i == HAL_ADDRS_MAX)
		return;
	if (i == a->n_addrs)
		a->addrs[a->n_addrs++].addr = *addr;
	a->addrs[i].valid_until = valid_until;
}

static void drop_addr(struct hal_agent *a, unsigned int i)
{
	a->n_addrs--;
	memmove(&a->addrs[i], &a->addrs[i + 1], (a->n_addrs - i) * sizeof(a->addrs[0]));
}

static void drop_addrs(struct hal_agent *a, double now)
{
	for (unsigned int i = 0; i < a->n_addrs;)
		if (a->addrs[i].valid_until <= now)
			drop_addr(a, i);
		else
			i++;
}

static void take_addrs(struct hal_agent *a, const struct nd_ra *ra, double now)
{
	drop_addrs(a, now);
	for (unsigned int i = 0; i < ra->n_prefixes; i++) {
		const struct nd_prefix *p = &ra->prefixes[i];

		if (p->router && addr_routable(&p->prefix) && !addr_is_router_anycast(&p->prefix, p->len))
			hal_add_addr(a, &p->prefix, p->valid == UINT32_MAX ? INFINITY : now + p->valid);
	}
	drop_addrs(a, now); /* those that were told with a lifetime of zero */
}

enum hal_news hal_heard(struct hal *hal, const struct in6_addr *src, const struct nd_ra *ra, double now)
{
	struct hal_agent *a = by_link_local(hal, src);
	uint16_t lifetime = ra->has_ha_info ? ra->ha_lifetime : ra->lifetime;
	enum hal_news news = HAL_OLD;

	if (!ra->home_agent || !lifetime) {
		if (a)
			drop(hal, a);
		return a ? HAL_GONE : HAL_OLD;
	}
	if (!a) {
		hal_expire(hal, now);
		if (hal->n == HAL_AGENTS_MAX)
			return HAL_FULL;
		a = &hal->at[hal->n++];
		memset(a, 0, sizeof(*a));
		a->link_local = *src;
		news = HAL_NEW;
	}
	if (ra->sll.len)
		a->lladdr = ra->sll;
	a->mobile_router = ra->has_ha_info && ra->mobile_router;
	a->preference = ra->has_ha_info ? ra->ha_preference : 0;
	a->expires = now + lifetime;
	take_addrs(a, ra, now);
	return news;
}

void hal_expire(struct hal *hal, double now)
{
	for (unsigned int i = 0; i < hal->n;) {
		if (hal->at[i].expires <= now) {
			drop(hal, &hal->at[i]);
			continue;
		}
		drop_addrs(&hal->at[i++], now);
	}
}

const struct hal_agent *hal_find(const struct hal *hal, const struct in6_addr *addr)
{
	for (unsigned int i = 0; i < hal->n; i++)
		for (unsigned int j = 0; j < hal->at[i].n_addrs; j++)
			if (IN6_ARE_ADDR_EQUAL(&hal->at[i].addrs[j].addr, addr))
				return &hal->at[i];
	return NULL;
}

static void shuffle(const struct hal_agent **a, unsigned int n)
{
	uint32_t r[HAL_AGENTS_MAX + 1] = { 0 };

	if (getrandom(r, sizeof(r), 0) != (ssize_t)sizeof(r))
		return;
	for (unsigned int i = n; i > 1; i--) {
		unsigned int j = r[i - 1] % i;
		const struct hal_agent *spare = a[j];

		a[j] = a[i - 1];
		a[i - 1] = spare;
	}
}

/* Those of one preference stay in their order. */
static void sort(const struct hal_agent **a, unsigned int n)
{
	for (unsigned int i = 1; i < n; i++) {
		const struct hal_agent *one = a[i];
		unsigned int j = i;

		for (; j && a[j - 1]->preference < one->preference; j--)
			a[j] = a[j - 1];
		a[j] = one;
	}
}

static bool listed(const struct in6_addr *list, unsigned int n, const struct in6_addr *addr)
{
	for (unsigned int i = 0; i < n; i++)
		if (IN6_ARE_ADDR_EQUAL(&list[i], addr))
			return true;
	return false;
}

unsigned int hal_order(const struct hal *hal, const struct hal_agent *self, const struct in6_addr *prefix, unsigned int len,
		       bool mobile_router, struct in6_addr *out, unsigned int max)
{
	const struct hal_agent *order[HAL_AGENTS_MAX + 1];
	unsigned int n_agents = 0, n = 0;

	if (self)
		order[n_agents++] = self;
	for (unsigned int i = 0; i < hal->n; i++)
		order[n_agents++] = &hal->at[i];
	shuffle(order, n_agents);
	sort(order, n_agents);
	for (unsigned int i = 0; i < n_agents; i++) {
		if (mobile_router && !order[i]->mobile_router)
			continue;
		for (unsigned int j = 0; j < order[i]->n_addrs && n < max; j++) {
			const struct in6_addr *addr = &order[i]->addrs[j].addr;

			if (addr_in_prefix(addr, prefix, len) && !listed(out, n, addr))
				out[n++] = *addr;
		}
	}
	return n;
}

bool hal_anycast(const struct in6_addr *prefix, unsigned int len, struct in6_addr *out)
{
	struct in6_addr a;

	if (len > 121) /* seven bits are the identifier's */
		return false;
	memset(&a, 0xff, sizeof(a));
	memcpy(&a, prefix, len / 8);
	if (len % 8)
		a.s6_addr[len / 8] = (uint8_t)((prefix->s6_addr[len / 8] & (0xff00 >> len % 8)) | 0xff >> len % 8);
	a.s6_addr[15] = (uint8_t)((a.s6_addr[15] & 0x80) | ANYCAST_ID);
	if (len == 64) /* an interface identifier of EUI-64 form: it is a local one */
		a.s6_addr[8] = 0xfd;
	*out = a;
	return true;
}

bool hal_is_anycast(const struct in6_addr *addr, unsigned int len)
{
	struct in6_addr anycast;

	return hal_anycast(addr, len, &anycast) && IN6_ARE_ADDR_EQUAL(addr, &anycast);
}
