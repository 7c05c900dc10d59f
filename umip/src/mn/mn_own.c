// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An address of our own making, where the one that was formed for us is somebody else's.
 *
 * An autoconfigured address that fails duplicate address detection is not replaced by who formed it: the kernel makes it again from
 * the same link-layer address and fails again. If the interface has no other address, one with a random interface
 * identifier is put into the same prefix, and the kernel checks it like any other. It lives as long as its prefix is advertised, and
 * goes when we leave the link or stop. After three that failed as well, somebody answers to everything, and we give up.
 */
#include "mn/mn.h"

#include <linux/if_addr.h>
#include <sys/random.h>

#define TRIES 3 /* on one link */

/* The advertised prefix that hosts may form addresses in, and that addr is in. */
static const struct mn_prefix *prefix_of(const struct mn_if *nif, const struct in6_addr *addr, double now)
{
	for (unsigned int i = 0; i < MN_ROUTERS_MAX; i++) {
		const struct mn_router *r = &nif->routers.r[i];

		for (unsigned int j = 0; r->used && mn_router_here(&nif->routers, r) && j < r->n_prefixes; j++) {
			const struct mn_prefix *p = &r->prefixes[j];

			if (p->autonomous && p->len == 64 && p->valid_until > now && addr_in_prefix(addr, &p->addr, p->len))
				return p;
		}
	}
	return NULL;
}

static uint32_t left(double until, double now)
{
	return until - now < UINT32_MAX ? (uint32_t)(until - now) : UINT32_MAX;
}

static void put(struct mn_if *nif, const struct mn_prefix *p, double now)
{
	struct mn *mn = nif->mn;
	struct kern_batch *b = kern_batch_new(KERN_ROUTE);
	struct kern_addr a = {
		.addr = nif->own,
		.plen = 64,
		.ifindex = nif->ifindex,
		.flags = IFA_F_NOPREFIXROUTE | (mn->d->able.optimistic_dad ? (uint32_t)IFA_F_OPTIMISTIC : 0),
		.valid = left(p->valid_until, now),
		.preferred = left(p->valid_until, now),
		.proto = KERN_RTPROT,
	};

	if (!b)
		return;
	kern_addr_replace(b, &a);
	if (kern_batch_commit(b))
		mn_kernel_failed(mn, "address of our own");
}

void mn_own_make(struct mn_if *nif, const struct in6_addr *failed)
{
	double now = clock_now();
	const struct mn_prefix *p = prefix_of(nif, failed, now);

	/* Once for all home addresses. */
	if (nif->mn != mn_of(nif->mn->d) || !p || mn_addr_choose(nif) || nif->own_tries >= TRIES)
		return;
	nif->own = p->addr;
	if (getrandom(&nif->own.s6_addr[8], 8, 0) != 8)
		return;
	nif->own_tries++;
	nif->has_own = true;
	log_notice("address-made", "interface=%s address=%s instead_of=%s", nif->name, log_addr(&nif->own), log_addr(failed));
	put(nif, p, now);
}

void mn_own_refresh(struct mn_if *nif)
{
	double now = clock_now();
	const struct kern_addr *a = nif->has_own ? mn_addr_find(nif, &nif->own) : NULL;
	const struct mn_prefix *p = a ? prefix_of(nif, &nif->own, now) : NULL;

	/* Not with every advertisement: when a quarter has run out. */
	if (p && a->valid != UINT32_MAX && mn_addr_end(nif, &nif->own) - now < 0.75 * (p->valid_until - now))
		put(nif, p, now);
}

void mn_own_forget(struct mn_if *nif)
{
	nif->has_own = false;
	nif->own_tries = 0;
}

void mn_own_inherit(struct mn *mn, const struct mn *from)
{
	for (unsigned int i = 0; i < mn->n_ifs; i++) {
		struct mn_if *nif = mn->ifs[i];
		const struct mn_if *was = mn_if_by_index(from, nif->ifindex);

		if (!was || !was->has_own || nif->location == MN_UNKNOWN)
			continue;
		nif->has_own = true;
		nif->own = was->own;
		nif->own_tries = was->own_tries;
	}
}

void mn_own_remove(struct mn_if *nif, struct kern_batch *b)
{
	for (unsigned int i = 0; i < nif->n_addrs; i++)
		if (nif->addrs[i].proto == KERN_RTPROT && !IN6_ARE_ADDR_EQUAL(&nif->addrs[i].addr, mn_hoa(nif->mn)) &&
		    !mn_home_of(nif->mn->d, &nif->addrs[i].addr))
			kern_addr_del(b, &nif->addrs[i], KERN_OK_ABSENT);
	mn_own_forget(nif);
}
