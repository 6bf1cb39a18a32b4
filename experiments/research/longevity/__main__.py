"""How does the learning rate change how long networks remember? Compares networks that learned equally well.

Trains LSTMs and GRUs on the three-bit flip-flop with RMSprop and Adam, five rates each, and RMSprop with rates that
decay, are warmed up, are a third for three times the steps, or change at the same loss. Reports for how long the
shortest memory lasts, up to 40,000 steps, and which quantity orders these times under one rate. Also counts the valleys
that stay among networks that learned the sine to the same error under five rates. The networks' base seed is used by no
other run.

Haviv, Rivkind and Barak (2019) showed that networks which were trained by other protocols to the same performance keep
memories for different times, and that the speed of slow points predicts these times. Here the protocol is the learning
rate: its size, its course, and when it changes. The same axis for the sine: does the rate choose between networks whose
valley stays and those whose valley moves, when all were stopped at the same error?

Hypotheses and thresholds were fixed before any network with the judging base seed was trained. Base seed 0 was explored
with six networks for each setting: all memories lasted at small rates, and LSTMs that changed from the large to the
small rate kept longer than those that changed the other way, against what is stated here.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Annotated, Any

from rich.console import RenderableType

import lstm_toys as lt

from ... import BaseSeed, sine
from .. import longevity as here
from .hypotheses import CELLS, QUANTITIES, THIRDS, correlation, verdicts
from .measurements import COURSES, several, switches, valleys

JUDGING_SEED = 52
"""Base seed of the networks that judge the hypotheses; base seed 0 was explored."""

SINE = {"0.0003": 6_000, "0.001": 2_000, "0.003": 1_000, "0.006": 600, "0.01": 400}
"""Learning rates of the sine's networks, which are trained until they reach their goal, and the most steps of each.

The goal is checked at 200 records, so that fewer steps of larger rates stop networks at nearly the same error.
"""

LASTS = (100, 1_000, 10_000, 40_000)
"""Time steps for which the table counts the networks that keep all memories."""


def score(needs: Mapping[str, lt.Run], base_seed: int, seeds: int, keep: Callable[..., Any]) -> dict[str, Any]:
    """Trains and measures all networks, and judges the hypotheses; ``needs`` are the sine's runs, by rate.

    Returns what `measured` returns, by ``cell, rule, course, rate``, with rank ``correlations`` of `LIFETIME` with the
    `QUANTITIES`; what `valleys` returns of networks of the sine, by rate; and the `verdicts`.
    """
    populations: dict[str, Any] = {}
    for cell, cell_name in CELLS.items():
        rmsprop = partial(several, cell, "RMSprop", base_seed, seeds)
        parts = {
            **{f"RMSprop, {words}": partial(rmsprop, **course) for words, course in COURSES.items()},
            "Adam, constant": partial(several, cell, "Adam", base_seed, seeds),
            "RMSprop, a third for three times the steps": partial(rmsprop, rates=THIRDS, less=3),
            "RMSprop, switched": partial(switches, cell, base_seed, seeds),
        }
        for name, compute in parts.items():
            words = f"{cell_name}, {name}"
            for rate, population in keep(f"{words}: trained", [words, base_seed, seeds], compute).items():
                populations[f"{words}, {rate}"] = population
    for population in populations.values():
        population["correlations"] = {quantity: correlation(population, quantity) for quantity in QUANTITIES}
    stayed = {rate: valleys(run) for rate, run in needs.items()}
    return {"populations": populations, "sine": stayed, "verdicts": dict(verdicts(populations, stayed))}


def longevity(seeds: Annotated[int, range(6, 10_000_000)] = 16, base_seed: BaseSeed = JUDGING_SEED) -> lt.Analysis:
    """Measures memories of networks that it trains, and valleys of networks of the sine.

    Args:
        seeds: number of networks for each setting; twice as many of the sine.
        base_seed: base seed of all networks; other values give other networks with the same seed numbers.
    """
    flags = f"--seeds={2 * seeds}", f"--base_seed={base_seed}", "--early_stopping=1"
    return lt.Analysis(
        name="longevity",
        settings={"seeds": seeds, "base_seed": base_seed},
        needs={
            rate: lt.ask(sine.EXPERIMENT, *flags, f"--learning_rate={rate}", f"--steps={steps}")
            for rate, steps in SINE.items()
        },
        score=lambda runs, keep: score(runs, base_seed, seeds, keep),
        draw=lambda metrics, _: {"longevity.png": here.figures.longevity(metrics)},
        report=report,
    )


def report(metrics: Mapping[str, Any]) -> Iterator[RenderableType]:
    """Yields how long memories last by setting, what orders these times, the sine's valleys, and the verdicts."""
    populations, setting = metrics["populations"], "cell, optimizer, course, rate"
    counts = [(name, _learned(row), _loss(row["loss"]), *_lasting(row)) for name, row in populations.items()]
    columns = (setting, "learned>", "loss>", *(f"{steps:,}>" for steps in LASTS))
    title = "networks that learned, and keep all memories for so many steps"
    yield lt.tables.table(title, columns, counts, **lt.tables.PLAIN)
    correlations = {name: population["correlations"] for name, population in populations.items()}
    estimated = {name: row for name, row in correlations.items() if any(entry["value"] for entry in row.values())}
    names = [*next(iter(correlations.values()))]
    title = f"rank correlation of {', '.join(names)} with the lifetime; *: the 95 % bootstrap interval excludes 0"
    columns = (setting, *(f"{name.split()[-1]}>" for name in names))
    rows = [(name, *map(_starred, row.values())) for name, row in estimated.items()]
    yield lt.tables.table(title, columns, rows, **lt.tables.PLAIN)
    valleys = [
        (rate, f"{row['networks']} of {row['of']}", _loss(row["error"]), *lt.tables.spread(row, "count"))
        for rate, row in metrics["sine"].items()
    ]
    title = "networks of the sine at the same error, and those whose valley stays"
    columns = ("rate", "learned>", "RMSE>", "valley stays>", "share, 95 % interval>")
    yield lt.tables.table(title, columns, valleys, **lt.tables.PLAIN)
    if diverged := {name: population["diverged"] for name, population in populations.items() if population["diverged"]}:
        yield "diverged: " + "; ".join(f"{name}: {count}" for name, count in diverged.items())
    for hypothesis, verdict in metrics["verdicts"].items():
        yield f"{hypothesis}: {'supported' if verdict['supported'] else 'not supported'} ({_numbers(verdict)})"


def _learned(row: Mapping[str, Any]) -> str:
    return f"{row['learned']} of {row['networks'] + row.get('not switched', 0)}"


def _lasting(row: Mapping[str, Any]) -> list[str]:
    return [str(sum(lifetime >= steps for lifetime in row["lifetime"])) for steps in LASTS]


def _loss(value: float | None) -> str:
    return "–" if value is None else f"{value:.2g}"


def _starred(row: Mapping[str, Any]) -> str:
    return "–" if row["value"] is None else f"{row['value']:.2f}{'*' if row['low'] * row['high'] > 0 else ''}"


def _numbers(result: Mapping[str, Any]) -> str:
    """The numbers that decide on a hypothesis."""
    if "most count" in result:
        least, most = (f"{result[f'{name} count']} of {result[f'{name} networks']}" for name in ("least", "most"))
        return f"{least} to {most} networks over {result['recipes']} rates"
    if "first" in result:
        return f"probability {lt.tables.estimate(result, 'value')}, {result['first']} and {result['second']} networks"
    median = "" if result.get("median") is None else f", median correlation {result['median']:.2f}"
    return f"{result['count']} of {result['recipes']} recipes{median}"


if __name__ == "__main__":
    lt.main(longevity)
