// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the IPsec policies of a home agent cost: those of many mobile nodes and, in turns with them, those of few.
 *
 *     ipsec_policies FEW MANY ROUNDS [hash]
 *
 * For each mobile node a policy set with HomeRegBinding, MobPfxDisc and TunnelHomeTesting: seven policies, all of which are one batch
 * of umip/src/kern. Each round has a network namespace of its own. Prints "add US US dump US US take US US del US US policies N N get US US":
 * microseconds a set, with FEW and with MANY sets, to load them into an empty kernel, to dump them, to set them again, and to delete
 * them, how many policies the dumps had, and what it costs to ask for one by its index (not by the set, but each), as mip6d does for each message that
 * has to be protected. With "hash", the kernel is first told to hash what is exact
 * on the far side (XFRM_MSG_NEWSPDINFO, "ip xfrm policy set hthresh6 0 128"); by itself it searches policies with ::/0 in trees. A time is the shortest of the rounds, since others use the machine too.
 */
#include <err.h>
#include <errno.h>
#include <linux/xfrm.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kern/ipsec.h"
#include "kern/msg.h"
#include "kern/nl.h"

#define POLICIES_A_SET 7
#define GETS	       20000

enum { HOTI = 1, HOT = 3, BU = 5, BA = 6, MPS = 146, MPA = 147 };

struct cost {
	double add, dump, take, del; /* us a set */
	double get; /* us a policy */
	unsigned int policies;
};

static const struct in6_addr home_agent = { .s6_addr = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } };

static bool hash;

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static struct in6_addr home_address(unsigned int i)
{
	struct in6_addr a = home_agent;

	a.s6_addr[13] = (uint8_t)(i >> 16);
	a.s6_addr[14] = (uint8_t)(i >> 8);
	a.s6_addr[12] = 1;
	a.s6_addr[15] = (uint8_t)i;
	return a;
}

/* Between a home address and its agent, or any address: where it goes is where dir says. */
static struct kern_sp policy(int dir, const struct in6_addr *hoa, bool tunnel, uint8_t proto, int type, uint32_t reqid)
{
	const struct in6_addr far = tunnel ? in6addr_any : home_agent;
	const uint8_t far_len = tunnel ? 0 : 128;
	const bool out = dir == XFRM_POLICY_OUT;
	struct kern_sp p = {
		.dir = dir,
		.priority = KERN_SP_PRIORITY + (tunnel ? 1 : 0),
		.src = out ? far : *hoa,
		.src_len = out ? far_len : 128,
		.dst = out ? *hoa : far,
		.dst_len = out ? 128 : far_len,
		.proto = proto,
		.type = type,
		.action = KERN_SP_ESP,
		.tunnel = tunnel,
		.from = out ? home_agent : *hoa,
		.to = out ? *hoa : home_agent,
		.reqid = reqid,
	};

	return p;
}

static void a_set(unsigned int i, struct kern_sp p[POLICIES_A_SET])
{
	const struct in6_addr hoa = home_address(i);

	p[0] = policy(XFRM_POLICY_IN, &hoa, false, IPPROTO_MH, BU, 6 * i + 1);
	p[1] = policy(XFRM_POLICY_OUT, &hoa, false, IPPROTO_MH, BA, 6 * i + 2);
	p[2] = policy(XFRM_POLICY_IN, &hoa, false, IPPROTO_ICMPV6, MPS, 6 * i + 3);
	p[3] = policy(XFRM_POLICY_OUT, &hoa, false, IPPROTO_ICMPV6, MPA, 6 * i + 4);
	p[4] = policy(XFRM_POLICY_IN, &hoa, true, IPPROTO_MH, HOTI, 6 * i + 5);
	p[5] = policy(XFRM_POLICY_FWD, &hoa, true, IPPROTO_MH, HOTI, 6 * i + 5);
	p[6] = policy(XFRM_POLICY_OUT, &hoa, true, IPPROTO_MH, HOT, 6 * i + 6);
}

static void count(const struct kern_sp *p, void *n)
{
	(void)p;
	(*(unsigned int *)n)++;
}

struct indexes {
	struct {
		int dir;
		uint32_t index;
	} *at;
	unsigned int n;
};

static void note(const struct kern_sp *p, void *arg)
{
	struct indexes *x = arg;

	x->at[x->n].dir = p->dir;
	x->at[x->n++].index = p->index;
}

static void must(int error, const char *what)
{
	if (error)
		errx(1, "%s: %s: %s", what, strerrorname_np(-error), kern_error());
}

/* All sets, in one batch; microseconds for each. */
static double all(unsigned int sets, bool del)
{
	struct kern_sp p[POLICIES_A_SET];
	double t0 = now_us();
	struct kern_batch *b = kern_batch_new(KERN_XFRM);

	for (unsigned int i = 1; i <= sets; i++) {
		a_set(i, p);
		for (unsigned int j = 0; j < POLICIES_A_SET; j++) {
			if (del)
				kern_sp_del(b, &p[j], 0);
			else
				kern_sp_set(b, &p[j]);
		}
	}
	must(kern_batch_commit(b), del ? "delete" : "add");
	return (now_us() - t0) / sets;
}

/* Microseconds to ask for a policy by its index, all over the table. */
static double get_some(unsigned int policies)
{
	struct indexes x = { .at = calloc(policies, sizeof(*x.at)) };
	struct kern_sp p;
	double t0;

	if (!x.at)
		errx(1, "out of memory");
	must(kern_sp_dump(note, &x), "dump");
	t0 = now_us();
	for (unsigned int i = 0; i < GETS; i++) {
		unsigned int j = (unsigned int)((uint64_t)i * 7919 % x.n);

		if (kern_sp_get(x.at[j].dir, x.at[j].index, &p) != 1)
			errx(1, "get: %s", kern_error());
	}
	free(x.at);
	return (now_us() - t0) / GETS;
}

/* All of a home agent's policies are for one remote address. The kernel rebuilds its tables a little later. */
static void hash_remote(void)
{
	const struct xfrmu_spdhthresh bits = { .lbits = 0, .rbits = 128 };
	struct kern_batch *b = kern_batch_new(KERN_XFRM);
	const uint32_t flags = 0;
	struct nl_msg *m = kern_msg(XFRM_MSG_NEWSPDINFO, 0, &flags, sizeof(flags));

	if (m)
		nla_put(m, XFRMA_SPD_IPV6_HTHRESH, sizeof(bits), &bits);
	kern_batch_add(b, m, 0, "hash thresholds");
	must(kern_batch_commit(b), "hash");
	usleep(100000);
}

static struct cost in_namespace(unsigned int sets)
{
	struct cost c = { 0 };
	double t0;

	if (unshare(CLONE_NEWNET) < 0)
		err(1, "unshare");
	must(kern_nl_open_one(KERN_XFRM), "netlink");
	if (hash)
		hash_remote();
	c.add = all(sets, false);
	t0 = now_us();
	must(kern_sp_dump(count, &c.policies), "dump");
	c.dump = (now_us() - t0) / sets;
	c.get = get_some(c.policies);
	c.take = all(sets, false);
	c.del = all(sets, true);
	return c;
}

/* In a child, so that the namespace goes with it. */
static struct cost once(unsigned int sets)
{
	struct cost c;
	int fd[2], status;
	pid_t child;

	if (pipe(fd) < 0)
		err(1, "pipe");
	child = fork();
	if (child < 0)
		err(1, "fork");
	if (!child) {
		c = in_namespace(sets);
		_exit(write(fd[1], &c, sizeof(c)) != sizeof(c));
	}
	close(fd[1]);
	if (read(fd[0], &c, sizeof(c)) != sizeof(c))
		errx(1, "a round failed");
	close(fd[0]);
	waitpid(child, &status, 0);
	return c;
}

static void keep_shortest(struct cost *best, struct cost c)
{
	if (!best->policies || c.add < best->add)
		best->add = c.add;
	if (!best->policies || c.dump < best->dump)
		best->dump = c.dump;
	if (!best->policies || c.take < best->take)
		best->take = c.take;
	if (!best->policies || c.del < best->del)
		best->del = c.del;
	if (!best->policies || c.get < best->get)
		best->get = c.get;
	best->policies = c.policies;
}

int main(int argc, char **argv)
{
	struct cost few = { 0 }, many = { 0 };

	if (argc < 4 || (argc > 4 && strcmp(argv[4], "hash")))
		errx(2, "usage: ipsec_policies FEW MANY ROUNDS [hash]");
	hash = argc > 4;
	for (int i = 0; i < atoi(argv[3]); i++) {
		keep_shortest(&few, once((unsigned int)atoi(argv[1])));
		keep_shortest(&many, once((unsigned int)atoi(argv[2])));
	}
	printf("add %.1f %.1f dump %.1f %.1f take %.1f %.1f del %.1f %.1f policies %u %u get %.2f %.2f\n", few.add, many.add,
	       few.dump, many.dump, few.take, many.take, few.del, many.del, few.policies, many.policies, few.get, many.get);
	return 0;
}
