/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files behind ipsec.h share. */
#ifndef KERN_IPSEC_MSG_H
#define KERN_IPSEC_MSG_H

#include "kern/ipsec.h"
#include "kern/xfrm_msg.h"

/* The addresses are p's own. */
struct kern_selector kern_sp_selector(const struct kern_sp *p);

static inline bool kern_sp_is_ours(uint32_t priority)
{
	return priority - KERN_SP_PRIORITY < KERN_SP_PRIORITIES;
}

/* A message's fixed header, which in the buffer may lie where a 64-bit number of it must not. False: it is too short. */
static inline bool kern_get_header(const struct nlmsghdr *nlh, void *out, size_t len)
{
	if ((size_t)nlmsg_datalen(nlh) < len)
		return false;
	memcpy(out, nlmsg_data(nlh), len);
	return true;
}

#endif
