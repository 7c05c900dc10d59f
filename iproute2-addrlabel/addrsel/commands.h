/* SPDX-License-Identifier: GPL-2.0-or-later */
/* addrselctl's commands. Each returns the exit status: 0, 1 (it could not be done; check: something differs), 2 (usage). */
#ifndef ADDRSEL_COMMANDS_H
#define ADDRSEL_COMMANDS_H

#include "apply.h"

int cmd_show(struct options *o, int argc, char **argv);
int cmd_export(struct options *o, int argc, char **argv);
int cmd_add(struct options *o, int argc, char **argv);
int cmd_replace(struct options *o, int argc, char **argv);
int cmd_delete(struct options *o, int argc, char **argv);
int cmd_flush(struct options *o, int argc, char **argv);
int cmd_install(struct options *o, int argc, char **argv);
int cmd_defaults(struct options *o, int argc, char **argv);
int cmd_apply(struct options *o, int argc, char **argv);
int cmd_check(struct options *o, int argc, char **argv);
int cmd_explain(struct options *o, int argc, char **argv);
int cmd_watch(struct options *o, int argc, char **argv);
int cmd_dhcp6(struct options *o, int argc, char **argv);

/* The lock of state.h, or -1 after saying why not. Held until the process ends. */
int take_lock(const struct options *o);
/* effective_load(), with what went wrong said. 0 or -1. */
int load_effective(const struct options *o, const char *file, struct effective *e);
/*
 * What the flags of DHCPv6 policies ask for, or no longer ask for: use_tempaddr of their interfaces. With the lock. What
 * cannot be done is said.
 */
void follow_dhcp6(const struct options *o, struct effective *e);
/* Its label as a name or a number, in text, which is returned. */
const char *label_text(const struct policy *names, uint32_t label, char text[POLICY_NAME_MAX + 1]);

#endif
