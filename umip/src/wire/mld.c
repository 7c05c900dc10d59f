// SPDX-License-Identifier: GPL-2.0-or-later
/* Multicast Listener Discovery: see mld.h. */
#include "wire/mld.h"

#include <errno.h>
#include <string.h>

#include "wire/bytes.h"
#include "wire/exthdr.h"

#define IP6_LEN	      40
#define HBH_LEN	      8
#define OPT_PAD1      0
#define OPT_ALERT     5 /* RFC 2711; the value 0 means MLD */
#define HDR_LEN	      8 /* of every MLD message */
#define V1_LEN	      24
#define QUERY_V2_LEN  28
#define QRV_AT	      24
#define QRV_MASK      7
#define QQIC_AT	      25
#define RECORD_LEN    20
#define CHECKSUM_AT   2

static const struct in6_addr all_nodes = { .s6_addr = { 0xff, 2, [15] = 1 } };
static const struct in6_addr all_routers = { .s6_addr = { 0xff, 2, [15] = 2 } };
static const struct in6_addr all_mld2_routers = { .s6_addr = { 0xff, 2, [15] = 0x16 } };

/* Whether these options have a router alert that means MLD. */
static int alerts(const uint8_t *opt, size_t len)
{
	size_t at = 0;

	while (at < len) {
		if (opt[at] == OPT_PAD1) {
			at++;
			continue;
		}
		if (len - at < 2 || len - at < 2u + opt[at + 1])
			return 0;
		if (opt[at] == OPT_ALERT)
			return opt[at + 1] == 2 && get16(opt + at + 2) == 0;
		at += 2u + opt[at + 1];
	}
	return 0;
}

/* From the packet to the message. */
static const uint8_t *message(const uint8_t *pkt, size_t len, size_t *size, struct in6_addr *src)
{
	struct in6_addr dst;
	size_t ext;

	if (len < IP6_LEN + HBH_LEN || pkt[0] >> 4 != 6 || pkt[6] != IPPROTO_HOPOPTS || pkt[7] != 1)
		return NULL;
	if (get16(pkt + 4) > len - IP6_LEN)
		return NULL;
	len = IP6_LEN + get16(pkt + 4);
	if (len < IP6_LEN + HBH_LEN || pkt[IP6_LEN] != IPPROTO_ICMPV6)
		return NULL;
	ext = 8 + 8u * pkt[IP6_LEN + 1];
	if (len < IP6_LEN + ext + HDR_LEN || !alerts(pkt + IP6_LEN + 2, ext - 2))
		return NULL;
	memcpy(src, pkt + 8, sizeof(*src));
	memcpy(&dst, pkt + 24, sizeof(dst));
	*size = len - IP6_LEN - ext;
	pkt += IP6_LEN + ext;
	return ip6_checksum(src, &dst, IPPROTO_ICMPV6, pkt, *size) ? NULL : pkt;
}

static int parse_records(const uint8_t *msg, size_t size, struct mld_report *out)
{
	unsigned int n = get16(msg + 6);
	size_t at = HDR_LEN;

	for (unsigned int i = 0; i < n; i++) {
		struct mld_record r;
		size_t all;

		if (size - at < RECORD_LEN)
			return -EBADMSG;
		r.type = msg[at];
		r.n_sources = get16(msg + at + 2);
		memcpy(&r.group, msg + at + 4, sizeof(r.group));
		r.sources = msg + at + RECORD_LEN;
		all = RECORD_LEN + (size_t)r.n_sources * 16 + 4u * msg[at + 1];
		if (size - at < all)
			return -EBADMSG;
		at += all;
		if (out->n < MLD_MAX_RECORDS)
			out->at[out->n++] = r;
	}
	return 0;
}

int mld_parse_report(const uint8_t *pkt, size_t len, struct mld_report *out)
{
	const uint8_t *msg;
	size_t size;

	memset(out, 0, sizeof(*out));
	msg = message(pkt, len, &size, &out->src);
	if (!msg)
		return -EBADMSG;
	out->type = msg[0];
	if (out->type == MLD_REPORT_V2)
		return parse_records(msg, size, out);
	if ((out->type != MLD_REPORT_V1 && out->type != MLD_DONE) || size < V1_LEN)
		return -EBADMSG;
	out->n = 1;
	out->at[0].type = out->type == MLD_DONE ? MLD_TO_IN : MLD_IS_EX;
	memcpy(&out->at[0].group, msg + HDR_LEN, sizeof(out->at[0].group));
	return 0;
}

static uint8_t *head(uint8_t *buf, size_t size, const struct in6_addr *src, const struct in6_addr *dst)
{
	static const uint8_t alert[HBH_LEN] = { IPPROTO_ICMPV6, 0, OPT_ALERT, 2, 0, 0, 1, 0 };

	ip6_build(buf, IPPROTO_HOPOPTS, 1, (uint16_t)(HBH_LEN + size), src, dst);
	memcpy(buf + IP6_LEN, alert, sizeof(alert));
	return memset(buf + IP6_LEN + HBH_LEN, 0, size);
}

static ssize_t finish(uint8_t *msg, size_t size, const struct in6_addr *src, const struct in6_addr *dst)
{
	put16(msg + CHECKSUM_AT, ip6_checksum(src, dst, IPPROTO_ICMPV6, msg, size));
	return (ssize_t)(IP6_LEN + HBH_LEN + size);
}

/* RFC 3810 5.1.9: above 127 three bits of exponent and four of mantissa. */
static uint8_t qqic(unsigned int s)
{
	unsigned int exp = 0;

	if (s > MLD_MAX_QQI)
		s = MLD_MAX_QQI;
	if (s < 128)
		return (uint8_t)s;
	while (s >> (exp + 3) > 31)
		exp++;
	return (uint8_t)(0x80 | exp << 4 | (s >> (exp + 3) & 15));
}

ssize_t mld_build_query(uint8_t *buf, size_t cap, const struct in6_addr *src, const struct in6_addr *group, unsigned int max_delay_ms,
			unsigned int robustness, unsigned int interval_s)
{
	const struct in6_addr *dst = group ? group : &all_nodes;
	uint8_t *msg;

	if (cap < MLD_QUERY_LEN)
		return -ENOSPC;
	msg = head(buf, QUERY_V2_LEN, src, dst);
	msg[0] = MLD_QUERY;
	put16(msg + 4, (uint16_t)(max_delay_ms < MLD_MAX_DELAY ? max_delay_ms : MLD_MAX_DELAY));
	if (group)
		memcpy(msg + HDR_LEN, group, sizeof(*group));
	msg[QRV_AT] = robustness <= 7 ? (uint8_t)robustness : 0;
	msg[QQIC_AT] = qqic(interval_s);
	return finish(msg, QUERY_V2_LEN, src, dst);
}

/* A code that has a mantissa of so many bits below its three of exponent (5.1.3, 5.1.9). */
static unsigned int decode(unsigned int code, unsigned int bits)
{
	unsigned int mantissa = code & ((1u << bits) - 1), exp = code >> bits & 7;

	return code < 1u << (bits + 3) ? code : (mantissa | 1u << bits) << (exp + 3);
}

int mld_parse_query(const uint8_t *msg, size_t len, struct mld_query *out)
{
	/* Between the two lengths it is neither version's (8.1). */
	if ((len != V1_LEN && len < QUERY_V2_LEN) || msg[0] != MLD_QUERY)
		return -EBADMSG;
	*out = (struct mld_query){ .max_delay_ms = get16(msg + 4), .robustness = MLD_ROBUSTNESS, .interval_s = MLD_INTERVAL };
	memcpy(&out->group, msg + HDR_LEN, sizeof(out->group));
	if (len == V1_LEN)
		return 0;
	out->max_delay_ms = decode(get16(msg + 4), 12);
	if (msg[QRV_AT] & QRV_MASK)
		out->robustness = msg[QRV_AT] & QRV_MASK;
	if (msg[QQIC_AT])
		out->interval_s = decode(msg[QQIC_AT], 4);
	return 0;
}

ssize_t mld_build_report(uint8_t *buf, size_t cap, const struct mld_report *r)
{
	const struct in6_addr *dst = r->type == MLD_REPORT_V2 ? &all_mld2_routers : r->type == MLD_DONE ? &all_routers : &r->at[0].group;
	size_t size = r->type == MLD_REPORT_V2 ? HDR_LEN : V1_LEN, at = HDR_LEN;
	uint8_t *msg;

	for (unsigned int i = 0; r->type == MLD_REPORT_V2 && i < r->n; i++)
		size += RECORD_LEN + (size_t)r->at[i].n_sources * 16;
	if (size > UINT16_MAX - HBH_LEN || cap < IP6_LEN + HBH_LEN + size)
		return -ENOSPC;
	msg = head(buf, size, &r->src, dst);
	msg[0] = r->type;
	if (r->type != MLD_REPORT_V2) {
		memcpy(msg + HDR_LEN, &r->at[0].group, 16);
		return finish(msg, size, &r->src, dst);
	}
	put16(msg + 6, (uint16_t)r->n);
	for (unsigned int i = 0; i < r->n; i++) {
		const struct mld_record *m = &r->at[i];

		msg[at] = m->type;
		put16(msg + at + 2, m->n_sources);
		memcpy(msg + at + 4, &m->group, 16);
		if (m->n_sources)
			memcpy(msg + at + RECORD_LEN, m->sources, (size_t)m->n_sources * 16);
		at += RECORD_LEN + (size_t)m->n_sources * 16;
	}
	return finish(msg, size, &r->src, dst);
}
