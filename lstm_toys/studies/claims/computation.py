"""Judges claims by finished runs and external answers."""

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import xarray as xr

from lstm_toys.execution.lowering import Digests, digest
from lstm_toys.figures import Drawing
from lstm_toys.files import read_json_list, replacing, write_json
from lstm_toys.markdown import escape
from lstm_toys.results import storage
from lstm_toys.runs.context import Failed, stopwatch
from lstm_toys.studies.claims import entries, evidence, figures, given, report, trial
from lstm_toys.studies.claims.claim import CLIPPED, COPY
from lstm_toys.studies.claims.declaration import NETWORKS
from lstm_toys.studies.claims.evidence import Evidence
from lstm_toys.studies.claims.settings import Question
from lstm_toys.studies.claims.verdicts import Unsound

if TYPE_CHECKING:
    from lstm_toys.studies.claims.study import ClaimStudy


def check(study: "ClaimStudy") -> None:
    """Raises Refused if a claim uses missing curves, external answers are to other curves, or a statistic fails."""
    question = study.question
    given.check_curves(question, given.read(question, study.settings))
    trial.check(question)


def judgment(study: "ClaimStudy") -> list[dict[str, Any]]:
    """Judges every claim by the runs that the study needs; returns the entries of ``claims.json``.

    Raises Failed if a statistic cannot be computed, and Refused if a file of external answers was changed meanwhile.
    """
    question = study.question
    every: dict[str, dict[str, xr.Dataset]] = {NETWORKS: dict(given.read(question, study.settings))}
    for column in dict.fromkeys(column for column, _ in study.needs):
        runs = {name: each.run for (where, name), each in study.needs.items() if where == column}
        results = {name: storage.load_results(each.checked("results.nc")) for name, each in runs.items()}
        every.setdefault(column, {}).update(results)
    return [*_judged(question, every)]


def digests(study: "ClaimStudy") -> Digests:
    """Digests of the verdicts, titles and runs; judges the claims, and raises what `judgment` raises."""
    declared = study.question.declared
    return {
        "verdicts": digest(json.dumps(study.judgment)),
        "words": digest(json.dumps([declared.title, declared.about, {**declared.aspects}])),
        "runs": digest([each.run.folder.name for each in study.needs.values()]),
    }


def execute(study: "ClaimStudy", seconds: dict[str, float]) -> dict[str, Any]:
    """Writes the verdicts as ``claims.json`` and ``claims.md``; see `Study.execute`."""
    question, run = study.question, study.run
    with stopwatch(seconds, "judge"):
        spent: dict[str, float] = {}
        for column in dict.fromkeys(column for column, _ in study.needs):
            runs = {each.run for (where, _), each in study.needs.items() if where == column}
            spent[column] = round(sum(sum(each.read_metrics()["seconds"].values()) for each in runs), 1)
        judged = study.judgment
        took = ", ".join(f"{seconds:,.0f} s ({escape(column)})" for column, seconds in spent.items())
        conditions = [question.made_by, *([f"Their runs took {took}."] if took else [])]
        declared = question.declared
        write_json(run.folder / "claims.json", judged)
        with replacing(run.folder / "claims.md") as temporary:
            table = report.markdown(judged, declared.title, " ".join(conditions), declared.aspects)
            temporary.write_text(table, encoding="utf-8")
    return {
        "experiment": run.name,
        "flags": run.settings.as_dict(),
        "verdicts": {each["id"]: each["verdict"] for each in judged},
        "runs_seconds": spent,
        "files": ["claims.json", "claims.md"],
    }


def _judged(question: Question, every: Mapping[str, Evidence]) -> Iterator[dict[str, Any]]:
    """Yields the entry of each claim; ``every`` maps columns to the results of their populations."""
    declared, networks = question.declared, every[NETWORKS]
    bounds = {COPY: float("inf"), CLIPPED: 1.0}
    nulls = {
        name: {population: evidence.copy(labeled, bound) for population, labeled in networks.items()}
        for name, bound in bounds.items()
    }
    published = given.published(question)
    for claim in question.claims:
        try:
            yield entries.entry(
                claim,
                networks,
                about=declared.about,
                published=published,
                nulls=nulls,
                controls={name: every[name] for name in declared.controls if name in every},
                variants={name: every[name] for name in declared.variants if name in every},
            )
        except Unsound as error:
            raise Failed(f"claim {claim.id}: {error}") from error


def draw(study: "ClaimStudy") -> Iterator[tuple[str, Drawing]]:
    """Draws the share of networks that meet each claim, the numbers of all networks, and the effect of variants."""
    judged = read_json_list(study.run.checked("claims.json"))
    yield "claims.png", figures.draw(judged)
    yield "numbers.png", figures.draw_numbers(judged)
    if any(each["variants"] for each in judged):
        yield "variants.png", figures.draw_variants(judged)
