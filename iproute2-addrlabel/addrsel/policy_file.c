// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The policy's file: a row a line, as ip6addrctl and ipaddrsel have it, and two statements of our own. See
 * addrsel.conf(5).
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "newfile.h"
#include "policy.h"

#define WORDS_MAX  (POLICY_DEVS_MAX + 3)
#define WORD_MAX   64
#define ERRORS_MAX 20

struct word {
	char text[WORD_MAX];
	unsigned int column;
};

struct parser {
	const char *name;
	FILE *err;
	unsigned int line, errors;
	bool has_automatic, has_dhcp6;
	struct word word[WORDS_MAX];
	size_t n;
	struct policy *policy;
};

static void error(struct parser *p, unsigned int line, unsigned int column, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
static void error(struct parser *p, unsigned int line, unsigned int column, const char *fmt, ...)
{
	va_list ap;

	if (p->errors++ >= ERRORS_MAX)
		return;
	fprintf(p->err, "%s:%u:%u: error: ", p->name, line, column);
	va_start(ap, fmt);
	vfprintf(p->err, fmt, ap);
	va_end(ap);
	fputc('\n', p->err);
}

/* Cuts a line into words. false after saying what is wrong. */
static bool split(struct parser *p, const char *s, size_t len)
{
	size_t i = 0;

	p->n = 0;
	while (i < len && s[i] != '#') {
		size_t start;

		if (s[i] == ' ' || s[i] == '\t' || s[i] == '\r') {
			i++;
			continue;
		}
		start = i;
		while (i < len && !strchr(" \t\r#", s[i]) && s[i] > ' ' && s[i] < 0x7f)
			i++;
		if (i < len && !strchr(" \t\r#", s[i])) {
			error(p, p->line, (unsigned int)i + 1, "a character that does not belong here (0x%02x)",
			      (uint8_t)s[i]);
			return false;
		}
		if (i < len && !s[i]) {
			error(p, p->line, (unsigned int)i + 1, "a zero byte");
			return false;
		}
		if (i - start >= WORD_MAX) {
			error(p, p->line, (unsigned int)start + 1, "the word is too long");
			return false;
		}
		if (p->n == WORDS_MAX) {
			error(p, p->line, (unsigned int)start + 1, "too many words");
			return false;
		}
		memcpy(p->word[p->n].text, s + start, i - start);
		p->word[p->n].text[i - start] = 0;
		p->word[p->n++].column = (unsigned int)start + 1;
	}
	return true;
}

static bool read_dev(struct parser *p, const struct word *w, char dev[IFNAMSIZ])
{
	size_t len = strlen(w->text);

	if (len >= IFNAMSIZ || strpbrk(w->text, "/:%") || !strcmp(w->text, ".") || !strcmp(w->text, "..")) {
		error(p, p->line, w->column, "\"%s\" cannot be an interface's name", w->text);
		return false;
	}
	memcpy(dev, w->text, len + 1);
	return true;
}

static void read_automatic(struct parser *p)
{
	const struct word *w = &p->word[1];

	if (p->has_automatic)
		error(p, p->line, p->word[0].column, "\"automatic-rows\" a second time");
	p->has_automatic = true;
	if (p->n != 2 || (strcmp(w->text, "yes") && strcmp(w->text, "no")))
		error(p, p->line, p->n > 1 ? w->column : p->word[0].column,
		      "\"automatic-rows\" wants \"yes\" or \"no\"");
	else
		p->policy->automatic = !strcmp(w->text, "yes");
}

static const char *const modes[] = { [DHCP6_IGNORE] = "ignore", [DHCP6_ADD] = "add", [DHCP6_REPLACE] = "replace" };

static void read_dhcp6(struct parser *p)
{
	struct policy *policy = p->policy;
	const struct word *w = &p->word[1];
	unsigned int mode = 0;

	if (p->has_dhcp6)
		error(p, p->line, p->word[0].column, "\"dhcp6\" a second time");
	p->has_dhcp6 = true;
	while (p->n > 1 && mode < 3 && strcmp(w->text, modes[mode]))
		mode++;
	if (p->n == 1 || mode == 3) {
		error(p, p->line, p->n > 1 ? w->column : p->word[0].column,
		      "\"dhcp6\" wants \"ignore\", \"add\" or \"replace\"");
		return;
	}
	policy->dhcp6 = (enum policy_dhcp6)mode;
	policy->n_dhcp6_dev = 0;
	if (mode == DHCP6_IGNORE && p->n > 2)
		error(p, p->line, p->word[2].column, "\"dhcp6 ignore\" has no interfaces");
	for (size_t i = 2; i < p->n; i++) {
		char dev[IFNAMSIZ];

		if (i - 2 == POLICY_DEVS_MAX) {
			error(p, p->line, p->word[i].column, "more than %d interfaces", POLICY_DEVS_MAX);
			return;
		}
		if (!read_dev(p, &p->word[i], dev))
			return;
		for (size_t j = 0; j < policy->n_dhcp6_dev; j++)
			if (!strcmp(policy->dhcp6_dev[j], dev)) {
				error(p, p->line, p->word[i].column, "\"%s\" a second time", dev);
				return;
			}
		strcpy(policy->dhcp6_dev[policy->n_dhcp6_dev++], dev);
	}
}

static void read_row(struct parser *p)
{
	struct policy_row row = { .origin = FROM_FILE, .line = p->line };
	const struct word *w = p->word;
	const char *why = policy_read_prefix(w[0].text, &row);
	unsigned long precedence;
	int rc;

	if (why) {
		error(p, p->line, w[0].column, "%s", why);
		return;
	}
	if (p->n < 3) {
		error(p, p->line, w[p->n - 1].column, "a row is: prefix, precedence, label, and maybe an interface");
		return;
	}
	errno = 0;
	precedence = strtoul(w[1].text, NULL, 10);
	if (w[1].text[strspn(w[1].text, "0123456789")] || errno || precedence > POLICY_VALUE_MAX) {
		error(p, p->line, w[1].column, "a precedence is a number from 0 to %u, not \"%s\"", POLICY_VALUE_MAX,
		      w[1].text);
		return;
	}
	row.precedence = (uint32_t)precedence;
	why = policy_read_label(w[2].text, &row);
	if (why) {
		error(p, p->line, w[2].column, "%s", why);
		return;
	}
	if (p->n > 3 && !read_dev(p, &w[3], row.dev))
		return;
	if (p->n > 4) {
		error(p, p->line, w[4].column, "unexpected \"%s\" behind the row", w[4].text);
		return;
	}
	rc = policy_append(p->policy, &row);
	if (rc == -ENOSPC)
		error(p, p->line, w[0].column, "more than %u rows", POLICY_ROWS_MAX);
	else if (rc)
		error(p, p->line, w[0].column, "%s", strerror(-rc));
}

static int by_key(const void *va, const void *vb)
{
	const struct policy_row *a = *(const struct policy_row *const *)va, *b = *(const struct policy_row *const *)vb;
	int c = a->len - b->len;

	c = c ? c : memcmp(&a->prefix, &b->prefix, sizeof(a->prefix));
	c = c ? c : strcmp(a->dev, b->dev);
	return c ? c : (a->line > b->line) - (a->line < b->line);
}

/* Rows that are there twice: sorted once, since a policy may have tens of thousands of rows. */
static void find_twice(struct parser *p)
{
	struct policy *policy = p->policy;
	const struct policy_row **sorted;
	char text[PREFIX_TEXT];

	if (policy->n < 2)
		return;
	sorted = malloc(policy->n * sizeof(*sorted));
	if (!sorted) {
		error(p, p->line, 1, "%s", strerror(ENOMEM));
		return;
	}
	for (size_t i = 0; i < policy->n; i++)
		sorted[i] = &policy->row[i];
	qsort(sorted, policy->n, sizeof(*sorted), by_key);
	for (size_t i = 1; i < policy->n; i++) {
		const struct policy_row *a = sorted[i - 1], *b = sorted[i];

		if (a->len == b->len && IN6_ARE_ADDR_EQUAL(&a->prefix, &b->prefix) && !strcmp(a->dev, b->dev))
			error(p, b->line, 1, "%s a second time: it is in line %u",
			      prefix_text(&b->prefix, b->len, text), a->line);
	}
	free(sorted);
}

static void find_clash(struct parser *p)
{
	const struct policy_row *other, *row = policy_label_clash(p->policy, &other);

	if (row)
		error(p, row->line, 1,
		      "the label \"%s\" has the number %u, as that of line %u (\"%s\") has: choose another",
		      row->name[0] ? row->name : "(number)", row->label, other->line,
		      other->name[0] ? other->name : "(number)");
}

int policy_parse(const char *name, const char *text, size_t len, struct policy *policy, FILE *err)
{
	struct parser p = { .name = name, .err = err, .policy = policy };
	const char *end = text + len;

	*policy = (struct policy){ 0 };
	if (len > POLICY_FILE_MAX) {
		fprintf(err, "%s:1:1: error: the file is longer than %u bytes\n", name, POLICY_FILE_MAX);
		return -1;
	}
	while (text < end) {
		const char *eol = memchr(text, '\n', (size_t)(end - text));

		eol = eol ? eol : end;
		p.line++;
		if (split(&p, text, (size_t)(eol - text)) && p.n) {
			if (!strcmp(p.word[0].text, "automatic-rows"))
				read_automatic(&p);
			else if (!strcmp(p.word[0].text, "dhcp6"))
				read_dhcp6(&p);
			else
				read_row(&p);
		}
		text = eol + 1;
	}
	find_twice(&p);
	if (!p.errors)
		find_clash(&p);
	if (!p.errors)
		return 0;
	if (p.errors > ERRORS_MAX)
		fprintf(err, "%s:%u:1: error: %u errors in all; these are the first %d\n", name, p.line, p.errors,
			ERRORS_MAX);
	policy_free(policy);
	return -1;
}

int policy_load(const char *path, struct policy *policy, FILE *err)
{
	char *text;
	size_t len;
	int rc = file_read(path, POLICY_FILE_MAX, &text, &len);

	*policy = (struct policy){ 0 };
	if (rc == -ENOENT)
		return rc;
	if (rc) {
		fprintf(err, "%s: error: cannot read the policy: %s\n", path, strerror(-rc));
		return -1;
	}
	rc = policy_parse(path, text, len, policy, err);
	free(text);
	return rc;
}

void policy_print(const struct policy *p, FILE *out)
{
	char text[PREFIX_TEXT], label[POLICY_NAME_MAX + 1];

	if (p->automatic)
		fputs("automatic-rows yes\n", out);
	if (p->dhcp6 != DHCP6_IGNORE) {
		fprintf(out, "dhcp6 %s", modes[p->dhcp6]);
		for (size_t i = 0; i < p->n_dhcp6_dev; i++)
			fprintf(out, " %s", p->dhcp6_dev[i]);
		fputc('\n', out);
	}
	fprintf(out, "%-30s %10s %15s\n", "# prefix", "precedence", "label");
	for (const struct policy_row *r = p->row; r && r < p->row + p->n; r++) {
		if (r->name[0])
			snprintf(label, sizeof(label), "%s", r->name);
		else
			snprintf(label, sizeof(label), "%u", r->label);
		fprintf(out, "%-30s %10u %15s%s%s\n", prefix_text(&r->prefix, r->len, text), r->precedence, label,
			r->dev[0] ? " " : "", r->dev);
	}
}
