// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A hint of movement from the interface's counters: packets leave, and none comes back; or a stream of packets came, and
 * stops.
 *
 * Where no carrier tells of a move, a Router Advertisement of the new link does, up to its router's interval later, and of
 * a router that is gone, the next one that does not come. Who has traffic need not wait for it: a link that we have left
 * takes our packets and gives none, and a router that is gone brings none. That alone proves nothing, as there is traffic
 * that nobody answers, and every stream has its end. So our router is asked, and if it does not answer either, others
 * are solicited. Traffic in one direction is asked about less and less often, unless another interface is ready to take
 * over: there, what is sent into the dark is what could be saved. And while an answer is waited for, the counters tell whether
 * anything comes at all.
 *
 * What counts as a stop is learned: longer than the stream's own pauses. So one that comes in bursts is not asked about after each.
 *
 * The counters are read often only while there is traffic, when the machine is awake anyhow.
 */
#include "mn/mn.h"

#define LOOK_BUSY   0.05
#define LOOK_IDLE   0.5
#define MANY	    5 /* packets without an answer are silence after */
#define SILENT_MANY 0.04 /* seconds, */
#define SILENT_FEW  0.2 /* fewer after so long: a peer far away takes its time */
#define STREAM	    5.0 /* packets received */
#define STREAM_SPAN 0.5 /* in about so many seconds are a stream; it has stopped */
#define STOP_MIN    0.1 /* after so many seconds without one, or later, */
#define STOP_MAX    0.25
#define STOP_GAPS   1.5 /* after so many times the longest pause that it made, ... */
#define GAP_FADES   0.98 /* ... which counts less with each look */
#define STOP_REST   4 /* with a part of so many of the stream it has stopped yet: there are others on the link */
#define PAUSE_MIN   0.5 /* seconds from one question to the next ... */
#define PAUSE_MAX   8.0 /* ... if nothing but answers to them comes */
#define PAUSE_READY 0.2 /* both, if another interface is ready */
#define ANSWERS	    2 /* packets that may be such */

void mn_traffic_forget(struct mn_if *nif)
{
	struct mn_traffic *t = &nif->traffic;

	t->known = false;
	t->unanswered = 0;
	t->flow = t->stream = t->gap = 0;
	t->asked = false;
}

static double next_pause(const struct mn_if *nif)
{
	const struct mn_traffic *t = &nif->traffic;

	if (mn_select_ready(nif->mn))
		return PAUSE_READY;
	if (t->heard > ANSWERS || t->pause < PAUSE_MIN)
		return PAUSE_MIN;
	return t->pause * 2 < PAUSE_MAX ? t->pause * 2 : PAUSE_MAX;
}

/* rate: what came in a second, before */
static void suspect(struct mn_if *nif, double rate, double now)
{
	struct mn_traffic *t = &nif->traffic;

	if (now < t->next)
		return;
	t->pause = next_pause(nif);
	t->next = now + t->pause;
	t->unanswered = t->heard = 0;
	/* It has to come again, to stop again; more than an answer, and not much more. If something comes soon, and be it the answer, it was a
	 * pause that long at least. */
	t->asked = t->stream >= STREAM;
	t->stream = 0;
	if (t->flow > STREAM - 1)
		t->flow = STREAM - 1;
	t->rate = rate;
	log_debug("silence", "interface=%s", nif->name);
	mn_move_silence(nif);
}

static bool stream_stopped(const struct mn_traffic *t, double now)
{
	double least = t->gap * STOP_GAPS;

	if (least < STOP_MIN)
		least = STOP_MIN;
	return t->stream >= STREAM && now - t->stream_at >= (least < STOP_MAX ? least : STOP_MAX);
}

/* Has it come, or may it be in a pause, that was or was not asked about? */
static bool stream_is_near(const struct mn_traffic *t, double now)
{
	return t->stream >= STREAM || (t->asked && now - t->stream_at < STREAM_SPAN);
}

static void note_stream(struct mn_traffic *t, uint64_t received, double now)
{
	double passed = now - t->looked;

	t->looked = now;
	t->flow -= t->flow * (passed < STREAM_SPAN ? passed / STREAM_SPAN : 1);
	t->flow += (double)received;
	t->gap *= GAP_FADES;
	if (!received)
		return;
	if (stream_is_near(t, now) && now - t->stream_at > t->gap)
		t->gap = now - t->stream_at;
	t->asked = false;
	t->stream = t->flow;
	t->stream_at = now;
}

/* Questions to a router for a lesser reason, of all home addresses: what they have sent nobody answers, if it is gone, and that says no more. */
static uint64_t questions(const struct mn_if *nif)
{
	uint64_t n = 0;

	for (const struct mn *mn = mn_of(nif->mn->d); mn; mn = mn->next) {
		const struct mn_if *same = mn_if_by_index(mn, nif->ifindex);

		if (same && same->probing && !same->silent)
			n += same->probes_sent + 1; /* and a solicitation of others */
	}
	return n;
}

/* What has come and gone since the last look. Returns whether there was anything. */
static bool look(struct mn_if *nif)
{
	struct mn_traffic *t = &nif->traffic;
	struct kern_link_traffic had = t->last;
	uint64_t sent, received, ours;
	double now = clock_now();

	if (kern_link_traffic(nif->ifindex, &t->last)) {
		mn_traffic_forget(nif);
		return false;
	}
	sent = t->last.sent - had.sent;
	received = t->last.received - had.received;
	if (!t->known) {
		t->known = true;
		t->looked = now;
		return true;
	}
	t->heard += received;
	note_stream(t, received, now);
	if (received) {
		t->unanswered = 0;
	} else if (sent) {
		if (!t->unanswered)
			t->since = now;
		t->unanswered += sent;
	}
	if (stream_stopped(t, now))
		suspect(nif, t->stream / STREAM_SPAN, now);
	else if (t->unanswered > (ours = questions(nif)) && now - t->since >= (t->unanswered - ours >= MANY ? SILENT_MANY : SILENT_FEW))
		suspect(nif, 0, now);
	return sent || received || t->unanswered || stream_is_near(t, now);
}

static void on_look(struct ev_loop *loop, struct ev_timer *w, int revents)
{
	struct mn_if *nif = w->data;
	bool busy = false;

	(void)loop;
	(void)revents;
	if (nif != nif->mn->cur || !nif->link_up || !nif->router || nif->lost != MN_LINK_OK)
		mn_traffic_forget(nif);
	else
		busy = look(nif);
	mn_timer_start(nif->mn, &nif->traffic.timer, busy ? LOOK_BUSY : LOOK_IDLE);
}

void mn_traffic_mark(struct mn_if *nif)
{
	struct mn_traffic *t = &nif->traffic;

	t->marked = !kern_link_traffic(nif->ifindex, &t->mark);
	t->mark_at = clock_now();
}

/* Packets received since the mark; 0 if that is not known. */
static uint64_t came(const struct mn_if *nif)
{
	const struct mn_traffic *t = &nif->traffic;
	struct kern_link_traffic now;

	return t->marked && !kern_link_traffic(nif->ifindex, &now) ? now.received - t->mark.received : 0;
}

bool mn_traffic_stopped(const struct mn_if *nif)
{
	const struct mn_traffic *t = &nif->traffic;

	/* one may be an advertisement */
	return t->marked && (double)came(nif) <= 1 + t->rate * (clock_now() - t->mark_at) / STOP_REST;
}

bool mn_traffic_comes(const struct mn_if *nif)
{
	return came(nif) >= MANY;
}

bool mn_traffic_silent(const struct mn_if *nif)
{
	const struct mn_traffic *t = &nif->traffic;
	struct kern_link_traffic now;

	/* The probes are ours. */
	return t->marked && !kern_link_traffic(nif->ifindex, &now) && now.received == t->mark.received &&
	       now.sent - t->mark.sent >= MANY + nif->probes_sent;
}

void mn_traffic_start(struct mn_if *nif)
{
	mn_if_timer_init(nif, &nif->traffic.timer, on_look);
	mn_timer_start(nif->mn, &nif->traffic.timer, LOOK_IDLE);
}

void mn_traffic_stop(struct mn_if *nif)
{
	mn_timer_stop(nif->mn, &nif->traffic.timer);
}
