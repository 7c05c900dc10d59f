#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The results of mroute.sh on an unpatched and on a patched kernel, side by side.

    mroute.py STOCK.csv PATCHED.csv [NAME]    a table on stdout; a plot in NAME.png and NAME.svg
"""

import csv
import sys

# the measures that grow with a size: name in the results, title, what the size counts
PLOTS = (("packet without route", "a packet without a route", "others that wait"),
         ("packet with a route", "a packet with a route", "routes"),
         ("packet to outputs", "a packet to many outputs", "outputs"))
# Okabe and Ito's colours, which people with any colour vision can tell apart
VERMILLION, BLUE = "#D55E00", "#0072B2"


def load(path):
    """{(what, size): (ns, ratio to its control)}, in the order of the file"""
    with open(path, encoding="utf-8") as f:
        return {(r["what"], int(r["size"])): (float(r["ns"]), float(r["ratio"])) for r in csv.DictReader(f)}


def table(stock, patched):
    lines = [["", "size", "stock us", "x", "patched us", "x", "patched/stock"]]
    for key in list(stock) + [k for k in patched if k not in stock]:
        line = [key[0], "{:,}".format(key[1])]
        for results in (stock, patched):
            ns, ratio = results.get(key, (None, None))
            line += ["-", "-"] if ns is None else ["{:,.1f}".format(ns / 1000), "%.2f" % ratio]
        both = key in stock and key in patched
        lines.append(line + ["%.2f" % (patched[key][0] / stock[key][0]) if both else "-"])
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    for line in lines:
        print("  ".join(w.ljust(n) if not i else w.rjust(n) for i, (w, n) in enumerate(zip(line, widths))))
    print("Microseconds on an emulated processor. x: in that of the control of the same run and kernel, which is 100 packets that wait,\n"
          "one route, one output, the second output, the socket option.")


def plot(stock, patched, name):
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    plt.rcParams.update({"font.size": 10, "font.family": "DejaVu Sans", "svg.hashsalt": "mroute", "axes.spines.top": False,
                         "axes.spines.right": False})
    figure, all_axes = plt.subplots(1, len(PLOTS), figsize=(12, 4.2), layout="constrained")
    figure.suptitle("The cost of IPv6 multicast routing", fontsize=13, fontweight="bold")
    for axes, (what, title, size) in zip(all_axes, PLOTS):
        for results, colour, kernel in ((stock, VERMILLION, "unpatched"), (patched, BLUE, "patched")):
            points = [(n, ns / 1000) for (w, n), (ns, _) in results.items() if w == what]
            axes.plot(*zip(*points), "o-", color=colour, ms=5, lw=1.5, label=kernel)
        axes.set_title(title, fontsize=10)
        axes.set_xlabel(size)
        axes.set_ylabel("µs")
        axes.set_ylim(bottom=0)
        axes.grid(True, which="major", color="#E0E0E0", lw=0.6)
    all_axes[1].set_xscale("log")
    all_axes[0].legend(frameon=False, loc="upper left")
    figure.savefig(name + ".png", dpi=150)
    figure.savefig(name + ".svg", metadata={"Date": None})
    print("plot: %s.png" % name)
    print("      %s.svg" % name)


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    stock, patched = load(sys.argv[1]), load(sys.argv[2])
    table(stock, patched)
    if len(sys.argv) == 4:
        plot(stock, patched, sys.argv[3])


if __name__ == "__main__":
    main()
