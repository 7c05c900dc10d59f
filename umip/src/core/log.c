// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The log: a line is built in one buffer and leaves in one write, so that lines never mix and a reader that stops
 * reading never stops us.
 */
#include "core/log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_LEN 1024 /* below PIPE_BUF: a writable pipe takes it whole */

static const struct {
	const char *name;
	int priority; /* syslog's, for the journal */
} levels[] = {
	[LOG_ERROR] = { "error", 3 }, [LOG_WARN] = { "warn", 4 },   [LOG_NOTICE] = { "notice", 5 },
	[LOG_INFO] = { "info", 6 },   [LOG_DEBUG] = { "debug", 7 },
};

static int log_fd = STDERR_FILENO;
static enum log_level log_most = LOG_NOTICE;
static bool log_journal; /* stderr is the journal: it keeps the time and reads the priority */
static unsigned int log_lost;

/*
 * $JOURNAL_STREAM is inherited by children whose stderr leads elsewhere: it names the device and inode that are
 * meant.
 */
static bool stderr_is_journal(void)
{
	const char *env = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;
	struct stat st;

	return env && sscanf(env, "%llu:%llu", &dev, &ino) == 2 && !fstat(STDERR_FILENO, &st) && st.st_dev == dev &&
	       st.st_ino == ino;
}

int log_open(const char *file, int debug)
{
	int fd = STDERR_FILENO;

	if (file) {
		fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0640);
		if (fd < 0)
			return -errno;
	}
	log_close();
	log_fd = fd;
	log_journal = !file && stderr_is_journal();
	log_most = debug <= 0 ? LOG_NOTICE : debug < 5 ? LOG_INFO : LOG_DEBUG;
	return 0;
}

void log_close(void)
{
	if (log_fd != STDERR_FILENO)
		close(log_fd);
	log_fd = STDERR_FILENO;
	log_journal = false;
}

/* ISO 8601 with milliseconds and the offset from UTC: 2031-05-06T07:08:09.123+02:00 */
static size_t put_time(char *buf, size_t cap)
{
	struct timespec now;
	struct tm tm;
	char date[32], zone[8];

	clock_gettime(CLOCK_REALTIME, &now);
	localtime_r(&now.tv_sec, &tm);
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
	strftime(zone, sizeof(zone), "%z", &tm);
	return (size_t)snprintf(buf, cap, "%s.%03ld%.3s:%.2s ", date, now.tv_nsec / 1000000, zone, zone + 3);
}

static void put_line(char *line, size_t len)
{
	struct pollfd p = { .fd = log_fd, .events = POLLOUT };
	ssize_t done;

	/* What came from outside must not begin a line of its own or drive a terminal */
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			line[i] = '?';
	line[len++] = '\n';

	if (poll(&p, 1, 0) != 1 || !(p.revents & POLLOUT)) {
		log_lost++;
		return;
	}
	done = write(log_fd, line, len);
	(void)done; /* a full disk: nowhere to complain */
}

static void __attribute__((format(printf, 3, 0)))
put_msg(enum log_level level, const char *event, const char *fmt, va_list ap)
{
	char line[LINE_MAX_LEN];
	const size_t cap = sizeof(line) - 1; /* the newline */
	size_t len;
	int n;

	if (log_journal)
		len = (size_t)snprintf(line, cap, "<%d>", levels[level].priority);
	else
		len = put_time(line, cap);
	len += (size_t)snprintf(line + len, cap - len, "%s %s ", levels[level].name, event);
	if (len >= cap)
		len = cap - 1;
	n = vsnprintf(line + len, cap - len, fmt, ap);
	if (n > 0)
		len += (size_t)n < cap - len ? (size_t)n : cap - len - 1;
	while (len && line[len - 1] == ' ')
		len--;
	put_line(line, len);
}

static void __attribute__((format(printf, 3, 4))) put(enum log_level level, const char *event, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_msg(level, event, fmt, ap);
	va_end(ap);
}

void log_msg(enum log_level level, const char *event, const char *fmt, ...)
{
	int saved = errno;
	va_list ap;

	if (level > log_most)
		return;
	if (log_lost) {
		unsigned int lost = log_lost;

		log_lost = 0;
		put(LOG_WARN, "log-lost", "lines=%u", lost);
		if (log_lost)
			log_lost = lost; /* still nobody reads */
	}
	va_start(ap, fmt);
	put_msg(level, event, fmt, ap);
	va_end(ap);
	errno = saved;
}

const char *log_addr(const struct in6_addr *a)
{
	static char bufs[8][INET6_ADDRSTRLEN];
	static unsigned int next;
	char *buf = bufs[next++ % 8];

	return inet_ntop(AF_INET6, a, buf, INET6_ADDRSTRLEN);
}

bool log_allow(struct log_limit *l, const char *event)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (now.tv_sec != l->second) {
		if (l->left_out)
			log_notice(event, "left_out=%u", l->left_out);
		l->second = now.tv_sec;
		l->used = 0;
		l->left_out = 0;
	}
	if (l->used < l->burst) {
		l->used++;
		return true;
	}
	l->left_out++;
	return false;
}
