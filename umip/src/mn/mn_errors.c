// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ICMPv6 Parameter Problems about what we have sent: a home agent or a correspondent that lacks Mobile IPv6 (RFC 6275 11.3.5).
 *
 * Nobody authenticates them. One counts only if it quotes a message of ours that waits for its answer; and whether one in the name of the home
 * agent counts at all is the administrator's choice (MnDiscardHaParamProb).
 */
#include <netinet/icmp6.h>
#include <unistd.h>

#include "mn/mn.h"
#include "mn/mn_ba.h"
#include "mn/mn_ro.h"
#include "wire/bytes.h"
#include "wire/icmp6.h"

#define TURN	 64 /* errors in one turn of the loop */
#define ICMP_LEN 8

/* The quoted packet is an update of the registration at work. */
static bool quotes_update(const struct mn *mn, const struct ip6_view *v, const uint8_t *mh, size_t len)
{
	const struct mn_bul *b = &mn->bul;

	return v->proto == IPPROTO_MH && len >= 8 && mh[2] == MH_BU && b->waiting && b->sent &&
	       IN6_ARE_ADDR_EQUAL(v->has_hao ? &v->hao : &v->src, mn_hoa(mn)) && mn_seq_outstanding(get16(mh + 6), b->first_seq, b->seq);
}

static void from_home_agent(struct mn *mn, const struct icmp_packet *p, const struct icmp6_error *e, const uint8_t *quoted, size_t len)
{
	const struct ip6_view *v = &e->quoted;
	bool no_mh = e->code == ICMP6_PARAMPROB_NEXTHEADER && quoted[e->param] == IPPROTO_MH;
	bool no_hao = e->code == ICMP6_PARAMPROB_OPTION && v->has_hao && quoted[e->param] == HAO_OPT_TYPE;

	if (!(no_mh || no_hao) || !quotes_update(mn, v, quoted + v->upper, len - v->upper))
		return;
	if (mn->d->conf->mn_discard_ha_param_prob) {
		if (log_allow(&mn->log_ba, "parameter-problem-ignored"))
			log_info("parameter-problem-ignored", "from=%s home_agent=%s", log_addr(&p->src), log_addr(&mn->ha));
		return;
	}
	mn_bul_unable(mn, no_mh ? "no mobility header" : "no home address option");
}

static void on_icmp(struct ev_loop *loop, struct ev_io *w, int revents)
{
	struct mn *mn = w->data;
	struct icmp_packet p;
	struct icmp6_error e;

	(void)loop;
	(void)revents;
	/* An unreachable node is a message without an answer: there are timers for that. */
	for (int i = 0; i < TURN && icmp_sock_recv(mn->errors_fd, &p) > 0; i++) {
		const struct ip6_view *v = &e.quoted;
		const uint8_t *quoted = p.data + ICMP_LEN;

		if (mn->stopping || icmp6_parse_error(p.data, p.len, &e) || e.type != ICMP6_PARAM_PROBLEM || !e.quoted_ok ||
		    e.param >= p.len - ICMP_LEN || (v->has_hao && !IN6_ARE_ADDR_EQUAL(&v->hao, mn_hoa(mn))))
			continue;
		if (mn_has_ha(mn) && IN6_ARE_ADDR_EQUAL(&v->dst, &mn->ha))
			from_home_agent(mn, &p, &e, quoted, p.len - ICMP_LEN);
		else
			mn_ro_parameter_problem(mn, &e, quoted, p.len - ICMP_LEN);
	}
}

void mn_errors_open(struct mn *mn)
{
	static const uint8_t types[] = { ICMP6_PARAM_PROBLEM };

	mn->errors_fd = icmp_sock_open(types, sizeof(types));
	if (mn->errors_fd < 0) {
		log_warn("errors-unheard", "errno=%d", -mn->errors_fd);
		return;
	}
	ev_io_init(&mn->errors_io, on_icmp, mn->errors_fd, EV_READ);
	mn->errors_io.data = mn;
	ev_io_start(mn->d->loop, &mn->errors_io);
}

void mn_errors_close(struct mn *mn)
{
	ev_io_stop(mn->d->loop, &mn->errors_io);
	if (mn->errors_fd >= 0)
		close(mn->errors_fd);
	mn->errors_fd = -1;
}
