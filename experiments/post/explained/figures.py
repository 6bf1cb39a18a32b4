"""Draws the agreement of models with networks about claims, and the tuning of networks."""

from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lstm_toys.figures.style import COLORS, GRAY, canvas, counted, house, plain

CORRELATION, DIFFERENCE = 1.0, 3.0
"""Ends of the color scales."""


def claims(metrics: dict[str, Any]) -> Figure:
    """Draws the rank correlation between networks and models for each claim, and the difference of both.

    Correlations that 5 % of permutations of the models exceed in absolute value are in parentheses.
    """
    rows = metrics["claims"]
    models = list(dict.fromkeys(model for own in rows.values() for model in own))
    correlation, difference, texts = _values(rows, models, metrics["seeds"])
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


def _values(
    rows: dict[str, Any], models: list[str], seeds: int
) -> tuple[Float[np.ndarray, "N M"], Float[np.ndarray, "N M"], list[list[str]]]:
    """Correlations, differences in standard deviations, and texts: correlations, of how many networks if not all."""
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
    """The gain of the linearization at rest under the mean input, by training frequency."""
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
    """The frequencies of the leading mode and of the largest gain against the training frequency."""
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
