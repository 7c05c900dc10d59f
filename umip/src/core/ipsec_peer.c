// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The peers: the home addresses that have policies, whose an association is, and what the roles ask about them.
 */
#include <stdlib.h>
#include <string.h>

#include "core/ipsec_impl.h"

static int by_hoa(const void *a, const void *b)
{
	return memcmp(&((const struct ipsec_peer *)a)->hoa, &((const struct ipsec_peer *)b)->hoa, sizeof(struct in6_addr));
}

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
	qsort(ip->peers, ip->n, sizeof(*ip->peers), by_hoa);
	return 0;
}

struct ipsec_peer *ipsec_peer(const struct ipsec *ip, const struct in6_addr *hoa)
{
	size_t lo = 0, hi = ip->n;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		int d = memcmp(hoa, &ip->peers[mid].hoa, sizeof(*hoa));

		if (!d)
			return &ip->peers[mid];
		if (d < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

bool ipsec_has_reqid(const struct ipsec_peer *p, bool tunnel, uint32_t reqid)
{
	for (int t = 0; t < IPSEC_TYPES; t++) {
		const struct conf_ipsec_policy *c = &p->set->policy[t];

		if (c->line && conf_ipsec_is_tunnel(t) == tunnel && (!c->reqid[0] || c->reqid[0] == reqid || c->reqid[1] == reqid))
			return true;
	}
	return false;
}

struct ipsec_peer *ipsec_peer_of_sa(const struct ipsec *ip, const struct in6_addr *src, const struct in6_addr *dst, bool tunnel,
				    uint32_t reqid)
{
	struct ipsec_peer *p = ipsec_peer(ip, src);

	if (!p)
		p = ipsec_peer(ip, dst);
	/* A tunnel ends at a care-of address, which nothing finds but looking. */
	for (size_t i = 0; !p && tunnel && i < ip->n; i++)
		if (ip->peers[i].tunnel && (IN6_ARE_ADDR_EQUAL(&ip->peers[i].end, src) || IN6_ARE_ADDR_EQUAL(&ip->peers[i].end, dst)))
			p = &ip->peers[i];
	return p && ipsec_has_reqid(p, tunnel, reqid) ? p : NULL;
}

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
