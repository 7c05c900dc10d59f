/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control socket: a Unix stream socket for root (and the daemon's own user) that takes one JSON object a line,
 * {"cmd":"bc"}, and answers each with one line, {"ok":true,"data":...} or {"ok":false,"error":"..."}. After
 * {"cmd":"monitor"} the lines are events until someone closes.
 */
#ifndef CTL_CTL_H
#define CTL_CTL_H

#include "core/daemon.h"

#define CTL_CLIENTS	16
#define CTL_LINE_MAX	4096 /* bytes of a request */
#define CTL_MONITOR_MAX (256 * 1024) /* bytes that may wait for a monitor before it is dropped */

/*
 * Binds path (mode 0600) and sets d->ctl and d->notify. A socket file that nobody listens on is replaced; anything else
 * there is an error. 0, or -1 after saying on err, in one line, why not.
 */
int ctl_open(struct daemon *d, const struct role_ops *role, const char *path, char *err, size_t err_len);
void ctl_close(struct daemon *d);
/* d->notify while there is no control socket: only frees fields. */
void ctl_no_notify(struct daemon *d, const char *event, struct json_object *fields);

/* For `status`: seconds since ctl_open. */
uint64_t ctl_uptime(const struct daemon *d);

struct ctl_answer {
	struct json_object *whole; /* the answer's object; NULL without memory, or with rows */
	role_rows rows; /* what gives the data, a list, in pieces */
	bool monitor; /* the client becomes one */
};

/* command.c: the answer to one request line. */
struct ctl_answer ctl_answer(struct daemon *d, const struct role_ops *role, const char *line, size_t len);

#endif
