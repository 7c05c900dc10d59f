// SPDX-License-Identifier: GPL-2.0-or-later
/* Mobile prefix discovery at the home agent, on the kernel made of paper. */
#include <string.h>

#include "wire/icmp6.h"

#include "paper_ha.h"
#include "suite.h"

static struct icmp6_mpd told; /* the last advertisement */
static uint16_t seq;
static bool managed; /* the M flag of what is advertised */

static void setup(void)
{
	ha_world_make();
	managed = false;
	conf.send_mob_pfx_advs = conf.send_unsol_mob_pfx_advs = true;
	conf.min_mob_pfx_adv = 1;
	conf.max_mob_pfx_adv = 1;
	ha_start();
}

/* What the home link is told of its prefix, and of another one, by this host itself or by another router. */
static void advertise(uint32_t valid, uint32_t preferred, const char *more, bool own)
{
	struct nd_ra ra = { .lifetime = 300, .managed = managed, .n_prefixes = 1 };

	ra.prefixes[0] = (struct nd_prefix){ .prefix = ip("2001:db8:1::"), .len = 64, .onlink = true, .autonomous = true, .valid = valid,
					     .preferred = preferred };
	if (more) {
		ra.prefixes[1] = ra.prefixes[0];
		ra.prefixes[1].prefix = ip(more);
		ra.prefixes[1].valid = 600;
		ra.prefixes[ra.n_prefixes++].preferred = 300;
	}
	if (own)
		k.icmp_from = HOME_LINK;
	home_ra(own ? "fe80::1" : "fe80::2", &ra, own);
}

/* The status of the acknowledgement. */
static uint8_t update(const char *hoa, uint32_t lifetime)
{
	return answer_to(BU(hoa, COA1, ++seq, mh_lifetime_from_sec(lifetime)));
}

static void look(void)
{
	ck_assert_int_eq(icmp6_parse_mpd(k.icmp.data, k.icmp.len, &told), 0);
	ck_assert(told.advert);
	ck_assert(k.icmp.has_rt2 && is(&k.icmp.rt2, COA1) && is(&k.icmp.dst, HOA) && is(&k.icmp.src, HA));
}

/* How many answers there are; the last one is in told. */
static unsigned int solicit(const char *hoa, const char *coa, const char *to, uint16_t id)
{
	struct icmp6_mpd m = { .id = id };
	struct icmp_packet p = { .src = ip(hoa), .dst = ip(to), .ifindex = FOREIGN_LINK, .has_coa = coa };
	unsigned int before = k.n_icmp;

	if (coa)
		p.coa = ip(coa);
	p.len = (size_t)icmp6_build_mpd(p.data, sizeof(p.data), &m);
	paper_icmp_packet(&p);
	pass(0.01);
	if (k.n_icmp != before)
		look();
	return k.n_icmp - before;
}

START_TEST(answered)
{
	conf.send_unsol_mob_pfx_advs = false;
	advertise(600, 300, NULL, true);
	ck_assert_uint_eq(update(HOA, 400), BA_ACCEPTED);
	ck_assert_uint_eq(solicit(HOA, COA1, HA, 0x1234), 1);
	ck_assert_uint_eq(told.id, 0x1234);
	ck_assert_uint_eq(told.n_prefixes, 1);
	/* RFC 6275 7.2: with R the home agent's whole address. */
	ck_assert(told.prefixes[0].router && is(&told.prefixes[0].prefix, HA) && told.prefixes[0].len == 64);
	ck_assert(told.prefixes[0].valid <= 600 && told.prefixes[0].valid > 590);
	ck_assert(told.prefixes[0].preferred <= 300 && told.prefixes[0].preferred > 290);
	ck_assert_uint_eq(d.stats[STAT_MPS_RX], 1);
	ck_assert_uint_eq(d.stats[STAT_MPA_TX], 1);
}
END_TEST

START_TEST(silence)
{
	const uint8_t junk[] = { 146, 0, 0, 0, 1 };

	conf.send_unsol_mob_pfx_advs = false;
	ck_assert_uint_eq(solicit(HOA, COA1, HA, 1), 0); /* no binding */
	update(HOA, 400);
	ck_assert_uint_eq(solicit(HOA, NULL, HA, 1), 0); /* no Home Address option */
	ck_assert_uint_eq(solicit(HOA, "2001:db8:f1::6", HA, 1), 0); /* from elsewhere */
	ck_assert_uint_eq(solicit("2001:db8:1::101", COA1, HA, 1), 0);
	ck_assert_uint_eq(solicit(HOA, COA1, "2001:db8:1::2", 1), 0);
	paper_icmp(HOA, HA, junk, sizeof(junk));
	pass(0.01);
	ck_assert_uint_eq(d.stats[STAT_MPD_IGNORED], 6);
	ck_assert_uint_eq(k.n_icmp, 0);
}
END_TEST

START_TEST(rate)
{
	unsigned int n = 0;

	conf.send_unsol_mob_pfx_advs = false;
	update(HOA, 400);
	for (int i = 0; i < 30; i++)
		n += solicit(HOA, COA1, HA, 1);
	ck_assert(n >= 5 && n <= 6);
	ck_assert_uint_eq(d.stats[STAT_MPD_LIMITED], 30 - n);
}
END_TEST

START_TEST(disabled)
{
	conf.send_mob_pfx_advs = false;
	ha_restart();
	update(HOA, 400);
	advertise(600, 0, NULL, true);
	pass(1.5);
	ck_assert_uint_eq(k.n_icmp, 0);
}
END_TEST

START_TEST(changes_are_told)
{
	conf.min_mob_pfx_adv = conf.max_mob_pfx_adv = 100;
	advertise(600, 300, NULL, true);
	update(HOA, 400);
	conf.min_mob_pfx_adv = conf.max_mob_pfx_adv = 1;
	/* The same again is no change. */
	advertise(600, 300, NULL, true);
	pass(1.3);
	ck_assert_uint_eq(k.n_icmp, 0);
	advertise(500, 0, NULL, true);
	paper_until(d.loop, &k.n_icmp, 1, 2);
	look();
	ck_assert_uint_eq(told.prefixes[0].preferred, 0);
	/* Repeated while it is not confirmed, and acknowledgements say so. */
	ck_assert_uint_eq(update(HOA, 400), BA_PREFIX_DISCOVERY_NEEDED);
	paper_until(d.loop, &k.n_icmp, 2, 3.5);
	ck_assert_uint_eq(solicit(HOA, COA1, HA, 9), 1);
	ck_assert_uint_eq(told.id, 9);
}
END_TEST

/* An address is for ever until the link is heard: what was granted before ends with its prefix, too. */
START_TEST(first_word_of_the_link)
{
	ck_assert_uint_eq(update(HOA, 400), BA_ACCEPTED);
	advertise(3, 3, NULL, true);
	pass(2.5);
	ck_assert_uint_eq(d.stats[STAT_EXPIRED], 0);
	pass(1);
	ck_assert_uint_eq(d.stats[STAT_EXPIRED], 1);
	ck_assert_uint_eq(k.guards.n, 0);
}
END_TEST

START_TEST(new_prefix)
{
	conf.min_mob_pfx_adv = conf.max_mob_pfx_adv = 100;
	advertise(600, 300, NULL, true);
	update(HOA, 400);
	ck_assert_uint_eq(solicit(HOA, COA1, HA, 9), 1);
	conf.min_mob_pfx_adv = conf.max_mob_pfx_adv = 1;
	/* One that we have no address in is nothing that a mobile node could register. */
	advertise(600, 300, "2001:db8:3::", true);
	ck_assert_uint_eq(update(HOA, 400), BA_ACCEPTED);
	/* It comes with our address in it. */
	paper_addr("2001:db8:2::1", 64, HOME_LINK, UINT32_MAX);
	ha_role.addr(&d, &k.addrs.at[k.addrs.n - 1], false);
	advertise(600, 300, "2001:db8:2::", true);
	ck_assert_uint_eq(update(HOA, 400), BA_PREFIX_DISCOVERY_NEEDED);
	paper_until(d.loop, &k.n_icmp, 2, 2);
	look();
	ck_assert_uint_eq(told.n_prefixes, 2);
	ck_assert(is(&told.prefixes[1].prefix, "2001:db8:2::1"));
	ck_assert_uint_eq(update("2001:db8:2::100", 400), BA_ACCEPTED);
}
END_TEST

START_TEST(flags)
{
	conf.min_mob_pfx_adv = conf.max_mob_pfx_adv = 100;
	advertise(600, 300, NULL, true);
	update(HOA, 400);
	ck_assert_uint_eq(solicit(HOA, COA1, HA, 9), 1);
	ck_assert(!told.managed && !told.other);
	conf.min_mob_pfx_adv = conf.max_mob_pfx_adv = 1;
	managed = true;
	advertise(600, 300, NULL, false);
	paper_until(d.loop, &k.n_icmp, 2, 2);
	look();
	ck_assert(told.managed && !told.other);
}
END_TEST

START_TEST(no_longer_than_the_prefix)
{
	conf.send_unsol_mob_pfx_advs = false;
	advertise(100, 50, NULL, true);
	ck_assert_uint_eq(update(HOA, 400), BA_PREFIX_DISCOVERY_NEEDED);
	ck_assert_uint_le(mh_lifetime_to_sec(k.mh.msg.ba.lifetime), 100);
	ck_assert_uint_eq(update(HOA, 40), BA_ACCEPTED);
	update(HOA, 100);
	/* Shortened afterwards: the binding, too. */
	advertise(1, 0, NULL, true);
	pass(1.3);
	ck_assert_uint_eq(d.stats[STAT_EXPIRED], 1);
	ck_assert_uint_eq(k.routes.n, 0);
	ck_assert_uint_eq(update(HOA, 400), BA_NOT_HOME_SUBNET);
	/* Our address there does not bring it back, our advertisement does. */
	ha_role.addr(&d, &k.addrs.at[0], false);
	ck_assert_uint_eq(update(HOA, 400), BA_NOT_HOME_SUBNET);
	advertise(600, 300, NULL, true);
	ck_assert_uint_eq(update(HOA, 400), BA_ACCEPTED);
}
END_TEST

START_TEST(another_router)
{
	conf.send_unsol_mob_pfx_advs = false;
	/* Whoever he is, he ends nothing within two hours. */
	advertise(1, 1, NULL, false);
	ck_assert_uint_eq(update(HOA, 400), BA_ACCEPTED);
	ck_assert_uint_eq(mh_lifetime_to_sec(k.mh.msg.ba.lifetime), 400);
	advertise(600, 300, NULL, true);
	advertise(1, 0, NULL, false);
	ck_assert_uint_eq(solicit(HOA, COA1, HA, 1), 1);
	ck_assert_uint_gt(told.prefixes[0].preferred, 290);
}
END_TEST

START_TEST(shown)
{
	struct json_object *rows = json_object_new_array();
	uint64_t at = 0;

	advertise(600, 300, "2001:db8:3::", true);
	while (ha_role.pl(&d, &at, 10, rows))
		;
	ck_assert_uint_eq(json_object_array_length(rows), 2);
	ck_assert_str_eq(row_text(rows, 0, "prefix"), "2001:db8:1::/64");
	ck_assert_str_eq(row_text(rows, 0, "address"), HA);
	ck_assert_str_eq(row_text(rows, 0, "source"), "own advertisement");
	ck_assert_str_eq(row_text(rows, 0, "flags"), "LA");
	ck_assert_str_eq(row_text(rows, 1, "address"), "-");
	json_object_put(rows);
}
END_TEST

SUITE("ha mpd", .timeout = 30, .setup = setup, .teardown = ha_world_down,
	.tests = {
		{ answered },
		{ silence },
		{ rate },
		{ disabled },
		{ changes_are_told },
		{ first_word_of_the_link },
		{ new_prefix },
		{ flags },
		{ no_longer_than_the_prefix },
		{ another_router },
		{ shown },
	})
