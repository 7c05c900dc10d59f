/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The policy in effect: the file's rows (RFC 6724's default ones without any), the table of the DHCPv6 policy that the
 * file lets in, and automatic rows; and what of it kernel and glibc can hold.
 */
#ifndef ADDRSEL_EFFECTIVE_H
#define ADDRSEL_EFFECTIVE_H

#include "dhcp6_option.h"
#include "policy.h"
#include "state.h"

/* What becomes of an interface's DHCPv6 policy */
enum dhcp6_fate {
	FATE_USED, /* its table is in effect; or it has flags only, and they are */
	FATE_IGNORED, /* the file lets none in */
	FATE_NOT_NAMED, /* the file names other interfaces */
	FATE_LOST, /* another interface's table is used, and differs */
	FATE_SAME, /* another interface's table is used, and is the same */
	FATE_EXPIRED,
	FATE_BROKEN, /* what is kept of it cannot be read */
	FATE_NONE, /* the server has none */
	FATE_NO_INTERFACE,
};

struct dhcp6_policy {
	struct state_policy state;
	struct dhcp6_addrsel option;
	enum dhcp6_fate fate;
};

struct effective {
	struct policy policy; /* sorted; with a row for ::/0; the statements are the file's */
	bool no_file; /* there is none: the default table */
	bool implied_any; /* nothing named ::/0, and a row was added */
	const char
		*no_automatic; /* the interface whose policy forbids automatic rows, though the file wants them; NULL */
	struct dhcp6_policy *dhcp6;
	int n_dhcp6;
	const char *winner; /* the interface whose table is used; NULL: none */
};

/* Errors of the file go to err. 0, -1 (said why), or -errno. */
int effective_load(const char *file, const char *state_dir, struct effective *e, FILE *err);
void effective_free(struct effective *e);

/*
 * The kernel's part, sorted: no mapped prefixes longer than 96, which it refuses, and rows of interfaces that exist.
 * *absent (may be NULL): how many rows were left out for an interface that does not. 0 or -ENOMEM.
 */
int effective_labels(const struct policy *p, struct prefixes *out, unsigned int *absent);
/* glibc's part, in its order: no rows of interfaces. labels: the kernel's, to be followed; NULL: the policy's. 0 or -ENOMEM. */
int effective_gaiconf(const struct policy *p, const struct prefixes *labels, struct prefixes *label,
		      struct prefixes *precedence);
/* Only glibc takes this row. */
bool row_is_libc_only(const struct policy_row *r);

#endif
