"""Draws the results of a study of dynamics."""

from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float, Real
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from lstm_toys.dynamics.rest import Kind
from lstm_toys.figures.style import BAND, COLORS, GRAY, INPUT, MEDIAN, band_name, canvas, colors, counted, house, plain
from lstm_toys.results.arrays import axis_label
from lstm_toys.runs.experiment import TRAINING
from lstm_toys.statistics import intervals
from lstm_toys.studies.dynamics.ask import WINDOWS

SHOWN = {"static curve": COLORS["r"], "LPV": COLORS["b"]}

MOST_FAMILIES = 6

STABLE = "a stable point"

DASHED: dict[str, Any] = {"linestyle": (0, (4, 2)), "zorder": 3}

NEAR = 0.01
"""The distance of two states, relative to the first, at which the start counts as forgotten."""


def draw(found: xr.Dataset) -> dict[str, Figure]:
    """Draws all figures, by file name."""
    drawn = {
        "rest.png": rest(found),
        "resonance.png": resonance(found),
        "eigenvalues.png": eigenvalues(found),
        "forgetting.png": forgetting(found),
    }
    if "prediction" in found:
        drawn |= {"explained.png": explained(found), "models.png": models(found)}
    if "kept_step" in found.coords:
        drawn["course.png"] = course(found)
    return drawn


def rest(found: xr.Dataset) -> Figure:
    """Draws the answer at rest against the constant input, and the kinds of limits."""
    values, count = found.static_answer.isel(output=0).values, found.sizes["seed"]
    u, trained = found.input.values, found.curve_shown.isel(curve=0).values
    with canvas("", "", xlabel=axis_label(found.input)) as (figure, (left, right)):
        known = np.isfinite(values).mean(axis=0) >= 0.5
        _spread(left, u[known], values[:, known])
        left.plot(u[known], u[known], color=GRAY, **INPUT)
        left.axvspan(trained.min(), trained.max(), color=COLORS["y"], alpha=0.25, linewidth=0)
        left.set(ylabel="answer at rest", title=_ranges(u[known], np.nanmedian(values[:, known], axis=0)))
        handles = [
            *_handles(count),
            Line2D([], [], color=GRAY, label="the input itself", **INPUT),
            Patch(color=COLORS["y"], alpha=0.25, label="range of the training curve"),
        ]
        left.legend(handles=handles, loc="best")
        shares = at_rest(found)
        right.stackplot(u, *shares.values(), labels=shares, colors=[*colors(shares).values()], alpha=0.45)
        title = "All networks come to a stable point\nunder all of these inputs"
        if len(others := u[shares.get(STABLE, np.zeros(len(u))) < 1]):
            title = f"Not all networks come to a stable point\nunder inputs from {others[0]:.2g} to {others[-1]:.2g}"
        right.set(ylabel="share of networks, from most starts", ylim=(0, 1), title=plain(title), xlim=(u[0], u[-1]))
        right.legend(loc="lower left", frameon=True)
    return figure


def _ranges(inputs: Float[np.ndarray, " U"], answers: Float[np.ndarray, " U"]) -> str:
    """The title that says between which numbers the median network's answers at rest lie."""
    if not len(answers):
        return "Few networks rest under these inputs"
    shown, answered = (f"{each.min():.2g} to {each.max():.2g}" for each in (inputs, answers))
    return plain(f"At rest, inputs from {shown}\nare answered with {answered} (median)")


def at_rest(found: xr.Dataset) -> dict[str, Float[np.ndarray, " U"]]:
    """By constant input, the shares of networks that settle in each kind of limit from most starts."""
    first = found.kind.isel(found=0).values
    names = {
        Kind.STABLE: STABLE,
        Kind.NEUTRAL: "a point that neither attracts nor repels",
        Kind.CYCLE: "a cycle",
        Kind.INTEGRATES: "a state that integrates, while the answer rests",
        Kind.NONE: "none of these",
    }
    shares = {name: (first == kind).mean(axis=0) for kind, name in names.items()}
    return {name: each for name, each in shares.items() if each.any()}


def resonance(found: xr.Dataset) -> Figure:
    """Draws gain and phase of the linearization at the training curves' mean, and the measured ones."""
    mean, w, count = int(found.attrs["mean"]), found.frequency.values, found.sizes["seed"]
    gain, phase = (found[name].isel(input=mean).values for name in ("gain", "phase"))
    with canvas("", "", xlabel=axis_label(found.frequency)) as (figure, (left, right)):
        largest, at = (found[name].median().item() for name in ("peak_gain", "peak_frequency"))
        told = f"{largest:.3g} times as large, at {at:.3g} {found.frequency.attrs['units']}"
        if np.isnan(largest):
            told = "not known, since no network rests there"
        figure.suptitle(plain(f"The largest answer to small sines about the mean input: {told} ({counted(count)})"))

        def draw(axes: Axes, values: Float[np.ndarray, "S W"], measured: Float[np.ndarray, "S V"], label: str) -> None:
            values = values[np.isfinite(values).all(axis=1)]
            if len(values):  # Otherwise no network rests under this input.
                _spread(axes, w, values)
                dots = np.nanmedian(measured, axis=0)
                axes.plot(found.measured_frequency, dots, "o", color=COLORS["r"], markersize=4, fillstyle="none")
                axes.set_ylabel(label)

        draw(left, gain, found.measured_gain.values, "gain of the answer")
        unwrapped = np.unwrap(phase, axis=1), np.unwrap(found.measured_phase.values, axis=1)
        draw(right, *unwrapped, "phase of the answer (rad)")
        left.axhline(1, color=GRAY, linewidth=0.9, linestyle="--")
        peaks = found.peak_frequency.values
        left.plot(peaks, np.full(count, 0.03), "|", color=COLORS["b"], alpha=0.6, transform=left.get_xaxis_transform())
        left.plot(peaks, found.peak_gain_trained, "o", color=COLORS["k"], alpha=0.5, markersize=2)
        large = "its gain there for sines as large as the training curve"
        handles = [
            *_handles(count, "linearization at rest, median"),
            Line2D([], [], color=COLORS["r"], linestyle="", marker="o", fillstyle="none", label="measured, median"),
            Line2D([], [], color=COLORS["b"], linestyle="", marker="|", label="a network's largest gain"),
            Line2D([], [], color=COLORS["k"], linestyle="", marker="o", markersize=2, alpha=0.5, label=large),
        ]
        figure.legend(handles=handles, loc="outside lower center", ncols=3)
        left.set_ylim(0)
    return figure


def eigenvalues(found: xr.Dataset) -> Figure:
    """Draws the leading mode of every network: its time constant against its frequency."""
    frequencies = found.mode_frequency.values
    ringing = frequencies[frequencies > 0]
    title = f"{len(ringing)} of {counted(len(frequencies))} ring at rest under the mean input"
    if len(ringing):
        title += f", at {ringing.min():.3g} to {ringing.max():.3g} {found.frequency.attrs['units']}"
    with canvas(title) as (figure, (axes,)):
        axes.plot(found.mode_frequency, found.time_constant, "o", color=COLORS["b"], alpha=0.6, markersize=4)
        time = axis_label(found.time)
        axes.set(xlabel=axis_label(found.frequency), ylabel=f"time constant of the leading mode, in {time}")
        axes.set_ylim(0)
        axes.set_xlim(-0.5)
    return figure


def forgetting(found: xr.Dataset) -> Figure:
    """Draws how the distance of two states falls along the first curve of each family."""
    names = found.driving.values.tolist()[:MOST_FAMILIES]
    first = {name: found.curve_shown.values[(found.family.values == name).argmax()].tobytes() for name in names}
    middle = found.distance.sel(driving=names[0]).median("seed").values
    near, label = middle <= NEAR, axis_label(found.time)
    told = f"{middle[-1]:.2g} of their first distance apart at the end"
    if near.any():
        told = f"within {NEAR:.0%} of their first distance after {found.time.values[near.argmax()]:.2g} in {label}"
    title = f"Driven by the same curve, that of {names[0]},\ntwo states are {told}"
    with canvas(title) as (figure, (axes,)):
        for place, (curve, color) in enumerate(colors(dict.fromkeys(first.values())).items()):
            own = [name for name in names if first[name] == curve]
            values = np.maximum(found.distance.sel(driving=own[0]).values, 1e-12)
            families = plain(", ".join(own).replace("_", " "))
            style: dict[str, Any] = DASHED if place % 2 else {}  # Equal lines are both seen.
            axes.plot(found.time, np.median(values, axis=0), color=color, label=families, **MEDIAN, **style)
            if TRAINING in own:
                axes.fill_between(found.time, *intervals.band(values), color=color, **BAND)
        axes.set(yscale="log", xlabel=label, ylabel="distance, relative to the first")
        axes.legend(loc="best", title=f"medians of {counted(found.sizes['seed'])}")
    return figure


def explained(found: xr.Dataset) -> Figure:
    """Draws the share of variance that each model explains, by family and window of x, as heat maps with numbers."""
    names, curves = found.model.values.tolist(), found.curves.values.tolist()
    with house(**{"axes.grid": False}):
        figure = Figure(figsize=(1.1 * len(curves) + 2.6, len(WINDOWS) * (0.42 * len(names) + 0.5) + 0.8))
        panels = figure.subplots(len(WINDOWS), 1, sharex=True)
        for axes, (ending, words) in zip(panels, WINDOWS.items(), strict=True):
            medians, coverage = (found[f"{name}{ending}"].median("seed").values for name in ("explained", "coverage"))
            image = axes.imshow(np.clip(medians, -0.5, 1), cmap="viridis", vmin=-0.5, vmax=1, aspect="auto")
            for row, column in np.ndindex(medians.shape):
                value, covered = medians[row, column], coverage[row, column]
                text = f"{value:.2f}" + (f" ({covered:.0%})" if covered < 0.995 else "")
                shade = "white" if value < 0.4 else "black"
                axes.text(column, row, plain(text), ha="center", va="center", fontsize=7, color=shade)
            axes.set_yticks(range(len(names)), names)
            axes.set_title(f"{words or 'after the first fifth'} of x".strip())
        panels[-1].set_xticks(range(len(curves)), [plain(name.replace("_", " ")) for name in curves], rotation=20)
        figure.suptitle(
            "Variance explained (and share of time points that are predicted), medians of "
            f"{counted(found.sizes['seed'])}"
        )
        figure.colorbar(image, ax=panels, extend="min")
    return figure


def models(found: xr.Dataset) -> Figure:
    """Draws the answers to one curve of each family, the predictions of models, and the input."""
    names, count = found.driving.values.tolist()[:MOST_FAMILIES], found.sizes["seed"]
    columns = min(2, len(names))
    with canvas(*([""] * len(names)), xlabel=axis_label(found.time), columns=columns) as (figure, panels):
        figure.set_size_inches(3.6 * columns, 2.3 * -(-len(names) // columns) + 1.2)
        for axes, name in zip(panels, names, strict=True):
            own = np.flatnonzero(found.family.values == name)
            place = int(own[len(own) // 2])
            answers = found.answer.isel(curve=place, output=0).values
            axes.plot(found.time, found.curve_shown.isel(curve=place), color=GRAY, **INPUT)
            _spread(axes, found.time.values, answers, color="black")
            for model, color in SHOWN.items():
                values = found.prediction.sel(model=model).isel(curve=place, output=0).values
                known = np.isfinite(values).mean(axis=0) >= 0.5
                middle = np.where(known, np.nanmedian(np.where(known, values, 0), axis=0), np.nan)
                axes.plot(found.time, middle, color=color, **MEDIAN)
            which = f", curve {len(own) // 2 + 1} of {len(own)}" if len(own) > 1 else ""
            axes.set_title(plain(name.replace("_", " ") + which), fontsize=9)
        handles = [
            Line2D([], [], color=GRAY, label="input", **INPUT),
            *_handles(count, f"answer, median of {counted(count)}", "black"),
            *(Line2D([], [], color=color, label=f"{model}, median", **MEDIAN) for model, color in SHOWN.items()),
        ]
        figure.legend(handles=handles, loc="outside lower center", ncols=3)
        static, better = (found.explained.sel(model=model, curves=names).median("seed") for model in SHOWN)
        kinds = f"{int((better > static).sum())} of {len(names)} kinds of curves"
        figure.suptitle(" explains more of the answers than the ".join(reversed(SHOWN)) + f" for {kinds}")
    return figure


def course(found: xr.Dataset) -> Figure:
    """Draws the leading mode and the resonance over steps of training, and the loss."""
    unit = f"({plain(found.frequency.attrs['units'])})"
    shown = {
        "mode_frequency_course": f"frequency of the leading mode {unit}",
        "time_constant_course": f"its time constant, in {axis_label(found.time)}",
        "static_gain_course": "gain of slow inputs",
        "peak_gain_course": "largest gain",
        "peak_frequency_course": f"frequency of the largest gain {unit}",
    }
    steps = found.kept_step.values
    with canvas(*([""] * (1 + len(shown))), xlabel="step", columns=2) as (figure, panels):
        first, *others = panels
        figure.set_size_inches(7.2, 2.3 * -(-len(panels) // 2) + 0.9)
        _spread(first, found.step.values, found.train_loss.values)
        first.set_yscale("log")
        first.set_title("train loss", fontsize=9)
        for axes, (name, label) in zip(others, shown.items(), strict=True):
            values = found[name].transpose("seed", "kept_step").values
            _spread(axes, steps, values, marker="o", markersize=3)
            axes.set_title(label, fontsize=9)
        linear = max(1, steps[steps > 0].min(initial=steps.max()))
        ticks = [0, *(10**power for power in range(9) if linear < 10**power <= steps.max())]
        for axes in panels:  # Much happens early, and the first step is 0.
            axes.set_ylabel("")
            axes.set_xscale("symlog", linthresh=linear)
            axes.set_xlim(0, max(1, steps.max()))
            axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
        figure.legend(handles=_handles(found.sizes["seed"]), loc="outside lower center", ncols=2)
        modes = np.nanmedian(found.mode_frequency_course.transpose("seed", "kept_step").values, axis=0)
        still = np.flatnonzero(~(modes > 0))
        began = int(still[-1]) + 1 if len(still) else 0
        told = "does not oscillate at the end"
        if began < len(steps):
            told = f"oscillates from step {steps[began]:,} on, at the end at {modes[-1]:.3g} {unit}"
        figure.suptitle(f"In the median network, the leading mode {told}")
    return figure


def _spread(
    axes: Axes, x: Real[np.ndarray, " K"], values: Float[np.ndarray, "S K"], color: str = COLORS["b"], **style: Any
) -> None:
    """Draws the median of the networks with a value, and their 5th and 95th percentile."""
    axes.fill_between(x, *np.nanquantile(values, (0.05, 0.95), axis=0), color=color, **BAND)
    axes.plot(x, np.nanmedian(values, axis=0), color=color, **MEDIAN, **style)


def _handles(count: int, label: str = "median", color: str = COLORS["b"]) -> tuple[Line2D, Patch]:
    return Line2D([], [], color=color, label=label, **MEDIAN), Patch(color=color, label=band_name(count), **BAND)
