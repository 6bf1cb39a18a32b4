"""The figure of `benchmarks.population`: throughput over members."""

import statistics
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from benchmarks import floor
from benchmarks.command import Results
from benchmarks.contestants import CONTESTANTS, ENGINE
from lstm_toys.figures import GRAY, canvas, colors

MARKERS = "osD^v<>"
"""Markers of contestants, in their order."""


def throughput(results: Results) -> Figure:
    """Member-steps a second of every contestant over the number of members, and what the hardware limits them to."""
    cells = {cell["members"]: cell["rows"] for cell in results["cells"] if cell["sweep"] == "members"}
    cores, together = results["machine"]["cores"], [each.name for each in CONTESTANTS if not each.one_network]
    ratios = [
        [rows[name]["ours_to_this"] for name in together if "ours_to_this" in rows.get(name, {})]
        for rows in cells.values()
    ]
    faster = [min(each) for each in ratios if each]
    title = (
        f"On {cores} cores, {ENGINE.name} trains {min(faster, default=np.nan):.1f} to "
        f"{max(faster, default=np.nan):.1f} times as fast as\nthe fastest of the others that train as many together"
    )
    ylabel = "training steps a second, of all networks"
    with canvas(title, xlabel="networks", ylabel=ylabel, size=(6.8, 4.9)) as (figure, (axes,)):
        limit = statistics.median(floor.rates(results["floor"], cores))
        axes.axhline(limit, color="black", linewidth=1, linestyle=":", label="limit: matrix products and gates alone")
        shades = colors(together)
        for contestant, marker in zip(CONTESTANTS, MARKERS, strict=True):
            every = {members: of.get(contestant.name, {}) for members, of in cells.items()}
            rows = {members: row for members, row in every.items() if "median" in row}
            median, low, high = (np.array([row[name] for row in rows.values()]) for name in ("median", "low", "high"))
            style: dict[str, Any] = {"label": contestant.name, "linewidth": 1, "marker": marker, "markersize": 4.5}
            if rows and contestant.one_network:
                # One process trains one network, so that the rate is the same for any number.
                axes.plot([*cells], [median[0]] * len(cells), color=GRAY, linestyle="--", **style)
            elif rows:
                axes.errorbar([*rows], median, [median - low, high - median], color=shades[contestant.name], **style)
        axes.set(xscale="log", yscale="log", xticks=[*cells], xticklabels=[f"{count:,}" for count in cells])
        axes.minorticks_off()
        axes.yaxis.set_major_formatter(lambda rate, _: f"{rate:,.0f}")
        what = "bars: slowest to fastest round; dashed: one network per process"
        figure.legend(loc="outside lower center", ncols=2, title=what)
    return figure
