// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the kernel holds for the whole life of the daemon, made at the start and removed at the end.
 *
 * A start takes nothing for granted: rules, routes, states and policies of an earlier daemon go, its tunnel device is
 * taken over. If the administrator had the home address on the interface, it is there again after the stop, in the
 * form in which it was found; that this is so is written into the address on the tunnel device (its protocol number),
 * where the next daemon finds it if this one is killed.
 */
#include "mn/mn.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "kern/sysctl.h"
#include "kern/tun.h"

#define SPARE_NAME KERN_TUN_MN_NAME "r"
#define LIVE_FLAGS   (IFA_F_PERMANENT | IFA_F_TENTATIVE | IFA_F_OPTIMISTIC | IFA_F_DADFAILED | IFA_F_DEPRECATED)

struct removal {
	const struct mn *mn;
	struct kern_batch *b;
	bool all; /* at the start nothing of ours can be wanted yet, and with the last home address not any more */
};

static bool own_table(const struct mn *mn, uint32_t table)
{
	return table == mn_table(mn) || (table >= mn_table_if(mn) && table < mn_table_if(mn) + MN_IFS_MAX);
}

static bool of_own_tunnel(const struct mn *mn, const char *iif)
{
	return *iif && (!strcmp(iif, mn->tunnel_name) || !strcmp(iif, mn->spare_name));
}

static void del_rule(const struct kern_rule *r, void *arg)
{
	const struct removal *rm = arg;

	if (rm->all || of_own_tunnel(rm->mn, r->iif) || own_table(rm->mn, r->table) || (r->has_src && IN6_ARE_ADDR_EQUAL(&r->src, mn_hoa(rm->mn))))
		kern_rule_del(rm->b, r, KERN_OK_ABSENT);
}

static void del_route(const struct kern_route *r, void *arg)
{
	const struct removal *rm = arg;

	if (rm->all || own_table(rm->mn, r->table))
		kern_route_del(rm->b, r, KERN_OK_ABSENT);
}

/* This home address's rules and routes; or all that carry our protocol number, and addresses but for the home address. */
static int remove_ours(struct mn *mn, bool all)
{
	struct removal rm = { .mn = mn, .b = kern_batch_new(KERN_ROUTE), .all = all };

	if (!rm.b)
		return -ENOMEM;
	kern_rule_dump(del_rule, &rm);
	kern_route_dump(0, KERN_RTPROT, del_route, &rm);
	for (unsigned int i = 0; all && i < mn->n_ifs; i++)
		mn_own_remove(mn->ifs[i], rm.b);
	return kern_batch_commit(rm.b);
}

struct use {
	const struct mn *mn;
	bool other;
};

static void see_use(const struct kern_addr *a, void *arg)
{
	struct use *u = arg;

	u->other = u->other || (addr_routable(&a->addr) && !IN6_ARE_ADDR_EQUAL(&a->addr, mn_hoa(u->mn)));
}

/* An earlier daemon's device of this name may stay: it is this home address's, and not another one's. */
static bool taken_over(struct daemon *d, unsigned int index, int tunnel)
{
	struct use u = { .mn = mn_of(d) };

	while (u.mn && u.mn->index != index)
		u.mn = u.mn->next;
	if (u.mn)
		kern_addr_dump(tunnel, see_use, &u);
	return u.mn && !u.other;
}

/* Tunnel devices of home addresses that an earlier daemon had, and that are none of the configuration. */
static void remove_tunnels(struct daemon *d)
{
	char name[IFNAMSIZ];
	struct kern_link l;

	for (unsigned int i = 0; i < MN_HOMES_MAX; i++)
		for (int spare = 0; spare < 2; spare++) {
			snprintf(name, sizeof(name), spare ? SPARE_NAME : KERN_TUN_MN_NAME, i);
			if (!kern_link_get(name, &l) && !taken_over(d, i, l.ifindex))
				kern_tun_close(l.ifindex);
		}
}

static void see_marker(const struct kern_addr *a, void *arg)
{
	struct mn *mn = arg;

	if (IN6_ARE_ADDR_EQUAL(&a->addr, mn_hoa(mn)) && a->proto == MN_ADDRPROTO_HAD)
		mn->had_hoa = true;
}

/* On whichever of an earlier daemon's devices: its configuration may have been another one. */
static void find_markers(struct daemon *d)
{
	char name[IFNAMSIZ];
	struct kern_link l;

	for (unsigned int i = 0; i < MN_HOMES_MAX; i++) {
		snprintf(name, sizeof(name), KERN_TUN_MN_NAME, i);
		if (kern_link_get(name, &l))
			continue;
		for (struct mn *mn = mn_of(d); mn; mn = mn->next)
			kern_addr_dump(l.ifindex, see_marker, mn);
	}
}

/*
 * Who put the home address on the interface, if it is there: the administrator, an earlier daemon,
 * autoconfiguration?
 */
static void find_hoa(struct mn *mn)
{
	const struct kern_addr *there = NULL;

	mn->admin_hoa = (struct kern_addr){ .addr = *mn_hoa(mn), .plen = mn->home->plen };
	for (unsigned int i = 0; i < mn->n_ifs && !there; i++) {
		there = mn_addr_find(mn->ifs[i], mn_hoa(mn));
		if (there || !mn->admin_hoa.ifindex)
			mn->admin_hoa.ifindex = mn->ifs[i]->ifindex;
	}
	mn->start_at_home = there && there->ifindex == mn->cur->ifindex && mn_addr_usable(there);
	if (there && there->flags & IFA_F_PERMANENT && there->proto != KERN_RTPROT) {
		mn->had_hoa = true;
		mn->admin_hoa.plen = there->plen;
		mn->admin_hoa.flags = there->flags & ~(uint32_t)LIVE_FLAGS;
		mn->admin_hoa.proto = there->proto;
	}
}

void mn_kernel_sysctl(const char *ifname, const char *name, const char *value)
{
	char path[128];
	int err;

	snprintf(path, sizeof(path), "net/ipv6/conf/%s/%s", ifname, name);
	err = kern_sysctl_set(path, value);
	if (err)
		log_warn("sysctl-failed", "path=%s error=\"%s\"", path, strerror(-err));
}

static long get_sysctl(const char *ifname, const char *name)
{
	char path[128];
	long v;

	snprintf(path, sizeof(path), "net/ipv6/conf/%s/%s", ifname, name);
	return kern_sysctl_get(path, &v) ? 0 : v;
}

void mn_kernel_sysctls(struct mn_if *nif)
{
	const struct mn *mn = nif->mn;
	const char *ifname = nif->name;
	long accept_ra;

	if (nif->link_gone)
		return;
	mn_nemo_sysctls(nif);
	/* Once for all home addresses. */
	if (mn != mn_of(mn->d))
		return;
	accept_ra = get_sysctl(ifname, "accept_ra");
	if (mn->d->able.optimistic_dad) {
		mn_kernel_sysctl(ifname, "optimistic_dad", "1");
		mn_kernel_sysctl(ifname, "use_optimistic", "1");
	}
	/* Negative refuses every routing header, type 2 included. */
	if (get_sysctl("all", "accept_source_route") < 0)
		mn_kernel_sysctl("all", "accept_source_route", "0");
	if (get_sysctl(ifname, "accept_source_route") < 0)
		mn_kernel_sysctl(ifname, "accept_source_route", "0");
	if (!accept_ra || (accept_ra < 2 && get_sysctl(ifname, "forwarding")))
		log_notice("advertisements-off",
			   "interface=%s accept_ra=%ld reason=\"addresses and routes are left to a network manager, or an administrator\"",
			   ifname, accept_ra);
	if (!mn->d->able.optimistic_dad || get_sysctl("all", "forwarding"))
		log_warn("optimistic-dad-off", "reason=\"%s\"",
			 mn->d->able.optimistic_dad ? "the kernel does not do it on a router" :
						      "the kernel lacks CONFIG_IPV6_OPTIMISTIC_DAD");
}

static int open_tunnel(struct mn *mn)
{
	int err;

	mn->tunnel = kern_tun_open(mn->tunnel_name);
	if (mn->tunnel < 0)
		return mn->tunnel;
	/* Endpoints that carry nothing: no route leads here until there is a care-of address. */
	err = kern_tun_set(mn->tunnel, mn->tunnel_name, mn_hoa(mn), mn_tunnel_start(mn), mn_apart(mn));
	mn_kernel_sysctl(mn->tunnel_name, "accept_ra", "0");
	return err;
}

int mn_kernel_spare(struct mn *mn)
{
	snprintf(mn->spare_name, sizeof(mn->spare_name), SPARE_NAME, mn->index);
	mn->spare_tunnel = kern_tun_open(mn->spare_name);
	memset(&mn->held.spare_remote, 0, sizeof(mn->held.spare_remote));
	if (mn->spare_tunnel < 0) {
		mn->spare_tunnel = 0;
		return -1;
	}
	mn_kernel_sysctl(mn->spare_name, "accept_ra", "0");
	return 0;
}

int mn_kernel_open(struct mn *mn, char *err, size_t err_len)
{
	mn_kernel_watch(mn);
	snprintf(mn->tunnel_name, sizeof(mn->tunnel_name), KERN_TUN_MN_NAME, mn->index);
	for (unsigned int i = 0; i < mn->n_ifs; i++) {
		if (!mn_addr_read(mn->ifs[i]))
			continue;
		snprintf(err, err_len, "cannot read the addresses of %s: %s", mn->ifs[i]->name, kern_error());
		return -1;
	}
	/* Of the daemon before us, once. */
	if (mn == mn_of(mn->d)) {
		find_markers(mn->d);
		remove_tunnels(mn->d);
	}
	find_hoa(mn);
	if (remove_ours(mn, mn == mn_of(mn->d))) {
		snprintf(err, err_len, "cannot remove what an earlier mip6d left: %s", kern_error());
		return -1;
	}
	if (open_tunnel(mn) || (mn->several && mn_kernel_spare(mn))) {
		snprintf(err, err_len, "cannot create the tunnel device: %s", kern_error());
		return -1;
	}
	kern_plug_drop(mn->tunnel);
	/* Rules and policies first: as soon as a mobile router forwards, nothing of its network may leave on a foreign link. */
	if (mn->home->mobile_router)
		mn_kernel_sync(mn);
	for (unsigned int i = 0; i < mn->n_ifs; i++)
		mn_kernel_sysctls(mn->ifs[i]);
	return 0;
}

static void put_hoa_back(struct mn *mn, struct kern_batch *b)
{
	const struct kern_addr *there;

	for (unsigned int i = 0; i < mn->n_ifs; i++) {
		const struct mn_if *nif = mn->ifs[i];
		bool had = mn->had_hoa && nif->ifindex == mn->admin_hoa.ifindex;

		there = mn_addr_find(nif, mn_hoa(mn));
		if (had && (!there || there->proto == KERN_RTPROT))
			kern_addr_replace(b, &mn->admin_hoa);
		else if (!had && there && there->proto == KERN_RTPROT)
			kern_addr_del(b, there, KERN_OK_ABSENT);
	}
}

void mn_kernel_close(struct mn *mn)
{
	struct kern_batch *b;

	mn_timer_stop(mn, &mn->kernel_retry);
	mn_timer_stop(mn, &mn->kernel_look);
	if (mn->tunnel <= 0)
		return;
	if (mn->held.plug)
		kern_plug_drop(mn->tunnel);
	if (remove_ours(mn, mn_only_home(mn)))
		mn_kernel_failed(mn, "clean up");
	b = kern_batch_new(KERN_ROUTE);
	if (b) {
		put_hoa_back(mn, b);
		if (kern_batch_commit(b))
			mn_kernel_failed(mn, "put the home address back");
	}
	kern_tun_close(mn->tunnel);
	if (mn->spare_tunnel)
		kern_tun_close(mn->spare_tunnel);
}
