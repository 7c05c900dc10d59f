// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The control socket's server. Nothing here waits: what a client does not take at once is kept for it. A client whose
 * answer is waiting is not read from, so that it can hold one answer at most; of a list, which may be long, it holds
 * one piece, and the next one is made when that has gone. A monitor that does not read is dropped.
 */
#include "ctl/ctl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "core/log.h"
#include "ctl/ctl_socket.h"

#define ROWS_A_TURN  128 /* of a list, so that making it holds nothing up: less than a millisecond */
#define OUT_KEEP     (64 * 1024) /* a larger buffer is given back when it is empty */
#define ACCEPT_PAUSE 1.0 /* seconds, when descriptors have run out */

struct client {
	struct ctl *ctl;
	unsigned int slot;
	ev_io io;
	bool monitor;
	bool eof; /* no more requests */
	bool closing; /* goes when its output has gone */
	size_t in_len;
	char in[CTL_LINE_MAX + 1];
	char *out;
	size_t out_begin, out_end, out_cap;
	role_rows rows; /* what gives the rest of the answer, a list, from rows_at on; NULL: there is none */
	uint64_t rows_at;
	bool first_row; /* is still to come */
};

struct ctl {
	struct daemon *d;
	const struct role_ops *role;
	struct timespec begin;
	struct ctl_socket socket;
	ev_io listener;
	ev_timer pause;
	unsigned int monitors;
	struct client *clients[CTL_CLIENTS];
	struct log_limit log_denied;
};

static void client_free(struct client *c)
{
	ev_io_stop(c->ctl->d->loop, &c->io);
	close(c->io.fd);
	c->ctl->clients[c->slot] = NULL;
	c->ctl->monitors -= c->monitor;
	free(c->out);
	free(c);
}

static size_t out_waiting(const struct client *c)
{
	return c->out_end - c->out_begin;
}

/* False without memory. */
static bool out_add(struct client *c, const char *text, size_t len)
{
	if (c->out_begin && c->out_end + len > c->out_cap) {
		memmove(c->out, c->out + c->out_begin, out_waiting(c));
		c->out_end -= c->out_begin;
		c->out_begin = 0;
	}
	if (c->out_end + len > c->out_cap) {
		size_t cap = (c->out_end + len) * 3 / 2 + 1024;
		char *bigger = realloc(c->out, cap);

		if (!bigger)
			return false;
		c->out = bigger;
		c->out_cap = cap;
	}
	memcpy(c->out + c->out_end, text, len);
	c->out_end += len;
	return true;
}

static bool out_add_text(struct client *c, const char *text)
{
	return out_add(c, text, strlen(text));
}

static bool out_add_json(struct client *c, struct json_object *o)
{
	size_t len;
	const char *text =
		json_object_to_json_string_length(o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &len);

	return text && out_add(c, text, len);
}

/* The next rows of a list; false without memory. */
static bool out_add_rows(struct client *c)
{
	struct json_object *rows = json_object_new_array();
	bool more, good = true;

	if (!rows)
		return false;
	more = c->rows(c->ctl->d, &c->rows_at, ROWS_A_TURN, rows);
	for (size_t i = 0; good && i < json_object_array_length(rows); i++) {
		good = (c->first_row || out_add_text(c, ",")) && out_add_json(c, json_object_array_get_idx(rows, i));
		c->first_row = false;
	}
	json_object_put(rows);
	if (more || !good)
		return good;
	c->rows = NULL;
	return out_add_text(c, "]}\n");
}

/* Sends what the socket takes. False if the client has gone. */
static bool out_flush(struct client *c)
{
	while (out_waiting(c)) {
		ssize_t n = send(c->io.fd, c->out + c->out_begin, out_waiting(c), MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0)
			return errno == EAGAIN || errno == EINTR;
		c->out_begin += (size_t)n;
	}
	c->out_begin = c->out_end = 0;
	if (c->out_cap > OUT_KEEP) {
		free(c->out);
		c->out = NULL;
		c->out_cap = 0;
	}
	return true;
}

/* False without memory: the client goes. */
static bool answer_line(struct client *c, const char *line, size_t len)
{
	struct ctl_answer a = ctl_answer(c->ctl->d, c->ctl->role, line, len);
	bool good;

	if (a.rows) {
		c->rows = a.rows;
		c->rows_at = 0;
		c->first_row = true;
		return out_add_text(c, "{\"ok\":true,\"data\":[");
	}
	good = a.whole && out_add_json(c, a.whole) && out_add_text(c, "\n");
	if (good && a.monitor && !c->monitor) {
		c->monitor = true;
		c->ctl->monitors++;
	}
	json_object_put(a.whole);
	return good;
}

/* Takes one request from the input and answers it: 1, 0 if there is none yet, -1 without memory. */
static int take_line(struct client *c)
{
	char *newline = memchr(c->in, '\n', c->in_len);
	size_t len;

	if (newline) {
		len = (size_t)(newline - c->in) + 1;
	} else if (c->in_len > CTL_LINE_MAX) {
		c->closing = true;
		return out_add_text(c, "{\"ok\":false,\"error\":\"request too long\"}\n") ? 1 : -1;
	} else if (c->eof && c->in_len) {
		c->in[c->in_len] = '\n';
		len = ++c->in_len;
	} else {
		return 0;
	}
	if (!answer_line(c, c->in, len))
		return -1;
	c->in_len -= len;
	memmove(c->in, c->in + len, c->in_len);
	return 1;
}

static void listen_for(struct client *c, int events)
{
	if (c->io.events == events && ev_is_active(&c->io))
		return;
	ev_io_stop(c->ctl->d->loop, &c->io);
	ev_io_set(&c->io, c->io.fd, events);
	ev_io_start(c->ctl->d->loop, &c->io);
}

/* Sends, answers, and says what to wait for. False if the client has to go. */
static bool client_turn(struct client *c)
{
	bool began_rows = false;

	for (;;) {
		int r;

		if (!out_flush(c))
			return false;
		if ((out_waiting(c) && !c->monitor) || (c->rows && began_rows)) {
			listen_for(c, EV_WRITE);
			return true;
		}
		if (c->rows) {
			began_rows = true; /* the next ones when the loop has looked around */
			if (!out_add_rows(c))
				return false;
			continue;
		}
		if (c->closing || (c->monitor && c->eof))
			return false;
		if (c->monitor) {
			c->in_len = 0; /* nothing more to ask */
			break;
		}
		r = take_line(c);
		if (r < 0)
			return false;
		if (r == 0 && !c->eof)
			break;
		if (r == 0)
			c->closing = true;
	}
	listen_for(c, EV_READ | (out_waiting(c) ? EV_WRITE : 0));
	return true;
}

static void client_ready(struct ev_loop *loop, ev_io *w, int revents)
{
	struct client *c = w->data;

	(void)loop;
	if (revents & EV_READ) {
		ssize_t n = recv(w->fd, c->in + c->in_len, sizeof(c->in) - c->in_len, MSG_DONTWAIT);

		if (n > 0) {
			c->in_len += (size_t)n;
		} else if (n == 0) {
			c->eof = true;
		} else if (errno != EAGAIN && errno != EINTR) {
			client_free(c);
			return;
		}
	}
	if (!client_turn(c))
		client_free(c);
}

static bool may_ask(struct ctl *ctl, int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (!getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) && (peer.uid == 0 || peer.uid == geteuid()))
		return true;
	if (log_allow(&ctl->log_denied, "control-denied"))
		log_warn("control-denied", "uid=%u pid=%d", peer.uid, peer.pid);
	return false;
}

static void client_new(struct ctl *ctl, int fd)
{
	static const char full[] = "{\"ok\":false,\"error\":\"too many clients\"}\n",
			  denied[] = "{\"ok\":false,\"error\":\"permission denied\"}\n";
	struct client *c;
	unsigned int slot = 0;

	if (!may_ask(ctl, fd)) {
		(void)!send(fd, denied, sizeof(denied) - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
		close(fd);
		return;
	}
	while (slot < CTL_CLIENTS && ctl->clients[slot])
		slot++;
	c = slot < CTL_CLIENTS ? calloc(1, sizeof(*c)) : NULL;
	if (!c) {
		(void)!send(fd, full, sizeof(full) - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
		close(fd);
		return;
	}
	c->ctl = ctl;
	c->slot = slot;
	ctl->clients[slot] = c;
	ev_io_init(&c->io, client_ready, fd, EV_READ);
	c->io.data = c;
	ev_io_start(ctl->d->loop, &c->io);
}

static void accept_ready(struct ev_loop *loop, ev_io *w, int revents)
{
	struct ctl *ctl = w->data;

	(void)revents;
	for (int i = 0; i < CTL_CLIENTS; i++) {
		int fd = accept4(w->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			client_new(ctl, fd);
		} else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
			ev_io_stop(loop, w);
			ev_timer_set(&ctl->pause, ACCEPT_PAUSE, 0.);
			ev_timer_start(loop, &ctl->pause);
			return;
		} else if (errno != EINTR && errno != ECONNABORTED) {
			return;
		}
	}
}

static void accept_again(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct ctl *ctl = w->data;

	(void)revents;
	ev_io_start(loop, &ctl->listener);
}

void ctl_no_notify(struct daemon *d, const char *event, struct json_object *fields)
{
	(void)d;
	(void)event;
	json_object_put(fields);
}

static void notify(struct daemon *d, const char *event, struct json_object *fields)
{
	struct ctl *ctl = d->ctl;
	struct json_object *line;
	struct timespec now;
	char stamp[32];

	if (!ctl->monitors) {
		json_object_put(fields);
		return;
	}
	clock_gettime(CLOCK_REALTIME, &now);
	snprintf(stamp, sizeof(stamp), "%lld.%03ld", (long long)now.tv_sec, now.tv_nsec / 1000000);
	line = json_object_new_object();
	json_object_object_add(line, "time", json_object_new_double_s((double)now.tv_sec + now.tv_nsec / 1e9, stamp));
	json_object_object_add(line, "event", json_object_new_string(event));
	if (fields) {
		json_object_object_foreach(fields, key, value)
			json_object_object_add(line, key, json_object_get(value));
		json_object_put(fields);
	}
	for (int i = 0; i < CTL_CLIENTS; i++) {
		struct client *c = ctl->clients[i];

		if (!c || !c->monitor)
			continue;
		if (!out_add_json(c, line) || !out_add_text(c, "\n") || out_waiting(c) > CTL_MONITOR_MAX) {
			log_notice("monitor-dropped", "waiting_bytes=%zu", out_waiting(c));
			client_free(c);
		} else {
			listen_for(c, EV_READ | EV_WRITE);
		}
	}
	json_object_put(line);
}

uint64_t ctl_uptime(const struct daemon *d)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)(now.tv_sec - d->ctl->begin.tv_sec);
}

int ctl_open(struct daemon *d, const struct role_ops *role, const char *path, char *err, size_t err_len)
{
	struct ctl *ctl = calloc(1, sizeof(*ctl));
	int fd;

	if (!ctl) {
		snprintf(err, err_len, "out of memory");
		return -1;
	}
	ctl->d = d;
	ctl->role = role;
	ctl->log_denied.burst = 3;
	clock_gettime(CLOCK_MONOTONIC, &ctl->begin);
	fd = ctl_socket_open(&ctl->socket, path, err, err_len);
	if (fd < 0) {
		free(ctl);
		return -1;
	}
	ev_io_init(&ctl->listener, accept_ready, fd, EV_READ);
	ctl->listener.data = ctl;
	ev_io_start(d->loop, &ctl->listener);
	ev_timer_init(&ctl->pause, accept_again, ACCEPT_PAUSE, 0.);
	ctl->pause.data = ctl;
	d->ctl = ctl;
	d->notify = notify;
	return 0;
}

void ctl_close(struct daemon *d)
{
	struct ctl *ctl = d->ctl;

	if (!ctl)
		return;
	for (int i = 0; i < CTL_CLIENTS; i++) {
		if (!ctl->clients[i])
			continue;
		out_flush(ctl->clients[i]); /* the last events, if it takes them at once */
		client_free(ctl->clients[i]);
	}
	ev_timer_stop(d->loop, &ctl->pause);
	ev_io_stop(d->loop, &ctl->listener);
	close(ctl->listener.fd);
	ctl_socket_remove(&ctl->socket);
	free(ctl);
	d->ctl = NULL;
	d->notify = ctl_no_notify;
}
