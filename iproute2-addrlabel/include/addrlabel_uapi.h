/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the series adds to the kernel's address label interface (linux/if_addrlabel.h, linux/rtnetlink.h), for programs
 * that are compiled with headers that do not have it. The one place in user space that knows these numbers: mainline may
 * give the group's number to something else, and then only this line and the kernel's change.
 *
 * A kernel without the series answers EINVAL to a request with IFAL_F_TABLE, EOPNOTSUPP to NLM_F_BULK, and EINVAL to
 * who wants to join the group.
 */
#ifndef ADDRLABEL_UAPI_H
#define ADDRLABEL_UAPI_H

#include <linux/if_addrlabel.h>
#include <linux/rtnetlink.h>

/* Multicast group: RTM_NEWADDRLABEL, RTM_DELADDRLABEL. One with IFAL_F_TABLE says: read the table anew. */
#define ADDRLABEL_GROUP 40

/* ifal_flags */
#define IFAL_F_TABLE 0x01 /* the message is about the whole table */

/* Attributes after IFAL_ADDRESS (1) and IFAL_LABEL (2) */
#define IFAL_ENTRY     3 /* nested, repeated: IFAL_ADDRESS, IFAL_LABEL, IFAL_PREFIXLEN, IFAL_IFINDEX; with IFAL_F_TABLE */
#define IFAL_PREFIXLEN 4 /* u8, in IFAL_ENTRY */
#define IFAL_IFINDEX   5 /* u32, in IFAL_ENTRY; absent: any interface */
#define IFAL_DEFAULTS  6 /* u32: which default table a reset restores; with IFAL_F_TABLE */

#define IFAL_DEFAULTS_SYSCTL   0 /* what net.ipv6.addrlabel_defaults says */
#define IFAL_DEFAULTS_HISTORIC 1 /* Linux's since 2.6 */
#define IFAL_DEFAULTS_RFC6724  2 /* RFC 6724 2.1 */

#endif
