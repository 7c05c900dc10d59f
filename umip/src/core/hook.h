/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The administrator's own program (HookProgram), which hears what happens and is asked before a home agent registers a care-of address.
 *
 * It is started once and talks over its standard input and output, one JSON object a line. A question has an "id"; its answer repeats it, with the
 * "status" of the Binding Acknowledgement: 0, or 128 to 255 to refuse. Nothing waits for the program but what it was asked about; a program that is
 * late, has ended, or does not read refuses by that.
 */
#ifndef CORE_HOOK_H
#define CORE_HOOK_H

#include <json-c/json.h>
#include <stddef.h>
#include <stdint.h>

#define HOOK_QUESTIONS_MAX  1024 /* that wait for an answer at once */
#define HOOK_SECONDS	    2.0	 /* for an answer */
#define HOOK_LINE_MAX	    4096 /* bytes of an answer */

struct daemon;
struct hook;

/* Starts the program. NULL after saying on err, in one line, why not. */
struct hook *hook_open(struct daemon *d, const char *program, char *err, size_t err_len);
/* Ends it: its input is closed, and it gets a SIGTERM. Questions are forgotten. */
void hook_close(struct hook *h);

/* Tells; what does not fit into the pipe is left out, and counted (hook_lost). fields stays the caller's, may be NULL. */
void hook_tell(struct hook *h, const char *event, struct json_object *fields);
/*
 * Asks; takes ownership of fields, may be NULL. answer() comes once, from the loop, with a BA status: 0, or one that refuses; BA_NO_RESOURCES if there
 * was no answer. A number to forget the question by, or 0: it could not be asked, and answer() will not come.
 */
uint64_t hook_ask(struct hook *h, const char *question, struct json_object *fields, void (*answer)(void *arg, uint8_t status), void *arg);
void hook_forget(struct hook *h, uint64_t id);

#endif
