// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ICMPv6 errors, home agent address discovery and mobile prefix discovery. The options of the last are Neighbour
 * Discovery's.
 */
#include "wire/icmp6.h"

#include <errno.h>
#include <string.h>

#include "wire/bytes.h"

#define HDR_LEN		    8
#define DHAAD_MOBILE_ROUTER 0x80
#define MPD_MANAGED	    0x80
#define MPD_OTHER	    0x40

int icmp6_parse_error(const uint8_t *buf, size_t len, struct icmp6_error *out)
{
	memset(out, 0, sizeof(*out));
	/* The upper half of the type space is for informational messages (RFC 4443 2.1). */
	if (len < HDR_LEN || buf[0] & 0x80)
		return -EBADMSG;
	out->type = buf[0];
	out->code = buf[1];
	if (out->type == ICMP6_TOO_BIG || out->type == ICMP6_PARAM_PROBLEM)
		out->param = get32(buf + 4);
	out->quoted_ok = ip6_walk(buf + HDR_LEN, len - HDR_LEN, 1, &out->quoted) == 0;
	return 0;
}

int icmp6_parse_dhaad(const uint8_t *buf, size_t len, struct icmp6_dhaad *out)
{
	size_t n;

	memset(out, 0, sizeof(*out));
	if (len < HDR_LEN || (buf[0] != ICMP6_DHAAD_REQUEST && buf[0] != ICMP6_DHAAD_REPLY) || buf[1])
		return -EBADMSG;
	out->reply = buf[0] == ICMP6_DHAAD_REPLY;
	out->id = get16(buf + 4);
	out->mobile_router = buf[6] & DHAAD_MOBILE_ROUTER;
	if (!out->reply)
		return 0;
	if ((len - HDR_LEN) % 16)
		return -EBADMSG;
	n = (len - HDR_LEN) / 16;
	out->n_agents = n < DHAAD_MAX_AGENTS ? (unsigned int)n : DHAAD_MAX_AGENTS;
	memcpy(out->agents, buf + HDR_LEN, out->n_agents * 16);
	return 0;
}

int icmp6_parse_mpd(const uint8_t *buf, size_t len, struct icmp6_mpd *out)
{
	const uint8_t *opt;
	size_t at = HDR_LEN, size;
	int ret;

	memset(out, 0, sizeof(*out));
	if (len < HDR_LEN || (buf[0] != ICMP6_MP_SOLICIT && buf[0] != ICMP6_MP_ADVERT) || buf[1])
		return -EBADMSG;
	out->advert = buf[0] == ICMP6_MP_ADVERT;
	out->id = get16(buf + 4);
	/* A solicitation has no options yet; whatever follows is of a later standard. */
	if (!out->advert)
		return 0;
	out->managed = buf[6] & MPD_MANAGED;
	out->other = buf[6] & MPD_OTHER;
	while ((ret = nd_next_option(buf, len, &at, &opt, &size)) > 0)
		if (out->n_prefixes < ND_MAX_PREFIXES && nd_get_prefix(opt, size, &out->prefixes[out->n_prefixes]))
			out->n_prefixes++;
	return ret;
}

ssize_t icmp6_build_dhaad(uint8_t *buf, size_t cap, const struct icmp6_dhaad *msg)
{
	size_t n = !msg->reply ? 0 : msg->n_agents < DHAAD_MAX_AGENTS ? msg->n_agents : DHAAD_MAX_AGENTS;

	if (cap < HDR_LEN + n * 16)
		return -ENOSPC;
	memset(buf, 0, HDR_LEN);
	buf[0] = msg->reply ? ICMP6_DHAAD_REPLY : ICMP6_DHAAD_REQUEST;
	put16(buf + 4, msg->id);
	buf[6] = msg->mobile_router ? DHAAD_MOBILE_ROUTER : 0;
	memcpy(buf + HDR_LEN, msg->agents, n * 16);
	return (ssize_t)(HDR_LEN + n * 16);
}

ssize_t icmp6_build_mpd(uint8_t *buf, size_t cap, const struct icmp6_mpd *msg)
{
	size_t n = !msg->advert ? 0 : msg->n_prefixes < ND_MAX_PREFIXES ? msg->n_prefixes : ND_MAX_PREFIXES;

	if (cap < HDR_LEN + n * ND_PREFIX_OPT_LEN)
		return -ENOSPC;
	memset(buf, 0, HDR_LEN);
	buf[0] = msg->advert ? ICMP6_MP_ADVERT : ICMP6_MP_SOLICIT;
	put16(buf + 4, msg->id);
	if (msg->advert)
		buf[6] = (msg->managed ? MPD_MANAGED : 0) | (msg->other ? MPD_OTHER : 0);
	for (size_t i = 0; i < n; i++)
		nd_put_prefix(buf + HDR_LEN + i * ND_PREFIX_OPT_LEN, &msg->prefixes[i]);
	return (ssize_t)(HDR_LEN + n * ND_PREFIX_OPT_LEN);
}
