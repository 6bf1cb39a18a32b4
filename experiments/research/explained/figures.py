"""Draws what models of networks say about claims, and what networks trained on other frequencies resonate at."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import lstm_toys as lt

ENDS = (1.0, 3.0)
"""Ends of the color scales of rank correlations and of differences."""

FEW = 30
"""Fewest networks whose numbers have a color."""


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
        f"Rank correlation over {metrics['seeds']} networks; in parentheses: not beyond chance",
        "Number of the model − number of the network, in standard deviations of networks",
    )
    size = 2.6 + 0.85 * len(models), 2.2 + 0.5 * len(rows)
    options: dict[str, Any] = {"columns": 1, "size": size, "subplots": {"sharex": True}}
    options |= {"axes.grid": False, "axes.titlesize": 9}
    with lt.figures.canvas(*titles, xlabel="", ylabel="", **options) as (figure, panels):
        for axes, own, words, limit in zip(panels, values, texts, ENDS, strict=True):
            axes.set_facecolor("#cccccc")
            image = axes.imshow(own, aspect="auto", cmap="RdBu_r", vmin=-limit, vmax=limit)
            for (row, column), value in np.ndenumerate(own):
                color = "black" if abs(value) < 0.7 * limit else "white" if np.isfinite(value) else lt.figures.GRAY
                word = str(words[row, column]).replace("-", "−")
                axes.text(column, row, word, color=color, ha="center", va="center", fontsize=8)
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
    with lt.figures.canvas("", "", xlabel="frequency (rad per x)") as (figure, (left, right)):
        _gains(left, every)
        _tuned(right, every, metrics["tuning"]["untrained"]["mode_frequency"]["median"])
        (low, first), *_, (high, last) = ((each["frequency"], each["peak_frequency"]["median"]) for each in every)
        finding = f"Trained on {low:g} to {high:g} rad per x, networks resonate at {first:.3g} to {last:.3g}"
        figure.suptitle(
            f"{finding}\nmedians and middle 90 % of {metrics['seeds']} networks for each training frequency"
        )
    return figure


def _gains(axes: Axes, every: list[dict[str, Any]]) -> None:
    shades = lt.figures.colors((each["frequency"] for each in every), "")
    for color, each in zip(shades.values(), every, strict=True):
        frequency, median, low, high = (
            np.array(each["resonance"][name], float) for name in ("frequency", "median", "low", "high")
        )
        axes.fill_between(frequency, low, high, color=color, alpha=0.13, linewidth=0)
        axes.plot(frequency, median, color=color, linewidth=1.3, label=f"{each['frequency']:g}")
        axes.plot(each["frequency"], np.interp(each["frequency"], frequency, median), "o", color=color, markersize=4)
    axes.axhline(1, color=lt.figures.GRAY, linewidth=0.9, linestyle="--")
    axes.set(ylabel="gain of the answer", title="Gain at rest; dots: at the training frequency", ylim=(0, None))
    axes.legend(loc="upper right", title="trained on (rad per x)", ncols=2)


def _tuned(axes: Axes, every: list[dict[str, Any]], untrained: float) -> None:
    trained = np.array([each["frequency"] for each in every])
    for name, label, color, shift in (
        ("mode_frequency", "leading mode", lt.figures.COLORS["b"], 0.0),
        ("peak_frequency", "largest gain", lt.figures.COLORS["r"], 0.5),
    ):
        places = trained + shift
        axes.plot(places, [each[name]["median"] for each in every], "o-", color=color, markersize=4, label=label)
        axes.vlines(places, *zip(*(each[f"{name}_band"] for each in every), strict=True), color=color, linewidth=1)
    ends = [0, 1.05 * trained.max()]
    axes.plot(ends, ends, color=lt.figures.GRAY, linewidth=0.9, linestyle="--", label="the training frequency")
    axes.axhline(untrained, color=lt.figures.COLORS["b"], linewidth=0.9, linestyle=":", label="leading mode, untrained")
    axes.set(xlabel="training frequency (rad per x)", ylabel="frequency (rad per x)", title="What networks resonate at")
    axes.legend(loc="upper left")
