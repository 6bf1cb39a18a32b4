"""Reads the files of a run from its folder, or from a published folder."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lstm_toys import tables
from lstm_toys.files import Damaged, checked, parsed, read_json, read_sealed, telling_damage
from lstm_toys.runs import listing, origin, publishing
from lstm_toys.runs.flags import UsageError
from lstm_toys.runs.folder import CONFIG, METRICS, REPORT, VALUE, Run
from lstm_toys.runs.publishing import MANIFEST
from lstm_toys.text import did_you_mean

CLAIMS = "claims.json"


@dataclass(frozen=True)
class RunFiles:
    """A run as its files describe it.

    Attributes:
        folder: the folder with the files.
        name: the name of the run's folder.
        settings: the settings of the run; empty where it was published.
        metrics: the summary; empty unless the run is finished.
        origin: where the run comes from; see `origin.record`.
        report: its lines and tables, as `tables.as_json` makes them.
    """

    folder: Path
    name: str
    settings: dict[str, Any]
    metrics: dict[str, Any]
    origin: dict[str, Any]
    report: list[Any]

    def check(self) -> None:
        """Raises UsageError unless the run is finished, and OSError or Damaged unless its files are what was written.

        Not all files are published.
        """
        if not self.metrics:
            raise UsageError(f"{self.name}: {listing.state(self.folder)}; the command that began it continues it")
        digests = self.metrics["files"]
        there = {name: digest for name, digest in digests.items() if self.settings or (self.folder / name).exists()}
        published = {} if self.settings else publishing.listed(self.folder)
        for name, digest in (*there.items(), *published.items()):
            checked(self.folder / name, digest)

    @property
    def figures(self) -> list[Path]:
        """The figures, the main one first: as they were drawn, but for the loss, which is last."""
        paths = [self.folder / name for name in self.metrics.get("figures", ())]
        return sorted(filter(Path.exists, paths), key=lambda path: path.stem == "loss")

    @property
    def computed(self) -> str:
        """When it was computed, and by which version."""
        return f"computed {self.metrics['computed']} by lstm_toys {self.metrics['version']}"


def read(folder: Path, *, check: bool = True) -> RunFiles:
    """Reads the folder of a run, or a published folder; raises UsageError for others, and Damaged.

    ``check``: whether it raises as `RunFiles.check`, too.
    """
    report = parsed(folder / REPORT) if (folder / REPORT).exists() else []
    with telling_damage(folder / REPORT):
        _ = [*tables.shown(report)]
    if (folder / CONFIG).is_file():
        config = read_json(folder / CONFIG)
        settings = {name: value for name, value in config.items() if name not in (VALUE, "schema")}
        metrics = Run(folder.resolve(), config).stored() if (folder / METRICS).is_file() else {}
        name, place = folder.resolve().name, folder
    elif (folder / MANIFEST).is_file() and (folder / METRICS).is_file():
        settings, metrics = {}, read_sealed(folder / METRICS)
        name, place = read_json(folder / MANIFEST)["origin"], folder / MANIFEST
    else:
        raise UsageError(f"{folder}: neither the folder of a run, nor a published one")
    if not listing.NAME.fullmatch(str(name)):  # Pages are named after it.
        raise Damaged(place, f"is damaged: {name!r} is not the name of a run")
    run = RunFiles(folder, str(name), settings, metrics, origin.read(folder), report)
    if check:
        run.check()
    return run


def shown(name: str, results_dir: Path) -> Path:
    """The published folder of a name, else what `find` finds first; raises UsageError without either."""
    published = results_dir / name
    return published if (published / MANIFEST).is_file() else find(name, results_dir)[0]


def find(name: str, results_dir: Path) -> list[Path]:
    """The path of a run, or of all finished runs of an experiment, newest first; raises UsageError without one."""
    if (path := Path(name)).exists():
        return [path]
    folder = listing.folder_of_runs(results_dir)
    if (named := folder / name).is_dir() and listing.experiment_of(named):
        return [named]
    experiments = {path.parent: listing.experiment_of(path.parent) for path in folder.glob(f"*/{METRICS}")}
    runs = [run for run, experiment in experiments.items() if experiment == name]
    if not runs:
        message = f"{name!r} is neither the folder of a run nor the name of one in {folder}"
        hint = did_you_mean(name, {*filter(None, experiments.values())})
        raise UsageError(f"{message}; {hint}" if hint else message)
    # Runs that commands were about, before those that others needed, such as controls of claims.
    return sorted(runs, key=lambda run: (not _asked(run), -(run / METRICS).stat().st_mtime))


def _asked(folder: Path) -> bool:
    """Whether a command was about the run in a folder, and did not only need it."""
    with suppress(OSError):
        return bool(origin.read(folder).get("asked", True))
    return False
