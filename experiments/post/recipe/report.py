"""The closing tables of a search for the recipe. Imports nothing heavy."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from rich.console import RenderableType

from lstm_toys import tables

ROWS = 25
"""Most rows of the table on a terminal."""


def report(metrics: dict[str, Any]) -> Iterator[RenderableType]:
    """Yields the best settings, the chosen one, and the certainty of the choice."""
    settings = metrics["settings"]
    every = sorted(settings, key=lambda row: float("inf") if row["score"] is None else row["score"])
    chosen = settings[metrics["chosen"]]
    shown = every[:ROWS] if chosen in every[:ROWS] else [*every[: ROWS - 1], chosen]
    columns = (
        "optimizer",
        "rate",
        "gates",
        "hidden",
        "steps",
        "score",
        "95 % bootstrap",
        "inside",
        "apart",
        "learned",
    )
    title = "settings by energy score, smaller is better; + no other beats it, * is chosen"
    rows = [(f"{_mark(row, chosen)}{row['setting']['optimizer']}", *_named(row), *_scored(row)) for row in shown]
    yield tables.table(title, [f"{name}>" for name in columns], rows, **tables.PLAIN)
    unbeaten, held = sum(row["unbeaten"] for row in every), metrics["held_out"]
    yield (
        f"{unbeaten} of {len(every)} settings are beaten by no other; inside: published points within 5–95 % of seeds; "
        "apart: score of the published answer to the training sine"
    )
    yield (
        f"score of the best: {every[0]['score']:.4f}; of the chosen: {chosen['score']:.4f}; of what is chosen without "
        f"the curve that is scored: {held['by curve']:.4f}; without its whole family: {held['by family']:.4f}"
    )
    validated = [
        (
            settings[row["setting"]]["setting"]["optimizer"],
            *_named(settings[row["setting"]]),
            tables.number(row["score"]),
            f"{row['inside_share']:.0%}",
            tables.number(row["difference"]),
            tables.interval(row["low"], row["high"]),
        )
        for row in metrics["validation"]
    ]
    headings = (*columns[:5], "score", "inside", "less the chosen", "95 % simultaneous")
    title = "answers to other phases, which no choice saw: the chosen, and the best of every other kind"
    yield tables.table(title, [f"{name}>" for name in headings], validated, **tables.PLAIN)
    for claim, under in metrics["claims"].items():
        verdicts = Counter(each["verdict"] for each in under)
        counted = ", ".join(f"{verdict} under {count}" for verdict, count in verdicts.items())
        yield f"{claim}: {counted} of {len(under)} settings that no other beats{' (turns)' * (len(verdicts) > 1)}"
    default = None if metrics["default"] is None else settings[metrics["default"]]
    yield "default of experiments.sine: " + (
        "not among them" if default is None else f"{default['name']}, score {default['score']:.4f}"
    )


def _mark(row: dict[str, Any], chosen: dict[str, Any]) -> str:
    return "* " if row is chosen else "+ " if row["unbeaten"] else ""


def _named(row: dict[str, Any]) -> tuple[str, ...]:
    setting = row["setting"]
    hidden = ",".join(map(str, setting["hidden"])) or "none"
    return f"{setting['learning_rate']:g}", setting["gates"], hidden, f"{setting['steps']:,}"


def _scored(row: dict[str, Any]) -> tuple[str, ...]:
    score, apart = tables.number(row["score"]), tables.number(row["apart"])
    interval, inside = tables.interval(row["low"], row["high"]), f"{row['inside_share']:.0%}"
    return score, interval, inside, apart, str(row["learned"])
