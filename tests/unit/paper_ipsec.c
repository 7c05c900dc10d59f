// SPDX-License-Identifier: GPL-2.0-or-later
/* See paper_ipsec.h. */
#include "paper_ipsec.h"

#include <check.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

struct paper_ipsec ki;
static int pipe_in = -1;

void paper_ipsec_reset(void)
{
	memset(&ki, 0, sizeof(ki));
	if (pipe_in >= 0)
		close(pipe_in);
	pipe_in = -1;
}

static bool same_ip(const struct in6_addr *a, const struct in6_addr *b)
{
	return IN6_ARE_ADDR_EQUAL(a, b);
}

/* As the kernel does: the priority is not a part of what names a policy. */
static struct kern_sp *find(const struct kern_sp *p)
{
	for (unsigned int i = 0; i < ki.policies.n; i++) {
		struct kern_sp *e = &ki.policies.at[i];

		if (e->dir == p->dir && e->src_len == p->src_len && e->dst_len == p->dst_len && e->proto == p->proto && e->type == p->type &&
		    same_ip(&e->src, &p->src) && same_ip(&e->dst, &p->dst))
			return e;
	}
	return NULL;
}

static int set(const void *arg)
{
	const struct kern_sp *p = arg;
	struct kern_sp *there = find(p);
	uint32_t index;

	if (ki.set_error && ki.n_set >= ki.set_after)
		return ki.set_error;
	ki.n_set++;
	if (ki.lose_set) {
		ki.lose_set--;
		if (there)
			*there = ki.policies.at[--ki.policies.n];
		return 0;
	}
	if (!there) {
		ck_assert_uint_lt(ki.policies.n, PAPER_MAX);
		there = &ki.policies.at[ki.policies.n++];
		there->index = ++ki.last_index;
	}
	index = there->index;
	*there = *p;
	there->index = index;
	return 0;
}

static int del(const void *arg)
{
	struct kern_sp *there = find(arg);

	if (!there)
		return -ENOENT;
	*there = ki.policies.at[--ki.policies.n];
	return 0;
}

void kern_sp_set(struct kern_batch *b, const struct kern_sp *p)
{
	paper_op(b, set, p, sizeof(*p), 0);
}

void kern_sp_del(struct kern_batch *b, const struct kern_sp *p, unsigned int forgive)
{
	paper_op(b, del, p, sizeof(*p), forgive);
}

int kern_sp_dump(void (*fn)(const struct kern_sp *p, void *arg), void *arg)
{
	for (unsigned int i = 0; i < ki.policies.n; i++)
		fn(&ki.policies.at[i], arg);
	return k.dump_error;
}

int kern_sp_get(int dir, uint32_t index, struct kern_sp *out)
{
	ki.n_got++;
	for (unsigned int i = 0; i < ki.policies.n; i++)
		if (ki.policies.at[i].index == index && ki.policies.at[i].dir == dir) {
			*out = ki.policies.at[i];
			return 1;
		}
	return ki.get_error;
}

struct move {
	struct kern_sp sp;
	struct in6_addr from, to;
	bool has_km;
	struct kern_km km;
};

static int migrate(const void *arg)
{
	const struct move *m = arg;
	struct kern_sp *p = find(&m->sp);

	if (ki.migrate_error && ki.n_migrated >= ki.migrate_after)
		return ki.migrate_error;
	if (!p)
		return -ENOENT;
	if (p->tunnel != m->sp.tunnel || p->reqid != m->sp.reqid)
		return -ESRCH;
	/* A template in transport mode has no addresses. */
	if (p->tunnel && (!same_ip(&p->from, &m->sp.from) || !same_ip(&p->to, &m->sp.to)))
		return -ESRCH;
	if (p->tunnel) {
		p->from = m->from;
		p->to = m->to;
	}
	for (unsigned int i = 0; i < ki.associations.n; i++) {
		struct kern_sa *s = &ki.associations.at[i];

		if (s->tunnel == m->sp.tunnel && s->reqid == m->sp.reqid && same_ip(&s->src, &m->sp.from) && same_ip(&s->dst, &m->sp.to)) {
			s->src = m->from;
			s->dst = m->to;
		}
	}
	ki.n_migrated += p->tunnel;
	ki.n_told += !p->tunnel;
	ki.n_km += m->has_km;
	if (m->has_km)
		ki.km = m->km;
	return 0;
}

static struct move move_of(const struct kern_sp *p, const struct in6_addr *from, const struct in6_addr *to, const struct kern_km *km)
{
	struct move m = { .sp = *p, .from = *from, .to = *to, .has_km = km };

	if (km)
		m.km = *km;
	return m;
}

void kern_sp_migrate(struct kern_batch *b, const struct kern_sp *p, const struct in6_addr *from, const struct in6_addr *to,
		     const struct kern_km *km)
{
	struct move m = move_of(p, from, to, km);

	paper_op(b, migrate, &m, sizeof(m), 0);
}

int kern_pfkey_migrate(const struct kern_sp *p, const struct in6_addr *from, const struct in6_addr *to, const struct kern_km *km)
{
	struct move m = move_of(p, from, to, km);
	int err = migrate(&m);

	ki.n_pf_key += !err;
	return err;
}

void kern_pfkey_close(void)
{
}

void paper_association(const char *src, const char *dst, uint32_t reqid, bool tunnel)
{
	ck_assert_uint_lt(ki.associations.n, PAPER_MAX);
	ki.associations.at[ki.associations.n] = (struct kern_sa){
		.src = ip(src), .dst = ip(dst), .spi = 0x1000 + ki.n_spis++, .reqid = reqid, .tunnel = tunnel, .cipher = "cbc(aes)",
		.auth = "hmac(sha256)",
	};
	ki.associations.n++;
}

void paper_negotiated(unsigned int i, uint64_t added)
{
	ki.associations.at[i].negotiated = true;
	ki.associations.at[i].added = added;
}

static int expire(const void *arg)
{
	const struct kern_sa *s = arg;

	for (unsigned int i = 0; i < ki.associations.n; i++) {
		struct kern_sa *there = &ki.associations.at[i];

		if (there->spi != s->spi || !same_ip(&there->dst, &s->dst))
			continue;
		*there = ki.associations.at[--ki.associations.n];
		ki.n_expired++;
		return 0;
	}
	return -ESRCH;
}

void kern_sa_expire(struct kern_batch *b, const struct kern_sa *s, unsigned int forgive)
{
	paper_op(b, expire, s, sizeof(*s), forgive);
}

int kern_sa_dump(void (*fn)(const struct kern_sa *s, void *arg), void *arg)
{
	for (unsigned int i = 0; i < ki.associations.n; i++)
		fn(&ki.associations.at[i], arg);
	return k.dump_error;
}

int kern_ipsec_watch_open(void)
{
	int fd[2];

	ck_assert_int_eq(pipe(fd), 0);
	if (pipe_in >= 0)
		close(pipe_in);
	pipe_in = fd[1];
	return fd[0];
}

void paper_ipsec_event(const struct kern_ipsec_event *e)
{
	ck_assert_int_eq(write(pipe_in, e, sizeof(*e)), sizeof(*e));
}

int kern_ipsec_watch_read(int fd, struct kern_ipsec_event *out)
{
	fd_set set;
	struct timeval now = { 0 };

	FD_ZERO(&set);
	FD_SET(fd, &set);
	if (select(fd + 1, &set, NULL, NULL, &now) <= 0)
		return -EAGAIN;
	ck_assert_int_eq(read(fd, out, sizeof(*out)), sizeof(*out));
	return 1;
}
