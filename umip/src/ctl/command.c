// SPDX-License-Identifier: GPL-2.0-or-later
/* The commands of the control socket: a request line in, a JSON object out. */
#include "ctl/ctl.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/ipsec.h"
#include "core/version.h"

#define REQUEST_DEPTH 4

struct request {
	struct daemon *d;
	const struct role_ops *role;
	bool monitor;
	role_rows rows;
	char err[160]; /* set when a command gives neither data nor rows */
};

static struct json_object *cmd_bc(struct request *r)
{
	if (!r->role->bc) {
		snprintf(r->err, sizeof(r->err), "this mip6d is a %s: it has no binding cache", r->role->name);
		return NULL;
	}
	r->rows = r->role->bc;
	return NULL;
}

static struct json_object *cmd_bul(struct request *r)
{
	if (!r->role->bul) {
		snprintf(r->err, sizeof(r->err), "this mip6d is a %s: it has no binding update list", r->role->name);
		return NULL;
	}
	r->rows = r->role->bul;
	return NULL;
}

static struct json_object *cmd_hal(struct request *r)
{
	if (!r->role->hal) {
		snprintf(r->err, sizeof(r->err), "this mip6d is a %s: it has no home agents list", r->role->name);
		return NULL;
	}
	r->rows = r->role->hal;
	return NULL;
}

static struct json_object *cmd_pl(struct request *r)
{
	if (!r->role->pl) {
		snprintf(r->err, sizeof(r->err), "this mip6d is a %s: it has no prefix list", r->role->name);
		return NULL;
	}
	r->rows = r->role->pl;
	return NULL;
}

static struct json_object *cmd_ipsec(struct request *r)
{
	if (!r->d->ipsec) {
		snprintf(r->err, sizeof(r->err), "this mip6d uses no IPsec: UseMnHaIPsec is disabled");
		return NULL;
	}
	r->rows = ipsec_rows;
	return NULL;
}

static struct json_object *abilities(const struct kern_abilities *a)
{
	const struct {
		const char *name;
		bool yes;
	} table[] = {
		{ "mip6", a->mip6 },
		{ "sub_policy", a->sub_policy },
		{ "ip6tnl", a->ip6tnl },
		{ "ip6tnl_external", a->ip6tnl_external },
		{ "encap_route", a->encap_route },
		{ "guard", a->guard },
		{ "plug", a->plug },
		{ "optimistic_dad", a->optimistic_dad },
		{ "mh_type_in", a->mh_type_in },
		{ "state_update", a->state_update },
		{ "rule_find_saddr", a->rule_find_saddr },
		{ "esp", a->esp },
		{ "migrate", a->migrate },
		{ "migrate_typed", a->migrate_typed },
		{ "pf_key_migrate", a->pf_key_migrate },
	};
	struct json_object *o = json_object_new_object();

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		json_object_object_add(o, table[i].name, json_object_new_boolean(table[i].yes));
	return o;
}

static struct json_object *cmd_status(struct request *r)
{
	struct json_object *o = json_object_new_object(), *of_role;

	json_object_object_add(o, "version", json_object_new_string(MIP6D_VERSION));
	json_object_object_add(o, "role", json_object_new_string(r->role->name));
	json_object_object_add(o, "pid", json_object_new_int(getpid()));
	json_object_object_add(o, "uptime_s", json_object_new_uint64(ctl_uptime(r->d)));
	json_object_object_add(o, "config", json_object_new_string(r->d->conf->file ? r->d->conf->file : ""));
	json_object_object_add(o, "abilities", abilities(&r->d->able));
	of_role = r->role->status ? r->role->status(r->d) : NULL;
	if (of_role) {
		json_object_object_foreach(of_role, key, value)
			json_object_object_add(o, key, json_object_get(value));
		json_object_put(of_role);
	}
	return o;
}

static struct json_object *cmd_stats(struct request *r)
{
	struct json_object *o = json_object_new_object();

	if (r->role->stats)
		r->role->stats(r->d);
	ipsec_stats(r->d);
	for (int i = 0; i < STAT_MAX; i++)
		json_object_object_add(o, stat_name[i], json_object_new_uint64(r->d->stats[i]));
	return o;
}

static struct json_object *cmd_monitor(struct request *r)
{
	r->monitor = true;
	return json_object_new_object();
}

static const struct {
	const char *name;
	struct json_object *(*run)(struct request *r);
} commands[] = {
	{ "bc", cmd_bc },
	{ "bul", cmd_bul },
	{ "hal", cmd_hal },
	{ "pl", cmd_pl },
	{ "ipsec", cmd_ipsec },
	{ "status", cmd_status },
	{ "stats", cmd_stats },
	{ "monitor", cmd_monitor },
};

/* Runs the request that line holds; NULL with r->err. */
static struct json_object *run(struct request *r, struct json_object *req)
{
	struct json_object *cmd = NULL, *data;
	const char *name;

	if (!json_object_is_type(req, json_type_object) || !json_object_object_get_ex(req, "cmd", &cmd) ||
	    !json_object_is_type(cmd, json_type_string)) {
		snprintf(r->err, sizeof(r->err), "a request is an object with a string \"cmd\"");
		return NULL;
	}
	name = json_object_get_string(cmd);
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		if (strcmp(name, commands[i].name))
			continue;
		data = commands[i].run(r);
		if (!data && !r->rows && !r->err[0])
			snprintf(r->err, sizeof(r->err), "%s: out of memory", name);
		return data;
	}
	snprintf(r->err, sizeof(r->err), "unknown command \"%.64s\"", name);
	return NULL;
}

struct ctl_answer ctl_answer(struct daemon *d, const struct role_ops *role, const char *line, size_t len)
{
	struct request r = { .d = d, .role = role };
	struct json_tokener *tok = json_tokener_new_ex(REQUEST_DEPTH);
	struct json_object *req = NULL, *data = NULL, *answer;

	if (!tok)
		return (struct ctl_answer){ .whole = NULL };
	/* The newline ends the text, so that a bare number is complete too */
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	req = json_tokener_parse_ex(tok, line, (int)len);
	if (json_tokener_get_error(tok) == json_tokener_continue)
		snprintf(r.err, sizeof(r.err), "not JSON: the line ends too early");
	else if (json_tokener_get_error(tok) != json_tokener_success)
		snprintf(r.err, sizeof(r.err), "not JSON: %s", json_tokener_error_desc(json_tokener_get_error(tok)));
	else
		data = run(&r, req);
	json_object_put(req);
	json_tokener_free(tok);

	if (r.rows)
		return (struct ctl_answer){ .rows = r.rows };
	answer = json_object_new_object();
	json_object_object_add(answer, "ok", json_object_new_boolean(data != NULL));
	if (data)
		json_object_object_add(answer, "data", data);
	else
		json_object_object_add(answer, "error", json_object_new_string(r.err));
	return (struct ctl_answer){ .whole = answer, .monitor = r.monitor };
}
