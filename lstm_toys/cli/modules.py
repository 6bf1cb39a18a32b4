"""Loads declarations that a flag names, from the experiments or from a user's modules. Imports nothing heavy."""

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

from lstm_toys.cli import flags
from lstm_toys.cli.script import EXPERIMENTS, declarations, home
from lstm_toys.cli.suggestions import meant
from lstm_toys.runs.context import described_error
from lstm_toys.runs.experiment import Experiment

T = TypeVar("T")


@dataclass(frozen=True)
class Open(Experiment):
    """An experiment that its own flags complete, such as the files that it reads; ``preset`` are their defaults.

    ``complete`` maps their values, None for a missing one, to the experiment and notes to print; raises UsageError.
    """

    table: flags.FlagTable = field(kw_only=True)
    preset: Mapping[str, Any] = field(kw_only=True)
    complete: Callable[[dict[str, Any]], tuple[Experiment, list[str]]] = field(kw_only=True)


def declared(name: str, attribute: str, kind: type[T], flag: str = "") -> T:
    """Imports a module, named as in `listed` or in full, and returns its declaration; raises UsageError.

    ``flag`` is the flag that names the module; empty: the command does.
    """
    prefix = f"flag --{flag}={name}" if flag else f"{name}.py"
    module = _module(name, attribute, prefix)
    if not hasattr(module, attribute):
        what = f"{module.__name__} declares no {attribute} of class {kind.__name__}"
        raise flags.UsageError(f"{prefix}: {what}; {_offered(name, attribute)}")
    value = getattr(module, attribute)
    if not isinstance(value, kind):
        mismatch = f"must be of class {kind.__name__}, not {type(value).__name__}"
        raise flags.UsageError(f"{prefix}: {module.__name__}.{attribute} {mismatch}")
    return value


def full_name(name: str, attribute: str) -> str:
    """Returns the name under which a module with this declaration is imported: first the experiments, then others."""
    short = name.removeprefix(f"{EXPERIMENTS}.")  # As in a clone, wherever they are installed.
    return f"{home()[0]}.{short}" if short in listed(attribute) else name


def completed(experiment: Experiment, arguments: Sequence[str]) -> tuple[Experiment, list[str], list[str]]:
    """Completes an open experiment by its flags; returns it, the other arguments, and notes. Raises UsageError."""
    if not isinstance(experiment, Open):
        return experiment, list(arguments), []
    values, rest = flags.split(experiment.table, arguments)
    experiment, notes = experiment.complete(values)
    return experiment, rest, notes


def table_of(experiment: Experiment) -> tuple[flags.FlagTable, dict[str, Any]]:
    """Returns all flags of an experiment, those that complete it first, and their defaults; raises UsageError."""
    own, preset = (experiment.table, experiment.preset) if isinstance(experiment, Open) else ({}, {})
    return {**own, **flags.flags_of(experiment)}, {**flags.defaults_of(experiment), **preset}


def listed(attribute: str) -> list[str]:
    """Lists the experiments' modules with this declaration, as a flag takes them, without importing them."""
    _, folder = home()
    return [
        ".".join(path.relative_to(folder).with_suffix("").parts)
        for path in sorted(folder.rglob("*.py"), key=lambda path: (len(path.parts), path))
        if attribute in declarations(path)
    ]


def offered(table: flags.FlagTable, flag: str, attribute: str) -> flags.FlagTable:
    """Names the available declarations in the help of a flag."""
    parser, text = table[flag]
    return {**table, flag: (parser, text.format(", ".join(listed(attribute))))}


def _module(name: str, attribute: str, prefix: str) -> ModuleType:
    if not all(part.isidentifier() for part in name.split(".")) or name.endswith(".py"):
        meant = ".".join(Path(name.removesuffix(".py")).parts)
        raise flags.UsageError(
            f"{prefix}: takes the name of a module, such as {meant if meant.isidentifier() else 'mine'}"
        )
    full = full_name(name, attribute)
    parts = full.split(".")
    above = {".".join(parts[:count]) for count in range(1, len(parts) + 1)}
    try:
        return importlib.import_module(full)
    except (Exception, SystemExit) as error:  # A user's code may raise anything.
        if isinstance(error, ModuleNotFoundError) and error.name in above:
            raise flags.UsageError(f"{prefix}: no module named {error.name}; {_offered(name, attribute)}") from None
        raise flags.UsageError(f"{prefix}: {full} cannot be imported: {described_error(error)}") from None


def _offered(name: str, attribute: str) -> str:
    every = [*listed(attribute), *(path.stem for path in Path.cwd().glob("*.py") if attribute in declarations(path))]
    own = "your own modules in this folder or on PYTHONPATH"
    return meant(name, every) or f"available: {', '.join(every)}, and {own}"
