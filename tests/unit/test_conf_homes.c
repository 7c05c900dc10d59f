// SPDX-License-Identifier: GPL-2.0-or-later
/* Several home addresses in mip6d.conf: what each has, what may not go together, and what a reload takes. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "conf_expect.h"
#include "suite.h"

#define HEAD	  "NodeConfig MN; UseMnHaIPsec disabled;\n"
#define L(what)	  "MnHomeLink \"eth0\" { " what "}\n"
#define A(what)	  L("HomeAddress 2001:db8:a::2/64; " what)
#define ON(n)	  "HomeAddress 2001:db8:" #n "::2/64;\n"
#define SET(agent, home, policy) "IPsecPolicySet { HomeAgentAddress " agent "; HomeAddress " home "/64; " policy "}\n"
#define REG	  "IPsecPolicy HomeRegBinding UseESP; "
#define TUN(n)	  "IPsecPolicy Mh UseESP 1" #n " 2" #n "; IPsecPolicy TunnelHomeTesting UseESP " #n "1 " #n "2; "
#define APART	  ", to one home agent, need reqids that differ: their security associations could not be told apart\n"

static const struct {
	const char *text, *want;
} files[] = {
	/* sections, and addresses in one */
	{ HEAD A("") L("HomeAddress 2001:db8:b::2/64;"), "" },
	{ HEAD A("HomeAddress 2001:db8:a::3/64; HomeAgentAddress 2001:db8:a::1;"), "" },
	{ HEAD A("") "MnHomeLink \"wlan0\" { HomeAddress 2001:db8:a::3/64; UseAltCoa disabled; MnRoPolicy disabled; }", "" },
	{ HEAD L("HomeAddress 2001:db8:a::2/128; HomePrefix 2001:db8:a::/64; HomeAddress 2001:db8:a::3/128;"), "" },
	/* one after the other is wrong */
	{ HEAD A("HomeAddress 2001:db8:a::2/64;"), "2:63: error: HomeAddress 2001:db8:a::2 is already in line 2\n" },
	{ HEAD A("") L("HomeAddress 2001:db8:a::2/64;"), "3:33: error: HomeAddress 2001:db8:a::2 is already in line 2\n" },
	{ HEAD A("") "MnHomeLink \"wlan0\" { HomeAddress 2001:db8:a::2/48; }", "3:34: error: HomeAddress 2001:db8:a::2 is already in line 2\n" },
	{ HEAD A("HomeAddress 2001:db8:b::3/64; HomeAgentAddress 2001:db8:a::1;"),
	  "2:98: error: HomeAgentAddress is not in the home prefix: not in the HomeAddress's /64 of line 2\n" },
	{ HEAD A("HomePrefix 2001:db8:a::/48; HomeAddress 2001:db8:b::3/64;"),
	  "2:62: error: HomePrefix does not hold the HomeAddress of line 2\n" },
	{ HEAD A("HomeAddress 2001:db8:a::/64;"), "2:63: error: HomeAddress is the home prefix itself, not an address of a node\n" },
	{ HEAD A("") L(""), "3:1: error: MnHomeLink: HomeAddress is missing\n" },
	/* one stands in another one's way */
	{ HEAD A("") L("HomeAddress 2001:db8:a::3/48;"),
	  "3:33: error: HomeAddress: its home prefix, /48, and that of line 2, /64, overlap: whether a link is home could not be told for both\n" },
	{ HEAD A("") L("HomeAddress 2001:db8:a:1::3/48;"),
	  "3:33: error: HomeAddress: its home prefix, /48, and that of line 2, /64, overlap: whether a link is home could not be told for both\n" },
	{ HEAD A("HomeAgentAddress 2001:db8:a::3;") L("HomeAddress 2001:db8:a::3/64;"),
	  "3:33: error: HomeAddress 2001:db8:a::3 is the HomeAgentAddress for that of line 2\n" },
	{ HEAD A("") L("HomeAddress 2001:db8:a::3/64; HomeAgentAddress 2001:db8:a::2;"),
	  "3:33: error: HomeAddress: its HomeAgentAddress 2001:db8:a::2 is the HomeAddress of line 2\n" },
	/* as many as there may be */
	{ HEAD L(ON(1) ON(2) ON(3) ON(4) ON(5) ON(6) ON(7)) A(""), "" },
	{ HEAD L(ON(1) ON(2) ON(3) ON(4) ON(5) ON(6) ON(7)) A("") L(ON(b) ON(c)), "11:33: error: HomeAddress: there are more than 8\n" },
	/* mobile routers */
	{ HEAD A("") L("HomeAddress 2001:db8:b::2/64 (2001:db8:c::/64); IsMobRtr enabled;"), "" },
	{ HEAD L("HomeAddress 2001:db8:a::2/64 (2001:db8:c::/64); HomeAddress 2001:db8:a::3/64 (2001:db8:d::/64); IsMobRtr enabled;"), "" },
	{ HEAD L("HomeAddress 2001:db8:a::2/64 (2001:db8:c::/64);\nHomeAddress 2001:db8:a::3/64; IsMobRtr enabled;"),
	  "3:13: error: HomeAddress: a mobile router (IsMobRtr) needs the prefixes of its mobile network: add them in parentheses, in implicit mode too\n" },
	{ HEAD L("HomeAddress 2001:db8:a::2/64 (2001:db8:c::/48); IsMobRtr enabled;")
		  L("HomeAddress 2001:db8:b::2/64 (2001:db8:c:1::/64); IsMobRtr enabled;"),
	  "3:51: error: HomeAddress: the prefix 2001:db8:c:1::/64 overlaps 2001:db8:c::/48 of line 2: each belongs to one home address\n" },
	{ HEAD A("") L("HomeAddress 2001:db8:b::2/64 (2001:db8:a::/48); IsMobRtr enabled;"),
	  "3:51: error: HomeAddress: the prefix 2001:db8:a::/48 overlaps the home prefix of line 2\n" },
	{ HEAD L("HomeAddress 2001:db8:b::2/64 (2001:db8:a::/64); IsMobRtr enabled;") A(""),
	  "2:51: error: HomeAddress: the prefix 2001:db8:a::/64 overlaps the home prefix of line 3\n" },
	/* with IPsec: each has a set, or they share one that has no tunnel */
	{ "NodeConfig MN;\n" A("") L("HomeAddress 2001:db8:b::2/64;") SET("2001:db8:a::1", "2001:db8:a::2", REG) SET("2001:db8:b::1", "2001:db8:b::2", REG), "" },
	{ "NodeConfig MN;\n" A("HomeAddress 2001:db8:a::3/64;") SET("2001:db8:a::1", "2001:db8:a::2", "HomeAddress 2001:db8:a::3/64; " REG), "" },
	{ "NodeConfig MN;\n" A("") L("HomeAddress 2001:db8:b::2/64;") SET("2001:db8:a::1", "2001:db8:a::2", REG),
	  "3:33: error: HomeAddress: no IPsecPolicySet has it, and UseMnHaIPsec is enabled, as it is by default: add 'IPsecPolicySet { HomeAgentAddress ...; HomeAddress 2001:db8:b::2/64; IPsecPolicy HomeRegBinding UseESP; }' or 'UseMnHaIPsec disabled;' - the registration is then unprotected: anyone who can send to the home agent can redirect a home address\n" },
	{ "NodeConfig MN;\n" A("") L("HomeAddress 2001:db8:b::2/64; HomeAgentAddress 2001:db8:b::9;") SET("2001:db8:a::1", "2001:db8:a::2", REG)
		  SET("2001:db8:b::1", "2001:db8:b::2", REG),
	  "3:68: error: HomeAgentAddress is not the one of the home address's IPsecPolicySet in line 5, 2001:db8:b::1\n" },
	{ "NodeConfig MN;\n" A("HomeAddress 2001:db8:a::3/64;") SET("2001:db8:a::1", "2001:db8:a::2", TUN(1)) SET("2001:db8:a::1", "2001:db8:a::3", TUN(2)), "" },
	{ "NodeConfig MN;\n" A("HomeAddress 2001:db8:a::3/64;") SET("2001:db8:a::1", "2001:db8:a::2", TUN(1)) SET("2001:db8:a::1", "2001:db8:a::3", TUN(1)),
	  "2:63: error: HomeAddress: its IPsecPolicy TunnelHomeTesting and TunnelHomeTesting of that of line 2" APART },
	{ "NodeConfig MN;\n" A("HomeAddress 2001:db8:a::3/64;") SET("2001:db8:a::1", "2001:db8:a::2", "HomeAddress 2001:db8:a::3/64; " TUN(1)),
	  "2:63: error: HomeAddress: its IPsecPolicy TunnelHomeTesting and TunnelHomeTesting of that of line 2" APART },
	{ "NodeConfig MN;\n" A("") L("HomeAddress 2001:db8:b::2/64;") SET("2001:db8:a::1", "2001:db8:a::2", TUN(1)) SET("2001:db8:b::1", "2001:db8:b::2", TUN(1)), "" },
};

START_TEST(file)
{
	expect(files[_i].text, strlen(files[_i].text), -1, files[_i].want);
}
END_TEST

/* All of a section have what it says, wherever it stands; none of another one. */
START_TEST(values)
{
	struct conf c = parsed(HEAD "MnHomeLink \"eth0\" {\nHomeAddress 2001:db8:a::2/64;\nUseAltCoa disabled;\nHomeAgentAddress 2001:db8:a::1;\n"
				    "HomeAddress 2001:db8:a::3/64; MnRoPolicy disabled; MnRoPolicy 2001:db8::9 enabled; }\n"
				    "MnHomeLink \"wlan0\" { HomeAddress 2001:db8:b::2/56 (2001:db8:c::/64); IsMobRtr enabled; }\n");
	const struct conf_home *a = c.homes, *b = a->next, *d = b->next;
	struct in6_addr nine = { .s6_addr = { 0x20, 1, 0xd, 0xb8, [15] = 9 } }, eight = nine;

	eight.s6_addr[15] = 8;
	ck_assert_ptr_null(d->next);
	for (const struct conf_home *h = a; h != d; h = h->next) {
		ck_assert_str_eq(h->ifname, "eth0");
		ck_assert(!h->alt_coa && h->ha.s6_addr[15] == 1 && h->plen == 64 && !h->mobile_router && h->line == 2);
		ck_assert(conf_ro_wanted(&c, h, &nine) && !conf_ro_wanted(&c, h, &eight));
	}
	ck_assert(a->hoa.s6_addr[15] == 2 && b->hoa.s6_addr[15] == 3 && a->hoa_line == 3 && b->hoa_line == 6);
	ck_assert_str_eq(d->ifname, "wlan0");
	ck_assert(d->alt_coa && IN6_IS_ADDR_UNSPECIFIED(&d->ha) && d->plen == 56 && d->mobile_router && d->mnps.n == 1 && d->line == 7);
	ck_assert(conf_ro_wanted(&c, d, &eight));
	ck_assert(conf_iface(&c, "eth0") && conf_iface(&c, "wlan0"));
	round_trip(&c);
	conf_free(&c);
}
END_TEST

/* What may change goes to the home address that it is of. */
START_TEST(reloaded)
{
	struct conf now = parsed(HEAD A("") L("HomeAddress 2001:db8:b::2/64;"));
	struct in6_addr peer = { .s6_addr = { 0x20, 1, 0xd, 0xb8, [15] = 9 } };

	ck_assert_int_eq(reload_into(&now, HEAD A("") L("HomeAddress 2001:db8:b::2/64; MnRoPolicy disabled; UseAltCoa disabled;")), 0);
	ck_assert_str_eq(said, "+UseAltCoa +MnRoPolicy ");
	ck_assert(now.homes->alt_coa && !now.homes->next->alt_coa);
	ck_assert(conf_ro_wanted(&now, now.homes, &peer) && !conf_ro_wanted(&now, now.homes->next, &peer));

	/* in another order, and with one more: that waits, and the rest is as it was */
	reload_into(&now, HEAD L("HomeAddress 2001:db8:b::2/64;") A("MnRoPolicy disabled;") L("HomeAddress 2001:db8:d::2/64;"));
	ck_assert_msg(strstr(said, "-HomeAddress ") && strstr(said, "-MnHomeLink ") && strstr(said, "+MnRoPolicy "), "%s", said);
	ck_assert(!conf_ro_wanted(&now, now.homes, &peer) && conf_ro_wanted(&now, now.homes->next, &peer));
	ck_assert_ptr_null(now.homes->next->next);
	conf_free(&now);
}
END_TEST

SUITE("conf_homes", .timeout = 60,
	.tests = {
		{ file, sizeof(files) / sizeof(*files) },
		{ values },
		{ reloaded },
	})
