"""Tests claims on finished runs and external answers."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from lstm_toys.execution.lowering import Digests, digest
from lstm_toys.figures import Drawing
from lstm_toys.files import read_json_list, replacing, write_json
from lstm_toys.markdown import escape
from lstm_toys.results import storage, summary
from lstm_toys.runs.context import Failed, Refused, stopwatch
from lstm_toys.runs.identity import Settings
from lstm_toys.runs.study import Study
from lstm_toys.studies.claims import entries, evidence, figures, given, report, trial
from lstm_toys.studies.claims.claim import CLIPPED, COPY
from lstm_toys.studies.claims.declaration import DURING, NETWORKS
from lstm_toys.studies.claims.evidence import Evidence
from lstm_toys.studies.claims.kept import Kept
from lstm_toys.studies.claims.settings import Question
from lstm_toys.studies.claims.verdicts import Unsound

if TYPE_CHECKING:
    from lstm_toys.studies.claims.study import ClaimStudy


def check(study: "ClaimStudy") -> None:
    """Raises Refused if a claim needs missing curves, external answers are for other curves, or a statistic fails."""
    question = study.question
    given.check_curves(question, given.read(question, study.settings))
    trial.check(question)
    for column in dict.fromkeys(column for column, _ in study.needs):
        settings = {name: each.settings for name, each in _needs(study, column).items()}
        if any(each.timesteps != question.settings[name].timesteps for name, each in settings.items()):
            try:
                trial.check(replace(question, settings=settings))
            except Refused as error:
                raise Refused(f"{column}: {error}") from None


def judgment(study: "ClaimStudy") -> list[dict[str, Any]]:
    """Tests every claim on the runs that the study needs; returns the entries of ``claims.json``.

    Raises Failed if a statistic cannot be computed, and Refused if a file of external answers has changed.
    """
    question = study.question
    networks = {**given.read(question, study.settings), **_results(study, NETWORKS)}
    variants = {name: _variant(study, name, networks) for name in question.declared.variants if _needs(study, name)}
    controls = {name: _results(study, name) for name in question.declared.controls if _needs(study, name)}
    judged = [*_judged(question, networks, controls, variants, _during(study))]
    differences = sum(len(each.variants) for each in judged)
    return [entries.entry(each, question.declared.about, len(judged), differences) for each in judged]


def _needs(study: "ClaimStudy", column: str) -> dict[str, Study[Settings]]:
    """The runs of a column, by population."""
    return {name: each for (where, name), each in study.needs.items() if where == column}


def _results(study: "ClaimStudy", column: str) -> dict[str, xr.Dataset]:
    """The results of a column by population, with the variable ``learned``: which networks meet the goal at the end."""
    found = {}
    for name, each in _needs(study, column).items():
        results = storage.load_results(each.run.checked("results.nc"))
        learned = np.isfinite(summary.steps_to_goal(results, study.experiment(name).goal))
        found[name] = results.assign(learned=("seed", learned))
    return found


def _variant(study: "ClaimStudy", column: str, networks: Evidence) -> entries.Column:
    counted = study.question.declared.variant(column).networks
    if counted != "equal loss":
        return entries.Column(_results(study, column), counted)
    found = {}
    for name, each in _needs(study, column).items():
        final = networks[name].train_loss.isel(step=-1, seed=~networks[name].diverged.values)
        found[name] = Kept(study.experiment(name), each.run).at_loss(float(final.median()))
    return entries.Column(found, counted)


def _during(study: "ClaimStudy") -> dict[int, dict[str, xr.Dataset]]:
    """The results of populations during training, by number of steps and population."""
    during: dict[int, dict[str, xr.Dataset]] = {}
    for name, each in _needs(study, DURING).items():
        kept = Kept(study.experiment(name), each.run)
        for steps in kept.steps:
            during.setdefault(steps, {})[name] = kept.after(steps)
    return dict(sorted(during.items()))


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
        spent, judged = _spent(study), study.judgment
        took = ", ".join(f"{seconds:,.0f} s ({escape(column)})" for column, seconds in spent.items())
        conditions = [question.made_by, *([f"Their runs took {took}."] if took else [])]
        declared = question.declared
        write_json(run.folder / "claims.json", judged)
        with replacing(run.folder / "claims.md") as temporary:
            counting = {name: declared.variant(name).networks for name in declared.variants}
            table = report.markdown(judged, declared.title, " ".join(conditions), declared.aspects, counting)
            temporary.write_text(table, encoding="utf-8")
    return {
        "experiment": run.name,
        "flags": run.settings.as_dict(),
        "verdicts": {each["id"]: each["verdict"] for each in judged},
        "runs_seconds": spent,
        "files": ["claims.json", "claims.md"],
    }


def _spent(study: "ClaimStudy") -> dict[str, float]:
    """The seconds that the runs of each column took; a run counts only in its first column."""
    columns = {each.run: column for (column, _), each in reversed([*study.needs.items()])}
    spent = dict.fromkeys((column for column, _ in study.needs if column in columns.values()), 0.0)
    for run, column in columns.items():
        spent[column] += sum(run.read_metrics()["seconds"].values())
    return {column: round(seconds, 1) for column, seconds in spent.items()}


def _judged(
    question: Question,
    networks: Evidence,
    controls: Mapping[str, Evidence],
    variants: Mapping[str, entries.Column],
    during: Mapping[int, Evidence],
) -> Iterator[entries.Judgments]:
    """Yields the judgments of each claim."""
    bounds = {COPY: float("inf"), CLIPPED: 1.0}
    nulls = {
        name: {population: evidence.copy(labeled, bound) for population, labeled in networks.items()}
        for name, bound in bounds.items()
    }
    published = given.published(question)
    for claim in question.claims:
        try:
            yield entries.judgments(
                claim,
                networks,
                published=published,
                nulls=nulls,
                controls=controls,
                variants=variants,
                during=during,
            )
        except Unsound as error:
            raise Failed(f"claim {claim.id}: {error}") from error


def draw(study: "ClaimStudy") -> Iterator[tuple[str, Drawing]]:
    """Draws the shares of networks that meet each claim, their numbers, the effect of variants and of training."""
    judged = read_json_list(study.run.checked("claims.json"))
    yield "claims.png", figures.draw(judged)
    yield "numbers.png", figures.draw_numbers(judged)
    if any(each["variants"] for each in judged):
        yield "variants.png", figures.draw_variants(judged)
    if any(each["during"] for each in judged):
        yield "during.png", figures.draw_during(judged)
