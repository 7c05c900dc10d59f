// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The home agent for mip6ctl, and for who is told of events: bindings, home links, counters.
 */
#include <string.h>

#include "cn/cn.h"
#include "ha/ha.h"

static json_object *addr_json(const struct in6_addr *a)
{
	return json_object_new_string(log_addr(a));
}

static struct json_object *binding_json(const struct ha *ha, const struct binding *b)
{
	static const char *const state[] = { [BC_DAD] = "dad", [BC_BOUND] = "bound", [BC_REMOVING] = "removing" };
	static const struct {
		uint8_t bit;
		char letter;
	} flags[] = { { MH_BU_A, 'A' }, { MH_BU_H, 'H' }, { MH_BU_L, 'L' }, { MH_BU_K, 'K' }, { MH_BU_R, 'R' } };
	struct json_object *o = json_object_new_object();
	double now = clock_now();
	char ifname[IFNAMSIZ] = "", text[8] = "";
	unsigned int n = 0;

	for (unsigned int i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (b->flags & flags[i].bit)
			text[n++] = flags[i].letter;
	for (unsigned int i = 0; i < ha->n_links; i++)
		if (ha->links[i].ifindex == b->ifindex)
			memcpy(ifname, ha->links[i].name, sizeof(ifname));
	json_object_object_add(o, "home_address", addr_json(&b->hoa));
	json_object_object_add(o, "care_of_address", addr_json(&b->coa));
	json_object_object_add(o, "type", json_object_new_string("home"));
	json_object_object_add(o, "home_agent_address", addr_json(&b->ha));
	json_object_object_add(o, "state", json_object_new_string(state[b->state]));
	json_object_object_add(o, "flags", json_object_new_string(text));
	json_object_object_add(o, "sequence", json_object_new_int(b->seq));
	json_object_object_add(o, "lifetime_s", json_object_new_int64(b->lifetime));
	json_object_object_add(o, "remaining_s", json_object_new_int64(b->expires > now ? (int64_t)(b->expires - now) : 0));
	json_object_object_add(o, "registered_ago_s", json_object_new_int64((int64_t)(now - b->registered)));
	json_object_object_add(o, "interface", json_object_new_string(ifname));
	if (b->network)
		json_object_object_add(o, "mobile_network_prefixes", ha_nemo_json(b));
	if (ha_multicast_listens(b))
		json_object_object_add(o, "groups", ha_multicast_json(b));
	return o;
}

void ha_notify(struct ha *ha, const char *event, const struct binding *b)
{
	ha->d->notify(ha->d, event, binding_json(ha, b));
}

static void add_binding(struct binding *b, void *arg)
{
	struct json_object *array = arg;

	json_object_array_add(array, binding_json(b->owner, b));
}

/* Of where a list is: the home agent's own are through, the correspondent node's follow. The cache's places are even. */
#define CN_ROWS 1ull

bool ha_bc(struct daemon *d, uint64_t *at, unsigned int max, struct json_object *rows)
{
	uint64_t of_cn = *at >> 1;
	bool more;

	if (!(*at & CN_ROWS)) {
		if (!bcache_walk(ha_of(d)->cache, at, max, add_binding, rows))
			*at = CN_ROWS;
		return *at != CN_ROWS || d->cn;
	}
	more = cn_rows(d->cn, &of_cn, max, rows);
	*at = of_cn << 1 | CN_ROWS;
	return more;
}

struct json_object *ha_status(struct daemon *d)
{
	struct ha *ha = ha_of(d);
	struct json_object *o = json_object_new_object(), *links = json_object_new_array();

	json_object_object_add(o, "bindings", json_object_new_int64(bcache_count(ha->cache)));
	json_object_object_add(o, "max_bindings", json_object_new_int64(bcache_max(ha->cache)));
	json_object_object_add(o, "dad_pending", json_object_new_int64(ha->n_dad));
	ha_multicast_status(ha, o);
	json_object_object_add(o, "binding_cache",
			       json_object_new_string(!ha->store ? "volatile" : ha->store_behind ? "not saved" : "saved"));
	for (unsigned int i = 0; i < ha->n_links; i++) {
		const struct ha_link *l = &ha->links[i];
		struct json_object *link = json_object_new_object(), *prefixes = json_object_new_array();
		char text[INET6_ADDRSTRLEN + 4];

		for (unsigned int j = 0; j < l->n_prefixes; j++) {
			snprintf(text, sizeof(text), "%s/%u", log_addr(&l->prefixes[j].addr), l->prefixes[j].len);
			json_object_array_add(prefixes, json_object_new_string(text));
		}
		json_object_object_add(link, "name", json_object_new_string(l->name));
		json_object_object_add(link, "up", json_object_new_boolean(l->up));
		json_object_object_add(link, "addresses", prefixes);
		json_object_array_add(links, link);
	}
	json_object_object_add(o, "interfaces", links);
	cn_status(d->cn, o);
	return o;
}

void ha_stats(struct daemon *d)
{
	struct guard_stats g;

	if (kern_guard_stats(ha_of(d)->guard, &g))
		return;
	d->stats[STAT_GUARD_PASSED] = g.passed;
	d->stats[STAT_GUARD_NO_BINDING] = g.no_binding;
	d->stats[STAT_GUARD_WRONG_COA] = g.wrong_coa;
	d->stats[STAT_GUARD_WRONG_DST] = g.wrong_dst;
	d->stats[STAT_GUARD_NOT_IPV6] = g.not_ipv6;
	d->stats[STAT_MLD_DROPPED] = g.mld_dropped;
	d->stats[STAT_MULTICAST_OUT] = g.multicast_out;
	d->stats[STAT_MULTICAST_LOST] = g.multicast_lost;
	d->stats[STAT_MULTICAST_IN] = g.multicast_in;
}
