"""Figures of the search for the recipe, of the timeline, of what dynamics explain, and of turned modes."""

from collections.abc import Mapping
from itertools import groupby
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lstm_toys.figures import style
from lstm_toys.figures.style import COLORS, GRAY

from .predictions import CLOCK, OTHER, RANDOM, REST_OF, TURNED, enough

UNBEATEN: dict[str, Any] = {"linestyle": "", "marker": "o", "markersize": 5}
CHOSEN: dict[str, Any] = {"linestyle": "", "marker": "o", "markersize": 11, "fillstyle": "none"}

OTHERS = "#b5b5bd"
"""The color of recipes that others beat."""

LAST = 3_000
"""Steps beyond this are not drawn in the timeline, since nothing visible happens there."""

ENDS = (1.0, 3.0)
"""Ends of the color scales of rank correlations and of differences."""

FEW = 30
"""Fewest networks whose numbers have a color."""

STYLES = {
    TURNED: (TURNED, COLORS["b"], "o"),
    RANDOM: (f"{RANDOM} with equal damage", COLORS["r"], "s"),
    OTHER: (OTHER, COLORS["k"], "^"),
    REST_OF: (REST_OF, COLORS["g"], "D"),
    CLOCK: ("every step, by the clock", COLORS["y"], "v"),
}
"""By edit, its label, color and marker."""

LINES = {TURNED: "-", RANDOM: ":"}
"""Line styles of the edits under which claims are tested."""


def scores(told: dict[str, Any]) -> Figure:
    """Draws the score of every setting over steps: a column of panels per optimizer, a row per kind of gates.

    Lines are gray, except those with settings that no other beats.
    """

    def line(row: dict[str, Any]) -> tuple[str, str, float, tuple[int, ...]]:
        own = row["setting"]
        return own["gates"], own["optimizer"], own["learning_rate"], tuple(own["hidden"])

    known = [each for each in told["settings"] if each["score"] is not None]
    known.sort(key=lambda each: (line(each), each["setting"]["steps"]))
    gates, optimizers, *_ = (sorted({*values}) for values in zip(*map(line, known), strict=True))
    shades = style.colors(sorted({line(each)[2:] for each in known if each["unbeaten"]}))
    unbeaten = {line(each) for each in known if each["unbeaten"]}
    chosen = told["settings"][told["chosen"]]
    rows, columns, alike = len(gates), len(optimizers), {"squeeze": False, "sharex": True, "sharey": True}
    with style.sheet(1.4 + 2.1 * columns, 2.3 + 2.0 * rows, rows=rows, columns=columns, **alike) as (figure, panels):
        for setting, own in groupby(known, line):
            axes = panels[gates.index(setting[0]), optimizers.index(setting[1])]
            axes.set(xscale="log", yscale="log")
            axes.set_title(f"{setting[1]}, {setting[0]} gates", fontsize=9)
            color, width = (shades[setting[2:]], 1.4) if setting in unbeaten else (OTHERS, 0.7)
            points = [(each["setting"]["steps"], each["score"], each) for each in own]
            axes.plot(*zip(*(point[:2] for point in points), strict=True), color=color, linewidth=width)
            for steps, score, each in points:
                if each["unbeaten"]:
                    axes.plot(steps, score, color=color, **UNBEATEN)
                if each is chosen:
                    axes.vlines(steps, each["low"], each["high"], color="black", linewidth=1)
                    axes.plot(steps, score, color="black", **CHOSEN)
        for axis in (axes.xaxis, axes.yaxis):
            style.log_ticks(axis)
        for axes in panels[-1]:
            axes.set_xlabel("steps")
        figure.supylabel("energy score in units of y, smaller is better")
        best = f"{sum(each['unbeaten'] for each in known)} of {len(told['settings'])} recipes are beaten by no other"
        title = f"{best} at explaining the published answers;\nchosen: {style.plain(chosen['name'])}"
        figure.suptitle(f"{title} (the timeline then chooses the steps)")
        handles = [style.entry("other learning rates and sizes", OTHERS, linewidth=0.7)]
        for (rate, size), shade in shades.items():
            units = " and ".join(map(str, size)) or "no"
            handles.append(style.entry(f"learning rate {rate:g}, {units} hidden units", shade, linewidth=1.4))
        handles += [
            style.entry("beaten by no other", **UNBEATEN),
            style.entry("chosen, 95 % bootstrap interval", "black", **CHOSEN),
        ]
        style.legend(figure, handles, 3)
    return figure


def timeline(metrics: dict[str, Any]) -> Figure:
    """Draws the distances of networks to each published figure over steps, the best steps, and the first answers."""
    steps = np.array(metrics["steps"])
    drawn = steps <= LAST
    every = metrics["published"]
    shades = style.colors(every, "rbgcyk")
    with style.sheet(7.4, 8.6, rows=3, sharex=True, height_ratios=(3, 1.5, 2.6)) as (figure, panels):
        distances, fits, first = panels
        for place, (name, told) in enumerate(every.items()):
            color = shades[name]
            score, low, high = (np.array(told[part], float)[drawn] for part in ("score", "low", "high"))
            distances.plot(steps[drawn], score, color=color, linewidth=1.5)
            distances.fill_between(steps[drawn], low, high, color=color, alpha=0.12, linewidth=0)
            mark: dict[str, Any] = {"color": color, "clip_on": False}
            fits.plot(told["interval"], [place, place], linewidth=2.5, solid_capstyle="butt", **mark)
            fits.plot([told["best"]], [place], "o", markersize=5, **mark)
        networks = style.counted(metrics["seeds"])
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
        best = {name: told["best"] for name, told in every.items()}
        one, others = best.pop("sine.png"), sorted(best.values())
        later = f"the other figures after {others[0]:,} to {others[-1]:,}"
        figure.suptitle(f"sine.png is most like networks after {one:,} steps, {later}")
    return figure


def claims_by_model(metrics: dict[str, Any]) -> Figure:
    """Draws the rank correlation between networks and models for each claim, and the difference of both below.

    Correlations that 5 % of permutations of the models exceed in absolute value are in parentheses. Numbers of fewer
    than `FEW` networks are gray; their count is given wherever it is not all.
    """
    rows = metrics["claims"]
    models = list(dict.fromkeys(model for own in rows.values() for model in own))
    values, texts = np.full((2, len(rows), len(models)), np.nan), np.full((2, len(rows), len(models)), "–", object)
    predicted = dict.fromkeys(models, 0)
    for row, own in enumerate(rows.values()):
        for column, (model, each) in enumerate((model, own.get(model)) for model in models):
            if each is None or not each["spread"]:
                continue
            many, difference = each["networks"] >= FEW, each["difference"]["median"] / each["spread"]
            values[1, row, column] = difference if many else np.nan
            texts[1, row, column] = f"{round(difference, 1) + 0:+.1f}"  # Without a sign of zero.
            if each["correlation"] is not None and (value := each["correlation"]["value"]) is not None:
                beyond = abs(value) > each["permuted"]
                predicted[model] += many and beyond and value > 0
                values[0, row, column] = value if many else np.nan
                of = f" of {each['networks']}" if each["networks"] < metrics["seeds"] else ""
                texts[0, row, column] = (f"{value:.2f}" if beyond else f"({value:.2f})") + of
    titles = (
        f"Rank correlation over {style.counted(metrics['seeds'])}; in parentheses: not beyond chance",
        "Number of the model − number of the network, in standard deviations of networks",
    )
    size = 2.6 + 0.85 * len(models), 2.2 + 0.5 * len(rows)
    with style.sheet(*size, rows=2, grid=False, sharex=True) as (figure, panels):
        for axes, own, words, limit, title in zip(panels, values, texts, ENDS, titles, strict=True):
            axes.set_facecolor("#cccccc")
            image = axes.imshow(own, aspect="auto", cmap="RdBu_r", vmin=-limit, vmax=limit)
            for (row, column), value in np.ndenumerate(own):
                color = "white" if abs(value) >= 0.7 * limit else GRAY if np.isnan(value) else "black"
                axes.text(
                    column, row, style.plain(str(words[row, column])), color=color, ha="center", va="center", fontsize=8
                )
            axes.set_title(title, fontsize=9)
            axes.set_yticks(range(len(rows)), [*rows])
            figure.colorbar(image, ax=axes, extend="both" if limit > 1 else "neither")
        panels[1].set_xticks(range(len(models)), models, rotation=35, ha="right")
        best = max(predicted, key=lambda model: predicted[model])
        question = "Which network has the larger number of a claim?"
        answer = f"“{best}” predicts it for {predicted[best]} of {len(rows)} claims"
        figure.suptitle(f"{question} {answer}\ngray: fewer than {FEW} networks, or none")
    return figure


def tuning(metrics: dict[str, Any]) -> Figure:
    """Draws the gain of networks by frequency, and their resonance frequencies against the training frequency."""
    every = [each for name, each in metrics["tuning"].items() if name.startswith("frequency")]
    every.sort(key=lambda each: each["frequency"])
    with style.canvas("", "", xlabel="frequency (rad per x)") as (figure, (left, right)):
        _gains(left, every)
        _tuned(right, every, metrics["tuning"]["untrained"]["mode_frequency"]["median"])
        (low, first), *_, (high, last) = ((each["frequency"], each["peak_frequency"]["median"]) for each in every)
        finding = f"Trained on {low:g} to {high:g} rad per x, networks resonate at {first:.3g} to {last:.3g}"
        figure.suptitle(
            f"{finding}\nmedians and middle 90 % of {style.counted(metrics['seeds'])} for each training frequency"
        )
    return figure


def _gains(axes: Axes, every: list[dict[str, Any]]) -> None:
    shades = style.scale(each["frequency"] for each in every)
    for color, each in zip(shades.values(), every, strict=True):
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
        "How far they follow, on each line (pale: few fits)",
        "Claims that networks meet",
    )
    with style.canvas(*titles, columns=2) as (figure, (waves, slopes, claims)):
        figure.set_size_inches(9.6, 8)
        _waves(waves, found, factors)
        _slopes(slopes, found)
        _claims(claims, found, factors)
        handles: list[Artist] = [
            style.entry(label, color, marker=marker, markersize=4) for label, color, marker in STYLES.values()
        ]
        bands = style.band_entry("quartiles of networks, medians over lines")
        handles += [style.entry("follows the mode, or stays", linewidth=0.9, linestyle="--"), bands]
        handles += [style.entry(f"claims, {STYLES[edit][0]}", linestyle=line) for edit, line in LINES.items()]
        figure.legend(handles=handles, loc="center", bbox_to_anchor=(0.81, 0.27), title="what is turned or changed")
        judged = [each["median"] for each in found["slopes"][TURNED].values() if enough(each, found["networks"])]
        low, high = min(judged, default=np.nan), max(judged, default=np.nan)
        figure.suptitle(
            "Turn the mode in which networks oscillate at rest, and the waves in answers to lines turn with it: "
            f"slopes of {low:.2f} to {high:.2f}\non the {len(judged)} of {len(found['decay'])} lines with enough fits "
            f"({style.counted(found['networks'])})"
        )
    return figure


def _waves(axes: Axes, found: Mapping[str, Any], factors: Any) -> None:
    for edit, rows in found["waves"].items():
        _, color, marker = STYLES[edit]
        median = np.array([each["median"] for each in rows], float)  # None becomes NaN.
        low, high = np.array([each["quartiles"] for each in rows], float).T
        axes.fill_between(factors, low, high, color=color, alpha=0.15, linewidth=0)
        axes.plot(factors, median, color=color, marker=marker, markersize=4)
    axes.plot(factors, factors, color=GRAY, linestyle="--", linewidth=0.9)
    axes.set(
        xscale="log",
        yscale="log",
        xlabel="factor of the mode's frequency",
        ylabel="frequency of the waves / unedited",
    )
    for axis in (axes.xaxis, axes.yaxis):
        style.log_ticks(axis, (0.5, 0.6, 0.8, 1.0, 1.2, 1.6, 2.0))


def _slopes(axes: Axes, found: Mapping[str, Any]) -> None:
    lines = list(found["decay"])
    for shift, (edit, (_, color, marker)) in enumerate(STYLES.items()):
        for place, line in enumerate(lines):
            each = found["slopes"][edit][line]
            if each["median"] is not None:
                height, alpha = place + 0.16 * (shift - 2), 1.0 if enough(each, found["networks"]) else 0.3
                axes.plot(each["quartiles"], [height] * 2, color=color, linewidth=1.4, alpha=alpha)
                axes.plot(each["median"], height, color=color, marker=marker, markersize=4, alpha=alpha)
    for value in (0, 1):
        axes.axvline(value, color=GRAY, linestyle="--", linewidth=0.9)
    axes.set(xlabel="slope of logarithms (0: unmoved, 1: follows), quartiles", ylabel="")
    axes.set_yticks(range(len(lines)), lines)
    axes.invert_yaxis()


def _claims(axes: Axes, found: Mapping[str, Any], factors: Any) -> None:
    shades, ends = style.scale(found["claims"]), {}
    for claim, every in found["claims"].items():
        for edit, line in LINES.items():
            shares = [100 * each["value"] for each in every[edit]]
            axes.plot(factors, shares, color=shades[claim], linestyle=line, marker="o", markersize=3)
        ends[claim] = 100 * every[TURNED][-1]["value"], shades[claim]
    style.label_ends(axes, factors[-1], ends, 5.0)
    for label in axes.texts:  # They lie where there is no panel.
        label.set_in_layout(False)
    axes.set(xlabel="factor of the mode's frequency", ylabel="% of networks", ylim=(-8, 103))
