// SPDX-License-Identifier: GPL-2.0-or-later
/* Route optimization for people: the correspondents' rows of mip6ctl bul, and what mip6ctl status says of them. */
#include "mn/mn_ro.h"

static struct json_object *seconds(bool known, double s)
{
	return known && s >= 0 ? json_object_new_int64((int64_t)s) : NULL;
}

static struct json_object *row(const struct mn_ro *ro, const struct mn_ro_peer *p)
{
	struct json_object *o = json_object_new_object();
	double now = clock_now();
	const struct mn_ro_test *home = &p->test[RR_HOME], *care_of = &p->test[RR_CARE_OF];
	const char *why = mn_ro_why_name(p, now);

	json_object_object_add(o, "home_address", mn_json_addr(mn_hoa(ro->mn)));
	json_object_object_add(o, "care_of_address", p->bound ? mn_json_addr(&p->bound_coa) : NULL);
	json_object_object_add(o, "peer_address", mn_json_addr(&p->addr));
	json_object_object_add(o, "state", json_object_new_string(mn_ro_state_name(p, now)));
	json_object_object_add(o, "reason", why ? json_object_new_string(why) : NULL);
	json_object_object_add(o, "sequence", json_object_new_int(p->seq));
	json_object_object_add(o, "lifetime_s", seconds(p->bound, p->granted));
	json_object_object_add(o, "remaining_s", seconds(p->bound, p->expires - now));
	json_object_object_add(o, "refresh_in_s", seconds(p->bound && p->want == MN_RO_NOTHING, p->refresh_at - now));
	json_object_object_add(o, "retransmissions", json_object_new_int64(p->waiting && p->tries ? p->tries - 1 : 0));
	json_object_object_add(o, "last_status", p->last_status < 0 ? NULL : json_object_new_int(p->last_status));
	json_object_object_add(o, "acknowledged", json_object_new_boolean(p->confirmed));
	json_object_object_add(o, "home_token_age_s", seconds(home->have, now - home->got_at));
	json_object_object_add(o, "care_of_token_age_s", seconds(care_of->have, now - care_of->got_at));
	json_object_object_add(o, "idle_s", seconds(true, now - p->used));
	return o;
}

bool mn_ro_json(struct mn *mn, uint64_t *at, unsigned int max, struct json_object *rows)
{
	struct mn_ro *ro = mn->ro;

	if (!ro)
		return false;
	mn_ro_look(ro);
	for (; *at < ro->table.n && max; max--, (*at)++)
		json_object_array_add(rows, row(ro, ro->table.at[*at]));
	return *at < ro->table.n;
}

void mn_ro_status(const struct mn *mn, struct json_object *o)
{
	const struct mn_ro *ro = mn->ro;
	struct json_object *counts;

	json_object_object_add(o, "route_optimization", json_object_new_boolean(ro != NULL));
	if (!ro)
		return;
	counts = json_object_new_object();
	for (unsigned int i = 0; i < ro->table.n; i++) {
		const char *state = mn_ro_state_name(ro->table.at[i], clock_now());
		struct json_object *n = NULL;

		json_object_object_get_ex(counts, state, &n);
		json_object_object_add(counts, state, json_object_new_int(n ? json_object_get_int(n) + 1 : 1));
	}
	json_object_object_add(o, "correspondents", counts);
}
