// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Membership in groups, counted by (link, group): several addresses may share one solicited-node group. A socket can
 * hold some hundred memberships (net.core.optmem_max) and the kernel searches its list each time, so there are as many
 * sockets as it takes.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kern/sock.h"

#define PER_SOCKET 128
#define BUCKETS	   4096

struct member_socket {
	struct member_socket *next;
	int fd;
	unsigned int n;
};

struct membership {
	struct membership *next;
	struct member_socket *sock;
	int ifindex;
	struct in6_addr group;
	unsigned int refs;
};

static struct membership *bucket[BUCKETS];
static struct member_socket *sockets;

/* Solicited-node groups differ in the last three bytes only, and of others there are so few that somebody who chooses them gains nothing. */
static struct membership **find(int ifindex, const struct in6_addr *group)
{
	uint32_t low = (uint32_t)group->s6_addr[13] << 16 | (uint32_t)group->s6_addr[14] << 8 | group->s6_addr[15];
	struct membership **m = &bucket[((low ^ (uint32_t)ifindex << 20) * 2654435761u) >> 20];

	while (*m && ((*m)->ifindex != ifindex || memcmp(&(*m)->group, group, sizeof(*group))))
		m = &(*m)->next;
	return m;
}

static int change(int fd, int option, int ifindex, const struct in6_addr *group)
{
	struct ipv6_mreq req = { .ipv6mr_multiaddr = *group, .ipv6mr_interface = (unsigned int)ifindex };

	return setsockopt(fd, IPPROTO_IPV6, option, &req, sizeof(req)) < 0 ? -errno : 0;
}

static struct member_socket *new_socket(void)
{
	struct member_socket *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (s->fd < 0) {
		free(s);
		return NULL;
	}
	s->next = sockets;
	sockets = s;
	return s;
}

static void free_socket_if_empty(struct member_socket *s)
{
	struct member_socket **at = &sockets;

	if (s->n)
		return;
	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	close(s->fd);
	free(s);
}

static int join(struct membership *m)
{
	struct member_socket *s = sockets;
	int err = -ENOMEM;

	while (s && s->n >= PER_SOCKET)
		s = s->next;
	if (s)
		err = change(s->fd, IPV6_JOIN_GROUP, m->ifindex, &m->group);
	if (err == -ENOMEM || err == -ENOBUFS) { /* none has room, or this one has less than we thought */
		s = new_socket();
		err = s ? change(s->fd, IPV6_JOIN_GROUP, m->ifindex, &m->group) : -ENOMEM;
	}
	if (!err)
		s->n++;
	else if (s)
		free_socket_if_empty(s);
	m->sock = s;
	return err;
}

int group_join(int ifindex, const struct in6_addr *group)
{
	struct membership **at = find(ifindex, group), *m;
	int err;

	if (*at) {
		(*at)->refs++;
		return 0;
	}
	m = calloc(1, sizeof(*m));
	if (!m)
		return -ENOMEM;
	m->ifindex = ifindex;
	m->group = *group;
	m->refs = 1;
	err = join(m);
	if (err) {
		free(m);
		return err;
	}
	*at = m;
	return 0;
}

int group_leave(int ifindex, const struct in6_addr *group)
{
	struct membership **at = find(ifindex, group), *m = *at;

	if (!m)
		return -ENOENT;
	if (--m->refs)
		return 0;
	change(m->sock->fd, IPV6_LEAVE_GROUP, ifindex,
	       group); /* fails when the link has gone, and the membership with it */
	m->sock->n--;
	free_socket_if_empty(m->sock);
	*at = m->next;
	free(m);
	return 0;
}

int nd_group_join(int ifindex, const struct in6_addr *addr)
{
	struct in6_addr group;

	nd_solicited_node(addr, &group);
	return group_join(ifindex, &group);
}

int nd_group_leave(int ifindex, const struct in6_addr *addr)
{
	struct in6_addr group;

	nd_solicited_node(addr, &group);
	return group_leave(ifindex, &group);
}
