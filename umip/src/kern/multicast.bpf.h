/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Multicast between a home link and the mobile nodes that are away (RFC 6275 10.4.3), a part of guard.bpf.c.
 *
 * From the home link: the programs on the two directions of its interface send each packet of a group through the tunnel to
 * each member, with the ends that the guard's map has for its home address. To the home link: what a mobile node sends to a
 * group, and the guard has let in, leaves by the interface and is received from there as well, which is how
 * this host's own listeners and the other members get it. Hop limits stay as they are, because a mobile node counts as a host of its
 * home link; nothing can go round, since only home addresses with a binding come out of the tunnel, and no sender gets
 * his own packets.
 *
 * Link-local groups stay on their link, except for MLD, which the tunnel's two ends say to each other: what mobile nodes say is
 * handed to mip6d as it came.
 */
#ifndef KERN_MULTICAST_BPF_H
#define KERN_MULTICAST_BPF_H

#include <stdbool.h>

#include "kern/multicast_map.h"

#define MLD_RING_BYTES	  (256 * 1024)
#define MLD_A_SECOND	  20 /* from one care-of address */
#define MLD_ALL_A_SECOND  2000
#define TOO_BIG_A_SECOND  10 /* Packet Too Big, to one sender */
#define TOO_BIG_ALL_A_SECOND 200
#define TOO_BIG_SENDERS	  256
#define SECOND		  1000000000ull
#define SCOPE_LINK	  2
#define TUNNEL_HOPLIMIT	  64
#define ETHER_LEN	  14
#define IP6_LEN		  40
#define IP6_LEN_OFFSET	  4
#define IP6_NEXT_OFFSET	  6
#define IP6_MIN_MTU	  1280
#define IP6_HOPS_OFFSET	  7
#define HOPS_ON_LINK	  255
#define NEXT_HOPOPTS	  0
#define NEXT_ICMP6	  58

/* From the end of the IPv6 header on: where the options end in the one form that hosts send, with the message's type behind it. */
struct mld_start {
	__u8 next, len, options[6], type;
};

/* What linux/if_packet.h says, which does not go with the rest. */
#define TO_OTHERS 3
#define LOOPED	  5

#define MULTICAST_HASH(map_name, key_type, value_type)   \
	struct {                                         \
		__uint(type, BPF_MAP_TYPE_HASH);         \
		__uint(map_flags, BPF_F_NO_PREALLOC);    \
		__uint(max_entries, 1);                  \
		__type(key, key_type);                   \
		__type(value, value_type);               \
	} map_name SEC(".maps")

MULTICAST_HASH(multicast_groups, struct multicast_group, __u32); /* how many members */
MULTICAST_HASH(multicast_members, struct multicast_slot, struct guard_addr); /* the home address */
MULTICAST_HASH(multicast_homes, struct guard_addr, __u32); /* a home address's link */
MULTICAST_HASH(multicast_senders, struct guard_addr, struct multicast_rated);
MULTICAST_HASH(multicast_links, __u32, struct multicast_link);

/* One entry: the external device's index; 0, and nothing here does anything. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} multicast_device SEC(".maps");

enum multicast_rate { RATE_MLD, RATE_TOO_BIG, RATES };

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, RATES);
	__type(key, __u32);
	__type(value, struct multicast_rated);
} multicast_rates SEC(".maps");

/* Senders on the home link whose packets were too big; who does not listen to that is not to keep others from hearing it. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, TOO_BIG_SENDERS);
	__type(key, struct guard_addr);
	__type(value, struct multicast_rated);
} multicast_large SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, MLD_RING_BYTES);
} multicast_ring SEC(".maps");

static __always_inline __u32 device_of_tunnel(void)
{
	__u32 zero = 0, *device = bpf_map_lookup_elem(&multicast_device, &zero);

	return device ? *device : 0;
}

/* 0: not a group. */
static __always_inline int scope_of(const struct guard_addr *a)
{
	const __u8 *b = (const __u8 *)a;

	return b[0] == 0xff ? b[1] & 0xf : 0;
}

/* ---- out of the tunnel ---- */

static __always_inline bool is_mld(struct __sk_buff *skb)
{
	struct mld_start m;
	__u8 next;

	/* The tunnel's packets begin with the IPv6 header; only this helper reads what is not in the linear part. */
	if (bpf_skb_load_bytes(skb, IP6_NEXT_OFFSET, &next, sizeof(next)) < 0 || next != NEXT_HOPOPTS ||
	    bpf_skb_load_bytes(skb, IP6_LEN, &m, sizeof(m)) < 0)
		return false;
	return m.next == NEXT_ICMP6 && !m.len && ((m.type >= 130 && m.type <= 132) || m.type == 143);
}

/* Races between processors let a few more pass. */
static __always_inline bool within(struct multicast_rated *r, __u32 a_second)
{
	__u64 now = bpf_ktime_get_ns();

	if (!r)
		return false;
	if (now - r->since > SECOND) {
		r->since = now;
		r->n = 0;
	}
	return r->n++ < a_second;
}

static __always_inline bool within_all(__u32 which, __u32 a_second)
{
	return within(bpf_map_lookup_elem(&multicast_rates, &which), a_second);
}

/* The source says nothing, since it may be link-local; the care-of address does. */
static __always_inline bool may_say(const struct guard_addr *coa)
{
	return within(bpf_map_lookup_elem(&multicast_senders, coa), MLD_A_SECOND) && within_all(RATE_MLD, MLD_ALL_A_SECOND);
}

static __always_inline bool may_be_told(const struct guard_addr *src)
{
	struct multicast_rated *r = bpf_map_lookup_elem(&multicast_large, src), fresh = {};

	if (!r) {
		bpf_map_update_elem(&multicast_large, src, &fresh, BPF_NOEXIST);
		r = bpf_map_lookup_elem(&multicast_large, src);
	}
	return within(r, TOO_BIG_A_SECOND) && within_all(RATE_TOO_BIG, TOO_BIG_ALL_A_SECOND);
}

static __always_inline bool hand_over(struct __sk_buff *skb, const struct bpf_tunnel_key *outer)
{
	struct multicast_heard *h;
	__u32 len = skb->len;

	if (len < IP6_LEN || len > MULTICAST_MLD_MAX)
		return false;
	h = bpf_ringbuf_reserve(&multicast_ring, sizeof(*h), 0);
	if (!h)
		return false;
	__builtin_memcpy(&h->coa, outer->remote_ipv6, sizeof(h->coa));
	__builtin_memcpy(&h->ha, outer->local_ipv6, sizeof(h->ha));
	h->len = len;
	if (bpf_skb_load_bytes(skb, 0, h->packet, len) < 0) {
		bpf_ringbuf_discard(h, 0);
		return false;
	}
	bpf_ringbuf_submit(h, 0);
	return true;
}

/*
 * A packet that has passed, of this home address: to its home link. Neighbour Discovery believes a hop limit of 255, which says that a packet
 * has come from the link itself; this one has not.
 */
static __always_inline int to_home_link(struct __sk_buff *skb, const struct guard_addr *hoa, const struct guard_addr *group)
{
	const __u8 *b = (const __u8 *)group;
	struct multicast_link *link;
	__u8 ether[ETHER_LEN] = { 0x33, 0x33, b[12], b[13], b[14], b[15] }, hops;
	__u32 *home = bpf_map_lookup_elem(&multicast_homes, hoa), ifindex, mtu = 0;

	if (!home)
		return verdict(GUARD_PASSED, TC_ACT_OK);
	ifindex = *home;
	link = bpf_map_lookup_elem(&multicast_links, &ifindex);
	if (!link)
		return verdict(GUARD_PASSED, TC_ACT_OK);
	__builtin_memcpy(ether + 6, link->mac, sizeof(link->mac));
	ether[12] = ETH_P_IPV6 >> 8;
	ether[13] = ETH_P_IPV6 & 0xff;
	/* What a redirect sends, nobody else measures. */
	if (bpf_check_mtu(skb, ifindex, &mtu, ETHER_LEN, 0) || bpf_skb_load_bytes(skb, IP6_HOPS_OFFSET, &hops, sizeof(hops)) < 0)
		return verdict(GUARD_MULTICAST_LOST, TC_ACT_SHOT);
	if (hops == HOPS_ON_LINK) {
		hops--;
		if (bpf_skb_store_bytes(skb, IP6_HOPS_OFFSET, &hops, sizeof(hops), BPF_F_RECOMPUTE_CSUM) < 0)
			return verdict(GUARD_MULTICAST_LOST, TC_ACT_SHOT);
	}
	if (bpf_skb_change_head(skb, ETHER_LEN, 0) < 0 || bpf_skb_store_bytes(skb, 0, ether, sizeof(ether), 0) < 0)
		return verdict(GUARD_PASSED, TC_ACT_SHOT);
	verdict(GUARD_MULTICAST_IN, 0);
	bpf_clone_redirect(skb, ifindex, BPF_F_INGRESS);
	return verdict(GUARD_PASSED, bpf_redirect(ifindex, 0));
}

/* ---- into the tunnel ---- */

struct spread {
	struct __sk_buff *skb;
	struct multicast_slot slot;
	struct guard_addr src;
	__u32 device, len; /* len: of the IPv6 packet */
	bool told; /* the sender has been told that it is too big, or not this time */
};

/* For the path to there, with the tunnel's header. ip6tnl takes whatever fits into the least MTU, and makes fragments if it has to. */
static __always_inline bool too_big(const struct spread *s, const struct guard_binding *to)
{
	struct bpf_fib_lookup path = { .family = 10 /* AF_INET6 */, .tot_len = s->len + IP6_LEN, .ifindex = s->slot.group.link };

	if (s->len <= IP6_MIN_MTU)
		return false;
	__builtin_memcpy(path.ipv6_src, &to->ha, sizeof(path.ipv6_src));
	__builtin_memcpy(path.ipv6_dst, &to->coa, sizeof(path.ipv6_dst));
	return bpf_fib_lookup(s->skb, &path, sizeof(path), BPF_FIB_LOOKUP_SKIP_NEIGH) == BPF_FIB_LKUP_RET_FRAG_NEEDED;
}

static long to_member(__u32 number, void *arg)
{
	struct bpf_tunnel_key ends = { .tunnel_ttl = TUNNEL_HOPLIMIT };
	struct spread *s = arg;
	struct guard_binding *binding;
	struct guard_addr *hoa;
	bool fits;

	s->slot.number = number;
	hoa = bpf_map_lookup_elem(&multicast_members, &s->slot);
	if (!hoa || !differ(hoa->word, s->src.word))
		return 0;
	binding = bpf_map_lookup_elem(&guard_bindings, hoa);
	if (!binding)
		return 0;
	fits = !too_big(s, binding);
	if (!fits) {
		verdict(GUARD_MULTICAST_LOST, 0);
		if (s->told)
			return 0;
		s->told = true;
		/* Of this one the kernel makes a Packet Too Big. */
		if (!may_be_told(&s->src))
			return 0;
	}
	__builtin_memcpy(ends.remote_ipv6, &binding->coa, sizeof(binding->coa));
	__builtin_memcpy(ends.local_ipv6, &binding->ha, sizeof(binding->ha));
	if (bpf_skb_set_tunnel_key(s->skb, &ends, sizeof(ends), BPF_F_TUNINFO_IPV6) < 0 || bpf_clone_redirect(s->skb, s->device, 0) < 0)
		verdict(GUARD_MULTICAST_LOST, 0);
	else if (fits)
		verdict(GUARD_MULTICAST_OUT, 0);
	return 0;
}

/* The packet itself goes on: what follows is what would have been without us. */
static __always_inline int spread(struct __sk_buff *skb)
{
	struct spread s = { .skb = skb, .device = device_of_tunnel() };
	__u32 *members;
	__u16 len;

	/* A frame of a VLAN is no packet of this link, even if its tag is beside it. */
	if (!s.device || skb->protocol != bpf_htons(ETH_P_IPV6) || skb->vlan_present)
		return TC_ACT_UNSPEC;
	if (bpf_skb_load_bytes_relative(skb, IP6_DST_OFFSET, &s.slot.group.addr, sizeof(s.slot.group.addr), BPF_HDR_START_NET) < 0 ||
	    scope_of(&s.slot.group.addr) <= SCOPE_LINK)
		return TC_ACT_UNSPEC;
	s.slot.group.link = skb->ifindex;
	members = bpf_map_lookup_elem(&multicast_groups, &s.slot.group);
	if (!members || bpf_skb_load_bytes_relative(skb, IP6_SRC_OFFSET, &s.src, sizeof(s.src), BPF_HDR_START_NET) < 0 ||
	    bpf_skb_load_bytes_relative(skb, IP6_LEN_OFFSET, &len, sizeof(len), BPF_HDR_START_NET) < 0)
		return TC_ACT_UNSPEC;
	/* What is still to be cut into segments is as long as one of them, and ip6tnl takes it as it is. */
	s.len = skb->gso_size ? 0 : bpf_ntohs(len) + IP6_LEN;
	bpf_loop(*members, to_member, &s, 0);
	return TC_ACT_UNSPEC;
}

/* What this host has sent itself was there when it left. */
SEC("tc")
int mip6_home_in(struct __sk_buff *skb)
{
	return skb->pkt_type == LOOPED || skb->pkt_type == TO_OTHERS ? TC_ACT_UNSPEC : spread(skb);
}

/* What comes from the tunnel is received from this link as well, by to_home_link(). */
SEC("tc")
int mip6_home_out(struct __sk_buff *skb)
{
	return skb->ingress_ifindex && skb->ingress_ifindex == device_of_tunnel() ? TC_ACT_UNSPEC : spread(skb);
}

#endif
