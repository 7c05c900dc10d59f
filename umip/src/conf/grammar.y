/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The shape of mip6d.conf: statements, values, sections. Meaning is check.c's. */
%require "3.6"
%define api.prefix {conf_yy}
%define api.pure full
%define api.location.type {struct conf_loc}
%define parse.error custom
%define parse.lac full
%locations
%param { struct parser *p }

/* Before bison gives names beginning with yy a meaning of its own. */
%code top {
#include "conf/parse.h"
#include "conf/scanner.h"
}

%code requires {
#include "conf/parse.h"
}

%code {

#define YYLLOC_DEFAULT(cur, rhs, n) ((cur) = (n) ? YYRHSLOC(rhs, 1) : YYRHSLOC(rhs, 0))

static int conf_yylex(CONF_YYSTYPE *val, struct conf_loc *loc, struct parser *p);
static void conf_yyerror(struct conf_loc *loc, struct parser *p, const char *msg);

/* Lists grow as rings, named by their last element: both ends are at hand. */
#define RING_ADD(ring, new)                          \
	do {                                         \
		(new)->next = (new);                 \
		if (ring) {                          \
			(new)->next = (ring)->next;  \
			(ring)->next = (new);        \
		}                                    \
	} while (0)

static struct val *opened_val(struct val *last)
{
	struct val *first = last ? last->next : NULL;

	if (last)
		last->next = NULL;
	return first;
}

static struct stmt *opened_stmt(struct stmt *last)
{
	struct stmt *first = last ? last->next : NULL;

	if (last)
		last->next = NULL;
	return first;
}

static struct val *prefix(struct parser *p, struct val *addr, const struct val *len)
{
	addr->kind = VAL_PREFIX;
	addr->num = len->num;
	addr->text = conf_text(p, "%s/%s", addr->text, len->text);
	if (len->num > 128) {
		conf_error(p, len->loc, "a prefix has at most 128 bits, found '%s'", conf_quote(p, 0, len->text));
		addr->kind = VAL_BAD;
	}
	return addr;
}

/* One item that is bad, and reported, makes the whole so. */
static struct val *list(struct parser *p, struct conf_loc loc, struct val *items)
{
	struct val *v = conf_alloc(p, sizeof(*v));

	v->kind = VAL_LIST;
	v->items = items;
	for (; items; items = items->next)
		if (items->kind == VAL_BAD)
			v->kind = VAL_BAD;
	v->loc = loc;
	v->text = "(";
	return v;
}

static struct stmt *statement(const struct val *head, struct val *vals, struct stmt *end)
{
	end->kw = conf_keyword(head->text);
	end->word = head->text;
	end->loc = head->loc;
	end->vals = opened_val(vals);
	return end;
}

/* The token that the grammar looks at, for a message. */
static const char *found(struct parser *p)
{
	return p->tok ? conf_val_text(p, p->tok) : p->tok_text;
}

static struct stmt *statement_end(struct parser *p, struct conf_loc loc, const char *text)
{
	struct stmt *s = conf_alloc(p, sizeof(*s));

	s->end = loc;
	s->end_text = text;
	return s;
}
}

%union {
	struct val *val;
	struct stmt *stmt;
}

%token EOF_TOKEN 0	"end of file"
%token <val> KEYWORD	"keyword"
%token <val> WORD	"word"
%token <val> STRING	"string"
%token <val> NUMBER	"number"
%token <val> DECIMAL	"decimal number"
%token <val> ADDR	"address"
%token <val> BAD	"value"
%token LBRACE	"{"
%token RBRACE	"}"
%token LPAREN	"("
%token RPAREN	")"
%token COMMA	","
%token SLASH	"/"
%token SEMICOLON ";"

%type <val> head value values list items item
%type <stmt> chunk stmts stmt end open_block

/* A word or ';' after values belongs to them; a keyword shows that a ';' is missing. */
%precedence ENDED
%precedence WORD ";"

%%

file:	chunk				{ p->stmts = opened_stmt($1); }
|	file "}" chunk			{	/* the '{' was lost to an error, and that was reported */
						struct stmt **at = &p->stmts;

						while (*at)
							at = &(*at)->next;
						*at = opened_stmt($3);
					}
;

chunk:	stmts
|	stmts error
;

stmts:	%empty				{ $$ = NULL; }
|	stmts stmt			{
						$$ = $1;
						if ($2) {
							RING_ADD($1, $2);
							$$ = $2;
						}
					}
;

stmt:	head values end			{ $$ = statement($1, $2, $3); }
|	";"				{ $$ = NULL; }
|	error ";"			{
						$$ = NULL;
						yyerrok;
					}
;

head:	KEYWORD | WORD ;

end:	";"				{ $$ = statement_end(p, @1, "';'"); }
|	open_block stmts "}"		{
						$$ = $1;
						$$->block = opened_stmt($2);
					}
|	open_block stmts error "}"	{
						yyerrok;
						$$ = $1;
						$$->block = opened_stmt($2);
					}
|	%empty %prec ENDED		{
						if (!p->stop)
							conf_error(p, p->loc, "expected ';' before %s", found(p));
						$$ = statement_end(p, p->loc, found(p));
					}
;

open_block: "{"				{
						$$ = statement_end(p, @1, "'{'");
						$$->has_block = true;
					}
;

values:	%empty				{ $$ = NULL; }
|	values value			{
						RING_ADD($1, $2);
						$$ = $2;
					}
;

value:	item | WORD | list ;

item:	NUMBER | DECIMAL | STRING | BAD | ADDR
|	ADDR "/" NUMBER			{ $$ = prefix(p, $1, $3); }
|	ADDR "/" BAD			{
						$$ = $1;
						$$->kind = VAL_BAD;
					}
;

list:	"(" ")"				{ $$ = list(p, @1, NULL); }
|	"(" items ")"			{ $$ = list(p, @1, opened_val($2)); }
;

items:	item				{ $$ = $1->next = $1; }
|	items "," item			{
						RING_ADD($1, $3);
						$$ = $3;
					}
;

%%

/*
 * One token. Braces are balanced here: a '}' too many is dropped, a missing one made up at the end of the file, and both
 * are reported, so that the grammar never meets them.
 */
static int conf_yylex(CONF_YYSTYPE *val, struct conf_loc *loc, struct parser *p)
{
	static const char *const punct[] = {
		[LBRACE] = "'{'", [RBRACE] = "'}'", [LPAREN] = "'('",	 [RPAREN] = "')'",
		[COMMA] = "','",  [SLASH] = "'/'",  [SEMICOLON] = "';'",
	};
	int t;

	for (;;) {
		t = p->stop ? 0 : conf_scanlex(p->scanner);
		if (t == LBRACE && p->depth == CONF_MAX_NESTING) {
			conf_error(p, p->loc, "too many '{' inside each other");
			p->lost = true;
			p->stop = true;
			t = 0;
		}
		if (t != RBRACE || p->depth)
			break;
		conf_error(p, p->loc, "there is no '{' for this '}'");
	}
	if (!t) {
		p->loc = p->pos;
		p->eof = p->pos;
		p->tok = NULL;
		p->tok_text = "end of file";
		if (p->depth) {
			if (!p->stop)
				conf_error(p, p->loc,
					   "expected '}' before end of file: the '{' in line %d is still open",
					   CONF_LINE(p->open[p->depth - 1].line));
			p->lost = true;
			t = RBRACE;
		}
	} else if (!p->tok) {
		p->tok_text = punct[t];
	}
	if (t == LBRACE)
		p->open[p->depth++] = p->loc;
	else if (t == RBRACE)
		p->depth--;
	val->val = p->tok;
	*loc = p->loc;
	return t;
}

static int yyreport_syntax_error(const yypcontext_t *ctx, struct parser *p)
{
	yysymbol_kind_t want[YYNTOKENS];
	int n = yypcontext_expected_tokens(ctx, want, YYNTOKENS);
	const struct conf_loc *loc = yypcontext_location(ctx);
	const char *expected = "something else";
	bool has[YYNTOKENS] = { false };

	for (int i = 0; i < n; i++)
		has[want[i]] = true;
	if (has[YYSYMBOL_LBRACE])
		expected = "';'"; /* after values */
	else if (has[YYSYMBOL_KEYWORD])
		expected = "a keyword";
	else if (has[YYSYMBOL_ADDR])
		expected = has[YYSYMBOL_RPAREN] ? "a prefix or ')'" : "a prefix";
	else if (has[YYSYMBOL_RPAREN])
		expected = has[YYSYMBOL_SLASH] ? "'/', ',' or ')'" : "',' or ')'";
	else if (has[YYSYMBOL_NUMBER])
		expected = "a prefix length";
	conf_error(p, *loc, "expected %s before %s", expected, found(p));
	p->lost = true;
	return 0;
}

/* Only for what bison says itself: the stack is full. */
static void conf_yyerror(struct conf_loc *loc, struct parser *p, const char *msg)
{
	p->lost = true;
	conf_error(p, *loc, "%s", msg);
}
