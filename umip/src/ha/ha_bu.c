// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a home agent does with a Binding Update: RFC 6275 9.5.1, 10.3.1 (registration) and 10.3.2 (de-registration).
 *
 * The checks run in the order in which they cost, and the first that fails gives the status. A rejected update changes nothing. A registration
 * that is accepted for the first time waits for duplicate address detection; whatever arrives for it meanwhile updates the waiting entry,
 * and the one acknowledgement at the end carries the last sequence number. The A flag makes no difference: a home agent acknowledges every
 * update that it does not ignore (10.3.1, 10.3.2).
 */
#include <string.h>

#include "cn/cn.h"
#include "core/addr.h"
#include "core/hal.h"
#include "core/ipsec.h"
#include "ha/ha.h"

/* What an update asks for, after the addresses of packet and options are sorted out. */
struct request {
	const struct mh_packet *p;
	struct in6_addr hoa, coa;
	struct in6_addr from; /* source on the wire */
	uint16_t seq;
	uint8_t flags;
	uint32_t lifetime;    /* seconds */
	bool deregister;
	const struct mh_opts *opts;
	struct bc_mnps mnps;  /* of a mobile router, once it has been judged */
	bool at_home;	      /* no Home Address option: it came from the home address itself */
};

static void reply_to(const struct ha *ha, const struct request *rq, uint8_t status, uint16_t seq, uint32_t lifetime, struct bc_reply *r)
{
	memset(r, 0, sizeof(*r));
	r->pending = true;
	r->status = status;
	/* RFC 3963 6.6: only where the R flag was understood and meant something. */
	r->flags = rq->flags & MH_BU_R && ha->d->conf->ha_accept_routers ? MH_BA_R : 0;
	if (rq->flags & MH_BU_K && ha->d->ipsec && ha->d->conf->key_mng_mob)
		r->flags |= MH_BA_K;
	r->seq = seq;
	r->lifetime = mh_lifetime_from_sec(lifetime);
	r->direct = rq->at_home;
	r->dst = rq->from;
}

static void reject(struct ha *ha, const struct request *rq, uint8_t status, uint16_t seq)
{
	struct bc_reply r;

	ha->d->stats[STAT_REG_REJECTED]++;
	if (log_allow(&ha->log[HA_LOG_REJECT], "registration-rejected"))
		log_notice("registration-rejected", "home_address=%s care_of_address=%s status=%u reason=\"%s\" sequence=%u",
			   log_addr(&rq->hoa), log_addr(&rq->coa), status, mh_status_name(status), rq->seq);
	if (!limit_take(&ha->rejects, clock_now())) {
		ha->d->stats[STAT_MH_LIMITED]++;
		return;
	}
	reply_to(ha, rq, status, seq, 0, &r);
	ha_send_ack(ha, &rq->hoa, &rq->p->dst, rq->p->ifindex, &r);
}

static void on_expiry(struct ev_loop *loop, struct ev_timer *w, int revents)
{
	struct binding *b = (struct binding *)((char *)w - offsetof(struct binding, timer));
	struct ha *ha = b->owner;

	(void)loop;
	(void)revents;
	ha->d->stats[STAT_EXPIRED]++;
	log_notice("binding-expired", "home_address=%s care_of_address=%s", log_addr(&b->hoa), log_addr(&b->coa));
	ha_notify(ha, "binding-expired", b);
	b->state = BC_REMOVING;
	b->reply.pending = false;
	ha_queue(ha, b, HA_WORK_REFRESH);
}

void ha_expire_start(struct ha *ha, struct binding *b)
{
	ev_timer_stop(ha->d->loop, &b->timer);
	ev_timer_init(&b->timer, on_expiry, b->expires - clock_now(), 0);
	ev_timer_start(ha->d->loop, &b->timer);
}

struct in6_addr ha_link_local_of(const struct in6_addr *hoa)
{
	struct in6_addr ll = { { { 0xfe, 0x80 } } };

	memcpy(&ll.s6_addr[8], &hoa->s6_addr[8], 8);
	return ll;
}

/* Seconds to grant, at most what the prefix of the home address will live (10.3.1). *cut says that the prefix made it shorter. */
static uint32_t grant(struct ha *ha, const struct request *rq, const struct ha_prefix *prefix, bool *cut)
{
	uint32_t life = rq->lifetime;

	if (life > ha->d->conf->ha_max_binding_life)
		life = ha->d->conf->ha_max_binding_life;
	*cut = false;
	if (prefix->valid_until > 0) {
		double left = prefix->valid_until - clock_now();

		if (left < life) {
			life = left < MH_LIFETIME_UNIT ? MH_LIFETIME_UNIT : (uint32_t)left;
			*cut = true;
		}
	}
	return life - life % MH_LIFETIME_UNIT;
}

/* False: no memory, and nothing has changed. */
static bool take(struct ha *ha, struct binding *b, const struct request *rq, const struct ha_prefix *prefix)
{
	double now = clock_now();
	bool cut, moved = !IN6_ARE_ADDR_EQUAL(&b->coa, &rq->coa);

	if (ha_nemo_take(ha, b, &rq->mnps))
		return false;
	b->coa = rq->coa;
	b->ha = rq->p->dst;
	b->flags = (rq->flags & ~MH_BU_L) | (b->flags & MH_BU_L); /* L was settled, and its address checked, at first */
	b->seq = rq->seq;
	ha_seq_note(ha, &b->hoa, b->seq);
	b->lifetime = grant(ha, rq, prefix, &cut);
	b->expires = now + b->lifetime;
	reply_to(ha, rq, cut || prefix->deprecated || ha_mpd_news(ha, b) ? BA_PREFIX_DISCOVERY_NEEDED : BA_ACCEPTED, rq->seq, b->lifetime, &b->reply);
	if (ha->d->conf->ha_refresh_advice && ha->d->conf->ha_refresh_advice < b->lifetime)
		b->reply.refresh = ha->d->conf->ha_refresh_advice;

	if (b->state == BC_DAD)
		return true;
	ha_expire_start(ha, b);
	ha_queue(ha, b, moved ? HA_WORK_MOVE : HA_WORK_REFRESH);
	log_info(moved ? "binding-moved" : "binding-refreshed", "home_address=%s care_of_address=%s sequence=%u lifetime_s=%u",
		 log_addr(&b->hoa), log_addr(&b->coa), b->seq, b->lifetime);
	if (moved)
		ha_notify(ha, "binding-moved", b);
	return true;
}

static void first_registration(struct ha *ha, const struct request *rq, struct ha_link *link, const struct ha_prefix *prefix)
{
	struct in6_addr link_local;
	struct binding *b;

	if (ha->n_dad >= HA_DAD_PENDING_MAX || !(b = bcache_add(ha->cache, &rq->hoa))) {
		reject(ha, rq, BA_NO_RESOURCES, rq->seq);
		return;
	}
	b->owner = ha;
	b->ifindex = link->ifindex;
	b->state = BC_DAD;
	b->flags = rq->flags;
	if (rq->flags & MH_BU_L) {
		link_local = ha_link_local_of(&rq->hoa);
		bcache_set_link_local(ha->cache, b, &link_local);
	}
	b->registered = clock_now();
	limit_init(&b->rate, HA_UPDATE_RATE, HA_UPDATE_BURST, b->registered);
	if (!take(ha, b, rq, prefix) || !ha_dad_start(ha, b)) {
		/* Nobody was asked, so nobody can have objected. */
		ha_remove(ha, b);
		reject(ha, rq, BA_NO_RESOURCES, rq->seq);
	}
}

static void deregister(struct ha *ha, struct binding *b, const struct request *rq)
{
	ha->d->stats[STAT_DEREG]++;
	log_info("binding-deregistered", "home_address=%s care_of_address=%s sequence=%u at_home=%s", log_addr(&b->hoa),
		 log_addr(&b->coa), rq->seq, rq->at_home ? "yes" : "no");
	if (b->state == BC_DAD)
		ha_dad_stop(ha, b);
	ev_timer_stop(ha->d->loop, &b->timer);
	b->state = BC_REMOVING;
	b->seq = rq->seq;
	ha_seq_note(ha, &b->hoa, b->seq);
	b->ha = rq->p->dst;
	reply_to(ha, rq, BA_ACCEPTED, rq->seq, 0, &b->reply);
	ha_notify(ha, "binding-deregistered", b);
	ha_queue(ha, b, HA_WORK_MOVE);
}

static void enforce(struct binding *b, void *arg)
{
	struct ha *ha = arg;
	uint8_t status = conf_acl_status(ha->d->conf, &b->hoa);

	if (!status)
		status = ha_nemo_still(ha, b);
	if (!status || b->state == BC_REMOVING)
		return;
	log_notice("binding-denied", "home_address=%s care_of_address=%s status=%u", log_addr(&b->hoa), log_addr(&b->coa), status);
	ha_notify(ha, "binding-denied", b);
	if (b->state == BC_DAD) {
		ha_dad_stop(ha, b);
		ha->d->stats[STAT_REG_REJECTED]++;
		b->reply.status = status;
		b->reply.lifetime = 0;
		b->reply.refresh = 0;
	} else {
		b->reply.pending = false;
		ha_send_brr(ha, b);
	}
	ev_timer_stop(ha->d->loop, &b->timer);
	b->state = BC_REMOVING;
	ha_queue(ha, b, HA_WORK_REFRESH);
}

void ha_enforce_acl(struct ha *ha)
{
	bcache_each(ha->cache, enforce, ha);
}

/* The status that refuses this update, or 0. seq is what the acknowledgement carries. */
static uint8_t judge(struct ha *ha, const struct binding *b, struct request *rq, const struct ha_link *link,
		     const struct ha_prefix *prefix, uint16_t *seq)
{
	struct in6_addr link_local;
	uint8_t status;

	*seq = rq->seq;
	if (ipsec_lacks(ha->d, &rq->hoa, &rq->p->dst)) {
		ha->d->stats[STAT_BU_UNPROTECTED]++;
		return BA_PROHIBITED;
	}
	if (b ? !(rq->flags & MH_BU_H) : cn_bound(ha->d->cn, &rq->hoa))
		return BA_REG_TYPE_CHANGE;
	if (b && !mh_seq_newer(rq->seq, b->seq)) {
		*seq = b->seq;
		return BA_SEQ_OUT_OF_WINDOW;
	}
	if (!b && !ha_seq_newer(ha, &rq->hoa, rq->seq, seq))
		return BA_SEQ_OUT_OF_WINDOW;
	/* The anycast addresses of a home link's routers and home agents are nobody's own. */
	if (!link || (prefix->valid_until < 0 && !rq->deregister) || addr_is_router_anycast(&rq->hoa, prefix->len) ||
	    hal_is_anycast(&rq->hoa, prefix->len))
		return BA_NOT_HOME_SUBNET;
	status = conf_acl_status(ha->d->conf, &rq->hoa);
	if (status)
		return status;
	if (rq->deregister)
		return b ? 0 : BA_NOT_HOME_AGENT;
	/* A mobile node that is away shows it by the Home Address option (11.7.1); without one it can only come home. */
	if (rq->at_home)
		return BA_UNSPECIFIED;
	/* ESP does not protect the packet's source: where the mobile node is has to stand inside (11.7.1). */
	if (ha->d->ipsec && !rq->opts->has_alt_coa)
		return BA_UNSPECIFIED;
	/* The protected tunnel is the home address's own. */
	if (rq->flags & MH_BU_R && ipsec_covers_payload(ha->d, &rq->hoa))
		return BA_MR_NOT_PERMITTED;
	link_local = ha_link_local_of(&rq->hoa);
	if (ha_is_our_address(ha, &rq->hoa) || (rq->flags & MH_BU_L && ha_is_our_address(ha, &link_local)))
		return BA_DAD_FAILED;
	status = rq->flags & MH_BU_R ? ha_nemo_judge(ha, &rq->hoa, rq->opts, &rq->mnps) : 0;
	if (status)
		return status;
	/*
	 * A care-of address that is a bound home address would let two mobile nodes point at each other, and a packet would be
	 * encapsulated until it bursts. A cycle needs one such update as its last, so this test is enough. One behind a mobile router of
	 * ours is fine, as long as that is not, at the end, behind this one.
	 */
	if (!addr_routable(&rq->coa) || ha_is_our_address(ha, &rq->coa) || bcache_find(ha->cache, &rq->coa) ||
	    cn_bound(ha->d->cn, &rq->coa) || ha_nemo_loops(ha, &rq->hoa, &rq->coa, &rq->mnps))
		return BA_INVALID_COA;
	return 0;
}

/* Whether the update asks for what the administrator's program has not been asked about. */
static bool asks_more(const struct binding *b, const struct request *rq)
{
	if (!b || !IN6_ARE_ADDR_EQUAL(&b->coa, &rq->coa))
		return true;
	if (!(rq->flags & MH_BU_R))
		return false;
	if (!(b->flags & MH_BU_R) || !b->network)
		return true;
	for (unsigned int i = 0; i < rq->mnps.n; i++) {
		bool had = false;

		for (unsigned int j = 0; j < b->network->n && !had; j++)
			had = b->network->at[j].prefix.len == rq->mnps.at[i].len &&
			      IN6_ARE_ADDR_EQUAL(&b->network->at[j].prefix.addr, &rq->mnps.at[i].addr);
		if (!had)
			return true;
	}
	return false;
}

/* verdict: of the administrator's program, if it was asked already; else NOT_ASKED. */
#define NOT_ASKED (-1)

static void handle(struct ha *ha, const struct mh_packet *p, const struct mh_msg *m, int verdict)
{
	struct request rq = { .p = p, .hoa = p->src, .seq = m->bu.seq, .flags = m->bu.flags, .opts = &m->opts };
	const struct ha_prefix *prefix = NULL;
	struct ha_link *link;
	struct binding *b;
	uint8_t status;
	uint16_t seq;

	rq.lifetime = mh_lifetime_to_sec(m->bu.lifetime);
	rq.from = p->has_coa ? p->coa : p->src;
	rq.coa = m->opts.has_alt_coa ? m->opts.alt_coa : rq.from;
	rq.at_home = !p->has_coa;
	rq.deregister = !m->bu.lifetime || IN6_ARE_ADDR_EQUAL(&rq.coa, &rq.hoa);

	/* 9.5.1: no home address that can be answered, no answer. Nor to a source on the wire that no unicast host has. */
	if (!addr_routable(&rq.hoa) || !addr_routable(&rq.from) || p->has_rt2) {
		ha->d->stats[STAT_MH_MALFORMED]++;
		return;
	}

	if (ipsec_mending(ha->d->ipsec)) {
		ha->d->stats[STAT_BU_UNPROTECTED]++;
		return;
	}

	b = bcache_find(ha->cache, &rq.hoa);
	if (b && b->state == BC_REMOVING) {
		ha_sync_now(ha, b);
		b = NULL;
	}
	if (!(rq.flags & MH_BU_H) && !b) {
		/* A correspondent registration: DoRouteOptimizationCN says no. */
		ha->d->stats[STAT_MH_UNEXPECTED]++;
		return;
	}
	if (b && verdict == NOT_ASKED && !limit_take(&b->rate, clock_now())) {
		ha->d->stats[STAT_MH_LIMITED]++;
		return;
	}

	link = ha_link_of_home(ha, &rq.hoa, &prefix);
	if (!ha_serves(ha, &p->dst)) {
		reject(ha, &rq, BA_NOT_HOME_AGENT, rq.seq);
		return;
	}
	status = judge(ha, b, &rq, link, prefix, &seq);
	if (!status && verdict == NOT_ASKED && ha->d->hook && !rq.deregister && asks_more(b, &rq)) {
		if (ha_hook_ask(ha, p, m, b, &rq.mnps))
			return;
		status = BA_NO_RESOURCES;
	} else if (!status && verdict > 0) {
		status = (uint8_t)verdict;
	}
	/* What waits for an answer is older than this; also if there was no binding to end. */
	if (verdict == NOT_ASKED && (!status || (rq.deregister && status == BA_NOT_HOME_AGENT)))
		ha_hook_cancel(ha, &rq.hoa);
	/* It is at home, and no older update brings it back. */
	if (rq.deregister && status == BA_NOT_HOME_AGENT) {
		ha_seq_note(ha, &rq.hoa, rq.seq);
		ha_keep_commit(ha);
	}
	if (status) {
		reject(ha, &rq, status, seq);
		return;
	}
	if (rq.deregister)
		deregister(ha, b, &rq);
	else if (b && !take(ha, b, &rq, prefix))
		reject(ha, &rq, BA_NO_RESOURCES, rq.seq);
	else if (!b)
		first_registration(ha, &rq, link, prefix);
}

void ha_binding_update(struct ha *ha, const struct mh_packet *p, const struct mh_msg *m)
{
	ha->d->stats[STAT_BU_RX]++;
	if (ipsec_guarded(ha->d->ipsec, &p->src, &p->dst, IPPROTO_MH, MH_BU))
		handle(ha, p, m, NOT_ASKED);
	else
		ha->d->stats[STAT_BU_UNPROTECTED]++;
}

void ha_binding_update_again(struct ha *ha, const struct mh_packet *p, const struct mh_msg *m)
{
	handle(ha, p, m, NOT_ASKED);
}

void ha_binding_update_answered(struct ha *ha, const struct mh_packet *p, const struct mh_msg *m, uint8_t status)
{
	handle(ha, p, m, status);
}
