"""What the commands have in common: flags, checked before anything heavy is imported, and the files they write."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from absl import flags

SWITCHES = {
    "peers": "with the contestants that need other libraries, which the extra 'peers' installs",
    "quick": "a short form that shows that everything works; its numbers are noise",
}


class Bad(Exception):
    """A command line that cannot be run; the argument says in one line what is wrong."""


def read(doc: str, name: str, *switches: str) -> flags.FlagValues:
    """Reads the process's command line; prints help and exits 0, or says in one line what is wrong and exits 2.

    Args:
        doc: what the command does.
        name: of its module.
        switches: see `parse`.
    """
    if any(argument in ("--help", "-help", "-h", "--helpfull") for argument in sys.argv[1:]):
        print(f"{doc.strip()}\n\nusage: python -m {name} [flags]\n")
        print("  --output\n      folder for the results (default: results/benchmarks)")
        for switch in switches:
            print(f"  --[no]{switch}\n      {SWITCHES[switch]} (default: no)")
        sys.exit(0)
    try:
        return parse(sys.argv[1:], *switches)
    except Bad as error:
        print(error, file=sys.stderr)
        sys.exit(2)


def parse(arguments: Sequence[str], *switches: str) -> flags.FlagValues:
    """Reads a command line, and makes the folder for the output.

    Args:
        arguments: without the program's name.
        switches: names in `SWITCHES` that the command takes besides ``--output``.

    Raises:
        Bad: the command line cannot be run.
    """
    values = flags.FlagValues()
    flags.DEFINE_string("output", "results/benchmarks", "folder for the results", flag_values=values)
    for name in switches:
        flags.DEFINE_bool(name, False, SWITCHES[name], flag_values=values)
    try:
        stray = values(["benchmark", *arguments])[1:]
    except flags.Error as error:
        raise Bad(" ".join(str(error).split())) from None
    if stray:
        raise Bad(f"stray argument {stray[0]!r}: settings are given as flags, --help lists them")
    if not values.output:
        raise Bad("flag --output=: takes a folder")
    try:
        Path(values.output).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Bad(f"flag --output={values.output}: {error.strerror}") from None
    return values


def write(path: Path, results: dict[str, Any], text: str) -> None:
    """Writes results as JSON and their report as Markdown, to a path without its suffix, and prints the report."""
    from lstm_toys import files

    files.write_json(path.with_suffix(".json"), results)
    path.with_suffix(".md").write_text(text)
    print(f"\n{text}")
