"""Which recipe did the post use? Settings of a training, scored by how well their seeds explain the published answers.

The post names none of learning rate, steps, optimizer, size and readout of its network. This trains the sine's networks
under a grid of them, and scores each setting by the published answers to the training sine, to other amplitudes and to
lines: the energy score of a published curve under the distribution of answers over seeds, which is a proper score.
Settings that no other beats are reported, not one winner; and the score on curves that were left out of the choice.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.table import Table

from experiments import sine, sweep
from experiments.commands import command, flags
from lstm_toys.populations.interruption import Interruption
from lstm_toys.runs.folder import Run
from lstm_toys.statistics import tables
from lstm_toys.studies.sweep.settings import SweepSettings

if TYPE_CHECKING:
    from jaxtyping import Array, Float

    from lstm_toys.tasks.probes import Probe

LONG, SHORT = "300 1000 4000 10000", "300 1000 4000"
GRIDS = (
    {"optimizer": "sgd", "learning_rate": "0.01 0.03 0.1 0.3 1 3", "hidden": "none 4 8 16 32", "steps": LONG},
    {"optimizer": "sgd", "learning_rate": "0.1 0.3 1", "hidden": "64 32,32", "steps": SHORT},
    {"optimizer": "sgd", "learning_rate": "0.01 0.03 0.1 0.3", "readout": "dense", "steps": LONG},
    {
        "optimizer": "rmsprop adam",
        "learning_rate": "0.001 0.003 0.01 0.03",
        "hidden": "8 16 32",
        "steps": SHORT,
    },
)
TAKEN = (
    *("seeds", "base_seed", "block", "results_dir", "publish", "replot", "restart", "quiet", "checkpoint_every"),
    "compile_cache",
)
TABLE = {name: flags.FLAGS[name] for name in TAKEN}
TABLE["seeds"] = flags.integer(2, 2**31 - 1), "networks under each setting; a score needs two"
DEFAULTS = {**flags.DEFAULTS, "seeds": 32}
ROWS = 25
"""Of the table on the console."""


def probes(x: "Float[Array, ' T']") -> "list[Probe]":
    """What the post's network was shown, the training sine included."""
    from lstm_toys.tasks.probes import probe

    trained = {**sine.TRAINING_SINE, "amplitude": sine.TRAIN_AMPLITUDE, "offset": sine.TRAIN_AMPLITUDE}
    return [probe("sine", "sine", trained, x), *sine.probes(x)]


EXPERIMENT = replace(sine.EXPERIMENT, name="recipe", doc=__doc__, probes=probes)


def recipe(arguments: Sequence[str]) -> int:
    """Scores recipes as the arguments say, and returns the exit code."""
    try:
        values = flags.read("recipe", __doc__, TABLE, DEFAULTS, arguments)
        options = flags.options(values)
        given = [f"--{name}={values[name] or 'auto'}" for name in ("seeds", "block")]
        given += [f"--base_seed={values['base_seed']}"]
        default, _ = flags.parse(sine.EXPERIMENT, given)
        settings = [
            each
            for grid in GRIDS
            for each in sweep.expand(sine.EXPERIMENT, [(name, text.split()) for name, text in grid.items()], given)[0]
        ]
    except flags.Help as text:
        print(text)
        return 0
    except flags.Bad as error:
        return command.complain(str(error), 2)
    console = Console(quiet=options.quiet)
    run = Run(SweepSettings("recipe", tuple(settings)), options.results_dir)

    def work(interruption: Interruption) -> int:
        command.carry_out([(EXPERIMENT, run)], replace(options, publish=False), console, interruption)
        from experiments.post import recipe

        if options.replot or options.restart or not recipe.path(run).is_file():
            with run.locked():
                recipe.score(run, default)
        _report(console, run, recipe.read(run))
        if options.publish:
            console.print(f"published in {run.publish()}", highlight=False, soft_wrap=True)
        return 0

    return command.guarded(work, options)


def _report(console: Console, run: Run[SweepSettings], found: dict[str, Any]) -> None:
    """The closing table, the held-out check, and what was written."""
    rows = sorted(found["settings"], key=lambda row: row["score"] if row["score"] is not None else float("inf"))
    unbeaten = sum(row["unbeaten"] for row in rows)
    title = "settings by energy score, smaller is better; * no other beats it"
    table = Table(title=title, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    for name in ("", "optimizer", "rate", "hidden", "steps", "score", "95 % bootstrap", "inside", "learned"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows[:ROWS]:
        setting = row["setting"]
        table.add_row(
            "*" if row["unbeaten"] else "",
            setting["optimizer"],
            f"{setting['learning_rate']:g}",
            ", ".join(
                [",".join(map(str, setting["hidden"])) or "none", *(["dense"] if setting["readout"] == "dense" else [])]
            ),
            f"{setting['steps']:,}",
            tables.number(row["score"]),
            tables.interval(row["low"], row["high"]),
            f"{row['inside_share']:.0%}",
            str(row["learned"]),
        )
    console.print(table)
    held, number = found["held_out"], found["default"]
    default = "not among them"
    if number is not None:
        default = f"{found['settings'][number]['name']}, score {found['settings'][number]['score']:.4f}"
    for line in (
        f"{unbeaten} of {len(rows)} settings are beaten by no other; inside: published points within 5–95 % of seeds",
        f"score of the best: {rows[0]['score']:.4f}; chosen without the curve that is scored: {held['by curve']:.4f}; "
        f"without its whole family: {held['by family']:.4f}",
        f"default of experiments.sine: {default}",
        *(f"  {path}" for path in (run.results, run.metrics, *run.figures())),
    ):
        console.print(line, highlight=False, soft_wrap=True)


if __name__ == "__main__":
    command.leave(recipe)
