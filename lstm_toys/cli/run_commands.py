"""Commands that read the files of finished runs, such as ``show``, ``report`` and ``annotate``."""

from __future__ import annotations

import os
import shlex
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

from lstm_toys import output, sharing, tables
from lstm_toys.cli import RUN_COMMANDS
from lstm_toys.cli.declared import declared
from lstm_toys.cli.modules import canonical, full_name
from lstm_toys.command_error import CommandError
from lstm_toys.files import Damaged, content, telling_damage, write_text
from lstm_toys.output import complain, counted
from lstm_toys.runs import flags, listing, parsers
from lstm_toys.runs.flags import UsageError
from lstm_toys.runs.identity import Options
from lstm_toys.sharing import run_files
from lstm_toys.sharing.run_files import RunFiles
from lstm_toys.studies.claims.declaration import Claims
from lstm_toys.studies.claims.settings import POST, run_name
from lstm_toys.text import printable

MOST, LONGEST, NARROWEST, WIDEST = 5, 600, 8, 50
"""Most runs that `show` names; most characters of settings; the fewest and most of settings in the table of runs."""

TEXT = (
    "TEXT.md: a Markdown text. [a sentence](claim:ID) is marked with the verdict on a claim, ![](figure:RUN/FILE) is a "
    "figure. Published runs come before the newest finished ones"
)

PATH = (
    "RUN: the folder of a run, its name as `lstm-toys list` prints it, a published folder, or the name of an "
    "experiment, its newest finished run"
)


@dataclass(frozen=True, kw_only=True)
class RunCommandFlags:
    """Flags of the commands about runs."""

    results_dir: Annotated[Path, parsers.folder] = Options.results_dir
    """Folder with the runs."""
    claims: Annotated[str, parsers.name] = POST
    """Module that declares the claims of the text."""
    remove: bool = False
    """Remove the runs that are listed, after showing them and asking."""
    yes: bool = False
    """With --remove, do not ask."""


@dataclass(frozen=True)
class RunCommand:
    """A command: the arguments in its help, its function, the fewest and most arguments, and its flags."""

    takes: str
    carry_out: Callable[[RunCommandFlags, Sequence[str]], int]
    least: int
    most: int
    flags: Sequence[str] = ("results_dir",)
    about: str = PATH


def main(name: str, arguments: Sequence[str]) -> int:
    """Carries out a command, or explains in one line why it cannot; returns the exit code."""
    command = COMMANDS[name]
    table = {name: flag for name, flag in flags.of(RunCommandFlags).items() if name in command.flags}
    if flags.asks_help(arguments):
        print(flags.Help(f"{RUN_COMMANDS[name]}\n\n{command.about}", table).text(f"lstm-toys {name} {command.takes}"))
        return 0
    try:
        typed, names = flags.split(table, arguments)
        if not command.least <= len(names) <= command.most or any(argument.startswith("-") for argument in names):
            raise UsageError(f"{name}: takes {command.takes}; see lstm-toys {name} --help")
        return command.carry_out(RunCommandFlags(**flags.select(RunCommandFlags, typed)), names)
    except CommandError as error:
        return complain(str(error), error.exit_code)
    except OSError as error:
        return complain(f"{error.filename}: {error.strerror}" if error.filename else str(error), 1)


def show(options: RunCommandFlags, names: Sequence[str]) -> int:
    """Prints the report of a run, its files, and its settings."""
    folder, *others = run_files.find(names[0], options.results_dir)
    run, console = run_files.read(folder, check=False), output.console()
    files = sorted(path.name for path in run.folder.iterdir() if path.is_file() and path.name != ".lock")
    for line in (*shown(folder, run), *tables.shown(run.report), *(f"  {folder / name}" for name in files)):
        console.print(line, soft_wrap=isinstance(line, str), crop=False)
    for other in others[: MOST - 1]:
        console.print(f"also: {other}")
    return 0


def shown(path: Path, run: RunFiles) -> Iterator[str]:
    """Yields lines about a run, ahead of its report."""
    published = f"published from {run.name}, " if not run.settings else ""
    yield f"{path}: {published}{run.computed if run.metrics else listing.state(run.folder)}"
    if run.settings:
        text = listing.on_one_line(run.settings)
        yield f"settings: {text if len(text) < LONGEST else text[:LONGEST] + ' …'}"
    if command := run.origin.get("command"):
        yield f"command: {command}"
    yield "nothing was verified; the command that computed this run verifies it"
    if not run.report:
        yield "its report was not saved; the command that computed this run prints it"


def report(options: RunCommandFlags, names: Sequence[str]) -> int:
    """Writes the page of a run."""
    run = run_files.read(run_files.find(names[0], options.results_dir)[0])
    is_ours = partial(sharing.report.begins_with, text=f"<title>{run.name}</title>")
    with telling_damage(run.folder):
        page = sharing.report.html(run)
        page.encode()  # Lone surrogates cannot be written.
    with _target(names, f"{run.name}.html", is_ours) as target:
        write_text(target, page)
    print_lines([f"{target}: {run.name}"])
    return 0


def annotate(options: RunCommandFlags, names: Sequence[str]) -> int:
    """Writes the page of a text."""
    try:
        text = content(path := Path(names[0])).decode()
    except UnicodeDecodeError:
        raise UsageError(f"{path}: is not text in UTF-8") from None
    sys.path.insert(0, str(Path.cwd()))
    claims = declared(options.claims, "CLAIMS", Claims, "claims")
    name = canonical(full_name(options.claims, "CLAIMS"))
    judging = ["lstm-toys", "claims", *([f"--claims={options.claims}"] * (options.claims != POST))]

    def figure(address: str) -> str:
        name, _, file = address.rpartition("/")
        folder = run_files.shown(name, options.results_dir)
        with telling_damage(drawn := sharing.report.figure(run_files.read(folder), file)):
            return str(sharing.report.data(drawn))

    try:
        folder = run_files.shown(run_name(name), options.results_dir)
    except UsageError:
        raise UsageError(
            f"flag --claims={options.claims}: no finished run; {shlex.join(judging)} judges them"
        ) from None
    run = run_files.read(folder)
    given = run.metrics["flags"]
    judging += [f"--{flag}={given[flag]}" for flag in ("seeds", "base_seed", "recipes") if given.get(flag)]
    judging += [*given["flags"], "--only="]
    page = sharing.annotate.html(text, str(path), run, claims, figure, shlex.join(judging))
    usual = names[1] if names[1:] else path.with_suffix(".html").name
    is_ours = partial(sharing.report.begins_with, text=sharing.annotate.GENERATOR)
    with _target([], usual, is_ours) as target:
        write_text(target, page)
    print_lines([f"{target}: {path}, with verdicts of {run.name}"])
    return 0


def compare(options: RunCommandFlags, names: Sequence[str]) -> int:
    """Compares two runs; the exit code is 0 if bits or verdicts agree."""
    first, second = (run_files.find(name, options.results_dir)[0] for name in names)
    ours, theirs = run_files.read(first), run_files.read(second)
    with telling_damage(Path(f"{first} or {second}")):
        lines, agree = sharing.compare.compared(ours, theirs)
    print_lines(lines)
    return 0 if agree else 1


def print_lines(lines: Iterable[str]) -> None:
    """Prints lines, some of which come from files, without control characters."""
    print(*map(printable, lines), sep="\n")


@contextmanager
def _target(names: Sequence[str], usual: str, is_ours: Callable[[Path], bool]) -> Iterator[Path]:
    """Yields the file to write, which does not exist yet, or is the usual file, written from this run before.

    Raises UsageError for another one, and for an OSError of the block, whose own file is temporary.
    """
    target, ours = Path(names[1] if names[1:] else usual), False
    with suppress(OSError):
        ours = not names[1:] and is_ours(target)
    if os.path.lexists(target) and not ours:
        raise UsageError(f"{target}: exists; move it elsewhere, or name another file")
    try:
        yield target
    except Damaged:
        raise
    except OSError as error:
        raise UsageError(f"{target}: cannot be written: {error.strerror}") from None


def list_runs(options: RunCommandFlags, names: Sequence[str]) -> int:
    """Lists runs, and removes them if asked to."""
    exists = options.results_dir.is_dir()
    if not exists and options.results_dir != Options.results_dir:
        raise UsageError(f"flag --results_dir={options.results_dir}: no such folder")
    every = listing.rows(options.results_dir) if exists else ()
    rows = [row for row in every if not names or row["experiment"] == names[0]]
    if not rows:
        print_lines([f"No runs{f' of {names[0]}' if names else ''} here yet"])
        return 0
    cells = [
        (
            row["run"],
            row["date"],
            row["state"],
            *("" if row[name] is None else f"{row[name]:,}" for name in ("seeds", "learned")),
            f"{row['bytes'] / 1e6:,.1f}",
        )
        for row in rows
    ]
    columns = ("run", "date", "state", "seeds>", "learned>", "MB>")
    size = sum(row["bytes"] for row in rows)
    title = f"{counted(len(rows), 'run')}, {size / 1e6:,.1f} MB"
    console = output.console()
    heads = (name.rstrip(">") for name in columns)
    left = console.width - sum(max(map(len, column)) + 2 for column in zip(heads, *cells, strict=True))
    room = max(NARROWEST, min(WIDEST, left)) if console.is_terminal else WIDEST
    differs = (textwrap.shorten(row["differs"], room, placeholder=" …") for row in rows)
    console.width = 10 * output.WIDTH  # As wide as its cells, so that names stay whole, as `show` takes them.
    lines = [(*cell, text) for cell, text in zip(cells, differs, strict=True)]
    console.print(tables.table(title, (*columns, "settings"), lines, **tables.PLAIN), crop=False)
    if not options.remove:
        return 0
    if not options.yes:
        if not sys.stdin.isatty():
            raise UsageError("flag --remove: asks first, which needs a terminal; --yes removes without asking")
        try:
            answer = input(f"remove {title}? [y/N] ").strip().lower()
        except (EOFError, KeyboardInterrupt):
            answer = ""
        if answer not in ("y", "yes"):
            print("nothing was removed")
            return 0
    kept = 0
    for row in rows:
        folder = listing.folder_of_runs(options.results_dir) / row["run"]
        try:
            listing.remove(folder)
        except OSError as error:
            kept += 1
            busy = isinstance(error, BlockingIOError)
            print_lines([f"{folder} is kept: {'another process is computing it' if busy else error.strerror}"])
    print(f"removed {counted(len(rows) - kept, 'run')}")
    return 1 if kept else 0


COMMANDS = {
    "show": RunCommand("RUN", show, 1, 1),
    "list": RunCommand("[EXPERIMENT]", list_runs, 0, 1, ("results_dir", "remove", "yes")),
    "report": RunCommand("RUN [FILE.html]", report, 1, 2),
    "annotate": RunCommand("TEXT.md [FILE.html]", annotate, 1, 2, ("results_dir", "claims"), TEXT),
    "compare": RunCommand("RUN OTHER", compare, 2, 2),
}
