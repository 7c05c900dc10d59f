// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Home Test Init and Care-of Test Init, RFC 6275 9.4. The answer goes to the address that asked and is as long as two words more than the
 * question; nothing is kept of it. Limits for all and for each /64 keep a flood from taking the processor.
 */
#include <string.h>

#include "cn/cn_impl.h"
#include "core/addr.h"

/* What deserves no answer, and no count of the limits either. */
static bool refused(const struct cn *cn, const struct mh_packet *p, bool home)
{
	return p->has_coa || !addr_routable(&p->src) || !addr_routable(&p->dst) || !cn_is_ours(cn, &p->dst) ||
	       cn_is_ours(cn, &p->src) || (cn->veto && cn->veto(cn->d, &p->dst, home ? &p->src : NULL));
}

void cn_test_init(struct cn *cn, const struct mh_packet *p, const struct mh_msg *m)
{
	const bool home = m->type == MH_HOTI;
	struct mh_msg out = { .type = home ? MH_HOT : MH_COT, .test = { .cookie = m->test_init.cookie } };
	struct in6_addr source = addr_source(&p->src);
	uint8_t token[RR_TOKEN_LEN], buf[64];
	const struct cn_nonce *nonce;
	double now = clock_now();

	cn->d->stats[home ? STAT_HOTI_RX : STAT_COTI_RX]++;
	if (refused(cn, p, home)) {
		cn->d->stats[STAT_MH_MALFORMED]++;
		return;
	}
	if (!peer_limit_take(&cn->test_source, &source, now) || !limit_take(&cn->tests, now)) {
		cn->d->stats[STAT_MH_LIMITED]++;
		return;
	}
	nonce = cn_nonce_current(&cn->nonces, now);
	if (!nonce || rr_token(cn->nonces.kcn, &p->src, nonce->value, home ? RR_HOME : RR_CARE_OF, token))
		return;
	out.test.nonce_index = nonce->index;
	memcpy(&out.test.keygen_token, token, sizeof(token));
	rr_wipe(token, sizeof(token));
	cn_send(cn, home ? STAT_HOT_TX : STAT_COT_TX, &p->dst, &p->src, NULL, buf, mh_build(buf, sizeof(buf), &out, NULL));
}
