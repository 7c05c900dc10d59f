// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The daemon's main: a start in steps that are undone in reverse order, the event loop, an orderly stop.
 */
#include <errno.h>
#include <net/if.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "cn/cn.h"
#include "core/daemon.h"
#include "core/hook.h"
#include "core/ipsec.h"
#include "core/log.h"
#include "core/options.h"
#include "core/privileges.h"
#include "core/pump.h"
#include "core/sdnotify.h"
#include "core/version.h"
#include "ctl/ctl.h"
#include "kern/nl.h"
#include "kern/sysctl.h"
#include "kern/tun.h"
#include "ro/ro.h"

#define LOCK_NAME    "mip6d" /* abstract Unix socket: one a network namespace */
#define STOP_TIMEOUT 3.0 /* seconds that a role may take to leave */

struct app {
	struct daemon d; /* first: the role's callbacks hand it back */
	struct options opt;
	struct conf conf;
	const struct role_ops *role;
	struct pump *pump;
	ev_io lock;
	ev_signal sig_term, sig_int, sig_hup;
	ev_timer stop_timer, watchdog;
	void (*tell)(struct daemon *d, const char *event, struct json_object *fields);
	bool logging, stopping, failed;
	char socket[256];
	char err[512];
};

static const struct role_ops *const roles[] = {
	[ROLE_CN] = &cn_role,
	[ROLE_HA] = &ha_role,
	[ROLE_MN] = &mn_role,
};

/* ---- the steps of a start: up() returns 0, or -1 with a->err ---- */

static int __attribute__((format(printf, 2, 3))) fail(struct app *a, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(a->err, sizeof(a->err), fmt, ap);
	va_end(ap);
	return -1;
}

static int need_caps(struct app *a)
{
	if (privileges_enough())
		return 0;
	return fail(a, "permission denied: mip6d needs root (CAP_NET_ADMIN, CAP_NET_RAW)");
}

static int choose_role(struct app *a)
{
	a->role = roles[a->conf.role];
	return 0;
}

static int start_log(struct app *a)
{
	int r = log_open(a->conf.debug_log_file, a->conf.debug_level);

	if (r)
		return fail(a, "cannot write the log file %s: %s", a->conf.debug_log_file, strerror(-r));
	a->logging = true;
	return 0;
}

static void stop_log(struct app *a)
{
	if (a->stopping)
		log_notice("stopped", "pid=%d", getpid());
	log_close();
}

/* A second daemon connects only to learn our process id. */
static void lock_asked(struct ev_loop *loop, ev_io *w, int revents)
{
	int fd = accept4(w->fd, NULL, NULL, SOCK_CLOEXEC);

	(void)loop;
	(void)revents;
	if (fd >= 0)
		close(fd);
}

static int lock_namespace(struct app *a)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX, .sun_path = "\0" LOCK_NAME };
	const socklen_t addr_len = offsetof(struct sockaddr_un, sun_path) + 1 + strlen(LOCK_NAME);
	struct ucred owner = { .pid = 0 };
	socklen_t len = sizeof(owner);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), e;

	if (fd < 0)
		return fail(a, "cannot make a socket: %s", strerror(errno));
	if (!bind(fd, (struct sockaddr *)&addr, addr_len) && !listen(fd, 8)) {
		ev_io_init(&a->lock, lock_asked, fd, EV_READ);
		ev_io_start(a->d.loop, &a->lock);
		return 0;
	}
	e = errno;
	if (e == EADDRINUSE && !connect(fd, (struct sockaddr *)&addr, addr_len))
		getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &owner, &len);
	close(fd);
	if (e != EADDRINUSE)
		return fail(a, "cannot lock the network namespace: %s", strerror(e));
	if (owner.pid <= 0)
		return fail(a, "another mip6d is running in this network namespace");
	if (owner.uid)
		return fail(a, "the lock of this network namespace (@" LOCK_NAME ") is held by process %d of user %u",
			    owner.pid, owner.uid);
	return fail(a, "another mip6d (pid %d) is running in this network namespace", owner.pid);
}

static void unlock_namespace(struct app *a)
{
	ev_io_stop(a->d.loop, &a->lock);
	close(a->lock.fd);
}

static int find_interfaces(struct app *a)
{
	if (a->conf.role == ROLE_MN)
		return 0; /* its interfaces come and go */
	for (const struct conf_iface *i = a->conf.ifaces; i; i = i->next)
		if (!if_nametoindex(i->name))
			return fail(a, "%s:%d: interface \"%s\" does not exist", conf_file(&a->conf, i->line), CONF_LINE(i->line), i->name);
	return 0;
}

static int probe(struct app *a)
{
	int r = kern_probe(&a->d.able, a->conf.use_mn_ha_ipsec && a->conf.ipsec);
	const char *missing;

	if (r == -EPERM)
		return fail(a, "cannot try what the kernel can do: that takes CAP_SYS_ADMIN, for a network namespace");
	if (r)
		return fail(a, "cannot try what the kernel can do: %s", strerror(-r));
	missing = a->conf.role == ROLE_HA ? kern_probe_missing_ha(&a->d.able) :
		  a->conf.role == ROLE_MN ? kern_probe_missing_mn(&a->d.able) :
					    kern_probe_missing_cn(&a->d.able);
	return missing ? fail(a, "%s", missing) : 0;
}

static int open_netlink(struct app *a)
{
	int r = kern_nl_open();

	return r ? fail(a, "cannot open netlink sockets: %s", strerror(-r)) : 0;
}

static void close_netlink(struct app *a)
{
	(void)a;
	kern_nl_close();
}

/* The socket comes before the sysctls: it is what tells that a state directory is in use. */
static int open_control(struct app *a)
{
	const char *path = a->opt.socket;

	if (mkdir(a->opt.state_dir, 0755) && errno != EEXIST)
		return fail(a, "cannot make the directory %s: %s", a->opt.state_dir, strerror(errno));
	if (!path) {
		if (snprintf(a->socket, sizeof(a->socket), "%s/" MIP6D_SOCKET_NAME, a->opt.state_dir) >=
		    (int)sizeof(a->socket))
			return fail(a, "the state directory's path is too long: %s", a->opt.state_dir);
		path = a->opt.socket = a->socket;
	}
	return ctl_open(&a->d, a->role, path, a->err, sizeof(a->err));
}

static void close_control(struct app *a)
{
	ctl_close(&a->d);
}

static int open_sysctls(struct app *a)
{
	int r = kern_sysctl_open(a->opt.state_dir);

	return r ? fail(a, "cannot keep sysctls in %s: %s", a->opt.state_dir, strerror(-r)) : 0;
}

static void close_sysctls(struct app *a)
{
	(void)a;
	if (a->d.leave)
		kern_sysctl_leave();
	else
		kern_sysctl_close();
}

static int open_ipsec(struct app *a)
{
	if (!a->conf.use_mn_ha_ipsec || a->conf.role == ROLE_CN)
		return 0;
	a->d.ipsec = ipsec_open(&a->d, a->err, sizeof(a->err));
	return a->d.ipsec ? 0 : -1;
}

static void close_ipsec(struct app *a)
{
	ipsec_close(a->d.ipsec, a->d.leave);
	a->d.ipsec = NULL;
}

static int open_pump(struct app *a)
{
	a->pump = pump_open(&a->d, a->role, a->err, sizeof(a->err));
	return a->pump ? 0 : -1;
}

static void close_pump(struct app *a)
{
	pump_close(a->pump);
}

static int open_ro(struct app *a)
{
	unsigned int accept = a->conf.role == ROLE_MN ? RO_ACCEPT_RT2 : RO_ACCEPT_HAO;

	if (a->conf.ro_cn)
		accept |= RO_ACCEPT_HAO;
	if (a->conf.role == ROLE_HA && a->conf.send_mob_pfx_advs)
		accept |= RO_ACCEPT_MPS;
	if (a->conf.role == ROLE_MN && a->conf.send_mob_pfx_sols)
		accept |= RO_ACCEPT_MPA;
	a->d.ro = ro_open(accept, a->d.able.state_update);
	return a->d.ro ? 0 : fail(a, "cannot set up mobility states and policies: %s", kern_error());
}

static void close_ro(struct app *a)
{
	if (ro_close(a->d.ro))
		log_error("kernel-refused", "error=\"%s\"", kern_error());
	a->d.ro = NULL;
}

static int open_cn(struct app *a)
{
	if (!a->conf.ro_cn)
		return 0;
	a->d.cn = cn_open(&a->d, a->d.ro, a->err, sizeof(a->err));
	return a->d.cn ? 0 : -1;
}

static void close_cn(struct app *a)
{
	cn_close(a->d.cn);
	a->d.cn = NULL;
}

static int start_role(struct app *a)
{
	ev_now_update(a->d.loop); /* the steps before took their time */
	if (!a->role->start(&a->d, a->err, sizeof(a->err))) {
		ipsec_settled(a->d.ipsec);
		return 0;
	}
	if (a->d.role)
		a->role->free(&a->d);
	return -1;
}

static void free_role(struct app *a)
{
	a->role->free(&a->d);
}

/* Last: what the steps before needed, the loop does not. */
static int drop_privileges(struct app *a)
{
	int r = privileges_drop();

	return r ? fail(a, "cannot give up privileges: %s", strerror(-r)) : 0;
}

static void tell_all(struct daemon *d, const char *event, struct json_object *fields)
{
	hook_tell(d->hook, event, fields);
	((struct app *)d)->tell(d, event, fields);
}

/* With no more privileges than we have ourselves. */
static int open_hook(struct app *a)
{
	if (!a->conf.hook_program || a->opt.clean)
		return 0;
	a->d.hook = hook_open(&a->d, a->conf.hook_program, a->err, sizeof(a->err));
	if (!a->d.hook)
		return -1;
	a->tell = a->d.notify;
	a->d.notify = tell_all;
	return 0;
}

static void close_hook(struct app *a)
{
	if (!a->d.hook)
		return;
	a->d.notify = a->tell;
	hook_close(a->d.hook);
	a->d.hook = NULL;
}

static const struct step {
	int (*up)(struct app *a);
	void (*down)(struct app *a);
} steps[] = {
	{ choose_role, NULL },
	{ need_caps, NULL },
	{ start_log, stop_log },
	{ lock_namespace, unlock_namespace },
	{ find_interfaces, NULL },
	{ probe, NULL },
	{ open_netlink, close_netlink },
	{ open_control, close_control },
	{ open_sysctls, close_sysctls },
	{ open_ipsec, close_ipsec }, /* before there is a socket in which something unprotected could wait */
	{ open_pump, close_pump },
	{ open_ro, close_ro },
	{ open_cn, close_cn },
	{ start_role, free_role },
	{ drop_privileges, NULL },
	{ open_hook, close_hook },
};
#define N_STEPS ((int)(sizeof(steps) / sizeof(*steps)))

/* The administrator's one line, also for who only reads the log file. */
static void say_failed(const struct app *a)
{
	fprintf(stderr, "mip6d: %s\n", a->err);
	if (a->logging && a->conf.debug_log_file)
		log_error("failed", "reason=\"%s\"", a->err);
}

static void go_down(struct app *a, int from)
{
	while (from-- > 0)
		if (steps[from].down)
			steps[from].down(a);
}

/* 0, or -1 with a->err and everything undone. */
static int go_up(struct app *a)
{
	for (int i = 0; i < N_STEPS; i++) {
		if (!steps[i].up(a))
			continue;
		say_failed(a);
		go_down(a, i);
		return -1;
	}
	return 0;
}

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

/* ---- reload ---- */

/* Command line over file. 0 or -1. */
static int override_conf(const struct app *a, struct conf *c)
{
	if (a->opt.debug >= 0)
		c->debug_level = a->opt.debug;
	if (a->opt.log_file) {
		char *copy = strdup(a->opt.log_file);

		if (!copy)
			return -1;
		free(c->debug_log_file);
		c->debug_log_file = copy;
	}
	return 0;
}

/* Each line of what the reader has to say is one of the log. */
static void log_lines(char *text)
{
	char *rest;

	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		log_error("reload-failed", "error=\"%s\"", line);
}

struct reload {
	struct json_object *taken, *waiting;
};

static void say_keyword(const char *keyword, bool taken, void *arg)
{
	struct reload *r = arg;

	if (taken)
		log_notice("reload-changed", "keyword=%s", keyword);
	else
		log_warn("reload-needs-restart", "keyword=%s", keyword);
	json_object_array_add(taken ? r->taken : r->waiting, json_object_new_string(keyword));
}

static void reload(struct app *a)
{
	struct reload r = { .taken = json_object_new_array(), .waiting = json_object_new_array() };
	struct json_object *o = json_object_new_object();
	struct conf next = { 0 };
	char *text = NULL;
	size_t size;
	FILE *err = open_memstream(&text, &size);
	bool good = err && r.taken && r.waiting && o && !conf_load(a->opt.config, a->opt.role, &next, err) && !override_conf(a, &next) &&
		    conf_reload(&a->conf, &next, say_keyword, &r) >= 0;
	int rc;

	if (err)
		fclose(err);
	if (!good && text && *text)
		log_lines(text);
	else if (!good)
		log_error("reload-failed", "error=\"out of memory\"");
	free(text);
	conf_free(&next);
	if (!good) {
		log_notice("reload-kept", "config=%s", a->opt.config);
		json_object_put(r.taken);
		json_object_put(r.waiting);
		json_object_put(o);
		return;
	}
	/* Also if it is the same file: whoever rotates logs has moved the old one away. */
	rc = log_open(a->conf.debug_log_file, a->conf.debug_level);
	if (rc)
		log_error("reload-failed", "error=\"cannot write the log file %s: %s\"", a->conf.debug_log_file, strerror(-rc));
	log_notice("reloaded", "config=%s changed=%zu needs_restart=%zu", a->opt.config, json_object_array_length(r.taken),
		   json_object_array_length(r.waiting));
	json_object_object_add(o, "changed", r.taken);
	json_object_object_add(o, "needs_restart", r.waiting);
	a->d.notify(&a->d, "reloaded", o);
	if (a->role->reloaded)
		a->role->reloaded(&a->d);
}

static void on_reload_signal(struct ev_loop *loop, ev_signal *w, int revents)
{
	struct app *a = w->data;

	(void)loop;
	(void)revents;
	if (a->stopping)
		return;
	sdnotify("RELOADING=1");
	reload(a);
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
	if (!go_up(a)) {
		a->d.leave = false;
		if (a->opt.clean) {
			log_notice("cleaning", "role=\"%s\"", a->role->name);
		} else if (!a->failed) { /* a role may find its reason in the start already */
			say_ready(a);
			ev_run(a->d.loop, 0);
			a->d.leave = a->stopping && !a->failed && a->role->keeps && a->role->keeps(&a->d);
		}
		if (a->failed)
			say_failed(a);
		go_down(a, N_STEPS);
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
	if (override_conf(&a, &a.conf)) {
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
