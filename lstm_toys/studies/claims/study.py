"""The study that counts the networks that meet each claim. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import RenderableType

from lstm_toys.runs.context import RunContext
from lstm_toys.runs.experiment import Experiment
from lstm_toys.runs.folder import Run
from lstm_toys.runs.identity import Settings
from lstm_toys.runs.study import Study
from lstm_toys.studies.claims import report
from lstm_toys.studies.claims.settings import ClaimSettings, Question

if TYPE_CHECKING:
    from lstm_toys.figures import Drawing


class ClaimStudy(Study[ClaimSettings]):
    """Tests claims on finished runs and external answers.

    ``needs`` are the studies that train the networks, by column and population; ``declared`` is the name of the module
    that declares the claims.
    """

    def __init__(
        self,
        question: Question,
        settings: ClaimSettings,
        needs: Mapping[tuple[str, str], Study[Settings]],
        results_dir: Path,
        declared: str,
    ) -> None:
        super().__init__(Run(settings, results_dir, declared), needs=needs)
        self.question = question

    def experiment(self, population: str) -> Experiment:
        """The experiment of a population."""
        return self.question.declared.populations[population][0]

    @cached_property
    def judgment(self) -> list[dict[str, Any]]:
        """The entries of ``claims.json``; available once all needed studies are finished."""
        from lstm_toys.studies.claims import computation

        return computation.judgment(self)

    def check(self) -> None:
        from lstm_toys.studies.claims import computation

        computation.check(self)

    def digests(self) -> dict[str, str]:
        from lstm_toys.studies.claims import computation

        return computation.digests(self)

    def execute(self, context: RunContext, seconds: dict[str, float]) -> dict[str, Any]:
        from lstm_toys.studies.claims import computation

        return computation.execute(self, seconds)

    def draw(self) -> Iterator[tuple[str, Drawing]]:
        from lstm_toys.studies.claims import computation

        return computation.draw(self)

    def report(self, metrics: dict[str, Any]) -> Iterator[RenderableType]:
        return report.report(self, metrics)
