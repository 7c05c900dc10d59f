#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the moves of a mobile node cost: probes lost, longest gaps, and how long after the first Router Advertisement of the new
link the first packet came through.

Reads a scenario's directory: marks.csv (what was done when), the probes' CSV files (probe.c), and mn.pcap, the mobile node's link.
Writes an aligned table to stdout and everything to a JSON file.

A gap is the time between two packets that arrived one after the other, in one direction or for the round trip; a
move's gap is the longest one that ends between it and the next move.
"""

import argparse
import bisect
import json
import os
import sys

import pcap

LINKS = {"home": "2001:db8:0:1::/64", "f1": "2001:db8:f1::/64", "f2": "2001:db8:f2::/64"}
# name in the JSON, heading, unit's factor
COLUMNS = [
    ("lost", "lost", 1),
    ("gap", "gap", 1000),
    ("gap_in", "to MN", 1000),
    ("gap_out", "from MN", 1000),
    ("move_to_ra", "move->RA", 1000),
    ("ra_to_bu", "RA->BU", 1000),
    ("bu_to_ba", "BU->BA", 1000),
    ("ra_to_in", "RA->first in", 1000),
    ("ra_to_out", "RA->first out", 1000),
]


def rows(path):
    """Lines of a CSV file as lists, times still text; the offset that makes the probes' clock the capture's."""
    offset, out = 0.0, []
    if not os.path.exists(path):
        return offset, out
    with open(path) as f:
        for line in f:
            line = line.rstrip("\n")
            if line.startswith("# epoch_offset"):
                offset = float(line.split()[2])
            elif line and line[0].isdigit():
                out.append(line.split(","))
    return offset, out


class Probes:
    """A stream of numbered probes: sent, arrived at the other end, and come back, all in seconds since the epoch."""

    def __init__(self, directory, sender, echo):
        offset, lines = rows(os.path.join(directory, sender))
        self.sent = {}  # seq -> [sent, arrived, back]
        for seq, t_sent, _, t_received in (l[:4] for l in lines if len(l) >= 4):
            self.sent[int(seq)] = [float(t_sent) + offset, None, float(t_received) + offset if t_received else None]
        offset, lines = rows(os.path.join(directory, echo))
        for line in lines:
            if len(line) >= 4 and int(line[0]) in self.sent:
                self.sent[int(line[0])][1] = float(line[2]) + offset
        self.arrivals = sorted(p[1] for p in self.sent.values() if p[1])
        self.returns = sorted(p[2] for p in self.sent.values() if p[2])


def longest_gap(times, start, end):
    """Of the gaps that end in (start, end], or are still open at the end."""
    first = bisect.bisect_right(times, start)
    last = bisect.bisect_right(times, end)
    points = times[max(first - 1, 0):last]
    gaps = [b - a for a, b in zip(points, points[1:])]
    gaps.append(end - (points[-1] if points else start))
    return max(gaps)


def first_after(times, start, end):
    i = bisect.bisect_right(times, start)
    return times[i] if i < len(times) and times[i] <= end else None


def difference(b, a):
    return b - a if a is not None and b is not None else None


def one_move(mark, start, end, down, up, packets):
    """down: correspondent to mobile node and back; up: mobile node to correspondent."""
    link = mark["link"]
    ra = bu = ba = None
    for p in packets:
        if p.time <= start or p.time > end:
            continue
        if p.kind == "ra" and ra is None and LINKS[link] in p.prefixes:
            ra = p.time
        if p.kind == "bu" and bu is None and ra is not None:
            bu = p.time
        if p.kind == "ba" and ba is None and bu is not None:
            ba = p.time
    lost = sum(1 for p in down.sent.values() if start - 0.2 < p[0] <= end - 0.2 and p[2] is None)
    first_in = first_after(down.arrivals, ra, end) if ra else None
    first_out = first_after(up.arrivals, ra, end) if ra else None
    return {
        "move": mark["event"], "link": link, "round": mark["round"], "time": start,
        "lost": lost,
        "gap": longest_gap(down.returns, start, end),
        "gap_in": longest_gap(down.arrivals, start, end),
        "gap_out": longest_gap(up.arrivals, start, end),
        "move_to_ra": difference(ra, start),
        "ra_to_bu": difference(bu, ra),
        "bu_to_ba": difference(ba, bu),
        "ra_to_in": difference(first_in, ra),
        "ra_to_out": difference(first_out, ra),
    }


def median(values):
    values = sorted(values)
    half = len(values) // 2
    return values[half] if len(values) % 2 else (values[half - 1] + values[half]) / 2


def summarise(moves):
    """move -> column -> median, worst, n; in the units of the table (ms), for thresholds too."""
    summary = {}
    for name in dict.fromkeys(m["move"] for m in moves):
        mine = [m for m in moves if m["move"] == name]
        summary[name] = {"rounds": len(mine)}
        for key, _, factor in COLUMNS:
            values = [m[key] for m in mine if m[key] is not None]
            # a missing value is a packet that never came: no median out of those that did
            if values and len(values) == len(mine):
                summary[name][key] = {"median": round(median(values) * factor, 1), "worst": round(max(values) * factor, 1)}
            else:
                summary[name][key] = {"median": None, "worst": None, "missing": len(mine) - len(values)}
    return summary


def table(lines):
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    for line in lines:
        print("  ".join(cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(line, widths))).rstrip())


def number(value):
    return "-" if value is None else "%.0f" % value


def print_moves(moves):
    table([["move"] + [heading for _, heading, _ in COLUMNS]]
          + [["%s %s" % (m["move"], m["round"])] + [number(m[key] * f if m[key] is not None else None) for key, _, f in COLUMNS]
             for m in moves])


def print_summary(summary):
    lines = [["move (rounds)"] + [heading for _, heading, _ in COLUMNS]]
    for name, s in summary.items():
        lines.append(["%s (%d)" % (name, s["rounds"])]
                     + ["%s / %s" % (number(s[key]["median"]), number(s[key]["worst"])) for key, _, _ in COLUMNS])
    print("median / worst; probes lost, times in ms")
    table(lines)


def print_brief(moves):
    """What somebody wants to know who sees this for the first time."""
    table([["move", "probes lost", "longest gap", "first RA to first packet"]]
          + [[m["move"].replace("-", " -> "), str(m["lost"]), number(m["gap"] and m["gap"] * 1000) + " ms",
              number(m["ra_to_in"] and m["ra_to_in"] * 1000) + " ms"] for m in moves])


def load(directory):
    """(moves, down, up): for the demo's plot, too."""
    marks = []
    with open(os.path.join(directory, "marks.csv")) as f:
        keys = f.readline().strip().split(",")
        for line in f:
            mark = dict(zip(keys, line.strip().split(",")))
            mark["time"] = float(mark["time"])
            marks.append(mark)
    down = Probes(directory, "send-cn.csv", "echo-mn.csv")
    up = Probes(directory, "send-mn.csv", "echo-cn.csv")
    capture = os.path.join(directory, "mn.pcap")
    packets = list(pcap.read(capture)) if os.path.exists(capture) else []
    # a packet inside a tunnel is data; signalling is outside
    packets = [p for p in packets if p.kind in ("ra", "bu", "ba")]
    moves = []
    for i, mark in enumerate(marks):
        if not mark["link"]:
            continue
        end = marks[i + 1]["time"] if i + 1 < len(marks) else max(down.returns or [mark["time"]])
        moves.append(one_move(mark, mark["time"], end, down, up, packets))
    return moves, down, up


def main():
    parser = argparse.ArgumentParser(description="what the moves of a mobile node cost")
    parser.add_argument("--dir", default=".", help="the scenario's results")
    parser.add_argument("--json", help="where the values go")
    parser.add_argument("--all", action="store_true", help="a line for each move, too")
    parser.add_argument("--brief", action="store_true", help="a small table of the moves only")
    args = parser.parse_args()
    moves, down, up = load(args.dir)
    if not moves:
        sys.exit("analyse: no moves in %s/marks.csv" % args.dir)
    summary = summarise(moves)
    if args.brief:
        print_brief(moves)
    else:
        if args.all:
            print_moves(moves)
            print()
        print_summary(summary)
    if args.json:
        with open(args.json, "w") as f:
            json.dump({"moves": moves, "summary": summary, "probes": {"sent": len(down.sent), "answered": len(down.returns)}}, f, indent=1)
            f.write("\n")


if __name__ == "__main__":
    main()
