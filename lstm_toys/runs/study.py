"""The base classes of studies, which the lifecycle of a run uses. Imports nothing heavy."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic

from rich.console import RenderableType

from lstm_toys.runs.folder import Run
from lstm_toys.runs.identity import Identified

if TYPE_CHECKING:
    from lstm_toys.execution.footprint import Footprint
    from lstm_toys.figures import Drawing
    from lstm_toys.runs.context import RunContext


class Study(ABC, Generic[Identified]):
    """A study: one run, and how it is checked, executed, drawn and reported.

    Creating a study from plain settings loads nothing heavy.

    Args:
        needs: studies that must be finished before this one is executed, by name.
        companions: studies that must be finished before this one is drawn, by name.
    """

    def __init__(
        self,
        run: Run[Identified],
        needs: Mapping[Any, Study[Any]] | None = None,
        companions: Mapping[str, Study[Any]] | None = None,
    ) -> None:
        self.run = run
        self.needs: Mapping[Any, Study[Any]] = needs or {}
        self.companions: Mapping[str, Study[Any]] = companions or {}

    @property
    def settings(self) -> Identified:
        """The settings of the run."""
        return self.run.settings

    @property
    def metrics(self) -> dict[str, Any]:
        """The summary of the finished run; see `Run.read_metrics`."""
        return self.run.read_metrics()

    def check(self) -> None:
        """Raises Refused if the run is impossible; computes nothing at full size."""

    def footprint(self) -> Footprint | None:
        """Memory and disk space that the run needs; None if little."""
        return None

    def check_full_size(self) -> None:
        """Raises Refused if the run is impossible; called once its footprint is known to fit."""

    def efforts(self) -> list[float]:
        """Approximate number of multiplications in each training; empty if nothing is trained."""
        return []

    @abstractmethod
    def digests(self) -> dict[str, str]:
        """Digests of what the run computes, by part; called when all runs that it needs are finished."""

    @abstractmethod
    def execute(self, context: RunContext, seconds: dict[str, float]) -> dict[str, Any]:
        """Writes the files of the run into its folder, and adds the seconds of each stage to ``seconds``.

        Returns:
            The metrics, with ``files``: the names of the files.
        """

    def remeasure(self) -> dict[str, Any]:
        """Metrics that code outside of `digests` computes from the files of the finished run."""
        return {}

    @abstractmethod
    def draw(self) -> Iterator[tuple[str, Drawing]]:
        """Yields the figures of the finished run by file name, ``.png`` standing for the requested format."""

    @abstractmethod
    def report(self, metrics: dict[str, Any]) -> Iterator[RenderableType]:
        """Yields the closing lines and tables."""

    def lost(self, metrics: dict[str, Any]) -> str | None:
        """A one-line message if every seed diverged, so that there are no statistics; else None."""
        return None


class DerivedStudy(Study[Identified]):
    """A study whose metrics are computed from the runs that it needs; it is repeated if they change."""

    @abstractmethod
    def score(self) -> dict[str, Any]:
        """Computes the metrics from the finished runs that are needed, in the form that JSON stores."""

    @cached_property
    def scores(self) -> dict[str, Any]:
        """The metrics; available once all needed studies are finished."""
        return self.score()

    @property
    def flags(self) -> dict[str, Any]:
        """The settings that are recorded with the metrics."""
        return self.settings.as_dict()

    def digests(self) -> dict[str, str]:
        from lstm_toys.execution.lowering import digest

        runs = [each.run.folder.name for each in self.needs.values()]
        return {"scores": digest(json.dumps(self.scores)), "runs": digest(runs)}

    def execute(self, context: RunContext, seconds: dict[str, float]) -> dict[str, Any]:
        return {"experiment": self.run.name, "flags": self.flags, "files": [], **self.scores}
