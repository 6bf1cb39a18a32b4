"""Draws the measures of a population over grids of curves and lengths, and its answers to the user's curves."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import matplotlib.patheffects as effects
import numpy as np
import xarray as xr
from jaxtyping import Float
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, LogNorm, Normalize, TwoSlopeNorm
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.path import Path
from matplotlib.ticker import FixedLocator, LogLocator, NullFormatter

from lstm_toys.figures.style import (
    BAND,
    COLORS,
    GOAL,
    INPUT,
    MEDIAN,
    MOST_BANDS,
    STYLE,
    band,
    band_entry,
    band_name,
    bars,
    canvas,
    colors,
    counted,
    entry,
    legend,
    plain,
)
from lstm_toys.results.arrays import axis_label
from lstm_toys.statistics import intervals
from lstm_toys.statistics.measures import SETTLED
from lstm_toys.studies.generalization.ask import SHOWN_CURVES, Grid, Subject
from lstm_toys.studies.generalization.results import (
    Maps,
    doubled,
    errors,
    measures_at,
    medians,
)
from lstm_toys.studies.generalization.results import axes as axes_of
from lstm_toys.tasks.parameters import Span
from lstm_toys.tasks.planes import LENGTH, SPACING

SMALL_MULTIPLES = 16
"""Most networks that have a map of their own."""


class Panel(NamedTuple):
    """One heat map; its scale is ``"error"`` (logarithmic), ``"ratio"`` (diverging from 1) or ``"plain"``."""

    title: str
    values: Float[np.ndarray, "rows columns"]
    scale: str


def heat_maps(results: Maps, shown: Grid, subject: Subject) -> Figure:
    """Draws medians over seeds of a grid's measures, with the training curves and a contour at twice their error.

    Here and in `seeds_apart`, ``shown`` is a grid with at least two values along both axes.
    """
    grid, seeds = results.grids[shown.name], results.seeds
    panels = _panels(grid, seeds, dict(shown.parameters).get("frequency"), subject.experiment.span)

    def short(name: str) -> str:
        return subject.parameter(shown.family, name).short

    columns = min(2, len(panels))
    with canvas(*(panel.title for panel in panels.values()), columns=columns) as (figure, places):
        figure.set_size_inches(4.7 * columns, 3.7 * -(-len(panels) // columns) + 0.5)
        for axes, (measure, panel) in zip(places, panels.items(), strict=True):
            image = _map(axes, grid, panel.values, _norm(panel), "RdBu_r" if panel.scale == "ratio" else "viridis")
            figure.colorbar(image, ax=axes, pad=0.02)
            if measure in errors(grid):
                _contour(axes, grid, panel.values, doubled(results, measure))
            _mark(axes, grid, shown, subject)
        held = (
            f"{short(key)} = {short(value) if isinstance(value, str) else f'{value:.3g}'}"
            for key, value in shown.parameters
        )
        error = errors(grid)[0]
        below = panels[error].values < doubled(results, error)
        title = f"Less than twice the error on training curves: {below.sum():,} of these {below.size:,} curves"
        figure.suptitle(plain("\n".join((title, "; ".join((f"medians of {counted(len(seeds))}", *held))))))
        unknown = any(not np.isfinite(panel.values).all() for panel in panels.values())
        _legend(figure, grid, shown, subject, [UNKNOWN] if unknown else [])
    return figure


def seeds_apart(results: Maps, shown: Grid, subject: Subject) -> Figure:
    """Draws the error of each network over one grid, divided by the median error over networks."""
    grid, seeds = results.grids[shown.name], results.seeds[:SMALL_MULTIPLES]
    (error, *_), columns = errors(grid), min(4, len(seeds))
    usual, level = medians(grid[error], results.seeds), doubled(results, error)
    each = {int(seed): grid[error][seed].values for seed in seeds}
    ratios = {seed: values / np.where(usual > 0, usual, np.nan) for seed, values in each.items()}
    norm = _around_one(np.concatenate(list(ratios.values())))
    below = [(grid[error][seed].values < level).mean() for seed in results.seeds]
    with canvas(*(f"network {seed}" for seed in each), columns=columns) as (figure, panels):
        rows = -(-len(seeds) // columns)
        figure.set_size_inches(max(5.6, 2.1 * columns + 1.6), 2.0 * rows + 1.2)  # The legend needs 5.6 inches.
        for axes, (seed, values) in zip(panels, each.items(), strict=True):
            image = _map(axes, grid, ratios[seed], norm, "RdBu_r")
            _contour(axes, grid, values, level)
            _mark(axes, grid, shown, subject)
            axes.title.set_fontsize(8)
            axes.label_outer()
        label = f"{_title(error)} /\nmedian of {counted(len(results.seeds))}"
        bar = figure.colorbar(image, ax=panels, label=plain(label), shrink=0.8, aspect=35, extend="both")
        bar.set_ticks(FixedLocator(_ratio_ticks(float(image.norm.vmax))), minor=False)
        bar.ax.yaxis.set_major_formatter("{x:.3g}")
        bar.ax.yaxis.set_minor_formatter(NullFormatter())
        share = f"{min(below):.0%} to {max(below):.0%} of these curves, depending on the network"
        figure.suptitle(f"{share},\nare answered with less than twice the error on the training curves")
        _legend(figure, grid, shown, subject)
    return figure


def along_axes(results: Maps, shown: Sequence[Grid], subject: Subject) -> Figure:
    """Draws the error along every axis of the grids: the median, and the 5th to 95th percentile of seeds.

    The other axis is fixed at the middle of its training range or, if it has none, at the middle of the axis.
    """
    chosen: dict[tuple[str, str], Grid] = {}
    for each in shown:
        for line in each.axes:
            if line.count > 1 and each.name in results.grids:
                family = "" if line.name in (LENGTH, SPACING) else each.family
                chosen.setdefault((family, line.name), each)
    columns = min(4, len(chosen))
    with canvas(*[""] * len(chosen), ylabel="", columns=columns) as (figure, panels):
        figure.set_size_inches(2.3 * columns + 0.4, 2.2 * -(-len(chosen) // columns) + 0.7)
        lines: dict[str, Artist] = {}
        for panel, (axes, ((_, axis), each)) in enumerate(zip(panels, chosen.items(), strict=True)):
            grid, trained = results.grids[each.name], subject.trained_on(each.family)
            (other,) = (name for name in axes_of(grid) if name != axis)
            middle = np.mean(trained.get(other, grid[other].values[grid.sizes[other] // 2]))
            fixed = grid[other].sel({other: middle}, method="nearest")
            name = fixed.attrs.get("symbol") or fixed.attrs["long_name"]
            axes.set_title(plain(f"{name} = {float(fixed):.3g}"), fontsize=8)
            for error, color in colors(errors(grid)).items():
                values = grid[error].sel({other: fixed}).values[results.seeds]
                lines[error] = band(axes, grid[axis], values, color, _title(error))
                axes.axhline(doubled(results, error), color=color, **TWICE)
            if axis in trained:
                axes.axvspan(*trained[axis], color=COLORS["y"], alpha=0.25, linewidth=1.2)
            axes.set(xlabel=plain(axis_label(grid[axis])), yscale="log")
            axes.yaxis.set_major_formatter("{x:g}")
            bottom, top = axes.get_ylim()
            axes.yaxis.set_minor_locator(LogLocator(subs=(2, 5)))
            axes.yaxis.set_minor_formatter("{x:g}" if top < 30 * bottom else NullFormatter())
            axes.margins(x=0.02)
            if panel % columns == 0:
                axes.set_ylabel("error")
        handles = [
            *lines.values(),
            band_entry(band_name(len(results.seeds))),
            entry("twice the error on training curves", **TWICE),
            entry("trained on", COLORS["y"], linewidth=5, alpha=0.6),
        ]
        legend(figure, handles, min(4, len(handles), columns + 1))
    return figure


TWICE: dict[str, Any] = {"linewidth": 0.9, "linestyle": "--"}

OUTLINED: dict[str, Any] = {
    "color": "white",
    "path_effects": [effects.withStroke(linewidth=2.2, foreground="black")],
}

MARK: dict[str, Any] = {
    "color": "black",
    "path_effects": [effects.withStroke(linewidth=3.2, foreground="white")],
}

POINT: dict[str, Any] = {
    **MARK,
    "linestyle": "",
    "marker": Path([(-1, 0), (-0.5, 0), (0.5, 0), (1, 0), (0, -1), (0, -0.5), (0, 0.5), (0, 1)], 4 * [1, 2]),
    "markersize": 20,
    "markeredgewidth": 1.4,
}
"""A cross with a gap at its center."""

UNKNOWN = Patch(
    facecolor="#eeeef2",
    edgecolor=STYLE["hatch.color"],
    hatch="////",
    linewidth=0,
    label="not measurable: a constant curve, or less than a period of it",
)


def _panels(grid: xr.Dataset, seeds: np.ndarray, frequency: Any, span: Span) -> dict[str, Panel]:
    """The heat maps of a grid, by measure; ``frequency`` is the fixed frequency of sines, unless it is an axis.

    Delay and frequency are NaN where the measured part of a curve is shorter than a period.
    """

    def panel(name: str, title: str, scale: str, values: Any = None) -> dict[str, Panel]:
        return {name: Panel(title, medians(grid[name], seeds) if values is None else values, scale)}

    if "rmse" not in grid.data_vars:
        read: dict[str, Panel] = {}
        for name in sorted(map(str, grid.data_vars), reverse=True):
            read |= panel(name, _title(name), "error" if name.startswith("error_") else "plain")
        return read
    panels = panel("rmse", _title("rmse"), "error") | panel("gain", "Gain", "ratio")
    if frequency is None and "frequency" not in grid.dims:
        panels |= panel("nonlinearity", "Non-linearity, 1 − R² of the best line", "error")
        return panels | panel("offset_added", "Offset", "plain")
    along = 0 if axes_of(grid)[0] == "frequency" else 1
    shown = frequency if frequency is not None else np.expand_dims(grid["frequency"].values, 1 - along)
    late, answered = medians(grid.delay, seeds), medians(grid.frequency_answered, seeds) / shown
    seen = np.broadcast_to(np.abs(shown) * (1 - SETTLED) * span.length >= 2 * np.pi, late.shape)
    late, answered = (np.where(seen, each, np.nan) for each in (late, answered))
    panels |= panel("delay", f"Delay in {span.label}", "plain", late)
    return panels | panel("frequency_answered", "Answered frequency / shown frequency", "ratio", answered)


def _title(name: str) -> str:
    if name == "rmse":
        return "RMSE after the first tenth"
    what, _, of = name.partition("_")
    return f"Absolute error of the {of}" if what == "error" else f"Read-off {of}"


def _norm(panel: Panel) -> Normalize:
    values = panel.values[np.isfinite(panel.values)]
    if not len(values):
        return Normalize(0, 1)
    low, high = np.quantile(values, (0.005, 0.995))
    if panel.scale == "error":
        floor = max(float(values.min()), high / 1e4, 1e-12)
        return LogNorm(floor, max(high, 1.01 * floor))
    if panel.scale == "ratio":
        reach = float(np.clip(np.quantile(np.abs(values - 1), 0.95), 0.05, 1.0))
        return TwoSlopeNorm(1.0, 1 - reach, 1 + reach)
    return Normalize(low, high if high > low else low + 1e-6)


MOST_TIMES = 8.0
"""The largest ratio to the median, or its inverse, on the color scale."""


def _around_one(ratios: Float[np.ndarray, "rows columns"]) -> LogNorm:
    sizes = np.abs(np.log(ratios[np.isfinite(ratios) & (ratios > 0)]))
    reach = np.exp(np.quantile(sizes, 0.99)) if len(sizes) else 2.0
    reach = float(np.clip(reach, 1.25, MOST_TIMES))
    return LogNorm(1 / reach, reach)


def _ratio_ticks(most: float) -> list[float]:
    times = [each for each in (1.25, 1.5, 2.0, 4.0, 8.0) if each <= 1.001 * most]
    return [*(1 / each for each in reversed(times)), 1.0, *times]


def _map(axes: Axes, grid: xr.Dataset, values: Float[np.ndarray, "rows columns"], norm: Normalize, cmap: str) -> Any:
    horizontal, vertical = axes_of(grid)
    places = grid[horizontal].values, grid[vertical].values
    image = axes.pcolormesh(*places, values.T, norm=norm, cmap=cmap, shading="nearest", rasterized=True)
    if not (known := np.isfinite(values.T)).all():
        cells = np.ma.masked_array(np.zeros(known.shape), known)
        ground = ListedColormap([UNKNOWN.get_facecolor()])
        axes.pcolor(*places, cells, cmap=ground, shading="nearest", hatch=UNKNOWN.get_hatch(), zorder=0.5)
    axes.grid(visible=False)
    axes.set(xlabel=plain(axis_label(grid[horizontal])), ylabel=plain(axis_label(grid[vertical])))
    return image


def _contour(axes: Axes, grid: xr.Dataset, values: Float[np.ndarray, "rows columns"], level: float) -> None:
    if np.nanmin(values) < level < np.nanmax(values):
        places = (grid[name].values for name in axes_of(grid))
        lines = axes.contour(*places, values.T, [level], colors="white", linewidths=1.2, zorder=5)
        lines.set(path_effects=OUTLINED["path_effects"])


def _legend(figure: Figure, grid: xr.Dataset, shown: Grid, subject: Subject, more: Sequence[Artist] = ()) -> None:
    handles: list[Artist] = [entry("twice the error on the training curves", linewidth=1.2, **OUTLINED)]
    if ranges := _marks(grid, shown, subject):
        style = MARK if any(low < high for low, high in ranges) else POINT | {"markersize": 12}
        handles.append(entry("training curves", **style))
    legend(figure, [*handles, *more])


def _marks(grid: xr.Dataset, shown: Grid, subject: Subject) -> list[tuple[float, float]]:
    """The ranges of the training curves along both axes; empty if one axis has no range."""
    trained = subject.trained_on(shown.family)
    return [trained[name] for name in axes_of(grid)] if {*axes_of(grid)} <= {*trained} else []


def _mark(axes: Axes, grid: xr.Dataset, shown: Grid, subject: Subject) -> None:
    """Marks the training curves by a point, a line (diagonal if both parameters are equal), or a rectangle."""
    if not (ranges := _marks(grid, shown, subject)):
        return
    first, second = axes_of(grid)
    (left, right), (bottom, top) = ranges
    equal = subject.trained.equal
    limits = axes.get_xlim(), axes.get_ylim()
    if left == right and bottom == top:
        axes.plot(left, bottom, **POINT)
    elif left == right or bottom == top or first == equal.get(second) or second == equal.get(first):
        axes.plot((left, right), (bottom, top), linewidth=1.6, solid_capstyle="butt", **MARK)
    else:
        corners = (left, right, right, left, left), (bottom, bottom, top, top, bottom)
        axes.plot(*corners, linewidth=1.4, **MARK)
    axes.set(xlim=limits[0], ylim=limits[1])


def over_lengths(labeled: xr.Dataset, trained: int) -> Figure:
    """Draws each measure over the length of sequences: median and band of seeds, and the length of the training."""
    found, color = measures_at(labeled), COLORS["b"]
    titles, columns = [""] * len(found), min(3, len(found))
    dots = {"marker": "o", "markersize": 3, **MEDIAN}
    with canvas(*titles, xlabel=axis_label(labeled[LENGTH]), columns=columns) as (figure, panels):
        for axes, (label, each) in zip(panels, found.items(), strict=True):
            line = band(axes, each[LENGTH].values, each.values, color, "median", line=dots)
            axes.axvline(trained, **GOAL)
            axes.set_ylabel(plain(label))
            if label.startswith("accuracy"):
                axes.set_ylim(-0.02, 1.02)
        legend(panels[0], [band_entry(band_name(each.sizes["seed"]), color), line, entry("trained on", **GOAL)])
    return figure


DRAWN_POINTS = 2_000
"""Most places along x at which a figure draws a user's curve; a figure has fewer pixels."""

LEGEND_CHARACTERS = 110
"""Most characters in a row of the legend of a user's curves."""


def own_curves(labeled: xr.Dataset) -> Figure:
    """Draws the user's curves and the answers: the median, and the band from the 5th to the 95th percentile of seeds.

    A few curves share a panel; more have separate panels with separate y axes. Numbers that networks read off have a
    second panel. Only the first `SHOWN_CURVES` curves are drawn, and long curves as ranges over several time points.
    """
    fit = labeled.isel(seed=labeled.diverged.values == 0, curve=slice(SHOWN_CURVES))
    vector, seeds, curves, time = "time" not in fit.answer.dims, fit.sizes["seed"], fit.sizes["curve"], fit.time.values
    title = "Curves" if vector else "Answers to curves of your own"
    if (count := labeled.sizes["curve"]) > SHOWN_CURVES:
        title += f", the first {SHOWN_CURVES} of {count:,}"
    starts = np.arange(0, len(time), -(-len(time) // DRAWN_POINTS))
    if long := len(starts) < len(time):
        title += f": ranges of {starts[1]:,} time points each"

    def ranges(axes: Axes, low: Float[np.ndarray, " T"], high: Float[np.ndarray, " T"], **style: Any) -> None:
        # A rapidly oscillating line would hide everything below it.
        ends = np.minimum.reduceat(low, starts), np.maximum.reduceat(high, starts)
        axes.fill_between(time[starts], *ends, **({"linewidth": 0} | style))

    apart = curves > MOST_BANDS and not vector
    titles = [title, "What was read off them"] if vector else [""] * curves if apart else [title]
    with canvas(*titles, xlabel=axis_label(fit.time), columns=3 if apart else None) as (figure, panels):
        if apart:
            figure.set_size_inches(9.0, 0.9 + 2.4 * -(-curves // 3))
            figure.suptitle(title)
        handles: list[Artist] = []
        for (index, color), curve in zip(colors(range(curves)).items(), fit.curve.values, strict=True):
            axes, shown, answers = panels[index if apart else 0], fit.input.values[index], fit.answer.values[:, index]
            name = str(curve) if len(str(curve)) <= 40 else f"{str(curve)[:39]}…"
            if apart:
                axes.set_title(plain(name), fontsize=9)
            else:
                handles.append(entry(name, color))
            if long:
                ranges(axes, shown, shown, color=color, alpha=INPUT["linewidth"] / 2)
            else:
                axes.plot(time, shown, color=color, **INPUT)
            if not seeds:
                continue
            if vector:
                across = np.arange(answers.shape[1]) + 0.12 * (index - (curves - 1) / 2)
                bars(panels[1], across, answers, color, width=4.0, size=4.0)
            elif long:
                middle = np.median(answers, axis=0)
                ranges(axes, *intervals.band(answers), color=color, **BAND)
                ranges(axes, middle, middle, color=color, alpha=MEDIAN["linewidth"] / 2)
            else:
                band(axes, time, answers, color)
        if vector:
            names = [plain(str(name)) for name in fit.output_feature.values]
            panels[1].set(xlabel="", ylabel="", xticks=range(len(names)), xticklabels=names)
            panels[1].set_xlim(-0.6, len(names) - 0.4)
        handles += [
            entry(f"median of {counted(seeds)}", marker="o" if vector else None, **MEDIAN),
            band_entry(band_name(seeds)),
            entry("curve they were shown", **INPUT),
        ]
        longest = max(len(str(handle.get_label())) for handle in handles)
        legend(figure, handles, max(1, min(5, len(handles), LEGEND_CHARACTERS // (longest + 6))))
    return figure
