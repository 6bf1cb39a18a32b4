"""The closing tables about what dynamics explain. Imports nothing heavy."""

from collections.abc import Iterator
from typing import Any

from rich.console import RenderableType

from lstm_toys import tables

from .predictions import REPEATED

SHOWN = ("static curve", "linear at the mean", "LPV")
"""Models with a column on a terminal."""


def report(metrics: dict[str, Any]) -> Iterator[RenderableType]:
    """Yields correlations by claim and model, tuning by training frequency, and the predictions."""
    rows = [(claim, *(_correlation(own.get(model)) for model in SHOWN)) for claim, own in metrics["claims"].items()]
    title = f"rank correlation of the claims' numbers over {metrics['seeds']} networks"
    yield tables.table(title, ("", *(f"{model}>" for model in SHOWN)), rows, **tables.PLAIN)
    yield "(exceeded by the absolute correlation of permuted models in 5 % of cases; number of networks)"
    for kind, own in metrics["interventions"].items():
        rows = [
            (
                claim,
                *(tables.number(each[name]["median"]) for name in ("mode", "random", "difference")),
                tables.interval(each["difference"]["low"], each["difference"]["high"]),
            )
            for claim, each in own.items()
        ]
        columns = (kind, "mode>", "random>", "difference>", "95 % bootstrap>")
        yield tables.table(
            "change of the claims' numbers, in standard deviations of networks", columns, rows, **tables.PLAIN
        )
    tuned = [
        (
            name,
            f"{each['oscillating']}/{each['networks']}",
            tables.number(each["mode_frequency"]["median"]),
            tables.number(each["peak_frequency"]["median"]),
            tables.number(each["peak_gain"]["median"]),
            tables.number(each["static_gain"]["median"]),
            tables.number(each["similarity"]["median"]),
        )
        for name, each in metrics["tuning"].items()
    ]
    names = (
        "networks",
        "oscillate>",
        "mode>",
        "peak>",
        "peak gain>",
        "slow gain>",
        "similarity>",
    )
    yield tables.table(
        "at rest under the mean input, medians; mode and peak of the gain in rad per x", names, tuned, **tables.PLAIN
    )
    predicted = [
        (
            name,
            each["measured"],
            f"{each['predicted_low']:g} … {each['predicted_high']:g}",
            tables.number(each["median"]),
            tables.interval(each["low"], each["high"]),
            each["verdict"],
        )
        for name, each in metrics["predictions"].items()
    ]
    yield _plateau(metrics["plateau"])
    heading = ("prediction", "of", "predicted>", "median>", "95 % bootstrap>", "")
    again = sum(each["variant"] == REPEATED for each in metrics["predictions"].values())
    title = f"predictions, made before; {again} of {len(predicted)} are about the same recipe with new seeds"
    yield tables.table(title, heading, predicted, **tables.PLAIN)


def _plateau(row: dict[str, Any]) -> str:
    """States when the plateau of the loss ends, and when the resonance appears."""
    spans = [
        f"{tables.number(each['median'])} ({tables.interval(each['low'], each['high'])})"
        for each in (row["ended"], row["resonant"])
    ]
    return (
        f"base seed 1: the plateau of the loss ends after {spans[0]} steps, and networks resonate after {spans[1]}; in "
        f"{row['together']} of {row['networks']} they do by then; rank correlation {_correlation(row['agreement'])}"
    )


def _correlation(found: dict[str, Any] | None) -> str:
    if found is None or found["correlation"] is None:
        return "–"
    value = found["correlation"]
    return f"{tables.number(value['value'])} ({found['permuted']:.2f}; {found['networks']})"
