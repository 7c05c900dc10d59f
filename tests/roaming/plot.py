#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Draws a roaming run: round trip times and losses of the probes, and the rate of the TCP transfer, over time.

    plot.py DIR NAME    from the results in DIR (see analyse.py, and tcp.csv) to NAME.png and NAME.svg
"""

import os
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
from matplotlib.ticker import FuncFormatter  # noqa: E402

import analyse  # noqa: E402

# Okabe and Ito's colours, which people with any colour vision can tell apart; losses have a shape of their own too
BLUE, ORANGE, GREEN, VERMILLION, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#555555"
LINK_COLOUR = {"home": "#E8E8E8", "f1": "#DCEBF7", "f2": "#FBEFD5"}
LINK_NAME = {"home": "home link", "f1": "foreign link f1", "f2": "foreign link f2"}
BUCKET = 0.1


def throughput(path, start, end):
    """(times, Mbit/s) in buckets of BUCKET seconds."""
    n = int((end - start) / BUCKET) + 1
    counts = [0] * n
    if not os.path.exists(path):
        return [], []
    with open(path) as f:
        f.readline()
        for line in f:
            t, size = line.split(",")
            i = int((float(t) - start) / BUCKET)
            if 0 <= i < n:
                counts[i] += int(size)
    return [(i + 0.5) * BUCKET for i in range(n)], [c * 8 / 1e6 / BUCKET for c in counts]


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    directory, name = sys.argv[1:]
    moves, down, _ = analyse.load(directory)
    with open(os.path.join(directory, "marks.csv")) as f:
        marks = [line.strip().split(",") for line in f][1:]
    start = next((float(m[0]) for m in marks if m[1] == "start"), min(p[0] for p in down.sent.values()))
    end = next((float(m[0]) for m in marks if m[1] == "end"), max(p[0] for p in down.sent.values()))

    probes = [p for p in down.sent.values() if start <= p[0] <= end]
    answered = sorted((p[0] - start, (p[2] - p[0]) * 1000) for p in probes if p[2])
    lost = sorted(p[0] - start for p in probes if not p[2])

    plt.rcParams.update({"font.size": 10, "font.family": "DejaVu Sans", "svg.hashsalt": "handoff", "axes.spines.top": False,
                         "axes.spines.right": False})
    figure, (rtt, tcp) = plt.subplots(2, 1, sharex=True, figsize=(10, 6), height_ratios=(2.2, 1), layout="constrained")
    figure.suptitle("A mobile node moves between links; its home address stays reachable\n", fontsize=13, fontweight="bold")

    borders = [(0.0, moves[0]["move"].split("-")[0])] + [(m["time"] - start, m["link"]) for m in moves]
    for (left, link), right in zip(borders, [b[0] for b in borders[1:]] + [end - start]):
        for axes in (rtt, tcp):
            axes.axvspan(left, right, color=LINK_COLOUR[link], lw=0)
        rtt.text((left + right) / 2, 1.015, LINK_NAME[link], transform=rtt.get_xaxis_transform(), ha="center", va="bottom", color=GREY)
    top = 3000
    for move in moves:
        t = move["time"] - start
        for axes in (rtt, tcp):
            axes.axvline(t, color="black", lw=1, ls="--")
        gap = move["gap"]
        rtt.text(t + 0.12, top * 0.8, "%s \u2192 %s\n%s, %d lost" % (
            *move["move"].split("-"), "no gap" if gap is None else "gap %.0f ms" % (gap * 1000), move["lost"]), va="top", fontsize=9)

    # dots at this size are one path each in an SVG: drawn as an image
    rtt.plot([t for t, _ in answered], [v for _, v in answered], ".", ms=3, color=BLUE, label="probe answered", rasterized=True)
    floor = 0.35
    rtt.plot(lost, [floor * 1.25] * len(lost), "|", ms=9, mew=1, color=VERMILLION, label="probe lost", rasterized=True)
    rtt.set_yscale("log")
    rtt.set_ylim(floor, top)
    rtt.yaxis.set_major_formatter(FuncFormatter(lambda v, _: "%g" % v))
    rtt.set_ylabel("round trip time (ms)")
    rtt.legend(loc="center right", framealpha=1, fontsize=9, markerscale=1.3, bbox_to_anchor=(1, 0.6))

    times, rate = throughput(os.path.join(directory, "tcp.csv"), start, end)
    tcp.step(times, rate, where="mid", color=GREEN, lw=1.3)
    tcp.set_ylim(0, max(rate or [1]) * 1.1)
    tcp.set_ylabel("one TCP transfer\n(Mbit/s)")
    tcp.set_xlabel("time (s); dashed: the cable is moved. Probes every 10 ms from the correspondent to the home address; "
                   "router advertisements every 0.3 to 1 s", fontsize=9)
    tcp.set_xlim(0, end - start)
    figure.savefig(name + ".png", dpi=150)
    figure.savefig(name + ".svg", dpi=150, metadata={"Date": None})
    print("plot: %s.png" % name)
    print("      %s.svg" % name)


if __name__ == "__main__":
    main()
