#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""ipsec_seeds.py DIR: first inputs of fuzz_ipsec_watch, one of each notification, with the sizes of linux/xfrm.h."""
import os
import struct
import sys

AF_INET6, ESP = 10, 50
A, B = (bytes.fromhex("20010db8" + "00" * 11 + x) for x in ("01", "02"))
SELECTOR = B + A + struct.pack("=HHHHHBBB3xiI", 0, 0, 0, 0, AF_INET6, 128, 128, 135, 0, 0)
ID = B + struct.pack("!IB3x", 0x123, ESP)
LIMITS, COUNTERS, STATS = b"\xff" * 32 + bytes(32), bytes(32), bytes(12)
SA = SELECTOR + ID + A + LIMITS + COUNTERS + STATS + struct.pack("=IIHBBB7x", 0, 7, AF_INET6, 1, 32, 0)
POLICY = SELECTOR + LIMITS + COUNTERS + struct.pack("=IIBBBB4x", 6275, 8, 1, 0, 0, 0)
POLICY_ID = SELECTOR + struct.pack("=IB3x", 0, 1)
TEMPLATE = ID + struct.pack("=H2x", AF_INET6) + A + struct.pack("=IBBBxIII", 7, 1, 0, 0, 0, 0, 0)


def attribute(kind, data):
    return struct.pack("=HH", 4 + len(data), kind) + data + bytes(-len(data) % 4)


def message(kind, head, *attributes):
    body = head + bytes(-len(head) % 4) + b"".join(attributes)
    return struct.pack("=IHHII", 16 + len(body), kind, 0, 0, 99) + body


MAIN = attribute(16, bytes(6))
SEEDS = {
    "new": message(0x10, SA, attribute(2, b"cbc(aes)" + bytes(56) + struct.pack("=I", 128) + bytes(16))),
    "delete": message(0x11, B + struct.pack("!IHB1x", 0x123, AF_INET6 << 8, ESP), attribute(6, SA)),
    "acquire": message(0x17, ID + A + SELECTOR + POLICY + struct.pack("=IIII", 0, 0, 0, 1), attribute(5, TEMPLATE), MAIN),
    "expire": message(0x18, SA + struct.pack("=B7x", 1)),
    "flush": message(0x1c, b"\x32"),
    "migrate": message(0x21, POLICY_ID, MAIN, attribute(17, B + A + B + A + struct.pack("=BB2xIHH", ESP, 1, 7, AF_INET6, AF_INET6))),
    "policy-delete": message(0x14, POLICY_ID, attribute(7, POLICY), MAIN),
    "policy-update": message(0x19, POLICY, attribute(5, TEMPLATE), MAIN),
    "policy-flush": message(0x1d, b"", MAIN),
}

for name, data in SEEDS.items():
    with open(os.path.join(sys.argv[1], name), "wb") as f:
        f.write(data)
