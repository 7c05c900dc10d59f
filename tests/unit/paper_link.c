// SPDX-License-Identifier: GPL-2.0-or-later
/* Links of the kernel made of paper, the tunnel devices, and what holds or checks packets there: the plug and the guard. */
#include "paper_kernel.h"

void paper_link(const struct kern_link *l)
{
	PUT(k.links, FIND(k.links, e, e->ifindex == l->ifindex), *l);
}

int kern_link_get(const char *name, struct kern_link *out)
{
	unsigned int i = FIND(k.links, e, !strcmp(e->name, name));

	if (i == k.links.n)
		return -ENODEV;
	*out = k.links.at[i];
	return 0;
}

int kern_link_dump(void (*cb)(const struct kern_link *l, void *arg), void *arg)
{
	for (unsigned int i = 0; !k.dump_error && i < k.links.n; i++)
		cb(&k.links.at[i], arg);
	return k.dump_error;
}

int kern_link_traffic(int ifindex, struct kern_link_traffic *out)
{
	(void)ifindex;
	*out = k.traffic;
	return 0;
}

int kern_tun_open_external(const char *name)
{
	(void)name;
	return PAPER_TUNNEL;
}

/* A mobile node's n-th is PAPER_TUNNEL + n. */
int kern_tun_open(const char *name)
{
	unsigned int n = 0;

	sscanf(name, KERN_TUN_MN_NAME, &n);
	return (name[strlen(name) - 1] == 'r' ? PAPER_SPARE : PAPER_TUNNEL) + (int)n;
}

int kern_tun_open_silent(const char *name)
{
	(void)name;
	return PAPER_NETWORKS;
}

int kern_tun_set(int ifindex, const char *name, const struct in6_addr *local, const struct in6_addr *remote, bool apart)
{
	(void)name;
	(void)apart;
	if (ifindex >= PAPER_SPARE) {
		ck_assert(IN6_IS_ADDR_UNSPECIFIED(local));
		k.spare_remote = *remote;
		return 0;
	}
	ck_assert_int_ge(ifindex, PAPER_TUNNEL);
	k.tunnel_local = *local;
	k.tunnel_remote = *remote;
	return 0;
}

int kern_tun_close(int ifindex)
{
	ck_assert_int_ge(ifindex, PAPER_TUNNEL);
	DROP_ALL(k.addrs, e, e->ifindex == ifindex);
	DROP_ALL(k.routes, e, e->ifindex == ifindex);
	return 0;
}

int kern_plug_hold(int ifindex, uint32_t limit_bytes)
{
	(void)limit_bytes;
	ck_assert_int_ge(ifindex, PAPER_TUNNEL);
	if (k.plug_error)
		return k.plug_error;
	k.plug = true;
	return 0;
}

int kern_plug_release(int ifindex)
{
	(void)ifindex;
	k.plug = false;
	k.released++;
	return 0;
}

int kern_plug_drop(int ifindex)
{
	(void)ifindex;
	k.dropped += k.plug;
	k.plug = false;
	return 0;
}

struct kern_guard {
	int dummy;
};

struct kern_guard *kern_guard_open(int ifindex, uint32_t max_bindings, uint32_t max_prefixes, uint32_t max_members, char *err, size_t err_len)
{
	static struct kern_guard g;

	(void)max_bindings;
	(void)max_prefixes;
	(void)max_members;
	(void)err;
	(void)err_len;
	ck_assert_int_eq(ifindex, PAPER_TUNNEL);
	return &g;
}

int kern_guard_raise(struct kern_guard *g, char *err, size_t err_len)
{
	(void)g;
	(void)err;
	(void)err_len;
	return 0;
}

int kern_guard_networks(struct kern_guard *g, int ifindex, char *err, size_t err_len)
{
	(void)g;
	(void)err;
	(void)err_len;
	ck_assert_int_eq(ifindex, PAPER_NETWORKS);
	return 0;
}

void kern_guard_leave(struct kern_guard *g)
{
	(void)g;
}

void kern_guard_close(struct kern_guard *g)
{
	(void)g;
	k.guards.n = 0;
}

int kern_guard_set(struct kern_guard *g, const struct in6_addr *hoa, const struct in6_addr *coa,
		   const struct in6_addr *ha)
{
	const struct paper_guard n = { .hoa = *hoa, .coa = *coa, .ha = *ha };

	(void)g;
	PUT(k.guards, FIND(k.guards, e, !e->len && same_ip(&e->hoa, hoa)), n);
	return 0;
}

int kern_guard_set_prefix(struct kern_guard *g, const struct in6_addr *prefix, uint8_t len, const struct in6_addr *coa,
			  const struct in6_addr *ha)
{
	const struct paper_guard n = { .hoa = *prefix, .len = len, .coa = *coa, .ha = *ha };

	(void)g;
	PUT(k.guards, FIND(k.guards, e, e->len == len && same_ip(&e->hoa, prefix)), n);
	return 0;
}

int kern_guard_del_prefix(struct kern_guard *g, const struct in6_addr *prefix, uint8_t len)
{
	(void)g;
	return DROP_ALL(k.guards, e, e->len == len && same_ip(&e->hoa, prefix)) ? 0 : -ENOENT;
}

int kern_guard_del(struct kern_guard *g, const struct in6_addr *hoa)
{
	(void)g;
	return DROP_ALL(k.guards, e, !e->len && same_ip(&e->hoa, hoa)) ? 0 : -ENOENT;
}

int kern_guard_stats(struct kern_guard *g, struct guard_stats *out)
{
	(void)g;
	memset(out, 0, sizeof(*out));
	return 0;
}
