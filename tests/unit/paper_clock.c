// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The paper world's clock. It stands still while somebody computes, and jumps ahead when everybody waits: a test of timers takes no time,
 * and finds the same on a busy machine as on an idle one.
 *
 * These functions take the place of libc's in the whole program, libev included. The clocks of processor time are the real ones, as are
 * the alarms with which check ends a test that hangs. A program whose tests wait for other processes cannot have this: what these do takes
 * real time.
 */
#include <poll.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S	1000000000LL
#define NS_PER_MS	1000000LL
/* Who looks at the clock again and again sees it go on: a loop until a moment ends. */
#define LOOK		100

/* what has passed since the program's start */
static int64_t passed;

/* CLOCK_MONOTONIC began some hours ago, whenever that is; a wall clock has today's date. Both at the full second, so that every run is the same. */
static int64_t start(clockid_t id)
{
	static int64_t today;
	struct timespec ts;

	if (id == CLOCK_MONOTONIC)
		return 20000 * NS_PER_S;
	if (!today) {
		syscall(SYS_clock_gettime, id, &ts);
		today = ts.tv_sec * NS_PER_S;
	}
	return today;
}

int clock_gettime(clockid_t id, struct timespec *ts)
{
	int64_t now;

	switch (id) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
		now = start(CLOCK_REALTIME);
		break;
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_BOOTTIME:
		now = start(CLOCK_MONOTONIC);
		break;
	default:
		return (int)syscall(SYS_clock_gettime, id, ts);
	}
	passed += LOOK;
	now += passed;
	*ts = (struct timespec){ now / NS_PER_S, now % NS_PER_S };
	return 0;
}

int gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
	struct timespec ts;

	(void)zone;
	clock_gettime(CLOCK_REALTIME, &ts);
	*tv = (struct timeval){ ts.tv_sec, ts.tv_nsec / 1000 };
	return 0;
}

time_t time(time_t *out)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	if (out)
		*out = ts.tv_sec;
	return ts.tv_sec;
}

/* where libev waits: the tests' loops are of EVBACKEND_POLL */
int poll(struct pollfd *fds, nfds_t n_fds, int timeout_ms)
{
	int n = (int)syscall(SYS_poll, fds, n_fds, timeout_ms < 0 ? timeout_ms : 0);

	/* nobody has anything to do before then */
	if (n == 0 && timeout_ms > 0)
		passed += timeout_ms * NS_PER_MS;
	return n;
}
