// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Updates that wait for the administrator's program (HookProgram).
 *
 * It is asked about every care-of address that a home address has not had until now, and about every mobile network, after all checks of our own;
 * the update is judged again when the answer comes, since other things may have happened meanwhile. While an answer is waited for, a later update for
 * the same home address takes the place of the one that waits, so that a mobile node that repeats itself costs one question; and one that needs
 * no question, such as a deregistration, ends the wait.
 */
#include "ha/ha.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/hook.h"

struct ha_question {
	struct ha *ha;
	uint64_t id;
	/* What the program was asked about */
	struct in6_addr asked_coa;
	bool asked_router;
	unsigned int n_asked;
	struct mh_prefix asked[MH_MAX_MNP];
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
	q->ha->n_questions--;
	free(q);
}

/* The update that waits asks for no more than the program was asked about. */
static bool same(const struct ha_question *q)
{
	struct in6_addr coa = coa_of(&q->p, &q->m);
	bool router = q->m.bu.flags & MH_BU_R;

	if (!IN6_ARE_ADDR_EQUAL(&coa, &q->asked_coa) || router != q->asked_router || (router && q->m.opts.n_mnp != q->n_asked))
		return false;
	for (unsigned int i = 0; router && i < q->n_asked; i++)
		if (q->m.opts.mnp[i].len != q->asked[i].len || !IN6_ARE_ADDR_EQUAL(&q->m.opts.mnp[i].addr, &q->asked[i].addr))
			return false;
	return true;
}

static void answered(void *arg, uint8_t status)
{
	struct ha_question *q = arg;

	/* First: the update may lead to the next question. */
	TAILQ_REMOVE(&q->ha->questions, q, list);
	q->ha->n_questions--;
	if (same(q))
		ha_binding_update_answered(q->ha, &q->p, &q->m, status);
	else
		ha_binding_update_again(q->ha, &q->p, &q->m);
	free(q);
}

static struct json_object *prefixes_json(const struct bc_mnps *mnps)
{
	struct json_object *o = json_object_new_array();
	char text[INET6_ADDRSTRLEN + 4];

	for (unsigned int i = 0; i < mnps->n; i++) {
		snprintf(text, sizeof(text), "%s/%u", log_addr(&mnps->at[i].addr), mnps->at[i].len);
		json_object_array_add(o, json_object_new_string(text));
	}
	return o;
}

bool ha_hook_ask(struct ha *ha, const struct mh_packet *p, const struct mh_msg *m, const struct binding *b, const struct bc_mnps *mnps)
{
	struct in6_addr coa = coa_of(p, m);
	struct ha_question *q = find(ha, &p->src);
	struct json_object *o;

	if (q) {
		/* They may have overtaken each other. */
		if (mh_seq_newer(m->bu.seq, q->m.bu.seq)) {
			q->p = *p;
			q->m = *m;
		}
		return true;
	}
	/* Half of the room is for those who are registered: anybody can ask for a home address that has no binding. */
	if (!b && ha->n_questions >= HOOK_QUESTIONS_MAX / 2)
		return false;
	q = calloc(1, sizeof(*q));
	if (!q)
		return false;
	q->ha = ha;
	q->p = *p;
	q->m = *m;
	q->asked_coa = coa;
	q->asked_router = m->bu.flags & MH_BU_R;
	q->n_asked = m->opts.n_mnp;
	memcpy(q->asked, m->opts.mnp, sizeof(q->asked));
	o = json_object_new_object();
	json_object_object_add(o, "home_address", json_object_new_string(log_addr(&p->src)));
	json_object_object_add(o, "care_of_address", json_object_new_string(log_addr(&coa)));
	json_object_object_add(o, "previous_care_of_address", b ? json_object_new_string(log_addr(&b->coa)) : NULL);
	json_object_object_add(o, "home_agent_address", json_object_new_string(log_addr(&p->dst)));
	json_object_object_add(o, "lifetime_s", json_object_new_int64(mh_lifetime_to_sec(m->bu.lifetime)));
	json_object_object_add(o, "sequence", json_object_new_int(m->bu.seq));
	json_object_object_add(o, "mobile_router", json_object_new_boolean(m->bu.flags & MH_BU_R));
	json_object_object_add(o, "mobile_network_prefixes", prefixes_json(mnps));
	TAILQ_INSERT_TAIL(&ha->questions, q, list);
	ha->n_questions++;
	q->id = hook_ask(ha->d->hook, "registration", o, answered, q);
	if (q->id)
		return true;
	forget(q);
	return false;
}

void ha_hook_cancel(struct ha *ha, const struct in6_addr *hoa)
{
	struct ha_question *q = ha->d->hook ? find(ha, hoa) : NULL;

	if (!q)
		return;
	hook_forget(ha->d->hook, q->id);
	forget(q);
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
