# SPDX-License-Identifier: GPL-2.0-or-later
"""Tables and plots of a measurement on the unpatched and on the patched kernel. matplotlib is loaded for a plot only."""

import sys

# Okabe and Ito's colours, which people with any colour vision can tell apart
VERMILLION, BLUE = "#D55E00", "#0072B2"
KERNELS = (("unpatched", VERMILLION), ("patched", BLUE))


def arguments(usage):
    """STOCK.csv PATCHED.csv [NAME] of the command line; NAME is None if it is not there."""
    if len(sys.argv) not in (3, 4):
        sys.exit(usage)
    return sys.argv[1:4] + [None] * (4 - len(sys.argv))


def number(value):
    return "%.1f" % value if value < 1000 else "{:,.0f}".format(value)


def print_columns(lines, left=0):
    """Lines of words below each other; the first `left` columns begin at the left, the others end at the right."""
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    for line in lines:
        print("  ".join(w.ljust(n) if i < left else w.rjust(n) for i, (w, n) in enumerate(zip(line, widths))).rstrip())


class Figure:
    """Panels beside each other; files that do not differ from run to run."""

    def __init__(self, title, panels):
        import matplotlib

        matplotlib.use("Agg")
        import matplotlib.pyplot as plt

        plt.rcParams.update({"font.size": 10, "font.family": "DejaVu Sans", "svg.hashsalt": title, "svg.fonttype": "none",
                             "axes.spines.top": False, "axes.spines.right": False})
        self.figure, self.panels = plt.subplots(1, panels, figsize=(12, 4.2), layout="constrained")
        self.figure.suptitle(title, fontsize=13, fontweight="bold")

    def label(self, axes, size, cost):
        axes.set_xlabel(size)
        axes.set_ylabel(cost)
        axes.grid(True, which="major", color="#E0E0E0", lw=0.6)

    def save(self, name):
        """NAME.png and NAME.svg"""
        self.figure.savefig(name + ".png", dpi=150)
        self.figure.savefig(name + ".svg", metadata={"Date": None})
        print("plot: %s.png" % name)
        print("      %s.svg" % name)
