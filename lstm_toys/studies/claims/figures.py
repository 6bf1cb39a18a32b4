"""Draws claims: shares of networks that meet them, numbers of all networks, and differences between variants."""

import textwrap
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lstm_toys.figures.style import COLORS, GRAY, STYLE, band_entry, canvas, legend, plain
from lstm_toys.figures.style import entry as handle
from lstm_toys.output import counted
from lstm_toys.studies.claims.ask import differs, named, percent, percents
from lstm_toys.studies.claims.declaration import CLIPPED, COPY, VERDICTS

TINTS = {"supported": COLORS["g"], "refuted": COLORS["r"], "undecided": GRAY}
SIGNS = {"supported": "^", "refuted": "v", "undecided": "s"}
"""Markers of verdicts, since colors alone do not tell them apart for everybody."""

MARKS = {"published": ("D", COLORS["r"]), COPY: ("x", "black"), CLIPPED: ("+", "black")}
ALONE = {"published": "the published network", COPY: "copy of the input", CLIPPED: "copy clipped to (-1, 1)"}
CONTROLS = [COLORS[letter] for letter in "ycgk"]
"""Colors of controls; a fifth control repeats the first color."""

HALF: dict[str, Any] = {"color": GRAY, "linewidth": 0.9, "linestyle": "--"}

HEADING, LEFT = 0.42, 0.015
"""Height of a verdict's heading in inches, and where claims begin, as a share of the width."""

LONGEST = 92
"""Longest quote in characters."""

LOGARITHMIC = 30.0
"""Positive numbers that span more than this factor are drawn on a logarithmic axis."""

MARGIN = 0.04
"""Share of an axis that is left free on both sides of the numbers."""


class Sheet(NamedTuple):
    """The layout of a figure with one row per claim; heights and widths are in inches."""

    quote: int  # Characters per line.
    remark: int
    row: float  # The minimum height of a claim.
    width: float
    top: float  # The height above the first heading.
    heading: tuple[float, int]  # The distance of a heading to the row below it, and its size in points.
    right: float  # Where remarks begin, as a share of the width.


FOREST = Sheet(48, 34, 0.4, 6.8, 0.7, (0.09, 11), 0.672)
NEXT_TO_AXES = Sheet(56, 27, 1.15, 11.0, 0.75, (0.08, 13), 0.862)


def drawings(entries: list[dict[str, Any]]) -> dict[str, Figure]:
    """Draws the shares of networks that meet each claim, their numbers, the effect of variants and of training."""
    found = {"claims.png": draw(entries), "numbers.png": draw_numbers(entries)}
    if any(each["variants"] for each in entries):
        found["variants.png"] = draw_variants(entries)
    if any(each["during"] for each in entries):
        found["during.png"] = draw_during(entries)
    return found


def draw(entries: list[dict[str, Any]]) -> Figure:
    """Draws the share of networks that meet each claim, with its interval: one row per claim, grouped by verdict."""
    with canvas("", xlabel="", ylabel="") as (figure, (axes,)):
        rows = _write(figure, entries, FOREST)
        height, top = figure.get_figheight(), FOREST.top
        axes.set_position((0.45, 0, 0.2, 1 - top / height))
        axes.set(xlim=(0, 1), ylim=(0, height - top), yticks=[])
        axes.set_xticks([0, 0.5, 1], ["0%", "50%", "100%"], fontsize=8)
        axes.xaxis.tick_top()
        axes.axvline(0.5, **HALF)
        pairs = "; of pairs: bootstrap, or exact" if any(each["threshold"]["against"] for each in entries) else ""
        label = f"share of networks that meet the claim\n95 % interval: Wilson{pairs}"
        figure.text(0.55, 1 - 0.22 / height, label, fontsize=9, ha="center", va="center")
        for entry, edge in rows:
            _share(axes, entry, edge - 0.15)
    return figure


def _share(axes: Axes, entry: dict[str, Any], place: float) -> None:
    axes.axhline(place, color=STYLE["grid.color"], linewidth=0.8)
    if entry["share"] is None:
        return
    style: dict[str, Any] = {"color": TINTS[entry["verdict"]], "clip_on": False, "zorder": 3}
    if entry["interval"] is not None:
        axes.plot(entry["interval"], [place, place], linewidth=2, solid_capstyle="butt", **style)
    axes.plot([entry["share"]], [place], marker="s", markersize=5, **style)


def draw_numbers(entries: list[dict[str, Any]]) -> Figure:
    """Draws the number of every network: one row with a separate axis per claim, grouped by verdict."""
    names = named(entries, "controls")
    colors = {name: CONTROLS[number % len(CONTROLS)] for number, name in enumerate(names)}
    with canvas(*[""] * len(entries), xlabel="", ylabel="") as (figure, panels):
        rows = _write(figure, entries, NEXT_TO_AXES)
        height = figure.get_figheight()
        figure.legend(
            handles=_legend(entries, colors), loc="upper center", bbox_to_anchor=(0.5, 1 - 0.08 / height), ncols=4
        )
        for axes, (entry, edge) in zip(panels, rows, strict=True):
            axes.set_position((0.375, (edge - 0.73) / height, 0.475, 0.65 / height))
            _row(axes, entry, colors)
    return figure


def draw_variants(entries: list[dict[str, Any]]) -> Figure:
    """Draws how the share of networks that meet a claim differs in each variant: claims in rows, variants in columns.

    A cell has the difference in percentage points, and a bar from end to end of its 95 % interval, between -100 at the
    left and 100 at the right edge of the cell; a dot if the interval includes 0, and nothing if there is no interval.
    Rows and columns without any such difference are omitted.
    """
    every = named(entries, "variants")
    changes = {name: [each["id"] for each in entries if _changed(each, name)] for name in every}
    names = _side_by_side([name for name in every if changes[name]] or every)
    rows = [each for each in entries if any(_changed(each, name) for name in names)] or entries
    values = np.full((len(rows), len(names)), np.nan)
    changed = {each for ids in changes.values() for each in ids}
    title = f"With other networks, the share that meets a claim changes for {len(changed)} of {len(entries)} claims"
    if changed:
        most = max(names, key=lambda name: len(changes[name]))
        title += f";\nmost often, for {len(changes[most])}, with {most}: by how many points of 100"
    with canvas("", xlabel="", ylabel="") as (figure, (axes,)):
        figure.set_size_inches(max(6.8, 2.4 + 0.5 * len(names)), 3.4 + 0.4 * len(rows))
        for row, entry in enumerate(rows):
            for column, name in enumerate(names):
                variant = entry["variants"].get(name)
                if variant is None or variant["difference_interval"] is None:
                    continue
                if not differs(variant):
                    axes.text(column, row, "·", ha="center", va="center", fontsize=14)
                    continue
                values[row, column] = 100 * variant["difference"]
                difference = plain(f"{values[row, column]:+.0f}")
                axes.text(column, row - 0.12, difference, ha="center", va="center", fontsize=8.5, weight="bold")
                ends = column + np.array(variant["difference_interval"]) / 2
                axes.plot(ends, [row + 0.3] * 2, color="black", linewidth=1.6, solid_capstyle="butt")
                axes.plot([column, column], [row + 0.22, row + 0.38], color="black", linewidth=0.7)
        # Only half of the color scale is used, so that black text is legible everywhere.
        axes.imshow(values, cmap="PuOr", vmin=-200, vmax=200, aspect="auto")
        axes.grid(visible=False)
        axes.set(xlim=(-0.5, len(names) - 0.5), ylim=(len(rows) - 0.5, -0.5))
        axes.set_yticks(range(len(rows)), [plain(f"{each['id']} {percent(each['share'])}") for each in rows])
        axes.set_xticks(range(len(names)), [plain(name) for name in names], rotation=90)
        axes.tick_params(top=True, labeltop=True, bottom=False, labelbottom=False)
        for column in range(1, len(names)):
            if _kind(names[column]) != _kind(names[column - 1]):
                axes.axvline(column - 0.5, color=GRAY, linewidth=0.8)
        figure.suptitle(plain(title))
        figure.supxlabel(plain(_unchanged(entries, rows, every, names)), fontsize=8)
    return figure


def _changed(entry: dict[str, Any], name: str) -> bool:
    return name in entry["variants"] and differs(entry["variants"][name])


def _kind(name: str) -> str:
    """The first word of a variant's name, by which variants are put side by side."""
    return name.split()[0].strip(",")


def _side_by_side(names: Iterable[str]) -> list[str]:
    names = [*names]
    kinds = [*map(_kind, names)]
    return sorted(names, key=lambda name: kinds.index(_kind(name)))


def _unchanged(entries: list[dict[str, Any]], rows: list[dict[str, Any]], every: list[str], names: list[str]) -> str:
    omitted = [each["id"] for each in entries if each not in rows], [name for name in every if name not in names]
    notes = [
        "bars: intervals of the differences, from -100 to 100, from exact ones of both shares, for all at once",
        "a dot: the interval includes 0; empty: no interval, or not judged",
        *(f"no change {word} {', '.join(each)}" for word, each in zip(("of", "with"), omitted, strict=True) if each),
    ]
    return textwrap.fill("; ".join(notes), 100, break_on_hyphens=False)


def draw_during(entries: list[dict[str, Any]]) -> Figure:
    """Draws the share of networks that meet each claim over steps of training, with exact intervals for all at once."""
    drawn = [each for each in entries if each["during"]]
    turned = [each["id"] for each in drawn if len({*each["during"]["verdict"]}) > 1]
    columns = min(3, len(drawn))
    titles = [textwrap.fill(each["id"], 24) for each in drawn]
    with canvas(*titles, xlabel="steps", ylabel="share of networks", columns=columns) as (figure, panels):
        figure.set_size_inches(max(6.8, 1.2 + 2.6 * columns), 1.5 + 1.9 * -(-len(drawn) // columns))
        for number, (axes, each) in enumerate(zip(panels, drawn, strict=True)):
            rows = zip(*(each["during"][name] for name in ("steps", "share", "interval", "verdict")), strict=True)
            known = [(step, share, *ends, verdict) for step, share, ends, verdict in rows if ends is not None]
            steps, share, low, high = np.reshape([row[:4] for row in known], (-1, 4)).T
            axes.fill_between(steps, low, high, color=COLORS["b"], alpha=0.2, linewidth=0)
            axes.plot(steps, share, color=COLORS["b"], marker="o", markersize=3)
            for step, *_, verdict in known:
                axes.plot(step, -0.12, SIGNS[verdict], color=TINTS[verdict], markersize=4.5, clip_on=False)
            shares(axes, (-0.2, 1.05))
            axes.xaxis.set_major_formatter("{x:,.0f}")
            axes.tick_params(labelsize=8)
            if number % columns:
                axes.set_ylabel("")
            if number + columns < len(drawn):
                axes.set_xlabel("")
        networks = counted(max(each["seeds"] for each in drawn), "network")
        handles = [
            handle(f"share of {networks}", COLORS["b"], marker="o", markersize=3),
            band_entry("95 % interval (Clopper-Pearson), for all steps at once", COLORS["b"]),
            *(handle(name, TINTS[name], linestyle="", marker=SIGNS[name], markersize=4.5) for name in VERDICTS),
        ]
        legend(figure, handles)
        which = f": {', '.join(turned)}" if turned else ""
        title = f"{len(turned)} of {counted(len(drawn), 'verdict')} change in the course of training{which}"
        figure.suptitle(plain(textwrap.fill(title, 96, break_on_hyphens=False)))
    return figure


def shares(axes: Axes, limits: tuple[float, float]) -> None:
    """Labels a vertical axis of shares, and marks one half."""
    axes.set_ylim(limits)
    axes.set_yticks([0, 0.5, 1], ["0%", "50%", "100%"])
    axes.axhline(0.5, **HALF)


def shortened(quote: str) -> str:
    """Shortens a quote."""
    return textwrap.shorten(quote, LONGEST, placeholder=" …")


def _legend(entries: list[dict[str, Any]], controls: dict[str, str]) -> list[Artist]:
    handles: list[Artist] = [
        band_entry("meets the claim", TINTS["supported"], alpha=0.13),
        handle("threshold", "black", linewidth=1, linestyle="--"),
        _dots("one network each", COLORS["b"]),
        handle("their median", COLORS["b"], linewidth=2, marker="|"),
        *(_dots(name, color) for name, color in controls.items()),
        handle("how many are beyond the axis", GRAY, linestyle="", marker=">", markersize=6),
    ]
    if any(each["against_per_seed"] for each in entries):
        handles.append(_dots("networks that they are held against", GRAY))
    for name, (marker, color) in MARKS.items():
        if any(name in _alone(each) for each in entries):
            handles.append(handle(ALONE[name], color, linestyle="", marker=marker, markersize=7))
    return handles


def _alone(entry: dict[str, Any]) -> dict[str, float]:
    every = {"published": entry["published"], **entry["null"]}
    return {name: each["value"] for name, each in every.items() if each is not None and each["value"] is not None}


def _dots(label: str, color: str) -> Line2D:
    return handle(label, color, linestyle="", marker="o", markersize=3.5, alpha=0.6)


def _write(figure: Figure, entries: list[dict[str, Any]], sheet: Sheet) -> list[tuple[dict[str, Any], float]]:
    """Sizes a figure, writes claims by verdict on the left and remarks on the right; returns claims' upper edges."""
    quotes, remarks = {}, {}
    for entry in entries:
        networks = "pairs of networks" if entry["threshold"]["against"] else counted(entry["counted"], "network")
        quotes[entry["id"]] = textwrap.wrap(f"“{shortened(entry['quote'])}”", sheet.quote)
        remarks[entry["id"]] = textwrap.wrap("; ".join([f"of {networks}", *entry["remarks"]]), sheet.remark)
    heights = {
        name: max(sheet.row, 0.38 + 0.125 * len(quote), 0.43 + 0.12 * len(remarks[name]))
        for name, quote in quotes.items()
    }
    height = sum(heights.values()) + HEADING * len({each["verdict"] for each in entries}) + sheet.top
    figure.set_size_inches(sheet.width, height)
    figure.set_layout_engine("none")

    def write(x: float, edge: float, text: str, **style: Any) -> None:
        figure.text(x, edge / height, plain(text), **style)

    rows, edge, (distance, size) = [], height - sheet.top, sheet.heading
    for verdict in VERDICTS:
        if group := [each for each in entries if each["verdict"] == verdict]:
            edge -= HEADING
            words = f"{verdict}: {len(group)} of {len(entries)} claims"
            write(LEFT, edge + distance, words, color=TINTS[verdict], fontsize=size, weight="bold")
        for entry in group:
            share = f"{percent(entry['share'])} {percents(entry['interval'])}"
            small: dict[str, Any] = {"fontsize": 7.5, "va": "top", "color": "#333333"}
            write(LEFT, edge - 0.06, entry["id"], fontsize=9.5, weight="bold", va="top")
            write(LEFT, edge - 0.25, "\n".join(quotes[entry["id"]]), style="italic", **small)
            write(sheet.right, edge - 0.15, share, fontsize=9.5, weight="bold", va="center")
            write(sheet.right, edge - 0.27, "\n".join(remarks[entry["id"]]), **small)
            rows.append((entry, edge))
            edge -= heights[entry["id"]]
    return rows


def _row(axes: Axes, entry: dict[str, Any], controls: dict[str, str]) -> None:
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
    label = plain(f"{entry['statistic']}; {entry['meets']}")
    # A label longer than the axis sticks out on the left, where there is room.
    axes.set_xlabel(label, fontsize=7.5, labelpad=1, loc="right" if len(label) > 85 else "center")


def _limits(
    axes: Axes, needed: Float[np.ndarray, " N"], alone: list[float], others: Float[np.ndarray, " N2"]
) -> tuple[float, float]:
    """Chooses the limits of an axis; a linear one includes ``alone``, and those ``others`` that are not far away."""
    positive = needed[needed > 0]
    if len(positive) and (needed >= 0).all() and positive.max() > LOGARITHMIC * positive.min():
        axes.set_xscale("log")
        margin = (positive.max() / positive.min()) ** MARGIN
        return float(positive.min() / margin), float(positive.max() * margin)
    every = np.array([*needed, *alone])
    if not len(every):
        return 0.0, 1.0
    span = np.ptp(every) or np.inf  # Of equal numbers, all others are near.
    near = others[(others >= every.min() - span) & (others <= every.max() + span)]
    low, high = float(min([every.min(), *near])), float(max([every.max(), *near]))
    margin = MARGIN * (high - low) or 0.1 * abs(high) or 0.5
    return low - margin, high + margin


def _swarm(axes: Axes, values: Float[np.ndarray, " N"], lane: float, color: str) -> None:
    """Draws dots in a lane, spread vertically by a fixed sequence; counts numbers beyond the axis at its ends."""
    heights = lane + 0.36 * (2 * np.modf(0.618034 * np.arange(1, len(values) + 1))[0] - 1)
    left, right = axes.get_xlim()
    inside = (left <= values) & (values <= right)
    style: dict[str, Any] = {"color": color, "markeredgewidth": 0, "clip_on": False}
    axes.plot(values[inside], heights[inside], "o", markersize=3.5, alpha=0.55, **style)
    for marker, place, side, beyond in (("<", left, 1, values < left), (">", right, -1, values > right)):
        if beyond.any():
            axes.plot([place], [lane], marker, markersize=6, **style)
            where: dict[str, Any] = {"ha": "left" if side > 0 else "right", "va": "center"}
            axes.annotate(
                f"{beyond.sum()}", (place, lane), (6 * side, 0), textcoords="offset points", fontsize=7, **where
            )


def _known(numbers: list[float | None]) -> Float[np.ndarray, " N"]:
    return np.array([each for each in numbers if each is not None], float)
