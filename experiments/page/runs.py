"""Finds the runs that the page is made from, and the commands of missing ones."""

from typing import Any, NamedTuple

from rich.console import Console

from lstm_toys.cli import command
from lstm_toys.execution.signals import Interruption
from lstm_toys.runs import lifecycle
from lstm_toys.runs.context import Options
from lstm_toys.runs.folder import Run
from lstm_toys.runs.study import Metrics, Study
from lstm_toys.studies.claims.settings import ClaimSettings

from .. import all as every

KEPT = (0, 100, 300, 700)
"""Steps before the last at which the page shows the published networks."""

RATES = ("0.0003", "0.0005", "0.002", "0.003")
"""Learning rates that the page compares with that of the published networks."""

COMMANDS: dict[str, tuple[tuple[str, ...], ...]] = {
    "published": (("sine", "--seeds", "64", "--keep_steps", ",".join(map(str, KEPT))),),
    "other_gates": (("sine", "--gates", "sigmoid"),),
    "dense": (("sine", "--readout", "dense"),),
    "gru": (("sine", "--cell", "gru"),),
    "rnn": (("sine", "--cell", "rnn", "--gates", "sigmoid", "--learning_rate", "0.002"),),
    "larger": (("sine", "--train_amplitude", "0.6"),),
    **{f"rate-{rate}": (("sine", "--learning_rate", rate),) for rate in RATES},
    **{name: ((name,),) for name in every.EXPERIMENTS},
    "claims": (("claims", "--variants"), ("claims",)),
}
"""By name, the commands whose run will do; the first one is printed if all runs are missing."""

STUDIES = {**every.EXPERIMENTS, "claims": ClaimSettings}


class FinishedRun(NamedTuple):
    """A finished run, the command that made it, its settings, and its summary."""

    command: str
    run: Run
    settings: Any
    metrics: Metrics


def find(options: Options, console: Console) -> tuple[dict[str, FinishedRun], dict[str, str]]:
    """Returns the finished runs by name, and the commands of the missing ones; raises Damaged or Refused."""
    found, missing = {}, {}
    lifecycle.start(options)  # Runs are named by programs, which depend on how JAX is configured.
    work = lifecycle.Work(options, console, Interruption())
    for name, commands in COMMANDS.items():
        for arguments in commands:
            if work.finished(study := planned(arguments)):
                run = work.runs[study]
                found[name] = FinishedRun(told(arguments), run, study.settings, run.read_metrics())
                break
        else:
            missing[name] = told(commands[0])
    return found, missing


def planned(arguments: tuple[str, ...]) -> Study[Any]:
    """The study that a command line asks for."""
    name, *rest = arguments
    return command.plan(STUDIES[name], rest).study


def told(arguments: tuple[str, ...]) -> str:
    """A command line as it is typed."""
    return f"lstm-toys {' '.join(arguments)}"
