"""Computes numbers from finished runs alone, by plain functions."""

import json
from collections.abc import Iterator
from functools import cached_property

from lstm_toys.execution.lowering import Digests, digest
from lstm_toys.figures import Drawing
from lstm_toys.runs.ask import Ask, Metrics
from lstm_toys.runs.context import RunContext
from lstm_toys.runs.parts import Parts
from lstm_toys.runs.study import Study
from lstm_toys.studies.analysis.ask import Analysis, AnalysisSettings


class AnalysisStudy(Study[AnalysisSettings]):
    """Computes the numbers of an analysis, after which its run is named."""

    def __init__(self, ask: Ask[AnalysisSettings]) -> None:
        super().__init__(ask)
        self.analysis: Analysis = ask.subject

    @cached_property
    def scores(self) -> Metrics:
        parts = Parts(self.ask.runs, self.ask.name, self.tell, "dynamics")
        scores: Metrics = json.loads(json.dumps(self.analysis.score(self.needs, parts.keep)))
        return scores

    def digests(self) -> Digests:
        runs = [each.folder.name for each in self.needs.values()]
        return {"scores": digest(json.dumps(self.scores)), "runs": digest(runs)}

    def compute(self, context: RunContext) -> Metrics:  # Everything is computed to name the run.
        return {"experiment": self.run.name, "flags": dict(self.settings.values), "files": []}

    def metrics(self) -> Metrics:
        return {"numbers": self.scores}

    def texts(self) -> dict[str, str]:
        return dict(self.analysis.files(self.scores, self.needs))

    def draw(self) -> Iterator[tuple[str, Drawing]]:
        yield from self.analysis.draw(self.scores, self.needs).items()
