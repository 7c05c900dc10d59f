// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ask NAME...: for each name a line "NAME A,B,C", the addresses in getaddrinfo's order, each with the kernel's source
 * behind "=" ("-": none). Without names they come on standard input, one a line, and are answered at once.
 */
#include "sources.h"

static void answer(const char *name)
{
	struct addrinfo *list = libc_order(name);
	char text[INET6_ADDRSTRLEN];

	printf("%s ", name);
	for (struct addrinfo *a = list; a; a = a->ai_next) {
		struct sockaddr_storage src;

		printf("%s%s", a == list ? "" : ",", sockaddr_text(a->ai_addr, text));
		if (kernel_source(a->ai_addr, a->ai_addrlen, &src))
			printf("=%s", sockaddr_text((struct sockaddr *)&src, text));
		else
			printf("=-");
	}
	if (list)
		freeaddrinfo(list);
	putchar('\n');
	fflush(stdout);
}

int main(int argc, char **argv)
{
	char line[256];

	for (int i = 1; i < argc; i++)
		answer(argv[i]);
	while (argc == 1 && fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = 0;
		answer(line);
	}
	return 0;
}
