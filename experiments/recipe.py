"""Which recipe did the post use? Scores training settings by how well their seeds explain the published answers.

The post does not state the optimizer, learning rate, steps, gates or size of its network. This command trains the
sine's networks over a grid of these settings, and scores each setting on the published answers to lines and to other
amplitudes: the energy score, a proper scoring rule, of a published curve under the distribution of answers over seeds.
It reports the settings that no other beats; the one that a fixed rule chooses among them, with its scores on curves
left out of the choice and on the published answers to other phases, which are not used for the choice; and the verdicts
on the claims about these networks under those settings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import lstm_toys as lt
from lstm_toys.cli import command, flags, parsers, studies
from lstm_toys.studies.analysis import ask as analysis
from lstm_toys.studies.sweep import ask as sweeps

from . import post, sine
from .post.reports import recipe as report

EVERY = {
    "gates": "sigmoid hard",
    "hidden": "16 32 64 32,32",
    "steps": "300 500 750 1000 1250 1500 2000 3000 4000",
}
GRIDS = (
    {"optimizer": "rmsprop rmsprop_keras", "learning_rate": "0.0003 0.001 0.003", **EVERY},
    {"optimizer": "adam", "learning_rate": "0.001 0.003", **EVERY},
    {"optimizer": "sgd", "learning_rate": "0.01 0.1 0.3", **EVERY},
)
TAKEN = (
    *("seeds", "base_seed", "block", "results_dir", "publish", "replot", "restart", "quiet", "checkpoint_every"),
    *("figure_format", "cluster", "mixed", "compile_cache"),
)
TABLE: flags.FlagTable = {
    **{name: flags.FLAGS[name] for name in TAKEN},
    "seeds": (parsers.integer(2, 2**31 - 1), "number of networks for each setting; a score needs at least two"),
    "restart": (None, "score again, even if the run is finished; trained networks are reused"),
}
DEFAULTS = {**flags.DEFAULTS, "seeds": 32}


def probes(x: lt.TimePoints) -> list[lt.Probe]:
    """The inputs of the post's network, including the training sine."""
    amplitude = sine.TRAIN_AMPLITUDE
    trained = {"amplitude": amplitude, "frequency": sine.FREQUENCY, "phase": 0.0, "offset": amplitude}
    return [lt.probe("sine", "sine", trained, x), *sine.probes(x)]


NETWORKS = replace(sine.EXPERIMENT, probes=probes)


def shared(values: Mapping[str, Any]) -> list[str]:
    """Returns the flags that all networks share, from the values of the command's flags."""
    return [f"--{name}={values[name] or 'auto'}" for name in ("seeds", "block")] + [
        f"--base_seed={values['base_seed']}"
    ]


def plan(arguments: Sequence[str]) -> command.Plan:
    """Turns a command line into a plan."""
    values = flags.read("recipe", __doc__, TABLE, DEFAULTS, arguments)
    options = flags.options(values)
    given = shared(values)
    default, _ = flags.parse(sine.EXPERIMENT, given)
    settings = tuple(
        each
        for grid in GRIDS
        for each in studies.expand(sine.EXPERIMENT, [(name, text.split()) for name, text in grid.items()], given)[0]
    )
    networks = sweeps.ask(NETWORKS, sweeps.SweepSettings("recipe_networks", settings), options.results_dir)
    recipe = lt.Analysis(
        name="recipe",
        settings={name: getattr(default, name) for name in ("seeds", "base_seed")},
        needs={"networks": networks},
        score=lambda needs, _: post.recipe.summarize(post.recipe.results_of(needs["networks"]), settings, default),
        draw=lambda metrics, needs: post.figures.recipe(metrics, post.recipe.results_of(needs["networks"])),
        report=report,
    )
    return command.Plan([analysis.ask(recipe, options.results_dir)], options)


if __name__ == "__main__":
    command.run_and_exit(plan)
