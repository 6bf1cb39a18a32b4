"""The closing tables of horizons. Imports nothing heavy."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import RenderableType

from lstm_toys import tables


def report(metrics: Mapping[str, Any]) -> Iterator[RenderableType]:
    """Yields how horizons are distributed and predicted by population, what interventions do, and the verdicts."""
    rows = [(name, *_counts(each), *_quality(each)) for name, each in metrics["predictions"].items()]
    columns = ("task, gates, recipe", "eligible>", "diverged>", "at K>", "median H>", "quartiles>", "skill>", "C>")
    yield tables.table("horizons, and how well they are predicted", columns, rows, **tables.PLAIN)
    judged = {name: each["beyond"] for name, each in metrics["predictions"].items() if "beyond" in each}
    others = list(dict.fromkeys(other for each in judged.values() for other in each))
    rows = [(name, *(_value(each.get(other)) for other in others)) for name, each in judged.items()]
    columns = ("task, gates, recipe", *(f"{other}>" for other in others))
    yield tables.table("by how much C of the prediction exceeds that of", columns, rows, **tables.PLAIN)
    recipes = metrics["verdicts"]["H4"]["recipes"]
    rows = [
        (name, *(f"{_value(each[edit])}, {each[edit]['networks']}" for edit in ("counter", "other")))
        for name, each in recipes.items()
    ]
    columns = ("recipe", "the counter's forget bias>", "another bias>")
    title = "median slope of log H on log P over shifts of a bias, and the networks that have one"
    yield tables.table(title, columns, rows, **tables.PLAIN)
    for name, each in metrics["verdicts"].items():
        known = {what: each[what] for what in ("skill", "concordance", "slope") if what in each}
        words = "".join(f"{what} {_value(one)}, " for what, one in known.items())
        words += "".join(f"{gates} {_value(one, 'median')}, " for gates, one in each.get("shares", {}).items())
        result = "supported" if each["supported"] else "not supported"
        yield f"{name}: {result} ({words}p {each['p']:.3g}, adjusted {each['adjusted p']:.3g})"


def _counts(each: Mapping[str, Any]) -> tuple[str, ...]:
    low, middle, high = each["quartiles"]
    reached = f"{each['eligible']} of {each['networks']}", str(each["diverged"]), str(each["censored"])
    return *reached, tables.number(middle), tables.interval(low, high)


def _quality(each: Mapping[str, Any]) -> tuple[str, str]:
    if each["judged"] != "judged":
        return each["judged"], "–"
    return _value(each["skill"]["P"]), _value(each["concordance"])


def _value(each: Mapping[str, Any] | None, value: str = "value") -> str:
    return "–" if each is None or each[value] is None else "{} ({})".format(*tables.spread(each, value))
