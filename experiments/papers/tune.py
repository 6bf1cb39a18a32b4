"""Which settings learn? Ranks optimizers and learning rates for each population of a set of claims.

Every population has the same budget: the same grid, the same number of networks, and as many steps as the claims give
it. The networks are of another base seed than the ones that judge the claims.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

import lstm_toys as lt
from lstm_toys import output, tables
from lstm_toys.cli import flags, parsers

from . import lines

GRID: dict[str, Sequence[str | float]] = {
    "optimizer": ("adam", "rmsprop"),
    "learning_rate": (0.001, 0.003, 0.01, 0.03),
}
"""The settings that are tried for every population."""

TASKS = ("counting", "memory")

TABLE: flags.FlagTable = {
    "task": (parsers.choice(*TASKS), "the claims whose populations are tuned"),
    "seeds": (parsers.integer(1, 2**31 - 1), "networks under each setting"),
    "base_seed": (parsers.integer(1, 2**32 - 1), "of these networks; claims are judged on base seed 0"),
    "population": (parsers.name(), "the population that is tuned, or all"),
}
DEFAULTS = {"task": "counting", "seeds": 8, "base_seed": 100, "population": "all"}


def tuned(claims: lt.Claims, name: str, seeds: int, base_seed: int) -> list[lt.Tried]:
    """The settings that were tried for a population, the smallest median loss first."""
    from lstm_toys.runs.preparation import Prepared

    experiment, changes = claims.populations[name]
    settings, _ = flags.parse(experiment, changes)
    made = Prepared(experiment, settings)
    return lt.tune(
        made.task, made.model, GRID, seeds=seeds, steps=settings.steps, base_seed=base_seed, block=made.block
    )


def main(arguments: Sequence[str]) -> None:
    """Prints a table for each population, as soon as it is tuned."""
    values = lines.read("tune", str(__doc__), TABLE, DEFAULTS, arguments)
    claims = importlib.import_module(f"{__package__}.{values['task']}").CLAIMS
    wanted = values["population"]
    if wanted != "all" and wanted not in claims.populations:
        output.complain(f"flag --population={wanted}: the populations are {', '.join(claims.populations)}")
        sys.exit(2)
    lt.configure()
    console = output.console()
    for name in claims.populations if wanted == "all" else (wanted,):
        ranked = tuned(claims, name, values["seeds"], values["base_seed"])
        rows = [(*map(str, each.settings.values()), *lines.shown(each.median)) for each in ranked]
        console.print(tables.table(name, [*GRID, "median loss>", "95 %"], rows, **tables.PLAIN))


if __name__ == "__main__":
    main(sys.argv[1:])
