// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * IPsecPolicySet in mip6d.conf. What a set leaves open would be found out only when nobody can register, or when anybody can: so
 * that no file may have it.
 */
#include "conf/ipsec.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "core/addr.h"

#define OR_DISABLED                                                                                                    \
	" or 'UseMnHaIPsec disabled;' - the registration is then unprotected: anyone who can send to the home agent can " \
	"redirect a home address"

struct ipsec_reqid {
	bool tunnel;
	int from_ha; /* which of the two */
	uint32_t reqid;
	const struct conf_ipsec_set *set;
	enum conf_ipsec_type type;
	struct conf_loc loc;
};

static struct conf_loc loc_of(const struct conf_prefix *x)
{
	return (struct conf_loc){ x->line, x->col };
}

static const char *text_of(struct parser *p, const struct in6_addr *a)
{
	char text[INET6_ADDRSTRLEN];

	return conf_text(p, "%s", inet_ntop(AF_INET6, a, text, sizeof(text)));
}

/* ---- one set ---- */

struct conf_ipsec_set *ipsec_set_new(struct ipsec_check *ic, const struct stmt *s)
{
	struct conf_ipsec_set *set = conf_must(calloc(1, sizeof(*set)));

	set->line = s->loc.line;
	set->col = s->loc.col;
	*ic->end = set;
	ic->end = &set->next;
	return set;
}

void ipsec_home_agent(struct args *a, struct conf_ipsec_set *set)
{
	const struct val *v = args_take(a, VAL_ADDR, "the home agent's address");

	if (v && args_end(a, false) && args_routable(a, v))
		set->ha = v->addr;
}

void ipsec_home_address(struct args *a, struct conf_ipsec_set *set)
{
	const struct val *v = args_take(a, VAL_PREFIX, "ADDRESS/LENGTH, the home address with the length of the home prefix");
	unsigned int n = set->n_homes;

	if (!v || !args_end(a, false) || !args_routable(a, v))
		return;
	if (!v->num) {
		conf_error(a->p, v->loc, "HomeAddress: the length of the home prefix is 1 to 128, most often 64; found /0");
		return;
	}
	/* room for 1, 2, 4, ... */
	if (!(n & (n - 1)))
		set->homes = conf_must(realloc(set->homes, (n ? 2 * (size_t)n : 1) * sizeof(*set->homes)));
	set->homes[set->n_homes++] =
		(struct conf_prefix){ .addr = v->addr, .len = (uint8_t)v->num, .line = v->loc.line, .col = v->loc.col };
}

static bool take_type(struct args *a, enum conf_ipsec_type *type)
{
	for (int t = 0; a->next && a->next->kind == VAL_WORD && t < IPSEC_TYPES; t++)
		if (!strcmp(a->next->text, conf_ipsec_type_name[t])) {
			*type = (enum conf_ipsec_type)t;
			a->next = a->next->next;
			return true;
		}
	return args_expected(a, "a type (HomeRegBinding, Mh, MobPfxDisc, ICMP, any, TunnelHomeTesting, TunnelMh or TunnelPayload)");
}

static bool take_esp(struct args *a)
{
	static const char *const words[] = { "UseESP", NULL };
	const struct val *v = a->next;

	if (v && v->kind == VAL_WORD && !strcmp(v->text, "UseAH")) {
		conf_error(a->p, v->loc, "IPsecPolicy: UseAH is not available: RFC 4877 asks for ESP, which authenticates as well; write UseESP");
		return false;
	}
	if (v && v->kind == VAL_WORD && !strcmp(v->text, "UseIPComp")) {
		conf_error(a->p, v->loc, "IPsecPolicy: UseIPComp is not available: it compresses and protects nothing, which RFC 4877 asks for; write UseESP");
		return false;
	}
	return args_word(a, "'UseESP'", words);
}

static void note_reqids(struct ipsec_check *ic, const struct conf_ipsec_set *set, enum conf_ipsec_type type, struct conf_loc loc)
{
	for (int i = 0; i < 2; i++) {
		if (!set->policy[type].reqid[i])
			continue;
		if (ic->n_reqids == ic->room) {
			ic->room = ic->room ? 2 * ic->room : 64;
			ic->reqids = conf_must(realloc(ic->reqids, ic->room * sizeof(*ic->reqids)));
		}
		ic->reqids[ic->n_reqids++] = (struct ipsec_reqid){ .tunnel = conf_ipsec_is_tunnel(type),
								   .from_ha = i,
								   .reqid = set->policy[type].reqid[i],
								   .set = set,
								   .type = type,
								   .loc = loc };
	}
}

void ipsec_policy(struct ipsec_check *ic, struct args *a, struct conf_ipsec_set *set)
{
	static const char *const actions[] = { "allow", "block", NULL };
	struct conf_ipsec_policy policy = { .line = a->s->loc.line };
	const struct val *action = NULL, *word = a->next;
	enum conf_ipsec_type type = IPSEC_TYPES;
	unsigned int n = 0;

	if (!take_type(a, &type) || !take_esp(a))
		return;
	for (; n < 2 && a->next && a->next->kind == VAL_NUMBER; n++)
		if (!args_number(a, 0, UINT32_MAX, &policy.reqid[n]))
			return;
	if (n == 1)
		policy.reqid[1] = policy.reqid[0];
	if (a->next && a->next->kind != VAL_NUMBER) {
		action = args_word(a, n ? "'allow' or 'block'" : "a number (a reqid), 'allow' or 'block'", actions);
		if (!action)
			return;
		policy.block = *action->text == 'b';
	}
	if (!args_end(a, false))
		return;
	if (set->policy[type].line) {
		conf_error(a->p, word->loc, "IPsecPolicy %s is already in %s", word->text,
			   conf_line_text(a->p, word->loc, set->policy[type].line));
		return;
	}
	set->policy[type] = policy;
	note_reqids(ic, set, type, a->s->loc);
}

/* What the kernel would do with a Binding Update: the narrowest policy that there is. */
static const struct conf_ipsec_policy *registration_policy(const struct conf_ipsec_set *set)
{
	static const enum conf_ipsec_type by_narrowness[] = { IPSEC_HOME_REG_BINDING, IPSEC_MH, IPSEC_ANY };

	for (int i = 0; i < 3; i++)
		if (set->policy[by_narrowness[i]].line)
			return &set->policy[by_narrowness[i]];
	return NULL;
}

void ipsec_set_end(struct parser *p, const struct conf_ipsec_set *set, bool has_agent, bool has_home, bool has_policy)
{
	struct conf_loc loc = { set->line, set->col };
	const struct conf_ipsec_policy *r = registration_policy(set);

	for (unsigned int i = 0; i < set->n_homes; i++)
		if (IN6_ARE_ADDR_EQUAL(&set->homes[i].addr, &set->ha))
			conf_error(p, loc_of(&set->homes[i]), "IPsecPolicySet: this is the home agent's address, not a mobile node's");
	if (p->lost)
		return;
	/* One error for a set: the place is the same. */
	if (!has_agent)
		conf_error(p, loc, "IPsecPolicySet: HomeAgentAddress is missing");
	else if (!has_home)
		conf_error(p, loc, "IPsecPolicySet: HomeAddress is missing");
	else if (!has_policy)
		conf_error(p, loc, "IPsecPolicySet: IPsecPolicy is missing: add 'IPsecPolicy HomeRegBinding UseESP;' at least");
	else if (!r && !p->n_diags)
		conf_error(p, loc,
			   "IPsecPolicySet: nothing in it protects the registration: add an IPsecPolicy for HomeRegBinding, Mh or any");
	else if (r && r->block)
		conf_error(p, loc, "IPsecPolicySet: nobody could register: the IPsecPolicy of %s blocks Binding Updates",
			   conf_line_text(p, loc, r->line));
}

void ipsec_migrate(struct args *a, struct conf *c)
{
	static const char *const words[] = { "netlink", "pf_key", NULL };
	const struct val *v = args_word(a, "'netlink' or 'pf_key'", words);

	if (v && args_end(a, false))
		c->ipsec_pf_key = *v->text == 'p';
}

/* ---- all sets ---- */

static int by_place(struct conf_loc a, struct conf_loc b)
{
	return a.line != b.line ? a.line - b.line : a.col - b.col;
}

struct home {
	const struct conf_prefix *at;
	const struct conf_ipsec_set *set;
};

static int by_home(const void *a, const void *b)
{
	const struct home *x = a, *y = b;
	int rc = memcmp(&x->at->addr, &y->at->addr, sizeof(x->at->addr));

	return rc ? rc : by_place(loc_of(x->at), loc_of(y->at));
}

static void index_homes(struct parser *p, struct conf *c)
{
	struct home *all;
	size_t n = 0;

	for (const struct conf_ipsec_set *set = c->ipsec; set; set = set->next)
		n += set->n_homes;
	if (!n)
		return;
	all = conf_alloc(p, n * sizeof(*all));
	c->ipsec_index = conf_must(calloc(n, sizeof(*c->ipsec_index)));
	n = 0;
	for (const struct conf_ipsec_set *set = c->ipsec; set; set = set->next)
		for (unsigned int i = 0; i < set->n_homes; i++)
			all[n++] = (struct home){ &set->homes[i], set };
	qsort(all, n, sizeof(*all), by_home);
	for (size_t i = 0; i < n; i++) {
		if (i && IN6_ARE_ADDR_EQUAL(&all[i - 1].at->addr, &all[i].at->addr))
			conf_error(p, loc_of(all[i].at), "IPsecPolicySet: the HomeAddress %s is already in %s", text_of(p, &all[i].at->addr),
				   conf_line_text(p, loc_of(all[i].at), all[i - 1].at->line));
		else
			c->ipsec_index[c->n_ipsec_homes++] = (struct conf_ipsec_home){ all[i].at->addr, all[i].set };
	}
}

static int by_reqid(const void *a, const void *b)
{
	const struct ipsec_reqid *x = a, *y = b;

	if (x->tunnel != y->tunnel)
		return x->tunnel - y->tunnel;
	if (x->from_ha != y->from_ha)
		return x->from_ha - y->from_ha;
	if (x->reqid != y->reqid)
		return x->reqid < y->reqid ? -1 : 1;
	return by_place(x->loc, y->loc);
}

/* Of one mode and direction, a reqid is all that tells two associations apart. Other sets are only a home agent's matter: each has a peer of its own. */
static void check_reqids(struct ipsec_check *ic, struct parser *p, int role)
{
	const struct ipsec_reqid *r = ic->reqids;

	if (ic->n_reqids)
		qsort(ic->reqids, ic->n_reqids, sizeof(*ic->reqids), by_reqid);
	for (size_t i = 1; i < ic->n_reqids; i++) {
		if (r[i - 1].tunnel != r[i].tunnel || r[i - 1].from_ha != r[i].from_ha || r[i - 1].reqid != r[i].reqid)
			continue;
		if (r[i - 1].set != r[i].set && role != ROLE_HA)
			continue;
		/* One number for both directions is one mistake. */
		if (r[i].from_ha && r[i].set->policy[r[i].type].reqid[0] == r[i].reqid &&
		    r[i - 1].set->policy[r[i - 1].type].reqid[0] == r[i].reqid)
			continue;
		conf_error(p, r[i].loc,
			   "IPsecPolicy %s: the reqid %u is %s's of %s already, also in %s mode and %s the home agent: their security associations could not be told apart",
			   conf_ipsec_type_name[r[i].type], r[i].reqid, conf_ipsec_type_name[r[i - 1].type],
			   conf_line_text(p, r[i].loc, r[i - 1].loc.line), r[i].tunnel ? "tunnel" : "transport", r[i].from_ha ? "from" : "to");
	}
}

/*
 * The Home Address option is outside of ESP, and the kernel looks at an association's reqid only: whoever has one that fits could register
 * any home address that asks for no other.
 */
static void check_own(struct parser *p, const struct conf *c)
{
	for (const struct conf_ipsec_set *set = c->ipsec; set; set = set->next) {
		if (set->n_homes > 1)
			conf_error(p, loc_of(&set->homes[1]),
				   "HomeAddress: on a home agent each has an IPsecPolicySet with reqids of its own: with one for both, who has the keys for %s could register this one",
				   text_of(p, &set->homes[0].addr));
		for (int t = 0; c->n_ipsec_homes > 1 && t < IPSEC_TYPES; t++)
			if (set->policy[t].line && !set->policy[t].block && !set->policy[t].reqid[0])
				conf_error(p, (struct conf_loc){ set->policy[t].line, 1 },
					   "IPsecPolicy %s: on a home agent with several home addresses it needs a reqid: without, the keys for any of them would do",
					   conf_ipsec_type_name[t]);
	}
}

/* ---- who uses them ---- */

/* Where a keyword of this MnHomeLink has its value. */
static struct conf_loc in_home_link(const struct parser *p, const struct conf_home *h, enum kw_id id)
{
	for (const struct stmt *s = p->stmts; s; s = s->next)
		for (const struct stmt *i = s->loc.line == h->line && s->loc.col == h->col ? s->block : NULL; i; i = i->next)
			if (i->kw && i->kw->id == id)
				return i->vals ? i->vals->loc : i->loc;
	return p->eof;
}

static void check_home(struct parser *p, const struct conf *c, struct conf_home *h)
{
	const struct conf_ipsec_set *set = conf_ipsec_find(c, &h->hoa);
	struct conf_loc loc = { h->hoa_line, h->hoa_col };

	if (!h->hoa_line || p->lost)
		return; /* said already */
	if (!set) {
		conf_error(p, loc, "HomeAddress: no IPsecPolicySet has it, and UseMnHaIPsec is enabled, as it is by default: add 'IPsecPolicySet { "
				   "HomeAgentAddress ...; HomeAddress %s/%u; IPsecPolicy HomeRegBinding UseESP; }'" OR_DISABLED,
			   text_of(p, &h->hoa), h->plen ? h->plen : 64);
		return;
	}
	if (!h->alt_coa)
		conf_error(p, in_home_link(p, h, KW_USE_ALT_COA),
			   "UseAltCoa: must be enabled with IPsec: ESP does not protect the packet's source address, only the option in it (RFC 6275 11.7.1)");
	if (IN6_IS_ADDR_UNSPECIFIED(&set->ha))
		return;
	if (!IN6_IS_ADDR_UNSPECIFIED(&h->ha)) {
		if (!IN6_ARE_ADDR_EQUAL(&h->ha, &set->ha))
			conf_error(p, in_home_link(p, h, KW_HOME_AGENT_ADDRESS),
				   "HomeAgentAddress is not the one of the home address's IPsecPolicySet in %s, %s", conf_line_text(p, loc, set->line),
				   text_of(p, &set->ha));
		return;
	}
	/* Discovery would find agents that there is no association with. */
	h->ha = set->ha;
	loc = (struct conf_loc){ set->line, set->col };
	if (h->plen && !addr_in_prefix(&h->ha, &h->hoa, h->plen))
		conf_error(p, loc, "IPsecPolicySet: HomeAgentAddress is not in the home prefix: not in the HomeAddress's /%u of %s", h->plen,
			   conf_line_text(p, loc, h->line));
	else if (h->plen && addr_is_router_anycast(&h->ha, h->plen))
		conf_error(p, loc, "IPsecPolicySet: HomeAgentAddress is the anycast address of the home link's routers");
	for (unsigned int i = 0; i < h->mnps.n; i++)
		if (addr_in_prefix(&h->ha, &h->mnps.at[i].addr, h->mnps.at[i].len))
			conf_error(p, loc_of(&h->mnps.at[i]), "HomeAddress: this prefix contains the home agent");
}

/* A tunnel's association has the care-of address and the home agent as its ends: between two home addresses, only the reqid differs. */
static void check_tunnels(struct parser *p, const struct conf *c, const struct conf_home *g, const struct conf_home *h)
{
	const struct conf_ipsec_set *x = conf_ipsec_find(c, &g->hoa), *y = conf_ipsec_find(c, &h->hoa);

	if (!x || !y || !h->hoa_line || !IN6_ARE_ADDR_EQUAL(&x->ha, &y->ha))
		return;
	for (int t = 0; t < IPSEC_TYPES; t++)
		for (int u = 0; u < IPSEC_TYPES; u++) {
			const struct conf_ipsec_policy *a = &x->policy[t], *b = &y->policy[u];

			if (!conf_ipsec_is_tunnel((enum conf_ipsec_type)t) || !conf_ipsec_is_tunnel((enum conf_ipsec_type)u) || !a->line || !b->line ||
			    a->block || b->block)
				continue;
			if (a->reqid[0] && b->reqid[0] && a->reqid[0] != b->reqid[0] && a->reqid[1] != b->reqid[1])
				continue;
			conf_error(p, (struct conf_loc){ h->hoa_line, h->hoa_col },
				   "HomeAddress: its IPsecPolicy %s and %s of that of %s, to one home agent, need reqids that differ: their security "
				   "associations could not be told apart",
				   conf_ipsec_type_name[u], conf_ipsec_type_name[t], conf_line_text(p, (struct conf_loc){ h->hoa_line, h->hoa_col }, g->hoa_line));
			return;
		}
}

void ipsec_check(struct ipsec_check *ic, struct parser *p, int role, struct conf *c)
{
	index_homes(p, c);
	check_reqids(ic, p, role);
	free(ic->reqids);
	if (!c->use_mn_ha_ipsec)
		return;
	if (role == ROLE_HA && !ic->any && !p->lost)
		conf_error(p, ic->enabled.line ? ic->enabled : p->eof,
			   "UseMnHaIPsec is enabled%s, and there is no IPsecPolicySet: nobody could register. Add 'IPsecPolicySet { "
			   "HomeAgentAddress ...; HomeAddress ...; IPsecPolicy HomeRegBinding UseESP; }' for each mobile node" OR_DISABLED,
			   ic->enabled.line ? "" : " by default");
	if (role == ROLE_HA && !p->n_diags) /* or else it may be about what is wrong anyway */
		check_own(p, c);
	if (role == ROLE_MN)
		for (struct conf_home *h = c->homes; h; h = h->next) {
			check_home(p, c, h);
			for (const struct conf_home *g = c->homes; g != h; g = g->next)
				check_tunnels(p, c, g, h);
		}
}

void ipsec_free(struct conf *c)
{
	while (c->ipsec) {
		struct conf_ipsec_set *next = c->ipsec->next;

		free(c->ipsec->homes);
		free(c->ipsec);
		c->ipsec = next;
	}
	free(c->ipsec_index);
}

const struct conf_ipsec_set *conf_ipsec_find(const struct conf *c, const struct in6_addr *hoa)
{
	const struct conf_ipsec_home *found = NULL;

	if (c->use_mn_ha_ipsec)
		found = addr_find(hoa, c->ipsec_index, c->n_ipsec_homes, sizeof(*c->ipsec_index));
	return found ? found->set : NULL;
}
