// SPDX-License-Identifier: GPL-2.0-or-later
/* See paper_multicast.h. */
#include "paper_multicast.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "kern/sock.h"

struct paper_multicast pm;

static struct kern_multicast {
	kern_multicast_heard heard;
	void *arg;
	int fd; /* nothing ever comes there */
} the_one;

void paper_multicast_reset(void)
{
	memset(&pm, 0, sizeof(pm));
}

/* ---- our own memberships ---- */

static struct paper_group *find_group(int ifindex, const struct in6_addr *group)
{
	unsigned int i = 0;

	while (i < pm.groups.n && (pm.groups.at[i].ifindex != ifindex || !IN6_ARE_ADDR_EQUAL(&pm.groups.at[i].group, group)))
		i++;
	ck_assert_uint_lt(i, PAPER_MAX);
	if (i == pm.groups.n)
		pm.groups.at[pm.groups.n++] = (struct paper_group){ .ifindex = ifindex, .group = *group };
	return &pm.groups.at[i];
}

int group_join(int ifindex, const struct in6_addr *group)
{
	struct paper_group *g;

	if (pm.join_error)
		return pm.join_error;
	g = find_group(ifindex, group);
	ck_assert(!g->ours);
	g->ours = true;
	return 0;
}

int group_leave(int ifindex, const struct in6_addr *group)
{
	struct paper_group *g = find_group(ifindex, group);

	ck_assert(g->ours);
	g->ours = false;
	return 0;
}

int group_dump(void (*cb)(int ifindex, const struct in6_addr *group, unsigned int users, void *arg), void *arg)
{
	for (unsigned int i = 0; i < pm.groups.n; i++) {
		const struct paper_group *g = &pm.groups.at[i];

		if (g->users + g->ours)
			cb(g->ifindex, &g->group, g->users + g->ours, arg);
	}
	return 0;
}

void paper_group(int ifindex, const char *group, unsigned int users)
{
	struct in6_addr a = ip(group);

	find_group(ifindex, &a)->users = users;
}

bool paper_joined(int ifindex, const char *group)
{
	struct in6_addr a = ip(group);

	return find_group(ifindex, &a)->ours;
}

/* ---- the home agent's programs ---- */

struct kern_multicast *kern_multicast_open(struct kern_guard *g, kern_multicast_heard heard, void *arg, char *err, size_t err_len)
{
	(void)g;
	(void)err;
	(void)err_len;
	the_one = (struct kern_multicast){ .heard = heard, .arg = arg, .fd = eventfd(0, EFD_CLOEXEC) };
	ck_assert_int_ge(the_one.fd, 0);
	return &the_one;
}

void kern_multicast_close(struct kern_multicast *m, bool leave)
{
	(void)leave;
	close(m->fd);
	*m = (struct kern_multicast){ 0 };
}

int kern_multicast_link(struct kern_multicast *m, int ifindex, const uint8_t *mac, unsigned int mac_len, char *err, size_t err_len)
{
	(void)m;
	(void)ifindex;
	(void)mac;
	snprintf(err, err_len, "of paper");
	return mac_len == 6 ? 0 : -EOPNOTSUPP;
}

void kern_multicast_unlink(struct kern_multicast *m, int ifindex)
{
	(void)m;
	(void)ifindex;
}

void kern_multicast_sweep(const int *but, unsigned int n)
{
	(void)but;
	(void)n;
}

/* Sets the one that is the same but for what it holds; or takes it out. */
#define SET(list, e, same, value, keep)                                \
	do {                                                           \
		unsigned int i_ = 0;                                   \
		for (; i_ < (list).n; i_++) {                          \
			__typeof__(&(list).at[0]) e = &(list).at[i_];  \
			if (same)                                      \
				break;                                 \
		}                                                      \
		ck_assert_uint_lt(i_, PAPER_MAX);                      \
		if (keep) {                                            \
			(list).n += i_ == (list).n;                    \
			(list).at[i_] = (value);                       \
		} else if (i_ < (list).n) {                            \
			(list).at[i_] = (list).at[--(list).n];         \
		}                                                      \
	} while (0)

int kern_multicast_home(struct kern_multicast *m, const struct in6_addr *hoa, int ifindex)
{
	const struct paper_member v = { .hoa = *hoa, .ifindex = ifindex };

	(void)m;
	SET(pm.homes, e, IN6_ARE_ADDR_EQUAL(&e->hoa, hoa), v, ifindex);
	return 0;
}

int kern_multicast_sender(struct kern_multicast *m, const struct in6_addr *coa, bool on)
{
	(void)m;
	SET(pm.senders, e, IN6_ARE_ADDR_EQUAL(e, coa), *coa, on);
	return 0;
}

int kern_multicast_member(struct kern_multicast *m, int ifindex, const struct in6_addr *group, uint32_t number, const struct in6_addr *hoa)
{
	const struct paper_member v = { .ifindex = ifindex, .group = *group, .number = number, .hoa = hoa ? *hoa : in6addr_any };

	(void)m;
	if (hoa && pm.member_error)
		return pm.member_error;
	SET(pm.members, e, e->ifindex == ifindex && e->number == number && IN6_ARE_ADDR_EQUAL(&e->group, group), v, hoa);
	return 0;
}

int kern_multicast_count(struct kern_multicast *m, int ifindex, const struct in6_addr *group, uint32_t n)
{
	const struct paper_member v = { .ifindex = ifindex, .group = *group, .number = n };

	(void)m;
	SET(pm.counts, e, e->ifindex == ifindex && IN6_ARE_ADDR_EQUAL(&e->group, group), v, n);
	return 0;
}

int kern_multicast_send(struct kern_multicast *m, const struct in6_addr *ha, const struct in6_addr *coa, const uint8_t *packet, size_t len)
{
	(void)m;
	ck_assert_uint_le(len, sizeof(pm.query));
	memcpy(pm.query, packet, len);
	pm.query_len = len;
	pm.query_ha = *ha;
	pm.query_coa = *coa;
	pm.n_queries++;
	return 0;
}

int kern_multicast_fd(const struct kern_multicast *m)
{
	return m->fd;
}

void kern_multicast_read(struct kern_multicast *m)
{
	(void)m;
}

void paper_mld(const char *coa, const char *ha, const uint8_t *packet, size_t len)
{
	const struct in6_addr a = ip(coa), b = ip(ha);

	ck_assert_ptr_nonnull(the_one.heard);
	the_one.heard(&a, &b, packet, len, the_one.arg);
}

const char *paper_members(int ifindex, const char *group)
{
	static char text[PAPER_MAX * INET6_ADDRSTRLEN];
	const struct in6_addr a = ip(group);
	char one[INET6_ADDRSTRLEN];
	uint32_t n = 0;

	for (unsigned int i = 0; i < pm.counts.n; i++)
		if (pm.counts.at[i].ifindex == ifindex && IN6_ARE_ADDR_EQUAL(&pm.counts.at[i].group, &a))
			n = pm.counts.at[i].number;
	text[0] = '\0';
	for (uint32_t number = 0; number < n; number++)
		for (unsigned int i = 0; i < pm.members.n; i++) {
			const struct paper_member *v = &pm.members.at[i];

			if (v->ifindex != ifindex || v->number != number || !IN6_ARE_ADDR_EQUAL(&v->group, &a))
				continue;
			strcat(text, *text ? " " : "");
			strcat(text, inet_ntop(AF_INET6, &v->hoa, one, sizeof(one)));
		}
	return text;
}
