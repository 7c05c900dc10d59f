/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * RFC 7078: the DHCPv6 option that carries an address selection policy, and the messages of an Information-request
 * (RFC 8415) that asks for it. Pure codec; everything that comes in is a stranger's.
 */
#ifndef ADDRSEL_DHCP6_OPTION_H
#define ADDRSEL_DHCP6_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "policy.h"

#define DHCP6_OPTION_ADDRSEL	   84
#define DHCP6_OPTION_ADDRSEL_TABLE 85
#define DHCP6_ADDRSEL_MAX	   65535 /* bytes in an option */

#define DHCP6_REFRESH_DEFAULT 86400 /* IRT_DEFAULT, seconds */
#define DHCP6_REFRESH_MIN     600 /* IRT_MINIMUM */
#define DHCP6_FOREVER	      0xffffffffu

struct dhcp6_addrsel {
	bool automatic; /* A: automatic rows are not forbidden */
	bool privacy; /* P: a preference for temporary addresses is not forbidden */
	struct policy table; /* rows of origin FROM_DHCP6; none: the option has no table */
};

/*
 * The content of an OPTION_ADDRSEL. 0; -EBADMSG with the reason in *why: nothing of it is to be used; -ENOMEM. On success
 * the user frees the table.
 */
int dhcp6_addrsel_parse(const uint8_t *data, size_t len, struct dhcp6_addrsel *out, const char **why);

/*
 * Bytes as a client's hook gives them: "030055...", or "3:0:55:..." as dhclient writes it. Bytes written to buf, or
 * -EINVAL, -ENOSPC.
 */
ssize_t dhcp6_hex_parse(const char *text, uint8_t *buf, size_t cap);

/* ---- messages ---- */

#define DHCP6_DUID_MAX 130 /* RFC 8415 11.1: a type and up to 128 bytes */

/*
 * An Information-request with our identifier, the time since the first one, and a request for the options 84 and 32.
 * Bytes or -ENOSPC.
 */
ssize_t dhcp6_build_request(uint8_t *buf, size_t cap, uint32_t xid, const uint8_t *duid, size_t duid_len,
			    unsigned int elapsed_cs);

struct dhcp6_reply {
	const uint8_t *addrsel; /* into the message; NULL: the server has no such option */
	size_t addrsel_len;
	uint32_t refresh; /* option 32, at least DHCP6_REFRESH_MIN; DHCP6_REFRESH_DEFAULT without it */
	uint16_t status; /* option 13; 0: success */
};

/*
 * A Reply to that request. 0; -ENOMSG: not for us (another message type, transaction or client); -EBADMSG: it is, and is
 * broken.
 */
int dhcp6_parse_reply(const uint8_t *buf, size_t len, uint32_t xid, const uint8_t *duid, size_t duid_len,
		      struct dhcp6_reply *out);

#endif
