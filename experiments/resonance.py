"""Is the resonance the cause of the waves? Turns the leading mode of the sine's networks at test time.

Changes the frequency and the decay of the mode in which each network oscillates at rest, and fits the waves at the
beginning of its answers to lines. Compares this with random edits that damage the networks as much, with the next
mode, and with the mode at each line; and tests which claims follow. The networks' base seed is used by no other run;
missing networks are trained first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import Any

from rich.console import RenderableType

import lstm_toys as lt
from lstm_toys import tables
from lstm_toys.cli import command, flags
from lstm_toys.runs.ask import Ask

from . import analyses, post
from .post.predictions import experiment

JUDGED_BY = 51
"""Base seed of the networks that judge the hypotheses; base seed 0 was explored."""

POPULATIONS = {
    "A = 0.3, ω = 10": (10.0, 0.3),
    "A = 0.15": (10.0, 0.15),
    "A = 0.6": (10.0, 0.6),
    "ω = 5": (5.0, 0.3),
    "ω = 20": (20.0, 0.3),
    "ω = 40": (40.0, 0.3),
}
"""The frequency and the amplitude of the training sines; the first ones judge."""

OTHERS = 24
"""Most networks of the other populations."""


def resonance(seeds: int, base_seed: int) -> lt.Analysis:
    """Turns the modes of all populations."""
    populations: dict[str, Any] = {}
    needs: dict[str, Ask[Any]] = {}
    for name, (frequency, amplitude) in POPULATIONS.items():
        networks = min(seeds, OTHERS) if needs else seeds
        given = f"--seeds={networks}", f"--base_seed={base_seed}", f"--train_amplitude={amplitude}"
        populations[name] = experiment(frequency), flags.parse(experiment(frequency), given)[0]
        needs[name] = lt.ask(experiment(frequency), *given)
    return lt.Analysis(
        name="resonance",
        settings={"seeds": seeds, "base_seed": base_seed},
        needs=needs,
        score=lambda runs, keep: post.resonance.score(runs, populations, keep),
        draw=lambda metrics, _: {"resonance.png": post.resonance_figures.resonance(metrics)},
        report=report,
    )


def report(metrics: Mapping[str, Any]) -> Iterator[RenderableType]:
    """Yields slopes by line and population, the damage, and the verdicts on the hypotheses."""
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
    title = "median of the lines' slopes, and rank correlation of local modes and waves over lines"
    yield tables.table(title, names, others, **tables.PLAIN)
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


def plan(arguments: Sequence[str]) -> command.Plan:
    """Turns a command line into a plan."""
    return analyses.plan(resonance, __doc__, arguments, seeds=64, base_seed=JUDGED_BY)


if __name__ == "__main__":
    command.run_and_exit(plan)
