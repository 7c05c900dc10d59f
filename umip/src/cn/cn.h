/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The correspondent node's part, RFC 6275 section 9: in every role unless DoRouteOptimizationCN says no. A role that has one
 * hands it every Mobility Header message first, and takes up those that it returns.
 */
#ifndef CN_CN_H
#define CN_CN_H

#include <stdbool.h>
#include <stddef.h>

#include "core/daemon.h"

struct cn;
struct ro;

/* ro is borrowed. NULL after saying on err, in one line, why not. */
struct cn *cn_open(struct daemon *d, struct ro *ro, char *err, size_t err_len);
/* Removes its bindings from the kernel (through ro) and frees. NULL is allowed. */
void cn_close(struct cn *cn);

/*
 * What a role has against route optimization between an address of ours and a home address: a status (enum
 * mh_ba_status) that refuses it, or 0. BA_REG_TYPE_CHANGE means that the home address is registered with the role, and is asked for care-of
 * addresses, too. hoa NULL: whether it has something against our address alone.
 */
typedef uint8_t (*cn_veto)(struct daemon *d, const struct in6_addr *ours, const struct in6_addr *hoa);
void cn_set_veto(struct cn *cn, cn_veto veto); /* cn NULL: nothing */

/*
 * True: the message was for a correspondent node (HoTI, CoTI, a Binding Update without H; with H too where no home
 * agent is: status 131) and is dealt with, answered or dropped. NULL is allowed, and takes nothing.
 */
bool cn_mh(struct cn *cn, const struct mh_packet *p, const struct mh_msg *m);
/* Whether a home address has a correspondent registration here: a home registration of it is status 139 (9.5.1). */
bool cn_bound(const struct cn *cn, const struct in6_addr *hoa);
/* An address of ours came or went, or notifications were lost. NULL is allowed in this and the following. */
void cn_addr_changed(struct cn *cn);
/* Rows of the binding cache for mip6ctl, after the role's own: see role_rows. */
bool cn_rows(struct cn *cn, uint64_t *at, unsigned int max, struct json_object *rows);
/* Adds nonce ages and counts to the fields of `mip6ctl status`. */
void cn_status(struct cn *cn, struct json_object *fields);

#endif
