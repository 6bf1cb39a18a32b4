"""The command line of an experiment: flags, a run in its folder, and the closing table."""

import sys
import time
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from experiments import flags
from lstm_toys.experiment import Experiment
from lstm_toys.runs import Run


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
        return _complain(str(error), 2)
    console = Console(quiet=options.quiet)
    run = Run(settings, options.results_dir)
    try:
        metrics = _carry_out(experiment, run, options, console)
        if options.publish:
            console.print(f"published in {run.publish()}", highlight=False, soft_wrap=True)
    except OSError as error:
        return _complain(f"flag --results_dir={options.results_dir}: {error.strerror or error}: {error.filename}", 1)
    diverged = metrics["diverged_seeds"]
    if len(diverged) == metrics["seeds"]:
        return _complain(f"every seed diverged with --learning_rate={settings.learning_rate:g}; give a smaller one", 1)
    return 0


def _carry_out(experiment: Experiment, run: Run, options: flags.Options, console: Console) -> dict[str, Any]:
    """Redraws, reuses or executes a run, prints the closing table, and returns the run's metrics."""
    if options.replot:
        from lstm_toys import execution, results

        execution.redraw(experiment, run, results.load(run.results))
    elif run.finished and not options.restart:
        console.print("this run is finished; --restart runs it again", highlight=False)
    else:
        run.create()
        began = time.perf_counter()
        from lstm_toys import devices, execution, progress

        devices.configure(cache=options.compile_cache)
        seconds = {"import": time.perf_counter() - began}
        if options.quiet:
            execution.execute(experiment, run, None, seconds)
        else:
            with progress.TrainingProgress(console, run.settings.seeds, run.settings.steps) as monitor:
                execution.execute(experiment, run, monitor, seconds)
    metrics = run.read_metrics()
    _report(console, run, metrics)
    return metrics


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
    if diverged:
        console.print(f"diverged, and left out of every statistic: seeds {', '.join(map(str, diverged))}")
    seconds = metrics["seconds"]
    stages = ", ".join(f"{stage} {value:.1f} s" for stage, value in seconds.items())
    console.print(f"{stages}; {metrics['member_steps_per_second']:,} member-steps/s", highlight=False, soft_wrap=True)
    for path in (run.results, run.metrics, run.parameters, *run.figures()):
        console.print(f"  {path}", highlight=False, soft_wrap=True)


def _complain(message: str, code: int) -> int:
    print(message, file=sys.stderr)
    return code
