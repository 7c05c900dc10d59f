// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Mobility Header codec. Two tables carry the protocol: one row per message (how long its fixed part is, which
 * options mean something in it), one row per option (its only valid length, its alignment). The parser and the
 * builder read the same rows, so they cannot disagree about what a message may contain.
 *
 * An option that is known, but has no meaning in the message that carries it, is treated as an unknown one. Of an
 * option that should be there once, the first counts.
 */
#include "wire/mh.h"

#include <errno.h>
#include <string.h>

#include "wire/bytes.h"
#include "wire/exthdr.h"

#define BU_FLAGS      (MH_BU_A | MH_BU_H | MH_BU_L | MH_BU_K | MH_BU_R)
#define BA_FLAGS      (MH_BA_K | MH_BA_R)
#define OPT(o)	      (1u << (o))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
	uint8_t fixed; /* bytes before the first option */
	unsigned int opts; /* OPT() of those that it may carry */
} messages[] = {
	[MH_BRR] = { 8, 0 },
	[MH_HOTI] = { 16, 0 },
	[MH_COTI] = { 16, 0 },
	[MH_HOT] = { 24, 0 },
	[MH_COT] = { 24, 0 },
	[MH_BU] = { 12, OPT(MHO_ALT_COA) | OPT(MHO_NONCE) | OPT(MHO_AUTH) | OPT(MHO_MNP) },
	[MH_BA] = { 12, OPT(MHO_REFRESH_ADVICE) | OPT(MHO_AUTH) },
	[MH_BE] = { 24, 0 },
};

static const struct {
	uint8_t len; /* of the data */
	uint8_t mod, rem; /* the type byte stands at mod * n + rem */
} options[] = {
	[MHO_REFRESH_ADVICE] = { 2, 2, 0 }, [MHO_ALT_COA] = { 16, 8, 6 }, [MHO_NONCE] = { 4, 2, 0 },
	[MHO_AUTH] = { MH_AUTH_LEN, 8, 2 }, [MHO_MNP] = { 18, 8, 4 },
};

static const struct {
	uint8_t status;
	const char *name;
} statuses[] = {
	{ BA_ACCEPTED, "accepted" },
	{ BA_PREFIX_DISCOVERY_NEEDED, "accepted, prefix discovery necessary" },
	{ BA_UNSPECIFIED, "reason unspecified" },
	{ BA_PROHIBITED, "administratively prohibited" },
	{ BA_NO_RESOURCES, "insufficient resources" },
	{ BA_HOME_REG_UNSUPPORTED, "home registration not supported" },
	{ BA_NOT_HOME_SUBNET, "not home subnet" },
	{ BA_NOT_HOME_AGENT, "not home agent for this mobile node" },
	{ BA_DAD_FAILED, "duplicate address detection failed" },
	{ BA_SEQ_OUT_OF_WINDOW, "sequence number out of window" },
	{ BA_HOME_NONCE_EXPIRED, "expired home nonce index" },
	{ BA_COA_NONCE_EXPIRED, "expired care-of nonce index" },
	{ BA_NONCES_EXPIRED, "expired nonces" },
	{ BA_REG_TYPE_CHANGE, "registration type change disallowed" },
	{ BA_MR_NOT_PERMITTED, "mobile router operation not permitted" },
	{ BA_INVALID_PREFIX, "invalid prefix" },
	{ BA_UNAUTHORIZED_PREFIX, "not authorized for prefix" },
	{ BA_FORWARDING_FAILED, "forwarding setup failed" },
	{ BA_INVALID_COA, "invalid care-of address" },
};

const char *mh_status_name(uint8_t status)
{
	for (size_t i = 0; i < ARRAY_SIZE(statuses); i++)
		if (statuses[i].status == status)
			return statuses[i].name;
	return "unknown";
}

uint16_t mh_lifetime_from_sec(uint32_t sec)
{
	uint32_t units = sec / MH_LIFETIME_UNIT;

	return units > UINT16_MAX ? UINT16_MAX : (uint16_t)units;
}

uint16_t mh_checksum(const struct in6_addr *src, const struct in6_addr *dst, const uint8_t *buf, size_t len)
{
	return ip6_checksum(src, dst, IPPROTO_MH, buf, len);
}

void mh_set_checksum(uint8_t *buf, size_t len, const struct in6_addr *src, const struct in6_addr *dst)
{
	put16(buf + 4, 0);
	put16(buf + 4, mh_checksum(src, dst, buf, len));
}

static int bad_at(size_t *bad, size_t offset)
{
	if (bad)
		*bad = offset;
	return -EBADMSG;
}

static void get_fixed(const uint8_t *buf, struct mh_msg *out)
{
	switch (out->type) {
	case MH_HOTI:
	case MH_COTI:
		memcpy(&out->test_init.cookie, buf + 8, 8);
		break;
	case MH_HOT:
	case MH_COT:
		out->test.nonce_index = get16(buf + 6);
		memcpy(&out->test.cookie, buf + 8, 8);
		memcpy(&out->test.keygen_token, buf + 16, 8);
		break;
	case MH_BU:
		out->bu.seq = get16(buf + 6);
		out->bu.flags = buf[8] & BU_FLAGS;
		out->bu.lifetime = get16(buf + 10);
		break;
	case MH_BA:
		out->ba.status = buf[6];
		out->ba.flags = buf[7] & BA_FLAGS;
		out->ba.seq = get16(buf + 8);
		out->ba.lifetime = get16(buf + 10);
		break;
	case MH_BE:
		out->be.status = buf[6];
		memcpy(&out->be.hoa, buf + 8, 16);
		break;
	}
}

/* at is the option's offset in the message; its length is already the right one. */
static int get_option(const uint8_t *buf, size_t len, size_t at, struct mh_opts *o, size_t *bad)
{
	const uint8_t *data = buf + at + 2;

	switch (buf[at]) {
	case MHO_REFRESH_ADVICE:
		if (!o->has_refresh_advice)
			o->refresh_advice = get16(data);
		o->has_refresh_advice = true;
		break;
	case MHO_ALT_COA:
		if (!o->has_alt_coa)
			memcpy(&o->alt_coa, data, 16);
		o->has_alt_coa = true;
		break;
	case MHO_NONCE:
		if (!o->has_nonce) {
			o->home_nonce = get16(data);
			o->coa_nonce = get16(data + 2);
		}
		o->has_nonce = true;
		break;
	case MHO_AUTH:
		/* What follows the authenticator would be outside of its protection: not even padding may. */
		if (at + 2 + MH_AUTH_LEN != len)
			return bad_at(bad, at + 2 + MH_AUTH_LEN);
		o->has_auth = true;
		o->auth_offset = at + 2;
		memcpy(o->auth, data, MH_AUTH_LEN);
		break;
	case MHO_MNP:
		/* Everyone behind us masks with this number. */
		if (data[1] > 128)
			return bad_at(bad, at + 3);
		if (o->n_mnp == MH_MAX_MNP) {
			o->n_mnp_more++;
			break;
		}
		o->mnp[o->n_mnp].len = data[1];
		memcpy(&o->mnp[o->n_mnp].addr, data + 2, 16);
		o->n_mnp++;
		break;
	}
	return 0;
}

int mh_parse(const uint8_t *buf, size_t len, struct mh_msg *out, size_t *bad)
{
	size_t at;
	int ret;

	memset(out, 0, sizeof(*out));
	if (bad)
		*bad = 0;
	if (len < 8)
		return bad_at(bad, len > 1 ? 1 : 0);

	/* The order of the checks is that of RFC 6275 9.2: it decides which error the sender hears of. */
	out->type = buf[2];
	if (out->type >= ARRAY_SIZE(messages))
		return -EPROTONOSUPPORT;
	if (buf[0] != IPPROTO_NONE)
		return bad_at(bad, 0);
	if (len != (size_t)(buf[1] + 1) * 8 || len < messages[out->type].fixed)
		return bad_at(bad, 1);

	get_fixed(buf, out);
	for (at = messages[out->type].fixed; at < len; at += 2u + buf[at + 1]) {
		while (at < len && buf[at] == MHO_PAD1)
			at++;
		if (at == len)
			break;
		if (len - at < 2 || len - at - 2 < buf[at + 1])
			return bad_at(bad, at + 1 < len ? at + 1 : at);
		if (buf[at] == MHO_PADN)
			continue;
		if (buf[at] >= ARRAY_SIZE(options) || !(messages[out->type].opts & OPT(buf[at]))) {
			out->opts.n_unknown++;
			continue;
		}
		if (buf[at + 1] != options[buf[at]].len)
			return bad_at(bad, at + 1);
		ret = get_option(buf, len, at, &out->opts, bad);
		if (ret)
			return ret;
	}
	return 0;
}

struct writer {
	uint8_t *buf;
	size_t cap, at;
	bool full;
};

static void pad_to(struct writer *w, unsigned int mod, unsigned int rem)
{
	size_t n = (mod + rem - w->at % mod) % mod;

	if (w->full || n > w->cap - w->at) {
		w->full = true;
		return;
	}
	memset(w->buf + w->at, 0, n);
	if (n > 1) {
		w->buf[w->at] = MHO_PADN;
		w->buf[w->at + 1] = (uint8_t)(n - 2);
	}
	w->at += n;
}

/* Room for the data of one option, zeroed; NULL, for good, once the buffer is full. */
static uint8_t *put_option(struct writer *w, enum mh_opt_type type)
{
	uint8_t *data;

	pad_to(w, options[type].mod, options[type].rem);
	if (w->full || w->cap - w->at < options[type].len + 2u) {
		w->full = true;
		return NULL;
	}
	w->buf[w->at] = (uint8_t)type;
	w->buf[w->at + 1] = options[type].len;
	data = w->buf + w->at + 2;
	memset(data, 0, options[type].len);
	w->at += options[type].len + 2u;
	return data;
}

static void put_fixed(uint8_t *buf, const struct mh_msg *msg)
{
	switch (msg->type) {
	case MH_HOTI:
	case MH_COTI:
		memcpy(buf + 8, &msg->test_init.cookie, 8);
		break;
	case MH_HOT:
	case MH_COT:
		put16(buf + 6, msg->test.nonce_index);
		memcpy(buf + 8, &msg->test.cookie, 8);
		memcpy(buf + 16, &msg->test.keygen_token, 8);
		break;
	case MH_BU:
		put16(buf + 6, msg->bu.seq);
		buf[8] = msg->bu.flags & BU_FLAGS;
		put16(buf + 10, msg->bu.lifetime);
		break;
	case MH_BA:
		buf[6] = msg->ba.status;
		buf[7] = msg->ba.flags & BA_FLAGS;
		put16(buf + 8, msg->ba.seq);
		put16(buf + 10, msg->ba.lifetime);
		break;
	case MH_BE:
		buf[6] = msg->be.status;
		memcpy(buf + 8, &msg->be.hoa, 16);
		break;
	}
}

static bool buildable(const struct mh_msg *msg)
{
	const struct mh_opts *o = &msg->opts;
	unsigned int has = 0;

	if (msg->type >= ARRAY_SIZE(messages) || o->n_mnp > MH_MAX_MNP)
		return false;
	has |= o->has_refresh_advice ? OPT(MHO_REFRESH_ADVICE) : 0;
	has |= o->has_alt_coa ? OPT(MHO_ALT_COA) : 0;
	has |= o->has_nonce ? OPT(MHO_NONCE) : 0;
	has |= o->has_auth ? OPT(MHO_AUTH) : 0;
	has |= o->n_mnp ? OPT(MHO_MNP) : 0;
	if (has & ~messages[msg->type].opts)
		return false;
	for (unsigned int i = 0; i < o->n_mnp; i++)
		if (o->mnp[i].len > 128)
			return false;
	return true;
}

/* Small options first: their padding fills the way to the next 8n. */
static void put_options(struct writer *w, const struct mh_opts *o, size_t *auth_offset)
{
	uint8_t *data;

	if (o->has_refresh_advice && (data = put_option(w, MHO_REFRESH_ADVICE)))
		put16(data, o->refresh_advice);
	if (o->has_nonce && (data = put_option(w, MHO_NONCE))) {
		put16(data, o->home_nonce);
		put16(data + 2, o->coa_nonce);
	}
	if (o->has_alt_coa && (data = put_option(w, MHO_ALT_COA)))
		memcpy(data, &o->alt_coa, 16);
	for (unsigned int i = 0; i < o->n_mnp; i++) {
		data = put_option(w, MHO_MNP);
		if (!data)
			return;
		data[1] = o->mnp[i].len;
		memcpy(data + 2, &o->mnp[i].addr, 16);
	}
	if (o->has_auth && (data = put_option(w, MHO_AUTH))) {
		memcpy(data, o->auth, MH_AUTH_LEN);
		if (auth_offset)
			*auth_offset = (size_t)(data - w->buf);
	}
}

ssize_t mh_build(uint8_t *buf, size_t cap, const struct mh_msg *msg, size_t *auth_offset)
{
	struct writer w = { .buf = buf, .cap = cap };

	if (!buildable(msg))
		return -EINVAL;
	if (cap < messages[msg->type].fixed)
		return -ENOSPC;
	w.at = messages[msg->type].fixed;
	memset(buf, 0, w.at);
	buf[0] = IPPROTO_NONE;
	buf[2] = msg->type;
	put_fixed(buf, msg);
	put_options(&w, &msg->opts, auth_offset);
	pad_to(&w, 8, 0);
	if (w.full)
		return -ENOSPC;
	buf[1] = (uint8_t)(w.at / 8 - 1);
	return (ssize_t)w.at;
}
