/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel tells: links, addresses, neighbours, routes, by rtnetlink multicast. A lost notification (ENOBUFS) is
 * told as resync: the user dumps again.
 */
#ifndef KERN_WATCH_H
#define KERN_WATCH_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "kern/route.h"

struct kern_link {
	int ifindex;
	char name[IFNAMSIZ];
	bool up; /* IFF_UP */
	bool carrier; /* IFF_LOWER_UP and operationally up */
	bool gone; /* deleted */
	uint16_t type; /* ARPHRD_* */
	bool enslaved; /* a port of a bridge, a bond, a VRF */
	uint32_t carrier_changes; /* how often it went or came: a short loss is told in one notification, as up */
	struct nd_lladdr_kern {
		uint8_t len, addr[8];
	} lladdr;
};

struct kern_watch_ops {
	void (*link)(const struct kern_link *l, void *arg);
	/* flags carry IFA_F_TENTATIVE, IFA_F_OPTIMISTIC, IFA_F_DADFAILED */
	void (*addr)(const struct kern_addr *a, bool deleted, void *arg);
	/* NUD_FAILED of any neighbour: the user knows which ones are routers */
	void (*neigh_failed)(int ifindex, const struct in6_addr *addr, void *arg);
	/* default routes and connected prefixes, main table; no echo of what we do to our own routes */
	void (*route)(const struct kern_route *r, bool deleted, void *arg);
	void (*resync)(void *arg);
};

/*
 * Fields that are NULL are not subscribed. fd (non-blocking) or -errno; kern_watch_read() is called when it is
 * readable. One per process.
 */
int kern_watch_open(const struct kern_watch_ops *ops, void *arg);
void kern_watch_read(void);
void kern_watch_close(void);
/* Packets that the interface has sent, and those for this host alone that it has received. 0 or -errno. */
struct kern_link_traffic {
	uint64_t sent, received;
};
int kern_link_traffic(int ifindex, struct kern_link_traffic *out);
int kern_link_get(const char *name, struct kern_link *out); /* 0, -ENODEV */
int kern_link_dump(void (*cb)(const struct kern_link *l, void *arg), void *arg); /* all of them; 0 or -errno */

#endif
