// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The statuses of a Binding Acknowledgement and what a mobile node does about each, as one table.
 *
 * Three kinds of refusal: what passes by itself (no resources, an unspecified reason) is tried again with the
 * ordinary back-off; what an administrator has to repair (prohibited, wrong subnet, a duplicate, a mobile router's prefixes) is tried again
 * rarely, because nobody tells us when it is repaired; and what the refusal itself tells how to repair (sequence
 * number, care-of address) is tried again at once.
 */
#include "mn/mn_ba.h"

#include <stddef.h>

#include "wire/mh.h"

static const struct mn_ba_rule rules[] = {
	{ BA_ACCEPTED, MN_BA_ACCEPT, false },
	{ BA_PREFIX_DISCOVERY_NEEDED, MN_BA_ACCEPT, false },
	{ BA_UNSPECIFIED, MN_BA_RETRY, false },
	{ BA_PROHIBITED, MN_BA_RETRY_SLOW, true },
	{ BA_NO_RESOURCES, MN_BA_RETRY, false },
	{ BA_HOME_REG_UNSUPPORTED, MN_BA_RETRY_SLOW, true },
	{ BA_NOT_HOME_SUBNET, MN_BA_RETRY_SLOW, true },
	{ BA_NOT_HOME_AGENT, MN_BA_RETRY_SLOW, true },
	{ BA_DAD_FAILED, MN_BA_RETRY_SLOW, true },
	{ BA_SEQ_OUT_OF_WINDOW, MN_BA_RESEQ, false },
	{ BA_REG_TYPE_CHANGE, MN_BA_RETRY_SLOW, true },
	{ BA_MR_NOT_PERMITTED, MN_BA_RETRY_SLOW, true },
	{ BA_INVALID_PREFIX, MN_BA_RETRY_SLOW, true },
	{ BA_UNAUTHORIZED_PREFIX, MN_BA_RETRY_SLOW, true },
	{ BA_FORWARDING_FAILED, MN_BA_RETRY_SLOW, true },
	{ BA_INVALID_COA, MN_BA_OTHER_COA, false },
};
static const struct mn_ba_rule other_accepted = { 0, MN_BA_ACCEPT, false };
static const struct mn_ba_rule other_refused = { BA_UNSPECIFIED, MN_BA_RETRY_SLOW, true };

const struct mn_ba_rule *mn_ba_rule(uint8_t status)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].status == status)
			return &rules[i];
	return status < BA_UNSPECIFIED ? &other_accepted : &other_refused;
}

bool mn_ba_deregistered(uint8_t status)
{
	return status < BA_UNSPECIFIED || status == BA_NOT_HOME_AGENT;
}

double mn_backoff_next(double timeout)
{
	return timeout * 2 < MN_BACKOFF_MAX ? timeout * 2 : MN_BACKOFF_MAX;
}

double mn_refresh_after(uint32_t granted, uint32_t advice)
{
	if (advice && advice < granted)
		return advice;
	return granted * MN_REFRESH_SHARE;
}
