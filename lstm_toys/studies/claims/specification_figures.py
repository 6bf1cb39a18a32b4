"""Draws verdicts under other choices: the shares of networks under each choice."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lstm_toys.figures.style import COLORS, GRAY, entry, legend, measured, plain, sheet
from lstm_toys.studies.claims.figures import HALF
from lstm_toys.studies.claims.specifications import OPPOSITE, own_verdict

Entry = Mapping[str, Any]

DOT: dict[str, Any] = {"marker": "o", "markersize": 4, "linestyle": "", "markeredgewidth": 0.8}
"""The style of a choice."""


def draw_choices(others: Sequence[Entry]) -> Figure:
    """Draws the shares under each choice: a row per claim, the most fragile first, and a column per kind of choice.

    ``others`` are entries of ``specifications.json`` whose verdicts are robust or not, at least one.
    """
    ordered = sorted(others, key=lambda each: (each["robust"], _margin(each)))
    columns = list(dict.fromkeys(kind for each in others for kind in each["ranges"]))
    robust = sum(each["robust"] for each in others)
    size, alike = (2.6 + 0.85 * len(columns), 1.8 + 0.27 * len(ordered)), {"sharey": True, "squeeze": False}
    with sheet(*size, columns=len(columns), **alike) as (figure, (panels,)):
        for axes, kind in zip(panels, columns, strict=True):
            measured(axes)
            axes.set_title(plain(textwrap.fill(kind, 12)), fontsize=8)
            for row, each in enumerate(ordered):
                _choices(axes, row, each, kind)
            axes.axvline(0.5, **HALF)
            axes.axhline(len(ordered) - robust - 0.5, color=GRAY, linewidth=0.8)
            axes.grid(visible=False, axis="y")
            axes.set(xlim=(-0.08, 1.08), ylim=(len(ordered) - 0.5, -0.5))
            axes.set_xticks([0, 0.5, 1], ["0", "", "100%"], fontsize=7.5)
        names = [f"{each['id']} ({each['verdict']}{', robust' if each['robust'] else ''})" for each in ordered]
        panels[0].set_yticks(range(len(ordered)), map(plain, names), fontsize=8)
        handles = [
            entry("share of the claim's own networks", "black", marker="|", markersize=9, linestyle=""),
            entry("another choice", COLORS["b"], **DOT),
            entry("undecided: its 95 % interval has 50 % inside", COLORS["b"], markerfacecolor="white", **DOT),
        ]
        if any(own_verdict(each) == OPPOSITE[found["verdict"]] for found in others for each in _judged(found)):
            handles.append(entry("opposite verdict", COLORS["r"], **DOT))
        legend(figure, handles, columns=2)
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


def _judged(found: Entry) -> list[Entry]:
    """The judgments under single choices, and combinations, that count."""
    every = (*found["trained"], *found["thresholds"], *found["alternatives"])
    return [each for each in every if each["state"] == "judged"]
