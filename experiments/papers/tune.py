"""Which settings learn? Ranks optimizers and learning rates for each population of a set of claims.

Every population has the same budget: the same grid, the same number of networks under each setting, and as many steps
as the claims give it. The networks are of another base seed than the ones that judge the claims. The best setting is
the one with the smallest median loss of the validation set.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence

import lstm_toys as lt
from lstm_toys.cli import command, flags, parsers, studies
from lstm_toys.runs.ask import Ask
from lstm_toys.studies.sweep.ask import SweepSettings, ask

from .ask import tuned

GRID = {"optimizer": ["adam", "rmsprop"], "learning_rate": ["0.003", "0.01", "0.03", "0.1"]}
"""The settings that are tried for every population."""

TABLE: flags.FlagTable = {
    "task": (parsers.choice("counting", "memory"), "topic of the papers whose populations are tuned"),
    "seeds": (parsers.integer(2, 2**31 - 1), "number of networks for each setting"),
    "base_seed": (parsers.integer(1, 2**32 - 1), "base seed of these networks; claims are tested on base seed 0"),
    **{
        name: flags.FLAGS[name]
        for name in ("results_dir", "publish", "restart", "quiet", "checkpoint_every", "cluster")
    },
}
DEFAULTS = {**flags.DEFAULTS, "task": "counting", "seeds": 8, "base_seed": 100}


def sweeps(claims: lt.Claims, values: Mapping[str, object]) -> dict[str, Ask[SweepSettings]]:
    """The sweep of every population that has a training of its own, by population."""
    options = flags.options({**values})
    axes = [*GRID.items()]
    asked = {}
    for name, (experiment, changes) in claims.populations.items():
        own = [each for each in changes if each.split("=")[0].removeprefix("--") not in GRID]
        size = [f"--{flag}={values[flag]}" for flag in ("seeds", "base_seed")]
        settings, _ = studies.expand(experiment, axes, [*own, *size])
        asked[name] = ask(experiment, SweepSettings(f"tune_{name}", settings), options.results_dir)
    return asked


def plan(arguments: Sequence[str]) -> command.Plan:
    """Turns a command line into a plan."""
    values = flags.read("tune", str(__doc__), TABLE, DEFAULTS, arguments)
    options, task = flags.options(values), values["task"]
    asked = sweeps(importlib.import_module(f"{__package__}.{task}").CLAIMS, values)
    return command.Plan([tuned(task, asked, options.results_dir)], options)


if __name__ == "__main__":
    command.run_and_exit(plan)
