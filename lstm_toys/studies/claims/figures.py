"""Draws claims: shares of networks that meet them, numbers of networks, the course of training."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lstm_toys.figures.elements import band_entry, middle
from lstm_toys.figures.elements import entry as handle
from lstm_toys.figures.style import COLORS, GOAL, GRAY, canvas, colors, legend, plain
from lstm_toys.output import counted
from lstm_toys.studies.claims.declaration import CLIPPED, COPY, INPUT, VERDICTS
from lstm_toys.studies.claims.recipes import OF_RECIPE
from lstm_toys.studies.claims.report import heading, named
from lstm_toys.studies.claims.table import Cell, Row, changes, percent, percents, rows

TINTS = {
    "supported": COLORS["g"],
    "refuted": COLORS["r"],
    "undecided": GRAY,
    "ours higher": COLORS["b"],
    "theirs higher": COLORS["y"],
}
SIGNS = {"supported": "^", "refuted": "v", "undecided": "s", "ours higher": ">", "theirs higher": "<"}
"""Markers of verdicts, since colors alone do not tell them apart for everybody."""

SINGLE = {"published": "D", COPY: "x", CLIPPED: "+"}
"""Markers of single numbers."""

CONTROLS = "cyrgk"
"""Colors of controls, by letter; those of verdicts come last."""

PERCENTS = "0 %", "50 %", "100 %"

MEETS: dict[str, Any] = {"alpha": 0.13, "linewidth": 0}
"""The look of where numbers meet a claim."""

HALF: dict[str, Any] = {"color": GRAY, "linewidth": 0.9, "linestyle": "--"}

DRAWN: dict[str, Any] = {"color": "black", "marker": "o", "markersize": 4, "fillstyle": "none", "linestyle": ""}
"""The look of shares of networks of new recipes."""

WIDTH = 46
"""Characters in a line of a statement."""

AGREE = 0.95
"""The share of networks on one side of a threshold from which on they agree."""


def draw(table: xr.Dataset) -> dict[str, Figure]:
    """Draws the shares of networks that meet each claim, their numbers, and what training changes.

    Args:
        table: what was found about claims, as `lt.claims.read` returns it.

    Returns:
        Figures by file name: ``claims.png``, ``numbers.png``, and ``during.png`` if claims were judged during training.

    Example:
        >>> figures = lt.claims.draw(lt.claims.read("results/claims/claims.json"))  # doctest: +SKIP
    """
    entries = rows(table)
    found = {"claims.png": draw_shares(entries), "numbers.png": draw_numbers(entries)}
    if any(each.during for each in entries):
        found["during.png"] = draw_during(entries)
    return found


def draw_shares(entries: Sequence[Row]) -> Figure:
    """Draws the share of networks that meet each claim, with its interval: one row per claim, sorted by verdict."""
    ordered = _by_verdict(entries)
    recipes = [cell for each in entries for cell in each.recipes.values()]
    label = "share of networks that meet the claim"
    label += "\n95 % intervals in color: Wilson" if recipes else "\n95 % intervals: Wilson"
    if any(each.against for each in entries):
        label += "; of pairs: BCa bootstrap (exact if the two populations do not overlap)"
    if recipes:
        label += "\n95 % intervals in black: networks of a recipe counted as dependent"
    with canvas("", xlabel="", ylabel="") as (figure, (axes,)):
        names = [_wrapped(each.statement) for each in ordered]
        figure.set_size_inches(7.6, 1.8 + 0.16 * sum(2 + name.count("\n") for name in names))
        for row, entry in enumerate(ordered):
            style: dict[str, Any] = {"color": TINTS[entry.verdict], "clip_on": False}
            value, *interval = entry.share
            axes.plot(interval, [row, row], linewidth=2, solid_capstyle="butt", **style)
            axes.barh(row, value, 0.5, color=TINTS[entry.verdict], alpha=0.2)
            axes.plot([value], [row], SIGNS[entry.verdict], markersize=5, **style)
            for cell in entry.recipes.values():
                axes.plot(cell.share[1:], [row + 0.3] * 2, color=DRAWN["color"], linewidth=1, clip_on=False)
                axes.plot([cell.share.value], [row + 0.3], **DRAWN, clip_on=False)
                _beside(axes, row + 0.38, _share(cell, str(cell.known)), DRAWN["color"])
            _beside(axes, row, _share(entry, _of(entry)), TINTS[entry.verdict])
        axes.set_yticks(range(len(ordered)), map(plain, names), fontsize=8)
        axes.set_xlabel(label, fontsize=8)
        axes.set_xticks([0, 0.5, 1], PERCENTS)
        axes.set(xlim=(0, 1), ylim=(len(ordered) - 0.5, -0.5))
        axes.axvline(0.5, **HALF)
        axes.grid(visible=False, axis="y")
        counts = {name: sum(each.verdict == name for each in entries) for name in VERDICTS}
        figure.suptitle(heading(entries))
        handles = [_dots(f"{name}: {number}", TINTS[name], SIGNS[name]) for name, number in counts.items() if number]
        if recipes:
            count = counted(recipes[0].seeds // OF_RECIPE, "new recipe")
            handles.append(handle(f"networks of {count}", **DRAWN))
        legend(figure, *handles, columns=4)
    return figure


def draw_numbers(entries: Sequence[Row]) -> Figure:
    """Draws the number of every network: one panel per statistic, in its unit, with one row per claim.

    Each population is drawn in order, the smallest number lowest. Where a claim compares two populations, the median of
    the other one stands for a threshold.
    """
    shades = colors(named(each.controls for each in entries), CONTROLS)
    panels: dict[str, list[Row]] = {}
    for each in _by_verdict(entries):
        panels.setdefault(each.statistic, []).append(each)
    size = 7.6, 1.6 + 0.42 * len(entries) + 0.55 * len(panels)
    rows: dict[str, Any] = {"height_ratios": [len(each) for each in panels.values()]}
    look: dict[str, Any] = {"columns": 1, "size": size, "subplots": rows, "axes.labelsize": 8, "xtick.labelsize": 8}
    with canvas(*[""] * len(panels), xlabel="", ylabel="", **look) as (figure, every):
        for axes, (statistic, drawn) in zip(every, panels.items(), strict=True):
            _panel(axes, drawn, shades)
            axes.set_xlabel(plain(_wrapped(statistic, 66)))
        agree = sum(max(each.share.value, 1 - each.share.value) >= AGREE for each in entries)
        figure.suptitle(
            f"On {agree} of {counted(len(entries), 'claim')}, at least {100 * AGREE:g} % of networks "
            "are on the same side of the threshold"
        )
        handles: list[Artist] = [
            _dots("one network each, sorted", COLORS["b"]),
            *(_dots(f"{name}, sorted", color) for name, color in shades.items()),
            band_entry("meets the claim", TINTS["supported"], **MEETS),
            handle("threshold", **GOAL),
        ]
        if any(each.against for each in entries):
            handles.append(_dots("networks compared with, whose median is the threshold"))
        handles += [_dots(label, COLORS["k"], SINGLE[name]) for name, label in single_names(entries).items()]
        legend(figure, *handles, handle("numbers beyond an axis lie at its ends", linestyle=""))
    return figure


def _panel(axes: Axes, drawn: Sequence[Row], controls: dict[str, str]) -> None:
    """Draws claims about one statistic: in each row the networks, controls below them, and single numbers."""
    thresholds = [
        (each.low, each.high) if each.other_number is None else (middle(each.other_number)[1], np.inf) for each in drawn
    ]
    left, right = _limits(drawn, thresholds)
    inset = 0.006 * (right - left)  # Dots at the ends are drawn whole.
    for row, (entry, (low, high)) in enumerate(zip(drawn, thresholds, strict=True)):
        numbers = [
            (COLORS["b"], entry.number),
            *((controls[name], each.number) for name, each in entry.controls.items()),
        ]
        numbers += [] if entry.other_number is None else [(GRAY, entry.other_number)]
        axes.fill_betweenx([row - 0.5, row + 0.5], max(low, left), min(high, right), color=TINTS["supported"], **MEETS)
        axes.vlines([end for end in (low, high) if np.isfinite(end)], row - 0.5, row + 0.5, **GOAL)
        edges = np.linspace(row - 0.45, row + 0.45, len(numbers) + 1)
        for (color, values), start, end in zip(numbers, edges, edges[1:], strict=False):
            known = np.clip(np.sort(_known(values)), left + inset, right - inset)
            places = np.linspace(end, start, len(known) + 2)[1:-1]
            axes.plot(known, places, "o", color=color, markersize=2.4, markeredgewidth=0)
        for name, value in single(entry).items():
            axes.plot(np.clip(value, left + inset, right - inset), row, SINGLE[name], color=COLORS["k"], markersize=5)
        _beside(axes, row, f"{percent(entry.share.value)} of {_of(entry)}", TINTS[entry.verdict])
    axes.set_yticks(range(len(drawn)), [plain(_wrapped(each.statement)) for each in drawn], fontsize=8)
    axes.xaxis.set_major_formatter("{x:,g}")
    axes.grid(visible=False, axis="y")
    axes.set(xlim=(left, right), ylim=(len(drawn) - 0.5, -0.5))


def _limits(drawn: Sequence[Row], thresholds: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """The limits of an axis with all networks and thresholds, and others that are no further away than these span."""
    others = [[*single(each).values()] for each in drawn]
    others += [cell.number for each in drawn for cell in each.controls.values()]
    others += [each.other_number for each in drawn if each.other_number is not None]
    every = (np.hstack(values) for values in ([*thresholds, *(each.number for each in drawn)], others))
    inside, more = (values[np.isfinite(values)] for values in every)
    low, high = (inside.min(), inside.max()) if len(inside) else (0.0, 1.0)
    near = more[(more >= 2 * low - high) & (more <= 2 * high - low)]
    low, high = min([low, *near]), max([high, *near])
    margin = 0.04 * (high - low) or 1.0
    return low - margin, high + margin


def draw_during(entries: Sequence[Row]) -> Figure:
    """Draws the share of networks that meet each claim over steps of training, with exact intervals for all at once."""
    drawn = sorted((each for each in entries if each.during), key=lambda each: not changes(each))
    changing, columns = sum(map(changes, drawn)), min(2, len(drawn))
    titles = [_wrapped(each.statement) for each in drawn]
    look: dict[str, Any] = {"columns": columns, "size": (6.8, 1.4 + 1.6 * -(-len(drawn) // columns))}
    with canvas(*titles, xlabel="", ylabel="", subplots={"sharey": True}, **look) as (figure, panels):
        figure.supylabel("share of networks that meet the claim")
        for axes, each in zip(panels, drawn, strict=True):
            _course(axes, each.during)
        for axes in panels[-columns:]:
            axes.set_xlabel("steps of training")
        networks = counted(max(each.seeds for each in drawn), "network")
        pairs = {bool(each.against) for each in drawn}
        names = {False: "Clopper-Pearson", True: "BCa bootstrap of pairs"}
        methods = [name for kind, name in names.items() if kind in pairs]
        found = {moment.verdict_at_once for each in drawn for moment in each.during.values()}
        handles = [
            *(_dots(f"share of {networks}: {name}", TINTS[name], SIGNS[name]) for name in VERDICTS if name in found),
            band_entry(f"95 % interval ({' or '.join(methods)}), for all steps at once", COLORS["b"]),
        ]
        legend(figure, *handles)
        first = " (drawn first)" if 0 < changing < len(drawn) else ""
        figure.suptitle(f"{changing} of {counted(len(drawn), 'verdict')} change in the course of training{first}")
    return figure


def _course(axes: Axes, during: Mapping[str, Cell]) -> None:
    """Draws the share of networks that meet a claim over steps, with the verdict at each."""
    steps, (shares, low, high) = [*map(int, during)], np.transpose([each.at_once for each in during.values()])
    axes.fill_between(steps, low, high, color=COLORS["b"], alpha=0.2, linewidth=0)
    axes.plot(steps, shares, color=COLORS["b"], linewidth=1)
    for step, share, moment in zip(steps, shares, during.values(), strict=True):
        verdict = moment.verdict_at_once
        axes.plot(step, share, SIGNS[verdict], color=TINTS[verdict], markersize=4.5)
    axes.set_title(axes.get_title(), fontsize=8.5)
    axes.set_ylim(-0.05, 1.05)
    axes.set_yticks([0, 0.5, 1], PERCENTS)
    axes.axhline(0.5, **HALF)
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.tick_params(labelsize=8)


def single(entry: Row) -> dict[str, float]:
    """The numbers of what is not a population, by the names in `SINGLE`."""
    every = entry.null if entry.published is None else {"published": entry.published, **entry.null}
    found = {name: each.value for name, each in every.items() if np.isfinite(each.value)}
    if COPY in found and np.isclose(found.get(CLIPPED, np.nan), found[COPY], rtol=0.1, atol=1e-6):
        del found[CLIPPED]  # It would hide the other mark.
    return found


def single_names(entries: Sequence[Row]) -> dict[str, str]:
    """The names of these numbers in a legend, of those that some entry has."""
    known = {name for each in entries for name in single(each)}
    answers = dict.fromkeys(each.null[COPY].answers for each in entries if COPY in each.null)
    copied = " or ".join("copy of the input" if each == INPUT else str(each) for each in answers)
    names = {"published": "published answers", COPY: copied, CLIPPED: f"{copied}, clipped to (-1, 1)"}
    return {name: names[name] for name in SINGLE if name in known}


def _wrapped(text: str, width: int = WIDTH, lines: int = 3) -> str:
    """So many lines at most, which do not begin with a percent sign."""
    return textwrap.fill(text.replace(" %", "\u00a0%"), width, max_lines=lines, placeholder=" …")


def _beside(axes: Axes, height: float, words: str, color: str) -> None:
    """Writes words to the right of a row."""
    words, where = plain(words.replace("%", " %")), axes.get_yaxis_transform()
    axes.text(1.04, height, words, color=color, fontsize=8, va="center", transform=where)


def _share(cell: Cell, of: str) -> str:
    return " ".join([*filter(None, (percent(cell.share.value), percents(cell.share))), f"of {of}"])


def _by_verdict(entries: Sequence[Row]) -> list[Row]:
    return sorted(entries, key=lambda entry: VERDICTS.index(entry.verdict))


def _of(entry: Row) -> str:
    return "pairs" if entry.against else str(entry.counted)


def _dots(label: str, color: str = GRAY, marker: str = "o") -> Line2D:
    return handle(label, color, linestyle="", marker=marker, markersize=4.5)


def _known(numbers: Float[np.ndarray, " S"]) -> Float[np.ndarray, " N"]:
    return numbers[~np.isnan(numbers)]
