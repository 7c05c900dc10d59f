// SPDX-License-Identifier: GPL-2.0-or-later
/* RFC 7078's option as it comes, in a Reply, and as hexadecimal digits. */
#include <errno.h>
#include <string.h>

#include "dhcp6_option.h"
#include "fuzz.h"

static void as_option(const uint8_t *data, size_t size)
{
	struct dhcp6_addrsel a;
	const char *why;
	int rc = dhcp6_addrsel_parse(data, size, &a, &why);

	must(rc == 0 || rc == -EBADMSG);
	must(!rc == !why);
	must(!rc || !a.table.n);
	for (size_t i = 0; i < a.table.n; i++) {
		struct policy_row r = a.table.row[i];

		must(r.len <= 128 && r.label <= 255 && r.precedence <= 255 && !prefix_mask(&r.prefix, r.len));
		must(policy_find(&a.table, &r.prefix, r.len, "") == &a.table.row[i]);
	}
	policy_free(&a.table);
}

static void as_reply(const uint8_t *data, size_t size)
{
	static const uint8_t duid[] = { 0, 3, 0, 1 };
	struct dhcp6_reply r;

	if (dhcp6_parse_reply(data, size, 0x123456, duid, sizeof(duid), &r))
		return;
	must(r.refresh >= DHCP6_REFRESH_MIN);
	must(!r.addrsel || (r.addrsel >= data && r.addrsel + r.addrsel_len <= data + size));
	if (r.addrsel)
		as_option(r.addrsel, r.addrsel_len);
}

static void as_hex(const uint8_t *data, size_t size)
{
	uint8_t bytes[64];
	char *text = strndup((const char *)data, size);
	ssize_t n;

	must(text);
	n = dhcp6_hex_parse(text, bytes, sizeof(bytes));
	must(n == -EINVAL || n == -ENOSPC || (n >= 0 && n <= (ssize_t)sizeof(bytes)));
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	as_option(data, size);
	as_reply(data, size);
	as_hex(data, size);
	return 0;
}
