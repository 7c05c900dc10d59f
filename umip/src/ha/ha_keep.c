// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The binding cache survives the daemon (NonVolatileBindingCache).
 *
 * Every change is in the store before its acknowledgement leaves. A daemon that ends leaves the kernel's state as it is, and the next one takes
 * its bindings from the store: those that the kernel should still have are compared with what it has, the others (the machine started anew) are
 * put into it. What expired meanwhile, or is no longer ours to serve, goes from both.
 *
 * A store that cannot be written does not stop the service: the log and `mip6ctl status` say so. Its file is set aside, since it would bring back
 * what has changed meanwhile, and everything is written anew until that succeeds.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/addr.h"
#include "core/ipsec.h"
#include "ha/ha.h"
#include "ha/ha_store.h"

#define RETRY 5.0 /* seconds until a store that could not be written is tried again */

static void put(struct ha *ha, const struct binding *b)
{
	struct ha_stored r = { .hoa = b->hoa, .coa = b->coa, .ha = b->ha, .flags = b->flags, .seq = b->seq, .lifetime = b->lifetime,
			       .registered = b->registered, .expires = b->expires };

	for (unsigned int i = 0; b->network && i < b->network->n; i++)
		r.mnps.at[r.mnps.n++] = b->network->at[i].prefix;

	ha_store_put(ha->store, &r);
}

static void put_bound(struct binding *b, void *arg)
{
	if (b->state == BC_BOUND)
		put(arg, b);
}

/* What is on disk now is out of date: a daemon that is killed must not find it. */
static void failed(struct ha *ha)
{
	ha->d->stats[STAT_STORE_ERRORS]++;
	if (!ha->store_behind)
		log_error("binding-cache-not-saved", "error=\"%s\" retry_s=%.0f", ha_store_error(ha->store), RETRY);
	ha_store_abandon(ha->store, ha->store_behind);
	ha->store_behind = true;
	ev_timer_stop(ha->d->loop, &ha->store_retry);
	ev_timer_set(&ha->store_retry, RETRY, 0);
	ev_timer_start(ha->d->loop, &ha->store_retry);
}

/* Into a new file. */
static void write_all(struct ha *ha)
{
	bool ok = !ha_store_reopen(ha->store);

	if (ok) {
		bcache_each(ha->cache, put_bound, ha);
		ha_seq_put_all(ha);
	}
	if (!ok || ha_store_commit(ha->store)) {
		failed(ha);
		return;
	}
	ha->store_behind = false;
	ev_timer_stop(ha->d->loop, &ha->store_retry);
	log_notice("binding-cache-saved", "bindings=%u", bcache_count(ha->cache));
}

static void on_retry(struct ev_loop *loop, struct ev_timer *w, int revents)
{
	struct ha *ha = w->data;

	(void)loop;
	(void)revents;
	write_all(ha);
}

bool ha_keep_saved(struct ha *ha)
{
	if (ha->store && ha->store_behind)
		write_all(ha);
	return ha->store && !ha->store_behind;
}

void ha_keep_note(struct ha *ha, const struct binding *b)
{
	if (!ha->store || ha->store_behind)
		return;
	if (b->state == BC_BOUND)
		put(ha, b);
	else
		ha_store_del(ha->store, &b->hoa);
}

void ha_keep_forget(struct ha *ha, const struct binding *b)
{
	if (ha->store && !ha->store_behind)
		ha_store_del(ha->store, &b->hoa);
}

void ha_keep_commit(struct ha *ha)
{
	if (!ha->store && ha->seq_store && ha_store_commit(ha->seq_store)) {
		ha->d->stats[STAT_STORE_ERRORS]++;
		if (log_allow(&ha->log[HA_LOG_RESTORE], "sequence-numbers-not-saved"))
			log_error("sequence-numbers-not-saved", "error=\"%s\"", ha_store_error(ha->seq_store));
	}
	if (ha->store && !ha->store_behind && ha_store_commit(ha->store))
		failed(ha);
}

/* ---- the start ---- */

/* Why this one does not come back, or NULL. */
static const char *unwanted(struct ha *ha, struct ha_stored *r, const struct ha_link *l, double now)
{
	if (r->expires <= now)
		return "expired";
	if (!l || !ha_serves(ha, &r->ha))
		return "its home link or our address there is not ours any more";
	if (conf_acl_status(ha->d->conf, &r->hoa))
		return "the configuration refuses it";
	if (ipsec_lacks(ha->d, &r->hoa, &r->ha))
		return "no IPsecPolicySet has it, with this home agent";
	if (ha->d->ipsec && !ha_seq_is(ha, &r->hoa, r->seq))
		return "it was made without IPsec";
	if (ha_is_our_address(ha, &r->hoa) || ha_is_our_address(ha, &r->coa) || bcache_find(ha->cache, &r->coa))
		return "its addresses are in use";
	if (!(r->flags & MH_BU_R))
		r->mnps.n = 0;
	if (r->flags & MH_BU_R && ha_nemo_judge(ha, &r->hoa, NULL, &r->mnps))
		return "it is a mobile router, and its prefixes are not its own any more";
	if (ha_nemo_loops(ha, &r->hoa, &r->coa, &r->mnps))
		return "its care-of address is behind itself";
	return NULL;
}

/* NULL or why not. */
static const char *restore(struct ha *ha, struct ha_stored *r)
{
	const struct ha_prefix *prefix;
	struct ha_link *l = ha_link_of_home(ha, &r->hoa, &prefix); /* whatever its name is by now */
	double now = clock_now();
	const char *why = unwanted(ha, r, l, now);
	struct binding *b;
	int err;

	if (why)
		return why;
	b = bcache_add(ha->cache, &r->hoa);
	if (!b)
		return "there is no room (HaMaxBindings)";
	b->owner = ha;
	b->ifindex = l->ifindex;
	b->state = BC_BOUND;
	b->coa = b->installed_coa = r->coa;
	b->ha = b->installed_ha = r->ha;
	b->flags = r->flags;
	b->seq = r->seq;
	b->lifetime = r->lifetime;
	b->registered = r->registered;
	b->expires = r->expires;
	limit_init(&b->rate, HA_UPDATE_RATE, HA_UPDATE_BURST, now);
	if (b->flags & MH_BU_L) {
		struct in6_addr ll = ha_link_local_of(&b->hoa);

		bcache_set_link_local(ha->cache, b, &ll);
	}
	err = ha_open_guard(ha, b);
	if (!err)
		err = ipsec_move(ha->d->ipsec, &b->hoa, &b->coa, false); /* most often that is where it is */
	if (!err)
		err = ha_nemo_take(ha, b, &r->mnps);
	for (unsigned int i = 0; !err && i < r->mnps.n; i++)
		err = kern_guard_set_prefix(ha->guard, &r->mnps.at[i].addr, r->mnps.at[i].len, &b->coa, &b->ha);
	if (err) {
		kern_guard_del(ha->guard, &b->hoa);
		ipsec_move(ha->d->ipsec, &b->hoa, NULL, false);
		for (unsigned int i = 0; i < r->mnps.n; i++)
			kern_guard_del_prefix(ha->guard, &r->mnps.at[i].addr, r->mnps.at[i].len);
		ha_remove(ha, b);
		return strerror(-err);
	}
	ha_expire_start(ha, b);
	b->installed = b->announced = r->same_boot;
	b->installed_router = b->flags & MH_BU_R;
	if (b->installed)
		ha_nemo_settled(b);
	if (!r->same_boot)
		ha_queue(ha, b, HA_WORK_REFRESH);
	return NULL;
}

/* Nothing depends on them but what a replay could do, so that a home agent without a disk works, too. */
static void keep_sequences(struct ha *ha, const char *file)
{
	char err[512];

	ha->seq_store = ha_store_open(file, err, sizeof(err));
	if (!ha->seq_store) {
		log_warn("sequence-numbers-not-kept", "error=\"%s\" effect=\"with manual keys, an update from before a restart could be replayed\"", err);
		return;
	}
	ha_store_clear_bindings(ha->seq_store);
	ha_seq_load(ha);
	ha_keep_commit(ha);
}

int ha_keep_start(struct ha *ha, char *err, size_t err_len)
{
	const struct conf *c = ha->d->conf;
	const char *file = c->binding_cache_file ? c->binding_cache_file : CONF_BINDING_CACHE_FILE;
	struct ha_stored *rows;
	unsigned int n, gone = 0;

	ev_timer_init(&ha->store_retry, on_retry, RETRY, 0);
	ha->store_retry.data = ha;
	if (!c->ha_keep && ha->d->ipsec) {
		keep_sequences(ha, file);
		return 0;
	}
	if (!c->ha_keep) {
		/* From now on it is out of date. One that another daemon has, of another namespace, stays. */
		if (!access(file, F_OK) && (ha->store = ha_store_open(file, err, err_len)))
			ha_keep_stop(ha, true);
		return 0;
	}
	ha->store = ha_store_open(file, err, err_len);
	if (!ha->store || ha_store_load(ha->store, &rows, &n, err, err_len))
		return -1;
	ha->seq_store = ha->store;
	ha_seq_load(ha);
	for (unsigned int i = 0; i < n; i++) {
		const char *why = restore(ha, &rows[i]);

		if (!why)
			continue;
		gone++;
		ha_store_del(ha->store, &rows[i].hoa);
		if (log_allow(&ha->log[HA_LOG_RESTORE], "binding-not-restored"))
			log_notice("binding-not-restored", "home_address=%s reason=\"%s\"", log_addr(&rows[i].hoa), why);
	}
	free(rows);
	ha_keep_commit(ha);
	if (n)
		log_notice("bindings-restored", "bindings=%u dropped=%u", n - gone, gone);
	return 0;
}

void ha_keep_stop(struct ha *ha, bool clear)
{
	ev_timer_stop(ha->d->loop, &ha->store_retry);
	if (!ha->store && ha->seq_store) {
		if (clear)
			ha_store_clear(ha->seq_store);
		ha_keep_commit(ha);
		ha_store_close(ha->seq_store);
	}
	ha->seq_store = NULL;
	if (!ha->store)
		return;
	if (clear && !ha->store_behind) {
		ha_store_clear(ha->store);
		ha_keep_commit(ha); /* or else the file goes as a whole */
		ev_timer_stop(ha->d->loop, &ha->store_retry);
	}
	ha_store_close(ha->store);
	ha->store = NULL;
}
