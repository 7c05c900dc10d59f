/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file that the control socket listens on. */
#ifndef CTL_CTL_SOCKET_H
#define CTL_CTL_SOCKET_H

#include <stddef.h>
#include <sys/types.h>
#include <sys/un.h>

struct ctl_socket {
	char path[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
	dev_t dev; /* of the file we made */
	ino_t ino;
};

/* The listening socket, non-blocking, its file with mode 0600; or -1 after saying on err, in one line, why not. */
int ctl_socket_open(struct ctl_socket *s, const char *path, char *err, size_t err_len);
/* The file goes, if it is still the one that was made. */
void ctl_socket_remove(const struct ctl_socket *s);

#endif
