"""The base class of studies: what is asked of networks, or of runs that are finished."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any, Generic

from rich.console import RenderableType

from lstm_toys import figures
from lstm_toys.runs.context import RunContext
from lstm_toys.runs.folder import Run
from lstm_toys.runs.identity import Identified, Identity, Settings

Metrics = dict[str, Any]
"""The summary of a finished run, as JSON has it."""


class Study(ABC, Generic[Identified]):
    """Computes, measures, reports and draws a run, which is named after its settings and after what it would compute.

    Studies are equal if they are of the same subject and have equal settings; others are the same run if their names
    are equal.

    Args:
        subject: what is declared of the run, such as its experiment.
        settings: the settings of the run.

    Attributes:
        run: the folder of the run, set once `values` are known.
        runs: the folder of all runs, set before.
        needed: the finished runs of `needs`, set before.
        beside: the finished runs of `companions`, once it is drawn.
        tell: prints a line.
    """

    run: Run
    runs: Path
    needed: Mapping[Any, Run] = MappingProxyType({})
    beside: Mapping[str, Run] = MappingProxyType({})
    tell: Callable[[str], None] = staticmethod(print)

    def __init__(self, subject: Any, settings: Identified) -> None:
        self.subject, self.settings = subject, settings

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Study) and self._identity == other._identity

    def __hash__(self) -> int:
        return hash(self._identity)

    @cached_property
    def _identity(self) -> tuple[type, int, str]:
        return type(self), id(self.subject), json.dumps(self.settings.as_dict())

    @property
    def name(self) -> str:
        """The name of the experiment or study."""
        return self.settings.experiment

    @property
    def published(self) -> str:
        """The folder of the published set in the results folder."""
        return self.name

    @property
    def needs(self) -> Mapping[Any, Study[Any]]:
        """Studies that must be finished before this one is named, by name."""
        return {}

    @property
    def companions(self) -> Mapping[str, Study[Any]]:
        """Studies that must be finished before this one is drawn and reported, by name."""
        return {}

    def needed_first(self) -> Iterator[Study[Any]]:
        """Yields all studies that this one needs, each after its own needs, and then this one."""
        for each in self.needs.values():
            yield from each.needed_first()
        yield self

    def check(self) -> None:
        """Raises Refused if the run is impossible; computes nothing."""

    def efforts(self) -> dict[Settings, float]:
        """The steps of all networks in each training, by its settings; empty if nothing is trained."""
        return {}

    @abstractmethod
    def values(self) -> dict[str, str]:
        """Digests of what the run would compute, by part; called when all runs that it needs are finished."""

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
    def report(self) -> Iterable[RenderableType]:
        """Makes the closing lines and tables of the finished run."""

    def lost(self, _: Metrics) -> str | None:
        """Explains in one line, from metrics, that every seed diverged; None if some did not."""
        return None

    @abstractmethod
    def draw(self) -> Iterator[tuple[str, figures.Drawing]]:
        """Yields the figures of the finished run by file name, ``.png`` standing for the requested format."""


def study_of(subject: Any, settings: Identity) -> Study[Any]:
    """Imports the class that computes a run with these settings, and makes the study."""
    module, _, name = settings.study.partition(":")
    study: Study[Any] = getattr(import_module(module), name)(subject, settings)
    return study
