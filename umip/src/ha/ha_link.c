// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Home links and their prefixes.
 *
 * A home link is an interface of the configuration; its home prefixes are those of our own global addresses there, and an update is answered as
 * home agent on each of these addresses. Addresses are read anew from the kernel whenever it says that one changed. A link that was
 * deleted and made again under its old name is the same one.
 */
#include <errno.h>
#include <netinet/in.h>

#include <linux/if_addr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* ---- addresses ---- */

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

int ha_read_addresses(struct ha *ha)
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

/* ---- links ---- */

static void set_link(struct ha_link *l, const struct kern_link *k)
{
	l->ifindex = k->ifindex;
	memcpy(l->name, k->name, sizeof(l->name));
	l->up = k->up && k->carrier;
	l->lladdr.len = k->lladdr.len;
	memcpy(l->lladdr.addr, k->lladdr.addr, sizeof(l->lladdr.addr));
}

int ha_sysctl(const char *path, const char *value, char *err, size_t err_len)
{
	int rc = kern_sysctl_set(path, value);

	if (rc)
		snprintf(err, err_len, "cannot set %s: %s", path, strerror(-rc));
	return rc;
}

int ha_link_sysctls(struct ha *ha, char *err, size_t err_len)
{
	char path[128];

	/* Without the global proxy_ndp a unicast solicitation for a home address is forwarded into the tunnel. */
	if (ha_sysctl("net/ipv6/conf/all/forwarding", "1", err, err_len) || ha_sysctl("net/ipv6/conf/all/proxy_ndp", "1", err, err_len))
		return -1;
	for (unsigned int i = 0; i < ha->n_links; i++) {
		snprintf(path, sizeof(path), "net/ipv6/conf/%s/proxy_ndp", ha->links[i].name);
		if (ha_sysctl(path, "1", err, err_len))
			return -1;
		snprintf(path, sizeof(path), "net/ipv6/neigh/%s/proxy_delay", ha->links[i].name);
		if (ha_sysctl(path, "0", err, err_len))
			return -1;
	}
	return 0;
}

int ha_link_find_all(struct ha *ha, char *err, size_t err_len)
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
	ha_read_addresses(ha);
	for (unsigned int i = 0; i < ha->n_links; i++)
		if (!ha->links[i].n_prefixes) {
			snprintf(err, err_len, "interface \"%s\" has no global address: no home prefix to serve", ha->links[i].name);
			return -1;
		}
	return 0;
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

void ha_link_changed(struct daemon *d, const struct kern_link *k)
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
	if (!was_up && ha_link_sysctls(ha, err, sizeof(err)))
		log_error("sysctl-failed", "error=\"%s\"", err);
	if (l->up != was_up)
		log_notice(l->up ? "home-link-up" : "home-link-down", "interface=%s", l->name);
	/* Taking a link down empties its proxy entries and groups. */
	if (l->up && !was_up) {
		ha_reconcile_soon(ha);
		ha_list_sync(ha, true);
	}
}
