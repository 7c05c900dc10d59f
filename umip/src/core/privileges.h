/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The capabilities of the process: what a start needs, and what is kept after it. */
#ifndef CORE_PRIVILEGES_H
#define CORE_PRIVILEGES_H

#include <stdbool.h>

/* Whether we may change the network at all: CAP_NET_ADMIN and CAP_NET_RAW. */
bool privileges_enough(void);
/*
 * Gives up, for this process and all that it starts, every capability that the event loop does not need: from here on there are CAP_NET_ADMIN and
 * CAP_NET_RAW (routes, tunnels, XFRM, raw sockets), CAP_BPF and CAP_PERFMON (a BPF program is loaded again if the tunnel device was deleted). Files
 * are then opened with the rights of their owner. 0, or -errno.
 */
int privileges_drop(void);

#endif
