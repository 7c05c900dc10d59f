#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The results of addrlabel.sh on an unpatched and on a patched kernel, side by side.

    addrlabel.py STOCK.csv PATCHED.csv [NAME]    a table on stdout; a plot in NAME.png and NAME.svg
"""

import csv

import side_by_side

# columns of the results: what, unit of its axis
MEASURES = (("sendto", "unconnected sendto (1,000 instructions)"), ("connect", "connect (1,000 instructions)"),
            ("insert", "insertion of a label (1,000 instructions)"))
MODE_NAME = {"48": "prefixes of 48 bits", "mixed": "prefixes of 0 to 128 bits"}


def load(path):
    """{(mode, labels): {column: number}}"""
    with open(path, encoding="utf-8") as f:
        return {(r["mode"], int(r["labels"])): {k: float(v) for k, v in r.items() if k not in ("mode", "labels")}
                for r in csv.DictReader(f)}


def table(stock, patched):
    head = ["lengths", "labels"]
    for what, _ in MEASURES:
        head += [what, "patched", "x10"]
    lines = [head + ["bytes", "patched"]]
    for key in sorted(set(stock) & set(patched)):
        s, p = stock[key], patched[key]
        line = [key[0], "{:,}".format(key[1])]
        for what, _ in MEASURES:
            line += [side_by_side.number(s[what]), side_by_side.number(p[what]), "%.2f" % (p[what] / p[what + "10"])]
        # memory is not measured where a slab is more than the labels
        lines.append(line + ["%d" % d["bytes"] if d["bytes"] else "-" for d in (s, p)])
    side_by_side.print_columns(lines)
    print("Costs in 1,000 instructions, unpatched kernel first; x10: the patched kernel's cost in that of a table of 10 labels in\n"
          "the same run; bytes: memory of the kernel for each label.")


def plot(stock, patched, name):
    figure = side_by_side.Figure("The cost of address labels", len(MEASURES))
    for axes, (what, label) in zip(figure.panels, MEASURES):
        for results, (kernel, colour) in zip((stock, patched), side_by_side.KERNELS):
            for mode, style in (("48", "o-"), ("mixed", "s--")):
                points = sorted((n, r[what]) for (m, n), r in results.items() if m == mode)
                axes.plot(*zip(*points), style, color=colour, ms=5, lw=1.5, label="%s, %s" % (kernel, MODE_NAME[mode]))
        axes.set_xscale("log")
        axes.set_yscale("log")
        figure.label(axes, "labels", label)
    figure.panels[0].legend(fontsize=8, frameon=False, loc="upper left")
    figure.save(name)


def main():
    stock, patched, name = side_by_side.arguments(__doc__)
    stock, patched = load(stock), load(patched)
    table(stock, patched)
    if name:
        plot(stock, patched, name)


if __name__ == "__main__":
    main()
