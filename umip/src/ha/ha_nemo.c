// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Mobile routers (RFC 3963 section 6): the prefixes that a binding has besides its home address.
 *
 * All prefixes of all bindings are in one tree in which two that overlap count as equal, so that one search tells whom an address belongs to
 * and whether a prefix is still free.
 *
 * In the kernel a prefix is a route with the binding's encapsulation, and an entry of the guard. While its mobile router has no
 * binding, because it is at home or cannot be reached, a route of a higher metric leads to the home address on the home link, where it is a
 * router like any other. That one is always there, and comes into play as soon as the other one goes.
 */
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "core/addr.h"
#include "ha/ha_nemo.h"
#include "kern/tun.h"

#define METRIC_BOUND   512  /* before an administrator's, which have 1024 if nothing is said, */
#define METRIC_AT_HOME 2048 /* and behind them */

/* ---- the tree ---- */

/* An order of prefixes that do not overlap; one that overlaps an entry finds it. */
static int compare(const void *a, const void *b)
{
	const struct mh_prefix *x = &((const struct bc_prefix *)a)->prefix, *y = &((const struct bc_prefix *)b)->prefix;

	if (addr_in_prefix(&x->addr, &y->addr, x->len < y->len ? x->len : y->len))
		return 0;
	return memcmp(&x->addr, &y->addr, sizeof(x->addr));
}

struct bc_prefix *nemo_find(const struct ha *ha, const struct mh_prefix *p)
{
	const struct bc_prefix key = { .prefix = *p };
	void *found = tfind(&key, &ha->prefixes, compare);

	return found ? *(struct bc_prefix **)found : NULL;
}

static bool has(const struct bc_network *net, const struct mh_prefix *p)
{
	for (unsigned int i = 0; net && i < net->n; i++)
		if (nemo_same(&net->at[i].prefix, p))
			return true;
	return false;
}

static void leave_tree(struct ha *ha, const struct bc_network *net)
{
	for (unsigned int i = 0; net && i < net->n; i++)
		tdelete(&net->at[i], &ha->prefixes, compare);
}

/* 0 or -ENOMEM, with nothing of it in the tree. */
static int enter_tree(struct ha *ha, struct bc_network *net)
{
	for (unsigned int i = 0; net && i < net->n; i++) {
		void *at = tsearch(&net->at[i], &ha->prefixes, compare);

		if (at && *(struct bc_prefix **)at == &net->at[i])
			continue;
		while (i--)
			tdelete(&net->at[i], &ha->prefixes, compare);
		return -ENOMEM;
	}
	return 0;
}

/* ---- the binding ---- */

static bool unchanged(const struct bc_network *net, const struct bc_mnps *mnps)
{
	if ((net ? net->n : 0) != mnps->n)
		return false;
	for (unsigned int i = 0; i < mnps->n; i++)
		if (!nemo_same(&net->at[i].prefix, &mnps->at[i]))
			return false;
	return true;
}

int ha_nemo_take(struct ha *ha, struct binding *b, const struct bc_mnps *mnps)
{
	struct bc_network *net = NULL;

	if (unchanged(b->network, mnps))
		return 0;
	if (mnps->n) {
		net = calloc(1, sizeof(*net) + mnps->n * sizeof(net->at[0]));
		if (!net)
			return -ENOMEM;
		net->n = mnps->n;
		for (unsigned int i = 0; i < mnps->n; i++)
			net->at[i] = (struct bc_prefix){ .prefix = mnps->at[i], .of = b };
	}
	leave_tree(ha, b->network);
	if (enter_tree(ha, net)) {
		free(net);
		/* The nodes that this one needs were there a moment ago. */
		if (enter_tree(ha, b->network))
			log_error("prefixes-lost", "home_address=%s error=\"%s\"", log_addr(&b->hoa), strerror(ENOMEM));
		return -ENOMEM;
	}
	if (b->network != b->installed_network)
		free(b->network);
	b->network = net;
	return 0;
}

void ha_remove(struct ha *ha, struct binding *b)
{
	ha_mpd_stop(ha, b);
	ha_multicast_forget(ha, b);
	leave_tree(ha, b->network);
	if (b->network != b->installed_network)
		free(b->installed_network);
	free(b->network);
	bcache_remove(ha->cache, b);
}

struct json_object *ha_nemo_json(const struct binding *b)
{
	struct json_object *o = json_object_new_array();
	char text[INET6_ADDRSTRLEN + 4];

	for (unsigned int i = 0; i < b->network->n; i++) {
		snprintf(text, sizeof(text), "%s/%u", log_addr(&b->network->at[i].prefix.addr), b->network->at[i].prefix.len);
		json_object_array_add(o, json_object_new_string(text));
	}
	return o;
}

/* ---- the kernel ---- */

static struct kern_route route_to(const struct ha *ha, const struct mh_prefix *p, const struct binding *b)
{
	return (struct kern_route){ .dst = p->addr, .dst_len = p->len, .ifindex = ha->networks, .metric = METRIC_BOUND, .has_encap = true,
				    .encap_src = b->ha, .encap_dst = b->coa };
}

/* One that is not another binding's by now. */
static void take_out(struct ha *ha, struct kern_batch *kb, const struct binding *b, const struct mh_prefix *p)
{
	struct kern_route r = { .dst = p->addr, .dst_len = p->len, .ifindex = ha->networks, .metric = METRIC_BOUND };
	const struct bc_prefix *now = nemo_find(ha, p);

	if (now && now->of != b && nemo_same(&now->prefix, p))
		return;
	kern_guard_del_prefix(ha->guard, &p->addr, p->len);
	kern_route_del(kb, &r, KERN_OK_ABSENT);
}

int ha_nemo_put(struct ha *ha, struct kern_batch *kb, const struct binding *b, bool all)
{
	const struct bc_network *had = b->installed_network, *now = b->network;

	for (unsigned int i = 0; had && i < had->n; i++)
		if (!has(now, &had->at[i].prefix))
			take_out(ha, kb, b, &had->at[i].prefix);
	for (unsigned int i = 0; now && i < now->n; i++) {
		const struct mh_prefix *p = &now->at[i].prefix;
		struct kern_route r = route_to(ha, p, b);
		int err;

		if (!all && has(had, p))
			continue;
		err = kern_guard_set_prefix(ha->guard, &p->addr, p->len, &b->coa, &b->ha);
		if (err)
			return err;
		kern_route_replace(kb, &r);
	}
	return 0;
}

void ha_nemo_take_out(struct ha *ha, struct kern_batch *kb, const struct binding *b)
{
	for (unsigned int i = 0; b->installed_network && i < b->installed_network->n; i++)
		take_out(ha, kb, b, &b->installed_network->at[i].prefix);
	for (unsigned int i = 0; b->network != b->installed_network && b->network && i < b->network->n; i++)
		take_out(ha, kb, b, &b->network->at[i].prefix);
}

void ha_nemo_settled(struct binding *b)
{
	if (b->network != b->installed_network)
		free(b->installed_network);
	b->installed_network = b->network;
}

/* ---- at home ---- */

static struct kern_route route_at_home(const struct conf_acl *acl, unsigned int i, const struct ha_link *l)
{
	return (struct kern_route){ .dst = acl->mnps.at[i].addr, .dst_len = acl->mnps.at[i].len, .ifindex = l->ifindex,
				    .metric = METRIC_AT_HOME, .has_gateway = true, .gateway = acl->hoa };
}

static void put_at_home(struct ha *ha, struct kern_batch *kb, const struct conf_acl *acl)
{
	const struct ha_prefix *prefix;
	const struct ha_link *l = ha_link_of_home(ha, &acl->hoa, &prefix);

	for (unsigned int i = 0; l && l->up && !acl->status && i < acl->mnps.n; i++) {
		struct mh_prefix p = { .addr = acl->mnps.at[i].addr, .len = acl->mnps.at[i].len };
		struct kern_route r = route_at_home(acl, i, l);

		if (!nemo_overlaps_home(ha, &p))
			kern_route_replace(kb, &r);
	}
}

/* What the home link does not let in now comes with the next reconciliation, after it is up. */
static void commit_at_home(struct ha *ha, struct kern_batch *kb)
{
	if (kern_batch_commit(kb) && log_allow(&ha->log[HA_LOG_NETWORK], "no-route-at-home"))
		log_warn("no-route-at-home", "error=\"%s\"", kern_error());
}

void ha_nemo_at_home(struct ha *ha, const struct binding *b)
{
	const struct conf_acl *acl = ha->networks ? conf_acl_find(ha->d->conf, &b->hoa) : NULL;
	struct kern_batch *kb = acl && acl->mnps.n ? kern_batch_new(KERN_ROUTE) : NULL;

	if (!kb)
		return;
	put_at_home(ha, kb, acl);
	commit_at_home(ha, kb);
}

bool ha_nemo_seen(struct ha *ha, const struct kern_route *r, unsigned int *at_home)
{
	struct mh_prefix p = { .addr = r->dst, .len = r->dst_len };
	const struct bc_prefix *known;
	const struct ha_prefix *home;
	const struct conf_acl *acl;
	const struct ha_link *l;

	if (!ha->networks)
		return false;
	if (r->has_gateway) {
		acl = conf_acl_find(ha->d->conf, &r->gateway);
		l = ha_link_of_home(ha, &r->gateway, &home);
		if (!acl || acl->status || !l || l->ifindex != r->ifindex || r->metric != METRIC_AT_HOME)
			return false;
		for (unsigned int i = 0; i < acl->mnps.n; i++)
			if (acl->mnps.at[i].len == p.len && IN6_ARE_ADDR_EQUAL(&acl->mnps.at[i].addr, &p.addr)) {
				++*at_home;
				return true;
			}
		return false;
	}
	known = nemo_find(ha, &p);
	if (!known || !nemo_same(&known->prefix, &p) || known->of->state != BC_BOUND || r->ifindex != ha->networks)
		return false;
	if (r->has_encap && IN6_ARE_ADDR_EQUAL(&r->encap_dst, &known->of->installed_coa) &&
	    IN6_ARE_ADDR_EQUAL(&r->encap_src, &known->of->installed_ha))
		known->of->seen_prefixes++;
	return true;
}

bool ha_nemo_complete(const struct binding *b)
{
	return b->network != b->installed_network || b->seen_prefixes == (b->network ? b->network->n : 0);
}

bool ha_nemo_lost(struct ha *ha, const struct kern_route *r)
{
	struct mh_prefix p = { .addr = r->dst, .len = r->dst_len };
	const struct bc_prefix *known = ha->networks && r->ifindex == ha->networks ? nemo_find(ha, &p) : NULL;

	return known && nemo_same(&known->prefix, &p) && known->of->state == BC_BOUND && known->of->installed;
}

void ha_nemo_reconcile(struct ha *ha, unsigned int at_home)
{
	struct kern_batch *kb;
	unsigned int n = 0;

	for (const struct conf_acl *a = ha->networks ? ha->d->conf->acl : NULL; a; a = a->next)
		n += a->status ? 0 : a->mnps.n;
	if (n <= at_home)
		return;
	kb = kern_batch_new(KERN_ROUTE);
	if (!kb)
		return;
	for (const struct conf_acl *a = ha->d->conf->acl; a; a = a->next) {
		const struct binding *b = a->mnps.n ? bcache_find(ha->cache, &a->hoa) : NULL;

		/* The kernel takes a next hop only where it would look for it itself. */
		if (!b || !b->installed)
			put_at_home(ha, kb, a);
	}
	commit_at_home(ha, kb);
}

static void flush_at_home(const struct kern_route *r, void *arg)
{
	if (r->has_gateway && r->metric == METRIC_AT_HOME)
		kern_route_del(arg, r, KERN_OK_ABSENT);
}

void ha_nemo_flush(struct ha *ha, struct kern_batch *kb)
{
	/* Not by the configuration: it may have been another one that put them in. */
	if (ha->networks)
		kern_route_dump(0, KERN_RTPROT, flush_at_home, kb);
}

/* ---- start ---- */

static void warn_of_home(struct ha *ha)
{
	for (const struct conf_acl *a = ha->d->conf->acl; a; a = a->next)
		for (unsigned int i = 0; i < a->mnps.n; i++) {
			struct mh_prefix p = { .addr = a->mnps.at[i].addr, .len = a->mnps.at[i].len };

			if (nemo_overlaps_home(ha, &p))
				log_warn("prefix-of-home", "home_address=%s prefix=%s/%u reason=\"it overlaps a home link or an address of "
					 "ours: no registration with it will be accepted\"", log_addr(&a->hoa), log_addr(&p.addr), p.len);
		}
}

int ha_nemo_open(struct ha *ha, char *err, size_t err_len)
{
	struct kern_link l;
	char why[256] = "";

	if (!ha->d->conf->ha_accept_routers) {
		/* An earlier daemon's. */
		if (!kern_link_get(KERN_TUN_NETS_NAME, &l))
			kern_tun_close(l.ifindex);
		return 0;
	}
	ha->networks = kern_tun_open_silent(KERN_TUN_NETS_NAME);
	if (ha->networks < 0) {
		snprintf(err, err_len, "cannot create the device for mobile networks: %s", kern_error());
		ha->networks = 0;
		return -1;
	}
	if (kern_guard_networks(ha->guard, ha->networks, why, sizeof(why))) {
		snprintf(err, err_len, "cannot forward to mobile networks: %s", why);
		return -1;
	}
	warn_of_home(ha);
	return 0;
}
