// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tunnel associations that are not where the peer's policies are, and so of no use: negotiated from one care-of address while the mobile
 * node was moving to the next, put there by hand with the home address while it is away, or left by a daemon that was killed between two
 * requests of a move by PF_KEY.
 */
#include "core/ipsec_impl.h"

/* MIGRATE moves an association along with its policy. So the policies go there first, and come back with it. */
int ipsec_gather(struct ipsec *ip, const struct ipsec_peer *p, const struct in6_addr *from)
{
	struct ipsec_peer there = *p, here = *p;
	int err;

	there.end = *from;
	err = ipsec_put(ip, &there, IPSEC_TUNNEL);
	if (!err)
		err = ipsec_carry(ip, &there, &here.end);
	if (!p->tunnel)
		ipsec_take_out(ip, &here, IPSEC_TUNNEL);
	else if (err)
		ipsec_put(ip, &here, IPSEC_TUNNEL);
	return err;
}

void ipsec_found_at(struct ipsec_peer *p, const struct in6_addr *end)
{
	if (!p->found) {
		p->found = true;
		p->end = *end;
	} else if (!IN6_ARE_ADDR_EQUAL(&p->end, end)) {
		p->mixed = true;
		p->other = *end;
	}
}

/* Which of them does not matter: the role says where the mobile node is, or nobody does, and the tunnel goes home. */
int ipsec_settle_ends(struct ipsec *ip)
{
	int err = 0;

	for (size_t i = 0; !err && i < ip->n; i++) {
		struct ipsec_peer *p = &ip->peers[i];

		if (!p->mixed)
			continue;
		log_notice("tunnel-found-between", "home_address=%s one=%s other=%s", log_addr(&p->hoa), log_addr(&p->end), log_addr(&p->other));
		err = ipsec_gather(ip, p, &p->other);
		p->mixed = false;
	}
	return err;
}
