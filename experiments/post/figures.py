"""Figures of the search for the recipe, of the timeline, of what dynamics explain, and of turned modes."""

from collections.abc import Mapping
from itertools import cycle, groupby
from typing import Any

import numpy as np
import xarray as xr
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lstm_toys import figures
from lstm_toys.figures.style import COLORS, GRAY, canvas, colors, counted, entry, legend, log_ticks, plain, scale, sheet

from .. import sine
from ..published import answers as published
from .predictions import OTHER, RANDOM, TURNED, enough

UNBEATEN: dict[str, Any] = {"linestyle": "", "marker": "o", "markersize": 5}
CHOSEN: dict[str, Any] = {"linestyle": "", "marker": "o", "markersize": 11, "fillstyle": "none"}

LINES = ("-", "--", ":", "-.")
"""Of networks of different sizes."""

LAST = 3_000
"""Steps beyond this are not drawn in the timeline, since nothing visible happens there."""

ENDS = (1.0, 3.0)
"""Ends of the color scales of rank correlations and of differences."""

STYLES = {
    TURNED: (TURNED, COLORS["b"], "o"),
    RANDOM: (f"{RANDOM} with equal damage", COLORS["r"], "s"),
    OTHER: (OTHER, COLORS["k"], "^"),
}
"""By edit, its label, color and marker."""


def recipe(metrics: dict[str, Any], found: xr.Dataset) -> dict[str, figures.Drawing]:
    """Draws the scores of all settings, and the answers of the chosen one."""
    chosen = metrics["chosen"]
    row = metrics["settings"][chosen]
    return {"score.png": scores(metrics), "chosen.png": answers(found.isel(setting=chosen), row)}


def scores(told: dict[str, Any]) -> Figure:
    """Draws the score of every setting over steps: a column of panels per optimizer, a row per kind of gates."""

    def line(row: dict[str, Any]) -> tuple[str, str, float, tuple[int, ...]]:
        own = row["setting"]
        return own["gates"], own["optimizer"], own["learning_rate"], tuple(own["hidden"])

    known = [each for each in told["settings"] if each["score"] is not None]
    known.sort(key=lambda each: (line(each), each["setting"]["steps"]))
    gates, optimizers, rates, sizes = (sorted({*values}) for values in zip(*map(line, known), strict=True))
    shades, styles = colors(rates), dict(zip(sizes, cycle(LINES), strict=False))
    chosen = told["settings"][told["chosen"]]
    inches, shape = (1.4 + 2.1 * len(optimizers), 2.3 + 2.0 * len(gates)), (len(gates), len(optimizers))
    with sheet(*inches, rows=shape[0], columns=shape[1], squeeze=False, sharex=True, sharey=True) as (figure, panels):
        for (kind, optimizer, rate, size), own in groupby(known, line):
            axes, color = panels[gates.index(kind), optimizers.index(optimizer)], shades[rate]
            axes.set(xscale="log", yscale="log")
            axes.set_title(f"{optimizer}, {kind} gates", fontsize=9)
            rows = [(each["setting"]["steps"], each["score"], each) for each in own]
            axes.plot(*zip(*(row[:2] for row in rows), strict=True), color=color, linestyle=styles[size], linewidth=1)
            for steps, score, each in rows:
                if each["unbeaten"]:
                    axes.plot(steps, score, color=color, **UNBEATEN)
                if each is chosen:
                    axes.vlines(steps, each["low"], each["high"], color="black", linewidth=1)
                    axes.plot(steps, score, color="black", **CHOSEN)
        for axis in (axes.xaxis, axes.yaxis):
            log_ticks(axis)
        for axes in panels[-1]:
            axes.set_xlabel("steps")
        figure.supylabel("energy score in units of y, smaller is better")
        best = f"{sum(each['unbeaten'] for each in known)} of {len(told['settings'])} recipes are beaten by no other"
        title = f"{best} at explaining the published answers;\nchosen: {plain(chosen['name'])}"
        figure.suptitle(f"{title} (the timeline then chooses the steps)")
        handles = [entry(f"learning rate {rate:g}", shade, linewidth=3) for rate, shade in shades.items()]
        units = {size: " and ".join(map(str, size)) or "no" for size in sizes}
        handles += [entry(f"{units[size]} hidden units", linestyle=style) for size, style in styles.items()]
        handles += [entry("no other is better", **UNBEATEN), entry("chosen, 95 % interval", "black", **CHOSEN)]
        legend(figure, handles, 4)
    return figure


def answers(setting: xr.Dataset, row: dict[str, Any]) -> Figure:
    """Draws the published answers over one setting's answers, in the colors of the figures of `experiments.sine`."""
    fit = setting.isel(seed=~setting.diverged.values)
    drawn: dict[str, list[figures.Curve]] = {"line": [], "line_origin": [], "amplitude": [], "phase": []}
    shares = []
    for family, curve, index in published.curves_in(fit):
        if family in drawn:
            letter, label = [*sine.LABELS[family].items()][len(drawn[family])]
            mine, theirs = fit.answer.isel(curve=index), np.array(curve["output"], float)
            drawn[family].append(figures.Curve(label, COLORS[letter], mine, published=theirs))
            if family in published.CHOSEN_ON:
                shares.append(published.inside_share(mine.sel(feature="y").values, theirs))
    titles = {
        "line": "m x + m",
        "line_origin": "m x",
        "amplitude": "A + A sin(10 x)",
        "phase": "A + A sin(10 x + φ), which had no say in the choice",
    }
    parts = [(titles[family], curves) for family, curves in drawn.items()]
    inside = f"{np.mean(shares):.0%} of the published points lie within 5 to 95 % of networks"
    return figures.curve_panels(fit, parts, title=f"{inside}:\n{row['name']}, score {row['score']:.4f}")


def timeline(metrics: dict[str, Any]) -> Figure:
    """Draws the distances of networks to each published figure over steps, the best steps, and the first answers."""
    steps = np.array(metrics["steps"])
    drawn = steps <= LAST
    every = metrics["published"]
    shades = colors(every, "rbgcyk")
    with sheet(7.4, 8.6, rows=3, sharex=True, height_ratios=(3, 1.5, 2.6)) as (figure, panels):
        distances, fits, first = panels
        for place, (name, told) in enumerate(every.items()):
            color = shades[name]
            score, low, high = (np.array(told[part], float)[drawn] for part in ("score", "low", "high"))
            distances.plot(steps[drawn], score, color=color, linewidth=1.5)
            distances.fill_between(steps[drawn], low, high, color=color, alpha=0.12, linewidth=0)
            style: dict[str, Any] = {"color": color, "clip_on": False}
            fits.plot(told["interval"], [place, place], linewidth=2.5, solid_capstyle="butt", **style)
            fits.plot([told["best"]], [place], "o", markersize=5, **style)
        networks = counted(metrics["seeds"])
        title = f"How far {networks} are from each published figure (bands: 95 % bootstrap)"
        distances.set(title=title, ylabel="energy score in units of y", xlim=(0, LAST), ylim=(0, None))
        fits.set_title("Best fit, and 5 to 95 % of best fits if each network were the published one")
        fits.set_yticks(range(len(every)), list(every), fontsize=8)
        for label, name in zip(fits.get_yticklabels(), every, strict=True):
            label.set_color(shades[name])
        fits.set(ylim=(len(every) - 0.5, -0.5))
        table = metrics["table"]
        low, high = np.array([row["first_answers"] for row in table], float)[drawn].T
        own = np.array([row["sine_first"] for row in table], float)[drawn]
        look: dict[str, Any] = {"alpha": 0.35, "linewidth": 0, "label": "sines.png, from A = 0.1 to A = 1"}
        first.fill_between(steps[drawn], low, high, color=shades["sines.png"], **look)
        first.plot(steps[drawn], own, color=shades["sine.png"], label="sine.png")
        first.axhline(0, color="black", linewidth=1, linestyle="--")
        first.axhspan(-2, 2, color=GRAY, alpha=0.1, linewidth=0, label="within 2 standard deviations")
        first.set(
            title="Published first answers, which depend on the first input alone",
            ylabel="standard deviations\nabove the networks' mean",
            xlabel="steps of training",
            ylim=(-12, 18),
        )
        chosen: dict[str, Any] = {"linestyle": ":", "label": f"chosen: {metrics['chosen']:,} steps"}
        for axes in panels:
            axes.axvline(metrics["chosen"], color=GRAY, linewidth=1, **chosen)
            axes.xaxis.set_major_formatter("{x:,.0f}")
        first.legend(ncols=2, loc="upper right")
    return figure


def claims_by_model(metrics: dict[str, Any]) -> Figure:
    """Draws the rank correlation between networks and models for each claim, and the difference of both below.

    Correlations that 5 % of permutations of the models exceed in absolute value are in parentheses, and followed by the
    number of networks if it is not all.
    """
    rows = metrics["claims"]
    models = list(dict.fromkeys(model for own in rows.values() for model in own))
    values, texts = np.full((2, len(rows), len(models)), np.nan), np.full((2, len(rows), len(models)), "–", object)
    for row, own in enumerate(rows.values()):
        for column, model in enumerate(models):
            each = own.get(model)
            if each is None or not each["spread"]:
                continue
            values[1, row, column] = each["difference"]["median"] / each["spread"]
            texts[1, row, column] = f"{values[1, row, column].round(1) + 0:+.1f}"  # Without a sign of zero.
            if each["correlation"] is not None and (value := each["correlation"]["value"]) is not None:
                values[0, row, column] = value
                few = f" of {each['networks']}" if each["networks"] < metrics["seeds"] else ""
                texts[0, row, column] = (f"{value:.2f}" if abs(value) > each["permuted"] else f"({value:.2f})") + few
    titles = (
        f"Rank correlation over {counted(metrics['seeds'])}; in parentheses: not beyond chance",
        "Number of the model − number of the network, in standard deviations of networks",
    )
    size = 2.6 + 0.85 * len(models), 2.2 + 0.5 * len(rows)
    with sheet(*size, rows=2, grid=False, sharex=True) as (figure, panels):
        for axes, own, words, limit, title in zip(panels, values, texts, ENDS, titles, strict=True):
            image = axes.imshow(own, aspect="auto", cmap="RdBu_r", vmin=-limit, vmax=limit)
            for (row, column), value in np.ndenumerate(own):
                color = "white" if abs(value) >= 0.7 * limit else "black"
                axes.text(column, row, words[row, column], color=color, ha="center", va="center", fontsize=8)
            axes.set_title(title, fontsize=9)
            axes.set_yticks(range(len(rows)), [*rows])
            figure.colorbar(image, ax=axes, extend="both" if limit > 1 else "neither")
        panels[1].set_xticks(range(len(models)), models, rotation=35, ha="right")
        figure.suptitle("Which models predict which network has the larger number of a claim?")
    return figure


def tuning(metrics: dict[str, Any]) -> Figure:
    """Draws the gain of networks by frequency, and their resonance frequencies against the training frequency."""
    every = [each for name, each in metrics["tuning"].items() if name.startswith("frequency")]
    every.sort(key=lambda each: each["frequency"])
    with canvas("", "", xlabel="frequency (rad per x)") as (figure, (left, right)):
        _gains(left, every)
        _tuned(right, every, metrics["tuning"]["untrained"]["mode_frequency"]["median"])
        figure.suptitle(f"{counted(metrics['seeds'])} for each training frequency; bands and bars: their middle 90 %")
    return figure


def _gains(axes: Axes, every: list[dict[str, Any]]) -> None:
    shades = colormaps["viridis"](np.linspace(0, 0.85, len(every)))
    for color, each in zip(shades, every, strict=True):
        frequency, median, low, high = (
            np.array(each["resonance"][name], float) for name in ("frequency", "median", "low", "high")
        )
        axes.fill_between(frequency, low, high, color=color, alpha=0.13, linewidth=0)
        axes.plot(frequency, median, color=color, linewidth=1.3, label=f"{each['frequency']:g}")
        axes.plot(each["frequency"], np.interp(each["frequency"], frequency, median), "o", color=color, markersize=4)
    axes.axhline(1, color=GRAY, linewidth=0.9, linestyle="--")
    axes.set(ylabel="gain of the answer", title="Gain at rest; dots: at the training frequency", ylim=(0, None))
    axes.legend(loc="upper right", title="trained on (rad per x)", ncols=2)


def _tuned(axes: Axes, every: list[dict[str, Any]], untrained: float) -> None:
    trained = np.array([each["frequency"] for each in every])
    for name, label, color, shift in (
        ("mode_frequency", "leading mode", COLORS["b"], 0.0),
        ("peak_frequency", "largest gain", COLORS["r"], 0.5),
    ):
        places = trained + shift
        axes.plot(places, [each[name]["median"] for each in every], "o-", color=color, markersize=4, label=label)
        axes.vlines(places, *zip(*(each[f"{name}_band"] for each in every), strict=True), color=color, linewidth=1)
    ends = [0, 1.05 * trained.max()]
    axes.plot(ends, ends, color=GRAY, linewidth=0.9, linestyle="--", label="the training frequency")
    axes.axhline(untrained, color=COLORS["b"], linewidth=0.9, linestyle=":", label="leading mode, untrained")
    axes.set(xlabel="training frequency (rad per x)", ylabel="frequency (rad per x)", title="What networks resonate at")
    axes.legend(loc="upper left")


def resonance(metrics: Mapping[str, Any]) -> Figure:
    """Draws how waves, and claims, follow the mode when it is turned, and how they follow other edits."""
    found = next(iter(metrics["populations"].values()))
    factors = np.array(found["factors"])
    titles = (
        "Frequency of the waves",
        "Slope on each line (pale: few fits)",
        "Claims that networks meet",
    )
    with canvas(*titles, columns=2) as (figure, (waves, slopes, claims)):
        figure.set_size_inches(10, 8.4)
        _waves(waves, found, factors)
        _slopes(slopes, found)
        _claims(claims, found, factors)
        judged = [each["median"] for each in found["slopes"][TURNED].values() if enough(each, found["networks"])]
        low, high = min(judged, default=np.nan), max(judged, default=np.nan)
        figure.suptitle(
            "Turn the mode in which networks oscillate at rest, and the waves in answers to lines turn with it: "
            f"slopes of {low:.2f} to {high:.2f}\non the {len(judged)} of {len(found['decay'])} lines with enough fits "
            f"({counted(found['networks'])})"
        )
    return figure


def _waves(axes: Axes, found: Mapping[str, Any], factors: Any) -> None:
    for edit, (label, color, marker) in STYLES.items():
        rows = found["waves"][edit]
        median = np.array([each["median"] for each in rows], float)  # None becomes NaN.
        low, high = np.array([each["quartiles"] for each in rows], float).T
        axes.fill_between(factors, low, high, color=color, alpha=0.15, linewidth=0)
        axes.plot(factors, median, color=color, marker=marker, markersize=4, label=label)
    axes.plot(factors, factors, color=GRAY, linestyle="--", linewidth=0.9, label="follows")
    axes.set(
        xscale="log",
        yscale="log",
        xlabel="factor of the mode's frequency",
        ylabel="frequency of the waves / unedited",
    )
    for axis in (axes.xaxis, axes.yaxis):
        log_ticks(axis, (0.5, 0.6, 0.8, 1.0, 1.2, 1.6, 2.0))
    axes.legend(loc="upper left", title="median over lines; band: quartiles of networks")


def _slopes(axes: Axes, found: Mapping[str, Any]) -> None:
    lines = list(found["decay"])
    for shift, (edit, (_, color, marker)) in enumerate(STYLES.items()):
        for place, line in enumerate(lines):
            each = found["slopes"][edit][line]
            if each["median"] is not None:
                height, alpha = place + 0.22 * (shift - 1), 1.0 if enough(each, found["networks"]) else 0.3
                axes.plot(each["quartiles"], [height] * 2, color=color, linewidth=1.4, alpha=alpha)
                axes.plot(each["median"], height, color=color, marker=marker, markersize=4, alpha=alpha)
    for value in (0, 1):
        axes.axvline(value, color=GRAY, linestyle="--", linewidth=0.9)
    axes.set(xlabel="slope of logarithms (0: unmoved, 1: follows), quartiles", ylabel="")
    axes.set_yticks(range(len(lines)), lines)
    axes.invert_yaxis()


def _claims(axes: Axes, found: Mapping[str, Any], factors: Any) -> None:
    shades = scale(found["claims"])
    for (claim, every), marker in zip(found["claims"].items(), "osDPX", strict=True):
        for edit, line in ((TURNED, "-"), (RANDOM, ":")):
            shares, label = [100 * each["value"] for each in every[edit]], claim if edit == TURNED else None
            style: dict[str, Any] = {"color": shades[claim], "marker": marker, "markersize": 4, "linestyle": line}
            axes.plot(factors, shares, label=label, **style)
    axes.set(xlabel="factor of the mode's frequency", ylabel="% of networks", ylim=(-3, 103))
    told = "solid: the mode is turned\ndotted: a random edit with equal damage"
    axes.legend(loc="upper left", bbox_to_anchor=(1.1, 1.0), title=told).set_in_layout(False)
