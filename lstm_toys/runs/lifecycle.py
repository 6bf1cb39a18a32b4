"""The lifecycle of a run: a finished one is found, others are checked, computed, drawn, reported and published.

Loads nothing heavy until something has to be computed or drawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from rich.console import Console, RenderableType

from lstm_toys.execution.base import Executor
from lstm_toys.execution.signals import Interrupted, Interruption, Stopped
from lstm_toys.files import sha256
from lstm_toys.networks.cells import InvalidModel
from lstm_toys.output import listed
from lstm_toys.runs import manifest
from lstm_toys.runs.ask import Ask
from lstm_toys.runs.context import Failed, Options, Refused, RunContext, stopwatch
from lstm_toys.runs.folder import Run, relatives


class Work:
    """The work of a command; ``runs`` are the finished ones, including needed ones."""

    def __init__(self, options: Options, console: Console, interruption: Interruption) -> None:
        self.runs: dict[Ask[Any], Run] = {}
        self._options, self._console, self._interruption = options, console, interruption
        self._studies: dict[Ask[Any], Any] = {}
        self._edited: set[Ask[Any]] = set()  # Without a change of what is computed.
        self._seconds = {"import": 0.0, "identify": 0.0}

    def carry_out(self, asks: Sequence[Ask[Any]]) -> None:
        """Finds, computes, continues or redraws runs, and publishes them if the options say so.

        Raises Refused, Busy, Damaged, Failed, Interrupted if a signal ended the run, or OSError.
        """
        options, console = self._options, self._console
        anew = {*asks} if options.restart else set()
        every = (needed for ask in asks for needed in (ask, *ask.companions.values()))
        todo = list(dict.fromkeys(each for ask in every for each in self._unfinished(ask, anew)))
        for ask in asks:
            if options.replot and ask in todo and ask not in anew:
                raise Refused(f"flag --replot: there is no finished run to redraw: {ask.settings}")
        if options.no_training and (trained := [ask for ask in todo if self._study(ask).efforts()]):
            raise Refused(f"flag --no_training: {listed([str(ask.settings) for ask in trained], 3)} would be trained")
        drawn: dict[Ask[Any], Future[None]] = {}
        if todo:
            with self._started(todo) as (context, efforts), _background() as background:
                left = sorted(todo, key=lambda ask: not efforts[ask])  # Trainings first.
                while left:
                    ask = left.pop(0)
                    self._compute(ask, ask in anew, context, len(efforts[ask]))
                    for each in asks if left else ():  # Figures are drawn while the next networks train.
                        needed = {each, *each.companions.values()}
                        if each in todo and each not in drawn and not needed & {*left}:
                            drawn[each] = background.submit(self._draw, each)
        for ask in asks:
            run = self.runs[ask]
            if ask in drawn:
                drawn[ask].result()
            elif ask in todo or options.replot or ask in self._edited or not run.drawn(options.figure_format):
                self._draw(ask)
                if ask not in todo:
                    console.print(f"{run.name}: redrawn")
            else:
                console.print(f"{run.name}: already finished; --restart runs it again")
            if options.publish:
                run.publish(ask.published, console.print)
                console.print(f"published in {ask.published}")

    def _unfinished(self, ask: Ask[Any], anew: set[Ask[Any]]) -> Iterator[Ask[Any]]:
        if ask in anew or not self.finished(ask):
            for each in ask.needs.values():
                yield from self._unfinished(each, set())
            yield ask

    def finished(self, ask: Ask[Any]) -> bool:
        """Whether a run is finished; raises Refused if it is impossible."""
        if ask in self.runs or ask in self._studies:
            return ask in self.runs
        settings = ask.settings.as_dict()
        manifests = manifest.find(ask.runs, ask.name, ask.key, ask.declared)
        for each in manifests:
            if each.answers:
                run = Run(each.folder, settings)
                if run.finished:
                    self._finish(ask, run)
                    return True
        if not any(relatives(ask.runs, settings)):
            return False  # Its digests are computed when it is executed.
        return all(self.finished(each) for each in ask.needs.values()) and self._compare(ask, manifests)

    def _finish(self, ask: Ask[Any], run: Run) -> None:
        self.runs[ask] = run
        names = run.read_metrics().get("needs", ()) if ask.needs else ()
        for need, name in zip(ask.needs.values(), names, strict=True):
            self.runs.setdefault(need, Run(ask.runs / name, need.settings.as_dict()))

    def _compare(self, ask: Ask[Any], manifests: Sequence[manifest.Manifest]) -> bool:
        """Whether a run is finished, by what would be computed; all runs that it needs are finished."""
        study = self._identified(ask, [name for each in manifests for name in each.edited])
        run, best = study.run, manifests[0] if manifests else None
        edited = f"{listed(best.edited, 3)} changed" if best and best.edited else ""
        if run.finished:
            if edited:
                self._console.print(f"{run.name}: computation unchanged, although {edited}")
                self._edited.add(ask)
            elif best and best.incomplete:
                self._console.print(f"{run.name}: compared the computation, since {best.incomplete}")
            self._measure(study)
            earlier = [name for each in manifests if each.folder == run.folder for name in each.own]
            manifest.write(run.folder, ask.key, ask.declared, earlier)
            self._finish(ask, run)
        elif theirs := next(relatives(ask.runs, run.settings), None):
            parts = sorted({*run.value, *theirs.value})
            differing = ", ".join(name for name in parts if run.value.get(name) != theirs.value.get(name))
            why = f" since {edited}" if edited else f"; {best.incomplete}" if best and best.incomplete else ""
            self._console.print(f"{run.name}: differs from run {theirs.folder.name} in {differing}{why}")
        return ask in self.runs

    def _measure(self, study: Any) -> None:
        """Measures the files of a finished run again, since code outside of its digests may have changed."""
        run, before = study.run, study.run.read_metrics()
        for name in before["files"]:
            run.checked(name)
        measured = study.metrics()
        if any(before.get(name) != value for name, value in measured.items()):
            self._console.print(f"{run.name}: measured again, since the code of its measurements changed")
            with run.locked():
                run.write_metrics({name: value for name, value in before.items() if name != "figures"} | measured)

    def _study(self, ask: Ask[Any]) -> Any:
        """The study of a run, checked before anything is computed; raises Refused if the run is impossible."""
        if ask not in self._studies:
            if not self._studies:
                with stopwatch(self._seconds, "import"):
                    _start(self._options)
            study = ask.load()
            study.tell = self._console.print
            _check(study)
            self._studies[ask] = study
        return self._studies[ask]

    def _identified(self, ask: Ask[Any], edited: Iterable[str] = ()) -> Any:
        """The study of a run with its folder; all runs that it needs are finished."""
        from lstm_toys.execution.lowering import CALLBACK

        study = self._study(ask)
        if not hasattr(study, "run"):
            study.needs = {name: self.runs[each] for name, each in ask.needs.items()}
            with stopwatch(self._seconds, "identify"):
                value = dict(study.digests())
                if CALLBACK in value:  # No program's text contains its code.
                    value[CALLBACK] = manifest.sources(edited)
            study.run = Run.named(ask.runs, ask.settings.as_dict(), value)
        return study

    @contextmanager
    def _started(self, todo: Sequence[Ask[Any]]) -> Iterator[tuple[RunContext, dict[Ask[Any], list[float]]]]:
        """Checks all runs before the first is computed; yields how they are executed, and the efforts of trainings."""
        studies = {ask: self._study(ask) for ask in todo}
        with _executor(self._options, self._console) as executor:
            for ask in todo:
                if not ask.needs:
                    self._identified(ask)
            from lstm_toys.execution import devices, progress

            self._console.print(devices.describe())
            efforts = {ask: study.efforts() for ask, study in studies.items()}
            workers = None if self._options.cluster is None else lambda: executor.workers
            every = [effort for each in efforts.values() for effort in each]
            with progress.TrainingProgress(self._console, every, workers) as shown:
                yield RunContext(self._options, self._console, self._interruption, shown, executor, {}), efforts

    def _compute(self, ask: Ask[Any], anew: bool, context: RunContext, trainings: int) -> None:
        """Computes one run under its lock, unless it is finished."""
        from lstm_toys.populations.train import Diverged

        study = self._identified(ask)
        run: Run = study.run
        run.folder.mkdir(parents=True, exist_ok=True)
        with run.locked(anew=anew):
            if not anew and run.finished:  # Also by another process, meanwhile.
                context.progress.skip(trainings)
            else:
                seconds, self._seconds = self._seconds, {"import": 0.0}
                try:
                    made = study.compute(context._replace(seconds=seconds))
                except Stopped:
                    raise Interrupted(context.interruption.number) from None
                except Diverged as error:
                    seeds, step = error.args
                    raise Failed(f"--on_divergence=stop: seeds {listed(seeds)} diverged before step {step:,}") from None
                files = {name: sha256(run.folder / name) for name in made["files"]}
                needs = {"needs": [each.folder.name for each in study.needs.values()]} if study.needs else {}
                run.write_metrics(study.metrics() | made | {"seconds": _rounded(seconds), "files": files, **needs})
                run.forget()
                manifest.write(run.folder, ask.key, ask.declared)
        self._finish(ask, run)

    def _draw(self, ask: Ask[Any]) -> None:
        """Draws the figures of a finished run instead of earlier ones, and records them in its metrics."""
        from lstm_toys import figures

        study, run = ask.load(), self.runs[ask]
        study.run = run
        study.needs, study.companions = (
            {name: self.runs[each] for name, each in asks.items()} for asks in (ask.needs, ask.companions)
        )
        seconds, form = dict[str, float](), self._options.figure_format
        with run.locked():
            run.forget()  # Checkpoints of a process killed after writing the summary.
            metrics = run.read_metrics()
            with stopwatch(seconds, "figures"):
                drawings = {name.replace(".png", f".{form}"): drawing for name, drawing in study.draw()}
                for name in metrics.get("figures", ()):  # If this is killed, the next command misses some.
                    (run.folder / name).unlink(missing_ok=True)
                for name, drawing in drawings.items():
                    figures.save(drawing, run.folder / name)
            run.write_metrics(metrics | {"figures": [*drawings], "seconds": metrics["seconds"] | _rounded(seconds)})


def report(asks: Sequence[Ask[Any]], runs: Mapping[Ask[Any], Run]) -> Iterator[RenderableType]:
    """Yields the closing lines and tables of finished runs, and their files."""
    for ask in asks:
        yield from ask.report(ask, runs[ask], {name: runs[each] for name, each in ask.companions.items()})
        yield from (f"  {path}" for path in runs[ask].files())


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
    from lstm_toys.execution.devices import Here

    if options.cluster is None:
        yield Here()
        return
    flag = f"flag --cluster={options.cluster}"
    try:
        from lstm_toys.execution import cluster as module
    except ImportError as error:
        raise Refused(f"{flag}: needs {error.name}; run pip install 'lstm_toys[cluster]'") from None
    try:
        with module.connected(options.cluster, mixed=options.mixed, tell=console.print) as cluster:
            yield cluster
    except module.Unreachable as error:
        raise Refused(f"{flag}: {error}") from None
    except module.Lost as error:
        kept = "finished parts are kept, and the same command continues, with or without a cluster"
        raise Failed(f"{flag}: {error}; {kept}") from None


def _start(options: Options) -> None:
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


def _check(study: Any) -> None:
    try:
        study.check()
    except InvalidModel as error:
        raise Refused(f"{study.settings}: {error}") from None


def _rounded(seconds: Mapping[str, float]) -> dict[str, float]:
    return {stage: round(value, 3) for stage, value in seconds.items()}
