// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A mobile router (RFC 3963 section 5): a mobile node with a network behind it.
 *
 * Registration is a mobile node's, with the R flag, and in explicit mode with the prefixes of the mobile network. Abroad, what comes from
 * the mobile network takes the way of the home address: into the tunnel while there is a binding, held during a handoff, refused otherwise.
 *
 *	997: iif eth0 unreachable	the foreign link gets nothing forwarded
 *	998: to MNP lookup main		the mobile network itself is near; at home, too, if there are other home addresses
 *	1002: from MNP lookup 252	default dev mip6mn0, or unreachable
 *	1003: iif mip6mn0 unreachable	what the tunnel brings for others
 *
 * A policy keeps these sources off the interface, whatever else is routed how. In the main table an unreachable route for each
 * prefix lies below the mobile network's own: an address that is not there is not looked for elsewhere, at home either.
 */
#include "mn/mn.h"

#include <linux/rtnetlink.h>
#include <linux/xfrm.h>
#include <string.h>

#include "kern/sysctl.h"
#include "kern/xfrm.h"

#define N_RULES(mn) ((mn)->home->mnps.n + 1 + ((mn)->spare_tunnel != 0))

void mn_nemo_update(const struct mn *mn, struct mh_msg *m)
{
	const struct conf_mnps *mnps = &mn->home->mnps;

	if (!mn->home->mobile_router)
		return;
	m->bu.flags |= MH_BU_R;
	if (!m->bu.lifetime || !mn->d->conf->mr_explicit)
		return;
	for (unsigned int i = 0; i < mnps->n; i++)
		m->opts.mnp[m->opts.n_mnp++] = (struct mh_prefix){ .addr = mnps->at[i].addr, .len = mnps->at[i].len };
}

static bool in_one(const struct conf_mnps *mnps, const struct in6_addr *addr)
{
	for (unsigned int i = 0; i < mnps->n; i++)
		if (addr_in_prefix(addr, &mnps->at[i].addr, mnps->at[i].len))
			return true;
	return false;
}

bool mn_nemo_ours(const struct mn *mn, const struct in6_addr *addr)
{
	/* whichever home address looks */
	for (const struct conf_home *h = mn->d->conf->homes; h; h = h->next)
		if (in_one(&h->mnps, addr))
			return true;
	return false;
}

void mn_nemo_refused(const struct mn *mn, uint8_t status)
{
	const char *what = NULL;

	if (status == BA_MR_NOT_PERMITTED)
		what = "the home agent accepts no mobile routers (HaAcceptMobRtr there)";
	else if (status == BA_INVALID_PREFIX)
		what = "it cannot forward to one of our prefixes (HaServedPrefix there, or it is of the home link)";
	else if (status == BA_UNAUTHORIZED_PREFIX)
		what = "one of our prefixes is not ours there (BindingAclPolicy)";
	else if (status == BA_FORWARDING_FAILED && !mn->d->conf->mr_explicit)
		what = "it knows no prefixes for us (BindingAclPolicy there, or MobRtrUseExplicitMode here)";
	else if (status == BA_FORWARDING_FAILED)
		what = "it could not set up its routes to our prefixes";
	if (what)
		log_error("mobile-router-refused", "home_agent=%s mode=%s status=%u advice=\"%s\"", log_addr(&mn->ha),
			  mn->d->conf->mr_explicit ? "explicit" : "implicit", status, what);
}

/* ---- the kernel ---- */

/* Before forwarding: turning that on throws away the default routes of who would not accept advertisements as a router. */
static void accept_ra_as_router(const struct mn_if *nif)
{
	char path[128];
	long v;

	snprintf(path, sizeof(path), "net/ipv6/conf/%s/accept_ra", nif->name);
	if (!nif->link_gone && !kern_sysctl_get(path, &v) && v == 1)
		mn_kernel_sysctl(nif->name, "accept_ra", "2");
}

void mn_nemo_sysctls(struct mn_if *nif)
{
	const struct mn *mn = nif->mn;
	long v;

	if (!mn->home->mobile_router)
		return;
	for (unsigned int i = 0; i < mn->n_ifs; i++)
		accept_ra_as_router(mn->ifs[i]);
	/* Once: it would make routers of the interfaces that were set before. */
	if (kern_sysctl_get("net/ipv6/conf/all/forwarding", &v) || v != 1)
		mn_kernel_sysctl("all", "forwarding", "1");
	/* On the links that it moves with, it is a host like others. */
	mn_kernel_sysctl(nif->name, "forwarding", "0");
}

/* A tunnel of a home address without a network is no way into that of another one, nor out again: the sysctl of one device does not say so. */
bool mn_nemo_has_rules(const struct mn *mn)
{
	return mn->home->mobile_router || mn_any_router(mn->d);
}

bool mn_nemo_wants_near(const struct mn *mn, bool away)
{
	/* What comes home for this network would go into the tunnel of another one that it is from, and come again until its hops are used up. */
	return mn->home->mobile_router && (away || mn->d->conf->homes->next);
}

static struct kern_route refuse_route(const struct conf_prefix *p)
{
	return (struct kern_route){ .dst = p->addr, .dst_len = p->len, .metric = MN_METRIC_REFUSE, .unreachable = true };
}

static struct kern_rule rule_to(const struct conf_prefix *p)
{
	return (struct kern_rule){ .priority = MN_RULE_TO_NETWORK, .has_dst = true, .dst = p->addr, .dst_len = p->len, .table = RT_TABLE_MAIN };
}

static struct kern_rule rule_from(const struct mn *mn, const struct conf_prefix *p)
{
	return (struct kern_rule){ .priority = MN_RULE_FROM_NETWORK, .has_src = true, .src = p->addr, .src_len = p->len,
				   .table = mn_table(mn) };
}

static struct kern_rule rule_in(uint32_t priority, const char *ifname)
{
	struct kern_rule r = { .priority = priority, .unreachable = true };

	strcpy(r.iif, ifname);
	return r;
}

static void change_rules(const struct mn *mn, struct kern_batch *b,
			 void (*change)(struct kern_batch *b, const struct kern_rule *r, unsigned int forgive), unsigned int forgive)
{
	struct kern_rule stray = rule_in(MN_RULE_STRAY, mn->tunnel_name), spare = rule_in(MN_RULE_STRAY, mn->spare_name);

	change(b, &stray, forgive);
	if (mn->spare_tunnel)
		change(b, &spare, forgive);
	for (unsigned int i = 0; i < mn->home->mnps.n; i++) {
		struct kern_rule from = rule_from(mn, &mn->home->mnps.at[i]);

		change(b, &from, forgive);
	}
}

static void change_near(const struct mn *mn, struct kern_batch *b,
			void (*change)(struct kern_batch *b, const struct kern_rule *r, unsigned int forgive), unsigned int forgive)
{
	for (unsigned int i = 0; i < mn->home->mnps.n; i++) {
		struct kern_rule to = rule_to(&mn->home->mnps.at[i]);

		change(b, &to, forgive);
	}
}

/* Abroad what comes in on each of our interfaces, at home on all but that one. */
static bool wants_no_forward(const struct mn *mn, const struct mn_if *nif, const struct mn_held *to)
{
	return mn->home->mobile_router && !nif->link_gone && (to->network_rules || nif != mn->cur);
}

/*
 * The link is a foreign one for all home addresses that have a network: where one of them is at home, its network is reached.
 */
static bool all_want_no_forward(const struct mn *mn, const struct mn_if *nif, const struct mn_held *to)
{
	if (!wants_no_forward(mn, nif, to))
		return false;
	for (const struct mn *i = mn_of(mn->d); i; i = i->next) {
		const struct mn_if *same = i == mn || !i->home->mobile_router ? NULL : mn_if_by_index(i, nif->ifindex);

		if (same && !wants_no_forward(i, same, &i->held))
			return false;
	}
	return true;
}

static void note_foreign(const struct mn *mn, const struct mn_if *nif, bool there)
{
	for (struct mn *i = mn_of(mn->d); i; i = i->next) {
		struct mn_if *same = i->home->mobile_router ? mn_if_by_index(i, nif->ifindex) : NULL;

		if (same)
			same->no_forward = there;
	}
}

static void change_foreign(struct mn *mn, struct kern_batch *b, const struct mn_held *to, bool want)
{
	for (unsigned int i = 0; i < mn->n_ifs; i++) {
		struct mn_if *nif = mn->ifs[i];
		struct kern_rule r = rule_in(MN_RULE_FOREIGN, nif->name);

		if (nif->no_forward == want || all_want_no_forward(mn, nif, to) != want)
			continue;
		if (want)
			kern_rule_add(b, &r, KERN_OK_EXISTS);
		else
			kern_rule_del(b, &r, KERN_OK_ABSENT);
		nif->no_forward = want;
		note_foreign(mn, nif, want);
	}
}

void mn_nemo_renamed(struct mn_if *nif)
{
	struct kern_rule r = rule_in(MN_RULE_FOREIGN, nif->name);
	struct kern_batch *b;

	if (!nif->no_forward)
		return;
	b = kern_batch_new(KERN_ROUTE);
	if (!b)
		return;
	kern_rule_del(b, &r, KERN_OK_ABSENT);
	if (kern_batch_commit(b))
		mn_kernel_failed(nif->mn, "the rule of a renamed interface");
	nif->no_forward = false;
}

void mn_nemo_add(struct mn *mn, struct kern_batch *b, const struct mn_held *to)
{
	for (unsigned int i = 0; to->network_refused && !mn->held.network_refused && i < mn->home->mnps.n; i++) {
		struct kern_route r = refuse_route(&mn->home->mnps.at[i]);

		kern_route_replace(b, &r);
	}
	if (to->network_near && !mn->held.network_near)
		change_near(mn, b, kern_rule_add, KERN_OK_EXISTS);
	if (to->network_rules && !mn->held.network_rules)
		change_rules(mn, b, kern_rule_add, KERN_OK_EXISTS);
	change_foreign(mn, b, to, true);
}

void mn_nemo_remove(struct mn *mn, struct kern_batch *b, const struct mn_held *to)
{
	change_foreign(mn, b, to, false);
	if (!to->network_rules && mn->held.network_rules)
		change_rules(mn, b, kern_rule_del, KERN_OK_ABSENT);
	if (!to->network_near && mn->held.network_near)
		change_near(mn, b, kern_rule_del, KERN_OK_ABSENT);
}

static struct kern_ro_policy block_policy(const struct conf_prefix *p, int ifindex)
{
	return (struct kern_ro_policy){
		.dir = XFRM_POLICY_OUT,
		.priority = 20,
		.src = p->addr,
		.src_len = p->len,
		.mh_type = -1,
		.ifindex = ifindex,
		.block = true,
	};
}

void mn_nemo_block(const struct mn *mn, struct kern_batch *b, int from, int to)
{
	for (unsigned int i = 0; i < mn->home->mnps.n; i++) {
		struct kern_ro_policy old = block_policy(&mn->home->mnps.at[i], from), new = block_policy(&mn->home->mnps.at[i], to);

		if (to)
			kern_ro_policy_set(b, &new);
		if (from)
			kern_ro_policy_del(b, &old, KERN_OK_ABSENT);
	}
}

static bool has_prefix(const struct mn *mn, const struct in6_addr *addr, unsigned int len)
{
	const struct conf_mnps *mnps = &mn->home->mnps;

	for (unsigned int i = 0; i < mnps->n; i++)
		if (mnps->at[i].len == len && IN6_ARE_ADDR_EQUAL(&mnps->at[i].addr, addr))
			return true;
	return false;
}

void mn_nemo_see_rule(const struct mn *mn, const struct kern_rule *r, struct mn_nemo_look *l)
{
	if (r->priority == MN_RULE_FOREIGN && r->iif[0] && l->n_foreign < MN_IFS_MAX)
		strcpy(l->foreign[l->n_foreign++], r->iif);
	if (r->priority == MN_RULE_TO_NETWORK && r->has_dst)
		l->near += has_prefix(mn, &r->dst, r->dst_len);
	if (r->priority == MN_RULE_FROM_NETWORK && r->has_src)
		l->rules += has_prefix(mn, &r->src, r->src_len);
	if (r->priority == MN_RULE_STRAY)
		l->rules += !strcmp(r->iif, mn->tunnel_name) || (mn->spare_tunnel && !strcmp(r->iif, mn->spare_name));
}

void mn_nemo_see_route(const struct kern_route *r, void *look)
{
	struct mn_nemo_look *l = look;

	l->routes += r->unreachable && has_prefix(l->mn, &r->dst, r->dst_len);
}

/* Half of them is none where they are wanted, and all of them where not. */
void mn_nemo_seen(struct mn *mn, const struct mn_nemo_look *l, struct mn_held *held, bool away)
{
	held->network_rules = mn_nemo_has_rules(mn) && l->rules >= (away ? N_RULES(mn) : 1);
	held->network_near = mn->home->mobile_router && l->near >= (mn_nemo_wants_near(mn, away) ? mn->home->mnps.n : 1);
	held->network_refused = mn->home->mobile_router && l->routes >= mn->home->mnps.n;
	if (!mn->home->mobile_router)
		return; /* they may be another home address's */
	for (unsigned int i = 0; i < mn->n_ifs; i++) {
		struct mn_if *nif = mn->ifs[i];

		nif->no_forward = false;
		for (unsigned int k = 0; k < l->n_foreign; k++)
			nif->no_forward |= !strcmp(l->foreign[k], nif->name);
	}
}

void mn_nemo_json(const struct mn *mn, struct json_object *o)
{
	const struct conf_mnps *mnps = &mn->home->mnps;
	struct json_object *list;
	char text[INET6_ADDRSTRLEN + 4];

	if (!mn->home->mobile_router)
		return;
	list = json_object_new_array();
	for (unsigned int i = 0; i < mnps->n; i++) {
		snprintf(text, sizeof(text), "%s/%u", log_addr(&mnps->at[i].addr), mnps->at[i].len);
		json_object_array_add(list, json_object_new_string(text));
	}
	json_object_object_add(o, "mobile_network_prefixes", list);
}
