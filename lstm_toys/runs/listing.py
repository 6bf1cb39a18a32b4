"""Lists the runs of a folder, from their files alone. Imports nothing heavy."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import lazy_loader

from lstm_toys.files import locked, read_json, read_sealed
from lstm_toys.runs import origin
from lstm_toys.runs.folder import CONFIG, METRICS, RUNS, UNFINISHED

pd: Any = lazy_loader.load("pandas")

FINISHED = "finished"

STEP = re.compile(r"-step-(\d+)\.checkpoint$")


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
    """Yields what `list_runs` lists, newest first; a run that cannot be read is ``damaged``."""
    runs = folder / RUNS if (folder / RUNS).is_dir() else folder
    found = sorted((path for path in runs.iterdir() if (path / CONFIG).is_file()), key=_written, reverse=True)
    for path in found:
        row: dict[str, Any] = {"run": path.name, "experiment": path.name[:-11], "date": _written(path)}
        row |= {"bytes": sum(each.stat().st_size for each in path.rglob("*") if each.is_file())}
        try:
            metrics = read_sealed(path / METRICS) if (path / METRICS).is_file() else {}
            config, differs = read_json(path / CONFIG), origin.read(path).get("differs", {})
            known = {"seeds": metrics.get("seeds", config.get("seeds")), "learned": metrics.get("converged")}
            row |= {"state": state(path), "differs": told(differs), **known}
        except OSError:
            row |= {"state": "damaged", "differs": "", "seeds": None, "learned": None}
        yield row


def _written(path: Path) -> str:
    newest = max(each.stat().st_mtime for each in (path / CONFIG, path / METRICS) if each.exists())
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(newest))


def state(folder: Path) -> str:
    """Whether a run is finished, or after which step its last checkpoint is."""
    if (folder / METRICS).is_file():
        return FINISHED
    steps = [int(found[1]) for path in folder.glob("checkpoints/*/*") if (found := STEP.search(path.name))]
    return f"after step {max(steps):,}" if steps else UNFINISHED.partition(";")[0]


def told(settings: Mapping[str, Any]) -> str:
    """Settings on one line, as flags have them."""
    every = {name: ",".join(map(str, each)) if isinstance(each, list) else each for name, each in settings.items()}
    return " ".join(f"{name}={each}" for name, each in every.items())


def remove(folder: Path) -> None:
    """Removes a run; raises BlockingIOError if a process is computing it."""
    with locked(folder / ".lock"):
        (folder / METRICS).unlink(missing_ok=True)  # First, so that what is left is no finished run.
        shutil.rmtree(folder)
