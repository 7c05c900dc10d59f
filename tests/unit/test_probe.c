// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the administrator reads when the kernel lacks something. Debian's kernel has IPV6_MIP6 built in, so no scenario can take it away.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

static const struct kern_ipsec_wants all_of_ipsec = {
	.esp = true, .mh_type_in = true, .migrate = true, .migrate_typed = true, .pf_key_migrate = true
};

START_TEST(ipsec_is_asked_for)
{
	const struct kern_ipsec_wants nothing = { .esp = false }, esp = { .esp = true };
	struct kern_abilities a = everything;

	a.mh_type_in = false;
	ck_assert_ptr_null(kern_probe_missing_ipsec(&a, &nothing));
	ck_assert_ptr_nonnull(strstr(kern_probe_missing_ipsec(&a, &esp), "CONFIG_INET6_ESP"));
	a.esp = true;
	ck_assert_ptr_null(kern_probe_missing_ipsec(&a, &esp));
	a.mh_type_in = a.migrate = a.migrate_typed = a.pf_key_migrate = true;
	ck_assert_ptr_null(kern_probe_missing_ipsec(&a, &all_of_ipsec));
}
END_TEST

/* Of abilities that build on each other, the first that is missing is the one to see to. */
START_TEST(ipsec_names_the_cause)
{
	struct kern_abilities a = everything;
	const char *line;

	line = kern_probe_missing_ipsec(&a, &all_of_ipsec);
	ck_assert_ptr_nonnull(strstr(line, "CONFIG_INET6_ESP"));
	ck_assert_ptr_null(strstr(line, "MIGRATE"));
	a.esp = true;
	line = kern_probe_missing_ipsec(&a, &all_of_ipsec);
	ck_assert_ptr_nonnull(strstr(line, "CONFIG_XFRM_MIGRATE"));
	ck_assert_ptr_null(strstr(line, "PF_KEY"));
	a.migrate = true;
	line = kern_probe_missing_ipsec(&a, &all_of_ipsec);
	ck_assert_ptr_nonnull(strstr(line, "CONFIG_NET_KEY_MIGRATE"));
	ck_assert_ptr_nonnull(strstr(line, "kernel/migrate/"));
	a.pf_key_migrate = true;
	ck_assert_ptr_null(strstr(kern_probe_missing_ipsec(&a, &all_of_ipsec), "PF_KEY"));
	a.migrate_typed = true;
	ck_assert_ptr_null(kern_probe_missing_ipsec(&a, &all_of_ipsec));
	a.mh_type_in = false;
	ck_assert_ptr_nonnull(strstr(kern_probe_missing_ipsec(&a, &all_of_ipsec), "kernel/mip6-xfrm/"));
}
END_TEST

/* A patch that is named is one of the series, by its whole name. */
START_TEST(named_patches_exist)
{
	struct kern_abilities a = everything;
	unsigned int n = 0;
	const char *at;

	a.esp = a.migrate = true;
	a.mh_type_in = false;
	at = kern_probe_missing_ipsec(&a, &all_of_ipsec);
	while ((at = strstr(at, "kernel/"))) {
		char path[PATH_MAX];

		snprintf(path, sizeof(path), "%s/%.*s", TOP, (int)strcspn(at, ",)"), at);
		ck_assert_msg(access(path, R_OK) == 0, "%s is not there", path);
		at++;
		n++;
	}
	ck_assert_uint_eq(n, 3);
}
END_TEST

SUITE("probe",
	.tests = {
		{ nothing_missing },
		{ what_makes_it_better_is_no_need },
		{ a_line_names_the_option },
		{ all_that_is_missing_is_named },
		{ ipsec_is_asked_for },
		{ ipsec_names_the_cause },
		{ named_patches_exist },
	})
