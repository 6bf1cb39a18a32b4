"""Figures of training curves, of answers to curves, in one panel or one per curve, and of parameters read off them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure, SubFigure
from matplotlib.patches import Rectangle

from lstm_toys.figures import style
from lstm_toys.figures.style import COLORS, GRAY, INPUT, MOST_BANDS
from lstm_toys.results.arrays import axis_label, names_of, not_diverged, probed
from lstm_toys.results.summary import difference
from lstm_toys.statistics.errors import elapsed, within
from lstm_toys.tasks.goal import AFTER
from lstm_toys.tasks.parameters import PARAMETER, TRAINING

MOST_PANELS, MOST_CURVES = 12, 100

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
        style.answers_of(axes, fit.answer, COLORS["r"])
        axes.plot(x, fit.truth.sel(feature="y"), color=COLORS["b"], **INPUT)
        style.legend(axes, *style.training_entries(fit))
        shades = {name: COLORS[color] for name, color in (("y", "r"), ("x", "c")) if name in wrong.feature.values}
        if fit.sizes["seed"]:
            for name, color in shades.items():
                style.answers_of(below, wrong.sel(feature=[name]).assign_coords(feature=["y"]), color)
            settled = within(elapsed(x), AFTER)
            far = np.nan_to_num(np.abs(wrong.sel(feature="y").values))  # Padding is NaN.
            early, late = (np.median(far[:, part].max(axis=1)) for part in (~settled, settled))
            off = f"y is off by at most {early:.2g} in the first tenth, by {late:.2g} after it"
            title += f"\nin half of the networks, {off}"
        axes.set_title(style.plain(title))
        below.set_ylabel("answer − curve")
        below.axhline(0, color=COLORS["b"], **INPUT)
        if len(shades) > 1:
            style.legend(below, *(style.entry(name, color) for name, color in shades.items()))
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
    chosen = [[curves[place] for place in style.evenly(len(curves), MOST_PANELS)] for _, curves in parts]
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
        handles = style.answer_entries(fit, GRAY, filled=panels)
        if panels and any(curve.shown is not None for curve in drawn):
            handles.append(style.entry(shown, **INPUT))
        if any(curve.given is not None for curve in drawn):
            handles.append(style.entry("input", **GIVEN))
        if panels and any(curve.published is not None for curve in drawn):
            handles.append(style.entry("published answer", **PUBLISHED))
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
            style.whole_ticks(axes, time.values)
    for axes, curve in zip(panels * len(curves) if alone else panels[: len(curves)], curves, strict=True):
        style.answers_of(axes, curve.answers, curve.color, filled=filled)
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
        known = (curve for curve in curves if curve.answers.sizes["seed"])
        ends = {each.label: (style.middle(each.answers.sel(feature="y")[:, -1:])[1, 0], each.color) for each in known}
        style.label_ends(axes, float(time[-1]), ends, 0.06 * np.ptp(axes.get_ylim()))
    elif alone and len(curves) > 1:
        handles: list[Artist] = [style.entry(curve.label, curve.color) for curve in curves]
        panels[0].legend(handles=handles, loc="center left", bbox_to_anchor=(1.0, 0.5))


def training_set(results: xr.DataTree, title: str) -> Figure:
    """Draws the training curves, colored by the first parameter that networks answer.

    If every seed draws its own curves, an example set is drawn. At most 100 curves are.

    Args:
        results: labeled results of networks that answer once per curve.
        title: title of the figure; it also says how many of more than 100 curves are drawn.

    Example:
        >>> variables = {
        ...     "train_input": (("example", "time", "feature"), [[[0.1], [0.2]], [[0.1], [0.4]]]),
        ...     "train_target": (("example", "output_feature"), [[0.1], [0.3]]),
        ... }
        >>> places = {"time": [0.0, 1.0], "feature": ["y"], "output_feature": ["slope"]}
        >>> results = lt.Results.from_dict({"training": xr.Dataset(variables, places)})
        >>> len(lt.figures.training_set(results, "Lines").axes[0].lines)
        2
    """
    training = results[TRAINING]
    parameter = str(training.output_feature.values[0])
    truth = training.train_target.sel(output_feature=parameter).values
    places = style.evenly(len(truth), MOST_CURVES)
    if len(places) < len(truth):
        title += f" ({len(places)} of {len(truth):,} curves)"
    shades = ScalarMappable(Normalize(truth.min(), truth.max()), style.dark_scale())
    with style.canvas(title, xlabel=axis_label(training.time)) as (figure, (axes,)):
        for place in places:
            curve = training.train_input.sel(feature="y").values[place]
            axes.plot(training.time, curve, color=shades.to_rgba(truth[place]), linewidth=0.9)
        columns = (results[probe].coords.get(f"{PARAMETER}{parameter}") for probe in names_of(results))
        label = next((axis_label(column) for column in columns if column is not None), parameter)
        figure.colorbar(shades, ax=axes, label=style.plain(label), pad=0.02)
    return figure


def read_off_curves(
    results: xr.DataTree,
    probe: str,
    rebuild: Callable[[Float[np.ndarray, " T"], Float[np.ndarray, "*S A"]], Float[np.ndarray, "*S T"]],
    labels: Mapping[str, str] | Sequence[str],
    title: str,
    published: Float[np.ndarray, "C A"] | None = None,
) -> Figure:
    """Draws the curves that have the parameters that networks read off, next to the true curves.

    Args:
        results: labeled results of networks that answer once per curve; diverged networks are left out.
        probe: name of the probe whose curves are drawn.
        rebuild: function of time points ``[T]`` and answered parameters ``[..., A]`` that returns y ``[..., T]``.
        labels: labels of the curves in order, or labels by the letter of their color; see `probe_answers`.
        title: title of the figure.
        published: published parameters ``[C, A]``, whose curves are drawn as diamonds; None: there are none.

    Raises:
        ValueError: the results have no such probe, or the number of labels does not match.

    Example:
        >>> variables = {
        ...     "input": (("curve", "time", "feature"), [[[0.1], [0.3]]]),
        ...     "answer": (("seed", "curve", "output_feature"), [[[0.25]]]),
        ... }
        >>> networks = xr.Dataset({"diverged": ("seed", [False])}, {"seed": [0]})
        >>> curves = xr.Dataset(variables, {"time": [0.0, 1.0], "feature": ["y"]})
        >>> def line(x, slope):
        ...     return slope[..., :1] * x + 0.1
        >>> results = lt.Results.from_dict({"/": networks, "post": curves})
        >>> isinstance(lt.figures.read_off_curves(results, "post", line, ["slope 0.2"], "Lines"), lt.figures.Drawing)
        True
    """
    chosen = probed(not_diverged(results), probe)
    x, curves = chosen.time.values, []
    coordinates = {"seed": chosen.seed, "time": chosen.time, "feature": ["y"]}
    for index, (label, color) in enumerate(colored(labels)):
        rebuilt = rebuild(x, chosen.answer.values[:, index])[:, :, None]
        answers = xr.DataArray(rebuilt, coordinates, [*coordinates])
        diamonds = None if published is None else rebuild(x, published[index])
        curves.append(Curve(label, color, answers, chosen.input.values[index, :, 0], diamonds))
    return curve_panels(chosen, [(title, curves)], shown="true curve")


def read_off_axis(
    results: xr.DataTree,
    name: str,
    title: str,
    trained: tuple[float, float],
    published: Mapping[float, float] | None = None,
    probe: str = "sweep",
) -> Figure:
    """Draws one parameter that networks read off curves against its true value.

    Args:
        results: labeled results of networks that answer once per curve; diverged networks are left out.
        name: the parameter, such as ``"amplitude"``.
        title: title of the figure.
        trained: both ends of the range of the parameter in training, which is shaded.
        published: published answers by true value, drawn as diamonds; None: there are none.
        probe: name of the probe whose curves differ in the parameter.

    Raises:
        ValueError: the results have no such probe.

    Example:
        >>> answer = ("seed", "curve", "output_feature"), [[[0.1], [0.3]], [[0.2], [0.4]]]
        >>> coordinates = {"output_feature": ["slope"], "parameter_slope": ("curve", [0.1, 0.4])}
        >>> networks = xr.Dataset({"diverged": ("seed", [False, False])})
        >>> results = lt.Results.from_dict({"/": networks, "sweep": xr.Dataset({"answer": answer}, coordinates)})
        >>> lt.figures.read_off_axis(results, "slope", "Slopes", trained=(0.2, 0.4)).axes[0].get_title()
        'Slopes'
    """
    fit = not_diverged(results)
    chosen = probed(fit, probe).sortby(f"{PARAMETER}{name}")
    column = chosen[f"{PARAMETER}{name}"]
    true, xlabel, ylabel = column.values, f"true {axis_label(column)}", f"read-off {axis_label(column)}"
    with style.canvas(title, xlabel=xlabel, ylabel=ylabel) as (figure, (axes,)):
        axes.axvspan(*trained, color=COLORS["y"], alpha=0.18, linewidth=0, label="training range")
        if count := fit.sizes["seed"]:
            answers, median = chosen.answer.sel(output_feature=name), f"median of {style.counted(count)}"
            style.band(axes, true, answers, COLORS["b"], median, style.band_name(count))
        axes.plot(true, true, color=GRAY, label="true value", **INPUT)
        if published:
            axes.plot([*published], [*published.values()], label="published answer", **PUBLISHED)
        axes.set_xlim(true.min(), true.max())
        style.legend(axes, loc="upper left")
    return figure


def read_off_plane(
    results: xr.DataTree,
    names: tuple[str, str],
    title: str,
    square: tuple[float, float, float, float],
    probe: str = "plane",
) -> Figure:
    """Draws heat maps of the median absolute errors of two read-off parameters over the plane of the true values.

    Args:
        results: labeled results of networks that answer once per curve; diverged networks are left out.
        names: the parameter along the horizontal axis, and the one along the vertical axis.
        title: beginning of the panels' titles, which the name of each parameter follows, such as ``"Error of the"``.
        square: left, bottom, width and height of the training range, which is outlined.
        probe: name of the probe whose curves are a full grid of both parameters.

    Raises:
        ValueError: the results have no such probe.

    Example:
        >>> names, true = ("slope", "intercept"), np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
        >>> variables = {
        ...     "answer": (("seed", "curve", "output_feature"), 0.9 * true[None]),
        ...     "truth": (("curve", "output_feature"), true),
        ... }
        >>> coordinates = {f"parameter_{name}": ("curve", true[:, index]) for index, name in enumerate(names)}
        >>> plane = xr.Dataset(variables, {**coordinates, "output_feature": [*names]})
        >>> results = lt.Results.from_dict({"/": xr.Dataset({"diverged": ("seed", [False])}), "plane": plane})
        >>> figure = lt.figures.read_off_plane(results, names, "Error of the", (0.0, 0.0, 0.5, 0.5))
        >>> [axes.get_title() for axes in figure.axes[:2]]
        ['Error of the slope', 'Error of the intercept']
    """
    fit = not_diverged(results)
    chosen = probed(fit, probe)
    parameters = [f"{PARAMETER}{name}" for name in names]
    titles = [f"{title} {name}" for name in names]
    xlabel, ylabel = (f"true {axis_label(chosen[name])}" for name in parameters)
    with style.canvas(*titles, xlabel=xlabel, ylabel=ylabel) as (figure, panels):
        if not fit.sizes["seed"]:
            return figure
        error = abs(difference(chosen)).median("seed")
        grid = error.set_index(curve=parameters).unstack("curve").transpose(..., *parameters[::-1])
        look: dict[str, Any] = {"vmin": 0, "vmax": float(error.max()), "cmap": style.heat_scale()}
        look |= {"shading": "nearest", "rasterized": True}
        for axes, name in zip(panels, names, strict=True):
            image = axes.pcolormesh(*(grid[axis] for axis in parameters), grid.sel(output_feature=name), **look)
            axes.add_patch(Rectangle(square[:2], *square[2:], fill=False, edgecolor="white", linewidth=1.6))
            axes.annotate("training range", square[:2], (4, 5), textcoords="offset points", color="white", fontsize=8)
            axes.grid(visible=False)
            axes.set_aspect("equal")
        figure.colorbar(image, ax=panels, label=f"absolute error, median of {style.counted(fit.sizes['seed'])}")
    return figure
