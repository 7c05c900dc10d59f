// SPDX-License-Identifier: GPL-2.0-or-later
#include "conf_expect.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

char *errors_of(const char *text, size_t len, int role, int *rc, struct conf *c)
{
	char *out = NULL;
	size_t size;
	FILE *err = open_memstream(&out, &size);

	*rc = conf_parse("F", text, len, role, c, err);
	fclose(err);
	return out;
}

char *printed(const struct conf *c)
{
	char *out = NULL;
	size_t size;
	FILE *f = open_memstream(&out, &size);

	conf_print(c, f);
	fclose(f);
	return out;
}

struct conf parsed(const char *text)
{
	struct conf c;
	int rc;
	char *err = errors_of(text, strlen(text), -1, &rc, &c);

	ck_assert_msg(!rc, "%s\n%s", text, err);
	free(err);
	return c;
}

static void same_ipsec(const struct conf *a, const struct conf *b)
{
	const struct conf_ipsec_set *s = a->ipsec, *t = b->ipsec;

	ck_assert_int_eq(a->key_mng_mob, b->key_mng_mob);
	ck_assert_int_eq(a->ipsec_pf_key, b->ipsec_pf_key);
	for (; s && t; s = s->next, t = t->next) {
		ck_assert_mem_eq(&s->ha, &t->ha, 16);
		ck_assert_uint_eq(s->n_homes, t->n_homes);
		for (unsigned int i = 0; i < s->n_homes; i++) {
			ck_assert_mem_eq(&s->homes[i].addr, &t->homes[i].addr, 16);
			ck_assert_uint_eq(s->homes[i].len, t->homes[i].len);
		}
		for (int i = 0; i < IPSEC_TYPES; i++) {
			ck_assert_int_eq(!s->policy[i].line, !t->policy[i].line);
			ck_assert_int_eq(s->policy[i].block, t->policy[i].block);
			ck_assert_mem_eq(s->policy[i].reqid, t->policy[i].reqid, sizeof(s->policy[i].reqid));
		}
	}
	ck_assert(!s && !t);
	ck_assert_uint_eq(a->n_ipsec_homes, b->n_ipsec_homes);
	for (size_t i = 0; i < a->n_ipsec_homes; i++)
		ck_assert_mem_eq(&a->ipsec_index[i].hoa, &b->ipsec_index[i].hoa, 16);
}

static void same_struct(const struct conf *a, const struct conf *b)
{
	const struct conf_iface *i = a->ifaces, *j = b->ifaces;
	const struct conf_acl *p = a->acl, *q = b->acl;
	const struct conf_home *h = a->homes, *k = b->homes;

	ck_assert_int_eq(a->role, b->role);
	ck_assert_int_eq(a->debug_level, b->debug_level);
	ck_assert_pstr_eq(a->debug_log_file, b->debug_log_file);
	ck_assert_pstr_eq(a->hook_program, b->hook_program);
	ck_assert_int_eq(a->use_mn_ha_ipsec, b->use_mn_ha_ipsec);
	ck_assert_uint_eq(a->ha_max_binding_life, b->ha_max_binding_life);
	ck_assert_uint_eq(a->ha_refresh_advice, b->ha_refresh_advice);
	ck_assert_uint_eq(a->ha_max_bindings, b->ha_max_bindings);
	ck_assert_int_eq(a->ha_multicast, b->ha_multicast);
	ck_assert_uint_eq(a->ha_max_groups, b->ha_max_groups);
	ck_assert_uint_eq(a->ha_max_groups_per_binding, b->ha_max_groups_per_binding);
	ck_assert_uint_eq(a->ha_max_group_rate, b->ha_max_group_rate);
	ck_assert_uint_eq(a->ha_multicast_query, b->ha_multicast_query);
	ck_assert_int_eq(a->mn_multicast, b->mn_multicast);
	ck_assert_uint_eq(a->default_acl, b->default_acl);
	ck_assert_uint_eq(a->n_acl, b->n_acl);
	ck_assert_uint_eq(a->mn_max_ha_binding_life, b->mn_max_ha_binding_life);
	ck_assert_uint_eq(a->init_timeout_first_ms, b->init_timeout_first_ms);
	ck_assert_uint_eq(a->init_timeout_rereg_ms, b->init_timeout_rereg_ms);
	ck_assert_int_eq(a->optimistic_handoff, b->optimistic_handoff);
	ck_assert_uint_eq(a->mn_router_probes, b->mn_router_probes);
	ck_assert_uint_eq(a->mn_router_probe_ms, b->mn_router_probe_ms);
	ck_assert_int_eq(a->mn_discard_ha_param_prob, b->mn_discard_ha_param_prob);
	for (; i && j; i = i->next, j = j->next) {
		ck_assert_str_eq(i->name, j->name);
		ck_assert_int_eq(i->type, j->type);
	}
	ck_assert(!i && !j);
	for (; p && q; p = p->next, q = q->next) {
		ck_assert_mem_eq(&p->hoa, &q->hoa, 16);
		ck_assert_int_eq(p->status, q->status);
	}
	ck_assert(!p && !q);
	for (; h && k; h = h->next, k = k->next) {
		ck_assert_str_eq(h->ifname, k->ifname);
		ck_assert_mem_eq(&h->hoa, &k->hoa, 16);
		ck_assert_mem_eq(&h->ha, &k->ha, 16);
		ck_assert_int_eq(h->alt_coa, k->alt_coa);
		ck_assert_int_eq(h->plen, k->plen);
	}
	ck_assert(!h && !k);
	same_ipsec(a, b);
}

void round_trip(const struct conf *c)
{
	char *first = printed(c), *second, *err;
	struct conf again;
	int rc;

	err = errors_of(first, strlen(first), -1, &rc, &again);
	ck_assert_msg(!rc, "not read again:\n%s%s", first, err);
	ck_assert_str_eq(err, "");
	same_struct(c, &again);
	second = printed(&again);
	ck_assert_str_eq(first, second);
	conf_free(&again);
	free(err);
	free(first);
	free(second);
}

void expect(const char *text, size_t len, int role, const char *want)
{
	char *err, *got, *to;
	static const struct conf zero;
	struct conf c;
	int rc;

	err = errors_of(text, len, role, &rc, &c);
	got = to = calloc(1, strlen(err) + 1);
	for (const char *line = err; *line; line = strchr(line, '\n') + 1) {
		size_t n = strcspn(line, "\n") + 1;

		ck_assert_msg(!strncmp(line, "F:", 2), "no place: %s", err);
		memcpy(to, line + 2, n - 2);
		to += n - 2;
	}
	ck_assert_msg(!strcmp(got, want), "--- text\n%s\n--- expected\n%s--- found\n%s", text, want, got);
	ck_assert_int_eq(rc, *want ? -1 : 0);
	if (rc)
		ck_assert_mem_eq(&c, &zero, sizeof(c));
	else
		round_trip(&c);
	conf_free(&c);
	free(err);
	free(got);
}

char said[4096];

static void say(const char *keyword, bool taken, void *arg)
{
	size_t n = strlen(said);

	(void)arg;
	ck_assert_uint_lt((size_t)snprintf(said + n, sizeof(said) - n, "%c%s ", taken ? '+' : '-', keyword), sizeof(said) - n);
}

int reload_into(struct conf *now, const char *text)
{
	struct conf next = parsed(text);
	int waiting, minus = 0;

	said[0] = '\0';
	waiting = conf_reload(now, &next, say, NULL);
	conf_free(&next);
	for (const char *s = said; *s; s++)
		minus += *s == '-';
	ck_assert_int_eq(waiting, minus);
	return waiting;
}

void reload(const char *a, const char *b, const char *want, const char *result)
{
	struct conf now = parsed(a), as = parsed(result);
	char *x, *y;

	reload_into(&now, b);
	ck_assert_str_eq(said, want);
	x = printed(&now);
	y = printed(&as);
	ck_assert_str_eq(x, y);
	free(x);
	free(y);
	conf_free(&now);
	conf_free(&as);
}
