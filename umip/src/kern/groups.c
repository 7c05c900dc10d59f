// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The IPv6 groups of this host's interfaces. rtnetlink tells them without how many users each has, and no change of them before Linux 6.14;
 * /proc does.
 */
#include <errno.h>
#include <stdio.h>

#include "kern/sock.h"

#define GROUPS_FILE "/proc/self/net/igmp6"

static bool from_hex(const char *text, struct in6_addr *out)
{
	for (unsigned int i = 0; i < 16; i++) {
		unsigned int byte;

		if (sscanf(text + 2 * i, "%2x", &byte) != 1)
			return false;
		out->s6_addr[i] = (uint8_t)byte;
	}
	return true;
}

int group_dump(void (*cb)(int ifindex, const struct in6_addr *group, unsigned int users, void *arg), void *arg)
{
	char line[160], addr[33];
	FILE *f = fopen(GROUPS_FILE, "re");
	struct in6_addr group;
	unsigned int users;
	int ifindex;

	if (!f)
		return -errno;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%d %*s %32[0-9a-f] %u", &ifindex, addr, &users) == 3 && from_hex(addr, &group))
			cb(ifindex, &group, users, arg);
	fclose(f);
	return 0;
}
