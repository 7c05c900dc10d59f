// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * explain: which source the kernel takes for each destination, the order in which getaddrinfo returns them, and the rule
 * of RFC 6724 that decides; with the labels and the gai.conf that are in force.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "host.h"
#include "kern/nl.h"
#include "report.h"

#define DSTS_MAX 256

struct explain {
	struct host host;
	struct rule_address *from; /* the sources that were named; n_from 0: all of the host */
	size_t n_from;
	struct prefixes labels;
	struct gaiconf gai;
	struct effective e; /* for the names of labels */
	struct rule_dst dst[DSTS_MAX];
	unsigned int oif[DSTS_MAX];
	struct json_object *sources[DSTS_MAX]; /* by index of the destination */
	size_t n;
};

/* "ADDRESS[/LENGTH][%INTERFACE]" up to the first comma. false after saying what is wrong. */
static bool read_address(const char *word, struct in6_addr *a, unsigned int *plen, unsigned int *ifindex)
{
	char text[INET6_ADDRSTRLEN + 4 + IFNAMSIZ + 1], *dev, *slash, *end;
	struct in_addr v4;
	size_t len = strcspn(word, ",");

	if (len >= sizeof(text)) {
		complain("\"%s\" is too long for an address", word);
		return false;
	}
	memcpy(text, word, len);
	text[len] = 0;
	dev = strchr(text, '%');
	if (dev)
		*dev++ = 0;
	*ifindex = dev ? if_nametoindex(dev) : 0;
	if (dev && !*ifindex) {
		complain("there is no interface \"%s\"", dev);
		return false;
	}
	slash = strchr(text, '/');
	if (slash)
		*slash++ = 0;
	if (inet_pton(AF_INET, text, &v4) == 1) {
		*a = (struct in6_addr){ .s6_addr = { [10] = 0xff, [11] = 0xff } };
		memcpy(&a->s6_addr[12], &v4, 4);
		*plen = 32;
	} else if (inet_pton(AF_INET6, text, a) == 1) {
		*plen = 64;
	} else {
		complain("\"%s\" is not an address", text);
		return false;
	}
	if (slash) {
		*plen = (unsigned int)strtoul(slash, &end, 10);
		if (!*slash || *end || *plen > 128) {
			complain("\"%s\" is not a prefix length", slash);
			return false;
		}
	}
	return true;
}

/* A source: one of the host, or one that might be, with its properties as words behind commas. */
static bool read_source(const struct host *h, const char *word, struct rule_address *out)
{
	const struct rule_address *own;
	unsigned int plen, ifindex;

	*out = (struct rule_address){ .native = true };
	if (!read_address(word, &out->addr, &plen, &ifindex))
		return false;
	own = host_find(h, &out->addr, ifindex);
	if (own)
		*out = *own;
	if (!own || strchr(word, '/'))
		out->plen = (uint8_t)plen;
	if (ifindex)
		out->ifindex = ifindex;
	for (const char *w = strchr(word, ','); w; w = strchr(w, ',')) {
		size_t len = strcspn(++w, ",");

		if (len == 10 && !strncmp(w, "deprecated", len)) {
			out->deprecated = true;
		} else if (len == 9 && !strncmp(w, "temporary", len)) {
			out->temporary = true;
		} else if (len == 4 && !strncmp(w, "home", len)) {
			out->home = true;
		} else if (len == 10 && !strncmp(w, "optimistic", len)) {
			out->optimistic = true;
		} else {
			complain("a source's properties are deprecated, temporary, home, optimistic; not \"%.*s\"",
				 (int)len, w);
			return false;
		}
	}
	return true;
}

static struct json_object *address_json(const struct explain *x, const char *name, const struct in6_addr *a,
					unsigned int ifindex, uint32_t label)
{
	struct json_object *o = json_object_new_object();
	char text[INET6_ADDRSTRLEN], dev[IFNAMSIZ], label_buf[POLICY_NAME_MAX + 1];

	if (IN6_IS_ADDR_V4MAPPED(a))
		inet_ntop(AF_INET, &a->s6_addr[12], text, sizeof(text));
	else
		inet_ntop(AF_INET6, a, text, sizeof(text));
	add_string(o, name, text);
	if (ifindex && if_indextoname(ifindex, dev))
		add_string(o, "interface", dev);
	if (label != PREFIX_NO_LABEL)
		add_string(o, "label", label_text(&x->e.policy, label, label_buf));
	return o;
}

static uint32_t libc_value(const struct prefixes *p, const struct in6_addr *a)
{
	const struct prefix_value *v = prefixes_match_libc(p, a);

	return v ? v->value : PREFIX_NO_LABEL;
}

/* A destination's candidates by the kernel's rules. The chosen one goes to d->source. */
static void choose(struct explain *x, struct rule_dst *d, const struct host_route *route, struct json_object *out)
{
	const struct rule_address *all = x->n_from ? x->from : x->host.addr;
	size_t n = x->n_from ? x->n_from : x->host.n6;
	struct rule_address *cand = calloc(n ? n : 1, sizeof(*cand));
	struct json_object *losers = json_object_new_array();
	size_t n_cand = 0;
	int best;

	for (size_t i = 0; cand && i < n; i++)
		if (!route->only_oif || all[i].ifindex == route->oif)
			cand[n_cand++] = all[i];
	best = rule_pick_source(&x->labels, &d->addr, route->oif, cand, n_cand);
	d->usable = best >= 0;
	if (best >= 0)
		d->source = cand[best];
	for (size_t i = 0; i < n_cand; i++) {
		enum source_rule rule;
		struct json_object *c;

		if ((int)i == best || best < 0)
			continue;
		c = address_json(x, "address", &cand[i].addr, cand[i].ifindex,
				 rule_label(&x->labels, &cand[i].addr, cand[i].ifindex));
		if (!rule_is_candidate(&d->addr, route->oif, &cand[i])) {
			add_string(c, "lost_by", "not a candidate: another interface");
		} else {
			rule_compare_sources(&x->labels, &d->addr, route->oif, &cand[best], &cand[i], &rule);
			add_string(c, "lost_by", rule_source_name(rule));
		}
		json_object_array_add(losers, c);
	}
	json_object_object_add(out, "others", losers);
	free(cand);
}

static void explain_source(struct explain *x, size_t i)
{
	struct rule_dst *d = &x->dst[i];
	bool v4 = IN6_IS_ADDR_V4MAPPED(&d->addr);
	const struct rule_address *own;
	struct host_route route;
	struct json_object *out, *src;
	char text[INET6_ADDRSTRLEN];
	int rc = host_route(&d->addr, x->oif[i], &route);

	/* named sources need no route: the question is which of them it would be */
	if (rc && x->n_from && !v4)
		route = (struct host_route){ .oif = x->oif[i] };
	out = address_json(x, "destination", &d->addr, route.oif,
			   v4 ? PREFIX_NO_LABEL : rule_label(&x->labels, &d->addr, route.oif));
	x->sources[i] = out;
	if (rc && (!x->n_from || v4)) {
		add_string(out, "unusable", rc == -ENETUNREACH || rc == -EHOSTUNREACH ? "no route" : strerror(-rc));
		return;
	}
	if (v4 || route.fixed) {
		const struct in6_addr *source = v4 ? &route.source : &route.fixed_source;

		own = host_find(&x->host, source, 0);
		d->usable = true;
		d->source = own ? *own : (struct rule_address){ .addr = *source, .plen = v4 ? 32 : 128 };
		/*
		 * A route that finds no address is no obstacle for connect(): it takes 0.0.0.0, which glibc finds in no
		 * subnet and on no native interface.
		 */
		if (v4 && !route.has_source)
			d->source.addr = (struct in6_addr){ .s6_addr = { [10] = 0xff, [11] = 0xff } };
		add_string(out, "decided_by",
			   v4 ? "the route (IPv4 has no labels)" : "the route, which names its source");
	} else {
		choose(x, d, &route, out);
	}
	if (!d->usable) {
		add_string(out, "unusable", "no source address");
		return;
	}
	src = address_json(x, "address", &d->source.addr, d->source.ifindex,
			   v4 ? PREFIX_NO_LABEL : rule_label(&x->labels, &d->source.addr, d->source.ifindex));
	json_object_object_add(out, "source", src);
	if (!x->n_from && route.has_source && !IN6_ARE_ADDR_EQUAL(&route.source, &d->source.addr))
		add_string(out, "kernel_says",
			   v4 ? inet_ntop(AF_INET, &route.source.s6_addr[12], text, sizeof(text)) :
				inet_ntop(AF_INET6, &route.source, text, sizeof(text)));
}

static struct json_object *explain_order(struct explain *x)
{
	const struct rule_tables t = { &x->gai.label, &x->gai.precedence, &x->gai.scopev4 };
	struct json_object *rows = json_object_new_array();
	char text[INET6_ADDRSTRLEN], label[POLICY_NAME_MAX + 1];
	enum dst_rule rule;

	rule_sort_dsts(&t, x->dst, x->n);
	for (size_t i = 0; i < x->n; i++) {
		const struct rule_dst *d = &x->dst[i];
		struct json_object *row =
			address_json(x, "destination", &d->addr, 0, libc_value(&x->gai.label, &d->addr));
		uint32_t precedence = libc_value(&x->gai.precedence, &d->addr);

		add_int(row, "precedence", precedence);
		if (d->usable) {
			if (IN6_IS_ADDR_V4MAPPED(&d->source.addr))
				inet_ntop(AF_INET, &d->source.addr.s6_addr[12], text, sizeof(text));
			else
				inet_ntop(AF_INET6, &d->source.addr, text, sizeof(text));
			add_string(row, "source", text);
			add_string(row, "source_label",
				   label_text(&x->e.policy, libc_value(&x->gai.label, &d->source.addr), label));
		}
		if (i + 1 < x->n) {
			rule_compare_dsts(&t, d, &x->dst[i + 1], &rule);
			add_string(row, "before_next_by", rule_dst_name(rule));
		}
		json_object_array_add(rows, row);
	}
	return rows;
}

static const char *field(struct json_object *o, const char *name)
{
	struct json_object *v;

	return json_object_object_get_ex(o, name, &v) ? json_object_get_string(v) : NULL;
}

static void print_people(struct json_object *sources, struct json_object *order)
{
	static const struct table_field others[] = { { "address", "  NOT", NULL },
						     { "interface", "INTERFACE", NULL },
						     { "label", "LABEL", NULL },
						     { "lost_by", "BECAUSE OF", NULL },
						     { 0 } };
	static const struct table_field dsts[] = { { "destination", "DESTINATION", NULL },
						   { "precedence", "PRECEDENCE", NULL },
						   { "label", "LABEL", NULL },
						   { "source", "SOURCE", NULL },
						   { "source_label", "ITS LABEL", NULL },
						   { "before_next_by", "BEFORE THE NEXT BY", NULL },
						   { 0 } };

	for (size_t i = 0; i < json_object_array_length(sources); i++) {
		struct json_object *s = json_object_array_get_idx(sources, i), *src, *rest;

		printf("to %s", field(s, "destination"));
		if (field(s, "interface"))
			printf(" through %s", field(s, "interface"));
		if (field(s, "label"))
			printf(" (label %s)", field(s, "label"));
		if (field(s, "unusable"))
			printf(": %s", field(s, "unusable"));
		if (json_object_object_get_ex(s, "source", &src)) {
			printf(" from %s", field(src, "address"));
			if (field(src, "label"))
				printf(" (label %s)", field(src, "label"));
		}
		if (field(s, "decided_by"))
			printf(": %s", field(s, "decided_by"));
		putchar('\n');
		if (field(s, "kernel_says"))
			printf("  but the kernel takes %s: the table or an address changed meanwhile, or something else decides\n",
			       field(s, "kernel_says"));
		if (json_object_object_get_ex(s, "others", &rest) && json_object_array_length(rest))
			table_print(stdout, others, rest);
	}
	if (json_object_array_length(order) > 1) {
		putchar('\n');
		table_print(stdout, dsts, order);
	}
}

static int load_tables(struct options *o, struct explain *x)
{
	char *text;
	size_t len;
	int rc;

	if (load_effective(o, o->file, &x->e) || gaiconf_load(o, &x->gai, &text, &len))
		return -1;
	free(text);
	rc = labels_dump(&x->labels, NULL);
	if (!rc)
		rc = host_read(&x->host);
	if (rc)
		complain("cannot ask the kernel: %s", kern_error());
	return rc;
}

int cmd_explain(struct options *o, int argc, char **argv)
{
	struct explain *x = calloc(1, sizeof(*x));
	struct json_object *out, *sources = json_object_new_array(), *order;
	int to = 0, rc = 2;
	unsigned int plen;

	while (to < argc && strcmp(argv[to], "to"))
		to++;
	if (!x || load_tables(o, x)) {
		rc = 1;
		goto out;
	}
	if (to < argc) {
		x->from = calloc(to ? (size_t)to : 1, sizeof(*x->from));
		for (int i = 0; x->from && i < to; i++)
			if (!read_source(&x->host, argv[i], &x->from[x->n_from++]))
				goto out;
	}
	for (int i = to < argc ? to + 1 : 0; i < argc; i++) {
		if (x->n == DSTS_MAX) {
			complain("more than %d destinations", DSTS_MAX);
			goto out;
		}
		if (!read_address(argv[i], &x->dst[x->n].addr, &plen, &x->oif[x->n]))
			goto out;
		x->dst[x->n].index = x->n;
		x->n++;
	}
	if (!x->n) {
		complain("explain [SOURCE... to] DESTINATION...");
		goto out;
	}
	for (size_t i = 0; i < x->n; i++) {
		explain_source(x, i);
		json_object_array_add(sources, x->sources[i]);
	}
	order = explain_order(x);
	if (o->json) {
		out = json_object_new_object();
		json_object_object_add(out, "sources", json_object_get(sources));
		json_object_object_add(out, "order", order);
		print_json(out);
	} else {
		print_people(sources, order);
		json_object_put(order);
	}
	rc = finish(0);
out:
	json_object_put(sources);
	if (x) {
		free(x->from);
		host_free(&x->host);
		prefixes_free(&x->labels);
		gaiconf_free(&x->gai);
		effective_free(&x->e);
	}
	free(x);
	return rc;
}
