"""Which recipe did the post use? Scores training settings by how well their seeds explain the published answers.

The post does not state the optimizer, learning rate, steps, gates or size of its network. This command trains the
sine's networks over a grid of these settings, and scores each setting on the published answers to lines and to other
amplitudes: the energy score, a proper scoring rule, of a published curve under the distribution of answers over seeds.
It reports the settings that no other beats, and the one that a fixed rule chooses among them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import RenderableType

import lstm_toys as lt
from lstm_toys import tables
from lstm_toys.cli import command, studies
from lstm_toys.studies.sweep import ask as sweeps

from . import analyses, post, sine

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


def probes(x: lt.TimePoints) -> list[lt.Probe]:
    """The inputs of the post's network, including the training sine."""
    amplitude = sine.TRAIN_AMPLITUDE
    trained = {"amplitude": amplitude, "frequency": sine.FREQUENCY, "phase": 0.0, "offset": amplitude}
    return [lt.probe("sine", "sine", trained, x), *sine.probes(x)]


NETWORKS = replace(sine.EXPERIMENT, probes=probes)


def recipe(seeds: int, base_seed: int) -> lt.Analysis:
    """Scores the networks of all settings."""
    given = f"--seeds={seeds}", f"--base_seed={base_seed}"
    settings = tuple(
        each
        for grid in GRIDS
        for each in studies.expand(sine.EXPERIMENT, [(name, text.split()) for name, text in grid.items()], given)[0]
    )
    return lt.Analysis(
        name="recipe",
        settings={"seeds": seeds, "base_seed": base_seed},
        needs={"networks": sweeps.ask(NETWORKS, sweeps.SweepSettings("recipe_networks", settings), Path())},
        score=lambda needs, _: post.recipe.summarize(post.recipe.results_of(needs["networks"]), settings),
        draw=lambda metrics, needs: post.figures.recipe(metrics, post.recipe.results_of(needs["networks"])),
        report=report,
    )


def report(metrics: dict[str, Any]) -> Iterator[RenderableType]:
    """Yields the settings that no other beats, the best first."""
    chosen = metrics["settings"][metrics["chosen"]]
    unbeaten = [row for row in metrics["settings"] if row["unbeaten"] or row is chosen]
    rows = [
        (f"{'* ' * (row is chosen)}{row['name']}", *tables.spread(row, "score"))
        for row in sorted(unbeaten, key=lambda row: row["score"])
    ]
    title = f"of {len(metrics['settings'])} settings, those that no other beats by energy score; * is chosen"
    yield tables.table(title, ("setting", "score>", "95 % bootstrap>"), rows, **tables.PLAIN)


def plan(arguments: Sequence[str]) -> command.Plan:
    """Turns a command line into a plan."""
    return analyses.plan(recipe, __doc__, arguments, least=2, seeds=32, base_seed=0)


if __name__ == "__main__":
    command.run_and_exit(plan)
