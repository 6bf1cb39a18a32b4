"""Figures of the search for the recipe, of the timeline, and of what dynamics explain."""

from itertools import product
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float
from matplotlib import colormaps
from matplotlib import patheffects as path_effects
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import LogLocator, NullFormatter

from lstm_toys import figures
from lstm_toys.figures.style import COLORS, GRAY, canvas, counted, house, plain

from .. import sine
from ..published import answers as published

OPTIMIZERS = {"rmsprop": "RMSprop", "rmsprop_keras": "RMSprop of Keras", "adam": "Adam", "sgd": "SGD"}

UNBEATEN: dict[str, Any] = {"linestyle": "", "marker": "o", "markersize": 3}
CHOSEN: dict[str, Any] = {"linestyle": "", "marker": "o", "markersize": 8, "fillstyle": "none"}

SETTING = ("optimizer", "gates", "hidden", "learning_rate", "steps")
"""The settings that distinguish the panels, rows and columns of the figure of scores."""


FIGURES = {
    "sine.png": COLORS["r"],
    "sines.png": COLORS["b"],
    "not_identity.png": COLORS["g"],
    "not_identity_2.png": COLORS["c"],
    "phase_displacement.png": COLORS["y"],
    "all but sine.png": COLORS["k"],
}

LAST = 3_000
"""Steps beyond this are not drawn in the timeline, since nothing visible happens there."""

CORRELATION, DIFFERENCE = 1.0, 3.0
"""Ends of the color scales of what dynamics explain."""


def recipe(metrics: dict[str, Any], found: xr.Dataset) -> dict[str, figures.Drawing]:
    """Draws the scores of all settings, the answers of the chosen one, and the claims under the unbeaten ones."""
    chosen = metrics["chosen"]
    return {
        "score.png": scores(metrics),
        "claims.png": claims(metrics),
        "chosen.png": answers(found.isel(setting=chosen), metrics["settings"][chosen]),
    }


def scores(told: dict[str, Any]) -> Figure:
    """Draws the score of every setting: steps by rate, a column of panels per optimizer, a row per gates and size."""
    rows = {tuple(map(_text, _values(each))): each for each in told["settings"]}
    optimizers, gates, sizes, rates, steps = (
        list(dict.fromkeys(map(_text, sorted({_values(each)[place] for each in told["settings"]}))))
        for place in range(len(SETTING))
    )
    kinds = [kind for kind in product(gates, sizes) if any(key[1:3] == kind for key in rows)]
    rates_of = {
        name: [rate for rate in rates if any((key[0], key[3]) == (name, rate) for key in rows)] for name in optimizers
    }
    finite = [each["score"] for each in told["settings"] if each["score"] is not None]
    norm = LogNorm(min(finite), max(finite))
    chosen = told["settings"][told["chosen"]]
    with house():
        figure = Figure(figsize=(1.6 + 2.1 * len(optimizers), 1.7 + 0.72 * len(kinds)))
        panels = figure.subplots(len(kinds), len(optimizers), squeeze=False)
        for number, (line, kind) in enumerate(zip(panels, kinds, strict=True)):
            for axes, optimizer in zip(line, optimizers, strict=True):
                own = rates_of[optimizer]
                keys = [[(optimizer, *kind, rate, step) for step in steps] for rate in own]
                values = np.array([[_score(rows.get(key)) for key in across] for across in keys], float)
                image = axes.imshow(values, norm=norm, cmap="viridis", origin="lower", aspect="auto")
                for y, x in product(range(len(own)), range(len(steps))):
                    row = rows.get(keys[y][x])
                    if row is not None and row["unbeaten"]:
                        axes.plot(x, y, color="white", **UNBEATEN)
                    if row is chosen:
                        axes.plot(x, y, color="white", **CHOSEN)
                axes.grid(visible=False)
                axes.set_yticks(range(len(own)), own)
                ticks = range(0, len(steps), max(1, (len(steps) - 1) // 3))
                axes.set_xticks(ticks, [steps[tick] for tick in ticks] if number == len(kinds) - 1 else [])
                axes.tick_params(labelsize=7)
                if number == 0:
                    axes.set_title(OPTIMIZERS.get(optimizer, optimizer), fontsize=9)
            line[-1].yaxis.set_label_position("right")
            line[-1].set_ylabel(f"{kind[0]} gates\n{kind[1]} units", fontsize=8, rotation=0, ha="left", va="center")
        figure.suptitle("How well a recipe explains the published answers")
        for axes in panels[-1]:
            axes.set_xlabel("steps")
        figure.supylabel("learning rate")
        bar = figure.colorbar(image, ax=panels, location="bottom", shrink=0.6, aspect=50, pad=0.01)
        bar.set_label("energy score in units of y, smaller is better; the white line: 95 % interval of the chosen one")
        ends = [max(each, norm.vmin) for each in (chosen["low"], chosen["high"])]
        bar.ax.plot(ends, [0.5, 0.5], color="white", linewidth=1.4, marker="|", markersize=9)
        bar.ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=12))
        bar.ax.xaxis.set_major_formatter("{x:g}")
        bar.ax.xaxis.set_minor_formatter(NullFormatter())
        figure.legend(handles=_entries(), loc="outside lower center", ncols=2)
    return figure


def _values(row: dict[str, Any]) -> tuple[Any, ...]:
    """The values that distinguish a setting, sortable; sizes in numerical order."""
    setting = row["setting"]
    return tuple(tuple(setting[name]) if name == "hidden" else setting[name] for name in SETTING)


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return " and ".join(map(str, value)) or "no hidden"
    return f"{value:,}" if isinstance(value, int) else f"{value:g}" if isinstance(value, float) else str(value)


def _score(row: dict[str, Any] | None) -> float:
    return np.nan if row is None or row["score"] is None else row["score"]


def _entries() -> list[Artist]:
    ground = path_effects.withStroke(linewidth=3, foreground=GRAY)
    return [
        Line2D([], [], color="white", label="no other is better", path_effects=[ground], **UNBEATEN),
        Line2D([], [], color="white", label="chosen", path_effects=[ground], **CHOSEN),
    ]


def claims(told: dict[str, Any]) -> Figure:
    """Draws the share of networks that meet each claim, for every unbeaten setting, the best first."""
    every = told["claims"]
    numbers = [each["setting"] for each in next(iter(every.values()))]
    shares = np.array([[each["share"] for each in under] for under in every.values()], float)
    with canvas(
        "Networks that meet a claim, under the settings that no other beats, the best first", xlabel="", ylabel=""
    ) as (
        figure,
        (axes,),
    ):
        figure.set_size_inches(3.2 + 1.1 * len(numbers), 1.6 + 0.3 * len(every))
        image = axes.imshow(shares, vmin=0, vmax=1, cmap="cividis", aspect="auto")
        for row, under in enumerate(every.values()):
            for column, each in enumerate(under):
                axes.text(
                    column,
                    row,
                    f"{each['share']:.0%}" + {"supported": "", "refuted": " ✗", "undecided": " ?"}[each["verdict"]],
                    color="black" if each["share"] > 0.5 else "white",
                    size=7,
                    ha="center",
                    va="center",
                )
        axes.set_yticks(range(len(every)), list(every))
        names = [told["settings"][number]["name"].replace(", ", "\n") for number in numbers]
        axes.set_xticks(range(len(numbers)), names, size=7)
        axes.grid(visible=False)
        bar = figure.colorbar(image, ax=axes, label="share of networks; ✗ refuted, ? undecided")
        bar.ax.yaxis.set_major_formatter("{x:.0%}")
    return figure


def answers(setting: xr.Dataset, row: dict[str, Any]) -> Figure:
    """Draws the published answers over one setting's answers, in the colors of the figures of `experiments.sine`."""
    fit = setting.isel(seed=~setting.diverged.values)
    drawn: dict[str, list[figures.Curve]] = {"line": [], "line_origin": [], "amplitude": [], "phase": []}
    for family, curve, index in published.curves_in(fit):
        if family in drawn:
            letter, label = [*sine.LABELS[family].items()][len(drawn[family])]
            mine, theirs = fit.answer.isel(curve=index), np.array(curve["output"], float)
            drawn[family].append(figures.Curve(label, COLORS[letter], mine, published=theirs))
    titles = {
        "line": "m x + m",
        "line_origin": "m x",
        "amplitude": "A + A sin(10 x)",
        "phase": "A + A sin(10 x + φ), which had no say in the choice",
    }
    parts = [(titles[family], curves) for family, curves in drawn.items()]
    return figures.curve_panels(fit, parts, title=f"{row['name']}: the score is {row['score']:.4f}")


def timeline(metrics: dict[str, Any]) -> Figure:
    """Draws the distances of networks to each published figure over steps, the best steps, and the first answers."""
    steps = np.array(metrics["steps"])
    drawn = steps <= LAST
    every = metrics["published"]
    with house():
        figure = Figure(figsize=(7.4, 8.6))
        panels = figure.subplots(3, 1, sharex=True, height_ratios=(3, 1.5, 2.6))
        distances, fits, first = panels
        for place, (name, told) in enumerate(every.items()):
            color = FIGURES[name]
            score, low, high = (np.array(told[part], float)[drawn] for part in ("score", "low", "high"))
            distances.plot(steps[drawn], score, color=color, linewidth=1.5)
            distances.fill_between(steps[drawn], low, high, color=color, alpha=0.12, linewidth=0)
            style: dict[str, Any] = {"color": color, "clip_on": False}
            fits.plot(told["interval"], [place, place], linewidth=2.5, solid_capstyle="butt", **style)
            fits.plot([told["best"]], [place], "o", markersize=5, **style)
        distances.set(title="How far networks are from each published figure", ylabel="energy score in units of y")
        distances.set(xlim=(0, LAST), ylim=(0, None))
        fits.set_title("Steps of the best fit (bars: of 5-95 % of networks in its place)")
        fits.set_yticks(range(len(every)), list(every), fontsize=8)
        for label, name in zip(fits.get_yticklabels(), every, strict=True):
            label.set_color(FIGURES[name])
        fits.set(ylim=(len(every) - 0.5, -0.5))
        table = metrics["table"]
        low, high = np.array([row["first_answers"] for row in table], float)[drawn].T
        own = np.array([row["sine_first"] for row in table], float)[drawn]
        first.fill_between(steps[drawn], low, high, color=FIGURES["sines.png"], alpha=0.35, linewidth=0)
        first.plot(steps[drawn], own, color=FIGURES["sine.png"])
        first.axhline(0, color="black", linewidth=1, linestyle="--")
        first.axhspan(-2, 2, color=GRAY, alpha=0.1, linewidth=0)
        first.set(
            title="Published first answers, which depend on the first input alone",
            ylabel="standard deviations\nabove the networks' mean",
            xlabel="steps of training",
            ylim=(-12, 18),
        )
        handles: list[Artist] = [
            Patch(color=FIGURES["sines.png"], alpha=0.35, label="sines.png, from A = 0.1 to A = 1"),
            Line2D([], [], color=FIGURES["sine.png"], label="sine.png"),
            Line2D([], [], color=GRAY, linestyle=":", label=f"chosen: {metrics['chosen']:,} steps"),
            Patch(color=GRAY, alpha=0.1, label="within 2 standard deviations"),
        ]
        first.legend(handles=handles, fontsize=8, ncols=2, loc="upper right")
        for axes in panels:
            axes.axvline(metrics["chosen"], color=GRAY, linewidth=1, linestyle=":")
            axes.xaxis.set_major_formatter("{x:,.0f}")
    return figure


def claims_by_model(metrics: dict[str, Any]) -> Figure:
    """Draws the rank correlation between networks and models for each claim, and the difference of both.

    Correlations that 5 % of permutations of the models exceed in absolute value are in parentheses.
    """
    rows = metrics["claims"]
    models = list(dict.fromkeys(model for own in rows.values() for model in own))
    correlation, difference, texts = _agreement(rows, models, metrics["seeds"])
    with house(**{"axes.grid": False}):
        figure = Figure(figsize=(3.0 + 1.25 * len(models), 1.9 + 0.34 * len(rows)))
        panels = figure.subplots(1, 2, sharey=True)
        for axes, values, words, limit, title in (
            (panels[0], correlation, texts, CORRELATION, "rank correlation over networks"),
            (panels[1], difference, None, DIFFERENCE, "model − network, in standard deviations of networks"),
        ):
            image = axes.imshow(values, cmap="RdBu_r", vmin=-limit, vmax=limit, aspect="auto")
            for (row, column), value in np.ndenumerate(values):
                text = words[row][column] if words else f"{value:+.1f}"
                shade = "white" if abs(value) > 0.7 * limit else "black"
                axes.text(column, row, plain(text) if np.isfinite(value) else "–", color=shade, **_CENTERED)
            axes.set_title(title, fontsize=9)
            axes.set_xticks(range(len(models)), models, rotation=35, ha="right")
            figure.colorbar(image, ax=axes, extend="both" if axes is panels[1] else "neither")
        panels[0].set_yticks(range(len(rows)), list(rows))
        figure.suptitle(
            f"The claims' numbers of {counted(metrics['seeds'])} and of models of each; (…) not beyond chance"
        )
    return figure


_CENTERED: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 7}


def _agreement(
    rows: dict[str, Any], models: list[str], seeds: int
) -> tuple[Float[np.ndarray, "N M"], Float[np.ndarray, "N M"], list[list[str]]]:
    """Correlations, differences in standard deviations, and texts, with the number of networks if it is not all."""
    correlation, difference = np.full((2, len(rows), len(models)), np.nan)
    texts = [["–"] * len(models) for _ in rows]
    for row, own in enumerate(rows.values()):
        for column, model in enumerate(models):
            each = own.get(model)
            if each is None or not each["spread"]:
                continue
            difference[row, column] = each["difference"]["median"] / each["spread"]
            if each["correlation"] is not None and each["correlation"]["value"] is not None:
                value = each["correlation"]["value"]
                correlation[row, column] = value
                beyond = abs(value) > each["permuted"]
                texts[row][column] = f"{value:.2f}" if beyond else f"({value:.2f})"
                if each["networks"] < seeds:
                    texts[row][column] += f"\nof {each['networks']}"
    return correlation, difference, texts


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
    for shift, (name, label, color) in enumerate(
        (
            ("mode_frequency", "leading mode", COLORS["b"]),
            ("peak_frequency", "largest gain", COLORS["r"]),
        )
    ):
        places = trained + 0.5 * shift
        axes.plot(places, [each[name]["median"] for each in every], "o-", color=color, markersize=4, label=label)
        axes.vlines(places, *zip(*(each[f"{name}_band"] for each in every), strict=True), color=color, linewidth=1)
    ends = [0, 1.05 * trained.max()]
    axes.plot(ends, ends, color=GRAY, linewidth=0.9, linestyle="--", label="the training frequency")
    axes.axhline(untrained, color=COLORS["b"], linewidth=0.9, linestyle=":", label="leading mode, untrained")
    axes.set(xlabel="training frequency (rad per x)", ylabel="frequency (rad per x)", title="What networks resonate at")
    axes.legend(loc="upper left")
