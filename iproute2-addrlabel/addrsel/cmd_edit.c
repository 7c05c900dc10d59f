// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The commands that change the policy's file and apply it: add, replace, delete, flush, install, defaults; and apply. The
 * new file is in place only after kernel and gai.conf have taken it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "newfile.h"
#include "report.h"

int take_lock(const struct options *o)
{
	int fd = state_lock(o->state_dir);

	if (fd < 0)
		complain("cannot lock %s: %s", o->state_dir, strerror(-fd));
	return fd < 0 ? -1 : 0;
}

int load_effective(const struct options *o, const char *file, struct effective *e)
{
	int rc = effective_load(file, o->state_dir, e, stderr);

	if (rc < -1)
		complain("%s", strerror(-rc));
	return rc ? -1 : 0;
}

/* Applies the policy in file, and says what was done. 0 or 1. */
static int apply_file(const struct options *o, const char *file)
{
	struct effective e;
	struct applied a;
	int rc = load_effective(o, file, &e);

	if (rc)
		return 1;
	follow_dhcp6(o, &e);
	rc = apply_policy(o, &e, &a);
	if (!rc)
		applied_print(o, &e, &a);
	applied_free(&a);
	effective_free(&e);
	return rc ? 1 : 0;
}

int cmd_apply(struct options *o, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return take_lock(o) ? 1 : apply_file(o, o->file);
}

/* Makes text the policy's file. name: what errors in it are said of. Exit status. */
static int install_text(const struct options *o, const char *name, const char *text, size_t len)
{
	struct newfile f;
	struct policy p;
	int rc;

	if (policy_parse(name, text, len, &p, stderr))
		return 1;
	policy_free(&p);
	rc = newfile_prepare(&f, o->file, text, len, 0644);
	if (rc) {
		complain("cannot write %s: %s", o->file, strerror(-rc));
		return 1;
	}
	if (!o->edit_only && apply_file(o, f.tmp)) {
		newfile_abort(&f);
		return 1;
	}
	rc = newfile_commit(&f);
	if (rc) {
		complain("cannot replace %s: %s", o->file, strerror(-rc));
		newfile_abort(&f);
		return 1;
	}
	newfile_settle(&f);
	return 0;
}

/* The file as it is; a new one begins as the default table, so that a first "add" adds to what is in effect. */
static int read_policy(const struct options *o, struct policy *p, char **text, size_t *len)
{
	FILE *out;
	int rc = file_read(o->file, POLICY_FILE_MAX, text, len);

	*p = (struct policy){ 0 };
	if (rc && rc != -ENOENT) {
		complain("cannot read %s: %s", o->file, strerror(-rc));
		return -1;
	}
	if (!rc && policy_parse(o->file, *text, *len, p, stderr)) {
		free(*text);
		return -1;
	}
	if (p->n)
		return 0;
	out = open_memstream(text, len);
	if (!out || policy_add_default(p, DEFAULT_RFC6724)) {
		complain("%s", strerror(ENOMEM));
		return -1;
	}
	policy_print(p, out);
	fclose(out);
	for (size_t i = 0; i < p->n; i++)
		p->row[i].line = (unsigned int)i + 2 + p->automatic + (p->dhcp6 != DHCP6_IGNORE);
	return 0;
}

static void print_row(FILE *out, const struct policy_row *r)
{
	char text[PREFIX_TEXT];

	fprintf(out, "%-30s %10u ", prefix_text(&r->prefix, r->len, text), r->precedence);
	if (r->name[0])
		fprintf(out, "%15s", r->name);
	else
		fprintf(out, "%15u", r->label);
	fprintf(out, "%s%s\n", r->dev[0] ? " " : "", r->dev);
}

/* Writes text to out, without line number `cut` (0: whole), with row in its place or at the end (NULL: nothing). */
static void splice(FILE *out, const char *text, size_t len, unsigned int cut, const struct policy_row *row)
{
	const char *end = text + len;
	unsigned int line = 0;

	while (text < end) {
		const char *eol = memchr(text, '\n', (size_t)(end - text));
		size_t n = (size_t)((eol ? eol + 1 : end) - text);

		if (++line != cut)
			fwrite(text, 1, n, out);
		else if (row)
			print_row(out, row);
		if (!eol && line != cut)
			fputc('\n', out);
		text += n;
	}
	if (!cut && row)
		print_row(out, row);
}

/* argv: PREFIX [PRECEDENCE LABEL] [[dev] INTERFACE] into a row, by the reader of the file. Exit status. */
static int read_args(int argc, char **argv, bool key_only, struct policy_row *row)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	struct policy p;
	int rc;

	if (!out)
		return 1;
	fputs(argc ? argv[0] : "", out);
	if (key_only)
		fputs(" 0 0", out);
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "dev") || i != argc - 2)
			fprintf(out, " %s", argv[i]);
	fclose(out);
	rc = policy_parse("row", text, len, &p, stderr) ? 2 : 0;
	/* nothing else can be in it than what a row is: no comment, no second line, no statement */
	if (!rc && (p.n != 1 || strpbrk(text, "#\n"))) {
		complain("this is not a row: prefix, precedence, label, and maybe an interface");
		rc = 2;
	} else if (!rc) {
		*row = p.row[0];
	}
	policy_free(&p);
	free(text);
	return rc;
}

enum edit { EDIT_ADD, EDIT_REPLACE, EDIT_DELETE };

static int edit(struct options *o, int argc, char **argv, enum edit how)
{
	struct policy_row row, *there;
	char *old = NULL, *new = NULL, prefix[PREFIX_TEXT];
	size_t old_len, new_len;
	struct policy p;
	FILE *out;
	int rc = read_args(argc, argv, how == EDIT_DELETE, &row);

	if (rc)
		return rc;
	if (take_lock(o) || read_policy(o, &p, &old, &old_len))
		return 1;
	there = policy_find(&p, &row.prefix, row.len, row.dev);
	if ((how == EDIT_ADD && there) || (how == EDIT_DELETE && !there)) {
		complain("%s%s%s is %s the policy", prefix_text(&row.prefix, row.len, prefix), row.dev[0] ? " of " : "",
			 row.dev, there ? "already in" : "not in");
		rc = 1;
	}
	out = rc ? NULL : open_memstream(&new, &new_len);
	if (out) {
		splice(out, old, old_len, there ? there->line : 0, how == EDIT_DELETE ? NULL : &row);
		fclose(out);
		rc = install_text(o, o->file, new, new_len);
	}
	policy_free(&p);
	free(old);
	free(new);
	return rc;
}

int cmd_add(struct options *o, int argc, char **argv)
{
	return edit(o, argc, argv, EDIT_ADD);
}

int cmd_replace(struct options *o, int argc, char **argv)
{
	return edit(o, argc, argv, EDIT_REPLACE);
}

int cmd_delete(struct options *o, int argc, char **argv)
{
	return edit(o, argc, argv, EDIT_DELETE);
}

/* The statements stay, the rows become those of rows. */
static int install_rows(struct options *o, const struct policy *rows)
{
	struct policy p, out_policy;
	char *old, *text = NULL;
	size_t len;
	FILE *out;
	int rc;

	if (take_lock(o) || read_policy(o, &p, &old, &len))
		return 1;
	free(old);
	out_policy = p;
	out_policy.row = rows->row;
	out_policy.n = rows->n;
	out = open_memstream(&text, &len);
	if (!out)
		return 1;
	policy_print(&out_policy, out);
	fclose(out);
	rc = install_text(o, o->file, text, len);
	policy_free(&p);
	free(text);
	return rc;
}

int cmd_flush(struct options *o, int argc, char **argv)
{
	struct policy p = { 0 };
	int rc;

	(void)argc;
	(void)argv;
	/* this row alone decides nothing, and glibc would have it anyway */
	policy_complete(&p);
	rc = install_rows(o, &p);
	policy_free(&p);
	return rc;
}

int cmd_defaults(struct options *o, int argc, char **argv)
{
	bool old = argc == 1 && !strcmp(argv[0], "linux");
	struct policy p = { 0 };
	int rc;

	if (argc == 1 && !old && strcmp(argv[0], "rfc6724")) {
		complain("the default tables are \"rfc6724\" and \"linux\"");
		return 2;
	}
	rc = policy_add_default(&p, old ? DEFAULT_LINUX : DEFAULT_RFC6724) ? 1 : install_rows(o, &p);
	policy_free(&p);
	return rc;
}

int cmd_install(struct options *o, int argc, char **argv)
{
	bool in = !strcmp(argv[0], "-");
	size_t len;
	char *text;
	int rc;

	(void)argc;
	if (take_lock(o))
		return 1;
	rc = file_read(in ? "/dev/stdin" : argv[0], POLICY_FILE_MAX, &text, &len);
	if (rc) {
		complain("cannot read %s: %s", argv[0], strerror(-rc));
		return 1;
	}
	rc = install_text(o, in ? "standard input" : argv[0], text, len);
	free(text);
	return rc;
}
