"""The command line of an experiment: flags, a run in its folder, and the closing table."""

import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from experiments.commands import flags
from lstm_toys.files import Damaged
from lstm_toys.populations.interruption import Interrupted, Interruption
from lstm_toys.runs.experiment import Experiment
from lstm_toys.runs.folder import Busy, Run
from lstm_toys.statistics import tables
from lstm_toys.studies.sweep.settings import SweepSettings

NAMED = ("amplitude", "slope", "intercept")
"""The parameters that tell the post's published curves apart."""


class Failed(Exception):
    """A run that could not be finished; the argument says why in one line."""


def main(experiment: Experiment) -> None:
    """Runs an experiment as the command line says, and exits."""
    leave(lambda arguments: command(experiment, arguments))


def leave(work: Callable[[Sequence[str]], int]) -> None:
    """Does what the command line says, and exits; quietly if nobody reads the output to its end."""
    try:
        code = work(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 128 + signal.SIGPIPE
    sys.exit(code)


def command(experiment: Experiment, arguments: Sequence[str]) -> int:
    """Runs an experiment as the arguments say.

    Returns:
        The exit code: 0; 1 if every seed diverged or a file could not be used; 2 for a bad command line; 128 and the
        number of the signal that ended it.
    """
    try:
        settings, options = flags.parse(experiment, arguments)
    except flags.Help as text:
        print(text)
        return 0
    except flags.Bad as error:
        return complain(str(error), 2)
    console = Console(quiet=options.quiet)
    run = Run(settings, options.results_dir)

    def work(interruption: Interruption) -> int:
        metrics = carry_out([(experiment, run)], options, console, interruption)[0]
        _report(
            console, run, metrics, {name: other.read_metrics() for name, (_, other) in _beside(experiment, run).items()}
        )
        return complain_if_all_diverged([metrics])

    return guarded(work, options)


def guarded(work: Callable[[Interruption], int], options: flags.Options) -> int:
    """Does work, and says in one line what ended it if anything did; the exit code."""
    try:
        with Interruption() as interruption:
            return work(interruption)
    except Interrupted as signaled:
        name = signal.Signals(signaled.args[0]).name
        return complain(f"ended by {name}; the same command continues", 128 + signaled.args[0])
    except flags.Bad as error:
        return complain(str(error), 2)
    except Failed as error:
        return complain(str(error), 1)
    except Busy as busy:
        return complain(f"{busy}: another process is at work on this run; wait for it, or change a setting", 1)
    except Damaged as damaged:
        return complain(f"{damaged}; --restart runs it again", 1)
    except BrokenPipeError:
        raise
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        kept = "what was finished or saved before stays, and the same command continues"
        return complain(f"flag --results_dir={options.results_dir}: {error.strerror or error}{where}; {kept}", 1)


def check_replot(options: flags.Options, run: Run[Any]) -> None:
    """Raises Bad if an unfinished run is to be redrawn."""
    if options.replot and not run.finished:
        raise flags.Bad(f"flag --replot: there is no finished run to redraw, {run.folder} would be its folder")


def carry_out(
    todo: list[tuple[Experiment, Run[Any]]], options: flags.Options, console: Console, interruption: Interruption
) -> list[dict[str, Any]]:
    """Executes, continues, reuses or redraws runs, and publishes them if asked to.

    Args:
        todo: experiments, each with its run.
        options: of the command line.
        console: for progress and notes.
        interruption: asked whether to stop.

    Returns:
        The metrics of each run.

    Raises:
        Bad: the command line asks for what cannot be done.
        Busy: another process is at work on a run.
        Damaged: a file of a run is.
        Failed: a run could not be finished.
        Interrupted: a signal ended it.
        OSError: a file or folder cannot be used.
    """
    untrained: dict[Run[Any], Experiment] = {}
    for experiment, run in todo:
        check_replot(options, run)
        if options.restart or not run.finished:
            untrained[run] = experiment
        untrained |= {other: each for each, other in _beside(experiment, run).values() if not other.finished}
    if untrained:
        train(untrained, {run for _, run in todo} if options.restart else set(), options, console, interruption)
    for experiment, run in todo:
        if run in untrained or options.replot or not run.drawn:
            with run.locked():
                _stage(run).draw(
                    experiment, run, {name: other for name, (_, other) in _beside(experiment, run).items()}
                )
            if options.replot:
                console.print(f"{run.settings.experiment}: drawn again", highlight=False)
        else:
            console.print(f"{run.settings.experiment}: this run is finished; --restart runs it again", highlight=False)
        if options.publish:
            console.print(f"published in {run.publish()}", highlight=False, soft_wrap=True)
    return [run.read_metrics() for _, run in todo]


def _stage(run: Run[Any]) -> Any:
    """The module that sizes, executes and draws such a run."""
    from lstm_toys.runs import execution
    from lstm_toys.studies.sweep import execution as sweep

    return sweep if isinstance(run.settings, SweepSettings) else execution


def _beside(experiment: Experiment, run: Run[Any]) -> dict[str, tuple[Experiment, Run[Any]]]:
    """The runs that the figures of a run need too, by name."""
    if isinstance(run.settings, SweepSettings):
        return {}
    return {
        name: (other, Run(settings, run.results_dir))
        for name, (other, settings) in experiment.beside(run.settings).items()
    }


def train(
    todo: dict[Run[Any], Experiment],
    anew: set[Run[Any]],
    options: flags.Options,
    console: Console,
    interruption: Interruption,
) -> None:
    """Executes runs, one after another, without drawing anything.

    Args:
        todo: unfinished runs, each with its experiment.
        anew: those of them that begin again, whatever there is of them.
        options: of the command line.
        console: for progress and notes.
        interruption: asked whether to stop.

    Raises:
        Bad, Busy, Damaged, Failed, Interrupted, OSError: see `carry_out`.
    """
    made = [folder for run in todo for folder in run.create()]
    began = time.perf_counter()
    from lstm_toys.populations import devices, footprint, progress, train
    from lstm_toys.runs import execution

    devices.configure(cache=options.compile_cache)
    for run, experiment in todo.items():
        try:
            _stage(run).check_size(experiment, run)
        except footprint.TooLarge as error:
            for folder in sorted(made, reverse=True):  # The inner ones first.
                folder.rmdir()
            raise flags.Bad(f"{run.settings}: {error}") from None
    console.print(devices.describe(), highlight=False, soft_wrap=True)
    loading = time.perf_counter() - began
    works = {run: _stage(run).works(experiment, run.settings) for run, experiment in todo.items()}
    with progress.TrainingProgress(console, [work for each in works.values() for work in each]) as monitor:
        conduct = execution.Conduct(interruption, monitor, options.checkpoint_every, options.on_divergence)
        for run, experiment in todo.items():
            with run.locked():
                if run in anew:
                    run.reset()
                elif run.finished:  # By another process, since this one looked.
                    monitor.skip(len(works[run]))
                    continue
                try:
                    _stage(run).execute(experiment, run, conduct, {"import": loading})
                except train.Stopped:
                    raise Interrupted(interruption.number) from None
                except train.Diverged as error:
                    seeds, step = error.args
                    told = f"--on_divergence=stop: seeds {listed(seeds)} diverged before step {step:,}"
                    raise Failed(told) from None
                loading = 0.0


def listed(seeds: list[int]) -> str:
    """Numbers of seeds, the first twenty of them."""
    more = f" and {len(seeds) - 20} more" if len(seeds) > 20 else ""
    return ", ".join(map(str, seeds[:20])) + more


def _report(console: Console, run: Run[Any], metrics: dict[str, Any], beside: dict[str, dict[str, Any]]) -> None:
    """The closing tables, the diverged seeds, and what was written."""
    diverged = metrics["diverged_seeds"]
    kept = metrics["seeds"] - len(diverged)
    table = Table(
        title=f"{run.settings.experiment}: {kept} of {metrics['seeds']} networks after {metrics['steps']:,} steps"
    )
    table.add_column(no_wrap=True)
    table.add_column("median", justify="right")
    table.add_column("interval", justify="right", no_wrap=True)
    table.add_column("which is", style="dim", no_wrap=True)
    for name, row in metrics["summary"].items():
        table.add_row(name, tables.number(row["median"]), tables.interval(row["low"], row["high"]), row["interval"])
    console.print(table)
    if beside:
        console.print(_beside_table(metrics, beside))
    if metrics["post"]:
        console.print(post_table(metrics["post"]))
    console.print(f"{metrics['converged']} of {metrics['seeds']} seeds learned it: {metrics['goal']}", highlight=False)
    if diverged:
        last = max(metrics["last_sound_steps"])
        console.print(
            f"diverged (the last after step {last:,}), and left out of every statistic: seeds {listed(diverged)}"
        )
    if metrics["earlier_fingerprints"]:
        console.print("begun under another execution fingerprint; see metrics.json", highlight=False)
    stages = ", ".join(f"{stage} {value:.1f} s" for stage, value in metrics["seconds"].items())
    rate = f"{metrics['member_steps_per_second']:,} member-steps/s"
    since = " (since it was continued)" if metrics["continued"] else ""
    console.print(f"{stages}{since}; {rate}", highlight=False, soft_wrap=True)
    for path in (run.results, run.metrics, run.parameters, *run.figures()):
        console.print(f"  {path}", highlight=False, soft_wrap=True)


def _beside_table(metrics: dict[str, Any], beside: dict[str, dict[str, Any]]) -> Table:
    """The run's own networks and those beside them: which learn, and how soon."""
    table = Table(title=f"steps until {metrics['goal']}, and stays there")
    table.add_column()
    table.add_column("learned", justify="right")
    table.add_column("median", justify="right")
    table.add_column("quartiles", justify="right", no_wrap=True)
    for name, each in {"this run": metrics, **beside}.items():
        row = each["summary"]["steps until learned"]
        table.add_row(
            name,
            f"{each['converged']} of {each['seeds']}",
            tables.number(row["median"]),
            tables.interval(row["low"], row["high"]),
        )
    return table


def post_table(rows: list[dict[str, Any]]) -> Table:
    """How the answers compare with the published ones."""
    table = Table(title="the post's published answers")
    table.add_column(no_wrap=True)
    table.add_column("points", justify="right")
    table.add_column("inside 5–95 %", justify="right")
    table.add_column("median's RMSE", justify="right")
    for row in rows:
        parameters = [f"{name} {value:g}" for name, value in row.items() if name in NAMED]
        name = f"{row['family']}: {', '.join(parameters)}"
        table.add_row(name, str(row["points"]), f"{row['inside_share']:.0%}", f"{row['rmse_of_median']:.3f}")
    return table


def complain_if_all_diverged(every: list[dict[str, Any]]) -> int:
    """Says which runs have no seed left; the exit code is 1 if there is one."""
    lost = [metrics for metrics in every if len(metrics["diverged_seeds"]) == metrics["seeds"]]
    for metrics in lost:
        rate = metrics["flags"]["learning_rate"]
        complain(f"{metrics['experiment']}: every seed diverged with --learning_rate={rate:g}; give a smaller one", 1)
    return 1 if lost else 0


def complain(message: str, code: int) -> int:
    """Prints one line to stderr and returns the exit code."""
    print(message.encode(errors="backslashreplace").decode(), file=sys.stderr)
    return code
