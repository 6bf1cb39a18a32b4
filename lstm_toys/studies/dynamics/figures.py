"""Draws the results of a study of dynamics, and slow points under the constant inputs of named periods."""

from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from lstm_toys.dynamics.exponents import half_width
from lstm_toys.dynamics.limits import Kind
from lstm_toys.dynamics.slow import variance_shares
from lstm_toys.figures import elements, style
from lstm_toys.figures.elements import counted
from lstm_toys.figures.style import COLORS, GRAY, INPUT, plain
from lstm_toys.results.arrays import axis_label
from lstm_toys.studies.dynamics.analysis import LEVELS, MEAN, SIGNS, SLOW, lasting, moduli, slow
from lstm_toys.studies.dynamics.settings import WINDOWS
from lstm_toys.tasks.parameters import TRAINING

SHOWN = {
    "clipped copy": (COLORS["g"], "D", "the input, clipped to the range of answers at rest"),
    "static curve": (COLORS["r"], "s", "the answer at rest under each input"),
    MEAN: (COLORS["y"], "v", "the network linearized once"),
    "LPV": (COLORS["b"], "o", "the network linearized anew at each input"),
}
"""Models that figures show: the color, the marker and the meaning of each."""

PREDICTED = ("static curve", "LPV")
"""Models whose predictions are drawn."""

LOWEST, COVERED = -1.0, 0.995
"""The share of variance at which smaller ones are drawn, and the share of time points that counts as all."""

COURSES = {
    "mode_frequency": ("frequency of the leading mode", 0, "b"),
    "peak_frequency": ("frequency of the largest gain", 0, "r"),
    "peak_gain": ("largest gain", 1, "g"),
    "static_gain": ("gain of slow inputs", 1, "k"),
}
"""What is drawn over steps of training: words, panel and color."""

APART = "above: nearby states separate"

MOST_FAMILIES = 6

KINDS = {
    Kind.STABLE: "a stable point",
    Kind.NEUTRAL: "a point that neither attracts nor repels",
    Kind.CYCLE: "a cycle",
    Kind.INTEGRATES: "a state that integrates, while the answer rests",
    Kind.SLOW: "no limit yet: the state still moves",
}

NETWORKS, PERIODS, MODES = 4, 4, 8
"""Most networks and periods in a figure, and most modes of a slow point."""

LEAST = 1e-7
"""The q at which smaller ones are drawn."""

MARKS: dict[Kind, dict[str, Any]] = {
    Kind.STABLE: {"color": COLORS["r"], "marker": "o", "markersize": 7, "fillstyle": "none", "markeredgewidth": 1.4},
    Kind.UNSTABLE: {"color": COLORS["r"], "marker": "x", "markersize": 6, "markeredgewidth": 1.4},
}


def draw(results: xr.Dataset) -> dict[str, Figure]:
    """Draws all figures, by file name."""
    if "period" in results.coords:
        return {f"{figure.__name__}.png": figure(results) for figure in (slow_points, slow_statistics, exponents)}
    drawn = [rest, resonance, eigenvalues, forgetting, exponents]
    drawn += [explained, models] if "prediction" in results else []
    drawn += [course] if "kept_step" in results.coords else []
    return {f"{figure.__name__}.png": figure(results) for figure in drawn}


def rest(results: xr.Dataset) -> Figure:
    """Draws the answer at rest against the constant input, and the kinds of limits."""
    answers = _of_most(results.static_answer.isel(output=0)).dropna("input", how="all")
    u = results.input.values
    trained, first = results.curve_shown.isel(curve=0).values, results.kind.isel(found=0).values
    titles = "Answers at rest", "Limits that attract most initial states"
    with style.canvas(*titles, xlabel=axis_label(results.input)) as (figure, (left, right)):
        _band(left, answers.input, answers)
        left.plot(answers.input, answers.input, color=GRAY, label="the input itself", **INPUT)
        look: dict[str, Any] = {"color": COLORS["y"], "alpha": 0.25, "linewidth": 0}
        left.axvspan(trained.min(), trained.max(), label="range of the training curve", **look)
        left.set(ylabel="answer at rest")
        mean = int(results.attrs["mean"])
        settled = f"{(first[:, mean] == Kind.STABLE).sum()} of {counted(len(first))} settle"
        figure.suptitle(f"Under the mean input, {settled} at a stable point")
        shares = {name: (first == kind).mean(axis=0) for kind, name in KINDS.items() if (first == kind).any()}
        right.stackplot(u, *shares.values(), labels=shares, colors=[*style.colors(shares).values()], alpha=0.45)
        right.set(ylabel="share of networks", ylim=(0, 1), xlim=(u[0], u[-1]))
        left.set_xlim(right.get_xlim())
        for axes in (left, right):
            axes.axvline(u[mean], color="black", linestyle=":", label="mean input")
            axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16))
    return figure


def resonance(results: xr.Dataset) -> Figure:
    """Draws gain and phase of the linearization at the training curves' mean, and the gain of a large sine."""
    frequencies, networks = results.frequency, counted(results.sizes["seed"])
    peak = f"{np.nanmedian(results.peak_frequency):.3g} {frequencies.attrs['units']}"
    title = f"Small sines about the mean input are amplified most at {peak} (median of {networks})"
    with style.sheet(title, "", "", xlabel=axis_label(frequencies)) as (figure, (left, right)):
        gain, phase = (results[name].isel(input=int(results.attrs["mean"])).values for name in ("gain", "phase"))
        _band(left, frequencies, gain, "linearization at rest, median")
        elements.band(right, frequencies, np.unwrap(phase, axis=1), COLORS["b"])
        right.set(ylabel="phase of the answer (rad)")
        left.axhline(1, color=GRAY, linewidth=0.9, linestyle="--", label="as large as the input")
        peaks, low = results.peak_frequency.values, left.get_xaxis_transform()
        blue: dict[str, Any] = {"color": COLORS["b"], "alpha": 0.6, "label": "frequency of each network's largest gain"}
        left.plot(peaks, np.full(len(peaks), 0.03), "|", transform=low, **blue)
        left.axvline(np.nanmedian(peaks), color=COLORS["b"], linestyle=":", label="median of these frequencies")
        black: dict[str, Any] = {"label": "gain there of sines as large as the training curve", "alpha": 0.5}
        left.plot(peaks, results.peak_gain_trained, "o", color=COLORS["k"], markersize=2, **black)
        left.set(ylabel="gain of the answer", ylim=(0, None))
    return figure


def eigenvalues(results: xr.Dataset) -> Figure:
    """Draws the leading mode of every network: its time constant against its frequency."""
    frequencies = results.mode_frequency.values
    oscillating = f"{(frequencies > 0).sum()} of {counted(len(frequencies))}"
    title = f"Under the mean input, the leading modes of {oscillating} oscillate"
    with style.canvas(title, xlabel=axis_label(results.frequency)) as (figure, (axes,)):
        axes.plot(frequencies, results.time_constant, "o", color=COLORS["b"], alpha=0.6, markersize=4)
        axes.set(ylabel=f"time constant of the leading mode, in {axis_label(results.time)}", ylim=(0, None))
        if (frequencies == 0).any():
            axes.set_xlim(-0.5)
    return figure


def forgetting(results: xr.Dataset) -> Figure:
    """Draws how the distance of two states falls along the middle curve of each probe."""
    names = results.driving.values.tolist()[:MOST_FAMILIES]
    distances = {name: np.maximum(results.distance.sel(driving=name).values, 1e-12) for name in names}
    ends = [100 * np.nanmedian(distance[:, -1]) for distance in distances.values()]
    title = f"Two states approach each other, to {min(ends):.2g} to {max(ends):.2g} % of their initial distance"
    with style.canvas(title, xlabel=axis_label(results.time)) as (figure, (axes,)):
        for place, (name, color) in enumerate(style.colors(names).items()):
            dashes: Any = (0, (4, 2)) if place % 2 else "-"  # Equal lines are both seen.
            elements.band(axes, results.time, distances[name], color, _set(name), filled=place == 0, linestyle=dashes)
        style.legend(axes, elements.band_entry(f"middle 90 %, {_set(names[0])}", COLORS["b"]))
        axes.set(yscale="log", ylabel=f"distance over the initial one, median of {counted(results.sizes['seed'])}")
    return figure


def exponents(results: xr.Dataset) -> Figure:
    """Draws the largest Lyapunov exponent of every network under each constant input, or in each period."""
    ylabel = plain(f"largest Lyapunov exponent, per {axis_label(results.time)}")
    if "input" in results.coords:
        mean = int(results.attrs["mean"])
        title = f"Under the mean input, {_signs(results.exponent_sign.isel(input=mean).values)}"
        with style.canvas(title, xlabel=axis_label(results.input)) as (figure, (axes,)):
            _band(axes, results.input, results.exponent)
            axes.axvline(results.input[mean], color="black", linestyle=":", label="mean input")
            axes.axhline(0, color=GRAY, linewidth=0.9, linestyle="--", label=APART)
            style.legend(axes)
            axes.set(ylabel=ylabel)
        return figure
    signs = zip(results.period.values, results.exponent_sign.values.T, strict=True)
    title = "\n".join(f"{name}: {_signs(sign)}" for name, sign in signs)
    with style.canvas(title, xlabel="") as (figure, (axes,)):
        apart = np.linspace(-0.25, 0.25, results.sizes["seed"])
        look: dict[str, Any] = {"fmt": "o", "color": COLORS["b"], "markersize": 3, "elinewidth": 0.9}
        for place, values in enumerate(results.exponent.values.T):
            order = np.argsort(values)
            errors = half_width(results.exponent_error.values[order, place])
            axes.errorbar(place + apart, values[order], errors, **look)
        axes.axhline(0, color=GRAY, linewidth=0.9, linestyle="--", label=APART)
        style.legend(axes, elements.entry("network, with its 95 % interval", COLORS["b"], linestyle="", marker="o"))
        axes.set(ylabel=ylabel, xlim=(-0.5, results.sizes["period"] - 0.5))
        axes.set_xticks(range(results.sizes["period"]), results.period.values)
    return figure


def _signs(signs: Float[np.ndarray, " S"]) -> str:
    """In how many networks the largest exponent has which sign."""
    counts = {words: int((signs == sign).sum()) for sign, words in SIGNS.items()}
    found = [f"{words} in {count}" for words, count in counts.items() if count]
    return f"the largest exponent is {', '.join(found) or 'unknown'} of {counted(len(signs))}"


def explained(results: xr.Dataset) -> Figure:
    """Draws the share of variance that each model explains, by probe and window of x."""
    kinds = results.curves.values.tolist()
    titles = [(words or "after the first fifth").strip() + " of x" for words in reversed(WINDOWS.values())]
    size = 9.6, 1.9 + 0.5 * len(kinds)
    xlabel = "share of the variance of answers explained"
    wins = np.zeros((len(WINDOWS), len(SHOWN)), int)
    with style.canvas(*titles, xlabel=xlabel, ylabel="", size=size, subplots={"sharey": True}) as (figure, panels):
        for axes, ending, won in zip(panels[::-1], WINDOWS, wins, strict=True):
            medians = []
            for place, (model, (color, marker, _)) in enumerate(SHOWN.items()):
                of_model = results.sel(model=model)
                low, median, high = elements.middle(of_model[f"explained{ending}"].values)
                covered = of_model[f"coverage{ending}"].median("seed").values >= COVERED
                heights = np.arange(len(kinds)) + 0.18 * (place - (len(SHOWN) - 1) / 2)
                axes.hlines(heights, low, high, color=color, alpha=0.35, linewidth=2)
                for x, height, whole in zip(median, heights, covered, strict=True):
                    face, sign = color if whole else "white", marker if x >= LOWEST else "<"
                    axes.plot(max(x, LOWEST), height, sign, color=color, markerfacecolor=face, markersize=4.5)
                medians.append(np.nan_to_num(median, nan=-np.inf))
            won += np.bincount(np.argmax(medians, axis=0), minlength=len(SHOWN))
            axes.set(xlim=(LOWEST - 0.05, 1.05), xticks=[-1, -0.5, 0, 0.5, 1])
        panels[0].set_yticks(range(len(kinds)), [plain(_set(name)) for name in kinds])
        panels[0].invert_yaxis()
        found = [
            f"by {words},\non {early} of {len(kinds)} sets of curves in the first fifth of x, on {later} after it"
            for (*_, words), (later, early) in zip(SHOWN.values(), wins.T, strict=True)
            if later + early == wins.sum(axis=0).max()
        ]
        figure.suptitle("Answers are explained best " + ",\nand ".join(found))
        named = [(_named(name), color, marker) for name, (color, marker, _) in SHOWN.items()]
        named += [("open: only a part of the time points is predicted", GRAY, "$\\circ$")]
        named += [(f"at the left edge: less than {LOWEST:g}", GRAY, "<")]
        dots = [elements.entry(*row, linestyle="", marker=marker, markersize=4.5) for *row, marker in named]
        band = elements.band_entry(elements.band_name(results.sizes["seed"]), alpha=0.35)
        style.legend(figure, *dots, band, columns=2)
    return figure


def models(results: xr.Dataset) -> Figure:
    """Draws the answers to the middle curve of each probe, the predictions of models, and the input."""
    names = results.driving.values.tolist()[:MOST_FAMILIES]
    columns = min(2, len(names))
    size = 3.6 * columns, 2.3 * -(-len(names) // columns) + 1.2
    titles, errors = ("", *map(_set, names)), np.empty((len(PREDICTED), len(names)))
    look: dict[str, Any] = {"columns": columns, "size": size, "across": 2}
    with style.sheet(*titles, xlabel=axis_label(results.time), **look) as (figure, panels):
        for axes, name, error in zip(panels, names, errors.T, strict=True):
            places = np.flatnonzero(results.probe.values == name)
            one = results.isel(curve=places[len(places) // 2], output=0)
            axes.plot(results.time, one.curve_shown, color=GRAY, label="input", **INPUT)
            _band(axes, results.time, one.answer, "answer, median", "black")
            for place, model in enumerate(PREDICTED):
                predicted = _of_most(one.prediction.sel(model=model))
                error[place] = ((predicted.median("seed") - one.answer.median("seed")) ** 2).mean()
                elements.band(axes, results.time, predicted, SHOWN[model][0], f"{_named(model)}, median", filled=False)
        at_rest, linear = (SHOWN[model][2] for model in PREDICTED)
        near = f"{(errors[1] < errors[0]).sum()} of {len(names)} curves"
        figure.suptitle(f"{linear.capitalize()} is nearer to the median answer,\non {near}, than {at_rest}")
    return figure


def course(results: xr.Dataset) -> Figure:
    """Draws frequencies and gains at rest over steps of training."""
    unit, steps = results.frequency.attrs["units"], results.kept_step.values
    courses = {name: results[f"{name}_course"].transpose("seed", "kept_step") for name in COURSES}
    silent = np.flatnonzero(~(np.nanmedian(courses["peak_frequency"], axis=0) > 0)).max(initial=-1)
    begun = steps[silent + 1 :]
    heading = f"The largest gain {f'leaves frequency 0 at step {begun[0]:,}' if len(begun) else 'stays at frequency 0'}"
    look: dict[str, Any] = {"entries": [elements.band_entry(elements.band_name(results.sizes["seed"]))]}
    with style.sheet(heading, "Frequencies", "Gains", xlabel="step of training", **look) as (figure, panels):
        for name, (words, place, letter) in COURSES.items():
            elements.band(panels[place], steps, courses[name], COLORS[letter], words, marker="o", markersize=3)
        early, last = max(1, steps[steps > 0].min(initial=steps.max())), max(1, steps.max())
        for axes in panels:  # Much happens early, and the first step is 0.
            axes.set_xscale("symlog", linthresh=early)
            axes.set_xlim(0, last)
            axes.set_xticks([0, *(10**n for n in range(len(str(last))) if early <= 10**n <= last)])
            axes.xaxis.set_major_formatter("{x:,.0f}")
        panels[0].set(ylabel=f"frequency ({unit}; 0: none)")
        panels[1].set(ylabel="gain of the answer", ylim=(0, None))
    return figure


def slow_points(results: xr.Dataset) -> Figure:
    """Draws slow and fixed points of some networks in the plane of the visited states' first principal components."""
    networks, names = elements.evenly(results.sizes["seed"], NETWORKS), results.period.values.tolist()[:PERIODS]
    results = results.assign(slow=(results.q.dims, slow(results)))
    drawn = [(name, network) for name in names for network in networks]
    titles = [f"network {int(results.seed[network])}, {name}" for name, network in drawn]
    size = 1.2 + 2.6 * len(networks), 0.8 + 2.5 * len(names)
    look: dict[str, Any] = {"columns": len(networks), "size": size, "axes.titlesize": 9}
    with style.canvas(*titles, subplots={"sharex": "col", "sharey": "col"}, **look) as (figure, panels):
        for axes, (name, network) in zip(panels, drawn, strict=True):
            image = _plane(axes, results.isel(seed=network), name)
        figure.colorbar(image, ax=panels, extend="min", label="q of slow points").ax.grid(visible=False)
        style.legend(
            figure,
            elements.entry("visited in training sequences", linewidth=0.9),
            elements.entry(f"slow point, q at most {SLOW:.0e}", COLORS["g"], linestyle="", marker="o", markersize=3),
            *(elements.entry(f"{kind.name.lower()} fixed point", linestyle="", **look) for kind, look in MARKS.items()),
            columns=min(4, len(networks)),
        )
    return figure


def _plane(axes: Axes, results: xr.Dataset, period: str) -> Any:
    """Draws ONE network in ONE period, in the plane of all periods; returns the slow points for a color bar."""
    visited = results.start.values.reshape(-1, results.sizes["state"])
    center = visited.mean(axis=0)
    _, lengths, directions = np.linalg.svd(visited - center, full_matrices=False)
    parts = lengths**2 / (lengths**2).sum()

    def projected(states: Float[np.ndarray, "*N D"]) -> Float[np.ndarray, "2 *N"]:
        return np.moveaxis((states - center) @ directions[:2].T, -1, 0)

    x, y = projected(results.trajectory.values)
    axes.plot(x.T, y.T, color=GRAY, linewidth=0.6, alpha=0.4, zorder=1)
    results = results.sel(period=period)
    q = np.maximum(results.q.values[results.slow.values], LEAST)
    marks: dict[str, Any] = {"c": q, "norm": LogNorm(LEAST, SLOW), "cmap": style.dark_scale(), "s": 8, "zorder": 2}
    image = axes.scatter(*projected(results.slow_state.values[results.slow.values]), **marks)
    for kind, marks in MARKS.items():
        points = projected(results.rest_state.values[results.kind.values == kind])
        axes.plot(*points, linestyle="", zorder=3, **marks)
    axes.set(xlabel=f"PC 1 ({parts[0]:.0%} of variance)", ylabel=f"PC 2 ({parts[1:2].sum():.0%})")
    return image


def slow_statistics(results: xr.Dataset) -> Figure:
    """Draws over all networks how slow points are, how they lie, and how many slow modes they have, by period."""
    names, count = results.period.values.tolist(), results.sizes["seed"]
    title = f"Points found by descent from visited states, {counted(count)}"
    titles = "How slow a state can be", "How slow points lie", "Modes of slow points"
    with style.sheet(title, *titles, xlabel="", across=5) as (figure, (left, middle, right)):
        levels = np.logspace(np.log10(LEVELS[-1]), np.log10(LEVELS[0]), 61)
        below = (results.smallest_q.values[..., None] <= levels).mean(axis=2)
        lie = variance_shares(results.slow_state.values, slow(results))
        largest = xr.DataArray(moduli(results)[..., :MODES]).median("dim_2").values
        for place, (name, color) in enumerate(style.colors(names).items()):
            elements.band(left, levels, below[:, place], color, name)
            middle.plot(*lie[:, place].T, "o", color=color, alpha=0.6, markersize=4)
            places = np.arange(1, largest.shape[2] + 1) + 0.2 * (place - (len(names) - 1) / 2)
            elements.bars(right, places, largest[:, place], color)
        left.set(xscale="log", xlabel="q", ylabel="share of descents that reach this q", ylim=(-0.03, 1.03))
        middle.plot([0.5, 1, 0, 0.5], [0.5, 0, 0, 0.5], color=GRAY, linewidth=0.9, linestyle="--")
        for x, y, words in ((1.0, -0.04, "line"), (0.5, 0.52, "ring"), (0.0, -0.04, "cloud")):
            middle.text(x, y, words, ha="center", color=GRAY)
        middle.set(xlim=(-0.08, 1.08), ylim=(-0.06, 0.58))
        middle.set(xlabel="variance along the first direction", ylabel="along the second direction")
        right.axhline(1, color=GRAY, linewidth=0.9)
        lasts: dict[str, Any] = {"linestyle": "--", "label": "a mode that lasts a training sequence"}
        right.axhline(lasting(results), color=GRAY, linewidth=0.9, **lasts)
        right.set(xlabel="mode", ylabel="modulus of the eigenvalue")
    return figure


def _set(name: str) -> str:
    """A set of curves in words, by the name of its probe."""
    return "training curve" if name == TRAINING else f"probe: {name.replace('_', ' ')}"


def _named(model: str) -> str:
    return f"{model.replace('LPV', 'linear parameter-varying (LPV)')}: {SHOWN[model][2]}"


def _of_most(values: xr.DataArray) -> xr.DataArray:
    """The values at places where at least half of the networks have one."""
    return values.where(values.notnull().mean("seed") >= 0.5)


def _band(axes: Axes, x: Any, values: Any, label: str = "median", color: str = COLORS["b"], **marks: Any) -> None:
    """Draws the median of all networks and their middle 90 %, and names both."""
    elements.band(axes, x, values, color, label, elements.band_name(len(values)), **marks)
