"""The base class of studies, which ask about networks or finished runs, and compute and show the answer.

With it are how their runs are executed, and the errors that end these. Imports nothing heavy.
"""

from __future__ import annotations

import json
import time
import traceback
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from copy import copy
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, NamedTuple

from rich.console import Console, RenderableType

from lstm_toys import figures, modules
from lstm_toys.command_error import CommandError
from lstm_toys.execution import CALLBACK
from lstm_toys.execution.signals import Interruption
from lstm_toys.runs.experiment import Experiment, parse
from lstm_toys.runs.folder import Run
from lstm_toys.runs.identity import Identified, Identity, Options, Settings

if TYPE_CHECKING:
    from lstm_toys.execution.devices import Executor
    from lstm_toys.execution.progress import TrainingProgress

Metrics = dict[str, Any]
"""The summary of a finished run, as JSON has it."""


class Refused(Exception, CommandError):
    """A request that cannot be carried out; the argument explains why in one line."""

    exit_code = 2


class Failed(Exception, CommandError):
    """A run that could not be finished; the argument explains why in one line."""


class RunContext(NamedTuple):
    """How runs are executed.

    Attributes:
        seconds: wall time of each stage of the current run, to which studies add.
        labels: what distinguishes each training of the command from the others; see `identity.differences`.
    """

    options: Options
    console: Console
    interruption: Interruption
    progress: TrainingProgress
    executor: Executor
    seconds: dict[str, float]
    labels: Mapping[Settings, str] = {}

    def timed(self, stage: str) -> AbstractContextManager[None]:
        """Adds the wall time of a block to a stage of the current run."""
        return stopwatch(self.seconds, stage)


@contextmanager
def stopwatch(seconds: dict[str, float], stage: str) -> Iterator[None]:
    """Adds the wall time of a block to a stage."""
    began = time.perf_counter()
    yield
    seconds[stage] = seconds.get(stage, 0.0) + time.perf_counter() - began


class Study(ABC, Generic[Identified]):
    """A question about networks, or about finished runs, and the run that answers it, named after what it computes.

    Studies are equal if they are of the same subject and have equal settings; others are the same run if their names
    are equal.

    Args:
        subject: what is declared of the run, such as its experiment.
        settings: the settings of the run.

    Attributes:
        experiment: the experiment that it is about; None if it is about several, or none.
        unlisted: settings that `differing` leaves out, since they are described otherwise.
        runs: the folder of all runs; see `placed`, also about the others.
        done: finished runs by study: those that it needs, and its companions before it is drawn.
        tell: prints a line.
    """

    experiment: Experiment | None = None
    unlisted: Sequence[str] = ("experiment",)
    runs: Path
    done: Mapping[Study[Any], Run]
    tell: Callable[[str], None]

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

    @property
    def question(self) -> str:
        """What it is about, in words; empty if only its command says it."""
        return self.experiment.doc if self.experiment else ""

    @property
    def data(self) -> Sequence[Path]:
        """Files that its subject names."""
        return ()

    def differing(self) -> dict[str, Any]:
        """The settings that differ from the usual ones, as JSON has them."""
        usual = self.settings.defaults()
        values = self.settings.as_dict().items()
        return {name: value for name, value in values if name not in self.unlisted and value != usual.get(name)}

    def needed_first(self) -> Iterator[Study[Any]]:
        """Yields all studies that this one needs, each after its own needs, and then this one."""
        for study in self.needs.values():
            yield from study.needed_first()
        yield self

    def needed_to_show(self) -> Iterator[Study[Any]]:
        """Yields all studies that are finished before this one is shown, and this one, each after its own needs."""
        for study in (*self.companions.values(), self):
            yield from study.needed_first()

    def check(self) -> None:
        """Raises Refused if the run is impossible; computes nothing."""

    def efforts(self) -> dict[Settings, float]:
        """The steps of all networks in each training, by its settings; empty if nothing is trained."""
        return {}

    def lost(self, _: Metrics) -> str | None:
        """Explains in one line, from metrics, that every seed diverged; None if some did not."""
        return None

    def placed(self, runs: Path, done: Mapping[Study[Any], Run], tell: Callable[[str], None] = print) -> Study[Any]:
        """Returns the study with a place for its run, without which the run has no folder."""
        study = copy(self)
        study.runs, study.done, study.tell = runs, done, tell
        return study

    @cached_property
    def needed(self) -> Mapping[Any, Run]:
        """The finished runs of `Study.needs`, by name."""
        return {name: self.done[study] for name, study in self.needs.items()}

    @property
    def beside(self) -> Mapping[str, Run]:
        """The finished runs of `Study.companions`, by name; empty unless all are finished, as where others need it."""
        studies = self.companions if {*self.companions.values()} <= self.done.keys() else {}
        return {name: self.done[study] for name, study in studies.items()}

    @cached_property
    def run(self) -> Run:
        """The folder of the run; all runs that it needs are finished."""
        value = dict(self.values())
        if CALLBACK in value:  # No program's text contains its code.
            value[CALLBACK] = uuid.uuid4().hex[:16]
        return Run.named(self.runs, self.settings.as_dict(), value)

    @abstractmethod
    def values(self) -> dict[str, str]:
        """Digests of what the run would compute, by part."""

    @abstractmethod
    def compute(self, context: RunContext) -> Metrics:
        """Writes the run's files; returns their names as ``files``, and what `metrics` cannot compute from them."""

    def finish(self) -> None:
        """Called when the run was computed, reported and drawn."""

    def network_digests(self) -> list[dict[str, Any]]:
        """The digests of the networks that the run is about, by seed, for the settings of each population."""
        return [row for run in dict.fromkeys(self.needed.values()) for row in run.stored()["network_digests"]]

    def metrics(self) -> Metrics:
        """The metrics that are computed from the files of the run."""
        return {}

    def texts(self) -> dict[str, str]:
        """Text files by name, which are made with the metrics."""
        return {}

    @abstractmethod
    def report(self) -> Iterable[RenderableType]:
        """Makes the closing lines and tables of the finished run."""

    @abstractmethod
    def draw(self) -> Iterator[tuple[str, figures.Drawing]]:
        """Yields the figures of the finished run by file name, ``.png`` standing for the requested format."""


def differing(experiment: Experiment, settings: Settings) -> dict[str, Any]:
    """The settings of a training that differ from the experiment's usual ones, as JSON has them."""
    usual = parse(experiment, [])[0].as_dict()
    return {name: value for name, value in settings.as_dict().items() if usual.get(name) != value}


def study_of(subject: Any, settings: Identity) -> Study[Any]:
    """Imports the class that computes a run with these settings, and makes the study."""
    module, _, name = settings.study.partition(":")
    return getattr(import_module(module), name)(subject, settings)


def rounded(seconds: Mapping[str, float]) -> Metrics:
    """The wall time of each stage, as metrics have it."""
    return {stage: round(value, 3) for stage, value in seconds.items()}


def described_error(error: BaseException) -> str:
    """Describes an exception of a user's code in one line: its class, its message, and the user's line."""
    if isinstance(error, SyntaxError):
        return f"{type(error).__name__}: {error.msg} ({Path(error.filename or '').name}, line {error.lineno})"
    message = " ".join(str(error).split())
    others = ("<", *modules.INSTALLED, modules.LIBRARY)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith(others)]
    place = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}{': ' if message else ''}{message}{place}"
