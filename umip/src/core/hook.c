// SPDX-License-Identifier: GPL-2.0-or-later
/* See hook.h. A program that ends is started again, later each time that it did not last. */
#include "core/hook.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/queue.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/daemon.h"
#include "core/log.h"

#define RESTART_MIN 1.0
#define RESTART_MAX 60.0
#define STEADY	    60.0 /* seconds that a program has to run to be started again soon */
#define TURN	    64	 /* answers in one turn of the loop */

struct question {
	uint64_t id;
	double until;
	void (*answer)(void *arg, uint8_t status);
	void *arg;
	TAILQ_ENTRY(question) list;
};

struct hook {
	struct daemon *d;
	const char *program; /* the configuration's */
	pid_t pid; /* 0: it does not run */
	int to, from;
	ev_io io, exit; /* its output, and its end, which a child of its own may not let us see in the output */
	ev_timer late, restart;
	double started, pause;
	uint64_t next_id;
	unsigned int n_questions;
	TAILQ_HEAD(, question) questions; /* the oldest first */
	char line[HOOK_LINE_MAX];
	size_t len;
	bool skip; /* the rest of a line that was too long */
	struct log_limit log;
};

static void settle(struct hook *h, struct question *q, int status)
{
	TAILQ_REMOVE(&h->questions, q, list);
	h->n_questions--;
	if (status >= 0)
		q->answer(q->arg, (uint8_t)status);
	free(q);
}

/* ---- the process ---- */

static int make_pipe(int fds[2])
{
	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	return 0;
}

static int start(struct hook *h)
{
	char *const argv[] = { (char *)h->program, NULL };
	int in[2] = { -1, -1 }, out[2] = { -1, -1 }, rc, fd;
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none, all;

	h->started = clock_now(); /* also of one that does not come to it */
	rc = make_pipe(in);
	if (!rc)
		rc = make_pipe(out);
	if (rc)
		goto out;
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, in[0], STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&files, out[1], STDOUT_FILENO);
	posix_spawnattr_init(&attr);
	/* A session of its own, so that Ctrl-C in a terminal is for the daemon, and its signals as any program expects them. */
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	rc = -posix_spawn(&h->pid, h->program, &files, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	if (rc) {
		h->pid = 0;
		goto out;
	}
	h->to = in[1];
	h->from = out[0];
	in[1] = out[0] = -1;
	fcntl(h->to, F_SETFL, O_NONBLOCK);
	fcntl(h->from, F_SETFL, O_NONBLOCK);
	h->len = 0;
	h->skip = false;
	ev_io_set(&h->io, h->from, EV_READ);
	ev_io_start(h->d->loop, &h->io);
	fd = pidfd_open(h->pid, 0);
	if (fd >= 0) {
		ev_io_set(&h->exit, fd, EV_READ);
		ev_io_start(h->d->loop, &h->exit);
	}
	log_info("hook-started", "program=%s pid=%d", h->program, h->pid);
out:
	for (int i = 0; i < 2; i++) {
		if (in[i] >= 0)
			close(in[i]);
		if (out[i] >= 0)
			close(out[i]);
	}
	return rc;
}

static void again(struct hook *h)
{
	h->pause = clock_now() - h->started > STEADY ? RESTART_MIN : h->pause * 2;
	if (h->pause > RESTART_MAX)
		h->pause = RESTART_MAX;
	ev_timer_set(&h->restart, h->pause, 0);
	ev_timer_start(h->d->loop, &h->restart);
}

static void stop_watching(struct hook *h)
{
	ev_io_stop(h->d->loop, &h->io);
	if (ev_is_active(&h->exit)) {
		ev_io_stop(h->d->loop, &h->exit);
		close(h->exit.fd);
	}
	close(h->to);
	close(h->from);
	h->to = h->from = -1;
}

/* It has ended, or closed its output. Whoever waits for it is refused. */
static void ended(struct hook *h)
{
	struct question *q;
	int status = 0;
	pid_t pid;

	stop_watching(h);
	kill(h->pid, SIGKILL); /* it may have closed its output only; and then the wait is short */
	do
		pid = waitpid(h->pid, &status, 0);
	while (pid < 0 && errno == EINTR);
	if (WIFEXITED(status))
		log_error("hook-ended", "program=%s pid=%d status=%d", h->program, h->pid, WEXITSTATUS(status));
	else
		log_error("hook-ended", "program=%s pid=%d signal=%d", h->program, h->pid, WTERMSIG(status));
	h->pid = 0;
	while ((q = TAILQ_FIRST(&h->questions)))
		settle(h, q, BA_NO_RESOURCES);
	again(h);
}

static void on_restart(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct hook *h = w->data;
	int rc;

	(void)loop;
	(void)revents;
	rc = start(h);
	if (!rc)
		return;
	log_error("hook-not-started", "program=%s error=\"%s\"", h->program, strerror(-rc));
	again(h);
}

/* ---- to the program ---- */

/* A whole line, or nothing: half of one cannot be taken back, so a pipe that took only a part of it ends the program. */
static bool say(struct hook *h, const char *key, const char *what, uint64_t id, struct json_object *fields)
{
	struct json_object *o = json_object_new_object();
	const char *text;
	char *line;
	size_t len;
	ssize_t n;

	json_object_object_add(o, key, json_object_new_string(what));
	if (id)
		json_object_object_add(o, "id", json_object_new_int64((int64_t)id));
	if (fields) {
		json_object_object_foreach(fields, name, value)
			json_object_object_add(o, name, json_object_get(value));
	}
	text = json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN);
	len = strlen(text);
	line = malloc(len + 1);
	n = -1;
	if (line && len + 1 <= PIPE_BUF) { /* so long it is taken whole */
		memcpy(line, text, len);
		line[len] = '\n';
		n = write(h->to, line, len + 1);
	}
	free(line);
	json_object_put(o);
	if (n > 0)
		return true;
	h->d->stats[STAT_HOOK_LOST]++;
	if (log_allow(&h->log, "hook-lost"))
		log_warn("hook-lost", "program=%s pid=%d message=%s", h->program, h->pid, what);
	return false;
}

void hook_tell(struct hook *h, const char *event, struct json_object *fields)
{
	if (h && h->pid)
		say(h, "event", event, 0, fields);
}

static void watch_late(struct hook *h)
{
	struct question *q = TAILQ_FIRST(&h->questions);
	double left = q ? q->until - clock_now() : 0;

	ev_timer_stop(h->d->loop, &h->late);
	if (!q)
		return;
	ev_timer_set(&h->late, left > 0 ? left : 0, 0);
	ev_timer_start(h->d->loop, &h->late);
}

static void on_late(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct hook *h = w->data;
	struct question *q;

	(void)loop;
	(void)revents;
	while ((q = TAILQ_FIRST(&h->questions)) && q->until <= clock_now()) {
		h->d->stats[STAT_HOOK_LATE]++;
		if (log_allow(&h->log, "hook-late"))
			log_warn("hook-late", "program=%s pid=%d id=%llu seconds=%.0f", h->program, h->pid, (unsigned long long)q->id, HOOK_SECONDS);
		settle(h, q, BA_NO_RESOURCES);
	}
	watch_late(h);
}

uint64_t hook_ask(struct hook *h, const char *question, struct json_object *fields, void (*answer)(void *arg, uint8_t status), void *arg)
{
	struct question *q = NULL;
	uint64_t id = 0;

	if (h->pid && h->n_questions < HOOK_QUESTIONS_MAX)
		q = malloc(sizeof(*q));
	if (q && say(h, "question", question, h->next_id, fields)) {
		*q = (struct question){ .id = id = h->next_id++, .until = clock_now() + HOOK_SECONDS, .answer = answer, .arg = arg };
		TAILQ_INSERT_TAIL(&h->questions, q, list);
		if (!h->n_questions++)
			watch_late(h);
	} else {
		free(q);
	}
	json_object_put(fields);
	return id;
}

void hook_forget(struct hook *h, uint64_t id)
{
	struct question *q;

	TAILQ_FOREACH(q, &h->questions, list)
		if (q->id == id) {
			settle(h, q, -1);
			return;
		}
}

/* ---- from the program ---- */

static void answered(struct hook *h, const char *line)
{
	struct json_object *o = json_tokener_parse(line), *id = NULL, *status = NULL;
	struct question *q;
	int64_t n, s;

	if (!o || !json_object_object_get_ex(o, "id", &id) || !json_object_object_get_ex(o, "status", &status) ||
	    !json_object_is_type(id, json_type_int) || !json_object_is_type(status, json_type_int) ||
	    ((s = json_object_get_int64(status)) && (s < BA_UNSPECIFIED || s > 255))) {
		if (log_allow(&h->log, "hook-nonsense"))
			log_warn("hook-nonsense", "program=%s pid=%d line=\"%.80s\"", h->program, h->pid, line);
		json_object_put(o);
		return;
	}
	n = json_object_get_int64(id);
	json_object_put(o);
	TAILQ_FOREACH(q, &h->questions, list)
		if (q->id == (uint64_t)n) {
			settle(h, q, (int)s);
			return;
		}
	/* To no question that is open: the answer came late. */
}

static void take(struct hook *h)
{
	char *begin = h->line, *end;

	while ((end = memchr(begin, '\n', h->len - (size_t)(begin - h->line)))) {
		*end = '\0';
		if (!h->skip && end > begin)
			answered(h, begin);
		h->skip = false;
		begin = end + 1;
	}
	h->len -= (size_t)(begin - h->line);
	memmove(h->line, begin, h->len);
	if (h->len < sizeof(h->line))
		return;
	if (!h->skip && log_allow(&h->log, "hook-nonsense"))
		log_warn("hook-nonsense", "program=%s pid=%d line=\"a line of more than %d bytes\"", h->program, h->pid, HOOK_LINE_MAX);
	h->skip = true;
	h->len = 0;
}

/* What there is; at the end of it, that. */
static void read_answers(struct hook *h)
{
	ssize_t n;

	for (int i = 0; i < TURN; i++) {
		n = read(h->from, h->line + h->len, sizeof(h->line) - h->len);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			break;
		if (n <= 0) {
			ended(h);
			return;
		}
		h->len += (size_t)n;
		take(h);
	}
	watch_late(h);
}

static void on_readable(struct ev_loop *loop, ev_io *w, int revents)
{
	(void)loop;
	(void)revents;
	read_answers(w->data);
}

static void on_end(struct ev_loop *loop, ev_io *w, int revents)
{
	struct hook *h = w->data;

	(void)loop;
	(void)revents;
	read_answers(h); /* its last words count */
	if (h->pid)
		ended(h);
}

/* ---- start and end ---- */

struct hook *hook_open(struct daemon *d, const char *program, char *err, size_t err_len)
{
	struct hook *h = calloc(1, sizeof(*h));
	int rc;

	if (!h) {
		snprintf(err, err_len, "out of memory");
		return NULL;
	}
	h->d = d;
	h->program = program;
	h->to = h->from = -1;
	h->next_id = 1;
	h->pause = RESTART_MIN / 2;
	h->log.burst = 5;
	TAILQ_INIT(&h->questions);
	ev_io_init(&h->io, on_readable, -1, EV_READ);
	ev_io_init(&h->exit, on_end, -1, EV_READ);
	ev_timer_init(&h->late, on_late, 0, 0);
	ev_timer_init(&h->restart, on_restart, 0, 0);
	h->io.data = h->exit.data = h->late.data = h->restart.data = h;
	rc = start(h);
	if (rc) {
		snprintf(err, err_len, "cannot start the program %s: %s", program, strerror(-rc));
		free(h);
		return NULL;
	}
	return h;
}

void hook_close(struct hook *h)
{
	struct question *q;

	if (!h)
		return;
	while ((q = TAILQ_FIRST(&h->questions)))
		settle(h, q, -1);
	ev_timer_stop(h->d->loop, &h->late);
	ev_timer_stop(h->d->loop, &h->restart);
	if (h->pid) {
		stop_watching(h);
		kill(h->pid, SIGTERM);
		waitpid(h->pid, NULL, WNOHANG); /* its own affair from here on */
	}
	free(h);
}
