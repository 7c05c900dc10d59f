// SPDX-License-Identifier: GPL-2.0-or-later
/* What kern/ipsec_watch.c makes of the kernel's notifications, whole and cut short. The datagrams are built as the kernel builds them. */
#include <linux/ipsec.h>
#include <stdio.h>
#include <string.h>

#include "kern/ipsec_msg.h"

#include "suite.h"

#define A	 ((struct in6_addr){ .s6_addr = { 0x20, 1, 0xd, 0xb8, [15] = 1 } })
#define B	 ((struct in6_addr){ .s6_addr = { 0x20, 1, 0xd, 0xb8, [15] = 2 } })

/* ---- of nl.c: there is no socket here ---- */

uint32_t kern_nl_port(enum kern_proto proto)
{
	(void)proto;
	return 0;
}

const char *kern_ip(const struct in6_addr *a)
{
	(void)a;
	return "";
}

void kern_batch_add(struct kern_batch *b, struct nl_msg *msg, unsigned int forgive, const char *fmt, ...)
{
	(void)b;
	(void)msg;
	(void)forgive;
	(void)fmt;
}

/* ---- one datagram ---- */

static uint8_t buf[4096] __attribute__((aligned(NLMSG_ALIGNTO)));
static struct nlmsghdr *const msg = (struct nlmsghdr *)buf;

static void begin(uint16_t type, uint32_t port, const void *head, size_t len)
{
	memset(buf, 0, sizeof(buf));
	msg->nlmsg_type = type;
	msg->nlmsg_pid = port;
	if (len)
		memcpy(nlmsg_data(msg), head, len);
	msg->nlmsg_len = NLMSG_HDRLEN + NLMSG_ALIGN((uint32_t)len);
}

static void put(uint16_t type, const void *data, size_t len)
{
	struct nlattr a = { .nla_type = type, .nla_len = (uint16_t)(NLA_HDRLEN + len) };

	memcpy(buf + msg->nlmsg_len, &a, sizeof(a));
	memcpy(buf + msg->nlmsg_len + NLA_HDRLEN, data, len);
	msg->nlmsg_len += NLA_ALIGN(a.nla_len);
}

static struct xfrm_usersa_info association(void)
{
	struct xfrm_usersa_info sa = { .id = { .spi = htonl(0x123), .proto = IPPROTO_ESP }, .family = AF_INET6, .reqid = 7,
				       .mode = XFRM_MODE_TUNNEL };

	memcpy(&sa.saddr, &A, 16);
	memcpy(&sa.id.daddr, &B, 16);
	return sa;
}

static struct xfrm_userpolicy_info policy(uint32_t priority)
{
	struct xfrm_userpolicy_info p = { .priority = priority, .dir = XFRM_POLICY_OUT, .sel = { .family = AF_INET6, .prefixlen_s = 128, .prefixlen_d = 128 } };

	memcpy(&p.sel.saddr, &A, 16);
	memcpy(&p.sel.daddr, &B, 16);
	return p;
}

static void put_type(uint8_t type)
{
	const struct xfrm_userpolicy_type t = { .type = type };

	put(XFRMA_POLICY_TYPE, &t, sizeof(t));
}

static void a_new(uint16_t type)
{
	struct xfrm_usersa_info sa = association();
	uint8_t key[80] = { 1 };

	begin(type, 99, &sa, sizeof(sa));
	put(XFRMA_ALG_CRYPT, key, sizeof(key));
}

static void a_deleted(void)
{
	struct xfrm_usersa_info sa = association();
	struct xfrm_usersa_id id = { .family = AF_INET6, .proto = IPPROTO_ESP };

	begin(XFRM_MSG_DELSA, 99, &id, sizeof(id));
	put(XFRMA_SA, &sa, sizeof(sa));
}

static void an_expired(uint8_t hard)
{
	struct xfrm_user_expire e = { .state = association(), .hard = hard };

	begin(XFRM_MSG_EXPIRE, 99, &e, sizeof(e));
}

static void a_flush(uint8_t proto)
{
	struct xfrm_usersa_flush f = { .proto = proto };

	begin(XFRM_MSG_FLUSHSA, 99, &f, sizeof(f));
}

static void an_acquire(uint8_t proto)
{
	struct xfrm_user_acquire a = { .id.proto = proto, .sel.family = AF_INET6 };
	struct xfrm_user_tmpl t[2] = { { .id.proto = IPPROTO_DSTOPTS, .reqid = 5 },
				       { .id.proto = IPPROTO_ESP, .reqid = 7, .mode = XFRM_MODE_TUNNEL } };

	memcpy(&a.saddr, &A, 16);
	memcpy(&a.id.daddr, &B, 16);
	begin(XFRM_MSG_ACQUIRE, 0, &a, sizeof(a));
	put(XFRMA_TMPL, t, sizeof(t));
}

static void a_migrate(uint8_t proto)
{
	struct xfrm_userpolicy_id id = { .dir = XFRM_POLICY_OUT };
	struct xfrm_user_migrate m = { .proto = proto, .mode = XFRM_MODE_TUNNEL, .reqid = 7, .new_family = AF_INET6 };

	memcpy(&m.new_saddr, &A, 16);
	memcpy(&m.new_daddr, &B, 16);
	begin(XFRM_MSG_MIGRATE, 0, &id, sizeof(id));
	put_type(XFRM_POLICY_TYPE_MAIN);
	put(XFRMA_MIGRATE, &m, sizeof(m));
}

static void a_deleted_policy(uint32_t port, uint32_t priority, uint8_t type)
{
	struct xfrm_userpolicy_info p = policy(priority);
	struct xfrm_userpolicy_id id = { .dir = XFRM_POLICY_OUT };

	begin(XFRM_MSG_DELPOLICY, port, &id, sizeof(id));
	put(XFRMA_POLICY, &p, sizeof(p));
	put_type(type);
}

static void a_set_policy(uint16_t msg_type, uint32_t port, uint8_t type)
{
	struct xfrm_userpolicy_info p = policy(1);

	begin(msg_type, port, &p, sizeof(p));
	put_type(type);
}

static void an_expired_policy(uint8_t hard, uint32_t priority, uint8_t type)
{
	struct xfrm_user_polexpire x = { .pol = policy(priority), .hard = hard };

	begin(XFRM_MSG_POLEXPIRE, 99, &x, sizeof(x));
	put_type(type);
}

static void a_policy_flush(uint32_t port, uint8_t type)
{
	begin(XFRM_MSG_FLUSHPOLICY, port, NULL, 0);
	put_type(type);
}

/* ---- what comes of it ---- */

static struct kern_ipsec_event e;

static int parsed(void)
{
	return kern_ipsec_watch_parse(buf, msg->nlmsg_len, &e);
}

static void must_be(enum kern_ipsec_event_kind kind, uint32_t spi, uint32_t reqid, bool tunnel)
{
	ck_assert_int_eq(parsed(), 1);
	ck_assert_int_eq(e.kind, kind);
	ck_assert(IN6_ARE_ADDR_EQUAL(&e.src, &A) && IN6_ARE_ADDR_EQUAL(&e.dst, &B));
	ck_assert_uint_eq(e.spi, spi);
	ck_assert_uint_eq(e.reqid, reqid);
	ck_assert_int_eq(e.tunnel, tunnel);
}

START_TEST(associations)
{
	a_new(XFRM_MSG_NEWSA);
	must_be(KERN_IPSEC_SA_NEW, 0x123, 7, true);
	a_new(XFRM_MSG_UPDSA);
	must_be(KERN_IPSEC_SA_NEW, 0x123, 7, true);
	a_deleted();
	must_be(KERN_IPSEC_SA_GONE, 0x123, 7, true);
	an_expired(0);
	must_be(KERN_IPSEC_SA_EXPIRING, 0x123, 7, true);
	an_expired(1);
	must_be(KERN_IPSEC_SA_GONE, 0x123, 7, true);
	an_acquire(IPPROTO_ESP);
	must_be(KERN_IPSEC_ACQUIRE, 0, 7, true);
	a_migrate(IPPROTO_ESP);
	must_be(KERN_IPSEC_MIGRATED, 0, 7, true);
}
END_TEST

START_TEST(flushes)
{
	static const uint8_t ours[] = { 0, IPPROTO_ESP, IPSEC_PROTO_ANY }, others[] = { IPPROTO_AH, IPPROTO_DSTOPTS, IPPROTO_ROUTING };

	for (unsigned int i = 0; i < 3; i++) {
		a_flush(ours[i]);
		ck_assert_int_eq(parsed(), 1);
		ck_assert_int_eq(e.kind, KERN_IPSEC_SA_FLUSH);
		a_flush(others[i]);
		ck_assert_int_eq(parsed(), 0);
	}
}
END_TEST

START_TEST(policies)
{
	static const uint32_t first = KERN_SP_PRIORITY, last = KERN_SP_PRIORITY + KERN_SP_PRIORITIES - 1, if_id = 7;
	struct xfrm_userpolicy_info any = policy(1);

	a_deleted_policy(0, first, XFRM_POLICY_TYPE_MAIN);
	must_be(KERN_IPSEC_POLICY_GONE, 0, 0, false);
	a_deleted_policy(99, last, XFRM_POLICY_TYPE_MAIN);
	must_be(KERN_IPSEC_POLICY_GONE, 0, 0, false);
	a_deleted_policy(99, last + 1, XFRM_POLICY_TYPE_MAIN);
	ck_assert_int_eq(parsed(), 0);
	a_deleted_policy(99, first - 1, XFRM_POLICY_TYPE_MAIN);
	ck_assert_int_eq(parsed(), 0);
	a_deleted_policy(99, first, XFRM_POLICY_TYPE_SUB);
	ck_assert_int_eq(parsed(), 0);
	/* what replaces another takes its place, whatever its own priority */
	a_set_policy(XFRM_MSG_UPDPOLICY, 99, XFRM_POLICY_TYPE_MAIN);
	must_be(KERN_IPSEC_POLICY_GONE, 0, 0, false);
	a_set_policy(XFRM_MSG_UPDPOLICY, 99, XFRM_POLICY_TYPE_SUB);
	ck_assert_int_eq(parsed(), 0);
	/* but not of one of another kind */
	a_set_policy(XFRM_MSG_UPDPOLICY, 99, XFRM_POLICY_TYPE_MAIN);
	put(XFRMA_IF_ID, &if_id, sizeof(if_id));
	ck_assert_int_eq(parsed(), 0);
	any.sel.prefixlen_s = any.sel.prefixlen_d = 0;
	begin(XFRM_MSG_UPDPOLICY, 99, &any, sizeof(any));
	put_type(XFRM_POLICY_TYPE_MAIN);
	ck_assert_int_eq(parsed(), 0);
	a_set_policy(XFRM_MSG_NEWPOLICY, 99, XFRM_POLICY_TYPE_MAIN);
	ck_assert_int_eq(parsed(), 0);
	an_expired_policy(1, first, XFRM_POLICY_TYPE_MAIN);
	must_be(KERN_IPSEC_POLICY_GONE, 0, 0, false);
	an_expired_policy(0, first, XFRM_POLICY_TYPE_MAIN);
	ck_assert_int_eq(parsed(), 0);
	an_expired_policy(1, last + 1, XFRM_POLICY_TYPE_MAIN);
	ck_assert_int_eq(parsed(), 0);
	an_expired_policy(1, first, XFRM_POLICY_TYPE_SUB);
	ck_assert_int_eq(parsed(), 0);
	a_policy_flush(99, XFRM_POLICY_TYPE_MAIN);
	ck_assert_int_eq(parsed(), 1);
	ck_assert_int_eq(e.kind, KERN_IPSEC_POLICY_GONE);
	ck_assert(IN6_IS_ADDR_UNSPECIFIED(&e.src) && IN6_IS_ADDR_UNSPECIFIED(&e.dst));
	a_policy_flush(99, XFRM_POLICY_TYPE_SUB);
	ck_assert_int_eq(parsed(), 0);
}
END_TEST

START_TEST(others_business)
{
	struct xfrm_usersa_info sa = association();

	sa.family = AF_INET;
	begin(XFRM_MSG_NEWSA, 99, &sa, sizeof(sa));
	ck_assert_int_eq(parsed(), 0);
	sa = association();
	sa.id.proto = IPPROTO_DSTOPTS;
	begin(XFRM_MSG_NEWSA, 99, &sa, sizeof(sa));
	ck_assert_int_eq(parsed(), 0);
	an_acquire(IPPROTO_DSTOPTS);
	ck_assert_int_eq(parsed(), 0);
	a_migrate(IPPROTO_AH);
	ck_assert_int_eq(parsed(), 0);
	begin(XFRM_MSG_MAPPING, 0, &sa, sizeof(sa));
	ck_assert_int_eq(parsed(), 0);
	begin(NLMSG_NOOP, 0, NULL, 0);
	ck_assert_int_eq(parsed(), 0);
}
END_TEST

static void a_lone_delete(void)
{
	struct xfrm_usersa_id id = { .family = AF_INET6, .proto = IPPROTO_ESP };

	begin(XFRM_MSG_DELSA, 99, &id, sizeof(id));
}

static void build(int which)
{
	switch (which) {
	case 0: a_new(XFRM_MSG_NEWSA); return;
	case 1: a_deleted(); return;
	case 2: an_expired(1); return;
	case 3: a_flush(IPPROTO_ESP); return;
	case 4: an_acquire(IPPROTO_ESP); return;
	case 5: a_migrate(IPPROTO_ESP); return;
	case 6: a_deleted_policy(99, KERN_SP_PRIORITY, XFRM_POLICY_TYPE_MAIN); return;
	case 7: a_set_policy(XFRM_MSG_UPDPOLICY, 99, XFRM_POLICY_TYPE_MAIN); return;
	case 8: a_policy_flush(99, XFRM_POLICY_TYPE_MAIN); return;
	default: a_lone_delete(); return;
	}
}

/* In memory of exactly so many bytes: the sanitizer sees who reads further. */
static int parsed_in(size_t len)
{
	uint8_t *exact = malloc(len ? len : 1);
	int r;

	memcpy(exact, buf, len);
	r = kern_ipsec_watch_parse(exact, len, &e);
	free(exact);
	return r;
}

/* Cut at every byte, with the length of the whole and with its own. */
START_TEST(cut_short)
{
	size_t whole;

	build(_i);
	whole = msg->nlmsg_len;
	for (size_t len = 0; len < whole; len++) {
		build(_i);
		ck_assert_int_eq(parsed_in(len), 0);
		msg->nlmsg_len = (uint32_t)len;
		if (len < sizeof(*msg))
			ck_assert_int_eq(parsed_in(len), 0);
		else
			parsed_in(len);
	}
	/* an attribute that claims more than there is, less than its own head, or nothing */
	for (size_t at = NLMSG_HDRLEN; at + 2 <= whole; at += 4)
		for (unsigned int claim = 0; claim < 6; claim++) {
			build(_i);
			buf[at] = claim < 4 ? (uint8_t)claim : 0xff;
			buf[at + 1] = claim == 5 ? 0xff : 0;
			parsed_in(whole);
		}
}
END_TEST

SUITE("ipsec_watch",
	.tests = {
		{ associations },
		{ flushes },
		{ policies },
		{ others_business },
		{ cut_short, 10 },
	})
