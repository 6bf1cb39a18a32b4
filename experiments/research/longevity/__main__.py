"""What depends on the learning rate? Asks networks that learned to remember equally well for how long they do.

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

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Annotated, Any

from rich.console import RenderableType

import lstm_toys as lt

from ... import sine
from .. import longevity as here
from .hypotheses import CELLS, QUANTITIES, THIRDS, correlation, verdicts
from .measured import several, switches, valleys
from .populations import COURSES

JUDGED_BY = 52
"""Base seed of the networks that judge the hypotheses; base seed 0 was explored."""

SINE = {"0.0003": 6_000, "0.001": 2_000, "0.003": 1_000, "0.006": 600, "0.01": 400}
"""Learning rates of the sine's networks, which are trained until they reach their goal, and the most steps of each.

The goal is checked at 200 records, so that fewer steps of larger rates stop networks at nearly the same error.
"""

LASTS = (100, 1_000, 10_000, 40_000)
"""Time steps in the table of networks that keep all memories for so long."""


def score(needs: Mapping[str, lt.Run], base_seed: int, seeds: int, keep: Callable[..., Any]) -> dict[str, Any]:
    """Trains and measures all networks, and judges the hypotheses; ``needs`` are the sine's runs, by rate.

    Returns what `measured` returns, by ``cell, rule, course, rate``, with rank ``correlations`` of `LIFETIME` with the
    `QUANTITIES`; what `valleys` returns of networks of the sine, by rate; and the `verdicts`.
    """
    found: dict[str, Any] = {}
    for cell, shown in CELLS.items():
        usual = partial(several, cell, "RMSprop", base_seed, seeds)
        parts = {
            **{f"RMSprop, {words}": partial(usual, **course) for words, course in COURSES.items()},
            "Adam, constant": partial(several, cell, "Adam", base_seed, seeds),
            "RMSprop, a third for three times the steps": partial(usual, rates=THIRDS, less=3),
            "RMSprop, switched": partial(switches, cell, base_seed, seeds),
        }
        for name, compute in parts.items():
            words = f"{shown}, {name}"
            for rate, own in keep(f"{words}: trained", [words, base_seed, seeds], compute).items():
                found[f"{words}, {rate}"] = own
    for own in found.values():
        own["correlations"] = {what: correlation(own, what) for what in QUANTITIES}
    stayed = {rate: valleys(run) for rate, run in needs.items()}
    return {"populations": found, "sine": stayed, "verdicts": dict(verdicts(found, stayed))}


def longevity(
    seeds: Annotated[int, range(6, 10_000_000)] = 16, base_seed: Annotated[int, range(2**32)] = JUDGED_BY
) -> lt.Analysis:
    """Measures memories of networks that it trains, and valleys of the sine's, of which there are twice as many.

    Args:
        seeds: number of networks for each setting; twice as many of the sine.
        base_seed: base seed of all networks; other values give other networks with the same seed numbers.
    """
    given = f"--seeds={2 * seeds}", f"--base_seed={base_seed}", "--early_stopping=1"
    return lt.Analysis(
        name="longevity",
        settings={"seeds": seeds, "base_seed": base_seed},
        needs={
            rate: lt.ask(sine.EXPERIMENT, *given, f"--learning_rate={rate}", f"--steps={steps}")
            for rate, steps in SINE.items()
        },
        score=lambda runs, keep: score(runs, base_seed, seeds, keep),
        draw=lambda metrics, _: {"longevity.png": here.figures.longevity(metrics)},
        report=report,
    )


def report(metrics: Mapping[str, Any]) -> Iterator[RenderableType]:
    """Yields how long memories last by setting, what orders these times, the sine's valleys, and the verdicts."""
    populations, setting = metrics["populations"], "cell, optimizer, course, rate"
    counts = [
        (
            name,
            f"{own['learned']} of {own['networks'] + own.get('not switched', 0)}",
            _loss(own["loss"]),
            *_lasting(own["lifetime"]),
        )
        for name, own in populations.items()
    ]
    columns = (setting, "learned>", "loss>", *(f"{steps:,}>" for steps in LASTS))
    title = "networks that learned, and keep all memories for so many steps"
    yield lt.tables.table(title, columns, counts, **lt.tables.PLAIN)
    correlations = {name: own["correlations"] for name, own in populations.items()}
    known = {name: each for name, each in correlations.items() if any(one["value"] for one in each.values())}
    names = [*next(iter(correlations.values()))]
    title = f"rank correlation of {', '.join(names)} with the lifetime; *: the 95 % bootstrap interval excludes 0"
    columns = (setting, *(f"{each.split()[-1]}>" for each in names))
    rows = [(name, *map(_starred, each.values())) for name, each in known.items()]
    yield lt.tables.table(title, columns, rows, **lt.tables.PLAIN)
    valleys = [
        (
            rate,
            f"{own['networks']} of {own['of']}",
            _loss(own["error"]),
            str(own["count"]),
            lt.tables.interval(own["low"], own["high"]),
        )
        for rate, own in metrics["sine"].items()
    ]
    title = "networks of the sine at the same error, and those whose valley stays"
    columns = ("rate", "learned>", "RMSE>", "valley stays>", "share, 95 % interval>")
    yield lt.tables.table(title, columns, valleys, **lt.tables.PLAIN)
    if lost := {name: own["diverged"] for name, own in populations.items() if own["diverged"]}:
        yield "diverged: " + "; ".join(f"{name}: {count}" for name, count in lost.items())
    for words, each in metrics["verdicts"].items():
        yield f"{words}: {'supported' if each['supported'] else 'not supported'} ({_numbers(each)})"


def _lasting(lifetimes: Sequence[float]) -> list[str]:
    return [str(sum(lifetime >= steps for lifetime in lifetimes)) for steps in LASTS]


def _loss(value: float | None) -> str:
    return "–" if value is None else f"{value:.2g}"


def _starred(each: Mapping[str, Any]) -> str:
    return "–" if each["value"] is None else f"{each['value']:.2f}{'*' if each['low'] * each['high'] > 0 else ''}"


def _numbers(each: Mapping[str, Any]) -> str:
    """The numbers that decide on a hypothesis."""
    if "most count" in each:
        least, most = (f"{each[f'{name} count']} of {each[f'{name} networks']}" for name in ("least", "most"))
        return f"{least} to {most} networks over {each['recipes']} rates"
    if "first" in each:
        return f"probability {lt.tables.estimate(each, 'value')}, {each['first']} and {each['second']} networks"
    median = "" if each.get("median") is None else f", median correlation {each['median']:.2f}"
    return f"{each['count']} of {each['recipes']} recipes{median}"


if __name__ == "__main__":
    lt.main(longevity)
