// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The prefixes of a home link. A prefix that has ended stays in the list, so that an address of an older life, which
 * an administrator has forgotten, does not bring it back; when room is needed, it is the first to go.
 *
 * Routers tell lifetimes in one of two ways: the same number every time, or what is left until a fixed day. Both are "no
 * change" here; a change is a number that fits neither.
 */
#include "core/pfx.h"

#include <arpa/inet.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/addr.h"

#define TWO_HOURS 7200.0
#define SLACK	  5.0 /* seconds by which two tellings of a fixed end may differ */

void pfx_of(const struct in6_addr *addr, unsigned int len, struct in6_addr *out)
{
	*out = *addr;
	if (len % 8)
		out->s6_addr[len / 8] &= (uint8_t)(0xff00 >> len % 8);
	memset(&out->s6_addr[(len + 7) / 8], 0, 16 - (len + 7) / 8);
}

static struct pfx *find(struct pfx_list *l, const struct in6_addr *prefix, uint8_t len)
{
	for (unsigned int i = 0; i < l->n; i++)
		if (l->at[i].len == len && IN6_ARE_ADDR_EQUAL(&l->at[i].prefix, prefix))
			return &l->at[i];
	return NULL;
}

void pfx_drop(struct pfx_list *l, struct pfx *p)
{
	*p = l->at[--l->n];
}

static struct pfx *room(struct pfx_list *l, double now)
{
	for (unsigned int i = 0; l->n == PFX_MAX && i < l->n; i++)
		if (!pfx_valid(&l->at[i], now))
			pfx_drop(l, &l->at[i]);
	return l->n < PFX_MAX ? &l->at[l->n++] : NULL;
}

static double until(uint32_t seconds, double now)
{
	return seconds == UINT32_MAX ? INFINITY : now + seconds;
}

/* RFC 4862 5.5.3 e: an advertisement that anybody can send ends no prefix within two hours. */
static double not_shorter(double old, double new, double now)
{
	if (new >= old || new > now + TWO_HOURS)
		return new;
	return old <= now + TWO_HOURS ? old : now + TWO_HOURS;
}

/* Whether more than time has passed between two tellings of a lifetime. */
static bool retold(uint32_t told, double end, uint32_t tells, double now)
{
	return tells != told && (tells == UINT32_MAX || told == UINT32_MAX || !tells != (end <= now) ||
				 fabs(now + tells - (end > now ? end : now)) > SLACK);
}

/* Half of its lifetime has passed, and who told it has not told it again. */
static bool stale(const struct pfx *p, double now)
{
	return p->told_valid != UINT32_MAX && p->valid_until - now < p->told_valid / 2.0;
}

enum pfx_news pfx_heard(struct pfx_list *l, const struct nd_prefix *o, enum pfx_source source, double now)
{
	uint32_t preferred = o->preferred < o->valid ? o->preferred : o->valid;
	struct in6_addr prefix;
	enum pfx_news news = PFX_SAME;
	double valid = until(o->valid, now);
	struct pfx *p;

	/* One shorter than a few bits would make everything a home address. */
	if (o->len < 3 || o->len > 127 || !addr_routable(&o->prefix) || o->preferred > o->valid)
		return PFX_FULL;
	pfx_of(&o->prefix, o->len, &prefix);
	p = find(l, &prefix, o->len);
	if (!p) {
		if (!o->valid)
			return PFX_SAME;
		p = room(l, now);
		if (!p)
			return PFX_FULL;
		*p = (struct pfx){ .prefix = prefix, .len = o->len };
		news = PFX_NEW;
	} else if (source < p->source && (source == PFX_ADDRESS || !stale(p, now))) {
		return PFX_SAME;
	} else if (p->source == source || pfx_valid(p, now)) {
		if (source == PFX_ADVERTISED)
			valid = not_shorter(p->valid_until, valid, now);
		/* What an address has is a guess, until the link is heard. */
		if (p->source == PFX_ADDRESS && source > PFX_ADDRESS)
			news = preferred ? PFX_SAME : PFX_CHANGED;
		else if (retold(p->told_valid, p->valid_until, o->valid, now) ||
		    retold(p->told_preferred, p->preferred_until, preferred, now) || p->onlink != o->onlink ||
		    p->autonomous != o->autonomous)
			news = PFX_CHANGED;
	}
	p->source = source;
	p->onlink = o->onlink;
	p->autonomous = o->autonomous;
	if (o->router)
		p->router = o->prefix;
	p->told_valid = o->valid;
	p->told_preferred = preferred;
	p->valid_until = valid;
	p->preferred_until = until(preferred, now);
	return news;
}

struct pfx *pfx_find(struct pfx_list *l, const struct in6_addr *addr)
{
	struct pfx *best = NULL;

	for (unsigned int i = 0; i < l->n; i++)
		if (addr_in_prefix(addr, &l->at[i].prefix, l->at[i].len) && (!best || l->at[i].len > best->len))
			best = &l->at[i];
	return best;
}

uint32_t pfx_left(double end, double now)
{
	if (end == INFINITY)
		return UINT32_MAX;
	if (end <= now)
		return 0;
	return end - now < UINT32_MAX - 1 ? (uint32_t)(end - now) : UINT32_MAX - 1;
}

static struct json_object *seconds(double end, double now)
{
	return end == INFINITY ? NULL : json_object_new_int64(pfx_left(end, now));
}

struct json_object *pfx_json(const struct pfx *p, double now)
{
	struct json_object *o = json_object_new_object();
	char addr[INET6_ADDRSTRLEN] = "", text[INET6_ADDRSTRLEN + 4];

	inet_ntop(AF_INET6, &p->prefix, addr, sizeof(addr));
	snprintf(text, sizeof(text), "%s/%u", addr, p->len);
	json_object_object_add(o, "prefix", json_object_new_string(text));
	json_object_object_add(o, "valid_s", seconds(p->valid_until, now));
	json_object_object_add(o, "preferred_s", seconds(p->preferred_until, now));
	snprintf(text, sizeof(text), "%s%s%s", p->onlink ? "L" : "", p->autonomous ? "A" : "",
		 IN6_IS_ADDR_UNSPECIFIED(&p->router) ? "" : "R");
	json_object_object_add(o, "flags", json_object_new_string(text));
	return o;
}
