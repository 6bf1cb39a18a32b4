"""Declarations that a flag names: in the experiments, or in modules of the user's. Imports nothing heavy."""

import ast
import importlib
import importlib.util
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

from lstm_toys.cli import flags, parsers
from lstm_toys.cli.home import home
from lstm_toys.cli.suggestions import meant
from lstm_toys.runs.context import described_error
from lstm_toys.runs.experiment import Experiment

T = TypeVar("T")


@dataclass(frozen=True)
class Open(Experiment):
    """An experiment that flags of its own complete, such as the files that it reads.

    Attributes:
        table: those.
        preset: their defaults, as the help has them.
        complete: from their values, None of one that is not given, to the experiment and what is told of it; raises
            UsageError.
    """

    table: flags.FlagTable = field(kw_only=True)
    preset: Mapping[str, Any] = field(kw_only=True)
    complete: Callable[[dict[str, Any]], tuple[Experiment, list[str]]] = field(kw_only=True)


def declared(name: str, attribute: str, kind: type[T], flag: str) -> T:
    """What the value of a flag declares.

    Args:
        name: a module of the experiments, as `listed` has it, or any other that can be imported from where one is.
        attribute: what the module declares it as, such as ``EXPERIMENT``.
        kind: what it has to be.
        flag: whose value the name is.

    Raises:
        UsageError: there is no such module, it cannot be imported, or declares nothing of this kind.
    """
    module = _module(name, attribute, flag)
    if not hasattr(module, attribute):
        what = f"{module.__name__} declares no {attribute}, which would be of the class {kind.__name__}"
        raise flags.UsageError(f"flag --{flag}={name}: {what}; {_offered(name, attribute)}")
    found = getattr(module, attribute)
    if not isinstance(found, kind):
        told = f"is of the class {type(found).__name__}, not {kind.__name__}"
        raise flags.UsageError(f"flag --{flag}={name}: {module.__name__}.{attribute} {told}")
    return found


def completed(experiment: Experiment, arguments: Sequence[str]) -> tuple[Experiment, list[str], list[str]]:
    """An experiment, completed by its own flags if it is open, the other arguments, and what is told of it.

    Raises:
        UsageError: it cannot be completed.
    """
    if not isinstance(experiment, Open):
        return experiment, list(arguments), []
    values, rest = flags.split(experiment.table, arguments)
    found, notes = experiment.complete(values)
    return found, rest, notes


def table_of(experiment: Experiment) -> tuple[flags.FlagTable, dict[str, Any]]:
    """All flags of an experiment, those that complete it first, and their defaults, for the help.

    Raises:
        UsageError: its defaults are none.
    """
    own, preset = (experiment.table, experiment.preset) if isinstance(experiment, Open) else ({}, {})
    return {**own, **flags.flags_of(experiment)}, {**flags.defaults_of(experiment), **preset}


def listed(attribute: str) -> list[str]:
    """The modules of the experiments that declare something, as a flag takes them; none of them is imported.

    One that lies beside the commands goes by its own name, one in a folder by its full name.
    """
    package, folder = home()
    return [
        path.stem if path.parent == folder else ".".join((package, *path.relative_to(folder).with_suffix("").parts))
        for path in sorted(folder.rglob("*.py"), key=lambda path: (len(path.parts), path))
        if attribute in _assigned(path, attribute)
    ]


def offered(table: flags.FlagTable, flag: str, attribute: str) -> flags.FlagTable:
    """A table of flags, the help of one of which names the declarations that the experiments have."""
    parser, text = table[flag]
    return {**table, flag: (parser, text.format(", ".join(listed(attribute))))}


def helped(arguments: Sequence[str], flag: str, attribute: str, kind: type[T], default: str) -> T:
    """What a command line that asks for help declares by a flag; where it declares nothing, the default."""
    try:
        own, _ = flags.split({flag: (parsers.name(), "")}, arguments)
        return declared(own[flag] or default, attribute, kind, flag)
    except flags.UsageError:
        return declared(default, attribute, kind, flag)


def _assigned(path: Path, attribute: str) -> set[str]:
    """The names that a file assigns at its top level; none if it does not even mention the one that is looked for."""
    source = path.read_bytes()
    if attribute.encode() not in source:
        return set()
    statements = [each for each in ast.parse(source).body if isinstance(each, ast.Assign | ast.AnnAssign)]
    targets = [each.targets if isinstance(each, ast.Assign) else [each.target] for each in statements]
    return {node.id for some in targets for node in some if isinstance(node, ast.Name)}


def _module(name: str, attribute: str, flag: str) -> ModuleType:
    """The module that a name stands for.

    Raises:
        UsageError: there is none, or it cannot be imported.
    """
    given = f"flag --{flag}={name}"
    if not all(part.isidentifier() for part in name.split(".")) or name.endswith(".py"):
        meant = ".".join(Path(name.removesuffix(".py")).parts)
        raise flags.UsageError(
            f"{given}: takes the name of a module, such as {meant if meant.isidentifier() else 'mine'}"
        )
    package, _ = home()
    full = f"{package}.{name}" if "." not in name and importlib.util.find_spec(f"{package}.{name}") else name
    parts = full.split(".")
    above = {".".join(parts[:count]) for count in range(1, len(parts) + 1)}
    try:
        return importlib.import_module(full)
    except (Exception, SystemExit) as error:  # Whatever the code of a module raises.
        if isinstance(error, ModuleNotFoundError) and error.name in above:
            raise flags.UsageError(f"{given}: there is no module {error.name}; {_offered(name, attribute)}") from None
        raise flags.UsageError(f"{given}: {full} cannot be imported: {described_error(error)}") from None


def _offered(name: str, attribute: str) -> str:
    """What would have been right."""
    every = listed(attribute)
    own = "modules of your own, in this folder or on PYTHONPATH"
    return meant(name, every) or f"there are {', '.join(every)}, and {own}"
