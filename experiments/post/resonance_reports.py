"""The closing tables of turned modes. Imports nothing heavy."""

from collections.abc import Iterator, Mapping
from statistics import median
from typing import Any

from rich.console import RenderableType

from lstm_toys import tables


def resonance(metrics: Mapping[str, Any]) -> Iterator[RenderableType]:
    """Yields slopes by line and population, the damage, the claims, and the verdicts on the hypotheses."""
    populations = metrics["populations"]
    first = next(iter(populations.values()))
    edits = list(first["slopes"])
    rows = [
        (line, *(_interval(first["slopes"][edit][line]) for edit in edits), _interval(each))
        for line, each in first["decay"].items()
    ]
    columns = ("line", *(f"{edit}>" for edit in edits), "duration>")
    title = "slope of log wave frequency on log factor, median and 95 % bootstrap interval: 1 follows, 0 stays"
    yield tables.table(title, columns, rows, **tables.PLAIN)
    factors = [f"× {factor:g}>" for factor in first["factors"]]
    damage = [(edit, *(tables.number(each["median"]) for each in own)) for edit, own in first["damage"].items()]
    yield tables.table("median RMSE of the training curve", ("edit", *factors), damage, **tables.PLAIN)
    claims = [
        (f"{claim}, {edit}", *(f"{each['value']:.0%}" for each in own))
        for claim, every in first["claims"].items()
        for edit, own in every.items()
    ]
    yield tables.table("networks that meet the claim", ("claim, edit", *factors), claims, **tables.PLAIN)
    others = [
        (
            name,
            f"{own['oscillating']}/{own['networks']}",
            tables.number(own["frequency"]["median"]),
            *(_middle(own["slopes"][edit]) for edit in edits),
            _middle(own["decay"]),
            _interval(own["lines"]["correlation"]),
        )
        for name, own in populations.items()
    ]
    names = ("trained on", "oscillate>", "rad per x>", *(f"{edit}>" for edit in edits), "duration>", "local mode>")
    yield tables.table(
        "median of the lines' slopes, and rank correlation of local modes and waves over lines",
        names,
        others,
        **tables.PLAIN,
    )
    for name, counts in metrics["verdicts"].items():
        known = {verdict: count for verdict, count in counts.items() if count}
        lines = ", ".join(f"{verdict} on {count} lines" for verdict, count in known.items())
        yield f"{name}: {lines if sum(known.values()) > 1 else next(iter(known))}"


def _interval(each: Mapping[str, Any]) -> str:
    rounded = {name: each[name] if each[name] is None else round(each[name], 3) for name in ("median", "low", "high")}
    return "{} ({})".format(*tables.spread(rounded))


def _middle(lines: Mapping[str, Any]) -> str:
    known = [each["median"] for each in lines.values() if each["median"] is not None]
    return tables.number(round(median(known), 3)) if known else "–"
