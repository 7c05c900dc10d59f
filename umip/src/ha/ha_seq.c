// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The last sequence number of home addresses that IPsec protects. With keys set by hand the kernel takes a packet twice, and without a binding
 * any sequence number is new: who has heard an update could bring an old care-of address back with it, once the mobile node is at home.
 * So a home address's number outlives its binding, and the daemon (RFC 6275 10.3.1, RFC 3776 3.4).
 *
 * There are as many of these as the configuration has home addresses in its IPsecPolicySets.
 */
#include <stdlib.h>

#include "core/addr.h"
#include "ha/ha.h"
#include "ha/ha_store.h"

struct ha_seq {
	bool known;
	uint16_t seq;
};

static struct ha_seq *find(const struct ha *ha, const struct in6_addr *hoa)
{
	const struct conf *c = ha->d->conf;
	const struct conf_ipsec_home *at = NULL;

	if (ha->seqs)
		at = addr_find(hoa, c->ipsec_index, c->n_ipsec_homes, sizeof(*c->ipsec_index));
	return at ? &ha->seqs[at - c->ipsec_index] : NULL;
}

static void load(const struct in6_addr *hoa, uint16_t seq, void *arg)
{
	struct ha_seq *s = find(arg, hoa);

	if (s)
		*s = (struct ha_seq){ true, seq };
}

int ha_seq_open(struct ha *ha)
{
	if (!ha->d->ipsec)
		return 0;
	ha->seqs = calloc(ha->d->conf->n_ipsec_homes + 1, sizeof(*ha->seqs));
	if (!ha->seqs)
		return -1;
	return 0;
}

void ha_seq_load(struct ha *ha)
{
	if (ha->seqs)
		ha_store_load_sequences(ha->seq_store, load, ha);
}

bool ha_seq_is(const struct ha *ha, const struct in6_addr *hoa, uint16_t seq)
{
	const struct ha_seq *s = find(ha, hoa);

	return s && s->known && s->seq == seq;
}

void ha_seq_close(struct ha *ha)
{
	free(ha->seqs);
	ha->seqs = NULL;
}

bool ha_seq_newer(const struct ha *ha, const struct in6_addr *hoa, uint16_t seq, uint16_t *last)
{
	const struct ha_seq *s = find(ha, hoa);

	if (!s || !s->known || mh_seq_newer(seq, s->seq))
		return true;
	*last = s->seq;
	return false;
}

void ha_seq_note(struct ha *ha, const struct in6_addr *hoa, uint16_t seq)
{
	struct ha_seq *s = find(ha, hoa);

	if (!s)
		return;
	*s = (struct ha_seq){ true, seq };
	if (ha->seq_store && !ha->store_behind)
		ha_store_put_sequence(ha->seq_store, hoa, seq);
}

void ha_seq_put_all(struct ha *ha)
{
	const struct conf *c = ha->d->conf;

	for (size_t i = 0; ha->seqs && i < c->n_ipsec_homes; i++)
		if (ha->seqs[i].known)
			ha_store_put_sequence(ha->seq_store, &c->ipsec_index[i].hoa, ha->seqs[i].seq);
}
