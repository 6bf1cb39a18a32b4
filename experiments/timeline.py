"""When in its training did the post's network give its published answers?

Trains the networks of the experiment `sine` once, and compares them after many numbers of steps with the published
answers, figure by figure. Two criteria choose the number of steps: the energy score of the published curves, and the
likelihood of their first values, which depend only on the first input.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rich.console import RenderableType

import lstm_toys as lt
from lstm_toys import tables
from lstm_toys.cli import command, studies
from lstm_toys.output import listed
from lstm_toys.studies.sweep import ask as sweeps

from . import analyses, post, recipe, sine

STEPS = (*range(125, 2001, 125), 2250, 2500, 3000, 4000)
LEAST_SEEDS = 16
"""Fewest networks: the covariance of the first answers needs more networks than first answers."""


def timeline(seeds: int, base_seed: int) -> lt.Analysis:
    """Compares networks after all numbers of steps."""
    given = f"--seeds={seeds}", f"--base_seed={base_seed}"
    settings, _ = studies.expand(sine.EXPERIMENT, [("steps", [str(each) for each in STEPS])], given)
    return lt.Analysis(
        name="timeline",
        settings={"seeds": seeds, "base_seed": base_seed},
        needs={"networks": sweeps.ask(recipe.NETWORKS, sweeps.SweepSettings("timeline_networks", settings), Path())},
        score=lambda needs, _: post.timeline.summarize(post.recipe.results_of(needs["networks"])),
        draw=lambda metrics, _: {"timeline.png": post.figures.timeline(metrics)},
        report=report,
    )


def report(metrics: dict[str, Any]) -> Iterator[RenderableType]:
    """Yields the steps that fit each published figure, and the choice."""
    if diverged := metrics["diverged_seeds"]:
        yield f"diverged and left out: seeds {listed(diverged)}"
    rows = [
        (name, f"{each['best']:,}", "{:,} to {:,}".format(*each["interval"]), f"{min(each['score']):.4f}")
        for name, each in metrics["published"].items()
    ]
    columns = ("published figure", "best fit>", "5-95 % of networks>", "energy score>")
    title = f"the number of steps that fits each published figure, {metrics['seeds']} networks"
    yield tables.table(title, columns, rows, **tables.PLAIN)
    for name, criterion in (("curves", "by_curves"), ("first answers", "by_first_answers")):
        steps = ", ".join(f"{each:,}" for each in metrics[criterion]["steps"])
        yield f"by the {name}: best {metrics[criterion]['best']:,}; not excluded {steps}"
    yield f"chosen: {metrics['chosen']:,}"


def plan(arguments: Sequence[str]) -> command.Plan:
    """Turns a command line into a plan."""
    return analyses.plan(timeline, __doc__, arguments, least=LEAST_SEEDS, seeds=64, base_seed=0)


if __name__ == "__main__":
    command.run_and_exit(plan)
