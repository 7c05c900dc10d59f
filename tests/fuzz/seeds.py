#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""seeds.py WIRE_TOOL TARGET DIR: writes the inputs of one target from seeds.txt, as files in DIR.

Each message as it is, behind the IPv6 header, and for fuzz_icmp6 the whole packet, also as an ICMPv6 error quotes it."""
import os
import subprocess
import sys

tool, target, out = sys.argv[1:]
os.makedirs(out, exist_ok=True)
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "seeds.txt")) as f:
    lines = [line.split(None, 1)[1] for line in f if line.split()[:1] == [target]]
done = subprocess.run([tool, "build"], input="".join(lines), text=True, stdout=subprocess.PIPE, check=True)
for n, text in enumerate(done.stdout.split()):
    packet = bytes.fromhex(text)
    inputs = [packet[40:]]
    if target == "fuzz_icmp6":
        inputs += [packet, bytes.fromhex("0200000000000500") + packet[:-3]]
    for i, data in enumerate(inputs):
        with open(os.path.join(out, "seed-%d-%d" % (n, i)), "wb") as f:
            f.write(data)
