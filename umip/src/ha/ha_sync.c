// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel follows the binding cache.
 *
 * A binding that changed waits in one of three queues. The worker runs when the event loop has nothing more urgent, takes some bindings in order
 * of urgency, and works out for each what the kernel has (installed*) and what it should have (state, coa, ha); the differences of all go
 * into one netlink batch. Then the neighbours are told and the acknowledgements sent. If the kernel refuses a batch, its bindings are tried
 * one by one, so that only the culprit is refused (status 130) and undone.
 *
 * The same comparison, with the kernel's own tables in place of what we remember, is the reconciliation after a start, a lost notification or
 * an object deleted by somebody else.
 */
#include <errno.h>
#include <string.h>

#include "core/ipsec.h"
#include "ha/ha.h"

#define WORK_AT_ONCE 16 /* bindings in a turn: at most 64 messages, a few milliseconds */

#define SEEN_ROUTE 1
#define SEEN_PROXY 2
#define SEEN_PROXY_LL 4

static bool wanted(const struct binding *b)
{
	return b->state == BC_BOUND;
}

static bool differs(const struct binding *b)
{
	if (!wanted(b))
		return b->installed;
	return !b->installed || b->network != b->installed_network || !(b->flags & MH_BU_R) == b->installed_router || !IN6_ARE_ADDR_EQUAL(&b->coa, &b->installed_coa) || !IN6_ARE_ADDR_EQUAL(&b->ha, &b->installed_ha);
}

/*
 * With TunnelPayload the policies take a packet on its way to the device. One that they miss finds nothing there that would send it, and is
 * dropped: better than in clear.
 */
static struct kern_route route_of(const struct ha *ha, const struct binding *b, const struct in6_addr *from, const struct in6_addr *coa)
{
	if (ipsec_covers_payload(ha->d, &b->hoa))
		return (struct kern_route){ .dst = b->hoa, .dst_len = 128, .ifindex = ha->tunnel };
	return (struct kern_route){ .dst = b->hoa, .dst_len = 128, .ifindex = ha->tunnel, .has_encap = true, .encap_src = *from, .encap_dst = *coa };
}

static bool right_route(const struct ha *ha, const struct binding *b, const struct kern_route *r)
{
	struct kern_route want = route_of(ha, b, &b->installed_ha, &b->installed_coa);

	return r->has_encap == want.has_encap && (!want.has_encap || (IN6_ARE_ADDR_EQUAL(&r->encap_dst, &want.encap_dst) &&
								     IN6_ARE_ADDR_EQUAL(&r->encap_src, &want.encap_src)));
}

static void take_out(struct ha *ha, struct kern_batch *kb, const struct binding *b)
{
	struct kern_route r = { .dst = b->hoa, .dst_len = 128, .ifindex = ha->tunnel };

	kern_proxy_del(kb, b->ifindex, &b->hoa, KERN_OK_ABSENT);
	if (b->flags & MH_BU_L)
		kern_proxy_del(kb, b->ifindex, &b->link_local, KERN_OK_ABSENT);
	kern_route_del(kb, &r, KERN_OK_ABSENT);
	ha_nemo_take_out(ha, kb, b);
}

int ha_open_guard(struct ha *ha, const struct binding *b)
{
	return ipsec_covers_payload(ha->d, &b->hoa) ? 0 : kern_guard_set(ha->guard, &b->hoa, &b->coa, &b->ha);
}

/* The guard opens before the route does and closes before it goes: it only ever refuses too much. 0 or -errno. */
static int put(struct ha *ha, struct kern_batch *kb, const struct binding *b)
{
	bool router = b->flags & MH_BU_R;
	struct kern_route r;
	int err;

	if (!differs(b))
		return 0;
	if (!wanted(b)) {
		kern_guard_del(ha->guard, &b->hoa);
		take_out(ha, kb, b);
		return ipsec_move(ha->d->ipsec, &b->hoa, NULL, b->flags & MH_BU_K && ha->d->conf->key_mng_mob) ? -EREMOTEIO : 0;
	}
	err = ha_open_guard(ha, b);
	if (err)
		return err;
	if (ipsec_move(ha->d->ipsec, &b->hoa, &b->coa, b->flags & MH_BU_K && ha->d->conf->key_mng_mob))
		return -EREMOTEIO;
	r = route_of(ha, b, &b->ha, &b->coa);
	kern_route_replace(kb, &r);
	if (!b->installed || b->installed_router != router) {
		kern_proxy_add(kb, b->ifindex, &b->hoa, router);
		if (b->flags & MH_BU_L)
			kern_proxy_add(kb, b->ifindex, &b->link_local, router);
	}
	return ha_nemo_put(ha, kb, b,
			   !b->installed || !IN6_ARE_ADDR_EQUAL(&b->coa, &b->installed_coa) || !IN6_ARE_ADDR_EQUAL(&b->ha, &b->installed_ha));
}

static void acknowledge(struct ha *ha, struct binding *b)
{
	if (!b->reply.pending)
		return;
	ha_send_ack(ha, &b->hoa, &b->ha, b->ifindex, &b->reply);
	b->reply.pending = false;
}

static void settled(struct ha *ha, struct binding *b)
{
	b->installed = wanted(b);
	ha_dad_leave(b);
	if (!wanted(b)) {
		ha_nemo_at_home(ha, b);
		acknowledge(ha, b);
		ha_remove(ha, b);
		return;
	}
	ha_nemo_settled(b);
	b->installed_router = b->flags & MH_BU_R;
	b->installed_coa = b->coa;
	b->installed_ha = b->ha;
	if (!b->announced)
		ha_announce(ha, b);
	b->announced = true;
	if (b->reply.pending)
		ha->d->stats[STAT_REG_ACCEPTED]++;
	acknowledge(ha, b);
	ha_mpd_registered(ha, b);
	ha_multicast_registered(ha, b);
}

/* The kernel said no to this one alone. Nothing of it stays. */
static void refused(struct ha *ha, struct binding *b, const char *why)
{
	struct kern_batch *kb = kern_batch_new(KERN_ROUTE);

	ha->d->stats[STAT_KERNEL_ERRORS]++;
	if (log_allow(&ha->log[HA_LOG_KERNEL], "kernel-refused"))
		log_error("kernel-refused", "home_address=%s care_of_address=%s error=\"%s\"", log_addr(&b->hoa), log_addr(&b->coa),
			  why);
	ev_timer_stop(ha->d->loop, &b->timer);
	kern_guard_del(ha->guard, &b->hoa);
	ipsec_move(ha->d->ipsec, &b->hoa, NULL, false);
	if (kb) {
		take_out(ha, kb, b);
		kern_batch_commit(kb);
	}
	if (wanted(b)) {
		ha->d->stats[STAT_REG_REJECTED]++;
		b->reply.status = b->network ? BA_FORWARDING_FAILED : BA_NO_RESOURCES;
		b->reply.lifetime = 0;
		b->reply.refresh = 0;
		ha_notify(ha, "kernel-refused", b);
	}
	ha_keep_forget(ha, b);
	ha_keep_commit(ha);
	acknowledge(ha, b);
	ha_dad_leave(b);
	ha_nemo_at_home(ha, b);
	ha_remove(ha, b);
	ha_reconcile_soon(ha);
}

static void sync_one(struct ha *ha, struct binding *b)
{
	struct kern_batch *kb = kern_batch_new(KERN_ROUTE);
	int err;

	if (!kb) {
		refused(ha, b, strerror(ENOMEM));
		return;
	}
	err = put(ha, kb, b);
	if (err) {
		kern_batch_cancel(kb);
		refused(ha, b, err == -E2BIG ? "the reverse tunnel's table is full" : err == -EREMOTEIO ? ipsec_error(ha->d) : strerror(-err));
	} else if (kern_batch_commit(kb)) {
		refused(ha, b, kern_error());
	} else {
		ha_keep_note(ha, b);
		ha_keep_commit(ha);
		settled(ha, b);
	}
}

static void sync_many(struct ha *ha, struct binding **bs, unsigned int n)
{
	struct kern_batch *kb = n > 1 ? kern_batch_new(KERN_ROUTE) : NULL;
	bool ok = kb;

	for (unsigned int i = 0; ok && i < n; i++)
		ok = !put(ha, kb, bs[i]);
	if (kb && !ok)
		kern_batch_cancel(kb);
	else if (kb)
		ok = !kern_batch_commit(kb);
	for (unsigned int i = 0; ok && i < n; i++)
		ha_keep_note(ha, bs[i]);
	if (ok)
		ha_keep_commit(ha);
	for (unsigned int i = 0; i < n; i++) {
		if (ok)
			settled(ha, bs[i]);
		else
			sync_one(ha, bs[i]);
	}
}

static void on_idle(struct ev_loop *loop, struct ev_idle *w, int revents)
{
	struct ha *ha = w->data;
	struct binding *bs[WORK_AT_ONCE], *b;
	unsigned int n = 0;

	(void)loop;
	(void)revents;
	for (int i = 0; i < HA_WORK_MAX; i++)
		while (n < WORK_AT_ONCE && (b = TAILQ_FIRST(&ha->work[i]))) {
			TAILQ_REMOVE(&ha->work[i], b, work);
			b->queued = 0;
			bs[n++] = b;
		}
	if (n)
		sync_many(ha, bs, n);
	else
		ev_idle_stop(ha->d->loop, w);
}

void ha_sync_init(struct ha *ha)
{
	for (int i = 0; i < HA_WORK_MAX; i++)
		TAILQ_INIT(&ha->work[i]);
	ev_idle_init(&ha->worker, on_idle);
	/* As urgent as what comes from the sockets: a flood of messages may not starve the answers. */
	ev_set_priority(&ha->worker, EV_MAXPRI);
	ha->worker.data = ha;
}

void ha_sync_stop(struct ha *ha)
{
	ev_idle_stop(ha->d->loop, &ha->worker);
}

void ha_queue(struct ha *ha, struct binding *b, enum ha_work urgency)
{
	if (b->queued)
		ha_unqueue(ha, b);
	TAILQ_INSERT_TAIL(&ha->work[urgency], b, work);
	b->queued = urgency + 1;
	ev_idle_start(ha->d->loop, &ha->worker);
}

void ha_unqueue(struct ha *ha, struct binding *b)
{
	if (b->queued)
		TAILQ_REMOVE(&ha->work[b->queued - 1], b, work);
	b->queued = 0;
}

void ha_sync_now(struct ha *ha, struct binding *b)
{
	ha_unqueue(ha, b);
	sync_one(ha, b);
}

void ha_send_ack(struct ha *ha, const struct in6_addr *hoa, const struct in6_addr *ours, int ifindex, const struct bc_reply *r)
{
	struct mh_msg m = { .type = MH_BA, .ba = { .status = r->status, .seq = r->seq, .lifetime = r->lifetime } };
	uint8_t buf[64];
	ssize_t len;
	int err;

	m.ba.flags = r->status < BA_UNSPECIFIED ? r->flags : 0;
	if (r->refresh) {
		m.opts.has_refresh_advice = true;
		m.opts.refresh_advice = mh_lifetime_from_sec(r->refresh);
	}
	len = mh_build(buf, sizeof(buf), &m, NULL);
	err = mh_sock_send(ha->d->mh_fd, ours, hoa, r->direct ? NULL : &r->dst, r->direct ? ifindex : 0, buf, (size_t)len);
	if (err) {
		if (log_allow(&ha->log[HA_LOG_ACK], "acknowledgement-not-sent"))
			log_warn("acknowledgement-not-sent", "home_address=%s to=%s error=\"%s\"", log_addr(hoa), log_addr(&r->dst),
				 strerror(-err));
		return;
	}
	ha->d->stats[STAT_BA_TX]++;
	log_debug("acknowledgement-sent", "home_address=%s to=%s status=%u sequence=%u", log_addr(hoa), log_addr(&r->dst), r->status,
		  r->seq);
}

void ha_send_brr(struct ha *ha, const struct binding *b)
{
	const struct mh_msg m = { .type = MH_BRR };
	uint8_t buf[16];
	ssize_t len = mh_build(buf, sizeof(buf), &m, NULL);
	int err = mh_sock_send(ha->d->mh_fd, &b->ha, &b->hoa, &b->coa, 0, buf, (size_t)len);

	if (!err)
		ha->d->stats[STAT_BRR_TX]++;
	else if (log_allow(&ha->log[HA_LOG_ACK], "refresh-request-not-sent"))
		log_warn("refresh-request-not-sent", "home_address=%s to=%s error=\"%s\"", log_addr(&b->hoa), log_addr(&b->coa), strerror(-err));
}

/* ---- reconciliation ---- */

struct comparison {
	struct ha *ha;
	struct kern_batch *kb;
	unsigned int removed, at_home;
};

static void forget_seen(struct binding *b, void *arg)
{
	(void)arg;
	b->seen = b->seen_prefixes = 0;
}

static void see_route(const struct kern_route *r, void *arg)
{
	struct comparison *c = arg;
	struct binding *b = r->dst_len == 128 ? bcache_find(c->ha->cache, &r->dst) : NULL;

	if (b && wanted(b) && r->ifindex == c->ha->tunnel) {
		if (right_route(c->ha, b, r))
			b->seen |= SEEN_ROUTE;
		return;
	}
	if (ha_nemo_seen(c->ha, r, &c->at_home))
		return;
	kern_route_del(c->kb, r, KERN_OK_ABSENT);
	c->removed++;
}

struct by_link_local {
	int ifindex;
	bool found;
};

static void see_link_local(struct binding *b, void *arg)
{
	struct by_link_local *f = arg;

	if (b->ifindex != f->ifindex || !wanted(b))
		return;
	b->seen |= SEEN_PROXY_LL;
	f->found = true;
}

static void see_proxy(int ifindex, const struct in6_addr *addr, void *arg)
{
	struct comparison *c = arg;
	struct binding *b = bcache_find(c->ha->cache, addr);
	struct by_link_local ll = { .ifindex = ifindex };

	if (b && wanted(b) && b->ifindex == ifindex) {
		b->seen |= SEEN_PROXY;
		return;
	}
	bcache_each_link_local(c->ha->cache, addr, see_link_local, &ll);
	if (ll.found)
		return;
	kern_proxy_del(c->kb, ifindex, addr, KERN_OK_ABSENT);
	c->removed++;
}

static void queue_missing(struct binding *b, void *arg)
{
	struct ha *ha = arg;
	uint8_t all = SEEN_ROUTE | SEEN_PROXY | (b->flags & MH_BU_L ? SEEN_PROXY_LL : 0);

	if (!wanted(b) || !b->installed || (b->seen == all && ha_nemo_complete(b)))
		return;
	if (log_allow(&ha->log[HA_LOG_MISSING], "kernel-state-missing"))
		log_warn("kernel-state-missing", "home_address=%s", log_addr(&b->hoa));
	b->installed = false;
	b->announced = false;
	ha_queue(ha, b, HA_WORK_REFRESH);
}

int ha_reconcile(struct ha *ha)
{
	struct comparison c = { .ha = ha, .kb = kern_batch_new(KERN_ROUTE) };
	int err;

	if (!c.kb)
		return -ENOMEM;
	bcache_each(ha->cache, forget_seen, NULL);
	err = kern_route_dump(0, KERN_RTPROT, see_route, &c);
	if (!err)
		err = kern_proxy_dump(see_proxy, &c);
	if (err) {
		kern_batch_cancel(c.kb);
		return err;
	}
	if (c.removed)
		log_notice("kernel-state-removed", "objects=%u reason=\"no binding\"", c.removed);
	err = kern_batch_commit(c.kb);
	ha_nemo_reconcile(ha, c.at_home);
	bcache_each(ha->cache, queue_missing, ha);
	return err;
}

static void forget(struct binding *b, void *arg)
{
	struct ha *ha = arg;

	ev_timer_stop(ha->d->loop, &b->timer);
	if (b->state == BC_DAD)
		ha_dad_stop(ha, b);
	ha_unqueue(ha, b);
	ha_dad_leave(b);
	ha_remove(ha, b);
}

void ha_sync_leave(struct ha *ha)
{
	bcache_each(ha->cache, forget, ha);
}

static void take_out_bound(struct binding *b, void *arg)
{
	struct comparison *c = arg;

	if (b->installed) {
		kern_guard_del(c->ha->guard, &b->hoa);
		take_out(c->ha, c->kb, b);
		ipsec_move(c->ha->d->ipsec, &b->hoa, NULL, false);
	}
	forget(b, c->ha);
}

void ha_sync_flush(struct ha *ha)
{
	struct comparison c = { .ha = ha, .kb = kern_batch_new(KERN_ROUTE) };

	if (!c.kb)
		return;
	bcache_each(ha->cache, take_out_bound, &c);
	ha_nemo_flush(ha, c.kb);
	if (kern_batch_commit(c.kb))
		log_error("kernel-refused", "error=\"%s\"", kern_error());
}
