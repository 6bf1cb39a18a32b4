"""Runs on disk: one folder for one population with all its settings, named after a hash of them."""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic

from lstm_toys.files import Damaged, read_json, replacing, write_json
from lstm_toys.runs.identity import Identified


class Busy(Exception):
    """Another process is at work on a run; the argument is the run's folder."""


CONFIG = "config.json"
"""The settings of a run, in its folder."""

FIGURES = ("*.png", "*.gif")

PUBLISHED = (*FIGURES, "*.md", "*.json")
"""What is copied to the published set, but for the settings, which the summary holds too."""


@dataclass(frozen=True)
class Run(Generic[Identified]):
    """The folder of one run.

    Attributes:
        settings: what the run is.
        results_dir: the folder of all runs and published sets.
    """

    settings: Identified
    results_dir: Path

    @property
    def name(self) -> str:
        """Of the experiment or the study."""
        return self.settings.experiment

    @property
    def folder(self) -> Path:
        """``<results_dir>/runs/<name>-<hash>``."""
        return self.results_dir / "runs" / f"{self.name}-{self.settings.hash}"

    @property
    def results(self) -> Path:
        """The labeled arrays, netCDF."""
        return self.folder / "results.nc"

    @property
    def metrics(self) -> Path:
        """The summary, JSON; written after everything but the figures, so that its presence tells a finished run."""
        return self.folder / "metrics.json"

    @property
    def parameters(self) -> Path:
        """The trained parameters, npz."""
        return self.folder / "parameters.npz"

    @property
    def checkpoints(self) -> Path:
        """The folder of checkpoints; gone once the run is finished."""
        return self.folder / "checkpoints"

    @property
    def finished(self) -> bool:
        """Whether everything of the run but its figures has been written."""
        return self.metrics.is_file()

    @property
    def drawn(self) -> bool:
        """Whether the figures of the finished run have been drawn."""
        return self.finished and "figures" in self.read_metrics()["seconds"]

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Writes the settings into the folder, and keeps other processes away from it during a block.

        The lock ends with the process, however that ends. What a killed process left half-written is removed.

        Raises:
            Busy: another process holds the lock.
            Damaged: the folder holds a run with other settings.
            OSError: the folder cannot be written.
        """
        with (self.folder / ".lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Busy(self.folder) from None
            for path in self.folder.rglob(".*"):
                if path.name != ".lock":
                    path.unlink()
            config = self.folder / CONFIG
            if not config.is_file():
                write_json(config, self.settings.as_dict())
            elif read_json(config) != self.settings.as_dict():
                raise Damaged(config, "is damaged: these are not the settings that the folder is named after")
            yield

    def reset(self) -> None:
        """Makes the run unfinished, and forgets its checkpoints; figures and results stay until they are replaced."""
        self.metrics.unlink(missing_ok=True)
        self.forget()

    def forget(self) -> None:
        """Removes every checkpoint, readable or not."""
        shutil.rmtree(self.checkpoints, ignore_errors=True)

    def read_metrics(self) -> dict[str, Any]:
        """The summary of a finished run.

        Raises:
            OSError: the run is not finished.
            Damaged: the file is not a summary.
        """
        metrics = read_json(self.metrics)
        if missing := self.settings.summarized - metrics.keys():
            raise Damaged(self.metrics, f"is damaged: {min(missing)} is missing")
        return metrics

    def publish(self) -> Path:
        """Replaces the published set of the experiment by this run's figures, tables and summaries.

        Returns:
            The folder ``<results_dir>/<experiment>``.
        """
        target = self.results_dir / self.name
        target.mkdir(parents=True, exist_ok=True)
        for old in _matching(target, PUBLISHED):
            old.unlink()
        for source in _matching(self.folder, PUBLISHED):
            with replacing(target / source.name) as temporary:
                shutil.copyfile(source, temporary)
        return target

    def files(self) -> list[Path]:
        """What the run has written for others to read, figures last."""
        data = [path for path in (self.results, self.metrics, self.parameters) if path.is_file()]
        others = [path for path in _matching(self.folder, PUBLISHED) if path != self.metrics]
        return data + sorted(others, key=lambda path: any(path.match(pattern) for pattern in FIGURES))


def _matching(folder: Path, patterns: tuple[str, ...]) -> list[Path]:
    return sorted(path for pattern in patterns for path in folder.glob(pattern) if path.name != CONFIG)
