// SPDX-License-Identifier: GPL-2.0-or-later
/* The effective configuration in its own language. */
#include "conf/conf.h"

#include <arpa/inet.h>

static const char *addr(const struct in6_addr *a, char buf[INET6_ADDRSTRLEN])
{
	return inet_ntop(AF_INET6, a, buf, INET6_ADDRSTRLEN);
}

static const char *role(enum conf_role r)
{
	return r == ROLE_HA ? "HA" : r == ROLE_MN ? "MN" : "CN";
}

static const char *onoff(bool on)
{
	return on ? "enabled" : "disabled";
}

/* Thousandths to "1.5": no more digits than needed. */
static void print_seconds(const char *keyword, uint32_t ms, FILE *out)
{
	uint32_t part = ms % 1000;
	int digits = 3;

	fprintf(out, "%s %u", keyword, ms / 1000);
	if (part) {
		for (; !(part % 10); part /= 10)
			digits--;
		fprintf(out, ".%0*u", digits, part);
	}
	fputs(";\n", out);
}

static void print_status(uint8_t status, FILE *out)
{
	if (!status)
		fputs("allow;\n", out);
	else if (status == 129)
		fputs("deny;\n", out);
	else
		fprintf(out, "%u;\n", status);
}

static void print_cn(const struct conf *c, FILE *out)
{
	fprintf(out, "DoRouteOptimizationCN %s;\n", onoff(c->ro_cn));
	fprintf(out, "CnMaxBindings %u;\n", c->cn_max_bindings);
	fprintf(out, "CnMaxBindingsPerSource %u;\n", c->cn_max_bindings_per_source);
}

static void print_ro_policies(const struct conf_home *h, FILE *out)
{
	char text[INET6_ADDRSTRLEN];

	for (const struct conf_ro_policy *p = h->ro_policies; p; p = p->next)
		fprintf(out, "\tMnRoPolicy %s%s%s;\n", IN6_IS_ADDR_UNSPECIFIED(&p->peer) ? "" : addr(&p->peer, text),
			IN6_IS_ADDR_UNSPECIFIED(&p->peer) ? "" : " ", onoff(p->enabled));
}

static void print_mnps(const struct conf_mnps *m, FILE *out)
{
	char text[INET6_ADDRSTRLEN];

	for (unsigned int i = 0; i < m->n; i++)
		fprintf(out, "%s%s/%u", i ? ", " : " (", addr(&m->at[i].addr, text), m->at[i].len);
	fputs(m->n ? ")" : "", out);
}

static void print_ipsec(const struct conf *c, FILE *out)
{
	char text[INET6_ADDRSTRLEN];

	fprintf(out, "IPsecMigrate %s;\n", c->ipsec_pf_key ? "pf_key" : "netlink");
	for (const struct conf_ipsec_set *s = c->ipsec; s; s = s->next) {
		fprintf(out, "IPsecPolicySet {\n\tHomeAgentAddress %s;\n", addr(&s->ha, text));
		for (unsigned int i = 0; i < s->n_homes; i++)
			fprintf(out, "\tHomeAddress %s/%u;\n", addr(&s->homes[i].addr, text), s->homes[i].len);
		for (int t = 0; t < IPSEC_TYPES; t++)
			if (s->policy[t].line)
				fprintf(out, "\tIPsecPolicy %s UseESP %u %u%s;\n", conf_ipsec_type_name[t], s->policy[t].reqid[0],
					s->policy[t].reqid[1], s->policy[t].block ? " block" : "");
		fputs("}\n", out);
	}
}

static void print_ha(const struct conf *c, FILE *out)
{
	char text[INET6_ADDRSTRLEN];

	fprintf(out, "HaMaxBindingLife %u;\n", c->ha_max_binding_life);
	fprintf(out, "HaMaxBindings %u;\n", c->ha_max_bindings);
	fprintf(out, "HaBindingRefreshAdvice %u;\n", c->ha_refresh_advice);
	fprintf(out, "NonVolatileBindingCache %s;\n", onoff(c->ha_keep));
	fprintf(out, "BindingCacheFile \"%s\";\n", c->binding_cache_file ? c->binding_cache_file : CONF_BINDING_CACHE_FILE);
	fprintf(out, "HaAcceptMobRtr %s;\n", onoff(c->ha_accept_routers));
	for (const struct conf_served *s = c->served; s; s = s->next)
		fprintf(out, "HaServedPrefix %s/%u;\n", addr(&s->prefix.addr, text), s->prefix.len);
	fprintf(out, "HaMulticast %s;\n", onoff(c->ha_multicast));
	fprintf(out, "HaMaxGroups %u;\n", c->ha_max_groups);
	fprintf(out, "HaMaxGroupsPerBinding %u;\n", c->ha_max_groups_per_binding);
	fprintf(out, "HaMaxGroupRate %u;\n", c->ha_max_group_rate);
	fprintf(out, "HaMulticastQueryInterval %u;\n", c->ha_multicast_query);
	fprintf(out, "SendMobPfxAdvs %s;\n", onoff(c->send_mob_pfx_advs));
	fprintf(out, "SendUnsolMobPfxAdvs %s;\n", onoff(c->send_unsol_mob_pfx_advs));
	fprintf(out, "MinMobPfxAdvInterval %u;\n", c->min_mob_pfx_adv);
	fprintf(out, "MaxMobPfxAdvInterval %u;\n", c->max_mob_pfx_adv);
	fputs("DefaultBindingAclPolicy ", out);
	print_status(c->default_acl, out);
	for (const struct conf_acl *a = c->acl; a; a = a->next) {
		fprintf(out, "BindingAclPolicy %s", addr(&a->hoa, text));
		print_mnps(&a->mnps, out);
		fputc(' ', out);
		print_status(a->status, out);
	}
}

static void print_mn(const struct conf *c, FILE *out)
{
	char text[INET6_ADDRSTRLEN];

	fprintf(out, "MnMaxHaBindingLife %u;\n", c->mn_max_ha_binding_life);
	print_seconds("InitialBindackTimeoutFirstReg", c->init_timeout_first_ms, out);
	print_seconds("InitialBindackTimeoutReReg", c->init_timeout_rereg_ms, out);
	fprintf(out, "MnRouterProbes %u;\n", c->mn_router_probes);
	print_seconds("MnRouterProbeTimeout", c->mn_router_probe_ms, out);
	fprintf(out, "MnDiscardHaParamProb %s;\n", onoff(c->mn_discard_ha_param_prob));
	fprintf(out, "MnMulticast %s;\n", onoff(c->mn_multicast));
	fprintf(out, "DoRouteOptimizationMN %s;\n", onoff(c->ro_mn));
	fprintf(out, "UseCnBuAck %s;\n", onoff(c->cn_bu_ack));
	fprintf(out, "MnMaxCnBindingLife %u;\n", c->mn_max_cn_binding_life);
	fprintf(out, "MnUseAllInterfaces %s;\n", onoff(c->mn_use_all_ifaces));
	fprintf(out, "MobRtrUseExplicitMode %s;\n", onoff(c->mr_explicit));
	fprintf(out, "OptimisticHandoff %s;\n", onoff(c->optimistic_handoff));
	fprintf(out, "SendMobPfxSols %s;\n", onoff(c->send_mob_pfx_sols));
	for (const struct conf_home *h = c->homes; h; h = h->next) {
		fprintf(out, "MnHomeLink \"%s\" {\n", h->ifname);
		if (!IN6_IS_ADDR_UNSPECIFIED(&h->ha))
			fprintf(out, "\tHomeAgentAddress %s;\n", addr(&h->ha, text));
		fprintf(out, "\tIsMobRtr %s;\n\tHomeAddress %s/%u", onoff(h->mobile_router), addr(&h->hoa, text), h->plen);
		print_mnps(&h->mnps, out);
		fputs(";\n", out);
		fprintf(out, "\tUseAltCoa %s;\n", onoff(h->alt_coa));
		print_ro_policies(h, out);
		fputs("}\n", out);
	}
}

void conf_print(const struct conf *c, FILE *out)
{
	fprintf(out, "NodeConfig %s;\n", role(c->role));
	fprintf(out, "DebugLevel %d;\n", c->debug_level);
	if (c->debug_log_file)
		fprintf(out, "DebugLogFile \"%s\";\n", c->debug_log_file);
	if (c->hook_program)
		fprintf(out, "HookProgram \"%s\";\n", c->hook_program);
	fprintf(out, "UseMnHaIPsec %s;\n", onoff(c->use_mn_ha_ipsec));
	fprintf(out, "KeyMngMobCapability %s;\n", onoff(c->key_mng_mob));
	if (c->role != ROLE_CN)
		print_ipsec(c, out);
	for (const struct conf_iface *i = c->ifaces; i; i = i->next) {
		fprintf(out, "Interface \"%s\" {\n\tIfType %s;\n", i->name, role(i->type));
		if (c->role == ROLE_MN)
			fprintf(out, "\tMnIfPreference %u;\n", i->mn_preference);
		fputs("}\n", out);
	}
	print_cn(c, out);
	if (c->role == ROLE_HA)
		print_ha(c, out);
	else if (c->role == ROLE_MN)
		print_mn(c, out);
}
