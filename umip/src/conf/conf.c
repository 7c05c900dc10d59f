// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reading mip6d.conf: file to text, text to tree (grammar.y), tree to struct (check.c), and the errors of all of them in
 * the file's order.
 */
#include "conf/home.h"
#include "conf/ipsec.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/grammar.h"
#include "conf/scanner.h"

#define CHUNK_SIZE 16384

struct arena_chunk {
	struct arena_chunk *next;
	size_t used, size;
	max_align_t data[];
};

static jmp_buf *no_memory; /* of the innermost conf_try() */

bool conf_try(void (*what)(void *arg), void *arg)
{
	jmp_buf here, *const outer = no_memory;
	bool volatile done = false;

	no_memory = &here;
	if (!setjmp(here)) {
		what(arg);
		done = true;
	}
	no_memory = outer;
	return done;
}

void *conf_must(void *mem)
{
	if (mem)
		return mem;
	if (no_memory)
		longjmp(*no_memory, 1);
	fputs("mip6d: out of memory\n", stderr);
	exit(1);
}

void *conf_alloc(struct parser *p, size_t size)
{
	struct arena_chunk *c = p->arena;
	void *mem;

	size = (size + sizeof(max_align_t) - 1) & ~(sizeof(max_align_t) - 1);
	if (!c || c->size - c->used < size) {
		size_t room = size > CHUNK_SIZE ? size : CHUNK_SIZE;

		c = conf_must(calloc(1, sizeof(*c) + room));
		c->size = room;
		c->next = p->arena;
		p->arena = c;
	}
	mem = (char *)c->data + c->used;
	c->used += size;
	return mem;
}

static char *__attribute__((format(printf, 2, 0))) vtext(struct parser *p, const char *fmt, va_list ap)
{
	va_list again;
	char *text;
	int len;

	va_copy(again, ap);
	len = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (len < 0)
		len = 0;
	text = conf_alloc(p, (size_t)len + 1);
	vsnprintf(text, (size_t)len + 1, fmt, ap);
	return text;
}

char *conf_text(struct parser *p, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = vtext(p, fmt, ap);
	va_end(ap);
	return text;
}

const char *conf_quote(struct parser *p, char quote, const char *text)
{
	enum { MOST = 60 };
	char *out = conf_alloc(p, 4 * MOST + sizeof("''..."));
	size_t n = 0;

	if (quote)
		out[n++] = quote;
	for (int i = 0; text[i]; i++) {
		unsigned char c = (unsigned char)text[i];

		if (i == MOST) {
			memcpy(out + n, "...", 3);
			n += 3;
			break;
		}
		if (c >= 0x20 && c < 0x7f)
			out[n++] = (char)c;
		else
			n += (size_t)sprintf(out + n, "\\x%02x", c);
	}
	if (quote)
		out[n++] = quote;
	return out;
}

const char *conf_val_text(struct parser *p, const struct val *v)
{
	return conf_quote(p, v->kind == VAL_STRING ? '"' : '\'', v->text);
}

void conf_error(struct parser *p, struct conf_loc loc, const char *fmt, ...)
{
	struct diag *d;
	va_list ap;

	for (int i = 0; i < p->n_diags; i++)
		if (p->diags[i].loc.line == loc.line && p->diags[i].loc.col == loc.col && !p->whole)
			return;
	if (p->n_diags == CONF_MAX_ERRORS) {
		p->too_many = true;
		p->stop = true;
		return;
	}
	d = &p->diags[p->n_diags++];
	d->loc = loc;
	d->order = p->n_diags;
	va_start(ap, fmt);
	d->msg = vtext(p, fmt, ap);
	va_end(ap);
}

static int by_place(const void *a, const void *b)
{
	const struct diag *x = a, *y = b;

	if (x->loc.line != y->loc.line)
		return x->loc.line - y->loc.line;
	return x->loc.col != y->loc.col ? x->loc.col - y->loc.col : x->order - y->order;
}

static const char *file_of(const struct parser *p, int line)
{
	return p->files[line >> CONF_LINE_BITS];
}

const char *conf_line_text(struct parser *p, struct conf_loc loc, int line)
{
	if (loc.line >> CONF_LINE_BITS == line >> CONF_LINE_BITS)
		return conf_text(p, "line %d", CONF_LINE(line));
	return conf_text(p, "line %d of %s", CONF_LINE(line), conf_quote(p, 0, file_of(p, line)));
}

static void print_errors(struct parser *p, FILE *err)
{
	qsort(p->diags, (size_t)p->n_diags, sizeof(*p->diags), by_place);
	for (int i = 0; i < p->n_diags; i++)
		fprintf(err, "%s:%d:%d: error: %s\n", file_of(p, p->diags[i].loc.line), CONF_LINE(p->diags[i].loc.line),
			p->diags[i].loc.col, p->diags[i].msg);
	if (p->too_many)
		fprintf(err, "%s:%d:%d: error: there are more errors; these are the first %d found\n",
			file_of(p, p->diags[p->n_diags - 1].loc.line), CONF_LINE(p->diags[p->n_diags - 1].loc.line),
			p->diags[p->n_diags - 1].loc.col, p->n_diags);
}

static void defaults(struct conf *c)
{
	memset(c, 0, sizeof(*c));
	c->use_mn_ha_ipsec = true;
	c->ro_cn = c->ro_mn = true;
	c->cn_max_bindings = 10000;
	c->cn_max_bindings_per_source = 512;
	c->mn_max_cn_binding_life = 420;
	c->ha_max_binding_life = 262140;
	c->ha_max_bindings = 10000;
	c->send_mob_pfx_advs = c->send_unsol_mob_pfx_advs = c->send_mob_pfx_sols = true;
	c->min_mob_pfx_adv = 600;
	c->max_mob_pfx_adv = 86400;
	c->mn_max_ha_binding_life = 262140;
	c->init_timeout_first_ms = 1500;
	c->init_timeout_rereg_ms = 1000;
	c->mr_explicit = c->mn_multicast = true;
	c->ha_max_groups = 10000;
	c->ha_max_groups_per_binding = 32;
	c->ha_max_group_rate = 500;
	c->ha_multicast_query = 125;
}

static int by_hoa(const void *a, const void *b)
{
	return memcmp(&(*(struct conf_acl *const *)a)->hoa, &(*(struct conf_acl *const *)b)->hoa,
		      sizeof(struct in6_addr));
}

/* The same address twice: in the file's order. */
static int by_hoa_and_place(const void *a, const void *b)
{
	const struct conf_acl *x = *(struct conf_acl *const *)a, *y = *(struct conf_acl *const *)b;
	int rc = by_hoa(a, b);

	return rc ? rc : x->line != y->line ? x->line - y->line : x->col - y->col;
}

/* The access list can be long: sort it for conf_acl_status(), and find what is named twice. */
static void index_acl(struct parser *p, struct conf *c)
{
	size_t n = 0;

	for (struct conf_acl *a = c->acl; a; a = a->next)
		n++;
	if (!n)
		return;
	c->acl_index = conf_must(calloc(n, sizeof(*c->acl_index)));
	for (struct conf_acl *a = c->acl; a; a = a->next)
		c->acl_index[c->n_acl++] = a;
	qsort(c->acl_index, n, sizeof(*c->acl_index), by_hoa_and_place);
	for (size_t i = 1; i < n; i++) {
		const struct conf_acl *first = c->acl_index[i - 1], *b = c->acl_index[i];
		char text[INET6_ADDRSTRLEN];

		if (memcmp(&first->hoa, &b->hoa, sizeof(b->hoa)))
			continue;
		inet_ntop(AF_INET6, &b->hoa, text, sizeof(text));
		conf_error(p, (struct conf_loc){ b->line, b->col }, "BindingAclPolicy for %s is already in %s", text,
			   conf_line_text(p, (struct conf_loc){ b->line, b->col }, first->line));
	}
}

struct stmt *conf_read_text(struct parser *p, const char *name, const char *text, size_t len)
{
	/* the scanner wants two zeros at the end; and its own copy would be lost if what comes next has no memory */
	char *copy = conf_alloc(p, len + 2);
	void *buffer;

	memcpy(copy, text, len);
	p->pos = (struct conf_loc){ (p->n_files << CONF_LINE_BITS) + 1, 1 };
	p->loc = p->eof = p->pos;
	p->depth = 0;
	p->stop = false;
	p->stmts = NULL;
	p->files[p->n_files++] = name;
	if (conf_scanlex_init_extra(p, &p->scanner))
		conf_must(NULL);
	buffer = conf_scan_scan_buffer(copy, len + 2, p->scanner);
	if (conf_yyparse(p))
		p->lost = true;
	conf_scan_delete_buffer(buffer, p->scanner);
	conf_scanlex_destroy(p->scanner);
	p->scanner = NULL;
	return p->stmts;
}

static void free_parser(struct parser *p)
{
	if (!p)
		return;
	if (p->scanner)
		conf_scanlex_destroy(p->scanner);
	if (p->fd >= 0)
		close(p->fd);
	while (p->arena) {
		struct arena_chunk *next = p->arena->next;

		free(p->arena);
		p->arena = next;
	}
	free(p);
}

/* One reading, whatever becomes of it. */
struct job {
	const char *name, *text;
	size_t len;
	bool may_include;
	int role_override;
	FILE *err, *notes;
	unsigned int *n_notes;
	struct parser *p;
	struct conf c;
	int rc;
};

static void work(void *arg)
{
	struct job *j = arg;
	struct parser *p = j->p = conf_must(calloc(1, sizeof(*p)));

	p->fd = -1;
	p->may_include = j->may_include;
	j->c.file = conf_must(strdup(j->name));
	conf_read_text(p, j->name, j->text, j->len);
	conf_include(p);
	conf_check(p, j->role_override, &j->c);
	index_acl(p, &j->c);
	j->c.files = conf_must(calloc((size_t)p->n_files, sizeof(*j->c.files)));
	for (; j->c.n_files < p->n_files; j->c.n_files++)
		j->c.files[j->c.n_files] = conf_must(strdup(p->files[j->c.n_files]));
	j->rc = p->n_diags ? -1 : 0;
	if (j->notes)
		*j->n_notes = conf_compat(p, j->notes);
	if (j->rc)
		print_errors(p, j->err);
}

static int parse(struct job *j, struct conf *out)
{
	memset(out, 0, sizeof(*out));
	if (j->len > CONF_MAX_SIZE) {
		fprintf(j->err, "%s:1:1: error: the configuration is longer than %d bytes\n", j->name, CONF_MAX_SIZE);
		return -1;
	}
	defaults(&j->c);
	if (!conf_try(work, j)) {
		fprintf(j->err, "%s: error: out of memory\n", j->name);
		j->rc = -1;
	}
	if (j->rc)
		conf_free(&j->c);
	else
		*out = j->c;
	free_parser(j->p);
	return j->rc;
}

int conf_parse(const char *name, const char *text, size_t len, int role_override, struct conf *out, FILE *err)
{
	struct job j = { .name = name, .text = text, .len = len, .role_override = role_override, .err = err };

	return parse(&j, out);
}

int conf_load(const char *file, int role_override, struct conf *out, FILE *err)
{
	return conf_load_compat(file, role_override, out, err, NULL, NULL);
}

int conf_load_compat(const char *file, int role_override, struct conf *out, FILE *err, FILE *notes, unsigned int *n_notes)
{
	struct job j = { .name = file, .may_include = true, .role_override = role_override, .err = err, .notes = notes, .n_notes = n_notes };
	char *text = malloc(CONF_MAX_SIZE + 1);
	int rc = 0;
	FILE *f;

	memset(out, 0, sizeof(*out));
	f = text ? fopen(file, "re") : NULL;
	if (!text) {
		rc = -ENOMEM;
	} else if (f) {
		errno = 0;
		j.len = fread(text, 1, CONF_MAX_SIZE + 1, f);
		if (ferror(f))
			rc = errno ? -errno : -EIO;
		fclose(f);
	} else {
		rc = -errno;
	}
	j.text = text;
	if (rc)
		fprintf(err, "%s: error: cannot read the configuration: %s\n", file, strerror(-rc));
	else
		rc = parse(&j, out);
	free(text);
	return rc;
}

void conf_free(struct conf *c)
{
	while (c->ifaces) {
		struct conf_iface *next = c->ifaces->next;

		free(c->ifaces);
		c->ifaces = next;
	}
	while (c->acl) {
		struct conf_acl *next = c->acl->next;

		free(c->acl->mnps.at);
		free(c->acl);
		c->acl = next;
	}
	while (c->served) {
		struct conf_served *next = c->served->next;

		free(c->served);
		c->served = next;
	}
	while (c->homes) {
		struct conf_home *next = c->homes->next;

		home_free(c->homes);
		c->homes = next;
	}
	ipsec_free(c);
	free(c->acl_index);
	free(c->debug_log_file);
	free(c->binding_cache_file);
	free(c->hook_program);
	while (c->n_files)
		free(c->files[--c->n_files]);
	free(c->files);
	free((char *)c->file);
	memset(c, 0, sizeof(*c));
}

const struct conf_iface *conf_iface(const struct conf *c, const char *name)
{
	const struct conf_iface *i = c->ifaces;

	while (i && strcmp(i->name, name))
		i = i->next;
	return i;
}

const struct conf_acl *conf_acl_find(const struct conf *c, const struct in6_addr *hoa)
{
	struct conf_acl wanted = { .hoa = *hoa }, *key = &wanted, **found = NULL;

	if (c->acl_index)
		found = bsearch(&key, c->acl_index, c->n_acl, sizeof(*c->acl_index), by_hoa);
	return found ? *found : NULL;
}

uint8_t conf_acl_status(const struct conf *c, const struct in6_addr *hoa)
{
	const struct conf_acl *acl = conf_acl_find(c, hoa);

	return acl ? acl->status : c->default_acl;
}

bool conf_ro_wanted(const struct conf *c, const struct conf_home *h, const struct in6_addr *peer)
{
	bool rest = true;

	const struct conf_ipsec_set *set = conf_ipsec_find(c, &h->hoa);

	/* What must be protected up to the home agent does not leave in clear beside it. */
	if (!c->ro_mn || (set && set->policy[IPSEC_TUNNEL_PAYLOAD].line))
		return false;
	for (const struct conf_ro_policy *p = h->ro_policies; p; p = p->next) {
		if (IN6_ARE_ADDR_EQUAL(&p->peer, peer))
			return p->enabled;
		if (IN6_IS_ADDR_UNSPECIFIED(&p->peer))
			rest = p->enabled;
	}
	return rest;
}
