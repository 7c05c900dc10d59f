#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""From the home agent's Binding Acknowledgement to the first optimized packet, of each move between foreign links: what a capture of the
mobile node's link and marks.csv tell.

    handoff.py DIR HA CN    a line for each move: its number, ms from the acknowledgement to the first packet with a Home Address option on
                            the new link, to the first with a type 2 routing header; then "median" and both
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../roaming"))
import pcap  # noqa: E402


def first(packets, start, end, test):
    for p in packets:
        if start < p.time <= end and test(p):
            return p
    return None


def main():
    directory, ha, cn = sys.argv[1:]
    packets = list(pcap.read(os.path.join(directory, "mn.pcap")))
    marks = [line.strip().split(",") for line in open(os.path.join(directory, "marks.csv"))][1:]
    found = {"out": [], "in": []}
    for i, (time, event, link, number) in enumerate(marks):
        if event not in ("f1-f2", "f2-f1"):
            continue
        end = float(marks[i + 1][0]) if i + 1 < len(marks) else float("inf")
        bu = first(packets, float(time), end, lambda p: p.kind == "bu" and p.dst == ha)
        ba = bu and first(packets, bu.time, end, lambda p: p.kind == "ba" and p.src == ha and p.dst == bu.src)
        line = [event, number]
        for way, test in (("out", lambda p: p.dst == cn and p.src == bu.src and p.hoa and p.kind != "bu"),
                          ("in", lambda p: p.src == cn and p.dst == bu.src and p.rt2 and p.kind != "ba")):
            p = ba and first(packets, ba.time, end, test)
            found[way].append((p.time - ba.time) * 1000 if p else float("inf"))
            line.append("%.1f" % found[way][-1])
        print(*line)
    print("median", *["%.1f" % sorted(found[way])[len(found[way]) // 2] for way in ("out", "in")])


if __name__ == "__main__":
    main()
