"""The closing table of a search for the recipe. Imports nothing heavy."""

from collections.abc import Iterator
from typing import Any

from rich.console import RenderableType

from lstm_toys.runs.life import Work
from lstm_toys.statistics import tables

ROWS = 25
"""Of the table on a terminal."""


def report(_: Work, metrics: dict[str, Any]) -> Iterator[RenderableType]:
    """The best settings, and how sure that is."""
    every = sorted(metrics["settings"], key=lambda row: float("inf") if row["score"] is None else row["score"])
    rows = []
    for row in every[:ROWS]:
        setting = row["setting"]
        hidden = ",".join(map(str, setting["hidden"])) or "none"
        rows.append(
            (
                "*" if row["unbeaten"] else "",
                setting["optimizer"],
                f"{setting['learning_rate']:g}",
                hidden if setting["readout"] == "cell" else f"{hidden}, {setting['readout']}",
                f"{setting['steps']:,}",
                tables.number(row["score"]),
                tables.interval(row["low"], row["high"]),
                f"{row['inside_share']:.0%}",
                str(row["learned"]),
            )
        )
    names = ("", "optimizer", "rate", "hidden", "steps", "score", "95 % bootstrap", "inside", "learned")
    title = "settings by energy score, smaller is better; * no other beats it"
    yield tables.table(title, [f"{name}>" for name in names], rows, **tables.PLAIN)
    held, number, unbeaten = metrics["held_out"], metrics["default"], sum(row["unbeaten"] for row in every)
    yield (
        f"{unbeaten} of {len(every)} settings are beaten by no other; inside: published points within 5–95 % of seeds"
    )
    yield (
        f"score of the best: {every[0]['score']:.4f}; chosen without the curve that is scored: {held['by curve']:.4f}; "
        f"without its whole family: {held['by family']:.4f}"
    )
    default = None if number is None else metrics["settings"][number]
    yield "default of experiments.sine: " + (
        "not among them" if default is None else f"{default['name']}, score {default['score']:.4f}"
    )
