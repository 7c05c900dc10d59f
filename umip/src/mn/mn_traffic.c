// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A hint of movement from the interface's counters: packets leave, and none comes back.
 *
 * Where no carrier tells of a move, a Router Advertisement of the new link does, up to its router's interval later. Who
 * has traffic need not wait for it: a link that we have left takes our packets and gives none. That alone proves
 * nothing, as there is traffic that nobody answers. So our router is asked, and if it does not answer either, others
 * are solicited. Traffic in one direction is asked about less and less often. And while an answer is waited for, the
 * counters tell whether anything comes at all.
 *
 * The counters are read often only while there is traffic, when the machine is awake anyhow.
 */
#include "mn/mn.h"

#define LOOK_BUSY   0.05
#define LOOK_IDLE   0.5
#define MANY	    5 /* packets without an answer are silence after */
#define SILENT_MANY 0.04 /* seconds, */
#define SILENT_FEW  0.2 /* fewer after so long: a peer far away takes its time */
#define PAUSE_MIN   0.5 /* seconds from one question to the next ... */
#define PAUSE_MAX   8.0 /* ... if nothing but answers to them comes */
#define ANSWERS	    2 /* packets that may be such */

void mn_traffic_forget(struct mn_if *nif)
{
	nif->traffic.known = false;
	nif->traffic.unanswered = 0;
}

static void suspect(struct mn_if *nif, double now)
{
	struct mn_traffic *t = &nif->traffic;

	t->unanswered = 0;
	if (now < t->next)
		return;
	t->pause = t->heard > ANSWERS || t->pause < PAUSE_MIN ? PAUSE_MIN : t->pause * 2;
	if (t->pause > PAUSE_MAX)
		t->pause = PAUSE_MAX;
	t->next = now + t->pause;
	t->heard = 0;
	log_debug("silence", "interface=%s", nif->name);
	mn_move_silence(nif);
}

/* What has come and gone since the last look. Returns whether there was anything. */
static bool look(struct mn_if *nif)
{
	struct mn_traffic *t = &nif->traffic;
	struct kern_link_traffic had = t->last;
	uint64_t sent, received;
	double now = clock_now();

	if (kern_link_traffic(nif->ifindex, &t->last)) {
		mn_traffic_forget(nif);
		return false;
	}
	sent = t->last.sent - had.sent;
	received = t->last.received - had.received;
	if (!t->known) {
		t->known = true;
		return true;
	}
	t->heard += received;
	if (received) {
		t->unanswered = 0;
	} else if (sent) {
		if (!t->unanswered)
			t->since = now;
		t->unanswered += sent;
	}
	if (t->unanswered && now - t->since >= (t->unanswered >= MANY ? SILENT_MANY : SILENT_FEW))
		suspect(nif, now);
	return sent || received || t->unanswered;
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
}

bool mn_traffic_silent(const struct mn_if *nif)
{
	const struct mn_traffic *t = &nif->traffic;
	struct kern_link_traffic now;

	return t->marked && !kern_link_traffic(nif->ifindex, &now) && now.received == t->mark.received &&
	       now.sent - t->mark.sent >= MANY;
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
