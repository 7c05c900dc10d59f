// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A home address of the mobile node: its start and end, the events that the daemon hands to it, and the steps of a
 * handoff in their order.
 *
 *   movement detection: on the link of this router now  ->  mn_arrived()
 *   hold packets, forget the old link, take a care-of address  ->  mn_care_of_address()
 *   Binding Update, Binding Acknowledgement (mn_bul.c)  ->  mn_handoff_done(): packets flow
 *
 * or, on the home link, mn_home_arrive() and deregistration.
 */
#include "mn/mn.h"

#include <linux/if_addr.h>
#include <stdlib.h>
#include <string.h>

#include "kern/tun.h"
#include "mn/mn_ro.h"

void mn_timer_init(struct mn *mn, struct ev_timer *w, void (*cb)(struct ev_loop *loop, struct ev_timer *w, int revents))
{
	ev_timer_init(w, cb, 0, 0);
	w->data = mn;
}

void mn_timer_start(struct mn *mn, struct ev_timer *w, double after)
{
	ev_timer_stop(mn->d->loop, w);
	/* The loop's clock stands still during a callback; the kernel's work in it takes milliseconds. */
	ev_now_update(mn->d->loop);
	ev_timer_set(w, after, 0);
	ev_timer_start(mn->d->loop, w);
}

void mn_timer_stop(struct mn *mn, struct ev_timer *w)
{
	ev_timer_stop(mn->d->loop, w);
}

struct json_object *mn_json_addr(const struct in6_addr *a)
{
	return json_object_new_string(log_addr(a));
}

struct json_object *mn_status_json(const struct mn *mn)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "location", json_object_new_string(mn_location_name(mn->location)));
	json_object_object_add(o, "interface", json_object_new_string(mn->cur->name));
	json_object_object_add(o, "home_address", mn_json_addr(mn_hoa(mn)));
	json_object_object_add(o, "care_of_address", mn->has_coa ? mn_json_addr(&mn->coa) : NULL);
	json_object_object_add(o, "default_router", mn->cur->router ? mn_json_addr(&mn->cur->router->addr) : NULL);
	json_object_object_add(o, "home_agent_address", mn_has_ha(mn) ? mn_json_addr(&mn->ha) : NULL);
	json_object_object_add(o, "home_agent_discovery", json_object_new_boolean(IN6_IS_ADDR_UNSPECIFIED(&mn->home->ha)));
	json_object_object_add(o, "registered", json_object_new_boolean(mn_bul_bound(mn)));
	json_object_object_add(o, "mobile_router", json_object_new_boolean(mn->home->mobile_router));
	mn_nemo_json(mn, o);
	json_object_object_add(o, "moves", json_object_new_int64((int64_t)mn->moves));
	json_object_object_add(o, "last_handoff_ms",
			       mn->last_handoff < 0 ? NULL : json_object_new_int64((int64_t)(mn->last_handoff * 1000)));
	if (mn->several)
		json_object_object_add(o, "interfaces", mn_ifs_json(mn));
	mn_multicast_json(mn, o);
	mn_ro_status(mn, o);
	return o;
}

void mn_notify(struct mn *mn, const char *event)
{
	mn->d->notify(mn->d, event, mn_status_json(mn));
}

/* ---- a handoff ---- */

static void on_hold_end(struct ev_loop *loop, struct ev_timer *w, int revents)
{
	struct mn *mn = w->data;

	(void)loop;
	(void)revents;
	if (!mn->hold)
		return;
	mn->hold = false;
	if (!mn_select_covered(mn))
		log_notice("handoff-slow", "location=%s care_of=%s held_s=%.1f", mn_location_name(mn->location),
			   mn->has_coa ? log_addr(&mn->coa) : "none", MN_HOLD_SECONDS);
	mn_kernel_sync(mn);
}

void mn_hold(struct mn *mn)
{
	if (!mn->hold)
		mn->no_plug = !mn->d->able.plug; /* what was in its way the last time may have gone */
	mn->hold = true;
	mn_timer_start(mn, &mn->hold_timer, mn_select_covered(mn) ? MN_HOLD_COVERED : MN_HOLD_SECONDS);
	mn_kernel_sync(mn);
	/* What was optimized goes into the tunnel now, and waits there. */
	mn_ro_suspend(mn);
}

void mn_handoff_done(struct mn *mn)
{
	double now;

	mn->hold = false;
	mn_timer_stop(mn, &mn->hold_timer);
	mn_select_done(mn);
	mn_kernel_sync(mn);
	mn_ro_registered(mn);
	if (!mn->moving)
		return;
	now = clock_now();
	mn->moving = false;
	mn->last_handoff = now - mn->cur->hint_at;
	log_notice("handoff", "location=%s interface=%s care_of=%s ra_to_ba_ms=%.0f hint_to_ba_ms=%.0f home_address=%s",
		   mn_location_name(mn->location), mn->cur->name, mn->has_coa ? log_addr(&mn->coa) : "none", (now - mn->cur->ra_at) * 1000,
		   mn->last_handoff * 1000, log_addr(mn_hoa(mn)));
	mn_notify(mn, "handoff");
	mn_select_soon(mn);
}

void mn_register(struct mn *mn)
{
	mn_bul_register(mn);
	mn_ro_care_of(mn);
	if (mn_bul_optimistic(mn))
		mn_kernel_sync(mn);
	else
		mn_kernel_tunnel(mn);
}

void mn_care_of_address(struct mn *mn)
{
	const struct in6_addr *a;
	bool ready;

	if (mn->location != MN_AWAY || mn->has_coa || mn->cur->lost != MN_LINK_OK || mn->stopping)
		return;
	a = mn_addr_choose(mn->cur);
	if (!a)
		return;
	mn->has_coa = true;
	mn->coa = *a;
	log_info("care-of-address", "address=%s after_ra_ms=%.0f", log_addr(a), (clock_now() - mn->cur->ra_at) * 1000);
	ready = mn_dhaad_ready(mn);
	mn_kernel_sync(mn);
	if (ready)
		mn_register(mn);
}

void mn_arrived(struct mn *mn, bool home)
{
	bool moved = mn->location != MN_UNKNOWN;

	if (moved) {
		mn->moves++;
		mn->d->stats[STAT_MOVES]++;
	}
	mn->moving = true;
	mn->has_coa = false;
	log_notice(moved ? "moved" : "arrived", "to=%s router=%s home_address=%s", home ? "home" : "foreign-link",
		   log_addr(&mn->cur->router->addr), log_addr(mn_hoa(mn)));
	if (home) {
		mn->location = MN_HOME;
		mn->hold = false;
		mn_timer_stop(mn, &mn->hold_timer);
		mn_ro_home(mn);
		mn_home_arrive(mn);
	} else {
		mn->location = MN_AWAY;
		mn->start_at_home = false;
		mn_home_leave(mn);
		mn_hold(mn);
		mn_ro_away(mn);
		mn_if_clean(mn->cur);
		mn_care_of_address(mn);
	}
	mn_notify(mn, "moved");
}

/* ---- what the daemon hands to us ---- */

void mn_on_mh(struct mn *mn, const struct mh_packet *p, const struct mh_msg *m)
{
	struct daemon *d = mn->d;
	bool from_ha = IN6_ARE_ADDR_EQUAL(&p->src, &mn->ha);

	if (mn_ro_mh(mn, p, m))
		return;
	switch (m->type) {
	case MH_BA:
		mn_bul_ack(mn, p, m);
		return;
	case MH_BRR:
		d->stats[STAT_BRR_RX]++;
		if (from_ha)
			mn_bul_refresh_now(mn);
		return;
	case MH_BE:
		d->stats[STAT_BE_RX]++;
		if (log_allow(&mn->log_ba, "binding-error"))
			log_warn("binding-error", "from=%s status=%u home_address=%s", log_addr(&p->src), m->be.status,
				 log_addr(&m->be.hoa));
		return;
	default:
		d->stats[STAT_MH_UNEXPECTED]++;
	}
}

void mn_on_nd(struct mn *mn, const struct nd_packet *p)
{
	struct mn_if *nif = mn_if_by_index(mn, p->ifindex);
	struct nd_na na;

	if (!nif)
		return;
	if (p->type == ND_RA) {
		mn_move_ra(nif, p);
		return;
	}
	mn_move_heard(nif, &p->src);
	if (p->type != ND_NA || nd_parse_na(p->data, p->len, &na))
		return;
	mn_move_heard(nif, &na.target);
	mn_move_gateway(nif, p, &na);
	if (nif == mn->cur)
		mn_home_na(mn, p, &na);
}

/* The tunnel device was deleted under us: everything on it is gone. */
static void tunnel_gone(struct mn *mn)
{
	log_warn("tunnel-gone", "device=%s", mn->tunnel_name);
	memset(&mn->held, 0, sizeof(mn->held));
	mn->tunnel = kern_tun_open(mn->tunnel_name);
	if (mn->tunnel < 0 || kern_tun_set(mn->tunnel, mn->tunnel_name, mn_hoa(mn), mn_tunnel_start(mn), mn_apart(mn))) {
		daemon_fatal(mn->d, "cannot create the tunnel device again: %s", kern_error());
		return;
	}
	mn_kernel_reread(mn);
	mn_ro_tunnel(mn);
}

void mn_on_link(struct mn *mn, const struct kern_link *l)
{

	if (mn->stopping)
		return;
	if (l->ifindex == mn->tunnel && l->gone)
		tunnel_gone(mn);
	else if (mn->spare_tunnel && l->ifindex == mn->spare_tunnel && l->gone)
		mn_kernel_spare(mn);
	else
		mn_if_link(mn, l);
}

static void coa_gone(struct mn *mn, const struct kern_addr *a)
{
	if (a->flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) {
		mn->d->stats[STAT_DAD_FAILED]++;
		log_error("care-of-address-duplicate", "address=%s interface=%s", log_addr(&a->addr), mn->cur->name);
		mn_addr_suspect(mn->cur, &a->addr);
	} else {
		log_notice("care-of-address-gone", "address=%s", log_addr(&a->addr));
	}
	mn->has_coa = false;
	mn_kernel_sync(mn);
	mn_ro_suspend(mn);
	mn_ro_away(mn);
	mn_care_of_address(mn);
	mn_select_soon(mn);
}

void mn_on_addr(struct mn *mn, const struct kern_addr *a, bool deleted)
{
	struct mn_if *nif = mn_if_by_index(mn, a->ifindex);
	bool is_hoa = IN6_ARE_ADDR_EQUAL(&a->addr, mn_hoa(mn));

	if (mn->stopping)
		return;
	if (a->ifindex == mn->tunnel && is_hoa && deleted) {
		mn->held.hoa_on_tunnel = false;
		mn_kernel_sync(mn);
	}
	if (!nif)
		return;
	mn_addr_note(nif, a, deleted);
	mn_select_soon(mn);
	if (a->flags & IFA_F_DADFAILED && !is_hoa) {
		mn_addr_suspect(nif, &a->addr);
		mn_own_make(nif, &a->addr);
	}
	if (is_hoa)
		mn_kernel_sync(mn);
	else if (nif != mn->cur)
		return;
	else if (mn->has_coa && IN6_ARE_ADDR_EQUAL(&a->addr, &mn->coa) && (deleted || a->flags & IFA_F_DADFAILED))
		coa_gone(mn, a);
	else
		mn_care_of_address(mn);
}

void mn_on_neigh_failed(struct mn *mn, int at_ifindex, const struct in6_addr *addr)
{
	struct mn_if *nif = mn_if_by_index(mn, at_ifindex);

	if (nif && !mn->stopping)
		mn_move_router_failed(nif, addr);
}

void mn_on_resync(struct mn *mn)
{
	mn_ifs_reread(mn);
	mn_kernel_reread(mn);
	if (mn->has_coa && !mn_addr_find(mn->cur, &mn->coa))
		coa_gone(mn, &(struct kern_addr){ .addr = mn->coa });
	mn_care_of_address(mn);
	mn_select_soon(mn);
}

/* ---- start and end ---- */

static void on_stop_timer(struct ev_loop *loop, struct ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	mn_home_left(w->data);
}

int mn_begin(struct mn *mn, char *err, size_t err_len)
{
	if (mn->home)
		mn->ha = mn->home->ha;
	mn->last_handoff = -1;
	mn->errors_fd = -1;
	mn->log_nd.burst = mn->log_ba.burst = mn->log_kernel.burst = 5;
	mn_timer_init(mn, &mn->hold_timer, on_hold_end);
	mn_timer_init(mn, &mn->stop_timer, on_stop_timer);
	mn_home_init(mn);
	mn_bul_init(mn);
	if (mn_ifs_open(mn, err, err_len) || mn_dhaad_open(mn, err, err_len) || mn_mpd_open(mn, err, err_len) || mn_kernel_open(mn, err, err_len) ||
	    mn_ro_open(mn, err, err_len))
		return -1;
	mn_errors_open(mn);
	mn_multicast_open(mn);
	mn_kernel_sync(mn);
	for (unsigned int i = 0; i < mn->n_ifs; i++)
		mn_solicit(mn->ifs[i]);
	return 0;
}

void mn_leave(struct mn *mn)
{
	const struct mn_bul *b = &mn->bul;

	mn->stopping = true;
	mn_timer_stop(mn, &mn->retire);
	mn_mpd_stop(mn);
	mn_ifs_stop(mn);
	mn_home_stop(mn);
	mn_dhaad_stop(mn);
	mn_timer_stop(mn, &mn->hold_timer);
	mn_select_last(mn);
	mn_ro_leave(mn);
	if (mn->cur->link_up && mn->location == MN_AWAY && mn->has_coa && b->maybe_bound) {
		mn_timer_start(mn, &mn->stop_timer, MN_STOP_SECONDS);
		mn_bul_deregister(mn);
	} else if (mn->cur->link_up && mn->location == MN_HOME && b->maybe_bound && !(b->dereg && b->waiting)) {
		/* Came home a moment ago. */
		mn_timer_start(mn, &mn->stop_timer, MN_STOP_SECONDS);
		mn_home_deregister(mn);
	} else if (mn->cur->link_up && mn->location == MN_HOME && b->dereg && b->waiting) {
		mn_timer_start(mn, &mn->stop_timer, MN_STOP_SECONDS);
	} else {
		mn_timer_stop(mn, &mn->stop_timer);
		mn_home_left(mn);
	}
}

void mn_end(struct mn *mn)
{
	mn_timer_stop(mn, &mn->retire);
	mn_timer_stop(mn, &mn->stop_timer);
	mn_timer_stop(mn, &mn->hold_timer);
	mn_home_stop(mn);
	mn_bul_stop(mn);
	mn_errors_close(mn);
	mn_multicast_close(mn);
	mn_ro_close(mn);
	mn_mpd_close(mn);
	mn_dhaad_close(mn);
	mn_kernel_close(mn);
	mn_ifs_close(mn);
	free(mn);
}
