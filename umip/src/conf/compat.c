// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where a file that was written for UMIP means something else here, and why (mip6d --check --compat).
 *
 * What is refused is an error with its own words; this is about statements that are accepted. One that means the same in both is not mentioned.
 */
#include "conf/parse.h"

#include <string.h>

enum when { ALWAYS, IF_ON, IF_OFF, IF_ZERO };

static const struct difference {
	const char *keyword;
	enum when when;
	const char *text;
} differences[] = {
	{ "DebugLevel", ALWAYS, "UMIP prints ever more about its own inside; here 0 is notices, 1 to 4 add information, 5 to 10 all there is" },
	{ "DoRouteOptimizationCN", ALWAYS,
	  "UMIP reads it and does nothing; here 'disabled' ends correspondent registrations, which an administrator expects of it" },
	{ "NonVolatileBindingCache", IF_ON, "UMIP reads it and keeps nothing; here bindings survive the daemon, in BindingCacheFile" },
	{ "UseAltCoa", ALWAYS, "UMIP reads it and does nothing; here 'disabled' leaves out the Alternate Care-of Address option" },
	{ "MnRouterProbes", IF_ZERO,
	  "UMIP moves to a new router unasked; here the old one is asked first, since both may be of one link, which costs a quarter of a second at most" },
	{ "MnRouterProbeTimeout", IF_ZERO, "UMIP waits as long as the kernel does, a second; here 80 and 30 milliseconds, so that a move is noticed soon" },
	{ "MnDiscardHaParamProb", IF_OFF,
	  "UMIP ends its registration at such a message, which anybody can forge; here it only makes another home agent be tried, if there is one" },
	{ "BindingAclPolicy", ALWAYS, "UMIP looks at registrations only; here a binding that a reload (SIGHUP) forbids ends at once" },
	{ "HaAcceptMobRtr", IF_ON,
	  "as in UMIP; and here the prefixes of a mobile router without a registration are routed to its home address on the home link" },
	{ "HaServedPrefix", ALWAYS, "here it also bounds what a BindingAclPolicy may give and an update may ask for (status 141)" },
	{ "IsMobRtr", IF_ON, "UMIP leaves the sysctls to the administrator; here mip6d sets forwarding and accept_ra, and puts them back" },
	{ "HaMaxBindingLife", ALWAYS, "as in UMIP; and here the lifetime of the home prefix bounds a registration, too (RFC 6275 10.3.1)" },
};

static bool word_in(const char *word, const char *const *words)
{
	for (; *words; words++)
		if (!strcmp(word, *words))
			return true;
	return false;
}

static bool applies(const struct difference *d, const struct stmt *s)
{
	static const char *const on[] = { "enabled", "true", "yes", "on", "1", NULL };
	static const char *const off[] = { "disabled", "false", "no", "off", "0", NULL };
	const char *text = s->vals && s->vals->text ? s->vals->text : "";

	switch (d->when) {
	case IF_ON:
		return word_in(text, on);
	case IF_OFF:
		return word_in(text, off);
	case IF_ZERO:
		return *text && !text[strspn(text, "0.")];
	case ALWAYS:
		break;
	}
	return true;
}

static unsigned int look(struct parser *p, const struct stmt *s, FILE *out)
{
	unsigned int n = 0;

	for (; s; s = s->next) {
		for (size_t i = 0; s->kw && i < sizeof(differences) / sizeof(*differences); i++) {
			const struct difference *d = &differences[i];

			if (strcmp(d->keyword, s->kw->name) || !applies(d, s))
				continue;
			fprintf(out, "%s:%d:%d: note: %s: %s\n", p->files[s->loc.line >> CONF_LINE_BITS], CONF_LINE(s->loc.line), s->loc.col,
				d->keyword, d->text);
			n++;
		}
		n += look(p, s->block, out);
	}
	return n;
}

unsigned int conf_compat(struct parser *p, FILE *out)
{
	return look(p, p->stmts, out);
}
