// SPDX-License-Identifier: GPL-2.0-or-later
/* What mip6ctl shows of each answer: the fields, in their order, and how people call them. */
#include "ctl/mip6ctl_fields.h"

#include <stddef.h>

const struct table_field mip6ctl_bc_fields[] = {
	{ "home_address", "HOME ADDRESS", NULL },
	{ "care_of_address", "CARE-OF ADDRESS", NULL },
	{ "type", "TYPE", NULL },
	{ "state", "STATE", NULL },
	{ "flags", "FLAGS", NULL },
	{ "sequence", "SEQUENCE", NULL },
	{ "lifetime_s", "LIFETIME", "s" },
	{ "remaining_s", "REMAINING", "s" },
	{ "registered_ago_s", "REGISTERED", "s ago" },
	{ "interface", "INTERFACE", NULL },
	{ "mobile_network_prefixes", "MOBILE NETWORK", NULL },
	{ "groups", "GROUPS", NULL },
	{ "home_agent_address", "HOME AGENT", NULL },
	{ "correspondent_address", "CORRESPONDENT", NULL },
	{ 0 },
};

const struct table_field mip6ctl_bul_fields[] = {
	{ "home_address", "HOME ADDRESS", NULL },
	{ "care_of_address", "CARE-OF ADDRESS", NULL },
	{ "peer_address", "PEER", NULL },
	{ "state", "STATE", NULL },
	{ "reason", "REASON", NULL },
	{ "sequence", "SEQUENCE", NULL },
	{ "lifetime_s", "LIFETIME", "s" },
	{ "remaining_s", "REMAINING", "s" },
	{ "refresh_in_s", "REFRESH", "in s" },
	{ "retransmissions", "RETRANSMITTED", NULL },
	{ "last_status", "LAST STATUS", NULL },
	{ "home_token_age_s", "HOME TOKEN", "s old" },
	{ "care_of_token_age_s", "CARE-OF TOKEN", "s old" },
	{ "idle_s", "IDLE", "s" },
	{ "mobile_network_prefixes", "MOBILE NETWORK", NULL },
	{ 0 },
};

const struct table_field mip6ctl_hal_fields[] = {
	{ "home_address", "HOME ADDRESS", NULL },
	{ "home_agent_address", "HOME AGENT", NULL },
	{ "in_use", "IN USE", NULL },
	{ "state", "STATE", NULL },
	{ "preference", "PREFERENCE", NULL },
	{ "remaining_s", "REMAINING", "s" },
	{ "mobile_router", "MOBILE ROUTERS", NULL },
	{ "source", "SOURCE", NULL },
	{ "router", "ROUTER", NULL },
	{ "interface", "INTERFACE", NULL },
	{ 0 },
};

/* mip6ctl status, of a mobile node with several home addresses */
const struct table_field mip6ctl_home_fields[] = {
	{ "home_address", "HOME ADDRESS", NULL },
	{ "home_agent_address", "HOME AGENT", NULL },
	{ "location", "LOCATION", NULL },
	{ "interface", "INTERFACE", NULL },
	{ "care_of_address", "CARE-OF ADDRESS", NULL },
	{ "registered", "REGISTERED", NULL },
	{ "mobile_network_prefixes", "MOBILE NETWORK", NULL },
	{ "moves", "MOVES", NULL },
	{ 0 },
};

const struct table_field mip6ctl_pl_fields[] = {
	{ "prefix", "PREFIX", NULL },
	{ "valid_s", "VALID", "s" },
	{ "preferred_s", "PREFERRED", "s" },
	{ "flags", "FLAGS", NULL },
	{ "address", "ADDRESS", NULL },
	{ "source", "SOURCE", NULL },
	{ "interface", "INTERFACE", NULL },
	{ 0 },
};

const struct table_field mip6ctl_status_fields[] = {
	{ "role", "Role", NULL },
	{ "version", "Version", NULL },
	{ "pid", "Process", NULL },
	{ "uptime_s", "Running for", "s" },
	{ "config", "Configuration", NULL },
	{ "location", "Location", NULL },
	{ "interface", "Interface", NULL },
	{ "home_address", "Home address", NULL },
	{ "home_addresses", "Home addresses", NULL },
	{ "care_of_address", "Care-of address", NULL },
	{ "default_router", "Default router", NULL },
	{ "home_agent_address", "Home agent", NULL },
	{ "home_agent_discovery", "Home agent discovery", NULL },
	{ "registered", "Registered", NULL },
	{ "mobile_router", "Mobile router", NULL },
	{ "mobile_network_prefixes", "Mobile network", NULL },
	{ "multicast", "Multicast", NULL },
	{ "groups", "Groups", NULL },
	{ "moves", "Moves", NULL },
	{ "last_handoff_ms", "Last handoff took", "ms" },
	{ "route_optimization", "Route optimization", NULL },
	{ "correspondents", "Correspondents", NULL },
	{ "bindings", "Bindings", NULL },
	{ "max_bindings", "Bindings, at most", NULL },
	{ "dad_pending", "Addresses in DAD", NULL },
	{ "group_memberships", "Group memberships", NULL },
	{ "max_group_memberships", "Memberships, at most", NULL },
	{ "correspondent_bindings", "Correspondent bindings", NULL },
	{ "correspondent_remembered", "Remembered against replay", NULL },
	{ "max_correspondent_bindings", "Correspondent, at most", NULL },
	{ "nonces", "Nonces", NULL },
	{ "interfaces", "Interfaces", NULL },
	{ "abilities", "Kernel", NULL },
	{ 0 },
};
