// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mip6d.conf. A first byte below 4 is the role of the command line. What is refused says why; what is accepted is printed,
 * read again and printed the same.
 */
#include <stdio.h>
#include <string.h>

#include "conf/conf.h"
#include "fuzz.h"

static char *print(const struct conf *c)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	must(out);
	conf_print(c, out);
	fclose(out);
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int roles[] = { -1, ROLE_HA, ROLE_MN, ROLE_CN };
	char *errors = NULL, *first, *second;
	struct conf c, again;
	size_t len = 0;
	FILE *err = open_memstream(&errors, &len);
	int role = size && data[0] < 4 ? roles[data[0]] : -1;
	int rc = conf_parse("fuzz", (const char *)data + (role >= 0), size - (role >= 0), role, &c, err);

	fclose(err);
	must(rc == 0 || rc == -1);
	must(!rc == !len);
	for (const char *s = errors; *s; s = strchr(s, '\n') + 1)
		must(!strncmp(s, "fuzz:", 5) && strstr(s, ": error: "));
	free(errors);
	if (rc)
		return 0;
	first = print(&c);
	conf_free(&c);
	must(!conf_parse("print", first, strlen(first), -1, &again, stderr));
	second = print(&again);
	must(!strcmp(first, second));
	conf_free(&again);
	free(first);
	free(second);
	return 0;
}
