// SPDX-License-Identifier: GPL-2.0-or-later
/* addrsel.conf: what is read, what is refused and where, and labels with names. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "policy.h"
#include "suite.h"

static struct policy p;
static char said[4096];

static int parse(const char *text)
{
	FILE *err = fmemopen(said, sizeof(said), "w");
	int rc;

	memset(said, 0, sizeof(said));
	rc = policy_parse("f", text, strlen(text), &p, err);
	fclose(err);
	return rc;
}

static void teardown(void)
{
	policy_free(&p);
}

START_TEST(rows)
{
	ck_assert_int_eq(
		parse("# comment\n\n::1/128 50 0\n  2001:db8::/32\t45 Office eth0 # why\r\n::ffff:10.0.0.0/104 9 7"),
		0);
	ck_assert_uint_eq(p.n, 3);
	ck_assert_uint_eq(p.row[0].len, 128);
	ck_assert_uint_eq(p.row[0].precedence, 50);
	ck_assert_uint_eq(p.row[1].line, 4);
	ck_assert_str_eq(p.row[1].name, "Office");
	ck_assert_str_eq(p.row[1].dev, "eth0");
	ck_assert_uint_eq(p.row[2].len, 104);
	ck_assert(!p.automatic && p.dhcp6 == DHCP6_IGNORE);
}
END_TEST

START_TEST(statements)
{
	ck_assert_int_eq(parse("automatic-rows yes\ndhcp6 add eth1 eth0\n"), 0);
	ck_assert(p.automatic);
	ck_assert_int_eq(p.dhcp6, DHCP6_ADD);
	ck_assert_uint_eq(p.n_dhcp6_dev, 2);
	ck_assert_str_eq(p.dhcp6_dev[0], "eth1");
}
END_TEST

static const struct {
	const char *text, *says;
} refused[] = {
	{ "::/0 1", "f:1:6: error: a row is" },
	{ "::/0 40 1\n::/129 1 1", "f:2:1: error: the prefix is longer than 128" },
	{ "2001:db8::1/32 1 1", "f:1:1: error: the address has bits behind the prefix: did you mean 2001:db8::/32?" },
	{ "10.0.0.0/8 1 1", "f:1:1: error: IPv4 is written as mapped addresses: ::ffff:10.0.0.0/104" },
	{ "10.0.0.0/33 1 1", "longer than 32" },
	{ "nonsense/8 1 1", "f:1:1: error: this is not an IPv6 address" },
	{ "::/ 1 1", "the prefix has no length" },
	{ "::/0x 1 1", "not a number" },
	{ "::/99999999999999999999 1 1", "longer than 128" },
	{ "::/0 -1 1", "f:1:6: error: a precedence is a number" },
	{ "::/0 2147483648 1", "a precedence is a number" },
	{ "::/0 1 2147483648", "f:1:8: error: the label's number" },
	{ "::/0 1 1x", "a label is a number, or a name" },
	{ "::/0 1 _a", "a label is a number, or a name" },
	{ "::/0 1 a$b", "letters, digits" },
	{ "::/0 1 ABCDEFGHIJKLMNOP", "15 characters" },
	{ "::/0 1 1 eth0 x", "f:1:15: error: unexpected \"x\"" },
	{ "::/0 1 1 a/b", "cannot be an interface" },
	{ "::/0 1 1 abcdefghijklmnop", "cannot be an interface" },
	{ "::/0 1 1\n# c\n::/0 2 2", "f:3:1: error: ::/0 a second time: it is in line 1" },
	{ "::/0 1 1\n::/0 1 1 eth0\n::/0 1 2 eth0", "f:3:1: error: ::/0 a second time: it is in line 2" },
	{ "::/0 1 \1", "f:1:8: error: a character that does not belong here (0x01)" },
	{ "automatic-rows maybe", "f:1:16: error: \"automatic-rows\" wants" },
	{ "automatic-rows yes\nautomatic-rows yes", "f:2:1: error: \"automatic-rows\" a second time" },
	{ "dhcp6", "f:1:1: error: \"dhcp6\" wants" },
	{ "dhcp6 ignore eth0", "has no interfaces" },
	{ "dhcp6 add eth0 eth0", "f:1:16: error: \"eth0\" a second time" },
	{ "dhcp6 add a b c d e f g h i j k l m n o p q", "more than 16 interfaces" },
	{ "x x x x x x x x x x x x x x x x x x x x x", "too many words" },
};

START_TEST(refuses)
{
	ck_assert_int_eq(parse(refused[_i].text), -1);
	ck_assert_msg(strstr(said, refused[_i].says), "\"%s\" says %s", refused[_i].text, said);
	ck_assert_uint_eq(p.n, 0);
}
END_TEST

START_TEST(many_errors)
{
	char text[1000] = "";

	for (int i = 0; i < 50; i++)
		strcat(text, "x 1 1\n");
	ck_assert_int_eq(parse(text), -1);
	ck_assert(strstr(said, "f:50:1: error: 50 errors in all; these are the first 20\n"));
}
END_TEST

START_TEST(names_are_stable)
{
	uint32_t office;

	ck_assert_int_eq(parse("::/0 1 Office\n::1/128 2 Home\n2002::/16 3 Office"), 0);
	office = p.row[0].label;
	/* written down: it must never change, or a kernel's table would mean something else after an update */
	ck_assert_uint_eq(office, 1558267217u);
	ck_assert_uint_eq(p.row[2].label, office);
	ck_assert_uint_ne(p.row[1].label, office);
	ck_assert_uint_ge(office, 0x40000000u);
	ck_assert_str_eq(policy_label_name(&p, office), "Office");
	policy_free(&p);
	ck_assert_int_eq(parse("::1/128 2 Home\n::/0 1 Office"), 0);
	ck_assert_uint_eq(p.row[1].label, office);
	policy_free(&p);
	ck_assert_int_eq(parse("::1/128 2 1558267217\n::/0 1 Office"), -1);
	ck_assert(strstr(said, "f:2:1: error: the label \"Office\" has the number 1558267217"));
}
END_TEST

START_TEST(printed_is_read_the_same)
{
	char text[2000] = "";
	struct policy first;
	FILE *out;

	ck_assert_int_eq(parse("automatic-rows yes\ndhcp6 replace eth0\n::/0 40 1\n2001:db8::/32 7 Office wlan0\n"), 0);
	first = p;
	out = fmemopen(text, sizeof(text), "w");
	policy_print(&p, out);
	fclose(out);
	ck_assert_int_eq(parse(text), 0);
	ck_assert(p.automatic && p.dhcp6 == DHCP6_REPLACE && p.n == first.n);
	for (size_t i = 0; i < p.n; i++) {
		ck_assert_mem_eq(&p.row[i].prefix, &first.row[i].prefix, 16);
		ck_assert_uint_eq(p.row[i].label, first.row[i].label);
		ck_assert_uint_eq(p.row[i].precedence, first.row[i].precedence);
		ck_assert_str_eq(p.row[i].dev, first.row[i].dev);
	}
	policy_free(&first);
}
END_TEST

START_TEST(the_rest_gets_a_row)
{
	ck_assert_int_eq(parse("::1/128 50 0"), 0);
	ck_assert_int_eq(policy_complete(&p), 1);
	ck_assert_int_eq(policy_complete(&p), 0);
	ck_assert_uint_eq(p.row[1].len, 0);
	ck_assert_uint_eq(p.row[1].precedence, 40);
	ck_assert_uint_eq(p.row[1].label, 1);
}
END_TEST

START_TEST(defaults)
{
	struct in6_addr ula;

	inet_pton(AF_INET6, "fc00::", &ula);
	ck_assert_int_eq(policy_add_default(&p, DEFAULT_RFC6724), 0);
	ck_assert_uint_eq(p.n, 9);
	ck_assert_uint_eq(policy_find(&p, &ula, 7, "")->label, 13);
	policy_free(&p);
	ck_assert_int_eq(policy_add_default(&p, DEFAULT_LINUX), 0);
	ck_assert_uint_eq(p.n, 10);
	ck_assert_uint_eq(policy_find(&p, &ula, 7, "")->label, 5);
}
END_TEST

SUITE("addrsel policy", .teardown = teardown,
      .tests = { { rows },
		 { statements },
		 { refuses, sizeof(refused) / sizeof(*refused) },
		 { many_errors },
		 { names_are_stable },
		 { printed_is_read_the_same },
		 { the_rest_gets_a_row },
		 { defaults } })
