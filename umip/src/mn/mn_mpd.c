// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Mobile prefix discovery (RFC 6275 11.4.2, 11.4.3): the prefixes of the home link. What follows from them is mn_mpd_life.c's.
 *
 * The home agent is asked when an acknowledgement says so (status 1), when a lifetime that we know has run down to a quarter,
 * and when an advertisement comes that nothing asked for: that one says only that there is news, and counts for nothing
 * else. An answer counts if it comes from the home agent in use, through a type 2 routing header to our care-of address, with
 * the identifier of the last question, once. What it says is taken as if an advertisement on the home link had said it, and
 * at home those are listened to.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "core/ipsec.h"
#include "core/pfx.h"
#include "mn/mn_mpd.h"
#include "wire/icmp6.h"

#define FIRST_TIMEOUT 3.0 /* INITIAL_SOLICIT_TIMER; doubled with each repetition */
#define TRIES	      5	  /* then the next reason to ask has to come */
#define ASK_RATE      0.5 /* questions a second, whoever makes us ask */
#define ASK_BURST     3
#define WRONG_MAX     3	  /* answers with a wrong number to one question: somebody guesses, and it is asked anew */
#define TURN_ADVERTS  64

/* ---- asking ---- */

void mn_mpd_stop_asking(struct mn *mn)
{
	mn->mpd->asking = mn->mpd->wanted = false;
	mn_timer_stop(mn, &mn->mpd->ask);
}

static bool can_ask(const struct mn *mn)
{
	return mn->mpd->fd >= 0 && !ipsec_lacks_prefixes(mn->d, mn_hoa(mn)) && !mn->stopping && mn->location == MN_AWAY && mn->cur->lost == MN_LINK_OK && mn_has_ha(mn) && mn_bul_bound(mn);
}

static void send_solicitation(struct mn *mn)
{
	struct mn_mpd *s = mn->mpd;
	struct icmp6_mpd m = { .advert = false };
	double now = clock_now(), timeout;
	uint8_t buf[8];
	ssize_t len;
	int err;

	if (!limit_take(&s->rate, now)) {
		mn_timer_start(mn, &s->ask, 1 / ASK_RATE);
		return;
	}
	/* A new number each time: it is all that tells an answer from a guess. */
	if (getrandom(&s->id, sizeof(s->id), 0) != sizeof(s->id))
		s->id++;
	m.id = s->id;
	len = icmp6_build_mpd(buf, sizeof(buf), &m);
	err = len < 0 ? (int)len : icmp_sock_send(s->fd, mn_hoa(mn), &mn->ha, mn->cur->ifindex, buf, (size_t)len);
	timeout = FIRST_TIMEOUT * (1 << s->tries);
	s->tries++;
	s->wrong = 0;
	s->asking = true;
	s->wanted = false;
	if (err && log_allow(&s->log, "prefix-solicitation-unsendable"))
		log_warn("prefix-solicitation-unsendable", "home_agent=%s error=\"%s\"", log_addr(&mn->ha), strerror(-err));
	if (!err) {
		mn->d->stats[STAT_MPS_TX]++;
		log_info("prefix-solicitation", "home_agent=%s home_address=%s identifier=%u try=%u", log_addr(&mn->ha),
			 log_addr(mn_hoa(mn)), s->id, s->tries);
	}
	mn_timer_start(mn, &s->ask, timeout);
}

void mn_mpd_ask(struct mn *mn, const char *why)
{
	struct mn_mpd *s = mn->mpd;

	if (s->fd < 0 || s->asking)
		return;
	s->wanted = true;
	if (ev_is_active(&s->ask))
		return; /* soon */
	s->tries = 0;
	if (!can_ask(mn))
		return;
	log_debug("prefix-discovery", "home_address=%s reason=\"%s\"", log_addr(mn_hoa(mn)), why);
	send_solicitation(mn);
}

static void on_ask(struct ev_loop *loop, struct ev_timer *w, int revents)
{
	struct mn *mn = w->data;
	struct mn_mpd *s = mn->mpd;

	(void)loop;
	(void)revents;
	if (!can_ask(mn)) {
		/* Again after the next registration. */
		s->wanted = s->wanted || s->asking;
		s->asking = false;
	} else if (s->tries < TRIES) {
		send_solicitation(mn);
	} else {
		log_notice("prefix-solicitation-unanswered", "home_agent=%s home_address=%s tries=%u", log_addr(&mn->ha),
			   log_addr(mn_hoa(mn)), s->tries);
		mn_mpd_stop_asking(mn);
		/*
		 * Perhaps it never answers. Then the home agent's grants are all that tells how long the home address lives, since they are not
		 * longer than that (RFC 6275 10.3.1).
		 */
		if (!s->answered && mn->valid_until < INFINITY) {
			mn->valid_until = mn->preferred_until = INFINITY;
			mn->relife = true;
			mn_kernel_sync(mn);
		}
		mn_mpd_expect(mn);
	}
}

/* ---- answers ---- */

static const char *unacceptable(const struct mn *mn, const struct icmp_packet *p)
{
	if (mn->stopping || mn->location != MN_AWAY || !mn_has_ha(mn) || !mn->bul.bound)
		return "not registered";
	if (!IN6_ARE_ADDR_EQUAL(&p->src, &mn->ha) || ipsec_lacks(mn->d, mn_hoa(mn), &mn->ha))
		return "not from the home agent";
	if (!p->has_rt2 || !IN6_ARE_ADDR_EQUAL(&p->dst, mn_hoa(mn)))
		return "no routing header";
	if (!(mn->has_coa && IN6_ARE_ADDR_EQUAL(&p->rt2, &mn->coa)) && !IN6_ARE_ADDR_EQUAL(&p->rt2, &mn->bul.bound_coa))
		return "not to the care-of address";
	return NULL;
}

static void ignore(struct mn *mn, const struct icmp_packet *p, const char *why)
{
	mn->d->stats[STAT_MPD_IGNORED]++;
	if (log_allow(&mn->mpd->log, "prefix-advertisement-ignored"))
		log_info("prefix-advertisement-ignored", "from=%s reason=\"%s\"", log_addr(&p->src), why);
}

static void take_advert(struct mn *mn, const struct icmp6_mpd *m)
{
	struct mn_mpd *s = mn->mpd;
	double now = clock_now();

	mn_mpd_stop_asking(mn);
	s->answered = true;
	for (unsigned int i = 0; i < m->n_prefixes; i++)
		pfx_heard(&s->list, &m->prefixes[i], PFX_TRUSTED, now);
	log_info("prefix-advertisement", "home_agent=%s prefixes=%u managed=%s other=%s", log_addr(&mn->ha), m->n_prefixes,
		 m->managed ? "yes" : "no", m->other ? "yes" : "no");
	mn_mpd_follow(mn);
	mn_mpd_expect(mn);
}

static void on_advert(struct ev_loop *loop, ev_io *w, int revents)
{
	struct mn *mn = w->data;
	struct mn_mpd *s = mn->mpd;
	struct icmp6_mpd m;
	struct icmp_packet p;

	(void)loop;
	(void)revents;
	for (int i = 0; i < TURN_ADVERTS && icmp_sock_recv(s->fd, &p) > 0; i++) {
		const char *why;

		/* The socket of each home address gets all of them. */
		if (!IN6_ARE_ADDR_EQUAL(&p.dst, mn_hoa(mn)) && (mn_home_of(mn->d, &p.dst) || mn != mn_of(mn->d)))
			continue;
		why = unacceptable(mn, &p);
		if (!why && (ipsec_lacks_prefixes(mn->d, mn_hoa(mn)) ||
			     !ipsec_guarded(mn->d->ipsec, mn_hoa(mn), &p.src, IPPROTO_ICMPV6, ICMP6_MP_ADVERT)))
			why = "not protected";
		if (!why && (icmp6_parse_mpd(p.data, p.len, &m) || !m.advert))
			why = "malformed";
		if (why) {
			ignore(mn, &p, why);
			continue;
		}
		mn->d->stats[STAT_MPA_RX]++;
		if (s->asking && m.id == s->id) {
			take_advert(mn, &m);
		} else if (!s->asking) {
			mn_mpd_ask(mn, "an advertisement that was not asked for");
		} else if (m.id && ++s->wrong > WRONG_MAX) {
			/* The timer goes on, and asks with another number. */
			ignore(mn, &p, "wrong identifiers");
			s->asking = false;
			s->wanted = true;
		}
	}
}

/* ---- what the rest of the mobile node tells ---- */

void mn_mpd_registered(struct mn *mn, bool news)
{
	struct mn_mpd *s = mn->mpd;

	/* Of a home address that had ended: how long it lives this time is not known yet. */
	if (mn->preferred_until == 0) {
		mn->preferred_until = INFINITY;
		s->deprecated = false;
		mn->relife = true;
		mn_kernel_sync(mn);
	}
	if (news || s->wanted)
		mn_mpd_ask(mn, news ? "status 1" : "once more");
	mn_mpd_expect(mn);
}

/* Whether a quarter of what is left has passed since the kernel was told of it. */
static bool outdated(double end, double told, double now)
{
	return end > now && end < INFINITY && end - told > (end - now) / 4;
}

void mn_mpd_heard(struct mn *mn, const struct nd_ra *ra)
{
	struct mn_mpd *s = mn->mpd;
	double now = clock_now();
	const struct pfx *p;
	bool news = false;

	/* Who does not ask when it is away has to believe that a lifetime goes on. */
	if (s->fd < 0 || mn->location != MN_HOME || mn->step != MN_HOME_DONE || !mn_ra_has(ra, mn_hoa(mn)))
		return;
	/* The link itself counts for more here than what was told of it from afar. */
	for (unsigned int i = 0; i < s->list.n; i++)
		s->list.at[i].source = PFX_ADVERTISED;
	for (unsigned int i = 0; i < ra->n_prefixes; i++) {
		enum pfx_news n = pfx_heard(&s->list, &ra->prefixes[i], PFX_ADVERTISED, now);

		news |= n == PFX_NEW || n == PFX_CHANGED;
	}
	p = pfx_find(&s->list, mn_hoa(mn));
	if (!p)
		return;
	/* As a rule, only the end has moved on. */
	if (news || outdated(p->valid_until, s->kernel_valid, now) || outdated(p->preferred_until, s->kernel_preferred, now)) {
		mn_mpd_follow(mn);
		return;
	}
	mn->valid_until = p->valid_until;
	mn->preferred_until = p->preferred_until;
	mn_mpd_expect(mn);
}

void mn_mpd_inherit(struct mn *mn, const struct mn *from)
{
	mn->mpd->list = from->mpd->list;
	mn_mpd_follow(mn);
}

/* ---- start, end, mip6ctl ---- */

int mn_mpd_open(struct mn *mn, char *err, size_t err_len)
{
	static const uint8_t types[] = { ICMP6_MP_ADVERT };
	struct mn_mpd *s = mn->mpd = calloc(1, sizeof(*s));

	if (!s) {
		snprintf(err, err_len, "out of memory");
		return -1;
	}
	mn->valid_until = mn->preferred_until = INFINITY;
	s->fd = -1;
	s->log.burst = 5;
	limit_init(&s->rate, ASK_RATE, ASK_BURST, clock_now());
	mn_timer_init(mn, &s->ask, on_ask);
	mn_mpd_life_init(mn);
	if (!mn->d->conf->send_mob_pfx_sols)
		return 0;
	s->fd = icmp_sock_open(types, sizeof(types));
	if (s->fd < 0) {
		snprintf(err, err_len, "cannot listen for mobile prefix discovery: %s", strerror(-s->fd));
		return -1;
	}
	ev_io_init(&s->io, on_advert, s->fd, EV_READ);
	s->io.data = mn;
	ev_io_start(mn->d->loop, &s->io);
	ipsec_socket_add(mn->d->ipsec, &s->guarded, s->fd);
	return 0;
}

void mn_mpd_stop(struct mn *mn)
{
	mn_mpd_stop_asking(mn);
	mn_timer_stop(mn, &mn->mpd->life);
}

void mn_mpd_close(struct mn *mn)
{
	if (!mn->mpd)
		return;
	mn_mpd_stop(mn);
	if (mn->mpd->fd >= 0) {
		ev_io_stop(mn->d->loop, &mn->mpd->io);
		ipsec_socket_del(mn->d->ipsec, &mn->mpd->guarded);
		close(mn->mpd->fd);
	}
	free(mn->mpd);
	mn->mpd = NULL;
}

static bool succeeded(const struct mn *mn)
{
	for (const struct mn *i = mn->next; i; i = i->next)
		if (i->origin == mn->origin)
			return true;
	return false;
}

/* A home address at a time; the prefixes that it and its successor know are listed once. */
bool mn_mpd_rows(struct daemon *d, uint64_t *at, unsigned int max, struct json_object *rows)
{
	static const char *const source[] = {
		[PFX_ADDRESS] = "configuration", [PFX_ADVERTISED] = "advertisement", [PFX_TRUSTED] = "home agent"
	};
	double now = clock_now();

	(void)at;
	(void)max;
	for (struct mn *mn = mn_of(d); mn; mn = mn->next) {
		struct pfx_list *list = &mn->mpd->list;
		struct pfx own = { .len = mn->home->plen, .valid_until = mn->valid_until, .preferred_until = mn->preferred_until };

		for (unsigned int i = 0; i < list->n; i++) {
			const struct mn *user = mn_home_in(mn, &list->at[i].prefix, list->at[i].len, false);
			struct json_object *row;

			/* What an older home address was told goes behind what its successor knows. */
			if ((user && user != mn) || (!user && succeeded(mn)))
				continue;
			row = pfx_json(&list->at[i], now);
			json_object_object_add(row, "home_address", mn_json_addr(mn_hoa(mn)));
			json_object_object_add(row, "address", user ? mn_json_addr(mn_hoa(user)) : NULL);
			json_object_object_add(row, "source", json_object_new_string(source[list->at[i].source]));
			json_object_object_add(row, "interface", json_object_new_string(mn->home->ifname));
			json_object_array_add(rows, row);
		}
		if (!pfx_find(list, mn_hoa(mn))) {
			struct json_object *row;

			pfx_of(mn_hoa(mn), own.len, &own.prefix);
			row = pfx_json(&own, now);
			json_object_object_add(row, "home_address", mn_json_addr(mn_hoa(mn)));
			json_object_object_add(row, "address", mn_json_addr(mn_hoa(mn)));
			json_object_object_add(row, "source", json_object_new_string(source[PFX_ADDRESS]));
			json_object_object_add(row, "interface", json_object_new_string(mn->home->ifname));
			json_object_array_add(rows, row);
		}
	}
	return false;
}
