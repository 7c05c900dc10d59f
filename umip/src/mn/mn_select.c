// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which interface carries the binding.
 *
 * An interface is usable if it is on a link (at home, or abroad with an address that can be a care-of address) and nothing
 * speaks against it: no doubt of movement detection, no registration that nobody answered. Of those that are, an
 * address that stays is worth more than one that ends soon; then the configured preference counts; then, if the sections of several home
 * addresses name several interfaces, the one that is at home, and the home address's own; then the one that is in use stays in use.
 *
 * If the one in use is lost, the best of the others takes over at once. To one that is better than a working one we go
 * without haste: it has to be usable for a moment, which becomes longer each time it does not last, so that a bad
 * contact does not carry the binding to and fro. And without loss: packets come in at the old care-of address as before
 * (mn_setup.c: the spare tunnel), those that leave wait for the acknowledgement, and if that is late, they go through the
 * old care-of address meanwhile.
 */
#include "mn/mn.h"

#include <string.h>

#include "mn/mn_ro.h"

#define START_WAIT   1.0 /* seconds for the best interface, before another one is used */
#define SETTLE_MIN   1.0
#define SETTLE_MAX   60.0
#define LASTED	     30.0 /* one that was usable for so long counts as good */
#define AVOID	     60.0 /* seconds without one where nobody answered, while there is another */
#define LOOK_LEAST   0.01

const char *mn_location_name(enum mn_location l)
{
	static const char *const name[] = { [MN_UNKNOWN] = "unknown", [MN_HOME] = "home", [MN_AWAY] = "away" };

	return name[l];
}

/* ---- what there is ---- */

static bool judge(struct mn_if *nif, double now)
{
	const struct in6_addr *a;

	/* What it had is known yet when it comes back: mn_move.c. */
	if (!nif->link_up || nif->lost != MN_LINK_OK || nif->location == MN_UNKNOWN)
		return false;
	a = nif->location == MN_AWAY ? mn_addr_choose(nif) : NULL;
	if (nif->location == MN_AWAY && !a)
		return false;
	nif->candidate = a ? *a : in6addr_any;
	return now >= nif->avoid_until;
}

static void look(struct mn_if *nif, double now)
{
	bool usable = judge(nif, now);

	if (usable == nif->usable)
		return;
	nif->usable = usable;
	if (nif->settle < SETTLE_MIN)
		nif->settle = SETTLE_MIN;
	if (usable) {
		nif->usable_since = now;
		return;
	}
	nif->settle = now - nif->usable_since >= LASTED ? SETTLE_MIN : nif->settle * 2;
	if (nif->settle > SETTLE_MAX)
		nif->settle = SETTLE_MAX;
}

static bool lasting(const struct mn_if *nif)
{
	return nif->location == MN_HOME || mn_addr_lasting(nif, &nif->candidate);
}

static bool better(const struct mn_if *a, const struct mn_if *b)
{
	if (lasting(a) != lasting(b))
		return lasting(a);
	if (a->preference != b->preference)
		return a->preference < b->preference;
	if (a->mn->own && (a->location == MN_HOME) != (b->location == MN_HOME))
		return a->location == MN_HOME;
	if (a->mn->own == a || a->mn->own == b)
		return a->mn->own == a;
	if (a == a->mn->cur || b == b->mn->cur)
		return a == a->mn->cur;
	return (a->location == MN_HOME) > (b->location == MN_HOME);
}

static struct mn_if *best_usable(const struct mn *mn)
{
	struct mn_if *best = NULL;

	for (unsigned int i = 0; i < mn->n_ifs; i++)
		if (mn->ifs[i]->usable && (!best || better(mn->ifs[i], best)))
			best = mn->ifs[i];
	return best;
}

/* Whether one that is preferred to this may yet come to something, at the start. */
static bool worth_waiting(const struct mn *mn, const struct mn_if *than)
{
	for (unsigned int i = 0; i < mn->n_ifs; i++) {
		const struct mn_if *nif = mn->ifs[i];

		if (nif->link_up && !nif->usable && nif->preference <= than->preference && nif != than)
			return true;
	}
	return false;
}

/* ---- the change ---- */

static void take(struct mn *mn, struct mn_if *nif)
{
	struct mn_if *old = mn->cur;
	double now = clock_now();

	log_notice("interface-change", "from=%s to=%s why=%s", old->name, nif->name,
		   old->usable ? "preferred" : mn->location == MN_UNKNOWN ? "start" : "lost");
	nif->hint_at = !old->usable && mn->location != MN_UNKNOWN && old->lost != MN_LINK_OK ? old->hint_at : now;
	nif->ra_at = now;
	/* The binding outlives the change if its care-of address does. */
	mn->prev = old->usable && mn_bul_bound(mn) ? old : NULL;
	mn->cur = nif;
	mn_arrived(mn, nif->location == MN_HOME);
	if (old->link_gone && !old->configured)
		mn_if_forget(old);
}

bool mn_select_covered(const struct mn *mn)
{
	const struct mn_if *p = mn->prev;

	return p && mn->bul.bound && p->link_up && p->lost == MN_LINK_OK && mn_addr_find(p, &mn->bul.bound_coa);
}

void mn_select_done(struct mn *mn)
{
	mn->prev = NULL;
}

/* The care-of address ends soon, or is not preferred any more, and the interface has a better one. */
static bool renew_care_of(struct mn *mn)
{
	struct mn_if *nif = mn->cur;

	if (mn->location != MN_AWAY || !mn->has_coa || mn->moving || mn->stopping || !nif->usable || IN6_ARE_ADDR_EQUAL(&nif->candidate, &mn->coa) ||
	    mn_addr_lasting(nif, &mn->coa) || !mn_addr_lasting(nif, &nif->candidate))
		return false;
	log_notice("care-of-address-ends", "address=%s next=%s", log_addr(&mn->coa), log_addr(&nif->candidate));
	mn->prev = mn_bul_bound(mn) ? nif : NULL;
	mn->moving = true;
	nif->hint_at = nif->ra_at = clock_now();
	mn->has_coa = false;
	mn_hold(mn);
	mn_ro_away(mn);
	mn_care_of_address(mn);
	return true;
}

/* When there is something to decide without an event. */
static double next_look(const struct mn *mn, const struct mn_if *wanted, double now)
{
	double at = INFINITY;

	if (wanted && wanted != mn->cur)
		at = mn->cur->usable ? wanted->usable_since + wanted->settle : mn->select_from;
	if (at <= now)
		at = INFINITY; /* a change is at work, and its end is looked at */
	for (unsigned int i = 0; i < mn->n_ifs; i++) {
		const struct mn_if *nif = mn->ifs[i];
		double leave = nif->location == MN_AWAY && nif->usable ? mn_addr_leave_at(nif, &nif->candidate) : INFINITY;

		if (nif == mn->cur && mn->has_coa)
			leave = mn_addr_leave_at(nif, &mn->coa);
		if (leave > now && leave < at)
			at = leave;
		if (nif->avoid_until > now && nif->avoid_until < at)
			at = nif->avoid_until;
	}
	return at;
}

static void on_select(struct ev_loop *loop, struct ev_timer *w, int revents)
{
	struct mn *mn = w->data;
	double now = clock_now(), at;
	struct mn_if *best;

	(void)loop;
	(void)revents;
	if (mn->stopping)
		return;
	for (unsigned int i = 0; i < mn->n_ifs; i++)
		look(mn->ifs[i], now);
	if (mn->prev && !mn_select_covered(mn)) {
		mn->prev = NULL;
		if (mn->moving && !mn_bul_bound(mn))
			mn_hold(mn);
	}
	best = best_usable(mn);
	if (best && best != mn->cur) {
		bool wait = mn->cur->usable ? now < best->usable_since + best->settle :
					      !mn->bul.used && now < mn->select_from && worth_waiting(mn, best);

		/* One change at a time: with an unfinished one, there is nothing that the next could fall back to. */
		if (!wait && !(mn->cur->usable && mn->moving && mn->prev))
			take(mn, best);
	} else if (best) {
		renew_care_of(mn);
	}
	at = next_look(mn, best, now);
	if (at < INFINITY)
		mn_timer_start(mn, &mn->select_timer, at - now > LOOK_LEAST ? at - now : LOOK_LEAST);
}

void mn_select_soon(struct mn *mn)
{
	if (!mn->stopping)
		mn_timer_start(mn, &mn->select_timer, 0);
}

static void leave_by(struct mn *mn, struct mn_if *nif, struct in6_addr coa)
{
	log_info("leaving-by", "interface=%s care_of=%s", nif->name, log_addr(&coa));
	mn->cur = nif;
	mn->prev = NULL;
	mn->coa = coa;
	mn->has_coa = true;
	mn_kernel_sync(mn);
}

/*
 * In the middle of a change, the way that the home agent has answered by is better than the one that is being tried; and without a way where we are,
 * another interface may have one.
 */
void mn_select_last(struct mn *mn)
{
	double now = clock_now();
	struct mn_if *best;

	if (mn->location != MN_AWAY)
		return;
	if (mn_select_covered(mn)) {
		leave_by(mn, mn->prev, mn->bul.bound_coa);
		return;
	}
	for (unsigned int i = 0; i < mn->n_ifs; i++)
		look(mn->ifs[i], now);
	best = best_usable(mn);
	if (!mn->cur->usable && best && best->location == MN_AWAY)
		leave_by(mn, best, best->candidate);
}

bool mn_select_ready(const struct mn *mn)
{
	for (unsigned int i = 0; i < mn->n_ifs; i++)
		if (mn->ifs[i] != mn->cur && mn->ifs[i]->usable)
			return true;
	return false;
}

bool mn_select_failed(struct mn *mn)
{
	double now = clock_now();
	struct mn_if *best;

	if (!mn->several || mn->location != MN_AWAY)
		return false;
	for (unsigned int i = 0; i < mn->n_ifs; i++)
		look(mn->ifs[i], now);
	mn->cur->usable = false;
	best = best_usable(mn);
	mn->cur->usable = best;
	if (!best)
		return false;
	log_notice("interface-avoided", "interface=%s why=\"the home agent does not answer\" seconds=%.0f", mn->cur->name, AVOID);
	mn->cur->avoid_until = now + AVOID;
	mn_select_soon(mn);
	return true;
}

void mn_select_init(struct mn *mn)
{
	mn->select_from = clock_now() + START_WAIT;
	mn_timer_init(mn, &mn->select_timer, on_select);
}

void mn_select_stop(struct mn *mn)
{
	mn_timer_stop(mn, &mn->select_timer);
}

/* ---- for mip6ctl ---- */

struct json_object *mn_ifs_json(const struct mn *mn)
{
	struct json_object *list = json_object_new_array();
	double now = clock_now();

	for (unsigned int i = 0; i < mn->n_ifs; i++) {
		const struct mn_if *nif = mn->ifs[i];
		const char *state = nif->link_gone		? "absent" :
				    !nif->link_up		? "down" :
				    nif->lost != MN_LINK_OK	? "searching" :
				    now < nif->avoid_until	? "avoided" :
				    nif == mn->cur		? "used" :
				    nif->usable			? "ready" :
				    nif->location == MN_UNKNOWN ? "searching" :
								  "no-address";
		struct json_object *o = json_object_new_object();

		json_object_object_add(o, "interface", json_object_new_string(nif->name));
		json_object_object_add(o, "preference", json_object_new_int64(nif->preference));
		json_object_object_add(o, "state", json_object_new_string(state));
		json_object_object_add(o, "location", json_object_new_string(mn_location_name(nif->location)));
		json_object_object_add(o, "default_router", nif->router ? mn_json_addr(&nif->router->addr) : NULL);
		json_object_object_add(o, "care_of_address",
				       nif == mn->cur && mn->has_coa		       ? mn_json_addr(&mn->coa) :
				       nif->usable && !IN6_IS_ADDR_UNSPECIFIED(&nif->candidate) ? mn_json_addr(&nif->candidate) :
										   NULL);
		json_object_array_add(list, o);
	}
	return list;
}
