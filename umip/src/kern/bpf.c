// SPDX-License-Identifier: GPL-2.0-or-later
/* What the BPF programs of this folder have in common: see bpf.h. */
#include "kern/bpf.h"

#include <errno.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kern/msg.h"
#include "kern/watch.h"

#define BESIDE 0x6d36 /* "m6": of our filters on an interface that is not ours, behind what the administrator has there */

static char words[200];
static libbpf_print_fn_t old_print;

static int keep_words(enum libbpf_print_level level, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
static int keep_words(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	if (level == LIBBPF_WARN && !words[0]) {
		vsnprintf(words, sizeof(words), fmt, ap);
		words[strcspn(words, "\n")] = '\0';
	}
	return 0;
}

static void fresh(void)
{
	words[0] = '\0';
}

void kern_bpf_begin(void)
{
	fresh();
	old_print = libbpf_set_print(keep_words);
}

const char *kern_bpf_end(void)
{
	libbpf_set_print(old_print);
	return words;
}

struct bpf_object *kern_bpf_open(const char *name, const char *start, const char *end)
{
	DECLARE_LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = name);

	return bpf_object__open_mem(start, (size_t)(end - start), &opts);
}

int kern_bpf_attach(int ifindex, bool egress, const struct bpf_program *prog)
{
	DECLARE_LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex,
			    .attach_point = egress ? BPF_TC_EGRESS : BPF_TC_INGRESS);
	DECLARE_LIBBPF_OPTS(bpf_tc_opts, opts, .handle = 1, .priority = 1, .prog_fd = bpf_program__fd(prog),
			    .flags = BPF_TC_F_REPLACE);
	int err = bpf_tc_hook_create(&hook);

	if (err && err != -EEXIST)
		return err;
	fresh(); /* that it was there already is nothing to tell */
	return bpf_tc_attach(&hook, &opts);
}

int kern_bpf_attach_beside(int ifindex, bool egress, const struct bpf_program *prog, bool *made)
{
	DECLARE_LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex,
			    .attach_point = egress ? BPF_TC_EGRESS : BPF_TC_INGRESS);
	DECLARE_LIBBPF_OPTS(bpf_tc_opts, opts, .handle = 1, .priority = BESIDE, .prog_fd = bpf_program__fd(prog),
			    .flags = BPF_TC_F_REPLACE);
	int err = bpf_tc_hook_create(&hook);

	if (err && err != -EEXIST)
		return err;
	if (made)
		*made = !err;
	fresh();
	return bpf_tc_attach(&hook, &opts);
}

static void see_filter(struct nlmsghdr *nlh, void *arg)
{
	bool *seen = arg;

	*seen = *seen || nlh->nlmsg_type == RTM_NEWTFILTER;
}

/* Calls see for each filter of either direction. 0 or -errno. */
static int each_filter(int ifindex, void (*see)(struct nlmsghdr *nlh, void *arg), void *arg)
{
	static const uint32_t parents[] = { TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS), TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS) };
	int err = 0;

	for (unsigned int i = 0; i < 2 && !err; i++) {
		struct tcmsg tc = { .tcm_family = AF_UNSPEC, .tcm_ifindex = ifindex, .tcm_parent = parents[i] };

		err = kern_dump(KERN_ROUTE, kern_msg(RTM_GETTFILTER, 0, &tc, sizeof(tc)), see, arg);
	}
	return err;
}

/* Others may have put theirs there since; if it cannot be known, they have. */
static bool has_filters(int ifindex)
{
	bool seen = false;

	return each_filter(ifindex, see_filter, &seen) || seen;
}

void kern_bpf_detach_beside(int ifindex, bool made)
{
	static const enum bpf_tc_attach_point both[] = { BPF_TC_INGRESS, BPF_TC_EGRESS };

	for (unsigned int i = 0; i < 2; i++) {
		DECLARE_LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex, .attach_point = both[i]);
		DECLARE_LIBBPF_OPTS(bpf_tc_opts, opts, .handle = 1, .priority = BESIDE);

		bpf_tc_detach(&hook, &opts);
	}
	if (made && !has_filters(ifindex))
		kern_bpf_detach(ifindex);
}

void kern_bpf_detach(int ifindex)
{
	DECLARE_LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex, .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);

	bpf_tc_hook_destroy(&hook);
}

/* ---- what another daemon has left ---- */

struct sweep {
	const char *name;
	const int *but;
	unsigned int n_but, n, room;
	int *links;
	bool ours; /* has a filter of that name, the link that is looked at */
};

static void collect(const struct kern_link *l, void *arg)
{
	struct sweep *s = arg;

	for (unsigned int i = 0; i < s->n_but; i++)
		if (s->but[i] == l->ifindex)
			return;
	if (s->n == s->room) {
		unsigned int room = s->room ? 2 * s->room : 16;
		int *more = reallocarray(s->links, room, sizeof(*more));

		if (!more)
			return;
		s->links = more;
		s->room = room;
	}
	s->links[s->n++] = l->ifindex;
}

static void see_name(struct nlmsghdr *nlh, void *arg)
{
	struct nlattr *tb[TCA_MAX + 1], *opt[TCA_BPF_MAX + 1];
	struct tcmsg *tc = nlmsg_data(nlh);
	struct sweep *s = arg;

	if (nlh->nlmsg_type != RTM_NEWTFILTER || nlmsg_parse(nlh, sizeof(*tc), tb, TCA_MAX, NULL) < 0 || TC_H_MAJ(tc->tcm_info) >> 16 != BESIDE)
		return;
	if (!tb[TCA_KIND] || nla_strcmp(tb[TCA_KIND], "bpf") || !tb[TCA_OPTIONS] || nla_parse_nested(opt, TCA_BPF_MAX, tb[TCA_OPTIONS], NULL) < 0)
		return;
	if (opt[TCA_BPF_NAME] && !strncmp(nla_get_string(opt[TCA_BPF_NAME]), s->name, strlen(s->name)))
		s->ours = true;
}

void kern_bpf_sweep_beside(const char *name, const int *but, unsigned int n)
{
	struct sweep s = { .name = name, .but = but, .n_but = n };

	kern_link_dump(collect, &s);
	for (unsigned int i = 0; i < s.n; i++) {
		s.ours = false;
		if (!each_filter(s.links[i], see_name, &s) && s.ours)
			kern_bpf_detach_beside(s.links[i], false);
	}
	free(s.links);
}
