"""Asks whether claims are met, and reports the verdicts. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.console import RenderableType

from lstm_toys import tables
from lstm_toys.files import read_json_list
from lstm_toys.output import counted, listed
from lstm_toys.runs.ask import Ask
from lstm_toys.runs.folder import Run
from lstm_toys.runs.identity import Identity, Settings
from lstm_toys.studies.claims import words
from lstm_toys.studies.claims.claim import Claim
from lstm_toys.studies.claims.declaration import NETWORKS, Claims
from lstm_toys.studies.training import ask as training


@dataclass(frozen=True)
class ClaimSettings(Identity):
    """The settings that verdicts depend on, in addition to the claims.

    Attributes:
        seeds: number of networks per population.
        variants: whether variants are also judged.
        only: ids of the claims to judge; empty for all.
        answers: populations with external answers, and the SHA-256 of each file.
    """

    seeds: int
    base_seed: int
    variants: bool
    only: tuple[str, ...]
    answers: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Question:
    """The claims to judge, and the populations that judge them.

    ``settings`` are of every population that the claims need, and ``answers`` are files of external answers, both by
    population; ``made_by`` says in Markdown how the networks were made.
    """

    declared: Claims
    claims: tuple[Claim, ...]
    made_by: str
    settings: Mapping[str, Settings]
    answers: Mapping[str, Path]


def ask(
    question: Question,
    settings: ClaimSettings,
    columns: Mapping[str, Mapping[str, Settings]],
    results_dir: Path,
    declared: str,
) -> Ask[ClaimSettings]:
    """Asks for verdicts on finished runs and external answers.

    ``columns`` are the settings of the networks by column and population, ``declared`` is the name of the module that
    declares the claims.
    """
    needs = {
        (column, name): training.ask(question.declared.populations[name][0], each, results_dir)
        for column, populations in columns.items()
        for name, each in populations.items()
    }
    study = "lstm_toys.studies.claims.study:ClaimStudy"
    return Ask(study, settings, results_dir, report, declared, subject=question, needs=needs)


def report(asked: Ask[ClaimSettings], run: Run, _: Mapping[str, Run]) -> Iterator[RenderableType]:
    """Yields the table of verdicts and shares, and remarks below it."""
    entries, metrics = read_json_list(run.checked("claims.json")), run.read_metrics()
    marks: dict[str, int] = {}
    rows = []
    for entry in entries:
        notes = ",".join(str(marks.setdefault(remark, len(marks) + 1)) for remark in entry["remarks"])
        share, interval = words.percent(entry["share"]), words.percents(entry["interval"]).strip("()")
        median = tables.number(entry["median"])
        rows.append((entry["id"], entry["verdict"], notes, share, interval, median, entry["meets"]))
    columns = ("claim", "verdict", "", "share>", "95 %>", "median>", "meets it")
    question: Question = asked.subject
    trained = f", in {counted(asked.settings.seeds, 'network')} each" if metrics["runs_seconds"] else ""
    title = f"{question.declared.title}{trained}"
    yield tables.table(title, columns, rows, box=None, padding=(0, 1, 0, 0), title_justify="left")
    yield from words.controls_table(entries)
    yield from (f"{mark}) {remark}" for remark, mark in marks.items())
    if nobody := [each["id"] for each in entries if not each["counted"]]:
        yield f"not judged, since every network diverged: {', '.join(nobody)}"
    yield from tables.few(min((each["counted"] for each in entries if each["counted"]), default=0))
    for name, path in question.answers.items():
        yield f"{name} is judged by the answers in {path}, without controls and variants"
    yield words.at_once(entries)
    yield words.resolution(words.RESOLUTIONS)
    for name in words.named(entries, "variants"):
        yield words.differing(
            name, {each["id"]: each["variants"][name] for each in entries if name in each["variants"]}
        )
    for entry in entries:
        if entry["published"]:
            yield f"{entry['id']}: {words.rank(entry, NETWORKS)} are below the published {words.number_of(entry)}"
        if turned := words.turns(entry):
            yield f"{entry['id']} is {entry['verdict']}, but {turned}"
    yield from words.reach(entries, question.declared.aspects)
    for entry in entries:
        if entry["diverged"]:
            treated = "left out" if entry["excluded"] else "counted as not meeting it"
            yield f"{entry['id']}: diverged and {treated}: seeds {listed(entry['diverged'])}"
        if entry["meaningless"]:
            yield f"{entry['id']}: {words.meaningless(entry)}"
    if spent := ", ".join(f"{seconds:,.0f} s for {column}" for column, seconds in metrics["runs_seconds"].items()):
        yield f"the runs took {spent}"
