"""The closing tables of horizons. Imports nothing heavy."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import RenderableType

from lstm_toys import tables


def report(metrics: Mapping[str, Any]) -> Iterator[RenderableType]:
    """Yields how horizons are distributed and predicted by population, what interventions do, and the verdicts."""
    found = metrics["predictions"]
    rows: list[tuple[str, ...]] = [(name, *_counts(each)) for name, each in found.items()]
    columns: tuple[str, ...] = ("task, gates, recipe", "eligible>", "at K>", "median H>", "quartiles>", "is>")
    yield tables.table("horizons", columns, rows, **tables.PLAIN)
    judged = {name: each for name, each in found.items() if each["judged"] == "judged"}
    rows = [(name, _value(each["skill"]["P"]), _value(each["concordance"])) for name, each in judged.items()]
    yield tables.table("predictions", ("task, gates, recipe", "skill>", "C>"), rows, **tables.PLAIN)
    recipes = metrics["verdicts"]["H4"]["recipes"]
    edits = [edit for edit in next(iter(recipes.values())) if edit != "met"]
    rows = [(name, *(_value(each[edit]) for edit in edits)) for name, each in recipes.items()]
    title = "median slope of log H on log P over shifts of a bias: the counter's forget bias, or others"
    yield tables.table(title, ("recipe", *(f"{edit}>" for edit in edits)), rows, **tables.PLAIN)
    for name, each in metrics["verdicts"].items():
        known = {what: each[what] for what in ("skill", "concordance", "slope") if what in each}
        words = "".join(f"{what} {_value(one)}, " for what, one in known.items())
        words += "".join(f"{gates} {_reached(one)}, " for gates, one in each.get("reach K", {}).items())
        result = "supported" if each["supported"] else "not supported"
        yield f"{name}: {result} ({words}p {each['p']:.3g}, adjusted {each['adjusted p']:.3g})"


def _counts(each: Mapping[str, Any]) -> tuple[str, ...]:
    low, middle, high = each["quartiles"]
    reached = f"{each['eligible']} of {each['networks']}", str(each["censored"])
    return *reached, tables.number(middle), tables.interval(low, high), each["judged"]


def _value(each: Mapping[str, Any]) -> str:
    return tables.estimate(each, "value", places=2)


def _reached(each: Mapping[str, Any]) -> str:
    (count, networks), seeds = each["networks"], each["seeds"]
    return f"{count} of {networks} networks (exact, of seeds: {seeds['low']:.3f} … {seeds['high']:.3f})"
