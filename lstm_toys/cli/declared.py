"""Declarations of modules that a command line names: imports the module, or explains in one line why it cannot."""

import importlib
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from lstm_toys.cli.modules import declarations, full_name, listed
from lstm_toys.runs.flags import UsageError
from lstm_toys.runs.study import described_error
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
        raise UsageError(f"{prefix}: {what}; {_offered(name, attribute)}")
    value = getattr(module, attribute)
    if not isinstance(value, kind):
        mismatch = f"must be of class {kind.__name__}, not {type(value).__name__}"
        raise UsageError(f"{prefix}: {module.__name__}.{attribute} {mismatch}")
    return value


def _module(name: str, attribute: str, prefix: str) -> ModuleType:
    if not all(part.isidentifier() for part in name.split(".")) or name.endswith(".py"):
        meant = ".".join(Path(name.removesuffix(".py")).parts)
        raise UsageError(f"{prefix}: takes the name of a module, such as {meant if meant.isidentifier() else 'mine'}")
    module = full_name(name, attribute)
    try:
        return importlib.import_module(module)
    except (Exception, SystemExit) as error:  # A user's code may raise anything.
        if isinstance(error, ModuleNotFoundError) and f"{module}.".startswith(f"{error.name}."):
            raise UsageError(f"{prefix}: no module named {error.name}; {_offered(name, attribute)}") from None
        raise UsageError(f"{prefix}: {module} cannot be imported: {described_error(error)}") from None


def _offered(name: str, attribute: str) -> str:
    names = [*listed(attribute), *(path.stem for path in Path.cwd().glob("*.py") if attribute in declarations(path))]
    available = f"available: {', '.join(names)}, and your own modules in this folder or on PYTHONPATH"
    return did_you_mean(name, names) or available
