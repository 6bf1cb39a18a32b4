"""The console script: ``lstm-toys NAME FLAGS`` runs a command in any folder.

A command is a study, a module of the experiments, which is run like ``python -m experiments.NAME``, or else a module in
the current folder that declares an experiment or claims.
"""

import ast
import importlib
import importlib.util
import keyword
import re
import runpy
import shlex
import symtable
import sys
import warnings
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from types import ModuleType

import lstm_toys
from lstm_toys import output
from lstm_toys.cli import RUN_COMMANDS, VERSION
from lstm_toys.studies import STUDIES
from lstm_toys.text import did_you_mean, filled

EXPERIMENTS = "experiments"

RESEARCH = "research"
"""A folder of the experiments; names of commands, and of what their modules declare, leave it out."""

SCRIPT = "lstm-toys"

OF_FOLDER = "lstm_toys.cli.command"
"""The module that runs a study, or a module of the current folder."""

DECLARED = ("EXPERIMENT", "CLAIMS")
"""Names that make a module in the current folder a command."""

HELP = ("help", "--help", "-h")


def main() -> None:
    """Runs the command that the first argument names, or lists all commands, and exits."""
    lstm_toys.fix_numpy()
    sys.exit(output.ended(_carry_out))


def _carry_out() -> int:
    name, *arguments = sys.argv[1:] or [HELP[0]]
    if name in HELP and arguments:
        name, arguments = arguments[0], ["--help", *arguments[1:]]
    if name in RUN_COMMANDS:
        return int(importlib.import_module("lstm_toys.cli.run_commands").main(name, arguments))
    sys.path.insert(0, str(here := Path.cwd()))  # Like `python -m`.
    package, folder = home()
    included = {**commands(folder), **studies()}
    own_modules = {module: line for module, line in own_commands(here).items() if module not in included}
    if name in included and name not in STUDIES:
        sys.argv[1:] = arguments
        lifecycle = importlib.import_module("lstm_toys.runs.lifecycle")
        try:
            with lifecycle.importing():
                runpy.run_module(full(name), run_name="__main__", alter_sys=True)
        except lifecycle.Refused as error:
            return output.complain(str(error))
    elif name in own_modules | STUDIES:
        module = importlib.import_module(OF_FOLDER)
        sys.modules["__main__"] = module  # Results do not depend on the file of this script.
        module.run(name, arguments)
    elif name in HELP:
        print(listing(included, importlib.import_module(package), own_modules))
    elif name == "--version":
        print(VERSION)
    elif name in importlib.import_module(package).CLONED:
        return output.complain(f"{name} is not installed; it is run in a clone of the repository, by {SCRIPT} {name}")
    else:
        return output.complain(unknown(name, here, [*included, *own_modules]))
    return 0


def unknown(name: str, folder: Path, names: Sequence[str]) -> str:
    """Explains in one line why a name is not a command: what its file in a folder lacks, or which commands exist."""
    message = f"unknown command {name!r}"
    if f"{name}.py" in (path.name for path in folder.glob("*.py") if path.is_file()):
        try:
            ast.parse((folder / f"{name}.py").read_bytes(), f"{name}.py")
        except (OSError, SyntaxError, ValueError) as error:
            return f"{message}: {error}"
        return f"{message}: {name}.py declares neither {' nor '.join(DECLARED)}; python {name}.py runs it"
    names = [HELP[0], *RUN_COMMANDS, *names]
    return f"{message}; {did_you_mean(name, [*names, '--version']) or 'available: ' + ', '.join(names)}"


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


def called() -> str:
    """How the running command is called: by the console script if it is one of the experiments', from any folder."""
    spec = sys.modules["__main__"].__spec__
    if spec is None:
        return f"python {shlex.quote(sys.argv[0])}"
    if spec.name == OF_FOLDER:
        return sys.argv[0]
    name = spec.name.removesuffix(".__main__")
    ours = name.startswith(f"{home()[0]}.")
    return f"{SCRIPT} {canonical(name).removeprefix(f'{EXPERIMENTS}.')}" if ours else f"python -m {name}"


def commands(folder: Path) -> dict[str, Path]:
    """Returns the file of every command in a folder, by name, in the order of names, without importing any command.

    The name of a command in a subfolder begins with that of the folder: ``papers.tune``.
    """
    found = {
        short(path, folder).removesuffix(".__main__"): path
        for path in folder.rglob("*.py")
        if re.search(b'^if __name__ == "__main__":', path.read_bytes(), re.MULTILINE)
    }
    return dict(sorted(found.items()))


def studies() -> dict[str, Path]:
    """Returns the file that describes each study, by name, without importing any."""
    folder = Path(lstm_toys.__file__).with_name("studies")
    return {name: folder / name / "settings.py" for name in STUDIES}


def own_commands(folder: Path) -> dict[str, Path]:
    """Returns every module in a folder that is a command, by name."""
    return {path.stem: path for path in sorted(folder.glob("*.py")) if declarations(path)}


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


def summaries(modules: Mapping[str, Path]) -> dict[str, str]:
    """Returns the first line of the docstring of each module, by name; empty without one."""
    docstrings = {name: ast.get_docstring(ast.parse(path.read_bytes())) or "" for name, path in modules.items()}
    return {name: docstring.partition("\n")[0] for name, docstring in docstrings.items()}


def listing(modules: Mapping[str, Path], experiments: ModuleType, own_modules: Mapping[str, Path]) -> str:
    """Returns the usage text: how to call the script, and a line per command, of its docstring.

    The experiments of the post and studies come first, then what is about the post, research, and the commands of the
    current folder.
    """
    included, own = summaries(modules), summaries(own_modules)
    first, cloned = (*experiments.COMMANDS, *STUDIES), experiments.CLONED
    paragraphs = {
        "": {name: included[name] for name in first},
        "about finished runs": RUN_COMMANDS,
        "about the post": {name: line for name, line in included.items() if name not in (*first, *cloned)},
        "research": {name: included[name] for name in cloned if name in included},
        "in this folder": own,
    }
    width = max(map(len, [*included, *own, *RUN_COMMANDS]))
    lines = [f"usage: {SCRIPT} NAME [flags]"]
    for title, rows in paragraphs.items():
        lines += ["", *([f"{title}:"] * bool(title))] if rows else []
        lines += [f"  {name:{width}}  {line}".rstrip() for name, line in rows.items()]
    more = [f"{SCRIPT} help NAME lists the flags of a command, {SCRIPT} --version prints the version."]
    if absent := [name for name in cloned if name not in included]:
        more.append(f"A clone of the repository also has {', '.join(absent)}.")
    return "\n".join(map(filled, [*lines, "", *more]))
