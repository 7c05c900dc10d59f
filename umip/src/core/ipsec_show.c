// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * IPsec for mip6ctl: a row for each home address and type of policy, with the associations that serve it, and in words what is missing.
 *
 * The associations are read in one dump, which serves all rows of a list; a list that is asked for a moment later gets the same.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/clock.h"
#include "core/ipsec_impl.h"

#define SNAPSHOT_SECONDS 1.0
#define SAS_MAX		 1000000

static void keep(const struct kern_sa *s, void *arg)
{
	struct ipsec *ip = arg;

	if (ip->n_sas == ip->cap_sas) {
		size_t cap = ip->cap_sas ? 2 * ip->cap_sas : 64;
		struct kern_sa *more = cap <= SAS_MAX ? realloc(ip->sas, cap * sizeof(*more)) : NULL;

		if (!more)
			return;
		ip->sas = more;
		ip->cap_sas = cap;
	}
	ip->sas[ip->n_sas++] = *s;
}

/* By what finds it: the ends. */
static int by_ends(const void *a, const void *b)
{
	const struct kern_sa *x = a, *y = b;
	int d = memcmp(&x->src, &y->src, sizeof(x->src));

	if (!d)
		d = memcmp(&x->dst, &y->dst, sizeof(x->dst));
	if (!d)
		d = (x->added < y->added) - (x->added > y->added); /* the newest first */
	return d;
}

static void read_associations(struct ipsec *ip)
{
	double now = clock_now();

	if (now - ip->sas_at < SNAPSHOT_SECONDS)
		return;
	ip->n_sas = 0;
	if (kern_sa_dump(keep, ip))
		ip->n_sas = 0;
	if (ip->n_sas)
		qsort(ip->sas, ip->n_sas, sizeof(*ip->sas), by_ends);
	ip->sas_at = now;
}

struct found {
	const struct kern_sa *newest;
	unsigned int n;
	uint64_t packets, used;
	uint32_t forged;
};

/* The associations from one end to another, of this mode and reqid (0: any). */
static struct found find(const struct ipsec *ip, const struct in6_addr *src, const struct in6_addr *dst, bool tunnel, uint32_t reqid)
{
	const struct kern_sa key = { .src = *src, .dst = *dst, .added = UINT64_MAX };
	struct found f = { 0 };
	size_t lo = 0, hi = ip->n_sas;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (by_ends(&ip->sas[mid], &key) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < ip->n_sas && IN6_ARE_ADDR_EQUAL(&ip->sas[lo].src, src) && IN6_ARE_ADDR_EQUAL(&ip->sas[lo].dst, dst); lo++) {
		const struct kern_sa *s = &ip->sas[lo];

		if (s->tunnel != tunnel || (reqid && s->reqid != reqid))
			continue;
		if (!f.n++)
			f.newest = s;
		f.packets += s->packets;
		f.forged += s->forged;
		if (s->used > f.used)
			f.used = s->used;
	}
	return f;
}

static void put_sa(struct json_object *o, const char *way, const struct found *f)
{
	char name[32], spi[16];

	snprintf(name, sizeof(name), "spi_%s", way);
	if (f->newest)
		snprintf(spi, sizeof(spi), "0x%08x", f->newest->spi);
	json_object_object_add(o, name, f->newest ? json_object_new_string(spi) : NULL);
	snprintf(name, sizeof(name), "associations_%s", way);
	json_object_object_add(o, name, json_object_new_int64(f->n));
	snprintf(name, sizeof(name), "packets_%s", way);
	json_object_object_add(o, name, json_object_new_int64((int64_t)f->packets));
}

/* Most of what comes is not authentic. On an association that is new, who makes packets up can look like that. */
static bool wrong_keys(const struct found *in)
{
	return in->forged && in->forged >= in->packets;
}

/* What keeps this type from being protected, for who has to mend it; "": nothing. */
static void explain(const struct ipsec *ip, const struct ipsec_peer *p, const struct conf_ipsec_policy *c, bool here, const struct found *out,
		    const struct found *in, char *text, size_t size)
{
	uint32_t out_reqid = c->reqid[!ip->mobile_node], in_reqid = c->reqid[ip->mobile_node];

	text[0] = '\0';
	if (ip->broken || !p->standing)
		snprintf(text, size, "the policies are not in the kernel");
	else if (!here || c->block)
		return;
	else if (!out->n)
		snprintf(text, size, "no association for reqid %u out: what is sent will be dropped", out_reqid);
	else if (!in->n)
		snprintf(text, size, "no association for reqid %u in: what arrives will be dropped", in_reqid);
	else if (wrong_keys(in))
		snprintf(text, size, "%u packets in were not authentic, %llu were: the two sides' keys differ, or somebody makes packets up", in->forged,
			 (unsigned long long)in->packets);
	else if (p->renew_at > 0 && out->newest->negotiated && out->newest->added < p->left)
		snprintf(text, size, "from before a move without the K bit: renewed in %.0f s", p->renew_at - clock_now());
	else if (!in->newest->replay_window)
		snprintf(text, size, "no replay protection (manual keys, or no replay window)");
}

/* Of the type that protects the registration: what else is missing. */
static void explain_prefixes(const struct ipsec *ip, const struct ipsec_peer *p, enum conf_ipsec_type t, char *text, size_t size)
{
	const struct conf *c = ip->d->conf;
	size_t len = strlen(text);

	if ((ip->mobile_node ? c->send_mob_pfx_sols : c->send_mob_pfx_advs) && ipsec_prefixes_in_clear(p) && t <= IPSEC_MH)
		snprintf(text + len, size - len, "%sno MobPfxDisc: there is no mobile prefix discovery", len ? "; " : "");
}

static struct json_object *row(const struct ipsec *ip, const struct ipsec_peer *p, enum conf_ipsec_type t)
{
	const struct conf_ipsec_policy *c = &p->set->policy[t];
	bool tunnel = conf_ipsec_is_tunnel(t), here = !tunnel || p->tunnel;
	const struct in6_addr *mn = tunnel ? &p->end : &p->hoa, *ha = &p->set->ha;
	const struct in6_addr *us = ip->mobile_node ? mn : ha, *them = ip->mobile_node ? ha : mn;
	struct found out = find(ip, us, them, tunnel, c->reqid[!ip->mobile_node]), in = find(ip, them, us, tunnel, c->reqid[ip->mobile_node]);
	uint64_t used = out.used > in.used ? out.used : in.used, now = (uint64_t)time(NULL);
	struct json_object *o = json_object_new_object();
	bool usable = here && !ip->broken && p->standing && out.n && in.n && !wrong_keys(&in);
	char text[240];

	json_object_object_add(o, "home_address", json_object_new_string(log_addr(&p->hoa)));
	json_object_object_add(o, "home_agent_address", json_object_new_string(log_addr(ha)));
	json_object_object_add(o, "care_of_address",
			       p->tunnel && !IN6_ARE_ADDR_EQUAL(&p->end, &p->hoa) ? json_object_new_string(log_addr(&p->end)) : NULL);
	json_object_object_add(o, "type", json_object_new_string(conf_ipsec_type_name[t]));
	json_object_object_add(o, "mode", json_object_new_string(tunnel ? "tunnel" : "transport"));
	json_object_object_add(o, "state", json_object_new_string(c->block ? "blocked" : usable ? "protected" : !here ? "at home" :
							ip->broken || !p->standing ? "no policies" : out.n && in.n ? "wrong keys" : "no association"));
	json_object_object_add(o, "reqid_to_home_agent", json_object_new_int64(c->reqid[0]));
	json_object_object_add(o, "reqid_to_mobile_node", json_object_new_int64(c->reqid[1]));
	put_sa(o, "out", &out);
	put_sa(o, "in", &in);
	json_object_object_add(o, "unguarded", json_object_new_int64((int64_t)p->unguarded));
	json_object_object_add(o, "not_authentic", json_object_new_int64(in.forged));
	if (out.newest)
		snprintf(text, sizeof(text), "%s%s%s", out.newest->cipher, *out.newest->cipher && *out.newest->auth ? " " : "", out.newest->auth);
	json_object_object_add(o, "algorithms", out.newest ? json_object_new_string(text) : NULL);
	json_object_object_add(o, "used_ago_s", used ? json_object_new_int64(now > used ? (int64_t)(now - used) : 0) : NULL);
	json_object_object_add(o, "usable", json_object_new_boolean(usable || (p->standing && !ip->broken && (c->block || !here))));
	json_object_object_add(o, "renewed", json_object_new_int64(p->renewed[t]));
	json_object_object_add(o, "reaped", json_object_new_int64(p->reaped[t]));
	explain(ip, p, c, here, &out, &in, text, sizeof(text));
	explain_prefixes(ip, p, t, text, sizeof(text));
	json_object_object_add(o, "remark", *text ? json_object_new_string(text) : NULL);
	return o;
}

bool ipsec_rows(struct daemon *d, uint64_t *at, unsigned int max, struct json_object *rows)
{
	struct ipsec *ip = d->ipsec;
	unsigned int n = 0;

	if (!ip)
		return false;
	if (!*at)
		read_associations(ip);
	for (; *at < ip->n; ++*at) {
		if (n >= max)
			return true;
		for (int t = 0; t < IPSEC_TYPES; t++)
			if (ip->peers[*at].set->policy[t].line) {
				json_object_array_add(rows, row(ip, &ip->peers[*at], t));
				n++;
			}
	}
	return false;
}
