// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The home agent role: its links, its start and its end.
 *
 * A home link is an interface of the configuration; its home prefixes are those of our own global addresses there, and an update is answered as
 * home agent on each of these addresses. Addresses are read anew from the kernel whenever it says that one changed.
 *
 * The start leaves nothing of an earlier daemon in place that it does not want itself: the tunnel device and the guard are taken over, routes
 * and proxy entries without a binding go.
 */
#include <errno.h>
#include <netinet/in.h>

#include <linux/if_addr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cn/cn.h"
#include "core/addr.h"
#include "ha/ha.h"
#include "kern/sysctl.h"
#include "kern/tun.h"

struct ha_link *ha_link_by_index(struct ha *ha, int ifindex)
{
	for (unsigned int i = 0; i < ha->n_links; i++)
		if (ha->links[i].ifindex == ifindex)
			return &ha->links[i];
	return NULL;
}

struct ha_link *ha_link_of_home(struct ha *ha, const struct in6_addr *hoa, const struct ha_prefix **prefix)
{
	for (unsigned int i = 0; i < ha->n_links; i++) {
		struct ha_link *l = &ha->links[i];

		for (unsigned int j = 0; j < l->n_prefixes; j++)
			if (addr_in_prefix(hoa, &l->prefixes[j].addr, l->prefixes[j].len)) {
				*prefix = &l->prefixes[j];
				return l;
			}
	}
	return NULL;
}

bool ha_is_our_address(const struct ha *ha, const struct in6_addr *addr)
{
	for (unsigned int i = 0; i < ha->n_ours; i++)
		if (IN6_ARE_ADDR_EQUAL(&ha->ours[i], addr))
			return true;
	return false;
}

bool ha_serves(const struct ha *ha, const struct in6_addr *addr)
{
	for (unsigned int i = 0; i < ha->n_links; i++)
		for (unsigned int j = 0; j < ha->links[i].n_prefixes; j++)
			if (IN6_ARE_ADDR_EQUAL(&ha->links[i].prefixes[j].addr, addr))
				return true;
	return false;
}

/* What a dump of the addresses gives, before it counts. */
struct addresses {
	struct ha *ha;
	bool no_memory;
	struct in6_addr *ours;
	unsigned int n_ours, cap_ours;
	struct {
		unsigned int n_prefixes;
		struct ha_prefix prefixes[HA_MAX_PREFIXES];
		struct in6_addr link_local;
	} links[HA_MAX_LINKS];
};

static void see_addr(const struct kern_addr *a, void *arg)
{
	struct addresses *s = arg;
	struct ha_link *l = ha_link_by_index(s->ha, a->ifindex);
	unsigned int i = l ? (unsigned int)(l - s->ha->links) : 0;
	struct ha_prefix *p;

	if (a->flags & IFA_F_DADFAILED)
		return;
	if (s->n_ours == s->cap_ours) {
		unsigned int cap = s->cap_ours ? s->cap_ours * 2 : 16;
		struct in6_addr *more = realloc(s->ours, cap * sizeof(*more));

		if (!more) {
			s->no_memory = true;
			return;
		}
		s->ours = more;
		s->cap_ours = cap;
	}
	s->ours[s->n_ours++] = a->addr;
	if (l && IN6_IS_ADDR_LINKLOCAL(&a->addr) && IN6_IS_ADDR_UNSPECIFIED(&s->links[i].link_local))
		s->links[i].link_local = a->addr;
	if (!l || s->links[i].n_prefixes == HA_MAX_PREFIXES || !addr_routable(&a->addr) || a->plen == 128)
		return;
	p = &s->links[i].prefixes[s->links[i].n_prefixes++];
	p->addr = a->addr;
	p->len = a->plen;
	p->valid_until = a->valid == UINT32_MAX ? 0 : clock_now() + a->valid;
	p->deprecated = a->flags & IFA_F_DEPRECATED;
}

/* If they cannot be read, the old ones go on to count. */
static int read_addresses(struct ha *ha)
{
	struct addresses s = { .ha = ha };
	int err = kern_addr_dump(0, see_addr, &s);

	if (!err && s.no_memory)
		err = -ENOMEM;
	if (err) {
		log_error("addresses-unreadable", "error=\"%s\"", strerror(-err));
		free(s.ours);
		return err;
	}
	free(ha->ours);
	ha->ours = s.ours;
	ha->n_ours = s.n_ours;
	for (unsigned int i = 0; i < ha->n_links; i++) {
		ha->links[i].n_prefixes = s.links[i].n_prefixes;
		memcpy(ha->links[i].prefixes, s.links[i].prefixes, sizeof(s.links[i].prefixes));
		ha->links[i].link_local = s.links[i].link_local;
	}
	ha_pfx_addresses(ha);
	ha_list_sync(ha, false);
	return 0;
}

static void set_link(struct ha_link *l, const struct kern_link *k)
{
	l->ifindex = k->ifindex;
	memcpy(l->name, k->name, sizeof(l->name));
	l->up = k->up && k->carrier;
	l->lladdr.len = k->lladdr.len;
	memcpy(l->lladdr.addr, k->lladdr.addr, sizeof(l->lladdr.addr));
}

static json_object *addr_json(const struct in6_addr *a)
{
	return json_object_new_string(log_addr(a));
}

static struct json_object *binding_json(const struct ha *ha, const struct binding *b)
{
	static const char *const state[] = { [BC_DAD] = "dad", [BC_BOUND] = "bound", [BC_REMOVING] = "removing" };
	static const struct {
		uint8_t bit;
		char letter;
	} flags[] = { { MH_BU_A, 'A' }, { MH_BU_H, 'H' }, { MH_BU_L, 'L' }, { MH_BU_K, 'K' }, { MH_BU_R, 'R' } };
	struct json_object *o = json_object_new_object();
	double now = clock_now();
	char ifname[IFNAMSIZ] = "", text[8] = "";
	unsigned int n = 0;

	for (unsigned int i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (b->flags & flags[i].bit)
			text[n++] = flags[i].letter;
	for (unsigned int i = 0; i < ha->n_links; i++)
		if (ha->links[i].ifindex == b->ifindex)
			memcpy(ifname, ha->links[i].name, sizeof(ifname));
	json_object_object_add(o, "home_address", addr_json(&b->hoa));
	json_object_object_add(o, "care_of_address", addr_json(&b->coa));
	json_object_object_add(o, "type", json_object_new_string("home"));
	json_object_object_add(o, "home_agent_address", addr_json(&b->ha));
	json_object_object_add(o, "state", json_object_new_string(state[b->state]));
	json_object_object_add(o, "flags", json_object_new_string(text));
	json_object_object_add(o, "sequence", json_object_new_int(b->seq));
	json_object_object_add(o, "lifetime_s", json_object_new_int64(b->lifetime));
	json_object_object_add(o, "remaining_s", json_object_new_int64(b->expires > now ? (int64_t)(b->expires - now) : 0));
	json_object_object_add(o, "registered_ago_s", json_object_new_int64((int64_t)(now - b->registered)));
	json_object_object_add(o, "interface", json_object_new_string(ifname));
	if (b->network)
		json_object_object_add(o, "mobile_network_prefixes", ha_nemo_json(b));
	if (ha_multicast_listens(b))
		json_object_object_add(o, "groups", ha_multicast_json(b));
	return o;
}

void ha_notify(struct ha *ha, const char *event, const struct binding *b)
{
	ha->d->notify(ha->d, event, binding_json(ha, b));
}

static void on_reconcile(struct ev_loop *loop, struct ev_timer *w, int revents)
{
	struct ha *ha = w->data;
	int err;

	(void)loop;
	(void)revents;
	read_addresses(ha);
	err = ha_reconcile(ha);
	if (err)
		log_error("reconcile-failed", "error=\"%s\"", err == -ENOMEM ? strerror(ENOMEM) : kern_error());
}

/* A moment later: what is lost in one go is put back in one go. */
void ha_reconcile_soon(struct ha *ha)
{
	if (ev_is_active(&ha->reconcile))
		return;
	ev_timer_set(&ha->reconcile, 0.1, 0);
	ev_timer_start(ha->d->loop, &ha->reconcile);
}

static int set_one(const char *path, const char *value, char *err, size_t err_len)
{
	int rc = kern_sysctl_set(path, value);

	if (rc)
		snprintf(err, err_len, "cannot set %s: %s", path, strerror(-rc));
	return rc;
}

static int set_sysctls(struct ha *ha, char *err, size_t err_len)
{
	char path[128];

	/* Without the global proxy_ndp a unicast solicitation for a home address is forwarded into the tunnel. */
	if (set_one("net/ipv6/conf/all/forwarding", "1", err, err_len) || set_one("net/ipv6/conf/all/proxy_ndp", "1", err, err_len))
		return -1;
	for (unsigned int i = 0; i < ha->n_links; i++) {
		snprintf(path, sizeof(path), "net/ipv6/conf/%s/proxy_ndp", ha->links[i].name);
		if (set_one(path, "1", err, err_len))
			return -1;
		snprintf(path, sizeof(path), "net/ipv6/neigh/%s/proxy_delay", ha->links[i].name);
		if (set_one(path, "0", err, err_len))
			return -1;
	}
	return 0;
}

static int find_links(struct ha *ha, char *err, size_t err_len)
{
	for (const struct conf_iface *i = ha->d->conf->ifaces; i; i = i->next) {
		struct kern_link k;

		if (ha->n_links == HA_MAX_LINKS) {
			snprintf(err, err_len, "more than %d home links", HA_MAX_LINKS);
			return -1;
		}
		if (kern_link_get(i->name, &k)) {
			snprintf(err, err_len, "%s:%d: interface \"%s\" does not exist", conf_file(ha->d->conf, i->line), CONF_LINE(i->line),
				 i->name);
			return -1;
		}
		set_link(&ha->links[ha->n_links++], &k);
	}
	read_addresses(ha);
	for (unsigned int i = 0; i < ha->n_links; i++)
		if (!ha->links[i].n_prefixes) {
			snprintf(err, err_len, "interface \"%s\" has no global address: no home prefix to serve", ha->links[i].name);
			return -1;
		}
	return 0;
}

/*
 * Route optimization is not for an address that we are home agent on, nor for the home addresses of our own home links: what reaches
 * them comes through us anyway, and a home address has one kind of registration only (9.5.1).
 */
static uint8_t veto(struct daemon *d, const struct in6_addr *ours, const struct in6_addr *hoa)
{
	struct ha *ha = ha_of(d);
	const struct ha_prefix *prefix;

	if (hoa && bcache_find(ha->cache, hoa))
		return BA_REG_TYPE_CHANGE;
	return ha_serves(ha, ours) || (hoa && ha_link_of_home(ha, hoa, &prefix)) ? BA_PROHIBITED : 0;
}

static int ha_start(struct daemon *d, char *err, size_t err_len)
{
	struct ha *ha = calloc(1, sizeof(*ha));
	const struct log_limit quiet = { .burst = 10 };
	char why[256] = "";
	int rc;

	if (!ha || !(ha->cache = bcache_new(d->conf->ha_max_bindings))) {
		free(ha);
		snprintf(err, err_len, "%s", strerror(ENOMEM));
		return -1;
	}
	d->role = ha;
	ha->d = d;
	ha->tunnel = -1;
	limit_init(&ha->rejects, HA_REJECT_RATE, HA_REJECT_BURST, clock_now());
	for (unsigned int i = 0; i < HA_LOG_MAX; i++)
		ha->log[i] = quiet;
	TAILQ_INIT(&ha->questions);
	ha_sync_init(ha);
	cn_set_veto(d->cn, veto);
	ev_timer_init(&ha->reconcile, on_reconcile, 0, 0);
	ha->reconcile.data = ha;

	if (ha_pfx_open(ha)) {
		snprintf(err, err_len, "%s", strerror(ENOMEM));
		return -1;
	}
	if (find_links(ha, err, err_len) || set_sysctls(ha, err, err_len))
		return -1;
	ha->tunnel = kern_tun_open_external(KERN_TUN_HA_NAME);
	if (ha->tunnel < 0) {
		rc = ha->tunnel;
		if (rc == -EEXIST)
			snprintf(err, err_len, "another external ip6tnl device is present, and a network namespace can have only one: remove it");
		else
			snprintf(err, err_len, "cannot create the tunnel device: %s", kern_error());
		return -1;
	}
	/* A device made after the fact has the namespace's default, which may differ. */
	if (set_one("net/ipv6/conf/" KERN_TUN_HA_NAME "/forwarding", "1", err, err_len))
		return -1;
	ha->guard = kern_guard_open(ha->tunnel, d->conf->ha_max_bindings, d->conf->ha_max_bindings * MH_MAX_MNP,
				    d->conf->ha_multicast ? d->conf->ha_max_groups : 0, why, sizeof(why));
	if (!ha->guard) {
		snprintf(err, err_len, "cannot guard the reverse tunnel: %s", why);
		return -1;
	}
	if (ha_seq_open(ha)) {
		snprintf(err, err_len, "%s", strerror(ENOMEM));
		return -1;
	}
	if (ha_nemo_open(ha, err, err_len) || ha_keep_start(ha, err, err_len))
		return -1;
	if (kern_guard_raise(ha->guard, why, sizeof(why))) {
		snprintf(err, err_len, "cannot guard the reverse tunnel: %s", why);
		return -1;
	}
	if (ha_multicast_open(ha, err, err_len))
		return -1;
	if (ha_reconcile(ha)) {
		snprintf(err, err_len, "cannot reconcile the kernel's routes: %s", kern_error());
		return -1;
	}
	for (unsigned int i = 0; i < ha->n_links; i++) {
		rc = nd_sock_watch(d->nd_fd, ha->links[i].ifindex, true);
		if (rc) {
			snprintf(err, err_len, "cannot listen on %s: %s", ha->links[i].name, strerror(-rc));
			return -1;
		}
		log_notice("home-link", "interface=%s address=%s", ha->links[i].name, log_addr(&ha->links[i].prefixes[0].addr));
	}
	return ha_list_open(ha, err, err_len) || ha_mpd_open(ha, err, err_len) ? -1 : 0;
}

static void ha_free(struct daemon *d)
{
	struct ha *ha = ha_of(d);

	if (!ha)
		return;
	cn_set_veto(d->cn, NULL);
	ev_timer_stop(d->loop, &ha->reconcile);
	ha_list_close(ha);
	ha_hook_stop(ha);
	ha_mpd_close(ha);
	ha_sync_stop(ha);
	if (!d->clean)
		ha_keep_saved(ha); /* also when it was a fatal error that ended us */
	if (ha->guard && d->leave)
		ha_sync_leave(ha);
	else if (ha->guard)
		ha_sync_flush(ha);
	ha_multicast_close(ha);
	if (ha->guard && d->leave)
		kern_guard_leave(ha->guard);
	else if (ha->guard)
		kern_guard_close(ha->guard);
	ha_pfx_close(ha);
	ha_keep_stop(ha, d->clean);
	ha_seq_close(ha);
	if (ha->networks && !d->leave)
		kern_tun_close(ha->networks);
	if (ha->tunnel >= 0 && !d->leave)
		kern_tun_close(ha->tunnel);
	bcache_free(ha->cache);
	free(ha->ours);
	free(ha);
	d->role = NULL;
}

static bool ha_keeps(struct daemon *d)
{
	return ha_keep_saved(ha_of(d));
}

static void ha_stop(struct daemon *d, void (*done)(struct daemon *d))
{
	done(d);
}

static void ha_reloaded(struct daemon *d)
{
	ha_enforce_acl(ha_of(d));
	ha_reconcile_soon(ha_of(d)); /* mobile networks whose routers are at home */
}

static void ha_mh(struct daemon *d, const struct mh_packet *p, const struct mh_msg *m)
{
	struct ha *ha = ha_of(d);

	/* A correspondent registration for a home address that is registered here is the home agent's to refuse. */
	if (m->type == MH_BU && (m->bu.flags & MH_BU_H || !d->cn || bcache_find(ha->cache, &p->src))) {
		ha_binding_update(ha, p, m);
		return;
	}
	if (cn_mh(d->cn, p, m))
		return;
	if (m->type == MH_BE)
		d->stats[STAT_BE_RX]++;
	d->stats[STAT_MH_UNEXPECTED]++;
}

static void ha_nd(struct daemon *d, const struct nd_packet *p)
{
	if (p->type == ND_RA)
		ha_list_heard(ha_of(d), p);
	else
		ha_dad_heard(ha_of(d), p);
}

struct renumbering {
	int from, to;
};

/* The proxy entries went with the old link; the reconciliation puts them on the new one. */
static void renumber(struct binding *b, void *arg)
{
	const struct renumbering *r = arg;

	if (b->ifindex == r->from)
		b->ifindex = r->to;
}

static void ha_link(struct daemon *d, const struct kern_link *k)
{
	struct ha *ha = ha_of(d);
	struct ha_link *l = ha_link_by_index(ha, k->ifindex);
	struct nd_lladdr old_lladdr;
	int old_ifindex;
	char err[160];
	bool was_up;

	if ((k->ifindex == ha->tunnel || k->ifindex == ha->networks) && k->gone) {
		/* With it went every binding's route and the guard: a new start is the clean way. */
		daemon_fatal(d, "the tunnel device %s was removed", k->ifindex == ha->tunnel ? KERN_TUN_HA_NAME : KERN_TUN_NETS_NAME);
		return;
	}
	if (!l && !k->gone)
		/* A link that was deleted and made again under its old name. */
		for (unsigned int i = 0; i < ha->n_links; i++)
			if (!strcmp(ha->links[i].name, k->name))
				l = &ha->links[i];
	if (!l)
		return;
	if (k->gone) {
		log_error("home-link-gone", "interface=%s", l->name);
		l->up = false;
		return;
	}
	was_up = l->up;
	old_ifindex = l->ifindex;
	old_lladdr = l->lladdr;
	if (l->ifindex != k->ifindex) {
		struct renumbering r = { .from = l->ifindex, .to = k->ifindex };

		nd_sock_watch(d->nd_fd, l->ifindex, false);
		nd_sock_watch(d->nd_fd, k->ifindex, true);
		bcache_each(ha->cache, renumber, &r);
		was_up = false;
	}
	set_link(l, k);
	if (old_ifindex != l->ifindex || memcmp(&old_lladdr, &l->lladdr, sizeof(old_lladdr)))
		ha_multicast_link(ha, l, old_ifindex);
	if (!was_up && set_sysctls(ha, err, sizeof(err)))
		log_error("sysctl-failed", "error=\"%s\"", err);
	if (l->up != was_up)
		log_notice(l->up ? "home-link-up" : "home-link-down", "interface=%s", l->name);
	/* Taking a link down empties its proxy entries and groups. */
	if (l->up && !was_up) {
		ha_reconcile_soon(ha);
		ha_list_sync(ha, true);
	}
}

static void ha_addr(struct daemon *d, const struct kern_addr *a, bool deleted)
{
	(void)a;
	(void)deleted;
	cn_addr_changed(d->cn);
	if (read_addresses(ha_of(d)))
		ha_reconcile_soon(ha_of(d)); /* which reads them again */
}

static void ha_route(struct daemon *d, const struct kern_route *r, bool deleted)
{
	struct ha *ha = ha_of(d);
	struct binding *b;

	if (deleted && ha_nemo_lost(ha, r))
		ha_reconcile_soon(ha);
	if (!deleted || r->dst_len != 128 || r->ifindex != ha->tunnel)
		return;
	b = bcache_find(ha->cache, &r->dst);
	if (b && b->state == BC_BOUND && b->installed)
		ha_reconcile_soon(ha);
}

static void ha_resync(struct daemon *d)
{
	cn_addr_changed(d->cn);
	ha_reconcile_soon(ha_of(d));
}

static void add_binding(struct binding *b, void *arg)
{
	struct json_object *array = arg;

	json_object_array_add(array, binding_json(b->owner, b));
}

/* Of where a list is: the home agent's own are through, the correspondent node's follow. The cache's places are even. */
#define CN_ROWS 1ull

static bool ha_bc(struct daemon *d, uint64_t *at, unsigned int max, struct json_object *rows)
{
	uint64_t of_cn = *at >> 1;
	bool more;

	if (!(*at & CN_ROWS)) {
		if (!bcache_walk(ha_of(d)->cache, at, max, add_binding, rows))
			*at = CN_ROWS;
		return *at != CN_ROWS || d->cn;
	}
	more = cn_rows(d->cn, &of_cn, max, rows);
	*at = of_cn << 1 | CN_ROWS;
	return more;
}

static struct json_object *ha_status(struct daemon *d)
{
	struct ha *ha = ha_of(d);
	struct json_object *o = json_object_new_object(), *links = json_object_new_array();

	json_object_object_add(o, "bindings", json_object_new_int64(bcache_count(ha->cache)));
	json_object_object_add(o, "max_bindings", json_object_new_int64(bcache_max(ha->cache)));
	json_object_object_add(o, "dad_pending", json_object_new_int64(ha->n_dad));
	ha_multicast_status(ha, o);
	json_object_object_add(o, "binding_cache",
			       json_object_new_string(!ha->store ? "volatile" : ha->store_behind ? "not saved" : "saved"));
	for (unsigned int i = 0; i < ha->n_links; i++) {
		const struct ha_link *l = &ha->links[i];
		struct json_object *link = json_object_new_object(), *prefixes = json_object_new_array();
		char text[INET6_ADDRSTRLEN + 4];

		for (unsigned int j = 0; j < l->n_prefixes; j++) {
			snprintf(text, sizeof(text), "%s/%u", log_addr(&l->prefixes[j].addr), l->prefixes[j].len);
			json_object_array_add(prefixes, json_object_new_string(text));
		}
		json_object_object_add(link, "name", json_object_new_string(l->name));
		json_object_object_add(link, "up", json_object_new_boolean(l->up));
		json_object_object_add(link, "addresses", prefixes);
		json_object_array_add(links, link);
	}
	json_object_object_add(o, "interfaces", links);
	cn_status(d->cn, o);
	return o;
}

static void ha_stats(struct daemon *d)
{
	struct guard_stats g;

	if (kern_guard_stats(ha_of(d)->guard, &g))
		return;
	d->stats[STAT_GUARD_PASSED] = g.passed;
	d->stats[STAT_GUARD_NO_BINDING] = g.no_binding;
	d->stats[STAT_GUARD_WRONG_COA] = g.wrong_coa;
	d->stats[STAT_GUARD_WRONG_DST] = g.wrong_dst;
	d->stats[STAT_GUARD_NOT_IPV6] = g.not_ipv6;
	d->stats[STAT_MLD_DROPPED] = g.mld_dropped;
	d->stats[STAT_MULTICAST_OUT] = g.multicast_out;
	d->stats[STAT_MULTICAST_LOST] = g.multicast_lost;
	d->stats[STAT_MULTICAST_IN] = g.multicast_in;
}

const struct role_ops ha_role = {
	.name = "home agent",
	.start = ha_start,
	.mh = ha_mh,
	.nd = ha_nd,
	.link = ha_link,
	.addr = ha_addr,
	.route = ha_route,
	.resync = ha_resync,
	.stop = ha_stop,
	.reloaded = ha_reloaded,
	.free = ha_free,
	.keeps = ha_keeps,
	.bc = ha_bc,
	.hal = ha_list_rows,
	.pl = ha_pfx_rows,
	.status = ha_status,
	.stats = ha_stats,
};
