// SPDX-License-Identifier: GPL-2.0-or-later
/* mip6ctl: asks a running mip6d over its control socket and shows the answer. */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/version.h"
#include "ctl/mip6ctl_ask.h"
#include "ctl/mip6ctl_fields.h"
#include "ctl/mip6ctl_strongswan.h"
#include "ctl/table.h"

#define DEFAULT_SOCKET MIP6D_STATE_DIR "/" MIP6D_SOCKET_NAME
#define DEFAULT_CONFIG "/etc/mip6d.conf"

static const char *socket_path = DEFAULT_SOCKET;
static bool json;
static bool check;
static bool strongswan, psk;
static const char *config = DEFAULT_CONFIG;

/* ---- commands: exit statuses ---- */

static void print_json(struct json_object *o)
{
	puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
}

/* What was written may still be lost: a full disk, a closed pipe. */
static int finish(void)
{
	if (!fflush(stdout) && !ferror(stdout))
		return 0;
	if (errno != EPIPE)
		fprintf(stderr, "mip6ctl: cannot write: %s\n", strerror(errno));
	return 1;
}

static int show_rows(const char *cmd, const struct table_field *fields, const char *empty)
{
	struct json_object *data = mip6ctl_ask(socket_path, cmd, false, NULL);

	if (!data)
		return 1;
	if (json)
		print_json(data);
	else if (!json_object_is_type(data, json_type_array) || !json_object_array_length(data))
		puts(empty);
	else
		table_print(stdout, fields, data);
	json_object_put(data);
	return finish();
}

static int show_bc(void)
{
	return show_rows("bc", mip6ctl_bc_fields, "no bindings");
}

static int show_bul(void)
{
	return show_rows("bul", mip6ctl_bul_fields, "no binding updates");
}

static int show_hal(void)
{
	return show_rows("hal", mip6ctl_hal_fields, "no home agents known");
}

static int show_pl(void)
{
	return show_rows("pl", mip6ctl_pl_fields, "no prefixes known");
}

static const char *text_of(struct json_object *row, const char *field)
{
	struct json_object *v = NULL;

	return json_object_object_get_ex(row, field, &v) && v ? json_object_get_string(v) : "-";
}

/* A line for each remark. 1 if something is not protected that should be, or does not work. */
static int check_ipsec(struct json_object *data)
{
	size_t n = json_object_array_length(data), remarks = 0;
	int status = 0;

	for (size_t i = 0; i < n; i++) {
		struct json_object *row = json_object_array_get_idx(data, i), *usable = NULL;

		if (!strcmp(text_of(row, "remark"), "-"))
			continue;
		remarks++;
		json_object_object_get_ex(row, "usable", &usable);
		if (!json_object_get_boolean(usable))
			status = 1;
		printf("%s %s: %s\n", text_of(row, "home_address"), text_of(row, "type"), text_of(row, "remark"));
	}
	if (!remarks)
		printf("%zu polic%s: nothing is missing\n", n, n == 1 ? "y" : "ies");
	return status;
}

/* Of the file alone: no daemon is asked. */
static int write_strongswan(void)
{
	struct conf c;
	int rc;

	if (conf_load(config, -1, &c, stderr))
		return 1;
	rc = strongswan_print(&c, psk, stdout, stderr);
	conf_free(&c);
	return finish() || rc;
}

static int show_ipsec(void)
{
	static const struct table_field fields[] = {
		{ "home_address", "HOME ADDRESS", NULL },
		{ "care_of_address", "CARE-OF ADDRESS", NULL },
		{ "type", "TYPE", NULL },
		{ "mode", "MODE", NULL },
		{ "state", "STATE", NULL },
		{ "spi_out", "OUT", NULL },
		{ "spi_in", "IN", NULL },
		{ "algorithms", "ALGORITHMS", NULL },
		{ "used_ago_s", "USED AGO", "s" },
		{ "remark", "REMARK", NULL },
		{ 0 },
	};
	struct json_object *data;
	int status;

	if (strongswan)
		return write_strongswan();
	if (!check)
		return show_rows("ipsec", fields, "no policies");
	data = mip6ctl_ask(socket_path, "ipsec", false, NULL);
	if (!data)
		return 1;
	status = check_ipsec(data);
	json_object_put(data);
	return finish() ? 1 : status;
}

static int show_status(void)
{
	struct json_object *data = mip6ctl_ask(socket_path, "status", false, NULL), *homes = NULL;

	if (!data)
		return 1;
	if (json) {
		print_json(data);
	} else {
		table_print_object(stdout, mip6ctl_status_fields, data);
		/* The fields are of the first; of several, each has a line. */
		if (json_object_object_get_ex(data, "homes", &homes) && json_object_is_type(homes, json_type_array) && json_object_array_length(homes) > 1) {
			putchar('\n');
			table_print(stdout, mip6ctl_home_fields, homes);
		}
	}
	json_object_put(data);
	return finish();
}

static int show_stats(void)
{
	static const struct table_field fields[] = {
		{ "counter", "COUNTER", NULL },
		{ "count", "COUNT", NULL },
		{ 0 },
	};
	struct json_object *data = mip6ctl_ask(socket_path, "stats", false, NULL), *rows;

	if (!data)
		return 1;
	if (json) {
		print_json(data);
		json_object_put(data);
		return finish();
	}
	rows = json_object_new_array();
	json_object_object_foreach(data, key, value) {
		struct json_object *row = json_object_new_object();

		json_object_object_add(row, "counter", json_object_new_string(key));
		json_object_object_add(row, "count", json_object_get(value));
		json_object_array_add(rows, row);
	}
	table_print(stdout, fields, rows);
	json_object_put(rows);
	json_object_put(data);
	return finish();
}

static int monitor(void)
{
	struct json_object *data, *event;
	FILE *stream = NULL;
	bool failed;

	data = mip6ctl_ask(socket_path, "monitor", true, &stream);
	if (!data)
		return 1;
	json_object_put(data);
	while ((event = mip6ctl_next_line(stream, &failed))) {
		if (json)
			print_json(event);
		else
			table_print_event(stdout, event);
		json_object_put(event);
		if (finish()) {
			failed = true;
			break;
		}
	}
	if (!event && !failed)
		fprintf(stderr, "mip6ctl: mip6d closed the connection\n");
	fclose(stream);
	return 1; /* only an end that nobody asked for comes here */
}

static int help(void);

static const struct command {
	const char *name;
	int (*run)(void);
	const char *description;
} commands[] = {
	{ "bc", show_bc, "the binding cache" },
	{ "bul", show_bul, "the binding update list of a mobile node" },
	{ "hal", show_hal, "the home agents of the home link" },
	{ "pl", show_pl, "the prefixes of the home link" },
	{ "ipsec", show_ipsec, "policies and associations of IPsec; --check: what is missing" },
	{ "status", show_status, "what mip6d is and where it stands" },
	{ "stats", show_stats, "counters since mip6d started" },
	{ "monitor", monitor, "events as they happen, until interrupted" },
	{ "help", help, "this text" },
};
#define N_COMMANDS ((int)(sizeof(commands) / sizeof(*commands)))

static int help(void)
{
	puts("Usage: mip6ctl [OPTION]... COMMAND\nAsk a running mip6d.\n\nCommands:");
	for (int i = 0; i < N_COMMANDS; i++)
		printf("  %-14s %s\n", commands[i].name, commands[i].description);
	puts("\nOptions:\n"
	     "  -j, --json     print the data as JSON\n"
	     "  --check        with ipsec: says only what is missing; exit status 1 if something is not protected\n"
	     "  --strongswan   with ipsec: writes swanctl.conf for what mip6d's configuration protects; no mip6d is asked\n"
	     "  --config FILE  with --strongswan: mip6d's configuration (default " DEFAULT_CONFIG ")\n"
	     "  --psk          with --strongswan: pre-shared keys instead of certificates\n"
	     "  --socket PATH  mip6d's control socket (default $MIP6D_SOCKET, else " DEFAULT_SOCKET ")\n"
	     "  -V, --version  print the version\n"
	     "  -h, --help     print this help");
	return finish();
}

/* How many letters to add, take away or change: Levenshtein's distance. */
static int distance(const char *a, const char *b)
{
	int row[32];
	int n = (int)strlen(b);

	if (n >= 32 || strlen(a) >= 32)
		return 32;
	for (int j = 0; j <= n; j++)
		row[j] = j;
	for (int i = 1; *a; a++, i++) {
		int diagonal = row[0];

		row[0] = i;
		for (int j = 1; j <= n; j++) {
			int best = diagonal + (*a != b[j - 1]);

			best = row[j] + 1 < best ? row[j] + 1 : best;
			best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
			diagonal = row[j];
			row[j] = best;
		}
	}
	return row[n];
}

static int unknown_command(const char *name)
{
	const char *near = NULL;
	int best = 3;

	for (int i = 0; i < N_COMMANDS; i++) {
		int dist = distance(name, commands[i].name);

		if (dist < best && dist < (int)strlen(commands[i].name)) {
			best = dist;
			near = commands[i].name;
		}
	}
	if (near)
		fprintf(stderr, "mip6ctl: unknown command \"%s\": did you mean \"%s\"?\n", name, near);
	else
		fprintf(stderr, "mip6ctl: unknown command \"%s\": try \"mip6ctl help\"\n", name);
	return 2;
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "check", no_argument, NULL, 'c' },
		{ "strongswan", no_argument, NULL, 'w' },
		{ "config", required_argument, NULL, 'f' },
		{ "psk", no_argument, NULL, 'p' },
		{ "socket", required_argument, NULL, 's' },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	const char *env = getenv("MIP6D_SOCKET"), *needs_strongswan = NULL;
	int c;

	if (env && *env)
		socket_path = env;
	while ((c = getopt_long(argc, argv, "jVh", longs, NULL)) != -1) {
		switch (c) {
		case 'j':
			json = true;
			break;
		case 'c':
			check = true;
			break;
		case 'w':
			strongswan = true;
			break;
		case 'f':
			config = optarg;
			needs_strongswan = "--config";
			break;
		case 'p':
			psk = true;
			needs_strongswan = "--psk";
			break;
		case 's':
			socket_path = optarg;
			break;
		case 'V':
			puts("mip6ctl " MIP6D_VERSION);
			return finish();
		case 'h':
			return help();
		default:
			fputs("mip6ctl: try \"mip6ctl help\"\n", stderr);
			return 2;
		}
	}
	if (optind == argc) {
		fputs("mip6ctl: what? Try \"mip6ctl help\"\n", stderr);
		return 2;
	}
	if (optind + 1 < argc) {
		fprintf(stderr, "mip6ctl: unexpected argument \"%s\"; try \"mip6ctl help\"\n", argv[optind + 1]);
		return 2;
	}
	if ((check || strongswan) && strcmp(argv[optind], "ipsec")) {
		fprintf(stderr, "mip6ctl: %s goes with \"ipsec\"; try \"mip6ctl help\"\n", check ? "--check" : "--strongswan");
		return 2;
	}
	if (check && strongswan) {
		fputs("mip6ctl: --check or --strongswan, not both\n", stderr);
		return 2;
	}
	if (needs_strongswan && !strongswan) {
		fprintf(stderr, "mip6ctl: %s goes with \"ipsec --strongswan\"; try \"mip6ctl help\"\n", needs_strongswan);
		return 2;
	}
	for (int i = 0; i < N_COMMANDS; i++)
		if (!strcmp(argv[optind], commands[i].name))
			return commands[i].run();
	return unknown_command(argv[optind]);
}
