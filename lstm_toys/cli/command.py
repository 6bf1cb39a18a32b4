"""Runs a command line: executes its runs and prints their reports, or explains in one line why it cannot."""

import gc
import logging
import os
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from rich.console import RenderableType

from lstm_toys import arguments as checked
from lstm_toys import output
from lstm_toys.cli import VERSION, modules, script
from lstm_toys.execution.signals import Interrupted, Interruption, ended
from lstm_toys.files import Damaged
from lstm_toys.output import complain
from lstm_toys.runs import command_line, flags, lifecycle
from lstm_toys.runs.context import Failed, Options, Refused
from lstm_toys.runs.experiment import Experiment
from lstm_toys.runs.folder import Busy
from lstm_toys.runs.publishing import NotPublished
from lstm_toys.runs.study import Job, Study, study_of
from lstm_toys.studies import STUDIES
from lstm_toys.studies.analysis.settings import Analysis
from lstm_toys.studies.settings import StudySettings

KEPT = "everything finished or saved so far is kept, and the same command continues"

OUT_OF_MEMORY = re.compile("RESOURCE_EXHAUSTED|[Oo]ut of memory|can't start new thread|bad_alloc")

Studies = Sequence[Study[Any]]
Jobs = Sequence[Job[Any]]


@dataclass(frozen=True)
class Plan:
    """The work that a command line describes, and lines to print first.

    ``make`` imports the studies, once the command line is known to be valid. ``report`` makes one report on all of
    them, instead of one on each; ``file`` is written instead of folders of runs.
    """

    make: Callable[[], Studies]
    options: Options
    report: Callable[[Jobs], Iterable[RenderableType]] | None = None
    notes: Sequence[str] = ()
    file: Path | None = None

    @property
    def study(self) -> Study[Any]:
        """The only study."""
        (study,) = self.make()
        return study


def ask(experiment: Experiment, *arguments: str) -> Study[Any]:
    """Makes the study that trains an experiment's population under some flags, for an `Analysis` that needs it.

    Nothing is trained yet.

    Args:
        experiment: the experiment whose networks are needed.
        arguments: flags as on the command line, such as ``"--seeds=4"``. A run with the same settings is used again if
            it is finished.

    Returns:
        A study, to be passed to ``needs`` of `lt.Analysis` by name, or returned by ``initial`` of `lt.Experiment`.

    Example:
        >>> from experiments import sine
        >>> lt.ask(sine.EXPERIMENT, "--seeds=4").name
        'sine'
    """
    checked.kinds(locals(), experiment=Experiment)
    return plan(experiment, arguments).study


def main(experiment: Experiment | Analysis) -> None:
    """Runs an experiment, or an analysis, with the flags of the command line, and exits.

    The exit code is 1 if every seed of a run diverged or a file could not be used, 2 for an invalid command line, and
    128 plus the number of the signal that ended it.

    Args:
        experiment: the `Experiment` or the `Analysis` that the program is about.

    Example:
        >>> if __name__ == "__main__":  # doctest: +SKIP
        ...     lt.main(EXPERIMENT)
    """
    checked.kinds(locals(), experiment=Experiment | Analysis)
    run_and_exit(lambda arguments: plan(experiment, arguments))


def plan(asked: Experiment | Analysis | type[StudySettings], arguments: Sequence[str]) -> Plan:
    """Turns the command line of an experiment, an analysis or a study into a plan; raises Help or UsageError."""
    if isinstance(asked, Analysis):
        return of_analysis(lambda: asked, asked.name, {}, arguments)
    if isinstance(asked, Experiment):
        if flags.asks_help(arguments):
            raise flags.Help(asked.doc, command_line.flags_of(asked))
        experiment, rest, notes = command_line.completed(asked, arguments)
        trained, options = command_line.parse(experiment, rest)
        return Plan(lambda: [study_of(experiment, trained)], options, notes=notes)
    return of_study(asked, arguments)


def of_analysis(make: Callable[..., Analysis], doc: str, own: flags.FlagTable, arguments: Sequence[str]) -> Plan:
    """Turns the command line of an analysis into a plan; raises Help or UsageError.

    Args:
        make: makes the analysis from the values of its own flags, by name, once the command line is known to be valid;
            raises UsageError.
        doc: description that ``--help`` prints.
        own: the flags that are not those of all commands.
        arguments: the command line.
    """
    table = own | flags.of(Options)
    if flags.asks_help(arguments):
        raise flags.Help(doc, table)
    typed = flags.read(table, arguments)
    values = {name: typed.get(name, each.usual) for name, each in own.items()}

    def made() -> Studies:
        analysis = make(**values)
        return [study_of(analysis, analysis.identity)]

    return Plan(made, Options(**flags.given(Options, typed)))


def of_study(settings: type[StudySettings], arguments: Sequence[str]) -> Plan:
    """Turns the command line of a study into a plan; raises Help or UsageError."""
    table, (flag, attribute, kind) = flags.of(settings), settings.about
    helps = flags.asks_help(arguments)
    typed, rest = flags.split({flag: table[flag]} if helps else table, arguments)
    name = typed.get(flag, table[flag].usual)
    subject = modules.declared(name, attribute, kind, flag)
    if helps:
        table[flag] = modules.offered(table[flag], attribute)
        raise flags.Help(sys.modules[settings.__module__].__doc__ or "", {**table, **settings.flags_of(subject)})
    subject, rest, notes = command_line.completed(subject, rest)
    typed[flag] = script.canonical(modules.full_name(name, attribute))
    subject, made, options = settings.parse(subject, typed, rest)
    return Plan(lambda: [study_of(subject, made)], options, notes=notes)


def named(name: str, arguments: Sequence[str]) -> Plan:
    """Turns the command line of a study or a module, by its name, into a plan."""
    if name in STUDIES:
        settings = import_module(f"lstm_toys.studies.{name}.settings")
        return plan(getattr(settings, STUDIES[name]), arguments)
    if "EXPERIMENT" in script.declarations(Path(f"{name}.py")):
        return plan(modules.declared(name, "EXPERIMENT", Experiment), arguments)
    return named("claims", [f"--claims={name}", *arguments])


def run(name: str, arguments: Sequence[str]) -> None:
    """Runs a study or a module, by its name, with these arguments, and exits."""
    sys.argv = [f"{script.SCRIPT} {name}", *arguments]
    run_and_exit(partial(named, name))


def run_and_exit(make_plan: Callable[[Sequence[str]], Plan]) -> None:
    """Runs a command line and exits; quietly if the reader of its output stops early."""
    gc.set_threshold(50_000)  # New objects; Python's 700 take a sixth of a command's time.
    os.environ.pop("MPLBACKEND", None)  # Figures are drawn into files.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # It warns if it cannot store its list of fonts.
    # All files are written, and shutting down jax would take most of a second.
    os._exit(output.ended(partial(carry_out, make_plan, sys.argv[1:])))


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
        except flags.Help as asked:
            print(asked.text(script.called()))
            return 0
        except flags.UsageError as error:
            return complain(str(error), 2)
        options = plan.options
        console = output.console(quiet=options.quiet)
        for note in plan.notes:
            console.print(note)
        try:
            jobs = lifecycle.Work(options, console, interruption).carry_out(plan.make)
            for each in plan.report(jobs) if plan.report else reported(jobs):
                console.print(each, soft_wrap=isinstance(each, str), crop=False)
            if options.quiet:
                print(*([plan.file] if plan.file else [job.run.folder for job in jobs]), sep="\n")
            lost = [job.study.lost(job.run.read_metrics()) for job in jobs]
            return max([complain(line, 1) for line in lost if line is not None], default=0)
        except Interrupted as signaled:
            return complain(ended(signaled.args[0]), 128 + signaled.args[0])
        except (Refused, flags.UsageError) as error:
            return complain(str(error), 2)
        except (Failed, NotPublished) as error:
            return complain(str(error), 1)
        except Busy as busy:
            return complain(
                f"{busy}: another process is computing this run; wait until it ends, or change a setting", 1
            )
        except Damaged as damaged:
            return complain(f"{damaged}; move its folder elsewhere, or make it again with --restart", 1)
        except output.Unwritable as error:
            return complain(f"{error}; {KEPT}", 1)
        except OSError as error:
            where = f": {error.filename}" if error.filename else ""
            return complain(f"flag --results_dir={options.results_dir}: {error.strerror or error}{where}; {KEPT}", 1)
        except (MemoryError, RuntimeError) as error:
            if isinstance(error, RuntimeError) and not OUT_OF_MEMORY.search(str(error)):
                raise
            return complain(f"out of memory; {KEPT}", 1)


def reported(jobs: Jobs) -> Iterable[RenderableType]:
    """Yields the closing lines and tables of finished jobs, and their files."""
    for job in jobs:
        yield from job.report()
        yield from (f"  {path}" for path in job.run.files())
