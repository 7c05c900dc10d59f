// SPDX-License-Identifier: GPL-2.0-or-later
/* Neighbour Discovery codec. */
#include "suite.h"
#include "wire_test.h"

#include "wire/nd.h"

#define ROUNDS 20000

static void random_lladdr(struct nd_lladdr *ll)
{
	ll->len = (const uint8_t[]){ 0, 6, 8 }[rnd_below(3)];
	rnd_bytes(ll->addr, ll->len);
}

static void random_prefix(struct nd_prefix *p)
{
	rnd_bytes(&p->prefix, 16);
	p->len = (uint8_t)rnd_below(129);
	p->onlink = rnd_bool();
	p->autonomous = rnd_bool();
	p->router = rnd_bool();
	p->valid = rnd();
	p->preferred = rnd();
}

static void random_ra(struct nd_ra *ra)
{
	memset(ra, 0, sizeof(*ra));
	ra->hoplimit = (uint8_t)rnd();
	ra->managed = rnd_bool();
	ra->other = rnd_bool();
	ra->home_agent = rnd_bool();
	ra->lifetime = (uint16_t)rnd();
	ra->reachable = rnd();
	ra->retrans = rnd();
	random_lladdr(&ra->sll);
	ra->mtu = rnd_bool() ? rnd() : 0;
	ra->adv_interval = rnd_bool() ? rnd() : 0;
	ra->has_ha_info = rnd_bool();
	if (ra->has_ha_info) {
		ra->mobile_router = rnd_bool();
		ra->ha_preference = (uint16_t)rnd();
		ra->ha_lifetime = (uint16_t)rnd();
	}
	ra->n_prefixes = rnd_below(ND_MAX_PREFIXES + 1);
	for (unsigned int i = 0; i < ra->n_prefixes; i++)
		random_prefix(&ra->prefixes[i]);
}

static void random_na(struct nd_na *na)
{
	memset(na, 0, sizeof(*na));
	na->router = rnd_bool();
	na->solicited = rnd_bool();
	na->override = rnd_bool();
	rnd_bytes(&na->target, 16);
	na->target.s6_addr[0] = 0x20;
	random_lladdr(&na->tll);
}

static void random_ns(struct nd_ns *ns)
{
	memset(ns, 0, sizeof(*ns));
	rnd_bytes(&ns->target, 16);
	ns->target.s6_addr[0] = 0x20;
	random_lladdr(&ns->sll);
}

static int parse_ra(const uint8_t *buf, size_t len, struct nd_ra *ra)
{
	uint8_t *copy = exact(buf, len);
	int ret = nd_parse_ra(copy, len, ra);

	exact_free(copy, len);
	return ret;
}

static int parse_ns(const uint8_t *buf, size_t len, struct nd_ns *ns)
{
	uint8_t *copy = exact(buf, len);
	int ret = nd_parse_ns(copy, len, ns);

	exact_free(copy, len);
	return ret;
}

static int parse_na(const uint8_t *buf, size_t len, struct nd_na *na)
{
	uint8_t *copy = exact(buf, len);
	int ret = nd_parse_na(copy, len, na);

	exact_free(copy, len);
	return ret;
}

START_TEST(ra_there_and_back)
{
	struct nd_ra in, out;
	uint8_t buf[1024];
	ssize_t len;

	for (int i = 0; i < ROUNDS; i++) {
		random_ra(&in);
		len = nd_build_ra(buf, sizeof(buf), &in);
		ck_assert_int_ge(len, 16);
		ck_assert_int_eq(parse_ra(buf, (size_t)len, &out), 0);
		ck_assert_mem_eq(&in, &out, sizeof(in));
		ck_assert_int_eq(nd_build_ra(buf, (size_t)len - 1, &in), -ENOSPC);
		ck_assert_int_eq(nd_build_ra(buf, (size_t)len, &in), len);
	}
}
END_TEST

START_TEST(ns_na_there_and_back)
{
	struct nd_ns ns, ns2;
	struct nd_na na, na2;
	uint8_t buf[64];
	ssize_t len;

	for (int i = 0; i < ROUNDS; i++) {
		random_ns(&ns);
		len = nd_build_ns(buf, sizeof(buf), &ns);
		ck_assert_int_ge(len, 24);
		ck_assert_int_eq(parse_ns(buf, (size_t)len, &ns2), 0);
		ck_assert_mem_eq(&ns, &ns2, sizeof(ns));
		ck_assert_int_eq(parse_na(buf, (size_t)len, &na2), -EBADMSG);
		ck_assert_int_eq(nd_build_ns(buf, (size_t)len - 1, &ns), -ENOSPC);

		random_na(&na);
		len = nd_build_na(buf, sizeof(buf), &na);
		ck_assert_int_ge(len, 24);
		ck_assert_int_eq(parse_na(buf, (size_t)len, &na2), 0);
		ck_assert_mem_eq(&na, &na2, sizeof(na));
		ck_assert_int_eq(parse_ns(buf, (size_t)len, &ns2), -EBADMSG);
		ck_assert_int_eq(nd_build_na(buf, (size_t)len - 1, &na), -ENOSPC);
	}
}
END_TEST

START_TEST(rs)
{
	const struct nd_lladdr ll = { 6, { 2, 0, 0, 0, 0, 1 } };
	const uint8_t want[16] = { ND_RS, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 0, 0, 0, 0, 1 };
	uint8_t buf[16];

	ck_assert_int_eq(nd_build_rs(buf, 16, &ll), 16);
	ck_assert_mem_eq(buf, want, 16);
	ck_assert_int_eq(nd_build_rs(buf, 15, &ll), -ENOSPC);
	ck_assert_int_eq(nd_build_rs(buf, 8, NULL), 8);
	ck_assert_int_eq(nd_build_rs(buf, 7, NULL), -ENOSPC);
}
END_TEST

/* Only a whole number of options makes a message: cut anywhere else, it is refused. */
START_TEST(truncated)
{
	struct nd_ra ra, out;
	uint8_t buf[1024];

	for (int i = 0; i < 300; i++) {
		size_t len, edge = 16;

		random_ra(&ra);
		len = (size_t)nd_build_ra(buf, sizeof(buf), &ra);
		for (size_t n = 0; n < len; n++) {
			ck_assert_int_eq(parse_ra(buf, n, &out), n == edge ? 0 : -EBADMSG);
			if (n == edge)
				edge += buf[edge + 1] * 8u;
		}
	}
}
END_TEST

START_TEST(hostile_bytes)
{
	uint8_t buf[1024], back[1024];
	struct nd_ra ra, ra2;
	struct nd_ns ns, ns2;
	struct nd_na na, na2;
	size_t len;
	int good = 0;

	for (int i = 0; i < ROUNDS; i++) {
		random_ra(&ra);
		len = mutate(buf, (size_t)nd_build_ra(buf, sizeof(buf), &ra));
		if (parse_ra(buf, len, &ra) == 0) {
			len = (size_t)nd_build_ra(back, sizeof(back), &ra);
			ck_assert_int_eq(parse_ra(back, len, &ra2), 0);
			ck_assert_mem_eq(&ra, &ra2, sizeof(ra));
			good++;
		}
		random_ns(&ns);
		len = mutate(buf, (size_t)nd_build_ns(buf, sizeof(buf), &ns));
		if (parse_ns(buf, len, &ns) == 0) {
			len = (size_t)nd_build_ns(back, sizeof(back), &ns);
			ck_assert_int_eq(parse_ns(back, len, &ns2), 0);
			ck_assert_mem_eq(&ns, &ns2, sizeof(ns));
			good++;
		}
		random_na(&na);
		len = mutate(buf, (size_t)nd_build_na(buf, sizeof(buf), &na));
		if (parse_na(buf, len, &na) == 0) {
			len = (size_t)nd_build_na(back, sizeof(back), &na);
			ck_assert_int_eq(parse_na(back, len, &na2), 0);
			ck_assert_mem_eq(&na, &na2, sizeof(na));
			good++;
		}
	}
	ck_assert_int_gt(good, ROUNDS / 10);
}
END_TEST

START_TEST(header_rules)
{
	uint8_t ra[24] = { ND_RA, [16] = 1, [17] = 1 };
	uint8_t ns[24] = { ND_NS };
	struct nd_ra out;
	struct nd_ns nsout;

	ck_assert_int_eq(parse_ra(ra, 24, &out), 0);
	ck_assert_int_eq(parse_ra(ra, 15, &out), -EBADMSG);
	ra[17] = 0;
	ck_assert_int_eq(parse_ra(ra, 24, &out), -EBADMSG);
	ra[17] = 2;
	ck_assert_int_eq(parse_ra(ra, 24, &out), -EBADMSG);
	ra[17] = 1;
	ra[1] = 1;
	ck_assert_int_eq(parse_ra(ra, 24, &out), -EBADMSG);
	ck_assert_int_eq(parse_ns(ns, 24, &nsout), 0);
	ns[8] = 0xff;
	ck_assert_int_eq(parse_ns(ns, 24, &nsout), -EBADMSG);
}
END_TEST

/* An option that cannot be what its type says is passed over, and those around it still count. */
START_TEST(odd_options)
{
	uint8_t buf[16 + 32 + 32 + 24 + 8 + 8 + 8 + 8 + 8] = { ND_RA };
	uint8_t *o = buf + 16;
	struct nd_ra out;

	o[0] = 3; /* prefix of 129 bits */
	o[1] = 4;
	o[2] = 129;
	o += 32;
	o[0] = 3;
	o[1] = 4;
	o[2] = 64;
	o += 32;
	o[0] = 1; /* a link-layer address of up to 22 bytes */
	o[1] = 3;
	o += 24;
	o[0] = 5;
	o[1] = 1;
	o[7] = 200;
	o += 8;
	o[0] = 5; /* the second MTU */
	o[1] = 1;
	o[7] = 100;
	o += 8;
	o[0] = 3; /* prefix information without a prefix */
	o[1] = 1;
	o += 8;
	o[0] = 8;
	o[1] = 1;
	o[5] = 9;
	o += 8;
	o[0] = 8; /* the second home agent information */
	o[1] = 1;
	o[5] = 10;
	ck_assert_int_eq(parse_ra(buf, sizeof(buf), &out), 0);
	ck_assert_uint_eq(out.n_prefixes, 1);
	ck_assert_uint_eq(out.prefixes[0].len, 64);
	ck_assert_uint_eq(out.sll.len, 0);
	ck_assert_uint_eq(out.mtu, 200);
	ck_assert_uint_eq(out.ha_preference, 9);
}
END_TEST

START_TEST(too_many_prefixes)
{
	uint8_t buf[16 + 32 * (ND_MAX_PREFIXES + 3)] = { ND_RA };
	struct nd_ra out;

	for (size_t at = 16; at < sizeof(buf); at += 32) {
		buf[at] = 3;
		buf[at + 1] = 4;
		buf[at + 2] = (uint8_t)(at / 32);
	}
	ck_assert_int_eq(parse_ra(buf, sizeof(buf), &out), 0);
	ck_assert_uint_eq(out.n_prefixes, ND_MAX_PREFIXES);
	ck_assert_uint_eq(out.prefixes[ND_MAX_PREFIXES - 1].len, ND_MAX_PREFIXES - 1);
}
END_TEST

START_TEST(solicited_node)
{
	struct in6_addr addr = { { { 0x20, 0x01, [12] = 9, 0xaa, 0xbb, 0xcc } } };
	const struct in6_addr want = { { { 0xff, 0x02, [11] = 1, 0xff, 0xaa, 0xbb, 0xcc } } };

	nd_solicited_node(&addr, &addr); /* in place too */
	ck_assert_mem_eq(&addr, &want, 16);
}
END_TEST

SUITE("nd", .timeout = 60, .begin = rnd_seed,
	.tests = {
		{ ra_there_and_back },
		{ ns_na_there_and_back },
		{ rs },
		{ truncated },
		{ hostile_bytes },
		{ header_rules },
		{ odd_options },
		{ too_many_prefixes },
		{ solicited_node },
	})
