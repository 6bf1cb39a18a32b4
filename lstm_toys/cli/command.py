"""Runs a command line: executes its runs and prints their reports, or explains in one line why it cannot."""

import gc
import importlib
import logging
import os
import shlex
import sys
from collections.abc import Callable, Sequence
from dataclasses import MISSING, replace
from functools import partial
from pathlib import Path
from types import FunctionType
from typing import Any, Literal, NamedTuple, TypeAlias

from lstm_toys import arguments as checked
from lstm_toys import output
from lstm_toys.cli import SCRIPT, VERSION
from lstm_toys.cli.declared import declared
from lstm_toys.cli.modules import EXPERIMENTS, canonical, declarations, full_name, home, listed
from lstm_toys.command_error import CommandError
from lstm_toys.execution.signals import Interruption
from lstm_toys.output import KEPT, complain
from lstm_toys.runs import flags, lifecycle
from lstm_toys.runs.experiment import FLAGS, Experiment, completed_experiment, flags_of, parse
from lstm_toys.runs.folder import Run
from lstm_toys.runs.identity import Options
from lstm_toys.runs.lifecycle import Lifecycle
from lstm_toys.runs.origin import Command
from lstm_toys.runs.study import Refused, Study, study_of
from lstm_toys.studies import STUDIES
from lstm_toys.studies.analysis.settings import Analysis
from lstm_toys.studies.settings import StudySettings

Studies = Sequence[Study[Any]]


class Plan(NamedTuple):
    """A command line whose flags are valid: a function that imports and makes its studies, and the command."""

    make: Callable[[], Studies]
    command: Command


Subject: TypeAlias = Experiment | Analysis | Callable[..., Analysis]


def ask(
    subject: Experiment | str,
    *arguments: str,
    study: Literal["training", "sweep", "generalization", "dynamics", "claims"] = "training",
) -> Study[Any]:
    """Makes the study that a command would carry out, for an `Analysis` that needs it. Nothing is trained yet.

    Args:
        subject: the experiment whose networks are needed, or the name of a module that declares it, such as ``"sine"``;
            for claims, the name of the module that declares them, such as ``"post.claims"``.
        arguments: flags as on the command line, such as ``"--seeds=4"``. A run with the same settings is used again if
            it is finished.
        study: the training of the networks, or a study that ``lstm-toys`` lists.

    Returns:
        A study, to be passed to ``needs`` of `lt.Analysis` by name, or returned by ``initial`` of `lt.Experiment`. Its
        ``settings`` are what the flags say; its ``needs`` are other studies, such as the trainings that claims judge,
        by column and population. Its ``subject`` is the experiment; of claims, ``subject.declared`` are the claims.

    Raises:
        UsageError: a flag is invalid, or a module declares no such subject.

    Example:
        >>> from experiments import sine
        >>> lt.ask(sine.EXPERIMENT, "--seeds=4").name
        'sine'
        >>> lt.ask("sine", "--grid=learning_rate=0.001 0.01", study="sweep").name
        'sweep'
    """
    checked.kinds(locals(), subject=Experiment | str)
    checked.choice("study", study, "training", *STUDIES)
    if study != "training":
        return only(of_study(settings_of(study), arguments, subject))
    return only(plan(declared(subject, "EXPERIMENT", Experiment) if isinstance(subject, str) else subject, arguments))


def only(plan: Plan) -> Study[Any]:
    """Makes the study of a command that has only one."""
    (study,) = plan.make()
    return study


def find(studies: Studies, results_dir: Path | str = "results") -> list[Run | None]:
    """Finds finished runs, without computing anything.

    Args:
        studies: studies that `lt.ask` returns.
        results_dir: the folder of results, as of ``--results_dir``.

    Returns:
        The run of each study, in order; None where it is not finished.

    Raises:
        OSError: the files of a run cannot be read.
        UsageError: JAX does not start, or what a study trains or judges is invalid.

    Example:
        >>> from experiments import line
        >>> lt.find([lt.ask(line.EXPERIMENT, "--seeds=4")], "nowhere")
        [None]
    """
    options = Options(results_dir=Path(results_dir))
    runs = Lifecycle(Command(options), output.console(quiet=True), Interruption())
    try:
        lifecycle.start(options)  # Runs are named by programs, which depend on how JAX is configured.
        for study in runs.placed(studies).values():
            runs.find(study)
        return [runs.finished.get(study) for study in studies]
    except Refused as error:
        raise flags.UsageError(str(error)) from None


def main(*subjects: Subject) -> None:
    """Runs an experiment, or an analysis, with the flags of the command line, and exits.

    The exit code is 1 if every seed of a run diverged or a file could not be used, 2 for an invalid command line, and
    128 plus the number of the signal that ended it.

    Args:
        subjects: the `Experiment` or the `Analysis` that the program is about. Several experiments are run one after
            another, with the same flags. Or a function that returns an analysis: its parameters, all of which have
            defaults, are flags. Annotations say what a flag takes: ``int``, or with bounds
            ``Annotated[int, range(1, 100)]``; ``float``, ``str``, ``bool``, ``pathlib.Path`` of a file, ``Literal`` for
            choices, ``X | None``, and ``tuple[X, ...]`` for a flag that may be repeated. ``--help`` prints the
            docstring of the function's module, and what the function's own docstring says of its arguments.

    Example:
        >>> if __name__ == "__main__":  # doctest: +SKIP
        ...     lt.main(EXPERIMENT)
    """
    kinds = Experiment | Analysis | FunctionType
    for subject in subjects:
        checked.instance("subjects", subject, kinds, "experiments, an analysis, or a function")
    about: Any = subjects[0] if len(subjects) == 1 else subjects
    run_and_exit(partial(plan, about))


def plan(subject: Subject | Sequence[Experiment] | type[StudySettings], arguments: Sequence[str]) -> Plan:
    """Turns the command line of experiments, an analysis or a study into a plan; raises Help or UsageError."""
    if isinstance(subject, Analysis):
        return of_analysis(lambda: subject, subject.name, arguments)
    if isinstance(subject, Experiment):
        return of_experiment(subject, arguments)
    if isinstance(subject, Sequence):
        return of_experiments(subject, arguments)
    if isinstance(subject, type):
        return of_study(subject, arguments)
    return of_analysis(subject, sys.modules[subject.__module__].__doc__ or "", arguments)


def of_experiment(subject: Experiment, arguments: Sequence[str]) -> Plan:
    """Turns the command line of one experiment into a plan; raises Help or UsageError."""
    if flags.asks_help(arguments):
        raise flags.Help(subject.doc, flags_of(subject))
    experiment, rest, notes = completed_experiment(subject, arguments)
    settings, options = parse(experiment, rest)
    return Plan(lambda: [study_of(experiment, settings)], Command(options, notes))


def of_experiments(subjects: Sequence[Experiment], arguments: Sequence[str]) -> Plan:
    """Turns a command line with the flags of several experiments into a plan; raises Help or UsageError."""
    if flags.asks_help(arguments):
        differing = {name: FLAGS[name]._replace(default=MISSING) for name in ("optimizer", "hidden")}
        raise flags.Help(sys.modules["__main__"].__doc__ or "", {**FLAGS, **differing})
    parsed = [(experiment, *parse(experiment, arguments)) for experiment in subjects]
    _, _, options = parsed[0]  # They are the same for all.
    return Plan(lambda: [study_of(experiment, settings) for experiment, settings, _ in parsed], Command(options))


def of_analysis(make: Callable[..., Analysis], doc: str, arguments: Sequence[str]) -> Plan:
    """Turns the command line of an analysis into a plan; raises Help or UsageError.

    Args:
        make: makes the analysis from the values of flags, which are its parameters, once the command line is known to
            be valid; raises UsageError.
        doc: description that ``--help`` prints.
        arguments: the command line.
    """
    parameters = flags.of_function(make)
    table = parameters | flags.of(Options)
    if flags.asks_help(arguments):
        raise flags.Help(doc, table)
    typed = flags.read(table, arguments)

    def studies() -> Studies:
        analysis = make(**{name: typed[name] for name in parameters if name in typed})
        checked.instance(f"what {make.__name__} returns", analysis, Analysis, "an lt.Analysis")
        return [study_of(analysis, analysis.identity)]

    return Plan(studies, Command(Options(**flags.select(Options, typed)), question=doc.strip()))


def of_study(settings: type[StudySettings], arguments: Sequence[str], subject: Experiment | str | None = None) -> Plan:
    """Turns the command line of a study into a plan; raises Help or UsageError.

    Args:
        settings: the class of the study's settings, whose fields are flags. It says which flag names the module of the
            subject, and what this module has to declare.
        arguments: the command line.
        subject: an experiment, or the name of a module; None: the flag names the module.
    """
    table, (flag, attribute, kind) = flags.of(settings), settings.about
    if isinstance(subject, str):
        arguments = [f"--{flag}={subject}", *arguments]
    typed, rest = flags.split({flag: table[flag]}, arguments)
    if isinstance(subject, Experiment):
        typed[flag] = subject.name
    else:
        name = typed.get(flag, table[flag].default)
        subject, typed[flag] = declared(name, attribute, kind, flag), canonical(full_name(name, attribute))
    if flags.asks_help(arguments):
        table[flag] = table[flag]._replace(text=table[flag].text.format(", ".join(listed(attribute))))
        raise flags.Help(sys.modules[settings.__module__].__doc__ or "", {**table, **settings.flags_of(subject)})
    subject, rest, notes = completed_experiment(subject, rest)
    typed |= flags.read({**table, **settings.flags_of(subject)}, rest)
    subject, parsed, options = settings.parse(subject, typed)
    return Plan(lambda: [study_of(subject, parsed)], Command(options, notes))


def settings_of(study: str) -> type[StudySettings]:
    """The settings of a study, by its name."""
    module = importlib.import_module(f"lstm_toys.studies.{study}.settings")
    settings: type[StudySettings] = getattr(module, STUDIES[study])
    return settings


def called() -> str:
    """How the running command is called: by the console script if it is one of the experiments', from any folder."""
    spec = sys.modules["__main__"].__spec__
    if spec is None:
        return f"python {shlex.quote(sys.argv[0])}"
    if spec.name == __name__:
        return sys.argv[0]
    name = spec.name.removesuffix(".__main__")
    ours = name.startswith(f"{home()[0]}.")
    return f"{SCRIPT} {canonical(name).removeprefix(f'{EXPERIMENTS}.')}" if ours else f"python -m {name}"


def named(name: str, arguments: Sequence[str]) -> Plan:
    """Turns a command line into a plan: of a study, or of a module that declares an experiment or claims."""
    if name in STUDIES:
        return of_study(settings_of(name), arguments)
    if "EXPERIMENT" in declarations(Path(f"{name}.py")):
        return plan(declared(name, "EXPERIMENT", Experiment), arguments)
    return named("claims", [f"--claims={name}", *arguments])


def run(name: str, arguments: Sequence[str]) -> None:
    """Runs a study or a module, by its name, with these arguments, and exits."""
    sys.argv = [f"{SCRIPT} {name}", *arguments]
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
            make, command = make_plan(arguments)
            command = replace(command, called=called(), arguments=flags.expanded(arguments))
        except flags.Help as request:
            print(request.text(called()))
            return 0
        except flags.UsageError as error:
            return complain(str(error), error.exit_code)
        return _execute(make, command, interruption)


def _execute(make: Callable[[], Studies], command: Command, interruption: Interruption) -> int:
    """Runs a command with valid flags, and prints reports, or explains in one line why it ends; returns its code."""
    options = command.options
    console = output.console(quiet=options.quiet)
    for note in command.notes:
        console.print(note)
    try:
        done = Lifecycle(command, console, interruption).carry_out(make)
        for study in done:
            for line in (*study.report(), *(f"  {path}" for path in study.run.files())):
                console.print(line, soft_wrap=isinstance(line, str), crop=False)
        if options.quiet:
            print(*(study.run.folder for study in done), sep="\n")
        lost = [study.lost(study.run.read_metrics()) for study in done]
        return max([complain(line, 1) for line in lost if line is not None], default=0)
    except CommandError as error:
        return complain(f"{error}; {error.advice}" if error.advice else str(error), error.exit_code)
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        return complain(f"flag --results_dir={options.results_dir}: {error.strerror or error}{where}; {KEPT}", 1)
    except (MemoryError, RuntimeError, ImportError) as error:
        if not output.is_out_of_memory(error):
            raise
        return complain(f"out of memory; {KEPT}", 1)
