// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * With several interfaces, what has a care-of address as source leaves by its interface: packets of the tunnel, those
 * that are route-optimized, our own tests. Otherwise the kernel would take any default route, and a network refuses
 * sources that are not its own.
 *
 * Each interface has a routing table with one route in it, and the care-of address a rule that leads there. While one
 * care-of address takes the place of another, both have. At home it is the home address that has one, behind another rule for what the main table
 * knows better than by a default route, and with it what has no source yet and would get this one: otherwise a second interface abroad could have the
 * default route, and what is not for the home link would be lost. That is so with several home addresses, too: what has no source would get the
 * source and the tunnel of one that is abroad. With one interface and one home address there is nothing of this. Each home address has
 * rules and tables of its own, also if their care-of addresses are the same: one that goes takes nothing from the others.
 */
#include "mn/mn.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>

static bool at_home(const struct mn *mn, const struct mn_coa_rule *r)
{
	return IN6_ARE_ADDR_EQUAL(&r->coa, mn_hoa(mn));
}

static struct kern_rule coa_rule(const struct mn *mn, const struct mn_coa_rule *r)
{
	return (struct kern_rule){ .priority = MN_RULE_COA,
				   .has_src = true,
				   .src = r->coa,
				   .src_len = 128,
				   .find_saddr = at_home(mn, r),
				   .table = mn_table_if(mn) + r->slot };
}

static struct kern_rule near_rule(const struct mn *mn)
{
	return (struct kern_rule){ .priority = MN_RULE_NEAR, .has_src = true, .src = *mn_hoa(mn), .src_len = 128, .find_saddr = true,
				   .table = RT_TABLE_MAIN, .no_default = true };
}

static struct kern_route way_out(const struct mn_if *nif, const struct in6_addr *gateway)
{
	return (struct kern_route){ .table = mn_table_if(nif->mn) + nif->slot,
				    .metric = MN_METRIC_TUNNEL,
				    .ifindex = nif->ifindex,
				    .has_gateway = true,
				    .gateway = *gateway };
}

static bool has(const struct mn_coa_rule *rules, unsigned int n, const struct mn_coa_rule *r)
{
	for (unsigned int i = 0; i < n; i++)
		if (rules[i].slot == r->slot && IN6_ARE_ADDR_EQUAL(&rules[i].coa, &r->coa))
			return true;
	return false;
}

/* Those that there should be. Returns how many. */
static unsigned int wanted(const struct mn *mn, struct mn_coa_rule rules[2])
{
	unsigned int n = 0;

	if ((mn->several || !mn_only_home(mn)) && mn->location == MN_HOME && mn->cur->router && mn_kernel_plain(mn))
		rules[n++] = (struct mn_coa_rule){ .coa = *mn_hoa(mn), .slot = mn->cur->slot };
	if (!mn->several || mn->location != MN_AWAY)
		return n;
	if (mn->has_coa && mn->cur->router)
		rules[n++] = (struct mn_coa_rule){ .coa = mn->coa, .slot = mn->cur->slot };
	if (mn_select_covered(mn) && mn->prev->router) {
		rules[n] = (struct mn_coa_rule){ .coa = mn->bul.bound_coa, .slot = mn->prev->slot };
		n += !has(rules, n, &rules[n]);
	}
	return n;
}

static void sync_table(struct mn_if *nif, struct kern_batch *b, const struct mn_coa_rule *rules, unsigned int n)
{
	struct kern_route r;
	bool want = false;

	for (unsigned int i = 0; i < n; i++)
		want = want || rules[i].slot == nif->slot;
	if (!want || (nif->has_table && IN6_ARE_ADDR_EQUAL(&nif->table_gateway, &nif->router->addr)))
		return;
	if (nif->has_table) {
		r = way_out(nif, &nif->table_gateway);
		kern_route_del(b, &r, KERN_OK_ABSENT);
	}
	r = way_out(nif, &nif->router->addr);
	kern_route_replace(b, &r);
	nif->has_table = true;
	nif->table_gateway = nif->router->addr;
}

int mn_if_routes_sync(struct mn *mn)
{
	struct mn_coa_rule rules[2];
	unsigned int n = wanted(mn, rules);
	struct kern_batch *b;
	struct kern_rule r;

	if (!n && !mn->n_coa_rules)
		return 0;
	b = kern_batch_new(KERN_ROUTE);
	if (!b)
		return -ENOMEM;
	for (unsigned int i = 0; i < mn->n_ifs; i++)
		sync_table(mn->ifs[i], b, rules, n);
	for (unsigned int i = 0; i < n; i++) {
		if (has(mn->coa_rules, mn->n_coa_rules, &rules[i]))
			continue;
		if (at_home(mn, &rules[i])) {
			r = near_rule(mn);
			kern_rule_add(b, &r, KERN_OK_EXISTS);
		}
		r = coa_rule(mn, &rules[i]);
		kern_rule_add(b, &r, KERN_OK_EXISTS);
	}
	for (unsigned int i = 0; i < mn->n_coa_rules; i++) {
		if (has(rules, n, &mn->coa_rules[i]))
			continue;
		r = coa_rule(mn, &mn->coa_rules[i]);
		kern_rule_del(b, &r, KERN_OK_ABSENT);
		if (at_home(mn, &mn->coa_rules[i])) {
			r = near_rule(mn);
			kern_rule_del(b, &r, KERN_OK_ABSENT);
		}
	}
	memcpy(mn->coa_rules, rules, n * sizeof(*rules));
	mn->n_coa_rules = n;
	return kern_batch_commit(b);
}

void mn_if_routes_found(struct mn *mn, const struct mn_coa_rule *rules, unsigned int n, bool near)
{
	mn->n_coa_rules = 0;
	for (unsigned int i = 0; i < n; i++)
		if (near || !at_home(mn, &rules[i])) /* one of the two alone is neither */
			mn->coa_rules[mn->n_coa_rules++] = rules[i];
	for (unsigned int i = 0; i < mn->n_ifs; i++)
		mn->ifs[i]->has_table = false;
}
