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

import numpy as np
from rich.console import RenderableType

import lstm_toys as lt

from .. import surgery
from ..horizons import measures
from ..horizons.__main__ import trained as counting
from ..horizons.counting import LARGEST
from ..horizons.hypotheses import counters
from ..horizons.measured import padded
from . import hypotheses
from .measured import counted, told
from .populations import EVERY, TASKS

JUDGED_BY = 0xD5CB
"""Base seed of the networks that judge the hypotheses: the first digits of the commit that defined these, d5cb0b0c."""

POPULATIONS = {each.name: each for each in EVERY}


def look(name: str, run: lt.Run) -> dict[str, Any]:
    """What is measured of a population; NaN for a network that diverged."""
    trained = lt.load(run.folder)
    sound = ~trained.diverged
    params, seeds = trained[sound].params, np.flatnonzero(sound)
    if name in POPULATIONS:
        return dict(padded(told(params, POPULATIONS[name], seeds), sound))
    return {**padded(counted(params), sound), "largest": LARGEST}


def score(needs: Mapping[str, lt.Run], seeds: int, keep: Callable[..., Any]) -> dict[str, Any]:
    """Measures all populations, and judges the hypotheses."""
    found = {name: keep(f"{name}: moved", [run, name], partial(look, name, run)) for name, run in needs.items()}
    return {"populations": found, "verdicts": hypotheses.verdicts(found, measures.resampled(seeds))}


def doses(
    seeds: Annotated[int, range(12, 10_000_000)] = 48, base_seed: Annotated[int, range(2**32)] = JUDGED_BY
) -> lt.Analysis:
    """Moves the transitions of all populations, and judges what follows.

    Args:
        seeds: number of networks for each setting.
        base_seed: base seed of all networks; other values give other networks with the same seed numbers.
    """
    flags = f"--seeds={seeds}", f"--base_seed={base_seed}"
    return lt.Analysis(
        name="surgery",
        settings={"seeds": seeds, "base_seed": base_seed},
        needs={
            **{name: each.training(*flags) for name, each in POPULATIONS.items()},
            **{name: counting(name, seeds, base_seed) for name in counters("sigmoid")},
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
    """Yields what doses do by population, what trained leaks and steep sigmoids do, counters, and the verdicts."""
    found = metrics["verdicts"]
    for task in TASKS:
        for name, words in WORDS.items():
            rows = [(recipe, *_shown(each)) for recipe, each in found[task][name]["recipes"].items()]
            yield lt.tables.table(f"{name}, {task}: {words}", ("population", *COLUMNS), rows, **lt.tables.PLAIN)
    rows = [
        (name, *(str(each[what]) for what in ("networks", "reach K", "at 1")), lt.tables.number(each["quartiles"][0]))
        for name, each in found["trained"]["rows"].items()
    ]
    columns = ("trained", "right>", "reach K>", "transition of 1>", "median H>")
    yield lt.tables.table("steeper sigmoids, and leaks", columns, rows, **lt.tables.PLAIN)
    if found["trained"]["slope"]:
        slope = lt.tables.estimate(found["trained"]["slope"], "value", places=2)
        yield f"slope of log median H on log leak, mean over rates: {slope}"
    rows = [(name, edit, *_shown(each)) for name, every in found["counters"].items() for edit, each in every.items()]
    title = "counters: median slope of log H on log P as the counter's forget gate is closed, and under equal shifts"
    yield lt.tables.table(title, ("recipe", "bias", *COLUMNS), rows, **lt.tables.PLAIN)
    for task in TASKS:
        for name, each in found[task].items():
            result = "supported" if each["supported"] else "not supported"
            share = ""
            if "never falls" in each:
                (met, asked), own = each["never falls"]["networks"], each["never falls"]["share"]
                share = f"never falls in {met} of {asked} ({100 * own['low']:.1f} to {100 * own['high']:.1f} %), "
            in_range = sum(one["met"] for one in each["recipes"].values())
            counted = f"{in_range} of {len(each['recipes'])} recipes in range"
            yield f"{name}, {task}: {result} ({share}{counted}, p {each['p']:.3g}, adjusted {each['adjusted p']:.3g})"


COLUMNS = ("networks>", "median>", "in range>")


def _shown(each: Mapping[str, Any]) -> tuple[str, ...]:
    return str(each["networks"]), lt.tables.estimate(each, "value", places=2), "yes" if each["met"] else "no"


if __name__ == "__main__":
    lt.main(doses)
