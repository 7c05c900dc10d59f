/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Netlink transactions: several requests to one protocol (route or xfrm) in one sendmsg, answers matched by sequence.
 *
 * A caller opens a batch, appends operations with the builders of route.h, tun.h, xfrm.h, and commits. The kernel goes
 * on after a message that fails, so each operation has its own result; a commit returns the first error that the
 * operation does not tolerate, and keeps the kernel's words (extack, or strerror) together with the name of the
 * operation for the log. Calls block until the kernel has answered (it works in the caller's context). One thread only.
 */
#ifndef KERN_NL_H
#define KERN_NL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KERN_BATCH_MAX 64 /* operations a sendmsg carries; a longer batch is cut into several */

/*
 * Everything that mip6d puts into the kernel carries this (routes), or the mark below. 0..255, unused in iproute2's
 * rt_protos.
 */
#define KERN_RTPROT 62
/* SO_MARK of the daemon's own mobility signalling; a rule sends it around the home address's tunnel. */
#define KERN_FWMARK 0x6d697036u

enum kern_proto { KERN_ROUTE, KERN_XFRM };

/* What an operation forgives */
#define KERN_OK_EXISTS 0x1 /* EEXIST is success */
#define KERN_OK_ABSENT 0x2 /* ENOENT, ESRCH, ENODEV, EADDRNOTAVAIL are success */

struct kern_batch;

struct kern_batch *kern_batch_new(enum kern_proto proto);
/*
 * Sends what is left, waits for all answers and frees the batch. 0, or the first negative errno that was not forgiven.
 */
int kern_batch_commit(struct kern_batch *b);
void kern_batch_cancel(struct kern_batch *b);
/* The kernel's words about the last commit that failed: "route add 2001:db8::1/128: Nexthop device is not up". */
const char *kern_error(void);

/* Opens the request sockets. 0 or -errno. Called once at start. */
int kern_nl_open(void);
/* Opens one of them only, for a program that has no use for the other. 0 or -errno. */
int kern_nl_open_one(enum kern_proto proto);
void kern_nl_close(void);

/* For the builders: appends a message that the builder has filled; describe is copied. Takes ownership of msg. */
struct nl_msg;
void kern_batch_add(struct kern_batch *b, struct nl_msg *msg, unsigned int forgive, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/*
 * For the builders: dump; cb gets each message. Repeated by itself when the kernel says the dump was interrupted. 0 or
 * -errno.
 */
struct nlmsghdr;
int kern_dump(enum kern_proto proto, struct nl_msg *request, void (*cb)(struct nlmsghdr *nlh, void *arg), void *arg);

#endif
