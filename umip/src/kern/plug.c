// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The plug: a queueing discipline that holds what a device would send during a handoff, and lets it go in order. It is
 * put at the root only where the administrator has none of his own.
 */
#include <errno.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#include "kern/msg.h"
#include "kern/tun.h"

#define PLUG_HANDLE 0x6d360000u /* "m6": how ours is known again */

static struct nl_msg *plug_msg(uint16_t type, uint16_t flags, int ifindex)
{
	struct tcmsg tcm = {
		.tcm_family = AF_UNSPEC,
		.tcm_ifindex = ifindex,
		.tcm_handle = PLUG_HANDLE,
		.tcm_parent = TC_H_ROOT,
	};
	struct nl_msg *m = kern_msg(type, flags, &tcm, sizeof(tcm));

	if (m)
		nla_put_string(m, TCA_KIND, "plug");
	return m;
}

static void plug_change(struct kern_batch *b, int ifindex, uint16_t flags, int action, uint32_t limit)
{
	struct tc_plug_qopt opt = { .action = action, .limit = limit };
	struct nl_msg *m = plug_msg(RTM_NEWQDISC, flags, ifindex);

	if (m)
		nla_put(m, TCA_OPTIONS, sizeof(opt), &opt);
	kern_batch_add(b, m, 0, "plug on link %d", ifindex);
}

int kern_plug_hold(int ifindex, uint32_t limit_bytes)
{
	struct kern_batch *b = kern_batch_new(KERN_ROUTE);
	int err;

	/* A new plug holds from the first packet. */
	plug_change(b, ifindex, NLM_F_CREATE | NLM_F_EXCL, TCQ_PLUG_LIMIT, limit_bytes);
	err = kern_batch_commit(b);
	if (err == -ENOENT) {
		kern_set_error("plug on link %d: the kernel has no sch_plug", ifindex);
		return -EOPNOTSUPP;
	}
	if (err != -EEXIST)
		return err;
	/* Ours, of an earlier hold: close it again. Somebody else's has another handle and refuses. */
	b = kern_batch_new(KERN_ROUTE);
	plug_change(b, ifindex, 0, TCQ_PLUG_LIMIT, limit_bytes);
	plug_change(b, ifindex, 0, TCQ_PLUG_BUFFER, 0);
	if (!kern_batch_commit(b))
		return 0;
	kern_set_error("plug on link %d: another queueing discipline is installed at its root", ifindex);
	return -EBUSY;
}

static void plug_read(struct nlmsghdr *nlh, void *arg)
{
	struct nlattr *tb[TCA_MAX + 1];
	struct tcmsg *tcm = nlmsg_data(nlh);
	bool *ours = arg;

	if (nlh->nlmsg_type == RTM_NEWQDISC && nlmsg_parse(nlh, sizeof(*tcm), tb, TCA_MAX, NULL) >= 0)
		*ours = tcm->tcm_handle == PLUG_HANDLE && tb[TCA_KIND] && nla_strcmp(tb[TCA_KIND], "plug") == 0;
}

static bool plugged(int ifindex)
{
	struct tcmsg tcm = {
		.tcm_family = AF_UNSPEC, .tcm_ifindex = ifindex, .tcm_handle = PLUG_HANDLE, .tcm_parent = TC_H_ROOT
	};
	bool ours = false;

	/* Many kernels answer the asker only if he wants an echo. */
	return !kern_get(KERN_ROUTE, kern_msg(RTM_GETQDISC, NLM_F_ECHO, &tcm, sizeof(tcm)), plug_read, &ours) && ours;
}

int kern_plug_drop(int ifindex)
{
	struct kern_batch *b;

	if (!plugged(ifindex))
		return 0;
	b = kern_batch_new(KERN_ROUTE);
	kern_batch_add(b, plug_msg(RTM_DELQDISC, 0, ifindex), KERN_OK_ABSENT, "plug off link %d", ifindex);
	return kern_batch_commit(b);
}

int kern_plug_release(int ifindex)
{
	struct kern_batch *b;

	if (!plugged(ifindex))
		return 0;
	/* It stays, open: removing a queue throws away what is in it, and changing one costs the kernel a grace period. */
	b = kern_batch_new(KERN_ROUTE);
	plug_change(b, ifindex, 0, TCQ_PLUG_RELEASE_INDEFINITE, 0);
	return kern_batch_commit(b);
}
