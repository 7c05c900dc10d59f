/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sysctls that are set while the daemon runs and put back when it stops. The first value seen is kept in a state file
 * too, so that a start after a SIGKILL restores what the administrator had, not what the dead daemon set.
 */
#ifndef KERN_SYSCTL_H
#define KERN_SYSCTL_H

/*
 * dir holds the state file ("/run/mip6d"); it is created. 0 or -errno. Loads values that an earlier daemon did not
 * restore.
 */
int kern_sysctl_open(const char *dir);
/* "net/ipv6/conf/eth0/proxy_ndp" below /proc/sys. Remembers the old value. 0 or -errno. */
int kern_sysctl_set(const char *path, const char *value);
/* Writes it and remembers nothing: for who keeps the old value itself. 0 or -errno. */
int kern_sysctl_put(const char *path, const char *value);
/* Reads an integer; -errno if there is none. */
int kern_sysctl_get(const char *path, long *value);
/* All back, in reverse order; the state file goes. A vanished interface is no error. */
void kern_sysctl_close(void);
/* Nothing goes back: the state file is left for the next daemon. */
void kern_sysctl_leave(void);

#endif
