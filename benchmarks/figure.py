"""The figure of `benchmarks.population`: throughput over members."""

import statistics
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from benchmarks import floor
from benchmarks.command import Results
from benchmarks.contestants import CONTESTANTS
from lstm_toys.figures import canvas


def throughput(results: Results) -> Figure:
    """Member-steps a second of every contestant over the number of members, and the floor."""
    cells = {cell["members"]: cell["rows"] for cell in results["cells"] if cell["sweep"] == "members"}
    cores = results["machine"]["cores"]
    title = f"Throughput on {cores} cores\n(dashed: one network per process, for any number of members)"
    with canvas(title, xlabel="members", ylabel="member-steps a second") as (figure, (axes,)):
        limit = statistics.median(floor.rates(results["floor"], cores))
        axes.axhline(limit, color="black", linewidth=1, linestyle=":", label="floor: products and gates alone")
        for number, contestant in enumerate(CONTESTANTS):
            every = {members: of.get(contestant.name, {}) for members, of in cells.items()}
            rows = {members: row for members, row in every.items() if "median" in row}
            median, low, high = (np.array([row[name] for row in rows.values()]) for name in ("median", "low", "high"))
            style: dict[str, Any] = {"color": f"C{number}", "label": contestant.name, "linewidth": 1}
            if rows and contestant.one_network:
                axes.axhline(median[0], linestyle="--", **style)
            elif rows:
                axes.errorbar([*rows], median, [median - low, high - median], marker="o", **style)
        axes.set(xscale="log", yscale="log", xticks=[*cells], xticklabels=[f"{count:,}" for count in cells])
        axes.minorticks_off()
        axes.yaxis.set_major_formatter(lambda rate, _: f"{rate:,.0f}")
        figure.legend(loc="outside lower center", ncols=2)
    return figure
