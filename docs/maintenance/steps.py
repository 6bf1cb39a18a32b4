"""The commands that make everything in ``results/``."""

from __future__ import annotations

from typing import NamedTuple

from experiments import all as every
from experiments.page import runs
from experiments.post.predictions import KEPT

SEA = "results/runs/elnino.csv"
"""The file of temperatures that networks of `experiments.own` learn."""


class Step(NamedTuple):
    """A command, as typed after ``python -m``, and the folders of ``results/`` that it publishes."""

    command: str
    sets: tuple[str, ...] = ()


OWN = f"experiments.own --train {SEA} --ask next --seeds 16 --quantity 'temperature (°C)'"
DYNAMICS = f"experiments.dynamics --task sine --seeds 64 --keep_steps {','.join(map(str, KEPT))}"
PAPERS = tuple(
    step
    for name, networks in (("counting", 128), ("memory", 64))
    for step in (
        Step(f"experiments.papers.tune --task {name}", (f"papers/{name}_recipes",)),
        Step(f"experiments.papers --paper {name} --random {networks} --variants", (f"papers/{name}",)),
        Step(
            f"experiments.claims --claims experiments.papers.{name} --specifications --seeds 24",
            (f"claims_experiments_papers_{name}_specifications",),
        ),
    )
)
GRIDS = tuple(
    Step(f"experiments.generalization --task {name} --seeds 64", (f"generalization_{name}",))
    for name in ("sine", "amplitude", "slope_intercept")
)
SHOWN = tuple(
    Step(f"experiments.{' '.join(commands[0])}")
    for name, commands in runs.COMMANDS.items()
    if name not in (*every.EXPERIMENTS, "claims")
)
"""Runs that nothing but the page shows."""

STEPS = (
    *(Step(f"experiments.{name} --seeds 16", (name,)) for name in every.EXPERIMENTS),
    Step(OWN, ("own",)),
    *GRIDS,
    *SHOWN,
    Step("experiments.timeline", ("timeline",)),
    Step(DYNAMICS, ("dynamics_sine",)),
    Step("experiments.recipe", ("recipe",)),
    Step("experiments.claims --variants", ("claims",)),
    Step("experiments.claims --specifications", ("claims_specifications",)),
    Step("experiments.null", ("null",)),
    *PAPERS,
    Step("experiments.explained", ("explained",)),
    Step("experiments.resonance", ("resonance",)),
    Step("experiments.longevity", ("longevity",)),
    Step("experiments.horizon", ("horizon",)),
)

BENCHMARKS = (
    "benchmarks.sequences",
    "benchmarks.scaling",
    "benchmarks.end_to_end --variants",
    "benchmarks.population --peers",
)

PAGE = "experiments.page --quiet"


def commands() -> dict[str, str]:
    """The command that publishes each set."""
    return {name: f"python -m {step.command}" for step in STEPS for name in step.sets}
