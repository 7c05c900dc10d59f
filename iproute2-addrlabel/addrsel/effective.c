// SPDX-License-Identifier: GPL-2.0-or-later
/* The policy in effect; see effective.h. */
#include "effective.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"

/* RFC 6724 10.6's example of a site's own unique local prefix: before the Internet's, with the label of fc00::/7 */
#define ULA_LEN	       48
#define ULA_PRECEDENCE 45
#define ULA_LABEL      14

static int rank(const struct policy *p, const char *dev)
{
	for (size_t i = 0; i < p->n_dhcp6_dev; i++)
		if (!strcmp(p->dhcp6_dev[i], dev))
			return (int)i;
	return p->n_dhcp6_dev ? -1 : 0;
}

static bool same_table(const struct policy *a, const struct policy *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		const struct policy_row *r = &a->row[i], *other = policy_find(b, &r->prefix, r->len, r->dev);

		if (!other || other->label != r->label || other->precedence != r->precedence)
			return false;
	}
	return true;
}

static enum dhcp6_fate first_fate(struct dhcp6_policy *d, const struct policy *p)
{
	const char *why;

	if (!d->state.option)
		return FATE_NONE;
	if (dhcp6_addrsel_parse(d->state.option, d->state.option_len, &d->option, &why))
		return FATE_BROKEN;
	if (d->state.expires > 0 && d->state.expires <= state_now())
		return FATE_EXPIRED;
	if (!if_nametoindex(d->state.dev))
		return FATE_NO_INTERFACE;
	if (p->dhcp6 == DHCP6_IGNORE)
		return FATE_IGNORED;
	return rank(p, d->state.dev) < 0 ? FATE_NOT_NAMED : FATE_USED;
}

static int load_dhcp6(struct effective *e, const char *dir)
{
	struct dhcp6_policy *best = NULL;
	struct state_policy *list;
	int n = state_list(dir, &list);

	if (n < 0)
		return n;
	e->dhcp6 = calloc(n ? (size_t)n : 1, sizeof(*e->dhcp6));
	if (!e->dhcp6) {
		state_free(list, n);
		return -ENOMEM;
	}
	e->n_dhcp6 = n;
	for (int i = 0; i < n; i++) {
		struct dhcp6_policy *d = &e->dhcp6[i];

		d->state = list[i];
		d->fate = first_fate(d, &e->policy);
		if (d->fate == FATE_USED && d->option.table.n &&
		    (!best || rank(&e->policy, d->state.dev) < rank(&e->policy, best->state.dev)))
			best = d;
	}
	free(list);
	for (int i = 0; i < n; i++) {
		struct dhcp6_policy *d = &e->dhcp6[i];

		if (d->fate == FATE_USED && d->option.table.n && d != best)
			d->fate = same_table(&d->option.table, &best->option.table) ? FATE_SAME : FATE_LOST;
		/* a table, or the flag, forbids automatic rows (RFC 7078 2) */
		if ((d->fate == FATE_USED || d->fate == FATE_SAME) && (d->option.table.n || !d->option.automatic))
			e->no_automatic = d->state.dev;
	}
	e->winner = best ? best->state.dev : NULL;
	return 0;
}

static int merge(struct effective *e)
{
	struct policy *p = &e->policy;
	int rc = 0;

	for (int i = 0; i < e->n_dhcp6; i++) {
		const struct policy *table = &e->dhcp6[i].option.table;

		if (e->dhcp6[i].state.dev != e->winner)
			continue;
		if (p->dhcp6 == DHCP6_REPLACE)
			p->n = 0;
		for (size_t j = 0; j < table->n && (!rc || rc == -EEXIST); j++)
			rc = policy_add(p, &table->row[j], NULL);
	}
	return rc == -EEXIST ? 0 : rc;
}

static int add_automatic(struct policy *p)
{
	struct host host;
	int rc = host_read(&host);

	if (rc)
		return rc;
	for (size_t i = 0; i < host.n6 && (!rc || rc == -EEXIST); i++) {
		struct policy_row row = { .prefix = host.addr[i].addr,
					  .len = ULA_LEN,
					  .precedence = ULA_PRECEDENCE,
					  .label = ULA_LABEL,
					  .origin = FROM_ADDRESS };

		if ((row.prefix.s6_addr[0] & 0xfe) != 0xfc)
			continue;
		prefix_mask(&row.prefix, row.len);
		rc = policy_add(p, &row, NULL);
	}
	host_free(&host);
	return rc == -EEXIST ? 0 : rc;
}

int effective_load(const char *file, const char *state_dir, struct effective *e, FILE *err)
{
	int rc;

	*e = (struct effective){ 0 };
	rc = policy_load(file, &e->policy, err);
	e->no_file = rc == -ENOENT;
	if (rc && !e->no_file)
		return rc;
	rc = load_dhcp6(e, state_dir);
	if (!rc && !e->policy.n)
		rc = policy_add_default(&e->policy, DEFAULT_RFC6724);
	if (!rc && e->winner)
		rc = merge(e);
	if (!e->policy.automatic)
		e->no_automatic = NULL;
	if (!rc && e->policy.automatic && !e->no_automatic)
		rc = add_automatic(&e->policy);
	if (!rc) {
		rc = policy_complete(&e->policy);
		e->implied_any = rc > 0;
		policy_sort(&e->policy);
	}
	if (rc < 0)
		effective_free(e);
	return rc < 0 ? rc : 0;
}

void effective_free(struct effective *e)
{
	for (int i = 0; i < e->n_dhcp6; i++) {
		free(e->dhcp6[i].state.option);
		policy_free(&e->dhcp6[i].option.table);
	}
	free(e->dhcp6);
	policy_free(&e->policy);
	*e = (struct effective){ 0 };
}

bool row_is_libc_only(const struct policy_row *r)
{
	return r->len > 96 && IN6_IS_ADDR_V4MAPPED(&r->prefix);
}

int effective_labels(const struct policy *p, struct prefixes *out, unsigned int *absent)
{
	int rc = 0;

	*out = (struct prefixes){ 0 };
	if (absent)
		*absent = 0;
	for (size_t i = 0; !rc && i < p->n; i++) {
		const struct policy_row *r = &p->row[i];
		unsigned int ifindex = r->dev[0] ? if_nametoindex(r->dev) : 0;

		if (absent && r->dev[0] && !ifindex)
			++*absent;
		if (!row_is_libc_only(r) && (!r->dev[0] || ifindex))
			rc = prefixes_add(out, &r->prefix, r->len, ifindex, r->label);
	}
	prefixes_sort(out);
	return rc;
}

int effective_gaiconf(const struct policy *p, const struct prefixes *labels, struct prefixes *label,
		      struct prefixes *precedence)
{
	int rc = 0;

	*label = *precedence = (struct prefixes){ 0 };
	for (size_t i = 0; !rc && i < p->n; i++) {
		const struct policy_row *r = &p->row[i];

		if (r->dev[0])
			continue;
		if (!labels || row_is_libc_only(r))
			rc = prefixes_add(label, &r->prefix, r->len, 0, r->label);
		if (!rc)
			rc = prefixes_add(precedence, &r->prefix, r->len, 0, r->precedence);
	}
	for (size_t i = 0; !rc && labels && i < labels->n; i++)
		if (!labels->v[i].ifindex && labels->v[i].value <= POLICY_VALUE_MAX)
			rc = prefixes_add(label, &labels->v[i].prefix, labels->v[i].len, 0, labels->v[i].value);
	prefixes_sort(label);
	prefixes_sort(precedence);
	if (rc) {
		prefixes_free(label);
		prefixes_free(precedence);
	}
	return rc;
}
