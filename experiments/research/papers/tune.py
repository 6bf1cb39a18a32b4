"""Which settings learn? Ranks optimizers and learning rates for each population of a set of claims.

Every population has the same budget: the same grid, the same number of networks under each setting, and as many steps
as the claims give it. The networks are of another base seed than the ones that judge the claims. The best setting is
the one with the smallest median loss of the validation set.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from rich.console import RenderableType

import lstm_toys as lt

from . import counting, memory

TASKS = {"counting": counting.CLAIMS, "memory": memory.CLAIMS}

GRID = {"optimizer": "adam rmsprop", "learning_rate": "0.003 0.01 0.03 0.1"}

SHOWN = 3
"""Settings of a population in the table."""


def recipes(
    task: Literal["counting", "memory"] = "counting",
    seeds: Annotated[int, range(2, 2**31)] = 8,
    base_seed: Annotated[int, range(1, 2**32)] = 100,
) -> lt.Analysis:
    """Ranks the settings of each population.

    Args:
        task: topic of the papers whose populations are tuned.
        seeds: number of networks for each setting.
        base_seed: base seed of these networks; claims are tested on base seed 0.
    """
    size = {"seeds": seeds, "base_seed": base_seed}
    flags = [f"--{flag}={value}" for flag, value in size.items()]
    flags += [f"--grid={flag}={values}" for flag, values in GRID.items()]
    sweeps = {}
    for name, (experiment, changes) in TASKS[task].populations.items():
        fixed = [change for change in changes if change.split("=")[0].removeprefix("--") not in GRID]
        sweeps[name] = lt.ask(experiment, *fixed, *flags, study="sweep")
    return lt.Analysis(
        name=f"papers_{task}_recipes",
        settings=size,
        needs=sweeps,
        score=lambda needs, _: score(seeds, needs),
        report=report,
        published=f"papers/{task}_recipes",
    )


def score(seeds: int, needs: Mapping[str, lt.Run]) -> dict[str, Any]:
    """Ranks the settings of finished sweeps, by population."""
    sweeps = {name: run.read_metrics() for name, run in needs.items()}
    return {
        "seeds": seeds,
        "populations": {name: ranked(metrics) for name, metrics in sweeps.items()},
        "sweeps_seconds": sum(sum(metrics["seconds"].values()) for metrics in sweeps.values()),
    }


def ranked(metrics: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The settings of a finished sweep, the smallest median loss of the validation set first."""
    rows = [
        {
            "settings": {name: row[name] for name in metrics["varied"]},
            **row["train_loss"],
            "learned": row["learned"],
            "diverged": len(row["diverged_seeds"]),
        }
        for row in metrics["rows"]
    ]
    return sorted(rows, key=lambda row: float("inf") if row["median"] is None else row["median"])


def report(metrics: Mapping[str, Any]) -> Iterator[RenderableType]:
    """Yields a table of the best settings of each population."""
    rows = []
    for name, ranking in metrics["populations"].items():
        for place, row in enumerate(ranking[:SHOWN]):
            settings = ", ".join(str(value) for value in row["settings"].values())
            learned = f"{row['learned']} of {metrics['seeds']}"
            rows.append(("" if place else name, settings, *lt.tables.spread(row), learned))
    columns = ("population", "settings", "median loss>", "95 % bootstrap>", "learned>")
    title = f"the best {SHOWN} of the settings that were tried for each population"
    yield lt.tables.table(title, columns, rows, **lt.tables.PLAIN)
    yield f"the sweeps took {metrics['sweeps_seconds']:,.0f} s"


if __name__ == "__main__":
    lt.main(recipes)
