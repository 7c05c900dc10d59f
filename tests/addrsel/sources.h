/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the system itself says: the kernel's source for a destination, and getaddrinfo's order for a name. */
#ifndef SOURCES_H
#define SOURCES_H

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* connect() and getsockname() of a UDP socket: no packet leaves. false: no route, or no address. */
static inline bool kernel_source(const struct sockaddr *dst, socklen_t len, struct sockaddr_storage *src)
{
	socklen_t src_len = sizeof(*src);
	int fd = socket(dst->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool ok = fd >= 0 && !connect(fd, dst, len) && !getsockname(fd, (struct sockaddr *)src, &src_len);

	if (fd >= 0)
		close(fd);
	return ok;
}

static inline const char *sockaddr_text(const struct sockaddr *sa, char text[INET6_ADDRSTRLEN])
{
	const void *a = sa->sa_family == AF_INET ? (const void *)&((const struct sockaddr_in *)sa)->sin_addr :
						   (const void *)&((const struct sockaddr_in6 *)sa)->sin6_addr;

	return inet_ntop(sa->sa_family, a, text, INET6_ADDRSTRLEN);
}

/* The list is the user's. NULL: no such name. */
static inline struct addrinfo *libc_order(const char *name)
{
	struct addrinfo hints = { .ai_socktype = SOCK_DGRAM, .ai_family = AF_UNSPEC }, *list = NULL;

	return getaddrinfo(name, "9", &hints, &list) ? NULL : list;
}

#endif
