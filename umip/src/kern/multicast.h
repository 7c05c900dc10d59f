/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Multicast between home links and mobile nodes that are away (RFC 6275 10.4.3): the kernel's half, which is BPF programs beside
 * the guard. Who is in which group is the user's to say; where a member is the guard knows, so that neither a movement
 * nor the end of a binding changes anything here: a home address without an entry of the guard gets nothing.
 */
#ifndef KERN_MULTICAST_H
#define KERN_MULTICAST_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kern/guard.h"

struct kern_multicast;

/* An MLD packet, as it came out of the tunnel: from its IPv6 header on; coa and ha are what the outer header said. */
typedef void (*kern_multicast_heard)(const struct in6_addr *coa, const struct in6_addr *ha, const uint8_t *packet, size_t len, void *arg);

/*
 * On a guard that was opened with room for members. heard is called from kern_multicast_read(). NULL with errno; err gets one line for
 * the administrator.
 */
struct kern_multicast *kern_multicast_open(struct kern_guard *g, kern_multicast_heard heard, void *arg, char *err, size_t err_len);
/* leave: the programs and what they know stay, for the next daemon. NULL is allowed. */
void kern_multicast_close(struct kern_multicast *m, bool leave);

/*
 * The home link's interface takes part, beside other filters that it has; again, with another Ethernet address. 0, -EOPNOTSUPP if it
 * is no Ethernet, or -errno after saying why on err.
 */
int kern_multicast_link(struct kern_multicast *m, int ifindex, const uint8_t *mac, unsigned int mac_len, char *err, size_t err_len);
/* It does not any more. */
void kern_multicast_unlink(struct kern_multicast *m, int ifindex);
/* The same for what an earlier daemon has left on any other interface than these n. */
void kern_multicast_sweep(const int *but, unsigned int n);

/* Packets to groups from this home address go to that link; 0: nowhere. 0 or -errno. */
int kern_multicast_home(struct kern_multicast *m, const struct in6_addr *hoa, int ifindex);
/* MLD from this care-of address is heard, or not any more. 0 or -errno. */
int kern_multicast_sender(struct kern_multicast *m, const struct in6_addr *coa, bool on);
/*
 * A group's members are numbered from 0 on. Sets that one; hoa NULL: there is none of this number any more. The count says how far the numbers
 * go, 0 ends the group. 0 or -errno (-E2BIG: full).
 */
int kern_multicast_member(struct kern_multicast *m, int ifindex, const struct in6_addr *group, uint32_t number, const struct in6_addr *hoa);
int kern_multicast_count(struct kern_multicast *m, int ifindex, const struct in6_addr *group, uint32_t n);

/* An IPv6 packet through the tunnel, around the routes of home addresses. 0 or -errno. */
int kern_multicast_send(struct kern_multicast *m, const struct in6_addr *ha, const struct in6_addr *coa, const uint8_t *packet, size_t len);

int kern_multicast_fd(const struct kern_multicast *m);
void kern_multicast_read(struct kern_multicast *m);

#endif
