/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the kernel to the role: the Mobility Header socket, the Neighbour Discovery socket and the kernel's
 * notifications on the event loop, with the limits that keep a flood from starving anything else.
 */
#ifndef CORE_PUMP_H
#define CORE_PUMP_H

#include "core/daemon.h"

struct pump;

/*
 * Opens the sockets (d->mh_fd, d->nd_fd) and the watch and starts them on d->loop. NULL after saying on err, in one
 * line, why not.
 */
struct pump *pump_open(struct daemon *d, const struct role_ops *role, char *err, size_t err_len);
void pump_close(struct pump *p);

#endif
