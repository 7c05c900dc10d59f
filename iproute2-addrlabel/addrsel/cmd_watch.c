// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * watch: applies the policy, and then keeps gai.conf in step with the kernel's labels, whoever changes them. What else
 * changes the policy in effect is followed, too: interfaces that come and go (rows of an interface), addresses (automatic
 * rows), DHCPv6 policies that expire or want to be asked for again.
 */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "commands.h"
#include "core/clock.h"
#include "core/sdnotify.h"
#include "kern/nl.h"
#include "report.h"

#define POLL_S	    1.0 /* between two looks at a table that does not notify */
#define ASK_RETRY_S 600 /* after a server did not answer */
#define ASKS_MAX    16 /* at a time */

struct watch {
	struct options *o;
	int label_fd; /* -1: the kernel does not notify */
	int net_fd; /* links and addresses */
	int signal_fd;
	struct prefixes seen; /* the labels that gai.conf follows, sorted: what we applied, or what we found */
	struct prefixes
		want; /* what of the kernel's labels is the policy's, put there by us or by another addrselctl */
	double next_poll; /* clock_now() */
	double next_due; /* state_now(): a DHCPv6 policy expires, or is asked for; 0: none */
	struct {
		pid_t pid;
		char dev[IFNAMSIZ];
	} asking[ASKS_MAX];
};

static bool equal(const struct prefixes *a, const struct prefixes *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (prefix_cmp(&a->v[i], &b->v[i]) || a->v[i].value != b->v[i].value)
			return false;
	return true;
}

static void say(struct watch *w, const char *event, const struct effective *e, const struct applied *a)
{
	if (!a->kernel_changed && !a->gaiconf_changed)
		return;
	if (!w->o->json)
		printf("%s: ", event);
	applied_print(w->o, e, a);
	fflush(stdout);
}

/* The lock for one turn: others write between two of ours. */
static int lock(const struct watch *w)
{
	int fd = state_lock(w->o->state_dir);

	if (fd < 0)
		complain("cannot lock %s: %s", w->o->state_dir, strerror(-fd));
	return fd;
}

static void set_due(struct watch *w, const struct effective *e)
{
	w->next_due = 0;
	for (int i = 0; i < e->n_dhcp6; i++) {
		const struct state_policy *s = &e->dhcp6[i].state;
		double due[2] = { e->dhcp6[i].fate == FATE_EXPIRED ? 0 : s->expires, s->ask_again };

		for (int j = 0; j < 2; j++)
			if (due[j] > 0 && (!w->next_due || due[j] < w->next_due))
				w->next_due = due[j];
	}
}

/*
 * The policy as it is now goes to the kernel, whatever is there. What is taken as wanted and as seen is what was applied,
 * not what a second look finds: an interface or a label of somebody else that comes right behind must be noticed.
 */
static int apply_whole(struct watch *w, const char *event)
{
	struct prefixes want = { 0 }, seen = { 0 };
	struct applied a = { 0 };
	struct effective e;
	int fd = lock(w), rc = fd < 0 ? -1 : load_effective(w->o, w->o->file, &e);

	if (!rc) {
		follow_dhcp6(w->o, &e);
		if (effective_labels(&e.policy, &want, &a.absent) || labels_without_duplicates(&want, &seen))
			rc = -1;
		else
			rc = apply_labels(w->o, &e, &want, &a);
		if (!rc) {
			say(w, event, &e, &a);
			prefixes_free(&w->want);
			prefixes_free(&w->seen);
			w->want = want;
			w->seen = seen;
		} else {
			prefixes_free(&want);
			prefixes_free(&seen);
		}
		set_due(w, &e);
		applied_free(&a);
		effective_free(&e);
	}
	if (fd >= 0)
		close(fd);
	return rc;
}

/*
 * Another addrselctl may have applied a new policy: what it wants and the kernel has is the policy's from now on, and what
 * neither wants any longer is not. What it wants and the kernel has not is left to follow_policy(): its interface may have
 * come a moment ago.
 */
static void learn(struct watch *w, const struct policy *p, const struct prefixes *now)
{
	struct prefixes want;
	size_t n = 0;

	if (effective_labels(p, &want, NULL))
		return;
	for (size_t i = 0; i < want.n; i++) {
		const struct prefix_value *v = &want.v[i], *there = prefixes_find(now, v);
		struct prefix_value *known = prefixes_find(&w->want, v);

		if (!there || there->value != v->value)
			continue;
		if (known)
			known->value = v->value;
		else if (!prefixes_add(&w->want, &v->prefix, v->len, v->ifindex, v->value))
			prefixes_sort(&w->want);
	}
	for (size_t i = 0; i < w->want.n; i++)
		if (prefixes_find(&want, &w->want.v[i]) || prefixes_find(now, &w->want.v[i]))
			w->want.v[n++] = w->want.v[i];
	w->want.n = n;
	prefixes_free(&want);
}

/* Others changed labels: gai.conf follows them. */
static void follow_labels(struct watch *w)
{
	struct prefixes dump = { 0 }, now = { 0 };
	struct applied a = { 0 };
	struct effective e;
	int fd = lock(w);

	if (fd < 0)
		return;
	if (labels_dump(&dump, NULL))
		complain("cannot read the kernel's labels: %s", kern_error());
	else if (!labels_without_duplicates(&dump, &now) && !equal(&now, &w->seen) &&
		 !load_effective(w->o, w->o->file, &e)) {
		if (!apply_gaiconf(w->o, &e, &now, &a))
			say(w, "the kernel's labels changed", &e, &a);
		learn(w, &e.policy, &now);
		set_due(w, &e);
		applied_free(&a);
		effective_free(&e);
		prefixes_free(&w->seen);
		w->seen = now;
		now = (struct prefixes){ 0 };
	}
	prefixes_free(&dump);
	prefixes_free(&now);
	close(fd);
}

/*
 * An interface or an address came or went, or a DHCPv6 policy: if the policy now wants other labels, the difference goes
 * to the kernel. What others changed there stays.
 */
static void follow_policy(struct watch *w, const char *event)
{
	struct prefixes want = { 0 }, target = { 0 }, now = { 0 };
	struct effective e;
	struct applied a = { 0 };
	int fd = lock(w);

	if (fd < 0 || load_effective(w->o, w->o->file, &e)) {
		if (fd >= 0)
			close(fd);
		return;
	}
	follow_dhcp6(w->o, &e);
	set_due(w, &e);
	if (effective_labels(&e.policy, &want, NULL) || labels_dump(&now, NULL) ||
	    labels_without_duplicates(&now, &target))
		goto out;
	for (size_t i = target.n; i-- > 0;) {
		/* ours once, and no longer */
		if (prefixes_find(&w->want, &target.v[i]) && !prefixes_find(&want, &target.v[i]))
			memmove(&target.v[i], &target.v[i + 1], (--target.n - i) * sizeof(*target.v));
	}
	for (size_t i = 0; i < want.n; i++) {
		const struct prefix_value *v = &want.v[i], *before = prefixes_find(&w->want, v);
		struct prefix_value *there = prefixes_find(&target, v);

		if (before && before->value == v->value)
			continue;
		if (there)
			there->value = v->value;
		else if (!prefixes_add(&target, &v->prefix, v->len, v->ifindex, v->value))
			prefixes_sort(&target);
	}
	if (!apply_labels(w->o, &e, &target, &a)) {
		say(w, event, &e, &a);
		prefixes_free(&w->want);
		w->want = want;
		want = (struct prefixes){ 0 };
		prefixes_free(&w->seen);
		w->seen = target;
		target = (struct prefixes){ 0 };
	}
out:
	applied_free(&a);
	prefixes_free(&want);
	prefixes_free(&target);
	prefixes_free(&now);
	effective_free(&e);
	close(fd);
}

/* ---- asking again ---- */

static void start_asking(struct watch *w, const char *dev)
{
	char *argv[] = { (char *)"addrselctl",
			 (char *)"--file",
			 (char *)w->o->file,
			 (char *)"--gai-conf",
			 (char *)w->o->gaiconf,
			 (char *)"--state-dir",
			 (char *)w->o->state_dir,
			 (char *)"dhcp6",
			 (char *)dev,
			 (char *)"ask",
			 NULL };
	posix_spawnattr_t attr;
	int slot = -1, rc;
	sigset_t none;

	for (int i = 0; i < ASKS_MAX; i++) {
		if (w->asking[i].pid && !strcmp(w->asking[i].dev, dev))
			return;
		if (!w->asking[i].pid)
			slot = i;
	}
	if (slot < 0)
		return;
	sigemptyset(&none);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
	rc = posix_spawn(&w->asking[slot].pid, "/proc/self/exe", NULL, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	if (rc) {
		complain("cannot ask again on %s: %s", dev, strerror(rc));
		w->asking[slot].pid = 0;
		return;
	}
	snprintf(w->asking[slot].dev, IFNAMSIZ, "%s", dev);
}

static void reap(struct watch *w)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (int i = 0; i < ASKS_MAX; i++)
			if (w->asking[i].pid == pid)
				w->asking[i].pid = 0;
	follow_policy(w, "a DHCPv6 server answered");
}

/* Policies whose time has come */
static void come_due(struct watch *w)
{
	struct state_policy *list;
	double now = state_now();
	int fd = lock(w), n = fd < 0 ? 0 : state_list(w->o->state_dir, &list);

	for (int i = 0; i < n; i++)
		if (list[i].ask_again > 0 && list[i].ask_again <= now) {
			/* it writes a later time when it has an answer; until then this one holds */
			list[i].ask_again = now + ASK_RETRY_S;
			state_save(w->o->state_dir, &list[i]);
			start_asking(w, list[i].dev);
		}
	if (n > 0)
		state_free(list, n);
	if (fd >= 0)
		close(fd);
	follow_policy(w, "a DHCPv6 policy's time is over");
}

/* ---- the loop ---- */

static int open_net(void)
{
	struct sockaddr_nl local = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK | RTMGRP_IPV6_IFADDR };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

	if (fd >= 0 && bind(fd, (struct sockaddr *)&local, sizeof(local))) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* Whatever it says, the answer is to look: so it is only emptied. A lost message (ENOBUFS) is a message. */
static bool drain(int fd)
{
	char buf[8192];
	bool some = false;

	while (recv(fd, buf, sizeof(buf), 0) >= 0 || errno == EINTR || errno == ENOBUFS)
		some = true;
	return some;
}

static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* false: the end */
static bool read_signals(struct watch *w)
{
	struct signalfd_siginfo s;

	while (read(w->signal_fd, &s, sizeof(s)) == sizeof(s)) {
		if (s.ssi_signo == SIGHUP) {
			sdnotify("RELOADING=1");
			apply_whole(w, "asked to reload");
			sdnotify("READY=1");
		} else if (s.ssi_signo == SIGCHLD) {
			reap(w);
		} else {
			return false;
		}
	}
	return true;
}

static int timeout_ms(const struct watch *w)
{
	double wait = w->label_fd < 0 ? w->next_poll - clock_now() : 3600;
	double due = w->next_due ? w->next_due - state_now() : 3600;

	wait = due < wait ? due : wait;
	return wait > 0 ? (int)(wait * 1000) + 1 : 0;
}

static void loop(struct watch *w)
{
	bool changed = false;

	for (;;) {
		struct pollfd fds[] = { { .fd = w->signal_fd, .events = POLLIN },
					{ .fd = w->net_fd, .events = POLLIN },
					{ .fd = w->label_fd, .events = POLLIN } };

		poll(fds, 3, timeout_ms(w));
		if (fds[0].revents && !read_signals(w))
			return;
		changed = w->label_fd < 0 ? clock_now() >= w->next_poll :
					    fds[2].revents && labels_watch_read(w->label_fd) != 0;
		if (changed)
			follow_labels(w);
		if (w->label_fd < 0 && changed)
			w->next_poll = clock_now() + POLL_S;
		if (fds[1].revents && drain(w->net_fd))
			follow_policy(w, "interfaces or addresses changed");
		if (w->next_due && state_now() >= w->next_due)
			come_due(w);
	}
}

int cmd_watch(struct options *o, int argc, char **argv)
{
	struct watch w = { .o = o };
	int rc = 1;

	(void)argc;
	(void)argv;
	setvbuf(stdout, NULL, _IOLBF, 0);
	w.signal_fd = open_signals();
	w.net_fd = open_net();
	w.label_fd = labels_watch();
	if (w.label_fd == -EOPNOTSUPP)
		complain("this kernel does not notify of label changes: its table is read every %.0f s", POLL_S);
	else if (w.label_fd < 0)
		complain("cannot follow the kernel's notifications: %s", strerror(-w.label_fd));
	if (w.label_fd < 0)
		w.label_fd = -1;
	if (w.signal_fd < 0 || w.net_fd < 0)
		complain("cannot follow the kernel's notifications: %s", strerror(errno));
	else if (!apply_whole(&w, "start"))
		rc = 0;
	if (!rc) {
		sdnotify("READY=1");
		w.next_poll = clock_now() + POLL_S;
		loop(&w);
		sdnotify("STOPPING=1");
	}
	for (int i = 0; i < ASKS_MAX; i++)
		if (w.asking[i].pid > 0)
			kill(w.asking[i].pid, SIGTERM);
	prefixes_free(&w.seen);
	prefixes_free(&w.want);
	return finish(rc);
}
