// SPDX-License-Identifier: GPL-2.0-or-later
/* The values that follow a keyword. */
#include "conf/args.h"

#include <ctype.h>
#include <string.h>

#include "core/addr.h"

#define BA_DENIED 129 /* RFC 6275 6.1.8: administratively prohibited */

bool args_expected(struct args *a, const char *what)
{
	if (!a->next)
		conf_error(a->p, a->s->end, "%s: expected %s before %s", a->s->word, what, a->s->end_text);
	else if (a->next->kind != VAL_BAD)
		conf_error(a->p, a->next->loc, "%s: expected %s, found %s", a->s->word, what,
			   conf_val_text(a->p, a->next));
	return false;
}

const struct val *args_take(struct args *a, enum val_kind kind, const char *what)
{
	const struct val *v = a->next;

	if (!v || v->kind != kind) {
		args_expected(a, what);
		return NULL;
	}
	a->next = v->next;
	return v;
}

const struct val *args_word(struct args *a, const char *what, const char *const *words)
{
	const struct val *v = a->next;

	for (; v && v->kind == VAL_WORD && *words; words++) {
		if (strcmp(*words, v->text))
			continue;
		a->next = v->next;
		return v;
	}
	args_expected(a, what);
	return NULL;
}

bool args_end(struct args *a, bool section)
{
	if (a->next) {
		if (a->next->kind != VAL_BAD)
			conf_error(a->p, a->next->loc, "expected ';' before %s", conf_val_text(a->p, a->next));
		a->p->lost = true;
		return false;
	}
	if (a->s->has_block && !section) {
		conf_error(a->p, a->s->end, "%s has no section: expected ';' before '{'", a->s->word);
		return false;
	}
	return true;
}

bool args_bool(struct args *a, bool *out)
{
	static const char *const yes[] = { "enabled", "true", "yes", "on", "1" };
	static const char *const no[] = { "disabled", "false", "no", "off", "0" };
	const struct val *v = a->next;

	for (size_t i = 0; v && (v->kind == VAL_WORD || v->kind == VAL_NUMBER) && i < 5; i++) {
		if (strcmp(v->text, yes[i]) && strcmp(v->text, no[i]))
			continue;
		*out = !strcmp(v->text, yes[i]);
		a->next = v->next;
		return true;
	}
	return args_expected(a, "'enabled' or 'disabled'");
}

bool args_number(struct args *a, uint32_t min, uint32_t max, uint32_t *out)
{
	const char *what = conf_text(a->p, "a number from %u to %u", min, max);
	const struct val *v = a->next;

	if (!v || v->kind != VAL_NUMBER || v->num < min || v->num > max)
		return args_expected(a, what);
	*out = (uint32_t)v->num;
	a->next = v->next;
	return true;
}

bool args_seconds(struct args *a, uint32_t min, uint32_t max, uint32_t *out)
{
	const char *what = conf_text(a->p, "seconds from %g to %g", min / 1000.0, max / 1000.0);
	const struct val *v = a->next;
	uint64_t ms = 0;
	int digits = -1; /* after the point */

	if (!v || (v->kind != VAL_NUMBER && v->kind != VAL_DECIMAL))
		return args_expected(a, what);
	for (const char *s = v->text; *s; s++) {
		if (*s == '.') {
			digits = 0;
		} else if (digits < 3) {
			ms = ms * 10 + (uint64_t)(*s - '0');
			digits += digits >= 0;
		} else if (*s != '0') {
			return args_expected(a, "milliseconds at the finest: at most three digits after the point");
		}
		if (ms > UINT32_MAX)
			return args_expected(a, what);
	}
	for (digits = digits < 0 ? 0 : digits; digits < 3; digits++)
		ms *= 10;
	if (ms < min || ms > max)
		return args_expected(a, what);
	*out = (uint32_t)ms;
	a->next = v->next;
	return true;
}

bool args_routable(struct args *a, const struct val *v)
{
	const char *wrong = NULL;

	if (IN6_IS_ADDR_UNSPECIFIED(&v->addr))
		wrong = "is no address";
	else if (IN6_IS_ADDR_LOOPBACK(&v->addr))
		wrong = "is the loopback address";
	else if (IN6_IS_ADDR_MULTICAST(&v->addr))
		wrong = "is a multicast address";
	else if (IN6_IS_ADDR_LINKLOCAL(&v->addr))
		wrong = "is link-local";
	else if (!addr_routable(&v->addr))
		wrong = "holds an IPv4 address";
	if (wrong)
		conf_error(a->p, v->loc, "%s: expected a routable unicast address, but %s %s", a->s->word,
			   conf_quote(a->p, '\'', v->text), wrong);
	return !wrong;
}

const struct val *args_ifname(struct args *a)
{
	const struct val *v = args_take(a, VAL_STRING, "an interface name in double quotes");
	const char *wrong = NULL;

	if (!v)
		return NULL;
	if (!*v->text)
		wrong = "is empty";
	else if (strlen(v->text) >= IFNAMSIZ)
		wrong = "is longer than 15 characters";
	else if (!strcmp(v->text, ".") || !strcmp(v->text, ".."))
		wrong = "cannot be the name of an interface";
	for (const char *s = v->text; !wrong && *s; s++)
		if (*s == '/' || *s == ':' || isspace((unsigned char)*s))
			wrong = "holds a character that no interface name can have";
	if (!wrong)
		return v;
	conf_error(a->p, v->loc, "%s: the interface name %s %s", a->s->word, conf_quote(a->p, '"', v->text), wrong);
	return NULL;
}

bool args_acl(struct args *a, uint8_t *status)
{
	static const char *const words[] = { "allow", "deny", NULL };
	const char *what = "'allow', 'deny' or a status from 128 to 255";
	const struct val *v;

	if (a->next && a->next->kind == VAL_NUMBER) {
		v = a->next;
		if (v->num < 128 || v->num > 255)
			return args_expected(a, what);
		*status = (uint8_t)v->num;
		a->next = v->next;
		return true;
	}
	v = args_word(a, what, words);
	if (v)
		*status = *v->text == 'a' ? 0 : BA_DENIED;
	return v;
}
