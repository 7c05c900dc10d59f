// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What IPv6 address labels cost: the source address of an unconnected datagram and of a connection, and the insertion of a
 * label, in a large table and, in turns with it, in one of the 10 default labels.
 *
 *     addrlabel LABELS 48|mixed SMALL LARGE
 *
 * SMALL and LARGE are two namespaces of "ip netns" with the default labels, source addresses and a default route. Fills
 * LARGE with labels of random /48s, or of all lengths, half of which are inside of others; destinations are random
 * addresses inside of labels. Prints "sendto US US connect US US insert US US bytes N": microseconds of one, in SMALL and
 * in LARGE, and the kernel's memory for each label. A time is the shortest of many short rounds, since others use the
 * machine too.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <error.h>
#include <fcntl.h>
#include <linux/if_addrlabel.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define DEFAULTS 10      /* labels that are there already */
#define ROUNDS 150
#define ROUND_US 3000.0
#define ENOUGH_US 4e6
#define BATCH 64
#define DESTINATIONS 4096
#define SHORT 17         /* lengths whose prefixes may all be taken */

struct label {
	struct in6_addr prefix;
	int len;
};

struct request {
	struct nlmsghdr h;
	struct ifaddrlblmsg ifal;
	struct nlattr addr_attr;
	struct in6_addr addr;
	struct nlattr label_attr;
	unsigned int label;
};

static unsigned long long state = 1;
static int rounds = ROUNDS;
static struct label *labels;
static struct sockaddr_in6 *destination;

static unsigned int rnd(unsigned int below)
{
	state = state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (unsigned int)(state >> 33) % below;
}

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void randomize(struct in6_addr *a, int from)
{
	for (int i = from; i < 128; i++) {
		a->s6_addr[i / 8] &= (unsigned char)~(0x80 >> i % 8);
		if (rnd(2))
			a->s6_addr[i / 8] |= (unsigned char)(0x80 >> i % 8);
	}
}

static void cut(struct label *l)
{
	for (int i = l->len; i < 128; i++)
		l->prefix.s6_addr[i / 8] &= (unsigned char)~(0x80 >> i % 8);
}

/* Label number n of a table. None comes twice: short prefixes are counted, longer ones are random. */
static void choose(struct label *l, bool mixed, int n)
{
	static unsigned int used[SHORT + 1];

	memset(l, 0, sizeof(*l));
	l->len = mixed ? (int)rnd(129) : 48;
	if (l->len <= SHORT) {
		/* not ::/0, 2000::/3 and so on twice, nor those that a kernel has by default */
		unsigned int number = ++used[l->len];

		if (l->len > 8 && number < 1U << l->len) {
			for (int i = 0; i < l->len; i++) {
				if (number >> i & 1)
					l->prefix.s6_addr[i / 8] |= (unsigned char)(0x80 >> i % 8);
			}
			l->prefix.s6_addr[0] ^= 0x55;
			return;
		}
		l->len = SHORT + 1 + (int)rnd(128 - SHORT);
	}
	if (mixed && n && rnd(2)) {
		const struct label *outer = &labels[rnd((unsigned int)n)];

		if (outer->len < l->len) {
			l->prefix = outer->prefix;
			randomize(&l->prefix, outer->len);
			cut(l);
			return;
		}
	}
	randomize(&l->prefix, 0);
	/* global unicast */
	l->prefix.s6_addr[0] = (unsigned char)(0x20 | (l->prefix.s6_addr[0] & 0x1f));
	cut(l);
}

/* One batch of requests, and its acknowledgements. */
static void request(int netlink, int type, const struct label *l, int n, unsigned int label)
{
	static struct request batch[BATCH];
	static char answer[65536];
	int done = 0;

	for (int i = 0; i < n; i++) {
		struct request *r = &batch[i];

		memset(r, 0, sizeof(*r));
		r->h.nlmsg_len = sizeof(*r);
		r->h.nlmsg_type = (unsigned short)type;
		r->h.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | (type == RTM_NEWADDRLABEL ? NLM_F_CREATE | NLM_F_EXCL : 0);
		r->ifal.ifal_family = AF_INET6;
		r->ifal.ifal_prefixlen = (unsigned char)l[i].len;
		r->addr_attr.nla_type = IFAL_ADDRESS;
		r->addr_attr.nla_len = NLA_HDRLEN + 16;
		r->addr = l[i].prefix;
		r->label_attr.nla_type = IFAL_LABEL;
		r->label_attr.nla_len = NLA_HDRLEN + 4;
		r->label = label;
	}
	if (send(netlink, batch, (size_t)n * sizeof(*batch), 0) < 0)
		error(1, errno, "netlink send");
	while (done < n) {
		ssize_t len = recv(netlink, answer, sizeof(answer), 0);

		if (len < 0)
			error(1, errno, "netlink receive");
		for (struct nlmsghdr *h = (void *)answer; NLMSG_OK(h, (unsigned int)len); h = NLMSG_NEXT(h, len), done++) {
			int err = ((struct nlmsgerr *)NLMSG_DATA(h))->error;

			/* a default label is among the random ones */
			if (err && err != -EEXIST)
				error(1, -err, "label");
		}
	}
}

static void requests(int netlink, int type, const struct label *l, int n, unsigned int label)
{
	for (; n > 0; n -= BATCH, l += BATCH)
		request(netlink, type, l, n < BATCH ? n : BATCH, label);
}

static int by_length(const void *a, const void *b)
{
	return ((const struct label *)a)->len - ((const struct label *)b)->len;
}

/* memory that the kernel has allocated and cannot reclaim */
static long slab_kb(void)
{
	FILE *f = fopen("/proc/meminfo", "r");
	char line[128];
	long kb = 0;

	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "SUnreclaim: %ld", &kb);
	if (f)
		fclose(f);
	return kb;
}

static void destinations(int n)
{
	destination = calloc(DESTINATIONS, sizeof(*destination));
	if (!destination)
		error(1, errno, "calloc");
	for (int i = 0; i < DESTINATIONS; i++) {
		struct sockaddr_in6 *d = &destination[i];
		const struct label *l = n ? &labels[rnd((unsigned int)n)] : NULL;

		d->sin6_family = AF_INET6;
		d->sin6_port = htons(9);
		if (l)
			d->sin6_addr = l->prefix;
		randomize(&d->sin6_addr, l ? l->len : 0);
		d->sin6_addr.s6_addr[0] = (unsigned char)(0x20 | (d->sin6_addr.s6_addr[0] & 0x1f));
	}
}

static void datagram(int fd)
{
	static int i;
	const struct sockaddr_in6 *to = &destination[++i % DESTINATIONS];

	if (sendto(fd, "", 1, 0, (const void *)to, sizeof(*to)) != 1)
		error(1, errno, "sendto");
}

static void connection(int fd)
{
	static const struct sockaddr nobody = { .sa_family = AF_UNSPEC };
	static int i;
	const struct sockaddr_in6 *to = &destination[++i % DESTINATIONS];

	if (connect(fd, (const void *)to, sizeof(*to)) || connect(fd, &nobody, sizeof(nobody)))
		error(1, errno, "connect");
}

/* The microseconds of one, in the small table and in the large one. */
static void measure(const char *what, void (*one)(int), const int fd[2])
{
	double best[2] = { 1e12, 1e12 }, start = now_us();

	for (int round = 0; round < 2 * rounds && (round < 6 || now_us() - start < ENOUGH_US); round++) {
		double begin = now_us(), us;
		int n = 0;

		do {
			one(fd[round % 2]);
			n++;
			us = now_us() - begin;
		} while (us < ROUND_US);
		if (us / n < best[round % 2])
			best[round % 2] = us / n;
	}
	printf("%s %.2f %.2f ", what, best[0], best[1]);
}

/* The same of an insertion, in batches of labels that are deleted after that. */
static void measure_insert(const struct label *extra, const int fd[2])
{
	double best[2] = { 1e12, 1e12 }, start = now_us();

	for (int round = 0; round < rounds && (round < 6 || now_us() - start < ENOUGH_US); round++) {
		double begin = now_us(), us;

		request(fd[round % 2], RTM_NEWADDRLABEL, extra, BATCH, 21);
		us = (now_us() - begin) / BATCH;
		if (us < best[round % 2])
			best[round % 2] = us;
		request(fd[round % 2], RTM_DELADDRLABEL, extra, BATCH, 21);
	}
	printf("insert %.2f %.2f ", best[0], best[1]);
}

/* Opens sockets in a namespace. */
static void enter(const char *name, int *netlink, int *udp)
{
	char path[256];
	int fd, size = 1 << 20;

	snprintf(path, sizeof(path), "/run/netns/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		error(1, errno, "namespace %s", name);
	close(fd);
	*netlink = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	*udp = socket(AF_INET6, SOCK_DGRAM, 0);
	if (*netlink < 0 || *udp < 0 || setsockopt(*netlink, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		error(1, errno, "sockets");
}

int main(int argc, char **argv)
{
	int netlink[2], udp[2], n;
	long kb;
	bool mixed;

	if (argc != 5)
		error(1, 0, "usage: addrlabel LABELS 48|mixed SMALL LARGE");
	n = atoi(argv[1]) - DEFAULTS;
	mixed = !strcmp(argv[2], "mixed");
	if (getenv("ROUNDS"))
		rounds = atoi(getenv("ROUNDS"));
	if (n < 0)
		error(1, 0, "there are %d labels already", DEFAULTS);
	labels = calloc((size_t)n + BATCH, sizeof(*labels));
	if (!labels)
		error(1, errno, "calloc");
	for (int i = 0; i < 2; i++)
		enter(argv[3 + i], &netlink[i], &udp[i]);

	for (int i = 0; i < n + BATCH; i++)
		choose(&labels[i], mixed, i);
	/* an unpatched kernel adds the longest so far at once, others after a search */
	qsort(labels, (size_t)n, sizeof(*labels), by_length);
	kb = -slab_kb();
	requests(netlink[1], RTM_NEWADDRLABEL, labels, n, 20);
	kb += slab_kb();

	destinations(n);
	measure("sendto", datagram, udp);
	measure("connect", connection, udp);
	measure_insert(labels + n, netlink);
	printf("bytes %.0f\n", n >= 990 ? (double)kb * 1024 / n : 0);
	free(destination);
	free(labels);
	return 0;
}
