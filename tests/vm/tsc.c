// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Prints the frequency of this machine's time stamp counter in kHz, for tests/vm/run. QEMU hands the counter through to the VM, whose kernel
 * would measure it against an emulated timer at boot: on a busy machine the result can be wrong by a factor of three, and every
 * time in the VM with it.
 */
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

struct sample {
	int64_t ns;
	uint64_t tsc;
};

static int64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_RAW, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

/* Both clocks at the same moment: of many tries the one that nothing came between. */
static struct sample sample(void)
{
	struct sample best = { 0 };
	int64_t width = INT64_MAX;
	int i;

	for (i = 0; i < 1000; i++) {
		int64_t before = now();
		uint64_t tsc = __rdtsc();
		int64_t after = now();

		if (after - before < width) {
			width = after - before;
			best.ns = before + width / 2;
			best.tsc = tsc;
		}
	}
	return best;
}

int main(void)
{
	struct timespec pause = { .tv_nsec = 100 * 1000 * 1000 };
	struct sample a = sample(), b;

	nanosleep(&pause, NULL);
	b = sample();
	printf("%.0f\n", (double)(b.tsc - a.tsc) * 1e6 / (double)(b.ns - a.ns));
	return 0;
}
