"""The lifecycle of runs: they are put in order, found or computed, then shown and published."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from contextlib import ExitStack, contextmanager
from functools import partial
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
from lstm_toys.runs.identity import Options, differences
from lstm_toys.runs.origin import Command
from lstm_toys.runs.study import Failed, Refused, RunContext, Study, rounded, stopwatch

if TYPE_CHECKING:
    from lstm_toys.execution.devices import Executor


class Lifecycle:
    """Finds, computes, shows and publishes the runs of one command.

    ``finished`` are the finished runs by study: of studies that were asked for, and of others that these need.
    """

    def __init__(self, command: Command, console: Console, interruption: Interruption) -> None:
        self.finished: dict[Study[Any], Run] = {}
        self._command, self._options = command, command.options
        self._console, self._interruption = console, interruption
        self._seconds = {"import": 0.0, "identify": 0.0}

    def carry_out(self, make: Callable[[], Sequence[Study[Any]]]) -> Sequence[Study[Any]]:
        """Makes studies, finds, computes or continues their runs, shows them, and publishes them if the options say so.

        Returns the finished studies.

        Raises Refused, Busy, Damaged, Failed, Interrupted if a signal ended the run, or OSError.
        """
        made = self._make(make)
        placed = self.placed(needed for study in made for needed in study.needed_to_show())
        asked = [placed[study] for study in made]
        anew = {*asked} if self._options.restart else set[Study[Any]]()
        missing = [study for study in placed.values() if study in anew or not self.find(study)]
        for study in asked:
            if study not in missing:
                study.run.read_metrics()  # Reports a damaged file before anything is computed.
        self._refuse(missing)
        computed = self._compute_and_show(asked, missing, anew)
        for study in placed.values():
            unreported = study in computed or not (study.run.folder / REPORT).exists()
            if study not in asked and unreported:
                self._show(study, None, timed=study in computed)
        for study in computed:
            study.finish()
        self._publish(asked, computed)
        return asked

    def _make(self, make: Callable[[], Sequence[Study[Any]]]) -> Sequence[Study[Any]]:
        """Makes the studies that are asked for, and starts JAX; raises Refused, also if results cannot be written."""
        options = self._options
        self._check_writable(options.results_dir, READ_ONLY)  # What is finished there is reported all the same.
        with stopwatch(self._seconds, "import"):
            with importing():
                made = make()
            if made:
                start(options)
        for study in made if options.publish else ():
            self._check_writable(options.results_dir / study.published)
            publishing.listed(options.results_dir / study.published)
        return made

    def placed(self, studies: Iterable[Study[Any]]) -> dict[Study[Any], Study[Any]]:
        """Gives studies, and all that they need, a folder for their runs; returns them by themselves, in this order.

        These are copies, since a study that `lt.ask` made may be used for several folders. Equal studies have one.
        """
        runs = self._options.results_dir / RUNS
        needed = dict.fromkeys(each for study in studies for each in study.needed_first())
        return {study: study.placed(runs, MappingProxyType(self.finished), self._console.print) for study in needed}

    def find(self, study: Study[Any]) -> bool:
        """Whether the run of a placed study is finished, by what would be computed now.

        It is not if a run that it needs is not finished. Raises Refused if the run is impossible.
        """
        if {*study.needs.values()} <= self.finished.keys() and self._identified(study).finished:
            self._note_finished(study)
        return study in self.finished

    def _identified(self, study: Study[Any]) -> Run:
        """The run of a placed study, named by what it computes; raises Refused if it is impossible."""
        with stopwatch(self._seconds, "identify"), _refusing(study):
            try:
                return study.run
            except Exception:
                study.check()  # Says in one line what is wrong with what is declared.
                raise

    def _note_finished(self, study: Study[Any]) -> None:
        """Adds a run to the finished ones; its metrics are made again, if needed, when they are first read."""
        from lstm_toys.runs import derived

        self.finished[study], study.run.measure = study.run, partial(derived.measure, study)
        if study.needs:  # These may have texts, which are made with the metrics and which others may read.
            study.run.read_metrics()

    def _refuse(self, missing: Sequence[Study[Any]]) -> None:
        """Raises Refused, before anything is computed, if a run is impossible, or is trained with ``--no_training``."""
        if missing:
            self._check_writable(self._options.results_dir / RUNS)
        for study in missing:
            with _refusing(study):
                study.check()
        trained = [study for study in missing if self._options.no_training and study.efforts()]
        if trained:
            named = [study for study in trained if {*study.needs.values()} <= self.finished.keys()]  # Others have none.
            texts = [f"{self._identified(study).folder.name} ({study.settings})" for study in named]
            raise Refused(f"flag --no_training: would be trained: {listed(texts, 3)}")

    def _check_writable(self, folder: Path, tolerated: Sequence[int] = ()) -> None:
        """Raises Refused if a folder cannot be written to, unless the number of the error is tolerated."""
        try:
            check_writable(folder)
        except OSError as error:
            if error.errno in tolerated:
                return
            flag = f"flag --results_dir={self._options.results_dir}"
            raise Refused(f"{flag}: cannot write to {folder}: {error.strerror}") from None

    def _compute_and_show(
        self, asked: Sequence[Study[Any]], missing: Sequence[Study[Any]], anew: Set[Study[Any]]
    ) -> Sequence[Study[Any]]:
        """Computes missing runs, and shows each study that was asked for before the next one's are computed.

        Returns the studies that were computed, without those that another process has finished meanwhile.
        """
        computed = list[Study[Any]]()
        with ExitStack() as stack:
            context: RunContext | None = None
            for study in asked:
                needed = {*study.needed_to_show()}
                for each in missing:
                    if each in needed and each not in self.finished:
                        context = context or stack.enter_context(self._context(missing))
                        if self._compute(each, context, anew=each in anew, asked=each in asked):
                            computed.append(each)
                self._show(study, self._options.figure_format, timed=study in computed)
        return computed

    @contextmanager
    def _context(self, missing: Sequence[Study[Any]]) -> Iterator[RunContext]:
        """Starts what executes missing runs and shows their progress, in this order, and stops it after a block."""
        from lstm_toys.execution import devices, progress

        with _executor(self._options, self._console) as executor:
            self._console.print(devices.describe())
            workers = None if self._options.cluster is None else lambda: executor.workers
            trainings = [training for study in missing for training in study.efforts().items()]
            labels = differences(settings for settings, _ in trainings)
            with progress.TrainingProgress(self._console, [steps for _, steps in trainings], workers) as shown:
                yield RunContext(self._options, self._console, self._interruption, shown, executor, {}, labels)

    def _compute(self, study: Study[Any], context: RunContext, *, anew: bool, asked: bool) -> bool:
        """Computes one run under its lock; returns False if another process has finished it meanwhile."""
        run = self._identified(study)
        if CALLBACK in run.value:
            self._console.print(f"{run.folder.name}: a program calls Python, so that no later command finds this run")
        elif (why := why_new(run)) is not None:
            self._console.print(why)
        run.folder.mkdir(parents=True, exist_ok=True)
        with run.locked(anew=anew):
            finished = run.finished and not anew
            if finished:
                context.progress.skip(len(study.efforts()))
            else:
                self._compute_locked(study, context, anew=anew, asked=asked)
        self._note_finished(study)
        run.read_metrics()
        return not finished

    def _compute_locked(self, study: Study[Any], context: RunContext, *, anew: bool, asked: bool) -> None:
        """Computes one run, whose folder is locked, and marks it as finished."""
        import lstm_toys
        from lstm_toys.execution import devices
        from lstm_toys.populations.train import Diverged

        run = study.run
        if anew or not (run.folder / origin.ORIGIN).exists():
            origin.record(run, study, self._command, devices.fingerprint(0), asked=asked)
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

    def _show(self, study: Study[Any], form: str | None, *, timed: bool) -> None:
        """Makes the report of a finished run and, in a form, its figures, if they would differ."""
        from lstm_toys.runs import derived

        derived.show(study, form, self._console.print, timed=timed)

    def _publish(self, asked: Sequence[Study[Any]], computed: Sequence[Study[Any]]) -> None:
        """Says which runs were finished before, and publishes all that were asked for, if the options say so."""
        for study in asked:
            if study not in computed:
                self._console.print(f"{study.run.name}: already finished; --restart runs it again")
            if self._options.publish:
                study.run.publish(target := self._options.results_dir / study.published)
                self._console.print(f"published in {target}")


@contextmanager
def _refusing(study: Study[Any]) -> Iterator[None]:
    """Turns InvalidModel into Refused, with the settings of a study."""
    try:
        yield
    except InvalidModel as error:
        raise Refused(f"{study.settings}: {error}") from None


@contextmanager
def _executor(options: Options, console: Console) -> Iterator[Executor]:
    """Yields what computes the parts of runs: this process, or a cluster; raises Refused or Failed without workers."""
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
    """Turns a ValueError of a block, which imports modules, into Refused if it is JAX that cannot be imported.

    JAX raises it for an invalid environment variable.
    """
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
