"""The figure of `benchmarks.population`: throughput over members."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from benchmarks import contestants, floor
from benchmarks.contestants import ENGINE, Contestant
from lstm_toys.figures import COLORS, canvas

COLOR: dict[Contestant, str] = {
    ENGINE: COLORS["r"],
    contestants.AUTODIFF: COLORS["b"],
    contestants.FLAX_BLOCKS: "#5aa45a",
    contestants.FLAX: COLORS["g"],
    contestants.EQUINOX: COLORS["c"],
    contestants.TORCH: "#7a3fb0",
    contestants.TORCH_FUNC: "#a878cc",
    contestants.KERAS: "#555555",
}
"""One for each line."""

APART = 0.06
"""Octaves between the marks of two contestants at the same number of members, so that their bars do not overlap."""


def throughput(results: dict[str, Any]) -> Figure:
    """Member-steps a second of every contestant over the number of members, and the floor."""
    cells = [cell for cell in results["cells"] if cell["sweep"] == "members"]
    counts = np.array([cell["members"] for cell in cells])
    cores = results["machine"]["cores"]
    title = f"Throughput on {cores} cores (dashed: one network per process, for any number of members)"
    labels: list[tuple[float, str, str]] = []
    with canvas(title, xlabel="members", ylabel="member-steps a second: median, slowest to fastest") as (
        figure,
        (axes,),
    ):
        figure.set_size_inches(7.6, 5.0)
        axes.set_xscale("log", base=2)
        axes.set_yscale("log")
        several = [contestant for contestant in COLOR if not contestant.one_network]
        for contestant, color in COLOR.items():
            rows = [cell["rows"].get(contestant.name, {}) for cell in cells]
            timed = np.array(["median" in row for row in rows])
            if not timed.any():
                continue
            median, low, high = (np.array([r[n] for r in rows if n in r]) for n in ("median", "low", "high"))
            if contestant.one_network:  # Does not depend on the number of members.
                at = float(np.median(median))
                axes.axhline(at, color=color, linewidth=1, linestyle="--")
            else:
                x = counts[timed] * 2 ** (APART * (several.index(contestant) - (len(several) - 1) / 2))
                at = float(median[-1])
                axes.plot(x, median, color=color, linewidth=1.8 if contestant is ENGINE else 1.1)
                spread = np.stack([median - low, high - median])
                axes.errorbar(x, median, spread, color=color, linestyle="", marker="o", markersize=3.5, elinewidth=1)
            labels.append((at, contestant.label, color))
        limit = float(np.median(floor.rates(results["floor"], cores)))
        axes.axhline(limit, color=COLORS["k"], linewidth=1, linestyle=":")
        labels.append((limit, "floor: products and gates alone", COLORS["k"]))
        axes.set_xticks(counts, [f"{count:,}" for count in counts])
        axes.minorticks_off()
        bottom, top = axes.get_ylim()
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if top / bottom < 100 else (1.0,)))
        axes.yaxis.set_major_formatter(lambda rate, _: f"{rate:,.0f}")
        labels.sort()
        for (_, label, color), at in zip(labels, _apart([at for at, _, _ in labels], *axes.get_ylim()), strict=True):
            end = axes.annotate(label, (1.015, at), xycoords=("axes fraction", "data"), color=color, fontsize=8)
            end.set(verticalalignment="center", annotation_clip=False)
    return figure


def _apart(heights: list[float], low: float, high: float) -> list[float]:
    """Heights for labels, as near their lines as a line of text between them allows."""
    gap = 0.042 * np.log(high / low)
    apart = np.log(heights)
    for _ in range(200):
        for place in range(1, len(apart)):
            overlap = max(0.0, gap - (apart[place] - apart[place - 1]))
            apart[place - 1 : place + 1] += -overlap / 2, overlap / 2
    return np.exp(apart).tolist()
