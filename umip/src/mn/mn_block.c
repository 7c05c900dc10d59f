// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What may not leave with the home address as source, by policies: the rules alone have gaps.
 */
#include "mn/mn.h"

#include <linux/xfrm.h>
#include <netinet/icmp6.h>

#include "kern/xfrm.h"

/*
 * Two ways around the rules, closed while we are not at home: a socket that is bound to the interface (the tunnel is
 * another one), and our own marked socket. What has a policy of a lower number, the updates to the home agent, still
 * leaves.
 */
static struct kern_ro_policy block_policy(const struct mn *mn, bool signalling, int ifindex)
{
	return (struct kern_ro_policy){
		.dir = XFRM_POLICY_OUT,
		.priority = 20,
		.src = *mn_hoa(mn),
		.src_len = 128,
		.proto = signalling ? IPPROTO_MH : 0,
		.mh_type = -1,
		.ifindex = signalling ? 0 : ifindex,
		.block = true,
	};
}

/*
 * A reply to an echo request that came directly names the interface as a bound socket does, but the kernel routes it like
 * everything else: into the tunnel as long as the pair sends nothing directly.
 */
static struct kern_ro_policy echo_policy(const struct mn *mn)
{
	return (struct kern_ro_policy){
		.dir = XFRM_POLICY_OUT,
		.priority = 19,
		.src = *mn_hoa(mn),
		.src_len = 128,
		.proto = IPPROTO_ICMPV6,
		.mh_type = ICMP6_ECHO_REPLY,
	};
}

/* The interface that the home address should be kept off, 0 for none: all of them abroad, all others at home. */
static int wants_block(const struct mn *mn, bool away, const struct mn_if *nif)
{
	if (nif->link_gone)
		return 0;
	return away || nif != mn->cur ? nif->ifindex : 0;
}

bool mn_blocks_right(const struct mn *mn, bool away)
{
	for (unsigned int i = 0; i < mn->n_ifs; i++)
		if (mn->ifs[i]->blocked != wants_block(mn, away, mn->ifs[i]))
			return false;
	return away == mn->held.block;
}

static void sync_block_of(struct mn_if *nif, struct kern_batch *b, int to)
{
	struct kern_ro_policy old = block_policy(nif->mn, false, nif->blocked), new = block_policy(nif->mn, false, to);

	if (nif->blocked == to)
		return;
	mn_nemo_block(nif->mn, b, nif->blocked, to);
	if (to)
		kern_ro_policy_set(b, &new);
	if (nif->blocked)
		kern_ro_policy_del(b, &old, KERN_OK_ABSENT);
	nif->blocked = to;
}

static void drop_signalling(struct mn *mn, struct kern_batch *b)
{
	struct kern_ro_policy echo = echo_policy(mn), signalling = block_policy(mn, true, 0);

	if (!mn->held.block)
		return;
	kern_ro_policy_del(b, &signalling, KERN_OK_ABSENT);
	kern_ro_policy_del(b, &echo, KERN_OK_ABSENT);
}

void mn_blocks_sync(struct mn *mn, struct kern_batch *b, bool away)
{
	if (away && !mn->held.block) {
		struct kern_ro_policy echo = echo_policy(mn), signalling = block_policy(mn, true, 0);

		kern_ro_policy_set(b, &echo);
		kern_ro_policy_set(b, &signalling);
	}
	for (unsigned int i = 0; i < mn->n_ifs; i++)
		sync_block_of(mn->ifs[i], b, wants_block(mn, away, mn->ifs[i]));
	if (!away)
		drop_signalling(mn, b);
}

void mn_blocks_drop(struct mn *mn, struct kern_batch *b)
{
	for (unsigned int i = 0; i < mn->n_ifs; i++)
		sync_block_of(mn->ifs[i], b, 0);
	drop_signalling(mn, b);
}

void mn_blocks_forget(struct mn *mn, bool away)
{
	for (unsigned int i = 0; i < mn->n_ifs; i++) {
		struct mn_if *nif = mn->ifs[i];
		int to = wants_block(mn, away, nif);

		if (nif->blocked == to)
			nif->blocked = to ? 0 : nif->ifindex;
	}
}
