"""The commands that make everything in ``results/``, and their costs the last time.

``python -m docs.maintenance.steps`` lists them with the date on which the published numbers were computed, the commit
before, and what was verified since by `docs.maintenance.verify`; and when the page was published, and whether it has
today's scripts and style.
"""

from __future__ import annotations

import json
import runpy
import shlex
import warnings
from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

from rich.console import RenderableType

from experiments.all import EXPERIMENTS
from experiments.page import build, runs
from experiments.post import recipes as post_recipes
from experiments.research.explained.predictions import KEPT_STEPS
from experiments.research.papers import recipes as paper_recipes
from lstm_toys import output, tables
from lstm_toys.cli import command
from lstm_toys.runs.study import Study

from . import verified
from .history import ROOT, git

RESULTS = ROOT / "results"

SEA = "results/runs/elnino.csv"
"""The file of temperatures that networks of `experiments.own` learn."""


class Step(NamedTuple):
    """A command, as typed after ``python -m``, and the folder of ``results/`` that it publishes, if any."""

    command: str
    published: str = ""


OWN = f"experiments.own --train {SEA} --ask next --seeds 16 --quantity 'temperature (°C)'"
DYNAMICS = f"lstm_toys dynamics --task sine --seeds 64 --keep_steps {','.join(map(str, KEPT_STEPS))}"
DRAWN = f"--variants --recipes {paper_recipes.RECIPES}"
PAPERS = {
    name: (
        Step(f"experiments.research.papers.tune --task {name}", f"papers/{name}_recipes"),
        Step(f"experiments.research.papers --paper {name} --random {networks} {DRAWN}", f"papers/{name}"),
    )
    for name, networks in (("counting", 128), ("memory", 64))
} | {
    # The first digits of the commit that defined its claims, 061c173d.
    "tracking": (
        Step(
            f"experiments.research.papers --paper tracking --seeds 64 --base_seed 1564 --random 64 {DRAWN}",
            "papers/tracking",
        ),
    )
}
GRIDS = tuple(
    Step(f"lstm_toys generalization --task {name} --seeds 64{limit}", f"generalization_{name}")
    # The sine counts as learned by the post's claims up to an error of 0.03; the others use their goals.
    for name, limit in (("sine", " --limit 0.03"), ("amplitude", ""), ("slope_intercept", ""))
)
SHOWN = tuple(
    Step(f"experiments.{' '.join(commands[0])}")
    for name, commands in runs.COMMANDS.items()
    if name not in EXPERIMENTS and commands[0][0] != "claims"
)
"""Runs that only the page shows."""

POST, BENCHMARKS = "post", "benchmarks"
"""The group whose runs the pages show, and that of speeds, which are not runs."""

GROUPS = {
    POST: (
        *(Step(f"experiments.{name} --seeds 16", name) for name in EXPERIMENTS),
        Step(OWN, "own"),
        *GRIDS,
        Step("experiments.timeline", "timeline"),
        Step(f"lstm_toys claims --variants --recipes {post_recipes.RECIPES}", "claims"),
        Step("experiments.research.null", "null"),
        *SHOWN,
    ),
    "dynamics": (
        Step(DYNAMICS, "dynamics_sine"),
        Step("experiments.research.explained", "explained"),
        Step("experiments.research.resonance", "resonance"),
        Step("experiments.research.longevity", "longevity"),
    ),
    "recipe": (Step("experiments.recipe", "recipe"),),
    **PAPERS,
    "horizons": (Step("experiments.research.horizons", "horizons"),),
    "surgery": (Step("experiments.research.surgery", "surgery"),),
}
"""Steps by the name of their group, which can be made and published without other groups."""

STEPS = tuple(chain.from_iterable(GROUPS.values()))

SPEEDS = (
    "benchmarks.loop",
    "benchmarks.scaling",
    "benchmarks.end_to_end",
    "benchmarks.population --peers",
)

NAMES = (*GROUPS, BENCHMARKS)

PAGES = ("experiments.page --quiet", "lstm_toys annotate docs/post.md results/post.html")
"""What writes pages from published runs of the group `POST`."""

COSTS = Path(__file__).with_name("costs.json")
"""Seconds and bytes of each command when it was last carried out by `make results`, on two cores; before, estimates."""


class Cost(NamedTuple):
    """The time and disk space that a command took."""

    seconds: float
    bytes: int


def costs() -> dict[str, Cost]:
    """The cost of each command the last time."""
    return {command: Cost(**cost) for command, cost in json.loads(COSTS.read_text()).items()}


def published(numbers: Path | None) -> tuple[str, str]:
    """When published numbers were computed, and the last commit before that.

    Benchmarks do not say when they were measured, so the date is that of their commit. Dashes without a file, or if
    no such commit is known.
    """
    computed = json.loads(numbers.read_text()).get("computed") if numbers and numbers.exists() else None
    when = computed or (git("log", "-1", "--format=%ci", "--", str(numbers)) if numbers else "")
    if not (when and (commit := git("rev-list", "-1", "--abbrev-commit", f"--before={when}", "HEAD"))):
        return "–", "–"
    return when.partition(" ")[0], commit


def study_of(step: Step) -> Study[Any]:
    """The study of a step."""
    module, *arguments = shlex.split(step.command)
    if module == "lstm_toys":
        return command.only(command.named(arguments[0], arguments[1:]))
    plans = list[Callable[[Sequence[str]], command.Plan]]()
    with patch.object(command, "run_and_exit", plans.append), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # That the module was imported before.
        runpy.run_module(module, run_name="__main__")
    return command.only(plans[0](arguments))


def commands(group: str) -> list[str]:
    """The commands of a group."""
    return [*SPEEDS] if group == BENCHMARKS else [step.command for step in GROUPS[group]]


def name_of(benchmark: str) -> str:
    """The name of a benchmark, and of its files."""
    return benchmark.split()[0].rpartition(".")[2]


def page(path: Path) -> tuple[str, str, str]:
    """When the page was published, in which commit, and which scripts and style it has."""
    day, commit = git("log", "-1", "--format=%cs %h", "--", str(path)).split() or ("–", "–")
    text = path.read_text(encoding="utf-8")
    sources = (build.source(name).strip() for name in ("page.css", *build.SCRIPTS, *build.WORKERS, build.START))
    return day, commit, f"{'' if all(each in text for each in sources) else 'not '}of today's scripts and style"


def overview() -> RenderableType:
    """The table of all steps, and the page."""
    previous, known = costs(), verified.record()
    rows = [
        (
            step.command,
            f"{previous[step.command].seconds:,}",
            *published(RESULTS / step.published / "metrics.json" if step.published else None),
            verified.words(known.get(step.published, {})) if step.published else "–",
        )
        for step in STEPS
    ]
    for measured in SPEEDS:
        numbers = RESULTS / BENCHMARKS / f"{name_of(measured)}.json"
        rows.append((measured, f"{previous[measured].seconds:,}", *published(numbers), "–"))
    rows.append((PAGES[0], "–", *page(RESULTS / "index.html")))
    columns = ("python -m", "seconds>", "computed", "code of", "verified")
    return tables.table("steps of make results", columns, rows, **tables.PLAIN)


if __name__ == "__main__":
    output.console().print(overview())
