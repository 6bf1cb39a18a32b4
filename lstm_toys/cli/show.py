"""Prints what lies in the folder of a finished run, without verifying it.

Takes the folder of a run, or the name of an experiment or study, of which the newest finished run is printed, and the
folders of earlier ones are listed. Prints the report of the command that used the run last, and the paths of figures.
"""

import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from lstm_toys.files import Damaged, content, own_file, read_json
from lstm_toys.output import complain
from lstm_toys.runs import flags
from lstm_toys.runs.context import Options
from lstm_toys.runs.folder import CONFIG, METRICS, REPORT, UNFINISHED, VALUE, Run

TABLE = {"results_dir": flags.of(Options)["results_dir"]}

MOST, LONGEST = 5, 600
"""Most runs that are listed, and most characters of settings."""


def main(arguments: Sequence[str]) -> int:
    """Prints what a finished run reported, or explains in one line why it cannot; returns the exit code."""
    if flags.asks_help(arguments):
        print(f"{__doc__.strip()}\n\nusage: lstm-toys show FOLDER\n       lstm-toys show NAME [--results_dir=results]")
        return 0
    try:
        own, names = flags.split(TABLE, arguments)
        if len(names) != 1 or names[0].startswith("-"):
            raise flags.UsageError("show: takes the folder of a run, or the name of an experiment")
        folder, *others = folders(names[0], own.get("results_dir", Path("results")))
        lines = [*shown(folder), *(f"also: {each}" for each in others[: MOST - 1])]
    except flags.UsageError as error:
        return complain(str(error), 2)
    except Damaged as damaged:
        return complain(str(damaged), 1)
    print(*lines, sep="\n")
    return 0


def folders(name: str, results_dir: Path) -> list[Path]:
    """The folder of a run, or those of all finished runs of a name, newest first; raises UsageError without one."""
    if (folder := Path(name)).is_dir() and (folder / CONFIG).is_file():
        if not (folder / METRICS).is_file():
            raise flags.UsageError(f"{folder}: {UNFINISHED}")
        return [folder]
    found = [path for path in (results_dir / "runs").glob("*/metrics.json") if path.parent.name[:-11] == name]
    if not found:
        raise flags.UsageError(f"{name!r} is neither the folder of a run nor the name of one in {results_dir / 'runs'}")
    return [path.parent for path in sorted(found, key=lambda path: -path.stat().st_mtime)]


def shown(folder: Path) -> Iterator[str]:
    """Yields the lines about a finished run; raises Damaged."""
    settings = {name: each for name, each in read_json(folder / CONFIG).items() if name not in (VALUE, "schema")}
    run = Run(folder.resolve(), settings)
    metrics = run.stored()
    saved = time.strftime("%Y-%m-%d %H:%M %z", time.localtime(run.metrics.stat().st_mtime))
    version = metrics.get("version") or metrics.get("fingerprint", {}).get("lstm_toys", "of unknown version")
    yield f"{folder}: computed {metrics.get('computed', saved)} by lstm_toys {version}"
    told = ", ".join(f"{name} {json.dumps(value)}" for name, value in settings.items())
    yield f"settings: {told if len(told) < LONGEST else told[:LONGEST] + ' …'}"
    yield "nothing was verified; the command that computed this run verifies it"
    if (path := folder / REPORT).is_file():
        yield content(own_file(path)).decode("utf-8", "replace").rstrip("\n")
    else:
        yield "its report was not saved; the command that computed this run prints it"
    yield from (f"  {folder / path.name}" for path in run.files())
