/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The categories of hostile messages. All have a valid checksum, so that they get as far as a valid message would. Of the bindings of others
 * they use the home address, and never what would be a valid update of it: without IPsec a home agent could not tell that one from its owner's.
 */
#include <arpa/inet.h>

#include "hostile.h"
#include "wire/bytes.h"
#include "wire/mh.h"

#define A_H (MH_BU_A | MH_BU_H)
#define LIFE 150 /* units of 4 s */

#define OPT_ALT 3

/* ---- pieces ---- */

static void put_random(struct rng *r, uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		p[i] = (uint8_t)rng_next(r);
}

static void start(struct hostile_msg *m, uint8_t type, size_t len)
{
	memset(m->mh, 0, sizeof(m->mh));
	m->mh[0] = IPPROTO_NONE;
	m->mh[2] = type;
	m->len = len;
}

static void start_bu(struct hostile_msg *m, uint16_t seq, uint8_t flags, uint16_t lifetime)
{
	start(m, MH_BU, 12);
	put16(m->mh + 6, seq);
	m->mh[8] = flags;
	put16(m->mh + 10, lifetime);
}

static void add(struct hostile_msg *m, uint8_t type, uint8_t len, const void *data)
{
	m->mh[m->len++] = type;
	m->mh[m->len++] = len;
	if (data)
		memcpy(m->mh + m->len, data, len);
	m->len += len;
}

static void add_pad(struct hostile_msg *m, size_t multiple, size_t offset)
{
	size_t n = (multiple + offset - m->len % multiple) % multiple;

	if (n == 1)
		m->mh[m->len++] = MHO_PAD1;
	else if (n)
		add(m, MHO_PADN, (uint8_t)(n - 2), NULL);
}

static void add_alt(struct hostile_msg *m, const struct in6_addr *coa)
{
	add_pad(m, 8, 6);
	add(m, OPT_ALT, 16, coa);
}

static void finish(struct hostile_msg *m)
{
	add_pad(m, 8, 0);
	m->mh[1] = (uint8_t)(m->len / 8 - 1);
}

/* An address of the home subnet that nobody has. */
static struct in6_addr home_unused(const struct gen *g, struct rng *r)
{
	struct in6_addr a = g->opt.ha;

	put32(a.s6_addr + 8, 0x0bad0bad);
	put_random(r, a.s6_addr + 12, 4);
	return a;
}

static struct in6_addr foreign(const struct gen *g, struct rng *r)
{
	return addr_add(&g->opt.foreign, 1 + rng_below(r, 1u << 30));
}

static struct in6_addr victim(const struct gen *g, struct rng *r)
{
	return addr_add(&g->opt.victims, rng_below(r, g->opt.n_victims));
}

static uint16_t newer_seq(const struct gen *g, struct rng *r)
{
	return (uint16_t)(g->opt.victim_seq + 1 + rng_below(r, 1000));
}

/* Mostly a bound home address, with a sequence number that would be accepted. */
static void aim_home(const struct gen *g, struct rng *r, struct hostile_msg *m)
{
	m->hoa = g->opt.n_victims && rng_below(r, 4) ? victim(g, r) : home_unused(g, r);
}

static void bu_home(const struct gen *g, struct rng *r, struct hostile_msg *m)
{
	aim_home(g, r, m);
	start_bu(m, newer_seq(g, r), A_H, LIFE);
}

static void bu_foreign(const struct gen *g, struct rng *r, struct hostile_msg *m)
{
	m->hoa = foreign(g, r);
	start_bu(m, (uint16_t)rng_next(r), A_H, (uint16_t)(1 + rng_below(r, 65535)));
}


/* ---- care-of addresses ---- */

static void with_alt(struct gen *g, struct rng *r, struct hostile_msg *m, const char *const *list, uint32_t n)
{
	struct in6_addr a;
	uint32_t i = rng_below(r, n);

	inet_pton(AF_INET6, list[i], &a);
	if (rng_below(r, 2) && !IN6_IS_ADDR_UNSPECIFIED(&a) && !IN6_IS_ADDR_LOOPBACK(&a))
		put_random(r, a.s6_addr + 13, 3);
	bu_home(g, r, m);
	add_alt(m, &a);
	finish(m);
}

static void coa_multicast(struct gen *g, struct rng *r, struct hostile_msg *m)
{
	static const char *const list[] = { "ff02::1", "ff05::2", "ff0e::1234", "ff01::1", "ff02::1:ff00:1", "ff3e:30:2001:db8::1" };

	with_alt(g, r, m, list, 6);
}

static void coa_loopback(struct gen *g, struct rng *r, struct hostile_msg *m)
{
	static const char *const list[] = { "::1", "::" };

	with_alt(g, r, m, list, 2);
}

static void coa_linklocal(struct gen *g, struct rng *r, struct hostile_msg *m)
{
	static const char *const list[] = { "fe80::1", "fe80::5054:ff:fe12:3456", "febf::1" };

	with_alt(g, r, m, list, 3);
}

static void coa_v4(struct gen *g, struct rng *r, struct hostile_msg *m)
{
	static const char *const list[] = { "::ffff:192.0.2.1", "::192.0.2.1" };

	with_alt(g, r, m, list, 2);
}

/* The home agent itself, or somebody's home address: a tunnel into itself. */
static void coa_loop(struct gen *g, struct rng *r, struct hostile_msg *m)
{
	struct in6_addr coa = g->opt.ha;

	bu_home(g, r, m);
	if (rng_below(r, 2) && g->opt.n_victims)
		do
			coa = victim(g, r);
		while (IN6_ARE_ADDR_EQUAL(&coa, &m->hoa));
	add_alt(m, &coa);
	finish(m);
}

/* ---- home addresses ---- */

static void hoa_foreign(struct gen *g, struct rng *r, struct hostile_msg *m)
{
	bu_foreign(g, r, m);
	if (rng_below(r, 2))
		add_alt(m, &m->src);
	finish(m);
}

static void hoa_is_source(struct gen *g, struct rng *r, struct hostile_msg *m)
{
	bu_foreign(g, r, m);
	m->has_hao = false;
	finish(m);
}

static void hoa_of_home_agent(struct gen *g, struct rng *r, struct hostile_msg *m)
{
	bu_home(g, r, m);
	m->hoa = g->opt.ha;
	finish(m);
}

static void hoa_special(struct gen *g, struct rng *r, struct hostile_msg *m)
{
	static const char *const list[] = { "fe80::1", "::1", "::ffff:192.0.2.1" };

	bu_home(g, r, m);
	inet_pton(AF_INET6, list[rng_below(r, 3)], &m->hoa);
	finish(m);
}

static void dereg_unknown(struct gen *g, struct rng *r, struct hostile_msg *m)
{
	m->hoa = home_unused(g, r);
	start_bu(m, (uint16_t)rng_next(r), A_H, 0);
	finish(m);
}

/* ---- sequence, flags, types ---- */

static void seq_old(struct gen *g, struct rng *r, struct hostile_msg *m)
{
	m->hoa = victim(g, r);
	start_bu(m, (uint16_t)(g->opt.victim_seq - rng_below(r, 32769)), A_H, rng_below(r, 4) ? LIFE : 0);
	finish(m);
}

static void type_change(struct gen *g, struct rng *r, struct hostile_msg *m)
{
	m->hoa = victim(g, r);
	start_bu(m, newer_seq(g, r), MH_BU_A, rng_below(r, 4) ? LIFE : 0);
	finish(m);
}

static void router_flag(struct gen *g, struct rng *r, struct hostile_msg *m)
{
	bu_home(g, r, m);
	m->mh[8] |= MH_BU_R;
	finish(m);
}

static void correspondent(struct gen *g, struct rng *r, struct hostile_msg *m)
{
	m->hoa = rng_below(r, 2) ? home_unused(g, r) : foreign(g, r);
	start_bu(m, (uint16_t)rng_next(r), MH_BU_A, LIFE);
	if (rng_below(r, 2)) {
		uint8_t auth[MH_AUTH_LEN];

		put_random(r, auth, sizeof(auth));
		add(m, MHO_NONCE, 4, "\0\1\0\1");
		add_pad(m, 8, 2);
		add(m, MHO_AUTH, sizeof(auth), auth);
	}
	finish(m);
}

static void no_ack_wanted(struct gen *g, struct rng *r, struct hostile_msg *m)
{
	bu_foreign(g, r, m);
	m->mh[8] = MH_BU_H;
	finish(m);
}

static void type_unknown(struct gen *g, struct rng *r, struct hostile_msg *m)
{
	(void)g;
	m->has_hao = false;
	start(m, (uint8_t)(64 + rng_below(r, 192)), 8 * (1 + rng_below(r, 6)));
	put_random(r, m->mh + 6, m->len - 6);
	m->mh[1] = (uint8_t)(m->len / 8 - 1);
}

static void type_not_served(struct gen *g, struct rng *r, struct hostile_msg *m)
{
	static const uint8_t types[] = { MH_BRR, MH_HOT, MH_COT, MH_BA, MH_BE };
	uint8_t type = types[rng_below(r, sizeof(types))];

	aim_home(g, r, m);
	m->has_hao = rng_below(r, 2);
	start(m, type, type == MH_BRR ? 8 : type == MH_BA ? 16 : 24);
	put_random(r, m->mh + 6, m->len - 6);
	if (type == MH_BA)
		put32(m->mh + 12, 0x01020000);
	m->mh[1] = (uint8_t)(m->len / 8 - 1);
}

/* Valid, for a binding of our own, with everything set that a receiver has to ignore. */
static void reserved_bits(struct gen *g, struct rng *r, struct hostile_msg *m)
{
	struct mn *mn = &g->mn[rng_below(r, g->opt.n)];
	uint8_t junk[40];

	put_random(r, junk, sizeof(junk));
	m->hoa = mn->hoa;
	start_bu(m, ++mn->seq, (uint8_t)(A_H | (rng_below(r, 16) & 0x0b)), LIFE);
	m->mh[3] = junk[0];
	m->mh[9] = junk[1];
	add(m, (uint8_t)(200 + rng_below(r, 56)), (uint8_t)rng_below(r, sizeof(junk)), junk);
	add(m, MHO_PADN, 5, junk);
	finish(m);
}

/*
 * ---- lengths ----
 *
 * The kernel compares the header's length with the packet's, so a message that claims more than there is does not arrive; one that claims
 * less does.
 */

static void opt_overrun(struct gen *g, struct rng *r, struct hostile_msg *m)
{
	static const uint8_t types[] = { MHO_PADN, MHO_REFRESH_ADVICE, MHO_ALT_COA, MHO_NONCE, MHO_AUTH, MHO_MNP, 77, 200 };
	size_t at, room;

	bu_home(g, r, m);
	for (uint32_t i = rng_below(r, 4); i; i--)
		add(m, MHO_PADN, (uint8_t)rng_below(r, 12), NULL);
	at = m->len;
	add(m, types[rng_below(r, sizeof(types))], (uint8_t)rng_below(r, 16), NULL);
	while (m->len % 8)
		m->len++;
	room = m->len - at - 2;
	m->mh[at + 1] = (uint8_t)(room + 1 + rng_below(r, (uint32_t)(255 - room)));
	m->mh[1] = (uint8_t)(m->len / 8 - 1);
}

/* The option's type is the last byte of the message: no length follows. */
static void opt_cut(struct gen *g, struct rng *r, struct hostile_msg *m)
{
	bu_home(g, r, m);
	add_pad(m, 8, 7);
	m->mh[m->len++] = (uint8_t)(1 + rng_below(r, 255));
	m->mh[1] = (uint8_t)(m->len / 8 - 1);
}

static void opt_wrong_length(struct gen *g, struct rng *r, struct hostile_msg *m)
{
	static const struct {
		uint8_t type, right;
	} opts[] = { { MHO_ALT_COA, 16 }, { MHO_NONCE, 4 }, { MHO_AUTH, 12 }, { MHO_MNP, 18 } };
	uint32_t i = rng_below(r, 4);
	uint8_t data[32], len;

	do
		len = (uint8_t)rng_below(r, sizeof(data));
	while (len == opts[i].right);
	put_random(r, data, sizeof(data));
	bu_home(g, r, m);
	add(m, opts[i].type, len, data);
	finish(m);
}

static void len_too_long(struct gen *g, struct rng *r, struct hostile_msg *m)
{
	bu_home(g, r, m);
	add_alt(m, &m->src);
	finish(m);
	m->mh[1] = (uint8_t)(m->mh[1] + 1 + rng_below(r, 255u - m->mh[1]));
}

static void len_too_short(struct gen *g, struct rng *r, struct hostile_msg *m)
{
	bu_home(g, r, m);
	add_alt(m, &m->src);
	finish(m);
	m->mh[1] = (uint8_t)(1 + rng_below(r, m->mh[1] - 1u));
}

static void truncated(struct gen *g, struct rng *r, struct hostile_msg *m)
{
	bu_home(g, r, m);
	add_alt(m, &m->src);
	finish(m);
	m->len = 8 + rng_below(r, (uint32_t)m->len - 8);
}

static void trailing(struct gen *g, struct rng *r, struct hostile_msg *m)
{
	bu_home(g, r, m);
	finish(m);
	m->len += 1 + rng_below(r, 64);
}

static void many_options(struct gen *g, struct rng *r, struct hostile_msg *m)
{
	size_t len = 64 + rng_below(r, 1900);
	uint8_t data[64];

	bu_foreign(g, r, m);
	while (m->len < len) {
		uint8_t n = (uint8_t)rng_below(r, sizeof(data));

		put_random(r, data, sizeof(data));
		switch (rng_below(r, 4)) {
		case 0: m->mh[m->len++] = MHO_PAD1; break;
		case 1: add(m, MHO_PADN, n, NULL); break;
		case 2: add(m, (uint8_t)(128 + n), n, data); break;
		default: add_alt(m, &m->src); break;
		}
	}
	finish(m);
	m->fragments = rng_below(r, 2);
}

static void many_prefixes(struct gen *g, struct rng *r, struct hostile_msg *m)
{
	uint8_t data[18];

	bu_home(g, r, m);
	m->mh[8] |= MH_BU_R;
	for (uint32_t i = MH_MAX_MNP + 1 + rng_below(r, 70); i; i--) {
		put_random(r, data, sizeof(data));
		data[1] = 64;
		add_pad(m, 8, 4);
		add(m, MHO_MNP, sizeof(data), data);
	}
	finish(m);
}

/* Any byte behind the checksum, and the type and the length within what the kernel lets through. */
static void mutated(struct gen *g, struct rng *r, struct hostile_msg *m)
{
	bu_foreign(g, r, m);
	add_alt(m, &m->src);
	add(m, MHO_NONCE, 4, "\0\1\0\2");
	finish(m);
	for (uint32_t i = 1 + rng_below(r, 8); i; i--)
		m->mh[6 + rng_below(r, (uint32_t)m->len - 6)] = (uint8_t)rng_next(r);
	if (!rng_below(r, 4))
		m->mh[2] = (uint8_t)rng_next(r);
	if (!rng_below(r, 4))
		m->mh[1] = (uint8_t)(2 + rng_below(r, m->mh[1] - 1u));
}

/* ---- destination options ---- */

static void hao_among_others(struct gen *g, struct rng *r, struct hostile_msg *m)
{
	uint8_t *p = m->opts;

	bu_foreign(g, r, m);
	finish(m);
	p[0] = 135;
	p[1] = 3;
	p[2] = 1; /* PadN 2, then the option at 8n+6 */
	p[3] = 2;
	p[6] = 0xc9;
	p[7] = 16;
	memcpy(p + 8, &m->hoa, 16);
	p[24] = 0x1e; /* an unknown option that says: skip me */
	p[25] = 6;
	m->opts_len = 32;
	put_random(r, p + 26, 6);
}

static void hao_twice(struct gen *g, struct rng *r, struct hostile_msg *m)
{
	uint8_t *p = m->opts;

	bu_home(g, r, m);
	finish(m);
	p[0] = 135;
	p[1] = 5;
	p[2] = 1;
	p[3] = 2;
	for (size_t at = 6; at <= 30; at += 24) {
		p[at] = 0xc9;
		p[at + 1] = 16;
		memcpy(p + at + 2, &m->hoa, 16);
	}
	p[24] = 1;
	p[25] = 4;
	m->opts_len = 48;
}

static void hao_odd_length(struct gen *g, struct rng *r, struct hostile_msg *m)
{
	bu_home(g, r, m);
	finish(m);
	m->opts[0] = 135;
	m->opts[1] = 2;
	m->opts[2] = 1;
	m->opts[3] = 2;
	m->opts[6] = 0xc9;
	m->opts[7] = (uint8_t)rng_below(r, 16);
	memcpy(m->opts + 8, &m->hoa, 16);
	for (size_t at = 8u + m->opts[7]; at < 24; at++)
		m->opts[at] = 0;
	m->opts_len = 24;
}

static void hao_multicast(struct gen *g, struct rng *r, struct hostile_msg *m)
{
	bu_home(g, r, m);
	inet_pton(AF_INET6, rng_below(r, 2) ? "ff02::1" : "ff0e::5", &m->hoa);
	finish(m);
}

/* ---- the Mobility Header's first bytes, which the kernel checks ---- */

static void mh_payload_proto(struct gen *g, struct rng *r, struct hostile_msg *m)
{
	bu_home(g, r, m);
	finish(m);
	m->mh[0] = IPPROTO_UDP;
}

static void mh_below_minimum(struct gen *g, struct rng *r, struct hostile_msg *m)
{
	bu_home(g, r, m);
	finish(m);
	m->mh[1] = 0;
	m->len = 8;
}

#define OPEN .n_answers = 1, .answers = { ANY_REFUSAL }
#define ONLY(status) .must_answer = true, .n_answers = 1, .answers = { status }

const struct hostile_category hostile_categories[] = {
	{ "coa-multicast", 50, coa_multicast, ONLY(BA_INVALID_COA) },
	{ "coa-loopback", 40, coa_loopback, ONLY(BA_INVALID_COA) },
	{ "coa-linklocal", 40, coa_linklocal, ONLY(BA_INVALID_COA) },
	{ "coa-v4", 30, coa_v4, ONLY(BA_INVALID_COA) },
	{ "coa-loop", 30, coa_loop, ONLY(BA_INVALID_COA) },
	{ "hoa-foreign", 80, hoa_foreign, ONLY(BA_NOT_HOME_SUBNET) },
	{ "hoa-is-source", 20, hoa_is_source, .must_answer = true, .n_answers = 2, .answers = { BA_NOT_HOME_SUBNET, BA_NOT_HOME_AGENT } },
	{ "hoa-of-home-agent", 10, hoa_of_home_agent, OPEN },
	{ "hoa-special", 10, hoa_special, OPEN },
	{ "dereg-unknown", 50, dereg_unknown, ONLY(BA_NOT_HOME_AGENT) },
	{ "seq-old", 80, seq_old, ONLY(BA_SEQ_OUT_OF_WINDOW), .last_seq = true, .needs_victims = true },
	{ "type-change", 50, type_change, ONLY(BA_REG_TYPE_CHANGE), .needs_victims = true },
	{ "router-flag", 20, router_flag, ONLY(BA_MR_NOT_PERMITTED) },
	{ "correspondent", 20, correspondent, OPEN },
	{ "no-ack-wanted", 10, no_ack_wanted, OPEN },
	{ "type-unknown", 50, type_unknown, .must_answer = true, .error = true },
	{ "type-not-served", 40, type_not_served, .n_answers = 0 },
	{ "reserved-bits", 20, reserved_bits, ONLY(BA_ACCEPTED), .needs_own = true },
	{ "opt-overrun", 60, opt_overrun, .n_answers = 0 },
	{ "opt-cut", 20, opt_cut, .n_answers = 0 },
	{ "opt-wrong-length", 60, opt_wrong_length, .n_answers = 0 },
	{ "len-too-long", 10, len_too_long, .for_kernel = true },
	{ "len-too-short", 40, len_too_short, .n_answers = 0 },
	{ "truncated", 10, truncated, .for_kernel = true },
	{ "trailing", 20, trailing, .n_answers = 0 },
	{ "many-options", 20, many_options, OPEN },
	{ "many-prefixes", 10, many_prefixes, OPEN },
	{ "mutated", 80, mutated, OPEN, .error = true },
	{ "hao-among-others", 20, hao_among_others, ONLY(BA_NOT_HOME_SUBNET) },
	{ "hao-twice", 6, hao_twice, .for_kernel = true },
	{ "hao-odd-length", 6, hao_odd_length, .for_kernel = true },
	{ "hao-multicast", 6, hao_multicast, .for_kernel = true },
	{ "mh-payload-proto", 8, mh_payload_proto, .for_kernel = true },
	{ "mh-below-minimum", 8, mh_below_minimum, .for_kernel = true },
};
const size_t hostile_n_categories = sizeof(hostile_categories) / sizeof(*hostile_categories);
