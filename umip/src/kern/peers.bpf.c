// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * On both directions of a mobile node's tunnel device: tells mip6d with whom packets are exchanged through the home agent. A
 * peer is told when its first packet passes, and again every second as long as there are packets.
 *
 * Who sends into the tunnel may be anybody, with any source address. The table has a fixed size and forgets whoever was
 * not seen for the longest time; each direction may tell so many new peers a second, and so many known ones, so that a flood in
 * one cannot silence the other. It never touches a packet. Loaded by peers.c.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <stdbool.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "kern/peers_map.h"

#define TABLE	     4096
#define RING_BYTES   65536
#define SECOND	     1000000000ull
#define WINDOW	     (SECOND / 10)
#define NEW_MAX	     8 /* in one window */
#define KNOWN_MAX    32

#define NEXT_DSTOPTS 60
#define NEXT_ROUTING 43
#define NEXT_MH	     135
#define NEXT_ICMP6   58
#define HAO_TYPE     0xc9
#define IP6_LEN	     40

struct peers_state {
	__u64 told; /* 0: not yet */
};

struct peers_window {
	__u64 since;
	__u32 n, unused;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, TABLE);
	__type(key, struct peers_seen);
	__type(value, struct peers_state);
} peers_table SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct peers_window);
} peers_windows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, RING_BYTES);
} peers_ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct peers_ours);
} peers_ours SEC(".maps");

struct ip6 {
	__u8 word[4], length[2], next, hops;
	struct peers_addr src, dst;
};

/* The two headers of Mobile IPv6 as a kernel builds them; the address is what upper layers see. */
struct ext {
	__u8 next, length, type, left, unused[2], option, option_len;
	struct peers_addr addr;
};

static __always_inline int load(struct __sk_buff *skb, __u32 at, void *to, __u32 len)
{
	return bpf_skb_load_bytes_relative(skb, at, to, len, BPF_HDR_START_NET) < 0;
}

/* Not an address that route optimization could be for. */
static __always_inline bool unfit(const struct peers_addr *a)
{
	const __u8 *b = (const __u8 *)a;

	return !b[0] || b[0] == 0xff || (b[0] == 0xfe && (b[1] & 0xc0) == 0x80);
}

/* Of a mobile network, not of the mobile router itself: nothing to optimize. */
static __always_inline bool of_others(const struct peers_addr *a)
{
	const __u32 *x = (const __u32 *)a, *y;
	struct peers_ours *ours;
	__u32 zero = 0;

	ours = bpf_map_lookup_elem(&peers_ours, &zero);
	if (!ours || !ours->only)
		return false;
	y = (const __u32 *)&ours->addr;
	return (x[0] ^ y[0]) | (x[1] ^ y[1]) | (x[2] ^ y[2]) | (x[3] ^ y[3]);
}

/* Neighbour Discovery, multicast listeners, mobility: signalling. Errors come from anywhere on the way. */
static __always_inline bool icmp_of_no_interest(__u8 type)
{
	return type < 128 || (type >= 130 && type <= 137) || (type >= 143 && type <= 147);
}

/* Races between processors let a few more pass. */
static __always_inline bool allowed(__u32 which, __u32 max, __u64 now)
{
	struct peers_window *w = bpf_map_lookup_elem(&peers_windows, &which);

	if (!w)
		return false;
	if (now - w->since > WINDOW) {
		w->since = now;
		w->n = 0;
	}
	return w->n++ < max;
}

static __always_inline int note(struct __sk_buff *skb, __u32 out)
{
	struct peers_seen who = { .out = out };
	struct peers_state *known, fresh = {};
	__u32 at = IP6_LEN;
	__u64 now;
	struct ext ext;
	struct ip6 ip;
	__u8 type;

	if (skb->protocol != bpf_htons(ETH_P_IPV6) || load(skb, 0, &ip, sizeof(ip)) || of_others(out ? &ip.src : &ip.dst))
		return TC_ACT_OK;
	who.peer = out ? ip.dst : ip.src;
	if ((ip.next == NEXT_DSTOPTS || ip.next == NEXT_ROUTING) && !load(skb, at, &ext, sizeof(ext)) && ext.length == 2) {
		/* The peer is a mobile node: optimized in one direction, or about to be. */
		if (!out && ip.next == NEXT_DSTOPTS && ext.option == HAO_TYPE && ext.option_len == sizeof(ext.addr))
			who.peer = ext.addr;
		if (out && ip.next == NEXT_ROUTING && ext.type == 2)
			who.peer = ext.addr;
		ip.next = ext.next;
		at += sizeof(ext);
	}
	if (ip.next == NEXT_MH || unfit(&who.peer))
		return TC_ACT_OK;
	if (ip.next == NEXT_ICMP6 && (load(skb, at, &type, sizeof(type)) || icmp_of_no_interest(type)))
		return TC_ACT_OK;

	now = bpf_ktime_get_ns();
	known = bpf_map_lookup_elem(&peers_table, &who);
	if (known && now - known->told < SECOND)
		return TC_ACT_OK;
	if (!allowed(out * 2 + (known && known->told), known && known->told ? KNOWN_MAX : NEW_MAX, now))
		return TC_ACT_OK;
	if (bpf_ringbuf_output(&peers_ring, &who, sizeof(who), 0))
		return TC_ACT_OK;
	fresh.told = now;
	if (known)
		known->told = now;
	else
		bpf_map_update_elem(&peers_table, &who, &fresh, BPF_ANY);
	return TC_ACT_OK;
}

SEC("tc")
int mip6_peers_in(struct __sk_buff *skb)
{
	return note(skb, 0);
}

SEC("tc")
int mip6_peers_out(struct __sk_buff *skb)
{
	return note(skb, 1);
}

char _license[] SEC("license") = "GPL";
