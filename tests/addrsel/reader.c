// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * reader NAME SENTINEL OLD NEW COUNT SECONDS: asks getaddrinfo for NAME COUNT times, at most for so many seconds, and
 * around each call the kernel for its source toward SENTINEL, which is OLD under the one policy and NEW under the other. A
 * line for each call:
 *
 *	FROM TO BEFORE AFTER ORDER
 *
 * times of CLOCK_MONOTONIC, o or n or ? for the kernel's source before and after the call, and the order as the last
 * hexadecimal digits of the addresses.
 */
#include <stdlib.h>
#include <time.h>

#include "sources.h"

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static char kernel(const struct sockaddr_in6 *sentinel, const char *old, const char *new)
{
	struct sockaddr_storage src;
	char text[INET6_ADDRSTRLEN];

	if (!kernel_source((const struct sockaddr *)sentinel, sizeof(*sentinel), &src))
		return '?';
	sockaddr_text((struct sockaddr *)&src, text);
	return !strcmp(text, old) ? 'o' : !strcmp(text, new) ? 'n' : '?';
}

int main(int argc, char **argv)
{
	struct sockaddr_in6 sentinel = { .sin6_family = AF_INET6, .sin6_port = htons(9) };
	double from, to, end;
	long count;

	if (argc != 7 || inet_pton(AF_INET6, argv[2], &sentinel.sin6_addr) != 1)
		return 2;
	count = atol(argv[5]);
	end = now() + atof(argv[6]);
	do {
		char before, after, text[INET6_ADDRSTRLEN];
		struct addrinfo *list;

		from = now();
		before = kernel(&sentinel, argv[3], argv[4]);
		list = libc_order(argv[1]);
		after = kernel(&sentinel, argv[3], argv[4]);
		to = now();
		printf("%.9f %.9f %c %c ", from, to, before, after);
		for (struct addrinfo *a = list; a; a = a->ai_next) {
			const char *tail = strrchr(sockaddr_text(a->ai_addr, text), ':');

			printf("%s%s", a == list ? "" : ",", tail ? tail + 1 : text);
		}
		putchar('\n');
		if (list)
			freeaddrinfo(list);
	} while (--count > 0 && to < end);
	return 0;
}
