"""Loads declarations that a flag names, from the experiments or from a user's modules. Imports nothing heavy."""

import importlib
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from lstm_toys.cli.script import EXPERIMENTS, canonical, declarations, full, home, short
from lstm_toys.runs import flags
from lstm_toys.runs.context import described_error
from lstm_toys.text import did_you_mean

T = TypeVar("T")


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
    module = canonical(name).removeprefix(f"{EXPERIMENTS}.")
    return full(module) if module in listed(attribute) else name


def known_name(name: str, attribute: str) -> str:
    """Returns the name by which a module with this declaration is known, wherever it is installed."""
    return canonical(full_name(name, attribute))


def listed(attribute: str) -> list[str]:
    """Lists the experiments' modules with this declaration, as a flag takes them, without importing them."""
    _, folder = home()
    return [
        short(path, folder)
        for path in sorted(folder.rglob("*.py"), key=lambda path: (len(path.parts), path))
        if attribute in declarations(path)
    ]


def offered(flag: flags.Flag, attribute: str) -> flags.Flag:
    """Names the available declarations in the help of a flag."""
    return flag._replace(text=flag.text.format(", ".join(listed(attribute))))


def _module(name: str, attribute: str, prefix: str) -> ModuleType:
    if not all(part.isidentifier() for part in name.split(".")) or name.endswith(".py"):
        meant = ".".join(Path(name.removesuffix(".py")).parts)
        raise flags.UsageError(
            f"{prefix}: takes the name of a module, such as {meant if meant.isidentifier() else 'mine'}"
        )
    module = full_name(name, attribute)
    parts = module.split(".")
    above = {".".join(parts[:count]) for count in range(1, len(parts) + 1)}
    try:
        return importlib.import_module(module)
    except (Exception, SystemExit) as error:  # A user's code may raise anything.
        if isinstance(error, ModuleNotFoundError) and error.name in above:
            raise flags.UsageError(f"{prefix}: no module named {error.name}; {_offered(name, attribute)}") from None
        raise flags.UsageError(f"{prefix}: {module} cannot be imported: {described_error(error)}") from None


def _offered(name: str, attribute: str) -> str:
    names = [*listed(attribute), *(path.stem for path in Path.cwd().glob("*.py") if attribute in declarations(path))]
    available = f"available: {', '.join(names)}, and your own modules in this folder or on PYTHONPATH"
    return did_you_mean(name, names) or available
