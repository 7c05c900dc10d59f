// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Multicast away from home (RFC 6275 11.3.4): through the home agent, if it offers that.
 *
 * It does as soon as it has sent a query through the tunnel; until then nothing is said there. From then on what programs have
 * joined on our interfaces is joined on the tunnel devices as well, so that the kernel reports it there and takes the packets. A
 * socket gets packets of its groups whichever interface they come in by, and so does not notice. At home it is the other way round: what
 * was joined on the tunnel, because that is where the routes of groups led at that time, is joined on the interface. A program may
 * come and go at any time, and the kernel tells nobody: we look every second as long as there is something to follow.
 *
 * Which interface a program gets that does not name one is the routing table's to say, for sending and joining: ours is
 * better than the kernel's, which has all interfaces in it, the tunnel too, with nothing to choose between them.
 */
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mn/mn.h"
#include "wire/mld.h"

#define LOOK	     1.0 /* s */
#define TURN	     16
#define GROUPS_MAX   256 /* on all interfaces; more than what a home agent takes from one mobile node */
#define METRIC	     1
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
	bool offered; /* by this home agent, since we are away */
	struct in6_addr by;
	int routes; /* lead there; 0: there are none */
	bool link_local; /* is on the tunnel devices */
	struct joined at[GROUPS_MAX];
	unsigned int n;
	struct log_limit log;
};

/* ---- what there is ---- */

static bool serves(const struct mn *mn)
{
	const struct mn_multicast *m = mn->multicast;

	return mn->location == MN_AWAY && m->offered && IN6_ARE_ADDR_EQUAL(&m->by, &mn->ha) && !mn->stopping;
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
static void put_routes(struct kern_batch *b, int ifindex, bool add)
{
	static const uint8_t flags[] = { 0x00, 0x10, 0x30, 0x70 };
	static const struct {
		uint8_t scope, len;
	} scopes[] = { { 3, 16 }, { 4, 14 }, { 8, 14 }, { 12, 14 } };

	for (unsigned int i = 0; i < sizeof(flags); i++)
		for (unsigned int j = 0; j < sizeof(scopes) / sizeof(scopes[0]); j++) {
			struct kern_route r = { .dst = { .s6_addr = { 0xff, flags[i] | scopes[j].scope } }, .dst_len = scopes[j].len,
						.table = RT_TABLE_LOCAL, .metric = METRIC, .ifindex = ifindex };

			if (add)
				kern_route_replace(b, &r);
			else
				kern_route_del(b, &r, KERN_OK_ABSENT);
		}
}

/* Of several home addresses, the configuration's is the one that programs get. */
static void set_routes(struct mn *mn)
{
	struct mn_multicast *m = mn->multicast;
	int to = serves(mn) ? mn->tunnel : mn->location == MN_HOME && !mn->stopping ? mn->cur->ifindex : 0;
	struct kern_batch *b;

	if (mn != mn_of(mn->d))
		to = 0;
	if (m->routes == to || (mn->location == MN_UNKNOWN && !mn->stopping))
		return;
	b = kern_batch_new(KERN_ROUTE);
	if (!b)
		return;
	if (m->routes)
		put_routes(b, m->routes, false);
	if (to)
		put_routes(b, to, true);
	if (kern_batch_commit(b))
		mn_kernel_failed(mn, "routes of groups");
	m->routes = to;
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

	(void)loop;
	(void)revents;
	look(mn);
	if (mn->multicast->offered || !at_rest(mn))
		mn_timer_start(mn, w, LOOK);
}

void mn_multicast_sync(struct mn *mn)
{
	struct mn_multicast *m = mn->multicast;

	if (!m)
		return;
	if (mn->location == MN_HOME)
		m->offered = false; /* the binding has ended, and with it what was agreed */
	set_routes(mn);
	if (!serves(mn) && at_rest(mn))
		return;
	if (serves(mn))
		set_link_local(mn);
	look(mn);
	mn_timer_start(mn, &m->look, LOOK);
}

static void on_icmp(struct ev_loop *loop, struct ev_io *w, int revents)
{
	struct mn *mn = w->data;
	struct mn_multicast *m = mn->multicast;
	struct icmp_packet p;

	(void)loop;
	(void)revents;
	for (int i = 0; i < TURN && icmp_sock_recv(m->fd, &p) > 0; i++) {
		if (!mn_tunnelled(mn, p.ifindex) || p.hoplimit != 1 || !IN6_IS_ADDR_LINKLOCAL(&p.src) || p.len < MLD_QUERY_MIN)
			continue;
		mn->d->stats[STAT_MLD_RX]++;
		if (mn->location != MN_AWAY || mn->stopping || !mn_has_ha(mn) || serves(mn))
			continue;
		m->offered = true;
		m->by = mn->ha;
		log_notice("multicast-offered", "home_agent=%s", log_addr(&mn->ha));
		mn_multicast_sync(mn);
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
