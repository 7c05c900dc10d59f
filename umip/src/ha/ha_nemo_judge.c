// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the update of a mobile router asks for (RFC 3963 6.2), and the status that it gets.
 *
 * In explicit mode the update names prefixes, and each has to be one of those that the configuration gives to this home address, or a part of
 * one. In implicit mode the configuration's are meant.
 */
#include "core/addr.h"
#include "ha/ha_nemo.h"

#define NESTED_MAX 8 /* mobile routers behind each other: each costs a packet 40 bytes */

/* ---- its prefixes ---- */

bool nemo_overlaps_home(const struct ha *ha, const struct mh_prefix *p)
{
	for (unsigned int i = 0; i < ha->n_links; i++)
		for (unsigned int j = 0; j < ha->links[i].n_prefixes; j++) {
			const struct ha_prefix *home = &ha->links[i].prefixes[j];

			if (addr_in_prefix(&home->addr, &p->addr, home->len < p->len ? home->len : p->len))
				return true;
		}
	for (unsigned int i = 0; i < ha->n_ours; i++)
		if (addr_in_prefix(&ha->ours[i], &p->addr, p->len))
			return true;
	return false;
}

static bool within(const struct mh_prefix *p, const struct conf_prefix *outer)
{
	return outer->len <= p->len && addr_in_prefix(&p->addr, &outer->addr, outer->len);
}

static bool served(const struct conf *c, const struct mh_prefix *p)
{
	const struct conf_served *s = c->served;

	while (s && !within(p, &s->prefix))
		s = s->next;
	return s || !c->served;
}

static bool allowed(const struct conf_acl *acl, const struct mh_prefix *p)
{
	for (unsigned int i = 0; acl && i < acl->mnps.n; i++)
		if (within(p, &acl->mnps.at[i]))
			return true;
	return false;
}

/* One more prefix of an update, masked; or the status that refuses it. */
static uint8_t add(struct ha *ha, const struct in6_addr *hoa, const struct conf_acl *acl, struct mh_prefix p, struct bc_mnps *out)
{
	const struct bc_prefix *other;

	addr_mask(&p.addr, p.len);
	if (!p.len || !addr_routable(&p.addr) || nemo_overlaps_home(ha, &p) || !served(ha->d->conf, &p))
		return BA_INVALID_PREFIX;
	if (!allowed(acl, &p))
		return BA_UNAUTHORIZED_PREFIX;
	for (unsigned int i = 0; i < out->n; i++) {
		if (nemo_same(&out->at[i], &p))
			return 0;
		if (addr_in_prefix(&out->at[i].addr, &p.addr, out->at[i].len < p.len ? out->at[i].len : p.len))
			return BA_INVALID_PREFIX;
	}
	/* The configuration may have changed since another one got it. */
	other = nemo_find(ha, &p);
	if (other && !IN6_ARE_ADDR_EQUAL(&other->of->hoa, hoa))
		return BA_UNAUTHORIZED_PREFIX;
	out->at[out->n++] = p;
	return 0;
}

static void complain(struct ha *ha, const struct in6_addr *hoa, const struct mh_prefix *p, uint8_t status)
{
	if (log_allow(&ha->log[HA_LOG_NETWORK], "prefix-refused"))
		log_notice("prefix-refused", "home_address=%s prefix=%s/%u status=%u reason=\"%s\"", log_addr(hoa), log_addr(&p->addr),
			   p->len, status, mh_status_name(status));
}

static uint8_t implicit(struct ha *ha, const struct in6_addr *hoa, const struct conf_acl *acl, struct bc_mnps *out)
{
	for (unsigned int i = 0; acl && i < acl->mnps.n; i++) {
		struct mh_prefix p = { .addr = acl->mnps.at[i].addr, .len = acl->mnps.at[i].len };
		uint8_t status = add(ha, hoa, acl, p, out);

		if (!status)
			continue;
		/* The mobile router has named nothing that could be wrong. */
		complain(ha, hoa, &p, status);
		return BA_FORWARDING_FAILED;
	}
	return out->n ? 0 : BA_FORWARDING_FAILED;
}

uint8_t ha_nemo_judge(struct ha *ha, const struct in6_addr *hoa, const struct mh_opts *opts, struct bc_mnps *out)
{
	const struct conf_acl *acl = conf_acl_find(ha->d->conf, hoa);
	const struct bc_mnps had = *out;
	const struct mh_prefix *named = opts ? opts->mnp : had.at;
	unsigned int n = opts ? opts->n_mnp : had.n;

	if (!ha->networks)
		return BA_MR_NOT_PERMITTED;
	if (opts && opts->n_mnp_more)
		return BA_NO_RESOURCES;
	out->n = 0;
	if (!n)
		return implicit(ha, hoa, acl, out);
	for (unsigned int i = 0; i < n; i++) {
		uint8_t status = add(ha, hoa, acl, named[i], out);

		if (!status)
			continue;
		complain(ha, hoa, &named[i], status);
		return status;
	}
	return 0;
}

uint8_t ha_nemo_still(struct ha *ha, const struct binding *b)
{
	struct bc_mnps mnps = { .n = b->network ? b->network->n : 0 };

	for (unsigned int i = 0; i < mnps.n; i++)
		mnps.at[i] = b->network->at[i].prefix;
	return mnps.n ? ha_nemo_judge(ha, &b->hoa, NULL, &mnps) : 0;
}

/* ---- its care-of address ---- */

static struct binding *router_of(const struct ha *ha, const struct in6_addr *addr)
{
	const struct bc_prefix *p = nemo_find(ha, &(struct mh_prefix){ .addr = *addr, .len = 128 });

	return p ? p->of : NULL;
}

/*
 * From mobile router to mobile router, until one is not behind another of ours. What is bound already has no loops, so that a new one goes
 * through this binding.
 */
bool ha_nemo_loops(const struct ha *ha, const struct in6_addr *hoa, const struct in6_addr *coa, const struct bc_mnps *mnps)
{
	for (unsigned int depth = 0; depth < NESTED_MAX; depth++) {
		const struct binding *next;

		if (IN6_ARE_ADDR_EQUAL(coa, hoa))
			return true;
		for (unsigned int i = 0; i < mnps->n; i++)
			if (addr_in_prefix(coa, &mnps->at[i].addr, mnps->at[i].len))
				return true;
		next = bcache_find(ha->cache, coa);
		if (!next)
			next = router_of(ha, coa);
		if (!next)
			return false;
		/* What it had, it does not have any more. */
		if (IN6_ARE_ADDR_EQUAL(&next->hoa, hoa))
			return false;
		coa = &next->coa;
	}
	return true;
}
