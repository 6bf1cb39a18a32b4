"""Modules that declare experiments or claims: their names, where they are, and what they declare. Imports none of them.

They are those of the experiments, which come with the library, or users' own. Imports nothing heavy.
"""

import importlib.util
import keyword
import symtable
import warnings
from functools import cache
from pathlib import Path

import lstm_toys

EXPERIMENTS = "experiments"

RESEARCH = "research"
"""A folder of the experiments; names of commands, and of what their modules declare, leave it out."""

DECLARED = ("EXPERIMENT", "CLAIMS")
"""Names that make a module in the current folder a command."""


@cache
def home() -> tuple[str, Path]:
    """The package and the folder of the experiments that come with the library.

    In a clone the package is ``experiments``, and ImportError is raised if another folder of that name hides it; where
    the library is installed it is ``lstm_toys.experiments``, so that users may have their own folder ``experiments``.
    """
    clone = Path(lstm_toys.__file__).resolve().parents[1] / EXPERIMENTS
    for name in (EXPERIMENTS, f"lstm_toys.{EXPERIMENTS}"):
        spec = importlib.util.find_spec(name)
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            if name != EXPERIMENTS or Path(folder).resolve() == clone:
                return name, Path(folder)
    raise ImportError(f"another folder {EXPERIMENTS} hides the one in {clone.parent}; run from a different folder")


def short(path: Path, folder: Path) -> str:
    """Returns the name of a module in the folder of the experiments, as commands and flags take it."""
    parts = path.relative_to(folder).with_suffix("").parts
    return ".".join(parts[parts[0] == RESEARCH :])


def full(name: str) -> str:
    """Returns the name under which a module of the experiments is imported, from its `short` one."""
    package, folder = home()
    first = name.partition(".")[0]
    deeper = not any((folder / path).exists() for path in (first, f"{first}.py"))
    return f"{package}.{f'{RESEARCH}.' * deeper}{name}"


def canonical(module: str) -> str:
    """Returns the name by which a module of the experiments is known, wherever it is; other names do not change."""
    for package in (EXPERIMENTS, f"lstm_toys.{EXPERIMENTS}"):
        if module.startswith(f"{package}."):
            return f"{EXPERIMENTS}.{module.removeprefix(f'{package}.').removeprefix(f'{RESEARCH}.')}"
    return module


def declarations(path: Path) -> list[str]:
    """Returns which names in `DECLARED` a module assigns, without executing it; none if it cannot be read."""
    if not path.is_file() or not path.stem.isidentifier() or keyword.iskeyword(path.stem):
        return []
    try:
        source = path.read_bytes()
        if not any(name.encode() in source for name in DECLARED):
            return []
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            table = symtable.symtable(importlib.util.decode_source(source), str(path), "exec")
    except (OSError, SyntaxError, ValueError):
        return []
    assigned = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_assigned()}
    return [name for name in DECLARED if name in assigned]


def full_name(name: str, attribute: str) -> str:
    """Returns the name under which a module with this declaration is imported: first the experiments, then others."""
    module = canonical(name).removeprefix(f"{EXPERIMENTS}.")
    path = files().get(module)
    return full(module) if path is not None and attribute in declarations(path) else name


def listed(attribute: str) -> list[str]:
    """Lists the experiments' modules with this declaration, as a flag takes them, without importing them."""
    return [name for name, path in files().items() if attribute in declarations(path)]


def files() -> dict[str, Path]:
    """The files of the experiments' modules, by the name that a flag takes; those in no folder come first."""
    _, folder = home()
    paths = sorted(folder.rglob("*.py"), key=lambda path: (len(path.parts), path))
    return {short(path, folder): path for path in paths}
