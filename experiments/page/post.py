"""The post, section by section: its tasks, the networks' answers, and whether its sentences hold."""

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


def make(runs: Mapping[str, FinishedRun]) -> PartContent | None:
    """Makes the sections whose run is finished, and the table of verdicts; None without either."""
    judged = runs["claims"].run.checked("claims.json") if "claims" in runs else None
    entries: Sequence[Any] = lt.claims.rows(lt.claims.read(judged)) if judged else []
    used = {section["run"] for section in SECTIONS} & runs.keys()
    results = {name: lt.load_results(runs[name].run.checked("results.nc")) for name in used}
    return lay_out(results, entries, runs) if results or entries else None


def lay_out(results: Mapping[str, lt.Results], entries: Sequence[Any], runs: Mapping[str, FinishedRun]) -> PartContent:
    """Makes the sections from results by run, and the table from the rows of claims."""
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
    claims = [{**claim(entry), "title": titles[entry.id]} for entry in entries]
    supported = [row for row in claims if row["verdict"] == "supported"]
    return PartContent(
        {
            "sections": sections,
            "counts": Counter(row["verdict"] for row in claims),
            "untrained": sum(row["untrained"] for row in supported),
            "learned": sum(row["learned"] for row in supported),
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


def claim(entry: Any) -> dict[str, Any]:
    """Prepares a claim for the template."""
    declared = next(candidate for candidate in CLAIMS.claims if candidate.id == entry.id)
    untrained = any(
        name == "untrained networks" and control.verdict == "supported" for name, control in entry.controls.items()
    )
    turns = len({moment.verdict_at_once for moment in entry.during.values()}) > 1
    notes = ["also for most untrained networks"] * (entry.verdict == "supported" and untrained)
    curves = dict.fromkeys(source.curves for source in declared.sources if source.population == "sine")
    return {
        **{name: getattr(entry, name) for name in ("id", "statement", "origin", "statistic", "verdict", "meets")},
        "share": entry.share.value,
        "words": lt.claims.sentences(entry),
        "verdict_words": VERDICTS[entry.verdict],
        "learned": declared.learned,
        "untrained": untrained,
        "turns": turns,
        "notes": notes + ["↺ changes with training"] * turns,
        "drawing": charts.drawing(entry),
        "curves": [*curves],
    }
