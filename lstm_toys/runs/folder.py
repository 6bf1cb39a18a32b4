"""The folder of a run, named after a hash of what the run computes, and its files."""

from __future__ import annotations

import errno
import hashlib
import json
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from lstm_toys import files
from lstm_toys.command_error import CommandError
from lstm_toys.files import SCHEMA, Damaged, clean, locked, read_json, read_sealed, write_json, write_sealed
from lstm_toys.output import html_table, listed
from lstm_toys.runs import publishing


class Busy(Exception, CommandError):
    """Another process is working on a run; the argument says so in one line."""

    advice = "wait until it ends, or change a setting"


VALUE = "value"
"""The key of the digests of what a run computes."""

RUNS, CONFIG, METRICS, REPORT = "runs", "config.json", "metrics.json", "report.json"
"""The folder of all runs in a results folder; and files of a run's identity, of its summary and of its report."""

UNFINISHED = "this run is not finished; the command that began it continues it"

PATIENCE = 10.0
"""Seconds to wait for another command that writes into a folder."""

READ_ONLY = (errno.EACCES, errno.EPERM, errno.EROFS)
"""Numbers of the errors of folders that cannot be written to."""

FORMATS = ("png", "svg", "pdf")
FIGURES = (*(f".{form}" for form in FORMATS), ".gif")

PUBLISHED = (*FIGURES, ".md", ".json")
"""Suffixes of figures, and of all recorded files that are copied to the published set."""

RECORDED: dict[str, tuple[Any, Callable[[Any], bool]]] = {
    "files": (dict, files.is_plain),
    "figures": (list, lambda name: files.is_plain(name) and Path(name).suffix in FIGURES),
    VALUE: (dict, bool),
    "seconds": (dict, bool),
}
"""Entries of every summary, if there are any, and what each name in them must be: of a file or figure in the run's
folder, of a digest, or of a stage."""


class Run:
    """The folder of a run, and its files. An `Analysis` gets the finished ones that it needs; `lt.find` finds others.

    ``name`` is the name of the experiment or study, ``results`` the path of its labeled arrays, for `lt.load_results`,
    and ``metrics`` the path of its summary, which is written after everything except figures, so that it marks a
    finished run. ``checkpoints`` is the folder of checkpoints, which is removed once the run is finished.

    Args:
        folder: the folder ``<results_dir>/runs/<name>-<hash>``; ``lt.load(run.folder)`` loads its networks.
        settings: what the run was asked for, as JSON has it.
        value: digests of what the run computes, by part; None: those that the finished run has recorded.

    Example:
        >>> (run,) = lt.find([lt.ask("sine", "--seeds=4")])  # doctest: +SKIP
        >>> lt.Run.read_metrics(run)["converged"]  # doctest: +SKIP
        4
    """

    def __init__(self, folder: Path, settings: dict[str, Any], value: dict[str, str] | None = None) -> None:
        self.folder, self.settings, self._value = folder, settings, value
        self.measure: Callable[[], None] | None = None  # Makes the summary again, before it is first read.
        self.unwritten: dict[str, Any] | None = None  # The summary, where the folder cannot be written.
        self.name: str = settings["experiment"]
        self.results, self.metrics, self.checkpoints = folder / "results.nc", folder / METRICS, folder / "checkpoints"

    @classmethod
    def named(cls, runs: Path, settings: dict[str, Any], value: dict[str, str]) -> Run:
        """The run of these settings that computes something, whose folder is named after both."""
        digest = hashlib.sha256(json.dumps([settings, value], sort_keys=True).encode()).hexdigest()[:10]
        return cls(runs / f"{settings['experiment']}-{digest}", settings, value)

    def _repr_html_(self) -> str:
        computed = self.stored()["computed"] if self.finished else "not finished"
        return html_table(self.name, {"folder": self.folder, "computed": computed, **self.settings})

    @property
    def value(self) -> dict[str, str]:
        """Digests of what the run computes, by part."""
        if self._value is None:
            self._value = self.stored()[VALUE]
        return self._value

    @property
    def finished(self) -> bool:
        """Whether everything except figures has been written, and still exists."""
        return self.metrics.is_file() and all((self.folder / name).exists() for name in self.stored()["files"])

    @contextmanager
    def locked(self, *, anew: bool = False, patience: float = 0.0) -> Iterator[None]:
        """Locks the folder during a block, writes the identity into it, and removes files of killed processes.

        Waits for another process for at most ``patience`` seconds.
        With ``anew``, the run is marked unfinished and its checkpoints are removed; figures and results remain until
        replaced. Raises Busy if another process holds the lock, and Damaged if the folder holds another run.
        """
        with ExitStack() as stack:
            deadline = time.monotonic() + patience
            while True:
                try:
                    stack.enter_context(locked(self.folder / ".lock"))
                    break
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        raise Busy(f"{self.folder}: another process is computing this run") from None
                    time.sleep(0.1)
            clean(self.folder)
            config, identity = self.folder / CONFIG, {**self.settings, VALUE: self.value, "schema": SCHEMA}
            if anew:
                self.metrics.unlink(missing_ok=True)
                self.forget()
            if anew or not config.is_file():
                write_json(config, identity)
            elif read_json(config) != identity:
                raise Damaged(config, "is damaged: it does not match the name of its folder")
            yield

    @contextmanager
    def writing(self) -> Iterator[bool]:
        """Locks the folder of a finished run; yields whether it can be written to."""
        with ExitStack() as stack:
            writable = True
            try:
                stack.enter_context(self.locked(patience=PATIENCE))
            except OSError as error:
                if error.errno not in READ_ONLY:
                    raise
                writable = False
            yield writable

    def forget(self) -> None:
        """Removes all checkpoints, readable or not."""
        shutil.rmtree(self.checkpoints, ignore_errors=True)

    def write_metrics(self, metrics: dict[str, Any]) -> None:
        """Writes the summary, with the name of the run, its digests, and a checksum of everything."""
        write_sealed(self.metrics, {**metrics, "run": self.folder.name, VALUE: self.value})

    def read_metrics(self) -> dict[str, Any]:
        """Reads the summary, which is made again if what it is made of differs; raises as `stored` does."""
        if (measure := self.measure) is not None:
            self.measure = None
            measure()
        return self.unwritten or self.stored()

    def stored(self) -> dict[str, Any]:
        """Reads the summary as it lies there.

        Raises OSError if the run is not finished, and Damaged if it did not write this file.
        """
        metrics = read_sealed(self.metrics)
        if metrics.get("run") != self.folder.name:
            raise Damaged(self.metrics, f"belongs to another run, {metrics.get('run')}")
        for entry, (kind, good) in RECORDED.items():
            names: Any = metrics.get(entry, kind())
            if not isinstance(names, kind) or not all(map(good, names)):
                raise Damaged(self.metrics, f"is damaged: its {entry!r} is not what a run records")
        return metrics

    @property
    def computed(self) -> dict[str, str]:
        """Digests of the files that the finished run has computed, by name, without texts that are made of them."""
        metrics = self.stored()
        return {name: digest for name, digest in metrics["files"].items() if name not in metrics.get("texts", ())}

    def checked(self, name: str) -> Path:
        """Returns the path of a file of the finished run.

        Args:
            name: the file's name, such as ``"results.nc"``.

        Raises:
            OSError: the file is missing, or the run is not finished.
            Damaged: the file was changed.
        """
        return files.checked(self.folder / name, self.stored()["files"].get(name))

    def publish(self, target: Path) -> None:
        """Publishes figures, tables and summaries in a folder; see `publishing.publish`."""
        paths = [*self.files(), *self.folder.glob(REPORT)]
        recorded = [path for path in paths if path.suffix in PUBLISHED and not path.name.startswith("population")]
        publishing.publish(recorded, target, self.folder.name)

    def files(self) -> list[Path]:
        """Files that the run has written for users, figures last."""
        metrics = self.stored()
        return [self.folder / name for name in (*metrics["files"], METRICS, *sorted(metrics.get("figures", ())))]


def verified(path: Path) -> Path:
    """Returns the path of a file of a run, or of what is published of it; raises Damaged for another content.

    The summary next to the file has its digest. Without a summary, or a digest in it, the file is taken as it is.
    """
    summary = path.with_name(METRICS)
    digest = read_sealed(summary)["files"].get(path.name) if summary.is_file() else None
    return files.checked(path, digest) if digest else path


def why_new(run: Run) -> str | None:
    """Says in what a run differs from the newest run with the same settings; None without one, or if it was begun."""
    begun = (run.folder / CONFIG).exists()
    configs = () if begun else run.folder.parent.glob(f"{run.name}-*/{CONFIG}")
    for path in sorted(configs, key=lambda path: -path.stat().st_mtime):
        try:
            theirs = read_json(path)
        except OSError:
            continue
        value = theirs.pop(VALUE, None)
        if isinstance(value, dict) and theirs == {**run.settings, "schema": SCHEMA}:
            other = [part for part in sorted({*run.value, *value}) if run.value.get(part) != value.get(part)]
            return f"{run.folder.name}: new; {path.parent.name} has the same settings and other {listed(other, 5)}"
    return None
