// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The correspondent node and its cache against a program of messages: each step is some bytes that choose a mobile node, its addresses,
 * and what it says, truly signed or not; or a message as it is. After every step the kernel has just the bindings that the cache has,
 * within the limits, and no answer promises more.
 */
#include <math.h>
#include <string.h>

#include "cn/cn_impl.h"
#include "fuzz.h"
#include "kern/nl.h"
#include "kern/route.h"
#include "ro/ro.h"

#define MAX_BINDINGS 12
#define MAX_SOURCE   5

static struct conf conf = { .role = ROLE_CN, .ro_cn = true, .cn_max_bindings = MAX_BINDINGS, .cn_max_bindings_per_source = MAX_SOURCE };
static struct daemon d;
static struct pair {
	struct in6_addr ours, peer, coa;
} pairs[MAX_BINDINGS];
static unsigned int n_pairs;
static bool refuse;
static struct mh_msg answer;
static unsigned int n_answers;

/* ---- the kernel ---- */

static struct in6_addr addr(uint8_t net, uint8_t host)
{
	return (struct in6_addr){ .s6_addr = { 0x20, 0x01, 0x0d, 0xb8, 0, net, [15] = host } };
}

static struct pair *find(const struct in6_addr *ours, const struct in6_addr *peer)
{
	for (unsigned int i = 0; i < n_pairs; i++)
		if (IN6_ARE_ADDR_EQUAL(&pairs[i].ours, ours) && IN6_ARE_ADDR_EQUAL(&pairs[i].peer, peer))
			return &pairs[i];
	return NULL;
}

int ro_peer_set(struct ro *ro, const struct in6_addr *ours, const struct in6_addr *peer, const struct in6_addr *coa)
{
	struct pair *p = find(ours, peer);

	(void)ro;
	if (!coa || refuse) {
		if (p)
			*p = pairs[--n_pairs];
		return coa ? -1 : 0;
	}
	if (!p) {
		must(n_pairs < MAX_BINDINGS);
		p = &pairs[n_pairs++];
	}
	*p = (struct pair){ .ours = *ours, .peer = *peer, .coa = *coa };
	return 0;
}

int ro_each_used(struct ro *ro,
		 void (*fn)(const struct in6_addr *ours, const struct in6_addr *peer, double in, double out, void *arg), void *arg)
{
	(void)ro;
	for (unsigned int i = 0; i < n_pairs; i++)
		fn(&pairs[i].ours, &pairs[i].peer, 0, INFINITY, arg);
	return 0;
}

int ro_reconcile(struct ro *ro)
{
	(void)ro;
	return 0;
}

const char *kern_error(void)
{
	return "refused";
}

int kern_addr_dump(int ifindex, void (*cb)(const struct kern_addr *a, void *arg), void *arg)
{
	(void)ifindex;
	for (uint8_t i = 1; i <= 3; i++)
		cb(&(struct kern_addr){ .addr = addr(0xd, i), .plen = 64 }, arg);
	return 0;
}

static int mh_send(struct daemon *dd, const struct in6_addr *src, const struct in6_addr *dst, const struct in6_addr *rt2, int ifindex,
		   const uint8_t *data, size_t len)
{
	const struct pair *p = find(src, dst);

	(void)dd;
	(void)ifindex;
	must(!mh_parse(data, len, &answer, NULL));
	must(addr(0xd, 0).s6_addr[5] == src->s6_addr[5] && !IN6_IS_ADDR_MULTICAST(dst));
	must(answer.type == MH_HOT || answer.type == MH_COT || answer.type == MH_BA || answer.type == MH_BRR);
	must(!rt2 || answer.type == MH_BA || answer.type == MH_BRR);
	if (answer.type == MH_BA && answer.ba.status < 128) {
		must(answer.opts.has_auth);
		must(!answer.ba.lifetime == !p);
		must(answer.ba.lifetime <= RR_MAX_BINDING_LIFETIME / 4);
	}
	n_answers++;
	return 0;
}

static void no_notify(struct daemon *dd, const char *event, struct json_object *fields)
{
	(void)dd;
	(void)event;
	json_object_put(fields);
}

/* ---- steps ---- */

struct input {
	const uint8_t *at, *end;
};

static uint8_t byte(struct input *in)
{
	return in->at < in->end ? *in->at++ : 0;
}

static void give(struct mh_packet *p)
{
	unsigned int before = n_answers;
	struct mh_msg m;

	if (!mh_parse(p->data, p->len, &m, NULL))
		cn_role.mh(&d, p, &m);
	must(n_answers <= before + 1);
}

/* Which of a few: many meet each other. */
static struct in6_addr pick(uint8_t b, uint8_t net)
{
	switch (b >> 4) {
	case 15: return addr(0xd, b & 3);
	case 14: return (struct in6_addr){ .s6_addr = { 0xfe, 0x80, [15] = b } };
	case 13: return (struct in6_addr){ .s6_addr = { 0xff, 0x02, [15] = 1 } };
	case 12: return (struct in6_addr)IN6ADDR_ANY_INIT;
	default: return addr((uint8_t)(net + (b >> 4 & 3)), b & 15);
	}
}

static void key(const struct mh_packet *p, const struct in6_addr *coa, bool gone, uint8_t kbm[RR_KBM_LEN])
{
	const struct cn_nonce *nonce = cn_nonce_current(&d.cn->nonces, clock_now());
	uint8_t home[RR_TOKEN_LEN], care_of[RR_TOKEN_LEN];

	rr_token(d.cn->nonces.kcn, &p->src, nonce->value, RR_HOME, home);
	rr_token(d.cn->nonces.kcn, coa, nonce->value, RR_CARE_OF, care_of);
	rr_kbm(home, gone ? NULL : care_of, kbm);
}

static void update(struct input *in, struct mh_packet *p)
{
	const uint8_t how = byte(in);
	struct mh_msg m = { .type = MH_BU, .bu = { .seq = byte(in), .flags = byte(in), .lifetime = (uint16_t)(byte(in) * (how & 1 ? 1 : 7)) } };
	struct in6_addr coa = p->has_coa ? p->coa : p->src;
	uint16_t index = cn_nonce_current(&d.cn->nonces, clock_now())->index;
	uint8_t kbm[RR_KBM_LEN];
	size_t at = 0;
	ssize_t len;
	bool gone;

	if (how & 2) {
		m.opts.has_alt_coa = true;
		coa = m.opts.alt_coa = pick(byte(in), 0xf0);
	}
	m.opts.has_auth = !(how & 4) || how & 8;
	m.opts.has_nonce = !(how & 4) || how & 16;
	m.opts.home_nonce = (uint16_t)(index + (how & 32 ? byte(in) : 0));
	m.opts.coa_nonce = (uint16_t)(index + (how & 64 ? byte(in) : 0));
	gone = !m.bu.lifetime || IN6_ARE_ADDR_EQUAL(&coa, &p->src);
	len = mh_build(p->data, sizeof(p->data), &m, &at);
	if (len < 0)
		return;
	p->len = (size_t)len;
	key(p, &coa, gone, kbm);
	if (m.opts.has_auth)
		rr_authenticator(kbm, gone ? &p->src : &coa, &p->dst, p->data, p->len, at, p->data + at);
	if (how & 128 && at)
		p->data[at] ^= byte(in);
	give(p);
}

static void step(struct input *in)
{
	struct mh_packet p = { .ifindex = 2 };
	const uint8_t what = byte(in);
	struct mh_msg m = { .type = what & 1 ? MH_HOTI : MH_COTI };

	p.dst = pick((uint8_t)(what & 0x80 ? byte(in) : 0xf1 + (what >> 4 & 1)), 0xd);
	p.src = pick(byte(in), 0x40);
	p.has_coa = !(what & 0x40);
	p.coa = pick(byte(in), 0xf0);
	switch (what >> 1 & 7) {
	case 0:
		p.has_coa = what & 0x20;
		p.len = (size_t)mh_build(p.data, sizeof(p.data), &m, NULL);
		give(&p);
		return;
	case 1:
		p.len = byte(in);
		for (size_t i = 0; i < p.len; i++)
			p.data[i] = byte(in);
		give(&p);
		return;
	case 2:
		cn_addr_changed(d.cn);
		ev_run(d.loop, EVRUN_NOWAIT);
		return;
	case 3:
		/* time passes for nonces, and for who is remembered */
		for (unsigned int i = 0; i < CN_NONCES; i++)
			d.cn->nonces.ring[i].born -= byte(in);
		return;
	case 4:
		refuse = what & 0x20;
		return;
	default:
		update(in, &p);
	}
}

static void counted(struct cn_binding *b, void *arg)
{
	const struct pair *p = find(&b->ours, &b->hoa);
	unsigned int *n = arg;

	(*n)++;
	must(b->live == (p != NULL));
	must(!p || IN6_ARE_ADDR_EQUAL(&p->coa, &b->coa));
	must(b->source->n <= MAX_SOURCE && b->source->n <= d.cn->cache.most);
	must(!cn_is_ours(d.cn, &b->coa) && !IN6_ARE_ADDR_EQUAL(&b->coa, &b->hoa));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, data + size };
	char err[64];

	memset(&d, 0, sizeof(d));
	n_pairs = 0;
	refuse = false;
	log_open("/dev/null", 0);
	d.loop = ev_loop_new(EVBACKEND_POLL);
	d.conf = &conf;
	d.mh_send = mh_send;
	d.notify = no_notify;
	d.cn = cn_open(&d, NULL, err, sizeof(err));
	must(d.cn != NULL);
	while (in.at < in.end) {
		unsigned int n = 0;
		uint64_t at = 0;

		step(&in);
		cn_cache_walk(&d.cn->cache, &at, UINT32_MAX, counted, &n);
		must(n == d.cn->cache.count && n <= MAX_BINDINGS && d.cn->cache.live == n_pairs);
	}
	cn_close(d.cn);
	must(!n_pairs);
	ev_loop_destroy(d.loop);
	log_close();
	return 0;
}
