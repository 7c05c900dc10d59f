/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside the configuration reader. The grammar knows statements, values and sections only and builds a tree of them;
 * what a keyword means, where it may stand and what follows it is one table (keywords.c), which check.c walks the tree
 * with. That keeps error recovery simple: a wrong word costs one statement, never the rest of the file.
 */
#ifndef CONF_PARSE_H
#define CONF_PARSE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "conf/conf.h"

#define CONF_MAX_SIZE	 (1024 * 1024) /* of a file, bytes */
#define CONF_MAX_ERRORS	 20 /* shown in one go */
#define CONF_MAX_NESTING 4 /* of { }; the language needs one */
#define CONF_MAX_IFACES	 256
#define CONF_MAX_DEPTH	 8 /* of files that include each other */
#define CONF_MAX_FILES	 256

struct conf_loc {
	int line, col; /* from 1; a column is a byte; the line tells its file, too: conf.h */
};

enum val_kind { VAL_BAD, VAL_NUMBER, VAL_DECIMAL, VAL_ADDR, VAL_PREFIX, VAL_STRING, VAL_WORD, VAL_LIST };

/* A token that carries text, or what the grammar made of several. VAL_BAD was reported already. */
struct val {
	struct val *next;
	enum val_kind kind;
	struct conf_loc loc;
	const char *text; /* as written, without the quotes */
	struct val *items; /* VAL_LIST */
	uint64_t num; /* VAL_NUMBER; VAL_PREFIX: the length */
	struct in6_addr addr;
};

struct keyword;

struct stmt {
	struct stmt *next;
	const struct keyword *kw; /* NULL: unknown word, reported */
	const char *word;
	struct conf_loc loc;
	struct val *vals;
	bool has_block;
	struct stmt *block;
	struct conf_loc end; /* of the ';' or '{' after the values, or what stands in its place */
	const char *end_text;
};

struct diag {
	struct conf_loc loc;
	int order; /* in which they were found */
	char *msg;
};

struct arena_chunk;

struct parser {
	const char *files[CONF_MAX_FILES]; /* as messages name them */
	int n_files;
	bool may_include;
	struct arena_chunk *arena;
	void *scanner; /* NULL: no text is being read */
	int fd;	       /* of a file that is being read; -1: none */

	/* The token just read: text and place for the grammar's messages. */
	struct conf_loc pos; /* where the scanner is */
	struct conf_loc loc;
	struct val *tok; /* NULL for punctuation */
	const char *tok_text; /* of punctuation, as messages show it */
	struct conf_loc open[CONF_MAX_NESTING];
	int depth;

	struct stmt *stmts; /* the tree */
	struct conf_loc eof;
	bool whole; /* all statements are read, what is missing as a whole comes now: several errors in one place */
	bool lost; /* a statement may have been lost to an error: do not complain about missing ones */

	struct diag diags[CONF_MAX_ERRORS];
	int n_diags;
	bool too_many; /* there were more */
	bool stop; /* read no further */
};

/*
 * Memory that lives as long as the parser, zeroed; conf_must() is a check of what malloc() returned. Without memory neither returns:
 * the conf_try() around it does. So what is in nobody's list yet while either is called is lost then.
 */
void *conf_alloc(struct parser *p, size_t size);
void *conf_must(void *mem);
/* Whether what(arg) came to its end. It has no memory: what arg leads to has to be freed. */
bool conf_try(void (*what)(void *arg), void *arg);
char *conf_text(struct parser *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Text for a message: in quote characters (0: none), not printable bytes escaped, long text cut. */
const char *conf_quote(struct parser *p, char quote, const char *text);
const char *conf_val_text(struct parser *p, const struct val *v);
/* One error a place: a second one there, which is most often a consequence, is left out. */
void conf_error(struct parser *p, struct conf_loc loc, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* For messages: "line 4", or "line 4 of FILE" if that is not loc's own. */
const char *conf_line_text(struct parser *p, struct conf_loc loc, int line);

/* The statements of a text, which gets the next number of a file. */
struct stmt *conf_read_text(struct parser *p, const char *name, const char *text, size_t len);
/* Puts the statements of other files in the place of all include statements of p->stmts. */
void conf_include(struct parser *p);

/* Where a keyword may stand. */
#define IN_FILE	     1u
#define IN_INTERFACE 2u
#define IN_HOME_LINK 4u
#define IN_IPSEC     8u

#define FOR_HA	(1u << ROLE_HA)
#define FOR_MN	(1u << ROLE_MN)
#define FOR_ANY (1u << ROLE_CN | FOR_HA | FOR_MN)

enum kw_arg {
	ARG_NUMBER,
	ARG_SECONDS, /* with fraction; kept in ms */
	ARG_BOOL,
	ARG_OTHER, /* by check.c's function for it */
};

enum kw_id {
	KW_INSTEAD, /* of UMIP, and gone for good: `instead` says what to do */
	KW_PLAIN, /* a number or boolean stored at `offset` */
	KW_NODE_CONFIG,
	KW_DEBUG_LOG_FILE,
	KW_BINDING_CACHE_FILE,
	KW_HOOK_PROGRAM,
	KW_INCLUDE,
	KW_INTERFACE,
	KW_IF_TYPE,
	KW_IF_PREFERENCE,
	KW_USE_MN_HA_IPSEC,
	KW_ACL_DEFAULT,
	KW_ACL,
	KW_REFRESH_ADVICE,
	KW_HOME_LINK,
	KW_HOME_AGENT_ADDRESS,
	KW_HOME_ADDRESS,
	KW_HOME_PREFIX,
	KW_MAX_PFX_ADV,
	KW_RO_POLICY,
	KW_USE_ALT_COA,
	KW_MOBILE_ROUTER,
	KW_SERVED_PREFIX,
	KW_IPSEC_SET,
	KW_IPSEC_POLICY,
	KW_IPSEC_MIGRATE,
};

struct keyword {
	const char *name;
	enum kw_id id;
	unsigned int where, roles;
	enum kw_arg arg;
	bool repeats;
	bool live; /* may change while the daemon runs: reload.c */
	uint32_t min, max; /* ARG_NUMBER; ARG_SECONDS in ms; a number must be one of both or between */
	size_t offset; /* in struct conf; KW_PLAIN */
	const char *instead; /* KW_INSTEAD */
};

#define CONF_N_KEYWORDS 57
extern const struct keyword conf_keywords[CONF_N_KEYWORDS];

const struct keyword *conf_keyword(const char *word);
/* The keyword that a misspelled word probably means, one that may stand here if possible; NULL if none is near. */
const struct keyword *conf_keyword_nearest(const char *word, unsigned int where);

/* A line for each statement that means something else in UMIP. How many. */
unsigned int conf_compat(struct parser *p, FILE *out);
/* Tree to struct, all errors to conf_error. */
void conf_check(struct parser *p, int role_override, struct conf *c);

/* Generated. */
int conf_yyparse(struct parser *p);

#endif
