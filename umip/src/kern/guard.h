/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * RFC 6275 10.4.5: a packet out of the reverse tunnel is let in only if its outer source is the registered care-of
 * address of its inner source, its outer destination is our home agent address and the inner protocol is IPv6. The
 * check is a small BPF program on the ingress of the external tunnel device with one hash map (home address -> care-of
 * address, home agent address), and one of prefixes for mobile networks (RFC 3963); anything else is dropped and counted.
 */
#ifndef KERN_GUARD_H
#define KERN_GUARD_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

struct guard_stats {
	uint64_t passed, no_binding, wrong_coa, wrong_dst, not_ipv6; /* packets */
	uint64_t mld_dropped, multicast_out, multicast_lost, multicast_in; /* of multicast.h */
};

struct kern_guard;

/*
 * Loads the check. max_bindings, max_prefixes and max_members (of multicast groups: multicast.h) size the maps (memory is taken as they fill). NULL with
 * errno; err gets one line for the administrator.
 */
struct kern_guard *kern_guard_open(int ifindex, uint32_t max_bindings, uint32_t max_prefixes, uint32_t max_members, char *err, size_t err_len);
/*
 * Puts the check on the device, in one step in the place of an earlier daemon's, and then raises it: it is never open without
 * its guard. Bindings that were set before count from the first packet. 0, or -errno after saying why on err.
 */
int kern_guard_raise(struct kern_guard *g, char *err, size_t err_len);
/*
 * Makes a device (kern_tun_open_silent()) the one that routes to mobile networks lead to: what they send there leaves by the
 * guarded one, with the ends that the route says. 0, or -errno after saying why on err.
 */
int kern_guard_networks(struct kern_guard *g, int ifindex, char *err, size_t err_len);
/* Leaves the check, with its bindings, and the device as they are, for the next daemon. */
void kern_guard_leave(struct kern_guard *g);
/* Lowers the device (its routes go) and removes the check. */
void kern_guard_close(struct kern_guard *g);
/* Insert or replace; 0 or -errno (-E2BIG: full). */
int kern_guard_set(struct kern_guard *g, const struct in6_addr *hoa, const struct in6_addr *coa,
		   const struct in6_addr *ha);
int kern_guard_del(struct kern_guard *g, const struct in6_addr *hoa);
/* The same for inner sources in a prefix, if they are no home address. Of two prefixes the longer one counts. */
int kern_guard_set_prefix(struct kern_guard *g, const struct in6_addr *prefix, uint8_t len, const struct in6_addr *coa,
			  const struct in6_addr *ha);
int kern_guard_del_prefix(struct kern_guard *g, const struct in6_addr *prefix, uint8_t len);
/* For multicast.c: the loaded programs and maps, and the device. */
struct bpf_object;
struct bpf_object *kern_guard_object(const struct kern_guard *g, int *ifindex);
int kern_guard_stats(struct kern_guard *g, struct guard_stats *out);

#endif
