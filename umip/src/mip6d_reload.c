// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SIGHUP: the configuration is read again, and what can change in a running daemon does (conf/reload.c).
 */
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "mip6d.h"

int app_override_conf(const struct app *a, struct conf *c)
{
	if (a->opt.debug >= 0)
		c->debug_level = a->opt.debug;
	if (a->opt.log_file) {
		char *copy = strdup(a->opt.log_file);

		if (!copy)
			return -1;
		free(c->debug_log_file);
		c->debug_log_file = copy;
	}
	return 0;
}

/* Each line of what the reader has to say is one of the log. */
static void log_lines(char *text)
{
	char *rest;

	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		log_error("reload-failed", "error=\"%s\"", line);
}

struct reload {
	struct json_object *taken, *waiting;
};

static void say_keyword(const char *keyword, bool taken, void *arg)
{
	struct reload *r = arg;

	if (taken)
		log_notice("reload-changed", "keyword=%s", keyword);
	else
		log_warn("reload-needs-restart", "keyword=%s", keyword);
	json_object_array_add(taken ? r->taken : r->waiting, json_object_new_string(keyword));
}

void app_reload(struct app *a)
{
	struct reload r = { .taken = json_object_new_array(), .waiting = json_object_new_array() };
	struct json_object *o = json_object_new_object();
	struct conf next = { 0 };
	char *text = NULL;
	size_t size;
	FILE *err = open_memstream(&text, &size);
	bool good = err && r.taken && r.waiting && o && !conf_load(a->opt.config, a->opt.role, &next, err) && !app_override_conf(a, &next) &&
		    conf_reload(&a->conf, &next, say_keyword, &r) >= 0;
	int rc;

	if (err)
		fclose(err);
	if (!good && text && *text)
		log_lines(text);
	else if (!good)
		log_error("reload-failed", "error=\"out of memory\"");
	free(text);
	conf_free(&next);
	if (!good) {
		log_notice("reload-kept", "config=%s", a->opt.config);
		json_object_put(r.taken);
		json_object_put(r.waiting);
		json_object_put(o);
		return;
	}
	/* Also if it is the same file: whoever rotates logs has moved the old one away. */
	rc = log_open(a->conf.debug_log_file, a->conf.debug_level);
	if (rc)
		log_error("reload-failed", "error=\"cannot write the log file %s: %s\"", a->conf.debug_log_file, strerror(-rc));
	log_notice("reloaded", "config=%s changed=%zu needs_restart=%zu", a->opt.config, json_object_array_length(r.taken),
		   json_object_array_length(r.waiting));
	json_object_object_add(o, "changed", r.taken);
	json_object_object_add(o, "needs_restart", r.waiting);
	a->d.notify(&a->d, "reloaded", o);
	if (a->role->reloaded)
		a->role->reloaded(&a->d);
}
