"""The flags of the commands, and the files they write."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from absl import flags

SWITCHES = {
    "peers": "with the contestants that need other libraries, which the extra 'peers' installs",
    "quick": "a short form that shows that everything works; its numbers are noise",
}


def read(doc: str, name: str, *switches: str, arguments: Sequence[str] | None = None) -> flags.FlagValues:
    """Reads a command line, and makes the folder for the output.

    Prints help and exits 0 where that is asked for; says in one line what is wrong and exits 2 where something is.

    Args:
        doc: what the command does.
        name: of its module.
        switches: names in `SWITCHES` that the command takes besides ``--output``.
        arguments: without the program's name; None: those of the process.
    """
    given = sys.argv[1:] if arguments is None else arguments
    if {"--help", "-help", "-h", "--helpfull"} & set(given):
        print(f"{doc.strip()}\n\nusage: python -m {name} [flags]\n")
        print("  --output\n      folder for the results (default: results/benchmarks)")
        for switch in switches:
            print(f"  --[no]{switch}\n      {SWITCHES[switch]} (default: no)")
        sys.exit(0)
    values = flags.FlagValues()
    flags.DEFINE_string("output", "results/benchmarks", "folder for the results", flag_values=values)
    for switch in switches:
        flags.DEFINE_bool(switch, False, SWITCHES[switch], flag_values=values)
    try:
        stray = values(["benchmark", *given])[1:]
        if stray:
            raise flags.Error(f"unexpected argument {stray[0]!r}: settings are given as flags; --help lists the flags")
        if not values.output:
            raise flags.Error("flag --output=: takes a folder")
        Path(values.output).mkdir(parents=True, exist_ok=True)
    except flags.Error as error:
        wrong = " ".join(str(error).split())
    except OSError as error:
        wrong = f"flag --output={values.output}: {error.strerror}"
    else:
        return values
    print(wrong, file=sys.stderr)
    sys.exit(2)


def write(path: Path, results: dict[str, Any], text: str) -> None:
    """Writes results as JSON and their report as Markdown, to a path without its suffix, and prints the report."""
    from lstm_toys import files

    files.write_json(path.with_suffix(".json"), results)
    path.with_suffix(".md").write_text(text)
    print(f"\n{text}")
