// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The home agent role: its start and its end, and what the daemon hands it.
 *
 * The start leaves nothing of an earlier daemon in place that it does not want itself: the tunnel device and the guard are taken over, routes
 * and proxy entries without a binding go.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cn/cn.h"
#include "ha/ha.h"
#include "kern/tun.h"

static void on_reconcile(struct ev_loop *loop, struct ev_timer *w, int revents)
{
	struct ha *ha = w->data;
	int err;

	(void)loop;
	(void)revents;
	ha_read_addresses(ha);
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
	if (ha_link_find_all(ha, err, err_len) || ha_link_sysctls(ha, err, err_len))
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
	if (ha_sysctl("net/ipv6/conf/" KERN_TUN_HA_NAME "/forwarding", "1", err, err_len))
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

static void ha_addr(struct daemon *d, const struct kern_addr *a, bool deleted)
{
	(void)a;
	(void)deleted;
	cn_addr_changed(d->cn);
	if (ha_read_addresses(ha_of(d)))
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

const struct role_ops ha_role = {
	.name = "home agent",
	.start = ha_start,
	.mh = ha_mh,
	.nd = ha_nd,
	.link = ha_link_changed,
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
