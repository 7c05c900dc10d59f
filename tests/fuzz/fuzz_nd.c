// SPDX-License-Identifier: GPL-2.0-or-later
/* Neighbour Discovery: whatever parses can be built, and says the same when it is parsed again. */
#include <errno.h>
#include <string.h>

#include "fuzz.h"
#include "wire/nd.h"

static uint8_t buf[16 + 8 * 5 + ND_PREFIX_OPT_LEN * ND_MAX_PREFIXES];

static void try_ra(const uint8_t *data, size_t size)
{
	struct nd_ra first, second;
	ssize_t len;

	if (nd_parse_ra(data, size, &first))
		return;
	must(first.n_prefixes <= ND_MAX_PREFIXES);
	for (unsigned int i = 0; i < first.n_prefixes; i++)
		must(first.prefixes[i].len <= 128);
	len = nd_build_ra(buf, sizeof(buf), &first);
	must(len > 0 && nd_parse_ra(buf, (size_t)len, &second) == 0);
	must(!memcmp(&first, &second, sizeof(first)));
	must(nd_build_ra(buf, (size_t)len - 1, &first) == -ENOSPC);
}

static void try_ns(const uint8_t *data, size_t size)
{
	struct nd_ns first, second;
	ssize_t len;

	if (nd_parse_ns(data, size, &first))
		return;
	len = nd_build_ns(buf, sizeof(buf), &first);
	must(len > 0 && nd_parse_ns(buf, (size_t)len, &second) == 0);
	must(!memcmp(&first, &second, sizeof(first)));
}

static void try_na(const uint8_t *data, size_t size)
{
	struct nd_na first, second;
	ssize_t len;

	if (nd_parse_na(data, size, &first))
		return;
	len = nd_build_na(buf, sizeof(buf), &first);
	must(len > 0 && nd_parse_na(buf, (size_t)len, &second) == 0);
	must(!memcmp(&first, &second, sizeof(first)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	try_ra(data, size);
	try_ns(data, size);
	try_na(data, size);
	return 0;
}
