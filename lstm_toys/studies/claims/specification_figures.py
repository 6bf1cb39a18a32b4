"""Figures of verdicts under other choices: specification curves, shares against losses, shares against thresholds."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from lstm_toys.figures.style import COLORS, GRAY, canvas, colors, entry, legend, plain
from lstm_toys.studies.claims.figures import COLUMNS, SINGLE, shares, single, single_names

Entry = Mapping[str, Any]

ROW, FIRST = 0.13, -0.2
"""Height of a row of choices below the shares, and where the first one is, in units of a share."""

OTHER: dict[str, Any] = {"linewidth": 0.7, "linestyle": ":"}
"""The style of other thresholds."""


def drawings(entries: Sequence[Entry], others: Sequence[Entry]) -> dict[str, Figure]:
    """Draws the entries of ``specifications.json``, next to those of ``claims.json``."""
    found = {}
    if trained := [each for each in others if _drawn(each)]:
        found["specifications.png"] = draw_curves(trained)
        found["losses.png"] = draw_losses(trained)
    if judged := [
        (known, each) for known, each in zip(entries, others, strict=True) if each["thresholds"] and known["counted"]
    ]:
        found["thresholds.png"] = draw_thresholds(judged)
    return found


def draw_curves(others: Sequence[Entry]) -> Figure:
    """Draws specification curves: the shares under all judged trainings in order, and below which choices they have."""
    levels: dict[str, list[str]] = {}
    for each in others:
        for one in _drawn(each):
            for kind, level in one["choices"].items():
                levels.setdefault(kind, []).append(level)
    shades = {kind: colors(own) for kind, own in levels.items()}
    with _panels(others) as (figure, panels):
        for axes, each in zip(panels, others, strict=True):
            _curve(axes, each, shades)
        handles = [
            entry("the networks of the verdict", COLORS["k"], marker="D", markersize=3, linestyle=""),
            entry("another training, 95 % interval", marker="o", markersize=3),
        ]
        for kind, own in shades.items():
            for level, color in own.items():
                handles.append(entry(f"{kind}: {level}", color, marker="s", markersize=4, linestyle=""))
        legend(figure, handles, columns=5)
        robust = sum(bool(each["robust"]) for each in others)
        figure.suptitle(f"{robust} of {len(others)} verdicts are robust under other choices")
    return figure


def _curve(axes: Axes, found: Entry, shades: Mapping[str, Mapping[str, str]]) -> None:
    own = {"name": "", "choices": {}, "share": found["share"], "interval": [found["share"]] * 2}
    every = sorted([own] * (own["share"] is not None) + _drawn(found), key=lambda each: (each["share"], each["name"]))
    for place, each in enumerate(every):
        color, marker = (GRAY, "o") if each["name"] else (COLORS["k"], "D")
        axes.plot([place, place], each["interval"], color=color, alpha=0.5, linewidth=1)
        axes.plot(place, each["share"], marker, color=color, markersize=2.4)
        for row, kind in enumerate(shades):
            if (level := each["choices"].get(kind)) is not None:
                axes.plot(place, FIRST - ROW * row, "s", color=shades[kind][level], markersize=2.6)
    rows = [FIRST - ROW * row for row in range(len(shades))]
    shares(axes, (rows[-1] - ROW, 1.06))
    axes.set_yticks([0, 0.5, 1, *rows], ["0%", "50%", "100%", *map(plain, shades)], fontsize=6.5)
    axes.set(xlim=(-1, len(every)), xticks=[])
    axes.grid(visible=False)


def draw_losses(others: Sequence[Entry]) -> Figure:
    """Draws shares against the median training loss: is it the choice, or only how far training went?"""
    kinds = colors(one["kind"] for each in others for one in _drawn(each))
    with _panels(others) as (figure, panels):
        for axes, each in zip(panels, others, strict=True):
            for one in _drawn(each):
                if one["loss"]:
                    axes.plot(one["loss"], one["share"], "o", markersize=3, color=kinds[one["kind"]], alpha=0.6)
            axes.set_xscale("log")
            axes.xaxis.set_minor_formatter(NullFormatter())
            axes.set_xlabel("training loss, median", fontsize=7)
            axes.set_ylabel("share of networks", fontsize=7)
            shares(axes, (-0.05, 1.05))
            axes.tick_params(labelsize=7)
        handles = [entry(kind, color, marker="o", markersize=3, linestyle="") for kind, color in kinds.items()]
        legend(figure, handles, columns=4)
        figure.suptitle("The share of networks that meet a claim, by how far their training went")
    return figure


def draw_thresholds(judged: Sequence[tuple[Entry, Entry]]) -> Figure:
    """Draws the share of networks that meet a claim against its threshold; with two, how its numbers are spread."""
    black = COLORS["k"]
    with _panels([each for _, each in judged]) as (figure, panels):
        for axes, (known, each) in zip(panels, judged, strict=True):
            numbers = np.array([number for number in known["per_seed"] if number is not None])
            low, high = known["threshold"]["low"], known["threshold"]["high"]
            own = [end for end in (low, high) if end is not None]
            others = [end for other in each["thresholds"] for end in (other["low"], other["high"]) if end is not None]
            every = [*numbers, *others, *own, *single(known).values()]
            ends = np.linspace(min(every), max(every), 500)
            met = numbers[:, None] >= ends if high is None else numbers[:, None] <= ends
            axes.plot(ends, met.sum(axis=0) / known["counted"], color=COLORS["b"])
            if len(own) == 2:
                axes.axvspan(low, high, color=black, alpha=0.12, linewidth=0)
            for end in own:
                axes.axvline(end, color=black, linewidth=1)
            for end in others:
                axes.axvline(end, color=black, **OTHER)
            for name, value in single(known).items():
                axes.axvline(value, color=COLORS["r"], linewidth=1.2, linestyle=SINGLE[name][-1])
            shares(axes, (-0.03, 1.03))
            axes.set_ylabel("share of networks", fontsize=7)
            axes.set_xlabel(plain(textwrap.fill(known["statistic"], 44)), fontsize=6.5)
            axes.tick_params(labelsize=7)
        handles = [
            entry("networks (with two thresholds: share below)", COLORS["b"]),
            entry("threshold of the claim, or two and between them", black),
            entry("other thresholds", black, **OTHER),
        ]
        names = single_names([known for known, _ in judged])
        handles += [entry(label, COLORS["r"], linestyle=SINGLE[name][-1]) for name, label in names.items()]
        legend(figure, handles)
        figure.suptitle("What the verdicts would be with other thresholds")
    return figure


def _drawn(found: Entry) -> list[Entry]:
    return [each for each in found["trained"] if each["state"] == "judged" and each["share"] is not None]


def _panels(others: Sequence[Entry]) -> Any:
    titles = [f"{each['id']}: {each['verdict']}{', robust' if each['robust'] else ''}" for each in others]
    return canvas(*titles, xlabel="", ylabel="", columns=min(COLUMNS, len(titles)))
