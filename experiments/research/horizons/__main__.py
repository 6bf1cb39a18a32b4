"""How far do gates carry what networks learned, and can it be read off inside the training range?

Trains LSTMs on a^n b^n, n up to 50, under six recipes, and linear recurrences on the parity of up to 80 bits under
three rates, with a sigmoid, which cannot close exactly, and with a hard one, which can. Predicts for each network
from its parameters, without any string longer than those of the training, how far it is right, and tests the prediction
by shifting the bias of one gate. Missing networks are trained first; their base seed is used by no other run.

Hypotheses, thresholds and rules were fixed before any network with this base seed was trained: definitions.md.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Annotated, Any

from rich.console import RenderableType

import lstm_toys as lt

from ... import BaseSeed
from .. import horizons
from ..papers.counting import EXPERIMENT as COUNTING_EXPERIMENT
from ..papers.populations import OPTIMIZERS
from ..papers.tracking import LINEAR
from . import hypotheses, measures
from .measurements import measure_counters, measure_recurrences, measured
from .parity import EXPERIMENT as PARITY_EXPERIMENT

JUDGING_SEED = 0x1544
"""Base seed of the networks that judge the hypotheses: the first digits of the commit that defined these, 1544eefa."""

OPTIMIZER = {words: name for name, words in OPTIMIZERS.items()}


def trained(name: str, seeds: int, base_seed: int) -> Any:
    """The study that trains the population of this name; `hypotheses` has the names."""
    task, gates, recipe = name.split(", ")
    optimizer, rate = recipe.split()
    flags = f"--seeds={seeds} --base_seed={base_seed} --optimizer={OPTIMIZER[optimizer]} --learning_rate={rate}".split()
    if task == "counting":
        return lt.ask(COUNTING_EXPERIMENT, *flags, f"--gates={gates}")
    cell = f"--cell={LINEAR}(hard={gates == 'hard'})"
    return lt.ask(PARITY_EXPERIMENT, *flags, f"--timesteps={task.split()[1]}", cell)


def measure(name: str, run: lt.Run) -> dict[str, Any]:
    """Measures the networks of a population."""
    task, gates, _ = name.split(", ")
    if task == "counting":
        return measured(run, measure_counters)
    return measured(run, partial(measure_recurrences, hard=gates == "hard", length=int(task.split()[1])))


def score(needs: Mapping[str, lt.Run], seeds: int, keep: Callable[..., Any]) -> dict[str, Any]:
    """Measures all populations, and judges the hypotheses."""
    results = {name: keep(f"{name}: measured", [run, name], partial(measure, name, run)) for name, run in needs.items()}
    counts = measures.resampled(seeds)
    predictions = {name: hypotheses.prediction(result, counts)[0] for name, result in results.items()}
    return {"populations": results, "predictions": predictions, "verdicts": hypotheses.verdicts(results, counts)}


def horizon(seeds: Annotated[int, range(12, 10_000_000)] = 48, base_seed: BaseSeed = JUDGING_SEED) -> lt.Analysis:
    """Measures and judges all populations.

    Args:
        seeds: number of networks for each setting.
        base_seed: base seed of all networks; other values give other networks with the same seed numbers.
    """
    names = [*hypotheses.COUNTERS, *hypotheses.parities("sigmoid", hypotheses.LENGTHS)]
    names += hypotheses.parities("hard")
    return lt.Analysis(
        name="horizons",
        settings={"seeds": seeds, "base_seed": base_seed},
        needs={name: trained(name, seeds, base_seed) for name in names},
        score=lambda runs, keep: score(runs, seeds, keep),
        draw=lambda metrics, _: {
            "counting.png": horizons.figures.counting(metrics),
            "parity.png": horizons.figures.parity(metrics),
        },
        report=report,
    )


def report(metrics: Mapping[str, Any]) -> Iterator[RenderableType]:
    """Yields how horizons are distributed and predicted by population, what interventions do, and the verdicts."""
    predictions = metrics["predictions"]
    rows: list[tuple[str, ...]] = [(name, *_counts(prediction)) for name, prediction in predictions.items()]
    columns: tuple[str, ...] = ("task, gates, recipe", "eligible>", "at K>", "median H>", "quartiles>", "is>")
    yield lt.tables.table("horizons", columns, rows, **lt.tables.PLAIN)
    judged = {name: row for name, row in predictions.items() if row["judged"] == "judged"}
    rows = [(name, _value(row["skill"]["P"]), _value(row["concordance"])) for name, row in judged.items()]
    yield lt.tables.table("predictions", ("task, gates, recipe", "skill>", "C>"), rows, **lt.tables.PLAIN)
    recipes = metrics["verdicts"]["H4"]["recipes"]
    edits = [edit for edit in next(iter(recipes.values())) if edit != "met"]
    rows = [(name, *(_value(recipe[edit]) for edit in edits)) for name, recipe in recipes.items()]
    title = "median slope of log H on log P over shifts of a bias: the counter's forget bias, or others"
    yield lt.tables.table(title, ("recipe", *(f"{edit}>" for edit in edits)), rows, **lt.tables.PLAIN)
    for name, verdict in metrics["verdicts"].items():
        estimates = {key: verdict[key] for key in ("skill", "concordance", "slope") if key in verdict}
        words = "".join(f"{key} {_value(estimate)}, " for key, estimate in estimates.items())
        words += "".join(f"{gates} {_reached(reached)}, " for gates, reached in verdict.get("reach K", {}).items())
        result = "supported" if verdict["supported"] else "not supported"
        yield f"{name}: {result} ({words}p {verdict['p']:.3g}, adjusted {verdict['adjusted p']:.3g})"


def _counts(prediction: Mapping[str, Any]) -> tuple[str, ...]:
    low, middle, high = prediction["quartiles"]
    reached = f"{prediction['eligible']} of {prediction['networks']}", str(prediction["censored"])
    return *reached, lt.tables.number(middle), lt.tables.interval(low, high), prediction["judged"]


def _value(estimate: Mapping[str, Any]) -> str:
    return lt.tables.estimate(estimate, "value", places=2)


def _reached(reached: Mapping[str, Any]) -> str:
    (count, networks), seeds = reached["networks"], reached["seeds"]
    return f"{count} of {networks} networks (exact, of seeds: {seeds['low']:.3f} … {seeds['high']:.3f})"


if __name__ == "__main__":
    lt.main(horizon)
