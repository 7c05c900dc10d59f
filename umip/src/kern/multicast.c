// SPDX-License-Identifier: GPL-2.0-or-later
/* Keeps the maps of multicast.bpf.h, attaches its programs to home links, and hands on what mobile nodes say. */
#include "kern/multicast.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kern/bpf.h"
#include "kern/multicast_map.h"
#include "kern/nl.h"
#include "wire/exthdr.h"

#define ETHER_ADDR_LEN 6
#define MAX_LINKS      16
#define TURN_MESSAGES 64
#define IP6_LEN	       40
#define SEND_MAX       1280
#define HOPLIMIT       64

struct kern_multicast {
	struct ring_buffer *ring;
	struct bpf_program *in, *out;
	int groups_fd, members_fd, homes_fd, senders_fd, links_fd, device_fd;
	int raw_fd;
	struct attached {
		int ifindex; /* 0: free */
		bool made_hook;
	} links[MAX_LINKS];
	kern_multicast_heard heard;
	void *arg;
	unsigned int turn; /* messages since the loop had its turn */
};

static int on_heard(void *ctx, void *data, size_t len)
{
	struct kern_multicast *m = ctx;
	const struct multicast_heard *h = data;
	struct in6_addr coa, ha;

	if (len >= sizeof(*h) && h->len <= sizeof(h->packet)) {
		memcpy(&coa, &h->coa, sizeof(coa));
		memcpy(&ha, &h->ha, sizeof(ha));
		m->heard(&coa, &ha, h->packet, h->len, m->arg);
	}
	/* An error ends it behind this message; the descriptor stays readable. */
	return ++m->turn < TURN_MESSAGES ? 0 : -EAGAIN;
}

static int open_raw(void)
{
	int fd = socket(AF_INET6, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_RAW), on = 1, err;
	const uint32_t mark = KERN_FWMARK;

	if (fd < 0)
		return -errno;
	if (!setsockopt(fd, IPPROTO_IPV6, IPV6_HDRINCL, &on, sizeof(on)) && !setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark)))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

static int find(struct kern_multicast *m, struct bpf_object *obj)
{
	m->groups_fd = bpf_object__find_map_fd_by_name(obj, "multicast_groups");
	m->members_fd = bpf_object__find_map_fd_by_name(obj, "multicast_members");
	m->homes_fd = bpf_object__find_map_fd_by_name(obj, "multicast_homes");
	m->senders_fd = bpf_object__find_map_fd_by_name(obj, "multicast_senders");
	m->links_fd = bpf_object__find_map_fd_by_name(obj, "multicast_links");
	m->device_fd = bpf_object__find_map_fd_by_name(obj, "multicast_device");
	m->in = bpf_object__find_program_by_name(obj, "mip6_home_in");
	m->out = bpf_object__find_program_by_name(obj, "mip6_home_out");
	if (m->groups_fd < 0 || m->members_fd < 0 || m->homes_fd < 0 || m->senders_fd < 0 || m->links_fd < 0 || m->device_fd < 0 ||
	    !m->in || !m->out)
		return -ENOENT;
	m->ring = ring_buffer__new(bpf_object__find_map_fd_by_name(obj, "multicast_ring"), on_heard, m, NULL);
	return m->ring ? 0 : -errno;
}

static int set_device(struct kern_multicast *m, int ifindex)
{
	uint32_t zero = 0, value = (uint32_t)ifindex;

	return bpf_map_update_elem(m->device_fd, &zero, &value, BPF_ANY) < 0 ? -errno : 0;
}

struct kern_multicast *kern_multicast_open(struct kern_guard *g, kern_multicast_heard heard, void *arg, char *err, size_t err_len)
{
	struct kern_multicast *m = calloc(1, sizeof(*m));
	int ifindex, ret = -ENOMEM;

	if (m) {
		*m = (struct kern_multicast){ .device_fd = -1, .raw_fd = -1, .heard = heard, .arg = arg };
		ret = find(m, kern_guard_object(g, &ifindex));
	}
	if (!ret) {
		m->raw_fd = open_raw();
		ret = m->raw_fd < 0 ? m->raw_fd : set_device(m, ifindex);
	}
	if (ret) {
		snprintf(err, err_len, "cannot use the maps of the tunnel guard for multicast: %s", strerror(-ret));
		kern_multicast_close(m, true);
		m = NULL;
	}
	errno = -ret;
	return m;
}

void kern_multicast_close(struct kern_multicast *m, bool leave)
{
	if (!m)
		return;
	for (unsigned int i = 0; !leave && i < MAX_LINKS; i++)
		if (m->links[i].ifindex)
			kern_multicast_unlink(m, m->links[i].ifindex);
	if (!leave)
		set_device(m, 0);
	ring_buffer__free(m->ring);
	if (m->raw_fd >= 0)
		close(m->raw_fd);
	free(m);
}

static struct attached *find_link(struct kern_multicast *m, int ifindex)
{
	for (unsigned int i = 0; i < MAX_LINKS; i++)
		if (m->links[i].ifindex == ifindex)
			return &m->links[i];
	return NULL;
}

static int attach(struct kern_multicast *m, struct attached *a)
{
	int err = kern_bpf_attach_beside(a->ifindex, false, m->in, &a->made_hook);

	return err ? err : kern_bpf_attach_beside(a->ifindex, true, m->out, NULL);
}

int kern_multicast_link(struct kern_multicast *m, int ifindex, const uint8_t *mac, unsigned int mac_len, char *err, size_t err_len)
{
	struct attached *a = find_link(m, ifindex);
	uint32_t key = (uint32_t)ifindex;
	struct multicast_link link = { .unused = { 0 } };
	const char *words;
	int ret;

	if (mac_len != ETHER_ADDR_LEN) {
		snprintf(err, err_len, "it is no Ethernet");
		return -EOPNOTSUPP;
	}
	memcpy(link.mac, mac, sizeof(link.mac));
	if (bpf_map_update_elem(m->links_fd, &key, &link, BPF_ANY) < 0) {
		ret = -errno;
		snprintf(err, err_len, "%s", strerror(-ret));
		return ret;
	}
	if (a)
		return 0;
	a = find_link(m, 0);
	if (!a) {
		snprintf(err, err_len, "more than %d links", MAX_LINKS);
		return -ENOSPC;
	}
	a->ifindex = ifindex;
	kern_bpf_begin();
	ret = attach(m, a);
	words = kern_bpf_end();
	if (ret) {
		snprintf(err, err_len, "cannot attach to it (CONFIG_NET_SCH_INGRESS, CONFIG_NET_CLS_BPF): %s%s%s%s", strerror(-ret),
			 words[0] ? " (" : "", words, words[0] ? ")" : "");
		kern_multicast_unlink(m, ifindex);
	}
	return ret;
}

void kern_multicast_unlink(struct kern_multicast *m, int ifindex)
{
	struct attached *a = find_link(m, ifindex);
	uint32_t key = (uint32_t)ifindex;

	bpf_map_delete_elem(m->links_fd, &key);
	if (!a)
		return;
	kern_bpf_begin();
	kern_bpf_detach_beside(ifindex, a->made_hook);
	kern_bpf_end();
	*a = (struct attached){ 0 };
}

void kern_multicast_sweep(const int *but, unsigned int n)
{
	kern_bpf_begin();
	kern_bpf_sweep_beside("mip6_home_", but, n);
	kern_bpf_end();
}

static int update(int fd, const void *key, const void *value)
{
	return bpf_map_update_elem(fd, key, value, BPF_ANY) < 0 ? -errno : 0;
}

static int drop(int fd, const void *key)
{
	return bpf_map_delete_elem(fd, key) < 0 && errno != ENOENT ? -errno : 0;
}

int kern_multicast_home(struct kern_multicast *m, const struct in6_addr *hoa, int ifindex)
{
	uint32_t value = (uint32_t)ifindex;

	return ifindex ? update(m->homes_fd, hoa, &value) : drop(m->homes_fd, hoa);
}

int kern_multicast_sender(struct kern_multicast *m, const struct in6_addr *coa, bool on)
{
	const struct multicast_rated fresh = { 0 };

	return on ? update(m->senders_fd, coa, &fresh) : drop(m->senders_fd, coa);
}

static struct multicast_group group_key(int ifindex, const struct in6_addr *group)
{
	struct multicast_group key = { .link = (uint32_t)ifindex };

	memcpy(&key.addr, group, sizeof(key.addr));
	return key;
}

int kern_multicast_member(struct kern_multicast *m, int ifindex, const struct in6_addr *group, uint32_t number, const struct in6_addr *hoa)
{
	struct multicast_slot key = { .group = group_key(ifindex, group), .number = number };

	return hoa ? update(m->members_fd, &key, hoa) : drop(m->members_fd, &key);
}

int kern_multicast_count(struct kern_multicast *m, int ifindex, const struct in6_addr *group, uint32_t n)
{
	struct multicast_group key = group_key(ifindex, group);

	return n ? update(m->groups_fd, &key, &n) : drop(m->groups_fd, &key);
}

int kern_multicast_send(struct kern_multicast *m, const struct in6_addr *ha, const struct in6_addr *coa, const uint8_t *packet, size_t len)
{
	struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_addr = *coa };
	uint8_t buf[IP6_LEN + SEND_MAX];

	if (len > SEND_MAX)
		return -EMSGSIZE;
	ip6_build(buf, IPPROTO_IPV6, HOPLIMIT, (uint16_t)len, ha, coa);
	memcpy(buf + IP6_LEN, packet, len);
	while (sendto(m->raw_fd, buf, IP6_LEN + len, MSG_DONTWAIT, (struct sockaddr *)&to, sizeof(to)) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

int kern_multicast_fd(const struct kern_multicast *m)
{
	return ring_buffer__epoll_fd(m->ring);
}

void kern_multicast_read(struct kern_multicast *m)
{
	m->turn = 0;
	ring_buffer__consume(m->ring);
}
