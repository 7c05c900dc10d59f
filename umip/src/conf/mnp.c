// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Mobile network prefixes in mip6d.conf. Two that overlap would be one address at two mobile routers, or at none for sure, so that
 * no file may have them.
 */
#include "conf/mnp.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "core/addr.h"

static struct conf_loc loc_of(const struct conf_prefix *x)
{
	return (struct conf_loc){ x->line, x->col };
}

static const char *text_of(struct parser *p, const struct conf_prefix *x)
{
	char text[INET6_ADDRSTRLEN];

	return conf_text(p, "%s/%u", inet_ntop(AF_INET6, &x->addr, text, sizeof(text)), x->len);
}

static bool overlap(const struct conf_prefix *a, const struct conf_prefix *b)
{
	return addr_in_prefix(&a->addr, &b->addr, a->len < b->len ? a->len : b->len);
}

/* A prefix as it must be written. */
static bool take_prefix(struct args *a, const struct val *v, struct conf_prefix *out)
{
	*out = (struct conf_prefix){ .addr = v->addr, .len = (uint8_t)v->num, .line = v->loc.line, .col = v->loc.col };
	if (v->kind != VAL_PREFIX || !v->num) {
		conf_error(a->p, v->loc, "%s: expected a prefix, ADDRESS/LENGTH with a length of 1 to 128, found %s", a->s->word,
			   conf_val_text(a->p, v));
		return false;
	}
	if (!args_routable(a, v))
		return false;
	addr_mask(&out->addr, out->len);
	if (!IN6_ARE_ADDR_EQUAL(&out->addr, &v->addr))
		conf_error(a->p, v->loc, "%s: %s has bits after its length; the prefix is %s", a->s->word, conf_val_text(a->p, v),
			   text_of(a->p, out));
	return IN6_ARE_ADDR_EQUAL(&out->addr, &v->addr);
}

static bool take_one(struct args *a, const struct val *v, const struct in6_addr *hoa, struct conf_mnps *out)
{
	struct conf_prefix *x = &out->at[out->n];

	if (out->n == CONF_MAX_MNPS) {
		conf_error(a->p, v->loc, "%s: a mobile router has at most %d prefixes", a->s->word, CONF_MAX_MNPS);
		return false;
	}
	if (!take_prefix(a, v, x))
		return false;
	if (addr_in_prefix(hoa, &x->addr, x->len)) {
		conf_error(a->p, v->loc, "%s: the prefix %s contains the home address, which is of the home link", a->s->word,
			   text_of(a->p, x));
		return false;
	}
	for (unsigned int i = 0; i < out->n; i++)
		if (overlap(&out->at[i], x)) {
			conf_error(a->p, v->loc, "%s: the prefix %s overlaps %s before it", a->s->word, text_of(a->p, x),
				   text_of(a->p, &out->at[i]));
			return false;
		}
	out->n++;
	return true;
}

bool mnp_list(struct args *a, const struct in6_addr *hoa, struct conf_mnps *out)
{
	const struct val *list = a->next;

	if (!list || list->kind != VAL_LIST)
		return true;
	a->next = list->next;
	if (!list->items) {
		conf_error(a->p, list->loc, "%s: expected a prefix between the parentheses", a->s->word);
		return false;
	}
	free(out->at);
	out->n = 0;
	out->at = conf_must(calloc(CONF_MAX_MNPS, sizeof(*out->at)));
	for (const struct val *v = list->items; v; v = v->next)
		if (!take_one(a, v, hoa, out))
			return false;
	return true;
}

void mnp_served(struct args *a, struct conf *c)
{
	const struct val *v = args_take(a, VAL_PREFIX, "a prefix, ADDRESS/LENGTH");
	struct conf_served **end = &c->served;
	struct conf_prefix x;

	if (!v || !args_end(a, false) || !take_prefix(a, v, &x))
		return;
	for (; *end; end = &(*end)->next)
		if (overlap(&(*end)->prefix, &x)) {
			conf_error(a->p, v->loc, "HaServedPrefix %s overlaps %s of %s", text_of(a->p, &x), text_of(a->p, &(*end)->prefix),
				   conf_line_text(a->p, v->loc, (*end)->prefix.line));
			return;
		}
	*end = conf_must(calloc(1, sizeof(**end)));
	(*end)->prefix = x;
}

void mnp_check_mn(struct parser *p, const struct conf_home *h, struct conf_loc loc)
{
	if (h->mobile_router && !h->mnps.n)
		conf_error(p, loc,
			   "HomeAddress: a mobile router (IsMobRtr) needs the prefixes of its mobile network: add them in parentheses, in "
			   "implicit mode too");
	if (!h->mobile_router && h->mnps.n)
		conf_error(p, loc_of(&h->mnps.at[0]), "HomeAddress: only a mobile router has prefixes: add 'IsMobRtr enabled;' or remove them");
	for (unsigned int i = 0; i < h->mnps.n; i++) {
		const struct conf_prefix *x = &h->mnps.at[i];

		if (addr_in_prefix(&x->addr, &h->hoa, x->len < h->plen ? x->len : h->plen))
			conf_error(p, loc_of(x), "HomeAddress: the prefix %s overlaps the home prefix", text_of(p, x));
		else if (!IN6_IS_ADDR_UNSPECIFIED(&h->ha) && addr_in_prefix(&h->ha, &x->addr, x->len))
			conf_error(p, loc_of(x), "HomeAddress: the prefix %s contains the home agent", text_of(p, x));
	}
}

/* Of one that the other home address is in the way of. */
static void check_foreign(struct parser *p, const struct conf_prefix *x, const struct conf_home *other)
{
	if (addr_in_prefix(&x->addr, &other->hoa, x->len < other->plen ? x->len : other->plen))
		conf_error(p, loc_of(x), "HomeAddress: the prefix %s overlaps the home prefix of %s", text_of(p, x),
			   conf_line_text(p, loc_of(x), other->hoa_line));
	else if (!IN6_IS_ADDR_UNSPECIFIED(&other->ha) && addr_in_prefix(&other->ha, &x->addr, x->len))
		conf_error(p, loc_of(x), "HomeAddress: the prefix %s contains the home agent of %s", text_of(p, x),
			   conf_line_text(p, loc_of(x), other->hoa_line));
}

void mnp_check_two(struct parser *p, const struct conf_home *g, const struct conf_home *h)
{
	for (unsigned int i = 0; i < g->mnps.n; i++)
		check_foreign(p, &g->mnps.at[i], h);
	for (unsigned int i = 0; i < h->mnps.n; i++) {
		const struct conf_prefix *x = &h->mnps.at[i];

		check_foreign(p, x, g);
		for (unsigned int j = 0; j < g->mnps.n; j++)
			if (overlap(&g->mnps.at[j], x))
				conf_error(p, loc_of(x), "HomeAddress: the prefix %s overlaps %s of %s: each belongs to one home address",
					   text_of(p, x), text_of(p, &g->mnps.at[j]), conf_line_text(p, loc_of(x), g->mnps.at[j].line));
	}
}

/* By address, and of one address the shorter prefix first: if any two overlap, then two neighbours do. */
static int by_prefix(const void *a, const void *b)
{
	const struct conf_prefix *x = *(const struct conf_prefix *const *)a, *y = *(const struct conf_prefix *const *)b;
	int rc = memcmp(&x->addr, &y->addr, sizeof(x->addr));

	return rc ? rc : x->len != y->len ? x->len - y->len : x->line != y->line ? x->line - y->line : x->col - y->col;
}

static void check_apart(struct parser *p, const struct conf *c, size_t n)
{
	const struct conf_prefix **all = conf_alloc(p, n * sizeof(*all));
	size_t k = 0;

	for (const struct conf_acl *a = c->acl; a; a = a->next)
		for (unsigned int i = 0; i < a->mnps.n; i++)
			all[k++] = &a->mnps.at[i];
	qsort(all, n, sizeof(*all), by_prefix);
	for (size_t i = 1; i < n; i++)
		if (overlap(all[i - 1], all[i]))
			conf_error(p, loc_of(all[i]), "BindingAclPolicy: the prefix %s overlaps %s of %s: each belongs to one mobile router",
				   text_of(p, all[i]), text_of(p, all[i - 1]), conf_line_text(p, loc_of(all[i]), all[i - 1]->line));
}

static void check_served(struct parser *p, const struct conf *c, const struct conf_prefix *x)
{
	const struct conf_served *s = c->served;

	while (s && (s->prefix.len > x->len || !addr_in_prefix(&x->addr, &s->prefix.addr, s->prefix.len)))
		s = s->next;
	if (c->served && !s)
		conf_error(p, loc_of(x), "BindingAclPolicy: the prefix %s is in no HaServedPrefix", text_of(p, x));
}

void mnp_check_ha(struct parser *p, const struct conf *c)
{
	static const char off[] = "but HaAcceptMobRtr is not enabled";
	size_t n = 0;

	if (!c->ha_accept_routers && c->served && !p->lost)
		conf_error(p, loc_of(&c->served->prefix), "HaServedPrefix is for mobile routers, %s", off);
	for (const struct conf_acl *a = c->acl; a; a = a->next) {
		if (a->mnps.n && !c->ha_accept_routers && !p->lost)
			conf_error(p, loc_of(&a->mnps.at[0]), "BindingAclPolicy: prefixes are for mobile routers, %s", off);
		for (unsigned int i = 0; i < a->mnps.n; i++)
			check_served(p, c, &a->mnps.at[i]);
		n += a->mnps.n;
	}
	if (n)
		check_apart(p, c, n);
}
