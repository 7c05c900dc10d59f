// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Movement detection (RFC 6275 11.5.1): which link are we on?
 *
 * Advertisements decide. One with the prefix of our care-of address (or the home prefix, at home) says that we are
 * where we were. One without it can come from a second router of the same link; whether it does depends on what we
 * know:
 *   - the carrier went since, or our router stopped answering: we have moved, and this is where to.
 *   - nothing of that kind: our router is asked (unicast Neighbour Solicitations, PROBES of them, or as many as MnRouterProbes says; one, if
 *     packets leave and none comes). If it answers, both serve our link, and the other is remembered as one of it; if not, we have moved.
 *
 * Our router is asked for other reasons too: its advertisement is overdue (RFC 6275 7.3), or packets leave and none
 * comes back, or a stream of them has stopped coming (mn_traffic.c). When it has not answered once, others are solicited, and the first that then
 * advertises is where we are. One that the kernel cannot reach is given up at once.
 *
 * A router is given up soon only if something else speaks against it: another one was heard, or the traffic has stopped. Where an advertisement is all
 * that is missed, it may have been lost on its way, as may questions and answers: it is asked more often, and yet more while other packets come.
 *
 * A carrier that came back makes us solicit at once instead of waiting for what comes by itself.
 */
#include "mn/mn.h"

#include <string.h>

/*
 * Probes of our router, if MnRouterProbes does not say another number. With a tenth of the packets lost in each direction one of five goes
 * unanswered, but all five only once in 4000 times.
 */
#define PROBES	      5
#define PROBES_QUIET  10 /* nothing but a missed advertisement speaks against it */
#define PROBES_BUSY   20 /* and packets come */
#define PROBE_FIRST   0.08 /* seconds until the second probe, */
#define PROBE_WAIT    0.03 /* the next ones up to PROBES, or until the router is given up */
#define PROBE_MORE    0.1 /* and further ones */
#define PROBE_RATE    2.0 /* a second, of the questions that strangers can cause */
#define RA_SLACK      1.1 /* an advertisement is overdue after so much of the promised interval, */
#define RA_SLACK_S    0.05 /* and this */
#define RA_MISSED_MIN 0.3 /* but never earlier, whatever a router promises */

/* When solicitations are repeated, seconds from one to the next; the last goes on for ever. */
static const double rs_wait[] = { 0.1, 0.2, 0.7, 1, 2, 4, 8, 16, 32 };
#define RS_UNANSWERED 3 /* and nobody may be there who would answer: after a second */
#define N_RS_WAIT (sizeof(rs_wait) / sizeof(rs_wait[0]))

static void send_rs(struct mn_if *nif)
{
	static const struct in6_addr all_routers = { .s6_addr = { 0xff, 0x02, [15] = 2 } };
	bool optimistic = false;
	const struct in6_addr *src = mn_link_local(nif, &optimistic);
	uint8_t buf[64];
	ssize_t len;
	int err;

	/* RFC 4861 6.1.1, RFC 4429 3.2: no link-layer address from :: or from an address that may be somebody else's */
	len = nd_build_rs(buf, sizeof(buf), src && !optimistic && nif->lladdr.len ? &nif->lladdr : NULL);
	if (len < 0)
		return;
	err = nd_sock_send(nif->mn->d->nd_fd, nif->ifindex, src ? src : &in6addr_any, &all_routers, NULL, buf, (size_t)len);
	if (err)
		log_debug("solicitation-failed", "errno=%d", -err);
	nif->rs_sent++;
}

static void on_rs(struct ev_loop *loop, struct ev_timer *w, int revents)
{
	struct mn_if *nif = w->data;
	unsigned int i = nif->rs_sent;

	(void)loop;
	(void)revents;
	if (!nif->link_up)
		return;
	send_rs(nif);
	if (i >= RS_UNANSWERED)
		mn_gateways_ask(nif);
	mn_timer_start(nif->mn, &nif->rs, rs_wait[i < N_RS_WAIT ? i : N_RS_WAIT - 1]);
}

void mn_solicit(struct mn_if *nif)
{
	if (!nif->link_up)
		return;
	nif->rs_sent = 0;
	send_rs(nif);
	mn_timer_start(nif->mn, &nif->rs, rs_wait[0]);
}

void mn_ask_router(struct mn_if *nif, const struct in6_addr *router, const struct nd_lladdr *to)
{
	struct nd_ns ns = { .target = *router };
	struct in6_addr dst = *router;
	bool optimistic = false;
	const struct in6_addr *src = mn_link_local(nif, &optimistic);
	uint8_t buf[64];
	ssize_t len;

	if (src && !optimistic)
		ns.sll = nif->lladdr;
	/* Without a source it has the form of duplicate address detection, which goes to the group. */
	if (!src || !to || !to->len) {
		nd_solicited_node(&ns.target, &dst);
		to = NULL;
	}
	len = nd_build_ns(buf, sizeof(buf), &ns);
	if (len > 0)
		nd_sock_send(nif->mn->d->nd_fd, nif->ifindex, src ? src : &in6addr_any, &dst, to ? to->addr : NULL, buf,
			     (size_t)len);
}

static bool another_heard(struct mn_if *nif)
{
	return mn_routers_latest(&nif->routers, nif->router, nif->router->heard);
}

/* How many probes a router may leave unanswered, and how long each is waited for: the administrator's numbers, or ours. */
static unsigned int probes(struct mn_if *nif)
{
	if (nif->mn->d->conf->mn_router_probes)
		return nif->mn->d->conf->mn_router_probes;
	if (another_heard(nif) || (nif->silent && mn_traffic_stopped(nif)))
		return PROBES;
	return mn_traffic_comes(nif) ? PROBES_BUSY : PROBES_QUIET;
}

/* Whether so many are enough, when another router advertises. */
static bool enough(struct mn_if *nif)
{
	return nif->probes_sent >= probes(nif) || (!nif->mn->d->conf->mn_router_probes && nif->silent && mn_traffic_stopped(nif));
}

static double probe_wait(const struct mn_if *nif)
{
	if (nif->mn->d->conf->mn_router_probe_ms)
		return nif->mn->d->conf->mn_router_probe_ms / 1000.0;
	return nif->probes_sent == 1 ? PROBE_FIRST : nif->probes_sent <= PROBES ? PROBE_WAIT : PROBE_MORE;
}

static void send_probe(struct mn_if *nif)
{
	mn_ask_router(nif, &nif->router->addr, &nif->router->lladdr);
	nif->probes_sent++;
}

static void stop_probe(struct mn_if *nif)
{
	nif->probing = nif->silent = false;
	mn_timer_stop(nif->mn, &nif->probe);
}

static void expect_ra(struct mn_if *nif)
{
	double due;

	mn_timer_stop(nif->mn, &nif->ra_missed);
	if (!nif->router || nif->router->interval <= 0)
		return;
	due = nif->router->interval * RA_SLACK + RA_SLACK_S;
	mn_timer_start(nif->mn, &nif->ra_missed, due > RA_MISSED_MIN ? due : RA_MISSED_MIN);
}

static void probe(struct mn_if *nif)
{
	if (nif->probing || !nif->router)
		return;
	nif->probing = true;
	nif->probes_sent = 0;
	nif->hint_at = clock_now();
	mn_traffic_mark(nif);
	send_probe(nif);
	mn_timer_start(nif->mn, &nif->probe, probe_wait(nif));
}

/* Because of what somebody says who may be anybody. */
static void probe_limited(struct mn_if *nif)
{
	if (!nif->probing && limit_take(&nif->probe_rate, clock_now()))
		probe(nif);
}

static void lose(struct mn_if *nif, enum mn_lost why)
{
	if (nif->lost == MN_LINK_OK)
		nif->hint_at = clock_now();
	nif->lost = why;
	stop_probe(nif);
	mn_timer_stop(nif->mn, &nif->ra_missed);
}

static bool is_home(const struct mn_if *nif, const struct mn_router *r)
{
	return mn_router_prefix_end(r, mn_hoa(nif->mn), clock_now()) > 0;
}

/* r's link is ours now, and all that was heard since then is of it too. */
static void arrive(struct mn_if *nif, struct mn_router *r, double since)
{
	stop_probe(nif);
	mn_timer_stop(nif->mn, &nif->rs);
	if (nif->location == MN_UNKNOWN && nif->lost == MN_LINK_OK)
		nif->hint_at = clock_now();
	nif->lost = MN_LINK_OK;
	nif->ra_at = r->heard;
	nif->link_since = nif->location == MN_UNKNOWN ? -INFINITY : nif->hint_at;
	mn_routers_move(&nif->routers, r, since);
	mn_traffic_forget(nif);
	nif->router = r;
	expect_ra(nif);
	mn_if_arrived(nif, is_home(nif, r));
}

/* Our router is gone. If another was heard after it, that is where we are. */
static void router_dead(struct mn_if *nif, const char *how)
{
	double suspected = nif->probing ? nif->hint_at : clock_now();
	struct mn_router *next = mn_routers_latest(&nif->routers, nif->router, nif->router->heard);

	log_info("router-lost", "router=%s how=%s", log_addr(&nif->router->addr), how);
	lose(nif, MN_LOST_ROUTER);
	nif->hint_at = suspected;
	if (next) {
		arrive(nif, next, next->heard);
		return;
	}
	mn_if_lost(nif);
	mn_solicit(nif);
}

static void on_probe(struct ev_loop *loop, struct ev_timer *w, int revents)
{
	struct mn_if *nif = w->data;

	(void)loop;
	(void)revents;
	if (!nif->probing || !nif->router)
		return;
	if (nif->probes_sent >= probes(nif)) {
		router_dead(nif, "no-answer");
		return;
	}
	if (!another_heard(nif)) {
		if (nif->probes_sent == 1)
			send_rs(nif);
	} else if (!nif->mn->d->conf->mn_router_probes && mn_traffic_silent(nif)) {
		router_dead(nif, "silence");
		return;
	}
	send_probe(nif);
	mn_timer_start(nif->mn, &nif->probe, probe_wait(nif));
}

void mn_move_silence(struct mn_if *nif)
{
	if (nif->lost != MN_LINK_OK || !nif->router)
		return;
	/* A question of before, for a lesser reason, is one for this reason now. */
	if (!nif->probing)
		probe(nif);
	else if (!mn_traffic_stopped(nif))
		mn_traffic_mark(nif);
	nif->silent = true;
}

static void on_ra_missed(struct ev_loop *loop, struct ev_timer *w, int revents)
{
	struct mn_if *nif = w->data;

	(void)loop;
	(void)revents;
	if (nif->lost != MN_LINK_OK || !nif->router)
		return;
	log_debug("advertisement-overdue", "router=%s", log_addr(&nif->router->addr));
	probe(nif);
	expect_ra(nif);
}

void mn_move_heard(struct mn_if *nif, const struct in6_addr *addr)
{
	mn_leftover_heard(nif, addr);
	if (!nif->probing || !nif->router || !IN6_ARE_ADDR_EQUAL(addr, &nif->router->addr))
		return;
	stop_probe(nif);
	/* It lives, and those that were heard since it was last are on its link too. */
	for (unsigned int i = 0; i < MN_ROUTERS_MAX; i++) {
		struct mn_router *r = &nif->routers.r[i];

		if (!r->used || mn_router_here(&nif->routers, r) || r->heard < nif->router->heard)
			continue;
		mn_routers_join(&nif->routers, r);
		log_info("router-on-our-link", "router=%s", log_addr(&r->addr));
	}
}

void mn_move_router_failed(struct mn_if *nif, const struct in6_addr *addr)
{
	if (nif->lost == MN_LINK_OK && nif->router && IN6_ARE_ADDR_EQUAL(addr, &nif->router->addr))
		router_dead(nif, "unreachable");
}

void mn_move_link(struct mn_if *nif)
{
	if (!nif->link_up) {
		log_info("carrier-lost", "interface=%s", nif->name);
		lose(nif, MN_LOST_CARRIER);
		mn_timer_stop(nif->mn, &nif->rs);
		mn_if_lost(nif);
		return;
	}
	log_info("carrier-up", "interface=%s", nif->name);
	lose(nif, MN_LOST_CARRIER);
	mn_solicit(nif);
	mn_if_lost(nif);
}

/* The interface that is used is where it was: what was held flows again. */
static void resume(struct mn *mn)
{
	if (mn->location == MN_HOME && (mn->step == MN_HOME_CHECK || mn->step == MN_HOME_ASK))
		mn_home_arrive(mn);
	else if (mn->location == MN_HOME || mn_bul_bound(mn))
		mn_handoff_done(mn);
	else
		mn_kernel_sync(mn);
	/* What was sent into a dead cable is not waited for. */
	if (mn->location == MN_HOME ? mn->step == MN_HOME_DEREG : mn->has_coa)
		mn_bul_again(mn);
	mn_care_of_address(mn);
}

/* We are where we were. */
static void stay(struct mn_if *nif, struct mn_router *r)
{
	enum mn_lost was = nif->lost;

	mn_routers_join(&nif->routers, r);
	stop_probe(nif);
	nif->lost = MN_LINK_OK;
	mn_timer_stop(nif->mn, &nif->rs);
	if (!nif->router || was == MN_LOST_ROUTER)
		nif->router = r;
	if (r == nif->router)
		expect_ra(nif);
	if (was == MN_LINK_OK)
		return;
	log_info("link-unchanged", "router=%s interface=%s", log_addr(&r->addr), nif->name);
	if (nif == nif->mn->cur)
		resume(nif->mn);
	mn_select_soon(nif->mn);
}

/* Whether the advertisement says that we are on the link that we believe to be on. */
static bool confirms(const struct mn_if *nif, const struct nd_ra *ra, const struct mn_router *r)
{
	const struct mn *mn = nif->mn;

	if (nif->location == MN_HOME)
		return mn_ra_has(ra, mn_hoa(mn));
	if (nif == mn->cur ? mn->has_coa && mn_ra_has(ra, &mn->coa) : mn_ra_has(ra, &nif->candidate))
		return true;
	if (!mn_router_here(&nif->routers, r))
		return false;
	/* Of our link, and it was not that link's end that made us doubt. */
	return nif->lost != MN_LOST_ROUTER || r == nif->router;
}

static void decide(struct mn_if *nif, const struct nd_ra *ra, struct mn_router *r)
{
	if (!ra->lifetime && !is_home(nif, r)) {
		/* No way out through this one, or not any more. */
		if (nif->location == MN_AWAY && r == nif->router && nif->lost == MN_LINK_OK && limit_take(&nif->probe_rate, clock_now()))
			router_dead(nif, "resigned");
		return;
	}
	if (nif->location == MN_UNKNOWN)
		arrive(nif, r, r->heard);
	else if (confirms(nif, ra, r))
		stay(nif, r);
	else if (nif->lost != MN_LINK_OK)
		arrive(nif, r, nif->lost == MN_LOST_CARRIER ? nif->hint_at : r->heard);
	else if (mn_router_here(&nif->routers, r))
		return;
	else if (nif->probing && nif->probes_sent > 1 && enough(nif))
		router_dead(nif, "no-answer");
	else if (nif->probing)
		mn_traffic_mark(nif); /* this advertisement is not what tells of life */
	else
		probe_limited(nif);
}

/* Where addresses are DHCPv6's alone, the router is all that tells a link. */
static bool same_without_prefix(const struct mn_if *nif, const struct in6_addr *src, const struct nd_ra *ra)
{
	const struct mn_router *r = nif->router;

	return r && !r->n_prefixes && !ra->n_prefixes && IN6_ARE_ADDR_EQUAL(&r->addr, src) && r->lladdr.len && r->lladdr.len == ra->sll.len &&
	       !memcmp(r->lladdr.addr, ra->sll.addr, ra->sll.len);
}

static void heard_ra(struct mn_if *nif, const struct in6_addr *src, const struct nd_ra *ra);

void mn_move_ra(struct mn_if *nif, const struct nd_packet *p)
{
	struct nd_ra ra;

	nif->mn->d->stats[STAT_RA_RX]++;
	if (!IN6_IS_ADDR_LINKLOCAL(&p->src) || nd_parse_ra(p->data, p->len, &ra)) {
		nif->mn->d->stats[STAT_ND_MALFORMED]++;
		if (log_allow(&nif->mn->log_nd, "advertisement-malformed"))
			log_info("advertisement-malformed", "from=%s", log_addr(&p->src));
		return;
	}
	if (nif->mn->stopping)
		return;
	if (nif == nif->mn->cur || nif->mn->location == MN_UNKNOWN)
		mn_dhaad_heard(nif->mn, &p->src, &ra);
	mn_move_heard(nif, &p->src);
	heard_ra(nif, &p->src, &ra);
	if (nif == nif->mn->cur)
		mn_mpd_heard(nif->mn, &ra);
	mn_own_refresh(nif);
}

void mn_move_gateway(struct mn_if *nif, const struct nd_packet *p, const struct nd_na *na)
{
	struct nd_ra ra;

	if (!nif->mn->stopping && mn_gateway_answered(nif, p, na, &ra))
		heard_ra(nif, &na->target, &ra);
}

static void heard_ra(struct mn_if *nif, const struct in6_addr *src, const struct nd_ra *ra)
{
	struct mn_router *r;
	bool lost_it = false;

	/*
	 * Two links may have routers of one address, even of one link-layer address (VRRP): after the carrier went, old news
	 * is none. But one that never told a prefix has nothing else to be known by.
	 */
	if (nif->lost == MN_LOST_CARRIER && !same_without_prefix(nif, src, ra))
		mn_routers_forget(&nif->routers, src, nif->hint_at);
	r = mn_routers_heard(&nif->routers, src, ra, nif->router, clock_now());
	if (!r) {
		if (log_allow(&nif->mn->log_nd, "routers-full"))
			log_warn("routers-full", "from=%s", log_addr(src));
		return;
	}
	if (r == nif->router && !mn_router_here(&nif->routers, r)) {
		/* Another router with the same address: two links of one plan. */
		nif->router = NULL;
		if (nif->location != MN_UNKNOWN && nif->lost == MN_LINK_OK) {
			lose(nif, MN_LOST_ROUTER);
			lost_it = true;
		}
	}
	decide(nif, ra, r);
	/* It is no router to go by either. */
	if (lost_it && !nif->router && nif->lost == MN_LOST_ROUTER) {
		mn_if_lost(nif);
		mn_solicit(nif);
	}
}

void mn_move_start(struct mn_if *nif)
{
	mn_if_timer_init(nif, &nif->rs, on_rs);
	mn_if_timer_init(nif, &nif->probe, on_probe);
	mn_if_timer_init(nif, &nif->ra_missed, on_ra_missed);
	limit_init(&nif->probe_rate, PROBE_RATE, PROBE_RATE, clock_now());
	mn_traffic_start(nif);
}

void mn_move_stop(struct mn_if *nif)
{
	mn_traffic_stop(nif);
	stop_probe(nif);
	mn_timer_stop(nif->mn, &nif->rs);
	mn_timer_stop(nif->mn, &nif->ra_missed);
}
