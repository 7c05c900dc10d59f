// SPDX-License-Identifier: GPL-2.0-or-later
#include "paper_peer.h"

#include <check.h>
#include <math.h>

#include "ro/ro.h"

struct paper_peers peers;

static struct paper_peer *find(const struct in6_addr *ours, const struct in6_addr *peer)
{
	for (unsigned int i = 0; i < peers.n; i++)
		if (IN6_ARE_ADDR_EQUAL(&peers.at[i].ours, ours) && IN6_ARE_ADDR_EQUAL(&peers.at[i].peer, peer))
			return &peers.at[i];
	return NULL;
}

struct paper_peer *paper_peer(const char *ours, const char *peer)
{
	const struct in6_addr o = ip(ours), p = ip(peer);

	return find(&o, &p);
}

int ro_peer_set(struct ro *ro, const struct in6_addr *ours, const struct in6_addr *peer, const struct in6_addr *coa)
{
	struct paper_peer *p = find(ours, peer);

	(void)ro;
	peers.calls++;
	if (coa && peers.error) {
		if (p)
			*p = peers.at[--peers.n];
		return peers.error;
	}
	if (!coa) {
		if (p)
			*p = peers.at[--peers.n];
		return 0;
	}
	if (!p) {
		ck_assert_uint_lt(peers.n, PAPER_PEERS);
		p = &peers.at[peers.n++];
	}
	*p = (struct paper_peer){ .ours = *ours, .peer = *peer, .coa = *coa, .in = INFINITY, .out = INFINITY };
	return 0;
}

int ro_each_used(struct ro *ro,
		 void (*fn)(const struct in6_addr *ours, const struct in6_addr *peer, double in, double out, void *arg),
		 void *arg)
{
	(void)ro;
	peers.looks++;
	for (unsigned int i = 0; i < peers.n; i++)
		fn(&peers.at[i].ours, &peers.at[i].peer, peers.at[i].in, peers.at[i].out, arg);
	return 0;
}

int ro_reconcile(struct ro *ro)
{
	(void)ro;
	peers.checks++;
	return 0;
}

int paper_mh_send(struct daemon *d, const struct in6_addr *src, const struct in6_addr *dst, const struct in6_addr *rt2,
		  int ifindex, const uint8_t *data, size_t len)
{
	return mh_sock_send(d->mh_fd, src, dst, rt2, ifindex, data, len);
}
