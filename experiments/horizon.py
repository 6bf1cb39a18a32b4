"""Why do LSTMs stop counting? Shows networks that learned a^n b^n, n up to 50, strings with n up to 2,000.

Trains LSTMs with sigmoid and with hard gates under six recipes each, two of them also for three times the steps.
Reports how far they count, whether the leak of the counter's forget gate or the asymmetry of its steps predicts it, and
how far networks count when their saturated gates are rounded to 0 and 1. The networks' base seed is used by no other
run; missing networks are trained first.

A network counts to n if it accepts a^m b^m for every m of `SIZES` up to n. If the counter's forget gate is below 1, the
count leaks; if a b takes away another amount than an a adds, it drifts. Gates near 0 or 1 that are rounded to 0 and 1
neither leak nor drift; hard gates reach these values by training.

Hypotheses and thresholds were fixed before any network with the judging base seed was trained. A trial with other seeds
had shown that no sigmoid LSTM of 192 reaches 1,000, and that 61 of 64 with hard gates do. Where the leak is measured
was changed after these networks had been judged: it was the mean over all steps, nearly all of which came from the ends
and the turn under RMSprop.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import jax.numpy as jnp
import jaxtyping as jt
import numpy as np

import lstm_toys as lt
from lstm_toys.cli import command
from lstm_toys.results.summary import as_json, finite
from lstm_toys.runs.folder import Run
from lstm_toys.studies.analysis.settings import Keep

from . import analyses, papers
from .explained import rank_correlation
from .papers import languages, networks
from .papers.counting import EXPERIMENT
from .papers.hypotheses import FAR, LEAK
from .papers.languages import TRAINED
from .papers.populations import RATES, recipe
from .resonance import JUDGED_BY

STEPS = 3_000

RECIPES = {
    **{recipe(name, rate): (name, rate, STEPS) for name, rates in RATES.items() for rate in rates},
    "RMSprop 0.1, three times the steps": ("rmsprop", 0.1, 3 * STEPS),
    "Adam 0.01, three times the steps": ("adam", 0.01, 3 * STEPS),
}
"""Optimizer, learning rate and steps."""

SIZES = np.unique(np.concatenate([np.arange(1, 51), np.geomspace(50, 2_000, 40).round()])).astype(int)
"""The m of the strings that are shown: every one of the training, and others up to 2,000."""

SATURATED = 0.05
"""A gate is saturated within this distance of 0 or 1."""

PREDICTS = 0.5
"""A quantity predicts if the median over recipes of its rank correlation is at least this far from 0, in the direction
that is expected, and the 95 % bootstrap interval excludes 0 on that side under at least half of the recipes that can be
judged."""

LEAST = 8
"""Fewest networks with both numbers, at least three of them different, for a rank correlation."""

DRIFT = "asymmetry of the counter"


def score(needs: Mapping[str, Run], keep: Keep) -> dict[str, Any]:
    """Measures all populations, and judges the hypotheses; ``needs`` are named ``gates, recipe``.

    Returns what `measured` returns, with ``correlations`` of ``reached`` with `LEAK` and `DRIFT`, and the `verdicts`.
    """
    found = {name: keep(f"{name}: counted", [run, name], partial(measured, run)) for name, run in needs.items()}
    for own in found.values():
        own["correlations"] = {what: correlation(own, what) for what in (LEAK, DRIFT)}
    return {"sizes": SIZES.tolist(), "populations": found, "verdicts": dict(verdicts(found))}


def measured(run: Run) -> dict[str, Any]:
    """What is measured of the networks of a run that did not diverge.

    Returns, with one number per network: ``reached``; ``rounded``, the same with saturated gates rounded; and for
    networks that count to `TRAINED`, else None: `LEAK`, the mean of 1 - forget gate of the counter along the `STEADY`
    a's and b's of a^50 b^50; `DRIFT`, the relative difference of what a b takes away and an a adds. ``diverged``: the
    seeds that are left out.
    """
    trained = lt.load(run.folder)
    lost, trained = trained.diverged, trained[~trained.diverged]
    inside = networks.counters(trained)
    leak = np.mean([inside[f"1 - forget gate, 11th to 48th {symbol}"] for symbol in "ab"], axis=0)
    up, down = inside["change of the state with each a"], inside["change of the state back with each b"]
    values = {
        "reached": reached(trained),
        "rounded": reached(trained, SATURATED),
        LEAK: leak,
        DRIFT: np.abs(down - up) / np.abs(up),
    }
    return {**as_lists(values), "diverged": np.flatnonzero(lost).tolist()}


def as_lists(values: Mapping[str, Any]) -> dict[str, list[float | None]]:
    """Numbers of networks for JSON; None for what is not finite."""
    return {name: [finite(value) for value in np.asarray(each, float).tolist()] for name, each in values.items()}


def reached(trained: lt.Networks, saturated: float = 0.0) -> jt.Float[np.ndarray, " S"]:
    """The largest n up to which networks accept every string, in double precision; 0 if not even the first one.

    Gates within ``saturated`` of 0 or 1 are rounded.
    """
    made = languages.powers(jnp.asarray(SIZES), 2 * int(SIZES.max()) + 1, 2)
    inputs, targets = (np.asarray(each) for each in (made.inputs, made.targets))
    lengths, weights = np.asarray(made.lengths), np.asarray(made.weights)
    params = {name: {key: np.asarray(leaf, float) for key, leaf in own.items()} for name, own in trained.params.items()}
    layer, readout = params["lstm_0"], params["readout"]
    hidden = cell = np.zeros((len(layer["bias"]), len(SIZES), layer["recurrent_kernel"].shape[1]))
    right = np.ones(hidden.shape[:2], bool)
    for time in range(inputs.shape[1]):
        shown = lengths > time
        drive = inputs[:, time] @ layer["kernel"] + hidden @ layer["recurrent_kernel"] + layer["bias"][:, None]
        i, f, g, o = np.split(drive, 4, axis=-1)
        i, f, o = (rounded(opened(each, trained.model.gates), saturated) for each in (i, f, o))
        cell = f * cell + i * np.tanh(g)
        hidden = o * np.tanh(cell)
        logits = hidden @ readout["kernel"] + readout["bias"][:, None]
        counts = shown & (weights[:, time] > 0)
        right &= ~counts | ((logits > 0) == (targets[:, time] > 0.5)).all(axis=-1)
    first = np.where(right.all(axis=1), len(SIZES), right.argmin(axis=1))
    return np.concatenate([[0], SIZES])[first].astype(float)


def opened(values: np.ndarray, gates: str) -> np.ndarray:
    """The gate function in double precision."""
    return np.clip(0.2 * values + 0.5, 0, 1) if gates == "hard" else 0.5 * np.tanh(values / 2) + 0.5


def rounded(openness: np.ndarray, saturated: float) -> np.ndarray:
    """Rounds gates within ``saturated`` of 0 or 1."""
    return np.where(np.minimum(openness, 1 - openness) < saturated, openness.round(), openness)


def correlation(own: Mapping[str, Any], what: str, of: str = "reached") -> dict[str, Any]:
    """The rank correlation over networks of a quantity with another, the n reached, with a 95 % bootstrap interval."""
    pairs = np.array([each for each in zip(own[what], own[of], strict=True) if each[0] is not None], float)
    if len(pairs) < LEAST or len(np.unique(pairs[:, 1])) < 3:
        return {"networks": len(pairs), "value": None, "low": None, "high": None}
    return {"networks": len(pairs), **rank_correlation(pairs[:, 0], pairs[:, 1], np.random.default_rng(0))}


def share(values: list[float], least: float) -> dict[str, Any]:
    """The share of networks that reach at least so far, with its Wilson interval."""
    met = sum(value >= least for value in values)
    return {"networks": len(values), "count": met, **as_json(lt.wilson(met, len(values)))}


def predicts(rows: list[Mapping[str, Any]], expected: int = 0) -> dict[str, Any]:
    """Judges by rank correlations of several recipes whether a quantity predicts another.

    ``expected`` is the sign of the correlation, or 0 for that of the median; ``count`` is the number of recipes whose
    interval excludes 0 on this side.
    """
    known = [each for each in rows if each["value"] is not None]
    median = finite(np.median([each["value"] for each in known])) if known else None
    sign = expected or (-1 if median is not None and median < 0 else 1)
    excluded = sum(sign * each["low"] > 0 and sign * each["high"] > 0 for each in known)
    supported = median is not None and sign * median >= PREDICTS and 2 * excluded >= len(known)
    return {"recipes": len(known), "count": excluded, "median": median, "supported": supported}


def verdicts(found: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Judges the hypotheses, each by all recipes, of which at least half of the networks count to `TRAINED`."""
    by_gates: dict[str, dict[str, Any]] = {"sigmoid": {}, "hard": {}}
    for name, own in found.items():
        gates, _, recipe = name.partition(", ")
        by_gates[gates][recipe] = own
    for gates, most in (("sigmoid", False), ("hard", True)):
        reached = {recipe: own["reached"] for recipe, own in by_gates[gates].items() if own["reached"]}
        counting = {recipe: each for recipe, each in reached.items() if np.mean(np.array(each) >= TRAINED) >= 0.5}
        known = {recipe: share(each, FAR) for recipe, each in counting.items()}
        met = [recipe for recipe, each in known.items() if (each["low"] > 0.5 if most else each["high"] < 0.5)]
        words = f"{gates} gates: {'most' if most else 'few'} networks reach {FAR:,}"
        decided = {"recipes": len(known), "count": len(met), "met": met, "supported": 0 < len(known) == len(met)}
        yield words, decided
    for what in (LEAK, DRIFT):
        yield f"{what} predicts n", predicts([own["correlations"][what] for own in by_gates["sigmoid"].values()], -1)
    pairs = [
        (after, before)
        for own in by_gates["sigmoid"].values()
        for after, before in zip(own["rounded"], own["reached"], strict=True)
        if before >= TRAINED
    ]
    carried = share([after for after, _ in pairs], FAR)
    farther = share([float(after > before) for after, before in pairs], 1)
    supported = carried["low"] is not None and carried["low"] > 0.5
    yield "rounded gates carry sigmoid LSTMs on", {**carried, "farther": farther, "supported": supported}


def horizon(seeds: int, base_seed: int) -> lt.Analysis:
    """Counts with the networks of all recipes."""
    needs = {
        f"{gates}, {name}": lt.ask(
            EXPERIMENT,
            f"--seeds={seeds}",
            f"--base_seed={base_seed}",
            f"--gates={gates}",
            f"--optimizer={optimizer}",
            f"--learning_rate={rate}",
            f"--steps={steps}",
        )
        for gates in ("sigmoid", "hard")
        for name, (optimizer, rate, steps) in RECIPES.items()
    }
    return lt.Analysis(
        name="horizon",
        settings={"seeds": seeds, "base_seed": base_seed},
        needs=needs,
        score=score,
        draw=lambda metrics, _: {"horizon.png": papers.figures.horizon(metrics)},
        report=lambda metrics: papers.reports.horizon(metrics),
    )


plan = partial(analyses.plan, horizon, __doc__, 6, {"seeds": 24, "base_seed": JUDGED_BY})

if __name__ == "__main__":
    command.run_and_exit(plan)
