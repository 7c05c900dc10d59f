// SPDX-License-Identifier: GPL-2.0-or-later
/* IPsecPolicySet in mip6d.conf: what is read, every error with its place, what the roles ask for, and many sets. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "conf_expect.h"

#include "suite.h"

#define HA_HEAD "NodeConfig HA; Interface \"eth0\";\n"
#define MN_HEAD "NodeConfig MN; MnHomeLink \"eth0\" { HomeAddress 2001:db8::2/64; }\n"
#define AGENT	"HomeAgentAddress 2001:db8::1; "
#define HOME	"HomeAddress 2001:db8::2/64; "
#define BOTH	AGENT HOME
#define REG	"IPsecPolicy HomeRegBinding UseESP; "
#define OR_DISABLED                                                                                                     \
	" or 'UseMnHaIPsec disabled;' - the registration is then unprotected: anyone who can send to the home agent can " \
	"redirect a home address\n"

/* In a set, line 3, of a home agent and of a mobile node: both say the same. */
static const struct {
	const char *text, *want;
} statements[] = {
	{ BOTH REG, "" },
	{ BOTH "IPsecPolicy Mh UseESP 1;", "" },
	{ BOTH "IPsecPolicy any UseESP 0 0 allow;", "" },
	{ BOTH REG "IPsecPolicy MobPfxDisc UseESP 4294967295 1; IPsecPolicy ICMP UseESP block;", "" },
	{ BOTH REG "IPsecPolicy TunnelHomeTesting UseESP 3 4; IPsecPolicy TunnelMh UseESP 4 3; IPsecPolicy TunnelPayload UseESP 5 block;", "" },

	{ HOME REG, "2:1: error: IPsecPolicySet: HomeAgentAddress is missing\n" },
	{ AGENT BOTH REG, "3:31: error: HomeAgentAddress is already in line 3\n" },
	{ "HomeAgentAddress; " HOME REG, "3:17: error: HomeAgentAddress: expected the home agent's address before ';'\n" },
	{ "HomeAgentAddress ::; " HOME REG,
	  "3:18: error: HomeAgentAddress: expected a routable unicast address, but '::' is no address\n" },
	{ "HomeAgentAddress fe80::1; " HOME REG,
	  "3:18: error: HomeAgentAddress: expected a routable unicast address, but 'fe80::1' is link-local\n" },
	{ "HomeAgentAddress 2001:db8::1/64; " HOME REG, "3:18: error: HomeAgentAddress: expected the home agent's address, found '2001:db8::1/64'\n" },

	{ BOTH "HomeAddress 2001:db8::9; " REG,
	  "3:71: error: HomeAddress: expected ADDRESS/LENGTH, the home address with the length of the home prefix, found '2001:db8::9'\n" },
	{ BOTH "HomeAddress 2001:db8::9/0; " REG,
	  "3:71: error: HomeAddress: the length of the home prefix is 1 to 128, most often 64; found /0\n" },
	{ BOTH "HomeAddress ff02::9/64; " REG,
	  "3:71: error: HomeAddress: expected a routable unicast address, but 'ff02::9/64' is a multicast address\n" },
	{ BOTH "HomeAddress 2001:db8::9/64 (2001:db8:9::/48); " REG, "3:86: error: expected ';' before '('\n" },
	{ BOTH HOME REG, "3:71: error: IPsecPolicySet: the HomeAddress 2001:db8::2 is already in line 3\n" },
	{ BOTH "HomeAddress 2001:db8::1/64; " REG, "3:71: error: IPsecPolicySet: this is the home agent's address, not a mobile node's\n" },

	{ BOTH "IPsecPolicy;",
	  "3:70: error: IPsecPolicy: expected a type (HomeRegBinding, Mh, MobPfxDisc, ICMP, any, TunnelHomeTesting, TunnelMh or TunnelPayload) before ';'\n" },
	{ BOTH "IPsecPolicy mh UseESP;",
	  "3:71: error: IPsecPolicy: expected a type (HomeRegBinding, Mh, MobPfxDisc, ICMP, any, TunnelHomeTesting, TunnelMh or TunnelPayload), found 'mh'\n" },
	{ BOTH "IPsecPolicy Mh;", "3:73: error: IPsecPolicy: expected 'UseESP' before ';'\n" },
	{ BOTH REG "IPsecPolicy ICMP UseAH 1 2;",
	  "3:111: error: IPsecPolicy: UseAH is not available: RFC 4877 asks for ESP, which authenticates as well; write UseESP\n" },
	{ BOTH REG "IPsecPolicy ICMP UseIPComp;",
	  "3:111: error: IPsecPolicy: UseIPComp is not available: it compresses and protects nothing, which RFC 4877 asks for; write UseESP\n" },
	{ BOTH "IPsecPolicy Mh UseESP no;", "3:81: error: IPsecPolicy: expected a number (a reqid), 'allow' or 'block', found 'no'\n" },
	{ BOTH "IPsecPolicy Mh UseESP 1 deny;", "3:83: error: IPsecPolicy: expected 'allow' or 'block', found 'deny'\n" },
	{ BOTH "IPsecPolicy Mh UseESP 1 2 3;", "3:85: error: expected ';' before '3'\n" },
	{ BOTH "IPsecPolicy Mh UseESP 4294967296;", "3:81: error: IPsecPolicy: expected a number from 0 to 4294967295, found '4294967296'\n" },
	{ BOTH "IPsecPolicy Mh UseESP, 2;", "3:80: error: expected ';' before ','\n" },
	{ BOTH REG "IPsecPolicy HomeRegBinding UseESP 2;", "3:106: error: IPsecPolicy HomeRegBinding is already in line 3\n" },

	/* whole sets */
	{ "", "2:1: error: IPsecPolicySet: HomeAgentAddress is missing\n" },
	{ BOTH, "2:1: error: IPsecPolicySet: IPsecPolicy is missing: add 'IPsecPolicy HomeRegBinding UseESP;' at least\n" },
	{ BOTH "IPsecPolicy MobPfxDisc UseESP; IPsecPolicy TunnelMh UseESP; IPsecPolicy ICMP UseESP;",
	  "2:1: error: IPsecPolicySet: nothing in it protects the registration: add an IPsecPolicy for HomeRegBinding, Mh or any\n" },
	{ BOTH "IPsecPolicy Mh UseESP block; IPsecPolicy any UseESP;",
	  "2:1: error: IPsecPolicySet: nobody could register: the IPsecPolicy of line 3 blocks Binding Updates\n" },
	{ BOTH "IPsecPolicy HomeRegBinding UseESP; IPsecPolicy Mh UseESP block;", "" },

	/* reqids: of one mode and one direction each has its own */
	{ BOTH "IPsecPolicy HomeRegBinding UseESP 1 2; IPsecPolicy TunnelMh UseESP 1 2;", "" },
	{ BOTH "IPsecPolicy HomeRegBinding UseESP 1 2; IPsecPolicy MobPfxDisc UseESP 2 1;", "" },
	{ BOTH "IPsecPolicy HomeRegBinding UseESP 1 2; IPsecPolicy MobPfxDisc UseESP 1 3;",
	  "3:98: error: IPsecPolicy MobPfxDisc: the reqid 1 is HomeRegBinding's of line 3 already, also in transport mode and to the home agent: their security associations could not be told apart\n" },
	{ BOTH REG "IPsecPolicy TunnelMh UseESP 1 2; IPsecPolicy TunnelPayload UseESP 3 2;",
	  "3:127: error: IPsecPolicy TunnelPayload: the reqid 2 is TunnelMh's of line 3 already, also in tunnel mode and from the home agent: their security associations could not be told apart\n" },
	{ BOTH REG "IPsecPolicy TunnelMh UseESP 5; IPsecPolicy TunnelPayload UseESP 5;",
	  "3:125: error: IPsecPolicy TunnelPayload: the reqid 5 is TunnelMh's of line 3 already, also in tunnel mode and to the home agent: their security associations could not be told apart\n" },
	{ BOTH REG "Interface \"e\";",
	  "3:94: error: Interface cannot stand in IPsecPolicySet { }; is a '}' missing before it? The '{' is in line 2\n" },
	{ BOTH REG "UseAltCoa enabled;", "3:94: error: UseAltCoa belongs in MnHomeLink \"name\" { }\n" },
};

/* Every column above counts from the start of line 3, where the statements begin. */
START_TEST(statement)
{
	static const char *const heads[] = { HA_HEAD, "NodeConfig MN; UseMnHaIPsec disabled; MnHomeLink \"eth0\" { HomeAddress 2001:db8::2/64; }\n" };

	for (int i = 0; i < 2; i++) {
		char *text;

		ck_assert_int_gt(asprintf(&text, "%sIPsecPolicySet {\n%s\n}\n", heads[i], statements[_i].text), 0);
		expect(text, strlen(text), -1, statements[_i].want);
		free(text);
	}
}
END_TEST

#define SET(agent, home, policy) "IPsecPolicySet { HomeAgentAddress " agent "; HomeAddress " home "/64; " policy "}\n"
#define LINK(what) "NodeConfig MN;\nMnHomeLink \"eth0\" { HomeAddress 2001:db8::2/64; " what "}\n"

static const struct {
	const char *text, *want;
} files[] = {
	{ HA_HEAD "IPsecPolicySet;", "2:15: error: IPsecPolicySet: expected '{' before ';'\n" },
	{ HA_HEAD "IPsecPolicySet \"x\" {}", "2:16: error: expected ';' before \"x\"\n" },
	/* sets of a home agent */
	{ HA_HEAD SET("2001:db8::1", "2001:db8::2", "IPsecPolicy Mh UseESP 1 2; ") SET("2001:db8::1", "2001:db8::3", "IPsecPolicy Mh UseESP 3 4; "), "" },
	/* who may register what: nobody's association is good for another home address */
	{ HA_HEAD SET("2001:db8::1", "2001:db8::2", REG) SET("2001:db8::1", "2001:db8::3", "IPsecPolicy Mh UseESP 3 4; "),
	  "2:1: error: IPsecPolicy HomeRegBinding: on a home agent with several home addresses it needs a reqid: without, the keys for any of them would do\n" },
	{ HA_HEAD SET("2001:db8::1", "2001:db8::2", "HomeAddress 2001:db8::3/64; IPsecPolicy Mh UseESP 3 4; "),
	  "2:88: error: HomeAddress: on a home agent each has an IPsecPolicySet with reqids of its own: with one for both, who has the keys for 2001:db8::2 could register this one\n" },
	{ LINK("") SET("2001:db8::1", "2001:db8::2", "HomeAddress 2001:db8::3/64; HomeAddress 2001:db8::4/128; HomeAddress 2001:db8:9::4/48; " REG), "" },
	{ HA_HEAD SET("2001:db8::1", "2001:db8::2", "IPsecPolicy Mh UseESP 1 2;") SET("2001:db8::1", "2001:db8::3", "IPsecPolicy any UseESP 3 2;"),
	  "3:76: error: IPsecPolicy any: the reqid 2 is Mh's of line 2 already, also in transport mode and from the home agent: their security associations could not be told apart\n" },
	{ HA_HEAD SET("2001:db8::1", "2001:db8::2", REG) SET("2001:db8::1", "2001:db8::2", REG),
	  "3:60: error: IPsecPolicySet: the HomeAddress 2001:db8::2 is already in line 2\n" },
	/* one of a mobile node, which has several agents then, or none of them is used */
	{ LINK("") SET("2001:db8::1", "2001:db8::2", "IPsecPolicy Mh UseESP 1 2;") SET("2001:db8:9::1", "2001:db8:9::3", "IPsecPolicy Mh UseESP 1 2;"), "" },
	{ HA_HEAD, "2:1: error: UseMnHaIPsec is enabled by default, and there is no IPsecPolicySet: nobody could register. Add 'IPsecPolicySet { HomeAgentAddress ...; HomeAddress ...; IPsecPolicy HomeRegBinding UseESP; }' for each mobile node" OR_DISABLED },
	{ HA_HEAD "UseMnHaIPsec enabled;", "2:1: error: UseMnHaIPsec is enabled, and there is no IPsecPolicySet: nobody could register. Add 'IPsecPolicySet { HomeAgentAddress ...; HomeAddress ...; IPsecPolicy HomeRegBinding UseESP; }' for each mobile node" OR_DISABLED },
	{ HA_HEAD "UseMnHaIPsec disabled;" SET("2001:db8::1", "2001:db8::2", REG), "" },
	{ HA_HEAD "HomeAddress 2001:db8::2/64;", "2:1: error: HomeAddress belongs in IPsecPolicySet { }\n" },
	/* of a correspondent node */
	{ "NodeConfig CN; UseMnHaIPsec enabled; KeyMngMobCapability enabled;", "" },
	{ "NodeConfig CN;\n" SET("2001:db8::1", "2001:db8::2", REG),
	  "2:1: error: IPsecPolicySet is for a home agent or mobile node; this is a correspondent node (NodeConfig CN)\n" },
	{ "NodeConfig CN;\nIPsecMigrate netlink;",
	  "2:1: error: IPsecMigrate is for a home agent or mobile node; this is a correspondent node (NodeConfig CN)\n" },
	/* of a mobile node */
	{ LINK("") SET("2001:db8::1", "2001:db8::2", REG), "" },
	{ LINK("HomeAgentAddress ::; ") SET("2001:db8::1", "2001:db8::2", REG), "" },
	{ LINK("HomeAgentAddress 2001:db8::1; ") SET("2001:db8::1", "2001:db8::2", REG), "" },
	{ SET("2001:db8::1", "2001:db8::2", REG) LINK("HomePrefix 2001:db8::/48; "), "" },
	{ LINK(""), "2:33: error: HomeAddress: no IPsecPolicySet has it, and UseMnHaIPsec is enabled, as it is by default: add 'IPsecPolicySet { HomeAgentAddress ...; HomeAddress 2001:db8::2/64; IPsecPolicy HomeRegBinding UseESP; }'" OR_DISABLED },
	{ LINK("") SET("2001:db8::1", "2001:db8::3", REG), "2:33: error: HomeAddress: no IPsecPolicySet has it, and UseMnHaIPsec is enabled, as it is by default: add 'IPsecPolicySet { HomeAgentAddress ...; HomeAddress 2001:db8::2/64; IPsecPolicy HomeRegBinding UseESP; }'" OR_DISABLED },
	{ LINK("HomeAgentAddress 2001:db8::9; ") SET("2001:db8::1", "2001:db8::2", REG),
	  "2:66: error: HomeAgentAddress is not the one of the home address's IPsecPolicySet in line 3, 2001:db8::1\n" },
	{ LINK("") SET("2001:db8:1::1", "2001:db8::2", REG),
	  "3:1: error: IPsecPolicySet: HomeAgentAddress is not in the home prefix: not in the HomeAddress's /64 of line 2\n" },
	{ LINK("") SET("2001:db8::", "2001:db8::2", REG),
	  "3:1: error: IPsecPolicySet: HomeAgentAddress is the anycast address of the home link's routers\n" },
	{ LINK("UseAltCoa disabled; ") SET("2001:db8::1", "2001:db8::2", REG),
	  "2:59: error: UseAltCoa: must be enabled with IPsec: ESP does not protect the packet's source address, only the option in it (RFC 6275 11.7.1)\n" },
	{ LINK("UseAltCoa disabled; ") SET("2001:db8::1", "2001:db8::2", REG) "UseMnHaIPsec disabled;", "" },
	{ "NodeConfig MN; MnHomeLink \"eth0\" {\nHomeAddress 2001:db8:a::2/48 (2001:db8:b::/48);\nIsMobRtr enabled;}\n" SET("2001:db8:b::1", "2001:db8:a::2", REG),
	  "2:31: error: HomeAddress: this prefix contains the home agent\n"
	  "4:1: error: IPsecPolicySet: HomeAgentAddress is not in the home prefix: not in the HomeAddress's /48 of line 1\n" },
	/* what follows from an error is not said */
	{ "NodeConfig MN;\nMnHomeLink \"eth0\" { }\n", "2:1: error: MnHomeLink: HomeAddress is missing\n" },
	{ LINK("") "IPsecPolicySt { }", "3:1: error: unknown keyword 'IPsecPolicySt'; did you mean 'IPsecPolicySet'?\n" },
};

START_TEST(file)
{
	expect(files[_i].text, strlen(files[_i].text), -1, files[_i].want);
}
END_TEST

static struct in6_addr address(const char *text)
{
	struct in6_addr a;

	ck_assert_int_eq(inet_pton(AF_INET6, text, &a), 1);
	return a;
}

START_TEST(values)
{
	static const char text[] = MN_HEAD SET("2001:db8::1", "2001:db8::2",
					       "HomeAddress 2001:db8::5/48; IPsecPolicy Mh UseESP 7 8; IPsecPolicy ICMP UseESP 9 block; IPsecPolicy TunnelPayload UseESP;")
		SET("2001:db8::1", "2001:db8::4", "IPsecPolicy any UseESP 1 2 allow;") "KeyMngMobCapability enabled; IPsecMigrate pf_key;";
	struct conf c = parsed(text);
	struct in6_addr two = address("2001:db8::2"), three = address("2001:db8::3"), four = address("2001:db8::4"), five = address("2001:db8::5");
	const struct conf_ipsec_set *set = conf_ipsec_find(&c, &five);

	ck_assert(c.use_mn_ha_ipsec && c.key_mng_mob && c.ipsec_pf_key);
	ck_assert_ptr_nonnull(set);
	ck_assert_ptr_eq(set, conf_ipsec_find(&c, &two));
	ck_assert_ptr_eq(set->next, conf_ipsec_find(&c, &four));
	ck_assert_ptr_null(conf_ipsec_find(&c, &three));
	ck_assert_uint_eq(set->n_homes, 2);
	ck_assert_uint_eq(set->homes[1].len, 48);
	ck_assert_mem_eq(&set->homes[1].addr, &five, 16);
	ck_assert_int_eq(set->line, 2);
	ck_assert_int_eq(set->policy[IPSEC_MH].line, 2);
	ck_assert_uint_eq(set->policy[IPSEC_MH].reqid[0], 7);
	ck_assert_uint_eq(set->policy[IPSEC_MH].reqid[1], 8);
	ck_assert(!set->policy[IPSEC_MH].block && set->policy[IPSEC_ICMP].block);
	ck_assert_uint_eq(set->policy[IPSEC_ICMP].reqid[0], 9);
	ck_assert_uint_eq(set->policy[IPSEC_ICMP].reqid[1], 9);
	ck_assert_int_eq(set->policy[IPSEC_TUNNEL_PAYLOAD].line, 2);
	ck_assert_uint_eq(set->policy[IPSEC_TUNNEL_PAYLOAD].reqid[1], 0);
	ck_assert_int_eq(set->policy[IPSEC_ANY].line, 0);
	conf_free(&c);

	c = parsed(HA_HEAD "UseMnHaIPsec disabled;" SET("2001:db8::1", "2001:db8::2", REG));
	ck_assert_ptr_nonnull(c.ipsec);
	ck_assert_ptr_null(conf_ipsec_find(&c, &two));
	conf_free(&c);

	/* the mobile node's home agent is its set's */
	c = parsed(MN_HEAD SET("2001:db8::1", "2001:db8::2", REG));
	ck_assert_mem_eq(&c.homes->ha, &c.ipsec->ha, 16);
	ck_assert(conf_ro_wanted(&c, c.homes, &three));
	conf_free(&c);
	/* what the tunnel protects does not leave beside it */
	c = parsed(MN_HEAD SET("2001:db8::1", "2001:db8::2", REG "IPsecPolicy TunnelPayload UseESP 3 4; "));
	ck_assert(!conf_ro_wanted(&c, c.homes, &three));
	conf_free(&c);
}
END_TEST

/* ---- many ---- */

static char *many(unsigned int n)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	fputs(HA_HEAD, f);
	for (unsigned int i = 0; i < n; i++)
		fprintf(f, "IPsecPolicySet { HomeAgentAddress 2001:db8::1; HomeAddress 2001:db8:1::%x:%x/64; IPsecPolicy HomeRegBinding UseESP %u %u; "
			   "IPsecPolicy TunnelPayload UseESP %u %u; }\n",
			i * 7919 % 65536, i, 2 * i + 1, 2 * i + 2, 2 * i + 1, 2 * i + 2);
	fclose(f);
	return text;
}

static double seconds(unsigned int n)
{
	struct timespec from, to;
	char *text = many(n);
	struct conf c;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
	c = parsed(text);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
	ck_assert_uint_eq(c.n_ipsec_homes, n);
	for (const struct conf_ipsec_set *set = c.ipsec; set; set = set->next)
		ck_assert_ptr_eq(conf_ipsec_find(&c, &set->homes[0].addr), set);
	conf_free(&c);
	free(text);
	return (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
}

/* Forty times as many cost forty times as much, give or take; a quadratic step would cost 1600 times. */
START_TEST(many_sets)
{
	double few = seconds(100), lot = seconds(4000);

	ck_assert_msg(lot < 40 * 6 * (few + 0.0005), "100 sets: %g s, 4000 sets: %g s", few, lot);
}
END_TEST

/* ---- reload: nothing of it changes while the daemon runs ---- */

static void waits(const char *from, const char *to, const char *want)
{
	reload(from, to, want, from);
}

#define OTHER	"IPsecPolicy Mh UseESP 3 4; "
#define OWN	"IPsecPolicy Mh UseESP 1 2; "
#define TWO_ONE HA_HEAD SET("2001:db8::1", "2001:db8::2", OWN) SET("2001:db8::1", "2001:db8::4", OTHER)
#define ONE_TWO HA_HEAD SET("2001:db8::1", "2001:db8::2", OWN) SET("2001:db8::1", "2001:db8::3", OTHER)

START_TEST(reloaded)
{
	waits(TWO_ONE, TWO_ONE "# the same", "");
	waits(TWO_ONE, ONE_TWO, "-IPsecPolicySet ");
	waits(TWO_ONE, HA_HEAD SET("2001:db8::1", "2001:db8::2", OWN), "-IPsecPolicySet ");
	waits(TWO_ONE, TWO_ONE "UseMnHaIPsec disabled; KeyMngMobCapability enabled; IPsecMigrate pf_key; Interface \"eth1\";",
	      "-Interface -IfType -UseMnHaIPsec -KeyMngMobCapability -IPsecMigrate ");
	/* without IPsec the option may go, but IPsec is still there */
	waits(LINK("") SET("2001:db8::1", "2001:db8::2", REG),
	      LINK("UseAltCoa disabled; HomeAgentAddress 2001:db8::1; ") "UseMnHaIPsec disabled;" SET("2001:db8::1", "2001:db8::2", REG),
	      "-UseMnHaIPsec -UseAltCoa ");
}
END_TEST

SUITE("conf_ipsec", .timeout = 60,
	.tests = {
		{ statement, sizeof(statements) / sizeof(*statements) },
		{ file, sizeof(files) / sizeof(*files) },
		{ values },
		{ many_sets },
		{ reloaded },
	})
