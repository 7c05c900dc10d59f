/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A home agent on the kernel made of paper: its home link, its configuration, and the updates that mobile nodes send to it.
 * Packets and notifications go in through the role's operations, as the daemon hands them over.
 */
#ifndef PAPER_HA_H
#define PAPER_HA_H

#include "ha/ha.h"
#include "paper.h"

#define HOME_LINK    7
#define FOREIGN_LINK 1 /* where packets of mobile nodes that are away come from */

#define HA   "2001:db8:1::1"
#define HOA  "2001:db8:1::100"
#define COA1 "2001:db8:f1::5"
#define COA2 "2001:db8:f2::5"
#define AH   (MH_BU_A | MH_BU_H)

extern const struct kern_link home_link;
extern struct conf_iface home_iface; /* the only one of the configuration */
extern struct conf conf;
extern struct daemon d;

/* The home link with HA and fe80::1, and the daemon with a configuration of the least that a home agent needs. Nothing runs yet. */
void ha_world_make(void);
void ha_start(void);
void ha_restart(void);
/* The same in one. */
void ha_world_up(void);
/* A home agent that runs is stopped; it leaves nothing in the kernel. */
void ha_world_down(void);
/* What of bindings is in the kernel. */
unsigned int installed(void);

void pass(double seconds);

/* A Binding Update. */
struct bu {
	const char *hoa, *coa, *alt; /* no coa: from home */
	uint16_t seq, lifetime;	     /* units */
	uint8_t flags;
	const char *mnp[MH_MAX_MNP + 1]; /* "address/length" */
};

#define BU(hoa_, coa_, seq_, lifetime_, ...) \
	((struct bu){ .hoa = (hoa_), .coa = (coa_), .seq = (seq_), .lifetime = (lifetime_), ##__VA_ARGS__ })

/* An update without flags is a home registration that asks for an acknowledgement. */
void send_bu(struct bu u);
/* Sends it and waits for its acknowledgement, as long as the detection of duplicates may take: the status. */
uint8_t answer_to(struct bu u);
/* The n-th message was the last, and is this acknowledgement. */
void expect_ba(unsigned int n, uint8_t status, uint16_t seq);

/* A Router Advertisement on the home link: another router's, or the one that this host sends itself there. */
void home_ra(const char *router, const struct nd_ra *ra, bool own);

#endif
