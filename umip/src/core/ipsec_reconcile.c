// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel's policies against the peers': at the start, and when somebody else has deleted some.
 *
 * What is not of this configuration goes, what is missing is put back; until then, and a moment longer, no registration is protected
 * (ipsec_protects()).
 */
#include <netinet/in.h>

#include <linux/xfrm.h>

#include <errno.h>
#include <string.h>

#include "core/ipsec_impl.h"

#define LOOK_SOON  0.02 /* seconds: what is deleted in one go is put back in one go */
#define LOOK_AGAIN 1.0	/* after a failure */
#define TRUST_AFTER 0.2 /* if the kernel cannot say that nothing is on its way any more */

/* ---- what is there ---- */

struct look {
	struct ipsec *ip;
	struct kern_batch *strangers;
	unsigned int removed;
	bool learn; /* where the tunnels are */
};

/* One of the peer's, wherever its tunnel ends. */
static bool is_of(const struct ipsec *ip, const struct ipsec_peer *p, const struct kern_sp *sp)
{
	struct kern_sp list[2 * IPSEC_POLICIES_MAX];
	struct ipsec_peer there = *p;
	unsigned int n;

	if (sp->action == KERN_SP_ESP && sp->tunnel)
		there.end = *ipsec_end_of(p, sp);
	n = ipsec_policies(ip, &there, IPSEC_TRANSPORT, list);
	n += ipsec_policies(ip, &there, IPSEC_TUNNEL, list + n);
	for (unsigned int i = 0; i < n; i++)
		if (ipsec_same_policy(sp, &list[i]))
			return true;
	return false;
}

/* How many policies the peer should have now; sp, if not NULL: whether it is one of them, its ends included. */
static unsigned int all_of(const struct ipsec *ip, const struct ipsec_peer *p, const struct kern_sp *sp, bool *found)
{
	struct kern_sp list[2 * IPSEC_POLICIES_MAX];
	unsigned int n = ipsec_policies(ip, p, IPSEC_TRANSPORT, list);

	if (p->tunnel)
		n += ipsec_policies(ip, p, IPSEC_TUNNEL, list + n);
	for (unsigned int i = 0; sp && i < n && !*found; i++)
		*found = ipsec_same_policy(sp, &list[i]);
	return n;
}

static void see_policy(const struct kern_sp *sp, void *arg)
{
	struct look *l = arg;
	struct ipsec_peer *p = ipsec_peer(l->ip, &sp->src);
	bool right = false;

	if (!p)
		p = ipsec_peer(l->ip, &sp->dst);
	if (p)
		all_of(l->ip, p, sp, &right);
	if (right)
		p->seen++;
	if (!p || !is_of(l->ip, p, sp)) {
		kern_sp_del(l->strangers, sp, KERN_OK_ABSENT);
		l->removed++;
	} else if (l->learn && sp->action == KERN_SP_ESP && sp->tunnel) {
		p->tunnel = true;
		ipsec_found_at(p, ipsec_end_of(p, sp));
	}
}

/* Takes out those of ours that nobody wants, learns (at the start) where tunnels end. 0 or -errno. */
static int look(struct ipsec *ip, bool learn)
{
	struct look l = { .ip = ip, .strangers = kern_batch_new(KERN_XFRM), .learn = learn };
	int err;

	if (!l.strangers)
		return -ENOMEM;
	for (size_t i = 0; i < ip->n; i++)
		ip->peers[i].seen = 0;
	err = kern_sp_dump(see_policy, &l);
	if (err) {
		kern_batch_cancel(l.strangers);
		return err;
	}
	if (l.removed)
		log_notice("policies-removed", "policies=%u reason=\"not of this configuration\"", l.removed);
	return kern_batch_commit(l.strangers);
}

/* Where a tunnel's association is: its own selector says whose it is if it has one, or its end, or its number. */
static void see_sa(const struct kern_sa *s, void *arg)
{
	struct ipsec *ip = arg;
	struct ipsec_peer *p = NULL;
	struct in6_addr end;

	if (!s->tunnel)
		return;
	if (s->sel_src_len == 128)
		p = ipsec_peer(ip, &s->sel_src);
	if (!p && s->sel_dst_len == 128)
		p = ipsec_peer(ip, &s->sel_dst);
	if (!p) {
		p = ipsec_peer_of_tunnel(ip, &s->src, &s->dst, s->reqid, &end);
	} else if (ipsec_has_reqid(p, true, s->reqid)) {
		end = IN6_ARE_ADDR_EQUAL(&s->dst, &p->set->ha) ? s->src : s->dst;
		if (!IN6_ARE_ADDR_EQUAL(&s->dst, &p->set->ha) && !IN6_ARE_ADDR_EQUAL(&s->src, &p->set->ha))
			p = NULL;
	} else {
		p = NULL;
	}
	if (p)
		ipsec_found_at(p, &end);
}

int ipsec_learn(struct ipsec *ip)
{
	int err = look(ip, true);

	return err ? err : kern_sa_dump(see_sa, ip);
}

/* ---- and is put back ---- */

static void look_after(struct ipsec *ip, double seconds)
{
	ev_timer_stop(ip->d->loop, &ip->look);
	ev_now_update(ip->d->loop); /* the repair took its time */
	ev_timer_set(&ip->look, seconds, 0);
	ev_timer_start(ip->d->loop, &ip->look);
}

/* What came while policies were missing is thrown away before anything is trusted again. */
static void trust(struct ipsec *ip)
{
	ipsec_start_fence(ip);
	ip->broken = ip->mended = false;
}

static void on_look(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct ipsec *ip = w->data;
	int err;

	(void)loop;
	(void)revents;
	if (ip->mended) {
		trust(ip);
		return;
	}
	err = look(ip, false);
	for (size_t i = 0; !err && i < ip->n; i++) {
		if (ip->peers[i].seen == all_of(ip, &ip->peers[i], NULL, NULL))
			continue;
		err = ipsec_put(ip, &ip->peers[i], IPSEC_TRANSPORT);
		if (!err && ip->peers[i].tunnel)
			err = ipsec_put(ip, &ip->peers[i], IPSEC_TUNNEL);
	}
	if (!err && ip->broken)
		err = ipsec_learn_guards(ip);
	if (err == -ENOENT) {
		look_after(ip, LOOK_SOON); /* they are gone again */
		return;
	}
	if (err) {
		ip->d->stats[STAT_KERNEL_ERRORS]++;
		if (log_allow(&ip->log_kernel, "policies-missing"))
			log_error("policies-missing", "error=\"%s\" effect=\"no registration is accepted\"", err == -ENOMEM ? strerror(ENOMEM) : kern_error());
		look_after(ip, LOOK_AGAIN);
		return;
	}
	if (!ip->broken)
		return;
	log_notice("policies-restored", "home_addresses=%zu", ip->n);
	ip->mended = true;
	if (ipsec_settle_kernel())
		trust(ip);
	else
		look_after(ip, TRUST_AFTER);
}

void ipsec_policies_gone(struct ipsec *ip)
{
	if (!ip->broken)
		log_warn("policies-deleted", "action=repair");
	if (!ip->broken || ip->mended)
		look_after(ip, LOOK_SOON);
	ip->broken = true;
	ip->mended = false;
}

void ipsec_reconcile_init(struct ipsec *ip)
{
	ev_timer_init(&ip->look, on_look, LOOK_SOON, 0);
	ip->look.data = ip;
}
