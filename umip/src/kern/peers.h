/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * With whom a mobile node exchanges packets through its home agent: told by a small BPF program on both directions of the
 * tunnel device. It sees a stream that only comes in (table row 1.9) as well as one that only leaves, costs no state in
 * XFRM, and holds no packet back, which an acquire by policy would do.
 *
 * Every second in which packets pass, a peer is told once for each direction, with a Home Address option or a type 2 routing
 * header already resolved. Link-local and multicast peers, Mobility Headers, ICMPv6 errors and signalling are not told. How much is told is
 * limited: see peers.bpf.c.
 */
#ifndef KERN_PEERS_H
#define KERN_PEERS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

struct kern_peers;

/* seen is called from kern_peers_read(). NULL with errno; err gets one line for the administrator. */
struct kern_peers *kern_peers_open(int ifindex, void (*seen)(const struct in6_addr *peer, bool out, void *arg), void *arg,
				   char *err, size_t err_len);
/* NULL is allowed. */
void kern_peers_close(struct kern_peers *p);
/* For the event loop: readable when there is something to tell. */
/* Packets from and to this address of ours only: the device carries others as well. 0 or -errno. */
int kern_peers_only(struct kern_peers *p, const struct in6_addr *ours);
int kern_peers_fd(const struct kern_peers *p);
void kern_peers_read(struct kern_peers *p);

#endif
