// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * addrsel.conf: what is refused says why and where, what is accepted is printed, read again and printed the same. And the
 * same bytes as a gai.conf: whatever it is, it has a value for every address.
 */
#include <stdio.h>
#include <string.h>

#include "fuzz.h"
#include "gaiconf.h"
#include "policy.h"

static char *print(const struct policy *p)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	must(out);
	policy_print(p, out);
	fclose(out);
	return text;
}

static void as_policy(const char *data, size_t size)
{
	char *errors = NULL, *first, *second;
	struct policy p, again;
	size_t len = 0;
	FILE *err = open_memstream(&errors, &len);
	int rc = policy_parse("fuzz", data, size, &p, err);

	fclose(err);
	must(rc == 0 || rc == -1);
	must(!rc == !len);
	for (const char *s = errors; *s; s = strchr(s, '\n') + 1)
		must(!strncmp(s, "fuzz:", 5) && strstr(s, ": error: "));
	free(errors);
	if (rc)
		return;
	for (size_t i = 0; i < p.n; i++) {
		const struct policy_row *r = &p.row[i];

		must(r->len <= 128 && r->label <= POLICY_VALUE_MAX && r->precedence <= POLICY_VALUE_MAX);
		must(policy_find(&p, &r->prefix, r->len, r->dev) == r);
	}
	first = print(&p);
	policy_free(&p);
	must(!policy_parse("print", first, strlen(first), &again, stderr));
	second = print(&again);
	must(!strcmp(first, second));
	policy_free(&again);
	free(first);
	free(second);
}

static void as_gaiconf(const char *data, size_t size)
{
	static const struct in6_addr addr = { .s6_addr = { 0x20, 1, 0x0d, 0xb8 } };
	struct gaiconf g, again;
	size_t len;
	char *text;

	must(!gaiconf_parse(data, size, &g));
	must(prefixes_match_libc(&g.label, &addr) && prefixes_match_libc(&g.precedence, &addr));
	text = gaiconf_text(&g.label, &g.precedence, "fuzz", &len);
	must(text);
	must(!gaiconf_parse(text, len, &again));
	must(again.owner == GAICONF_OURS && again.reload && again.label.n == g.label.n);
	for (size_t i = 0; i < g.label.n; i++)
		must(!prefix_cmp(&g.label.v[i], &again.label.v[i]) && g.label.v[i].value == again.label.v[i].value);
	gaiconf_free(&g);
	gaiconf_free(&again);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* libFuzzer has no bytes at all for the empty input */
	if (!size)
		data = (const uint8_t *)"";
	as_policy((const char *)data, size);
	as_gaiconf((const char *)data, size);
	return 0;
}
