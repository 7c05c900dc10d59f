// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Nonces, RFC 6275 5.2.2: a new one every 30 seconds while tokens are asked for, honoured for 240 seconds. The first index is random, so
 * that after a restart an old index is most likely not known, and its owner told so (status 136 to 138), instead of found
 * with another nonce, and its update ignored as forged.
 */
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "cn/cn_impl.h"

static int fill(void *secret, size_t len)
{
	return getrandom(secret, len, 0) == (ssize_t)len ? 0 : -EIO;
}

static bool honoured(const struct cn_nonces *n, const struct cn_nonce *nonce, double now)
{
	return nonce->valid && now - nonce->born < RR_MAX_NONCE_LIFETIME && nonce->born > n->floor;
}

/* The one that falls out of the ring is as old as the longest that any is honoured. */
static int make(struct cn_nonces *n, double now)
{
	const struct cn_nonce *last = &n->ring[n->newest];
	struct cn_nonce next = { .born = now, .index = (uint16_t)(last->index + 1), .valid = true };

	if (fill(next.value, sizeof(next.value)))
		return -EIO;
	n->newest = (n->newest + 1) % CN_NONCES;
	n->ring[n->newest] = next;
	rr_wipe(next.value, sizeof(next.value));
	return 0;
}

int cn_nonce_init(struct cn_nonces *n, double now)
{
	memset(n, 0, sizeof(*n));
	n->floor = -1;
	if (fill(n->kcn, sizeof(n->kcn)) || fill(&n->ring[0].index, sizeof(n->ring[0].index)))
		return -EIO;
	return make(n, now);
}

const struct cn_nonce *cn_nonce_current(struct cn_nonces *n, double now)
{
	const struct cn_nonce *newest = &n->ring[n->newest];

	if (honoured(n, newest, now) && now - newest->born < CN_NONCE_PERIOD)
		return newest;
	return make(n, now) ? NULL : &n->ring[n->newest];
}

const struct cn_nonce *cn_nonce_find(const struct cn_nonces *n, uint16_t index, double now)
{
	uint16_t behind = (uint16_t)(n->ring[n->newest].index - index);
	const struct cn_nonce *nonce;

	if (behind >= CN_NONCES)
		return NULL;
	nonce = &n->ring[(n->newest + CN_NONCES - behind) % CN_NONCES];
	return honoured(n, nonce, now) ? nonce : NULL;
}

void cn_nonce_forget(struct cn_nonces *n, double born)
{
	if (born > n->floor)
		n->floor = born;
}

void cn_nonce_wipe(struct cn_nonces *n)
{
	rr_wipe(n, sizeof(*n));
}

struct json_object *cn_nonce_rows(const struct cn_nonces *n, double now)
{
	struct json_object *rows = json_object_new_array();

	for (unsigned int i = 0; i < CN_NONCES; i++) {
		const struct cn_nonce *nonce = &n->ring[(n->newest + CN_NONCES - i) % CN_NONCES];
		struct json_object *row;

		if (!honoured(n, nonce, now))
			continue;
		row = json_object_new_object();
		json_object_object_add(row, "index", json_object_new_int(nonce->index));
		json_object_object_add(row, "age_s", json_object_new_int64((int64_t)(now - nonce->born)));
		json_object_array_add(rows, row);
	}
	return rows;
}
