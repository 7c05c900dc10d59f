// SPDX-License-Identifier: GPL-2.0-or-later
/* gai.conf: read as glibc reads it, written whole, and known again; files replaced by rename. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gaiconf.h"
#include "newfile.h"
#include "suite.h"

static struct gaiconf g;

static void teardown(void)
{
	gaiconf_free(&g);
}

static void parse(const char *text)
{
	gaiconf_free(&g);
	ck_assert_int_eq(gaiconf_parse(text, text ? strlen(text) : 0, &g), 0);
}

static uint32_t value(const struct prefixes *p, const char *addr)
{
	struct in6_addr a;

	ck_assert_int_eq(inet_pton(AF_INET6, addr, &a), 1);
	return prefixes_match_libc(p, &a)->value;
}

START_TEST(builtin)
{
	parse(NULL);
	ck_assert_int_eq(g.owner, GAICONF_ABSENT);
	ck_assert(g.builtin_label && g.builtin_precedence && g.builtin_scopev4 && !g.reload);
	ck_assert_uint_eq(value(&g.label, "fd00::1"), 6);
	ck_assert_uint_eq(value(&g.label, "2001::1"), 7);
	ck_assert_uint_eq(value(&g.precedence, "::ffff:192.0.2.1"), 10);
	ck_assert_uint_eq(value(&g.scopev4, "::ffff:169.254.1.1"), 2);
	ck_assert_uint_eq(value(&g.scopev4, "::ffff:192.168.1.1"), 14);
	parse("# only comments\n");
	ck_assert_int_eq(g.owner, GAICONF_FOREIGN);
	ck_assert(g.builtin_label);
}
END_TEST

START_TEST(one_line_drops_the_table)
{
	parse("label fd00::/8 9 # x\nreload yes\n");
	ck_assert(!g.builtin_label && g.builtin_precedence && g.reload);
	ck_assert_uint_eq(value(&g.label, "fd00::1"), 9);
	ck_assert_uint_eq(value(&g.label, "2002::1"), 1);
	parse("precedence fd00::/8 9\nreload yes\nreload no");
	ck_assert(!g.reload);
	ck_assert_uint_eq(value(&g.precedence, "2002::1"), 40);
	/* the first of two equal ones counts, wherever shorter and longer ones are */
	parse("label ::/0 1\nlabel fd00::/8 2\nlabel fd00::/8 3\nlabel fd00:1::/32 4\n");
	ck_assert_uint_eq(value(&g.label, "fd00::1"), 2);
	ck_assert_uint_eq(value(&g.label, "fd00:1::1"), 4);
	ck_assert_uint_eq(g.label.n, 4);
	/* an address without a length is one of 128 bits; bits behind a prefix do not count */
	parse("label 2001:db8::1 5\nlabel 2001:db8::7/32 6\n");
	ck_assert_uint_eq(value(&g.label, "2001:db8::1"), 5);
	ck_assert_uint_eq(value(&g.label, "2001:db8::2"), 6);
}
END_TEST

static const char *const ignored[] = {
	"label fd00::/129 1",
	"label fd00::/x 1",
	"label fd00::/8 -",
	"label fd00::/8",
	"label",
	"labels fd00::/8 1",
	"label fd00::/8 2147483648",
	"label 10.0.0.0/8 1",
	"#label fd00::/8 1",
	"label fd00::/8 99999999999999999999",
};

START_TEST(ignores)
{
	parse(ignored[_i]);
	/* an empty number is 0 for strtoul */
	if (!strcmp(ignored[_i], "label fd00::/8"))
		ck_assert_uint_eq(value(&g.label, "fd00::1"), 0);
	else
		ck_assert_msg(g.builtin_label, "%s", ignored[_i]);
}
END_TEST

START_TEST(scopes)
{
	parse("scopev4 ::ffff:10.0.0.0/104 5\nscopev4 192.168.0.0/16 5\nscopev4 ::ffff:0.0.0.0/96 14\n");
	ck_assert_uint_eq(value(&g.scopev4, "::ffff:10.1.1.1"), 5);
	ck_assert_uint_eq(value(&g.scopev4, "::ffff:192.168.1.1"), 5);
	ck_assert_uint_eq(value(&g.scopev4, "::ffff:169.254.1.1"), 14);
}
END_TEST

START_TEST(written_is_known)
{
	struct prefixes label = { 0 }, precedence = { 0 };
	struct in6_addr any = IN6ADDR_ANY_INIT;
	size_t len;
	char *text;

	prefixes_add(&label, &any, 0, 0, 1);
	prefixes_add(&label, &any, 96, 0, 3);
	prefixes_sort(&label);
	prefixes_add(&precedence, &any, 0, 0, 40);
	text = gaiconf_text(&label, &precedence, "/etc/addrsel.conf", &len);
	ck_assert_uint_eq(strlen(text), len);
	parse(text);
	ck_assert_int_eq(g.owner, GAICONF_OURS);
	ck_assert(g.reload && !g.builtin_label && g.label.n == 2 && g.precedence.n == 1);
	ck_assert_uint_eq(g.label.v[0].len, 96);
	text[len - 2] ^= 1;
	parse(text);
	ck_assert_int_eq(g.owner, GAICONF_EDITED);
	text[strlen("# Written by addrselctl(8), checksum 0")] = 0;
	parse(text);
	ck_assert_int_eq(g.owner, GAICONF_FOREIGN);
	free(text);
	prefixes_free(&label);
	prefixes_free(&precedence);
}
END_TEST

START_TEST(files_are_replaced_whole)
{
	char dir[] = "/tmp/addrsel-XXXXXX", path[64], link[64], *data, *saved;
	struct newfile f;
	struct stat st, old;
	size_t len;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/file", dir);
	snprintf(link, sizeof(link), "%s/link", dir);
	ck_assert_int_eq(newfile_prepare(&f, path, "one\n", 4, 0640), 0);
	ck_assert_int_eq(access(path, F_OK), -1);
	ck_assert_int_eq(newfile_commit(&f), 0);
	ck_assert_int_eq(newfile_settle(&f), 0);
	ck_assert_int_eq(stat(path, &old), 0);
	ck_assert_int_eq(old.st_mode & 07777, 0640);
	ck_assert_int_eq(chmod(path, 0604), 0);

	/* through a link: the link stays, mode and owner too, and the time is another one */
	ck_assert_int_eq(symlink("file", link), 0);
	ck_assert_int_eq(newfile_prepare(&f, link, "two\n", 4, 0640), 0);
	ck_assert_int_eq(newfile_keep_old(&f, &saved), 0);
	ck_assert_int_eq(newfile_commit(&f), 0);
	ck_assert_int_eq(newfile_settle(&f), 0);
	ck_assert_int_eq(lstat(link, &st), 0);
	ck_assert(S_ISLNK(st.st_mode));
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0604);
	ck_assert(st.st_mtim.tv_nsec != old.st_mtim.tv_nsec || st.st_mtim.tv_sec != old.st_mtim.tv_sec);
	ck_assert_int_eq(file_read(saved, 100, &data, &len), 0);
	ck_assert_str_eq(data, "one\n");
	free(data);
	ck_assert_int_eq(file_read(path, 3, &data, &len), -EFBIG);
	unlink(saved);
	free(saved);

	ck_assert_int_eq(newfile_prepare(&f, path, "three\n", 6, 0640), 0);
	newfile_abort(&f);
	ck_assert_int_eq(file_read(path, 100, &data, &len), 0);
	ck_assert_str_eq(data, "two\n");
	free(data);
	unlink(path);
	unlink(link);
	ck_assert_int_eq(newfile_prepare(&f, dir, "x", 1, 0644), -EINVAL);
	ck_assert_int_eq(rmdir(dir), 0);
}
END_TEST

SUITE("addrsel gai.conf", .teardown = teardown,
      .tests = { { builtin },
		 { one_line_drops_the_table },
		 { ignores, sizeof(ignored) / sizeof(*ignored) },
		 { scopes },
		 { written_is_known },
		 { files_are_replaced_whole } })
