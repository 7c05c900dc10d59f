/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For the files of kern that speak XFRM only: selectors, templates and policies of both kinds, those of route
 * optimization (xfrm.c, ptype sub) and those of IPsec (ipsec.c, ptype main).
 */
#ifndef KERN_XFRM_MSG_H
#define KERN_XFRM_MSG_H

#include <linux/xfrm.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "kern/msg.h"

/* No limit of bytes, packets or time. */
extern const struct xfrm_lifetime_cfg kern_forever;

struct kern_selector {
	const struct in6_addr *src, *dst;
	uint8_t src_len, dst_len;
	uint8_t proto; /* 0: any */
	int type; /* -1: any; of IPPROTO_MH or IPPROTO_ICMPV6, ignored with other protocols */
	int ifindex; /* 0: any */
};

static inline void kern_put_xfrm_ip(xfrm_address_t *to, const struct in6_addr *from)
{
	memcpy(to, from, sizeof(*from));
}

static inline void kern_get_xfrm_ip(struct in6_addr *to, const xfrm_address_t *from)
{
	memcpy(to, from, sizeof(*to));
}

bool kern_has_type(const struct kern_selector *s);
void kern_put_selector(struct xfrm_selector *to, const struct kern_selector *s);
/* Without limits, shared by all. */
void kern_put_policy(struct xfrm_userpolicy_info *to, const struct kern_selector *s, int dir, uint32_t priority,
		     bool block);
/* Required, any algorithm. */
void kern_put_template(struct xfrm_user_tmpl *to, const struct in6_addr *src, const struct in6_addr *dst, uint8_t proto,
		       uint8_t mode);
/* Main or sub: what a dump or a notification says of a policy. */
uint8_t kern_get_policy_type(struct nlattr *attr);

/* kern_batch_add() of a message about a policy, named by its selector. */
void kern_policy_add(struct kern_batch *b, struct nl_msg *m, unsigned int forgive, const char *what, int dir,
		     const struct kern_selector *s);
/* The same name by itself, in a buffer that the next call uses again: "add out 2001:db8::1/128 -> ::/0 proto mh type 1". */
const char *kern_policy_name(const char *what, int dir, const struct kern_selector *s);

#endif
