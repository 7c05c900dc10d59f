// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The addresses of the mobile interface, as the kernel tells them, and the choice of a care-of address among them.
 *
 * The kernel forms the addresses (autoconfiguration beside us, or somebody's DHCPv6 client); we only choose. An
 * address is a candidate if it is in a prefix that a router of our link advertises: what is left of another link is
 * not, even if the kernel has it still. With optimistic duplicate address detection (RFC 4429) an address can be used
 * while it is being checked, which is where a handoff saves its second.
 */
#include "mn/mn.h"

#include <linux/if_addr.h>
#include <string.h>

const struct kern_addr *mn_addr_find(const struct mn *mn, const struct in6_addr *addr)
{
	for (unsigned int i = 0; i < mn->n_addrs; i++)
		if (IN6_ARE_ADDR_EQUAL(&mn->addrs[i].addr, addr))
			return &mn->addrs[i];
	return NULL;
}

void mn_addr_note(struct mn *mn, const struct kern_addr *a, bool deleted)
{
	unsigned int i = 0;

	while (i < mn->n_addrs && !IN6_ARE_ADDR_EQUAL(&mn->addrs[i].addr, &a->addr))
		i++;
	if (deleted) {
		if (i < mn->n_addrs)
			mn->addrs[i] = mn->addrs[--mn->n_addrs];
		return;
	}
	if (i == MN_ADDRS_MAX)
		return;
	if (i == mn->n_addrs)
		mn->n_addrs++;
	mn->addrs[i] = *a;
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

int mn_addr_read(struct mn *mn)
{
	struct reading r = { .n = 0 };
	int err = mn->link_gone ? 0 : kern_addr_dump(mn->ifindex, see_addr, &r);

	if (err)
		return err;
	memcpy(mn->addrs, r.addrs, sizeof(mn->addrs));
	mn->n_addrs = r.n;
	return 0;
}

bool mn_addr_usable(const struct kern_addr *a)
{
	if (a->flags & IFA_F_DADFAILED)
		return false;
	return !(a->flags & IFA_F_TENTATIVE) || a->flags & IFA_F_OPTIMISTIC;
}

const struct in6_addr *mn_link_local(const struct mn *mn, bool *optimistic)
{
	for (unsigned int i = 0; i < mn->n_addrs; i++) {
		const struct kern_addr *a = &mn->addrs[i];

		if (!IN6_IS_ADDR_LINKLOCAL(&a->addr) || !mn_addr_usable(a))
			continue;
		*optimistic = a->flags & IFA_F_OPTIMISTIC;
		return &a->addr;
	}
	return NULL;
}

/* Higher is better; 0 is no candidate. */
static unsigned int rank(const struct mn *mn, const struct kern_addr *a, double now)
{
	unsigned int rank = 1;

	if (!addr_routable(&a->addr) || !mn_addr_usable(a) || addr_in_prefix(&a->addr, mn_hoa(mn), mn->home->plen))
		return 0;
	if (mn_routers_prefix_end(&mn->routers, &a->addr, now) <= now)
		return 0;
	if (now < mn->suspect_until && IN6_ARE_ADDR_EQUAL(&a->addr, &mn->suspect))
		return 0;
	if (!(a->flags & IFA_F_DEPRECATED) && a->preferred)
		rank += 4;
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

const struct in6_addr *mn_addr_choose(const struct mn *mn)
{
	const struct in6_addr *best = NULL;
	unsigned int best_rank = 0;
	double now = clock_now();

	for (unsigned int i = 0; i < mn->n_addrs; i++) {
		unsigned int r = rank(mn, &mn->addrs[i], now);

		if (r > best_rank) {
			best_rank = r;
			best = &mn->addrs[i].addr;
		}
	}
	return best;
}

void mn_addr_suspect(struct mn *mn, const struct in6_addr *addr)
{
	mn->suspect = *addr;
	mn->suspect_until = clock_now() + MN_SUSPECT_SECONDS;
}
