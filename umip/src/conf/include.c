// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * include "FILE"; at the top of the language: the statements of the other file stand in its place. A file that is not absolute is looked for
 * beside the one that includes it. Only regular files are read, each up to CONF_MAX_SIZE, and none includes itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/parse.h"

/* The whole file, in the parser's memory; NULL and -errno in *len. */
static char *read_file(struct parser *p, const char *file, struct stat *st, ssize_t *len)
{
	char *text = NULL;
	ssize_t n = 1;

	p->fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	*len = p->fd < 0 ? -errno : 0;
	if (p->fd >= 0 && fstat(p->fd, st))
		*len = -errno;
	else if (p->fd >= 0 && !S_ISREG(st->st_mode))
		*len = S_ISDIR(st->st_mode) ? -EISDIR : -EINVAL;
	else if (p->fd >= 0)
		text = conf_alloc(p, CONF_MAX_SIZE + 1);
	while (text && n > 0 && *len <= CONF_MAX_SIZE) {
		n = read(p->fd, text + *len, (size_t)(CONF_MAX_SIZE + 1 - *len));
		if (n >= 0) {
			*len += n;
			continue;
		}
		*len = -errno;
		text = NULL;
	}
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
	return text;
}

static const char *beside(struct parser *p, const char *file, const char *by)
{
	const char *slash = strrchr(by, '/');

	if (*file == '/' || !slash)
		return file;
	return conf_text(p, "%.*s/%s", (int)(slash - by), by, file);
}

/* What is being read, from the inside out. */
struct reading {
	const struct reading *by;
	const char *file;
	dev_t dev;
	ino_t ino;
	int depth;
};

static void expand(struct parser *p, struct stmt **at, const struct reading *r);

/* The statements of the file that this one names; NULL if there are none, or after an error. */
static struct stmt *include(struct parser *p, const struct stmt *s, const struct reading *by)
{
	struct reading r = { .by = by, .depth = by->depth + 1 };
	const struct val *v = s->vals;
	struct stmt *list = NULL;
	struct stat st;
	ssize_t len;
	char *text;

	if (s->has_block || !v || v->kind != VAL_STRING || !*v->text || v->next) {
		if (!v || v->kind != VAL_BAD)
			conf_error(p, v && v->kind == VAL_STRING && v->next ? v->next->loc : v ? v->loc : s->end,
				   "include: expected one file name in double quotes");
		return NULL;
	}
	if (!p->may_include) {
		conf_error(p, v->loc, "include: this text is not a file's");
		return NULL;
	}
	if (r.depth > CONF_MAX_DEPTH || p->n_files == CONF_MAX_FILES) {
		conf_error(p, v->loc, r.depth > CONF_MAX_DEPTH ? "include: more than %d files inside each other" : "include: more than %d files",
			   r.depth > CONF_MAX_DEPTH ? CONF_MAX_DEPTH : CONF_MAX_FILES);
		return NULL;
	}
	r.file = beside(p, v->text, by->file);
	text = read_file(p, r.file, &st, &len);
	if (!text || len > CONF_MAX_SIZE) {
		conf_error(p, v->loc, "include: cannot read %s: %s", conf_quote(p, '"', r.file),
			   text ? "it is too long" : len == -EINVAL ? "it is not a regular file" : strerror((int)-len));
		return NULL;
	}
	r.dev = st.st_dev;
	r.ino = st.st_ino;
	for (; by; by = by->by)
		if (by->dev == r.dev && by->ino == r.ino) {
			conf_error(p, v->loc, "include: %s includes itself", conf_quote(p, '"', r.file));
			return NULL;
		}
	list = conf_read_text(p, r.file, text, (size_t)len);
	expand(p, &list, &r);
	return list;
}

static void expand(struct parser *p, struct stmt **at, const struct reading *r)
{
	while (*at) {
		struct stmt *s = *at;

		if (!s->kw || s->kw->id != KW_INCLUDE) {
			at = &s->next;
			continue;
		}
		*at = include(p, s, r);
		while (*at)
			at = &(*at)->next;
		*at = s->next;
	}
}

void conf_include(struct parser *p)
{
	struct reading r = { .file = p->files[0] };
	struct conf_loc eof = p->eof;
	struct stmt *list = p->stmts;
	struct stat st;

	if (p->may_include && !stat(r.file, &st)) {
		r.dev = st.st_dev;
		r.ino = st.st_ino;
	}
	expand(p, &list, &r);
	p->stmts = list;
	p->eof = eof; /* what is missing is missing in the first file */
}
