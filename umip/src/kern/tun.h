/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tunnel devices. The home agent has one collect-metadata ("external") ip6tnl for all bindings; a mobile node has one
 * plain ip6tnl per home address.
 */
#ifndef KERN_TUN_H
#define KERN_TUN_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#define KERN_TUN_HA_NAME "mip6ha"
#define KERN_TUN_NETS_NAME "mip6hn"
#define KERN_TUN_MN_NAME "mip6mn%u"

/*
 * Creates (or takes over, if it is ours by name and kind) the external device; kern_guard_open() raises it. Returns the
 * ifindex, or -EEXIST when another external ip6tnl is present (there can be one per network namespace), -EOPNOTSUPP
 * without the module.
 */
int kern_tun_open_external(const char *name);

/*
 * Creates or takes over a plain IPv6-in-IPv6 device, encaplimit none, hoplimit 64, DSCP as the kernel's default; state
 * down until _set. Ifindex or -errno.
 */
int kern_tun_open(const char *name);
/* The same for a device that is nobody's tunnel and only gives routes a name; one that is up stays up, and keeps its routes. */
int kern_tun_open_silent(const char *name);
/*
 * Sets the endpoints (in place: traffic keeps its device) and raises it. 0 or -errno. apart: other devices may have the same endpoints, as
 * those of two home addresses with one home agent; -EEXIST otherwise. What comes from there is received by any of them.
 */
int kern_tun_set(int ifindex, const char *name, const struct in6_addr *local, const struct in6_addr *remote, bool apart);
int kern_tun_close(int ifindex);

/*
 * A plug (sch_plug) that holds packets of a device during a handoff, limit bytes at most, and releases them in order.
 * hold: 0, -EOPNOTSUPP without sch_plug, -EBUSY if the administrator has a queueing discipline there. release sends all that
 * is held and leaves the plug open, because closing it again is quick and making a new one is not; drop throws away what is
 * held and removes it.
 */
int kern_plug_hold(int ifindex, uint32_t limit_bytes);
int kern_plug_release(int ifindex);
int kern_plug_drop(int ifindex);

#endif
