"""Draws how far models of networks agree with them about claims, and what networks are tuned to."""

from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lstm_toys.figures.style import COLORS, GRAY, canvas, counted, house, plain

CORRELATION, DIFFERENCE = 1.0, 3.0
"""Ends of the color scales."""


def claims(metrics: dict[str, Any]) -> Figure:
    """Draws the rank correlation between networks and models for each claim, and the difference of both.

    Correlations whose absolute value is exceeded in 5 % of permutations of the models are in parentheses.
    """
    rows = metrics["claims"]
    models = list(dict.fromkeys(model for own in rows.values() for model in own))
    correlation, difference, texts = _values(rows, models)
    with house(**{"axes.grid": False}):
        figure = Figure(figsize=(3.0 + 1.25 * len(models), 1.9 + 0.3 * len(rows)))
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
    rows: dict[str, Any], models: list[str]
) -> tuple[Float[np.ndarray, "N M"], Float[np.ndarray, "N M"], list[list[str]]]:
    """Correlations, differences in standard deviations, and the texts of correlations."""
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
    return correlation, difference, texts


def tuning(metrics: dict[str, Any]) -> Figure:
    """Draws what networks resonate at against the frequency of the sine that they were trained on."""
    every = [each for name, each in metrics["tuning"].items() if name.startswith("frequency")]
    every.sort(key=lambda each: each["frequency"])
    trained = np.array([each["frequency"] for each in every])
    title = f"What {counted(metrics['seeds'])} each are tuned to"
    with canvas(title, xlabel="training frequency (rad per x)", ylabel="frequency (rad per x)") as (figure, (axes,)):
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
        axes.plot(ends, ends, color=GRAY, linewidth=0.9, linestyle="--")
        untrained = metrics["tuning"]["untrained"]["mode_frequency"]["median"]
        axes.axhline(untrained, color=COLORS["b"], linewidth=0.9, linestyle=":")
        handles, _ = axes.get_legend_handles_labels()
        handles += [
            Line2D([], [], color=GRAY, marker="|", linestyle="", markersize=10, label="middle 90 % of networks"),
            Line2D([], [], color=GRAY, linewidth=0.9, linestyle="--", label="the training frequency"),
            Line2D([], [], color=COLORS["b"], linewidth=0.9, linestyle=":", label="leading mode of untrained networks"),
        ]
        axes.legend(handles=handles, loc="best")
    return figure
