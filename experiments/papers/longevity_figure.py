"""The figure of how long memories last."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lstm_toys.figures.style import COLORS, GRAY, house

from .longevity import CELLS, CENSORED, HIGH, LASTING, LIFETIME, LOW, RATES, STAYS

PLACES = np.unique(np.geomspace(10, CENSORED, 200).round())


def longevity(metrics: Mapping[str, Any]) -> Figure:
    """Draws lifetimes by rate and by course of the rate, and the valleys of the sine's networks by rate."""
    found = metrics["populations"]
    shades = dict(zip(RATES, colormaps["viridis"](np.linspace(0, 0.88, len(RATES))), strict=True))
    with house():
        figure = Figure(figsize=(12.5, 7.6))
        panels = figure.subplots(2, 3)
        for row, cell in zip(panels[:, :2], CELLS.values(), strict=True):
            every = {rate: found[f"{cell}, RMSprop, constant, {rate:g}"] for rate in RATES}
            for rate, color in shades.items():
                _surviving(row[0], every[rate], color=color)
            labels = {rate: f"{rate:g}: {own['learned']} of {own['networks']}" for rate, own in every.items()}
            entries = [Line2D([], [], color=color, label=labels[rate]) for rate, color in shades.items()]
            row[0].legend(handles=entries, title="rate: learned", loc="lower left", fontsize=7, title_fontsize=7)
            row[0].set(title=f"{cell}s, RMSprop, constant rate", ylabel="% of networks that learned")
            courses = {
                "constant": (f"constant, {HIGH:g}", COLORS["k"]),
                "decaying to zero": (f"decaying to zero, {HIGH:g}", COLORS["r"]),
                "warmed up": (f"warmed up, {HIGH:g}", COLORS["b"]),
                "a third, three times the steps": (f"a third for three times the steps, {HIGH:g}", COLORS["g"]),
                f"{HIGH:g}, then {LOW:g}": (f"switched, {HIGH:g}, then {LOW:g}", COLORS["c"]),
                f"{LOW:g}, then {HIGH:g}": (f"switched, {LOW:g}, then {HIGH:g}", COLORS["y"]),
            }
            for name, color in courses.values():
                _surviving(row[1], found[f"{cell}, RMSprop, {name}"], color=color)
            row[1].set_title(f"{cell}s, RMSprop, rate {HIGH:g} and its courses")
            for axes in row:
                axes.axvline(LASTING, color=GRAY, linewidth=0.9, linestyle=":")
        for axes in panels[1, :2]:
            axes.set_xlabel("time steps without a pulse")
        entries = [Line2D([], [], color=color, label=name) for name, (_, color) in courses.items()]
        panels[0, 1].legend(handles=entries, loc="lower left", fontsize=7)
        _rates(panels[0, 2], found)
        _valleys(panels[1, 2], metrics["sine"])
        figure.suptitle(_title(metrics["verdicts"], next(iter(found.values()))["networks"]))
    return figure


def _title(verdicts: Mapping[str, Any], networks: int) -> str:
    chooses = [each["supported"] for words, each in verdicts.items() if "the rate chooses how many" in words]
    cells = [cell for cell, holds in zip(CELLS.values(), chooses, strict=True) if holds]
    if not cells:
        return f"Memories of networks that learned equally well, by learning rate ({networks} networks each)"
    return (
        f"The learning rate chooses how long {'s and '.join(cells)}s that learned three bits keep them "
        f"({networks} networks for each setting)"
    )


def _surviving(axes: Axes, own: Mapping[str, Any], color: Any) -> None:
    if own[LIFETIME]:
        shares = 100 * (np.array(own[LIFETIME])[:, None] >= PLACES).mean(axis=0)
        axes.step(PLACES, shares, where="post", color=color, linewidth=1.4)
    axes.set(xscale="log", ylim=(-3, 103))


def _rates(axes: Axes, found: Mapping[str, Any]) -> None:
    """Every network's lifetime by rate, of both optimizers."""
    random = np.random.default_rng(0)
    for cell, color in zip(CELLS.values(), (COLORS["b"], COLORS["r"]), strict=True):
        for rule, marker in (("RMSprop", "o"), ("Adam", "^")):
            for rate in RATES:
                lives = np.array(found[f"{cell}, {rule}, constant, {rate:g}"][LIFETIME])
                places = rate * np.exp(random.uniform(-0.2, 0.2, len(lives)))
                axes.plot(places, np.maximum(lives, 1), marker, color=color, markersize=3.5, alpha=0.6)
            axes.plot([], [], marker, color=color, markersize=4, label=f"{cell}, {rule}")
    axes.set(xscale="log", yscale="log", xlabel="learning rate", ylabel="steps until the first loss")
    axes.set_title("each network, constant rates")
    axes.legend(loc="lower left", fontsize=7)


def _valleys(axes: Axes, sine: Mapping[str, Any]) -> None:
    random = np.random.default_rng(0)
    for place, own in enumerate(sine.values()):
        across = place + random.uniform(-0.18, 0.18, len(own["numbers"]))
        axes.plot(across, own["numbers"], "o", color=COLORS["k"], markersize=3.5, alpha=0.6)
        axes.annotate(f"{own['count']} of {own['networks']}", (place, 1.0), ha="center", va="top", fontsize=7,
                      xycoords=("data", "axes fraction"), xytext=(0, -3), textcoords="offset points")  # fmt: skip
    axes.axhline(STAYS, color=GRAY, linewidth=0.9, linestyle=":")
    axes.set_xticks(range(len(sine)), [*sine])
    axes.set(xlabel="learning rate", ylabel="range of the valley over that of the peaks", ylim=(0, 2))
    axes.set_title("the sine: valleys that stay (dotted: limit)")
