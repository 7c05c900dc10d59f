// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The two request sockets (route, xfrm): batches in one sendmsg, answers matched by sequence, dumps that are repeated
 * when the kernel says that the table moved under them. See nl.h for the contract.
 */
#include "kern/nl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netlink.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "kern/msg.h"

#ifndef SOL_NETLINK
#define SOL_NETLINK 270
#endif

#define NAME_LEN	 160
#define ANSWER_TIMEOUT_S 10 /* the kernel answers in our own context: only a bug reaches this */
#define SOCKET_BUFFER	 2097152 /* room for the ACKs of a full batch, about 1 kB of kernel memory each */
#define DUMP_TRIES	 8

struct op {
	unsigned int forgive;
	bool answered;
	char name[NAME_LEN];
};

struct kern_batch {
	enum kern_proto proto;
	int err; /* the first that was not forgiven */
	unsigned int n;
	struct op op[KERN_BATCH_MAX];
	uint8_t *buf;
	size_t len, cap;
};

static struct {
	struct nl_sock *sk;
	int fd;
	uint32_t seq;
} sock[2] = { { .fd = -1 }, { .fd = -1 } };

static uint8_t answer[1 << 16] __attribute__((aligned(NLMSG_ALIGNTO)));
static size_t answer_used; /* so much of it has been written to */
static char error_text[320];

const char *kern_error(void)
{
	return error_text;
}

void kern_set_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(error_text, sizeof(error_text), fmt, ap);
	va_end(ap);
}

const char *kern_ip(const struct in6_addr *a)
{
	static char text[4][INET6_ADDRSTRLEN];
	static unsigned int turn;
	char *t = text[turn++ % 4];

	return inet_ntop(AF_INET6, a, t, INET6_ADDRSTRLEN);
}

/* ---- sockets ---- */

static int sock_open(enum kern_proto proto)
{
	static const int family[] = { [KERN_ROUTE] = NETLINK_ROUTE, [KERN_XFRM] = NETLINK_XFRM };
	const struct timeval wait = { .tv_sec = ANSWER_TIMEOUT_S };
	struct nl_sock *sk = nl_socket_alloc();
	const int on = 1, size = SOCKET_BUFFER;
	int fd;

	if (!sk)
		return -ENOMEM;
	errno = 0;
	if (nl_connect(sk, family[proto]) < 0) {
		int err = errno ? errno : EPROTONOSUPPORT;

		nl_socket_free(sk);
		return -err;
	}
	fd = nl_socket_get_fd(sk);
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	/*
	 * Older kernels lack one or the other: the answers are then only less well worded, the dumps less well
	 * filtered.
	 */
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	if (proto == KERN_ROUTE)
		setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof(on));
	sock[proto].sk = sk;
	sock[proto].fd = fd;
	sock[proto].seq = 1;
	return 0;
}

int kern_nl_open_one(enum kern_proto proto)
{
	return sock[proto].sk ? 0 : sock_open(proto);
}

int kern_nl_open(void)
{
	int err = kern_nl_open_one(KERN_ROUTE);

	if (!err)
		err = kern_nl_open_one(KERN_XFRM);
	if (err)
		kern_nl_close();
	return err;
}

void kern_nl_close(void)
{
	for (int i = 0; i < 2; i++) {
		if (sock[i].sk)
			nl_socket_free(sock[i].sk);
		sock[i].sk = NULL;
		sock[i].fd = -1;
	}
}

uint32_t kern_nl_port(enum kern_proto proto)
{
	return sock[proto].sk ? nl_socket_get_local_port(sock[proto].sk) : 0;
}

static int sock_send(enum kern_proto proto, void *data, size_t len)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct iovec iov = { .iov_base = data, .iov_len = len };
	struct msghdr mh = { .msg_name = &kernel, .msg_namelen = sizeof(kernel), .msg_iov = &iov, .msg_iovlen = 1 };

	while (sendmsg(sock[proto].fd, &mh, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

/* One datagram into answer[]. Its length, or -errno. Nobody but the kernel can write to us. */
static ssize_t sock_recv(enum kern_proto proto)
{
	struct sockaddr_nl from = { 0 };
	struct iovec iov = { .iov_base = answer, .iov_len = sizeof(answer) };
	struct msghdr mh = { .msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t n;

	for (;;) {
		n = recvmsg(sock[proto].fd, &mh, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		if (from.nl_pid)
			continue;
		if ((size_t)n > answer_used)
			answer_used = (size_t)n;
		return mh.msg_flags & MSG_TRUNC ? -EMSGSIZE : n;
	}
}

/* The kernel's words in an NLMSG_ERROR, or NULL. They stay in answer[]. */
static const char *extack(struct nlmsghdr *nlh)
{
	struct nlmsgerr *e = nlmsg_data(nlh);
	size_t skip = sizeof(*e);
	struct nlattr *msg;

	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return NULL;
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
		skip += NLMSG_ALIGN(e->msg.nlmsg_len) - sizeof(e->msg);
	if ((size_t)nlmsg_datalen(nlh) <= skip)
		return NULL;
	msg = nla_find((struct nlattr *)((char *)e + skip), nlmsg_datalen(nlh) - (int)skip, NLMSGERR_ATTR_MSG);
	if (!msg || nla_len(msg) < 2 || ((char *)nla_data(msg))[nla_len(msg) - 1])
		return NULL;
	return nla_data(msg);
}

/* ---- batches ---- */

struct nl_msg *kern_msg(uint16_t type, uint16_t flags, const void *hdr, size_t len)
{
	struct nl_msg *m = nlmsg_alloc_simple(type, NLM_F_REQUEST | flags);

	if (m && nlmsg_append(m, (void *)hdr, len, NLMSG_ALIGNTO) < 0) {
		nlmsg_free(m);
		return NULL;
	}
	return m;
}

struct kern_batch *kern_batch_new(enum kern_proto proto)
{
	struct kern_batch *b = calloc(1, sizeof(*b));

	if (b)
		b->proto = proto;
	return b;
}

static bool forgiven(int err, unsigned int forgive)
{
	switch (err) {
	case 0:
		return true;
	case -EEXIST:
		return forgive & KERN_OK_EXISTS;
	case -ENOENT:
	case -ESRCH:
	case -ENODEV:
	case -EADDRNOTAVAIL:
		return forgive & KERN_OK_ABSENT;
	default:
		return false;
	}
}

static void op_result(struct kern_batch *b, struct op *op, int err, const char *words)
{
	op->answered = true;
	if (b->err || forgiven(err, op->forgive))
		return;
	b->err = err;
	kern_set_error("%s: %s", op->name, words ? words : strerror(-err));
}

/* Sends what was gathered and waits for the answers. Errors go to b->err. */
static void batch_flush(struct kern_batch *b)
{
	uint32_t first = sock[b->proto].seq;
	unsigned int left = b->n;
	struct nlmsghdr *nlh;
	int err = 0, len;
	ssize_t got;

	if (!b->n)
		return;
	if (sock[b->proto].fd < 0)
		err = -ENOTCONN;
	sock[b->proto].seq += b->n;
	nlh = (struct nlmsghdr *)b->buf;
	for (unsigned int i = 0; i < b->n; i++) {
		nlh->nlmsg_seq = first + i;
		nlh = (struct nlmsghdr *)((uint8_t *)nlh + NLMSG_ALIGN(nlh->nlmsg_len));
	}
	if (!err)
		err = sock_send(b->proto, b->buf, b->len);
	while (!err && left) {
		got = sock_recv(b->proto);
		if (got < 0) {
			err = (int)got;
			break;
		}
		len = (int)got;
		for (nlh = (struct nlmsghdr *)answer; nlmsg_ok(nlh, len); nlh = nlmsg_next(nlh, &len)) {
			uint32_t i = nlh->nlmsg_seq - first;
			struct nlmsgerr *e = nlmsg_data(nlh);

			if (nlh->nlmsg_type != NLMSG_ERROR || i >= b->n || b->op[i].answered)
				continue;
			if (nlmsg_datalen(nlh) < (int)sizeof(*e))
				continue;
			op_result(b, &b->op[i], e->error, extack(nlh));
			left--;
		}
	}
	/* The socket failed: what was not answered is unknown, and counts as failed whatever it forgives. */
	for (unsigned int i = 0; err && i < b->n; i++) {
		b->op[i].forgive = 0;
		if (!b->op[i].answered)
			op_result(b, &b->op[i], err, NULL);
	}
	b->n = 0;
	b->len = 0;
}

void kern_batch_add(struct kern_batch *b, struct nl_msg *msg, unsigned int forgive, const char *fmt, ...)
{
	struct nlmsghdr *nlh;
	struct op *op;
	size_t need;
	va_list ap;

	if (!b || !msg) {
		if (b && !b->err) {
			b->err = -ENOMEM;
			kern_set_error("%s: %s", fmt, strerror(ENOMEM));
		}
		nlmsg_free(msg);
		return;
	}
	nlh = nlmsg_hdr(msg);
	need = NLMSG_ALIGN(nlh->nlmsg_len);
	if (b->len + need > b->cap) {
		size_t cap = b->cap ? b->cap * 2 : 4096;
		uint8_t *buf;

		while (cap < b->len + need)
			cap *= 2;
		buf = realloc(b->buf, cap);
		if (!buf) {
			nlmsg_free(msg);
			b->err = b->err ? b->err : -ENOMEM;
			return;
		}
		b->buf = buf;
		b->cap = cap;
	}
	nlh->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	/* XFRM's notifications have what the request says here; those of routes what the socket is. */
	nlh->nlmsg_pid = kern_nl_port(b->proto);
	memset(b->buf + b->len + need - NLMSG_ALIGNTO, 0, NLMSG_ALIGNTO);
	memcpy(b->buf + b->len, nlh, nlh->nlmsg_len);
	b->len += need;
	nlmsg_free(msg);

	op = &b->op[b->n++];
	op->forgive = forgive;
	op->answered = false;
	va_start(ap, fmt);
	vsnprintf(op->name, sizeof(op->name), fmt, ap);
	va_end(ap);
	if (b->n == KERN_BATCH_MAX)
		batch_flush(b);
}

int kern_batch_commit(struct kern_batch *b)
{
	int err;

	if (!b) {
		kern_set_error("%s", strerror(ENOMEM));
		return -ENOMEM;
	}
	batch_flush(b);
	err = b->err;
	kern_batch_cancel(b);
	return err;
}

void kern_batch_cancel(struct kern_batch *b)
{
	if (!b)
		return;
	free(b->buf);
	free(b);
}

/* ---- dumps ---- */

struct gather {
	uint8_t *buf;
	size_t len, cap;
};

/* What XFRM has to say may be keys: none are left behind in memory. */
static void gather_free(struct gather *g)
{
	if (g->buf)
		explicit_bzero(g->buf, g->cap);
	free(g->buf);
}

static int gather_add(struct gather *g, const struct nlmsghdr *nlh)
{
	size_t need = NLMSG_ALIGN(nlh->nlmsg_len);

	if (g->len + need > g->cap) {
		struct gather more = { .len = g->len, .cap = g->cap ? g->cap * 2 : 4096 };

		while (more.cap < g->len + need)
			more.cap *= 2;
		more.buf = malloc(more.cap);
		if (!more.buf)
			return -ENOMEM;
		if (g->buf)
			memcpy(more.buf, g->buf, g->len);
		gather_free(g);
		*g = more;
	}
	memcpy(g->buf + g->len, nlh, nlh->nlmsg_len);
	g->len += need;
	return 0;
}

/*
 * One try. 0, -errno, or -EINTR when the kernel marked the dump as interrupted; always reads to the end of the answer.
 */
static int ask_once(enum kern_proto proto, struct nlmsghdr *request, struct gather *g)
{
	bool interrupted = false, done = false;
	uint32_t seq = sock[proto].seq++;
	int err, len, keep = 0;
	ssize_t got;

	if (sock[proto].fd < 0)
		return -ENOTCONN;
	request->nlmsg_seq = seq;
	request->nlmsg_pid = 0;
	err = sock_send(proto, request, request->nlmsg_len);
	while (!err && !done) {
		got = sock_recv(proto);
		if (got < 0)
			return (int)got;
		len = (int)got;
		for (struct nlmsghdr *h = (struct nlmsghdr *)answer; nlmsg_ok(h, len) && !done;
		     h = nlmsg_next(h, &len)) {
			if (h->nlmsg_seq != seq)
				continue;
			if (h->nlmsg_flags & NLM_F_DUMP_INTR)
				interrupted = true;
			if (h->nlmsg_type == NLMSG_ERROR) {
				err = ((struct nlmsgerr *)nlmsg_data(h))->error;
				if (err)
					kern_set_error("%s", extack(h) ? extack(h) : strerror(-err));
				done = true;
			} else if (h->nlmsg_type == NLMSG_DONE) {
				if (nlmsg_datalen(h) >= (int)sizeof(int))
					memcpy(&err, nlmsg_data(h), sizeof(int));
				err = err > 0 ? 0 : err;
				done = true;
			} else if (h->nlmsg_type >= NLMSG_MIN_TYPE && !keep) {
				keep = gather_add(g, h);
			}
		}
	}
	if (keep)
		return keep;
	return err ? err : interrupted ? -EINTR : 0;
}

/*
 * The whole answer is gathered first: the user sees each object once, of one undisturbed dump, and may use the socket
 * from its callback.
 */
static int ask(enum kern_proto proto, struct nl_msg *request, void (*cb)(struct nlmsghdr *nlh, void *arg), void *arg)
{
	struct gather g = { 0 };
	struct nlmsghdr *nlh;
	int err = -ENOMEM, tries = 0, len;

	if (!request)
		return err;
	do {
		g.len = 0;
		err = ask_once(proto, nlmsg_hdr(request), &g);
	} while (err == -EINTR && ++tries < DUMP_TRIES);
	if (err == -EINTR)
		kern_set_error("dump: the table changed during each of %d tries", tries);
	len = (int)g.len;
	for (nlh = (struct nlmsghdr *)g.buf; !err && nlh && nlmsg_ok(nlh, len); nlh = nlmsg_next(nlh, &len))
		cb(nlh, arg);
	gather_free(&g);
	if (proto == KERN_XFRM) {
		explicit_bzero(answer, answer_used);
		answer_used = 0;
	}
	nlmsg_free(request);
	return err;
}

int kern_dump(enum kern_proto proto, struct nl_msg *request, void (*cb)(struct nlmsghdr *nlh, void *arg), void *arg)
{
	if (request)
		nlmsg_hdr(request)->nlmsg_flags |= NLM_F_REQUEST | NLM_F_DUMP;
	return ask(proto, request, cb, arg);
}

int kern_get(enum kern_proto proto, struct nl_msg *request, void (*cb)(struct nlmsghdr *nlh, void *arg), void *arg)
{
	if (request)
		nlmsg_hdr(request)->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	return ask(proto, request, cb, arg);
}
