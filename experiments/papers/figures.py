"""Draws the findings about papers: how far networks count, and for how long they remember."""

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lstm_toys.figures.style import COLORS, GRAY, log_ticks, sheet
from lstm_toys.statistics import intervals

from .hypotheses import CELLS, CENSORED, CHOOSES, HIGH, LASTING, LIFETIME, LOW, RATES, STAYS
from .languages import TRAINED

STYLES: tuple[Any, ...] = ("-", (0, (4, 2)), (2, (4, 2)), (0, (1, 1)))
"""Of lines that may lie on each other."""

BANDS = "bands: 95 % intervals (Wilson) at each place"

PLACES = np.unique(np.geomspace(10, CENSORED, 200).round())


def survival(
    axes: Axes, values: Sequence[float | None], places: Float[np.ndarray, " N"], *, band: bool = False, **look: Any
) -> None:
    """Draws the share of networks that reach each place, ``band``: with 95 % Wilson intervals; omits diverged ones."""
    known = np.array([each for each in values if each is not None], float)
    shares = [intervals.wilson(int((known >= place).sum()), len(known)) for place in places]
    value, low, high = 100 * np.array(shares).T
    axes.step(places, value, where="post", **look)
    if band:
        axes.fill_between(places, low, high, step="post", color=look["color"], alpha=0.15, linewidth=0)
    axes.set_ylim(-2, 102)


def counting(metrics: Mapping[str, Any], names: Mapping[str, str]) -> Figure:
    """Draws the share of networks that accept every string up to each n, and counts those that do up to `TRAINED`."""
    numbers = metrics["numbers"]
    groups: dict[str, dict[str, str]] = {}
    for name, words in names.items():
        groups.setdefault("$a^nb^nc^n$" if name.startswith("context") else "$a^nb^n$", {})[name] = words
    size = 4.2 * len(groups), 3.6
    with sheet(*size, columns=len(groups), sharey=True, squeeze=False) as (figure, (panels,)):
        for axes, (title, own) in zip(panels, groups.items(), strict=True):
            most = max([TRAINED, *(each for name in own for each in numbers[name] if each is not None)])
            counts = {name: sum((each or 0) >= TRAINED for each in numbers[name]) for name in own}
            labels = {name: f"{words}: {counts[name]} of {len(numbers[name])}" for name, words in own.items()}
            for line, (name, label) in zip(cycle(STYLES), labels.items(), strict=False):
                look: dict[str, Any] = {"linestyle": line, "linewidth": 1.4, "label": label}
                survival(axes, numbers[name], np.arange(1, most + 1.0), band=True, color=_shades(names)[name], **look)
            axes.axvline(TRAINED, color=GRAY, linewidth=0.9, linestyle="--")
            style: dict[str, Any] = {"color": GRAY, "fontsize": 7, "rotation": 90, "ha": "right", "va": "top"}
            axes.annotate("trained up to here", (TRAINED, 75), (-3, 0), textcoords="offset points", **style)
            axes.set(title=title, xlabel="n")
            known = f"accept every string up to {TRAINED}"
            axes.legend(loc="lower right", bbox_to_anchor=(1, 0.1), fontsize=7, title=known, title_fontsize=7)
        panels[0].set_ylabel("% of networks that accept every string up to n")
        figure.suptitle(f"{_ends(numbers, names, TRAINED)} accept every string\nup to {TRAINED}; {BANDS}")
    return figure


def memory(metrics: Mapping[str, Any], names: Mapping[str, str]) -> Figure:
    """Draws the share of networks that keep all memories for each number of time steps without a pulse."""
    labels = "time steps without a pulse", "% of networks that keep all eight memories"
    return _lasting(metrics["numbers"], names, labels, "keep all memories for {:,.0f} time steps")


def tracking(metrics: Mapping[str, Any], names: Mapping[str, str]) -> Figure:
    """Draws the share of networks that answer parity right up to each length."""
    labels = "length, in lengths of the training", "% of networks that are right up to this length"
    return _lasting(metrics["numbers"], names, labels, "answer parity right to {:g} times the length of the training")


def _lasting(numbers: Mapping[str, Any], names: Mapping[str, str], labels: tuple[str, str], verb: str) -> Figure:
    """Draws the share of networks whose number is as large, from 1 to the largest; the title has the last share."""
    most = max([2.0, *(each for own in numbers.values() for each in own if each is not None)])
    with sheet(6.2, 3.6) as (figure, axes):
        for style, (name, label) in zip(cycle(STYLES), names.items(), strict=False):
            look: dict[str, Any] = {"linestyle": style, "linewidth": 1.4, "label": label}
            survival(axes, numbers[name], np.geomspace(1, most, 200), band=True, color=_shades(names)[name], **look)
        axes.set(xscale="log", xlabel=labels[0], ylabel=labels[1])
        axes.legend(loc="lower left", fontsize=7)
        figure.suptitle(f"{_ends(numbers, names, most)}\n{verb.format(most)}; {BANDS}")
    return figure


def longevity(metrics: Mapping[str, Any]) -> Figure:
    """Draws lifetimes by rate and by course of the rate, and the valleys of the sine's networks by rate."""
    found = metrics["populations"]
    shades = dict(zip(RATES, colormaps["viridis"](np.linspace(0, 0.88, len(RATES))), strict=True))
    with sheet(12.5, 8.2, rows=2, columns=3) as (figure, panels):
        for row, cell in zip(panels[:, :2], CELLS.values(), strict=True):
            for (rate, color), style in zip(shades.items(), cycle(STYLES), strict=False):
                own = found[f"{cell}, RMSprop, constant, {rate:g}"]
                _surviving(row[0], own, f"{rate:g}", color=color, linestyle=style)
            row[0].legend(title="rate: learned", loc="lower left", fontsize=7, title_fontsize=7)
            row[0].set(title=f"{cell}s, RMSprop, constant rate", ylabel="% of networks that learned")
            courses = {
                "constant": (f"constant, {HIGH:g}", COLORS["k"]),
                "decaying to zero": (f"decaying to zero, {HIGH:g}", COLORS["r"]),
                "warmed up": (f"warmed up, {HIGH:g}", COLORS["b"]),
                "a third, three times the steps": (f"a third for three times the steps, {HIGH:g}", COLORS["g"]),
                f"{HIGH:g}, then {LOW:g}": (f"switched, {HIGH:g}, then {LOW:g}", COLORS["c"]),
                f"{LOW:g}, then {HIGH:g}": (f"switched, {LOW:g}, then {HIGH:g}", COLORS["y"]),
            }
            for words, (name, color) in courses.items():
                _surviving(row[1], found[f"{cell}, RMSprop, {name}"], words, color=color)
            below: dict[str, Any] = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.14), "ncols": 2}
            row[1].legend(title="course: learned", fontsize=7, title_fontsize=7, **below)
            row[1].set_title(f"{cell}s, RMSprop, rate {HIGH:g} and its courses")
            for axes in row:
                axes.axvline(LASTING, color=GRAY, linewidth=0.9, linestyle=":")
        for axes in panels[1, :2]:
            axes.set_xlabel(f"time steps without a pulse (dotted: {LASTING:,})")
        _rates(panels[0, 2], found)
        _valleys(panels[1, 2], metrics["sine"])
        chosen = [f"{cell}s" for cell in CELLS.values() if metrics["verdicts"][f"{cell}: {CHOOSES}"]["supported"]]
        finding = f"The learning rate chooses how long {' and '.join(chosen)}" if chosen else "How long networks"
        networks = next(iter(found.values()))["networks"]
        figure.suptitle(f"{finding} that learned three bits keep them ({networks} networks for each setting)")
    return figure


def _shades(names: Mapping[str, str]) -> dict[str, str]:
    """A color for each population; populations of the same name have the same."""
    shades = dict(zip(dict.fromkeys(names.values()), COLORS.values(), strict=False))
    return {population: shades[name] for population, name in names.items()}


def _ends(numbers: Mapping[str, Sequence[float | None]], names: Mapping[str, str], least: float) -> str:
    """The kinds of which the largest and the smallest share of networks reaches a number, with these shares."""
    met = {name: [(each or 0) >= least for each in numbers[name]] for name in names}
    ends = (choose(met, key=lambda name: np.mean(met[name])) for choose in (max, min))
    return ", but ".join(f"{sum(met[name])} of {len(met[name])} {names[name]}" for name in ends)


def _surviving(axes: Axes, own: Mapping[str, Any], name: str, **look: Any) -> None:
    label = f"{name}: {own['learned']} of {own['networks']}"
    survival(axes, own[LIFETIME], PLACES, linewidth=1.4, label=label, **look)
    axes.set_xscale("log")


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
    axes.set(xscale="log", yscale="log", xlabel="learning rate", ylabel="steps until the first wrong bit")
    log_ticks(axes.xaxis, RATES)
    axes.axhline(CENSORED, color=GRAY, linewidth=0.9, linestyle=":")
    axes.set_title(f"each network (dotted: {CENSORED:,} or more)")
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
