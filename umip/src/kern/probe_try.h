/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For the files of the probe: what they try, each in the child's namespace. */
#ifndef KERN_PROBE_TRY_H
#define KERN_PROBE_TRY_H

#include <netinet/in.h>

#include "kern/probe.h"

/* Documentation addresses (RFC 3849); nothing leaves the namespace. */
#define PROBE_ADDR(subnet, host) \
	((struct in6_addr){ .s6_addr = { 0x20, 0x01, 0x0d, 0xb8, 0, (subnet), [15] = (host) } })

/* Fills in what IPsec needs. */
void probe_ipsec(struct kern_abilities *a);

#endif
