/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One Information-request exchange (RFC 8415 18.2.6) on an interface. */
#ifndef ADDRSEL_DHCP6_CLIENT_H
#define ADDRSEL_DHCP6_CLIENT_H

#include "dhcp6_option.h"

struct dhcp6_answer {
	bool has_option;
	uint8_t *option; /* malloc'ed */
	size_t option_len;
	uint32_t refresh; /* seconds */
};

/*
 * Asks, with retransmissions (1 s, doubled, with their random part), for at most timeout seconds. 0; -ETIMEDOUT: no
 * usable answer; -EADDRINUSE: another client has the port; another -errno. *why says more, if there is more to say.
 */
int dhcp6_ask(const char *dev, unsigned int timeout, struct dhcp6_answer *out, const char **why);

#endif
