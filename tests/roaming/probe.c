// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Numbered UDP probes at a steady pace, and the other end that notes and returns them.
 *
 *	probe send DST [--src A] [--port N] [--interval-ms X] [--size N] [--seconds S]
 *		[--connected] [--one-way] [--out FILE]
 *	probe echo [--bind A] [--port N] [--out FILE]
 *
 * The sender's CSV has a line for each probe, "seq,t_sent,t_echoed,t_received", when its answer is here or when it has been missing
 * for 10 s; the echo's has "seq,t_sent,t_echoed,ifindex,src". Times are seconds of CLOCK_MONOTONIC, which all
 * network namespaces of a machine share; the header gives what to add to make them seconds since the epoch, the clock of a capture.
 * Comparing the two files tells the directions apart: a probe that the echo has seen was lost on its way back.
 *
 * An ICMPv6 error or a missing route is what a roaming host meets. Each is counted and the next probe goes out in its turn.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAGIC 0x70726f62u
#define ONE_WAY 1u
#define WINDOW 4096 /* probes that are waited for; a power of two */
#define PATIENCE_NS 10000000000LL

struct packet {
	uint32_t magic, flags;
	uint64_t seq, t_sent, t_echoed;
};

/* What is still without an answer. */
struct slot {
	uint64_t seq;
	int64_t t_sent;
	bool waiting;
};

static struct slot slots[WINDOW];
static volatile sig_atomic_t stop;
static FILE *out;
static int last_errno;
static uint64_t errors, sent, received;

static void on_signal(int sig)
{
	(void)sig;
	stop = 1;
}

static int64_t clock_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static int64_t now(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

static void die(const char *what)
{
	fprintf(stderr, "probe: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* An error of the moment: said when it changes, not a hundred times a second. */
static void trouble(const char *what)
{
	errors++;
	if (errno == last_errno)
		return;
	last_errno = errno;
	fprintf(stderr, "%.3f %s: %s\n", (double)clock_ns(CLOCK_REALTIME) / 1e9, what, strerror(errno));
}

static void header(const char *columns)
{
	int64_t a = now(), real = clock_ns(CLOCK_REALTIME), b = now();
	int64_t diff = real - (a + b) / 2;

	fprintf(out, "# epoch_offset %lld.%09lld\n%s\n", (long long)(diff / 1000000000LL), (long long)(diff % 1000000000LL), columns);
	fflush(out);
}

static void put_time(int64_t t, char end)
{
	if (t)
		fprintf(out, "%lld.%06lld", (long long)(t / 1000000000LL), (long long)(t % 1000000000LL / 1000));
	fputc(end, out);
}

static void record(uint64_t seq, int64_t t_sent, int64_t t_echoed, int64_t t_received)
{
	fprintf(out, "%llu,", (unsigned long long)seq);
	put_time(t_sent, ',');
	put_time(t_echoed, ',');
	put_time(t_received, '\n');
	fflush(out);
}

static struct sockaddr_in6 address(const char *text, int port)
{
	struct sockaddr_in6 sa = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port) };

	if (inet_pton(AF_INET6, text, &sa.sin6_addr) != 1) {
		fprintf(stderr, "probe: %s is no IPv6 address\n", text);
		exit(1);
	}
	return sa;
}

static int open_socket(const char *bind_to, int port)
{
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0), on = 1, buf = 1 << 20;
	struct sockaddr_in6 sa = address(bind_to ? bind_to : "::", port);

	if (fd < 0)
		die("socket");
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buf, sizeof(buf));
	setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)))
		die("bind");
	return fd;
}

static void expire(uint64_t seq)
{
	struct slot *s = &slots[seq % WINDOW];

	if (!s->waiting)
		return;
	record(s->seq, s->t_sent, 0, 0);
	s->waiting = false;
}

static void take_answers(int fd)
{
	struct packet p[64]; /* the first bytes matter only */
	struct slot *s;
	ssize_t n;

	for (;;) {
		n = recv(fd, p, sizeof(p), MSG_DONTWAIT);
		if (n < 0) {
			if (errno != EAGAIN)
				trouble("recv");
			if (errno == EAGAIN || errno == EINTR)
				return;
			continue;
		}
		s = &slots[be64toh(p->seq) % WINDOW];
		if ((size_t)n < sizeof(*p) || p->magic != htonl(MAGIC) || !s->waiting || s->seq != be64toh(p->seq))
			continue;
		s->waiting = false;
		received++;
		record(s->seq, s->t_sent, (int64_t)be64toh(p->t_echoed), now());
	}
}

static int do_send(const char *dst, const char *src, int port, double interval_ms, size_t size, double seconds, bool connected,
		   bool one_way)
{
	struct sockaddr_in6 to = address(dst, port);
	int64_t step = (int64_t)(interval_ms * 1e6), start, due, end, t;
	int fd = open_socket(src, 0);
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	uint64_t seq = 0, oldest = 0;
	uint8_t buf[1452] = { 0 };
	struct packet *p = (struct packet *)buf;
	ssize_t n;

	if (connected && connect(fd, (struct sockaddr *)&to, sizeof(to)))
		trouble("connect");
	header("seq,t_sent,t_echoed,t_received");
	start = due = now();
	end = seconds > 0 ? start + (int64_t)(seconds * 1e9) : INT64_MAX;
	p->magic = htonl(MAGIC);
	p->flags = htonl(one_way ? ONE_WAY : 0);
	while (!stop) {
		t = now();
		if (t >= end)
			break;
		if (t < due) {
			struct timespec ts = { (due - t) / 1000000000LL, (due - t) % 1000000000LL };

			if (ppoll(&pfd, 1, &ts, NULL) > 0)
				take_answers(fd);
			continue;
		}
		/* A machine that stood still does not make up for it with a burst. */
		due = t - due > 10 * step ? t + step : due + step;
		expire(seq); /* the slot's user of WINDOW probes ago */
		p->seq = htobe64(seq);
		p->t_sent = htobe64((uint64_t)t);
		p->t_echoed = 0;
		slots[seq % WINDOW] = (struct slot){ seq, t, true };
		seq++;
		if (connected)
			n = send(fd, buf, size, MSG_DONTWAIT);
		else
			n = sendto(fd, buf, size, MSG_DONTWAIT, (struct sockaddr *)&to, sizeof(to));
		if (n < 0)
			trouble("send");
		else {
			sent++;
			if (last_errno)
				fprintf(stderr, "%.3f sending again\n", (double)clock_ns(CLOCK_REALTIME) / 1e9);
			last_errno = 0;
		}
		for (; oldest < seq && (!slots[oldest % WINDOW].waiting || slots[oldest % WINDOW].seq != oldest ||
					t - slots[oldest % WINDOW].t_sent > PATIENCE_NS);
		     oldest++)
			if (slots[oldest % WINDOW].seq == oldest)
				expire(oldest);
		take_answers(fd);
	}
	/* the last ones are still on their way */
	for (t = now(); !one_way && now() - t < 300000000LL;)
		if (poll(&pfd, 1, 50) > 0)
			take_answers(fd);
	for (; oldest < seq; oldest++)
		if (slots[oldest % WINDOW].seq == oldest)
			expire(oldest);
	fprintf(stderr, "sent %llu, received %llu, errors %llu\n", (unsigned long long)sent, (unsigned long long)received,
		(unsigned long long)errors);
	return 0;
}

/* Answers from the address that was asked: the control message is handed back as it came, but lets the route choose the device. */
static void echo_one(int fd)
{
	char control[CMSG_SPACE(sizeof(struct in6_pktinfo))], text[INET6_ADDRSTRLEN];
	struct sockaddr_in6 from;
	struct packet p[64];
	struct iovec iov = { p, sizeof(p) };
	struct msghdr msg = { .msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov, .msg_iovlen = 1,
			      .msg_control = control, .msg_controllen = sizeof(control) };
	struct in6_pktinfo *info;
	struct cmsghdr *c;
	unsigned int ifindex = 0;
	int64_t t;
	ssize_t n;

	n = recvmsg(fd, &msg, 0);
	if (n < 0) {
		if (errno != EINTR)
			trouble("recv");
		return;
	}
	if ((size_t)n < sizeof(*p) || p->magic != htonl(MAGIC))
		return;
	t = now();
	for (c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c))
		if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			info = (struct in6_pktinfo *)CMSG_DATA(c);
			ifindex = info->ipi6_ifindex;
			info->ipi6_ifindex = 0;
		}
	received++;
	if (!(ntohl(p->flags) & ONE_WAY)) {
		p->t_echoed = htobe64((uint64_t)t);
		iov.iov_len = (size_t)n;
		if (sendmsg(fd, &msg, MSG_DONTWAIT) < 0)
			trouble("send");
		else
			sent++;
	}
	fprintf(out, "%llu,", (unsigned long long)be64toh(p->seq));
	put_time((int64_t)be64toh(p->t_sent), ',');
	put_time(t, ',');
	fprintf(out, "%u,%s\n", ifindex, inet_ntop(AF_INET6, &from.sin6_addr, text, sizeof(text)));
	fflush(out);
}

static int do_echo(const char *addr, int port)
{
	int fd = open_socket(addr, port);

	header("seq,t_sent,t_echoed,ifindex,src");
	while (!stop)
		echo_one(fd);
	fprintf(stderr, "received %llu, answered %llu, errors %llu\n", (unsigned long long)received, (unsigned long long)sent,
		(unsigned long long)errors);
	return 0;
}

static int usage(void)
{
	fputs("usage: probe send DST [--src A] [--port N] [--interval-ms X] [--size N] [--seconds S]\n"
	      "                  [--connected] [--one-way] [--out FILE]\n"
	      "       probe echo [--bind A] [--port N] [--out FILE]\n",
	      stderr);
	return 1;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "src", required_argument, NULL, 's' },   { "bind", required_argument, NULL, 's' },
		{ "port", required_argument, NULL, 'p' },  { "interval-ms", required_argument, NULL, 'i' },
		{ "size", required_argument, NULL, 'z' },  { "seconds", required_argument, NULL, 't' },
		{ "out", required_argument, NULL, 'o' },   { "connected", no_argument, NULL, 'c' },
		{ "one-way", no_argument, NULL, '1' },	   { 0 },
	};
	struct sigaction sa = { .sa_handler = on_signal };
	const char *addr = NULL, *file = NULL;
	double interval = 10, seconds = 0;
	bool connected = false, one_way = false;
	int port = 7007, opt;
	size_t size = 64;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (opt) {
		case 's': addr = optarg; break;
		case 'p': port = atoi(optarg); break;
		case 'i': interval = atof(optarg); break;
		case 'z': size = (size_t)atoi(optarg); break;
		case 't': seconds = atof(optarg); break;
		case 'o': file = optarg; break;
		case 'c': connected = true; break;
		case '1': one_way = true; break;
		default: return usage();
		}
	if (size < sizeof(struct packet) || size > 1452 || interval < 0.1)
		return usage();
	out = file ? fopen(file, "we") : stdout;
	if (!out)
		die(file);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	if (argc - optind == 2 && !strcmp(argv[optind], "send"))
		return do_send(argv[optind + 1], addr, port, interval, size, seconds, connected, one_way);
	if (argc - optind == 1 && !strcmp(argv[optind], "echo"))
		return do_echo(addr, port);
	return usage();
}
