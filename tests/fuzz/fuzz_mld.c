// SPDX-License-Identifier: GPL-2.0-or-later
/* Multicast Listener Discovery: a packet that a mobile node, or who claims to be one, has sent through the tunnel. */
#include <string.h>

#include "fuzz.h"
#include "wire/exthdr.h"
#include "wire/mld.h"

static uint8_t buf[70000];

/* A fuzzer does not find checksums: the packet is tried with what is right as well. */
static void try_packet(const uint8_t *data, size_t size)
{
	struct mld_report first, second;
	ssize_t len;

	if (mld_parse_report(data, size, &first))
		return;
	must(first.n <= MLD_MAX_RECORDS);
	for (unsigned int i = 0; i < first.n; i++)
		must(!first.at[i].n_sources ||
		     (first.at[i].sources > data && first.at[i].sources + 16u * first.at[i].n_sources <= data + size));
	len = mld_build_report(buf, sizeof(buf), &first);
	must(len > 0 && mld_parse_report(buf, (size_t)len, &second) == 0);
	must(first.type == second.type && first.n == second.n && !memcmp(&first.src, &second.src, 16));
	for (unsigned int i = 0; i < first.n; i++) {
		const struct mld_record *a = &first.at[i], *b = &second.at[i];

		must(a->type == b->type && a->n_sources == b->n_sources && !memcmp(&a->group, &b->group, 16));
		must(!a->n_sources || !memcmp(a->sources, b->sources, 16u * a->n_sources));
	}
}

/* What a mobile node hears. */
static void try_query(const uint8_t *msg, size_t size)
{
	struct mld_query q;

	if (mld_parse_query(msg, size, &q))
		return;
	must(q.robustness >= 1 && q.robustness <= 7 && q.interval_s >= 1 && q.interval_s <= MLD_MAX_QQI);
	/* built anew, it says the same */
	must(mld_build_query(buf, sizeof(buf), &q.group, &q.group, 0, q.robustness, q.interval_s) == MLD_QUERY_LEN);
	must((size == 24 || !msg[25] || buf[73] == msg[25]) && !memcmp(buf + 56, msg + 8, 16));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t copy[4096];
	struct in6_addr src, dst;
	size_t msg;
	uint16_t sum;

	try_packet(data, size);
	if (size)
		try_query(data, size);
	if (size < 56 || size > sizeof(copy))
		return 0;
	memcpy(copy, data, size);
	copy[4] = (uint8_t)((size - 40) >> 8);
	copy[5] = (uint8_t)(size - 40);
	msg = 48 + 8u * copy[41];
	if (size < msg + 8)
		return 0;
	memcpy(&src, copy + 8, 16);
	memcpy(&dst, copy + 24, 16);
	copy[msg + 2] = copy[msg + 3] = 0;
	sum = ip6_checksum(&src, &dst, IPPROTO_ICMPV6, copy + msg, size - msg);
	copy[msg + 2] = (uint8_t)(sum >> 8);
	copy[msg + 3] = (uint8_t)sum;
	try_packet(copy, size);
	return 0;
}
