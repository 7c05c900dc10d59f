// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The prefixes of the home links and how long they live (RFC 6275 10.6.1, 10.6.4).
 *
 * A home agent serves the prefixes that it has addresses in. Their lifetimes are what the link is told: by this host's own
 * advertisements, else by those of other routers, else they are the address's. struct ha_prefix is kept to that, so that
 * everybody who asks it gets the same answer: the lifetime of a binding, the home agents list, the advertisements to mobile
 * nodes. A prefix that was told to have ended is not served any more, even if an address in it was forgotten.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/addr.h"
#include "core/pfx.h"
#include "ha/ha.h"

/* How often mobile nodes are told of changes at once; what changes more often is told later */
#define TELL_RATE  0.5 /* a second */
#define TELL_BURST 8.0

struct of_link {
	struct pfx_list list;
	bool managed, other; /* as we advertise them */
	double managed_until, other_until; /* as others do: as long as the last router that says so is one */
	struct limit tells;
	bool to_tell; /* mobile nodes, of a change */
};

struct ha_pfx {
	struct of_link links[HA_MAX_LINKS]; /* as in struct ha */
	struct ev_timer next;		    /* when the next prefix is deprecated, or ends */
	struct ev_timer tell;
};

static struct of_link *of(const struct ha *ha, const struct ha_link *l)
{
	return &ha->pfx->links[l - ha->links];
}

static bool serves(const struct ha_link *l, const struct pfx *p)
{
	for (unsigned int i = 0; i < l->n_prefixes; i++)
		if (l->prefixes[i].len == p->len && addr_in_prefix(&l->prefixes[i].addr, &p->prefix, p->len))
			return true;
	return false;
}

/* The entry of an address's prefix: the same length, so that a shorter one does not stand for it. */
static struct pfx *entry(const struct ha *ha, const struct ha_link *l, const struct ha_prefix *p)
{
	struct pfx_list *list = &of(ha, l)->list;

	for (unsigned int i = 0; i < list->n; i++)
		if (list->at[i].len == p->len && addr_in_prefix(&p->addr, &list->at[i].prefix, p->len))
			return &list->at[i];
	return NULL;
}

static double earlier(double a, double b, double now)
{
	return b > now && b < a ? b : a;
}

struct change {
	struct ha *ha;
	int ifindex;
};

/* A home address that is not valid any more is nobody's, whatever was granted before (10.6.4). */
static void shorten(struct binding *b, void *arg)
{
	const struct change *c = arg;
	const struct ha_prefix *p;
	double now = clock_now(), left;

	if (b->ifindex != c->ifindex || !ha_link_of_home(c->ha, &b->hoa, &p) || !p->valid_until)
		return;
	left = p->valid_until > now ? p->valid_until - now : 0;
	if (b->state == BC_DAD && left < b->lifetime) {
		/* It begins when the wait is over, in units, and not with none. */
		b->lifetime = left < MH_LIFETIME_UNIT ? MH_LIFETIME_UNIT : (uint32_t)left - (uint32_t)left % MH_LIFETIME_UNIT;
		b->reply.lifetime = mh_lifetime_from_sec(b->lifetime);
	}
	if (b->state != BC_BOUND || now + left >= b->expires)
		return;
	b->expires = now + left;
	log_info("binding-shortened", "home_address=%s remaining_s=%.0f", log_addr(&b->hoa), left);
	ha_expire_start(c->ha, b);
	ha_keep_note(c->ha, b);
}

/* What is told becomes what is so, on all links; and again when time changes it. news: that something ended is worth a line. */
static void apply(struct ha *ha, bool news)
{
	double now = clock_now(), next = INFINITY, until;

	for (unsigned int i = 0; i < ha->n_links; i++) {
		bool cut = false;

		for (unsigned int j = 0; j < ha->links[i].n_prefixes; j++) {
			struct ha_prefix *p = &ha->links[i].prefixes[j];
			const struct pfx *e = entry(ha, &ha->links[i], p);

			if (!e || e->source == PFX_ADDRESS)
				continue;
			if (news && p->valid_until >= 0 && e->valid_until <= now)
				log_notice("home-prefix-ended", "interface=%s prefix=%s/%u", ha->links[i].name, log_addr(&e->prefix),
					   e->len);
			else if (news && !p->deprecated && pfx_valid(e, now) && !pfx_preferred(e, now))
				log_notice("home-prefix-deprecated", "interface=%s prefix=%s/%u valid_s=%u", ha->links[i].name,
					   log_addr(&e->prefix), e->len, pfx_left(e->valid_until, now));
			until = e->valid_until == INFINITY ? 0 : e->valid_until > now ? e->valid_until : HA_PREFIX_ENDED;
			cut = cut || (until && (!p->valid_until || until < p->valid_until));
			p->valid_until = until;
			p->deprecated = !pfx_preferred(e, now);
			next = earlier(earlier(next, e->valid_until, now), e->preferred_until, now);
		}
		if (!cut)
			continue;
		bcache_each(ha->cache, shorten, &(struct change){ .ha = ha, .ifindex = ha->links[i].ifindex });
		ha_keep_commit(ha);
	}
	ev_timer_stop(ha->d->loop, &ha->pfx->next);
	if (next == INFINITY)
		return;
	ev_now_update(ha->d->loop);
	ev_timer_set(&ha->pfx->next, next - now + 0.01, 0);
	ev_timer_start(ha->d->loop, &ha->pfx->next);
}

static void on_next(struct ev_loop *loop, struct ev_timer *w, int revents)
{
	struct ha *ha = w->data;

	(void)loop;
	(void)revents;
	apply(ha, true);
	ha_list_sync(ha, false);
}

/* ---- what is told ---- */

static const char *news_name(enum pfx_news news)
{
	return news == PFX_NEW ? "home-prefix-new" : "home-prefix-changed";
}

static bool take(struct ha *ha, const struct ha_link *l, const struct nd_prefix *p, enum pfx_source source)
{
	static const char *const from[] = { [PFX_ADDRESS] = "address", [PFX_ADVERTISED] = "router", [PFX_TRUSTED] = "self" };
	struct pfx_list *list = &of(ha, l)->list;
	enum pfx_news news = pfx_heard(list, p, source, clock_now());
	struct pfx told = { .len = p->len };

	pfx_of(&p->prefix, p->len, &told.prefix);
	/* Anybody can advertise prefixes that are none of ours until there is no room. */
	for (unsigned int i = 0; news == PFX_FULL && list->n == PFX_MAX && serves(l, &told) && i < list->n; i++)
		if (!serves(l, &list->at[i])) {
			pfx_drop(list, &list->at[i]);
			news = pfx_heard(list, p, source, clock_now());
		}
	if (news != PFX_NEW && news != PFX_CHANGED)
		return false;
	if (!serves(l, &told))
		return false; /* not one that a mobile node could register an address of */
	if (log_allow(&ha->log[HA_LOG_PREFIX], news_name(news)))
		log_info(news_name(news), "interface=%s prefix=%s/%u valid_s=%u preferred_s=%u from=%s", l->name, log_addr(&told.prefix),
			 told.len, p->valid, p->preferred, from[source]);
	return true;
}

static bool managed(const struct of_link *o, double now)
{
	return o->managed || now < o->managed_until;
}

static bool other(const struct of_link *o, double now)
{
	return o->other || now < o->other_until;
}

static void on_tell(struct ev_loop *loop, struct ev_timer *w, int revents)
{
	struct ha *ha = w->data;

	(void)loop;
	(void)revents;
	for (unsigned int i = 0; i < ha->n_links; i++) {
		struct of_link *o = &ha->pfx->links[i];

		if (!o->to_tell)
			continue;
		o->to_tell = false;
		ha_mpd_changed(ha, &ha->links[i]);
	}
}

/* At once, but not again and again: two routers that disagree would have us walk through all bindings with each advertisement. */
static void tell(struct ha *ha, struct ha_link *l)
{
	struct of_link *o = of(ha, l);

	o->to_tell = true;
	if (limit_take(&o->tells, clock_now())) {
		on_tell(ha->d->loop, &ha->pfx->tell, 0);
	} else if (!ev_is_active(&ha->pfx->tell)) {
		ev_timer_set(&ha->pfx->tell, 1 / TELL_RATE, 0);
		ev_timer_start(ha->d->loop, &ha->pfx->tell);
	}
}

void ha_pfx_heard(struct ha *ha, struct ha_link *l, const struct nd_ra *ra, bool own)
{
	double now = clock_now();
	struct of_link *o;
	bool m, oth, news = false;

	if (!ha->pfx)
		return;
	o = of(ha, l);
	m = managed(o, now);
	oth = other(o, now);
	if (own) {
		o->managed = ra->managed;
		o->other = ra->other;
	} else {
		/* One that does not say so says nothing about the others. */
		if (ra->managed && now + ra->lifetime > o->managed_until)
			o->managed_until = now + ra->lifetime;
		if (ra->other && now + ra->lifetime > o->other_until)
			o->other_until = now + ra->lifetime;
	}
	for (unsigned int i = 0; i < ra->n_prefixes; i++)
		news |= take(ha, l, &ra->prefixes[i], own ? PFX_TRUSTED : PFX_ADVERTISED);
	apply(ha, true);
	if (news)
		ha_list_sync(ha, false);
	if (news || m != managed(o, now) || oth != other(o, now))
		tell(ha, l);
}

/* Our addresses were read anew, with the kernel's lifetimes. */
void ha_pfx_addresses(struct ha *ha)
{
	double now = clock_now();

	if (!ha->pfx)
		return;
	for (unsigned int i = 0; i < ha->n_links; i++) {
		struct ha_link *l = &ha->links[i];
		struct pfx_list *list = &of(ha, l)->list;
		bool news = false;

		for (unsigned int j = 0; j < l->n_prefixes; j++) {
			const struct ha_prefix *p = &l->prefixes[j];
			struct nd_prefix told = { .prefix = p->addr, .len = p->len, .onlink = true, .autonomous = true };

			told.valid = p->valid_until > 0 ? pfx_left(p->valid_until, now) : UINT32_MAX;
			told.preferred = p->deprecated ? 0 : told.valid;
			news |= take(ha, l, &told, PFX_ADDRESS);
		}
		/* With the address goes what was known of its prefix, unless the link still talks of it. */
		for (unsigned int j = 0; j < list->n;)
			if (!serves(l, &list->at[j]) && (list->at[j].source == PFX_ADDRESS || !pfx_valid(&list->at[j], now)))
				pfx_drop(list, &list->at[j]);
			else
				j++;
		if (news)
			tell(ha, l);
	}
	apply(ha, false);
}

/* ---- what mobile nodes are told ---- */

void ha_pfx_advert(struct ha *ha, const struct ha_link *l, const struct in6_addr *agent, struct icmp6_mpd *m)
{
	const struct of_link *o = of(ha, l);
	double now = clock_now();

	m->advert = true;
	m->managed = managed(o, now);
	m->other = other(o, now);
	m->n_prefixes = 0;
	for (unsigned int i = 0; i < o->list.n && m->n_prefixes < ND_MAX_PREFIXES; i++) {
		const struct pfx *e = &o->list.at[i];
		const struct in6_addr *ours = NULL;

		if (!pfx_valid(e, now))
			continue;
		for (unsigned int j = 0; j < l->n_prefixes; j++) {
			const struct ha_prefix *p = &l->prefixes[j];

			if (p->len == e->len && addr_in_prefix(&p->addr, &e->prefix, e->len) &&
			    (!ours || IN6_ARE_ADDR_EQUAL(&p->addr, agent)))
				ours = &p->addr;
		}
		if (!ours)
			continue;
		/* RFC 6275 7.2: the home agent's whole address, for who wants to register a home address of this prefix. */
		m->prefixes[m->n_prefixes++] = (struct nd_prefix){
			.prefix = *ours, .len = e->len, .router = true, .onlink = e->onlink, .autonomous = e->autonomous,
			.valid = pfx_left(e->valid_until, now), .preferred = pfx_left(e->preferred_until, now),
		};
	}
}

double ha_pfx_preferred(const struct ha *ha, const struct ha_link *l, const struct in6_addr *hoa, double *valid)
{
	struct pfx *e = pfx_find(&of(ha, l)->list, hoa);
	double now = clock_now();

	*valid = e ? e->valid_until - now : INFINITY;
	return e ? e->preferred_until - now : INFINITY;
}

/* ---- start, end, mip6ctl ---- */

int ha_pfx_open(struct ha *ha)
{
	ha->pfx = calloc(1, sizeof(*ha->pfx));
	if (!ha->pfx)
		return -1;
	ev_timer_init(&ha->pfx->next, on_next, 0, 0);
	ev_timer_init(&ha->pfx->tell, on_tell, 0, 0);
	for (unsigned int i = 0; i < HA_MAX_LINKS; i++)
		limit_init(&ha->pfx->links[i].tells, TELL_RATE, TELL_BURST, clock_now());
	ha->pfx->next.data = ha->pfx->tell.data = ha;
	return 0;
}

void ha_pfx_close(struct ha *ha)
{
	if (!ha->pfx)
		return;
	ev_timer_stop(ha->d->loop, &ha->pfx->next);
	ev_timer_stop(ha->d->loop, &ha->pfx->tell);
	free(ha->pfx);
	ha->pfx = NULL;
}

/* A link at a time. */
bool ha_pfx_rows(struct daemon *d, uint64_t *at, unsigned int max, struct json_object *rows)
{
	static const char *const source[] = {
		[PFX_ADDRESS] = "address", [PFX_ADVERTISED] = "advertisement", [PFX_TRUSTED] = "own advertisement"
	};
	struct ha *ha = ha_of(d);
	double now = clock_now();

	(void)max;
	if (*at < ha->n_links) {
		const struct ha_link *l = &ha->links[(*at)++];
		const struct of_link *o = of(ha, l);

		for (unsigned int i = 0; i < o->list.n; i++) {
			struct json_object *row = pfx_json(&o->list.at[i], now);
			bool served = false;

			for (unsigned int j = 0; j < l->n_prefixes && !served; j++) {
				served = entry(ha, l, &l->prefixes[j]) == &o->list.at[i];
				if (served)
					json_object_object_add(row, "address", json_object_new_string(log_addr(&l->prefixes[j].addr)));
			}
			if (!served)
				json_object_object_add(row, "address", NULL);
			json_object_object_add(row, "source", json_object_new_string(source[o->list.at[i].source]));
			json_object_object_add(row, "interface", json_object_new_string(l->name));
			json_object_array_add(rows, row);
		}
	}
	return *at < ha->n_links;
}
