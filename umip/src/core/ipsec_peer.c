// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The peers: the home addresses that have policies, whose an association is, and what the roles ask about them.
 */
#include <stdlib.h>

#include "core/addr.h"
#include "core/ipsec_impl.h"

int ipsec_collect_peers(struct ipsec *ip)
{
	const struct conf *c = ip->d->conf;
	size_t most = c->n_ipsec_homes;

	ip->peers = calloc(most + 1, sizeof(*ip->peers));
	if (!ip->peers)
		return -1;
	for (size_t i = 0; i < most; i++) {
		const struct conf_home *h = c->homes;

		while (ip->mobile_node && h && !IN6_ARE_ADDR_EQUAL(&h->hoa, &c->ipsec_index[i].hoa))
			h = h->next;
		if (ip->mobile_node && !h)
			continue;
		ip->peers[ip->n++] = (struct ipsec_peer){
			.hoa = c->ipsec_index[i].hoa, .set = c->ipsec_index[i].set, .end = c->ipsec_index[i].hoa
		};
	}
	qsort(ip->peers, ip->n, sizeof(*ip->peers), addr_order);
	return 0;
}

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

			/* One that blocks has no associations: on a home agent, many may do that without a number. */
			for (int way = 0; c->line && way < 2; way++)
				if (c->reqid[way] || !c->block)
					ip->reqids[ip->n_reqids++] = (struct ipsec_reqid){ c->reqid[way], (uint32_t)i };
		}
	qsort(ip->reqids, ip->n_reqids, sizeof(*ip->reqids), by_reqid);
	return 0;
}

struct ipsec_peer *ipsec_peer(const struct ipsec *ip, const struct in6_addr *hoa)
{
	return addr_find(hoa, ip->peers, ip->n, sizeof(*ip->peers));
}

/* ---- whose an association is ---- */

bool ipsec_has_reqid(const struct ipsec_peer *p, bool tunnel, uint32_t reqid)
{
	for (int t = 0; t < IPSEC_TYPES; t++) {
		const struct conf_ipsec_policy *c = &p->set->policy[t];

		if (c->line && conf_ipsec_is_tunnel(t) == tunnel && (!c->reqid[0] || c->reqid[0] == reqid || c->reqid[1] == reqid))
			return true;
	}
	return false;
}

/* The place of the first with this number, or of those behind. */
static size_t first_with(const struct ipsec *ip, uint32_t reqid)
{
	size_t lo = 0, hi = ip->n_reqids;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (ip->reqids[mid].reqid < reqid)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/*
 * No configuration lets home addresses share a number of tunnels with one home agent (conf/ipsec.c): who has several agents on a mobile node may have
 * one number at each. 0, any number, is of one home address for each agent, too.
 */
static struct ipsec_peer *only_one_with(const struct ipsec *ip, uint32_t reqid, const struct in6_addr *src, const struct in6_addr *dst)
{
	struct ipsec_peer *only = NULL;

	for (size_t i = reqid ? first_with(ip, reqid) : ip->n_reqids; i < ip->n_reqids && ip->reqids[i].reqid == reqid; i++) {
		struct ipsec_peer *p = &ip->peers[ip->reqids[i].peer];

		if (!IN6_ARE_ADDR_EQUAL(&p->set->ha, src) && !IN6_ARE_ADDR_EQUAL(&p->set->ha, dst))
			continue;
		if (only && only != p)
			return NULL;
		only = p;
	}
	return only;
}

/* With this number, and a tunnel between these. */
static struct ipsec_peer *one_at(const struct ipsec *ip, uint32_t reqid, const struct in6_addr *src, const struct in6_addr *dst)
{
	for (size_t i = first_with(ip, reqid); i < ip->n_reqids && ip->reqids[i].reqid == reqid; i++) {
		struct ipsec_peer *p = &ip->peers[ip->reqids[i].peer];

		if (p->tunnel && ((IN6_ARE_ADDR_EQUAL(&p->end, src) && IN6_ARE_ADDR_EQUAL(&p->set->ha, dst)) ||
				  (IN6_ARE_ADDR_EQUAL(&p->end, dst) && IN6_ARE_ADDR_EQUAL(&p->set->ha, src))))
			return p;
	}
	return NULL;
}

struct ipsec_peer *ipsec_peer_of_sa(const struct ipsec *ip, const struct in6_addr *src, const struct in6_addr *dst, bool tunnel,
				    uint32_t reqid)
{
	struct ipsec_peer *p = ipsec_peer(ip, src);

	if (!p)
		p = ipsec_peer(ip, dst);
	/* A tunnel ends at a care-of address, which is no key: it comes and goes, and several home addresses can be there. The number is. */
	if (!p && tunnel)
		p = one_at(ip, reqid, src, dst);
	if (!p && tunnel && reqid)
		p = one_at(ip, 0, src, dst);
	return p && ipsec_has_reqid(p, tunnel, reqid) ? p : NULL;
}

struct ipsec_peer *ipsec_peer_of_tunnel(const struct ipsec *ip, const struct in6_addr *src, const struct in6_addr *dst, uint32_t reqid,
					struct in6_addr *end)
{
	struct ipsec_peer *p = ipsec_peer(ip, src);

	if (!p)
		p = ipsec_peer(ip, dst);
	if (!p)
		p = only_one_with(ip, reqid, src, dst);
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

/* ---- what the roles ask ---- */

bool ipsec_protects(const struct ipsec *ip, const struct in6_addr *hoa, const struct in6_addr *ha)
{
	const struct ipsec_peer *p = ip ? ipsec_peer(ip, hoa) : NULL;

	return p && !ip->broken && p->standing && IN6_ARE_ADDR_EQUAL(&p->set->ha, ha);
}

bool ipsec_mending(const struct ipsec *ip)
{
	return ip && ip->broken;
}

bool ipsec_tunnelled(const struct daemon *d, const struct in6_addr *hoa, const struct in6_addr *coa)
{
	const struct ipsec_peer *p = d->ipsec ? ipsec_peer(d->ipsec, hoa) : NULL;

	return p && !d->ipsec->broken && p->tunnel && IN6_ARE_ADDR_EQUAL(&p->end, coa);
}

const char *ipsec_error(const struct daemon *d)
{
	return d->ipsec ? d->ipsec->words : "";
}

bool ipsec_lacks(const struct daemon *d, const struct in6_addr *hoa, const struct in6_addr *ha)
{
	return d->conf->use_mn_ha_ipsec && !ipsec_protects(d->ipsec, hoa, ha);
}

bool ipsec_lacks_prefixes(const struct daemon *d, const struct in6_addr *hoa)
{
	const struct ipsec_peer *p = d->ipsec ? ipsec_peer(d->ipsec, hoa) : NULL;

	return p && ipsec_prefixes_in_clear(p);
}

static bool protects(const struct daemon *d, const struct in6_addr *hoa, enum conf_ipsec_type t)
{
	const struct ipsec_peer *p = d->ipsec ? ipsec_peer(d->ipsec, hoa) : NULL;

	return p && p->set->policy[t].line && !p->set->policy[t].block;
}

bool ipsec_covers_payload(const struct daemon *d, const struct in6_addr *hoa)
{
	return protects(d, hoa, IPSEC_TUNNEL_PAYLOAD);
}

bool ipsec_covers_home_test(const struct daemon *d, const struct in6_addr *hoa)
{
	return protects(d, hoa, IPSEC_TUNNEL_HOME_TESTING) || protects(d, hoa, IPSEC_TUNNEL_MH) || ipsec_covers_payload(d, hoa);
}
