// SPDX-License-Identifier: GPL-2.0-or-later
/* The access list without its index, for home agents whose configuration did not come out of a file. */
#include "conf/conf.h"

const struct conf_acl *conf_acl_find(const struct conf *c, const struct in6_addr *hoa)
{
	const struct conf_acl *a = c->acl;

	while (a && !IN6_ARE_ADDR_EQUAL(&a->hoa, hoa))
		a = a->next;
	return a;
}

uint8_t conf_acl_status(const struct conf *c, const struct in6_addr *hoa)
{
	const struct conf_acl *a = conf_acl_find(c, hoa);

	return a ? a->status : c->default_acl;
}
