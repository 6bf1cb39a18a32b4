"""Figures of parameters that networks read off curves, and of the curves that they read."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from lstm_toys.figures import elements, style
from lstm_toys.figures.answers import PUBLISHED, Curve, colored, curve_panels
from lstm_toys.figures.style import COLORS, GRAY, INPUT
from lstm_toys.results.arrays import axis_label, names_of, not_diverged, probed
from lstm_toys.results.summary import difference
from lstm_toys.tasks.parameters import PARAMETER, TRAINING

MOST_CURVES = 100


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
    places = elements.evenly(len(truth), MOST_CURVES)
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
            answers, median = chosen.answer.sel(output_feature=name), f"median of {elements.counted(count)}"
            elements.band(axes, true, answers, COLORS["b"], median, elements.band_name(count))
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
        figure.colorbar(image, ax=panels, label=f"absolute error, median of {elements.counted(fit.sizes['seed'])}")
    return figure
