// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The prefix list of a home link, fed with prefix options of Router Advertisements and Mobile Prefix Advertisements, from every source and
 * at any time. Whatever comes: no prefix twice, none that no host could use, and no end within two hours because a router says so.
 */
#include <string.h>

#include "core/pfx.h"
#include "fuzz.h"
#include "wire/icmp6.h"

#define TWO_HOURS 7200.0

static void check(struct pfx_list *l)
{
	must(l->n <= PFX_MAX);
	for (unsigned int i = 0; i < l->n; i++) {
		const struct pfx *p = &l->at[i];

		must(p->len >= 3 && p->len <= 127 && p->told_preferred <= p->told_valid);
		must(pfx_find(l, &p->prefix) && pfx_find(l, &p->prefix)->len >= p->len);
		for (unsigned int j = 0; j < i; j++)
			must(l->at[j].len != p->len || memcmp(&l->at[j].prefix, &p->prefix, 16));
	}
}

static void tell(struct pfx_list *l, const struct nd_prefix *o, enum pfx_source source, double now)
{
	struct pfx before = { .len = 0 }, *p = o->len <= 127 ? pfx_find(l, &o->prefix) : NULL;

	if (p)
		before = *p;
	pfx_heard(l, o, source, now);
	p = before.len ? pfx_find(l, &before.prefix) : NULL;
	if (p && p->len == before.len && source == PFX_ADVERTISED)
		must(p->valid_until >= (before.valid_until < now + TWO_HOURS ? before.valid_until : now + TWO_HOURS));
	if (p && p->len == before.len && source == PFX_ADDRESS && before.source != PFX_ADDRESS)
		must(!memcmp(p, &before, sizeof(before)));
	check(l);
}

/* Pieces: two bytes of time, one of source and kind, one of length, and the message. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pfx_list l = { .n = 0 };
	double now = 1000;

	while (size > 4) {
		size_t len = data[3] * 2u < size - 4 ? data[3] * 2u : size - 4;
		enum pfx_source source = (enum pfx_source)(data[2] % 3);
		struct icmp6_mpd m;
		struct nd_ra ra;

		now += data[0] << 8 | data[1];
		if (data[2] & 0x80 && !icmp6_parse_mpd(data + 4, len, &m))
			for (unsigned int i = 0; i < m.n_prefixes; i++)
				tell(&l, &m.prefixes[i], source, now);
		else if (!nd_parse_ra(data + 4, len, &ra))
			for (unsigned int i = 0; i < ra.n_prefixes; i++)
				tell(&l, &ra.prefixes[i], source, now);
		data += 4 + len;
		size -= 4 + len;
	}
	return 0;
}
