// SPDX-License-Identifier: GPL-2.0-or-later
/* A configuration that is read again: what changes at once, what waits for a restart, and that nothing of either is lost or doubled. */
#include <stdlib.h>
#include <string.h>

#include "conf_expect.h"
#include "suite.h"

#define HA "NodeConfig HA; UseMnHaIPsec disabled; Interface \"eth0\"; "
#define MN "NodeConfig MN; UseMnHaIPsec disabled; "
#define LINK "MnHomeLink \"eth0\" { HomeAgentAddress 2001:db8::1; HomeAddress 2001:db8::100/64; "

START_TEST(nothing)
{
	reload(HA, HA, "", HA);
	reload(HA "HaMaxBindingLife 100;", HA "# the same in other words\nHaMaxBindingLife\t100;", "", HA "HaMaxBindingLife 100;");
	reload(MN LINK "}", MN LINK "}", "", MN LINK "}");
}
END_TEST

START_TEST(home_agent)
{
	struct conf now = parsed(HA "BindingAclPolicy 2001:db8::5 deny;");
	struct in6_addr five = { { { 0x20, 1, 0xd, 0xb8, [15] = 5 } } }, six = five;

	six.s6_addr[15] = 6;
	ck_assert_int_eq(reload_into(&now, HA "BindingAclPolicy 2001:db8::6 130;"), 0);
	ck_assert_str_eq(said, "+BindingAclPolicy ");
	ck_assert_uint_eq(conf_acl_status(&now, &five), 0);
	ck_assert_uint_eq(conf_acl_status(&now, &six), 130);
	conf_free(&now);

	reload(HA, HA "HaMaxBindingLife 100; HaBindingRefreshAdvice 40; DefaultBindingAclPolicy deny; DebugLevel 3; DebugLogFile \"/x\";",
	       "+DebugLevel +DebugLogFile +HaMaxBindingLife +DefaultBindingAclPolicy +HaBindingRefreshAdvice ",
	       HA "HaMaxBindingLife 100; HaBindingRefreshAdvice 40; DefaultBindingAclPolicy deny; DebugLevel 3; DebugLogFile \"/x\";");
	reload(HA "HaMaxBindingLife 100; BindingAclPolicy 2001:db8::5 deny; DebugLogFile \"/x\";", HA,
	       "+DebugLogFile +HaMaxBindingLife +BindingAclPolicy ", HA);
}
END_TEST

/* What waits stays as it is, and does not hold up the rest. */
START_TEST(waiting)
{
	reload(HA, HA "HaMaxBindings 5; HaMaxBindingLife 8; NonVolatileBindingCache enabled;",
	       "+HaMaxBindingLife -HaMaxBindings -NonVolatileBindingCache ", HA "HaMaxBindingLife 8;");
	reload(HA, HA "Interface \"eth1\";", "-Interface -IfType ", HA);
	reload(HA, HA "DoRouteOptimizationCN disabled; CnMaxBindings 7;", "-DoRouteOptimizationCN -CnMaxBindings ", HA);
	reload(MN LINK "}", MN "MnHomeLink \"eth0\" { HomeAgentAddress 2001:db8::2; HomeAddress 2001:db8::100/64; }", "-HomeAgentAddress ",
	       MN LINK "}");
}
END_TEST

/* Mobile networks: what is served and who has what is one matter, and what now had of it is freed with next. */
START_TEST(mobile_networks)
{
	reload(HA "HaAcceptMobRtr enabled; HaServedPrefix 2001:db8:a::/48; BindingAclPolicy 2001:db8::5 (2001:db8:a:1::/64) allow;",
	       HA "HaAcceptMobRtr enabled; HaServedPrefix 2001:db8:b::/48; BindingAclPolicy 2001:db8::5 (2001:db8:b:1::/64) allow;",
	       "+BindingAclPolicy +HaServedPrefix ",
	       HA "HaAcceptMobRtr enabled; HaServedPrefix 2001:db8:b::/48; BindingAclPolicy 2001:db8::5 (2001:db8:b:1::/64) allow;");
	reload(HA "HaAcceptMobRtr enabled;", HA "HookProgram \"/x\";", "-HookProgram -HaAcceptMobRtr ", HA "HaAcceptMobRtr enabled;");
}
END_TEST

START_TEST(long_access_list)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	struct conf now = parsed(HA);

	fputs(HA, f);
	for (unsigned int i = 0; i < 20000; i++)
		fprintf(f, "BindingAclPolicy 2001:db8::%x:%x deny;\n", i >> 8, i & 0xff);
	fclose(f);
	ck_assert_int_eq(reload_into(&now, text), 0);
	ck_assert_str_eq(said, "+BindingAclPolicy ");
	ck_assert_uint_eq(now.n_acl, 20000);
	conf_free(&now);
	free(text);
}
END_TEST

START_TEST(another_role)
{
	reload(HA "HaMaxBindingLife 8;", MN LINK "}", "-NodeConfig ", HA "HaMaxBindingLife 8;");
}
END_TEST

START_TEST(mobile_node)
{
	struct conf now = parsed(MN LINK "MnRoPolicy 2001:db8:c::2 disabled; }");
	const struct conf_home *home = now.homes;
	struct in6_addr peer = { { { 0x20, 1, 0xd, 0xb8, 0, 0xc, [15] = 2 } } }, other = peer;

	other.s6_addr[15] = 3;
	ck_assert(!conf_ro_wanted(&now, home, &peer) && conf_ro_wanted(&now, home, &other));
	ck_assert_int_eq(reload_into(&now, MN LINK "MnRoPolicy disabled; }"), 0);
	ck_assert_str_eq(said, "+MnRoPolicy ");
	/* a role keeps a pointer to its home */
	ck_assert_ptr_eq(home, now.homes);
	ck_assert(!conf_ro_wanted(&now, home, &peer) && !conf_ro_wanted(&now, home, &other));
	conf_free(&now);

	reload(MN LINK "}", MN LINK "UseAltCoa disabled; }", "+UseAltCoa ", MN LINK "UseAltCoa disabled; }");
	reload(MN LINK "}",
	       MN "MnMaxHaBindingLife 60; InitialBindackTimeoutFirstReg 2; InitialBindackTimeoutReReg 3; OptimisticHandoff enabled; "
		  "UseCnBuAck enabled; MnMaxCnBindingLife 40; DoRouteOptimizationMN disabled; " LINK "}",
	       "+MnMaxHaBindingLife +InitialBindackTimeoutFirstReg +InitialBindackTimeoutReReg +OptimisticHandoff -DoRouteOptimizationMN "
	       "+UseCnBuAck +MnMaxCnBindingLife ",
	       MN "MnMaxHaBindingLife 60; InitialBindackTimeoutFirstReg 2; InitialBindackTimeoutReReg 3; OptimisticHandoff enabled; "
		  "UseCnBuAck enabled; MnMaxCnBindingLife 40; " LINK "}");
}
END_TEST

/* A live keyword is one that reload.c can take: nothing is said to have changed that has not. The manual page has the same list. */
START_TEST(live_keywords)
{
	static char page[65536];
	FILE *f = fopen(MANUAL, "r");
	char *list, *end;

	ck_assert_ptr_nonnull(f);
	page[fread(page, 1, sizeof(page) - 1, f)] = '\0';
	fclose(f);
	list = strstr(page, ".Ss Reload");
	ck_assert_ptr_nonnull(list);
	end = strstr(list, "lifetimes count");
	ck_assert_ptr_nonnull(end);
	*end = '\0';
	for (size_t i = 0; i < CONF_N_KEYWORDS; i++) {
		const struct keyword *kw = &conf_keywords[i];
		bool listed = false;
		char line[80];

		/* some names are others' beginnings */
		snprintf(line, sizeof(line), ".Cm %s", kw->name);
		for (const char *at = list; (at = strstr(at, line)) && !listed; at++)
			listed = strchr(" \n", at[strlen(line)]);
		ck_assert_msg(listed == kw->live, "%s", kw->name);
		if (!kw->live)
			continue;
		ck_assert_msg(kw->id == KW_PLAIN || kw->id == KW_DEBUG_LOG_FILE || kw->id == KW_ACL_DEFAULT || kw->id == KW_ACL ||
				      kw->id == KW_REFRESH_ADVICE || kw->id == KW_RO_POLICY || kw->id == KW_USE_ALT_COA || kw->id == KW_SERVED_PREFIX,
			      "%s", kw->name);
	}
}
END_TEST

SUITE("reload", .tests = {
	{ nothing },
	{ home_agent },
	{ waiting },
	{ mobile_networks },
	{ long_access_list },
	{ another_role },
	{ mobile_node },
	{ live_keywords },
})
