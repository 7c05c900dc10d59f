// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The home agents of the home links, and dynamic home agent address discovery (RFC 6275 10.1, 10.5).
 *
 * Others are learned from their advertisements. We are always one of the list ourselves, under our addresses on the link;
 * how much we are preferred is what the advertisements of this host say, so that it stands in one place: the configuration
 * of the router advertisement daemon. Our raw socket gets them as one of their group; the packet socket, which hears the
 * others, never gets what the host itself sends.
 *
 * A mobile node asks the anycast address of its home prefix. All home agents of the link have that, and whichever is
 * nearest answers, from an address of its own. The question is not authenticated and the answer is longer than it, so
 * a limit for each sender and one for all keep us from being somebody's amplifier.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/addr.h"
#include "core/hal.h"
#include "core/peer_limit.h"
#include "ha/ha.h"
#include "wire/icmp6.h"

#define TURN_PACKETS 64
#define PEER_RATE    1 /* answers a second to one /64 */
#define PEER_BURST   5
#define ALL_RATE     50
#define ALL_BURST    200

struct of_link {
	struct hal hal;
	double own_until; /* what our own advertisement says counts so long */
	uint16_t own_preference;
	bool own_routers, warned; /* that it says so of mobile routers, and we do not */
	unsigned int n_joined;
	int joined_on; /* ifindex */
	struct in6_addr joined[HA_MAX_PREFIXES];
};

struct ha_list {
	int fd;
	ev_io io;
	struct limit all;
	struct peer_limit peer;
	struct of_link links[HA_MAX_LINKS]; /* as in struct ha */
};

static struct of_link *list_of(struct ha *ha, const struct ha_link *l)
{
	return &ha->list->links[l - ha->links];
}

/* ---- the list ---- */

static struct hal_agent ourselves(const struct ha *ha, const struct ha_link *l, const struct of_link *o, double now)
{
	struct hal_agent a = { .lladdr = l->lladdr, .expires = INFINITY, .mobile_router = ha->networks };

	if (now < o->own_until)
		a.preference = o->own_preference;
	for (unsigned int i = 0; i < l->n_prefixes; i++)
		if (!l->prefixes[i].deprecated)
			hal_add_addr(&a, &l->prefixes[i].addr, l->prefixes[i].valid_until > 0 ? l->prefixes[i].valid_until : INFINITY);
	return a;
}

/* What the advertisements of this host say of us. */
static void heard_own(struct ha *ha, const struct icmp_packet *p)
{
	struct ha_link *l = ha_link_by_index(ha, p->ifindex);
	struct of_link *o;
	struct nd_ra ra;
	bool routers;

	if (!l || p->hoplimit != 255 || !IN6_ARE_ADDR_EQUAL(&p->src, &l->link_local) || nd_parse_ra(p->data, p->len, &ra))
		return;
	o = list_of(ha, l);
	o->own_until = ra.home_agent ? clock_now() + (ra.has_ha_info ? ra.ha_lifetime : ra.lifetime) : 0;
	o->own_preference = ra.has_ha_info ? ra.ha_preference : 0;
	/* RFC 3963 7.3; whoever hears it and not us goes by the advertisement. */
	routers = ra.has_ha_info && ra.mobile_router;
	if (ra.home_agent && routers != (ha->networks != 0) && !(o->warned && routers == o->own_routers))
		log_warn("advertised-otherwise", "interface=%s accepts_routers=%s advertised=%s", l->name, ha->networks ? "yes" : "no",
			 routers ? "yes" : "no");
	o->warned = true;
	o->own_routers = routers;
	ha_pfx_heard(ha, l, &ra, true);
}

void ha_list_heard(struct ha *ha, const struct nd_packet *p)
{
	struct ha_link *l = ha_link_by_index(ha, p->ifindex);
	double now = clock_now();
	struct nd_ra ra;

	ha->d->stats[STAT_RA_RX]++;
	if (!l || !ha->list)
		return;
	if (!IN6_IS_ADDR_LINKLOCAL(&p->src) || nd_parse_ra(p->data, p->len, &ra)) {
		ha->d->stats[STAT_ND_MALFORMED]++;
		return;
	}
	if (IN6_ARE_ADDR_EQUAL(&p->src, &l->link_local)) {
		if (log_allow(&ha->log[HA_LOG_LIST], "our-name-advertised"))
			log_warn("our-name-advertised", "address=%s interface=%s", log_addr(&p->src), l->name);
		return;
	}
	ha_pfx_heard(ha, l, &ra, false);
	switch (hal_heard(&list_of(ha, l)->hal, &p->src, &ra, now)) {
	case HAL_NEW:
		if (log_allow(&ha->log[HA_LOG_LIST], "home-agent-found"))
			log_info("home-agent-found", "router=%s interface=%s preference=%u", log_addr(&p->src), l->name,
				 ra.has_ha_info ? ra.ha_preference : 0);
		break;
	case HAL_GONE:
		if (log_allow(&ha->log[HA_LOG_LIST], "home-agent-gone"))
			log_info("home-agent-gone", "router=%s interface=%s", log_addr(&p->src), l->name);
		break;
	case HAL_FULL:
		if (log_allow(&ha->log[HA_LOG_LIST], "home-agents-full"))
			log_warn("home-agents-full", "router=%s interface=%s max=%d", log_addr(&p->src), l->name, HAL_AGENTS_MAX);
		break;
	case HAL_OLD:
		break;
	}
}

/* ---- requests ---- */

/* The link and prefix whose home agents' anycast address this is. */
static struct ha_link *asked_for(struct ha *ha, const struct in6_addr *anycast, const struct ha_prefix **prefix)
{
	struct in6_addr of;

	for (unsigned int i = 0; i < ha->n_links; i++)
		for (unsigned int j = 0; j < ha->links[i].n_prefixes; j++) {
			const struct ha_prefix *p = &ha->links[i].prefixes[j];

			if (!p->deprecated && hal_anycast(&p->addr, p->len, &of) && IN6_ARE_ADDR_EQUAL(&of, anycast)) {
				*prefix = p;
				return &ha->links[i];
			}
		}
	return NULL;
}

static unsigned int agents_for(struct ha *ha, const struct ha_link *l, const struct ha_prefix *prefix, bool mobile_router,
			       struct icmp6_dhaad *reply)
{
	struct of_link *o = list_of(ha, l);
	double now = clock_now();
	struct hal_agent self = ourselves(ha, l, o, now);

	hal_expire(&o->hal, now);
	return hal_order(&o->hal, &self, &prefix->addr, prefix->len, mobile_router, reply->agents, DHAAD_MAX_AGENTS);
}

static void answer(struct ha *ha, const struct icmp_packet *p, const struct icmp6_dhaad *request)
{
	struct icmp6_dhaad reply = { .reply = true, .id = request->id, .mobile_router = request->mobile_router };
	const struct ha_prefix *prefix;
	const struct ha_link *l = asked_for(ha, &p->dst, &prefix);
	uint8_t buf[8 + 16 * DHAAD_MAX_AGENTS];
	ssize_t len;
	int err;

	if (!l || !addr_routable(&p->src)) {
		ha->d->stats[STAT_DHAAD_MALFORMED]++;
		return;
	}
	reply.n_agents = agents_for(ha, l, prefix, request->mobile_router, &reply);
	if (reply.mobile_router && !reply.n_agents) {
		/* RFC 3963 7.2: nobody serves mobile routers here; those that serve mobile nodes, and the flag says so */
		reply.mobile_router = false;
		reply.n_agents = agents_for(ha, l, prefix, false, &reply);
	}
	len = icmp6_build_dhaad(buf, sizeof(buf), &reply);
	err = len < 0 ? (int)len : icmp_sock_send(ha->list->fd, &prefix->addr, &p->src, 0, buf, (size_t)len);
	if (err) {
		if (log_allow(&ha->log[HA_LOG_LIST], "discovery-reply-unsendable"))
			log_info("discovery-reply-unsendable", "to=%s error=\"%s\"", log_addr(&p->src), strerror(-err));
		return;
	}
	ha->d->stats[STAT_DHAAD_TX]++;
	log_debug("discovery-reply", "to=%s identifier=%u agents=%u", log_addr(&p->src), reply.id, reply.n_agents);
}

static void request(struct ha *ha, const struct icmp_packet *p)
{
	struct in6_addr sender = addr_source(&p->src);
	struct icmp6_dhaad m;
	double now = clock_now();

	if (icmp6_parse_dhaad(p->data, p->len, &m) || m.reply) {
		ha->d->stats[STAT_DHAAD_MALFORMED]++;
		return;
	}
	ha->d->stats[STAT_DHAAD_RX]++;
	if (peer_limit_take(&ha->list->peer, &sender, now) && limit_take(&ha->list->all, now))
		answer(ha, p, &m);
	else
		ha->d->stats[STAT_DHAAD_LIMITED]++;
}

static void on_icmp(struct ev_loop *loop, ev_io *w, int revents)
{
	struct ha *ha = w->data;
	struct icmp_packet p;

	(void)loop;
	(void)revents;
	for (int i = 0; i < TURN_PACKETS && icmp_sock_recv(w->fd, &p) > 0; i++)
		if (p.len && p.data[0] == ND_RA)
			heard_own(ha, &p);
		else
			request(ha, &p);
}

/* ---- the anycast addresses ---- */

static bool has(const struct in6_addr *list, unsigned int n, const struct in6_addr *a)
{
	for (unsigned int i = 0; i < n; i++)
		if (IN6_ARE_ADDR_EQUAL(&list[i], a))
			return true;
	return false;
}

static void sync_link(struct ha *ha, const struct ha_link *l, bool rejoin)
{
	struct of_link *o = list_of(ha, l);
	struct in6_addr want[HA_MAX_PREFIXES], a;
	unsigned int n = 0, n_joined = 0;

	for (unsigned int i = 0; i < l->n_prefixes; i++)
		if (!l->prefixes[i].deprecated && hal_anycast(&l->prefixes[i].addr, l->prefixes[i].len, &a) && !has(want, n, &a))
			want[n++] = a;
	for (unsigned int i = 0; i < o->n_joined; i++)
		if (o->joined_on != l->ifindex || !has(want, n, &o->joined[i]))
			icmp_sock_leave_anycast(ha->list->fd, o->joined_on, &o->joined[i]);
	for (unsigned int i = 0; i < n; i++) {
		bool held = !rejoin && o->joined_on == l->ifindex && has(o->joined, o->n_joined, &want[i]);
		int err = held ? 0 : icmp_sock_join_anycast(ha->list->fd, l->ifindex, &want[i]);

		if (!err)
			want[n_joined++] = want[i];
		else if (log_allow(&ha->log[HA_LOG_LIST], "anycast-address-refused"))
			log_warn("anycast-address-refused", "interface=%s address=%s error=\"%s\"", l->name, log_addr(&want[i]),
				 strerror(-err));
	}
	memcpy(o->joined, want, n_joined * sizeof(*want));
	o->n_joined = n_joined;
	o->joined_on = l->ifindex;
}

void ha_list_sync(struct ha *ha, bool rejoin)
{
	if (!ha->list)
		return;
	for (unsigned int i = 0; i < ha->n_links; i++)
		sync_link(ha, &ha->links[i], rejoin);
}

/* ---- start, end, mip6ctl ---- */

int ha_list_open(struct ha *ha, char *err, size_t err_len)
{
	static const uint8_t types[] = { ICMP6_DHAAD_REQUEST, ND_RA };
	double now = clock_now();

	ha->list = calloc(1, sizeof(*ha->list));
	if (!ha->list) {
		snprintf(err, err_len, "out of memory");
		return -1;
	}
	limit_init(&ha->list->all, ALL_RATE, ALL_BURST, now);
	peer_limit_init(&ha->list->peer, PEER_RATE, PEER_BURST, now);
	ha->list->fd = icmp_sock_open(types, sizeof(types));
	if (ha->list->fd < 0) {
		snprintf(err, err_len, "cannot listen for home agent address discovery: %s", strerror(-ha->list->fd));
		free(ha->list);
		ha->list = NULL;
		return -1;
	}
	ev_io_init(&ha->list->io, on_icmp, ha->list->fd, EV_READ);
	ha->list->io.data = ha;
	ev_io_start(ha->d->loop, &ha->list->io);
	ha_list_sync(ha, true);
	return 0;
}

void ha_list_close(struct ha *ha)
{
	if (!ha->list)
		return;
	ev_io_stop(ha->d->loop, &ha->list->io);
	close(ha->list->fd); /* the anycast addresses go with it */
	free(ha->list);
	ha->list = NULL;
}

static void add_row(struct json_object *rows, const struct ha_link *l, const struct hal_agent *a, bool own, double now)
{
	for (unsigned int i = 0; i < a->n_addrs; i++) {
		struct json_object *o = json_object_new_object();

		json_object_object_add(o, "home_agent_address", json_object_new_string(log_addr(&a->addrs[i].addr)));
		json_object_object_add(o, "preference", json_object_new_int(a->preference));
		json_object_object_add(o, "remaining_s",
				       own ? NULL : json_object_new_int64(a->expires > now ? (int64_t)(a->expires - now) : 0));
		json_object_object_add(o, "mobile_router", json_object_new_boolean(a->mobile_router));
		json_object_object_add(o, "source", json_object_new_string(own ? "self" : "advertisement"));
		json_object_object_add(o, "router", own ? NULL : json_object_new_string(log_addr(&a->link_local)));
		json_object_object_add(o, "interface", json_object_new_string(l->name));
		json_object_array_add(rows, o);
	}
}

/* A link at a time. */
bool ha_list_rows(struct daemon *d, uint64_t *at, unsigned int max, struct json_object *rows)
{
	struct ha *ha = ha_of(d);
	double now = clock_now();

	(void)max;
	if (*at < ha->n_links) {
		const struct ha_link *l = &ha->links[*at];
		struct of_link *o = list_of(ha, l);
		struct hal_agent self = ourselves(ha, l, o, now);

		hal_expire(&o->hal, now);
		add_row(rows, l, &self, true, now);
		for (unsigned int i = 0; i < o->hal.n; i++)
			add_row(rows, l, &o->hal.at[i], false, now);
		++*at;
	}
	return *at < ha->n_links;
}
