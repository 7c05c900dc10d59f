/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is kept between two runs, in a folder that a boot empties: the policies that DHCPv6 brought, a file an interface,
 * and the lock that makes one run at a time the writer.
 */
#ifndef ADDRSEL_STATE_H
#define ADDRSEL_STATE_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STATE_DIR	"/run/addrselctl"
#define STATE_FILES_MAX 256 /* interfaces with a policy */

/* The folder, made if need be, and the lock, waited for. A descriptor that holds it, or -errno. */
int state_lock(const char *dir);

struct state_policy {
	char dev[IFNAMSIZ];
	uint8_t *option; /* the content of OPTION_ADDRSEL; NULL: a server was asked, and has none */
	size_t option_len;
	double expires; /* state_now(); 0: never */
	double ask_again; /* state_now(); 0: a hook brings it */
	int use_tempaddr; /* the sysctl before we changed it; -1: not changed */
};

/* Seconds since boot, suspended ones included: a lifetime goes on while the machine sleeps. */
double state_now(void);

/* Policies by name of interface; those that cannot be read are left out. Number, or -errno. */
int state_list(const char *dir, struct state_policy **list);
void state_free(struct state_policy *list, int n);
/* -ENOENT: none. */
int state_load(const char *dir, const char *dev, struct state_policy *out);
int state_save(const char *dir, const struct state_policy *s);
int state_remove(const char *dir, const char *dev);

#endif
