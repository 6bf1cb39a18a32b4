"""The lifecycle of runs: they are put in order, found or computed, then shown and published."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from rich.console import Console

from lstm_toys.execution import CALLBACK
from lstm_toys.execution.signals import Interrupted, Interruption, Stopped
from lstm_toys.files import check_writable, sha256
from lstm_toys.networks.cells import InvalidModel
from lstm_toys.output import listed
from lstm_toys.runs import origin, publishing
from lstm_toys.runs.folder import READ_ONLY, REPORT, RUNS, Run, why_new
from lstm_toys.runs.identity import Options, Settings, differences
from lstm_toys.runs.origin import Command
from lstm_toys.runs.study import Failed, Refused, RunContext, Study, rounded, stopwatch

if TYPE_CHECKING:
    from lstm_toys.execution.devices import Executor


class Work:
    """The work of a command; ``runs`` are the finished ones, including needed ones."""

    def __init__(self, command: Command, console: Console, interruption: Interruption) -> None:
        self.runs: dict[Study[Any], Run] = {}
        self._command = command
        self._asked: Sequence[Study[Any]] = ()
        self._options, self._console, self._interruption = command.options, console, interruption
        self._placed: dict[Study[Any], Study[Any]] = {}
        self._checked, self._computed = set[Study[Any]](), set[Study[Any]]()
        self._seconds = {"import": 0.0, "identify": 0.0}

    def carry_out(self, make: Callable[[], Sequence[Study[Any]]]) -> Sequence[Study[Any]]:
        """Makes studies, finds, computes or continues their runs, shows them, and publishes them if the options say so.

        Returns the finished studies.

        Raises Refused, Busy, Damaged, Failed, Interrupted if a signal ended the run, or OSError.
        """
        order = self._order(make)
        with _background() as thread:
            shown = dict[Study[Any], Future[None]]()
            for _ in self._finished(order):  # Experiments are drawn while the next networks are verified or trained.
                for study in self._asked:
                    if study.efforts() and study not in shown and {study, *study.companions.values()} <= {*self.runs}:
                        shown[study] = thread.submit(self._show, study)
            for study in self._asked:
                if study in shown:
                    shown[study].result()
                else:
                    self._show(study)
        for study in order:
            reported = (self.runs[study].folder / REPORT).exists() and study not in self._computed
            if study not in self._asked and not reported:
                self._show(study)
            if study in self._computed:
                self.placed(study).finish()
        self._publish()
        return [self._placed[study] for study in self._asked]

    def _order(self, make: Callable[[], Sequence[Study[Any]]]) -> Sequence[Study[Any]]:
        """Makes the studies, and puts all that they need in order, trainings first; raises Refused."""
        options = self._options
        self._check_writable(options.results_dir, READ_ONLY)  # What is finished there is reported all the same.
        with stopwatch(self._seconds, "import"):
            with importing():
                self._asked = make()
            if self._asked:
                start(options)
        for study in self._asked if options.publish else ():
            self._check_writable(options.results_dir / study.published)
            publishing.listed(options.results_dir / study.published)
        shown = (needed for study in self._asked for needed in (study, *study.companions.values()))
        order = dict.fromkeys(needed for study in shown for needed in study.needed_first())
        return sorted(order, key=lambda study: bool(study.needs))

    def _finished(self, order: Sequence[Study[Any]]) -> Iterator[None]:
        """Finds the runs of studies, then computes the missing ones; yields after each."""
        anew = {*self._asked} if self._options.restart else set()
        for study in order:
            if not study.needs and study not in anew and self.finished(study):
                yield
        missing = [study for study in order if study not in self.runs]
        if missing:
            self._check_writable(self._options.results_dir / RUNS)
        for study in missing if any(not study.needs for study in missing) else ():  # Before the first is computed.
            self._check(study)
        efforts = {study: effort for study in missing if (effort := study.efforts())}
        if efforts and self._options.no_training:  # Studies whose needs are not finished are named later.
            named = [self.placed(study) for study in efforts if {*study.needs.values()} <= {*self.runs}]
            trained = [f"{study.run.folder.name} ({study.settings})" for study in named]
            raise Refused(f"flag --no_training: would be trained: {listed(trained, 3)}")
        with ExitStack() as stack:
            context: RunContext | None = None
            for study in missing:
                if study in anew or not self.finished(study):
                    self._check(study)
                    context = context or stack.enter_context(self._executed([*efforts.values()]))
                    self._compute(study, study in anew, context)
                yield

    def _show(self, study: Study[Any]) -> None:
        """Makes the report of a finished run and, if it is asked for, its figures, if they would differ."""
        from lstm_toys.runs import derived

        form = self._options.figure_format if study in self._asked else None
        derived.show(self._placed[study], form, self._console.print, timed=study in self._computed)

    def _publish(self) -> None:
        """Says which runs were finished before, and publishes them if the options say so."""
        for study in self._asked:
            run = self.runs[study]
            if study not in self._computed:
                self._console.print(f"{run.name}: already finished; --restart runs it again")
            if self._options.publish:
                run.publish(target := self._options.results_dir / study.published)
                self._console.print(f"published in {target}")

    def _check_writable(self, folder: Path, tolerated: Sequence[int] = ()) -> None:
        """Raises Refused if a folder cannot be written to, unless the number of the error is tolerated."""
        try:
            check_writable(folder)
        except OSError as error:
            if error.errno in tolerated:
                return
            flag = f"flag --results_dir={self._options.results_dir}"
            raise Refused(f"{flag}: cannot write to {folder}: {error.strerror}") from None

    def finished(self, study: Study[Any]) -> bool:
        """Whether a run is finished, by what would be computed now; raises Refused if it is impossible."""
        if study not in self.runs and all(map(self.finished, study.needs.values())) and self.placed(study).run.finished:
            self._found(self.placed(study))
        return study in self.runs

    def _found(self, study: Study[Any]) -> None:
        from lstm_toys.runs import derived

        self.runs[study], study.run.measure = study.run, partial(derived.measure, study)
        if study.needs or study in self._asked:  # Others are measured when their metrics are read.
            study.run.read_metrics()

    def _check(self, study: Study[Any]) -> None:
        """Raises Refused if a run is impossible."""
        with _refusing(study):
            if study not in self._checked:
                study.check()
            self._checked.add(study)

    def placed(self, study: Study[Any]) -> Study[Any]:
        """A study whose run has a folder; all runs that it needs are finished. Equal studies are one."""
        if study not in self._placed:
            placed = study.placed(self._options.results_dir / RUNS, MappingProxyType(self.runs), self._console.print)
            with stopwatch(self._seconds, "identify"), _refusing(study):
                try:
                    _ = placed.run
                except Exception:
                    self._check(placed)  # Says in one line what is wrong with what is declared.
                    raise
            self._placed[study] = placed
        return self._placed[study]

    @contextmanager
    def _executed(self, efforts: Sequence[Mapping[Settings, float]]) -> Iterator[RunContext]:
        """Yields how runs are executed, of which some are trainings with these efforts."""
        from lstm_toys.execution import devices, progress

        with _executor(self._options, self._console) as executor:
            self._console.print(devices.describe())
            workers = None if self._options.cluster is None else lambda: executor.workers
            trainings = [*chain(*(effort.items() for effort in efforts))]
            labels = differences(settings for settings, _ in trainings)
            with progress.TrainingProgress(self._console, [steps for _, steps in trainings], workers) as shown:
                yield RunContext(self._options, self._console, self._interruption, shown, executor, {}, labels)

    def _compute(self, study: Study[Any], anew: bool, context: RunContext) -> None:
        """Computes one run under its lock, unless it is finished."""
        import lstm_toys
        from lstm_toys.execution import devices
        from lstm_toys.populations.train import Diverged

        study = self.placed(study)
        run = study.run
        if CALLBACK in run.value:
            self._console.print(f"{run.folder.name}: a program calls Python, so that no later command finds this run")
        elif (why := why_new(run)) is not None:
            self._console.print(why)
        run.folder.mkdir(parents=True, exist_ok=True)
        with run.locked(anew=anew):
            if not anew and run.finished:  # Also by another process, meanwhile.
                context.progress.skip(len(study.efforts()))
            else:
                if anew or not (run.folder / origin.ORIGIN).exists():
                    origin.record(run, study, self._command, devices.fingerprint(0), asked=study in self._asked)
                seconds, self._seconds = self._seconds, {"import": 0.0}
                try:
                    summary = study.compute(context._replace(seconds=seconds))
                except Stopped:
                    raise Interrupted(context.interruption.number) from None
                except Diverged as error:
                    seeds, step = error.args
                    lost = f"{context.progress.name}: seeds {listed(seeds)} diverged before step {step:,}"
                    raise Failed(f"--on_divergence=stop: {lost}") from None
                files = {name: sha256(run.folder / name) for name in summary["files"]}
                when = {"computed": time.strftime("%Y-%m-%d %H:%M %z"), "version": lstm_toys.__version__}
                run.write_metrics({**summary, "seconds": rounded(seconds), "files": files, **when})
                run.forget()
                self._computed.add(study)
        self._found(study)
        run.read_metrics()


@contextmanager
def _refusing(study: Study[Any]) -> Iterator[None]:
    """Turns InvalidModel into Refused, with the settings of a study."""
    try:
        yield
    except InvalidModel as error:
        raise Refused(f"{study.settings}: {error}") from None


@contextmanager
def _background() -> Iterator[ThreadPoolExecutor]:
    """A thread that is waited for at the end; after a signal, only for what it is doing."""
    with ThreadPoolExecutor(1) as thread:
        try:
            yield thread
        except Interrupted:
            thread.shutdown(wait=False, cancel_futures=True)
            raise


@contextmanager
def _executor(options: Options, console: Console) -> Iterator[Executor]:
    if options.cluster is None:
        from lstm_toys.execution.devices import Executor

        yield Executor()
        return
    flag = f"flag --cluster={options.cluster}"
    try:
        from lstm_toys.execution import cluster as module
    except ModuleNotFoundError as error:
        raise Refused(f"{flag}: needs {error.name}; run pip install 'lstm_toys[cluster]'") from None
    try:
        with module.connected(options.cluster, tell=console.print) as cluster:
            yield cluster
    except module.Unreachable as error:
        raise Refused(f"{flag}: {error}") from None
    except module.Lost as error:
        kept = "finished parts are kept, and the same command continues, with or without a cluster"
        raise Failed(f"{flag}: {error}; {kept}") from None


@contextmanager
def importing() -> Iterator[None]:
    """Raises Refused for the error of a block if JAX cannot be imported, as with an invalid environment variable."""
    try:
        yield
    except ValueError:
        try:
            importlib.import_module("jax")
        except ValueError as error:
            raise Refused(f"JAX cannot be imported: {error}; correct or unset the environment variable") from None
        raise


def start(options: Options) -> None:
    """Loads JAX, configures it, and initializes its devices; raises Refused if one of these fails."""
    from lstm_toys.execution import devices

    try:
        devices.configure(cache=options.compile_cache)
    except RuntimeError:
        raise Refused(
            "a module of an experiment used JAX while it was imported, before JAX was configured; use NumPy there"
        ) from None
    try:
        devices.start()
    except devices.Unusable as error:
        raise Refused(str(error)) from None
