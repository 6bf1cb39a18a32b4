"""Draws the measures of a population over grids of curves and over lengths."""

from collections.abc import Iterable, Sequence
from typing import Any

import matplotlib.patheffects as effects
import numpy as np
import xarray as xr
from jaxtyping import Bool, Float, Real
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, Normalize, TwoSlopeNorm
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.path import Path

from lstm_toys.figures import elements, style
from lstm_toys.figures.style import COLORS, GOAL, INPUT, plain
from lstm_toys.output import listed
from lstm_toys.results.arrays import axis_label
from lstm_toys.studies.generalization.measuring import Grids, judged, measures_at, medians, which
from lstm_toys.studies.generalization.measuring import axes as axes_of
from lstm_toys.studies.generalization.settings import Grid, Subject
from lstm_toys.tasks.goal import Goal, after_which
from lstm_toys.tasks.parameters import LENGTH, SPACING


def heat_maps(results: Grids, shown: Grid, subject: Subject, goal: Goal) -> Figure:
    """Draws the gain on a grid, or the error of each number that networks read off: medians over seeds.

    Marks the training curves, and outlines where the error meets the goal. ``shown`` is a grid with at least two
    values along both axes.
    """
    grid = results[shown.name]
    wrong = {name: medians(error) for name, error in judged(grid).items()}
    met = {name: goal.met(error) for name, error in wrong.items()}
    drawn = {"": medians(grid.gain)} if "gain" in grid else wrong
    values = np.stack([*drawn.values()])
    known, details = values[np.isfinite(values)], _held(shown, subject)
    norm, label = _norm(known, error="gain" not in grid), _measured(wrong, goal)
    if "gain" in grid:
        label = "gain of answers (1: as large as the curve)"
        details += [f"a gain below 1 on {100 * np.mean(known < 1):.0f} % of curves"] * bool(len(known))
    titles = ["; ".join([*[f"error of the {name}"] * bool(name), *details]) for name in drawn]
    look: dict[str, Any] = {"size": (0.6 + 5.2 * len(drawn), 5.0), "axes.titlesize": 8}
    outline = list[Artist]()
    with style.canvas(*titles, **look) as (figure, panels):
        for axes, (name, drawn_values) in zip(panels, drawn.items(), strict=True):
            image = _map(axes, grid, drawn_values, norm, "RdBu_r" if "gain" in grid else "viridis")
            outline = _outline(axes, grid, met[name], goal.limit) or outline
            marks = _mark(axes, shown, subject)
        bar = figure.colorbar(image, ax=panels, pad=0.02, extend=_extend(norm, values), label=plain(label))
        if "gain" not in grid:
            bar.ax.axhline(goal.limit, color="white", linewidth=1.2, **OUTLINED)
        every = np.all([*met.values()], axis=0)
        errors = f"median error{which(goal)} is" if len(met) == 1 else "median errors are"
        number = {1: "the", 2: "both"}.get(len(met), "all")
        where = f"at most {goal.limit:g} on {every.sum():,} of {every.size:,} curves"
        figure.suptitle(plain(f"Over {elements.counted(grid.sizes['seed'])},\n{number} {errors} {where}"))
        style.legend(figure, *marks, *outline, *[UNKNOWN] * (len(known) < values.size))
    return figure


def along_axes(results: Grids, shown: Sequence[Grid], subject: Subject, goal: Goal) -> Figure:
    """Draws the error along every axis of the grids: the median, the 5th to 95th percentile of seeds, and the goal.

    The other axis is fixed at the middle of its training range or, if it has none, at the middle of the axis.
    """
    chosen: dict[tuple[str, str], tuple[Grid, int]] = {}
    for plane in shown:
        for place, line in enumerate(plane.axes):
            if line.count > 1:
                chosen.setdefault(("" if line.name in (LENGTH, SPACING) else plane.family, line.name), (plane, place))
    everywhere, columns = list[str](), 3 if len(chosen) in (5, 6) else min(4, len(chosen))
    size = 2.3 * columns + 0.4, 2.2 * -(-len(chosen) // columns) + 0.7
    with style.canvas(*[""] * len(chosen), ylabel="", columns=columns, size=size) as (figure, panels):
        for panel, (axes, (plane, place)) in enumerate(zip(panels, chosen.values(), strict=True)):
            grid, trained = results[plane.name], subject.trained_on(plane.family)
            (axis, other), dims = (plane.axes[at].name for at in (place, 1 - place)), axes_of(grid)
            along, across = grid[dims[place]], grid[dims[1 - place]]
            middle = np.mean(trained.get(other, across.values[len(across) // 2]))
            fixed = across.sel({across.name: middle}, method="nearest")
            name = fixed.attrs.get("symbol") or fixed.attrs["long_name"]
            title = "; ".join([f"{name} = {float(fixed):.3g}", *_held(plane, subject)])
            axes.set_title(plain(title), fontsize=7)
            errors = {name: error.sel({across.name: fixed}) for name, error in judged(grid).items()}
            for (name, error), color in zip(errors.items(), style.colors(errors).values(), strict=True):
                elements.band(axes, along, error, color, f"error of the {name}, median" if name else "median")
            if all(goal.met(np.median(error, axis=0)).all() for error in errors.values()):
                everywhere.append(along.attrs["long_name"])
            axes.axhline(goal.limit, color="black", **INPUT)
            if axis in trained:
                tied = subject.trained.equal.get(axis) == other or subject.trained.equal.get(other) == axis
                ends = (float(fixed),) * 2 if tied else trained[axis]
                axes.axvspan(*ends, color=TRAINED, alpha=0.25, linewidth=1.2)
            axes.set(xlabel=plain(axis_label(along)), yscale="log")
            axes.margins(x=0.02)
            elements.whole_ticks(axes, along.values)
            axes.sharey(panels[0])
            axes.tick_params(labelleft=panel % columns == 0)
            if panel % columns == 0:
                axes.set_ylabel(plain(_measured(errors, goal)))
        found = f"are at most {goal.limit:g} at every {listed(everywhere)}"
        figure.suptitle(f"Median errors {found if everywhere else f'exceed {goal.limit:g} somewhere on every axis'}")
        spread = elements.band_entry(elements.band_name(grid.sizes["seed"]))
        level = elements.entry(f"error {goal.limit:g}", "black", **INPUT)
        ranges = elements.entry("trained on", TRAINED, linewidth=5, alpha=0.4)
        style.legend(figure, spread, level, ranges, columns=4 if columns > 3 else 2)
    return figure


OUTLINED: dict[str, Any] = {"path_effects": [effects.withStroke(linewidth=2.2, foreground="black")]}

TRAINED = "#e0218a"
"""The color of the training curves, which no scale of the heat maps contains."""

MARK: dict[str, Any] = {"color": TRAINED, "path_effects": [effects.withStroke(linewidth=3.6, foreground="white")]}

POINT: dict[str, Any] = {
    **MARK,
    "linestyle": "",
    "marker": Path([(-1, 0), (-0.5, 0), (0.5, 0), (1, 0), (0, -1), (0, -0.5), (0, 0.5), (0, 1)], 4 * [1, 2]),
    "markersize": 20,
    "markeredgewidth": 1.4,
}
"""A cross with a gap at its center."""

UNKNOWN = Patch(facecolor="#c9c9d1", label="not measurable: a constant curve")


def _measured(errors: Iterable[str], goal: Goal) -> str:
    """What errors on a grid are: of numbers that networks read off, or of sequences, as the goal limits them."""
    of = f" of {listed(goal.features)}" if goal.features else ""
    return f"RMSE{of} {after_which(goal.after)}".rstrip() if "" in errors else "absolute error"


def _held(shown: Grid, subject: Subject) -> list[str]:
    """The parameters of a grid that are not axes, with their values."""

    def short(name: str) -> str:
        return subject.parameter(shown.family, name).short

    return [
        f"{short(key)} = {short(value) if isinstance(value, str) else f'{value:.3g}'}"
        for key, value in shown.parameters
    ]


def _norm(values: Float[np.ndarray, " N"], *, error: bool) -> Normalize:
    """The scale of a map: logarithmic for errors, diverging from 1 for gains, up to 1.5 if few are larger."""
    if not len(values):
        return Normalize(0, 1)
    if error:
        high = np.quantile(values, 0.995)
        floor = max(float(values.min()), high / 1e4, 1e-12)
        return LogNorm(floor, max(high, 1.01 * floor))
    reach = float(np.clip(np.quantile(np.abs(values - 1), 0.95), 0.05, 1.0))
    return TwoSlopeNorm(1.0, 1 - reach, 1 + min(reach, max(0.5, np.quantile(values, 0.95) - 1)))


def _extend(norm: Normalize, values: Float[np.ndarray, "*shape"]) -> str:
    """At which ends of a color scale values lie beyond it, as `Figure.colorbar` takes it."""
    low, high = (values < norm.vmin).any(), (values > norm.vmax).any()  # NaN is neither.
    return "both" if low and high else "min" if low else "max" if high else "neither"


def _map(axes: Axes, grid: xr.Dataset, values: Float[np.ndarray, "rows columns"], norm: Normalize, cmap: str) -> Any:
    horizontal, vertical = axes_of(grid)
    places = grid[horizontal].values, grid[vertical].values
    look: dict[str, Any] = {"norm": norm, "cmap": style.heat_scale(cmap), "shading": "nearest", "rasterized": True}
    image = axes.pcolormesh(*places, values.T, **look)
    axes.set_facecolor(UNKNOWN.get_facecolor())
    axes.grid(visible=False)
    elements.whole_ticks(axes, places[0])
    axes.set(xlabel=plain(axis_label(grid[horizontal])), ylabel=plain(axis_label(grid[vertical])))
    return image


def _outline(axes: Axes, grid: xr.Dataset, met: Bool[np.ndarray, "rows columns"], limit: float) -> list[Artist]:
    """Outlines the curves whose error meets a limit; returns the legend entry, if there are any."""
    if not met.any():
        return []
    x, y = (_edges(grid[name].values) for name in axes_of(grid))
    inside, gap = np.pad(met, 1), (np.nan, np.nan)
    upright = (((x[i], y[j]), (x[i], y[j + 1]), gap) for i, j in np.argwhere(np.diff(inside[:, 1:-1], axis=0)))
    level = (((x[i], y[j]), (x[i + 1], y[j]), gap) for i, j in np.argwhere(np.diff(inside[1:-1], axis=1)))
    segments = np.array([*upright, *level]).reshape(-1, 2).T
    axes.plot(*segments, color="white", linewidth=1.2, solid_capstyle="projecting", **OUTLINED)
    return [elements.entry(f"error of at most {limit:g}", "white", linewidth=1.2, **OUTLINED)]


def _edges(places: Real[np.ndarray, " N"]) -> Float[np.ndarray, " N+1"]:
    """The edges of the cells of a heat map, between its places."""
    middles = (places[1:] + places[:-1]) / 2
    return np.array([2 * places[0] - middles[0], *middles, 2 * places[-1] - middles[-1]])


def _mark(axes: Axes, shown: Grid, subject: Subject) -> list[Artist]:
    """Marks the training curves by a point, a line (diagonal if both parameters are equal), or a rectangle.

    Returns the legend entry; none if the training curves have no range along one of the axes.
    """
    trained, (first, second) = subject.trained_on(shown.family), (axis.name for axis in shown.axes)
    if not {first, second} <= {*trained}:
        return []
    (left, right), (bottom, top) = trained[first], trained[second]
    equal, look = subject.trained.equal, MARK
    limits = axes.get_xlim(), axes.get_ylim()
    if left == right and bottom == top:
        look = POINT | {"markersize": 12}
        axes.plot(left, bottom, **POINT)
    elif left == right or bottom == top or first == equal.get(second) or second == equal.get(first):
        axes.plot((left, right), (bottom, top), linewidth=2, solid_capstyle="butt", **MARK)
    else:
        corners = (left, right, right, left, left), (bottom, bottom, top, top, bottom)
        axes.plot(*corners, linewidth=2, **MARK)
    axes.set(xlim=limits[0], ylim=limits[1])
    return [elements.entry("training curves", **look)]


def over_lengths(labeled: xr.Dataset, trained: int) -> Figure:
    """Draws each measure over the length of sequences: median and band of seeds, and the length of the training."""
    measures, networks = measures_at(labeled), elements.band_name(labeled.sizes["seed"])
    titles, columns = [""] * len(measures), min(3, len(measures))
    with style.canvas(*titles, xlabel=axis_label(labeled[LENGTH]), columns=columns) as (figure, panels):
        for axes, (label, values) in zip(panels, measures.items(), strict=True):
            elements.band(axes, values[LENGTH], values, COLORS["b"], "median", networks, marker="o", markersize=3)
            axes.axvline(trained, label="trained on", **GOAL)
            axes.set_ylabel(plain(label))
            if label.startswith("accuracy"):
                axes.set_ylim(-0.02, 1.02)
        style.legend(panels[0])
    return figure
