"""Runs on disk: one folder for one population with all its settings, named after a hash of them."""

import dataclasses
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal


@dataclass(frozen=True)
class Settings:
    """Everything that a run's numbers depend on, besides the execution fingerprint.

    Attributes:
        experiment: its name.
        seeds: number of networks.
        base_seed: another one gives other networks under the same seed numbers.
        steps: updates of each network.
        learning_rate: of the optimizer.
        optimizer: a name in `lstm_toys.training.OPTIMIZERS`.
        hidden: units of each LSTM layer below the readout.
        readout: what turns hidden state into an answer.
        timesteps: time points of a curve.
        block: members that one compiled program works on; None: as many as suit the task and the platform.
    """

    experiment: str
    seeds: int
    base_seed: int
    steps: int
    learning_rate: float
    optimizer: str
    hidden: tuple[int, ...]
    readout: Literal["lstm", "dense"]
    timesteps: int
    block: int | None

    def as_dict(self) -> dict[str, Any]:
        """The settings as JSON has them."""
        return {**dataclasses.asdict(self), "hidden": list(self.hidden)}

    @property
    def identity(self) -> str:
        """Ten hexadecimal digits of the SHA-256 of the settings."""
        text = json.dumps(self.as_dict(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:10]


@dataclass(frozen=True)
class Run:
    """The folder of one run.

    Attributes:
        settings: what the run is.
        results_dir: the folder of all runs and published sets.
    """

    settings: Settings
    results_dir: Path

    @property
    def folder(self) -> Path:
        """``<results_dir>/runs/<experiment>-<identity>``."""
        return self.results_dir / "runs" / f"{self.settings.experiment}-{self.settings.identity}"

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
    def finished(self) -> bool:
        """Whether everything of the run but its figures has been written."""
        return self.metrics.is_file()

    @property
    def drawn(self) -> bool:
        """Whether the figures of the finished run have been drawn."""
        return self.finished and "figures" in self.read_metrics()["seconds"]

    def create(self) -> None:
        """Makes the folder, with the settings in it.

        Raises:
            OSError: the folder cannot be made or written.
            FileExistsError: the folder holds a run with other settings.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        config = self.folder / "config.json"
        if config.is_file() and json.loads(config.read_text()) != self.settings.as_dict():
            raise FileExistsError(f"{self.folder} holds a run with other settings")
        write_json(config, self.settings.as_dict())

    def read_metrics(self) -> dict[str, Any]:
        """The summary of a finished run.

        Raises:
            OSError: the run is not finished.
        """
        metrics: dict[str, Any] = json.loads(self.metrics.read_text())
        return metrics

    def publish(self) -> Path:
        """Replaces the published set of the experiment by this run's figures and metrics.

        Returns:
            The folder ``<results_dir>/<experiment>``.
        """
        target = self.results_dir / self.settings.experiment
        target.mkdir(parents=True, exist_ok=True)
        for old in (*target.glob("*.png"), *target.glob("*.gif")):
            old.unlink()
        for source in (*self.figures(), self.metrics):
            with replacing(target / source.name) as temporary:
                shutil.copyfile(source, temporary)
        return target

    def figures(self) -> list[Path]:
        """The figures that the run has drawn."""
        return sorted((*self.folder.glob("*.png"), *self.folder.glob("*.gif")))


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yields a temporary path beside ``path`` that replaces it when the block ends well, and goes away otherwise."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_json(path: Path, value: Any) -> None:
    """Writes JSON as a whole or not at all.

    Raises:
        ValueError: the value holds a number that JSON has no word for, such as NaN.
    """
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(value, indent=2, allow_nan=False) + "\n")
