// SPDX-License-Identifier: GPL-2.0-or-later
/* gai.conf: reader and writer; see gaiconf.h. */
#include "gaiconf.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define MARK "# Written by addrselctl(8), checksum "

struct builtin {
	const char *prefix;
	unsigned int len;
	uint32_t value;
};

/* glibc's tables (sysdeps/posix/getaddrinfo.c), which are RFC 3484's */
static const struct builtin labels[] = {
	{ "::1", 128, 0 },   { "2002::", 16, 2 }, { "::", 96, 3 },     { "::ffff:0:0", 96, 4 },
	{ "fec0::", 10, 5 }, { "fc00::", 7, 6 },  { "2001::", 32, 7 }, { "::", 0, 1 },
};
static const struct builtin precedences[] = {
	{ "::1", 128, 50 }, { "2002::", 16, 30 }, { "::", 96, 20 }, { "::ffff:0:0", 96, 10 }, { "::", 0, 40 },
};
static const struct builtin scopes[] = {
	{ "::ffff:169.254.0.0", 112, 2 },
	{ "::ffff:127.0.0.0", 104, 2 },
	{ "::ffff:0.0.0.0", 96, 14 },
};
#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static int add_builtin(struct prefixes *p, const struct builtin *b, size_t n)
{
	struct in6_addr a;
	int rc = 0;

	for (; !rc && n; b++, n--) {
		inet_pton(AF_INET6, b->prefix, &a);
		rc = prefixes_add(p, &a, b->len, 0, b->value);
	}
	prefixes_sort(p);
	return rc;
}

/* FNV-1a, 64 bits: notices an edit, and is no protection against one that wants not to be noticed. */
static uint64_t checksum(const char *text, size_t len)
{
	uint64_t sum = 14695981039346656037u;

	for (size_t i = 0; i < len; i++)
		sum = (sum ^ (uint8_t)text[i]) * 1099511628211u;
	return sum;
}

/* The number behind the digits, as strtoul takes it; false: not one, or larger than max. */
static bool number(const char *s, unsigned long max, uint32_t *value)
{
	unsigned long v;
	char *end;

	errno = 0;
	v = strtoul(s, &end, 10);
	if (*end || errno || v > max)
		return false;
	*value = (uint32_t)v;
	return true;
}

/* One "label", "precedence" or "scopev4" line. 1: taken, 0: ignored, -ENOMEM. */
static int add_line(struct prefixes *list, char *prefix, const char *text, bool v4)
{
	char *slash = strchr(prefix, '/');
	struct in6_addr a = { .s6_addr = { [10] = 0xff, [11] = 0xff } };
	uint32_t len = 128, value;
	int rc;

	if (slash)
		*slash++ = 0;
	if (slash && !number(slash, 128, &len))
		return 0;
	if (v4 && !strchr(prefix, ':')) {
		if (inet_pton(AF_INET, prefix, &a.s6_addr[12]) != 1)
			return 0;
		len = slash ? len + 96 : 128;
	} else if (inet_pton(AF_INET6, prefix, &a) != 1) {
		return 0;
	}
	if (len > 128 || (v4 && (len < 96 || !IN6_IS_ADDR_V4MAPPED(&a))) || !number(text, INT_MAX, &value))
		return 0;
	/* glibc compares the bits of the prefix only */
	prefix_mask(&a, len);
	rc = prefixes_add(list, &a, len, 0, value);
	return rc ? rc : 1;
}

/* By length only, and what is first in the file stays first, as in glibc */
static int by_len_and_turn(const void *va, const void *vb)
{
	const struct prefix_value *a = va, *b = vb;

	return a->len != b->len ? b->len - a->len : (a->turn > b->turn) - (a->turn < b->turn);
}

static int finish(struct prefixes *p, bool rest, uint32_t value)
{
	static const struct in6_addr any;
	int rc = 0;

	for (size_t i = 0; rest && i < p->n; i++)
		rest = p->v[i].len != 0;
	if (rest)
		rc = prefixes_add(p, &any, 0, 0, value);
	if (!rc && p->n)
		qsort(p->v, p->n, sizeof(*p->v), by_len_and_turn);
	return rc;
}

static enum gaiconf_owner owner_of(const char *text, size_t len)
{
	const char *eol = memchr(text, '\n', len);
	uint64_t sum;

	if (len < sizeof(MARK) - 1 || memcmp(text, MARK, sizeof(MARK) - 1) || !eol)
		return GAICONF_FOREIGN;
	if (eol - text < (ptrdiff_t)sizeof(MARK) - 1 + 16)
		return GAICONF_EDITED;
	sum = strtoull(text + sizeof(MARK) - 1, NULL, 16);
	return sum == checksum(eol + 1, len - (size_t)(eol + 1 - text)) ? GAICONF_OURS : GAICONF_EDITED;
}

static char *next_word(char **rest)
{
	char *s = *rest, *word;

	while (isspace((unsigned char)*s))
		s++;
	word = s;
	while (*s && !isspace((unsigned char)*s))
		s++;
	if (*s)
		*s++ = 0;
	*rest = s;
	return word;
}

static int read_line(struct gaiconf *g, char *line)
{
	char *cmd, *first, *second;

	line[strcspn(line, "#")] = 0;
	cmd = next_word(&line);
	first = next_word(&line);
	second = next_word(&line);
	if (!*first)
		return 0;
	if (!strcmp(cmd, "label"))
		return add_line(&g->label, first, second, false);
	if (!strcmp(cmd, "precedence"))
		return add_line(&g->precedence, first, second, false);
	if (!strcmp(cmd, "scopev4"))
		return add_line(&g->scopev4, first, second, true);
	if (!strcmp(cmd, "reload"))
		g->reload = !strcmp(first, "yes");
	return 0;
}

int gaiconf_parse(const char *text, size_t len, struct gaiconf *g)
{
	const char *end = text ? text + len : NULL;
	int rc = 0;

	*g = (struct gaiconf){ .owner = text ? owner_of(text, len) : GAICONF_ABSENT };
	while (rc >= 0 && text < end) {
		const char *eol = memchr(text, '\n', (size_t)(end - text));
		size_t n = (size_t)((eol ? eol : end) - text);
		char *line = strndup(text, n);

		rc = line ? read_line(g, line) : -ENOMEM;
		free(line);
		text += n + 1;
	}
	g->builtin_label = !g->label.n;
	g->builtin_precedence = !g->precedence.n;
	g->builtin_scopev4 = !g->scopev4.n;
	if (rc >= 0)
		rc = g->label.n ? finish(&g->label, true, 1) : add_builtin(&g->label, labels, COUNT(labels));
	if (rc >= 0)
		rc = g->precedence.n ? finish(&g->precedence, true, 40) :
				       add_builtin(&g->precedence, precedences, COUNT(precedences));
	if (rc >= 0)
		rc = g->scopev4.n ? finish(&g->scopev4, false, 0) : add_builtin(&g->scopev4, scopes, COUNT(scopes));
	if (rc < 0)
		gaiconf_free(g);
	return rc < 0 ? rc : 0;
}

void gaiconf_free(struct gaiconf *g)
{
	prefixes_free(&g->label);
	prefixes_free(&g->precedence);
	prefixes_free(&g->scopev4);
	*g = (struct gaiconf){ 0 };
}

static void print_list(FILE *out, const char *word, const struct prefixes *list)
{
	char text[PREFIX_TEXT];

	for (const struct prefix_value *v = list->v; v && v < list->v + list->n; v++)
		fprintf(out, "%-10s %-30s %10u\n", word, prefix_text(&v->prefix, v->len, text), v->value);
}

char *gaiconf_text(const struct prefixes *label, const struct prefixes *precedence, const char *from, size_t *len)
{
	char *body = NULL, *text = NULL;
	size_t body_len = 0;
	FILE *out = open_memstream(&body, &body_len);
	int n;

	if (!out)
		return NULL;
	fprintf(out,
		"# The policy is %s; \"addrselctl apply\" replaces this file, and leaves it alone once it was edited.\n",
		from);
	fputs("reload yes\n", out);
	print_list(out, "label", label);
	print_list(out, "precedence", precedence);
	if (fclose(out)) {
		free(body);
		return NULL;
	}
	n = asprintf(&text, MARK "%016" PRIx64 "\n%s", checksum(body, body_len), body);
	free(body);
	*len = n < 0 ? 0 : (size_t)n;
	return n < 0 ? NULL : text;
}
