"""Reads the files of a run from its folder, from a published folder, or from a bundle."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lstm_toys import tables
from lstm_toys.files import Damaged, parsed, read_json, read_sealed, telling_damage
from lstm_toys.runs import listing, origin
from lstm_toys.runs.flags import UsageError
from lstm_toys.runs.folder import CONFIG, FIGURES, METRICS, REPORT, VALUE, Run
from lstm_toys.runs.publishing import MANIFEST
from lstm_toys.sharing import archive
from lstm_toys.text import meant

CLAIMS = "claims.json"


@dataclass(frozen=True)
class RunFiles:
    """A run as its files describe it.

    Attributes:
        folder: the folder with the files.
        name: the name of the run's folder.
        settings: what was asked for; empty where it was published.
        metrics: the summary; empty unless the run is finished.
        origin: where it comes from; see `origin.record`.
        report: its lines and tables, as `tables.as_json` makes them.
        state: ``finished``, or how far it is.
    """

    folder: Path
    name: str
    settings: dict[str, Any]
    metrics: dict[str, Any]
    origin: dict[str, Any]
    report: list[Any]
    state: str

    @property
    def recorded(self) -> list[str]:
        """The names of the files that the run has recorded."""
        return [*self.metrics.get("files", ()), *self.metrics.get("figures", ())]

    @property
    def figures(self) -> list[Path]:
        """The figures, by name."""
        own = {name for name in self.recorded if Path(name).suffix in FIGURES}
        return sorted(path for path in self.folder.iterdir() if path.name in own)

    @property
    def computed(self) -> str:
        """When it was computed, and by which version."""
        return f"computed {self.metrics['computed']} by lstm_toys {self.metrics['version']}"


@contextmanager
def opened(path: Path) -> Iterator[RunFiles]:
    """Opens the folder of a run, a published folder or a bundle; raises UsageError for others, and Damaged."""
    if path.is_file():
        with archive.unpacked(path) as folder:
            yield of(folder)
    else:
        yield of(path)


def of(folder: Path) -> RunFiles:
    """What is known of a run, from its folder or where it was published; raises UsageError and Damaged."""
    report = parsed(folder / REPORT) if (folder / REPORT).exists() else []
    with telling_damage(folder / REPORT):
        _ = [*tables.shown(report)]
    if (folder / CONFIG).is_file():
        own = read_json(folder / CONFIG)
        settings = {"experiment": own["experiment"], **own}
        settings = {name: each for name, each in settings.items() if name not in (VALUE, "schema")}
        state = listing.state(folder)
        metrics = Run(folder.resolve(), settings).stored() if state == listing.FINISHED else {}
        name = _run_name(folder.resolve().name, folder)
        return RunFiles(folder, name, settings, metrics, origin.read(folder), report, state)
    if not ((folder / MANIFEST).is_file() and (folder / METRICS).is_file()):
        raise UsageError(f"{folder}: neither the folder of a run, nor a published one, nor a bundle")
    name = _run_name(read_json(folder / MANIFEST)["origin"], folder / MANIFEST)
    return RunFiles(folder, name, {}, read_sealed(folder / METRICS), origin.read(folder), report, listing.FINISHED)


def _run_name(name: Any, path: Path) -> str:
    """Returns the name of a run, after which pages and bundles are named; raises Damaged for any other."""
    if not listing.NAME.fullmatch(str(name)):
        raise Damaged(path, f"is damaged: {name!r} is not the name of a run")
    return str(name)


def found(name: str, results_dir: Path) -> list[Path]:
    """The path of a run, or of all finished runs of an experiment, newest first; raises UsageError without one."""
    if (path := Path(name)).exists():
        return [path]
    folder = listing.folder_of_runs(results_dir)
    if (listed := folder / name).is_dir() and listing.experiment_of(listed):
        return [listed]
    every = {path: listing.experiment_of(path.parent) for path in folder.glob(f"*/{METRICS}")}
    runs = [path for path, experiment in every.items() if experiment == name]
    if not runs:
        told = f"{name!r} is neither the folder of a run nor the name of one in {folder}"
        hint = meant(name, {*filter(None, every.values())})
        raise UsageError(f"{told}; {hint}" if hint else told)
    # Those that were asked for, before those that others needed, such as controls of claims.
    newest = sorted(runs, key=lambda path: -path.stat().st_mtime)
    return [path.parent for path in sorted(newest, key=lambda path: not _asked(path.parent))]


def _asked(folder: Path) -> bool:
    with suppress(OSError):
        return bool(origin.read(folder).get("asked", True))
    return False
