// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Associations that the IKE daemon has lost sight of, or should replace.
 *
 * Tunnel associations move with the mobile node, and the IKE daemon is not told (ipsec_carry()): it knows them by the addresses that they
 * had when they were negotiated. Its requests name an association by its destination and SPI, so that it finds the one to the home agent,
 * and not the one to the mobile node. When it has deleted the former, the latter is left behind, and is reaped here: of a direction that has
 * more associations than the other, the oldest.
 *
 * Without the K bit the IKE association stays at an address that the mobile node has left, and so the mobile node wants new associations. The
 * IKE daemon has some time to see to that by itself. Then what is older than the move is made to expire, which the IKE daemon hears of, and
 * answers with a negotiation. The home agent could not reach the mobile node with one, and leaves it to that. The same helps when the home
 * agent answers nothing: most likely its kernel has lost what ours still has.
 *
 * An association that does not end by itself is an administrator's: nobody would replace it, so it is never touched.
 */
#include <netinet/in.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "core/clock.h"
#include "core/ipsec_impl.h"

/* Seconds. strongSwan negotiates anew in tenths of one, and keeps for 5 what it has rekeyed (delete_rekeyed_delay). */
#ifndef IPSEC_GRACE /* a test has no time */
#define IPSEC_GRACE 10.0
#endif
/* The second one of a pair comes a moment after the first. */
#define GATHER_AFTER 1.0
/* Looks take a twentieth of the time at most. */
#define LOOK_PAUSE 1.0
#define LOOK_SHARE 20

enum { GATHER = 1, REAP = 2, RENEW = 4 };

struct seen {
	struct ipsec_peer *p;
	enum conf_ipsec_type type;
	bool to_ha;
	struct in6_addr end; /* in tunnel mode */
	struct kern_sa sa;
};

struct looking {
	struct ipsec *ip;
	struct seen *all;
	size_t n, cap;
	bool full; /* no memory for all of them */
	unsigned int n_expired;
	struct kern_batch *expire;
};

/* ---- when ---- */

/* The earlier one; 0 is never. */
static double sooner(double a, double b)
{
	return !(a > 0) || (b > 0 && b < a) ? b : a;
}

static void wake(struct ipsec *ip, double at)
{
	double after = at - clock_now();

	if (after < ip->looks_after)
		after = ip->looks_after;
	if (ev_is_active(&ip->renew) && ev_timer_remaining(ip->d->loop, &ip->renew) <= after)
		return;
	ev_timer_stop(ip->d->loop, &ip->renew);
	ev_now_update(ip->d->loop);
	ev_timer_set(&ip->renew, after, 0);
	ev_timer_start(ip->d->loop, &ip->renew);
}

/* Not later for each further reason: what happens all the time would put the look off for ever. */
static void at(struct ipsec *ip, double *when, double after)
{
	if (*when > 0)
		return;
	*when = clock_now() + after;
	wake(ip, *when);
}

static void sleep_until_next(struct ipsec *ip)
{
	double next = 0;

	for (size_t i = 0; i < ip->n; i++) {
		const struct ipsec_peer *p = &ip->peers[i];

		next = sooner(next, sooner(p->gather_at, sooner(p->reap_at, p->renew_at)));
	}
	if (next > 0)
		wake(ip, next);
}

/* ---- what is there ---- */

static enum conf_ipsec_type type_of(const struct ipsec_peer *p, const struct kern_sa *s)
{
	int t = s->tunnel ? IPSEC_TUNNEL_HOME_TESTING : 0;

	for (; t + 1 < IPSEC_TYPES; t++) {
		const struct conf_ipsec_policy *c = &p->set->policy[t];

		if (c->line && (!c->reqid[0] || c->reqid[0] == s->reqid || c->reqid[1] == s->reqid))
			break;
	}
	return (enum conf_ipsec_type)t;
}

static void see(const struct kern_sa *s, void *arg)
{
	struct looking *l = arg;
	struct seen v = { .sa = *s };

	if (s->tunnel) {
		v.p = ipsec_peer_of_tunnel(l->ip, &s->src, &s->dst, s->reqid, &v.end);
	} else {
		v.p = ipsec_peer(l->ip, &s->src);
		if (!v.p)
			v.p = ipsec_peer(l->ip, &s->dst);
		if (v.p && !ipsec_has_reqid(v.p, false, s->reqid))
			v.p = NULL;
	}
	if (!v.p || !v.p->looked || l->full)
		return;
	v.to_ha = IN6_ARE_ADDR_EQUAL(&s->dst, &v.p->set->ha);
	v.type = type_of(v.p, s);
	if (l->n == l->cap) {
		size_t cap = l->cap ? 2 * l->cap : 16;
		struct seen *more = realloc(l->all, cap * sizeof(*more));

		if (!more) {
			l->full = true;
			return;
		}
		l->all = more;
		l->cap = cap;
	}
	l->all[l->n++] = v;
}

/* A peer's are together, the oldest first. */
static int by_peer(const void *a, const void *b)
{
	const struct seen *x = a, *y = b;

	if (x->p != y->p)
		return x->p < y->p ? -1 : 1;
	return (x->sa.added > y->sa.added) - (x->sa.added < y->sa.added);
}

/* ---- what to do ---- */

static void expire(struct looking *l, struct seen *v, const char *what, const char *reason)
{
	kern_sa_expire(l->expire, &v->sa, KERN_OK_ABSENT);
	l->n_expired++;
	if (log_allow(&l->ip->log_sa, what))
		log_notice(what, "home_address=%s type=%s from=%s to=%s spi=0x%08x reqid=%u reason=\"%s\"", log_addr(&v->p->hoa),
			   conf_ipsec_type_name[v->type], log_addr(&v->sa.src), log_addr(&v->sa.dst), v->sa.spi, v->sa.reqid, reason);
	v->sa.negotiated = false; /* nothing more to do with it */
}

static void renew(struct looking *l, struct seen *v, const char *reason)
{
	expire(l, v, "association-renewed", reason);
	v->p->renewed[v->type]++;
}

static void gather(struct looking *l, struct seen *v, size_t n)
{
	struct ipsec_peer *p = v->p;

	for (size_t i = 0; i < n; i++) {
		const struct in6_addr from = v[i].end;

		if (!v[i].sa.tunnel || IN6_ARE_ADDR_EQUAL(&from, &p->end))
			continue;
		if (ipsec_gather(l->ip, p, &from)) {
			l->ip->d->stats[STAT_KERNEL_ERRORS]++;
			log_error("associations-astray", "home_address=%s at=%s error=\"%s\"", log_addr(&p->hoa), log_addr(&from), kern_error());
			return;
		}
		log_notice("associations-gathered", "home_address=%s from=%s to=%s", log_addr(&p->hoa), log_addr(&from), log_addr(&p->end));
		p->carried = (uint64_t)time(NULL);
		for (size_t j = i; j < n; j++) {
			if (!v[j].sa.tunnel || !IN6_ARE_ADDR_EQUAL(&v[j].end, &from))
				continue;
			v[j].end = p->end;
			*(v[j].to_ha ? &v[j].sa.src : &v[j].sa.dst) = p->end;
		}
	}
}

static void reap(struct looking *l, struct seen *v, size_t n)
{
	struct ipsec_peer *p = v->p;

	for (int t = IPSEC_TUNNEL_HOME_TESTING; t < IPSEC_TYPES; t++) {
		size_t to_ha = 0, to_mn = 0;

		/* The number says which direction's partner an association is. */
		if (!p->set->policy[t].line || !p->set->policy[t].reqid[0] || !p->set->policy[t].reqid[1])
			continue;
		for (size_t i = 0; i < n; i++)
			if (v[i].sa.tunnel && (int)v[i].type == t)
				*(v[i].to_ha ? &to_ha : &to_mn) += 1;
		for (size_t i = 0; i < n && to_mn > to_ha; i++) {
			if (!v[i].sa.tunnel || (int)v[i].type != t || v[i].to_ha || !v[i].sa.negotiated || v[i].sa.added > p->carried)
				continue;
			expire(l, &v[i], "association-reaped", "it had moved, and the key manager has deleted its pair");
			p->reaped[t]++;
			to_mn--;
		}
	}
}

static void act(struct looking *l, struct seen *v, size_t n)
{
	struct ipsec_peer *p = v->p;

	if (p->looked & GATHER && p->tunnel)
		gather(l, v, n);
	if (p->looked & REAP)
		reap(l, v, n);
	for (size_t i = 0; p->looked & RENEW && i < n; i++)
		if (v[i].sa.negotiated && v[i].sa.added < p->left)
			renew(l, &v[i], "the mobile node has moved without the K bit since");
}

/* The associations of the peers that are `looked`. 0 or -errno. */
static int begin(struct looking *l, struct ipsec *ip)
{
	int err;

	*l = (struct looking){ .ip = ip, .expire = kern_batch_new(KERN_XFRM) };
	if (!l->expire)
		return -ENOMEM;
	err = kern_sa_dump(see, l);
	if (!err && l->full)
		err = -ENOMEM;
	if (err) {
		kern_batch_cancel(l->expire);
		free(l->all);
		return err;
	}
	if (l->n)
		qsort(l->all, l->n, sizeof(*l->all), by_peer);
	return 0;
}

static void end(struct looking *l)
{
	if (kern_batch_commit(l->expire)) {
		l->ip->d->stats[STAT_KERNEL_ERRORS]++;
		log_error("kernel-refused", "for=\"the end of an association\" error=\"%s\"", kern_error());
	}
	if (l->n_expired)
		l->ip->sas_at = -INFINITY;
	free(l->all);
}

static void act_on_all(struct looking *l)
{
	for (size_t i = 0, next; i < l->n; i = next) {
		for (next = i + 1; next < l->n && l->all[next].p == l->all[i].p;)
			next++;
		act(l, &l->all[i], next - i);
	}
	end(l);
}

static unsigned char due(double *when, double now, unsigned char what)
{
	if (!(*when > 0) || *when > now)
		return 0;
	*when = 0;
	return what;
}

static void on_renew(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct ipsec *ip = w->data;
	double began = clock_now(), took;
	bool any = false;
	struct looking l;

	(void)loop;
	(void)revents;
	for (size_t i = 0; i < ip->n; i++) {
		struct ipsec_peer *p = &ip->peers[i];

		p->looked = due(&p->gather_at, began, GATHER) | due(&p->reap_at, began, REAP) | due(&p->renew_at, began, RENEW);
		any = any || p->looked;
	}
	if (any && !begin(&l, ip)) {
		act_on_all(&l);
	} else if (any) {
		/* The same again, a moment later. */
		for (size_t i = 0; i < ip->n; i++) {
			struct ipsec_peer *p = &ip->peers[i];

			p->gather_at = p->looked & GATHER ? began : p->gather_at;
			p->reap_at = p->looked & REAP ? began : p->reap_at;
			p->renew_at = p->looked & RENEW ? began : p->renew_at;
		}
	}
	took = clock_now() - began;
	ip->looks_after = LOOK_SHARE * took > LOOK_PAUSE ? LOOK_SHARE * took : LOOK_PAUSE;
	sleep_until_next(ip);
}

/* ---- what happens ---- */

static void unknown(struct ipsec *ip)
{
	for (size_t i = 0; i < ip->n; i++)
		if (ip->peers[i].tunnel) {
			at(ip, &ip->peers[i].gather_at, GATHER_AFTER);
			at(ip, &ip->peers[i].reap_at, IPSEC_GRACE);
		}
}

void ipsec_renew_event(struct ipsec *ip, const struct kern_ipsec_event *e)
{
	struct ipsec_peer *p;
	struct in6_addr end;

	if (!e) {
		unknown(ip);
		return;
	}
	p = e->tunnel ? ipsec_peer_of_tunnel(ip, &e->src, &e->dst, e->reqid, &end) : NULL;
	if (!p)
		return;
	if (e->kind == KERN_IPSEC_SA_GONE && p->carried)
		at(ip, &p->reap_at, IPSEC_GRACE);
	if (e->kind != KERN_IPSEC_SA_NEW || IN6_ARE_ADDR_EQUAL(&end, &p->end))
		return;
	p->astray = true;
	if (p->tunnel)
		at(ip, &p->gather_at, GATHER_AFTER);
}

void ipsec_renew_carried(struct ipsec *ip, struct ipsec_peer *p, bool moved)
{
	if (moved)
		p->carried = (uint64_t)time(NULL);
	if (p->astray)
		at(ip, &p->gather_at, GATHER_AFTER);
	p->astray = false;
}

void ipsec_registered(const struct daemon *d, const struct in6_addr *hoa, const struct in6_addr *coa, bool km, double since)
{
	struct ipsec_peer *p = d->ipsec ? ipsec_peer(d->ipsec, hoa) : NULL;
	bool moved = p && !IN6_IS_ADDR_UNSPECIFIED(&p->at) && !IN6_ARE_ADDR_EQUAL(&p->at, coa);
	struct timespec now;

	if (!p)
		return;
	p->asked = false;
	p->at = *coa;
	if (!moved || km)
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	/* associations are dated in whole seconds */
	p->left = (uint64_t)((double)now.tv_sec + (double)now.tv_nsec / 1e9 - (clock_now() - since));
	p->renew_at = 0; /* of a move before this one: its time of grace begins anew */
	at(d->ipsec, &p->renew_at, IPSEC_GRACE);
}

bool ipsec_unanswered(const struct daemon *d, const struct in6_addr *hoa)
{
	struct ipsec_peer *p = d->ipsec ? ipsec_peer(d->ipsec, hoa) : NULL;
	bool protected = false;
	struct looking l;

	if (!p || p->asked)
		return false;
	for (size_t i = 0; i < d->ipsec->n; i++)
		d->ipsec->peers[i].looked = &d->ipsec->peers[i] == p ? RENEW : 0;
	if (begin(&l, d->ipsec))
		return false;
	/* Without one the updates have not even left, and the IKE daemon is at work. */
	for (size_t i = 0; i < l.n; i++)
		protected = protected || (!l.all[i].sa.tunnel && l.all[i].to_ha);
	for (size_t i = 0; protected && i < l.n; i++)
		if (l.all[i].sa.negotiated)
			renew(&l, &l.all[i], "the home agent does not answer, and may have lost it");
	p->asked = l.n_expired > 0;
	end(&l);
	return p->asked;
}

/* ---- start and end ---- */

void ipsec_renew_start(struct ipsec *ip)
{
	ip->looks_after = LOOK_PAUSE;
	/* An earlier daemon has carried them, and what became of them since is not known. */
	for (size_t i = 0; i < ip->n; i++)
		if (ip->peers[i].tunnel)
			ipsec_renew_carried(ip, &ip->peers[i], true);
	unknown(ip);
}

void ipsec_renew_last(struct ipsec *ip)
{
	bool any = false;
	struct looking l;

	for (size_t i = 0; i < ip->n; i++) {
		ip->peers[i].looked = ip->peers[i].reap_at > 0 ? REAP : 0;
		any = any || ip->peers[i].looked;
	}
	if (any && !begin(&l, ip))
		act_on_all(&l);
}

void ipsec_renew_stop(struct ipsec *ip)
{
	ev_timer_stop(ip->d->loop, &ip->renew);
}

void ipsec_renew_init(struct ipsec *ip)
{
	ev_timer_init(&ip->renew, on_renew, LOOK_PAUSE, 0);
	ip->renew.data = ip;
}
