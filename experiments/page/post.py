"""The post, section by section: its tasks, the networks' answers, and whether its sentences hold."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import lstm_toys as lt

from ..post.claims import CLAIMS
from . import charts, figures
from .build import PartContent, prose
from .runs import FinishedRun

SECTIONS = prose("post")["section"]
"""In the order of the post: by name, the texts in `parts/post.toml`, the run and how it is drawn, and the claims."""

VERDICTS = {"supported": "It holds", "refuted": "It does not hold", "undecided": "It is not decided"}

LEVELS = {"depends": "depends on choices", "not tested": "too few choices judged"}
"""Words for levels of robustness whose names do not say enough; see `lstm-toys claims --specifications`."""


def make(runs: Mapping[str, FinishedRun]) -> PartContent | None:
    """Makes the sections whose run is finished, and the table of verdicts; None without either."""
    entries: Sequence[Any] = lt.claims.read(runs["claims"].run.checked("claims.json")) if "claims" in runs else []
    choices = json.loads(runs["choices"].run.checked("specifications.json").read_text()) if "choices" in runs else []
    used = {section["run"] for section in SECTIONS} & runs.keys()
    results = {name: lt.load_results(runs[name].run.checked("results.nc")) for name in used}
    levels = {choice["id"]: choice["level"] for choice in choices}
    return lay_out(results, entries, levels, runs) if results or entries else None


def lay_out(
    results: Mapping[str, lt.Results],
    entries: Sequence[Any],
    levels: Mapping[str, str | None],
    runs: Mapping[str, FinishedRun],
) -> PartContent:
    """Makes the sections from results by run, and the table from entries of ``claims.json``.

    ``levels`` say by id how robust verdicts are to other choices; they are empty if that is unknown.
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
    replicated = [row for row in claims if row["level"] == "replicated"]
    return PartContent(
        {
            "sections": sections,
            "counts": Counter(row["verdict"] for row in claims),
            "replicated": Counter(row["verdict"] for row in replicated),
            "untrained": sum(row["verdict"] == "supported" and row["untrained"] for row in replicated),
            "learned": sum(row["verdict"] == "supported" and row["learned"] for row in claims),
            "seeds": entries[0].seeds if entries else 0,
            "claims": sorted(claims, key=lambda row: row["share"]),
            "command": runs["claims"].command if "claims" in runs else "",
        }
    )


def about(training: FinishedRun) -> dict[str, str]:
    """By topic, how networks were trained, how many learned, and the command."""
    metrics = training.metrics
    learned = f"{metrics['converged']} of {metrics['seeds']} networks ({metrics['goal']})"
    diverged = f"; {len(seeds)} diverged" if (seeds := metrics["diverged_seeds"]) else ""
    return {"recipe": recipe(training.settings), "learned": learned + diverged, "command": training.command}


def recipe(settings: lt.Settings) -> str:
    """Describes how networks were trained, for readers who do not know the names of settings."""
    gates = f" with {settings.gates} gates" if settings.cell != "rnn" else ""
    cell = settings.cell.upper()
    layers = [f"one {cell} layer{gates} of {units} units" for units in settings.hidden]
    last = f"one {cell} layer{'' if layers else gates} whose units are the answer"
    network = ", then ".join([*layers, last if settings.readout == "cell" else "an affine map to the answer"])
    return f"{network}; {settings.optimizer}, learning rate {settings.learning_rate:g}, {settings.steps:,} steps"


def claim(entry: Any, level: str | None) -> dict[str, Any]:
    """Prepares a claim for the template; ``level`` says how robust its verdict is to other choices, if known."""
    declared = next(candidate for candidate in CLAIMS.claims if candidate.id == entry.id)
    untrained = any(
        name == "untrained networks" and control.verdict == "supported" for name, control in entry.controls.items()
    )
    turns = entry.during is not None and entry.during.changes
    notes = [LEVELS.get(level, level)] if level else []
    notes += ["also for most untrained networks"] * (entry.verdict == "supported" and untrained)
    curves = dict.fromkeys(source.curves for source in declared.sources if source.population == "sine")
    fields = ("id", "statement", "origin", "statistic", "verdict", "meets", "share")
    return {
        **{name: getattr(entry, name) for name in fields},
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
