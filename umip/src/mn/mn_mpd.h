/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mobile prefix discovery: what mn_mpd.c, which asks, and mn_mpd_life.c, which knows what the prefixes mean for us, share. */
#ifndef MN_MN_MPD_H
#define MN_MN_MPD_H

#include "core/ipsec.h"
#include "core/pfx.h"
#include "mn/mn.h"

struct mn_mpd {
	struct pfx_list list; /* of the home link */
	int fd;
	ev_io io;
	struct ipsec_socket guarded;
	bool wanted; /* a question is due, as soon as there is a way */
	bool asking; /* one is out, unanswered */
	bool answered; /* one was answered, ever */
	double kernel_valid, kernel_preferred; /* as the kernel was told last */
	uint16_t id;
	unsigned int tries, wrong;
	struct limit rate;
	struct ev_timer ask, life;
	bool deprecated; /* as it was told last */
	struct log_limit log;
};

/* mn_mpd.c */
/* A question is due: it leaves now, or as soon as there is a way. */
void mn_mpd_ask(struct mn *mn, const char *why);
void mn_mpd_stop_asking(struct mn *mn);

/* mn_mpd_life.c */
void mn_mpd_life_init(struct mn *mn);
/* The list has news: what does it say of us? */
void mn_mpd_follow(struct mn *mn);
/* When there is something to do next: to ask, or that a lifetime ends. */
void mn_mpd_expect(struct mn *mn);

#endif
