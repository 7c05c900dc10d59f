#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Sends a Binding Update of which every field is one's own: what a home agent must refuse a mobile router.

    update.py SRC HOME-AGENT HOME-ADDRESS SEQUENCE [--coa ADDRESS] [--lifetime SECONDS] [--flags AHLKR] [--mnp PREFIX/LENGTH]...

The packet leaves with SRC, which has to be ours for the answer to come back here; --coa goes into the Alternate Care-of Address option.
"""

import argparse
import socket
import struct
import sys

sys.path.insert(0, sys.path[0] + "/../roaming")
from inject import checksum  # noqa: E402

FLAGS = {"A": 0x80, "H": 0x40, "L": 0x20, "K": 0x10, "R": 0x04}


def address(text):
    return socket.inet_pton(socket.AF_INET6, text)


def padded(data, mod, rem):
    """PadN up to mod * n + rem, counted from the begin of the message."""
    n = (rem - len(data)) % mod
    return data + (b"" if not n else b"\0" if n == 1 else bytes((1, n - 2)) + bytes(n - 2))


def update(args):
    body = struct.pack("!BBBBHHBBH", 59, 0, 5, 0, 0, args.sequence, sum(FLAGS[f] for f in args.flags), 0, args.lifetime // 4)
    if args.coa:
        body = padded(body, 8, 6) + bytes((3, 16)) + address(args.coa)
    for mnp in args.mnp:
        prefix, length = mnp.split("/")
        body = padded(body, 8, 4) + bytes((6, 18, 0, int(length))) + address(prefix)
    body = padded(body, 8, 0)
    body = body[:1] + bytes((len(body) // 8 - 1,)) + body[2:]
    pseudo = address(args.hoa) + address(args.ha) + struct.pack("!IHBB", len(body), 0, 0, 135)
    return body[:4] + struct.pack("!H", checksum(pseudo + body)) + body[6:]


def main():
    parser = argparse.ArgumentParser(description="a Binding Update")
    for name in ("src", "ha", "hoa"):
        parser.add_argument(name)
    parser.add_argument("sequence", type=int)
    parser.add_argument("--coa")
    parser.add_argument("--lifetime", type=int, default=60)
    parser.add_argument("--flags", default="AHR")
    parser.add_argument("--mnp", action="append", default=[])
    args = parser.parse_args()
    # the Home Address option stands at 8n+6
    hao = bytes((135, 2, 1, 2, 0, 0, 201, 16)) + address(args.hoa)
    payload = hao + update(args)
    s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
    s.sendto(struct.pack("!IHBB", 6 << 28, len(payload), 60, 64) + address(args.src) + address(args.ha) + payload, (args.ha, 0))


if __name__ == "__main__":
    main()
