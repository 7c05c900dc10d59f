/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IPsecPolicySet (RFC 4877) in mip6d.conf: reading sets, and what must be true of all of them and of who uses them. */
#ifndef CONF_IPSEC_H
#define CONF_IPSEC_H

#include "conf/args.h"

struct ipsec_reqid;

/* What is being read. */
struct ipsec_check {
	struct conf_ipsec_set **end; /* of the list */
	bool any;		     /* IPsecPolicySet, right or wrong */
	struct conf_loc enabled;     /* the UseMnHaIPsec statement; line 0: there is none */
	struct ipsec_reqid *reqids;  /* every one that a policy names, for ipsec_check() */
	size_t n_reqids, room;
};

/* IPsecPolicySet: a set at the end of the list, with nothing in it. */
struct conf_ipsec_set *ipsec_set_new(struct ipsec_check *ic, const struct stmt *s);
/* The statements in it. */
void ipsec_home_agent(struct args *a, struct conf_ipsec_set *set);
void ipsec_home_address(struct args *a, struct conf_ipsec_set *set);
void ipsec_policy(struct ipsec_check *ic, struct args *a, struct conf_ipsec_set *set);
/* And its '}'. has_agent: HomeAgentAddress stands there, right or wrong; has_home, has_policy likewise. */
void ipsec_set_end(struct parser *p, const struct conf_ipsec_set *set, bool has_agent, bool has_home, bool has_policy);

/* IPsecMigrate netlink|pf_key */
void ipsec_migrate(struct args *a, struct conf *c);

/* After the whole file: the index for conf_ipsec_find(), and what goes together. role -1: unknown. */
void ipsec_check(struct ipsec_check *ic, struct parser *p, int role, struct conf *c);
void ipsec_free(struct conf *c);

#endif
