"""The one life of whatever runs: reused if finished, else sized, locked, executed, written; drawn, told, published.

Imports nothing heavy until something is to be executed or drawn.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, NamedTuple

from rich.console import Console, RenderableType

from lstm_toys import figures, populations, runs
from lstm_toys.networks.cells import Unfit
from lstm_toys.populations.interruption import Interrupted, Interruption
from lstm_toys.runs import manifest, publishing
from lstm_toys.runs.experiment import Experiment
from lstm_toys.runs.folder import FORMATS, Run
from lstm_toys.runs.identity import Settings
from lstm_toys.runs.resolve import Beginning, Resolver


class Refused(Exception):
    """What is asked for cannot be done; the argument says why in one line."""


class Failed(Exception):
    """A run could not be finished; the argument says why in one line."""


@dataclass(frozen=True)
class Options:
    """What is done beyond the runs themselves; nothing of it changes a number.

    Attributes:
        results_dir: the folder of runs and published sets.
        publish: copy figures and metrics to the published set.
        replot: redraw a finished run.
        restart: run again even if finished.
        quiet: print nothing but errors.
        compile_cache: keep compiled programs for the next process.
        checkpoint_every: seconds between two checkpoints.
        on_divergence: ``"exclude"`` a diverged seed from the statistics, or ``"stop"`` the run.
        figure_format: of figures, ``"png"``, ``"svg"`` or ``"pdf"``; animations are GIF.
        cluster: whose workers train and evaluate; see `lstm_toys.populations.cluster.connected`. None: this process.
        mixed: accept workers of another version or processor.
    """

    results_dir: Path
    publish: bool
    replot: bool
    restart: bool
    quiet: bool
    compile_cache: bool
    checkpoint_every: float
    on_divergence: Literal["exclude", "stop"]
    figure_format: Literal["png", "svg", "pdf"]
    cluster: str | None
    mixed: bool


class Conduct(NamedTuple):
    """How runs are executed.

    Attributes:
        options: what was asked for.
        console: for progress and notes.
        interruption: asked whether to stop.
        progress: of trainings; told of anything unusual too.
        cluster: whose workers train and evaluate; None: this process.
        ensure: raises `Gone` once the folder of the run that is executed is no longer there.
    """

    options: Options
    console: Console
    interruption: Interruption
    progress: populations.progress.TrainingProgress
    cluster: populations.elsewhere.Elsewhere | None = None
    ensure: Callable[[], None] = lambda: None

    def stop(self) -> bool:
        """Whether a signal waits, for what takes long to ask about once a second.

        Raises:
            Gone: the folder of the run is no longer there.
        """
        self.ensure()
        return self.interruption()


@dataclass(frozen=True)
class Work:
    """A run, and who carries it out.

    Attributes:
        run: its settings and its folder.
        kind: a package with two modules. Its ``execution`` has ``execute(work, conduct, seconds)``, which writes what
            the run makes, adds the seconds of its stages and returns its metrics, with ``files``: the names of what it
            wrote; ``value(work)``: digests of what that would compute, by part, of which all that it needs is
            finished; and ``draw(work)``, which yields drawings by file name, ``.png`` standing for the format that
            figures are wanted in. If it has ``measured(work)``, that is what metrics say of the run's files. If it may
            take much, it has ``size(work) -> Footprint``; if it may be impossible, ``check(work)``, which raises
            `Refused` before anything is executed, and ``check_lengths(work)``, which does once it is known that curves
            of their full length fit into memory;
            if it trains, ``efforts(work)``: about what each of its trainings takes, in multiplications.
            Its ``report`` has ``report(work, metrics)``, which yields lines and tables, and where all seeds may be
            lost, ``lost(metrics)``: one line if nothing is left that a statistic could be about, else None.
        subject: what these need besides the settings.
        needs: what must be finished before it is executed, by name.
        beside: what must be finished before it is drawn, by name.
        judged: what the value of a run has computed already, so that it is not computed again.
    """

    run: Run[Any]
    kind: ModuleType
    subject: Any = None
    needs: Mapping[Any, Work] = field(default_factory=dict)
    beside: Mapping[str, Work] = field(default_factory=dict)
    judged: dict[str, Any] = field(default_factory=dict)

    @property
    def metrics(self) -> dict[str, Any]:
        """Of the finished run; see `Run.read_metrics`."""
        return self.run.read_metrics()


def training(experiment: Experiment, settings: Settings, results_dir: Path) -> Work:
    """The work of an ordinary run of an experiment, and of those that its figures need beside it."""
    beside = {
        name: Work(Run(theirs, results_dir, other.declared), runs, other)
        for name, (other, theirs) in experiment.beside(settings).items()
    }
    return Work(Run(settings, results_dir, experiment.declared), runs, experiment, beside=beside)


def live(works: Sequence[Work], options: Options, console: Console, interruption: Interruption) -> None:
    """Executes, continues, reuses or redraws runs, and publishes them if asked to.

    Raises:
        Refused: something is asked for that cannot be done.
        Busy: another process is at work on a run.
        Damaged: a file of a run is.
        Failed: a run could not be finished.
        Gone: its folder was removed or moved meanwhile.
        Interrupted: a signal ended it.
        OSError: a file or folder cannot be used.
    """

    def said(line: str) -> None:
        console.print(line)

    publishing.repair(options.results_dir, said)
    resolver = resolving(options, said)
    anew = {work.run for work in works} if options.restart else set()
    todo = {
        each.run: each
        for work in works
        for wanted in (work, *work.beside.values())
        for each in _unfinished(wanted, anew, resolver)
    }
    for work in works:
        if options.replot and work.run in todo and work.run not in anew:
            raise Refused(f"flag --replot: there is no finished run to redraw, of {work.run.settings}")
    if todo:
        _execute(list(todo.values()), anew, options, console, interruption, resolver)
    for work in works:
        if work.run in todo or options.replot or not _drawn(work.run, options.figure_format):
            _draw(work, options.figure_format)
            if work.run not in todo:
                said(f"{work.run.name}: drawn again")
        else:
            said(f"{work.run.name}: this run is finished; --restart runs it again")
        if options.publish:
            said(f"published in {work.run.publish(said)}")


def tell(works: Sequence[Work], console: Console, report: Callable[[], Iterable[RenderableType]] | None) -> list[str]:
    """Prints what finished runs came to.

    Args:
        works: the runs.
        console: where to.
        report: what is told of all of them together instead of each by itself, if so.

    Returns:
        One line for each run of which nothing is left that a statistic could be about.
    """
    found = {work.run: work.metrics for work in works}
    parts: list[Iterable[RenderableType]] = [report()] if report else []
    if not report:
        for work in works:
            parts += [work.kind.report.report(work, found[work.run]), (f"  {path}" for path in work.run.files())]
    for part in parts:
        for each in part:
            console.print(each, soft_wrap=isinstance(each, str), crop=False)
    lost = [work.kind.report.lost(found[work.run]) for work in works if hasattr(work.kind.report, "lost")]
    return [line for line in lost if line is not None]


def _unfinished(work: Work, anew: set[Run[Any]], resolver: Resolver) -> Iterator[Work]:
    """What has to be executed of what a run needs, and of the run itself, in this order."""
    if work.run in anew or not resolver.finished(work):
        for each in work.needs.values():
            yield from _unfinished(each, set(), resolver)
        yield work


def resolving(options: Options, tell: Callable[[str], None]) -> Resolver:
    """What finds the folders of runs, and loads JAX where it has to compute something for that."""
    manifest.begin()
    return Resolver(_Beginning(options), tell)


class _Beginning(Beginning):
    """What comes before anything is computed: JAX is loaded once, and each run is looked at once."""

    def __init__(self, options: Options) -> None:
        self._options, self._started = options, False
        self._checked: set[Run[Any]] = set()
        self.seconds = 0.0

    def __call__(self, work: Work) -> None:
        """Raises Refused if JAX cannot be used, or a run is impossible or would take too much."""
        if not self._started:
            began = time.perf_counter()
            _start(self._options)
            self._started, self.seconds = True, time.perf_counter() - began
        if work.run not in self._checked:
            _check(work)
            self._checked.add(work.run)


def _execute(
    works: list[Work],
    anew: set[Run[Any]],
    options: Options,
    console: Console,
    interruption: Interruption,
    resolver: Resolver,
) -> None:
    """Executes runs, one after another, without drawing anything."""
    runs = options.results_dir / "runs"
    made = [each for each in (runs, *runs.parents) if not each.exists()]
    runs.mkdir(parents=True, exist_ok=True)  # Where that fails, nothing is worth loading.
    with ExitStack() as stack:
        try:
            for work in works:
                resolver.begin(work)
            for work in works:
                if work.run in anew and not work.needs:
                    resolver.identify(work)
                elif not work.needs:
                    resolver.compute(work)
            cluster = stack.enter_context(_workers(options, console))
        except Refused:
            for folder in made:  # The inner ones first.
                with suppress(OSError):
                    folder.rmdir()
            raise
        console.print(populations.devices.describe())
        seconds = {"import": resolver.begin.seconds, "identify": resolver.seconds}
        efforts = {
            work.run: work.kind.execution.efforts(work) if hasattr(work.kind.execution, "efforts") else []
            for work in works
        }
        every = [effort for each in efforts.values() for effort in each]
        progress = populations.progress.TrainingProgress(console, every)
        conduct = Conduct(options, console, interruption, progress, cluster)
        with progress:
            for work in works:
                if efforts[work.run]:
                    seconds = _carry_out(work, work.run in anew, conduct, seconds, len(efforts[work.run]))
        for work in works:
            if not efforts[work.run] and work.run in anew:
                resolver.identify(work)
                seconds = _carry_out(work, True, conduct, seconds, 0)
            elif not efforts[work.run] and not resolver.compute(work):
                seconds = _carry_out(work, False, conduct, seconds, 0)


@contextmanager
def _workers(options: Options, console: Console) -> Iterator[populations.elsewhere.Elsewhere | None]:
    """The cluster that is asked for, while the block lasts.

    Raises:
        Refused: there is none, or it may not do the work.
        Failed: its workers are gone, or could not do all of it.
    """
    if options.cluster is None:
        yield None
        return
    asked = f"flag --cluster={options.cluster}"
    try:
        module = populations.cluster
    except ImportError as error:
        raise Refused(f"{asked}: needs {error.name}: pip install 'lstm_toys[cluster]'") from None
    try:
        with module.connected(options.cluster, mixed=options.mixed, tell=lambda line: console.print(line)) as cluster:
            yield cluster
    except module.Unreachable as error:
        raise Refused(f"{asked}: {error}") from None
    except module.Lost as error:
        kept = "what came back is kept, and the same command continues, with or without a cluster"
        raise Failed(f"{asked}: {error}; {kept}") from None
    except module.Unfinished as error:
        raise Failed(f"{asked}: {error}; these are kept, and the same command tries the rest again") from None


def _start(options: Options) -> None:
    """Loads JAX, sets it up, and makes its devices.

    Raises:
        Refused: that cannot be done.
    """
    try:
        devices = populations.devices
    except ValueError as error:  # Of a switch in the environment.
        raise Refused(f"JAX cannot be loaded: {error}") from None
    try:
        devices.configure(cache=options.compile_cache)
    except RuntimeError:
        told = (
            "the module of an experiment computed with jax when it was imported, before jax was set up; use numpy there"
        )
        raise Refused(told) from None
    try:
        devices.start()
    except devices.Unusable as error:
        raise Refused(str(error)) from None


def _check(work: Work) -> None:
    """Raises Refused if a run is impossible, or would take too much."""
    try:
        if hasattr(work.kind.execution, "check"):
            work.kind.execution.check(work)
        if hasattr(work.kind.execution, "size"):
            populations.footprint.check(work.kind.execution.size(work), work.run.runs)
        if hasattr(work.kind.execution, "check_lengths"):
            work.kind.execution.check_lengths(work)
    except (Unfit, populations.footprint.TooLarge) as error:
        raise Refused(f"{work.run.settings}: {error}") from None


def _carry_out(work: Work, anew: bool, conduct: Conduct, seconds: dict[str, float], trainings: int) -> dict[str, float]:
    """Executes one run under its lock; returns the seconds that are still to be counted to some run."""
    run = work.run
    if not anew and run.metrics.is_file() and (gone := run.missing):
        conduct.progress.tell(f"{run.folder}: {', '.join(gone)} is missing, so that this run is made again")
    run.folder.mkdir(parents=True, exist_ok=True)
    with run.locked(anew=anew) as ensure:
        if not anew and run.finished:  # By another process, since this one looked.
            conduct.progress.skip(trainings)
            return seconds
        try:
            metrics = work.kind.execution.execute(work, conduct._replace(ensure=ensure), seconds)
        except populations.interruption.Stopped:
            raise Interrupted(conduct.interruption.number) from None
        except populations.train.Diverged as error:
            seeds, step = error.args
            told = f"--on_divergence=stop: seeds {listed(seeds)} diverged before step {step:,}"
            raise Failed(told) from None
        needs = {"needs": [each.run.folder.name for each in work.needs.values()]} if work.needs else {}
        more = {"seconds": rounded(seconds), "files": run.digests(metrics["files"]), **needs}
        run.write_metrics(metrics | more)
        manifest.write(run.folder, run.key, run.declared)
        run.forget()
    return {"import": 0.0}


def _drawn(run: Run[Any], form: str) -> bool:
    """Whether the figures of a finished run are there, in the format that is asked for."""
    return run.figures is not None and all(Path(name).suffix in (f".{form}", ".gif") for name in run.figures)


def _draw(work: Work, form: str) -> None:
    """Draws the figures of a finished run in a format; adds their names and the time it took to the metrics.

    The same figures in other formats go away.
    """
    seconds: dict[str, float] = {}
    names = []
    with work.run.locked():
        metrics = work.metrics
        with stopwatch(seconds, "figures"):
            for declared, drawing in work.kind.execution.draw(work):
                if metrics.pop("figures", None) is not None:
                    work.run.write_metrics(metrics)  # Should this be killed, whatever is asked for next is drawn.
                names.append(f"{declared.removesuffix('.png')}.{form}" if declared.endswith(".png") else declared)
                figures.save(drawing, work.run.folder / names[-1])
        for name in names:
            for other in FORMATS:
                if name.endswith(f".{form}") and other != form:
                    (work.run.folder / f"{name.removesuffix(f'.{form}')}.{other}").unlink(missing_ok=True)
        beside = {"figures": names, "seconds": metrics["seconds"] | rounded(seconds)}
        work.run.write_metrics(metrics | beside)


@contextmanager
def stopwatch(seconds: dict[str, float], stage: str) -> Iterator[None]:
    """Adds the wall time of a block to a stage."""
    began = time.perf_counter()
    yield
    seconds[stage] = seconds.get(stage, 0.0) + time.perf_counter() - began


def rounded(seconds: dict[str, float]) -> dict[str, float]:
    """Seconds of each stage, to the millisecond."""
    return {stage: round(value, 3) for stage, value in seconds.items()}


def told(error: BaseException) -> str:
    """What code of one's own raised, in one line: what it is, and where in that code."""
    if isinstance(error, SyntaxError):
        return f"{type(error).__name__}: {error.msg} ({Path(error.filename or '').name}, line {error.lineno})"
    said = " ".join(str(error).split())
    where = [each for each in traceback.extract_tb(error.__traceback__) if not _foreign(Path(each.filename))]
    place = f" ({Path(where[-1].filename).name}, line {where[-1].lineno})" if where else ""
    return f"{type(error).__name__}{': ' if said else ''}{said}{place}"


def _foreign(path: Path) -> bool:
    """Whether a file is one of this library, of Python's or of a package, or none."""
    libraries = {Path(__file__).parents[1], Path(traceback.__file__).parent}
    return not libraries.isdisjoint(path.parents) or "site-packages" in path.parts or path.name.startswith("<")


def listed(seeds: list[int]) -> str:
    """Numbers of seeds, the first twenty of them."""
    more = f" and {len(seeds) - 20} more" if len(seeds) > 20 else ""
    return ", ".join(map(str, seeds[:20])) + more
