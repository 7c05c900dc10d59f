// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Destination options with a Home Address, routing header type 2, and the walk over a whole packet's headers.
 *
 * The walk never looks past the bytes that it was given, and every extension header takes at least 8 of them, so
 * its length bounds the loop. A header that repeats what RFC 6275 allows once (Home Address option, routing header
 * type 2) is an error: two readers could pick different ones.
 */
#include "wire/exthdr.h"

#include <errno.h>
#include <string.h>

#include "wire/bytes.h"

#define OPT_PAD1     0
#define OPT_PADN     1
#define HAO_DATA_LEN 16
#define RT2_TYPE     2
#define IP6_HDR_LEN  40

void hao_build(uint8_t buf[HAO_HDR_LEN], uint8_t next, const struct in6_addr *hoa)
{
	memset(buf, 0, HAO_HDR_LEN);
	buf[0] = next;
	buf[1] = HAO_HDR_LEN / 8 - 1;
	buf[2] = OPT_PADN;
	buf[3] = 2;
	buf[6] = HAO_OPT_TYPE;
	buf[7] = HAO_DATA_LEN;
	memcpy(buf + 8, hoa, 16);
}

int hao_find(const uint8_t *hdr, size_t len, struct in6_addr *addr)
{
	size_t found = 0, at = 2;

	if (len < 8 || (hdr[1] + 1u) * 8 > len)
		return -EBADMSG;
	len = (hdr[1] + 1u) * 8;
	while (at < len) {
		if (hdr[at] == OPT_PAD1) {
			at++;
			continue;
		}
		if (len - at < 2 || len - at - 2 < hdr[at + 1])
			return -EBADMSG;
		if (hdr[at] == HAO_OPT_TYPE) {
			if (found || hdr[at + 1] != HAO_DATA_LEN)
				return -EBADMSG;
			found = at + 2;
		}
		at += 2u + hdr[at + 1];
	}
	if (!found)
		return -ENOENT;
	memcpy(addr, hdr + found, 16);
	return 0;
}

void rt2_build(uint8_t buf[RT2_HDR_LEN], uint8_t next, const struct in6_addr *addr)
{
	memset(buf, 0, RT2_HDR_LEN);
	buf[0] = next;
	buf[1] = RT2_HDR_LEN / 8 - 1;
	buf[2] = RT2_TYPE;
	buf[3] = 1;
	memcpy(buf + 8, addr, 16);
}

int rt2_parse(const uint8_t *hdr, size_t len, struct in6_addr *addr, uint8_t *segleft)
{
	if (len < 8)
		return -EBADMSG;
	if (hdr[2] != RT2_TYPE)
		return -ENOENT;
	if (len < RT2_HDR_LEN || hdr[1] != RT2_HDR_LEN / 8 - 1 || hdr[3] > 1)
		return -EBADMSG;
	memcpy(addr, hdr + 8, 16);
	if (segleft)
		*segleft = hdr[3];
	return 0;
}

void ip6_build(uint8_t buf[40], uint8_t next, uint8_t hoplimit, uint16_t payload_len, const struct in6_addr *src,
	       const struct in6_addr *dst)
{
	put32(buf, 0x60000000);
	put16(buf + 4, payload_len);
	buf[6] = next;
	buf[7] = hoplimit;
	memcpy(buf + 8, src, 16);
	memcpy(buf + 24, dst, 16);
}

static int note_dstopts(const uint8_t *hdr, size_t len, struct ip6_view *out)
{
	struct in6_addr addr;
	int ret = hao_find(hdr, len, &addr);

	if (ret == -ENOENT)
		return 0;
	if (ret || out->has_hao)
		return -EBADMSG;
	out->has_hao = 1;
	out->hao = addr;
	return 0;
}

static int note_routing(const uint8_t *hdr, size_t len, struct ip6_view *out)
{
	struct in6_addr addr;
	int ret = rt2_parse(hdr, len, &addr, NULL);

	if (ret == -ENOENT)
		return 0;
	if (ret || out->has_rt2)
		return -EBADMSG;
	out->has_rt2 = 1;
	out->rt2 = addr;
	return 0;
}

/*
 * Notes what one extension header says. 1: proto is not one, the walk is over; else 0 and *size, or a negative
 * errno.
 */
static int note_header(uint8_t proto, const uint8_t *hdr, size_t avail, size_t *size, struct ip6_view *out)
{
	switch (proto) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_DSTOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_AH:
	case IPPROTO_FRAGMENT:
		break;
	case IPPROTO_ESP:
		return -EPROTONOSUPPORT;
	default:
		return 1;
	}
	if (avail < 8)
		return -EBADMSG;
	*size = (hdr[1] + 1u) * 8;
	if (proto == IPPROTO_AH)
		*size = (hdr[1] + 2u) * 4;
	if (proto == IPPROTO_FRAGMENT)
		*size = 8;
	if (*size < 8 || *size > avail)
		return -EBADMSG;
	if (proto == IPPROTO_FRAGMENT && get16(hdr + 2) >> 3)
		return -EPROTONOSUPPORT;
	if (proto == IPPROTO_DSTOPTS)
		return note_dstopts(hdr, *size, out);
	if (proto == IPPROTO_ROUTING)
		return note_routing(hdr, *size, out);
	return 0;
}

int ip6_walk(const uint8_t *pkt, size_t len, int quoted, struct ip6_view *out)
{
	size_t avail, size;
	int ret;

	memset(out, 0, sizeof(*out));
	if (len < IP6_HDR_LEN || pkt[0] >> 4 != 6)
		return -EBADMSG;
	memcpy(&out->src, pkt + 8, 16);
	memcpy(&out->dst, pkt + 24, 16);
	out->tclass = (uint8_t)(get16(pkt) >> 4);
	out->hoplimit = pkt[7];
	out->end = IP6_HDR_LEN + (size_t)get16(pkt + 4);
	if (out->end > len && !quoted)
		return -EBADMSG;
	avail = out->end < len ? out->end : len;

	out->proto = pkt[6];
	out->upper = IP6_HDR_LEN;
	for (;;) {
		/* Hop-by-hop options are only hop-by-hop options right behind the IPv6 header. */
		if (out->proto == IPPROTO_HOPOPTS && out->upper != IP6_HDR_LEN)
			return -EBADMSG;
		ret = note_header(out->proto, pkt + out->upper, avail - out->upper, &size, out);
		if (ret < 0)
			return ret;
		if (ret)
			break;
		out->proto = pkt[out->upper];
		out->upper += size;
	}
	if (out->proto == IPPROTO_NONE)
		out->upper = avail;
	return 0;
}

uint16_t ip6_checksum(const struct in6_addr *src, const struct in6_addr *dst, uint8_t proto, const uint8_t *data,
		      size_t len)
{
	uint64_t sum = (uint64_t)len + proto;

	for (size_t i = 0; i < 16; i += 2)
		sum += get16(src->s6_addr + i) + (uint32_t)get16(dst->s6_addr + i);
	for (size_t i = 0; i + 1 < len; i += 2)
		sum += get16(data + i);
	if (len & 1)
		sum += (uint32_t)data[len - 1] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}
