"""Why do LSTMs stop counting? Shows networks that learned a^n b^n, n up to 50, strings with n up to 2,000.

Trains LSTMs with sigmoid and with hard gates under six recipes each, two of them also for three times the steps.
Reports how far they count, whether the leak of the counter's forget gate or the asymmetry of its steps predicts it, and
how far networks count when their saturated gates are rounded to 0 and 1. The networks' base seed is used by no other
run; missing networks are trained first.
"""

from __future__ import annotations

from collections.abc import Sequence

import lstm_toys as lt
from lstm_toys.cli import command

from . import analyses, papers
from .papers.counting import EXPERIMENT
from .papers.populations import RATES, recipe
from .resonance import JUDGED_BY

STEPS = 3_000

RECIPES = {
    **{recipe(name, rate): (name, rate, STEPS) for name, rates in RATES.items() for rate in rates},
    "RMSprop 0.1, three times the steps": ("rmsprop", 0.1, 3 * STEPS),
    "Adam 0.01, three times the steps": ("adam", 0.01, 3 * STEPS),
}
"""Optimizer, learning rate and steps."""


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
        score=lambda runs, keep: papers.horizon.score(runs, keep),
        draw=lambda metrics, _: {"horizon.png": papers.figures.horizon(metrics)},
        report=lambda metrics: papers.reports.horizon(metrics),
    )


def plan(arguments: Sequence[str]) -> command.Plan:
    """Turns a command line into a plan."""
    return analyses.plan(horizon, __doc__, arguments, seeds=24, base_seed=JUDGED_BY)


if __name__ == "__main__":
    command.run_and_exit(plan)
