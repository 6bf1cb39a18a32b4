"""The console script: ``lstm-toys NAME FLAGS`` is ``python -m experiments.NAME FLAGS``, from any folder."""

import ast
import importlib
import importlib.util
import re
import runpy
import sys
from functools import cache
from pathlib import Path

import lstm_toys
from lstm_toys import output
from lstm_toys.cli import VERSION
from lstm_toys.cli.suggestions import meant

EXPERIMENTS = "experiments"

HELP = ("help", "--help", "-h")

SHOW = "show"


def main() -> None:
    """Runs the module of the command that the first argument names, or lists all commands."""
    name, *arguments = sys.argv[1:] or [HELP[0]]
    if name in HELP and arguments:
        name, arguments = arguments[0], ["--help", *arguments[1:]]
    if name == SHOW:
        sys.exit(importlib.import_module("lstm_toys.cli.show").main(arguments))
    sys.path.insert(0, str(Path.cwd()))  # Like `python -m`.
    package, folder = home()
    every = commands(folder)
    if name in HELP:
        print(listing(every))
    elif name == "--version":
        print(VERSION)
    elif name in every:
        sys.argv[1:] = arguments
        runpy.run_module(f"{package}.{name}", run_name="__main__", alter_sys=True)
    else:
        suggestion = meant(name, [*every, SHOW, "--version"]) or f"available: {', '.join(every)}"
        sys.exit(output.complain(f"unknown command {name!r}; {suggestion}"))


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


def canonical(module: str) -> str:
    """Returns the name that a module has in a clone, wherever it is installed."""
    return module.removeprefix("lstm_toys.") if module.startswith(f"lstm_toys.{EXPERIMENTS}.") else module


def commands(folder: Path) -> dict[str, str]:
    """Returns the first line of every command's docstring, by name, without importing any command."""
    paths = {path.stem: path for path in folder.glob("*.py")}
    paths |= {path.parent.name: path for path in folder.glob("*/__main__.py")}
    sources = {name: path.read_text(encoding="utf-8") for name, path in sorted(paths.items())}
    return {
        name: (ast.get_docstring(ast.parse(source)) or "").partition("\n")[0]
        for name, source in sources.items()
        if re.search('^if __name__ == "__main__":', source, re.MULTILINE)
    }


def listing(every: dict[str, str]) -> str:
    """Returns the usage text: how to call the script, and one line for each command."""
    width = max(map(len, every))
    rows = [f"  {name:{width}}  {line}" for name, line in every.items()]
    more = [
        "lstm-toys help NAME lists the flags of a command, lstm-toys --version prints the version.",
        "lstm-toys show FOLDER prints a finished run as it lies there, without verifying it.",
    ]
    return "\n".join(["usage: lstm-toys NAME [flags]", "", *rows, "", *more])
