"""Asks whether claims are met, and reports the verdicts. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import RenderableType

from lstm_toys import tables
from lstm_toys.files import read_json_list
from lstm_toys.output import counted, listed
from lstm_toys.runs.ask import Ask
from lstm_toys.runs.experiment import Experiment
from lstm_toys.runs.folder import Run
from lstm_toys.runs.identity import LATER, Identity, Settings
from lstm_toys.studies.claims.choices import COMBINATION
from lstm_toys.studies.claims.declaration import NETWORKS, Claim, Claims
from lstm_toys.studies.training import ask as training

RESOLUTIONS = (16, 64, 256)
"""Numbers of networks for which reports state the smallest share that they distinguish from one half."""

STYLE: dict[str, Any] = {"box": None, "padding": (0, 1, 0, 0), "title_justify": "left"}


@dataclass(frozen=True)
class ClaimSettings(Identity):
    """The settings that verdicts depend on, in addition to the claims.

    Attributes:
        specifications: whether claims are also judged under other choices.
        only: ids of the claims to judge; empty for all.
        answers: populations with external answers, and the SHA-256 of each file.
        flags: flags that all networks are trained with, in addition to those that the claims declare.
    """

    seeds: int
    base_seed: int
    variants: bool
    specifications: bool
    only: tuple[str, ...]
    answers: tuple[tuple[str, str], ...]
    flags: tuple[str, ...] = field(default=(), metadata=LATER)


@dataclass(frozen=True)
class Question:
    """The claims to judge, and by population the settings of networks or files of external answers that judge them.

    ``made_by`` says in Markdown how the networks were made.
    """

    declared: Claims
    claims: tuple[Claim, ...]
    made_by: str
    settings: Mapping[str, Settings]
    answers: Mapping[str, Path]

    def experiment(self, population: str) -> Experiment:
        return self.declared.populations[population][0]


def ask(
    question: Question,
    settings: ClaimSettings,
    columns: Mapping[str, Mapping[str, Settings]],
    results_dir: Path,
    declared: str,
) -> Ask[ClaimSettings]:
    """Asks for verdicts on finished runs and external answers; ``declared`` is the module that declares the claims."""
    needs = {
        (column, name): training.ask(question.experiment(name), each, results_dir)
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
        share, interval = percent(entry["share"]), percents(entry["interval"]).strip("()")
        median = tables.number(entry["median"])
        rows.append((entry["id"], entry["verdict"], notes, share, interval, median, entry["meets"]))
    columns = ("claim", "verdict", "", "share>", "95 %>", "median>", "meets it")
    question: Question = asked.subject
    trained = f", in {counted(asked.settings.seeds, 'network')} each" if metrics["runs_seconds"] else ""
    yield tables.table(f"{question.declared.title}{trained}", columns, rows, **STYLE)
    if controls := named(entries, "controls"):
        shares = [
            [each["id"], percent(each["share"]), *(_share(each["controls"].get(name)) for name in controls)]
            for each in entries
            if each["controls"]
        ]
        heads = ["claim", "networks>", *(f"{name}>" for name in controls)]
        yield tables.table("the share of controls that meet them", heads, shares, fold=True, **STYLE)
    yield from (f"{mark}) {remark}" for remark, mark in marks.items())
    if nobody := [each["id"] for each in entries if not each["counted"]]:
        yield f"not judged, since every network diverged: {', '.join(nobody)}"
    yield from tables.few(min((each["counted"] for each in entries if each["counted"]), default=0))
    if others := question.declared.unanswered:
        yield f"not judged, since they are about other networks as well: {', '.join(others)}"
    for name, path in question.answers.items():
        yield f"{name} is judged by the answers in {path}, without controls and variants"
    yield at_once(entries)
    yield resolution()
    for name in named(entries, "variants"):
        yield differing(name, {each["id"]: each["variants"][name] for each in entries if name in each["variants"]})
    for entry in entries:
        if entry["published"]:
            value = tables.number(entry["published"]["value"])
            yield f"{entry['id']}: {rank(entry, NETWORKS)} are below the published {value}"
        if turned := turns(entry):
            yield f"{entry['id']} is {entry['verdict']}, but {turned}"
    yield from reach(entries, question.declared.aspects)
    for entry in entries:
        if entry["diverged"]:
            treated = "left out" if entry["excluded"] else "counted as not meeting it"
            yield f"{entry['id']}: diverged and {treated}: seeds {listed(entry['diverged'])}"
        if entry["meaningless"]:
            yield f"{entry['id']}: {meaningless(entry)}"
    if asked.settings.specifications:
        yield "under other choices:"
        yield from (f"  {each['id']}: {specified(each)}" for each in read_json_list(run.checked("specifications.json")))
    if spent := ", ".join(f"{seconds:,.0f} s for {column}" for column, seconds in metrics["runs_seconds"].items()):
        yield f"the runs took {spent}"


def _share(control: dict[str, Any] | None) -> str:
    return "" if control is None else percent(control["share"])


def differing(name: str, variants: Mapping[str, dict[str, Any]]) -> str:
    """The claims whose share differs with a variant, in words; ``variants`` are its entries by claim."""
    compared = {claim: each for claim, each in variants.items() if each["difference"] is not None}
    if not compared:
        return f"with {name}: no comparison, since no network counts"
    if other := ", ".join(f"{claim} {points(each)}" for claim, each in compared.items() if differs(each)):
        return f"with {name} the share differs, in points of 100: {other}"
    return f"with {name} no share differs"


def rank(entry: dict[str, Any], column: str) -> str:
    """Counts, in words, the networks of a column with a lower number than the published one, and with the same."""
    below, equal, whole = entry["published"]["ranks"][column]
    return f"{below} of {counted(whole, 'network')}{f' ({equal} equal)' if equal else ''}"


def at_once(entries: Sequence[dict[str, Any]]) -> str:
    """Lists the verdicts that become undecided with simultaneous intervals for all claims."""
    fallen = [each["id"] for each in entries if each["simultaneous"]["verdict"] != each["verdict"]]
    intervals_of = f"with intervals for all {counted(len(entries), 'claim')} at once (Clopper-Pearson, Bonferroni)"
    return f"{intervals_of} {'undecided: ' + ', '.join(fallen) if fallen else 'every verdict stands'}"


def resolution() -> str:
    """States the smallest share that each of `RESOLUTIONS` distinguishes from one half."""
    from lstm_toys.statistics.intervals import decidable

    least = [f"{percent(decidable(each) / each)} of {each}" for each in RESOLUTIONS]
    return f"least share told from one half: {', '.join(least)} networks"


def turns(entry: dict[str, Any]) -> str:
    """Lists the variants that change the verdict, in words; empty if none does."""
    others: dict[str, list[str]] = {}
    for name, variant in entry["variants"].items():
        if variant["counted"] and variant["verdict"] != entry["verdict"]:
            others.setdefault(variant["verdict"], []).append(name)
    return "; ".join(f"{verdict} with {', '.join(names)}" for verdict, names in others.items())


def reach(entries: list[dict[str, Any]], aspects: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yields a line per aspect with the claims whose share differs in the variants that lack it; see `Claims`.

    A claim is about an aspect if its share is higher in all of these variants, or lower in all.
    """
    every = dict.fromkeys(name for names in aspects.values() for name in names)
    rest = [each["id"] for each in entries if {*every} <= {*each["variants"]}]
    for aspect, names in aspects.items():
        about, opposed, some = list[str](), list[str](), list[str]()
        for each in entries:
            if {*names} <= {*each["variants"]}:
                claim, changed = each["id"], [name for name in names if differs(each["variants"][name])]
                signs = {each["variants"][name]["difference"] > 0 for name in changed}
                if len(signs) > 1:
                    opposed.append(claim)
                elif changed and len(changed) == len(names):
                    about.append(claim)
                if changed and len(changed) < len(names):
                    some.append(f"{claim} ({', '.join(changed)})")
                if changed and claim in rest:
                    rest.remove(claim)
        if about:
            yield f"about {aspect}, since the share differs with {' and with '.join(names)}: {', '.join(about)}"
        if opposed:
            yield f"the share differs with {' and '.join(names)}, but in opposite directions: {', '.join(opposed)}"
        if some:
            yield f"perhaps about {aspect}, since the share differs with some: {', '.join(some)}"
    if aspects and rest:
        yield f"about none of these, since no share differs with {', '.join(every)}: {', '.join(rest)}"


def meaningless(entry: dict[str, Any]) -> str:
    """States for how many networks the number is undefined."""
    count = entry["meaningless"]
    return f"the number has no meaning for {count} network{'s' * (count > 1)}, counted as not meeting it"


def sized(entries: list[dict[str, Any]], name: str) -> str:
    """A variant's name, with its number of networks if that is unusual."""
    sizes = {each["variants"][name]["seeds"] for each in entries if name in each["variants"]}
    return name if sizes <= {each["seeds"] for each in entries} else f"{name} (of {max(sizes)})"


def numbers(interval: list[float | None] | None) -> str:
    """Formats an interval of numbers."""
    return "" if interval is None else f"({tables.number(interval[0])} to {tables.number(interval[1])})"


def specified(found: Mapping[str, Any]) -> str:
    """Says whether a verdict is robust, or on which kinds of choices it depends, and where it turns."""
    if found["robust"] is None:
        return "undecided" if found["verdict"] == "undecided" else "not judged: too few networks learned"
    if found["robust"]:
        return "robust"
    kept, of = found["combinations"]
    parts = [
        f"combinations (stays in {kept} of {of})" if kind == COMBINATION else f"{kind} ({'; '.join(names)})"
        for kind, names in found["depends"].items()
    ]
    return f"depends on {', '.join(parts)}"


def percent(share: float | None) -> str:
    """Formats a share."""
    return "–" if share is None else f"{share:.0%}"


def percents(interval: list[float] | None) -> str:
    """Formats an interval of shares."""
    return "" if interval is None else f"({100 * interval[0]:.0f}–{interval[1]:.0%})"


def points(variant: dict[str, Any]) -> str:
    """Formats a difference of shares in percentage points, with its interval."""
    if variant["difference"] is None:
        return "–"
    interval = variant["difference_interval"]
    ends = "" if interval is None else " ({:+.0f} to {:+.0f})".format(*(100 * end for end in interval))
    return f"{100 * variant['difference']:+.0f}{ends}"


def differs(variant: dict[str, Any]) -> bool:
    """Whether the interval of a variant's difference excludes 0."""
    interval = variant["difference_interval"]
    return interval is not None and not interval[0] <= 0 <= interval[1]


def named(entries: list[dict[str, Any]], kind: str) -> list[str]:
    """All names of controls, variants or models, each once."""
    return list(dict.fromkeys(name for each in entries for name in each[kind]))
