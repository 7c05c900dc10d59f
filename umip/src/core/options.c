// SPDX-License-Identifier: GPL-2.0-or-later
/* See options.h. One table is what getopt_long(3) reads and what --help prints. */
#include "core/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "conf/conf.h"
#include "core/version.h"

#define DEFAULT_CONFIG "/etc/mip6d.conf"
#define OPTIONS_MAX    20

static int opt_config(struct options *o, const char *arg)
{
	o->config = arg;
	return 0;
}

static int opt_cn(struct options *o, const char *arg)
{
	(void)arg;
	o->role = ROLE_CN;
	return 0;
}

static int opt_ha(struct options *o, const char *arg)
{
	(void)arg;
	o->role = ROLE_HA;
	return 0;
}

static int opt_mn(struct options *o, const char *arg)
{
	(void)arg;
	o->role = ROLE_MN;
	return 0;
}

static int opt_debug(struct options *o, const char *arg)
{
	char *end;
	long n = strtol(arg, &end, 10);

	if (end == arg || *end || n < 0 || n > 10) {
		fprintf(stderr, "mip6d: the debug level is a number from 0 to 10, not \"%s\"\n", arg);
		return -1;
	}
	o->debug = (int)n;
	return 0;
}

static int opt_log_file(struct options *o, const char *arg)
{
	o->log_file = arg;
	return 0;
}

static int opt_socket(struct options *o, const char *arg)
{
	o->socket = arg;
	return 0;
}

static int opt_state_dir(struct options *o, const char *arg)
{
	o->state_dir = arg;
	return 0;
}

static int opt_show_config(struct options *o, const char *arg)
{
	(void)arg;
	o->show_config = true;
	return 0;
}

static int opt_check(struct options *o, const char *arg)
{
	(void)arg;
	o->check = true;
	return 0;
}

static int opt_compat(struct options *o, const char *arg)
{
	(void)arg;
	o->check = o->compat = true;
	return 0;
}

static int opt_clean(struct options *o, const char *arg)
{
	(void)arg;
	o->clean = true;
	return 0;
}

static int opt_version(struct options *o, const char *arg)
{
	(void)o;
	(void)arg;
	puts("mip6d " MIP6D_VERSION);
	exit(0);
}

static int opt_help(struct options *o, const char *arg);

static const struct option_def {
	char letter; /* 0: only the long form */
	const char *name, *arg, *help;
	int (*set)(struct options *o, const char *arg); /* 0, or -1 after saying what is wrong */
} option_defs[] = {
	{ 'c', "config", "FILE", "read FILE (default " DEFAULT_CONFIG ")", opt_config },
	{ 'C', "correspondent-node", NULL, "be a correspondent node, whatever NodeConfig says", opt_cn },
	{ 'H', "home-agent", NULL, "be a home agent", opt_ha },
	{ 'M', "mobile-node", NULL, "be a mobile node", opt_mn },
	{ 'd', "debug-level", "N", "log more: 0 notices, 1-4 information, 5-10 all", opt_debug },
	{ 'l', "log-file", "FILE", "log to FILE instead of standard error", opt_log_file },
	{ 0, "socket", "PATH", "control socket (default STATE-DIR/" MIP6D_SOCKET_NAME ")", opt_socket },
	{ 0, "state-dir", "DIR", "where to keep run-time state (default " MIP6D_STATE_DIR ")", opt_state_dir },
	{ 0, "show-config", NULL, "print the whole effective configuration and exit", opt_show_config },
	{ 0, "check", NULL, "check the configuration and exit", opt_check },
	{ 0, "compat", NULL, "the same, and say what the file means in UMIP and not here", opt_compat },
	{ 0, "clean", NULL, "remove what an earlier mip6d left in the kernel and on disk, and exit", opt_clean },
	{ 'V', "version", NULL, "print the version and exit", opt_version },
	{ 'h', "help", NULL, "print this help and exit", opt_help },
};
#define N_OPTIONS ((int)(sizeof(option_defs) / sizeof(*option_defs)))

static int opt_help(struct options *o, const char *arg)
{
	(void)o;
	(void)arg;
	puts("Usage: mip6d [OPTION]...\nMobile IPv6 home agent or mobile node.\n");
	for (const struct option_def *d = option_defs; d < option_defs + N_OPTIONS; d++) {
		char left[40], letter[4] = { '-', d->letter, ',', 0 };

		snprintf(left, sizeof(left), "%3s --%s%s%s", d->letter ? letter : "", d->name, d->arg ? " " : "",
			 d->arg ? d->arg : "");
		printf("  %-26s  %s\n", left, d->help);
	}
	puts("\nIt stays in the foreground; see mip6d(8) and mip6ctl(8).");
	exit(0);
}

int options_parse(int argc, char **argv, struct options *o)
{
	struct option longs[OPTIONS_MAX + 1] = { 0 };
	char shorts[2 * OPTIONS_MAX + 1] = "", *s = shorts;
	int c, at;

	_Static_assert(sizeof(option_defs) / sizeof(*option_defs) <= OPTIONS_MAX, "OPTIONS_MAX");
	for (int i = 0; i < N_OPTIONS; i++) {
		const struct option_def *d = &option_defs[i];

		longs[i] = (struct option){ d->name, d->arg ? required_argument : no_argument, NULL, 256 + i };
		if (!d->letter)
			continue;
		*s++ = d->letter;
		if (d->arg)
			*s++ = ':';
	}
	*s = 0;
	*o = (struct options){ .config = DEFAULT_CONFIG, .role = -1, .debug = -1, .state_dir = MIP6D_STATE_DIR };
	while ((c = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		for (at = 0; at < N_OPTIONS; at++)
			if (c == 256 + at || (option_defs[at].letter && c == option_defs[at].letter))
				break;
		if (at == N_OPTIONS) {
			fputs("mip6d: try \"mip6d --help\"\n", stderr);
			return 2;
		}
		if (option_defs[at].set(o, optarg))
			return 2;
	}
	if (optind < argc) {
		fprintf(stderr, "mip6d: unexpected argument \"%s\"; try \"mip6d --help\"\n", argv[optind]);
		return 2;
	}
	return 0;
}
