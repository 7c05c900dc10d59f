#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Answers for a host that lacks a part of Mobile IPv6. The host's own kernel must not see what is answered here.

    ignorant.py DEVICE option     the Home Address option: ICMPv6 Parameter Problem, code 2, at the option (RFC 8200 4.2)
    ignorant.py DEVICE types      every Mobility Header type: Binding Error, status 2 (RFC 6275 9.2)

Says what it answered, a line for each.
"""

import argparse
import os
import socket
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../roaming"))
from forge import BE, MH, mobility  # noqa: E402
from inject import checksum, ipv6  # noqa: E402

DEST_OPTIONS, ICMPV6, HOME_ADDRESS = 60, 58, 201
QUOTE = 1280 - 40 - 8


def headers(packet):
    """The extension headers and what follows them: (protocol, offset)."""
    proto, at = packet[6], 40
    while proto in (0, 43, DEST_OPTIONS):
        yield proto, at
        proto, at = packet[at], at + 8 + 8 * packet[at + 1]
    yield proto, at


def home_address(packet):
    """Where the Home Address option is."""
    for proto, at in headers(packet):
        end = at + 8 + 8 * packet[at + 1]
        at += 2
        while proto == DEST_OPTIONS and at < end:
            if packet[at] == HOME_ADDRESS:
                return at
            at += 1 if packet[at] == 0 else 2 + packet[at + 1]
    return None


def answer_option(packet):
    at = home_address(packet)
    if at is None:
        return None
    src, dst = packet[8:24], packet[24:40]
    body = struct.pack("!I", at) + packet[:QUOTE]
    total = checksum(dst + src + struct.pack("!IHBB", 4 + len(body), 0, 0, ICMPV6) + b"\4\2\0\0" + body)
    return ipv6(dst, src, ICMPV6, 0, struct.pack("!BBH", 4, 2, total) + body)


def answer_types(packet):
    proto, at = list(headers(packet))[-1]
    if proto != MH or packet[at + 2] == BE:
        return None
    src, dst = packet[8:24], packet[24:40]
    option = home_address(packet)
    home = packet[option + 2:option + 18] if option else bytes(16)
    return ipv6(dst, src, MH, 0, mobility(dst, src, BE, b"\2\0" + home))


def main():
    parser = argparse.ArgumentParser(description="a host that lacks a part of Mobile IPv6")
    parser.add_argument("device")
    parser.add_argument("lacks", choices=("option", "types"))
    args = parser.parse_args()
    answer = answer_option if args.lacks == "option" else answer_types
    sniff = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x86DD))
    sniff.bind((args.device, 0x86DD))
    send = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
    print("ready", flush=True)
    while True:
        packet, where = sniff.recvfrom(65535)
        if where[2] == socket.PACKET_OUTGOING:
            continue
        packet = packet[:40 + struct.unpack("!H", packet[4:6])[0]]
        reply = answer(packet)
        if reply:
            to = socket.inet_ntop(socket.AF_INET6, reply[24:40])
            send.sendto(reply, (to, 0))
            print("answered", to, flush=True)


if __name__ == "__main__":
    main()
