// SPDX-License-Identifier: GPL-2.0-or-later
/* From the tree of statements to struct conf: what each keyword takes, what goes together, what is missing. */
#include "conf/home.h"
#include "conf/ipsec.h"
#include "conf/mnp.h"

#include <stdlib.h>
#include <string.h>

struct check {
	struct parser *p;
	struct conf *c;
	int role; /* -1: unknown, which is an error of its own */
	bool role_forced;
	struct conf_loc node_config, advice, max_pfx_adv; /* line 0: not in the file */
	struct ipsec_check ipsec;
	struct conf_iface **iface_end;
	struct conf_acl **acl_end;
};

/* One { } or the whole file. */
struct scope {
	unsigned int where;
	const char *name;
	int line; /* of its '{' */
	struct conf_iface *iface;
	struct home_section *home;
	struct conf_ipsec_set *set;
	int seen[CONF_N_KEYWORDS]; /* line of the first; 0: not yet */
};

static const char *role_name(int role)
{
	static const char *const name[] = { [ROLE_CN] = "CN", [ROLE_HA] = "HA", [ROLE_MN] = "MN" };

	return role < 0 ? "?" : name[role];
}

static const char *role_words(int role)
{
	static const char *const words[] = {
		[ROLE_CN] = "correspondent node", [ROLE_HA] = "home agent", [ROLE_MN] = "mobile node"
	};

	return words[role];
}

static int role_from(const char *word)
{
	for (int r = ROLE_CN; r <= ROLE_MN; r++)
		if (!strcmp(role_name(r), word))
			return r;
	return -1;
}

/* ---- keywords ---- */

static void check_section(struct check *ck, const struct stmt *s, struct scope *scope);

static void do_node_config(struct check *ck, struct args *a)
{
	static const char *const words[] = { "CN", "HA", "MN", NULL };

	ck->node_config = a->s->loc;
	if (args_word(a, "'CN', 'HA' or 'MN'", words))
		args_end(a, false);
}

static void do_file(struct check *ck, struct args *a, char **file)
{
	const struct val *v = args_take(a, VAL_STRING, "a file name in double quotes");

	if (!v || !args_end(a, false))
		return;
	if (!*v->text || strlen(v->text) > 4095)
		conf_error(ck->p, v->loc, "%s: the file name is %s", a->s->kw->name,
			   *v->text ? "longer than 4095 bytes" : "empty");
	else
		*file = conf_must(strdup(v->text));
}

/* One that must not depend on where we were started. */
static void do_path(struct check *ck, struct args *a, char **file)
{
	const struct val *v = a->s->vals;

	if (v && v->kind == VAL_STRING && *v->text && *v->text != '/')
		conf_error(ck->p, v->loc, "%s: the file name must begin with /", a->s->kw->name);
	do_file(ck, a, file);
}

static void do_interface(struct check *ck, struct args *a)
{
	struct conf_iface *i = conf_must(calloc(1, sizeof(*i))), *other;
	struct scope scope = { .where = IN_INTERFACE, .name = "Interface", .iface = i };
	const struct val *v = args_ifname(a);
	int n = 0;

	i->line = a->s->loc.line;
	i->mn_preference = 1;
	i->type = ck->role < 0 ? ROLE_CN : (enum conf_role)ck->role;
	if (v && args_end(a, true)) {
		strcpy(i->name, v->text);
		for (other = ck->c->ifaces; other && strcmp(other->name, i->name); other = other->next)
			n++;
		if (other)
			conf_error(ck->p, v->loc, "Interface %s is already in %s", conf_val_text(ck->p, v),
				   conf_line_text(ck->p, v->loc, other->line));
		else if (n >= CONF_MAX_IFACES)
			conf_error(ck->p, v->loc, "Interface: there are more than %d", CONF_MAX_IFACES);
	}
	check_section(ck, a->s, &scope);
	*ck->iface_end = i;
	ck->iface_end = &i->next;
}

static void do_if_type(struct check *ck, struct args *a, struct conf_iface *i)
{
	static const char *const words[] = { "CN", "HA", "MN", NULL };
	const struct val *v = args_word(a, "'CN', 'HA' or 'MN'", words);

	if (!v || !args_end(a, false))
		return;
	i->type = (enum conf_role)role_from(v->text);
	if (ck->role >= 0 && i->type != (enum conf_role)ck->role)
		conf_error(
			ck->p, v->loc,
			"IfType %s: an interface whose role differs from the node's (%s) is not available in this version",
			v->text, role_name(ck->role));
}

/* Of several, the one with the lowest number is used. */
static void do_if_preference(struct args *a, struct conf_iface *i)
{
	uint32_t n;

	if (args_number(a, 0, 10, &n) && args_end(a, false))
		i->mn_preference = n;
}

static void do_ipsec(struct check *ck, struct args *a)
{
	ck->ipsec.enabled = a->s->loc;
	if (!args_bool(a, &ck->c->use_mn_ha_ipsec) || !args_end(a, false))
		ck->c->use_mn_ha_ipsec = false; /* what follows from it is no news */
}

static void do_acl(struct check *ck, struct args *a)
{
	const struct val *v = args_take(a, VAL_ADDR, "a home address");
	struct conf_mnps mnps = { 0 };
	struct conf_acl *acl;
	uint8_t status;

	if (!v || !args_routable(a, v) || !mnp_list(a, &v->addr, &mnps) || !args_acl(a, &status) || !args_end(a, false)) {
		free(mnps.at);
		return;
	}
	acl = conf_must(calloc(1, sizeof(*acl)));
	acl->mnps = mnps;
	acl->hoa = v->addr;
	acl->status = status;
	acl->line = v->loc.line;
	acl->col = v->loc.col;
	*ck->acl_end = acl;
	ck->acl_end = &acl->next;
}

static void do_advice(struct check *ck, struct args *a)
{
	const struct val *v = a->next;
	uint32_t n;

	if (v && v->kind == VAL_NUMBER && !v->num) {
		a->next = v->next;
		args_end(a, false);
	} else if (v && v->kind == VAL_NUMBER && (v->num < 4 || v->num > 262140)) {
		args_expected(a, "0 for none or a number from 4 to 262140");
	} else if (args_number(a, 4, 262140, &n) && args_end(a, false)) {
		ck->c->ha_refresh_advice = n;
		ck->advice = v->loc;
	}
}

static bool is_seen(const struct scope *scope, const char *keyword)
{
	return scope->seen[conf_keyword(keyword) - conf_keywords];
}

static void do_home_link(struct check *ck, struct args *a)
{
	struct home_section home;
	struct scope scope = { .where = IN_HOME_LINK, .name = "MnHomeLink", .home = &home };
	const struct val *v = args_ifname(a);

	if (v && args_end(a, true) && !a->s->has_block) {
		conf_error(ck->p, a->s->end, "MnHomeLink: expected '{' before %s", a->s->end_text);
		v = NULL;
	}
	home_begin(&home, a->s, v);
	if (a->s->has_block) {
		check_section(ck, a->s, &scope);
		if (!is_seen(&scope, "HomeAddress") && !ck->p->lost)
			conf_error(ck->p, a->s->loc, "MnHomeLink: HomeAddress is missing");
	}
	home_end(ck->p, ck->c, &home);
}

static void do_ipsec_set(struct check *ck, struct args *a)
{
	struct scope scope = { .where = IN_IPSEC, .name = "IPsecPolicySet" };

	ck->ipsec.any = true;
	if (!args_end(a, true))
		return;
	if (!a->s->has_block)
		return conf_error(ck->p, a->s->end, "IPsecPolicySet: expected '{' before %s", a->s->end_text);
	scope.set = ipsec_set_new(&ck->ipsec, a->s);
	check_section(ck, a->s, &scope);
	ipsec_set_end(ck->p, scope.set, is_seen(&scope, "HomeAgentAddress"), is_seen(&scope, "HomeAddress"), is_seen(&scope, "IPsecPolicy"));
}

static void do_max_pfx_adv(struct check *ck, struct args *a)
{
	const struct val *v = a->next;

	if (args_number(a, 1, 2592000, &ck->c->max_mob_pfx_adv) && args_end(a, false))
		ck->max_pfx_adv = v->loc;
}

static void do_plain(struct check *ck, struct args *a)
{
	const struct keyword *kw = a->s->kw;
	char *member = (char *)ck->c + kw->offset;
	uint32_t n;
	bool on;

	if (kw->arg == ARG_BOOL) {
		if (args_bool(a, &on) && args_end(a, false))
			memcpy(member, &on, sizeof(on));
	} else if (kw->arg == ARG_SECONDS) {
		if (args_seconds(a, kw->min, kw->max, &n) && args_end(a, false))
			memcpy(member, &n, sizeof(n));
	} else if (args_number(a, kw->min, kw->max, &n) && args_end(a, false)) {
		memcpy(member, &n, sizeof(n));
	}
}

static void do_keyword(struct check *ck, const struct stmt *s, struct scope *scope)
{
	struct args a = { .p = ck->p, .s = s, .next = s->vals };
	bool on;

	switch (s->kw->id) {
	case KW_NODE_CONFIG:
		return do_node_config(ck, &a);
	case KW_DEBUG_LOG_FILE:
		return do_file(ck, &a, &ck->c->debug_log_file);
	case KW_BINDING_CACHE_FILE:
		return do_path(ck, &a, &ck->c->binding_cache_file);
	case KW_HOOK_PROGRAM:
		return do_path(ck, &a, &ck->c->hook_program);
	case KW_INTERFACE:
		return do_interface(ck, &a);
	case KW_IF_TYPE:
		return do_if_type(ck, &a, scope->iface);
	case KW_IF_PREFERENCE:
		return do_if_preference(&a, scope->iface);
	case KW_USE_MN_HA_IPSEC:
		return do_ipsec(ck, &a);
	case KW_ACL_DEFAULT:
		if (args_acl(&a, &ck->c->default_acl))
			args_end(&a, false);
		return;
	case KW_ACL:
		return do_acl(ck, &a);
	case KW_REFRESH_ADVICE:
		return do_advice(ck, &a);
	case KW_HOME_LINK:
		return do_home_link(ck, &a);
	case KW_HOME_AGENT_ADDRESS:
		return scope->set ? ipsec_home_agent(&a, scope->set) : home_agent_address(&a, scope->home);
	case KW_HOME_ADDRESS:
		return scope->set ? ipsec_home_address(&a, scope->set) : home_address(&a, scope->home);
	case KW_HOME_PREFIX:
		return home_prefix(&a, scope->home);
	case KW_MAX_PFX_ADV:
		return do_max_pfx_adv(ck, &a);
	case KW_RO_POLICY:
		return home_ro_policy(&a, scope->home);
	case KW_USE_ALT_COA:
		if (args_bool(&a, &on) && args_end(&a, false))
			scope->home->all.alt_coa = on;
		return;
	case KW_MOBILE_ROUTER:
		if (args_bool(&a, &scope->home->all.mobile_router))
			args_end(&a, false);
		return;
	case KW_SERVED_PREFIX:
		return mnp_served(&a, ck->c);
	case KW_PLAIN:
		return do_plain(ck, &a);
	case KW_INSTEAD:
		return conf_error(ck->p, s->loc, "%s: %s", s->kw->name, s->kw->instead);
	case KW_INCLUDE: /* include.c has replaced them; one in a section may not stand there */
		return;
	case KW_IPSEC_SET:
		return do_ipsec_set(ck, &a);
	case KW_IPSEC_POLICY:
		return ipsec_policy(&ck->ipsec, &a, scope->set);
	case KW_IPSEC_MIGRATE:
		return ipsec_migrate(&a, ck->c);
	}
}

/* ---- statements ---- */

static const char *place(unsigned int where, int role)
{
	if (where & IN_IPSEC && (role == ROLE_HA || !(where & ~IN_IPSEC)))
		return "in IPsecPolicySet { }";
	if (where & IN_INTERFACE)
		return "in Interface \"name\" { }";
	return where & IN_HOME_LINK ? "in MnHomeLink \"name\" { }" : "outside of any { }";
}

static void unknown_keyword(struct check *ck, const struct stmt *s, const struct scope *scope)
{
	const struct keyword *near = conf_keyword_nearest(s->word, scope->where);
	const char *word = conf_quote(ck->p, '\'', s->word);

	ck->p->lost = true;
	if (near)
		conf_error(ck->p, s->loc, "unknown keyword %s; did you mean '%s'?", word, near->name);
	else
		conf_error(ck->p, s->loc, "unknown keyword %s", word);
}

static bool may_stand(struct check *ck, const struct stmt *s, struct scope *scope)
{
	const struct keyword *kw = s->kw;
	int *first = &scope->seen[kw - conf_keywords];

	if (!(kw->where & scope->where)) {
		if (kw->where & IN_FILE)
			conf_error(ck->p, s->loc,
				   "%s cannot stand in %s { }; is a '}' missing before it? The '{' is in %s",
				   kw->name, scope->name, conf_line_text(ck->p, s->loc, scope->line));
		else
			conf_error(ck->p, s->loc, "%s belongs %s", kw->name, place(kw->where, ck->role));
		ck->p->lost = true;
		return false;
	}
	/* HomeAddress in a set, of which a mobile node has one elsewhere */
	if (ck->role >= 0 && !(kw->roles & 1u << ck->role) && !scope->set) {
		conf_error(ck->p, s->loc, "%s is for a %s; this is a %s (%s%s)", kw->name,
			   kw->roles == (FOR_HA | FOR_MN) ? "home agent or mobile node" : role_words(kw->roles & FOR_MN ? ROLE_MN : ROLE_HA),
			   role_words(ck->role),
			   ck->role_forced ? "from the command line" : "NodeConfig ",
			   ck->role_forced ? "" : role_name(ck->role));
		return false;
	}
	if (*first && !kw->repeats) {
		conf_error(ck->p, s->loc, "%s is already in %s", kw->name, conf_line_text(ck->p, s->loc, *first));
		return false;
	}
	if (!*first)
		*first = s->loc.line;
	return true;
}

static void check_stmts(struct check *ck, const struct stmt *s, struct scope *scope)
{
	for (; s && !ck->p->too_many; s = s->next) {
		if (!s->kw)
			unknown_keyword(ck, s, scope);
		else if (may_stand(ck, s, scope))
			do_keyword(ck, s, scope);
	}
}

static void check_section(struct check *ck, const struct stmt *s, struct scope *scope)
{
	scope->line = s->end.line;
	check_stmts(ck, s->block, scope);
}

/* ---- the whole ---- */

static void check_ha(struct check *ck)
{
	struct conf *c = ck->c;

	if (!c->ifaces && !ck->p->lost)
		conf_error(ck->p, ck->p->eof, "a home agent needs its home link: add 'Interface \"NAME\";'");
	if (c->max_mob_pfx_adv < c->min_mob_pfx_adv)
		conf_error(ck->p, ck->max_pfx_adv.line ? ck->max_pfx_adv : ck->p->eof,
			   "MaxMobPfxAdvInterval (%u) is less than MinMobPfxAdvInterval (%u)", c->max_mob_pfx_adv,
			   c->min_mob_pfx_adv);
	if (ck->advice.line && c->ha_refresh_advice >= c->ha_max_binding_life)
		conf_error(ck->p, ck->advice, "HaBindingRefreshAdvice must be shorter than HaMaxBindingLife (%u)",
			   c->ha_max_binding_life);
	mnp_check_ha(ck->p, c);
}

static void check_mn(struct check *ck)
{
	struct conf *c = ck->c;
	struct conf_iface *i;
	bool any = c->mn_use_all_ifaces;

	if (!c->homes && !ck->p->lost)
		conf_error(
			ck->p, ck->p->eof,
			"a mobile node needs its home link: add 'MnHomeLink \"NAME\" { HomeAddress ...; }'");
	if (!c->homes)
		return;
	home_check(ck->p, c);
	/* The home links' interfaces are used without an Interface line, too. */
	for (const struct conf_home *h = c->homes; h; h = h->next) {
		if (!*h->ifname)
			return; /* said already */
		if (conf_iface(c, h->ifname))
			continue;
		i = conf_must(calloc(1, sizeof(*i)));
		strcpy(i->name, h->ifname);
		i->line = h->line;
		i->type = ROLE_MN;
		i->mn_preference = 1;
		i->next = c->ifaces;
		c->ifaces = i;
	}
	for (i = c->ifaces; i; i = i->next)
		any = any || i->mn_preference;
	if (!any)
		conf_error(ck->p, ck->p->eof, "MnIfPreference 0 takes every interface from the mobile node; it needs one");
}

void conf_check(struct parser *p, int role_override, struct conf *c)
{
	struct check ck = { .p = p, .c = c, .role = role_override, .role_forced = role_override >= 0 };
	struct scope file = { .where = IN_FILE, .name = "the file" };

	ck.iface_end = &c->ifaces;
	ck.acl_end = &c->acl;
	ck.ipsec.end = &c->ipsec;
	for (const struct stmt *s = p->stmts; s && ck.role < 0; s = s->next)
		if (s->kw && s->kw->id == KW_NODE_CONFIG && s->vals && s->vals->kind == VAL_WORD)
			ck.role = role_from(s->vals->text);
	check_stmts(&ck, p->stmts, &file);
	p->whole = true;

	if (ck.role < 0) {
		if (!ck.node_config.line && !p->lost)
			conf_error(p, p->eof, "NodeConfig is missing: add 'NodeConfig HA;', 'NodeConfig MN;' or 'NodeConfig CN;'");
	} else {
		c->role = (enum conf_role)ck.role;
	}
	if (ck.role == ROLE_CN && !c->ro_cn)
		conf_error(p, p->eof, "a correspondent node with DoRouteOptimizationCN disabled has nothing to do");
	if (c->ha_keep && ck.role >= 0 && ck.role != ROLE_HA)
		conf_error(p, p->eof, "NonVolatileBindingCache: only a home agent keeps its binding cache; remove the line or set it to disabled");
	if (ck.role == ROLE_HA)
		check_ha(&ck);
	else if (ck.role == ROLE_MN)
		check_mn(&ck);
	ipsec_check(&ck.ipsec, p, ck.role, c);
}
