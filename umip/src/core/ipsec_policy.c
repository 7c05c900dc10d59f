// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which policies a mobile node and its home agent have: RFC 4877 section 4.2 and 4.3, from either side.
 *
 * On a kernel that does not read the type of a Mobility Header that arrives, a policy by type would let everything through: there it is
 * for the whole protocol, which refuses more, never less. What is refused beside the updates and acknowledgements is refresh requests
 * and errors of the home agent; nothing depends on them.
 *
 * Neighbour Discovery is never protected: without it no association could be set up, nor a mobile node that comes home be found.
 */
#include <netinet/in.h>

#include <linux/xfrm.h>
#include <string.h>

#include "core/ipsec_impl.h"
#include "wire/icmp6.h"
#include "wire/mh.h"
#include "wire/nd.h"

/* Neighbours first, then what is for the home agent by type, then what goes past the tunnel, then the tunnel by type. */
#define PRIORITY_NEIGHBOURS	KERN_SP_PRIORITY
#define PRIORITY_CORRESPONDENTS (KERN_SP_PRIORITY + 1 + IPSEC_TUNNEL_HOME_TESTING)
#define PRIORITY(type)		(KERN_SP_PRIORITY + 1 + (uint32_t)(type) + conf_ipsec_is_tunnel(type))

#define ANY (-1)

static const struct {
	uint8_t proto;
	int from_mn, from_ha; /* message types */
} rules[IPSEC_TYPES] = {
	[IPSEC_HOME_REG_BINDING] = { IPPROTO_MH, MH_BU, MH_BA },
	[IPSEC_MH] = { IPPROTO_MH, ANY, ANY },
	[IPSEC_MOB_PFX_DISC] = { IPPROTO_ICMPV6, ICMP6_MP_SOLICIT, ICMP6_MP_ADVERT },
	[IPSEC_ICMP] = { IPPROTO_ICMPV6, ANY, ANY },
	[IPSEC_ANY] = { 0, ANY, ANY },
	[IPSEC_TUNNEL_HOME_TESTING] = { IPPROTO_MH, MH_HOTI, MH_HOT },
	[IPSEC_TUNNEL_MH] = { IPPROTO_MH, ANY, ANY },
	[IPSEC_TUNNEL_PAYLOAD] = { 0, ANY, ANY },
};

struct list {
	const struct ipsec *ip;
	const struct ipsec_peer *p;
	struct kern_sp *out;
	unsigned int n;
};

/* One from the mobile node (0) or to it (1); behind a tunnel the other end is anybody. */
static struct kern_sp *add(struct list *l, int dir, int way, bool behind, uint32_t priority, uint8_t proto, int type)
{
	struct kern_sp *sp = &l->out[l->n++];
	const struct in6_addr *far = behind ? &in6addr_any : &l->p->set->ha;
	uint8_t far_len = behind ? 0 : 128;

	*sp = (struct kern_sp){
		.dir = dir,
		.priority = priority,
		.src = way ? *far : l->p->hoa,
		.dst = way ? l->p->hoa : *far,
		.src_len = way ? far_len : 128,
		.dst_len = way ? 128 : far_len,
		.proto = proto,
		.type = type,
		.action = KERN_SP_ALLOW,
	};
	return sp;
}

static void protect(struct list *l, int dir, int way, enum conf_ipsec_type t)
{
	const struct conf_ipsec_policy *c = &l->p->set->policy[t];
	bool tunnel = conf_ipsec_is_tunnel(t);
	int type = way ? rules[t].from_ha : rules[t].from_mn;
	struct kern_sp *sp;

	if (rules[t].proto == IPPROTO_MH && !l->ip->typed)
		type = ANY;
	sp = add(l, dir, way, tunnel, PRIORITY(t), rules[t].proto, type);
	sp->action = c->block ? KERN_SP_BLOCK : KERN_SP_ESP;
	if (c->block)
		return;
	sp->tunnel = tunnel;
	sp->reqid = c->reqid[way];
	sp->from = way ? l->p->set->ha : tunnel ? l->p->end : l->p->hoa;
	sp->to = !way ? l->p->set->ha : tunnel ? l->p->end : l->p->hoa;
}

/* The direction of what goes this way, as we see it. */
static int direction(const struct ipsec *ip, int way)
{
	return ip->mobile_node == !way ? XFRM_POLICY_OUT : XFRM_POLICY_IN;
}


static void except_neighbours(struct list *l, bool behind)
{
	for (int way = 0; way < 2; way++) {
		add(l, direction(l->ip, way), way, behind, PRIORITY_NEIGHBOURS, IPPROTO_ICMPV6, ND_NS);
		add(l, direction(l->ip, way), way, behind, PRIORITY_NEIGHBOURS, IPPROTO_ICMPV6, ND_NA);
	}
}

/* Updates to correspondents and what answers them go directly, authenticated by the return routability procedure. */
static void except_correspondents(struct list *l)
{
	static const int answers[] = { MH_BA, MH_BE, MH_BRR };

	add(l, direction(l->ip, 0), 0, true, PRIORITY_CORRESPONDENTS, IPPROTO_MH, MH_BU);
	for (unsigned int i = 0; l->ip->typed && i < sizeof(answers) / sizeof(answers[0]); i++)
		add(l, direction(l->ip, 1), 1, true, PRIORITY_CORRESPONDENTS, IPPROTO_MH, answers[i]);
}

static bool wanted(const struct list *l, enum conf_ipsec_type t, enum ipsec_half half)
{
	const struct conf_ipsec_policy *c = l->p->set->policy;

	if (!c[t].line || conf_ipsec_is_tunnel(t) != (half == IPSEC_TUNNEL))
		return false;
	/* Without types both would be the same selector. */
	return l->ip->typed || t != IPSEC_MH || !c[IPSEC_HOME_REG_BINDING].line;
}

unsigned int ipsec_policies(const struct ipsec *ip, const struct ipsec_peer *p, enum ipsec_half half, struct kern_sp *out)
{
	const struct conf_ipsec_policy *c = p->set->policy;
	struct list l = { .ip = ip, .p = p, .out = out };

	if (half == IPSEC_TRANSPORT && (c[IPSEC_ICMP].line || c[IPSEC_ANY].line))
		except_neighbours(&l, false);
	if (half == IPSEC_TUNNEL && c[IPSEC_TUNNEL_PAYLOAD].line)
		except_neighbours(&l, true);
	if (half == IPSEC_TUNNEL && c[IPSEC_TUNNEL_MH].line && ip->mobile_node)
		except_correspondents(&l);
	for (int t = 0; t < IPSEC_TYPES; t++) {
		if (!wanted(&l, t, half))
			continue;
		protect(&l, direction(ip, 0), 0, t);
		protect(&l, direction(ip, 1), 1, t);
		/* What comes out of the tunnel and is not for the home agent itself. */
		if (half == IPSEC_TUNNEL && !ip->mobile_node)
			protect(&l, XFRM_POLICY_FWD, 0, t);
	}
	return l.n;
}

enum conf_ipsec_type ipsec_type_of(const struct kern_sp *sp)
{
	return (enum conf_ipsec_type)(sp->priority - PRIORITY(0));
}

static bool same_ends(const struct kern_sp *a, const struct kern_sp *b)
{
	return a->tunnel == b->tunnel && a->reqid == b->reqid && IN6_ARE_ADDR_EQUAL(&a->from, &b->from) && IN6_ARE_ADDR_EQUAL(&a->to, &b->to);
}

bool ipsec_same_policy(const struct kern_sp *a, const struct kern_sp *b)
{
	return a->dir == b->dir && a->priority == b->priority && a->src_len == b->src_len && a->dst_len == b->dst_len &&
	       a->proto == b->proto && a->type == b->type && a->action == b->action && IN6_ARE_ADDR_EQUAL(&a->src, &b->src) &&
	       IN6_ARE_ADDR_EQUAL(&a->dst, &b->dst) && (a->action != KERN_SP_ESP || same_ends(a, b));
}

const struct in6_addr *ipsec_end_of(const struct ipsec_peer *p, const struct kern_sp *sp)
{
	return IN6_ARE_ADDR_EQUAL(&sp->src, &p->hoa) ? &sp->from : &sp->to;
}
