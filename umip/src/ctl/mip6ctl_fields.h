/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What mip6ctl shows of each answer, for table.h. */
#ifndef CTL_MIP6CTL_FIELDS_H
#define CTL_MIP6CTL_FIELDS_H

#include "ctl/table.h"

extern const struct table_field mip6ctl_bc_fields[];
extern const struct table_field mip6ctl_bul_fields[];
extern const struct table_field mip6ctl_hal_fields[];
extern const struct table_field mip6ctl_pl_fields[];
extern const struct table_field mip6ctl_status_fields[];
/* mip6ctl status, of a mobile node with several home addresses: a line each */
extern const struct table_field mip6ctl_home_fields[];

#endif
