// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Mobile Prefix Advertisements (RFC 6275 10.6.2, 10.6.3): what the home link's prefixes are goes to mobile nodes that are
 * away.
 *
 * A solicitation is answered at once, if it comes from the care-of address of a binding and with its home address; anything
 * else gets silence. By ourselves we send one when something has changed, and now and then, each mobile node at a random
 * time of its own. That one is repeated until the mobile node confirms it, which it does by soliciting; as long as it has
 * not, acknowledgements of its updates say that it should (status 1).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "core/addr.h"
#include "core/ipsec.h"
#include "ha/ha.h"
#include "wire/icmp6.h"

#define RETRIES	     3	  /* PREFIX_ADV_RETRIES: repetitions of one that is not confirmed */
#define TIMEOUT	     3.0  /* PREFIX_ADV_TIMEOUT, seconds; doubled with each of them */
#define TURN_PACKETS 64
#define ALL_RATE     200  /* advertisements a second, to all mobile nodes */
#define ALL_BURST    400
#define ONE_RATE     1	  /* answers to one of them */
#define ONE_BURST    5

struct ha_mpd {
	int fd;
	ev_io io;
	struct ipsec_socket guarded;
	struct limit all;
};

static struct binding *of_timer(struct ev_timer *w)
{
	return (struct binding *)((char *)w - offsetof(struct binding, advert.timer));
}

static double random_share(void)
{
	uint32_t r;

	if (getrandom(&r, sizeof(r), 0) != sizeof(r))
		r = (uint32_t)(clock_now() * 1e6);
	return r / (UINT32_MAX + 1.0);
}

static void start(struct ha *ha, struct binding *b, double after)
{
	ev_timer_stop(ha->d->loop, &b->advert.timer);
	ev_now_update(ha->d->loop);
	ev_timer_set(&b->advert.timer, after, 0);
	ev_timer_start(ha->d->loop, &b->advert.timer);
}

/*
 * RAND_ADV_DELAY. The greatest delay is the preferred lifetime, and where the least one would be even longer, or the prefix
 * is deprecated already, half of what is left: the mobile node has to hear of it before the end.
 */
static double delay(const struct ha *ha, const struct binding *b)
{
	const struct ha_link *l = ha_link_by_index((struct ha *)ha, b->ifindex);
	double min = ha->d->conf->min_mob_pfx_adv, max = ha->d->conf->max_mob_pfx_adv, valid, preferred;

	if (l) {
		preferred = ha_pfx_preferred(ha, l, &b->hoa, &valid);
		if (preferred <= 0)
			preferred = valid > 0 ? valid / 2 : 0;
		if (preferred < max)
			max = preferred;
	}
	if (max < min)
		return max / 2 * (1 + random_share());
	return min + (max - min) * random_share();
}

static int send_advert(struct ha *ha, struct binding *b, uint16_t id)
{
	const struct ha_link *l = ha_link_by_index(ha, b->ifindex);
	uint8_t buf[8 + ND_MAX_PREFIXES * ND_PREFIX_OPT_LEN];
	struct icmp6_mpd m = { .id = id };
	ssize_t len;
	int err;

	if (!l)
		return -ENODEV;
	ha_pfx_advert(ha, l, &b->ha, &m);
	len = icmp6_build_mpd(buf, sizeof(buf), &m);
	err = len < 0 ? (int)len : icmp_sock_send_rt2(ha->mpd->fd, &b->ha, &b->hoa, &b->coa, buf, (size_t)len);
	if (!err) {
		ha->d->stats[STAT_MPA_TX]++;
		log_debug("prefix-advertisement", "home_address=%s care_of_address=%s identifier=%u prefixes=%u", log_addr(&b->hoa),
			  log_addr(&b->coa), id, m.n_prefixes);
	} else if (log_allow(&ha->log[HA_LOG_PREFIX], "prefix-advertisement-unsendable")) {
		log_info("prefix-advertisement-unsendable", "home_address=%s error=\"%s\"", log_addr(&b->hoa), strerror(-err));
	}
	return err;
}

static void on_timer(struct ev_loop *loop, struct ev_timer *w, int revents)
{
	struct binding *b = of_timer(w);
	struct ha *ha = b->owner;

	(void)loop;
	(void)revents;
	if (b->state != BC_BOUND)
		return;
	if (b->advert.sent > RETRIES) {
		/* Its next update begins anew, and until then its acknowledgements tell it. */
		b->advert.sent = 0;
		b->advert.changed = true;
		log_info("prefix-advertisement-unconfirmed", "home_address=%s sent=%u", log_addr(&b->hoa), RETRIES + 1);
		return;
	}
	if (!limit_take(&ha->mpd->all, clock_now())) {
		start(ha, b, 0.1 + random_share());
		return;
	}
	send_advert(ha, b, 0);
	b->advert.sent++;
	start(ha, b, TIMEOUT * (1 << (b->advert.sent - 1)));
}

/* ---- what happens ---- */

static bool unsolicited(const struct ha *ha, const struct binding *b)
{
	return ha->mpd && ha->d->conf->send_unsol_mob_pfx_advs && !ipsec_lacks_prefixes(ha->d, &b->hoa);
}

void ha_mpd_registered(struct ha *ha, struct binding *b)
{
	if (!unsolicited(ha, b) || ev_is_active(&b->advert.timer))
		return;
	ev_timer_init(&b->advert.timer, on_timer, 0, 0);
	start(ha, b, delay(ha, b));
}

bool ha_mpd_news(const struct ha *ha, const struct binding *b)
{
	return ha->mpd && b->advert.changed && !ipsec_lacks_prefixes(ha->d, &b->hoa);
}

void ha_mpd_stop(struct ha *ha, struct binding *b)
{
	ev_timer_stop(ha->d->loop, &b->advert.timer);
}

struct change {
	struct ha *ha;
	int ifindex;
};

static void changed(struct binding *b, void *arg)
{
	const struct change *c = arg;
	double after;

	if (b->state != BC_BOUND || b->ifindex != c->ifindex)
		return;
	/* One that is being told, and has not answered yet, goes on to be: what it gets is what is so then. */
	if (b->advert.changed && b->advert.sent && ev_is_active(&b->advert.timer))
		return;
	b->advert.changed = true;
	if (!unsolicited(c->ha, b))
		return;
	after = delay(c->ha, b);
	/* One that is on its way in time takes the change with it; of one that is being repeated, the row begins anew. */
	b->advert.sent = 0;
	if (!ev_is_active(&b->advert.timer))
		ev_timer_init(&b->advert.timer, on_timer, 0, 0);
	else if (ev_timer_remaining(c->ha->d->loop, &b->advert.timer) <= after)
		return;
	start(c->ha, b, after);
}

void ha_mpd_changed(struct ha *ha, const struct ha_link *l)
{
	struct change c = { .ha = ha, .ifindex = l->ifindex };

	if (ha->mpd)
		bcache_each(ha->cache, changed, &c);
}

/* ---- solicitations ---- */

static struct binding *asker(struct ha *ha, const struct icmp_packet *p)
{
	struct binding *b = p->has_coa ? bcache_find(ha->cache, &p->src) : NULL;

	if (!b || b->state != BC_BOUND || ipsec_lacks(ha->d, &b->hoa, &b->ha) || ipsec_lacks_prefixes(ha->d, &b->hoa))
		return NULL;
	if (!IN6_ARE_ADDR_EQUAL(&b->coa, &p->coa) || !IN6_ARE_ADDR_EQUAL(&b->ha, &p->dst))
		return NULL;
	return ipsec_guarded(ha->d->ipsec, &b->hoa, &b->ha, IPPROTO_ICMPV6, ICMP6_MP_SOLICIT) ? b : NULL;
}

static void solicited(struct ha *ha, const struct icmp_packet *p)
{
	double now = clock_now();
	struct icmp6_mpd m;
	struct binding *b;

	b = icmp6_parse_mpd(p->data, p->len, &m) || m.advert ? NULL : asker(ha, p);
	if (!b) {
		ha->d->stats[STAT_MPD_IGNORED]++;
		if (log_allow(&ha->log[HA_LOG_PREFIX], "prefix-solicitation-ignored"))
			log_info("prefix-solicitation-ignored", "from=%s care_of_address=%s", log_addr(&p->src),
				 p->has_coa ? log_addr(&p->coa) : "none");
		return;
	}
	ha->d->stats[STAT_MPS_RX]++;
	if (b->advert.solicited.rate <= 0)
		limit_init(&b->advert.solicited, ONE_RATE, ONE_BURST, now);
	if (!limit_take(&b->advert.solicited, now) || !limit_take(&ha->mpd->all, now)) {
		ha->d->stats[STAT_MPD_LIMITED]++;
		return;
	}
	if (send_advert(ha, b, m.id))
		return;
	b->advert.changed = false;
	b->advert.sent = 0;
	ha_mpd_stop(ha, b);
	ha_mpd_registered(ha, b);
}

static void on_icmp(struct ev_loop *loop, ev_io *w, int revents)
{
	struct ha *ha = w->data;
	struct icmp_packet p;

	(void)loop;
	(void)revents;
	for (int i = 0; i < TURN_PACKETS && icmp_sock_recv(w->fd, &p) > 0; i++)
		solicited(ha, &p);
}

/* ---- start and end ---- */

int ha_mpd_open(struct ha *ha, char *err, size_t err_len)
{
	static const uint8_t types[] = { ICMP6_MP_SOLICIT };
	struct ha_mpd *m;

	if (!ha->d->conf->send_mob_pfx_advs)
		return 0;
	m = calloc(1, sizeof(*m));
	if (!m) {
		snprintf(err, err_len, "out of memory");
		return -1;
	}
	m->fd = icmp_sock_open(types, sizeof(types));
	if (m->fd < 0) {
		snprintf(err, err_len, "cannot listen for mobile prefix discovery: %s", strerror(-m->fd));
		free(m);
		return -1;
	}
	limit_init(&m->all, ALL_RATE, ALL_BURST, clock_now());
	ev_io_init(&m->io, on_icmp, m->fd, EV_READ);
	m->io.data = ha;
	ev_io_start(ha->d->loop, &m->io);
	ipsec_socket_add(ha->d->ipsec, &m->guarded, m->fd);
	ha->mpd = m;
	return 0;
}

void ha_mpd_close(struct ha *ha)
{
	if (!ha->mpd)
		return;
	ev_io_stop(ha->d->loop, &ha->mpd->io);
	ipsec_socket_del(ha->d->ipsec, &ha->mpd->guarded);
	close(ha->mpd->fd);
	free(ha->mpd);
	ha->mpd = NULL;
}
