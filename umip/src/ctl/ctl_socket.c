// SPDX-License-Identifier: GPL-2.0-or-later
/* The control socket's file: one that a daemon left behind is replaced, one that somebody listens on is not. */
#include "ctl/ctl_socket.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/ctl.h"

/* Makes room at addr: 0, or -1 with err if someone listens there or it is no socket. */
static int clear_path(const struct sockaddr_un *addr, char *err, size_t err_len)
{
	struct ucred peer = { .pid = 0 };
	socklen_t len = sizeof(peer);
	struct stat st;
	int fd, r;

	if (lstat(addr->sun_path, &st))
		return 0; /* nothing there, or bind() will say what is wrong */
	if (!S_ISSOCK(st.st_mode)) {
		snprintf(err, err_len, "%s is in the way: it is not a socket", addr->sun_path);
		return -1;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0) {
		snprintf(err, err_len, "cannot make a socket: %s", strerror(errno));
		return -1;
	}
	r = connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) ? errno : 0;
	if (!r)
		getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len);
	close(fd);
	if (r == ECONNREFUSED && (!unlink(addr->sun_path) || errno == ENOENT))
		return 0;
	if (r == 0 && peer.pid > 0)
		snprintf(err, err_len,
			 "another mip6d (pid %d) listens on %s: --socket or --state-dir gives this one its own",
			 peer.pid, addr->sun_path);
	else if (r == 0 || r == EAGAIN)
		snprintf(err, err_len, "another mip6d listens on %s: --socket or --state-dir gives this one its own",
			 addr->sun_path);
	else
		snprintf(err, err_len, "cannot use the control socket %s: %s", addr->sun_path,
			 strerror(r == ECONNREFUSED ? errno : r));
	return -1;
}

int ctl_socket_open(struct ctl_socket *s, const char *path, char *err, size_t err_len)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct stat st;
	mode_t mask;
	int fd, r;

	if (strlen(path) >= sizeof(addr.sun_path)) {
		snprintf(err, err_len, "the control socket's path is longer than %zu bytes: %s",
			 sizeof(addr.sun_path) - 1, path);
		return -1;
	}
	strcpy(addr.sun_path, path);
	strcpy(s->path, path);
	if (clear_path(&addr, err, err_len))
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	mask = umask(0177);
	r = fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) || listen(fd, CTL_CLIENTS) ? errno : 0;
	umask(mask);
	if (r) {
		snprintf(err, err_len, "cannot make the control socket %s: %s", path, strerror(r));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	if (!lstat(path, &st)) {
		s->dev = st.st_dev;
		s->ino = st.st_ino;
	}
	return fd;
}

void ctl_socket_remove(const struct ctl_socket *s)
{
	struct stat st;

	if (!lstat(s->path, &st) && st.st_dev == s->dev && st.st_ino == s->ino)
		unlink(s->path);
}
