// SPDX-License-Identifier: GPL-2.0-or-later
/* One netlink socket in the groups that tell what becomes of associations and policies. */
#include <linux/filter.h>
#include <linux/ipsec.h>
#include <stddef.h>

#include "kern/ipsec_msg.h"
#include "kern/mcast.h"

/* Two thousand associations that an IKE daemon sets up at once. What is lost is looked up. */
#define RECEIVE_BUFFER (4 << 20)

/*
 * What our own requests cause is no news, and there is a lot of it: policies of a thousand mobile nodes, states of route optimization.
 * None of it is an association, but that we let some expire. Netlink has numbers in the machine's order, and BPF reads them in the
 * network's.
 */
int kern_ipsec_watch_open(void)
{
	static const int groups[] = { XFRMNLGRP_ACQUIRE, XFRMNLGRP_EXPIRE, XFRMNLGRP_SA, XFRMNLGRP_POLICY,
				      XFRMNLGRP_MIGRATE };
	const uint32_t port = kern_nl_port(KERN_XFRM);
	struct sock_filter not_our_own[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_pid)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(port), 0, 2),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_type)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(XFRM_MSG_EXPIRE), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	const struct sock_fprog filter = { sizeof(not_our_own) / sizeof(not_our_own[0]), not_our_own };

	return kern_mcast_open(NETLINK_XFRM, groups, sizeof(groups) / sizeof(groups[0]), RECEIVE_BUFFER,
			       port ? &filter : NULL);
}

static bool is_esp(const struct xfrm_usersa_info *sa)
{
	return sa->family == AF_INET6 && sa->id.proto == IPPROTO_ESP;
}

static int association(enum kern_ipsec_event_kind kind, const struct xfrm_usersa_info *sa, struct kern_ipsec_event *out)
{
	if (!is_esp(sa))
		return 0;
	out->kind = kind;
	kern_get_xfrm_ip(&out->src, &sa->saddr);
	kern_get_xfrm_ip(&out->dst, &sa->id.daddr);
	out->spi = ntohl(sa->id.spi);
	out->reqid = sa->reqid;
	out->tunnel = sa->mode == XFRM_MODE_TUNNEL;
	return 1;
}

static int on_new(struct nlmsghdr *nlh, struct kern_ipsec_event *out)
{
	struct xfrm_usersa_info sa;

	return kern_get_header(nlh, &sa, sizeof(sa)) ? association(KERN_IPSEC_SA_NEW, &sa, out) : 0;
}

static int on_expire(struct nlmsghdr *nlh, struct kern_ipsec_event *out)
{
	struct xfrm_user_expire e;

	if (!kern_get_header(nlh, &e, sizeof(e)))
		return 0;
	return association(e.hard ? KERN_IPSEC_SA_GONE : KERN_IPSEC_SA_EXPIRING, &e.state, out);
}

static int on_delete(struct nlmsghdr *nlh, struct kern_ipsec_event *out)
{
	struct nlattr *tb[XFRMA_MAX + 1];
	struct xfrm_usersa_info sa;

	if (nlmsg_parse(nlh, sizeof(struct xfrm_usersa_id), tb, XFRMA_MAX, NULL) < 0 || !tb[XFRMA_SA] ||
	    nla_len(tb[XFRMA_SA]) < (int)sizeof(sa))
		return 0;
	memcpy(&sa, nla_data(tb[XFRMA_SA]), sizeof(sa));
	return association(KERN_IPSEC_SA_GONE, &sa, out);
}

static int on_flush(struct nlmsghdr *nlh, struct kern_ipsec_event *out)
{
	struct xfrm_usersa_flush f;

	/* 0 is everything. */
	if (!kern_get_header(nlh, &f, sizeof(f)) ||
	    (f.proto != IPPROTO_ESP && f.proto != IPSEC_PROTO_ANY && f.proto != 0))
		return 0;
	out->kind = KERN_IPSEC_SA_FLUSH;
	return 1;
}

static int on_acquire(struct nlmsghdr *nlh, struct kern_ipsec_event *out)
{
	struct nlattr *tb[XFRMA_MAX + 1];
	struct xfrm_user_acquire a;

	if (!kern_get_header(nlh, &a, sizeof(a)) || nlmsg_parse(nlh, sizeof(a), tb, XFRMA_MAX, NULL) < 0)
		return 0;
	if (a.id.proto != IPPROTO_ESP || a.sel.family != AF_INET6)
		return 0;
	out->kind = KERN_IPSEC_ACQUIRE;
	kern_get_xfrm_ip(&out->src, &a.saddr);
	kern_get_xfrm_ip(&out->dst, &a.id.daddr);
	/* The message does not name the template that is meant: it is the first ESP one of the policy. */
	for (int i = 0; tb[XFRMA_TMPL] && (i + 1) * (int)sizeof(struct xfrm_user_tmpl) <= nla_len(tb[XFRMA_TMPL]);
	     i++) {
		struct xfrm_user_tmpl t;

		memcpy(&t, (uint8_t *)nla_data(tb[XFRMA_TMPL]) + (size_t)i * sizeof(t), sizeof(t));
		if (t.id.proto != IPPROTO_ESP)
			continue;
		out->reqid = t.reqid;
		out->tunnel = t.mode == XFRM_MODE_TUNNEL;
		break;
	}
	return 1;
}

static int on_migrate(struct nlmsghdr *nlh, struct kern_ipsec_event *out)
{
	struct nlattr *tb[XFRMA_MAX + 1];
	struct xfrm_user_migrate m;

	if (nlmsg_parse(nlh, sizeof(struct xfrm_userpolicy_id), tb, XFRMA_MAX, NULL) < 0 || !tb[XFRMA_MIGRATE] ||
	    nla_len(tb[XFRMA_MIGRATE]) < (int)sizeof(m))
		return 0;
	memcpy(&m, nla_data(tb[XFRMA_MIGRATE]), sizeof(m));
	if (m.proto != IPPROTO_ESP || m.new_family != AF_INET6)
		return 0;
	out->kind = KERN_IPSEC_MIGRATED;
	kern_get_xfrm_ip(&out->src, &m.new_saddr);
	kern_get_xfrm_ip(&out->dst, &m.new_daddr);
	out->reqid = m.reqid;
	out->tunnel = m.mode == XFRM_MODE_TUNNEL;
	return 1;
}

static int on_policy(struct nlmsghdr *nlh, struct kern_ipsec_event *out)
{
	const bool deleted = nlh->nlmsg_type == XFRM_MSG_DELPOLICY;
	struct xfrm_userpolicy_info info;
	struct nlattr *tb[XFRMA_MAX + 1];

	if (nlmsg_parse(nlh, deleted ? sizeof(struct xfrm_userpolicy_id) : sizeof(info), tb, XFRMA_MAX, NULL) < 0)
		return 0;
	if (kern_get_policy_type(tb[XFRMA_POLICY_TYPE]) != XFRM_POLICY_TYPE_MAIN)
		return 0;
	if (deleted) {
		if (!tb[XFRMA_POLICY] || nla_len(tb[XFRMA_POLICY]) < (int)sizeof(info))
			return 0;
		memcpy(&info, nla_data(tb[XFRMA_POLICY]), sizeof(info));
	} else if (!kern_get_header(nlh, &info, sizeof(info))) {
		return 0;
	}
	if (info.sel.family != AF_INET6 || (deleted && !kern_sp_is_ours(info.priority)))
		return 0;
	/* What is put there can take the place of one like it only: a mark, an interface or any address is never ours. */
	if (!deleted && (tb[XFRMA_MARK] || tb[XFRMA_IF_ID] || (!info.sel.prefixlen_s && !info.sel.prefixlen_d)))
		return 0;
	out->kind = KERN_IPSEC_POLICY_GONE;
	kern_get_xfrm_ip(&out->src, &info.sel.saddr);
	kern_get_xfrm_ip(&out->dst, &info.sel.daddr);
	return 1;
}

/* Whoever says that a policy has expired takes it away. */
static int on_policy_expire(struct nlmsghdr *nlh, struct kern_ipsec_event *out)
{
	struct xfrm_user_polexpire e;
	struct nlattr *tb[XFRMA_MAX + 1];

	if (!kern_get_header(nlh, &e, sizeof(e)) || nlmsg_parse(nlh, sizeof(e), tb, XFRMA_MAX, NULL) < 0)
		return 0;
	if (!e.hard || kern_get_policy_type(tb[XFRMA_POLICY_TYPE]) != XFRM_POLICY_TYPE_MAIN || e.pol.sel.family != AF_INET6 ||
	    !kern_sp_is_ours(e.pol.priority))
		return 0;
	out->kind = KERN_IPSEC_POLICY_GONE;
	kern_get_xfrm_ip(&out->src, &e.pol.sel.saddr);
	kern_get_xfrm_ip(&out->dst, &e.pol.sel.daddr);
	return 1;
}

static int on_policy_flush(struct nlmsghdr *nlh, struct kern_ipsec_event *out)
{
	struct nlattr *tb[XFRMA_MAX + 1];

	if (nlmsg_parse(nlh, 0, tb, XFRMA_MAX, NULL) < 0 ||
	    kern_get_policy_type(tb[XFRMA_POLICY_TYPE]) == XFRM_POLICY_TYPE_SUB)
		return 0;
	out->kind = KERN_IPSEC_POLICY_GONE;
	return 1;
}

/* The kernel sends one notification a datagram. */
int kern_ipsec_watch_parse(void *data, size_t len, struct kern_ipsec_event *out)
{
	struct nlmsghdr *nlh = data;

	*out = (struct kern_ipsec_event){ 0 };
	if (!nlmsg_ok(nlh, (int)len))
		return 0;
	switch (nlh->nlmsg_type) {
	case XFRM_MSG_ACQUIRE:
		return on_acquire(nlh, out);
	case XFRM_MSG_NEWSA:
	case XFRM_MSG_UPDSA:
		return on_new(nlh, out);
	case XFRM_MSG_DELSA:
		return on_delete(nlh, out);
	case XFRM_MSG_EXPIRE:
		return on_expire(nlh, out);
	case XFRM_MSG_FLUSHSA:
		return on_flush(nlh, out);
	case XFRM_MSG_MIGRATE:
		return on_migrate(nlh, out);
	case XFRM_MSG_DELPOLICY:
	case XFRM_MSG_UPDPOLICY:
		return on_policy(nlh, out);
	case XFRM_MSG_POLEXPIRE:
		return on_policy_expire(nlh, out);
	case XFRM_MSG_FLUSHPOLICY:
		return on_policy_flush(nlh, out);
	default:
		return 0;
	}
}

int kern_ipsec_watch_read(int fd, struct kern_ipsec_event *out)
{
	uint8_t buf[8192] __attribute__((aligned(NLMSG_ALIGNTO)));
	ssize_t n = kern_mcast_read(fd, buf, sizeof(buf));
	int found;

	if (n <= 0)
		return (int)n;
	found = kern_ipsec_watch_parse(buf, (size_t)n, out);
	/* What tells of a new association has its keys. */
	explicit_bzero(buf, (size_t)n);
	return found;
}
