/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mip6d's command line. */
#ifndef CORE_OPTIONS_H
#define CORE_OPTIONS_H

#include <stdbool.h>

struct options {
	const char *config;
	int role; /* enum conf_role, -1: the file's */
	int debug; /* -1: the file's */
	const char *log_file; /* NULL: the file's */
	const char *socket; /* NULL: in state_dir */
	const char *state_dir;
	bool show_config, check, compat, clean; /* compat: check, and compare with UMIP */
};

/*
 * Fills o, defaults included; its texts point into argv. 0, or the exit status after saying what is wrong. Help and
 * version are printed here and end the process.
 */
int options_parse(int argc, char **argv, struct options *o);

#endif
