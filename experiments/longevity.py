"""What does the learning rate choose? Asks networks that learned to remember equally well for how long they do.

Trains LSTMs and GRUs on the three-bit flip-flop with RMSprop and Adam, five rates each, and RMSprop with rates that
decay, are warmed up, are a third for three times the steps, or change at the same loss. Reports for how long the
shortest memory lasts, up to 40,000 steps, and which quantity orders these times under one rate. Also counts the valleys
that stay among networks that learned the sine to the same error under five rates. The networks' base seed is used by no
other run.
"""

from __future__ import annotations

from collections.abc import Sequence

import lstm_toys as lt
from lstm_toys.cli import command

from . import analyses, papers, sine

JUDGED_BY = 52
"""Base seed of the networks that judge the hypotheses; base seed 0 was explored."""

SINE = {"0.0003": 6_000, "0.001": 2_000, "0.003": 1_000, "0.006": 600, "0.01": 400}
"""Learning rates of the sine's networks, which are trained until they reach their goal, and the most steps of each.

The goal is checked at 200 records, so that fewer steps of larger rates stop networks at nearly the same error.
"""


def longevity(seeds: int, base_seed: int) -> lt.Analysis:
    """Measures memories of networks that it trains, and valleys of the sine's, of which there are twice as many."""
    given = f"--seeds={2 * seeds}", f"--base_seed={base_seed}", "--early_stopping=1"
    return lt.Analysis(
        name="longevity",
        settings={"seeds": seeds, "base_seed": base_seed},
        needs={
            rate: lt.ask(sine.EXPERIMENT, *given, f"--learning_rate={rate}", f"--steps={steps}")
            for rate, steps in SINE.items()
        },
        score=lambda runs, keep: papers.longevity.score(runs, base_seed, seeds, keep),
        draw=lambda metrics, _: {"longevity.png": papers.figures.longevity(metrics)},
        report=lambda metrics: papers.reports.longevity(metrics),
    )


def plan(arguments: Sequence[str]) -> command.Plan:
    """Turns a command line into a plan."""
    return analyses.plan(longevity, __doc__, arguments, seeds=16, base_seed=JUDGED_BY)


if __name__ == "__main__":
    command.run_and_exit(plan)
