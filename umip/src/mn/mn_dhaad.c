// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which home agent (RFC 6275 11.4.1). Without one in the configuration, abroad the home agents' anycast address of the
 * home prefix is asked from the care-of address, and the answer is a list in the order in which they want to be used; at
 * home their advertisements tell the same. The first that is usable is registered with. One that does not answer updates
 * or refuses us is left alone for a while, and the next one takes its place; when none is left, the link is asked anew
 * while the last one goes on being tried.
 *
 * An answer counts if it carries the identifier of the question and comes to where that was sent from; who sends it
 * shows nothing, because anybody can write any source. Its addresses have to be of the home prefix.
 *
 * With a home agent in the configuration only the advertisements are listened to: no home agent of our home prefix is a
 * correspondent to be optimized.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "core/hal.h"
#include "mn/mn.h"
#include "mn/mn_ba.h"
#include "mn/mn_ro.h"
#include "wire/icmp6.h"

#define AGENTS_MAX    16
#define FIRST_TIMEOUT 3.0 /* INITIAL_DHAAD_TIMEOUT; doubled with each repetition */
#define TRIES	      4	  /* DHAAD_RETRIES */
#define SLOW_TIMEOUT  60.0 /* between two questions after these, as long as no home agent is known */
#define MIN_INTERVAL  1.0 /* between two questions, however often we move */
#define AVOID	      MN_RETRY_SLOW
#define TURN_REPLIES  64

struct agent {
	struct in6_addr addr;
	double avoid_until;
	double bound_until; /* we left it, and it may have a binding of ours so long */
	char why[48]; /* it is avoided */
	const char *source;
};

struct mn_dhaad {
	bool on;
	struct hal hal; /* as advertised at home */
	struct agent agents[AGENTS_MAX]; /* in the order in which they are to be used */
	unsigned int n_agents;

	int fd;
	ev_io io;
	struct in6_addr anycast;
	bool asking;
	struct in6_addr from; /* the care-of address that asks */
	uint16_t id;
	unsigned int tries;
	double asked_at;
	struct ev_timer timer;
	struct log_limit log;
};

static const char *const advertised = "advertisement", *const discovered = "discovery";

/* ---- the agents ---- */

static struct agent *find(struct mn_dhaad *h, const struct in6_addr *addr)
{
	for (unsigned int i = 0; i < h->n_agents; i++)
		if (IN6_ARE_ADDR_EQUAL(&h->agents[i].addr, addr))
			return &h->agents[i];
	return NULL;
}

static struct agent *choose(struct mn_dhaad *h)
{
	double now = clock_now();

	for (unsigned int i = 0; i < h->n_agents; i++)
		if (h->agents[i].avoid_until <= now)
			return &h->agents[i];
	return NULL;
}

static bool may_be_agent(const struct mn *mn, const struct in6_addr *a)
{
	return addr_routable(a) && addr_in_prefix(a, mn_hoa(mn), mn->home->plen) && !IN6_ARE_ADDR_EQUAL(a, mn_hoa(mn)) &&
	       !IN6_ARE_ADDR_EQUAL(a, &mn->dhaad->anycast) && !addr_is_router_anycast(a, mn->home->plen);
}

/*
 * A new list; of one that was there before it stays known that it is to be avoided. False, and the old list stays, if
 * nothing of the new one is usable.
 */
static bool set_list(struct mn *mn, const struct in6_addr *addrs, unsigned int n, const char *source)
{
	struct mn_dhaad *h = mn->dhaad, list = { .n_agents = 0 };

	for (unsigned int i = 0; i < n && list.n_agents < AGENTS_MAX; i++) {
		const struct agent *old = find(h, &addrs[i]);

		if (!may_be_agent(mn, &addrs[i]) || find(&list, &addrs[i]))
			continue;
		list.agents[list.n_agents] = old ? *old : (struct agent){ .addr = addrs[i] };
		list.agents[list.n_agents++].source = source;
	}
	if (!list.n_agents)
		return false;
	/* One that may have a binding of ours has to be asked to give it up yet; until then it is not for use. */
	for (unsigned int i = 0; i < h->n_agents && list.n_agents < AGENTS_MAX; i++)
		if (h->agents[i].bound_until > clock_now() && !find(&list, &h->agents[i].addr)) {
			list.agents[list.n_agents] = h->agents[i];
			list.agents[list.n_agents++].avoid_until = h->agents[i].bound_until;
		}
	memcpy(h->agents, list.agents, sizeof(h->agents));
	h->n_agents = list.n_agents;
	return true;
}

static void use(struct mn *mn, const struct agent *a, const char *why)
{
	log_notice("home-agent", "address=%s from=%s instead_of=%s reason=\"%s\"", log_addr(&a->addr), a->source,
		   mn_has_ha(mn) ? log_addr(&mn->ha) : "none", why);
	mn->ha = a->addr;
}

/* What the kernel has for the old one goes, what waits in front of the tunnel waits for the new one. */
static void change(struct mn *mn, const struct agent *a, const char *why)
{
	struct agent *old = find(mn->dhaad, &mn->ha);

	if (old && mn->bul.maybe_bound)
		old->bound_until = mn->bul.bound ? mn->bul.expires : clock_now() + mn->bul.asked;
	use(mn, a, why);
	mn_bul_forget(mn);
	if (mn->location != MN_AWAY)
		return;
	mn_hold(mn);
	/* Without a link it leaves in vain, and is repeated when there is one. */
	if (mn->has_coa)
		mn_register(mn);
}

/* ---- asking ---- */

static void done_asking(struct mn *mn)
{
	mn->dhaad->asking = false;
	mn_timer_stop(mn, &mn->dhaad->timer);
}

static void send_request(struct mn *mn)
{
	struct mn_dhaad *h = mn->dhaad;
	struct icmp6_dhaad request = { .id = h->id, .mobile_router = mn->home->mobile_router };
	double now = clock_now(), timeout;
	uint8_t buf[8];
	ssize_t len;
	int err;

	if (now < h->asked_at + MIN_INTERVAL) {
		mn_timer_start(mn, &h->timer, h->asked_at + MIN_INTERVAL - now);
		return;
	}
	timeout = h->tries < TRIES ? FIRST_TIMEOUT * (1 << h->tries) : SLOW_TIMEOUT;
	/* Not one number for ever: it is all that tells an answer from a guess. */
	if (h->tries >= TRIES && getrandom(&h->id, sizeof(h->id), 0) == sizeof(h->id))
		request.id = h->id;
	len = icmp6_build_dhaad(buf, sizeof(buf), &request);
	err = len < 0 ? (int)len : icmp_sock_send(h->fd, &h->from, &h->anycast, mn->cur->ifindex, buf, (size_t)len);
	h->asked_at = now;
	if (err && log_allow(&h->log, "discovery-unsendable"))
		log_warn("discovery-unsendable", "care_of=%s error=\"%s\"", log_addr(&h->from), strerror(-err));
	if (!err) {
		h->tries++;
		mn->d->stats[STAT_DHAAD_TX]++;
		log_info("discovery", "to=%s care_of=%s identifier=%u try=%u", log_addr(&h->anycast), log_addr(&h->from), h->id,
			 h->tries);
	}
	mn_timer_start(mn, &h->timer, err ? MIN_INTERVAL : timeout);
}

static void ask(struct mn *mn)
{
	struct mn_dhaad *h = mn->dhaad;

	if (mn->location != MN_AWAY || !mn->has_coa || mn->stopping)
		return;
	if (h->asking && IN6_ARE_ADDR_EQUAL(&h->from, &mn->coa))
		return;
	h->asking = true;
	h->from = mn->coa;
	h->tries = 0;
	if (getrandom(&h->id, sizeof(h->id), 0) != sizeof(h->id))
		h->id++;
	send_request(mn);
}

static void on_timer(struct ev_loop *loop, struct ev_timer *w, int revents)
{
	struct mn *mn = w->data;
	struct mn_dhaad *h = mn->dhaad;

	(void)loop;
	(void)revents;
	if (!h->asking || mn->location != MN_AWAY || !mn->has_coa || !IN6_ARE_ADDR_EQUAL(&h->from, &mn->coa)) {
		h->asking = false; /* a new care-of address asks anew */
		return;
	}
	if (h->tries >= TRIES) {
		log_warn("discovery-unanswered", "to=%s tries=%u", log_addr(&h->anycast), h->tries);
		if (mn_has_ha(mn)) {
			/* It goes on being tried, and each time that it does not answer brings us here again. */
			h->asking = false;
			return;
		}
	}
	send_request(mn);
}

static void take_reply(struct mn *mn, const struct icmp_packet *p, const struct icmp6_dhaad *reply)
{
	struct mn_dhaad *h = mn->dhaad;
	const struct agent *in_use, *a;

	/* One that names nobody speaks for itself. */
	if (!(reply->n_agents ? set_list(mn, reply->agents, reply->n_agents, discovered) : set_list(mn, &p->src, 1, discovered))) {
		mn->d->stats[STAT_DHAAD_MALFORMED]++;
		if (log_allow(&h->log, "discovery-useless"))
			log_notice("discovery-useless", "from=%s agents=%u reason=\"none in the home prefix\"", log_addr(&p->src),
				   reply->n_agents);
		return;
	}
	done_asking(mn);
	/* RFC 3963 7.1: these serve mobile nodes only. What else is there to try? They say so themselves when asked to register us. */
	if (mn->home->mobile_router && !reply->mobile_router && log_allow(&h->log, "no-home-agent-for-routers"))
		log_warn("no-home-agent-for-routers", "from=%s", log_addr(&p->src));
	log_info("discovery-reply", "from=%s agents=%u first=%s", log_addr(&p->src), h->n_agents, log_addr(&h->agents[0].addr));
	in_use = mn_has_ha(mn) ? find(h, &mn->ha) : NULL;
	a = choose(h);
	/* All of the list are avoided, and still one of them is what there is. */
	if (!a && !mn_has_ha(mn))
		a = &h->agents[0];
	if (!a || a == in_use || mn_bul_bound(mn))
		return;
	change(mn, a, "discovered");
}

static void on_reply(struct ev_loop *loop, ev_io *w, int revents)
{
	struct mn *mn = w->data;
	struct mn_dhaad *h = mn->dhaad;
	struct icmp6_dhaad reply;
	struct icmp_packet p;

	(void)loop;
	(void)revents;
	for (int i = 0; i < TURN_REPLIES && icmp_sock_recv(h->fd, &p) > 0; i++) {
		if (icmp6_parse_dhaad(p.data, p.len, &reply) || !reply.reply || !h->asking || reply.id != h->id ||
		    !IN6_ARE_ADDR_EQUAL(&p.dst, &h->from) || mn->stopping || mn->location != MN_AWAY || !mn->has_coa) {
			mn->d->stats[STAT_DHAAD_MALFORMED]++;
			if (log_allow(&h->log, "discovery-reply-ignored"))
				log_info("discovery-reply-ignored", "from=%s", log_addr(&p.src));
			continue;
		}
		mn->d->stats[STAT_DHAAD_RX]++;
		take_reply(mn, &p, &reply);
	}
}

/* ---- for the rest of the mobile node ---- */

bool mn_dhaad_ready(struct mn *mn)
{
	const struct agent *a;

	if (mn_has_ha(mn))
		return true;
	a = choose(mn->dhaad);
	if (a)
		use(mn, a, "first");
	else
		ask(mn);
	return a;
}

bool mn_dhaad_next(struct mn *mn, const char *why)
{
	struct mn_dhaad *h = mn->dhaad;
	struct agent *a;

	if (!h->on || mn->stopping || mn->location != MN_AWAY)
		return false;
	a = find(h, &mn->ha);
	if (a) {
		a->avoid_until = clock_now() + AVOID;
		strncpy(a->why, why, sizeof(a->why) - 1);
	}
	a = choose(h);
	/* From the second round through the list on there may be a better one. */
	if (!a || a->avoid_until > 0)
		ask(mn);
	if (!a)
		return false;
	change(mn, a, why);
	return true;
}

void mn_dhaad_defended(struct mn *mn)
{
	struct mn_dhaad *h = mn->dhaad;

	for (unsigned int i = 0; i < h->n_agents; i++)
		if (h->agents[i].bound_until > clock_now() && !IN6_ARE_ADDR_EQUAL(&h->agents[i].addr, &mn->ha))
			h->agents[i].avoid_until = 0;
}

bool mn_dhaad_several(const struct mn *mn)
{
	return mn->dhaad->n_agents > 1;
}

void mn_dhaad_good(struct mn *mn)
{
	struct agent *a = find(mn->dhaad, &mn->ha);

	done_asking(mn);
	if (a)
		a->avoid_until = 0;
}

void mn_dhaad_release(struct mn *mn)
{
	struct mn_dhaad *h = mn->dhaad;
	double now = clock_now();

	for (unsigned int i = 0; i < h->n_agents; i++) {
		struct agent *a = &h->agents[i];

		if (a->bound_until > now && !IN6_ARE_ADDR_EQUAL(&a->addr, &mn->ha))
			mn_bul_release(mn, &a->addr);
		a->bound_until = 0;
	}
}

void mn_dhaad_heard(struct mn *mn, const struct in6_addr *router, const struct nd_ra *ra)
{
	struct mn_dhaad *h = mn->dhaad;
	struct in6_addr order[AGENTS_MAX];
	enum hal_news news;
	const struct agent *a;
	unsigned int n;

	/* Of the home link only: another link's routers may have the same link-local addresses. */
	if (!mn_ra_has(ra, mn_hoa(mn)))
		return;
	news = hal_heard(&h->hal, router, ra, clock_now());
	if (news == HAL_FULL && log_allow(&h->log, "home-agents-full"))
		log_warn("home-agents-full", "router=%s max=%d", log_addr(router), HAL_AGENTS_MAX);
	if (!h->on)
		return;
	hal_expire(&h->hal, clock_now());
	n = hal_order(&h->hal, NULL, mn_hoa(mn), mn->home->plen, mn->home->mobile_router, order, AGENTS_MAX);
	if (!n && mn->home->mobile_router)
		n = hal_order(&h->hal, NULL, mn_hoa(mn), mn->home->plen, false, order, AGENTS_MAX);
	if ((news == HAL_OLD && mn_has_ha(mn)) || !set_list(mn, order, n, advertised))
		return;
	/* Not while one has a binding of ours, or may have. */
	a = choose(h);
	if (a && mn->location != MN_AWAY && !mn->bul.used && !mn->bul.maybe_bound && !IN6_ARE_ADDR_EQUAL(&a->addr, &mn->ha)) {
		use(mn, a, "advertised");
		mn->has_ha_lladdr = false;
	}
}

bool mn_dhaad_is_agent(const struct mn *mn, const struct in6_addr *addr)
{
	return IN6_ARE_ADDR_EQUAL(addr, &mn->ha) || find(mn->dhaad, addr) || hal_find(&mn->dhaad->hal, addr);
}

bool mn_dhaad_take(struct mn *mn, const struct nd_lladdr *lladdr)
{
	struct mn_dhaad *h = mn->dhaad;

	for (unsigned int i = 0; h->on && lladdr->len && i < h->hal.n; i++) {
		const struct hal_agent *agent = &h->hal.at[i];

		if (agent->lladdr.len != lladdr->len || memcmp(agent->lladdr.addr, lladdr->addr, lladdr->len))
			continue;
		for (unsigned int j = 0; j < agent->n_addrs; j++) {
			if (!may_be_agent(mn, &agent->addrs[j].addr))
				continue;
			use(mn, &(struct agent){ .addr = agent->addrs[j].addr, .source = advertised }, "has our binding");
			return true;
		}
	}
	return false;
}

/* ---- start, end, mip6ctl ---- */

int mn_dhaad_open(struct mn *mn, char *err, size_t err_len)
{
	static const uint8_t types[] = { ICMP6_DHAAD_REPLY };
	struct mn_dhaad *h = mn->dhaad = calloc(1, sizeof(*h));

	if (!h) {
		snprintf(err, err_len, "out of memory");
		return -1;
	}
	h->on = !mn_has_ha(mn);
	h->fd = -1;
	h->asked_at = -INFINITY;
	h->log.burst = 5;
	mn_timer_init(mn, &h->timer, on_timer);
	/* The configuration's check has refused a prefix that is too long for it where it is needed. */
	hal_anycast(mn_hoa(mn), mn->home->plen, &h->anycast);
	if (!h->on)
		return 0;
	h->fd = icmp_sock_open(types, sizeof(types));
	if (h->fd < 0) {
		snprintf(err, err_len, "cannot listen for home agent address discovery: %s", strerror(-h->fd));
		return -1;
	}
	ev_io_init(&h->io, on_reply, h->fd, EV_READ);
	h->io.data = mn;
	ev_io_start(mn->d->loop, &h->io);
	return 0;
}

void mn_dhaad_stop(struct mn *mn)
{
	done_asking(mn);
}

void mn_dhaad_close(struct mn *mn)
{
	struct mn_dhaad *h = mn->dhaad;

	if (!h)
		return;
	done_asking(mn);
	if (h->fd >= 0) {
		ev_io_stop(mn->d->loop, &h->io);
		close(h->fd);
	}
	free(h);
	mn->dhaad = NULL;
}

static void add_row(struct mn *mn, const struct in6_addr *addr, const char *source, const char *state, struct json_object *rows)
{
	const struct hal_agent *told = hal_find(&mn->dhaad->hal, addr);
	struct json_object *o = json_object_new_object();
	double now = clock_now();

	json_object_object_add(o, "home_address", mn_json_addr(mn_hoa(mn)));
	json_object_object_add(o, "home_agent_address", mn_json_addr(addr));
	json_object_object_add(o, "in_use", json_object_new_boolean(IN6_ARE_ADDR_EQUAL(addr, &mn->ha)));
	json_object_object_add(o, "state", json_object_new_string(state));
	json_object_object_add(o, "preference", told ? json_object_new_int(told->preference) : NULL);
	json_object_object_add(o, "remaining_s", told ? json_object_new_int64((int64_t)(told->expires - now)) : NULL);
	json_object_object_add(o, "mobile_router", told ? json_object_new_boolean(told->mobile_router) : NULL);
	json_object_object_add(o, "source", json_object_new_string(source));
	json_object_array_add(rows, o);
}

static void add_rows(struct mn *mn, struct json_object *rows)
{
	struct mn_dhaad *h = mn->dhaad;
	struct in6_addr known[HAL_AGENTS_MAX];
	double now = clock_now();
	unsigned int n;

	hal_expire(&h->hal, now);
	if (!h->on)
		add_row(mn, &mn->ha, "configuration", "usable", rows);
	for (unsigned int i = 0; i < h->n_agents; i++) {
		const struct agent *a = &h->agents[i];

		add_row(mn, &a->addr, a->source, a->avoid_until > now ? a->why : "usable", rows);
	}
	n = hal_order(&h->hal, NULL, mn_hoa(mn), mn->home->plen, false, known, HAL_AGENTS_MAX);
	for (unsigned int i = 0; i < n; i++)
		if (!find(h, &known[i]) && (h->on || !IN6_ARE_ADDR_EQUAL(&known[i], &mn->ha)))
			add_row(mn, &known[i], advertised, h->on ? "usable" : "not configured", rows);
}

/* A home address at a time. */
bool mn_dhaad_rows(struct daemon *d, uint64_t *at, unsigned int max, struct json_object *rows)
{
	struct mn *mn = mn_of(d);

	(void)max;
	for (uint64_t skip = *at; mn && skip; skip--)
		mn = mn->next;
	if (mn)
		add_rows(mn, rows);
	++*at;
	return mn && mn->next;
}
