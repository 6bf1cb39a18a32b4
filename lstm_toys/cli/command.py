"""Runs a command line: executes its runs and prints their reports, or explains in one line why it cannot."""

from __future__ import annotations

import gc
import logging
import os
import re
import signal
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import RenderableType

from lstm_toys import arguments as checked
from lstm_toys import output
from lstm_toys.cli import VERSION, flags, modules
from lstm_toys.execution.signals import Interrupted, Interruption, ended
from lstm_toys.files import Damaged
from lstm_toys.output import complain
from lstm_toys.runs import lifecycle
from lstm_toys.runs.ask import Ask
from lstm_toys.runs.context import Failed, Options, Refused
from lstm_toys.runs.experiment import Experiment
from lstm_toys.runs.folder import Busy, Run
from lstm_toys.runs.identity import Settings
from lstm_toys.runs.publishing import NotPublished
from lstm_toys.studies.analysis import ask as analyses
from lstm_toys.studies.analysis.ask import Analysis
from lstm_toys.studies.training import ask as training

KEPT = "everything finished or saved so far is kept, and the same command continues"

OUT_OF_MEMORY = re.compile("RESOURCE_EXHAUSTED|[Oo]ut of memory|can't start new thread|bad_alloc")


@dataclass(frozen=True)
class Plan:
    """The work that a command line describes, and lines to print first.

    ``report`` makes one report on all runs, instead of one on each; ``file`` is written instead of folders of runs.
    """

    asks: Sequence[Ask[Any]]
    options: Options
    report: Callable[[Sequence[Run]], Iterable[RenderableType]] | None = None
    notes: Sequence[str] = ()
    file: Path | None = None


def ask(experiment: Experiment, *arguments: str) -> Ask[Settings]:
    """Asks for the population that an experiment trains under some flags, for an `Analysis` that needs it.

    Example:
        >>> from experiments import sine
        >>> lt.ask(sine.EXPERIMENT, "--seeds=4").name
        'sine'
    """
    checked.kinds(locals(), experiment=Experiment)
    asked: Ask[Settings] = plan(experiment, arguments).asks[0]
    return asked


def main(experiment: Experiment | Analysis) -> None:
    """Runs an experiment, or an analysis, with the flags of the command line, and exits.

    Example:
        >>> if __name__ == "__main__":  # doctest: +SKIP
        ...     lt.main(EXPERIMENT)
    """
    checked.kinds(locals(), experiment=Experiment | Analysis)
    run_and_exit(lambda arguments: plan(experiment, arguments))


def plan(experiment: Experiment | Analysis, arguments: Sequence[str]) -> Plan:
    """Turns the command line of an experiment, or an analysis, into a plan."""
    if isinstance(experiment, Analysis):
        values = flags.read(experiment.name, "", flags.ANALYSIS, flags.DEFAULTS, arguments)
        options = flags.options(values)
        return Plan([analyses.ask(experiment, options.results_dir)], options)
    if flags.asks_help(arguments):
        raise flags.Help(experiment.doc, *modules.table_of(experiment))
    experiment, rest, notes = modules.completed(experiment, arguments)
    settings, options = flags.parse(experiment, rest)
    return Plan([training.ask(experiment, settings, options.results_dir)], options, notes=notes)


def run_and_exit(make_plan: Callable[[Sequence[str]], Plan]) -> None:
    """Runs a command line and exits; quietly if the reader of its output stops early."""
    output.escape_unencodable()
    gc.set_threshold(50_000)  # New objects; Python's 700 take a sixth of a command's time.
    os.environ.pop("MPLBACKEND", None)  # Figures are drawn into files.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # It warns if it cannot store its list of fonts.
    try:
        code = carry_out(make_plan, sys.argv[1:])
        print(end="", flush=True)
    except BrokenPipeError:
        code = 128 + signal.SIGPIPE
    # All files are written, and shutting down jax would take most of a second.
    os._exit(code)


def carry_out(make_plan: Callable[[Sequence[str]], Plan], arguments: Sequence[str]) -> int:
    """Runs a command line, or explains in one line why it cannot; returns the exit code.

    It is 1 if every seed of a run diverged or a file could not be used, 2 for an invalid command line, and 128 plus the
    number of the signal that ended it.
    """
    if any(argument.partition("=")[0] == "--version" for argument in arguments):
        print(VERSION)
        return 0
    with Interruption() as interruption:
        try:
            plan = make_plan(arguments)
        except flags.Help as text:
            print(text)
            return 0
        except flags.UsageError as error:
            return complain(str(error), 2)
        asks, options = plan.asks, plan.options
        console = output.console(quiet=options.quiet)
        for note in plan.notes:
            console.print(note)
        work = lifecycle.Work(options, console, interruption)
        try:
            work.carry_out(asks)
            runs = [work.runs[ask] for ask in asks]
            for each in plan.report(runs) if plan.report else lifecycle.report(asks, work.runs):
                console.print(each, soft_wrap=isinstance(each, str), crop=False)
            if options.quiet:
                print(*([plan.file] if plan.file else [run.folder for run in runs]), sep="\n")
            lost = [ask.lost(run.read_metrics()) for ask, run in zip(asks, runs, strict=True)]
            return max([complain(line, 1) for line in lost if line is not None], default=0)
        except Interrupted as signaled:
            return complain(ended(signaled.args[0]), 128 + signaled.args[0])
        except Refused as error:
            return complain(str(error), 2)
        except (Failed, NotPublished) as error:
            return complain(str(error), 1)
        except Busy as busy:
            return complain(
                f"{busy}: another process is computing this run; wait until it ends, or change a setting", 1
            )
        except Damaged as damaged:
            return complain(f"{damaged}; move its folder elsewhere, or make it again with --restart", 1)
        except OSError as error:
            where = f": {error.filename}" if error.filename else ""
            return complain(f"flag --results_dir={options.results_dir}: {error.strerror or error}{where}; {KEPT}", 1)
        except (MemoryError, RuntimeError) as error:
            if isinstance(error, RuntimeError) and not OUT_OF_MEMORY.search(str(error)):
                raise
            return complain(f"out of memory; {KEPT}", 1)
