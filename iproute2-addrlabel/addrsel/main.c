// SPDX-License-Identifier: GPL-2.0-or-later
/* addrselctl: one address selection policy (RFC 6724) for kernel and glibc. Options and the table of commands. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "core/version.h"
#include "kern/nl.h"
#include "report.h"

#define DEFAULT_FILE	"/etc/addrsel.conf"
#define DEFAULT_GAICONF "/etc/gai.conf"

static const struct command {
	const char *name;
	int (*run)(struct options *o, int argc, char **argv);
	int min, max; /* arguments; max -1: any number */
	const char *arguments, *description;
} commands[] = {
	{ "show", cmd_show, 0, 1, "[policy]", "what is in force in kernel and glibc, or what the policy says" },
	{ "check", cmd_check, 0, 0, "", "compare kernel, gai.conf and policy; status 1 if they differ" },
	{ "apply", cmd_apply, 0, 0, "", "put the policy into the kernel and into gai.conf" },
	{ "add", cmd_add, 3, 5, "PREFIX PRECEDENCE LABEL [[dev] INTERFACE]", "add a row to the policy" },
	{ "replace", cmd_replace, 3, 5, "PREFIX PRECEDENCE LABEL [[dev] INTERFACE]", "add a row or change it" },
	{ "delete", cmd_delete, 1, 3, "PREFIX [[dev] INTERFACE]", "delete a row" },
	{ "flush", cmd_flush, 0, 0, "", "delete all rows: no preferences" },
	{ "install", cmd_install, 1, 1, "FILE", "make FILE (-: standard input) the policy" },
	{ "defaults", cmd_defaults, 0, 1, "[rfc6724 | linux]", "make a default table the policy" },
	{ "export", cmd_export, 0, 1, "[policy | in-force | gai | ip]",
	  "print it for addrsel.conf, gai.conf or ip -batch" },
	{ "explain", cmd_explain, 1, -1, "[SOURCE... to] DESTINATION...",
	  "which source, which order, and by which rule" },
	{ "watch", cmd_watch, 0, 0, "", "apply, then keep gai.conf in step with the kernel" },
	{ "dhcp6", cmd_dhcp6, 0, -1, "[INTERFACE set HEX [lifetime S] | ask | remove]",
	  "policies from DHCPv6 (RFC 7078)" },
};
#define N_COMMANDS (sizeof(commands) / sizeof(*commands))

static int help(void)
{
	puts("Usage: addrselctl [OPTION]... COMMAND [ARGUMENT]...\n"
	     "One address selection policy (RFC 6724) for the kernel and for getaddrinfo.\n\nCommands:");
	for (const struct command *c = commands; c < commands + N_COMMANDS; c++)
		printf("  %s %s\n%19s%s\n", c->name, c->arguments, "", c->description);
	puts("\nOptions:\n"
	     "  -f, --file FILE      the policy (default " DEFAULT_FILE ")\n"
	     "  -g, --gai-conf FILE  glibc's file (default " DEFAULT_GAICONF ")\n"
	     "      --adopt, --force take over a gai.conf that somebody else wrote; a copy is kept\n"
	     "  -k, --kernel-only    leave gai.conf alone\n"
	     "  -n, --no-apply       change the policy's file only\n"
	     "      --state-dir DIR  where DHCPv6 policies are kept (default " STATE_DIR ")\n"
	     "  -j, --json           print JSON\n"
	     "  -V, --version        print the version\n"
	     "  -h, --help           print this help");
	return finish(0);
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "file", required_argument, NULL, 'f' },
		{ "gai-conf", required_argument, NULL, 'g' },
		{ "adopt", no_argument, NULL, 'A' },
		{ "force", no_argument, NULL, 'A' },
		{ "kernel-only", no_argument, NULL, 'k' },
		{ "no-apply", no_argument, NULL, 'n' },
		{ "state-dir", required_argument, NULL, 's' },
		{ "json", no_argument, NULL, 'j' },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	struct options o = { .file = DEFAULT_FILE, .gaiconf = DEFAULT_GAICONF, .state_dir = STATE_DIR };
	const struct command *c = commands;
	int opt, n, rc;

	while ((opt = getopt_long(argc, argv, "f:g:knjVh", longs, NULL)) != -1) {
		switch (opt) {
		case 'f':
			o.file = optarg;
			break;
		case 'g':
			o.gaiconf = optarg;
			break;
		case 's':
			o.state_dir = optarg;
			break;
		case 'A':
			o.adopt = true;
			break;
		case 'k':
			o.kernel_only = true;
			break;
		case 'n':
			o.edit_only = true;
			break;
		case 'j':
			o.json = true;
			break;
		case 'V':
			puts("addrselctl " MIP6D_VERSION);
			return finish(0);
		case 'h':
			return help();
		default:
			fputs("addrselctl: try \"addrselctl --help\"\n", stderr);
			return 2;
		}
	}
	if (optind == argc) {
		complain("what? Try \"addrselctl --help\"");
		return 2;
	}
	if (!strcmp(argv[optind], "help"))
		return help();
	while (c < commands + N_COMMANDS && strcmp(c->name, argv[optind]))
		c++;
	if (c == commands + N_COMMANDS) {
		complain("unknown command \"%s\": try \"addrselctl --help\"", argv[optind]);
		return 2;
	}
	n = argc - optind - 1;
	if (n < c->min || (c->max >= 0 && n > c->max)) {
		complain("usage: addrselctl %s %s", c->name, c->arguments);
		return 2;
	}
	rc = kern_nl_open_one(KERN_ROUTE);
	if (rc) {
		complain("cannot talk to the kernel: %s", strerror(-rc));
		return 1;
	}
	rc = c->run(&o, n, argv + optind + 1);
	kern_nl_close();
	return rc;
}
