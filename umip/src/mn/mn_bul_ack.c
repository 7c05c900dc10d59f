// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The home agent's answers to our updates (RFC 6275 11.7.3), and what becomes of the entry of the binding update list: bound until it is
 * refreshed, or refused. After that it is tried again, at once or slowly, or with another care-of address or another home agent. What a
 * status means is mn_ba.c's to say.
 */
#include "mn/mn.h"

#include "core/ipsec.h"
#include "mn/mn_ba.h"
#include "mn/mn_ro.h"

static void accepted(struct mn *mn, const struct mh_msg *m)
{
	struct mn_bul *b = &mn->bul;
	uint32_t granted = mh_lifetime_to_sec(m->ba.lifetime);
	double now = clock_now(), refresh;

	b->waiting = false;
	b->reseqs = 0;
	b->no_key_mobility = !(m->ba.flags & MH_BA_K);
	ipsec_registered(mn->d, mn_hoa(mn), &b->coa, mn_bul_key_mobility(mn), b->since);
	mn_timer_stop(mn, &b->retry);
	b->bound = true;
	b->bound_coa = b->coa;
	b->granted = granted < b->asked ? granted : b->asked;
	b->expires = b->first_sent + b->granted;
	refresh = mn_refresh_after(b->granted,
				   m->opts.has_refresh_advice ? mh_lifetime_to_sec(m->opts.refresh_advice) : 0);
	b->refresh_at = b->first_sent + refresh > now + 1 ? b->first_sent + refresh : now + 1;
	mn_timer_start(mn, &b->expiry, b->expires > now ? b->expires - now : 0);
	mn_timer_start(mn, &b->refresh, b->refresh_at - now);
	mn->verified = true;
	mn_dhaad_good(mn);
	mn->d->stats[STAT_REG_ACCEPTED]++;
	if (mn_bul_bound(mn) && (mn->moving || mn->hold)) {
		mn_handoff_done(mn);
	} else {
		mn_kernel_sync(mn);
		mn_ro_registered(mn);
	}
	ipsec_wake(mn->d, mn_hoa(mn), &mn->ha);
	log_info("registered", "home_agent=%s care_of=%s sequence=%u lifetime_s=%u refresh_in_s=%.0f status=%u",
		 log_addr(&mn->ha), log_addr(&b->coa), m->ba.seq, b->granted, b->refresh_at - now, m->ba.status);
	mn_notify(mn, "registered");
	mn_mpd_registered(mn, m->ba.status == BA_PREFIX_DISCOVERY_NEEDED);
}

/* The home agent will not have us for now. What waited is refused instead of sitting in the queue. */
static void refused(struct mn *mn, bool unbound, double again)
{
	struct mn_bul *b = &mn->bul;

	b->sent = false; /* nothing is outstanding; the next update begins a new row */
	b->retransmissions = 0;
	if (unbound && !b->dereg) {
		b->bound = b->maybe_bound = false;
		mn_timer_stop(mn, &b->expiry);
		mn->hold = false;
		mn_timer_stop(mn, &mn->hold_timer);
		mn_kernel_sync(mn);
		mn_ro_suspend(mn);
	}
	mn_timer_start(mn, &b->retry, again);
}

void mn_bul_ended(struct mn *mn)
{
	mn->bul.waiting = mn->bul.used && !mn->bul.dereg;
	mn_timer_stop(mn, &mn->bul.refresh);
	refused(mn, true, MN_RETRY_SLOW);
}

static void resequence(struct mn *mn, uint16_t last)
{
	struct mn_bul *b = &mn->bul;

	if (b->reseqs && last == (uint16_t)(b->first_seq - 1))
		return; /* a second answer to what is corrected already */
	if (b->reseqs++ >= MN_RESEQ_MAX) {
		b->timeout = mn_backoff_next(b->timeout);
		refused(mn, false, b->timeout);
		b->seq = last;
		return;
	}
	b->seq = last;
	b->sent = false;
	mn_bul_send(mn);
}

static void rejected(struct mn *mn, const struct mh_msg *m, const struct mn_ba_rule *rule)
{
	struct mn_bul *b = &mn->bul;

	mn->d->stats[STAT_REG_REJECTED]++;
	log_msg(rule->action == MN_BA_RETRY_SLOW ? LOG_ERROR : LOG_NOTICE, "registration-refused",
		"home_agent=%s care_of=%s sequence=%u status=%u reason=\"%s\"", log_addr(&mn->ha),
		log_addr(&b->coa), m->ba.seq, m->ba.status, mh_status_name(m->ba.status));
	mn_nemo_refused(mn, m->ba.status);
	mn_notify(mn, "refused");
	if (!b->dereg && rule->unbound)
		b->maybe_bound = false;
	if (!b->dereg && m->ba.status == BA_DAD_FAILED)
		mn_dhaad_defended(mn);
	/* What asking again would not change, another home agent may see differently. */
	if (!b->dereg && (rule->action == MN_BA_RETRY_SLOW || m->ba.status == BA_NO_RESOURCES) &&
	    mn_dhaad_next(mn, mh_status_name(m->ba.status)))
		return;
	if (m->ba.status == BA_DAD_FAILED && !mn->verified && !b->dereg && !mn_dhaad_several(mn) && mn_only_home(mn) && !mn_is_formed(mn)) {
		daemon_fatal(mn->d, "home address %s already in use: home agent %s refuses it (status %u)",
			     log_addr(mn_hoa(mn)), log_addr(&mn->ha), m->ba.status);
		return;
	}
	switch (rule->action) {
	case MN_BA_RESEQ:
		resequence(mn, m->ba.seq);
		return;
	case MN_BA_RETRY:
		b->timeout = mn_backoff_next(b->timeout);
		refused(mn, rule->unbound, b->timeout);
		return;
	case MN_BA_OTHER_COA:
		if (b->dereg)
			break;
		refused(mn, rule->unbound, MN_RETRY_SLOW);
		mn_addr_suspect(mn->cur, &b->coa);
		mn->has_coa = false;
		mn_kernel_sync(mn);
		mn_care_of_address(mn);
		return;
	case MN_BA_ACCEPT: /* with lifetime 0: as good as refused */
	case MN_BA_RETRY_SLOW:
		break;
	}
	if (b->dereg && rule->unbound) {
		/* Nothing of ours is there, or nothing that asking again would change. */
		mn_bul_finish_dereg(mn, false);
		return;
	}
	refused(mn, true, MN_RETRY_SLOW);
}

/*
 * Accepted, but as a host (RFC 3963 5.3): nothing would reach the mobile network. That binding is given back, and another home agent
 * asked.
 */
static void accepted_as_host(struct mn *mn, const struct mh_msg *m)
{
	mn->d->stats[STAT_REG_REJECTED]++;
	log_error("registration-refused", "home_agent=%s care_of=%s sequence=%u status=%u reason=\"accepted as a host: this home agent "
		  "forwards for no mobile router\"", log_addr(&mn->ha), log_addr(&mn->bul.coa), m->ba.seq, m->ba.status);
	mn_notify(mn, "refused");
	mn_bul_release(mn, &mn->ha);
	mn->bul.maybe_bound = false;
	if (!mn_dhaad_next(mn, "no mobile routers"))
		refused(mn, true, MN_RETRY_SLOW);
}

void mn_bul_ack(struct mn *mn, const struct mh_packet *p, const struct mh_msg *m)
{
	struct mn_bul *b = &mn->bul;
	const struct mn_ba_rule *rule = mn_ba_rule(m->ba.status);

	mn->d->stats[STAT_BA_RX]++;
	if (!IN6_ARE_ADDR_EQUAL(&p->src, &mn->ha) || !IN6_ARE_ADDR_EQUAL(&p->dst, mn_hoa(mn)) || !b->waiting ||
	    ipsec_lacks(mn->d, mn_hoa(mn), &mn->ha) || !b->sent || (rule->action != MN_BA_RESEQ && !mn_seq_outstanding(m->ba.seq, b->first_seq, b->seq))) {
		mn->d->stats[STAT_MH_UNEXPECTED]++;
		if (log_allow(&mn->log_ba, "acknowledgement-ignored"))
			log_info("acknowledgement-ignored", "from=%s sequence=%u status=%u", log_addr(&p->src),
				 m->ba.seq, m->ba.status);
		return;
	}
	b->last_status = m->ba.status;
	if (b->dereg && mn_ba_deregistered(m->ba.status))
		mn_bul_finish_dereg(mn, true);
	else if (rule->action != MN_BA_ACCEPT || !m->ba.lifetime)
		rejected(mn, m, rule);
	else if (mn->home->mobile_router && !(m->ba.flags & MH_BA_R))
		accepted_as_host(mn, m);
	else
		accepted(mn, m);
}

void mn_bul_unable(struct mn *mn, const char *why)
{
	if (log_allow(&mn->log_ba, "home-agent-unable"))
		log_warn("home-agent-unable", "home_agent=%s reason=\"%s\"", log_addr(&mn->ha), why);
	mn_notify(mn, "home-agent-unable");
	/*
	 * Without another one the row of updates goes on as it is: a home agent whose daemon is being started again looks the same, and may have
	 * kept our binding.
	 */
	if (!mn->bul.dereg)
		mn_dhaad_next(mn, why);
}
