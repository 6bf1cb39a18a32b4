"""Is the resonance the cause of the waves? Turns the leading mode of the sine's networks at test time.

Changes the frequency and the decay of the mode in which each network oscillates at rest, and fits the waves at the
beginning of its answers to lines. Compares this with random edits that damage the networks as much, with the next
mode, and with the mode at each line; and tests which claims follow. The networks' base seed is used by no other run;
missing networks are trained first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import lstm_toys as lt
from lstm_toys.cli import command, flags, parsers
from lstm_toys.runs.ask import Ask
from lstm_toys.studies.analysis import ask as analysis

from . import post, recipe
from .post.predictions import experiment
from .post.resonance_reports import resonance as report

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

TABLE: flags.FlagTable = {
    **recipe.TABLE,
    "seeds": (parsers.integer(6, 2**31 - 1), f"number of networks; at most {OTHERS} of them on other sines"),
    "restart": (None, "turn modes again, even if the run is finished; trained networks are reused"),
}
DEFAULTS = {**recipe.DEFAULTS, "seeds": 64, "base_seed": JUDGED_BY}


def plan(arguments: Sequence[str]) -> command.Plan:
    """Turns a command line into a plan."""
    values = flags.read("resonance", __doc__, TABLE, DEFAULTS, arguments)
    options = flags.options(values)
    populations: dict[str, Any] = {}
    needs: dict[str, Ask[Any]] = {}
    for name, (frequency, amplitude) in POPULATIONS.items():
        seeds = values["seeds"] if not needs else min(values["seeds"], OTHERS)
        given = [*recipe.shared({**values, "seeds": seeds}), f"--train_amplitude={amplitude}"]
        populations[name] = experiment(frequency), flags.parse(experiment(frequency), given)[0]
        needs[name] = lt.ask(experiment(frequency), *given)
    resonance = lt.Analysis(
        name="resonance",
        settings={name: values[name] for name in ("seeds", "base_seed")},
        needs=needs,
        score=lambda runs, keep: post.resonance.score(runs, populations, keep),
        draw=lambda metrics, _: {"resonance.png": post.resonance_figures.resonance(metrics)},
        report=report,
    )
    return command.Plan([analysis.ask(resonance, options.results_dir)], options)


if __name__ == "__main__":
    command.run_and_exit(plan)
