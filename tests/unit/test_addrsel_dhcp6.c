// SPDX-License-Identifier: GPL-2.0-or-later
/* RFC 7078's options as bytes, what is refused of them, and the messages that ask for them. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dhcp6_option.h"
#include "suite.h"

static struct dhcp6_addrsel out;
static uint8_t buf[70000];

static void teardown(void)
{
	policy_free(&out.table);
}

static int parse(const char *hex)
{
	ssize_t n = dhcp6_hex_parse(hex, buf, sizeof(buf));
	const char *why;
	uint8_t *exact;
	int rc;

	ck_assert_int_ge(n, 0);
	/* a block of just this length: the sanitizer sees a byte read behind it */
	exact = malloc((size_t)n + 1);
	memcpy(exact, buf, (size_t)n);
	rc = dhcp6_addrsel_parse(exact, (size_t)n, &out, &why);
	free(exact);
	ck_assert(!rc == !why);
	return rc;
}

START_TEST(a_table)
{
	ck_assert_int_eq(parse("00"
			       "0055000701"
			       "28"
			       "20"
			       "20010db8"
			       "0055000302"
			       "0a"
			       "00"),
			 0);
	ck_assert(!out.automatic && !out.privacy);
	ck_assert_uint_eq(out.table.n, 2);
	ck_assert_uint_eq(out.table.row[0].label, 1);
	ck_assert_uint_eq(out.table.row[0].precedence, 40);
	ck_assert_uint_eq(out.table.row[0].len, 32);
	ck_assert_uint_eq(out.table.row[0].prefix.s6_addr[1], 1);
	ck_assert_int_eq(out.table.row[0].origin, FROM_DHCP6);
	ck_assert_uint_eq(out.table.row[1].len, 0);
	ck_assert_uint_eq(out.table.row[1].precedence, 10);
}
END_TEST

START_TEST(flags)
{
	ck_assert_int_eq(parse("03"), 0);
	ck_assert(out.automatic && out.privacy && !out.table.n);
	ck_assert_int_eq(parse("fe"), 0);
	ck_assert(out.automatic && !out.privacy);
	ck_assert_int_eq(parse("01"), 0);
	ck_assert(!out.automatic && out.privacy);
}
END_TEST

START_TEST(bits_behind_the_prefix)
{
	ck_assert_int_eq(parse("00"
			       "0055000401"
			       "28"
			       "07"
			       "ff"),
			 0);
	ck_assert_uint_eq(out.table.row[0].prefix.s6_addr[0], 0xfe);
	policy_free(&out.table);
	/* the same row twice is one row; other suboptions are skipped */
	ck_assert_int_eq(parse("00"
			       "00550004012807ff"
			       "00630000"
			       "00550004012807fe"),
			 0);
	ck_assert_uint_eq(out.table.n, 1);
}
END_TEST

static const char *const refused[] = {
	"", /* empty */
	"0000",
	"00005500", /* a suboption's head is cut */
	"000055000801282020010db8", /* longer than the option */
	"0000550000",
	"00005500020128", /* no room for the row's head */
	"0000550007012821"
	"20010db8", /* /33 in four bytes */
	"0000550008012820"
	"20010db800", /* /32 in five */
	"00"
	"00550014"
	"012881"
	"00000000000000000000000000000000ff", /* /129 */
	"00"
	"0055000301ff81",
	"00"
	"00550004012808ff", /* multicast */
	"00"
	"00550004012807fe"
	"00550004022807fe", /* contradiction */
};

START_TEST(refuses)
{
	ck_assert_int_eq(parse(refused[_i]), -EBADMSG);
	ck_assert_uint_eq(out.table.n, 0);
}
END_TEST

START_TEST(hex)
{
	uint8_t two[2];

	ck_assert_int_eq(dhcp6_hex_parse("0aFf", two, 2), 2);
	ck_assert_uint_eq(two[1], 0xff);
	ck_assert_int_eq(dhcp6_hex_parse("a:ff", two, 2), 2);
	ck_assert_uint_eq(two[0], 0x0a);
	ck_assert_int_eq(dhcp6_hex_parse("010203", two, 2), -ENOSPC);
	ck_assert_int_eq(dhcp6_hex_parse("0", two, 2), -EINVAL);
	ck_assert_int_eq(dhcp6_hex_parse("0g", two, 2), -EINVAL);
	ck_assert_int_eq(dhcp6_hex_parse("1:", two, 2), -EINVAL);
	ck_assert_int_eq(dhcp6_hex_parse(":1", two, 2), -EINVAL);
	ck_assert_int_eq(dhcp6_hex_parse("1::2", two, 2), -EINVAL);
	ck_assert_int_eq(dhcp6_hex_parse("1:234", two, 2), -EINVAL);
	ck_assert_int_eq(dhcp6_hex_parse(" 01", two, 2), -EINVAL);
}
END_TEST

static const uint8_t duid[] = { 0, 3, 0, 1, 2, 0, 0, 0, 0, 1 };
#define CLIENT "0001000a00030001020000000001"
#define SERVER "0002000a00030001020000000002"

START_TEST(request)
{
	static const char want[] = "0b123456" CLIENT "0006000400540020"
				   "000800020064";
	uint8_t expected[64];
	ssize_t n = dhcp6_hex_parse(want, expected, sizeof(expected));

	ck_assert_int_eq(dhcp6_build_request(buf, sizeof(buf), 0x99123456, duid, sizeof(duid), 100), n);
	ck_assert_mem_eq(buf, expected, (size_t)n);
	ck_assert_int_eq(dhcp6_build_request(buf, (size_t)n - 1, 1, duid, sizeof(duid), 0), -ENOSPC);
}
END_TEST

static const struct {
	const char *hex;
	int rc;
	int option_len;
	uint32_t refresh;
} replies[] = {
	{ "07123456" CLIENT SERVER, 0, -1, 86400 },
	{ "07123456" SERVER "0054000103" CLIENT, 0, 1, 86400 },
	{ "07123456" CLIENT SERVER "0020000400000e10"
	  "00540000",
	  0, 0, 3600 },
	{ "07123456" CLIENT SERVER "00200004000000ff", 0, -1, 600 },
	{ "07123456" CLIENT SERVER "00200004ffffffff", 0, -1, 0xffffffff },
	{ "07123457" CLIENT SERVER, -ENOMSG, 0, 0 },
	{ "02123456" CLIENT SERVER, -ENOMSG, 0, 0 },
	{ "07123456" SERVER, -ENOMSG, 0, 0 },
	{ "07123456" SERVER "0001000a00030001020000000009", -ENOMSG, 0, 0 },
	{ "071234", -ENOMSG, 0, 0 },
	{ "07123456" CLIENT, -EBADMSG, 0, 0 },
	{ "07123456" CLIENT SERVER SERVER, -EBADMSG, 0, 0 },
	{ "07123456" CLIENT SERVER "0054000103"
	  "0054000103",
	  -EBADMSG, 0, 0 },
	{ "07123456" CLIENT SERVER "0054000903", -EBADMSG, 0, 0 },
	{ "07123456" CLIENT SERVER "0020000300000e", -EBADMSG, 0, 0 },
	{ "07123456" CLIENT SERVER "00", -EBADMSG, 0, 0 },
};

START_TEST(reply)
{
	struct dhcp6_reply r;
	ssize_t n = dhcp6_hex_parse(replies[_i].hex, buf, sizeof(buf));
	int rc = dhcp6_parse_reply(buf, (size_t)n, 0x123456, duid, sizeof(duid), &r);

	ck_assert_int_eq(rc, replies[_i].rc);
	if (rc)
		return;
	ck_assert_int_eq(r.addrsel ? (int)r.addrsel_len : -1, replies[_i].option_len);
	ck_assert_uint_eq(r.refresh, replies[_i].refresh);
}
END_TEST

SUITE("addrsel dhcp6", .teardown = teardown,
      .tests = { { a_table },
		 { flags },
		 { bits_behind_the_prefix },
		 { refuses, sizeof(refused) / sizeof(*refused) },
		 { hex },
		 { request },
		 { reply, sizeof(replies) / sizeof(*replies) } })
