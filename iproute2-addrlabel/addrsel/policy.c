// SPDX-License-Identifier: GPL-2.0-or-later
/* The policy table; see policy.h. */
#include "policy.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NAMED 0x40000000u /* numbers of named labels begin here */

struct default_row {
	const char *prefix;
	uint32_t precedence, label;
};

/* RFC 6724 2.1 */
static const struct default_row rfc6724[] = {
	{ "::1/128", 50, 0 },	{ "::/0", 40, 1 },     { "::ffff:0:0/96", 35, 4 }, { "2002::/16", 30, 2 },
	{ "2001::/32", 5, 5 },	{ "fc00::/7", 3, 13 }, { "::/96", 1, 3 },	   { "fec0::/10", 1, 11 },
	{ "3ffe::/16", 1, 12 }, { NULL, 0, 0 },
};

/* The kernel's labels since 2.6 (net/ipv6/addrlabel.c). It has no precedences: these are RFC 6724's of the same kind. */
static const struct default_row linux_labels[] = {
	{ "::1/128", 50, 0 },	{ "::/0", 40, 1 },     { "::ffff:0:0/96", 35, 4 },
	{ "2002::/16", 30, 2 }, { "2001::/32", 5, 6 }, { "2001:10::/28", 40, 7 },
	{ "fc00::/7", 3, 5 },	{ "::/96", 1, 3 },     { "fec0::/10", 1, 11 },
	{ "3ffe::/16", 1, 12 }, { NULL, 0, 0 },
};

int policy_add_default(struct policy *p, enum policy_default which)
{
	const struct default_row *d = which == DEFAULT_LINUX ? linux_labels : rfc6724;
	int rc = 0;

	for (; !rc && d->prefix; d++) {
		struct policy_row row = { .precedence = d->precedence, .label = d->label, .origin = FROM_DEFAULT };

		policy_read_prefix(d->prefix, &row);
		rc = policy_add(p, &row, NULL);
	}
	return rc;
}

static bool same_key(const struct policy_row *r, const struct in6_addr *prefix, unsigned int len, const char *dev)
{
	return r->len == len && IN6_ARE_ADDR_EQUAL(&r->prefix, prefix) && !strcmp(r->dev, dev);
}

struct policy_row *policy_find(const struct policy *p, const struct in6_addr *prefix, unsigned int len, const char *dev)
{
	for (size_t i = 0; i < p->n; i++)
		if (same_key(&p->row[i], prefix, len, dev))
			return &p->row[i];
	return NULL;
}

int policy_append(struct policy *p, const struct policy_row *row)
{
	if (p->n == POLICY_ROWS_MAX)
		return -ENOSPC;
	if (p->n == p->cap) {
		size_t cap = p->cap ? p->cap * 2 : 16;
		struct policy_row *rows = realloc(p->row, cap * sizeof(*rows));

		if (!rows)
			return -ENOMEM;
		p->row = rows;
		p->cap = cap;
	}
	p->row[p->n++] = *row;
	return 0;
}

int policy_add(struct policy *p, const struct policy_row *row, size_t *at)
{
	struct policy_row *there = policy_find(p, &row->prefix, row->len, row->dev);

	if (there) {
		if (at)
			*at = (size_t)(there - p->row);
		return -EEXIST;
	}
	return policy_append(p, row);
}

void policy_remove(struct policy *p, struct policy_row *row)
{
	size_t i = (size_t)(row - p->row);

	memmove(row, row + 1, (p->n - i - 1) * sizeof(*row));
	p->n--;
}

void policy_free(struct policy *p)
{
	free(p->row);
	*p = (struct policy){ 0 };
}

static int by_prefix(const void *va, const void *vb)
{
	const struct policy_row *a = va, *b = vb;
	int c;

	if (a->len != b->len)
		return a->len > b->len ? -1 : 1;
	c = memcmp(&a->prefix, &b->prefix, sizeof(a->prefix));
	/* a row of an interface is before that of any */
	return c ? c : strcmp(b->dev, a->dev);
}

void policy_sort(struct policy *p)
{
	if (p->n)
		qsort(p->row, p->n, sizeof(*p->row), by_prefix);
}

int policy_complete(struct policy *p)
{
	struct policy_row row = { .precedence = 40, .label = 1, .origin = FROM_DEFAULT };
	int rc = policy_add(p, &row, NULL);

	return rc == -EEXIST ? 0 : rc ? rc : 1;
}

/* ---- words ---- */

const char *policy_read_label(const char *word, struct policy_row *row)
{
	size_t len = strlen(word);
	uint32_t hash = 2166136261u;

	row->name[0] = 0;
	if (isdigit((unsigned char)word[0])) {
		char *end;
		unsigned long v;

		if (word[strspn(word, "0123456789")])
			return "a label is a number, or a name that begins with a letter";
		errno = 0;
		v = strtoul(word, &end, 10);
		if (errno || v > POLICY_VALUE_MAX)
			return "the label's number is larger than 2147483647";
		row->label = (uint32_t)v;
		return NULL;
	}
	if (!isalpha((unsigned char)word[0]))
		return "a label is a number, or a name that begins with a letter";
	for (const char *c = word; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("_-.", *c))
			return "a label's name has letters, digits, \"_\", \"-\" and \".\" only";
	if (len > POLICY_NAME_MAX)
		return "a label's name has 15 characters at most";
	/* FNV-1a: the number must be the same on every run and every host, whatever else the file says */
	for (const char *c = word; *c; c++)
		hash = (hash ^ (uint8_t)*c) * 16777619u;
	row->label = NAMED | ((hash ^ hash >> 30) & (NAMED - 1));
	memcpy(row->name, word, len + 1);
	return NULL;
}

const char *policy_read_prefix(const char *word, struct policy_row *row)
{
	static char text[160];
	char addr[INET6_ADDRSTRLEN], good[PREFIX_TEXT];
	const char *slash = strchr(word, '/');
	struct in_addr v4;
	unsigned long len;
	char *end;

	if (!slash || slash == word || (size_t)(slash - word) >= sizeof(addr))
		return "a prefix is written ADDRESS/LENGTH";
	memcpy(addr, word, (size_t)(slash - word));
	addr[slash - word] = 0;
	if (!isdigit((unsigned char)slash[1]))
		return "the prefix has no length";
	errno = 0;
	len = strtoul(slash + 1, &end, 10);
	if (*end)
		return "the prefix's length is not a number";
	if (inet_pton(AF_INET6, addr, &row->prefix) != 1) {
		if (inet_pton(AF_INET, addr, &v4) != 1)
			return "this is not an IPv6 address";
		if (len > 32)
			return "the prefix of an IPv4 address is longer than 32";
		snprintf(text, sizeof(text), "IPv4 is written as mapped addresses: ::ffff:%s/%lu", addr, len + 96);
		return text;
	}
	if (errno || len > 128)
		return "the prefix is longer than 128";
	row->len = (uint8_t)len;
	if (prefix_mask(&row->prefix, row->len)) {
		snprintf(text, sizeof(text), "the address has bits behind the prefix: did you mean %s?",
			 prefix_text(&row->prefix, row->len, good));
		return text;
	}
	return NULL;
}

static int by_label(const void *va, const void *vb)
{
	const struct policy_row *a = *(const struct policy_row *const *)va, *b = *(const struct policy_row *const *)vb;

	if (a->label != b->label)
		return a->label < b->label ? -1 : 1;
	return strcmp(a->name, b->name);
}

const struct policy_row *policy_label_clash(const struct policy *p, const struct policy_row **other)
{
	const struct policy_row **sorted, *found = NULL;

	if (!p->n)
		return NULL;
	sorted = malloc(p->n * sizeof(*sorted));
	if (!sorted)
		return NULL;
	for (size_t i = 0; i < p->n; i++)
		sorted[i] = &p->row[i];
	qsort(sorted, p->n, sizeof(*sorted), by_label);
	for (size_t i = 1; i < p->n && !found; i++)
		if (sorted[i]->label == sorted[i - 1]->label && strcmp(sorted[i]->name, sorted[i - 1]->name)) {
			bool later = sorted[i]->line > sorted[i - 1]->line;

			found = sorted[later ? i : i - 1];
			*other = sorted[later ? i - 1 : i];
		}
	free(sorted);
	return found;
}

const char *policy_label_name(const struct policy *p, uint32_t label)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->row[i].label == label && p->row[i].name[0])
			return p->row[i].name;
	return NULL;
}
