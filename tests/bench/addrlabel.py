#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The results of addrlabel.sh on an unpatched and on a patched kernel, side by side.

    addrlabel.py STOCK.csv PATCHED.csv [NAME]    a table on stdout; a plot in NAME.png and NAME.svg
"""

import csv
import sys

# columns of the results: what, unit of its axis
MEASURES = (("sendto", "unconnected sendto (1,000 instructions)"), ("connect", "connect (1,000 instructions)"),
            ("insert", "insertion of a label (1,000 instructions)"))
MODE_NAME = {"48": "prefixes of 48 bits", "mixed": "prefixes of 0 to 128 bits"}
# Okabe and Ito's colours, which people with any colour vision can tell apart
VERMILLION, BLUE = "#D55E00", "#0072B2"


def load(path):
    """{(mode, labels): {column: number}}"""
    with open(path, encoding="utf-8") as f:
        return {(r["mode"], int(r["labels"])): {k: float(v) for k, v in r.items() if k not in ("mode", "labels")}
                for r in csv.DictReader(f)}


def number(value):
    return "%.1f" % value if value < 1000 else "{:,.0f}".format(value)


def table(stock, patched):
    head = ["lengths", "labels"]
    for what, _ in MEASURES:
        head += [what, "patched", "x10"]
    lines = [head + ["bytes", "patched"]]
    for key in sorted(set(stock) & set(patched)):
        s, p = stock[key], patched[key]
        line = [key[0], "{:,}".format(key[1])]
        for what, _ in MEASURES:
            line += [number(s[what]), number(p[what]), "%.2f" % (p[what] / p[what + "10"])]
        # memory is not measured where a slab is more than the labels
        lines.append(line + ["%d" % d["bytes"] if d["bytes"] else "-" for d in (s, p)])
    widths = [max(len(line[i]) for line in lines) for i in range(len(head) + 2)]
    for line in lines:
        print("  ".join(word.rjust(w) for word, w in zip(line, widths)))
    print("Costs in 1,000 instructions, unpatched kernel first; x10: the patched kernel's cost in that of a table of 10 labels in\n"
          "the same run; bytes: memory of the kernel for each label.")


def plot(stock, patched, name):
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    plt.rcParams.update({"font.size": 10, "font.family": "DejaVu Sans", "svg.hashsalt": "addrlabel", "svg.fonttype": "none", "axes.spines.top": False,
                         "axes.spines.right": False})
    figure, all_axes = plt.subplots(1, len(MEASURES), figsize=(12, 4.2), layout="constrained")
    figure.suptitle("The cost of address labels", fontsize=13, fontweight="bold")
    for axes, (what, label) in zip(all_axes, MEASURES):
        for results, colour, kernel in ((stock, VERMILLION, "unpatched"), (patched, BLUE, "patched")):
            for mode, style in (("48", "o-"), ("mixed", "s--")):
                points = sorted((n, r[what]) for (m, n), r in results.items() if m == mode)
                axes.plot(*zip(*points), style, color=colour, ms=5, lw=1.5, label="%s, %s" % (kernel, MODE_NAME[mode]))
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlabel("labels")
        axes.set_ylabel(label)
        axes.grid(True, which="major", color="#E0E0E0", lw=0.6)
    all_axes[0].legend(fontsize=8, frameon=False, loc="upper left")
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
