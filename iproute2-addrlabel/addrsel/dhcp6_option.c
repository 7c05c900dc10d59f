// SPDX-License-Identifier: GPL-2.0-or-later
/* RFC 7078's options; see dhcp6_option.h. */
#include "dhcp6_option.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "wire/bytes.h"

#define FLAG_A 0x02
#define FLAG_P 0x01

#define MSG_REPLY		7
#define MSG_INFORMATION_REQUEST 11
#define OPT_CLIENTID		1
#define OPT_SERVERID		2
#define OPT_ORO			6
#define OPT_ELAPSED_TIME	8
#define OPT_STATUS_CODE		13
#define OPT_REFRESH_TIME	32

struct option {
	uint16_t code;
	const uint8_t *data;
	size_t len;
};

/* The next option at *p. 1, 0 at the end, -EBADMSG. */
static int next_option(const uint8_t **p, const uint8_t *end, struct option *o)
{
	size_t left = (size_t)(end - *p);

	if (!left)
		return 0;
	if (left < 4)
		return -EBADMSG;
	*o = (struct option){ .code = get16(*p), .len = get16(*p + 2), .data = *p + 4 };
	if (o->len > left - 4)
		return -EBADMSG;
	*p = o->data + o->len;
	return 1;
}

/* One OPTION_ADDRSEL_TABLE. NULL, or what is wrong. */
static const char *read_row(const struct option *o, struct policy *table, int *rc)
{
	struct policy_row row = { .origin = FROM_DHCP6 }, *there;

	*rc = -EBADMSG;
	if (o->len < 3)
		return "a table row is shorter than its header";
	row.label = o->data[0];
	row.precedence = o->data[1];
	row.len = o->data[2];
	if (row.len > 128)
		return "a prefix is longer than 128";
	if (o->len != 3 + (row.len + 7u) / 8)
		return "a prefix has not as many bytes as its length says";
	memcpy(&row.prefix, o->data + 3, o->len - 3);
	/* the bits behind the prefix have no meaning */
	prefix_mask(&row.prefix, row.len);
	if (IN6_IS_ADDR_MULTICAST(&row.prefix) && row.len >= 8)
		return "a prefix of multicast addresses";
	there = policy_find(table, &row.prefix, row.len, "");
	if (there && (there->label != row.label || there->precedence != row.precedence))
		return "two rows of one prefix contradict each other";
	*rc = there ? 0 : policy_append(table, &row);
	return NULL;
}

int dhcp6_addrsel_parse(const uint8_t *data, size_t len, struct dhcp6_addrsel *out, const char **why)
{
	const uint8_t *p = data, *end = data + len;
	struct option o;
	int rc;

	*out = (struct dhcp6_addrsel){ 0 };
	*why = NULL;
	if (!len) {
		*why = "the option is empty";
		return -EBADMSG;
	}
	if (len > DHCP6_ADDRSEL_MAX) {
		*why = "the option is longer than 65535 bytes";
		return -EBADMSG;
	}
	/* six bits are reserved, and to be ignored */
	out->automatic = *p & FLAG_A;
	out->privacy = *p & FLAG_P;
	p++;
	while ((rc = next_option(&p, end, &o)) > 0) {
		if (o.code != DHCP6_OPTION_ADDRSEL_TABLE)
			continue;
		*why = read_row(&o, &out->table, &rc);
		if (rc)
			break;
	}
	if (rc == -EBADMSG && !*why)
		*why = "a suboption is longer than the option";
	if (rc)
		policy_free(&out->table);
	return rc;
}

static int nibble(char c)
{
	return isdigit((unsigned char)c)  ? c - '0' :
	       isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10 :
					    -1;
}

ssize_t dhcp6_hex_parse(const char *s, uint8_t *buf, size_t cap)
{
	bool colons = strchr(s, ':');
	size_t n = 0;

	while (*s) {
		int high = nibble(s[0]), low = high < 0 ? -1 : nibble(s[1]);

		if (high < 0 || (low < 0 && !colons))
			return -EINVAL;
		if (n == cap)
			return -ENOSPC;
		buf[n++] = (uint8_t)(low < 0 ? high : high << 4 | low);
		s += low < 0 ? 1 : 2;
		if (colons && *s && (*s++ != ':' || !*s))
			return -EINVAL;
	}
	return (ssize_t)n;
}

/* ---- messages ---- */

static uint8_t *put_option(uint8_t *p, uint16_t code, const void *data, size_t len)
{
	put16(p, code);
	put16(p + 2, (uint16_t)len);
	if (data)
		memcpy(p + 4, data, len);
	return p + 4 + len;
}

ssize_t dhcp6_build_request(uint8_t *buf, size_t cap, uint32_t xid, const uint8_t *duid, size_t duid_len,
			    unsigned int elapsed_cs)
{
	uint8_t *p = buf, wanted[4], elapsed[2];

	if (duid_len > DHCP6_DUID_MAX || cap < 4 + 4 + duid_len + 4 + sizeof(wanted) + 4 + sizeof(elapsed))
		return -ENOSPC;
	put32(p, xid & 0xffffff);
	*p = MSG_INFORMATION_REQUEST;
	put16(wanted, DHCP6_OPTION_ADDRSEL);
	put16(wanted + 2, OPT_REFRESH_TIME);
	put16(elapsed, (uint16_t)(elapsed_cs > 0xffff ? 0xffff : elapsed_cs));
	p = put_option(p + 4, OPT_CLIENTID, duid, duid_len);
	p = put_option(p, OPT_ORO, wanted, sizeof(wanted));
	p = put_option(p, OPT_ELAPSED_TIME, elapsed, sizeof(elapsed));
	return p - buf;
}

int dhcp6_parse_reply(const uint8_t *buf, size_t len, uint32_t xid, const uint8_t *duid, size_t duid_len,
		      struct dhcp6_reply *out)
{
	const uint8_t *p = buf + 4, *end = buf + len;
	bool client = false, server = false, status = false, refresh = false;
	struct option o;
	int rc;

	*out = (struct dhcp6_reply){ .refresh = DHCP6_REFRESH_DEFAULT };
	if (len < 4 || buf[0] != MSG_REPLY || (get32(buf) & 0xffffff) != (xid & 0xffffff))
		return -ENOMSG;
	while ((rc = next_option(&p, end, &o)) > 0) {
		switch (o.code) {
		case OPT_CLIENTID:
			if (client)
				return -EBADMSG;
			client = true;
			if (o.len != duid_len || memcmp(o.data, duid, duid_len))
				return -ENOMSG;
			break;
		case OPT_SERVERID:
			if (server || o.len < 3 || o.len > DHCP6_DUID_MAX)
				return -EBADMSG;
			server = true;
			break;
		case OPT_STATUS_CODE:
			if (status || o.len < 2)
				return -EBADMSG;
			status = true;
			out->status = get16(o.data);
			break;
		case OPT_REFRESH_TIME:
			if (refresh || o.len != 4)
				return -EBADMSG;
			refresh = true;
			out->refresh = get32(o.data) < DHCP6_REFRESH_MIN ? DHCP6_REFRESH_MIN : get32(o.data);
			break;
		case DHCP6_OPTION_ADDRSEL:
			if (out->addrsel)
				return -EBADMSG;
			out->addrsel = o.data;
			out->addrsel_len = o.len;
			break;
		default:
			break;
		}
	}
	if (rc < 0 || !server)
		return -EBADMSG;
	return client ? 0 : -ENOMSG;
}
