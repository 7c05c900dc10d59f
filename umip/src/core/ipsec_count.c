// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the kernel refused for IPsec's sake, told to the administrator: it drops such packets without a word, and a registration that
 * does not come about would have no explanation. It counts for the whole network namespace, so others' packets are in it, too.
 */
#include <stdio.h>
#include <string.h>

#include "core/ipsec_impl.h"

#define LOOK_SECONDS 5.0

static const struct {
	const char *name;
	bool policy; /* a policy refused it on its way in */
	const char *words;
} reasons[] = {
	{ "XfrmInStateProtoError", false, "in, not authentic: the two sides' keys differ, or somebody makes them up" },
	{ "XfrmInNoStates", false, "in, with an SPI that no association has" },
	{ "XfrmInStateSeqError", false, "in, seen before" },
	{ "XfrmInStateExpired", false, "in, their association has expired" },
	{ "XfrmInStateMismatch", false, "in, not what their association may carry" },
	{ "XfrmInTmplMismatch", true, "in, not protected, or not by the association that their policy asks for" },
	{ "XfrmInNoPols", true, "in, protected, and no policy asks for that" },
	{ "XfrmInPolBlock", true, "in, blocked by a policy" },
	{ "XfrmOutNoStates", false, "out, there is no association yet" },
	{ "XfrmOutStateExpired", false, "out, the association has expired" },
	{ "XfrmOutPolBlock", false, "out, blocked by a policy" },
};
#define N_REASONS (sizeof(reasons) / sizeof(reasons[0]))
_Static_assert(N_REASONS <= IPSEC_REASONS_MAX, "a place for each");

static bool read_counters(uint64_t out[N_REASONS])
{
	FILE *f = fopen("/proc/net/xfrm_stat", "re");
	unsigned long long value;
	char name[64];

	memset(out, 0, N_REASONS * sizeof(*out));
	if (!f)
		return false;
	while (fscanf(f, "%63s %llu", name, &value) == 2)
		for (unsigned int i = 0; i < N_REASONS; i++)
			if (!strcmp(name, reasons[i].name))
				out[i] = value;
	fclose(f);
	return true;
}

void ipsec_stats(struct daemon *d)
{
	uint64_t now[N_REASONS], sum = 0;

	if (!d->ipsec || !read_counters(now))
		return;
	for (unsigned int i = 0; i < N_REASONS; i++)
		if (reasons[i].policy)
			sum += now[i];
	d->stats[STAT_IPSEC_REFUSED] = sum;
}

static void on_count(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct ipsec *ip = w->data;
	uint64_t now[N_REASONS];

	(void)loop;
	(void)revents;
	if (!read_counters(now))
		return;
	for (unsigned int i = 0; i < N_REASONS; i++) {
		if (now[i] > ip->counted[i])
			log_warn("packets-refused", "packets=%llu reason=\"%s\" counter=%s", (unsigned long long)(now[i] - ip->counted[i]), reasons[i].words,
				 reasons[i].name);
		ip->counted[i] = now[i];
	}
}

void ipsec_count_start(struct ipsec *ip)
{
	read_counters(ip->counted);
	ev_timer_init(&ip->count, on_count, LOOK_SECONDS, LOOK_SECONDS);
	ip->count.data = ip;
	ev_timer_start(ip->d->loop, &ip->count);
}
