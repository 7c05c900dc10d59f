// SPDX-License-Identifier: GPL-2.0-or-later
#include "commands.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kern/nl.h"

#define MAX_ARGS 20

char **arg;

double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

struct in6_addr ip(unsigned int i)
{
	struct in6_addr a;

	if (!arg[i] || inet_pton(AF_INET6, arg[i], &a) != 1) {
		printf("argument %u is no address\n", i);
		exit(2);
	}
	return a;
}

int dev(unsigned int i)
{
	return (int)if_nametoindex(arg[i]);
}

unsigned int num(unsigned int i)
{
	return arg[i] ? (unsigned int)strtoul(arg[i], NULL, 0) : 0;
}

const char *text(const struct in6_addr *a)
{
	static char buf[4][INET6_ADDRSTRLEN];
	static unsigned int turn;

	return inet_ntop(AF_INET6, a, buf[turn++ % 4], INET6_ADDRSTRLEN);
}

void result(int err)
{
	if (err < 0)
		printf("%s: %s\n", strerrorname_np(-err), kern_error());
	else
		printf("ok %d\n", err);
}

void simple(int err)
{
	printf("%s\n", err < 0 ? strerrorname_np(-err) : "ok");
}

int readable(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, ms) == 1;
}

int run_commands(const struct command *commands, size_t n_commands)
{
	char line[512], *args[MAX_ARGS + 2], *save;
	int err = kern_nl_open();

	if (err) {
		fprintf(stderr, "kern_nl_open: %s\n", strerror(-err));
		return 1;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	while (fgets(line, sizeof(line), stdin)) {
		size_t n = 0, i;

		memset(args, 0, sizeof(args));
		for (char *w = strtok_r(line, " \n", &save); w && n < MAX_ARGS; w = strtok_r(NULL, " \n", &save))
			args[n++] = w;
		if (!n)
			continue;
		for (i = 0; i < n_commands; i++)
			if (!strcmp(commands[i].name, args[0]))
				break;
		arg = args + 1;
		if (i == n_commands || n - 1 < commands[i].args)
			printf("unknown command or too few arguments: %s\n", args[0]);
		else
			commands[i].run();
	}
	kern_nl_close();
	return 0;
}
