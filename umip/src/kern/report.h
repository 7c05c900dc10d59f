/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's reports (XFRM_MSG_REPORT) of packets that it dropped because their Home Address option has no binding. Kernels without the
 * series report only while there is a wild-card state (ro/accept.c), and every single packet; with the series, at most one a
 * second for each peer.
 */
#ifndef KERN_REPORT_H
#define KERN_REPORT_H

#include <netinet/in.h>
#include <stdint.h>

struct kern_report {
	struct in6_addr hoa; /* of the option */
	struct in6_addr coa; /* the packet's source on the wire */
	struct in6_addr dst; /* our address */
	uint8_t proto;	     /* of the upper layer */
};

/* fd for the event loop, non-blocking, or -errno. */
int kern_report_open(void);
/* 1: a report; 0: a message of no use; -EAGAIN; -ENOBUFS: some were lost; other -errno. */
int kern_report_read(int fd, struct kern_report *out);

#endif
