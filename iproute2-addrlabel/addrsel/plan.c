// SPDX-License-Identifier: GPL-2.0-or-later
/* From one label table to another; see plan.h. */
#include "plan.h"

#include <errno.h>
#include <stdlib.h>

/* One key of the old table */
struct old {
	struct prefix_value entry; /* what lookups see: the first of its duplicates */
	size_t position; /* in the kernel's order */
	unsigned int copies;
};

struct planner {
	struct plan *plan;
	struct old *old; /* sorted by key */
	size_t n_old;
	const struct prefixes *have, *want;
	bool interfaces; /* there are entries of interfaces */
	bool has_first[129];
	struct prefix_value first[129]; /* of each length, without an interface: the one that a replacement reaches */
	int rc;
};

static void step(struct planner *pl, enum plan_op op, const struct prefix_value *entry)
{
	struct plan *p = pl->plan;

	if (pl->rc)
		return;
	if (p->n == p->cap) {
		size_t cap = p->cap ? p->cap * 2 : 32;
		struct plan_step *s = realloc(p->step, cap * sizeof(*s));

		if (!s) {
			pl->rc = -ENOMEM;
			return;
		}
		p->step = s;
		p->cap = cap;
	}
	p->step[p->n++] = (struct plan_step){ .op = op, .entry = *entry };
	if (op == PLAN_ADD && !entry->ifindex) {
		pl->first[entry->len] = *entry;
		pl->has_first[entry->len] = true;
	}
}

static int by_key_and_position(const void *va, const void *vb)
{
	const struct old *a = va, *b = vb;
	int c = prefix_cmp(&a->entry, &b->entry);

	return c ? c : (a->position > b->position) - (a->position < b->position);
}

static int gather_old(struct planner *pl, const struct prefixes *have)
{
	size_t n = 0;

	pl->old = calloc(have->n ? have->n : 1, sizeof(*pl->old));
	if (!pl->old)
		return -ENOMEM;
	for (size_t i = 0; i < have->n; i++) {
		const struct prefix_value *v = &have->v[i];

		pl->old[i] = (struct old){ .entry = *v, .position = i, .copies = 1 };
		if (!v->ifindex && !pl->has_first[v->len]) {
			pl->first[v->len] = *v;
			pl->has_first[v->len] = true;
		}
	}
	if (have->n)
		qsort(pl->old, have->n, sizeof(*pl->old), by_key_and_position);
	for (size_t i = 0; i < have->n; i++) {
		if (n && !prefix_cmp(&pl->old[n - 1].entry, &pl->old[i].entry))
			pl->old[n - 1].copies++;
		else
			pl->old[n++] = pl->old[i];
	}
	pl->n_old = n;
	return 0;
}

static int by_key(const void *key, const void *old)
{
	return prefix_cmp(key, &((const struct old *)old)->entry);
}

static struct old *find_old(const struct planner *pl, const struct prefix_value *key)
{
	return bsearch(key, pl->old, pl->n_old, sizeof(*pl->old), by_key);
}

static bool has_key(const struct planner *pl, const struct prefix_value *key)
{
	return find_old(pl, key) || prefixes_find(pl->want, key);
}

/* Is this prefix there for an interface? Such entries are before those of any interface, and few. */
static bool of_interface(const struct prefixes *t, const struct prefix_value *key)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->v[i].ifindex && t->v[i].len == key->len && IN6_ARE_ADDR_EQUAL(&t->v[i].prefix, &key->prefix))
			return true;
	return false;
}

/*
 * The two halves of the entry's prefix, with its label. Those that have an entry of their own need none. None is possible
 * for a /128, for IPv4 (the kernel refuses mapped prefixes longer than 96), and where the prefix has an interface's
 * label, too, which the halves would hide.
 */
static bool make_cover(const struct planner *pl, const struct prefix_value *entry, struct prefix_value cover[2],
		       size_t *n)
{
	*n = 0;
	if (entry->len == 128 || (entry->len >= 96 && IN6_IS_ADDR_V4MAPPED(&entry->prefix)))
		return false;
	if (pl->interfaces && (of_interface(pl->have, entry) || of_interface(pl->want, entry)))
		return false;
	for (int half = 0; half < 2; half++) {
		struct prefix_value c = *entry;

		c.len++;
		if (half)
			c.prefix.s6_addr[entry->len / 8] |= (uint8_t)(0x80 >> entry->len % 8);
		if (!has_key(pl, &c))
			cover[(*n)++] = c;
	}
	return true;
}

static void change(struct planner *pl, const struct old *old, const struct prefix_value *to)
{
	const struct prefix_value *first = &pl->first[to->len];
	struct prefix_value cover[2], saved;
	bool had = false;
	size_t n;

	if (old->copies == 1 && (to->ifindex || !prefix_cmp(first, to))) {
		step(pl, PLAN_REPLACE, to);
		return;
	}
	if (!make_cover(pl, to, cover, &n))
		pl->plan->gaps++;
	if (n) {
		had = pl->has_first[to->len + 1];
		saved = pl->first[to->len + 1];
	}
	for (size_t i = 0; i < n; i++)
		step(pl, PLAN_ADD, &cover[i]);
	for (unsigned int i = 0; i < old->copies; i++)
		step(pl, PLAN_DELETE, &old->entry);
	step(pl, PLAN_ADD, to);
	for (size_t i = 0; i < n; i++)
		step(pl, PLAN_DELETE, &cover[i]);
	if (n) {
		pl->has_first[to->len + 1] = had;
		pl->first[to->len + 1] = saved;
	}
}

static void drop(struct planner *pl, const struct old *old)
{
	/* the copies that were hidden come to light one by one */
	pl->plan->gaps += old->copies > 1;
	for (unsigned int i = 0; i < old->copies; i++)
		step(pl, PLAN_DELETE, &old->entry);
}

int plan_make(const struct prefixes *have, const struct prefixes *want, struct plan *p)
{
	struct planner pl = { .plan = p, .have = have, .want = want };

	*p = (struct plan){ 0 };
	for (size_t i = 0; i < have->n; i++)
		pl.interfaces = pl.interfaces || have->v[i].ifindex;
	for (size_t i = 0; i < want->n; i++)
		pl.interfaces = pl.interfaces || want->v[i].ifindex;
	pl.rc = gather_old(&pl, have);
	if (!pl.rc) {
		for (size_t i = 0; i < want->n; i++)
			if (!find_old(&pl, &want->v[i]))
				step(&pl, PLAN_ADD, &want->v[i]);
		for (size_t i = 0; i < want->n; i++) {
			const struct old *old = find_old(&pl, &want->v[i]);

			if (old && (old->entry.value != want->v[i].value || old->copies > 1))
				change(&pl, old, &want->v[i]);
		}
		for (size_t i = pl.n_old; i-- > 0;)
			if (!prefixes_find(want, &pl.old[i].entry))
				drop(&pl, &pl.old[i]);
	}
	free(pl.old);
	if (pl.rc)
		plan_free(p);
	return pl.rc;
}

void plan_free(struct plan *p)
{
	free(p->step);
	*p = (struct plan){ 0 };
}
