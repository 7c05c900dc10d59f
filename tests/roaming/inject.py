#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Sends a packet in a tunnel header of which every field is one's own: what a home agent must let in, or must not.

    inject.py OUTER-SRC OUTER-DST INNER-SRC INNER-DST [--port N] [--ipv4] [--outer-tclass N] [--inner-tclass N] [--count N]

The inner packet is a UDP datagram to the port; with --ipv4 it is an IPv4 packet (the addresses are ignored).
"""

import argparse
import socket
import struct


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF or 0xFFFF


def ipv6(src, dst, proto, tclass, payload):
    return struct.pack("!IHBB", 6 << 28 | tclass << 20, len(payload), proto, 64) + src + dst + payload


def udp(src, dst, port):
    body = b"injected"
    head = struct.pack("!HHHH", 9, port, 8 + len(body), 0)
    total = checksum(src + dst + struct.pack("!IHBB", 8 + len(body), 0, 0, 17) + head + body)
    return head[:6] + struct.pack("!H", total) + body


def main():
    parser = argparse.ArgumentParser(description="a packet in a tunnel header")
    for name in ("outer_src", "outer_dst", "inner_src", "inner_dst"):
        parser.add_argument(name)
    parser.add_argument("--port", type=int, default=9999)
    parser.add_argument("--ipv4", action="store_true")
    parser.add_argument("--outer-tclass", type=lambda v: int(v, 0), default=0)
    parser.add_argument("--inner-tclass", type=lambda v: int(v, 0), default=0)
    parser.add_argument("--count", type=int, default=1)
    args = parser.parse_args()
    outer_src, outer_dst, src, dst = (socket.inet_pton(socket.AF_INET6, getattr(args, a))
                                      for a in ("outer_src", "outer_dst", "inner_src", "inner_dst"))
    if args.ipv4:
        head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 28, 1, 0, 64, 17, 0, b"\xc0\x00\x02\x01", b"\xc0\x00\x02\x02")
        inner, proto = head[:10] + struct.pack("!H", checksum(head)) + head[12:] + struct.pack("!HHHH", 9, args.port, 8, 0), 4
    else:
        inner, proto = ipv6(src, dst, 17, args.inner_tclass, udp(src, dst, args.port)), 41
    s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
    for _ in range(args.count):
        s.sendto(ipv6(outer_src, outer_dst, proto, args.outer_tclass, inner), (args.outer_dst, 0))


if __name__ == "__main__":
    main()
