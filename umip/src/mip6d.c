// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The daemon's main: start, event loop, signals, an orderly stop.
 */
#include <net/if.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "core/daemon.h"
#include "core/log.h"
#include "core/sdnotify.h"
#include "core/version.h"
#include "ctl/ctl.h"
#include "kern/tun.h"
#include "mip6d.h"

#define STOP_TIMEOUT 3.0 /* seconds that a role may take to leave */

/* ---- stop and signals ---- */

static void stopped(struct daemon *d)
{
	ev_break(d->loop, EVBREAK_ALL);
}

void daemon_fatal(struct daemon *d, const char *fmt, ...)
{
	struct app *a = (struct app *)d;
	va_list ap;

	if (!a->failed) { /* the first is the reason */
		va_start(ap, fmt);
		vsnprintf(a->err, sizeof(a->err), fmt, ap);
		va_end(ap);
	}
	a->failed = true;
	ev_break(d->loop, EVBREAK_ALL);
}

static void stop_too_long(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)w;
	(void)revents;
	log_warn("stop-timeout", "seconds=%.0f", STOP_TIMEOUT);
	ev_break(loop, EVBREAK_ALL);
}

static void on_stop_signal(struct ev_loop *loop, ev_signal *w, int revents)
{
	struct app *a = w->data;

	(void)revents;
	if (a->stopping) {
		ev_break(loop, EVBREAK_ALL);
		return;
	}
	a->stopping = true;
	log_notice("stopping", "signal=%s", sigabbrev_np(w->signum));
	sdnotify("STOPPING=1");
	ev_timer_start(loop, &a->stop_timer);
	if (a->role->stop)
		a->role->stop(&a->d, stopped);
	else
		stopped(&a->d);
}

static void on_reload_signal(struct ev_loop *loop, ev_signal *w, int revents)
{
	struct app *a = w->data;

	(void)loop;
	(void)revents;
	if (a->stopping)
		return;
	sdnotify("RELOADING=1");
	app_reload(a);
	sdnotify("READY=1");
}

/* From the beginning, so that a signal during the start ends in an orderly stop too. */
static void catch_signals(struct app *a)
{
	signal(SIGPIPE, SIG_IGN);
	ev_signal_init(&a->sig_term, on_stop_signal, SIGTERM);
	ev_signal_init(&a->sig_int, on_stop_signal, SIGINT);
	ev_signal_init(&a->sig_hup, on_reload_signal, SIGHUP);
	a->sig_term.data = a->sig_int.data = a->sig_hup.data = a;
	ev_signal_start(a->d.loop, &a->sig_term);
	ev_signal_start(a->d.loop, &a->sig_int);
	ev_signal_start(a->d.loop, &a->sig_hup);
	ev_timer_init(&a->stop_timer, stop_too_long, STOP_TIMEOUT, 0.);
}

static void on_watchdog(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)w;
	(void)revents;
	sdnotify("WATCHDOG=1");
}

static void say_ready(struct app *a)
{
	double watchdog = sdnotify_watchdog();

	char role[32];

	snprintf(role, sizeof(role), "%s", a->role->name);
	for (char *c = role; *c; c++)
		if (*c == ' ')
			*c = '-';
	log_notice("ready", "role=%s pid=%d config=%s socket=%s version=" MIP6D_VERSION, role, getpid(), a->conf.file,
		   a->opt.socket);
	sdnotify("READY=1");
	ev_timer_init(&a->watchdog, on_watchdog, watchdog, watchdog);
	if (watchdog > 0)
		ev_timer_start(a->d.loop, &a->watchdog);
}

static int run(struct app *a)
{
	/* Not the default loop: that one takes the exit statuses of all children */
	a->d.loop = ev_loop_new(EVFLAG_AUTO);
	if (!a->d.loop) {
		fputs("mip6d: cannot make an event loop\n", stderr);
		return 1;
	}
	a->d.conf = &a->conf;
	a->d.clean = a->opt.clean;
	a->d.mh_fd = a->d.nd_fd = -1;
	a->d.notify = ctl_no_notify;
	catch_signals(a);
	/* What an earlier daemon left for its successor is not for a start that fails, at whatever step, to take away. */
	a->d.leave = a->conf.ha_keep && !a->opt.clean && if_nametoindex(KERN_TUN_HA_NAME);
	if (!app_go_up(a)) {
		a->d.leave = false;
		if (a->opt.clean) {
			log_notice("cleaning", "role=\"%s\"", a->role->name);
		} else if (!a->failed) { /* a role may find its reason in the start already */
			say_ready(a);
			ev_run(a->d.loop, 0);
			a->d.leave = a->stopping && !a->failed && a->role->keeps && a->role->keeps(&a->d);
		}
		if (a->failed)
			app_say_failed(a);
		app_go_down(a);
	} else {
		a->failed = true;
	}
	ev_loop_destroy(a->d.loop);
	return a->failed;
}

int main(int argc, char **argv)
{
	static struct app a;
	unsigned int differences = 0;
	int status;

	status = options_parse(argc, argv, &a.opt);
	if (status)
		return status;
	if (conf_load_compat(a.opt.config, a.opt.role, &a.conf, stderr, a.opt.compat ? stdout : NULL, &differences))
		return 1;
	if (app_override_conf(&a, &a.conf)) {
		fputs("mip6d: out of memory\n", stderr);
		status = 1;
	} else if (a.opt.show_config) {
		conf_print(&a.conf, stdout);
	} else if (a.opt.compat) {
		printf("%s: ok, %u difference%s from UMIP\n", a.opt.config, differences, differences == 1 ? "" : "s");
	} else if (a.opt.check) {
		printf("%s: ok\n", a.opt.config);
	} else {
		status = run(&a);
	}
	conf_free(&a.conf);
	return status;
}
