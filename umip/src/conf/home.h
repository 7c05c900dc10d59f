/* SPDX-License-Identifier: GPL-2.0-or-later */
/* MnHomeLink (RFC 6275 11.5) in mip6d.conf: reading sections, and what must be true of all home addresses together. */
#ifndef CONF_HOME_H
#define CONF_HOME_H

#include "conf/args.h"

/* What is being read. */
struct home_section {
	struct conf_home all;	       /* what its home addresses have in common, in whatever order it stands */
	struct conf_home *homes, **end; /* one for each HomeAddress */
	struct conf_loc ha_loc;	       /* line 0: not there, or wrong */
	bool ha_bad;		       /* there, and wrong */
	struct conf_prefix prefix;     /* HomePrefix; line 0: likewise */
};

/* v is its interface's name; NULL: that was wrong. */
void home_begin(struct home_section *s, const struct stmt *statement, const struct val *v);
/* The statements in it. */
void home_agent_address(struct args *a, struct home_section *s);
void home_address(struct args *a, struct home_section *s);
void home_prefix(struct args *a, struct home_section *s);
void home_ro_policy(struct args *a, struct home_section *s);
/* And its '}': its home addresses go to the end of the configuration's. */
void home_end(struct parser *p, struct conf *c, struct home_section *s);

/* After the whole file: what goes together. */
void home_check(struct parser *p, const struct conf *c);
void home_free(struct conf_home *h);

#endif
