"""Trains populations over a grid of settings: which hyperparameters learn a task, and how do the networks generalize?

Trains one experiment's networks under each combination of the values in the --grid flags. Settings that differ only in
learning rate, momentum, decay, noise, numbers of the training curves (--train_NAME) or steps share one compiled
program; each combination of optimizer, hidden, readout, cell, gates and timesteps needs a separate one. For several
numbers of steps, networks are trained once and evaluated after each of them.
"""

from __future__ import annotations

import math
from collections import ChainMap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Annotated, Any, ClassVar

from lstm_toys.output import counted
from lstm_toys.runs import flags, parsers
from lstm_toys.runs.experiment import Experiment, configure, flags_of
from lstm_toys.runs.flags import UsageError
from lstm_toys.runs.identity import SWEPT, Identity, Options, Settings
from lstm_toys.studies.settings import OfNetworks
from lstm_toys.tasks.parameters import NUMBER

MOST_SETTINGS, MOST_NETWORKS = 10_000, 1_000_000

Axes = Sequence[tuple[str, Sequence[str]]]
"""Names of flags, and their values as they are typed."""


@parsers.taking(
    f"'flag=value value ...', each value once; the flag is one of {', '.join(SWEPT)} or {NUMBER}NAME", many=True
)
def setting(text: str) -> tuple[str, list[str]]:
    """Parses the name of a flag and its values, such as ``learning_rate=0.1 1``."""
    name, _, written = text.partition("=")
    name, values = name.strip(), written.split()
    known = name in SWEPT or name.startswith(NUMBER)
    if not known or not values or len(set(values)) < len(values):
        raise ValueError
    return name, values


@dataclass(frozen=True, kw_only=True)
class SweepSettings(OfNetworks):
    """The settings of all populations of a sweep, which share the experiment and the seeds."""

    study: ClassVar[str] = "lstm_toys.studies.sweep.study:Sweep"

    grid: Annotated[tuple[tuple[str, list[str]], ...], setting, "a single setting"] = field(default=(), compare=False)
    """Values of another flag, such as 'learning_rate=0.1 1'; repeat --grid for each flag that varies."""
    keep_networks: bool = False
    """Keep the trained networks for lt.load also if they take 100 MB or more; below, they are kept."""
    settings: tuple[Settings, ...]

    def __str__(self) -> str:
        return f"{counted(len(self.settings), 'setting')}, {counted(self.settings[0].seeds, 'seed')}"

    @classmethod
    def parse(cls, subject: Experiment, typed: Mapping[str, Any]) -> tuple[Experiment, Identity, Options]:
        if "grid" not in typed:  # A single setting is a training.
            return subject, *configure(subject, typed)
        settings, options = expand(subject, typed["grid"], typed)
        return subject, cls("sweep", settings=settings, **flags.select(cls, typed)), options


def expand(experiment: Experiment, axes: Axes, typed: Mapping[str, Any]) -> tuple[tuple[Settings, ...], Options]:
    """Returns the settings of a grid, and the options. Raises UsageError if one is invalid or there are too many."""
    names = [name for name, _ in axes]
    if twice := {name for name in names if names.count(name) > 1}:
        raise UsageError(f"flag --grid: {min(twice)} is given twice; give all its values in one --grid")
    if fixed := [name for name in names if name in typed]:
        raise UsageError(f"flag --{fixed[0]}: also given by --grid; give one of the two")
    if (count := math.prod(len(values) for _, values in axes)) > MOST_SETTINGS:
        raise UsageError(f"flag --grid: {count:,} settings; at most {MOST_SETTINGS:,} are allowed")
    keeping = replace(experiment, defaults={**experiment.defaults, "keep_steps": ()})
    table = flags_of(keeping)
    choices = [[flags.read(table, [f"--{name}={value}"]) for value in values] for name, values in axes]
    first, options = configure(keeping, {**typed, **ChainMap(*(values[0] for values in choices))})
    if (networks := first.seeds * count) > MOST_NETWORKS:
        several = f"{counted(count, 'setting')} of {counted(first.seeds, 'seed')}"
        raise UsageError(f"flag --seeds: {several} are {networks:,} networks; at most {MOST_NETWORKS:,} are allowed")
    if first.keep_steps:
        raise UsageError(
            "flag --keep_steps: a sweep keeps networks after the steps of --grid 'steps=...'; use that instead"
        )
    settings = tuple(configure(keeping, {**typed, **ChainMap(*chosen)})[0] for chosen in product(*choices))
    if len(set(settings)) < len(settings):
        raise UsageError("flag --grid: two settings have the same values, written differently")
    return settings, options
