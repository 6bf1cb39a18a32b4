"""Figures of verdicts under other choices: specification curves, shares against losses, shares against thresholds."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lstm_toys.figures.style import COLORS, GRAY, canvas, entry, legend, plain

Entry = Mapping[str, Any]

COLUMNS = 3

ROW, FIRST = 0.13, -0.2
"""Height of a row of choices below the shares, and where the first one is, in units of a share."""

PUBLISHED = "k"
"""The color of the networks that the claims are about."""

PALE = 0.25
"""Opacity of specifications with which few networks learned."""


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


def _drawn(found: Entry) -> list[Entry]:
    return [each for each in found["trained"] if each["state"] in ("judged", "shown") and each["share"] is not None]


def shades(levels: Sequence[str]) -> dict[str, str]:
    """Colors of choices: a hue for each first word, such as an optimizer, lighter for each further choice with it."""
    hues: dict[str, list[str]] = {}
    for level in levels:
        hues.setdefault(level.split()[0], []).append(level)
    colors = {}
    for letter, own in zip("brgcy" * len(hues), hues.values(), strict=False):
        for number, level in enumerate(own):
            pale = 0.65 * number / max(1, len(own) - 1) if len(own) > 1 else 0.0
            red, green, blue = (pale + (1 - pale) * part for part in to_rgb(COLORS[letter]))
            colors[level] = to_hex((red, green, blue))
    return colors


def draw_curves(others: Sequence[Entry]) -> Figure:
    """Draws specification curves: the shares under all trainings in order, and below which choices they have."""
    levels: dict[str, list[str]] = {}
    for each in others:
        for one in _drawn(each):
            for kind, level in one["choices"].items():
                if level not in levels.setdefault(kind, []):
                    levels[kind].append(level)
    colors = {kind: shades(own) for kind, own in levels.items()}
    with _panels(others) as (figure, panels):
        for axes, each in zip(panels, others, strict=True):
            _curve(axes, each, colors)
        handles = [
            entry(f"{kind}: {level}", colors[kind][level], marker="s", markersize=4, linestyle="")
            for kind, own in levels.items()
            for level in own
        ]
        legend(figure, [*_marks(), *handles], columns=5)
        _title(figure, others)
    return figure


def _curve(axes: Axes, found: Entry, colors: Mapping[str, Mapping[str, Any]]) -> None:
    own = {"name": "", "choices": {}, "state": "judged", "share": found["share"], "interval": [found["share"]] * 2}
    every = sorted([own] * (own["share"] is not None) + _drawn(found), key=lambda each: (each["share"], each["name"]))
    for place, each in enumerate(every):
        alpha, color = (1.0 if each["state"] == "judged" else PALE), GRAY if each["name"] else COLORS[PUBLISHED]
        axes.plot([place, place], each["interval"], color=color, alpha=0.5 * alpha, linewidth=1)
        axes.plot(place, each["share"], "o" if each["name"] else "D", color=color, alpha=alpha, markersize=2.4)
        if not each["name"]:
            axes.axvline(place, color=COLORS[PUBLISHED], linewidth=0.6, alpha=0.5)
        for row, kind in enumerate(colors):
            if (level := each["choices"].get(kind)) is not None:
                axes.plot(place, FIRST - ROW * row, "s", color=colors[kind][level], alpha=alpha, markersize=2.6)
    rows = [FIRST - ROW * row for row in range(len(colors))]
    axes.set(ylim=(rows[-1] - ROW, 1.06), xlim=(-1, len(every)))
    axes.set_yticks([0, 0.5, 1, *rows], ["0%", "50%", "100%", *map(plain, colors)], fontsize=6.5)
    axes.set_xticks([])
    axes.axhline(0.5, color=GRAY, linewidth=0.9, linestyle="--")
    axes.grid(visible=False)


def draw_losses(others: Sequence[Entry]) -> Figure:
    """Draws shares against the median training loss: is it the choice, or only how far training went?"""
    kind = next(kind for each in others for one in each["trained"] for kind in one["choices"])
    names = list(dict.fromkeys(name for each in others for one in _drawn(each) if (name := _group(one, kind))))
    colors = dict(zip(names, [COLORS[letter] for letter in "brgcy"] * len(names), strict=False))
    with _panels(others) as (figure, panels):
        for axes, each in zip(panels, others, strict=True):
            known = [one for one in _drawn(each) if one["loss"]]
            for one in known:
                alpha = 0.6 if one["state"] == "judged" else PALE
                color = colors.get(_group(one, kind), GRAY)
                axes.plot(one["loss"], one["share"], "o", color=color, alpha=alpha, markersize=3)
            for name, color in colors.items():
                line = sorted((one["loss"], one["share"]) for one in known if _group(one, kind) == name)
                if len(line) > 1 and len(line) <= 4:
                    axes.plot(*zip(*line, strict=True), color=color, linewidth=1)
            axes.set_xscale("log")
            axes.set(ylim=(-0.05, 1.05))
            axes.axhline(0.5, color=GRAY, linewidth=0.9, linestyle="--")
            axes.set_yticks([0, 0.5, 1], ["0%", "50%", "100%"])
            axes.tick_params(labelsize=7)
        handles = [entry(f"{kind}: {name}", color, marker="o", markersize=3) for name, color in colors.items()]
        handles.append(entry("other choices", GRAY, marker="o", markersize=3, linestyle=""))
        legend(figure, handles, columns=5)
        figure.suptitle("The share of networks that meet a claim, by how far their training went")
    return figure


def _group(one: Entry, kind: str) -> str:
    """The first word of what a specification chooses of a kind; empty if it chooses nothing, or other kinds too."""
    return one["choices"][kind].split()[0] if [*one["choices"]] == [kind] else ""


def draw_thresholds(judged: Sequence[tuple[Entry, Entry]]) -> Figure:
    """Draws the share of networks that meet a claim against its threshold; with two, how its numbers are spread."""
    with _panels([each for _, each in judged]) as (figure, panels):
        for axes, (known, each) in zip(panels, judged, strict=True):
            numbers = np.sort([number for number in known["per_seed"] if number is not None])
            low, high = known["threshold"]["low"], known["threshold"]["high"]
            both = low is not None and high is not None
            others = [end for other in each["thresholds"] for end in (other["low"], other["high"]) if end is not None]
            shown = [*numbers, *others, *(end for end in (low, high) if end is not None)]
            shown += [value for value, _ in _single(known)]
            below = np.append(np.arange(len(numbers) + 1), len(numbers)) / known["counted"]
            share = below if low is None or both else below[-1] - np.append(below[0], below[:-1])
            upward = low is None or both
            axes.step([min(shown), *numbers, max(shown)], share, color=COLORS["b"], where="post" if upward else "pre")
            if both:
                axes.axvspan(low, high, color=COLORS[PUBLISHED], alpha=0.12, linewidth=0)
            for end in (low, high):
                if end is not None:
                    axes.axvline(end, color=COLORS[PUBLISHED], linewidth=1)
            for end in others:
                axes.axvline(end, color=COLORS[PUBLISHED], linewidth=0.7, linestyle=":")
            for value, color in _single(known):
                axes.axvline(value, color=color, linewidth=1.2, linestyle="--")
            axes.set(ylim=(-0.03, 1.03))
            axes.set_yticks([0, 0.5, 1], ["0%", "50%", "100%"])
            axes.set_xlabel(plain(textwrap.fill(known["statistic"], 44)), fontsize=6.5)
            axes.tick_params(labelsize=7)
        handles = [
            entry("networks (with two thresholds: share below)", COLORS["b"]),
            entry("threshold of the claim", COLORS[PUBLISHED]),
            entry("other thresholds", COLORS[PUBLISHED], linewidth=0.7, linestyle=":"),
            entry("the published answer", COLORS["r"], linestyle="--"),
            entry("a copy of the input", COLORS["g"], linestyle="--"),
        ]
        legend(figure, handles)
        figure.suptitle("What the verdicts would be with other thresholds")
    return figure


def _single(known: Entry) -> Iterator[tuple[float, str]]:
    if known["published"] is not None and known["published"]["value"] is not None:
        yield known["published"]["value"], COLORS["r"]
    if (copied := known["null"].get("copy")) is not None and copied["value"] is not None:
        yield copied["value"], COLORS["g"]


def _panels(others: Sequence[Entry]) -> Any:
    titles = [f"{each['id']}: {each['verdict']}" for each in others]
    return canvas(*titles, xlabel="", ylabel="", columns=min(COLUMNS, len(titles)))


def _marks() -> list[Line2D]:
    return [
        entry("the networks of the verdict", COLORS[PUBLISHED], marker="D", markersize=3, linestyle=""),
        entry("another training, 95 % interval (Wilson)", GRAY, marker="o", markersize=3),
    ]


def _title(figure: Figure, others: Sequence[Entry]) -> None:
    robust = sum(each["robust"] is True for each in others)
    figure.suptitle(f"{robust} of {len(others)} verdicts stay the same under every other choice")
