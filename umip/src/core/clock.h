/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The daemon's clock: seconds, monotonic. Every time that is kept is of it, never of the wall clock, which an
 * administrator or NTP sets; and it tells the present, not when the event loop looked last.
 */
#ifndef CORE_CLOCK_H
#define CORE_CLOCK_H

#include <time.h>

static inline double clock_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

#endif
