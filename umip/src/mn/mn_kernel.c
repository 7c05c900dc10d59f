// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel's state as a function of ours.
 *
 * For good, while the daemon runs (mn_setup.c makes the first and the last):
 *   - the tunnel device with HoA/128: the home address exists wherever we are, so sockets bound to it live through
 *     every move;
 *   - a rule that sends our own signalling (by its mark) through the main table;
 *   - what ro/accept.c has: a type 2 routing header is accepted in front of our home address, for Mobility Headers.
 *
 * At home the home address is on the interface too, where the kernel answers solicitations for it, and nothing else
 * is different from an ordinary host.
 *
 * Anywhere else a rule sends what has the home address as source, or would get it, into a table of its own. There, a
 * route into the tunnel is present while the home agent has our care-of address, or while packets are held in front
 * of the tunnel (the plug) for the end of a handoff. Below it lies an unreachable route, always, so that nothing
 * falls through to the foreign link's default route; what a socket bound to the interface would send there is blocked
 * by a policy. What we say to the home agent has a Home Address option (mn_hao.c).
 *
 * mn_kernel_sync() compares and changes the difference, the permitting before the forbidding. What the kernel refuses
 * is logged, and tried again soon (mn_kernel_look.c).
 */
#include "mn/mn.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "core/ipsec.h"
#include "core/pfx.h"
#include "kern/tun.h"

#define LIFE_SLACK 5.0

/* ---- what there can be ---- */

static const struct kern_rule mark_rule = { .priority = MN_RULE_MARK, .fwmark = KERN_FWMARK, .table = RT_TABLE_MAIN };

static struct kern_route refuse_route(const struct mn *mn)
{
	return (struct kern_route){ .table = mn_table(mn), .metric = MN_METRIC_REFUSE, .unreachable = true };
}

static struct kern_rule hoa_rule(const struct mn *mn)
{
	return (struct kern_rule){
		.priority = mn_rule_hoa(mn),
		.has_src = true,
		.src = *mn_hoa(mn),
		.src_len = 128,
		.find_saddr = true,
		.table = mn_table(mn),
	};
}

static struct kern_route tunnel_route(const struct mn *mn)
{
	return (struct kern_route){ .table = mn_table(mn), .metric = MN_METRIC_TUNNEL, .ifindex = mn->tunnel };
}

/* A home address that nobody has confirmed yet does not take the place of the one that works. */
static bool usable(const struct mn *mn)
{
	return mn->verified || !mn_is_formed(mn);
}

/* As long as we know it to live. The end is ours to see first, so that it does not look like somebody's deletion. */
static void set_lifetimes(const struct mn *mn, struct kern_addr *a)
{
	double now = clock_now();

	a->preferred = usable(mn) ? pfx_left(mn->preferred_until, now) : 0;
	a->valid = pfx_left(mn->valid_until + LIFE_SLACK, now);
	a->valid += !a->valid;
}

static struct kern_addr hoa_on_tunnel(const struct mn *mn)
{
	struct kern_addr a = {
		.addr = *mn_hoa(mn),
		.plen = 128,
		.ifindex = mn->tunnel,
		.flags = IFA_F_HOMEADDRESS | IFA_F_NODAD | IFA_F_NOPREFIXROUTE,
		.proto = mn->had_hoa ? MN_ADDRPROTO_HAD : KERN_RTPROT,
	};

	set_lifetimes(mn, &a);
	return a;
}

/* The on-link prefix is the router's to tell. */
static struct kern_addr hoa_on_link(const struct mn *mn)
{
	struct kern_addr a = {
		.addr = *mn_hoa(mn),
		.plen = mn->home->plen,
		.ifindex = mn->cur->ifindex,
		.flags = IFA_F_HOMEADDRESS | IFA_F_NODAD | IFA_F_NOPREFIXROUTE,
		.proto = KERN_RTPROT,
	};

	set_lifetimes(mn, &a);
	return a;
}

/* ---- what there should be ---- */

bool mn_kernel_plain(const struct mn *mn)
{
	bool checking = mn->location == MN_HOME && mn->step == MN_HOME_CHECK;

	if (mn->hold)
		return false;
	/* A home link whose router is down, and no word of another link: the neighbours are still there. */
	if (mn->cur->lost != MN_LINK_OK && !(mn->location == MN_HOME && mn->cur->lost == MN_LOST_ROUTER))
		return false;
	if (mn->location == MN_UNKNOWN || checking)
		return mn->start_at_home;
	return mn->location == MN_HOME;
}

struct mn_held mn_kernel_wanted(const struct mn *mn)
{
	bool away = !mn_kernel_plain(mn);
	bool through = mn->location == MN_AWAY && mn->cur->lost == MN_LINK_OK &&
		       (mn_bul_bound(mn) || mn_bul_optimistic(mn) || mn_select_covered(mn));
	bool hold = mn->hold && !mn->no_plug && !mn_bul_optimistic(mn);
	struct mn_held w = {
		.network_rules = away && mn_nemo_has_rules(mn),
		.network_near = mn_nemo_wants_near(mn, away),
		.network_refused = mn->home->mobile_router,
		.mark_rule = true,
		.hoa_on_tunnel = true,
		.usable = usable(mn),
		.hoa_rule = away,
		.refuse_route = away,
		.block = away,
		.tunnel_route = away && (through || hold),
		.plug = away && hold,
		.hao = mn->location == MN_AWAY && mn->has_coa && mn_has_ha(mn),
		.hao_ha = mn->ha,
		.tunnel_local = mn->held.tunnel_local,
		.tunnel_remote = mn->held.tunnel_remote,
		.spare_remote = mn->held.spare_remote,
	};

	if (w.hao)
		w.hao_coa = mn->coa;
	return w;
}

/* 1: the home address belongs on the interface, -1: it does not, 0: stays as it is */
static int link_wants_hoa(const struct mn *mn, const struct mn_if *nif)
{
	if (nif->link_gone)
		return 0;
	if (mn->location == MN_AWAY || (mn->location == MN_HOME && nif != mn->cur))
		return -1;
	if (nif != mn->cur)
		return 0;
	return mn->location == MN_HOME && mn->step != MN_HOME_CHECK ? 1 : 0;
}

/* ---- the difference ---- */

void mn_kernel_failed(struct mn *mn, const char *what)
{
	mn->d->stats[STAT_KERNEL_ERRORS]++;
	if (log_allow(&mn->log_kernel, "kernel-refused"))
		log_error("kernel-refused", "for=\"%s\" error=\"%s\"", what, kern_error());
}

static void add_hoa_to_link(struct mn *mn, struct kern_batch *b)
{
	const struct kern_addr *there = mn_addr_find(mn->cur, mn_hoa(mn));
	struct kern_addr a = hoa_on_link(mn);

	if (there && mn_addr_usable(there) && !(mn->relife && there->proto == KERN_RTPROT))
		return;
	/* Autoconfigured a moment ago and in the middle of a check that the home agent's defence makes it fail. */
	if (there && !mn_addr_usable(there))
		kern_addr_del(b, there, KERN_OK_ABSENT);
	kern_addr_replace(b, &a);
	mn_addr_note(mn->cur, &a, false);
}

static void del_hoa_from_link(struct mn_if *nif, struct kern_batch *b)
{
	const struct mn *mn = nif->mn;
	const struct kern_addr *there = mn_addr_find(nif, mn_hoa(mn));

	if (!there)
		return;
	kern_addr_del(b, there, KERN_OK_ABSENT);
	mn_addr_note(nif, &(struct kern_addr){ .addr = *mn_hoa(mn) }, true);
}

static int sync_routes(struct mn *mn, const struct mn_held *w)
{
	const struct mn_held *h = &mn->held;
	struct kern_batch *b = kern_batch_new(KERN_ROUTE);
	struct kern_rule from_hoa = hoa_rule(mn);
	struct kern_route tunnel = tunnel_route(mn), refuse = refuse_route(mn);
	struct kern_addr on_tunnel = hoa_on_tunnel(mn);

	if (!b)
		return -ENOMEM;
	if (!h->hoa_on_tunnel || mn->relife || w->usable != h->usable)
		kern_addr_replace(b, &on_tunnel);
	if (link_wants_hoa(mn, mn->cur) > 0)
		add_hoa_to_link(mn, b);
	if (w->refuse_route && !h->refuse_route)
		kern_route_replace(b, &refuse);
	if (w->tunnel_route && !h->tunnel_route)
		kern_route_replace(b, &tunnel);
	mn_nemo_add(mn, b, w);
	if (!h->mark_rule)
		kern_rule_add(b, &mark_rule, KERN_OK_EXISTS);
	if (w->hoa_rule && !h->hoa_rule)
		kern_rule_add(b, &from_hoa, KERN_OK_EXISTS);
	for (unsigned int i = 0; i < mn->n_ifs; i++)
		if (link_wants_hoa(mn, mn->ifs[i]) < 0)
			del_hoa_from_link(mn->ifs[i], b);
	mn_nemo_remove(mn, b, w);
	if (!w->hoa_rule && h->hoa_rule)
		kern_rule_del(b, &from_hoa, KERN_OK_ABSENT);
	if (!w->tunnel_route && h->tunnel_route)
		kern_route_del(b, &tunnel, KERN_OK_ABSENT);
	if (!w->refuse_route && h->refuse_route)
		kern_route_del(b, &refuse, KERN_OK_ABSENT);
	mn->relife = false;
	return kern_batch_commit(b);
}

static int sync_xfrm(struct mn *mn, const struct mn_held *w)
{
	struct kern_batch *b;

	if (mn_hao_right(mn, w) && mn_blocks_right(mn, w->block))
		return 0;
	b = kern_batch_new(KERN_XFRM);
	if (!b)
		return -ENOMEM;
	mn_blocks_sync(mn, b, w->block);
	mn_hao_sync(mn, b, w);
	return kern_batch_commit(b);
}

static void unplug(struct mn *mn, bool send)
{
	/* What waited there has missed the policies of a protected tunnel. */
	bool clear = ipsec_covers_payload(mn->d, mn_hoa(mn));
	int err = send && !clear ? kern_plug_release(mn->tunnel) : kern_plug_drop(mn->tunnel);

	if (err)
		mn_kernel_failed(mn, "end of the hold");
	else
		log_debug("held-packets", "sent=%s", send && !clear ? "yes" : "no");
}

/* The protected tunnel's end; NULL: we are at home. */
static void sync_ipsec(struct mn *mn, const struct in6_addr *coa)
{
	if (!ipsec_move(mn->d->ipsec, mn_hoa(mn), coa, mn_bul_key_mobility(mn)))
		return;
	mn->d->stats[STAT_KERNEL_ERRORS]++;
	if (log_allow(&mn->log_kernel, "kernel-refused"))
		log_error("kernel-refused", "for=\"protected tunnel\" error=\"%s\"", ipsec_error(mn->d));
	mn_kernel_retry(mn);
}

/*
 * At home, too, so that it is there when we leave: a change of its ends takes the kernel milliseconds, in which the acknowledgement waits. More than that
 * cannot be made ready at home. The tunnel's own end is the care-of address, which is new then. The Home Address option's policies
 * would put it into what we send from home, our deregistration first of all, and those that block would block.
 */
static void sync_spare(struct mn *mn)
{
	/* With TunnelPayload only policies lead out of the tunnel, and into it. */
	if (!mn->spare_tunnel || ipsec_covers_payload(mn->d, mn_hoa(mn)) || IN6_ARE_ADDR_EQUAL(&mn->held.spare_remote, &mn->ha))
		return;
	if (kern_tun_set(mn->spare_tunnel, mn->spare_name, &in6addr_any, &mn->ha, mn_apart(mn))) {
		mn_kernel_failed(mn, "spare tunnel");
		mn_kernel_retry(mn);
		return;
	}
	mn->held.spare_remote = mn->ha;
}

void mn_kernel_sync(struct mn *mn)
{
	struct mn_held w = mn_kernel_wanted(mn);

	if (w.plug && !mn->held.plug) {
		int err = kern_plug_hold(mn->tunnel, MN_HOLD_BYTES);

		if (err) {
			if (log_allow(&mn->log_kernel, "hold-impossible"))
				log_warn("hold-impossible", "error=\"%s\"", kern_error());
			mn->no_plug = true;
			w = mn_kernel_wanted(mn);
		}
	}
	if (mn_if_routes_sync(mn)) {
		mn_kernel_failed(mn, "routes of the care-of address");
		mn_kernel_retry(mn);
	}
	if (w.tunnel_route && !w.plug)
		mn_kernel_tunnel(mn);
	w.tunnel_local = mn->held.tunnel_local;
	w.tunnel_remote = mn->held.tunnel_remote;
	w.spare_remote = mn->held.spare_remote;
	if (sync_routes(mn, &w)) {
		mn_kernel_failed(mn, "routes of the home address");
		mn_kernel_retry(mn);
	}
	if (mn_kernel_plain(mn))
		sync_ipsec(mn, NULL);
	if (sync_xfrm(mn, &w)) {
		mn_kernel_failed(mn, "home address option");
		mn_kernel_retry(mn);
	}
	if (!w.plug && mn->held.plug)
		unplug(mn, w.tunnel_route);
	mn->held = w;
	if (mn->location == MN_HOME && mn->step == MN_HOME_DONE)
		sync_spare(mn);
	mn_multicast_sync(mn);
}

void mn_kernel_leave(struct mn *mn)
{
	struct kern_batch *b = kern_batch_new(KERN_XFRM);
	struct mn_held w = mn->held;

	if (!b) {
		mn_kernel_failed(mn, "clean up");
		return;
	}
	w.hao = w.block = false;
	mn_blocks_drop(mn, b);
	mn_hao_sync(mn, b, &w);
	if (kern_batch_commit(b))
		mn_kernel_failed(mn, "clean up");
	mn->held = w;
}

const struct in6_addr *mn_tunnel_start(const struct mn *mn)
{
	return mn_has_ha(mn) && !ipsec_covers_payload(mn->d, mn_hoa(mn)) ? &mn->ha : mn_hoa(mn);
}

void mn_kernel_tunnel(struct mn *mn)
{
	/* The new care-of address is late: what leaves takes the old one meanwhile. */
	bool late = !mn->hold && !mn_bul_bound(mn) && mn_select_covered(mn);
	const struct in6_addr *coa = late ? &mn->bul.bound_coa : &mn->coa;

	if (mn->location != MN_AWAY || (!late && !mn->has_coa) || !mn_has_ha(mn))
		return;
	sync_ipsec(mn, coa);
	/* The device's ends stay what they were at the start, where it sends nothing: only the policies lead out of it. */
	if (ipsec_covers_payload(mn->d, mn_hoa(mn)))
		return;
	sync_spare(mn);
	if (IN6_ARE_ADDR_EQUAL(&mn->held.tunnel_local, coa) && IN6_ARE_ADDR_EQUAL(&mn->held.tunnel_remote, &mn->ha))
		return;
	if (kern_tun_set(mn->tunnel, mn->tunnel_name, coa, &mn->ha, mn_apart(mn))) {
		mn_kernel_failed(mn, "tunnel");
		mn_kernel_retry(mn);
		return;
	}
	mn->held.tunnel_local = *coa;
	mn->held.tunnel_remote = mn->ha;
}
