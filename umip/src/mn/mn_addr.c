// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The addresses of an interface, as the kernel tells them, and the choice of a care-of address among them.
 *
 * Others form the addresses: the kernel or a network manager from advertisements, a DHCPv6 client, an administrator. We only
 * choose. An address is of the link that we are on if a router of it advertises its prefix; one that nobody
 * advertises, if somebody put it there since we came to the link, or for good. What is left of another link is not a candidate, even
 * if the kernel has it still. With optimistic duplicate address detection (RFC 4429) an address can be used
 * while it is being checked, which is where a handoff saves its second.
 */
#include "mn/mn.h"

#include <linux/if_addr.h>
#include <string.h>

#define RENEWED_BY 2.0 /* seconds: the kernel's count and ours may differ by one */
#define END_AHEAD  5.0 /* seconds before an address ends, another one is looked for */

const struct kern_addr *mn_addr_find(const struct mn_if *nif, const struct in6_addr *addr)
{
	for (unsigned int i = 0; i < nif->n_addrs; i++)
		if (IN6_ARE_ADDR_EQUAL(&nif->addrs[i].addr, addr))
			return &nif->addrs[i];
	return NULL;
}

/* The kernel counts lifetimes down: one that is longer than what should be left of it was given anew. */
static bool renewed(const struct kern_addr *was, const struct mn_addr_age *age, const struct kern_addr *a, double now)
{
	return a->valid != UINT32_MAX && (was->valid == UINT32_MAX || a->valid > was->valid - (now - age->noted) + RENEWED_BY);
}

void mn_addr_note(struct mn_if *nif, const struct kern_addr *a, bool deleted)
{
	double now = clock_now();
	unsigned int i = 0;

	while (i < nif->n_addrs && !IN6_ARE_ADDR_EQUAL(&nif->addrs[i].addr, &a->addr))
		i++;
	if (deleted) {
		if (i < nif->n_addrs) {
			nif->addrs[i] = nif->addrs[--nif->n_addrs];
			nif->ages[i] = nif->ages[nif->n_addrs];
		}
		return;
	}
	if (i == MN_ADDRS_MAX)
		return;
	if (i == nif->n_addrs) {
		nif->n_addrs++;
		nif->ages[i].since = now;
	} else if (renewed(&nif->addrs[i], &nif->ages[i], a, now)) {
		nif->ages[i].since = now;
	}
	nif->ages[i].noted = now;
	nif->addrs[i] = *a;
}

struct reading {
	struct kern_addr addrs[MN_ADDRS_MAX];
	unsigned int n;
};

static void see_addr(const struct kern_addr *a, void *arg)
{
	struct reading *r = arg;

	if (r->n < MN_ADDRS_MAX)
		r->addrs[r->n++] = *a;
}

int mn_addr_read(struct mn_if *nif)
{
	struct reading r = { .n = 0 };
	bool first = !nif->n_addrs && nif->location == MN_UNKNOWN;
	int err = nif->link_gone ? 0 : kern_addr_dump(nif->ifindex, see_addr, &r);

	if (err)
		return err;
	for (unsigned int i = nif->n_addrs; i--;) {
		unsigned int j = 0;

		while (j < r.n && !IN6_ARE_ADDR_EQUAL(&r.addrs[j].addr, &nif->addrs[i].addr))
			j++;
		if (j == r.n)
			mn_addr_note(nif, &(struct kern_addr){ .addr = nif->addrs[i].addr }, true);
	}
	for (unsigned int i = 0; i < r.n; i++)
		mn_addr_note(nif, &r.addrs[i], false);
	for (unsigned int i = 0; first && i < nif->n_addrs; i++)
		nif->ages[i].since = -INFINITY;
	return 0;
}

bool mn_addr_usable(const struct kern_addr *a)
{
	if (a->flags & IFA_F_DADFAILED)
		return false;
	return !(a->flags & IFA_F_TENTATIVE) || a->flags & IFA_F_OPTIMISTIC;
}

const struct in6_addr *mn_link_local(const struct mn_if *nif, bool *optimistic)
{
	for (unsigned int i = 0; i < nif->n_addrs; i++) {
		const struct kern_addr *a = &nif->addrs[i];

		if (!IN6_IS_ADDR_LINKLOCAL(&a->addr) || !mn_addr_usable(a))
			continue;
		*optimistic = a->flags & IFA_F_OPTIMISTIC;
		return &a->addr;
	}
	return NULL;
}

bool mn_addr_here(const struct mn_if *nif, const struct kern_addr *a, double now)
{
	if (mn_routers_prefix_end(&nif->routers, &a->addr, now) > now)
		return true;
	/* What the kernel formed from an advertisement has a router; it is elsewhere, even if we did not hear it. */
	if (a->proto == IFAPROT_KERNEL_RA || mn_routers_elsewhere(&nif->routers, &a->addr, now))
		return false;
	return a->flags & IFA_F_PERMANENT || nif->ages[a - nif->addrs].since >= nif->link_since;
}

/* When the kernel removes it, or stops preferring it. */
static double runs_out(const struct mn_if *nif, const struct kern_addr *a, uint32_t lifetime)
{
	return lifetime == UINT32_MAX || a->flags & IFA_F_PERMANENT ? INFINITY : nif->ages[a - nif->addrs].noted + lifetime;
}

double mn_addr_end(const struct mn_if *nif, const struct in6_addr *addr)
{
	const struct kern_addr *a = mn_addr_find(nif, addr);
	double end = a ? runs_out(nif, a, a->valid) : INFINITY;
	double prefix = mn_routers_prefix_end(&nif->routers, addr, clock_now());

	/* A router says more of an address than whoever set it for good. */
	return prefix > 0 && prefix < end ? prefix : end;
}

double mn_addr_leave_at(const struct mn_if *nif, const struct in6_addr *addr)
{
	const struct kern_addr *a = mn_addr_find(nif, addr);

	return a ? runs_out(nif, a, a->valid) - END_AHEAD : INFINITY;
}

static bool lasting(const struct mn_if *nif, const struct kern_addr *a, double now)
{
	return !(a->flags & IFA_F_DEPRECATED) && a->preferred && runs_out(nif, a, a->valid) > now + END_AHEAD;
}

bool mn_addr_lasting(const struct mn_if *nif, const struct in6_addr *addr)
{
	const struct kern_addr *a = mn_addr_find(nif, addr);

	return a && lasting(nif, a, clock_now());
}

/* Higher is better; 0 is no candidate. */
static unsigned int rank(const struct mn_if *nif, const struct kern_addr *a, double now)
{
	unsigned int rank = 1;

	if (!addr_routable(&a->addr) || !mn_addr_usable(a) || a->flags & IFA_F_HOMEADDRESS || addr_in_prefix(&a->addr, mn_hoa(nif->mn), nif->mn->home->plen) ||
	    mn_home_of(nif->mn->d, &a->addr) || mn_nemo_ours(nif->mn, &a->addr))
		return 0;
	if (!mn_addr_here(nif, a, now))
		return 0;
	if (now < nif->suspect_until && IN6_ARE_ADDR_EQUAL(&a->addr, &nif->suspect))
		return 0;
	if (lasting(nif, a, now))
		rank += 8;
	/* One that was set for good may have been meant for another link; a router's word is for this one. */
	if (mn_routers_prefix_end(&nif->routers, &a->addr, now) > now || !(a->flags & IFA_F_PERMANENT))
		rank += 4;
	else if (mn_routers_autonomous(&nif->routers, now))
		return 0; /* an address that this link gives us is a matter of a second */
	/*
	 * A temporary address would be another home agent entry every few hours, for nothing: the home address is
	 * what peers see.
	 */
	if (!(a->flags & IFA_F_TEMPORARY))
		rank += 2;
	if (!(a->flags & IFA_F_TENTATIVE))
		rank += 1;
	return rank;
}

const struct in6_addr *mn_addr_choose(const struct mn_if *nif)
{
	const struct in6_addr *best = NULL;
	unsigned int best_rank = 0;
	double now = clock_now();

	for (unsigned int i = 0; i < nif->n_addrs; i++) {
		unsigned int r = rank(nif, &nif->addrs[i], now);

		if (r > best_rank) {
			best_rank = r;
			best = &nif->addrs[i].addr;
		}
	}
	return best;
}

void mn_addr_suspect(struct mn_if *nif, const struct in6_addr *addr)
{
	nif->suspect = *addr;
	nif->suspect_until = clock_now() + MN_SUSPECT_SECONDS;
}
