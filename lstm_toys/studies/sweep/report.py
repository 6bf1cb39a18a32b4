"""Reports a finished sweep. Imports nothing heavy."""

from collections.abc import Iterator
from typing import Any

from rich import box
from rich.console import RenderableType

from lstm_toys import tables
from lstm_toys.output import counted
from lstm_toys.tasks.sets import HELD_OUT

MOST_ROWS = 100
"""Most rows of the table on a terminal."""


def report(metrics: dict[str, Any]) -> Iterator[RenderableType]:
    """Yields the table of settings, and lines about compilation and run time."""
    every, varied, seeds = metrics["rows"], metrics["varied"], metrics["seeds"]
    rows = []
    for row in every[:MOST_ROWS]:
        values = [f"{value:g}" if isinstance(value := row.get(name, "–"), float) else str(value) for name in varied]
        mse, diverged = row["train_mse"], len(row["diverged_seeds"])
        spread = tables.number(mse["median"]), tables.interval(mse["low"], mse["high"])
        out = [tables.number(row[HELD_OUT]["median"])] if HELD_OUT in row else []
        rows.append((*values, str(row["learned"]), str(diverged), *spread, *out))
    names = [name.removeprefix("learning_").replace("_", " ") for name in varied]
    columns = [f"{name}>" for name in (*names, "learned", "diverged", "train MSE", "95 % bootstrap")]
    columns += ["RMSE, held out>"] if any(HELD_OUT in row for row in every) else []
    title = f"{counted(len(every), 'setting')}, {counted(seeds, 'seed')} each"
    yield tables.table(title, columns, rows, fold=True, box=box.SIMPLE_HEAD, padding=0)
    yield from tables.few(min((kept for row in every if (kept := seeds - len(row["diverged_seeds"]))), default=0))
    if len(every) > MOST_ROWS:
        yield f"... and {len(every) - MOST_ROWS:,} more, in metrics.json"
    yield f"learned: {metrics['goal']}"
    trainings = f"{counted(metrics['networks'] // seeds, 'training')} of {counted(seeds, 'seed')}"
    yield (
        f"{counted(metrics['networks'], 'network')}: {trainings}, read at {counted(len(every), 'setting')}; "
        f"compiled once for each of {counted(metrics['shapes'], 'shape')}"
    )
    yield f"{tables.stages(metrics['seconds'])}; {metrics['member_steps_per_second']:,} member-steps/s"


def lost(metrics: dict[str, Any]) -> str | None:
    """Explains in one line that every seed of every setting diverged; None if some did not."""
    if any(len(row["diverged_seeds"]) < metrics["seeds"] for row in metrics["rows"]):
        return None
    return "every seed of every setting diverged; give smaller learning rates"
