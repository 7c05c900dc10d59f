// SPDX-License-Identifier: GPL-2.0-or-later
/* See paper_ha.h. */
#include "paper_ha.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"

const struct kern_link home_link = {
	.ifindex = HOME_LINK, .name = "eth0", .up = true, .carrier = true, .lladdr = { 6, { 2, 0, 0, 0, 0, 0xaa } },
};
struct conf_iface home_iface;
struct conf conf;
struct daemon d;

void ha_world_make(void)
{
	paper_reset();
	paper_link(&home_link);
	paper_addr(HA, 64, HOME_LINK, UINT32_MAX);
	paper_addr("fe80::1", 64, HOME_LINK, UINT32_MAX);
	home_iface = (struct conf_iface){ .name = "eth0", .type = ROLE_HA };
	conf = (struct conf){ .role = ROLE_HA, .ifaces = &home_iface, .ha_max_binding_life = 1000, .ha_max_bindings = 10 };
	memset(&d, 0, sizeof(d));
	d.mh_fd = -1;
	d.loop = ev_loop_new(EVBACKEND_POLL);
	d.conf = &conf;
	d.notify = paper_notify;
	log_open("/dev/null", 5);
}

void ha_start(void)
{
	char err[512] = "";

	ck_assert_msg(ha_role.start(&d, err, sizeof(err)) == 0, "%s", err);
}

void ha_restart(void)
{
	ha_role.free(&d);
	ha_start();
}

void ha_world_up(void)
{
	ha_world_make();
	ha_start();
}

unsigned int installed(void)
{
	return k.routes.n + k.proxies.n + k.guards.n;
}

void ha_world_down(void)
{
	ha_role.free(&d);
	ck_assert_uint_eq(installed() + k.states.n + k.policies.n, 0);
	ev_loop_destroy(d.loop);
	log_close();
}

void pass(double seconds)
{
	paper_run(d.loop, seconds);
}

static struct mh_prefix prefix_of(const char *text)
{
	char addr[INET6_ADDRSTRLEN];
	const char *slash = strchr(text, '/');

	ck_assert_ptr_nonnull(slash);
	snprintf(addr, sizeof(addr), "%.*s", (int)(slash - text), text);
	return (struct mh_prefix){ .addr = ip(addr), .len = (uint8_t)atoi(slash + 1) };
}

void send_bu(struct bu u)
{
	struct mh_packet p = { .src = ip(u.hoa), .dst = ip(HA), .ifindex = HOME_LINK };
	struct mh_msg m = { .type = MH_BU, .bu = { .seq = u.seq, .lifetime = u.lifetime, .flags = u.flags ? u.flags : AH } };

	ev_now_update(d.loop); /* as at the begin of a turn of the loop */
	if (u.coa) {
		p.has_coa = true;
		p.coa = ip(u.coa);
		p.ifindex = FOREIGN_LINK;
	}
	if (u.alt) {
		m.opts.has_alt_coa = true;
		m.opts.alt_coa = ip(u.alt);
	}
	/* as the codec: it keeps so many, and counts the rest */
	for (unsigned int i = 0; i < MH_MAX_MNP + 1 && u.mnp[i]; i++) {
		if (i < MH_MAX_MNP)
			m.opts.mnp[m.opts.n_mnp++] = prefix_of(u.mnp[i]);
		else
			m.opts.n_mnp_more++;
	}
	ha_role.mh(&d, &p, &m);
}

uint8_t answer_to(struct bu u)
{
	unsigned int before = k.n_mh;

	send_bu(u);
	paper_until(d.loop, &k.n_mh, before + 1, 1.5);
	ck_assert_uint_eq(k.mh.msg.type, MH_BA);
	return k.mh.msg.ba.status;
}

void expect_ba(unsigned int n, uint8_t status, uint16_t seq)
{
	ck_assert_uint_eq(k.n_mh, n);
	ck_assert_uint_eq(k.mh.msg.type, MH_BA);
	ck_assert_uint_eq(k.mh.msg.ba.status, status);
	ck_assert_uint_eq(k.mh.msg.ba.seq, seq);
}

void home_ra(const char *router, const struct nd_ra *ra, bool own)
{
	struct nd_packet p = { .ifindex = HOME_LINK, .src = ip(router), .hoplimit = 255, .type = ND_RA };

	p.len = (size_t)nd_build_ra(p.data, sizeof(p.data), ra);
	if (own) {
		paper_icmp(router, "ff02::1", p.data, p.len);
		pass(0.01);
	} else {
		ha_role.nd(&d, &p);
	}
}

/* ---- the configuration's access list, without its index ---- */

const struct conf_acl *conf_acl_find(const struct conf *c, const struct in6_addr *hoa)
{
	const struct conf_acl *a = c->acl;

	while (a && !IN6_ARE_ADDR_EQUAL(&a->hoa, hoa))
		a = a->next;
	return a;
}

uint8_t conf_acl_status(const struct conf *c, const struct in6_addr *hoa)
{
	const struct conf_acl *a = conf_acl_find(c, hoa);

	return a ? a->status : c->default_acl;
}
