// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Telling the key manager where a mobile node is (the K bit, RFC 4877 section 6).
 *
 * It hears of a move by MIGRATE, and finds its own association by the reqid in it. Tunnels that move say so by themselves, but there may be
 * none, or none with an association yet; the one that protected the registration is always there. So a MIGRATE of that policy comes first, which
 * is in transport mode and has nothing to move: the old addresses are nobody's.
 */
#include <netinet/in.h>

#include <linux/xfrm.h>

#include "core/ipsec_impl.h"

void ipsec_tell_key_manager(const struct ipsec *ip, const struct ipsec_peer *p, const struct kern_km *km)
{
	struct kern_sp sp[IPSEC_POLICIES_MAX];
	unsigned int n = ipsec_policies(ip, p, IPSEC_TRANSPORT, sp), i = 0;
	struct kern_batch *b = NULL;
	int err;

	/* The first is the narrowest, of Binding Updates or of all mobility messages. */
	while (i < n && !(sp[i].action == KERN_SP_ESP && sp[i].dir == XFRM_POLICY_OUT && sp[i].reqid && sp[i].proto != IPPROTO_ICMPV6))
		i++;
	if (i == n)
		return; /* without a reqid it could not find anything */
	sp[i].from = sp[i].to = in6addr_any;
	if (ip->d->conf->ipsec_pf_key) {
		err = kern_pfkey_migrate(&sp[i], &km->from, &km->to, km);
	} else {
		b = kern_batch_new(KERN_XFRM);
		if (!b)
			return;
		kern_sp_migrate(b, &sp[i], &km->from, &km->to, km);
		err = kern_batch_commit(b);
	}
	/* It negotiates again then, which costs time and nothing else. */
	if (err)
		log_info("key-manager-not-told", "home_address=%s error=\"%s\"", log_addr(&p->hoa), kern_error());
}
