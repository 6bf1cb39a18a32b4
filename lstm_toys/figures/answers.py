"""Figures of training curves and of answers to curves, in one panel or one per curve."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from lstm_toys.figures import elements, style
from lstm_toys.figures.style import COLORS, GRAY, INPUT, MOST_BANDS
from lstm_toys.results.arrays import axis_label, not_diverged, probed
from lstm_toys.results.summary import difference
from lstm_toys.statistics.errors import elapsed, within
from lstm_toys.tasks.goal import AFTER
from lstm_toys.tasks.parameters import TRAINING

MOST_PANELS = 12

PUBLISHED: dict[str, Any] = {
    "linestyle": "",
    "marker": "D",
    "markersize": 3.2,
    "markerfacecolor": "white",
    "markeredgecolor": COLORS["k"],
    "markeredgewidth": 0.8,
}


GIVEN: dict[str, Any] = {"linewidth": 0.9, "linestyle": ":"}


def target(results: xr.DataTree, title: str) -> Figure:
    """Draws the first training curve.

    Args:
        results: labeled results of networks that answer y at every time point.
        title: title of the figure.

    Example:
        >>> curve = ("curve", "time", "feature"), [[[0.1], [0.3], [0.2]]]
        >>> training = xr.Dataset({"truth": curve}, {"time": [0.0, 0.5, 1.0], "feature": ["y"]})
        >>> results = lt.Results.from_dict({"training": training})
        >>> lt.figures.target(results, "Training curve").axes[0].get_title()
        'Training curve'
    """
    training = results[TRAINING]
    with style.canvas(title, xlabel=axis_label(training.time)) as (figure, (axes,)):
        axes.plot(training.time, training.truth.sel(feature="y").isel(curve=0), color=COLORS["b"], linewidth=1.2)
    return figure


def training_answer(results: xr.DataTree, title: str) -> Figure:
    """Draws the training curve and the networks' answers to it, in the (x, y) plane if they also answer x.

    A panel below draws the errors over time. The title says how large they are, in the first tenth and after it.

    Args:
        results: labeled results of networks that answer y at every time point; diverged networks are left out.
        title: first line of the title.

    Example:
        >>> variables = {
        ...     "answer": (("seed", "curve", "time", "feature"), [[[[0.0], [0.3], [0.2]]]]),
        ...     "truth": (("curve", "time", "feature"), [[[0.1], [0.3], [0.2]]]),
        ...     "counts": (("curve", "time", "feature"), np.ones((1, 3, 1))),
        ... }
        >>> training = xr.Dataset(variables, {"time": [0.0, 0.5, 1.0], "feature": ["y"]})
        >>> networks = xr.Dataset({"diverged": ("seed", [False])}, {"seed": [0]})
        >>> results = lt.Results.from_dict({"/": networks, "training": training})
        >>> len(lt.figures.training_answer(results, "One network").axes)
        2
    """
    fit = probed(not_diverged(results), TRAINING).isel(curve=0)
    x = fit.time.values
    wrong = difference(fit)
    look: dict[str, Any] = {"columns": 1, "size": (6.8, 6.0), "subplots": {"height_ratios": (3, 1.3)}}
    with style.canvas("", "", xlabel=axis_label(fit.time), **look) as (figure, (axes, below)):
        if "x" in fit.feature.values:
            axes.set_xlabel(f"{axes.get_xlabel()} (of answers: the answered x)")
        elements.answers_of(axes, fit.answer, COLORS["r"])
        axes.plot(x, fit.truth.sel(feature="y"), color=COLORS["b"], **INPUT)
        style.legend(axes, *elements.training_entries(fit))
        shades = {name: COLORS[color] for name, color in (("y", "r"), ("x", "c")) if name in wrong.feature.values}
        if fit.sizes["seed"]:
            for name, color in shades.items():
                elements.answers_of(below, wrong.sel(feature=[name]).assign_coords(feature=["y"]), color)
            settled = within(elapsed(x), AFTER)
            far = np.nan_to_num(np.abs(wrong.sel(feature="y").values))  # Padding is NaN.
            early, late = (np.median(far[:, part].max(axis=1)) for part in (~settled, settled))
            off = f"y is off by at most {early:.2g} in the first tenth, by {late:.2g} after it"
            title += f"\nin half of the networks, {off}"
        axes.set_title(style.plain(title))
        below.set_ylabel("answer − curve")
        below.axhline(0, color=COLORS["b"], **INPUT)
        if len(shades) > 1:
            style.legend(below, *(elements.entry(name, color) for name, color in shades.items()))
    return figure


def probe_answers(
    results: xr.DataTree,
    curves: Mapping[str, Mapping[str, str] | Sequence[str]],
    *titles: str,
    panels: bool = True,
    overlay: bool = False,
) -> Figure:
    """Draws the networks' answers to the curves of some probes.

    Up to three curves of a probe share a panel; more have one each, and at most twelve are drawn.

    Args:
        results: labeled results of networks that answer y at every time point; diverged networks are left out. If they
            have a variable ``published`` along ``curve`` and ``time``, its finite values are drawn as diamonds.
        curves: for each probe, by its name, the labels of its curves in order. They have the colors of
            `COLORS`, or, if there are more than six, shades of one scale; labels by letter, such as ``{"r": "A = 1"}``,
            have the letters' colors.
        titles: one title for each probe.
        panels: whether the panels are drawn, with inputs as thin dashed lines.
        overlay: whether the median answers to all curves of a probe are drawn in one panel, without the inputs. The
            panels below it have a y axis each.

    Raises:
        ValueError: a probe is unknown, or the number of titles or labels does not match.

    Example:
        >>> curves = {"rising": ["slope 0.1", "slope 0.2"]}
        >>> def draw(results, companions):
        ...     return {"rising.png": lt.figures.probe_answers(results, curves, "Rising lines")}
    """
    fit = not_diverged(results)
    parts = []
    if len(titles) != len(curves):
        raise ValueError(f"each probe needs a title, but {len(titles)} were given for {len(curves)}")
    for title, (probe, labels) in zip(titles, curves.items(), strict=True):
        chosen = probed(fit, probe)
        if len(labels) != chosen.sizes["curve"]:
            raise ValueError(f"{probe} has {chosen.sizes['curve']} curves, but {len(labels)} labels were given")
        inputs, published = chosen.input.sel(feature="y").values, chosen.get("published")
        diamonds = [None] * len(inputs) if published is None or published.isnull().all() else published.values
        drawn = [
            Curve(label, color, chosen.answer.isel(curve=index), inputs[index], diamonds[index])
            for index, (label, color) in enumerate(colored(labels))
        ]
        parts.append((title, drawn))
    return curve_panels(chosen, parts, panels=panels, overlay=overlay)


@dataclass(frozen=True)
class Curve:
    """One curve that `curve_panels` draws, with the answers of networks.

    Attributes:
        label: name of the curve in the legend or at the end of its line, or title of its panel.
        color: color of its answers and of its line, in any form that Matplotlib takes.
        answers: answers along ``seed``, ``time`` and ``feature``, of which one is named ``y``, without diverged
            networks. If another is named ``x``, answers are drawn at these x instead of the time points.
        shown: the input or the correct answer ``[T]``, drawn as a thin dashed line; None: it is not drawn.
        published: a published answer ``[T]``, drawn as diamonds; None: there is none.
        given: the input ``[T]`` if ``shown`` is another curve, drawn as a dotted line; None: it is not drawn.
    """

    label: str
    color: str
    answers: xr.DataArray
    shown: Float[np.ndarray, " T"] | None = None
    published: Float[np.ndarray, " T"] | None = None
    given: Float[np.ndarray, " T"] | None = None


def curve_panels(
    fit: xr.Dataset,
    parts: Sequence[tuple[str, Sequence[Curve]]],
    shown: str = "curve they were shown",
    title: str = "",
    ylabel: str = "y",
    *,
    panels: bool = True,
    overlay: bool = False,
) -> Figure:
    """Draws answers to the curves of several parts, one part below the other.

    Up to three curves of a part share one panel. More have a panel each, at most twelve. Their y axis fits everything
    drawn.

    Args:
        fit: labeled results without diverged networks, for the time points and the legend.
        parts: pairs of the title of a part and its curves, each a `Curve`.
        shown: what the thin dashed lines are, for the legend.
        title: title above all parts; by default there is none.
        ylabel: label of the y axes, such as the name and unit of a feature.
        panels: whether these panels are drawn.
        overlay: whether the median answers to all curves of a part are drawn in one panel above, without what the
            networks were shown.

    Example:
        >>> axes, place = ("seed", "time", "feature"), {"seed": [0], "time": [0.0, 0.5, 1.0], "feature": ["y"]}
        >>> fit = xr.Dataset({"answer": (axes, [[[0.1], [0.3], [0.2]]])}, place)
        >>> curve = Curve("a hill", lt.figures.COLORS["r"], fit.answer, np.array([0.1, 0.4, 0.1]))
        >>> isinstance(curve_panels(fit, [("Hills", [curve])]), lt.figures.Drawing)
        True
    """
    chosen = [[curves[place] for place in elements.evenly(len(curves), MOST_PANELS)] for _, curves in parts]
    most = max(map(len, chosen))
    across = 1 if most <= MOST_BANDS else 3 if most in (6, 9) else 5 if most % 5 == 0 else 4
    grids = [(1, 1) if len(curves) <= MOST_BANDS else (-(-len(curves) // across), across) for curves in chosen]
    heights = [3.8 if (rows, columns) == (1, 1) else 0.55 + 1.75 * rows for rows, columns in grids]
    above = 2.7 if overlay else 0.0
    ratios = [height * panels + above for height in heights]
    with style.house():
        width = 6.8 if across == 1 or not panels else 1.0 + (1.75 if across == 5 else 2.1) * across
        figure = Figure(figsize=(width, sum(ratios) + 0.4))
        places = figure.subfigures(len(chosen), 1, squeeze=False, height_ratios=ratios).ravel()
        if title:
            figure.suptitle(style.plain(title))
        for place, (heading, part), curves, grid, height in zip(places, parts, chosen, grids, heights, strict=True):
            more = f"; {len(curves)} of {len(part):,} drawn" if len(curves) < len(part) else ""
            place.suptitle(style.plain(f"{heading}{more}"))
            both = place.subfigures(2, 1, height_ratios=(above, height)) if panels and overlay else (place, place)
            if overlay:
                plain = [replace(curve, shown=None, published=None) for curve in curves]
                _part(both[0], plain, (1, 1), fit.time, style.plain(ylabel), filled=False)
            if panels:
                _part(both[1], curves, grid, fit.time, style.plain(ylabel))
        drawn = [curve for curves in chosen for curve in curves]
        handles = elements.answer_entries(fit, GRAY, filled=panels)
        if panels and any(curve.shown is not None for curve in drawn):
            handles.append(elements.entry(shown, **INPUT))
        if any(curve.given is not None for curve in drawn):
            handles.append(elements.entry("input", **GIVEN))
        if panels and any(curve.published is not None for curve in drawn):
            handles.append(elements.entry("published answer", **PUBLISHED))
        style.legend(figure, *handles)
    return figure


def colored(labels: Mapping[str, str] | Sequence[str]) -> list[tuple[str, str]]:
    """Pairs the labels of curves with their colors, from their letters or from `colors`."""
    if isinstance(labels, Mapping):
        return [(label, COLORS[letter]) for letter, label in labels.items()]
    return [*zip(labels, style.colors(range(len(labels))).values(), strict=True)]


def _part(
    place: SubFigure,
    curves: Sequence[Curve],
    grid: tuple[int, int],
    time: xr.DataArray,
    ylabel: str,
    *,
    filled: bool = True,
) -> None:
    alone = grid == (1, 1)
    panels: list[Axes] = list(place.subplots(*grid, squeeze=False, sharex=True, sharey=True).ravel())
    for axes in panels[:1] if not alone else []:
        axes.locator_params(nbins=4)  # Ticks take most of the time to draw.
    for number, axes in enumerate(panels):
        axes.set_visible(number < len(curves))
        leftmost, lowest = number % grid[1] == 0, alone or number + grid[1] >= len(curves)  # No panel is below.
        style.laid_out(axes, x=lowest, y=number == 0)
        if leftmost:
            axes.set_ylabel(ylabel)
        if lowest:
            axes.set_xlabel(style.plain(axis_label(time)))
            axes.tick_params(labelbottom=True)
            elements.whole_ticks(axes, time.values)
    for axes, curve in zip(panels * len(curves) if alone else panels[: len(curves)], curves, strict=True):
        elements.answers_of(axes, curve.answers, curve.color, filled=filled)
        if curve.published is not None:
            axes.plot(curve.answers.time, curve.published, markevery=0.09, **PUBLISHED)
        if not alone:
            axes.set_title(style.plain(curve.label), fontsize=9)
        if curve.shown is not None:
            axes.plot(curve.answers.time, curve.shown, color=curve.color, **INPUT)
        if curve.given is not None:
            axes.plot(curve.answers.time, curve.given, color=curve.color if alone else GRAY, **GIVEN)
    if not filled:
        axes.set_xlim(right=float(time[-1]))
        ends = {}
        for curve in curves:
            if curve.answers.sizes["seed"]:
                last = elements.middle(curve.answers.sel(feature="y")[:, -1:])
                ends[curve.label] = last[1, 0], curve.color
        elements.label_ends(axes, float(time[-1]), ends, 0.06 * np.ptp(axes.get_ylim()))
    elif alone and len(curves) > 1:
        handles: list[Artist] = [elements.entry(curve.label, curve.color) for curve in curves]
        panels[0].legend(handles=handles, loc="center left", bbox_to_anchor=(1.0, 0.5))
