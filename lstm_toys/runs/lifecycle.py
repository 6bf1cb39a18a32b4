"""The lifecycle of a run: a finished one is reused, others are checked, executed, drawn, reported and published.

Imports nothing heavy until something has to be executed or drawn.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from rich.console import Console, RenderableType

from lstm_toys.execution.base import Executor
from lstm_toys.execution.signals import Interrupted, Interruption, Stopped
from lstm_toys.networks.cells import InvalidModel
from lstm_toys.output import listed
from lstm_toys.runs import manifest, publishing
from lstm_toys.runs.context import Failed, Options, Refused, RunContext, stopwatch
from lstm_toys.runs.folder import FORMATS, Run
from lstm_toys.runs.resolver import Beginning, Resolver
from lstm_toys.runs.study import Study


def run(studies: Sequence[Study[Any]], options: Options, console: Console, interruption: Interruption) -> None:
    """Executes, continues, reuses or redraws runs, and publishes them if the options say so.

    Raises:
        Refused: the request cannot be carried out.
        Busy: another process is working on a run.
        Damaged: a file of a run is damaged.
        Failed: a run could not be finished.
        Gone: the folder of a run was removed or moved meanwhile.
        Interrupted: a signal ended the run.
        OSError: a file or folder cannot be used.
    """
    note = console.print
    publishing.repair(options.results_dir, note)
    resolver = make_resolver(options, note)
    for study in studies:
        resolver.unify(study)
    anew = {study.run for study in studies} if options.restart else set()
    todo = {
        each.run: each
        for study in studies
        for needed in (study, *study.companions.values())
        for each in _unfinished(needed, anew, resolver)
    }
    for study in studies:
        if options.replot and study.run in todo and study.run not in anew:
            raise Refused(f"flag --replot: there is no finished run to redraw: {study.settings}")
    for study in studies if todo and options.publish else ():
        publishing.check(study.run.published)
    if todo:
        _execute(list(todo.values()), anew, options, console, interruption, resolver)
    for study in studies:
        if study.run in todo or options.replot or not _drawn(study.run, options.figure_format):
            _draw(study, options.figure_format)
            if study.run not in todo:
                note(f"{study.run.name}: redrawn")
        else:
            note(f"{study.run.name}: already finished; --restart runs it again")
        if options.publish:
            note(f"published in {study.run.publish(note)}")


def report(
    studies: Sequence[Study[Any]], console: Console, together: Callable[[], Iterable[RenderableType]] | None
) -> list[str]:
    """Prints the closing lines and tables of finished runs.

    Args:
        together: makes one report on all runs, instead of one on each.

    Returns:
        One line for each run in which every seed diverged.
    """
    metrics = {study.run: study.metrics for study in studies}
    parts: list[Iterable[RenderableType]] = [together()] if together else []
    if not together:
        for study in studies:
            parts += [study.report(metrics[study.run]), (f"  {path}" for path in study.run.files())]
    for part in parts:
        for each in part:
            console.print(each, soft_wrap=isinstance(each, str), crop=False)
    lost = [study.lost(metrics[study.run]) for study in studies]
    return [line for line in lost if line is not None]


def _unfinished(study: Study[Any], anew: set[Run[Any]], resolver: Resolver) -> Iterator[Study[Any]]:
    """Yields the unfinished runs that a run needs, then the run itself if it is unfinished."""
    if study.run in anew or not resolver.finished(study):
        for each in study.needs.values():
            yield from _unfinished(each, set(), resolver)
        yield study


def make_resolver(options: Options, tell: Callable[[str], None]) -> Resolver:
    """Makes a resolver, which loads JAX only if it has to compute something."""
    manifest.begin()
    return Resolver(_Beginning(options), tell)


class _Beginning(Beginning):
    """Loads JAX once, and checks each run once, before anything is computed."""

    def __init__(self, options: Options) -> None:
        self._options, self._started = options, False
        self._checked: set[Run[Any]] = set()
        self.seconds = 0.0

    def __call__(self, study: Study[Any]) -> None:
        """Raises Refused if JAX cannot be used, or a run is impossible or too large."""
        if not self._started:
            began = time.perf_counter()
            _start(self._options)
            self._started, self.seconds = True, time.perf_counter() - began
        if study.run not in self._checked:
            _check(study)
            self._checked.add(study.run)


def _execute(
    studies: list[Study[Any]],
    anew: set[Run[Any]],
    options: Options,
    console: Console,
    interruption: Interruption,
    resolver: Resolver,
) -> None:
    """Executes runs one after another, without drawing."""
    runs = options.results_dir / "runs"
    created = [each for each in (runs, *runs.parents) if not each.exists()]
    runs.mkdir(parents=True, exist_ok=True)  # Fails before anything is loaded.
    with ExitStack() as stack:
        try:
            for study in studies:
                resolver.begin(study)
            executor = stack.enter_context(_executor(options, console))
            for study in studies:
                if study.run in anew and not study.needs:
                    resolver.identify(study)
                elif not study.needs:
                    resolver.compute(study)
        except Refused:
            for folder in created:  # Inner ones first.
                with suppress(OSError):
                    folder.rmdir()
            raise
        from lstm_toys.execution import devices, progress

        console.print(devices.describe())
        seconds = {"import": resolver.begin.seconds, "identify": resolver.seconds}
        efforts = {study.run: study.efforts() for study in studies}
        every = [effort for each in efforts.values() for effort in each]
        shown = progress.TrainingProgress(console, every, None if options.cluster is None else lambda: executor.workers)
        context = RunContext(options, console, interruption, shown, executor)
        with shown:
            for study in studies:
                if efforts[study.run]:
                    seconds = _execute_locked(study, study.run in anew, context, seconds, len(efforts[study.run]))
        for study in studies:
            if not efforts[study.run] and study.run in anew:
                resolver.identify(study)
                seconds = _execute_locked(study, True, context, seconds, 0)
            elif not efforts[study.run] and not resolver.compute(study):
                seconds = _execute_locked(study, False, context, seconds, 0)


@contextmanager
def _executor(options: Options, console: Console) -> Iterator[Executor]:
    """Yields an executor: this process, or the cluster that the options name."""
    from lstm_toys.execution.here import Here

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
    except module.Unfinished as error:
        raise Failed(f"{flag}: {error}; these are kept, and the same command retries the rest") from None


def _start(options: Options) -> None:
    """Loads JAX, configures it, and initializes its devices; raises Refused if one of these fails."""
    try:
        from lstm_toys.execution import devices
    except ValueError as error:  # Of an environment variable.
        raise Refused(f"JAX cannot be loaded: {error}") from None
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


def _check(study: Study[Any]) -> None:
    """Raises Refused if a run is impossible or too large."""
    from lstm_toys.execution import footprint

    try:
        study.check()
        if (needed := study.footprint()) is not None:
            footprint.check(needed, study.run.runs)
        study.check_full_size()
    except (InvalidModel, footprint.TooLarge) as error:
        raise Refused(f"{study.settings}: {error}") from None


def _execute_locked(
    study: Study[Any], anew: bool, context: RunContext, seconds: dict[str, float], trainings: int
) -> dict[str, float]:
    """Executes one run under its lock; returns the seconds that still have to be counted toward another run."""
    from lstm_toys.populations.train import Diverged

    run = study.run
    if not anew and run.metrics.is_file() and (gone := run.missing):
        context.progress.tell(f"{run.folder}: {', '.join(gone)} is missing; running again")
    run.folder.mkdir(parents=True, exist_ok=True)
    with run.locked(anew=anew) as ensure:
        if not anew and run.finished:  # By another process, meanwhile.
            context.progress.skip(trainings)
            return seconds
        try:
            metrics = study.execute(context._replace(ensure=ensure), seconds)
        except Stopped:
            raise Interrupted(context.interruption.number) from None
        except Diverged as error:
            seeds, step = error.args
            raise Failed(f"--on_divergence=stop: seeds {listed(seeds)} diverged before step {step:,}") from None
        needs = {"needs": [each.run.folder.name for each in study.needs.values()]} if study.needs else {}
        more = {"seconds": rounded(seconds), "files": run.digests(metrics["files"]), **needs}
        run.write_metrics(metrics | more)
        run.forget()
        manifest.write(run.folder, run.key, run.declared)
    return {"import": 0.0}


def _drawn(run: Run[Any], form: str) -> bool:
    """Whether the figures of a finished run exist in a format."""
    return run.figures is not None and all(Path(name).suffix in (f".{form}", ".gif") for name in run.figures)


def _draw(study: Study[Any], form: str) -> None:
    """Draws the figures of a finished run, records them in its metrics, and removes them in other formats."""
    from lstm_toys import figures

    run, seconds, names = study.run, dict[str, float](), list[str]()
    with run.locked():
        run.forget()  # Checkpoints of a process killed after writing the summary.
        metrics = study.metrics
        with stopwatch(seconds, "figures"):
            for declared, drawing in study.draw():
                if metrics.pop("figures", None) is not None:
                    run.write_metrics(metrics)  # If this is killed, the next command draws again.
                names.append(f"{declared.removesuffix('.png')}.{form}" if declared.endswith(".png") else declared)
                figures.save(drawing, run.folder / names[-1])
        for name in names:
            for other in FORMATS:
                if name.endswith(f".{form}") and other != form:
                    (run.folder / f"{name.removesuffix(f'.{form}')}.{other}").unlink(missing_ok=True)
        run.write_metrics(metrics | {"figures": names, "seconds": metrics["seconds"] | rounded(seconds)})


def rounded(seconds: dict[str, float]) -> dict[str, float]:
    """Rounds the seconds of each stage to milliseconds."""
    return {stage: round(value, 3) for stage, value in seconds.items()}
