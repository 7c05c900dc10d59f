// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The check of RFC 6275 10.4.5 on the ingress of the home agent's external tunnel device: a packet that comes out of
 * the reverse tunnel must carry in its outer header the care-of address of the binding of its inner source, and our
 * home agent address. The same for an inner source in a mobile network (RFC 3963 6.5), which is of its mobile router's
 * binding. Everything else is dropped and counted.
 *
 * And the way of packets to mobile networks, whose routes lead to a device of their own: ip6tnl sends no packet to itself, so a care-of
 * address that is in a mobile network could not be reached if both were behind the same device. Loaded by guard.c.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "kern/guard_map.h"

#define IP6_SRC_OFFSET 8
#define IP6_DST_OFFSET 24

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, struct guard_addr);
	__type(value, struct guard_binding);
} guard_bindings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, struct guard_prefix);
	__type(value, struct guard_binding);
} guard_prefixes SEC(".maps");

/* One entry: the index of the external device. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} guard_device SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, GUARD_COUNTERS);
	__type(key, __u32);
	__type(value, __u64);
} guard_counters SEC(".maps");

static __always_inline int verdict(__u32 counter, int action)
{
	__u64 *n = bpf_map_lookup_elem(&guard_counters, &counter);

	if (n)
		(*n)++;
	return action;
}

static __always_inline int differ(const __u32 *a, const __u32 *b)
{
	return (a[0] ^ b[0]) | (a[1] ^ b[1]) | (a[2] ^ b[2]) | (a[3] ^ b[3]);
}

#include "kern/multicast.bpf.h"

SEC("tc")
int mip6_guard(struct __sk_buff *skb)
{
	struct bpf_tunnel_key outer = {};
	struct guard_prefix source = { .len = 128 };
	struct guard_binding *binding;
	struct guard_addr hoa, dst;
	int scope;

	if (skb->protocol != bpf_htons(ETH_P_IPV6))
		return verdict(GUARD_NOT_IPV6, TC_ACT_SHOT);
	if (bpf_skb_load_bytes_relative(skb, IP6_SRC_OFFSET, &hoa, sizeof(hoa), BPF_HDR_START_NET) < 0 ||
	    bpf_skb_load_bytes_relative(skb, IP6_DST_OFFSET, &dst, sizeof(dst), BPF_HDR_START_NET) < 0)
		return verdict(GUARD_NOT_IPV6, TC_ACT_SHOT);
	if (bpf_skb_get_tunnel_key(skb, &outer, sizeof(outer), BPF_F_TUNINFO_IPV6) < 0)
		return verdict(GUARD_WRONG_COA, TC_ACT_SHOT);
	scope = device_of_tunnel() ? scope_of(&dst) : 0;
	if (scope && is_mld(skb))
		return verdict(may_say((const struct guard_addr *)outer.remote_ipv6) && hand_over(skb, &outer) ? GUARD_MLD : GUARD_MLD_DROPPED,
			       TC_ACT_SHOT);
	/* A link-local, multicast or unspecified source is never a home address, and so is not in the map. */
	binding = bpf_map_lookup_elem(&guard_bindings, &hoa);
	if (!binding) {
		source.addr = hoa;
		binding = bpf_map_lookup_elem(&guard_prefixes, &source);
	}
	if (!binding)
		return verdict(GUARD_NO_BINDING, TC_ACT_SHOT);
	if (differ(outer.remote_ipv6, binding->coa.word))
		return verdict(GUARD_WRONG_COA, TC_ACT_SHOT);
	if (differ(outer.local_ipv6, binding->ha.word))
		return verdict(GUARD_WRONG_DST, TC_ACT_SHOT);
	if (scope > SCOPE_LINK)
		return to_home_link(skb, &hoa, &dst);
	return verdict(GUARD_PASSED, TC_ACT_OK);
}

/* The route has attached the tunnel's ends to the packet, and they stay with it. */
SEC("tc")
int mip6_networks(struct __sk_buff *skb)
{
	__u32 zero = 0, *device = bpf_map_lookup_elem(&guard_device, &zero);

	(void)skb;
	return device ? bpf_redirect(*device, 0) : TC_ACT_SHOT;
}

char _license[] SEC("license") = "GPL";
