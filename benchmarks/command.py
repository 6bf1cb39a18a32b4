"""What all benchmarks share: their flags, the files that they write, and tables."""

import argparse
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from benchmarks import machine
from benchmarks.timing import isolated
from lstm_toys import figures, files

SWITCHES = {
    "peers": "with the contestants that need other libraries, which the extra 'peers' installs",
    "quick": "a short form that shows that everything works; its numbers are noise",
}

Results = dict[str, Any]


def carry_out(
    name: str,
    doc: str | None,
    measure: Callable[..., Results],
    report: Callable[[Results], Iterable[str]],
    *switches: str,
    draw: Callable[[Results], Any] | None = None,
) -> None:
    """Measures as the command line says, writes the results as JSON and their report as Markdown, and prints it.

    Args:
        name: of the benchmark's module, and of its files.
        doc: of the module: what is measured, and how; its first line is the title of the report.
        measure: makes the results; takes each of the ``switches`` as a keyword.
        report: makes lines of Markdown from the results, with the ``machine`` and ``quick`` added.
        switches: names in `SWITCHES` that the command takes besides ``--output``.
        draw: makes a figure from the results, which is written as well.
    """
    title, _, about = (doc or "").partition("\n\n")
    given = read(doc or "", name, *switches)
    path = given.pop("output") / name
    measured = measure(**given)
    results = {"quick": given["quick"], "machine": isolated(machine.describe), **measured}
    noise = ["**A quick run, which shows that everything works. Its numbers are noise.**", ""]
    head = [f"# {title.rstrip('.')}", "", *(noise if given["quick"] else []), *machine.markdown(results["machine"]), ""]
    text = "\n".join([*head, about, *report(results)]).strip() + "\n"
    if draw:
        figures.save(draw(results), path.with_suffix(".png"))
    files.write_json(path.with_suffix(".json"), results)
    path.with_suffix(".md").write_text(text)
    print(f"\n{text}")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Says in one line what is wrong."""
        self.exit(2, f"{message}; --help lists the flags\n")


def read(doc: str, name: str, *switches: str, arguments: Sequence[str] | None = None) -> dict[str, Any]:
    """Reads a command line, makes the folder for the output, and returns the values of all flags.

    Prints help and exits 0 if that is asked for; says in one line what is wrong and exits 2 if something is.

    Args:
        doc: what the command does.
        name: of its module.
        switches: see `carry_out`.
        arguments: without the program's name; None: those of the process.
    """
    raw = argparse.RawDescriptionHelpFormatter
    parser = _Parser(f"python -m benchmarks.{name}", description=doc, allow_abbrev=False, formatter_class=raw)
    parser.add_argument("--output", type=_folder, default="results/benchmarks", help="folder for the results")
    for switch in switches:
        parser.add_argument(f"--{switch}", action="store_true", help=SWITCHES[switch])
    return vars(parser.parse_args(arguments))


def _folder(name: str) -> Path:
    if not name:
        raise argparse.ArgumentTypeError("takes a folder")
    try:
        Path(name).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise argparse.ArgumentTypeError(f"{name}: {error.strerror}") from None
    return Path(name)


def table(head: str, rows: Iterable[Iterable[str]]) -> list[str]:
    """Lines of a Markdown table, and an empty one.

    Args:
        head: the names of the columns with ``|`` in between; a column whose name ends with ``>`` is aligned right.
        rows: the cells of each row.
    """
    names = [name.strip() for name in head.split("|")]
    line = ["--:" if name.endswith(">") else "---" for name in names]
    every = [[name.rstrip(">") for name in names], *rows]
    lines = [f"| {' | '.join(cells)} |" for cells in every]
    return [lines[0], f"|{'|'.join(line)}|", *lines[1:], ""]
