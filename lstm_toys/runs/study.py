"""What the lifecycle of a run knows about it: the base class of every study. Imports nothing heavy."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Generic

from rich.console import RenderableType

from lstm_toys.runs.folder import Run
from lstm_toys.runs.identity import Identified

if TYPE_CHECKING:
    from lstm_toys.execution.footprint import Footprint
    from lstm_toys.figures import Drawing
    from lstm_toys.runs.context import RunContext


class Study(ABC, Generic[Identified]):
    """A question put to populations: one run, and how it is checked, executed, drawn and reported.

    A study is made from plain settings, and loads nothing heavy before one of its methods is called.

    Args:
        run: its settings and its folder.
        needs: studies that must be finished before this one is executed, by name.
        companions: studies that must be finished before this one is drawn, by name.

    Attributes:
        run: as above.
        needs: as above.
        companions: as above.
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
        """Raises Refused if the run is impossible; computes nothing of full size."""

    def footprint(self) -> Footprint | None:
        """What the run takes of memory and disk, if that can be much."""
        return None

    def check_full_size(self) -> None:
        """Raises Refused if the run is impossible; called once its footprint is known to fit."""

    def efforts(self) -> list[float]:
        """Multiplications that each of its trainings takes, approximately; empty if it trains nothing."""
        return []

    @abstractmethod
    def digests(self) -> dict[str, str]:
        """Digests, by part, of what the run computes; everything it needs is finished."""

    @abstractmethod
    def execute(self, context: RunContext, seconds: dict[str, float]) -> dict[str, Any]:
        """Writes the files of the run into its folder.

        Args:
            context: how it is executed.
            seconds: spent so far; the seconds of each stage are added.

        Returns:
            The metrics, with ``files``: the names of what was written.
        """

    def remeasure(self) -> dict[str, Any]:
        """Those of the metrics that code outside of `value` computes from the files of the finished run."""
        return {}

    @abstractmethod
    def draw(self) -> Iterator[tuple[str, Drawing]]:
        """Yields the figures of the finished run by file name, ``.png`` standing for the requested format."""

    @abstractmethod
    def report(self, metrics: dict[str, Any]) -> Iterator[RenderableType]:
        """Yields the closing lines and tables."""

    def lost(self, metrics: dict[str, Any]) -> str | None:
        """One line if every seed diverged, so that no statistic is left; else None."""
        return None
