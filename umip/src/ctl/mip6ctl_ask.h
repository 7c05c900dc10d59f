/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mip6ctl's end of the control socket. What is wrong is said on stderr. */
#ifndef CTL_MIP6CTL_ASK_H
#define CTL_MIP6CTL_ASK_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdio.h>

/*
 * Sends the command and returns its data; the stream stays open in *stream for more lines, unless stream is NULL. patient: waits for ever,
 * otherwise some seconds. NULL after saying what is wrong.
 */
struct json_object *mip6ctl_ask(const char *socket_path, const char *cmd, bool patient, FILE **stream);
/* The next line as JSON; NULL at the end of the stream or after saying what is wrong (*failed). */
struct json_object *mip6ctl_next_line(FILE *f, bool *failed);

#endif
