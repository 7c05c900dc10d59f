/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a Binding Acknowledgement means for a mobile node, and when to send again: RFC 6275 11.7.3 and 11.8 as
 * tables and numbers. Pure.
 */
#ifndef MN_MN_BA_H
#define MN_MN_BA_H

#include <stdbool.h>
#include <stdint.h>

#define MN_BACKOFF_MAX 32.0   /* seconds, MAX_BINDACK_TIMEOUT */
#define MN_RETRY_SLOW 64.0    /* seconds until a registration that was refused is tried again */
#define MN_RESEQ_MAX 3	      /* times in a row that a wrong sequence number is corrected at once */
#define MN_REFRESH_SHARE 0.8  /* of the granted lifetime, without an advice */

enum mn_ba_action {
	MN_BA_ACCEPT,
	MN_BA_RETRY,	 /* may work in a moment: goes on with the back-off */
	MN_BA_RETRY_SLOW, /* an administrator has to look: tried again every MN_RETRY_SLOW seconds */
	MN_BA_RESEQ,	 /* the number in the acknowledgement is the last that was accepted: go on behind it, at once */
	MN_BA_OTHER_COA, /* this care-of address is no good, another may be */
};

struct mn_ba_rule {
	uint8_t status;
	enum mn_ba_action action;
	bool unbound; /* the home agent holds no binding for us after this */
};

/* Never NULL: a status without a row of its own gets its half's. */
const struct mn_ba_rule *mn_ba_rule(uint8_t status);

/* The same for the answer to a deregistration: a home agent that has no binding of ours has done what we want. */
bool mn_ba_deregistered(uint8_t status);

/* The next timeout after one of so many seconds. */
double mn_backoff_next(double timeout);

/*
 * Seconds from the registration to its refresh; advice 0: none. An advice behind the end of the binding is no use
 * and ignored.
 */
double mn_refresh_after(uint32_t granted, uint32_t advice);

/* Whether seq answers one of the updates first..last, all of which are still outstanding; modulo 2^16. */
static inline bool mn_seq_outstanding(uint16_t seq, uint16_t first, uint16_t last)
{
	return (uint16_t)(seq - first) <= (uint16_t)(last - first);
}

#endif
