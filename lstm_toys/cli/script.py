"""The console script: ``lstm-toys NAME FLAGS`` is ``python -m experiments.NAME FLAGS``, from any folder."""

import ast
import runpy
import sys
from pathlib import Path

from lstm_toys import output
from lstm_toys.cli import VERSION
from lstm_toys.cli.home import home
from lstm_toys.cli.suggestions import meant

MAIN = "*/__main__.py"
"""What is run of a command that is a folder."""

HELP = ("help", "--help", "-h")


def main() -> None:
    """Runs the command that the first argument names, as its module is run, or lists all of them."""
    output.sturdy()
    name, *arguments = sys.argv[1:] or [HELP[0]]
    if name in HELP and arguments:
        name, arguments = arguments[0], ["--help", *arguments[1:]]
    sys.path.insert(0, str(Path.cwd()))  # As `python -m` has it.
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
        told = meant(name, [*every, "--version"]) or f"there are {', '.join(every)}"
        output.complain(f"no command {name!r}; {told}")
        sys.exit(2)


def commands(folder: Path) -> dict[str, str]:
    """The first line of every command's docstring, by name: the runnable files of the folder, none of them imported."""
    paths = {path.stem: path for path in folder.glob("*.py")} | {path.parent.name: path for path in folder.glob(MAIN)}
    trees = {name: ast.parse(path.read_bytes()) for name, path in sorted(paths.items())}
    return {name: (ast.get_docstring(tree) or "").partition("\n")[0] for name, tree in trees.items() if _runs(tree)}


def _runs(tree: ast.Module) -> bool:
    """Whether a module does something only when it is run."""
    tests = (ast.unparse(node.test) for node in tree.body if isinstance(node, ast.If))
    return any("__name__ == '__main__'" in test for test in tests)


def listing(every: dict[str, str]) -> str:
    """What to type, and what each command is about."""
    width = max(map(len, every))
    rows = [f"  {name:{width}}  {line}" for name, line in every.items()]
    more = "lstm-toys help NAME lists the flags of one of them, lstm-toys --version tells the version."
    return "\n".join(["usage: lstm-toys NAME [flags]", "", *rows, "", more])
