// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * IPsec from its start to its end: the transport policies are put into the kernel and taken out, and what the kernel tells in between is heard.
 *
 * What is believed to be there can be wrong in one way only, that somebody else has deleted it. The kernel tells us; until it is put back,
 * a moment later (ipsec_reconcile.c), no registration is protected (ipsec_protects()). It may tell too late: ipsec_fence.c.
 */
#include <netinet/in.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/ipsec_impl.h"

#define READ_MAX 64 /* events a turn */

/* ---- what the kernel tells ---- */

static void on_sa(struct ipsec *ip, const struct kern_ipsec_event *e)
{
	const struct ipsec_peer *p = ipsec_peer_of_sa(ip, &e->src, &e->dst, e->tunnel, e->reqid);
	bool gone = e->kind == KERN_IPSEC_SA_GONE;

	ip->sas_at = -INFINITY;
	ipsec_renew_event(ip, e);
	if (!p)
		return;
	if (log_allow(&ip->log_sa, "association"))
		log_info(gone ? "association-gone" : "association", "home_address=%s from=%s to=%s spi=0x%08x reqid=%u mode=%s", log_addr(&p->hoa),
			 log_addr(&e->src), log_addr(&e->dst), e->spi, e->reqid, e->tunnel ? "tunnel" : "transport");
	/* Of a pair the IKE daemon puts the one for what arrives there first; only with the other can anything leave. */
	if (!gone && ip->d->associated && !e->tunnel && !IN6_ARE_ADDR_EQUAL(&e->src, &p->set->ha))
		ip->d->associated(ip->d, &p->hoa);
}

static void on_acquire(struct ipsec *ip, const struct kern_ipsec_event *e)
{
	const struct ipsec_peer *p = ipsec_peer_of_sa(ip, &e->src, &e->dst, e->tunnel, e->reqid);

	if (p && log_allow(&ip->log_acquire, "association-missing"))
		log_notice("association-missing", "home_address=%s from=%s to=%s reqid=%u mode=%s action=\"the key manager is asked\"",
			   log_addr(&p->hoa), log_addr(&e->src), log_addr(&e->dst), e->reqid, e->tunnel ? "tunnel" : "transport");
}

static void on_event(struct ipsec *ip, const struct kern_ipsec_event *e)
{
	switch (e->kind) {
	case KERN_IPSEC_ACQUIRE:
		return on_acquire(ip, e);
	case KERN_IPSEC_SA_NEW:
	case KERN_IPSEC_SA_GONE:
		return on_sa(ip, e);
	case KERN_IPSEC_SA_FLUSH:
		ip->sas_at = -INFINITY;
		log_warn("associations-flushed", "effect=\"nothing protected passes until there are new ones\"");
		return;
	case KERN_IPSEC_POLICY_GONE:
		/* One that has a selector which none of ours can have is no business of ours. */
		if ((IN6_IS_ADDR_UNSPECIFIED(&e->src) && IN6_IS_ADDR_UNSPECIFIED(&e->dst)) || ipsec_peer(ip, &e->src) || ipsec_peer(ip, &e->dst))
			ipsec_policies_gone(ip);
		return;
	case KERN_IPSEC_SA_EXPIRING: /* the key manager's to mend */
	case KERN_IPSEC_MIGRATED:
		return;
	}
}

/* Whether there was nothing more. */
static bool read_events(struct ipsec *ip)
{
	struct kern_ipsec_event e;

	for (int i = 0; i < READ_MAX; i++) {
		int r = kern_ipsec_watch_read(ip->fd, &e);

		if (r == -EAGAIN)
			return true;
		if (r == -ENOBUFS) {
			ipsec_policies_gone(ip); /* they may be */
			ipsec_renew_event(ip, NULL);
		} else if (r > 0) {
			on_event(ip, &e);
		} else if (r < 0) {
			if (log_allow(&ip->log_kernel, "receive-failed"))
				log_warn("receive-failed", "socket=ipsec error=\"%s\"", strerror(-r));
			/* What it would have told is not known, and it may go on like that. */
			ipsec_policies_gone(ip);
			return true;
		}
	}
	return false;
}

void ipsec_catch_up(struct ipsec *ip)
{
	while (ip && !read_events(ip))
		;
}

static void on_readable(struct ev_loop *loop, ev_io *w, int revents)
{
	(void)loop;
	(void)revents;
	read_events(w->data);
}

/* ---- start and end ---- */

/* All transport policies of all peers; each peer's are a transaction. 0 or -errno. */
static int put_transport(struct ipsec *ip)
{
	int err = 0;

	for (size_t i = 0; !err && i < ip->n; i++) {
		err = ipsec_put(ip, &ip->peers[i], IPSEC_TRANSPORT);
		if (err)
			ipsec_take_out(ip, &ip->peers[i], IPSEC_TRANSPORT);
		else
			ip->peers[i].standing = true;
	}
	return err;
}

/* What this kernel cannot do for what the configuration asks; NULL: nothing. */
static const char *cannot(const struct ipsec *ip)
{
	struct kern_ipsec_wants w = { .esp = ip->n };

	for (size_t i = 0; i < ip->n; i++) {
		const struct conf_ipsec_policy *c = ip->peers[i].set->policy;

		w.migrate = w.migrate || ipsec_has_tunnel(&ip->peers[i]);
		w.mh_type_in = w.migrate_typed = w.migrate_typed || c[IPSEC_TUNNEL_HOME_TESTING].line;
	}
	w.pf_key_migrate = w.migrate && ip->d->conf->ipsec_pf_key;
	return kern_probe_missing_ipsec(&ip->d->able, &w);
}

/* What the sets leave out, once for all home addresses that lack the same. */
static void warn_of_prefixes(const struct ipsec *ip)
{
	const struct conf *c = ip->d->conf;
	const struct ipsec_peer *first = NULL;
	size_t n = 0;

	for (size_t i = 0; i < ip->n; i++)
		if (ipsec_prefixes_in_clear(&ip->peers[i])) {
			first = first ? first : &ip->peers[i];
			n++;
		}
	if (n && (ip->mobile_node ? c->send_mob_pfx_sols : c->send_mob_pfx_advs))
		log_warn("prefix-discovery-unprotected", "home_address=%s home_addresses=%zu effect=\"there is none for them\" "
			 "hint=\"IPsecPolicy MobPfxDisc UseESP on both nodes, or %s disabled\"", log_addr(&first->hoa), n,
			 ip->mobile_node ? "SendMobPfxSols" : "SendMobPfxAdvs");
}

static int start(struct ipsec *ip, char *err, size_t err_len)
{
	const char *why = cannot(ip);

	if (why) {
		snprintf(err, err_len, "%s", why);
		return -1;
	}
	ip->fd = kern_ipsec_watch_open();
	if (ip->fd < 0) {
		snprintf(err, err_len, "cannot listen to the kernel's IPsec: %s", strerror(-ip->fd));
		return -1;
	}
	if (ipsec_learn(ip) || ipsec_settle_ends(ip) || put_transport(ip) || ipsec_learn_guards(ip)) {
		snprintf(err, err_len, "cannot set up IPsec policies: %s", kern_error());
		return -1;
	}
	ev_io_init(&ip->io, on_readable, ip->fd, EV_READ);
	ev_io_start(ip->d->loop, &ip->io);
	ipsec_count_start(ip);
	ipsec_renew_start(ip);
	warn_of_prefixes(ip);
	return 0;
}

struct ipsec *ipsec_open(struct daemon *d, char *err, size_t err_len)
{
	const struct log_limit quiet = { .burst = 5 };
	struct ipsec *ip = calloc(1, sizeof(*ip));

	if (ip) {
		ip->d = d;
		ip->mobile_node = d->conf->role == ROLE_MN;
		ip->typed = d->able.mh_type_in;
		ip->fd = -1;
		ip->sas_at = -INFINITY;
		ip->log_acquire = ip->log_kernel = ip->log_sa = ip->log_unguarded = quiet;
		ip->io.data = ip;
		ipsec_reconcile_init(ip);
		ipsec_renew_init(ip);
	}
	if (!ip || ipsec_collect_peers(ip) || ipsec_index_reqids(ip))
		snprintf(err, err_len, "out of memory");
	else if (!start(ip, err, err_len))
		return ip;
	ipsec_close(ip, d->leave);
	return NULL;
}

void ipsec_settled(struct ipsec *ip)
{
	for (size_t i = 0; ip && i < ip->n; i++) {
		struct ipsec_peer *p = &ip->peers[i];

		if (p->tunnel && !p->claimed && ipsec_come_home(ip, p)) {
			ip->d->stats[STAT_KERNEL_ERRORS]++;
			log_error("kernel-refused", "for=\"tunnel policies\" error=\"%s\"", kern_error());
		}
	}
}

void ipsec_close(struct ipsec *ip, bool leave)
{
	if (!ip)
		return;
	if (!leave && ip->fd >= 0) {
		ipsec_catch_up(ip);
		ipsec_renew_last(ip);
	}
	ev_io_stop(ip->d->loop, &ip->io);
	ev_timer_stop(ip->d->loop, &ip->look);
	ev_timer_stop(ip->d->loop, &ip->count);
	if (ip->fd >= 0)
		close(ip->fd);
	for (size_t i = 0; !leave && i < ip->n; i++) {
		struct ipsec_peer *p = &ip->peers[i];

		if (p->tunnel && ipsec_come_home(ip, p))
			ipsec_take_out(ip, p, IPSEC_TUNNEL);
		if (p->standing && ipsec_take_out(ip, p, IPSEC_TRANSPORT))
			log_error("kernel-refused", "for=\"end of IPsec\" error=\"%s\"", kern_error());
	}
	ipsec_renew_stop(ip); /* a tunnel that has come home may want a look */
	kern_pfkey_close();
	free(ip->sas);
	free(ip->reqids);
	free(ip->peers);
	free(ip);
}
