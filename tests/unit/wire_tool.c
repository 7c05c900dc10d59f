// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The wire codecs on a command line, so that other decoders can be held against them.
 *
 *   wire_tool build < lines    one packet a line, "KIND key=value ...", gives its bytes in hex
 *   wire_tool parse < hex      the reverse, in the same notation: parse of build is the identity
 *   wire_tool fields           every kind with the keys that it knows
 *
 * A packet is a whole IPv6 packet with its checksum. src, dst, hoplimit, hao and rt2 belong to every kind. Flags
 * are a number as on the wire for mobility messages. A list (mnp, agent, prefix) is a key that repeats; a key of
 * an optional part that is not given leaves the part out. A packet that does not parse gives a line "error=NAME".
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/exthdr.h"
#include "wire/icmp6.h"
#include "wire/mh.h"
#include "wire/nd.h"

#define PACKET_MAX    4096
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

struct packet {
	struct in6_addr src, dst, hao, rt2;
	bool has_hao, has_rt2;
	uint8_t hoplimit;
};

union message {
	struct mh_msg mh;
	struct icmp6_dhaad dhaad;
	struct icmp6_mpd mpd;
	struct nd_ra ra;
	struct nd_ns ns;
	struct nd_na na;
	struct nd_lladdr rs;
};

/* F_ABSENT32 is a number whose zero means that the option is not there. */
enum ftype { F_U8, F_U16, F_U32, F_ABSENT32, F_BOOL, F_ADDR, F_COOKIE, F_AUTH, F_LLADDR, F_MNP, F_AGENT, F_PREFIX };

#define NONE ((size_t)-1)

struct field {
	const char *key;
	enum ftype type;
	size_t at;
	size_t has; /* of the bool that says if it is there, or of a list's count */
};

/* clang-format off */
#define MH(key, type, member) { key, type, offsetof(struct mh_msg, member), NONE }
#define AT(member) offsetof(struct mh_msg, opts.member)
#define OPT(key, type, member, has) { key, type, AT(member), AT(has) }
#define PLAIN(key, type, s, member) { key, type, offsetof(struct s, member), NONE }
#define LIST(key, type, s, member, count) { key, type, offsetof(struct s, member), offsetof(struct s, count) }
#define END { NULL, F_U8, 0, 0 }
/* clang-format on */
#define FIELDS(name, ...) static const struct field name[] = { __VA_ARGS__, END }

static const struct field packet_fields[] = {
	{ "src", F_ADDR, offsetof(struct packet, src), NONE },
	{ "dst", F_ADDR, offsetof(struct packet, dst), NONE },
	{ "hoplimit", F_U8, offsetof(struct packet, hoplimit), NONE },
	{ "hao", F_ADDR, offsetof(struct packet, hao), offsetof(struct packet, has_hao) },
	{ "rt2", F_ADDR, offsetof(struct packet, rt2), offsetof(struct packet, has_rt2) },
	END,
};

static const struct field no_fields[] = { END };
FIELDS(test_init_fields, MH("cookie", F_COOKIE, test_init.cookie));
FIELDS(test_fields, MH("nonce", F_U16, test.nonce_index), MH("cookie", F_COOKIE, test.cookie),
       MH("token", F_COOKIE, test.keygen_token));
FIELDS(bu_fields, MH("seq", F_U16, bu.seq), MH("flags", F_U8, bu.flags), MH("lifetime", F_U16, bu.lifetime),
       OPT("alt_coa", F_ADDR, alt_coa, has_alt_coa), OPT("home_nonce", F_U16, home_nonce, has_nonce),
       OPT("coa_nonce", F_U16, coa_nonce, has_nonce), OPT("mnp", F_MNP, mnp, n_mnp),
       OPT("auth", F_AUTH, auth, has_auth));
FIELDS(ba_fields, MH("status", F_U8, ba.status), MH("flags", F_U8, ba.flags), MH("seq", F_U16, ba.seq),
       MH("lifetime", F_U16, ba.lifetime), OPT("refresh", F_U16, refresh_advice, has_refresh_advice),
       OPT("auth", F_AUTH, auth, has_auth));
FIELDS(be_fields, MH("status", F_U8, be.status), MH("hoa", F_ADDR, be.hoa));

FIELDS(dhaad_req_fields, PLAIN("id", F_U16, icmp6_dhaad, id), PLAIN("R", F_BOOL, icmp6_dhaad, mobile_router));
FIELDS(dhaad_rep_fields, PLAIN("id", F_U16, icmp6_dhaad, id), PLAIN("R", F_BOOL, icmp6_dhaad, mobile_router),
       LIST("agent", F_AGENT, icmp6_dhaad, agents, n_agents));
FIELDS(mps_fields, PLAIN("id", F_U16, icmp6_mpd, id));
FIELDS(mpa_fields, PLAIN("id", F_U16, icmp6_mpd, id), PLAIN("M", F_BOOL, icmp6_mpd, managed),
       PLAIN("O", F_BOOL, icmp6_mpd, other), LIST("prefix", F_PREFIX, icmp6_mpd, prefixes, n_prefixes));
static const struct field rs_fields[] = { { "sll", F_LLADDR, 0, NONE }, END };
FIELDS(ns_fields, PLAIN("target", F_ADDR, nd_ns, target), PLAIN("sll", F_LLADDR, nd_ns, sll));
FIELDS(na_fields, PLAIN("target", F_ADDR, nd_na, target), PLAIN("R", F_BOOL, nd_na, router),
       PLAIN("S", F_BOOL, nd_na, solicited), PLAIN("O", F_BOOL, nd_na, override), PLAIN("tll", F_LLADDR, nd_na, tll));
FIELDS(ra_fields, PLAIN("hops", F_U8, nd_ra, hoplimit), PLAIN("M", F_BOOL, nd_ra, managed),
       PLAIN("O", F_BOOL, nd_ra, other), PLAIN("H", F_BOOL, nd_ra, home_agent),
       PLAIN("lifetime", F_U16, nd_ra, lifetime), PLAIN("reachable", F_U32, nd_ra, reachable),
       PLAIN("retrans", F_U32, nd_ra, retrans), PLAIN("sll", F_LLADDR, nd_ra, sll),
       PLAIN("mtu", F_ABSENT32, nd_ra, mtu), PLAIN("interval", F_ABSENT32, nd_ra, adv_interval),
       LIST("ha_pref", F_U16, nd_ra, ha_preference, has_ha_info),
       LIST("ha_life", F_U16, nd_ra, ha_lifetime, has_ha_info),
       LIST("ha_mr", F_BOOL, nd_ra, mobile_router, has_ha_info), LIST("prefix", F_PREFIX, nd_ra, prefixes, n_prefixes));

static ssize_t build_mh(uint8_t *buf, size_t cap, const union message *m)
{
	return mh_build(buf, cap, &m->mh, NULL);
}

static int parse_mh(const uint8_t *buf, size_t len, union message *m)
{
	return mh_parse(buf, len, &m->mh, NULL);
}

static ssize_t build_dhaad(uint8_t *buf, size_t cap, const union message *m)
{
	return icmp6_build_dhaad(buf, cap, &m->dhaad);
}

static int parse_dhaad(const uint8_t *buf, size_t len, union message *m)
{
	return icmp6_parse_dhaad(buf, len, &m->dhaad);
}

static ssize_t build_mpd(uint8_t *buf, size_t cap, const union message *m)
{
	return icmp6_build_mpd(buf, cap, &m->mpd);
}

static int parse_mpd(const uint8_t *buf, size_t len, union message *m)
{
	return icmp6_parse_mpd(buf, len, &m->mpd);
}

static ssize_t build_rs(uint8_t *buf, size_t cap, const union message *m)
{
	return nd_build_rs(buf, cap, &m->rs);
}

static ssize_t build_ra(uint8_t *buf, size_t cap, const union message *m)
{
	return nd_build_ra(buf, cap, &m->ra);
}

static int parse_ra(const uint8_t *buf, size_t len, union message *m)
{
	return nd_parse_ra(buf, len, &m->ra);
}

static ssize_t build_ns(uint8_t *buf, size_t cap, const union message *m)
{
	return nd_build_ns(buf, cap, &m->ns);
}

static int parse_ns(const uint8_t *buf, size_t len, union message *m)
{
	return nd_parse_ns(buf, len, &m->ns);
}

static ssize_t build_na(uint8_t *buf, size_t cap, const union message *m)
{
	return nd_build_na(buf, cap, &m->na);
}

static int parse_na(const uint8_t *buf, size_t len, union message *m)
{
	return nd_parse_na(buf, len, &m->na);
}

static const struct kind {
	const char *name;
	uint8_t proto, type; /* IPPROTO_MH: the MH type; IPPROTO_ICMPV6: the ICMPv6 type */
	ssize_t (*build)(uint8_t *buf, size_t cap, const union message *m);
	int (*parse)(const uint8_t *buf, size_t len, union message *m); /* NULL: we only send it */
	const struct field *fields;
} kinds[] = {
	{ "brr", IPPROTO_MH, MH_BRR, build_mh, parse_mh, no_fields },
	{ "hoti", IPPROTO_MH, MH_HOTI, build_mh, parse_mh, test_init_fields },
	{ "coti", IPPROTO_MH, MH_COTI, build_mh, parse_mh, test_init_fields },
	{ "hot", IPPROTO_MH, MH_HOT, build_mh, parse_mh, test_fields },
	{ "cot", IPPROTO_MH, MH_COT, build_mh, parse_mh, test_fields },
	{ "bu", IPPROTO_MH, MH_BU, build_mh, parse_mh, bu_fields },
	{ "ba", IPPROTO_MH, MH_BA, build_mh, parse_mh, ba_fields },
	{ "be", IPPROTO_MH, MH_BE, build_mh, parse_mh, be_fields },
	{ "dhaad_req", IPPROTO_ICMPV6, ICMP6_DHAAD_REQUEST, build_dhaad, parse_dhaad, dhaad_req_fields },
	{ "dhaad_rep", IPPROTO_ICMPV6, ICMP6_DHAAD_REPLY, build_dhaad, parse_dhaad, dhaad_rep_fields },
	{ "mps", IPPROTO_ICMPV6, ICMP6_MP_SOLICIT, build_mpd, parse_mpd, mps_fields },
	{ "mpa", IPPROTO_ICMPV6, ICMP6_MP_ADVERT, build_mpd, parse_mpd, mpa_fields },
	{ "rs", IPPROTO_ICMPV6, ND_RS, build_rs, NULL, rs_fields },
	{ "ra", IPPROTO_ICMPV6, ND_RA, build_ra, parse_ra, ra_fields },
	{ "ns", IPPROTO_ICMPV6, ND_NS, build_ns, parse_ns, ns_fields },
	{ "na", IPPROTO_ICMPV6, ND_NA, build_na, parse_na, na_fields },
};

static void die(const char *what, const char *detail)
{
	fprintf(stderr, "wire_tool: %s: %s\n", what, detail);
	exit(2);
}

static size_t get_hex(const char *text, uint8_t *out, size_t cap)
{
	size_t n = 0;
	unsigned int byte;

	for (; n < cap && sscanf(text, "%2x", &byte) == 1; text += 2)
		out[n++] = (uint8_t)byte;
	return n;
}

static void put_hex(const uint8_t *p, size_t len)
{
	while (len--)
		printf("%02x", *p++);
}

static void get_addr(char *text, struct in6_addr *addr, uint8_t *plen)
{
	char *slash = strchr(text, '/');

	if (slash) {
		*slash = 0;
		*plen = (uint8_t)strtoul(slash + 1, NULL, 10);
	}
	if (inet_pton(AF_INET6, text, addr) != 1)
		die("not an address", text);
}

/* ADDR/LEN,FLAGS,VALID,PREFERRED with FLAGS of the letters L, A and R, or a hyphen */
static void get_prefix(char *text, struct nd_prefix *p)
{
	char *flags = strchr(text, ',');
	char letters[8];

	if (!flags || sscanf(flags, ",%7[LAR-],%" SCNu32 ",%" SCNu32, letters, &p->valid, &p->preferred) != 3)
		die("not a prefix", text);
	*flags = 0;
	p->onlink = strchr(letters, 'L');
	p->autonomous = strchr(letters, 'A');
	p->router = strchr(letters, 'R');
	get_addr(text, &p->prefix, &p->len);
}

static void get_list_item(const struct field *f, uint8_t *base, char *text)
{
	unsigned int *n = (unsigned int *)(base + f->has);

	switch (f->type) {
	case F_MNP: {
		struct mh_prefix *p = (struct mh_prefix *)(base + f->at) + *n;

		if (*n == MH_MAX_MNP)
			die("too many", f->key);
		get_addr(text, &p->addr, &p->len);
		break;
	}
	case F_AGENT:
		if (*n == DHAAD_MAX_AGENTS)
			die("too many", f->key);
		get_addr(text, (struct in6_addr *)(base + f->at) + *n, NULL);
		break;
	default:
		if (*n == ND_MAX_PREFIXES)
			die("too many", f->key);
		get_prefix(text, (struct nd_prefix *)(base + f->at) + *n);
	}
	++*n;
}

static void get_field(const struct field *f, uint8_t *base, char *text)
{
	uint8_t *at = base + f->at;
	unsigned long n = strtoul(text, NULL, 0);

	switch (f->type) {
	case F_U8:
		*at = (uint8_t)n;
		break;
	case F_U16:
		*(uint16_t *)at = (uint16_t)n;
		break;
	case F_U32:
	case F_ABSENT32:
		*(uint32_t *)at = (uint32_t)n;
		break;
	case F_BOOL:
		*(bool *)at = n;
		break;
	case F_ADDR:
		get_addr(text, (struct in6_addr *)at, NULL);
		break;
	case F_COOKIE:
		get_hex(text, at, 8);
		break;
	case F_AUTH:
		get_hex(text, at, MH_AUTH_LEN);
		break;
	case F_LLADDR:
		((struct nd_lladdr *)at)->len = (uint8_t)get_hex(text, ((struct nd_lladdr *)at)->addr, ND_LLADDR_MAX);
		break;
	case F_MNP:
	case F_AGENT:
	case F_PREFIX:
		get_list_item(f, base, text);
		return;
	}
	if (f->has != NONE)
		*(bool *)(base + f->has) = true;
}

static void put_addr(const char *key, const struct in6_addr *addr)
{
	char text[INET6_ADDRSTRLEN];

	printf(" %s=%s", key, inet_ntop(AF_INET6, addr, text, sizeof(text)));
}

static void put_list(const struct field *f, const uint8_t *base)
{
	for (unsigned int i = 0; i < *(const unsigned int *)(base + f->has); i++) {
		const struct mh_prefix *mnp = (const struct mh_prefix *)(base + f->at) + i;
		const struct nd_prefix *p = (const struct nd_prefix *)(base + f->at) + i;

		if (f->type == F_AGENT) {
			put_addr(f->key, (const struct in6_addr *)(base + f->at) + i);
		} else if (f->type == F_MNP) {
			put_addr(f->key, &mnp->addr);
			printf("/%u", mnp->len);
		} else {
			put_addr(f->key, &p->prefix);
			printf("/%u,%s%s", p->len, p->onlink ? "L" : "", p->autonomous ? "A" : "");
			printf("%s,", p->router ? "R" : p->onlink || p->autonomous ? "" : "-");
			printf("%" PRIu32 ",%" PRIu32, p->valid, p->preferred);
		}
	}
}

static void put_field(const struct field *f, const uint8_t *base)
{
	const uint8_t *at = base + f->at;

	if (f->type == F_MNP || f->type == F_AGENT || f->type == F_PREFIX) {
		put_list(f, base);
		return;
	}
	if (f->has != NONE && !*(const bool *)(base + f->has))
		return;
	if ((f->type == F_LLADDR && !*at) || (f->type == F_ABSENT32 && !*(const uint32_t *)at))
		return;
	if (f->type == F_ADDR) {
		put_addr(f->key, (const struct in6_addr *)at);
		return;
	}
	printf(" %s=", f->key);
	switch (f->type) {
	case F_U8:
		printf("%u", *at);
		break;
	case F_U16:
		printf("%u", *(const uint16_t *)at);
		break;
	case F_U32:
	case F_ABSENT32:
		printf("%" PRIu32, *(const uint32_t *)at);
		break;
	case F_COOKIE:
		put_hex(at, 8);
		break;
	case F_AUTH:
		put_hex(at, MH_AUTH_LEN);
		break;
	case F_LLADDR:
		put_hex(((const struct nd_lladdr *)at)->addr, ((const struct nd_lladdr *)at)->len);
		break;
	default:
		printf("%d", *(const bool *)at);
	}
}

static const struct field *find_field(const struct field *f, const char *key)
{
	for (; f->key; f++)
		if (!strcmp(f->key, key))
			return f;
	return NULL;
}

static const struct kind *find_kind(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(kinds[i].name, name))
			return &kinds[i];
	die("unknown kind", name);
	return NULL;
}

static void put_packet(const struct kind *k, const struct packet *p, const union message *m)
{
	const struct in6_addr *from = p->has_hao ? &p->hao : &p->src, *to = p->has_rt2 ? &p->rt2 : &p->dst;
	uint8_t buf[PACKET_MAX] = { 0 }, *upper = buf + 40, *next = buf + 6;
	uint16_t sum;
	ssize_t len;

	if (p->has_rt2) {
		rt2_build(upper, 0, to);
		*next = IPPROTO_ROUTING;
		next = upper;
		upper += RT2_HDR_LEN;
	}
	if (p->has_hao) {
		hao_build(upper, 0, from);
		*next = IPPROTO_DSTOPTS;
		next = upper;
		upper += HAO_HDR_LEN;
	}
	len = k->build(upper, (size_t)(buf + sizeof(buf) - upper), m);
	if (len < 0) {
		printf("error=%s\n", strerrorname_np((int)-len));
		return;
	}
	if (k->proto == IPPROTO_MH) {
		mh_set_checksum(upper, (size_t)len, from, to);
	} else {
		sum = htons(ip6_checksum(from, to, k->proto, upper, (size_t)len));
		memcpy(upper + 2, &sum, 2);
	}
	*next = k->proto;
	ip6_build(buf, buf[6], p->hoplimit, (uint16_t)(upper + len - buf - 40), &p->src, &p->dst);
	put_hex(buf, (size_t)(upper + len - buf));
	puts("");
}

static void build_line(char *line)
{
	struct packet p = { .hoplimit = 64 };
	const struct field *f;
	const struct kind *k;
	union message m;
	char *token, *value, *save;

	token = strtok_r(line, " \n", &save);
	if (!token)
		return;
	k = find_kind(token);
	memset(&m, 0, sizeof(m));
	if (k->proto == IPPROTO_MH)
		m.mh.type = k->type;
	else if (k->type == ICMP6_DHAAD_REPLY)
		m.dhaad.reply = true;
	else if (k->type == ICMP6_MP_ADVERT)
		m.mpd.advert = true;
	while ((token = strtok_r(NULL, " \n", &save))) {
		value = strchr(token, '=');
		if (!value)
			die("no value", token);
		*value++ = 0;
		f = find_field(packet_fields, token);
		if (f) {
			get_field(f, (uint8_t *)&p, value);
			continue;
		}
		f = find_field(k->fields, token);
		if (!f)
			die("unknown key", token);
		get_field(f, (uint8_t *)&m, value);
	}
	put_packet(k, &p, &m);
}

static const struct kind *kind_of(const struct ip6_view *v, const uint8_t *upper, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].proto == v->proto && len >= 8 && kinds[i].type == upper[v->proto == IPPROTO_MH ? 2 : 0])
			return &kinds[i];
	return NULL;
}

static void parse_line(const char *line)
{
	const struct in6_addr *from, *to;
	const struct kind *k;
	struct packet p;
	struct ip6_view v;
	union message m;
	uint8_t buf[PACKET_MAX];
	size_t len = get_hex(line, buf, sizeof(buf)), n;
	int ret = ip6_walk(buf, len, 0, &v);

	if (ret) {
		printf("error=%s\n", strerrorname_np(-ret));
		return;
	}
	n = v.end - v.upper;
	k = kind_of(&v, buf + v.upper, n);
	ret = k && k->parse ? k->parse(buf + v.upper, n, &m) : -EPROTONOSUPPORT;
	if (ret) {
		printf("error=%s\n", strerrorname_np(-ret));
		return;
	}
	p = (struct packet){ v.src, v.dst, v.hao, v.rt2, v.has_hao, v.has_rt2, v.hoplimit };
	from = v.has_hao ? &v.hao : &v.src;
	to = v.has_rt2 ? &v.rt2 : &v.dst;
	printf("%s", k->name);
	for (const struct field *f = packet_fields; f->key; f++)
		put_field(f, (const uint8_t *)&p);
	for (const struct field *f = k->fields; f->key; f++)
		put_field(f, (const uint8_t *)&m);
	if (k->proto == IPPROTO_MH && m.mh.opts.n_unknown)
		printf(" unknown=%u", m.mh.opts.n_unknown);
	if (ip6_checksum(from, to, v.proto, buf + v.upper, n))
		printf(" checksum=bad");
	puts("");
}

static void list_fields(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		printf("%s", kinds[i].name);
		for (const struct field *f = kinds[i].fields; f->key; f++)
			printf(" %s", f->key);
		puts("");
	}
}

int main(int argc, char **argv)
{
	const char *what = argc == 2 ? argv[1] : "";
	char *line = NULL;
	size_t cap = 0;

	if (!strcmp(what, "fields")) {
		list_fields();
		return 0;
	}
	if (strcmp(what, "build") && strcmp(what, "parse"))
		die("usage", "wire_tool build|parse|fields");
	while (getline(&line, &cap, stdin) > 0) {
		if (*what == 'b')
			build_line(line);
		else
			parse_line(line);
	}
	free(line);
	return 0;
}
