// SPDX-License-Identifier: GPL-2.0-or-later
/* IPsec policies (ptype main), MIGRATE by netlink, and the end of an association. */
#include "kern/ipsec.h"

#include "kern/ipsec_msg.h"

struct kern_selector kern_sp_selector(const struct kern_sp *p)
{
	return (struct kern_selector){
		.src = &p->src,
		.dst = &p->dst,
		.src_len = p->src_len,
		.dst_len = p->dst_len,
		.proto = p->proto,
		.type = p->type,
	};
}

void kern_sp_set(struct kern_batch *b, const struct kern_sp *p)
{
	const struct kern_selector s = kern_sp_selector(p);
	struct xfrm_userpolicy_info info;
	struct nl_msg *m;

	kern_put_policy(&info, &s, p->dir, p->priority, p->action == KERN_SP_BLOCK);
	m = kern_msg(XFRM_MSG_UPDPOLICY, 0, &info, sizeof(info));
	if (m && p->action == KERN_SP_ESP) {
		struct xfrm_user_tmpl t;

		/* In transport mode the ends are those of the packet. */
		kern_put_template(&t, p->tunnel ? &p->from : &in6addr_any, p->tunnel ? &p->to : &in6addr_any,
				  IPPROTO_ESP, p->tunnel ? XFRM_MODE_TUNNEL : XFRM_MODE_TRANSPORT);
		t.reqid = p->reqid;
		nla_put(m, XFRMA_TMPL, sizeof(t), &t);
	}
	kern_policy_add(b, m, 0, "add", p->dir, &s);
}

void kern_sp_del(struct kern_batch *b, const struct kern_sp *p, unsigned int forgive)
{
	const struct kern_selector s = kern_sp_selector(p);
	struct xfrm_userpolicy_id id = { .dir = (uint8_t)p->dir };

	kern_put_selector(&id.sel, &s);
	kern_policy_add(b, kern_msg(XFRM_MSG_DELPOLICY, 0, &id, sizeof(id)), forgive, "del", p->dir, &s);
}

void kern_sp_migrate(struct kern_batch *b, const struct kern_sp *p, const struct in6_addr *from,
		     const struct in6_addr *to, const struct kern_km *km)
{
	const struct kern_selector s = kern_sp_selector(p);
	struct xfrm_userpolicy_id id = { .dir = (uint8_t)p->dir };
	struct xfrm_user_migrate move = {
		.proto = IPPROTO_ESP,
		.mode = p->tunnel ? XFRM_MODE_TUNNEL : XFRM_MODE_TRANSPORT,
		.reqid = p->reqid,
		.old_family = AF_INET6,
		.new_family = AF_INET6,
	};
	struct nl_msg *m;

	kern_put_selector(&id.sel, &s);
	kern_put_xfrm_ip(&move.old_saddr, &p->from);
	kern_put_xfrm_ip(&move.old_daddr, &p->to);
	kern_put_xfrm_ip(&move.new_saddr, from);
	kern_put_xfrm_ip(&move.new_daddr, to);
	m = kern_msg(XFRM_MSG_MIGRATE, 0, &id, sizeof(id));
	if (m)
		nla_put(m, XFRMA_MIGRATE, sizeof(move), &move);
	if (m && km) {
		struct xfrm_user_kmaddress k = { .family = AF_INET6 };

		kern_put_xfrm_ip(&k.local, &km->from);
		kern_put_xfrm_ip(&k.remote, &km->to);
		nla_put(m, XFRMA_KMADDRESS, sizeof(k), &k);
	}
	kern_policy_add(b, m, 0, "migrate", p->dir, &s);
}

void kern_sa_expire(struct kern_batch *b, const struct kern_sa *s, unsigned int forgive)
{
	struct xfrm_user_expire e = { .state.id.proto = IPPROTO_ESP, .state.family = AF_INET6, .hard = 1 };

	kern_put_xfrm_ip(&e.state.id.daddr, &s->dst);
	e.state.id.spi = htonl(s->spi);
	kern_batch_add(b, kern_msg(XFRM_MSG_EXPIRE, 0, &e, sizeof(e)), forgive, "state expire esp 0x%08x %s -> %s",
		       s->spi, kern_ip(&s->src), kern_ip(&s->dst));
}
