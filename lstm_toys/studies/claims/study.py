"""Tests claims on finished runs and external answers."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
import xarray as xr

from lstm_toys.execution.lowering import Digests, digest
from lstm_toys.figures import Drawing
from lstm_toys.files import read_json_list, replacing, write_json
from lstm_toys.results import storage, summary
from lstm_toys.runs.ask import Ask, Metrics
from lstm_toys.runs.context import Failed, Refused, RunContext
from lstm_toys.runs.experiment import Experiment
from lstm_toys.runs.folder import Run
from lstm_toys.runs.identity import Settings
from lstm_toys.runs.study import Study
from lstm_toys.studies.claims import entries, evidence, figures, given, trial, words
from lstm_toys.studies.claims.ask import ClaimSettings, Question
from lstm_toys.studies.claims.claim import CLIPPED, COPY
from lstm_toys.studies.claims.declaration import DURING, NETWORKS
from lstm_toys.studies.claims.evidence import Evidence
from lstm_toys.studies.claims.kept import Kept
from lstm_toys.studies.claims.verdicts import Unsound
from lstm_toys.text import escape


class ClaimStudy(Study[ClaimSettings]):
    """Tests claims on finished runs and external answers."""

    def __init__(self, ask: Ask[ClaimSettings]) -> None:
        super().__init__(ask)
        self.question: Question = ask.subject

    @property
    def _asked(self) -> dict[tuple[str, str], Settings]:
        """The settings of the runs that are needed, by column and population."""
        return {key: each.settings for key, each in self.ask.needs.items()}

    def _experiment(self, population: str) -> Experiment:
        return self.question.declared.populations[population][0]

    def _kept(self, column: str, population: str, run: Run) -> Kept:
        return Kept(self._experiment(population), self._asked[column, population], run)

    def check(self) -> None:
        question = self.question
        given.check_curves(question, given.read(question, self.settings))
        trial.check(question)
        for column in dict.fromkeys(column for column, _ in self.ask.needs):
            settings = {name: each for (where, name), each in self._asked.items() if where == column}
            if any(each.timesteps != question.settings[name].timesteps for name, each in settings.items()):
                try:
                    trial.check(replace(question, settings=settings))
                except Refused as error:
                    raise Refused(f"{column}: {error}") from None

    @cached_property
    def judgment(self) -> list[dict[str, Any]]:
        """The entries of ``claims.json``: every claim tested on the runs that are needed.

        Raises Failed if a statistic cannot be computed, and Refused if a file of external answers has changed.
        """
        question = self.question
        networks = {**given.read(question, self.settings), **self._results(NETWORKS)}
        variants = {name: self._variant(name, networks) for name in question.declared.variants if self._needs(name)}
        controls = {name: self._results(name) for name in question.declared.controls if self._needs(name)}
        judged = [*_judged(question, networks, controls, variants, self._during())]
        differences = sum(len(each.variants) for each in judged)
        return [entries.entry(each, question.declared.about, len(judged), differences) for each in judged]

    def _needs(self, column: str) -> dict[str, Run]:
        """The runs of a column, by population."""
        return {name: each for (where, name), each in self.needs.items() if where == column}

    def _results(self, column: str) -> dict[str, xr.Dataset]:
        """The results of a column by population, with a variable ``learned``: which networks meet the goal at last."""
        found = {}
        for name, each in self._needs(column).items():
            results = storage.load_results(each.checked("results.nc"))
            learned = np.isfinite(summary.steps_to_goal(results, self._experiment(name).goal))
            found[name] = results.assign(learned=("seed", learned))
        return found

    def _variant(self, column: str, networks: Evidence) -> entries.Column:
        counted = self.question.declared.variant(column).networks
        if counted != "equal loss":
            return entries.Column(self._results(column), counted)
        found = {}
        for name, each in self._needs(column).items():
            final = networks[name].train_loss.isel(step=-1, seed=~networks[name].diverged.values)
            found[name] = self._kept(column, name, each).at_loss(float(final.median()))
        return entries.Column(found, counted)

    def _during(self) -> dict[int, dict[str, xr.Dataset]]:
        """The results of populations during training, by number of steps and population."""
        during: dict[int, dict[str, xr.Dataset]] = {}
        for name, each in self._needs(DURING).items():
            kept = self._kept(DURING, name, each)
            for steps in kept.steps:
                during.setdefault(steps, {})[name] = kept.after(steps)
        return dict(sorted(during.items()))

    def digests(self) -> Digests:
        """Judges the claims; raises what `judgment` raises."""
        declared = self.question.declared
        return {
            "verdicts": digest(json.dumps(self.judgment)),
            "words": digest(json.dumps([declared.title, declared.about, {**declared.aspects}])),
            "runs": digest([each.folder.name for each in self.needs.values()]),
        }

    def compute(self, context: RunContext) -> Metrics:
        """Writes the verdicts as ``claims.json`` and ``claims.md``."""
        question, run = self.question, self.run
        with context.timed("judge"):
            spent, judged = self._spent(), self.judgment
            took = ", ".join(f"{seconds:,.0f} s ({escape(column)})" for column, seconds in spent.items())
            conditions = [question.made_by, *([f"Their runs took {took}."] if took else [])]
            declared = question.declared
            write_json(run.folder / "claims.json", judged)
            with replacing(run.folder / "claims.md") as temporary:
                counting = {name: declared.variant(name).networks for name in declared.variants}
                table = words.markdown(judged, declared.title, " ".join(conditions), declared.aspects, counting)
                temporary.write_text(table, encoding="utf-8")
        return {
            "experiment": run.name,
            "flags": self.settings.as_dict(),
            "verdicts": {each["id"]: each["verdict"] for each in judged},
            "runs_seconds": spent,
            "files": ["claims.json", "claims.md"],
        }

    def _spent(self) -> dict[str, float]:
        """The seconds that the runs of each column took; a run counts only in its first column."""
        columns = {each.folder: (column, each) for (column, _), each in reversed([*self.needs.items()])}
        counted = {column for column, _ in columns.values()}
        spent = dict.fromkeys((column for column, _ in self.needs if column in counted), 0.0)
        for column, run in columns.values():
            spent[column] += sum(run.read_metrics()["seconds"].values())
        return {column: round(seconds, 1) for column, seconds in spent.items()}

    def draw(self) -> Iterator[tuple[str, Drawing]]:
        """Draws from ``claims.json`` alone."""
        yield from figures.drawings(read_json_list(self.run.checked("claims.json"))).items()


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
