/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The program mip6d, inside of its own files only:
 *
 *   mip6d.c         main, the event loop, signals, an orderly stop
 *   mip6d_start.c   the steps of a start
 *   mip6d_reload.c  the configuration is read again
 */
#ifndef MIP6D_H
#define MIP6D_H

#include "core/daemon.h"
#include "core/options.h"

struct pump;

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

/* mip6d_start.c */
/* All steps. 0, or -1 after saying why not, and everything is undone. */
int app_go_up(struct app *a);
/* Undoes them, in reverse order. */
void app_go_down(struct app *a);
/* a->err, on stderr and in the log. */
void app_say_failed(const struct app *a);

/* mip6d_reload.c */
/* Command line over file. 0, or -1 without memory. */
int app_override_conf(const struct app *a, struct conf *c);
/* A file that is wrong changes nothing. */
void app_reload(struct app *a);

#endif
