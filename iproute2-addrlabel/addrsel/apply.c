// SPDX-License-Identifier: GPL-2.0-or-later
/* The policy to kernel and gai.conf; see apply.h. */
#include "apply.h"

#include <errno.h>
#include <json-c/json.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "kern/nl.h"
#include "newfile.h"
#include "report.h"

#define GAICONF_MAX (32u << 20)

int gaiconf_load(const struct options *o, struct gaiconf *g, char **text, size_t *len)
{
	int rc = file_read(o->gaiconf, GAICONF_MAX, text, len);

	if (rc == -ENOENT)
		rc = 0;
	if (!rc)
		rc = gaiconf_parse(*text, *len, g);
	if (rc) {
		complain("cannot read %s: %s", o->gaiconf, strerror(-rc));
		free(*text);
		*text = NULL;
	}
	return rc ? -1 : 0;
}

/* May we replace this file? */
static bool may_write(const struct options *o, const struct gaiconf *g)
{
	if (o->adopt || g->owner == GAICONF_OURS || g->owner == GAICONF_ABSENT)
		return true;
	complain(
		"%s %s; nothing was changed. \"--adopt\" keeps a copy and takes it over, \"--kernel-only\" leaves it alone",
		o->gaiconf,
		g->owner == GAICONF_EDITED ? "was edited since addrselctl wrote it" : "was not written by addrselctl");
	return false;
}

struct commit {
	struct newfile file;
	struct applied *applied;
	bool write;
	int rc; /* of the rename */
};

/*
 * A busy processor would give its time to others just between the kernel's change and the rename: with readers that never
 * rest, on one processor, 13 ms in the median instead of 1. Who may not do this has the longer window, and it is measured.
 */
static void hurry(bool on)
{
	static struct sched_param old;
	static int old_policy = -1;
	struct sched_param p = { .sched_priority = 1 };

	if (on && !sched_getparam(0, &old)) {
		old_policy = sched_getscheduler(0);
		if (sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &p))
			old_policy = -1;
	} else if (!on && old_policy >= 0) {
		sched_setscheduler(0, old_policy, &old);
		old_policy = -1;
	}
}

static int rename_now(void *arg)
{
	struct commit *c = arg;

	c->rc = c->write ? newfile_commit(&c->file) : 0;
	if (c->write && !c->rc)
		c->applied->renamed = clock_now();
	hurry(false);
	return c->rc;
}

/* Everything that takes time is done before the kernel is touched: between its answer and the new file is one rename. */
static int prepare(const struct options *o, const struct effective *e, const struct prefixes *labels, struct commit *c,
		   struct applied *a)
{
	struct prefixes label, precedence;
	size_t old_len, new_len = 0;
	char *old, *text = NULL;
	struct gaiconf g;
	int rc;

	if (o->kernel_only)
		return 0;
	if (gaiconf_load(o, &g, &old, &old_len))
		return -1;
	rc = may_write(o, &g) ? effective_gaiconf(&e->policy, labels, &label, &precedence) : -1;
	if (!rc) {
		text = gaiconf_text(&label, &precedence, e->no_file ? "the default" : o->file, &new_len);
		prefixes_free(&label);
		prefixes_free(&precedence);
		c->write = !old || old_len != new_len || !text || memcmp(old, text, new_len);
		if (c->write)
			rc = text ? newfile_prepare(&c->file, o->gaiconf, text, new_len, 0644) : -ENOMEM;
		if (!rc && c->write && (g.owner == GAICONF_EDITED || g.owner == GAICONF_FOREIGN)) {
			rc = newfile_keep_old(&c->file, &a->saved);
			if (rc)
				newfile_abort(&c->file);
			else if (!g.builtin_scopev4)
				complain("%s had scopev4 lines; a policy has none, and glibc uses its own again",
					 o->gaiconf);
		}
		if (rc)
			complain("cannot write %s: %s", o->gaiconf, strerror(-rc));
	}
	gaiconf_free(&g);
	free(old);
	free(text);
	return rc ? -1 : 0;
}

/* After the rename, or instead of it */
static void conclude(const struct options *o, struct commit *c)
{
	int rc = 0;

	c->applied->gaiconf_changed = c->applied->renamed > 0;
	if (c->write && !c->applied->renamed)
		newfile_abort(&c->file);
	else if (c->write)
		rc = newfile_settle(&c->file);
	if (rc)
		complain("%s is new, but a crash may bring the old one back: %s", o->gaiconf, strerror(-rc));
	if (c->rc)
		complain("cannot replace %s: %s", o->gaiconf,
			 c->rc == -EBUSY ? "something is mounted on it" : strerror(-c->rc));
	if (c->applied->saved && !c->applied->renamed)
		remove(c->applied->saved);
}

int apply_gaiconf(const struct options *o, const struct effective *e, const struct prefixes *labels, struct applied *a)
{
	struct commit c = { .applied = a };
	int rc;

	*a = (struct applied){ 0 };
	rc = prepare(o, e, labels, &c, a);
	if (rc)
		return rc;
	rc = rename_now(&c);
	conclude(o, &c);
	return rc ? -1 : 0;
}

int apply_labels(const struct options *o, const struct effective *e, const struct prefixes *labels, struct applied *a)
{
	struct commit c = { .applied = a };
	int rc = prepare(o, e, labels, &c, a);

	if (rc)
		return rc;
	hurry(true);
	rc = labels_replace(labels, &a->kernel, rename_now, &c);
	hurry(false);
	a->kernel_changed = !rc && a->kernel.to > a->kernel.from;
	conclude(o, &c);
	if (c.rc)
		complain("the kernel has its old labels again");
	else if (rc)
		complain("%s", *kern_error() ? kern_error() : strerror(-rc));
	return rc ? -1 : 0;
}

int apply_policy(const struct options *o, const struct effective *e, struct applied *a)
{
	struct prefixes labels;
	int rc;

	*a = (struct applied){ 0 };
	if (effective_labels(&e->policy, &labels, &a->absent)) {
		complain("%s", strerror(ENOMEM));
		return -1;
	}
	rc = apply_labels(o, e, &labels, a);
	prefixes_free(&labels);
	return rc;
}

void applied_free(struct applied *a)
{
	free(a->saved);
	*a = (struct applied){ 0 };
}

/* ---- saying it ---- */

static const char *plural(size_t n, const char *word)
{
	static char text[2][16];
	static int turn;
	char *t = text[turn++ % 2];

	snprintf(t, sizeof(text[0]), "%s%s", word, n == 1 ? "" : "s");
	return t;
}

static size_t count_rows(const struct policy *p, bool libc_only)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++)
		n += libc_only ? row_is_libc_only(&p->row[i]) : p->row[i].dev[0] != 0;
	return n;
}

static struct json_object *as_json(const struct options *o, const struct effective *e, const struct applied *a)
{
	struct json_object *out = json_object_new_object();

	add_int(out, "rows", (long long)e->policy.n);
	add_string(out, "kernel",
		   !a->kernel_changed ? "unchanged" :
		   a->kernel.atomic   ? "replaced in one request" :
					"changed step by step");
	if (!a->kernel.atomic) {
		add_int(out, "requests", (long long)a->kernel.requests);
		add_int(out, "gaps", (long long)a->kernel.gaps);
	}
	add_string(out, "gai_conf", o->kernel_only ? "left alone" : a->gaiconf_changed ? "replaced" : "unchanged");
	if (a->kernel_changed)
		add_double(out, "kernel_us", (a->kernel.to - a->kernel.from) * 1e6, 1);
	if (a->kernel_changed && a->gaiconf_changed) {
		add_double(out, "window_us", (a->renamed - a->kernel.to) * 1e6, 1);
		/* CLOCK_MONOTONIC: so that others can say what they saw before, in and after it */
		add_double(out, "from_s", a->kernel.from, 9);
		add_double(out, "to_s", a->renamed, 9);
	}
	if (a->saved)
		add_string(out, "saved_as", a->saved);
	return out;
}

void applied_print(const struct options *o, const struct effective *e, const struct applied *a)
{
	size_t rows = e->policy.n, dev = count_rows(&e->policy, false), libc = count_rows(&e->policy, true);

	if (o->json) {
		print_json(as_json(o, e, a));
		return;
	}
	if (!a->kernel_changed && !a->gaiconf_changed)
		printf("%zu %s, in place already\n", rows, plural(rows, "row"));
	else if (!a->kernel_changed)
		printf("%zu %s; the kernel's labels were right, %s was replaced\n", rows, plural(rows, "row"),
		       o->gaiconf);
	else if (a->kernel.atomic)
		printf("%zu %s; the kernel took its labels in one request (%.1f us)", rows, plural(rows, "row"),
		       (a->kernel.to - a->kernel.from) * 1e6);
	else
		printf("%zu %s; the kernel took its labels in %zu %s (%.1f us; it cannot replace a table as a whole)",
		       rows, plural(rows, "row"), a->kernel.requests, plural(a->kernel.requests, "request"),
		       (a->kernel.to - a->kernel.from) * 1e6);
	if (a->kernel_changed && a->gaiconf_changed)
		printf(", and %.1f us later %s was new\n", (a->renamed - a->kernel.to) * 1e6, o->gaiconf);
	else if (a->kernel_changed)
		printf("; %s was %s\n", o->gaiconf, o->kernel_only ? "left alone" : "right");
	if (a->saved)
		printf("the old %s is kept as %s\n", o->gaiconf, a->saved);
	if (e->implied_any)
		puts("the policy has no ::/0: kernel and glibc got one, precedence 40, label 1");
	if (dev)
		printf("in the kernel only, for glibc knows no interfaces: %zu %s\n", dev, plural(dev, "row"));
	if (a->absent)
		printf("nowhere, for their interface does not exist now (\"addrselctl watch\" adds them when it comes): %u %s\n",
		       a->absent, plural(a->absent, "row"));
	if (libc)
		printf("in gai.conf only, for the kernel takes no prefix of IPv4 longer than ::ffff:0:0/96: %zu %s\n",
		       libc, plural(libc, "row"));
	if (a->kernel.gaps)
		printf("%zu %s neither old nor new for a moment\n", a->kernel.gaps,
		       a->kernel.gaps == 1 ? "label was" : "labels were");
}
