// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the administrator reads when the kernel lacks something. Debian's kernel has IPV6_MIP6 built in, so no scenario can take it away.
 */
#include <stdlib.h>
#include <string.h>

#include "kern/probe.h"

#include "suite.h"

static const struct kern_abilities everything = {
	.mip6 = true, .sub_policy = true, .ip6tnl = true, .ip6tnl_external = true, .encap_route = true, .guard = true,
	.plug = true, .optimistic_dad = true, .mh_type_in = true, .rule_find_saddr = true,
};

START_TEST(nothing_missing)
{
	ck_assert_ptr_null(kern_probe_missing_ha(&everything));
	ck_assert_ptr_null(kern_probe_missing_mn(&everything));
	ck_assert_ptr_null(kern_probe_missing_cn(&everything));
}
END_TEST

START_TEST(what_makes_it_better_is_no_need)
{
	struct kern_abilities a = everything;

	a.plug = a.optimistic_dad = a.mh_type_in = false;
	ck_assert_ptr_null(kern_probe_missing_ha(&a));
	ck_assert_ptr_null(kern_probe_missing_mn(&a));
}
END_TEST

START_TEST(a_line_names_the_option)
{
	struct kern_abilities a = everything;
	const char *ha, *mn;

	a.mip6 = false;
	ha = kern_probe_missing_ha(&a);
	ck_assert_ptr_nonnull(ha);
	ck_assert_ptr_nonnull(strstr(ha, "CONFIG_IPV6_MIP6"));
	ck_assert_ptr_null(strchr(ha, '\n'));
	mn = kern_probe_missing_mn(&a);
	ck_assert_ptr_nonnull(mn);
	ck_assert_ptr_nonnull(strstr(mn, "CONFIG_IPV6_MIP6"));
	ck_assert_ptr_null(strchr(mn, '\n'));

	ck_assert_ptr_nonnull(strstr(kern_probe_missing_cn(&a), "CONFIG_IPV6_MIP6"));

	a = everything;
	a.guard = a.ip6tnl = a.ip6tnl_external = a.encap_route = a.rule_find_saddr = false;
	ck_assert_ptr_null(kern_probe_missing_cn(&a));

	a = everything;
	a.guard = false;
	ck_assert_ptr_nonnull(strstr(kern_probe_missing_ha(&a), "CONFIG_NET_CLS_BPF"));
	ck_assert_ptr_null(kern_probe_missing_mn(&a));
}
END_TEST

START_TEST(all_that_is_missing_is_named)
{
	struct kern_abilities none = { .mip6 = false };
	const char *ha = kern_probe_missing_ha(&none);

	ck_assert_ptr_nonnull(strstr(ha, "CONFIG_IPV6_MIP6"));
	ck_assert_ptr_nonnull(strstr(ha, "CONFIG_IPV6_TUNNEL"));
	ck_assert_ptr_nonnull(strstr(ha, "CONFIG_LWTUNNEL"));
}
END_TEST

SUITE("probe",
	.tests = {
		{ nothing_missing },
		{ what_makes_it_better_is_no_need },
		{ a_line_names_the_option },
		{ all_that_is_missing_is_named },
	})
