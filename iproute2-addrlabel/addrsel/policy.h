/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The policy: RFC 6724's policy table, and what the administrator says about tables from elsewhere. Pure: no I/O but the
 * FILE given.
 */
#ifndef ADDRSEL_POLICY_H
#define ADDRSEL_POLICY_H

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "prefixes.h"

#define POLICY_NAME_MAX	 15 /* letters of a label's name, as Solaris has it */
#define POLICY_VALUE_MAX 0x7fffffffu /* of a label or a precedence: glibc reads no larger one */
#define POLICY_ROWS_MAX	 65536u /* net.ipv6.addrlabel_max's default */
#define POLICY_FILE_MAX	 (8u << 20) /* bytes */
#define POLICY_DEVS_MAX	 16 /* interfaces of a dhcp6 line */

/* A row's place of origin, for those who look at a table */
enum policy_origin { FROM_FILE, FROM_DHCP6, FROM_ADDRESS, FROM_DEFAULT };

struct policy_row {
	struct in6_addr prefix; /* no bits behind len */
	uint8_t len; /* 0..128 */
	uint32_t precedence, label; /* 0..POLICY_VALUE_MAX */
	char name[POLICY_NAME_MAX + 1]; /* the label's, if it has one; "" */
	char dev[IFNAMSIZ]; /* "": any interface */
	enum policy_origin origin;
	unsigned int line; /* in the file; 0: none */
};

/* What becomes of a table that DHCPv6 brings (RFC 7078) */
enum policy_dhcp6 {
	DHCP6_IGNORE, /* kept, not used */
	DHCP6_ADD, /* its rows come to the file's; of the same prefix the file's stays */
	DHCP6_REPLACE, /* its rows instead of the file's */
};

struct policy {
	struct policy_row *row;
	size_t n, cap;
	bool automatic; /* rows are made of the host's unique local addresses (RFC 6724 2.1) */
	enum policy_dhcp6 dhcp6;
	char dhcp6_dev[POLICY_DEVS_MAX][IFNAMSIZ]; /* the preferred first; none: any, by name */
	size_t n_dhcp6_dev;
};

/* The default tables */
enum policy_default { DEFAULT_RFC6724, DEFAULT_LINUX };
int policy_add_default(struct policy *p, enum policy_default which);

/*
 * Adds a copy of the row. 0; -EEXIST: prefix and interface are there (*at, if given, says where); -ENOSPC:
 * POLICY_ROWS_MAX; -ENOMEM. The order of rows is that of adding.
 */
int policy_add(struct policy *p, const struct policy_row *row, size_t *at);
/* The same for who knows that prefix and interface are not there: it does not look. */
int policy_append(struct policy *p, const struct policy_row *row);
/* The row with this prefix and interface ("": any), or NULL. */
struct policy_row *policy_find(const struct policy *p, const struct in6_addr *prefix, unsigned int len,
			       const char *dev);
void policy_remove(struct policy *p, struct policy_row *row);
void policy_free(struct policy *p);
/* By prefix length, the longest first. */
void policy_sort(struct policy *p);
/*
 * Without a row for ::/0, glibc puts one with precedence 40 and label 1 into its own tables, and the kernel has no label
 * for the rest. So that the two agree, it gets this row. Returns whether it was missing, or -ENOMEM.
 */
int policy_complete(struct policy *p);

/*
 * A label's word: a number, or a name of up to POLICY_NAME_MAX letters, digits, "_", "-" and "." that begins with a
 * letter. A name becomes a number from 0x40000000 on that depends on nothing but the name. NULL, or what is wrong.
 */
const char *policy_read_label(const char *word, struct policy_row *row);
/* "2001:db8::/32" into the row. NULL, or what is wrong. */
const char *policy_read_prefix(const char *word, struct policy_row *row);
/* The rows whose labels have the same number are to have the same name or none. NULL, or the first that has not. */
const struct policy_row *policy_label_clash(const struct policy *p, const struct policy_row **other);
/* The name of a label's number in this policy, or NULL. */
const char *policy_label_name(const struct policy *p, uint32_t label);

/* ---- policy_file.c ---- */

/*
 * Reads a policy of this text. 0 or -1 after a line "NAME:LINE:COLUMN: error: ..." for each error (at most 20) to err.
 * The policy is empty after an error.
 */
int policy_parse(const char *name, const char *text, size_t len, struct policy *p, FILE *err);
/* The same of a file. 0, -1 (said why), -ENOENT (said nothing). */
int policy_load(const char *path, struct policy *p, FILE *err);
/* Writes it as a file that reads the same. */
void policy_print(const struct policy *p, FILE *out);

#endif
