// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A start in steps that are undone in reverse order.
 */
#include <errno.h>
#include <net/if.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "cn/cn.h"
#include "core/hook.h"
#include "core/ipsec.h"
#include "core/log.h"
#include "core/privileges.h"
#include "core/pump.h"
#include "core/version.h"
#include "ctl/ctl.h"
#include "kern/nl.h"
#include "kern/sysctl.h"
#include "mip6d.h"
#include "ro/ro.h"

#define LOCK_NAME "mip6d" /* abstract Unix socket: one a network namespace */

static const struct role_ops *const roles[] = {
	[ROLE_CN] = &cn_role,
	[ROLE_HA] = &ha_role,
	[ROLE_MN] = &mn_role,
};

/* ---- the steps: up() returns 0, or -1 with a->err ---- */

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
void app_say_failed(const struct app *a)
{
	fprintf(stderr, "mip6d: %s\n", a->err);
	if (a->logging && a->conf.debug_log_file)
		log_error("failed", "reason=\"%s\"", a->err);
}

/* The steps before this one. */
static void undo(struct app *a, int from)
{
	while (from-- > 0)
		if (steps[from].down)
			steps[from].down(a);
}

int app_go_up(struct app *a)
{
	for (int i = 0; i < N_STEPS; i++) {
		if (!steps[i].up(a))
			continue;
		app_say_failed(a);
		undo(a, i);
		return -1;
	}
	return 0;
}

void app_go_down(struct app *a)
{
	undo(a, N_STEPS);
}
