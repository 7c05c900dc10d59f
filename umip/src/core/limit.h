/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Token bucket: how often something that an outsider triggers may happen. Times are of core/clock.h. */
#ifndef CORE_LIMIT_H
#define CORE_LIMIT_H

#include <stdbool.h>

struct limit {
	double rate;  /* tokens a second */
	double burst; /* most that pile up */
	double tokens, last;
};

static inline void limit_init(struct limit *l, double rate, double burst, double now)
{
	l->rate = rate;
	l->burst = burst;
	l->tokens = burst;
	l->last = now;
}

static inline bool limit_take(struct limit *l, double now)
{
	l->tokens += (now - l->last) * l->rate;
	l->last = now;
	if (l->tokens > l->burst)
		l->tokens = l->burst;
	if (l->tokens < 1)
		return false;
	l->tokens -= 1;
	return true;
}

#endif
