"""Is the resonance the cause of the waves? Turns the leading mode of the sine's networks at test time.

Changes the frequency and the decay of the mode in which each network oscillates at rest, and fits the waves at the
beginning of its answers to lines. Compares this with random edits that damage the networks as much, with the next
mode, and with the mode at each line. The networks' base seed is used by no other run; missing networks are trained
first.

Hypotheses and thresholds were fixed before any network with the judging base seed was trained. This analysis of 16
networks of base seed 0 had shown median slopes of 0.8 to 2.2 on most lines, of at most 0.1 for the other edits, and
training errors that grow from 0.009 to 0.13 at most.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from statistics import median
from typing import Annotated, Any

from rich.console import RenderableType

import lstm_toys as lt

from ... import BaseSeed
from .. import resonance as here
from ..explained.predictions import experiment
from .hypotheses import verdicts
from .measurements import turned

JUDGING_SEED = 51
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


def score(needs: Mapping[str, lt.Run], trainings: Mapping[str, Any], keep: Any) -> Any:
    """Tests the hypotheses on every population.

    Returns:
        by population what `turned` returns, and ``verdicts`` for the first one: by hypothesis, on how many of its lines
        it is supported, undecided, refuted, and not judged.
    """
    populations = {}
    for name, run in needs.items():
        compute = partial(turned, experiment(POPULATIONS[name][0]), trainings[name].settings, run)
        populations[name] = keep(f"{name}: turned", [run, name], compute)
    return {"populations": populations, "verdicts": dict(verdicts(next(iter(populations.values()))))}


def resonance(seeds: Annotated[int, range(6, 10_000_000)] = 64, base_seed: BaseSeed = JUDGING_SEED) -> lt.Analysis:
    """Turns the modes of all populations.

    Args:
        seeds: number of networks for each setting; at most 24 for all but the first.
        base_seed: base seed of all networks; other values give other networks with the same seed numbers.
    """
    trainings: dict[str, Any] = {}
    for name, (frequency, amplitude) in POPULATIONS.items():
        networks = min(seeds, OTHERS) if trainings else seeds
        flags = f"--seeds={networks}", f"--base_seed={base_seed}", f"--train_amplitude={amplitude}"
        trainings[name] = lt.ask(experiment(frequency), *flags)
    return lt.Analysis(
        name="resonance",
        settings={"seeds": seeds, "base_seed": base_seed},
        needs=trainings,
        score=lambda runs, keep: score(runs, trainings, keep),
        draw=lambda metrics, _: {"resonance.png": here.figures.resonance(metrics)},
        report=report,
    )


def report(metrics: Mapping[str, Any]) -> Iterator[RenderableType]:
    """Yields slopes by line and population, the damage, and the verdicts on the hypotheses."""
    populations = metrics["populations"]
    first = next(iter(populations.values()))
    edits = list(first["slopes"])
    rows = []
    for line, duration in first["decay"].items():
        summaries = [*(slopes[line] for slopes in first["slopes"].values()), duration]
        rows.append((line, *(lt.tables.estimate(summary, places=3) for summary in summaries)))
    columns = ("line", *(f"{edit}>" for edit in edits), "duration>")
    title = "slope of log wave frequency on log factor, median and 95 % bootstrap interval: 1 follows, 0 stays"
    yield lt.tables.table(title, columns, rows, **lt.tables.PLAIN)
    factors = [f"× {factor:g}>" for factor in first["factors"]]
    damage = [(edit, *(lt.tables.number(row["median"]) for row in values)) for edit, values in first["damage"].items()]
    yield lt.tables.table("median RMSE of the training curve", ("edit", *factors), damage, **lt.tables.PLAIN)
    others = [
        (
            name,
            f"{population['oscillating']}/{population['networks']}",
            lt.tables.number(population["frequency"]["median"]),
            *(_middle(population["slopes"][edit]) for edit in edits),
            _middle(population["decay"]),
            lt.tables.estimate(population["lines"]["correlation"], places=3),
        )
        for name, population in populations.items()
    ]
    names = ("trained on", "oscillate>", "rad per x>", *(f"{edit}>" for edit in edits), "duration>", "local mode>")
    title = "median of the lines' slopes, and rank correlation of local modes and waves over lines"
    yield lt.tables.table(title, names, others, **lt.tables.PLAIN)
    for name, counts in metrics["verdicts"].items():
        nonzero = {verdict: count for verdict, count in counts.items() if count}
        lines = ", ".join(f"{verdict} on {count} lines" for verdict, count in nonzero.items())
        yield f"{name}: {lines if sum(nonzero.values()) > 1 else next(iter(nonzero))}"


def _middle(lines: Mapping[str, Any]) -> str:
    medians = [summary["median"] for summary in lines.values() if summary["median"] is not None]
    return lt.tables.number(round(median(medians), 3)) if medians else "–"


if __name__ == "__main__":
    lt.main(resonance)
