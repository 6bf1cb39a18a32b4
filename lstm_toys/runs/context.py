"""How runs are executed, and the errors that end them. Imports nothing heavy."""

from __future__ import annotations

import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

from rich.console import Console

from lstm_toys import modules
from lstm_toys.execution.signals import Interruption
from lstm_toys.runs import parsers
from lstm_toys.runs.identity import Settings

if TYPE_CHECKING:
    from lstm_toys.execution.devices import Executor
    from lstm_toys.execution.progress import TrainingProgress


class Refused(Exception):
    """A request that cannot be carried out; the argument explains why in one line."""


class Failed(Exception):
    """A run that could not be finished; the argument explains why in one line."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of a command, none of which changes a result; ``--help`` describes the flags of the same names.

    Without a ``cluster`` this process does the work; see `lstm_toys.execution.cluster.connected` for addresses.
    """

    results_dir: Annotated[Path, parsers.folder] = Path("results")
    """Folder for runs and published files."""
    publish: bool = False
    """Copy the figures and metrics of the finished run to <results_dir>/<experiment>."""
    restart: bool = False
    """Compute the run from the beginning, even if it is finished or could be continued."""
    no_training: bool = False
    """If networks would have to be trained, name them and exit with code 2."""
    quiet: bool = False
    """Print only errors and the folder of the results."""
    checkpoint_every: Annotated[float, parsers.positive] = 30.0
    """Seconds between checkpoints; an interrupted run continues from one."""
    on_divergence: Literal["exclude", "stop"] = "exclude"
    """Leave diverged seeds out of statistics, or stop."""
    figure_format: Literal["png", "svg", "pdf"] = "png"
    """Format of figures, also of a finished run; animations are GIF."""
    cluster: Annotated[str | None, parsers.cluster] = None
    """Dask cluster whose workers train and evaluate (needs the extra 'cluster'): local:4 starts four workers on this
    machine; otherwise the address of a scheduler, or its scheduler file."""
    compile_cache: bool = True
    """Keep compiled programs in the user's cache folder for later commands."""


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


def described_error(error: BaseException) -> str:
    """Describes an exception of a user's code in one line: its class, its message, and the user's line."""
    if isinstance(error, SyntaxError):
        return f"{type(error).__name__}: {error.msg} ({Path(error.filename or '').name}, line {error.lineno})"
    message = " ".join(str(error).split())
    others = ("<", *modules.INSTALLED, modules.LIBRARY)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith(others)]
    place = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}{': ' if message else ''}{message}{place}"
