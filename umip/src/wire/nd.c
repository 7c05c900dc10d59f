// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Neighbour Discovery codec. RFC 4861 makes only two things fatal in an option list: a length of zero and an
 * option that runs over the end. An option of a known type with a size or content that we do not expect (a prefix
 * longer than 128 bits, a link-layer address that does not fit) is one we do not recognise, and is skipped: the
 * rest of the advertisement still counts, as it does for the kernel. Of options that should be there once, the
 * first counts.
 */
#include "wire/nd.h"

#include <errno.h>
#include <string.h>

#include "wire/bytes.h"

#define OPT_SLL		 1
#define OPT_TLL		 2
#define OPT_PREFIX	 3
#define OPT_MTU		 5
#define OPT_ADV_INTERVAL 7
#define OPT_HA_INFO	 8

#define RS_LEN 8
#define RA_LEN 16
#define NS_LEN 24

#define RA_MANAGED    0x80
#define RA_OTHER      0x40
#define RA_HOME_AGENT 0x20
#define NA_ROUTER     0x80
#define NA_SOLICITED  0x40
#define NA_OVERRIDE   0x20
#define PREFIX_ONLINK 0x80
#define PREFIX_AUTO   0x40
#define PREFIX_ROUTER 0x20
#define HA_INFO_MR    0x80

int nd_next_option(const uint8_t *buf, size_t len, size_t *at, const uint8_t **opt, size_t *size)
{
	if (*at == len)
		return 0;
	if (len - *at < 2 || !buf[*at + 1] || buf[*at + 1] * 8u > len - *at)
		return -EBADMSG;
	*opt = buf + *at;
	*size = buf[*at + 1] * 8u;
	*at += *size;
	return 1;
}

bool nd_get_prefix(const uint8_t *opt, size_t size, struct nd_prefix *out)
{
	if (opt[0] != OPT_PREFIX || size != ND_PREFIX_OPT_LEN || opt[2] > 128)
		return false;
	out->len = opt[2];
	out->onlink = opt[3] & PREFIX_ONLINK;
	out->autonomous = opt[3] & PREFIX_AUTO;
	out->router = opt[3] & PREFIX_ROUTER;
	out->valid = get32(opt + 4);
	out->preferred = get32(opt + 8);
	memcpy(&out->prefix, opt + 16, 16);
	return true;
}

void nd_put_prefix(uint8_t opt[ND_PREFIX_OPT_LEN], const struct nd_prefix *p)
{
	memset(opt, 0, ND_PREFIX_OPT_LEN);
	opt[0] = OPT_PREFIX;
	opt[1] = ND_PREFIX_OPT_LEN / 8;
	opt[2] = p->len;
	opt[3] |= p->onlink ? PREFIX_ONLINK : 0;
	opt[3] |= p->autonomous ? PREFIX_AUTO : 0;
	opt[3] |= p->router ? PREFIX_ROUTER : 0;
	put32(opt + 4, p->valid);
	put32(opt + 8, p->preferred);
	memcpy(opt + 16, &p->prefix, 16);
}

/*
 * The option has no length of its own, only 8-byte units: one holds a 6-byte address, two hold an 8-byte one and
 * padding. A longer address cannot be kept whole, and half of one would be a wrong one.
 */
static void get_lladdr(const uint8_t *opt, size_t size, struct nd_lladdr *out)
{
	if (out->len || size > 16)
		return;
	out->len = size == 8 ? 6 : ND_LLADDR_MAX;
	memcpy(out->addr, opt + 2, out->len);
}

static size_t lladdr_size(const struct nd_lladdr *ll)
{
	return !ll || !ll->len ? 0 : ll->len <= 6 ? 8 : 16;
}

static size_t put_lladdr(uint8_t *opt, uint8_t type, const struct nd_lladdr *ll)
{
	size_t size = lladdr_size(ll);

	if (!size)
		return 0;
	memset(opt, 0, size);
	opt[0] = type;
	opt[1] = (uint8_t)(size / 8);
	memcpy(opt + 2, ll->addr, ll->len < ND_LLADDR_MAX ? ll->len : ND_LLADDR_MAX);
	return size;
}

static void get_ra_option(const uint8_t *opt, size_t size, struct nd_ra *out)
{
	switch (opt[0]) {
	case OPT_SLL:
		get_lladdr(opt, size, &out->sll);
		break;
	case OPT_PREFIX:
		if (out->n_prefixes < ND_MAX_PREFIXES && nd_get_prefix(opt, size, &out->prefixes[out->n_prefixes]))
			out->n_prefixes++;
		break;
	case OPT_MTU:
		if (size == 8 && !out->mtu)
			out->mtu = get32(opt + 4);
		break;
	case OPT_ADV_INTERVAL:
		if (size == 8 && !out->adv_interval)
			out->adv_interval = get32(opt + 4);
		break;
	case OPT_HA_INFO:
		if (size != 8 || out->has_ha_info)
			break;
		out->has_ha_info = true;
		out->mobile_router = opt[2] & HA_INFO_MR;
		out->ha_preference = get16(opt + 4);
		out->ha_lifetime = get16(opt + 6);
		break;
	}
}

int nd_parse_ra(const uint8_t *buf, size_t len, struct nd_ra *out)
{
	const uint8_t *opt;
	size_t at = RA_LEN, size;
	int ret;

	memset(out, 0, sizeof(*out));
	if (len < RA_LEN || buf[0] != ND_RA || buf[1])
		return -EBADMSG;
	out->hoplimit = buf[4];
	out->managed = buf[5] & RA_MANAGED;
	out->other = buf[5] & RA_OTHER;
	out->home_agent = buf[5] & RA_HOME_AGENT;
	out->lifetime = get16(buf + 6);
	out->reachable = get32(buf + 8);
	out->retrans = get32(buf + 12);
	while ((ret = nd_next_option(buf, len, &at, &opt, &size)) > 0)
		get_ra_option(opt, size, out);
	return ret;
}

/* Solicitation and advertisement have the same shape. */
static int parse_neighbour(const uint8_t *buf, size_t len, uint8_t type, uint8_t lltype, struct in6_addr *target,
			   struct nd_lladdr *ll)
{
	const uint8_t *opt;
	size_t at = NS_LEN, size;
	int ret;

	if (len < NS_LEN || buf[0] != type || buf[1] || buf[8] == 0xff)
		return -EBADMSG;
	memcpy(target, buf + 8, 16);
	while ((ret = nd_next_option(buf, len, &at, &opt, &size)) > 0)
		if (opt[0] == lltype)
			get_lladdr(opt, size, ll);
	return ret;
}

int nd_parse_ns(const uint8_t *buf, size_t len, struct nd_ns *out)
{
	memset(out, 0, sizeof(*out));
	return parse_neighbour(buf, len, ND_NS, OPT_SLL, &out->target, &out->sll);
}

int nd_parse_na(const uint8_t *buf, size_t len, struct nd_na *out)
{
	int ret;

	memset(out, 0, sizeof(*out));
	ret = parse_neighbour(buf, len, ND_NA, OPT_TLL, &out->target, &out->tll);
	if (ret)
		return ret;
	out->router = buf[4] & NA_ROUTER;
	out->solicited = buf[4] & NA_SOLICITED;
	out->override = buf[4] & NA_OVERRIDE;
	return 0;
}

ssize_t nd_build_rs(uint8_t *buf, size_t cap, const struct nd_lladdr *sll)
{
	if (cap < RS_LEN + lladdr_size(sll))
		return -ENOSPC;
	memset(buf, 0, RS_LEN);
	buf[0] = ND_RS;
	return (ssize_t)(RS_LEN + put_lladdr(buf + RS_LEN, OPT_SLL, sll));
}

ssize_t nd_build_ns(uint8_t *buf, size_t cap, const struct nd_ns *ns)
{
	if (cap < NS_LEN + lladdr_size(&ns->sll))
		return -ENOSPC;
	memset(buf, 0, NS_LEN);
	buf[0] = ND_NS;
	memcpy(buf + 8, &ns->target, 16);
	return (ssize_t)(NS_LEN + put_lladdr(buf + NS_LEN, OPT_SLL, &ns->sll));
}

ssize_t nd_build_na(uint8_t *buf, size_t cap, const struct nd_na *na)
{
	if (cap < NS_LEN + lladdr_size(&na->tll))
		return -ENOSPC;
	memset(buf, 0, NS_LEN);
	buf[0] = ND_NA;
	buf[4] |= na->router ? NA_ROUTER : 0;
	buf[4] |= na->solicited ? NA_SOLICITED : 0;
	buf[4] |= na->override ? NA_OVERRIDE : 0;
	memcpy(buf + 8, &na->target, 16);
	return (ssize_t)(NS_LEN + put_lladdr(buf + NS_LEN, OPT_TLL, &na->tll));
}

static size_t put_number(uint8_t *opt, uint8_t type, uint32_t v)
{
	if (!v)
		return 0;
	memset(opt, 0, 8);
	opt[0] = type;
	opt[1] = 1;
	put32(opt + 4, v);
	return 8;
}

ssize_t nd_build_ra(uint8_t *buf, size_t cap, const struct nd_ra *ra)
{
	unsigned int n = ra->n_prefixes < ND_MAX_PREFIXES ? ra->n_prefixes : ND_MAX_PREFIXES;
	size_t at = RA_LEN, need = RA_LEN + lladdr_size(&ra->sll) + n * (size_t)ND_PREFIX_OPT_LEN;

	need += (ra->mtu ? 8 : 0) + (ra->adv_interval ? 8 : 0) + (ra->has_ha_info ? 8 : 0);
	if (cap < need)
		return -ENOSPC;
	memset(buf, 0, RA_LEN);
	buf[0] = ND_RA;
	buf[4] = ra->hoplimit;
	buf[5] |= ra->managed ? RA_MANAGED : 0;
	buf[5] |= ra->other ? RA_OTHER : 0;
	buf[5] |= ra->home_agent ? RA_HOME_AGENT : 0;
	put16(buf + 6, ra->lifetime);
	put32(buf + 8, ra->reachable);
	put32(buf + 12, ra->retrans);
	at += put_lladdr(buf + at, OPT_SLL, &ra->sll);
	at += put_number(buf + at, OPT_MTU, ra->mtu);
	for (unsigned int i = 0; i < n; i++, at += ND_PREFIX_OPT_LEN)
		nd_put_prefix(buf + at, &ra->prefixes[i]);
	at += put_number(buf + at, OPT_ADV_INTERVAL, ra->adv_interval);
	if (ra->has_ha_info) {
		memset(buf + at, 0, 8);
		buf[at] = OPT_HA_INFO;
		buf[at + 1] = 1;
		buf[at + 2] = ra->mobile_router ? HA_INFO_MR : 0;
		put16(buf + at + 4, ra->ha_preference);
		put16(buf + at + 6, ra->ha_lifetime);
		at += 8;
	}
	return (ssize_t)at;
}

void nd_solicited_node(const struct in6_addr *addr, struct in6_addr *group)
{
	static const uint8_t start[13] = { 0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x01, 0xff };
	struct in6_addr out;

	memcpy(out.s6_addr, start, 13);
	memcpy(out.s6_addr + 13, addr->s6_addr + 13, 3);
	*group = out;
}
