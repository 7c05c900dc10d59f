// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * At home (RFC 6275 11.5.5).
 *
 * Returning: the home agent still answers for our address on the link, so nothing may look like a duplicate. The
 * address is put on the interface without duplicate address detection; the home agent's link-layer address is asked
 * for from the unspecified address (or taken from its advertisement) and given to the kernel, so that the kernel has
 * no reason to solicit with the home address as source; the deregistration goes out on the link; and after its
 * acknowledgement unsolicited advertisements turn the neighbours to us.
 *
 * Starting at home: nobody knows yet whether the address is free. Both it and the home agent are asked for. No answer
 * for it: free. The home agent's own link-layer address: there is a binding left of an earlier life, deregister.
 * Another one: somebody has our address, and we cannot go on.
 */
#include "mn/mn.h"
#include "mn/mn_ro.h"

#include <linux/rtnetlink.h>
#include <string.h>

#define ASK_TRIES     3
#define ASK_WAIT      0.2 /* seconds between two solicitations for the home agent, returning */
#define CHECK_WAIT    0.35 /* and in the check at the start: a little over one second in all */
#define ANNOUNCEMENTS 3
#define ANNOUNCE_WAIT 1.0

static void solicit(struct mn *mn, const struct in6_addr *target)
{
	struct nd_ns ns = { .target = *target };
	struct in6_addr group;
	uint8_t buf[64];
	ssize_t len;

	nd_solicited_node(target, &group);
	len = nd_build_ns(buf, sizeof(buf), &ns);
	if (len > 0)
		nd_sock_send(mn->d->nd_fd, mn->cur->ifindex, &in6addr_any, &group, NULL, buf, (size_t)len);
}

static void advertise(struct mn *mn)
{
	static const struct in6_addr all_nodes = { .s6_addr = { 0xff, 0x02, [15] = 1 } };
	struct nd_na na = { .override = true, .target = *mn_hoa(mn), .tll = mn->cur->lladdr };
	uint8_t buf[64];
	ssize_t len = nd_build_na(buf, sizeof(buf), &na);

	if (len > 0)
		nd_sock_send(mn->d->nd_fd, mn->cur->ifindex, mn_hoa(mn), &all_nodes, NULL, buf, (size_t)len);
	mn->announcements_left--;
}

static void on_announce(struct ev_loop *loop, struct ev_timer *w, int revents)
{
	struct mn *mn = w->data;

	(void)loop;
	(void)revents;
	if (mn->location != MN_HOME || !mn->announcements_left)
		return;
	advertise(mn);
	if (mn->announcements_left)
		mn_timer_start(mn, &mn->announce, ANNOUNCE_WAIT);
}

void mn_home_announce(struct mn *mn)
{
	mn->announcements_left = ANNOUNCEMENTS;
	advertise(mn);
	mn_timer_start(mn, &mn->announce, ANNOUNCE_WAIT);
}

void mn_home_deregistered(struct mn *mn)
{
	if (mn->location != MN_HOME)
		return;
	mn->step = MN_HOME_DONE;
	mn->verified = true;
	mn_home_announce(mn);
	mn_handoff_done(mn);
	mn_dhaad_release(mn);
	mn_ro_home_done(mn);
}

void mn_home_deregister(struct mn *mn)
{
	struct kern_batch *b;

	mn_timer_stop(mn, &mn->ask);
	mn->step = MN_HOME_DEREG;
	b = mn->has_ha_lladdr ? kern_batch_new(KERN_ROUTE) : NULL;
	if (b) {
		kern_neigh_set(b, mn->cur->ifindex, &mn->ha, mn->ha_lladdr.addr, mn->ha_lladdr.len);
		if (kern_batch_commit(b))
			mn_kernel_failed(mn, "home agent as neighbour");
	} else {
		log_warn("home-agent-silent", "home_agent=%s", log_addr(&mn->ha));
	}
	mn_kernel_sync(mn);
	mn_bul_deregister(mn);
}

static void ask(struct mn *mn)
{
	if (!mn->has_ha_lladdr && mn_has_ha(mn))
		solicit(mn, &mn->ha);
	if (mn->step == MN_HOME_CHECK)
		solicit(mn, mn_hoa(mn));
	mn->asks_sent++;
	mn_timer_start(mn, &mn->ask, mn->step == MN_HOME_CHECK ? CHECK_WAIT : ASK_WAIT);
}

static bool same_lladdr(const struct nd_lladdr *a, const struct nd_lladdr *b)
{
	return a->len == b->len && !memcmp(a->addr, b->addr, a->len);
}

/* Somebody answers for the home address at the start, and who the home agent is is known, or will not be. */
static void judge(struct mn *mn)
{
	const uint8_t *u = mn->user.addr;

	/* Of several home agents, the one that answers is the one that has our binding. */
	if (mn_dhaad_take(mn, &mn->user)) {
		mn->ha_lladdr = mn->user;
		mn->has_ha_lladdr = true;
	}
	if (mn->has_ha_lladdr && same_lladdr(&mn->user, &mn->ha_lladdr)) {
		log_notice("binding-left", "home_address=%s home_agent=%s", log_addr(mn_hoa(mn)),
			   log_addr(&mn->ha));
		mn_home_deregister(mn);
		return;
	}
	mn_home_stop(mn);
	/* The others can do without it. */
	if (mn_is_formed(mn) || !mn_only_home(mn)) {
		log_error("home-address-duplicate", "home_address=%s interface=%s used_by=%02x:%02x:%02x:%02x:%02x:%02x", log_addr(mn_hoa(mn)),
			  mn->cur->name, u[0], u[1], u[2], u[3], u[4], u[5]);
		return;
	}
	daemon_fatal(mn->d, "home address %s already in use on %s by %02x:%02x:%02x:%02x:%02x:%02x",
		     log_addr(mn_hoa(mn)), mn->cur->name, u[0], u[1], u[2], u[3], u[4], u[5]);
}

static void on_ask(struct ev_loop *loop, struct ev_timer *w, int revents)
{
	struct mn *mn = w->data;

	(void)loop;
	(void)revents;
	if (mn->location != MN_HOME || !mn->cur->link_up)
		return;
	if (mn->asks_sent < ASK_TRIES) {
		ask(mn);
	} else if (mn->step == MN_HOME_ASK) {
		mn_home_deregister(mn);
	} else if (mn->step == MN_HOME_CHECK && mn->has_user) {
		judge(mn);
	} else if (mn->step == MN_HOME_CHECK) {
		mn->step = MN_HOME_DONE;
		mn->verified = true;
		mn_handoff_done(mn);
	}
}

void mn_home_na(struct mn *mn, const struct nd_packet *p, const struct nd_na *na)
{
	struct nd_lladdr from = na->tll;

	if (mn->location != MN_HOME || (mn->step != MN_HOME_CHECK && mn->step != MN_HOME_ASK))
		return;
	if (!from.len) {
		from.len = p->ll_len;
		memcpy(from.addr, p->ll_src, sizeof(from.addr));
	}
	if (mn_has_ha(mn) && IN6_ARE_ADDR_EQUAL(&na->target, &mn->ha)) {
		mn->ha_lladdr = from;
		mn->has_ha_lladdr = true;
		if (mn->step == MN_HOME_ASK) {
			mn_home_deregister(mn);
			return;
		}
	} else if (IN6_ARE_ADDR_EQUAL(&na->target, mn_hoa(mn)) && mn->step == MN_HOME_CHECK) {
		mn->user = from;
		mn->has_user = true;
	}
	if (mn->has_user && mn->has_ha_lladdr)
		judge(mn);
}

/*
 * The home agent's link-layer address, if it is the router that advertised: it says so by its address in a prefix
 * option.
 */
static void learn_from_ra(struct mn *mn)
{
	const struct mn_router *r = mn->cur->router;

	mn->has_ha_lladdr = r && mn_has_ha(mn) && r->lladdr.len && IN6_ARE_ADDR_EQUAL(&r->global, &mn->ha);
	if (mn->has_ha_lladdr)
		mn->ha_lladdr = r->lladdr;
}

void mn_home_arrive(struct mn *mn)
{
	bool bound = mn->bul.maybe_bound || mn->bul.used;

	mn->has_user = false;
	mn->asks_sent = 0;
	mn->announcements_left = 0;
	learn_from_ra(mn);
	mn->step = bound ? MN_HOME_ASK : mn->verified ? MN_HOME_DONE : MN_HOME_CHECK;
	mn_kernel_sync(mn);
	mn_if_clean(mn->cur);
	if (mn->step == MN_HOME_DONE) {
		/* By another interface, perhaps: the neighbours have the old one's link-layer address. */
		mn_home_announce(mn);
		mn_handoff_done(mn);
	} else if (mn->step == MN_HOME_ASK && mn->has_ha_lladdr) {
		mn_home_deregister(mn);
	} else {
		ask(mn);
	}
}

void mn_home_leave(struct mn *mn)
{
	mn->step = MN_HOME_NONE;
	mn_home_stop(mn);
}

void mn_home_init(struct mn *mn)
{
	mn_timer_init(mn, &mn->ask, on_ask);
	mn_timer_init(mn, &mn->announce, on_announce);
}

void mn_home_stop(struct mn *mn)
{
	mn_timer_stop(mn, &mn->ask);
	mn_timer_stop(mn, &mn->announce);
}
