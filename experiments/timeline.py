"""When in its training did the post's network give its published answers?

Trains the networks of `experiments.sine` once, and compares them after many numbers of steps with the published
answers, figure by figure. Two criteria choose the number of steps: the energy score of the published curves, and the
likelihood of their first values, which depend only on the first input.
"""

from __future__ import annotations

from collections.abc import Sequence

import lstm_toys as lt
from lstm_toys.cli import command, flags, parsers, studies
from lstm_toys.studies.analysis import ask as analysis
from lstm_toys.studies.sweep import ask as sweeps

from . import post, recipe, sine
from .post.reports import timeline as report

STEPS = (*range(125, 2001, 125), 2250, 2500, 3000, 4000)
LEAST_SEEDS = 16
"""Fewest networks: the covariance of the first answers needs more networks than first answers."""

TABLE: flags.FlagTable = {
    **recipe.TABLE,
    "seeds": (parsers.integer(LEAST_SEEDS, 2**31 - 1), "number of networks compared after each number of steps"),
    "restart": (None, "compare again, even if the run is finished; trained networks are reused"),
}
DEFAULTS = {**recipe.DEFAULTS, "seeds": 64}


def plan(arguments: Sequence[str]) -> command.Plan:
    """Turns a command line into a plan."""
    values = flags.read("timeline", __doc__, TABLE, DEFAULTS, arguments)
    options = flags.options(values)
    shared = recipe.shared(values)
    default, _ = flags.parse(sine.EXPERIMENT, shared)
    settings, _ = studies.expand(sine.EXPERIMENT, [("steps", [str(each) for each in STEPS])], shared)
    networks = sweeps.ask(recipe.NETWORKS, sweeps.SweepSettings("timeline_networks", settings), options.results_dir)
    timeline = lt.Analysis(
        name="timeline",
        settings={name: getattr(default, name) for name in ("seeds", "base_seed")},
        needs={"networks": networks},
        score=lambda needs, _: post.timeline.summarize(post.recipe.results_of(needs["networks"]), default.steps),
        draw=lambda metrics, _: {"timeline.png": post.figures.timeline(metrics)},
        report=report,
    )
    return command.Plan([analysis.ask(timeline, options.results_dir)], options)


if __name__ == "__main__":
    command.run_and_exit(plan)
