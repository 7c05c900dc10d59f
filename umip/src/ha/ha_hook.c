// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Updates that wait for the administrator's program (HookProgram).
 *
 * It is asked about every care-of address that a home address has not had until now, after all checks of our own; the update is judged again when the
 * answer comes, since other things may have happened meanwhile. While an answer is waited for, a later update for the same home address takes the
 * place of the one that waits, so that a mobile node that repeats itself costs one question.
 */
#include "ha/ha.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/hook.h"

struct ha_question {
	struct ha *ha;
	uint64_t id;
	struct in6_addr asked_coa; /* what the program was asked about */
	struct mh_packet p;
	struct mh_msg m;
	TAILQ_ENTRY(ha_question) list;
};

static struct in6_addr coa_of(const struct mh_packet *p, const struct mh_msg *m)
{
	return m->opts.has_alt_coa ? m->opts.alt_coa : p->has_coa ? p->coa : p->src;
}

static struct ha_question *find(struct ha *ha, const struct in6_addr *hoa)
{
	struct ha_question *q;

	/* Few wait, unless the program is slow. */
	TAILQ_FOREACH(q, &ha->questions, list)
		if (IN6_ARE_ADDR_EQUAL(&q->p.src, hoa))
			return q;
	return NULL;
}

static void forget(struct ha_question *q)
{
	TAILQ_REMOVE(&q->ha->questions, q, list);
	free(q);
}

static void answered(void *arg, uint8_t status)
{
	struct ha_question *q = arg;
	struct in6_addr coa = coa_of(&q->p, &q->m);

	/* First: the update may lead to the next question. */
	TAILQ_REMOVE(&q->ha->questions, q, list);
	/* Never for another care-of address than the one that was asked about. */
	if (IN6_ARE_ADDR_EQUAL(&coa, &q->asked_coa))
		ha_binding_update_answered(q->ha, &q->p, &q->m, status);
	else
		ha_binding_update_again(q->ha, &q->p, &q->m);
	free(q);
}

/* The mobile networks that a mobile router names; in implicit mode it names none. */
static struct json_object *prefixes_json(const struct mh_msg *m)
{
	struct json_object *o = json_object_new_array();
	char text[INET6_ADDRSTRLEN + 4];

	for (unsigned int i = 0; m->bu.flags & MH_BU_R && i < m->opts.n_mnp; i++) {
		snprintf(text, sizeof(text), "%s/%u", log_addr(&m->opts.mnp[i].addr), m->opts.mnp[i].len);
		json_object_array_add(o, json_object_new_string(text));
	}
	return o;
}

bool ha_hook_ask(struct ha *ha, const struct mh_packet *p, const struct mh_msg *m, const struct binding *b)
{
	struct in6_addr coa = coa_of(p, m);
	struct ha_question *q = find(ha, &p->src);
	struct json_object *o;

	if (q) {
		q->p = *p;
		q->m = *m;
		return true;
	}
	q = malloc(sizeof(*q));
	if (!q)
		return false;
	q->ha = ha;
	q->p = *p;
	q->m = *m;
	q->asked_coa = coa;
	o = json_object_new_object();
	json_object_object_add(o, "home_address", json_object_new_string(log_addr(&p->src)));
	json_object_object_add(o, "care_of_address", json_object_new_string(log_addr(&coa)));
	json_object_object_add(o, "previous_care_of_address", b ? json_object_new_string(log_addr(&b->coa)) : NULL);
	json_object_object_add(o, "home_agent_address", json_object_new_string(log_addr(&p->dst)));
	json_object_object_add(o, "lifetime_s", json_object_new_int64(mh_lifetime_to_sec(m->bu.lifetime)));
	json_object_object_add(o, "sequence", json_object_new_int(m->bu.seq));
	json_object_object_add(o, "mobile_router", json_object_new_boolean(m->bu.flags & MH_BU_R));
	json_object_object_add(o, "mobile_network_prefixes", prefixes_json(m));
	TAILQ_INSERT_TAIL(&ha->questions, q, list);
	q->id = hook_ask(ha->d->hook, "registration", o, answered, q);
	if (q->id)
		return true;
	forget(q);
	return false;
}

void ha_hook_stop(struct ha *ha)
{
	struct ha_question *q;

	while ((q = TAILQ_FIRST(&ha->questions))) {
		if (ha->d->hook)
			hook_forget(ha->d->hook, q->id);
		forget(q);
	}
}
