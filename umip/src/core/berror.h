/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Binding Errors, RFC 6275 9.3.3: to whoever sends a Home Address option without a binding (status 1, told by the kernel's
 * reports), or a Mobility Header of unknown type (status 2, told by the pump). They go to the source on the wire, whoever
 * that is, so they are limited for each of them and in all.
 */
#ifndef CORE_BERROR_H
#define CORE_BERROR_H

#include "core/daemon.h"

#define BE_UNKNOWN_HOA	   1 /* no binding for the Home Address option */
#define BE_UNKNOWN_MH_TYPE 2

struct berror;

/* Starts to listen for reports. NULL after saying on err, in one line, why not. */
struct berror *berror_open(struct daemon *d, char *err, size_t err_len);
void berror_close(struct berror *b);
/* As wire addresses: from us to the sender; hoa is ::, if there was no option. ifindex is read for a link-local one. */
void berror_send(struct berror *b, uint8_t status, const struct in6_addr *us, const struct in6_addr *to,
		 const struct in6_addr *hoa, int ifindex);

#endif
