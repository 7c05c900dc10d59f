/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What kern/ipsec.h offers, on paper: policies, associations, MIGRATE that moves both, and events that a test makes. */
#ifndef PAPER_IPSEC_H
#define PAPER_IPSEC_H

#include "kern/ipsec.h"
#include "paper.h"

struct paper_ipsec {
	PAPER_LIST(struct kern_sp) policies;
	PAPER_LIST(struct kern_sa) associations;
	unsigned int n_told; /* the key manager, by a policy in transport mode that moves nothing */
	unsigned int n_spis, n_expired;
	unsigned int n_set, n_migrated, n_pf_key, n_km; /* how often each was asked for, failures excepted; km: with the key manager's ends */
	struct kern_km km;				/* the last ones */
	unsigned int n_got; /* policies asked for by index */
	uint32_t last_index;
	int get_error; /* what kern_sp_get() returns of one that is not there */
	unsigned int lose_set; /* so many policies that are set go well, and are deleted again */
	/* fails with this -errno once so many have gone well */
	int set_error, migrate_error;
	unsigned int set_after, migrate_after;
};

extern struct paper_ipsec ki;

void paper_ipsec_reset(void);
void paper_association(const char *src, const char *dst, uint32_t reqid, bool tunnel);
/* The i-th association is an IKE daemon's, of that time. */
void paper_negotiated(unsigned int i, uint64_t added);
/* An event for who listens; the loop has to run. */
void paper_ipsec_event(const struct kern_ipsec_event *e);

#endif
