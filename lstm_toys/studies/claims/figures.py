"""The figure of all claims: of each, the distribution of its number over networks, and what it is held against."""

import textwrap
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from lstm_toys.figures.style import COLORS, GRAY, canvas, plain
from lstm_toys.output import counted
from lstm_toys.studies.claims.claim import CLIPPED, COPY, VERDICTS
from lstm_toys.studies.claims.report import differs, percent, percents

TINTS = {"supported": COLORS["g"], "refuted": COLORS["r"], "undecided": GRAY}
MARKS = {"published": ("D", COLORS["r"]), COPY: ("x", "black"), CLIPPED: ("+", "black")}
CONTROLS = [COLORS[letter] for letter in "ycgk"]
"""Colors of controls, which have lanes of their own, so that the fifth may be that of the first."""

ROW = 1.15
"""Inches that a claim takes unless its words need more."""

LOGARITHMIC = 30.0
"""Numbers above 0 that span more than this factor are drawn on a logarithmic axis."""


def draw(entries: list[dict[str, Any]]) -> Figure:
    """One row a claim, grouped by verdict; each has an axis of its own.

    Args:
        entries: as `lstm_toys.studies.claims.entries.entry` makes them.
    """
    grouped = {verdict: [each for each in entries if each["verdict"] == verdict] for verdict in VERDICTS}
    grouped = {verdict: group for verdict, group in grouped.items() if group}
    names = _named(entries, "controls")
    colors = {name: CONTROLS[number % len(CONTROLS)] for number, name in enumerate(names)}
    words = {entry["id"]: _words(entry) for entry in entries}
    heading, top = 0.42, 0.75
    height = sum(each.height for each in words.values()) + heading * len(grouped) + top
    with canvas(*[""] * len(entries), xlabel="", ylabel="") as (figure, panels):
        figure.set_size_inches(11.0, height)
        figure.set_layout_engine("none")
        figure.legend(
            handles=_legend(entries, colors), loc="upper center", bbox_to_anchor=(0.5, 1 - 0.08 / height), ncols=4
        )
        below, panel = height - top, iter(panels)
        for verdict, group in grouped.items():
            below -= heading
            told = f"{verdict}: {len(group)} of {len(entries)} claims"
            figure.text(0.015, (below + 0.08) / height, told, color=TINTS[verdict], fontsize=13, weight="bold")
            for entry in group:
                axes = next(panel)
                axes.set_position((0.375, (below - 0.73) / height, 0.475, 0.65 / height))
                _row(axes, entry, colors)
                _write(figure, entry, words[entry["id"]], below, height)
                below -= words[entry["id"]].height
    return figure


def draw_variants(entries: list[dict[str, Any]]) -> Figure:
    """By how much the share of networks that meet a claim differs with other networks: a row a claim, a column a kind.

    A cell has the difference in points of 100, in bold where its 95 % interval, which stands below, does not hold 0.

    Args:
        entries: as `lstm_toys.studies.claims.entries.entry` makes them.
    """
    names = _named(entries, "variants")
    values = np.full((len(entries), len(names)), np.nan)
    told = "bold: the 95 % interval, which stands below, does not hold 0; white: not judged"
    with canvas("", xlabel=told, ylabel="") as (figure, (axes,)):
        figure.set_size_inches(2.6 + 0.8 * len(names), 1.9 + 0.42 * len(entries))
        for row, entry in enumerate(entries):
            for column, name in enumerate(names):
                variant = entry["variants"].get(name)
                if variant is None or variant["difference"] is None:
                    continue
                values[row, column] = 100 * variant["difference"]
                weight = "bold" if differs(variant) else "normal"
                axes.text(column, row - 0.12, f"{values[row, column]:+.0f}", ha="center", va="center", weight=weight)
                if variant["difference_interval"] is not None:
                    low, high = (100 * end for end in variant["difference_interval"])
                    ends = f"{low:+.0f} … {high:+.0f}"
                    axes.text(column, row + 0.25, ends, ha="center", va="center", fontsize=6, color=GRAY)
        # Halfway to the ends of the scale, so that black text is legible everywhere.
        image = axes.imshow(values, cmap="PuOr", vmin=-200, vmax=200, aspect="auto")
        axes.grid(visible=False)
        axes.set_yticks(range(len(entries)), [plain(f"{each['id']}, {percent(each['share'])}") for each in entries])
        axes.set_xticks(range(len(names)), map(plain, names), rotation=40, ha="right")
        bar = figure.colorbar(image, ax=axes, fraction=0.03, label="difference in the share of networks, points of 100")
        bar.ax.set_ylim(-100, 100)
    return figure


def _named(entries: list[dict[str, Any]], kind: str) -> list[str]:
    """The columns of a kind."""
    return list(dict.fromkeys(name for each in entries for name in each[kind]))


def _legend(entries: list[dict[str, Any]], controls: dict[str, str]) -> list[Artist]:
    """Legend entries for what some of the rows show."""
    handles: list[Artist] = [
        Patch(facecolor=TINTS["supported"], alpha=0.13, label="meets the claim"),
        Line2D([], [], color="black", linewidth=1, linestyle="--", label="threshold"),
        _dots(COLORS["b"], "one network each"),
        Line2D([], [], color=COLORS["b"], linewidth=2, marker="|", label="their median"),
        *(_dots(color, plain(name)) for name, color in controls.items()),
    ]
    if any(each["against_per_seed"] for each in entries):
        handles.append(_dots(GRAY, "networks that they are held against"))
    told = {"published": "the published network", COPY: "copy of the input", CLIPPED: "copy clipped to (-1, 1)"}
    names = {name: label for name, label in told.items() if any(name in _alone(each) for each in entries)}
    return handles + [
        Line2D([], [], linestyle="", marker=marker, markersize=7, color=color, label=names[name])
        for name, (marker, color) in MARKS.items()
        if name in names
    ]


def _alone(entry: dict[str, Any]) -> dict[str, float]:
    """The numbers of what is one, not a population: of a published network, and of models without a network."""
    return {
        name: each["value"]
        for name, each in {"published": entry["published"], **entry["null"]}.items()
        if each is not None and each["value"] is not None
    }


def _dots(color: str, label: str) -> Line2D:
    return Line2D([], [], linestyle="", marker="o", markersize=3.5, color=color, alpha=0.6, label=label)


class Words(NamedTuple):
    """What is written beside the axes of a claim.

    Attributes:
        quote: the lines of the sentence.
        remarks: the lines of what is said of the share.
        height: what all of it takes, in inches.
    """

    quote: list[str]
    remarks: list[str]
    height: float


def _words(entry: dict[str, Any]) -> Words:
    """The words beside a claim's axes, and the room that they need."""
    networks = counted(entry["counted"], "network")
    against = "pairs of networks" if entry["threshold"]["against"] else networks
    quote = textwrap.wrap(f"“{entry['quote']}”", 56)
    remarks = textwrap.wrap("; ".join([f"of {against}", *entry["remarks"]]), 27)
    return Words(quote, remarks, max(ROW, 0.4 + 0.125 * len(quote), 0.45 + 0.12 * len(remarks)))


def _write(figure: Figure, entry: dict[str, Any], words: Words, top: float, height: float) -> None:
    """What the claim is, left of its axes, and how many networks meet it, right of them; heights are in inches."""

    def write(x: float, below: float, text: str, **style: Any) -> None:
        figure.text(x, (top - below) / height, plain(text), **style)

    write(0.015, 0.08, entry["id"], fontsize=10, weight="bold", va="top")
    write(0.015, 0.28, "\n".join(words.quote), fontsize=7.5, va="top", style="italic", color="#333333")
    write(0.862, 0.2, percent(entry["share"]), fontsize=12, weight="bold", va="center")
    write(0.915, 0.2, percents(entry["interval"]), fontsize=8, va="center", color="#333333")
    write(0.862, 0.33, "\n".join(words.remarks), fontsize=7, va="top", color="#333333")


def _row(axes: Axes, entry: dict[str, Any], controls: dict[str, str]) -> None:
    """The distribution of a claim's number, and what it is held against."""
    numbers = _known(entry["per_seed"])
    alone = _alone(entry)
    others = [(controls[name], _known(population["per_seed"])) for name, population in entry["controls"].items()]
    if entry["against_per_seed"]:
        others.append((GRAY, _known(entry["against_per_seed"])))
    low, high = (entry["threshold"][side] for side in ("low", "high"))
    levels = [level for level in (low, high) if level is not None]
    left, right = _limits(
        axes, np.array([*numbers, *levels]), [*alone.values()], np.concatenate([*(values for _, values in others), []])
    )
    axes.set(xlim=(left, right), ylim=(-0.7 - 0.95 * len(others), 1.6), yticks=[])
    if levels:
        shaded = left if low is None else low, right if high is None else high
        axes.axvspan(*shaded, color=TINTS["supported"], alpha=0.13, linewidth=0)
        for level in levels:
            axes.axvline(level, color="black", linewidth=1, linestyle="--")
    _swarm(axes, numbers, 0.0, COLORS["b"])
    if len(numbers):
        axes.plot([entry["median"]], [0.0], "|", color=COLORS["b"], markersize=15, markeredgewidth=2)
    for lane, (color, values) in enumerate(others, 1):
        _swarm(axes, values, -0.95 * lane, color)
    for name, value in alone.items():
        marker, color = MARKS[name]
        style: dict[str, Any] = {"color": color, "markersize": 7, "markeredgewidth": 1.4, "clip_on": False}
        axes.plot([np.clip(value, left, right)], [1.05], marker, **style, zorder=5)
    axes.tick_params(axis="x", labelsize=7, pad=1)
    told = plain(f"{entry['statistic']}; {entry['meets']}")
    # What is longer than the axis leaves it on the left, where there is room.
    axes.set_xlabel(told, fontsize=7.5, labelpad=1, loc="right" if len(told) > 85 else "center")


def _limits(
    axes: Axes, needed: Float[np.ndarray, " N"], alone: list[float], others: Float[np.ndarray, " N2"]
) -> tuple[float, float]:
    """Ends of an axis, and whether it is logarithmic.

    It holds what is needed; unless it is logarithmic, also what stands alone, and those of the others that lie no
    farther from all this than it spans. What lies beyond is drawn at the ends.
    """
    positive = needed[needed > 0]
    if len(positive) and (needed >= 0).all() and positive.max() > LOGARITHMIC * positive.min():
        axes.set_xscale("log")
        return float(positive.min() / 1.5), float(positive.max() * 1.5)
    every = np.array([*needed, *alone])
    if not len(every):
        return 0.0, 1.0
    span = np.ptp(every)
    near = others[(others >= every.min() - span) & (others <= every.max() + span)]
    low, high = float(min([every.min(), *near])), float(max([every.max(), *near]))
    margin = 0.04 * (high - low) or 0.5
    return low - margin, high + margin


def _swarm(axes: Axes, values: Float[np.ndarray, " N"], lane: float, color: str) -> None:
    """Dots in a lane, spread over its height in an order that repeats itself, so that equal numbers can be told."""
    heights = lane + 0.36 * (2 * np.modf(0.618034 * np.arange(1, len(values) + 1))[0] - 1)
    left, right = axes.get_xlim()
    inside = (left <= values) & (values <= right)
    for marker, size, there in (("o", 3.5, inside), ("<", 5.5, values < left), (">", 5.5, values > right)):
        places = np.clip(values[there], left, right)
        style: dict[str, Any] = {"color": color, "markersize": size, "markeredgewidth": 0, "clip_on": False}
        axes.plot(places, heights[there], marker, alpha=0.55, **style)


def _known(numbers: list[float | None]) -> Float[np.ndarray, " N"]:
    return np.array([each for each in numbers if each is not None], float)
