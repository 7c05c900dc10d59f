// SPDX-License-Identifier: GPL-2.0-or-later
/* Mobile prefix discovery at the mobile node, and the home addresses that come of it, on a kernel made of paper. */
#include <errno.h>
#include <string.h>

#include "core/pfx.h"
#include "mn/mn.h"
#include "wire/icmp6.h"

#include "paper_mn.h"
#include "suite.h"

#define NEW_HA	"2001:db8:2::1"
#define NEW_HOA "2001:db8:2::100"

static void setup(void)
{
	conf.optimistic_handoff = conf.ro_mn = false;
	conf.send_mob_pfx_sols = true;
	mn_world_up();
}

static void teardown(void)
{
	mn_world_down();
	ck_assert(!k.plug && !k.rules.n);
}

/* The identifier of the last solicitation. */
static uint16_t asked(void)
{
	struct icmp6_mpd m;

	ck_assert_int_eq(icmp6_parse_mpd(k.icmp.data, k.icmp.len, &m), 0);
	ck_assert(!m.advert);
	return m.id;
}

struct adv {
	const char *src, *rt2, *dst;
	uint16_t id;
	uint32_t valid, preferred; /* of the old prefix */
	bool renumber, no_rt2, junk;
};

static void advert(struct adv a)
{
	struct icmp6_mpd m = { .advert = true, .id = a.id };
	struct icmp_packet p = { .src = ip(a.src ? a.src : HA), .dst = ip(a.dst ? a.dst : HOA), .ifindex = LINK, .has_rt2 = !a.no_rt2,
				 .rt2 = ip(a.rt2 ? a.rt2 : F1_COA) };

	m.prefixes[m.n_prefixes++] = (struct nd_prefix){ .prefix = ip(HA), .len = 64, .onlink = true, .autonomous = true, .router = true,
							 .valid = a.valid, .preferred = a.preferred };
	if (a.renumber)
		m.prefixes[m.n_prefixes++] = (struct nd_prefix){ .prefix = ip(NEW_HA), .len = 64, .onlink = true, .autonomous = true,
								 .router = true, .valid = 600, .preferred = 300 };
	p.len = (size_t)icmp6_build_mpd(p.data, sizeof(p.data), &m);
	if (a.junk)
		p.len -= 3;
	paper_icmp_packet(&p);
	run(0.01);
}

/* Registered from F1, with an acknowledgement that says to ask. */
static void told_to_ask(void)
{
	F1_RA();
	address(F1_COA, OPTIMISTIC, false);
	ck_assert_uint_eq(k.n_icmp, 0);
	acknowledge(BA_PREFIX_DISCOVERY_NEEDED, k.mh.msg.bu.seq, 400);
}

static const struct kern_addr *on_tunnel(int tunnel, const char *addr)
{
	for (unsigned int i = 0; i < k.addrs.n; i++)
		if (k.addrs.at[i].ifindex == tunnel && is(&k.addrs.at[i].addr, addr))
			return &k.addrs.at[i];
	return NULL;
}

static void answer_new(void)
{
	struct mh_packet p = { .src = ip(NEW_HA), .dst = ip(NEW_HOA), .ifindex = LINK };
	struct mh_msg m = { .type = MH_BA, .ba = { .seq = k.mh.msg.bu.seq, .lifetime = mh_lifetime_from_sec(400) } };

	ck_assert(is(&k.mh.src, NEW_HOA) && is(&k.mh.dst, NEW_HA));
	mn_role.mh(&d, &p, &m);
}

START_TEST(status_1_asks)
{
	told_to_ask();
	ck_assert_uint_eq(k.n_icmp, 1);
	ck_assert(is(&k.icmp.src, HOA) && is(&k.icmp.dst, HA));
	ck_assert_int_eq(k.icmp_ifindex, LINK);
	ck_assert_uint_eq(d.stats[STAT_MPS_TX], 1);
	/* A policy gives it the Home Address option. */
	for (unsigned int i = 0; i < k.policies.n; i++)
		if (k.policies.at[i].proto == IPPROTO_ICMPV6 && k.policies.at[i].mh_type == ICMP6_MP_SOLICIT) {
			ck_assert(k.policies.at[i].n_tmpl == 1 && k.policies.at[i].tmpl[0].kind == KERN_HAO);
			ck_assert(is(&k.policies.at[i].src, HOA) && is(&k.policies.at[i].dst, HA));
			advert((struct adv){ .id = asked(), .valid = 600, .preferred = 300 });
			ck_assert_uint_eq(d.stats[STAT_MPA_RX], 1);
			ck_assert(on_tunnel(TUNNEL, HOA)->valid >= 600 && on_tunnel(TUNNEL, HOA)->valid < 620);
			ck_assert(on_tunnel(TUNNEL, HOA)->preferred <= 300 && on_tunnel(TUNNEL, HOA)->preferred > 295);
			return;
		}
	ck_abort_msg("no policy");
}
END_TEST

START_TEST(status_0_does_not)
{
	bound_at(F1_COA);
	ck_assert_uint_eq(k.n_icmp, 0);
	ck_assert_uint_eq(on_tunnel(TUNNEL, HOA)->valid, UINT32_MAX);
}
END_TEST

START_TEST(switched_off)
{
	mn_world_down();
	conf.send_mob_pfx_sols = false;
	mn_world_up();
	told_to_ask();
	ck_assert_uint_eq(k.n_icmp, 0);
}
END_TEST

START_TEST(hostile)
{
	uint16_t id;

	told_to_ask();
	id = asked();
	advert((struct adv){ .id = id, .src = "2001:db8:1::2", .renumber = true });
	advert((struct adv){ .id = id, .no_rt2 = true, .renumber = true });
	advert((struct adv){ .id = id, .rt2 = F2_COA, .renumber = true });
	advert((struct adv){ .id = id, .junk = true, .renumber = true });
	advert((struct adv){ .id = id, .dst = F1_COA, .no_rt2 = true, .renumber = true });
	ck_assert_uint_eq(d.stats[STAT_MPD_IGNORED], 5);
	/* With all right but the number: whoever sends it, it counts for nothing. */
	advert((struct adv){ .id = id + 1, .renumber = true });
	ck_assert_uint_eq(on_tunnel(TUNNEL, HOA)->valid, UINT32_MAX);
	ck_assert_ptr_null(mn_of(&d)->next);
	advert((struct adv){ .id = id, .valid = 600, .preferred = 300 });
	ck_assert_uint_ne(on_tunnel(TUNNEL, HOA)->valid, UINT32_MAX);
	/* The same number a second time is not asked for, and makes us ask. */
	ck_assert_uint_eq(k.n_icmp, 1);
	advert((struct adv){ .id = id, .renumber = true });
	ck_assert_ptr_null(mn_of(&d)->next);
	ck_assert_uint_eq(k.n_icmp, 2);
	/* But not as often as somebody likes. */
	for (int i = 0; i < 20; i++)
		advert((struct adv){ .id = asked(), .valid = 600, .preferred = 300 });
	for (int i = 0; i < 20; i++)
		advert((struct adv){ .id = 7, .valid = 600, .preferred = 300 });
	ck_assert_uint_le(k.n_icmp, 4);
}
END_TEST

START_TEST(guessing)
{
	uint16_t id;

	told_to_ask();
	id = asked();
	for (uint16_t i = 1; i < 10; i++)
		advert((struct adv){ .id = (uint16_t)(id + i ? id + i : 77), .renumber = true });
	/* Too late even if one is right: the next question has another number. */
	advert((struct adv){ .id = id, .renumber = true });
	ck_assert_ptr_null(mn_of(&d)->next);
	run(3.3);
	ck_assert_uint_eq(k.n_icmp, 2);
	advert((struct adv){ .id = asked(), .valid = 600, .preferred = 300 });
	ck_assert_uint_ne(on_tunnel(TUNNEL, HOA)->valid, UINT32_MAX);
}
END_TEST

START_TEST(nobody_answers)
{
	told_to_ask();
	run(3.3);
	ck_assert_uint_eq(k.n_icmp, 2);
	/* Not while it is not known where we are; again when it is. */
	carrier(false);
	run(0.01);
	ck_assert_uint_eq(k.n_icmp, 2);
}
END_TEST

START_TEST(not_sendable)
{
	k.icmp_error = -ENETUNREACH;
	told_to_ask();
	k.icmp_error = 0;
	ck_assert_uint_eq(d.stats[STAT_MPS_TX], 0);
	run(3.3);
	ck_assert_uint_eq(d.stats[STAT_MPS_TX], 1);
}
END_TEST

static void renumbered(uint32_t old_valid)
{
	told_to_ask();
	advert((struct adv){ .id = asked(), .valid = old_valid, .renumber = true });
	ck_assert_ptr_nonnull(mn_of(&d)->next);
	F1_RA();
	address(F1_COA, OPTIMISTIC, false);
	/* Nobody uses it before it works. */
	ck_assert_uint_eq(on_tunnel(TUNNEL + 1, NEW_HOA)->preferred, 0);
	answer_new();
}

START_TEST(a_new_home_address)
{
	renumbered(60);
	ck_assert_uint_eq(on_tunnel(TUNNEL, HOA)->preferred, 0);
	ck_assert_uint_le(on_tunnel(TUNNEL, HOA)->valid, 66);
	ck_assert(on_tunnel(TUNNEL + 1, NEW_HOA)->preferred > 295 && on_tunnel(TUNNEL + 1, NEW_HOA)->preferred <= 300);
	ck_assert(paper_has_default(MN_TABLE, TUNNEL) && paper_has_default(MN_TABLE - 1, TUNNEL + 1));
	ck_assert_uint_eq(k.rules.n, 3);
	/* Both move. */
	k.n_mh = 0;
	carrier(false);
	carrier(true);
	F2_RA();
	address(F2_COA, OPTIMISTIC, false);
	ck_assert_uint_eq(k.n_mh, 2);
	ck_assert(is(&paper_sent(0)->src, HOA) && is(&paper_sent(1)->src, NEW_HOA));
	ck_assert(is(&paper_sent(0)->msg.opts.alt_coa, F2_COA) && is(&paper_sent(1)->msg.opts.alt_coa, F2_COA));
	/* No longer than the prefix lives. */
	ck_assert_uint_le(mh_lifetime_to_sec(paper_sent(0)->msg.bu.lifetime), 60);
}
END_TEST

START_TEST(the_new_one_is_refused)
{
	struct mh_packet p = { .src = ip(NEW_HA), .dst = ip(NEW_HOA), .ifindex = LINK };
	struct mh_msg m = { .type = MH_BA, .ba = { .status = BA_DAD_FAILED } };

	told_to_ask();
	advert((struct adv){ .id = asked(), .valid = 60, .renumber = true });
	F1_RA();
	address(F1_COA, OPTIMISTIC, false);
	m.ba.seq = k.mh.msg.bu.seq;
	mn_role.mh(&d, &p, &m);
	ck_assert_uint_eq(k.n_fatal, 0);
	ck_assert_uint_eq(on_tunnel(TUNNEL + 1, NEW_HOA)->preferred, 0);
	ck_assert(paper_has_default(MN_TABLE, TUNNEL));
}
END_TEST

START_TEST(the_old_one_ends)
{
	renumbered(2);
	run(2.3);
	ck_assert(mn_of(&d)->index == 1 && !mn_of(&d)->next);
	ck_assert_ptr_null(on_tunnel(TUNNEL, HOA));
	ck_assert_ptr_nonnull(on_tunnel(TUNNEL + 1, NEW_HOA));
	ck_assert(!paper_has_default(MN_TABLE, TUNNEL) && !paper_has_default(MN_TABLE, 0));
	ck_assert(paper_has_default(MN_TABLE - 1, TUNNEL + 1));
	for (unsigned int i = 0; i < k.policies.n; i++)
		ck_assert(!is(&k.policies.at[i].src, HOA));
	for (unsigned int i = 0; i < k.states.n; i++)
		ck_assert(!is(&k.states.at[i].src, HOA));
	ck_assert_uint_eq(k.rules.n, 2);
}
END_TEST

START_TEST(the_only_one_ends)
{
	told_to_ask();
	advert((struct adv){ .id = asked(), .valid = 1, .preferred = 1 });
	run(1.3);
	ck_assert(!mn_bul_bound(mn_of(&d)));
	ck_assert(!paper_has_default(MN_TABLE, TUNNEL));
	ck_assert_uint_eq(on_tunnel(TUNNEL, HOA)->preferred, 0);
}
END_TEST

START_TEST(at_home)
{
	struct nd_packet p = { .ifindex = LINK, .src = ip("fe80::1"), .hoplimit = 255, .type = ND_RA };
	struct nd_ra ra = { .lifetime = 300, .n_prefixes = 2 };

	HOME_RA();
	run(1.6);
	ck_assert_int_eq(mn_of(&d)->step, MN_HOME_DONE);
	ra.prefixes[0] = (struct nd_prefix){ .prefix = ip("2001:db8:1::"), .len = 64, .onlink = true, .autonomous = true, .valid = 600 };
	ra.prefixes[1] = ra.prefixes[0];
	ra.prefixes[1].prefix = ip("2001:db8:2::");
	ra.prefixes[1].preferred = 300;
	p.len = (size_t)nd_build_ra(p.data, sizeof(p.data), &ra);
	mn_role.nd(&d, &p);
	ck_assert_ptr_nonnull(mn_of(&d)->next);
	ck_assert(is(mn_hoa(mn_of(&d)->next), NEW_HOA));
	ck_assert_uint_eq(k.n_icmp, 0);
}
END_TEST

START_TEST(the_kernel_keeps_up)
{
	uint32_t told;

	HOME_RA();
	run(1.6);
	HOME_RA();
	told = on_tunnel(TUNNEL, HOA)->valid;
	ck_assert(told >= 600 && told <= 605);
	ck_assert(on_tunnel(TUNNEL, HOA)->preferred > 290 && on_tunnel(TUNNEL, HOA)->preferred <= 300);
	/* Another advertisement a moment later is not worth a word to the kernel, but moves the end. */
	k.commits = 0;
	run(0.3);
	HOME_RA();
	ck_assert_uint_eq(k.commits, 0);
	ck_assert(mn_of(&d)->valid_until > clock_now() + 599);
}
END_TEST

START_TEST(an_agent_without_it)
{
	HOME_RA();
	run(1.6);
	HOME_RA();
	ck_assert(mn_of(&d)->valid_until < INFINITY);
	carrier(false);
	carrier(true);
	bound_at(F1_COA);
	/* What home has told goes on to count, as long as the home agent may tell more. */
	ck_assert(mn_of(&d)->valid_until < INFINITY);
	ck_assert_uint_eq(k.n_icmp, 0);
}
END_TEST

START_TEST(shown)
{
	struct json_object *rows = json_object_new_array();
	uint64_t at = 0;

	ck_assert(!mn_role.pl(&d, &at, 10, rows));
	ck_assert_uint_eq(json_object_array_length(rows), 1);
	ck_assert_str_eq(row_text(rows, 0, "source"), "configuration");
	ck_assert_str_eq(row_text(rows, 0, "valid_s"), "-");
	json_object_put(rows);
	renumbered(60);
	rows = json_object_new_array();
	while (mn_role.pl(&d, &at, 10, rows))
		;
	ck_assert_uint_eq(json_object_array_length(rows), 2);
	ck_assert_str_eq(row_text(rows, 0, "prefix"), "2001:db8:1::/64");
	ck_assert_str_eq(row_text(rows, 0, "preferred_s"), "0");
	ck_assert_str_eq(row_text(rows, 0, "address"), HOA);
	ck_assert_str_eq(row_text(rows, 1, "address"), NEW_HOA);
	json_object_put(rows);
	rows = json_object_new_array();
	at = 0;
	while (mn_role.bul(&d, &at, 10, rows))
		;
	ck_assert_uint_eq(json_object_array_length(rows), 2);
	ck_assert_str_eq(row_text(rows, 1, "home_address"), NEW_HOA);
	json_object_put(rows);
}
END_TEST

static unsigned int n_done;

static void done(struct daemon *daemon)
{
	(void)daemon;
	n_done++;
}

START_TEST(stops_with_both)
{
	renumbered(60);
	k.n_mh = 0;
	n_done = 0;
	mn_role.stop(&d, done);
	ck_assert_uint_eq(k.n_mh, 2);
	ck_assert_uint_eq(n_done, 0);
	acknowledge(0, paper_sent(0)->msg.bu.seq, 0);
	run(0.01);
	ck_assert_uint_eq(n_done, 0);
	run(MN_STOP_SECONDS + 0.1);
	ck_assert_uint_eq(n_done, 1);
}
END_TEST

SUITE("mn mpd", .timeout = 30, .setup = setup, .teardown = teardown,
	.tests = {
		{ status_1_asks },
		{ status_0_does_not },
		{ switched_off },
		{ hostile },
		{ guessing },
		{ nobody_answers },
		{ not_sendable },
		{ a_new_home_address },
		{ the_new_one_is_refused },
		{ the_old_one_ends },
		{ the_only_one_ends },
		{ at_home },
		{ the_kernel_keeps_up },
		{ an_agent_without_it },
		{ shown },
		{ stops_with_both },
	})
