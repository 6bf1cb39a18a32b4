"""The command line of an experiment: flags, a run in its folder, and the closing table."""

import sys
import time
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from experiments import flags
from lstm_toys.experiment import Experiment
from lstm_toys.runs import Run, Settings

NAMED = ("amplitude", "slope", "intercept")
"""The parameters that tell the post's published curves apart."""


def main(experiment: Experiment) -> None:
    """Runs an experiment as the command line says, and exits."""
    sys.exit(command(experiment, sys.argv[1:]))


def command(experiment: Experiment, arguments: Sequence[str]) -> int:
    """Runs an experiment as the arguments say.

    Returns:
        The exit code: 0; 1 if every seed diverged or a file could not be used; 2 for a bad command line.
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
    try:
        metrics = carry_out([(experiment, run)], options, console)[0]
    except OSError as error:
        return complain(unusable(options, error), 1)
    _report(console, run, metrics)
    return complain_if_all_diverged([metrics])


def carry_out(todo: list[tuple[Experiment, Run]], options: flags.Options, console: Console) -> list[dict[str, Any]]:
    """Executes, reuses or redraws runs, and publishes them if asked to.

    Args:
        todo: experiments, each with its run.
        options: of the command line.
        console: for progress and notes.

    Returns:
        The metrics of each run.

    Raises:
        OSError: a file or folder cannot be used.
    """
    for experiment, run in todo:
        if options.replot and not run.finished:
            raise FileNotFoundError(2, "there is no finished run to redraw", str(run.folder))
        beside = _beside(experiment, run)
        untrained = [(experiment, run)] if options.restart or not run.finished else []
        untrained += [each for each in beside.values() if not each[1].finished]
        if untrained:
            _train(untrained, options, console)
        elif run.drawn and not options.replot:
            console.print(f"{experiment.name}: this run is finished; --restart runs it again", highlight=False)
        if untrained or options.replot or not run.drawn:
            from lstm_toys import execution

            execution.draw(experiment, run, {name: other for name, (_, other) in beside.items()})
        if options.publish:
            console.print(f"published in {run.publish()}", highlight=False, soft_wrap=True)
    return [run.read_metrics() for _, run in todo]


def _beside(experiment: Experiment, run: Run) -> dict[str, tuple[Experiment, Run]]:
    """The runs that the figures of a run need too, by name."""
    return {
        name: (other, Run(settings, run.results_dir))
        for name, (other, settings) in experiment.beside(run.settings).items()
    }


def _train(todo: list[tuple[Experiment, Run]], options: flags.Options, console: Console) -> None:
    """Executes runs, one after another."""
    for _, run in todo:
        run.create()
    began = time.perf_counter()
    from lstm_toys import devices, execution, progress

    devices.configure(cache=options.compile_cache)
    console.print(devices.describe(), highlight=False, soft_wrap=True)
    loading = time.perf_counter() - began
    with progress.TrainingProgress(console) as monitor:
        for experiment, run in todo:
            monitor.begin(_title(run.settings), run.settings.seeds, run.settings.steps)
            execution.execute(experiment, run, monitor, {"import": loading})
            loading = 0.0


def _title(settings: Settings) -> str:
    hidden = ",".join(map(str, settings.hidden)) or "none"
    return f"{settings.experiment} (hidden {hidden}, readout {settings.readout})"


def _report(console: Console, run: Run, metrics: dict[str, Any]) -> None:
    """The closing table, the diverged seeds, and what was written."""
    diverged = metrics["diverged_seeds"]
    kept = metrics["seeds"] - len(diverged)
    table = Table(title=f"{run.settings.experiment}: {kept} networks after {metrics['steps']:,} steps")
    table.add_column()
    table.add_column("median", justify="right")
    table.add_column("interval", justify="right")
    table.add_column("which is", style="dim")
    for name, row in metrics["summary"].items():
        median, low, high = ("–" if row[part] is None else f"{row[part]:.3g}" for part in ("median", "low", "high"))
        table.add_row(name, median, f"{low} … {high}", row["interval"])
    console.print(table)
    if metrics["post"]:
        console.print(post_table(metrics["post"]))
    console.print(f"{metrics['converged']} of {metrics['seeds']} seeds learned it: {metrics['goal']}", highlight=False)
    if diverged:
        console.print(f"diverged, and left out of every statistic: seeds {', '.join(map(str, diverged))}")
    stages = ", ".join(f"{stage} {value:.1f} s" for stage, value in metrics["seconds"].items())
    rate = f"{metrics['member_steps_per_second']:,} member-steps/s"
    console.print(f"{stages}; {rate}", highlight=False, soft_wrap=True)
    for path in (run.results, run.metrics, run.parameters, *run.figures()):
        console.print(f"  {path}", highlight=False, soft_wrap=True)


def post_table(rows: list[dict[str, Any]]) -> Table:
    """How the answers compare with the published ones."""
    table = Table(title="the post's published answers")
    table.add_column()
    table.add_column("points", justify="right")
    table.add_column("inside 5–95 %", justify="right")
    table.add_column("RMSE of median", justify="right")
    for row in rows:
        parameters = [f"{name} {value:g}" for name, value in row.items() if name in NAMED]
        name = f"{row['family']}: {', '.join(parameters)}"
        table.add_row(name, str(row["points"]), f"{row['inside_share']:.0%}", f"{row['rmse_of_median']:.3f}")
    return table


def unusable(options: flags.Options, error: OSError) -> str:
    """What to say of a file or folder that cannot be used."""
    return f"flag --results_dir={options.results_dir}: {error.strerror or error}: {error.filename}"


def complain_if_all_diverged(every: list[dict[str, Any]]) -> int:
    """Says which runs have no seed left; the exit code is 1 if there is one."""
    lost = [metrics for metrics in every if len(metrics["diverged_seeds"]) == metrics["seeds"]]
    for metrics in lost:
        rate = metrics["flags"]["learning_rate"]
        complain(f"{metrics['experiment']}: every seed diverged with --learning_rate={rate:g}; give a smaller one", 1)
    return 1 if lost else 0


def complain(message: str, code: int) -> int:
    """Prints one line to stderr and returns the exit code."""
    print(message, file=sys.stderr)
    return code
