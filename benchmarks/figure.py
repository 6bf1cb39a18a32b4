"""The figure of `benchmarks.population`: throughput over members."""

from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from benchmarks.entries import (
    AUTODIFF,
    ENTRIES,
    EQUINOX,
    FLAX,
    FLAX_BLOCKS,
    FLOOR,
    KERAS,
    KERAS_FIT,
    OURS,
    TORCH,
    TORCH_FUNC,
)
from lstm_toys.figures import COLORS, STYLE

COLOR = {
    OURS: COLORS["r"],
    AUTODIFF: COLORS["b"],
    FLAX_BLOCKS: "#5aa45a",
    FLAX: COLORS["g"],
    EQUINOX: COLORS["c"],
    TORCH: "#7a3fb0",
    TORCH_FUNC: "#b58ad6",
    KERAS: "#555555",
    KERAS_FIT: "#8c8c8c",
    FLOOR: COLORS["k"],
}
"""One for each contestant."""


def throughput(results: dict[str, Any]) -> Figure:
    """Member-steps a second of every contestant over the number of members, and the floor."""
    cells = [cell for cell in results["cells"] if cell["sweep"] == "members"]
    counts = np.array([cell["members"] for cell in cells])
    names: list[tuple[float, str, str]] = []
    with mpl.rc_context(STYLE | {"figure.figsize": (7.6, 5.0)}):
        figure = Figure()
        axes = figure.subplots()
        axes.set(
            title=f"Throughput on {results['machine']['cores']} cores, and the floor of dots and activations",
            xlabel="members",
            ylabel="member-steps a second: median, slowest to fastest",
        )
        axes.set_xscale("log", base=2)
        axes.set_yscale("log")
        for entry in (*ENTRIES, FLOOR):
            rows = [cell["rows"].get(entry.name, {}) for cell in cells]
            timed = np.array(["median" in row for row in rows])
            if not timed.any():
                continue
            median, low, high = (np.array([r[n] for r in rows if n in r]) for n in ("median", "low", "high"))
            color, x = COLOR[entry], counts[timed]
            if entry is FLOOR or entry.one_network:  # Does not depend on the number of members.
                at = float(np.median(median))
                axes.axhline(at, color=color, linewidth=1, linestyle="--")
            else:
                at = float(median[-1])
                axes.plot(x, median, color=color, linewidth=1.8 if entry is OURS else 1.1)
            if not entry.one_network:
                spread = np.stack([median - low, high - median])
                axes.errorbar(x, median, spread, color=color, linestyle="", marker="o", markersize=3.5, elinewidth=1)
            names.append((at, entry.label, color))
        axes.set_xticks(counts, [f"{count:,}" for count in counts])
        axes.minorticks_off()
        steps = (1.0, 2.0, 5.0) if np.divide(*axes.get_ylim()[::-1]) < 100 else (1.0,)
        axes.yaxis.set_major_locator(LogLocator(subs=steps))
        axes.yaxis.set_major_formatter(lambda rate, _: f"{rate:,.0f}")
        bottom, top = axes.get_ylim()
        for (_, label, color), at in zip(sorted(names), _apart(sorted(names), bottom, top), strict=True):
            axes.annotate(
                label,
                (1.015, at),
                xycoords=("axes fraction", "data"),
                color=color,
                fontsize=8,
                va="center",
                annotation_clip=False,
            )
    return figure


def _apart(names: list[tuple[float, str, str]], low: float, high: float) -> list[float]:
    """Heights for labels, as near their lines as a line of text between them allows."""
    gap = 0.042 * np.log(high / low)
    heights = np.log([name[0] for name in names])
    for _ in range(200):
        for place in range(1, len(heights)):
            overlap = gap - (heights[place] - heights[place - 1])
            if overlap > 0:
                heights[place - 1] -= overlap / 2
                heights[place] += overlap / 2
    return [float(height) for height in np.exp(heights)]
