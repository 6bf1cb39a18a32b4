"""The post, section by section: its tasks, the networks' answers, and whether its sentences hold."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import lstm_toys as lt

from ..post.claims import CLAIMS
from . import charts, figures
from .build import Made, prose
from .runs import FinishedRun

SECTIONS = prose("post")["section"]
"""In the order of the post: by name, the texts in `parts/post.toml`, the run and how it is drawn, and the claims."""

VERDICTS = {"supported": "It holds", "refuted": "It does not hold", "undecided": "It is not decided"}

LEVELS = {"depends": "depends on choices", "not tested": "too few choices judged"}
"""How verdicts stand other choices, where the level's name needs words; see `lstm-toys claims --specifications`."""


def make(runs: Mapping[str, FinishedRun]) -> Made | None:
    """Makes the sections whose run is finished, and the table of verdicts; None without either."""
    entries: Sequence[Any] = lt.claims.read(runs["claims"].run.checked("claims.json")) if "claims" in runs else []
    choices = json.loads(runs["choices"].run.checked("specifications.json").read_text()) if "choices" in runs else []
    used = {section["run"] for section in SECTIONS} & runs.keys()
    results = {name: lt.load_results(runs[name].run.checked("results.nc")) for name in used}
    levels = {each["id"]: each["level"] for each in choices}
    return made(results, entries, levels, runs) if results or entries else None


def made(
    results: Mapping[str, lt.Results],
    entries: Sequence[Any],
    levels: Mapping[str, str | None],
    runs: Mapping[str, FinishedRun],
) -> Made:
    """Makes the sections from results by run, and the table from entries of ``claims.json``.

    ``levels`` say by id how well verdicts stand other choices; they are empty if that is unknown.
    """
    sections = [
        {
            "section": section,
            "figure": figures.figure(section, results[section["run"]]),
            "about": about(runs[section["run"]]),
        }
        for section in SECTIONS
        if section["run"] in results
    ]
    titles = {name: section["title"] for section in SECTIONS for name in section["claims"]}
    claims = [{**claim(entry, levels.get(entry.id)), "title": titles[entry.id]} for entry in entries]
    replicated = [each for each in claims if each["level"] == "replicated"]
    return Made(
        {
            "sections": sections,
            "counts": Counter(each["verdict"] for each in claims),
            "replicated": Counter(each["verdict"] for each in replicated),
            "untrained": sum(each["verdict"] == "supported" and each["untrained"] for each in replicated),
            "learned": sum(each["verdict"] == "supported" and each["learned"] for each in claims),
            "seeds": entries[0].seeds if entries else 0,
            "claims": sorted(claims, key=lambda each: each["share"]),
            "command": runs["claims"].command if "claims" in runs else "",
        }
    )


def about(found: FinishedRun) -> dict[str, str]:
    """How networks were trained, and what came of it, by topic."""
    metrics = found.metrics
    learned = f"{metrics['converged']} of {metrics['seeds']} networks ({metrics['goal']})"
    diverged = f"; {len(seeds)} diverged" if (seeds := metrics["diverged_seeds"]) else ""
    return {"recipe": recipe(found.settings), "learned": learned + diverged, "command": found.command}


def recipe(settings: lt.Settings) -> str:
    """Describes how networks were trained, for readers who do not know the names of settings."""
    gates = f" with {settings.gates} gates" if settings.cell != "rnn" else ""
    cell = settings.cell.upper()
    layers = [f"one {cell} layer{gates} of {units} units" for units in settings.hidden]
    last = f"one {cell} layer{'' if layers else gates} whose units are the answer"
    network = ", then ".join([*layers, last if settings.readout == "cell" else "an affine map to the answer"])
    return f"{network}; {settings.optimizer}, learning rate {settings.learning_rate:g}, {settings.steps:,} steps"


def claim(entry: Any, level: str | None) -> dict[str, Any]:
    """Prepares a claim for the template; ``level`` says how well its verdict stands other choices, if that is known."""
    declared = next(each for each in CLAIMS.claims if each.id == entry.id)
    untrained = any(
        name == "untrained networks" and each.verdict == "supported" for name, each in entry.controls.items()
    )
    turns = entry.during is not None and entry.during.changes
    notes = [LEVELS.get(level, level)] if level else []
    notes += ["also for most untrained networks"] * (entry.verdict == "supported" and untrained)
    curves = dict.fromkeys(source.curves for source in declared.sources if source.population == "sine")
    kept = ("id", "statement", "origin", "statistic", "verdict", "meets", "share")
    return {
        **{name: getattr(entry, name) for name in kept},
        "words": lt.claims.sentences(entry),
        "verdict_words": VERDICTS[entry.verdict],
        "level": level,
        "learned": declared.learned,
        "untrained": untrained,
        "turns": turns,
        "notes": notes + ["↺ changes with training"] * turns,
        "drawing": charts.drawing(entry),
        "curves": [*curves],
    }
