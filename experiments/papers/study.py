"""Studies of papers: which recipes learn, random networks that meet claims, and all that is known about the claims."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import RenderableType

from lstm_toys.cli.home import canonical
from lstm_toys.runs.context import RunContext, stopwatch
from lstm_toys.runs.folder import Run
from lstm_toys.runs.identity import Identity, Settings
from lstm_toys.runs.study import DerivedStudy, Study
from lstm_toys.studies.claims.declaration import NETWORKS
from lstm_toys.studies.claims.study import ClaimStudy
from lstm_toys.studies.sweep.ask import SweepSettings
from lstm_toys.studies.sweep.study import SweepStudy

from . import null, ranking, report
from .paper import Measure, Paper
from .parts import part

if TYPE_CHECKING:
    import lstm_toys as lt
    from lstm_toys.figures import Drawing


POST = "experiments.post.claims"
"""The module with the claims of the post, as it is called in a clone."""


@dataclass(frozen=True)
class NullSettings(Identity):
    """How many random networks of each population and scale judge claims."""

    networks: int


class NullStudy(Study[NullSettings]):
    """Judges claims, which the module ``declared`` declares, by random networks."""

    def __init__(self, claims: lt.Claims, settings: NullSettings, results_dir: Path, declared: str) -> None:
        super().__init__(Run(settings, results_dir, declared))
        self.claims = claims

    def digests(self) -> dict[str, str]:
        return null.digests(self.claims)

    def execute(self, context: RunContext, seconds: dict[str, float]) -> dict[str, Any]:
        """Judges claims; every part is kept as soon as it is judged, and is not judged again if the run continues."""
        networks, run = self.settings.networks, self.run
        claims, prepared = null.judgeable(self.claims), null.prepare(self.claims)
        met: dict[str, list[int]] = {claim.id: [0] * len(null.SCALES) for claim in claims}
        with stopwatch(seconds, "judge"):
            for scale, numbers in null.parts(networks):
                counts = part(
                    run.checkpoints / f"{scale:g}-{numbers.start}.json",
                    context,
                    partial(null.judged, claims, prepared, scale, numbers),
                    f"random networks of scale {scale:g}: {numbers.stop:,} of {networks:,}",
                )
                for claim, count in counts.items():
                    met[claim][null.SCALES.index(scale)] += count
        return {
            "experiment": run.name,
            "flags": self.settings.as_dict(),
            "files": [],
            "networks": networks,
            "claims": met,
        }

    def draw(self) -> Iterator[tuple[str, Drawing]]:
        yield from ()

    def report(self, metrics: dict[str, Any]) -> Iterator[RenderableType]:
        return null.report(metrics)


def null_study(claims: lt.Claims, module: str, networks: int, results_dir: Path) -> NullStudy:
    """The study of random networks for the claims of a module, under one name whichever command needs it."""
    named = canonical(module)
    own = "" if named == POST else f"_{named.replace('.', '_')}"
    return NullStudy(claims, NullSettings(f"null{own}", networks), results_dir, named)


class TunedStudy(DerivedStudy[SweepSettings]):
    """Ranks the settings that were tried for each population, whose sweeps are ``needs``."""

    def __init__(self, paper: str, sweeps: Mapping[str, SweepStudy], results_dir: Path) -> None:
        every = tuple(setting for each in sweeps.values() for setting in each.settings.settings)
        settings = SweepSettings(f"papers_{paper}_recipes", every)
        super().__init__(Run(settings, results_dir, published=f"papers/{paper}_recipes"), needs=sweeps)

    def score(self) -> dict[str, Any]:
        every = {name: each.metrics for name, each in self.needs.items()}
        return {
            "seeds": self.settings.settings[0].seeds,
            "populations": {name: ranking.ranked(metrics) for name, metrics in every.items()},
            "sweeps_seconds": sum(sum(metrics["seconds"].values()) for metrics in every.values()),
        }

    @property
    def flags(self) -> dict[str, Any]:
        return {name: getattr(self.settings.settings[0], name) for name in ("seeds", "base_seed")}

    def draw(self) -> Iterator[tuple[str, Drawing]]:
        yield from ()

    def report(self, metrics: dict[str, Any]) -> Iterator[RenderableType]:
        return ranking.report(metrics)


class InsideStudy(Study[SweepSettings]):
    """Measures the parameters of networks, by population; see `Paper.inside`."""

    def __init__(
        self, paper: str, measure: Measure, populations: Mapping[str, Study[Settings]], results_dir: Path
    ) -> None:
        settings = SweepSettings(f"inside_{paper}", tuple(each.settings for each in populations.values()))
        super().__init__(Run(settings, results_dir), needs=populations)
        self.measure = measure

    def digests(self) -> dict[str, str]:
        from . import computation

        return computation.digests(self)

    def execute(self, context: RunContext, seconds: dict[str, float]) -> dict[str, Any]:
        from . import computation

        with stopwatch(seconds, "measure"):
            found = computation.inside(self, context)
        return {"experiment": self.run.name, "flags": {}, "files": [], "inside": found}

    def draw(self) -> Iterator[tuple[str, Drawing]]:
        yield from ()

    def report(self, metrics: dict[str, Any]) -> Iterator[RenderableType]:
        return report.inside(metrics)


@dataclass(frozen=True)
class PaperSettings(Identity):
    """The settings of the claims, and the number of random networks."""

    seeds: int
    base_seed: int
    variants: bool
    random: int


class PaperStudy(DerivedStudy[PaperSettings]):
    """Puts together what is known about the claims of a paper."""

    def __init__(self, paper: Paper, judged: ClaimStudy, random: NullStudy, results_dir: Path) -> None:
        own, networks = judged.settings, random.settings.networks
        settings = PaperSettings(f"papers_{paper.name}", own.seeds, own.base_seed, own.variants, networks)
        self.networks = {name: each for (column, name), each in judged.needs.items() if column == NETWORKS}
        measure, populations = paper.inside
        looked = {name: self.networks[name] for name in populations}
        self.inside = InsideStudy(paper.name, measure, looked, results_dir)
        run = Run(settings, results_dir, published=f"papers/{paper.name}")
        super().__init__(run, needs={"claims": judged, "random": random, "inside": self.inside})
        self.paper, self.judged, self.random = paper, judged, random

    def score(self) -> dict[str, Any]:
        from . import computation

        return computation.scores(self)

    def execute(self, context: RunContext, seconds: dict[str, float]) -> dict[str, Any]:
        metrics = super().execute(context, seconds)
        judged = self.judged.run.checked("claims.md").read_text(encoding="utf-8")
        text = report.markdown(self.paper, metrics, judged)
        (self.run.folder / "paper.md").write_text(text, encoding="utf-8")
        return {**metrics, "files": ["paper.md"]}

    def draw(self) -> Iterator[tuple[str, Drawing]]:
        yield "finding.png", self.paper.draw(self.metrics)
        yield from self.judged.draw()

    def report(self, metrics: dict[str, Any]) -> Iterator[RenderableType]:
        yield from self.judged.report(self.judged.metrics)
        yield from null.report(self.random.metrics)
        yield from report.inside(metrics)
