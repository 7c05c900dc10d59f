// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tunnel associations that are not where the peer's policies are, and so of no use: negotiated from one care-of address while the mobile
 * node was moving to the next, put there by hand with the home address while it is away, or left by a daemon that was killed between two
 * requests of a move by PF_KEY.
 */
#include <netinet/in.h>

#include <linux/xfrm.h>

#include <stdlib.h>

#include "core/ipsec_impl.h"

static int by_reqid(const void *a, const void *b)
{
	const struct ipsec_reqid *x = a, *y = b;

	return x->reqid != y->reqid ? (x->reqid > y->reqid) - (x->reqid < y->reqid) : (x->peer > y->peer) - (x->peer < y->peer);
}

int ipsec_index_reqids(struct ipsec *ip)
{
	ip->reqids = calloc(2 * IPSEC_TYPES * ip->n + 1, sizeof(*ip->reqids));
	if (!ip->reqids)
		return -1;
	for (size_t i = 0; i < ip->n; i++)
		for (int t = IPSEC_TUNNEL_HOME_TESTING; t < IPSEC_TYPES; t++) {
			const struct conf_ipsec_policy *c = &ip->peers[i].set->policy[t];

			for (int way = 0; c->line && way < 2; way++)
				if (c->reqid[way])
					ip->reqids[ip->n_reqids++] = (struct ipsec_reqid){ c->reqid[way], (uint32_t)i };
		}
	qsort(ip->reqids, ip->n_reqids, sizeof(*ip->reqids), by_reqid);
	return 0;
}

static struct ipsec_peer *only_one_with(const struct ipsec *ip, uint32_t reqid)
{
	size_t lo = 0, hi = ip->n_reqids, first;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (ip->reqids[mid].reqid < reqid)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == ip->n_reqids || ip->reqids[lo].reqid != reqid)
		return NULL;
	for (first = lo; lo < ip->n_reqids && ip->reqids[lo].reqid == reqid; lo++)
		if (ip->reqids[lo].peer != ip->reqids[first].peer)
			return NULL;
	return &ip->peers[ip->reqids[first].peer];
}

struct ipsec_peer *ipsec_peer_of_tunnel(const struct ipsec *ip, const struct in6_addr *src, const struct in6_addr *dst, uint32_t reqid,
					struct in6_addr *end)
{
	struct ipsec_peer *p = ipsec_peer(ip, src);

	if (!p)
		p = ipsec_peer(ip, dst);
	if (!p)
		p = only_one_with(ip, reqid);
	if (!p || !ipsec_has_reqid(p, true, reqid))
		return NULL;
	if (IN6_ARE_ADDR_EQUAL(dst, &p->set->ha))
		*end = *src;
	else if (IN6_ARE_ADDR_EQUAL(src, &p->set->ha))
		*end = *dst;
	else
		return NULL;
	return p;
}

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
