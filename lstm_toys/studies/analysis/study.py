"""Computes numbers from finished runs alone, by plain functions."""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, partial
from typing import Any

from lstm_toys.execution.lowering import Digests, digest
from lstm_toys.figures import Drawing
from lstm_toys.files import read_json, write_json, write_text
from lstm_toys.runs import source
from lstm_toys.runs.ask import Ask, Metrics
from lstm_toys.runs.context import RunContext
from lstm_toys.runs.folder import Run
from lstm_toys.runs.study import Study
from lstm_toys.studies.analysis.ask import Analysis, AnalysisSettings


class AnalysisStudy(Study[AnalysisSettings]):
    """Computes the numbers of an analysis, after which its run is named."""

    def __init__(self, ask: Ask[AnalysisSettings]) -> None:
        super().__init__(ask)
        self.analysis: Analysis = ask.subject

    @cached_property
    def scores(self) -> Metrics:
        scores: Metrics = json.loads(json.dumps(self.analysis.score(self.needs, self._keep)))
        return scores

    def digests(self) -> Digests:
        runs = [each.folder.name for each in self.needs.values()]
        return {"scores": digest(json.dumps(self.scores)), "runs": digest(runs)}

    def compute(self, context: RunContext) -> Metrics:
        metrics = {"experiment": self.run.name, "flags": dict(self.settings.values), "files": [], **self.scores}
        written = self.analysis.files(metrics, self.needs)
        for name, text in written.items():
            write_text(self.run.folder / name, text)
        return {**metrics, "files": [*metrics["files"], *written]}

    def draw(self) -> Iterator[tuple[str, Drawing]]:
        yield from self.analysis.draw(self.run.read_metrics(), self.needs).items()

    def _keep(self, words: str, inputs: Sequence[Any], compute: Callable[[], Any]) -> Any:
        """Computes a part, or reads what was kept; see `Keep`."""
        function = compute.func if isinstance(compute, partial) else compute
        plain = [each.folder.name if isinstance(each, Run) else each for each in inputs]
        told = json.dumps([source.digest(function.__module__), function.__qualname__, plain])
        path = self.ask.runs / ".parts" / f"{self.ask.name}-{hashlib.sha256(told.encode()).hexdigest()[:16]}.json"
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            write_json(path, {"part": compute()})
            self.tell(words)
        return read_json(path)["part"]
