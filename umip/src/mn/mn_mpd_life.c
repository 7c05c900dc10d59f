// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How long the home address lives, by the prefixes of the home link, and what takes its place.
 *
 * A home address that is deprecated while the link has another prefix that is not gets a successor, with the same interface
 * identifier: another struct mn (mn_role.c), with a registration of its own. The old one stays for the connections that
 * use it until its prefix ends.
 */
#include "core/pfx.h"
#include "mn/mn_mpd.h"
#include "mn/mn_ro.h"

#define ASK_SHARE 0.75 /* of what a lifetime has left, until we ask again */
#define ASK_LEAST 8.0  /* seconds left: below that it is too late */

static void ended(struct mn *mn)
{
	log_msg(mn_no_successor(mn) ? LOG_ERROR : LOG_NOTICE, "home-address-ended", "home_address=%s home_agent=%s reason=\"%s\"",
		log_addr(mn_hoa(mn)), log_addr(&mn->ha),
		mn_no_successor(mn) ? "its prefix is not valid any more, and the home link has no other that is known" :
				   "its prefix is not valid any more");
	mn_notify(mn, "home-address-ended");
	mn_mpd_stop_asking(mn);
	/* That of a mobile router stays for the mobile network, which belongs to it. */
	if (!mn_no_successor(mn) && !mn->home->mobile_router) {
		mn_home_retire(mn);
		return;
	}
	/* It is what the configuration names: if the home agent takes it again one day, it is ours again. */
	mn->valid_until = INFINITY;
	mn->preferred_until = 0;
	mn_bul_ended(mn);
	mn_ro_suspend(mn);
	mn->relife = true;
	mn_kernel_sync(mn);
}

/* The prefix that takes over, or NULL. */
static const struct pfx *successor(const struct mn *mn)
{
	const struct pfx *best = NULL;
	double now = clock_now();

	for (unsigned int i = 0; i < mn->mpd->list.n; i++) {
		const struct pfx *p = &mn->mpd->list.at[i];

		if (!p->autonomous || !pfx_preferred(p, now) || p->len != mn->home->plen || p->len > 64 || mn_home_in(mn, &p->prefix, p->len, true))
			continue;
		if (!best || p->preferred_until > best->preferred_until)
			best = p;
	}
	return best;
}

static void renumber(struct mn *mn)
{
	const struct pfx *p;
	struct in6_addr hoa;

	if (mn->preferred_until > clock_now() || mn->stopping)
		return;
	p = successor(mn);
	if (!p)
		return;
	hoa = *mn_hoa(mn);
	for (unsigned int bit = 0; bit < p->len; bit++) {
		uint8_t mask = 0x80 >> bit % 8;

		hoa.s6_addr[bit / 8] = (uint8_t)((hoa.s6_addr[bit / 8] & ~mask) | (p->prefix.s6_addr[bit / 8] & mask));
	}
	log_notice("home-address-renumbered", "old=%s new=%s prefix=%s/%u home_agent=%s", log_addr(mn_hoa(mn)), log_addr(&hoa),
		   log_addr(&p->prefix), p->len, IN6_IS_ADDR_UNSPECIFIED(&p->router) ? "unknown" : log_addr(&p->router));
	mn_home_add(mn, &hoa, p->len, &p->router);
}

void mn_mpd_expect(struct mn *mn)
{
	struct mn_mpd *s = mn->mpd;
	double now = clock_now(), next = mn->valid_until;
	bool preferred = mn->preferred_until > now;
	double left = (preferred ? mn->preferred_until : mn->valid_until) - now;

	mn_timer_stop(mn, &s->life);
	if (preferred && mn->preferred_until < next)
		next = mn->preferred_until;
	if (s->fd >= 0 && !s->asking && mn->location == MN_AWAY && left > ASK_LEAST && now + left * ASK_SHARE < next)
		next = now + left * ASK_SHARE;
	if (next < INFINITY)
		mn_timer_start(mn, &s->life, next > now ? next - now + 0.01 : 0.01);
}

static void on_life(struct ev_loop *loop, struct ev_timer *w, int revents)
{
	struct mn *mn = w->data;
	struct mn_mpd *s = mn->mpd;
	double now = clock_now();
	bool deprecated = mn->preferred_until <= now;

	(void)loop;
	(void)revents;
	if (mn->stopping)
		return;
	if (mn->valid_until <= now) {
		ended(mn); /* and there may be no mn any more in a moment, but there is now */
		mn_mpd_expect(mn);
		return;
	}
	if (deprecated != s->deprecated) {
		s->deprecated = deprecated;
		log_notice("home-address-deprecated", "home_address=%s valid_s=%.0f", log_addr(mn_hoa(mn)), mn->valid_until - now);
		renumber(mn);
	} else {
		mn_mpd_ask(mn, "a lifetime is running out");
	}
	mn_mpd_expect(mn);
}

void mn_mpd_follow(struct mn *mn)
{
	struct mn_mpd *s = mn->mpd;
	const struct pfx *p = pfx_find(&s->list, mn_hoa(mn));
	double now = clock_now();
	bool deprecated;

	if (!p)
		return;
	if (p->valid_until != mn->valid_until || p->preferred_until != mn->preferred_until) {
		mn->valid_until = p->valid_until;
		mn->preferred_until = p->preferred_until;
		mn->relife = true;
		s->kernel_valid = p->valid_until;
		s->kernel_preferred = p->preferred_until;
	}
	deprecated = !pfx_preferred(p, now);
	if (deprecated != s->deprecated)
		log_notice(deprecated ? "home-address-deprecated" : "home-address-preferred", "home_address=%s valid_s=%u preferred_s=%u",
			   log_addr(mn_hoa(mn)), pfx_left(p->valid_until, now), pfx_left(p->preferred_until, now));
	s->deprecated = deprecated;
	mn_bul_limit(mn, mn->valid_until);
	mn_ro_limit(mn, mn->valid_until);
	mn_kernel_sync(mn);
	renumber(mn);
	mn_mpd_expect(mn);
}

void mn_mpd_life_init(struct mn *mn)
{
	mn_timer_init(mn, &mn->mpd->life, on_life);
}
