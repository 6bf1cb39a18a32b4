"""Why do LSTMs stop counting? Shows networks that learned a^n b^n, n up to 50, strings with n up to 2,000.

Trains LSTMs with sigmoid and with hard gates under eight recipes each. Reports how far they count, whether the leak of
the counter's forget gate or the asymmetry of its steps predicts it, and how far networks count when their saturated
gates are rounded to 0 and 1. The networks' base seed is used by no other run; missing networks are trained first.
"""

from __future__ import annotations

from collections.abc import Sequence

import lstm_toys as lt
from lstm_toys.cli import command, flags, parsers
from lstm_toys.studies.analysis import ask as analysis

from . import papers, recipe
from .papers.counting import EXPERIMENT
from .papers.reports import horizon as report
from .resonance import JUDGED_BY

STEPS = 3_000

RECIPES = {
    **{f"RMSprop {rate:g}": ("rmsprop", rate, STEPS) for rate in (0.01, 0.03, 0.1)},
    **{f"Adam {rate:g}": ("adam", rate, STEPS) for rate in (0.003, 0.01, 0.03)},
    "RMSprop 0.1, three times the steps": ("rmsprop", 0.1, 3 * STEPS),
    "Adam 0.01, three times the steps": ("adam", 0.01, 3 * STEPS),
}
"""Optimizer, learning rate and steps."""

TABLE: flags.FlagTable = {
    **recipe.TABLE,
    "seeds": (parsers.integer(6, 2**31 - 1), "number of networks for each recipe and each kind of gates"),
    "restart": (None, "count again, even if the run is finished; trained networks are reused"),
}
DEFAULTS = {**recipe.DEFAULTS, "seeds": 24, "base_seed": JUDGED_BY}


def plan(arguments: Sequence[str]) -> command.Plan:
    """Turns a command line into a plan."""
    values = flags.read("horizon", __doc__, TABLE, DEFAULTS, arguments)
    options = flags.options(values)
    needs = {
        f"{gates}, {name}": lt.ask(
            EXPERIMENT,
            *recipe.shared(values),
            f"--gates={gates}",
            f"--optimizer={optimizer}",
            f"--learning_rate={rate}",
            f"--steps={steps}",
        )
        for gates in ("sigmoid", "hard")
        for name, (optimizer, rate, steps) in RECIPES.items()
    }
    horizon = lt.Analysis(
        name="horizon",
        settings={name: values[name] for name in ("seeds", "base_seed")},
        needs=needs,
        score=lambda runs, keep: papers.horizon.score(runs, keep),
        draw=lambda metrics, _: {"horizon.png": papers.figures.horizon(metrics)},
        report=report,
    )
    return command.Plan([analysis.ask(horizon, options.results_dir)], options)


if __name__ == "__main__":
    command.run_and_exit(plan)
