"""The base class of studies, which compute the runs that are asked for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Generic

from lstm_toys import figures
from lstm_toys.runs.ask import Ask, Metrics
from lstm_toys.runs.context import RunContext
from lstm_toys.runs.folder import Run
from lstm_toys.runs.identity import Identified, Settings


class Study(ABC, Generic[Identified]):
    """Computes, measures and draws a run.

    ``run`` is set once its digests are known; ``needs`` are finished runs by name, and when drawing also
    ``companions``.
    """

    run: Run
    tell: Callable[[str], None] = staticmethod(print)

    def __init__(self, ask: Ask[Identified]) -> None:
        self.ask = ask
        self.needs: Mapping[Any, Run] = {}
        self.companions: Mapping[str, Run] = {}

    @property
    def settings(self) -> Identified:
        """The settings of the run."""
        return self.ask.settings

    def check(self) -> None:
        """Raises Refused if the run is impossible."""

    def efforts(self) -> dict[Settings, float]:
        """The steps of all networks in each training, by its settings; empty if nothing is trained."""
        return {}

    @abstractmethod
    def digests(self) -> dict[str, str]:
        """Digests of what the run computes, by part; called when all runs that it needs are finished."""

    @abstractmethod
    def compute(self, context: RunContext) -> Metrics:
        """Writes the run's files; returns their names as ``files``, and what `metrics` cannot compute from them."""

    def metrics(self) -> Metrics:
        """The metrics that are computed from the files of the run, again by every command that asks for it."""
        return {}

    def texts(self) -> dict[str, str]:
        """Text files by name, which are made again with the metrics."""
        return {}

    @abstractmethod
    def draw(self) -> Iterator[tuple[str, figures.Drawing]]:
        """Yields the figures of the finished run by file name, ``.png`` standing for the requested format."""
