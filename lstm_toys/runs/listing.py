"""Lists the runs of a folder, from their files alone. Imports nothing heavy."""

from __future__ import annotations

import errno
import re
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from operator import itemgetter
from pathlib import Path
from typing import Any

import lazy_loader

from lstm_toys.files import Damaged, locked, read_json, read_sealed, telling_damage
from lstm_toys.runs import origin
from lstm_toys.runs.folder import CONFIG, METRICS, RUNS, UNFINISHED, VALUE

pd: Any = lazy_loader.load("pandas")

FINISHED, DAMAGED = "finished", "damaged"

STEP = re.compile(r"-step-(\d+)\.checkpoint$")

NAME = re.compile(r"(\w[\w.-]*)-[0-9a-f]{10}")
"""The name of a run's folder: the name of its experiment or study, and a hash."""


def list_runs(folder: Path | str = "results") -> Any:
    """Lists the runs of a folder of results, newest first. Loads no arrays, and trains nothing.

    Args:
        folder: the folder of results, as of ``--results_dir``, or the folder of runs in it.

    Returns:
        A `pandas.DataFrame` with a row for each run and the columns ``run``, the name of its folder; ``experiment``;
        ``date``, when it was last written; ``differs``, its settings that differ from the usual ones; ``seeds`` and
        ``learned``, how many networks there are, and learned, missing where this is not known; ``state``,
        ``"finished"`` or how far it is; ``bytes``.

    Raises:
        OSError: it is not a folder.

    Example:
        >>> lt.list_runs("results").columns.tolist()  # doctest: +SKIP
        ['run', 'experiment', 'date', 'differs', 'seeds', 'learned', 'state', 'bytes']
    """
    return pd.DataFrame([*rows(Path(folder))], columns=COLUMNS).astype({"seeds": "Int64", "learned": "Int64"})


COLUMNS = ["run", "experiment", "date", "differs", "seeds", "learned", "state", "bytes"]


def rows(folder: Path) -> Iterator[dict[str, Any]]:
    """Yields the rows of `list_runs`, newest first; a run that cannot be read is ``damaged``."""
    runs = []
    for path, config in runs_of(folder).items():
        with suppress(OSError, ValueError):  # Of a run that is removed meanwhile.
            newest = max(file.stat().st_mtime for file in (path / CONFIG, path / METRICS) if file.exists())
            size = sum(file.lstat().st_size for file in path.rglob("*") if not file.is_dir())
            runs.append((newest, path, size, config))
    for newest, path, size, config in sorted(runs, key=itemgetter(0, 1), reverse=True):
        date = time.strftime("%Y-%m-%d %H:%M", time.localtime(newest))
        row: dict[str, Any] = {"run": path.name, "experiment": experiment_of(path), "date": date, "bytes": size}
        try:
            with telling_damage(path):
                metrics = read_sealed(path / METRICS) if (path / METRICS).is_file() else {}
                differs = origin.read(path).get("differs", {})
                counts = {"seeds": metrics.get("seeds", config.get("seeds")), "learned": metrics.get("converged")}
                whole = all((path / name).exists() for name in metrics.get("files", ()))
                counts = {name: count if isinstance(count, int) else None for name, count in counts.items()}
                yield row | {"state": state(path) if whole else DAMAGED, "differs": on_one_line(differs), **counts}
        except Damaged:
            yield row | {"state": DAMAGED, "differs": "", "seeds": None, "learned": None}


def folder_of_runs(folder: Path) -> Path:
    """The folder of runs in a folder of results, or the folder itself."""
    return folder / RUNS if (folder / RUNS).is_dir() else folder


def runs_of(folder: Path) -> dict[Path, dict[str, Any]]:
    """The configurations of all runs in a folder of results or of runs, by folder; links are left out."""
    configs = {}
    for path in folder_of_runs(folder).iterdir():
        if experiment_of(path) and not path.is_symlink():
            with suppress(OSError):
                config = read_json(path / CONFIG)
                if {"experiment", VALUE, "schema"} <= config.keys():
                    configs[path] = config
    return configs


def experiment_of(folder: Path) -> str | None:
    """What the run in a folder is named after, such as an experiment; None if it is not named like a run."""
    match = NAME.fullmatch(folder.name)
    return match and match[1]


def state(folder: Path) -> str:
    """Whether a run is finished, or after which step its last checkpoint is."""
    if (folder / METRICS).is_file():
        return FINISHED
    steps = [int(match[1]) for path in folder.glob("checkpoints/*/*") if (match := STEP.search(path.name))]
    return f"after step {max(steps):,}" if steps else UNFINISHED.partition(";")[0]


def on_one_line(settings: Mapping[str, Any]) -> str:
    """Settings on one line, as flags have them."""
    values = {name: ",".join(map(str, value)) if isinstance(value, list) else value for name, value in settings.items()}
    return " ".join(f"{name}={value}" for name, value in values.items())


def remove(folder: Path) -> None:
    """Removes a run; raises BlockingIOError if a process is computing it."""
    if folder.is_symlink():
        raise OSError(errno.EINVAL, "is a link", str(folder))
    with locked(folder / ".lock"):
        (folder / METRICS).unlink(missing_ok=True)  # First, so that a partly removed run is not finished.
        shutil.rmtree(folder)
