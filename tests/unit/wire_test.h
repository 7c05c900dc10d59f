/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the tests of the codecs share. Random numbers come from a seed that a failure can be repeated with
 * (TEST_SEED); bytes to be parsed are copied to a heap block of exactly their size, so that the address sanitizer
 * sees every read beyond.
 */
#ifndef WIRE_TEST_H
#define WIRE_TEST_H

#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static uint64_t rnd_state;

static inline void rnd_seed(void)
{
	const char *seed = getenv("TEST_SEED");

	rnd_state = seed ? strtoull(seed, NULL, 0) : 6275;
	rnd_state = rnd_state * 2 + 1;
}

/* splitmix64 */
static inline uint32_t rnd(void)
{
	uint64_t z = rnd_state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (uint32_t)(z >> 32);
}

static inline uint32_t rnd_below(uint32_t n)
{
	return rnd() % n;
}

static inline bool rnd_bool(void)
{
	return rnd() & 1;
}

static inline void rnd_bytes(void *p, size_t len)
{
	uint8_t *b = p;

	while (len--)
		*b++ = (uint8_t)rnd();
}

static inline uint8_t *exact(const uint8_t *buf, size_t len)
{
	uint8_t *copy = calloc(1, len ? len : 1);

	if (!copy)
		abort();
	if (len)
		memcpy(copy, buf, len);
	return len ? copy : copy + 1;
}

static inline void exact_free(uint8_t *copy, size_t len)
{
	free(len ? copy : copy - 1);
}

/*
 * Changes a few bytes, cuts the end off, or both; lengths and types get small values more often than chance would.
 */
static inline size_t mutate(uint8_t *buf, size_t len)
{
	for (uint32_t n = rnd_below(4); len && n; n--)
		buf[rnd_below((uint32_t)len)] = (uint8_t)(rnd_bool() ? rnd() : rnd_below(10));
	return rnd_bool() ? len : rnd_below((uint32_t)len + 1);
}

#endif
