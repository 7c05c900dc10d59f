/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mip6d.conf: UMIP's language, read into validated structs. The parser knows every keyword of UMIP; one that is gone
 * for good is an error that says what to do instead. The daemon never sees a half-valid configuration.
 */
#ifndef CONF_CONF_H
#define CONF_CONF_H

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum conf_role { ROLE_CN, ROLE_HA, ROLE_MN };

struct conf_prefix {
	struct in6_addr addr; /* nothing behind the length */
	uint8_t len;
	int line, col;
};

/* Mobile network prefixes (RFC 3963) of one mobile router: what stands in parentheses. As many as an update carries. */
#define CONF_MAX_MNPS 8

struct conf_mnps {
	unsigned int n;
	struct conf_prefix *at; /* NULL: none */
};

/* Interface "eth0" { IfType HA|MN|CN; MnIfPreference 1; } */
struct conf_iface {
	struct conf_iface *next;
	char name[IFNAMSIZ];
	int line;
	enum conf_role type;	     /* NodeConfig's if not given */
	uint32_t mn_preference;	     /* MnIfPreference, of a mobile node: 1, the best and default, to 10; 0: not used */
};

/* BindingAclPolicy HoA (MNPs) allow|deny|number; numbers are BA statuses >= 128, allow is 0, deny is 129 */
struct conf_acl {
	struct conf_acl *next;
	struct in6_addr hoa;
	uint8_t status;
	struct conf_mnps mnps; /* only this one may have them, and in implicit mode has them */
	int line, col;
};

/* HaServedPrefix: mobile network prefixes come out of these */
struct conf_served {
	struct conf_served *next;
	struct conf_prefix prefix;
};

/* IPsecPolicy TYPE ...: what of the traffic between a mobile node and its home agent, by RFC 4877 section 3 */
enum conf_ipsec_type {
	IPSEC_HOME_REG_BINDING,	   /* Binding Updates and Acknowledgements; transport mode, as the next four */
	IPSEC_MH,		   /* all Mobility Header messages */
	IPSEC_MOB_PFX_DISC,	   /* Mobile Prefix Solicitations and Advertisements */
	IPSEC_ICMP,		   /* all of ICMPv6, Neighbour Discovery excepted */
	IPSEC_ANY,		   /* everything, with the same exception */
	IPSEC_TUNNEL_HOME_TESTING, /* HoTI and HoT through the home agent; tunnel mode, as the next two */
	IPSEC_TUNNEL_MH,	   /* Mobility Header messages through the home agent */
	IPSEC_TUNNEL_PAYLOAD,	   /* everything through the home agent */
	IPSEC_TYPES
};

struct conf_ipsec_policy {
	int line;	   /* 0: there is none of this type */
	bool block;	   /* this traffic is refused, instead of protected */
	uint32_t reqid[2]; /* of what the mobile node sends, of what the home agent sends; 0: any */
};

/* IPsecPolicySet { HomeAgentAddress; HomeAddress ...; IPsecPolicy ...; } */
struct conf_ipsec_set {
	struct conf_ipsec_set *next;
	struct in6_addr ha;
	unsigned int n_homes;
	struct conf_prefix *homes; /* whole home addresses, with their lengths */
	struct conf_ipsec_policy policy[IPSEC_TYPES];
	int line, col;
};

struct conf_ipsec_home {
	struct in6_addr hoa; /* first: addr_find() */
	const struct conf_ipsec_set *set;
};

/* MnRoPolicy [PEER] enabled|disabled; without an address (::) for all that have no line of their own */
struct conf_ro_policy {
	struct conf_ro_policy *next;
	struct in6_addr peer;
	bool enabled;
	int line;
};

/* Home addresses of one mobile node: half of what mn/ has room for, so that each can have a successor when its home link is renumbered. */
#define CONF_MAX_HOMES 8

/* HomeAddress, with what its MnHomeLink "eth0" { ... } says of all that it has */
struct conf_home {
	struct conf_home *next;
	char ifname[IFNAMSIZ];
	int line, col;		     /* of MnHomeLink */
	int hoa_line, hoa_col;
	struct in6_addr hoa;
	uint8_t plen;		     /* of the home prefix: HomePrefix's, or HomeAddress's without that */
	struct in6_addr ha;	     /* HomeAgentAddress; ::, it is to be found by discovery */
	bool alt_coa;		     /* UseAltCoa: updates name the care-of address in an option; default enabled */
	bool mobile_router;	     /* IsMobRtr, default disabled */
	struct conf_mnps mnps;	     /* ours; there are some if we are a mobile router, and only then */
	struct conf_ro_policy *ro_policies;
};

/* A line of the configuration has its file's number in the upper bits. */
#define CONF_LINE_BITS 21
#define CONF_LINE(line) ((line) & ((1 << CONF_LINE_BITS) - 1))

#define CONF_BINDING_CACHE_FILE "/var/lib/mip6d/bindings.db"

struct conf {
	const char *file;
	char **files;		     /* that were read: file, and those that it includes; conf_file() finds one */
	int n_files;
	enum conf_role role;
	int debug_level;	     /* DebugLevel 0..10 */
	char *debug_log_file;	     /* NULL: stderr */
	struct conf_iface *ifaces;   /* a mobile node: always the one of its MnHomeLink, too */

	char *hook_program;	     /* HookProgram (ours): an absolute path; NULL: none */
	bool use_mn_ha_ipsec;	     /* UseMnHaIPsec, default enabled: home registrations without IPsec are refused */
	bool key_mng_mob;	     /* KeyMngMobCapability, default disabled: the key manager's own associations move with the care-of address */
	bool ipsec_pf_key;	     /* IPsecMigrate pf_key (ours), default netlink: by which interface MIGRATE is asked for */
	struct conf_ipsec_set *ipsec;
	struct conf_ipsec_home *ipsec_index; /* sorted, for conf_ipsec_find(); each home address once */
	size_t n_ipsec_homes;

	/* correspondent node, a part of every role */
	bool ro_cn;		     /* DoRouteOptimizationCN, default enabled */
	uint32_t cn_max_bindings;    /* CnMaxBindings (ours), default 10000 */
	uint32_t cn_max_bindings_per_source; /* CnMaxBindingsPerSource (ours): of one /64 of care-of addresses, default 512 */

	/* home agent */
	uint32_t ha_max_binding_life; /* seconds, HaMaxBindingLife, default and most 262140 */
	uint8_t default_acl;	     /* DefaultBindingAclPolicy as a status: 0 allows */
	struct conf_acl *acl;
	struct conf_acl **acl_index; /* sorted, for conf_acl_status() */
	size_t n_acl;
	uint32_t ha_refresh_advice;  /* seconds the home agent advises, 0 none: HaBindingRefreshAdvice (ours) */
	uint32_t ha_max_bindings;    /* HaMaxBindings (ours), default 10000 */
	bool ha_accept_routers;	     /* HaAcceptMobRtr, default disabled */
	struct conf_served *served;  /* HaServedPrefix; NULL: any */
	bool ha_keep;		     /* NonVolatileBindingCache, default disabled */
	char *binding_cache_file;    /* BindingCacheFile (ours): an absolute path; NULL is the default, CONF_BINDING_CACHE_FILE */

	bool ha_multicast;	     /* HaMulticast (ours): groups of the home link reach mobile nodes; default disabled */
	uint32_t ha_max_groups;	     /* HaMaxGroups (ours): memberships of all mobile nodes, default 10000 */
	uint32_t ha_max_groups_per_binding; /* HaMaxGroupsPerBinding (ours), default 32 */
	uint32_t ha_max_group_rate;  /* new memberships a second of all mobile nodes, HaMaxGroupRate (ours), default 500 */
	uint32_t ha_multicast_query; /* seconds, HaMulticastQueryInterval (ours), default 125 */

	bool send_mob_pfx_advs;	     /* SendMobPfxAdvs: answer Mobile Prefix Solicitations; default enabled */
	bool send_unsol_mob_pfx_advs; /* SendUnsolMobPfxAdvs: and tell of changes by ourselves; default enabled */
	uint32_t min_mob_pfx_adv, max_mob_pfx_adv; /* seconds, Min- and MaxMobPfxAdvInterval, default 600 and 86400; max >= min */

	/* mobile node */
	struct conf_home *homes;	 /* in the file's order; the first is what the mobile node is known by */
	uint32_t mn_max_ha_binding_life; /* seconds, default 262140 */
	uint32_t init_timeout_first_ms;	 /* InitialBindackTimeoutFirstReg, seconds in the file, default 1500 */
	uint32_t init_timeout_rereg_ms;	 /* InitialBindackTimeoutReReg, default 1000 */
	bool ro_mn;			 /* DoRouteOptimizationMN, default enabled; conf_ro_wanted() says it for a peer */
	bool cn_bu_ack;			 /* UseCnBuAck: ask correspondents for acknowledgements; default disabled */
	uint32_t mn_max_cn_binding_life; /* seconds, MnMaxCnBindingLife, default and most 420 */
	bool send_mob_pfx_sols;		 /* SendMobPfxSols: ask for the home link's prefixes; default enabled */
	uint32_t mn_router_probes;	 /* MnRouterProbes; 0, the default: as mip6d sees fit */
	uint32_t mn_router_probe_ms;	 /* MnRouterProbeTimeout, seconds in the file; 0, the default: as mip6d sees fit */
	bool mn_discard_ha_param_prob;	 /* MnDiscardHaParamProb, default disabled */
	bool mn_use_all_ifaces;		 /* MnUseAllInterfaces: those without an Interface line, too, and those that come later */
	bool mn_multicast;		 /* MnMulticast (ours): memberships follow us through the tunnel; default enabled */
	bool mr_explicit;		 /* MobRtrUseExplicitMode, default enabled: updates name our prefixes */
	bool optimistic_handoff;	 /* send through the tunnel before the acknowledgement */
};

/*
 * Reads and validates. 0, or -1 with at least one line `FILE:LINE:COL: error: ...` written to err (without memory, `FILE: error: ...`),
 * or -errno if the file cannot be read (also written). role_override: -1, or enum conf_role from -C/-H/-M. On success *out owns all
 * memory.
 */
int conf_load(const char *file, int role_override, struct conf *out, FILE *err);
/* The same, and a line `FILE:LINE:COL: note: ...` to notes for each statement that means something else in UMIP; *n_notes: how many. */
int conf_load_compat(const char *file, int role_override, struct conf *out, FILE *err, FILE *notes, unsigned int *n_notes);
/* conf_load() from memory: tests and the fuzzer. name stands for the file in messages. */
int conf_parse(const char *name, const char *text, size_t len, int role_override, struct conf *out, FILE *err);
void conf_free(struct conf *c);
/* The file of a line, as it was named. */
static inline const char *conf_file(const struct conf *c, int line)
{
	return line >> CONF_LINE_BITS < c->n_files ? c->files[line >> CONF_LINE_BITS] : c->file;
}
/* All that is in effect, defaults included, in mip6d.conf's own language: reading it gives the same struct. */
void conf_print(const struct conf *c, FILE *out);
/*
 * What may change while the daemon runs goes from next into now, and what now had of it into next, which is the caller's to free as before.
 * say() hears of each keyword that differs, whether it was taken or has to wait for a restart. Returns how many wait; -1: without memory,
 * and all is as it was.
 */
int conf_reload(struct conf *now, struct conf *next, void (*say)(const char *keyword, bool taken, void *arg), void *arg);

/* Looks an interface up; NULL if not configured. */
const struct conf_iface *conf_iface(const struct conf *c, const char *name);
/* The line of the access list for a home address, or NULL. */
const struct conf_acl *conf_acl_find(const struct conf *c, const struct in6_addr *hoa);
/* The access list's answer for a home address: a BA status, 0 allows. */
uint8_t conf_acl_status(const struct conf *c, const struct in6_addr *hoa);
/* The policies for a home address, or NULL; NULL, too, with UseMnHaIPsec disabled. */
const struct conf_ipsec_set *conf_ipsec_find(const struct conf *c, const struct in6_addr *hoa);
/* "HomeRegBinding" ... */
extern const char *const conf_ipsec_type_name[IPSEC_TYPES];
static inline bool conf_ipsec_is_tunnel(enum conf_ipsec_type t)
{
	return t >= IPSEC_TUNNEL_HOME_TESTING;
}
/* Whether a mobile node wants its traffic with this peer optimized. */
bool conf_ro_wanted(const struct conf *c, const struct conf_home *h, const struct in6_addr *peer);

#endif
