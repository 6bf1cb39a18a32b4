"""Figures of verdicts under other choices: shares under each choice, and shares against thresholds."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lstm_toys.figures.style import COLORS, GRAY, canvas, entry, legend, measured, plain, sheet
from lstm_toys.studies.claims.figures import COLUMNS, HALF, SINGLE, shares, single, single_names
from lstm_toys.studies.claims.specifications import OPPOSITE, own_verdict

Entry = Mapping[str, Any]

DOT: dict[str, Any] = {"marker": "o", "markersize": 4, "linestyle": "", "markeredgewidth": 0.8}
"""The style of a choice."""

OTHER: dict[str, Any] = {"linewidth": 0.7, "linestyle": ":"}
"""The style of other thresholds."""


def drawings(entries: Sequence[Entry], others: Sequence[Entry]) -> dict[str, Figure]:
    """Draws the entries of ``specifications.json``, next to those of ``claims.json``."""
    found = {}
    if sided := [each for each in others if each["robust"] is not None]:
        found["specifications.png"] = draw_choices(sided)
    if judged := [
        (known, each) for known, each in zip(entries, others, strict=True) if each["thresholds"] and known["counted"]
    ]:
        found["thresholds.png"] = draw_thresholds(judged)
    return found


def draw_choices(others: Sequence[Entry]) -> Figure:
    """Draws the shares under each choice: a row per claim, the most fragile first, and a column per kind of choice."""
    ordered = sorted(others, key=lambda each: (each["robust"], _margin(each)))
    columns = list(dict.fromkeys(kind for each in others for kind in each["ranges"]))
    robust = sum(each["robust"] for each in others)
    with sheet(2.6 + 1.15 * len(columns), 1.8 + 0.3 * len(ordered), columns=len(columns), sharey=True) as (
        figure,
        panels,
    ):
        for axes, kind in zip(np.atleast_1d(panels), columns, strict=True):
            measured(axes)
            axes.set_title(plain(textwrap.fill(kind, 12)), fontsize=8)
            for row, each in enumerate(ordered):
                _choices(axes, row, each, kind)
            axes.axvline(0.5, **HALF)
            axes.axhline(len(ordered) - robust - 0.5, color=GRAY, linewidth=0.8)
            axes.grid(visible=False, axis="y")
            axes.set(xlim=(-0.08, 1.08), ylim=(len(ordered) - 0.5, -0.5))
            axes.set_xticks([0, 0.5, 1], ["0", "50", "100%"], fontsize=7)
        names = [f"{each['id']} ({each['verdict']}{', robust' if each['robust'] else ''})" for each in ordered]
        np.atleast_1d(panels)[0].set_yticks(range(len(ordered)), map(plain, names), fontsize=7.5)
        handles = [
            entry("share of the claim's own networks", "black", marker="|", markersize=9, linestyle=""),
            entry("another choice", COLORS["b"], **DOT),
            entry("undecided: its 95 % interval has 50 % inside", COLORS["b"], markerfacecolor="white", **DOT),
            entry("opposite verdict", COLORS["r"], **DOT),
        ]
        legend(figure, handles, columns=4)
        title = f"{robust} of {len(others)} verdicts are robust: no other choice turns them"
        figure.suptitle(f"{title}\nshare of networks that meet each claim, by kind of choice")
    return figure


def _choices(axes: Axes, row: int, found: Entry, kind: str) -> None:
    """Draws the shares under the choices of a kind, from the claim's own share on."""
    if (ends := found["ranges"].get(kind)) is None:
        return
    axes.hlines(row, min(found["share"], *ends), max(found["share"], *ends), color=GRAY, linewidth=0.8)
    axes.plot(found["share"], row, "|", color="black", markersize=9)
    for each in _judged(found):
        if each["kind"] == kind:
            own = own_verdict(each)
            color = COLORS["r" if own == OPPOSITE[found["verdict"]] else "b"]
            axes.plot(each["share"], row, color=color, markerfacecolor="white" if own == "undecided" else color, **DOT)


def _margin(found: Entry) -> float:
    """How far the share under the worst choice is on the side of the verdict, in units of a share; negative beyond."""
    sign = 1 if found["verdict"] == "supported" else -1
    return min(sign * (end - 0.5) for ends in found["ranges"].values() for end in ends)


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


def _judged(found: Entry) -> list[Entry]:
    """The judgments under single choices, and combinations, that count."""
    every = (*found["trained"], *found["thresholds"], *found["alternatives"])
    return [each for each in every if each["state"] == "judged"]


def _panels(others: Sequence[Entry]) -> Any:
    titles = [f"{each['id']}: {each['verdict']}{', robust' if each['robust'] else ''}" for each in others]
    return canvas(*titles, xlabel="", ylabel="", columns=min(COLUMNS, len(titles)))
