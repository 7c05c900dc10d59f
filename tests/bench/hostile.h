/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hostile input: one table of categories (hostile_build.c), each with the function that makes a message of it and the answers that a correct home
 * agent may give. Message k of category c leaves from COA + (c << 16) + a random number below 2^16, so an answer's destination says what it answers.
 */
#ifndef BENCH_HOSTILE_H
#define BENCH_HOSTILE_H

#include "gen.h"

#define HOSTILE_MH_MAX 2304
#define HOSTILE_OPTS_MAX 64
#define ANY_REFUSAL 255 /* in answers: every status from 128 */

struct rng {
	uint64_t state;
};

uint64_t rng_next(struct rng *r);

static inline uint32_t rng_below(struct rng *r, uint32_t n)
{
	return (uint32_t)(rng_next(r) % n);
}

struct hostile_msg {
	struct in6_addr src, hoa;
	bool has_hao;	    /* a destination options header with hoa */
	uint8_t opts[HOSTILE_OPTS_MAX]; /* another destination options header in its place, if opts_len */
	size_t opts_len;
	uint8_t mh[HOSTILE_MH_MAX];
	size_t len;	    /* of mh; the checksum is added afterwards */
	bool fragments;
};

struct hostile_category {
	const char *name;
	uint32_t weight;
	void (*make)(struct gen *g, struct rng *r, struct hostile_msg *m);
	bool for_kernel;    /* the kernel drops it before a daemon could see it */
	bool must_answer;
	bool error;	    /* a Binding Error is an answer, too */
	bool last_seq;	    /* the acknowledgement carries the victims' sequence number */
	bool needs_victims, needs_own;
	uint8_t n_answers;
	uint8_t answers[4]; /* statuses; none: it is to be dropped */
};

extern const struct hostile_category hostile_categories[];
extern const size_t hostile_n_categories;

#endif
