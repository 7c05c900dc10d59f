// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The mobile node role: its home addresses, and what the daemon hands to all of them.
 *
 * A mobile node has the home addresses of its configuration. When the home link of one is renumbered, that has a successor for a
 * while. Each is a struct mn with everything of its own: registration, tunnel devices, routing tables, home agent,
 * correspondents. They look at the same interfaces, and each decides for itself which one it uses and where it is: for one
 * whose prefix the home link does not have any more, that link is a foreign one.
 *
 * What an interface has once for all of them is the first one's to set: its sysctls, and an address of our own making. The first is
 * the configuration's first; if that is retired, its successor takes over. A mobile network belongs to a home address of the
 * configuration, which a mobile router never gives up.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cn/cn.h"
#include "core/ipsec.h"
#include "mn/mn.h"
#include "mn/mn_ro.h"
#include "ro/ro.h"

static void (*all_left)(struct daemon *d);

/* ---- the list ---- */

bool mn_only_home(const struct mn *mn)
{
	const struct mn *first = mn_of(mn->d);

	return !first || (first == mn && !mn->next);
}

const struct mn *mn_of_same_origin(const struct mn *mn)
{
	for (const struct mn *i = mn_of(mn->d); i; i = i->next)
		if (i != mn && i->origin == mn->origin)
			return i;
	return NULL;
}

bool mn_no_successor(const struct mn *mn)
{
	return !mn_of_same_origin(mn);
}

bool mn_from_agent(const struct mn *mn, int ifindex)
{
	for (const struct mn *i = mn_of(mn->d); i; i = i->next)
		if (mn_tunnelled(i, ifindex) && (i == mn || IN6_ARE_ADDR_EQUAL(&i->ha, &mn->ha)))
			return true;
	return false;
}

bool mn_any_router(const struct daemon *d)
{
	for (const struct conf_home *h = d->conf->homes; h; h = h->next)
		if (h->mobile_router)
			return true;
	return false;
}

struct mn *mn_home_of(struct daemon *d, const struct in6_addr *hoa)
{
	struct mn *mn = mn_of(d);

	while (mn && !IN6_ARE_ADDR_EQUAL(mn_hoa(mn), hoa))
		mn = mn->next;
	return mn;
}

struct mn *mn_home_in(const struct mn *mn, const struct in6_addr *prefix, unsigned int len, bool any)
{
	struct mn *found = NULL;

	for (struct mn *i = mn_of(mn->d); i; i = i->next) {
		if (!addr_in_prefix(mn_hoa(i), prefix, len))
			continue;
		if (i->origin == mn->origin)
			return i;
		if (any && !found && !mn_is_formed(i))
			found = i;
	}
	return found;
}

static void unlink_home(struct mn *gone)
{
	struct daemon *d = gone->d;
	struct mn *mn = mn_of(d);

	if (mn == gone)
		d->role = gone->next;
	while (mn && mn->next != gone)
		mn = mn->next;
	if (mn)
		mn->next = gone->next;
}

static void on_retire(struct ev_loop *loop, struct ev_timer *w, int revents)
{
	struct mn *mn = w->data;
	bool first;

	(void)loop;
	(void)revents;
	if (mn->had_hoa)
		log_notice("home-address-not-restored", "home_address=%s interface=%s", log_addr(mn_hoa(mn)), mn->home->ifname);
	mn->had_hoa = false; /* it would be used as a source here, where it is not valid any more */
	mn_ro_home(mn);
	mn_kernel_leave(mn);
	first = mn == mn_of(mn->d);
	unlink_home(mn);
	if (first)
		mn_own_inherit(mn_of(mn->d), mn);
	mn_end(mn);
}

static struct mn *new_home(struct daemon *d)
{
	struct mn *mn = calloc(1, sizeof(*mn));

	if (!mn)
		return NULL;
	mn->d = d;
	for (const struct mn *i = mn_of(d); i;)
		if (i->index == mn->index) {
			mn->index++;
			i = mn_of(d);
		} else {
			i = i->next;
		}
	mn_timer_init(mn, &mn->retire, on_retire);
	return mn;
}

void mn_home_add(struct mn *beside, const struct in6_addr *hoa, uint8_t plen, const struct in6_addr *ha)
{
	struct mn *mn = new_home(beside->d), *last = beside;
	bool found = IN6_IS_ADDR_UNSPECIFIED(&beside->home->ha);
	char err[256] = "out of memory";

	if (mn && ipsec_lacks(mn->d, hoa, ha)) {
		snprintf(err, sizeof(err), "IPsec protects the home address of the configuration only");
		free(mn);
		mn = NULL;
	} else if (mn && mn->index >= MN_HOMES_MAX) {
		snprintf(err, sizeof(err), "there are %d already", MN_HOMES_MAX);
		free(mn);
		mn = NULL;
	}
	if (!mn) {
		log_error("home-address-not-added", "home_address=%s error=\"%s\"", log_addr(hoa), err);
		return;
	}
	mn->origin = beside->origin;
	mn->formed = *beside->home; /* its policies stay the configuration's */
	mn->formed.next = NULL;
	mn->formed.mobile_router = false;
	mn->formed.mnps.n = 0;
	mn->formed.hoa = *hoa;
	mn->formed.plen = plen;
	mn->formed.ha = found || !addr_in_prefix(ha, hoa, plen) ? in6addr_any : *ha;
	mn->home = &mn->formed;
	/* Behind its own line: it is the first when what it succeeds was. */
	while (last->next && last->next->origin == beside->origin)
		last = last->next;
	mn->next = last->next;
	last->next = mn;
	if (!mn_begin(mn, err, sizeof(err))) {
		mn_mpd_inherit(mn, beside);
		return;
	}
	log_error("home-address-not-added", "home_address=%s error=\"%s\"", log_addr(hoa), err);
	unlink_home(mn);
	mn_end(mn);
}

void mn_home_retire(struct mn *mn)
{
	mn_timer_start(mn, &mn->retire, 0);
}

/* ---- what the daemon hands to us ---- */

static void role_mh(struct daemon *d, const struct mh_packet *p, const struct mh_msg *m)
{
	struct mn *mn;

	if (cn_mh(d->cn, p, m))
		return;
	if (!ipsec_guarded(d->ipsec, &p->dst, &p->src, IPPROTO_MH, m->type))
		return;
	/* A Binding Error comes to the care-of address, and names the home address. */
	mn = mn_home_of(d, m->type == MH_BE ? &m->be.hoa : &p->dst);
	for (struct mn *i = mn_of(d); !mn && i; i = i->next)
		mn = mn_ro_awaits(i, p, m) ? i : NULL;
	mn_on_mh(mn ? mn : mn_of(d), p, m);
}

static void role_nd(struct daemon *d, const struct nd_packet *p)
{
	for (struct mn *mn = mn_of(d); mn; mn = mn->next)
		mn_on_nd(mn, p);
}

static void role_link(struct daemon *d, const struct kern_link *l)
{
	for (struct mn *mn = mn_of(d); mn; mn = mn->next)
		mn_on_link(mn, l);
}

static void role_addr(struct daemon *d, const struct kern_addr *a, bool deleted)
{
	if (mn_of(d)->stopping)
		return;
	cn_addr_changed(d->cn);
	for (struct mn *mn = mn_of(d); mn; mn = mn->next)
		mn_on_addr(mn, a, deleted);
}

static void role_neigh_failed(struct daemon *d, int ifindex, const struct in6_addr *addr)
{
	for (struct mn *mn = mn_of(d); mn; mn = mn->next)
		mn_on_neigh_failed(mn, ifindex, addr);
}

static void role_resync(struct daemon *d)
{
	cn_addr_changed(d->cn);
	if (ro_reconcile(d->ro) < 0)
		mn_kernel_failed(mn_of(d), "route optimization");
	for (struct mn *mn = mn_of(d); mn; mn = mn->next)
		mn_on_resync(mn);
}

/*
 * For who answers to a home address as a correspondent: abroad, what has it as source takes the tunnel, since no other way is
 * right for it.
 */
static int send_mh(struct daemon *d, const struct in6_addr *src, const struct in6_addr *dst, const struct in6_addr *rt2, int ifindex,
		   const uint8_t *data, size_t len)
{
	const struct mn *mn = mn_home_of(d, src);

	if (!ifindex && mn && mn->location == MN_AWAY)
		ifindex = mn->tunnel;
	return mh_sock_send(d->mh_fd, src, dst, rt2, ifindex, data, len);
}

/* An update that left without its association was dropped by the kernel: it need not wait for its next turn. */
static void associated(struct daemon *d, const struct in6_addr *hoa)
{
	struct mn *mn = mn_home_of(d, hoa);

	if (mn)
		mn_bul_associated(mn);
}

/* ---- start and end ---- */

/* This one and those after it have not begun. */
static void drop_from(struct mn *mn)
{
	while (mn) {
		struct mn *next = mn->next;

		unlink_home(mn);
		free(mn);
		mn = next;
	}
}

static int role_start(struct daemon *d, char *err, size_t err_len)
{
	struct mn *mn, **end = (struct mn **)&d->role;

	/* All of them are known before the first begins, which must not take for an old daemon's what is another one's. */
	for (const struct conf_home *h = d->conf->homes; h; h = h->next) {
		mn = new_home(d);
		if (!mn) {
			snprintf(err, err_len, "out of memory");
			drop_from(mn_of(d));
			return -1;
		}
		mn->home = mn->origin = h;
		*end = mn;
		end = &mn->next;
	}
	for (mn = mn_of(d); mn; mn = mn->next)
		if (mn_begin(mn, err, err_len)) {
			drop_from(mn->next);
			return -1;
		}
	d->mh_send = send_mh;
	d->associated = associated;
	return 0;
}

void mn_home_left(struct mn *mn)
{
	struct daemon *d = mn->d;
	void (*done)(struct daemon *d) = all_left;

	mn->left = true;
	for (mn = mn_of(d); mn; mn = mn->next)
		if (!mn->left)
			return;
	all_left = NULL;
	if (done)
		done(d);
}

static void role_reloaded(struct daemon *d)
{
	for (struct mn *mn = mn_of(d); mn; mn = mn->next) {
		/* What may change, and what of it is in memory that has been freed. */
		mn->formed.alt_coa = mn->origin->alt_coa;
		mn->formed.ro_policies = mn->origin->ro_policies;
		mn_ro_reloaded(mn);
	}
}

static void role_stop(struct daemon *d, void (*done)(struct daemon *d))
{
	all_left = done;
	for (struct mn *mn = mn_of(d); mn; mn = mn->next)
		mn_leave(mn);
}

static void role_free(struct daemon *d)
{
	struct mn *mn;

	d->associated = NULL;
	/* The first is the last: what all have in common goes with it. */
	while ((mn = mn_of(d))) {
		while (mn->next)
			mn = mn->next;
		unlink_home(mn);
		mn_end(mn);
	}
}

/* ---- mip6ctl ---- */

/* Of where a list is: which home address, and where in its part; the home agent's row comes first. */
#define HOME_SHIFT 48

static bool role_bul(struct daemon *d, uint64_t *at, unsigned int max, struct json_object *rows)
{
	uint64_t n = *at >> HOME_SHIFT, in = *at & ((1ull << HOME_SHIFT) - 1), i = in ? in - 1 : 0;
	struct mn *mn = mn_of(d);

	for (uint64_t skip = n; mn && skip; skip--)
		mn = mn->next;
	if (!mn)
		return false;
	if (!in)
		mn_bul_json(mn, rows);
	if (mn_ro_json(mn, &i, max, rows)) {
		*at = n << HOME_SHIFT | (i + 1);
		return true;
	}
	*at = (n + 1) << HOME_SHIFT;
	return mn->next;
}

static bool role_bc(struct daemon *d, uint64_t *at, unsigned int max, struct json_object *rows)
{
	return cn_rows(d->cn, at, max, rows);
}

static struct json_object *role_status(struct daemon *d)
{
	struct json_object *o = mn_status_json(mn_of(d)), *addrs = json_object_new_array(), *homes = json_object_new_array();

	for (const struct mn *mn = mn_of(d); mn; mn = mn->next) {
		json_object_array_add(addrs, mn_json_addr(mn_hoa(mn)));
		json_object_array_add(homes, mn_status_json(mn));
	}
	json_object_object_add(o, "home_addresses", addrs);
	json_object_object_add(o, "homes", homes);
	cn_status(d->cn, o);
	return o;
}

static void role_stats(struct daemon *d)
{
	(void)d;
}

const struct role_ops mn_role = {
	.name = "mobile node",
	.start = role_start,
	.mh = role_mh,
	.nd = role_nd,
	.link = role_link,
	.addr = role_addr,
	.neigh_failed = role_neigh_failed,
	.resync = role_resync,
	.stop = role_stop,
	.reloaded = role_reloaded,
	.free = role_free,
	.bc = role_bc,
	.bul = role_bul,
	.hal = mn_dhaad_rows,
	.pl = mn_mpd_rows,
	.status = role_status,
	.stats = role_stats,
};
