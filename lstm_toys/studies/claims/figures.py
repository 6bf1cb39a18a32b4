"""Figures of claims: the shares of networks that meet them, the numbers of all networks, and other networks."""

import textwrap
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from lstm_toys.figures.style import COLORS, GRAY, STYLE, canvas, plain
from lstm_toys.output import counted
from lstm_toys.studies.claims.claim import CLIPPED, COPY, VERDICTS
from lstm_toys.studies.claims.report import differs, percent, percents

TINTS = {"supported": COLORS["g"], "refuted": COLORS["r"], "undecided": GRAY}
MARKS = {"published": ("D", COLORS["r"]), COPY: ("x", "black"), CLIPPED: ("+", "black")}
CONTROLS = [COLORS[letter] for letter in "ycgk"]
"""Colors of controls, which have lanes of their own, so that the fifth may be that of the first."""

HEADING = 0.42
"""Inches that the heading of a verdict takes."""

LONGEST = 92
"""Characters of a sentence that have room; the table has all of it."""

FOREST, BASELINES_AXES = (48, 34, 0.4), (56, 27, 1.15)
"""Characters of a line of a sentence and of remarks, and inches that a claim takes unless its words need more."""

LOGARITHMIC = 30.0
"""Numbers above 0 that span more than this factor are drawn on a logarithmic axis."""


def draw(entries: list[dict[str, Any]]) -> Figure:
    """The share of networks that meet each claim, with its interval: one row a claim, grouped by verdict.

    Args:
        entries: as `lstm_toys.studies.claims.entries.entry` makes them.
    """
    rows = [(verdict, [each for each in entries if each["verdict"] == verdict]) for verdict in VERDICTS]
    rows = [(verdict, group) for verdict, group in rows if group]
    words = {entry["id"]: _words(entry, *FOREST) for entry in entries}
    top = 0.55
    height = sum(each.height for each in words.values()) + HEADING * len(rows) + top
    with canvas("", xlabel="", ylabel="") as (figure, (axes,)):
        figure.set_size_inches(6.8, height)
        figure.set_layout_engine("none")
        axes.set_position((0.45, 0, 0.2, 1 - top / height))
        axes.set(xlim=(0, 1), ylim=(0, height - top), yticks=[])
        axes.set_xticks([0, 0.5, 1], ["0%", "50%", "100%"], fontsize=8)
        axes.xaxis.tick_top()
        axes.axvline(0.5, color=GRAY, linewidth=0.9, linestyle="--")
        told = "share of networks that meet the claim, and its 95 % interval"
        figure.text(0.55, 1 - 0.12 / height, told, fontsize=9, ha="center", va="center")
        below = height - top
        for verdict, group in rows:
            below -= HEADING
            told = f"{verdict}: {len(group)} of {len(entries)} claims"
            figure.text(0.015, (below + 0.09) / height, told, color=TINTS[verdict], fontsize=11, weight="bold")
            for entry in group:
                _write(figure, entry, words[entry["id"]], below, height, (0.015, 0.672))
                _share(axes, entry, below - 0.15)
                below -= words[entry["id"]].height
    return figure


def _share(axes: Axes, entry: dict[str, Any], place: float) -> None:
    """The share of networks that meet a claim, and its interval."""
    axes.axhline(place, color=STYLE["grid.color"], linewidth=0.8)
    if entry["share"] is None:
        return
    style: dict[str, Any] = {"color": TINTS[entry["verdict"]], "clip_on": False, "zorder": 3}
    if entry["interval"] is not None:
        axes.plot(entry["interval"], [place, place], linewidth=2, solid_capstyle="butt", **style)
    axes.plot([entry["share"]], [place], marker="s", markersize=5, **style)


def draw_numbers(entries: list[dict[str, Any]]) -> Figure:
    """The number of each network that a claim is about: one row a claim, grouped by verdict; each has its own axis.

    Args:
        entries: as `lstm_toys.studies.claims.entries.entry` makes them.
    """
    grouped = {verdict: [each for each in entries if each["verdict"] == verdict] for verdict in VERDICTS}
    grouped = {verdict: group for verdict, group in grouped.items() if group}
    names = _named(entries, "controls")
    colors = {name: CONTROLS[number % len(CONTROLS)] for number, name in enumerate(names)}
    words = {entry["id"]: _words(entry, *BASELINES_AXES) for entry in entries}
    top = 0.75
    height = sum(each.height for each in words.values()) + HEADING * len(grouped) + top
    with canvas(*[""] * len(entries), xlabel="", ylabel="") as (figure, panels):
        figure.set_size_inches(11.0, height)
        figure.set_layout_engine("none")
        figure.legend(
            handles=_legend(entries, colors), loc="upper center", bbox_to_anchor=(0.5, 1 - 0.08 / height), ncols=4
        )
        below, panel = height - top, iter(panels)
        for verdict, group in grouped.items():
            below -= HEADING
            told = f"{verdict}: {len(group)} of {len(entries)} claims"
            figure.text(0.015, (below + 0.08) / height, told, color=TINTS[verdict], fontsize=13, weight="bold")
            for entry in group:
                axes = next(panel)
                axes.set_position((0.375, (below - 0.73) / height, 0.475, 0.65 / height))
                _row(axes, entry, colors)
                _write(figure, entry, words[entry["id"]], below, height, (0.015, 0.862))
                below -= words[entry["id"]].height
    return figure


def draw_variants(entries: list[dict[str, Any]]) -> Figure:
    """By how much the share of networks that meet a claim differs with other networks: a row a claim, a column a kind.

    Rows and columns are those with a difference whose 95 % interval does not hold 0; such a cell has the difference in
    points of 100, above its interval. Other cells have a dot, and none where nothing was judged.

    Args:
        entries: as `lstm_toys.studies.claims.entries.entry` makes them.
    """
    every = _named(entries, "variants")
    names = _side_by_side([name for name in every if any(_changed(each, name) for each in entries)] or every)
    rows = [each for each in entries if any(_changed(each, name) for name in names)] or entries
    values = np.full((len(rows), len(names)), np.nan)
    with canvas("", xlabel="", ylabel="") as (figure, (axes,)):
        figure.set_size_inches(5.0 + 0.72 * len(names), 1.9 + 0.5 * len(rows))
        for row, entry in enumerate(rows):
            for column, name in enumerate(names):
                variant = entry["variants"].get(name)
                if variant is None or variant["difference"] is None:
                    continue
                if not differs(variant):
                    axes.text(column, row, "·", ha="center", va="center", fontsize=14)
                    continue
                values[row, column] = 100 * variant["difference"]
                told = plain(f"{values[row, column]:+.0f}")
                axes.text(column, row - 0.14, told, ha="center", va="center", weight="bold")
                ends = plain("{:+.0f} … {:+.0f}".format(*(100 * end for end in variant["difference_interval"])))
                axes.text(column, row + 0.24, ends, ha="center", va="center", fontsize=6.5)
        # Halfway to the ends of the scale, so that black text is legible everywhere.
        axes.imshow(values, cmap="PuOr", vmin=-200, vmax=200, aspect="auto")
        axes.grid(visible=False)
        axes.set(xlim=(-0.5, len(names) - 0.5), ylim=(len(rows) - 0.5, -0.5))
        quotes = [f"“{shortened(each['quote'])}” {percent(each['share'])}" for each in rows]
        axes.set_yticks(range(len(rows)), [plain(textwrap.fill(quote, 52)) for quote in quotes], fontsize=8)
        axes.set_xticks(range(len(names)), [plain(textwrap.fill(name, 10)) for name in names], fontsize=8)
        axes.tick_params(top=True, labeltop=True, bottom=False, labelbottom=False)
        for column in range(1, len(names)):
            if names[column].split()[0].strip(",") != names[column - 1].split()[0].strip(","):
                axes.axvline(column - 0.5, color=GRAY, linewidth=0.8)
        figure.suptitle("By how many points of 100 the share of networks that meet a claim changes with other networks")
        figure.supxlabel(plain(_unchanged(entries, rows, every, names)), fontsize=8)
    return figure


def _changed(entry: dict[str, Any], name: str) -> bool:
    """Whether the share of a variant is another one."""
    return name in entry["variants"] and differs(entry["variants"][name])


def shortened(quote: str) -> str:
    """A sentence, as long as there is room for."""
    return textwrap.shorten(quote, LONGEST, placeholder=" …")


def _side_by_side(names: Iterable[str]) -> list[str]:
    """Names in their order, but those that begin with the same word together."""
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(name.split()[0].strip(","), []).append(name)
    return [name for group in groups.values() for name in group]


def _unchanged(entries: list[dict[str, Any]], rows: list[dict[str, Any]], every: list[str], names: list[str]) -> str:
    """What the figure of variants leaves out, and how to read it."""
    same = [each["id"] for each in entries if each not in rows]
    told = ["the small numbers are the 95 % interval of the difference; a dot: it holds 0; empty: not judged"]
    told += [f"no change of {', '.join(same)}"] if same else []
    told += (
        [f"no change with {', '.join(name for name in every if name not in names)}"] if len(names) < len(every) else []
    )
    return textwrap.fill("; ".join(told), 120, break_on_hyphens=False)


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
        Line2D([], [], linestyle="", marker=marker, markersize=7, color=color, label=plain(names[name]))
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


def _words(entry: dict[str, Any], quote: int, remark: int, least: float) -> Words:
    """The words of a claim, and the room that they need.

    Args:
        entry: of it.
        quote: characters of a line of the sentence.
        remark: characters of a line of what is said of the share.
        least: inches that a claim takes.
    """
    networks = counted(entry["counted"], "network")
    against = "pairs of networks" if entry["threshold"]["against"] else networks
    quotes = textwrap.wrap(f"“{shortened(entry['quote'])}”", quote)
    remarks = textwrap.wrap("; ".join([f"of {against}", *entry["remarks"]]), remark)
    return Words(quotes, remarks, max(least, 0.38 + 0.125 * len(quotes), 0.43 + 0.12 * len(remarks)))


def _write(
    figure: Figure, entry: dict[str, Any], words: Words, top: float, height: float, places: tuple[float, float]
) -> None:
    """What the claim is, and how many networks meet it, at two places across; heights are in inches."""

    def write(x: float, below: float, text: str, **style: Any) -> None:
        figure.text(x, (top - below) / height, plain(text), **style)

    left, right = places
    write(left, 0.06, entry["id"], fontsize=9.5, weight="bold", va="top")
    write(left, 0.25, "\n".join(words.quote), fontsize=7.5, va="top", style="italic", color="#333333")
    share = f"{percent(entry['share'])} {percents(entry['interval'])}"
    write(right, 0.15, share, fontsize=9.5, weight="bold", va="center")
    write(right, 0.27, "\n".join(words.remarks), fontsize=7.5, va="top", color="#333333")


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
