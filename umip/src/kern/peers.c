// SPDX-License-Identifier: GPL-2.0-or-later
/* Loads the program of peers.bpf.c, attaches it to both directions of a device, and hands on what it tells. */
#include "kern/peers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kern/bpf.h"
#include "kern/peers_map.h"

extern const char peers_obj_start[], peers_obj_end[];

struct kern_peers {
	struct bpf_object *obj;
	struct ring_buffer *ring;
	int ifindex;
	bool attached;
	void (*seen)(const struct in6_addr *peer, bool out, void *arg);
	void *arg;
};

static int on_seen(void *ctx, void *data, size_t len)
{
	const struct kern_peers *p = ctx;
	struct peers_seen s;
	struct in6_addr peer;

	if (len < sizeof(s))
		return 0;
	memcpy(&s, data, sizeof(s));
	memcpy(&peer, &s.peer, sizeof(peer));
	p->seen(&peer, s.out, p->arg);
	return 0;
}

static int load(struct kern_peers *p, const char **step)
{
	struct bpf_program *in, *out;
	struct bpf_map *ring;
	int err;

	*step = "open the program";
	p->obj = kern_bpf_open("mip6_peers", peers_obj_start, peers_obj_end);
	if (!p->obj)
		return -errno;
	ring = bpf_object__find_map_by_name(p->obj, "peers_ring");
	in = bpf_object__find_program_by_name(p->obj, "mip6_peers_in");
	out = bpf_object__find_program_by_name(p->obj, "mip6_peers_out");
	if (!ring || !in || !out)
		return -ENOENT;
	*step = "load the program (CONFIG_BPF_SYSCALL, CAP_BPF)";
	err = bpf_object__load(p->obj);
	if (err)
		return err;
	p->ring = ring_buffer__new(bpf_map__fd(ring), on_seen, p, NULL);
	if (!p->ring)
		return -errno;
	*step = "attach to the device (CONFIG_NET_SCH_INGRESS, CONFIG_NET_CLS_BPF)";
	p->attached = true; /* half of it is worth a detach too */
	err = kern_bpf_attach(p->ifindex, false, in);
	return err ? err : kern_bpf_attach(p->ifindex, true, out);
}

struct kern_peers *kern_peers_open(int ifindex, void (*seen)(const struct in6_addr *peer, bool out, void *arg), void *arg,
				   char *err, size_t err_len)
{
	struct kern_peers *p = calloc(1, sizeof(*p));
	const char *step = "", *words;
	int ret = -ENOMEM;

	kern_bpf_begin();
	if (p) {
		*p = (struct kern_peers){ .ifindex = ifindex, .seen = seen, .arg = arg };
		ret = load(p, &step);
	}
	words = kern_bpf_end();
	if (ret) {
		snprintf(err, err_len, "cannot %s: %s%s%s%s", step, strerror(-ret), words[0] ? " (" : "", words,
			 words[0] ? ")" : "");
		kern_peers_close(p);
		p = NULL;
	}
	errno = -ret;
	return p;
}

void kern_peers_close(struct kern_peers *p)
{
	if (!p)
		return;
	kern_bpf_begin();
	if (p->attached)
		kern_bpf_detach(p->ifindex);
	ring_buffer__free(p->ring);
	bpf_object__close(p->obj);
	kern_bpf_end();
	free(p);
}

int kern_peers_only(struct kern_peers *p, const struct in6_addr *ours)
{
	int fd = bpf_object__find_map_fd_by_name(p->obj, "peers_ours");
	struct peers_ours value = { .only = 1 };
	uint32_t zero = 0;

	memcpy(&value.addr, ours, sizeof(value.addr));
	return fd < 0 ? fd : bpf_map_update_elem(fd, &zero, &value, BPF_ANY) < 0 ? -errno : 0;
}

int kern_peers_fd(const struct kern_peers *p)
{
	return ring_buffer__epoll_fd(p->ring);
}

void kern_peers_read(struct kern_peers *p)
{
	ring_buffer__consume(p->ring);
}
