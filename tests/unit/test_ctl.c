// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The control socket with a role made up for it: the protocol, hostile clients, many clients, slow ones. Server and
 * clients take turns in one thread.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/ipsec.h"
#include "core/log.h"
#include "ctl/ctl.h"

#include "suite.h"

static unsigned int n_rows, n_pieces;

/* Of a daemon without IPsec these are never asked. */
bool ipsec_rows(struct daemon *d, uint64_t *at, unsigned int max, struct json_object *rows)
{
	(void)d;
	(void)at;
	(void)max;
	(void)rows;
	ck_abort();
}

void ipsec_stats(struct daemon *d)
{
	(void)d;
}

static bool fake_bc(struct daemon *d, uint64_t *at, unsigned int max, struct json_object *rows)
{
	(void)d;
	ck_assert_uint_le(max, 256);
	n_pieces++;
	for (unsigned int i = 0; i < max && *at < n_rows; i++, ++*at) {
		struct json_object *row = json_object_new_object();

		json_object_object_add(row, "home_address", json_object_new_string("2001:db8::1"));
		json_object_object_add(row, "sequence", json_object_new_int((int)*at));
		json_object_array_add(rows, row);
	}
	return *at < n_rows;
}

static struct json_object *fake_status(struct daemon *d)
{
	struct json_object *o = json_object_new_object();

	(void)d;
	json_object_object_add(o, "bindings", json_object_new_int(3));
	return o;
}

static void fake_stats(struct daemon *d)
{
	d->stats[STAT_GUARD_PASSED] = 42;
}

static const struct role_ops fake_role = {
	.name = "home agent", .bc = fake_bc, .status = fake_status, .stats = fake_stats
};
static struct conf conf = { .file = "/etc/mip6d.conf", .role = ROLE_HA };
static struct daemon d;
static char dir[] = "/tmp/mip6d-test-ctl-XXXXXX", path[64], err[256];

static void setup(void)
{
	strcpy(dir + strlen(dir) - 6, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/sock", dir);
	memset(&d, 0, sizeof(d));
	d.loop = ev_loop_new(EVFLAG_AUTO);
	d.conf = &conf;
	d.notify = ctl_no_notify;
	n_rows = 2;
	log_open("/dev/null", 0);
	ck_assert_msg(ctl_open(&d, &fake_role, path, err, sizeof(err)) == 0, "%s", err);
}

static void teardown(void)
{
	ctl_close(&d);
	ck_assert_int_eq(access(path, F_OK), -1);
	rmdir(dir);
	ev_loop_destroy(d.loop);
	log_close();
}

static void turn(void)
{
	for (int i = 0; i < 20; i++)
		ev_run(d.loop, EVRUN_NOWAIT);
}

static int client(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	strcpy(addr.sun_path, path);
	ck_assert_msg(connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0, "%s", strerror(errno));
	turn();
	return fd;
}

static char reply[65536];

/* What the server has said; "" nothing, NULL that it has closed. */
static const char *hear(int fd)
{
	ssize_t n;

	turn();
	n = recv(fd, reply, sizeof(reply) - 1, 0);
	if (n <= 0)
		return n < 0 && errno == EAGAIN ? "" : NULL;
	reply[n] = 0;
	return reply;
}

static const char *say(int fd, const char *text, size_t len)
{
	ck_assert_int_eq(send(fd, text, len, MSG_NOSIGNAL), (ssize_t)len);
	return hear(fd);
}

#define SAY(fd, text) say(fd, text, sizeof(text) - 1)

START_TEST(commands)
{
	int fd = client();
	struct stat st;

	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0600);
	ck_assert_str_eq(SAY(fd, "{\"cmd\":\"bc\"}\n"),
			 "{\"ok\":true,\"data\":[{\"home_address\":\"2001:db8::1\",\"sequence\":0},"
			 "{\"home_address\":\"2001:db8::1\",\"sequence\":1}]}\n");
	ck_assert_str_eq(SAY(fd, "{\"cmd\":\"bul\"}\n"),
			 "{\"ok\":false,\"error\":\"this mip6d is a home agent: it has no binding update list\"}\n");
	SAY(fd, "{\"cmd\":\"status\"}\n");
	ck_assert_ptr_nonnull(strstr(reply, "\"role\":\"home agent\""));
	ck_assert_ptr_nonnull(strstr(reply, "\"config\":\"/etc/mip6d.conf\""));
	ck_assert_ptr_nonnull(strstr(reply, "\"bindings\":3"));
	SAY(fd, "{\"cmd\":\"stats\"}\n");
	ck_assert_ptr_nonnull(strstr(reply, "\"mh_rx\":0,"));
	ck_assert_ptr_nonnull(strstr(reply, "\"guard_passed\":42,"));
	close(fd);
}
END_TEST

START_TEST(counters_have_names)
{
	for (int i = 0; i < STAT_MAX; i++)
		ck_assert_ptr_nonnull(stat_name[i]);
}
END_TEST

START_TEST(pieces)
{
	int fd = client();
	const char *two = "{\"cmd\":\"bul\"}\n{\"cmd\":\"bul\"}\n";

	for (size_t i = 0; i < strlen(two); i++) {
		const char *r = say(fd, two + i, 1);

		ck_assert_int_eq(r[0] != 0, two[i] == '\n');
	}
	/* both at once, and a third that the end of the stream completes */
	SAY(fd, "{\"cmd\":\"bul\"}\n{\"cmd\":\"bul\"}\r\n{\"cmd\":\"x\"}");
	ck_assert_ptr_nonnull(strstr(strchr(reply, '\n'), "update list"));
	shutdown(fd, SHUT_WR);
	ck_assert_str_eq(hear(fd), "{\"ok\":false,\"error\":\"unknown command \\\"x\\\"\"}\n");
	ck_assert_ptr_null(hear(fd));
	close(fd);
}
END_TEST

START_TEST(malformed)
{
	static const char *const bad[] = {
		"\n",
		"\r\n",
		"{\n",
		"}\n",
		"[]\n",
		"null\n",
		"7\n",
		"\"bc\"\n",
		"{\"cmd\":7}\n",
		"{\"cmd\":null}\n",
		"{\"cmd\":{\"a\":1}}\n",
		"{}\n",
		"{\"cmd\":\"bc\"} x\n",
		"{'cmd':'bc'}\n",
		"{\"cmd\":\"\xff\xfe\"}\n",
		"{\"cmd\":\"bc\",}\n",
		"[[[[[[[[[[[[]]]]]]]]]]]]\n",
		"{\"cmd\":\"%s%n\"}\n",
		"{\"cmd\":\"\\u0000\"}\n",
		"nul\n",
		"{\"cmd\":\"bc\"\n",
	};
	int fd = client();

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		const char *r = say(fd, bad[i], strlen(bad[i]));

		ck_assert_msg(r && !strncmp(r, "{\"ok\":false,\"error\":\"", 21), "%zu %s: %s", i, bad[i], r);
		ck_assert_int_eq(r[strlen(r) - 1], '\n');
	}
	SAY(fd, "\0\0\0{\"cmd\":\"bc\"}\n");
	ck_assert_int_eq(strncmp(SAY(fd, "{\"cmd\":\"bc\"}\n"), "{\"ok\":true", 10), 0);
	close(fd);
}
END_TEST

START_TEST(random_bytes)
{
	char junk[512];

	srandom(1);
	for (int round = 0; round < 300; round++) {
		int fd = client();
		size_t n = (size_t)random() % sizeof(junk) + 1;

		for (size_t i = 0; i < n; i++)
			junk[i] = random() % 3 ? "{}[]\":,cmd\\ \n1e"[random() % 15] : (char)random();
		say(fd, junk, n);
		close(fd);
		turn();
	}
}
END_TEST

START_TEST(overlong)
{
	int fd = client();
	char line[CTL_LINE_MAX + 1];

	memset(line, ' ', sizeof(line));
	memcpy(line, "{\"cmd\":\"bul\"}", 13);
	line[CTL_LINE_MAX] = '\n';
	ck_assert_ptr_nonnull(strstr(say(fd, line, sizeof(line)), "update list"));
	line[CTL_LINE_MAX] = ' ';
	ck_assert_str_eq(say(fd, line, sizeof(line)), "{\"ok\":false,\"error\":\"request too long\"}\n");
	ck_assert_ptr_null(hear(fd));
	close(fd);
}
END_TEST

START_TEST(many_clients)
{
	int fds[100], served = 0, refused = 0;

	for (int i = 0; i < 100; i++) {
		const char *r;

		fds[i] = client();
		if (send(fds[i], "{\"cmd\":\"bul\"}\n", 14, MSG_NOSIGNAL) < 0)
			ck_assert_int_eq(errno, EPIPE);
		r = hear(fds[i]);
		ck_assert_ptr_nonnull(r);
		served += strstr(r, "update list") != NULL;
		refused += strstr(r, "too many clients") != NULL;
	}
	ck_assert_int_eq(served, CTL_CLIENTS);
	ck_assert_int_eq(refused, 100 - CTL_CLIENTS);
	for (int i = 0; i < 100; i++)
		close(fds[i]);
	turn();
	fds[0] = client();
	ck_assert_ptr_nonnull(strstr(SAY(fds[0], "{\"cmd\":\"bul\"}\n"), "update list"));
	close(fds[0]);
}
END_TEST

/* An answer far larger than the socket takes arrives whole, and further requests wait for it. */
START_TEST(large_answer)
{
	static char all[8 << 20];
	int fd = client();
	size_t len = 0, lines = 0;
	const char *r;

	n_rows = 40000;
	for (r = SAY(fd, "{\"cmd\":\"bc\"}\n{\"cmd\":\"bul\"}\n"); r && *r; r = hear(fd)) {
		memcpy(all + len, r, strlen(r) + 1);
		len += strlen(r);
	}
	for (size_t i = 0; i < len; i++)
		lines += all[i] == '\n';
	ck_assert_uint_eq(lines, 2);
	ck_assert_ptr_nonnull(strstr(all, "\"sequence\":39999}]}\n{\"ok\":false"));
	/* and a client that leaves in the middle of it is forgotten */
	SAY(fd, "{\"cmd\":\"bc\"}\n");
	close(fd);
	turn();
}
END_TEST

START_TEST(empty_list)
{
	int fd = client();

	n_rows = 0;
	ck_assert_str_eq(SAY(fd, "{\"cmd\":\"bc\"}\n"), "{\"ok\":true,\"data\":[]}\n");
	close(fd);
}
END_TEST

/* A list is made as it is read: one piece a turn, and none for a client that does not read. */
START_TEST(list_in_pieces)
{
	static const char ask[] = "{\"cmd\":\"bc\"}\n";
	int fd = client();
	unsigned int before;

	n_rows = 1000000;
	ck_assert_int_eq(send(fd, ask, sizeof(ask) - 1, MSG_NOSIGNAL), (ssize_t)sizeof(ask) - 1);
	for (int i = 0; i < 10; i++) {
		before = n_pieces;
		ev_run(d.loop, EVRUN_NOWAIT);
		ck_assert_uint_le(n_pieces, before + 1);
	}
	for (int i = 0; i < 100; i++)
		turn();
	before = n_pieces;
	ck_assert_uint_lt(before, 200); /* what the socket holds, and one */
	for (int i = 0; i < 100; i++)
		turn();
	ck_assert_uint_eq(n_pieces, before);
	ck_assert_str_ne(hear(fd), "");
	turn();
	ck_assert_uint_gt(n_pieces, before);
	close(fd);
	turn();
}
END_TEST

static void event(int i)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "number", json_object_new_int(i));
	d.notify(&d, "something", o);
}

START_TEST(monitor)
{
	int fd = client(), other = client();

	event(0); /* nobody listens */
	d.notify(&d, "no-fields", NULL);
	ck_assert_str_eq(SAY(fd, "{\"cmd\":\"monitor\"}\n"), "{\"ok\":true,\"data\":{}}\n");
	event(1);
	d.notify(&d, "no-fields", NULL);
	hear(fd);
	ck_assert_ptr_nonnull(strstr(reply, ",\"event\":\"something\",\"number\":1}\n{\"time\":"));
	ck_assert_ptr_nonnull(strstr(reply, ",\"event\":\"no-fields\"}\n"));
	ck_assert_str_eq(hear(other), "");
	ck_assert_str_eq(SAY(fd, "{\"cmd\":\"bc\"}\n"), ""); /* a monitor asks nothing more */
	event(2);
	ctl_close(&d); /* what was said last still arrives */
	ck_assert_ptr_nonnull(strstr(hear(fd), "\"number\":2}\n"));
	ck_assert_ptr_null(hear(fd));
	ck_assert_ptr_null(hear(other));
	event(3);
	close(fd);
	close(other);
}
END_TEST

START_TEST(slow_monitor)
{
	int slow = client(), quick = client(), heard = 0;
	size_t got = 0;
	const char *r;

	SAY(slow, "{\"cmd\":\"monitor\"}\n");
	SAY(quick, "{\"cmd\":\"monitor\"}\n");
	for (int i = 0; i < 30000; i++) {
		event(i);
		if (i % 100)
			continue;
		for (r = hear(quick); r && *r; r = hear(quick))
			for (; *r; r++)
				heard += *r == '\n';
		ck_assert_ptr_nonnull(r);
	}
	for (r = hear(quick); r && *r; r = hear(quick))
		for (; *r; r++)
			heard += *r == '\n';
	ck_assert_int_eq(heard, 30000);
	for (r = hear(slow); r && *r; r = hear(slow))
		got += strlen(r);
	ck_assert_ptr_null(r); /* it was dropped */
	ck_assert_uint_lt(got, 1 << 20);
	close(slow);
	close(quick);
}
END_TEST

START_TEST(path_in_use)
{
	struct daemon second = { .loop = d.loop, .conf = &conf, .notify = ctl_no_notify };
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	char other[80], text[64];
	FILE *f;
	int fd;

	/* a daemon listens */
	ck_assert_int_eq(ctl_open(&second, &fake_role, path, err, sizeof(err)), -1);
	snprintf(text, sizeof(text), "another mip6d (pid %d) listens on ", getpid());
	ck_assert_msg(!strncmp(err, text, strlen(text)), "%s", err);
	ck_assert_ptr_null(second.ctl);

	/* a dead one has left its file */
	snprintf(other, sizeof(other), "%s/stale", dir);
	strcpy(addr.sun_path, other);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	close(fd);
	ck_assert_msg(ctl_open(&second, &fake_role, other, err, sizeof(err)) == 0, "%s", err);
	/* and our own goes only if it is still ours */
	ck_assert_int_eq(rename(path, other), 0);
	ctl_close(&second);
	ck_assert_int_eq(access(other, F_OK), 0);
	ck_assert_int_eq(rename(other, path), 0);

	/* somebody's file */
	f = fopen(other, "w");
	fclose(f);
	ck_assert_int_eq(ctl_open(&second, &fake_role, other, err, sizeof(err)), -1);
	ck_assert_ptr_nonnull(strstr(err, "it is not a socket"));
	ck_assert_int_eq(unlink(other), 0);

	snprintf(other, sizeof(other), "%s/none/sock", dir);
	ck_assert_int_eq(ctl_open(&second, &fake_role, other, err, sizeof(err)), -1);
	ck_assert_ptr_nonnull(strstr(err, "No such file"));
	ck_assert_int_eq(
		ctl_open(&second, &fake_role,
			 "/a/path/that/is/far/too/long/a/path/that/is/far/too/long/a/path/that/is/far/too/long/"
			 "a/path/that/is/far/too/long/a/path/that/is/far/too/long",
			 err, sizeof(err)),
		-1);
	ck_assert_ptr_nonnull(strstr(err, "longer than"));
}
END_TEST

/* Without descriptors the listener rests instead of spinning, and comes back. */
START_TEST(no_descriptors)
{
	struct rlimit old, tight;
	int a = client(), b = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	ev_tstamp begin;

	strcpy(addr.sun_path, path);
	getrlimit(RLIMIT_NOFILE, &old);
	tight = old;
	tight.rlim_cur = (rlim_t)b + 1;
	setrlimit(RLIMIT_NOFILE, &tight);
	ck_assert_int_eq(connect(b, (struct sockaddr *)&addr, sizeof(addr)), 0);
	turn();
	ck_assert_str_eq(SAY(b, "{\"cmd\":\"bul\"}\n"), "");
	setrlimit(RLIMIT_NOFILE, &old);
	begin = ev_time();
	ev_run(d.loop, EVRUN_ONCE);
	ck_assert(ev_time() - begin > 0.5);
	ck_assert_ptr_nonnull(strstr(hear(b), "update list"));
	close(a);
	close(b);
}
END_TEST

SUITE("ctl", .timeout = 60, .setup = setup, .teardown = teardown,
	.tests = {
		{ commands },
		{ counters_have_names },
		{ pieces },
		{ malformed },
		{ random_bytes },
		{ overlong },
		{ many_clients },
		{ large_answer },
		{ empty_list },
		{ list_in_pieces },
		{ monitor },
		{ slow_monitor },
		{ path_in_use },
		{ no_descriptors },
	})
