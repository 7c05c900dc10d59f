// SPDX-License-Identifier: GPL-2.0-or-later
/* mip6ctl's end of the control socket (ctl.h): a command out, lines of JSON in. */
#include "ctl/mip6ctl_ask.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define ANSWER_TIMEOUT 10 /* seconds */

static int connect_daemon(const char *socket_path, bool patient)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	const struct timeval wait = { .tv_sec = ANSWER_TIMEOUT };
	int fd, e;

	if (strlen(socket_path) >= sizeof(addr.sun_path)) {
		fprintf(stderr, "mip6ctl: the socket's path is longer than %zu bytes: %s\n", sizeof(addr.sun_path) - 1,
			socket_path);
		return -1;
	}
	strcpy(addr.sun_path, socket_path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && !patient) {
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	}
	if (fd >= 0 && !connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
		return fd;
	e = errno;
	if (fd >= 0)
		close(fd);
	if (e == EACCES || e == EPERM)
		fprintf(stderr, "mip6ctl: cannot connect to %s: %s (only root may)\n", socket_path, strerror(e));
	else if (e == EAGAIN)
		fprintf(stderr, "mip6ctl: mip6d does not answer on %s\n", socket_path);
	else
		fprintf(stderr, "mip6ctl: no mip6d is running (cannot connect to %s: %s)\n", socket_path, strerror(e));
	return -1;
}

struct json_object *mip6ctl_next_line(FILE *f, bool *failed)
{
	static char *line;
	static size_t cap;
	struct json_object *o;
	ssize_t len;

	*failed = false;
	errno = 0;
	len = getline(&line, &cap, f);
	if (len < 0) {
		if (errno == EAGAIN || errno == EWOULDBLOCK)
			fprintf(stderr, "mip6ctl: mip6d did not answer within %d s\n", ANSWER_TIMEOUT);
		else if (errno)
			fprintf(stderr, "mip6ctl: cannot read from mip6d: %s\n", strerror(errno));
		*failed = errno != 0;
		return NULL;
	}
	o = json_tokener_parse(line);
	if (!json_object_is_type(o, json_type_object)) {
		fprintf(stderr, "mip6ctl: mip6d answered something that is not a JSON object\n");
		*failed = true;
		json_object_put(o);
		return NULL;
	}
	return o;
}

struct json_object *mip6ctl_ask(const char *socket_path, const char *cmd, bool patient, FILE **stream)
{
	struct json_object *answer, *data = NULL, *error;
	int fd = connect_daemon(socket_path, patient);
	bool failed;
	FILE *f;

	if (fd < 0)
		return NULL;
	f = fdopen(fd, "r");
	if (!f || dprintf(fd, "{\"cmd\":\"%s\"}\n", cmd) < 0) {
		fprintf(stderr, "mip6ctl: cannot ask mip6d: %s\n", strerror(errno));
		if (f)
			fclose(f);
		else
			close(fd);
		return NULL;
	}
	answer = mip6ctl_next_line(f, &failed);
	if (answer && json_object_object_get_ex(answer, "data", &data)) {
		json_object_get(data);
	} else if (answer) {
		json_object_object_get_ex(answer, "error", &error);
		fprintf(stderr, "mip6ctl: %s\n",
			error ? json_object_get_string(error) : "mip6d gave neither data nor an error");
	} else if (!failed) {
		fprintf(stderr, "mip6ctl: mip6d closed the connection\n");
	}
	json_object_put(answer);
	if (data && stream)
		*stream = f;
	else
		fclose(f);
	return data;
}
