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

from lstm_toys.figures.style import COLORS, GRAY, band_entry, canvas, colors, legend, plain
from lstm_toys.figures.style import entry as handle
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

HALF: dict[str, Any] = {"color": GRAY, "linewidth": 0.9, "linestyle": "--"}

DRAWN: dict[str, Any] = {"color": "black", "marker": "o", "markersize": 4, "fillstyle": "none", "linestyle": ""}
"""The look of shares of networks of new recipes."""

COLUMNS = 3
"""Most panels in a row."""

WIDTH = 66
"""Characters in a line of a statement."""

FAR = 100.0
"""Standard deviations from a threshold beyond which numbers are drawn at the edge."""

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
    with canvas("", xlabel=label, ylabel="") as (figure, (axes,)):
        names = [_wrapped(each.statement) for each in ordered]
        figure.set_size_inches(8.6, 1.8 + 0.16 * sum(2 + name.count("\n") for name in names))
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
        axes.set_yticks(range(len(ordered)), map(plain, names), fontsize=7.5)
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
    """Draws how far the number of every network is on the right side of its threshold: one row per claim.

    Where a claim compares two populations, the median of the other one stands for a threshold. What all claims measure
    stands at the axis, else in the rows.
    """
    ordered = _by_verdict(entries)
    shades = colors(named(each.controls for each in entries), CONTROLS)
    label, measured = "distance from the threshold, in standard deviations (SD) of the networks", ""
    if len(entries) > 1 and len({each.statistic for each in entries}) == 1:
        measured = entries[0].statistic
        label = f"{_wrapped(measured)}:\n{label}"
    with canvas("", xlabel=label, ylabel="") as (figure, (axes,)):
        figure.set_size_inches(9.4, 2.2 + 0.5 * len(ordered))
        axes.set_xscale("symlog", linthresh=1)
        for row, entry in enumerate(ordered):
            _numbers(axes, row, entry, shades)
            _beside(axes, row, f"{percent(entry.share.value)} of {_of(entry)}", TINTS[entry.verdict])
        axes.axvspan(0, 1.3 * FAR, color=TINTS["supported"], alpha=0.1, linewidth=0)
        axes.axvline(0, color="black", linewidth=1, linestyle="--")
        judged = (each.meets if measured else f"{each.meets}: {each.statistic}" for each in ordered)
        names = [
            f"{_wrapped(each.statement)}\n{_wrapped(words, lines=1)}"
            for each, words in zip(ordered, judged, strict=True)
        ]
        axes.set_yticks(range(len(ordered)), map(plain, names), fontsize=8)
        ends = [10.0**power for power in range(int(np.log10(FAR)) + 1)]
        ticks = [*(-end for end in reversed(ends)), 0, *ends]
        axes.set_xticks(ticks, [plain(f"{tick:g}") for tick in ticks])
        axes.set(xlim=(-1.3 * FAR, 1.3 * FAR), ylim=(len(ordered) - 0.5, -0.5))
        agree = sum(max(each.share.value, 1 - each.share.value) >= AGREE for each in entries)
        figure.suptitle(
            f"On {agree} of {counted(len(entries), 'claim')}, at least {100 * AGREE:g} % of networks "
            "are on the same side of the threshold"
        )
        handles: list[Artist] = [
            _dots("one network each", COLORS["b"]),
            *(_dots(name, color) for name, color in shades.items()),
            band_entry("meets the claim", TINTS["supported"], alpha=0.13),
            handle(f"threshold (at the edges: beyond {FAR:g} SD)", "black", linewidth=1, linestyle="--"),
        ]
        if any(each.against for each in entries):
            handles.append(_dots("networks compared with, whose median is the threshold"))
        handles += [_dots(label, COLORS["k"], SINGLE[name]) for name, label in single_names(entries).items()]
        legend(figure, *handles)
    return figure


def _numbers(axes: Axes, row: int, entry: Row, controls: dict[str, str]) -> None:
    """Draws a row: the networks above, controls below them, and single numbers on the line."""
    numbers = _known(entry.number)
    others = [(controls[name], _known(population.number)) for name, population in entry.controls.items()]
    low, high = entry.low, entry.high
    if entry.other_number is not None:
        others.append((GRAY, _known(entry.other_number)))
        low = np.median(others[-1][1]) if len(others[-1][1]) else np.nan
    finite = numbers[np.isfinite(numbers)]
    spread = max(np.std(finite, ddof=1) if len(finite) > 1 else 0.0, 1e-12)

    def distances(values: Any) -> Any:
        with np.errstate(invalid="ignore"):  # An infinite number has no distance from an end that there is not.
            return np.clip(np.fmin(values - low, high - values) / spread, -FAR, FAR)

    dots: dict[str, Any] = {"marker": "o", "linestyle": "", "markeredgewidth": 0}
    for lane, (color, values) in enumerate([(COLORS["b"], numbers), *others]):
        # Neighbors lie on three lines, so that they are told apart.
        first, apart = (-0.26, 0.09) if not lane else (0.1 + 0.3 * (lane - 1) / len(others), 0.0)
        heights = row + first + apart * (np.arange(len(values)) % 3)
        size, alpha = (2.6, 0.9) if not lane else (2.2, 0.5)
        axes.plot(distances(np.sort(values)), heights, color=color, markersize=size, alpha=alpha, **dots)
    for name, value in single(entry).items():
        axes.plot(distances(value), row, SINGLE[name], color=COLORS["k"], markersize=5)


def draw_during(entries: Sequence[Row]) -> Figure:
    """Draws the share of networks that meet each claim over steps of training, with exact intervals for all at once."""
    drawn = sorted((each for each in entries if each.during), key=lambda each: not changes(each))
    changing, columns = sum(map(changes, drawn)), min(COLUMNS, len(drawn))
    titles = [_wrapped(each.statement, 40) for each in drawn]
    with canvas(*titles, xlabel="steps", ylabel="", columns=columns) as (figure, panels):
        figure.set_size_inches(max(6.8, 3.2 * columns), 1.5 + 2.1 * -(-len(drawn) // columns))
        for axes, each in zip(panels, drawn, strict=True):
            _course(axes, each.during)
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


def _wrapped(text: str, width: int = WIDTH, lines: int = 2) -> str:
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
