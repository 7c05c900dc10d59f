// SPDX-License-Identifier: GPL-2.0-or-later
/* The mobile node's pure parts: what an acknowledgement means, when to send again, and the table of routers. */
#include <arpa/inet.h>
#include <math.h>
#include <stdlib.h>

#include "mn/mn_ba.h"
#include "mn/mn_router.h"
#include "wire/mh.h"

#include "suite.h"

static struct in6_addr ip(const char *text)
{
	struct in6_addr a;

	ck_assert_int_eq(inet_pton(AF_INET6, text, &a), 1);
	return a;
}

START_TEST(statuses)
{
	static const struct {
		uint8_t status;
		enum mn_ba_action action;
		bool unbound;
	} want[] = {
		{ 0, MN_BA_ACCEPT, false },	 { 1, MN_BA_ACCEPT, false },	  { 127, MN_BA_ACCEPT, false },
		{ 128, MN_BA_RETRY, false },	 { 129, MN_BA_RETRY_SLOW, true }, { 130, MN_BA_RETRY, false },
		{ 131, MN_BA_RETRY_SLOW, true }, { 132, MN_BA_RETRY_SLOW, true }, { 133, MN_BA_RETRY_SLOW, true },
		{ 134, MN_BA_RETRY_SLOW, true }, { 135, MN_BA_RESEQ, false },	  { 139, MN_BA_RETRY_SLOW, true },
		{ 174, MN_BA_OTHER_COA, false }, { 200, MN_BA_RETRY_SLOW, true }, { 255, MN_BA_RETRY_SLOW, true },
	};

	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		const struct mn_ba_rule *r = mn_ba_rule(want[i].status);

		ck_assert_ptr_nonnull(r);
		ck_assert_msg(r->action == want[i].action && r->unbound == want[i].unbound, "status %u",
			      want[i].status);
	}
	for (unsigned int s = 0; s < 256; s++)
		ck_assert((mn_ba_rule((uint8_t)s)->action == MN_BA_ACCEPT) == (s < 128));
	ck_assert(mn_ba_deregistered(0) && mn_ba_deregistered(1) && mn_ba_deregistered(BA_NOT_HOME_AGENT));
	ck_assert(!mn_ba_deregistered(BA_SEQ_OUT_OF_WINDOW) && !mn_ba_deregistered(BA_UNSPECIFIED));
}
END_TEST

START_TEST(times)
{
	static const double row[] = { 1.5, 3, 6, 12, 24, 32, 32 };
	double t = row[0];

	for (size_t i = 1; i < sizeof(row) / sizeof(row[0]); i++) {
		t = mn_backoff_next(t);
		ck_assert_double_eq_tol(t, row[i], 1e-9);
	}
	ck_assert_double_eq_tol(mn_refresh_after(100, 0), 80, 1e-9);
	ck_assert_double_eq_tol(mn_refresh_after(100, 40), 40, 1e-9);
	/* an advice behind the end is none */
	ck_assert_double_eq_tol(mn_refresh_after(100, 100), 80, 1e-9);
	ck_assert_double_eq_tol(mn_refresh_after(100, 4000), 80, 1e-9);
}
END_TEST

START_TEST(sequence_numbers)
{
	ck_assert(mn_seq_outstanding(7, 7, 7));
	ck_assert(!mn_seq_outstanding(6, 7, 7));
	ck_assert(!mn_seq_outstanding(8, 7, 7));
	ck_assert(mn_seq_outstanding(8, 7, 9));
	/* over the end */
	ck_assert(mn_seq_outstanding(65535, 65534, 1));
	ck_assert(mn_seq_outstanding(0, 65534, 1));
	ck_assert(!mn_seq_outstanding(2, 65534, 1));
	ck_assert(!mn_seq_outstanding(65533, 65534, 1));
}
END_TEST

static struct nd_ra ra_with(const char *prefix, uint32_t valid)
{
	struct nd_ra ra = { .lifetime = 300, .n_prefixes = 1 };

	ra.sll.len = 6;
	ra.sll.addr[5] = 1;
	ra.prefixes[0] = (struct nd_prefix){
		.prefix = ip(prefix), .len = 64, .onlink = true, .autonomous = true, .valid = valid, .preferred = valid
	};
	return ra;
}

START_TEST(router_prefixes)
{
	struct mn_routers t = { 0 };
	struct in6_addr r1 = ip("fe80::1"), in_a = ip("2001:db8:a::5"), in_b = ip("2001:db8:b::5");
	struct nd_ra a = ra_with("2001:db8:a::", 100), b = ra_with("2001:db8:b::", UINT32_MAX),
		     none = ra_with("2001:db8:a::", 0);
	struct mn_router *r = mn_routers_heard(&t, &r1, &a, NULL, 10);

	ck_assert_ptr_nonnull(r);
	ck_assert(mn_ra_has(&a, &in_a) && !mn_ra_has(&a, &in_b) && !mn_ra_has(&none, &in_a));
	ck_assert_double_eq(mn_router_prefix_end(r, &in_a, 10), 110);
	ck_assert_double_eq(mn_router_prefix_end(r, &in_b, 10), 0);
	/* the next advertisement names the other prefix only: they add up */
	ck_assert_ptr_eq(mn_routers_heard(&t, &r1, &b, NULL, 20), r);
	ck_assert_double_eq(mn_router_prefix_end(r, &in_a, 20), 110);
	ck_assert(isinf(mn_router_prefix_end(r, &in_b, 20)));
	ck_assert_uint_eq(r->n_prefixes, 2);
	/* it ends by time, or by a lifetime of 0 */
	ck_assert_double_eq(mn_router_prefix_end(r, &in_a, 110), 0);
	mn_routers_heard(&t, &r1, &none, NULL, 30);
	ck_assert_double_eq(mn_router_prefix_end(r, &in_a, 30), 0);
	ck_assert_uint_eq(r->n_prefixes, 1);
	mn_routers_heard(&t, &r1, &a, NULL, 40);
	mn_routers_heard(&t, &r1, &b, NULL, 1000);
	ck_assert_uint_eq(r->n_prefixes, 1);
}
END_TEST

START_TEST(odd_prefixes)
{
	struct mn_routers t = { 0 };
	struct in6_addr r1 = ip("fe80::1"), any = ip("2001:db8:a::5");
	struct nd_ra all = ra_with("::", 100), ll = ra_with("fe80::", 100), mc = ra_with("ff02::", 100);
	struct mn_router *r;

	all.prefixes[0].len = 0;
	r = mn_routers_heard(&t, &r1, &all, NULL, 1);
	mn_routers_heard(&t, &r1, &ll, NULL, 1);
	mn_routers_heard(&t, &r1, &mc, NULL, 1);
	ck_assert_uint_eq(r->n_prefixes, 0);
	ck_assert(!mn_ra_has(&all, &any));
}
END_TEST

START_TEST(links)
{
	struct mn_routers t = { 0 };
	struct in6_addr r1 = ip("fe80::1"), r2 = ip("fe80::2"), r3 = ip("fe80::3");
	struct in6_addr pa = ip("2001:db8:a::"), pb = ip("2001:db8:b::");
	struct nd_ra a = ra_with("2001:db8:a::", 100), b = ra_with("2001:db8:b::", 100);
	struct mn_router *x, *y, *z;

	x = mn_routers_heard(&t, &r1, &a, NULL, 1);
	ck_assert(!mn_router_here(&t, x));
	mn_routers_move(&t, x, 1);
	ck_assert(mn_router_here(&t, x));
	ck_assert_double_eq(mn_routers_prefix_end(&t, &pa, 2), 101);
	y = mn_routers_heard(&t, &r2, &b, NULL, 2);
	ck_assert(!mn_router_here(&t, y));
	ck_assert_double_eq(mn_routers_prefix_end(&t, &pb, 2), 0);
	ck_assert_ptr_eq(mn_routers_latest(&t, x, 0), y);
	ck_assert_ptr_null(mn_routers_latest(&t, x, 3));
	/* moved to y's link: what was heard since then is there too, x is not */
	z = mn_routers_heard(&t, &r3, &b, NULL, 3);
	mn_routers_move(&t, y, 2);
	ck_assert(mn_router_here(&t, y) && mn_router_here(&t, z) && !mn_router_here(&t, x));
	ck_assert(mn_routers_left_behind(&t, &pa, 64, 4));
	ck_assert(!mn_routers_left_behind(&t, &pa, 48, 4));
	ck_assert(!mn_routers_left_behind(&t, &pb, 64, 4));
	/* both advertise it: not left behind */
	mn_routers_heard(&t, &r2, &a, NULL, 5);
	ck_assert(!mn_routers_left_behind(&t, &pa, 64, 5));
}
END_TEST

START_TEST(same_address_other_router)
{
	struct mn_routers t = { 0 };
	struct in6_addr r1 = ip("fe80::1"), pa = ip("2001:db8:a::");
	struct nd_ra a = ra_with("2001:db8:a::", 100), b = ra_with("2001:db8:b::", 100);
	struct mn_router *r = mn_routers_heard(&t, &r1, &a, NULL, 1);

	mn_routers_move(&t, r, 1);
	b.sll.len = 0; /* says nothing: the same one */
	mn_routers_heard(&t, &r1, &b, NULL, 2);
	ck_assert(mn_router_here(&t, r));
	b.sll.len = 6;
	b.sll.addr[5] = 2;
	ck_assert_ptr_eq(mn_routers_heard(&t, &r1, &b, NULL, 3), r);
	ck_assert(!mn_router_here(&t, r));
	ck_assert_double_eq(mn_router_prefix_end(r, &pa, 3), 0);

	/* Not even the link-layer address differs, but the carrier went in between. */
	mn_routers_join(&t, r);
	mn_routers_forget(&t, &r1, 2);
	ck_assert(mn_router_here(&t, r));
	mn_routers_forget(&t, &r1, 5);
	ck_assert(!mn_router_here(&t, r));
	ck_assert_uint_eq(r->n_prefixes, 0);
}
END_TEST

START_TEST(full_table)
{
	struct mn_routers t = { 0 };
	struct in6_addr ours = ip("fe80::1"), other = ip("fe80::2:0");
	struct nd_ra a = ra_with("2001:db8:a::", 1000);
	struct mn_router *r = mn_routers_heard(&t, &ours, &a, NULL, 1);

	mn_routers_move(&t, r, 1);
	for (unsigned int i = 0; i < 1000; i++) {
		other.s6_addr[14] = (uint8_t)(i >> 8);
		other.s6_addr[15] = (uint8_t)i;
		ck_assert_ptr_nonnull(mn_routers_heard(&t, &other, &a, NULL, 2 + i));
	}
	/* strangers push each other out, not ours */
	ck_assert_ptr_eq(mn_routers_find(&t, &ours), r);
	ck_assert(mn_router_here(&t, r));
	for (unsigned int i = 0; i < MN_ROUTERS_MAX; i++)
		mn_routers_join(&t, &t.r[i]);
	/* a table full of our own link's routers still hears the next link, and keeps the one in use */
	other.s6_addr[13] = 9;
	ck_assert_ptr_nonnull(mn_routers_heard(&t, &other, &a, r, 3000));
	ck_assert_ptr_eq(mn_routers_find(&t, &ours), r);
}
END_TEST

SUITE("mn pure",
	.tests = {
		{ statuses },
		{ times },
		{ sequence_numbers },
		{ router_prefixes },
		{ odd_prefixes },
		{ links },
		{ same_address_other_router },
		{ full_table },
	})
