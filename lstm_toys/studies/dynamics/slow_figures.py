"""Draws slow points and fixed points of networks under the constant inputs of named periods."""

from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from lstm_toys.dynamics.rest import Kind
from lstm_toys.dynamics.slow import variance_shares
from lstm_toys.figures import style
from lstm_toys.studies.dynamics.periods import LEVELS, SLOW, lasting, moduli, slow

NETWORKS, PERIODS, MODES = 4, 4, 8
"""Most networks and periods in a figure, and most modes of a slow point."""

LEAST = 1e-7
"""The q at which smaller ones are drawn."""

KINDS: dict[Kind, dict[str, Any]] = {
    Kind.STABLE: {"marker": "o", "markersize": 7, "fillstyle": "none", "markeredgewidth": 1.4},
    Kind.UNSTABLE: {"marker": "x", "markersize": 6, "markeredgewidth": 1.4},
}


def draw(found: xr.Dataset) -> dict[str, Figure]:
    """Draws all figures, by file name."""
    return {"slow_points.png": slow_points(found), "slow_statistics.png": statistics(found)}


def slow_points(found: xr.Dataset) -> Figure:
    """Draws slow and fixed points of some networks in the plane of the visited states' first principal components."""
    networks, names = style.evenly(found.sizes["seed"], NETWORKS), found.period.values.tolist()[:PERIODS]
    found = found.assign(slow=(found.q.dims, slow(found)))
    size = 1.2 + 2.6 * len(networks), 0.8 + 2.5 * len(names)
    alike: dict[str, Any] = {"squeeze": False, "sharex": "col", "sharey": "col"}
    with style.sheet(*size, rows=len(names), columns=len(networks), **alike) as (figure, panels):
        for place, network in enumerate(networks):
            for axes, name in zip(panels[:, place], names, strict=True):
                axes.set_title(style.plain(f"network {int(found.seed[network])}, {name}"), fontsize=9)
                image = _plane(axes, found.isel(seed=network), name)
        figure.colorbar(image, ax=panels, extend="min", label="q of slow points").ax.grid(visible=False)
        point, red = {"marker": "o", "markersize": 3}, style.COLORS["r"]
        handles = [
            style.entry("visited in training sequences", linewidth=0.9),
            style.entry(f"slow point, q at most {SLOW:.0e}", style.COLORS["g"], linestyle="", **point),
            *(style.entry(f"{kind.name.lower()} fixed point", red, linestyle="", **KINDS[kind]) for kind in KINDS),
        ]
        style.legend(figure, handles, columns=min(4, len(networks)))
    return figure


def _plane(axes: Axes, own: xr.Dataset, period: str) -> Any:
    """Draws ONE network in ONE period, in the plane of all periods; returns the slow points for a color bar."""
    style.measured(axes)
    visited = own.start.values.reshape(-1, own.sizes["state"])
    center = visited.mean(axis=0)
    _, lengths, directions = np.linalg.svd(visited - center, full_matrices=False)
    parts = lengths**2 / (lengths**2).sum()

    def projected(states: Float[np.ndarray, "*N D"]) -> Float[np.ndarray, "2 *N"]:
        return np.moveaxis((states - center) @ directions[:2].T, -1, 0)

    x, y = projected(own.trajectory.values)
    axes.plot(x.T, y.T, color=style.GRAY, linewidth=0.6, alpha=0.4, zorder=1)
    own = own.sel(period=period)
    q = np.maximum(own.q.values[own.slow.values], LEAST)
    marks: dict[str, Any] = {"c": q, "norm": LogNorm(LEAST, SLOW), "cmap": style.dark_scale(), "s": 8, "zorder": 2}
    image = axes.scatter(*projected(own.slow_state.values[own.slow.values]), **marks)
    for kind, marks in KINDS.items():
        at = projected(own.rest_state.values[own.kind.values == kind])
        axes.plot(*at, linestyle="", color=style.COLORS["r"], zorder=3, **marks)
    axes.set(xlabel=f"PC 1 ({parts[0]:.0%} of variance)", ylabel=f"PC 2 ({parts[1:2].sum():.0%})")
    return image


def statistics(found: xr.Dataset) -> Figure:
    """Draws over all networks how slow points are, how they lie, and how many slow modes they have, by period."""
    names, count = found.period.values.tolist(), found.sizes["seed"]
    titles = "How slow a state can be", "How slow points lie", "Modes of slow points"
    with style.canvas(*titles, xlabel="") as (figure, (left, middle, right)):
        figure.suptitle(f"Points found by descent from visited states, {style.counted(count)}")
        levels = np.logspace(np.log10(LEVELS[-1]), np.log10(LEVELS[0]), 61)
        below = (found.smallest_q.values[..., None] <= levels).mean(axis=2)
        lie, largest = variance_shares(found.slow_state.values, slow(found)), moduli(found)[..., :MODES]
        known = ~np.isnan(largest).all(axis=(2, 3))
        for place, color in enumerate(style.colors(names).values()):
            style.band(left, levels, below[:, place], color)
            middle.plot(*lie[:, place].T, "o", color=color, alpha=0.6, markersize=4)
            values = np.nanmedian(largest[known[:, place], place], axis=1)
            if len(values):
                places = np.arange(1, values.shape[1] + 1) + 0.2 * (place - (len(names) - 1) / 2)
                style.bars(right, places, values, color)
        left.set(xscale="log", xlabel="q", ylabel="share of descents that reach this q", ylim=(-0.03, 1.03))
        middle.plot([0.5, 1, 0, 0.5], [0.5, 0, 0, 0.5], color=style.GRAY, linewidth=0.9, linestyle="--")
        for x, y, words in ((1.0, -0.04, "line"), (0.5, 0.52, "ring"), (0.0, -0.04, "cloud")):
            middle.text(x, y, words, ha="center", color=style.GRAY)
        middle.set(xlim=(-0.08, 1.08), ylim=(-0.06, 0.58))
        middle.set(xlabel="variance along the first direction", ylabel="along the second direction")
        right.axhline(1, color=style.GRAY, linewidth=0.9)
        right.axhline(lasting(found), color=style.GRAY, linewidth=0.9, linestyle="--")
        right.set(xlabel="mode", ylabel="modulus of the eigenvalue")
        handles = [style.entry(name, color, **style.MEDIAN) for name, color in style.colors(names).items()]
        dashes = style.entry("a mode that lasts a training sequence", linewidth=0.9, linestyle="--")
        style.legend(figure, [*handles, dashes], columns=5)
    return figure
