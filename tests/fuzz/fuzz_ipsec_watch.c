// SPDX-License-Identifier: GPL-2.0-or-later
/* Notifications about associations and policies, as they are and with a length that is right. */
#include <string.h>

#include "fuzz.h"
#include "kern/ipsec_msg.h"

/* ---- of nl.c: there is no socket here ---- */

uint32_t kern_nl_port(enum kern_proto proto)
{
	(void)proto;
	return 0;
}

const char *kern_ip(const struct in6_addr *a)
{
	must(a);
	return "";
}

void kern_batch_add(struct kern_batch *b, struct nl_msg *msg, unsigned int forgive, const char *fmt, ...)
{
	must(b && msg && !forgive && fmt && 0);
}

static void try(const uint8_t *data, size_t size, int right_length)
{
	struct kern_ipsec_event first, second;
	uint8_t *copy = malloc(size ? size : 1);
	uint32_t len = (uint32_t)size;
	int found;

	must(copy);
	memcpy(copy, data, size);
	if (right_length && size >= sizeof(len))
		memcpy(copy, &len, sizeof(len));
	memset(&first, 0x55, sizeof(first));
	memset(&second, 0xaa, sizeof(second));
	found = kern_ipsec_watch_parse(copy, size, &first);
	must(found == 0 || found == 1);
	must(kern_ipsec_watch_parse(copy, size, &second) == found);
	/* nothing of what was in memory before; and padding is not compared */
	must(first.kind == second.kind && first.kind <= KERN_IPSEC_POLICY_GONE && first.spi == second.spi &&
	     first.reqid == second.reqid && first.tunnel == second.tunnel &&
	     IN6_ARE_ADDR_EQUAL(&first.src, &second.src) && IN6_ARE_ADDR_EQUAL(&first.dst, &second.dst));
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	try(data, size, 0);
	try(data, size, 1);
	return 0;
}
