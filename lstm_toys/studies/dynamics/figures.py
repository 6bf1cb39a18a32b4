"""Draws the results of a study of dynamics, and slow points under the constant inputs of named periods."""

from itertools import product
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float, Real
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from lstm_toys.dynamics.limits import Kind
from lstm_toys.dynamics.slow import variance_shares
from lstm_toys.figures import style
from lstm_toys.figures.style import BAND, COLORS, GRAY, INPUT, MEDIAN, counted, plain
from lstm_toys.results.arrays import axis_label, recorded_on
from lstm_toys.studies.dynamics.analysis import LEVELS, MEAN, SLOW, lasting, moduli, slow
from lstm_toys.studies.dynamics.settings import WINDOWS

SHOWN = {
    "clipped copy": (COLORS["g"], "D", "the input, clipped to the range of answers at rest"),
    "static curve": (COLORS["r"], "s", "the answer at rest under each input"),
    MEAN: (COLORS["y"], "v", "the network, linearized once"),
    "LPV": (COLORS["b"], "o", "the network, linearized anew at each input"),
}
"""Models that figures show: the color, the marker and the meaning of each."""

PREDICTED = ("static curve", "LPV")
"""Models whose predictions are drawn."""

LOWEST, COVERED = -1.0, 0.995
"""The share of variance at which smaller ones are drawn, and the share of time points that counts as all."""

MOST_FAMILIES = 6

KINDS = {
    Kind.STABLE: "a stable point",
    Kind.NEUTRAL: "a point that neither attracts nor repels",
    Kind.CYCLE: "a cycle",
    Kind.INTEGRATES: "a state that integrates, while the answer rests",
    Kind.SLOW: "none of these",
}

NETWORKS, PERIODS, MODES = 4, 4, 8
"""Most networks and periods in a figure, and most modes of a slow point."""

LEAST = 1e-7
"""The q at which smaller ones are drawn."""

MARKS: dict[Kind, dict[str, Any]] = {
    Kind.STABLE: {"marker": "o", "markersize": 7, "fillstyle": "none", "markeredgewidth": 1.4},
    Kind.UNSTABLE: {"marker": "x", "markersize": 6, "markeredgewidth": 1.4},
}


def draw(found: xr.Dataset) -> dict[str, Figure]:
    """Draws all figures, by file name."""
    if "period" in found.coords:
        return {f"{each.__name__}.png": each(found) for each in (slow_points, slow_statistics)}
    drawn = [rest, resonance, eigenvalues, forgetting]
    drawn += [explained, models] if "prediction" in found else []
    drawn += [course] if "kept_step" in found.coords else []
    return {f"{each.__name__}.png": each(found) for each in drawn}


def rest(found: xr.Dataset) -> Figure:
    """Draws the answer at rest against the constant input, and the kinds of limits."""
    values, u = found.static_answer.isel(output=0).values, found.input.values
    trained, first = found.curve_shown.isel(curve=0).values, found.kind.isel(found=0).values
    titles = "Answers at rest", "What most starts lead to"
    with style.canvas(*titles, xlabel=axis_label(found.input)) as (figure, (left, right)):
        known = np.isfinite(values).mean(axis=0) >= 0.5
        _spread(left, u[known], values[:, known])
        same = left.plot(u[known], u[known], color=GRAY, label="the input itself", **INPUT)
        look: dict[str, Any] = {"color": COLORS["y"], "alpha": 0.25, "linewidth": 0}
        learned = left.axvspan(trained.min(), trained.max(), label="range of the training curve", **look)
        left.set(ylabel="answer at rest")
        style.legend(left, [*_entries(found), *same, learned])
        figure.suptitle("Where does a network settle under a constant input, and what does it answer there?")
        shares = {name: (first == kind).mean(axis=0) for kind, name in KINDS.items() if (first == kind).any()}
        right.stackplot(u, *shares.values(), labels=shares, colors=[*style.colors(shares).values()], alpha=0.45)
        right.set(ylabel="share of networks", ylim=(0, 1), xlim=(u[0], u[-1]))
        left.set_xlim(right.get_xlim())
        right.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16))
    return figure


def resonance(found: xr.Dataset) -> Figure:
    """Draws gain and phase of the linearization at the training curves' mean, and the gain of a large sine."""
    mean, w = int(found.attrs["mean"]), found.frequency.values
    with style.canvas("", "", xlabel=axis_label(found.frequency)) as (figure, (left, right)):
        peak = f"{np.nanmedian(found.peak_frequency):.3g} {found.frequency.attrs['units']}"
        networks = counted(found.sizes["seed"])
        figure.suptitle(f"Small sines about the mean input are amplified most at {peak} (median of {networks})")
        gain, phase = (found[name].isel(input=mean).values for name in ("gain", "phase"))
        if (known := np.isfinite(gain).all(axis=1)).any():  # Otherwise no network rests under this input.
            _spread(left, w, gain[known])
            _spread(right, w, np.unwrap(phase[known], axis=1))
        right.set(ylabel="phase of the answer (rad)")
        left.axhline(1, color=GRAY, linewidth=0.9, linestyle="--")
        peaks, low = found.peak_frequency.values, left.get_xaxis_transform()
        blue: dict[str, Any] = {"color": COLORS["b"], "alpha": 0.6, "label": "a network's largest gain"}
        dots = left.plot(peaks, np.full(len(peaks), 0.03), "|", transform=low, **blue)
        black: dict[str, Any] = {"label": "its gain there for sines as large as the training curve", "alpha": 0.5}
        dots += left.plot(peaks, found.peak_gain_trained, "o", color=COLORS["k"], markersize=2, **black)
        left.set(ylabel="gain of the answer", ylim=(0, None))
        style.legend(figure, [*_entries(found, "linearization at rest, median"), *dots])
    return figure


def eigenvalues(found: xr.Dataset) -> Figure:
    """Draws the leading mode of every network: its time constant against its frequency."""
    frequencies = found.mode_frequency.values
    title = f"{(frequencies > 0).sum()} of {counted(len(frequencies))} ring at rest under the mean input"
    with style.canvas(title, xlabel=axis_label(found.frequency)) as (figure, (axes,)):
        axes.plot(frequencies, found.time_constant, "o", color=COLORS["b"], alpha=0.6, markersize=4)
        axes.set(ylabel=f"time constant of the leading mode, in {axis_label(found.time)}", ylim=(0, None))
        if (frequencies == 0).any():
            axes.set_xlim(-0.5)
    return figure


def forgetting(found: xr.Dataset) -> Figure:
    """Draws how the distance of two states falls along the middle curve of each probe."""
    handles: list[Any] = []
    names = found.driving.values.tolist()[:MOST_FAMILIES]
    driven = f"two of them, driven by the middle curve of each kind; medians of {counted(found.sizes['seed'])}"
    title = f"How fast are states forgotten?\n{driven}"
    with style.canvas(title, xlabel=axis_label(found.time)) as (figure, (axes,)):
        for place, (name, color) in enumerate(style.colors(names).items()):
            values, first = np.maximum(found.distance.sel(driving=name).values, 1e-12), place == 0
            line = MEDIAN | {"linestyle": (0, (4, 2)) if place % 2 else "-"}  # Equal lines are both seen.
            words = name.replace("_", " ")
            handles.append(style.band(axes, found.time, values, color, words, filled=first, line=line))
        handles.append(style.band_entry(f"middle 90 %, {names[0].replace('_', ' ')}", COLORS["b"]))
        axes.set(yscale="log", ylabel="distance, relative to the first")
        style.legend(axes, handles)
    return figure


def explained(found: xr.Dataset) -> Figure:
    """Draws the share of variance that each model explains, by probe and window of x."""
    kinds, best = found.curves.values.tolist(), np.zeros((len(WINDOWS), len(SHOWN)), int)
    titles = [(words or "after the first fifth").strip() + " of x" for words in reversed(WINDOWS.values())]
    size, found = (9.6, 1.9 + 0.5 * len(kinds)), found.sel(model=[*SHOWN])
    xlabel = "share of the variance of answers explained"
    with style.canvas(*titles, xlabel=xlabel, ylabel="", size=size, subplots={"sharey": True}) as (figure, panels):
        for axes, ending, wins in zip(panels[::-1], WINDOWS, best, strict=True):
            shares, covered = found[f"explained{ending}"], found[f"coverage{ending}"].median("seed")
            medians = shares.median("seed").transpose("model", "curves").fillna(-np.inf).values
            np.add.at(wins, medians.argmax(axis=0), 1)
            for (row, kind), (place, (model, (color, marker, _))) in product(
                enumerate(kinds), enumerate(SHOWN.items())
            ):
                own = shares.sel(model=model, curves=kind).dropna("seed").values
                low, x, high = np.quantile(own, (0.05, 0.5, 0.95)) if len(own) else (np.nan,) * 3
                height, known = row + 0.18 * (place - (len(SHOWN) - 1) / 2), covered.sel(model=model, curves=kind)
                axes.hlines(height, low, high, color=color, alpha=0.35, linewidth=2)
                face, sign = color if known >= COVERED else "white", marker if x >= LOWEST else "<"
                axes.plot(max(x, LOWEST), height, sign, color=color, markerfacecolor=face, markersize=4.5)
            axes.set(xlim=(LOWEST - 0.05, 1.05), xticks=[-1, -0.5, 0, 0.5, 1])
        panels[0].set_yticks(range(len(kinds)), [plain(name.replace("_", " ")) for name in kinds])
        panels[0].invert_yaxis()
        (late, after), (early, within) = (([*SHOWN][wins.argmax()], wins.max()) for wins in best)
        later = f"“{late}” on {after} of {len(kinds)}" if 2 * after > len(kinds) else f"none on more than {after}"
        figure.suptitle(
            f"In the first fifth of x, “{early}” explains answers best on {within} of {len(kinds)} kinds of curves;\n"
            f"after it, {later} ({len(SHOWN)} models, medians of {counted(found.sizes['seed'])})"
        )
        named = [(f"{name}: {words}", color, marker) for name, (color, marker, words) in SHOWN.items()]
        named += [("open: only a part of the time points is predicted", GRAY, "$\\circ$")]
        named += [(f"at the left edge: less than {LOWEST:g}", GRAY, "<")]
        dots = [style.entry(*each, linestyle="", marker=marker, markersize=4.5) for *each, marker in named]
        style.legend(figure, [*dots, style.band_entry("middle 90 % of networks", alpha=0.35)], columns=2)
    return figure


def models(found: xr.Dataset) -> Figure:
    """Draws the answers to the middle curve of each probe, the predictions of models, and the input."""
    names = found.driving.values.tolist()[:MOST_FAMILIES]
    columns = min(2, len(names))
    titles = [name.replace("_", " ") for name in names]
    with style.canvas(*titles, xlabel=axis_label(found.time), columns=columns) as (figure, panels):
        figure.set_size_inches(3.6 * columns, 2.3 * -(-len(names) // columns) + 1.2)
        figure.suptitle("Answers to a curve of each kind, and what models predict")
        for axes, name in zip(panels, names, strict=True):
            own = np.flatnonzero(found.probe.values == name)
            one = found.isel(curve=own[len(own) // 2], output=0)
            axes.plot(found.time, one.curve_shown, color=GRAY, **INPUT)
            _spread(axes, found.time.values, one.answer.values, color="black")
            for model in PREDICTED:
                values = one.prediction.sel(model=model).values
                known = np.isfinite(values).mean(axis=0) >= 0.5
                middle = np.where(known, np.nanmedian(np.where(known, values, 0), axis=0), np.nan)
                axes.plot(found.time, middle, color=SHOWN[model][0], **MEDIAN)
        words = "median of networks that it predicts"
        medians = (style.entry(f"{model}, {words}", SHOWN[model][0], **MEDIAN) for model in PREDICTED)
        handles = [style.entry("input", **INPUT), *_entries(found, "answer, median", "black"), *medians]
        style.legend(figure, handles, columns=2)
    return figure


def course(found: xr.Dataset) -> Figure:
    """Draws the leading mode and the resonance over steps of training, and the loss."""
    unit = found.frequency.attrs["units"]
    shown = {
        "mode_frequency_course": f"leading mode's frequency ({unit}; 0: none)",
        "time_constant_course": f"its time constant, in {axis_label(found.time)}",
        "static_gain_course": "gain of slow inputs",
        "peak_gain_course": "largest gain",
        "peak_frequency_course": f"frequency of the largest gain ({unit})",
    }
    steps, titles = found.kept_step.values, (f"{recorded_on(found)} loss", *shown.values())
    with style.canvas(*titles, xlabel="step", ylabel="", columns=2) as (figure, panels):
        figure.set_size_inches(7.2, 2.3 * -(-len(panels) // 2) + 0.9)
        _spread(panels[0], found.step.values, found.train_loss.values)
        panels[0].set_yscale("log")
        for axes, name in zip(panels[1:], shown, strict=True):
            _spread(axes, steps, found[name].transpose("seed", "kept_step").values, marker="o", markersize=3)
        early, last = max(1, steps[steps > 0].min(initial=steps.max())), max(1, steps.max())
        for axes in panels:  # Much happens early, and the first step is 0.
            axes.set_xscale("symlog", linthresh=early)
            axes.set_xlim(0, last)
            axes.set_xticks([0, *(10**n for n in range(len(str(last))) if early <= 10**n <= last)])
        figure.suptitle("When in training do networks begin to resonate?")
        style.legend(figure, _entries(found))
    return figure


def slow_points(found: xr.Dataset) -> Figure:
    """Draws slow and fixed points of some networks in the plane of the visited states' first principal components."""
    networks, names = style.evenly(found.sizes["seed"], NETWORKS), found.period.values.tolist()[:PERIODS]
    found = found.assign(slow=(found.q.dims, slow(found)))
    size = 1.2 + 2.6 * len(networks), 0.8 + 2.5 * len(names)
    alike: dict[str, Any] = {"squeeze": False, "sharex": "col", "sharey": "col"}
    with style.sheet(*size, rows=len(names), columns=len(networks), **alike) as (figure, panels):
        for place, network in enumerate(networks):
            for axes, name in zip(panels[:, place], names, strict=True):
                axes.set_title(plain(f"network {int(found.seed[network])}, {name}"), fontsize=9)
                image = _plane(axes, found.isel(seed=network), name)
        figure.colorbar(image, ax=panels, extend="min", label="q of slow points").ax.grid(visible=False)
        point, red = {"marker": "o", "markersize": 3}, COLORS["r"]
        handles = [
            style.entry("visited in training sequences", linewidth=0.9),
            style.entry(f"slow point, q at most {SLOW:.0e}", COLORS["g"], linestyle="", **point),
            *(style.entry(f"{kind.name.lower()} fixed point", red, linestyle="", **MARKS[kind]) for kind in MARKS),
        ]
        style.legend(figure, handles, columns=min(4, len(networks)))
    return figure


def _plane(axes: Axes, own: xr.Dataset, period: str) -> Any:
    """Draws ONE network in ONE period, in the plane of all periods; returns the slow points for a color bar."""
    style.laid_out(axes)
    visited = own.start.values.reshape(-1, own.sizes["state"])
    center = visited.mean(axis=0)
    _, lengths, directions = np.linalg.svd(visited - center, full_matrices=False)
    parts = lengths**2 / (lengths**2).sum()

    def projected(states: Float[np.ndarray, "*N D"]) -> Float[np.ndarray, "2 *N"]:
        return np.moveaxis((states - center) @ directions[:2].T, -1, 0)

    x, y = projected(own.trajectory.values)
    axes.plot(x.T, y.T, color=GRAY, linewidth=0.6, alpha=0.4, zorder=1)
    own = own.sel(period=period)
    q = np.maximum(own.q.values[own.slow.values], LEAST)
    marks: dict[str, Any] = {"c": q, "norm": LogNorm(LEAST, SLOW), "cmap": style.dark_scale(), "s": 8, "zorder": 2}
    image = axes.scatter(*projected(own.slow_state.values[own.slow.values]), **marks)
    for kind, marks in MARKS.items():
        at = projected(own.rest_state.values[own.kind.values == kind])
        axes.plot(*at, linestyle="", color=COLORS["r"], zorder=3, **marks)
    axes.set(xlabel=f"PC 1 ({parts[0]:.0%} of variance)", ylabel=f"PC 2 ({parts[1:2].sum():.0%})")
    return image


def slow_statistics(found: xr.Dataset) -> Figure:
    """Draws over all networks how slow points are, how they lie, and how many slow modes they have, by period."""
    names, count = found.period.values.tolist(), found.sizes["seed"]
    titles = "How slow a state can be", "How slow points lie", "Modes of slow points"
    with style.canvas(*titles, xlabel="") as (figure, (left, middle, right)):
        figure.suptitle(f"Points found by descent from visited states, {counted(count)}")
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
        middle.plot([0.5, 1, 0, 0.5], [0.5, 0, 0, 0.5], color=GRAY, linewidth=0.9, linestyle="--")
        for x, y, words in ((1.0, -0.04, "line"), (0.5, 0.52, "ring"), (0.0, -0.04, "cloud")):
            middle.text(x, y, words, ha="center", color=GRAY)
        middle.set(xlim=(-0.08, 1.08), ylim=(-0.06, 0.58))
        middle.set(xlabel="variance along the first direction", ylabel="along the second direction")
        right.axhline(1, color=GRAY, linewidth=0.9)
        right.axhline(lasting(found), color=GRAY, linewidth=0.9, linestyle="--")
        right.set(xlabel="mode", ylabel="modulus of the eigenvalue")
        handles = [style.entry(name, color, **MEDIAN) for name, color in style.colors(names).items()]
        dashes = style.entry("a mode that lasts a training sequence", linewidth=0.9, linestyle="--")
        style.legend(figure, [*handles, dashes], columns=5)
    return figure


def _spread(
    axes: Axes, x: Real[np.ndarray, " K"], values: Float[np.ndarray, "S K"], color: str = COLORS["b"], **marks: Any
) -> None:
    """Draws the median of the networks with a value, and their 5th and 95th percentile."""
    axes.fill_between(x, *np.nanquantile(values, (0.05, 0.95), axis=0), color=color, **BAND)
    axes.plot(x, np.nanmedian(values, axis=0), color=color, **MEDIAN, **marks)


def _entries(found: xr.Dataset, label: str = "median", color: str = COLORS["b"]) -> list[Any]:
    name = style.band_name(found.sizes["seed"])
    return [style.entry(label, color, **MEDIAN), style.band_entry(name, color)]
