// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * MnHomeLink in mip6d.conf. A section may have several home addresses, and a file several sections: each home address is a struct
 * conf_home with all that its section says, so that nothing else has to know of sections.
 *
 * Each home address decides by its home prefix whether a link is home. What would make two of them disagree about one and the same
 * prefix is refused.
 */
#include "conf/home.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "conf/mnp.h"
#include "core/addr.h"
#include "core/hal.h"

static struct conf_loc loc_of(const struct conf_home *h)
{
	return (struct conf_loc){ h->hoa_line, h->hoa_col };
}

static struct conf_loc prefix_loc(const struct home_section *s)
{
	return (struct conf_loc){ s->prefix.line, s->prefix.col };
}

/* ---- the statements ---- */

void home_begin(struct home_section *s, const struct stmt *statement, const struct val *v)
{
	*s = (struct home_section){ .all = { .alt_coa = true, .line = statement->loc.line, .col = statement->loc.col } };
	s->end = &s->homes;
	if (v)
		strcpy(s->all.ifname, v->text);
}

void home_agent_address(struct args *a, struct home_section *s)
{
	const struct val *v = args_take(a, VAL_ADDR, "an IPv6 address");

	s->ha_bad = true;
	if (!v || !args_end(a, false))
		return;
	/* Said in so many words: it is to be found. */
	s->ha_bad = false;
	if (IN6_IS_ADDR_UNSPECIFIED(&v->addr))
		return;
	s->ha_bad = true;
	if (!args_routable(a, v))
		return;
	s->all.ha = v->addr;
	s->ha_loc = v->loc;
}

void home_address(struct args *a, struct home_section *s)
{
	const struct val *v = args_take(a, VAL_PREFIX, "ADDRESS/LENGTH, the home address with the length of the home prefix");
	struct conf_mnps mnps = { 0 };
	struct conf_home *h;

	if (!v || !mnp_list(a, &v->addr, &mnps) || !args_end(a, false) || !args_routable(a, v)) {
		free(mnps.at);
		return;
	}
	h = conf_must(calloc(1, sizeof(*h)));
	h->hoa = v->addr;
	h->plen = (uint8_t)v->num;
	h->mnps = mnps;
	h->hoa_line = v->loc.line;
	h->hoa_col = v->loc.col;
	*s->end = h;
	s->end = &h->next;
}

void home_prefix(struct args *a, struct home_section *s)
{
	const struct val *v = args_take(a, VAL_PREFIX, "ADDRESS/LENGTH, the prefix of the home link");

	if (!v || !args_end(a, false))
		return;
	if (v->num < 1 || v->num > 127) {
		conf_error(a->p, v->loc, "HomePrefix: the length of a home prefix is 1 to 127, most often 64; found /%u", (unsigned int)v->num);
		return;
	}
	s->prefix = (struct conf_prefix){ .addr = v->addr, .len = (uint8_t)v->num, .line = v->loc.line, .col = v->loc.col };
}

/* At the end of the list. */
static void add_policy(struct conf_ro_policy **end, const struct conf_ro_policy *p)
{
	while (*end)
		end = &(*end)->next;
	*end = conf_must(malloc(sizeof(*p)));
	**end = *p;
	(*end)->next = NULL;
}

void home_ro_policy(struct args *a, struct home_section *s)
{
	struct conf_ro_policy policy = { .line = a->s->loc.line };
	const struct val *v = NULL;

	if (a->next && a->next->kind == VAL_ADDR) {
		v = args_take(a, VAL_ADDR, "an IPv6 address");
		if (!args_routable(a, v))
			return;
		policy.peer = v->addr;
	}
	if (!args_bool(a, &policy.enabled) || !args_end(a, false))
		return;
	for (const struct conf_ro_policy *p = s->all.ro_policies; p; p = p->next) {
		if (!IN6_ARE_ADDR_EQUAL(&p->peer, &policy.peer))
			continue;
		if (v)
			conf_error(a->p, v->loc, "MnRoPolicy for %s is already in %s", conf_val_text(a->p, v), conf_line_text(a->p, v->loc, p->line));
		else
			conf_error(a->p, a->s->loc, "MnRoPolicy without an address is already in %s", conf_line_text(a->p, a->s->loc, p->line));
		return;
	}
	add_policy(&s->all.ro_policies, &policy);
}

/* ---- a section ---- */

/* The home address is on the link of this prefix, whatever length it was written with. False after an error. */
static bool check_prefix(struct parser *p, const struct home_section *s, struct conf_home *h)
{
	unsigned int len = s->prefix.line ? s->prefix.len : h->plen;

	if (s->prefix.line && !addr_in_prefix(&h->hoa, &s->prefix.addr, len))
		conf_error(p, prefix_loc(s), "HomePrefix does not hold the HomeAddress of %s", conf_line_text(p, prefix_loc(s), h->hoa_line));
	else if (len < 1 || len > 127)
		conf_error(p, loc_of(h), "HomeAddress: the length of the home prefix is 1 to 127, most often 64; found /%u%s", len,
			   len == 128 ? "; HomePrefix can say it instead" : "");
	else if (addr_is_router_anycast(&h->hoa, len))
		conf_error(p, loc_of(h), "HomeAddress is the home prefix itself, not an address of a node");
	else if (hal_is_anycast(&h->hoa, len))
		conf_error(p, loc_of(h), "HomeAddress is the anycast address of the home link's home agents (RFC 2526)");
	else {
		h->plen = (uint8_t)len;
		return true;
	}
	return false;
}

static void check_agent(struct parser *p, const struct home_section *s, const struct conf_home *h)
{
	if (!s->ha_loc.line) {
		if (!s->ha_bad && h->plen > 121)
			conf_error(p, loc_of(h),
				   "HomeAddress: a home prefix of more than 121 bits has no anycast address of its home agents (RFC 2526); "
				   "add HomeAgentAddress");
		return;
	}
	if (IN6_ARE_ADDR_EQUAL(&h->hoa, &h->ha))
		conf_error(p, s->ha_loc, "HomeAgentAddress is the HomeAddress of %s", conf_line_text(p, s->ha_loc, h->hoa_line));
	else if (!addr_in_prefix(&h->ha, &h->hoa, h->plen))
		conf_error(p, s->ha_loc, "HomeAgentAddress is not in the home prefix: not in the HomeAddress's /%u of %s", h->plen,
			   conf_line_text(p, s->ha_loc, h->hoa_line));
	else if (addr_is_router_anycast(&h->ha, h->plen))
		conf_error(p, s->ha_loc, "HomeAgentAddress is the anycast address of the home link's routers");
}

static void take_over(const struct conf_home *all, struct conf_home *h)
{
	strcpy(h->ifname, all->ifname);
	h->line = all->line;
	h->col = all->col;
	h->ha = all->ha;
	h->alt_coa = all->alt_coa;
	h->mobile_router = all->mobile_router;
	for (const struct conf_ro_policy *p = all->ro_policies; p; p = p->next)
		add_policy(&h->ro_policies, p);
}

static void free_policies(struct conf_ro_policy *p)
{
	while (p) {
		struct conf_ro_policy *next = p->next;

		free(p);
		p = next;
	}
}

void home_end(struct parser *p, struct conf *c, struct home_section *s)
{
	struct conf_home **end = &c->homes;

	/* So that it is known that there was a section. Its errors see to it that nobody meets this one. */
	if (!s->homes)
		s->homes = conf_must(calloc(1, sizeof(*s->homes)));
	for (struct conf_home *h = s->homes; h; h = h->next) {
		take_over(&s->all, h);
		if (!h->hoa_line)
			continue;
		if (!check_prefix(p, s, h)) {
			h->hoa_line = 0; /* what follows from it is no news */
			continue;
		}
		check_agent(p, s, h);
		mnp_check_mn(p, h, loc_of(h));
	}
	free_policies(s->all.ro_policies);
	while (*end)
		end = &(*end)->next;
	*end = s->homes;
}

void home_free(struct conf_home *h)
{
	free_policies(h->ro_policies);
	free(h->mnps.at);
	free(h);
}

/* ---- all of them ---- */

static const char *text_of(struct parser *p, const struct in6_addr *a)
{
	char text[INET6_ADDRSTRLEN];

	return conf_text(p, "%s", inet_ntop(AF_INET6, a, text, sizeof(text)));
}

/* g stands before h. */
static void check_two(struct parser *p, const struct conf_home *g, const struct conf_home *h)
{
	unsigned int len = g->plen < h->plen ? g->plen : h->plen;
	const char *where = conf_line_text(p, loc_of(h), g->hoa_line);

	if (IN6_ARE_ADDR_EQUAL(&g->hoa, &h->hoa))
		conf_error(p, loc_of(h), "HomeAddress %s is already in %s", text_of(p, &h->hoa), where);
	else if (IN6_ARE_ADDR_EQUAL(&g->ha, &h->hoa))
		conf_error(p, loc_of(h), "HomeAddress %s is the HomeAgentAddress for that of %s", text_of(p, &h->hoa), where);
	else if (IN6_ARE_ADDR_EQUAL(&g->hoa, &h->ha))
		conf_error(p, loc_of(h), "HomeAddress: its HomeAgentAddress %s is the HomeAddress of %s", text_of(p, &h->ha), where);
	else if (g->plen != h->plen && addr_in_prefix(&g->hoa, &h->hoa, len))
		conf_error(p, loc_of(h),
			   "HomeAddress: its home prefix, /%u, and that of %s, /%u, overlap: whether a link is home could not be told for both",
			   h->plen, where, g->plen);
	else
		mnp_check_two(p, g, h);
}

void home_check(struct parser *p, const struct conf *c)
{
	unsigned int n = 0;

	for (const struct conf_home *h = c->homes; h; h = h->next) {
		if (!h->hoa_line)
			continue;
		if (n++ == CONF_MAX_HOMES) {
			conf_error(p, loc_of(h), "HomeAddress: there are more than %d", CONF_MAX_HOMES);
			return;
		}
		for (const struct conf_home *g = c->homes; g != h; g = g->next)
			if (g->hoa_line)
				check_two(p, g, h);
	}
}
