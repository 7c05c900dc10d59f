/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mobile network prefixes (RFC 3963) in mip6d.conf: reading them, and what must be true of them. */
#ifndef CONF_MNP_H
#define CONF_MNP_H

#include "conf/args.h"

/*
 * The list in parentheses that may come next, into out, which the caller frees (out->at) whatever the result. False after an error.
 * None of them may hold the home address.
 */
bool mnp_list(struct args *a, const struct in6_addr *hoa, struct conf_mnps *out);
/* HaServedPrefix. */
void mnp_served(struct args *a, struct conf *c);
/* What goes together with them in one MnHomeLink; loc is that of the home address. */
void mnp_check_mn(struct parser *p, const struct conf_home *h, struct conf_loc loc);
/* And between two home addresses of a mobile node, g before h. */
void mnp_check_two(struct parser *p, const struct conf_home *g, const struct conf_home *h);
/* Across the access list: nobody's prefix is anybody else's, and all are served. */
void mnp_check_ha(struct parser *p, const struct conf *c);

#endif
