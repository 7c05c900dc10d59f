// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What begins and what ends route optimization with a correspondent.
 *
 * It begins when a packet passes the tunnel, in either direction (kern/peers.h). Anybody can send such packets under any name:
 * so many new correspondents a second are begun with, the table has a limit, and the two messages that a name costs go to that
 * name only. A packet that still comes through the tunnel from a correspondent that should have our binding says that it has not.
 *
 * It ends with errors, none of which is authenticated. A Parameter Problem counts if it quotes a message of ours: the cookie of a test, the
 * authenticator of an update. One that quotes data counts until the peer has acknowledged an update, which has the same option. A
 * Binding Error counts as long as packets of the peer do not show the contrary (RFC 6275 11.3.6), and each time that optimization was taken
 * back, the next try comes later.
 */
#include "mn/mn_ro.h"

#include <errno.h>
#include <netinet/icmp6.h>
#include <string.h>
#include <sys/random.h>

#include "core/berror.h"
#include "ro/ro.h"
#include "wire/bytes.h"
#include "wire/icmp6.h"

#define STARTS_RATE  32.0 /* new correspondents a second */
#define STARTS_BURST 64.0
#define DOUBT_AFTER  2.0  /* seconds after an update, packets through the tunnel may still be on their way */
#define DOUBT_EVERY  10.0

/* ---- traffic in the tunnel ---- */

/* The home agents, and every router that we have heard of, by the addresses that are known of them; and ourselves. */
static bool special(const struct mn *mn, const struct in6_addr *a)
{
	if (!addr_routable(a) || mn_dhaad_is_agent(mn, a) || IN6_ARE_ADDR_EQUAL(a, mn_hoa(mn)))
		return true;
	for (unsigned int i = 0; i < mn->n_ifs; i++) {
		const struct mn_if *nif = mn->ifs[i];

		if (mn_addr_find(nif, a))
			return true;
		for (unsigned int j = 0; j < MN_ROUTERS_MAX; j++)
			if (nif->routers.r[j].used && IN6_ARE_ADDR_EQUAL(&nif->routers.r[j].global, a))
				return true;
	}
	return false;
}

static struct mn_ro_peer *new_peer(struct mn_ro *ro, const struct in6_addr *addr)
{
	double now = clock_now();
	struct mn_ro_peer *p;
	uint16_t seq;

	if (!limit_take(&ro->starts, now))
		return NULL;
	if (getrandom(&seq, sizeof(seq), 0) != sizeof(seq))
		seq = (uint16_t)(now * 1000);
	p = mn_ro_add(&ro->table, addr, seq, now);
	if (!p && log_allow(&ro->log_full, "correspondents-full"))
		log_warn("correspondents-full", "peer=%s max=%u", log_addr(addr), ro->table.max);
	return p;
}

/* Optimized, and still a packet comes through the home agent: the peer has started anew, or our update was lost. */
static void doubt(struct mn_ro *ro, struct mn_ro_peer *p, double now)
{
	if (p->want != MN_RO_NOTHING || now - p->sent_at < DOUBT_AFTER || now - p->doubted_at < DOUBT_EVERY)
		return;
	p->doubted_at = now;
	p->must_ack = true;
	log_info("correspondent-doubted", "peer=%s", log_addr(&p->addr));
	if (!p->confirmed)
		mn_ro_stage(ro, p, RO_OWN_ACCEPT, &p->stage_coa);
	mn_ro_begin(p, MN_RO_BINDING);
}

static void on_seen(const struct in6_addr *peer, bool out, void *arg)
{
	struct mn_ro *ro = arg;
	struct mn *mn = ro->mn;
	struct mn_ro_peer *p;
	double now = clock_now();

	if (mn->location != MN_AWAY || mn->stopping || special(mn, peer) || !conf_ro_wanted(mn->d->conf, mn->home, peer))
		return;
	p = mn_ro_find(&ro->table, peer);
	if (!p)
		p = new_peer(ro, peer);
	if (!p)
		return;
	p->used = now;
	if (!out)
		p->tunnelled_at = now;
	if (now < p->no_mh_until || now < p->no_hao_until)
		return;
	if (p->bound && p->stage == RO_OWN_DATA) {
		if (!out)
			doubt(ro, p, now);
	} else if (!p->bound && p->want == MN_RO_NOTHING && now >= p->hold_until) {
		mn_ro_begin(p, MN_RO_BINDING);
	}
	mn_ro_kick(ro, p);
}

static void on_peers(struct ev_loop *loop, struct ev_io *w, int revents)
{
	struct mn_ro *ro = w->data;

	(void)loop;
	(void)revents;
	kern_peers_read(ro->peers);
}

/* ---- errors ---- */

static void unable(struct mn_ro *ro, struct mn_ro_peer *p, enum mn_ro_why why)
{
	double until = clock_now() + MN_RO_UNABLE;

	if (why == MN_RO_NO_MH)
		p->no_mh_until = until;
	else
		p->no_hao_until = until;
	mn_ro_stop_with(ro, p, why, MN_RO_UNABLE);
	mn_ro_notify(ro, p, "unable");
	mn_ro_kick(ro, p);
}

void mn_ro_binding_error(struct mn_ro *ro, const struct mh_packet *p, const struct mh_msg *m)
{
	struct mn_ro_peer *peer = mn_ro_find(&ro->table, &p->src);
	double now = clock_now();
	bool testing;

	/* The tests carry no Home Address option: who does not know them has no home address to name (RFC 6275 6.1.9). */
	if (!peer || !(IN6_ARE_ADDR_EQUAL(&m->be.hoa, mn_hoa(ro->mn)) ||
		       (m->be.status == BE_UNKNOWN_MH_TYPE && IN6_IS_ADDR_UNSPECIFIED(&m->be.hoa))))
		goto ignored;
	testing = peer->test[RR_HOME].waiting || peer->test[RR_CARE_OF].waiting || peer->waiting;
	if (m->be.status == BE_UNKNOWN_MH_TYPE && testing && !peer->test[RR_HOME].have && !peer->test[RR_CARE_OF].have && !peer->confirmed) {
		unable(ro, peer, MN_RO_NO_MH);
		return;
	}
	/* Of many on their way the first counts: after it there is no binding to be lost. */
	if (m->be.status != BE_UNKNOWN_HOA || !peer->bound || peer->want == MN_RO_RELEASE || mn_ro_heard_directly(ro, peer))
		goto ignored;
	log_notice("correspondent-lost-binding", "peer=%s", log_addr(&p->src));
	mn_ro_unbind(peer, false, now);
	if (peer->stage != RO_OWN_NONE)
		mn_ro_stage(ro, peer, RO_OWN_ACCEPT, &peer->stage_coa);
	peer->must_ack = true;
	mn_ro_setback(peer, MN_RO_LOST, now);
	mn_ro_notify(ro, peer, "deoptimized");
	mn_ro_kick(ro, peer);
	return;
ignored:
	ro->mn->d->stats[STAT_MH_UNEXPECTED]++;
	if (log_allow(&ro->log, "binding-error-ignored"))
		log_info("binding-error-ignored", "from=%s status=%u home_address=%s", log_addr(&p->src), m->be.status, log_addr(&m->be.hoa));
}

/* The quoted Mobility Header is one that we have sent and that was not answered. */
static bool quotes_us(const struct mn_ro_peer *p, const uint8_t *mh, size_t len, const struct ip6_view *v)
{
	uint64_t cookie;

	if (len < 16)
		return false;
	if (mh[2] == MH_HOTI || mh[2] == MH_COTI) {
		const struct mn_ro_test *t = &p->test[mh[2] == MH_HOTI ? RR_HOME : RR_CARE_OF];

		memcpy(&cookie, mh + 8, sizeof(cookie));
		return t->waiting && rr_equal(&cookie, &t->cookie, sizeof(cookie)) && IN6_ARE_ADDR_EQUAL(&v->src, &t->addr);
	}
	/* The authenticator is the update's last option. */
	return mh[2] == MH_BU && p->sent && get16(mh + 6) == p->seq && memmem(mh, len, p->auth, sizeof(p->auth));
}

void mn_ro_parameter_problem(struct mn *mn, const struct icmp6_error *e, const uint8_t *quoted, size_t len)
{
	const struct ip6_view *v = &e->quoted;
	struct mn_ro *ro = mn->ro;
	struct mn_ro_peer *peer = ro ? mn_ro_find(&ro->table, v->has_rt2 ? &v->rt2 : &v->dst) : NULL;
	bool ours;

	if (!peer)
		return;
	ours = v->proto == IPPROTO_MH && quotes_us(peer, quoted + v->upper, len - v->upper, v);
	if (e->code == ICMP6_PARAMPROB_NEXTHEADER && ours && quoted[e->param] == IPPROTO_MH) {
		unable(ro, peer, MN_RO_NO_MH);
		return;
	}
	if (e->code != ICMP6_PARAMPROB_OPTION || !v->has_hao || quoted[e->param] != HAO_OPT_TYPE)
		return;
	if (ours || (v->proto != IPPROTO_MH && peer->bound && !peer->confirmed && IN6_ARE_ADDR_EQUAL(&v->src, &peer->bound_coa)))
		unable(ro, peer, MN_RO_NO_HAO);
}

/* ---- start and end ---- */

void mn_ro_trigger_open(struct mn_ro *ro)
{
	char err[256] = "";

	limit_init(&ro->starts, STARTS_RATE, STARTS_BURST, clock_now());
	ro->peers = kern_peers_open(ro->mn->tunnel, on_seen, ro, err, sizeof(err));
	/* The tunnel may bring what is for a mobile network, or for another home address, which may come later. */
	if (ro->peers && kern_peers_only(ro->peers, mn_hoa(ro->mn))) {
		kern_peers_close(ro->peers);
		ro->peers = NULL;
		snprintf(err, sizeof(err), "its traffic cannot be told apart");
	}
	if (!ro->peers) {
		log_warn("route-optimization-off", "reason=\"%s\"", err);
		return;
	}
	ev_io_init(&ro->peers_io, on_peers, kern_peers_fd(ro->peers), EV_READ);
	ro->peers_io.data = ro;
	ev_io_start(ro->mn->d->loop, &ro->peers_io);
}

void mn_ro_trigger_close(struct mn_ro *ro)
{
	ev_io_stop(ro->mn->d->loop, &ro->peers_io);
	kern_peers_close(ro->peers);
	ro->peers = NULL;
}
