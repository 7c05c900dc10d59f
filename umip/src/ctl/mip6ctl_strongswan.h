/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What strongSwan has to know so that its associations fit mip6d's policies: swanctl.conf(5) out of mip6d.conf. */
#ifndef CTL_MIP6CTL_STRONGSWAN_H
#define CTL_MIP6CTL_STRONGSWAN_H

#include <stdbool.h>
#include <stdio.h>

#include "conf/conf.h"

/*
 * A connection for each home address, with a child for each policy that protects. psk: pre-shared keys instead of certificates; either
 * way no secret is written. 0, or -1 after saying on err, in one line each, what in the configuration an IKE daemon cannot do.
 */
int strongswan_print(const struct conf *c, bool psk, FILE *out, FILE *err);

#endif
