#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Multicast by hand.

    group.py listen GROUP [--if DEVICE]           joins, and prints a line for each packet that comes: TIME SOURCE HOP-LIMIT NUMBER BYTES
    group.py send GROUP [--if DEVICE] [--src ADDRESS] [--every SECONDS] [--count N] [--size BYTES] [--stubborn]
                                                  numbered packets with the hop limit that programs have who do not ask for one: 1;
                                                  stubborn: whatever anybody says of their size
    group.py mld COA[+N] HOME-AGENT GROUP... [--src INNER-SOURCE] [--type TYPE] [--record TYPE] [--hops N] [--no-alert] [--garble] [--count N]
                 [--fragment inner|outer]         a report as a mobile node's, in a tunnel packet from COA, whoever has that; or from each
                                                  of N such addresses
"""

import argparse
import socket
import struct
import sys
import time

sys.path.insert(0, sys.path[0])
from inject import checksum  # noqa: E402

PORT = 7777


def address(text):
    return socket.inet_pton(socket.AF_INET6, text)


def listen(args):
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVHOPLIMIT, 1)
    s.bind(("::", PORT))
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, address(args.group[0]) + struct.pack("@I", args.ifindex))
    print("joined", flush=True)
    while True:
        data, control, _, source = s.recvmsg(2048, 256)
        hops = [struct.unpack("@i", c[2])[0] for c in control if c[1] == socket.IPV6_HOPLIMIT]
        print("%.6f %s %s %s %d" % (time.time(), source[0], hops[0], data.split()[0].decode(), len(data)), flush=True)


def send(args):
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    if args.ifindex:
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, args.ifindex)
    if args.src:
        s.bind((args.src, 0))
    if args.stubborn:
        s.setsockopt(socket.IPPROTO_IPV6, 23, 3)  # IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE
    for number in range(args.count):
        try:
            s.sendto(b"%d %s" % (number, bytes(args.size)), (args.group[0], PORT))
        except OSError as e:
            print("%.6f %s" % (time.time(), e), flush=True)
        if args.every:
            time.sleep(args.every)


def header(next_header, hops, src, dst, payload):
    return struct.pack("!IHBB", 6 << 28, len(payload), next_header, hops) + src + dst + payload


def split(next_header, payload):
    """Two fragments of it, as what follows an IPv6 header."""
    ident = int(time.time() * 1000) & 0xffffffff
    half = len(payload) // 16 * 8
    yield struct.pack("!BBHI", next_header, 0, 1, ident) + payload[:half]
    yield struct.pack("!BBHI", next_header, 0, half, ident) + payload[half:]


def mld(args):
    coa, agent, *groups = args.group
    coa, _, many = coa.partition("+")
    first = int.from_bytes(address(coa), "big")
    body = struct.pack("!BBHHH", args.type, 0, 0, 0, len(groups)) if args.type == 143 else struct.pack("!BBHHH", args.type, 0, 0, 0, 0)
    for group in groups:
        body += (struct.pack("!BBH", args.record, 0, 0) if args.type == 143 else b"") + address(group)
    src, dst = address(args.src), address("ff02::16")
    pseudo = src + dst + struct.pack("!IHBB", len(body), 0, 0, 58)
    body = body[:2] + struct.pack("!H", checksum(pseudo + body) ^ args.garble) + body[4:]
    alert = bytes((58, 0)) + (bytes((1, 4, 0, 0, 0, 0)) if args.no_alert else bytes((5, 2, 0, 0, 1, 0)))
    if args.fragment == "inner":
        inners = [header(44, args.hops, src, dst, f) for f in split(0, alert + body)]
    else:
        inners = [header(0, args.hops, src, dst, alert + body)]
    s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
    for i in range(args.count * int(many or 1)):
        coa = (first + i % int(many or 1)).to_bytes(16, "big")
        for inner in inners:
            if args.fragment == "outer":
                for f in split(41, inner):
                    s.sendto(header(44, 64, coa, address(agent), f), (agent, 0))
            else:
                s.sendto(header(41, 64, coa, address(agent), inner), (agent, 0))


def main():
    parser = argparse.ArgumentParser(description="multicast by hand")
    parser.add_argument("what", choices=("listen", "send", "mld"))
    parser.add_argument("group", nargs="+")
    parser.add_argument("--if", dest="device")
    parser.add_argument("--src")
    parser.add_argument("--every", type=float, default=0.1)
    parser.add_argument("--count", type=int)
    parser.add_argument("--size", type=int, default=10)
    parser.add_argument("--type", type=int, default=143)
    parser.add_argument("--record", type=int, default=4)
    parser.add_argument("--fragment", choices=("inner", "outer"))
    parser.add_argument("--stubborn", action="store_true")
    parser.add_argument("--hops", type=int, default=1)
    parser.add_argument("--no-alert", action="store_true")
    parser.add_argument("--garble", type=int, default=0)
    args = parser.parse_args()
    args.ifindex = socket.if_nametoindex(args.device) if args.device else 0
    args.count = args.count or (1 if args.what == "mld" else 1000000)
    if args.what == "mld":
        args.src = args.src or "fe80::bad"
    {"listen": listen, "send": send, "mld": mld}[args.what](args)


main()
