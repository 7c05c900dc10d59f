/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For the files of kern that listen to multicast groups of netlink, one datagram at a time. */
#ifndef KERN_MCAST_H
#define KERN_MCAST_H

#include <stddef.h>
#include <sys/types.h>

/*
 * A non-blocking socket in these groups, or -errno. size: of its receive buffer. filter: what does not pass it takes no room there; may
 * be NULL.
 */
struct sock_fprog;
int kern_mcast_open(int protocol, const int *groups, unsigned int n, int size, const struct sock_fprog *filter);
/*
 * The length of one datagram of the kernel's, whole; 0: nothing of use; -EAGAIN; -ENOBUFS: some were lost, or this one does not fit;
 * other -errno.
 */
ssize_t kern_mcast_read(int fd, void *buf, size_t size);

#endif
