// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mip6d.conf to swanctl.conf.
 *
 * strongSwan knows an association by one reqid for both directions, and looks for it by that number alone: when something has to be
 * set up, and when the mobile node has moved. So a number is one policy of one home address here, which mip6d by itself does not ask for.
 *
 * Mobile node and home agent select the same child by its traffic selectors, which therefore are as narrow as the policies (RFC 4877
 * section 5): the type of a message is in the upper half of the port.
 */
#include "ctl/mip6ctl_strongswan.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "wire/icmp6.h"
#include "wire/mh.h"

/* What a mobile node sends and what it gets, as a traffic selector's protocol and ports; NULL: anything. */
static const struct {
	uint8_t proto;
	int from_mn, from_ha; /* types of messages; -1: any */
	bool whole; /* the upper half of the port is the type, the lower is anything: ICMPv6, where it is the code */
} selectors[IPSEC_TYPES] = {
	[IPSEC_HOME_REG_BINDING] = { IPPROTO_MH, MH_BU, MH_BA, false },
	[IPSEC_MH] = { IPPROTO_MH, -1, -1, false },
	[IPSEC_MOB_PFX_DISC] = { IPPROTO_ICMPV6, ICMP6_MP_SOLICIT, ICMP6_MP_ADVERT, true },
	[IPSEC_ICMP] = { IPPROTO_ICMPV6, -1, -1, true },
	[IPSEC_ANY] = { 0, -1, -1, false },
	[IPSEC_TUNNEL_HOME_TESTING] = { IPPROTO_MH, MH_HOTI, MH_HOT, false },
	[IPSEC_TUNNEL_MH] = { IPPROTO_MH, -1, -1, false },
	[IPSEC_TUNNEL_PAYLOAD] = { 0, -1, -1, false },
};

static const char *text(const struct in6_addr *a, char buf[INET6_ADDRSTRLEN])
{
	return inet_ntop(AF_INET6, a, buf, INET6_ADDRSTRLEN);
}

/* A section's name must have no colon. */
static const char *name(const struct in6_addr *hoa, char buf[INET6_ADDRSTRLEN])
{
	text(hoa, buf);
	for (char *c = buf; *c; c++)
		if (*c == ':')
			*c = '-';
	return buf;
}

/* ---- what an IKE daemon cannot do ---- */

struct used {
	uint32_t reqid;
	const struct conf_ipsec_policy *policy;
};

static int by_reqid(const void *a, const void *b)
{
	const struct used *x = a, *y = b;

	return x->reqid != y->reqid ? (x->reqid < y->reqid ? -1 : 1) : x->policy->line - y->policy->line;
}

static int complain(const struct conf *c, int line, FILE *err, const char *what)
{
	fprintf(err, "%s:%d: %s\n", conf_file(c, line), CONF_LINE(line), what);
	return -1;
}

static int check_set(const struct conf *c, const struct conf_ipsec_set *set, FILE *err)
{
	int rc = 0;

	for (int t = 0; t < IPSEC_TYPES; t++) {
		const struct conf_ipsec_policy *p = &set->policy[t];

		if (!p->line || p->block)
			continue;
		if (!p->reqid[0] || !p->reqid[1])
			rc = complain(c, p->line, err, "an IKE daemon needs a reqid: write one number after UseESP");
		else if (p->reqid[0] != p->reqid[1])
			rc = complain(c, p->line, err,
				      "an association of strongSwan has one reqid for both directions: write one number after UseESP");
	}
	return rc;
}

/* Sets that are used: all of a home agent's, those of a mobile node's own home addresses. */
static bool is_used(const struct conf *c, const struct conf_ipsec_set *set)
{
	if (c->role == ROLE_HA)
		return true;
	for (const struct conf_home *h = c->homes; h; h = h->next)
		if (conf_ipsec_find(c, &h->hoa) == set)
			return true;
	return false;
}

static int check_reqids(const struct conf *c, FILE *err)
{
	size_t n = 0;
	struct used *all;
	int rc = 0;

	for (const struct conf_ipsec_set *set = c->ipsec; set; set = set->next)
		n += IPSEC_TYPES;
	all = calloc(n + 1, sizeof(*all));
	if (!all) {
		fputs("mip6ctl: out of memory\n", err);
		return -1;
	}
	n = 0;
	for (const struct conf_ipsec_set *set = c->ipsec; set; set = set->next)
		for (int t = 0; is_used(c, set) && t < IPSEC_TYPES; t++)
			if (set->policy[t].line && !set->policy[t].block && set->policy[t].reqid[0])
				all[n++] = (struct used){ set->policy[t].reqid[0], &set->policy[t] };
	qsort(all, n, sizeof(*all), by_reqid);
	for (size_t i = 1; i < n; i++)
		if (all[i].reqid == all[i - 1].reqid) {
			fprintf(err, "%s:%d: the reqid %u is in line %d already: an IKE daemon needs another one for each policy, tunnel or not\n",
				conf_file(c, all[i].policy->line), CONF_LINE(all[i].policy->line), all[i].reqid,
				CONF_LINE(all[i - 1].policy->line));
			rc = -1;
		}
	free(all);
	return rc;
}

/* ---- writing ---- */

struct writer {
	const struct conf *c;
	bool psk;
	FILE *out;
};

static void print_selector(FILE *out, const char *key, const struct in6_addr *a, enum conf_ipsec_type t, int type)
{
	char buf[INET6_ADDRSTRLEN];

	fprintf(out, "\t\t\t\t%s = %s", key, a ? text(a, buf) : "::/0");
	if (selectors[t].proto && type < 0)
		fprintf(out, "[%u]", selectors[t].proto);
	else if (selectors[t].proto && selectors[t].whole)
		fprintf(out, "[%u/%d-%d]", selectors[t].proto, type << 8, type << 8 | 0xff);
	else if (selectors[t].proto)
		fprintf(out, "[%u/%d]", selectors[t].proto, type << 8);
	fputc('\n', out);
}

/* The one that protects the registration. */
static int first_of(const struct conf_ipsec_set *set)
{
	return set->policy[IPSEC_HOME_REG_BINDING].line ? IPSEC_HOME_REG_BINDING : set->policy[IPSEC_MH].line ? IPSEC_MH : IPSEC_ANY;
}

static void print_child(const struct writer *w, const struct conf_ipsec_set *set, const struct in6_addr *hoa, enum conf_ipsec_type t)
{
	bool mn = w->c->role == ROLE_MN, tunnel = conf_ipsec_is_tunnel(t);
	const struct in6_addr *far = tunnel ? NULL : &set->ha;

	fprintf(w->out, "\t\t\t%s {\n\t\t\t\tmode = %s\n", conf_ipsec_type_name[t], tunnel ? "tunnel" : "transport_proxy");
	print_selector(w->out, "local_ts", mn ? hoa : far, t, mn ? selectors[t].from_mn : selectors[t].from_ha);
	print_selector(w->out, "remote_ts", mn ? far : hoa, t, mn ? selectors[t].from_ha : selectors[t].from_mn);
	fprintf(w->out, "\t\t\t\treqid = %u\n\t\t\t\tpolicies = no\n", set->policy[t].reqid[0]);
	/*
	 * The home agent does not know where the mobile node is; who asks for an association is the mobile node. When the home agent
	 * was lost, the one that registers is tried again at once, and mip6d sends an update as soon as it is there.
	 */
	if (mn)
		fprintf(w->out, "\t\t\t\tstart_action = trap\n\t\t\t\tdpd_action = %s\n", (int)t == first_of(set) ? "restart" : "trap");
	fputs("\t\t\t}\n", w->out);
}

static void print_end(FILE *out, const char *end, bool psk, const struct in6_addr *id)
{
	char buf[INET6_ADDRSTRLEN];

	fprintf(out, "\t\t%s {\n\t\t\tauth = %s\n\t\t\tid = %s\n\t\t}\n", end, psk ? "psk" : "pubkey", text(id, buf));
}

static void print_connection(const struct writer *w, const struct conf_ipsec_set *set, const struct in6_addr *hoa)
{
	bool mn = w->c->role == ROLE_MN;
	FILE *out = w->out;
	char buf[INET6_ADDRSTRLEN];

	fprintf(out, "\tmip6-%s {\n\t\tversion = 2\n\t\tmobike = no\n\t\tunique = replace\n\t\tdpd_delay = 30s\n", name(hoa, buf));
	fprintf(out, "\t\t%s = %s\n", mn ? "remote_addrs" : "local_addrs", text(&set->ha, buf));
	print_end(out, "local", w->psk, mn ? hoa : &set->ha);
	print_end(out, "remote", w->psk, mn ? &set->ha : hoa);
	fputs("\t\tchildren {\n", out);
	for (int t = 0; t < IPSEC_TYPES; t++)
		if (set->policy[t].line && !set->policy[t].block)
			print_child(w, set, hoa, (enum conf_ipsec_type)t);
	fputs("\t\t}\n\t}\n", out);
}

/*
 * A key has one owner, the mobile node. strongSwan tries every key that has either end of the association as an owner: with the home agent as
 * another one of each, it would believe any mobile node that it is any other.
 */
static void print_secret(const struct writer *w, const struct conf_ipsec_set *set, const struct in6_addr *hoa)
{
	FILE *out = w->out;
	char buf[INET6_ADDRSTRLEN];

	(void)set;
	fprintf(out, "#\tike-mip6-%s {\n", name(hoa, buf));
	fprintf(out, "#\t\tid-mn = %s\n", text(hoa, buf));
	fprintf(out, "#\t\tsecret = 0xPUT-THE-KEY-HERE\n#\t}\n");
}

static void for_each(const struct writer *w, void (*fn)(const struct writer *, const struct conf_ipsec_set *, const struct in6_addr *hoa))
{
	if (w->c->role == ROLE_MN) {
		for (const struct conf_home *h = w->c->homes; h; h = h->next)
			fn(w, conf_ipsec_find(w->c, &h->hoa), &h->hoa);
		return;
	}
	for (const struct conf_ipsec_set *set = w->c->ipsec; set; set = set->next)
		for (unsigned int i = 0; i < set->n_homes; i++)
			fn(w, set, &set->homes[i].addr);
}

static void print_head(const struct writer *w)
{
	const struct conf *c = w->c;
	FILE *out = w->out;
	unsigned int n = 0;

	fprintf(out,
		"# strongSwan's part of %s, written by: mip6ctl ipsec --strongswan%s\n"
		"# Write it again when that file has changed; load it by: swanctl --load-all\n"
		"#\n# strongswan.conf needs these, too:\n#\n#\tcharon {\n"
		"#\t\t# the whole of a selector, not the one message that asked for it\n"
		"#\t\tignore_acquire_ts = yes\n",
		c->file, w->psk ? " --psk" : "");
	if (c->role == ROLE_MN) {
		fputs("#\t\t# IKE comes from the care-of address, not from the home address, which is here while away\n"
		      "#\t\tinterfaces_ignore = ", out);
		for (const struct conf_home *h = c->homes; h; h = h->next, n++)
			fprintf(out, n ? ", mip6mn%u" : "mip6mn%u", n);
		fputs("\n#\t\t# a home agent that is lost, or an address of ours that had just gone, is noticed in 12 s, not in 3 minutes\n"
		      "#\t\tretransmit_timeout = 1\n#\t\tretransmit_tries = 3\n",
		      out);
	}
	if (c->key_mng_mob)
		fputs("#\t\tplugins {\n#\t\t\tkernel-netlink {\n"
		      "#\t\t\t\t# mip6d says when and where it moves (KeyMngMobCapability); an address that comes or goes is no reason\n"
		      "#\t\t\t\troam_events = no\n#\t\t\t}\n#\t\t}\n",
		      out);
	fputs("#\t}\n\n", out);
}

static void print_tail(const struct writer *w)
{
	bool mn = w->c->role == ROLE_MN;
	FILE *out = w->out;

	if (w->psk) {
		fputs("\n# The keys are of nobody's concern but these two nodes', so that they are not here. A file that only root can read, such as\n"
		      "# conf.d/mip6-secrets.conf, has them, 32 random bytes for each mobile node (openssl rand -hex 32):\n#\n# secrets {\n",
		      out);
		for_each(w, print_secret);
		fputs("# }\n", out);
		return;
	}
	fprintf(out,
		"\n# Of swanctl's directories, x509ca has the certificate of who signs for %s, x509 and private this node's own\n"
		"# certificate and key. %s\n",
		mn ? "the home agent" : "mobile nodes",
		mn ? "The certificate names the home address: subjectAltName = IP:(home address)." :
		     "It has subjectAltName = IP:(home agent address), and a mobile node's has IP:(home address), which is what it may register.");
}

int strongswan_print(const struct conf *c, bool psk, FILE *out, FILE *err)
{
	struct writer w;
	int rc = 0;

	if (c->role == ROLE_CN || !c->use_mn_ha_ipsec) {
		fprintf(err, "%s: %s\n", c->file,
			c->role == ROLE_CN ? "a correspondent node has no IPsec with a home agent" : "UseMnHaIPsec is disabled: there is nothing for IPsec to do");
		return -1;
	}
	for (const struct conf_ipsec_set *set = c->ipsec; set; set = set->next)
		if (is_used(c, set) && check_set(c, set, err))
			rc = -1;
	if (rc || check_reqids(c, err))
		return -1;
	w = (struct writer){ c, psk, out };
	print_head(&w);
	fputs("connections {\n", out);
	for_each(&w, print_connection);
	fputs("}\n", out);
	print_tail(&w);
	return 0;
}
