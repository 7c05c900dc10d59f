// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A peer's policies into the kernel and out of it, and its tunnel from one care-of address to the next.
 */
#include <netinet/in.h>

#include <linux/xfrm.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/ipsec_impl.h"

static int apply(const struct ipsec *ip, const struct ipsec_peer *p, enum ipsec_half half, bool there)
{
	struct kern_sp sp[IPSEC_POLICIES_MAX];
	unsigned int n = ipsec_policies(ip, p, half, sp);
	struct kern_batch *b = kern_batch_new(KERN_XFRM);

	if (!b)
		return -ENOMEM;
	for (unsigned int i = 0; i < n; i++) {
		if (there)
			kern_sp_set(b, &sp[i]);
		else
			kern_sp_del(b, &sp[i], KERN_OK_ABSENT);
	}
	return kern_batch_commit(b);
}

int ipsec_put(const struct ipsec *ip, const struct ipsec_peer *p, enum ipsec_half half)
{
	return apply(ip, p, half, true);
}

int ipsec_take_out(const struct ipsec *ip, const struct ipsec_peer *p, enum ipsec_half half)
{
	return apply(ip, p, half, false);
}

static void remember_words(struct ipsec *ip, int err)
{
	snprintf(ip->words, sizeof(ip->words), "%s", err == -ENOMEM ? strerror(ENOMEM) : kern_error());
}

static struct in6_addr moved(const struct in6_addr *end, const struct in6_addr *from, const struct in6_addr *to)
{
	return IN6_ARE_ADDR_EQUAL(end, from) ? *to : *end;
}

/*
 * The tunnel policies, and associations with them, from one end to another. Netlink takes all of them in one go; PF_KEY one after
 * the other. An association goes along with the first of its policies: so what is forwarded comes first, which is most of what arrives, and the
 * policy of it is not behind the association.
 *
 * The key manager does not hear of it. strongSwan would take out what it sends by and put it in again, with the sequence number that
 * it had read before; ipsec_renew.c is there for what strongSwan cannot find later.
 */
int ipsec_carry(const struct ipsec *ip, const struct ipsec_peer *p, const struct in6_addr *to)
{
	struct kern_sp sp[IPSEC_POLICIES_MAX];
	unsigned int n = ipsec_policies(ip, p, IPSEC_TUNNEL, sp);
	struct kern_batch *b = ip->d->conf->ipsec_pf_key ? NULL : kern_batch_new(KERN_XFRM);
	int err = 0;

	if (!ip->d->conf->ipsec_pf_key && !b)
		return -ENOMEM;
	for (unsigned int i = 0; !err && i < 2 * n; i++) {
		const struct kern_sp *s = &sp[i % n];
		struct in6_addr new_from = moved(&s->from, &p->end, to), new_to = moved(&s->to, &p->end, to);

		if (s->action != KERN_SP_ESP || (s->dir == XFRM_POLICY_FWD) != (i < n))
			continue;
		if (b)
			kern_sp_migrate(b, s, &new_from, &new_to, NULL);
		else
			err = kern_pfkey_migrate(s, &new_from, &new_to, NULL);
	}
	if (b)
		err = kern_batch_commit(b);
	return err;
}

/* What is not moved is no more than an address that the peer does not have: back to where all of it was. */
static void undo(struct ipsec *ip, struct ipsec_peer *p, const struct in6_addr *to)
{
	struct in6_addr was = p->end;

	p->end = *to;
	ipsec_carry(ip, p, &was);
	p->end = was;
	if (p->tunnel)
		ipsec_put(ip, p, IPSEC_TUNNEL);
	else
		ipsec_take_out(ip, p, IPSEC_TUNNEL);
}

bool ipsec_has_tunnel(const struct ipsec_peer *p)
{
	for (int t = IPSEC_TUNNEL_HOME_TESTING; t < IPSEC_TYPES; t++)
		if (p->set->policy[t].line)
			return true;
	return false;
}

static int move(struct ipsec *ip, struct ipsec_peer *p, const struct in6_addr *to)
{
	bool elsewhere = !IN6_ARE_ADDR_EQUAL(&p->end, to);
	int err;

	if (!p->tunnel) {
		err = ipsec_put(ip, p, IPSEC_TUNNEL);
		if (err) {
			remember_words(ip, err);
			ipsec_take_out(ip, p, IPSEC_TUNNEL);
			return err;
		}
	}
	err = elsewhere ? ipsec_carry(ip, p, to) : 0;
	/* Somebody has just deleted what should move. */
	if (err == -ENOENT && !ipsec_put(ip, p, IPSEC_TUNNEL))
		err = ipsec_carry(ip, p, to);
	if (err) {
		remember_words(ip, err);
		undo(ip, p, to);
		log_error("tunnel-not-moved", "home_address=%s from=%s to=%s error=\"%s\"", log_addr(&p->hoa), log_addr(&p->end), log_addr(to),
			  ip->words);
		return err;
	}
	p->tunnel = true;
	p->end = *to;
	ipsec_renew_carried(ip, p, elsewhere);
	return 0;
}

int ipsec_come_home(struct ipsec *ip, struct ipsec_peer *p)
{
	int err;

	/* If they do not come along they stay where the next move looks for them; the policies go all the same. */
	move(ip, p, &p->hoa);
	err = ipsec_take_out(ip, p, IPSEC_TUNNEL);
	if (err)
		remember_words(ip, err);
	else
		p->tunnel = false;
	return err;
}

/* Once for each place: the role calls at every turn. Who has never been away is where the key manager thinks. */
static void tell(const struct ipsec *ip, struct ipsec_peer *p, const struct in6_addr *at, const struct kern_km *km)
{
	bool news = !IN6_ARE_ADDR_EQUAL(at, &p->told), away = !IN6_ARE_ADDR_EQUAL(at, &p->hoa);

	if (news && (away || !IN6_IS_ADDR_UNSPECIFIED(&p->told)))
		ipsec_tell_key_manager(ip, p, km);
	p->told = *at;
}

int ipsec_move(struct ipsec *ip, const struct in6_addr *hoa, const struct in6_addr *coa, bool km)
{
	struct ipsec_peer *p = ip ? ipsec_peer(ip, hoa) : NULL;
	struct kern_km ends;
	int err = 0;

	if (!p)
		return 0;
	p->claimed = true;
	ends.from = ip->mobile_node ? coa ? *coa : *hoa : p->set->ha;
	ends.to = ip->mobile_node ? p->set->ha : coa ? *coa : *hoa;
	if (ipsec_has_tunnel(p) && coa)
		err = move(ip, p, coa);
	else if (ipsec_has_tunnel(p) && p->tunnel)
		err = ipsec_come_home(ip, p);
	if (err)
		return err;
	if (km)
		tell(ip, p, coa ? coa : hoa, &ends);
	else
		p->told = in6addr_any;
	return 0;
}
