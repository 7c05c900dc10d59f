/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What programs share that exercise umip/src/kern from a script: commands are read from stdin, one a line, and each is answered with
 * one line on stdout. The program keeps what it opened, so that the script (commands.sh is its half) can look with ip, tc and tcpdump
 * between two commands.
 */
#ifndef COMMANDS_H
#define COMMANDS_H

#include <netinet/in.h>
#include <stddef.h>

struct command {
	const char *name;
	void (*run)(void);
	unsigned int args; /* at least */
};

/* Until the end of stdin, with the request sockets open. The exit status. */
int run_commands(const struct command *commands, size_t n);

extern char **arg; /* of the command being run, without its name; NULL-terminated */
struct in6_addr ip(unsigned int i); /* the ith argument; what is no address ends the program */
int dev(unsigned int i);
unsigned int num(unsigned int i); /* 0 if there is none */

const char *text(const struct in6_addr *a); /* in one of four buffers */
/* The answer to what returned err: "ok ERR", or the error's name with kern_error(). */
void result(int err);
/* "ok", or the error's name. */
void simple(int err);
double now_us(void);
/* Whether there is something to read, within so long. */
int readable(int fd, int ms);

#endif
