// SPDX-License-Identifier: GPL-2.0-or-later
/* The administrator's program: real processes, written here in the shell's language, good ones and bad ones. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/daemon.h"
#include "core/hook.h"
#include "core/log.h"

#include "suite.h"

static struct daemon d;
static struct hook *h;
static char dir[] = "/tmp/mip6-hook-XXXXXX", program[64], heard_file[64];
static int answers[16], n_answers;

static void setup(void)
{
	strcpy(dir, "/tmp/mip6-hook-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(program, sizeof(program), "%s/program", dir);
	snprintf(heard_file, sizeof(heard_file), "%s/heard", dir);
	memset(&d, 0, sizeof(d));
	d.loop = ev_loop_new(EVBACKEND_POLL);
	n_answers = 0;
	log_open("/dev/null", 5);
}

static void teardown(void)
{
	char command[80];

	hook_close(h);
	h = NULL;
	ev_loop_destroy(d.loop);
	log_close();
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	ck_assert_int_eq(system(command), 0);
}

/* $HEARD is what it may write to. */
static void start(const char *script)
{
	char err[256] = "";
	FILE *f = fopen(program, "we");

	ck_assert_ptr_nonnull(f);
	fprintf(f, "#!/bin/sh\nHEARD=%s\n%s\n", heard_file, script);
	fclose(f);
	ck_assert_int_eq(chmod(program, 0700), 0);
	h = hook_open(&d, program, err, sizeof(err));
	ck_assert_msg(h != NULL, "%s", err);
}

static void stop_loop(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)w;
	(void)revents;
	ev_break(loop, EVBREAK_ALL);
}

static void run(double seconds)
{
	ev_timer t;

	ev_now_update(d.loop);
	ev_timer_init(&t, stop_loop, seconds, 0);
	ev_timer_start(d.loop, &t);
	ev_run(d.loop, 0);
}

/* Until so many answers are there. */
static void until(int n, double seconds)
{
	for (double end = clock_now() + seconds; n_answers < n && clock_now() < end;)
		run(0.02);
	ck_assert_int_eq(n_answers, n);
}

static void answer(void *arg, uint8_t status)
{
	ck_assert_ptr_eq(arg, &d);
	ck_assert_int_lt(n_answers, 16);
	answers[n_answers++] = status;
}

static uint64_t ask(void)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "home_address", json_object_new_string("2001:db8::1"));
	return hook_ask(h, "registration", o, answer, &d);
}

#define ALLOW "while read -r line; do id=${line##*'\"id\":'}; echo \"{\\\"id\\\": ${id%%[,\\}]*}, \\\"status\\\": 0}\"; done"

START_TEST(allowed_and_refused)
{
	start("while read -r line; do id=${line##*'\"id\":'}; id=${id%%[,\\}]*}\n"
	      "echo \"$line\" >>$HEARD; echo; echo \"{\\\"id\\\": $id, \\\"status\\\": $((id % 2 * 129))}\"; done");
	ck_assert_uint_eq(ask(), 1);
	ck_assert_uint_eq(ask(), 2);
	until(2, 3);
	ck_assert_int_eq(answers[0], 129);
	ck_assert_int_eq(answers[1], 0);
}
END_TEST

START_TEST(told)
{
	struct json_object *o = json_object_new_object();
	char text[512] = "";
	FILE *f;

	start("cat >$HEARD");
	json_object_object_add(o, "home_address", json_object_new_string("2001:db8::1"));
	hook_tell(h, "binding-registered", o);
	json_object_put(o);
	hook_tell(h, "stopped", NULL);
	ask();
	run(0.3);
	f = fopen(heard_file, "re");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_gt(fread(text, 1, sizeof(text) - 1, f), 0);
	fclose(f);
	ck_assert_str_eq(text, "{\"event\":\"binding-registered\",\"home_address\":\"2001:db8::1\"}\n{\"event\":\"stopped\"}\n"
			       "{\"question\":\"registration\",\"id\":1,\"home_address\":\"2001:db8::1\"}\n");
	hook_tell(NULL, "nobody", NULL);
}
END_TEST

/* Lines that are no answers do no harm, and the answer after them counts. */
START_TEST(nonsense)
{
	start("read -r line; echo hello; echo '{'; echo '[]'; echo '{\"id\":1}'; echo '{\"id\":\"1\",\"status\":0}'; echo '{\"id\":1,\"status\":1}'\n"
	      "echo '{\"id\":1,\"status\":-1}'; echo '{\"id\":1,\"status\":256}'; echo '{\"id\":7,\"status\":0}'\n"
	      "head -c 100000 /dev/zero | tr '\\0' x; echo; echo '{\"id\":1,\"status\":130}'; echo '{\"id\":1,\"status\":0}'; cat");
	ask();
	until(1, 3);
	run(0.1);
	ck_assert_int_eq(n_answers, 1);
	ck_assert_int_eq(answers[0], 130);
}
END_TEST

START_TEST(no_answer)
{
	double begin = clock_now();

	start("cat >$HEARD");
	ask();
	until(1, HOOK_SECONDS + 2);
	ck_assert_double_ge(clock_now() - begin, HOOK_SECONDS);
	ck_assert_int_eq(answers[0], BA_NO_RESOURCES);
	ck_assert_uint_eq(d.stats[STAT_HOOK_LATE], 1);
}
END_TEST

/* One that ends refuses what it was asked, and is started again. */
START_TEST(ends)
{
	start("[ -e $HEARD ] || { touch $HEARD; read -r line; exit 3; }; " ALLOW);
	ask();
	ask();
	until(2, 3);
	ck_assert_int_eq(answers[0], BA_NO_RESOURCES);
	ck_assert_int_eq(answers[1], BA_NO_RESOURCES);
	ck_assert_uint_eq(ask(), 0);
	run(1.5);
	ck_assert_uint_eq(ask(), 3);
	until(3, 3);
	ck_assert_int_eq(answers[2], 0);
}
END_TEST

/* Its child keeps its output open: its end is seen all the same. */
START_TEST(ends_with_a_child)
{
	start("[ -e $HEARD ] || { touch $HEARD; sleep 30 & read -r line; exit 3; }; " ALLOW);
	ask();
	until(1, 3);
	ck_assert_int_eq(answers[0], BA_NO_RESOURCES);
	run(1.5);
	ck_assert_uint_eq(ask(), 2);
	until(2, 3);
	ck_assert_int_eq(answers[1], 0);
}
END_TEST

/* The pipe is full: nothing waits for that. */
START_TEST(does_not_read)
{
	double begin;
	uint64_t id = 1;

	start("exec sleep 100");
	begin = clock_now();
	for (int i = 0; i < 20000; i++)
		hook_tell(h, "moved", NULL);
	ck_assert_double_lt(clock_now() - begin, 2);
	ck_assert_uint_gt(d.stats[STAT_HOOK_LOST], 1000);
	/* the last place may be just enough for a question that is shorter than an event */
	for (int i = 0; i < 4 && id; i++)
		id = ask();
	ck_assert_uint_eq(id, 0);
}
END_TEST

START_TEST(too_many_questions)
{
	start("cat >$HEARD");
	for (unsigned int i = 0; i < HOOK_QUESTIONS_MAX; i++) {
		ck_assert_uint_eq(hook_ask(h, "x", NULL, answer, &d), i + 1);
		if (i % 64 == 63)
			run(0.05); /* the program reads */
	}
	ck_assert_uint_eq(ask(), 0);
	for (unsigned int i = 0; i < HOOK_QUESTIONS_MAX; i++)
		hook_forget(h, i + 1);
	hook_forget(h, 12345);
	run(HOOK_SECONDS + 0.2);
	ck_assert_int_eq(n_answers, 0);
}
END_TEST

START_TEST(not_there)
{
	char err[256] = "";

	ck_assert_ptr_null(hook_open(&d, "/nosuch/program", err, sizeof(err)));
	ck_assert_str_eq(err, "cannot start the program /nosuch/program: No such file or directory");
}
END_TEST

SUITE("hook", .timeout = 20, .setup = setup, .teardown = teardown, .tests = {
	{ allowed_and_refused },
	{ told },
	{ nonsense },
	{ no_answer },
	{ ends },
	{ ends_with_a_child },
	{ does_not_read },
	{ too_many_questions },
	{ not_there },
})
