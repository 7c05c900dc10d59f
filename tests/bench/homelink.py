#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What two captures say about a burst of first registrations.

usage: homelink.py HOME.pcap GEN.pcap HOA_BASE N

HOME.pcap is the home link: the home agent's DAD probes and its unsolicited advertisements. GEN.pcap is the mobile nodes' side: Binding
Updates and Acknowledgements. Prints one line of key=value; only Ethernet captures by tcpdump are understood.
"""

import ipaddress
import struct
import sys

ETHERTYPE_IPV6 = 0x86DD
DSTOPTS, ROUTING, ICMPV6, MH = 60, 43, 58, 135
NS, NA = 135, 136
BU, BA = 5, 6
ALL_NODES = ipaddress.IPv6Address("ff02::1")
UNSPECIFIED = ipaddress.IPv6Address("::")


def frames(path):
    """Yields (time in s, bytes) of a classic pcap file."""
    with open(path, "rb") as f:
        head = f.read(24)
        for order in "<>":
            magic, = struct.unpack(order + "I", head[:4])
            if magic in (0xA1B2C3D4, 0xA1B23C4D):
                break
        else:
            sys.exit(f"{path}: not a pcap file")
        unit = 1e-6 if magic == 0xA1B2C3D4 else 1e-9
        if struct.unpack(order + "I", head[20:])[0] != 1:
            sys.exit(f"{path}: not Ethernet")
        while len(record := f.read(16)) == 16:
            sec, frac, size, _ = struct.unpack(order + "IIII", record)
            yield sec + frac * unit, f.read(size)


class Packet:
    """An IPv6 packet's addresses, the Home Address option or type 2 routing header, and the upper layer."""

    def __init__(self, when, frame):
        self.when = when
        ip = frame[14:]
        self.hoplimit = ip[7]
        self.src = ipaddress.IPv6Address(ip[8:24])
        self.dst = ipaddress.IPv6Address(ip[24:40])
        self.home = None
        self.proto, at, end = ip[6], 40, 40 + struct.unpack(">H", ip[4:6])[0]
        while self.proto in (DSTOPTS, ROUTING):
            size = (ip[at + 1] + 1) * 8
            # the generator and the home agent put the address at the 8th byte of both
            self.home = ipaddress.IPv6Address(ip[at + 8:at + 24])
            self.proto, at = ip[at], at + size
        self.upper = ip[at:end]


def packets(path):
    for when, frame in frames(path):
        if len(frame) >= 54 and struct.unpack(">H", frame[12:14])[0] == ETHERTYPE_IPV6:
            yield Packet(when, frame)


def main():
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    home, gen, base, n = sys.argv[1], sys.argv[2], int(ipaddress.IPv6Address(sys.argv[3])), int(sys.argv[4])
    ours = {ipaddress.IPv6Address(base + i) for i in range(n)}
    probes, bad_probes, adverts, bad_adverts = {}, 0, {}, 0
    updates, answers, refused = {}, {}, {}

    for p in packets(home):
        if p.proto != ICMPV6 or len(p.upper) < 24 or p.upper[0] not in (NS, NA):
            continue
        target = ipaddress.IPv6Address(p.upper[8:24])
        if target not in ours:
            continue
        if p.upper[0] == NS and p.src == UNSPECIFIED:
            group = int(ipaddress.IPv6Address("ff02::1:ff00:0")) | int(target) & 0xFFFFFF
            # no source link-layer address option while the source is unspecified: RFC 4861 4.3
            bad_probes += int(p.dst) != group or p.hoplimit != 255 or len(p.upper) != 24
            probes.setdefault(target, []).append(p.when)
        elif p.upper[0] == NA and p.dst == ALL_NODES and p.src not in ours:
            # R=0, S=0, O=1, with the target's link-layer address
            bad_adverts += p.upper[4] >> 5 != 1 or p.hoplimit != 255 or p.upper[24:26] != b"\2\1"
            adverts.setdefault(target, []).append(p.when)
    for p in packets(gen):
        if p.proto != MH or p.home not in ours or len(p.upper) < 12:
            continue
        if p.upper[2] == BU:
            updates.setdefault(p.home, p.when)
        elif p.upper[2] == BA:
            (refused if p.upper[6] >= 128 else answers).setdefault(p.home, p.when)

    waits = sorted(answers[a] - probes[a][0] for a in answers if a in probes)
    first = min(updates.values()) if updates else 0
    result = {
        "probed": len(probes),
        "probes_max": max(map(len, probes.values()), default=0),
        "probes_bad": bad_probes,
        "answered": len(answers),
        "refused": len(refused),
        "answered_unprobed": sum(a not in probes for a in answers),
        "burst_ms": round((max(updates.values()) - first) * 1000, 1) if updates else 0,
        "probe_last_ms": round((max(t[0] for t in probes.values()) - first) * 1000, 1) if probes else 0,
        "wait_min_ms": round(waits[0] * 1000, 1) if waits else 0,
        "wait_median_ms": round(waits[len(waits) // 2] * 1000, 1) if waits else 0,
        "wait_max_ms": round(waits[-1] * 1000, 1) if waits else 0,
        "all_done_ms": round((max(answers.values()) - first) * 1000, 1) if answers else 0,
        "advertised": len(adverts),
        "adverts_bad": bad_adverts,
        "advertised_refused": sum(a in adverts for a in refused),
    }
    print("phase=homelink " + " ".join(f"{k}={v}" for k, v in result.items()))


main()
