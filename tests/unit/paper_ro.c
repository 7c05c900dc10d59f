// SPDX-License-Identifier: GPL-2.0-or-later
/* The part of the kernel made of paper that route optimization needs: pairs, traffic in the tunnel. */
#include <check.h>
#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cn/cn.h"
#include "kern/peers.h"
#include "paper.h"
#include "ro/ro.h"

/* ---- pairs ---- */

static struct paper_pair *find(const struct in6_addr *ours, const struct in6_addr *peer)
{
	for (unsigned int i = 0; i < k.pairs.n; i++)
		if (IN6_ARE_ADDR_EQUAL(&k.pairs.at[i].ours, ours) && IN6_ARE_ADDR_EQUAL(&k.pairs.at[i].peer, peer))
			return &k.pairs.at[i];
	return NULL;
}

struct paper_pair *paper_pair(const char *peer)
{
	const struct in6_addr a = ip(peer);

	for (unsigned int i = 0; i < k.pairs.n; i++)
		if (IN6_ARE_ADDR_EQUAL(&k.pairs.at[i].peer, &a))
			return &k.pairs.at[i];
	return NULL;
}

int ro_own_set(struct ro *ro, const struct in6_addr *hoa, const struct in6_addr *peer, const struct in6_addr *coa,
	       enum ro_own stage)
{
	struct paper_pair *p = find(hoa, peer);

	(void)ro;
	if (k.pair_error)
		return k.pair_error;
	if (stage == RO_OWN_NONE) {
		if (p)
			*p = k.pairs.at[--k.pairs.n];
		return 0;
	}
	if (!p) {
		ck_assert_uint_lt(k.pairs.n, PAPER_MAX);
		p = &k.pairs.at[k.pairs.n++];
		*p = (struct paper_pair){ .ours = *hoa, .peer = *peer, .in = INFINITY, .out = INFINITY };
	}
	p->coa = *coa;
	p->own = stage;
	return 0;
}

int ro_own_suspend(struct ro *ro, const struct in6_addr *hoa)
{
	(void)ro;
	for (unsigned int i = 0; i < k.pairs.n; i++)
		if (IN6_ARE_ADDR_EQUAL(&k.pairs.at[i].ours, hoa) && k.pairs.at[i].own == RO_OWN_DATA)
			k.pairs.at[i].own = RO_OWN_ACCEPT;
	return 0;
}

int ro_each_used(struct ro *ro,
		 void (*fn)(const struct in6_addr *ours, const struct in6_addr *peer, double in, double out, void *arg),
		 void *arg)
{
	(void)ro;
	for (unsigned int i = 0; i < k.pairs.n; i++)
		fn(&k.pairs.at[i].ours, &k.pairs.at[i].peer, k.pairs.at[i].in, k.pairs.at[i].out, arg);
	return 0;
}

int ro_reconcile(struct ro *ro)
{
	(void)ro;
	return 0;
}

/* ---- the tunnel ---- */

static struct kern_peers {
	void (*seen)(const struct in6_addr *peer, bool out, void *arg);
	void *arg;
	int fds[2];
} peers;

struct kern_peers *kern_peers_open(int ifindex, void (*seen)(const struct in6_addr *peer, bool out, void *arg), void *arg,
				   char *err, size_t err_len)
{
	(void)err;
	(void)err_len;
	ck_assert_int_eq(ifindex, PAPER_TUNNEL);
	peers.seen = seen;
	peers.arg = arg;
	ck_assert_int_eq(pipe(peers.fds), 0);
	return &peers;
}

void kern_peers_close(struct kern_peers *p)
{
	if (!p)
		return;
	close(p->fds[0]);
	close(p->fds[1]);
}

int kern_peers_only(struct kern_peers *p, const struct in6_addr *ours)
{
	(void)p;
	(void)ours;
	return 0;
}

int kern_peers_fd(const struct kern_peers *p)
{
	return p->fds[0];
}

void kern_peers_read(struct kern_peers *p)
{
	(void)p;
}

void paper_seen(const char *peer, bool out)
{
	const struct in6_addr a = ip(peer);

	peers.seen(&a, out, peers.arg);
}

/* ---- the correspondent's half: there is none ---- */

bool cn_mh(struct cn *cn, const struct mh_packet *p, const struct mh_msg *m)
{
	(void)cn;
	(void)p;
	(void)m;
	return false;
}

void cn_addr_changed(struct cn *cn)
{
	(void)cn;
}

bool cn_rows(struct cn *cn, uint64_t *at, unsigned int max, struct json_object *rows)
{
	(void)cn;
	(void)at;
	(void)max;
	(void)rows;
	return false;
}

void cn_status(struct cn *cn, struct json_object *fields)
{
	(void)cn;
	(void)fields;
}
