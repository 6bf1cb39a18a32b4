"""Do horizons follow doses? Moves the transitions of networks that carry a sign, and finds how far they carry it.

Trains linear recurrences on parity, and on the product of signs between distractors, with gates that can close exactly
and with gates that cannot; steeper sigmoids and leaky gates; and LSTMs that count. Lowers the transitions of those that
close, closes those of the others, and compares horizons with predictions that show no long string. Missing networks are
trained first; their base seed is used by no other run.

Hypotheses, thresholds and rules were fixed before any network with this base seed was trained: definitions.md.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Annotated, Any

from rich.console import RenderableType

import lstm_toys as lt

from ... import BaseSeed
from .. import surgery
from ..horizons import measures
from ..horizons.__main__ import trained as counting
from ..horizons.hypotheses import COUNTERS
from ..horizons.measurements import measured
from . import hypotheses
from .measurements import K, measure_counters, measure_recurrences
from .populations import ALL_POPULATIONS, TASKS

JUDGING_SEED = 0xD5CB
"""Base seed of the networks that judge the hypotheses: the first digits of the commit that defined these, d5cb0b0c."""

POPULATIONS = {population.name: population for population in ALL_POPULATIONS}


def measure(name: str, run: lt.Run) -> dict[str, Any]:
    """Measures a population; networks that diverged have NaN."""
    if name in POPULATIONS:
        return measured(run, partial(measure_recurrences, population=POPULATIONS[name]))
    return measured(run, measure_counters)


def score(needs: Mapping[str, lt.Run], seeds: int, keep: Callable[..., Any]) -> dict[str, Any]:
    """Measures all populations, and judges the hypotheses."""
    results = {name: keep(f"{name}: moved", [run, name], partial(measure, name, run)) for name, run in needs.items()}
    return {"populations": results, "verdicts": hypotheses.verdicts(results, measures.resampled(seeds))}


def doses(seeds: Annotated[int, range(12, 10_000_000)] = 48, base_seed: BaseSeed = JUDGING_SEED) -> lt.Analysis:
    """Moves the transitions of all populations, and judges the hypotheses.

    Args:
        seeds: number of networks for each setting.
        base_seed: base seed of all networks; other values give other networks with the same seed numbers.
    """
    flags = f"--seeds={seeds}", f"--base_seed={base_seed}"
    return lt.Analysis(
        name="surgery",
        settings={"seeds": seeds, "base_seed": base_seed},
        needs={
            **{name: population.training(*flags) for name, population in POPULATIONS.items()},
            **{name: counting(name, seeds, base_seed) for name in COUNTERS},
        },
        score=lambda runs, keep: score(runs, seeds, keep),
        draw=lambda metrics, _: {"doses.png": surgery.figures.doses(metrics)},
        report=report,
    )


WORDS = {
    "D1": "horizons of hard gates follow P as all transitions are lowered: median slope",
    "D2": "horizons of sigmoids follow P as carriers are closed: median slope",
    "D3": "a dose of all other units leaves horizons as they are: median ratio",
}


def report(metrics: Mapping[str, Any]) -> Iterator[RenderableType]:
    """Yields slopes by population, horizons of trained leaks and steep sigmoids, counters, and the verdicts."""
    verdicts = metrics["verdicts"]
    for task in TASKS:
        for name, words in WORDS.items():
            rows = [(recipe, *_cells(summary)) for recipe, summary in verdicts[task][name]["recipes"].items()]
            yield lt.tables.table(f"{name}, {task}: {words}", ("population", *COLUMNS), rows, **lt.tables.PLAIN)
    rows = [
        (name, *(str(row[key]) for key in ("networks", "reach K", "at 1")), lt.tables.number(row["quartiles"][0]))
        for name, row in verdicts["trained"]["rows"].items()
    ]
    columns = ("trained", "right>", "reach K>", "transition of 1>", "median H>")
    yield lt.tables.table("steeper sigmoids, and leaks", columns, rows, **lt.tables.PLAIN)
    unmoved = [
        (name, *(str(row[key]) for key in ("networks", "end", "exact", "drifting")), f"{row['predicted'][0]:,.0f}")
        for name, row in verdicts["unmoved"].items()
    ]
    heads = ("hard, unmoved", "right>", f"end before {K:,}>", "exact carriers>", "drift>", "median P>")
    yield lt.tables.table("unmoved hard gates, and P without a limit", heads, unmoved, **lt.tables.PLAIN)
    if verdicts["trained"]["slope"]:
        slope = lt.tables.estimate(verdicts["trained"]["slope"], "value", places=2)
        yield f"slope of log median H on log leak, mean over rates: {slope}"
    rows = [(name, edit, *_cells(row)) for name, edits in verdicts["counters"].items() for edit, row in edits.items()]
    title = "counters: median slope of log H on log P as the counter's forget gate is closed, and under equal shifts"
    yield lt.tables.table(title, ("recipe", "bias", *COLUMNS), rows, **lt.tables.PLAIN)
    for task in TASKS:
        for name, test in verdicts[task].items():
            result = "supported" if test["supported"] else "not supported"
            share = ""
            if "never falls" in test:
                (met, count), ends = test["never falls"]["networks"], test["never falls"]["share"]
                share = f"never falls in {met} of {count} ({100 * ends['low']:.1f} to {100 * ends['high']:.1f} %), "
            in_range = sum(recipe["met"] for recipe in test["recipes"].values())
            counted = f"{in_range} of {len(test['recipes'])} recipes in range"
            yield f"{name}, {task}: {result} ({share}{counted}, p {test['p']:.3g}, adjusted {test['adjusted p']:.3g})"


COLUMNS = ("networks>", "median>", "in range>")


def _cells(summary: Mapping[str, Any]) -> tuple[str, ...]:
    return str(summary["networks"]), lt.tables.estimate(summary, "value", places=2), "yes" if summary["met"] else "no"


if __name__ == "__main__":
    lt.main(doses)
