// SPDX-License-Identifier: GPL-2.0-or-later
/* ICMPv6 of Mobile IPv6, and everything that reads IPv6 headers: errors carry a packet that a stranger wrote. */
#include <errno.h>
#include <string.h>

#include "fuzz.h"
#include "wire/exthdr.h"
#include "wire/icmp6.h"

static uint8_t buf[8 + 16 * DHAAD_MAX_AGENTS];

static void try_dhaad(const uint8_t *data, size_t size)
{
	struct icmp6_dhaad first, second;
	ssize_t len;

	if (icmp6_parse_dhaad(data, size, &first))
		return;
	len = icmp6_build_dhaad(buf, sizeof(buf), &first);
	must(len > 0 && icmp6_parse_dhaad(buf, (size_t)len, &second) == 0);
	must(!memcmp(&first, &second, sizeof(first)));
}

static void try_mpd(const uint8_t *data, size_t size)
{
	struct icmp6_mpd first, second;
	ssize_t len;

	if (icmp6_parse_mpd(data, size, &first))
		return;
	len = icmp6_build_mpd(buf, sizeof(buf), &first);
	must(len > 0 && icmp6_parse_mpd(buf, (size_t)len, &second) == 0);
	must(!memcmp(&first, &second, sizeof(first)));
}

static void try_headers(const uint8_t *data, size_t size)
{
	uint8_t hdr[HAO_HDR_LEN];
	struct in6_addr first, second;
	struct ip6_view whole, quoted;

	if (!hao_find(data, size, &first)) {
		hao_build(hdr, data[0], &first);
		must(!hao_find(hdr, sizeof(hdr), &second) && !memcmp(&first, &second, 16));
	}
	if (!rt2_parse(data, size, &first, NULL)) {
		rt2_build(hdr, data[0], &first);
		must(!rt2_parse(hdr, sizeof(hdr), &second, NULL) && !memcmp(&first, &second, 16));
	}
	if (!ip6_walk(data, size, 1, &quoted))
		must(quoted.upper <= size && quoted.upper <= quoted.end);
	if (ip6_walk(data, size, 0, &whole))
		return;
	/* a packet that is all there reads the same as a quoted one */
	must(whole.end <= size && !ip6_walk(data, size, 1, &quoted) && !memcmp(&whole, &quoted, sizeof(whole)));
	ip6_checksum(&whole.src, &whole.dst, whole.proto, data + whole.upper, whole.end - whole.upper);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct icmp6_error error;

	if (!icmp6_parse_error(data, size, &error) && error.quoted_ok)
		must(error.quoted.upper <= size - 8);
	try_dhaad(data, size);
	try_mpd(data, size);
	try_headers(data, size);
	return 0;
}
