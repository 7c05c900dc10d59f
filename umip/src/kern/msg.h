/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For the builders inside kern only: making one netlink message, asking for one object, reading its attributes, wording
 * the error.
 *
 * All our messages are far smaller than the page that libnl gives each one, so the nla_put() results are not looked at;
 * a message that could not be allocated is NULL, and kern_batch_add() turns it into -ENOMEM of the whole batch.
 */
#ifndef KERN_MSG_H
#define KERN_MSG_H

#include <linux/netlink.h>
#include <netinet/in.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdint.h>
#include <string.h>

#include "kern/nl.h"
#include "kern/watch.h"

/* A message with its fixed header copied in. NULL without memory. */
struct nl_msg *kern_msg(uint16_t type, uint16_t flags, const void *hdr, size_t len);

/* A request that is answered with one object (and an ACK), not a dump. 0 or -errno. */
int kern_get(enum kern_proto proto, struct nl_msg *request, void (*cb)(struct nlmsghdr *nlh, void *arg), void *arg);

/* What kern_error() says next. */
void kern_set_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Port of a request socket: tells our own changes from others' in notifications. 0 when closed. */
uint32_t kern_nl_port(enum kern_proto proto);

/* Text of an address, in one of four rotating buffers. */
const char *kern_ip(const struct in6_addr *a);

static inline void kern_put_ip(struct nl_msg *m, int attr, const struct in6_addr *a)
{
	if (m)
		nla_put(m, attr, sizeof(*a), a);
}

/* True and *out filled when the attribute is there and is an IPv6 address. */
static inline bool kern_get_ip(struct nlattr *attr, struct in6_addr *out)
{
	if (!attr || nla_len(attr) != (int)sizeof(*out))
		return false;
	memcpy(out, nla_data(attr), sizeof(*out));
	return true;
}

static inline uint32_t kern_get_u32(struct nlattr *attr)
{
	uint32_t v = 0;

	if (attr && nla_len(attr) >= (int)sizeof(v))
		memcpy(&v, nla_data(attr), sizeof(v));
	return v;
}

static inline uint64_t kern_get_u64(struct nlattr *attr)
{
	uint64_t v = 0;

	if (attr && nla_len(attr) >= (int)sizeof(v))
		memcpy(&v, nla_data(attr), sizeof(v));
	return v;
}

/* Raises or lowers a device, in a batch. */
void kern_link_updown(struct kern_batch *b, int ifindex, bool up);

/* The readers of what dumps and notifications carry; false when the object is none that the headers promise. */
bool kern_addr_read(struct nlmsghdr *nlh, struct kern_addr *a);
bool kern_link_read(struct nlmsghdr *nlh, struct kern_link *l);
/* The same for a route, once for each next hop. */
void kern_route_each(struct nlmsghdr *nlh, void (*cb)(const struct kern_route *r, void *arg), void *arg);

#endif
