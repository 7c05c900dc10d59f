// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The interfaces of a mobile node: which there are, and what happens to them.
 *
 * That of MnHomeLink is one, and so are those of Interface lines; with MnUseAllInterfaces everything like Ethernet that is
 * not a port of something else, now or later. An interface of the configuration keeps its place while it does not exist; one
 * that just came is forgotten when it goes.
 */
#include "mn/mn.h"

#include <linux/if_arp.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "kern/sysctl.h"

#define PREFERENCE_DEFAULT 1

void mn_if_timer_init(struct mn_if *nif, struct ev_timer *w, void (*cb)(struct ev_loop *loop, struct ev_timer *w, int revents))
{
	ev_timer_init(w, cb, 0, 0);
	w->data = nif;
}

struct mn_if *mn_if_by_index(const struct mn *mn, int ifindex)
{
	for (unsigned int i = 0; ifindex && i < mn->n_ifs; i++)
		if (mn->ifs[i]->ifindex == ifindex)
			return mn->ifs[i];
	return NULL;
}

static struct mn_if *by_name(const struct mn *mn, const char *name)
{
	for (unsigned int i = 0; i < mn->n_ifs; i++)
		if (!strcmp(mn->ifs[i]->name, name))
			return mn->ifs[i];
	return NULL;
}

static unsigned int free_slot(const struct mn *mn)
{
	unsigned int slot = 0;

	for (unsigned int i = 0; i < mn->n_ifs;)
		if (mn->ifs[i]->slot == slot) {
			slot++;
			i = 0;
		} else {
			i++;
		}
	return slot;
}

/* NULL: there are too many, or no memory. */
static struct mn_if *add(struct mn *mn, const char *name, unsigned int preference, bool configured)
{
	struct mn_if *nif = mn->n_ifs < MN_IFS_MAX ? calloc(1, sizeof(*nif)) : NULL;

	if (!nif)
		return NULL;
	nif->mn = mn;
	nif->slot = free_slot(mn);
	nif->preference = preference;
	nif->configured = configured;
	nif->link_gone = true;
	snprintf(nif->name, sizeof(nif->name), "%s", name);
	mn_move_start(nif);
	mn_leftovers_init(nif);
	mn->ifs[mn->n_ifs++] = nif;
	return nif;
}

static void stop(struct mn_if *nif)
{
	mn_move_stop(nif);
	mn_leftovers_stop(nif);
}

void mn_if_forget(struct mn_if *nif)
{
	struct mn *mn = nif->mn;
	unsigned int i = 0;

	while (mn->ifs[i] != nif)
		i++;
	mn->ifs[i] = mn->ifs[--mn->n_ifs];
	stop(nif);
	free(nif);
}

static void take_link(struct mn_if *nif, const struct kern_link *l)
{
	nif->lladdr.len = l->lladdr.len;
	memcpy(nif->lladdr.addr, l->lladdr.addr, sizeof(nif->lladdr.addr));
	nif->link_gone = l->gone;
	nif->link_up = l->up && l->carrier && !l->gone;
	nif->carrier_changes = l->carrier_changes;
}

/* An interface that we listen on. -errno. */
static int attach(struct mn_if *nif, const struct kern_link *l)
{
	nif->ifindex = l->ifindex;
	take_link(nif, l);
	return nd_sock_watch(nif->mn->d->nd_fd, nif->ifindex, true);
}

/* ---- those that are not named ---- */

static bool suits(const struct mn *mn, const struct kern_link *l)
{
	const struct conf_iface *c = conf_iface(mn->d->conf, l->name);

	return !l->gone && !l->enslaved && l->type == ARPHRD_ETHER && l->lladdr.len == 6 && !(c && !c->mn_preference);
}

static struct mn_if *add_found(struct mn *mn, const struct kern_link *l)
{
	struct mn_if *nif = add(mn, l->name, PREFERENCE_DEFAULT, false);

	if (!nif && log_allow(&mn->log_kernel, "interfaces-full"))
		log_warn("interfaces-full", "interface=%s max=%d", l->name, MN_IFS_MAX);
	return nif;
}

struct found {
	struct mn *mn;
	bool failed;
};

static void see_link(const struct kern_link *l, void *arg)
{
	struct found *f = arg;
	struct mn_if *nif = by_name(f->mn, l->name);

	if (!nif && f->mn->d->conf->mn_use_all_ifaces && suits(f->mn, l))
		nif = add_found(f->mn, l);
	if (nif && attach(nif, l))
		f->failed = true;
}

/* ---- start and end ---- */

static int add_configured(struct mn *mn, char *err, size_t err_len)
{
	const struct conf *conf = mn->d->conf;
	const struct conf_iface *home = conf_iface(conf, mn->home->ifname);

	/* The home link's comes first. */
	if ((!home || home->mn_preference) && !add(mn, mn->home->ifname, home ? home->mn_preference : PREFERENCE_DEFAULT, true)) {
		snprintf(err, err_len, "out of memory");
		return -1;
	}
	for (const struct conf_iface *c = conf->ifaces; c; c = c->next) {
		if (!c->mn_preference || by_name(mn, c->name))
			continue;
		if (!add(mn, c->name, c->mn_preference, true)) {
			snprintf(err, err_len, "%s:%d: a mobile node uses at most %d interfaces", conf_file(conf, c->line),
				 CONF_LINE(c->line), MN_IFS_MAX);
			return -1;
		}
	}
	return 0;
}

/* The best of those that are up has its time at the start, before another one is used. */
static struct mn_if *first(const struct mn *mn)
{
	struct mn_if *best = NULL;

	for (unsigned int i = 0; i < mn->n_ifs; i++) {
		struct mn_if *nif = mn->ifs[i];

		if (!best || nif->link_up > best->link_up || (nif->link_up == best->link_up && nif->preference < best->preference))
			best = nif;
	}
	return best;
}

/* Sections that name interfaces of their own want them: or else all home addresses would stay where the first one is. */
static bool sections_differ(const struct conf *conf)
{
	for (const struct conf_home *h = conf->homes; h; h = h->next)
		if (strcmp(h->ifname, conf->homes->ifname) != 0)
			return true;
	return false;
}

/* A home address that is added begins where the one is whose successor it is. */
static void follow(struct mn *mn)
{
	const struct mn *other = mn_of_same_origin(mn);
	struct mn_if *same = other ? mn_if_by_index(mn, other->cur->ifindex) : NULL;

	if (!other)
		return;
	if (same)
		mn->cur = same;
	for (unsigned int i = 0; i < mn->n_ifs; i++) {
		const struct mn_if *was = mn_if_by_index(other, mn->ifs[i]->ifindex);

		if (was)
			mn->ifs[i]->avoid_until = was->avoid_until;
	}
}

int mn_ifs_open(struct mn *mn, char *err, size_t err_len)
{
	const struct conf *conf = mn->d->conf;
	struct found f = { .mn = mn };
	bool any = false;

	if (!mn->home) {
		snprintf(err, err_len, "%s: no MnHomeLink: a mobile node needs one", conf->file);
		return -1;
	}
	if (add_configured(mn, err, err_len))
		return -1;
	mn->several = conf->mn_use_all_ifaces || mn->n_ifs > 1;
	if (kern_link_dump(see_link, &f)) {
		snprintf(err, err_len, "cannot read the interfaces: %s", kern_error());
		return -1;
	}
	for (unsigned int i = 0; i < mn->n_ifs; i++) {
		any = any || mn->ifs[i]->ifindex;
		if (mn->several && !mn->ifs[i]->ifindex && mn == mn_of(mn->d))
			log_notice("interface-absent", "interface=%s", mn->ifs[i]->name);
	}
	mn->own = sections_differ(conf) ? by_name(mn, mn->home->ifname) : NULL;
	mn->cur = first(mn);
	if (mn_is_formed(mn))
		follow(mn);
	if (!any || !mn->cur) {
		snprintf(err, err_len, mn->several ? "%s:%d: none of the interfaces exists, \"%s\" and others" : "%s:%d: interface \"%s\" does not exist",
			 conf_file(conf, mn->home->line), CONF_LINE(mn->home->line), mn->home->ifname);
		return -1;
	}
	if (f.failed) {
		snprintf(err, err_len, "cannot listen on all interfaces");
		return -1;
	}
	if (conf->mn_use_all_ifaces && mn->home->mobile_router)
		log_notice("all-interfaces", "hint=\"the interface of the mobile network needs 'Interface NAME { MnIfPreference 0; }'\"");
	mn_select_init(mn);
	return 0;
}

void mn_ifs_stop(struct mn *mn)
{
	mn_select_stop(mn);
	for (unsigned int i = 0; i < mn->n_ifs; i++)
		stop(mn->ifs[i]);
}

void mn_ifs_close(struct mn *mn)
{
	mn_ifs_stop(mn);
	while (mn->n_ifs)
		free(mn->ifs[--mn->n_ifs]);
	mn->cur = mn->prev = NULL;
}

/* ---- events ---- */

/*
 * Plugged in, perhaps again: an interface of this name has come, with none of the old one's addresses and settings.
 */
static void link_came(struct mn_if *nif, const struct kern_link *l)
{
	struct mn *mn = nif->mn;

	log_notice(nif->ifindex ? "interface-replaced" : "interface-new", "interface=%s", l->name);
	if (nif->ifindex)
		nd_sock_watch(mn->d->nd_fd, nif->ifindex, false);
	if (mn->admin_hoa.ifindex == nif->ifindex)
		mn->admin_hoa.ifindex = l->ifindex;
	nif->n_addrs = 0;
	if (attach(nif, l))
		log_error("listen-failed", "interface=%s", l->name);
	nif->link_up = false; /* what is told of it now is its first news */
	mn_kernel_sysctls(nif);
	mn_kernel_reread(mn);
}

/* Gone, and nobody has named it. */
static void link_left(struct mn_if *nif)
{
	struct mn *mn = nif->mn;

	log_notice("interface-gone", "interface=%s", nif->name);
	nd_sock_watch(mn->d->nd_fd, nif->ifindex, false);
	if (nif == mn->cur)
		return; /* until another one is used */
	if (nif == mn->prev)
		mn->prev = NULL;
	mn_kernel_sync(mn);
	mn_if_forget(nif);
}

void mn_if_link(struct mn *mn, const struct kern_link *l)
{
	struct mn_if *nif = mn_if_by_index(mn, l->ifindex);
	struct kern_link left = *l;
	bool was_up, was_gone, bounced;

	if (!nif) {
		if (l->gone)
			return;
		nif = by_name(mn, l->name);
		if (!nif && mn->d->conf->mn_use_all_ifaces && suits(mn, l))
			nif = add_found(mn, l);
		if (!nif)
			return;
		link_came(nif, l);
	} else if (!nif->configured && *l->name && strcmp(nif->name, l->name)) {
		mn_nemo_renamed(nif);
		memcpy(nif->name, l->name, sizeof(nif->name));
		mn_kernel_sysctls(nif);
		mn_kernel_sync(mn);
	}
	/* As a port it has no addresses of its own any more. */
	if (!nif->configured && l->enslaved) {
		left.gone = true;
		l = &left;
	}
	/* Back under its number: from a bridge, or from another namespace. */
	was_gone = nif->link_gone;
	if (was_gone && !l->gone)
		link_came(nif, l);
	was_up = nif->link_up;
	bounced = l->carrier_changes != nif->carrier_changes;
	take_link(nif, l);
	if (nif->link_up != was_up || (nif->link_up && bounced))
		mn_move_link(nif);
	if (!nif->configured && l->gone && !was_gone)
		link_left(nif);
}

static void see_again(const struct kern_link *l, void *arg)
{
	mn_if_link(arg, l);
}

struct present {
	int ifindex;
	bool there;
};

static void see_present(const struct kern_link *l, void *arg)
{
	struct present *p = arg;

	p->there = p->there || l->ifindex == p->ifindex;
}

void mn_ifs_reread(struct mn *mn)
{
	for (unsigned int i = mn->n_ifs; i--;) {
		struct mn_if *nif = mn->ifs[i];
		struct present p = { .ifindex = nif->ifindex };

		if (nif->link_gone || kern_link_dump(see_present, &p) || p.there)
			continue;
		mn_if_link(mn, &(struct kern_link){ .ifindex = nif->ifindex, .gone = true, .carrier_changes = nif->carrier_changes });
	}
	kern_link_dump(see_again, mn);
}

/* ---- what movement detection tells ---- */

void mn_if_clean(struct mn_if *nif)
{
	enum mn_dirt dirt = nif->dirt;

	nif->dirt = MN_CLEAN;
	if (dirt == MN_MOVED)
		mn_retire(nif);
	else if (dirt == MN_STARTED)
		mn_leftovers(nif);
}

void mn_if_arrived(struct mn_if *nif, bool home)
{
	struct mn *mn = nif->mn;

	nif->dirt = nif->location == MN_UNKNOWN ? MN_STARTED : MN_MOVED;
	nif->location = home ? MN_HOME : MN_AWAY;
	nif->avoid_until = 0;
	mn_own_forget(nif);
	if (nif == mn->cur) {
		mn_arrived(mn, home);
	} else {
		log_info("interface-at", "interface=%s on=%s router=%s", nif->name, mn_location_name(nif->location), log_addr(&nif->router->addr));
		mn_if_clean(nif);
	}
	mn_select_soon(mn);
}

void mn_if_lost(struct mn_if *nif)
{
	struct mn *mn = nif->mn;

	nif->has_table = false; /* the kernel may drop the route */
	if (nif == mn->cur)
		mn_hold(mn);
	mn_select_soon(mn);
}
