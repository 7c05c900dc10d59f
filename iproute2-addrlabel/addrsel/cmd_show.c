// SPDX-License-Identifier: GPL-2.0-or-later
/* show, export, check: the three places that hold the policy, and how they differ. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "core/addr.h"
#include "kern/nl.h"
#include "report.h"

/* All three places */
struct places {
	struct effective e; /* the policy */
	struct prefixes want; /* its part for the kernel */
	struct prefixes label, precedence; /* its part for glibc */
	struct prefixes kernel; /* as it is, in its order */
	struct gaiconf gai; /* as it is */
};

static void places_free(struct places *p)
{
	effective_free(&p->e);
	prefixes_free(&p->want);
	prefixes_free(&p->label);
	prefixes_free(&p->precedence);
	prefixes_free(&p->kernel);
	gaiconf_free(&p->gai);
}

static int places_load(const struct options *o, struct places *p)
{
	char *text = NULL;
	size_t len;
	int rc;

	*p = (struct places){ 0 };
	if (load_effective(o, o->file, &p->e) || gaiconf_load(o, &p->gai, &text, &len)) {
		places_free(p);
		return -1;
	}
	free(text);
	rc = labels_dump(&p->kernel, NULL);
	if (rc)
		complain("cannot read the kernel's labels: %s", kern_error());
	else
		rc = effective_labels(&p->e.policy, &p->want, NULL);
	if (!rc)
		rc = effective_gaiconf(&p->e.policy, NULL, &p->label, &p->precedence);
	if (rc)
		places_free(p);
	return rc ? -1 : 0;
}

const char *label_text(const struct policy *names, uint32_t label, char text[POLICY_NAME_MAX + 1])
{
	const char *name = policy_label_name(names, label);

	if (name)
		return name;
	snprintf(text, POLICY_NAME_MAX + 1, "%u", label);
	return text;
}

static const char *dev_text(unsigned int ifindex, char dev[IFNAMSIZ])
{
	if (!ifindex)
		return "";
	if (!if_indextoname(ifindex, dev))
		snprintf(dev, IFNAMSIZ, "(%u, gone)", ifindex % 100000);
	return dev;
}

/* ---- show ---- */

static const struct table_field show_fields[] = {
	{ "prefix", "PREFIX", NULL },
	{ "precedence", "PRECEDENCE", NULL },
	{ "label", "LABEL", NULL },
	{ "interface", "INTERFACE", NULL },
	{ "origin", "FROM", NULL },
	{ "in", "IN", NULL },
	{ 0 },
};

static struct json_object *new_row(const struct in6_addr *prefix, unsigned int len)
{
	struct json_object *row = json_object_new_object();
	char text[PREFIX_TEXT];

	add_string(row, "prefix", prefix_text(prefix, len, text));
	return row;
}

static void add_label(struct json_object *row, const struct policy *names, uint32_t label)
{
	const char *name = policy_label_name(names, label);

	if (name)
		add_string(row, "label", name);
	else
		add_int(row, "label", label);
	if (name)
		add_int(row, "label_number", label);
}

static struct json_object *policy_rows(const struct effective *e)
{
	static const char *const origins[] = {
		[FROM_FILE] = "file", [FROM_DHCP6] = "dhcp6", [FROM_ADDRESS] = "automatic", [FROM_DEFAULT] = "default"
	};
	struct json_object *rows = json_object_new_array();
	char text[64];

	for (const struct policy_row *r = e->policy.row; r && r < e->policy.row + e->policy.n; r++) {
		struct json_object *row = new_row(&r->prefix, r->len);

		add_int(row, "precedence", r->precedence);
		add_label(row, &e->policy, r->label);
		if (r->dev[0])
			add_string(row, "interface", r->dev);
		snprintf(text, sizeof(text), "%s%s%s", origins[r->origin], r->origin == FROM_DHCP6 ? " " : "",
			 r->origin == FROM_DHCP6 ? e->winner : "");
		add_string(row, "origin", text);
		json_object_array_add(rows, row);
	}
	return rows;
}

/* A key of gai.conf's lists in order of file; only the first of equal ones counts. */
static const struct prefix_value *find_key(const struct prefixes *list, const struct prefix_value *key)
{
	for (size_t i = 0; i < list->n; i++)
		if (!prefix_cmp(&list->v[i], key))
			return &list->v[i];
	return NULL;
}

static struct json_object *rows_in_force(const struct places *p)
{
	struct json_object *rows = json_object_new_array(), *row;
	const struct prefix_value *v, *gai;
	char dev[IFNAMSIZ];

	for (v = p->kernel.v; v && v < p->kernel.v + p->kernel.n; v++) {
		gai = v->ifindex ? NULL : find_key(&p->gai.label, v);
		row = new_row(&v->prefix, v->len);
		if (!v->ifindex && find_key(&p->gai.precedence, v))
			add_int(row, "precedence", find_key(&p->gai.precedence, v)->value);
		add_label(row, &p->e.policy, v->value);
		if (v->ifindex)
			add_string(row, "interface", dev_text(v->ifindex, dev));
		add_string(row, "in", gai && gai->value == v->value ? "both" : "kernel");
		json_object_array_add(rows, row);
	}
	for (gai = p->gai.label.v; gai && gai < p->gai.label.v + p->gai.label.n; gai++) {
		v = find_key(&p->kernel, gai);
		if (v && v->value == gai->value)
			continue;
		row = new_row(&gai->prefix, gai->len);
		if (find_key(&p->gai.precedence, gai))
			add_int(row, "precedence", find_key(&p->gai.precedence, gai)->value);
		add_label(row, &p->e.policy, gai->value);
		add_string(row, "in", p->gai.builtin_label ? "glibc" : "gai.conf");
		json_object_array_add(rows, row);
	}
	for (gai = p->gai.precedence.v; gai && gai < p->gai.precedence.v + p->gai.precedence.n; gai++) {
		if (find_key(&p->kernel, gai) || find_key(&p->gai.label, gai))
			continue;
		row = new_row(&gai->prefix, gai->len);
		add_int(row, "precedence", gai->value);
		add_string(row, "in", p->gai.builtin_precedence ? "glibc" : "gai.conf");
		json_object_array_add(rows, row);
	}
	return rows;
}

int cmd_show(struct options *o, int argc, char **argv)
{
	struct places p;

	if (argc == 1 && strcmp(argv[0], "policy")) {
		complain("show what? \"show\" is what is in force, \"show policy\" what should be");
		return 2;
	}
	if (places_load(o, &p))
		return 1;
	print_rows(o->json, show_fields, argc ? policy_rows(&p.e) : rows_in_force(&p), "no labels");
	places_free(&p);
	return finish(0);
}

/* ---- export ---- */

static void export_ip(const struct policy *p)
{
	char text[PREFIX_TEXT];

	for (const struct policy_row *r = p->row; r && r < p->row + p->n; r++)
		if (!row_is_libc_only(r))
			printf("addrlabel add prefix %s%s%s label %u\n", prefix_text(&r->prefix, r->len, text),
			       r->dev[0] ? " dev " : "", r->dev, r->label);
}

/* What glibc finds for all of this prefix that no longer one takes away */
static uint32_t value_for(const struct prefixes *p, const struct prefix_value *key, uint32_t otherwise)
{
	for (const struct prefix_value *v = p->v; v && v < p->v + p->n; v++)
		if (v->len <= key->len && addr_in_prefix(&key->prefix, &v->prefix, v->len))
			return v->value;
	return otherwise;
}

/* What is in force as a policy: the kernel's labels with gai.conf's precedences, and what only gai.conf has. */
static int export_force(const struct places *p)
{
	struct policy out = { 0 };

	for (const struct prefix_value *v = p->kernel.v; v && v < p->kernel.v + p->kernel.n; v++) {
		struct policy_row row = { .prefix = v->prefix,
					  .len = v->len,
					  .label = v->value,
					  .precedence = value_for(&p->gai.precedence, v, 40) };
		const char *name = policy_label_name(&p->e.policy, v->value);

		if (v->value > POLICY_VALUE_MAX) {
			complain("a label larger than %u cannot be in a policy", POLICY_VALUE_MAX);
			continue;
		}
		snprintf(row.name, sizeof(row.name), "%s", name ? name : "");
		if (v->ifindex && !if_indextoname(v->ifindex, row.dev))
			continue;
		policy_add(&out, &row, NULL);
	}
	for (const struct prefix_value *v = p->gai.precedence.v; v && v < p->gai.precedence.v + p->gai.precedence.n;
	     v++) {
		struct policy_row row = { .prefix = v->prefix,
					  .len = v->len,
					  .precedence = v->value,
					  .label = value_for(&p->gai.label, v, 1) };

		policy_add(&out, &row, NULL);
	}
	policy_sort(&out);
	policy_print(&out, stdout);
	policy_free(&out);
	return 0;
}

int cmd_export(struct options *o, int argc, char **argv)
{
	const char *what = argc ? argv[0] : "policy";
	struct places p;
	size_t len;
	char *text;
	int rc = 0;

	if (places_load(o, &p))
		return 1;
	if (!strcmp(what, "policy")) {
		policy_print(&p.e.policy, stdout);
	} else if (!strcmp(what, "ip")) {
		export_ip(&p.e.policy);
	} else if (!strcmp(what, "in-force")) {
		rc = export_force(&p);
	} else if (!strcmp(what, "gai")) {
		text = gaiconf_text(&p.label, &p.precedence, o->file, &len);
		fputs(text ? text : "", stdout);
		free(text);
	} else {
		complain("export what? \"policy\", \"in-force\", \"gai\" or \"ip\"");
		rc = 2;
	}
	places_free(&p);
	return finish(rc);
}

/* ---- check ---- */

static const struct table_field check_fields[] = {
	{ "where", "WHERE", NULL },
	{ "prefix", "PREFIX", NULL },
	{ "interface", "INTERFACE", NULL },
	{ "difference", "DIFFERENCE", NULL },
	{ 0 },
};

static void differ(struct json_object *rows, const char *where, const struct prefix_value *v, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
static void differ(struct json_object *rows, const char *where, const struct prefix_value *v, const char *fmt, ...)
{
	struct json_object *row = json_object_new_object();
	char text[200], dev[IFNAMSIZ];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	add_string(row, "where", where);
	if (v)
		add_string(row, "prefix", prefix_text(&v->prefix, v->len, (char[PREFIX_TEXT]){ 0 }));
	if (v && v->ifindex)
		add_string(row, "interface", dev_text(v->ifindex, dev));
	add_string(row, "difference", text);
	json_object_array_add(rows, row);
}

/* have against want; both in any order, have maybe with duplicates */
static void compare(struct json_object *rows, const char *where, const char *what, const struct policy *names,
		    const struct prefixes *have, const struct prefixes *want)
{
	struct prefixes sorted = { 0 };
	char text[2][POLICY_NAME_MAX + 1];

	for (size_t i = 0; i < have->n; i++)
		prefixes_add(&sorted, &have->v[i].prefix, have->v[i].len, have->v[i].ifindex, have->v[i].value);
	prefixes_sort(&sorted);
	for (size_t i = 0; i < want->n; i++) {
		const struct prefix_value *w = &want->v[i], *h = prefixes_find(&sorted, w);

		/* the first of duplicates is the one that counts */
		while (h && h > sorted.v && !prefix_cmp(h - 1, w))
			h--;
		if (!h)
			differ(rows, where, w, "%s %s is missing", what, label_text(names, w->value, text[0]));
		else if (h->value != w->value)
			differ(rows, where, w, "%s %s instead of %s", what, label_text(names, h->value, text[0]),
			       label_text(names, w->value, text[1]));
	}
	for (size_t i = 0; i < sorted.n; i++) {
		const struct prefix_value *h = &sorted.v[i];

		if (i && !prefix_cmp(h - 1, h))
			differ(rows, where, h, "there twice; %s %s is not used", what,
			       label_text(names, h->value, text[0]));
		else if (!prefixes_find(want, h))
			differ(rows, where, h, "%s %s is not in the policy", what,
			       label_text(names, h->value, text[0]));
	}
	prefixes_free(&sorted);
}

int cmd_check(struct options *o, int argc, char **argv)
{
	static const struct policy no_names;
	struct json_object *rows;
	const char *gai;
	struct places p;
	int fd, n;

	(void)argc;
	(void)argv;
	if (places_load(o, &p))
		return 2;
	rows = json_object_new_array();
	compare(rows, "kernel", "label", &p.e.policy, &p.kernel, &p.want);
	gai = p.gai.owner == GAICONF_ABSENT ? "no gai.conf" : "gai.conf";
	if (p.gai.owner == GAICONF_EDITED)
		differ(rows, gai, NULL, "was edited since addrselctl wrote it");
	if (p.gai.owner == GAICONF_FOREIGN)
		differ(rows, gai, NULL, "was not written by addrselctl");
	if (!p.gai.reload)
		differ(rows, gai, NULL, "no \"reload yes\": programs that run do not notice changes");
	compare(rows, p.gai.builtin_label ? "glibc" : gai, "label", &p.e.policy, &p.gai.label, &p.label);
	compare(rows, p.gai.builtin_precedence ? "glibc" : gai, "precedence", &no_names, &p.gai.precedence,
		&p.precedence);
	n = (int)json_object_array_length(rows);
	print_rows(o->json, check_fields, rows, "kernel, gai.conf and policy agree");
	fd = labels_watch();
	if (!o->json && fd == -EOPNOTSUPP)
		puts("this kernel does not notify of label changes, and replaces labels one by one only");
	if (fd >= 0)
		close(fd);
	places_free(&p);
	return finish(n ? 1 : 0);
}
