"""The commands that make everything in ``results/``, and their costs the last time.

``python -m docs.maintenance.steps`` lists them with the date on which the published numbers were computed, the commit
before, and whether the code that every training passes through is still the same; and when the page was published, and
whether its scripts and style are still the same.
"""

from __future__ import annotations

import json
import subprocess
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from rich.console import RenderableType

from experiments.all import EXPERIMENTS
from experiments.page import build, runs
from experiments.post import recipes as post_recipes
from experiments.research.explained.predictions import KEPT_STEPS
from experiments.research.papers import recipes as paper_recipes
from lstm_toys import modules, output, tables
from lstm_toys.execution import digests

RESULTS = Path(__file__).parents[2] / "results"

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
    "benchmarks.sequences",
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


def published(numbers: Path | None) -> tuple[str, str, str]:
    """When published numbers were computed, the last commit before that, and whether trainings still have its code.

    Benchmarks do not say when they were measured, so the date is that of their commit. Dashes without a file, or if
    no such commit is known.
    """
    computed = json.loads(numbers.read_text()).get("computed") if numbers and numbers.exists() else None
    when = computed or (git("log", "-1", "--format=%ci", "--", str(numbers)).strip() if numbers else "")
    if not (when and (commit := git("rev-list", "-1", "--abbrev-commit", f"--before={when}", "HEAD").strip())):
        return "–", "–", "–"
    folder = Path(modules.LIBRARY)
    paths = [f":(glob){folder}/*.py", *(str(folder / name) for name in digests.BELOW)]
    return when.partition(" ")[0], commit, "no" if git("diff", "--stat", commit, "--", *paths) else "yes"


def git(*arguments: str) -> str:
    """The output of a Git command in the clone."""
    command = ["git", "-C", str(RESULTS), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def commands(group: str) -> list[str]:
    """The commands of a group."""
    return [*SPEEDS] if group == BENCHMARKS else [step.command for step in GROUPS[group]]


def name_of(benchmark: str) -> str:
    """The name of a benchmark, and of its files."""
    return benchmark.split()[0].rpartition(".")[2]


def page(path: Path) -> tuple[str, str, str]:
    """When the page was published, in which commit, and whether it has today's scripts and style."""
    day, commit = git("log", "-1", "--format=%cs %h", "--", str(path)).split() or ("–", "–")
    text = path.read_text(encoding="utf-8")
    sources = (build.source(name).strip() for name in ("page.css", *build.SCRIPTS, *build.WORKERS, build.START))
    return day, commit, "yes" if all(each in text for each in sources) else "no"


def overview() -> RenderableType:
    """The table of all steps, and the page."""
    previous = costs()
    files = {step.command: RESULTS / step.published / "metrics.json" if step.published else None for step in STEPS}
    files |= {command: RESULTS / BENCHMARKS / f"{name_of(command)}.json" for command in SPEEDS}
    rows = [(command, f"{previous[command].seconds:,}", *published(numbers)) for command, numbers in files.items()]
    rows.append((PAGES[0], "–", *page(RESULTS / "index.html")))
    columns = ("python -m", "seconds>", "computed", "code of", "same code")
    return tables.table("steps of make results", columns, rows, **tables.PLAIN)


if __name__ == "__main__":
    output.console().print(overview())
