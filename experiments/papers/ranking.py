"""Ranks the settings that were tried for each population of a set of claims. Imports nothing heavy."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import RenderableType

from lstm_toys import tables
from lstm_toys.runs.folder import Run

SHOWN = 3
"""Settings of a population in the table."""

COLUMNS = ("population", "settings", "median loss>", "95 % bootstrap>", "learned>")


def score(seeds: int, sweeps: Mapping[str, Run]) -> dict[str, Any]:
    """Ranks the settings of finished sweeps, by population."""
    every = {name: each.read_metrics() for name, each in sweeps.items()}
    return {
        "seeds": seeds,
        "populations": {name: ranked(metrics) for name, metrics in every.items()},
        "sweeps_seconds": sum(sum(metrics["seconds"].values()) for metrics in every.values()),
    }


def ranked(metrics: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The settings of a finished sweep, the smallest median loss of the validation set first."""
    rows = [
        {
            "settings": {name: row[name] for name in metrics["varied"]},
            **row["train_loss"],
            "learned": row["learned"],
            "diverged": len(row["diverged_seeds"]),
        }
        for row in metrics["rows"]
    ]
    return sorted(rows, key=lambda row: float("inf") if row["median"] is None else row["median"])


def report(metrics: Mapping[str, Any]) -> Iterator[RenderableType]:
    """Yields a table of the best settings of each population."""
    rows = []
    for name, every in metrics["populations"].items():
        for place, row in enumerate(every[:SHOWN]):
            settings = ", ".join(str(each) for each in row["settings"].values())
            spread = tables.number(row["median"]), tables.interval(row["low"], row["high"])
            rows.append(("" if place else name, settings, *spread, f"{row['learned']} of {metrics['seeds']}"))
    title = f"the best {SHOWN} of the settings that were tried for each population"
    yield tables.table(title, COLUMNS, rows, **tables.PLAIN)
    yield f"the sweeps took {metrics['sweeps_seconds']:,.0f} s"
