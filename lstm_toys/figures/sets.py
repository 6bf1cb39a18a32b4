"""Figures of answers to sets of curves and of their errors, and the default figures of an experiment."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float, Int
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lstm_toys.figures import elements, style
from lstm_toys.figures.answers import Curve, colored, curve_panels
from lstm_toys.figures.histories import loss
from lstm_toys.output import counted
from lstm_toys.results.arrays import axis_label, names_of, not_diverged, probed
from lstm_toys.results.summary import squared_errors
from lstm_toys.statistics.errors import BINARY, CROSS_ENTROPY
from lstm_toys.tasks.goal import Goal
from lstm_toys.tasks.parameters import TRAINING

MOST = 6
"""Most sets of curves in a figure, and most output features that have one."""

NAMED = 30
LONGEST = 24
MOST_NUMBERS = 36
"""Most names along an axis, most characters of a name, and most curves in a figure of numbers."""

WIDER = 5
"""Largest ratio of the ranges of inputs and correct answers that are drawn in one panel."""


def called(results: xr.DataTree) -> str:
    """The word for an input: sequence if answers are classes or bits, or no probe has names or a family, else curve."""
    sets = [results[name] for name in names_of(results)]
    drawn = ["name" in probe or any("symbol" in column.attrs for column in probe.coords.values()) for probe in sets]
    logits = any("loss" in node.answer.attrs for node in results.children.values() if "answer" in node)
    return "sequence" if logits or (sets and not any(drawn)) else "curve"


def feature_of(chosen: xr.Dataset, index: int) -> tuple[xr.DataArray, xr.DataArray | None]:
    """An output feature of answers, for classes and bits its probability, and the correct answers, if known."""
    answer, kind, correct = chosen.answer, chosen.answer.attrs.get("loss"), chosen.get("truth")
    features = str(answer.dims[-1])
    if kind == CROSS_ENTROPY and correct is not None:
        correct = xr.where(correct.notnull(), correct == index, np.nan)
    elif correct is not None:
        correct = correct.isel({features: index}, drop=True)
    if kind == CROSS_ENTROPY:
        powers = np.exp(answer - answer.max(features))
        answer = powers / powers.sum(features)
    if kind == BINARY:
        answer = 1 / (1 + np.exp(-answer))
    return answer.isel({features: index}, drop=True), correct


def curves_of(chosen: xr.Dataset, index: int, one: str = "curve") -> Iterator[Curve]:
    """The curves of a set, with the answers of an output feature and, if known, the correct ones.

    Curves that share a panel have colors of their own.
    """
    answer, correct = feature_of(chosen, index)
    names, inputs = labels(chosen, one), inputs_of(chosen, correct)
    few = len(names) <= style.MOST_BANDS
    for number, (label, color) in enumerate(colored(names) if few else [(name, style.COLORS["b"]) for name in names]):
        dashed, given = (None if each is None else each.isel(curve=number).values for each in (correct, inputs))
        yield Curve(label, color, answer.isel(curve=number).expand_dims(feature=["y"], axis=-1), dashed, given=given)


def inputs_of(chosen: xr.Dataset, correct: xr.DataArray | None) -> xr.DataArray | None:
    """The inputs of curves if they are one feature that differs from the correct answers, but is on their scale."""
    inputs = chosen.get("input")
    if correct is None or inputs is None or inputs.shape[-1] > 1 or "loss" in chosen.answer.attrs:
        return None
    inputs = inputs.isel({inputs.dims[-1]: 0}, drop=True)
    spans = [float(values.max() - values.min()) for values in (inputs, correct)]
    if np.array_equal(inputs, correct, equal_nan=True) or max(spans) > WIDER * min(spans):
        return None
    return inputs


def labels(chosen: xr.Dataset, one: str) -> list[str]:
    """The names of curves, or the parameters in which they differ, or the word ``one`` and their numbers."""
    if "name" in chosen:
        return [shortened(str(name)) for name in chosen.name.values]
    columns = [
        [f"{column.attrs.get('long_name', name)} {value:g}" for value in column.values]
        for name, column in chosen.coords.items()
        if column.dims == ("curve",) and column.dtype.kind == "f" and len(np.unique(column.values)) > 1
    ]
    numbered = [f"{one} {number}" for number in range(1, chosen.sizes["curve"] + 1)]
    return [", ".join(words) for words in zip(*columns, strict=True)] or numbered


def usual(results: xr.DataTree, goal: Goal | None = None) -> dict[str, Figure]:
    """Draws answers to the training curve and to each set of probes, and the training loss; returns figures by name.

    Networks that answer at every time point have a figure of answers for each output feature; of classes and bits it
    shows probabilities. Of networks that answer once per curve, numbers are drawn against the true ones, and classes
    and bits as one probability per sequence.

    Args:
        results: labeled results of a training; diverged networks are left out of the answers.
        goal: marked in the figure of the loss, with the error that it limits; None: no goal is drawn.

    Raises:
        ValueError: the goal leaves out another share of sequences than what was recorded.

    Example:
        To add a figure to the usual ones:

        >>> def draw(results, companions):
        ...     return {**lt.figures.usual(results), "target.png": lt.figures.target(results, "Training curve")}
    """
    drawn = {"loss.png": loss(results, "Training", goal=goal)}
    answer = results[TRAINING].answer
    features = answer[answer.dims[-1]].values.tolist()
    if "time" in answer.dims:
        for number, feature in enumerate(features[:MOST], 1):
            name = f"answers_{number}.png" if len(features) > 1 else "answers.png"
            drawn[name] = _answers(results, number - 1, str(feature))
    elif names_of(results):
        title = f"Answers to whole {called(results)}s"
        drawn["answers.png"] = (_probabilities if "loss" in answer.attrs else set_numbers)(results, title)
    return drawn


def _answers(results: xr.DataTree, index: int, feature: str) -> Figure:
    fit, one = not_diverged(results), called(results)
    trained = probed(fit, TRAINING)
    sets = {f"{elements.training(trained)} {one}": trained}
    sets |= {f"other {one}s: {name}": probed(fit, name) for name in names_of(fit)}
    title, drawn, shown, ylabel = "", [*sets.items()][:MOST], "correct answer", f"answered {feature}"
    if "loss" in trained.answer.attrs:
        ylabel = f"probability of {feature}"
    else:
        title = _errors([*sets.values()], index, f"RMSE of {feature}:", one)
        if feature == axis_label(trained.time):  # All correct answers are the diagonal.
            drawn = [(name, _minus_truth(curves)) for name, curves in drawn]
            shown, ylabel = "no error", f"answer − {feature}"
    parts = [(name, [*curves_of(curves, index, one)]) for name, curves in drawn]
    some = f"{MOST} of {len(sets)} sets of {one}s" if len(sets) > MOST else ""
    title = "\n".join(filter(None, (title, some)))
    return curve_panels(trained, parts, shown=shown, title=title, ylabel=ylabel)


def _minus_truth(curves: xr.Dataset) -> xr.Dataset:
    wrong = curves.assign(answer=curves.answer - curves.truth, truth=0 * curves.truth)
    return wrong.drop_vars("input", errors="ignore")


def _errors(sets: Sequence[xr.Dataset], index: int, what: str, one: str) -> str:
    """The error of the median network on the first set, and on the worst curve of the other sets, as a title."""
    errors = [np.asarray(squared_errors(curves).feature(index).over(2).root) for curves in sets]
    medians = [[np.median(row[np.isfinite(row)]) for row in rmse.T if np.isfinite(row).any()] for rmse in errors]
    if not medians[0]:
        return ""
    others = [median for curves in medians[1:] for median in curves]
    beyond = f", up to {max(others):.2g} on another {one}" if others else ""
    return f"{what} {max(medians[0]):.2g} in training{beyond} (medians of {counted(len(errors[0]), 'network')})"


Row = tuple[str, str, list[str], Int[np.ndarray, " C"], Float[np.ndarray, "S C"], Float[np.ndarray, " C"]]
"""A set of curves to draw: its label, its color, the names of its curves and their order, a number per network and
curve, drawn as bars, and one per curve, drawn as a dash; NaN where there is none."""


def _side_by_side(axes: Axes, rows: Iterable[Row], mark: str) -> None:
    """Draws sets next to each other, as bars over networks and dashes called ``mark``; names curves if they are few."""
    ticks, left, dashes = dict[int, str](), 0, np.empty((2, 0))
    for label, color, names, order, values, marks in rows:
        places = left + np.arange(len(order))
        ticks |= dict(zip(places.tolist(), np.array(names)[order], strict=True))
        elements.bars(axes, places, values[:, order], color, label)
        dashes = np.append(dashes, [places, marks[order]], axis=1)
        left += len(order) + 1
    if not np.isnan(dashes[1]).all():
        axes.plot(*dashes, "_", color=style.GRAY, markersize=7, zorder=1.5, label=mark)
    named = ticks if len(ticks) <= NAMED else {}
    axes.set_xticks([*named], [*named.values()], rotation=45, ha="right", parse_math=False)


def _probabilities(results: xr.DataTree, title: str) -> Figure:
    """Draws the probability of each class or bit that networks answer once per sequence, in one panel per feature."""
    fit = not_diverged(results)
    trained = probed(fit, TRAINING)
    names = [*map(str, trained[trained.answer.dims[-1]].values)]
    if len(names) > MOST:
        title += f", the first {MOST} of {len(names)} features"

    def rows(index: int) -> Iterator[Row]:
        for label, color, chosen in labeled_sets(fit):
            answer, correct = feature_of(chosen, index)
            right = np.full(chosen.sizes["curve"], np.nan) if correct is None else correct.values.astype(float)
            order = np.lexsort((answer.median("seed").values, right))
            yield label, color, labels(chosen, "sequence"), order, answer.values, right

    drawn = names[:MOST]
    look: dict[str, Any] = {"columns": 1, "size": (6.8, 1.4 + 2.4 * len(drawn)), "entries": [explained(fit)]}
    with style.sheet(title, *[""] * len(drawn), xlabel="", **look) as (figure, panels):
        for index, (axes, name) in enumerate(zip(panels, drawn, strict=True)):
            _side_by_side(axes, rows(index), "correct answer")
            axes.set(ylabel=style.plain(f"probability of {name}"), ylim=(-0.05, 1.05), yticks=[0, 0.5, 1])
        axes.set_xlabel("sequences of a set, sorted by correct answer and probability")
    return figure


def set_answers(results: xr.DataTree, probe: str, feature: str, title: str) -> Figure:
    """Draws the networks' answers and the correct answers to the curves of a set, as `curve_panels` does.

    The title reports the error if correct answers are known, and that of repeating the last value if networks predict.

    Args:
        results: labeled results with named curves, such as those of a file; diverged networks are left out.
        probe: name of the probe that has the curves of the set.
        feature: the feature of answers to draw, which labels the y axis.
        title: title of the figure.

    Raises:
        ValueError: the results have no such probe.

    Example:
        >>> variables = {
        ...     "input": (("curve", "time", "feature"), [[[0.1], [0.3]], [[0.2], [0.4]]]),
        ...     "answer": (("seed", "curve", "time", "feature"), [[[[0.1], [0.2]], [[0.2], [0.3]]]]),
        ...     "name": ("curve", ["first", "second"]),
        ... }
        >>> curves = xr.Dataset(variables, {"time": [0.0, 1.0], "feature": ["y"]})
        >>> networks = xr.Dataset({"diverged": ("seed", [False])}, {"seed": [0]})
        >>> results = lt.Results.from_dict({"/": networks, "held out": curves})
        >>> isinstance(lt.figures.set_answers(results, "held out", "y", "Two curves"), lt.figures.Drawing)
        True
    """
    chosen = probed(not_diverged(results), probe)
    place = _place(chosen, feature)
    if "truth" in chosen and chosen.sizes["seed"]:
        error = np.median(squared_errors(chosen).feature(place).over(1, 2).root)
        title += f"\nRMSE of {feature}: {error:.2g} (median of {counted(chosen.sizes['seed'], 'network')})"
        if "ahead" in chosen.attrs:
            title += f", {squared_errors(chosen, 'input').feature(place).over().root:.2g} if the last value is repeated"
    return curve_panels(chosen, [(title, [*curves_of(chosen, place)])], shown="true curve", ylabel=feature)


def _place(chosen: xr.Dataset, feature: str) -> int:
    """The index of an output feature."""
    return int(chosen[chosen.answer.dims[-1]].values.tolist().index(feature))


def labeled_sets(fit: xr.DataTree) -> Iterator[tuple[str, str, xr.Dataset]]:
    """Yields the label, the color and the curves of each set; nothing without networks."""
    one = called(fit)
    for name, color in style.colors(names_of(fit)).items() if fit.sizes["seed"] else ():
        chosen = probed(fit, name)
        yield f"{name}: {counted(chosen.sizes['curve'], one)}", color, chosen


def _with_truth(fit: xr.DataTree) -> Iterator[tuple[str, str, xr.Dataset]]:
    """The sets of `labeled_sets` with known correct answers."""
    return (row for row in labeled_sets(fit) if "truth" in row[2])


def errors_over_time(results: xr.DataTree, feature: str, title: str) -> Figure:
    """Draws the error of each set of curves at each time point, to see where in a curve networks fail.

    The error is root mean squared over the curves of a set; sets without correct answers are left out.
    Lines are medians over networks, and bands go from the 5th to the 95th percentile.

    Args:
        results: labeled results with named curves, such as those of a file; diverged networks are left out.
        feature: the feature whose error is drawn, in its unit.
        title: title of the figure.
    """
    fit = not_diverged(results)
    ylabel = f"RMSE of {feature} over curves"
    with style.canvas(title, xlabel=axis_label(results[TRAINING].time), ylabel=ylabel) as (figure, (axes,)):
        for label, color, chosen in _with_truth(fit):
            error = squared_errors(chosen).feature(_place(chosen, feature)).over(1).root
            elements.band(axes, chosen.time, error, color, label, linewidth=1.6)
            elements.whole_ticks(axes, chosen.time.values)
        axes.set_ylim(bottom=0)
        style.legend(figure, explained(fit))
    return figure


def errors_over_curves(results: xr.DataTree, feature: str, title: str) -> Figure:
    """Draws the error of each curve, root mean squared over time, to see which curves are hard.

    Dots are medians over networks, and bars go from the 5th to the 95th percentile. If networks predict the next value,
    the error of repeating the last value is also drawn.

    Args:
        results: labeled results with named curves, such as those of a file; diverged networks are left out.
        feature: the feature whose error is drawn, in its unit.
        title: beginning of the title, which gives the median over the curves of each set.
    """
    fit = not_diverged(results)

    def rows() -> Iterator[Row]:
        for label, color, chosen in _with_truth(fit):
            place = _place(chosen, feature)
            error, again = squared_errors(chosen).feature(place).over(2).root, np.full(chosen.sizes["curve"], np.nan)
            if "ahead" in chosen.attrs:
                again = squared_errors(chosen, "input").feature(place).over(1).root
            yield label, color, labels(chosen, called(fit)), np.argsort(np.median(error, axis=0)), error, again

    drawn, xlabel = [*rows()], "curves of a set, sorted by their error"
    halves = (f"{np.median(np.median(error, axis=0)):.2g} ({label})" for label, _, _, _, error, _ in drawn)
    title = f"{title}: median {', '.join(halves)}" if drawn else title
    with style.canvas(title, xlabel=xlabel, ylabel=f"RMSE of {feature}") as (figure, (axes,)):
        _side_by_side(axes, drawn, "repeating the last value")
        axes.set_ylim(bottom=0)
        style.legend(figure, explained(fit))
    return figure


def set_numbers(results: xr.DataTree, title: str) -> Figure:
    """Draws the numbers that networks answer once per curve against the true numbers, in one panel per number.

    Sets of curves without any true number are left out.

    Args:
        results: labeled results with named curves, such as those of a file; diverged networks are left out.
        title: title of the figure.

    Example:
        >>> variables = {
        ...     "answer": (("seed", "curve", "output_feature"), [[[0.1], [0.3]]]),
        ...     "truth": (("curve", "output_feature"), [[0.1], [0.4]]),
        ...     "name": ("curve", ["first", "second"]),
        ... }
        >>> curves = xr.Dataset(variables, {"output_feature": ["half-life"]})
        >>> networks = xr.Dataset({"diverged": ("seed", [False])})
        >>> results = lt.Results.from_dict({"/": networks, "held out": curves})
        >>> lt.figures.set_numbers(results, "Half-lives of curves").axes[0].get_title()
        'half-life'
    """
    fit = not_diverged(results)
    names = list(map(str, results[names_of(results)[0]].output_feature.values))
    look: dict[str, Any] = {"columns": min(3, len(names)), "entries": [explained(fit)]}
    with style.sheet(title, *names, xlabel="true value", ylabel="answer", **look) as (figure, panels):
        known = [row for row in _with_truth(fit) if row[2].truth.notnull().any()]
        for axes, name in zip(panels, names, strict=True):
            for label, color, chosen in known:
                right, answers = (chosen[variable].sel(output_feature=name).values for variable in ("truth", "answer"))
                elements.bars(axes, right, answers, color, label)
            ends = axes.get_xlim()
            axes.plot(ends, ends, color=style.GRAY, linewidth=0.9, zorder=0, label="true value")
    return figure


def numbers_of_curves(results: xr.DataTree, probe: str, title: str) -> Figure:
    """Draws the numbers that networks answer once per curve, in one panel per number, where no true number is known.

    At most 36 curves are drawn. Dots are medians over networks, and bars go from the 5th to the 95th percentile.

    Args:
        results: labeled results with named curves, such as those of a file; diverged networks are left out.
        probe: name of the probe that has the curves of the set.
        title: title of the figure.

    Raises:
        ValueError: the results have no such probe.
    """
    fit = not_diverged(results)
    curves = probed(fit, probe)
    chosen, color = curves.isel(curve=slice(MOST_NUMBERS)), style.colors(names_of(results))[probe]
    if curves.sizes["curve"] > MOST_NUMBERS:
        title += f", the first {MOST_NUMBERS} of {curves.sizes['curve']:,}"
    names = list(map(str, curves.output_feature.values))
    look: dict[str, Any] = {"columns": 1, "size": (6.8, 0.8 + 2.6 * len(names)), "entries": [explained(fit)]}
    with style.sheet(title, *names, xlabel="", ylabel="answer", **look) as (figure, panels):
        places = np.arange(chosen.sizes["curve"])
        for axes, name in zip(panels, names, strict=True):
            axes.set_xticks(places, [])
            if fit.sizes["seed"]:
                elements.bars(axes, places, chosen.answer.sel(output_feature=name).values, color)
        names = [*map(shortened, chosen.name.values)]
        panels[-1].set_xticks(places, names, rotation=45, ha="right", parse_math=False)
    return figure


def shortened(name: str) -> str:
    """Shortens the name of a curve to `LONGEST` characters."""
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"


def explained(fit: xr.Dataset | xr.DataTree) -> Artist:
    """The legend entry of what `elements.bars` draws."""
    if not fit.sizes["seed"]:
        return elements.entry("every network diverged", linestyle="")
    return elements.band_entry(f"median and {elements.band_name(fit.sizes['seed'])}", alpha=0.3)
