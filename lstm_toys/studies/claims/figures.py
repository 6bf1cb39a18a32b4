"""Draws claims: shares of networks that meet them, numbers of networks, the course of training, and other choices."""

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lstm_toys.figures.style import COLORS, GRAY, band_entry, canvas, colors, laid_out, legend, plain, sheet
from lstm_toys.figures.style import entry as handle
from lstm_toys.output import counted
from lstm_toys.studies.claims.declaration import ANSWERS, CLIPPED, COPY, INPUT, VERDICTS
from lstm_toys.studies.claims.entries import Entry, Robustness
from lstm_toys.studies.claims.report import named, percent, percents
from lstm_toys.studies.claims.specifications import OPPOSITE

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

HALF: dict[str, Any] = {"color": GRAY, "linewidth": 0.9, "linestyle": "--"}

DOT: dict[str, Any] = {"marker": "o", "markersize": 4, "linestyle": "", "markeredgewidth": 0.8}
"""The style of a choice."""

LEVELS = "depends", "not tested", "not contradicted", "replicated"

COLUMNS = 3
"""Most panels in a row."""

QUOTED: dict[str, Any] = {"width": 72, "max_lines": 2, "placeholder": " …"}
"""How quotes are wrapped."""

STACKS = 60
"""Places along an axis where dots are stacked."""

BEYOND = 0.25
"""By how much of their range axes go beyond the networks, thresholds and single numbers, at each end."""

LOGARITHMIC = 30.0
"""Positive numbers that span more than this factor are drawn on a logarithmic axis."""


def draw(entries: Sequence[Entry]) -> dict[str, Figure]:
    """Draws the shares of networks that meet each claim, their numbers, and what training changes.

    Args:
        entries: the entries of claims, as `lt.claims.read` returns them.

    Returns:
        Figures by file name: ``claims.png``, ``numbers.png``, and ``during.png`` if claims were judged during training.

    Example:
        >>> figures = lt.claims.draw(lt.claims.read("results/claims/claims.json"))  # doctest: +SKIP
    """
    found = {"claims.png": draw_shares(entries), "numbers.png": draw_numbers(entries)}
    if any(each.during for each in entries):
        found["during.png"] = draw_during(entries)
    return found


def draw_shares(entries: Sequence[Entry]) -> Figure:
    """Draws the share of networks that meet each claim, with its interval: one row per claim, sorted by verdict."""
    ordered = sorted(entries, key=lambda entry: VERDICTS.index(entry.verdict))
    pairs = "; of pairs: bootstrap, or exact" if any(each.threshold.against for each in entries) else ""
    label = f"share of networks that meet the claim\n95 % interval: Wilson{pairs}"
    with canvas("", xlabel=label, ylabel="") as (figure, (axes,)):
        figure.set_size_inches(8.6, 1.8 + 0.46 * len(ordered))
        for row, entry in enumerate(ordered):
            style: dict[str, Any] = {"color": TINTS[entry.verdict], "clip_on": False}
            if entry.interval is not None:
                axes.plot(entry.interval, [row, row], linewidth=2, solid_capstyle="butt", **style)
            if not np.isnan(entry.share):
                axes.barh(row, entry.share, 0.5, color=TINTS[entry.verdict], alpha=0.2)
                axes.plot([entry.share], [row], SIGNS[entry.verdict], markersize=5, **style)
            words = plain(f"{percent(entry.share)} {percents(entry.interval)} of {_of(entry)}")
            axes.text(1.04, row, words, fontsize=8, va="center", transform=axes.get_yaxis_transform())
        quotes = [textwrap.fill(f"{each.id}: {each.statement}", **QUOTED) for each in ordered]
        axes.set_yticks(range(len(ordered)), map(plain, quotes), fontsize=7.5)
        axes.set_xticks([0, 0.5, 1], ["0%", "50%", "100%"])
        axes.set(xlim=(0, 1), ylim=(len(ordered) - 0.5, -0.5))
        axes.axvline(0.5, **HALF)
        counts = {name: sum(each.verdict == name for each in entries) for name in VERDICTS}
        numbers = {name: count for name, count in counts.items() if count or name not in ANSWERS.values()}
        figure.suptitle(f"{numbers['supported']} of {counted(len(entries), 'claim')} hold for most networks")
        legend(figure, [_dots(f"{name}: {number}", TINTS[name], SIGNS[name]) for name, number in numbers.items()])
    return figure


def draw_numbers(entries: Sequence[Entry]) -> Figure:
    """Draws the number of every network: one panel per claim."""
    shades = colors(named(each.controls for each in entries), CONTROLS)
    titles = [
        textwrap.fill(f"{each.statement}", **QUOTED | {"width": 52})
        + f"\n{each.id}: {each.verdict}, {percent(each.share)} of {_of(each)}"
        for each in entries
    ]
    with canvas(*titles, xlabel="", ylabel="", columns=min(COLUMNS, len(entries))) as (figure, panels):
        figure.set_size_inches(max(6.8, 3.3 * min(COLUMNS, len(entries))), 1.6 + 2.2 * -(-len(entries) // COLUMNS))
        for axes, entry in zip(panels, entries, strict=True):
            axes.title.set_fontsize(7.5)
            _numbers(axes, entry, shades)
        handles: list[Artist] = []
        if any(each.threshold.ends for each in entries):
            handles.append(band_entry("meets the claim", TINTS["supported"], alpha=0.13))
            handles.append(handle("threshold", "black", linewidth=1, linestyle="--"))
        handles += [
            _dots("one network each", COLORS["b"]),
            _dots("their median", COLORS["b"], "^"),
            *(_dots(name, color) for name, color in shades.items()),
            _dots("so many more beyond the edge", marker=">"),
        ]
        if any(each.threshold.against for each in entries):
            handles.append(_dots("networks that they are held against"))
        handles += [_dots(label, COLORS["k"], SINGLE[name]) for name, label in single_names(entries).items()]
        legend(figure, handles, columns=4)
    return figure


def _numbers(axes: Axes, entry: Entry, controls: dict[str, str]) -> None:
    """Draws numbers of networks, those of controls below them, and single ones above; counts those beyond the edge."""
    numbers, alone = _known(entry.per_seed), single(entry)
    others = [(controls[name], _known(population.per_seed)) for name, population in entry.controls.items()]
    if entry.against_per_seed is not None:
        others.append((GRAY, _known(entry.against_per_seed)))
    levels = entry.threshold.ends
    own = [*numbers, *levels] or [0.0]
    if min(own) > 0 and max(own) > LOGARITHMIC * min(own):
        axes.set_xscale("log")
        ends = min(own) / 3, max(own) * 3
        edges = np.geomspace(*ends, STACKS + 1)
    else:
        every = [*own, *alone.values()]
        every = every if np.ptp(every) else [*every, *(value for _, values in others for value in values)]
        span = BEYOND * (np.ptp(every) or 1.0)
        ends = min(every) - span, max(every) + span
        edges = np.linspace(*ends, STACKS + 1)
        axes.locator_params("x", nbins=5)
    for lane, (color, values) in enumerate([(COLORS["b"], numbers), *others]):
        style: dict[str, Any] = {"color": color, "linestyle": ""}
        bins = np.sort(np.digitize(values[(values > ends[0]) & (values < ends[1])], edges)) - 1
        heights = np.arange(len(bins)) - np.searchsorted(bins, bins)
        heights = -0.4 - 0.95 * lane + min(0.07, 0.8 / max([1, *heights])) * heights
        axes.plot((edges[bins] + edges[bins + 1]) / 2, heights, marker="o", markersize=2.8, markeredgewidth=0, **style)
        for end, marker, beyond, outward in ((0, "<", values < ends[0], -1), (1, ">", values > ends[1], 1)):
            if beyond.any():
                place = ends[end], -0.95 * lane
                axes.plot(*place, marker=marker, markersize=5, clip_on=False, **style)
                words: dict[str, Any] = {"ha": ("right", "left")[end], "va": "center", "fontsize": 7, "color": color}
                axes.annotate(str(beyond.sum()), place, (5 * outward, 0), textcoords="offset points", **words)
    for name, value in alone.items():
        axes.plot(np.clip(value, *ends), 1.05, SINGLE[name], color=COLORS["k"], markersize=7, clip_on=False)
    if np.isfinite(entry.median):
        axes.plot(entry.median, -0.56, "^", color=COLORS["b"], markersize=5)
    for level in levels:
        axes.axvline(level, color="black", linewidth=1, linestyle="--")
    if levels:
        axes.axvspan(*entry.threshold.within(*ends), color=TINTS["supported"], alpha=0.13, linewidth=0)
    axes.set(xlim=ends, ylim=(-0.7 - 0.95 * len(others), 1.6), yticks=[])
    axes.tick_params(axis="x", labelsize=7)
    axes.set_xlabel(plain(textwrap.fill(f"{entry.statistic}; {entry.meets}", 56)), fontsize=7)


def draw_during(entries: Sequence[Entry]) -> Figure:
    """Draws the share of networks that meet each claim over steps of training, with exact intervals for all at once."""
    drawn = [(each, each.during) for each in entries if each.during]
    turned = [each.id for each, during in drawn if len({*during.verdict}) > 1]
    columns = min(COLUMNS, len(drawn))
    with canvas(*(each.id for each, _ in drawn), xlabel="steps", ylabel="", columns=columns) as (figure, panels):
        figure.set_size_inches(max(6.8, 2.8 * columns), 1.5 + 1.9 * -(-len(drawn) // columns))
        for axes, (_, during) in zip(panels, drawn, strict=True):
            rows = zip(during.steps, during.share, during.interval, strict=True)
            known = [(step, share, *ends) for step, share, ends in rows if ends is not None]
            steps, share, low, high = np.reshape(known, (-1, 4)).T
            axes.fill_between(steps, low, high, color=COLORS["b"], alpha=0.2, linewidth=0)
            axes.plot(steps, share, color=COLORS["b"], marker="o", markersize=3)
            axes.set_ylim(-0.05, 1.05)
            axes.set_yticks([0, 0.5, 1], ["0%", "50%", "100%"])
            axes.axhline(0.5, **HALF)
            axes.xaxis.set_major_formatter("{x:,.0f}")
            axes.tick_params(labelsize=8)
        networks = counted(max(each.seeds for each, _ in drawn), "network")
        pairs = {each.threshold.against is not None for each, _ in drawn}
        methods = [name for kind, name in ((False, "Clopper-Pearson"), (True, "bootstrap of pairs")) if kind in pairs]
        handles = [
            handle(f"share of {networks}", COLORS["b"], marker="o", markersize=3),
            band_entry(f"95 % interval ({' or '.join(methods)}), for all steps at once", COLORS["b"]),
        ]
        legend(figure, handles)
        which = f": {', '.join(turned)}" if turned else ""
        title = f"{len(turned)} of {counted(len(drawn), 'verdict')} change in the course of training{which}"
        figure.suptitle(plain(textwrap.fill(title, 96, break_on_hyphens=False)))
    return figure


def draw_choices(others: Sequence[Robustness]) -> Figure:
    """Draws the shares under each choice: a row per claim, the most fragile first, and a column per kind of choice.

    ``others`` are entries of ``specifications.json`` with a level, at least one.
    """
    ordered = sorted(others, key=lambda each: (LEVELS.index(each.level), _margin(each)))
    columns = list(dict.fromkeys(kind for each in others for kind in each.ranges))
    numbers = {level: sum(each.level == level for each in others) for level in LEVELS}
    size, alike = (2.6 + 0.85 * len(columns), 1.8 + 0.27 * len(ordered)), {"sharey": True, "squeeze": False}
    with sheet(*size, columns=len(columns), **alike) as (figure, (panels,)):
        for axes, kind in zip(panels, columns, strict=True):
            laid_out(axes)
            axes.set_title(plain(textwrap.fill(kind, 12)), fontsize=8)
            for row, each in enumerate(ordered):
                _choices(axes, row, each, kind)
            axes.axvline(0.5, **HALF)
            for end in np.cumsum([*numbers.values()])[:-1]:
                axes.axhline(end - 0.5, color=GRAY, linewidth=0.8)
            axes.grid(visible=False, axis="y")
            axes.set(xlim=(-0.08, 1.08), ylim=(len(ordered) - 0.5, -0.5))
            axes.set_xticks([0, 0.5, 1], ["0", "", "100%"], fontsize=7.5)
        names = [f"{each.id} ({each.verdict}, {each.level})" for each in ordered]
        panels[0].set_yticks(range(len(ordered)), map(plain, names), fontsize=8)
        handles = [
            handle("share of the claim's own networks", "black", marker="|", markersize=9, linestyle=""),
            handle("another choice", COLORS["b"], **DOT),
            handle("undecided: its 95 % interval has 50 % inside", COLORS["b"], markerfacecolor="white", **DOT),
        ]
        if any(each.verdict == OPPOSITE[found.verdict] for found in others for each in found.judged):
            handles.append(handle("opposite verdict", COLORS["r"], **DOT))
        legend(figure, handles, columns=2)
        told = "; ".join(f"{number} {level}" for level, number in numbers.items() if number)
        title = f"{counted(len(others), 'verdict')} under other choices: {told}"
        figure.suptitle(f"{title}\nshare of networks that meet each claim, by kind of choice")
    return figure


def _choices(axes: Axes, row: int, found: Robustness, kind: str) -> None:
    """Draws the shares under the choices of a kind, from the claim's own share on."""
    if (ends := found.ranges.get(kind)) is None:
        return
    axes.hlines(row, min(found.share, *ends), max(found.share, *ends), color=GRAY, linewidth=0.8)
    axes.plot(found.share, row, "|", color="black", markersize=9)
    for each in found.judged:
        if each.kind == kind:
            color = COLORS["r" if each.verdict == OPPOSITE[found.verdict] else "b"]
            inside = "white" if each.verdict == "undecided" else color
            axes.plot(each.share, row, color=color, markerfacecolor=inside, **DOT)


def _margin(found: Robustness) -> float:
    """How far the share under the worst choice is on the side of the verdict, in units of a share; negative beyond."""
    sign = 1 if found.verdict == "supported" else -1
    return min(sign * (end - 0.5) for ends in found.ranges.values() for end in ends)


def single(entry: Entry) -> dict[str, float]:
    """The numbers of what is not a population, by the names in `SINGLE`."""
    every = entry.null if entry.published is None else {"published": entry.published, **entry.null}
    return {name: each.value for name, each in every.items() if np.isfinite(each.value)}


def single_names(entries: Sequence[Entry]) -> dict[str, str]:
    """The names of these numbers in a legend, of those that some entry has."""
    known = {name for each in entries for name in single(each)}
    answers = dict.fromkeys(each.null[COPY].answers for each in entries if COPY in each.null)
    copied = " or ".join("copy of the input" if each == INPUT else str(each) for each in answers)
    names = {"published": "the published network", COPY: copied, CLIPPED: f"{copied}, clipped to (-1, 1)"}
    return {name: names[name] for name in SINGLE if name in known}


def _of(entry: Entry) -> str:
    return "pairs" if entry.threshold.against else str(entry.counted)


def _dots(label: str, color: str = GRAY, marker: str = "o") -> Line2D:
    return handle(label, color, linestyle="", marker=marker, markersize=4.5)


def _known(numbers: Float[np.ndarray, " S"]) -> Float[np.ndarray, " N"]:
    return numbers[np.isfinite(numbers)]
