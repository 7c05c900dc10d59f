// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What route optimization has in the kernel from the start to the end, whatever pairs there are.
 *
 * Signalling has to arrive before there is a pair, so one state for each header takes it from and to any address, behind a
 * policy for Mobility Headers only: data with the Home Address option still needs a pair. The message type is no part of that policy, since
 * stock 6.12 does not read it on input; the daemon looks for itself whether the headers fit the message. It does read it on
 * output, so that what must travel plainly is kept free of a pair's headers by type.
 */
#include "ro/pair.h"

#include <errno.h>
#include <linux/xfrm.h>
#include <stdlib.h>

#include "wire/icmp6.h"
#include "wire/mh.h"

/* HoTI, HoT and a mobile node's CoT pass its home agent; the others bring their own headers or have none (RFC 6275 9.4, 9.5.4, 9.3.3). */
static const uint8_t plain_types[] = { MH_BRR, MH_HOTI, MH_HOT, MH_COT, MH_BA, MH_BE };

static const struct kern_ro_state any_hao = { .kind = KERN_HAO, .wildrecv = true };
static const struct kern_ro_state any_rt2 = { .kind = KERN_RT2, .wildrecv = true };

/*
 * Data with a routing header needs none: a correspondent that a daemon which was killed has registered with goes on sending to the care-of
 * address for minutes, and this one does not know it. Nobody can say more with the header than without: the kernel takes it for this host's own home addresses
 * only (RFC 6275 6.4, 15.9).
 */
static const struct kern_ro_policy data_in = {
	.dir = XFRM_POLICY_IN, .priority = RO_PRIORITY_STRAY, .mh_type = -1, .n_tmpl = 1, .tmpl = { { .kind = KERN_RT2, .optional = true } }
};

static struct kern_ro_policy mh_in(unsigned int accept)
{
	struct kern_ro_policy p = {
		.dir = XFRM_POLICY_IN, .priority = RO_PRIORITY_MH_IN, .proto = IPPROTO_MH, .mh_type = -1
	};

	if (accept & RO_ACCEPT_HAO)
		p.tmpl[p.n_tmpl++] = (struct kern_ro_template){ .kind = KERN_HAO, .optional = true };
	if (accept & RO_ACCEPT_RT2)
		p.tmpl[p.n_tmpl++] = (struct kern_ro_template){ .kind = KERN_RT2, .optional = true };
	return p;
}

static struct kern_ro_policy plain(uint8_t type)
{
	return (struct kern_ro_policy){
		.dir = XFRM_POLICY_OUT, .priority = RO_PRIORITY_SIGNAL, .proto = IPPROTO_MH, .mh_type = type
	};
}

/* The kernel does read the type of an ICMPv6 message on input. */
static struct kern_ro_policy mpd_in(uint8_t type, enum kern_ro header)
{
	return (struct kern_ro_policy){ .dir = XFRM_POLICY_IN, .priority = RO_PRIORITY_MH_IN, .proto = IPPROTO_ICMPV6, .mh_type = type,
					.n_tmpl = 1, .tmpl = { { .kind = header, .optional = true } } };
}

static int set_all(unsigned int accept)
{
	const struct kern_ro_policy mps = mpd_in(ICMP6_MP_SOLICIT, KERN_HAO), mpa = mpd_in(ICMP6_MP_ADVERT, KERN_RT2);
	const struct kern_ro_policy in = mh_in(accept);
	struct kern_batch *b = kern_batch_new(KERN_XFRM);

	if (accept & RO_ACCEPT_HAO)
		kern_ro_state_set(b, &any_hao);
	if (accept & RO_ACCEPT_RT2) {
		kern_ro_state_set(b, &any_rt2);
		kern_ro_policy_set(b, &data_in);
	}
	kern_ro_policy_set(b, &in);
	if (accept & RO_ACCEPT_MPS)
		kern_ro_policy_set(b, &mps);
	if (accept & RO_ACCEPT_MPA)
		kern_ro_policy_set(b, &mpa);
	for (unsigned int i = 0; i < sizeof(plain_types); i++) {
		const struct kern_ro_policy p = plain(plain_types[i]);

		kern_ro_policy_set(b, &p);
	}
	return kern_batch_commit(b);
}

struct ro *ro_open(unsigned int accept, bool update)
{
	struct ro *ro = calloc(1, sizeof(*ro));
	int err = ENOMEM;

	if (ro && ro_table_new(ro)) {
		ro->update = update;
		err = -kern_ro_flush();
		if (!err)
			err = -set_all(accept);
	}
	if (!err)
		return ro;
	if (ro)
		ro_table_free(ro);
	free(ro);
	errno = err;
	return NULL;
}

int ro_close(struct ro *ro)
{
	if (!ro)
		return 0;
	ro_table_free(ro);
	free(ro);
	return kern_ro_flush();
}
