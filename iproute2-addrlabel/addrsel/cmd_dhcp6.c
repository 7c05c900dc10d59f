// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dhcp6: policies from the network (RFC 7078): kept for an interface, put into effect as the policy's file wants it,
 * and taken back.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "dhcp6_client.h"
#include "kern/sysctl.h"
#include "report.h"

#define ASK_TIMEOUT 30 /* seconds */

static const struct table_field fields[] = {
	{ "interface", "INTERFACE", NULL },
	{ "state", "STATE", NULL },
	{ "rows", "ROWS", NULL },
	{ "automatic_rows", "A", NULL },
	{ "temporary_addresses", "P", NULL },
	{ "expires_in_s", "EXPIRES IN", "s" },
	{ "ask_again_in_s", "ASKS AGAIN IN", "s" },
	{ "why", "WHY", NULL },
	{ 0 },
};

static void describe(const struct effective *e, const struct dhcp6_policy *d, char why[160])
{
	const char *dev = d->state.dev;
	size_t len = 160;

	switch (d->fate) {
	case FATE_USED:
		if (!d->option.table.n)
			snprintf(why, len, "it has flags only");
		else
			snprintf(why, len,
				 e->policy.dhcp6 == DHCP6_REPLACE ? "its table replaces the file's rows" :
								    "its rows are added to the file's");
		break;
	case FATE_IGNORED:
		snprintf(why, len, "the policy has no \"dhcp6 add\" or \"dhcp6 replace\"");
		break;
	case FATE_NOT_NAMED:
		snprintf(why, len, "the policy's dhcp6 line does not name %s", dev);
		break;
	case FATE_LOST:
		snprintf(why, len, "%s has another table, and comes first%s", e->winner,
			 e->policy.n_dhcp6_dev ? " in the policy's dhcp6 line" :
						 " by name: the policy's dhcp6 line can name an order");
		break;
	case FATE_SAME:
		snprintf(why, len, "%s has the same table", e->winner);
		break;
	case FATE_EXPIRED:
		snprintf(why, len, "its lifetime is over");
		break;
	case FATE_BROKEN:
		snprintf(why, len, "what is kept of it cannot be read");
		break;
	case FATE_NONE:
		snprintf(why, len, "the server has no policy");
		break;
	case FATE_NO_INTERFACE:
		snprintf(why, len, "there is no interface %s now", dev);
		break;
	}
}

static struct json_object *as_json(const struct effective *e, const struct dhcp6_policy *d)
{
	static const char *const states[] = {
		[FATE_USED] = "used",	   [FATE_IGNORED] = "ignored", [FATE_NOT_NAMED] = "ignored",
		[FATE_LOST] = "overruled", [FATE_SAME] = "used",       [FATE_EXPIRED] = "expired",
		[FATE_BROKEN] = "broken",  [FATE_NONE] = "none",       [FATE_NO_INTERFACE] = "absent",
	};
	struct json_object *o = json_object_new_object();
	double now = state_now();
	char why[160];

	describe(e, d, why);
	add_string(o, "interface", d->state.dev);
	add_string(o, "state", states[d->fate]);
	if (d->state.option && d->fate != FATE_BROKEN) {
		add_int(o, "rows", (long long)d->option.table.n);
		add_string(o, "automatic_rows", d->option.automatic && !d->option.table.n ? "allowed" : "forbidden");
		add_string(o, "temporary_addresses", d->option.privacy ? "as configured" : "not preferred");
	}
	if (d->state.expires > 0)
		add_int(o, "expires_in_s", d->state.expires > now ? (long long)(d->state.expires - now) : 0);
	if (d->state.ask_again > 0)
		add_int(o, "ask_again_in_s", d->state.ask_again > now ? (long long)(d->state.ask_again - now) : 0);
	add_string(o, "why", why);
	return o;
}

static int show(struct options *o)
{
	struct json_object *rows = json_object_new_array();
	struct effective e;

	if (load_effective(o, o->file, &e))
		return 1;
	for (int i = 0; i < e.n_dhcp6; i++)
		json_object_array_add(rows, as_json(&e, &e.dhcp6[i]));
	print_rows(o->json, fields, rows, "no policy from DHCPv6");
	effective_free(&e);
	return finish(0);
}

/*
 * The P flag (RFC 7078 2): without it temporary addresses are not preferred on this interface, and with it all is as the
 * administrator had it. Sets and restores use_tempaddr; changes d->use_tempaddr, for the state.
 */
static bool follow_privacy(struct dhcp6_policy *d)
{
	bool in_use = d->fate == FATE_USED || d->fate == FATE_SAME || d->fate == FATE_LOST;
	bool forbid = in_use && !d->option.privacy;
	char path[128], value[16];
	long now;

	snprintf(path, sizeof(path), "net/ipv6/conf/%s/use_tempaddr", d->state.dev);
	if (kern_sysctl_get(path, &now))
		return false;
	if (forbid && now >= 2) {
		if (kern_sysctl_put(path, "1")) {
			complain("cannot write %s", path);
			return false;
		}
		d->state.use_tempaddr = (int)now;
		return true;
	}
	if (forbid || d->state.use_tempaddr < 0)
		return false;
	/* who changed it after us knows better */
	snprintf(value, sizeof(value), "%d", d->state.use_tempaddr);
	if (now == 1 && kern_sysctl_put(path, value))
		complain("cannot write %s", path);
	d->state.use_tempaddr = -1;
	return true;
}

void follow_dhcp6(const struct options *o, struct effective *e)
{
	for (int i = 0; i < e->n_dhcp6; i++) {
		struct dhcp6_policy *d = &e->dhcp6[i];
		int rc = 0;

		if (follow_privacy(d))
			rc = state_save(o->state_dir, &d->state);
		if (rc)
			complain("cannot keep the state of %s: %s", d->state.dev, strerror(-rc));
	}
}

/* The policies have changed: everything follows. Exit status. */
static int put_into_effect(struct options *o, const char *dev)
{
	struct json_object *row = NULL;
	struct effective e;
	struct applied a;
	int rc;

	if (load_effective(o, o->file, &e))
		return 1;
	follow_dhcp6(o, &e);
	for (int i = 0; i < e.n_dhcp6; i++)
		if (!strcmp(e.dhcp6[i].state.dev, dev))
			row = as_json(&e, &e.dhcp6[i]);
	/* a policy that is let in now or was before; without a file there is nothing of ours to change */
	if (e.no_file || e.policy.dhcp6 == DHCP6_IGNORE) {
		rc = 0;
	} else {
		rc = apply_policy(o, &e, &a);
		if (!rc && !o->json)
			applied_print(o, &e, &a);
		applied_free(&a);
	}
	if (row && o->json)
		print_json(json_object_get(row));
	else if (row)
		table_print_object(stdout, fields, row);
	else if (o->json)
		puts("{}");
	json_object_put(row);
	effective_free(&e);
	return finish(rc ? 1 : 0);
}

/* Takes this option for the interface. Exit status. */
static int keep(struct options *o, const char *dev, const uint8_t *option, size_t len, double lifetime,
		double ask_again)
{
	struct state_policy s, old;
	struct dhcp6_addrsel parsed;
	const char *why;
	int rc;

	if (option && dhcp6_addrsel_parse(option, len, &parsed, &why)) {
		complain("%s: the policy is refused: %s", dev, why ? why : strerror(ENOMEM));
		return 1;
	}
	if (option)
		policy_free(&parsed.table);
	s = (struct state_policy){ .option = (uint8_t *)option, .option_len = len, .use_tempaddr = -1 };
	strcpy(s.dev, dev);
	if (!state_load(o->state_dir, dev, &old)) {
		s.use_tempaddr = old.use_tempaddr;
		free(old.option);
	}
	s.expires = lifetime < DHCP6_FOREVER ? state_now() + lifetime : 0;
	s.ask_again = ask_again > 0 && ask_again < DHCP6_FOREVER ? state_now() + ask_again : 0;
	rc = state_save(o->state_dir, &s);
	if (rc) {
		complain("cannot keep the policy of %s: %s", dev, strerror(-rc));
		return 1;
	}
	return put_into_effect(o, dev);
}

static int forget(struct options *o, const char *dev)
{
	struct dhcp6_policy d = { .fate = FATE_NONE };
	int rc = state_load(o->state_dir, dev, &d.state);

	if (rc == -ENOENT) {
		complain("%s has no policy from DHCPv6", dev);
		return 1;
	}
	if (!rc)
		follow_privacy(&d);
	free(d.state.option);
	rc = state_remove(o->state_dir, dev);
	if (rc) {
		complain("cannot remove the policy of %s: %s", dev, strerror(-rc));
		return 1;
	}
	return put_into_effect(o, dev);
}

static bool read_seconds(const char *word, unsigned long max, double *out)
{
	char *end;
	unsigned long v;

	errno = 0;
	v = strtoul(word, &end, 10);
	if (*word < '0' || *word > '9' || *end || errno || v > max)
		return false;
	*out = (double)v;
	return true;
}

static int set(struct options *o, const char *dev, int argc, char **argv)
{
	static uint8_t option[DHCP6_ADDRSEL_MAX];
	double lifetime = DHCP6_REFRESH_DEFAULT;
	ssize_t len;

	if (argc == 3 && !strcmp(argv[1], "lifetime") && !strcmp(argv[2], "forever")) {
		lifetime = DHCP6_FOREVER;
	} else if (argc != 1 &&
		   (argc != 3 || strcmp(argv[1], "lifetime") || !read_seconds(argv[2], DHCP6_FOREVER, &lifetime))) {
		complain("dhcp6 INTERFACE set HEX [lifetime SECONDS|forever]");
		return 2;
	}
	len = dhcp6_hex_parse(argv[0], option, sizeof(option));
	if (len < 0) {
		complain("%s: the policy is refused: %s", dev,
			 len == -ENOSPC ? "it is longer than 65535 bytes" : "it is not written as hexadecimal digits");
		return 1;
	}
	if (take_lock(o))
		return 1;
	return lifetime > 0 ? keep(o, dev, option, (size_t)len, lifetime, 0) : forget(o, dev);
}

static int ask(struct options *o, const char *dev, int argc, char **argv)
{
	double timeout = ASK_TIMEOUT;
	struct dhcp6_answer answer;
	const char *why;
	int rc;

	if (argc != 0 &&
	    (argc != 2 || strcmp(argv[0], "timeout") || !read_seconds(argv[1], 86400, &timeout) || timeout < 1)) {
		complain("dhcp6 INTERFACE ask [timeout SECONDS]");
		return 2;
	}
	rc = dhcp6_ask(dev, (unsigned int)timeout, &answer, &why);
	if (rc) {
		complain("%s: %s%s%s", dev, rc == -ETIMEDOUT ? "no DHCPv6 server answered" : strerror(-rc),
			 why ? ": " : "", why ? why : "");
		return 1;
	}
	/* nobody had the lock while we waited for the network */
	if (take_lock(o)) {
		free(answer.option);
		return 1;
	}
	/*
	 * What is not renewed is not valid: a quarter more than the refresh time is left for a server that is away for a
	 * moment.
	 */
	rc = keep(o, dev, answer.has_option ? answer.option : NULL, answer.option_len,
		  answer.refresh == DHCP6_FOREVER ? DHCP6_FOREVER : answer.refresh * 1.25, answer.refresh);
	free(answer.option);
	return rc;
}

int cmd_dhcp6(struct options *o, int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (!argc || (argc == 1 && !strcmp(argv[0], "show")))
		return show(o);
	if (!*argv[0] || strlen(argv[0]) >= IFNAMSIZ || strpbrk(argv[0], "/:% ") || argv[0][0] == '.') {
		complain("\"%s\" cannot be an interface's name", argv[0]);
		return 2;
	}
	if (!strcmp(what, "set") && argc > 2)
		return set(o, argv[0], argc - 2, argv + 2);
	if (!strcmp(what, "ask"))
		return ask(o, argv[0], argc - 2, argv + 2);
	if (!strcmp(what, "remove") && argc == 2)
		return take_lock(o) ? 1 : forget(o, argv[0]);
	complain("dhcp6 [show], or dhcp6 INTERFACE set HEX [lifetime SECONDS|forever], ask [timeout SECONDS], remove");
	return 2;
}
