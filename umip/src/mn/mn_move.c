// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Movement detection (RFC 6275 11.5.1): which link are we on?
 *
 * Advertisements decide. One with the prefix of our care-of address (or the home prefix, at home) says that we are
 * where we were. One without it can come from a second router of the same link; whether it does depends on what we
 * know:
 *   - the carrier went since, or our router stopped answering: we have moved, and this is where to.
 *   - nothing of that kind: our router is asked (a unicast Neighbour Solicitation, and if anything still comes, a
 *     second one, or as many as MnRouterProbes says). If it answers, both serve our link, and the other is remembered as one of it; if not, we have moved.
 *
 * Our router is asked for other reasons too: its advertisement is overdue (RFC 6275 7.3), or packets leave and none
 * comes back (mn_traffic.c). When it has not answered once, others are solicited, and the first that then advertises is
 * where we are. One that the kernel cannot reach is given up at once.
 *
 * A carrier that came back makes us solicit at once instead of waiting for what comes by itself.
 */
#include "mn/mn.h"

#define PROBES	      2 /* probes of our router, if MnRouterProbes does not say another number */
#define PROBE_FIRST   0.1 /* seconds until the second probe */
#define PROBE_WAIT    0.125 /* and until the next one, or until the router is given up */
#define PROBE_RATE    2.0 /* a second, of those that strangers can cause */
#define RA_SLACK      1.1 /* an advertisement is overdue after so much of the promised interval, */
#define RA_SLACK_S    0.05 /* and this */
#define RA_MISSED_MIN 0.3 /* but never earlier, whatever a router promises */

/* When solicitations are repeated, seconds from one to the next; the last goes on for ever. */
static const double rs_wait[] = { 0.1, 0.2, 0.7, 1, 2, 4, 8, 16, 32 };
#define N_RS_WAIT (sizeof(rs_wait) / sizeof(rs_wait[0]))

static void send_rs(struct mn *mn)
{
	static const struct in6_addr all_routers = { .s6_addr = { 0xff, 0x02, [15] = 2 } };
	bool optimistic = false;
	const struct in6_addr *src = mn_link_local(mn, &optimistic);
	uint8_t buf[64];
	ssize_t len;
	int err;

	/* RFC 4861 6.1.1, RFC 4429 3.2: no link-layer address from :: or from an address that may be somebody else's */
	len = nd_build_rs(buf, sizeof(buf), src && !optimistic && mn->lladdr.len ? &mn->lladdr : NULL);
	if (len < 0)
		return;
	err = nd_sock_send(mn->d->nd_fd, mn->ifindex, src ? src : &in6addr_any, &all_routers, NULL, buf, (size_t)len);
	if (err)
		log_debug("solicitation-failed", "errno=%d", -err);
	mn->rs_sent++;
}

static void on_rs(struct ev_loop *loop, struct ev_timer *w, int revents)
{
	struct mn *mn = w->data;
	unsigned int i = mn->rs_sent;

	(void)loop;
	(void)revents;
	if (!mn->link_up)
		return;
	send_rs(mn);
	mn_timer_start(mn, &mn->rs, rs_wait[i < N_RS_WAIT ? i : N_RS_WAIT - 1]);
}

void mn_solicit(struct mn *mn)
{
	if (!mn->link_up)
		return;
	mn->rs_sent = 0;
	send_rs(mn);
	mn_timer_start(mn, &mn->rs, rs_wait[0]);
}

void mn_ask_router(struct mn *mn, const struct in6_addr *router, const struct nd_lladdr *to)
{
	struct nd_ns ns = { .target = *router };
	struct in6_addr dst = *router;
	bool optimistic = false;
	const struct in6_addr *src = mn_link_local(mn, &optimistic);
	uint8_t buf[64];
	ssize_t len;

	if (src && !optimistic)
		ns.sll = mn->lladdr;
	/* Without a source it has the form of duplicate address detection, which goes to the group. */
	if (!src || !to || !to->len) {
		nd_solicited_node(&ns.target, &dst);
		to = NULL;
	}
	len = nd_build_ns(buf, sizeof(buf), &ns);
	if (len > 0)
		nd_sock_send(mn->d->nd_fd, mn->ifindex, src ? src : &in6addr_any, &dst, to ? to->addr : NULL, buf,
			     (size_t)len);
}

/* How many probes a router may leave unanswered, and how long each is waited for: the administrator's numbers, or ours. */
static unsigned int probes(const struct mn *mn)
{
	return mn->d->conf->mn_router_probes ? mn->d->conf->mn_router_probes : PROBES;
}

static double probe_wait(const struct mn *mn)
{
	if (mn->d->conf->mn_router_probe_ms)
		return mn->d->conf->mn_router_probe_ms / 1000.0;
	return mn->probes_sent > 1 ? PROBE_WAIT : PROBE_FIRST;
}

static void send_probe(struct mn *mn)
{
	mn_ask_router(mn, &mn->router->addr, &mn->router->lladdr);
	mn->probes_sent++;
}

static void stop_probe(struct mn *mn)
{
	mn->probing = false;
	mn_timer_stop(mn, &mn->probe);
}

static void expect_ra(struct mn *mn)
{
	double due;

	mn_timer_stop(mn, &mn->ra_missed);
	if (!mn->router || mn->router->interval <= 0)
		return;
	due = mn->router->interval * RA_SLACK + RA_SLACK_S;
	mn_timer_start(mn, &mn->ra_missed, due > RA_MISSED_MIN ? due : RA_MISSED_MIN);
}

static void probe(struct mn *mn)
{
	if (mn->probing || !mn->router)
		return;
	mn->probing = true;
	mn->probes_sent = 0;
	mn->hint_at = clock_now();
	mn_traffic_mark(mn);
	send_probe(mn);
	mn_timer_start(mn, &mn->probe, probe_wait(mn));
}

/* Because of what somebody says who may be anybody. */
static void probe_limited(struct mn *mn)
{
	if (!mn->probing && limit_take(&mn->probe_rate, clock_now()))
		probe(mn);
}

static void lose(struct mn *mn, enum mn_lost why)
{
	if (mn->lost == MN_LINK_OK)
		mn->hint_at = clock_now();
	mn->lost = why;
	stop_probe(mn);
	mn_timer_stop(mn, &mn->ra_missed);
}

static bool is_home(const struct mn *mn, const struct mn_router *r)
{
	return mn_router_prefix_end(r, mn_hoa(mn), clock_now()) > 0;
}

/* r's link is ours now, and all that was heard since then is of it too. */
static void arrive(struct mn *mn, struct mn_router *r, double since)
{
	stop_probe(mn);
	mn_timer_stop(mn, &mn->rs);
	if (mn->location == MN_UNKNOWN && mn->lost == MN_LINK_OK)
		mn->hint_at = clock_now();
	mn->lost = MN_LINK_OK;
	mn->ra_at = r->heard;
	mn_routers_move(&mn->routers, r, since);
	mn_traffic_forget(mn);
	mn->router = r;
	expect_ra(mn);
	mn_arrived(mn, is_home(mn, r));
}

/* Our router is gone. If another was heard after it, that is where we are. */
static void router_dead(struct mn *mn, const char *how)
{
	double suspected = mn->probing ? mn->hint_at : clock_now();
	struct mn_router *next = mn_routers_latest(&mn->routers, mn->router, mn->router->heard);

	log_info("router-lost", "router=%s how=%s", log_addr(&mn->router->addr), how);
	lose(mn, MN_LOST_ROUTER);
	mn->hint_at = suspected;
	if (next) {
		arrive(mn, next, next->heard);
		return;
	}
	mn_hold(mn);
	mn_solicit(mn);
}

static void on_probe(struct ev_loop *loop, struct ev_timer *w, int revents)
{
	struct mn *mn = w->data;

	(void)loop;
	(void)revents;
	if (!mn->probing || !mn->router)
		return;
	if (mn->probes_sent >= probes(mn)) {
		router_dead(mn, "no-answer");
		return;
	}
	if (!mn_routers_latest(&mn->routers, mn->router, mn->router->heard)) {
		send_rs(mn);
	} else if (!mn->d->conf->mn_router_probes && mn_traffic_silent(mn)) {
		router_dead(mn, "silence");
		return;
	}
	send_probe(mn);
	mn_timer_start(mn, &mn->probe, probe_wait(mn));
}

void mn_move_silence(struct mn *mn)
{
	if (mn->lost == MN_LINK_OK)
		probe(mn);
}

static void on_ra_missed(struct ev_loop *loop, struct ev_timer *w, int revents)
{
	struct mn *mn = w->data;

	(void)loop;
	(void)revents;
	if (mn->lost != MN_LINK_OK || !mn->router)
		return;
	log_debug("advertisement-overdue", "router=%s", log_addr(&mn->router->addr));
	probe(mn);
	expect_ra(mn);
}

void mn_move_heard(struct mn *mn, const struct in6_addr *addr)
{
	mn_leftover_heard(mn, addr);
	if (!mn->probing || !mn->router || !IN6_ARE_ADDR_EQUAL(addr, &mn->router->addr))
		return;
	stop_probe(mn);
	/* It lives, and those that were heard since it was last are on its link too. */
	for (unsigned int i = 0; i < MN_ROUTERS_MAX; i++) {
		struct mn_router *r = &mn->routers.r[i];

		if (!r->used || mn_router_here(&mn->routers, r) || r->heard < mn->router->heard)
			continue;
		mn_routers_join(&mn->routers, r);
		log_info("router-on-our-link", "router=%s", log_addr(&r->addr));
	}
}

void mn_move_router_failed(struct mn *mn, const struct in6_addr *addr)
{
	if (mn->lost == MN_LINK_OK && mn->router && IN6_ARE_ADDR_EQUAL(addr, &mn->router->addr))
		router_dead(mn, "unreachable");
}

void mn_move_link(struct mn *mn)
{
	if (!mn->link_up) {
		log_info("carrier-lost", "interface=%s", mn->home->ifname);
		lose(mn, MN_LOST_CARRIER);
		mn_timer_stop(mn, &mn->rs);
		mn_hold(mn);
		return;
	}
	log_info("carrier-up", "interface=%s", mn->home->ifname);
	lose(mn, MN_LOST_CARRIER);
	mn_solicit(mn);
	mn_hold(mn);
}

/* We are where we were. */
static void stay(struct mn *mn, struct mn_router *r)
{
	enum mn_lost was = mn->lost;

	mn_routers_join(&mn->routers, r);
	stop_probe(mn);
	mn->lost = MN_LINK_OK;
	mn_timer_stop(mn, &mn->rs);
	if (!mn->router || was == MN_LOST_ROUTER)
		mn->router = r;
	if (r == mn->router)
		expect_ra(mn);
	if (was == MN_LINK_OK)
		return;
	log_info("link-unchanged", "router=%s", log_addr(&r->addr));
	if (mn->location == MN_HOME && (mn->step == MN_HOME_CHECK || mn->step == MN_HOME_ASK))
		mn_home_arrive(mn, false);
	else if (mn->location == MN_HOME || mn_bul_bound(mn))
		mn_handoff_done(mn);
	else
		mn_kernel_sync(mn);
	/* What was sent into a dead cable is not waited for. */
	if (mn->location == MN_HOME ? mn->step == MN_HOME_DEREG : mn->has_coa)
		mn_bul_again(mn);
	mn_care_of_address(mn);
}

/* Whether the advertisement says that we are on the link that we believe to be on. */
static bool confirms(const struct mn *mn, const struct nd_ra *ra, const struct mn_router *r)
{
	if (mn->location == MN_HOME)
		return mn_ra_has(ra, mn_hoa(mn));
	if (mn->has_coa && mn_ra_has(ra, &mn->coa))
		return true;
	if (!mn_router_here(&mn->routers, r))
		return false;
	/* Of our link, and it was not that link's end that made us doubt. */
	return mn->lost != MN_LOST_ROUTER || r == mn->router;
}

static void decide(struct mn *mn, const struct nd_ra *ra, struct mn_router *r)
{
	if (!ra->lifetime && !is_home(mn, r)) {
		/* No way out through this one, or not any more. */
		if (mn->location == MN_AWAY && r == mn->router && mn->lost == MN_LINK_OK)
			router_dead(mn, "resigned");
		return;
	}
	if (mn->location == MN_UNKNOWN)
		arrive(mn, r, r->heard);
	else if (confirms(mn, ra, r))
		stay(mn, r);
	else if (mn->lost != MN_LINK_OK)
		arrive(mn, r, mn->lost == MN_LOST_CARRIER ? mn->hint_at : r->heard);
	else if (mn_router_here(&mn->routers, r))
		return;
	else if (mn->probing && mn->probes_sent > 1 && mn->probes_sent >= probes(mn))
		router_dead(mn, "no-answer");
	else if (mn->probing)
		mn_traffic_mark(mn); /* this advertisement is not what tells of life */
	else
		probe_limited(mn);
}

void mn_move_ra(struct mn *mn, const struct nd_packet *p)
{
	struct mn_router *r;
	struct nd_ra ra;

	mn->d->stats[STAT_RA_RX]++;
	if (!IN6_IS_ADDR_LINKLOCAL(&p->src) || nd_parse_ra(p->data, p->len, &ra)) {
		mn->d->stats[STAT_ND_MALFORMED]++;
		if (log_allow(&mn->log_nd, "advertisement-malformed"))
			log_info("advertisement-malformed", "from=%s", log_addr(&p->src));
		return;
	}
	if (mn->stopping)
		return;
	mn_dhaad_heard(mn, &p->src, &ra);
	mn_move_heard(mn, &p->src);
	/* Two links may have routers of one address, even of one link-layer address (VRRP): after the carrier went, old news is none. */
	if (mn->lost == MN_LOST_CARRIER)
		mn_routers_forget(&mn->routers, &p->src, mn->hint_at);
	r = mn_routers_heard(&mn->routers, &p->src, &ra, mn->router, clock_now());
	if (!r) {
		if (log_allow(&mn->log_nd, "routers-full"))
			log_warn("routers-full", "from=%s", log_addr(&p->src));
		return;
	}
	if (r == mn->router && !mn_router_here(&mn->routers, r)) {
		/* Another router with the same address: two links of one plan. */
		mn->router = NULL;
		if (mn->location != MN_UNKNOWN && mn->lost == MN_LINK_OK)
			lose(mn, MN_LOST_ROUTER);
	}
	decide(mn, &ra, r);
}

void mn_move_start(struct mn *mn)
{
	mn_timer_init(mn, &mn->rs, on_rs);
	mn_timer_init(mn, &mn->probe, on_probe);
	mn_timer_init(mn, &mn->ra_missed, on_ra_missed);
	limit_init(&mn->probe_rate, PROBE_RATE, PROBE_RATE, clock_now());
	mn_traffic_start(mn);
}

void mn_move_stop(struct mn *mn)
{
	mn_traffic_stop(mn);
	stop_probe(mn);
	mn_timer_stop(mn, &mn->rs);
	mn_timer_stop(mn, &mn->ra_missed);
}
