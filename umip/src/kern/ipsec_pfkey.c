// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * MIGRATE by PF_KEY (RFC 2367 with SADB_X_MIGRATE): for a site whose key manager knows no other interface, and expects what
 * is asked to be said in its own terms.
 *
 * One socket, kept: the kernel waits for a grace period whenever one is closed. Everybody's messages come to it, those with
 * keys too, so what has gathered is thrown away before each request. The kernel does the request in our own context; what it
 * has to say of it is there when the request is sent.
 */
#include <errno.h>
#include <linux/ipsec.h>
#include <linux/pfkeyv2.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kern/ipsec_msg.h"

#define RECEIVE_BUFFER	(128 << 10)
#define ANSWER_WAIT_MS	200 /* it is there at once */
#define LARGEST_MESSAGE 4096

static int key_fd = -1;

/* The shape of SADB_X_MIGRATE with one pair of IPv6 ends; the lengths in front of each part are its own. */
struct ends {
	struct sadb_x_ipsecrequest head; /* its length is in bytes, all others are in units of 8 */
	struct sockaddr_in6 src, dst;
} __attribute__((packed));

struct selector_addr {
	struct sadb_address head;
	struct sockaddr_in6 addr;
	uint8_t pad[4];
} __attribute__((packed));

struct km {
	struct sadb_x_kmaddress head;
	struct sockaddr_in6 local, remote;
} __attribute__((packed));

struct request {
	struct sadb_msg head;
	struct selector_addr src, dst;
	struct sadb_x_policy policy;
	struct ends old, new;
	struct km km; /* the last, so that it can be left out */
} __attribute__((packed));

#define UNITS(type) (sizeof(type) / 8)

_Static_assert(sizeof(struct ends) % 8 == 0 && sizeof(struct selector_addr) % 8 == 0 && sizeof(struct km) % 8 == 0 &&
		       sizeof(struct request) % 8 == 0,
	       "parts are padded to 8 bytes");

/* ---- the socket ---- */

static int key_open(void)
{
	const int size = RECEIVE_BUFFER;

	if (key_fd >= 0)
		return 0;
	key_fd = socket(PF_KEY, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, PF_KEY_V2);
	if (key_fd < 0)
		return -errno;
	setsockopt(key_fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	return 0;
}

void kern_pfkey_close(void)
{
	if (key_fd >= 0)
		close(key_fd);
	key_fd = -1;
}

/* A flood of others' messages is cut off by the receive buffer: more than it can hold do not come. */
static void drain(void)
{
	uint8_t byte[1];

	for (unsigned int i = 0; i < RECEIVE_BUFFER / sizeof(struct sadb_msg); i++)
		if (recv(key_fd, byte, sizeof(byte), 0) < 0 && errno != EINTR)
			return;
}

/* ---- the request ---- */

static struct sockaddr_in6 sockaddr(const struct in6_addr *a, uint16_t port)
{
	return (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_addr = *a, .sin6_port = htons(port) };
}

static struct selector_addr selector_addr(uint16_t ext, const struct kern_sp *p, const struct in6_addr *a, uint8_t len,
					  uint16_t port)
{
	return (struct selector_addr){
		.head = {
			.sadb_address_len = UNITS(struct selector_addr),
			.sadb_address_exttype = ext,
			.sadb_address_proto = p->proto ? p->proto : IPSEC_PROTO_ANY,
			.sadb_address_prefixlen = len,
		},
		.addr = sockaddr(a, port),
	};
}

static struct ends ends(const struct kern_sp *p, const struct in6_addr *src, const struct in6_addr *dst)
{
	return (struct ends){
		.head = {
			.sadb_x_ipsecrequest_len = sizeof(struct ends),
			.sadb_x_ipsecrequest_proto = IPPROTO_ESP,
			.sadb_x_ipsecrequest_mode = p->tunnel ? IPSEC_MODE_TUNNEL : IPSEC_MODE_TRANSPORT,
			.sadb_x_ipsecrequest_level = p->reqid ? IPSEC_LEVEL_UNIQUE : IPSEC_LEVEL_REQUIRE,
			.sadb_x_ipsecrequest_reqid = p->reqid,
		},
		.src = sockaddr(src, 0),
		.dst = sockaddr(dst, 0),
	};
}

static struct request request(const struct kern_sp *p, const struct in6_addr *from, const struct in6_addr *to,
			      const struct kern_km *km)
{
	static const uint8_t dir[] = { [XFRM_POLICY_IN] = IPSEC_DIR_INBOUND,
				       [XFRM_POLICY_OUT] = IPSEC_DIR_OUTBOUND,
				       [XFRM_POLICY_FWD] = IPSEC_DIR_FWD };
	const struct kern_selector s = kern_sp_selector(p);
	const uint16_t type = kern_has_type(&s) ? (uint16_t)p->type : 0;
	static uint32_t seq;
	struct request r = {
		.head = {
			.sadb_msg_version = PF_KEY_V2,
			.sadb_msg_type = SADB_X_MIGRATE,
			.sadb_msg_satype = SADB_SATYPE_ESP,
			.sadb_msg_len = (km ? sizeof(r) : sizeof(r) - sizeof(r.km)) / 8,
			.sadb_msg_seq = ++seq,
			.sadb_msg_pid = (uint32_t)getpid(),
		},
		.src = selector_addr(SADB_EXT_ADDRESS_SRC, p, &p->src, p->src_len, type),
		.dst = selector_addr(SADB_EXT_ADDRESS_DST, p, &p->dst, p->dst_len, 0),
		.policy = {
			.sadb_x_policy_len = (sizeof(r.policy) + sizeof(r.old) + sizeof(r.new)) / 8,
			.sadb_x_policy_exttype = SADB_X_EXT_POLICY,
			.sadb_x_policy_type = IPSEC_POLICY_IPSEC,
			.sadb_x_policy_dir = dir[(unsigned int)p->dir % 3],
		},
		.old = ends(p, &p->from, &p->to),
		.new = ends(p, from, to),
	};

	if (km) {
		r.km.head.sadb_x_kmaddress_len = UNITS(struct km);
		r.km.head.sadb_x_kmaddress_exttype = SADB_X_EXT_KMADDRESS;
		r.km.local = sockaddr(&km->from, 0);
		r.km.remote = sockaddr(&km->to, 0);
	}
	return r;
}

/* ---- the answer ---- */

/*
 * An error comes back to its asker with the request's number. Success is told to everybody in the same words, without a number,
 * and so may be somebody else's; but the two are told in the order in which they are done, and ours is told last.
 */
static int answer(const struct request *r)
{
	struct pollfd readable = { .fd = key_fd, .events = POLLIN };
	int result = -ETIMEDOUT;
	uint8_t buf[LARGEST_MESSAGE];

	while (poll(&readable, 1, result == -ETIMEDOUT ? ANSWER_WAIT_MS : 0) == 1) {
		struct sadb_msg head;
		ssize_t n = recv(key_fd, buf, sizeof(buf), 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n < (ssize_t)sizeof(head))
			continue;
		memcpy(&head, buf, sizeof(head));
		explicit_bzero(buf, (size_t)n);
		if (head.sadb_msg_type != SADB_X_MIGRATE)
			continue;
		if (head.sadb_msg_pid == r->head.sadb_msg_pid && head.sadb_msg_seq == r->head.sadb_msg_seq)
			return -(int)head.sadb_msg_errno;
		if (!head.sadb_msg_errno && !head.sadb_msg_pid)
			result = 0;
	}
	return result;
}

static const char *words(int err)
{
	switch (err) {
	case -EAFNOSUPPORT:
		return "the kernel has no PF_KEY (CONFIG_NET_KEY, module af_key)";
	case -ENOPROTOOPT:
		return "the kernel has no MIGRATE by PF_KEY (CONFIG_NET_KEY_MIGRATE)";
	default:
		return strerror(-err);
	}
}

int kern_pfkey_migrate(const struct kern_sp *p, const struct in6_addr *from, const struct in6_addr *to,
		       const struct kern_km *km)
{
	const struct kern_selector s = kern_sp_selector(p);
	const char *name = kern_policy_name("migrate", p->dir, &s);
	struct request r;
	int err;

	if (kern_has_type(&s) && !p->type) {
		kern_set_error("policy %s: PF_KEY cannot name type 0", name);
		return -EINVAL;
	}
	err = key_open();
	if (!err) {
		const size_t len = km ? sizeof(r) : sizeof(r) - sizeof(r.km);

		r = request(p, from, to, km);
		drain();
		err = send(key_fd, &r, len, 0) == (ssize_t)len ? answer(&r) : -errno;
	}
	if (err)
		kern_set_error("policy %s by PF_KEY: %s", name, words(err));
	return err;
}
