"""The post, section by section: its tasks, the networks' answers, and whether its sentences hold."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lstm_toys import tables
from lstm_toys.files import read_json_list
from lstm_toys.networks.cells import CELLS
from lstm_toys.runs.identity import Settings
from lstm_toys.studies.claims import ask as report
from lstm_toys.studies.claims.declaration import NETWORKS

from ...post.claims import CLAIMS
from .. import charts
from ..part import Made, Part
from ..runs import FinishedRun


@dataclass(frozen=True)
class Section:
    """A section of the post.

    Attributes:
        id: its name in the page's address.
        run: its name in `experiments.page.runs.COMMANDS`.
        figure: file of a figure of that run.
        shows: alternative text of the figure.
        asked: the task of the networks.
        see: what to look at.
        claims: ids of the claims of the section.
    """

    id: str
    title: str
    run: str
    figure: str
    shows: str
    asked: str
    see: str
    claims: tuple[str, ...]


SECTIONS = (
    Section(
        "line",
        "A line",
        "line",
        "line.png",
        "The line and the answers of all networks over the plane of x and y.",
        "One layer of two LSTM units is shown the points (x, y) of one line, from left to right, and is to return each "
        "of them. The two units are the answer.",
        "Dots are one network, the band holds 5–95 % of all. At the left end the networks are still on their way: each "
        "starts from a state of zero and has to find the line first.",
        ("line-one-layer",),
    ),
    Section(
        "hill",
        "A hill",
        "hill",
        "hill_plane.png",
        "The hill and the answers of all networks over the plane of x and y.",
        "The same with half a sine wave instead of a line, and a second layer below the two units, as the post has it. "
        "The first sentence below is about networks without that layer.",
        "The first sentence below would hold if networks of one layer stayed far from the hill, by at least 0.02.",
        ("hill-second-layer", "identity"),
    ),
    Section(
        "hill-from-y",
        "The hill from y alone",
        "hill_y",
        "hill.png",
        "The hill over x, and the answers of all networks that are shown y alone.",
        "The same hill, but networks are shown y alone and do not know where along x they are.",
        "How fast they learn is what the sentence is about: below, the steps of these networks beside those of "
        "networks that see x too.",
        ("hill-y-longer",),
    ),
    Section(
        "sine",
        "A sine",
        "sine",
        "sine.png",
        "The sine and the answers of all networks.",
        "One sine, 0.3 + 0.3 sin(10 x), from its y alone. All that follows, and the playground above, asks these "
        "networks about curves that they never saw.",
        "The post's own picture of this answer shows what these networks answer after about 500 of their 1,500 steps; "
        "its other pictures are later ones. What all this is worth beyond the curve is what the rest is about.",
        ("sine-learned", "temporal-dependency"),
    ),
    Section(
        "lines",
        "The sine's networks are shown lines",
        "sine",
        "not_identity.png",
        "Five lines with intercept, and the answers of all networks to each.",
        "What do networks that know one sine make of a straight line? The slopes of these are from 0.1 to 1.2, and "
        "each begins as high as it is steep.",
        "Follow one color: the dashed line, where it lies within the picture, is what was shown, the band what 5–95 % "
        "of the networks answer. An identity would lie on the dashed line; an LSTM unit cannot answer beyond 1.",
        ("lines-sine-phase", "lines-same-factor", "lines-nonlinear"),
    ),
    Section(
        "amplitudes",
        "Other amplitudes",
        "sine",
        "sines_with_comp.png",
        "Six sines of other amplitudes, and the answers of all networks to each.",
        "The same sine, smaller and larger: A + A sin(10 x) for A from 0.1 to 1.",
        "The valley is at the middle, near x = 0.47. Compare how far the peaks of the answers are apart with how far "
        "their valleys are.",
        ("learned-between", "valley-amplitude"),
    ),
    Section(
        "phases",
        "Other phases",
        "sine",
        "phase_displacement.png",
        "Six sines of other amplitudes and phases, and the answers of all networks to each.",
        "The same six, each shifted to the left by another phase: A + A sin(10 x + φ), φ from 0.1 to 1.5.",
        "Does the valley go where that of the input goes, and is it as deep for all?",
        ("valley-phase",),
    ),
    Section(
        "frequencies",
        "Other frequencies",
        "sine",
        "frequency.png",
        "Six sines of other amplitudes and frequencies, and the answers of all networks to each.",
        "Amplitude and frequency together: A + A sin(ω x), ω from 10 to 60.",
        "Count the waves, and then look at their heights.",
        ("frequency-first-part", "frequency-copied", "only-amplitude-wrong"),
    ),
    Section(
        "amplitude",
        "The amplitude of a sine, read off",
        "amplitude",
        "amplitude_range.png",
        "The amplitude that networks tell over the true one.",
        "Networks see a whole sine and tell its amplitude once, at the end. They learn from amplitudes below 0.5.",
        "The straight line is the truth. Right of the yellow area nothing was learned from.",
        ("amplitude-inside", "amplitude-diverges-from", "amplitude-diverges"),
    ),
    Section(
        "slope-and-intercept",
        "Slope and intercept of a line, read off",
        "slope_intercept",
        "plane.png",
        "The error of slope and intercept over the plane of both.",
        "The same for lines: slope and intercept, learned from lines with both between 0 and 1.",
        "Within the square the networks have learned; what is beyond it is answered by them for the first time.",
        ("slope-inside", "slope-negative", "slope-large"),
    ),
)
"""In the order of the post."""

WORDS = {
    "supported": "It holds",
    "refuted": "It does not hold",
    "undecided": "It is not decided",
}
"""Verdicts."""


def make(runs: Mapping[str, FinishedRun]) -> Made | None:
    """Makes the sections whose run is finished, with the verdicts on their claims."""
    entries = read_json_list(runs["claims"].run.checked("claims.json")) if "claims" in runs else []
    figures = {each.id: figure(runs[each.run], each.figure) for each in SECTIONS if each.run in runs}
    return made(figures, entries, runs)


def made(figures: Mapping[str, str], entries: list[dict[str, Any]], runs: Mapping[str, FinishedRun]) -> Made | None:
    """Makes the sections from figures, as data URLs by section, and entries of ``claims.json``."""
    judged = {entry["id"]: entry for entry in entries}
    sections = [
        {
            "section": section,
            "figure": figures[section.id],
            "about": dict(about(runs[section.run])),
            "claims": [claim(judged[name]) for name in section.claims if name in judged],
        }
        for section in SECTIONS
        if section.id in figures
    ]
    if not sections:
        return None
    failed = [(entry["id"], entry["quote"]) for entry in entries if entry["verdict"] == "refuted"]
    counts = {word: sum(entry["verdict"] == verdict for entry in entries) for verdict, word in WORDS.items()}
    seeds = entries[0]["seeds"] if entries else 0
    command = runs["claims"].command if "claims" in runs else ""
    return Made(
        {
            "sections": sections,
            "counts": counts,
            "seeds": seeds,
            "judged": len(entries),
            "failed": failed,
            "command": command,
        }
    )


def figure(found: FinishedRun, name: str) -> str:
    """A figure of a run, as a data URL."""
    encoded = base64.b64encode((found.run.folder / name).read_bytes()).decode()
    return f"data:image/png;base64,{encoded}"


def about(found: FinishedRun) -> Iterator[tuple[str, str]]:
    """Yields topic and text: how networks were trained, and what came of it."""
    metrics, taken = found.metrics, sum(found.metrics["seconds"].values())
    yield "recipe", recipe(found.settings)
    learned = f"{metrics['converged']} of {metrics['seeds']} networks ({metrics['goal']})"
    diverged = len(metrics["diverged_seeds"])
    yield "learned", learned + (f"; {diverged} diverged" if diverged else "")
    yield "command", found.command
    versions = metrics["fingerprint"]
    packages = ", ".join(f"{name} {versions[name]}" for name in ("lstm_toys", "jax", "optax"))
    yield "took", f"{taken:.0f} s on {versions['processor'].split(',')[0]}, with {packages}"


def recipe(settings: Settings) -> str:
    """Describes how networks were trained, for readers who do not know the names of settings."""
    gates = f" with {settings.gates} gates" if CELLS[settings.cell].gated else ""
    cell = settings.cell.upper()
    layers = [f"one {cell} layer{gates} of {units} units" for units in settings.hidden]
    last = f"one {cell} layer{'' if layers else gates} whose units are the answer"
    network = ", then ".join([*layers, last if settings.readout == "cell" else "an affine map to the answer"])
    return f"{network}; {settings.optimizer}, learning rate {settings.learning_rate:g}, {settings.steps:,} steps"


def claim(entry: dict[str, Any]) -> dict[str, Any]:
    """Prepares a claim for the template."""
    declared = next(each for each in CLAIMS.claims if each.id == entry["id"])
    curves = dict.fromkeys(source.curves for source in declared.sources if source.population == "sine")
    return {
        **{name: entry[name] for name in ("id", "quote", "statistic", "verdict", "meets")},
        "words": [*sentences(entry)],
        "verdict_words": WORDS[entry["verdict"]] + (", but not of these networks alone" if shared(entry) else ""),
        "drawing": charts.drawing(entry),
        "curves": [*curves],
    }


def shared(entry: dict[str, Any]) -> bool:
    """Whether a supported claim is also met by models that learned nothing, or something else."""
    nulls = [null["meets"] for null in entry["null"].values()]
    controls = [control["verdict"] == "supported" for control in entry["controls"].values()]
    copied = any(nulls) and not any("to be learned" in remark for remark in entry["remarks"])
    return entry["verdict"] == "supported" and (copied or any(controls))


def sentences(entry: dict[str, Any]) -> Iterator[str]:
    """Yields what came of a claim, sentence by sentence."""
    share = report.percent(entry["share"]) + _labeled(report.percents(entry["interval"]), "95 % interval")
    if entry["threshold"]["against"] is None:
        met = round(entry["share"] * entry["counted"])
        yield f"{met} of {entry['counted']} networks meet it: {share}."
    else:
        yield (
            f"In {share} of all pairs the number of one of these networks is above that of one of "
            f"{entry['threshold']['against']}."
        )
    spread = _labeled(report.numbers(entry["median_interval"]), "95 % bootstrap interval")
    yield f"The median is {tables.number(entry['median'])}{spread}."
    if entry["published"]:
        meets = "meets it" if entry["published"]["meets"] else "does not meet it"
        value = tables.number(entry["published"]["value"])
        yield f"The post's own network has {value} and {meets}; {report.rank(entry, NETWORKS)} are below it."
    yield from (f"{remark[0].upper()}{remark[1:]}." for remark in entry["remarks"])
    if turned := report.turns(entry):
        yield f"Among other networks the verdict turns: {turned}."


def _labeled(interval: str, label: str) -> str:
    """An interval in parentheses, with its label; empty if there is no interval."""
    return interval and f" ({label} {interval.strip('()')})"


PART = Part("post", make, script=True)
