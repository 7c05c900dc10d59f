// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Multicast away from home (RFC 6275 11.3.4): through the home agent, if it offers that.
 *
 * It does as soon as it has sent a query through the tunnel, and until it has not sent one for two of the intervals that its queries name;
 * before and after that nothing is said there. Meanwhile what programs have joined on our interfaces is joined on the tunnel devices as well, so that the kernel reports it there and takes the packets. A
 * socket gets packets of its groups whichever interface they come in by, and so does not notice. At home it is the other way round: what
 * was joined on the tunnel, because that is where the routes of groups led at that time, is joined on the interface. A program may
 * come and go at any time, and the kernel tells nobody: we look every second as long as there is something to follow.
 *
 * Which interface a program gets that does not name one is the routing table's to say, for sending and joining: ours is
 * better than the kernel's, which has all interfaces in it, the tunnel too, with nothing to choose between them. A link that goes down
 * takes these routes, and the tunnel's link-local address, with it, and nobody tells: a moment after anything has changed we look.
 *
 * A socket gets what comes by either of two home addresses' tunnels. So of several home addresses one serves at a time: the first that is at
 * home, or whose home agent offers it.
 */
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mn/mn.h"
#include "wire/mld.h"

#define LOOK	     1.0 /* s */
#define LATE	     2.0 /* s, that a query may take more than its interval */
#define TURN	     16
#define GROUPS_MAX   256 /* on all interfaces; more than what a home agent takes from one mobile node */
#define METRIC	     1
#define ROUTES	     16
#define STRAYS	     32 /* routes that are to go, in one look */
#define SCOPE_LINK   2
#define SCOPE_GLOBAL 14

struct joined {
	int ifindex;
	struct in6_addr group;
	unsigned int users; /* others than us, as of the last look */
	bool ours, wanted;
};

struct mn_multicast {
	int fd;
	ev_io io;
	struct ev_timer look;
	double offered_until; /* by this home agent */
	struct in6_addr by;
	int routes; /* lead there, as far as we know; 0: there are none */
	bool link_local; /* is on the tunnel devices */
	bool look_at_routes; /* at them and the address, with the next look */
	struct joined at[GROUPS_MAX];
	unsigned int n;
	struct log_limit log;
};

/* ---- what there is ---- */

static bool is_offered(const struct mn *mn)
{
	const struct mn_multicast *m = mn->multicast;

	return m && mn->location == MN_AWAY && m->offered_until > clock_now() && IN6_ARE_ADDR_EQUAL(&m->by, &mn->ha) && !mn->stopping;
}

static bool serves(const struct mn *mn)
{
	const struct mn *o = mn_of(mn->d);

	while (o != mn && o && o->location != MN_HOME && !is_offered(o))
		o = o->next;
	return o == mn && is_offered(mn);
}

/* Not the groups of a link, nor what a router's kernel joins by itself. */
static bool follows(const struct in6_addr *group)
{
	static const struct in6_addr all_routers = { .s6_addr = { 0xff, 5, [15] = 2 } };
	unsigned int scope = group->s6_addr[1] & 0xf;

	return scope > SCOPE_LINK && scope <= SCOPE_GLOBAL && !IN6_ARE_ADDR_EQUAL(group, &all_routers);
}

static struct joined *find(struct mn_multicast *m, int ifindex, const struct in6_addr *group)
{
	for (unsigned int i = 0; i < m->n; i++)
		if (m->at[i].ifindex == ifindex && IN6_ARE_ADDR_EQUAL(&m->at[i].group, group))
			return &m->at[i];
	return NULL;
}

static struct joined *find_or_add(struct mn_multicast *m, int ifindex, const struct in6_addr *group)
{
	struct joined *j = find(m, ifindex, group);

	if (j || m->n == GROUPS_MAX)
		return j;
	j = &m->at[m->n++];
	*j = (struct joined){ .ifindex = ifindex, .group = *group };
	return j;
}

static void see(int ifindex, const struct in6_addr *group, unsigned int users, void *arg)
{
	struct mn *mn = arg;
	struct joined *j;
	bool one_of_us = mn_tunnelled(mn, ifindex);

	for (unsigned int i = 0; !one_of_us && i < mn->n_ifs; i++)
		one_of_us = mn->ifs[i]->ifindex == ifindex;
	if (!one_of_us || !follows(group))
		return;
	j = find_or_add(mn->multicast, ifindex, group);
	if (j)
		j->users = users - (j->ours && users);
	else if (log_allow(&mn->multicast->log, "groups-too-many"))
		log_warn("groups-too-many", "at_most=%d", GROUPS_MAX);
}

/* ---- what there should be ---- */

static void want(struct mn_multicast *m, int ifindex, const struct in6_addr *group)
{
	struct joined *j = ifindex ? find_or_add(m, ifindex, group) : NULL;

	if (j)
		j->wanted = true;
}

/* Away, all that others have joined belongs on the tunnel; at home, what they have joined there belongs on the interface. */
static void decide(struct mn *mn)
{
	struct mn_multicast *m = mn->multicast;
	bool away = serves(mn);
	unsigned int n = m->n;

	for (unsigned int i = 0; i < n; i++)
		m->at[i].wanted = false;
	for (unsigned int i = 0; i < n; i++) {
		const struct joined j = m->at[i];

		if (!j.users)
			continue;
		if (away) {
			want(m, mn->tunnel, &j.group);
			want(m, mn->spare_tunnel, &j.group);
		} else if (mn->location == MN_HOME && mn_tunnelled(mn, j.ifindex)) {
			want(m, mn->cur->ifindex, &j.group);
		}
	}
}

/* Another's membership is as good as ours, and ends without notice: so each group has ours. */
static void change(struct mn *mn)
{
	struct mn_multicast *m = mn->multicast;

	for (unsigned int i = 0; i < m->n; i++) {
		struct joined *j = &m->at[i];
		int err;

		if (j->wanted == j->ours)
			continue;
		err = j->wanted ? group_join(j->ifindex, &j->group) : group_leave(j->ifindex, &j->group);
		if (err && j->wanted) {
			if (log_allow(&m->log, "group-not-joined"))
				log_warn("group-not-joined", "group=%s error=\"%s\"", log_addr(&j->group), strerror(-err));
			continue;
		}
		j->ours = j->wanted;
		log_info(j->ours ? "group-joined" : "group-left", "group=%s interface=%s", log_addr(&j->group),
			 mn_tunnelled(mn, j->ifindex) ? "tunnel" : mn->cur->name);
	}
	for (unsigned int i = 0; i < m->n;)
		if (!m->at[i].ours && !m->at[i].users)
			m->at[i] = m->at[--m->n];
		else
			i++;
}

/* ---- addresses and routes ---- */

/* Who listens for reports takes none without a source (RFC 3810 5.2.13). The interface identifier is the home address's. */
static void set_link_local(struct mn *mn)
{
	struct kern_addr a = { .addr = { .s6_addr = { 0xfe, 0x80 } }, .plen = 64, .flags = IFA_F_NODAD | IFA_F_NOPREFIXROUTE, .proto = KERN_RTPROT };
	const int at[] = { mn->tunnel, mn->spare_tunnel };
	struct kern_batch *b;

	if (mn->multicast->link_local)
		return;
	b = kern_batch_new(KERN_ROUTE);
	if (!b)
		return;
	memcpy(a.addr.s6_addr + 8, mn_hoa(mn)->s6_addr + 8, 8);
	for (unsigned int i = 0; i < 2; i++) {
		a.ifindex = at[i];
		if (a.ifindex)
			kern_addr_replace(b, &a);
	}
	if (kern_batch_commit(b))
		mn_kernel_failed(mn, "link-local address of the tunnel");
	else
		mn->multicast->link_local = true;
}

/* The scopes above the link's, of the addresses that there are: well-known, transient, from a prefix, with a rendezvous point. */
static struct kern_route route(unsigned int n, int ifindex)
{
	static const uint8_t flags[] = { 0x00, 0x10, 0x30, 0x70 };
	static const struct {
		uint8_t scope, len;
	} scopes[] = { { 3, 16 }, { 4, 14 }, { 8, 14 }, { 12, 14 } };

	return (struct kern_route){ .dst = { .s6_addr = { 0xff, flags[n / 4] | scopes[n % 4].scope } }, .dst_len = scopes[n % 4].len,
				    .table = RT_TABLE_LOCAL, .metric = METRIC, .ifindex = ifindex };
}

/* Of several home addresses, the configuration's is the one that programs get. */
static int routes_to(const struct mn *mn)
{
	if (mn != mn_of(mn->d) || mn->stopping)
		return 0;
	return serves(mn) ? mn->tunnel : mn->location == MN_HOME ? mn->cur->ifindex : 0;
}

static void set_routes(struct mn *mn)
{
	struct mn_multicast *m = mn->multicast;
	int to = routes_to(mn);
	struct kern_batch *b;

	if (m->routes == to || (mn->location == MN_UNKNOWN && !mn->stopping))
		return;
	b = kern_batch_new(KERN_ROUTE);
	if (!b)
		return;
	for (unsigned int i = 0; i < ROUTES; i++) {
		struct kern_route old = route(i, m->routes), r = route(i, to);

		if (m->routes)
			kern_route_del(b, &old, KERN_OK_ABSENT);
		if (to)
			kern_route_replace(b, &r);
	}
	m->routes = to;
	if (!kern_batch_commit(b))
		return;
	/* An interface that is down takes none: the next look finds what there is, and tries again. */
	mn_kernel_failed(mn, "routes of groups");
	m->look_at_routes = true;
}

struct found {
	const struct mn *mn;
	uint32_t right; /* a bit for each of ROUTES */
	struct kern_route strays[STRAYS];
	unsigned int n_strays;
	bool link_local;
};

static void see_route(const struct kern_route *r, void *arg)
{
	struct found *f = arg;

	if (r->dst.s6_addr[0] != 0xff || r->metric != METRIC)
		return;
	for (unsigned int i = 0; i < ROUTES; i++) {
		const struct kern_route ours = route(i, f->mn->multicast->routes);

		if (r->ifindex == ours.ifindex && r->dst_len == ours.dst_len && IN6_ARE_ADDR_EQUAL(&r->dst, &ours.dst)) {
			f->right |= 1u << i;
			return;
		}
	}
	if (f->n_strays < STRAYS)
		f->strays[f->n_strays++] = *r;
}

static void see_addr(const struct kern_addr *a, void *arg)
{
	struct found *f = arg;

	f->link_local = f->link_local || IN6_IS_ADDR_LINKLOCAL(&a->addr);
}

/* What a link that went down has taken with it is put back. */
static void repair(struct mn *mn)
{
	struct mn_multicast *m = mn->multicast;
	struct found f = { .mn = mn };
	struct kern_batch *b;

	m->look_at_routes = false;
	if (m->link_local && !kern_addr_dump(mn->tunnel, see_addr, &f) && !f.link_local) {
		m->link_local = false;
		set_link_local(mn);
	}
	if (mn != mn_of(mn->d) || kern_route_dump(RT_TABLE_LOCAL, KERN_RTPROT, see_route, &f))
		return;
	if (!f.n_strays && (!m->routes || f.right == (1u << ROUTES) - 1))
		return;
	b = kern_batch_new(KERN_ROUTE);
	if (!b)
		return;
	for (unsigned int i = 0; i < f.n_strays; i++)
		kern_route_del(b, &f.strays[i], KERN_OK_ABSENT);
	for (unsigned int i = 0; m->routes && i < ROUTES; i++) {
		struct kern_route r = route(i, m->routes);

		kern_route_replace(b, &r);
	}
	m->look_at_routes = kern_batch_commit(b);
	if (m->look_at_routes && log_allow(&m->log, "group-routes-refused"))
		log_info("group-routes-refused", "error=\"%s\"", kern_error());
}

/* ---- when ---- */

static void look(struct mn *mn)
{
	struct mn_multicast *m = mn->multicast;
	int err;

	/* Between two links, what there is stays. */
	if (mn->location == MN_UNKNOWN && !mn->stopping)
		return;
	for (unsigned int i = 0; i < m->n; i++)
		m->at[i].users = 0;
	err = group_dump(see, mn);
	if (err) {
		if (log_allow(&m->log, "groups-unreadable"))
			log_warn("groups-unreadable", "error=\"%s\"", strerror(-err));
		return;
	}
	decide(mn);
	change(mn);
}

/* At home there is nothing to follow unless something is left of before. */
static bool at_rest(const struct mn *mn)
{
	const struct mn_multicast *m = mn->multicast;

	if (mn->location != MN_HOME)
		return false;
	for (unsigned int i = 0; i < m->n; i++)
		if (m->at[i].ours || mn_tunnelled(mn, m->at[i].ifindex))
			return false;
	return true;
}

static void on_look(struct ev_loop *loop, struct ev_timer *w, int revents)
{
	struct mn *mn = w->data;
	struct mn_multicast *m = mn->multicast;

	(void)loop;
	(void)revents;
	if (m->offered_until && m->offered_until <= clock_now()) {
		m->offered_until = 0;
		log_notice("multicast-ended", "home_agent=%s", log_addr(&m->by));
	}
	set_routes(mn);
	if (m->look_at_routes && mn->location != MN_UNKNOWN)
		repair(mn);
	look(mn);
	if (m->offered_until || m->look_at_routes || !at_rest(mn))
		mn_timer_start(mn, w, LOOK);
}

void mn_multicast_sync(struct mn *mn)
{
	struct mn_multicast *m = mn->multicast;

	if (!m)
		return;
	if (mn->location == MN_HOME)
		m->offered_until = 0; /* the binding has ended, and with it what was agreed */
	m->look_at_routes = !mn->stopping;
	set_routes(mn);
	if (serves(mn) || !at_rest(mn)) {
		if (serves(mn))
			set_link_local(mn);
		look(mn);
	} else if (mn->stopping) {
		return;
	}
	mn_timer_start(mn, &m->look, LOOK);
}

/* A query through our tunnel, of the home agent's end of it. */
static void take_query(struct mn *mn, const struct mld_query *q)
{
	struct mn_multicast *m = mn->multicast;
	bool news = !is_offered(mn);
	double until;

	if (mn->location != MN_AWAY || mn->stopping || !mn_has_ha(mn))
		return;
	/* RFC 3810 9.5: that long nobody else would think that it is gone. */
	until = clock_now() + q->robustness * (double)q->interval_s + q->max_delay_ms / 1000.0 + LATE;
	/* Whoever can forge the home agent's address could end with a word what it goes on to offer. */
	if (news || until > m->offered_until)
		m->offered_until = until;
	if (!news)
		return;
	m->by = mn->ha;
	log_notice("multicast-offered", "home_agent=%s", log_addr(&mn->ha));
	mn_multicast_sync(mn);
}

static void on_icmp(struct ev_loop *loop, struct ev_io *w, int revents)
{
	struct mn *mn = w->data;
	struct icmp_packet p;
	struct mld_query q;

	(void)loop;
	(void)revents;
	for (int i = 0; i < TURN && icmp_sock_recv(mn->multicast->fd, &p) > 0; i++) {
		if (!mn_tunnelled(mn, p.ifindex) || p.hoplimit != 1 || !IN6_IS_ADDR_LINKLOCAL(&p.src) || mld_parse_query(p.data, p.len, &q))
			continue;
		mn->d->stats[STAT_MLD_RX]++;
		take_query(mn, &q);
	}
}

void mn_multicast_open(struct mn *mn)
{
	static const uint8_t types[] = { MLD_QUERY };
	struct mn_multicast *m;

	if (!mn->d->conf->mn_multicast)
		return;
	m = calloc(1, sizeof(*m));
	if (!m)
		return;
	m->log.burst = 10;
	m->fd = icmp_sock_open(types, sizeof(types));
	if (m->fd < 0) {
		log_warn("multicast-off", "error=\"%s\"", strerror(-m->fd));
		free(m);
		return;
	}
	mn->multicast = m;
	mn_timer_init(mn, &m->look, on_look);
	ev_io_init(&m->io, on_icmp, m->fd, EV_READ);
	m->io.data = mn;
	ev_io_start(mn->d->loop, &m->io);
}

/* Addresses go with the tunnel, routes with all others that are ours. */
void mn_multicast_close(struct mn *mn)
{
	struct mn_multicast *m = mn->multicast;

	if (!m)
		return;
	for (unsigned int i = 0; i < m->n; i++)
		if (m->at[i].ours)
			group_leave(m->at[i].ifindex, &m->at[i].group);
	mn_timer_stop(mn, &m->look);
	ev_io_stop(mn->d->loop, &m->io);
	close(m->fd);
	free(m);
	mn->multicast = NULL;
}

void mn_multicast_json(const struct mn *mn, struct json_object *o)
{
	const struct mn_multicast *m = mn->multicast;
	struct json_object *groups = json_object_new_array();

	for (unsigned int i = 0; m && i < m->n; i++)
		if (m->at[i].ours && m->at[i].ifindex == mn->tunnel)
			json_object_array_add(groups, mn_json_addr(&m->at[i].group));
	json_object_object_add(o, "multicast",
			       json_object_new_string(!m ? "off" : serves(mn) ? "through the home agent" : mn->location == MN_HOME ? "home link" : "none"));
	json_object_object_add(o, "groups", groups);
}
