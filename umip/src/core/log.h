/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The daemon's log: one line an event, `level event key=value ...`, to stderr or the log file, with a timestamp there. Addresses are printed with
 * LOG_ADDR. Repeated lines that an outsider can cause go through a struct log_limit: one burst, then one summary.
 */
#ifndef CORE_LOG_H
#define CORE_LOG_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_NOTICE, LOG_INFO, LOG_DEBUG };

/* file NULL: stderr. debug is DebugLevel 0..10: 0 shows up to notice, 1..4 info, from 5 debug. 0 or -errno. */
int log_open(const char *file, int debug);
void log_close(void);
/* event is a short word: "binding-registered"; fmt continues the line with key=value pairs. */
void log_msg(enum log_level level, const char *event, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#define log_error(event, ...) log_msg(LOG_ERROR, event, __VA_ARGS__)
#define log_warn(event, ...) log_msg(LOG_WARN, event, __VA_ARGS__)
#define log_notice(event, ...) log_msg(LOG_NOTICE, event, __VA_ARGS__)
#define log_info(event, ...) log_msg(LOG_INFO, event, __VA_ARGS__)
#define log_debug(event, ...) log_msg(LOG_DEBUG, event, __VA_ARGS__)

/* Text of an address, in one of a few rotating buffers: for arguments of one log call. */
const char *log_addr(const struct in6_addr *a);

/* At most burst lines in a second; when the next second begins, says how many were left out. */
struct log_limit {
	unsigned int burst;
	unsigned int used, left_out;
	int64_t second;
};
bool log_allow(struct log_limit *l, const char *event);

#endif
