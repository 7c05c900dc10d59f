// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The peers' policies in the kernel: from the start to the end, and along with the care-of address.
 *
 * What is believed to be there can be wrong in one way only, that somebody else has deleted it. The kernel tells us; until it is put back,
 * a moment later, no registration is protected (ipsec_protects()). It may tell too late: ipsec_fence.c.
 */
#include <netinet/in.h>

#include <linux/xfrm.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/ipsec_impl.h"

#define LOOK_SOON  0.02 /* seconds: what is deleted in one go is put back in one go */
#define LOOK_AGAIN 1.0	/* after a failure */
#define TRUST_AFTER 0.2 /* if the kernel cannot say that nothing is on its way any more */
#define READ_MAX   64	/* events a turn */

/* ---- the peers ---- */

struct ipsec_peer *ipsec_peer(const struct ipsec *ip, const struct in6_addr *hoa)
{
	size_t lo = 0, hi = ip->n;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		int d = memcmp(hoa, &ip->peers[mid].hoa, sizeof(*hoa));

		if (!d)
			return &ip->peers[mid];
		if (d < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

bool ipsec_has_reqid(const struct ipsec_peer *p, bool tunnel, uint32_t reqid)
{
	for (int t = 0; t < IPSEC_TYPES; t++) {
		const struct conf_ipsec_policy *c = &p->set->policy[t];

		if (c->line && conf_ipsec_is_tunnel(t) == tunnel && (!c->reqid[0] || c->reqid[0] == reqid || c->reqid[1] == reqid))
			return true;
	}
	return false;
}

struct ipsec_peer *ipsec_peer_of_sa(const struct ipsec *ip, const struct in6_addr *src, const struct in6_addr *dst, bool tunnel,
				    uint32_t reqid)
{
	struct ipsec_peer *p = ipsec_peer(ip, src);

	if (!p)
		p = ipsec_peer(ip, dst);
	/* A tunnel ends at a care-of address, which nothing finds but looking. */
	for (size_t i = 0; !p && tunnel && i < ip->n; i++)
		if (ip->peers[i].tunnel && (IN6_ARE_ADDR_EQUAL(&ip->peers[i].end, src) || IN6_ARE_ADDR_EQUAL(&ip->peers[i].end, dst)))
			p = &ip->peers[i];
	return p && ipsec_has_reqid(p, tunnel, reqid) ? p : NULL;
}

bool ipsec_protects(const struct ipsec *ip, const struct in6_addr *hoa, const struct in6_addr *ha)
{
	const struct ipsec_peer *p = ip ? ipsec_peer(ip, hoa) : NULL;

	return p && !ip->broken && p->standing && IN6_ARE_ADDR_EQUAL(&p->set->ha, ha);
}

bool ipsec_mending(const struct ipsec *ip)
{
	return ip && ip->broken;
}

bool ipsec_tunnelled(const struct daemon *d, const struct in6_addr *hoa, const struct in6_addr *coa)
{
	const struct ipsec_peer *p = d->ipsec ? ipsec_peer(d->ipsec, hoa) : NULL;

	return p && !d->ipsec->broken && p->tunnel && IN6_ARE_ADDR_EQUAL(&p->end, coa);
}

const char *ipsec_error(const struct daemon *d)
{
	return d->ipsec ? d->ipsec->words : "";
}

bool ipsec_lacks(const struct daemon *d, const struct in6_addr *hoa, const struct in6_addr *ha)
{
	return d->conf->use_mn_ha_ipsec && !ipsec_protects(d->ipsec, hoa, ha);
}

bool ipsec_lacks_prefixes(const struct daemon *d, const struct in6_addr *hoa)
{
	const struct ipsec_peer *p = d->ipsec ? ipsec_peer(d->ipsec, hoa) : NULL;

	return p && ipsec_prefixes_in_clear(p);
}

static bool protects(const struct daemon *d, const struct in6_addr *hoa, enum conf_ipsec_type t)
{
	const struct ipsec_peer *p = d->ipsec ? ipsec_peer(d->ipsec, hoa) : NULL;

	return p && p->set->policy[t].line && !p->set->policy[t].block;
}

bool ipsec_covers_payload(const struct daemon *d, const struct in6_addr *hoa)
{
	return protects(d, hoa, IPSEC_TUNNEL_PAYLOAD);
}

bool ipsec_covers_home_test(const struct daemon *d, const struct in6_addr *hoa)
{
	return protects(d, hoa, IPSEC_TUNNEL_HOME_TESTING) || protects(d, hoa, IPSEC_TUNNEL_MH) || ipsec_covers_payload(d, hoa);
}

/* ---- transactions ---- */

static int apply(const struct ipsec *ip, const struct ipsec_peer *p, enum ipsec_half half, bool there)
{
	struct kern_sp sp[IPSEC_POLICIES_MAX];
	unsigned int n = ipsec_policies(ip, p, half, sp);
	struct kern_batch *b = kern_batch_new(KERN_XFRM);

	if (!b)
		return -ENOMEM;
	for (unsigned int i = 0; i < n; i++) {
		if (there)
			kern_sp_set(b, &sp[i]);
		else
			kern_sp_del(b, &sp[i], KERN_OK_ABSENT);
	}
	return kern_batch_commit(b);
}

int ipsec_put(const struct ipsec *ip, const struct ipsec_peer *p, enum ipsec_half half)
{
	return apply(ip, p, half, true);
}

int ipsec_take_out(const struct ipsec *ip, const struct ipsec_peer *p, enum ipsec_half half)
{
	return apply(ip, p, half, false);
}

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

static void remember_words(struct ipsec *ip, int err)
{
	snprintf(ip->words, sizeof(ip->words), "%s", err == -ENOMEM ? strerror(ENOMEM) : kern_error());
}

static struct in6_addr moved(const struct in6_addr *end, const struct in6_addr *from, const struct in6_addr *to)
{
	return IN6_ARE_ADDR_EQUAL(end, from) ? *to : *end;
}

/*
 * The tunnel policies, and associations with them, from one end to another. Netlink takes all of them in one go; PF_KEY one after
 * the other. An association goes along with the first of its policies: so what is forwarded comes first, which is most of what arrives, and the
 * policy of it is not behind the association.
 *
 * The key manager does not hear of it. strongSwan would take out what it sends by and put it in again, with the sequence number that
 * it had read before; ipsec_renew.c is there for what strongSwan cannot find later.
 */
int ipsec_carry(const struct ipsec *ip, const struct ipsec_peer *p, const struct in6_addr *to)
{
	struct kern_sp sp[IPSEC_POLICIES_MAX];
	unsigned int n = ipsec_policies(ip, p, IPSEC_TUNNEL, sp);
	struct kern_batch *b = ip->d->conf->ipsec_pf_key ? NULL : kern_batch_new(KERN_XFRM);
	int err = 0;

	if (!ip->d->conf->ipsec_pf_key && !b)
		return -ENOMEM;
	for (unsigned int i = 0; !err && i < 2 * n; i++) {
		const struct kern_sp *s = &sp[i % n];
		struct in6_addr new_from = moved(&s->from, &p->end, to), new_to = moved(&s->to, &p->end, to);

		if (s->action != KERN_SP_ESP || (s->dir == XFRM_POLICY_FWD) != (i < n))
			continue;
		if (b)
			kern_sp_migrate(b, s, &new_from, &new_to, NULL);
		else
			err = kern_pfkey_migrate(s, &new_from, &new_to, NULL);
	}
	if (b)
		err = kern_batch_commit(b);
	return err;
}

/* What is not moved is no more than an address that the peer does not have: back to where all of it was. */
static void undo(struct ipsec *ip, struct ipsec_peer *p, const struct in6_addr *to)
{
	struct in6_addr was = p->end;

	p->end = *to;
	ipsec_carry(ip, p, &was);
	p->end = was;
	if (p->tunnel)
		ipsec_put(ip, p, IPSEC_TUNNEL);
	else
		ipsec_take_out(ip, p, IPSEC_TUNNEL);
}

static bool has_tunnel(const struct ipsec_peer *p)
{
	for (int t = IPSEC_TUNNEL_HOME_TESTING; t < IPSEC_TYPES; t++)
		if (p->set->policy[t].line)
			return true;
	return false;
}

static int move(struct ipsec *ip, struct ipsec_peer *p, const struct in6_addr *to)
{
	bool elsewhere = !IN6_ARE_ADDR_EQUAL(&p->end, to);
	int err;

	if (!p->tunnel) {
		err = ipsec_put(ip, p, IPSEC_TUNNEL);
		if (err) {
			remember_words(ip, err);
			ipsec_take_out(ip, p, IPSEC_TUNNEL);
			return err;
		}
	}
	err = elsewhere ? ipsec_carry(ip, p, to) : 0;
	/* Somebody has just deleted what should move. */
	if (err == -ENOENT && !ipsec_put(ip, p, IPSEC_TUNNEL))
		err = ipsec_carry(ip, p, to);
	if (err) {
		remember_words(ip, err);
		undo(ip, p, to);
		log_error("tunnel-not-moved", "home_address=%s from=%s to=%s error=\"%s\"", log_addr(&p->hoa), log_addr(&p->end), log_addr(to),
			  ip->words);
		return err;
	}
	p->tunnel = true;
	p->end = *to;
	ipsec_renew_carried(ip, p, elsewhere);
	return 0;
}

/* At home the tunnel has no use, but its associations wait where the next move will look for them. */
static int come_home(struct ipsec *ip, struct ipsec_peer *p)
{
	int err;

	/* If they do not come along they stay where the next move looks for them; the policies go all the same. */
	move(ip, p, &p->hoa);
	err = ipsec_take_out(ip, p, IPSEC_TUNNEL);
	if (err)
		remember_words(ip, err);
	else
		p->tunnel = false;
	return err;
}

/* Once for each place: the role calls at every turn. Who has never been away is where the key manager thinks. */
static void tell(const struct ipsec *ip, struct ipsec_peer *p, const struct in6_addr *at, const struct kern_km *km)
{
	bool news = !IN6_ARE_ADDR_EQUAL(at, &p->told), away = !IN6_ARE_ADDR_EQUAL(at, &p->hoa);

	if (news && (away || !IN6_IS_ADDR_UNSPECIFIED(&p->told)))
		ipsec_tell_key_manager(ip, p, km);
	p->told = *at;
}

int ipsec_move(struct ipsec *ip, const struct in6_addr *hoa, const struct in6_addr *coa, bool km)
{
	struct ipsec_peer *p = ip ? ipsec_peer(ip, hoa) : NULL;
	struct kern_km ends;
	int err = 0;

	if (!p)
		return 0;
	p->claimed = true;
	ends.from = ip->mobile_node ? coa ? *coa : *hoa : p->set->ha;
	ends.to = ip->mobile_node ? p->set->ha : coa ? *coa : *hoa;
	if (has_tunnel(p) && coa)
		err = move(ip, p, coa);
	else if (has_tunnel(p) && p->tunnel)
		err = come_home(ip, p);
	if (err)
		return err;
	if (km)
		tell(ip, p, coa ? coa : hoa, &ends);
	else
		p->told = in6addr_any;
	return 0;
}

/* ---- what is there ---- */

struct look {
	struct ipsec *ip;
	struct kern_batch *strangers;
	unsigned int removed;
	bool learn; /* where the tunnels are */
};

/* One of the peer's, wherever its tunnel ends. */
static bool is_of(const struct ipsec *ip, const struct ipsec_peer *p, const struct kern_sp *sp)
{
	struct kern_sp list[2 * IPSEC_POLICIES_MAX];
	struct ipsec_peer there = *p;
	unsigned int n;

	if (sp->action == KERN_SP_ESP && sp->tunnel)
		there.end = *ipsec_end_of(p, sp);
	n = ipsec_policies(ip, &there, IPSEC_TRANSPORT, list);
	n += ipsec_policies(ip, &there, IPSEC_TUNNEL, list + n);
	for (unsigned int i = 0; i < n; i++)
		if (ipsec_same_policy(sp, &list[i]))
			return true;
	return false;
}

/* How many policies the peer should have now; sp, if not NULL: whether it is one of them, its ends included. */
static unsigned int all_of(const struct ipsec *ip, const struct ipsec_peer *p, const struct kern_sp *sp, bool *found)
{
	struct kern_sp list[2 * IPSEC_POLICIES_MAX];
	unsigned int n = ipsec_policies(ip, p, IPSEC_TRANSPORT, list);

	if (p->tunnel)
		n += ipsec_policies(ip, p, IPSEC_TUNNEL, list + n);
	for (unsigned int i = 0; sp && i < n && !*found; i++)
		*found = ipsec_same_policy(sp, &list[i]);
	return n;
}

static void see_policy(const struct kern_sp *sp, void *arg)
{
	struct look *l = arg;
	struct ipsec_peer *p = ipsec_peer(l->ip, &sp->src);
	bool right = false;

	if (!p)
		p = ipsec_peer(l->ip, &sp->dst);
	if (p)
		all_of(l->ip, p, sp, &right);
	if (right)
		p->seen++;
	if (!p || !is_of(l->ip, p, sp)) {
		kern_sp_del(l->strangers, sp, KERN_OK_ABSENT);
		l->removed++;
	} else if (l->learn && sp->action == KERN_SP_ESP && sp->tunnel) {
		p->tunnel = true;
		ipsec_found_at(p, ipsec_end_of(p, sp));
	}
}

/* Takes out those of ours that nobody wants, learns (at the start) where tunnels end. 0 or -errno. */
static int look(struct ipsec *ip, bool learn)
{
	struct look l = { .ip = ip, .strangers = kern_batch_new(KERN_XFRM), .learn = learn };
	int err;

	if (!l.strangers)
		return -ENOMEM;
	for (size_t i = 0; i < ip->n; i++)
		ip->peers[i].seen = 0;
	err = kern_sp_dump(see_policy, &l);
	if (err) {
		kern_batch_cancel(l.strangers);
		return err;
	}
	if (l.removed)
		log_notice("policies-removed", "policies=%u reason=\"not of this configuration\"", l.removed);
	return kern_batch_commit(l.strangers);
}

/* Where a tunnel's association is: its own selector says whose it is if it has one, or its end, or its number. */
static void see_sa(const struct kern_sa *s, void *arg)
{
	struct ipsec *ip = arg;
	struct ipsec_peer *p = NULL;
	struct in6_addr end;

	if (!s->tunnel)
		return;
	if (s->sel_src_len == 128)
		p = ipsec_peer(ip, &s->sel_src);
	if (!p && s->sel_dst_len == 128)
		p = ipsec_peer(ip, &s->sel_dst);
	if (!p) {
		p = ipsec_peer_of_tunnel(ip, &s->src, &s->dst, s->reqid, &end);
	} else if (ipsec_has_reqid(p, true, s->reqid)) {
		end = IN6_ARE_ADDR_EQUAL(&s->dst, &p->set->ha) ? s->src : s->dst;
		if (!IN6_ARE_ADDR_EQUAL(&s->dst, &p->set->ha) && !IN6_ARE_ADDR_EQUAL(&s->src, &p->set->ha))
			p = NULL;
	} else {
		p = NULL;
	}
	if (p)
		ipsec_found_at(p, &end);
}

static void look_after(struct ipsec *ip, double seconds)
{
	ev_timer_stop(ip->d->loop, &ip->look);
	ev_now_update(ip->d->loop); /* the repair took its time */
	ev_timer_set(&ip->look, seconds, 0);
	ev_timer_start(ip->d->loop, &ip->look);
}

/* What came while policies were missing is thrown away before anything is trusted again. */
static void trust(struct ipsec *ip)
{
	ipsec_start_fence(ip);
	ip->broken = ip->mended = false;
}

static void on_look(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct ipsec *ip = w->data;
	int err;

	(void)loop;
	(void)revents;
	if (ip->mended) {
		trust(ip);
		return;
	}
	err = look(ip, false);
	for (size_t i = 0; !err && i < ip->n; i++) {
		if (ip->peers[i].seen == all_of(ip, &ip->peers[i], NULL, NULL))
			continue;
		err = ipsec_put(ip, &ip->peers[i], IPSEC_TRANSPORT);
		if (!err && ip->peers[i].tunnel)
			err = ipsec_put(ip, &ip->peers[i], IPSEC_TUNNEL);
	}
	if (!err && ip->broken)
		err = ipsec_learn_guards(ip);
	if (err == -ENOENT) {
		look_after(ip, LOOK_SOON); /* they are gone again */
		return;
	}
	if (err) {
		ip->d->stats[STAT_KERNEL_ERRORS]++;
		if (log_allow(&ip->log_kernel, "policies-missing"))
			log_error("policies-missing", "error=\"%s\" effect=\"no registration is accepted\"", err == -ENOMEM ? strerror(ENOMEM) : kern_error());
		look_after(ip, LOOK_AGAIN);
		return;
	}
	if (!ip->broken)
		return;
	log_notice("policies-restored", "home_addresses=%zu", ip->n);
	ip->mended = true;
	if (ipsec_settle_kernel())
		trust(ip);
	else
		look_after(ip, TRUST_AFTER);
}

/* ---- what the kernel tells ---- */

void ipsec_policies_gone(struct ipsec *ip)
{
	if (!ip->broken)
		log_warn("policies-deleted", "action=repair");
	if (!ip->broken || ip->mended)
		look_after(ip, LOOK_SOON);
	ip->broken = true;
	ip->mended = false;
}

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

static int by_hoa(const void *a, const void *b)
{
	return memcmp(&((const struct ipsec_peer *)a)->hoa, &((const struct ipsec_peer *)b)->hoa, sizeof(struct in6_addr));
}

/* A home agent has all home addresses of the sets, a mobile node its own. */
static int collect(struct ipsec *ip)
{
	const struct conf *c = ip->d->conf;
	size_t most = c->n_ipsec_homes;

	ip->peers = calloc(most + 1, sizeof(*ip->peers));
	if (!ip->peers)
		return -1;
	for (size_t i = 0; i < most; i++) {
		const struct conf_home *h = c->homes;

		while (ip->mobile_node && h && !IN6_ARE_ADDR_EQUAL(&h->hoa, &c->ipsec_index[i].hoa))
			h = h->next;
		if (ip->mobile_node && !h)
			continue;
		ip->peers[ip->n++] = (struct ipsec_peer){
			.hoa = c->ipsec_index[i].hoa, .set = c->ipsec_index[i].set, .end = c->ipsec_index[i].hoa
		};
	}
	qsort(ip->peers, ip->n, sizeof(*ip->peers), by_hoa);
	return 0;
}

/* What this kernel cannot do for what the configuration asks; NULL: nothing. */
static const char *cannot(const struct ipsec *ip)
{
	struct kern_ipsec_wants w = { .esp = ip->n };

	for (size_t i = 0; i < ip->n; i++) {
		const struct conf_ipsec_policy *c = ip->peers[i].set->policy;

		w.migrate = w.migrate || has_tunnel(&ip->peers[i]);
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
	if (look(ip, true) || kern_sa_dump(see_sa, ip) || ipsec_settle_ends(ip) || put_transport(ip) || ipsec_learn_guards(ip)) {
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
		ev_timer_init(&ip->look, on_look, LOOK_SOON, 0);
		ip->look.data = ip->io.data = ip;
		ipsec_renew_init(ip);
	}
	if (!ip || collect(ip) || ipsec_index_reqids(ip))
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

		if (p->tunnel && !p->claimed && come_home(ip, p)) {
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

		if (p->tunnel && come_home(ip, p))
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
