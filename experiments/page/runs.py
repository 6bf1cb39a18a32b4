"""The runs that the page is made of: found finished, or missing, with the command that makes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lstm_toys.cli import claims, command
from lstm_toys.runs import lifecycle
from lstm_toys.runs.context import Options
from lstm_toys.runs.folder import Run
from lstm_toys.runs.study import Study

from .. import all as every

KEPT = (0, 30, 100, 300)
"""Steps of the published networks, besides the last, at which the page shows them."""

COMMANDS: dict[str, tuple[tuple[str, ...], ...]] = {
    "published": (("sine", "--seeds", "64", "--keep_steps", ",".join(map(str, KEPT))),),
    "other_gates": (("sine", "--gates", "sigmoid"),),
    "dense": (("sine", "--readout", "dense"),),
    "gru": (("sine", "--cell", "gru"),),
    "rnn": (("sine", "--cell", "rnn", "--gates", "sigmoid", "--learning_rate", "0.002"),),
    "larger": (("sine", "--train_amplitude", "0.6"),),
    **{name: ((name,),) for name in every.EXPERIMENTS},
    "claims": (("claims", "--variants"), ("claims",)),
}
"""By name, the command of a run, and others whose run does as well; the first one is told."""


@dataclass(frozen=True)
class FinishedRun:
    """A finished run.

    Attributes:
        command: that made it.
        run: its folder.
        metrics: its summary.
    """

    command: str
    run: Run[Any]
    metrics: dict[str, Any]


def find(options: Options, tell: Callable[[str], None]) -> tuple[dict[str, FinishedRun], dict[str, str]]:
    """The finished runs, by name, and the commands of those that are missing.

    Args:
        options: where runs are.
        tell: is told in one line of whatever is not as one would expect.

    Raises:
        Damaged: a file of a run is not what was written.
    """
    found, missing = {}, {}
    resolver = lifecycle.make_resolver(options, tell)
    for name, commands in COMMANDS.items():
        studies = {told(arguments): planned(arguments, options.results_dir) for arguments in commands}
        finished = [
            FinishedRun(words, each.run, each.metrics) for words, each in studies.items() if resolver.finished(each)
        ]
        if finished:
            found[name] = finished[0]
        else:
            missing[name] = next(iter(studies))
    return found, missing


def planned(arguments: tuple[str, ...], results_dir: Path) -> Study[Any]:
    """What a command line asks for."""
    name, *rest = (*arguments, f"--results_dir={results_dir}")
    plan = claims.plan(rest) if name == "claims" else command.plan(every.EXPERIMENTS[name], rest)
    return plan.studies[0]


def told(arguments: tuple[str, ...]) -> str:
    """A command line as one types it."""
    return f"python -m experiments.{' '.join(arguments)}"
