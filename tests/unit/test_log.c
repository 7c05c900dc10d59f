// SPDX-License-Identifier: GPL-2.0-or-later
/* The log's lines and levels, its limit, and the token bucket. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/limit.h"
#include "core/log.h"

#include "suite.h"

static char path[] = "/tmp/mip6d-test-log-XXXXXX";
static char text[65536];

static void open_at(int debug)
{
	int fd;

	strcpy(path + strlen(path) - 6, "XXXXXX");
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	close(fd);
	ck_assert_int_eq(log_open(path, debug), 0);
}

/* Closes the log and reads it. */
static const char *logged(void)
{
	FILE *f = fopen(path, "r");
	size_t n;

	ck_assert_ptr_nonnull(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = 0;
	fclose(f);
	log_close();
	unlink(path);
	return text;
}

static bool matches(const char *s, const char *pattern)
{
	regex_t re;
	bool yes;

	ck_assert_int_eq(regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB), 0);
	yes = !regexec(&re, s, 0, NULL, 0);
	regfree(&re);
	return yes;
}

START_TEST(line)
{
	struct in6_addr a, b;

	inet_pton(AF_INET6, "2001:db8::1", &a);
	inet_pton(AF_INET6, "2001:db8::2", &b);
	open_at(0);
	log_notice("moved", "from=%s to=%s", log_addr(&a), log_addr(&b));
	ck_assert_msg(matches(logged(),
			      "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}[+-][0-9]{2}:[0-9]{2} "
			      "notice moved from=2001:db8::1 to=2001:db8::2\n$"),
		      "%s", text);
}
END_TEST

START_TEST(levels)
{
	static const struct {
		int debug, lines;
	} expect[] = { { 0, 3 }, { 1, 4 }, { 4, 4 }, { 5, 5 }, { 10, 5 } };
	int lines = 0;

	open_at(expect[_i].debug);
	for (enum log_level l = LOG_ERROR; l <= LOG_DEBUG; l++)
		log_msg(l, "x", "level=%d", l);
	for (const char *c = logged(); *c; c++)
		lines += *c == '\n';
	ck_assert_int_eq(lines, expect[_i].lines);
}
END_TEST

START_TEST(hostile_text)
{
	char big[5000];

	memset(big, 'a', sizeof(big) - 1);
	big[sizeof(big) - 1] = 0;
	open_at(0);
	log_notice("x", "name=%s", "eth0\nnotice forged a=b\x1b[2J");
	log_notice("x", "%s", big);
	logged();
	ck_assert(matches(text, "name=eth0\\?notice forged a=b\\?\\[2J\n"));
	ck_assert_uint_lt(strlen(strchr(text, '\n')), 1100);
	ck_assert_str_eq(text + strlen(text) - 2, "a\n");
}
END_TEST

/* Standard error is a pipe that nobody reads: log calls come back, and say later what was lost. */
START_TEST(never_waits)
{
	char buf[4096];
	int fds[2], saved = dup(STDERR_FILENO);
	ssize_t n;

	ck_assert_int_eq(pipe(fds), 0);
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	dup2(fds[1], STDERR_FILENO);
	ck_assert_int_eq(log_open(NULL, 0), 0);
	for (int i = 0; i < 5000; i++)
		log_notice("x", "i=%d", i);
	while (read(fds[0], buf, sizeof(buf)) > 0)
		;
	log_notice("later", " ");
	n = read(fds[0], buf, sizeof(buf) - 1);
	dup2(saved, STDERR_FILENO);
	ck_assert_int_gt(n, 0);
	buf[n] = 0;
	ck_assert_msg(matches(buf, "warn log-lost lines=[0-9]+\n.* notice later\n"), "%s", buf);
	close(saved);
	close(fds[0]);
	close(fds[1]);
}
END_TEST

START_TEST(burst_then_summary)
{
	struct log_limit l = { .burst = 3 };
	int allowed;

	open_at(0);
	do { /* all in one second: again if it turned meanwhile */
		allowed = 0;
		l.second = -1;
		l.left_out = 0;
		for (int i = 0; i < 100; i++)
			allowed += log_allow(&l, "flood");
	} while (l.used + l.left_out != 100);
	ck_assert_int_eq(allowed, 3);
	l.second--; /* the next second */
	ck_assert(log_allow(&l, "flood"));
	ck_assert_msg(matches(logged(), "notice flood left_out=97\n"), "%s", text);
}
END_TEST

START_TEST(token_bucket)
{
	struct limit l;
	int taken = 0;

	limit_init(&l, 10, 5, 1000);
	for (int i = 0; i < 20; i++)
		taken += limit_take(&l, 1000);
	ck_assert_int_eq(taken, 5);
	for (int ms = 0; ms < 10000; ms += 5)
		taken += limit_take(&l, 1000 + ms / 1000.);
	ck_assert_int_ge(taken, 5 + 98);
	ck_assert_int_le(taken, 5 + 101);
	/* A long rest does not fill it beyond its size */
	for (taken = 0; limit_take(&l, 1e6);)
		taken++;
	ck_assert_int_eq(taken, 5);
}
END_TEST

SUITE("log",
	.tests = {
		{ line },
		{ levels, 5 },
		{ hostile_text },
		{ never_waits },
		{ burst_then_summary },
		{ token_bucket },
	})
