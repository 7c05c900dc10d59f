/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mngen: N mobile nodes from one interface; see gen.h. Options first, then commands in the order in which they are to run. */
#include <arpa/inet.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "gen.h"

struct command {
	const char *name, *args, *help;
	int (*run)(struct gen *g, const uint64_t arg[2]);
	uint64_t defaults[2];
};

static int cmd_register(struct gen *g, const uint64_t arg[2])
{
	(void)arg;
	return phase_run(g, REG_REGISTER);
}

static int cmd_refresh(struct gen *g, const uint64_t arg[2])
{
	(void)arg;
	return phase_run(g, REG_REFRESH);
}

static int cmd_move(struct gen *g, const uint64_t arg[2])
{
	(void)arg;
	return phase_run(g, REG_MOVE);
}

static int cmd_deregister(struct gen *g, const uint64_t arg[2])
{
	(void)arg;
	return phase_run(g, REG_DEREGISTER);
}

static int cmd_data(struct gen *g, const uint64_t arg[2])
{
	return data_run(g, DATA_BOUND, (uint32_t)arg[0], (uint32_t)arg[1]);
}

static int cmd_stray(struct gen *g, const uint64_t arg[2])
{
	return data_run(g, DATA_STRAY, (uint32_t)arg[0], (uint32_t)arg[1]);
}

static int cmd_direct(struct gen *g, const uint64_t arg[2])
{
	return data_run(g, DATA_DIRECT, (uint32_t)arg[0], (uint32_t)arg[1]);
}

static int cmd_optimize(struct gen *g, const uint64_t arg[2])
{
	(void)arg;
	return route_run(g, REG_REGISTER);
}

static int cmd_reoptimize(struct gen *g, const uint64_t arg[2])
{
	(void)arg;
	return route_run(g, REG_REFRESH);
}

static int cmd_reroute(struct gen *g, const uint64_t arg[2])
{
	(void)arg;
	return route_run(g, REG_MOVE);
}

static int cmd_unoptimize(struct gen *g, const uint64_t arg[2])
{
	(void)arg;
	return route_run(g, REG_DEREGISTER);
}

static int cmd_forget(struct gen *g, const uint64_t arg[2])
{
	(void)arg;
	for (uint32_t i = 0; i < g->opt.n; i++)
		g->mn[i].bound = false;
	return 0;
}

static int cmd_hostile(struct gen *g, const uint64_t arg[2])
{
	return hostile_run(g, arg[0], (uint32_t)arg[1]);
}

static int cmd_sleep(struct gen *g, const uint64_t arg[2])
{
	struct timespec ts = { .tv_sec = (time_t)(arg[0] / 1000), .tv_nsec = (long)(arg[0] % 1000 * NS_PER_MS) };

	(void)g;
	nanosleep(&ts, NULL);
	return 0;
}

static int cmd_stdin(struct gen *g, const uint64_t arg[2]);

static const struct command commands[] = {
	{ "register", "", "those that have no binding register", cmd_register, { 0, 0 } },
	{ "refresh", "", "those that have one repeat it", cmd_refresh, { 0, 0 } },
	{ "move", "", "they change to the other care-of address", cmd_move, { 0, 0 } },
	{ "deregister", "", "they give it up", cmd_deregister, { 0, 0 } },
	{ "data", ":SECONDS:INTERVAL_MS", "each pings the correspondent through the tunnel", cmd_data, { 0, 1000 } },
	{ "stray", ":SECONDS:INTERVAL_MS", "the same from those without a binding: it must not get through", cmd_stray, { 0, 1000 } },
	{ "optimize", "", "those that have none make a binding with the correspondent", cmd_optimize, { 0, 0 } },
	{ "reoptimize", "", "those that have one renew it", cmd_reoptimize, { 0, 0 } },
	{ "reroute", "", "they take it to the other care-of address", cmd_reroute, { 0, 0 } },
	{ "unoptimize", "", "they give it up", cmd_unoptimize, { 0, 0 } },
	{ "direct", ":SECONDS:INTERVAL_MS", "each pings the correspondent directly", cmd_direct, { 0, 1000 } },
	{ "forget", "", "they forget their bindings, without a word", cmd_forget, { 0, 0 } },
	{ "hostile", ":SEED:COUNT", "malformed and forbidden messages", cmd_hostile, { 1, 10000 } },
	{ "sleep", ":MS", "nothing", cmd_sleep, { 1000, 0 } },
	{ "-", "", "reads further commands from stdin, one a line, up to `quit'", cmd_stdin, { 0, 0 } },
};

static int run_command(struct gen *g, const char *text)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		const struct command *c = &commands[i];
		size_t len = strlen(c->name);
		uint64_t arg[2] = { c->defaults[0], c->defaults[1] };
		const char *p = text + len;

		if (strncmp(text, c->name, len) != 0 || (*p && *p != ':'))
			continue;
		for (int k = 0; k < 2 && *p == ':'; k++) {
			char *end;

			arg[k] = strtoull(p + 1, &end, 0);
			p = end;
		}
		if (*p)
			break;
		return c->run(g, arg);
	}
	for (int i = 0; i < FALSE_MAX; i++) {
		size_t len = strlen(false_names[i]);

		if (strncmp(text, "false-", 6) == 0 && strncmp(text + 6, false_names[i], len) == 0 && (!text[6 + len] || text[6 + len] == ':'))
			return false_run(g, (enum false_case)i, text[6 + len] ? (uint32_t)atoi(text + 7 + len) : 1);
	}
	fprintf(stderr, "mngen: unknown command '%s'; --help lists them\n", text);
	exit(2);
}

static int cmd_stdin(struct gen *g, const uint64_t arg[2])
{
	char *line = NULL;
	size_t cap = 0;
	ssize_t len;
	int ret = 0;

	(void)arg;
	while ((len = getline(&line, &cap, stdin)) > 0) {
		while (len && (line[len - 1] == '\n' || line[len - 1] == ' '))
			line[--len] = 0;
		if (!strcmp(line, "quit"))
			break;
		if (len)
			ret |= run_command(g, line);
	}
	free(line);
	return ret;
}

/* ---- options ---- */

enum {
	O_IF = 1, O_HA, O_HOA, O_COA, O_COA2, O_CN, O_N, O_WINDOW, O_LIFETIME, O_SEQ, O_TIMEOUT, O_RETRANSMIT, O_ALT, O_LL, O_JSON,
	O_VICTIMS, O_NVICTIMS, O_VSEQ, O_FOREIGN, O_RATE, O_HELP,
};

static const struct option longopts[] = {
	{ "interface", required_argument, NULL, O_IF },
	{ "ha", required_argument, NULL, O_HA },
	{ "hoa", required_argument, NULL, O_HOA },
	{ "coa", required_argument, NULL, O_COA },
	{ "coa2", required_argument, NULL, O_COA2 },
	{ "cn", required_argument, NULL, O_CN },
	{ "n", required_argument, NULL, O_N },
	{ "window", required_argument, NULL, O_WINDOW },
	{ "lifetime", required_argument, NULL, O_LIFETIME },
	{ "seq", required_argument, NULL, O_SEQ },
	{ "timeout", required_argument, NULL, O_TIMEOUT },
	{ "retransmit", required_argument, NULL, O_RETRANSMIT },
	{ "alt-coa", no_argument, NULL, O_ALT },
	{ "link-local", no_argument, NULL, O_LL },
	{ "json", no_argument, NULL, O_JSON },
	{ "victims", required_argument, NULL, O_VICTIMS },
	{ "n-victims", required_argument, NULL, O_NVICTIMS },
	{ "victim-seq", required_argument, NULL, O_VSEQ },
	{ "foreign", required_argument, NULL, O_FOREIGN },
	{ "rate", required_argument, NULL, O_RATE },
	{ "help", no_argument, NULL, O_HELP },
	{ NULL, 0, NULL, 0 },
};

static void help(void)
{
	puts("usage: mngen --interface IF --ha ADDR --cn ADDR --hoa ADDR --coa ADDR [OPTION]... COMMAND...\n"
	     "\n"
	     "  --n N               mobile nodes (1): home addresses HOA+i, care-of addresses COA+i\n"
	     "  --coa2 ADDR         care-of addresses of `move'\n"
	     "  --cn ADDR           correspondent of `data', `optimize' and what belongs to it\n"
	     "  --window W          updates outstanding at most (all)\n"
	     "  --lifetime S        seconds asked for (3600)\n"
	     "  --seq N             first sequence number (1)\n"
	     "  --timeout S         a phase gives up after (60)\n"
	     "  --retransmit MS     first retransmission after (1500 for a registration, else 1000)\n"
	     "  --alt-coa           with the Alternate Care-of Address option\n"
	     "  --link-local        with the L flag\n"
	     "  --json              one JSON object a phase, else key=value\n"
	     "  --victims ADDR, --n-victims N, --victim-seq SEQ\n"
	     "                      bindings that `hostile' tries to change, and their last sequence number\n"
	     "  --foreign ADDR      home addresses that are not the home agent's (2001:db8:ffff::)\n"
	     "  --rate PPS          packets a second of `hostile' (500)\n"
	     "\n"
	     "commands, run in the order given:\n");
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		char head[64];

		snprintf(head, sizeof(head), "%s%s", commands[i].name, commands[i].args);
		printf("  %-26s %s\n", head, commands[i].help);
	}
	puts("  false-CASE:COUNT           what a correspondent refuses:");
	for (int i = 0; i < FALSE_MAX; i++)
		printf("  %26s %s\n", "", false_names[i]);
	puts("\nExit status: 0, 1 if something had no answer or a wrong one, 2 for a usage error.");
}

static void bad_value(const char *opt, const char *value)
{
	fprintf(stderr, "mngen: --%s: '%s' is not valid\n", opt, value);
	exit(2);
}

static struct in6_addr an_address(const char *opt, const char *value)
{
	struct in6_addr a;

	if (inet_pton(AF_INET6, value, &a) != 1)
		bad_value(opt, value);
	return a;
}

static uint32_t a_number(const char *opt, const char *value, uint32_t min, uint32_t max)
{
	char *end;
	unsigned long v = strtoul(value, &end, 0);

	if (!*value || *end || v < min || v > max)
		bad_value(opt, value);
	return (uint32_t)v;
}

static void read_options(int argc, char **argv, struct options *o)
{
	int c, index = 0;

	*o = (struct options){ .n = 1, .lifetime = 3600, .seq = 1, .timeout = 60, .rate = 500, .foreign = an_address("", "2001:db8:ffff::") };
	while ((c = getopt_long(argc, argv, "", longopts, &index)) != -1) {
		const char *name = longopts[index].name;

		switch (c) {
		case O_IF: o->ifname = optarg; break;
		case O_HA: o->ha = an_address(name, optarg); break;
		case O_HOA: o->hoa = an_address(name, optarg); break;
		case O_COA: o->coa = an_address(name, optarg); break;
		case O_COA2: o->coa2 = an_address(name, optarg); break;
		case O_CN: o->cn = an_address(name, optarg); break;
		case O_VICTIMS: o->victims = an_address(name, optarg); break;
		case O_FOREIGN: o->foreign = an_address(name, optarg); break;
		case O_N: o->n = a_number(name, optarg, 1, 1000000); break;
		case O_WINDOW: o->window = a_number(name, optarg, 1, 1000000); break;
		case O_LIFETIME: o->lifetime = a_number(name, optarg, 4, 262140); break;
		case O_SEQ: o->seq = (uint16_t)a_number(name, optarg, 0, 65535); break;
		case O_TIMEOUT: o->timeout = a_number(name, optarg, 1, 86400); break;
		case O_RETRANSMIT: o->retransmit_ms = a_number(name, optarg, 1, 32000); break;
		case O_NVICTIMS: o->n_victims = a_number(name, optarg, 0, 1000000); break;
		case O_VSEQ: o->victim_seq = (uint16_t)a_number(name, optarg, 0, 65535); break;
		case O_RATE: o->rate = a_number(name, optarg, 1, 1000000); break;
		case O_ALT: o->alt_coa = true; break;
		case O_LL: o->link_local = true; break;
		case O_JSON: o->json = true; break;
		case O_HELP: help(); exit(0);
		default: exit(2);
		}
	}
	if (!o->window)
		o->window = o->n;
	if (!o->ifname || (IN6_IS_ADDR_UNSPECIFIED(&o->ha) && IN6_IS_ADDR_UNSPECIFIED(&o->cn)) || IN6_IS_ADDR_UNSPECIFIED(&o->hoa) || IN6_IS_ADDR_UNSPECIFIED(&o->coa) ||
	    optind == argc) {
		fputs("mngen: --interface, --ha or --cn, --hoa, --coa and a command are needed; see --help\n", stderr);
		exit(2);
	}
}

static int or_die(int fd, const char *what)
{
	if (fd < 0) {
		fprintf(stderr, "mngen: %s: %s\n", what, strerror(-fd));
		exit(1);
	}
	return fd;
}

int main(int argc, char **argv)
{
	struct gen g = { .tx = -1 };
	int ret = 0;

	read_options(argc, argv, &g.opt);
	g.tx = or_die(pkt_open_tx(), "raw socket");
	g.rx = or_die(pkt_open_rx(g.opt.ifname), g.opt.ifname);
	g.mn = calloc(g.opt.n, sizeof(*g.mn));
	if (!g.mn) {
		perror("mngen");
		return 1;
	}
	for (uint32_t i = 0; i < g.opt.n; i++) {
		g.mn[i].hoa = addr_add(&g.opt.hoa, i);
		g.mn[i].coa = addr_add(&g.opt.coa, i);
		g.mn[i].seq = (uint16_t)(g.opt.seq - 1);
	}
	for (int i = optind; i < argc; i++)
		ret |= run_command(&g, argv[i]);
	free(g.mn);
	return ret;
}
