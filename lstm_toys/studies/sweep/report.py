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


LOSSES = {"train_mse": "train MSE", "train_loss": "train loss"}

MOST_MORE = 3
"""Most columns of measures of answers; metrics.json has all."""


def _columns(row: dict[str, Any]) -> dict[str, str]:
    """Titles of further columns, with the names of their medians: held-out errors, accuracies, custom measures."""
    columns = {"RMSE, held out": HELD_OUT} if HELD_OUT in row else {}
    return columns | dict([(name, name) for name in row if ", " in name and isinstance(row[name], dict)][:MOST_MORE])


def report(metrics: dict[str, Any]) -> Iterator[RenderableType]:
    """Yields the table of settings, and lines about compilation and run time."""
    every, varied, seeds = metrics["rows"], metrics["varied"], metrics["seeds"]
    loss, more = "train_mse" if "train_mse" in every[0] else "train_loss", _columns(every[0])
    rows = []
    for row in every[:MOST_ROWS]:
        values = [f"{value:g}" if isinstance(value := row.get(name, "–"), float) else str(value) for name in varied]
        value, diverged = row[loss], len(row["diverged_seeds"])
        spread = tables.number(value["median"]), tables.interval(value["low"], value["high"])
        out = [tables.number(row[name]["median"]) for name in more.values()]
        rows.append((*values, str(row["learned"]), str(diverged), *spread, *out))
    names = [name.removeprefix("learning_").replace("_", " ") for name in varied]
    columns = [f"{name}>" for name in (*names, "learned", "diverged", LOSSES[loss], "95 % bootstrap", *more)]
    title = f"{counted(len(every), 'setting')}, {counted(seeds, 'seed')} each"
    yield tables.table(title, columns, rows, fold=True, box=box.SIMPLE_HEAD, padding=0)
    yield from tables.few(min((kept for row in every if (kept := seeds - len(row["diverged_seeds"]))), default=0))
    if len(every) > MOST_ROWS:
        yield f"... and {len(every) - MOST_ROWS:,} more in metrics.json"
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
    return "every seed of every setting diverged; use smaller learning rates"
