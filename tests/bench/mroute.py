#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The results of mroute.sh on an unpatched and on a patched kernel, side by side.

    mroute.py STOCK.csv PATCHED.csv [NAME]    a table on stdout; a plot in NAME.png and NAME.svg

Fails if a packet with a route costs more on the patched kernel.
"""

import csv
import sys

import side_by_side

# the measures that grow with a size: name in the results, title, what the size counts, scale of the costs
PLOTS = (("packet without route", "a packet without a route", "others that wait", "log"),
         ("packet with a route", "a packet with a route", "routes", "linear"),
         ("packet to outputs", "a packet to many outputs", "outputs", "linear"))
# of the patched kernel, to the unpatched one's; the results of two runs differ by 1 %
FORWARDING = ("packet with a route", "packet to outputs", "packet to outputs, VRF and joined group")
MOST = 1.03


def load(path):
    """{(what, size): (instructions, ratio to its control)}, in the order of the file"""
    with open(path, encoding="utf-8") as f:
        return {(r["what"], int(r["size"])): (float(r["ns"]), float(r["ratio"])) for r in csv.DictReader(f)}


def table(stock, patched):
    lines = [["", "size", "unpatched", "x", "patched", "x", "patched/unpatched"]]
    for key in list(stock) + [k for k in patched if k not in stock]:
        line = [key[0], "{:,}".format(key[1])]
        for results in (stock, patched):
            ns, ratio = results.get(key, (None, None))
            line += ["-", "-"] if ns is None else [side_by_side.number(ns / 1000), "%.2f" % ratio]
        both = key in stock and key in patched
        lines.append(line + ["%.2f" % (patched[key][0] / stock[key][0]) if both else "-"])
    side_by_side.print_columns(lines, left=1)
    print("Costs in 1,000 instructions. x: in that of the control of the same run and kernel, which is 100 packets that wait,\n"
          "one route, one output, another output without them, the socket option.")


def regressions(stock, patched):
    """Says which packets cost more on the patched kernel, and how many"""
    worse = [key for key in stock if key[0] in FORWARDING and key in patched and patched[key][0] > MOST * stock[key][0]]
    for what, size in worse:
        print("%s, %d: costs more than on the unpatched kernel" % (what, size), file=sys.stderr)
    return len(worse)


def plot(stock, patched, name):
    figure = side_by_side.Figure("The cost of IPv6 multicast routing", len(PLOTS))
    for axes, (what, title, size, scale) in zip(figure.panels, PLOTS):
        for results, (kernel, colour) in zip((stock, patched), side_by_side.KERNELS):
            points = [(n, ns / 1000) for (w, n), (ns, _) in results.items() if w == what]
            axes.plot(*zip(*points), "o-", color=colour, ms=5, lw=1.5, label=kernel)
        axes.set_title(title, fontsize=10)
        axes.set_yscale(scale)
        axes.margins(y=0.15)
        axes.set_ylim(bottom=0 if scale == "linear" else 1)
        figure.label(axes, size, "1,000 instructions")
    figure.panels[0].set_xticks(range(0, 15001, 5000))
    figure.panels[1].set_xscale("log")
    figure.panels[0].legend(frameon=False, loc="upper left")
    figure.save(name)


def main():
    stock, patched, name = side_by_side.arguments(__doc__)
    stock, patched = load(stock), load(patched)
    table(stock, patched)
    if name:
        plot(stock, patched, name)
    sys.exit(min(regressions(stock, patched), 1))


if __name__ == "__main__":
    main()
