"""Asks for what is known about papers: recipes, random networks, what is inside networks. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import lstm_toys as lt
from lstm_toys.cli.script import canonical
from lstm_toys.runs import source
from lstm_toys.runs.ask import Ask
from lstm_toys.studies.analysis.ask import ask
from lstm_toys.studies.claims.ask import ClaimSettings
from lstm_toys.studies.claims.declaration import NETWORKS
from lstm_toys.studies.sweep.ask import SweepSettings

from .. import papers
from . import ranking, report
from .paper import Paper

POST = "experiments.post.claims"
"""The module with the claims of the post, as it is called in a clone."""


def random(claims: lt.Claims, module: str, networks: int, results_dir: Path) -> Ask[Any]:
    """Asks how many random networks meet the claims of a module, under one name whichever command needs it."""
    named = canonical(module)
    own = "" if named == POST else f"_{named.replace('.', '_')}"
    analysis = lt.Analysis(
        name=f"null{own}",
        settings={"networks": networks},
        needs={},
        score=lambda _, keep: papers.null.score(claims, source.digest(module), networks, keep),
        report=report.random,
    )
    return ask(analysis, results_dir)


def tuned(task: str, sweeps: Mapping[str, Ask[SweepSettings]], results_dir: Path) -> Ask[Any]:
    """Asks for the ranking of the settings that were tried for each population, each in a sweep."""
    first = next(iter(sweeps.values())).settings.settings[0]
    analysis = lt.Analysis(
        name=f"papers_{task}_recipes",
        settings={name: getattr(first, name) for name in ("seeds", "base_seed")},
        needs=sweeps,
        score=lambda needs, _: ranking.score(first.seeds, needs),
        report=ranking.report,
        published=f"papers/{task}_recipes",
    )
    return ask(analysis, results_dir)


def paper(about: Paper, judged: Ask[ClaimSettings], networks: int, module: str, results_dir: Path) -> Ask[Any]:
    """Asks for all that is known about the claims of a paper; ``networks`` is the number of random ones."""
    populations = {name: each for (column, name), each in judged.needs.items() if column == NETWORKS}
    measure, looked = about.inside
    inside = lt.Analysis(
        name=f"inside_{about.name}",
        settings={},
        needs={name: populations[name] for name in looked},
        score=lambda needs, keep: papers.scoring.inside(measure, needs, keep),
        report=report.inside,
    )
    claims = judged.subject.declared
    analysis = lt.Analysis(
        name=f"papers_{about.name}",
        settings={**{name: getattr(judged.settings, name) for name in SHARED}, "random": networks},
        needs={
            "claims": judged,
            "random": random(claims, module, networks, results_dir),
            "inside": ask(inside, results_dir),
            **{name: populations[name] for name in about.shown},
        },
        score=lambda needs, _: papers.scoring.score(about, needs),
        report=report.inside,
        draw=lambda metrics, needs: papers.scoring.draw(about, metrics, needs),
        files=lambda metrics, needs: papers.scoring.files(about, metrics, needs),
        published=f"papers/{about.name}",
    )
    return ask(analysis, results_dir)


SHARED = ("seeds", "base_seed", "variants")
"""Settings of the claims that are also those of a paper."""
