"""The console script: ``lstm-toys NAME FLAGS`` runs a command in any folder.

A command is a study, a module of the experiments, which is run like ``python -m experiments.NAME``, or else a module in
the current folder that declares an experiment or claims.
"""

import ast
import importlib
import re
import runpy
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType

import lstm_toys
from lstm_toys import output
from lstm_toys.cli import RUN_COMMANDS, SCRIPT, VERSION
from lstm_toys.cli.modules import DECLARED, declarations, full, home, short
from lstm_toys.studies import STUDIES
from lstm_toys.text import did_you_mean, filled

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
        from lstm_toys.cli import run_commands

        return run_commands.main(name, arguments)
    sys.path.insert(0, str(here := Path.cwd()))  # Like `python -m`.
    package, folder = home()
    included = {**commands(folder), **studies()}
    own_modules = {module: line for module, line in own_commands(here).items() if module not in included}
    if name in included and name not in STUDIES:
        from lstm_toys.runs.lifecycle import importing
        from lstm_toys.runs.study import Refused

        sys.argv[1:] = arguments
        try:
            with importing():
                runpy.run_module(full(name), run_name="__main__", alter_sys=True)
        except Refused as error:
            return output.complain(str(error))
    elif name in own_modules | STUDIES:
        from lstm_toys.cli import command

        sys.modules["__main__"] = command  # Results do not depend on the file of this script.
        command.run(name, arguments)
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
