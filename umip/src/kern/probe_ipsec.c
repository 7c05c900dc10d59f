// SPDX-License-Identifier: GPL-2.0-or-later
/* What the kernel can do for IPsec, by trying it: in the namespace of probe.c, which nothing leaves. */
#include "kern/probe_try.h"

#include <linux/xfrm.h>
#include <stddef.h>

#include "kern/ipsec_msg.h"

#define REQID	1
#define KEY_MAX 32

static const struct in6_addr old_from = PROBE_ADDR(8, 1), old_to = PROBE_ADDR(8, 2), new_from = PROBE_ADDR(8, 3);

/* An algorithm as the kernel wants it, with a key that protects nothing. */
struct algorithm {
	uint16_t attr;
	const char *name;
	unsigned int key_len, icv_len; /* bytes; icv_len 0: the attribute has none */
};

/* struct xfrm_algo, or, with an ICV length behind the key's, xfrm_algo_auth and xfrm_algo_aead, which look the same */
static void put_algorithm(struct nl_msg *m, const struct algorithm *a)
{
	uint8_t buf[sizeof(struct xfrm_algo_auth) + KEY_MAX] = { 0 };
	const uint32_t bits[] = { a->key_len * 8, a->icv_len * 8 };
	const size_t head = a->icv_len ? sizeof(struct xfrm_algo_auth) : sizeof(struct xfrm_algo);

	memcpy(buf, a->name, strlen(a->name));
	memcpy(buf + offsetof(struct xfrm_algo, alg_key_len), bits, head - offsetof(struct xfrm_algo, alg_key_len));
	for (unsigned int i = 0; i < a->key_len; i++)
		buf[head + i] = (uint8_t)(i * 7 + 1);
	nla_put(m, a->attr, (int)(head + a->key_len), buf);
}

static const struct algorithm cbc[] = {
	{ XFRMA_ALG_CRYPT, "cbc(aes)", 16, 0 },
	{ XFRMA_ALG_AUTH_TRUNC, "hmac(sha256)", 32, 16 },
	{ 0 },
}, gcm[] = {
	{ XFRMA_ALG_AEAD, "rfc4106(gcm(aes))", 20, 16 },
	{ 0 },
};

static int add_state(const struct algorithm *with, bool tunnel, const struct in6_addr *src, const struct in6_addr *dst,
		     uint32_t spi)
{
	struct xfrm_usersa_info sa = {
		.id.proto = IPPROTO_ESP,
		.id.spi = htonl(spi),
		.lft = kern_forever,
		.reqid = REQID,
		.family = AF_INET6,
		.mode = tunnel ? XFRM_MODE_TUNNEL : XFRM_MODE_TRANSPORT,
	};
	struct kern_batch *b = kern_batch_new(KERN_XFRM);
	struct nl_msg *m;

	kern_put_xfrm_ip(&sa.saddr, src);
	kern_put_xfrm_ip(&sa.id.daddr, dst);
	m = kern_msg(XFRM_MSG_NEWSA, NLM_F_CREATE | NLM_F_EXCL, &sa, sizeof(sa));
	for (; m && with->name; with++)
		put_algorithm(m, with);
	kern_batch_add(b, m, 0, "state add");
	return kern_batch_commit(b);
}

/* The algorithms that there are, or NULL. Found by an association in transport mode. */
static const struct algorithm *algorithms(void)
{
	const struct in6_addr src = PROBE_ADDR(9, 1), dst = PROBE_ADDR(9, 2);

	return !add_state(cbc, false, &src, &dst, 0x1001) ? cbc :
	       !add_state(gcm, false, &src, &dst, 0x1002) ? gcm :
							    NULL;
}

struct moved {
	unsigned int policies, states;
};

static void count_policy(const struct kern_sp *p, void *arg)
{
	((struct moved *)arg)->policies += p->tunnel && IN6_ARE_ADDR_EQUAL(&p->from, &new_from);
}

static void count_state(const struct kern_sa *s, void *arg)
{
	((struct moved *)arg)->states += s->tunnel && IN6_ARE_ADDR_EQUAL(&s->src, &new_from);
}

/* One policy for the message type, n associations: whether all of it moves. They are gone afterwards. */
static bool moves(const struct algorithm *with, int type, unsigned int n, bool pf_key)
{
	const struct kern_sp p = {
		.dir = XFRM_POLICY_OUT,
		.priority = KERN_SP_PRIORITY,
		.src = PROBE_ADDR(9, 1),
		.src_len = 128,
		.proto = IPPROTO_MH,
		.type = type,
		.action = KERN_SP_ESP,
		.tunnel = true,
		.from = old_from,
		.to = old_to,
		.reqid = REQID,
	};
	struct xfrm_usersa_flush flush = { .proto = IPPROTO_ESP };
	struct moved moved = { 0 };
	struct kern_batch *b = kern_batch_new(KERN_XFRM);
	int err = 0;

	kern_sp_set(b, &p);
	err = kern_batch_commit(b);
	for (unsigned int i = 0; i < n && !err; i++)
		err = add_state(with, true, &old_from, &old_to, 0x2000 + i);
	if (!err && pf_key) {
		err = kern_pfkey_migrate(&p, &new_from, &old_to, NULL);
	} else if (!err) {
		b = kern_batch_new(KERN_XFRM);
		kern_sp_migrate(b, &p, &new_from, &old_to, NULL);
		err = kern_batch_commit(b);
	}
	if (!err)
		err = kern_sp_dump(count_policy, &moved);
	if (!err)
		err = kern_sa_dump(count_state, &moved);
	b = kern_batch_new(KERN_XFRM);
	kern_sp_del(b, &p, KERN_OK_ABSENT);
	kern_batch_add(b, kern_msg(XFRM_MSG_FLUSHSA, 0, &flush, sizeof(flush)), KERN_OK_ABSENT, "state flush esp");
	kern_batch_commit(b);
	return !err && moved.policies == 1 && moved.states == n;
}

void probe_ipsec(struct kern_abilities *a)
{
	const struct algorithm *with = algorithms();

	a->esp = with;
	if (!with)
		return;
	a->migrate = moves(with, -1, 1, false);
	a->migrate_typed = a->migrate && moves(with, 1, 2, false);
	a->pf_key_migrate = a->migrate && moves(with, -1, 1, true);
	kern_pfkey_close();
}
