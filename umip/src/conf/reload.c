// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A configuration that was read again, against the one in effect.
 *
 * What differs is seen in what conf_print() writes of both: every keyword that has an effect is in there, so that none can be forgotten here.
 * Which of them may change while the daemon runs is the table's to say (keywords.c).
 */
#include "conf/parse.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* The configuration as text, and for each keyword the statements that it begins, those in sections with the section's head. */
struct listing {
	char *text;
	char *of[CONF_N_KEYWORDS]; /* NULL: none */
	size_t len[CONF_N_KEYWORDS], room[CONF_N_KEYWORDS];
};

/* An access list can have a hundred thousand lines. */
static void add(struct listing *l, ptrdiff_t i, const char *head, const char *statement)
{
	size_t more = strlen(head) + strlen(statement) + 3;

	while (l->room[i] - l->len[i] < more) {
		l->room[i] = l->room[i] ? 2 * l->room[i] : 256;
		l->of[i] = conf_must(realloc(l->of[i], l->room[i]));
	}
	l->len[i] += (size_t)sprintf(l->of[i] + l->len[i], "%s %s\n", head, statement);
}

static void list_all(const struct conf *c, struct listing *l)
{
	const struct keyword *set = NULL;
	char *line, *rest, *head = "", *home = "";
	bool whole;
	size_t size;
	FILE *f;

	f = conf_must(open_memstream(&l->text, &size));
	conf_print(c, f);
	whole = !ferror(f);
	if (fclose(f) || !whole)
		conf_must(NULL);
	conf_must(l->text);
	for (line = strtok_r(l->text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		size_t len = strlen(line);
		char word[64] = "";
		const struct keyword *kw;

		if (*line == '}') {
			head = home = "";
			continue;
		}
		while (isspace((unsigned char)*line))
			line++;
		if (sscanf(line, "%63[A-Za-z0-9]", word) != 1 || !(kw = conf_keyword(word)))
			continue;
		/* Sets have no names to tell them apart, only their order: they are one thing. */
		if (kw->id == KW_IPSEC_SET || (set && *head))
			kw = set = conf_keyword("IPsecPolicySet");
		else
			set = NULL;
		/* What may change in a MnHomeLink is of its home address: two may be on one interface. */
		add(l, kw - conf_keywords, kw->live && *home ? home : head, line);
		if (kw->id == KW_HOME_ADDRESS)
			home = line;
		if (len && line[strlen(line) - 1] == '{')
			head = line;
	}
}

static void list_free(struct listing *l)
{
	for (size_t i = 0; i < CONF_N_KEYWORDS; i++)
		free(l->of[i]);
	free(l->text);
}

static void swap(void *a, void *b, size_t size)
{
	char *x = a, *y = b;

	for (; size; size--, x++, y++) {
		char t = *x;

		*x = *y;
		*y = t;
	}
}
#define SWAP(a, b) swap(&(a), &(b), sizeof(a))

static struct conf_home *home_of(struct conf *c, const struct in6_addr *hoa)
{
	struct conf_home *h = c->homes;

	while (h && !IN6_ARE_ADDR_EQUAL(&h->hoa, hoa))
		h = h->next;
	return h;
}

static void take(const struct keyword *kw, struct conf *now, struct conf *next)
{
	struct conf_home *n;

	switch (kw->id) {
	case KW_PLAIN:
		swap((char *)now + kw->offset, (char *)next + kw->offset, kw->arg == ARG_BOOL ? sizeof(bool) : sizeof(uint32_t));
		return;
	case KW_DEBUG_LOG_FILE:
		SWAP(now->debug_log_file, next->debug_log_file);
		return;
	case KW_REFRESH_ADVICE:
		SWAP(now->ha_refresh_advice, next->ha_refresh_advice);
		return;
	case KW_ACL_DEFAULT:
		SWAP(now->default_acl, next->default_acl);
		return;
	case KW_ACL:
		SWAP(now->acl, next->acl);
		SWAP(now->acl_index, next->acl_index);
		SWAP(now->n_acl, next->n_acl);
		return;
	case KW_SERVED_PREFIX:
		SWAP(now->served, next->served);
		return;
	case KW_RO_POLICY:
		/* One that came or went waits for a restart, and says so by its HomeAddress. */
		for (struct conf_home *h = now->homes; h; h = h->next)
			if ((n = home_of(next, &h->hoa)))
				SWAP(h->ro_policies, n->ro_policies);
		return;
	case KW_USE_ALT_COA:
		for (struct conf_home *h = now->homes; h; h = h->next)
			if ((n = home_of(next, &h->hoa)))
				SWAP(h->alt_coa, n->alt_coa);
		return;
	default: /* none of the live ones */
		return;
	}
}

struct both {
	const struct conf *now, *next;
	struct listing old, new;
};

static void list_both(void *arg)
{
	struct both *b = arg;

	list_all(b->now, &b->old);
	list_all(b->next, &b->new);
}

int conf_reload(struct conf *now, struct conf *next, void (*say)(const char *keyword, bool taken, void *arg), void *arg)
{
	struct both b = { .now = now, .next = next };
	bool live, listed;
	int left = 0;

	/* Another role is another configuration altogether. */
	if (now->role != next->role) {
		say("NodeConfig", false, arg);
		return 1;
	}
	listed = conf_try(list_both, &b);
	for (size_t i = 0; listed && i < CONF_N_KEYWORDS; i++) {
		const struct keyword *kw = &conf_keywords[i];
		const char *was = b.old.of[i], *is = b.new.of[i];

		if (!was == !is && (!was || !strcmp(was, is)))
			continue;
		/* IPsec stays on until a restart, and its updates need the option until then. */
		live = kw->live && !(kw->id == KW_USE_ALT_COA && now->use_mn_ha_ipsec);
		if (live)
			take(kw, now, next);
		else
			left++;
		say(kw->name, live, arg);
	}
	list_free(&b.old);
	list_free(&b.new);
	return listed ? left : -1;
}
