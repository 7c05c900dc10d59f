// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Duplicate address detection for a mobile node that registers for the first time (RFC 6275 10.3.1, RFC 4862 5.4), and the Neighbour
 * Advertisement that takes over its packets (10.4.1).
 *
 * Each waiting binding has a timer in the event loop and nothing else: a thousand of them cost a thousand timers. One solicitation goes
 * out from the unspecified address; an advertisement of the address, or somebody else's solicitation of the same kind, ends the wait with
 * status 134.
 */
#include <string.h>

#include "ha/ha.h"
#include "wire/nd.h"

static struct binding *binding_of(struct ev_timer *w)
{
	return (struct binding *)((char *)w - offsetof(struct binding, timer));
}

static int solicit(struct ha *ha, int ifindex, const struct in6_addr *target)
{
	struct nd_ns ns = { .target = *target };
	struct in6_addr group;
	uint8_t buf[64];
	ssize_t len = nd_build_ns(buf, sizeof(buf), &ns);
	int err;

	nd_solicited_node(target, &group);
	nd_group_join(ifindex, target);
	err = nd_sock_send(ha->d->nd_fd, ifindex, &in6addr_any, &group, NULL, buf, (size_t)len);
	if (err && log_allow(&ha->log[HA_LOG_DAD], "dad-send-failed"))
		log_warn("dad-send-failed", "home_address=%s error=\"%s\"", log_addr(target), strerror(-err));
	return err;
}

static void on_dad_end(struct ev_loop *loop, struct ev_timer *w, int revents)
{
	struct binding *b = binding_of(w);
	struct ha *ha = b->owner;

	(void)loop;
	(void)revents;
	ha_dad_stop(ha, b);
	b->state = BC_BOUND;
	b->expires = clock_now() + b->lifetime;
	ha_expire_start(ha, b);
	ha_queue(ha, b, HA_WORK_NEW);
	log_info("binding-registered", "home_address=%s care_of_address=%s sequence=%u lifetime_s=%u", log_addr(&b->hoa),
		 log_addr(&b->coa), b->seq, b->lifetime);
	ha_notify(ha, "binding-registered", b);
}

bool ha_dad_start(struct ha *ha, struct binding *b)
{
	int err;

	b->in_groups = true;
	err = solicit(ha, b->ifindex, &b->hoa);
	if (!err && b->flags & MH_BU_L)
		err = solicit(ha, b->ifindex, &b->link_local);
	if (err) {
		ha_dad_leave(b);
		return false;
	}
	ha->d->stats[STAT_DAD_STARTED]++;
	ha->n_dad++;
	/* The loop's clock stands still while a burst is worked off: the second counts from the probe, not from the burst's begin. */
	ev_now_update(ha->d->loop);
	ev_timer_init(&b->timer, on_dad_end, HA_DAD_SECONDS, 0);
	ev_timer_start(ha->d->loop, &b->timer);
	return true;
}

void ha_dad_stop(struct ha *ha, struct binding *b)
{
	ev_timer_stop(ha->d->loop, &b->timer);
	ha->n_dad--;
}

/*
 * Not at the end of the detection: the proxy entry joins the same group a moment later, and leaving in between would tell every MLD router
 * of the link twice.
 */
void ha_dad_leave(struct binding *b)
{
	if (!b->in_groups)
		return;
	b->in_groups = false;
	nd_group_leave(b->ifindex, &b->hoa);
	if (b->flags & MH_BU_L)
		nd_group_leave(b->ifindex, &b->link_local);
}

struct conflict {
	struct ha *ha;
	const struct nd_packet *p;
};

static void duplicate(struct ha *ha, struct binding *b, const struct nd_packet *p)
{
	struct bc_reply r = b->reply;

	ha->d->stats[STAT_DAD_FAILED]++;
	ha->d->stats[STAT_REG_REJECTED]++;
	if (log_allow(&ha->log[HA_LOG_DUPLICATE], "home-address-duplicate"))
		log_warn("home-address-duplicate", "home_address=%s used_by=%02x:%02x:%02x:%02x:%02x:%02x", log_addr(&b->hoa),
			 p->ll_src[0], p->ll_src[1], p->ll_src[2], p->ll_src[3], p->ll_src[4], p->ll_src[5]);
	ha_dad_stop(ha, b);
	r.status = BA_DAD_FAILED;
	r.lifetime = 0;
	r.refresh = 0;
	r.seq = b->seq;
	ha_notify(ha, "home-address-duplicate", b);
	ha_send_ack(ha, &b->hoa, &b->ha, b->ifindex, &r);
	ha_dad_leave(b);
	ha_remove(ha, b);
}

static void match_link_local(struct binding *b, void *arg)
{
	struct conflict *c = arg;

	if (b->state == BC_DAD && b->ifindex == c->p->ifindex)
		duplicate(c->ha, b, c->p);
}

void ha_dad_heard(struct ha *ha, const struct nd_packet *p)
{
	struct conflict c = { .ha = ha, .p = p };
	const struct in6_addr *target;
	struct nd_ns ns;
	struct nd_na na;
	struct binding *b;

	if (!ha->n_dad)
		return;
	if (p->type == ND_NS) {
		if (nd_parse_ns(p->data, p->len, &ns)) {
			ha->d->stats[STAT_ND_MALFORMED]++;
			return;
		}
		/* One with a source is somebody who looks for the address, not somebody who claims it. */
		if (!IN6_IS_ADDR_UNSPECIFIED(&p->src))
			return;
		target = &ns.target;
	} else if (p->type == ND_NA) {
		if (nd_parse_na(p->data, p->len, &na)) {
			ha->d->stats[STAT_ND_MALFORMED]++;
			return;
		}
		target = &na.target;
	} else {
		return;
	}

	if (IN6_IS_ADDR_LINKLOCAL(target)) {
		bcache_each_link_local(ha->cache, target, match_link_local, &c);
		return;
	}
	b = bcache_find(ha->cache, target);
	if (b && b->state == BC_DAD && b->ifindex == p->ifindex)
		duplicate(ha, b, p);
}

static void advertise(struct ha *ha, const struct binding *b, const struct ha_link *link, const struct in6_addr *target)
{
	struct nd_na na = { .override = true, .router = b->flags & MH_BU_R, .target = *target, .tll = link->lladdr };
	static const struct in6_addr all_nodes = { { { 0xff, 0x02, [15] = 1 } } };
	uint8_t buf[64];
	ssize_t len = nd_build_na(buf, sizeof(buf), &na);
	int err = nd_sock_send(ha->d->nd_fd, link->ifindex, &b->ha, &all_nodes, NULL, buf, (size_t)len);

	if (err && log_allow(&ha->log[HA_LOG_ANNOUNCE], "announce-failed"))
		log_warn("announce-failed", "home_address=%s error=\"%s\"", log_addr(target), strerror(-err));
}

void ha_announce(struct ha *ha, const struct binding *b)
{
	const struct ha_link *link = ha_link_by_index(ha, b->ifindex);

	if (!link)
		return;
	advertise(ha, b, link, &b->hoa);
	if (b->flags & MH_BU_L)
		advertise(ha, b, link, &b->link_local);
}
