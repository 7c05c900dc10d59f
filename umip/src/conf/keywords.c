// SPDX-License-Identifier: GPL-2.0-or-later
/* Every keyword of mip6d.conf, those of UMIP that are gone included. */
#include "conf/parse.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define PLAIN(kw_name, kw_roles, kw_arg, lo, hi, member)                                                        \
	{                                                                                                       \
		.name = kw_name, .id = KW_PLAIN, .where = IN_FILE, .roles = kw_roles, .arg = kw_arg, .min = lo, \
		.max = hi, .offset = offsetof(struct conf, member)                                              \
	}
/* One that is looked up whenever it matters, so that a reload can change it. */
#define LIVE(kw_name, kw_roles, kw_arg, lo, hi, member)                                                         \
	{                                                                                                       \
		.name = kw_name, .id = KW_PLAIN, .where = IN_FILE, .roles = kw_roles, .arg = kw_arg, .min = lo, \
		.max = hi, .offset = offsetof(struct conf, member), .live = true                                \
	}
#define OTHER(kw_name, kw_id, kw_where, kw_roles)                                                    \
	{                                                                                            \
		.name = kw_name, .id = kw_id, .where = kw_where, .roles = kw_roles, .arg = ARG_OTHER \
	}
#define LIVE_OTHER(kw_name, kw_id, kw_where, kw_roles, many)                                          \
	{                                                                                             \
		.name = kw_name, .id = kw_id, .where = kw_where, .roles = kw_roles, .arg = ARG_OTHER, \
		.repeats = many, .live = true                                                         \
	}
/* Not there and never will be: what to do instead. */
#define INSTEAD(kw_name, what)                                                                                   \
	{                                                                                                        \
		.name = kw_name, .id = KW_INSTEAD, .where = IN_FILE, .roles = FOR_ANY, .arg = ARG_OTHER,         \
		.repeats = true, .instead = what                                                                 \
	}

const struct keyword conf_keywords[CONF_N_KEYWORDS] = {
	OTHER("NodeConfig", KW_NODE_CONFIG, IN_FILE, FOR_ANY),
	LIVE("DebugLevel", FOR_ANY, ARG_NUMBER, 0, 10, debug_level),
	LIVE_OTHER("DebugLogFile", KW_DEBUG_LOG_FILE, IN_FILE, FOR_ANY, false),
	{ .name = "include", .id = KW_INCLUDE, .where = IN_FILE, .roles = FOR_ANY, .arg = ARG_OTHER, .repeats = true },
	{ .name = "Interface",
	  .id = KW_INTERFACE,
	  .where = IN_FILE,
	  .roles = FOR_ANY,
	  .arg = ARG_OTHER,
	  .repeats = true },
	OTHER("IfType", KW_IF_TYPE, IN_INTERFACE, FOR_ANY),
	OTHER("HookProgram", KW_HOOK_PROGRAM, IN_FILE, FOR_ANY),
	OTHER("UseMnHaIPsec", KW_USE_MN_HA_IPSEC, IN_FILE, FOR_ANY),
	PLAIN("KeyMngMobCapability", FOR_ANY, ARG_BOOL, 0, 0, key_mng_mob),
	OTHER("IPsecMigrate", KW_IPSEC_MIGRATE, IN_FILE, FOR_HA | FOR_MN),
	{ .name = "IPsecPolicySet",
	  .id = KW_IPSEC_SET,
	  .where = IN_FILE,
	  .roles = FOR_HA | FOR_MN,
	  .arg = ARG_OTHER,
	  .repeats = true },
	{ .name = "IPsecPolicy",
	  .id = KW_IPSEC_POLICY,
	  .where = IN_IPSEC,
	  .roles = FOR_HA | FOR_MN,
	  .arg = ARG_OTHER,
	  .repeats = true },

	PLAIN("DoRouteOptimizationCN", FOR_ANY, ARG_BOOL, 0, 0, ro_cn),
	PLAIN("CnMaxBindings", FOR_ANY, ARG_NUMBER, 1, 1000000, cn_max_bindings),
	PLAIN("CnMaxBindingsPerSource", FOR_ANY, ARG_NUMBER, 1, 1000000, cn_max_bindings_per_source),

	LIVE("HaMaxBindingLife", FOR_HA, ARG_NUMBER, 4, 262140, ha_max_binding_life),
	LIVE_OTHER("DefaultBindingAclPolicy", KW_ACL_DEFAULT, IN_FILE, FOR_HA, false),
	LIVE_OTHER("BindingAclPolicy", KW_ACL, IN_FILE, FOR_HA, true),
	LIVE_OTHER("HaBindingRefreshAdvice", KW_REFRESH_ADVICE, IN_FILE, FOR_HA, false),
	PLAIN("HaMaxBindings", FOR_HA, ARG_NUMBER, 1, 1000000, ha_max_bindings),
	PLAIN("HaAcceptMobRtr", FOR_HA, ARG_BOOL, 0, 0, ha_accept_routers),
	{ .name = "HaServedPrefix",
	  .live = true,
	  .id = KW_SERVED_PREFIX,
	  .where = IN_FILE,
	  .roles = FOR_HA,
	  .arg = ARG_OTHER,
	  .repeats = true },
	PLAIN("NonVolatileBindingCache", FOR_ANY, ARG_BOOL, 0, 0, ha_keep),
	OTHER("BindingCacheFile", KW_BINDING_CACHE_FILE, IN_FILE, FOR_HA),
	PLAIN("HaMulticast", FOR_HA, ARG_BOOL, 0, 0, ha_multicast),
	PLAIN("HaMaxGroups", FOR_HA, ARG_NUMBER, 1, 1000000, ha_max_groups),
	LIVE("HaMaxGroupsPerBinding", FOR_HA, ARG_NUMBER, 1, 1024, ha_max_groups_per_binding),
	PLAIN("HaMaxGroupRate", FOR_HA, ARG_NUMBER, 1, 1000000, ha_max_group_rate),
	LIVE("HaMulticastQueryInterval", FOR_HA, ARG_NUMBER, 2, 31744, ha_multicast_query),
	PLAIN("SendMobPfxAdvs", FOR_HA, ARG_BOOL, 0, 0, send_mob_pfx_advs),
	PLAIN("SendUnsolMobPfxAdvs", FOR_HA, ARG_BOOL, 0, 0, send_unsol_mob_pfx_advs),
	PLAIN("MinMobPfxAdvInterval", FOR_HA, ARG_NUMBER, 1, 2592000, min_mob_pfx_adv),
	OTHER("MaxMobPfxAdvInterval", KW_MAX_PFX_ADV, IN_FILE, FOR_HA),

	{ .name = "MnHomeLink",
	  .id = KW_HOME_LINK,
	  .where = IN_FILE,
	  .roles = FOR_MN,
	  .arg = ARG_OTHER,
	  .repeats = true },
	OTHER("HomeAgentAddress", KW_HOME_AGENT_ADDRESS, IN_HOME_LINK | IN_IPSEC, FOR_MN),
	{ .name = "HomeAddress",
	  .id = KW_HOME_ADDRESS,
	  .where = IN_HOME_LINK | IN_IPSEC,
	  .roles = FOR_MN,
	  .arg = ARG_OTHER,
	  .repeats = true },
	OTHER("HomePrefix", KW_HOME_PREFIX, IN_HOME_LINK, FOR_MN),
	PLAIN("SendMobPfxSols", FOR_MN, ARG_BOOL, 0, 0, send_mob_pfx_sols),
	OTHER("IsMobRtr", KW_MOBILE_ROUTER, IN_HOME_LINK, FOR_MN),
	PLAIN("MobRtrUseExplicitMode", FOR_MN, ARG_BOOL, 0, 0, mr_explicit),
	LIVE("MnMaxHaBindingLife", FOR_MN, ARG_NUMBER, 4, 262140, mn_max_ha_binding_life),
	LIVE("InitialBindackTimeoutFirstReg", FOR_MN, ARG_SECONDS, 100, 32000, init_timeout_first_ms),
	LIVE("InitialBindackTimeoutReReg", FOR_MN, ARG_SECONDS, 100, 32000, init_timeout_rereg_ms),
	LIVE("OptimisticHandoff", FOR_MN, ARG_BOOL, 0, 0, optimistic_handoff),
	PLAIN("MnUseAllInterfaces", FOR_MN, ARG_BOOL, 0, 0, mn_use_all_ifaces),
	OTHER("MnIfPreference", KW_IF_PREFERENCE, IN_INTERFACE, FOR_MN),

	LIVE("MnRouterProbes", FOR_MN, ARG_NUMBER, 0, 20, mn_router_probes),
	LIVE("MnRouterProbeTimeout", FOR_MN, ARG_SECONDS, 0, 10000, mn_router_probe_ms),
	LIVE("MnDiscardHaParamProb", FOR_MN, ARG_BOOL, 0, 0, mn_discard_ha_param_prob),
	LIVE_OTHER("UseAltCoa", KW_USE_ALT_COA, IN_HOME_LINK, FOR_MN, false),

	PLAIN("MnMulticast", FOR_MN, ARG_BOOL, 0, 0, mn_multicast),
	PLAIN("DoRouteOptimizationMN", FOR_MN, ARG_BOOL, 0, 0, ro_mn),
	LIVE("UseCnBuAck", FOR_MN, ARG_BOOL, 0, 0, cn_bu_ack),
	LIVE("MnMaxCnBindingLife", FOR_MN, ARG_NUMBER, 4, 420, mn_max_cn_binding_life),
	LIVE_OTHER("MnRoPolicy", KW_RO_POLICY, IN_HOME_LINK, FOR_MN, true),

	INSTEAD("UsePolicyModule", "mip6d loads no module; HookProgram starts a program that is asked instead (mip6d.conf(5))"),
	INSTEAD("UseMovementModule", "mip6d has one way to detect movement, built in; remove the line"),
};

const struct keyword *conf_keyword(const char *word)
{
	for (size_t i = 0; i < CONF_N_KEYWORDS; i++)
		if (!strcmp(conf_keywords[i].name, word))
			return &conf_keywords[i];
	return NULL;
}

#define WORD_MAX 48

static size_t min2(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Edits between two words: insert, delete, replace, swap neighbours; case does not count. */
static size_t distance(const char *a, const char *b)
{
	size_t row[3][WORD_MAX + 1], *two = row[0], *one = row[1], *now = row[2], *spare;
	size_t n = strlen(a), m = strlen(b);

	if (n > WORD_MAX || m > WORD_MAX)
		return WORD_MAX;
	for (size_t j = 0; j <= m; j++)
		one[j] = j;
	for (size_t i = 1; i <= n; i++) {
		now[0] = i;
		for (size_t j = 1; j <= m; j++) {
			int x = tolower((unsigned char)a[i - 1]), y = tolower((unsigned char)b[j - 1]);

			now[j] = min2(one[j - 1] + (x != y), 1 + min2(one[j], now[j - 1]));
			if (i > 1 && j > 1 && x == tolower((unsigned char)b[j - 2]) &&
			    y == tolower((unsigned char)a[i - 2]))
				now[j] = min2(now[j], two[j - 2] + 1);
		}
		spare = two;
		two = one;
		one = now;
		now = spare;
	}
	return one[m];
}

const struct keyword *conf_keyword_nearest(const char *word, unsigned int where)
{
	size_t len = strlen(word);
	size_t best_d = 2 * (1 + min2(len, 20) / 4); /* doubled: being allowed here is worth half an edit */
	const struct keyword *best = NULL;

	if (len > WORD_MAX)
		return NULL;
	for (size_t i = 0; i < CONF_N_KEYWORDS; i++) {
		const char *name = conf_keywords[i].name;
		size_t edits = len > 3 && !strncasecmp(word, name, len) ?
				       1 :
				       distance(word, name); /* an abbreviation is near, too */
		size_t d = 2 * edits + !(conf_keywords[i].where & where);

		if (d < best_d || (d == best_d && !best)) {
			best_d = d;
			best = &conf_keywords[i];
		}
	}
	return best;
}
