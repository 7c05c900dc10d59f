// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mip6d.conf: what each keyword accepts, every error with its place, the sample files in conf/, and that what is printed
 * can be read again.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf_expect.h"

#include "suite.h"

#ifndef SAMPLES
#define SAMPLES "conf"
#endif
#ifndef EXAMPLES
#define EXAMPLES "../../umip/examples"
#endif

/* ---- every keyword ---- */

#define HA_HEAD	    "NodeConfig HA;\nUseMnHaIPsec disabled;\nInterface \"eth0\";\n"
#define MN_HEAD	    "NodeConfig MN;\nUseMnHaIPsec disabled;\n"
#define NO_ANYCAST                                                                                        \
	"a home prefix of more than 121 bits has no anycast address of its home agents (RFC 2526); add " \
	"HomeAgentAddress\n"
#define LINK	    "MnHomeLink \"eth0\" { HomeAgentAddress 2001:db8::1; HomeAddress 2001:db8::2/64;\n"
#define ROUTERS	    "HaAcceptMobRtr enabled; "
#define ROUTABLE "expected a routable unicast address, but "

/*
 * The line is always line 4: of a home agent's file, of a mobile node's, in its MnHomeLink (HOME) or Interface (IFACE);
 * or it is the whole file (BARE).
 */
static const struct line {
	enum { HA, MN, HOME, IFACE, BARE } where;
	const char *text, *want;
} lines[] = {
	{ HA, "NodeConfig HA;", "4:1: error: NodeConfig is already in line 1\n" },
	{ BARE, "NodeConfig ha; UseMnHaIPsec disabled;",
	  "1:12: error: NodeConfig: expected 'CN', 'HA' or 'MN', found 'ha'\n" },
	{ BARE, "NodeConfig; UseMnHaIPsec disabled;", "1:11: error: NodeConfig: expected 'CN', 'HA' or 'MN' before ';'\n" },
	{ BARE, "NodeConfig CN;", "" },
	{ BARE, "NodeConfig CN; UseMnHaIPsec disabled;", "" },
	{ BARE, "NodeConfig CN; DoRouteOptimizationCN disabled;",
	  "1:47: error: a correspondent node with DoRouteOptimizationCN disabled has nothing to do\n" },
	{ BARE, "NodeConfig CN; HaMaxBindings 5;",
	  "1:16: error: HaMaxBindings is for a home agent; this is a correspondent node (NodeConfig CN)\n" },
	{ BARE, "UseMnHaIPsec disabled;",
	  "1:23: error: NodeConfig is missing: add 'NodeConfig HA;', 'NodeConfig MN;' or 'NodeConfig CN;'\n" },
	{ BARE, "NodeConfig HA; UseMnHaIPsec disabled;\n",
	  "2:1: error: a home agent needs its home link: add 'Interface \"NAME\";'\n" },
	{ BARE, "NodeConfig MN; UseMnHaIPsec disabled;\n",
	  "2:1: error: a mobile node needs its home link: add 'MnHomeLink \"NAME\" { HomeAddress ...; }'\n" },
	{ HA, "UseMnHaIPsec disabled;", "4:1: error: UseMnHaIPsec is already in line 2\n" },
	{ BARE, "NodeConfig HA; Interface \"e\"; UseMnHaIPsec 2;",
	  "1:44: error: UseMnHaIPsec: expected 'enabled' or 'disabled', found '2'\n" },

	{ HA, "DebugLevel 0;", "" },
	{ MN, "DebugLevel 10;", "" },
	{ HA, "DebugLevel 010;", "" },
	{ HA, "DebugLevel 11;", "4:12: error: DebugLevel: expected a number from 0 to 10, found '11'\n" },
	{ HA, "DebugLevel 1.5;", "4:12: error: DebugLevel: expected a number from 0 to 10, found '1.5'\n" },
	{ HA, "DebugLevel -1;", "4:12: error: '-1': there are no negative numbers here\n" },
	{ HA, "DebugLevel 99999999999999999999;", "4:12: error: the number '99999999999999999999' is too large\n" },
	{ HA, "DebugLevel 18446744073709551615;",
	  "4:12: error: DebugLevel: expected a number from 0 to 10, found '18446744073709551615'\n" },
	{ HA, "DebugLevel ;", "4:12: error: DebugLevel: expected a number from 0 to 10 before ';'\n" },
	{ HA, "DebugLevel 1 2;", "4:14: error: expected ';' before '2'\n" },
	{ HA, "DebugLevel 1 { }", "4:14: error: DebugLevel has no section: expected ';' before '{'\n" },
	{ HA, "DebugLevel 1; DebugLevel 2;", "4:15: error: DebugLevel is already in line 4\n" },
	{ HA, "DebugLogFile \"/var/log/mip6d.log\";", "" },
	{ HA, "DebugLogFile \"\";", "4:14: error: DebugLogFile: the file name is empty\n" },
	{ HA, "DebugLogFile 5;", "4:14: error: DebugLogFile: expected a file name in double quotes, found '5'\n" },
	{ HA, "DebugLogFile /var/log/mip6d.log;",
	  "4:14: error: DebugLogFile: expected a file name in double quotes, found '/var/log/mip6d.log'\n" },
	{ HA, "DebugLogFile \"x\033[2Jy\";", "4:14: error: control character 0x1b in a string\n" },
	{ HA, "DebugLogFile \"x;",
	  "4:14: error: this string has no closing '\"' on its line\n5:1: error: expected ';' before end of file\n" },

	{ HA, "Interface \"eth1\";", "" },
	{ HA, "Interface \"eth1\" { }", "" },
	{ HA, "Interface \"eth1\" { IfType HA; }", "" },
	{ HA, "Interface \"123456789012345\";", "" },
	{ HA, "Interface \"1234567890123456\";",
	  "4:11: error: Interface: the interface name \"1234567890123456\" is longer than 15 characters\n" },
	{ HA, "Interface \"\";", "4:11: error: Interface: the interface name \"\" is empty\n" },
	{ HA, "Interface \"..\";",
	  "4:11: error: Interface: the interface name \"..\" cannot be the name of an interface\n" },
	{ HA, "Interface \"a/b\";",
	  "4:11: error: Interface: the interface name \"a/b\" holds a character that no interface name can have\n" },
	{ HA, "Interface \"a b\";",
	  "4:11: error: Interface: the interface name \"a b\" holds a character that no interface name can have\n" },
	{ HA, "Interface \"eth0\";", "4:11: error: Interface \"eth0\" is already in line 3\n" },
	{ HA, "Interface eth1;",
	  "4:11: error: Interface: expected an interface name in double quotes, found 'eth1'\n" },
	{ HA, "Interface eth1 { IfType MN; }",
	  "4:11: error: Interface: expected an interface name in double quotes, found 'eth1'\n"
	  "4:25: error: IfType MN: an interface whose role differs from the node's (HA) is not available in this version\n" },
	{ HA, "Interface { IfType HA; }",
	  "4:11: error: Interface: expected an interface name in double quotes before '{'\n" },
	{ HA, "Interface \"eth1\" { IfType HA }", "4:30: error: expected ';' before '}'\n" },
	{ HA, "Interface \"eth1\" { IfType HA; IfType HA; }", "4:31: error: IfType is already in line 4\n" },
	{ HA, "Interface \"eth1\" { IfType CN; }",
	  "4:27: error: IfType CN: an interface whose role differs from the node's (HA) is not available in this version\n" },
	{ HA, "Interface \"eth1\" { IfType; }", "4:26: error: IfType: expected 'CN', 'HA' or 'MN' before ';'\n" },
	{ HA, "Interface \"eth1\" { MnIfPreference 1; }",
	  "4:20: error: MnIfPreference is for a mobile node; this is a home agent (NodeConfig HA)\n" },
	{ HA, "Interface \"eth1\" { DebugLevel 1; }",
	  "4:20: error: DebugLevel cannot stand in Interface { }; is a '}' missing before it? The '{' is in line 4\n" },
	{ HA, "IfType HA;", "4:1: error: IfType belongs in Interface \"name\" { }\n" },
	{ IFACE, "IfType MN;", "" },
	{ IFACE, "MnIfPreference 1;", "" },
	{ IFACE, "MnIfPreference 10;", "" },
	{ IFACE, "MnIfPreference 11;", "4:16: error: MnIfPreference: expected a number from 0 to 10, found '11'\n" },
	{ IFACE, "MnIfPreference -1;", "4:16: error: '-1': there are no negative numbers here\n" },
	{ IFACE, "MnIfPreference 2; MnIfPreference 3;", "4:19: error: MnIfPreference is already in line 4\n" },
	{ IFACE, "MnIfPreference high;", "4:16: error: MnIfPreference: expected a number from 0 to 10, found 'high'\n" },
	{ MN, "Interface \"eth0\" { MnIfPreference 0; } Interface \"eth1\" { MnIfPreference 2; }", "" },
	{ MN, "Interface \"eth0\" { MnIfPreference 0; } MnUseAllInterfaces enabled;", "" },
	{ MN, "MnIfPreference 1;", "4:1: error: MnIfPreference belongs in Interface \"name\" { }\n" },
	{ IFACE, "HomeAddress ::1/64;", "4:1: error: HomeAddress belongs in MnHomeLink \"name\" { }\n" },
	{ MN, "Interface \"eth1\"; Interface \"eth2\" { IfType MN; MnIfPreference 3; }", "" },
	{ MN, "Interface \"eth1\"; Interface \"eth1\";", "4:29: error: Interface \"eth1\" is already in line 4\n" },

	{ HA, "HaMaxBindingLife 4;", "" },
	{ HA, "HaMaxBindingLife 262140;", "" },
	{ HA, "HaMaxBindingLife 3;", "4:18: error: HaMaxBindingLife: expected a number from 4 to 262140, found '3'\n" },
	{ HA, "HaMaxBindingLife 262141;",
	  "4:18: error: HaMaxBindingLife: expected a number from 4 to 262140, found '262141'\n" },
	{ MN, "HaMaxBindingLife 60;",
	  "4:1: error: HaMaxBindingLife is for a home agent; this is a mobile node (NodeConfig MN)\n" },
	{ HA, "DefaultBindingAclPolicy allow;", "" },
	{ HA, "DefaultBindingAclPolicy deny;", "" },
	{ HA, "DefaultBindingAclPolicy 128;", "" },
	{ HA, "DefaultBindingAclPolicy 255;", "" },
	{ HA, "DefaultBindingAclPolicy 127;",
	  "4:25: error: DefaultBindingAclPolicy: expected 'allow', 'deny' or a status from 128 to 255, found '127'\n" },
	{ HA, "DefaultBindingAclPolicy 256;",
	  "4:25: error: DefaultBindingAclPolicy: expected 'allow', 'deny' or a status from 128 to 255, found '256'\n" },
	{ HA, "DefaultBindingAclPolicy reject;",
	  "4:25: error: DefaultBindingAclPolicy: expected 'allow', 'deny' or a status from 128 to 255, found 'reject'\n" },
	{ HA, "BindingAclPolicy 2001:db8::7 allow;", "" },
	{ HA, "BindingAclPolicy 2001:db8::7 deny; BindingAclPolicy 2001:db8::8 200;", "" },
	{ HA, "BindingAclPolicy 2001:db8::7 deny; BindingAclPolicy 2001:DB8:0::7 200;",
	  "4:53: error: BindingAclPolicy for 2001:db8::7 is already in line 4\n" },
	{ HA, "BindingAclPolicy 2001:db8::7;",
	  "4:29: error: BindingAclPolicy: expected 'allow', 'deny' or a status from 128 to 255 before ';'\n" },
	{ HA, "BindingAclPolicy 2001:db8::7/64 allow;",
	  "4:18: error: BindingAclPolicy: expected a home address, found '2001:db8::7/64'\n" },
	{ HA, "BindingAclPolicy 2001:db8::7 (2001:db8:1::/48) allow;",
	  "4:31: error: BindingAclPolicy: prefixes are for mobile routers, but HaAcceptMobRtr is not enabled\n" },
	{ HA, "BindingAclPolicy 2001:db8::7 () allow;",
	  "4:30: error: BindingAclPolicy: expected a prefix between the parentheses\n" },
	{ HA, ROUTERS "BindingAclPolicy 2001:db8::7 (2001:db8:1::/48) allow;", "" },
	{ HA, ROUTERS "BindingAclPolicy 2001:db8::7 (2001:db8:1::/48, 2001:db8:2::/64) deny;", "" },
	{ HA, ROUTERS "BindingAclPolicy 2001:db8::7 (2001:db8:1::/64, 2001:db8:1:2::/63) 130;", "" },
	{ HA, ROUTERS "BindingAclPolicy 2001:db8::7 (2001:db8:1::7/48) allow;",
	  "4:55: error: BindingAclPolicy: '2001:db8:1::7/48' has bits after its length; the prefix is 2001:db8:1::/48\n" },
	{ HA, ROUTERS "BindingAclPolicy 2001:db8::7 (2001:db8:1::) allow;",
	  "4:55: error: BindingAclPolicy: expected a prefix, ADDRESS/LENGTH with a length of 1 to 128, found '2001:db8:1::'\n" },
	{ HA, ROUTERS "BindingAclPolicy 2001:db8::7 (::/0) allow;",
	  "4:55: error: BindingAclPolicy: expected a prefix, ADDRESS/LENGTH with a length of 1 to 128, found '::/0'\n" },
	{ HA, ROUTERS "BindingAclPolicy 2001:db8::7 (fe80::/64) allow;",
	  "4:55: error: BindingAclPolicy: " ROUTABLE "'fe80::/64' is link-local\n" },
	{ HA, ROUTERS "BindingAclPolicy 2001:db8::7 (2001:db8::/32) allow;",
	  "4:55: error: BindingAclPolicy: the prefix 2001:db8::/32 contains the home address, which is of the home link\n" },
	{ HA, ROUTERS "BindingAclPolicy 2001:db8::7 (2001:db8:1::/48, 2001:db8:1:5::/64) allow;",
	  "4:72: error: BindingAclPolicy: the prefix 2001:db8:1:5::/64 overlaps 2001:db8:1::/48 before it\n" },
	{ HA, ROUTERS "BindingAclPolicy 2001:db8::7 (2001:db8:1::/64, 2001:db8:2::/64, 2001:db8:3::/64, 2001:db8:4::/64, 2001:db8:5::/64, "
		      "2001:db8:6::/64, 2001:db8:7::/64, 2001:db8:8::/64, 2001:db8:9::/64) allow;",
	  "4:191: error: BindingAclPolicy: a mobile router has at most 8 prefixes\n" },
	{ HA, ROUTERS "BindingAclPolicy 2001:db8::7 (2001:db8:1::/64) allow; BindingAclPolicy 2001:db8::8 (2001:db8:1::/64) allow;",
	  "4:109: error: BindingAclPolicy: the prefix 2001:db8:1::/64 overlaps 2001:db8:1::/64 of line 4: each belongs to one mobile router\n" },
	{ HA, ROUTERS "BindingAclPolicy 2001:db8::7 (2001:db8:1:2::/64) allow; BindingAclPolicy 2001:db8::8 (2001:db8:1::/48) deny;",
	  "4:55: error: BindingAclPolicy: the prefix 2001:db8:1:2::/64 overlaps 2001:db8:1::/48 of line 4: each belongs to one mobile router\n" },
	{ HA, ROUTERS "HaServedPrefix 2001:db8:1::/48; HaServedPrefix 2001:db8:2::/48; BindingAclPolicy 2001:db8::7 (2001:db8:2:5::/64) allow;", "" },
	{ HA, ROUTERS "HaServedPrefix 2001:db8:1::/48; BindingAclPolicy 2001:db8::7 (2001:db8:2:5::/64) allow;",
	  "4:87: error: BindingAclPolicy: the prefix 2001:db8:2:5::/64 is in no HaServedPrefix\n" },
	{ HA, ROUTERS "HaServedPrefix 2001:db8:1::/48; BindingAclPolicy 2001:db8::7 (2001:db8::/40) allow;",
	  "4:87: error: BindingAclPolicy: the prefix 2001:db8::/40 contains the home address, which is of the home link\n" },
	{ HA, ROUTERS "HaServedPrefix 2001:db8:1::/48; HaServedPrefix 2001:db8:1:1::/64;",
	  "4:72: error: HaServedPrefix 2001:db8:1:1::/64 overlaps 2001:db8:1::/48 of line 4\n" },
	{ HA, ROUTERS "HaServedPrefix 2001:db8:1::;", "4:40: error: HaServedPrefix: expected a prefix, ADDRESS/LENGTH, found '2001:db8:1::'\n" },
	{ HA, ROUTERS "HaServedPrefix 2001:db8:1::1/48;",
	  "4:40: error: HaServedPrefix: '2001:db8:1::1/48' has bits after its length; the prefix is 2001:db8:1::/48\n" },
	{ HA, "BindingAclPolicy 2001:db8::7 (2001:db8:1::/129) allow;",
	  "4:44: error: a prefix has at most 128 bits, found '129'\n" },
	{ HA, "BindingAclPolicy fe80::7 allow;",
	  "4:18: error: BindingAclPolicy: " ROUTABLE "'fe80::7' is link-local\n" },
	{ MN, "BindingAclPolicy 2001:db8::7 allow;",
	  "4:1: error: BindingAclPolicy is for a home agent; this is a mobile node (NodeConfig MN)\n" },
	{ HA, "HaBindingRefreshAdvice 0;", "" },
	{ HA, "HaBindingRefreshAdvice 4;", "" },
	{ HA, "HaBindingRefreshAdvice 262139;", "" },
	{ HA, "HaBindingRefreshAdvice 3;",
	  "4:24: error: HaBindingRefreshAdvice: expected 0 for none or a number from 4 to 262140, found '3'\n" },
	{ HA, "HaBindingRefreshAdvice 0 1;", "4:26: error: expected ';' before '1'\n" },
	{ HA, "HaBindingRefreshAdvice 60; HaMaxBindingLife 60;",
	  "4:24: error: HaBindingRefreshAdvice must be shorter than HaMaxBindingLife (60)\n" },
	{ HA, "HaMaxBindings 1;", "" },
	{ HA, "HaMaxBindings 1000000;", "" },
	{ HA, "HaMaxBindings 0;", "4:15: error: HaMaxBindings: expected a number from 1 to 1000000, found '0'\n" },

	{ HA, LINK "}", "4:1: error: MnHomeLink is for a mobile node; this is a home agent (NodeConfig HA)\n" },
	{ MN, LINK "}", "4:63: error: HomeAddress 2001:db8::2 is already in line 3\n" },
	{ BARE, MN_HEAD "MnHomeLink \"eth0\";", "3:18: error: MnHomeLink: expected '{' before ';'\n" },
	{ BARE, MN_HEAD "MnHomeLink \"eth0\" { }",
	  "3:1: error: MnHomeLink: HomeAddress is missing\n" },
	{ BARE, MN_HEAD "MnHomeLink \"eth0\" { HomeAgentAddress 2001:db8::1; }",
	  "3:1: error: MnHomeLink: HomeAddress is missing\n" },
	{ BARE, MN_HEAD "MnHomeLink \"eth0\" { HomeAddress 2001:db8::1/64; }", "" },
	{ BARE, MN_HEAD "MnHomeLink \"eth0\" { HomeAddress 2001:db8::1/121; }", "" },
	{ BARE, MN_HEAD "MnHomeLink \"eth0\" { HomeAddress 2001:db8::1/122; }", "3:33: error: HomeAddress: " NO_ANYCAST },
	{ HOME, "HomeAgentAddress 2001:db8::1;", "4:1: error: HomeAgentAddress is already in line 3\n" },
	{ HOME, "HomeAddress 2001:db8::2/64;", "4:13: error: HomeAddress 2001:db8::2 is already in line 3\n" },
	{ HOME, "UseMnHaIPsec disabled;",
	  "4:1: error: UseMnHaIPsec cannot stand in MnHomeLink { }; is a '}' missing before it? The '{' is in line 3\n" },
	{ MN, "HomeAgentAddress 2001:db8::1;", "4:1: error: HomeAgentAddress belongs in MnHomeLink \"name\" { }\n" },
	{ MN, "MnMaxHaBindingLife 4;", "" },
	{ MN, "MnMaxHaBindingLife 262141;",
	  "4:20: error: MnMaxHaBindingLife: expected a number from 4 to 262140, found '262141'\n" },
	{ HA, "MnMaxHaBindingLife 60;",
	  "4:1: error: MnMaxHaBindingLife is for a mobile node; this is a home agent (NodeConfig HA)\n" },
	{ MN, "InitialBindackTimeoutFirstReg 1.5;", "" },
	{ MN, "InitialBindackTimeoutFirstReg .1;", "" },
	{ MN, "InitialBindackTimeoutFirstReg 32;", "" },
	{ MN, "InitialBindackTimeoutFirstReg 1.0010;", "" },
	{ MN, "InitialBindackTimeoutFirstReg 32.001;",
	  "4:31: error: InitialBindackTimeoutFirstReg: expected seconds from 0.1 to 32, found '32.001'\n" },
	{ MN, "InitialBindackTimeoutFirstReg 0.099;",
	  "4:31: error: InitialBindackTimeoutFirstReg: expected seconds from 0.1 to 32, found '0.099'\n" },
	{ MN, "InitialBindackTimeoutFirstReg 1.0005;",
	  "4:31: error: InitialBindackTimeoutFirstReg: expected milliseconds at the finest: at most three digits after the point, found '1.0005'\n" },
	{ MN, "InitialBindackTimeoutFirstReg 18446744073709551615;",
	  "4:31: error: InitialBindackTimeoutFirstReg: expected seconds from 0.1 to 32, found '18446744073709551615'\n" },
	{ MN, "InitialBindackTimeoutReReg 1;", "" },
	{ MN, "InitialBindackTimeoutReReg 1.5.2;", "4:28: error: '1.5.2' is neither a number nor an IPv6 address\n" },
	{ MN, "InitialBindackTimeoutReReg soon;",
	  "4:28: error: InitialBindackTimeoutReReg: expected seconds from 0.1 to 32, found 'soon'\n" },
	{ MN, "OptimisticHandoff enabled;", "" },
	{ MN, "OptimisticHandoff on;", "" },
	{ MN, "OptimisticHandoff 1;", "" },
	{ MN, "OptimisticHandoff Yes;",
	  "4:19: error: OptimisticHandoff: expected 'enabled' or 'disabled', found 'Yes'\n" },
	{ HA, "OptimisticHandoff enabled;",
	  "4:1: error: OptimisticHandoff is for a mobile node; this is a home agent (NodeConfig HA)\n" },

	{ HA, "include \"more.conf\";", "4:9: error: include: this text is not a file's\n" },
	{ HA, "include; include more; include \"a\" \"b\"; include \"a\" { }",
	  "4:8: error: include: expected one file name in double quotes\n4:18: error: include: expected one file name in double quotes\n"
	  "4:36: error: include: expected one file name in double quotes\n4:49: error: include: expected one file name in double quotes\n" },
	{ HA, "Interface \"eth1\" { include \"x\"; }",
	  "4:20: error: include cannot stand in Interface { }; is a '}' missing before it? The '{' is in line 4\n" },
	{ HA, "UsePolicyModule \"x.so\";",
	  "4:1: error: UsePolicyModule: mip6d loads no module; HookProgram starts a program that is asked instead (mip6d.conf(5))\n" },
	{ MN, "UseMovementModule \"x\";",
	  "4:1: error: UseMovementModule: mip6d has one way to detect movement, built in; remove the line\n" },
	{ HA, "HookProgram \"/usr/local/sbin/hook\";", "" },
	{ MN, "HookProgram \"/x\";", "" },
	{ HA, "HookProgram \"hook\";", "4:13: error: HookProgram: the file name must begin with /\n" },
	{ HA, "HookProgram \"\";", "4:13: error: HookProgram: the file name is empty\n" },
	{ HA, "HookProgram;", "4:12: error: HookProgram: expected a file name in double quotes before ';'\n" },
	{ HA, "NonVolatileBindingCache disabled;", "" },
	{ HA, "NonVolatileBindingCache enabled;", "" },
	{ MN, "NonVolatileBindingCache disabled;", "" },
	{ HA, "BindingCacheFile \"/x/y\";", "" },
	{ HA, "BindingCacheFile \"\";", "4:18: error: BindingCacheFile: the file name is empty\n" },
	{ HA, "BindingCacheFile \"x/y\";", "4:18: error: BindingCacheFile: the file name must begin with /\n" },
	{ MN, "KeyMngMobCapability no;", "" },
	{ MN, "KeyMngMobCapability yes;", "" },
	{ MN, "KeyMngMobCapability K;", "4:21: error: KeyMngMobCapability: expected 'enabled' or 'disabled', found 'K'\n" },
	{ HA, "IPsecMigrate netlink;", "" },
	{ MN, "IPsecMigrate pf_key;", "" },
	{ MN, "IPsecMigrate PF_KEY;", "4:14: error: IPsecMigrate: expected 'netlink' or 'pf_key', found 'PF_KEY'\n" },
	{ HA, "IPsecMigrate;", "4:13: error: IPsecMigrate: expected 'netlink' or 'pf_key' before ';'\n" },
	{ HA, "DoRouteOptimizationCN disabled;", "" },
	{ HA, "DoRouteOptimizationCN disabled; DoRouteOptimizationCN disabled;",
	  "4:33: error: DoRouteOptimizationCN is already in line 4\n" },
	{ HA, "DoRouteOptimizationCN enabled;", "" },
	{ HA, "DoRouteOptimizationCN maybe;",
	  "4:23: error: DoRouteOptimizationCN: expected 'enabled' or 'disabled', found 'maybe'\n" },
	{ MN, "DoRouteOptimizationMN off;", "" },
	{ MN, "DoRouteOptimizationMN on;", "" },
	{ MN, "UseCnBuAck disabled;", "" },
	{ MN, "UseCnBuAck enabled;", "" },
	{ HA, "UseCnBuAck enabled;",
	  "4:1: error: UseCnBuAck is for a mobile node; this is a home agent (NodeConfig HA)\n" },
	{ MN, "MnMaxCnBindingLife 420;", "" },
	{ MN, "MnMaxCnBindingLife 421;",
	  "4:20: error: MnMaxCnBindingLife: expected a number from 4 to 420, found '421'\n" },
	{ HA, "CnMaxBindings 1000000; CnMaxBindingsPerSource 1;", "" },
	{ MN, "CnMaxBindings 0;", "4:15: error: CnMaxBindings: expected a number from 1 to 1000000, found '0'\n" },
	{ MN, "CnMaxBindingsPerSource many;",
	  "4:24: error: CnMaxBindingsPerSource: expected a number from 1 to 1000000, found 'many'\n" },
	{ HOME, "MnRoPolicy disabled; MnRoPolicy 2001:db8::9 disabled;", "" },
	{ HOME, "MnRoPolicy enabled; MnRoPolicy disabled;",
	  "4:21: error: MnRoPolicy without an address is already in line 4\n" },
	{ HOME, "MnRoPolicy 2001:db8::9 enabled; MnRoPolicy 2001:db8:0::9 enabled;",
	  "4:44: error: MnRoPolicy for '2001:db8:0::9' is already in line 4\n" },
	{ HOME, "MnRoPolicy ff02::1 enabled;", "4:12: error: MnRoPolicy: expected a routable unicast address, but 'ff02::1' is a multicast address\n" },
	{ MN, "MnRoPolicy enabled;", "4:1: error: MnRoPolicy belongs in MnHomeLink \"name\" { }\n" },
	{ HOME, "MnRoPolicy 2001:db8::9;", "4:23: error: MnRoPolicy: expected 'enabled' or 'disabled' before ';'\n" },
	{ HA, "SendMobPfxAdvs disabled;", "" },
	{ HA, "SendMobPfxAdvs enabled;", "" },
	{ HA, "SendMobPfxAdvs 600;", "4:16: error: SendMobPfxAdvs: expected 'enabled' or 'disabled', found '600'\n" },
	{ MN, "SendMobPfxAdvs enabled;", "4:1: error: SendMobPfxAdvs is for a home agent; this is a mobile node (NodeConfig MN)\n" },
	{ HA, "HaMulticast enabled;", "" },
	{ HA, "HaMulticast maybe;", "4:13: error: HaMulticast: expected 'enabled' or 'disabled', found 'maybe'\n" },
	{ HA, "HaMaxGroups 1000000;", "" },
	{ HA, "HaMaxGroups 0;", "4:13: error: HaMaxGroups: expected a number from 1 to 1000000, found '0'\n" },
	{ HA, "HaMaxGroupsPerBinding 1024;", "" },
	{ HA, "HaMaxGroupRate 0;", "4:16: error: HaMaxGroupRate: expected a number from 1 to 1000000, found '0'\n" },
	{ HA, "HaMaxGroupsPerBinding 1025;", "4:23: error: HaMaxGroupsPerBinding: expected a number from 1 to 1024, found '1025'\n" },
	{ HA, "HaMulticastQueryInterval 2;", "" },
	{ HA, "HaMulticastQueryInterval 1;", "4:26: error: HaMulticastQueryInterval: expected a number from 2 to 31744, found '1'\n" },
	{ MN, "MnMulticast disabled;", "" },
	{ HA, "SendUnsolMobPfxAdvs disabled;", "" },
	{ HA, "SendUnsolMobPfxAdvs enabled;", "" },
	{ MN, "SendMobPfxSols disabled;", "" },
	{ MN, "SendMobPfxSols enabled;", "" },
	{ HA, "MinMobPfxAdvInterval 600;", "" },
	{ HA, "MaxMobPfxAdvInterval 86400;", "" },
	{ HA, "MinMobPfxAdvInterval 0;", "4:22: error: MinMobPfxAdvInterval: expected a number from 1 to 2592000, found '0'\n" },
	{ HA, "MinMobPfxAdvInterval 20; MaxMobPfxAdvInterval 10;",
	  "4:47: error: MaxMobPfxAdvInterval (10) is less than MinMobPfxAdvInterval (20)\n" },
	{ HA, "MaxMobPfxAdvInterval 10;",
	  "4:22: error: MaxMobPfxAdvInterval (10) is less than MinMobPfxAdvInterval (600)\n" },
	{ HA, "HaAcceptMobRtr disabled;", "" },
	{ HA, "HaAcceptMobRtr enabled;", "" },
	{ HA, "HaAcceptMobRtr maybe;", "4:16: error: HaAcceptMobRtr: expected 'enabled' or 'disabled', found 'maybe'\n" },
	{ MN, "HaAcceptMobRtr enabled;",
	  "4:1: error: HaAcceptMobRtr is for a home agent; this is a mobile node (NodeConfig MN)\n" },
	{ HA, "HaServedPrefix 2001:db8::/32;",
	  "4:16: error: HaServedPrefix is for mobile routers, but HaAcceptMobRtr is not enabled\n" },
	{ HOME, "IsMobRtr disabled;", "" },
	{ HOME, "IsMobRtr enabled;",
	  "3:63: error: HomeAddress: a mobile router (IsMobRtr) needs the prefixes of its mobile network: add them in parentheses, in "
	  "implicit mode too\n" },
	{ MN, "MobRtrUseExplicitMode enabled;", "" },
	{ MN, "MobRtrUseExplicitMode disabled;", "" },
	{ HOME, "HomePrefix 2001:db8::/64;", "" },
	{ HOME, "HomePrefix 2001:db8::/128;",
	  "4:12: error: HomePrefix: the length of a home prefix is 1 to 127, most often 64; found /128\n" },
	{ HOME, "HomePrefix 2001:db8:1::/64;", "4:12: error: HomePrefix does not hold the HomeAddress of line 3\n" },
	{ HOME, "UseAltCoa enabled;", "" },
	{ HOME, "UseAltCoa disabled;", "" },
	{ HOME, "UseAltCoa maybe;", "4:11: error: UseAltCoa: expected 'enabled' or 'disabled', found 'maybe'\n" },
	{ MN, "UseAltCoa enabled;", "4:1: error: UseAltCoa belongs in MnHomeLink \"name\" { }\n" },
	{ MN, "MnRouterProbes 0;", "" },
	{ MN, "MnRouterProbes 20;", "" },
	{ MN, "MnRouterProbes 21;", "4:16: error: MnRouterProbes: expected a number from 0 to 20, found '21'\n" },
	{ MN, "MnRouterProbeTimeout 0.000;", "" },
	{ MN, "MnRouterProbeTimeout 1.5;", "" },
	{ MN, "MnRouterProbeTimeout 11;", "4:22: error: MnRouterProbeTimeout: expected seconds from 0 to 10, found '11'\n" },
	{ MN, "MnDiscardHaParamProb enabled;", "" },
	{ MN, "MnDiscardHaParamProb disabled;", "" },
	{ HA, "MnDiscardHaParamProb enabled;",
	  "4:1: error: MnDiscardHaParamProb is for a mobile node; this is a home agent (NodeConfig HA)\n" },
	{ MN, "MnUseAllInterfaces disabled;", "" },
	{ MN, "MnUseAllInterfaces enabled;", "" },
	{ MN, "MnUseAllInterfaces 2;", "4:20: error: MnUseAllInterfaces: expected 'enabled' or 'disabled', found '2'\n" },
	{ HA, "MnUseAllInterfaces enabled;",
	  "4:1: error: MnUseAllInterfaces is for a mobile node; this is a home agent (NodeConfig HA)\n" },
	{ HA, "IPsecPolicySet { HomeAgentAddress 2001:db8::1; HomeAddress 2001:db8::2/64; IPsecPolicy Mh UseESP 1 2 allow; }", "" },
	{ HA, "IPsecPolicy any UseESP;", "4:1: error: IPsecPolicy belongs in IPsecPolicySet { }\n" },
};

START_TEST(line_alone)
{
	const struct line *l = &lines[_i];
	char *text = NULL;
	int n = 0;

	switch (l->where) {
	case HA:
		n = asprintf(&text, HA_HEAD "%s\n", l->text);
		break;
	case MN:
		n = asprintf(&text,
			     "NodeConfig MN; UseMnHaIPsec disabled;\n\n"
			     "MnHomeLink \"eth0\" { HomeAgentAddress 2001:db8::1; "
			     "HomeAddress 2001:db8::2/64; }\n%s\n",
			     l->text);
		break;
	case HOME:
		n = asprintf(&text, MN_HEAD LINK "%s\n}\n", l->text);
		break;
	case IFACE:
		n = asprintf(&text, "NodeConfig MN; UseMnHaIPsec disabled;\n" LINK "} Interface \"eth0\" {\n%s\n}\n",
			     l->text);
		break;
	case BARE:
		n = asprintf(&text, "%s", l->text);
		break;
	}
	ck_assert_int_gt(n, 0);
	expect(text, (size_t)n, -1, l->want);
	free(text);
}
END_TEST

/* A keyword that was added without a line above is noticed. */
START_TEST(every_keyword_has_a_line)
{
	for (size_t k = 0; k < CONF_N_KEYWORDS; k++) {
		const char *name = conf_keywords[k].name;
		size_t found = 0;

		for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
			const char *at = strstr(lines[i].text, name);

			found += at && strchr(" ;", at[strlen(name)]);
		}
		ck_assert_msg(found, "%s", name);
		ck_assert_ptr_eq(conf_keyword(name), &conf_keywords[k]);
	}
}
END_TEST

/* ---- home link addresses ---- */

static const struct {
	const char *ha, *hoa, *want; /* statements in column 1 of lines 4 and 5 */
} homes[] = {
	{ "2001:db8:0:1::1", "2001:db8:0:1::2/64", "" },
	{ "fd00::1", "fd00::2/127",
	  "4:18: error: HomeAgentAddress is not in the home prefix: not in the HomeAddress's /127 of line 5\n" },
	{ "fd00::2", "fd00::3/127", "" },
	{ "2001:db8::1", "2001:db8::2/1", "" },
	{ "2001:db8:0:1::1", "2001:db8:0:2::2/63",
	  "4:18: error: HomeAgentAddress is not in the home prefix: not in the HomeAddress's /63 of line 5\n" },
	{ "2001:db8:0:3::1", "2001:db8:0:2::2/63", "" },
	{ "2001:db8::2", "2001:db8::2/64", "4:18: error: HomeAgentAddress is the HomeAddress of line 5\n" },
	{ "2001:db8::", "2001:db8::2/64",
	  "4:18: error: HomeAgentAddress is the anycast address of the home link's routers\n" },
	{ "2001:db8::1", "2001:db8::/64",
	  "5:13: error: HomeAddress is the home prefix itself, not an address of a node\n" },
	{ "2001:db8::1", "2001:db8::fdff:ffff:ffff:fffe/64",
	  "5:13: error: HomeAddress is the anycast address of the home link's home agents (RFC 2526)\n" },
	{ "2001:db8::1", "2001:db8::2",
	  "5:13: error: HomeAddress: expected ADDRESS/LENGTH, the home address with the length of the home "
	  "prefix, found '2001:db8::2'\n" },
	{ "2001:db8::1", "2001:db8::2/0",
	  "5:13: error: HomeAddress: the length of the home prefix is 1 to 127, most often 64; found /0\n" },
	{ "2001:db8::1", "2001:db8::2/128",
	  "5:13: error: HomeAddress: the length of the home prefix is 1 to 127, most often 64; found /128; HomePrefix can say it "
	  "instead\n" },
	{ "2001:db8::1", "2001:db8::2/128; HomePrefix 2001:db8::/64", "" },
	{ "2001:db8:0:1::1", "2001:db8::2/64; HomePrefix 2001:db8::/48", "" },
	{ "2001:db8::1", "2001:db8::2/129", "5:25: error: a prefix has at most 128 bits, found '129'\n" },
	{ "2001:db8::1", "2001:db8::2/", "5:25: error: expected a prefix length before ';'\n" },
	{ "2001:db8::1", "2001:db8::2/6x", "5:25: error: '6x' is neither a number nor an IPv6 address\n" },
	{ "2001:db8::1", "2001:db8::2/64 (2001:db8:1::/48)",
	  "5:29: error: HomeAddress: only a mobile router has prefixes: add 'IsMobRtr enabled;' or remove them\n" },
	{ "2001:db8::1", "2001:db8::2/64 (2001:db8:1::/48); IsMobRtr enabled", "" },
	{ "2001:db8::1", "2001:db8::2/64 (2001:db8:1::/48, 2001:db8:2::/64); IsMobRtr enabled", "" },
	{ "2001:db8::1", "2001:db8::2/64 (2001:db8:1::/48, 7); IsMobRtr enabled",
	  "5:46: error: HomeAddress: expected a prefix, ADDRESS/LENGTH with a length of 1 to 128, found '7'\n" },
	{ "2001:db8::1", "2001:db8::2/64 (2001:db8::/56); IsMobRtr enabled",
	  "5:29: error: HomeAddress: the prefix 2001:db8::/56 contains the home address, which is of the home link\n" },
	{ "2001:db8::1", "2001:db8::2/64 (2001:db8::8000/124); IsMobRtr enabled",
	  "5:29: error: HomeAddress: the prefix 2001:db8::8000/124 overlaps the home prefix\n" },
	{ "2001:db8::1", "2001:db8::2/64 (2001:db8:1::/48", "5:44: error: expected ',' or ')' before ';'\n" },
	{ "2001:db8::1", "fe80::2/64", "5:13: error: HomeAddress: " ROUTABLE "'fe80::2/64' is link-local\n" },
	{ "2001:db8::1", "ff0e::2/64", "5:13: error: HomeAddress: " ROUTABLE "'ff0e::2/64' is a multicast address\n" },
	{ "2001:db8::1", "::1/64", "5:13: error: HomeAddress: " ROUTABLE "'::1/64' is the loopback address\n" },
	{ "2001:db8::1", "::ffff:192.0.2.1/96",
	  "5:13: error: HomeAddress: " ROUTABLE "'::ffff:192.0.2.1/96' holds an IPv4 address\n" },
	{ "2001:db8::1", "::/64", "5:13: error: HomeAddress: " ROUTABLE "'::/64' is no address\n" },
	{ "::", "2001:db8::2/64", "" },
	{ "::", "2001:db8::2/122", "5:13: error: HomeAddress: " NO_ANYCAST },
	{ "::1", "2001:db8::2/64", "4:18: error: HomeAgentAddress: " ROUTABLE "'::1' is the loopback address\n" },
	{ "fe80::1", "2001:db8::2/64", "4:18: error: HomeAgentAddress: " ROUTABLE "'fe80::1' is link-local\n" },
	{ "fe80::1%eth0", "2001:db8::2/64",
	  "4:18: error: 'fe80::1%eth0': an address is written without an interface here\n" },
	{ "2001:db8::1/64", "2001:db8::2/64",
	  "4:18: error: HomeAgentAddress: expected an IPv6 address, found '2001:db8::1/64'\n" },
	{ "2001:db8:::1", "2001:db8::2/64", "4:18: error: '2001:db8:::1' is not an IPv6 address\n" },
	{ "2001:db8::x", "2001:db8::2/64", "4:18: error: '2001:db8::x' is not an IPv6 address\n" },
	{ "192.0.2.1", "2001:db8::2/64", "4:18: error: '192.0.2.1' is neither a number nor an IPv6 address\n" },
	{ "\"2001:db8::1\"", "2001:db8::2/64",
	  "4:18: error: HomeAgentAddress: expected an IPv6 address, found \"2001:db8::1\"\n" },
	{ "home.example", "2001:db8::2/64",
	  "4:18: error: HomeAgentAddress: expected an IPv6 address, found 'home.example'\n" },
};

START_TEST(home_addresses)
{
	char *text = NULL;
	int n = asprintf(&text, MN_HEAD "MnHomeLink \"eth0\" {\nHomeAgentAddress %s;\nHomeAddress %s;\n}\n",
			 homes[_i].ha, homes[_i].hoa);

	ck_assert_int_gt(n, 0);
	expect(text, (size_t)n, -1, homes[_i].want);
	free(text);
}
END_TEST

/* ---- shape ---- */

static const struct {
	const char *text, *want;
} shapes[] = {
	{ "",
	  "1:1: error: NodeConfig is missing: add 'NodeConfig HA;', 'NodeConfig MN;' or 'NodeConfig CN;'\n" },
	{ HA_HEAD "# comment to the end", "" },
	{ HA_HEAD ";;;", "" },
	{ "NodeConfig HA;UseMnHaIPsec disabled;Interface\"e\"{IfType HA;};", "" },
	{ HA_HEAD "DebugLevel 5\nHaMaxBindings 5;\n", "5:1: error: expected ';' before 'HaMaxBindings'\n" },
	{ HA_HEAD "DebugLevel 5", "4:13: error: expected ';' before end of file\n" },
	{ HA_HEAD "DebugLevel\n", "5:1: error: expected ';' before end of file\n" },
	{ HA_HEAD "Interface \"e\" {",
	  "4:16: error: expected '}' before end of file: the '{' in line 4 is still open\n" },
	{ HA_HEAD "Interface \"e\" { IfType HA; DebugLevel 5;\n",
	  "4:28: error: DebugLevel cannot stand in Interface { }; is a '}' missing before it? The '{' is in line 4\n"
	  "5:1: error: expected '}' before end of file: the '{' in line 4 is still open\n" },
	{ HA_HEAD "}\nDebugLevel 11;", "4:1: error: there is no '{' for this '}'\n"
				       "5:12: error: DebugLevel: expected a number from 0 to 10, found '11'\n" },
	{ HA_HEAD "5;\nDebugLevel 11;", "4:1: error: expected a keyword before '5'\n"
					"5:12: error: DebugLevel: expected a number from 0 to 10, found '11'\n" },
	{ HA_HEAD "\"x\" { DebugLevel 3; }\nDebugLevel 11;",
	  "4:1: error: expected a keyword before \"x\"\n"
	  "5:12: error: DebugLevel: expected a number from 0 to 10, found '11'\n" },
	{ HA_HEAD "Interface \"x\" { 5 }\nDebugLevel 11;",
	  "4:17: error: expected a keyword before '5'\n"
	  "5:12: error: DebugLevel: expected a number from 0 to 10, found '11'\n" },
	{ HA_HEAD "DebugLevel ) 5;\nDebugLevel 11;",
	  "4:12: error: expected ';' before ')'\n"
	  "5:12: error: DebugLevel: expected a number from 0 to 10, found '11'\n" },
	{ HA_HEAD "BindingAclPolicy 2001::1 (x) allow;", "4:27: error: expected a prefix or ')' before 'x'\n" },
	{ HA_HEAD "BindingAclPolicy 2001::1 (2001::/16,) allow;", "4:37: error: expected a prefix before ')'\n" },
	{ HA_HEAD "BindingAclPolicy 2001::1 (2001::/16 2002::/16) allow;",
	  "4:37: error: expected ',' or ')' before '2002::'\n" },
	{ HA_HEAD "DebugLevel = 5;", "4:12: error: unexpected '='\n" },
	{ HA_HEAD "DebugLevel 5; \x01\x02 HaMaxBindings 0;",
	  "4:15: error: unexpected '\\x01\\x02'\n"
	  "4:32: error: HaMaxBindings: expected a number from 1 to 1000000, found '0'\n" },
	{ HA_HEAD "\xef\xbb\xbf", "4:1: error: a byte order mark can only begin the file\n" },
	{ "{{{{{{{{", "1:1: error: expected a keyword before '{'\n1:5: error: too many '{' inside each other\n" },
	{ "Interface \"a\" {Interface \"a\" {Interface \"a\" {Interface \"a\" {Interface \"a\" {",
	  "1:16: error: Interface cannot stand in Interface { }; is a '}' missing before it? The '{' is in line 1\n"
	  "1:75: error: too many '{' inside each other\n" },
	{ HA_HEAD "nodeconfig MN;", "4:1: error: unknown keyword 'nodeconfig'; did you mean 'NodeConfig'?\n" },
	{ HA_HEAD "HaMaxBindnig 5;", "4:1: error: unknown keyword 'HaMaxBindnig'; did you mean 'HaMaxBindings'?\n" },
	{ HA_HEAD "HomeAgent ::;", "4:1: error: unknown keyword 'HomeAgent'; did you mean 'HomeAgentAddress'?\n" },
	{ HA_HEAD "Colour blue;", "4:1: error: unknown keyword 'Colour'\n" },
	{ HA_HEAD "Colour blue { Interface \"x\"; More; } DebugLevel 11;",
	  "4:1: error: unknown keyword 'Colour'\n"
	  "4:49: error: DebugLevel: expected a number from 0 to 10, found '11'\n" },
	{ HA_HEAD "Aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggggggggg 1;",
	  "4:1: error: unknown keyword 'Aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff...'\n" },
	/* not said: a NodeConfig that is missing, when it may be what was misspelled */
	{ "NodeConfg HA;", "1:1: error: unknown keyword 'NodeConfg'; did you mean 'NodeConfig'?\n" },
};

START_TEST(shape)
{
	expect(shapes[_i].text, strlen(shapes[_i].text), -1, shapes[_i].want);
}
END_TEST

START_TEST(nul_bytes)
{
	static const char text[] = HA_HEAD "DebugLevel\0 5;";
	static const char in_string[] = HA_HEAD "DebugLogFile \"x\0y\";";

	expect(text, sizeof(text) - 1, -1, "4:11: error: unexpected '\\0'\n");
	expect(in_string, sizeof(in_string) - 1, -1, "4:14: error: control character 0x00 in a string\n");
}
END_TEST

START_TEST(role_from_command_line)
{
	static const char none[] = "UseMnHaIPsec disabled; Interface \"eth0\";";
	static const char cn[] = "NodeConfig CN; UseMnHaIPsec disabled; Interface \"eth0\";";
	static const char ha[] = HA_HEAD "HaMaxBindings 5;";
	struct conf c;
	char *err;
	int rc;

	expect(none, sizeof(none) - 1, ROLE_HA, "");
	expect(cn, sizeof(cn) - 1, ROLE_HA, "");
	expect(ha, sizeof(ha) - 1, ROLE_MN,
	       "4:1: error: HaMaxBindings is for a home agent; this is a mobile node (from the command line)\n"
	       "4:17: error: a mobile node needs its home link: add 'MnHomeLink \"NAME\" { HomeAddress ...; }'\n");
	expect(none, sizeof(none) - 1, ROLE_CN, "");
	expect(ha, sizeof(ha) - 1, ROLE_CN,
	       "4:1: error: HaMaxBindings is for a home agent; this is a correspondent node (from the command line)\n");
	err = errors_of(none, sizeof(none) - 1, ROLE_HA, &rc, &c);
	ck_assert_int_eq(c.role, ROLE_HA);
	ck_assert_int_eq(c.ifaces->type, ROLE_HA);
	conf_free(&c);
	free(err);
}
END_TEST

START_TEST(error_limit)
{
	char text[40 * 8 + 1] = "", *err;
	struct conf c;
	int rc, n = 0;

	for (int i = 0; i < 40; i++)
		strcat(text, "Xyzzy;\n");
	err = errors_of(text, strlen(text), -1, &rc, &c);
	for (const char *s = err; (s = strchr(s, '\n')); s++)
		n++;
	ck_assert_int_eq(rc, -1);
	ck_assert_int_eq(n, CONF_MAX_ERRORS + 1);
	ck_assert_ptr_nonnull(strstr(err, "F:20:1: error: there are more errors; these are the first 20 found\n"));
	free(err);
}
END_TEST

/* ---- the struct ---- */

START_TEST(defaults)
{
	static const char ha[] = HA_HEAD, mn[] = MN_HEAD LINK "}";
	struct in6_addr any = IN6ADDR_LOOPBACK_INIT;
	struct conf c;
	char *err;
	int rc;

	err = errors_of(ha, sizeof(ha) - 1, -1, &rc, &c);
	ck_assert_int_eq(rc, 0);
	ck_assert_str_eq(c.file, "F");
	ck_assert_int_eq(c.role, ROLE_HA);
	ck_assert_int_eq(c.debug_level, 0);
	ck_assert_ptr_null(c.debug_log_file);
	ck_assert(!c.use_mn_ha_ipsec);
	ck_assert_uint_eq(c.ha_max_binding_life, 262140);
	ck_assert_uint_eq(c.ha_refresh_advice, 0);
	ck_assert_uint_eq(c.ha_max_bindings, 10000);
	ck_assert_uint_eq(c.default_acl, 0);
	ck_assert_uint_eq(conf_acl_status(&c, &any), 0);
	ck_assert_ptr_null(c.homes);
	ck_assert_str_eq(conf_iface(&c, "eth0")->name, "eth0");
	ck_assert_ptr_null(conf_iface(&c, "eth1"));
	conf_free(&c);
	free(err);

	err = errors_of(mn, sizeof(mn) - 1, -1, &rc, &c);
	ck_assert_int_eq(rc, 0);
	ck_assert_int_eq(c.role, ROLE_MN);
	ck_assert_uint_eq(c.mn_max_ha_binding_life, 262140);
	ck_assert_uint_eq(c.init_timeout_first_ms, 1500);
	ck_assert_uint_eq(c.init_timeout_rereg_ms, 1000);
	ck_assert(!c.optimistic_handoff);
	ck_assert_str_eq(c.homes->ifname, "eth0");
	ck_assert_int_eq(c.homes->plen, 64);
	ck_assert_int_eq(c.homes->line, 3);
	ck_assert_ptr_nonnull(conf_iface(&c, "eth0")); /* of its MnHomeLink */
	ck_assert_int_eq(c.ifaces->type, ROLE_MN);
	conf_free(&c);
	free(err);
}
END_TEST

START_TEST(values)
{
	struct in6_addr hoa;
	struct conf c;

	ck_assert_int_eq(conf_load(SAMPLES "/ha-full.conf", -1, &c, stderr), 0);
	ck_assert_int_eq(c.debug_level, 7);
	ck_assert_str_eq(c.debug_log_file, "/var/log/mip6d.log");
	ck_assert_uint_eq(c.ha_max_binding_life, 3600);
	ck_assert_uint_eq(c.ha_refresh_advice, 600);
	ck_assert_uint_eq(c.ha_max_bindings, 250);
	ck_assert(c.ha_multicast);
	ck_assert_uint_eq(c.ha_max_groups, 500);
	ck_assert_uint_eq(c.ha_max_groups_per_binding, 8);
	ck_assert_uint_eq(c.ha_max_group_rate, 50);
	ck_assert_uint_eq(c.ha_multicast_query, 60);
	ck_assert(!c.send_mob_pfx_advs && !c.send_unsol_mob_pfx_advs);
	ck_assert_uint_eq(c.min_mob_pfx_adv, 30);
	ck_assert_uint_eq(c.max_mob_pfx_adv, 60);
	ck_assert_ptr_nonnull(conf_iface(&c, "eth1.20"));
	ck_assert_str_eq(c.ifaces->name, "br-home");
	ck_assert_uint_eq(c.n_acl, 3);
	for (int i = 0; i < 4; i++) {
		static const int want[] = { 0, 130, 129, 129 };
		char text[40];

		snprintf(text, sizeof(text), "2001:db8:a::%d", 100 + i);
		inet_pton(AF_INET6, text, &hoa);
		ck_assert_int_eq(conf_acl_status(&c, &hoa), want[i]);
	}
	conf_free(&c);

	ck_assert_int_eq(conf_load(SAMPLES "/mn-full.conf", -1, &c, stderr), 0);
	ck_assert_str_eq(c.debug_log_file, "/run/mn \xc3\xa9.log");
	ck_assert_uint_eq(c.mn_max_ha_binding_life, 120);
	ck_assert_uint_eq(c.init_timeout_first_ms, 1750);
	ck_assert_uint_eq(c.init_timeout_rereg_ms, 500);
	ck_assert(c.optimistic_handoff && !c.send_mob_pfx_sols && !c.mn_multicast);
	inet_pton(AF_INET6, "2001:db8:a::100", &hoa);
	ck_assert_mem_eq(&c.homes->hoa, &hoa, 16);
	inet_pton(AF_INET6, "2001:db8:a::1", &hoa);
	ck_assert_mem_eq(&c.homes->ha, &hoa, 16);
	conf_free(&c);
}
END_TEST

START_TEST(print_is_complete)
{
	struct conf c;
	char *text;

	ck_assert_int_eq(conf_load(SAMPLES "/mn-full.conf", -1, &c, stderr), 0);
	text = printed(&c);
	ck_assert_str_eq(
		text,
		"NodeConfig MN;\nDebugLevel 0;\nDebugLogFile \"/run/mn \xc3\xa9.log\";\nUseMnHaIPsec disabled;\nKeyMngMobCapability disabled;\nIPsecMigrate netlink;\n"
		"Interface \"eth0\" {\n\tIfType MN;\n\tMnIfPreference 1;\n}\nInterface \"wlan0\" {\n\tIfType MN;\n\tMnIfPreference 7;\n}\n"
		"DoRouteOptimizationCN disabled;\nCnMaxBindings 77;\nCnMaxBindingsPerSource 512;\n"
		"MnMaxHaBindingLife 120;\nInitialBindackTimeoutFirstReg 1.75;\nInitialBindackTimeoutReReg 0.5;\n"
		"MnRouterProbes 3;\nMnRouterProbeTimeout 0.25;\nMnDiscardHaParamProb enabled;\n"
			   "MnMulticast disabled;\nDoRouteOptimizationMN enabled;\nUseCnBuAck enabled;\nMnMaxCnBindingLife 300;\nMnUseAllInterfaces enabled;\nMobRtrUseExplicitMode enabled;\nOptimisticHandoff enabled;\nSendMobPfxSols disabled;\n"
		"MnHomeLink \"eth0\" {\n\tHomeAgentAddress 2001:db8:a::1;\n\tIsMobRtr disabled;\n\tHomeAddress 2001:db8:a::100/64;\n"
		"\tUseAltCoa disabled;\n"
			   "\tMnRoPolicy disabled;\n\tMnRoPolicy 2001:db8:c::1 enabled;\n}\n");
	free(text);
	conf_free(&c);
}
END_TEST

START_TEST(ro_policy)
{
	static const struct {
		const char *top, *policies;
		bool named, other; /* wanted with 2001:db8:c::1, and with 2001:db8:c::2 */
	} cases[] = {
		{ "", "", true, true },
		{ "", "MnRoPolicy disabled;", false, false },
		{ "", "MnRoPolicy disabled; MnRoPolicy 2001:db8:c::1 enabled;", true, false },
		{ "", "MnRoPolicy 2001:db8:c::1 disabled;", false, true },
		{ "DoRouteOptimizationMN disabled;", "MnRoPolicy 2001:db8:c::1 enabled; MnRoPolicy enabled;", false, false },
	};
	struct in6_addr named, other;
	char text[512], *err;
	struct conf c;
	int rc;

	inet_pton(AF_INET6, "2001:db8:c::1", &named);
	inet_pton(AF_INET6, "2001:db8:c::2", &other);
	snprintf(text, sizeof(text),
		 "NodeConfig MN; UseMnHaIPsec disabled; %s MnHomeLink \"eth0\" { HomeAgentAddress 2001:db8::1; HomeAddress 2001:db8::2/64; %s }",
		 cases[_i].top, cases[_i].policies);
	err = errors_of(text, strlen(text), -1, &rc, &c);
	ck_assert_msg(!rc, "%s", err);
	ck_assert(conf_ro_wanted(&c, c.homes, &named) == cases[_i].named);
	ck_assert(conf_ro_wanted(&c, c.homes, &other) == cases[_i].other);
	conf_free(&c);
	free(err);
}
END_TEST

/* ---- files ---- */

/* A sample's "#! " lines are what reading it writes, without the file's name. */
static void sample(const char *dir, const char *name)
{
	char path[512], text[16384], want[16384] = "";
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "r");
	ck_assert_msg(f, "%s", path);
	n = fread(text, 1, sizeof(text) - 1, f);
	ck_assert(feof(f));
	fclose(f);
	text[n] = '\0';
	for (const char *s = text; (s = strstr(s, "\n#! ")); s++) {
		strncat(want, s + 4, strcspn(s + 4, "\n"));
		strcat(want, "\n");
	}
	expect(text, n, -1, want);
}

static int samples(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	int n = 0;

	ck_assert_msg(d, "%s", dir);
	while ((e = readdir(d))) {
		size_t len = strlen(e->d_name);

		if (len < 5 || strcmp(e->d_name + len - 5, ".conf"))
			continue;
		sample(dir, e->d_name);
		n++;
	}
	closedir(d);
	return n;
}

START_TEST(sample_files)
{
	ck_assert_int_ge(samples(SAMPLES), 9);
	ck_assert_int_ge(samples(EXAMPLES), 2);
}
END_TEST

static void load_error(const char *file, int rc, const char *want)
{
	char *out = NULL;
	size_t size;
	FILE *err = open_memstream(&out, &size);
	struct conf c;

	ck_assert_int_eq(conf_load(file, -1, &c, err), rc);
	fclose(err);
	ck_assert_str_eq(out, want);
	conf_free(&c);
	free(out);
}

START_TEST(unreadable_files)
{
	char name[] = "/tmp/test_conf.XXXXXX", want[128];
	int fd = mkstemp(name);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ftruncate(fd, CONF_MAX_SIZE + 1), 0);
	snprintf(want, sizeof(want), "%s:1:1: error: the configuration is longer than 1048576 bytes\n", name);
	load_error(name, -1, want);
	close(fd);
	unlink(name);
	load_error("/nonexistent/mip6d.conf", -ENOENT,
		   "/nonexistent/mip6d.conf: error: cannot read the configuration: No such file or directory\n");
	load_error("/", -EISDIR, "/: error: cannot read the configuration: Is a directory\n");
}
END_TEST

/* A file of the greatest size, and every way of being long, takes no time to speak of. */
START_TEST(large_files)
{
	static const char *const unit[] = {
		"5 ", ";",  "DebugLevel 1;", "Interface \"e\" {", "{", "}", "(", "2001::1/64,", "x", "\"", "UseAltCoa",
		"#",  "\n",
	};
	char *text = malloc(CONF_MAX_SIZE + 1), *err;
	size_t len = 0, n = strlen(unit[_i]);
	struct conf c;
	int rc;

	for (len = 0; len + n <= CONF_MAX_SIZE; len += n)
		memcpy(text + len, unit[_i], n);
	err = errors_of(text, len, -1, &rc, &c);
	ck_assert_int_eq(rc, -1);
	ck_assert_uint_lt(strlen(err), 10000);
	free(err);
	free(text);
}
END_TEST

START_TEST(long_access_list)
{
	char *text = NULL, *err;
	struct in6_addr hoa;
	struct conf c;
	size_t size;
	int rc;
	FILE *f = open_memstream(&text, &size);

	fputs(HA_HEAD "DefaultBindingAclPolicy deny;\n", f);
	for (int i = 0; i < 20000; i++)
		fprintf(f, "BindingAclPolicy 2001:db8::%x %d;\n", 1 + (i * 7919) % 20000,
			130 + (i * 7919) % 20000 % 100);
	fclose(f);
	err = errors_of(text, size, -1, &rc, &c);
	ck_assert_msg(!rc, "%s", err);
	for (int i = 0; i < 20000; i += 13) {
		char a[40];

		snprintf(a, sizeof(a), "2001:db8::%x", 1 + i);
		inet_pton(AF_INET6, a, &hoa);
		ck_assert_int_eq(conf_acl_status(&c, &hoa), 130 + i % 100);
	}
	inet_pton(AF_INET6, "2001:db8::f:1", &hoa);
	ck_assert_int_eq(conf_acl_status(&c, &hoa), 129);
	round_trip(&c);
	conf_free(&c);
	free(err);
	free(text);
}
END_TEST

/* ---- token soup ---- */

static uint32_t state = 1;

static uint32_t rnd(uint32_t n)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state % n;
}

static const char *const soup[] = {
	";",	    ";",	";",	       "{",	      "}",	 "(",	     ")",
	",",	    "/",	"\n",	       "\"",	      "#",	 "=",	     "HA",
	"MN",	    "CN",	"allow",       "deny",	      "enabled", "disabled", "0",
	"1",	    "5",	"64",	       "130",	      "262140",	 "1.5",	     "99999999999999999999",
	"\"eth0\"", "\"eth1\"", "2001:db8::1", "2001:db8::2", "fe80::1", "::",	     "word",
	"-1",
};

/* Never more than an error, each with a place; what is accepted is printed and read again as the same. */
static bool soup_holds(const char *text)
{
	struct conf c;
	int rc, role = (int)rnd(4) - 1;
	char *err = errors_of(text, strlen(text), role, &rc, &c);

	ck_assert(rc == 0 || rc == -1);
	ck_assert_msg((rc == 0) == (*err == '\0'), "%d: %s\n%s", rc, err, text);
	for (char *line = err, *end; *line; line = end + 1) {
		int l, col, n = 0;

		end = strchr(line, '\n');
		ck_assert_ptr_nonnull(end);
		ck_assert_msg(sscanf(line, "F:%d:%d: error: %n", &l, &col, &n) == 2 && n && l > 0 && col > 0, "%s",
			      line);
		for (const char *s = line; s < end; s++)
			ck_assert(*s >= 0x20 && *s < 0x7f);
	}
	if (!rc)
		round_trip(&c);
	conf_free(&c);
	free(err);
	return !rc;
}

START_TEST(random_tokens)
{
	state = (uint32_t)_i + 1;
	for (int round = 0; round < 500; round++) {
		char text[4096] = "";

		for (uint32_t n = rnd(60); n; n--) {
			strcat(text, rnd(3) ? soup[rnd(sizeof(soup) / sizeof(*soup))] :
					      conf_keywords[rnd(CONF_N_KEYWORDS)].name);
			strcat(text, rnd(8) ? " " : "");
		}
		soup_holds(text);
	}
}
END_TEST

/* A right file with a few tokens changed: many stay right. */
START_TEST(random_changes)
{
	static const char *const right[] = {
		"NodeConfig HA ; UseMnHaIPsec disabled ; Interface \"eth0\" { IfType HA ; } HaMaxBindingLife 60 ; HaMaxBindings 5 ; "
		"DefaultBindingAclPolicy deny ; BindingAclPolicy 2001:db8::5 allow ; SendMobPfxAdvs disabled ; HaAcceptMobRtr enabled ; "
		"HaServedPrefix 2001:db8:a:: / 48 ; BindingAclPolicy 2001:db8::6 ( 2001:db8:a:: / 64 , 2001:db8:a:1:: / 64 ) allow ;",
		"NodeConfig MN ; UseMnHaIPsec disabled ; MnHomeLink \"eth0\" { HomeAgentAddress 2001:db8::1 ; HomeAddress 2001:db8::2 / 64 "
		"( 2001:db8:a:: / 64 ) ; IsMobRtr enabled ; } MobRtrUseExplicitMode disabled ; OptimisticHandoff enabled ; InitialBindackTimeoutReReg 1.5 ; Interface \"eth0\" { MnIfPreference 1 ; }",
	};
	int accepted = 0;

	state = (uint32_t)_i + 1;
	for (int round = 0; round < 500; round++) {
		char copy[1024], text[4096] = "", *save = NULL;

		strcpy(copy, right[rnd(2)]);
		for (char *t = strtok_r(copy, " ", &save); t; t = strtok_r(NULL, " ", &save)) {
			uint32_t what = rnd(120);

			if (what == 0)
				continue;
			if (what == 1)
				t = (char *)soup[rnd(sizeof(soup) / sizeof(*soup))];
			strcat(strcat(text, t), " ");
			if (what == 2)
				strcat(strcat(text, t), " ");
		}
		accepted += soup_holds(text);
	}
	ck_assert_int_gt(accepted, 25);
}
END_TEST

/* ---- include ---- */

static char dir[] = "/tmp/mip6-conf-XXXXXX";

static void file(const char *name, const char *text)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

/* The errors of main.conf, without the folder's name. */
static char *load_main(struct conf *c)
{
	char *out = NULL, path[64], *at;
	size_t size, len = strlen(dir) + 1;
	FILE *err = open_memstream(&out, &size);

	snprintf(path, sizeof(path), "%s/main.conf", dir);
	conf_load(path, -1, c, err);
	fclose(err);
	while ((at = strstr(out, dir)))
		memmove(at, at + len, strlen(at + len) + 1);
	return out;
}

static void expect_errors(const char *expected)
{
	struct conf c;
	char *err = load_main(&c);

	ck_assert_str_eq(err, expected);
	free(err);
	conf_free(&c);
}

START_TEST(included)
{
	const char *names[] = { "main.conf", "a.conf", "sub/b.conf", "sub/c.conf", "long.conf" };
	char path[64], text[64];
	struct in6_addr denied;
	struct conf c;
	char *err;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/sub", dir);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	file("main.conf", "include \"a.conf\";\nInterface \"eth0\";\ninclude \"sub/b.conf\";\nUseMnHaIPsec disabled;\n");
	file("a.conf", "NodeConfig HA;");
	file("sub/b.conf", "\nDebugLevel 3; include \"c.conf\"; HaMaxBindings 7;\n");
	file("sub/c.conf", "# nothing but this\nBindingAclPolicy 2001:db8::1 deny;");
	err = load_main(&c);
	ck_assert_str_eq(err, "");
	free(err);
	inet_pton(AF_INET6, "2001:db8::1", &denied);
	ck_assert_int_eq(c.role, ROLE_HA);
	ck_assert_int_eq(c.debug_level, 3);
	ck_assert_uint_eq(c.ha_max_bindings, 7);
	ck_assert_uint_eq(conf_acl_status(&c, &denied), 129);
	ck_assert_int_eq(CONF_LINE(c.ifaces->line), 2);
	ck_assert_str_eq(conf_file(&c, c.ifaces->line) + strlen(dir), "/main.conf");
	ck_assert_str_eq(conf_file(&c, c.acl->line) + strlen(dir), "/sub/c.conf");
	conf_free(&c);

	/* errors say which file, in the files' order; one that refers to another file names it */
	file("sub/c.conf", "\nHaMaxBindingLife many;\n  NodeConfig MN;\n}");
	expect_errors("sub/c.conf:2:18: error: HaMaxBindingLife: expected a number from 4 to 262140, found 'many'\n"
		      "sub/c.conf:3:3: error: NodeConfig is already in line 1 of a.conf\n"
		      "sub/c.conf:4:1: error: there is no '{' for this '}'\n");
	file("sub/c.conf", "Interface \"eth1\" {");
	expect_errors("sub/c.conf:1:19: error: expected '}' before end of file: the '{' in line 1 is still open\n");
	file("sub/c.conf", "include \"../main.conf\";");
	expect_errors("sub/c.conf:1:9: error: include: \"sub/../main.conf\" includes itself\n");
	file("sub/c.conf", "include \"c.conf\";");
	expect_errors("sub/c.conf:1:9: error: include: \"sub/c.conf\" includes itself\n");
	file("sub/c.conf", "include \"none\"; include \"\"; include \"/dev/zero\"; include \"/tmp\";");
	expect_errors("sub/c.conf:1:9: error: include: cannot read \"sub/none\": No such file or directory\n"
		      "sub/c.conf:1:25: error: include: expected one file name in double quotes\n"
		      "sub/c.conf:1:37: error: include: cannot read \"/dev/zero\": it is not a regular file\n"
		      "sub/c.conf:1:58: error: include: cannot read \"/tmp\": Is a directory\n");
	/* what is missing is missing in the first file */
	file("sub/c.conf", "");
	file("a.conf", "");
	expect_errors("main.conf:5:1: error: NodeConfig is missing: add 'NodeConfig HA;', 'NodeConfig MN;' or 'NodeConfig CN;'\n");

	/* a chain of files, up to the limit */
	for (int i = 1; i <= CONF_MAX_DEPTH + 1; i++) {
		snprintf(path, sizeof(path), "deep%d", i);
		snprintf(text, sizeof(text), "include \"deep%d\";", i + 1);
		file(path, i == CONF_MAX_DEPTH ? "NodeConfig HA;" : text);
	}
	file("main.conf", "include \"deep1\"; Interface \"eth0\"; UseMnHaIPsec disabled;");
	expect_errors("");
	snprintf(path, sizeof(path), "deep%d", CONF_MAX_DEPTH);
	snprintf(text, sizeof(text), "include \"deep%d\";", CONF_MAX_DEPTH + 1);
	file(path, text);
	err = load_main(&c);
	ck_assert_ptr_nonnull(strstr(err, "deep8:1:9: error: include: more than 8 files inside each other\n"));
	free(err);
	for (int i = 1; i <= CONF_MAX_DEPTH + 1; i++) {
		snprintf(path, sizeof(path), "%s/deep%d", dir, i);
		unlink(path);
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		unlink(path);
	}
	snprintf(path, sizeof(path), "%s/sub", dir);
	rmdir(path);
	ck_assert_int_eq(rmdir(dir), 0);
}
END_TEST

SUITE("conf", .timeout = 60,
	.tests = {
		{ line_alone, sizeof(lines) / sizeof(*lines) },
		{ every_keyword_has_a_line },
		{ home_addresses, sizeof(homes) / sizeof(*homes) },
		{ shape, sizeof(shapes) / sizeof(*shapes) },
		{ nul_bytes },
		{ role_from_command_line },
		{ error_limit },
		{ defaults },
		{ values },
		{ print_is_complete },
		{ ro_policy, 5 },
		{ included },
		{ sample_files },
		{ unreadable_files },
		{ large_files, 13 },
		{ long_access_list },
		{ random_tokens, 4 },
		{ random_changes, 4 },
	})
