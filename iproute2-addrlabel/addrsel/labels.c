// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernel's label table; see labels.h. */
#include "labels.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "addrlabel_uapi.h"
#include "core/clock.h"
#include "kern/msg.h"
#include "kern/nl.h"
#include "plan.h"

#define ENTRY_ROOM 64 /* bytes of an IFAL_ENTRY, at most */
#define TRIES	   3

/* ---- reading ---- */

struct dump {
	struct prefixes *out;
	uint32_t seq;
	int rc;
};

static void dump_one(struct nlmsghdr *nlh, void *arg)
{
	struct ifaddrlblmsg *ifal = nlmsg_data(nlh);
	struct nlattr *tb[IFAL_LABEL + 1];
	struct dump *d = arg;
	struct in6_addr prefix = IN6ADDR_ANY_INIT;

	if (d->rc || nlh->nlmsg_type != RTM_NEWADDRLABEL || nlmsg_datalen(nlh) < (int)sizeof(*ifal) ||
	    nlmsg_parse(nlh, sizeof(*ifal), tb, IFAL_LABEL, NULL) < 0 || ifal->ifal_family != AF_INET6 ||
	    ifal->ifal_prefixlen > 128 || !tb[IFAL_LABEL])
		return;
	kern_get_ip(tb[IFAL_ADDRESS], &prefix);
	d->seq = ifal->ifal_seq;
	d->rc = prefixes_add(d->out, &prefix, ifal->ifal_prefixlen, ifal->ifal_index, kern_get_u32(tb[IFAL_LABEL]));
}

int labels_dump(struct prefixes *out, uint32_t *seq)
{
	struct ifaddrlblmsg ifal = { .ifal_family = AF_INET6 };
	struct dump d = { .out = out };
	int rc;

	*out = (struct prefixes){ 0 };
	rc = kern_dump(KERN_ROUTE, kern_msg(RTM_GETADDRLABEL, 0, &ifal, sizeof(ifal)), dump_one, &d);
	rc = rc ? rc : d.rc;
	if (rc)
		prefixes_free(out);
	if (seq)
		*seq = d.seq;
	return rc;
}

/* ---- the whole table in one request ---- */

static int put_entry(struct nl_msg *m, const struct prefix_value *v)
{
	struct nlattr *entry = nla_nest_start(m, IFAL_ENTRY);

	if (!entry || nla_put(m, IFAL_ADDRESS, sizeof(v->prefix), &v->prefix) < 0 ||
	    nla_put_u8(m, IFAL_PREFIXLEN, v->len) < 0 || nla_put_u32(m, IFAL_LABEL, v->value) < 0 ||
	    (v->ifindex && nla_put_u32(m, IFAL_IFINDEX, v->ifindex) < 0))
		return -ENOMEM;
	nla_nest_end(m, entry);
	return 0;
}

static int replace_whole(const struct prefixes *want)
{
	struct ifaddrlblmsg ifal = { .ifal_family = AF_INET6, .ifal_flags = IFAL_F_TABLE };
	struct nl_msg *m = nlmsg_alloc_size(NLMSG_SPACE(sizeof(ifal)) + (want->n + 1) * ENTRY_ROOM);
	struct kern_batch *b;
	int rc = m ? 0 : -ENOMEM;

	if (m && (!nlmsg_put(m, 0, 0, RTM_NEWADDRLABEL, 0, NLM_F_REPLACE) ||
		  nlmsg_append(m, &ifal, sizeof(ifal), NLMSG_ALIGNTO) < 0))
		rc = -ENOMEM;
	for (size_t i = 0; !rc && i < want->n; i++)
		rc = put_entry(m, &want->v[i]);
	b = rc ? NULL : kern_batch_new(KERN_ROUTE);
	if (!b) {
		nlmsg_free(m);
		kern_set_error("%s", strerror(ENOMEM));
		return -ENOMEM;
	}
	kern_batch_add(b, m, 0, "replacing the address labels");
	return kern_batch_commit(b);
}

/* ---- or in single ones ---- */

static void add_step(struct kern_batch *b, const struct plan_step *s)
{
	static const uint16_t flags[] = {
		[PLAN_ADD] = NLM_F_CREATE | NLM_F_EXCL, [PLAN_REPLACE] = NLM_F_CREATE | NLM_F_REPLACE
	};
	static const char *const verbs[] = { "adding", "replacing", "deleting" };
	const struct prefix_value *v = &s->entry;
	struct ifaddrlblmsg ifal = { .ifal_family = AF_INET6, .ifal_prefixlen = v->len, .ifal_index = v->ifindex };
	struct nl_msg *m = kern_msg(s->op == PLAN_DELETE ? RTM_DELADDRLABEL : RTM_NEWADDRLABEL,
				    s->op == PLAN_DELETE ? 0 : flags[s->op], &ifal, sizeof(ifal));
	char text[PREFIX_TEXT];

	kern_put_ip(m, IFAL_ADDRESS, &v->prefix);
	if (m)
		nla_put_u32(m, IFAL_LABEL, v->value);
	kern_batch_add(b, m, s->op == PLAN_DELETE ? KERN_OK_ABSENT : 0, "%s the address label of %s", verbs[s->op],
		       prefix_text(&v->prefix, v->len, text));
}

static int send_difference(const struct prefixes *have, const struct prefixes *want, struct labels_change *how)
{
	struct kern_batch *b;
	struct plan plan;
	int rc = plan_make(have, want, &plan);

	if (rc)
		return rc;
	how->requests += plan.n;
	how->gaps += plan.gaps;
	b = kern_batch_new(KERN_ROUTE);
	for (size_t i = 0; b && i < plan.n; i++)
		add_step(b, &plan.step[i]);
	rc = kern_batch_commit(b);
	plan_free(&plan);
	return rc;
}

static bool same(const struct prefixes *have, const struct prefixes *want)
{
	struct prefixes sorted = { 0 };
	bool eq = have->n == want->n && !labels_without_duplicates(have, &sorted) && sorted.n == want->n;

	for (size_t i = 0; eq && i < want->n; i++)
		eq = !prefix_cmp(&sorted.v[i], &want->v[i]) && sorted.v[i].value == want->v[i].value;
	prefixes_free(&sorted);
	return eq;
}

int labels_without_duplicates(const struct prefixes *have, struct prefixes *out)
{
	size_t n = 0;
	int rc = 0;

	*out = (struct prefixes){ 0 };
	for (size_t i = 0; !rc && i < have->n; i++) {
		const struct prefix_value *v = &have->v[i];

		rc = prefixes_add(out, &v->prefix, v->len, v->ifindex, v->value);
	}
	prefixes_sort(out);
	for (size_t i = 0; i < out->n; i++)
		if (!n || prefix_cmp(&out->v[n - 1], &out->v[i]))
			out->v[n++] = out->v[i];
	out->n = n;
	if (rc)
		prefixes_free(out);
	return rc;
}

static int step_by_step(struct prefixes *have, const struct prefixes *want, struct labels_change *how,
			int (*ready)(void *arg), void *arg)
{
	struct prefixes old, now = { 0 };
	struct labels_change back = { 0 };
	bool told = false;
	char why[200];
	int rc = labels_without_duplicates(have, &old);

	for (int i = 0; !rc && i < TRIES; i++) {
		rc = send_difference(i ? &now : have, want, how);
		how->to = clock_now();
		if (!rc && ready && !told)
			rc = ready(arg);
		told = true;
		if (rc)
			break;
		prefixes_free(&now);
		rc = labels_dump(&now, NULL);
		if (!rc && same(&now, want))
			goto out;
	}
	if (!rc) {
		kern_set_error("somebody else changes the address labels, too");
		rc = -EAGAIN;
	} else {
		snprintf(why, sizeof(why), "%s", kern_error());
		prefixes_free(&now);
		if (!labels_dump(&now, NULL))
			send_difference(&now, &old, &back);
		kern_set_error("%s", why);
	}
out:
	prefixes_free(&now);
	prefixes_free(&old);
	return rc;
}

int labels_replace(const struct prefixes *want, struct labels_change *how, int (*ready)(void *arg), void *arg)
{
	struct prefixes have;
	int rc = labels_dump(&have, NULL);

	*how = (struct labels_change){ 0 };
	if (rc)
		return rc;
	how->from = how->to = clock_now();
	if (same(&have, want)) {
		how->atomic = true;
		rc = ready ? ready(arg) : 0;
		goto out;
	}
	rc = replace_whole(want);
	how->to = clock_now();
	how->atomic = !rc;
	if (!rc && ready) {
		rc = ready(arg);
		if (rc) {
			prefixes_sort(&have);
			replace_whole(&have);
		}
	}
	/* a kernel without the series misses IFAL_LABEL */
	if (rc == -EINVAL && !how->atomic) {
		how->from = clock_now();
		rc = step_by_step(&have, want, how, ready, arg);
	}
out:
	prefixes_free(&have);
	return rc;
}

/* ---- notifications ---- */

int labels_watch(void)
{
	struct sockaddr_nl local = { .nl_family = AF_NETLINK };
	const int group = ADDRLABEL_GROUP;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE), rc;

	if (fd < 0)
		return -errno;
	if (!bind(fd, (struct sockaddr *)&local, sizeof(local)) &&
	    !setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)))
		return fd;
	rc = errno == EINVAL ? -EOPNOTSUPP : -errno;
	close(fd);
	return rc;
}

int labels_watch_read(int fd)
{
	uint8_t buf[8192] __attribute__((aligned(NLMSG_ALIGNTO)));
	int changed = 0;

	for (;;) {
		struct sockaddr_nl from = { 0 };
		struct iovec iov = { .iov_base = buf, .iov_len = sizeof(buf) };
		struct msghdr mh = { .msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov, .msg_iovlen = 1 };
		ssize_t n = recvmsg(fd, &mh, 0);
		int len;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return changed;
		if (n < 0 && errno != ENOBUFS)
			return -errno;
		if (n < 0 || mh.msg_flags & MSG_TRUNC) {
			changed = 1;
			continue;
		}
		if (from.nl_pid)
			continue;
		len = (int)n;
		for (struct nlmsghdr *h = (struct nlmsghdr *)buf; nlmsg_ok(h, len); h = nlmsg_next(h, &len))
			if (h->nlmsg_type == RTM_NEWADDRLABEL || h->nlmsg_type == RTM_DELADDRLABEL)
				changed = 1;
	}
}
