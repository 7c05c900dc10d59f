// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * stall FILE: writes into FILE for how many milliseconds of any five seconds this machine stood still, at most: "%10llu\n", anew when it
 * has become more, until it is killed.
 *
 * It asks to be woken every PERIOD, before everybody else. A virtual machine whose host is busy, or is itself one that has to wait for
 * its processor, wakes it late, and by as much every other time that was measured meanwhile is too long. Up to SLACK is
 * what the emulation needs anyway.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define NS	1000000000LL
#define PERIOD	5000000LL
#define SLACK	5000000LL
#define SPAN	(5 * NS)
#define MAX	512 /* a stall takes more than PERIOD + SLACK: there are not more of them in SPAN */

static int64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NS + ts.tv_nsec;
}

/* The stalls of the last SPAN, and how long they were in all. */
static struct {
	int64_t at[MAX], late[MAX], sum;
	unsigned int from, n;
} recent;

static void add(int64_t at, int64_t late)
{
	while (recent.n && (recent.n == MAX || recent.at[recent.from] < at - SPAN)) {
		recent.sum -= recent.late[recent.from];
		recent.from = (recent.from + 1) % MAX;
		recent.n--;
	}
	recent.at[(recent.from + recent.n) % MAX] = at;
	recent.late[(recent.from + recent.n) % MAX] = late;
	recent.sum += late;
	recent.n++;
}

static int put(int fd, int64_t ns)
{
	char line[24];
	int n = snprintf(line, sizeof(line), "%10llu\n", (unsigned long long)ns / 1000000);

	return pwrite(fd, line, n, 0) == n;
}

int main(int argc, char **argv)
{
	struct sched_param first = { .sched_priority = sched_get_priority_max(SCHED_FIFO) };
	int64_t due, late, most = 0;
	int fd;

	if (argc != 2) {
		fprintf(stderr, "usage: stall FILE\n");
		return 2;
	}
	fd = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || !put(fd, 0) || mlockall(MCL_CURRENT | MCL_FUTURE) || sched_setscheduler(0, SCHED_FIFO, &first)) {
		perror("stall");
		return 1;
	}
	for (due = now() + PERIOD;; due += PERIOD) {
		struct timespec at = { due / NS, due % NS };

		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
		late = now() - due;
		if (late <= SLACK)
			continue;
		due += late;
		add(due, late);
		if (recent.sum <= most)
			continue;
		most = recent.sum;
		if (!put(fd, most))
			return 1;
	}
}
