// SPDX-License-Identifier: GPL-2.0-or-later
/* See paper_mn.h. */
#include "paper_mn.h"

#include <check.h>
#include <linux/if_arp.h>
#include <string.h>

#include "core/log.h"

const char *const HOA = "2001:db8:1::100", *const HA = "2001:db8:1::1";
const char *const stat_name[STAT_MAX];
int ifindex;

const struct kern_link the_link = {
	.ifindex = LINK,
	.name = "eth0",
	.up = true,
	.carrier = true,
	.lladdr = { 6, { 2, 0, 0, 0, 0, 0x64 } },
};

static struct conf_home home = { .ifname = "eth0", .plen = 64, .alt_coa = true };
struct conf_iface eth1, eth0;
struct conf conf = {
	.file = "mip6d.conf",
	.role = ROLE_MN,
	.homes = &home,
	.mn_max_ha_binding_life = 1000,
	.init_timeout_first_ms = 60,
	.init_timeout_rereg_ms = 40,
};
struct daemon d;

void run(double seconds)
{
	paper_run(d.loop, seconds);
}

void advertise(const char *router, uint8_t mac, const char *prefix, bool is_ha)
{
	struct nd_packet p = { .ifindex = ifindex, .src = ip(router), .hoplimit = 255, .type = ND_RA, .ll_len = 6 };
	struct nd_ra ra = { .lifetime = 300, .n_prefixes = 1, .sll = { .len = 6, .addr = { 2, 0, 0, 0, 0, mac } } };

	ra.prefixes[0] = (struct nd_prefix){
		.prefix = ip(prefix), .len = 64, .onlink = true, .autonomous = true, .valid = 600, .preferred = 300
	};
	if (is_ha) {
		ra.prefixes[0].router = true;
		ra.prefixes[0].prefix = ip(HA);
	}
	p.len = (size_t)nd_build_ra(p.data, sizeof(p.data), &ra);
	mn_role.nd(&d, &p);
}

void neighbour(const char *target, uint8_t mac)
{
	struct nd_packet p = { .ifindex = ifindex, .src = ip(target), .hoplimit = 255, .type = ND_NA, .ll_len = 6 };
	struct nd_na na = { .target = ip(target),
			    .override = true,
			    .tll = { .len = 6, .addr = { 2, 0, 0, 0, 0, mac } } };

	p.len = (size_t)nd_build_na(p.data, sizeof(p.data), &na);
	mn_role.nd(&d, &p);
}

void address(const char *addr, uint32_t flags, bool deleted)
{
	struct kern_addr a = {
		.addr = ip(addr),
		.plen = 64,
		.ifindex = ifindex,
		.flags = flags,
		.valid = 600,
		.preferred = 300,
		.proto = flags & IFA_F_PERMANENT ? 0 : IFAPROT_KERNEL_RA,
	};

	if (!deleted)
		paper_addr(addr, 64, ifindex, 600);
	mn_role.addr(&d, &a, deleted);
}

void acknowledge_from(const char *ha, uint8_t status, uint16_t seq, uint32_t seconds)
{
	struct mh_packet p = { .src = ip(ha), .dst = ip(HOA), .ifindex = ifindex };
	struct mh_msg m = { .type = MH_BA };

	m.ba.status = status;
	m.ba.seq = seq;
	m.ba.lifetime = mh_lifetime_from_sec(seconds);
	mn_role.mh(&d, &p, &m);
}

void acknowledge(uint8_t status, uint16_t seq, uint32_t seconds)
{
	acknowledge_from(HA, status, seq, seconds);
}

void carrier(bool up)
{
	struct kern_link l = the_link;

	l.carrier = up;
	mn_role.link(&d, &l);
}

struct kern_link link_of(int index)
{
	struct kern_link l = the_link;

	l.ifindex = index;
	l.type = ARPHRD_ETHER;
	l.name[3] = (char)('0' + index - LINK);
	l.lladdr.addr[4] = (uint8_t)index;
	return l;
}

static void up(const char *ha, bool two)
{
	char err[256] = "";

	paper_reset();
	paper_link(&the_link);
	if (two) {
		const struct kern_link l = link_of(ETH1);

		paper_link(&l);
	}
	ifindex = LINK;
	home.hoa = ip(HOA);
	home.ha = ip(ha);
	memset(&d, 0, sizeof(d));
	d.loop = ev_loop_new(EVBACKEND_POLL);
	d.conf = &conf;
	d.able.optimistic_dad = d.able.plug = true;
	d.notify = paper_notify;
	log_open("/dev/null", 5);
	ck_assert_msg(mn_role.start(&d, err, sizeof(err)) == 0, "%s", err);
	address("fe80::64", IFA_F_PERMANENT, false);
}

void mn_world_up(void)
{
	up(HA, false);
}

void mn_world_up_two(uint8_t preference)
{
	eth1 = (struct conf_iface){ .name = "eth1", .type = ROLE_MN, .mn_preference = preference };
	eth0 = (struct conf_iface){ .next = &eth1, .name = "eth0", .type = ROLE_MN, .mn_preference = 1 };
	conf.ifaces = &eth0;
	up(HA, true);
	ifindex = ETH1;
	address("fe80::164", IFA_F_PERMANENT, false);
	ifindex = LINK;
}

void mn_world_up_discovering(void)
{
	up("::", false);
}

void mn_world_down(void)
{
	mn_role.free(&d);
	ev_loop_destroy(d.loop);
	log_close();
}

void bound_at(const char *coa)
{
	unsigned int before = k.n_mh;

	if (!strcmp(coa, F1_COA))
		F1_RA();
	else
		F2_RA();
	address(coa, OPTIMISTIC, false);
	ck_assert_uint_gt(k.n_mh, before);
	for (unsigned int i = before; i < k.n_mh; i++)
		if (is(&paper_sent(i)->dst, HA))
			acknowledge(0, paper_sent(i)->msg.bu.seq, 400);
}

const struct conf_iface *conf_iface(const struct conf *c, const char *name)
{
	const struct conf_iface *i = c->ifaces;

	while (i && strcmp(i->name, name))
		i = i->next;
	return i;
}

bool conf_ro_wanted(const struct conf *c, const struct conf_home *h, const struct in6_addr *peer)
{
	if (!c->ro_mn)
		return false;
	for (const struct conf_ro_policy *p = h->ro_policies; p; p = p->next)
		if (IN6_ARE_ADDR_EQUAL(&p->peer, peer))
			return p->enabled;
	return !is(peer, UNWANTED);
}
