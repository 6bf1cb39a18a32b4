"""Every experiment of the post, one after another.

Flags hold for each of them; what is not given is each experiment's own default.
"""

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from experiments import amplitude, hill, hill_y, line, sine, slope_intercept
from experiments.commands import command, flags
from lstm_toys.populations.interruption import Interruption
from lstm_toys.runs.folder import Run

EXPERIMENTS = {
    module.EXPERIMENT.name: module.EXPERIMENT for module in (line, hill, hill_y, sine, amplitude, slope_intercept)
}


def run_all(arguments: Sequence[str]) -> int:
    """Runs every experiment as the arguments say, and returns the exit code."""
    try:
        parsed = {name: flags.parse(experiment, arguments) for name, experiment in EXPERIMENTS.items()}
    except flags.Help:
        print(
            flags.usage(
                "all",
                __doc__,
                flags.FLAGS,
                {**flags.DEFAULTS, **dict.fromkeys(("optimizer", "hidden"), "each experiment's own")},
            )
        )
        return 0
    except flags.Bad as error:
        return command.complain(str(error), 2)
    options = next(iter(parsed.values()))[1]
    console = Console(quiet=options.quiet)
    todo = [(EXPERIMENTS[name], Run(settings, options.results_dir)) for name, (settings, _) in parsed.items()]

    def work(interruption: Interruption) -> int:
        every = command.carry_out(todo, options, console, interruption)
        _report(console, every)
        for (experiment, run), metrics in zip(todo, every, strict=True):
            console.print(
                f"{experiment.name} counts as learned: {metrics['goal']}; {run.folder}", highlight=False, soft_wrap=True
            )
        return command.complain_if_all_diverged(every)

    return command.guarded(work, options)


def _report(console: Console, every: list[dict[str, Any]]) -> None:
    """The closing table."""
    table = Table(title=f"every experiment, {every[0]['seeds']} seeds")
    for column in ("experiment", "learned", "median MSE", "worst", "inside 5–95 %", "seconds"):
        table.add_column(column, justify="left" if column == "experiment" else "right", no_wrap=True)
    for metrics in every:
        losses = [loss for loss in metrics["train_mse"] if loss is not None]
        points = sum(row["points"] for row in metrics["post"])
        inside = sum(row["points"] * row["inside_share"] for row in metrics["post"])
        table.add_row(
            metrics["experiment"],
            f"{metrics['converged']} of {metrics['seeds']}",
            f"{metrics['summary']['train MSE']['median'] or float('nan'):.2e}",
            f"{max(losses, default=float('nan')):.2e}",
            f"{inside / points:.0%}" if points else "–",
            f"{sum(metrics['seconds'].values()):.0f}",
        )
    console.print(table)


if __name__ == "__main__":
    command.leave(run_all)
