/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The version that mip6d and mip6ctl tell; a packager may set it from outside. */
#ifndef CORE_VERSION_H
#define CORE_VERSION_H

#ifndef MIP6D_VERSION
#define MIP6D_VERSION "0.1.0"
#endif

#define MIP6D_STATE_DIR	  "/run/mip6d"
#define MIP6D_SOCKET_NAME "mip6d.sock"

#endif
