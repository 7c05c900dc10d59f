// SPDX-License-Identifier: GPL-2.0-or-later
/* Exercises umip/src/kern/ipsec.h from a script, kern_ipsec.sh: see ../roaming/commands.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netlink.h>
#include <linux/pfkeyv2.h>
#include <linux/xfrm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kern/ipsec.h"
#include "kern/mcast.h"
#include "kern/nl.h"
#include "kern/probe.h"

#include "../roaming/commands.h"

static int watch_fd = -1;

/* ---- policies ---- */

static const char *const dirs[] = { [XFRM_POLICY_IN] = "in", [XFRM_POLICY_OUT] = "out", [XFRM_POLICY_FWD] = "fwd" };

/*
 * The policy that the arguments from i on say:
 *	DIR SRC LEN DST LEN PROTO TYPE allow|block
 *	DIR SRC LEN DST LEN PROTO TYPE transport REQID
 *	DIR SRC LEN DST LEN PROTO TYPE tunnel REQID FROM TO
 */
static struct kern_sp policy(unsigned int i)
{
	struct kern_sp p = { .priority = KERN_SP_PRIORITY + 1, .src = ip(i + 1), .dst = ip(i + 3) };
	const char *what = arg[i + 7];

	while (p.dir < 2 && strcmp(arg[i], dirs[p.dir]))
		p.dir++;
	p.src_len = (uint8_t)num(i + 2);
	p.dst_len = (uint8_t)num(i + 4);
	p.proto = (uint8_t)num(i + 5);
	p.type = atoi(arg[i + 6]);
	p.action = !strcmp(what, "allow") ? KERN_SP_ALLOW : !strcmp(what, "block") ? KERN_SP_BLOCK : KERN_SP_ESP;
	if (p.action != KERN_SP_ESP)
		return p;
	p.reqid = num(i + 8);
	p.tunnel = !strcmp(what, "tunnel");
	p.from = p.tunnel ? ip(i + 9) : p.src;
	p.to = p.tunnel ? ip(i + 10) : p.dst;
	return p;
}

static void cmd_sp(void) /* POLICY */
{
	const struct kern_sp p = policy(0);
	struct kern_batch *b = kern_batch_new(KERN_XFRM);

	kern_sp_set(b, &p);
	result(kern_batch_commit(b));
}

static void cmd_sp_del(void) /* POLICY */
{
	const struct kern_sp p = policy(0);
	struct kern_batch *b = kern_batch_new(KERN_XFRM);

	kern_sp_del(b, &p, 0);
	result(kern_batch_commit(b));
}

static void print_policy(const struct kern_sp *p, void *unused)
{
	(void)unused;
	printf("[%s %s/%u %s/%u %u %d ", dirs[p->dir], text(&p->src), p->src_len, text(&p->dst), p->dst_len, p->proto,
	       p->type);
	if (p->action != KERN_SP_ESP)
		printf("%s", p->action == KERN_SP_BLOCK ? "block" : "allow");
	else
		printf("%s %u %s %s", p->tunnel ? "tunnel" : "transport", p->reqid, text(&p->from), text(&p->to));
	printf(" prio %u]", p->priority);
}

static void cmd_sp_dump(void)
{
	result(kern_sp_dump(print_policy, NULL));
}

static void take_index(const struct kern_sp *p, void *index)
{
	*(uint32_t *)index = p->index;
}

static void cmd_sp_index(void) /* of the last policy of a dump */
{
	uint32_t index = 0;
	int err = kern_sp_dump(take_index, &index);

	result(err ? err : (int)index);
}

static void cmd_sp_get(void) /* in|out|fwd INDEX */
{
	struct kern_sp p = { 0 };
	int dir = 0, r;

	while (dir < 2 && strcmp(arg[0], dirs[dir]))
		dir++;
	r = kern_sp_get(dir, num(1), &p);
	if (r == 1)
		print_policy(&p, NULL);
	result(r);
}

static void cmd_sp_many(void) /* N: so many are set, and deleted */
{
	struct kern_batch *b = kern_batch_new(KERN_XFRM);
	struct kern_sp p = {
		.priority = KERN_SP_PRIORITY, .src_len = 128, .dst_len = 128, .type = -1, .action = KERN_SP_BLOCK
	};

	for (unsigned int del = 0; del < 2; del++)
		for (unsigned int i = 1; i <= num(0); i++) {
			p.src.s6_addr32[3] = p.dst.s6_addr32[3] = htonl(i);
			if (del)
				kern_sp_del(b, &p, 0);
			else
				kern_sp_set(b, &p);
		}
	result(kern_batch_commit(b));
}

static void cmd_migrate(void) /* netlink|pfkey FROM TO KM-FROM|- KM-TO|- POLICY */
{
	const struct in6_addr from = ip(1), to = ip(2);
	const struct kern_sp p = policy(5);
	struct kern_km km = { 0 }, *k = NULL;
	struct kern_batch *b;

	if (strcmp(arg[3], "-")) {
		km.from = ip(3);
		km.to = ip(4);
		k = &km;
	}
	if (!strcmp(arg[0], "pfkey")) {
		result(kern_pfkey_migrate(&p, &from, &to, k));
		return;
	}
	b = kern_batch_new(KERN_XFRM);
	kern_sp_migrate(b, &p, &from, &to, k);
	result(kern_batch_commit(b));
}

/* ---- associations ---- */

static void print_sa(const struct kern_sa *s, void *unused)
{
	(void)unused;
	printf("[%s %s spi 0x%x reqid %u %s%s %s,%s window %u sel %s/%u %s/%u %u packets %llu bytes %llu added %d used %d]",
	       text(&s->src), text(&s->dst), s->spi, s->reqid, s->tunnel ? "tunnel" : "transport",
	       s->dying ? " dying" : "", s->cipher, s->auth, s->replay_window, text(&s->sel_src), s->sel_src_len,
	       text(&s->sel_dst), s->sel_dst_len, s->sel_proto, (unsigned long long)s->packets,
	       (unsigned long long)s->bytes, s->added > 0, s->used > 0);
}

static void cmd_sa_dump(void)
{
	result(kern_sa_dump(print_sa, NULL));
}

static void count_sa(const struct kern_sa *s, void *n)
{
	*(unsigned int *)n += s->spi != 0;
}

static void cmd_sa_count(void)
{
	unsigned int n = 0;
	double t0 = now_us();
	int err = kern_sa_dump(count_sa, &n);

	if (err)
		result(err);
	else
		printf("%u us=%.1f\n", n, (now_us() - t0) / (n ? n : 1));
}

static void cmd_sa_expire(void) /* SRC DST SPI */
{
	const struct kern_sa s = { .src = ip(0), .dst = ip(1), .spi = num(2) };
	struct kern_batch *b = kern_batch_new(KERN_XFRM);

	kern_sa_expire(b, &s, 0);
	result(kern_batch_commit(b));
}

/* ---- what the kernel tells ---- */

static void cmd_watch(void) /* [BYTES]: of the receive buffer */
{
	const int size = (int)num(0);

	if (watch_fd >= 0)
		close(watch_fd);
	watch_fd = kern_ipsec_watch_open();
	if (watch_fd >= 0 && size)
		setsockopt(watch_fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	simple(watch_fd);
}

static void cmd_watched(void) /* MS: what came, until it is quiet for so long */
{
	static const char *const kind[] = {
		[KERN_IPSEC_ACQUIRE] = "acquire",    [KERN_IPSEC_SA_NEW] = "new",
		[KERN_IPSEC_SA_GONE] = "gone",	     [KERN_IPSEC_SA_EXPIRING] = "expiring",
		[KERN_IPSEC_SA_FLUSH] = "flush",     [KERN_IPSEC_MIGRATED] = "migrated",
		[KERN_IPSEC_POLICY_GONE] = "policy",
	};

	while (readable(watch_fd, (int)num(0))) {
		struct kern_ipsec_event e;
		int r = kern_ipsec_watch_read(watch_fd, &e);

		if (r == -ENOBUFS)
			printf("[lost]");
		else if (r < 0)
			printf("[%s]", strerrorname_np(-r));
		else if (r)
			printf("[%s %s %s spi 0x%x reqid %u%s]", kind[e.kind], text(&e.src), text(&e.dst), e.spi,
			       e.reqid, e.tunnel ? " tunnel" : "");
	}
	printf("\n");
}

/* ---- a key manager, as it hears of MIGRATE by both interfaces ---- */

static int nl_fd = -1, key_fd = -1;

static void cmd_listen(void)
{
	const int group = XFRMNLGRP_MIGRATE;

	nl_fd = kern_mcast_open(NETLINK_XFRM, &group, 1, 65536, NULL);
	key_fd = socket(PF_KEY, SOCK_RAW | SOCK_NONBLOCK, PF_KEY_V2);
	simple(nl_fd < 0 ? nl_fd : key_fd < 0 ? -errno : 0);
}

static void print_km(const char *by, const void *local, const void *remote)
{
	struct in6_addr a[2];

	memcpy(&a[0], local, sizeof(a[0]));
	memcpy(&a[1], remote, sizeof(a[1]));
	printf("[%s km %s %s]", by, text(&a[0]), text(&a[1]));
}

static void heard_netlink(const uint8_t *buf, size_t len)
{
	size_t at = NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(struct xfrm_userpolicy_id));
	struct nlattr a;

	for (; at + sizeof(a) <= len; at += NLA_ALIGN(a.nla_len)) {
		struct xfrm_user_kmaddress km;

		memcpy(&a, buf + at, sizeof(a));
		if (a.nla_len < sizeof(a))
			break;
		if (a.nla_type != XFRMA_KMADDRESS || a.nla_len < sizeof(a) + sizeof(km) || at + a.nla_len > len)
			continue;
		memcpy(&km, buf + at + NLA_HDRLEN, sizeof(km));
		print_km("netlink", &km.local, &km.remote);
		return;
	}
	printf("[netlink no km]");
}

static void heard_pfkey(const uint8_t *buf, size_t len)
{
	size_t at = sizeof(struct sadb_msg);
	struct sadb_ext e;

	if (len < at || ((const struct sadb_msg *)buf)->sadb_msg_type != SADB_X_MIGRATE ||
	    ((const struct sadb_msg *)buf)->sadb_msg_errno)
		return;
	for (; at + sizeof(e) <= len; at += e.sadb_ext_len * 8u) {
		struct sockaddr_in6 sa[2];

		memcpy(&e, buf + at, sizeof(e));
		if (!e.sadb_ext_len)
			break;
		if (e.sadb_ext_type != SADB_X_EXT_KMADDRESS || at + sizeof(struct sadb_x_kmaddress) + sizeof(sa) > len)
			continue;
		memcpy(sa, buf + at + sizeof(struct sadb_x_kmaddress), sizeof(sa));
		print_km("pfkey", &sa[0].sin6_addr, &sa[1].sin6_addr);
		return;
	}
	printf("[pfkey no km]");
}

static void cmd_heard(void)
{
	uint8_t buf[8192] __attribute__((aligned(8)));
	ssize_t n;

	while ((n = recv(nl_fd, buf, sizeof(buf), 0)) > 0)
		heard_netlink(buf, (size_t)n);
	while ((n = recv(key_fd, buf, sizeof(buf), 0)) > 0)
		heard_pfkey(buf, (size_t)n);
	printf("\n");
}

static void cmd_probe(void)
{
	const struct kern_ipsec_wants all = { true, true, true, true, true };
	struct kern_abilities a;
	const char *missing;
	int err = kern_probe(&a, true);

	if (err) {
		simple(err);
		return;
	}
	missing = kern_probe_missing_ipsec(&a, &all);
	printf("esp=%d mh_type_in=%d migrate=%d migrate_typed=%d pf_key_migrate=%d %s\n", a.esp, a.mh_type_in,
	       a.migrate, a.migrate_typed, a.pf_key_migrate, missing ? missing : "nothing is missing");
}

static const struct command commands[] = {
	{ "probe", cmd_probe, 0 },
	{ "sp", cmd_sp, 8 },
	{ "sp-del", cmd_sp_del, 8 },
	{ "sp-dump", cmd_sp_dump, 0 },
	{ "sp-index", cmd_sp_index, 0 },
	{ "sp-get", cmd_sp_get, 2 },
	{ "sp-many", cmd_sp_many, 1 },
	{ "migrate", cmd_migrate, 13 },
	{ "sa-dump", cmd_sa_dump, 0 },
	{ "sa-count", cmd_sa_count, 0 },
	{ "sa-expire", cmd_sa_expire, 3 },
	{ "watch", cmd_watch, 0 },
	{ "watched", cmd_watched, 1 },
	{ "listen", cmd_listen, 0 },
	{ "heard", cmd_heard, 0 },
};

int main(void)
{
	return run_commands(commands, sizeof(commands) / sizeof(commands[0]));
}
