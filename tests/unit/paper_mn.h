/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A mobile node on the kernel made of paper: its configuration, its home and two foreign links, and what a network would
 * bring to it. Packets and notifications go in through the role's operations, as the daemon hands them over.
 */
#ifndef PAPER_MN_H
#define PAPER_MN_H

#include <linux/if_addr.h>

#include "core/daemon.h"
#include "paper.h"

#define LINK   3
#define ETH1   4
#define TUNNEL PAPER_TUNNEL

extern const char *const HOA, *const HA;
extern int ifindex; /* of the mobile interface, which may be replaced */
extern const struct kern_link the_link;
extern struct conf_iface eth0, eth1; /* in the configuration if there are two */
extern struct conf conf;
extern struct daemon d;

void mn_world_up(void);
/* The same without a home agent in the configuration. */
void mn_world_up_discovering(void);
/* With a second interface of this MnIfPreference; the first has 1. */
void mn_world_up_two(uint8_t preference);
void mn_world_down(void);

/* An interface like the_link: "eth0" is LINK, the next ones follow. */
struct kern_link link_of(int index);

void run(double seconds);
void advertise(const char *router, uint8_t mac, const char *prefix, bool is_ha);
void neighbour(const char *target, uint8_t mac);
void address(const char *addr, uint32_t flags, bool deleted);
/* A Binding Acknowledgement of the home agent. */
void acknowledge(uint8_t status, uint16_t seq, uint32_t seconds);
void acknowledge_from(const char *ha, uint8_t status, uint16_t seq, uint32_t seconds);
void carrier(bool up);
/* Arrives on a foreign link, registers, is acknowledged. */
void bound_at(const char *coa);

#define HOME_RA()  advertise("fe80::1", 0xaa, "2001:db8:1::", true)
#define F1_RA()	   advertise("fe80::f1", 0xf1, "2001:db8:f1::", false)
#define F2_RA()	   advertise("fe80::f2", 0xf2, "2001:db8:f2::", false)
#define F1_COA	   "2001:db8:f1::64"
#define F2_COA	   "2001:db8:f2::64"
#define UNWANTED   "2001:db8:bad::1" /* the policy says no */
#define OPTIMISTIC (IFA_F_TENTATIVE | IFA_F_OPTIMISTIC)

#endif
