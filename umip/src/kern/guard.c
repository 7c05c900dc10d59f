// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Loads the guard program (guard.bpf.c), attaches it to the ingress of the tunnel device, raises the device, and keeps
 * the map of bindings. One insert or replace is one system call: 3 to 10 us under QEMU's emulation, where a flower
 * filter through tc costs about 200 us.
 */
#include "kern/guard.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kern/bpf.h"
#include "kern/guard_map.h"
#include "kern/msg.h"

#define MAX_CPUS 4096
#define MAX_HOME_LINKS 16

extern const char guard_obj_start[], guard_obj_end[];

struct kern_guard {
	struct bpf_object *obj;
	struct bpf_program *prog, *networks;
	int ifindex;
	int bindings_fd, prefixes_fd, device_fd, counters_fd;
	int n_cpus;
	bool attached;
};

static int set_device(int ifindex, bool up)
{
	struct kern_batch *b = kern_batch_new(KERN_ROUTE);

	kern_link_updown(b, ifindex, up);
	return kern_batch_commit(b);
}

/* Nobody has been told of them yet, so they are named here; with no members all of them stay as small as can be. */
static int size_multicast(struct bpf_object *obj, uint32_t max_bindings, uint32_t max_members)
{
	const struct {
		const char *name;
		uint32_t max;
	} maps[] = {
		{ "multicast_groups", max_members },
		{ "multicast_members", max_members },
		{ "multicast_homes", max_members ? max_bindings : 0 },
		{ "multicast_senders", max_members ? max_bindings : 0 },
		{ "multicast_links", max_members ? MAX_HOME_LINKS : 0 },
	};

	for (unsigned int i = 0; i < sizeof(maps) / sizeof(maps[0]); i++) {
		struct bpf_map *map = bpf_object__find_map_by_name(obj, maps[i].name);
		int err = map ? bpf_map__set_max_entries(map, maps[i].max ? maps[i].max : 1) : -ENOENT;

		if (err)
			return err;
	}
	return 0;
}

static int load(struct kern_guard *g, uint32_t max_bindings, uint32_t max_prefixes, uint32_t max_members, const char **step)
{
	struct bpf_map *bindings, *prefixes, *device, *counters;
	int err;

	*step = "open the program";
	g->obj = kern_bpf_open("mip6_guard", guard_obj_start, guard_obj_end);
	if (!g->obj)
		return -errno;
	bindings = bpf_object__find_map_by_name(g->obj, "guard_bindings");
	prefixes = bpf_object__find_map_by_name(g->obj, "guard_prefixes");
	device = bpf_object__find_map_by_name(g->obj, "guard_device");
	counters = bpf_object__find_map_by_name(g->obj, "guard_counters");
	g->prog = bpf_object__find_program_by_name(g->obj, "mip6_guard");
	g->networks = bpf_object__find_program_by_name(g->obj, "mip6_networks");
	if (!bindings || !prefixes || !device || !counters || !g->prog || !g->networks)
		return -ENOENT;
	err = bpf_map__set_max_entries(bindings, max_bindings ? max_bindings : 1);
	if (!err)
		err = bpf_map__set_max_entries(prefixes, max_prefixes ? max_prefixes : 1);
	if (!err)
		err = size_multicast(g->obj, max_bindings, max_members);
	if (err)
		return err;
	*step = "load the program (CONFIG_BPF_SYSCALL, CAP_BPF)";
	err = bpf_object__load(g->obj);
	if (err)
		return err;
	g->bindings_fd = bpf_map__fd(bindings);
	g->prefixes_fd = bpf_map__fd(prefixes);
	g->device_fd = bpf_map__fd(device);
	g->counters_fd = bpf_map__fd(counters);
	return 0;
}

static int raise(struct kern_guard *g, const char **step)
{
	int err;

	*step = "attach to the device (CONFIG_NET_SCH_INGRESS, CONFIG_NET_CLS_BPF)";
	err = kern_bpf_attach(g->ifindex, false, g->prog);
	if (err)
		return err;
	g->attached = true;
	*step = "raise the device";
	return set_device(g->ifindex, true);
}

static void say(int ret, const char *step, const char *words, char *err, size_t err_len)
{
	if (err && err_len)
		snprintf(err, err_len, "tunnel guard: cannot %s: %s%s%s%s", step, strerror(-ret), words[0] ? " (" : "", words,
			 words[0] ? ")" : "");
}

struct kern_guard *kern_guard_open(int ifindex, uint32_t max_bindings, uint32_t max_prefixes, uint32_t max_members, char *err, size_t err_len)
{
	struct kern_guard *g = calloc(1, sizeof(*g));
	const char *step = "", *words;
	int ret = -ENOMEM;

	kern_bpf_begin();
	if (g) {
		g->ifindex = ifindex;
		g->n_cpus = libbpf_num_possible_cpus();
		ret = g->n_cpus > 0 && g->n_cpus <= MAX_CPUS ? load(g, max_bindings, max_prefixes, max_members, &step) : -ERANGE;
	}
	words = kern_bpf_end();
	if (ret) {
		say(ret, step, words, err, err_len);
		kern_guard_close(g);
		g = NULL;
	}
	errno = -ret;
	return g;
}

int kern_guard_raise(struct kern_guard *g, char *err, size_t err_len)
{
	const char *step = "", *words;
	int ret;

	kern_bpf_begin();
	ret = raise(g, &step);
	words = kern_bpf_end();
	if (ret)
		say(ret, step, words, err, err_len);
	return ret;
}

static int raise_networks(struct kern_guard *g, int ifindex, const char **step)
{
	uint32_t zero = 0, device = (uint32_t)g->ifindex;
	int err;

	if (bpf_map_update_elem(g->device_fd, &zero, &device, BPF_ANY) < 0)
		return -errno;
	*step = "attach to the device for mobile networks (CONFIG_NET_CLS_BPF)";
	/* What comes in there has no tunnel's ends with it, and so does not pass. */
	err = kern_bpf_attach(ifindex, false, g->prog);
	if (!err)
		err = kern_bpf_attach(ifindex, true, g->networks);
	if (err)
		return err;
	*step = "raise the device for mobile networks";
	return set_device(ifindex, true);
}

int kern_guard_networks(struct kern_guard *g, int ifindex, char *err, size_t err_len)
{
	const char *step = "set the device", *words;
	int ret;

	kern_bpf_begin();
	ret = raise_networks(g, ifindex, &step);
	words = kern_bpf_end();
	if (ret)
		say(ret, step, words, err, err_len);
	return ret;
}

void kern_guard_leave(struct kern_guard *g)
{
	g->attached = false;
	kern_guard_close(g);
}

void kern_guard_close(struct kern_guard *g)
{
	if (!g)
		return;
	kern_bpf_begin();
	if (g->attached) {
		set_device(g->ifindex, false); /* it must not be open without its guard, not even on the way out */
		kern_bpf_detach(g->ifindex);
	}
	bpf_object__close(g->obj);
	kern_bpf_end();
	free(g);
}

int kern_guard_set(struct kern_guard *g, const struct in6_addr *hoa, const struct in6_addr *coa,
		   const struct in6_addr *ha)
{
	struct guard_binding v;

	memcpy(&v.coa, coa, sizeof(v.coa));
	memcpy(&v.ha, ha, sizeof(v.ha));
	return bpf_map_update_elem(g->bindings_fd, hoa, &v, BPF_ANY) < 0 ? -errno : 0;
}

int kern_guard_del(struct kern_guard *g, const struct in6_addr *hoa)
{
	return bpf_map_delete_elem(g->bindings_fd, hoa) < 0 ? -errno : 0;
}

static struct guard_prefix prefix_key(const struct in6_addr *prefix, uint8_t len)
{
	struct guard_prefix key = { .len = len };

	memcpy(&key.addr, prefix, sizeof(key.addr));
	return key;
}

int kern_guard_set_prefix(struct kern_guard *g, const struct in6_addr *prefix, uint8_t len, const struct in6_addr *coa,
			  const struct in6_addr *ha)
{
	struct guard_prefix key = prefix_key(prefix, len);
	struct guard_binding v;

	memcpy(&v.coa, coa, sizeof(v.coa));
	memcpy(&v.ha, ha, sizeof(v.ha));
	return bpf_map_update_elem(g->prefixes_fd, &key, &v, BPF_ANY) < 0 ? -errno : 0;
}

int kern_guard_del_prefix(struct kern_guard *g, const struct in6_addr *prefix, uint8_t len)
{
	struct guard_prefix key = prefix_key(prefix, len);

	return bpf_map_delete_elem(g->prefixes_fd, &key) < 0 ? -errno : 0;
}

struct bpf_object *kern_guard_object(const struct kern_guard *g, int *ifindex)
{
	*ifindex = g->ifindex;
	return g->obj;
}

int kern_guard_stats(struct kern_guard *g, struct guard_stats *out)
{
	uint64_t sum[GUARD_COUNTERS] = { 0 }, *cpu = calloc((size_t)g->n_cpus, sizeof(*cpu));
	int err = cpu ? 0 : -ENOMEM;

	for (uint32_t i = 0; !err && i < GUARD_COUNTERS; i++) {
		if (bpf_map_lookup_elem(g->counters_fd, &i, cpu) < 0)
			err = -errno;
		for (int c = 0; !err && c < g->n_cpus; c++)
			sum[i] += cpu[c];
	}
	free(cpu);
	*out = (struct guard_stats){
		.passed = sum[GUARD_PASSED],
		.no_binding = sum[GUARD_NO_BINDING],
		.wrong_coa = sum[GUARD_WRONG_COA],
		.wrong_dst = sum[GUARD_WRONG_DST],
		.not_ipv6 = sum[GUARD_NOT_IPV6],
		.mld_dropped = sum[GUARD_MLD_DROPPED],
		.multicast_out = sum[GUARD_MULTICAST_OUT],
		.multicast_lost = sum[GUARD_MULTICAST_LOST],
		.multicast_in = sum[GUARD_MULTICAST_IN],
	};
	return err;
}
