"""Computes numbers from finished runs alone, by plain functions."""

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from rich.console import RenderableType

from lstm_toys.execution.digests import Digests, digest
from lstm_toys.figures import Drawing
from lstm_toys.results.summary import jsonable
from lstm_toys.runs.parts import Parts
from lstm_toys.runs.study import Metrics, Refused, RunContext, Study
from lstm_toys.studies.analysis.settings import Analysis, AnalysisSettings


class AnalysisStudy(Study[AnalysisSettings]):
    """Asks for the numbers of an analysis."""

    subject: Analysis

    @property
    def published(self) -> str:
        return self.subject.published or self.name

    @cached_property
    def needs(self) -> Mapping[str, Study[Any]]:
        needs = self.subject.needs.items()
        return {
            name: AnalysisStudy(need, need.identity) if isinstance(need, Analysis) else need for name, need in needs
        }

    @cached_property
    def scores(self) -> Metrics:
        parts = Parts(self.runs, self.name, self.tell)
        values = jsonable(self.subject.score(self.needed, parts.keep))
        try:
            return json.loads(json.dumps(values))
        except TypeError as error:
            raise Refused(f"{self.name}: what score returns: {error}; take numbers, arrays and text") from None

    def values(self) -> Digests:
        runs = [run.folder.name for run in self.needed.values()]
        return {"scores": digest(json.dumps(self.scores)), "runs": digest(runs)}

    def compute(self, context: RunContext) -> Metrics:  # Everything is computed to name the run.
        return {"experiment": self.run.name, "flags": dict(self.settings.values), "files": []}

    def metrics(self) -> Metrics:
        return {"numbers": self.scores}

    def texts(self) -> dict[str, str]:
        return dict(self.subject.files(self.scores, self.needed))

    def report(self) -> Iterable[RenderableType]:
        return self.subject.report(self.run.read_metrics()["numbers"])

    def draw(self) -> Iterator[tuple[str, Drawing]]:
        yield from self.subject.draw(self.scores, self.needed).items()
